//! User identities as the numbers that keys are made from (TS 33.180 F.2.1), each for one period.

use sha2::{Digest as _, Sha256};

/// Seconds from the epoch of NTP, 1900, to that of Unix, 1970.
pub const NTP_TO_UNIX: u64 = 2_208_988_800;
/// What the hash begins with.
const LABEL: &str = "MIKEY-SAKKE-UID";

/// How time is divided: keys hold for one period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPeriod {
    /// Seconds of a period, not zero.
    pub length: u32,
    /// Seconds from 1900 to the beginning of the first one, fewer than a period has.
    pub offset: u32,
}

impl KeyPeriod {
    /// The number of the period of a moment in seconds since 1900.
    pub const fn number(self, ntp: u64) -> u64 {
        let length = if self.length == 0 { 1 } else { self.length as u64 };
        ntp.saturating_sub(self.offset as u64) / length
    }

    /// The first moment of a period, and the first behind it.
    pub const fn bounds(self, number: u64) -> (u64, u64) {
        let first = number.saturating_mul(self.length as u64).saturating_add(self.offset as u64);
        (first, first.saturating_add(self.length as u64))
    }
}

/// The identity of a user for one period (UID).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct UserId(pub [u8; 32]);

impl UserId {
    /// The identity of a user, served by this key management server, in the period with this number.
    //= 33.180-uid
    pub fn new(user: &str, kms: &str, period: KeyPeriod, number: u64) -> Self {
        let [length, offset, number] = [period.length.into(), period.offset.into(), number].map(shortest);
        let mut hash = Sha256::new_with_prefix([0]);
        for part in [LABEL.as_bytes(), user.as_bytes(), kms.as_bytes(), &length, &offset, &number] {
            hash.update(part);
            hash.update(u16::try_from(part.len()).unwrap_or(u16::MAX).to_be_bytes());
        }
        Self(hash.finalize().into())
    }
}

/// A number in as few octets as it needs, one for zero.
fn shortest(number: u64) -> Vec<u8> {
    let octets = number.to_be_bytes();
    let zeros = usize::try_from(number.leading_zeros() / 8).unwrap_or_default().min(octets.len() - 1);
    octets[zeros..].to_vec()
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::hex;
    use super::*;

    const PERIOD: KeyPeriod = KeyPeriod { length: 2_592_000, offset: 0 };

    //= 33.180-uid test
    #[test]
    fn identities_are_those_of_the_example_in_the_specification() {
        let number = PERIOD.number(3_599_719_634);
        assert_eq!(number, 1388);
        let uid = UserId::new("sip:user@example.org", "kms.example.org", PERIOD, number);
        assert_eq!(uid.0.to_vec(), hex("3a81fb14c3b1d0fe43c9c577104d55a6d81788bfd2f09743c4557746a5a0353b"));
        assert_ne!(uid, UserId::new("sip:user@example.org", "kms.example.org", PERIOD, number + 1));
    }

    #[test]
    fn periods_follow_each_other() {
        let period = KeyPeriod { length: 100, offset: 30 };
        assert_eq!((period.number(29), period.number(129), period.number(130)), (0, 0, 1));
        assert_eq!(period.bounds(1), (130, 230));
        assert_eq!((shortest(0), shortest(0xff), shortest(0x100)), (vec![0], vec![0xff], vec![1, 0]));
    }
}
