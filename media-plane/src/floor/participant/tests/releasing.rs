//! 'U: pending Release' (6.2.4.6) and the release of the call (6.2.2, 6.2.4.7, 6.2.4.8).

use mcptt_codec::floor::{FloorIndicator, RevokeCause, Subtype};

use super::rig::{
    Rig, ack, acknowledged, bob_talks, deny, granted, idle, notify, position, release, revoke, secs, send,
    settings, taken,
};
use crate::floor::participant::{
    Notification, ParticipantInput, ParticipantOutput, ParticipantSettings, State,
};

//= 24.380-6.2.4.6.2 test
//= 24.380-6.2.4.6.3 test
//= 24.380-11.1.1:t100 test
#[test]
fn the_release_is_repeated_and_given_up() {
    let mut rig = Rig::releasing();
    for _ in 0..2 {
        rig.advance(secs(1));
        assert_eq!(rig.drain(), [send(release())]);
    }
    rig.advance(secs(1));
    assert_eq!(rig.drain(), []);
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.6.4 test
#[test]
fn idle_confirms_the_release() {
    let mut rig = Rig::releasing();
    rig.receive(acknowledged(idle()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_IDLE)), notify(Notification::Idle)]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(5));
    assert_eq!(rig.drain(), []);
}

//= 24.380-6.2.4.6.4:6 test
#[test]
fn a_broadcast_is_over_with_its_talk() {
    let mut rig = Rig::releasing_with(ParticipantSettings { broadcast_initiator: true, ..settings() });
    rig.receive(acknowledged(idle()));
    let expected =
        [send(ack(Subtype::FLOOR_IDLE)), notify(Notification::Idle), notify(Notification::MediaComplete)];
    assert_eq!(rig.drain(), expected);
    assert_eq!(rig.state(), State::Releasing);
}

//= 24.380-6.2.4.6.4:6 test
#[test]
fn that_the_call_is_a_broadcast_may_become_known_later() {
    let mut rig = Rig::releasing();
    rig.input(ParticipantInput::CallIs { indicator: FloorIndicator::BROADCAST, broadcast_initiator: true });
    rig.receive(idle());
    assert_eq!(rig.drain(), [notify(Notification::Idle), notify(Notification::MediaComplete)]);
    assert_eq!(rig.state(), State::Releasing);
}

//= 24.380-6.2.4.6.5 test
#[test]
fn the_talk_of_another_confirms_the_release() {
    let mut rig = Rig::releasing();
    rig.receive(acknowledged(taken()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_TAKEN)), bob_talks()]);
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(4));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}

//= 24.380-6.2.4.6.6 test
#[test]
fn media_of_another_confirms_the_release() {
    let mut rig = Rig::releasing();
    rig.media();
    assert_eq!(rig.state(), State::HasNoPermission);
    rig.advance(secs(4));
    assert_eq!(rig.drain(), [notify(Notification::Idle)]);
}

//= 24.380-6.2.4.6.7 test
#[test]
fn a_revoke_that_crosses_the_release_is_only_shown() {
    let mut rig = Rig::releasing();
    rig.receive(revoke());
    assert_eq!(rig.drain(), [notify(Notification::Revoked { cause: Some(RevokeCause::PRE_EMPTED) })]);
    assert_eq!(rig.state(), State::PendingRelease);
}

//= 24.380-6.2.4.6.8 test
#[test]
fn a_late_grant_does_not_open_the_microphone() {
    let mut rig = Rig::releasing();
    rig.receive(acknowledged(granted()));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_GRANTED))]);
    assert!(!rig.participant.may_send());
    rig.advance(secs(1));
    assert_eq!(rig.sent(), [release()]);
}

//= 24.380-6.2.4.1 test
#[test]
fn late_answers_are_discarded() {
    let mut rig = Rig::releasing();
    rig.discards(acknowledged(deny()));
    rig.discards(acknowledged(position(1)));
}

//= 24.380-6.2.2 test
//= 24.380-6.2.4.7.2 test
//= 24.380-6.2.4.8.2 test
#[test]
fn the_call_is_released_in_two_steps_from_every_state() {
    let rigs = [Rig::listening(), Rig::requesting(), Rig::talking(), Rig::releasing(), Rig::queued()];
    for mut rig in rigs {
        let expected = if rig.participant.may_send() { vec![ParticipantOutput::StopSending] } else { vec![] };
        rig.input(ParticipantInput::ReleaseStarted);
        assert_eq!(rig.drain(), expected);
        assert_eq!(rig.state(), State::Releasing);
        assert_eq!(rig.participant.poll_timeout(), None);
        rig.discards(acknowledged(granted()));
        rig.press();
        rig.media();
        assert_eq!(rig.drain(), []);
        rig.input(ParticipantInput::ReleaseFinished);
        assert_eq!(rig.state(), State::StartStop);
        rig.forget();
        rig.discards(acknowledged(granted()));
        rig.input(ParticipantInput::SessionTerminating);
        rig.press();
        assert_eq!(rig.drain(), []);
        assert_eq!(rig.state(), State::StartStop);
    }
}

#[test]
fn release_indications_out_of_order_are_harmless() {
    let mut rig = Rig::start(settings());
    rig.input(ParticipantInput::ReleaseStarted);
    rig.input(ParticipantInput::ReleaseFinished);
    assert_eq!(rig.state(), State::StartStop);
    let mut rig = Rig::talking();
    rig.input(ParticipantInput::ReleaseFinished);
    assert_eq!(rig.state(), State::HasPermission);
}
