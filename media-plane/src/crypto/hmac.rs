//! HMAC-SHA1 (RFC 2104) with a key that stays: its two blocks are digested once, when the key is set up.
//!
//! On the compression function itself, so that a packet is digested where it lies and the state of the key can be
//! wiped.

use sha1::block_api::compress;
use zeroize::Zeroize;

/// Octets of a digest.
pub(super) const DIGEST: usize = 20;
/// Octets of a block of SHA-1, and of the length that closes the last one.
const BLOCK: usize = 64;
const LENGTH: usize = 8;

type State = [u32; 5];

/// The state SHA-1 begins with (FIPS 180-4 5.3.1).
const INITIAL: State = [0x6745_2301, 0xefcd_ab89, 0x98ba_dcfe, 0x1032_5476, 0xc3d2_e1f0];

/// A key, as the states its inner and its outer block leave behind.
pub(super) struct HmacSha1 {
    inner: State,
    outer: State,
}

impl HmacSha1 {
    pub(super) fn new(key: &[u8; DIGEST]) -> Self {
        let state = |pad: u8| {
            let mut block = [pad; BLOCK];
            block.iter_mut().zip(key).for_each(|(octet, key)| *octet ^= key);
            let mut state = INITIAL;
            compress(&mut state, &[block]);
            block.zeroize();
            state
        };
        Self { inner: state(0x36), outer: state(0x5c) }
    }

    /// The code of a message and the few octets behind it: not more than fit into a block together with what closes it.
    pub(super) fn tag(&self, message: &[u8], behind: &[u8]) -> [u8; DIGEST] {
        let mut state = self.inner;
        let (blocks, rest) = message.as_chunks::<BLOCK>();
        compress(&mut state, blocks);
        let mut last = [[0; BLOCK]; 2];
        let tail = rest.len() + behind.len();
        let octets = last.as_flattened_mut();
        octets[..rest.len()].copy_from_slice(rest);
        octets[rest.len()..tail].copy_from_slice(behind);
        let count = close(octets, tail, message.len() + behind.len());
        compress(&mut state, &last[..count]);

        let mut last = [[0; BLOCK]; 1];
        let octets = last.as_flattened_mut();
        octets[..DIGEST].copy_from_slice(&digest(&state));
        close(octets, DIGEST, DIGEST);
        let mut state = self.outer;
        compress(&mut state, &last);
        digest(&state)
    }
}

impl Drop for HmacSha1 {
    fn drop(&mut self) {
        self.inner.zeroize();
        self.outer.zeroize();
    }
}

/// Closes a message of which `tail` octets are in the last blocks; how many of the blocks it takes. The block of the key
/// is digested already.
fn close(last: &mut [u8], tail: usize, message: usize) -> usize {
    let count = (tail + 1 + LENGTH).div_ceil(BLOCK);
    let bits = (BLOCK + message) as u64 * 8;
    last[tail] = 0x80;
    last[count * BLOCK - LENGTH..count * BLOCK].copy_from_slice(&bits.to_be_bytes());
    count
}

fn digest(state: &State) -> [u8; DIGEST] {
    let mut digest = [0; DIGEST];
    digest.as_chunks_mut().0.iter_mut().zip(state).for_each(|(word, state)| *word = state.to_be_bytes());
    digest
}

#[cfg(test)]
mod tests {
    use openssl::hash::MessageDigest;
    use openssl::pkey::PKey;
    use openssl::sign::Signer;

    use super::*;

    #[test]
    fn every_length_has_the_code_openssl_gives_it() {
        let key: [u8; DIGEST] = std::array::from_fn(|octet| octet as u8 * 11);
        let ours = HmacSha1::new(&key);
        let theirs = PKey::hmac(&key).unwrap();
        let message: Vec<u8> = (0..300_u32).map(|octet| (octet * 7) as u8).collect();
        for length in 0..message.len() {
            for behind in [&[][..], &[1, 2, 3, 4]] {
                let mut signer = Signer::new(MessageDigest::sha1(), &theirs).unwrap();
                signer.update(&message[..length]).unwrap();
                signer.update(behind).unwrap();
                assert_eq!(
                    ours.tag(&message[..length], behind)[..],
                    signer.sign_to_vec().unwrap(),
                    "{length}"
                );
            }
        }
    }
}
