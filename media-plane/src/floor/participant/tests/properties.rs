//! What holds whatever happens in whatever order.

use std::time::Duration;

use mcptt_codec::Release;
use mcptt_codec::floor::{
    FloorGranted, FloorIdle, FloorIndicator, FloorMessage, FloorPriority, FloorReleaseMultiTalker,
    FloorTaken, MessageSequenceNumber, QueuedFloorRequests, QueuedFloorRequestsPurpose,
};
use mcptt_codec::id::Ssrc;
use proptest::prelude::*;

use super::rig::{
    OTHER, OWN, Rig, acknowledged, deny, granted, idle, millis, position, revoke, secs, settings, taken,
};
use crate::floor::participant::{
    Counter, DualFloor, MediaTreatment, Notification, ParticipantInput, ParticipantOutput,
    ParticipantSettings, State, TimerSettings,
};
use crate::testing::cases;

#[derive(Clone, Debug)]
enum Step {
    Input(ParticipantInput),
    Receive(Box<FloorMessage>),
    Media(Ssrc),
    Pass(u64),
}

fn input() -> impl Strategy<Value = ParticipantInput> {
    let press = prop::option::of(any::<u8>().prop_map(FloorPriority))
        .prop_map(|priority| ParticipantInput::PttPressed { priority, indicator: None });
    prop_oneof![
        8 => press,
        8 => Just(ParticipantInput::PttReleased),
        2 => Just(ParticipantInput::AcceptGrant),
        4 => Just(ParticipantInput::AskQueuePosition),
        1 => Just(ParticipantInput::RevokeOther { user: "sip:bob@example.org".into() }),
        1 => Just(ParticipantInput::CancelQueued { users: vec![] }),
        1 => any::<bool>().prop_map(|wanted| ParticipantInput::UnicastMedia { wanted }),
        1 => Just(ParticipantInput::SessionTerminating),
        1 => Just(ParticipantInput::ReleaseStarted),
        1 => Just(ParticipantInput::ReleaseFinished),
    ]
}

/// Kinds of call, the shared ones often.
fn indicator() -> impl Strategy<Value = Option<FloorIndicator>> {
    prop::option::of(prop_oneof![
        Just(FloorIndicator::NORMAL),
        Just(FloorIndicator::DUAL_FLOOR),
        Just(FloorIndicator::MULTI_TALKER),
        any::<u16>().prop_map(FloorIndicator),
    ])
}

fn message() -> impl Strategy<Value = FloorMessage> {
    let sequence = || prop::option::of((0..40u16).prop_map(MessageSequenceNumber));
    let talkers = prop::collection::vec(prop::sample::select(vec![OWN, OTHER, Ssrc(1)]), 0..4);
    let shared_taken = (indicator(), sequence(), talkers).prop_map(|(indicator, sequence, ssrcs)| {
        let FloorMessage::Taken(taken) = taken() else { panic!("another message") };
        FloorMessage::Taken(FloorTaken { indicator, sequence, ssrcs, ..taken })
    });
    let ssrc = prop::option::of(prop::sample::select(vec![OWN, OTHER, Ssrc(1)]));
    let shared_grant = (indicator(), ssrc.clone()).prop_map(|(indicator, granted_ssrc)| {
        FloorMessage::Granted(FloorGranted { indicator, granted_ssrc, ..FloorGranted::default() })
    });
    let numbered_idle = (indicator(), sequence()).prop_map(|(indicator, sequence)| {
        FloorMessage::Idle(FloorIdle { indicator, sequence, ..FloorIdle::default() })
    });
    let finished = ssrc.prop_map(|talker_ssrc| {
        FloorMessage::ReleaseMultiTalker(FloorReleaseMultiTalker {
            talker_ssrc,
            ..FloorReleaseMultiTalker::default()
        })
    });
    let queued = prop::option::of((0..4u16).prop_map(QueuedFloorRequestsPurpose)).prop_map(|purpose| {
        FloorMessage::QueuedFloorRequests(QueuedFloorRequests { purpose, ..QueuedFloorRequests::default() })
    });
    let plain = vec![idle(), taken(), granted(), deny(), position(2)];
    let plain = (prop::sample::select(plain), any::<bool>())
        .prop_map(|(message, ack)| if ack { acknowledged(message) } else { message });
    prop_oneof![
        8 => plain,
        3 => shared_taken,
        3 => shared_grant,
        2 => numbered_idle,
        2 => Just(revoke()),
        1 => finished,
        1 => queued,
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => input().prop_map(Step::Input),
        5 => message().prop_map(|message| Step::Receive(Box::new(message))),
        1 => prop::sample::select(vec![OWN, OTHER, Ssrc(1)]).prop_map(Step::Media),
        3 => (1..3_000u64).prop_map(Step::Pass),
    ]
}

fn participant_settings() -> impl Strategy<Value = ParticipantSettings> {
    (any::<bool>(), any::<bool>(), 13..=19u8, 1..=4u8).prop_map(|(queueing, authorised, release, copies)| {
        let timers = TimerSettings::default().with_counter(Counter::C101, copies).unwrap();
        ParticipantSettings {
            queueing,
            priority: Some(7),
            user: Some("sip:own@example.org".into()),
            release: Release::new(release).unwrap(),
            may_revoke: authorised,
            may_cancel_queued: authorised,
            overridden_media: MediaTreatment::Store,
            timers: timers.with_counter(Counter::C100, copies).unwrap(),
            ..settings()
        }
    })
}

/// What is remembered of a participant's outputs to judge the next one.
#[derive(Default)]
struct Observer {
    sending: bool,
    requests: u8,
    releases: u8,
    dual: Option<DualFloor>,
}

impl Observer {
    fn see(
        &mut self,
        output: &ParticipantOutput,
        settings: &ParticipantSettings,
    ) -> Result<(), TestCaseError> {
        let copies = settings.timers.limit(Counter::C101);
        match output {
            ParticipantOutput::StartSending { .. } => {
                prop_assert!(!self.sending, "the microphone opens once");
                self.sending = true;
            }
            ParticipantOutput::StopSending => {
                prop_assert!(self.sending, "the microphone shuts once");
                (self.sending, self.dual) = (false, None);
            }
            ParticipantOutput::ChangeSsrc { .. } => prop_assert!(self.sending),
            ParticipantOutput::Send(message) => {
                prop_assert_eq!(message.ssrc(), OWN);
                let first = Release::ALL.into_iter().find(|release| message.to_packet_for(*release).is_ok());
                prop_assert!(first.is_some_and(|first| settings.release.has(first)), "{}", message.name());
                match message {
                    FloorMessage::Request(request) => {
                        prop_assert!(request.priority.is_none_or(|priority| priority.0 <= 7));
                        prop_assert_eq!(request.location.is_some(), settings.release.has(Release::R16));
                        prop_assert!(!self.sending, "nobody asks for what he has");
                        self.requests += 1;
                        prop_assert!(self.requests <= copies, "no more Floor Request than C101");
                    }
                    FloorMessage::Release(_) => {
                        prop_assert!(!self.sending, "nobody talks after a release");
                        self.releases += 1;
                        prop_assert!(self.releases <= copies, "no more Floor Release than C100");
                    }
                    _ => {}
                }
            }
            ParticipantOutput::Notify(Notification::DualFloor(dual)) => {
                prop_assert!(dual.is_none() || self.dual.is_none(), "one part at a time");
                self.dual = *dual;
            }
            ParticipantOutput::Event(crate::floor::event::Event::StateChanged { to, .. }) => {
                if *to != State::PendingRequest.name() {
                    self.requests = 0;
                }
                if *to != State::PendingRelease.name() {
                    self.releases = 0;
                }
            }
            _ => {}
        }
        Ok(())
    }
}

proptest! {
    #![proptest_config(cases(1_000))]

    //= 24.380-6.2.4.5.2 test
    #[test]
    fn the_microphone_is_open_exactly_with_permission(
        implicit_request in any::<bool>(),
        granted in any::<bool>(),
        settings in participant_settings(),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut rig = Rig::start(settings.clone());
        let mut observer = Observer::default();
        // Some of it comes before the final response.
        let early = steps.len() / 8;
        for (index, step) in steps.into_iter().enumerate() {
            if index == early {
                rig.input(ParticipantInput::SessionOriginated { implicit_request, granted, ssrc: None });
            }
            let before = rig.state();
            match step {
                Step::Input(input) => rig.input(input),
                Step::Receive(message) => rig.receive(*message),
                Step::Media(ssrc) => {
                    let treatment = rig.participant.handle_media(rig.now, ssrc);
                    let kept = before == State::StartStop;
                    prop_assert!(ssrc != OWN || kept || treatment == MediaTreatment::Discard, "one's own voice");
                }
                Step::Pass(duration) => rig.advance(millis(duration)),
            }
            for output in rig.outputs() {
                observer.see(&output, &settings)?;
            }
            prop_assert_eq!(observer.sending, rig.participant.may_send());
        }
        // Left alone, it asks for nothing and waits for nothing any more.
        rig.advance(secs(20));
        let settled = [State::HasNoPermission, State::HasPermission, State::Queued, State::Releasing, State::StartStop];
        prop_assert!(settled.contains(&rig.state()), "{}", rig.state());
        prop_assert_eq!(rig.participant.poll_timeout(), None);
    }
}

proptest! {
    #![proptest_config(cases(500))]

    /// Whatever was lost before: with a server that answers, a user who presses gets the floor and gives it back.
    #[test]
    fn a_participant_that_is_answered_is_never_stuck(
        settings in participant_settings(),
        steps in prop::collection::vec(step(), 0..30),
    ) {
        let mut rig = Rig::start(settings);
        rig.input(ParticipantInput::SessionTerminating);
        for step in steps {
            match step {
                Step::Input(ParticipantInput::ReleaseStarted | ParticipantInput::ReleaseFinished) => {}
                Step::Input(input) => rig.input(input),
                Step::Receive(message) => rig.receive(*message),
                Step::Media(ssrc) => { rig.participant.handle_media(rig.now, ssrc); }
                Step::Pass(duration) => rig.advance(millis(duration)),
            }
        }
        rig.input(ParticipantInput::PttReleased);
        rig.advance(RECOVERED);
        rig.receive(idle());
        prop_assert_eq!(rig.state(), State::HasNoPermission);
        rig.press();
        prop_assert_eq!(rig.state(), State::PendingRequest);
        rig.receive(granted());
        prop_assert!(rig.participant.may_send());
        rig.input(ParticipantInput::PttReleased);
        rig.receive(idle());
        prop_assert_eq!(rig.state(), State::HasNoPermission);
    }
}

/// All copies of a Floor Release, with C100 of 4 and T100 of 1 s.
const RECOVERED: Duration = Duration::from_secs(5);
