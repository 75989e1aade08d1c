//! What comes back to the asking side of a user agent, and what it means for the dialogs.

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode, validate_response};
use mcptt_codec::text::ByteStr;

use super::client::creates_dialog;
use super::offer::describes;
use super::session::{Alarm, Cancel, Ending, Purpose, Session, Usage};
use super::{Discard, UaEvent, UserAgent};
use crate::dialog::{self, Dialog, DialogId};
use crate::transaction::ClientTransactionId;
use crate::transport::SipPath;

/// Whether a response has what every response has, and is meant for us.
pub(super) fn check(response: &Response) -> Result<(), Discard> {
    if response.headers.values(&HeaderName::Via).nth(1).is_some() {
        return Err(Discard::ForeignResponse);
    }
    validate_response(response).map_err(|what| Discard::MalformedResponse { what })
}

impl UserAgent {
    pub(super) fn handle_response(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        response: Response,
        path: SipPath,
    ) {
        let Some(asked) = self.asked.get(&id) else { return };
        if response.status.is_provisional() && asked.cancel == Cancel::Wanted {
            self.cancel_invite(now, id);
        }
        if response.status == StatusCode::TRYING {
            return;
        }
        let Some(asked) = self.asked.get_mut(&id) else { return };
        if response.status.is_failure() {
            return self.handle_failure(now, id, response, path);
        }
        match (&asked.method, &asked.dialog) {
            (Method::Invite, None) if response.status.is_success() => {
                self.handle_accepted(now, id, response, path)
            }
            (Method::Invite, None) => self.handle_progress(now, id, response, path),
            (Method::Invite, Some(dialog)) if response.status.is_success() => {
                let dialog = dialog.clone();
                self.handle_accepted_again(now, id, dialog, response, path);
            }
            _ if response.status.is_success() => self.handle_success(now, id, response, path),
            (_, dialog) => {
                let dialog = dialog.clone();
                if self.send_prack(now, id, dialog.as_ref(), &response) {
                    self.report(id, dialog, response, path);
                }
            }
        }
    }

    pub(super) fn handle_timed_out(&mut self, now: Instant, id: ClientTransactionId) {
        if self.try_elsewhere(now, id, |_| true) {
            return;
        }
        let Some(asked) = self.asked.get_mut(&id).filter(|asked| !asked.done) else { return };
        asked.done = true;
        let (dialog, purpose, transaction) = (asked.dialog.clone(), asked.purpose.clone(), asked.known_as);
        self.undo(now, id, true);
        match purpose {
            Purpose::Caller => {
                self.events.push_back(UaEvent::TransportOrTimeout { transaction, dialog });
            }
            Purpose::Nobody => {}
            Purpose::Refresh => self.refresh_failed(now, dialog.as_ref(), None),
            Purpose::Notify(referral) => self.referral_told(now, &referral, false),
        }
    }

    /// 101 to 199 to an INVITE outside a dialog.
    fn handle_progress(&mut self, now: Instant, id: ClientTransactionId, response: Response, path: SipPath) {
        let tagged = response.headers.has_tag(&HeaderName::To);
        let dialog = if tagged { self.follow(id, &response, path) } else { None };
        match (tagged, dialog) {
            (true, None) => self.discard(path, Discard::TooManyForks),
            (_, dialog) => {
                if self.send_prack(now, id, dialog.as_ref(), &response) {
                    self.report(id, dialog, response, path);
                }
            }
        }
    }

    /// The first or a further 2xx to an INVITE outside a dialog, or a retransmission of one.
    fn handle_accepted(&mut self, now: Instant, id: ClientTransactionId, response: Response, path: SipPath) {
        let tag = to_tag(&response);
        if self.repeat_ack(id, &tag) {
            return;
        }
        let Some(asked) = self.asked.get_mut(&id) else { return };
        let first = !asked.done;
        let cancelled = asked.cancel != Cancel::No;
        let sequence = asked.sequence;
        let offered = asked.without_offer && describes(&response.headers, &response.body);
        let room = asked.acks.len() < self.settings.limits.dialogs.per_invite.max(1);
        asked.done = true;
        self.calm(id);
        let Some(dialog) = room.then(|| self.enter(id, &response, path)).flatten() else {
            return if first {
                self.report(id, None, response, path)
            } else {
                self.discard(path, Discard::TooManyForks)
            };
        };
        //= RFC3261-13.2.2.4:fork
        self.drop_other_forks(now, id, &dialog);
        self.supervise_answered(now, &dialog, &response.headers);
        if first && !cancelled && offered {
            if let Some(session) = self.sessions.get_mut(&dialog) {
                session.owed_ack = Some((id, sequence));
            }
            self.note_ack(id, tag, None);
            return self.report(id, Some(dialog), response, path);
        }
        let ack = self.send_ack(now, &dialog, Request::new(Method::Ack, ByteStr::EMPTY), sequence);
        self.note_ack(id, tag, ack);
        if first && !cancelled {
            return self.report(id, Some(dialog), response, path);
        }
        // It crossed our CANCEL, or another fork was faster: nobody wants this session.
        let farewell = self.asked.get_mut(&id).and_then(|asked| asked.farewell.take()).filter(|_| first);
        let bye = farewell.unwrap_or_else(|| Request::new(Method::Bye, ByteStr::EMPTY));
        let _ = self.send_in_dialog(now, &dialog, bye, Purpose::Nobody);
        if first {
            let transaction = self.asked.get(&id).map_or(id, |asked| asked.known_as);
            self.events.push_back(UaEvent::Abandoned { transaction, dialog });
        } else {
            self.discard(path, Discard::TooManyForks);
        }
    }

    /// A 2xx to an INVITE inside a dialog.
    fn handle_accepted_again(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        dialog: DialogId,
        response: Response,
        path: SipPath,
    ) {
        let tag = dialog.remote_tag.clone();
        if self.repeat_ack(id, &tag) {
            return;
        }
        let Some(asked) = self.asked.get_mut(&id) else { return };
        let sequence = asked.sequence;
        asked.done = true;
        let offered = asked.without_offer && describes(&response.headers, &response.body);
        self.calm(id);
        if let Some(session) = self.sessions.get_mut(&dialog) {
            session.own_invite = None;
            session.dialog.refresh_target(&response.headers);
            session.dialog.note_session_expires(&response.headers);
            session.dialog.note_path(path);
            let owed = offered && session.ending == Ending::No;
            session.owed_ack = owed.then_some((id, sequence));
            session.peer.note(&response.headers);
            let ack = if owed {
                None
            } else {
                self.send_ack(now, &dialog, Request::new(Method::Ack, ByteStr::EMPTY), sequence)
            };
            self.note_ack(id, tag, ack);
        }
        self.supervise_answered(now, &dialog, &response.headers);
        self.report(id, Some(dialog), response, path);
    }

    /// A 2xx to any other request.
    fn handle_success(&mut self, now: Instant, id: ClientTransactionId, response: Response, path: SipPath) {
        let Some(asked) = self.asked.get_mut(&id) else { return };
        asked.done = true;
        let (method, mut dialog, terminating) =
            (asked.method.clone(), asked.dialog.clone(), asked.terminating);
        if asked.forming.is_some() && creates_dialog(&method, &response) {
            dialog = self.enter(id, &response, path);
        }
        if let Some(session) = dialog.as_ref().and_then(|dialog| self.sessions.get_mut(dialog)) {
            session.dialog.note_path(path);
            if dialog::refreshes_target(&method) {
                session.dialog.refresh_target(&response.headers);
            }
            if method == Method::Update {
                session.own_update = None;
                session.dialog.note_session_expires(&response.headers);
            }
            let over = method == Method::Bye || (terminating && session.usage == Usage::Subscription);
            if let Some(dialog) = dialog.as_ref().filter(|_| over) {
                self.drop_session(now, dialog);
            }
        }
        if let (Method::Update, Some(dialog)) = (&method, &dialog) {
            self.supervise_answered(now, dialog, &response.headers);
        }
        let purpose = self.asked.get(&id).map(|asked| asked.purpose.clone());
        if let Some(Purpose::Notify(referral)) = purpose {
            self.referral_told(now, &referral, true);
        }
        self.report(id, dialog, response, path);
    }

    /// 3xx to 6xx to any request.
    fn handle_failure(&mut self, now: Instant, id: ClientTransactionId, response: Response, path: SipPath) {
        if self.try_better(now, id, &response) {
            return;
        }
        let Some(asked) = self.asked.get_mut(&id) else { return };
        asked.done = true;
        let (dialog, purpose) = (asked.dialog.clone(), asked.purpose.clone());
        self.undo(now, id, says_gone(response.status));
        match purpose {
            Purpose::Refresh => self.refresh_failed(now, dialog.as_ref(), Some(&response)),
            Purpose::Notify(referral) => self.referral_told(now, &referral, false),
            Purpose::Caller | Purpose::Nobody => self.report(id, dialog, response, path),
        }
    }

    /// What a request without success leaves behind.
    fn undo(&mut self, now: Instant, id: ClientTransactionId, peer_gone: bool) {
        self.calm(id);
        let Some(asked) = self.asked.get_mut(&id) else { return };
        let (method, terminating) = (asked.method.clone(), asked.terminating);
        let dialog = asked.dialog.clone();
        for early in std::mem::take(&mut asked.early) {
            self.drop_session(now, &early);
        }
        let Some(dialog) = dialog else { return };
        let Some(session) = self.sessions.get_mut(&dialog) else { return };
        if session.own_invite == Some(id) {
            session.own_invite = None;
        }
        if session.own_update == Some(id) {
            session.own_update = None;
        }
        // RFC 6665 4.2.2 and 4.1.2.2: a subscription does not survive a peer that does not know it.
        let unsubscribed = session.usage == Usage::Subscription && (peer_gone || terminating);
        if method == Method::Bye || unsubscribed {
            self.drop_session(now, &dialog);
        }
    }

    /// The dialog of a provisional answer, created unless there is one; `None` for one fork too many.
    fn follow(&mut self, id: ClientTransactionId, response: &Response, path: SipPath) -> Option<DialogId> {
        let asked = self.asked.get(&id)?;
        //= RFC3261-12.1.2:forks
        let tag = to_tag(response);
        let known = asked.early.iter().any(|early| early.remote_tag == tag);
        let room = asked.early.len() < self.settings.limits.dialogs.per_invite;
        if known || room { self.enter(id, response, path) } else { None }
    }

    /// The dialog of an answer that creates one, created unless there is one.
    fn enter(&mut self, id: ClientTransactionId, response: &Response, path: SipPath) -> Option<DialogId> {
        let asked = self.asked.get_mut(&id)?;
        let invite = asked.method == Method::Invite;
        let new = Dialog::uac(asked.forming.as_ref()?, response, path).ok()?;
        let dialog = new.id().clone();
        if !asked.early.contains(&dialog) {
            asked.early.push(dialog.clone());
        }
        let usage = if invite { Usage::Session } else { Usage::Subscription };
        let session = self.sessions.entry(dialog.clone()).or_insert_with(|| Session::new(new, usage));
        session.dialog.confirm(response);
        session.dialog.note_path(path);
        session.own_invite = (invite && response.status.is_provisional()).then_some(id);
        session.peer.note(&response.headers);
        if let Some(forming) = &asked.forming {
            session.note_said(&forming.headers, &forming.body);
        }
        if invite && response.status.is_success() {
            session.dialog.note_session_expires(&response.headers);
        }
        Some(dialog)
    }

    /// The INVITE is accepted: the early dialogs of other forks are void, the accepted one is no longer early.
    fn drop_other_forks(&mut self, now: Instant, id: ClientTransactionId, accepted: &DialogId) {
        let Some(asked) = self.asked.get_mut(&id) else { return };
        for early in std::mem::take(&mut asked.early) {
            if early != *accepted {
                self.drop_session(now, &early);
            }
        }
    }

    /// Answers a 2xx that we have seen with the ACK it got before, unless the caller still owes that; `false` for a
    /// new 2xx.
    fn repeat_ack(&mut self, id: ClientTransactionId, tag: &ByteStr) -> bool {
        let Some(ack) = self.asked.get(&id).and_then(|asked| asked.acks.get(tag)) else { return false };
        if let Some((path, octets)) = ack.clone() {
            self.layer.send(path, octets);
        }
        true
    }

    fn note_ack(&mut self, id: ClientTransactionId, tag: ByteStr, ack: Option<(SipPath, Bytes)>) {
        if let Some(asked) = self.asked.get_mut(&id) {
            asked.acks.insert(tag, ack);
        }
    }

    /// Stops the alarms of an INVITE that is no longer in progress.
    fn calm(&mut self, id: ClientTransactionId) {
        self.deadlines.set(Alarm::Ringing(id), None);
        self.deadlines.set(Alarm::Cancelled(id), None);
    }

    fn report(
        &mut self,
        id: ClientTransactionId,
        dialog: Option<DialogId>,
        response: Response,
        path: SipPath,
    ) {
        let asked = self.asked.get(&id).filter(|asked| asked.purpose == Purpose::Caller);
        if let Some(transaction) = asked.map(|asked| asked.known_as) {
            self.events.push_back(UaEvent::Response { transaction, dialog, response, path });
        }
    }
}

/// After these the dialog is not to be used any more (RFC 3261 12.2.1.2, RFC 4028 10).
pub(super) const fn says_gone(status: StatusCode) -> bool {
    matches!(status, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST | StatusCode::REQUEST_TIMEOUT)
}

fn to_tag(response: &Response) -> ByteStr {
    response.headers.tag(&HeaderName::To).unwrap_or_default()
}
