//! Private calls: who may call whom, how they are answered, what their media is, how they end.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, Commencement, PrivateCall};
use call_control::config::{Config, PrivateCallRules};
use call_control::{Command, Event, MediaCommand, MediaIndication, PrivateRefusal, ReleaseCause};
use mcptt_codec::id::CallRef;
use mcptt_codec::sip::{HeaderName, SipMessage};
use mcptt_codec::xml::mcptt_info::{Content, SessionType, extension_name};
use mcptt_codec::xml::poc_settings::AnswerMode;

use crate::rig::*;

pub const PRIVATE_IDENTITY: &str = "sip:private@cf.mc.example.org";

/// Everybody may call and be called by everybody.
pub fn private_config() -> Config {
    let mut config = config();
    config.private_calls.identity = Some(PRIVATE_IDENTITY.into());
    for user in &mut config.users {
        user.private_calls = PrivateCallRules::open();
    }
    config
}

/// Clients that are registered and have published their settings; the last `manual` of them answer by hand.
pub fn ready(config: Config, count: usize, manual: usize) -> Rig {
    let mut rig = Rig::new(config);
    for at in 0..count {
        let mut own = client_config(at);
        if at + manual >= count {
            own.answer_mode = AnswerMode::Manual;
        }
        rig.add(own);
        rig.register(at);
    }
    rig.forget();
    rig
}

pub fn to(at: usize) -> PrivateCall {
    PrivateCall::new(mcptt_id(at).as_str())
}

/// The call that waits for the user.
pub fn waiting(rig: &Rig, at: usize) -> call_control::client::CallId {
    let mut events = rig.events_of(at).into_iter().rev();
    let found = events.find_map(|event| match event {
        ClientEvent::CallReceived { call, waiting: true, .. } => Some(call),
        _ => None,
    });
    found.expect("a call that waits")
}

pub fn released(rig: &Rig) -> Option<ReleaseCause> {
    rig.events.iter().find_map(|event| match event {
        Event::CallReleased { cause, .. } => Some(*cause),
        _ => None,
    })
}

/// The reason that the last BYE from one to the other gives in its body.
pub fn release_reason(rig: &Rig, from: &str, to: &str) -> Option<String> {
    let bye = rig.request(from, to, "BYE");
    (!bye.body.is_empty()).then(|| {
        let info = info_of(&SipMessage::Request(bye));
        info.any_ext.text(extension_name::RELEASE_REASON).unwrap_or_default().to_owned()
    })
}

/// How long and in which way the floor is controlled, as the media plane was told.
fn floor_control(rig: &Rig) -> bool {
    let found = rig.media.iter().find_map(|command| match command {
        MediaCommand::CallInitiated { settings, .. } => {
            Some((settings.group.clone(), settings.floor_control))
        }
        _ => None,
    });
    let (group, floor_control) = found.unwrap();
    assert_eq!(group, None);
    floor_control
}

//= 24.379-11.1.1.2.1.1:9 test
//= 24.379-11.1.1.4.2:wait test
//= 24.379-11.1.1.4.2:11 test
#[test]
fn a_private_call_goes_through_both_functions_and_connects_two_users() {
    let mut rig = ready(private_config(), 2, 0);
    rig.command(0, ClientCommand::CallUser(to(1)));
    let flow: Vec<String> =
        rig.trace().into_iter().filter(|line| !line.contains(" 100 ") && !line.ends_with("ACK")).collect();
    assert_eq!(
        flow,
        [
            "alice>pf INVITE",
            "pf>cf INVITE",
            "cf>pf INVITE",
            "pf>bob INVITE",
            "pf>cf 183 INVITE",
            "bob>pf 200 INVITE",
            "cf>pf 183 INVITE",
            "pf>cf 200 INVITE",
            "pf>alice 183 INVITE",
            "cf>pf 200 INVITE",
            "pf>alice 200 INVITE",
        ]
    );
    let list = rig.request("alice", "pf", "INVITE");
    assert!(list.body.windows(mcptt_id(1).len()).any(|part| part == mcptt_id(1).as_bytes()));
    assert_eq!(info_of(&SipMessage::Request(list)).session_type, Some(SessionType::Private));
    let called = info_of(&SipMessage::Request(rig.request("cf", "pf", "INVITE")));
    assert_eq!(called.session_type, Some(SessionType::Private));
    assert_eq!(called.request_uri, Some(Content::Normal(mcptt_id(1).as_str().into())));
    assert_eq!(called.calling_user_id, Some(Content::Normal(mcptt_id(0).as_str().into())));
    assert_eq!(called.calling_group_id, None);
    assert!(rig.established(1).incoming && rig.established(0).remote_floor.is_some());
    assert_eq!(rig.established(1).caller, Some(mcptt_id(0).as_str().into()));
    assert!(floor_control(&rig));
    assert_eq!(
        media_words(&rig.media),
        [
            "initiated call-1",
            "unconfirmed call-1",
            "connected leg-2 sip:bob@mc.example.org",
            "connected leg-1 sip:alice@mc.example.org"
        ]
    );

    // Every call has an identity of its own.
    let first = rig.established(0).session_identity;
    rig.command(0, ClientCommand::Leave { call: rig.established(0).call });
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert_ne!(rig.established(0).session_identity, first);
}

//= 24.379-11.1.1.4.2:180 test
//= 24.379-11.1.1.4.1:fail test
#[test]
fn manual_commencement_rings_and_a_refusal_reaches_the_caller() {
    let mut rig = ready(private_config(), 2, 1);
    rig.command(0, ClientCommand::CallUser(PrivateCall { commencement: Commencement::Manual, ..to(1) }));
    assert!(rig.trace().contains(&"pf>alice 180 INVITE".to_owned()));
    assert!(!rig.trace().contains(&"cf>pf 200 INVITE".to_owned()));
    let call = waiting(&rig, 1);
    rig.command(1, ClientCommand::Accept { call });
    assert!(rig.established(1).incoming && !rig.established(0).incoming);

    let mut rig = ready(private_config(), 2, 1);
    rig.command(0, ClientCommand::CallUser(to(1)));
    let call = waiting(&rig, 1);
    rig.command(1, ClientCommand::Decline { call });
    assert_eq!(rig.failure(0), (480, Some(110)));
    assert_eq!(released(&rig), Some(ReleaseCause::NobodyAnswered));
    assert_eq!(rig.node.call_count(), 0);
}

//= 24.379-11.1.1.4.2:body test
#[test]
fn the_body_of_a_refusal_reaches_the_caller() {
    let mut config = private_config();
    let elsewhere = call_control::config::PeerFunction {
        address: CORE.parse().unwrap(),
        identity: "sip:pf@elsewhere.example.org".into(),
    };
    config.users[1].participating = Some(elsewhere);
    let mut rig = ready(config, 1, 0);
    rig.command(0, ClientCommand::CallUser(to(1)));
    let invite = rig.request("cf", "core", "INVITE");
    let copied = [HeaderName::Via, HeaderName::From, HeaderName::CallId, HeaderName::CSeq]
        .map(|name| format!("{name}: {}\r\n", invite.headers.get(&name).unwrap()));
    let body = "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params><mc-org>x</mc-org></mcptt-Params></mcpttinfo>";
    let answer = format!(
        "SIP/2.0 403 Forbidden\r\n{}To: {};tag=x\r\nContent-Type: application/vnd.3gpp.mcptt-info+xml\r\n\
         Warning: 399 elsewhere.example.org \"127 user not authorised to be called in private call\"\r\n\
         Content-Length: {}\r\n\r\n{body}",
        copied.concat(),
        invite.headers.get(&HeaderName::To).unwrap(),
        body.len()
    );
    rig.inject(CORE, CF, answer.as_bytes());
    let refusal = rig.response("pf", "alice", "403 INVITE");
    assert_eq!(outcome(&refusal), (403, Some(127)));
    assert_eq!(info_of(&SipMessage::Response(refusal)).mc_org, Some("x".into()));
}

//= 24.379-11.1.1.2.1.1:14 test
//= 24.379-11.1.1.3.1.1:18d test
//= 24.379-11.1.1.3.2:priv test
//= RFC5373-3:privileged test
//= 24.379-11.1.1.3.2:am test
#[test]
fn the_called_users_setting_yields_to_a_forced_answer_only() {
    let (auto, manual) = (Some("Auto"), Some("Manual"));
    let table = [
        (Commencement::Unspecified, 0, (None, None), (auto, None), auto),
        (Commencement::Automatic, 0, (auto, None), (auto, None), auto),
        (Commencement::Automatic, 1, (auto, None), (auto, None), manual),
        (Commencement::Manual, 0, (manual, None), (manual, None), manual),
        (Commencement::ForcedAutomatic, 1, (None, auto), (None, auto), auto),
    ];
    for (commencement, by_hand, sent, onward, told) in table {
        let mut config = private_config();
        config.users[0].private_calls.force_auto_answer = true;
        let mut rig = ready(config, 2, by_hand);
        rig.command(0, ClientCommand::CallUser(PrivateCall { commencement, ..to(1) }));
        let modes = |from, to| {
            let invite = rig.request(from, to, "INVITE");
            let of = |name| invite.headers.get(&name).map(|value| value.as_str().to_owned());
            (of(HeaderName::AnswerMode), of(HeaderName::PrivAnswerMode))
        };
        let owned = |(a, b): (Option<&str>, Option<&str>)| (a.map(str::to_owned), b.map(str::to_owned));
        assert_eq!(modes("alice", "pf"), owned(sent), "{commencement:?}");
        assert_eq!(modes("pf", "cf"), owned(onward), "{commencement:?}");
        assert_eq!(modes("cf", "pf"), owned(onward), "{commencement:?}");
        assert_eq!(modes("pf", "bob").0.as_deref(), told, "{commencement:?}");
    }
}

//= 24.379-11.1.1.3.1.1:18a test
#[test]
fn a_forced_manual_answer_is_not_passed_on() {
    let mut rig = ready(private_config(), 2, 0);
    let invite = private_invite(0, &[1], "").header("Priv-Answer-Mode: Manual");
    rig.start(CORE, PF, &invite.text());
    assert!(!rig.request("pf", "cf", "INVITE").headers.contains(&HeaderName::PrivAnswerMode));
}

/// A private call as it reaches the participating function over a SIP core.
pub fn private_invite(at: usize, callees: &[usize], further: &str) -> Raw {
    let list: String =
        callees.iter().map(|callee| format!("<entry uri=\"{}\"/>", mcptt_id(*callee))).collect();
    core_invite(at, &format!("<session-type>private</session-type>{further}")).part(
        "application/resource-lists+xml",
        &format!(
            "<resource-lists xmlns=\"urn:ietf:params:xml:ns:resource-lists\"><list>{list}</list></resource-lists>"
        ),
    )
}

//= 24.379-11.1.1.3.1.1:4 test
//= 24.379-11.1.1.3.1.1:8 test
//= 24.379-11.1.1.3.1.1:n10 test
//= 24.379-11.1.1.3.1.1:10 test
//= 24.379-11.1.1.3.1.1:11 test
//= 24.379-11.1.1.3.1.1:125 test
//= 24.379-11.1.1.3.1.1:126 test
//= 24.379-11.1.1.3.1.1:18 test
//= 24.379-11.1.1.3.1.1:142 test
#[test]
fn the_originating_function_refuses_what_the_profile_does_not_allow() {
    type Change = fn(&mut Config);
    let table: [(Change, Raw, (u16, Option<u16>)); 10] = [
        (|_| (), core_invite(0, "<session-type>private</session-type>"), (403, Some(145))),
        (|_| (), private_invite(0, &[], ""), (403, Some(145))),
        (|_| (), private_invite(5, &[1], ""), (404, Some(141))),
        (
            |config| config.users[0].private_calls.max_simultaneous = Some(0),
            private_invite(0, &[1], ""),
            (486, Some(124)),
        ),
        (
            |config| config.users[0].private_calls.allowed = false,
            private_invite(0, &[1], ""),
            (403, Some(107)),
        ),
        (
            |config| {
                config.users[0].private_calls.any_user = false;
                config.users[0].private_calls.users = vec!["sip:carol@mc.example.org".into()];
            },
            private_invite(0, &[1], ""),
            (403, Some(144)),
        ),
        (
            |config| config.users[0].private_calls.automatic_commencement = false,
            private_invite(0, &[1], ""),
            (403, Some(125)),
        ),
        (
            |config| config.users[0].private_calls.manual_commencement = false,
            private_invite(0, &[1], "").header("Answer-Mode: Manual"),
            (403, Some(126)),
        ),
        (|_| (), private_invite(0, &[1], "").header("Priv-Answer-Mode: Auto"), (403, Some(143))),
        (|config| config.private_calls.identity = None, private_invite(0, &[1], ""), (404, Some(142))),
    ];
    for (change, invite, expected) in table {
        let mut config = private_config();
        change(&mut config);
        let mut rig = ready(config, 2, 0);
        let answer = rig.ask(CORE, PF, &invite.text());
        assert_eq!(outcome(&answer), expected);
        assert!(!rig.trace().contains(&"pf>cf INVITE".to_owned()));
    }
}

//= 24.379-11.1.1.3.1.1:11b test
#[test]
fn the_list_of_the_profile_or_the_permission_for_any_user_lets_the_call_pass() {
    let mut config = private_config();
    config.users[0].private_calls.any_user = false;
    config.users[0].private_calls.users = vec!["sip:bob@MC.example.org".into()];
    let mut rig = ready(config, 3, 0);
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert!(rig.established(1).incoming);
    rig.command(0, ClientCommand::CallUser(to(2)));
    assert_eq!(rig.failure(0), (403, Some(144)));
    rig.command(1, ClientCommand::CallUser(to(2)));
    assert!(rig.established(2).incoming);
}

#[test]
fn calls_with_users_and_calls_of_groups_are_counted_apart() {
    let mut config = private_config();
    config.users[0].max_simultaneous_group_calls = Some(1);
    config.users[0].private_calls.max_simultaneous = Some(1);
    let mut rig = Rig::ready(config, 3);
    rig.command(0, ClientCommand::CallUser(to(1)));
    rig.call(0);
    assert!(rig.established(2).incoming);
    rig.command(0, ClientCommand::CallUser(to(2)));
    assert_eq!(rig.failure(0), (486, Some(124)));
}

//= 24.379-11.1.1.3.2:104 test
//= 24.379-11.1.1.3.2:7a test
//= 24.379-11.1.1.3.2:8 test
//= 24.379-11.1.1.3.2:9 test
#[test]
fn the_terminating_function_refuses_for_the_called_user() {
    type Change = fn(&mut Config);
    let table: [(Change, (u16, Option<u16>)); 3] = [
        (|config| config.users[1].private_calls.participation = false, (403, Some(127))),
        (|config| config.users[1].private_calls.incoming = Some(vec![]), (403, Some(159))),
        (
            |config| config.users[1].private_calls.incoming = Some(vec![mcptt_id(0).as_str().into()]),
            (200, None),
        ),
    ];
    for (change, expected) in table {
        let mut config = private_config();
        change(&mut config);
        let mut rig = ready(config, 2, 0);
        rig.command(0, ClientCommand::CallUser(to(1)));
        match expected {
            (200, _) => assert!(rig.established(1).incoming),
            refused => assert_eq!(rig.failure(0), refused),
        }
    }
    // Registered and without settings.
    let mut rig = ready(private_config(), 1, 0);
    rig.add(client_config(1));
    rig.command(1, ClientCommand::Register);
    rig.command(0, ClientCommand::CallUser(to(1)));
    assert!(matches!(rig.failure(0), (404 | 480, None | Some(146))));
    // Not from a focus.
    let mut rig = ready(private_config(), 2, 0);
    let invite =
        private_invite(0, &[1], "").text().replace(PF_IDENTITY, "sip:pf-terminating@pf.mc.example.org");
    assert_eq!(outcome(&rig.ask(CORE, PF, &invite)), (403, Some(104)));
}

//= 24.379-11.1.1.4.2:3 test
//= 24.379-11.1.1.4:imm test
#[test]
fn the_controlling_function_wants_one_called_user_and_knows_no_imminent_peril() {
    let caller = |further: &str| {
        format!(
            "{further}<mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>",
            mcptt_id(0)
        )
    };
    let peril = "<imminentperil-ind><mcpttBoolean>true</mcpttBoolean></imminentperil-ind>";
    let table = [
        (private_invite(0, &[1, 2], &caller("")), (403, Some(145))),
        (private_invite(0, &[0], &caller("")), (403, Some(145))),
        (
            private_invite(
                0,
                &[1],
                &format!(
                    "<mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>{peril}",
                    mcptt_id(0)
                ),
            ),
            (403, Some(150)),
        ),
    ];
    for (invite, expected) in table {
        let mut rig = ready(private_config(), 3, 0);
        let text = invite.text().replace(PF_IDENTITY, PRIVATE_IDENTITY);
        assert_eq!(outcome(&rig.ask(CORE, CF, &text)), expected);
        assert_eq!(rig.node.call_count(), 0);
    }
}

//= 24.379-11.1.2.2 test
#[test]
fn without_floor_control_there_is_no_floor_line_and_the_media_plane_lets_both_talk() {
    let mut rig = ready(private_config(), 2, 0);
    rig.command(0, ClientCommand::CallUser(PrivateCall { floor_control: false, ..to(1) }));
    for (from, to) in [("alice", "pf"), ("cf", "pf"), ("pf", "bob")] {
        let offer = description_of(&SipMessage::Request(rig.request(from, to, "INVITE")));
        assert!(offer.floor_control().is_none() && offer.media.len() == 1);
    }
    for (from, to) in [("bob", "pf"), ("pf", "alice")] {
        let answer = description_of(&SipMessage::Response(rig.response(from, to, "200 INVITE")));
        assert!(answer.floor_control().is_none() && answer.media.len() == 1);
    }
    assert!(!floor_control(&rig));
    assert!(rig.established(0).remote_floor.is_none() && rig.established(1).remote_floor.is_none());
    let ports: Vec<u16> = rig
        .media
        .iter()
        .filter_map(|command| match command {
            MediaCommand::LegConnected { participant, .. } => Some(participant.floor.remote.port()),
            _ => None,
        })
        .collect();
    assert_eq!(ports, [0, 0]);
}

//= 24.379-11.1:keymgmt test
//= 24.379-11.1:fmtp test
//= 33.180-pck test
#[test]
fn keys_between_the_users_are_passed_on_and_the_media_is_not_opened() {
    let mut rig = ready(private_config(), 2, 0);
    let key = "a=key-mgmt:mikey AQAFAP1td9ABAAA=";
    let text = private_invite(0, &[1], "").text();
    let start = text.find("a=crypto").unwrap();
    let end = start + text[start..].find('\n').unwrap() + 1;
    let text = format!("{}{}", &text[..start], &text[end..]).replace("t=0 0\n", &format!("t=0 0\n{key}\n"));
    rig.start(CORE, PF, &text);
    let offer = description_of(&SipMessage::Request(rig.request("cf", "pf", "INVITE")));
    assert_eq!(offer.attribute_value("key-mgmt").unwrap().as_str(), "mikey AQAFAP1td9ABAAA=");
    let audio = offer.audio().unwrap();
    assert_eq!((audio.protocol.as_str(), audio.crypto().count()), ("RTP/SAVP", 0));
    let fmtp = offer.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap();
    assert_eq!(fmtp.to_string(), "mc_queueing");
}

//= 24.379-11.1.3.2.1.1 test
#[test]
fn either_user_ends_the_call_with_bye() {
    for ends in [0, 1] {
        let other = 1 - ends;
        let mut rig = ready(private_config(), 2, 0);
        rig.command(0, ClientCommand::CallUser(to(1)));
        rig.command(ends, ClientCommand::Leave { call: rig.established(ends).call });
        assert!(rig.has_ended(other) && !rig.has_ended(ends));
        assert_eq!(released(&rig), Some(ReleaseCause::TooFewParticipants));
        assert_eq!(rig.node.call_count(), 0);
    }
    // Before it was answered.
    let mut rig = ready(private_config(), 2, 1);
    rig.command(0, ClientCommand::CallUser(to(1)));
    let started = rig.events_of(0).into_iter().find_map(|event| match event {
        ClientEvent::CallStarted { call, .. } => Some(call),
        _ => None,
    });
    rig.command(0, ClientCommand::CancelCall { call: started.unwrap() });
    assert_eq!(rig.failure(0).0, 487);
    assert!(rig.has_ended(1));
    assert_eq!(rig.node.call_count(), 0);
}

//= 24.379-11.1.4.1 test
//= 24.379-11.1.1.4.1:10 test
//= 24.379-6.3.8.2:1 test
//= 24.379-6.3.8.2:2 test
#[test]
fn the_server_ends_a_call_that_is_idle_too_long_or_unwanted() {
    let limited = |floor_control| {
        let mut config = private_config();
        config.private_calls.max_duration_with_floor_control = Some(Duration::from_secs(30));
        config.private_calls.max_duration_without_floor_control = Some(Duration::from_secs(20));
        config.private_calls.hang_time = Some(Duration::from_secs(10));
        let mut rig = ready(config, 2, 0);
        rig.command(0, ClientCommand::CallUser(PrivateCall { floor_control, ..to(1) }));
        rig
    };
    for (floor_control, seconds) in [(true, 30), (false, 20)] {
        let mut rig = limited(floor_control);
        rig.seconds(seconds - 1);
        assert_eq!(released(&rig), None);
        rig.seconds(1);
        assert_eq!(released(&rig), Some(ReleaseCause::MaximumDuration));
        for (from, to) in [("cf", "pf"), ("pf", "alice"), ("pf", "bob")] {
            assert_eq!(release_reason(&rig, from, to).as_deref(), Some("private-call-expiry"));
        }
    }
    let mut rig = limited(true);
    let hang_timer = rig.media.iter().find_map(|command| match command {
        MediaCommand::CallInitiated { settings, .. } => settings.hang_timer,
        _ => None,
    });
    assert_eq!(hang_timer, Some(Duration::from_secs(10)));
    rig.indicate(MediaIndication::Inactive { call: CallRef(1) });
    assert_eq!(released(&rig), Some(ReleaseCause::Inactivity));
    assert!(rig.has_ended(0) && rig.has_ended(1));

    let mut rig = limited(true);
    rig.operator(Command::ReleaseCall { call: CallRef(1) });
    assert_eq!(release_reason(&rig, "pf", "bob").as_deref(), Some("administrator-action"));
}

#[test]
fn every_refusal_between_users_has_an_answer_and_a_requirement() {
    for refusal in PrivateRefusal::ALL {
        let row = refusal.row();
        assert!(matches!(row.status.0, 300 | 403 | 404 | 480 | 486), "{refusal:?}");
        assert!(
            row.requirement.is_some_and(|id| ["24.379-11.1", "24.379-13.2.3", "24.379-9A"]
                .iter()
                .any(|clause| id.starts_with(clause))),
            "{refusal:?}"
        );
    }
    let all: std::collections::BTreeSet<_> = PrivateRefusal::ALL.into_iter().collect();
    assert_eq!(all.len(), PrivateRefusal::ALL.len());
}
