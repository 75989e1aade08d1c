//! MBMS signalling: bearers announced and withdrawn, reports of clients, media through the participating function.

use std::net::SocketAddr;

use call_control::client::{AnnouncedBearer, ClientCommand, ClientEvent, GroupCall};
use call_control::config::{Config, MbmsBearer, MbmsSubchannelConfig};
use call_control::{Command, Event, MediaCommand};
use mcptt_codec::floor::Plmn;
use mcptt_codec::sip::{HeaderName, Limits, SipMessage};
use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::xml::mbms_usage_info::MbmsUsageInfo;
use mcptt_codec::xml::mime;

use crate::rig::*;

const MBMS: &str = "sip:mbms@pf.mc.example.org";
const TMGI: Tmgi = Tmgi { service_id: [0, 0, 1], plmn: Some(Plmn([0x13, 0xf0, 0x01])) };

fn bearer() -> MbmsBearer {
    MbmsBearer {
        tmgi: TMGI,
        qci: 65,
        frequencies: Vec::new(),
        service_areas: vec![1, 515],
        report_suspension: true,
        general_purpose: "232.1.1.1:41000".parse().unwrap(),
        subchannels: vec![MbmsSubchannelConfig {
            address: "232.1.1.2".parse().unwrap(),
            audio_port: 41_002,
            floor_port: 41_004,
        }],
    }
}

/// One bearer, and media without protection.
fn with_bearer() -> Config {
    let mut config = config();
    config.mbms.identity = Some(MBMS.into());
    config.mbms.bearers.push(bearer());
    config.media.plain_rtp = true;
    config.groups[0].protect_media = false;
    config
}

fn rig(clients: usize) -> Rig {
    let mut rig = Rig::new(with_bearer());
    for at in 0..clients {
        let mut client = client_config(at);
        client.suites.clear();
        rig.add(client);
        rig.register(at);
        rig.affiliate(at);
    }
    rig
}

fn usage_of(message: &SipMessage) -> MbmsUsageInfo {
    let SipMessage::Request(request) = message else { panic!("{message:?}") };
    let parts = request.parts(&Limits::default()).unwrap();
    MbmsUsageInfo::parse(&parts.iter().find(|part| part.is(mime::MBMS_USAGE_INFO)).unwrap().body).unwrap()
}

fn announced(rig: &Rig, at: usize) -> Vec<AnnouncedBearer> {
    let told = rig.events_of(at).into_iter().filter_map(|event| match event {
        ClientEvent::BearerAnnounced(bearer) => Some(bearer),
        _ => None,
    });
    told.collect()
}

fn reports(rig: &mut Rig, at: usize, listening: bool) {
    rig.command(at, ClientCommand::ReportListening { identity: MBMS.into(), tmgi: TMGI, listening });
}

/// The listening reports that the media plane was told of.
fn listening(rig: &Rig) -> Vec<bool> {
    let told = rig.media.iter().filter_map(|command| match command {
        MediaCommand::ListeningStatus { tmgi: TMGI, listening, .. } => Some(*listening),
        _ => None,
    });
    told.collect()
}

//= 24.379-14.2.2 test
#[test]
fn a_client_that_uses_the_service_is_told_about_the_bearers() {
    let rig = rig(1);
    let message = rig.request("pf", "alice", "MESSAGE");
    assert_eq!(values(&message.headers, &HeaderName::PAssertedIdentity), [format!("<{MBMS}>").as_str()]);
    assert_eq!(message.headers.all(&HeaderName::AcceptContact).count(), 2);
    let message = SipMessage::Request(message);
    let usage = usage_of(&message);
    let announcement = usage.announcement.unwrap();
    assert_eq!(announcement.tmgi.0, [0, 0, 1, 0x13, 0xf0, 0x01]);
    let areas: Vec<_> = announcement.service_areas.unwrap().areas.into_iter().map(|area| area.0).collect();
    assert_eq!((announcement.qci, areas), (Some(65), vec![vec![0, 1], vec![2, 3]]));
    assert_eq!((usage.general_purpose_media, usage.version), (Some(1), Some(1)));
    let description = description_of(&message).encode();
    let lines: Vec<&str> =
        description.lines().filter(|line| ["m=", "c="].iter().any(|start| line.starts_with(start))).collect();
    assert_eq!(lines[1], "m=application 41000 udp MCPTT");
    assert!(lines[0].contains("232.1.1.1"), "{lines:?}");
    assert_eq!((lines.len(), lines[2]), (6, "m=audio 9 RTP/AVP 97"));
    let general_purpose: Option<SocketAddr> = Some("232.1.1.1:41000".parse().unwrap());
    let expected = AnnouncedBearer {
        tmgi: TMGI,
        general_purpose,
        identity: MBMS.into(),
        report_suspension: true,
        control_key: None,
        floor_keys: Vec::new(),
    };
    assert_eq!(announced(&rig, 0), [expected]);
    assert!(rig.media.iter().any(|command| matches!(command, MediaCommand::BearerActivated { .. })));
}

//= 24.379-14.2.2:remove test
#[test]
fn a_bearer_that_is_withdrawn_is_announced_without_areas() {
    let mut rig = rig(2);
    rig.forget();
    rig.operator(Command::UseBearer { tmgi: TMGI, used: false });
    for (at, name) in NAMES.iter().enumerate().take(2) {
        let usage = usage_of(&SipMessage::Request(rig.request("pf", name, "MESSAGE")));
        assert_eq!(usage.announcement.unwrap().service_areas, None);
        assert_eq!(announced(&rig, at)[0].general_purpose, None);
    }
    assert_eq!(rig.media, [MediaCommand::BearerDeactivated { tmgi: TMGI }]);
    // Once more changes nothing, and it can come back.
    rig.forget();
    rig.operator(Command::UseBearer { tmgi: TMGI, used: false });
    assert!(rig.trace().is_empty());
    rig.operator(Command::UseBearer { tmgi: TMGI, used: true });
    assert!(announced(&rig, 0)[0].general_purpose.is_some());
}

//= 24.379-14.2.3 test
#[test]
fn what_a_client_listens_to_is_told_to_the_media_plane_for_each_of_its_calls() {
    let mut rig = rig(2);
    rig.forget();
    reports(&mut rig, 1, true);
    assert_eq!(rig.response("pf", "bob", "200 MESSAGE").status.0, 200);
    assert_eq!(listening(&rig), Vec::<bool>::new());
    rig.call(0);
    // Both calls pass through the participating function; bob listens already.
    let relayed: Vec<_> =
        rig.media.iter().filter(|command| matches!(command, MediaCommand::RelayStarted { .. })).collect();
    assert_eq!((relayed.len(), listening(&rig)), (2, vec![true]));
    reports(&mut rig, 1, false);
    reports(&mut rig, 0, true);
    assert_eq!(listening(&rig), [true, false, true]);
    // Of a bearer that nobody knows nothing is said.
    let other = Tmgi { service_id: [9, 9, 9], plmn: None };
    rig.command(0, ClientCommand::ReportListening { identity: MBMS.into(), tmgi: other, listening: true });
    assert_eq!(listening(&rig).len(), 3);
}

//= 24.379-14.2.4 test
#[test]
fn a_suspended_bearer_is_not_listened_to() {
    let mut rig = rig(2);
    reports(&mut rig, 1, true);
    rig.call(0);
    rig.forget();
    rig.command(1, ClientCommand::ReportSuspension { identity: MBMS.into(), tmgi: TMGI, suspended: true });
    assert_eq!(listening(&rig), [false]);
    let reported =
        rig.events.iter().any(|event| matches!(event, Event::BearerSuspended { suspended: true, .. }));
    assert!(reported, "{:?}", rig.events);
}

#[test]
fn media_goes_to_the_ports_of_the_participating_function_on_both_sides() {
    let mut rig = rig(2);
    rig.call(0);
    let of_alice = rig.media.iter().find_map(|command| match command {
        MediaCommand::RelayStarted { client, controlling, .. } => (client.audio.remote
            == "192.0.2.10:40000".parse().unwrap())
        .then_some((client.audio.local, controlling.audio.local)),
        _ => None,
    });
    let (for_client, for_function) = of_alice.unwrap_or_else(|| panic!("{:?}", rig.media));
    assert_eq!(rig.established(0).remote_audio, for_client);
    let participants: Vec<SocketAddr> = rig
        .media
        .iter()
        .filter_map(|command| match command {
            MediaCommand::LegConnected { participant, .. } => Some(participant.audio.remote),
            _ => None,
        })
        .collect();
    assert!(participants.contains(&for_function), "{participants:?}");
    // Whoever wants SRTP speaks with the controlling function's media directly.
    let mut rig = Rig::new(with_bearer());
    for at in 0..2 {
        rig.add(client_config(at));
        rig.register(at);
        rig.affiliate(at);
    }
    rig.call_with(0, GroupCall::new(GROUP));
    assert!(!rig.media.iter().any(|command| matches!(command, MediaCommand::RelayStarted { .. })));
    // The end of a call is the end of its relays.
    let mut rig = self::rig(2);
    rig.call(0);
    let call = rig.established(0).call;
    rig.command(0, ClientCommand::Leave { call });
    let ended = rig.media.iter().filter(|command| matches!(command, MediaCommand::RelayEnded { .. }));
    assert_eq!(ended.count(), 2);
}

#[test]
fn settings_of_bearers_are_checked() {
    let wrong = |change: fn(&mut Config)| {
        let mut config = with_bearer();
        change(&mut config);
        config.validate().unwrap_err().setting
    };
    type Change = fn(&mut Config);
    let table: [(Change, &str); 7] = [
        (|config| config.mbms.identity = None, "mbms.identity"),
        (|config| config.mbms.bearers[0].service_areas.clear(), "mbms.bearers[0].service-areas"),
        (|config| config.mbms.bearers[0].qci = 0, "mbms.bearers[0].qci"),
        (
            |config| config.mbms.bearers[0].general_purpose = "192.0.2.5:41000".parse().unwrap(),
            "mbms.bearers[0].address",
        ),
        (|config| config.mbms.bearers.push(bearer()), "mbms.bearers[1].tmgi"),
        (|config| config.mbms.audio_ports = 20_000..=20_001, "mbms.audio-ports"),
        (|config| config.mbms.floor_ports = 20_030..=20_031, "mbms.audio-ports"),
    ];
    for (change, setting) in table {
        assert_eq!(wrong(change), setting);
    }
}
