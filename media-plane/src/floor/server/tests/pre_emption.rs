//! Pre-emption (6.3.4.4.7) and audio cut-in.

use mcptt_codec::floor::{FloorIndicator, FloorPriority, RejectCause, RevokeCause};
use mcptt_codec::id::LegRef;

use super::rig::{Setup, millis, secs};
use crate::floor::server::{FloorSignalling, MediaVerdict, general, towards};

const PRE_EMPTED: RevokeCause = RevokeCause::PRE_EMPTED;

//= 24.380-6.3.4.4.7:2c test
//= 24.380-6.3.4.4.7:2f test
//= 24.380-6.3.5.4.4:pre test
#[test]
fn an_emergency_interrupts_and_waits_in_front() {
    let mut rig =
        Setup::with_participants(3).queueing(&[2]).emergency(2).priority(2, 1).priority(1, 200).taken();
    rig.request_emergency(2);
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED), rig.position(2, 1, 0)]);
    assert_eq!(rig.general(), general::State::PendingFloorRevoke);
    assert_eq!(rig.state(1), towards::State::PendingFloorRevoke);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1, 3], 2, 1)]);
}

//= 24.380-6.3.4.4.7:2fn test
#[test]
fn one_that_did_not_negotiate_queueing_gets_no_position() {
    let mut rig = Setup::with_participants(3).emergency(2).taken();
    rig.request_emergency(2);
    rig.request_emergency(2);
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED)]);
    assert_eq!(rig.queue(), [2]);
    rig.advance(secs(3));
    let expected =
        [rig.revoke(1, PRE_EMPTED), rig.revoke(1, PRE_EMPTED), rig.granted(2, 30), rig.taken(&[1, 3], 2, 1)];
    assert_eq!(rig.drain(), expected);
}

//= 24.380-6.3.4.4.7:2e test
#[test]
fn the_pre_emptor_passes_those_that_wait_even_in_a_full_queue() {
    let setup =
        Setup::with_participants(5).queueing(&[2, 3, 4]).emergency(4).policy(|policy| policy.queue_limit = 2);
    let mut rig = setup.taken();
    rig.request(2);
    rig.request(3);
    rig.forget();
    rig.request_emergency(4);
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED), rig.position(4, 1, 0)]);
    assert_eq!(rig.queue(), [4, 2, 3]);
}

//= 24.380-6.3.4.4.7:2e test
#[test]
fn one_that_waits_already_moves_to_the_front() {
    let mut rig = Setup::with_participants(4).queueing(&[2, 3]).emergency(3).taken();
    rig.request(2);
    rig.request(3);
    rig.forget();
    rig.request_emergency(3);
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED), rig.position(3, 1, 0)]);
    assert_eq!(rig.queue(), [3, 2]);
}

//= 24.380-6.3.4.4.7:2ab test
#[test]
fn pre_emption_stops_the_repetition_of_the_grant_and_t1() {
    let mut rig = Setup::with_participants(3).queueing(&[2, 3]).emergency(3).taken();
    rig.request(2);
    rig.release(1);
    rig.advance(millis(3_500));
    rig.forget();
    rig.request_emergency(3);
    assert_eq!(rig.drain(), [rig.revoke(2, PRE_EMPTED), rig.position(3, 1, 0)]);
    rig.advance(millis(2_999));
    assert_eq!(rig.drain(), [rig.revoke(2, PRE_EMPTED), rig.revoke(2, PRE_EMPTED)]);
    assert_eq!(rig.general(), general::State::PendingFloorRevoke);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [rig.granted(3, 30), rig.taken(&[1, 2], 3, 1)]);
}

//= 24.380-6.3.4.4.7:eq test
#[test]
fn equal_priority_does_not_pre_empt() {
    let mut rig =
        Setup::with_participants(3).queueing(&[2]).priority(1, 9).priority(2, 9).priority(3, 9).taken();
    rig.request_with(2, |request| request.priority = Some(FloorPriority(9)));
    rig.request_with(3, |request| request.priority = Some(FloorPriority(9)));
    let deny = rig.deny(3, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!(rig.drain(), [rig.position(2, 1, 9), deny]);
}

//= 24.380-6.3.5.4.4:pre test
//= 24.380-4.1.1.4:num test
#[test]
fn a_higher_priority_pre_empts() {
    let mut rig = Setup::with_participants(3).priority(1, 9).priority(2, 10).taken();
    rig.request_with(2, |request| request.priority = Some(FloorPriority(10)));
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED)]);
}

//= 24.380-6.3.5.4.4:1a test
#[test]
fn what_was_not_negotiated_does_not_count() {
    let mut rig = Setup::with_participants(4).priority(1, 6).priority(2, 5).taken();
    rig.request_with(2, |request| request.priority = Some(FloorPriority(200)));
    rig.request_with(3, |request| request.priority = Some(FloorPriority(200)));
    let denied = [2, 3].map(|leg| rig.deny(leg, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION));
    assert_eq!(rig.drain(), denied);
}

//= 24.380-4.1.1.4:tier test
#[test]
fn imminent_peril_pre_empts_a_normal_talker_and_emergency_pre_empts_both() {
    let mut rig = Setup::with_participants(3).priority(1, 200).emergency(2).emergency(3).taken();
    rig.request_with(2, |request| request.indicator = Some(FloorIndicator::IMMINENT_PERIL));
    rig.release(1);
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED), rig.granted(2, 30), rig.taken(&[1, 3], 2, 1)]);
    rig.request_emergency(3);
    assert_eq!(rig.drain(), [rig.revoke(2, PRE_EMPTED)]);
}

#[test]
fn the_emergency_indicator_alone_does_not_pre_empt() {
    let mut rig = Setup::with_participants(2).taken();
    rig.request_emergency(2);
    assert_eq!(rig.drain(), [rig.deny(2, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION)]);
}

//= 24.380-6.3.4.5:norearm test
#[test]
fn a_second_pre_emptor_does_not_restart_the_grace_period() {
    let mut rig = Setup::with_participants(4).queueing(&[3]).emergency(2).emergency(3).taken();
    rig.request_with(2, |request| request.indicator = Some(FloorIndicator::IMMINENT_PERIL));
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED)]);
    rig.advance(millis(900));
    rig.request_emergency(3);
    assert_eq!(rig.drain(), [rig.position(3, 1, 0)]);
    assert_eq!(rig.queue(), [3, 2]);
    rig.advance(millis(2_099));
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED), rig.revoke(1, PRE_EMPTED)]);
    rig.advance(millis(1));
    assert_eq!(rig.drain(), [rig.granted(3, 30), rig.taken(&[1, 2, 4], 3, 1)]);
    rig.release(3);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1, 3, 4], 2, 2)]);
}

#[test]
fn a_pre_emptor_that_withdraws_does_not_save_the_talker() {
    let mut rig = Setup::with_participants(2).emergency(2).taken();
    rig.request_emergency(2);
    rig.release(2);
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED), rig.taken_to(2, 1, 1)]);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 2)]);
}

//= 24.380-6.3.5.4.8 test
#[test]
fn an_implicit_request_in_mid_call_can_pre_empt() {
    let setup =
        Setup::with_participants(2).emergency(2).call(|call| call.indicator = FloorIndicator::EMERGENCY);
    let mut rig = setup.taken();
    rig.signal(FloorSignalling::ImplicitRequest { leg: LegRef(2) });
    assert_eq!(rig.drain(), [rig.revoke(1, PRE_EMPTED)]);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1], 2, 1)]);
}

//= 24.380-6.3.5.4.4:ci test
//= 24.380-6.3.2.2:cutin test
//= 24.380-6.3.4.5.1 test
#[test]
fn with_audio_cut_in_every_request_takes_the_floor_at_once() {
    let setup = Setup::with_participants(3)
        .queueing(&[1, 2, 3])
        .priority(1, 200)
        .call(|call| call.audio_cut_in = true);
    let mut rig = setup.taken();
    rig.media(1);
    rig.request(2);
    let expected = [rig.revoke(1, PRE_EMPTED), rig.granted(2, 30), rig.taken(&[1, 3], 2, 1)];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.state(1), towards::State::NotPermittedFloorTaken);
    assert_eq!(rig.media(2), MediaVerdict::Forward);
    // The answer of the interrupted client to its Floor Revoke.
    rig.release(1);
    assert_eq!(rig.drain(), [rig.taken_to(1, 2, 2)]);
    rig.advance(secs(2));
    assert_eq!(rig.drain(), []);
}

#[test]
fn cutting_in_on_oneself_is_asking_again() {
    let mut rig = Setup::with_participants(2).call(|call| call.audio_cut_in = true).taken();
    rig.request(1);
    assert_eq!(rig.drain(), [rig.granted(1, 30)]);
}
