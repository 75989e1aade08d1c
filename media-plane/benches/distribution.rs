//! Time and allocations of the packet path: a talker's packet to everybody else in its call.
//!
//! `cargo bench -p media-plane` closes with a table of ratios: each listener is compared with a bare copy of the packet
//! where media passes as it is, and with a bare SRTP protection where every leg has its own keys; and our own transforms
//! with those of libsrtp. The allocations are those of a whole fan-out.

#![allow(clippy::unwrap_used, reason = "a benchmark of a call that is known to be well formed")]

#[path = "../../mcptt-codec/benches/ratio/mod.rs"]
mod ratio;

use std::time::{Duration, Instant};

use mcptt_codec::Path;
use mcptt_codec::floor::{FloorMessage, FloorRequest};
use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};
use media_plane::crypto::{Libsrtp, Null, Protection, Srtp, protection};
use media_plane::signalling::{
    CallSettings, Entry, FloorParameters, MediaEndpoint, MediaProtection, Participant,
};
use media_plane::{Config, MediaPlane, Output, Signalling};

use ratio::Ratios;

const CALL: CallRef = CallRef(1);
const TALKER: u8 = 1;
const AUDIO: u16 = 0;
const FLOOR: u16 = 4;
const PAYLOAD_TYPE: u8 = 96;
/// Octets of a 20 ms Opus frame at 24 kbit/s.
const PAYLOAD: usize = 60;
/// Of a packet of audio: version 2, payload type 96, timestamp 800.
const HEADER: [u8; 12] = [0x80, PAYLOAD_TYPE, 0, 0, 0, 0, 3, 32, 0x55, 0, 0, TALKER];
/// What a packet of audio stands for.
const PACKET_TIME: Duration = Duration::from_millis(20);

fn endpoint(leg: u8, port: u16) -> MediaEndpoint {
    MediaEndpoint {
        local: ([192, 0, 2, 1], 40_000 + 8 * u16::from(leg) + port).into(),
        remote: ([198, 51, 100, leg], 50_000 + port).into(),
    }
}

const SUITES: [(&str, CryptoSuite); 2] =
    [("GCM", CryptoSuite::AeadAes128Gcm), ("CM", CryptoSuite::AesCm128HmacSha1_80)];

fn keys(suite: &CryptoSuite, first: u8) -> MediaProtection {
    let octets = suite.key_octets().zip(suite.salt_octets()).map(|(key, salt)| key + salt).unwrap();
    let key = |first: u8| {
        let salt = KeySalt::new((0..octets).map(|octet| first.wrapping_add(octet as u8)).collect());
        Crypto::new(1, suite.clone(), salt).unwrap()
    };
    MediaProtection { send: key(first), receive: key(first.wrapping_add(100)) }
}

fn mirrored(keys: &MediaProtection) -> MediaProtection {
    MediaProtection { send: keys.receive.clone(), receive: keys.send.clone() }
}

/// Writes a packet of audio.
fn rtp(sequence: u16, packet: &mut Vec<u8>) {
    packet.clear();
    packet.extend_from_slice(&HEADER);
    packet[2..4].copy_from_slice(&sequence.to_be_bytes());
    packet.extend_from_slice(&[7; PAYLOAD]);
}

/// A call whose talker sends a packet each time it is asked to.
struct Talk {
    plane: MediaPlane,
    now: Instant,
    protection: Box<dyn Protection>,
    sequence: u16,
    /// The packet that is sent; always the same memory.
    packet: Vec<u8>,
}

impl Talk {
    /// A call of a talker and `listeners` others in which the talker has the floor.
    fn new(listeners: u8, suite: Option<&CryptoSuite>) -> Self {
        #[allow(clippy::disallowed_methods, reason = "somewhere a virtual clock has to start")]
        let now = Instant::now();
        let mut plane = MediaPlane::new(Config::default(), [7; 32], now).unwrap();
        let settings = CallSettings::normal("sip:alpha@example.org");
        plane.handle_signalling(now, Signalling::CallInitiated { call: CALL, settings });
        for leg in TALKER..=TALKER + listeners {
            let participant = Box::new(Participant {
                mcptt_id: format!("sip:user{leg}@example.org").as_str().into(),
                entry: if leg == TALKER {
                    Entry::Originator { implicit_request: false }
                } else {
                    Entry::Invited
                },
                audio: endpoint(leg, AUDIO),
                floor: endpoint(leg, FLOOR),
                floor_parameters: FloorParameters::default(),
                protection: suite.map(|suite| keys(suite, leg).into()),
                floor_protection: None,
                payload_types: vec![PAYLOAD_TYPE],
                voice: Default::default(),
                audio_ssrc: Some(Ssrc(0x5500_0000 + u32::from(leg))),
            });
            let leg = LegRef(leg.into());
            plane.handle_signalling(now, Signalling::LegConnected { call: CALL, leg, participant });
        }
        let ends = suite.map(|suite| mirrored(&keys(suite, TALKER)));
        let mut talk = Self {
            plane,
            now,
            protection: protection(ends.as_ref()).unwrap(),
            sequence: 0,
            packet: Vec::with_capacity(256),
        };
        let request = FloorRequest { ssrc: Ssrc(0x5500_0001), ..FloorRequest::default() };
        let MediaEndpoint { local, remote } = endpoint(TALKER, FLOOR);
        talk.plane.handle_datagram(
            now,
            Path { local, remote },
            &FloorMessage::Request(request).encode().unwrap(),
        );
        while talk.plane.poll_output().is_some() {}
        assert_eq!(talk.packet(), usize::from(listeners), "every listener hears the talker");
        talk
    }

    /// Distributes the talker's next packet; how many were sent on.
    fn packet(&mut self) -> usize {
        self.sequence = self.sequence.wrapping_add(1);
        self.now += PACKET_TIME;
        rtp(self.sequence, &mut self.packet);
        self.protection.protect_rtp(&mut self.packet).unwrap();
        let MediaEndpoint { local, remote } = endpoint(TALKER, AUDIO);
        self.plane.handle_datagram(self.now, Path { local, remote }, &self.packet);
        std::iter::from_fn(|| self.plane.poll_output())
            .filter(|output| matches!(output, Output::Transmit(_)))
            .count()
    }
}

/// What a bare protection of one packet takes.
fn protect(ratios: &mut Ratios, name: &str, mut protection: impl Protection) {
    let mut sequence = 0_u16;
    let mut packet = Vec::with_capacity(256);
    ratios.bench(name, 1, || {
        sequence = sequence.wrapping_add(1);
        rtp(sequence, &mut packet);
        protection.protect_rtp(&mut packet).unwrap();
        packet.len()
    });
}

fn main() {
    let mut ratios = Ratios::new();
    protect(&mut ratios, "a packet, in clear", Null);
    for (name, suite) in &SUITES {
        protect(&mut ratios, &format!("a packet, {name}"), Srtp::new(&keys(suite, 1)).unwrap());
        protect(&mut ratios, &format!("a packet, {name} by libsrtp"), Libsrtp::new(&keys(suite, 1)).unwrap());
        ratios.against(&format!("a packet, {name}"));
    }
    for listeners in [1, 10, 50, 200] {
        let clear = ("in clear", None);
        for (name, suite) in
            std::iter::once(clear).chain(SUITES.iter().map(|(name, suite)| (*name, Some(suite))))
        {
            let mut talk = Talk::new(listeners, suite);
            let line = format!("per listener of {listeners}, {name}");
            ratios.bench(&line, listeners.into(), || talk.packet()).against(&format!("a packet, {name}"));
        }
    }
}
