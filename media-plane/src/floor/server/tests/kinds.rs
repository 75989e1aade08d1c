//! Kinds of call: system call, private call with floor control, receive-only members, priorities beyond what was negotiated.

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorPriority, RejectCause, RevokeCause};
use mcptt_codec::id::LegRef;

use super::rig::{Setup, secs};
use crate::floor::FloorOutput;
use crate::floor::server::{FloorSignalling, general, towards};
use crate::floor::settings::Entry;

/// The Floor Indicator of each message that was sent; those that have none are left out.
fn indicators(outputs: Vec<FloorOutput>) -> Vec<(&'static str, FloorIndicator)> {
    let indicator = |message: &FloorMessage| match message {
        FloorMessage::Granted(message) => message.indicator,
        FloorMessage::Taken(message) => message.indicator,
        FloorMessage::Deny(message) => message.indicator,
        FloorMessage::Idle(message) => message.indicator,
        FloorMessage::Revoke(message) => message.indicator,
        FloorMessage::QueuePositionInfo(message) => message.indicator,
        _ => None,
    };
    let sent = outputs.into_iter().filter_map(|output| match output {
        FloorOutput::Send { message, .. } | FloorOutput::SendAll { message, .. } => Some(message),
        _ => None,
    });
    sent.filter_map(|message| Some((message.name(), indicator(&message)?))).collect()
}

//= 24.380-6.3.4.4.2:3f test
//= 24.380-8.2.3.15 test
#[test]
fn every_message_of_the_server_says_what_kind_of_call_this_is() {
    let kinds = [
        FloorIndicator::NORMAL,
        FloorIndicator::SYSTEM,
        FloorIndicator::EMERGENCY,
        FloorIndicator::IMMINENT_PERIL,
        FloorIndicator::BROADCAST | FloorIndicator::EMERGENCY,
        FloorIndicator::SYSTEM | FloorIndicator::EMERGENCY,
    ];
    for kind in kinds {
        let setup = Setup::with_participants(3).queueing(&[2]).priority(1, 9).emergency(3);
        let mut rig = setup.call(|call| call.indicator = kind).taken();
        rig.request(2);
        rig.request(3);
        rig.media(2);
        rig.request_with(3, |request| {
            request.priority = Some(FloorPriority(9));
            request.indicator = Some(FloorIndicator::EMERGENCY);
        });
        rig.release(1);
        rig.release(3);
        rig.advance(secs(5));
        let expected = kind | FloorIndicator::QUEUEING;
        let seen = indicators(rig.drain());
        assert!(seen.iter().all(|(_, indicator)| *indicator == expected), "{seen:?}");
        let names: std::collections::BTreeSet<_> = seen.iter().map(|(name, _)| *name).collect();
        let all = [
            "Floor Deny",
            "Floor Granted",
            "Floor Idle",
            "Floor Queue Position Info",
            "Floor Revoke",
            "Floor Taken",
        ];
        assert_eq!(names, all.into());
    }
}

/// A private call is a call of two: the same rows, with nobody else to tell.
//= 24.380-6.3.4.4.2:3 test
//= 24.380-6.3.4.3.3:1a test
#[test]
fn two_in_a_private_call_take_turns() {
    let mut rig = Setup::with_participants(2).queueing(&[1, 2]).start();
    rig.signal(FloorSignalling::Initiated);
    rig.join(1, Entry::Originator { implicit_request: true });
    assert_eq!(rig.drain(), []);
    rig.join(2, Entry::Invited);
    assert_eq!(rig.drain(), [rig.granted(1, 30), rig.taken(&[2], 1, 1)]);
    rig.request(2);
    assert_eq!(rig.drain(), [rig.position(2, 1, 0)]);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.granted(2, 30), rig.taken(&[1], 2, 2)]);
    rig.release(2);
    assert_eq!(rig.drain(), [rig.idle(&[1, 2], 3)]);
    rig.leave(2);
    rig.request(1);
    assert_eq!(rig.drain(), [rig.deny(1, RejectCause::ONLY_ONE_PARTICIPANT)]);
}

//= 24.380-6.3.4.3.3:1b test
//= 24.380-6.3.5.4.4:ro test
#[test]
fn a_receive_only_member_is_denied_in_every_state_however_urgent_it_is() {
    let setup = || {
        let setup = Setup::with_participants(3).queueing(&[2]).emergency(2);
        setup.parameters(2, |parameters| parameters.receive_only = true)
    };
    let mut idle = setup().idle();
    let mut taken = setup().taken();
    let mut cut_in = setup().call(|call| call.audio_cut_in = true).taken();
    for rig in [&mut idle, &mut taken, &mut cut_in] {
        rig.request_emergency(2);
        assert_eq!(rig.drain(), [rig.deny(2, RejectCause::RECEIVE_ONLY)]);
        rig.signal(FloorSignalling::ImplicitRequest { leg: LegRef(2) });
        assert_eq!(rig.drain(), [rig.deny(2, RejectCause::RECEIVE_ONLY)]);
    }
    // One that starts a call is not granted for it.
    let mut rig = setup().parameters(1, |parameters| parameters.receive_only = true).start();
    rig.signal(FloorSignalling::Initiated);
    rig.join(1, Entry::Originator { implicit_request: true });
    rig.join(2, Entry::Invited);
    assert_eq!(
        (rig.general(), rig.state(1)),
        (general::State::FloorIdle, towards::State::NotPermittedFloorIdle)
    );
}

//= 24.380-6.3.5.4.4:1a test
//= 24.380-6.3.4.4.7:eq test
#[test]
fn nobody_pre_empts_by_more_than_was_negotiated() {
    let mut rig = Setup::with_participants(4).priority(1, 5).priority(2, 5).priority(3, 6).taken();
    let request = |priority| {
        move |request: &mut mcptt_codec::floor::FloorRequest| request.priority = Some(FloorPriority(priority))
    };
    // Capped to what the talker has, and not negotiated at all.
    rig.request_with(2, request(255));
    rig.request_with(4, request(255));
    let denied = [2, 4].map(|leg| rig.deny(leg, RejectCause::ANOTHER_CLIENT_HAS_PERMISSION));
    assert_eq!(rig.drain(), denied);
    rig.request_with(3, request(255));
    assert_eq!(rig.drain(), [rig.revoke(1, RevokeCause::PRE_EMPTED)]);
    rig.release(1);
    assert_eq!(rig.drain(), [rig.granted_with(3, 30, 6), rig.taken(&[1, 2, 4], 3, 1)]);
}
