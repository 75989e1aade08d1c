//! Calls with members on virtual time: what the scale bench measures and the test of growth counts.

#![allow(dead_code, reason = "each user takes what it needs")]
#![allow(clippy::unwrap_used, reason = "calls that are known to be well formed")]

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use mcptt_codec::Path;
use mcptt_codec::floor::{FloorMessage, FloorRelease, FloorRequest};
use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt};
use media_plane::config::Limits;
use media_plane::crypto::{Protection, protection};
use media_plane::signalling::{
    CallSettings, Entry, FloorParameters, MediaEndpoint, MediaProtection, Participant,
};
use media_plane::{Config, MediaPlane, Output, Signalling};

const PAYLOAD_TYPE: u8 = 96;
/// Octets of a 20 ms Opus frame at 24 kbit/s.
pub const PAYLOAD: usize = 60;
/// What a packet of audio stands for.
pub const PACKET_TIME: Duration = Duration::from_millis(20);

/// Some instant to count from.
#[allow(clippy::disallowed_methods, reason = "somewhere a virtual clock has to start")]
pub fn t0() -> Instant {
    Instant::now()
}

/// What the plane has put out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Put {
    pub datagrams: u32,
    pub events: u32,
    pub others: u32,
}

/// A media plane with calls of equal size.
pub struct World {
    pub plane: MediaPlane,
    pub now: Instant,
    pub calls: u32,
    pub members: u32,
    protected: bool,
    /// The talker's own protection, in the order of the calls.
    ends: Vec<Box<dyn Protection>>,
    request: Bytes,
    release: Bytes,
    sequence: u16,
}

impl World {
    /// `calls` calls with `members` members each, all idle; with keys of their own if `protected`.
    pub fn new(now: Instant, calls: u32, members: u32, protected: bool) -> Self {
        let limits = Limits { calls: 1_000_000, legs_per_call: 100_000, ..Limits::default() };
        let plane = MediaPlane::new(Config { limits, ..Config::default() }, [7; 32], now).unwrap();
        let mut world = Self {
            plane,
            now,
            calls: 0,
            members,
            protected,
            ends: Vec::new(),
            request: FloorMessage::Request(FloorRequest::default()).encode().unwrap(),
            release: FloorMessage::Release(FloorRelease::default()).encode().unwrap(),
            sequence: 0,
        };
        (0..calls).for_each(|_| world.add_call());
        world
    }

    /// One more call, with its members.
    pub fn add_call(&mut self) {
        let call = self.calls;
        self.calls += 1;
        let group = format!("sip:group{call}@example.org");
        let settings = CallSettings { queueing: true, ..CallSettings::normal(group.as_str()) };
        let reference = CallRef(call.into());
        self.plane.handle_signalling(self.now, Signalling::CallInitiated { call: reference, settings });
        for member in 0..self.members {
            self.join(call, member);
        }
        let ends = self.protected.then(|| mirrored(&keys(0)));
        self.ends.push(protection(ends.as_ref()).unwrap());
        self.drain();
    }

    fn join(&mut self, call: u32, member: u32) {
        let who = self.who(call, member);
        let participant = Box::new(Participant {
            mcptt_id: format!("sip:user{who}@example.org").as_str().into(),
            entry: match member {
                0 => Entry::Originator { implicit_request: false },
                _ => Entry::Invited,
            },
            audio: audio(who),
            floor: floor(who),
            floor_parameters: FloorParameters {
                queueing: true,
                priority: Some(1),
                ..FloorParameters::default()
            },
            protection: self.protected.then(|| keys(member).into()),
            floor_protection: None,
            payload_types: vec![PAYLOAD_TYPE],
            voice: Default::default(),
            audio_ssrc: None,
        });
        let (call, leg) = (CallRef(call.into()), LegRef(who.into()));
        self.plane.handle_signalling(self.now, Signalling::LegConnected { call, leg, participant });
        self.drain();
    }

    fn who(&self, call: u32, member: u32) -> u32 {
        call * self.members + member
    }

    /// The first member of a call asks for the floor.
    pub fn request(&mut self, call: u32) -> Put {
        let path = path(floor(self.who(call, 0)));
        self.plane.handle_datagram(self.now, path, &self.request);
        self.drain()
    }

    /// The first member of a call gives the floor back.
    pub fn release(&mut self, call: u32) -> Put {
        let path = path(floor(self.who(call, 0)));
        self.plane.handle_datagram(self.now, path, &self.release);
        self.drain()
    }

    /// The next packets of the first members of all calls, ready to be handed in.
    pub fn packets(&mut self) -> Vec<Vec<u8>> {
        self.sequence = self.sequence.wrapping_add(1);
        let packet = rtp(self.sequence);
        let protect = |end: &mut Box<dyn Protection>| {
            let mut packet = packet.clone();
            end.protect_rtp(&mut packet).unwrap();
            packet
        };
        self.ends.iter_mut().map(protect).collect()
    }

    /// An RTP packet of the first member of a call.
    pub fn packet(&mut self, call: u32, packet: &[u8]) -> Put {
        let path = path(audio(self.who(call, 0)));
        self.plane.handle_datagram(self.now, path, packet);
        self.drain()
    }

    /// Lets time pass without looking at timers.
    pub fn pass(&mut self, time: Duration) {
        self.now += time;
    }

    /// Lets one timer act that is due, if one is.
    pub fn timeout(&mut self) -> Option<Put> {
        self.plane.poll_timeout().filter(|at| *at <= self.now)?;
        self.plane.handle_timeout(self.now);
        Some(self.drain())
    }

    pub fn drain(&mut self) -> Put {
        let mut put = Put::default();
        while let Some(output) = self.plane.poll_output() {
            match output {
                Output::Transmit(_) => put.datagrams += 1,
                Output::Event(_) => put.events += 1,
                _ => put.others += 1,
            }
        }
        put
    }
}

/// Where a participant's stream goes: all on a few ports of ours, told apart by the participant's address.
fn endpoint(who: u32, local: u16, remote: u16) -> MediaEndpoint {
    let spread = (who % 4) as u16 * 2;
    let address = Ipv4Addr::from(0x0a00_0000 + who);
    MediaEndpoint {
        local: SocketAddr::from(([192, 0, 2, 1], local + spread)),
        remote: SocketAddr::new(address.into(), remote),
    }
}

fn audio(who: u32) -> MediaEndpoint {
    endpoint(who, 20_000, 40_000)
}

fn floor(who: u32) -> MediaEndpoint {
    endpoint(who, 20_100, 40_004)
}

fn path(MediaEndpoint { local, remote }: MediaEndpoint) -> Path {
    Path { local, remote }
}

fn keys(member: u32) -> MediaProtection {
    let key = |first: u8| {
        let salt = KeySalt::new((0..28).map(|octet| first.wrapping_add(octet)).collect());
        Crypto::new(1, CryptoSuite::AeadAes128Gcm, salt).unwrap()
    };
    let first = member.to_le_bytes()[0];
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
