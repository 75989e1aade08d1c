//! Calls over the sessions of a client, and their end (TS 24.379 10.1.1.2.2, 11.1.1.2.2, 11.1.3.2.1.2).

use std::time::Instant;

use mcptt_codec::id::GroupId;
use mcptt_codec::sdp::{McpttFmtp, SessionDescription};
use mcptt_codec::sip::field::ContentId;
use mcptt_codec::sip::{
    AcceptContact, HeaderName, Headers, Method, Part, Request, Response, StatusCode, Uri,
};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, SessionType};

use super::call::{Asked, Call, State};
use super::pre_established::{SessionCall, SessionConnected, SessionId, SessionTold};
use super::private_call::PrivateCall;
use super::types::EstablishedCall;
use super::{CallId, Client, ClientEvent, GroupCall, Pending};
use crate::bodies::{description_part, info_part};
use crate::dialog::DialogId;
use crate::media::Redundancy;
use crate::offer_answer;
use crate::refer::{Referral, Target};
use crate::service;
use crate::transaction::ClientTransactionId;

/// What a REFER is to ask for.
struct Wish {
    info: McpttInfo,
    group: Option<GroupId>,
    headers: Headers,
    floor_control: bool,
    implicit_request: bool,
    /// Body parts besides description and mcptt-info.
    further: Vec<Part>,
    /// The target.
    named: String,
}

impl Client {
    /// Asks for a call over a session that no call uses.
    pub(super) fn call_over_session(&mut self, now: Instant, session: SessionId, wanted: SessionCall) {
        let free = self.sessions.all.get(&session).is_some_and(|own| own.call.is_none());
        let Some((dialog, description)) = self.session_dialog(session).filter(|_| free) else { return };
        let wish = match wanted {
            SessionCall::Group(call) => self.group_wish(call, SessionType::Prearranged),
            SessionCall::Chat(call) => self.group_wish(call, SessionType::Chat),
            SessionCall::User(call) => self.user_wish(&call),
        };
        let Ok(target) = Uri::parse(&wish.named) else { return };
        let Wish { info, group, implicit_request, .. } = wish;
        let emergency = info.emergency_ind == Some(Content::Normal(true));
        let mut parts = vec![info_part(&info)];
        if implicit_request || !wish.floor_control {
            parts.push(description_part(&adjusted(&description, wish.floor_control)));
        }
        parts.extend(wish.further);
        let mut referred = Target { headers: wish.headers, ..Target::invite(target.clone()) };
        referred.set_parts(&parts);
        let Some(transaction) = self.refer(now, &dialog, referred) else { return };
        let asked = Asked { session, target, implicit_request, emergency };
        let call = self.add(Call::over_session(group.clone(), None, State::Asked(asked)));
        if let Some(own) = self.sessions.all.get_mut(&session) {
            own.call = Some(call);
        }
        self.pending.insert(transaction, Pending::Refer(call));
        self.event(ClientEvent::CallStarted { call, group });
        self.event(ClientEvent::CallAsked { call, session });
    }

    fn group_wish(&mut self, wanted: GroupCall, kind: SessionType) -> Wish {
        let implicit_request = wanted.implicit_request;
        let (info, group, priority) = self.group_info(wanted, kind);
        let mut headers = Headers::new();
        if let Some(priority) = priority {
            headers.push(HeaderName::ResourcePriority, priority);
        }
        let named = group.to_string();
        let further = Vec::new();
        Wish { info, group: Some(group), headers, floor_control: true, implicit_request, further, named }
    }

    fn user_wish(&self, wanted: &PrivateCall) -> Wish {
        let (info, list, mode) = self.private_info(wanted);
        let mut headers = Headers::new();
        if let Some((name, mode)) = mode {
            headers.push(name, mode.as_str());
        }
        if let Some(priority) = &wanted.resource_priority {
            headers.push(HeaderName::ResourcePriority, priority.clone());
        }
        let named = wanted.callees.first().map(ToString::to_string).unwrap_or_default();
        // A single callee is the target of the REFER itself.
        let further = if wanted.callees.len() > 1 { vec![list] } else { Vec::new() };
        let implicit_request = wanted.implicit_request && wanted.floor_control;
        let floor_control = wanted.floor_control;
        Wish { info, group: None, headers, floor_control, implicit_request, further, named }
    }

    /// Sends a REFER with one target in the dialog of a session.
    fn refer(&mut self, now: Instant, dialog: &DialogId, target: Target) -> Option<ClientTransactionId> {
        let mut request = Request::new(Method::Refer, ByteStr::EMPTY);
        let own = service::bracketed(self.config.public_user_id.as_str());
        request.headers.push(HeaderName::PPreferredIdentity, own);
        request.headers.push(HeaderName::PPreferredService, mcptt_codec::sip::ICSI_MCPTT);
        AcceptContact::push_mcptt(&mut request.headers);
        let id = ContentId::new(format!("{}@{}", service::token(&mut self.rng), self.identity.host))?;
        Referral::listed(vec![target]).write(&mut request, &id);
        self.agent.request_in_dialog(now, dialog, request).ok()
    }

    /// The answer to the REFER for a call; what becomes of the call is told on the channel of the session.
    pub(super) fn refer_answered(&mut self, now: Instant, call: CallId, response: &Response) {
        if response.status.is_success() {
            let status = response.status.0;
            return self.event(ClientEvent::CallProgress { call, status });
        }
        let session = self.calls.get(&call).and_then(|own| match &own.state {
            State::Asked(asked) => Some(asked.session),
            _ => None,
        });
        let Some(session) = session else { return };
        if let Some(own) = self.sessions.all.get_mut(&session) {
            own.call = None;
        }
        self.refused(now, call, response);
    }

    /// Ends a call that uses a session, which stays.
    pub(super) fn leave_session(&mut self, now: Instant, call: CallId) {
        let Some(own) = self.calls.get(&call) else { return };
        let (session, uri) = match &own.state {
            State::OverSession(session) => (*session, Uri::parse(&own.session_identity).ok()),
            State::Asked(asked) => (asked.session, Some(asked.target.clone())),
            _ => return,
        };
        let (Some((dialog, _)), Some(uri)) = (self.session_dialog(session), uri) else { return };
        //= 24.379-11.1.3.2.1.2
        let target = Target { method: Method::Bye, ..Target::invite(uri) };
        if let Some(transaction) = self.refer(now, &dialog, target) {
            if let Some(own) = self.calls.get_mut(&call) {
                own.state = State::LeavingSession(session);
            }
            self.pending.insert(transaction, Pending::ReferEnd(call));
        }
    }

    /// The answer to the REFER for the end of a call.
    pub(super) fn refer_end_answered(&mut self, call: CallId, response: &Response) {
        let Some(State::LeavingSession(session)) = self.calls.get(&call).map(|own| &own.state) else {
            return;
        };
        let session = *session;
        if !response.status.is_success() {
            self.forget_call(session, call);
            self.end(call, false);
        }
    }

    /// What Connect or Disconnect says (TS 24.380 9.2).
    pub(super) fn session_told(&mut self, session: SessionId, told: SessionTold) {
        let call = self.sessions.all.get(&session).and_then(|own| own.call);
        match (told, call) {
            (SessionTold::Connected(connected), call) => self.session_connected(session, call, connected),
            (SessionTold::Disconnected, Some(call)) => {
                self.forget_call(session, call);
                match self.calls.get(&call).map(|own| &own.state) {
                    // The answer of the controlling function was a refusal, and nothing says which.
                    Some(State::Asked(_)) => {
                        self.calls.remove(&call);
                        self.event(ClientEvent::CallFailed {
                            call,
                            status: StatusCode::TEMPORARILY_UNAVAILABLE.0,
                            warning: None,
                            emergency_refused: false,
                        });
                    }
                    Some(State::LeavingSession(_)) => self.end(call, false),
                    _ => self.end(call, true),
                }
            }
            (SessionTold::Disconnected, None) => {}
        }
    }

    fn forget_call(&mut self, session: SessionId, call: CallId) {
        if let Some(own) = self.sessions.all.get_mut(&session)
            && own.call == Some(call)
        {
            own.call = None;
        }
    }

    fn session_connected(&mut self, session: SessionId, call: Option<CallId>, told: SessionConnected) {
        let known = call.and_then(|call| Some((call, self.calls.get_mut(&call)?)));
        let (call, asked) = match known {
            Some((call, own)) => {
                let asked = match &own.state {
                    State::Asked(asked) => Some(asked.clone()),
                    // Something about a call that runs has changed, or it is being left.
                    _ => return,
                };
                own.state = State::OverSession(session);
                own.session_identity = told.identity.clone();
                (call, asked)
            }
            None => {
                let state = State::OverSession(session);
                let mut own = Call::over_session(told.group.clone(), told.caller.clone(), state);
                own.session_identity = told.identity.clone();
                let call = self.add(own);
                self.event(ClientEvent::CallReceived {
                    call,
                    group: told.group.clone(),
                    caller: told.caller.clone(),
                    waiting: false,
                    silent: false,
                });
                (call, None)
            }
        };
        let Some(own) = self.sessions.all.get_mut(&session) else { return };
        own.call = Some(call);
        let Some(standing) = own.standing() else { return };
        let agreed = &standing.remote.parameters;
        let floor_parameters = McpttFmtp {
            queueing: agreed.queueing,
            priority: agreed.priority,
            implicit_request: asked.as_ref().is_some_and(|asked| asked.implicit_request),
            ..McpttFmtp::default()
        };
        let established = EstablishedCall {
            call,
            group: told.group,
            incoming: asked.is_none(),
            caller: told.caller.filter(|_| asked.is_none()),
            remote_audio: standing.remote.audio,
            remote_floor: told.floor_control.then_some(standing.floor),
            payload_type: standing.remote.formats.first().map_or(0, |format| format.payload_type),
            redundancy: Redundancy::default(),
            protection: standing.protection.clone(),
            floor_parameters,
            session_identity: told.identity,
            warnings: told.warning.into_iter().collect(),
            broadcast: false,
            emergency: asked.is_some_and(|asked| asked.emergency),
        };
        self.event(ClientEvent::CallEstablished(established));
    }
}

/// The description of a session with what a call wants to have changed.
fn adjusted(session: &SessionDescription, floor_control: bool) -> SessionDescription {
    offer_answer::with_parameters(session.clone(), |parameters| match floor_control {
        true => McpttFmtp { implicit_request: true, ..parameters },
        false => McpttFmtp { no_floor_control: true, ..McpttFmtp::default() },
    })
}
