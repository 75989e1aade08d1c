//! Several participants behind a non-controlling function, on one leg.

use mcptt_codec::floor::{
    FloorIndicator, FloorMessage, FloorRelease, QueueingCapability, RejectCause, TrackInfo,
};
use mcptt_codec::id::LegRef;

use super::rig::{Rig, Setup};
use crate::floor::server::{FloorOutput, FloorSignalling, towards};

/// The Track Info of a participant behind the function.
fn of(reference: u32) -> Option<TrackInfo> {
    Some(TrackInfo {
        queueing_capability: QueueingCapability::NOT_SUPPORTED,
        participant_type: "unknown".into(),
        references: vec![reference],
    })
}

/// Leg 2 is the function's, the participant 17 behind it talks.
fn talking() -> Rig {
    let mut rig = Setup::with_participants(3).emergency(2).idle();
    rig.request_with(2, |request| request.track_info = of(17));
    rig.forget();
    assert_eq!(rig.server.talker(), Some(LegRef(2)));
    rig
}

/// The only message that was sent, with its receiver.
fn only(rig: &mut Rig) -> (LegRef, FloorMessage) {
    let outputs = rig.drain();
    let [FloorOutput::Send { to, message }] = &outputs[..] else { panic!("{outputs:?}") };
    (*to, message.clone())
}

fn release(rig: &mut Rig, reference: u32) {
    let release = FloorRelease { track_info: of(reference), ..FloorRelease::default() };
    rig.receive(2, FloorMessage::Release(release));
}

#[test]
fn another_one_does_not_get_the_floor_of_the_talker() {
    let mut rig = talking();
    rig.request_with(2, |request| request.track_info = of(18));
    let (to, FloorMessage::Deny(deny)) = only(&mut rig) else { panic!("Floor Deny") };
    let cause = Some(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    assert_eq!((to, deny.cause, deny.track_info), (LegRef(2), cause, of(18)));
    // The talker itself is granted again.
    rig.request_with(2, |request| request.track_info = of(17));
    let (_, FloorMessage::Granted(granted)) = only(&mut rig) else { panic!("Floor Granted") };
    assert_eq!(granted.track_info, of(17));
}

#[test]
fn another_one_that_pre_empts_talks_from_then_on() {
    let mut rig = talking();
    rig.request_with(2, |request| {
        request.track_info = of(18);
        request.indicator = Some(FloorIndicator::EMERGENCY);
    });
    let (_, FloorMessage::Granted(granted)) = only(&mut rig) else { panic!("Floor Granted") };
    assert_eq!(granted.track_info, of(18));
    release(&mut rig, 17);
    assert_eq!(rig.server.talker(), Some(LegRef(2)));
    release(&mut rig, 18);
    assert_eq!(rig.server.talker(), None);
}

#[test]
fn another_one_does_not_release_the_floor_of_the_talker() {
    let mut rig = talking();
    release(&mut rig, 18);
    let (to, FloorMessage::Taken(taken)) = only(&mut rig) else { panic!("Floor Taken") };
    assert_eq!((to, taken.track_info), (LegRef(2), of(18)));
    assert_eq!((rig.server.talker(), rig.state(2)), (Some(LegRef(2)), towards::State::Permitted));
    release(&mut rig, 17);
    assert_eq!(rig.server.talker(), None);
}

#[test]
fn a_message_that_names_nobody_speaks_for_the_talker() {
    let mut rig = talking();
    rig.release(2);
    assert_eq!(rig.server.talker(), None);
}

/// The function's leg has negotiated nothing: what its clients can is in their Track Info.
fn queueing(reference: u32) -> Option<TrackInfo> {
    of(reference).map(|track| TrackInfo { queueing_capability: QueueingCapability::SUPPORTED, ..track })
}

fn position(rig: &mut Rig) -> (Option<TrackInfo>, u8) {
    let (_, FloorMessage::QueuePositionInfo(info)) = only(rig) else { panic!("Floor Queue Position Info") };
    (info.track_info, info.info.unwrap().position.0)
}

#[test]
fn each_one_has_a_place_in_the_queue_of_its_own() {
    let mut rig = Setup::with_participants(3).queueing(&[]).taken();
    for (reference, expected) in [(17, 1), (18, 2), (17, 1)] {
        rig.request_with(2, |request| request.track_info = queueing(reference));
        assert_eq!(position(&mut rig), (queueing(reference), expected));
    }
    // Without the capability there is no place.
    rig.request_with(2, |request| request.track_info = of(19));
    assert!(matches!(only(&mut rig), (_, FloorMessage::Deny(deny)) if deny.track_info == of(19)));
    // One gives its place up, the other keeps its own.
    release_of(&mut rig, queueing(17));
    rig.forget();
    assert_eq!(rig.server.queue().len(), 1);
    rig.release(1);
    let outputs = rig.drain();
    let [FloorOutput::Send { to, message: FloorMessage::Granted(granted) }, ..] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    assert_eq!((*to, &granted.track_info), (LegRef(2), &queueing(18)));
}

fn release_of(rig: &mut Rig, track_info: Option<TrackInfo>) {
    rig.receive(2, FloorMessage::Release(FloorRelease { track_info, ..FloorRelease::default() }));
}

#[test]
fn another_one_waits_for_the_talker_on_its_own_leg() {
    for revoked in [false, true] {
        let mut rig = Setup::with_participants(3).queueing(&[]).emergency(3).idle();
        rig.request_with(2, |request| request.track_info = queueing(17));
        rig.forget();
        rig.request_with(2, |request| request.track_info = queueing(18));
        assert_eq!(position(&mut rig), (queueing(18), 1));
        if revoked {
            // The emergency goes first.
            rig.request_emergency(3);
            rig.forget();
            release_of(&mut rig, queueing(17));
            assert_eq!(rig.server.talker(), Some(LegRef(3)));
            rig.forget();
            rig.release(3);
        } else {
            release_of(&mut rig, queueing(17));
        }
        let outputs = rig.drain();
        let granted = outputs.iter().find_map(|output| match output {
            FloorOutput::Send { to, message: FloorMessage::Granted(granted) } => {
                Some((*to, &granted.track_info))
            }
            _ => None,
        });
        assert_eq!(granted, Some((LegRef(2), &queueing(18))));
        assert_eq!(rig.state(2), towards::State::Permitted);
    }
}

#[test]
fn a_leg_that_leaves_takes_everybody_behind_it_along() {
    let mut rig = Setup::with_participants(3).queueing(&[]).taken();
    for reference in [17, 18] {
        rig.request_with(2, |request| request.track_info = queueing(reference));
    }
    rig.signal(FloorSignalling::Left { leg: LegRef(2) });
    assert!(rig.server.queue().is_empty());
}
