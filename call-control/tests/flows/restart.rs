//! A node that ends and one that takes up what it has left.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use call_control::client::{ClientCommand, ClientEvent, GroupCall, Urgency};
use call_control::config::Config;
use call_control::event::Tier;
use call_control::{CallControl, Event, Refusal, ReleaseCause};
use mcptt_codec::sip::HeaderName;

use crate::rig::*;

fn wall(rig: &Rig, start: std::time::Instant) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000) + (rig.now - start)
}

/// A rig whose node keeps records, with when it began.
pub fn keeping(config: Config, count: usize) -> (Rig, std::time::Instant) {
    let mut rig = Rig::new(config);
    let start = with_records(&mut rig);
    for at in 0..count {
        rig.add(client_config(at));
        rig.register(at);
        rig.affiliate(at);
    }
    (rig, start)
}

/// From now on the node keeps records; what the time is then.
pub fn with_records(rig: &mut Rig) -> std::time::Instant {
    let start = rig.now;
    rig.node.handle_wall_clock(rig.now, wall(rig, start));
    rig.node.restore(rig.now, []);
    start
}

/// The node is gone and another one stands in its place, `down` later.
pub fn restart(rig: &mut Rig, start: std::time::Instant, config: Config, down: Duration) {
    rig.now += down;
    rig.node = CallControl::new(config, [9; 32], rig.now).unwrap();
    rig.node.handle_wall_clock(rig.now, wall(rig, start));
    rig.forget();
    let records: BTreeMap<String, Bytes> = rig.records.clone();
    rig.node.restore(rig.now, records.iter().map(|(key, value)| (key.as_str(), value.as_ref())));
    rig.settle();
}

pub fn kinds(rig: &Rig) -> BTreeMap<String, usize> {
    let mut kinds = BTreeMap::new();
    for key in rig.records.keys() {
        *kinds.entry(key.split('/').next().unwrap().to_owned()).or_default() += 1;
    }
    kinds
}

#[test]
fn after_a_restart_a_call_reaches_who_was_affiliated_without_a_word_of_the_clients() {
    let (mut rig, start) = keeping(config(), 3);
    assert_eq!(
        kinds(&rig),
        BTreeMap::from([("affiliation".into(), 3), ("binding".into(), 3), ("client".into(), 3)])
    );
    restart(&mut rig, start, config(), Duration::from_secs(600));
    assert_eq!(rig.events, [Event::StateRestored { records: 9, unreadable: 0 }]);
    assert_eq!(rig.trace(), Vec::<String>::new());
    rig.call(0);
    for member in [1, 2] {
        assert_eq!(rig.established(member).group.as_ref().map(|group| group.as_str()), Some(GROUP));
    }
}

#[test]
fn what_has_run_out_meanwhile_is_over_and_the_rest_has_the_time_that_was_left() {
    let (mut rig, start) = keeping(config(), 2);
    restart(&mut rig, start, config(), Duration::from_secs(3_000));
    rig.call(0);
    rig.established(1);
    rig.forget();
    // Nobody has registered again: an hour after the registration it ends.
    rig.dead = vec![address(0), address(1)];
    rig.seconds(601);
    let ended = rig.events.iter().filter(|event| matches!(event, Event::RegistrationEnded { .. })).count();
    assert_eq!(ended, 2);
    assert_eq!(kinds(&rig).get("binding"), None);
    assert_eq!(kinds(&rig).get("client"), None);
    assert_eq!(kinds(&rig).get("affiliation"), None);
}

#[test]
fn the_same_register_again_after_a_restart_is_no_error() {
    let (mut rig, start) = keeping(config(), 0);
    let register = |rig: &mut Rig, sequence: u32| {
        let text = format!(
            "REGISTER sip:ims.example.org SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKsame{sequence}\r\n\
             From: <{impu}>;tag=1\r\nTo: <{impu}>\r\nCall-ID: same\r\nCSeq: {sequence} REGISTER\r\nMax-Forwards: 70\r\n\
             Contact: <sip:ue@192.0.2.10:5060>\r\nExpires: 600\r\nContent-Length: 0\r\n\r\n",
            impu = impu(0)
        );
        rig.forget();
        rig.inject("192.0.2.10:5060", PF, text.as_bytes());
        rig.trace().last().cloned().unwrap()
    };
    assert_eq!(register(&mut rig, 5), "pf>alice 200 REGISTER");
    restart(&mut rig, start, config(), Duration::from_secs(1));
    assert_eq!(register(&mut rig, 4), "pf>alice 500 REGISTER");
    assert_eq!(register(&mut rig, 5), "pf>alice 200 REGISTER");
}

#[test]
fn an_emergency_outlives_the_node_and_its_limit_goes_on() {
    let mut with_limit = config();
    with_limit.service.emergency_time_limit = Some(Duration::from_secs(900));
    with_limit.users[0].emergency_group_call = true;
    with_limit.groups[0].members[0].emergency_call = true;
    let (mut rig, start) = keeping(with_limit.clone(), 2);
    rig.call_with(0, GroupCall { urgency: Urgency::Emergency { alert: false }, ..GroupCall::new(GROUP) });
    assert_eq!(kinds(&rig).get("group"), Some(&1));
    restart(&mut rig, start, with_limit, Duration::from_secs(300));
    rig.forget();
    rig.call(1);
    let invite = rig.request("pf", "alice", "INVITE");
    assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.15"]);
    rig.seconds(601);
    let over = rig
        .events
        .iter()
        .any(|event| matches!(event, Event::PriorityStateChanged { to: Tier::Normal, mcptt_id: None, .. }));
    assert!(over, "{:#?}", rig.events);
    assert_eq!(kinds(&rig).get("group"), None);
}

#[test]
fn the_participants_of_a_call_are_told_that_it_is_over() {
    let (mut rig, start) = keeping(config(), 3);
    rig.call(0);
    assert_eq!(kinds(&rig).get("relay"), Some(&3));
    assert_eq!(kinds(&rig).get("call"), Some(&1));
    restart(&mut rig, start, config(), Duration::from_secs(5));
    for member in 0..3 {
        assert!(rig.has_ended(member), "{:#?}", rig.trace());
    }
    let bye = rig.request("pf", "bob", "BYE");
    assert_eq!(values(&bye.headers, &HeaderName::Reason), ["SIP;cause=200;text=\"restart of the server\""]);
    let lost = rig.events.iter().find_map(|event| match event {
        Event::CallReleased { cause: ReleaseCause::Restart, group, .. } => group.clone(),
        _ => None,
    });
    assert_eq!(lost.as_ref().map(|group| group.as_str()), Some(GROUP));
    // What is left is where they may come back to, for some time.
    assert_eq!((kinds(&rig).get("relay"), kinds(&rig).get("call")), (None, Some(&1)));
    // And the next one has another number.
    rig.forget();
    rig.call(0);
    rig.established(1);
}

/// Two nodes end one after the other, and still the call is found.
//= 24.379-10.1.1.4.5.1:137 test
#[test]
fn whoever_comes_back_by_the_session_identity_finds_the_call_and_the_others_are_invited() {
    let (mut rig, start) = keeping(config(), 3);
    rig.call(0);
    let identities = [0, 1, 2].map(|at| rig.established(at).session_identity);
    let at_function = |rig: &Rig| {
        rig.events.iter().find_map(|event| match event {
            Event::CallStarted { session_identity, .. } => Some(session_identity.clone()),
            _ => None,
        })
    };
    let before = at_function(&rig).unwrap();
    for _ in 0..2 {
        restart(&mut rig, start, config(), Duration::from_secs(5));
    }
    rig.forget();
    let back = |rig: &mut Rig, at: usize| {
        let session_identity = identities[at].clone();
        rig.command(at, ClientCommand::Rejoin { session_identity, implicit_request: false });
    };
    back(&mut rig, 1);
    assert_eq!(at_function(&rig), Some(before), "the same call for everybody who knows it");
    for at in [0, 2] {
        assert!(rig.established(at).incoming, "{:#?}", rig.trace());
    }
    assert!(!rig.established(1).incoming);
    // It is a call like any other: whoever has lost it comes back, and when it is over nobody does.
    let call = rig.established(2).call;
    rig.command(2, ClientCommand::Leave { call });
    rig.forget();
    back(&mut rig, 2);
    assert!(!rig.established(2).incoming);
    let ended = rig.records.iter().filter(|(key, _)| key.starts_with("call/")).count();
    assert_eq!(ended, 1, "the one that runs");
    rig.operator(call_control::Command::ReleaseCall { call: mcptt_codec::id::CallRef(2) });
    rig.seconds(1);
    rig.forget();
    back(&mut rig, 2);
    assert_eq!(rig.failure(2), (404, Some(137)));
}

#[test]
fn who_may_not_come_back_does_not_and_after_a_while_nobody_does() {
    let (mut rig, start) = keeping(config(), 3);
    rig.call(0);
    let identity = |rig: &Rig, at: usize| rig.established(at).session_identity;
    let identities = [0, 1, 2].map(|at| identity(&rig, at));
    let back = |rig: &mut Rig, at: usize| {
        rig.forget();
        let session_identity = identities[at].clone();
        rig.command(at, ClientCommand::Rejoin { session_identity, implicit_request: false });
    };
    let mut closed = config();
    closed.groups[0].members[1].may_join = false;
    restart(&mut rig, start, closed, Duration::from_secs(5));
    back(&mut rig, 1);
    assert_eq!(rig.failure(1).0, 403);
    rig.command(2, ClientCommand::Deaffiliate);
    back(&mut rig, 2);
    assert_eq!(rig.failure(2).0, 403);
    rig.seconds(600);
    back(&mut rig, 0);
    assert_eq!(rig.failure(0), (404, Some(137)));
    assert_eq!(kinds(&rig).get("call"), None);
}

/// The members have begun anew before somebody comes back: there is one call.
#[test]
fn whoever_comes_back_late_joins_the_call_that_the_others_have_begun() {
    let (mut rig, start) = keeping(config(), 3);
    rig.call(0);
    let session_identity = rig.established(2).session_identity;
    restart(&mut rig, start, config(), Duration::from_secs(5));
    rig.call(0);
    let call = rig.established(2).call;
    rig.command(2, ClientCommand::Leave { call });
    rig.forget();
    rig.command(2, ClientCommand::Rejoin { session_identity, implicit_request: false });
    assert!(!rig.established(2).incoming);
    assert!(!rig.events.iter().any(|event| matches!(event, Event::CallStarted { .. })));
    // When that is over, so is what was before it.
    rig.operator(call_control::Command::ReleaseAll);
    assert_eq!(kinds(&rig).get("call"), None);
}

#[test]
fn a_clock_that_is_set_ends_nothing_and_what_is_written_follows_it() {
    let (mut rig, start) = keeping(config(), 2);
    let before = rig.records.clone();
    let day = Duration::from_secs(86_400);
    for (set, events) in
        [(wall(&rig, start) + day, 1), (wall(&rig, start) - 10 * day, 1), (wall(&rig, start) - 10 * day, 0)]
    {
        rig.forget();
        rig.node.handle_wall_clock(rig.now, set);
        rig.settle();
        assert_eq!(rig.events, vec![Event::ClockSet; events]);
    }
    assert_ne!(rig.records, before);
    // The lifetimes that are left are the same as before by the clock that was set back.
    rig.now += Duration::from_secs(60);
    rig.node = CallControl::new(config(), [9; 32], rig.now).unwrap();
    rig.node.handle_wall_clock(rig.now, wall(&rig, start) - 10 * day);
    let records = rig.records.clone();
    rig.node.restore(rig.now, records.iter().map(|(key, value)| (key.as_str(), value.as_ref())));
    rig.settle();
    rig.forget();
    rig.call(0);
    rig.established(1);
    rig.dead = vec![address(0), address(1)];
    rig.seconds(3_500);
    assert!(!rig.events.iter().any(|event| matches!(event, Event::RegistrationEnded { .. })));
    rig.seconds(100);
    let ended = rig.events.iter().filter(|event| matches!(event, Event::RegistrationEnded { .. })).count();
    assert_eq!(ended, 2);
}

#[test]
fn records_of_another_version_or_damaged_are_reported_and_left_alone() {
    let (mut rig, start) = keeping(config(), 1);
    rig.records.insert("binding/00000000000000000009".into(), Bytes::from_static(br#"{"v":7,"record":{}}"#));
    rig.records.insert("client/x y".into(), Bytes::from_static(b"\0\xff"));
    rig.records.insert("dream/1".into(), Bytes::from_static(b"{}"));
    restart(&mut rig, start, config(), Duration::ZERO);
    assert_eq!(rig.events[0], Event::StateRestored { records: 3, unreadable: 3 });
    assert!(rig.records.contains_key("binding/00000000000000000009"));
}

#[test]
fn a_subscription_goes_on_after_a_restart() {
    let (mut rig, start) = keeping(config(), 1);
    let subscribe = Raw::new("SUBSCRIBE", PF_IDENTITY, &impu(0))
        .header("Event: presence")
        .header("Expires: 3600")
        .header(&format!("P-Asserted-Identity: <{}>", impu(0)))
        .header("Contact: <sip:watcher@198.51.100.1:5060>")
        .text();
    let answer = rig.ask(CORE, PF, &subscribe);
    assert_eq!(answer.status.0, 200);
    assert_eq!(kinds(&rig).get("subscription"), Some(&1));
    let sequence = |rig: &Rig| rig.request("pf", "core", "NOTIFY").headers.cseq().unwrap().number;
    let before = sequence(&rig);
    restart(&mut rig, start, config(), Duration::from_secs(60));
    rig.command(0, ClientCommand::Deaffiliate);
    let notify = rig.request("pf", "core", "NOTIFY");
    assert!(sequence(&rig) > before + 1_000);
    assert_eq!(notify.headers.call_id().unwrap(), answer.headers.call_id().unwrap());
    let state = notify.headers.get(&HeaderName::SubscriptionState).unwrap().to_string();
    let left: u64 = state.strip_prefix("active;expires=").unwrap().parse().unwrap();
    assert!((3_500..=3_540).contains(&left), "{state}");
}

#[test]
fn while_nothing_can_be_kept_nothing_is_promised_and_calls_go_on() {
    let (mut rig, _) = keeping(config(), 4);
    rig.node.handle_store(Some(7));
    rig.forget();
    rig.command(0, ClientCommand::Register);
    let refused = rig.response("pf", "alice", "503 REGISTER");
    assert_eq!(values(&refused.headers, &HeaderName::RetryAfter), ["7"]);
    rig.command(1, ClientCommand::Deaffiliate);
    rig.response("pf", "bob", "503 PUBLISH");
    let refusals: Vec<Refusal> = rig
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Refused { refusal, .. } => Some(*refusal),
            _ => None,
        })
        .collect();
    assert_eq!(refusals, [Refusal::StoreUnavailable; 2]);
    // Who has not asked for anything that has to be kept does not even notice; the others wait as they were told.
    rig.call(2);
    rig.established(3);
    rig.node.handle_store(None);
    rig.seconds(8);
    rig.command(0, ClientCommand::Register);
    assert!(rig.events_of(0).contains(&ClientEvent::Registered { expires: 3600 }));
}
