//! The call that uses a session, as far as both directions have it in common: its dialog with the controlling function.

use std::net::SocketAddr;
use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::session::{AnswerState, Connect, SessionIdentity, SessionType};
use mcptt_codec::sip::{HeaderName, McpttWarning, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::super::{Participating, Pending};
use super::{CONTROLLING, End, Session, SessionPending, SessionRef};
use crate::bodies::{Bodies, description_part, info_part};
use crate::config::PeerFunction;
use crate::dialog::DialogId;
use crate::event::Event;
use crate::media::{MediaEndpoint, MediaProtection, PeerMedia, SessionCommand};
use crate::offer_answer::{self, LocalMedia, OwnKeys};
use crate::service;
use crate::transaction::{ClientTransactionId, ServerTransactionId};
use crate::user_agent::ReferralId;

/// A call over a session.
#[derive(Debug)]
pub(super) struct Call {
    pub kind: SessionType,
    /// `None`: a call between users.
    pub group: Option<GroupId>,
    /// Who has called the client.
    pub caller: Option<McpttId>,
    pub floor_control: bool,
    pub state: State,
    /// Our URI for the session of the controlling function, as soon as it is known.
    pub identity: Option<ByteStr>,
    /// What the client has asked for.
    pub asked: Option<ByteStr>,
    /// The client becomes affiliated with it.
    pub affiliates: Option<GroupId>,
    /// The client wants to be told by NOTIFY how it goes.
    pub referral: Option<ReferralId>,
    pub controlling: PeerFunction,
    pub local: LocalMedia,
    /// Of the controlling function, bound to the local ports.
    pub remote: Option<(SocketAddr, SocketAddr)>,
    /// Keys of our offer.
    pub keys: OwnKeys,
    pub protection: Option<MediaProtection>,
    /// What we said to the controlling function.
    pub description: SessionDescription,
}

/// How far it is.
#[derive(Debug)]
pub(super) enum State {
    /// The controlling function has our INVITE.
    Calling(ClientTransactionId),
    /// The client has been asked whether it accepts; the controlling function waits for the answer to its INVITE.
    Offered { transaction: ServerTransactionId, interval: String, supports_timer: bool, contact: ByteStr },
    /// The dialog with the controlling function stands.
    Connected(DialogId),
}

/// What is to be said to the controlling function when a call ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Far {
    /// Nothing: it has ended the call itself.
    Ended(StatusCode),
    /// That the client is not in the call any more, or with this status that it will not be.
    Left(StatusCode),
}

impl Call {
    pub const fn is_private(&self) -> bool {
        self.group.is_none()
    }

    pub const fn dialog(&self) -> Option<&DialogId> {
        match &self.state {
            State::Connected(dialog) => Some(dialog),
            _ => None,
        }
    }

    /// The side of the controlling function, for the media plane.
    fn media(&self) -> Option<PeerMedia> {
        let (audio, floor) = self.remote?;
        Some(PeerMedia {
            user: None,
            leg: CONTROLLING,
            audio: MediaEndpoint { local: self.local.audio, remote: audio },
            floor: MediaEndpoint { local: self.local.floor, remote: floor },
            protection: self.protection.clone(),
        })
    }
}

impl Session {
    /// What the client is told about the call that uses the session.
    fn connect(&self, call: &Call, said: Option<&Response>) -> Connect {
        let uri = call.identity.clone().unwrap_or_default();
        let headers = said.map(|said| &said.headers);
        let state = headers.and_then(|headers| headers.get(&HeaderName::PAnswerState));
        let unconfirmed = state.is_some_and(|state| state.eq_ignore_ascii_case("Unconfirmed"));
        let warning = headers.and_then(|headers| McpttWarning::all(headers).next());
        Connect {
            // The media plane puts in its own.
            ssrc: Default::default(),
            ack_requested: true,
            session_identity: Some(SessionIdentity { session_type: call.kind, uri }),
            group_identity: call.group.clone(),
            media_streams: Some(self.streams(call.floor_control)),
            warning_text: warning.map(|warning| format!("{} {}", warning.code, warning.text).into()),
            answer_state: unconfirmed.then_some(AnswerState::UNCONFIRMED),
            inviting_user: call.caller.clone(),
            ..Connect::default()
        }
    }
}

impl Participating {
    /// Tells the client that its call uses the session from now on, with what the controlling function has said about it.
    pub(super) fn connect_session(&mut self, at: SessionRef, said: Option<&Response>) {
        let Some(session) = self.sessions.sessions.get(&at) else { return };
        let Some(call) = &session.call else { return };
        let Some(controlling) = call.media() else { return };
        let connect = Box::new(session.connect(call, said));
        let (group, mcptt_id) = (call.group.clone(), session.client.mcptt_id.clone());
        let reference = at.reference();
        self.session_media(SessionCommand::Connect {
            session: reference,
            group: group.clone(),
            controlling,
            connect,
        });
        self.event(Event::SessionInUse { session: reference, mcptt_id, group });
    }

    /// Ends the call that uses a session. `tell`: the client hears of it, as the session goes on.
    pub(super) fn end_session_call(&mut self, now: Instant, at: SessionRef, far: Far, tell: bool) {
        let Some(session) = self.sessions.sessions.get_mut(&at) else { return };
        let Some(call) = session.call.take() else { return };
        let client = session.client.clone();
        self.sessions.ports.release(&client.mcptt_id, call.local, call.remote);
        let (Far::Ended(status) | Far::Left(status)) = far;
        let says = matches!(far, Far::Left(_));
        match &call.state {
            State::Calling(transaction) => {
                if says {
                    self.agent.cancel(now, *transaction);
                }
            }
            State::Offered { transaction, .. } => {
                self.sessions.by_incoming.remove(transaction);
                if says {
                    let mut refusal = Response::new(status);
                    let own = service::bracketed(&self.identity.uri);
                    refusal.headers.push(HeaderName::PAssertedIdentity, own);
                    self.agent.respond(now, *transaction, refusal);
                }
            }
            State::Connected(dialog) => {
                self.sessions.by_dialog.remove(dialog);
                if says {
                    let _ = self.agent.bye(now, dialog);
                }
            }
        }
        if let Some(referral) = &call.referral {
            self.agent.tell_referrer(now, referral, status);
        }
        if tell {
            //= 24.380-9.1
            self.session_media(SessionCommand::Disconnect { session: at.reference(), acknowledged: true });
        }
        let mcptt_id = client.mcptt_id;
        self.event(Event::SessionFree { session: at.reference(), mcptt_id, group: call.group });
    }

    /// A request of the controlling function in the dialog of a call over a session.
    pub(super) fn controlling_request(
        &mut self,
        now: Instant,
        at: SessionRef,
        transaction: ServerTransactionId,
        request: &Request,
    ) {
        match request.method {
            Method::Bye => {
                self.agent.respond(now, transaction, Response::new(StatusCode::OK));
                self.end_session_call(now, at, Far::Ended(StatusCode::OK), true);
            }
            Method::Invite | Method::Update => self.call_refreshed(now, at, transaction, request),
            Method::Info => {
                self.agent.respond(now, transaction, Response::new(StatusCode::OK));
                self.pass_to_client(now, at, request);
            }
            _ => {
                let refusal = Response::new(StatusCode::METHOD_NOT_ALLOWED);
                self.agent.respond(now, transaction, refusal);
            }
        }
    }

    /// The controlling function keeps its session alive, or changes the priority of the call; our description stays.
    fn call_refreshed(
        &mut self,
        now: Instant,
        at: SessionRef,
        transaction: ServerTransactionId,
        request: &Request,
    ) {
        let call = self.sessions.sessions.get(&at).and_then(|session| session.call.as_ref());
        let Some(call) = call else { return };
        let description = offer_answer::later(&call.description);
        let mut answer = self.identity_answer();
        if !request.body.is_empty() || request.method == Method::Invite {
            answer.set_parts(&[description_part(&description)]);
        }
        self.agent.respond(now, transaction, answer);
        let bodies = Bodies::read(&request.headers, &request.body).unwrap_or_default();
        if bodies.info.is_some() {
            self.pass_to_client(now, at, request);
        }
    }

    /// Tells the client in the dialog of its session what a request about the call says besides its media.
    fn pass_to_client(&mut self, now: Instant, at: SessionRef, request: &Request) {
        let Some(session) = self.sessions.sessions.get(&at) else { return };
        let mut onward = Request::new(request.method.clone(), ByteStr::EMPTY);
        onward.headers.copy_from(&request.headers, &HeaderName::ResourcePriority);
        onward.headers.copy_from(&request.headers, &HeaderName::InfoPackage);
        if request.method == Method::Info {
            onward.body = service::copy_body(&request.headers, &request.body, &mut onward.headers);
        } else {
            let bodies = Bodies::read(&request.headers, &request.body).unwrap_or_default();
            let info = bodies.info.as_ref().map(info_part);
            let description = description_part(&offer_answer::later(&session.description));
            onward.set_parts(&[description].into_iter().chain(info).collect::<Vec<_>>());
        }
        let refreshes = request.method != Method::Info;
        let dialog = session.dialog.clone();
        // Glare loses a hint, not the state: floor control says the priority of the call as well.
        if let (Ok(own), true) = (self.agent.request_in_dialog(now, &dialog, onward), refreshes) {
            self.pending.insert(own, Pending::Session(at, SessionPending::Refresh(End::Client)));
        }
    }

    pub(super) fn session_refresh_answered(
        &mut self,
        now: Instant,
        at: SessionRef,
        end: End,
        response: &Response,
    ) {
        let gone = matches!(
            response.status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST
        );
        if gone {
            self.session_dialog_lost(now, at, end);
        }
    }

    /// The 200 to a refresh.
    pub(super) fn identity_answer(&self) -> Response {
        let mut answer = Response::new(StatusCode::OK);
        answer.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        answer
    }
}
