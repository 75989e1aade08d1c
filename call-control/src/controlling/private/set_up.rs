//! Receipt of an INVITE for a call between users, and the INVITE to whom is called (TS 24.379 11.1.1.4.1, 11.1.1.4.2).

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId};
use mcptt_codec::sdp::{McpttFmtp, MediaDescription};
use mcptt_codec::sip::{AnswerMode, HeaderName};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, IndicatorCombination, McpttInfo, McpttUri, extension_name};
use rand_core::RngCore;

use super::super::answer::{Caller, Offered};
use super::super::prearranged::{check_resource_priority, wants_privacy};
use super::super::priority::floor_indicator;
use super::super::session::{Call, Leg, LegState, Waiting};
use super::super::{Controlling, Deadline, Incoming, Pending};
use super::Private;
use crate::bodies::{Bodies, Kind, description_part, info_part};
use crate::config::{DistributionMode, User};
use crate::directory::Canonical;
use crate::event::{CallState, Event, Tier};
use crate::media::{CallAudio, CallSettings, Distribution, Entry, FloorParameters, MediaCommand};
use crate::offer_answer::formats::LegVoice;
use crate::offer_answer::{self, OwnKeys, RemoteMedia, Wanted};
use crate::policy::{PrivateRefusal, Refusal, ReleaseCause};
use crate::private_call::{Listening, PrivateCallKind, is_same_user, named_users};

impl Controlling {
    /// An INVITE for the controlling function of a private call (6.3.1.1).
    pub(in crate::controlling) fn private_invite(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
    ) -> Result<(), Refusal> {
        let directory = Arc::clone(&self.directory);
        let config = &directory.config;
        if self.calls.len() >= config.limits.calls {
            return Err(Refusal::ControllingOverload);
        }
        let kind = PrivateCallKind::of(caller.info)?.ok_or(Refusal::SessionTypeNotServed)?;
        let callees = self.callees(caller, kind)?;
        let user = directory.user_at(&caller.mcptt_id, &caller.client_id);
        let tier = requested_tier(caller.info, user, &callees)?;
        check_resource_priority(&incoming.request.headers, &config.service, tier)?;
        let description = caller.bodies.description()?.ok_or(Refusal::NoAcceptableAudio)?;
        let remote = RemoteMedia::elsewhere(&description, config).ok_or(Refusal::NoAcceptableAudio)?;
        // Whoever listens to one of the users hears no more, whatever becomes of this call.
        self.interrupt_listening(now, &caller.mcptt_id, ReleaseCause::ListenedToCalls);
        for callee in &callees {
            self.interrupt_listening(now, callee, ReleaseCause::ListenedToIsCalled);
        }
        let call = self.open_private(
            now,
            incoming,
            caller,
            &callees,
            (kind, tier),
            Offered { description, remote },
        )?;
        for callee in &callees {
            self.invite_callee(now, call, callee);
        }
        self.evaluate(now, call);
        Ok(())
    }

    /// Who is called: exactly one user, or any number of candidates, never the caller.
    fn callees(&self, caller: &Caller<'_>, kind: PrivateCallKind) -> Result<Vec<McpttId>, Refusal> {
        let named = named_users(caller.bodies)?;
        //= 24.379-11.1.1.4.2:3
        if kind != PrivateCallKind::FirstToAnswer && named.len() != 1 {
            return Err(PrivateRefusal::CalleeCount.into());
        }
        let alias = caller.info.any_ext.flag(extension_name::CALL_TO_FUNCTIONAL_ALIAS_IND) == Some(true);
        let named = match (alias, kind) {
            (true, PrivateCallKind::Private) => {
                let holders: Vec<McpttId> = self.holders_of(&named).into_iter().collect();
                //= 24.379-9A.2.2.2:resolve
                if holders.len() > 1 {
                    return Err(PrivateRefusal::SeveralHolders.into());
                }
                holders
            }
            _ => named,
        };
        let callees: Vec<McpttId> = named
            .into_iter()
            .filter(|named| !is_same_user(named, &caller.mcptt_id))
            .take(self.directory.config.private_calls.max_candidates)
            .map(|named| self.known_spelling(named))
            .collect();
        if callees.is_empty() { Err(PrivateRefusal::CalleeMissing.into()) } else { Ok(callees) }
    }

    /// The users that are active under the aliases that are called.
    fn holders_of(&self, aliases: &[McpttId]) -> BTreeSet<McpttId> {
        aliases.iter().flat_map(|alias| self.aliases.holders_of(alias.as_str())).collect()
    }

    /// The same for a request that is refused because there are several.
    pub(in crate::controlling) fn holders_called(&self, incoming: &Incoming<'_>) -> BTreeSet<McpttId> {
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body);
        let named = bodies.ok().and_then(|bodies| named_users(&bodies).ok());
        self.holders_of(&named.unwrap_or_default())
    }

    /// The call with the leg of its caller, whom nobody has answered yet.
    fn open_private(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        caller: &Caller<'_>,
        callees: &[McpttId],
        (kind, tier): (PrivateCallKind, Tier),
        offered: Offered,
    ) -> Result<CallRef, Refusal> {
        let directory = Arc::clone(&self.directory);
        let private_calls = &directory.config.private_calls;
        let headers = &incoming.request.headers;
        let user = directory.user_at(&caller.mcptt_id, &caller.client_id);
        let end_to_end = offer_answer::is_end_to_end(&offered.description);
        let protection = match end_to_end {
            true => None,
            false => self.negotiate(&offered.remote, self.user_may_be_plain(user))?,
        };
        let floor_control = offered.remote.floor.is_some();
        let parameters = &offered.remote.parameters;
        let listens = kind == PrivateCallKind::AmbientListening(Listening::RemoteInit);
        //= 24.379-6.4:new
        let fmtp = McpttFmtp {
            queueing: parameters.queueing,
            implicit_request: parameters.implicit_request && !listens,
            ..McpttFmtp::default()
        };
        let own = FloorParameters { privacy: wants_privacy(headers), ..rights(user, fmtp.queueing, listens) };
        // Whatever can fail comes before the leg, which occupies ports.
        let format = offered.remote.formats.first().cloned().ok_or(Refusal::NoAcceptableAudio)?;
        let audio = offered.description.audio().cloned().ok_or(Refusal::NoAcceptableAudio)?;
        let session_id = self.rng.next_u64() >> 1;
        let (mut leg, payload_type) =
            self.leg_of_offer(caller, &offered, own, &fmtp, session_id, protection.as_ref())?;
        leg.entry = match kind {
            // The floor server grants to the user that is listened to, as if it had asked.
            PrivateCallKind::AmbientListening(Listening::RemoteInit) => Entry::Invited,
            PrivateCallKind::AmbientListening(Listening::LocalInit) => {
                Entry::Originator { implicit_request: true }
            }
            _ => Entry::Originator { implicit_request: fmtp.implicit_request },
        };
        leg.state = LegState::Waiting(Box::new(Waiting {
            transaction: incoming.transaction,
            protection,
            payload_type,
            supports_timer: headers.lists(&HeaderName::Supported, "timer"),
            takes_grant: parameters.granted && fmtp.implicit_request,
            correction: None,
        }));
        let at = self.new_leg();
        //= 24.379-11.1.1.4.2:11
        let session_identity = self.new_session_identity();
        let canonical_identity = Canonical::of(&session_identity);
        self.next_call = self.next_call.wrapping_add(1);
        let call = CallRef(self.next_call);
        let (answer_mode, priv_answer_mode) = commencement(headers, kind);
        let alert = matches!(
            caller.info.indicator_combination(),
            Ok(IndicatorCombination::Emergency { alert: true }) if user.is_some_and(|user| user.emergency_alert)
        );
        self.calls.insert(
            call,
            Call {
                kind: Kind::Prearranged,
                group: GroupId::default(),
                session_identity: session_identity.clone(),
                canonical_identity: canonical_identity.clone(),
                state: CallState::Initialising,
                tier,
                broadcast: false,
                initiator: caller.mcptt_id.clone(),
                functional_alias: None,
                originator: at,
                audio,
                format: format.clone(),
                alert,
                superseded: false,
                floor_control,
                charging: crate::service::charging_of(headers),
                answer_mode,
                priv_answer_mode,
                session_id,
                legs: BTreeMap::from([(at, leg)]),
                acknowledging: false,
                proceeds_without: false,
                truncated: false,
                temporary: false,
                joined: false,
                best_failure: None,
                warnings: Vec::new(),
                progress: BTreeSet::new(),
                to_invite: VecDeque::new(),
                closing: BTreeSet::new(),
                cause: None,
                private: Some(Box::new(Private {
                    kind,
                    floor_control,
                    offer: offered.description,
                    end_to_end,
                    further: caller.info.any_ext.clone(),
                    called_party: None,
                    emergency_by: (tier == Tier::Emergency).then(|| caller.mcptt_id.clone()),
                    change: None,
                })),
                non_controlling: None,
            },
        );
        self.by_incoming.insert(incoming.transaction, (call, at));
        if let Some(identity) = canonical_identity {
            self.by_identity.insert(identity, call);
        }
        //= 24.379-11.1.1.4.1:10
        let limit = match (kind, floor_control) {
            (PrivateCallKind::AmbientListening(_), _) => Some(private_calls.ambient_listening_limit),
            (_, true) => private_calls.max_duration_with_floor_control,
            (_, false) => private_calls.max_duration_without_floor_control,
        };
        self.deadlines.set(Deadline::Tng3(call), limit.and_then(|limit| now.checked_add(limit)));
        self.supervise_emergency(now, call);
        self.event(Event::CallStarted {
            call,
            group: None,
            initiator: caller.mcptt_id.clone(),
            tier,
            broadcast: false,
            session_identity,
        });
        let listening = matches!(kind, PrivateCallKind::AmbientListening(_));
        self.media(MediaCommand::CallInitiated {
            call,
            settings: CallSettings {
                group: None,
                //= 24.379-11.1.2.2
                floor_control,
                broadcast_initiator: None,
                indicator: floor_indicator(tier, false, false),
                queueing: true,
                audio_cut_in: false,
                max_talkers: None,
                dual_floor: None,
                //= 24.379-6.3.8.2:1
                hang_timer: if listening { limit } else { private_calls.hang_time },
                // Who is listened to keeps the floor as long as the call lasts.
                talk_limit: if listening { limit } else { directory.config.service.talk_limit },
                audio: CallAudio::of(&format, end_to_end),
                record: directory.config.recording.is_user_recorded(callees.iter().chain([&caller.mcptt_id])),
                distribution: Distribution { mode: DistributionMode::Forwarding, ..Distribution::default() },
            },
        });
        Ok(call)
    }

    /// Invites one called user.
    fn invite_callee(&mut self, now: Instant, call: CallRef, callee: &McpttId) {
        let directory = Arc::clone(&self.directory);
        let user = directory.user(callee.as_str());
        let Some(local) = self.ports.for_offer(callee) else { return };
        let plain = self.user_may_be_plain(user);
        let Some(running) = self.calls.get(&call) else { return };
        let Some(private) = running.private.as_deref() else { return };
        let dtls = user.is_some_and(|user| user.dtls_srtp);
        let wanted = match user.is_some_and(|user| user.browser) {
            _ if private.end_to_end => Wanted::Plain,
            true => Wanted::Web,
            false => Wanted::of(plain, dtls),
        };
        let keys = OwnKeys::of(&directory.config.media, wanted, &mut self.rng);
        let protocol = match private.end_to_end {
            true => running.audio.protocol.clone(),
            false => ByteStr::from_static(keys.protocol()),
        };
        let audio = MediaDescription::speech_like(&running.audio, local.audio.port(), protocol);
        //= 24.379-11.1:fmtp
        let fmtp = McpttFmtp { queueing: true, ..McpttFmtp::default() };
        let description = match private.floor_control {
            true => offer_answer::offer(running.session_id, local, audio, &keys, &fmtp),
            false => offer_answer::audio_offer(running.session_id, local, audio, &keys),
        };
        let description = match private.end_to_end {
            //= 33.180-pck
            true => offer_answer::with_key_management(description, &private.offer),
            false => description,
        };
        let peer = directory.participating_function_of(user);
        let mut invite = self.member_invite(running, &peer.identity, callee);
        self.push_resource_priority(&mut invite, running.tier);
        invite
            .set_parts(&[description_part(&description), info_part(&callee_info(running, private, callee))]);
        let talks = private.kind == PrivateCallKind::AmbientListening(Listening::RemoteInit);
        let listens = private.kind == PrivateCallKind::AmbientListening(Listening::LocalInit);
        let transaction = self.agent.request(now, invite, peer.address);
        let at = self.new_leg();
        let leg = Leg {
            mcptt_id: callee.clone(),
            client_id: ClientId::default(),
            required: false,
            entry: if talks { Entry::Originator { implicit_request: true } } else { Entry::Invited },
            state: LegState::Inviting { transaction, unconfirmed: false },
            local,
            remote: None,
            dtls: None,
            keys,
            description,
            floor: rights(user, true, listens),
            audio_ssrc: None,
            interval: None,
            lacks_priority: false,
            owed: None,
            informing: false,
            voice: LegVoice::default(),
            constituent: None,
        };
        self.add_callee(call, at, leg);
        self.pending.insert(transaction, Pending::Invite(call, at));
    }

    fn add_callee(&mut self, call: CallRef, at: LegRef, leg: Leg) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let (mcptt_id, client_id) = (leg.mcptt_id.clone(), leg.client_id.clone());
        running.legs.insert(at, leg);
        self.event(Event::MemberInvited { call, leg: at, mcptt_id, client_id, required: false });
    }

    /// Whether audio without protection is allowed for this user.
    pub(in crate::controlling) fn user_may_be_plain(&self, user: Option<&User>) -> bool {
        self.directory.config.media.plain_rtp && user.is_none_or(|user| user.plain_rtp)
    }

    /// Sets the time after which an emergency of a private call ends by itself.
    pub(super) fn supervise_emergency(&mut self, now: Instant, call: CallRef) {
        let timeout: Option<Duration> = self.directory.config.private_calls.emergency_timeout;
        let emergency = self.calls.get(&call).is_some_and(|running| running.tier == Tier::Emergency);
        let due = timeout.filter(|_| emergency).and_then(|timeout| now.checked_add(timeout));
        self.deadlines.set(Deadline::PrivateEmergency(call), due);
    }
}

/// What the indicators of a new call ask for, if the user may ask for it.
fn requested_tier(info: &McpttInfo, user: Option<&User>, callees: &[McpttId]) -> Result<Tier, Refusal> {
    //= 24.379-11.1.1.4:imm
    if info.imminentperil_ind.is_some() {
        return Err(PrivateRefusal::ImminentPerilInPrivateCall.into());
    }
    match info.indicator_combination()? {
        IndicatorCombination::Emergency { .. } => {
            //= 24.379-11.1.1.4.1:7
            let allowed = user.is_some_and(|user| {
                callees.iter().all(|callee| user.private_calls.may_call_in_emergency(callee))
            });
            if allowed {
                Ok(Tier::Emergency)
            } else {
                Err(PrivateRefusal::PrivateEmergencyNotAuthorised.into())
            }
        }
        IndicatorCombination::None => Ok(Tier::Normal),
        // There is nothing to cancel with the request that opens a call.
        _ => Err(Refusal::InvalidCombination),
    }
}

/// What a user may do on the floor of a private call.
fn rights(user: Option<&User>, queueing: bool, listens_only: bool) -> FloorParameters {
    FloorParameters {
        queueing,
        receive_only: listens_only,
        emergency_allowed: user.is_some_and(|user| user.private_calls.emergency),
        functional_aliases: user.map(|user| user.functional_aliases.clone()).unwrap_or_default(),
        ..FloorParameters::default()
    }
}

/// Answer-Mode and Priv-Answer-Mode for the called users.
fn commencement(
    headers: &mcptt_codec::sip::Headers,
    kind: PrivateCallKind,
) -> (Option<ByteStr>, Option<ByteStr>) {
    let word = |mode: AnswerMode| Some(ByteStr::from_static(mode.as_str()));
    match kind {
        //= 24.379-11.1.1.4:fta-header
        PrivateCallKind::FirstToAnswer => (None, word(AnswerMode::Manual)),
        //= 24.379-11.1.6:silent
        PrivateCallKind::AmbientListening(Listening::RemoteInit) => (None, word(AnswerMode::Auto)),
        _ => {
            (headers.get(&HeaderName::AnswerMode).cloned(), headers.get(&HeaderName::PrivAnswerMode).cloned())
        }
    }
}

/// The mcptt-info of an INVITE to a called user.
fn callee_info(call: &Call, private: &Private, callee: &McpttId) -> McpttInfo {
    let emergency = call.tier == Tier::Emergency;
    let mut info = McpttInfo {
        session_type: Some(private.kind.session_type()),
        request_uri: Some(Content::Normal(McpttUri::from(callee))),
        calling_user_id: Some(Content::Normal(call.initiator.clone())),
        emergency_ind: emergency.then_some(Content::Normal(true)),
        alert_ind: emergency.then_some(Content::Normal(call.alert)),
        any_ext: private.further.clone(),
        ..McpttInfo::default()
    };
    // Said by the function, not by the caller.
    info.any_ext.extensions.retain(|extension| extension.name.as_str() != extension_name::RELEASE_REASON);
    info
}
