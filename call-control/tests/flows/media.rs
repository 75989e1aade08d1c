//! What is offered and answered for media: protection, parameters, ports.

use call_control::client::{AudioFormat, ClientConfig, GroupCall};
use call_control::config::Config;
use call_control::media::Redundancy;
use call_control::{Event, MediaCommand, Participant};
use mcptt_codec::id::Ssrc;
use mcptt_codec::sdp::CryptoSuite;
use mcptt_codec::sip::SipMessage;
use mcptt_codec::text::ByteStr;

use crate::rig::*;

/// A laboratory: nothing is protected.
fn plain() -> Config {
    let mut config = config();
    config.media.plain_rtp = true;
    config.groups[0].protect_media = false;
    config
}

fn plain_client(at: usize) -> ClientConfig {
    ClientConfig { suites: Vec::new(), ..client_config(at) }
}

fn ready(config: Config, clients: Vec<ClientConfig>) -> Rig {
    let mut rig = Rig::new(config);
    for own in clients {
        let at = rig.add(own);
        rig.register(at);
        rig.affiliate(at);
    }
    rig.forget();
    rig
}

fn participants(rig: &Rig) -> Vec<Participant> {
    rig.media
        .iter()
        .filter_map(|command| match command {
            MediaCommand::LegConnected { participant, .. } => Some(participant.clone()),
            _ => None,
        })
        .collect()
}

type Change<'a> = &'a dyn Fn(&mut Config);

#[test]
fn plain_rtp_needs_the_configuration_the_group_and_the_user() {
    let call = |config: Config| {
        let mut rig = ready(config, vec![plain_client(0), plain_client(1)]);
        rig.call(0);
        rig
    };
    let rig = call(plain());
    assert!(participants(&rig).iter().all(|participant| participant.protection.is_none()));
    assert_eq!(participants(&rig).len(), 2);
    assert_eq!(rig.established(0).protection, None);
    let offer = description_of(&SipMessage::Request(rig.request("cf", "pf", "INVITE"))).encode();
    assert!(offer.contains(" RTP/AVP 97\r\n") && !offer.contains("a=crypto"));

    let refused: [fn(&mut Config); 3] = [
        |config| config.media.plain_rtp = false,
        |config| config.groups[0].protect_media = true,
        |config| config.users[0].plain_rtp = false,
    ];
    for refuse in refused {
        let mut config = plain();
        refuse(&mut config);
        assert_eq!(call(config).failure(0), (488, None));
    }
}

#[test]
fn the_first_suite_that_both_sides_know_is_chosen_with_fresh_keys() {
    let sets = [
        (vec![CryptoSuite::AesCm128HmacSha1_80], CryptoSuite::AesCm128HmacSha1_80),
        (
            vec![CryptoSuite::AesCm128HmacSha1_32, CryptoSuite::AesCm128HmacSha1_80],
            CryptoSuite::AesCm128HmacSha1_80,
        ),
        (vec![CryptoSuite::AeadAes128Gcm, CryptoSuite::AesCm128HmacSha1_80], CryptoSuite::AeadAes128Gcm),
    ];
    for (offered, chosen) in sets {
        let first = ClientConfig { suites: offered, ..client_config(0) };
        let mut rig = ready(config(), vec![first, client_config(1)]);
        rig.call(0);
        let protection = rig.established(0).protection.unwrap();
        let (send, receive) = protection.keys().unwrap();
        assert_eq!((&send.suite, &receive.suite), (&chosen, &chosen));
        assert_eq!(send.tag, receive.tag);
        let keys: Vec<Vec<u8>> = participants(&rig)
            .into_iter()
            .filter_map(|participant| participant.protection)
            .flat_map(|protection| {
                let (send, receive) = protection.keys().unwrap();
                [send.key_salt().to_vec(), receive.key_salt().to_vec()]
            })
            .collect();
        let distinct: std::collections::BTreeSet<&Vec<u8>> = keys.iter().collect();
        assert_eq!((keys.len(), distinct.len()), (4, 4));
    }
    let unknown = ClientConfig { suites: vec![CryptoSuite::AesCm128HmacSha1_32], ..client_config(0) };
    let mut rig = ready(config(), vec![unknown]);
    rig.call(0);
    assert_eq!(rig.failure(0), (488, None));
}

#[test]
fn keys_are_neither_printed_nor_reported() {
    let mut rig = Rig::with_members(2);
    rig.call(0);
    let offer = description_of(&SipMessage::Request(rig.request("alice", "pf", "INVITE"))).encode();
    let key = offer.split("inline:").nth(1).unwrap().split("\r\n").next().unwrap();
    let printed = format!("{:?} {:?} {:?}", rig.media, rig.events, rig.client_events);
    assert!(!printed.contains(key));
}

//= 24.379-6.2.2:answer test
#[test]
fn floor_parameters_are_answered_only_if_they_were_offered_and_are_allowed() {
    let negotiated = |change: &dyn Fn(&mut Config), client: ClientConfig| {
        let mut config = config();
        change(&mut config);
        let mut rig = ready(config, vec![client, client_config(1)]);
        rig.call_with(0, GroupCall { implicit_request: true, ..GroupCall::new(GROUP) });
        let own = participants(&rig)[0].floor_parameters.clone();
        (rig.established(0).floor_parameters.to_string(), own.queueing, own.priority)
    };
    let nothing = |_: &mut Config| {};
    let table: [(Change<'_>, ClientConfig, &str); 7] = [
        (&nothing, client_config(0), "mc_queueing;mc_priority=5;mc_implicit_request"),
        (&nothing, ClientConfig { queueing: false, ..client_config(0) }, "mc_priority=5;mc_implicit_request"),
        (
            &nothing,
            ClientConfig { floor_priority: Some(3), ..client_config(0) },
            "mc_queueing;mc_priority=3;mc_implicit_request",
        ),
        (
            &nothing,
            ClientConfig { floor_priority: None, ..client_config(0) },
            "mc_queueing;mc_implicit_request",
        ),
        (
            &|config| config.service.priority_levels = 4,
            client_config(0),
            "mc_queueing;mc_priority=3;mc_implicit_request",
        ),
        (
            &|config| config.groups[0].audio_cut_in = true,
            client_config(0),
            "mc_priority=5;mc_implicit_request",
        ),
        (&|config| config.groups[0].members[0].receive_only = true, client_config(0), "mc_queueing"),
    ];
    for (change, client, expected) in table {
        let (answer, queueing, priority) = negotiated(change, client);
        assert_eq!(answer, expected);
        assert_eq!(queueing, answer.contains("mc_queueing"));
        assert_eq!(
            priority.map(|priority| format!("mc_priority={priority}")).is_some(),
            answer.contains("mc_priority")
        );
    }
}

//= 24.380-6.3.4.4.2:1f test
#[test]
fn the_answer_names_the_audio_source_that_nobody_else_has() {
    let core: std::net::SocketAddr = CORE.parse().unwrap();
    let stated = OFFER.replace("m=application", "a=ssrc:77 cname:x\nm=application");
    let answers = |release: u8| {
        let mut config = config();
        config.service.release = release;
        let mut rig = Rig::ready(config, 2);
        (0..2)
            .map(|at| {
                let text = core_invite(at, &group_call(GROUP, "")).text().replace(OFFER, &stated);
                let answer = description_of(&SipMessage::Response(rig.ask(CORE, PF, &text)));
                let named = answer.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap().ssrc;
                let participants = participants(&rig);
                let own = participants.iter().rfind(|one| one.audio.remote.ip() == core.ip()).unwrap();
                let told = own.audio_ssrc.unwrap();
                (named, told)
            })
            .collect::<Vec<_>>()
    };
    let [(first, first_told), (second, second_told)] = answers(18)[..] else { panic!("two answers") };
    assert_eq!((first, first_told), (Some(Ssrc(77)), Ssrc(77)));
    assert_ne!(second_told, Ssrc(77));
    assert_eq!(second, Some(second_told));
    // Before Release 16 there is no word for it.
    assert!(answers(15).iter().all(|(named, _)| named.is_none()));
}

//= 24.380-14.2.7 test
#[test]
fn the_wanted_floor_control_source_is_handed_on() {
    for (release, expected) in [(18, Some(Ssrc(12345))), (14, None)] {
        let mut config = config();
        config.service.release = release;
        let mut rig = Rig::ready(config, 1);
        let text = core_invite(0, &group_call(GROUP, "")).text();
        let text = text.replace("mc_queueing;", "mc_queueing;mc_floor_ssrc=12345;");
        assert_eq!(rig.ask(CORE, PF, &text).status.0, 200);
        assert_eq!(participants(&rig)[0].floor_parameters.floor_ssrc, expected);
    }
}

//= 24.380-14.3.3 test
#[test]
fn an_invited_member_is_offered_no_more_than_there_is() {
    type Change = fn(&mut Config);
    let table: [(Change, &str); 5] = [
        (|_| {}, "mc_queueing;mc_priority=5"),
        (|config| config.service.priority_levels = 4, "mc_queueing;mc_priority=3"),
        (|config| config.groups[0].members[1].user_priority = 0, "mc_queueing"),
        (|config| config.groups[0].members[1].receive_only = true, "mc_queueing"),
        (|config| config.groups[0].queueing = false, "mc_priority=5"),
    ];
    for (change, expected) in table {
        let mut config = config();
        change(&mut config);
        let mut rig = Rig::ready(config, 2);
        rig.call(0);
        let offer = description_of(&SipMessage::Request(rig.request("cf", "pf", "INVITE")));
        assert_eq!(offer.floor_control().unwrap().mcptt_fmtp().unwrap().unwrap().to_string(), expected);
    }
}

//= 24.380-6.3.5.4.12 test
//= 24.380-6.3.5.4.15 test
#[test]
fn group_document_and_user_profile_say_who_has_power_over_the_others() {
    type Change = fn(&mut Config);
    let table: [(Change, (bool, bool)); 6] = [
        (|_| {}, (false, false)),
        (|config| config.groups[0].members[0].participant_type = Some("Dispatcher".into()), (true, false)),
        (|config| config.users[0].participant_type = Some("dispatch supervisor".into()), (true, false)),
        (
            |config| {
                config.users[0].participant_type = Some("dispatcher".into());
                config.groups[0].members[0].participant_type = Some("driver".into());
            },
            (false, false),
        ),
        (
            |config| {
                config.policy.queue_cancel_types = vec!["driver".into()];
                config.groups[0].members[0].participant_type = Some("driver".into());
            },
            (true, false),
        ),
        (|config| config.users[0].revoke_transmit = true, (false, true)),
    ];
    for (change, expected) in table {
        let mut config = config();
        change(&mut config);
        let mut rig = Rig::ready(config, 2);
        rig.call(0);
        let told = participants(&rig).into_iter().map(|participant| participant.floor_parameters);
        let powers: Vec<_> = told.map(|own| (own.cancels_queued, own.revokes_others)).collect();
        assert_eq!(powers, [expected, (false, false)]);
    }
}

#[test]
fn the_aliases_of_the_user_profile_are_handed_on() {
    let mut config = config();
    config.users[0].functional_aliases = vec!["sip:engine-1@mc.example.org".into()];
    let mut rig = Rig::ready(config, 2);
    rig.call(0);
    let told = participants(&rig).into_iter().map(|participant| participant.floor_parameters);
    let aliases: Vec<_> = told.map(|own| own.functional_aliases).collect();
    assert_eq!(aliases, [vec!["sip:engine-1@mc.example.org".into()], vec![]]);
}

#[test]
fn a_call_without_floor_control_stream_is_refused() {
    let mut rig = Rig::with_members(1);
    let offer = OFFER.split("m=application").next().unwrap();
    let text = core_invite(0, &group_call(GROUP, "")).text().replace(OFFER, offer);
    assert_eq!(outcome(&rig.ask(CORE, PF, &text)), (488, None));
}

#[test]
fn further_streams_are_refused_in_their_place() {
    let mut rig = Rig::with_members(1);
    let offer = OFFER.replace("m=application", "m=video 50010 RTP/AVP 100\nm=application");
    let text = core_invite(0, &group_call(GROUP, "")).text().replace(OFFER, &offer);
    let answer = rig.ask(CORE, PF, &text);
    let media: Vec<String> = description_of(&SipMessage::Response(answer))
        .media
        .iter()
        .map(|media| format!("{} {} {}", media.kind, media.port != 0, media.protocol))
        .collect();
    assert_eq!(media, ["audio true RTP/SAVP", "video false RTP/AVP", "application true udp"]);
}

#[test]
fn members_that_answer_with_something_else_are_not_let_in() {
    let mut config = config();
    let elsewhere = call_control::config::PeerFunction {
        address: CORE.parse().unwrap(),
        identity: "sip:pf@far.example.org".into(),
    };
    config.users[3].participating = Some(elsewhere);
    let answers = [
        (
            "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 0 RTP/SAVP 97\r\nm=application 0 udp MCPTT\r\n",
            false,
        ),
        (
            "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 7000 RTP/SAVP 97\r\na=rtpmap:97 AMR-WB/16000\r\nm=application 7002 udp MCPTT\r\n",
            false,
        ),
        (
            "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\nc=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 7000 RTP/SAVP 97\r\na=rtpmap:97 AMR-WB/16000\r\na=crypto:2 AES_CM_128_HMAC_SHA1_80 inline:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\r\nm=application 7002 udp MCPTT\r\na=fmtp:MCPTT mc_priority=9\r\n",
            true,
        ),
        ("nonsense", false),
    ];
    for (answer, accepted) in answers {
        let mut rig = ready(config.clone(), vec![client_config(0)]);
        // Dave is affiliated through a participating function elsewhere.
        let presence = format!(
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"{GROUP}\">\
             <tuple id=\"{}\"><status><m:affiliation client=\"{}\"/></status></tuple></presence>",
            mcptt_id(3),
            client_id(3)
        );
        let publish = Raw::new("PUBLISH", CF_IDENTITY, "sip:pf@far.example.org")
            .header("Event: presence")
            .header("Expires: 4294967295")
            .info(&format!(
                "<mcptt-request-uri><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>\
                 <mcptt-calling-user-id><mcpttURI>{}</mcpttURI></mcptt-calling-user-id>",
                mcptt_id(3)
            ))
            .part("application/pidf+xml", &presence);
        assert_eq!(rig.ask(CORE, CF, &publish.text()).status.0, 200);
        rig.call(0);
        let invite = rig.request("cf", "core", "INVITE");
        assert_eq!(invite.uri, "sip:pf@far.example.org");
        let mut response = mcptt_codec::sip::Response::to(&invite, mcptt_codec::sip::StatusCode::OK);
        let to = format!("{};tag=far", invite.headers.get(&mcptt_codec::sip::HeaderName::To).unwrap());
        response.headers.set(mcptt_codec::sip::HeaderName::To, to);
        response.headers.push(mcptt_codec::sip::HeaderName::Contact, format!("<sip:leg@{CORE}>"));
        response.set_parts(&[mcptt_codec::sip::Part::new("application/sdp", answer.to_owned())]);
        rig.forget();
        rig.inject(CORE, CF, &response.encode());
        assert_eq!(participants(&rig).len(), usize::from(accepted), "{answer}");
        let failed =
            rig.events.iter().any(|event| matches!(event, Event::InvitationFailed { status: 488, .. }));
        assert_eq!((failed, rig.trace().contains(&"cf>core BYE".to_owned())), (!accepted, !accepted));
        if accepted {
            let floor = &participants(&rig)[0].floor_parameters;
            assert_eq!((floor.queueing, floor.priority), (false, Some(5)));
        }
    }
}

#[test]
fn one_device_in_two_calls_uses_two_local_ports() {
    let mut config = config();
    let members = config.groups[0].members.clone();
    config.groups.push(call_control::config::Group::prearranged("sip:other@mc.example.org", members));
    let mut rig = Rig::ready(config, 2);
    rig.command(
        1,
        call_control::client::ClientCommand::Affiliate {
            groups: vec![GROUP.into(), "sip:other@mc.example.org".into()],
        },
    );
    rig.command(
        0,
        call_control::client::ClientCommand::Affiliate {
            groups: vec![GROUP.into(), "sip:other@mc.example.org".into()],
        },
    );
    rig.forget();
    rig.call(0);
    rig.call_with(0, GroupCall::new("sip:other@mc.example.org"));
    let all = participants(&rig);
    assert_eq!(all.len(), 4);
    let distinct: std::collections::BTreeSet<_> = all
        .iter()
        .flat_map(|one| [(one.audio.local, one.audio.remote), (one.floor.local, one.floor.remote)])
        .collect();
    assert_eq!(distinct.len(), 8);
}

#[test]
fn a_caller_may_hide_its_identity_from_the_others() {
    for (header, expected) in [("Privacy: id", true), ("Privacy: header;id", true), ("Privacy: none", false)]
    {
        let mut rig = Rig::with_members(1);
        let text = core_invite(0, &group_call(GROUP, "")).header(header).text();
        assert_eq!(rig.ask(CORE, PF, &text).status.0, 200);
        assert_eq!(participants(&rig)[0].floor_parameters.privacy, expected, "{header}");
    }
}

/// Media that came back to us would be taken for somebody's voice.
#[test]
fn an_address_of_our_own_is_no_place_for_media() {
    let own = |offset: u16| {
        let media = config().media;
        std::net::SocketAddr::new(media.address, media.audio_ports.start() + offset)
    };
    let caller = ClientConfig { audio: own(0), ..plain_client(0) };
    let mut rig = ready(plain(), vec![caller, plain_client(1)]);
    rig.call(0);
    assert_eq!(rig.failure(0), (488, None));
    assert!(participants(&rig).is_empty());

    let member = ClientConfig { audio: own(2), ..plain_client(1) };
    let mut rig = ready(plain(), vec![plain_client(0), member]);
    rig.call(0);
    assert_eq!(participants(&rig).len(), 1, "only the caller is connected");
}

/// A client that would rather send redundancy, and knows repair packets.
fn redundant_client(at: usize) -> ClientConfig {
    let format = |payload_type, rtpmap, fmtp: Option<&'static str>| AudioFormat {
        payload_type,
        rtpmap: ByteStr::from_static(rtpmap),
        fmtp: fmtp.map(ByteStr::from_static),
    };
    let codecs = vec![
        format(98, "red/16000/1", Some("97/97")),
        AudioFormat::amr_wb(),
        format(99, "ulpfec/16000", None),
    ];
    ClientConfig { codecs, ..client_config(at) }
}

//= RFC2198-5:agreed test
#[test]
fn redundancy_is_agreed_on_with_those_who_know_it() {
    let mut rig = ready(config(), vec![redundant_client(0), redundant_client(1), client_config(2)]);
    rig.call(0);
    let known = Redundancy { redundant: Some(98), ulp: Some(99), flexible: None };
    let agreed: Vec<_> = participants(&rig)
        .into_iter()
        .map(|participant| (participant.audio.remote.ip(), participant.payload_type, participant.redundancy))
        .collect();
    let expected =
        [(0, known), (1, known), (2, Redundancy::default())].map(|(at, of)| (address(at).ip(), 97, of));
    for one in expected {
        assert!(agreed.contains(&one), "{one:?} {agreed:?}");
    }
    assert_eq!([0, 1].map(|at| rig.established(at).redundancy), [known; 2]);
    assert_eq!(rig.established(2).redundancy, Redundancy::default());
    assert_eq!([0, 1, 2].map(|at| rig.established(at).payload_type), [97; 3]);
    // Members are offered what the caller would rather have, and answer with what they know.
    let offer = description_of(&SipMessage::Request(rig.request("pf", "carol", "INVITE"))).encode();
    assert!(offer.contains("RTP/SAVP 98 97 99\r\n") && offer.contains("a=fmtp:98 97/97\r\n"), "{offer}");
    let answer = description_of(&SipMessage::Response(rig.response("carol", "pf", "200 INVITE"))).encode();
    assert!(answer.contains("RTP/SAVP 97\r\n") && !answer.contains("red/"), "{answer}");
}
