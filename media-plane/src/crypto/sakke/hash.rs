//! `HashToIntegerRange` of RFC 6508 5.1 with SHA-256.

use crypto_bigint::U1024;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::SHARED;
use super::parameters::{ELEMENT, Fq};

/// Octets of the hash.
const HASH: usize = 32;

/// `N` octets out of these parts.
fn expand<const N: usize>(parts: &[&[u8]]) -> Zeroizing<[u8; N]> {
    let mut all = Sha256::new();
    parts.iter().for_each(|part| all.update(part));
    let all = Zeroizing::new(<[u8; HASH]>::from(all.finalize()));
    let mut step = [0; HASH];
    let mut expanded = Zeroizing::new([0; N]);
    for block in expanded.chunks_mut(HASH) {
        step = Sha256::digest(step).into();
        let hash = Sha256::new().chain_update(step).chain_update(*all).finalize();
        block.copy_from_slice(&hash[..block.len()]);
    }
    expanded
}

/// A number below the order of the group.
//= RFC6508-5.1
pub(super) fn below_order(parts: &[&[u8]]) -> Zeroizing<U1024> {
    let expanded = expand::<ELEMENT>(parts);
    Zeroizing::new(Fq::new(&U1024::from_be_slice(&*expanded)).retrieve())
}

/// A mask for a shared secret value: the lowest bits of the hash.
pub(super) fn mask(part: &[u8]) -> Zeroizing<[u8; SHARED]> {
    let expanded = expand::<HASH>(&[part]);
    let mut mask = Zeroizing::new([0; SHARED]);
    mask.copy_from_slice(&expanded[HASH - SHARED..]);
    mask
}
