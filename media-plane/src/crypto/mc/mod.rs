//! Keys of mission critical services (TS 33.180): what they are called, how they travel, what traffic is protected with them.
//!
//! A key is made by one end, encapsulated for the other in a MIKEY-SAKKE message ([`i_message`]), told apart by a [`KeyId`],
//! and never used itself: [`derivation`] makes the master keys of SRTP and SRTCP out of it. [`Kms`] is what makes identities
//! into keys.

pub mod derivation;
pub mod i_message;
mod key_id;
mod kms;
mod user_id;

use std::fmt;

use zeroize::Zeroizing;

pub use key_id::{KeyId, Purpose};
pub use kms::{KeySet, Kms, MASTER_SECRETS};
pub use user_id::{KeyPeriod, NTP_TO_UNIX, UserId};

/// Octets of a key.
pub const KEY: usize = super::sakke::SHARED;

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

impl fmt::Debug for ServiceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServiceKey({})", self.id)
    }
}
