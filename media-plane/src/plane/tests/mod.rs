//! The media plane from outside: datagrams and indications in, datagrams, indications and events out, on virtual time.

mod associations;
mod calls;
mod early;
mod floor;
mod free;
mod growth;
mod hostile;
mod latching;
mod listeners;
mod mbms;
mod media;
mod mixing;
mod non_controlling;
mod protection;
mod quality;
mod redundancy;
mod relay;
mod reporting;
mod service_key;
mod sessions;
mod several;
mod ssrcs;
mod talker_data;
mod web;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use mcptt_codec::Transmit;
use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorRelease, FloorRequest};
use mcptt_codec::id::GroupId;
use mcptt_codec::rtp::RtpHeader;

use super::*;
use crate::crypto::{Protection, far_end, protection};
use crate::signalling::{Entry, FloorParameters, Keying, MediaEndpoint, MediaProtection, VoiceFormat};
use crate::testing::t0;

const CALL: CallRef = CallRef(7);
const PAYLOAD_TYPE: u8 = 96;

/// The SSRC a participant uses in its audio and in its floor messages.
fn ssrc(leg: u8) -> Ssrc {
    Ssrc(0x5500_0000 + u32::from(leg))
}

fn endpoint(leg: u8, port: u16) -> MediaEndpoint {
    let number = u16::from(leg);
    MediaEndpoint {
        local: ([192, 0, 2, 1], 40_000 + 8 * number + port).into(),
        remote: ([198, 51, 100, leg], 50_000 + port).into(),
    }
}

fn path(leg: u8, port: u16) -> Path {
    let MediaEndpoint { local, remote } = endpoint(leg, port);
    Path { local, remote }
}

const AUDIO: u16 = 0;
const AUDIO_CONTROL: u16 = 1;
const FLOOR: u16 = 4;

fn group() -> GroupId {
    GroupId::from("sip:alpha@example.org")
}

fn settings() -> CallSettings {
    CallSettings::normal(group().as_str())
}

fn participant(leg: u8) -> Participant {
    Participant {
        mcptt_id: format!("sip:user{leg}@example.org").as_str().into(),
        entry: if leg == 1 { Entry::Originator { implicit_request: false } } else { Entry::Invited },
        audio: endpoint(leg, AUDIO),
        floor: endpoint(leg, FLOOR),
        floor_parameters: FloorParameters::default(),
        protection: None,
        floor_protection: None,
        payload_types: vec![PAYLOAD_TYPE],
        voice: VoiceFormat::default(),
        audio_ssrc: Some(ssrc(leg)),
    }
}

/// An RTP packet of a participant; the payload tells which one.
fn rtp(leg: u8, sequence: u16) -> Bytes {
    let header = RtpHeader {
        payload_type: PAYLOAD_TYPE,
        sequence,
        timestamp: u32::from(sequence) * 160,
        ssrc: ssrc(leg),
        ..RtpHeader::default()
    };
    let mut packet = BytesMut::new();
    header.encode(&mut packet).unwrap();
    packet.extend_from_slice(&[leg; 33]);
    packet.freeze()
}

fn request(leg: u8) -> Bytes {
    FloorMessage::Request(FloorRequest { ssrc: ssrc(leg), ..FloorRequest::default() }).encode().unwrap()
}

fn release(leg: u8) -> Bytes {
    FloorMessage::Release(FloorRelease { ssrc: ssrc(leg), ..FloorRelease::default() }).encode().unwrap()
}

/// What a participant was sent, in clear.
#[derive(Clone, Debug, PartialEq)]
enum Sent {
    Floor(u8, &'static str),
    Media(u8, Bytes),
    Reports(u8, Bytes),
}

/// A media plane on a virtual clock, with the other ends of the legs.
struct Rig {
    plane: MediaPlane,
    now: Instant,
    /// The participants' own protection of audio and of floor control.
    ends: HashMap<u8, [Box<dyn Protection>; 2]>,
}

impl Rig {
    fn new(config: Config) -> Self {
        let now = t0();
        let plane = MediaPlane::new(config, [7; 32], now).unwrap();
        Self { plane, now, ends: HashMap::new() }
    }

    /// A call with participants 1 to `legs`; what setting it up has put out is dropped.
    fn with_legs(legs: u8) -> Self {
        let mut rig = Self::new(Config::default());
        rig.initiate(CALL, settings());
        (1..=legs).for_each(|leg| rig.connect(participant(leg), leg));
        rig.drain();
        rig
    }

    fn initiate(&mut self, call: CallRef, settings: CallSettings) {
        self.plane.handle_signalling(self.now, Signalling::CallInitiated { call, settings });
    }

    fn connect(&mut self, participant: Participant, leg: u8) {
        let mirror = |keys: &MediaProtection| MediaProtection {
            send: keys.receive.clone(),
            receive: keys.send.clone(),
        };
        // Those whose packets name their keys are at both ends ours.
        let end = |keys: &Option<MediaProtection>| {
            let keys = keys.as_ref().map(mirror);
            far_end(keys.as_ref()).or_else(|_| protection(keys.as_ref())).unwrap()
        };
        let described = |keying: &Option<Keying>| match keying {
            Some(Keying::Described(keys)) => Some((**keys).clone()),
            Some(Keying::Service(service)) => Some(service.keys.clone()),
            _ => None,
        };
        self.ends.insert(
            leg,
            [end(&described(&participant.protection)), end(&described(&participant.floor_protection))],
        );
        self.signal(Signalling::LegConnected {
            call: CALL,
            leg: LegRef(leg.into()),
            participant: Box::new(participant),
        });
    }

    fn signal(&mut self, signalling: Signalling) {
        self.plane.handle_signalling(self.now, signalling);
    }

    /// Puts octets on the wire as they are.
    fn raw(&mut self, path: Path, octets: &[u8]) {
        self.plane.handle_datagram(self.now, path, &Bytes::copy_from_slice(octets));
    }

    fn protected(&mut self, leg: u8, packet: &Bytes) -> Vec<u8> {
        let mut octets = packet.to_vec();
        let [_, floor] = self.ends.get_mut(&leg).unwrap();
        floor.protect_rtcp(&mut octets).unwrap();
        octets
    }

    fn floor(&mut self, leg: u8, message: &Bytes) {
        let octets = self.protected(leg, message);
        self.raw(path(leg, FLOOR), &octets);
    }

    fn media(&mut self, leg: u8, packet: &Bytes) {
        let mut octets = packet.to_vec();
        let [audio, _] = self.ends.get_mut(&leg).unwrap();
        audio.protect_rtp(&mut octets).unwrap();
        self.raw(path(leg, AUDIO), &octets);
    }

    /// Lets the participant have the floor; what that puts out is dropped.
    fn grant(&mut self, leg: u8) {
        self.floor(leg, &request(leg));
        self.drain();
        assert_eq!(self.plane.floor(CALL).unwrap().talker(), Some(LegRef(leg.into())));
    }

    fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(at) = self.plane.poll_timeout().filter(|at| *at <= until) {
            self.now = self.now.max(at);
            self.plane.handle_timeout(self.now);
        }
        self.now = until;
    }

    fn drain(&mut self) -> Vec<Output> {
        std::iter::from_fn(|| self.plane.poll_output()).collect()
    }

    /// What was sent but reports, opened by its receivers; indications and events are dropped.
    fn sent(&mut self) -> Vec<Sent> {
        let mut sent = self.sent_with_reports();
        sent.retain(|sent| !matches!(sent, Sent::Reports(..)));
        sent
    }

    /// The same with reports.
    fn sent_with_reports(&mut self) -> Vec<Sent> {
        let outputs = self.drain();
        outputs.into_iter().filter_map(|output| self.received(output)).collect()
    }

    fn received(&mut self, output: Output) -> Option<Sent> {
        let Output::Transmit(Transmit { path: to, payload, .. }) = output else { return None };
        let all = [AUDIO, AUDIO_CONTROL, FLOOR];
        let leg = (1..=u8::MAX).find(|leg| all.map(|port| path(*leg, port)).contains(&to)).unwrap();
        let [audio, floor] = self.ends.get_mut(&leg).unwrap();
        let mut octets = payload.to_vec();
        if to == path(leg, AUDIO) {
            audio.unprotect_rtp(&mut octets).unwrap();
            return Some(Sent::Media(leg, octets.into()));
        }
        if to == path(leg, AUDIO_CONTROL) {
            audio.unprotect_rtcp(&mut octets).unwrap();
            return Some(Sent::Reports(leg, octets.into()));
        }
        floor.unprotect_rtcp(&mut octets).unwrap();
        Some(Sent::Floor(leg, FloorMessage::decode(&octets.into()).unwrap().value.name()))
    }

    /// The events of this crate, without those of floor control.
    fn events(&mut self) -> Vec<Event> {
        let events = self.drain().into_iter().filter_map(|output| match output {
            Output::Event(event) => Some(event),
            _ => None,
        });
        events.filter(|event| !matches!(event, Event::Floor { .. })).collect()
    }

    fn indications(&mut self) -> Vec<Indication> {
        let outputs = self.drain().into_iter();
        outputs
            .filter_map(|output| match output {
                Output::Indication(indication) => Some(indication),
                _ => None,
            })
            .collect()
    }

    fn discarded(&self, reason: Discard) -> u64 {
        self.plane.counters().discarded.of(reason)
    }
}

/// The event of a discard.
fn discarded(leg: u8, stream: Stream, reason: Discard, count: u64) -> Event {
    Event::Discarded {
        call: CALL,
        leg: LegRef(leg.into()),
        stream,
        reason,
        requirement: reason.requirement(),
        count,
    }
}
