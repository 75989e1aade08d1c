//! The answering side of a user agent: requests, ACK, CANCEL, and what we say to them.

use std::collections::hash_map::Entry;
use std::time::{Duration, Instant};

use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::client::{creates_dialog, ends_subscription};
use super::offer::describes;
use super::reliable::{Reliable, Turn};
use super::session::{Alarm, Answer, MergeKey, Purpose, Served, Session, Usage};
use super::{Discard, UaEvent, UserAgent, add, plain, set_to_tag};
use crate::dialog::{self, Dialog, DialogId};
use crate::service;
use crate::transaction::{ServerTransactionId, later};
use crate::transport::SipPath;

impl UserAgent {
    /// A new request other than ACK and CANCEL.
    pub(super) fn handle_request(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        request: Request,
        path: SipPath,
    ) {
        let initial = !request.headers.has_tag(&HeaderName::To);
        let entry = MergeKey::of(&request).map(|merge| self.merges.entry(merge));
        let merged = matches!(entry, Some(Entry::Occupied(_)));
        let merge = match entry {
            Some(Entry::Vacant(free)) => {
                let merge = free.key().clone();
                free.insert(transaction);
                Some(merge)
            }
            Some(Entry::Occupied(_)) | None => None,
        };
        let served = Box::new(Served {
            method: request.method.clone(),
            request: Some(request.clone()),
            path,
            dialog: None,
            initial,
            local_tag: self.tokens.tag(),
            offer: describes(&request.headers, &request.body),
            answered: false,
            charged: false,
            reliable: Reliable::default(),
            merge,
        });
        if initial && request.method == Method::Invite {
            self.sources.opened(path.remote.ip());
        }
        self.served.insert(transaction, served);
        match self.admit(now, transaction, &request, merged, path) {
            Ok(dialog) if request.method == Method::Prack => {
                self.handle_prack(now, transaction, dialog, request, path);
            }
            Ok(dialog) => {
                if let Some(served) = self.served.get_mut(&transaction) {
                    served.dialog.clone_from(&dialog);
                }
                if self.handle_referral_subscribe(now, transaction, dialog.as_ref(), &request) {
                    return;
                }
                if request.method == Method::Invite {
                    let patience = self.patience(&request);
                    self.deadlines.set(Alarm::Unanswered(transaction), Some(later(now, patience)));
                }
                self.events.push_back(UaEvent::Request { transaction, dialog, request, path });
            }
            Err(response) => {
                let status = response.status;
                self.answer(now, transaction, *response);
                if !status.is_success() {
                    self.discard(path, Discard::Refused(status.0));
                }
            }
        }
    }

    /// A CANCEL, with the INVITE that it names if we have one (RFC 3261 9.2).
    pub(super) fn handle_cancel(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        invite: Option<ServerTransactionId>,
        request: &Request,
        path: SipPath,
    ) {
        let found = invite
            .and_then(|invite| self.served.get(&invite).map(|served| (invite, served.local_tag.clone())));
        let (status, tag) = match &found {
            Some((_, tag)) => (StatusCode::OK, tag.clone()),
            //= RFC3261-cancel
            None => (StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST, self.tokens.tag()),
        };
        let response = self.complete(now, request, &tag, plain(request, status), None);
        self.layer.respond(now, transaction, &response);
        match found {
            Some((invite, _)) => self.terminate_invite(now, invite),
            None => self.discard(path, Discard::Refused(status.0)),
        }
    }

    /// An ACK that no INVITE transaction took: that of a 2xx.
    pub(super) fn handle_ack(&mut self, now: Instant, request: Request, path: SipPath) {
        let named = DialogId::of_request(&request.headers);
        let found = named.and_then(|id| self.sessions.get_mut(&id).map(|session| (id, session)));
        let Some((dialog, session)) = found else { return self.discard(path, Discard::UnmatchedAck) };
        let sequence = request.headers.cseq().map(|cseq| cseq.number).ok();
        let answer = session.answer.take_if(|answer| Some(answer.sequence) == sequence);
        // One more ACK of an answer that was acknowledged: the peer heard our repetition late.
        let Some(answer) = answer else { return };
        session.dialog.note_path(path);
        session.peer.note(&request.headers);
        self.deadlines.set(Alarm::Answer(dialog.clone()), None);
        self.events.push_back(UaEvent::Acknowledged {
            transaction: answer.transaction,
            dialog: dialog.clone(),
            ack: request,
        });
        self.release_bye(now, &dialog);
    }

    /// Repeats our 2xx, or gives it up.
    pub(super) fn repeat_answer(&mut self, now: Instant, dialog: DialogId) {
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        let Some(answer) = &mut session.answer else { return };
        if now >= answer.give_up {
            let transaction = answer.transaction;
            session.answer = None;
            //= RFC3261-13.3.1.4:give-up
            self.events.push_back(UaEvent::NotAcknowledged { transaction, dialog: dialog.clone() });
            return self.release_bye(now, &dialog);
        }
        //= RFC3261-13.3.1.4:repeat
        answer.interval = self.settings.timers.backed_off(answer.interval);
        answer.next = later(now, answer.interval);
        self.deadlines.set(Alarm::Answer(dialog), Some(answer.next.min(answer.give_up)));
        self.layer.send(answer.path, answer.octets.clone());
    }

    /// Refuses an INVITE that nobody may answer any more.
    pub(super) fn terminate_invite(&mut self, now: Instant, transaction: ServerTransactionId) {
        let open = self.served.get(&transaction).filter(|served| served.method == Method::Invite);
        let Some(served) = open.filter(|served| served.request.is_some()) else { return };
        let dialog = served.dialog.clone();
        //= RFC3261-9.2:487
        self.answer(now, transaction, Response::new(StatusCode::REQUEST_TERMINATED));
        self.events.push_back(UaEvent::Cancelled { transaction, dialog });
    }

    pub(super) fn forget_served(&mut self, now: Instant, transaction: ServerTransactionId) {
        self.deadlines.set(Alarm::Unanswered(transaction), None);
        self.deadlines.set(Alarm::Reliable(transaction), None);
        let Some(served) = self.served.remove(&transaction).map(|served| *served) else { return };
        if let Some(merge) = served.merge {
            self.merges.remove(&merge);
        }
        // A BYE that nobody answered ends the dialog all the same.
        let unanswered = served.request.is_some();
        if unanswered && served.initial && served.method == Method::Invite {
            self.sources.closed(served.path.remote.ip());
        }
        let Some(dialog) = served.dialog else { return };
        match served.method {
            Method::Bye if unanswered => self.drop_session(now, &dialog),
            Method::Update => self.update_over(transaction, &dialog),
            _ => {}
        }
    }

    /// Completes and sends an answer, and draws the consequences for the dialog.
    pub(super) fn answer(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        response: Response,
    ) -> Option<DialogId> {
        let served = self.served.get_mut(&transaction).filter(|served| served.request.is_some())?;
        let tokens = &mut self.tokens;
        let (response, reliable) = match served.turn(response, || tokens.first_sequence()) {
            Turn::Plain(response) => (response, false),
            Turn::Reliable(response) => (response, true),
            Turn::Waits => {
                let dialog = served.dialog.clone();
                return dialog.filter(|dialog| self.sessions.contains_key(dialog));
            }
        };
        let request = served.request.take()?;
        let status = response.status;
        let (path, dialog, local_tag) = (served.path, served.dialog.clone(), served.local_tag.clone());
        let creates = served.initial && creates_dialog(&request.method, &response);
        let charged = served.charged;
        let mut response = self.complete(now, &request, &local_tag, response, dialog.as_ref());
        if charged && !response.headers.contains(&HeaderName::PChargingVector) {
            //= RFC7315-5.5:trust
            service::copy_charging(&request.headers, &mut response.headers);
        }
        let dialog =
            dialog.or_else(|| creates.then(|| self.create_dialog(&request, &response, path)).flatten());
        if let Some(dialog) = &dialog {
            self.update_session(now, transaction, dialog, &request, &response);
        }
        if let Some(served) = self.served.get_mut(&transaction) {
            served.dialog.clone_from(&dialog);
            if status.is_provisional() {
                served.request = Some(request);
            } else {
                served.reliable = Reliable::default();
                if served.initial && served.method == Method::Invite {
                    self.sources.closed(path.remote.ip());
                }
                self.deadlines.set(Alarm::Unanswered(transaction), None);
                self.deadlines.set(Alarm::Reliable(transaction), None);
            }
        }
        self.layer.respond(now, transaction, &response);
        if reliable {
            self.await_prack(now, transaction, &response);
        }
        dialog.filter(|dialog| self.sessions.contains_key(dialog))
    }

    /// How long an INVITE may wait for its final answer.
    fn patience(&self, invite: &Request) -> Duration {
        let asked = invite.headers.number(&HeaderName::Expires).ok().flatten();
        let asked = asked.map_or(Duration::MAX, |seconds| Duration::from_secs(seconds.into()));
        asked.min(self.settings.ringing)
    }

    /// Adds what an answer of its kind needs and the caller did not say. What identifies the transaction is always
    /// taken from the request: a response that came from another leg cannot carry that leg's Via here.
    fn complete(
        &self,
        now: Instant,
        request: &Request,
        local_tag: &ByteStr,
        given: Response,
        dialog: Option<&DialogId>,
    ) -> Response {
        use HeaderName as Name;
        let status = given.status;
        let outside = !request.headers.has_tag(&HeaderName::To);
        let creates = outside && creates_dialog(&request.method, &given);
        let mut response = Response::to(request, status);
        response.reason = given.reason;
        response.body = given.body;
        let headers = &mut response.headers;
        if outside && status != StatusCode::TRYING {
            set_to_tag(headers, local_tag);
        }
        for (name, value) in given.headers.iter() {
            if !matches!(name, Name::Via | Name::From | Name::To | Name::CallId | Name::CSeq) {
                headers.push(name.clone(), value.clone());
            }
        }
        if creates && !headers.contains(&Name::RecordRoute) {
            //= RFC3261-12.1.1:route
            headers.copy_from(&request.headers, &Name::RecordRoute);
        }
        if creates || (dialog.is_some() && status.is_success() && dialog::refreshes_target(&request.method)) {
            let own = dialog
                .and_then(|id| self.sessions.get(id))
                .map(|session| session.dialog.local_target().clone());
            add(headers, Name::Contact, || {
                own.unwrap_or_else(|| format!("<{}>", self.settings.contact).into())
            });
        }
        if request.method == Method::Invite && status.is_success() {
            self.add_abilities(headers);
            self.announce_info_packages(headers);
        }
        if status.is_success() && (creates || dialog.is_some()) {
            self.add_interval(now, request, headers, dialog);
        }
        if !self.settings.product.is_empty() {
            add(headers, Name::Server, || self.settings.product.clone());
        }
        response
    }

    fn create_dialog(&mut self, request: &Request, response: &Response, path: SipPath) -> Option<DialogId> {
        let dialog = Dialog::uas(request, response, path).ok()?;
        let usage = if request.method == Method::Invite { Usage::Session } else { Usage::Subscription };
        let id = dialog.id().clone();
        self.sessions.insert(id.clone(), Session::new(dialog, usage));
        Some(id)
    }

    /// What our answer means for the dialog that the request is in or has created.
    fn update_session(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        id: &DialogId,
        request: &Request,
        response: &Response,
    ) {
        let Some(session) = self.sessions.get_mut(id) else { return };
        let status = response.status;
        if request.method == Method::Invite {
            session.peer_invite = status.is_provisional().then_some(transaction);
        }
        if status.is_final() && session.peer_update == Some(transaction) {
            session.peer_update = None;
        }
        session.peer.note(&request.headers);
        if !status.is_failure() {
            session.note_said(&response.headers, &response.body);
        }
        if status.is_success() {
            if dialog::refreshes_target(&request.method) {
                session.dialog.refresh_target(&request.headers);
                session.dialog.note_local_target(&response.headers);
            }
            if matches!(request.method, Method::Invite | Method::Update) {
                session.dialog.note_session_expires(&response.headers);
                if request.method == Method::Invite {
                    session.dialog.confirm_own();
                }
                self.supervise_stated(now, id, &response.headers);
            }
        }
        let Some(session) = self.sessions.get_mut(id) else { return };
        let early = session.dialog.state() == dialog::State::Early;
        let over = match request.method {
            Method::Invite if status.is_success() => {
                return self.await_ack(now, transaction, id, request, response);
            }
            Method::Invite => early && status.is_failure(),
            Method::Bye => status.is_final(),
            _ => {
                let ends = ends_subscription(&request.method, &request.headers);
                ends && status.is_final() && session.usage == Usage::Subscription
            }
        };
        if over {
            self.drop_session(now, id);
        }
    }

    /// Repeats a 2xx until its ACK arrives (RFC 3261 13.3.1.4).
    fn await_ack(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        id: &DialogId,
        request: &Request,
        response: &Response,
    ) {
        let timers = self.settings.timers;
        let Some(path) = self.layer.way_back(transaction) else { return };
        let Some(session) = self.sessions.get_mut(id) else { return };
        let next = later(now, timers.t1());
        session.answer = Some(Answer {
            transaction,
            offers: !describes(&request.headers, &request.body)
                && describes(&response.headers, &response.body),
            sequence: request.headers.cseq().map_or(0, |cseq| cseq.number),
            octets: response.encode(),
            path,
            interval: timers.t1(),
            next,
            give_up: later(now, timers.transaction_timeout()),
        });
        self.deadlines.set(Alarm::Answer(id.clone()), Some(next));
    }

    /// Sends the BYE that waited for an ACK.
    pub(super) fn release_bye(&mut self, now: Instant, dialog: &DialogId) {
        let held = self.sessions.get_mut(dialog).and_then(|session| session.held_bye.take());
        if let Some((id, bye)) = held {
            self.start_in_dialog(now, id, dialog, bye, Purpose::Caller);
        }
    }
}
