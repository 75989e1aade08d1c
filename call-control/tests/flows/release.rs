//! Leaving a call and ending it.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use call_control::event::LeaveCause;
use call_control::{Command, Event, MediaIndication, ReleaseCause};
use mcptt_codec::id::{CallRef, LegRef};
use mcptt_codec::sip::HeaderName;

use crate::rig::*;

fn released(rig: &Rig) -> Vec<ReleaseCause> {
    let causes = rig.events.iter().filter_map(|event| match event {
        Event::CallReleased { cause, .. } => Some(*cause),
        _ => None,
    });
    causes.collect()
}

//= 24.379-6.3.3.2.4 test
//= 24.379-6.2.4.1 test
//= 24.379-6.2.5 test
#[test]
fn a_participant_leaves_and_the_others_go_on() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    let call = rig.established(1).call;
    rig.forget();
    rig.command(1, ClientCommand::Leave { call });
    assert_eq!(rig.trace(), ["bob>pf BYE", "pf>bob 200 BYE", "pf>cf BYE", "cf>pf 200 BYE"]);
    assert_eq!(media_words(&rig.media), ["left leg-2"]);
    assert_eq!(rig.events_of(1), [ClientEvent::CallEnded { call, by_peer: false }]);
    assert_eq!(released(&rig), []);
}

//= 24.379-6.3.8.1:one test
#[test]
fn the_last_but_one_ends_the_call() {
    let mut rig = Rig::with_members(2);
    let call = rig.call(0);
    rig.forget();
    rig.command(0, ClientCommand::Leave { call });
    assert_eq!(
        rig.trace(),
        [
            "alice>pf BYE",
            "pf>alice 200 BYE",
            "pf>cf BYE",
            "cf>pf 200 BYE",
            "cf>pf BYE",
            "pf>cf 200 BYE",
            "pf>bob BYE",
            "bob>pf 200 BYE",
        ]
    );
    assert_eq!(media_words(&rig.media), ["left leg-1", "releasing call-1", "left leg-2", "released call-1"]);
    assert_eq!(released(&rig), [ReleaseCause::TooFewParticipants]);
    let bye = rig.request("pf", "bob", "BYE");
    assert_eq!(values(&bye.headers, &HeaderName::Reason), ["SIP;cause=200;text=\"too few participants\""]);
}

//= 24.379-7.3.5:keep test
#[test]
fn the_end_of_a_call_ends_no_affiliation() {
    let mut rig = Rig::with_members(2);
    let call = rig.call(0);
    rig.command(0, ClientCommand::Leave { call });
    rig.forget();
    rig.call(1);
    assert!(rig.established(0).incoming);
    assert!(!rig.events.iter().any(|event| matches!(event, Event::AffiliationChanged { .. })));
}

//= 24.379-6.3.8.1:t4 test
#[test]
fn inactivity_releases_the_call() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    rig.forget();
    rig.indicate(MediaIndication::Inactive { call: CallRef(1) });
    assert_eq!(released(&rig), [ReleaseCause::Inactivity]);
    assert!((0..3).all(|at| rig.has_ended(at)));
    assert_eq!(
        media_words(&rig.media),
        ["releasing call-1", "left leg-1", "left leg-2", "left leg-3", "released call-1"]
    );
    rig.forget();
    rig.indicate(MediaIndication::Inactive { call: CallRef(1) });
    assert_eq!(rig.trace(), Vec::<String>::new());
}

#[test]
fn a_participant_that_floor_control_has_lost_is_taken_out() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    rig.forget();
    rig.indicate(MediaIndication::LegUnresponsive { call: CallRef(1), leg: LegRef(2) });
    assert!(rig.has_ended(1) && !rig.has_ended(0));
    let left = rig.events.iter().find_map(|event| match event {
        Event::ParticipantLeft { cause, .. } => Some(*cause),
        _ => None,
    });
    assert_eq!(left, Some(LeaveCause::FloorControlLost));
}

//= 24.379-6.3.3.5:expiry test
//= 24.379-10.1.1.4.2:14f test
#[test]
fn tng3_ends_the_call() {
    let mut config = config();
    config.groups[0].maximum_duration = Some(Duration::from_secs(300));
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    rig.seconds(299);
    assert_eq!(released(&rig), []);
    rig.seconds(1);
    assert_eq!(released(&rig), [ReleaseCause::MaximumDuration]);
    assert!(rig.has_ended(0) && rig.has_ended(1));
}

//= 24.379-6.2.8.2:end test
#[test]
fn a_broadcast_ends_with_its_initiator_if_the_policy_says_so() {
    for (policy, expected) in [(true, vec![ReleaseCause::BroadcastInitiatorLeft]), (false, vec![])] {
        let mut config = config();
        config.policy.release_broadcast_without_initiator = policy;
        let mut rig = Rig::ready(config, 3);
        let call = rig.call_with(0, GroupCall { broadcast: true, ..GroupCall::new(GROUP) });
        rig.command(0, ClientCommand::Leave { call });
        assert_eq!(released(&rig), expected);
    }
}

#[test]
fn an_operator_ends_one_call_or_all_of_them() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    rig.operator(Command::ReleaseCall { call: CallRef(7) });
    assert_eq!(released(&rig), []);
    rig.operator(Command::ReleaseCall { call: CallRef(1) });
    assert_eq!(released(&rig), [ReleaseCause::Administrator]);
    rig.call(0);
    rig.operator(Command::ReleaseAll);
    assert_eq!(released(&rig), [ReleaseCause::Administrator; 2]);
    let bye = rig.request("pf", "bob", "BYE");
    assert_eq!(values(&bye.headers, &HeaderName::Reason), ["SIP;cause=200;text=\"administrator action\""]);
    rig.call(1);
    assert_eq!(rig.failure(1), (503, None));
}

#[test]
fn the_call_is_over_only_when_the_last_goodbye_is_answered() {
    let mut rig = Rig::with_members(2);
    let call = rig.call(0);
    rig.dead.push(address(1));
    rig.forget();
    rig.command(0, ClientCommand::Leave { call });
    // The participating function has answered for the client, which is gone.
    assert_eq!(released(&rig), [ReleaseCause::TooFewParticipants]);
    rig.seconds(40);
    assert_eq!(released(&rig), [ReleaseCause::TooFewParticipants]);
}

//= RFC3261-481 test
#[test]
fn bye_for_an_unknown_dialog_gets_481() {
    let mut rig = Rig::with_members(1);
    for (function, uri) in [(PF, PF_IDENTITY), (CF, CF_IDENTITY)] {
        let bye = Raw::new("BYE", uri, &impu(0))
            .text()
            .replace(&format!("To: <{uri}>"), &format!("To: <{uri}>;tag=gone"));
        assert_eq!(outcome(&rig.ask(CORE, function, &bye)), (481, None));
    }
}

#[test]
fn a_caller_that_gives_up_an_early_dialog_with_bye_is_followed() {
    let mut config = config();
    config.groups[0].minimum_to_start = 1;
    let mut rig = Rig::new(config);
    for at in 0..2 {
        let mut own = client_config(at);
        if at == 1 {
            own.answer_mode = mcptt_codec::xml::poc_settings::AnswerMode::Manual;
        }
        rig.add(own);
        rig.register(at);
        rig.affiliate(at);
    }
    // No final answer comes while Bob rings.
    rig.start(CORE, PF, &core_invite(0, &group_call(GROUP, "")).text());
    let ringing = rig.response("pf", "core", "180 INVITE");
    let of = |name: &HeaderName| ringing.headers.get(name).unwrap().as_str().to_owned();
    let bye = Raw::new("BYE", PF_IDENTITY, &impu(0))
        .without("From:")
        .without("To:")
        .header(&format!("From: {}", of(&HeaderName::From)))
        .header(&format!("To: {}", of(&HeaderName::To)));
    assert_eq!(rig.ask_in(CORE, PF, &bye.text(), &of(&HeaderName::CallId)).status.0, 200);
    assert_eq!(rig.response("pf", "core", "487 INVITE").status.0, 487);
    assert!(rig.has_ended(1));
    assert_eq!(released(&rig), [ReleaseCause::OriginatorCancelled]);
}
