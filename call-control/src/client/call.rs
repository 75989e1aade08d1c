//! Calls of a client (TS 24.379 6.2, 10.1.1.2).

use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sdp::{McpttFmtp, MediaDescription, RtpFormat, SessionDescription};
use mcptt_codec::sip;
use mcptt_codec::sip::{HeaderName, Method, Part, Refresher, Request, Response, StatusCode, Uri};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, SessionType, extension_name};
use mcptt_codec::xml::poc_settings::AnswerMode;
use rand_core::RngCore;

use super::pre_established::SessionId;
use super::{CallId, Client, ClientEvent, EstablishedCall, MIN_SESSION_EXPIRES, Pending};
use crate::adhoc;
use crate::bodies::{Bodies, InfoValues, description_part, info_part};
use crate::dialog::DialogId;
use crate::location::signalling_event;
use crate::media::MediaProtection;
use crate::offer_answer::{self, LocalMedia, OwnKeys, RemoteMedia};
use crate::private_call::PrivateCallKind;
use crate::service;
use crate::session_timer::SessionTimer;
use crate::transaction::{ClientTransactionId, ServerTransactionId};

/// What a call of ours offers.
pub(super) struct Offer {
    pub floor_control: bool,
    pub implicit_request: bool,
    /// Body parts besides description and mcptt-info.
    pub further: Vec<Part>,
}

impl Offer {
    pub(super) const fn with_floor(implicit_request: bool) -> Self {
        Self { floor_control: true, implicit_request, further: Vec::new() }
    }
}

/// One call.
#[derive(Debug)]
pub(super) struct Call {
    pub(super) group: Option<GroupId>,
    pub(super) caller: Option<McpttId>,
    /// Only its caller may talk.
    pub(super) broadcast: bool,
    /// We have declared an emergency or imminent peril with it.
    pub(super) urgent: bool,
    /// It is a call of users that are no group.
    pub(super) adhoc: bool,
    /// Whom we have called, in a call between users.
    pub(super) peers: Vec<McpttId>,
    /// How often the call has been forwarded before it came to us.
    pub(super) forwardings: u64,
    pub(super) state: State,
    /// What we said last, for repeating it.
    pub(super) description: Option<SessionDescription>,
    pub(super) session_identity: ByteStr,
}

impl Call {
    /// A call whose media is that of a session.
    pub(super) const fn over_session(group: Option<GroupId>, caller: Option<McpttId>, state: State) -> Self {
        Self {
            group,
            caller,
            broadcast: false,
            urgent: false,
            adhoc: false,
            peers: Vec::new(),
            forwardings: 0,
            state,
            description: None,
            session_identity: ByteStr::EMPTY,
        }
    }
}

#[derive(Debug)]
pub(super) enum State {
    /// Ours, not answered; with the keys of the offer.
    Calling { transaction: ClientTransactionId, keys: OwnKeys },
    /// Theirs, waiting for the user.
    Ringing(Box<Ringing>),
    /// Both sides agreed.
    Established(DialogId),
    /// Our BYE is on its way.
    Leaving,
    /// Asked for by REFER on a session.
    Asked(Asked),
    /// It uses a session.
    OverSession(SessionId),
    /// Our REFER for its end is on its way; Disconnect says that it has ended.
    LeavingSession(SessionId),
}

/// What was asked for on a session.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub session: SessionId,
    /// The target of the REFER.
    pub target: Uri,
    pub implicit_request: bool,
    pub emergency: bool,
}

/// An incoming call with its answer prepared.
#[derive(Debug)]
pub(super) struct Ringing {
    transaction: ServerTransactionId,
    remote: RemoteMedia,
    protection: Option<MediaProtection>,
    /// What our answer says about the session interval.
    interval: String,
    supports_timer: bool,
    broadcast: bool,
    emergency: bool,
}

impl Client {
    pub(super) fn call(
        &mut self,
        now: Instant,
        mut request: Request,
        info: McpttInfo,
        group: Option<GroupId>,
        offer: Offer,
    ) -> CallId {
        let keys = self.own_keys();
        let description = self.offer(&keys, &offer);
        let headers = &mut request.headers;
        headers.push(HeaderName::Contact, service::contact(&self.contact_uri(), false));
        headers.push(HeaderName::Supported, "timer, norefersub, tdialog");
        headers.push(HeaderName::SessionExpires, self.config.session_expires.as_secs().to_string());
        let mut parts = vec![description_part(&description), info_part(&info)];
        parts.extend(offer.further);
        let urgent = adhoc::flag(&info, extension_name::ADHOC_EMERGENCY_IND) == Some(true)
            || info.emergency_ind == Some(Content::Normal(true))
            || info.imminentperil_ind == Some(Content::Normal(true));
        parts.extend(self.emergency_location().filter(|_| urgent));
        request.set_parts(&self.sealed(&parts));
        let transaction = self.agent.request(now, request, self.config.participating());
        let call = self.add(Call {
            group: group.clone(),
            caller: None,
            broadcast: info.broadcast_ind == Some(true),
            urgent,
            adhoc: info.session_type == Some(SessionType::Adhoc),
            peers: Vec::new(),
            forwardings: 0,
            state: State::Calling { transaction, keys },
            description: Some(description),
            session_identity: ByteStr::EMPTY,
        });
        self.pending.insert(transaction, Pending::Invite(call));
        self.event(ClientEvent::CallStarted { call, group });
        call
    }

    /// The group of a call, as far as known.
    pub(super) fn group_of(&self, call: CallId) -> Option<GroupId> {
        self.calls.get(&call)?.group.clone()
    }

    /// What to name to come back to a call.
    pub(super) fn session_identity_of(&self, call: CallId) -> Option<ByteStr> {
        self.calls.get(&call).map(|call| call.session_identity.clone())
    }

    /// The dialog of a call that stands, and what we said last in it.
    pub(super) fn established_dialog(&self, call: CallId) -> Option<(DialogId, SessionDescription)> {
        let call = self.calls.get(&call)?;
        match &call.state {
            State::Established(dialog) => Some((dialog.clone(), call.description.clone()?)),
            State::OverSession(session) => self.session_dialog(*session),
            _ => None,
        }
    }

    pub(super) fn add(&mut self, call: Call) -> CallId {
        self.next_call = self.next_call.wrapping_add(1);
        let id = CallId(self.next_call);
        self.calls.insert(id, call);
        id
    }

    /// The keys of an offer, as configured.
    pub(super) fn own_keys(&mut self) -> OwnKeys {
        match (&self.config.dtls, self.config.suites.as_slice()) {
            (Some(own), _) => OwnKeys::Dtls(own.clone()),
            (None, []) => OwnKeys::None,
            (None, suites) => OwnKeys::Described(offer_answer::new_keys(suites, &mut self.rng)),
        }
    }

    pub(super) fn offer(&mut self, keys: &OwnKeys, offer: &Offer) -> SessionDescription {
        //= 24.379-6.2.1:codec
        let formats = self.config.codecs.iter().map(|codec| codec.payload_type.to_string());
        let mut audio = MediaDescription::speech(self.config.audio.port(), keys.protocol(), formats);
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
            implicit_request: offer.implicit_request,
            ..McpttFmtp::default()
        };
        let session_id = self.rng.next_u64() >> 1;
        match offer.floor_control {
            true => offer_answer::offer(session_id, self.local(), audio, keys, &parameters),
            //= 24.379-11.1.2.2
            false => offer_answer::audio_offer(session_id, self.local(), audio, keys),
        }
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
            self.refused(now, id, response);
            return;
        }
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::Calling { keys, .. } = &call.state else { return };
        let bodies = Bodies::read(&response.headers, &response.body).unwrap_or_default();
        let remote = bodies.description().ok().flatten().as_ref().and_then(RemoteMedia::read);
        let protection = remote.as_ref().and_then(|remote| keys.agreed(remote));
        let (Some(remote), Some(dialog), Some(protection)) = (remote, dialog.clone(), protection) else {
            if let Some(dialog) = dialog {
                let _ = self.agent.bye(now, &dialog);
            }
            self.refused(now, id, &Response::new(StatusCode::NOT_ACCEPTABLE_HERE));
            return;
        };
        call.state = State::Established(dialog.clone());
        let contact = service::address(&response.headers, &HeaderName::Contact);
        call.session_identity = contact.map(|uri| uri.to_string().into()).unwrap_or_default();
        let info = bodies.info.unwrap_or_default();
        // Where the server has made the group, it says which it is.
        call.group = call.group.take().or_else(|| info.calling_group());
        let adhoc_emergency = adhoc::flag(&info, extension_name::ADHOC_EMERGENCY_IND) == Some(true);
        let established = EstablishedCall {
            call: id,
            group: call.group.clone(),
            incoming: false,
            caller: None,
            remote_audio: remote.audio,
            remote_floor: remote.floor,
            payload_type: remote.formats.first().map_or(0, |format| format.payload_type),
            redundancy: remote.redundancy,
            protection,
            floor_parameters: remote.parameters,
            session_identity: call.session_identity.clone(),
            warnings: service::warning_codes(&response.headers),
            broadcast: call.broadcast,
            emergency: adhoc_emergency || info.emergency_ind == Some(Content::Normal(true)),
        };
        self.by_dialog.insert(dialog, id);
        self.event(ClientEvent::CallEstablished(established));
        self.call_stands(now, id);
        self.remote_call_settled(now, id, true);
    }

    pub(super) fn refused(&mut self, now: Instant, id: CallId, response: &Response) {
        let Some(call) = self.calls.remove(&id) else { return };
        self.whispered(id);
        if let Some(group) = call.group {
            self.alerts.remove(&group);
        }
        self.remote_call_settled(now, id, false);
        if response.status == StatusCode::MULTIPLE_CHOICES {
            //= 24.379-9A.2.2.2:resolve
            let contacts = response.headers.values(&HeaderName::Contact);
            let users = contacts.filter_map(|contact| sip::NameAddr::parse(contact).ok());
            let users = users.map(|user| McpttId::new(user.uri.to_string())).collect();
            self.event(ClientEvent::CallChoices { call: id, users });
        }
        let info = Bodies::read(&response.headers, &response.body).ok().and_then(|bodies| bodies.info);
        self.event(ClientEvent::CallFailed {
            call: id,
            status: response.status.0,
            warning: service::warning_codes(&response.headers).first().copied(),
            emergency_refused: info.is_some_and(|info| {
                info.emergency_ind == Some(Content::Normal(false))
                    || adhoc::flag(&info, extension_name::ADHOC_EMERGENCY_IND) == Some(false)
            }),
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
        let mut remote = RemoteMedia::read(&offered).ok_or_else(not_acceptable)?;
        let knows = |format: &RtpFormat| self.config.codecs.iter().any(|own| format.is_called(&own.rtpmap));
        if !remote.formats.iter().any(knows) {
            return Err(not_acceptable());
        }
        let plain = self.config.suites.is_empty() && self.config.dtls.is_none();
        let protection = match (remote.protected, plain) {
            (true, false) => {
                let own = self.config.dtls.as_ref();
                let accepted = remote.accept_key(&self.config.suites, own, &mut self.rng);
                Some(accepted.ok_or_else(not_acceptable)?)
            }
            (false, true) => None,
            _ => return Err(not_acceptable()),
        };
        let interval = SessionTimer::answering(
            now,
            &request.headers,
            self.config.session_expires,
            MIN_SESSION_EXPIRES,
            Refresher::Uas,
        )
        .map(|timer| timer.in_answer())
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
        let mut description =
            offer_answer::answer(&offered, session_id, self.local(), protection.as_ref(), &parameters);
        offer_answer::formats::accept_extensions(&mut description, &offered);
        let audio = description.media.iter_mut().find(|media| media.kind.eq_ignore_ascii_case("audio"));
        if let Some(audio) = audio {
            offer_answer::redundancy::leave_out(audio, knows);
            remote.redundancy = offer_answer::redundancy::set_apart(&mut audio.rtp_formats());
        }
        let contact = service::address(&request.headers, &HeaderName::Contact);
        let ringing = Ringing {
            transaction,
            remote,
            protection,
            interval,
            supports_timer: request.headers.lists(&HeaderName::Supported, "timer"),
            broadcast: info.broadcast_ind == Some(true),
            emergency: info.emergency_ind == Some(Content::Normal(true))
                || adhoc::flag(&info, extension_name::ADHOC_EMERGENCY_IND) == Some(true),
        };
        let automatic = self.answers_automatically(request);
        //= 24.379-11.1.6:silent
        let silent = PrivateCallKind::of(&info).ok().flatten().is_some_and(PrivateCallKind::is_silent);
        let (group, caller) = (info.calling_group(), info.caller().ok().flatten());
        let id = self.add(Call {
            group: group.clone(),
            caller: caller.clone(),
            broadcast: ringing.broadcast,
            urgent: false,
            adhoc: info.session_type == Some(SessionType::Adhoc),
            peers: Vec::new(),
            forwardings: info.any_ext.number(extension_name::FORWARDING_SEQUENCE_NUMBER).unwrap_or_default(),
            state: State::Ringing(Box::new(ringing)),
            description: Some(description),
            session_identity: contact.map(|uri| uri.to_string().into()).unwrap_or_default(),
        });
        self.by_incoming.insert(transaction, id);
        self.event(ClientEvent::CallReceived { call: id, group, caller, waiting: !automatic, silent });
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
        let of = |name| sip::AnswerMode::of(&request.headers, &name).ok().flatten();
        match of(HeaderName::PrivAnswerMode).or_else(|| of(HeaderName::AnswerMode)) {
            Some(mode) => mode == sip::AnswerMode::Auto,
            None => self.answer_mode == AnswerMode::Automatic,
        }
    }

    pub(super) fn accept(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::Ringing(ringing) = std::mem::replace(&mut call.state, State::Leaving) else { return };
        let description = call.description.clone();
        let mut answer = Response::new(StatusCode::OK);
        //= 24.379-6.2.3.1.1
        answer.headers.push(HeaderName::SessionExpires, ringing.interval);
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
        call.state = State::Established(dialog.clone());
        let established = EstablishedCall {
            call: id,
            group: call.group.clone(),
            incoming: true,
            caller: call.caller.clone(),
            remote_audio: ringing.remote.audio,
            remote_floor: ringing.remote.floor,
            payload_type: ringing.remote.formats.first().map_or(0, |format| format.payload_type),
            redundancy: ringing.remote.redundancy,
            protection: ringing.protection,
            floor_parameters: ringing.remote.parameters,
            session_identity: call.session_identity.clone(),
            warnings: Vec::new(),
            broadcast: ringing.broadcast,
            emergency: ringing.emergency,
        };
        self.by_dialog.insert(dialog, id);
        self.event(ClientEvent::CallEstablished(established));
        self.call_stands(now, id);
    }

    /// Where the user is may be wanted once it talks.
    fn call_stands(&mut self, now: Instant, id: CallId) {
        let Some(call) = self.calls.get(&id).filter(|call| !call.urgent) else { return };
        let event = match call.group {
            Some(_) => signalling_event::GROUP_CALL,
            None => signalling_event::PRIVATE_CALL,
        };
        self.signalled(now, event);
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
            return;
        }
        self.leave_session(now, id);
    }

    pub(super) fn leave(&mut self, now: Instant, id: CallId) {
        self.leave_saying(now, id, None);
    }

    /// Leaves with a reason for the others.
    pub(super) fn leave_saying(&mut self, now: Instant, id: CallId, reason: Option<&'static str>) {
        let Some(call) = self.calls.get_mut(&id) else { return };
        let State::Established(dialog) = &call.state else { return self.leave_session(now, id) };
        let dialog = dialog.clone();
        //= 24.379-6.2.4.1
        let bye = match reason {
            None => self.agent.bye(now, &dialog),
            Some(reason) => {
                let mut bye = Request::new(Method::Bye, ByteStr::EMPTY);
                bye.headers.push(HeaderName::Reason, reason);
                self.agent.request_in_dialog(now, &dialog, bye)
            }
        };
        match bye {
            Ok(transaction) => {
                call.state = State::Leaving;
                self.pending.insert(transaction, Pending::Bye(id));
                self.by_dialog.remove(&dialog);
            }
            Err(_) => self.end(id, false),
        }
    }

    /// A call is over.
    pub(super) fn end(&mut self, id: CallId, by_peer: bool) {
        let Some(call) = self.calls.remove(&id) else { return };
        self.whispered(id);
        match call.state {
            State::Established(dialog) => {
                self.by_dialog.remove(&dialog);
            }
            State::Ringing(ringing) => {
                self.by_incoming.remove(&ringing.transaction);
            }
            State::Calling { .. }
            | State::Leaving
            | State::Asked(_)
            | State::OverSession(_)
            | State::LeavingSession(_) => {}
        }
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
            Method::Notify => self.notified(now, transaction, dialog, request),
            Method::Info => {
                self.agent.respond(now, transaction, Response::new(StatusCode::OK));
                if let Some(id) = known {
                    self.corrected(id, request);
                }
            }
            _ => {
                self.agent.respond(now, transaction, Response::new(StatusCode::METHOD_NOT_ALLOWED));
            }
        }
    }
}
