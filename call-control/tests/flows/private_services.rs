//! What else two users can have with each other: emergencies, first-to-answer calls, ambient listening.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, PrivateCall, Urgency};
use call_control::config::Config;
use call_control::{Event, Listening, MediaCommand, PrivateCallKind, ReleaseCause};
use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mcptt_info::Content;

use crate::private::{private_config, ready, release_reason, released, to, waiting};
use crate::rig::*;

const EMERGENCY: Urgency = Urgency::Emergency { alert: false };

fn emergency_config() -> Config {
    let mut config = private_config();
    config.users[0].private_calls.emergency = true;
    config
}

//= 24.379-11.1.1.4.1:7 test
#[test]
fn an_emergency_call_needs_the_right_and_the_right_user() {
    type Change = fn(&mut Config);
    let table: [(Change, bool); 4] = [
        (|_| (), true),
        (|config| config.users[0].private_calls.emergency = false, false),
        (
            |config| {
                config.users[0].private_calls.emergency_recipient = Some("sip:carol@mc.example.org".into())
            },
            false,
        ),
        (
            |config| {
                config.users[0].private_calls.emergency_recipient = Some("sip:bob@mc.example.org".into())
            },
            true,
        ),
    ];
    for (change, allowed) in table {
        let mut config = emergency_config();
        change(&mut config);
        let mut rig = ready(config, 2, 0);
        let resource_priority = Some("mcpttp.15".into());
        rig.command(
            0,
            ClientCommand::CallUser(PrivateCall { urgency: EMERGENCY, resource_priority, ..to(1) }),
        );
        if allowed {
            assert!(rig.established(1).emergency && rig.established(0).emergency);
            let invite = rig.request("pf", "bob", "INVITE");
            assert_eq!(values(&invite.headers, &HeaderName::ResourcePriority), ["mcpttp.15"]);
        } else {
            let refusal = info_of(&SipMessage::Response(rig.response("pf", "alice", "403 INVITE")));
            assert_eq!(refusal.emergency_ind, Some(Content::Normal(false)));
            assert_eq!(refusal.alert_ind, Some(Content::Normal(false)));
        }
    }
}

fn first_to_answer(callees: &[usize]) -> PrivateCall {
    PrivateCall {
        kind: PrivateCallKind::FirstToAnswer,
        callees: callees.iter().map(|at| McpttId::from(mcptt_id(*at).as_str())).collect(),
        ..to(1)
    }
}

fn first_to_answer_config() -> Config {
    let mut config = private_config();
    config.users[0].private_calls.first_to_answer = true;
    config
}

//= 24.379-11.1.1.4:fta-first test
//= 24.379-11.1.1.4:fta-cancel test
//= 24.379-11.1.1.4:fta-called test
//= 24.379-11.1.1.4:fta-header test
#[test]
fn the_first_that_answers_gets_the_call_and_the_others_are_cancelled() {
    let mut rig = ready(first_to_answer_config(), 4, 0);
    rig.command(0, ClientCommand::CallUser(first_to_answer(&[1, 2, 3])));
    for name in &NAMES[1..4] {
        let invite = rig.request("pf", name, "INVITE");
        assert_eq!(values(&invite.headers, &HeaderName::AnswerMode), ["Manual"]);
    }
    let asked = rig.request("cf", "pf", "INVITE");
    assert_eq!(values(&asked.headers, &HeaderName::PrivAnswerMode), ["Manual"]);
    assert!(!asked.headers.contains(&HeaderName::AnswerMode));
    let call = waiting(&rig, 2);
    rig.command(2, ClientCommand::Accept { call });
    assert!(rig.established(2).incoming && !rig.established(0).incoming);
    assert!(rig.has_ended(1) && rig.has_ended(3));
    for at in [1, 3] {
        assert!(rig.trace().contains(&format!("pf>{} CANCEL", NAMES[at])));
    }
    let answer = info_of(&SipMessage::Response(rig.response("pf", "alice", "200 INVITE")));
    assert_eq!(answer.called_party_id, Some(Content::Normal(mcptt_id(2).as_str().into())));
}

//= 24.379-11.1.1.4:fta-late test
#[test]
fn an_answer_that_comes_too_late_is_ended_with_the_reason() {
    let mut config = first_to_answer_config();
    for at in [1, 2] {
        config.users[at].participating = Some(call_control::config::PeerFunction {
            address: CORE.parse().unwrap(),
            identity: "sip:pf@elsewhere.example.org".into(),
        });
    }
    let mut rig = ready(config, 1, 0);
    rig.command(0, ClientCommand::CallUser(first_to_answer(&[1, 2])));
    let invites: Vec<_> = rig
        .seen
        .iter()
        .filter_map(|seen| match &seen.message {
            SipMessage::Request(request) if seen.to == CORE.parse().unwrap() => Some(request.clone()),
            _ => None,
        })
        .collect();
    assert_eq!(invites.len(), 2);
    for (number, invite) in invites.iter().enumerate() {
        let copied = [HeaderName::Via, HeaderName::From, HeaderName::CallId, HeaderName::CSeq]
            .map(|name| format!("{name}: {}\r\n", invite.headers.get(&name).unwrap()));
        let body = "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\n\
                    m=audio 50000 RTP/SAVP 97\r\na=rtpmap:97 AMR-WB/16000/1\r\n\
                    a=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\n\
                    m=application 50002 udp MCPTT\r\n";
        let answer = format!(
            "SIP/2.0 200 OK\r\n{}To: {};tag=x{number}\r\nContact: <sip:callee{number}@198.51.100.1:5060>\r\n\
             Content-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
            copied.concat(),
            invite.headers.get(&HeaderName::To).unwrap(),
            body.len()
        );
        rig.inject(CORE, CF, answer.as_bytes());
    }
    assert!(!rig.established(0).incoming);
    let bye = rig.request("cf", "core", "BYE");
    assert!(bye.uri.as_str().starts_with("sip:callee1@"));
    assert_eq!(release_reason(&rig, "cf", "core").as_deref(), Some("not selected for call"));
    assert_eq!(released(&rig), None);
}

//= 24.379-11.1.1.3.1.1:156 test
//= 24.379-11.1.1.3.1.1:153 test
#[test]
fn a_first_to_answer_call_goes_to_those_who_may_be_called() {
    let mut rig = ready(private_config(), 3, 0);
    rig.command(0, ClientCommand::CallUser(first_to_answer(&[1, 2])));
    assert_eq!(rig.failure(0), (403, Some(156)));

    let mut config = first_to_answer_config();
    config.users[0].private_calls.any_user = false;
    let mut rig = ready(config.clone(), 3, 0);
    rig.command(0, ClientCommand::CallUser(first_to_answer(&[1, 2])));
    assert_eq!(rig.failure(0), (403, Some(153)));

    config.users[0].private_calls.users = vec![mcptt_id(2).as_str().into()];
    let mut rig = ready(config, 3, 0);
    rig.command(0, ClientCommand::CallUser(first_to_answer(&[1, 2])));
    let called = rig.trace().iter().filter(|line| *line == "cf>pf INVITE").count();
    assert_eq!(called, 1);
    let call = waiting(&rig, 2);
    rig.command(2, ClientCommand::Decline { call });
    assert_eq!(rig.failure(0), (480, Some(110)));
}

fn listening_config() -> Config {
    let mut config = private_config();
    config.users[0].private_calls.remote_ambient_listening = true;
    config.users[0].private_calls.local_ambient_listening = true;
    config.private_calls.ambient_listening_limit = Duration::from_secs(600);
    config
}

fn listen(listening: Listening) -> PrivateCall {
    PrivateCall { kind: PrivateCallKind::AmbientListening(listening), implicit_request: false, ..to(1) }
}

/// Who may talk in the call: identity, whether its entry is a floor request, whether it may only listen.
fn talkers(rig: &Rig) -> Vec<(String, bool, bool)> {
    let mut found: Vec<_> = rig
        .media
        .iter()
        .filter_map(|command| match command {
            MediaCommand::LegConnected { participant, .. } => Some((
                participant.mcptt_id.to_string(),
                participant.entry == call_control::Entry::Originator { implicit_request: true },
                participant.floor_parameters.receive_only,
            )),
            _ => None,
        })
        .collect();
    found.sort();
    found
}

//= 24.379-11.1.6:type test
//= 24.379-11.1.6:silent test
#[test]
fn one_user_is_listened_to_without_a_sign_and_both_are_on_record() {
    for (kind, by_hand, listening, listened_to) in
        [(Listening::RemoteInit, 1, 0, 1), (Listening::LocalInit, 0, 1, 0)]
    {
        let mut rig = ready(listening_config(), 2, by_hand);
        rig.command(0, ClientCommand::CallUser(listen(kind)));
        let silent = rig
            .events_of(1)
            .iter()
            .any(|event| matches!(event, ClientEvent::CallReceived { silent: true, waiting: false, .. }));
        assert_eq!(silent, kind == Listening::RemoteInit);
        assert!(rig.established(1).incoming);
        if kind == Listening::RemoteInit {
            let invite = rig.request("pf", "bob", "INVITE");
            assert_eq!(values(&invite.headers, &HeaderName::PrivAnswerMode), ["Auto"]);
        }
        let mut expected = vec![(mcptt_id(listened_to), true, false), (mcptt_id(listening), false, true)];
        expected.sort();
        assert_eq!(talkers(&rig), expected);
        let started = rig.events.iter().find_map(|event| match event {
            Event::AmbientListeningStarted { listening, listened_to, kind, .. } => {
                Some((listening.to_string(), listened_to.to_string(), *kind))
            }
            _ => None,
        });
        assert_eq!(started, Some((mcptt_id(listening), mcptt_id(listened_to), kind)));
        // It has its time.
        rig.seconds(600);
        assert_eq!(released(&rig), Some(ReleaseCause::MaximumDuration));
        assert!(rig.events.iter().any(|event| matches!(event, Event::AmbientListeningEnded { .. })));
    }
}

//= 24.379-11.1.6:154 test
#[test]
fn listening_needs_its_right() {
    for kind in [Listening::RemoteInit, Listening::LocalInit] {
        let mut rig = ready(private_config(), 2, 0);
        rig.command(0, ClientCommand::CallUser(listen(kind)));
        assert_eq!(rig.failure(0), (403, Some(154)));
    }
}

//= 24.379-11.1.6:end test
#[test]
fn a_call_of_or_to_the_user_that_is_listened_to_ends_it() {
    for (caller, callee, reason) in [
        (2, 1, "call-request-for-listened-to-client"),
        (1, 2, "call-request-initiated-by-listened-to-client"),
    ] {
        let mut rig = ready(listening_config(), 3, 0);
        rig.command(0, ClientCommand::CallUser(listen(Listening::RemoteInit)));
        rig.command(caller, ClientCommand::CallUser(to(callee)));
        assert_eq!(release_reason(&rig, "pf", "alice").as_deref(), Some(reason));
        assert!(rig.has_ended(0));
        assert!(rig.established(callee).incoming);
    }
}

/// A private call of the first user over a SIP core, with what its next requests repeat.
fn over_core(config: Config) -> (Rig, String, String) {
    let mut rig = ready(config, 2, 0);
    let text = crate::private::private_invite(0, &[1], "").text();
    let answer = rig.ask(CORE, PF, &text);
    assert_eq!(answer.status.0, 200);
    rig.acknowledge(CORE, PF, &answer);
    rig.forget();
    let of = |name| answer.headers.get(&name).unwrap().as_str().to_owned();
    let again = text
        .replacen(&format!("To: <{PF_IDENTITY}>"), &format!("To: {}", of(HeaderName::To)), 1)
        .replacen(&format!("From: <{}>;tag={{id}}", impu(0)), &format!("From: {}", of(HeaderName::From)), 1);
    let call_id = of(HeaderName::CallId);
    (rig, again, call_id)
}

fn with_indicator(text: &str, indicator: &str) -> String {
    text.replace(
        "<session-type>private</session-type>",
        &format!("<session-type>private</session-type>{indicator}"),
    )
}

fn tiers(rig: &Rig) -> Vec<call_control::event::Tier> {
    rig.events
        .iter()
        .filter_map(|event| match event {
            Event::TierChanged { to, group: None, .. } => Some(*to),
            _ => None,
        })
        .collect()
}

const UPGRADE: &str = "<emergency-ind><mcpttBoolean>true</mcpttBoolean></emergency-ind>\
                       <alert-ind><mcpttBoolean>false</mcpttBoolean></alert-ind>";
const CANCEL: &str = "<emergency-ind><mcpttBoolean>false</mcpttBoolean></emergency-ind>";

//= 24.379-11.1.1.4.3 test
//= 24.379-11.1.1.4.5 test
#[test]
fn a_private_call_becomes_an_emergency_and_normal_again() {
    use call_control::event::Tier;
    let (mut rig, text, call_id) = over_core(emergency_config());
    let raised = rig.ask_in(CORE, PF, &with_indicator(&text, UPGRADE), &call_id);
    assert_eq!(raised.status.0, 200);
    rig.acknowledge(CORE, PF, &raised);
    let told = rig.request("pf", "bob", "INVITE");
    assert_eq!(values(&told.headers, &HeaderName::ResourcePriority), ["mcpttp.15"]);
    let info = info_of(&SipMessage::Request(told));
    assert_eq!(info.emergency_ind, Some(Content::Normal(true)));
    assert_eq!(info.calling_user_id, Some(Content::Normal(mcptt_id(0).as_str().into())));
    assert_eq!(tiers(&rig), [Tier::Emergency]);
    // A refresh changes nothing.
    let refreshed = rig.ask_in(CORE, PF, &text, &call_id);
    assert_eq!(refreshed.status.0, 200);
    rig.acknowledge(CORE, PF, &refreshed);
    assert_eq!(tiers(&rig), [Tier::Emergency]);
    let lowered = rig.ask_in(CORE, PF, &with_indicator(&text, CANCEL), &call_id);
    assert_eq!(lowered.status.0, 200);
    rig.acknowledge(CORE, PF, &lowered);
    let told = rig.request("pf", "bob", "INVITE");
    assert_eq!(values(&told.headers, &HeaderName::ResourcePriority), ["mcpttq.0"]);
    assert_eq!(info_of(&SipMessage::Request(told)).emergency_ind, Some(Content::Normal(false)));
    assert_eq!(tiers(&rig), [Tier::Emergency, Tier::Normal]);
}

#[test]
fn who_may_not_raise_or_end_an_emergency_is_told_how_it_stands() {
    for (indicator, expected) in [(UPGRADE, false), (CANCEL, true)] {
        let (mut rig, text, call_id) = over_core(private_config());
        let refused = rig.ask_in(CORE, PF, &with_indicator(&text, indicator), &call_id);
        assert_eq!(refused.status.0, 403);
        let info = info_of(&SipMessage::Response(refused));
        assert_eq!(info.emergency_ind, Some(Content::Normal(expected)));
        assert_eq!(tiers(&rig), []);
        assert!(!rig.trace().contains(&"pf>bob INVITE".to_owned()));
    }
}

#[test]
fn an_emergency_ends_by_itself_where_the_service_limits_it() {
    use call_control::event::Tier;
    let mut config = emergency_config();
    config.private_calls.emergency_timeout = Some(Duration::from_secs(60));
    let (mut rig, text, call_id) = over_core(config);
    let raised = rig.ask_in(CORE, PF, &with_indicator(&text, UPGRADE), &call_id);
    rig.acknowledge(CORE, PF, &raised);
    rig.seconds(59);
    assert_eq!(tiers(&rig), [Tier::Emergency]);
    rig.seconds(1);
    assert_eq!(tiers(&rig), [Tier::Emergency, Tier::Normal]);
    let told = info_of(&SipMessage::Request(rig.request("pf", "bob", "INVITE")));
    assert_eq!(told.emergency_ind, Some(Content::Normal(false)));
}
