//! The floor revoked at the request of another participant (6.3.5.4.15, 6.3.4.4.16; Release 19).

use mcptt_codec::Release;
use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorRevokeRequest, RevokeCause};
use mcptt_codec::id::LegRef;

use super::rig::{Rig, Setup, audio, secs};
use crate::floor::FloorOutput;
use crate::floor::event::{Event, Machine};
use crate::floor::server::{general, towards};
use crate::floor::settings::Hearing;

/// Participant 3 may have the floor revoked from others.
fn setup() -> Setup {
    let setup = Setup::with_participants(3).policy(|policy| policy.release = Release::R19);
    setup.parameters(3, |parameters| parameters.revokes_others = true)
}

//= 24.380-6.3.4.4.16 test
#[test]
fn the_talker_is_revoked_with_its_grace_period() {
    let mut rig = setup().taken();
    rig.media(1);
    rig.request_revoke(3, 1);
    assert_eq!(rig.drain(), [rig.revoke(1, RevokeCause::REVOKED_BY_ANOTHER_CLIENT)]);
    assert_eq!(
        (rig.general(), rig.state(1)),
        (general::State::PendingFloorRevoke, towards::State::PendingFloorRevoke)
    );
    rig.release(1);
    assert_eq!(rig.drain(), [rig.idle(&[1, 2, 3], 1)]);

    // One that does not stop has T3.
    let mut rig = setup().taken();
    rig.request_revoke(3, 1);
    rig.forget();
    rig.advance_with_media(secs(3), 1);
    assert_eq!(rig.general(), general::State::FloorIdle);
}

//= 24.380-6.3.5.4.15 test
#[test]
fn who_has_no_right_to_it_achieves_nothing() {
    let mut rig = setup().taken();
    rig.request_revoke(2, 1);
    let (what, requirement) = ("Floor Revoke Request without authorisation", "24.380-6.3.5.4.15");
    let participant = LegRef(2);
    assert_eq!(rig.outputs(), [FloorOutput::Event(Event::PeerMisbehaved { participant, what, requirement })]);
    assert_eq!(rig.talkers(), [1]);
}

fn discarded(rig: &mut Rig) -> Machine {
    assert_eq!(rig.talkers(), [1]);
    match rig.outputs().as_slice() {
        [FloorOutput::Event(Event::Discarded { machine, .. })] => *machine,
        other => panic!("{other:?}"),
    }
}

#[test]
fn somebody_who_does_not_talk_or_is_not_named_cannot_be_revoked() {
    let mut rig = setup().taken();
    rig.request_revoke(3, 2);
    assert_eq!(discarded(&mut rig), Machine::General);
    let unnamed = FloorRevokeRequest { ssrc: audio(3), user_id: None };
    rig.receive(3, FloorMessage::RevokeRequest(unnamed));
    assert_eq!(rig.outputs(), []);
}

#[test]
fn an_earlier_release_does_not_know_the_message() {
    let mut rig = setup().policy(|policy| policy.release = Release::R18).taken();
    rig.request_revoke(3, 1);
    assert_eq!(discarded(&mut rig), Machine::Towards);
}

#[test]
fn of_several_talkers_only_the_named_one_is_revoked() {
    let mut rig = setup().several(2).taken();
    rig.request(2);
    rig.forget();
    rig.request_revoke(3, 2);
    assert_eq!(rig.drain(), [rig.revoke(2, RevokeCause::REVOKED_BY_ANOTHER_CLIENT)]);
    assert_eq!(rig.general(), general::State::FloorTaken);
    // It is being revoked already.
    rig.request_revoke(3, 2);
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.3.4.4.16 test
#[test]
fn an_overriding_talker_can_be_revoked_and_the_other_goes_on() {
    let mut rig = setup().dual(Hearing::Both).emergency(2).taken();
    rig.request_emergency(2);
    assert_eq!(rig.server.overriding(), Some(LegRef(2)));
    rig.forget();
    rig.request_revoke(3, 2);
    let first = rig.drain().into_iter().next();
    let Some(FloorOutput::Send { to: LegRef(2), message: FloorMessage::Revoke(revoke) }) = first else {
        panic!("{first:?}")
    };
    assert_eq!(revoke.cause, Some(RevokeCause::REVOKED_BY_ANOTHER_CLIENT));
    assert!(revoke.indicator.unwrap().contains(FloorIndicator::DUAL_FLOOR));
    assert_eq!((rig.server.overriding(), rig.talkers()), (None, vec![1]));
}
