//! Frames for comparing decoders: valid ones of every protocol, and valid ones that were damaged. The same seed gives the
//! same frames.

mod floor;
mod media;
mod sip;

use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use crate::capture::Frame;

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
const SHARES: [(Kind, u32); 10] = [
    (Kind::Floor, 34),
    (Kind::DamagedFloor, 20),
    (Kind::Session, 6),
    (Kind::Subchannel, 6),
    (Kind::Notification, 3),
    (Kind::Rtp, 8),
    (Kind::DamagedRtp, 2),
    (Kind::Rtcp, 9),
    (Kind::DamagedRtcp, 2),
    (Kind::Sip, 10),
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
}

impl Kind {
    /// Port of the sender; the receiver listens on the next one.
    fn port(self) -> u16 {
        match self {
            Kind::Floor | Kind::DamagedFloor => 20_032,
            Kind::Session | Kind::Subchannel | Kind::Notification => 20_042,
            Kind::Rtp | Kind::DamagedRtp => 20_052,
            Kind::Rtcp | Kind::DamagedRtcp => 20_062,
            Kind::Sip => 5060,
        }
    }

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
            Kind::Sip => sip::message(dice),
        }
    }
}

/// So many frames of this seed, one millisecond apart. Each has chance of its own, so that a change to one kind of frame
/// leaves the others as they are.
pub fn frames(seed: u64, count: u64) -> impl Iterator<Item = Frame> {
    (1..=count).map(move |number| {
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
        let payload = kind.octets(&mut dice);
        let address = |host, port| SocketAddr::from(([192, 0, 2, host], port));
        Frame {
            number,
            time: Duration::from_millis(1_700_000_000_000 + number),
            source: address(1, kind.port()),
            destination: address(2, kind.port() + u16::from(kind.port() != 5060)),
            transport: Default::default(),
            payload,
            truncated: false,
            comments: Vec::new(),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capture::{Protocol, classify};

    #[test]
    fn the_same_seed_gives_the_same_frames() {
        let once: Vec<Frame> = frames(7, 300).collect();
        assert_eq!(once, frames(7, 300).collect::<Vec<_>>());
        assert_ne!(once, frames(8, 300).collect::<Vec<_>>());
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
        }
    }
}
