//! The session over which a listener hears one call. It is no leg of the call: whoever looks at its participants, counts
//! them or tells them something does not meet it.

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, LegRef, McpttId};
use mcptt_codec::sdp::{Direction, McpttFmtp, MediaDescription};
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType, extension_name};

use super::super::fan_out::usable_answer;
use super::super::session::{Call, Leg, LegState};
use super::super::{Controlling, Incoming, Pending};
use super::{Listening, Target};
use crate::bodies::{Bodies, description_part, info_part};
use crate::dialog::DialogId;
use crate::discreet::Step;
use crate::event::{CallState, ListeningStep};
use crate::media::{Entry, FloorParameters, MediaCommand, MediaEndpoint, Participant, Redundancy};
use crate::offer_answer::formats::{self, LegVoice};
use crate::offer_answer::{self, OwnKeys, RemoteMedia, Wanted};
use crate::policy::Refusal;
use crate::service;

/// What a listener has of one call.
#[derive(Debug)]
pub(super) struct Session {
    pub listening: Listening,
    pub call: CallRef,
    /// `None`: the listener does not want to hear this call, or could not be reached.
    leg: Option<Leg>,
}

impl Call {
    /// Whether this is one of the calls that are listened to, and the server can hear it.
    fn is_heard(&self, listening: &Listening) -> bool {
        let readable = self.private.as_ref().is_none_or(|private| !private.end_to_end);
        let takes_part = |user: &McpttId| {
            self.legs.values().any(|leg| leg.mcptt_id == *user && matches!(leg.state, LegState::Connected(_)))
        };
        let meant = match &listening.target {
            Target::Group(group) => self.private.is_none() && self.group == *group,
            Target::User(user) => takes_part(user),
        };
        let controlled = self.non_controlling.is_none() && self.state == CallState::Established;
        // Who takes part hears it anyway.
        controlled && readable && meant && !takes_part(&listening.listener)
    }
}

impl Controlling {
    /// Looks at the calls that have changed: who listens to them from now on, and who no longer.
    pub(in crate::controlling) fn review_listening(&mut self, now: Instant) {
        for call in std::mem::take(&mut self.discreet.touched) {
            if self.shutting_down {
                continue;
            }
            let running = self.calls.get(&call);
            let agreed = self.discreet.agreed.iter().filter(|(_, agreed)| agreed.is_some());
            let heard = agreed.filter(|(listening, _)| running.is_some_and(|call| call.is_heard(listening)));
            let heard: Vec<Listening> = heard.map(|(listening, _)| listening.clone()).collect();
            let of_call = self.discreet.sessions.iter().filter(|(_, session)| session.call == call);
            let (on, over): (Vec<_>, Vec<_>) =
                of_call.partition(|(_, session)| heard.contains(&session.listening));
            let over: Vec<LegRef> = over.into_iter().map(|(at, _)| *at).collect();
            let on: Vec<Listening> = on.into_iter().map(|(_, session)| session.listening.clone()).collect();
            for at in over {
                self.stop_listening(now, at);
            }
            for listening in heard.into_iter().filter(|listening| !on.contains(listening)) {
                self.start_listening(now, call, listening);
            }
        }
    }

    /// Invites a listener.
    fn start_listening(&mut self, now: Instant, call: CallRef, listening: Listening) {
        let directory = Arc::clone(&self.directory);
        let listener = listening.listener.clone();
        let user = directory.user(listener.as_str());
        //= 22.179-discreet:unnoticed
        let Some(local) = self.ports.for_unnoticed_offer(&listener) else { return };
        let Some(running) = self.calls.get(&call) else { return };
        let wanted = match self.document(&running.group).get() {
            Some(group) => self.wanted(group, user),
            None => Wanted::of(self.user_may_be_plain(user), user.is_some_and(|user| user.dtls_srtp)),
        };
        let keys = OwnKeys::of(&directory.config.media, wanted, &mut self.rng);
        let audio = MediaDescription::speech_like(&running.audio, local.audio.port(), keys.protocol())
            .with_direction(Direction::SendOnly);
        let description = match running.floor_control {
            true => offer_answer::offer(running.session_id, local, audio, &keys, &McpttFmtp::default()),
            false => offer_answer::audio_offer(running.session_id, local, audio, &keys),
        };
        let peer = directory.participating_function_of(user);
        let mut invite = self.member_invite(running, &peer.identity, &listener);
        let mut info = McpttInfo {
            session_type: Some(SessionType::Prearranged),
            request_uri: Some(Content::Normal(McpttUri::from(&listener))),
            calling_user_id: Some(Content::Normal(running.initiator.clone())),
            calling_group_id: running.group_of_event().map(Content::Normal),
            ..McpttInfo::default()
        };
        info.any_ext.push_text(extension_name::REQUEST_TYPE, Step::SESSION);
        invite.set_parts(&[description_part(&description), info_part(&info)]);
        let transaction = self.agent.request(now, invite, peer.address);
        let at = self.new_leg();
        let leg = Leg {
            mcptt_id: listener,
            client_id: ClientId::default(),
            required: false,
            entry: Entry::Invited,
            state: LegState::Inviting { transaction, unconfirmed: false },
            local,
            remote: None,
            dtls: None,
            keys,
            description,
            floor: FloorParameters { receive_only: true, ..FloorParameters::default() },
            audio_ssrc: None,
            interval: None,
            lacks_priority: false,
            owed: None,
            informing: false,
            constituent: None,
            voice: LegVoice::default(),
        };
        self.discreet.sessions.insert(at, Session { listening, call, leg: Some(leg) });
        self.pending.insert(transaction, Pending::Listener(at));
    }

    /// A final answer of a listener.
    pub(in crate::controlling) fn listener_answered(
        &mut self,
        now: Instant,
        at: LegRef,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        let Some(session) = self.discreet.sessions.get_mut(&at) else { return };
        let (call, listening) = (session.call, session.listening.clone());
        let running = self.calls.get(&call);
        let (Some(leg), Some(running)) = (&mut session.leg, running) else { return };
        let Some(dialog) = dialog.filter(|_| response.status.is_success()) else {
            return self.unreachable(at);
        };
        leg.state = LegState::Connected(dialog.clone());
        let agreed = usable_answer(leg, response, &self.directory.config).and_then(|remote| {
            let payload_type = remote.payload_type_of(&running.format)?;
            let protection = leg.keys.agreed(&remote)?;
            let floor = remote.floor_or_off();
            self.ports.bind(leg.local, remote.audio, floor).then_some((
                remote,
                floor,
                payload_type,
                protection,
            ))
        });
        let Some((remote, floor, payload_type, protection)) = agreed else {
            self.say_goodbye_to_listener(now, &dialog);
            return self.unreachable(at);
        };
        leg.remote = Some((remote.audio, floor));
        let listener = Participant {
            mcptt_id: leg.mcptt_id.clone(),
            entry: leg.entry,
            audio: MediaEndpoint { local: leg.local.audio, remote: remote.audio },
            floor: MediaEndpoint { local: leg.local.floor, remote: floor },
            floor_parameters: leg.floor.clone(),
            protection,
            payload_type,
            audio_ssrc: None,
            encoding: formats::coded(&running.format),
            extensions: <[u8; 2]>::default(),
            redundancy: Redundancy::default(),
        };
        self.discreet.by_dialog.insert(dialog, at);
        //= 22.179-discreet:hears
        self.media(MediaCommand::ListenerConnected { call, leg: at, listener });
        self.listening_event(&listening, ListeningStep::Started, None, Some(call));
    }

    /// A listener that could not be reached is not asked again in this call.
    fn unreachable(&mut self, at: LegRef) {
        let Some(session) = self.discreet.sessions.get_mut(&at) else { return };
        let (call, listening) = (session.call, session.listening.clone());
        if let Some(leg) = session.leg.take() {
            self.free(&leg);
            self.listening_event(&listening, ListeningStep::Unreachable, None, Some(call));
        }
    }

    /// Nothing more of the call is heard, because it has ended or nobody may hear it any more.
    pub(super) fn stop_listening(&mut self, now: Instant, at: LegRef) {
        self.hear_no_more(now, at, true);
        self.discreet.sessions.remove(&at);
    }

    /// Ends what a listener has of a call.
    fn hear_no_more(&mut self, now: Instant, at: LegRef, bye: bool) {
        let Some(session) = self.discreet.sessions.get_mut(&at) else { return };
        let (call, listening) = (session.call, session.listening.clone());
        let Some(leg) = session.leg.take() else { return };
        self.free(&leg);
        match leg.state {
            LegState::Connected(dialog) => {
                self.discreet.by_dialog.remove(&dialog);
                self.media(MediaCommand::ListenerLeft { call, leg: at });
                if bye {
                    self.say_goodbye_to_listener(now, &dialog);
                }
                self.listening_event(&listening, ListeningStep::Stopped, None, Some(call));
            }
            LegState::Inviting { transaction, .. } => {
                self.pending.remove(&transaction);
                self.agent.cancel(now, transaction);
            }
            LegState::Answering | LegState::Waiting(_) => {}
        }
    }

    fn say_goodbye_to_listener(&mut self, now: Instant, dialog: &DialogId) {
        let mut bye = Request::new(Method::Bye, ByteStr::EMPTY);
        bye.headers.push(HeaderName::Reason, "SIP;cause=200;text=\"nothing more to hear\"");
        // Nothing waits for the answer, and a dialog that is gone needs no farewell.
        let _ = self.agent.request_in_dialog(now, dialog, bye);
    }

    /// A request of a listener in its session. `false`: the dialog is none of a listener.
    pub(in crate::controlling) fn listener_asks(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        dialog: &DialogId,
    ) -> bool {
        let Some(at) = self.discreet.by_dialog.get(dialog).copied() else { return false };
        match incoming.request.method {
            Method::Bye => {
                self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
                self.hear_no_more(now, at, false);
            }
            Method::Invite | Method::Update => {
                if let Err(refusal) = self.listener_refreshes(now, incoming, at) {
                    self.refuse(now, incoming, refusal);
                }
            }
            _ => {
                let refusal = Response::new(StatusCode::METHOD_NOT_ALLOWED);
                self.agent.respond(now, incoming.transaction, refusal);
            }
        }
        true
    }

    /// A listener keeps its session alive. It stays where it is.
    fn listener_refreshes(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        at: LegRef,
    ) -> Result<(), Refusal> {
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body)?;
        let offered = bodies.description()?;
        let leg = self.discreet.sessions.get(&at).and_then(|session| session.leg.as_ref());
        let Some(leg) = leg else { return Ok(()) };
        if let Some(offered) = &offered {
            let addresses = RemoteMedia::read(offered).map(|remote| (remote.audio, remote.floor_or_off()));
            if addresses.is_none() || addresses != leg.remote {
                return Err(Refusal::NoAcceptableAudio);
            }
        }
        let mut answer = Response::new(StatusCode::OK);
        service::support_in_success(&mut answer.headers);
        if offered.is_some() || incoming.request.method == Method::Invite {
            answer.set_parts(&[description_part(&leg.description)]);
        }
        self.agent.respond(now, incoming.transaction, answer);
        Ok(())
    }

    /// The session of a listener is lost, in signalling or in the media plane. `false`: it is none of a listener.
    pub(in crate::controlling) fn listener_lost(&mut self, now: Instant, dialog: &DialogId) -> bool {
        let Some(at) = self.discreet.by_dialog.get(dialog).copied() else { return false };
        self.hear_no_more(now, at, true);
        true
    }

    /// The same, by its leg.
    pub(in crate::controlling) fn listener_not_served(&mut self, now: Instant, at: LegRef) -> bool {
        let known = self.discreet.sessions.contains_key(&at);
        if known {
            self.hear_no_more(now, at, true);
        }
        known
    }
}
