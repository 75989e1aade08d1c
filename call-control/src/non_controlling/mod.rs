//! The non-controlling MCPTT function of a group (TS 24.379 6.3.4, 10.1.1.5): what the controlling function of a group does
//! while the group is part of a temporary group or regroup whose call another function controls.
//!
//! Towards that function it is one participant, towards the members of its group it is a focus: it invites them, knows who
//! is there, and ends the session when nobody is left. It is a part of the controlling function, because it works with the
//! same affiliations, calls and documents; what the two functions of one node say to each other is SIP nevertheless.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, LegRef, McpttId};
use mcptt_codec::sdp::McpttFmtp;
use mcptt_codec::sip::{HeaderName, Headers, Method, Part, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::floor_request::{FloorRequest, TrackInfo};
use mcptt_codec::xml::mcptt_info::IndicatorCombination;
use mcptt_codec::xml::{Extra, mime};
use rand_core::RngCore;

use super::answer::{Caller, Offered};
use super::change::Changed;
use super::group_document::member_of;
use super::inform::Notice;
use super::priority::floor_indicator;
use super::session::{Call, Leg, LegState, Waiting};
use super::{Controlling, Deadline, Incoming};
use crate::bodies::{Bodies, InfoValues, Kind, description_part};
use crate::config::Group;
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::event::{CallState, Event, LeaveCause, Tier};
use crate::media::{
    ConstituentRequest, Entry, FloorParameters, FunctionLeg, MediaCommand, MediaEndpoint, MediaProtection,
    NonControllingSettings,
};
use crate::offer_answer::RemoteMedia;
use crate::policy::{Refusal, ReleaseCause};
use crate::service;

/// The info package in which a function tells who talks in its call (TS 24.379 annex G).
pub(super) const FLOOR_REQUEST_PACKAGE: ByteStr = ByteStr::from_static("g.3gpp.mcptt-floor-request");

/// What a call has that another function controls.
#[derive(Debug)]
pub(super) struct Session {
    /// The leg of that function.
    pub focus: LegRef,
    /// The call was controlled here before, and will be again.
    merged: bool,
    /// It has acknowledged our answer.
    acknowledged: bool,
    /// Who talked when it was handed over, to be told as soon as the function has acknowledged our answer.
    told: Option<ConstituentRequest>,
}

impl Session {
    const fn of(focus: LegRef, merged: bool) -> Self {
        Self { focus, merged, acknowledged: false, told: None }
    }
}

/// A request of a controlling function, checked.
struct Asked<'a> {
    group: &'a Group,
    caller: Caller<'a>,
    /// Who has opened the call of the temporary group.
    initiator: McpttId,
    offered: Offered,
    protection: Option<MediaProtection>,
    tier: Tier,
}

impl Controlling {
    /// An INVITE with `isfocus`: another function controls the call of a temporary group that our group is part of.
    pub(super) fn focus_invite(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let headers = &incoming.request.headers;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let target = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        let group = directory.configured_group(target).ok_or(Refusal::GroupUnknown)?;
        //= 24.379-6.3.1.1:ncf
        //= 24.379-10.1.1.5.1
        let into = directory.temporary_group_of(target).ok_or(Refusal::IsfocusAssigned)?;
        let calling = info.calling_group().ok_or(Refusal::IsfocusAssigned)?;
        if Canonical::of(calling.as_str()) != Canonical::of(into.as_str()) {
            return Err(Refusal::IsfocusAssigned);
        }
        if group.unavailable {
            return Err(Refusal::GroupUnavailable);
        }
        if group.disabled {
            return Err(Refusal::GroupDisabled);
        }
        let policy = &directory.config.policy;
        let interval = service::interval(now, headers, policy, Refresher::Uac)?;
        let offered = self.offered_by_function(incoming, &bodies)?;
        let protection = self.protection(&offered.remote, group, None)?;
        let tier = match info.indicator_combination()? {
            IndicatorCombination::Emergency { .. } => Tier::Emergency,
            IndicatorCombination::ImminentPeril => Tier::ImminentPeril,
            _ => Tier::Normal,
        };
        let initiator = info.caller()?.map(|caller| self.known_spelling(caller)).unwrap_or_default();
        let caller = Caller {
            // What takes part in the session is the temporary group.
            mcptt_id: McpttId::new(into.0.clone()),
            client_id: ClientId::default(),
            bodies: &bodies,
            info,
            interval,
            session: None,
        };
        let asked = Asked { group, caller, initiator, offered, protection, tier };
        match self.running_call_of(&group.group_id) {
            Some(call) => self.merge(now, incoming, &asked, call),
            None if self.calls.len() >= directory.config.limits.calls => Err(Refusal::ControllingOverload),
            None => self.open_session(now, incoming, asked),
        }
    }

    /// The offer of a function. One of this node has media at our own address.
    fn offered_by_function(&self, incoming: &Incoming<'_>, bodies: &Bodies) -> Result<Offered, Refusal> {
        let description = bodies.description()?.ok_or(Refusal::NoAcceptableAudio)?;
        let config = &self.directory.config;
        let remote = match incoming.path.remote == config.controlling.address {
            true => RemoteMedia::read(&description).filter(|remote| remote.floor.is_some()),
            false => RemoteMedia::of_leg(&description, config),
        };
        Ok(Offered { remote: remote.ok_or(Refusal::NoAcceptableAudio)?, description })
    }

    /// The leg of the controlling function.
    fn focus_leg(&mut self, asked: &Asked<'_>, session_id: u64) -> Result<(Leg, u8), Refusal> {
        let offer = &asked.offered.remote.parameters;
        let queueing = offer.queueing && asked.group.queueing;
        let fmtp = McpttFmtp { queueing, priority: offer.priority, ..McpttFmtp::default() };
        let parameters = FloorParameters { queueing, priority: offer.priority, ..FloorParameters::default() };
        let protection = asked.protection.as_ref();
        self.leg_of_offer(&asked.caller, &asked.offered, parameters, &fmtp, session_id, protection)
    }

    /// No call of the group runs: its members are invited into one.
    fn open_session(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        asked: Asked<'_>,
    ) -> Result<(), Refusal> {
        let (group, headers) = (asked.group, &incoming.request.headers);
        let format = asked.offered.remote.formats.first().cloned().ok_or(Refusal::NoAcceptableAudio)?;
        let audio = asked.offered.description.audio().cloned().ok_or(Refusal::NoAcceptableAudio)?;
        let session_id = self.rng.next_u64() >> 1;
        let (mut leg, payload_type) = self.focus_leg(&asked, session_id)?;
        leg.state = LegState::Waiting(Box::new(Waiting {
            transaction: incoming.transaction,
            protection: asked.protection.clone(),
            payload_type,
            supports_timer: headers.lists(&HeaderName::Supported, "timer"),
            takes_grant: false,
            correction: None,
        }));
        let at = self.new_leg();
        let controlling = function_leg(at, &leg, asked.protection);
        let session_identity = self.new_session_identity();
        let canonical_identity = Canonical::of(&session_identity);
        self.next_call = self.next_call.wrapping_add(1);
        let call = CallRef(self.next_call);
        let kind = if group.invite_members { Kind::Prearranged } else { Kind::Chat };
        let broadcast = asked.caller.info.broadcast_ind == Some(true);
        // The state of the temporary group is that of its constituents as long as the call lasts and beyond.
        if asked.tier != Tier::Normal {
            self.raise(now, &group.group_id, &asked.initiator, asked.tier);
        }
        let tier = self.tier_of(&group.group_id);
        let new = Call {
            kind,
            group: group.group_id.clone(),
            session_identity: session_identity.clone(),
            canonical_identity: canonical_identity.clone(),
            state: CallState::Initialising,
            tier,
            broadcast,
            initiator: asked.initiator.clone(),
            functional_alias: None,
            originator: at,
            audio,
            format,
            alert: asked.caller.info.alert_ind.as_ref().and_then(|alert| alert.value()).copied()
                == Some(true),
            superseded: false,
            answer_mode: headers.get(&HeaderName::AnswerMode).cloned(),
            priv_answer_mode: headers.get(&HeaderName::PrivAnswerMode).cloned(),
            session_id,
            legs: BTreeMap::from([(at, leg)]),
            acknowledging: false,
            proceeds_without: false,
            truncated: false,
            temporary: false,
            joined: false,
            best_failure: None,
            warnings: self.temporary_permission(group, &asked.initiator).into_iter().collect(),
            progress: BTreeSet::new(),
            to_invite: VecDeque::new(),
            closing: BTreeSet::new(),
            cause: None,
            private: None,
            floor_control: true,
            charging: Headers::default(),
            non_controlling: Some(Session::of(at, false)),
        };
        self.calls.insert(call, new);
        self.by_group.insert(group.group_id.clone(), call);
        self.by_incoming.insert(incoming.transaction, (call, at));
        if let Some(identity) = canonical_identity {
            self.by_identity.insert(identity, call);
        }
        self.event(Event::CallStarted {
            call,
            group: Some(group.group_id.clone()),
            initiator: asked.initiator,
            tier,
            broadcast,
            session_identity,
        });
        let settings = settings_of(tier, broadcast);
        self.media(MediaCommand::NonControllingInitiated { call, settings, controlling });
        //= 24.379-6.3.4:invite
        if kind == Kind::Prearranged {
            self.fan_out(now, call);
        }
        //= 24.379-6.3.4:answer
        self.evaluate(now, call);
        Ok(())
    }

    /// A call of the group runs: it becomes part of the call of the temporary group, with whom it has.
    fn merge(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        asked: &Asked<'_>,
        call: CallRef,
    ) -> Result<(), Refusal> {
        let Some(running) = self.calls.get(&call) else { return Err(Refusal::GroupUnknown) };
        // One function controls a call.
        if running.non_controlling.is_some() {
            return Err(Refusal::IsfocusAssigned);
        }
        let payload_type =
            asked.offered.remote.payload_type_of(&running.format).ok_or(Refusal::NoAcceptableAudio)?;
        let (session_id, broadcast) = (running.session_id, running.broadcast);
        let (mut leg, _) = self.focus_leg(asked, session_id)?;
        leg.entry = Entry::Joining { implicit_request: false };
        let at = self.new_leg();
        let controlling = function_leg(at, &leg, asked.protection.clone());
        let mut answer = Response::new(StatusCode::OK);
        answer.set_parts(&[description_part(&leg.description)]);
        let supports_timer = incoming.request.headers.lists(&HeaderName::Supported, "timer");
        self.complete_success(call, &mut answer, &asked.caller.interval, supports_timer);
        if let Some(warning) = self.temporary_permission(asked.group, &asked.initiator) {
            answer.headers.push(HeaderName::Warning, warning);
        }
        //= 24.379-6.3.4:merge
        if let Some(running) = self.calls.get_mut(&call) {
            running.non_controlling = Some(Session::of(at, true));
            running.legs.insert(at, leg);
        }
        // How long the call may last is for the function that controls it.
        self.deadlines.set(Deadline::Tng3(call), None);
        if asked.tier != Tier::Normal {
            self.raise(now, &asked.group.group_id, &asked.initiator, asked.tier);
        }
        let settings = settings_of(self.tier_of(&asked.group.group_id), broadcast);
        self.media(MediaCommand::ControlHandedOver { call, settings, controlling });
        match self.agent.respond(now, incoming.transaction, answer) {
            Some(dialog) => self.connect(call, at, dialog, payload_type, asked.protection.clone()),
            None => self.focus_left(now, call, at, LeaveCause::SignallingLost, false),
        }
        Ok(())
    }

    /// The function that controls the call has left it: a call that was ours before is ours again, another one is over.
    pub(super) fn focus_left(
        &mut self,
        now: Instant,
        call: CallRef,
        at: LegRef,
        cause: LeaveCause,
        bye: bool,
    ) {
        let directory = Arc::clone(&self.directory);
        let Some(running) = self.calls.get(&call) else { return };
        let merged = running.non_controlling.as_ref().is_some_and(|session| session.merged);
        let group = directory.configured_group(running.group.as_str()).filter(|_| merged);
        let Some(group) = group else {
            let over = ReleaseCause::TemporaryGroupCallEnded;
            return match running.legs.get(&at) {
                Some(Leg { state: LegState::Waiting(_), .. }) => {
                    self.release(now, call, ReleaseCause::OriginatorCancelled, None);
                }
                _ => {
                    self.drop_leg(now, call, at, cause, bye);
                    self.release(now, call, over, None);
                }
            };
        };
        if let Some(function) = running.legs.get(&at).map(|leg| leg.mcptt_id.clone()) {
            self.watchers.end_of(&function);
        }
        self.drop_leg(now, call, at, cause, bye);
        let Some(running) = self.calls.get_mut(&call) else { return };
        running.non_controlling = None;
        let (kind, tier, broadcast) = (running.kind, running.tier, running.broadcast);
        let initiator = broadcast.then_some(running.originator);
        let format = running.format.clone();
        let settings = self.call_settings(group, kind, tier, initiator, &format);
        self.media(MediaCommand::ControlResumed { call, settings });
        self.limit_duration(now, call);
        self.evaluate(now, call);
    }

    /// The function that controls the call tells how urgent it is.
    pub(super) fn focus_changed(
        &mut self,
        now: Instant,
        (call, at): (CallRef, LegRef),
        wish: &IndicatorCombination,
        caller: Option<McpttId>,
    ) -> Option<Changed> {
        let running = self.calls.get(&call)?;
        let function = running.legs.get(&at)?.mcptt_id.clone();
        let group = running.group.clone();
        let by = caller.map_or(function, |caller| self.known_spelling(caller));
        let none = Notice::by(&by);
        let notice = match wish {
            IndicatorCombination::None => return None,
            IndicatorCombination::Emergency { alert } => {
                let superseded = self.raise(now, &group, &by, Tier::Emergency);
                let imminent_peril = superseded.then_some(false);
                Notice { emergency: Some(true), alert: Some(*alert), imminent_peril, ..none }
            }
            IndicatorCombination::ImminentPeril => {
                self.raise(now, &group, &by, Tier::ImminentPeril);
                Notice { imminent_peril: Some(true), ..none }
            }
            IndicatorCombination::EmergencyCancel { alert, originated_by } => {
                let whose = originated_by.as_ref().unwrap_or(&by);
                let over = self.end_emergency(now, &group, whose, &by);
                let alert = alert.then_some(false);
                let originated_by = originated_by.clone();
                Notice { emergency: over.then_some(false), alert, originated_by, ..none }
            }
            IndicatorCombination::ImminentPerilCancel => {
                let over = self.end_peril(now, &group, &by).then_some(false);
                Notice { emergency: over, imminent_peril: over, ..none }
            }
        };
        Some(Changed { notice, correction: None, upgrade: false })
    }

    /// The media plane says who talked in a call that another function controls from now on.
    pub(super) fn talker_handed_over(&mut self, now: Instant, call: CallRef, request: ConstituentRequest) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let Some(session) = running.non_controlling.as_mut() else { return };
        session.told = Some(request);
        let (focus, acknowledged) = (session.focus, session.acknowledged);
        let dialog = running.legs.get(&focus).and_then(Leg::dialog).cloned();
        if let Some(dialog) = dialog.filter(|_| acknowledged) {
            self.tell_talker(now, &dialog);
        }
    }

    /// Tells the controlling function who talks here, once it has acknowledged our answer.
    pub(super) fn tell_talker(&mut self, now: Instant, dialog: &DialogId) {
        let Some((call, at)) = self.by_dialog.get(dialog).copied() else { return };
        let session = self.calls.get_mut(&call).and_then(|running| running.non_controlling.as_mut());
        let Some(session) = session.filter(|session| session.focus == at) else { return };
        session.acknowledged = true;
        let Some(told) = session.told.take() else { return };
        //= 24.379-6.3.4:merge
        let document = FloorRequest {
            floor_type: None,
            ssrc: Some(told.ssrc.0.into()),
            floor_priority: Some(told.priority),
            user_id: None,
            track_info: Some(TrackInfo {
                queueing_capability: Some(u8::from(told.queueing)),
                participant_type: None,
                floor_participant_references: vec![told.reference.into()],
                extra: Extra::default(),
            }),
            floor_indicator: Some(told.indicator.0.into()),
            extra: Extra::default(),
        };
        let mut info = Request::new(Method::Info, ByteStr::EMPTY);
        info.headers.push(HeaderName::InfoPackage, FLOOR_REQUEST_PACKAGE);
        let part = Part::new(mime::FLOOR_REQUEST, document.to_xml());
        info.set_parts(&[part.with(HeaderName::ContentDisposition, "Info-Package")]);
        // A function that is gone controls nothing.
        let _ = self.agent.request_in_dialog(now, dialog, info);
    }

    /// The warning for a member that may call the temporary group.
    fn temporary_permission(&self, group: &Group, user: &McpttId) -> Option<ByteStr> {
        //= 24.379-6.3.4:147
        let may = member_of(group, user).is_ok_and(|member| member.may_initiate);
        may.then(|| self.identity.warning(147))
    }

    /// A member that calls a constituent group is told that it may call the temporary one.
    pub(super) fn tell_temporary_permission(&self, incoming: &Incoming<'_>, response: &mut Response) {
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body).unwrap_or_default();
        let named = bodies.info.as_ref().and_then(|info| {
            let group = info.target().ok().flatten()?;
            Some((info.caller().ok().flatten()?, self.directory.configured_group(group)?))
        });
        let Some((user, group)) = named else { return };
        if let Some(warning) = self.temporary_permission(group, &self.known_spelling(user)) {
            response.headers.push(HeaderName::Warning, warning);
        }
    }
}

fn settings_of(tier: Tier, broadcast: bool) -> NonControllingSettings {
    NonControllingSettings { participant_type: None, indicator: floor_indicator(tier, broadcast, true) }
}

fn function_leg(at: LegRef, leg: &Leg, protection: Option<MediaProtection>) -> FunctionLeg {
    let (audio, floor) = leg.remote.unwrap_or((leg.local.audio, leg.local.floor));
    FunctionLeg {
        leg: at,
        audio: MediaEndpoint { local: leg.local.audio, remote: audio },
        floor: MediaEndpoint { local: leg.local.floor, remote: floor },
        protection,
    }
}
