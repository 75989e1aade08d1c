//! 'O: pending request' (7.2.3.6).

use mcptt_codec::floor::{FloorMessage, FloorPriority, FloorTaken, MessageSequenceNumber, RejectCause};
use mcptt_codec::id::Ssrc;

use super::rig::{
    BOB, CAROL, KIND, OWN, Rig, deny, granted, granted_with, millis, notify, opens, position,
    position_request, queue_info, release, request, request_of, secs, send, taken, talks,
};
use crate::floor::participant::off_network::{Input, State};
use crate::floor::participant::{MediaTreatment, Notification};

const FOREIGN: &str = "24.380-7.2.3.6:foreign";
const THIRD: Ssrc = Ssrc(9);

//= 24.380-7.2.3.6:rep test
//= 24.380-7.2.3.6:self test
#[test]
fn asked_in_vain_the_floor_is_taken() {
    let mut rig = Rig::silent();
    rig.press();
    assert_eq!(rig.drain(), [send(request(OWN))]);
    for _ in 0..2 {
        rig.advance(millis(39));
        assert_eq!(rig.drain(), []);
        rig.advance(millis(1));
        assert_eq!(rig.drain(), [send(request(OWN))]);
    }
    rig.advance(millis(40));
    let FloorMessage::Taken(told) = taken(OWN) else { panic!("another message") };
    let told = FloorTaken { sequence: Some(MessageSequenceNumber(1)), ..told };
    let [open, start] = opens();
    assert_eq!(rig.drain(), [send(FloorMessage::Taken(told)), open, start]);
    assert_eq!(rig.state(), State::HasPermission);
}

//= 24.380-7.2.3.6:tie test
#[test]
fn the_lesser_request_waits_for_the_greater() {
    // Own priority 3 and SSRC 0x50 against others.
    let cases = [(THIRD, 4, true), (THIRD, 3, false), (BOB, 3, true), (BOB, 2, false), (BOB, 0, false)];
    for (ssrc, priority, waits) in cases {
        let mut rig = Rig::silent();
        rig.input(Input::PttPressed { priority: Some(FloorPriority(3)), indicator: None });
        rig.advance(millis(80));
        rig.forget();
        rig.advance(millis(39));
        rig.receive(request_of(ssrc, priority, KIND));
        rig.advance(millis(1));
        let expected = if waits { State::PendingRequest } else { State::HasPermission };
        assert_eq!(rig.state(), expected, "{ssrc} {priority}");
        if waits {
            // C201 starts again: two more copies before the floor is taken.
            rig.forget();
            rig.advance(millis(39 + 40));
            assert_eq!(rig.sent().len(), 2);
            rig.advance(millis(40));
            assert_eq!(rig.state(), State::HasPermission);
        }
    }
}

//= 24.380-7.2.3.6:grant test
#[test]
fn a_grant_of_the_known_arbitrator_opens_the_microphone() {
    let mut rig = Rig::requesting();
    rig.receive(granted_with(BOB, OWN, &[CAROL]));
    assert_eq!(rig.drain(), opens());
    rig.receive(position_request(CAROL));
    assert_eq!(rig.drain(), [send(position(OWN, CAROL, 1))]);
    // T201 and T203 are stopped.
    assert_eq!(rig.participant.poll_timeout(), None);
}

//= 24.380-7.2.3.6:foreign test
#[test]
fn answers_for_others_and_of_others_are_not_mine() {
    let mut rig = Rig::requesting();
    rig.discards(deny(BOB, CAROL, RejectCause::OTHER), "24.380-7.1");
    rig.discards(position(BOB, CAROL, 1), "24.380-7.1");
    rig.discards(deny(THIRD, OWN, RejectCause::OTHER), FOREIGN);
    rig.discards(position(THIRD, OWN, 1), FOREIGN);
    rig.discards(granted(THIRD, OWN), FOREIGN);
    rig.discards(granted(THIRD, CAROL), FOREIGN);
    rig.advance(millis(40));
    assert_eq!(rig.drain(), [send(request(OWN))]);
}

//= 24.380-7.2.3.6:foreign test
#[test]
fn where_nobody_is_known_anybody_may_answer() {
    let cases = [
        (granted(BOB, OWN), State::HasPermission),
        (deny(BOB, OWN, RejectCause::OTHER), State::HasNoPermission),
        (position(BOB, OWN, 1), State::Queued),
    ];
    for (answer, state) in cases {
        let mut rig = Rig::silent();
        rig.press();
        rig.receive(answer);
        assert_eq!(rig.state(), state);
    }
}

//= 24.380-7.2.3.6:other test
#[test]
fn the_one_that_is_granted_is_asked_next() {
    let mut rig = Rig::requesting();
    rig.advance(millis(80));
    rig.forget();
    rig.receive(granted(BOB, CAROL));
    assert_eq!(rig.drain(), [talks(CAROL, Some(KIND))]);
    rig.advance(millis(80));
    assert_eq!(rig.sent().len(), 2);
    rig.receive(deny(CAROL, OWN, RejectCause::QUEUE_FULL));
    let cause = Some(RejectCause::QUEUE_FULL);
    assert_eq!(rig.drain(), [notify(Notification::Denied { cause })]);
    assert_eq!(rig.participant.arbitrator(), Some(CAROL));
}

//= 24.380-7.2.3.6:taken test
#[test]
fn the_one_that_takes_the_floor_is_asked_next() {
    let mut rig = Rig::requesting();
    rig.advance(millis(80));
    rig.forget();
    rig.receive(taken(CAROL));
    assert_eq!(rig.drain(), [talks(CAROL, Some(KIND))]);
    rig.advance(millis(80));
    assert_eq!(rig.sent().len(), 2);
    rig.discards(deny(BOB, OWN, RejectCause::OTHER), FOREIGN);
    rig.receive(position(CAROL, OWN, 1));
    assert_eq!(rig.state(), State::Queued);
}

//= 24.380-7.2.3.6:taken test
#[test]
fn a_floor_taken_that_was_overtaken_by_the_hand_over_takes_nothing_back() {
    let mut rig = Rig::silent();
    rig.receive(granted(BOB, CAROL));
    rig.media(CAROL);
    rig.press();
    rig.forget();
    rig.discards(taken(BOB), "24.380-7.1");
    rig.receive(deny(CAROL, OWN, RejectCause::OTHER));
    assert_eq!(rig.state(), State::HasNoPermission);
    let mut rig = Rig::silent();
    rig.receive(granted(BOB, CAROL));
    rig.receive(taken(BOB));
    assert_eq!(rig.media(CAROL), MediaTreatment::Render);
}

//= 24.380-7.2.3.6:deny test
#[test]
fn a_denied_request_is_over() {
    let mut rig = Rig::requesting();
    rig.advance(millis(10));
    rig.receive(deny(BOB, OWN, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION));
    let cause = Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!(rig.drain(), [notify(Notification::Denied { cause })]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(millis(3_999));
    assert_eq!(rig.drain(), []);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}

//= 24.380-7.2.3.6:queue test
#[test]
fn a_position_means_queued() {
    let mut rig = Rig::requesting();
    rig.receive(position(BOB, OWN, 2));
    assert_eq!(rig.drain(), [notify(Notification::Queued { info: Some(queue_info(2)) })]);
    assert_eq!(rig.state(), State::Queued);
    rig.advance(millis(3_999));
    assert_eq!(rig.drain(), []);
}

//= 24.380-7.2.3.6:media test
#[test]
fn as_long_as_the_arbitrator_is_heard_it_is_asked() {
    let mut rig = Rig::requesting();
    for _ in 0..10 {
        rig.advance(millis(40));
        assert_eq!(rig.media(BOB), MediaTreatment::Render);
        assert_eq!(rig.media(THIRD), MediaTreatment::Discard);
    }
    assert_eq!(rig.sent(), vec![request(OWN); 10]);
    // It falls silent: two more copies, and the floor is free.
    rig.advance(millis(80));
    assert_eq!(rig.sent().len(), 2);
    rig.advance(millis(40));
    assert_eq!(rig.state(), State::HasPermission);
}

//= 24.380-7.2.3.6:media test
#[test]
fn a_talker_that_was_not_known_is_known_by_its_voice() {
    let mut rig = Rig::silent();
    rig.press();
    rig.forget();
    assert_eq!(rig.media(BOB), MediaTreatment::Render);
    assert_eq!(rig.drain(), [talks(BOB, None)]);
    rig.discards(granted(CAROL, OWN), FOREIGN);
}

//= 24.380-7.2.3.6:ptt test
#[test]
fn letting_go_withdraws_the_request() {
    let mut rig = Rig::requesting();
    rig.input(Input::PttReleased);
    assert_eq!(rig.drain(), [send(release(OWN))]);
    assert_eq!(rig.state(), State::Silence);
    rig.advance(secs(5));
    assert_eq!(rig.drain(), []);
    // The grant that crossed it does not open the microphone.
    rig.discards(granted(BOB, OWN), "24.380-7.1");
}

//= 24.380-7.2.3.6:taken test
#[test]
fn a_voice_that_overtakes_both_the_grant_and_the_floor_taken_before_it_stays_believed() {
    let mut rig = Rig::silent();
    rig.press();
    assert_eq!(rig.media(CAROL), MediaTreatment::Render);
    rig.forget();
    rig.discards(granted(BOB, CAROL), FOREIGN);
    rig.discards(taken(BOB), "24.380-7.1");
    assert_eq!(rig.participant.arbitrator(), Some(CAROL));
    rig.receive(position(CAROL, OWN, 1));
    assert_eq!(rig.state(), State::Queued);
}

#[test]
fn a_release_that_crosses_the_request_frees_the_answer_for_others() {
    let mut rig = Rig::requesting();
    rig.discards(release(CAROL), "24.380-7.1");
    rig.receive(release(BOB));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
    // A packet of Bob that the release has overtaken does not bring him back.
    assert_eq!(rig.media(BOB), MediaTreatment::Discard);
    rig.receive(position(CAROL, OWN, 1));
    assert_eq!(rig.state(), State::Queued);
    assert_eq!(rig.participant.arbitrator(), Some(CAROL));
}

#[test]
fn pressing_again_does_not_ask_again() {
    let mut rig = Rig::requesting();
    rig.press();
    assert_eq!(rig.outputs(), []);
}

#[test]
fn nobody_talks_who_does_not_hold_the_button() {
    // The place in the queue is lost with the arbitrator; the request goes on, the button is not held.
    let orphan = || {
        let mut rig = Rig::queued();
        rig.advance(secs(4));
        assert_eq!(rig.state(), State::PendingRequest);
        rig.forget();
        rig
    };
    let mut rig = orphan();
    rig.advance(millis(120));
    let timeout = notify(Notification::RequestTimeout);
    assert_eq!(rig.drain(), [send(request(OWN)), send(request(OWN)), timeout]);
    assert_eq!(rig.state(), State::Silence);
    let mut rig = orphan();
    rig.receive(granted(CAROL, OWN));
    let duration = Some(super::rig::TALK_TIME);
    assert_eq!(rig.drain(), [notify(Notification::GrantOffered { duration })]);
    assert_eq!(rig.state(), State::Queued);
    rig.press();
    assert_eq!(rig.drain(), opens());
    let mut rig = orphan();
    rig.press();
    rig.advance(millis(120));
    assert_eq!(rig.state(), State::HasPermission);
}
