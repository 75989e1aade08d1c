//! Listeners that hear a mixture, and the other ways of distribution.

use super::protection::{SUITES, protected};
use super::*;
use crate::audio::{Codec, Decoder, Encoder, EncoderSettings, frame_samples};
use crate::distribution::{DistributionSettings, Mode, Reason, WantedMode};
use crate::testing::{correlation, voice};
use mcptt_codec::rtcp::{self, RtcpPacket};
use mcptt_codec::rtp::RtpPacket;

const RATE: u32 = 16_000;
const WANTED: usize = frame_samples(RATE);

fn payload_type(codec: Codec) -> u8 {
    match codec {
        Codec::Opus => PAYLOAD_TYPE,
        Codec::Pcmu => 0,
        Codec::Pcma => 8,
    }
}

fn with_codec(mut participant: Participant, codec: Codec) -> Participant {
    participant.payload_types = vec![payload_type(codec)];
    participant.voice.codec = Some(codec);
    participant.floor_parameters.multi_talker_allowed = true;
    participant.floor_parameters.emergency_allowed = true;
    participant
}

/// A call whose participants 1, 2, 3 ... have these codecs.
fn rig(codecs: &[Codec], change: impl FnOnce(&mut CallSettings), of: impl Fn(u8) -> Participant) -> Rig {
    let mut rig = Rig::new(Config::default());
    let mut settings = settings();
    change(&mut settings);
    rig.initiate(CALL, settings);
    for (leg, codec) in (1..).zip(codecs) {
        rig.connect(with_codec(of(leg), *codec), leg);
    }
    rig
}

fn ask(rig: &mut Rig, leg: u8) {
    let indicator = Some(FloorIndicator::EMERGENCY);
    let request = FloorRequest { ssrc: ssrc(leg), indicator, ..FloorRequest::default() };
    rig.floor(leg, &FloorMessage::Request(request).encode().unwrap());
    rig.sent();
}

/// What the listeners hear, by listener and source.
type Heard = HashMap<(u8, Ssrc), (Decoder, Vec<i16>, Vec<RtpPacket>)>;

/// Lets these talk, one packet every 20 ms each, and takes what everybody hears.
fn talk(rig: &mut Rig, codecs: &[Codec], talkers: &[(u8, &[i16])]) -> Heard {
    let of = |leg: u8| codecs[usize::from(leg) - 1];
    let settings = EncoderSettings::default();
    let mut encoders: Vec<_> =
        talkers.iter().map(|(leg, _)| Encoder::new(of(*leg), RATE, &settings).unwrap()).collect();
    let mut heard = Heard::new();
    let frames = talkers.iter().map(|(_, speech)| speech.len() / WANTED).max().unwrap();
    for number in 0..frames + 30 {
        for ((leg, speech), encoder) in talkers.iter().zip(&mut encoders) {
            let Some(frame) = speech.chunks_exact(WANTED).nth(number) else { continue };
            let mut payload = Vec::new();
            encoder.encode(frame, &mut payload).unwrap();
            let header = RtpHeader {
                payload_type: payload_type(of(*leg)),
                marker: number == 0,
                sequence: number as u16,
                timestamp: number as u32 * of(*leg).ticks_per_frame(),
                ssrc: ssrc(*leg),
                ..RtpHeader::default()
            };
            let mut packet = BytesMut::new();
            header.encode(&mut packet).unwrap();
            packet.extend_from_slice(&payload);
            rig.media(*leg, &packet.freeze());
        }
        rig.advance(Duration::from_millis(20));
        for sent in rig.sent() {
            let Sent::Media(leg, octets) = sent else { continue };
            let packet = RtpPacket::decode(&octets).unwrap();
            let new = || (Decoder::new(of(leg), RATE).unwrap(), Vec::new(), Vec::new());
            let (decoder, samples, packets) = heard.entry((leg, packet.header.ssrc)).or_insert_with(new);
            decoder.decode(&packet.payload, samples).unwrap();
            packets.push(packet);
        }
    }
    heard
}

fn sources_of(heard: &Heard, leg: u8) -> Vec<Ssrc> {
    let mut sources: Vec<_> =
        heard.keys().filter(|(own, _)| *own == leg).map(|(_, source)| *source).collect();
    sources.sort();
    sources
}

#[test]
fn two_talkers_reach_a_telephone_as_one_voice_and_none_hears_itself() {
    let codecs = [Codec::Opus, Codec::Opus, Codec::Pcmu, Codec::Opus];
    let (one, two) = (voice(RATE, 120.0, WANTED * 60), voice(RATE, 211.0, WANTED * 60));
    let mut rig = rig(&codecs, |call| call.max_talkers = Some(2), participant);
    ask(&mut rig, 1);
    ask(&mut rig, 2);
    let heard = talk(&mut rig, &codecs, &[(1, &one), (2, &two)]);
    // Those who know Opus hear the packets of the talkers, each its own source.
    assert_eq!(sources_of(&heard, 1), [ssrc(2)]);
    assert_eq!(sources_of(&heard, 2), [ssrc(1)]);
    assert_eq!(sources_of(&heard, 4), [ssrc(1), ssrc(2)]);
    // The telephone hears one stream with both.
    let [source] = sources_of(&heard, 3)[..] else { panic!("{:?}", sources_of(&heard, 3)) };
    let (_, samples, packets) = &heard[&(3, source)];
    let shares = [&one, &two].map(|voice| correlation(voice, samples, WANTED * 4).0);
    assert!(shares.iter().all(|share| *share > 0.5), "{shares:?}");
    assert!(packets.iter().all(|packet| packet.header.payload_type == 0 && packet.payload.len() == 160));
    assert_eq!(packets[5].header.csrc.as_slice(), [ssrc(1), ssrc(2)]);
    assert!(
        packets.windows(2).all(|pair| pair[1].header.sequence == pair[0].header.sequence.wrapping_add(1))
    );
    // Its sender reports are about that stream, those of the others about the talkers they hear.
    rig.advance(Duration::from_secs(1));
    let mut about: HashMap<u8, Vec<(Ssrc, u32)>> = HashMap::new();
    for sent in rig.sent_with_reports() {
        let Sent::Reports(leg, octets) = sent else { continue };
        for report in rtcp::packets(&octets).map(Result::unwrap) {
            if let RtcpPacket::SenderReport(report) = report {
                about.entry(leg).or_default().push((report.ssrc, report.info.packet_count));
            }
        }
    }
    assert_eq!(about[&3], [(source, packets.len() as u32)]);
    assert_eq!(about[&1], [(ssrc(2), 60)]);
    assert_eq!(about[&4], [(ssrc(1), 60), (ssrc(2), 60)]);
}

#[test]
fn in_a_mixed_call_everybody_hears_one_stream_without_its_own_voice() {
    let codecs = [Codec::Opus, Codec::Pcma, Codec::Opus];
    let (one, two) = (voice(RATE, 120.0, WANTED * 60), voice(RATE, 211.0, WANTED * 60));
    let change = |call: &mut CallSettings| {
        call.max_talkers = Some(2);
        call.distribution.wanted = WantedMode::Mixing;
    };
    let mut rig = rig(&codecs, change, participant);
    ask(&mut rig, 1);
    ask(&mut rig, 2);
    let heard = talk(&mut rig, &codecs, &[(1, &one), (2, &two)]);
    let shares = |leg: u8| {
        let sources = sources_of(&heard, leg);
        assert_eq!(sources.len(), 1, "{leg}");
        let samples = &heard[&(leg, sources[0])].1;
        [&one, &two].map(|voice| correlation(voice, samples, WANTED * 4).0)
    };
    assert!(shares(1)[0] < 0.2 && shares(1)[1] > 0.9, "{:?}", shares(1));
    assert!(shares(2)[0] > 0.9 && shares(2)[1] < 0.2, "{:?}", shares(2));
    assert!(shares(3)[0] > 0.5 && shares(3)[1] > 0.5, "{:?}", shares(3));
}

#[test]
fn a_telephone_that_talks_is_heard_by_those_who_know_opus_only() {
    let codecs = [Codec::Opus, Codec::Pcmu, Codec::Pcmu];
    let speech = voice(RATE, 140.0, WANTED * 60);
    for suite in SUITES {
        let mut rig = rig(&codecs, |_| {}, |leg| protected(leg, &suite));
        rig.sent();
        rig.grant(2);
        let heard = talk(&mut rig, &codecs, &[(2, &speech)]);
        // The other telephone hears its packets as they are.
        assert_eq!(sources_of(&heard, 3), [ssrc(2)]);
        let [source] = sources_of(&heard, 1)[..] else { panic!("{:?}", sources_of(&heard, 1)) };
        let (alike, _) = correlation(&speech, &heard[&(1, source)].1, WANTED * 4);
        assert!(alike > 0.8, "{alike}");
        assert!(sources_of(&heard, 2).is_empty());
    }
}

#[test]
fn mixers_are_counted_and_limited() {
    let codecs = [Codec::Opus, Codec::Pcmu];
    let speech = voice(RATE, 140.0, WANTED * 10);
    let mut rig = rig(&codecs, |_| {}, participant);
    rig.plane.config.limits.mixers = 0;
    rig.sent();
    rig.grant(1);
    assert!(talk(&mut rig, &codecs, &[(1, &speech)]).is_empty());
    assert_eq!(rig.plane.counters().mixing_refused, 10);
    rig.plane.config.limits.mixers = 1;
    assert!(!talk(&mut rig, &codecs, &[(1, &speech)]).is_empty());
    // Nobody talks any more: it is free again.
    assert_eq!(rig.plane.mixers, 0);
}

/// The ways that were chosen, in the order of their events.
fn chosen(rig: &mut Rig) -> Vec<(Mode, Reason)> {
    let events = rig.events().into_iter();
    events
        .filter_map(|event| match event {
            Event::DistributionChosen { mode, reason, .. } => Some((mode, reason)),
            _ => None,
        })
        .collect()
}

#[test]
fn the_way_of_distribution_is_told_once_and_when_it_changes() {
    let multicast = Some(([239, 7, 7, 7], 41_000).into());
    let local = DistributionSettings {
        local_network: true,
        members: 3,
        multicast,
        peer_to_peer_members: 3,
        ..DistributionSettings::default()
    };
    let mut small = rig(&[Codec::Opus; 3], |call| call.distribution = local, participant);
    assert_eq!(chosen(&mut small), [(Mode::PeerToPeer, Reason::SmallLocalGroup)]);
    let mut small = rig(&[Codec::Opus, Codec::Pcmu], |call| call.distribution = local, participant);
    let first = (Mode::PeerToPeer, Reason::SmallLocalGroup);
    assert_eq!(chosen(&mut small), [first, (Mode::Multicast, Reason::LocalNetwork)]);
    let mut usual = rig(&[Codec::Opus; 3], |_| {}, participant);
    assert!(chosen(&mut usual).is_empty());
}

#[test]
fn by_multicast_a_packet_goes_out_once_more_and_unicast_ends_where_it_is_not_wanted() {
    for group in ["239.7.7.7:41000", "232.7.7.7:41000"] {
        let group: std::net::SocketAddr = group.parse().unwrap();
        let change = |call: &mut CallSettings| {
            call.distribution = DistributionSettings {
                wanted: WantedMode::Multicast,
                multicast: Some(group),
                ..DistributionSettings::default()
            };
        };
        let mut rig = rig(&[Codec::Opus; 3], change, participant);
        rig.drain();
        rig.grant(1);
        let sent = |rig: &mut Rig| {
            let packet = rtp(1, 7);
            rig.raw(path(1, AUDIO), &packet);
            let mut to: Vec<_> = rig
                .drain()
                .into_iter()
                .filter_map(|output| match output {
                    Output::Transmit(transmit) => {
                        assert_eq!(transmit.payload, packet);
                        assert_eq!(transmit.dscp, crate::config::Dscp::EXPEDITED_FORWARDING);
                        Some(transmit.path.remote)
                    }
                    _ => None,
                })
                .collect();
            to.sort();
            to
        };
        assert_eq!(sent(&mut rig), [path(2, AUDIO).remote, path(3, AUDIO).remote, group]);
        rig.plane.calls.get_mut(CALL).unwrap().leg_mut(LegRef(2)).unwrap().wants_media = false;
        assert_eq!(sent(&mut rig), [path(3, AUDIO).remote, group]);
        assert_eq!(rig.plane.counters().multicast_sent, 2);
    }
    // Keys are for one listener each: nothing of them goes to everybody.
    let change = |call: &mut CallSettings| {
        call.distribution.wanted = WantedMode::Multicast;
        call.distribution.multicast = Some(([239, 7, 7, 7], 41_000).into());
    };
    let mut rig = rig(&[Codec::Opus; 2], change, |leg| protected(leg, &SUITES[0]));
    assert_eq!(chosen(&mut rig).last(), Some(&(Mode::Forwarding, Reason::Protected)));
}
