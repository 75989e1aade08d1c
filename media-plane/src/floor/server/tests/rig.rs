//! One call with participants 1, 2, 3 ... on a virtual clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use mcptt_codec::floor::{
    FloorAck, FloorDeny, FloorGranted, FloorIdle, FloorIndicator, FloorMessage, FloorPriority,
    FloorQueuePositionInfo, FloorQueuePositionRequest, FloorRelease, FloorReleaseMultiTalker, FloorRequest,
    FloorRevoke, FloorRevokeRequest, FloorTaken, MediaFlowControlIndicator, MessageSequenceNumber,
    MessageType, QueueInfo, QueuePosition, QueuedFloorRequests, QueuedFloorRequestsPurpose, RejectCause,
    ResponseState, RevokeCause, Source, Subtype, UnicastMediaFlowControl,
};
use mcptt_codec::id::{LegRef, McpttId, Ssrc};

use crate::floor::event::Event;
use crate::floor::server::{
    Counter, FloorControlServer, FloorIndication, FloorOutput, FloorSignalling, MediaVerdict, Timer,
    TimerSettings, general, towards,
};
use crate::floor::settings::{
    CallSettings, Entry, FloorParameters, FloorPolicy, Hearing, ParticipantProfile,
};
use crate::testing::t0;

/// SSRC of the server in every test.
pub(super) const SERVER: Ssrc = Ssrc(0x5e);

/// A call before it begins.
#[derive(Debug)]
pub(super) struct Setup {
    pub(super) call: CallSettings,
    pub(super) timers: TimerSettings,
    pub(super) policy: FloorPolicy,
    parameters: Vec<FloorParameters>,
}

impl Setup {
    /// A normal call without queueing.
    pub(super) fn with_participants(count: usize) -> Self {
        Self {
            call: CallSettings::normal("sip:group@example.org"),
            timers: TimerSettings::default(),
            policy: FloorPolicy::default(),
            parameters: vec![FloorParameters::default(); count],
        }
    }

    pub(super) fn parameters(mut self, leg: u64, change: impl FnOnce(&mut FloorParameters)) -> Self {
        change(&mut self.parameters[usize::try_from(leg).unwrap() - 1]);
        self
    }

    pub(super) fn call(mut self, change: impl FnOnce(&mut CallSettings)) -> Self {
        change(&mut self.call);
        self
    }

    pub(super) fn policy(mut self, change: impl FnOnce(&mut FloorPolicy)) -> Self {
        change(&mut self.policy);
        self
    }

    /// Exactly these participants.
    pub(super) fn with_all(mut self, parameters: Vec<FloorParameters>) -> Self {
        self.parameters = parameters;
        self
    }

    /// Queueing is supported, and negotiated by these.
    pub(super) fn queueing(mut self, legs: &[u64]) -> Self {
        self.call.queueing = true;
        for leg in legs {
            self = self.parameters(*leg, |parameters| parameters.queueing = true);
        }
        self
    }

    /// Dual floor control; listeners hear so.
    pub(super) fn dual(self, hearing: Hearing) -> Self {
        self.call(|call| call.dual_floor = Some(hearing))
    }

    /// A multi-talker group all of whose members may talk while others do.
    pub(super) fn several(mut self, most: u8) -> Self {
        self.call.max_talkers = Some(most);
        self.parameters.iter_mut().for_each(|parameters| parameters.multi_talker_allowed = true);
        self
    }

    /// A session of a temporary group.
    pub(super) fn temporary_group(self) -> Self {
        self.call(|call| call.indicator |= FloorIndicator::TEMPORARY_GROUP)
    }

    pub(super) fn priority(self, leg: u64, priority: u8) -> Self {
        self.parameters(leg, |parameters| parameters.priority = Some(priority))
    }

    pub(super) fn emergency(self, leg: u64) -> Self {
        self.parameters(leg, |parameters| parameters.emergency_allowed = true)
    }

    pub(super) fn timer(mut self, timer: Timer, value: Duration) -> Self {
        self.timers = self.timers.with_timer(timer, value).unwrap();
        self
    }

    pub(super) fn counter(mut self, counter: Counter, value: u8) -> Self {
        self.timers = self.timers.with_counter(counter, value).unwrap();
        self
    }

    /// 'Start-stop', nobody there yet.
    pub(super) fn start(self) -> Rig {
        let now = t0();
        let several = self.call.max_talkers.is_some();
        let indicator =
            [(self.call.queueing, FloorIndicator::QUEUEING), (several, FloorIndicator::MULTI_TALKER)]
                .into_iter()
                .filter(|(set, _)| *set)
                .fold(self.call.indicator, |all, (_, bit)| all | bit);
        let server = FloorControlServer::new(self.call, self.timers, SERVER, now).with_policy(self.policy);
        Rig { server, now, indicator, parameters: self.parameters, base: 0, verdicts: Vec::new() }
    }

    /// Everybody is there, participant 1 started the call, and nobody has talked yet.
    pub(super) fn idle(self) -> Rig {
        let mut rig = self.start();
        rig.signal(FloorSignalling::Initiated);
        rig.join(1, Entry::Originator { implicit_request: false });
        for leg in 2..=rig.parameters.len() as u64 {
            rig.join(leg, Entry::Invited);
        }
        rig.forget();
        rig
    }

    /// Participant 1 has just been granted with the priority it negotiated, and has not yet sent media.
    pub(super) fn taken(self) -> Rig {
        let mut rig = self.idle();
        rig.request_with(1, |request| request.priority = Some(FloorPriority(255)));
        rig.forget();
        rig
    }
}

pub(super) struct Rig {
    pub(super) server: FloorControlServer,
    pub(super) now: Instant,
    pub(super) indicator: FloorIndicator,
    pub(super) parameters: Vec<FloorParameters>,
    /// Sequence number from which expected messages count.
    base: u16,
    pub(super) verdicts: Vec<MediaVerdict>,
}

impl Rig {
    // Stimuli

    pub(super) fn signal(&mut self, signalling: FloorSignalling) {
        self.server.handle_signalling(self.now, signalling);
    }

    pub(super) fn join(&mut self, leg: u64, entry: Entry) {
        let parameters = self.parameters.get(leg as usize - 1).cloned().unwrap_or_default();
        let profile = ParticipantProfile { mcptt_id: user(leg), ssrc: audio(leg), parameters };
        self.signal(FloorSignalling::Joined { leg: LegRef(leg), profile, entry });
    }

    pub(super) fn leave(&mut self, leg: u64) {
        self.signal(FloorSignalling::Left { leg: LegRef(leg) });
    }

    pub(super) fn receive(&mut self, from: u64, message: FloorMessage) {
        self.server.handle_message(self.now, LegRef(from), &message);
    }

    pub(super) fn request(&mut self, from: u64) {
        self.request_with(from, |_| {});
    }

    pub(super) fn request_with(&mut self, from: u64, change: impl FnOnce(&mut FloorRequest)) {
        let mut request = FloorRequest { ssrc: audio(from), ..FloorRequest::default() };
        change(&mut request);
        self.receive(from, FloorMessage::Request(request));
    }

    pub(super) fn request_emergency(&mut self, from: u64) {
        self.request_with(from, |request| request.indicator = Some(FloorIndicator::EMERGENCY));
    }

    pub(super) fn release(&mut self, from: u64) {
        self.release_with(from, false);
    }

    pub(super) fn release_with(&mut self, from: u64, ack_requested: bool) {
        let release = FloorRelease { ssrc: audio(from), ack_requested, ..FloorRelease::default() };
        self.receive(from, FloorMessage::Release(release));
    }

    pub(super) fn ask_position(&mut self, from: u64) {
        let request = FloorQueuePositionRequest { ssrc: audio(from), ..FloorQueuePositionRequest::default() };
        self.receive(from, FloorMessage::QueuePositionRequest(request));
    }

    /// Asks for the queued requests of these to be cancelled, or all.
    pub(super) fn cancel(&mut self, from: u64, users: &[u64]) {
        self.receive(
            from,
            FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
                ssrc: audio(from),
                purpose: Some(QueuedFloorRequestsPurpose::CANCEL_REQUEST),
                queued_users: users.iter().map(|leg| user(*leg)).collect(),
                ..QueuedFloorRequests::default()
            }),
        );
    }

    /// Asks for its own media to be stopped or resumed.
    pub(super) fn control_media(&mut self, from: u64, resume: bool) {
        let flow = if resume { MediaFlowControlIndicator::RESUME } else { MediaFlowControlIndicator::STOP };
        let control = UnicastMediaFlowControl {
            ssrc: audio(from),
            flow: Some(flow),
            ..UnicastMediaFlowControl::default()
        };
        self.receive(from, FloorMessage::UnicastMediaFlowControl(control));
    }

    /// Asks for the floor to be revoked from another participant.
    pub(super) fn request_revoke(&mut self, from: u64, talker: u64) {
        let request = FloorRevokeRequest { ssrc: audio(from), user_id: Some(user(talker)) };
        self.receive(from, FloorMessage::RevokeRequest(request));
    }

    pub(super) fn media(&mut self, from: u64) -> MediaVerdict {
        self.server.handle_media(self.now, LegRef(from))
    }

    /// Lets time pass, waking the server exactly when it wants to be woken.
    pub(super) fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(next) = self.server.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.server.handle_timeout(self.now);
        }
        self.now = end;
    }

    /// Lets time pass while a participant sends media every 100 ms.
    pub(super) fn advance_with_media(&mut self, by: Duration, from: u64) {
        let step = Duration::from_millis(100);
        let mut left = by;
        while left >= step {
            self.advance(step);
            let verdict = self.media(from);
            self.verdicts.push(verdict);
            left -= step;
        }
        self.advance(left);
    }

    // Observations

    /// What was sent and indicated since the last time.
    pub(super) fn drain(&mut self) -> Vec<FloorOutput> {
        let mut all = self.outputs();
        all.retain(|output| !matches!(output, FloorOutput::Event(_)));
        all
    }

    pub(super) fn events(&mut self) -> Vec<Event> {
        self.outputs()
            .into_iter()
            .filter_map(|output| if let FloorOutput::Event(event) = output { Some(event) } else { None })
            .collect()
    }

    pub(super) fn outputs(&mut self) -> Vec<FloorOutput> {
        std::iter::from_fn(|| self.server.poll_output()).collect()
    }

    /// Drops what was sent so far and counts expected sequence numbers from here.
    pub(super) fn forget(&mut self) {
        self.outputs();
        self.base = self.server.context.sequence.0;
    }

    pub(super) fn general(&self) -> general::State {
        self.server.general_state()
    }

    pub(super) fn state(&self, leg: u64) -> towards::State {
        self.server.participant_state(LegRef(leg)).unwrap()
    }

    pub(super) fn talkers(&self) -> Vec<u64> {
        self.server.talkers().map(|leg| leg.0).collect()
    }

    pub(super) fn queue(&self) -> Vec<u64> {
        self.server.queue().iter().map(|request| request.from.0).collect()
    }

    // Expected messages; sequence numbers count from the last `forget`

    pub(super) fn granted(&self, to: u64, seconds: u64) -> FloorOutput {
        self.granted_with(to, seconds, 0)
    }

    pub(super) fn granted_with(&self, to: u64, seconds: u64, priority: u8) -> FloorOutput {
        let granted = FloorGranted {
            ssrc: SERVER,
            duration: Some(Duration::from_secs(seconds)),
            priority: Some(FloorPriority(priority)),
            granted_ssrc: Some(audio(to)),
            indicator: Some(self.indicator),
            ..FloorGranted::default()
        };
        send(to, FloorMessage::Granted(granted))
    }

    pub(super) fn taken_message(&self, by: u64, sequence: u16) -> FloorTaken {
        FloorTaken {
            ssrc: SERVER,
            granted_party: Some(user(by)),
            permission_to_request: Some(true),
            talker_ssrc: Some(audio(by)),
            sequence: Some(MessageSequenceNumber(self.base + sequence)),
            indicator: Some(self.indicator),
            ..FloorTaken::default()
        }
    }

    /// What a multi-talker group is told; one that wants privacy has an empty identity.
    pub(super) fn several_taken(&self, talkers: &[u64], sequence: u16) -> FloorMessage {
        let private = |leg: u64| self.parameters[leg as usize - 1].privacy;
        let shown = |leg: u64| if private(leg) { "".into() } else { user(leg) };
        let only = if let [talker] = talkers { Some(*talker) } else { None };
        FloorMessage::Taken(FloorTaken {
            granted_party: only.filter(|talker| !private(*talker)).map(user),
            talker_ssrc: only.map(audio),
            granted_users: talkers.iter().copied().map(shown).collect(),
            ssrcs: talkers.iter().copied().map(audio).collect(),
            ..self.taken_message(1, sequence)
        })
    }

    /// One of several talkers has stopped.
    pub(super) fn stopped(&self, to: &[u64], talker: u64) -> FloorOutput {
        let message = FloorReleaseMultiTalker {
            ssrc: SERVER,
            user_id: Some(user(talker)),
            talker_ssrc: Some(audio(talker)),
            indicator: Some(self.indicator),
            ..FloorReleaseMultiTalker::default()
        };
        send_all(to, FloorMessage::ReleaseMultiTalker(message))
    }

    pub(super) fn taken(&self, to: &[u64], by: u64, sequence: u16) -> FloorOutput {
        send_all(to, FloorMessage::Taken(self.taken_message(by, sequence)))
    }

    pub(super) fn taken_to(&self, to: u64, by: u64, sequence: u16) -> FloorOutput {
        send(to, FloorMessage::Taken(self.taken_message(by, sequence)))
    }

    pub(super) fn idle_message(&self, sequence: u16) -> FloorMessage {
        FloorMessage::Idle(FloorIdle {
            ssrc: SERVER,
            sequence: Some(MessageSequenceNumber(self.base + sequence)),
            indicator: Some(self.indicator),
            ..FloorIdle::default()
        })
    }

    pub(super) fn idle(&self, to: &[u64], sequence: u16) -> FloorOutput {
        send_all(to, self.idle_message(sequence))
    }

    pub(super) fn idle_to(&self, to: u64, sequence: u16) -> FloorOutput {
        send(to, self.idle_message(sequence))
    }

    pub(super) fn deny(&self, to: u64, cause: RejectCause) -> FloorOutput {
        let indicator = Some(self.indicator);
        send(
            to,
            FloorMessage::Deny(FloorDeny {
                ssrc: SERVER,
                cause: Some(cause),
                indicator,
                ..FloorDeny::default()
            }),
        )
    }

    pub(super) fn revoke(&self, to: u64, cause: RevokeCause) -> FloorOutput {
        let indicator = Some(self.indicator);
        let revoke = FloorRevoke { ssrc: SERVER, cause: Some(cause), indicator, ..FloorRevoke::default() };
        send(to, FloorMessage::Revoke(revoke))
    }

    pub(super) fn position(&self, to: u64, position: u8, priority: u8) -> FloorOutput {
        let info = QueueInfo { position: QueuePosition(position), priority: FloorPriority(priority) };
        let message = FloorQueuePositionInfo {
            ssrc: SERVER,
            info: Some(info),
            indicator: Some(self.indicator),
            ..FloorQueuePositionInfo::default()
        };
        send(to, FloorMessage::QueuePositionInfo(message))
    }
}

/// The same message with bit G of the Floor Indicator.
pub(super) fn of_dual_floor(mut output: FloorOutput) -> FloorOutput {
    let (FloorOutput::Send { message, .. } | FloorOutput::SendAll { message, .. }) = &mut output else {
        panic!("not sent: {output:?}");
    };
    let indicator = match message {
        FloorMessage::Granted(granted) => &mut granted.indicator,
        FloorMessage::Taken(taken) => &mut taken.indicator,
        FloorMessage::Idle(idle) => &mut idle.indicator,
        FloorMessage::Revoke(revoke) => &mut revoke.indicator,
        _ => panic!("{message:?} has no bit G"),
    };
    *indicator = indicator.map(|indicator| indicator | FloorIndicator::DUAL_FLOOR);
    output
}

pub(super) fn release_ack(to: u64) -> FloorOutput {
    ack(to, Subtype::FLOOR_RELEASE)
}

pub(super) fn ack(to: u64, of: Subtype) -> FloorOutput {
    send(
        to,
        FloorMessage::Ack(FloorAck {
            ssrc: SERVER,
            source: Some(Source::CONTROLLING),
            message_type: Some(MessageType::acknowledging(of)),
            ..FloorAck::default()
        }),
    )
}

/// The requester is told what became of its cancellation, and who still waits.
pub(super) fn cancel_result(to: u64, state: ResponseState, still_queued: &[u64]) -> FloorOutput {
    send(
        to,
        FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
            ssrc: SERVER,
            purpose: Some(QueuedFloorRequestsPurpose::CANCEL_RESULT),
            queued_users: still_queued.iter().map(|leg| user(*leg)).collect(),
            response_state: Some(state),
            ..QueuedFloorRequests::default()
        }),
    )
}

/// A participant is told that its request was taken out of the queue.
pub(super) fn cancelled(to: u64) -> FloorOutput {
    send(
        to,
        FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
            ssrc: SERVER,
            purpose: Some(QueuedFloorRequestsPurpose::CANCEL_NOTIFICATION),
            ..QueuedFloorRequests::default()
        }),
    )
}

pub(super) fn send(to: u64, message: FloorMessage) -> FloorOutput {
    FloorOutput::Send { to: LegRef(to), message }
}

pub(super) fn send_all(to: &[u64], message: FloorMessage) -> FloorOutput {
    FloorOutput::SendAll { to: to.iter().copied().map(LegRef).collect::<Arc<[LegRef]>>(), message }
}

pub(super) fn unresponsive(leg: u64) -> FloorOutput {
    FloorOutput::Indication(FloorIndication::ParticipantUnresponsive { leg: LegRef(leg) })
}

pub(super) fn user(leg: u64) -> McpttId {
    format!("sip:user{leg}@example.org").as_str().into()
}

pub(super) fn audio(leg: u64) -> Ssrc {
    Ssrc(0xa0 + u32::try_from(leg).unwrap())
}

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
