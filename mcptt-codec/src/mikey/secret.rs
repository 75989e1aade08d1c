//! [`KeyMaterial`]: octets that leave no trace.

use std::fmt;

use zeroize::Zeroizing;

/// Keys, encrypted or not. Wiped when dropped, never printed, never serialised.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KeyMaterial(Zeroizing<Vec<u8>>);

impl KeyMaterial {
    /// Takes the octets.
    pub fn new(octets: Vec<u8>) -> Self {
        Self(Zeroizing::new(octets))
    }

    /// The octets, for the cipher only.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for KeyMaterial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyMaterial(hidden)")
    }
}
