//! The transforms of RFC 3711 and RFC 7714 straight from their definitions, on the primitives of OpenSSL.

use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, encrypt, encrypt_aead};

use super::{RTCP_HEADER, Transform};

pub(super) fn aes_ctr(key: &[u8], iv: &[u8], data: &[u8]) -> Vec<u8> {
    encrypt(Cipher::aes_128_ctr(), key, Some(iv), data).unwrap()
}

/// RFC 3711 4.3.3 with a key derivation rate of zero.
pub(super) fn derive(master: &[u8], label: u8, octets: usize) -> Vec<u8> {
    let (key, salt) = master.split_at(16);
    let mut iv = [0; 16];
    iv[..salt.len()].copy_from_slice(salt);
    iv[7] ^= label;
    aes_ctr(key, &iv, &vec![0; octets])
}

/// `value` (big-endian) exclusive-ored into `iv` so that it ends before octet `end`.
fn mix(iv: &mut [u8], end: usize, value: &[u8]) {
    let start = end - value.len();
    iv[start..end].iter_mut().zip(value).for_each(|(octet, value)| *octet ^= value);
}

fn counter_mode(master: &[u8], labels: [u8; 2], ssrc: &[u8], index: u64, data: &[u8]) -> Vec<u8> {
    let mut iv = derive(master, labels[1], 14);
    iv.extend([0, 0]);
    mix(&mut iv, 8, ssrc);
    mix(&mut iv, 14, &index.to_be_bytes()[2..]);
    aes_ctr(&derive(master, labels[0], 16), &iv, data)
}

pub(super) fn tag(master: &[u8], label: u8, parts: &[&[u8]], octets: usize) -> Vec<u8> {
    let key = PKey::hmac(&derive(master, label, 20)).unwrap();
    let mut signer = Signer::new(MessageDigest::sha1(), &key).unwrap();
    parts.iter().for_each(|part| signer.update(part).unwrap());
    signer.sign_to_vec().unwrap()[..octets].to_vec()
}

pub(super) fn gcm(key: &[u8], iv: &[u8], aad: &[u8], data: &[u8]) -> Vec<u8> {
    let mut tag = [0; 16];
    let mut out = encrypt_aead(Cipher::aes_128_gcm(), key, Some(iv), aad, data, &mut tag).unwrap();
    out.extend(tag);
    out
}

pub(super) fn rtp(transform: Transform, master: &[u8], header: usize, roc: u32, packet: &[u8]) -> Vec<u8> {
    let (clear, payload) = packet.split_at(header);
    let index = u64::from(roc) << 16 | u64::from(u16::from_be_bytes([clear[2], clear[3]]));
    let ssrc = &clear[8..12];
    let mut out = clear.to_vec();
    match transform {
        Transform::AesCm128HmacSha1_80 | Transform::AesCm128HmacSha1_32 => {
            let octets = if transform == Transform::AesCm128HmacSha1_80 { 10 } else { 4 };
            out.extend(counter_mode(master, [0, 2], ssrc, index, payload));
            out.extend(tag(master, 1, &[&out, &roc.to_be_bytes()], octets));
        }
        Transform::AeadAes128Gcm => {
            let mut iv = derive(master, 2, 12);
            mix(&mut iv, 6, ssrc);
            mix(&mut iv, 12, &index.to_be_bytes()[2..]);
            out.extend(gcm(&derive(master, 0, 16), &iv, clear, payload));
        }
    }
    out
}

pub(super) fn rtcp(transform: Transform, master: &[u8], index: u32, packet: &[u8]) -> Vec<u8> {
    let (clear, payload) = packet.split_at(RTCP_HEADER);
    let ssrc = &clear[4..8];
    let marked = (index | 1 << 31).to_be_bytes();
    let mut out = clear.to_vec();
    match transform {
        Transform::AesCm128HmacSha1_80 | Transform::AesCm128HmacSha1_32 => {
            out.extend(counter_mode(master, [3, 5], ssrc, index.into(), payload));
            out.extend(marked);
            out.extend(tag(master, 4, &[&out], 10));
        }
        Transform::AeadAes128Gcm => {
            let mut iv = derive(master, 5, 12);
            mix(&mut iv, 6, ssrc);
            mix(&mut iv, 12, &index.to_be_bytes());
            let aad = [clear, &marked].concat();
            out.extend(gcm(&derive(master, 3, 16), &iv, &aad, payload));
            out.extend(marked);
        }
    }
    out
}
