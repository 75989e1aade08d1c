//! Hashing for tables whose keys the network chooses.

use std::hash::{BuildHasher, DefaultHasher, Hasher};

/// Hashes with a salt of ours in front, so that nobody outside can make keys that fall together. Told, not drawn: a run can be
/// repeated.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Salted(u64);

impl Salted {
    pub(crate) const fn new(salt: u64) -> Self {
        Self(salt)
    }
}

impl BuildHasher for Salted {
    type Hasher = DefaultHasher;

    fn build_hasher(&self) -> DefaultHasher {
        let mut hasher = DefaultHasher::new();
        hasher.write_u64(self.0);
        hasher
    }
}
