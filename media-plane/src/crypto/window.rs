//! Packet indices: what a sequence number stands for, and which packets have been there (RFC 3711 3.3.1, 3.3.2).

use super::ProtectionError;

/// Half of the sequence numbers.
const MEDIAN: u64 = 1 << 15;
/// Bits of a sequence number.
const SEQUENCE: u32 = 16;
/// Packets that are remembered to recognise repetitions. Distribution keeps the order of arrival, so this is the
/// reordering the access network may cause: more than two seconds of 20 ms packets.
pub(super) const LENGTH: u64 = u128::BITS as u64;

/// The latest packets of one source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Window {
    /// The highest index so far.
    newest: u64,
    /// One bit for each packet that has been there, the newest one lowest.
    seen: u128,
}

impl Window {
    /// The highest index so far.
    pub(super) const fn newest(&self) -> u64 {
        self.newest
    }

    /// The index that a sequence number most likely stands for: the nearest one to the newest. There is none before the
    /// first rollover to be nearer.
    //= RFC3711-3.3.1
    pub(super) const fn index(&self, sequence: u16) -> u64 {
        let (sequence, local) = (sequence as u64, self.newest & 0xffff);
        let rollover = self.newest >> SEQUENCE;
        let rollover = if self.newest <= MEDIAN {
            0
        } else if local < MEDIAN && sequence > local + MEDIAN {
            rollover.saturating_sub(1)
        } else if local >= MEDIAN && sequence < local - MEDIAN {
            rollover + 1
        } else {
            rollover
        };
        rollover << SEQUENCE | sequence
    }

    /// Whether a packet is neither a repetition nor too old to tell.
    //= RFC3711-3.3.2
    pub(super) const fn check(&self, index: u64) -> Result<(), ProtectionError> {
        if index > self.newest {
            return Ok(());
        }
        let age = self.newest - index;
        if age >= LENGTH {
            Err(ProtectionError::TooOld)
        } else if self.seen >> age & 1 == 1 {
            Err(ProtectionError::Replayed)
        } else {
            Ok(())
        }
    }

    /// Remembers a packet that was found to be authentic.
    pub(super) const fn mark(&mut self, index: u64) {
        if index > self.newest {
            let ahead = index - self.newest;
            self.seen = if ahead < LENGTH { self.seen << ahead } else { 0 };
            self.newest = index;
        }
        let age = self.newest - index;
        if age < LENGTH {
            self.seen |= 1 << age;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(newest: u64) -> Window {
        let mut window = Window::default();
        window.mark(newest);
        window
    }

    //= RFC3711-3.3.1 test
    #[test]
    fn a_sequence_number_stands_for_the_nearest_index() {
        let cases = [
            (0, 0, 0),
            (0, 65_535, 65_535),
            (100, 40_000, 40_000),
            (40_000, 40_001, 40_001),
            (40_000, 7_233, 7_233),
            (40_000, 7_231, 0x1_0000 + 7_231),
            (65_535, 0, 0x1_0000),
            (0x1_0000, 65_535, 65_535),
            (0x1_0005, 32_773, 0x1_8005),
            (0x1_0005, 32_774, 0x8006),
            (0x7_ffff, 3, 0x8_0003),
        ];
        for (newest, sequence, expected) in cases {
            assert_eq!(at(newest).index(sequence), expected, "{sequence} after {newest}");
        }
    }

    //= RFC3711-3.3.2 test
    #[test]
    fn each_packet_is_there_once_and_only_as_long_as_it_is_remembered() {
        let mut window = at(1_000);
        assert_eq!(window.check(1_000), Err(ProtectionError::Replayed));
        assert_eq!(window.check(1_000 - LENGTH), Err(ProtectionError::TooOld));
        assert_eq!(window.check(1_001 - LENGTH), Ok(()));
        window.mark(1_001 - LENGTH);
        assert_eq!(window.check(1_001 - LENGTH), Err(ProtectionError::Replayed));
        window.mark(1_001);
        assert_eq!(window.check(1_001 - LENGTH), Err(ProtectionError::TooOld));
        assert_eq!(window.check(1_000), Err(ProtectionError::Replayed));
        window.mark(1_001 + 5 * LENGTH);
        assert_eq!(window.check(1_002 + 4 * LENGTH), Ok(()));
        assert_eq!(
            (window.check(1_001), window.newest()),
            (Err(ProtectionError::TooOld), 1_001 + 5 * LENGTH)
        );
    }
}
