//! Services between users beside the call itself: call-back, calls made for others, transfer, forwarding, calls to aliases.

use call_control::client::{CallBackUrgency, CallId, ClientCommand, ClientEvent, PrivateCall, RemoteRequest};
use call_control::config::{Config, Forwarding};
use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{HeaderName, Limits, Request, SipMessage};
use mcptt_codec::xml::mcptt_info::{McpttInfo, extension_name, request_type};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::ResourceLists;

use crate::private::{PRIVATE_IDENTITY, private_config, ready, to, waiting};
use crate::rig::*;

fn user(at: usize) -> McpttId {
    mcptt_id(at).as_str().into()
}

fn ask(rig: &mut Rig, at: usize, whom: usize, request: RemoteRequest) {
    rig.command(at, ClientCommand::AskUser { user: user(whom), request });
}

fn refused(rig: &Rig, at: usize) -> Option<(u16, Option<u16>)> {
    rig.events_of(at).into_iter().rev().find_map(|event| match event {
        ClientEvent::RequestFailed { status, warning, .. } => Some((status, warning)),
        _ => None,
    })
}

fn outcome_for(rig: &Rig, at: usize) -> Option<(McpttId, bool)> {
    rig.events_of(at).into_iter().rev().find_map(|event| match event {
        ClientEvent::RemoteOutcome { by, success } => Some((by, success)),
        _ => None,
    })
}

fn info(request: &Request) -> McpttInfo {
    info_of(&SipMessage::Request(request.clone()))
}

fn list(request: &Request) -> Vec<String> {
    let parts = request.parts(&Limits::default()).unwrap();
    let part = parts.iter().find(|part| part.is(mime::RESOURCE_LISTS)).expect("a resource list");
    let lists = ResourceLists::parse(&part.body).unwrap();
    lists.entries().map(|entry| entry.uri.to_string()).collect()
}

/// Everything is allowed to everybody.
fn open() -> Config {
    let mut config = private_config();
    for user in &mut config.users {
        let rules = &mut user.private_calls;
        rules.call_back = true;
        rules.cancel_call_back = true;
        rules.remote_initiation = true;
        rules.transfer = true;
        rules.forwarding_allowed = true;
    }
    config
}

/// 2026-12-01T12:00:00Z.
const NOON: i64 = 1_796_126_400;

fn call_back() -> RemoteRequest {
    RemoteRequest::CallBack { urgency: CallBackUrgency::High, time: NOON }
}

//= 24.379-11.1.5:msg test
//= 24.379-11.1.5:relay test
#[test]
fn a_call_back_says_who_how_soon_and_since_when_and_is_answered() {
    let mut rig = ready(open(), 2, 0);
    ask(&mut rig, 0, 1, call_back());
    let sent = rig.request("alice", "pf", "MESSAGE");
    assert_eq!(list(&sent), [mcptt_id(1)]);
    let told = info(&sent);
    assert_eq!(told.any_ext.text(extension_name::REQUEST_TYPE), Some("private-call-call-back-request"));
    assert_eq!(told.any_ext.text(extension_name::URGENCY_IND), Some("high"));
    assert_eq!(told.any_ext.text(extension_name::TIME_OF_REQUEST), Some("2026-12-01T12:00:00Z"));
    let requested =
        ClientEvent::CallBackRequested { by: user(0), urgency: CallBackUrgency::High, time: Some(NOON) };
    assert_eq!(rig.events_of(1), [requested]);
    assert_eq!(outcome_for(&rig, 0), Some((user(1), true)));
    ask(&mut rig, 0, 1, RemoteRequest::CancelCallBack);
    assert!(rig.events_of(1).contains(&ClientEvent::CallBackCancelled { by: user(0) }));
}

//= 24.379-11.1.5:151 test
//= 24.379-11.1.5:152 test
//= 24.379-11.1.7 test
//= 24.379-11.1.8:transfer test
#[test]
fn each_service_needs_its_right() {
    type Change = fn(&mut Config);
    let table: [(Change, RemoteRequest, u16); 4] = [
        (|config| config.users[0].private_calls.call_back = false, call_back(), 151),
        (|config| config.users[0].private_calls.cancel_call_back = false, RemoteRequest::CancelCallBack, 152),
        (
            |config| config.users[0].private_calls.remote_initiation = false,
            RemoteRequest::CallUser { callee: user(2), notify: true },
            100,
        ),
        (
            |config| config.users[0].private_calls.transfer = false,
            RemoteRequest::Transfer { to: user(2), announced: false },
            100,
        ),
    ];
    for (change, request, warning) in table {
        let mut config = open();
        change(&mut config);
        let mut rig = ready(config, 3, 0);
        ask(&mut rig, 0, 1, request);
        assert_eq!(refused(&rig, 0), Some((403, Some(warning))));
        assert!(rig.events_of(1).is_empty() && rig.events_of(2).is_empty());
    }
    // Who may not be called is not asked to call back either.
    let mut config = open();
    config.users[0].private_calls.any_user = false;
    let mut rig = ready(config, 2, 0);
    ask(&mut rig, 0, 1, call_back());
    assert_eq!(refused(&rig, 0), Some((403, Some(151))));
}

//= 24.379-11.1.7 test
//= 24.379-11.1.7:relay test
#[test]
fn a_client_calls_another_user_because_somebody_asks_for_it() {
    for notify in [true, false] {
        let mut rig = ready(open(), 3, 0);
        ask(&mut rig, 0, 1, RemoteRequest::CallUser { callee: user(2), notify });
        assert!(rig.established(2).incoming && !rig.established(1).incoming);
        assert_eq!(outcome_for(&rig, 0), Some((user(1), true)));
        let told = ClientEvent::CallRequested { by: user(0), callee: user(2) };
        assert_eq!(rig.events_of(1).contains(&told), notify);
    }
    // The other one declines: the request has failed.
    let mut rig = ready(open(), 3, 1);
    ask(&mut rig, 0, 1, RemoteRequest::CallUser { callee: user(3), notify: false });
    assert_eq!(outcome_for(&rig, 0), Some((user(1), false)));
}

fn in_call(rig: &Rig, at: usize) -> usize {
    let events = rig.events_of(at);
    let up = events.iter().filter(|event| matches!(event, ClientEvent::CallEstablished(_))).count();
    let down = events.iter().filter(|event| matches!(event, ClientEvent::CallEnded { .. })).count();
    up - down
}

//= 24.379-11.1.8:resp test
#[test]
fn a_transferred_call_replaces_the_old_one() {
    for announced in [false, true] {
        let mut rig = ready(open(), 3, 0);
        rig.command(0, ClientCommand::CallUser(to(1)));
        if announced {
            rig.command(0, ClientCommand::CallUser(to(2)));
        }
        ask(&mut rig, 0, 1, RemoteRequest::Transfer { to: user(2), announced });
        let invite = info(&rig.request("pf", "carol", "INVITE"));
        assert_eq!(invite.any_ext.flag(extension_name::CALL_TRANSFER_IND), Some(true));
        assert_eq!(invite.any_ext.flag(extension_name::TRANSFER_ANNOUNCED_IND), Some(announced));
        assert_eq!(outcome_for(&rig, 0), Some((user(1), true)));
        assert_eq!([in_call(&rig, 0), in_call(&rig, 1), in_call(&rig, 2)], [0, 1, 1]);
    }
}

//= 24.379-11.1.8:resp test
#[test]
fn a_transfer_that_fails_leaves_the_call_as_it_is() {
    let mut rig = ready(open(), 2, 0);
    rig.command(0, ClientCommand::CallUser(to(1)));
    ask(&mut rig, 0, 1, RemoteRequest::Transfer { to: user(3), announced: false });
    assert_eq!(outcome_for(&rig, 0), Some((user(1), false)));
    assert_eq!([in_call(&rig, 0), in_call(&rig, 1)], [1, 1]);
    // Somebody who is in no call with a user cannot make it call.
    let mut rig = ready(open(), 3, 0);
    ask(&mut rig, 0, 1, RemoteRequest::Transfer { to: user(2), announced: false });
    assert!(rig.events_of(2).is_empty());
}

fn forward(immediate: Option<usize>, no_answer: Option<usize>) -> Forwarding {
    Forwarding { immediate: immediate.map(user), no_answer: no_answer.map(user), ..Forwarding::default() }
}

/// What the INVITE for the one that is called instead says about the forwarding.
fn forwarded_to(rig: &Rig, name: &str) -> (Option<bool>, Option<String>, Option<String>, Option<u64>) {
    let any_ext = info(&rig.request("pf", name, "INVITE")).any_ext;
    let text = |name| any_ext.text(name).map(str::to_owned);
    (
        any_ext.flag(extension_name::CALL_FORWARDING_IND),
        text(extension_name::FORWARDING_REASON),
        text(extension_name::FORWARDED_BY_MCPTT_ID),
        any_ext.number(extension_name::FORWARDING_SEQUENCE_NUMBER),
    )
}

//= 24.379-11.1.9:forward test
#[test]
fn a_call_goes_on_at_once_without_an_answer_and_by_hand() {
    let said = |reason: &str| (Some(true), Some(reason.to_owned()), Some(mcptt_id(1)), Some(1));
    // Bob wants no calls: Carol gets them.
    let mut config = open();
    config.users[1].private_calls.forwarding = forward(Some(2), None);
    let mut rig = ready(config, 3, 0);
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert_eq!(forwarded_to(&rig, "carol"), said("immediate"));
    assert!(rig.established(2).incoming && rig.trace().iter().all(|line| line != "pf>bob INVITE"));
    assert_eq!(outcome_for(&rig, 1), Some((user(0), true)));

    // Bob does not answer. He is the last who answers by hand, Alice and Carol do by themselves.
    let mut config = open();
    config.users[1].private_calls.forwarding = forward(None, Some(0));
    let mut rig = ready(config, 3, 0);
    rig.command(1, ClientCommand::SetAnswerMode(mcptt_codec::xml::poc_settings::AnswerMode::Manual));
    rig.forget();
    rig.command(
        2,
        ClientCommand::CallUser(PrivateCall {
            commencement: call_control::client::Commencement::Manual,
            ..to(1)
        }),
    );
    rig.seconds(14);
    assert!(!rig.trace().contains(&"pf>bob CANCEL".to_owned()));
    rig.seconds(2);
    assert!(rig.trace().contains(&"pf>bob CANCEL".to_owned()));
    assert_eq!(forwarded_to(&rig, "alice"), said("no-answer"));
    assert!(rig.established(0).incoming && !rig.established(2).incoming);

    // Bob sends it on.
    let mut rig = ready(open(), 3, 0);
    rig.command(1, ClientCommand::SetAnswerMode(mcptt_codec::xml::poc_settings::AnswerMode::Manual));
    rig.forget();
    rig.command(
        0,
        ClientCommand::CallUser(PrivateCall {
            commencement: call_control::client::Commencement::Manual,
            ..to(1)
        }),
    );
    let call = waiting(&rig, 1);
    rig.command(1, ClientCommand::Forward { call, to: user(2) });
    assert_eq!(forwarded_to(&rig, "carol"), said("manual-input"));
    assert!(rig.established(2).incoming);
}

//= 24.379-11.1.9:limit test
#[test]
fn a_call_is_not_sent_round_for_ever() {
    // Bob and Carol send each other's calls on.
    let mut config = open();
    config.users[1].private_calls.forwarding = forward(Some(2), None);
    config.users[2].private_calls.forwarding = forward(Some(1), None);
    let mut rig = ready(config, 3, 0);
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert_eq!(rig.failure(0), (403, Some(174)));
    let calls = rig.trace().into_iter().filter(|line| line == "alice>pf INVITE").count();
    assert_eq!(calls, 4);
    // Back to the caller there is no way.
    let mut config = open();
    config.users[1].private_calls.forwarding = forward(Some(0), None);
    let mut rig = ready(config, 2, 0);
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert_eq!(rig.failure(0), (403, Some(175)));
}

//= 24.379-11.1.9:forward test
//= 24.379-11.1.9:limit test
#[test]
fn the_user_sets_where_its_calls_go_if_it_may() {
    let set = |rig: &mut Rig, immediate: Option<usize>| {
        let immediate = immediate.map(user);
        rig.command(1, ClientCommand::SetForwarding { immediate, no_answer: None });
    };
    let mut rig = ready(open(), 3, 0);
    set(&mut rig, Some(2));
    let told = ClientEvent::ForwardingSet { immediate: Some(user(2)), no_answer: None };
    assert_eq!(rig.events_of(1), [told]);
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert!(rig.established(2).incoming);
    set(&mut rig, None);
    rig.forget();
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert!(rig.established(1).incoming);

    let mut config = open();
    config.users[1].private_calls.forwarding_allowed = false;
    let mut rig = ready(config, 2, 0);
    set(&mut rig, Some(2));
    assert_eq!(refused(&rig, 1), Some((403, Some(175))));
    // Nobody forwards to himself.
    let mut rig = ready(open(), 2, 0);
    set(&mut rig, Some(1));
    assert_eq!(refused(&rig, 1), Some((403, Some(175))));
}

#[test]
fn a_client_follows_nobody_whom_it_has_not_called() {
    let mut rig = ready(open(), 3, 0);
    let message = Raw::new("MESSAGE", "sip:pf-terminating@pf.mc.example.org", "sip:pf@elsewhere.example.org")
        .header("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .info(&format!(
            "<mcptt-request-uri><mcpttURI>{}</mcpttURI></mcptt-request-uri>\
             <mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>\
             <anyExt><request-type>{}</request-type><forwarding-target-id>{}</forwarding-target-id></anyExt>",
            mcptt_id(0),
            mcptt_id(1),
            request_type::FORWARD_PRIVATE_CALL_REQUEST,
            mcptt_id(2)
        ));
    assert_eq!(rig.ask(CORE, PF, &message.text()).status.0, 200);
    assert!(!rig.trace().contains(&"alice>pf INVITE".to_owned()));
}

const CHIEF: &str = "sip:chief@mc.example.org";

fn with_chiefs(count: usize) -> Rig {
    let mut config = open();
    config.service.shared_functional_aliases.insert(CHIEF.into(), 2);
    for at in [1, 2] {
        config.users[at].functional_aliases.push(CHIEF.into());
    }
    let mut rig = ready(config, 3, 0);
    for at in 1..=count {
        let publish = crate::functional_alias::publish(at, at, "4294967295", &[CHIEF]);
        assert_eq!(rig.ask(&address(at).to_string(), PF, &publish.text()).status.0, 200);
    }
    rig.forget();
    rig
}

//= 24.379-9A.2.2.2:resolve test
#[test]
fn a_call_to_an_alias_finds_its_holder_or_lets_the_caller_choose() {
    let call = || PrivateCall { to_alias: true, ..PrivateCall::new(CHIEF) };
    let mut rig = with_chiefs(1);
    rig.command(0, ClientCommand::CallUser(call()));
    assert!(rig.established(1).incoming);

    let mut rig = with_chiefs(2);
    rig.command(0, ClientCommand::CallUser(call()));
    let answer = rig.response("pf", "alice", "300 INVITE");
    let contacts = [1, 2].map(|at| format!("<{}>", mcptt_id(at)));
    assert_eq!(values(&answer.headers, &HeaderName::Contact), contacts);
    let choices = ClientEvent::CallChoices { call: CallId(1), users: vec![user(1), user(2)] };
    assert!(rig.events_of(0).contains(&choices));
    assert_eq!(rig.failure(0).0, 300);
    assert!(rig.events_of(1).is_empty() && rig.events_of(2).is_empty());

    let mut rig = with_chiefs(0);
    rig.command(0, ClientCommand::CallUser(call()));
    assert_eq!(rig.failure(0), (403, Some(145)));
}

//= 24.379-4.2:private-psi test
#[test]
fn private_calls_have_an_identity_of_their_own() {
    let mut rig = ready(open(), 2, 0);
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert_eq!(rig.request("pf", "cf", "INVITE").uri.as_str(), PRIVATE_IDENTITY);
    // What comes to the identity of the groups is no private call.
    let request = controlling_invite(0, "<session-type>private</session-type>");
    let answer = rig.ask(CORE, CF, &request.text());
    assert!(answer.status.0 >= 400, "{}", answer.status.0);
}

#[test]
fn whoever_whispers_comes_back_to_the_group_by_itself() {
    // Bob ends the whispered word, or is not there at all.
    for reachable in [true, false] {
        let mut config = open();
        config.users[3].private_calls.participation = reachable;
        let mut rig = ready(config, 4, 0);
        (0..3).for_each(|at| rig.affiliate(at));
        let call = rig.call(0);
        rig.forget();
        rig.command(0, ClientCommand::Whisper { call, to: user(3) });
        assert!(rig.trace().contains(&"alice>pf BYE".to_owned()));
        if reachable {
            assert!(rig.established(3).incoming);
            let whispered = rig.established(3).call;
            rig.forget();
            rig.command(3, ClientCommand::Leave { call: whispered });
        } else {
            assert_eq!(rig.failure(0), (403, Some(127)));
        }
        // The call of the group is still that one, and Alice is in it.
        let back = rig.established(0);
        assert!(!back.incoming && back.remote_floor.is_some());
        assert!(!rig.has_ended(1) && !rig.has_ended(2));
        assert!(rig.response("cf", "pf", "200 INVITE").headers.contains(&HeaderName::Contact));
    }
}
