//! Voice on ways other than forwarding, from the session description to the loudspeaker: G.711 beside Opus, multicast, talker data;
//! and what a client does about silence.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use call_control::client::{AudioFormat, ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::rtcp::{self, RtcpPacket};
use mcptt_codec::rtp::RtpPacket;
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::node::Event;
use mcptt_server::ue::{UeCommand, UeConfig, UeEvent};
use media_plane::audio::{Codec, Encoder, EncoderSettings, frame_samples};
use media_plane::distribution::{Mode, Reason};
use media_plane::receive::{NtpClock, PlayoutSettings, VoiceActivitySettings};

const FIRE: &str = "sip:fire-1@mc.example.org";
const RATE: u32 = 16_000;
const FRAME: Duration = Duration::from_millis(20);
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

/// Alice, bob ... are logged in for a group; each offers one codec.
fn world(change: impl Fn(&str) -> String, group: &str, codecs: &[Codec]) -> World {
    with(change, group, codecs, |_| {})
}

fn with(
    change: impl Fn(&str) -> String,
    group: &str,
    codecs: &[Codec],
    equip: impl Fn(&mut UeConfig),
) -> World {
    let text = change(config::DEFAULT);
    let mut world = World::new(config::parse(&text).expect("the configuration is valid"));
    for (user, codec) in ["alice", "bob", "carol"].into_iter().zip(codecs) {
        let user = format!("sip:{user}@mc.example.org");
        let number = world.special(&user, |config| {
            let (payload_type, rtpmap) = match codec {
                Codec::Opus => (96, "opus/48000/2"),
                Codec::Pcmu => (0, "PCMU/8000"),
                Codec::Pcma => (8, "PCMA/8000"),
            };
            config.client.codecs = vec![AudioFormat { payload_type, rtpmap: rtpmap.into(), fmtp: None }];
            config.ticks_per_packet = codec.ticks_per_frame();
            config.voice.playout = Some((PlayoutSettings::default(), RATE));
            equip(config);
        });
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![group.into()] });
        world.command(number, UeCommand::Listen { on: true });
    }
    world
}

/// A voice: harmonics of 140 Hz that swell and drift.
fn voice(frames: usize) -> Vec<i16> {
    let sample = |at: usize| {
        let turn = at as f32 / RATE as f32 * std::f32::consts::TAU;
        let harmonics: f32 =
            (1..=6).map(|n| (turn * 140.0 * n as f32 + (turn * 1.7).sin() * n as f32).sin() / n as f32).sum();
        (harmonics * (0.55 + 0.45 * (turn * 2.3).sin()) * 5_000.0) as i16
    };
    (0..frames * frame_samples(RATE)).map(sample).collect()
}

fn alike(source: &[i16], heard: &[i16]) -> f64 {
    let energy = |samples: &[i16]| samples.iter().map(|sample| f64::from(*sample).powi(2)).sum::<f64>();
    let at = |lag: usize| {
        let delayed = &heard[lag.min(heard.len())..];
        let common = source.len().min(delayed.len());
        let (source, delayed) = (&source[..common], &delayed[..common]);
        let product: f64 = source.iter().zip(delayed).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum();
        product / (energy(source) * energy(delayed)).sqrt().max(1.0)
    };
    (0..1_500).map(at).fold(0.0, f64::max)
}

/// The talker speaks, and what the listener has heard of it.
fn heard(world: &mut World, talker: usize, codec: Codec, listener: usize, speech: &[i16]) -> Vec<i16> {
    let mut encoder = Encoder::new(codec, RATE, &EncoderSettings::default()).expect("a rate of Opus");
    let mut payload = Vec::new();
    world.take_client_events(listener);
    for frame in speech.chunks_exact(frame_samples(RATE)) {
        encoder.encode(frame, &mut payload).expect("a whole frame");
        assert!(world.say(talker, &payload));
        world.advance(FRAME);
    }
    world.advance(Duration::from_millis(400));
    let events = world.take_client_events(listener).into_iter();
    let samples = events.filter_map(|event| match event {
        UeEvent::Heard { samples, .. } => Some(samples),
        _ => None,
    });
    samples.flatten().collect()
}

/// Alice calls the group, and who can hear it is in the call.
fn call(world: &mut World) {
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
    assert!(world.equipment(ALICE).call().is_some());
}

/// Bob, who refused what he was offered, comes with an offer of his own; whether he is let in.
fn comes_by_itself(world: &mut World) -> bool {
    assert!(world.equipment(BOB).call().is_none());
    world.take_client_events(BOB);
    world
        .signal(BOB, ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }));
    world.advance(Duration::from_millis(100));
    let events = world.take_client_events(BOB);
    events.iter().any(|event| matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_))))
}

fn press(world: &mut World, client: usize) {
    world.command(client, UeCommand::PressToTalk { priority: None, indicator: None });
    world.advance(Duration::from_millis(100));
    assert!(world.equipment(client).may_send());
}

#[test]
fn a_client_that_knows_only_g711_hears_and_is_heard_in_a_call_of_opus() {
    for codec in [Codec::Pcmu, Codec::Pcma] {
        let mut world = world(str::to_owned, FIRE, &[Codec::Opus, codec, Codec::Opus]);
        call(&mut world);
        assert!(comes_by_itself(&mut world));
        let speech = voice(40);
        press(&mut world, ALICE);
        let at_bob = heard(&mut world, ALICE, Codec::Opus, BOB, &speech);
        assert!(alike(&speech, &at_bob) > 0.75, "{codec:?}: {}", alike(&speech, &at_bob));
        world.command(ALICE, UeCommand::ReleaseToTalk);
        world.advance(Duration::from_millis(200));
        press(&mut world, BOB);
        let at_alice = heard(&mut world, BOB, codec, ALICE, &speech);
        assert!(alike(&speech, &at_alice) > 0.75, "{codec:?}: {}", alike(&speech, &at_alice));
    }
}

#[test]
fn where_nothing_is_transcoded_it_is_refused() {
    let forwarding = |text: &str| text.replace("distribution = \"auto\"", "distribution = \"sfu\"");
    let mut world = world(forwarding, FIRE, &[Codec::Opus, Codec::Pcmu, Codec::Opus]);
    call(&mut world);
    assert!(!comes_by_itself(&mut world));
}

#[test]
fn in_a_mixed_group_members_are_offered_g711_beside_opus() {
    let mixing = |text: &str| text.replace("distribution = \"auto\"", "distribution = \"mcu\"");
    let mut world = world(mixing, FIRE, &[Codec::Opus, Codec::Opus]);
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
    let chosen = |world: &mut World| {
        let events = world.take_events().into_iter();
        let chosen = events.filter_map(|event| match event {
            Event::MediaPlane(media_plane::Event::DistributionChosen { mode, reason, .. }) => {
                Some((mode, reason))
            }
            _ => None,
        });
        chosen.collect::<Vec<_>>()
    };
    assert_eq!(chosen(&mut world), [(Mode::Mixing, Reason::Configured)]);
    let speech = voice(40);
    press(&mut world, ALICE);
    let at_bob = heard(&mut world, ALICE, Codec::Opus, BOB, &speech);
    assert!(alike(&speech, &at_bob) > 0.7, "{}", alike(&speech, &at_bob));
}

#[test]
fn the_voice_of_a_group_goes_to_its_multicast_address_as_well() {
    let multicast = |text: &str| {
        let group = "id = \"sip:fire-1@mc.example.org\"";
        text.replace(
            group,
            &format!("{group}\ndistribution = \"multicast\"\nmulticast = \"232.5.5.5:41000\""),
        )
    };
    let mut world = world(multicast, FIRE, &[Codec::Opus, Codec::Opus]);
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
    press(&mut world, ALICE);
    world.take_to_strangers();
    for _ in 0..5 {
        assert!(world.speak(ALICE));
        world.advance(FRAME);
    }
    let sent = world.take_to_strangers();
    let cast = sent.iter().filter(|one| one.destination.to_string() == "232.5.5.5:41000");
    let sequences: Vec<u16> =
        cast.map(|one| RtpPacket::decode(&one.payload).expect("RTP").header.sequence).collect();
    assert_eq!(sequences, [0, 1, 2, 3, 4]);
}

#[test]
fn multicast_is_for_groups_whose_media_is_not_protected() {
    let group = "[[group]]\nid = \"sip:g@mc.example.org\"\nmembers = []\n";
    let refusal =
        |line: &str| config::parse(&format!("{group}{line}")).map(|_| ()).expect_err(line).to_string();
    let error = refusal("multicast = \"239.1.1.1:40000\"");
    assert!(error.starts_with("group[0].multicast = 239.1.1.1:40000: "), "{error}");
    let error = refusal("protect-media = false\nmulticast = \"192.0.2.1:40000\"");
    assert!(error.contains("a multicast address with a port"), "{error}");
    let error = config::parse("[multicast]\nttl = 0").map(|_| ()).expect_err("no hops").to_string();
    assert!(error.starts_with("multicast.ttl = 0"), "{error}");
}

//= RFC8285-5 test
//= RFC8285-7 test
#[test]
fn with_header_extensions_members_are_told_who_talks_in_the_packets() {
    for (setting, told) in [("false", None), ("true", Some("sip:alice@mc.example.org"))] {
        let change =
            |text: &str| text.replace("header-extensions = false", &format!("header-extensions = {setting}"));
        let mut world = world(change, FIRE, &[Codec::Opus, Codec::Opus]);
        world.signal(
            ALICE,
            ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
        );
        world.advance(Duration::from_millis(100));
        press(&mut world, ALICE);
        let seen = Rc::new(RefCell::new(Vec::new()));
        let (sink, [_, bob, _]) = (Rc::clone(&seen), World::addresses(1));
        world.lose(Box::new(move |datagram| {
            if datagram.destination == bob {
                sink.borrow_mut().push(datagram.payload.clone());
            }
            false
        }));
        assert!(world.speak(ALICE));
        let seen = seen.borrow();
        let packet = RtpPacket::decode(&seen[0]).expect("RTP");
        let talker = packet.header.extension.as_ref().and_then(|extension| extension.element(1));
        assert_eq!(talker, told.map(str::as_bytes));
    }
}

//= RFC3550-6.4 test
#[test]
fn talkers_and_listeners_report() {
    let equip = |config: &mut UeConfig| {
        let name = config.client.mcptt_id.as_str().trim_start_matches("sip:").to_owned();
        let clock = NtpClock::new(mcptt_server::testing::t0(), 0xe000_0000 << 32);
        config.voice.reports = Some((name.into(), clock));
    };
    let mut world = with(str::to_owned, FIRE, &[Codec::Opus, Codec::Opus], equip);
    call(&mut world);
    press(&mut world, ALICE);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&seen);
    world.lose(Box::new(move |datagram| {
        if datagram.source.port() == World::addresses(0)[1].port() + 1 {
            sink.borrow_mut().push((datagram.source.ip(), datagram.payload.clone()));
        }
        false
    }));
    heard(&mut world, ALICE, Codec::Opus, BOB, &voice(400));
    world.advance(Duration::from_secs(8));
    // The server has reported, too, and what was answered tells the way, which is none here.
    let media = world.node().counters().media;
    assert!(media.reports_sent >= 4, "{}", media.reports_sent);
    let trips = media.round_trips;
    assert!(trips.counts()[0] > 0 && trips.counts()[1..].iter().all(|count| *count == 0), "{trips:?}");
    let seen = seen.borrow();
    let of = |client: u8| {
        let of = seen.iter().filter(|(ip, _)| *ip == World::addresses(client)[1].ip());
        of.filter_map(|(_, payload)| rtcp::packets(payload).next()?.ok()).collect::<Vec<_>>()
    };
    let sent = of(0).into_iter().find_map(|packet| match packet {
        RtcpPacket::SenderReport(report) => Some((report.ssrc, report.info.packet_count)),
        _ => None,
    });
    let (talker, packets) = sent.expect("a sender report of the talker");
    assert!(packets > 50, "{packets}");
    let received = of(1).into_iter().find_map(|packet| match packet {
        RtcpPacket::ReceiverReport(report) => report.reports.into_iter().find(|block| block.ssrc == talker),
        _ => None,
    });
    let block = received.expect("a report about the talker");
    assert_eq!((block.fraction_lost, block.cumulative_lost, block.jitter), (0, 0, 0));
}

//= RFC2198-5:agreed test
#[test]
fn redundancy_repairs_what_is_lost_to_those_who_know_it() {
    let equip = |config: &mut UeConfig| {
        if config.client.mcptt_id.as_str() != "sip:carol@mc.example.org" {
            let (rtpmap, fmtp) = ("red/48000/2".into(), Some("96/96".into()));
            config.client.codecs.insert(0, AudioFormat { payload_type: 98, rtpmap, fmtp });
            config.voice.redundancy = 1;
        }
    };
    let mut world = with(str::to_owned, FIRE, &[Codec::Opus; 3], equip);
    call(&mut world);
    press(&mut world, ALICE);
    let seen = Rc::new(RefCell::new(Vec::new()));
    let sink = Rc::clone(&seen);
    let [_, bob, carol] = [0, 1, 2].map(|client| World::addresses(client)[1]);
    world.lose(Box::new(move |datagram| {
        if [bob, carol].contains(&datagram.destination) {
            let packet = RtpPacket::decode(&datagram.payload).expect("RTP");
            sink.borrow_mut().push((datagram.destination, packet.header.payload_type));
            return packet.header.sequence % 4 == 3;
        }
        false
    }));
    // The packets that are heard, of a hundred: a quarter is lost on the way to both.
    for client in [BOB, CAROL] {
        world.take_client_events(client);
    }
    heard(&mut world, ALICE, Codec::Opus, ALICE, &voice(100));
    let played = [BOB, CAROL].map(|client| {
        let events = world.take_client_events(client).into_iter();
        let of = events.filter_map(|event| match event {
            UeEvent::Heard { timestamps, .. } => Some(timestamps.len()),
            _ => None,
        });
        of.sum::<usize>()
    });
    assert!(played[0] >= 95 && played[1] <= 80, "{played:?}");
    let seen = seen.borrow();
    let types = |of| seen.iter().filter(|(to, _)| *to == of).map(|(_, number)| *number).collect::<Vec<_>>();
    assert_eq!((types(bob), types(carol)), (vec![98; 100], vec![96; 100]));
}

#[test]
fn a_button_that_is_stuck_gives_the_floor_back() {
    let equip = |config: &mut UeConfig| {
        let release_after = Some(Duration::from_secs(3));
        config.voice.activity =
            Some(VoiceActivitySettings { release_after, ..VoiceActivitySettings::default() });
    };
    let mut world = with(str::to_owned, FIRE, &[Codec::Opus, Codec::Opus], equip);
    call(&mut world);
    press(&mut world, ALICE);
    let speech = voice(100);
    let silence = vec![0; frame_samples(RATE)];
    for frame in speech.chunks_exact(frame_samples(RATE)) {
        world.microphone(ALICE, frame);
        assert!(world.speak(ALICE));
        world.advance(FRAME);
    }
    for _ in 0..100 {
        world.microphone(ALICE, &silence);
        assert!(world.speak(ALICE));
        world.advance(FRAME);
    }
    // Two seconds of silence are a pause. Then even the microphone says nothing any more.
    world.take_client_events(ALICE);
    world.advance(Duration::from_millis(1_500));
    assert!(!world.equipment(ALICE).may_send());
    let events = world.take_client_events(ALICE);
    assert!(events.contains(&UeEvent::SilenceNoticed), "{events:?}");
}
