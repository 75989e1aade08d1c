//! Keys of mission critical services (TS 33.180): what they are called, how they travel, what traffic is protected with them.
//!
//! A key is made by one end, encapsulated for the other in a MIKEY-SAKKE message ([`i_message`]), told apart by a [`KeyId`],
//! and never used itself: [`derivation`] makes the master keys of SRTP and SRTCP out of it. [`Kms`] is what makes identities
//! into keys.

mod authority;
pub mod derivation;
pub mod i_message;
mod key_id;
mod kms;
mod sealer;
mod user_id;

use std::fmt;

use zeroize::Zeroizing;

pub use authority::{Authorities, Authority, Certificate};
pub use key_id::{KeyId, Purpose};
pub use kms::{KeySet, Kms, MASTER_SECRETS};
pub use sealer::Sealer;
pub use user_id::{KeyPeriod, NTP_TO_UNIX, UserId};

/// Octets of a key.
pub const KEY: usize = super::sakke::SHARED;

/// Octets of an identifier, and of a random value of ours.
const ID: usize = 4;
const RAND: usize = 16;

/// A key with what it is called and the random value that it came with. Wiped when dropped, never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ServiceKey {
    /// What it is called.
    pub id: KeyId,
    /// The key.
    pub key: Zeroizing<[u8; KEY]>,
    /// The random value (RAND) of the message that it came in.
    pub rand: Vec<u8>,
}

impl ServiceKey {
    /// Octets of a key that is handed over by hand.
    pub const OCTETS: usize = ID + KEY + RAND;

    /// As it is handed over by hand: identifier, key, random value.
    pub fn to_octets(&self) -> Zeroizing<Vec<u8>> {
        let mut octets = Zeroizing::new(Vec::with_capacity(ID + KEY + self.rand.len()));
        octets.extend_from_slice(&self.id.0.to_be_bytes());
        octets.extend_from_slice(&*self.key);
        octets.extend_from_slice(&self.rand);
        octets
    }

    /// Reads what [`Self::to_octets`] has written. `None`: of another length.
    pub fn from_octets(octets: &[u8]) -> Option<Self> {
        let (id, rest) = octets.split_first_chunk::<ID>()?;
        let (key, rand) = rest.split_first_chunk::<KEY>().filter(|(_, rand)| rand.len() == RAND)?;
        Some(Self { id: KeyId(u32::from_be_bytes(*id)), key: Zeroizing::new(*key), rand: rand.to_vec() })
    }
}

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceKey({})", self.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_that_is_handed_over_is_the_same() {
        let id = KeyId::new(Purpose::SIGNALLING_PROTECTION, 7);
        let key = ServiceKey { id, key: Zeroizing::new([5; KEY]), rand: vec![6; RAND] };
        let octets = key.to_octets();
        assert_eq!(octets.len(), ServiceKey::OCTETS);
        assert_eq!(ServiceKey::from_octets(&octets), Some(key));
        assert_eq!(ServiceKey::from_octets(&octets[1..]), None);
    }
}
