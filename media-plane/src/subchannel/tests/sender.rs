//! The participating function's side.

use super::*;
use crate::floor::event::{Event, Machine};
use crate::subchannel::MediaTurn;

//= 24.380-10.2:map test
#[test]
fn a_conversation_is_mapped_before_it_is_heard_and_again_on_t16() {
    let mut rig = Rig::with_subchannels(2);
    assert_eq!(rig.floor("fire", &taken(1)), Some(Slot(0)));
    assert_eq!(rig.drain(), [control(map("fire", 1)), on(0, taken(1))]);
    assert_eq!(rig.sender.handle_media(&group("fire"), Ssrc(9), 1), Some(MediaTurn::Send(Slot(0))));
    for _ in 0..5 {
        rig.advance(T16 - Duration::from_millis(1));
        assert_eq!(rig.drain(), []);
        rig.advance(Duration::from_millis(1));
        assert_eq!(rig.drain(), [control(map("fire", 1))]);
    }
    assert_eq!(rig.sender.free_subchannels(), 1);
}

#[test]
fn each_conversation_has_a_subchannel_of_its_own_as_long_as_there_is_one() {
    let mut rig = Rig::with_subchannels(2);
    assert_eq!(rig.floor("fire", &taken(1)), Some(Slot(0)));
    assert_eq!(rig.floor("police", &taken(1)), Some(Slot(1)));
    assert_eq!(
        rig.drain(),
        [control(map("fire", 1)), on(0, taken(1)), control(map("police", 2)), on(1, taken(1))]
    );
    assert_eq!((rig.floor("rescue", &taken(1)), rig.drain()), (None, vec![]));
    assert_eq!(rig.sender.handle_media(&group("rescue"), Ssrc(9), 1), None);
    // A subchannel is free from the first Unmap Group To Bearer on.
    rig.sender.session_ended(rig.now, &group("fire"));
    assert_eq!(rig.floor("rescue", &taken(2)), Some(Slot(0)));
    assert_eq!(rig.drain(), [control(unmap("fire")), control(map("rescue", 1)), on(0, taken(2))]);
}

//= 24.380-10.2:idle test
#[test]
fn floor_idle_starts_t15_and_floor_taken_stops_it() {
    let mut rig = Rig::in_state(State::Mapped);
    assert_eq!(rig.floor("fire", &idle(2)), Some(Slot(0)));
    assert_eq!(rig.drain(), [on(0, idle(2))]);
    rig.advance(T15 - Duration::from_millis(1));
    rig.floor("fire", &taken(3));
    rig.advance(Duration::from_secs(300));
    let others: Vec<_> =
        rig.drain().into_iter().filter(|output| *output != control(map("fire", 1))).collect();
    assert_eq!(others, [on(0, taken(3))]);
    assert_eq!(rig.sender.state(&group("fire")), State::Mapped);
}

//= 24.380-10.2:unmap test
#[test]
fn when_t15_expires_the_group_is_unmapped_c17_times_and_the_subchannel_is_free() {
    let mut rig = Rig::in_state(State::Mapped);
    rig.floor("fire", &idle(2));
    // Repetitions of Floor Idle do not prolong the conversation.
    for number in 3..12 {
        rig.advance(Duration::from_secs(1));
        rig.floor("fire", &idle(number));
    }
    rig.advance(Duration::from_secs(21) - Duration::from_millis(1));
    assert_eq!(rig.sender.free_subchannels(), 0);
    rig.drain();
    rig.advance(Duration::from_millis(1));
    assert_eq!(rig.drain().last(), Some(&control(unmap("fire"))));
    assert_eq!(rig.sender.free_subchannels(), 1);
    for _ in 1..3 {
        rig.advance(T17);
        assert_eq!(rig.drain(), [control(unmap("fire"))]);
    }
    rig.advance(Duration::from_secs(60));
    assert_eq!((rig.drain(), rig.sender.poll_timeout()), (vec![], None));
    assert_eq!(rig.sender.state(&group("fire")), State::StartStop);
}

#[test]
fn a_new_conversation_ends_the_unmapping_of_the_last_one() {
    let mut rig = Rig::in_state(State::Unmapping);
    rig.advance(T17);
    rig.floor("fire", &taken(9));
    assert_eq!(rig.drain(), [control(unmap("fire")), control(map("fire", 1)), on(0, taken(9))]);
    rig.advance(T17 * 2);
    assert_eq!(rig.drain(), []);
}

#[test]
fn what_comes_on_several_legs_is_heard_once() {
    let mut rig = Rig::in_state(State::Mapped);
    for _ in 0..3 {
        assert_eq!(rig.floor("fire", &taken(2)), Some(Slot(0)));
        assert_eq!(rig.floor("fire", &release_multi_talker(7)), Some(Slot(0)));
    }
    assert_eq!(rig.drain(), [on(0, taken(2)), on(0, release_multi_talker(7))]);
    let turns: Vec<_> = (0..4).map(|_| rig.sender.handle_media(&group("fire"), Ssrc(9), 77)).collect();
    let copy = Some(MediaTurn::Copy(Slot(0)));
    assert_eq!(turns, [Some(MediaTurn::Send(Slot(0))), copy, copy, copy]);
}

#[test]
fn nobody_is_asked_to_acknowledge_on_a_subchannel() {
    let mut rig = Rig::in_state(State::Mapped);
    rig.floor("fire", &taken_asking(2, true));
    assert_eq!(rig.drain(), [on(0, taken(2))]);
}

//= 24.380-10.2.1 test
#[test]
fn a_message_without_procedure_is_discarded() {
    let mut rig = Rig::in_state(State::StartStop);
    for (packet, got) in
        [(idle(1), "R: Floor Idle"), (release_multi_talker(1), "R: Floor Release Multi Talker")]
    {
        assert_eq!(rig.floor("fire", &packet), None);
        let discarded = Event::Discarded {
            machine: Machine::SubchannelSender,
            participant: None,
            state: "Start-stop",
            got,
            requirement: "24.380-10.2.1",
        };
        assert_eq!(rig.outputs(), [SenderOutput::Event(discarded)]);
    }
    assert_eq!(rig.sender.handle_media(&group("fire"), Ssrc(9), 1), None);
    // What belongs to one client alone, and what is no floor message, is not even looked at.
    for packet in [FloorMessage::Granted(Default::default()).encode().unwrap(), Bytes::from_static(b"\x80")] {
        assert_eq!((rig.floor("fire", &packet), rig.outputs()), (None, vec![]));
    }
}

#[test]
fn a_bearer_that_ends_unmaps_what_is_mapped() {
    let mut rig = Rig::with_subchannels(2);
    rig.floor("fire", &taken(1));
    rig.floor("police", &taken(1));
    rig.drain();
    rig.sender.bearer_ended(rig.now);
    assert_eq!(rig.drain(), [control(unmap("fire")), control(unmap("police"))]);
    assert_eq!(rig.sender.poll_timeout(), None);
}
