//! Identifiers of keys: four bits of purpose and 28 bits that were drawn.

use std::fmt;

use hmac::{Hmac, Mac as _};
use sha2::Sha256;

use super::KEY;

/// Bits that are drawn.
const DRAWN: u32 = 28;
/// The function code of the derivation of user salts (TS 33.180 F.1.3).
const USER_SALT: u8 = 0x50;

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Purpose(pub u8);

impl Purpose {
    /// Media of a group (GMK).
    pub const GROUP_MASTER: Self = Self(0);
    /// Media of a private call (PCK).
    pub const PRIVATE_CALL: Self = Self(1);
    /// Signalling and floor control between a client and its server (CSK).
    pub const CLIENT_SERVER: Self = Self(2);
    /// Signalling and floor control between servers (SPK).
    pub const SIGNALLING_PROTECTION: Self = Self(3);
    /// Floor control on multicast, Release 13 (MKFC).
    pub const MULTICAST_FLOOR: Self = Self(4);
    /// Control of MBMS subchannels (MSCCK).
    pub const SUBCHANNEL_CONTROL: Self = Self(5);
    /// Signalling on multicast (MuSiK).
    pub const MULTICAST_SIGNALLING: Self = Self(6);
}

/// What a key is called (GMK-ID, PCK-ID, CSK-ID and so on).
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId(pub u32);

impl fmt::Debug for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeyId({self})")
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl KeyId {
    /// The identifier of a key for this purpose; of what was drawn 28 bits count.
    //= 33.180-key-id
    pub const fn new(purpose: Purpose, drawn: u32) -> Self {
        Self((purpose.0 as u32 & 0x0f) << DRAWN | drawn & ((1 << DRAWN) - 1))
    }

    /// What the key is for.
    pub const fn purpose(self) -> Purpose {
        Purpose((self.0 >> DRAWN) as u8)
    }

    /// The identifier that a group key has for one of its users (GUK-ID); from it the same way leads back to the group key.
    //= 33.180-guk-id
    pub fn of_user(self, group_key: &[u8; KEY], mc_id: &str) -> Self {
        let length = u16::try_from(mc_id.len()).unwrap_or(u16::MAX);
        let mut mac =
            <Hmac<Sha256> as hmac::Mac>::new_from_slice(group_key).expect("HMAC takes keys of any length");
        mac.update(&[USER_SALT]);
        mac.update(mc_id.as_bytes());
        mac.update(&length.to_be_bytes());
        let salt: [u8; 32] = mac.finalize().into_bytes().into();
        let [.., a, b, c, d] = salt;
        Self(self.0 ^ u32::from_be_bytes([a & 0x0f, b, c, d]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    //= 33.180-key-id test
    #[test]
    fn the_purpose_is_in_the_first_four_bits() {
        let id = KeyId::new(Purpose::CLIENT_SERVER, 0xffe0_b176);
        assert_eq!((id, id.purpose()), (KeyId(0x2fe0_b176), Purpose::CLIENT_SERVER));
        assert_eq!(id.to_string(), "2fe0b176");
        for (number, purpose) in [
            (0, Purpose::GROUP_MASTER),
            (1, Purpose::PRIVATE_CALL),
            (3, Purpose::SIGNALLING_PROTECTION),
            (4, Purpose::MULTICAST_FLOOR),
            (5, Purpose::SUBCHANNEL_CONTROL),
            (6, Purpose::MULTICAST_SIGNALLING),
        ] {
            assert_eq!(KeyId(number << 28 | 7).purpose(), purpose);
        }
    }

    //= 33.180-guk-id test
    #[test]
    fn the_identifier_of_a_user_leads_to_that_of_the_group_and_back() {
        let (key, group) = ([7; KEY], KeyId::new(Purpose::GROUP_MASTER, 0x0e14_4748));
        let of_user = group.of_user(&key, "sip:alice@mc.example.org");
        assert_eq!(of_user.purpose(), Purpose::GROUP_MASTER);
        assert_eq!(of_user.of_user(&key, "sip:alice@mc.example.org"), group);
        assert_ne!(of_user, group.of_user(&key, "sip:bob@mc.example.org"));
        assert_ne!(of_user, group.of_user(&[8; KEY], "sip:alice@mc.example.org"));
        // HMAC-SHA-256 of 50, the identity and 0018, its last 28 bits.
        assert_eq!(of_user.0 ^ group.0, SALT_OF_ALICE);
    }

    /// Computed by hand with another implementation.
    const SALT_OF_ALICE: u32 = 0x01cb_847c;
}
