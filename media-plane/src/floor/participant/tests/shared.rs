//! A floor that is shared: dual floor (6.3.6) and several talkers (4.1.1.6, 6.3.4.4.7a), as the participant sees it.

use mcptt_codec::floor::{
    FloorGranted, FloorIdle, FloorIndicator, FloorMessage, FloorRelease, FloorReleaseMultiTalker,
    FloorRevoke, FloorTaken, Location, RevokeCause, Subtype,
};
use mcptt_codec::id::{McpttId, Ssrc};

use super::rig::{
    OTHER, OWN, Rig, ack, acknowledged, bob, granted, idle, notify, request, revoke, secs, send, settings,
    talk_of,
};
use crate::floor::participant::{
    DualFloor, MediaTreatment, Notification, ParticipantInput, ParticipantOutput, ParticipantSettings, State,
    Talker,
};

const G: FloorIndicator = FloorIndicator(0x8200);
const I: FloorIndicator = FloorIndicator(0x8080);
const CAROL: Ssrc = Ssrc(0xca);

fn own_user() -> McpttId {
    "sip:own@example.org".into()
}

fn with_user() -> ParticipantSettings {
    ParticipantSettings { user: Some(own_user()), ..settings() }
}

fn carol() -> Talker {
    Talker { user: Some("sip:carol@example.org".into()), ssrc: Some(CAROL), ..Talker::default() }
}

fn taken_by(talker: &Talker, indicator: FloorIndicator) -> FloorMessage {
    FloorMessage::Taken(FloorTaken {
        granted_party: talker.user.clone(),
        talker_ssrc: talker.ssrc,
        indicator: Some(indicator),
        ..FloorTaken::default()
    })
}

fn taken_by_all(talkers: &[Talker]) -> FloorMessage {
    FloorMessage::Taken(FloorTaken {
        granted_users: talkers.iter().filter_map(|talker| talker.user.clone()).collect(),
        ssrcs: talkers.iter().filter_map(|talker| talker.ssrc).collect(),
        indicator: Some(I),
        ..FloorTaken::default()
    })
}

fn told(talkers: Vec<Talker>, indicator: FloorIndicator) -> ParticipantOutput {
    notify(Notification::Taken { talkers, indicator, may_request: true })
}

fn granted_as(indicator: FloorIndicator) -> FloorMessage {
    let FloorMessage::Granted(grant) = granted() else { panic!("another message") };
    FloorMessage::Granted(FloorGranted { indicator: Some(indicator), ..grant })
}

fn dual_idle() -> FloorMessage {
    FloorMessage::Idle(FloorIdle { indicator: Some(G), ..FloorIdle::default() })
}

fn dual_release() -> FloorMessage {
    let indicator = Some(FloorIndicator::DUAL_FLOOR);
    FloorMessage::Release(FloorRelease { ssrc: OWN, indicator, ..FloorRelease::default() })
}

fn finished(user: Option<McpttId>, ssrc: Option<Ssrc>) -> FloorMessage {
    FloorMessage::ReleaseMultiTalker(FloorReleaseMultiTalker {
        user_id: user,
        talker_ssrc: ssrc,
        indicator: Some(I),
        ..FloorReleaseMultiTalker::default()
    })
}

fn overriding(settings: ParticipantSettings) -> Rig {
    let mut rig = Rig::requesting_with(settings);
    rig.receive(granted_as(G));
    rig
}

fn overridden() -> Rig {
    let mut rig = Rig::talking();
    rig.receive(taken_by(&carol(), G));
    rig
}

/// 'U: has permission' beside Bob.
fn one_of_two() -> Rig {
    let mut rig = Rig::requesting_with(with_user());
    rig.receive(granted_as(I));
    rig.receive(taken_by_all(&[bob()]));
    rig.forget();
    rig
}

//= 24.380-6.2.4.5.8 test
#[test]
fn the_overridden_talker_is_told_and_goes_on() {
    let mut rig = Rig::talking();
    rig.receive(acknowledged(taken_by(&carol(), G)));
    let expected = [
        send(ack(Subtype::FLOOR_TAKEN)),
        told(vec![carol()], G),
        notify(Notification::DualFloor(Some(DualFloor::Overridden))),
    ];
    assert_eq!(rig.drain(), expected);
    assert!(rig.participant.may_send());
    // A copy says nothing new about it.
    rig.receive(taken_by(&carol(), G));
    assert_eq!(rig.drain(), [told(vec![carol()], G)]);
}

//= 24.380-6.2.4.5.6 test
#[test]
fn who_hears_whom_in_a_dual_floor() {
    let mut rig = overridden();
    assert_eq!(rig.participant.handle_media(rig.now, CAROL), MediaTreatment::Render);
    for treatment in [MediaTreatment::Render, MediaTreatment::Store, MediaTreatment::Discard] {
        let mut rig = overriding(ParticipantSettings { overridden_media: treatment, ..settings() });
        assert_eq!(rig.participant.handle_media(rig.now, OTHER), treatment);
    }
    let mut rig = Rig::talking();
    assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Discard);
}

//= 24.380-6.2.4.5.7 test
#[test]
fn the_end_of_the_dual_floor_ends_only_that() {
    for mut rig in [overridden(), overriding(settings())] {
        rig.forget();
        rig.receive(acknowledged(dual_idle()));
        assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_IDLE)), notify(Notification::DualFloor(None))]);
        assert!(rig.participant.may_send());
        assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Discard);
        rig.input(ParticipantInput::PttReleased);
        assert_eq!(rig.sent(), [super::rig::release()]);
    }
}

//= 24.380-6.2.4.5.3:1c test
#[test]
fn a_talk_in_a_dual_floor_is_released_as_one() {
    for mut rig in [overriding(settings()), overridden()] {
        rig.forget();
        rig.input(ParticipantInput::PttReleased);
        let ended = notify(Notification::DualFloor(None));
        assert_eq!(rig.drain(), [ended, ParticipantOutput::StopSending, send(dual_release())]);
        rig.advance(secs(1));
        assert_eq!(rig.sent(), [dual_release()]);
    }
}

//= 24.380-6.2.4.5.4 test
#[test]
fn the_release_after_a_revoke_is_of_the_floor_that_was_revoked() {
    let of_dual = FloorMessage::Revoke(FloorRevoke {
        cause: Some(RevokeCause::MEDIA_BURST_TOO_LONG),
        indicator: Some(G),
        ..FloorRevoke::default()
    });
    for (revoke, expected) in [(of_dual, dual_release()), (revoke(), super::rig::release())] {
        let mut rig = overriding(settings());
        rig.forget();
        rig.receive(revoke);
        assert_eq!(rig.sent(), [expected]);
        assert_eq!(rig.state(), State::PendingRelease);
    }
}

#[test]
fn a_grant_that_overrides_says_so() {
    let mut rig = Rig::requesting();
    rig.receive(granted_as(G));
    let duration = Some(super::rig::TALK_TIME);
    let dual = notify(Notification::DualFloor(Some(DualFloor::Overriding)));
    let start = ParticipantOutput::StartSending { ssrc: None };
    assert_eq!(rig.drain(), [notify(Notification::Granted { duration }), dual.clone(), start]);
    // So does a repeated one, if the first one did not.
    let mut rig = Rig::talking();
    rig.receive(granted_as(G));
    assert_eq!(rig.drain(), [notify(Notification::Granted { duration }), dual]);
}

#[test]
fn a_listener_is_shown_both_talkers_of_a_dual_floor() {
    let mut rig = Rig::listening();
    rig.receive(taken_by(&bob(), FloorIndicator::NORMAL));
    rig.receive(taken_by(&carol(), G));
    rig.receive(dual_idle());
    rig.receive(taken_by(&bob(), FloorIndicator::NORMAL));
    let expected = [
        told(vec![bob()], FloorIndicator::NORMAL),
        told(vec![bob(), carol()], G),
        notify(Notification::DualFloor(None)),
        told(vec![bob()], FloorIndicator::NORMAL),
    ];
    assert_eq!(rig.drain(), expected);
}

#[test]
fn the_end_of_an_override_is_not_the_end_of_the_queue() {
    let mut rig = Rig::queued();
    rig.receive(acknowledged(dual_idle()));
    assert_eq!(rig.sent(), [ack(Subtype::FLOOR_IDLE)]);
    assert_eq!(rig.state(), State::Queued);
    // Nor of a release that nobody has confirmed; there the server speaks of our talk.
    let mut rig = Rig::releasing();
    rig.receive(dual_idle());
    assert_eq!(rig.state(), State::HasNoPermission);
    let mut rig = Rig::requesting();
    rig.discards(acknowledged(dual_idle()));
}

#[test]
fn all_talkers_are_shown_with_alias_and_place() {
    let mut rig = Rig::listening();
    let FloorMessage::Taken(taken) = taken_by_all(&[bob(), carol()]) else { panic!("another message") };
    rig.receive(FloorMessage::Taken(FloorTaken {
        functional_aliases: vec!["".into(), "sip:driver@example.org".into()],
        locations: vec![Location::NotProvided, Location::MbmsServiceArea(7)],
        ..taken
    }));
    let talkers = vec![
        Talker { location: Some(Location::NotProvided), ..bob() },
        Talker {
            functional_alias: Some("sip:driver@example.org".into()),
            location: Some(Location::MbmsServiceArea(7)),
            ..carol()
        },
    ];
    assert_eq!(rig.drain(), [told(talkers, I)]);
    // Lists of different length: what is there is shown.
    rig.receive(FloorMessage::Taken(FloorTaken {
        granted_users: vec!["sip:bob@example.org".into()],
        ssrcs: vec![OTHER, CAROL],
        ..FloorTaken::default()
    }));
    let stranger = Talker { ssrc: Some(CAROL), ..Talker::default() };
    assert_eq!(rig.drain(), [talk_of(vec![bob(), stranger])]);
}

#[test]
fn a_single_talker_is_shown_with_alias_place_and_kind_of_call() {
    let mut rig = Rig::listening();
    let alias = Some("sip:driver@example.org".into());
    let location = Some(Location::MbmsServiceArea(7));
    rig.receive(FloorMessage::Taken(FloorTaken {
        granted_party: bob().user,
        talker_ssrc: Some(OTHER),
        functional_alias: alias.clone(),
        location: location.clone(),
        indicator: Some(FloorIndicator::EMERGENCY),
        ..FloorTaken::default()
    }));
    let talker = Talker { functional_alias: alias, location, ..bob() };
    assert_eq!(rig.drain(), [told(vec![talker], FloorIndicator::EMERGENCY)]);
}

#[test]
fn one_of_several_talkers_finishes() {
    for message in [finished(None, Some(OTHER)), finished(bob().user, None)] {
        let mut rig = Rig::listening();
        rig.receive(taken_by_all(&[bob(), carol()]));
        rig.forget();
        rig.receive(message);
        let expected = Notification::TalkerFinished { talker: bob(), talkers: vec![carol()] };
        assert_eq!(rig.drain(), [notify(expected)]);
        assert_eq!(rig.state(), State::HasNoPermission);
    }
}

#[test]
fn talkers_told_of_one_by_one_add_up() {
    let mut rig = Rig::listening();
    rig.receive(taken_by(&bob(), I));
    rig.receive(taken_by(&carol(), I));
    rig.receive(taken_by(&carol(), I));
    assert_eq!(rig.drain()[2], told(vec![bob(), carol()], I));
    for ssrc in 1_000..1_100 {
        rig.receive(taken_by(&Talker { ssrc: Some(Ssrc(ssrc)), ..Talker::default() }, I));
    }
    let Some(ParticipantOutput::Notify(Notification::Taken { talkers, .. })) = rig.drain().pop() else {
        panic!("the talkers are shown")
    };
    assert_eq!(talkers.len(), 64);
}

//= 24.380-6.2.4.5.8 test
//= 24.380-6.2.4.5.6 test
#[test]
fn a_talker_beside_others_hears_them() {
    let mut rig = one_of_two();
    assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Render);
    rig.receive(acknowledged(taken_by_all(&[bob(), carol()])));
    assert_eq!(rig.drain(), [send(ack(Subtype::FLOOR_TAKEN)), told(vec![bob(), carol()], I)]);
    assert!(rig.participant.may_send());
    rig.receive(finished(None, Some(OTHER)));
    let expected = Notification::TalkerFinished { talker: bob(), talkers: vec![carol()] };
    assert_eq!(rig.drain(), [notify(expected)]);
    assert!(rig.participant.may_send());
}

//= 24.380-6.2.4.6.9 test
#[test]
fn the_server_confirms_the_end_of_one_talk_of_several() {
    let cases = [
        (finished(Some(own_user()), Some(OWN)), true),
        (finished(Some(own_user()), None), true),
        (finished(None, Some(OWN)), true),
        (finished(None, Some(OTHER)), false),
        (finished(bob().user, None), false),
        // The SSRC counts before the user.
        (finished(Some(own_user()), Some(OTHER)), false),
    ];
    for (message, confirms) in cases {
        let mut rig = one_of_two();
        rig.input(ParticipantInput::PttReleased);
        rig.forget();
        rig.receive(message);
        let state = if confirms { State::HasNoPermission } else { State::PendingRelease };
        assert_eq!(rig.state(), state);
        rig.forget();
        rig.advance(secs(1));
        assert_eq!(rig.sent().is_empty(), confirms);
    }
}

//= 24.380-6.2.4.6.9 test
#[test]
fn the_talk_is_named_by_the_ssrc_that_was_allocated_for_it() {
    let mut rig = Rig::requesting();
    let FloorMessage::Granted(grant) = granted_as(I) else { panic!("another message") };
    rig.receive(FloorMessage::Granted(FloorGranted { granted_ssrc: Some(Ssrc(5)), ..grant }));
    assert_eq!(rig.participant.handle_media(rig.now, Ssrc(5)), MediaTreatment::Discard);
    rig.input(ParticipantInput::PttReleased);
    rig.receive(finished(None, Some(Ssrc(5))));
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.6.5 test
//= 24.380-6.2.4.6.6 test
#[test]
fn others_that_talk_on_do_not_confirm_a_release() {
    let own = Talker { user: Some(own_user()), ssrc: Some(OWN), ..Talker::default() };
    let mut rig = one_of_two();
    rig.input(ParticipantInput::PttReleased);
    assert_eq!(rig.participant.handle_media(rig.now, OTHER), MediaTreatment::Render);
    rig.receive(taken_by_all(&[bob(), own]));
    assert_eq!(rig.state(), State::PendingRelease);
    rig.receive(taken_by_all(&[bob()]));
    assert_eq!(rig.state(), State::HasNoPermission);
}

//= 24.380-6.2.4.4.11 test
#[test]
fn somebody_elses_talk_is_no_answer_where_several_may_talk() {
    let mut rig = Rig::requesting();
    rig.receive(taken_by_all(&[bob()]));
    assert_eq!(rig.state(), State::PendingRequest);
    rig.forget();
    rig.advance(secs(1));
    assert_eq!(rig.sent(), [request()]);
    // In a dual floor it is the answer it always was.
    let mut rig = Rig::requesting();
    rig.receive(taken_by(&carol(), G));
    assert_eq!(rig.state(), State::HasNoPermission);
}

#[test]
fn silence_forgets_all_talkers() {
    let mut rig = Rig::listening();
    rig.receive(taken_by_all(&[bob(), carol()]));
    rig.advance(secs(4));
    rig.receive(taken_by(&bob(), I));
    rig.receive(idle());
    rig.receive(taken_by(&carol(), I));
    let shown: Vec<_> = rig
        .drain()
        .into_iter()
        .filter(|output| matches!(output, ParticipantOutput::Notify(Notification::Taken { .. })))
        .collect();
    assert_eq!(shown, [told(vec![bob(), carol()], I), told(vec![bob()], I), told(vec![carol()], I)]);
}
