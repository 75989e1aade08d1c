//! Chat group calls: everybody joins, nobody is invited.

use std::time::Duration;

use call_control::client::{
    CallId, CallPriority, ClientCommand, ClientEvent, GroupCall, PriorityChange, Urgency,
};
use call_control::config::{Config, Group, Member};
use call_control::{Event, MediaCommand, ReleaseCause};
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mcptt_info::{Content, SessionType};

use crate::rig::*;

const CHAT: &str = "sip:chat-1@mc.example.org";

/// The standard configuration with a chat group of the first four.
fn with_chat() -> Config {
    let mut config = config();
    let members: Vec<Member> = (0..4).map(|at| Member::new(mcptt_id(at).as_str())).collect();
    config.groups.push(Group::chat(CHAT, members));
    config
}

/// Registered clients that are affiliated to nothing.
fn registered(config: Config, count: usize) -> Rig {
    let mut rig = Rig::new(config);
    for at in 0..count {
        rig.add(client_config(at));
        rig.register(at);
    }
    rig.forget();
    rig
}

fn join(rig: &mut Rig, at: usize) -> CallId {
    join_with(rig, at, GroupCall::new(CHAT))
}

fn join_with(rig: &mut Rig, at: usize, call: GroupCall) -> CallId {
    rig.command(at, ClientCommand::JoinChat(call));
    let started = rig.client_events.iter().rev().find_map(|(client, event)| match event {
        ClientEvent::CallStarted { call, .. } if *client == at => Some(*call),
        _ => None,
    });
    started.unwrap()
}

//= 24.379-10.1.2.4.1.1:noinvite test
//= 24.379-10.1.2.4.1.1:same test
//= 24.379-10.1.2.4.1.1:6 test
#[test]
fn the_first_opens_the_call_and_the_others_come_to_it_uninvited() {
    let mut rig = registered(with_chat(), 3);
    for at in 0..3 {
        rig.command(at, ClientCommand::Affiliate { groups: vec![CHAT.into()] });
    }
    rig.command(1, ClientCommand::Deaffiliate);
    rig.forget();
    join(&mut rig, 0);
    let first = rig.established(0);
    assert_eq!((first.warnings.clone(), first.floor_parameters.implicit_request), (vec![], true));
    let answer = rig.response("cf", "pf", "200 INVITE");
    assert!(!answer.headers.contains(&HeaderName::PAnswerState));
    let info = info_of(&SipMessage::Request(rig.request("pf", "cf", "INVITE")));
    assert_eq!(info.session_type, Some(SessionType::Chat));
    let identity = rig.response("cf", "pf", "200 INVITE").headers.contact().unwrap().uri;

    join(&mut rig, 1);
    let second = rig.established(1);
    assert_eq!((second.warnings, second.floor_parameters.implicit_request), (vec![123], false));
    assert_eq!(rig.response("cf", "pf", "200 INVITE").headers.contact().unwrap().uri, identity);
    assert!(!rig.trace().iter().any(|line| line == "cf>pf INVITE"));
    // Bob was not affiliated and is now, at both functions.
    let affiliated = rig.events.iter().filter(|event| matches!(event, Event::AffiliationChanged { .. }));
    assert_eq!(affiliated.count(), 3);
    assert_eq!(
        media_words(&rig.media),
        [
            "initiated call-1",
            "connected leg-1 sip:alice@mc.example.org",
            "connected leg-2 sip:bob@mc.example.org"
        ]
    );
}

//= 24.379-10.1.2.3.1.1:108 test
//= 24.379-10.1.2.3.1.1:5 test
//= 24.379-10.1.2.4.1.1:106 test
//= 24.379-10.1.2.4.1.1:117 test
//= 24.379-10.1.2.4.1.1:148 test
#[test]
fn whoever_may_not_join_is_told_why() {
    type Change = fn(&mut Config);
    type Answer = (u16, Option<u16>);
    let table: [(Change, &str, Answer); 6] = [
        (|config| config.users[0].chat_group_calls = false, CHAT, (403, Some(108))),
        (|config| config.users[0].max_simultaneous_group_calls = Some(0), CHAT, (486, Some(103))),
        (|config| config.groups[1].members[0].may_join = false, CHAT, (403, Some(106))),
        (|_| {}, GROUP, (404, Some(117))),
        (|config| config.groups[1].regrouped = true, CHAT, (403, Some(148))),
        (|config| config.groups[1].disabled = true, CHAT, (403, Some(115))),
    ];
    for (change, group, expected) in table {
        let mut config = with_chat();
        change(&mut config);
        let mut rig = registered(config, 1);
        join_with(&mut rig, 0, GroupCall::new(group));
        assert_eq!(rig.failure(0), expected);
        assert!(!rig.events.iter().any(|event| matches!(event, Event::AffiliationChanged { .. })));
    }
}

//= 24.379-10.1.2.4.1.1:12 test
//= 24.379-10.1.2.4.1.1:9 test
#[test]
fn a_full_chat_takes_nobody_and_a_claimed_priority_needs_its_reason() {
    let mut config = with_chat();
    config.groups[1].max_participants = Some(1);
    let mut rig = registered(config, 2);
    join(&mut rig, 0);
    join(&mut rig, 1);
    assert_eq!(rig.failure(1), (486, Some(122)));

    let mut rig = registered(with_chat(), 1);
    join_with(&mut rig, 0, GroupCall { resource_priority: Some("mcpttp.15".into()), ..GroupCall::new(CHAT) });
    assert_eq!(rig.failure(0), (403, None));
}

//= 24.379-10.1.2.4:t4 test
#[test]
fn silence_does_not_end_a_chat_and_each_member_leaves_alone() {
    let mut config = with_chat();
    config.groups[1].hang_timer = Some(Duration::from_secs(30));
    let mut rig = registered(config, 3);
    let calls: Vec<CallId> = (0..3).map(|at| join(&mut rig, at)).collect();
    let MediaCommand::CallInitiated { settings, .. } = &rig.media[0] else { panic!("a call") };
    assert_eq!(settings.hang_timer, None);
    rig.command(0, ClientCommand::Leave { call: calls[0] });
    assert!(!rig.has_ended(1) && !rig.has_ended(2));
    rig.command(1, ClientCommand::Leave { call: calls[1] });
    assert!(rig.has_ended(2));
    let cause = rig.events.iter().find_map(|event| match event {
        Event::CallReleased { cause, .. } => Some(*cause),
        _ => None,
    });
    assert_eq!(cause, Some(ReleaseCause::TooFewParticipants));
}

//= 24.379-6.3.3.1.7 test
//= 24.379-6.3.3.1.7:6 test
//= 24.379-10.1.2.4.1.2 test
#[test]
fn an_emergency_in_a_chat_calls_those_who_are_affiliated_and_not_there() {
    let mut config = with_chat();
    let user = &mut config.users[0];
    (user.emergency_group_call, user.imminent_peril_call) = (true, true);
    let member = &mut config.groups[1].members[0];
    (member.emergency_call, member.imminent_peril_call) = (true, true);
    let mut rig = registered(config, 3);
    rig.command(2, ClientCommand::Affiliate { groups: vec![CHAT.into()] });
    let call = join(&mut rig, 0);
    join(&mut rig, 1);
    rig.forget();
    let change = PriorityChange::Emergency { alert: true };
    let wanted = CallPriority { call, change, implicit_request: false, resource_priority: None };
    rig.command(0, ClientCommand::ChangePriority(wanted));
    assert!(rig.established(2).emergency);
    let info = info_of(&SipMessage::Request(rig.request("pf", "carol", "INVITE")));
    assert_eq!(info.session_type, Some(SessionType::Chat));
    assert_eq!(info.emergency_ind, Some(Content::Normal(true)));
    let told = info_of(&SipMessage::Request(rig.request("pf", "bob", "INVITE")));
    assert_eq!(told.emergency_ind, Some(Content::Normal(true)));

    // A chat that is opened with an emergency: those who are affiliated hear of the peril that gave way.
    let mut config = with_chat();
    config.users[0].emergency_group_call = true;
    config.users[1].imminent_peril_call = true;
    config.groups[1].members[0].emergency_call = true;
    config.groups[1].members[1].imminent_peril_call = true;
    let mut rig = registered(config, 3);
    rig.command(2, ClientCommand::Affiliate { groups: vec![CHAT.into()] });
    let call = join_with(&mut rig, 1, GroupCall { urgency: Urgency::ImminentPeril, ..GroupCall::new(CHAT) });
    rig.command(1, ClientCommand::Leave { call });
    let invited = rig.established(2).call;
    rig.command(2, ClientCommand::Leave { call: invited });
    rig.forget();
    let urgency = Urgency::Emergency { alert: false };
    join_with(&mut rig, 0, GroupCall { urgency, ..GroupCall::new(CHAT) });
    let info = info_of(&SipMessage::Request(rig.request("pf", "carol", "INVITE")));
    let (yes, no) = (Some(Content::Normal(true)), Some(Content::Normal(false)));
    assert_eq!((info.emergency_ind, info.alert_ind, info.imminentperil_ind), (yes, no.clone(), no));
}
