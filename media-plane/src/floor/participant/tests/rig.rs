//! One floor participant on a virtual clock.

use std::time::{Duration, Instant};

use mcptt_codec::floor::{
    FloorAck, FloorDeny, FloorGranted, FloorIdle, FloorIndicator, FloorMessage, FloorPriority,
    FloorQueuePositionInfo, FloorQueuePositionRequest, FloorRelease, FloorRequest, FloorRevoke, FloorTaken,
    Location, MessageType, QueueInfo, QueuePosition, RejectCause, RevokeCause, Source, Subtype,
};
use mcptt_codec::id::Ssrc;

use crate::floor::event::Event;
use crate::floor::participant::{
    FloorParticipant, Notification, ParticipantInput, ParticipantOutput, ParticipantSettings, State, Talker,
};
use crate::testing::t0;

/// The participant's own SSRC.
pub(super) const OWN: Ssrc = Ssrc(0xc1);
/// Somebody else's.
pub(super) const OTHER: Ssrc = Ssrc(0xb0);
/// The time the server grants in these tests.
pub(super) const TALK_TIME: Duration = Duration::from_secs(30);

pub(super) struct Rig {
    pub(super) participant: FloorParticipant,
    pub(super) now: Instant,
}

pub(super) fn settings() -> ParticipantSettings {
    ParticipantSettings::new(OWN)
}

impl Rig {
    /// 'Start-stop'.
    pub(super) fn start(settings: ParticipantSettings) -> Self {
        let now = t0();
        Self { participant: FloorParticipant::new(settings, now), now }
    }

    /// 'U: has no permission'.
    pub(super) fn listening_with(settings: ParticipantSettings) -> Self {
        let mut rig = Self::start(settings);
        rig.input(ParticipantInput::SessionTerminating);
        rig.forget();
        rig
    }

    pub(super) fn listening() -> Self {
        Self::listening_with(settings())
    }

    /// 'U: pending Request', PTT held.
    pub(super) fn requesting_with(settings: ParticipantSettings) -> Self {
        let mut rig = Self::listening_with(settings);
        rig.press();
        rig.forget();
        rig
    }

    pub(super) fn requesting() -> Self {
        Self::requesting_with(settings())
    }

    /// 'U: has permission', PTT held.
    pub(super) fn talking_with(settings: ParticipantSettings) -> Self {
        let mut rig = Self::requesting_with(settings);
        rig.receive(granted());
        rig.forget();
        rig
    }

    pub(super) fn talking() -> Self {
        Self::talking_with(settings())
    }

    /// 'U: pending Release'.
    pub(super) fn releasing_with(settings: ParticipantSettings) -> Self {
        let mut rig = Self::talking_with(settings);
        rig.input(ParticipantInput::PttReleased);
        rig.forget();
        rig
    }

    pub(super) fn releasing() -> Self {
        Self::releasing_with(settings())
    }

    /// 'U: queued' by an implicit request: nobody holds the button.
    pub(super) fn queued() -> Self {
        let mut rig = Self::start(settings());
        rig.input(ParticipantInput::SessionOriginated { implicit_request: true, granted: false, ssrc: None });
        rig.receive(position(2));
        rig.forget();
        rig
    }

    pub(super) fn input(&mut self, input: ParticipantInput) {
        self.participant.handle_input(self.now, input);
    }

    pub(super) fn press(&mut self) {
        self.press_with(None, None);
    }

    pub(super) fn press_with(&mut self, priority: Option<u8>, indicator: Option<FloorIndicator>) {
        self.input(ParticipantInput::PttPressed { priority: priority.map(FloorPriority), indicator });
    }

    pub(super) fn media(&mut self) {
        self.input(ParticipantInput::MediaReceived { ssrc: OTHER });
    }

    pub(super) fn receive(&mut self, message: FloorMessage) {
        self.participant.handle_message(self.now, &message);
    }

    pub(super) fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(next) = self.participant.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.participant.handle_timeout(self.now);
        }
        self.now = end;
    }

    pub(super) fn outputs(&mut self) -> Vec<ParticipantOutput> {
        std::iter::from_fn(|| self.participant.poll_output()).collect()
    }

    /// Everything but events.
    pub(super) fn drain(&mut self) -> Vec<ParticipantOutput> {
        let mut outputs = self.outputs();
        outputs.retain(|output| !matches!(output, ParticipantOutput::Event(_)));
        outputs
    }

    /// What is sent to the server.
    pub(super) fn sent(&mut self) -> Vec<FloorMessage> {
        let sent = |output| if let ParticipantOutput::Send(message) = output { Some(message) } else { None };
        self.outputs().into_iter().filter_map(sent).collect()
    }

    /// Hands over a message that there is no procedure for.
    #[track_caller]
    pub(super) fn discards(&mut self, message: FloorMessage) {
        let before = self.state();
        let got = message.name();
        self.receive(message);
        let outputs = self.outputs();
        let [ParticipantOutput::Event(Event::Discarded { state, got: discarded, requirement, .. })] =
            &outputs[..]
        else {
            panic!("{outputs:?}");
        };
        assert_eq!((*state, *discarded, *requirement), (before.name(), got, "24.380-6.2.4.1"));
        assert_eq!(self.state(), before);
    }

    pub(super) fn forget(&mut self) {
        self.outputs();
    }

    pub(super) fn state(&self) -> State {
        self.participant.state()
    }
}

pub(super) fn send(message: FloorMessage) -> ParticipantOutput {
    ParticipantOutput::Send(message)
}

pub(super) fn notify(notification: Notification) -> ParticipantOutput {
    ParticipantOutput::Notify(notification)
}

/// The fields of every request of the default release.
pub(super) fn bare_request() -> FloorRequest {
    FloorRequest { ssrc: OWN, location: Some(Location::NotProvided), ..FloorRequest::default() }
}

pub(super) fn request() -> FloorMessage {
    FloorMessage::Request(bare_request())
}

pub(super) fn release() -> FloorMessage {
    FloorMessage::Release(FloorRelease { ssrc: OWN, ..FloorRelease::default() })
}

pub(super) fn position_request() -> FloorMessage {
    FloorMessage::QueuePositionRequest(FloorQueuePositionRequest {
        ssrc: OWN,
        ..FloorQueuePositionRequest::default()
    })
}

pub(super) fn ack(subtype: Subtype) -> FloorMessage {
    FloorMessage::Ack(FloorAck {
        ssrc: OWN,
        source: Some(Source::FLOOR_PARTICIPANT),
        message_type: Some(MessageType::acknowledging(subtype)),
        ..FloorAck::default()
    })
}

pub(super) fn granted() -> FloorMessage {
    FloorMessage::Granted(FloorGranted { duration: Some(TALK_TIME), ..FloorGranted::default() })
}

pub(super) fn taken() -> FloorMessage {
    FloorMessage::Taken(FloorTaken {
        granted_party: Some("sip:bob@example.org".into()),
        talker_ssrc: Some(OTHER),
        ..FloorTaken::default()
    })
}

pub(super) fn bob() -> Talker {
    Talker { user: Some("sip:bob@example.org".into()), ssrc: Some(OTHER), ..Talker::default() }
}

/// What the user is told when these talk, in a call without special kind.
pub(super) fn talk_of(talkers: Vec<Talker>) -> ParticipantOutput {
    notify(Notification::Taken { talkers, indicator: FloorIndicator::NONE, may_request: true })
}

/// What the user is told about [`taken`].
pub(super) fn bob_talks() -> ParticipantOutput {
    talk_of(vec![bob()])
}

pub(super) fn deny() -> FloorMessage {
    let cause = Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    FloorMessage::Deny(FloorDeny { cause, ..FloorDeny::default() })
}

pub(super) fn idle() -> FloorMessage {
    FloorMessage::Idle(FloorIdle::default())
}

pub(super) fn revoke() -> FloorMessage {
    FloorMessage::Revoke(FloorRevoke { cause: Some(RevokeCause::PRE_EMPTED), ..FloorRevoke::default() })
}

pub(super) fn queue_info(position: u8) -> QueueInfo {
    QueueInfo { position: QueuePosition(position), priority: FloorPriority(0) }
}

pub(super) fn position(position: u8) -> FloorMessage {
    let info = Some(queue_info(position));
    FloorMessage::QueuePositionInfo(FloorQueuePositionInfo { info, ..FloorQueuePositionInfo::default() })
}

/// The same message, asking for an acknowledgment.
pub(super) fn acknowledged(mut message: FloorMessage) -> FloorMessage {
    match &mut message {
        FloorMessage::Granted(message) => message.ack_requested = true,
        FloorMessage::Taken(message) => message.ack_requested = true,
        FloorMessage::Deny(message) => message.ack_requested = true,
        FloorMessage::Idle(message) => message.ack_requested = true,
        FloorMessage::QueuePositionInfo(message) => message.ack_requested = true,
        FloorMessage::QueuedFloorRequests(message) => message.ack_requested = true,
        other => panic!("{} cannot ask for an acknowledgment", other.name()),
    }
    message
}

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
