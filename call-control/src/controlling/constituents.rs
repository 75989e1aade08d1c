//! Constituent groups in a call of a temporary group or regroup: their non-controlling functions are invited in the place of
//! their members (TS 24.379 10.1.1.4.1, 6.3.3.1.2), tell by INFO who talked, and are asked who is in the call behind them
//! (10.1.3.5).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId, Ssrc};
use mcptt_codec::sdp::{McpttFmtp, MediaDescription};
use mcptt_codec::sip::{HeaderName, Method, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::conference_info::{ConferenceInfo, User};
use mcptt_codec::xml::floor_request::FloorRequest;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;

use super::member_info::member_info;
use super::session::{Call, Leg, LegState};
use super::watching::Watched;
use super::{Controlling, Incoming, Pending};
use crate::bodies::{Bodies, InfoValues, description_part, info_part};
use crate::config::{Config, Group};
use crate::event::Event;
use crate::media::{ConstituentRequest, Entry, FloorParameters, MediaCommand};
use crate::offer_answer::formats::LegVoice;
use crate::offer_answer::{self, OwnKeys};
use crate::policy::Refusal;
use crate::service;

/// What a leg knows about the constituent group behind it.
#[derive(Debug)]
pub(super) struct Constituent {
    pub group: GroupId,
    /// The function that serves the group.
    function: SocketAddr,
    /// The session identity at that function.
    session: Option<ByteStr>,
    /// Who is in the call there. `None`: nobody has asked.
    users: Option<Vec<User>>,
}

impl Constituent {
    /// The function of the group is in this node, so that media between the two has our addresses on both sides.
    pub fn is_here(&self, config: &Config) -> bool {
        self.function == config.controlling.address
    }

    /// Who is in the call there, as far as known.
    pub fn users(&self) -> &[User] {
        self.users.as_deref().unwrap_or_default()
    }
}

impl Controlling {
    /// The constituent group whose function brings a user into the calls of a temporary group.
    pub(super) fn constituent_of<'a>(&self, group: &'a Group, user: &McpttId) -> Option<&'a GroupId> {
        group.constituents.iter().find(|constituent| {
            let document = self.directory.configured_group(constituent.as_str());
            document.is_some_and(|document| document.member(user).is_some())
        })
    }

    /// Invites the non-controlling function of a constituent group.
    pub(super) fn invite_constituent(&mut self, now: Instant, call: CallRef, constituent: &GroupId) {
        let directory = Arc::clone(&self.directory);
        let Some(running) = self.calls.get(&call) else { return };
        let Some(group) = directory.group(running.group.as_str()) else { return };
        let Some(peer) = directory.controlling_function_of(constituent.as_str()) else { return };
        let (audio, session_id) = (running.audio.clone(), running.session_id);
        let mcptt_id = McpttId::new(constituent.0.clone());
        let wanted = self.wanted(group, None);
        let keys = OwnKeys::of(&directory.config.media, wanted, &mut self.rng);
        let Some(local) = self.ports.for_offer(&mcptt_id) else { return };
        let audio = MediaDescription::speech_like(&audio, local.audio.port(), keys.protocol());
        let highest = directory.config.service.priority_levels.saturating_sub(1);
        let highest = u8::try_from(highest).unwrap_or(u8::MAX);
        let queueing = group.queueing && !group.audio_cut_in;
        let fmtp = McpttFmtp { queueing, priority: Some(highest), ..McpttFmtp::default() };
        let description = offer_answer::offer(session_id, local, audio, &keys, &fmtp);
        let Some(running) = self.calls.get(&call) else { return };
        let mut invite = self.member_invite(running, &peer.identity, &mcptt_id);
        self.push_resource_priority(&mut invite, running.tier);
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(constituent))),
            ..member_info(running, &mcptt_id, &ClientId::default(), false)
        };
        invite.set_parts(&[description_part(&description), info_part(&info)]);
        let transaction = self.agent.request(now, invite, peer.address);
        let at = self.new_leg();
        let leg = Leg {
            mcptt_id: mcptt_id.clone(),
            client_id: ClientId::default(),
            required: false,
            entry: Entry::Invited,
            state: LegState::Inviting { transaction, unconfirmed: false },
            local,
            remote: None,
            dtls: None,
            keys,
            description,
            // Whether a participant behind the function may do something, the function knows.
            floor: FloorParameters {
                queueing,
                priority: Some(highest),
                multi_talker_allowed: true,
                emergency_allowed: true,
                function: true,
                ..FloorParameters::default()
            },
            audio_ssrc: None,
            interval: None,
            lacks_priority: false,
            owed: None,
            informing: false,
            voice: LegVoice::default(),
            constituent: Some(Box::new(Constituent {
                group: constituent.clone(),
                function: peer.address,
                session: None,
                users: None,
            })),
        };
        if let Some(running) = self.calls.get_mut(&call) {
            running.legs.insert(at, leg);
        }
        self.pending.insert(transaction, Pending::Invite(call, at));
        let client_id = ClientId::default();
        self.event(Event::MemberInvited { call, leg: at, mcptt_id, client_id, required: false });
    }

    /// The function of a constituent group has accepted: that it has, and where its session is, is kept.
    pub(super) fn constituent_connected(
        &mut self,
        now: Instant,
        call: CallRef,
        at: LegRef,
        response: &Response,
    ) {
        let leg = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at));
        let Some(constituent) = leg.and_then(|leg| leg.constituent.as_mut()) else { return };
        let contact = service::address(&response.headers, &HeaderName::Contact);
        constituent.session = contact.map(|contact| contact.to_string().into());
        if self.watchers.watches(&Watched::Call(call)) {
            self.ask_for_rosters(now, call);
        }
    }

    /// Subscribes to who is in a call behind the functions of its constituent groups, as far as that was not done.
    pub(super) fn ask_for_rosters(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let group = running.group.clone();
        let mut asked = Vec::new();
        for (at, leg) in &mut running.legs {
            let connected = matches!(leg.state, LegState::Connected(_));
            let Some(constituent) = leg.constituent.as_mut().filter(|_| connected) else { continue };
            if let (None, Some(session)) = (&constituent.users, &constituent.session) {
                asked.push((*at, session.clone(), constituent.function, constituent.group.clone()));
                constituent.users = Some(Vec::new());
            }
        }
        let own = self.identity.uri.clone();
        for (at, session, function, constituent) in asked {
            //= 24.379-10.1.3.5
            let mut subscribe = service::request(Method::Subscribe, &session, &own, &session);
            service::assert_function(&mut subscribe.headers, &own);
            subscribe.headers.push(HeaderName::Event, "conference");
            subscribe.headers.push(HeaderName::Accept, mime::CONFERENCE_INFO);
            subscribe.headers.push(HeaderName::Expires, service::FOR_EVER.to_string());
            // The temporary group is what takes part in the session there.
            let info = McpttInfo {
                request_uri: Some(Content::Normal(McpttUri::from(&constituent))),
                calling_user_id: Some(Content::Normal(McpttId::new(group.0.clone()))),
                ..McpttInfo::default()
            };
            subscribe.set_parts(&[info_part(&info)]);
            let transaction = self.agent.request(now, subscribe, function);
            self.pending.insert(transaction, Pending::Roster(call, at));
        }
    }

    pub(super) fn roster_answered(&mut self, call: CallRef, at: LegRef, response: &Response) {
        if response.status.is_success() {
            return;
        }
        // Nothing is known of the group then; the next watcher lets us ask again.
        let leg = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at));
        if let Some(constituent) = leg.and_then(|leg| leg.constituent.as_mut()) {
            constituent.users = None;
        }
    }

    /// The function of a constituent group tells who is in the call behind it.
    pub(super) fn roster_told(&mut self, now: Instant, incoming: &Incoming<'_>) {
        let told = self.note_roster(incoming);
        let status = match told {
            Ok(call) => {
                self.watchers.note(Watched::Call(call));
                StatusCode::OK
            }
            //= RFC3261-481
            Err(_) => StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST,
        };
        self.agent.respond(now, incoming.transaction, Response::new(status));
    }

    fn note_roster(&mut self, incoming: &Incoming<'_>) -> Result<CallRef, Refusal> {
        let headers = &incoming.request.headers;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let group =
            bodies.info.as_ref().and_then(InfoValues::calling_group).ok_or(Refusal::BodyUnreadable)?;
        let part = bodies.part(mime::CONFERENCE_INFO).ok_or(Refusal::BodyUnreadable)?;
        let document = ConferenceInfo::parse(&part.body).map_err(|_| Refusal::BodyUnreadable)?;
        let named = |leg: &Leg| {
            let constituent = leg.constituent.as_ref();
            constituent.is_some_and(|known| known.group == group && known.users.is_some())
        };
        let mut calls = self.calls.iter_mut();
        let found = calls
            .find_map(|(call, running)| Some((*call, running.legs.values_mut().find(|leg| named(leg))?)));
        let (call, leg) = found.ok_or(Refusal::ConferenceUnknown)?;
        if let Some(constituent) = &mut leg.constituent {
            constituent.users = Some(document.users.map(|users| users.users).unwrap_or_default());
        }
        Ok(call)
    }

    /// INFO in the dialog of a participant: the function of a constituent group tells who talked in the call that has become
    /// part of ours.
    pub(super) fn floor_told(&mut self, now: Instant, incoming: &Incoming<'_>, call: CallRef, at: LegRef) {
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body).unwrap_or_default();
        let leg = self.calls.get(&call).and_then(|running| running.legs.get(&at));
        let constituent = leg.is_some_and(|leg| leg.constituent.is_some());
        let document = bodies.part(mime::FLOOR_REQUEST).filter(|_| constituent);
        let request = document.and_then(|part| FloorRequest::parse(&part.body).ok()).map(|told| read(&told));
        let status = match request {
            Some(request) => {
                self.media(MediaCommand::ConstituentRequest { call, leg: at, request });
                StatusCode::OK
            }
            None => StatusCode::METHOD_NOT_ALLOWED,
        };
        self.agent.respond(now, incoming.transaction, Response::new(status));
    }
}

impl Call {
    /// Those who are in the call behind the functions of constituent groups.
    pub(super) fn behind_functions(&self) -> impl Iterator<Item = &User> {
        self.legs.values().filter_map(|leg| leg.constituent.as_ref()).flat_map(|behind| behind.users())
    }
}

/// What a function asks for in the place of its talker.
fn read(told: &FloorRequest) -> ConstituentRequest {
    let low = |value: u64| u32::try_from(value & u64::from(u32::MAX)).unwrap_or_default();
    let track = told.track_info.as_ref();
    let reference = track.and_then(|track| track.floor_participant_references.last().copied());
    ConstituentRequest {
        ssrc: Ssrc(told.ssrc.map(low).unwrap_or_default()),
        priority: told.floor_priority.unwrap_or_default(),
        reference: reference.map(low).unwrap_or_default(),
        queueing: track.and_then(|track| track.queueing_capability) == Some(1),
        indicator: told
            .floor_indicator
            .and_then(|bits| u16::try_from(bits).ok())
            .map_or(FloorIndicator::NORMAL, FloorIndicator),
    }
}
