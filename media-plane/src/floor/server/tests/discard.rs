//! Input without procedure (6.3.4.1, 6.3.5.1): no answer, no change, one event.

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIdle, FloorMessage, FloorQueuePositionInfo, FloorReleaseMultiTalker,
    FloorRevoke, FloorTaken,
};
use mcptt_codec::id::LegRef;

use super::rig::{Setup, secs};
use crate::floor::event::{Event, Machine};
use crate::floor::server::{FloorOutput, FloorSignalling, general, towards};
use crate::floor::settings::Entry;

fn discarded(
    participant: u64,
    state: towards::State,
    got: &'static str,
    requirement: &'static str,
) -> FloorOutput {
    let (machine, participant) = (Machine::Towards, Some(LegRef(participant)));
    FloorOutput::Event(Event::Discarded { machine, participant, state: state.name(), got, requirement })
}

//= 24.380-8.1.4:dir test
//= 24.380-6.3.4.1 test
#[test]
fn messages_of_the_server_are_not_accepted_from_participants() {
    let mut rig = Setup::with_participants(2).taken();
    let messages = [
        FloorMessage::Granted(FloorGranted { ack_requested: true, ..FloorGranted::default() }),
        FloorMessage::Taken(FloorTaken { ack_requested: true, ..FloorTaken::default() }),
        FloorMessage::Deny(FloorDeny { ack_requested: true, ..FloorDeny::default() }),
        FloorMessage::Idle(FloorIdle { ack_requested: true, ..FloorIdle::default() }),
        FloorMessage::Revoke(FloorRevoke::default()),
        FloorMessage::QueuePositionInfo(FloorQueuePositionInfo { ack_requested: true, ..Default::default() }),
        FloorMessage::ReleaseMultiTalker(FloorReleaseMultiTalker::default()),
    ];
    for message in messages {
        for (leg, state) in [(1, towards::State::Permitted), (2, towards::State::NotPermittedFloorTaken)] {
            rig.receive(leg, message.clone());
            assert_eq!(rig.outputs(), [discarded(leg, state, message.name(), "24.380-6.3.5.1")]);
        }
    }
}

//= 24.380-6.3.5.1 test
#[test]
fn a_position_request_has_a_procedure_only_while_another_talks() {
    let mut rig = Setup::with_participants(2).idle();
    rig.ask_position(2);
    let got = "Floor Queue Position Request";
    assert_eq!(rig.outputs(), [discarded(2, towards::State::NotPermittedFloorIdle, got, "24.380-6.3.5.1")]);
    rig.request(1);
    rig.forget();
    rig.ask_position(1);
    assert_eq!(rig.outputs(), [discarded(1, towards::State::Permitted, got, "24.380-6.3.5.1")]);
}

//= 24.380-6.3.5.1:addr test
#[test]
fn one_that_does_not_belong_to_the_call_is_ignored() {
    let mut rig = Setup::with_participants(2).idle();
    rig.request(7);
    assert_eq!(
        rig.outputs(),
        [discarded(7, towards::State::StartStop, "Floor Request", "24.380-6.3.5.1:addr")]
    );
    rig.signal(FloorSignalling::ImplicitRequest { leg: LegRef(7) });
    assert_eq!(
        rig.outputs(),
        [discarded(7, towards::State::StartStop, "implicit floor request", "24.380-6.3.5.1:addr")]
    );
}

//= 24.380-6.3.4.1 test
#[test]
fn indications_that_come_twice_are_ignored() {
    let mut rig = Setup::with_participants(2).taken();
    rig.join(2, Entry::Joining { implicit_request: true });
    rig.leave(9);
    rig.signal(FloorSignalling::Initiated);
    let event = |participant, got| {
        FloorOutput::Event(Event::Discarded {
            machine: Machine::General,
            participant: Some(LegRef(participant)),
            state: general::State::FloorTaken.name(),
            got,
            requirement: "24.380-6.3.4.1",
        })
    };
    assert_eq!(rig.outputs(), [event(2, "participant joined"), event(9, "participant left")]);
}

#[test]
fn late_and_early_wake_ups_are_harmless() {
    let mut rig = Setup::with_participants(2).taken();
    rig.server.handle_timeout(rig.now);
    assert_eq!(rig.outputs(), []);
    // Much too late: every timer acts once, as of now.
    rig.now += secs(3_600);
    rig.server.handle_timeout(rig.now);
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 1)]);
    assert!(rig.server.poll_timeout().is_some_and(|next| next > rig.now));
}

#[test]
fn events_name_states_and_clauses() {
    let mut rig = Setup::with_participants(2).idle();
    rig.request(2);
    let changed = |machine, participant, from, to, cause, clause| Event::StateChanged {
        machine,
        participant: Some(LegRef(participant)),
        from,
        to,
        cause,
        clause,
    };
    let idle = "U: not permitted and Floor Idle";
    let expected = [
        changed(Machine::Towards, 2, idle, "U: permitted", "S: Floor Granted", "6.3.5.3.5"),
        changed(Machine::Towards, 1, idle, "U: not permitted and Floor Taken", "S: Floor Taken", "6.3.5.3.3"),
        changed(Machine::General, 2, "G: Floor Idle", "G: Floor Taken", "Floor Request", "6.3.4.3.3"),
    ];
    assert_eq!(rig.events(), expected);
    assert_eq!(rig.general().to_string(), "'G: Floor Taken'");
    assert_eq!(rig.state(1).to_string(), "'U: not permitted and Floor Taken'");
}
