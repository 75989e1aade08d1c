//! 'O: queued' (7.2.3.8).

use mcptt_codec::floor::RejectCause;
use mcptt_codec::id::Ssrc;

use super::rig::{
    BOB, CAROL, KIND, OWN, Rig, TALK_TIME, deny, granted, granted_with, millis, notify, opens, position,
    position_request, queue_info, release, request, secs, send, taken, talks,
};
use crate::floor::participant::off_network::{Input, State};
use crate::floor::participant::{MediaTreatment, Notification};

const THIRD: Ssrc = Ssrc(9);

fn offered() -> Rig {
    let mut rig = Rig::queued();
    rig.receive(granted_with(BOB, OWN, &[CAROL]));
    rig.forget();
    rig
}

//= 24.380-7.2.3.8:acc test
#[test]
fn a_grant_waits_for_the_user() {
    for accept in [Input::AcceptGrant, Input::PttPressed { priority: None, indicator: None }] {
        let mut rig = Rig::queued();
        rig.receive(granted_with(BOB, OWN, &[CAROL]));
        assert_eq!(rig.drain(), [notify(Notification::GrantOffered { duration: Some(TALK_TIME) })]);
        assert!(!rig.participant.may_send());
        rig.advance(millis(2_999));
        rig.input(accept);
        assert_eq!(rig.drain(), opens());
        // The queue has come with the floor.
        rig.receive(position_request(CAROL));
        assert_eq!(rig.drain(), [send(position(OWN, CAROL, 1))]);
        assert_eq!(rig.participant.poll_timeout(), None);
    }
}

//= 24.380-7.2.3.8:acc test
#[test]
fn a_held_button_accepts() {
    let mut rig = Rig::queued();
    rig.press();
    assert_eq!(rig.outputs(), []);
    rig.receive(granted(BOB, OWN));
    let [open, start] = opens();
    assert_eq!(rig.drain(), [notify(Notification::GrantOffered { duration: Some(TALK_TIME) }), open, start]);
}

//= 24.380-7.2.3.8:acc test
#[test]
fn a_grant_that_is_not_accepted_lapses() {
    let mut rig = offered();
    // A copy gives no more time.
    rig.advance(secs(1));
    rig.receive(granted_with(BOB, OWN, &[CAROL]));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1_999));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [notify(Notification::GrantLapsed)]);
    assert_eq!(rig.state(), State::Silence);
    rig.input(Input::AcceptGrant);
    assert!(!rig.participant.may_send());
}

//= 24.380-7.2.3.8:acc test
#[test]
fn nobody_else_grants() {
    let mut rig = Rig::queued();
    rig.discards(granted(CAROL, OWN), "24.380-7.2.3.8:acc");
    rig.receive(granted(BOB, CAROL));
    rig.forget();
    rig.receive(granted(CAROL, OWN));
    assert_eq!(rig.drain(), [notify(Notification::GrantOffered { duration: Some(TALK_TIME) })]);
}

//= 24.380-7.2.3.8:other test
#[test]
fn somebody_else_is_served_first() {
    let mut rig = Rig::queued();
    rig.advance(secs(3));
    rig.receive(granted_with(BOB, CAROL, &[OWN]));
    assert_eq!(rig.drain(), [talks(CAROL, Some(KIND))]);
    rig.advance(secs(3));
    assert_eq!(rig.media(CAROL), MediaTreatment::Render);
    assert_eq!(rig.media(BOB), MediaTreatment::Discard);
    assert_eq!(rig.state(), State::Queued);
    rig.discards(granted(THIRD, CAROL), "24.380-7.2.3.8:other");
}

//= 24.380-7.2.3.8:other test
#[test]
fn an_offer_ends_when_somebody_else_is_served() {
    let mut rig = offered();
    rig.receive(granted(BOB, CAROL));
    assert_eq!(rig.drain(), [talks(CAROL, Some(KIND)), notify(Notification::GrantLapsed)]);
    rig.input(Input::AcceptGrant);
    assert!(!rig.participant.may_send());
}

#[test]
fn an_offer_ends_when_somebody_takes_the_floor() {
    let mut rig = offered();
    rig.receive(taken(THIRD));
    let outputs = rig.drain();
    assert_eq!(outputs[0], notify(Notification::GrantLapsed));
    assert_eq!(outputs[2..], [send(request(OWN))]);
    assert_eq!(rig.state(), State::PendingRequest);
    // Without an offer it is the arbitrator that counts.
    let mut rig = Rig::queued();
    rig.discards(taken(THIRD), "24.380-7.1");
}

//= 24.380-7.2.3.8:deny test
#[test]
fn a_denied_request_no_longer_waits() {
    let mut rig = offered();
    rig.discards(deny(THIRD, OWN, RejectCause::OTHER), "24.380-7.2.3.8:deny");
    rig.receive(deny(BOB, OWN, RejectCause::OTHER));
    assert_eq!(rig.drain(), [notify(Notification::Denied { cause: Some(RejectCause::OTHER) })]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(4));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}

//= 24.380-7.2.3.8:t204 test
#[test]
fn the_position_is_asked_and_shown() {
    let mut rig = Rig::queued();
    rig.input(Input::AskQueuePosition);
    assert_eq!(rig.drain(), [send(position_request(OWN))]);
    rig.discards(position(THIRD, OWN, 1), "24.380-7.2.3.8:t204");
    rig.receive(position(BOB, OWN, 2));
    assert_eq!(rig.drain(), [notify(Notification::Queued { info: Some(queue_info(2)) })]);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), []);
    // Not while the turn has come.
    let mut rig = offered();
    rig.input(Input::AskQueuePosition);
    assert_eq!(rig.outputs(), []);
}

//= 24.380-7.2.3.8:t204 test
#[test]
fn a_question_without_answer_ends_the_waiting() {
    let mut rig = Rig::queued();
    rig.input(Input::AskQueuePosition);
    rig.advance(millis(160));
    assert_eq!(rig.sent(), vec![position_request(OWN); 3]);
    rig.advance(millis(80));
    assert_eq!(rig.drain(), [notify(Notification::QueueTimeout)]);
    assert_eq!(rig.state(), State::Silence);
}

//= 24.380-7.2.3.8:t203 test
#[test]
fn when_the_arbitrator_is_gone_everybody_is_asked() {
    let mut rig = Rig::queued();
    rig.advance(secs(4));
    assert_eq!(rig.drain(), [notify(Notification::Idle), send(request(OWN))]);
    assert_eq!(rig.state(), State::PendingRequest);
    assert_eq!(rig.participant.arbitrator(), None);
}

//= 24.380-7.2.3.8:media test
#[test]
fn the_talk_goes_on_while_waiting() {
    let mut rig = Rig::queued();
    for _ in 0..5 {
        rig.advance(secs(3));
        assert_eq!(rig.media(BOB), MediaTreatment::Render);
        assert_eq!(rig.media(THIRD), MediaTreatment::Discard);
    }
    assert_eq!(rig.outputs(), []);
    assert_eq!(rig.state(), State::Queued);
}

//= 24.380-7.2.3.8:cancel test
#[test]
fn the_request_is_withdrawn() {
    let mut rig = offered();
    rig.input(Input::CancelRequest);
    assert_eq!(rig.drain(), [send(release(OWN))]);
    assert_eq!(rig.state(), State::HasNoPermission);
    assert_eq!(rig.media(BOB), MediaTreatment::Render);
    rig.advance(secs(4));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}
