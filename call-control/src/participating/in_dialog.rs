//! What happens in the dialogs of a relayed call: refreshes, renegotiation, the end.

use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Headers, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::relay::{Relay, RelayRef, Side, State, copy_failure};
use super::{Deadline, Participating, Pending};
use crate::dialog::DialogId;
use crate::event::{Event, Function};
use crate::service;
use crate::session_timer::Due;
use crate::transaction::ServerTransactionId;
use crate::user_agent::RequestError;

impl Participating {
    pub(super) fn in_dialog(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: &DialogId,
        request: &Request,
    ) {
        if request.method == Method::Subscribe && self.subscriptions.contains(dialog) {
            return self.resubscribe(now, transaction, dialog, request);
        }
        let Some((at, side)) = self.relays.of_dialog(dialog) else {
            //= RFC3261-481
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, transaction, gone);
            return;
        };
        match &request.method {
            Method::Bye => self.bye_received(now, at, side, transaction, request),
            Method::Update if request.body.is_empty() => self.refreshed(now, at, side, transaction, request),
            Method::Invite | Method::Update => self.pass_on(now, at, side, transaction, request),
            _ => {
                let refusal = Response::new(StatusCode::METHOD_NOT_ALLOWED);
                self.agent.respond(now, transaction, refusal);
            }
        }
    }

    fn bye_received(
        &mut self,
        now: Instant,
        at: RelayRef,
        side: Side,
        transaction: ServerTransactionId,
        request: &Request,
    ) {
        self.agent.respond(now, transaction, Response::new(StatusCode::OK));
        let Some(relay) = self.relay_mut(at) else { return };
        if relay.state == State::Calling {
            // BYE in an early dialog of the caller: the INVITE ends with it.
            relay.state = State::Ending;
            let (incoming, outgoing) = (relay.incoming, relay.outgoing);
            self.agent.respond(now, incoming, Response::new(StatusCode::REQUEST_TERMINATED));
            self.agent.cancel(now, outgoing);
            return;
        }
        let Some(relay) = self.end_relay(at) else { return };
        if let Some(other) = relay.dialog(side.other()) {
            self.send_bye(now, other, Some(&request.headers));
        }
    }

    fn send_bye(&mut self, now: Instant, dialog: &DialogId, like: Option<&Headers>) {
        let mut bye = Request::new(Method::Bye, ByteStr::EMPTY);
        if let Some(like) = like {
            bye.headers.copy_from(like, &HeaderName::Reason);
        }
        // A dialog that is gone needs no BYE.
        let _ = self.agent.request_in_dialog(now, dialog, bye);
    }

    fn end_relay(&mut self, at: RelayRef) -> Option<Relay> {
        for side in [Side::Caller, Side::Callee] {
            self.deadlines.set(Deadline::Session(at, side), None);
        }
        self.relays.remove(at)
    }

    /// Ends both dialogs.
    fn end_both(&mut self, now: Instant, at: RelayRef) {
        let Some(relay) = self.end_relay(at) else { return };
        for side in [Side::Caller, Side::Callee] {
            if let Some(dialog) = relay.dialog(side) {
                self.send_bye(now, dialog, None);
            }
        }
    }

    pub(super) fn dialog_lost(&mut self, now: Instant, dialog: &DialogId) {
        if let Some((at, _)) = self.relays.of_dialog(dialog) {
            self.end_both(now, at);
        }
    }

    /// A session refresh without description concerns this leg only.
    fn refreshed(
        &mut self,
        now: Instant,
        at: RelayRef,
        side: Side,
        transaction: ServerTransactionId,
        request: &Request,
    ) {
        let answer = match self.caller_timer(now, request, Refresher::Uac) {
            Ok(timer) => {
                let mut answer = Response::new(StatusCode::OK);
                answer.headers.push(HeaderName::SessionExpires, timer.in_answer());
                if timer.peer_refreshes() {
                    answer.headers.push(HeaderName::Require, "timer");
                }
                if let Some(own) = self.relay_mut(at).and_then(|relay| relay.timer(side)) {
                    *own = timer;
                }
                answer
            }
            Err(refusal) => {
                let mut answer = self.identity.refuse(refusal);
                let minimum = self.directory.config.policy.min_session_expires.as_secs();
                answer.headers.push(HeaderName::MinSe, minimum.to_string());
                answer
            }
        };
        self.agent.respond(now, transaction, answer);
        self.schedule(at, side);
    }

    /// Passes a re-INVITE or UPDATE on to the other dialog.
    fn pass_on(
        &mut self,
        now: Instant,
        at: RelayRef,
        side: Side,
        transaction: ServerTransactionId,
        request: &Request,
    ) {
        let to = side.other();
        let Some(dialog) = self.relay(at).and_then(|relay| relay.dialog(to)).cloned() else {
            self.agent.respond(now, transaction, Response::new(StatusCode::REQUEST_PENDING));
            return;
        };
        let mut onward = Request::new(request.method.clone(), ByteStr::EMPTY);
        onward.headers.copy_from(&request.headers, &HeaderName::ResourcePriority);
        onward.body = service::copy_body(&request.headers, &request.body, &mut onward.headers);
        onward.headers.push(HeaderName::Supported, "timer");
        if let Some(timer) = self.relay_mut(at).and_then(|relay| relay.timer(to)) {
            onward.headers.push(HeaderName::SessionExpires, timer.in_refresh());
        }
        match self.agent.request_in_dialog(now, &dialog, onward) {
            Ok(own) => {
                let method = request.method.clone();
                self.pending.insert(own, Pending::Relayed { relay: at, to, answer: transaction, method });
            }
            Err(RequestError::InvitePending) => {
                self.agent.respond(now, transaction, Response::new(StatusCode::REQUEST_PENDING));
            }
            Err(_) => {
                let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
                self.agent.respond(now, transaction, gone);
            }
        }
    }

    pub(super) fn relayed_answered(
        &mut self,
        now: Instant,
        at: RelayRef,
        to: Side,
        transaction: ServerTransactionId,
        method: &Method,
        response: &Response,
    ) {
        let mut answer = Response::new(response.status);
        if response.status.is_success() {
            answer.headers.copy_from(&response.headers, &HeaderName::Warning);
            answer.body = service::copy_body(&response.headers, &response.body, &mut answer.headers);
            for side in [to, to.other()] {
                if let Some(timer) = self.relay_mut(at).and_then(|relay| relay.timer(side)) {
                    timer.restart(now);
                    if side != to {
                        answer.headers.push(HeaderName::SessionExpires, timer.in_answer());
                        if timer.peer_refreshes() {
                            answer.headers.push(HeaderName::Require, "timer");
                        }
                    }
                }
                self.schedule(at, side);
            }
        } else {
            copy_failure(response, &mut answer);
        }
        self.agent.respond(now, transaction, answer);
        if is_end_of_dialog(response.status) {
            self.event(Event::Discarded {
                function: Function::Participating,
                state: "connected",
                got: format!("{} to {}", response.status, method.as_str()).into(),
                requirement: None,
            });
            self.end_both(now, at);
        }
    }

    pub(super) fn session_due(&mut self, now: Instant, at: RelayRef, side: Side) {
        let Some(relay) = self.relay_mut(at) else { return };
        let dialog = relay.dialog(side).cloned();
        let due = relay.timer(side).and_then(|timer| timer.poll(now).map(|due| (due, timer.in_refresh())));
        match (due, dialog) {
            (Some((Due::Refresh, interval)), Some(dialog)) => {
                let mut update = Request::new(Method::Update, ByteStr::EMPTY);
                update.headers.push(HeaderName::Supported, "timer");
                update.headers.push(HeaderName::SessionExpires, interval);
                if let Ok(own) = self.agent.request_in_dialog(now, &dialog, update) {
                    self.pending.insert(own, Pending::Refresh { relay: at, side });
                }
            }
            //= RFC4028-expiry
            (Some((Due::Expired, _)), _) => {
                self.end_both(now, at);
                return;
            }
            _ => {}
        }
        self.schedule(at, side);
    }

    pub(super) fn refresh_answered(&mut self, now: Instant, at: RelayRef, side: Side, response: &Response) {
        if is_end_of_dialog(response.status) {
            self.end_both(now, at);
            return;
        }
        if response.status.is_success()
            && let Some(timer) = self.relay_mut(at).and_then(|relay| relay.timer(side))
        {
            timer.restart(now);
        }
        self.schedule(at, side);
    }
}

/// RFC 3261 12.2.1.2 and RFC 4028 10: after these the dialog is not to be used any more.
fn is_end_of_dialog(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)
}
