//! Whose turn it is to describe the session (RFC 3264, RFC 3311 5, RFC 3261 14), and which Info packages may be sent.

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Headers, Limits, Method, Request, StatusCode, multipart};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mime;

use super::session::{Abilities, Session};
use super::{RequestError, UserAgent, add};
use crate::dialog::DialogId;
use crate::session_timer;
use crate::transaction::ServerTransactionId;

/// How the type of a body of several parts begins.
const MULTIPART: &str = "multipart/";

/// The session description of a message, alone or among other parts.
pub(super) fn description(headers: &Headers, body: &Bytes) -> Option<Bytes> {
    if body.is_empty() {
        return None;
    }
    // Most bodies are none, and need not be taken apart to be told so.
    let kind = headers.get(&HeaderName::ContentType)?.trim_start();
    if !kind.get(..MULTIPART.len()).is_some_and(|start| start.eq_ignore_ascii_case(MULTIPART)) {
        return headers.content_type().ok().flatten()?.is(mime::SDP).then(|| body.clone());
    }
    let parts = multipart::body_parts(headers, body, &Limits::DEFAULT).ok()?;
    parts.into_iter().find(|part| part.is(mime::SDP)).map(|part| part.body)
}

/// Whether a message brings a session description.
pub(super) fn describes(headers: &Headers, body: &Bytes) -> bool {
    description(headers, body).is_some()
}

impl Abilities {
    /// Takes what a message of the peer says about it.
    pub(super) fn note(&mut self, headers: &Headers) {
        if headers.contains(&HeaderName::Allow) {
            self.update = Some(headers.values(&HeaderName::Allow).any(|method| method == "UPDATE"));
        }
        if headers.contains(&HeaderName::RecvInfo) {
            let packages = headers.shared_values(&HeaderName::RecvInfo);
            self.info_packages = Some(packages.take(MAX_PACKAGES).collect());
        }
        self.least_interval = self.least_interval.max(session_timer::least(headers));
    }

    fn takes(&self, package: &str) -> bool {
        let name = |value: &str| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let package = name(package);
        self.info_packages.as_ref().is_none_or(|all| all.iter().any(|own| name(own) == package))
    }
}

/// Info packages of a peer that are remembered.
const MAX_PACKAGES: usize = 32;

impl Session {
    /// Keeps the description that we give, for a refresh that has to repeat it.
    pub(super) fn note_said(&mut self, headers: &Headers, body: &Bytes) {
        if let Some(description) = description(headers, body) {
            self.said = Some(description);
        }
    }
}

impl UserAgent {
    /// Whether a request of ours fits into what is going on in the dialog.
    pub(super) fn check_offer(&self, dialog: &DialogId, request: &Request) -> Result<(), RequestError> {
        let Some(session) = self.sessions.get(dialog) else { return Ok(()) };
        match request.method {
            Method::Update if session.own_update.is_some() => Err(RequestError::UpdatePending),
            //= RFC3311-5.1:pending
            Method::Update | Method::Invite if describes(&request.headers, &request.body) => {
                let pending = self.our_offer_waits(session) || self.their_offer_waits(session);
                if pending { Err(RequestError::OfferPending) } else { Ok(()) }
            }
            //= RFC6086-4.2.1:willing
            Method::Info => match request.headers.get(&HeaderName::InfoPackage) {
                Some(package) if !session.peer.takes(package) => Err(RequestError::InfoPackageNotTaken),
                _ => Ok(()),
            },
            _ => Ok(()),
        }
    }

    /// The refusal of an UPDATE or INVITE of the peer that meets another description under way. `None`: it meets none.
    pub(super) fn glare(&self, dialog: &DialogId, request: &Request) -> Option<StatusCode> {
        let session = self.sessions.get(dialog)?;
        let update = request.method == Method::Update;
        //= RFC3311-5.2:overlap
        if update && session.peer_update.is_some() {
            return Some(StatusCode::SERVER_INTERNAL_ERROR);
        }
        let offers = describes(&request.headers, &request.body);
        if !offers || !matches!(request.method, Method::Update | Method::Invite) {
            return None;
        }
        //= RFC3311-5.2:glare
        if self.our_offer_waits(session) {
            return Some(StatusCode::REQUEST_PENDING);
        }
        //= RFC3311-5.2:unanswered
        (update && self.their_offer_waits(session)).then_some(StatusCode::SERVER_INTERNAL_ERROR)
    }

    /// An offer of ours has no answer yet.
    fn our_offer_waits(&self, session: &Session) -> bool {
        let asked = [session.own_invite, session.own_update].into_iter().flatten();
        let in_request = asked
            .filter_map(|id| self.asked.get(&id))
            .any(|asked| !asked.without_offer && !asked.answered && !asked.done);
        let in_answer = session.answer.as_ref().is_some_and(|answer| answer.offers);
        let in_progress = session
            .peer_invite
            .and_then(|id| self.served.get(&id))
            .is_some_and(|served| !served.offer && served.reliable.is_unacknowledged_description());
        in_request || in_answer || in_progress
    }

    /// An offer of the peer has no answer yet.
    fn their_offer_waits(&self, session: &Session) -> bool {
        let served = [session.peer_invite, session.peer_update].into_iter().flatten();
        let in_request =
            served.filter_map(|id| self.served.get(&id)).any(|served| served.offer && !served.answered);
        in_request || session.owed_ack.is_some()
    }

    /// An UPDATE of the peer is answered, or never will be.
    pub(super) fn update_over(&mut self, transaction: ServerTransactionId, dialog: &DialogId) {
        if let Some(session) = self.sessions.get_mut(dialog)
            && session.peer_update == Some(transaction)
        {
            session.peer_update = None;
        }
    }

    /// Says which Info packages we take, in an INVITE and in its 2xx.
    pub(super) fn announce_info_packages(&self, headers: &mut Headers) {
        //= RFC6086-4.2.1:announce
        if !self.settings.recv_info.is_empty() {
            add(headers, HeaderName::RecvInfo, || ByteStr::from(self.settings.recv_info.join(", ")));
        }
    }
}
