//! What happens in the dialogs of a relayed call: refreshes, renegotiation, the end.

use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::relay::{Relay, RelayRef, Side, State, copy_failure};
use super::{Participating, Pending};
use crate::dialog::DialogId;
use crate::event::{Event, Function};
use crate::service;
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
        if request.method == Method::Subscribe && self.watching.is_of_client(dialog) {
            return self.relay_resubscription(now, transaction, dialog, request);
        }
        if request.method == Method::Notify {
            let early = || self.pending.values().any(|own| matches!(own, Pending::AffiliationWatch(..)));
            return match self.watches.contains(dialog) || (!self.watching.is_of_function(dialog) && early()) {
                true => self.affiliations_told(now, transaction, dialog, request),
                false => self.notified(now, transaction, dialog, request),
            };
        }
        let Some((at, side)) = self.relays.of_dialog(dialog) else {
            //= RFC3261-481
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, transaction, gone);
            return;
        };
        match &request.method {
            Method::Bye => self.bye_received(now, at, side, transaction, request),
            Method::Update
                if request.body.is_empty() && !request.headers.contains(&HeaderName::ResourcePriority) =>
            {
                // A session refresh without description concerns this leg only.
                self.agent.respond(now, transaction, Response::new(StatusCode::OK));
            }
            Method::Invite | Method::Update | Method::Info => {
                self.pass_on(now, at, side, transaction, request)
            }
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
            self.send_bye(now, other, Some(request));
        }
    }

    fn send_bye(&mut self, now: Instant, dialog: &DialogId, like: Option<&Request>) {
        let mut bye = Request::new(Method::Bye, ByteStr::EMPTY);
        if let Some(like) = like {
            bye.headers.copy_from(&like.headers, &HeaderName::Reason);
            bye.body = service::copy_body(&like.headers, &like.body, &mut bye.headers);
        }
        // A dialog that is gone needs no BYE.
        let _ = self.agent.request_in_dialog(now, dialog, bye);
    }

    fn end_relay(&mut self, at: RelayRef) -> Option<Relay> {
        self.remove_relay(at)
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
        if let Some((at, end)) = self.sessions.of_dialog(dialog) {
            return self.session_dialog_lost(now, at, end);
        }
        if let Some((at, _)) = self.relays.of_dialog(dialog) {
            self.end_both(now, at);
        }
    }

    /// Passes a re-INVITE, UPDATE or INFO on to the other dialog.
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
        onward.headers.copy_from(&request.headers, &HeaderName::InfoPackage);
        onward.body = self.redirected_body(at, to, (&request.headers, &request.body), &mut onward.headers);
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
            let back = (&response.headers, &response.body);
            answer.body = self.redirected_body(at, to.other(), back, &mut answer.headers);
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
}

/// RFC 3261 12.2.1.2 and RFC 4028 10: after these the dialog is not to be used any more.
fn is_end_of_dialog(status: StatusCode) -> bool {
    matches!(status, StatusCode::REQUEST_TIMEOUT | StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)
}
