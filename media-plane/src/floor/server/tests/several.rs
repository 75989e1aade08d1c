//! Several talkers at once (6.3.4.4.7a and what it touches elsewhere).

use mcptt_codec::Release;
use mcptt_codec::floor::{FloorMessage, RejectCause, RevokeCause};
use mcptt_codec::id::LegRef;

use super::rig::{Rig, Setup, millis, secs, send, send_all};
use crate::floor::event::{Event, Machine};
use crate::floor::server::{MediaVerdict, Timer, general, towards};
use crate::floor::settings::Entry;

/// Up to two of the members talk; 1 and 2 have just been granted.
fn two_talk(setup: Setup) -> Rig {
    let mut rig = setup.several(2).taken();
    rig.request(2);
    rig.forget();
    rig
}

//= 24.380-6.3.4.4.7a:b test
//= 24.380-6.3.4.4.7a:3c test
#[test]
fn below_the_maximum_a_request_is_granted_beside_the_talker() {
    let mut rig = Setup::with_participants(4).several(2).idle();
    rig.request(1);
    assert_eq!(rig.drain(), [rig.granted(1, 30), send_all(&[2, 3, 4], rig.several_taken(&[1], 1))]);
    rig.request(2);
    assert_eq!(rig.drain(), [rig.granted(2, 30), send_all(&[1, 3, 4], rig.several_taken(&[1, 2], 2))]);
    assert_eq!(rig.general(), general::State::FloorTaken);
    assert_eq!(rig.talkers(), [1, 2]);
    assert_eq!([1, 2, 3, 4].map(|leg| rig.state(leg)), {
        use towards::State::{NotPermittedFloorTaken, Permitted};
        [Permitted, Permitted, NotPermittedFloorTaken, NotPermittedFloorTaken]
    });
}

//= 24.380-6.3.4.4.7a:b test
#[test]
fn both_talkers_are_heard_and_nobody_else() {
    let mut rig = two_talk(Setup::with_participants(3));
    assert_eq!(rig.media(1), MediaVerdict::Forward);
    assert_eq!(rig.media(2), MediaVerdict::Forward);
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.media(3), MediaVerdict::Discard);
    assert_eq!(rig.drain(), [rig.revoke(3, RevokeCause::NO_PERMISSION)]);
    assert_eq!([rig.media(1), rig.media(2)], [MediaVerdict::Forward; 2]);
}

//= 24.380-6.3.5.4.4:mt test
#[test]
fn only_members_with_the_mark_talk_beside_others() {
    let setup = Setup::with_participants(4).several(3).queueing(&[3]);
    let unmarked = |setup: Setup, leg| setup.parameters(leg, |member| member.multi_talker_allowed = false);
    let mut rig = unmarked(unmarked(setup, 2), 3).taken();
    rig.request(2);
    assert_eq!(rig.drain(), [rig.deny(2, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION)]);
    rig.request(3);
    assert_eq!(rig.drain(), [rig.position(3, 1, 0)]);
    rig.request(4);
    assert_eq!(rig.drain(), [rig.granted(4, 30), send_all(&[1, 2, 3], rig.several_taken(&[1, 4], 1))]);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.stopped(&[1, 2, 3, 4], 1)]);
    rig.forget();
    rig.release(4);
    let expected =
        [rig.stopped(&[1, 2, 3, 4], 4), rig.granted(3, 30), send_all(&[1, 2, 4], rig.several_taken(&[3], 1))];
    assert_eq!(rig.drain(), expected);
}

//= 24.380-6.3.4.4.7a:a test
#[test]
fn at_the_maximum_the_lowest_talker_yields() {
    let mut rig = Setup::with_participants(4).several(2).queueing(&[3]).priority(1, 5).priority(3, 9).taken();
    rig.request(2);
    rig.forget();
    rig.request_with(3, |request| request.priority = Some(mcptt_codec::floor::FloorPriority(4)));
    assert_eq!(rig.drain(), [rig.revoke(2, RevokeCause::PRE_EMPTED), rig.position(3, 1, 4)]);
    assert_eq!(rig.general(), general::State::FloorTaken);
    assert_eq!(rig.state(1), towards::State::Permitted);
    assert_eq!(rig.state(2), towards::State::PendingFloorRevoke);
    assert_eq!([rig.media(1), rig.media(2)], [MediaVerdict::Forward; 2]);
    rig.release(2);
    let expected = [
        rig.stopped(&[1, 2, 3, 4], 2),
        rig.granted_with(3, 30, 4),
        send_all(&[1, 2, 4], rig.several_taken(&[1, 3], 1)),
    ];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorTaken);
}

//= 24.380-6.3.4.4.7a:a test
#[test]
fn at_the_maximum_what_does_not_outrank_waits_or_is_denied() {
    let mut rig = two_talk(Setup::with_participants(4).queueing(&[3]));
    rig.request(3);
    rig.request(4);
    let denied = rig.deny(4, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!(rig.drain(), [rig.position(3, 1, 0), denied]);
}

//= 24.380-6.3.4.4.7a:t test
//= 24.380-6.3.4.4.3:5a test
#[test]
fn silence_of_one_talker_ends_its_talk_alone() {
    let mut rig = two_talk(Setup::with_participants(3));
    rig.advance_with_media(secs(3), 1);
    assert_eq!(rig.drain(), []);
    rig.advance_with_media(secs(1), 1);
    assert_eq!(rig.drain(), [rig.stopped(&[1, 2, 3], 2)]);
    assert_eq!(rig.talkers(), [1]);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorTaken);
    assert!(rig.verdicts.iter().all(|verdict| *verdict == MediaVerdict::Forward));
}

//= 24.380-6.3.4.4.7a:t test
#[test]
fn each_talker_has_its_own_talk_time_and_its_own_grace() {
    let mut rig = two_talk(Setup::with_participants(3).timer(Timer::T2, secs(5)));
    rig.media(1);
    rig.advance_with_media(secs(2), 1);
    rig.media(2);
    rig.request(2);
    assert_eq!(rig.drain(), [rig.granted(2, 5)]);
    rig.request(1);
    assert_eq!(rig.drain(), [rig.granted(1, 3)]);
    rig.advance(secs(3));
    assert_eq!(rig.drain(), [rig.revoke(1, RevokeCause::MEDIA_BURST_TOO_LONG)]);
    assert_eq!(rig.general(), general::State::FloorTaken);
    rig.advance_with_media(secs(2), 2);
    rig.forget();
    assert_eq!(rig.general(), general::State::PendingFloorRevoke);
    rig.advance(millis(500));
    rig.media(2);
    rig.advance(millis(500));
    assert_eq!(rig.drain(), [rig.stopped(&[1, 2, 3], 1), rig.revoke(2, RevokeCause::MEDIA_BURST_TOO_LONG)]);
    assert_eq!(rig.general(), general::State::PendingFloorRevoke);
    rig.forget();
    rig.release(2);
    assert_eq!(rig.drain(), [rig.stopped(&[1, 2, 3], 2), rig.idle(&[1, 2, 3], 1)]);
}

//= 24.380-6.3.4.4.7a:t test
#[test]
fn the_grant_of_each_queued_request_is_repeated() {
    let mut rig = two_talk(Setup::with_participants(3).queueing(&[3]));
    rig.request(3);
    rig.media(1);
    rig.release(2);
    rig.forget();
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.granted(3, 30)]);
    rig.media(1);
    rig.advance(secs(1));
    assert_eq!(rig.drain(), [rig.granted(3, 30)]);
    rig.media(3);
    rig.advance_with_media(secs(2), 1);
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.4.4.6:5 test
#[test]
fn when_one_of_two_stops_nobody_hears_of_an_idle_floor() {
    let mut rig = two_talk(Setup::with_participants(3));
    rig.release(1);
    assert_eq!(rig.drain(), [rig.stopped(&[1, 2, 3], 1)]);
    assert_eq!((rig.talkers(), rig.state(1)), (vec![2], towards::State::NotPermittedFloorTaken));
    rig.release(2);
    assert_eq!(rig.drain(), [rig.stopped(&[1, 2, 3], 2), rig.idle(&[1, 2, 3], 1)]);
    assert_eq!(rig.general(), general::State::FloorIdle);
    assert_eq!(rig.state(2), towards::State::NotPermittedFloorIdle);
}

//= 24.380-6.3.4.4.6:5 test
#[test]
fn a_talker_that_leaves_is_reported_to_the_others() {
    let mut rig = two_talk(Setup::with_participants(3));
    rig.leave(1);
    assert_eq!(rig.drain(), [rig.stopped(&[2, 3], 1)]);
    assert_eq!(rig.talkers(), [2]);
}

#[test]
fn one_that_may_not_talk_beside_others_waits_for_all_of_them_and_the_queue_follows() {
    let setup = Setup::with_participants(5).queueing(&[3, 4, 5]).emergency(3).several(2);
    let mut rig = setup.parameters(3, |member| member.multi_talker_allowed = false).taken();
    rig.request(2);
    rig.forget();
    rig.request_emergency(3);
    let revoked = RevokeCause::PRE_EMPTED;
    assert_eq!(rig.drain(), [rig.revoke(1, revoked), rig.revoke(2, revoked), rig.position(3, 1, 0)]);
    assert_eq!(rig.general(), general::State::PendingFloorRevoke);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.stopped(&[1, 2, 3, 4, 5], 1)]);
    rig.request(4);
    rig.request(5);
    assert_eq!(rig.drain(), [rig.position(4, 2, 0), rig.position(5, 3, 0)]);
    rig.release(2);
    let expected = [
        rig.stopped(&[1, 2, 3, 4, 5], 2),
        rig.granted(3, 30),
        send_all(&[1, 2, 4, 5], rig.several_taken(&[3], 1)),
        rig.granted(4, 30),
        send_all(&[1, 2, 3, 5], rig.several_taken(&[3, 4], 2)),
    ];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.queue(), [5]);
}

#[test]
fn a_second_pre_emptor_waits_for_the_place_of_a_talker_that_is_stopping_already() {
    let setup = Setup::with_participants(4).queueing(&[3, 4]).priority(1, 9).priority(3, 5).priority(4, 7);
    let mut rig = two_talk(setup);
    rig.request_with(3, |request| request.priority = Some(mcptt_codec::floor::FloorPriority(5)));
    assert_eq!(rig.drain(), [rig.revoke(2, RevokeCause::PRE_EMPTED), rig.position(3, 1, 5)]);
    rig.request_with(4, |request| request.priority = Some(mcptt_codec::floor::FloorPriority(7)));
    assert_eq!(rig.drain(), [rig.position(4, 1, 7)]);
    assert_eq!(rig.queue(), [4, 3]);
    rig.advance_with_media(secs(3), 1);
    assert_eq!(rig.talkers(), [1, 4]);
    assert_eq!(rig.queue(), [3]);
}

#[test]
fn one_who_joins_late_hears_of_all_talkers_at_once() {
    let setup = Setup::with_participants(4).parameters(2, |member| member.privacy = true);
    let mut rig = two_talk(setup);
    rig.leave(4);
    rig.forget();
    rig.join(4, Entry::Joining { implicit_request: false });
    assert_eq!(rig.drain(), [send(4, rig.several_taken(&[1, 2], 1))]);
    rig.release(4);
    assert_eq!(rig.drain(), [send(4, rig.several_taken(&[1, 2], 2))]);
}

#[test]
fn one_who_joins_with_a_request_takes_a_free_place() {
    let mut rig = Setup::with_participants(4).several(2).taken();
    rig.leave(4);
    rig.forget();
    rig.join(4, Entry::Joining { implicit_request: true });
    let expected = [
        send(4, rig.several_taken(&[1], 1)),
        rig.granted(4, 30),
        send_all(&[1, 2, 3], rig.several_taken(&[1, 4], 2)),
    ];
    assert_eq!(rig.drain(), expected);
}

//= 24.380-8.1.4:dir test
#[test]
fn only_the_server_says_that_a_talker_has_stopped() {
    let mut rig = two_talk(Setup::with_participants(3));
    rig.receive(3, FloorMessage::ReleaseMultiTalker(Default::default()));
    let discarded = Event::Discarded {
        machine: Machine::Towards,
        participant: Some(LegRef(3)),
        state: "U: not permitted and Floor Taken",
        got: "Floor Release Multi Talker",
        requirement: "24.380-6.3.5.1",
    };
    assert_eq!(rig.events(), [discarded]);
}

#[test]
fn before_release_16_there_is_one_talker() {
    let mut rig =
        Setup::with_participants(3).several(2).policy(|policy| policy.release = Release::R15).idle();
    rig.request(1);
    rig.request(2);
    assert_eq!(rig.talkers(), [1]);
}

#[test]
fn in_an_audio_cut_in_group_there_is_one_talker() {
    let mut rig = Setup::with_participants(3).several(2).call(|call| call.audio_cut_in = true).idle();
    rig.request(1);
    rig.request(2);
    assert_eq!(rig.talkers(), [2]);
}
