//! What a user agent has to do with a store: dialogs that are taken up again, and answers that are taken back.

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Method, Response, SipMessage, StatusCode};

use super::UserAgent;
use super::session::{Session, Usage};
use crate::dialog::Dialog;
use crate::transport::SipPath;

impl UserAgent {
    /// Takes up the dialog of a subscription again.
    pub(crate) fn restore_subscription(&mut self, dialog: Dialog) {
        self.sessions.insert(dialog.id().clone(), Session::new(dialog, Usage::Subscription));
    }

    /// Takes up the dialog of a session again, to end it.
    pub(crate) fn restore_session(&mut self, dialog: Dialog) {
        self.sessions.insert(dialog.id().clone(), Session::new(dialog, Usage::Session));
    }

    /// Takes back a 2xx to REGISTER, PUBLISH or SUBSCRIBE that has not left and answers 503 with Retry-After, in seconds,
    /// instead. False: the octets are something else.
    pub(crate) fn withdraw(&mut self, now: Instant, path: SipPath, octets: &Bytes, retry_after: u32) -> bool {
        let Ok(SipMessage::Response(withdrawn)) = SipMessage::decode(octets, &self.settings.limits.message)
        else {
            return false;
        };
        let method = withdrawn.headers.cseq().map(|cseq| cseq.method);
        let kept = matches!(method, Ok(Method::Register | Method::Publish | Method::Subscribe));
        if !kept || !withdrawn.status.is_success() {
            return false;
        }
        let mut instead = Response::new(StatusCode::SERVICE_UNAVAILABLE);
        for name in [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq]
        {
            instead.headers.copy_from(&withdrawn.headers, &name);
        }
        instead.headers.push(HeaderName::RetryAfter, retry_after.to_string());
        if !self.layer.replace_answer(now, &withdrawn, &instead) {
            self.layer.send(path, instead.encode());
        }
        self.settle(now);
        true
    }
}
