//! Emergency and imminent peril at the start of a call.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall, Urgency};
use call_control::config::{Config, Group};
use call_control::event::{AffiliationState, Function, Tier};
use call_control::{Event, MediaCommand};
use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mcptt_info::Content;

use crate::rig::*;

/// Alice may do everything that is urgent.
fn authorised() -> Config {
    let mut config = config();
    let (user, member) = (&mut config.users[0], &mut config.groups[0].members[0]);
    (user.emergency_group_call, user.imminent_peril_call, user.emergency_alert) = (true, true, true);
    (member.emergency_call, member.imminent_peril_call, member.emergency_alert) = (true, true, true);
    config
}

fn urgent(urgency: Urgency, resource_priority: Option<&str>) -> GroupCall {
    GroupCall { urgency, resource_priority: resource_priority.map(Into::into), ..GroupCall::new(GROUP) }
}

const EMERGENCY: Urgency = Urgency::Emergency { alert: true };

//= 24.379-6.2.8.1.15 test
//= 24.379-6.3.2.1.3:rp test
#[test]
fn an_emergency_reaches_every_member_with_its_priority() {
    let mut rig = Rig::ready(authorised(), 2);
    rig.call_with(0, urgent(EMERGENCY, Some("mcpttp.15")));
    for (from, to) in [("alice", "pf"), ("pf", "cf"), ("cf", "pf"), ("pf", "bob")] {
        let invite = rig.request(from, to, "INVITE");
        assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.15"], "{from}>{to}");
        let info = info_of(&SipMessage::Request(invite));
        let yes = Some(Content::Normal(true));
        assert_eq!((info.emergency_ind, info.alert_ind, info.imminentperil_ind), (yes.clone(), yes, None));
    }
    assert!(rig.established(1).emergency && rig.established(0).emergency);
    let MediaCommand::CallInitiated { settings, .. } = &rig.media[0] else { panic!("a call") };
    assert_eq!(settings.indicator, FloorIndicator::EMERGENCY);
    assert!(rig.events.iter().any(|event| matches!(event, Event::CallStarted { tier: Tier::Emergency, .. })));
}

//= 24.379-6.3.3.1.13.1 test
#[test]
fn an_alert_without_right_does_not_go_with_the_call() {
    for (user, member, expected) in [(true, true, true), (false, true, false), (true, false, false)] {
        let mut config = authorised();
        config.users[0].emergency_alert = user;
        config.groups[0].members[0].emergency_alert = member;
        let mut rig = Rig::ready(config, 2);
        rig.call_with(0, urgent(EMERGENCY, None));
        let info = info_of(&SipMessage::Request(rig.request("pf", "bob", "INVITE")));
        assert_eq!(info.alert_ind, Some(Content::Normal(expected)));
    }
}

//= 24.379-10.1.1.4.2:10 test
//= 24.379-6.3.3.1.14 test
//= 24.379-6.3.3.1.13.2 test
//= 24.379-6.3.3.1.13.2:dedicated test
#[test]
fn an_emergency_needs_every_right_and_the_refusal_says_so_in_its_body() {
    let missing: [fn(&mut Config); 3] = [
        |config| config.users[0].emergency_group_call = false,
        |config| config.groups[0].members[0].emergency_call = false,
        |config| config.users[0].dedicated_emergency_group = Some("sip:other@mc.example.org".into()),
    ];
    for take in missing {
        let mut config = authorised();
        take(&mut config);
        let mut rig = Rig::ready(config, 2);
        rig.call_with(0, urgent(EMERGENCY, None));
        assert_eq!(rig.failure(0), (403, None));
        let info = info_of(&SipMessage::Response(rig.response("pf", "alice", "403 INVITE")));
        let no = Some(Content::Normal(false));
        assert_eq!((info.emergency_ind, info.alert_ind), (no.clone(), no));
        let told = rig
            .events_of(0)
            .iter()
            .any(|event| matches!(event, ClientEvent::CallFailed { emergency_refused: true, .. }));
        assert!(told);
    }
    let mut config = authorised();
    config.users[0].dedicated_emergency_group = Some(GROUP.into());
    let mut rig = Rig::ready(config, 2);
    rig.call_with(0, urgent(EMERGENCY, None));
    assert!(rig.established(1).emergency);
}

//= 24.379-10.1.1.4.2:11 test
//= 24.379-6.3.3.1.13.5 test
#[test]
fn imminent_peril_needs_its_right_and_has_its_own_tier() {
    let mut rig = Rig::ready(authorised(), 2);
    rig.call_with(0, urgent(Urgency::ImminentPeril, Some("mcpttp.14")));
    let invite = rig.request("cf", "pf", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.14"]);
    let info = info_of(&SipMessage::Request(invite));
    assert_eq!((info.emergency_ind, info.imminentperil_ind), (None, Some(Content::Normal(true))));
    let MediaCommand::CallInitiated { settings, .. } = &rig.media[0] else { panic!("a call") };
    assert_eq!(settings.indicator, FloorIndicator::IMMINENT_PERIL);

    let mut config = authorised();
    config.users[0].imminent_peril_call = false;
    let mut rig = Rig::ready(config, 2);
    rig.call_with(0, urgent(Urgency::ImminentPeril, None));
    assert_eq!(rig.failure(0), (403, None));
    let info = info_of(&SipMessage::Response(rig.response("cf", "pf", "403 INVITE")));
    assert_eq!((info.imminentperil_ind, info.emergency_ind), (Some(Content::Normal(false)), None));
}

//= 24.379-10.1.1.4.2:12 test
#[test]
fn a_priority_without_the_tier_is_refused() {
    for (urgency, priority, expected) in [
        (Urgency::Normal, "mcpttp.15", 403),
        (Urgency::Normal, "mcpttp.14", 403),
        (Urgency::ImminentPeril, "mcpttp.15", 403),
        (Urgency::Normal, "mcpttq.0", 200),
        (Urgency::Normal, "foreign.3", 200),
        (EMERGENCY, "mcpttp.14", 200),
    ] {
        let mut rig = Rig::ready(authorised(), 2);
        rig.call_with(0, urgent(urgency, Some(priority)));
        let what = format!("{expected} INVITE");
        assert_eq!(rig.response("cf", "pf", &what).status.0, expected, "{urgency:?} {priority}");
    }
}

//= 24.379-10.1.1.4.2:14a test
//= 24.379-9.2.2.3.6 test
//= 24.379-9.2.2.2.11 test
#[test]
fn an_emergency_affiliates_its_caller_unless_n2_is_reached() {
    let mut rig = Rig::ready(authorised(), 2);
    rig.command(0, ClientCommand::Deaffiliate);
    rig.forget();
    let call = rig.call_with(0, urgent(EMERGENCY, None));
    assert!(rig.established(1).emergency);
    let states: Vec<(Function, AffiliationState)> = rig
        .events
        .iter()
        .filter_map(|event| match event {
            Event::AffiliationChanged { function, to, .. } => Some((*function, *to)),
            _ => None,
        })
        .collect();
    use AffiliationState::{Affiliated, Affiliating};
    assert_eq!(
        states,
        [
            (Function::Controlling, Affiliated),
            (Function::Participating, Affiliating),
            (Function::Participating, Affiliated),
        ]
    );
    rig.command(0, ClientCommand::Leave { call });

    let mut config = authorised();
    config.users[0].max_affiliations = Some(1);
    config.groups.push(Group::prearranged("sip:other@mc.example.org", config.groups[0].members.clone()));
    let mut rig = Rig::ready(config, 2);
    rig.command(0, ClientCommand::Affiliate { groups: vec!["sip:other@mc.example.org".into()] });
    rig.forget();
    rig.call_with(0, urgent(EMERGENCY, None));
    assert_eq!(rig.failure(0), (486, Some(102)));
    assert!(!rig.trace().contains(&"pf>cf INVITE".to_owned()));
}

//= 24.379-9.2.2.2.14 test
#[test]
fn an_emergency_that_is_refused_affiliates_nobody() {
    let mut config = authorised();
    config.groups[0].members[0].emergency_call = false;
    let mut rig = Rig::ready(config, 2);
    rig.command(0, ClientCommand::Deaffiliate);
    rig.forget();
    rig.call_with(0, urgent(EMERGENCY, None));
    assert_eq!(rig.failure(0), (403, None));
    assert!(!rig.events.iter().any(|event| matches!(event, Event::AffiliationChanged { .. })));
}

//= 24.379-10.1.1.4.2:14f test
#[test]
fn tng3_does_not_run_in_an_emergency() {
    let mut config = authorised();
    config.groups[0].maximum_duration = Some(Duration::from_secs(60));
    let mut rig = Rig::ready(config, 2);
    rig.call_with(0, urgent(EMERGENCY, None));
    rig.seconds(600);
    assert!(!rig.has_ended(0) && !rig.has_ended(1));
}

//= 24.379-6.2.8.2:emer test
#[test]
fn a_broadcast_may_be_an_emergency() {
    let mut rig = Rig::ready(authorised(), 2);
    rig.call_with(0, GroupCall { broadcast: true, ..urgent(EMERGENCY, None) });
    let MediaCommand::CallInitiated { settings, .. } = &rig.media[0] else { panic!("a call") };
    assert_eq!(settings.indicator, FloorIndicator::EMERGENCY | FloorIndicator::BROADCAST);
    assert!(rig.established(1).broadcast && rig.established(1).emergency);
}

#[test]
fn the_floor_is_told_who_may_claim_an_emergency() {
    let mut rig = Rig::ready(authorised(), 2);
    rig.call(0);
    let allowed: Vec<bool> = rig
        .media
        .iter()
        .filter_map(|command| match command {
            MediaCommand::LegConnected { participant, .. } => {
                Some(participant.floor_parameters.emergency_allowed)
            }
            _ => None,
        })
        .collect();
    assert_eq!(allowed, [true, false]);
}
