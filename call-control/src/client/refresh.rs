//! The session of a call that stands (RFC 4028): the user agent supervises it.

use std::time::Instant;

use mcptt_codec::sip::{Method, Request, Response, StatusCode};

use super::{CallId, Client};
use crate::bodies::description_part;
use crate::dialog::DialogId;
use crate::transaction::ServerTransactionId;

impl Client {
    /// The peer keeps the session alive; our description stays what it was.
    pub(super) fn refreshed(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        known: Option<CallId>,
        request: &Request,
    ) {
        let call = known.and_then(|id| self.calls.get(&id).map(|call| (id, call)));
        let Some((id, call)) = call else {
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, transaction, gone);
            return;
        };
        let mut answer = Response::new(StatusCode::OK);
        if !request.body.is_empty() || request.method == Method::Invite {
            answer.set_parts(&call.description.iter().map(description_part).collect::<Vec<_>>());
        }
        self.agent.respond(now, transaction, answer);
        self.priority_told(id, request);
    }

    /// Nobody has refreshed a session in time, or its peer is gone.
    pub(super) fn session_lost(&mut self, now: Instant, dialog: &DialogId) {
        //= RFC4028-expiry
        let _ = self.agent.bye(now, dialog);
        if let Some(session) = self.sessions.of_dialog(dialog) {
            self.session_gone(session);
        }
        if let Some(call) = self.by_dialog.get(dialog).copied() {
            self.end(call, true);
        }
    }
}
