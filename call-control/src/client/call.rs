//! Calls of a client (TS 24.379 6.2, 10.1.1.2).

use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sdp::{Crypto, McpttFmtp, MediaDescription, RtpFormat, SessionDescription};
use mcptt_codec::sip::{HeaderName, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType};
use mcptt_codec::xml::poc_settings::AnswerMode;
use rand_core::RngCore;

use super::{
    CallId, Client, ClientEvent, Deadline, EstablishedCall, GroupCall, MIN_SESSION_EXPIRES, Pending,
    SESSION_EXPIRES, Urgency,
};
use crate::bodies::{Bodies, InfoValues, description_part, info_part};
use crate::dialog::DialogId;
use crate::media::MediaProtection;
use crate::offer_answer::{self, LocalMedia, RemoteMedia, audio_protocol};
use crate::service;
use crate::session_timer::{Due, SessionTimer};
use crate::transaction::{ClientTransactionId, ServerTransactionId};

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    group: Option<GroupId>,
    caller: Option<McpttId>,
    state: State,
    timer: Option<SessionTimer>,
    /// What we said last, for repeating it.
    description: Option<SessionDescription>,
    session_identity: ByteStr,
}

#[derive(Debug)]
enum State {
    /// Ours, not answered; with the keys of the offer.
    Calling { transaction: ClientTransactionId, keys: Vec<Crypto> },
    /// Theirs, waiting for the user.
    Ringing(Box<Ringing>),
    /// Both sides agreed.
    Established(DialogId),
    /// Our BYE is on its way.
    Leaving,
}

/// An incoming call with its answer prepared.
#[derive(Debug)]
struct Ringing {
    transaction: ServerTransactionId,
    remote: RemoteMedia,
    protection: Option<MediaProtection>,
    timer: SessionTimer,
    supports_timer: bool,
    broadcast: bool,
    emergency: bool,
}

impl Client {
    pub(super) fn call_group(&mut self, now: Instant, wanted: GroupCall) {
        //= 24.379-10.1.1.2.1.1
        let mut info = McpttInfo {
            session_type: Some(SessionType::Prearranged),
            request_uri: Some(Content::Normal(McpttUri::from(&wanted.group))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            broadcast_ind: wanted.broadcast.then_some(true),
            ..McpttInfo::default()
        };
        match wanted.urgency {
            Urgency::Normal => {}
            Urgency::ImminentPeril => info.imminentperil_ind = Some(Content::Normal(true)),
            Urgency::Emergency { alert } => {
                info.emergency_ind = Some(Content::Normal(true));
                info.alert_ind = Some(Content::Normal(alert));
            }
        }
        let mut request = self.service_request(Method::Invite);
        //= 24.379-6.2.8.1.15
        if let Some(priority) = wanted.resource_priority {
            request.headers.push(HeaderName::ResourcePriority, priority);
        }
        self.call(now, request, info, Some(wanted.group), wanted.implicit_request);
    }

    pub(super) fn rejoin(&mut self, now: Instant, session_identity: ByteStr, implicit_request: bool) {
        //= 24.379-10.1.1.2.4.1
        let info = McpttInfo {
            session_type: Some(SessionType::Prearranged),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        };
        let request = self.service_request_to(Method::Invite, session_identity);
        self.call(now, request, info, None, implicit_request);
    }

    fn call(
        &mut self,
        now: Instant,
        mut request: Request,
        info: McpttInfo,
        group: Option<GroupId>,
        implicit_request: bool,
    ) {
        let keys = offer_answer::new_keys(&self.config.suites, &mut self.rng);
        let description = self.offer(&keys, implicit_request);
        let headers = &mut request.headers;
        headers.push(HeaderName::Contact, service::contact(&self.contact_uri(), false));
        headers.push(HeaderName::Supported, "timer, norefersub, tdialog");
        headers.push(HeaderName::SessionExpires, SESSION_EXPIRES.as_secs().to_string());
        request.set_parts(&[description_part(&description), info_part(&info)]);
        let transaction = self.agent.request(now, request, self.config.participating());
        let call = self.add(Call {
            group: group.clone(),
            caller: None,
            state: State::Calling { transaction, keys },
            timer: None,
            description: Some(description),
            session_identity: ByteStr::EMPTY,
        });
        self.pending.insert(transaction, Pending::Invite(call));
        self.event(ClientEvent::CallStarted { call, group });
    }

    fn add(&mut self, call: Call) -> CallId {
        self.next_call = self.next_call.wrapping_add(1);
        let id = CallId(self.next_call);
        self.calls.insert(id, call);
        id
    }

    fn offer(&mut self, keys: &[Crypto], implicit_request: bool) -> SessionDescription {
        //= 24.379-6.2.1:codec
        let formats = self.config.codecs.iter().map(|codec| codec.payload_type.to_string());
        let protocol = audio_protocol(!keys.is_empty());
        let mut audio = MediaDescription::speech(self.config.audio.port(), protocol, formats);
        for codec in &self.config.codecs {
            audio = audio.with_attribute("rtpmap", &format!("{} {}", codec.payload_type, codec.rtpmap));
            if let Some(fmtp) = &codec.fmtp {
                audio = audio.with_attribute("fmtp", &format!("{} {fmtp}", codec.payload_type));
            }
        }
        let audio = audio.with_attribute("ptime", "20");
        let parameters = McpttFmtp {
            queueing: self.config.queueing,
            priority: self.config.floor_priority.filter(|priority| *priority > 0),
            granted: true,
            implicit_request,
            ..McpttFmtp::default()
        };
        let session_id = self.rng.next_u64() >> 1;
        offer_answer::offer(session_id, self.local(), audio, keys, &parameters)
    }

    const fn local(&self) -> LocalMedia {
        LocalMedia { audio: self.config.audio, floor: self.config.floor }
    }

    /// The final answer to our INVITE.
    pub(super) fn answered(
        &mut self,
        now: Instant,
        id: CallId,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        if !response.status.is_success() {
            self.refused(id, response);
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::Calling { keys, .. } = &call.state else { return };
        let bodies = Bodies::read(&response.headers, &response.body).unwrap_or_default();
        let remote = bodies.description().ok().flatten().as_ref().and_then(RemoteMedia::read);
        let protection = remote.as_ref().and_then(|remote| remote.answered_key(keys));
        let protected = keys.is_empty() || protection.is_some();
        let (Some(remote), Some(dialog), true) = (remote, dialog.clone(), protected) else {
            if let Some(dialog) = dialog {
                let _ = self.agent.bye(now, &dialog);
            }
            self.refused(id, &Response::new(StatusCode::NOT_ACCEPTABLE_HERE));
            return;
        };
        let timer = SessionTimer::answered(now, &response.headers, SESSION_EXPIRES);
        call.timer = Some(timer);
        call.state = State::Established(dialog.clone());
        let contact = service::address(&response.headers, &HeaderName::Contact);
        call.session_identity = contact.map(|uri| uri.to_string().into()).unwrap_or_default();
        let info = bodies.info.unwrap_or_default();
        let established = EstablishedCall {
            call: id,
            group: call.group.clone(),
            incoming: false,
            caller: None,
            remote_audio: remote.audio,
            remote_floor: remote.floor,
            payload_type: remote.formats.first().map_or(0, |format| format.payload_type),
            protection,
            floor_parameters: remote.parameters,
            session_identity: call.session_identity.clone(),
            warnings: service::warning_codes(&response.headers),
            broadcast: false,
            emergency: info.emergency_ind == Some(Content::Normal(true)),
        };
        self.by_dialog.insert(dialog, id);
        self.deadlines.set(Deadline::Session(id), Some(timer.due()));
        self.event(ClientEvent::CallEstablished(established));
    }

    fn refused(&mut self, id: CallId, response: &Response) {
        if self.calls.remove(&id).is_none() {
            return;
        }
        let info = Bodies::read(&response.headers, &response.body).ok().and_then(|bodies| bodies.info);
        self.event(ClientEvent::CallFailed {
            call: id,
            status: response.status.0,
            warning: service::warning_codes(&response.headers).first().copied(),
            emergency_refused: info.is_some_and(|info| info.emergency_ind == Some(Content::Normal(false))),
        });
    }

    /// An INVITE of the participating function.
    ///
    /// # Errors
    /// The answer, when it is a refusal.
    pub(super) fn invited(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        request: &Request,
    ) -> Result<(), Box<Response>> {
        let bodies = Bodies::read(&request.headers, &request.body)
            .map_err(|refusal| Box::new(self.identity.refuse(refusal)))?;
        let info = bodies.info.clone().unwrap_or_default();
        let not_acceptable = || Box::new(Response::new(StatusCode::NOT_ACCEPTABLE_HERE));
        let offered = bodies.description().ok().flatten().ok_or_else(not_acceptable)?;
        let remote = RemoteMedia::read(&offered).ok_or_else(not_acceptable)?;
        let knows = |format: &RtpFormat| self.config.codecs.iter().any(|own| format.is_called(&own.rtpmap));
        if !remote.formats.iter().any(knows) {
            return Err(not_acceptable());
        }
        let protection = match (remote.protected, self.config.suites.is_empty()) {
            (true, false) => {
                Some(remote.accept_key(&self.config.suites, &mut self.rng).ok_or_else(not_acceptable)?)
            }
            (false, true) => None,
            _ => return Err(not_acceptable()),
        };
        let timer = SessionTimer::answering(
            now,
            &request.headers,
            SESSION_EXPIRES,
            MIN_SESSION_EXPIRES,
            Refresher::Uas,
        )
        .map_err(|_| {
            let mut refusal = Response::new(StatusCode::SESSION_INTERVAL_TOO_SMALL);
            refusal.headers.push(HeaderName::MinSe, MIN_SESSION_EXPIRES.as_secs().to_string());
            Box::new(refusal)
        })?;
        //= 24.379-6.2.2:answer
        let parameters = McpttFmtp {
            queueing: remote.parameters.queueing && self.config.queueing,
            priority: remote
                .parameters
                .priority
                .map(|offered| self.config.floor_priority.map_or(offered, |own| own.min(offered))),
            ..McpttFmtp::default()
        };
        let session_id = self.rng.next_u64() >> 1;
        let key = protection.as_ref().map(|protection| &protection.send);
        let description = offer_answer::answer(&offered, session_id, self.local(), key, &parameters);
        let contact = service::address(&request.headers, &HeaderName::Contact);
        let ringing = Ringing {
            transaction,
            remote,
            protection,
            timer,
            supports_timer: request.headers.lists(&HeaderName::Supported, "timer"),
            broadcast: info.broadcast_ind == Some(true),
            emergency: info.emergency_ind == Some(Content::Normal(true)),
        };
        let automatic = self.answers_automatically(request);
        let (group, caller) = (info.calling_group(), info.caller().ok().flatten());
        let id = self.add(Call {
            group: group.clone(),
            caller: caller.clone(),
            state: State::Ringing(Box::new(ringing)),
            timer: None,
            description: Some(description),
            session_identity: contact.map(|uri| uri.to_string().into()).unwrap_or_default(),
        });
        self.by_incoming.insert(transaction, id);
        self.event(ClientEvent::CallReceived { call: id, group, caller, waiting: !automatic });
        if automatic {
            //= 24.379-6.2.3.1.2:auto
            self.accept(now, id);
        } else {
            //= 24.379-6.2.3.2.2
            let mut ringing = Response::new(StatusCode::RINGING);
            ringing.headers.push(HeaderName::Contact, service::contact(&self.contact_uri(), false));
            self.agent.respond(now, transaction, ringing);
        }
        Ok(())
    }

    /// What the network asks for, else what the user has set. `Automatic` is what one clause prints for `Auto`.
    fn answers_automatically(&self, request: &Request) -> bool {
        let mode = request.headers.get(&HeaderName::AnswerMode).and_then(|value| value.split(';').next());
        match mode.map(str::trim) {
            Some(mode) if mode.eq_ignore_ascii_case("Auto") || mode.eq_ignore_ascii_case("Automatic") => true,
            Some(mode) if mode.eq_ignore_ascii_case("Manual") => false,
            _ => self.answer_mode == AnswerMode::Automatic,
        }
    }

    pub(super) fn accept(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::Ringing(ringing) = std::mem::replace(&mut call.state, State::Leaving) else { return };
        let description = call.description.clone();
        let mut answer = Response::new(StatusCode::OK);
        //= 24.379-6.2.3.1.1
        answer.headers.push(HeaderName::SessionExpires, ringing.timer.in_answer());
        if ringing.supports_timer {
            answer.headers.push(HeaderName::Require, "timer");
        }
        answer.headers.push(HeaderName::Contact, service::contact(&self.contact_uri(), false));
        answer.headers.push(HeaderName::Supported, "timer, norefersub, tdialog");
        answer.set_parts(&description.iter().map(description_part).collect::<Vec<_>>());
        self.by_incoming.remove(&ringing.transaction);
        let Some(dialog) = self.agent.respond(now, ringing.transaction, answer) else {
            self.end(id, true);
            return;
        };
        let Some(call) = self.calls.get_mut(&id) else { return };
        let mut timer = ringing.timer;
        timer.restart(now);
        call.timer = Some(timer);
        call.state = State::Established(dialog.clone());
        let established = EstablishedCall {
            call: id,
            group: call.group.clone(),
            incoming: true,
            caller: call.caller.clone(),
            remote_audio: ringing.remote.audio,
            remote_floor: ringing.remote.floor,
            payload_type: ringing.remote.formats.first().map_or(0, |format| format.payload_type),
            protection: ringing.protection,
            floor_parameters: ringing.remote.parameters,
            session_identity: call.session_identity.clone(),
            warnings: Vec::new(),
            broadcast: ringing.broadcast,
            emergency: ringing.emergency,
        };
        self.by_dialog.insert(dialog, id);
        self.deadlines.set(Deadline::Session(id), Some(timer.due()));
        self.event(ClientEvent::CallEstablished(established));
    }

    pub(super) fn decline(&mut self, now: Instant, id: CallId) {
        let Some(Call { state: State::Ringing(ringing), .. }) = self.calls.get(&id) else { return };
        //= 24.379-6.2.3.2.1
        let mut refusal = Response::new(StatusCode::TEMPORARILY_UNAVAILABLE);
        refusal.headers.push(HeaderName::Warning, self.identity.warning(110));
        self.agent.respond(now, ringing.transaction, refusal);
        self.end(id, false);
    }

    pub(super) fn cancel(&mut self, now: Instant, id: CallId) {
        if let Some(Call { state: State::Calling { transaction, .. }, .. }) = self.calls.get(&id) {
            self.agent.cancel(now, *transaction);
        }
    }

    pub(super) fn leave(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::Established(dialog) = &call.state else { return };
        let dialog = dialog.clone();
        //= 24.379-6.2.4.1
        match self.agent.bye(now, &dialog) {
            Ok(transaction) => {
                call.state = State::Leaving;
                self.pending.insert(transaction, Pending::Bye(id));
                self.by_dialog.remove(&dialog);
                self.deadlines.set(Deadline::Session(id), None);
            }
            Err(_) => self.end(id, false),
        }
    }

    /// A call is over.
    pub(super) fn end(&mut self, id: CallId, by_peer: bool) {
        let Some(call) = self.calls.remove(&id) else { return };
        match call.state {
            State::Established(dialog) => {
                self.by_dialog.remove(&dialog);
            }
            State::Ringing(ringing) => {
                self.by_incoming.remove(&ringing.transaction);
            }
            State::Calling { .. } | State::Leaving => {}
        }
        self.deadlines.set(Deadline::Session(id), None);
        self.event(ClientEvent::CallEnded { call: id, by_peer });
    }

    pub(super) fn in_dialog(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: &DialogId,
        request: &Request,
    ) {
        let known = self.by_dialog.get(dialog).copied();
        match request.method {
            Method::Bye => {
                //= 24.379-6.2.5
                self.agent.respond(now, transaction, Response::new(StatusCode::OK));
                if let Some(id) = known {
                    self.end(id, true);
                }
            }
            Method::Invite | Method::Update => self.refreshed(now, transaction, known, request),
            _ => {
                self.agent.respond(now, transaction, Response::new(StatusCode::METHOD_NOT_ALLOWED));
            }
        }
    }

    /// The peer keeps the session alive; our description stays what it was.
    fn refreshed(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        known: Option<CallId>,
        request: &Request,
    ) {
        let agreed = SessionTimer::answering(
            now,
            &request.headers,
            SESSION_EXPIRES,
            MIN_SESSION_EXPIRES,
            Refresher::Uac,
        );
        let call = known.and_then(|id| self.calls.get_mut(&id).map(|call| (id, call)));
        let (Some((id, call)), Ok(timer)) = (call, agreed) else {
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, transaction, gone);
            return;
        };
        call.timer = Some(timer);
        let mut answer = Response::new(StatusCode::OK);
        answer.headers.push(HeaderName::SessionExpires, timer.in_answer());
        if timer.peer_refreshes() {
            answer.headers.push(HeaderName::Require, "timer");
        }
        if !request.body.is_empty() || request.method == Method::Invite {
            answer.set_parts(&call.description.iter().map(description_part).collect::<Vec<_>>());
        }
        self.agent.respond(now, transaction, answer);
        self.deadlines.set(Deadline::Session(id), Some(timer.due()));
    }

    pub(super) fn session_due(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::Established(dialog) = &call.state else { return };
        let dialog = dialog.clone();
        let Some(timer) = call.timer.as_mut() else { return };
        match timer.poll(now) {
            Some(Due::Refresh) => {
                let (interval, due) = (timer.in_refresh(), timer.due());
                let mut update = Request::new(Method::Update, ByteStr::EMPTY);
                update.headers.push(HeaderName::Supported, "timer");
                update.headers.push(HeaderName::SessionExpires, interval);
                if let Ok(transaction) = self.agent.request_in_dialog(now, &dialog, update) {
                    self.pending.insert(transaction, Pending::Refresh(id));
                }
                self.deadlines.set(Deadline::Session(id), Some(due));
            }
            Some(Due::Expired) => {
                let _ = self.agent.bye(now, &dialog);
                self.end(id, true);
            }
            None => {
                let due = timer.due();
                self.deadlines.set(Deadline::Session(id), Some(due));
            }
        }
    }

    pub(super) fn refresh_answered(&mut self, now: Instant, id: CallId, response: &Response) {
        let gone = matches!(
            response.status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST
        );
        if gone {
            if let Some(Call { state: State::Established(dialog), .. }) = self.calls.get(&id) {
                let _ = self.agent.bye(now, &dialog.clone());
            }
            self.end(id, true);
            return;
        }
        let timer = self.calls.get_mut(&id).and_then(|call| call.timer.as_mut());
        if let (true, Some(timer)) = (response.status.is_success(), timer) {
            timer.restart(now);
            let due = timer.due();
            self.deadlines.set(Deadline::Session(id), Some(due));
        }
    }
}
