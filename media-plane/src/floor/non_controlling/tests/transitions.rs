//! The table of procedures: its committed image, and that the machine does what the table says.

use super::*;
use crate::floor::non_controlling::table::{PROCEDURES, Trigger};
use crate::floor::transition::{Rule, assert_committed, image};

const STATES: &[State] = State::ALL;

#[test]
fn the_table_looks_as_committed() {
    let mut text =
        String::from("floor participant interface of a non-controlling function (P), TS 24.380 6.5.5\n\n");
    text += &image(STATES, Trigger::ALL, PROCEDURES, |trigger| trigger.name());
    assert_committed(&text, include_str!("transitions.txt"), "non_controlling/tests/transitions.txt");
}

fn in_state(state: State) -> Rig {
    let mut rig = Rig::with_clients(2);
    match state {
        State::HasPermission => rig.controlling(granted(1)),
        State::Releasing => rig.function.release_started(),
        State::StartStop => {
            rig.function.release_started();
            rig.function.release_finished();
        }
        State::HasNoPermission => {}
    }
    assert_eq!(rig.state(1), state);
    rig.outputs();
    rig
}

#[test]
fn the_machine_discards_exactly_what_its_table_does_not_list() {
    use Trigger as T;
    for state in STATES {
        for trigger in T::ALL {
            let mut rig = in_state(*state);
            match trigger {
                T::FloorRequest => rig.client(1, FloorMessage::Request(request())),
                T::FloorRelease => rig.client(1, release()),
                T::OtherOfClient => rig.client(1, FloorMessage::QueuePositionRequest(Default::default())),
                T::SendFloorGranted => rig.controlling(granted(1)),
                T::SendFloorDeny => rig.controlling(denied(1)),
                T::SendFloorQueuePositionInfo => rig.controlling(queued(1)),
                T::SendFloorRevoke => rig.controlling(revoked(1)),
                T::SendFloorTaken => {
                    rig.controlling(FloorMessage::Taken(FloorTaken {
                        track_info: track(&[reference(1)]),
                        ..taken(1)
                    }));
                }
                T::SendFloorIdle => {
                    rig.controlling(FloorMessage::Idle(FloorIdle {
                        track_info: track(&[reference(1)]),
                        ..idle(1)
                    }));
                }
                // Media without procedure is no event; call control tells what is so.
                _ => continue,
            }
            let listed = Rule::find(PROCEDURES, *state, *trigger);
            let discarded = rig.events().iter().any(|event| matches!(event, Event::Discarded { .. }));
            assert_eq!(discarded, listed.is_none(), "{state} {trigger:?}");
            let next = rig.state(1);
            assert!(listed.map_or(next == *state, |rule| rule.permits(next)), "{state} {trigger:?} {next}");
        }
    }
}

#[test]
fn only_a_client_with_permission_is_heard() {
    for state in STATES {
        let mut rig = in_state(*state);
        let forwarded = rig.media(1) == MediaVerdict::Forward;
        assert_eq!(forwarded, *state == State::HasPermission, "{state}");
    }
}
