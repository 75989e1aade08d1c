//! Time and allocations of the packet path: a talker's packet to everybody else in its call.
//!
//! `cargo bench -p media-plane` closes with a table of ratios: each listener is compared with a bare copy of the packet
//! where media passes as it is, and with a bare SRTP protection where every leg has its own keys.

#![allow(clippy::unwrap_used, reason = "a benchmark of a call that is known to be well formed")]

#[path = "../../mcptt-codec/benches/ratio/mod.rs"]
mod ratio;

use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use mcptt_codec::Path;
use mcptt_codec::floor::{FloorMessage, FloorRequest};
use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};
use media_plane::crypto::{Protection, protection};
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
/// What a packet of audio stands for.
const PACKET_TIME: Duration = Duration::from_millis(20);

fn endpoint(leg: u8, port: u16) -> MediaEndpoint {
    MediaEndpoint {
        local: ([192, 0, 2, 1], 40_000 + 8 * u16::from(leg) + port).into(),
        remote: ([198, 51, 100, leg], 50_000 + port).into(),
    }
}

fn keys(first: u8) -> MediaProtection {
    let key = |first: u8| {
        let salt = KeySalt::new((0..30).map(|octet| first.wrapping_add(octet)).collect());
        Crypto::new(1, CryptoSuite::AesCm128HmacSha1_80, salt).unwrap()
    };
    MediaProtection { send: key(first), receive: key(first.wrapping_add(100)) }
}

fn mirrored(keys: &MediaProtection) -> MediaProtection {
    MediaProtection { send: keys.receive.clone(), receive: keys.send.clone() }
}

fn rtp(sequence: u16) -> Vec<u8> {
    let header = RtpHeader {
        payload_type: PAYLOAD_TYPE,
        sequence,
        timestamp: u32::from(sequence).wrapping_mul(960),
        ssrc: Ssrc(0x5500_0001),
        ..RtpHeader::default()
    };
    let mut packet = BytesMut::new();
    header.encode(&mut packet).unwrap();
    packet.extend_from_slice(&[7; PAYLOAD]);
    packet.to_vec()
}

/// A call whose talker sends a packet each time it is asked to.
struct Talk {
    plane: MediaPlane,
    now: Instant,
    protection: Box<dyn Protection>,
    sequence: u16,
}

impl Talk {
    /// A call of a talker and `listeners` others in which the talker has the floor.
    fn new(listeners: u8, protected: bool) -> Self {
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
                protection: protected.then(|| keys(leg)),
                floor_protection: None,
                payload_types: vec![PAYLOAD_TYPE],
                audio_ssrc: Some(Ssrc(0x5500_0000 + u32::from(leg))),
            });
            let leg = LegRef(leg.into());
            plane.handle_signalling(now, Signalling::LegConnected { call: CALL, leg, participant });
        }
        let ends = protected.then(|| mirrored(&keys(TALKER)));
        let mut talk = Self { plane, now, protection: protection(ends.as_ref()).unwrap(), sequence: 0 };
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

    /// The talker's next packet.
    fn next(&mut self) -> Bytes {
        self.sequence = self.sequence.wrapping_add(1);
        self.now += PACKET_TIME;
        let mut packet = rtp(self.sequence);
        self.protection.protect_rtp(&mut packet).unwrap();
        packet.into()
    }

    /// Distributes the talker's next packet; how many were sent on.
    fn packet(&mut self) -> usize {
        let packet = self.next();
        let MediaEndpoint { local, remote } = endpoint(TALKER, AUDIO);
        self.plane.handle_datagram(self.now, Path { local, remote }, &packet);
        std::iter::from_fn(|| self.plane.poll_output())
            .filter(|output| matches!(output, Output::Transmit(_)))
            .count()
    }
}

fn main() {
    let mut ratios = Ratios::new();
    let packet = rtp(1);
    ratios.bench("copy of a packet", 1, || packet.clone());
    let mut srtp = protection(Some(&keys(1))).unwrap();
    let mut sequence = 0_u16;
    ratios.bench("SRTP of a packet", 1, || {
        sequence = sequence.wrapping_add(1);
        let mut packet = rtp(sequence);
        srtp.protect_rtp(&mut packet).unwrap();
        packet
    });
    for listeners in [1, 10, 100] {
        for (name, protected, limit) in
            [("in clear", false, "copy of a packet"), ("SRTP", true, "SRTP of a packet")]
        {
            let mut talk = Talk::new(listeners, protected);
            let name = format!("per listener of {listeners}, {name}");
            ratios.bench(&name, listeners.into(), || talk.packet()).against(limit);
        }
    }
}
