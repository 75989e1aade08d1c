//! When the originator is answered, and what members may answer.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent};
use call_control::config::{Acknowledgement, Config, UponExpiry};
use call_control::{Event, ReleaseCause};
use mcptt_codec::sip::HeaderName;
use mcptt_codec::xml::poc_settings::AnswerMode;

use crate::rig::*;

fn released(rig: &Rig) -> Option<ReleaseCause> {
    rig.events.iter().find_map(|event| match event {
        Event::CallReleased { cause, .. } => Some(*cause),
        _ => None,
    })
}

/// The last member answers by hand, the others by themselves.
fn with_manual(config: Config, count: usize) -> Rig {
    let mut rig = Rig::new(config);
    for at in 0..count {
        let mut own = client_config(at);
        if at + 1 == count {
            own.answer_mode = AnswerMode::Manual;
        }
        rig.add(own);
        rig.register(at);
        rig.affiliate(at);
    }
    rig.forget();
    rig
}

fn waiting_call(rig: &Rig, at: usize) -> call_control::client::CallId {
    let mut events = rig.events_of(at).into_iter().rev();
    let found = events.find_map(|event| match event {
        ClientEvent::CallReceived { call, waiting: true, .. } => Some(call),
        _ => None,
    });
    found.expect("a call that waits")
}

//= 24.379-10.1.1.4.2:first test
#[test]
fn zero_to_start_answers_at_once_and_one_to_start_waits_for_a_member() {
    for (minimum, answered_first) in [(0, true), (1, false)] {
        let mut config = config();
        config.groups[0].minimum_to_start = minimum;
        let mut rig = Rig::ready(config, 2);
        rig.call(0);
        let trace = rig.trace();
        let at = |what: &str| trace.iter().position(|line| line == what).unwrap();
        assert_eq!(at("cf>pf 200 INVITE") < at("pf>cf 200 INVITE"), answered_first, "{minimum}");
        let unconfirmed = rig.response("cf", "pf", "200 INVITE").headers.contains(&HeaderName::PAnswerState);
        assert_eq!(unconfirmed, answered_first);
    }
}

//= 24.379-10.1.1.4.2:183 test
#[test]
fn an_unconfirmed_answer_may_be_enough_where_the_media_plane_buffers() {
    for (allowed, expected) in [(true, "cf>pf 200 INVITE"), (false, "pf>cf 200 INVITE")] {
        let mut config = config();
        config.groups[0].minimum_to_start = 1;
        config.policy.answer_on_unconfirmed = allowed;
        let mut rig = Rig::ready(config, 2);
        rig.call(0);
        let trace = rig.trace();
        let first = trace.iter().find(|line| line.ends_with("200 INVITE") && line.contains("cf")).unwrap();
        assert_eq!(first, expected);
    }
}

//= 24.380-6.3.2.2:early test
#[test]
fn the_media_plane_hears_of_the_first_unconfirmed_answer_only() {
    let mut rig = Rig::with_members(4);
    rig.call(0);
    let words = media_words(&rig.media);
    assert_eq!(words.iter().filter(|word| word.starts_with("unconfirmed")).count(), 1, "{words:?}");
    assert_eq!(words[2], "unconfirmed call-1");
    // Who answers by hand promises nothing.
    let mut rig = with_manual(config(), 2);
    rig.call(0);
    assert_eq!(media_words(&rig.media), ["initiated call-1", "connected leg-1 sip:alice@mc.example.org"]);
}

//= 24.379-10.1.1.4.2:allfail test
#[test]
fn when_nobody_answers_the_best_failure_goes_to_the_originator() {
    let mut config = config();
    config.groups[0].minimum_to_start = 1;
    let mut rig = with_manual(config, 2);
    rig.call(0);
    let call = waiting_call(&rig, 1);
    rig.command(1, ClientCommand::Decline { call });
    assert_eq!(rig.failure(0), (480, Some(110)));
    assert_eq!(released(&rig), Some(ReleaseCause::NobodyAnswered));
    assert_eq!(media_words(&rig.media), ["initiated call-1", "releasing call-1", "released call-1"]);
}

//= 24.379-6.2.3.2.1 test
//= 24.379-6.2.3.2.2 test
//= 24.379-10.1.1.3.2:manual test
//= 24.379-6.3.2.2.6 test
//= 24.379-6.3.3.2.3.1 test
//= 24.379-6.3.2.1.5.1 test
#[test]
fn manual_commencement_rings_and_waits_for_the_user() {
    let mut config = config();
    config.groups[0].minimum_to_start = 1;
    let mut rig = with_manual(config, 2);
    rig.call(0);
    let invite = rig.request("pf", "bob", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::AnswerMode), ["Manual"]);
    assert_eq!(
        rig.trace()[4..],
        ["bob>pf 180 INVITE", "pf>cf 180 INVITE", "cf>pf 180 INVITE", "pf>alice 180 INVITE"]
    );
    for (from, to, identity) in [("cf", "pf", CF_IDENTITY), ("pf", "alice", PF_IDENTITY)] {
        let ringing = rig.response(from, to, "180 INVITE");
        let asserted = format!("<{identity}>");
        assert_eq!(values(&ringing.headers, &HeaderName::PAssertedIdentity), [asserted.as_str()]);
        assert!(values(&ringing.headers, &HeaderName::Contact)[0].ends_with(";isfocus"));
    }
    let to_alice = rig.response("pf", "alice", "180 INVITE");
    assert_eq!(values(&to_alice.headers, &HeaderName::Supported), ["norefersub"]);
    let calls = rig.events_of(0);
    assert!(matches!(
        calls[..],
        [ClientEvent::CallStarted { .. }, ClientEvent::CallProgress { status: 180, .. }]
    ));
    let call = waiting_call(&rig, 1);
    rig.command(1, ClientCommand::Accept { call });
    assert!(rig.established(1).incoming && !rig.established(0).incoming);

    let mut rig = with_manual(crate::rig::config(), 2);
    rig.call(0);
    let call = waiting_call(&rig, 1);
    rig.command(1, ClientCommand::Decline { call });
    let declined = rig.response("bob", "pf", "480 INVITE");
    assert_eq!(
        values(&declined.headers, &HeaderName::Warning),
        ["399 ims.example.org \"110 user declined the call invitation\""]
    );
    assert_eq!(outcome(&rig.response("pf", "cf", "480 INVITE")), (480, Some(110)));
}

/// Carol is required and answers by hand.
fn with_required(upon_expiry: UponExpiry) -> Rig {
    let mut config = config();
    config.groups[0].members[2].required = true;
    config.groups[0].acknowledgement = Some(Acknowledgement { timeout: Duration::from_secs(5), upon_expiry });
    with_manual(config, 3)
}

//= 24.379-6.3.3.3:start test
//= 24.379-6.3.3.3:done test
#[test]
fn required_members_are_waited_for() {
    let mut rig = with_required(UponExpiry::Abandon);
    rig.call(0);
    assert!(!rig.trace().contains(&"cf>pf 200 INVITE".to_owned()));
    rig.seconds(4);
    let call = waiting_call(&rig, 2);
    rig.command(2, ClientCommand::Accept { call });
    assert_eq!(rig.established(0).warnings, Vec::<u16>::new());
    rig.seconds(10);
    assert_eq!(released(&rig), None);
}

//= 24.379-6.3.3.3:proceed test
#[test]
fn the_call_proceeds_with_111_when_required_members_are_late() {
    let mut rig = with_required(UponExpiry::Proceed);
    rig.call(0);
    rig.seconds(6);
    assert_eq!(rig.established(0).warnings, [111]);
    assert_eq!(released(&rig), None);
}

//= 24.379-6.3.3.3:nonack test
#[test]
fn an_originator_that_may_know_is_told_who_is_missing() {
    for allowed in [true, false] {
        let mut config = config();
        config.users[0].non_acknowledged_users = allowed;
        config.groups[0].members[2].required = true;
        let timeout = Duration::from_secs(5);
        config.groups[0].acknowledgement =
            Some(Acknowledgement { timeout, upon_expiry: UponExpiry::Proceed });
        let mut rig = with_manual(config, 3);
        rig.call(0);
        rig.seconds(6);
        let told = rig.events_of(0).into_iter().find_map(|event| match event {
            ClientEvent::NotAcknowledged { users, .. } => Some(users),
            _ => None,
        });
        assert_eq!(told, allowed.then(|| vec![mcptt_id(2).as_str().into()]));
    }
}

//= 24.379-6.3.3.3:abandon test
#[test]
fn the_call_is_abandoned_with_112_when_required_members_are_late() {
    let mut rig = with_required(UponExpiry::Abandon);
    rig.call(0);
    assert!(rig.established(1).incoming);
    rig.seconds(5);
    assert_eq!(rig.failure(0), (480, Some(112)));
    assert_eq!(released(&rig), Some(ReleaseCause::RequiredMembersMissing));
    let trace = rig.trace();
    for what in ["cf>pf BYE", "cf>pf CANCEL", "pf>bob BYE", "pf>carol CANCEL"] {
        assert!(trace.contains(&what.to_owned()), "{what}");
    }
}

//= 24.379-6.3.3.3:reject test
#[test]
fn a_required_member_that_refuses_decides_as_the_group_says() {
    let mut rig = with_required(UponExpiry::Abandon);
    rig.call(0);
    let call = waiting_call(&rig, 2);
    rig.command(2, ClientCommand::Decline { call });
    assert_eq!(rig.failure(0), (480, Some(112)));

    let mut rig = with_required(UponExpiry::Proceed);
    rig.call(0);
    let call = waiting_call(&rig, 2);
    rig.command(2, ClientCommand::Decline { call });
    assert_eq!(rig.established(0).warnings, [111]);
}

//= 24.379-10.1.1.4.2:cancel test
#[test]
fn the_originator_cancels_every_leg() {
    let mut config = config();
    config.groups[0].minimum_to_start = 2;
    let mut rig = with_manual(config, 3);
    let call = rig.call(0);
    rig.forget();
    rig.command(0, ClientCommand::CancelCall { call });
    let trace = rig.trace();
    assert_eq!(trace[..4], ["alice>pf CANCEL", "pf>alice 200 CANCEL", "pf>alice 487 INVITE", "pf>cf CANCEL"]);
    for what in [
        "cf>pf 487 INVITE",
        "cf>pf BYE",
        "cf>pf CANCEL",
        "pf>bob BYE",
        "pf>carol CANCEL",
        "carol>pf 487 INVITE",
    ] {
        assert!(trace.contains(&what.to_owned()), "{what} in {trace:#?}");
    }
    assert_eq!(rig.failure(0), (487, None));
    assert!(rig.has_ended(1) && rig.has_ended(2));
    assert_eq!(released(&rig), Some(ReleaseCause::OriginatorCancelled));
    assert_eq!(media_words(&rig.media), ["releasing call-1", "left leg-2", "released call-1"]);
}

#[test]
fn a_member_that_does_not_answer_in_time_is_cancelled_and_the_call_goes_on() {
    let mut rig = with_manual(config(), 3);
    rig.call(0);
    rig.seconds(100);
    assert!(rig.has_ended(2));
    let failed: Vec<u16> = rig
        .events
        .iter()
        .filter_map(|event| match event {
            Event::InvitationFailed { status, .. } => Some(*status),
            _ => None,
        })
        .collect();
    assert_eq!(failed, [487]);
    assert_eq!(released(&rig), None);
}

#[test]
fn a_member_that_is_gone_does_not_hold_the_call_up() {
    let mut rig = Rig::with_members(3);
    rig.dead.push(address(2));
    rig.call(0);
    assert!(rig.established(0).warnings.is_empty() && rig.established(1).incoming);
    rig.seconds(40);
    assert!(rig.events.iter().any(|event| matches!(event, Event::InvitationFailed { .. })));
    assert_eq!(released(&rig), None);
}

#[test]
fn a_call_without_anybody_else_is_answered_and_kept() {
    let mut rig = Rig::with_members(1);
    rig.call(0);
    assert!(!rig.established(0).incoming);
    rig.seconds(60);
    assert_eq!(released(&rig), None);
}

#[test]
fn a_minimum_that_can_not_be_reached_is_told() {
    let mut config = config();
    config.groups[0].minimum_to_start = 3;
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    assert_eq!(rig.failure(0), (480, None));
    assert_eq!(released(&rig), Some(ReleaseCause::NobodyAnswered));
}
