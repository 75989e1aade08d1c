//! What one packet costs a listener: the playout buffer alone, with parity, and with each codec up to samples; and what one
//! mixture costs per talker.

#![allow(clippy::unwrap_used, reason = "streams that are known to be well formed")]

use std::hint::black_box;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use criterion::{Criterion, criterion_group, criterion_main};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use media_plane::audio::{Codec, Encoder, EncoderSettings, frame_samples};
use media_plane::receive::{
    Formats, JitterBuffer, Parity, ParityForm, PlayoutSettings, Receiver, Repair, VoicePacket,
};

const RATE: u32 = 16_000;
const PACKET_TIME: Duration = Duration::from_millis(20);
const SOURCE: Ssrc = Ssrc(7);

/// Some instant to count from.
#[allow(clippy::disallowed_methods, reason = "somewhere a virtual clock has to start")]
fn t0() -> Instant {
    Instant::now()
}

/// A second of packets of a codec.
fn payloads(codec: Codec) -> Vec<Bytes> {
    let mut encoder = Encoder::new(codec, RATE, &EncoderSettings::default()).unwrap();
    let mut payload = Vec::new();
    let frames = (0..50).map(|frame| {
        let sample = |at: usize| {
            let turn = (frame * frame_samples(RATE) + at) as f32 / RATE as f32 * std::f32::consts::TAU;
            ((turn * 140.0).sin() * 8_000.0 + (turn * 430.0).sin() * 3_000.0) as i16
        };
        let samples: Vec<i16> = (0..frame_samples(RATE)).map(sample).collect();
        encoder.encode(&samples, &mut payload).unwrap();
        Bytes::copy_from_slice(&payload)
    });
    frames.collect()
}

fn packet(codec: Codec, number: u32, payload: &Bytes) -> (RtpPacket, Bytes) {
    let header = RtpHeader {
        payload_type: 96,
        sequence: number as u16,
        timestamp: number.wrapping_mul(codec.ticks_per_frame()),
        ssrc: SOURCE,
        ..RtpHeader::default()
    };
    let packet = RtpPacket { header, payload: payload.clone(), padding: Bytes::new() };
    let mut octets = BytesMut::new();
    packet.encode(&mut octets).unwrap();
    (packet, octets.freeze())
}

fn playout(criterion: &mut Criterion) {
    let payload = Bytes::from_static(&[7; 60]);
    let (mut buffer, mut now, mut number) =
        (JitterBuffer::new(PlayoutSettings::default(), 48_000), t0(), 0_u32);
    criterion.bench_function("receive/buffer", |bencher| {
        bencher.iter(|| {
            let (sequence, timestamp) = (number as u16, number.wrapping_mul(960));
            let packet = VoicePacket {
                sequence,
                timestamp,
                marker: false,
                payload_type: 96,
                payload: payload.clone(),
            };
            black_box(buffer.push(now, packet));
            while let Some(played) = buffer.pop(now) {
                black_box(played);
            }
            number = number.wrapping_add(1);
            now += PACKET_TIME;
        });
    });
}

fn parity(criterion: &mut Criterion) {
    let (mut parity, mut repair, mut number) =
        (Parity::new(ParityForm::Flexible, 5), Repair::default(), 0_u32);
    let payload = Bytes::from_static(&[7; 60]);
    criterion.bench_function("receive/parity of 5, one in 5 lost", |bencher| {
        bencher.iter(|| {
            let (packet, octets) = packet(Codec::Opus, number, &payload);
            let due = parity.sent(packet.header.sequence, &octets);
            if number % 5 != 2 {
                black_box(repair.packet(packet.header.sequence, &octets, SOURCE));
            }
            if let Some(due) = due {
                assert_eq!(repair.flexible(&due, 1, SOURCE).len(), 1);
            }
            number = number.wrapping_add(1);
        });
    });
}

fn rendering(criterion: &mut Criterion) {
    for codec in [Codec::Opus, Codec::Pcmu, Codec::Pcma] {
        let payloads = payloads(codec);
        let (mut now, mut number) = (t0(), 0_u32);
        let formats = Formats::of(96, codec);
        let mut receiver = Receiver::new(SOURCE, formats, RATE, PlayoutSettings::default(), now).unwrap();
        criterion.bench_function(&format!("receive/to samples, {codec:?}"), |bencher| {
            bencher.iter(|| {
                let payload = &payloads[number as usize % payloads.len()];
                let (packet, octets) = packet(codec, number, payload);
                black_box(receiver.packet(now, &packet, &octets));
                while let Some(heard) = receiver.frame(now) {
                    black_box(heard.samples);
                }
                number = number.wrapping_add(1);
                now += PACKET_TIME;
            });
        });
    }
}

fn speaking(criterion: &mut Criterion) {
    for codec in [Codec::Opus, Codec::Pcmu] {
        let mut encoder = Encoder::new(codec, RATE, &EncoderSettings::default()).unwrap();
        let samples: Vec<i16> = (0..frame_samples(RATE)).map(|at| (at as i16).wrapping_mul(91)).collect();
        let mut payload = Vec::new();
        criterion.bench_function(&format!("receive/mixture encoded, {codec:?}"), |bencher| {
            bencher.iter(|| encoder.encode(black_box(&samples), &mut payload).unwrap());
        });
    }
}

criterion_group!(benches, playout, parity, rendering, speaking);
criterion_main!(benches);
