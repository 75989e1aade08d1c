//! Frames for comparing decoders: valid ones of every protocol, and valid ones that were damaged. The same seed gives the
//! same frames.

mod floor;
mod media;
mod sip;
mod stream;

use std::io::Write;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use crate::capture::{WriteError, Writer};

/// A source of chance.
struct Dice(ChaCha8Rng);

impl Dice {
    /// A number below `limit`, which must not be 0.
    fn below(&mut self, limit: u32) -> u32 {
        self.0.next_u32() % limit
    }

    fn u8(&mut self) -> u8 {
        self.0.next_u32() as u8
    }

    fn u16(&mut self) -> u16 {
        self.0.next_u32() as u16
    }

    fn u32(&mut self) -> u32 {
        self.0.next_u32()
    }

    /// Once in so many times.
    fn one_in(&mut self, times: u32) -> bool {
        self.below(times) == 0
    }

    fn pick<'a, T>(&mut self, choices: &'a [T]) -> &'a T {
        &choices[self.below(choices.len() as u32) as usize]
    }

    fn octets(&mut self, count: usize) -> Vec<u8> {
        let mut octets = vec![0; count];
        self.0.fill_bytes(&mut octets);
        octets
    }

    /// Letters and digits.
    fn word(&mut self, least: u32, most: u32) -> String {
        const LETTERS: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
        let length = least + self.below(most - least + 1);
        (0..length).map(|_| char::from(*self.pick(LETTERS))).collect()
    }

    fn uri(&mut self) -> String {
        let scheme = *self.pick(&["sip", "sip", "sip", "sips", "tel"]);
        match scheme {
            "tel" => format!("tel:+{}", self.below(900_000_000) + 100_000_000),
            scheme => format!("{scheme}:{}@{}.example.org", self.word(1, 12), self.word(1, 8)),
        }
    }
}

/// What kind of frame, and how many of a hundred it makes up.
const SHARES: [(Kind, u32); 13] = [
    (Kind::Floor, 20),
    (Kind::DamagedFloor, 21),
    (Kind::Session, 5),
    (Kind::Subchannel, 5),
    (Kind::Notification, 3),
    (Kind::Rtp, 7),
    (Kind::DamagedRtp, 2),
    (Kind::Rtcp, 8),
    (Kind::DamagedRtcp, 2),
    (Kind::Sip, 9),
    (Kind::DamagedSip, 6),
    (Kind::DamagedBody, 7),
    (Kind::SipStream, 5),
];

#[derive(Clone, Copy, Debug)]
enum Kind {
    Floor,
    DamagedFloor,
    Session,
    Subchannel,
    Notification,
    Rtp,
    DamagedRtp,
    Rtcp,
    DamagedRtcp,
    Sip,
    DamagedSip,
    DamagedBody,
    SipStream,
}

impl Kind {
    /// Port of the sender; the receiver listens on the next one.
    fn port(self) -> u16 {
        match self {
            Kind::Floor | Kind::DamagedFloor => 20_032,
            Kind::Session | Kind::Subchannel | Kind::Notification => 20_042,
            Kind::Rtp | Kind::DamagedRtp => 20_052,
            Kind::Rtcp | Kind::DamagedRtcp => 20_062,
            Kind::Sip | Kind::DamagedSip | Kind::DamagedBody | Kind::SipStream => SIP_PORT,
        }
    }

    /// The octets of a datagram; of a stream those of one message.
    fn octets(self, dice: &mut Dice) -> Bytes {
        match self {
            Kind::Floor => floor::message(dice),
            Kind::DamagedFloor => floor::damaged(dice),
            Kind::Session => floor::session(dice),
            Kind::Subchannel => floor::subchannel(dice),
            Kind::Notification => floor::notification(dice),
            Kind::Rtp => media::rtp(dice),
            Kind::DamagedRtp => media::damaged(media::rtp(dice), dice),
            Kind::Rtcp => media::rtcp(dice),
            Kind::DamagedRtcp => media::damaged(media::rtcp(dice), dice),
            Kind::Sip => sip::message("UDP", dice),
            Kind::SipStream => sip::message("TCP", dice),
            Kind::DamagedSip => sip::damaged(dice),
            Kind::DamagedBody => sip::with_damaged_body(dice),
        }
    }
}

/// Where SIP is listened for.
const SIP_PORT: u16 = 5060;

/// A packet of a generated capture.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet {
    /// When it was sent, since 1970-01-01 UTC.
    pub time: Duration,
    /// Who sent it.
    pub source: SocketAddr,
    /// Whom it was sent to.
    pub destination: SocketAddr,
    /// Of a TCP segment the number of its first octet; `None`: a UDP datagram.
    pub sequence: Option<u32>,
    /// What it carries.
    pub payload: Bytes,
}

impl Packet {
    /// Appends the packet to a capture.
    ///
    /// # Errors
    /// [`WriteError`]: the output refuses.
    pub fn write<W: Write>(&self, capture: &mut Writer<W>) -> Result<(), WriteError> {
        let Self { time, source, destination, sequence, payload } = self;
        match sequence {
            Some(sequence) => capture.segment::<&str>(*time, *source, *destination, *sequence, payload, &[]),
            None => capture.datagram::<&str>(*time, *source, *destination, payload, &[]),
        }
    }
}

/// So many frames of this seed, one millisecond apart; a frame over TCP is several packets. Each frame has chance of its
/// own, so that a change to one kind leaves the others as they are.
pub fn packets(seed: u64, count: u64) -> impl Iterator<Item = Packet> {
    (1..=count).flat_map(move |number| {
        let mut chance = ChaCha8Rng::seed_from_u64(seed);
        chance.set_stream(number);
        let mut dice = Dice(chance);
        let mut share = dice.below(100);
        let kind = SHARES.iter().find(|(_, part)| {
            let found = share < *part;
            share = share.saturating_sub(*part);
            found
        });
        let kind = kind.map_or(Kind::Floor, |(kind, _)| *kind);
        let time = Duration::from_millis(1_700_000_000_000 + number);
        let address = |host, port| SocketAddr::from(([192, 0, 2, host], port));
        let (source, destination) = match kind {
            // A connection of its own, so that nothing that is missing in one reaches into another.
            Kind::SipStream => (address(3, 10_000 + (number % 50_000) as u16), address(2, SIP_PORT)),
            kind => (address(1, kind.port()), address(2, kind.port() + u16::from(kind.port() != SIP_PORT))),
        };
        let carried = match kind {
            Kind::SipStream => stream::segments(&mut dice),
            kind => vec![(None, kind.octets(&mut dice))],
        };
        carried.into_iter().zip(0..).map(move |((sequence, payload), place)| {
            let time = time + Duration::from_micros(place);
            Packet { time, source, destination, sequence, payload }
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Link, Protocol, Reader, Transport, classify};

    #[test]
    fn the_same_seed_gives_the_same_frames() {
        let once: Vec<Packet> = packets(7, 300).collect();
        assert_eq!(once, packets(7, 300).collect::<Vec<_>>());
        assert_ne!(once, packets(8, 300).collect::<Vec<_>>());
    }

    #[test]
    fn every_kind_is_there_and_is_what_it_says() {
        assert_eq!(SHARES.iter().map(|(_, part)| part).sum::<u32>(), 100);
        let mut dice = Dice(ChaCha8Rng::seed_from_u64(1));
        for _ in 0..200 {
            assert_eq!(classify(&Kind::Floor.octets(&mut dice)), Protocol::Floor);
            assert_eq!(classify(&Kind::Session.octets(&mut dice)), Protocol::SessionControl);
            assert_eq!(classify(&Kind::Subchannel.octets(&mut dice)), Protocol::Subchannel);
            assert_eq!(classify(&Kind::Notification.octets(&mut dice)), Protocol::Subchannel);
            assert_eq!(classify(&Kind::Rtp.octets(&mut dice)), Protocol::Rtp);
            assert_eq!(classify(&Kind::Rtcp.octets(&mut dice)), Protocol::Rtcp);
            assert_eq!(classify(&Kind::Sip.octets(&mut dice)), Protocol::Sip);
            assert_eq!(classify(&Kind::SipStream.octets(&mut dice)), Protocol::Sip);
            assert_eq!(classify(&Kind::DamagedBody.octets(&mut dice)), Protocol::Sip);
        }
    }
    #[test]
    fn every_stream_is_read_back_as_messages_without_gap() {
        let mut capture = Writer::new(Vec::new(), Link::Ethernet, "test").unwrap();
        for packet in packets(3, 2_000) {
            packet.write(&mut capture).unwrap();
        }
        let octets = capture.finish().unwrap();
        let mut reader = Reader::new(&octets[..]).unwrap();
        let frames: Vec<_> = reader.by_ref().map(Result::unwrap).collect();
        let messages = frames.iter().filter(|frame| frame.transport == Transport::Tcp);
        let (count, sip) =
            (messages.clone().count(), messages.filter(|frame| classify(&frame.payload) == Protocol::Sip));
        assert!(count > 100 && sip.count() == count, "{count} messages over TCP");
        assert_eq!((reader.skipped().total(), reader.gaps()), (0, Default::default()));
    }
}
