//! Provisional answers that cannot get lost (RFC 3262): sent until PRACK, and PRACK sent for those received.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use mcptt_codec::sip::{HeaderName, Method, RAck, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::offer::describes;
use super::session::{Alarm, Purpose, Served};
use super::{Discard, UaEvent, UserAgent, plain};
use crate::dialog::DialogId;
use crate::transaction::{ClientTransactionId, ServerTransactionId, later};
use crate::transport::SipPath;

/// The option tag.
pub(crate) const OPTION_TAG: &str = "100rel";

/// Answers that may wait behind one that was not acknowledged; of more than that the oldest provisional ones are left out.
const WAITING: usize = 8;

/// The reliable answers of one INVITE that we received.
#[derive(Debug, Default)]
pub(super) struct Reliable {
    /// The sequence number of the last one; zero before the first.
    last: u32,
    unacknowledged: Option<Unacknowledged>,
    /// What comes after it, in order.
    waiting: VecDeque<Response>,
}

#[derive(Debug)]
struct Unacknowledged {
    /// Complete, as it is repeated.
    response: Response,
    with_description: bool,
    interval: Duration,
    give_up: Instant,
}

/// What becomes of an answer to an INVITE.
pub(super) enum Turn {
    /// It goes out as it is.
    Plain(Response),
    /// It goes out with a sequence number and is repeated until PRACK.
    Reliable(Response),
    /// It waits for a PRACK.
    Waits,
}

impl Reliable {
    /// A description was sent whose PRACK has not come.
    pub(super) fn is_unacknowledged_description(&self) -> bool {
        self.unacknowledged.as_ref().is_some_and(|it| it.with_description)
    }
}

impl Served {
    /// Whether the peer insists on reliable provisional answers.
    fn requires_reliable(&self) -> bool {
        let request = self.request.as_ref();
        request.is_some_and(|request| request.headers.lists(&HeaderName::Require, OPTION_TAG))
    }

    /// Decides about an answer that is about to be sent.
    pub(super) fn turn(&mut self, mut response: Response, first_sequence: impl FnOnce() -> u32) -> Turn {
        let status = response.status;
        if self.method != Method::Invite || status == StatusCode::TRYING {
            return Turn::Plain(response);
        }
        let waits = match &self.reliable.unacknowledged {
            None => false,
            Some(_) if status.is_provisional() => self.requires_reliable(),
            //= RFC3262-3:final
            Some(unacknowledged) => status.is_success() && unacknowledged.with_description,
        };
        if waits {
            let waiting = &mut self.reliable.waiting;
            if waiting.len() >= WAITING
                && let Some(oldest) = waiting.iter().position(|waiting| waiting.status.is_provisional())
            {
                waiting.remove(oldest);
            }
            waiting.push_back(response);
            return Turn::Waits;
        }
        //= RFC3262-3:required
        if !status.is_provisional() || !self.requires_reliable() {
            return Turn::Plain(response);
        }
        let last = &mut self.reliable.last;
        *last = if *last == 0 { first_sequence() } else { last.saturating_add(1) };
        //= RFC3262-3:rseq
        response.headers.push(HeaderName::Require, OPTION_TAG);
        response.headers.push(HeaderName::RSeq, last.to_string());
        Turn::Reliable(response)
    }
}

impl UserAgent {
    /// Keeps a reliable answer for its repetition.
    pub(super) fn await_prack(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        response: &Response,
    ) {
        let timers = self.settings.timers;
        let Some(served) = self.served.get_mut(&transaction) else { return };
        let next = later(now, timers.t1());
        served.answered |= describes(&response.headers, &response.body);
        served.reliable.unacknowledged = Some(Unacknowledged {
            response: response.clone(),
            with_description: describes(&response.headers, &response.body),
            interval: timers.t1(),
            give_up: later(now, timers.transaction_timeout()),
        });
        self.deadlines.set(Alarm::Reliable(transaction), Some(next));
    }

    /// Repeats a reliable answer, or refuses the INVITE of a peer that never acknowledged it.
    pub(super) fn repeat_reliable(&mut self, now: Instant, transaction: ServerTransactionId) {
        let Some(served) = self.served.get_mut(&transaction) else { return };
        let Some(unacknowledged) = &mut served.reliable.unacknowledged else { return };
        if now >= unacknowledged.give_up {
            //= RFC3262-3:give-up
            return self.refuse_unacknowledged(now, transaction);
        }
        //= RFC3262-3:repeat
        unacknowledged.interval = unacknowledged.interval.saturating_mul(2);
        let next = later(now, unacknowledged.interval).min(unacknowledged.give_up);
        let response = unacknowledged.response.clone();
        self.deadlines.set(Alarm::Reliable(transaction), Some(next));
        self.layer.respond(now, transaction, &response);
    }

    fn refuse_unacknowledged(&mut self, now: Instant, transaction: ServerTransactionId) {
        let Some(served) = self.served.get_mut(&transaction) else { return };
        let dialog = served.dialog.clone();
        self.answer(now, transaction, Response::new(StatusCode::SERVER_TIME_OUT));
        self.events.push_back(UaEvent::Cancelled { transaction, dialog });
    }

    /// A PRACK has arrived. The caller sees it only if it says more than that an answer has arrived.
    pub(super) fn handle_prack(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: Option<DialogId>,
        prack: Request,
        path: SipPath,
    ) {
        let session = dialog.as_ref().and_then(|dialog| self.sessions.get(dialog));
        let invite = session.and_then(|session| session.peer_invite);
        let Some(invite) = invite.filter(|invite| self.acknowledges(*invite, &prack)) else {
            //= RFC3262-prack
            let status = StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST;
            self.answer(now, transaction, plain(&prack, status));
            return self.discard(path, Discard::Refused(status.0));
        };
        self.deadlines.set(Alarm::Reliable(invite), None);
        if let Some(served) = self.served.get_mut(&invite) {
            served.reliable.unacknowledged = None;
        }
        if prack.body.is_empty() {
            //= RFC3262-prack
            self.answer(now, transaction, plain(&prack, StatusCode::OK));
        } else {
            self.events.push_back(UaEvent::Request { transaction, dialog, request: prack, path });
        }
        self.release_waiting(now, invite);
    }

    /// Sends what waited for a PRACK.
    fn release_waiting(&mut self, now: Instant, transaction: ServerTransactionId) {
        loop {
            let Some(served) = self.served.get_mut(&transaction) else { return };
            if served.reliable.unacknowledged.is_some() {
                return;
            }
            let Some(response) = served.reliable.waiting.pop_front() else { return };
            self.answer(now, transaction, response);
        }
    }

    fn acknowledges(&self, invite: ServerTransactionId, prack: &Request) -> bool {
        let Some(served) = self.served.get(&invite) else { return false };
        let sequence = served.request.as_ref().and_then(|request| request.headers.cseq().ok());
        let rack = prack.headers.get(&HeaderName::RAck).and_then(|value| RAck::parse(value).ok());
        let (Some(sequence), Some(rack)) = (sequence, rack) else { return false };
        served.reliable.unacknowledged.is_some()
            && rack.response == served.reliable.last
            && rack.cseq.number == sequence.number
            && rack.cseq.method == Method::Invite
    }

    /// Acknowledges a provisional answer that asks for it. `false` when it was seen before or came too early, so that it
    /// goes no further.
    pub(super) fn send_prack(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        dialog: Option<&DialogId>,
        response: &Response,
    ) -> bool {
        let headers = &response.headers;
        if !headers.lists(&HeaderName::Require, OPTION_TAG) {
            return true;
        }
        let number = headers.number(&HeaderName::RSeq).ok().flatten().filter(|number| *number > 0);
        let (Some(number), Some(dialog)) = (number, dialog) else { return true };
        let Some(asked) = self.asked.get_mut(&id) else { return false };
        let tag = dialog.remote_tag.clone();
        //= RFC3262-4:order
        if asked.progress.get(&tag).is_some_and(|last| number != last.saturating_add(1)) {
            return false;
        }
        asked.progress.insert(tag, number);
        asked.answered |= describes(&response.headers, &response.body);
        let rack = format!("{number} {} INVITE", asked.sequence);
        let mut prack = Request::new(Method::Prack, ByteStr::EMPTY);
        //= RFC3262-4:prack
        prack.headers.push(HeaderName::RAck, rack);
        let _ = self.send_in_dialog(now, dialog, prack, Purpose::Nobody);
        true
    }
}
