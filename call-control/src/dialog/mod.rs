//! Dialogs: what two user agents remember of each other (RFC 3261 12).

use mcptt_codec::DecodeError;
use mcptt_codec::sip::{CSeq, HeaderName, Headers, Method, NameAddr, Request, Response, SessionExpires, Uri};
use mcptt_codec::text::ByteStr;

use crate::transaction::hop::MAX_FORWARDS;
use crate::transport::SipPath;

mod record;
#[cfg(test)]
mod tests;

pub(crate) use record::DialogRecord;

/// What identifies a dialog (RFC 3261 12): Call-ID and the two tags, seen from our side.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
pub struct DialogId {
    /// Call-ID.
    pub call_id: ByteStr,
    /// Our tag.
    pub local_tag: ByteStr,
    /// The peer's tag; empty for a peer of RFC 2543, which has none.
    pub remote_tag: ByteStr,
}

impl DialogId {
    /// The dialog that a received request or ACK names; `None` without a To tag, which means outside any dialog.
    pub fn of_request(headers: &Headers) -> Option<Self> {
        let local_tag = headers.tag(&HeaderName::To)?;
        let remote_tag = headers.tag(&HeaderName::From).unwrap_or_default();
        Some(Self { call_id: headers.call_id().ok()?.clone(), local_tag, remote_tag })
    }
}

/// Who began the dialog.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Role {
    /// We did: our request created it.
    Uac,
    /// The peer did: our answer created it.
    Uas,
}

/// How far a dialog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum State {
    /// Created by a provisional answer.
    Early,
    /// Created or confirmed by a 2xx.
    Confirmed,
}

/// One dialog: one session or one subscription (RFC 5057 advises against more than one use of a dialog).
#[derive(Clone, Debug)]
pub struct Dialog {
    id: DialogId,
    role: Role,
    state: State,
    local: NameAddr,
    remote: NameAddr,
    local_target: ByteStr,
    remote_target: ByteStr,
    route_set: Vec<ByteStr>,
    local_sequence: u32,
    remote_sequence: Option<u32>,
    session_expires: Option<SessionExpires>,
    path: SipPath,
}

impl Dialog {
    /// The dialog that an answer to a request of ours creates (RFC 3261 12.1.2): early for a provisional answer,
    /// confirmed for a 2xx.
    ///
    /// # Errors
    /// [`DecodeError`] when To cannot be read. An answer without a usable Contact, which is a breach of the RFC, leaves
    /// the Request-URI as the target.
    pub fn uac(request: &Request, response: &Response, path: SipPath) -> Result<Self, DecodeError> {
        let local = request.headers.from_address()?;
        let remote = response.headers.to_address()?;
        let id = DialogId {
            call_id: request.headers.call_id()?.clone(),
            local_tag: tag(&local).unwrap_or_default(),
            remote_tag: tag(&remote).unwrap_or_default(),
        };
        let mut dialog = Self {
            id,
            role: Role::Uac,
            state: State::Early,
            local,
            remote,
            local_target: contact_field(&request.headers),
            remote_target: request.uri.clone(),
            route_set: Vec::new(),
            local_sequence: request.headers.cseq()?.number,
            remote_sequence: None,
            session_expires: None,
            path,
        };
        dialog.confirm(response);
        Ok(dialog)
    }

    /// The dialog that our answer to a request creates (RFC 3261 12.1.1). `response` is complete: To tag and Contact.
    ///
    /// # Errors
    /// [`DecodeError`] when From, To, CSeq, Call-ID or Contact of the request, or To of the response, cannot be read.
    pub fn uas(request: &Request, response: &Response, path: SipPath) -> Result<Self, DecodeError> {
        let local = response.headers.to_address()?;
        let remote = request.headers.from_address()?;
        let id = DialogId {
            call_id: request.headers.call_id()?.clone(),
            local_tag: tag(&local).unwrap_or_default(),
            remote_tag: tag(&remote).unwrap_or_default(),
        };
        Ok(Self {
            id,
            role: Role::Uas,
            state: state_after(response),
            local,
            remote,
            local_target: contact_field(&response.headers),
            remote_target: target(&request.headers).ok_or(DecodeError::missing(0, "Contact"))?,
            route_set: request.headers.shared_values(&HeaderName::RecordRoute).collect(),
            local_sequence: 0,
            remote_sequence: Some(request.headers.cseq()?.number),
            session_expires: None,
            path,
        })
    }

    /// The dialog of a subscription of ours whose first NOTIFY overtook the answer to the SUBSCRIBE, or that a fork of
    /// it created (RFC 6665 4.4.1).
    ///
    /// # Errors
    /// As [`Dialog::uas`].
    pub fn notified(subscribe: &Request, notify: &Request, path: SipPath) -> Result<Self, DecodeError> {
        let local = notify.headers.to_address()?;
        let remote = notify.headers.from_address()?;
        let id = DialogId {
            call_id: notify.headers.call_id()?.clone(),
            local_tag: tag(&local).unwrap_or_default(),
            remote_tag: tag(&remote).unwrap_or_default(),
        };
        Ok(Self {
            id,
            role: Role::Uac,
            state: State::Confirmed,
            local,
            remote,
            local_target: contact_field(&subscribe.headers),
            remote_target: target(&notify.headers).ok_or(DecodeError::missing(0, "Contact"))?,
            route_set: notify.headers.shared_values(&HeaderName::RecordRoute).collect(),
            local_sequence: subscribe.headers.cseq()?.number,
            remote_sequence: Some(notify.headers.cseq()?.number),
            session_expires: None,
            path,
        })
    }

    /// Takes state, target and route set from an answer to the request that began the dialog. Only the answers before
    /// and including the first 2xx may change the route set (RFC 3261 13.2.2.4).
    pub(crate) fn confirm(&mut self, response: &Response) {
        if self.state == State::Confirmed {
            return;
        }
        self.state = state_after(response);
        self.refresh_target(&response.headers);
        self.route_set = response.headers.shared_values(&HeaderName::RecordRoute).collect();
        self.route_set.reverse();
    }

    /// Our answer was a 2xx.
    pub(crate) const fn confirm_own(&mut self) {
        self.state = State::Confirmed;
    }

    /// Takes the Contact of a target refresh request or of its answer (RFC 3261 12.2).
    pub(crate) fn refresh_target(&mut self, headers: &Headers) {
        if let Some(target) = target(headers) {
            self.remote_target = target;
        }
    }

    /// Takes the Contact that we gave in a target refresh request or in its answer.
    pub(crate) fn note_local_target(&mut self, headers: &Headers) {
        if headers.contains(&HeaderName::Contact) {
            self.local_target = contact_field(headers);
        }
    }

    /// Notes what a 2xx to INVITE or UPDATE says about the session timer.
    pub(crate) fn note_session_expires(&mut self, headers: &Headers) {
        self.session_expires = headers.session_expires().ok().flatten();
    }

    /// Where the peer was heard last.
    pub(crate) const fn note_path(&mut self, path: SipPath) {
        self.path = path;
    }

    /// Whether a request with this sequence number is in order, and then the number to be exceeded next
    /// (RFC 3261 12.2.2).
    pub(crate) fn accept_sequence(&mut self, number: u32) -> bool {
        let in_order = self.remote_sequence.is_none_or(|last| number > last);
        if in_order {
            self.remote_sequence = Some(number);
        }
        in_order
    }

    /// Completes a request in this dialog (RFC 3261 12.2.1.1): Request-URI, Route, From, To, Call-ID, CSeq,
    /// Max-Forwards, and Contact if the method refreshes the target. What the caller put there itself is replaced,
    /// except Contact.
    pub(crate) fn request(&mut self, request: Request) -> Request {
        self.local_sequence = self.local_sequence.saturating_add(1).min(CSeq::END.saturating_sub(1));
        let number = self.local_sequence;
        if refreshes_target(&request.method) {
            self.note_local_target(&request.headers);
        }
        self.complete(request, number)
    }

    /// Completes the ACK of the 2xx to the INVITE with this sequence number (RFC 3261 13.2.2.4).
    pub(crate) fn ack(&self, ack: Request, number: u32) -> Request {
        self.complete(Request { method: Method::Ack, ..ack }, number)
    }

    fn complete(&self, request: Request, number: u32) -> Request {
        let (uri, route) = self.route();
        let mut complete = Request::new(request.method, uri);
        let headers = &mut complete.headers;
        for hop in route {
            headers.push(HeaderName::Route, hop);
        }
        headers.push(HeaderName::From, self.local.to_string());
        headers.push(HeaderName::To, self.remote.to_string());
        headers.push(HeaderName::CallId, self.id.call_id.clone());
        headers.push(HeaderName::CSeq, CSeq { number, method: complete.method.clone() }.to_string());
        headers.push(HeaderName::MaxForwards, MAX_FORWARDS);
        if refreshes_target(&complete.method) && !request.headers.contains(&HeaderName::Contact) {
            headers.push(HeaderName::Contact, self.local_target.clone());
        }
        for (name, value) in request.headers.iter() {
            if !belongs_to_dialog(name) {
                headers.push(name.clone(), value.clone());
            }
        }
        complete.body = request.body;
        complete
    }

    /// Request-URI and Route. A first hop without `lr` is a strict router of RFC 2543, which wants itself in the
    /// Request-URI and the target at the end of Route.
    fn route(&self) -> (ByteStr, Vec<ByteStr>) {
        let strict =
            self.route_set.first().and_then(|hop| NameAddr::read(hop).ok()).filter(|hop| !is_loose(hop));
        let Some(first) = strict else {
            return (self.remote_target.clone(), self.route_set.clone());
        };
        let mut uri = first.uri;
        uri.params.remove("method");
        uri.headers.clear();
        let last = ByteStr::from(format!("<{}>", self.remote_target));
        (uri.to_string().into(), self.route_set.iter().skip(1).cloned().chain([last]).collect())
    }

    /// The URI whose host the next request goes to: the first hop of the route set, else the target.
    pub fn next_hop(&self) -> Option<Uri> {
        match self.route_set.first() {
            Some(hop) => NameAddr::read(hop).ok().map(|hop| hop.uri),
            None => Uri::read(&self.remote_target).ok(),
        }
    }

    /// What identifies it.
    pub const fn id(&self) -> &DialogId {
        &self.id
    }

    /// Who began it.
    pub const fn role(&self) -> Role {
        self.role
    }

    /// How far it is.
    pub const fn state(&self) -> State {
        self.state
    }

    /// Our address with our tag: From of our requests.
    pub const fn local(&self) -> &NameAddr {
        &self.local
    }

    /// The peer's address with its tag: To of our requests.
    pub const fn remote(&self) -> &NameAddr {
        &self.remote
    }

    /// The Contact that we gave, as the header field had it.
    pub const fn local_target(&self) -> &ByteStr {
        &self.local_target
    }

    /// The URI of the peer's Contact.
    pub const fn remote_target(&self) -> &ByteStr {
        &self.remote_target
    }

    /// The elements of Route of our requests, before strict routing is considered.
    pub fn route_set(&self) -> &[ByteStr] {
        &self.route_set
    }

    /// Session-Expires of the last 2xx to INVITE or UPDATE, sent or received: `None` when it had none, and then there
    /// is no session timer (RFC 4028 7.2). The refresher `uac` is whoever sent that INVITE or UPDATE.
    pub const fn session_expires(&self) -> Option<SessionExpires> {
        self.session_expires
    }

    /// Where the peer was heard last.
    pub const fn path(&self) -> SipPath {
        self.path
    }
}

/// Methods whose Contact replaces the target (RFC 3261 12.2, RFC 3311, RFC 6665 4.4.1).
pub(crate) const fn refreshes_target(method: &Method) -> bool {
    matches!(method, Method::Invite | Method::Update | Method::Subscribe | Method::Notify | Method::Refer)
}

const fn state_after(response: &Response) -> State {
    if response.status.is_success() { State::Confirmed } else { State::Early }
}

const fn belongs_to_dialog(name: &HeaderName) -> bool {
    use HeaderName as Name;
    matches!(
        name,
        Name::Via | Name::Route | Name::From | Name::To | Name::CallId | Name::CSeq | Name::MaxForwards
    )
}

fn is_loose(hop: &NameAddr) -> bool {
    hop.uri.params.contains("lr")
}

fn tag(address: &NameAddr) -> Option<ByteStr> {
    address.tag().map(ByteStr::from)
}

fn target(headers: &Headers) -> Option<ByteStr> {
    headers.contact().ok().map(|contact| contact.uri.to_string().into())
}

fn contact_field(headers: &Headers) -> ByteStr {
    headers.shared_values(&HeaderName::Contact).next().unwrap_or_default()
}
