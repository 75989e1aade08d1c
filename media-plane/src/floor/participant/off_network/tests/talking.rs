//! 'O: has permission' (7.2.3.5): the arbitrator.

use mcptt_codec::floor::{
    FloorGranted, FloorIndicator, FloorMessage, FloorPriority, FloorRequest, RejectCause, RevokeCause,
};
use mcptt_codec::id::Ssrc;

use super::rig::{
    BOB, CAROL, KIND, OWN, Rig, deny, granted, granted_with, id, millis, notify, position, position_request,
    release, request, request_of, secs, send, settings, taken,
};
use crate::floor::participant::off_network::{Input, Settings, State};
use crate::floor::participant::{MediaTreatment, Notification, ParticipantOutput};

const URGENT: FloorIndicator = FloorIndicator(0x1400);
const PERIL: FloorIndicator = FloorIndicator(0x0c00);

//= 24.380-7.2.3.5:rel test
#[test]
fn letting_go_releases_the_floor() {
    let mut rig = Rig::talking();
    rig.input(Input::PttReleased);
    assert_eq!(rig.drain(), [ParticipantOutput::StopSending, send(release(OWN))]);
    assert_eq!(rig.state(), State::Silence);
    assert!(!rig.participant.may_send());
}

//= 24.380-7.2.3.5:rel test
//= 24.380-7.2.3.5:queue test
#[test]
fn the_queue_is_served_and_handed_over() {
    let mut rig = Rig::talking();
    rig.receive(request(BOB));
    rig.receive(request(CAROL));
    assert_eq!(rig.drain(), [send(position(OWN, BOB, 1)), send(position(OWN, CAROL, 2))]);
    // Asked again, a request keeps its place.
    rig.receive(request(BOB));
    assert_eq!(rig.drain(), [send(position(OWN, BOB, 1))]);
    rig.input(Input::PttReleased);
    let grant = send(granted_with(OWN, BOB, &[CAROL]));
    assert_eq!(rig.drain(), [ParticipantOutput::StopSending, grant]);
    assert_eq!(rig.state(), State::PendingGranted);
}

//= 24.380-7.2.3.5:queue test
#[test]
fn the_more_urgent_request_waits_in_front() {
    let mut rig = Rig::start(settings());
    rig.input(Input::PttPressed { priority: Some(FloorPriority(9)), indicator: Some(URGENT) });
    rig.receive(granted(BOB, OWN));
    rig.forget();
    for (ssrc, priority, kind) in [(1, 2, KIND), (2, 5, KIND), (3, 5, KIND), (4, 0, URGENT)] {
        rig.receive(request_of(Ssrc(ssrc), priority, kind));
    }
    rig.forget();
    rig.input(Input::PttReleased);
    let FloorMessage::Granted(grant) = &rig.sent()[0] else { panic!("a grant") };
    let order: Vec<Ssrc> =
        grant.granted_ssrc.into_iter().chain(grant.queued.iter().map(|entry| entry.ssrc)).collect();
    assert_eq!(order, [Ssrc(4), Ssrc(2), Ssrc(3), Ssrc(1)]);
    assert_eq!(grant.queue_size, Some(3));
}

//= 24.380-7.2.3.5:queue test
#[test]
fn a_queue_that_came_with_the_floor_is_kept() {
    let mut rig = Rig::requesting();
    rig.receive(granted_with(BOB, OWN, &[CAROL, OWN, CAROL, Ssrc(7)]));
    rig.forget();
    rig.receive(position_request(Ssrc(7)));
    assert_eq!(rig.drain(), [send(position(OWN, Ssrc(7), 2))]);
    rig.input(Input::PttReleased);
    let grant = send(granted_with(OWN, CAROL, &[Ssrc(7)]));
    assert_eq!(rig.drain(), [ParticipantOutput::StopSending, grant]);
}

//= 24.380-7.2.3.5:deny test
#[test]
fn without_queueing_on_both_sides_a_request_is_denied() {
    let silent = Settings { queueing: false, ..settings() };
    let cases = [(silent, KIND), (settings(), FloorIndicator::NORMAL)];
    for (settings, kind) in cases {
        let mut rig = Rig::talking_with(settings);
        rig.receive(request_of(BOB, 0, kind));
        let [FloorMessage::Deny(denied)] = &rig.sent()[..] else { panic!("a deny") };
        assert_eq!(denied.cause, Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION));
        assert_eq!(denied.user_id, Some(id(BOB)));
        assert!(rig.participant.may_send());
    }
    // A request that says nothing about its kind is a normal one that cannot wait.
    let mut rig = Rig::talking();
    let user_id = Some(id(BOB));
    rig.receive(FloorMessage::Request(FloorRequest { ssrc: BOB, user_id, ..FloorRequest::default() }));
    assert_eq!(rig.drain(), [send(deny(OWN, BOB, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION))]);
}

//= 24.380-7.2.3.5:full test
#[test]
fn a_full_queue_denies() {
    let mut rig = Rig::talking_with(Settings { queue_limit: 1, ..settings() });
    rig.receive(request(BOB));
    rig.forget();
    rig.receive(request(CAROL));
    assert_eq!(rig.drain(), [send(deny(OWN, CAROL, RejectCause::QUEUE_FULL))]);
    rig.receive(request(BOB));
    assert_eq!(rig.drain(), [send(position(OWN, BOB, 1))]);
}

//= 24.380-7.2.3.5:full test
#[test]
fn the_queue_never_outgrows_its_positions() {
    let mut rig = Rig::talking_with(Settings { queue_limit: usize::MAX, ..settings() });
    for ssrc in 1_000..1_253 {
        rig.receive(request(Ssrc(ssrc)));
    }
    assert_eq!(rig.sent().pop(), Some(position(OWN, Ssrc(1_252), 253)));
    rig.receive(request(Ssrc(2_000)));
    assert_eq!(rig.sent(), [deny(OWN, Ssrc(2_000), RejectCause::QUEUE_FULL)]);
}

//= 24.380-7.2.3.5:pre test
#[test]
fn a_more_urgent_request_interrupts() {
    let mut rig = Rig::talking();
    rig.receive(request(CAROL));
    rig.receive(request(BOB));
    rig.forget();
    rig.receive(request_of(BOB, 1, KIND));
    let FloorMessage::Granted(grant) = granted_with(OWN, BOB, &[CAROL]) else { panic!("another message") };
    let grant = FloorMessage::Granted(FloorGranted { priority: Some(FloorPriority(1)), ..grant });
    let expected = [
        notify(Notification::Revoked { cause: Some(RevokeCause::PRE_EMPTED) }),
        ParticipantOutput::StopSending,
        send(grant),
    ];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.state(), State::PendingGranted);
    assert!(!rig.participant.may_send());
}

//= 24.380-7.2.3.5:pre test
#[test]
fn the_kind_of_call_counts_before_the_priority() {
    let cases = [
        (KIND, 5, KIND, 5, false),
        (KIND, 5, KIND, 6, true),
        (KIND, 255, PERIL, 0, true),
        (KIND, 255, URGENT, 0, true),
        (PERIL, 0, KIND, 255, false),
        (PERIL, 5, PERIL, 6, true),
        (PERIL, 255, URGENT, 0, true),
        (URGENT, 0, PERIL, 255, false),
        (URGENT, 3, URGENT, 3, false),
        (URGENT, 3, URGENT, 4, true),
    ];
    for (own_kind, own, kind, other, interrupts) in cases {
        let mut rig = Rig::start(settings());
        rig.input(Input::PttPressed { priority: Some(FloorPriority(own)), indicator: Some(own_kind) });
        rig.receive(granted(CAROL, OWN));
        rig.forget();
        rig.receive(request_of(BOB, other, kind));
        let expected = if interrupts { State::PendingGranted } else { State::HasPermission };
        assert_eq!(rig.state(), expected, "{own_kind:?} {own} against {kind:?} {other}");
    }
}

//= 24.380-7.2.3.5:t206 test
#[test]
fn the_time_to_talk_is_limited() {
    let mut rig = Rig::talking();
    // Nothing has been said yet.
    rig.advance(secs(60));
    assert_eq!(rig.drain(), []);
    rig.input(Input::MediaSent);
    rig.advance(secs(10));
    rig.input(Input::MediaSent);
    rig.advance(secs(17));
    assert_eq!(rig.drain(), [notify(Notification::TalkTimeEnds { within: secs(3) })]);
    rig.input(Input::MediaSent);
    rig.advance(secs(3));
    let revoked = notify(Notification::Revoked { cause: Some(RevokeCause::MEDIA_BURST_TOO_LONG) });
    assert_eq!(rig.drain(), [revoked, ParticipantOutput::StopSending, send(release(OWN))]);
    assert_eq!(rig.state(), State::Silence);
}

//= 24.380-7.2.3.5:t206 test
#[test]
fn at_the_end_of_the_time_the_next_one_is_served() {
    let mut rig = Rig::talking();
    rig.input(Input::MediaSent);
    rig.receive(request(BOB));
    rig.advance(secs(27));
    rig.forget();
    rig.advance(secs(3));
    assert_eq!(rig.sent(), [granted(OWN, BOB)]);
    assert_eq!(rig.state(), State::PendingGranted);
}

//= 24.380-7.2.3.5:t206 test
#[test]
fn the_next_talk_has_its_full_time() {
    let mut rig = Rig::talking();
    rig.input(Input::MediaSent);
    rig.advance(secs(26));
    rig.input(Input::PttReleased);
    rig.press();
    rig.advance(millis(120));
    assert!(rig.participant.may_send());
    rig.input(Input::MediaSent);
    rig.forget();
    rig.advance(millis(26_999));
    assert_eq!(rig.drain(), []);
}

#[test]
fn who_withdraws_is_not_served() {
    let mut rig = Rig::talking();
    rig.receive(request(BOB));
    rig.receive(request(CAROL));
    rig.receive(release(BOB));
    rig.forget();
    rig.receive(position_request(CAROL));
    rig.receive(position_request(BOB));
    assert_eq!(rig.drain(), [send(position(OWN, CAROL, 1)), send(position(OWN, BOB, 254))]);
}

#[test]
fn a_request_of_nobody_is_not_answered() {
    let mut rig = Rig::talking();
    rig.discards(FloorMessage::Request(FloorRequest { ssrc: BOB, ..FloorRequest::default() }), "24.380-7.1");
}

#[test]
fn nothing_that_others_claim_takes_the_floor_away() {
    let mut rig = Rig::talking();
    rig.discards(taken(BOB), "24.380-7.1");
    rig.discards(granted(BOB, CAROL), "24.380-7.1");
    assert_eq!(rig.media(BOB), MediaTreatment::Discard);
    rig.press();
    assert!(rig.participant.may_send());
}
