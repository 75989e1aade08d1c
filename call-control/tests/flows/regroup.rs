//! Regroups with the settings of a preconfigured group: made, called, ended, message by message.

use call_control::client::{CallPriority, ClientCommand, ClientEvent, GroupCall, RegroupRequest};
use call_control::config::{Config, Group, GroupRoute, Member, PeerFunction};
use call_control::{DocumentChange, Event, MediaCommand, ReleaseCause};
use mcptt_codec::id::CallRef;
use mcptt_codec::sip::{HeaderName, Limits, Request, Response, SipMessage, StatusCode};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::regroup::{Regroup, RegroupAction};

use crate::rig::*;

/// The second constituent, the preconfigured group and the regroup.
pub const OTHER: &str = "sip:rescue-2@mc.example.org";
pub const PATTERN: &str = "sip:pattern@mc.example.org";
pub const REGROUP: &str = "sip:regroup-1@mc.example.org";
/// A group of another system, whose function is in the trusted network.
const FAR: &str = "sip:far-1@far.example.org";
const FAR_IDENTITY: &str = "sip:groups@far.example.org";

fn member(at: usize) -> Member {
    Member { user_priority: 5, conference_state: true, ..Member::new(mcptt_id(at).as_str()) }
}

/// Alice and bob are in the one group, carol and dave in the other; alice may regroup.
pub fn groups() -> Config {
    let mut config = config();
    config.groups[0].members = vec![member(0), member(1)];
    config.groups.push(Group::prearranged(OTHER, vec![member(2), member(3)]));
    let pattern = Group { preconfigured_use_only: true, ..Group::prearranged(PATTERN, Vec::new()) };
    config.groups.push(pattern);
    config.users[0].regroup = true;
    config.users[0].cancel_group_emergency = true;
    config
}

/// Four clients, affiliated to their groups.
pub fn rig(config: Config) -> Rig {
    let mut rig = Rig::new(config);
    log_in(&mut rig);
    rig
}

/// The clients come.
pub fn log_in(rig: &mut Rig) {
    for at in 0..4 {
        rig.add(client_config(at));
        rig.register(at);
        let group = if at < 2 { GROUP } else { OTHER };
        rig.command(at, ClientCommand::Affiliate { groups: vec![group.into()] });
    }
    rig.forget();
}

pub fn of_groups(groups: &[&str]) -> RegroupRequest {
    RegroupRequest::OfGroups {
        preconfigured: PATTERN.into(),
        regroup: REGROUP.into(),
        groups: groups.iter().map(|group| (*group).into()).collect(),
    }
}

fn removal() -> RegroupRequest {
    RegroupRequest::Remove { preconfigured: PATTERN.into(), regroup: REGROUP.into() }
}

fn ask(rig: &mut Rig, at: usize, wanted: RegroupRequest) -> (u16, Option<u16>) {
    rig.command(at, ClientCommand::Regroup(wanted));
    answer(rig, at).unwrap_or_else(|| panic!("no answer in {:#?}", rig.trace()))
}

fn answer(rig: &Rig, at: usize) -> Option<(u16, Option<u16>)> {
    rig.events_of(at).iter().rev().find_map(|event| match event {
        ClientEvent::RegroupAnswered { status, warning, .. } => Some((*status, *warning)),
        _ => None,
    })
}

/// Who was told about the regroup, and whether it is over.
fn told(rig: &Rig) -> Vec<(usize, bool)> {
    let told = rig.client_events.iter().filter_map(|(at, event)| match event {
        ClientEvent::Regrouped { regroup, over, .. } if regroup.as_str() == REGROUP => Some((*at, *over)),
        _ => None,
    });
    let mut told: Vec<_> = told.collect();
    told.sort_unstable();
    told
}

fn body_of(request: &Request) -> Regroup {
    let parts = request.parts(&Limits::default()).unwrap();
    Regroup::parse(&parts.iter().find(|part| part.is(mime::REGROUP)).unwrap().body).unwrap()
}

//= 24.379-16.2.3.1:4 test
//= 24.379-16.2.3.1:6 test
//= 24.379-16.2.4 test
//= 24.379-16.2.2.1 test
#[test]
fn a_regroup_is_made_when_the_functions_of_all_groups_have_accepted() {
    let mut rig = rig(groups());
    assert_eq!(ask(&mut rig, 0, of_groups(&[GROUP, OTHER])), (200, None));
    assert_eq!(
        rig.trace(),
        [
            "alice>pf MESSAGE",
            "pf>cf MESSAGE",
            "cf>cf MESSAGE",
            "cf>cf MESSAGE",
            "cf>cf 200 MESSAGE",
            "cf>pf MESSAGE",
            "cf>pf MESSAGE",
            "cf>cf 200 MESSAGE",
            "cf>pf MESSAGE",
            "cf>pf MESSAGE",
            "pf>alice MESSAGE",
            "pf>bob MESSAGE",
            "cf>pf 200 MESSAGE",
            "pf>carol MESSAGE",
            "pf>dave MESSAGE",
            "alice>pf 200 MESSAGE",
            "bob>pf 200 MESSAGE",
            "pf>alice 200 MESSAGE",
            "carol>pf 200 MESSAGE",
            "dave>pf 200 MESSAGE",
            "pf>cf 200 MESSAGE",
            "pf>cf 200 MESSAGE",
            "pf>cf 200 MESSAGE",
            "pf>cf 200 MESSAGE",
        ]
    );
    assert_eq!(told(&rig), [(0, false), (1, false), (2, false), (3, false)]);
    let message = rig.request("pf", "carol", "MESSAGE");
    let body = body_of(&message);
    assert_eq!((body.regroup_uri.as_str(), &body.action), (REGROUP, &RegroupAction::Create));
    let made = rig.events.iter().any(|event| matches!(event, Event::RegroupMade { .. }));
    assert!(made);
    // Nobody else may: bob's profile does not say so, and nothing is sent on.
    rig.forget();
    assert_eq!(ask(&mut rig, 1, removal()), (403, Some(100)));
    assert!(!rig.trace().contains(&"pf>cf MESSAGE".to_owned()));
}

//= 24.379-16.2.3.1:2 test
//= 24.379-16.2.3.1:3 test
//= 24.379-16.2.3.2:3 test
#[test]
fn what_cannot_be_regrouped_is_refused() {
    let mut rig = rig(groups());
    let pattern = |preconfigured: &str| RegroupRequest::OfGroups {
        preconfigured: preconfigured.into(),
        regroup: REGROUP.into(),
        groups: vec![GROUP.into()],
    };
    assert_eq!(ask(&mut rig, 0, pattern("sip:nowhere@mc.example.org")), (480, None));
    assert_eq!(ask(&mut rig, 0, removal()), (403, Some(163)));
    let taken = RegroupRequest::OfGroups {
        preconfigured: PATTERN.into(),
        regroup: OTHER.into(),
        groups: vec![GROUP.into()],
    };
    assert_eq!(ask(&mut rig, 0, taken), (403, Some(165)));
    assert_eq!(ask(&mut rig, 0, of_groups(&[GROUP])), (200, None));
    assert_eq!(ask(&mut rig, 0, of_groups(&[OTHER])), (403, Some(165)));
    assert_eq!(ask(&mut rig, 0, of_groups(&[])), (403, Some(165)));
}

//= 24.379-16.2.3.1:6 test
#[test]
fn one_refusal_undoes_the_regroup() {
    let mut config = groups();
    config.groups[1].disabled = true;
    let mut rig = rig(config);
    assert_eq!(ask(&mut rig, 0, of_groups(&[GROUP, OTHER])), (403, Some(115)));
    // The first group had joined and has left again.
    assert_eq!(told(&rig), [(0, false), (0, true), (1, false), (1, true)]);
    assert!(!rig.events.iter().any(|event| matches!(event, Event::RegroupMade { .. })));
    rig.call(1);
    assert!(rig.established(0).incoming);
}

#[test]
fn a_function_that_does_not_answer_undoes_the_regroup() {
    let mut config = groups();
    config.group_routes.push(GroupRoute {
        group_id: FAR.into(),
        controlling: PeerFunction { address: CORE.parse().unwrap(), identity: FAR_IDENTITY.into() },
    });
    let mut rig = rig(config);
    rig.command(0, ClientCommand::Regroup(of_groups(&[GROUP, FAR])));
    let message = rig.request("cf", "core", "MESSAGE");
    assert_eq!((message.uri.as_str(), answer(&rig, 0)), (FAR_IDENTITY, None));
    let info = info_of(&SipMessage::Request(message.clone()));
    assert_eq!(info.request_uri.and_then(|uri| uri.value().map(ToString::to_string)).as_deref(), Some(FAR));
    rig.seconds(21);
    assert_eq!(answer(&rig, 0), Some((480, None)));
    // An acceptance that comes too late is taken back.
    rig.forget();
    rig.inject(CORE, CF, &Response::to(&message, StatusCode::OK).encode());
    assert_eq!(body_of(&rig.request("cf", "core", "MESSAGE")).action, RegroupAction::Remove);
}

//= 24.379-10.1.1.4.2:4c test
//= 24.379-6.3.4:147 test
#[test]
fn who_calls_a_constituent_is_told_that_the_regroup_may_be_called() {
    let mut rig = rig(groups());
    ask(&mut rig, 0, of_groups(&[GROUP, OTHER]));
    rig.call(1);
    assert_eq!(rig.failure(1), (403, Some(148)));
    assert_eq!(warnings(&rig.response("cf", "pf", "403 INVITE")), [148, 147]);
    // Who may not start calls is not told so.
    let mut config = groups();
    config.groups[0].members[1].may_initiate = false;
    let mut rig = self::rig(config);
    ask(&mut rig, 0, of_groups(&[GROUP, OTHER]));
    rig.call(1);
    assert_eq!(warnings(&rig.response("cf", "pf", "403 INVITE")), [148]);
}

//= 24.379-6.3.1.1:ncf test
//= 24.379-6.3.4:invite test
//= 24.379-6.3.4:answer test
//= 24.379-6.3.4:147 test
//= 24.379-10.1.1.5.1 test
#[test]
fn a_call_of_the_regroup_reaches_the_members_of_all_groups() {
    let mut rig = rig(groups());
    ask(&mut rig, 0, of_groups(&[GROUP, OTHER]));
    rig.forget();
    rig.call_with(0, GroupCall::new(REGROUP));
    for at in 1..4 {
        assert!(rig.established(at).incoming, "client {at}");
    }
    // The controlling function invites the functions of the groups, and those their members.
    let invites: Vec<&str> = rig.seen.iter().filter_map(|seen| invite_target(&seen.message)).collect();
    assert_eq!(invites.iter().filter(|target| **target == GROUP || **target == OTHER).count(), 2);
    let to_function = rig.request("cf", "cf", "INVITE");
    assert!(to_function.headers.get(&HeaderName::Contact).unwrap().contains("isfocus"));
    let info = info_of(&SipMessage::Request(to_function));
    assert_eq!(info.calling_group_id.unwrap().value().unwrap().as_str(), REGROUP);
    let member = info_of(&SipMessage::Request(rig.request("cf", "pf", "INVITE")));
    assert!([GROUP, OTHER].contains(&member.calling_group_id.unwrap().value().unwrap().as_str()));
    // The function of the caller's group says that the caller may do this.
    let answers: Vec<Vec<u16>> = rig
        .seen
        .iter()
        .filter(|seen| seen.from == seen.to)
        .filter_map(|seen| match &seen.message {
            SipMessage::Response(response) if response.status == StatusCode::OK => Some(warnings(response)),
            _ => None,
        })
        .collect();
    assert_eq!(answers, [vec![147], vec![]]);
    let commands: Vec<&str> = rig
        .media
        .iter()
        .map(|command| match command {
            MediaCommand::CallInitiated { .. } => "call",
            MediaCommand::NonControllingInitiated { .. } => "function",
            MediaCommand::LegConnected { .. } => "leg",
            MediaCommand::FinalResponsesReceived { .. } => "all answered",
            _ => "other",
        })
        .collect();
    assert_eq!(commands.iter().filter(|word| **word == "function").count(), 2);
    // Alice and the two functions in the one call, bob, carol and dave in those of their groups.
    assert_eq!(commands.iter().filter(|word| **word == "leg").count(), 6);
    assert_eq!(commands.iter().filter(|word| **word == "all answered").count(), 1);
}

fn invite_target(message: &SipMessage) -> Option<&'static str> {
    let SipMessage::Request(request) = message else { return None };
    if request.method.as_str() != "INVITE" {
        return None;
    }
    let info = info_of(message);
    let target = info.request_uri?.value()?.to_string();
    [GROUP, OTHER].into_iter().find(|group| *group == target)
}

#[test]
fn the_call_of_the_regroup_ends_for_everybody() {
    let mut rig = rig(groups());
    ask(&mut rig, 0, of_groups(&[GROUP, OTHER]));
    rig.call_with(0, GroupCall::new(REGROUP));
    rig.operator(call_control::Command::ReleaseCall { call: CallRef(1) });
    assert!((0..4).all(|at| rig.has_ended(at)));
    assert_eq!(rig.node.call_count(), 0);
    let causes: Vec<ReleaseCause> = rig
        .events
        .iter()
        .filter_map(|event| match event {
            Event::CallReleased { cause, .. } => Some(*cause),
            _ => None,
        })
        .collect();
    let ended = ReleaseCause::TemporaryGroupCallEnded;
    assert_eq!(causes.len(), 3);
    assert_eq!(causes.iter().filter(|cause| **cause == ended).count(), 2);
}

#[test]
fn a_group_whose_members_have_left_leaves_the_call() {
    let mut rig = rig(groups());
    ask(&mut rig, 0, of_groups(&[GROUP, OTHER]));
    rig.call_with(0, GroupCall::new(REGROUP));
    for at in 2..4 {
        let call = rig.established(at).call;
        rig.command(at, ClientCommand::Leave { call });
    }
    // The function of the second group has nobody left and says goodbye; the call goes on.
    assert_eq!(rig.node.call_count(), 2);
    assert!(!rig.has_ended(0) && !rig.has_ended(1));
}

//= 24.379-16.2.3.2:2 test
#[test]
fn a_regroup_in_emergency_is_ended_only_by_who_may_end_that() {
    let mut config = groups();
    config.users[1].regroup = true;
    for user in &mut config.users {
        user.emergency_group_call = true;
    }
    for group in &mut config.groups {
        group.members.iter_mut().for_each(|member| member.emergency_call = true);
    }
    let mut rig = rig(config);
    ask(&mut rig, 0, of_groups(&[GROUP, OTHER]));
    rig.call_with(0, GroupCall::new(REGROUP));
    let call = rig.established(0).call;
    rig.command(
        0,
        ClientCommand::ChangePriority(CallPriority {
            call,
            change: call_control::client::PriorityChange::Emergency { alert: false },
            resource_priority: Some("mcpttp.15".into()),
            implicit_request: false,
        }),
    );
    // The members of the groups are told by the functions of those.
    for at in 1..4 {
        let told = rig.events_of(at).iter().any(|event| matches!(event, ClientEvent::PriorityTold { .. }));
        assert!(told, "client {at} in {:#?}", rig.events_of(at));
    }
    rig.forget();
    assert_eq!(ask(&mut rig, 1, removal()), (403, Some(169)));
    assert_eq!(ask(&mut rig, 0, removal()), (200, None));
    assert!((1..4).all(|at| rig.has_ended(at)));
    assert_eq!(told(&rig), [(0, true), (1, true), (2, true), (3, true)]);
}

#[test]
fn a_regroup_that_was_ended_leaves_the_groups_as_they_were() {
    let mut rig = rig(groups());
    ask(&mut rig, 0, of_groups(&[GROUP, OTHER]));
    rig.call_with(0, GroupCall::new(REGROUP));
    assert_eq!(ask(&mut rig, 0, removal()), (200, None));
    assert!((0..4).all(|at| rig.has_ended(at)));
    rig.forget();
    rig.call_with(0, GroupCall::new(REGROUP));
    assert_eq!(rig.failure(0), (404, Some(113)));
    rig.call(0);
    assert!(rig.established(1).incoming);
}

//= 24.379-16:late test
#[test]
fn who_affiliates_later_is_told_and_comes_in() {
    let mut rig = rig(groups());
    rig.command(3, ClientCommand::Deaffiliate);
    ask(&mut rig, 0, of_groups(&[GROUP, OTHER]));
    assert_eq!(told(&rig), [(0, false), (1, false), (2, false)]);
    rig.call_with(0, GroupCall::new(REGROUP));
    rig.forget();
    rig.command(3, ClientCommand::Affiliate { groups: vec![OTHER.into()] });
    assert_eq!(told(&rig), [(3, false)]);
    assert!(rig.established(3).incoming);
    rig.command(3, ClientCommand::Deaffiliate);
    assert_eq!(told(&rig), [(3, false), (3, true)]);
    assert!(rig.has_ended(3));
}

//= 24.379-16.3 test
#[test]
fn users_are_regrouped_by_name() {
    let mut rig = rig(groups());
    let wanted = RegroupRequest::OfUsers {
        preconfigured: PATTERN.into(),
        regroup: REGROUP.into(),
        users: [0, 1, 3].map(|at| mcptt_id(at).as_str().into()).to_vec(),
    };
    assert_eq!(ask(&mut rig, 0, wanted), (200, None));
    assert_eq!(told(&rig), [(0, false), (1, false), (3, false)]);
    rig.forget();
    rig.call_with(3, GroupCall::new(REGROUP));
    assert!(rig.established(0).incoming && rig.established(1).incoming);
    assert!(rig.events_of(2).is_empty());
    // Their groups are not regrouped.
    rig.call(0);
    assert!(rig.established(0).group.is_some());
    assert_eq!(ask(&mut rig, 0, removal()), (200, None));
    assert_eq!(told(&rig), [(0, true), (1, true), (3, true)]);
}

#[test]
fn a_regroup_stands_when_a_profile_changes() {
    let mut rig = rig(groups());
    assert_eq!(ask(&mut rig, 0, of_groups(&[GROUP, OTHER])), (200, None));
    rig.forget();
    let mut user = groups().users.remove(1);
    user.regroup = true;
    rig.node.handle_document(rig.now, DocumentChange::User(Box::new(user))).unwrap();
    rig.settle();
    rig.call_with(0, GroupCall::new(REGROUP));
    assert!(!rig.established(0).incoming);
    assert!((1..4).all(|at| rig.established(at).incoming), "the members of both groups are called");
}
