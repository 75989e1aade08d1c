//! Media of more than one talker.

use super::protection::{SUITES, protected};
use super::*;
use crate::signalling::Hearing;

fn rig(legs: u8, change: impl FnOnce(&mut CallSettings), member: impl Fn(u8) -> Participant) -> Rig {
    let mut rig = Rig::new(Config::default());
    let mut settings = settings();
    change(&mut settings);
    rig.initiate(CALL, settings);
    for leg in 1..=legs {
        let mut member = member(leg);
        member.floor_parameters.multi_talker_allowed = true;
        member.floor_parameters.emergency_allowed = true;
        rig.connect(member, leg);
    }
    rig.sent();
    rig
}

/// Asks in an emergency; what that puts out is dropped.
fn ask(rig: &mut Rig, leg: u8) {
    let indicator = Some(FloorIndicator::EMERGENCY);
    let request = FloorRequest { ssrc: ssrc(leg), indicator, ..FloorRequest::default() };
    rig.floor(leg, &FloorMessage::Request(request).encode().unwrap());
    rig.sent();
}

/// Who hears one packet of a talker.
fn hearers(rig: &mut Rig, talker: u8, sequence: u16) -> Vec<u8> {
    let packet = rtp(talker, sequence);
    rig.media(talker, &packet);
    rig.sent()
        .into_iter()
        .map(|sent| match sent {
            Sent::Media(leg, heard) if heard == packet => leg,
            other => panic!("{other:?}"),
        })
        .collect()
}

//= 24.380-6.3.4.4.7a:b test
#[test]
fn talkers_are_heard_by_each_other_and_by_everybody_else() {
    let mut rig = rig(4, |call| call.max_talkers = Some(2), participant);
    ask(&mut rig, 1);
    ask(&mut rig, 3);
    for sequence in 0..3 {
        assert_eq!(hearers(&mut rig, 1, sequence), [2, 3, 4]);
        assert_eq!(hearers(&mut rig, 3, sequence), [1, 2, 4]);
    }
    rig.floor(1, &release(1));
    assert_eq!(rig.sent(), [1, 2, 3, 4].map(|leg| Sent::Floor(leg, "Floor Release Multi Talker")));
    assert_eq!(hearers(&mut rig, 3, 3), [1, 2, 4]);
}

#[test]
fn the_media_of_each_talker_reaches_protected_listeners_under_its_own_source() {
    for suite in SUITES {
        let mut rig = rig(3, |call| call.max_talkers = Some(2), |leg| protected(leg, &suite));
        ask(&mut rig, 1);
        ask(&mut rig, 2);
        for sequence in [65_534, 65_535, 0, 1] {
            assert_eq!(hearers(&mut rig, 1, sequence), [2, 3]);
            assert_eq!(hearers(&mut rig, 2, sequence.wrapping_add(100)), [1, 3]);
        }
    }
}

//= 24.380-6.3.6.3.5 test
#[test]
fn in_dual_floor_control_the_listeners_hear_whom_they_are_to_hear() {
    let cases = [
        (Hearing::Both, vec![2, 3, 4], vec![1, 3, 4]),
        (Hearing::Overriding, vec![2], vec![1, 3, 4]),
        (Hearing::Overridden, vec![2, 3, 4], vec![1]),
    ];
    for (hearing, of_overridden, of_overriding) in cases {
        let mut rig = rig(4, |call| call.dual_floor = Some(hearing), participant);
        rig.grant(1);
        ask(&mut rig, 2);
        assert_eq!(hearers(&mut rig, 1, 1), of_overridden, "{hearing:?}");
        assert_eq!(hearers(&mut rig, 2, 1), of_overriding, "{hearing:?}");
    }
}
