//! One association: a handshake, then silence.

use std::collections::VecDeque;
use std::fmt;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sdp::{Crypto, CryptoSuite, Fingerprint, HashFunction, KeySalt};
use openssl::hash::MessageDigest;
use openssl::srtp::SrtpProfileId;
use openssl::ssl::{ErrorCode, SslStream};
use openssl::x509::X509;
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::channel::Channel;
use super::flight::Flight;
use super::identity::Identity;
use super::{HandshakeError, Peer, Role};
use crate::crypto::MediaProtection;

/// Octets of a datagram of ours: fits every path that voice takes, tunnels included.
const MTU: u32 = 1_200;
/// How long a handshake may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// RFC 5764 4.2.
const EXPORTER: &str = "EXTRACTOR-dtls_srtp";
/// Content types (RFC 5246 6.2.1) that only a handshake has.
const CHANGE_CIPHER_SPEC: u8 = 20;
const HANDSHAKE: u8 = 22;

/// What became of an association.
#[derive(Debug)]
pub enum Progress {
    /// Nothing that its owner needs to know.
    Nothing,
    /// The other side is who the session description says, and here are the keys. Comes once.
    Keyed(Box<MediaProtection>),
    /// There are no keys and there are going to be none. Comes once.
    Failed(HandshakeError),
    /// The other side has ended the association; keys that there are stay in use (RFC 5764 5.1.2 asks for nothing else).
    Closed,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Handshake,
    Keyed,
    Over,
}

/// A DTLS association of one media stream.
pub struct Association {
    stream: SslStream<Channel>,
    peer: Peer,
    state: State,
    flight: Flight,
    give_up: Option<Instant>,
    outgoing: VecDeque<Bytes>,
}

impl Association {
    /// Begins one; the active side has its first flight ready. `remote`: where the other side is.
    ///
    /// # Errors
    /// [`HandshakeError::Library`] when the library fails.
    pub fn new(
        identity: &Identity,
        peer: Peer,
        remote: SocketAddr,
        now: Instant,
    ) -> Result<Self, HandshakeError> {
        let library = |_| HandshakeError::Library;
        let mut ssl = identity.association(remote).map_err(library)?;
        ssl.set_mtu(MTU).map_err(library)?;
        match peer.role {
            Role::Active => ssl.set_connect_state(),
            Role::Passive => ssl.set_accept_state(),
        }
        let stream = SslStream::new(ssl, Channel::default()).map_err(library)?;
        let mut association = Self {
            stream,
            state: State::Handshake,
            flight: Flight::none(),
            give_up: None,
            outgoing: VecDeque::new(),
            peer,
        };
        if association.peer.role == Role::Active {
            association.give_up = now.checked_add(PATIENCE);
            association.go_on(now);
        }
        Ok(association)
    }

    /// A datagram has come whose first octet says that it is DTLS (RFC 7983).
    pub fn handle_datagram(&mut self, now: Instant, datagram: &[u8]) -> Progress {
        match self.state {
            State::Handshake => {
                // The passive side waits for as long as the call lasts, but not for the rest of what has begun.
                self.give_up = self.give_up.or_else(|| now.checked_add(PATIENCE));
                self.stream.get_mut().arrived(datagram);
                self.go_on(now)
            }
            State::Keyed => {
                self.stream.get_mut().arrived(datagram);
                self.listen(datagram)
            }
            State::Over => Progress::Nothing,
        }
    }

    /// Time has passed. Harmless when called early or late.
    pub fn handle_timeout(&mut self, now: Instant) -> Progress {
        if self.state != State::Handshake {
            return Progress::Nothing;
        }
        if self.give_up.is_some_and(|at| at <= now) {
            return self.fail(HandshakeError::TimedOut);
        }
        if self.flight.due().is_none_or(|at| at > now) {
            return Progress::Nothing;
        }
        // The library sends it again under new record numbers, which the other side does not take for copies; where its clock
        // says that it is too early, copies are better than nothing.
        let (progress, written) = self.step();
        let again = if written.is_empty() { self.flight.datagrams().to_vec() } else { written };
        self.send(&again);
        if self.state == State::Handshake {
            self.flight.sent_again(now);
        }
        progress
    }

    /// What is to be sent next to the other side.
    pub fn poll_transmit(&mut self) -> Option<Bytes> {
        self.outgoing.pop_front()
    }

    /// When to call [`handle_timeout`](Self::handle_timeout) at the latest.
    pub fn poll_timeout(&self) -> Option<Instant> {
        match self.state {
            State::Handshake => self.flight.due().into_iter().chain(self.give_up).min(),
            State::Keyed | State::Over => None,
        }
    }

    /// Tells the other side that the association is over; what is to be sent for it is left to be polled.
    pub fn close(&mut self) {
        if self.state == State::Keyed {
            // A datagram that cannot be made is one that is lost.
            let _ = self.stream.shutdown();
            let written = self.stream.get_mut().take_written();
            self.send(&written);
        }
        self.state = State::Over;
    }

    /// A step of the handshake, whose datagrams are a new flight.
    fn go_on(&mut self, now: Instant) -> Progress {
        let (progress, written) = self.step();
        if !written.is_empty() {
            self.flight.sent(now, &written);
            self.send(&written);
        }
        if self.state != State::Handshake {
            self.flight.settle();
        }
        progress
    }

    fn step(&mut self) -> (Progress, Vec<Vec<u8>>) {
        let progress = match self.stream.do_handshake() {
            Ok(()) => match self.keys() {
                Ok(keys) => {
                    self.state = State::Keyed;
                    Progress::Keyed(Box::new(keys))
                }
                Err(error) => {
                    let _ = self.stream.shutdown();
                    self.fail(error)
                }
            },
            Err(error) if [ErrorCode::WANT_READ, ErrorCode::WANT_WRITE].contains(&error.code()) => {
                Progress::Nothing
            }
            Err(_) => self.fail(HandshakeError::Refused),
        };
        (progress, self.stream.get_mut().take_written())
    }

    const fn fail(&mut self, error: HandshakeError) -> Progress {
        self.state = State::Over;
        Progress::Failed(error)
    }

    /// After the handshake: a copy of the other side's last flight means that ours was lost, an alert ends the association.
    /// Application data is not for us.
    fn listen(&mut self, datagram: &[u8]) -> Progress {
        let mut ignored = [0; 2_048];
        let closed = match self.stream.ssl_read(&mut ignored) {
            Ok(_) => false,
            Err(error) => error.code() == ErrorCode::ZERO_RETURN,
        };
        let written = self.stream.get_mut().take_written();
        let again = matches!(datagram.first(), Some(&(CHANGE_CIPHER_SPEC | HANDSHAKE)));
        if !written.is_empty() {
            self.send(&written);
        } else if again && self.peer.role == Role::Passive {
            let flight = self.flight.asked_for().to_vec();
            self.send(&flight);
        }
        match closed {
            true => {
                self.state = State::Over;
                Progress::Closed
            }
            false => Progress::Nothing,
        }
    }

    fn send(&mut self, datagrams: &[Vec<u8>]) {
        self.outgoing.extend(datagrams.iter().map(|datagram| Bytes::copy_from_slice(datagram)));
    }

    /// The keys of a handshake that is done, if the other side is the one that was described.
    fn keys(&self) -> Result<MediaProtection, HandshakeError> {
        let ssl = self.stream.ssl();
        let certificate = ssl.peer_certificate().ok_or(HandshakeError::Fingerprint)?;
        if !is_described(&certificate, &self.peer.fingerprints) {
            return Err(HandshakeError::Fingerprint);
        }
        let profile = ssl.selected_srtp_profile().ok_or(HandshakeError::NoProfile)?.id();
        let (suite, salt) = match profile {
            SrtpProfileId::SRTP_AEAD_AES_128_GCM => (CryptoSuite::AeadAes128Gcm, 12),
            SrtpProfileId::SRTP_AES128_CM_SHA1_80 => (CryptoSuite::AesCm128HmacSha1_80, 14),
            _ => return Err(HandshakeError::NoProfile),
        };
        const KEY: usize = 16;
        let mut exported = Zeroizing::new(vec![0; 2 * (KEY + salt)]);
        //= RFC5764-4.2
        ssl.export_keying_material(&mut exported, EXPORTER, None).map_err(|_| HandshakeError::Library)?;
        let (keys, salts) = exported.split_at(2 * KEY);
        let of = |client: bool| {
            let side = usize::from(!client);
            let key = &keys[side * KEY..][..KEY];
            let key_salt = [key, &salts[side * salt..][..salt]].concat();
            Crypto::new(1, suite.clone(), KeySalt::new(key_salt)).map_err(|_| HandshakeError::Library)
        };
        let client = self.peer.role == Role::Active;
        Ok(MediaProtection { send: of(client)?, receive: of(!client)? })
    }
}

impl fmt::Debug for Association {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Association")
            .field("role", &self.peer.role)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Whether the session description speaks of this certificate. Of several hash functions the strongest that we have decides
/// alone; one that collides proves nothing.
//= RFC8122-5:verify
fn is_described(certificate: &X509, fingerprints: &[Fingerprint]) -> bool {
    let functions = [
        (HashFunction::SHA_512, MessageDigest::sha512()),
        (HashFunction::SHA_384, MessageDigest::sha384()),
        (HashFunction::SHA_256, MessageDigest::sha256()),
    ];
    let by = |function: &HashFunction| {
        let function = function.0.clone();
        fingerprints.iter().filter(move |one| one.hash.0.eq_ignore_ascii_case(&function))
    };
    let Some((function, digest)) = functions.into_iter().find(|(function, _)| by(function).next().is_some())
    else {
        return false;
    };
    let Ok(actual) = certificate.digest(digest) else { return false };
    by(&function).any(|described| described.octets.as_slice().ct_eq(&actual).into())
}
