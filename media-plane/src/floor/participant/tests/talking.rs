//! 'U: has permission' (6.2.4.5).

use mcptt_codec::floor::{RevokeCause, Subtype};

use super::rig::{
    OTHER, Rig, TALK_TIME, ack, acknowledged, deny, granted, idle, notify, position, release, revoke, secs,
    send, taken,
};
use crate::floor::participant::{MediaTreatment, Notification, ParticipantInput, ParticipantOutput, State};

//= 24.380-6.2.4.5.3 test
#[test]
fn releasing_ends_the_talk() {
    let mut rig = Rig::talking();
    rig.input(ParticipantInput::PttReleased);
    assert_eq!(rig.drain(), [ParticipantOutput::StopSending, send(release())]);
    assert_eq!(rig.state(), State::PendingRelease);
    assert!(!rig.participant.may_send());
}

//= 24.380-6.2.4.5.4 test
#[test]
fn a_revoke_ends_the_talk() {
    let mut rig = Rig::talking();
    rig.receive(revoke());
    let cause = Some(RevokeCause::PRE_EMPTED);
    let expected = [notify(Notification::Revoked { cause }), ParticipantOutput::StopSending, send(release())];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.state(), State::PendingRelease);
    assert!(!rig.participant.may_send());
    rig.advance(secs(1));
    assert_eq!(rig.sent(), [release()]);
}

//= 24.380-6.2.4.5.5 test
#[test]
fn another_grant_tells_the_time_that_is_left() {
    let mut rig = Rig::talking();
    rig.receive(acknowledged(granted()));
    let duration = Some(TALK_TIME);
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_GRANTED)), notify(Notification::Granted { duration })]);
    assert!(rig.participant.may_send());
}

//= 24.380-6.2.4.1 test
#[test]
fn everything_else_is_discarded() {
    let mut rig = Rig::talking();
    rig.discards(acknowledged(idle()));
    rig.discards(acknowledged(taken()));
    rig.discards(acknowledged(deny()));
    rig.discards(acknowledged(position(1)));
    assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Discard);
    rig.advance(secs(10));
    assert_eq!(rig.drain(), []);
    assert!(rig.participant.may_send());
}
