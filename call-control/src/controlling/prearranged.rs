//! Receipt of an INVITE for a prearranged group call (TS 24.379 10.1.1.4.2, 10.1.1.4.5.1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId};
use mcptt_codec::sdp::{McpttFmtp, SessionDescription};
use mcptt_codec::sip::{HeaderName, Headers, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, IndicatorCombination, McpttInfo};
use rand_core::RngCore;

use super::group_document::{admit, may_alert, may_call_emergency, member_of, requested_tier};
use super::session::{Call, Leg, LegState, Waiting};
use super::{Controlling, Deadline, Incoming};
use crate::bodies::{Bodies, InfoValues, Kind, description_part, info_part};
use crate::config::{Group, Member, ServiceConfig, User};
use crate::directory::Canonical;
use crate::event::{CallState, Event, LeaveCause, Tier};
use crate::media::{CallSettings, Entry, FloorParameters, MediaCommand, MediaProtection};
use crate::offer_answer::{self, RemoteMedia};
use crate::policy::Refusal;
use crate::service;
use crate::session_timer::SessionTimer;

/// The session description of a request, read and found usable.
struct Offered {
    description: SessionDescription,
    remote: RemoteMedia,
}

/// Who asks, and what for, once the message itself is in order.
struct Caller<'a> {
    mcptt_id: McpttId,
    client_id: ClientId,
    bodies: &'a Bodies,
    info: &'a McpttInfo,
    timer: SessionTimer,
}

impl Controlling {
    pub(super) fn invite(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        if self.shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        self.admit_source(incoming)?;
        let headers = &incoming.request.headers;
        let policy = &self.directory.config.policy;
        //= 24.379-10.1.1.4.2:3
        if policy.require_service_tags && !service::asks_for_mcptt(headers) {
            return Err(Refusal::ServiceTagsMissing);
        }
        //= 24.379-10.1.1.4.2:3b
        if service::is_focus(headers) {
            return Err(Refusal::IsfocusAssigned);
        }
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let caller = info.caller()?.ok_or(Refusal::BodyUnreadable)?;
        let (own, minimum) = (policy.session_expires, policy.min_session_expires);
        let timer = SessionTimer::answering(now, headers, own, minimum, Refresher::Uac)
            .map_err(|_| Refusal::SessionIntervalTooSmall)?;
        let caller = Caller {
            mcptt_id: self.known_spelling(caller),
            client_id: info.client()?.unwrap_or_default(),
            bodies: &bodies,
            info,
            timer,
        };
        let uri = Canonical::of(&incoming.request.uri);
        if uri.is_some() && uri == Canonical::of(&self.identity.uri) {
            return self.group_invite(now, incoming, &caller);
        }
        //= 24.379-10.1.1.4.5.1:137
        let call = uri.and_then(|uri| self.by_identity.get(&uri).copied()).ok_or(Refusal::RejoinUnknown)?;
        self.rejoin(now, incoming, &caller, call)
    }

    /// The MCPTT ID in the spelling of the configuration.
    pub(super) fn known_spelling(&self, mcptt_id: McpttId) -> McpttId {
        self.directory.user(mcptt_id.as_str()).map_or(mcptt_id, |user| user.mcptt_id.clone())
    }

    fn group_invite(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        //= 24.379-6.3.1.1:user-to
        let target = caller.info.target()?.ok_or(Refusal::BodyUnreadable)?;
        let running = self.by_group.get(&directory.group_id(target)).copied();
        //= 24.379-10.1.1.4.2:1
        if running.is_none() && self.calls.len() >= directory.config.limits.calls {
            return Err(Refusal::ControllingOverload);
        }
        let kind = caller.info.kind().ok_or(Refusal::SessionTypeNotServed)?;
        let (group, member) = admit(&directory, target, &caller.mcptt_id, kind)?;
        let user = directory.user(caller.mcptt_id.as_str());
        let tier = requested_tier(caller.info, group, member, user)?;
        let present = running.and_then(|call| self.calls.get(&call)).map_or(Tier::Normal, |call| call.tier);
        check_resource_priority(&incoming.request.headers, &directory.config.service, tier.max(present))?;
        if kind == Kind::Chat {
            return Err(Refusal::SessionTypeNotServed);
        }
        match running {
            Some(call) => self.join(now, incoming, caller, call, member, tier),
            None => self.open(now, incoming, caller, (group, member, user), tier),
        }
    }

    /// The call is not running: it is opened.
    fn open(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        (group, member, user): (&Group, &Member, Option<&User>),
        tier: Tier,
    ) -> Result<(), Refusal> {
        //= 24.379-10.1.1.4.2:13
        //= 24.379-6.3.5.3
        if !member.may_initiate {
            return Err(Refusal::NotAuthorisedToInitiate);
        }
        //= 24.379-10.1.1.4.2:14a
        //= 24.379-6.3.6
        let affiliated =
            self.affiliations.is_affiliated(&group.group_id, &caller.mcptt_id, &caller.client_id);
        if !affiliated && tier == Tier::Normal {
            return Err(Refusal::NotAffiliated);
        }
        //= 24.379-10.1.1.4.2:14gi
        let mut present = self.affiliations.users_of(&group.group_id);
        present.insert(caller.mcptt_id.clone());
        if u64::try_from(present.len()).is_ok_and(|present| present < group.minimum_affiliated.into()) {
            return Err(Refusal::TooFewAffiliated);
        }
        let offered = offered(caller.bodies)?;
        let protection = self.protection(&offered.remote, group, user)?;
        if !affiliated {
            //= 24.379-9.2.2.3.6
            self.affiliate(now, &group.group_id, &caller.mcptt_id, &caller.client_id);
        }
        self.create(now, incoming, caller, (group, member, user), tier, offered, protection)
    }

    #[allow(clippy::too_many_arguments, reason = "everything that the checks have established")]
    fn create(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        (group, member, user): (&Group, &Member, Option<&User>),
        tier: Tier,
        offered: Offered,
        protection: Option<MediaProtection>,
    ) -> Result<(), Refusal> {
        let request = incoming.request;
        let headers = &request.headers;
        let at = self.new_leg();
        //= 24.379-6.4:new
        let fmtp = self.answer_parameters(&offered.remote.parameters, group, member, true);
        let entry = Entry::Originator { implicit_request: fmtp.implicit_request };
        let session_id = self.rng.next_u64() >> 1;
        let (mut leg, payload_type) = self.answering_leg(
            now,
            caller,
            &offered,
            (group, member, user),
            &fmtp,
            session_id,
            protection.as_ref(),
        )?;
        leg.entry = entry;
        leg.floor.privacy = wants_privacy(headers);
        leg.state = LegState::Waiting(Box::new(Waiting {
            transaction: incoming.transaction,
            protection,
            payload_type,
            supports_timer: headers.lists(&HeaderName::Supported, "timer"),
        }));
        //= 24.379-10.1.1.4.2:14e
        let session_identity = self.new_session_identity();
        self.next_call = self.next_call.wrapping_add(1);
        let call = CallRef(self.next_call);
        let broadcast = caller.info.broadcast_ind == Some(true);
        let alert = matches!(
            caller.info.indicator_combination(),
            Ok(IndicatorCombination::Emergency { alert: true }) if may_alert(member, user)
        );
        let format = offered.remote.formats.first().cloned().ok_or(Refusal::NoAcceptableAudio)?;
        let audio = offered.description.audio().cloned().ok_or(Refusal::NoAcceptableAudio)?;
        let canonical_identity = Canonical::of(&session_identity);
        let new = Call {
            group: group.group_id.clone(),
            session_identity: session_identity.clone(),
            canonical_identity: canonical_identity.clone(),
            state: CallState::Initialising,
            tier,
            //= 24.379-4.12
            //= 24.379-6.2.8.2:anyone
            broadcast,
            initiator: caller.mcptt_id.clone(),
            originator: at,
            audio,
            format,
            alert,
            answer_mode: headers.get(&HeaderName::AnswerMode).cloned(),
            priv_answer_mode: headers.get(&HeaderName::PrivAnswerMode).cloned(),
            session_id,
            legs: BTreeMap::from([(at, leg)]),
            acknowledging: false,
            proceeds_without: false,
            truncated: false,
            joined: false,
            best_failure: None,
            warnings: Vec::new(),
            progress: BTreeSet::new(),
            closing: BTreeSet::new(),
            cause: None,
        };
        self.calls.insert(call, new);
        self.by_group.insert(group.group_id.clone(), call);
        self.by_incoming.insert(incoming.transaction, (call, at));
        if let Some(identity) = canonical_identity {
            self.by_identity.insert(identity, call);
        }
        //= 24.379-10.1.1.4.2:14f
        if let (Some(duration), true) = (group.maximum_duration, tier != Tier::Emergency) {
            self.deadlines.set(Deadline::Tng3(call), now.checked_add(duration));
        }
        self.event(Event::CallStarted {
            call,
            group: group.group_id.clone(),
            initiator: caller.mcptt_id.clone(),
            tier,
            broadcast,
            session_identity,
        });
        self.media(MediaCommand::CallInitiated {
            call,
            settings: CallSettings {
                group: group.group_id.clone(),
                //= 24.379-6.2.8.2:start
                broadcast_initiator: broadcast.then_some(at),
                indicator: floor_indicator(tier, broadcast),
                queueing: group.queueing && !group.audio_cut_in,
                audio_cut_in: group.audio_cut_in,
                hang_timer: group.hang_timer,
                talk_limit: self.directory.config.service.talk_limit,
            },
        });
        //= 24.379-10.1.1.4.2:14gv
        self.fan_out(now, call);
        self.evaluate(now, call);
        Ok(())
    }

    /// The call is running: one more participant, no new invitations.
    fn join(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        call: CallRef,
        member: &Member,
        tier: Tier,
    ) -> Result<(), Refusal> {
        //= 24.379-6.3.5.4
        if !member.may_join {
            return Err(Refusal::NotAuthorisedToJoin);
        }
        let group = self.calls.get(&call).map(|running| running.group.clone()).unwrap_or_default();
        //= 24.379-10.1.1.4.2:15a
        let affiliated = self.affiliations.is_affiliated(&group, &caller.mcptt_id, &caller.client_id);
        if !affiliated && tier == Tier::Normal {
            return Err(Refusal::NotAffiliated);
        }
        //= 24.379-10.1.1.4.2:15d
        if self.is_full(call, caller) {
            return Err(Refusal::SessionFull);
        }
        //= 24.379-10.1.1.4.2:15j
        self.admit_to(now, incoming, caller, call, Some(123), !affiliated)
    }

    /// A participant comes back by the session identity.
    fn rejoin(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        call: CallRef,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let group = self.calls.get(&call).map(|running| running.group.clone()).unwrap_or_default();
        //= 24.379-10.1.1.4.5.1:6
        let document = directory.group(group.as_str()).ok_or(Refusal::RejoinUnknown)?;
        let member = member_of(document, &caller.mcptt_id).ok().filter(|member| member.may_join);
        if member.is_none() {
            return Err(Refusal::RejoinNotAuthorised);
        }
        //= 24.379-10.1.1.4.5.1:8
        if !self.affiliations.is_affiliated(&group, &caller.mcptt_id, &caller.client_id) {
            return Err(Refusal::RejoinNotAffiliated);
        }
        //= 24.379-10.1.1.4.5.1:10
        if self.is_full(call, caller) {
            return Err(Refusal::RejoinFull);
        }
        self.admit_to(now, incoming, caller, call, None, false)
    }

    /// Whether one more participant is too many. A client that takes its own old place is not one more.
    fn is_full(&self, call: CallRef, caller: &Caller<'_>) -> bool {
        let Some(running) = self.calls.get(&call) else { return true };
        if running.leg_of(&caller.mcptt_id, &caller.client_id).is_some() {
            return false;
        }
        let group = self.directory.group(running.group.as_str());
        let group_limit = group.and_then(|group| group.max_participants);
        let limit = group_limit.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        running.connected() >= limit || running.legs.len() >= self.directory.config.limits.legs_per_call
    }

    fn admit_to(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        call: CallRef,
        warning: Option<u16>,
        affiliate: bool,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let Some(running) = self.calls.get(&call) else { return Err(Refusal::RejoinUnknown) };
        let group = directory.group(running.group.as_str()).ok_or(Refusal::GroupUnknown)?;
        let member = member_of(group, &caller.mcptt_id)?;
        let user = directory.user(caller.mcptt_id.as_str());
        let offered = offered(caller.bodies)?;
        // Nothing is transcoded: a device that can not hear the others has no place in the call.
        let payload_type =
            offered.remote.payload_type_of(&running.format).ok_or(Refusal::NoAcceptableAudio)?;
        let (session_id, tier) = (running.session_id, running.tier);
        let old = running.leg_of(&caller.mcptt_id, &caller.client_id);
        let protection = self.protection(&offered.remote, group, user)?;
        if let Some(old) = old {
            // The client has lost its dialog, or our INVITE crosses its own: one place per client.
            self.replace(now, call, old);
        }
        //= 24.379-6.4:new
        let fmtp = self.answer_parameters(&offered.remote.parameters, group, member, false);
        let (mut leg, _) = self.answering_leg(
            now,
            caller,
            &offered,
            (group, member, user),
            &fmtp,
            session_id,
            protection.as_ref(),
        )?;
        leg.floor.privacy = wants_privacy(&incoming.request.headers);
        if affiliate {
            self.affiliate(now, &group.group_id, &caller.mcptt_id, &caller.client_id);
        }
        let mut parts = vec![description_part(&leg.description)];
        parts.extend(self.tier_for_joiner(caller.info, tier).map(|info| info_part(&info)));
        let mut answer = Response::new(StatusCode::OK);
        answer.set_parts(&parts);
        let supports_timer = incoming.request.headers.lists(&HeaderName::Supported, "timer");
        self.complete_success(call, &mut answer, &caller.timer, supports_timer);
        if let Some(code) = warning {
            answer.headers.push(HeaderName::Warning, self.identity.warning(code));
        }
        let at = self.new_leg();
        if let Some(running) = self.calls.get_mut(&call) {
            running.legs.insert(at, leg);
        }
        match self.agent.respond(now, incoming.transaction, answer) {
            //= 24.379-10.1.1.4.2:15r
            Some(dialog) => self.connect(call, at, dialog, payload_type, protection),
            None => self.drop_leg(now, call, at, LeaveCause::SignallingLost, false),
        }
        self.evaluate(now, call);
        Ok(())
    }

    /// What a joiner has to know about the tier: the one of the call, and that its own wish did not change it.
    fn tier_for_joiner(&self, wish: &McpttInfo, tier: Tier) -> Option<McpttInfo> {
        //= 24.379-6.3.3.2.3.2:info
        let wished = wish.emergency_ind.is_some() || wish.imminentperil_ind.is_some();
        match tier {
            Tier::Emergency => {
                Some(McpttInfo { emergency_ind: Some(Content::Normal(true)), ..McpttInfo::default() })
            }
            Tier::ImminentPeril => {
                Some(McpttInfo { imminentperil_ind: Some(Content::Normal(true)), ..McpttInfo::default() })
            }
            Tier::Normal if wished && wish.emergency_ind.is_some() => {
                Some(McpttInfo::emergency_not_authorised())
            }
            Tier::Normal if wished => {
                Some(McpttInfo { imminentperil_ind: Some(Content::Normal(false)), ..McpttInfo::default() })
            }
            Tier::Normal => None,
        }
    }

    fn replace(&mut self, now: Instant, call: CallRef, old: LegRef) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        if running.originator == old {
            // The place of the originator can not be waited for any more; the call goes on with the others.
            running.state = CallState::Established;
        }
        self.drop_leg(now, call, old, LeaveCause::SignallingLost, true);
    }

    /// The fields of a success that all of them have.
    pub(super) fn complete_success(
        &self,
        call: CallRef,
        answer: &mut Response,
        timer: &SessionTimer,
        supports_timer: bool,
    ) {
        //= 24.379-6.3.3.2.3.2:hdr
        let identity =
            self.calls.get(&call).map(|running| running.session_identity.clone()).unwrap_or_default();
        let headers = &mut answer.headers;
        headers.push(HeaderName::SessionExpires, timer.in_answer());
        if supports_timer {
            headers.push(HeaderName::Require, "timer");
        }
        headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        headers.push(HeaderName::Contact, service::contact(&identity, true));
        service::support_in_success(headers);
    }

    /// A leg whose offer is known, with our answer to it. Its entry is that of a joiner.
    #[allow(clippy::too_many_arguments, reason = "everything that the answer depends on")]
    fn answering_leg(
        &mut self,
        now: Instant,
        caller: &Caller<'_>,
        offered: &Offered,
        (group, member, user): (&Group, &Member, Option<&User>),
        fmtp: &McpttFmtp,
        session_id: u64,
        protection: Option<&MediaProtection>,
    ) -> Result<(Leg, u8), Refusal> {
        let floor = offered.remote.floor.ok_or(Refusal::NoAcceptableAudio)?;
        let audio = offered.remote.audio;
        let local =
            self.ports.for_answer(&caller.mcptt_id, audio, floor).ok_or(Refusal::ControllingOverload)?;
        let key = protection.map(|protection| &protection.send);
        let description = offer_answer::answer(&offered.description, session_id, local, key, fmtp);
        let mut timer = caller.timer;
        timer.restart(now);
        let leg = Leg {
            mcptt_id: caller.mcptt_id.clone(),
            client_id: caller.client_id.clone(),
            required: member.required,
            entry: Entry::Joining { implicit_request: false },
            state: LegState::Answering,
            local,
            remote: Some((audio, floor)),
            keys: Vec::new(),
            description,
            floor: floor_parameters(fmtp, group, member, user),
            timer: Some(timer),
        };
        let payload_type = offered.remote.formats.first().map_or(0, |format| format.payload_type);
        Ok((leg, payload_type))
    }

    /// How the audio of an offer is protected: by the first suite that we support too, or not at all where everybody
    /// allows it.
    fn protection(
        &mut self,
        remote: &RemoteMedia,
        group: &Group,
        user: Option<&User>,
    ) -> Result<Option<MediaProtection>, Refusal> {
        let media = &self.directory.config.media;
        if remote.protected {
            let accepted = remote.accept_key(&media.suites, &mut self.rng);
            return accepted.map(Some).ok_or(Refusal::NoAcceptableAudio);
        }
        match self.may_be_plain(group, user) {
            true => Ok(None),
            false => Err(Refusal::NoAcceptableAudio),
        }
    }

    /// Whether audio without protection is allowed between this user and this group.
    pub(super) fn may_be_plain(&self, group: &Group, user: Option<&User>) -> bool {
        let allowed = self.directory.config.media.plain_rtp && user.is_none_or(|user| user.plain_rtp);
        allowed && !group.protect_media
    }

    /// The floor control parameters of an answer (TS 24.380 14.3): nothing that was not offered.
    fn answer_parameters(
        &self,
        offer: &McpttFmtp,
        group: &Group,
        member: &Member,
        opening: bool,
    ) -> McpttFmtp {
        let highest = self.directory.config.service.priority_levels.saturating_sub(1);
        let highest = u8::try_from(highest).unwrap_or(u8::MAX);
        let priority = offer.priority.map(|offered| offered.min(member.user_priority).min(highest));
        McpttFmtp {
            //= 24.379-6.2.2:answer
            queueing: offer.queueing && group.queueing && !group.audio_cut_in,
            priority: priority.filter(|priority| *priority > 0 && !member.receive_only),
            //= 24.379-6.4:echo
            //= 24.379-6.4:granted
            implicit_request: offer.implicit_request && opening && !member.receive_only,
            ..McpttFmtp::default()
        }
    }

    /// Members present, and how many there may be in the call.
    pub(super) fn participant_limit(&self, group: &Group) -> usize {
        let limit =
            group.max_participants.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        limit.min(self.directory.config.limits.legs_per_call)
    }

    /// Adds the tier of a call to a request for a member.
    pub(super) fn push_resource_priority(&self, request: &mut Request, tier: Tier) {
        let service = &self.directory.config.service;
        let value: Option<&ByteStr> = match tier {
            Tier::Emergency => Some(&service.emergency_resource_priority),
            Tier::ImminentPeril => Some(&service.imminent_peril_resource_priority),
            Tier::Normal => None,
        };
        if let Some(value) = value {
            request.headers.push(HeaderName::ResourcePriority, value.clone());
        }
    }

    pub(super) fn running_call_of(&self, group: &GroupId) -> Option<CallRef> {
        self.by_group.get(group).copied()
    }
}

/// The part of what was negotiated that the floor control server needs.
pub(super) fn floor_parameters(
    fmtp: &McpttFmtp,
    group: &Group,
    member: &Member,
    user: Option<&User>,
) -> FloorParameters {
    FloorParameters {
        queueing: fmtp.queueing,
        priority: fmtp.priority,
        receive_only: member.receive_only,
        emergency_allowed: may_call_emergency(group, member, user),
        privacy: false,
    }
}

fn offered(bodies: &Bodies) -> Result<Offered, Refusal> {
    let description = bodies.description()?.ok_or(Refusal::NoAcceptableAudio)?;
    let remote = RemoteMedia::read(&description).filter(|remote| remote.floor.is_some());
    Ok(Offered { remote: remote.ok_or(Refusal::NoAcceptableAudio)?, description })
}

/// A Resource-Priority of a tier needs the tier: asked for with authorisation, or present in the group.
fn check_resource_priority(headers: &Headers, service: &ServiceConfig, tier: Tier) -> Result<(), Refusal> {
    let claims = |value: &ByteStr| headers.lists(&HeaderName::ResourcePriority, value);
    //= 24.379-10.1.1.4.2:12
    let emergency = claims(&service.emergency_resource_priority) && tier < Tier::Emergency;
    let peril = claims(&service.imminent_peril_resource_priority) && tier < Tier::ImminentPeril;
    if emergency || peril { Err(Refusal::ResourcePriorityWithoutRight) } else { Ok(()) }
}

fn floor_indicator(tier: Tier, broadcast: bool) -> FloorIndicator {
    let indicator = match tier {
        Tier::Normal => FloorIndicator::NORMAL,
        Tier::ImminentPeril => FloorIndicator::IMMINENT_PERIL,
        Tier::Emergency => FloorIndicator::EMERGENCY,
    };
    //= 24.379-6.2.8.2:emer
    if broadcast { indicator | FloorIndicator::BROADCAST } else { indicator }
}

/// `Privacy: id` (RFC 3325).
fn wants_privacy(headers: &Headers) -> bool {
    let mut values = headers.all(&HeaderName::Privacy).flat_map(|value| value.split(';'));
    values.any(|value| value.trim().eq_ignore_ascii_case("id"))
}
