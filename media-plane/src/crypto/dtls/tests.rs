//! Two ends over a network that loses, changes and repeats, on virtual time.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sdp::{CryptoSuite, HashFunction};

use super::*;
use crate::crypto::{MediaProtection, Protection as _, ProtectionError, Srtp};
use crate::testing::t0;

const ADDRESSES: [SocketAddr; 2] = [
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 1)), 20_000),
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 2)), 40_000),
];
const ACTIVE: usize = 0;
const PASSIVE: usize = 1;

/// Both ends: the active one first.
struct Pair {
    begun: Instant,
    now: Instant,
    ends: [Association; 2],
    keys: [Option<MediaProtection>; 2],
    failures: [Option<HandshakeError>; 2],
    under_way: VecDeque<(usize, Bytes)>,
    sent: usize,
}

fn peer(role: Role, identity: &Identity) -> Peer {
    Peer { role, fingerprints: vec![identity.fingerprint().clone()], rtcp_mux: true, id: None }
}

impl Pair {
    fn new() -> Self {
        let (active, passive) = (Identity::generate().unwrap(), Identity::generate().unwrap());
        Self::of(&active, peer(Role::Active, &passive), &passive, peer(Role::Passive, &active))
    }

    fn of(active: &Identity, of_active: Peer, passive: &Identity, of_passive: Peer) -> Self {
        let now = t0();
        let ends = [
            Association::new(active, of_active, ADDRESSES[PASSIVE], now).unwrap(),
            Association::new(passive, of_passive, ADDRESSES[ACTIVE], now).unwrap(),
        ];
        let (keys, failures) = ([None, None], [None, None]);
        Self { begun: now, now, ends, keys, failures, under_way: VecDeque::new(), sent: 0 }
    }

    fn note(&mut self, end: usize, progress: Progress) {
        match progress {
            Progress::Keyed(keys) => assert!(self.keys[end].replace(*keys).is_none(), "keys come once"),
            Progress::Failed(error) => assert!(self.failures[end].replace(error).is_none()),
            Progress::Nothing | Progress::Closed => {}
        }
    }

    /// Delivers until nobody has anything to say. `network` makes of a datagram, with its number, what arrives.
    fn settle(&mut self, network: &mut impl FnMut(usize, Bytes) -> Vec<Bytes>) {
        loop {
            for end in [ACTIVE, PASSIVE] {
                while let Some(datagram) = self.ends[end].poll_transmit() {
                    assert!(datagram.len() <= 1_200, "{} octets", datagram.len());
                    assert!(matches!(datagram[0], 20..=63), "RFC 7983 takes it for DTLS");
                    let arrives = network(self.sent, datagram);
                    self.under_way.extend(arrives.into_iter().map(|datagram| (1 - end, datagram)));
                    self.sent += 1;
                }
            }
            let Some((to, datagram)) = self.under_way.pop_front() else { return };
            let progress = self.ends[to].handle_datagram(self.now, &datagram);
            self.note(to, progress);
        }
    }

    /// Lets time pass until both are done or nobody waits any more.
    fn run(&mut self, mut network: impl FnMut(usize, Bytes) -> Vec<Bytes>) {
        self.settle(&mut network);
        while let Some(next) = self.ends.iter().filter_map(Association::poll_timeout).min() {
            if self.keys.iter().all(Option::is_some) {
                return;
            }
            self.now = self.now.max(next);
            for end in [ACTIVE, PASSIVE] {
                let progress = self.ends[end].handle_timeout(self.now);
                self.note(end, progress);
            }
            self.settle(&mut network);
        }
    }

    /// Both have keys, and what one closes the other opens.
    fn talks(&self) -> CryptoSuite {
        let [Some(active), Some(passive)] = &self.keys else { panic!("no keys: {:?}", self.failures) };
        let (mut active, mut passive) = (Srtp::new(active).unwrap(), Srtp::new(passive).unwrap());
        let packet = || [&[0x80, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 7][..], &[0x5a; 40]].concat();
        let (from, to) = (&mut active, &mut passive);
        let mut sealed = packet();
        from.protect_rtp(&mut sealed).unwrap();
        let mut opened = sealed.clone();
        to.unprotect_rtp(&mut opened).unwrap();
        assert_eq!(opened, packet());
        assert_eq!(to.unprotect_rtp(&mut sealed), Err(ProtectionError::Replayed));
        let mut back = packet();
        to.protect_rtp(&mut back).unwrap();
        from.unprotect_rtp(&mut back).unwrap();
        assert_eq!(back, packet());
        self.keys[ACTIVE].as_ref().unwrap().send.suite.clone()
    }
}

fn faithful(_: usize, datagram: Bytes) -> Vec<Bytes> {
    vec![datagram]
}

//= RFC5764-4.2 test
#[test]
fn two_ends_agree_on_keys_without_loss_of_time() {
    let mut pair = Pair::new();
    pair.run(faithful);
    assert_eq!(pair.talks(), CryptoSuite::AeadAes128Gcm);
    assert_eq!(pair.now, pair.begun);
    let [Some(active), Some(passive)] = &pair.keys else { panic!("both ends have keys") };
    assert_eq!(active.send.key_salt(), passive.receive.key_salt());
    assert_ne!(active.send.key_salt(), active.receive.key_salt());
    assert!(format!("{active:?}").contains("hidden"));
}

//= RFC6347-4.2.1 test
#[test]
fn who_opens_shows_first_that_it_receives_at_its_address() {
    let mut pair = Pair::new();
    let mut kinds = Vec::new();
    pair.run(|_, datagram| {
        kinds.push(datagram[13]);
        vec![datagram]
    });
    // Client Hello, Hello Verify Request, Client Hello.
    assert_eq!(kinds[..3], [1, 3, 1]);
}

#[test]
fn whichever_datagram_is_lost_there_are_keys_in_the_end() {
    let mut faultless = Pair::new();
    faultless.run(faithful);
    for lost in 0..faultless.sent {
        let mut pair = Pair::new();
        pair.run(|number, datagram| if number == lost { Vec::new() } else { vec![datagram] });
        pair.talks();
        assert!(pair.now > pair.begun, "somebody had to wait for number {lost}");
        assert!(pair.now <= pair.begun + Duration::from_secs(3), "{lost}: {:?}", pair.now - pair.begun);
    }
}

#[test]
fn half_of_everything_lost_or_twice_there_are_keys_in_the_end() {
    for lost in 0..2 {
        let mut pair = Pair::new();
        pair.run(
            |number, datagram| if number % 3 == lost { Vec::new() } else { vec![datagram.clone(), datagram] },
        );
        pair.talks();
    }
}

#[test]
fn nobody_waits_for_ever() {
    let mut pair = Pair::new();
    pair.run(|_, _| Vec::new());
    assert_eq!(pair.failures, [Some(HandshakeError::TimedOut), None]);
    assert_eq!(pair.now, pair.begun + Duration::from_secs(30));
    // After 1, 3, 7, 15 and 23 seconds, and at first.
    assert_eq!(pair.sent, 6);
}

//= RFC8122-5:verify test
#[test]
fn another_certificate_is_refused() {
    let (active, passive, other) =
        (Identity::generate().unwrap(), Identity::generate().unwrap(), Identity::generate().unwrap());
    let mut pair = Pair::of(&active, peer(Role::Active, &passive), &passive, peer(Role::Passive, &other));
    pair.run(faithful);
    assert_eq!(pair.failures[PASSIVE], Some(HandshakeError::Fingerprint));
    assert!(pair.keys[PASSIVE].is_none());
    let mut pair = Pair::of(&active, peer(Role::Active, &other), &passive, peer(Role::Passive, &active));
    pair.run(faithful);
    assert_eq!(pair.failures[ACTIVE], Some(HandshakeError::Fingerprint));
}

//= RFC8122-5:verify test
#[test]
fn one_of_several_fingerprints_is_enough_but_only_of_the_strongest_function() {
    let (active, passive) = (Identity::generate().unwrap(), Identity::generate().unwrap());
    let mut described = peer(Role::Passive, &active);
    described.fingerprints.insert(0, passive.fingerprint().clone());
    let mut pair = Pair::of(&active, peer(Role::Active, &passive), &passive, described.clone());
    pair.run(faithful);
    pair.talks();
    let stronger = Fingerprint { hash: HashFunction::SHA_512, octets: vec![0; 64] };
    described.fingerprints.push(stronger);
    let mut pair = Pair::of(&active, peer(Role::Active, &passive), &passive, described);
    pair.run(faithful);
    assert_eq!(pair.failures[PASSIVE], Some(HandshakeError::Fingerprint));
    let weak = Fingerprint { hash: HashFunction("sha-1".into()), octets: vec![0; 20] };
    let described = Peer { role: Role::Passive, fingerprints: vec![weak], rtcp_mux: true, id: None };
    let mut pair = Pair::of(&active, peer(Role::Active, &passive), &passive, described);
    pair.run(faithful);
    assert_eq!(pair.failures[PASSIVE], Some(HandshakeError::Fingerprint));
}

#[test]
fn what_is_no_record_of_the_handshake_changes_nothing() {
    let mut pair = Pair::new();
    pair.run(|number, datagram| {
        let noise: Vec<u8> = (0..60_u8).map(|at| at.wrapping_mul(37).wrapping_add(number as u8)).collect();
        let noise = [&[20 + (number % 44) as u8][..], &noise].concat();
        vec![noise.into(), datagram]
    });
    pair.talks();
}

#[test]
fn the_end_of_an_association_is_told() {
    let mut pair = Pair::new();
    pair.run(faithful);
    pair.ends[ACTIVE].close();
    let farewell = pair.ends[ACTIVE].poll_transmit().expect("close_notify");
    let now = pair.now;
    assert!(matches!(pair.ends[PASSIVE].handle_datagram(now, &farewell), Progress::Closed));
    assert!(matches!(pair.ends[PASSIVE].handle_datagram(now, &farewell), Progress::Nothing));
}

#[test]
fn a_certificate_comes_from_files_too() {
    let key = openssl::pkey::PKey::ec_gen("prime256v1").unwrap();
    let mut certificate = openssl::x509::X509::builder().unwrap();
    let name = openssl::x509::X509NameBuilder::new().unwrap().build();
    certificate.set_subject_name(&name).unwrap();
    certificate.set_issuer_name(&name).unwrap();
    let time = openssl::asn1::Asn1Time::from_unix(0).unwrap();
    certificate.set_not_before(&time).unwrap();
    certificate.set_not_after(&time).unwrap();
    certificate.set_pubkey(&key).unwrap();
    certificate.sign(&key, openssl::hash::MessageDigest::sha256()).unwrap();
    let certificate = certificate.build().to_pem().unwrap();
    let pem = key.private_key_to_pem_pkcs8().unwrap();
    let own = Identity::from_pem(&certificate, &pem).unwrap();
    assert_eq!(own.fingerprint().octets.len(), 32);
    let other = openssl::pkey::PKey::ec_gen("prime256v1").unwrap().private_key_to_pem_pkcs8().unwrap();
    assert_eq!(Identity::from_pem(&certificate, &other), Err(IdentityError::Mismatch));
    assert_eq!(Identity::from_pem(b"", &pem), Err(IdentityError::Certificate));
    assert_eq!(Identity::from_pem(&certificate, b""), Err(IdentityError::Key));
}
