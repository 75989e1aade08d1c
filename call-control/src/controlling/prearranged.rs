//! Receipt of an INVITE for a group call (TS 24.379 10.1.1.4.2, 10.1.1.4.5.1), and how a call is opened.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, GroupId, LegRef, McpttId};
use mcptt_codec::sdp::RtpFormat;
use mcptt_codec::sip::{HeaderName, Headers, Refresher, Request};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::extension_name;
use rand_core::RngCore;

use super::answer::{Caller, Offered, offered};
use super::group_document::{admit, requested_tier};
use super::priority::floor_indicator;
use super::session::{Call, LegState, Waiting};
use super::{Controlling, Incoming};
use crate::bodies::{Bodies, InfoValues, Kind};
use crate::config::{DistributionMode, Group, Member, ServiceConfig, User};
use crate::directory::Canonical;
use crate::event::{CallState, Event, Tier};
use crate::media::{CallAudio, CallSettings, Distribution, Entry, MediaCommand, MediaProtection};
use crate::policy::{Refusal, ReleaseCause};
use crate::service;

impl Controlling {
    pub(super) fn invite(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        if self.shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        self.admit_source(incoming)?;
        let directory = Arc::clone(&self.directory);
        let headers = &incoming.request.headers;
        let policy = &directory.config.policy;
        //= 24.379-10.1.1.4.2:3
        if policy.require_service_tags && !service::asks_for_mcptt(headers) {
            return Err(Refusal::ServiceTagsMissing);
        }
        //= 24.379-10.1.1.4.2:3b
        if service::is_focus(headers) {
            return self.focus_invite(now, incoming);
        }
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let caller = info.caller()?.ok_or(Refusal::BodyUnreadable)?;
        let interval = service::interval(now, headers, policy, Refresher::Uac)?;
        let caller = Caller {
            mcptt_id: self.known_spelling(caller),
            client_id: info.client()?.unwrap_or_default(),
            bodies: &bodies,
            info,
            interval,
            session: None,
        };
        let uri = Canonical::of(&incoming.request.uri);
        if uri.is_some() && uri == Canonical::of(&self.identity.uri) {
            if info.kind() == Some(Kind::Adhoc) {
                return self.adhoc_invite(now, incoming, &caller);
            }
            return self.group_invite(now, incoming, &caller);
        }
        let private = self.directory.config.private_calls.identity.as_deref().and_then(Canonical::of);
        if uri.is_some() && uri == private {
            //= 24.379-4.2:private-psi
            return self.private_invite(now, incoming, &caller);
        }
        match uri.as_ref().and_then(|uri| self.by_identity.get(uri).copied()) {
            Some(call) => self.rejoin(now, incoming, &caller, call),
            None => self.come_back(now, incoming, &caller, uri.as_ref()),
        }
    }

    /// The rules for whoever has sent a message: those of the profile that its client has selected.
    pub(super) fn rules_of(&self, sender: &McpttId, bodies: &Bodies) -> Option<&User> {
        let named = bodies.info.as_ref().and_then(|info| info.client().ok().flatten());
        self.directory.user_at(sender, &named.unwrap_or_default())
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
        //= 24.379-10.1.2.4.1.1:117
        //= 24.379-10.1.2.4.1.1:148
        let (group, member) = admit(&directory, target, &caller.mcptt_id, kind)?;
        let user = directory.user_at(&caller.mcptt_id, &caller.client_id);
        let tier = requested_tier(caller.info, group, member, user)?;
        let present = self.tier_of(&group.group_id);
        //= 24.379-10.1.2.4.1.1:9
        check_resource_priority(&incoming.request.headers, &directory.config.service, tier.max(present))?;
        match (kind, running) {
            (Kind::Chat, running) => self.chat_invite(now, incoming, caller, running, (group, member, user)),
            (Kind::Prearranged, Some(call)) => self.join(now, incoming, caller, call, member, tier),
            (Kind::Prearranged, None) => self.open(now, incoming, caller, (group, member, user), tier),
            (Kind::Adhoc, _) => Err(Refusal::SessionTypeNotServed),
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
        let affiliated = self.is_affiliated(&group.group_id, &caller.mcptt_id, &caller.client_id);
        if !affiliated && tier == Tier::Normal {
            return Err(Refusal::NotAffiliated);
        }
        //= 24.379-10.1.1.4.2:14gi
        let mut present = self.affiliated_users(group);
        present.insert(caller.mcptt_id.clone());
        if u64::try_from(present.len()).is_ok_and(|present| present < group.minimum_affiliated.into()) {
            return Err(Refusal::TooFewAffiliated);
        }
        self.start(now, incoming, caller, (group, member, user))
    }

    /// Opens a call whose caller may open it.
    pub(super) fn start(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        (group, member, user): (&Group, &Member, Option<&User>),
    ) -> Result<(), Refusal> {
        let offered = offered(caller.bodies, &self.directory.config)?;
        let protection = self.protection(&offered.remote, group, user)?;
        //= 24.379-9.2.2.3.6
        //= 24.379-10.1.2.4.1.1:6
        self.affiliate_for(now, &group.group_id, &caller.mcptt_id, &caller.client_id)?;
        self.create(now, incoming, caller, (group, member, user), offered, protection)
    }

    #[allow(clippy::too_many_arguments, reason = "everything that the checks have established")]
    fn create(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        (group, member, user): (&Group, &Member, Option<&User>),
        offered: Offered,
        protection: Option<MediaProtection>,
    ) -> Result<(), Refusal> {
        let request = incoming.request;
        let headers = &request.headers;
        // Whatever can fail comes before the leg, which occupies ports.
        let floor_control = offered.remote.floor.is_some();
        let kind = caller.info.kind().ok_or(Refusal::SessionTypeNotServed)?;
        let format = offered.remote.formats.first().cloned().ok_or(Refusal::NoAcceptableAudio)?;
        let audio = offered.description.audio().cloned().ok_or(Refusal::NoAcceptableAudio)?;
        let at = self.new_leg();
        //= 24.379-6.4:new
        let fmtp = self.answer_parameters(&offered.remote.parameters, group, member, true);
        let entry = Entry::Originator { implicit_request: fmtp.implicit_request };
        let session_id = self.rng.next_u64() >> 1;
        let (mut leg, payload_type) = self.answering_leg(
            caller,
            &offered,
            (group, member, user),
            &fmtp,
            session_id,
            protection.as_ref(),
        )?;
        let changed = self.declared(now, caller, (group, member, user));
        let notice = changed.as_ref().map(|changed| changed.notice.clone());
        let tier = self.tier_of(&group.group_id);
        leg.entry = entry;
        leg.floor.privacy = wants_privacy(headers);
        leg.lacks_priority = !headers.contains(&HeaderName::ResourcePriority);
        leg.state = LegState::Waiting(Box::new(Waiting {
            transaction: incoming.transaction,
            protection,
            payload_type,
            supports_timer: headers.lists(&HeaderName::Supported, "timer"),
            //= 24.380-14.3.4
            takes_grant: offered.remote.parameters.granted && fmtp.implicit_request && !group.temporary,
            correction: changed.and_then(|changed| changed.correction),
        }));
        //= 24.379-10.1.1.4.2:14e
        let session_identity = caller.session.clone().unwrap_or_else(|| self.new_session_identity());
        self.next_call = self.next_call.wrapping_add(1);
        let call = CallRef(self.next_call);
        let broadcast = caller.info.broadcast_ind == Some(true);
        let canonical_identity = Canonical::of(&session_identity);
        let new = Call {
            kind,
            group: group.group_id.clone(),
            session_identity: session_identity.clone(),
            canonical_identity: canonical_identity.clone(),
            state: CallState::Initialising,
            tier,
            //= 24.379-4.12
            //= 24.379-6.2.8.2:anyone
            broadcast,
            initiator: caller.mcptt_id.clone(),
            functional_alias: self.caller_alias(caller),
            originator: at,
            audio,
            format: format.clone(),
            alert: notice.as_ref().is_some_and(|notice| notice.alert == Some(true)),
            superseded: notice.as_ref().is_some_and(|notice| notice.imminent_peril == Some(false)),
            floor_control,
            charging: service::charging_of(headers),
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
            to_invite: VecDeque::new(),
            closing: BTreeSet::new(),
            cause: None,
            private: None,
            non_controlling: None,
        };
        self.calls.insert(call, new);
        self.by_group.insert(group.group_id.clone(), call);
        self.by_incoming.insert(incoming.transaction, (call, at));
        if let Some(identity) = canonical_identity {
            self.by_identity.insert(identity, call);
        }
        self.limit_duration(now, call);
        self.event(Event::CallStarted {
            call,
            group: Some(group.group_id.clone()),
            initiator: caller.mcptt_id.clone(),
            tier,
            broadcast,
            session_identity,
        });
        //= 24.379-6.2.8.2:start
        let settings = CallSettings {
            floor_control,
            ..self.call_settings(group, kind, tier, broadcast.then_some(at), &format)
        };
        self.media(MediaCommand::CallInitiated { call, settings });
        self.interrupt_listening(now, &caller.mcptt_id, ReleaseCause::ListenedToCalls);
        //= 24.379-10.1.1.4.2:14gv
        match kind {
            //= 24.379-17.4.2.1.1
            Kind::Prearranged | Kind::Adhoc => self.fan_out(now, call),
            //= 24.379-10.1.2.4.1.1:noinvite
            Kind::Chat => {
                if let Some(notice) = notice {
                    self.inform_others(now, &group.group_id, &notice, &caller.client_id);
                }
            }
        }
        self.evaluate(now, call);
        Ok(())
    }

    /// What the media plane is told about a call of a group. `initiator`: in a broadcast call the only one that may talk.
    pub(super) fn call_settings(
        &self,
        group: &Group,
        kind: Kind,
        tier: Tier,
        initiator: Option<LegRef>,
        format: &RtpFormat,
    ) -> CallSettings {
        CallSettings {
            group: Some(group.group_id.clone()),
            floor_control: true,
            broadcast_initiator: initiator,
            indicator: floor_indicator(tier, initiator.is_some(), group.temporary),
            queueing: group.queueing && !group.audio_cut_in,
            audio_cut_in: group.audio_cut_in,
            max_talkers: group.max_talkers,
            dual_floor: group.dual_floor,
            //= 24.379-10.1.2.4:t4
            hang_timer: group.hang_timer.filter(|_| kind != Kind::Chat),
            talk_limit: self.directory.config.service.talk_limit,
            audio: CallAudio::of(format, false),
            record: self.directory.config.recording.is_group_recorded(group),
            distribution: self.distribution(group),
        }
    }

    /// How voice is to reach the listeners of a group.
    pub(super) fn distribution_mode(&self, group: &Group) -> DistributionMode {
        group.distribution.unwrap_or(self.directory.config.media.distribution.mode)
    }

    fn distribution(&self, group: &Group) -> Distribution {
        let general = &self.directory.config.media.distribution;
        Distribution {
            mode: self.distribution_mode(group),
            local_network: general.local_network,
            multicast: group.multicast,
            members: group.members.len(),
            peer_to_peer_members: general.peer_to_peer_members,
        }
    }

    /// The functional alias that the caller names, if it is active under it.
    fn caller_alias(&self, caller: &Caller<'_>) -> Option<ByteStr> {
        let named = caller.info.any_ext.text(extension_name::FUNCTIONAL_ALIAS_URI)?;
        let active = self.aliases.of_client(&caller.mcptt_id, &caller.client_id);
        let found = active.into_iter().find(|alias| Canonical::of(alias.as_str()) == Canonical::of(named));
        found.map(|alias| alias.0)
    }

    /// Members present, and how many there may be in the call.
    pub(super) fn participant_limit(&self, group: &Group) -> usize {
        let limit =
            group.max_participants.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
        limit.min(self.directory.config.limits.legs_per_call)
    }

    /// Adds the tier of a call to a request for a member.
    pub(super) fn push_resource_priority(&self, request: &mut Request, tier: Tier) {
        if tier != Tier::Normal {
            self.push_any_resource_priority(request, tier);
        }
    }

    /// The same where the normal one has to be told too, because it was another one before.
    pub(super) fn push_any_resource_priority(&self, request: &mut Request, tier: Tier) {
        //= 24.379-6.3.3.1.19
        let service = &self.directory.config.service;
        let value: &ByteStr = match tier {
            Tier::Emergency => &service.emergency_resource_priority,
            Tier::ImminentPeril => &service.imminent_peril_resource_priority,
            Tier::Normal => &service.normal_resource_priority,
        };
        request.headers.push(HeaderName::ResourcePriority, value.clone());
    }

    pub(super) fn running_call_of(&self, group: &GroupId) -> Option<CallRef> {
        self.by_group.get(group).copied()
    }
}

/// A Resource-Priority of a tier needs the tier: asked for with authorisation, or present in the group.
pub(super) fn check_resource_priority(
    headers: &Headers,
    service: &ServiceConfig,
    tier: Tier,
) -> Result<(), Refusal> {
    let claims = |value: &ByteStr| headers.lists(&HeaderName::ResourcePriority, value);
    //= 24.379-10.1.1.4.2:12
    let emergency = claims(&service.emergency_resource_priority) && tier < Tier::Emergency;
    let peril = claims(&service.imminent_peril_resource_priority) && tier < Tier::ImminentPeril;
    if emergency || peril { Err(Refusal::ResourcePriorityWithoutRight) } else { Ok(()) }
}

/// `Privacy: id` (RFC 3325).
pub(super) fn wants_privacy(headers: &Headers) -> bool {
    let mut values = headers.all(&HeaderName::Privacy).flat_map(|value| value.split(';'));
    values.any(|value| value.trim().eq_ignore_ascii_case("id"))
}
