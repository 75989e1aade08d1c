//! Broadcast group call: only its initiator may talk.

use mcptt_codec::floor::{FloorIndicator, FloorMessage, RejectCause};
use mcptt_codec::id::LegRef;

use super::rig::{Setup, send_all};
use crate::floor::server::FloorSignalling;

fn setup() -> Setup {
    Setup::with_participants(3).queueing(&[2]).emergency(2).call(|call| {
        call.broadcast_initiator = Some(LegRef(1));
        call.indicator = FloorIndicator::BROADCAST;
    })
}

//= 24.380-6.3.4.4.2:3d test
#[test]
fn the_initiator_is_granted_and_the_others_may_not_ask() {
    let mut rig = setup().idle();
    rig.request(1);
    let mut taken = rig.taken_message(1, 1);
    taken.permission_to_request = Some(false);
    assert_eq!(rig.drain(), [rig.granted(1, 30), send_all(&[2, 3], FloorMessage::Taken(taken))]);
}

//= 24.379-6.2.8.2:deny test
//= 24.380-6.3.5.3.4:bc test
#[test]
fn another_member_is_denied_while_idle() {
    let mut rig = setup().idle();
    rig.request(3);
    rig.request_emergency(2);
    rig.signal(FloorSignalling::ImplicitRequest { leg: LegRef(2) });
    let denied = [3, 2, 2].map(|leg| rig.deny(leg, RejectCause::RECEIVE_ONLY));
    assert_eq!(rig.drain(), denied);
}

//= 24.380-6.3.5.4.4:bc test
#[test]
fn another_member_is_denied_while_the_initiator_talks() {
    let mut rig = setup().taken();
    rig.request(3);
    rig.request_emergency(2);
    let denied = [3, 2].map(|leg| rig.deny(leg, RejectCause::RECEIVE_ONLY));
    assert_eq!(rig.drain(), denied);
}
