//! A call with thousands of members: its invitations leave in turns, and whatever else happens is served in between.

use std::collections::BTreeSet;
use std::time::Duration;

use call_control::client::{
    Announcement, CallPriority, ClientCommand, GroupAnnouncement, GroupCall, PriorityChange, RegroupRequest,
};
use call_control::config::{Config, Group, Member, User};
use call_control::{Command, Event};
use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mime;

use crate::rig::*;

/// Affiliated members of the large group besides alice, who calls it.
const MANY: usize = 1_999;
const OTHER: &str = "sip:rescue-2@mc.example.org";
const TURN: Duration = Duration::from_millis(10);

fn many(number: usize) -> String {
    format!("sip:m-{number:04}@mc.example.org")
}

/// The group with as many further members, a thousand of them invited in a second, and another group of carol and dave.
fn large() -> Config {
    let mut config = config();
    config.policy.fan_out_rate = 1_000;
    for number in 0..MANY {
        let id = many(number);
        let public = format!("sip:m-{number:04}@ims.example.org");
        config.users.push(User::new(id.as_str(), public.as_str()));
        config.groups[0].members.push(Member::new(id.as_str()));
    }
    let pair = [2, 3].map(|at| Member { user_priority: 5, ..Member::new(mcptt_id(at).as_str()) });
    config.groups.push(Group::prearranged(OTHER, pair.to_vec()));
    config
}

/// One far participating function affiliates them, or ends that.
fn affiliate(rig: &mut Rig, number: usize, expires: u32) {
    let (user, client) = (many(number), "urn:uuid:00000000-0000-4000-8000-00000000ffff");
    let params = format!(
        "<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>\
         <mcptt-calling-user-id><mcpttURI>{user}</mcpttURI></mcptt-calling-user-id>"
    );
    let presence = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"{GROUP}\">\
         <tuple id=\"{user}\"><status><m:affiliation client=\"{client}\"/></status></tuple></presence>"
    );
    let text = Raw::new("PUBLISH", CF_IDENTITY, PF_IDENTITY)
        .header(&format!("P-Asserted-Identity: <{PF_IDENTITY}>"))
        .header("P-Asserted-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt")
        .header("Event: presence")
        .header(&format!("Expires: {expires}"))
        .info(&params)
        .part("application/pidf+xml", &presence)
        .text();
    let answer = rig.ask(CORE, CF, &text);
    assert_eq!(answer.status.0, 200, "{answer:?}");
}

/// Alice and bob are there, the many are affiliated and carol and dave are in a group of their own.
fn ready(many: usize) -> Rig {
    ready_with(large(), many)
}

fn ready_with(config: Config, many: usize) -> Rig {
    let mut rig = Rig::new(config);
    for at in 0..4 {
        rig.add(client_config(at));
        rig.register(at);
        let group = if at < 2 { GROUP } else { OTHER };
        rig.command(at, ClientCommand::Affiliate { groups: vec![group.into()] });
    }
    for number in 0..many {
        affiliate(&mut rig, number, 4_294_967_295);
    }
    rig.forget();
    rig
}

fn invited(rig: &Rig) -> Vec<McpttId> {
    let found = rig.events.iter().filter_map(|event| match event {
        Event::MemberInvited { mcptt_id, .. } => Some(mcptt_id.clone()),
        _ => None,
    });
    found.collect()
}

//= 24.379-6.3.5.5 test
#[test]
fn two_thousand_members_are_invited_in_turns_and_another_call_does_not_wait_for_them() {
    let mut rig = ready(MANY - 1);
    rig.call(0);
    assert_eq!(invited(&rig).len(), 10, "a hundredth of the rate at once");
    assert!(rig.established(0).remote_floor.is_some(), "bob has answered, nobody else is waited for");

    // In the middle of it another group is called, and answered without any time passing.
    rig.advance(TURN * 20);
    assert_eq!(invited(&rig).len(), 210);
    rig.call_with(2, GroupCall::new(OTHER));
    assert!(rig.established(3).incoming && !rig.established(2).incoming);
    assert_eq!(invited(&rig).len(), 211, "nobody of the large call has come before dave");

    for turn in 21..=199 {
        rig.advance(TURN);
        assert_eq!(invited(&rig).len(), (10 * (turn + 1) + 1).min(MANY + 1), "turn {turn}");
    }
    rig.seconds(5);
    let mut all = invited(&rig);
    all.sort();
    all.dedup();
    assert_eq!(all.len(), MANY + 1, "each once");
}

#[test]
fn a_turn_that_comes_late_is_not_made_up_for() {
    let mut rig = ready(100);
    rig.call(0);
    rig.now += Duration::from_secs(2);
    let now = rig.now;
    rig.node.handle_timeout(now);
    rig.settle();
    assert_eq!(invited(&rig).len(), 20);
}

#[test]
fn whoever_leaves_before_its_turn_is_not_invited_and_the_end_of_the_call_ends_the_turns() {
    let mut rig = ready(60);
    rig.call(0);
    let waiting: Vec<usize> =
        (0..60).filter(|number| !invited(&rig).contains(&many(*number).as_str().into())).collect();
    let gone = *waiting.last().unwrap();
    affiliate(&mut rig, gone, 0);
    rig.advance(TURN * 3);
    assert_eq!(invited(&rig).len(), 40);
    let call = rig.events.iter().find_map(|event| match event {
        Event::CallStarted { call, .. } => Some(*call),
        _ => None,
    });
    rig.operator(Command::ReleaseCall { call: call.unwrap() });
    rig.seconds(1);
    assert_eq!(invited(&rig).len(), 40, "a call that is over invites nobody");

    let mut rig = ready(60);
    rig.call(0);
    affiliate(&mut rig, gone, 0);
    rig.seconds(1);
    assert_eq!(invited(&rig).len(), 60);
    assert!(!invited(&rig).contains(&many(gone).as_str().into()));
}

/// Of a call whose members all refuse the originator hears when the last of them has, not when the first turn is over.
#[test]
fn the_originator_waits_for_those_whose_turn_is_still_to_come() {
    let mut config = large();
    config.groups[0].minimum_to_start = 1;
    let mut rig = ready_with(config, 25);
    rig.command(1, ClientCommand::Affiliate { groups: Vec::new() });
    rig.forget();
    rig.call(0);
    rig.advance(TURN);
    assert_eq!(invited(&rig).len(), 20);
    let ended = |rig: &Rig| rig.trace().iter().any(|line| line.starts_with("pf>alice 4"));
    assert!(!ended(&rig));
    rig.advance(TURN);
    assert!(ended(&rig), "{:#?}", rig.trace());
}

/// The rate is so low that each has a turn of its own.
#[test]
fn a_change_of_priority_and_the_end_are_told_in_turns() {
    let mut config = crate::priority::authorised();
    config.policy.fan_out_rate = 100;
    let mut rig = Rig::ready(config, 4);
    let call = rig.call(0);
    rig.seconds(1);
    rig.forget();
    let change = PriorityChange::Emergency { alert: false };
    let wanted =
        CallPriority { call, change, implicit_request: false, resource_priority: Some("mcpttp.15".into()) };
    rig.command(0, ClientCommand::ChangePriority(wanted));
    let told = |rig: &Rig, method: &str| {
        let line = format!("cf>pf {method}");
        rig.trace().iter().filter(|seen| **seen == line).count()
    };
    for number in 1..=3 {
        assert_eq!(told(&rig, "INVITE"), number);
        rig.advance(TURN);
    }
    rig.seconds(1);
    assert_eq!(told(&rig, "INVITE"), 3);

    assert_eq!(invited(&rig), [], "nobody is invited once more");
    rig.operator(Command::ReleaseAll);
    for number in 1..=4 {
        assert_eq!(told(&rig, "BYE"), number);
        assert!(!rig.events.iter().any(|event| matches!(event, Event::CallReleased { .. })) || number == 4);
        rig.advance(TURN);
    }
    rig.seconds(1);
    assert_eq!((told(&rig, "BYE"), rig.node.held().calls), (4, 0));
}

//= 24.379-12.1.3.1:fan test
#[test]
fn an_alert_to_two_thousand_is_told_in_turns_and_a_call_does_not_wait_for_it() {
    let mut config = large();
    config.users[0].emergency_alert = true;
    config.groups[0].members[0].emergency_alert = true;
    let mut rig = ready_with(config, MANY);
    let resource_priority = Some("mcpttp.15".into());
    let (group, what) = (GROUP.into(), Announcement::Alert);
    let alert = GroupAnnouncement { group, what, location: None, resource_priority };
    rig.command(0, ClientCommand::Announce(alert));
    let told = |rig: &Rig| rig.trace().iter().filter(|line| *line == "cf>pf MESSAGE").count();
    // The receipt of the sender does not wait behind the others.
    assert_eq!(told(&rig), 11);
    rig.advance(TURN * 20);
    assert_eq!(told(&rig), 211);
    rig.call_with(2, GroupCall::new(OTHER));
    assert!(rig.established(3).incoming);
    rig.seconds(3);
    assert_eq!(told(&rig), 2 + MANY);
}

/// How often something was said.
fn said(rig: &Rig, line: &str) -> usize {
    rig.trace().iter().filter(|seen| *seen == line).count()
}

/// The rate is so low that each has a turn of its own.
fn one_a_turn() -> Config {
    let mut config = config();
    config.policy.fan_out_rate = 100;
    config.policy.release_at = None;
    for member in &mut config.groups[0].members {
        member.conference_state = true;
    }
    config
}

#[test]
fn who_is_in_a_call_is_told_in_turns_and_so_is_its_end() {
    let mut rig = Rig::ready(one_a_turn(), 4);
    rig.call(0);
    rig.seconds(1);
    for (at, name) in NAMES.into_iter().enumerate().take(4) {
        let call = rig.established(at).call;
        rig.command(at, ClientCommand::WatchCall { call, expires: u32::MAX });
        assert_eq!(said(&rig, &format!("pf>{name} NOTIFY")), 1, "who asks is told at once");
    }
    let last = rig.established(3).call;
    rig.seconds(1);
    rig.forget();
    rig.command(3, ClientCommand::Leave { call: last });
    for number in 1..=4 {
        assert_eq!(said(&rig, "cf>pf NOTIFY"), number);
        rig.advance(TURN);
    }
    rig.seconds(1);
    assert_eq!(said(&rig, "cf>pf NOTIFY"), 4);

    rig.forget();
    rig.operator(Command::ReleaseAll);
    assert_eq!(said(&rig, "cf>pf NOTIFY"), 1);
    rig.advance(TURN * 2);
    assert!(said(&rig, "cf>pf NOTIFY") < 4 && !rig.node.is_released(), "somebody has still to be told");
    rig.seconds(1);
    assert_eq!(said(&rig, "cf>pf NOTIFY"), 4);
    assert!(rig.node.is_released());
}

/// What changes while a watcher waits for its turn is told with it, and once.
#[test]
fn two_changes_before_its_turn_are_told_to_a_watcher_together() {
    let mut rig = Rig::ready(one_a_turn(), 4);
    rig.call(0);
    rig.seconds(1);
    for at in 0..2 {
        let call = rig.established(at).call;
        rig.command(at, ClientCommand::WatchCall { call, expires: u32::MAX });
    }
    let calls = [2, 3].map(|at| rig.established(at).call);
    rig.seconds(1);
    rig.forget();
    rig.command(2, ClientCommand::Leave { call: calls[0] });
    rig.command(3, ClientCommand::Leave { call: calls[1] });
    rig.seconds(1);
    // The one who was first hears of each, the other one of both.
    assert_eq!(said(&rig, "cf>pf NOTIFY"), 3);
}

//= RFC5875-4.7 test
#[test]
fn a_document_that_many_watch_is_told_in_turns() {
    let mut config = one_a_turn();
    config.policy.watch_affiliations = false;
    let mut rig = Rig::ready(config, 0);
    let selector = format!("org.openmobilealliance.groups/global/byGroupID/{GROUP}");
    let list = format!(
        "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list><entry uri=\"{selector}\"/></list>\
         </resource-lists>"
    );
    for at in 0..4 {
        let request = Raw::new("SUBSCRIBE", PF_IDENTITY, &impu(at))
            .header(&format!("P-Asserted-Identity: <{}>", impu(at)))
            .header(&format!("Contact: <sip:watcher@{CORE}>"))
            .header("Event: xcap-diff")
            .part(mime::RESOURCE_LISTS, &list);
        assert_eq!(rig.ask(CORE, PF, &request.text()).status.0, 200);
        let first = crate::subscriptions::notifies(&rig).pop().unwrap();
        crate::subscriptions::answer(&mut rig, &first, "200 OK");
    }
    rig.forget();
    let now = rig.now;
    rig.node.document_changed(now, &selector, Some("g1"));
    rig.settle();
    for number in 1..=4 {
        assert_eq!(said(&rig, "pf>core NOTIFY"), number);
        rig.advance(TURN);
    }
}

//= 24.379-16.3 test
#[test]
fn the_users_of_a_regroup_are_told_in_turns_and_an_alert_before_them() {
    let mut config = crate::regroup::groups();
    config.policy.fan_out_rate = 100;
    for (at, group) in [(0, 0), (1, 0)] {
        config.users[at].emergency_alert = true;
        config.groups[group].members[at].emergency_alert = true;
    }
    let mut rig = crate::regroup::rig(config);
    let wanted = RegroupRequest::OfUsers {
        preconfigured: crate::regroup::PATTERN.into(),
        regroup: crate::regroup::REGROUP.into(),
        users: (0..4).map(|at| mcptt_id(at).as_str().into()).collect(),
    };
    rig.command(0, ClientCommand::Regroup(wanted));
    assert_eq!(said(&rig, "cf>pf MESSAGE"), 1);
    // While three of them wait for their turn bob alerts, and alice hears of it first.
    let (group, what) = (GROUP.into(), Announcement::Alert);
    let resource_priority = Some("mcpttp.15".into());
    let alert = GroupAnnouncement { group, what, location: None, resource_priority };
    rig.command(1, ClientCommand::Announce(alert));
    // The receipt of the sender does not wait.
    assert_eq!(said(&rig, "cf>pf MESSAGE"), 2);
    rig.forget();
    rig.advance(TURN);
    assert_eq!((said(&rig, "cf>pf MESSAGE"), said(&rig, "pf>alice MESSAGE")), (1, 1));
    for number in 2..=4 {
        rig.advance(TURN);
        assert_eq!(said(&rig, "cf>pf MESSAGE"), number);
    }
    rig.seconds(1);
    assert_eq!(said(&rig, "cf>pf MESSAGE"), 4);
}

/// Watches the affiliations of two users, so that every change of either is told.
fn watch_affiliations(rig: &mut Rig, number: usize) {
    let named = [many(number), mcptt_id(0)];
    let included: String = named
        .iter()
        .map(|user| format!("<include type=\"xpath\">//tuple[@id=&quot;{user}&quot;]</include>"))
        .collect();
    let filter = format!(
        "<filter-set xmlns=\"urn:ietf:params:xml:ns:simple-filter\"><filter id=\"1\" uri=\"{GROUP}\"><what>{included}\
         </what></filter></filter-set>"
    );
    let params = format!(
        "<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>\
         <mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>",
        many(number)
    );
    let request = Raw::new("SUBSCRIBE", CF_IDENTITY, PF_IDENTITY)
        .header(&format!("P-Asserted-Identity: <{PF_IDENTITY}>"))
        .header(&format!("Contact: <sip:pf@{CORE}>"))
        .header("Event: presence")
        .header("Expires: 4294967295")
        .info(&params)
        .part("application/simple-filter+xml", &filter);
    assert_eq!(rig.ask(CORE, CF, &request.text()).status.0, 200);
    let first = rig.request("cf", "core", "NOTIFY");
    crate::subscriptions::answer_at(rig, CF, &first, "200 OK");
}

#[test]
fn hundreds_of_watchers_are_told_in_turns_and_a_call_does_not_wait_for_them() {
    const WATCHERS: usize = 300;
    let mut config = large();
    for member in &mut config.groups[0].members {
        member.affiliation_list = true;
    }
    config.limits.subscriptions = 1_000;
    let mut rig = ready_with(config, 1);
    for number in 0..WATCHERS {
        watch_affiliations(&mut rig, number);
    }
    rig.forget();
    rig.command(0, ClientCommand::Deaffiliate);
    let told = |rig: &Rig| said(rig, "cf>core NOTIFY");
    let at_once = told(&rig);
    assert!((8..=10).contains(&at_once), "a hundredth of the rate, with alice's own function: {at_once}");
    rig.advance(TURN * 10);
    let then = told(&rig);
    assert!((100..=110).contains(&then), "{then}");
    rig.call_with(2, GroupCall::new(OTHER));
    assert!(rig.established(3).incoming, "no time has passed");
    rig.advance(TURN * 25);
    let mut all: Vec<_> = crate::subscriptions::notifies(&rig)
        .iter()
        .filter_map(|notify| notify.headers.get(&HeaderName::CallId).map(ToString::to_string))
        .collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), WATCHERS);
}

/// With thousands who watch their own affiliation to a group, a change concerns one of them.
//= 24.379-9.2.2.2.7 test
#[test]
fn who_watches_one_user_is_not_told_of_the_others() {
    let mut watching = config();
    watching.policy.watch_affiliations = true;
    let mut group = watching.groups[0].clone();
    let mut rig = Rig::ready(watching, 3);
    group.members.retain(|member| member.mcptt_id.as_str() != mcptt_id(1));
    let now = rig.now;
    rig.node.change_group(now, group).unwrap();
    rig.settle();
    let told = rig.seen.iter().filter_map(|seen| match &seen.message {
        SipMessage::Request(request) if request.method.as_str() == "NOTIFY" => {
            Some(request.headers.call_id().unwrap().to_string())
        }
        _ => None,
    });
    let told: BTreeSet<String> = told.collect();
    assert_eq!(told.len(), 1, "in the subscription for bob alone");
}
