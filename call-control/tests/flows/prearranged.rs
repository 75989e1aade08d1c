//! A prearranged group call from INVITE to the connected media, message by message.

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use call_control::config::Config;
use call_control::event::{CallState, Tier};
use call_control::{Entry, Event, MediaCommand};
use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::CallRef;
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{HeaderName, NameAddr, SipMessage};
use mcptt_codec::xml::mcptt_info::{Content, SessionType};

use crate::rig::*;

fn header<'a>(headers: &'a mcptt_codec::sip::Headers, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.as_str())
}

const FOCUS: &str = "+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";isfocus";
const SERVICE: &str = "urn:urn-7:3gpp-service.ims.icsi.mcptt";

//= 24.379-10.1.1.4.2:14gv test
//= 24.379-6.3.3.1.2:ruri test
//= 24.379-5.3:roles test
//= 24.379-6.2.3.1.2:auto test
//= 24.379-6.3.2.2.5.2:unconfirmed test
#[test]
fn a_call_reaches_every_affiliated_member_over_both_functions() {
    let mut rig = Rig::with_members(3);
    rig.call(0);
    assert_eq!(
        rig.trace(),
        [
            "alice>pf INVITE",
            "pf>cf INVITE",
            "cf>pf INVITE",
            "cf>pf INVITE",
            "cf>pf 200 INVITE",
            "pf>bob INVITE",
            "pf>cf 183 INVITE",
            "pf>carol INVITE",
            "pf>cf 183 INVITE",
            "pf>cf ACK",
            "pf>alice 200 INVITE",
            "bob>pf 200 INVITE",
            "carol>pf 200 INVITE",
            "alice>pf ACK",
            "pf>bob ACK",
            "pf>cf 200 INVITE",
            "pf>carol ACK",
            "pf>cf 200 INVITE",
            "cf>pf ACK",
            "cf>pf ACK",
        ]
    );
    assert_eq!(
        media_words(&rig.media),
        [
            "initiated call-1",
            "connected leg-1 sip:alice@mc.example.org",
            "unconfirmed call-1",
            "connected leg-2 sip:bob@mc.example.org",
            "connected leg-3 sip:carol@mc.example.org",
        ]
    );
    let joined: Vec<Event> =
        rig.events.iter().filter(|event| matches!(event, Event::CallStateChanged { .. })).cloned().collect();
    let (from, to) = (CallState::Initialising, CallState::Established);
    assert_eq!(joined, [Event::CallStateChanged { call: CallRef(1), group: Some(GROUP.into()), from, to }]);
}

//= 24.379-6.2.1:audio test
//= 24.379-6.2.1:floor test
//= 24.379-6.2.1:codec test
//= 24.379-10.1.1.2.1.1 test
#[test]
fn the_client_offers_speech_and_floor_control_and_names_group_and_client() {
    let mut rig = Rig::with_members(1);
    rig.call(0);
    let invite = SipMessage::Request(rig.request("alice", "pf", "INVITE"));
    let info = info_of(&invite);
    assert_eq!(info.session_type, Some(SessionType::Prearranged));
    assert_eq!(info.request_uri.and_then(|uri| uri.value().map(ToString::to_string)).as_deref(), Some(GROUP));
    assert_eq!(info.client_id, Some(Content::Normal(client_id(0).as_str().into())));
    assert_eq!(info.calling_user_id, None);
    let description = description_of(&invite).encode();
    let lines: Vec<&str> = description.lines().filter(|line| !line.starts_with("a=crypto")).collect();
    assert_eq!(
        lines[4..],
        [
            "t=0 0",
            "m=audio 40000 RTP/SAVP 97",
            "i=speech",
            "a=rtpmap:97 AMR-WB/16000/1",
            "a=fmtp:97 mode-change-capability=2; max-red=0",
            "a=ptime:20",
            "m=application 40002 udp MCPTT",
            "a=fmtp:MCPTT mc_queueing;mc_priority=7;mc_granted;mc_implicit_request",
        ]
    );
}

//= 24.379-6.3.2.1.3 test
//= 24.379-6.3.2.1.3:pas test
//= 24.379-6.3.2.1.3:r-uri test
//= 24.379-4.10 test
//= 24.379-6.3.1.1:originating test
#[test]
fn the_participating_function_asserts_who_calls_and_addresses_the_controlling_function() {
    let mut rig = Rig::with_members(1);
    rig.call(0);
    let invite = rig.request("pf", "cf", "INVITE");
    assert_eq!(invite.uri, CF_IDENTITY);
    let headers = &invite.headers;
    assert_eq!(header(headers, &HeaderName::PAssertedIdentity), Some("<sip:alice-ue@ims.example.org>"));
    assert_eq!(header(headers, &HeaderName::PAssertedService), Some(SERVICE));
    assert_eq!(header(headers, &HeaderName::PPreferredService), None);
    assert_eq!(header(headers, &HeaderName::SessionExpires), Some("1800"));
    assert_eq!(headers.all(&HeaderName::AcceptContact).count(), 2);
    let info = info_of(&SipMessage::Request(invite));
    assert_eq!(info.calling_user_id, Some(Content::Normal(mcptt_id(0).as_str().into())));
    assert_eq!(info.client_id, Some(Content::Normal(client_id(0).as_str().into())));
}

//= 24.379-6.3.2.1.3:trust test
#[test]
fn a_calling_user_that_the_client_claims_is_overwritten() {
    let mut rig = Rig::with_members(2);
    let claim = "<mcptt-calling-user-id><mcpttURI>sip:bob@mc.example.org</mcpttURI></mcptt-calling-user-id>";
    let answer = rig.ask(CORE, PF, &core_invite(0, &group_call(GROUP, claim)).text());
    assert_eq!(answer.status.0, 200);
    let info = info_of(&SipMessage::Request(rig.request("pf", "cf", "INVITE")));
    assert_eq!(info.calling_user_id, Some(Content::Normal(mcptt_id(0).as_str().into())));
}

//= 24.379-6.3.3.1.2:contact test
//= 24.379-6.3.3.1.2:accept test
//= 24.379-6.3.3.1.2:timer test
//= 24.379-6.3.3.1.2:pai test
//= 24.379-6.3.3.1.2:answermode test
//= 24.379-4.5 test
//= 24.379-4.5:opaque test
#[test]
fn the_invitation_of_a_member_carries_the_session_identity_and_no_identity_of_the_caller() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    let invite = rig.request("cf", "pf", "INVITE");
    assert_eq!(invite.uri, "sip:pf-terminating@pf.mc.example.org");
    let headers = &invite.headers;
    let contact = NameAddr::parse(header(headers, &HeaderName::Contact).unwrap()).unwrap();
    let identity = contact.uri.to_string();
    assert_eq!(header(headers, &HeaderName::Contact), Some(format!("<{identity}>;{FOCUS}").as_str()));
    assert!(!identity.contains("rescue") && !identity.contains("alice"), "{identity}");
    assert_eq!(header(headers, &HeaderName::PAssertedIdentity), Some("<sip:groups@cf.mc.example.org>"));
    assert_eq!(header(headers, &HeaderName::PAssertedService), Some(SERVICE));
    assert_eq!(
        values(headers, &HeaderName::AcceptContact),
        [
            "*;+g.3gpp.mcptt;require;explicit",
            "*;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit",
        ]
    );
    assert_eq!(header(headers, &HeaderName::SessionExpires), Some("1800"));
    assert!(headers.lists(&HeaderName::Supported, "timer"));
    assert_eq!(header(headers, &HeaderName::AnswerMode), None);
    let info = info_of(&SipMessage::Request(invite));
    assert_eq!(info.request_uri.and_then(|uri| uri.value().map(ToString::to_string)), Some(mcptt_id(1)));
    assert_eq!(info.calling_user_id, Some(Content::Normal(mcptt_id(0).as_str().into())));
    assert_eq!(info.calling_group_id, Some(Content::Normal(GROUP.into())));
    assert_eq!(info.client_id, Some(Content::Normal(client_id(1).as_str().into())));
    assert_eq!(info.emergency_ind, None);
}

//= 24.379-6.3.3.1.1:2 test
//= 24.379-6.2.2:answer test
#[test]
fn members_are_offered_the_audio_of_the_originator_and_their_own_floor_priority() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    let offer = description_of(&SipMessage::Request(rig.request("cf", "pf", "INVITE"))).encode();
    let lines: Vec<&str> = offer.lines().filter(|line| !line.starts_with("a=crypto")).collect();
    let ports: Vec<&str> = lines.iter().filter(|line| line.starts_with("m=")).copied().collect();
    assert!(ports[0].starts_with("m=audio 200") && ports[0].ends_with(" RTP/SAVP 97"), "{}", ports[0]);
    assert!(ports[1].ends_with(" udp MCPTT"), "{}", ports[1]);
    let attributes: Vec<&str> =
        lines.into_iter().filter(|line| line.starts_with("a=") || line.starts_with("i=")).collect();
    assert_eq!(
        attributes,
        [
            "i=speech",
            "a=rtpmap:97 AMR-WB/16000/1",
            "a=fmtp:97 mode-change-capability=2; max-red=0",
            "a=ptime:20",
            "a=fmtp:MCPTT mc_queueing;mc_priority=5",
        ]
    );
    let answer = description_of(&SipMessage::Response(rig.response("bob", "pf", "200 INVITE")));
    let parameters = answer.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap();
    assert_eq!(parameters.to_string(), "mc_queueing;mc_priority=5");
}

//= 24.379-6.3.2.2.3 test
//= 24.379-6.3.2.2.5 test
//= 24.379-6.3.2.2.6.2 test
//= 24.379-6.3.1.1:isfocus test
#[test]
fn the_invitation_of_a_client_is_automatic_and_asserts_the_function() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    let invite = rig.request("pf", "bob", "INVITE");
    assert_eq!(invite.uri, "sip:bob-ue@192.0.2.11:5060");
    let headers = &invite.headers;
    assert_eq!(header(headers, &HeaderName::AnswerMode), Some("Auto"));
    assert_eq!(header(headers, &HeaderName::PAssertedIdentity), Some("<sip:pf@pf.mc.example.org>"));
    assert_eq!(header(headers, &HeaderName::SessionExpires), Some("1800"));
    assert_eq!(values(headers, &HeaderName::Supported), ["timer", "100rel", "tdialog", "norefersub"]);
    let contact = header(headers, &HeaderName::Contact).unwrap();
    assert!(contact.starts_with("<sip:s-") && contact.ends_with(&format!(">;{FOCUS}")), "{contact}");
    let identity = rig.request("cf", "pf", "INVITE");
    assert_ne!(header(&identity.headers, &HeaderName::Contact), Some(contact));
}

//= 24.379-6.3.3.2.3.2:hdr test
//= 24.379-6.3.2.1.5.2 test
//= 24.379-6.2.3.1.1 test
//= RFC4538-4:tag test
#[test]
fn every_success_carries_the_fields_of_its_sender() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    let expected = [
        ("cf", "pf", "1800;refresher=uac", Some("<sip:groups@cf.mc.example.org>"), true),
        ("pf", "alice", "1800;refresher=uac", Some("<sip:pf@pf.mc.example.org>"), true),
        ("bob", "pf", "1800;refresher=uas", None, false),
        ("pf", "cf", "1800;refresher=uas", Some("<sip:pf@pf.mc.example.org>"), false),
    ];
    for (from, to, session, asserted, focus) in expected {
        let answer = rig.response(from, to, "200 INVITE");
        let headers = &answer.headers;
        assert_eq!(header(headers, &HeaderName::SessionExpires), Some(session), "{from}");
        assert_eq!(header(headers, &HeaderName::Require), Some("timer"), "{from}");
        assert_eq!(header(headers, &HeaderName::PAssertedIdentity), asserted, "{from}");
        let contact = header(headers, &HeaderName::Contact).unwrap();
        assert_eq!(
            (contact.contains("+g.3gpp.mcptt"), contact.ends_with(";isfocus")),
            (true, focus),
            "{from}"
        );
        for tag in ["tdialog", "norefersub"] {
            assert!(headers.lists(&HeaderName::Supported, tag), "{from} {tag}");
        }
    }
    let from_controlling = rig.response("cf", "pf", "200 INVITE");
    assert_eq!(
        values(&from_controlling.headers, &HeaderName::Supported),
        ["tdialog", "norefersub", "explicitsub, nosub"]
    );
}

//= 24.379-6.3.2.2.5.2:unconfirmed test
#[test]
fn an_answer_before_any_member_is_unconfirmed_and_members_confirm_theirs() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    let state = |response: &mcptt_codec::sip::Response| {
        header(&response.headers, &HeaderName::PAnswerState).map(str::to_owned)
    };
    assert_eq!(state(&rig.response("pf", "cf", "183 INVITE")).as_deref(), Some("Unconfirmed"));
    assert_eq!(state(&rig.response("pf", "cf", "200 INVITE")).as_deref(), Some("Confirmed"));
    assert_eq!(state(&rig.response("cf", "pf", "200 INVITE")).as_deref(), Some("Unconfirmed"));
    assert_eq!(state(&rig.response("pf", "alice", "200 INVITE")).as_deref(), Some("Unconfirmed"));
}

//= 24.379-6.4:new test
//= 24.379-6.4:echo test
#[test]
fn an_implicit_floor_request_is_accepted_with_the_call_that_it_opens() {
    for implicit_request in [true, false] {
        let mut rig = Rig::with_members(2);
        rig.call_with(0, GroupCall { implicit_request, ..GroupCall::new(GROUP) });
        assert_eq!(rig.established(0).floor_parameters.implicit_request, implicit_request);
        assert!(!rig.established(0).floor_parameters.granted);
        let entries: Vec<Entry> = rig
            .media
            .iter()
            .filter_map(|command| match command {
                MediaCommand::LegConnected { participant, .. } => Some(participant.entry),
                _ => None,
            })
            .collect();
        assert_eq!(entries, [Entry::Originator { implicit_request }, Entry::Invited]);
    }
}

//= 24.380-14.3.4 test
#[test]
fn the_answer_grants_the_floor_only_when_somebody_hears_it() {
    let answered = |change: &dyn Fn(&mut Config), implicit_request: bool| {
        let mut config = config();
        config.groups[0].minimum_to_start = 1;
        change(&mut config);
        let mut rig = Rig::ready(config, 2);
        rig.call_with(0, GroupCall { implicit_request, ..GroupCall::new(GROUP) });
        let answer = rig.established(0).floor_parameters;
        (answer.granted, answer.implicit_request)
    };
    assert_eq!(answered(&|_| {}, true), (true, true));
    assert_eq!(answered(&|_| {}, false), (false, false));
    // Nobody is there yet, and nobody has said to come.
    assert_eq!(answered(&|config| config.groups[0].minimum_to_start = 0, true), (false, true));
    // Somebody has, and what is said is kept for it.
    assert_eq!(answered(&|config| config.policy.answer_on_unconfirmed = true, true), (true, true));
    assert_eq!(answered(&|config| config.groups[0].temporary = true, true), (false, true));
    assert_eq!(answered(&|config| config.groups[0].members[0].receive_only = true, true), (false, false));
}

//= 24.380-6.3.4.8.4 test
#[test]
fn a_call_of_a_temporary_group_says_when_everybody_has_answered() {
    let mut config = config();
    config.groups[0].temporary = true;
    let mut rig = Rig::ready(config, 3);
    rig.call(0);
    let MediaCommand::CallInitiated { settings, .. } = &rig.media[0] else { panic!("a call") };
    let expected = FloorIndicator::NORMAL | FloorIndicator::TEMPORARY_GROUP;
    assert_eq!(settings.indicator, expected);
    let words = media_words(&rig.media);
    assert_eq!(words.iter().filter(|word| *word == "all answered call-1").count(), 1);
    assert_eq!(words.last().unwrap(), "all answered call-1");

    let mut rig = Rig::with_members(2);
    rig.call(0);
    assert!(!media_words(&rig.media).contains(&"all answered call-1".to_owned()));
}

//= 24.380-14.3.4 test
#[test]
fn the_answer_grants_nothing_that_the_offer_cannot_take() {
    let mut config = config();
    config.groups[0].minimum_to_start = 1;
    for (granted, expected) in [
        ("mc_granted;", "mc_queueing;mc_priority=5;mc_granted;mc_implicit_request"),
        ("", "mc_queueing;mc_priority=5;mc_implicit_request"),
    ] {
        let mut rig = Rig::ready(config.clone(), 2);
        let text = core_invite(0, &group_call(GROUP, "")).text().replace("mc_granted;", granted);
        let answer = description_of(&SipMessage::Response(rig.ask(CORE, PF, &text)));
        let fmtp = answer.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap();
        assert_eq!(fmtp.to_string(), expected);
    }
}

//= 24.380-14.3.5 test
#[test]
fn joining_a_running_call_is_no_floor_request() {
    let mut config = config();
    config.policy.release_at = None;
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    let call = rig.established(1).call;
    rig.command(1, ClientCommand::Leave { call });
    rig.forget();
    rig.call_with(1, GroupCall { implicit_request: true, ..GroupCall::new(GROUP) });
    let offer = description_of(&SipMessage::Request(rig.request("bob", "pf", "INVITE")));
    assert!(offer.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap().implicit_request);
    let answer = rig.established(1).floor_parameters;
    assert_eq!((answer.granted, answer.implicit_request), (false, false));
    let MediaCommand::LegConnected { participant, .. } = &rig.media[0] else { panic!("a participant") };
    assert_eq!(participant.entry, Entry::Joining { implicit_request: false });
}

//= 24.380-14.5 test
#[test]
fn neither_grant_nor_implicit_request_is_said_again() {
    let mut config = config();
    config.groups[0].minimum_to_start = 1;
    let mut rig = Rig::ready(config, 2);
    let answer = rig.ask(CORE, PF, &core_invite(0, &group_call(GROUP, "")).text());
    rig.acknowledge(CORE, PF, &answer);
    let first = description_of(&SipMessage::Response(answer.clone()));
    let head = |name: HeaderName| values(&answer.headers, &name)[0].to_owned();
    let contact = head(HeaderName::Contact);
    let target = contact.split(['<', '>']).nth(1).unwrap().to_owned();
    let text = format!(
        "INVITE {target} SIP/2.0\nFrom: {}\nTo: {}\nContact: <sip:ue@198.51.100.1:5060>\nSupported: timer\n\n",
        head(HeaderName::From),
        head(HeaderName::To)
    );
    let again = rig.ask_in(CORE, PF, &text, &head(HeaderName::CallId));
    let later = description_of(&SipMessage::Response(again));
    let fmtp = |description: &SessionDescription| {
        description.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap().to_string()
    };
    assert_eq!(fmtp(&first), "mc_queueing;mc_priority=5;mc_granted;mc_implicit_request");
    assert_eq!(fmtp(&later), "mc_queueing;mc_priority=5");
    let version = |description: &SessionDescription| description.origin().unwrap().session_version;
    assert_eq!(version(&later), version(&first) + 1);
}

//= 24.379-6.4:granted test
//= 24.380-12.1.2.2:granted test
#[test]
fn the_ability_to_take_a_grant_is_not_a_request() {
    let mut rig = Rig::with_members(2);
    rig.call_with(0, GroupCall { implicit_request: false, ..GroupCall::new(GROUP) });
    let offer = description_of(&SipMessage::Request(rig.request("alice", "pf", "INVITE")));
    assert!(offer.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap().granted);
    let answer = rig.established(0).floor_parameters;
    assert_eq!((answer.granted, answer.implicit_request), (false, false));
}

#[test]
fn both_ends_agree_on_addresses_and_keys() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    for (at, leg) in [(0, 1), (1, 2)] {
        let client = rig.established(at);
        let participant = rig.media.iter().find_map(|command| match command {
            MediaCommand::LegConnected { leg: own, participant, .. } if own.0 == leg => Some(participant),
            _ => None,
        });
        let participant = participant.unwrap();
        assert_eq!(participant.audio.local, client.remote_audio);
        assert_eq!(Some(participant.floor.local), client.remote_floor);
        assert_eq!(participant.audio.remote, rig.clients[at].config().audio);
        assert_eq!(participant.floor.remote, rig.clients[at].config().floor);
        let (server, client) = (participant.protection.clone().unwrap(), client.protection.unwrap());
        let (server, client) = (server.keys().unwrap(), client.keys().unwrap());
        assert_eq!(server, (client.1, client.0));
        assert_ne!(server.0.key_salt(), server.1.key_salt());
    }
}

//= 24.379-4.12 test
//= 24.379-6.2.8.2:start test
//= 24.379-6.2.8.2:anyone test
#[test]
fn a_broadcast_is_told_to_every_member_and_to_the_media_plane() {
    let mut rig = Rig::with_members(3);
    rig.call_with(0, GroupCall { broadcast: true, ..GroupCall::new(GROUP) });
    assert!(rig.established(1).broadcast && rig.established(2).broadcast);
    let MediaCommand::CallInitiated { settings, .. } = &rig.media[0] else { panic!("a call") };
    let MediaCommand::LegConnected { leg, .. } = &rig.media[1] else { panic!("the originator") };
    assert_eq!(settings.broadcast_initiator, Some(*leg));
    assert!(settings.indicator.contains(mcptt_codec::floor::FloorIndicator::BROADCAST));
}

//= 24.379-6.3.6 test
#[test]
fn two_devices_of_one_user_are_invited_separately() {
    let mut rig = Rig::with_members(2);
    let mut second = client_config(1);
    second.address = "192.0.2.30:5060".parse().unwrap();
    second.audio = "192.0.2.30:40000".parse().unwrap();
    second.floor = "192.0.2.30:40002".parse().unwrap();
    second.client_id = "urn:uuid:00000000-0000-4000-8000-0000000000b1".into();
    let second = rig.add(second);
    rig.register(second);
    rig.affiliate(second);
    rig.forget();
    rig.call(0);
    assert!(rig.established(1).incoming && rig.established(second).incoming);
}

//= 24.379-6.3.6 test
#[test]
fn the_other_device_of_an_affiliated_user_is_not_affiliated() {
    let mut rig = Rig::with_members(1);
    let mut second = client_config(0);
    second.address = "192.0.2.30:5060".parse().unwrap();
    second.client_id = "urn:uuid:00000000-0000-4000-8000-0000000000b0".into();
    let second = rig.add(second);
    rig.register(second);
    rig.call(second);
    assert_eq!(rig.failure(second), (403, Some(120)));
}

//= 24.379-6.3.2.1.3:rp test
#[test]
fn answer_mode_and_resource_priority_of_the_client_go_with_the_call() {
    let mut rig = Rig::with_members(2);
    let invite = core_invite(0, &group_call(GROUP, ""))
        .header("Answer-Mode: Auto")
        .header("Resource-Priority: mcpttq.0");
    assert_eq!(rig.ask(CORE, PF, &invite.text()).status.0, 200);
    for (from, to) in [("pf", "cf"), ("cf", "pf")] {
        let invite = rig.request(from, to, "INVITE");
        assert_eq!(header(&invite.headers, &HeaderName::AnswerMode), Some("Auto"), "{from}");
    }
    let onward = rig.request("pf", "cf", "INVITE");
    assert_eq!(header(&onward.headers, &HeaderName::ResourcePriority), Some("mcpttq.0"));
}

//= 24.379-10.1.1.4.2:14e test
#[test]
fn every_session_has_an_identity_of_its_own() {
    let mut rig = Rig::with_members(2);
    let mut identities = std::collections::BTreeSet::new();
    for _ in 0..3 {
        let call = rig.call(0);
        for event in &rig.events {
            if let Event::CallStarted { session_identity, tier, .. } = event {
                assert_eq!(*tier, Tier::Normal);
                identities.insert(session_identity.as_str().to_owned());
            }
        }
        rig.command(0, call_control::client::ClientCommand::Leave { call });
        assert!(rig.client_events.iter().any(|(_, event)| matches!(event, ClientEvent::CallEnded { .. })));
    }
    assert_eq!(identities.len(), 3);
}
