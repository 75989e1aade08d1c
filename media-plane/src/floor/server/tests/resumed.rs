//! A function that was a non-controlling one controls its group again (6.3.2.3).

use super::rig::{Rig, Setup};
use crate::floor::server::{FloorSignalling, general, towards};
use crate::floor::settings::Entry;

/// The call exists and its participants are connected, but nobody has started it here.
fn members() -> Rig {
    let mut rig = Setup::with_participants(3).start();
    rig.signal(FloorSignalling::Initiated);
    (1..=3).for_each(|leg| rig.join(leg, Entry::Invited));
    assert_eq!((rig.drain(), rig.general()), (vec![], general::State::StartStop));
    rig
}

fn resume(rig: &mut Rig, talker: Option<u64>) {
    rig.signal(FloorSignalling::ControlResumed { talker: talker.map(mcptt_codec::id::LegRef) });
}

//= 24.380-6.3.2.3 test
#[test]
fn the_members_keep_a_usable_floor() {
    let mut rig = members();
    resume(&mut rig, None);
    assert_eq!(rig.drain(), [rig.idle_to(1, 1), rig.idle_to(2, 2), rig.idle_to(3, 3)]);
    rig.request(2);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1, 3], 2, 4)]);
}

//= 24.380-6.3.2.3 test
#[test]
fn who_talks_goes_on_talking() {
    let mut rig = members();
    resume(&mut rig, Some(2));
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1, 3], 2, 1)]);
    assert_eq!(rig.state(2), towards::State::Permitted);
    // One that is not there cannot talk.
    let mut rig = members();
    resume(&mut rig, Some(9));
    assert_eq!(rig.general(), general::State::FloorIdle);
}

#[test]
fn a_call_that_is_controlled_here_is_not_resumed() {
    let mut rig = Setup::with_participants(2).taken();
    resume(&mut rig, Some(2));
    assert_eq!((rig.drain(), rig.talkers()), (vec![], vec![1]));
}
