//! Which requests go to the caller, and what the others are answered (RFC 3261 8.2, 12.2.2, 14.2, 15.1.2, RFC 6086 4.2.2).

use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Method, Refusal, Request, Response, StatusCode, require_only};
use mcptt_codec::text::ByteStr;

use super::client::forms_dialog;
use super::session::{Alarm, Ending};
use super::{Discard, UaEvent, UserAgent, plain, set_to_tag};
use crate::dialog::DialogId;
use crate::overload::Worth;
use crate::transaction::{self, ServerTransactionId};
use crate::transport::SipPath;

impl UserAgent {
    /// Whether a request may go to the caller, and in which dialog; else the answer to it.
    pub(super) fn admit(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        request: &Request,
        merged: bool,
        path: SipPath,
    ) -> Result<Option<DialogId>, Box<Response>> {
        if let Some(response) = self.refusal(request) {
            return Err(Box::new(response));
        }
        if merged {
            //= RFC3261-8.2.2.2:merged
            return Err(Box::new(plain(request, StatusCode::LOOP_DETECTED)));
        }
        let dialog = match DialogId::of_request(&request.headers) {
            Some(named) => Some(self.place(now, transaction, request, named, path)?),
            None => {
                self.check_initial(request)?;
                None
            }
        };
        if request.method == Method::Options {
            //= RFC3261-11.2:options
            return Err(Box::new(self.abilities(request)));
        }
        match self.bad_info_package(request) {
            Some(response) => Err(Box::new(response)),
            None => Ok(dialog),
        }
    }

    /// Checks a request outside any dialog.
    fn check_initial(&self, request: &Request) -> Result<(), Box<Response>> {
        let needs_dialog = matches!(
            request.method,
            Method::Bye | Method::Info | Method::Update | Method::Prack | Method::Notify
        );
        if needs_dialog {
            //= RFC3261-481
            return Err(Box::new(plain(request, StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST)));
        }
        if !forms_dialog(&request.method) {
            return Ok(());
        }
        if request.headers.contact().is_err() {
            let mut response = plain(request, StatusCode::BAD_REQUEST);
            response.reason = ByteStr::from_static("Bad Request (Contact)");
            return Err(Box::new(response));
        }
        if self.sessions.len() >= self.settings.limits.dialogs.total {
            return Err(Box::new(self.busy(request)));
        }
        Ok(())
    }

    /// Finds the dialog of a request and checks that the request fits into it (RFC 3261 12.2.2, 14.2, 15.1.2).
    fn place(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        request: &Request,
        named: DialogId,
        path: SipPath,
    ) -> Result<DialogId, Box<Response>> {
        let refuse = |status| Err(Box::new(plain(request, status)));
        let (too_brief, glare) = (self.too_brief(request), self.glare(&named, request));
        if request.method == Method::Notify && !self.sessions.contains_key(&named) {
            //= RFC3261-481
            return self
                .notified(request, path)
                .map_or_else(|| refuse(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST), Ok);
        }
        let Some(session) = self.sessions.get_mut(&named) else {
            //= RFC3261-481
            return refuse(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
        };
        match session.ending {
            Ending::No => {}
            // Both sides hung up at once.
            Ending::ByUs if request.method == Method::Bye => {
                self.release_bye(now, &named);
                return refuse(StatusCode::OK);
            }
            Ending::ByUs | Ending::ByPeer => return refuse(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST),
        }
        let in_order = request.headers.cseq().is_ok_and(|cseq| session.dialog.accept_sequence(cseq.number));
        //= RFC3261-12.2.2:order
        if !in_order {
            return refuse(StatusCode::SERVER_INTERNAL_ERROR);
        }
        session.dialog.note_path(path);
        if let Some(response) = too_brief {
            return Err(Box::new(response));
        }
        let overlap = match request.method {
            //= RFC3261-14.2:overlap
            Method::Invite if session.peer_invite.is_some() => Some(StatusCode::SERVER_INTERNAL_ERROR),
            //= RFC3261-14.2:glare
            Method::Invite if session.invite_pending() => Some(StatusCode::REQUEST_PENDING),
            _ => glare,
        };
        if let Some(status) = overlap {
            let mut response = plain(request, status);
            if status == StatusCode::SERVER_INTERNAL_ERROR {
                response.headers.push(HeaderName::RetryAfter, self.tokens.up_to_ten().to_string());
            }
            return Err(Box::new(response));
        }
        match request.method {
            Method::Invite => session.peer_invite = Some(transaction),
            Method::Update => session.peer_update = Some(transaction),
            Method::Bye => {
                session.ending = Ending::ByPeer;
                session.answer = None;
                let invite = session.peer_invite.take();
                self.deadlines.set(Alarm::Answer(named.clone()), None);
                if let Some(invite) = invite {
                    self.terminate_invite(now, invite);
                }
            }
            _ => {}
        }
        Ok(named)
    }

    /// The refusal of a request that needs neither the merged-request table nor a dialog, in the order of
    /// RFC 3261 8.2: method, header fields, content.
    fn refusal(&self, request: &Request) -> Option<Response> {
        let settings = &self.settings;
        if request.method != Method::Options && !settings.allow.contains(&request.method) {
            let known = Method::KNOWN.contains(&request.method);
            let status = if known { StatusCode::METHOD_NOT_ALLOWED } else { StatusCode::NOT_IMPLEMENTED };
            let mut response = plain(request, status);
            response.headers.push(HeaderName::Allow, self.allow());
            return Some(response);
        }
        //= RFC3261-maxf
        if request.headers.number(&HeaderName::MaxForwards) == Ok(Some(0)) {
            return Some(plain(request, StatusCode::TOO_MANY_HOPS));
        }
        //= RFC3261-ext
        if request.headers.contains(&HeaderName::Require) {
            let understood: Vec<&str> = settings.supported.iter().map(ByteStr::as_str).collect();
            if let Err(refusal) = require_only(request, &understood) {
                return refusal.response(request);
            }
        }
        let encoded = request.headers.values(&HeaderName::ContentEncoding);
        if encoded.into_iter().any(|coding| !coding.eq_ignore_ascii_case("identity")) {
            let mut response = plain(request, StatusCode::UNSUPPORTED_MEDIA_TYPE);
            response.headers.push(HeaderName::AcceptEncoding, "identity");
            return Some(response);
        }
        None
    }

    /// 469 for an INFO whose package we did not announce, or that names none.
    fn bad_info_package(&self, request: &Request) -> Option<Response> {
        if request.method != Method::Info {
            return None;
        }
        let package = request.headers.get(&HeaderName::InfoPackage);
        let package = package.and_then(|value| value.split(';').next()).map(str::trim);
        let known = |name: &str| self.settings.recv_info.iter().any(|own| own.eq_ignore_ascii_case(name));
        if package.is_some_and(known) {
            return None;
        }
        //= RFC6086-469
        let mut response = plain(request, StatusCode::BAD_INFO_PACKAGE);
        response.headers.push(HeaderName::RecvInfo, self.settings.recv_info.join(", "));
        Some(response)
    }

    /// What we can do (RFC 3261 11.2).
    fn abilities(&self, request: &Request) -> Response {
        let mut response = plain(request, StatusCode::OK);
        let headers = &mut response.headers;
        self.add_abilities(headers);
        headers.push(HeaderName::Accept, self.settings.accept.join(", "));
        headers.push(HeaderName::AcceptEncoding, "identity");
        if !self.settings.recv_info.is_empty() {
            headers.push(HeaderName::RecvInfo, self.settings.recv_info.join(", "));
        }
        response
    }

    /// A request that breaks the rules of every request: nothing of it is kept, so that a flood of them costs nothing.
    pub(super) fn refuse_stateless(&mut self, path: SipPath, request: &Request, refusal: &Refusal) {
        let mut request = request.clone();
        let Some(way_back) = transaction::way_back(&mut request, path) else {
            let error = request.headers.top_via().err();
            self.events.extend(error.map(|error| UaEvent::Undecodable { path, error }));
            return;
        };
        if let Some(response) = refusal.response(&request) {
            self.send_stateless(way_back, &request, response);
        }
        self.discard(path, Discard::Refused(refusal.status.0));
    }

    /// Whether a request is refused because of load. What our own functions send was admitted when its cause was.
    pub(super) fn sheds(&mut self, path: SipPath, request: &Request) -> bool {
        self.overload.is_pressed()
            && !self.settings.admitted.contains(&path.remote)
            && !self.layer.knows(request)
            && !self.overload.admits(Worth::of(request))
    }

    /// Refuses a request because of load, without keeping anything of it.
    pub(super) fn refuse_load(&mut self, path: SipPath, mut request: Request) {
        let Some(way_back) = transaction::way_back(&mut request, path) else { return };
        //= RFC7339-5:reduce
        let mut response = plain(&request, StatusCode::SERVICE_UNAVAILABLE);
        response.headers.push(HeaderName::RetryAfter, self.overload.retry_after().to_string());
        self.send_stateless(way_back, &request, response);
        self.discard(path, Discard::Shed);
    }

    /// A request beyond the limit of transactions.
    pub(super) fn refuse_overload(&mut self, path: SipPath, way_back: SipPath, request: &Request) {
        let response = self.busy(request);
        self.send_stateless(way_back, request, response);
        self.discard(path, Discard::Refused(StatusCode::SERVICE_UNAVAILABLE.0));
    }

    /// There is no room for what the request wants.
    pub(super) fn busy(&self, request: &Request) -> Response {
        let mut response = plain(request, StatusCode::SERVICE_UNAVAILABLE);
        response.headers.push(HeaderName::RetryAfter, RETRY_AFTER_OVERLOAD);
        response
    }

    pub(super) fn send_stateless(&mut self, way_back: SipPath, request: &Request, mut response: Response) {
        if !response.headers.has_tag(&HeaderName::To) && response.headers.to_address().is_ok() {
            let tag = self.tokens.stateless_tag(request);
            set_to_tag(&mut response.headers, &tag);
        }
        self.layer.send(way_back, response.encode());
    }
}

/// Seconds after which a peer may try again that met us in overload.
const RETRY_AFTER_OVERLOAD: &str = "5";
