//! 'O: has no permission' (7.2.3.4).

use mcptt_codec::floor::RejectCause;
use mcptt_codec::id::Ssrc;

use super::rig::{
    BOB, CAROL, KIND, OWN, Rig, deny, granted, millis, notify, position, position_request, release, request,
    secs, send, taken, talks,
};
use crate::floor::participant::off_network::State;
use crate::floor::participant::{MediaTreatment, Notification};

const THIRD: Ssrc = Ssrc(9);

//= 24.380-7.2.3.4:ssrc test
#[test]
fn only_the_arbitrator_is_heard() {
    let mut rig = Rig::listening();
    assert_eq!(rig.media(THIRD), MediaTreatment::Discard);
    assert_eq!(rig.media(BOB), MediaTreatment::Render);
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.participant.arbitrator(), Some(BOB));
}

//= 24.380-7.2.3.4:cand test
//= 24.380-7.2.3.4:ssrc test
#[test]
fn the_one_that_was_granted_is_heard_and_then_nobody_else() {
    let mut rig = Rig::listening();
    rig.receive(granted(BOB, CAROL));
    assert_eq!(rig.drain(), [talks(CAROL, Some(KIND))]);
    // A packet of Bob that was under way takes nothing back.
    assert_eq!(rig.media(BOB), MediaTreatment::Discard);
    assert_eq!(rig.media(CAROL), MediaTreatment::Render);
    assert_eq!(rig.participant.arbitrator(), Some(CAROL));
    assert_eq!(rig.media(BOB), MediaTreatment::Discard);
    assert_eq!(rig.drain(), []);
}

//= 24.380-7.2.3.4:cand test
#[test]
fn a_grant_restarts_t203_and_a_copy_says_nothing_new() {
    let mut rig = Rig::listening();
    rig.advance(secs(3));
    rig.receive(granted(BOB, CAROL));
    rig.forget();
    rig.receive(granted(BOB, CAROL));
    assert_eq!(rig.outputs(), []);
    rig.advance(millis(3_999));
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(millis(1));
    assert_eq!(rig.state(), State::Silence);
}

//= 24.380-7.2.3.4:cand test
#[test]
fn nobody_but_the_arbitrator_grants() {
    let mut rig = Rig::listening();
    rig.discards(granted(CAROL, THIRD), "24.380-7.2.3.4:cand");
    assert_eq!(rig.participant.arbitrator(), Some(BOB));
}

//= 24.380-7.2.3.4:rel test
#[test]
fn the_release_of_the_arbitrator_or_the_candidate_is_silence() {
    for releaser in [BOB, CAROL] {
        let mut rig = Rig::listening();
        rig.receive(granted(BOB, CAROL));
        rig.forget();
        rig.receive(release(releaser));
        assert_eq!(rig.drain(), [notify(Notification::Idle)]);
        assert_eq!(rig.state(), State::Silence);
        rig.advance(secs(10));
        assert_eq!(rig.drain(), []);
    }
    let mut rig = Rig::listening();
    rig.discards(release(CAROL), "24.380-7.2.3.4:rel");
}

//= 24.380-7.2.3.4:t203 test
#[test]
fn an_arbitrator_that_is_not_heard_any_more_is_gone() {
    let mut rig = Rig::listening();
    rig.advance(secs(3));
    rig.media(BOB);
    rig.advance(millis(3_999));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
    assert_eq!(rig.state(), State::Silence);
}

//= 24.380-7.2.3.4:ptt test
#[test]
fn a_listener_asks_the_arbitrator() {
    let mut rig = Rig::listening();
    rig.press();
    assert_eq!(rig.drain(), [send(request(OWN))]);
    assert_eq!(rig.state(), State::PendingRequest);
    rig.discards(deny(CAROL, OWN, RejectCause::OTHER), "24.380-7.2.3.6:foreign");
    rig.receive(deny(BOB, OWN, RejectCause::OTHER));
    assert_eq!(rig.state(), State::HasNoPermission);
}

#[test]
fn the_floor_that_is_taken_is_believed_when_the_arbitrator_is_silent_as_well() {
    let mut rig = Rig::listening();
    rig.advance(millis(119));
    rig.discards(taken(CAROL), "24.380-7.1");
    assert_eq!(rig.media(CAROL), MediaTreatment::Discard);
    rig.advance(millis(1));
    rig.receive(taken(CAROL));
    assert_eq!(rig.drain(), [talks(CAROL, Some(KIND))]);
    assert_eq!(rig.media(CAROL), MediaTreatment::Render);
}

//= 24.380-7.1 test
#[test]
fn only_the_talker_answers() {
    let mut rig = Rig::listening();
    rig.discards(request(CAROL), "24.380-7.1");
    rig.discards(position_request(CAROL), "24.380-7.1");
    rig.discards(granted(BOB, OWN), "24.380-7.1");
    rig.discards(deny(BOB, CAROL, RejectCause::OTHER), "24.380-7.1");
    rig.discards(position(BOB, OWN, 1), "24.380-7.1");
}

#[test]
fn ones_own_messages_and_packets_come_back_and_mean_nothing() {
    let mut rig = Rig::silent();
    rig.receive(taken(OWN));
    rig.receive(granted(OWN, BOB));
    assert_eq!(rig.media(OWN), MediaTreatment::Discard);
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.state(), State::Silence);
}
