//! 'O: silence' (7.2.3.3).

use mcptt_codec::floor::{FloorIndicator, FloorPriority};
use mcptt_codec::id::Ssrc;

use super::rig::{
    BOB, CAROL, KIND, OWN, Rig, granted, millis, notify, private, release, request, request_of, secs, send,
    taken, talks,
};
use crate::floor::participant::off_network::{Input, State};
use crate::floor::participant::{MediaTreatment, Notification};

//= 24.380-7.2.3.3:taken test
#[test]
fn somebody_else_starts() {
    let cases = [
        (Some(granted(BOB, CAROL)), talks(CAROL, Some(KIND))),
        (Some(taken(BOB)), talks(BOB, Some(KIND))),
        (None, talks(BOB, None)),
    ];
    for (message, told) in cases {
        let mut rig = Rig::silent();
        match message {
            Some(message) => rig.receive(message),
            None => assert_eq!(rig.media(BOB), MediaTreatment::Render),
        }
        assert_eq!(rig.drain(), [told]);
        assert_eq!(rig.state(), State::HasNoPermission);
        // T230 has stopped; T203 runs.
        rig.advance(secs(4));
        assert_eq!(rig.drain(), [notify(Notification::Idle)]);
        assert_eq!(rig.state(), State::Silence);
    }
}

//= 24.380-7.2.3.3:taken test
#[test]
fn after_a_grant_both_the_granter_and_the_granted_are_heard() {
    for talker in [BOB, CAROL] {
        let mut rig = Rig::silent();
        rig.receive(granted(BOB, CAROL));
        assert_eq!(rig.media(Ssrc(9)), MediaTreatment::Discard);
        // Of the granter not what was under way, but that it goes on in spite of it.
        rig.advance(millis(120));
        assert_eq!(rig.media(talker), MediaTreatment::Render);
    }
}

//= 24.380-7.2.3.3:ptt test
#[test]
fn pressing_asks_everybody() {
    let mut rig = Rig::silent();
    rig.input(Input::PttPressed {
        priority: Some(FloorPriority(3)),
        indicator: Some(FloorIndicator::EMERGENCY),
    });
    let indicator = FloorIndicator::EMERGENCY | FloorIndicator::QUEUEING;
    let expected = request_of(OWN, 3, indicator);
    assert_eq!(rig.drain(), [send(expected.clone())]);
    assert_eq!(rig.state(), State::PendingRequest);
    rig.advance(millis(40));
    assert_eq!(rig.drain(), [send(expected)]);
}

//= 24.380-7.2.3.3:t230 test
#[test]
fn inactivity_ends_floor_control() {
    let mut rig = Rig::silent();
    rig.advance(secs(600));
    assert_eq!(rig.drain(), [notify(Notification::Inactive)]);
    assert_eq!(rig.state(), State::StartStop);
    assert_eq!(rig.participant.poll_timeout(), None);
    rig.press();
    assert_eq!(rig.drain(), []);
}

//= 24.380-7.2.3.3:priv test
#[test]
fn the_peer_of_a_private_call_grants() {
    let mut rig = Rig::listening_with(private());
    rig.receive(release(BOB));
    rig.forget();
    rig.receive(request(BOB));
    assert_eq!(rig.drain(), [send(granted(OWN, BOB))]);
    assert_eq!(rig.state(), State::PendingGranted);
    rig.advance(millis(80));
    assert_eq!(rig.drain(), [send(granted(OWN, BOB))]);
    assert_eq!(rig.media(BOB), MediaTreatment::Render);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-7.1 test
#[test]
fn nobody_answers_for_an_arbitrator_that_is_not_there() {
    let mut rig = Rig::silent();
    rig.receive(request(BOB));
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.state(), State::Silence);
}

#[test]
fn a_packet_overtaken_by_the_release_of_its_talker_is_no_new_talk() {
    let mut rig = Rig::listening();
    rig.receive(release(BOB));
    rig.forget();
    rig.advance(millis(119));
    assert_eq!(rig.media(BOB), MediaTreatment::Discard);
    assert_eq!(rig.state(), State::Silence);
    // Anybody else may talk, and so may Bob as soon as he can have asked in vain.
    rig.advance(millis(1));
    assert_eq!(rig.media(BOB), MediaTreatment::Render);
    let mut rig = Rig::listening();
    rig.receive(release(BOB));
    assert_eq!(rig.media(CAROL), MediaTreatment::Render);
}
