//! The table of procedures: its committed image, and that the machine does what the table says.

use mcptt_codec::floor::RejectCause;

use super::rig::{
    BOB, CAROL, OWN, Rig, deny, granted, position, position_request, release, request, settings, taken,
};
use crate::floor::event::Event;
use crate::floor::participant::ParticipantOutput;
use crate::floor::participant::off_network::table::{PROCEDURES, Trigger};
use crate::floor::participant::off_network::{Input, State};
use crate::floor::transition::{Rule, assert_committed, image};

const STATES: &[State] = &[
    State::StartStop,
    State::Silence,
    State::HasNoPermission,
    State::HasPermission,
    State::PendingRequest,
    State::PendingGranted,
    State::Queued,
];

#[test]
fn the_table_looks_as_committed() {
    let mut text = String::from("off-network floor participant, TS 24.380 7.2.3\n\n");
    text += &image(STATES, Trigger::ALL, PROCEDURES, |trigger| trigger.name());
    let file = "participant/off_network/tests/transitions.txt";
    assert_committed(&text, include_str!("transitions.txt"), file);
}

fn in_state(state: State) -> Rig {
    let rig = match state {
        State::StartStop => Rig::start(settings()),
        State::Silence => Rig::silent(),
        State::HasNoPermission => Rig::listening(),
        State::HasPermission => Rig::talking(),
        State::PendingRequest => Rig::requesting(),
        State::PendingGranted => Rig::granting(),
        State::Queued => Rig::queued(),
    };
    assert_eq!(rig.state(), state);
    rig
}

#[test]
fn the_machine_discards_exactly_what_its_table_does_not_list() {
    for state in STATES {
        for trigger in Trigger::ALL {
            let mut rig = in_state(*state);
            match trigger {
                Trigger::CallOriginated => rig.input(Input::CallOriginated),
                Trigger::CallTerminating => rig.input(Input::CallTerminating),
                Trigger::PttPressed => rig.press(),
                Trigger::GrantAccepted => rig.input(Input::AcceptGrant),
                Trigger::RequestCancelled => rig.input(Input::CancelRequest),
                Trigger::QueuePositionAsked => rig.input(Input::AskQueuePosition),
                Trigger::FloorGrantedToMe => rig.receive(granted(BOB, OWN)),
                // Of the one that was granted, see the tests of the state.
                Trigger::FloorGrantedToOther if *state == State::PendingGranted => {
                    rig.receive(granted(CAROL, BOB));
                }
                Trigger::FloorGrantedToOther => rig.receive(granted(BOB, CAROL)),
                // Of the one that is known: others have to wait, see the tests of the states.
                Trigger::FloorTaken if *state == State::HasNoPermission => rig.receive(taken(BOB)),
                Trigger::FloorTaken if *state == State::Queued => continue,
                Trigger::FloorTaken => rig.receive(taken(CAROL)),
                Trigger::FloorDenyToMe => rig.receive(deny(BOB, OWN, RejectCause::OTHER)),
                Trigger::FloorQueuePositionInfoToMe => rig.receive(position(BOB, OWN, 1)),
                Trigger::FloorRelease => rig.receive(release(BOB)),
                Trigger::FloorRequest => rig.receive(request(CAROL)),
                Trigger::FloorQueuePositionRequest => rig.receive(position_request(CAROL)),
                Trigger::CallRelease => rig.input(Input::CallReleased),
                // Media, a button let go and timers that do not run are nobody's fault.
                Trigger::PttReleased | Trigger::MediaSent | Trigger::RtpMedia | Trigger::Expiry(_) => {
                    continue;
                }
            }
            let listed = Rule::find(PROCEDURES, *state, *trigger);
            let outputs = rig.outputs();
            let discarded = outputs
                .iter()
                .any(|output| matches!(output, ParticipantOutput::Event(Event::Discarded { .. })));
            assert_eq!(discarded, listed.is_none(), "{state} {trigger:?}");
            match listed {
                Some(rule) => assert!(rule.permits(rig.state()), "{state} {trigger:?} {}", rig.state()),
                None => assert_eq!(rig.state(), *state, "{trigger:?}"),
            }
        }
    }
}
