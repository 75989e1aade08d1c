//! 'O: pending granted' (7.2.3.7).

use mcptt_codec::floor::{FloorMessage, FloorRequest, RejectCause};
use mcptt_codec::id::Ssrc;

use super::rig::{
    BOB, CAROL, KIND, OWN, Rig, deny, granted, granted_with, id, millis, release, request, secs, send, talks,
};
use crate::floor::participant::off_network::{Input, State};
use crate::floor::participant::{MediaTreatment, Notification, ParticipantOutput};

const THIRD: Ssrc = Ssrc(9);

/// Carol was granted, Bob waits.
fn with_queue() -> Rig {
    let mut rig = Rig::talking();
    rig.receive(request(CAROL));
    rig.receive(request(BOB));
    rig.input(Input::PttReleased);
    rig.forget();
    rig
}

//= 24.380-7.2.3.7:t205 test
#[test]
fn the_grant_is_repeated_until_given_up() {
    let mut rig = Rig::granting();
    for _ in 0..3 {
        rig.advance(millis(79));
        assert_eq!(rig.drain(), []);
        rig.advance(millis(1));
        assert_eq!(rig.drain(), [send(granted(OWN, CAROL))]);
    }
    rig.advance(millis(80));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::Silence);
}

//= 24.380-7.2.3.7:rtp test
#[test]
fn the_new_talker_is_heard() {
    let mut rig = Rig::granting();
    assert_eq!(rig.media(THIRD), MediaTreatment::Discard);
    assert_eq!(rig.state(), State::PendingGranted);
    assert_eq!(rig.media(CAROL), MediaTreatment::Render);
    let talker =
        crate::floor::participant::Talker { user: Some(id(CAROL)), ssrc: Some(CAROL), ..Default::default() };
    let told =
        Notification::Taken { talkers: vec![talker], indicator: Default::default(), may_request: true };
    assert_eq!(rig.drain(), [ParticipantOutput::Notify(told)]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(3));
    assert_eq!(rig.sent(), []);
    rig.advance(secs(1));
    assert_eq!(rig.state(), State::Silence);
}

//= 24.380-7.2.3.7:rtp test
#[test]
fn a_new_talker_that_has_handed_the_floor_over_already_was_one() {
    let mut rig = Rig::granting();
    rig.discards(granted(THIRD, BOB), "24.380-7.1");
    rig.receive(granted(CAROL, BOB));
    assert_eq!(rig.drain(), [talks(BOB, Some(KIND))]);
    assert_eq!(rig.state(), State::HasNoPermission);
    assert_eq!(rig.media(CAROL), MediaTreatment::Discard);
    assert_eq!(rig.media(BOB), MediaTreatment::Render);
}

//= 24.380-7.2.3.7:deny test
#[test]
fn meanwhile_others_are_denied() {
    let mut rig = Rig::granting();
    rig.receive(request(BOB));
    assert_eq!(rig.drain(), [send(deny(OWN, BOB, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION))]);
    // Carol has not received her grant yet; the next copy answers her.
    rig.receive(request(CAROL));
    assert_eq!(rig.drain(), []);
    rig.discards(FloorMessage::Request(FloorRequest { ssrc: BOB, ..FloorRequest::default() }), "24.380-7.1");
    // So is the user of this client.
    rig.press();
    let cause = Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!(rig.drain(), [ParticipantOutput::Notify(Notification::Denied { cause })]);
}

//= 24.380-7.2.3.7:wait test
#[test]
fn with_others_waiting_the_next_one_is_granted() {
    let mut rig = with_queue();
    rig.advance(millis(320));
    assert_eq!(rig.sent(), vec![granted_with(OWN, CAROL, &[BOB]); 3]);
    rig.advance(millis(2_999));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [send(granted(OWN, BOB))]);
    assert_eq!(rig.media(CAROL), MediaTreatment::Discard);
    assert_eq!(rig.media(BOB), MediaTreatment::Render);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-7.2.3.7:wait test
#[test]
fn when_nobody_waits_any_more_the_floor_is_released() {
    let mut rig = with_queue();
    rig.advance(millis(320));
    rig.receive(release(BOB));
    rig.forget();
    rig.advance(secs(3));
    assert_eq!(rig.drain(), [send(release(OWN))]);
    assert_eq!(rig.state(), State::Silence);
}

#[test]
fn a_grant_that_is_declined_is_not_waited_for() {
    let mut rig = Rig::granting();
    rig.receive(release(CAROL));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::Silence);
    let mut rig = with_queue();
    rig.receive(release(CAROL));
    assert_eq!(rig.drain(), [send(granted(OWN, BOB))]);
}
