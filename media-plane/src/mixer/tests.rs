use std::time::Duration;

use bytes::BytesMut;
use mcptt_codec::rtp::RtpHeader;

use super::*;
use crate::audio::Decoder;
use crate::testing::{correlation, t0, voice};

const WANTED: usize = frame_samples(RATE);

/// The packets of a talker.
fn talker(leg: u8, codec: Codec, speech: &[i16]) -> Vec<Bytes> {
    let mut encoder = Encoder::new(codec, RATE, &EncoderSettings::default()).unwrap();
    let mut payload = Vec::new();
    let mut packet = |(number, frame): (usize, &[i16])| {
        encoder.encode(frame, &mut payload).unwrap();
        let header = RtpHeader {
            marker: number == 0,
            sequence: number as u16,
            timestamp: number as u32 * codec.ticks_per_frame(),
            ssrc: Ssrc(leg.into()),
            ..RtpHeader::default()
        };
        let mut octets = BytesMut::new();
        header.encode(&mut octets).unwrap();
        octets.extend_from_slice(&payload);
        octets.freeze()
    };
    speech.chunks_exact(WANTED).enumerate().map(&mut packet).collect()
}

/// What each kind of listener hears while these talk.
fn mixed(talkers: &[(u8, Codec, Vec<i16>)], kinds: &[Kind]) -> Vec<Vec<i16>> {
    let (start, mut mixer) = (t0(), Mixer::new());
    let mut decoders: Vec<_> =
        kinds.iter().map(|kind| (Decoder::new(kind.codec, RATE).unwrap(), Vec::new())).collect();
    let packets: Vec<_> =
        talkers.iter().map(|(leg, codec, speech)| (*leg, *codec, talker(*leg, *codec, speech))).collect();
    let frames = packets.iter().map(|(_, _, packets)| packets.len()).max().unwrap();
    for number in 0..frames + 60 {
        let now = start + Duration::from_millis(20) * number as u32;
        for (leg, codec, packets) in &packets {
            if let Some(packet) = packets.get(number) {
                mixer.packet(now, LegRef((*leg).into()), *codec, packet);
            }
        }
        while mixer.advance(now) {
            for (kind, (decoder, heard)) in kinds.iter().zip(&mut decoders) {
                if let Some(mixed) = mixer.mixture(*kind) {
                    decoder.decode(mixed.payload, heard).unwrap();
                }
            }
        }
    }
    assert_eq!(mixer.poll_timeout(), None);
    decoders.into_iter().map(|(_, heard)| heard).collect()
}

fn kind(codec: Codec, everything: bool, talker: Option<u8>) -> Kind {
    Kind { codec, everything, talker: talker.map(|leg| LegRef(leg.into())) }
}

/// How much of each voice is in what was heard.
fn shares<const N: usize>(heard: &[i16], voices: [&[i16]; N]) -> [f64; N] {
    voices.map(|voice| correlation(voice, heard, WANTED * 3).0)
}

#[test]
fn every_listener_hears_the_others_and_never_itself() {
    let (one, two) = (voice(RATE, 120.0, WANTED * 60), voice(RATE, 211.0, WANTED * 60));
    let talkers = [(1, Codec::Opus, one.clone()), (2, Codec::Pcmu, two.clone())];
    let kinds = [
        kind(Codec::Pcma, true, None),
        kind(Codec::Opus, true, Some(1)),
        kind(Codec::Pcmu, true, Some(2)),
        kind(Codec::Opus, false, None),
        kind(Codec::Pcmu, false, None),
    ];
    let heard = mixed(&talkers, &kinds);
    let of = |at: usize| shares(&heard[at], [&one, &two]);
    let [both_one, both_two] = of(0);
    assert!(both_one > 0.5 && both_two > 0.5, "{:?}", of(0));
    let [own, other] = of(1);
    assert!(own < 0.2 && other > 0.9, "{:?}", of(1));
    let [other, own] = of(2);
    assert!(own < 0.2 && other > 0.9, "{:?}", of(2));
    // Who hears its own codec directly finds the other one only.
    assert!(of(3)[0] < 0.2 && of(3)[1] > 0.9, "{:?}", of(3));
    assert!(of(4)[0] > 0.9 && of(4)[1] < 0.2, "{:?}", of(4));
}

#[test]
fn a_talker_alone_gets_nothing() {
    let speech = voice(RATE, 120.0, WANTED * 10);
    let kinds = [kind(Codec::Opus, true, Some(1)), kind(Codec::Opus, false, None)];
    let heard = mixed(&[(1, Codec::Opus, speech)], &kinds);
    assert!(heard.iter().all(Vec::is_empty));
}

#[test]
fn loud_voices_saturate_and_do_not_wrap() {
    let square: Vec<i16> =
        (0..WANTED * 30).map(|at| if at / 80 % 2 == 0 { 30_000 } else { -30_000 }).collect();
    let talkers = [(1, Codec::Pcmu, square.clone()), (2, Codec::Pcmu, square.clone())];
    let heard = mixed(&talkers, &[kind(Codec::Pcma, true, None)]);
    let (alike, _) = correlation(&square, &heard[0], WANTED * 3);
    assert!(alike > 0.9, "{alike}");
}

#[test]
fn more_talkers_than_the_limit_are_not_taken() {
    let (now, mut mixer) = (t0(), Mixer::new());
    let packets = talker(1, Codec::Pcmu, &voice(RATE, 120.0, WANTED));
    for leg in 0..100_u64 {
        mixer.packet(now, LegRef(leg), Codec::Pcmu, &packets[0]);
    }
    assert_eq!(mixer.sources.len(), MOST_SOURCES);
    mixer.leave(LegRef(0));
    assert_eq!(mixer.sources.len(), MOST_SOURCES - 1);
}

//= RFC3550-7.1 test
#[test]
fn the_packets_of_a_mixture_name_whose_voices_they_carry() {
    let mut stream = MixedStream::default();
    let mixed = Mixed { payload: &[1, 2, 3], sources: &[Ssrc(7), Ssrc(9)] };
    let packet = |stream: &mut MixedStream| {
        RtpPacket::decode(&stream.packet(t0(), Ssrc(1), 8, &mixed).unwrap()).unwrap()
    };
    let first = packet(&mut stream);
    assert_eq!((first.header.ssrc, first.header.csrc.as_slice()), (Ssrc(1), [Ssrc(7), Ssrc(9)].as_slice()));
    assert!(first.header.marker);
    stream.passed(Codec::Pcma, true);
    assert!(!packet(&mut stream).header.marker);
    // A frame of silence: time goes on, the numbers do not.
    stream.passed(Codec::Pcma, true);
    stream.passed(Codec::Pcma, false);
    let third = packet(&mut stream).header;
    assert_eq!((third.sequence, third.timestamp, third.marker), (2, 480, true));
}
