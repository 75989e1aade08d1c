//! One off-network floor participant on a virtual clock.

use std::time::{Duration, Instant};

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionInfo,
    FloorQueuePositionRequest, FloorRelease, FloorRequest, FloorTaken, QueueInfo, QueuePosition, QueuedUser,
    RejectCause,
};
use mcptt_codec::id::{McpttId, Ssrc};

use crate::floor::event::Event;
use crate::floor::participant::off_network::{CallKind, FloorParticipant, Input, Settings, State};
use crate::floor::participant::{MediaTreatment, Notification, ParticipantOutput, Talker};
use crate::testing::t0;

/// The participant's own SSRC.
pub(super) const OWN: Ssrc = Ssrc(0x50);
/// The arbitrator's.
pub(super) const BOB: Ssrc = Ssrc(0xb0);
/// A third participant's.
pub(super) const CAROL: Ssrc = Ssrc(0xca);
/// Normal group call, queueing supported.
pub(super) const KIND: FloorIndicator = FloorIndicator(0x8400);
/// T206 and T207.
pub(super) const TALK_TIME: Duration = Duration::from_secs(30);

pub(super) fn id(ssrc: Ssrc) -> McpttId {
    let name = match ssrc {
        OWN => "own",
        BOB => "bob",
        CAROL => "carol",
        Ssrc(other) => return McpttId::new(format!("sip:{other}@example.org").as_str()),
    };
    McpttId::new(format!("sip:{name}@example.org").as_str())
}

pub(super) fn settings() -> Settings {
    Settings::new(OWN, id(OWN))
}

pub(super) fn private() -> Settings {
    Settings { call: CallKind::Private, ..settings() }
}

pub(super) struct Rig {
    pub(super) participant: FloorParticipant,
    pub(super) now: Instant,
}

impl Rig {
    /// 'Start-stop'.
    pub(super) fn start(settings: Settings) -> Self {
        let now = t0();
        Self { participant: FloorParticipant::new(settings, now), now }
    }

    /// 'O: silence'.
    pub(super) fn silent() -> Self {
        let mut rig = Self::start(settings());
        rig.input(Input::CallTerminating);
        rig.forget();
        rig
    }

    /// 'O: has no permission', Bob arbitrates.
    pub(super) fn listening() -> Self {
        Self::listening_with(settings())
    }

    pub(super) fn listening_with(settings: Settings) -> Self {
        let mut rig = Self::start(settings);
        rig.media(BOB);
        rig.forget();
        rig
    }

    /// 'O: has permission', PTT held.
    pub(super) fn talking() -> Self {
        Self::talking_with(settings())
    }

    pub(super) fn talking_with(settings: Settings) -> Self {
        let mut rig = Self::start(settings);
        rig.press();
        rig.receive(granted(BOB, OWN));
        rig.forget();
        rig
    }

    /// 'O: pending request', PTT held, asking Bob.
    pub(super) fn requesting() -> Self {
        let mut rig = Self::listening();
        rig.press();
        rig.forget();
        rig
    }

    /// 'O: pending granted', Carol was granted, nobody waits.
    pub(super) fn granting() -> Self {
        let mut rig = Self::talking();
        rig.receive(request(CAROL));
        rig.input(Input::PttReleased);
        rig.forget();
        rig
    }

    /// 'O: queued' at Bob's, the button let go.
    pub(super) fn queued() -> Self {
        let mut rig = Self::requesting();
        rig.receive(position(BOB, OWN, 1));
        rig.input(Input::PttReleased);
        rig.forget();
        rig
    }

    pub(super) fn input(&mut self, input: Input) {
        self.participant.handle_input(self.now, input);
    }

    pub(super) fn press(&mut self) {
        self.input(Input::PttPressed { priority: None, indicator: None });
    }

    pub(super) fn receive(&mut self, message: FloorMessage) {
        self.participant.handle_message(self.now, &message);
    }

    pub(super) fn media(&mut self, ssrc: Ssrc) -> MediaTreatment {
        self.participant.handle_media(self.now, ssrc)
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

    /// What is sent to everybody.
    pub(super) fn sent(&mut self) -> Vec<FloorMessage> {
        let sent = |output| if let ParticipantOutput::Send(message) = output { Some(message) } else { None };
        self.outputs().into_iter().filter_map(sent).collect()
    }

    pub(super) fn forget(&mut self) {
        self.outputs();
    }

    /// Hands over a message that does nothing here, and says by which requirement.
    #[track_caller]
    pub(super) fn discards(&mut self, message: FloorMessage, by: &str) {
        let before = self.state();
        self.receive(message);
        let outputs = self.outputs();
        let [ParticipantOutput::Event(Event::Discarded { state, requirement, .. })] = &outputs[..] else {
            panic!("{outputs:?}");
        };
        assert_eq!((*state, *requirement), (before.name(), by));
        assert_eq!(self.state(), before);
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

/// What the user is told when `ssrc` talks; with `kind` when a message said so.
pub(super) fn talks(ssrc: Ssrc, kind: Option<FloorIndicator>) -> ParticipantOutput {
    let talker = Talker { user: kind.map(|_| id(ssrc)), ssrc: Some(ssrc), ..Talker::default() };
    let indicator = kind.unwrap_or_default();
    notify(Notification::Taken { talkers: vec![talker], indicator, may_request: true })
}

/// The microphone opens.
pub(super) fn opens() -> [ParticipantOutput; 2] {
    [
        notify(Notification::Granted { duration: Some(TALK_TIME) }),
        ParticipantOutput::StartSending { ssrc: Some(OWN) },
    ]
}

pub(super) fn request_of(ssrc: Ssrc, priority: u8, indicator: FloorIndicator) -> FloorMessage {
    FloorMessage::Request(FloorRequest {
        ssrc,
        priority: (priority != 0).then_some(FloorPriority(priority)),
        user_id: Some(id(ssrc)),
        indicator: Some(indicator),
        ..FloorRequest::default()
    })
}

pub(super) fn request(ssrc: Ssrc) -> FloorMessage {
    request_of(ssrc, 0, KIND)
}

pub(super) fn release(ssrc: Ssrc) -> FloorMessage {
    FloorMessage::Release(FloorRelease {
        ssrc,
        user_id: Some(id(ssrc)),
        indicator: Some(KIND),
        ..FloorRelease::default()
    })
}

/// `by` grants the floor to `to`, with a queue.
pub(super) fn granted_with(by: Ssrc, to: Ssrc, queue: &[Ssrc]) -> FloorMessage {
    let entry = |(index, ssrc): (usize, &Ssrc)| QueuedUser {
        ssrc: *ssrc,
        user_id: id(*ssrc),
        info: QueueInfo { position: QueuePosition(index as u8 + 1), priority: FloorPriority(0) },
    };
    FloorMessage::Granted(FloorGranted {
        ssrc: by,
        granted_ssrc: Some(to),
        priority: Some(FloorPriority(0)),
        user_id: Some(id(to)),
        queue_size: Some(queue.len() as u16),
        queued: queue.iter().enumerate().map(entry).collect(),
        indicator: Some(KIND),
        ..FloorGranted::default()
    })
}

pub(super) fn granted(by: Ssrc, to: Ssrc) -> FloorMessage {
    granted_with(by, to, &[])
}

pub(super) fn taken(by: Ssrc) -> FloorMessage {
    FloorMessage::Taken(FloorTaken {
        ssrc: by,
        granted_party: Some(id(by)),
        user_id: Some(id(by)),
        talker_ssrc: Some(by),
        indicator: Some(KIND),
        ..FloorTaken::default()
    })
}

pub(super) fn deny(by: Ssrc, to: Ssrc, cause: RejectCause) -> FloorMessage {
    FloorMessage::Deny(FloorDeny {
        ssrc: by,
        cause: Some(cause),
        user_id: Some(id(to)),
        indicator: Some(KIND),
        ..FloorDeny::default()
    })
}

pub(super) fn queue_info(position: u8) -> QueueInfo {
    QueueInfo { position: QueuePosition(position), priority: FloorPriority(0) }
}

pub(super) fn position(by: Ssrc, of: Ssrc, position: u8) -> FloorMessage {
    FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
        ssrc: by,
        user_id: Some(id(of)),
        queued_ssrc: Some(of),
        queued_user_id: Some(id(of)),
        info: Some(queue_info(position)),
        indicator: Some(KIND),
        ..FloorQueuePositionInfo::default()
    })
}

pub(super) fn position_request(of: Ssrc) -> FloorMessage {
    FloorMessage::QueuePositionRequest(FloorQueuePositionRequest {
        ssrc: of,
        user_id: Some(id(of)),
        ..FloorQueuePositionRequest::default()
    })
}

pub(super) const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}
