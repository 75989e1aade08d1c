//! Calls and their legs: from the first INVITE to the last BYE (TS 24.379 6.3.3.2.4, 6.3.8.1, 10.1.1.4.4).

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId, Ssrc};
use mcptt_codec::sdp::{Crypto, MediaDescription, RtpFormat, SessionDescription};
use mcptt_codec::sip::{HeaderName, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::IndicatorCombination;

use super::{Controlling, Deadline, Incoming, Pending};
use crate::bodies::{Bodies, description_part};
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::event::{CallState, Event, LeaveCause, Tier};
use crate::media::{Entry, FloorParameters, MediaCommand, MediaEndpoint, MediaProtection, Participant};
use crate::offer_answer::{LocalMedia, RemoteMedia};
use crate::policy::{Refusal, ReleaseCause};
use crate::service;
use crate::session_timer::{Due, SessionTimer};
use crate::transaction::{ClientTransactionId, ServerTransactionId};

/// A call of a prearranged group.
#[derive(Debug)]
pub(super) struct Call {
    pub group: GroupId,
    pub session_identity: ByteStr,
    pub canonical_identity: Option<Canonical>,
    pub state: CallState,
    pub tier: Tier,
    pub broadcast: bool,
    pub initiator: McpttId,
    pub originator: LegRef,
    /// The audio stream of the originator's offer: its attributes are offered to the members.
    pub audio: MediaDescription,
    /// What everybody must be able to hear, as nothing is transcoded.
    pub format: RtpFormat,
    /// The alert that goes with an emergency, as authorised.
    pub alert: bool,
    pub answer_mode: Option<ByteStr>,
    pub priv_answer_mode: Option<ByteStr>,
    /// Identifier of our session descriptions.
    pub session_id: u64,
    pub legs: std::collections::BTreeMap<LegRef, Leg>,
    /// TNG1 runs.
    pub acknowledging: bool,
    /// Not all required members are there and the call goes on nevertheless.
    pub proceeds_without: bool,
    /// Not everybody could be invited.
    pub truncated: bool,
    /// A call of a temporary group in which not everybody has answered yet.
    pub temporary: bool,
    /// Somebody besides the originator has been in the call.
    pub joined: bool,
    /// The best failure of an invitation, for the originator if nobody answers.
    pub best_failure: Option<Response>,
    /// Warnings of the members' answers.
    pub warnings: Vec<ByteStr>,
    /// Provisional answers that the originator has got.
    pub progress: BTreeSet<u16>,
    /// Requests whose outcome the end of the call waits for.
    pub closing: BTreeSet<ClientTransactionId>,
    pub cause: Option<ReleaseCause>,
}

impl Call {
    /// Participants.
    pub fn connected(&self) -> usize {
        self.legs.values().filter(|leg| matches!(leg.state, LegState::Connected(_))).count()
    }

    /// Members that have been invited and have not answered.
    pub fn inviting(&self) -> usize {
        self.legs.values().filter(|leg| matches!(leg.state, LegState::Inviting { .. })).count()
    }

    pub fn leg_of(&self, user: &McpttId, client: &ClientId) -> Option<LegRef> {
        let mut legs = self.legs.iter();
        legs.find(|(_, leg)| leg.mcptt_id == *user && leg.client_id == *client).map(|(at, _)| *at)
    }
}

/// One participant, or one that is to become one.
#[derive(Debug)]
pub(super) struct Leg {
    pub mcptt_id: McpttId,
    pub client_id: ClientId,
    pub required: bool,
    pub entry: Entry,
    pub state: LegState,
    pub local: LocalMedia,
    /// Bound to the local ports: audio and floor control of the participant.
    pub remote: Option<(SocketAddr, SocketAddr)>,
    /// Keys of our offer.
    pub keys: Vec<Crypto>,
    /// What we say next: our answer until it is sent, then what later offers and answers say.
    pub description: SessionDescription,
    pub floor: FloorParameters,
    /// Its audio's, as agreed on.
    pub audio_ssrc: Option<Ssrc>,
    pub timer: Option<SessionTimer>,
}

#[derive(Debug)]
pub(super) enum LegState {
    /// Its own INVITE is about to be answered.
    Answering,
    /// The originator waits for its answer.
    Waiting(Box<Waiting>),
    /// A member is invited; `unconfirmed` once its participating function has said that it will answer.
    Inviting { transaction: ClientTransactionId, unconfirmed: bool },
    /// It is a participant.
    Connected(DialogId),
}

/// What the answer to the originator is made of.
#[derive(Debug)]
pub(super) struct Waiting {
    pub transaction: ServerTransactionId,
    pub protection: Option<MediaProtection>,
    pub payload_type: u8,
    pub supports_timer: bool,
    /// Its implicit floor request was accepted and it can take the grant in the answer.
    pub takes_grant: bool,
}

impl Controlling {
    /// Tells the media plane about a participant.
    pub(super) fn connect(
        &mut self,
        call: CallRef,
        at: LegRef,
        dialog: DialogId,
        payload_type: u8,
        protection: Option<MediaProtection>,
    ) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let Some(leg) = running.legs.get_mut(&at) else { return };
        let Some((audio, floor)) = leg.remote else { return };
        leg.state = LegState::Connected(dialog.clone());
        running.joined |= at != running.originator;
        let participant = Participant {
            mcptt_id: leg.mcptt_id.clone(),
            entry: leg.entry,
            audio: MediaEndpoint { local: leg.local.audio, remote: audio },
            floor: MediaEndpoint { local: leg.local.floor, remote: floor },
            floor_parameters: leg.floor.clone(),
            protection,
            payload_type,
            audio_ssrc: leg.audio_ssrc,
        };
        let (mcptt_id, entry) = (leg.mcptt_id.clone(), leg.entry);
        let due = leg.timer.as_ref().map(SessionTimer::due);
        self.by_dialog.insert(dialog, (call, at));
        self.deadlines.set(Deadline::Session(call, at), due);
        self.media(MediaCommand::LegConnected { call, leg: at, participant });
        self.event(Event::ParticipantJoined { call, leg: at, mcptt_id, entry });
    }

    /// Takes a participant out of a call, and the call down if its policy says so.
    pub(super) fn leave(&mut self, now: Instant, call: CallRef, at: LegRef, cause: LeaveCause, bye: bool) {
        let Some(running) = self.calls.get(&call) else { return };
        if running.state == CallState::Releasing || !running.legs.contains_key(&at) {
            return;
        }
        let initiator_left = running.broadcast && at == running.originator;
        if let Some(Leg { state: LegState::Waiting(_), .. }) = running.legs.get(&at) {
            self.release(now, call, ReleaseCause::OriginatorCancelled, None);
            return;
        }
        self.drop_leg(now, call, at, cause, bye);
        //= 24.379-6.2.8.2:end
        if initiator_left && self.directory.config.policy.release_broadcast_without_initiator {
            self.release(now, call, ReleaseCause::BroadcastInitiatorLeft, None);
            return;
        }
        self.evaluate(now, call);
    }

    /// Gives back what a leg occupied.
    pub(super) fn free(&mut self, leg: &Leg) {
        self.ports.release(&leg.mcptt_id, leg.local, leg.remote);
        if let Some(ssrc) = leg.audio_ssrc {
            self.ssrcs.remove(&ssrc);
        }
    }

    /// Ends one leg without a look at the others.
    pub(super) fn drop_leg(&mut self, now: Instant, call: CallRef, at: LegRef, cause: LeaveCause, bye: bool) {
        let Some(leg) = self.calls.get_mut(&call).and_then(|running| running.legs.remove(&at)) else {
            return;
        };
        self.free(&leg);
        self.deadlines.set(Deadline::Session(call, at), None);
        match leg.state {
            LegState::Connected(dialog) => {
                self.by_dialog.remove(&dialog);
                self.media(MediaCommand::LegLeft { call, leg: at });
                self.event(Event::ParticipantLeft { call, leg: at, mcptt_id: leg.mcptt_id, cause });
                if bye {
                    self.say_goodbye(now, call, &dialog, cause);
                }
            }
            LegState::Inviting { transaction, .. } => {
                self.pending.insert(transaction, Pending::Closing(call));
                self.note_closing(call, transaction);
                self.agent.cancel(now, transaction);
            }
            LegState::Answering => {}
            LegState::Waiting(waiting) => {
                self.by_incoming.remove(&waiting.transaction);
                self.agent.respond(now, waiting.transaction, Response::new(StatusCode::REQUEST_TERMINATED));
            }
        }
    }

    pub(super) fn say_goodbye(&mut self, now: Instant, call: CallRef, dialog: &DialogId, cause: LeaveCause) {
        let mut bye = Request::new(Method::Bye, ByteStr::EMPTY);
        let release = self.calls.get(&call).and_then(|running| running.cause);
        let text = match (release, cause) {
            (Some(release), _) => release.to_string(),
            (None, LeaveCause::Deaffiliated) => "no longer affiliated".to_owned(),
            (None, LeaveCause::SessionTimerExpired) => "session timer expired".to_owned(),
            (None, LeaveCause::AnswerUnusable) => "session description not acceptable".to_owned(),
            (None, _) => "participant removed".to_owned(),
        };
        bye.headers.push(HeaderName::Reason, format!("SIP;cause=200;text=\"{text}\""));
        if let Ok(transaction) = self.agent.request_in_dialog(now, dialog, bye) {
            self.pending.insert(transaction, Pending::Closing(call));
            self.note_closing(call, transaction);
        }
    }

    fn note_closing(&mut self, call: CallRef, transaction: ClientTransactionId) {
        if let Some(running) = self.calls.get_mut(&call) {
            running.closing.insert(transaction);
        }
    }

    /// Ends a call: everybody gets BYE or CANCEL, the waiting originator `answer`. Affiliations are not touched.
    pub(super) fn release(
        &mut self,
        now: Instant,
        call: CallRef,
        cause: ReleaseCause,
        answer: Option<Response>,
    ) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        if running.state == CallState::Releasing {
            return;
        }
        let from = std::mem::replace(&mut running.state, CallState::Releasing);
        running.cause = Some(cause);
        let group = running.group.clone();
        let legs: Vec<LegRef> = running.legs.keys().copied().collect();
        let originator = running.originator;
        if self.by_group.get(&group) == Some(&call) {
            self.by_group.remove(&group);
        }
        if let Some(identity) = running.canonical_identity.clone() {
            self.by_identity.remove(&identity);
        }
        for deadline in [Deadline::Tng1(call), Deadline::Tng3(call)] {
            self.deadlines.set(deadline, None);
        }
        self.event(Event::CallStateChanged { call, group, from, to: CallState::Releasing });
        self.media(MediaCommand::ReleaseStarted { call });
        if let Some(answer) = answer {
            self.answer_with_failure(now, call, originator, answer);
        }
        //= 24.379-7.3.5:keep
        for leg in legs {
            self.drop_leg(now, call, leg, LeaveCause::CallReleased, true);
        }
        self.finish(call);
    }

    /// Gives the waiting originator a final answer that is not a success.
    fn answer_with_failure(&mut self, now: Instant, call: CallRef, at: LegRef, answer: Response) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let waiting = matches!(running.legs.get(&at), Some(Leg { state: LegState::Waiting(_), .. }));
        if !waiting {
            return;
        }
        let Some(leg) = running.legs.remove(&at) else { return };
        self.free(&leg);
        if let LegState::Waiting(waiting) = leg.state {
            self.by_incoming.remove(&waiting.transaction);
            self.agent.respond(now, waiting.transaction, answer);
        }
    }

    pub(super) fn closed(&mut self, call: CallRef, transaction: ClientTransactionId) {
        if let Some(running) = self.calls.get_mut(&call) {
            running.closing.remove(&transaction);
            self.finish(call);
        }
    }

    /// The last word has been answered: nothing of the call is left.
    fn finish(&mut self, call: CallRef) {
        let over = self.calls.get(&call).is_some_and(|running| {
            running.state == CallState::Releasing && running.closing.is_empty() && running.legs.is_empty()
        });
        if !over {
            return;
        }
        if let Some(running) = self.calls.remove(&call) {
            self.media(MediaCommand::ReleaseFinished { call });
            let cause = running.cause.unwrap_or(ReleaseCause::Administrator);
            self.event(Event::CallReleased { call, group: running.group, cause });
        }
    }

    /// Releases an established call that has too few participants left.
    pub(super) fn apply_release_policy(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get(&call) else { return };
        if running.state != CallState::Established {
            return;
        }
        //= 24.379-6.3.8.1:one
        let (connected, inviting) = (running.connected(), running.inviting());
        let few = self.directory.config.policy.release_at.is_some_and(|few| connected <= few);
        if connected == 0 || (few && running.joined && inviting == 0) {
            self.release(now, call, ReleaseCause::TooFewParticipants, None);
        }
    }

    /// A re-INVITE or UPDATE of a participant: it keeps the session alive and changes nothing.
    pub(super) fn refreshed(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        call: CallRef,
        at: LegRef,
    ) -> Result<(), Refusal> {
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body)?;
        //= 24.379-10.1.1.4.7:refresh
        if let Some(info) = &bodies.info
            && info.indicator_combination() != Ok(IndicatorCombination::None)
        {
            return Err(Refusal::PriorityChangeNotServed);
        }
        let policy = &self.directory.config.policy;
        let (own, minimum) = (policy.session_expires, policy.min_session_expires);
        let timer = SessionTimer::answering(now, &incoming.request.headers, own, minimum, Refresher::Uac)
            .map_err(|_| Refusal::SessionIntervalTooSmall)?;
        let offered = bodies.description()?;
        let Some(leg) = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at)) else {
            return Ok(());
        };
        if let Some(offered) = &offered {
            let addresses = RemoteMedia::read(offered).and_then(|remote| Some((remote.audio, remote.floor?)));
            if addresses.is_none() || addresses != leg.remote {
                return Err(Refusal::NoAcceptableAudio);
            }
        }
        let mut answer = Response::new(StatusCode::OK);
        answer.headers.push(HeaderName::SessionExpires, timer.in_answer());
        if timer.peer_refreshes() {
            answer.headers.push(HeaderName::Require, "timer");
        }
        service::support_in_success(&mut answer.headers);
        if offered.is_some() || incoming.request.method == Method::Invite {
            answer.set_parts(&[description_part(&leg.description)]);
        }
        leg.timer = Some(timer);
        self.deadlines.set(Deadline::Session(call, at), Some(timer.due()));
        self.agent.respond(now, incoming.transaction, answer);
        Ok(())
    }

    pub(super) fn session_due(&mut self, now: Instant, call: CallRef, at: LegRef) {
        let Some(leg) = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at)) else {
            return;
        };
        let LegState::Connected(dialog) = &leg.state else { return };
        let dialog = dialog.clone();
        let Some(timer) = leg.timer.as_mut() else { return };
        match timer.poll(now) {
            Some(Due::Refresh) => {
                let (interval, due) = (timer.in_refresh(), timer.due());
                let mut update = Request::new(Method::Update, ByteStr::EMPTY);
                update.headers.push(HeaderName::Supported, "timer");
                update.headers.push(HeaderName::SessionExpires, interval);
                if let Ok(transaction) = self.agent.request_in_dialog(now, &dialog, update) {
                    self.pending.insert(transaction, Pending::Refresh(call, at));
                }
                self.deadlines.set(Deadline::Session(call, at), Some(due));
            }
            //= RFC4028-expiry
            Some(Due::Expired) => self.leave(now, call, at, LeaveCause::SessionTimerExpired, true),
            None => {
                let due = timer.due();
                self.deadlines.set(Deadline::Session(call, at), Some(due));
            }
        }
    }

    pub(super) fn refresh_answered(&mut self, now: Instant, call: CallRef, at: LegRef, response: &Response) {
        let gone = matches!(
            response.status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST
        );
        if gone {
            self.leave(now, call, at, LeaveCause::SignallingLost, true);
            return;
        }
        let leg = self.calls.get_mut(&call).and_then(|running| running.legs.get_mut(&at));
        if let (true, Some(timer)) = (response.status.is_success(), leg.and_then(|leg| leg.timer.as_mut())) {
            timer.restart(now);
            let due = timer.due();
            self.deadlines.set(Deadline::Session(call, at), Some(due));
        }
    }
}
