//! Datagrams that are nearly right: messages of every protocol, and the torture messages of RFC 4475 and RFC 5118, changed in one
//! to eight places.

use bytes::Bytes;
use include_dir::{Dir, include_dir};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use crate::generate;

/// The torture messages.
static TORTURE: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../mcptt-codec/tests/torture");

/// Generated frames that are changed.
const GENERATED: u64 = 400;
/// Longest datagram.
const LONGEST: usize = 60_000;

/// What breaks parsers more often than chance does.
const TOKENS: [&[u8]; 21] = [
    b"\r\n",
    b"\r\n\r\n",
    b"\n",
    b"\0",
    b"\xff",
    b";",
    b",",
    b":",
    b"<",
    b">",
    b"\"",
    b"%",
    b"=",
    b" ",
    b"99999999999999999999",
    b"-1",
    b"Content-Length: 4294967295\r\n",
    b"Via: SIP/2.0/UDP a\r\n",
    b"*",
    b"sip:",
    b"\xff\xff\xff\xff",
];

/// The torture messages with their names.
pub fn torture() -> impl Iterator<Item = (&'static str, Bytes)> {
    let files = TORTURE.files().filter(|file| file.path().extension().is_some_and(|ext| ext == "sip"));
    files.map(|file| {
        let name = file.path().file_stem().and_then(|name| name.to_str()).unwrap_or_default();
        (name, Bytes::from_static(file.contents()))
    })
}

/// A source of hostile datagrams; the same seed gives the same ones.
pub struct Mutator {
    rng: ChaCha8Rng,
    seeds: Vec<Bytes>,
    unchanged: usize,
}

impl Mutator {
    /// One whose first datagrams are the torture messages as they are.
    pub fn new(seed: u64) -> Self {
        let mut seeds: Vec<Bytes> = torture().map(|(_, octets)| octets).collect();
        seeds.sort();
        let unchanged = seeds.len();
        let generated = generate::packets(seed, GENERATED).filter(|packet| packet.sequence.is_none());
        seeds.extend(generated.map(|packet| packet.payload));
        Self { rng: ChaCha8Rng::seed_from_u64(seed), seeds, unchanged }
    }

    /// One that changes these messages.
    pub fn of(seed: u64, seeds: Vec<Bytes>) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), seeds, unchanged: 0 }
    }

    fn below(&mut self, limit: usize) -> usize {
        let limit = u64::try_from(limit.max(1)).unwrap_or(1);
        usize::try_from(self.rng.next_u64() % limit).unwrap_or_default()
    }

    fn pick(&mut self) -> Bytes {
        let index = self.below(self.seeds.len());
        self.seeds.get(index).cloned().unwrap_or_default()
    }
}

impl Iterator for Mutator {
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        if self.unchanged > 0 {
            self.unchanged -= 1;
            return self.seeds.get(self.unchanged).cloned();
        }
        let mut octets = self.pick().to_vec();
        for _ in 0..=self.below(8) {
            let at = self.below(octets.len() + 1);
            let length = self.below(octets.len() - at + 1).min(40);
            match self.below(6) {
                0 => {
                    let value = self.rng.next_u32().to_be_bytes()[0];
                    if let Some(octet) = octets.get_mut(at) {
                        *octet = value;
                    }
                }
                1 => drop(octets.drain(at..at + length)),
                2 => {
                    let copy = octets[at..at + length].to_vec();
                    octets.splice(at..at, copy);
                }
                3 => {
                    let token = TOKENS[self.below(TOKENS.len())];
                    octets.splice(at..at, token.iter().copied());
                }
                4 => {
                    let other = self.pick();
                    let from = self.below(other.len());
                    octets.splice(at.., other[from..].iter().copied());
                }
                _ => octets.truncate(at),
            }
        }
        octets.truncate(LONGEST);
        Some(octets.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_datagrams() {
        let of = |seed| Mutator::new(seed).take(500).collect::<Vec<_>>();
        assert_eq!(of(1), of(1));
        assert_ne!(of(1), of(2));
        assert!(of(1).iter().all(|octets| octets.len() <= LONGEST));
    }
}
