//! A participant stops and resumes its own downlink (6.3.5.4.13, .14, 6.3.4.4.14, .15; Release 17).

use mcptt_codec::Release;
use mcptt_codec::floor::{FloorMessage, MediaFlowControlIndicator, Subtype, UnicastMediaFlowControl};
use mcptt_codec::id::LegRef;

use super::rig::{Setup, ack, audio};
use crate::floor::FloorOutput;

fn media(to: u64, flows: bool) -> FloorOutput {
    FloorOutput::UnicastMedia { to: LegRef(to), flows }
}

//= 24.380-6.3.4.4.14 test
//= 24.380-6.3.4.4.15 test
//= 24.380-6.3.5.4.13 test
//= 24.380-6.3.5.4.14 test
#[test]
fn media_stops_and_resumes_and_the_floor_does_not_move() {
    let mut rig = Setup::with_participants(3).taken();
    let states = [rig.state(1), rig.state(2), rig.state(3)];
    for resume in [false, false, true] {
        rig.control_media(2, resume);
        assert_eq!(rig.outputs(), [media(2, resume)]);
    }
    // The talker may not want to hear the others either.
    rig.control_media(1, false);
    assert_eq!(rig.outputs(), [media(1, false)]);
    assert_eq!([rig.state(1), rig.state(2), rig.state(3)], states);

    let mut rig = Setup::with_participants(3).emergency(2).taken();
    rig.request_emergency(2);
    rig.forget();
    rig.control_media(3, false);
    assert_eq!(rig.outputs(), [media(3, false)]);
}

#[test]
fn it_is_acknowledged_first_if_it_asks_for_it() {
    let mut rig = Setup::with_participants(2).idle();
    let control = UnicastMediaFlowControl {
        ssrc: audio(2),
        ack_requested: true,
        flow: Some(MediaFlowControlIndicator::STOP),
        track_info: None,
    };
    rig.receive(2, FloorMessage::UnicastMediaFlowControl(control));
    assert_eq!(rig.outputs(), [ack(2, Subtype::UNICAST_MEDIA_FLOW_CONTROL), media(2, false)]);
}

#[test]
fn what_says_neither_and_what_an_earlier_release_does_not_know_changes_nothing() {
    let mut rig = Setup::with_participants(2).taken();
    let control = UnicastMediaFlowControl { ssrc: audio(2), ..UnicastMediaFlowControl::default() };
    rig.receive(2, FloorMessage::UnicastMediaFlowControl(control));
    assert_eq!(rig.drain(), []);
    let mut rig = Setup::with_participants(2).policy(|policy| policy.release = Release::R16).taken();
    rig.control_media(2, false);
    assert_eq!(rig.drain(), []);
}
