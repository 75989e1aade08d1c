//! The receive side on made-up networks.

mod buffer;
mod properties;
mod receiver;
mod recovery;
mod reports;

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::{RtpHeader, RtpPacket};

use super::*;
use crate::audio::{Codec, Encoder, EncoderSettings, frame_samples};
use crate::testing::voice;

const RATE: u32 = 16_000;
const WANTED: usize = frame_samples(RATE);
const PAYLOAD_TYPE: u8 = 96;
const SOURCE: Ssrc = Ssrc(0x5511_2233);

const fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// Opus packets of a voice, 20 ms each.
fn stream(frames: usize, settings: &EncoderSettings) -> (Vec<i16>, Vec<Bytes>) {
    let speech = voice(RATE, 140.0, WANTED * frames);
    let mut encoder = Encoder::new(Codec::Opus, RATE, settings).unwrap();
    let mut payload = Vec::new();
    let mut encode = |frame: &[i16]| {
        encoder.encode(frame, &mut payload).unwrap();
        Bytes::copy_from_slice(&payload)
    };
    let payloads = speech.chunks_exact(WANTED).map(&mut encode).collect();
    (speech, payloads)
}

fn packet(
    sequence: u16,
    timestamp: u32,
    marker: bool,
    payload_type: u8,
    payload: &Bytes,
) -> (RtpPacket, Bytes) {
    let header =
        RtpHeader { marker, payload_type, sequence, timestamp, ssrc: SOURCE, ..RtpHeader::default() };
    let packet = RtpPacket { header, payload: payload.clone(), padding: Bytes::new() };
    let mut octets = BytesMut::new();
    packet.encode(&mut octets).unwrap();
    (packet, octets.freeze())
}

/// Packet `number` of a stream that begins at sequence number 65530 and at a timestamp that soon wraps.
fn nth(number: u16, payload_type: u8, payload: &Bytes) -> (RtpPacket, Bytes) {
    let timestamp = (u32::MAX - 5_000).wrapping_add(u32::from(number) * 960);
    packet(65_530_u16.wrapping_add(number), timestamp, number == 0, payload_type, payload)
}

fn receiver(formats: Formats, now: Instant) -> Receiver {
    Receiver::new(SOURCE, formats, RATE, PlayoutSettings::default(), now).unwrap()
}

/// Everything that is heard until `until`.
fn hear(receiver: &mut Receiver, until: Instant, into: &mut Vec<i16>) {
    while let Some(heard) = receiver.frame(until) {
        into.extend_from_slice(heard.samples);
    }
}
