//! What holds whatever happens in whatever order.

use mcptt_codec::floor::{FloorMessage, FloorPriority};
use proptest::prelude::*;

use super::rig::{Rig, acknowledged, deny, granted, idle, millis, position, revoke, secs, settings, taken};
use crate::floor::participant::{ParticipantInput, ParticipantOutput, ParticipantSettings, State};

#[derive(Clone, Debug)]
enum Step {
    Input(ParticipantInput),
    Receive(Box<FloorMessage>),
    Media,
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
        1 => Just(ParticipantInput::SessionTerminating),
        1 => Just(ParticipantInput::ReleaseStarted),
        1 => Just(ParticipantInput::ReleaseFinished),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let message = prop::sample::select(vec![idle(), taken(), granted(), deny(), position(2)]);
    let message =
        (message, any::<bool>()).prop_map(|(message, ack)| if ack { acknowledged(message) } else { message });
    prop_oneof![
        3 => input().prop_map(Step::Input),
        4 => message.prop_map(|message| Step::Receive(Box::new(message))),
        1 => Just(Step::Receive(Box::new(revoke()))),
        1 => Just(Step::Media),
        3 => (1..3_000u64).prop_map(Step::Pass),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    //= 24.380-6.2.4.5.2 test
    #[test]
    fn the_microphone_is_open_exactly_with_permission(
        implicit_request in any::<bool>(),
        queueing in any::<bool>(),
        steps in prop::collection::vec(step(), 0..60),
    ) {
        let mut rig = Rig::start(ParticipantSettings { queueing, priority: Some(7), ..settings() });
        rig.input(ParticipantInput::SessionOriginated { implicit_request, granted: false });
        let mut sending = false;
        let mut copies = 0;
        for step in steps {
            match step {
                Step::Input(input) => rig.input(input),
                Step::Receive(message) => rig.receive(*message),
                Step::Media => rig.media(),
                Step::Pass(duration) => rig.advance(millis(duration)),
            }
            for output in rig.outputs() {
                match output {
                    ParticipantOutput::StartSending { .. } => {
                        prop_assert!(!sending);
                        sending = true;
                    }
                    ParticipantOutput::StopSending => {
                        prop_assert!(sending);
                        sending = false;
                    }
                    ParticipantOutput::Send(FloorMessage::Request(request)) => {
                        prop_assert!(request.priority.is_none_or(|priority| priority.0 <= 7));
                        copies += 1;
                        prop_assert!(copies <= 3, "no more Floor Request than C101");
                    }
                    ParticipantOutput::Event(_) => copies = if rig.state() == State::PendingRequest { copies } else { 0 },
                    _ => {}
                }
            }
            prop_assert_eq!(sending, rig.participant.may_send());
        }
        // Left alone, it asks for nothing and waits for nothing any more.
        rig.advance(secs(20));
        let settled = [State::HasNoPermission, State::HasPermission, State::Queued, State::Releasing, State::StartStop];
        prop_assert!(settled.contains(&rig.state()), "{}", rig.state());
        prop_assert_eq!(rig.participant.poll_timeout(), None);
    }
}
