//! From keys of the service to master keys of SRTP and SRTCP (RFC 3830 4.1.2 and 4.1.3 with the function of RFC 6043 6.1; TS
//! 33.180 E.1.3 and TS 24.380 13).

use hmac::{Hmac, Mac as _};
use mcptt_codec::sdp::{Crypto, CryptoSuite, KeySalt, MasterKeyIdentifier};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{KeyId, ServiceKey};
use crate::crypto::MediaProtection;

/// Constants of RFC 3830 4.1.3: of the key that traffic is encrypted with, and of its salt.
const TRAFFIC: u32 = 0x2ad0_1c64;
const SALT: u32 = 0x39a2_c14b;
/// Octets of a hash, and of a part of a long key.
const HASH: usize = 32;
/// Octets of a master key and of its salt (AEAD_AES_128_GCM).
const MASTER_KEY: usize = 16;
const MASTER_SALT: usize = 12;

/// Which traffic of the bundle that a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CryptoSession(pub u8);

impl CryptoSession {
    /// What the initiator of a private call sends.
    pub const PRIVATE_INITIATOR: Self = Self(0);
    /// What the receiver of a private call sends.
    pub const PRIVATE_RECEIVER: Self = Self(1);
    /// Media of a group.
    pub const GROUP: Self = Self(4);
    /// SRTCP of floor control under a client-server key.
    pub const CLIENT_SERVER: Self = Self(6);
    /// SRTCP of floor control between servers: unicast signalling as well, and no number is published for it alone.
    pub const BETWEEN_SERVERS: Self = Self::CLIENT_SERVER;
    /// SRTCP of floor control on multicast.
    pub const MULTICAST: Self = Self(7);
}

/// PRF-HMAC-SHA-256.
//= RFC6043-6.1:prf
fn expand<const N: usize>(key: &[u8], label: &[u8]) -> Zeroizing<[u8; N]> {
    let mut expanded = Zeroizing::new([0; N]);
    for part in key.chunks(HASH) {
        let mac = |inputs: &[&[u8]]| {
            let mut mac =
                <Hmac<Sha256> as hmac::Mac>::new_from_slice(part).expect("HMAC takes keys of any length");
            inputs.iter().for_each(|input| mac.update(input));
            Zeroizing::new(<[u8; HASH]>::from(mac.finalize().into_bytes()))
        };
        let mut step = mac(&[label]);
        for block in expanded.chunks_mut(HASH) {
            let out = mac(&[&*step, label]);
            block.iter_mut().zip(out.iter()).for_each(|(octet, out)| *octet ^= out);
            step = mac(&[&*step]);
        }
    }
    expanded
}

/// The master key and salt of one session of a bundle.
//= RFC3830-4.1.3
fn master(key: &ServiceKey, session: CryptoSession) -> Zeroizing<Vec<u8>> {
    let label = |constant: u32| {
        [&constant.to_be_bytes()[..], &[session.0], &key.id.0.to_be_bytes(), &key.rand].concat()
    };
    let (traffic, salt) =
        (expand::<MASTER_KEY>(&*key.key, &label(TRAFFIC)), expand::<MASTER_SALT>(&*key.key, &label(SALT)));
    let mut both = Zeroizing::new(Vec::with_capacity(MASTER_KEY + MASTER_SALT));
    both.extend_from_slice(&*traffic);
    both.extend_from_slice(&*salt);
    both
}

/// The keys of one session of a bundle, for AEAD_AES_128_GCM; packets say which key they are under.
fn crypto(key: &ServiceKey, session: CryptoSession, mki: u64, octets: u8) -> Crypto {
    let key_salt = KeySalt::new(master(key, session).to_vec());
    let mut crypto = Crypto::new(1, CryptoSuite::AeadAes128Gcm, key_salt)
        .expect("master key and salt have the length that the suite wants");
    crypto.key.mki = Some(MasterKeyIdentifier { value: mki, octets });
    crypto
}

/// What floor control between a client and a server is protected with, once the client has given its key (CSK): SRTCP of both
/// directions under one master key, so the ends differ by their SSRC.
//= 33.180-floor-csk
pub fn floor_control(key: &ServiceKey) -> MediaProtection {
    let both = crypto(key, CryptoSession::CLIENT_SERVER, key.id.0.into(), 4);
    MediaProtection { send: both.clone(), receive: both }
}

/// What floor control between servers is protected with (SPK): the first key closes, each of them opens, so that a new one can
/// be brought to one server after the other. `None`: there is no key.
//= 33.180-spk-floor
//= 33.180-spk-change
pub fn between_servers(keys: &[ServiceKey]) -> Option<MediaProtection> {
    let of = |key: &ServiceKey| crypto(key, CryptoSession::BETWEEN_SERVERS, key.id.0.into(), 4);
    let (first, others) = keys.split_first()?;
    let send = of(first);
    let receive = Crypto { further_keys: others.iter().map(|key| of(key).key).collect(), ..send.clone() };
    Some(MediaProtection { send, receive })
}

/// What is sent by multicast is protected with: floor control (MuSiK, MKFC) and the control of subchannels (MSCCK). The server
/// alone sends.
//= 33.180-multicast
pub fn multicast(key: &ServiceKey) -> MediaProtection {
    let both = crypto(key, CryptoSession::MULTICAST, key.id.0.into(), 4);
    MediaProtection { send: both.clone(), receive: both }
}

/// What the media of a private call are protected with, seen from one of its ends.
//= 33.180-mki
pub fn private_call(key: &ServiceKey, initiator: bool) -> MediaProtection {
    let side = |session| crypto(key, session, key.id.0.into(), 4);
    let (first, second) = (side(CryptoSession::PRIVATE_INITIATOR), side(CryptoSession::PRIVATE_RECEIVER));
    if initiator {
        MediaProtection { send: first, receive: second }
    } else {
        MediaProtection { send: second, receive: first }
    }
}

/// What a member of a group protects its media with: packets carry the identifiers of the group's key and of the user's.
//= 33.180-mki
pub fn group_media(key: &ServiceKey, user: KeyId) -> Crypto {
    let mki = u64::from(key.id.0) << 32 | u64::from(user.0);
    crypto(key, CryptoSession::GROUP, mki, 8)
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::hex;
    use super::super::{KEY, Purpose};
    use super::*;

    fn key() -> ServiceKey {
        ServiceKey {
            id: KeyId::new(Purpose::CLIENT_SERVER, 0x0fe0_b176),
            key: Zeroizing::new([0x33; KEY]),
            rand: vec![0x2d; 16],
        }
    }

    //= RFC6043-6.1:prf test
    //= RFC3830-4.1.3 test
    #[test]
    fn keys_are_what_another_implementation_derives() {
        assert_eq!(
            master(&key(), CryptoSession::CLIENT_SERVER).to_vec(),
            hex("4efe4ff1f4afeb3b47e0bb05b81f9c0bad54f00f57bff5bd34ced890")
        );
        assert_eq!(
            expand::<70>(&[7; 40], b"label").to_vec(),
            hex(
                "d69107246c8865eb13c9afa6547a500da6da2573f42df135790f02aab1ec25642fa35a827f18f049c5b973fdc6088b30543dec325f12acc990e21d6000a5e6753d62fa0080a5"
            )
        );
    }

    //= 33.180-floor-csk test
    //= 33.180-mki test
    #[test]
    fn packets_say_which_key_they_are_under() {
        let floor = floor_control(&key());
        assert_eq!(floor.send.key.mki, Some(MasterKeyIdentifier { value: 0x2fe0_b176, octets: 4 }));
        assert_eq!(floor.send, floor.receive);
        assert_ne!(floor.send, multicast(&key()).send, "another session of the bundle");
        let (one, other) = (private_call(&key(), true), private_call(&key(), false));
        assert_eq!((&one.send, &one.receive), (&other.receive, &other.send));
        assert_ne!(one.send, one.receive);
        let group = group_media(&key(), KeyId(5));
        assert_eq!(group.key.mki, Some(MasterKeyIdentifier { value: 0x2fe0_b176_0000_0005, octets: 8 }));
    }

    //= 33.180-spk-change test
    //= 33.180-spk-floor test
    #[test]
    fn the_first_key_of_servers_closes_and_all_of_them_open() {
        let spk = |drawn| ServiceKey { id: KeyId::new(Purpose::SIGNALLING_PROTECTION, drawn), ..key() };
        let (old, new) = (spk(1), spk(2));
        let before = between_servers(std::slice::from_ref(&old)).unwrap();
        let after = between_servers(&[new, old]).unwrap();
        let mki = |value| Some(MasterKeyIdentifier { value, octets: 4 });
        assert_eq!((before.send.key.mki, after.send.key.mki), (mki(0x3000_0001), mki(0x3000_0002)));
        assert!(before.receive.further_keys.is_empty() && after.send.further_keys.is_empty());
        let opens = |receive: &Crypto, send: &Crypto| receive.keys().any(|key| *key == send.key);
        assert!(opens(&after.receive, &before.send) && opens(&after.receive, &after.send));
        assert!(between_servers(&[]).is_none());
    }
}
