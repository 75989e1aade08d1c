//! Sessions that the client establishes before it needs them, and calls over them (TS 24.379 8.2.1, 8.3.1, 8.4.1,
//! 10.1.1.2.2, 11.1.1.2.2, 11.1.3.2.1.2).

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{HeaderName, Headers, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo};

use super::call::Offer;
use super::private_call::PrivateCall;
use super::{CallId, Client, ClientEvent, GroupCall, Pending};
use crate::bodies::{Bodies, description_part, info_part};
use crate::dialog::DialogId;
use crate::media::MediaProtection;
use crate::offer_answer::{self, OwnKeys, RemoteMedia};
use crate::service;
use crate::transaction::ServerTransactionId;

/// A session as the client numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct SessionId(pub u32);

/// A session with what its channel needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EstablishedSession {
    /// The session.
    pub session: SessionId,
    /// Where voice of the calls to come goes.
    pub remote_audio: SocketAddr,
    /// Where floor control goes, and where Connect and Disconnect come from.
    pub remote_floor: SocketAddr,
}

/// A call to be made over a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionCall {
    /// To a prearranged group.
    Group(GroupCall),
    /// To a chat group.
    Chat(GroupCall),
    /// To another user.
    User(PrivateCall),
}

/// What the participating function says about a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionTold {
    /// A call uses it from now on.
    Connected(SessionConnected),
    /// No call uses it any more, or the one that was asked for has come to nothing.
    Disconnected,
}

/// What Connect says about a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionConnected {
    /// What to name to end the call or to come back to it.
    pub identity: ByteStr,
    /// The group, of a group call.
    pub group: Option<GroupId>,
    /// Who called, if we were called.
    pub caller: Option<McpttId>,
    /// There is floor control.
    pub floor_control: bool,
    /// MCPTT warning code.
    pub warning: Option<u16>,
}

/// A session of ours.
#[derive(Debug)]
pub(super) struct OwnSession {
    stage: Stage,
    /// What we said last.
    description: SessionDescription,
    pub call: Option<CallId>,
}

#[derive(Debug)]
enum Stage {
    /// Not answered; with the keys of the offer.
    Establishing(OwnKeys),
    Established(Box<Standing>),
    /// Our BYE is on its way.
    Releasing,
}

#[derive(Debug)]
pub(super) struct Standing {
    dialog: DialogId,
    pub remote: RemoteMedia,
    pub floor: SocketAddr,
    keys: OwnKeys,
    pub protection: Option<MediaProtection>,
}

impl OwnSession {
    pub fn standing(&mut self) -> Option<&mut Standing> {
        match &mut self.stage {
            Stage::Established(standing) => Some(standing),
            _ => None,
        }
    }
}

/// All of them.
#[derive(Debug, Default)]
pub(super) struct Sessions {
    pub all: BTreeMap<SessionId, OwnSession>,
    by_dialog: BTreeMap<DialogId, SessionId>,
    next: u32,
}

impl Sessions {
    pub fn of_dialog(&self, dialog: &DialogId) -> Option<SessionId> {
        self.by_dialog.get(dialog).copied()
    }
}

impl Client {
    /// The dialog of a session that stands, and what we said last in it.
    pub(super) fn session_dialog(&self, session: SessionId) -> Option<(DialogId, SessionDescription)> {
        let own = self.sessions.all.get(&session)?;
        let Stage::Established(standing) = &own.stage else { return None };
        Some((standing.dialog.clone(), own.description.clone()))
    }

    pub(super) fn establish_session(&mut self, now: Instant, identity: ByteStr) {
        let keys = self.own_keys();
        //= 24.379-8.2.1
        let offer = Offer { floor_control: true, implicit_request: false, further: Vec::new() };
        let description = self.offer(&keys, &offer);
        let info = McpttInfo {
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        };
        let mut request = self.service_request_to(Method::Invite, identity);
        let headers = &mut request.headers;
        headers.push(HeaderName::Contact, service::contact(&self.contact_uri(), false));
        headers.push(HeaderName::Supported, "timer, norefersub, tdialog");
        headers.push(HeaderName::SessionExpires, self.config.session_expires.as_secs().to_string());
        request.set_parts(&[description_part(&description), info_part(&info)]);
        let transaction = self.agent.request(now, request, self.config.participating());
        self.sessions.next = self.sessions.next.wrapping_add(1);
        let session = SessionId(self.sessions.next);
        let own = OwnSession { stage: Stage::Establishing(keys), description, call: None };
        self.sessions.all.insert(session, own);
        self.pending.insert(transaction, Pending::Session(session));
    }

    /// The answer to the INVITE of a session.
    pub(super) fn session_answered(
        &mut self,
        now: Instant,
        session: SessionId,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        let Some(own) = self.sessions.all.get_mut(&session) else { return };
        let Stage::Establishing(keys) = &own.stage else { return };
        let accepted = response.status.is_success();
        let agreed = accepted.then(|| agreed(response, keys)).flatten();
        let (Some((remote, floor, protection)), Some(dialog)) = (agreed, dialog.clone()) else {
            self.sessions.all.remove(&session);
            if let (true, Some(dialog)) = (accepted, dialog) {
                let _ = self.agent.bye(now, &dialog);
            }
            let status = if accepted { StatusCode::NOT_ACCEPTABLE_HERE } else { response.status };
            return self.session_failed(session, status, &response.headers);
        };
        let remote_audio = remote.audio;
        let keys = keys.clone();
        let standing = Standing { dialog: dialog.clone(), remote, floor, keys, protection };
        own.stage = Stage::Established(Box::new(standing));
        self.sessions.by_dialog.insert(dialog, session);
        let remote_floor = floor;
        let established = EstablishedSession { session, remote_audio, remote_floor };
        self.event(ClientEvent::SessionEstablished(established));
    }

    fn session_failed(&mut self, session: SessionId, status: StatusCode, headers: &Headers) {
        let warning = service::warning_codes(headers).first().copied();
        self.event(ClientEvent::SessionFailed { session, status: status.0, warning });
    }

    pub(super) fn modify_session(
        &mut self,
        now: Instant,
        session: SessionId,
        audio: SocketAddr,
        floor: SocketAddr,
    ) {
        let Some((dialog, before)) = self.session_dialog(session) else { return };
        let own = (self.config.audio, self.config.floor);
        (self.config.audio, self.config.floor) = (audio, floor);
        let keys = self.sessions.all.get_mut(&session).and_then(OwnSession::standing);
        let keys = keys.map(|standing| standing.keys.clone()).unwrap_or_default();
        let offer = Offer { floor_control: true, implicit_request: false, further: Vec::new() };
        let description = offer_answer::later(&self.offer(&keys, &offer)).succeeding(&before);
        (self.config.audio, self.config.floor) = own;
        let mut invite = Request::new(Method::Invite, ByteStr::EMPTY);
        invite.set_parts(&[description_part(&description)]);
        if let Ok(transaction) = self.agent.request_in_dialog(now, &dialog, invite) {
            if let Some(own) = self.sessions.all.get_mut(&session) {
                own.description = description;
            }
            self.pending.insert(transaction, Pending::SessionMoved(session));
        }
    }

    /// The answer to a move of the session to other addresses.
    pub(super) fn session_moved(&mut self, session: SessionId, response: &Response) {
        let Some(standing) = self.sessions.all.get_mut(&session).and_then(OwnSession::standing) else {
            return;
        };
        let agreed = response.status.is_success().then(|| agreed(response, &standing.keys)).flatten();
        let Some((remote, floor, protection)) = agreed else {
            return self.session_failed(session, response.status, &response.headers);
        };
        let remote_audio = remote.audio;
        (standing.remote, standing.floor, standing.protection) = (remote, floor, protection);
        let established = EstablishedSession { session, remote_audio, remote_floor: floor };
        self.event(ClientEvent::SessionEstablished(established));
    }

    pub(super) fn release_session(&mut self, now: Instant, session: SessionId) {
        let Some((dialog, _)) = self.session_dialog(session) else { return };
        self.end_call_of(session, false);
        match self.agent.bye(now, &dialog) {
            Ok(transaction) => {
                if let Some(own) = self.sessions.all.get_mut(&session) {
                    own.stage = Stage::Releasing;
                }
                self.sessions.by_dialog.remove(&dialog);
                self.pending.insert(transaction, Pending::SessionEnd(session));
            }
            Err(_) => self.session_gone(session),
        }
    }

    /// A session does not exist any more.
    pub(super) fn session_gone(&mut self, session: SessionId) {
        self.end_call_of(session, true);
        let Some(mut own) = self.sessions.all.remove(&session) else { return };
        if let Some(standing) = own.standing() {
            self.sessions.by_dialog.remove(&standing.dialog);
        }
        self.event(ClientEvent::SessionReleased { session });
    }

    fn end_call_of(&mut self, session: SessionId, by_peer: bool) {
        let call = self.sessions.all.get_mut(&session).and_then(|own| own.call.take());
        if let Some(call) = call {
            self.end(call, by_peer);
        }
    }

    /// A request of the participating function in the dialog of a session.
    pub(super) fn in_session(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        session: SessionId,
        request: &Request,
    ) {
        let call = self.sessions.all.get(&session).and_then(|own| own.call);
        match request.method {
            Method::Bye => {
                self.agent.respond(now, transaction, Response::new(StatusCode::OK));
                self.session_gone(session);
            }
            Method::Invite | Method::Update => {
                self.session_kept(now, transaction, session, request);
                if let Some(call) = call {
                    self.priority_told(call, request);
                }
            }
            Method::Info => {
                self.agent.respond(now, transaction, Response::new(StatusCode::OK));
                if let Some(call) = call {
                    self.corrected(call, request);
                }
            }
            _ => {
                let refusal = Response::new(StatusCode::METHOD_NOT_ALLOWED);
                self.agent.respond(now, transaction, refusal);
            }
        }
    }

    /// The peer keeps the session alive; our description stays what it was.
    fn session_kept(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        session: SessionId,
        request: &Request,
    ) {
        let Some(own) = self.sessions.all.get(&session) else {
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, transaction, gone);
            return;
        };
        let description = offer_answer::later(&own.description);
        let mut answer = Response::new(StatusCode::OK);
        if !request.body.is_empty() || request.method == Method::Invite {
            answer.set_parts(&[description_part(&description)]);
        }
        self.agent.respond(now, transaction, answer);
    }
}

/// The media of the answer to our offer.
fn agreed(response: &Response, keys: &OwnKeys) -> Option<(RemoteMedia, SocketAddr, Option<MediaProtection>)> {
    let bodies = Bodies::read(&response.headers, &response.body).ok()?;
    let remote = RemoteMedia::read(&bodies.description().ok()??)?;
    let floor = remote.floor?;
    let protection = keys.agreed(&remote)?;
    Some((remote, floor, protection))
}
