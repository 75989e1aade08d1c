//! Receipt of an INVITE for a prearranged group call (TS 24.379 10.1.1.4.2, 10.1.1.4.5.1).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::{CallRef, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Headers, Refresher, Request};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::IndicatorCombination;
use rand_core::RngCore;

use super::answer::{Caller, Offered, offered};
use super::group_document::{admit, may_alert, requested_tier};
use super::session::{Call, LegState, Waiting};
use super::{Controlling, Deadline, Incoming};
use crate::bodies::{Bodies, InfoValues, Kind};
use crate::config::{Group, Member, ServiceConfig, User};
use crate::directory::Canonical;
use crate::event::{CallState, Event, Tier};
use crate::media::{CallSettings, Entry, MediaCommand, MediaProtection};
use crate::policy::Refusal;
use crate::service;
use crate::session_timer::SessionTimer;

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
        let offered = offered(caller.bodies, &self.directory.config)?;
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
            //= 24.380-14.3.4
            takes_grant: offered.remote.parameters.granted && fmtp.implicit_request && !group.temporary,
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
            temporary: group.temporary,
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
                indicator: floor_indicator(tier, broadcast, group.temporary),
                queueing: group.queueing && !group.audio_cut_in,
                audio_cut_in: group.audio_cut_in,
                max_talkers: group.max_talkers,
                dual_floor: group.dual_floor,
                hang_timer: group.hang_timer,
                talk_limit: self.directory.config.service.talk_limit,
            },
        });
        //= 24.379-10.1.1.4.2:14gv
        self.fan_out(now, call);
        self.evaluate(now, call);
        Ok(())
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

/// A Resource-Priority of a tier needs the tier: asked for with authorisation, or present in the group.
fn check_resource_priority(headers: &Headers, service: &ServiceConfig, tier: Tier) -> Result<(), Refusal> {
    let claims = |value: &ByteStr| headers.lists(&HeaderName::ResourcePriority, value);
    //= 24.379-10.1.1.4.2:12
    let emergency = claims(&service.emergency_resource_priority) && tier < Tier::Emergency;
    let peril = claims(&service.imminent_peril_resource_priority) && tier < Tier::ImminentPeril;
    if emergency || peril { Err(Refusal::ResourcePriorityWithoutRight) } else { Ok(()) }
}

fn floor_indicator(tier: Tier, broadcast: bool, temporary: bool) -> FloorIndicator {
    let mut indicator = match tier {
        Tier::Normal => FloorIndicator::NORMAL,
        Tier::ImminentPeril => FloorIndicator::IMMINENT_PERIL,
        Tier::Emergency => FloorIndicator::EMERGENCY,
    };
    //= 24.379-6.2.8.2:emer
    if broadcast {
        indicator |= FloorIndicator::BROADCAST;
    }
    if temporary { indicator | FloorIndicator::TEMPORARY_GROUP } else { indicator }
}

/// `Privacy: id` (RFC 3325).
pub(super) fn wants_privacy(headers: &Headers) -> bool {
    let mut values = headers.all(&HeaderName::Privacy).flat_map(|value| value.split(';'));
    values.any(|value| value.trim().eq_ignore_ascii_case("id"))
}
