//! Digest authentication of clients that register with us directly (RFC 7616, RFC 8760).
//!
//! A nonce carries its own time and proof, so a challenge costs no memory; only nonces that were answered are remembered,
//! with the counter that the client has reached, so that nothing it sent can be sent again by somebody else.

use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use hmac::{Hmac, Mac};
use mcptt_codec::sip::field::Credentials;
use mcptt_codec::sip::{HeaderName, Request, Uri};
use mcptt_codec::text::ByteStr;
use md5::Md5;
use rand_core::RngCore;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{DigestUser, Secret};

/// Nonces that are remembered; beyond it the oldest ones and all that are older count as stale.
const REMEMBERED: usize = 100_000;
/// Octets of time, salt and proof in a nonce.
const STAMP: usize = 8;
const SALT: usize = 8;
const PROOF: usize = 16;

/// What was answered to a challenge.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// The client knows the password.
    Accepted,
    /// There are no credentials for our realm, or they are wrong.
    Refused,
    /// The answer may be right, but the nonce is too old or was used before: the client tries again with a new one, without
    /// asking its user.
    Stale,
}

/// The hash functions that are offered, the better one first (RFC 8760 2.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithm {
    Sha256,
    Md5,
}

impl Algorithm {
    const OFFERED: [Self; 2] = [Self::Sha256, Self::Md5];

    const fn name(self) -> &'static str {
        match self {
            Self::Sha256 => "SHA-256",
            Self::Md5 => "MD5",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::OFFERED.into_iter().find(|algorithm| algorithm.name().eq_ignore_ascii_case(name))
    }

    fn hash(self, text: &str) -> String {
        match self {
            Self::Sha256 => hex(&Sha256::digest(text.as_bytes())),
            Self::Md5 => hex(&Md5::digest(text.as_bytes())),
        }
    }
}

/// Challenges clients and checks their answers.
pub(crate) struct Authenticator {
    realm: ByteStr,
    lifetime: Duration,
    started: Instant,
    key: [u8; 32],
    salts: rand_chacha::ChaCha20Rng,
    /// The counter that was reached, by time and salt of the nonce.
    answered: BTreeMap<[u8; STAMP + SALT], u32>,
    /// Nonces from before this many milliseconds are stale.
    oldest: u64,
}

impl fmt::Debug for Authenticator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Authenticator").field("realm", &self.realm).finish_non_exhaustive()
    }
}

impl Authenticator {
    /// For clients that are told to be in `realm`; their nonces last for `lifetime`.
    pub(crate) fn new(
        realm: ByteStr,
        lifetime: Duration,
        mut rng: rand_chacha::ChaCha20Rng,
        now: Instant,
    ) -> Self {
        let mut key = [0; 32];
        rng.fill_bytes(&mut key);
        Self { realm, lifetime, started: now, key, salts: rng, answered: BTreeMap::new(), oldest: 0 }
    }

    /// The values of WWW-Authenticate, one for each algorithm, all with one new nonce.
    pub(crate) fn challenge(&mut self, now: Instant, stale: bool) -> Vec<ByteStr> {
        let mut stamp = [0; STAMP + SALT];
        stamp[..STAMP].copy_from_slice(&self.millis(now).to_be_bytes());
        self.salts.fill_bytes(&mut stamp[STAMP..]);
        let nonce = format!("{}{}", hex(&stamp), hex(&self.proof(&stamp)));
        let realm = &self.realm;
        let stale = if stale { ", stale=true" } else { "" };
        //= RFC8760-2.3:order
        Algorithm::OFFERED
            .iter()
            .map(|algorithm| {
                let name = algorithm.name();
                format!("Digest realm=\"{realm}\", nonce=\"{nonce}\", qop=\"auth\", algorithm={name}{stale}")
                    .into()
            })
            .collect()
    }

    /// Checks the credentials of a request.
    pub(crate) fn verify(&mut self, now: Instant, request: &Request, user: &DigestUser) -> Verdict {
        let Ok(all) = request.headers.credentials(&HeaderName::Authorization) else {
            return Verdict::Refused;
        };
        let ours = |given: &&Credentials| given.is_digest() && given.realm().as_deref() == Some(&self.realm);
        let Some(given) = all.iter().find(ours) else { return Verdict::Refused };
        let (Some(nonce), Some(response), Some(uri)) = (given.nonce(), given.response(), given.uri()) else {
            return Verdict::Refused;
        };
        let Some(algorithm) = Algorithm::named(given.algorithm()) else { return Verdict::Refused };
        //= RFC7616-3.4.6:uri
        let same_uri = uri == request.uri.as_str()
            || Uri::parse(uri)
                .is_ok_and(|uri| Uri::parse(&request.uri).is_ok_and(|own| own.equivalent(&uri)));
        if !same_uri || given.username().as_deref() != Some(user.username.as_str()) {
            return Verdict::Refused;
        }
        let first = user.first_hash(algorithm, &self.realm);
        let second = algorithm.hash(&format!("{}:{uri}", request.method));
        let (counter, expected) = match (given.qop(), given.nonce_count(), given.cnonce()) {
            (Some(qop), Some(count), Some(cnonce)) if qop.eq_ignore_ascii_case("auth") => {
                let text = format!("{first}:{nonce}:{count:08x}:{cnonce}:{qop}:{second}");
                (count, algorithm.hash(&text))
            }
            // RFC 2069, as old clients still do it: such a nonce serves once.
            (None, None, _) if algorithm == Algorithm::Md5 => {
                (1, algorithm.hash(&format!("{first}:{nonce}:{second}")))
            }
            _ => return Verdict::Refused,
        };
        let right: bool = expected.as_bytes().ct_eq(response.to_ascii_lowercase().as_bytes()).into();
        if !right {
            return Verdict::Refused;
        }
        self.note_use(now, nonce, counter)
    }

    /// Whether the nonce is one of ours, not too old, and used in this place of its order for the first time.
    fn note_use(&mut self, now: Instant, nonce: &str, counter: u32) -> Verdict {
        let Some(stamp) = self.stamp_of(nonce) else { return Verdict::Stale };
        let issued = u64::from_be_bytes(std::array::from_fn(|at| stamp[at]));
        let lifetime = u64::try_from(self.lifetime.as_millis()).unwrap_or(u64::MAX);
        let now = self.millis(now);
        //= RFC7616-3.3:stale
        if issued < self.oldest || issued > now || now - issued > lifetime {
            return Verdict::Stale;
        }
        //= RFC7616-3.4.5:replay
        if self.answered.get(&stamp).is_some_and(|last| counter <= *last) {
            return Verdict::Stale;
        }
        self.answered.insert(stamp, counter);
        self.forget(now.saturating_sub(lifetime));
        Verdict::Accepted
    }

    /// Forgets what is too old to be accepted anyway, and the oldest ones beyond the limit.
    fn forget(&mut self, before: u64) {
        while let Some((stamp, _)) = self.answered.first_key_value() {
            let issued = u64::from_be_bytes(std::array::from_fn(|at| stamp[at]));
            if issued >= before && self.answered.len() <= REMEMBERED {
                return;
            }
            self.oldest = self.oldest.max(issued.saturating_add(1));
            self.answered.pop_first();
        }
    }

    fn stamp_of(&self, nonce: &str) -> Option<[u8; STAMP + SALT]> {
        let octets = unhex(nonce)?;
        let (stamp, proof) = octets.split_at_checked(STAMP + SALT)?;
        let stamp: [u8; STAMP + SALT] = stamp.try_into().ok()?;
        bool::from(self.proof(&stamp).ct_eq(proof)).then_some(stamp)
    }

    fn proof(&self, stamp: &[u8]) -> [u8; PROOF] {
        let mut proof = [0; PROOF];
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.key) {
            mac.update(stamp);
            proof.copy_from_slice(&mac.finalize().into_bytes()[..PROOF]);
        }
        proof
    }

    fn millis(&self, now: Instant) -> u64 {
        u64::try_from(now.saturating_duration_since(self.started).as_millis()).unwrap_or(u64::MAX)
    }
}

impl DigestUser {
    /// A user with a password.
    pub fn new(username: impl Into<ByteStr>, password: Secret) -> Self {
        Self { username: username.into(), password }
    }

    fn first_hash(&self, algorithm: Algorithm, realm: &str) -> String {
        algorithm.hash(&format!("{}:{realm}:{}", self.username, self.password.reveal()))
    }
}

fn hex(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    if !text.len().is_multiple_of(2) || text.len() > 2 * (STAMP + SALT + PROOF) {
        return None;
    }
    let digit = |octet: &u8| char::from(*octet).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    text.as_bytes().chunks(2).map(|pair| Some(digit(pair.first()?)? << 4 | digit(pair.get(1)?)?)).collect()
}

#[cfg(test)]
mod tests {
    use mcptt_codec::sip::Method;
    use rand_core::SeedableRng;

    use super::*;
    use crate::testing::t0;

    const URI: &str = "sip:mc.example.org";

    fn authenticator(now: Instant) -> Authenticator {
        let rng = rand_chacha::ChaCha20Rng::from_seed([3; 32]);
        Authenticator::new("mc.example.org".into(), Duration::from_secs(300), rng, now)
    }

    fn alice() -> DigestUser {
        DigestUser::new("alice", Secret::new("open sesame"))
    }

    fn nonce(challenge: &str) -> String {
        challenge.split("nonce=\"").nth(1).unwrap().split('"').next().unwrap().to_owned()
    }

    /// What a client answers; `password` and `counter` are its own.
    fn register(algorithm: Algorithm, nonce: &str, counter: u32, password: &str) -> Request {
        let first = algorithm.hash(&format!("alice:mc.example.org:{password}"));
        let second = algorithm.hash(&format!("REGISTER:{URI}"));
        let response = algorithm.hash(&format!("{first}:{nonce}:{counter:08x}:abc:auth:{second}"));
        let mut request = Request::new(Method::Register, URI);
        request.headers.push(
            HeaderName::Authorization,
            format!(
                "Digest username=\"alice\", realm=\"mc.example.org\", nonce=\"{nonce}\", uri=\"{URI}\", \
                 response=\"{response}\", algorithm={}, cnonce=\"abc\", qop=auth, nc={counter:08x}",
                algorithm.name()
            ),
        );
        request
    }

    //= RFC8760-2.3:order test
    #[test]
    fn both_algorithms_are_offered_the_better_one_first() {
        let now = t0();
        let challenges = authenticator(now).challenge(now, false);
        assert_eq!(challenges.len(), 2);
        assert!(challenges[0].ends_with("algorithm=SHA-256") && challenges[1].ends_with("algorithm=MD5"));
        let stale = authenticator(now).challenge(now, true);
        assert!(stale.iter().all(|challenge| challenge.ends_with("stale=true")));
    }

    /// The example of RFC 7616 3.9.1 and of RFC 2617 3.5.
    #[test]
    fn the_hashes_are_those_of_the_rfcs() {
        let first = |algorithm: Algorithm, realm: &str, password: &str| {
            algorithm.hash(&format!("Mufasa:{realm}:{password}"))
        };
        let of = |algorithm: Algorithm, first: &str, nonce: &str, cnonce: &str| {
            let second = algorithm.hash("GET:/dir/index.html");
            algorithm.hash(&format!("{first}:{nonce}:00000001:{cnonce}:auth:{second}"))
        };
        let sha = first(Algorithm::Sha256, "http-auth@example.org", "Circle of Life");
        assert_eq!(
            of(
                Algorithm::Sha256,
                &sha,
                "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
                "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"
            ),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1"
        );
        let md5 = first(Algorithm::Md5, "testrealm@host.com", "Circle Of Life");
        assert_eq!(
            of(Algorithm::Md5, &md5, "dcd98b7102dd2f0e8b11d0f600bfb0c093", "0a4f113b"),
            "6629fae49393a05397450978507c4ef1"
        );
    }

    #[test]
    fn who_knows_the_password_is_accepted_with_either_algorithm() {
        let now = t0();
        for algorithm in Algorithm::OFFERED {
            let mut authenticator = authenticator(now);
            let nonce = nonce(&authenticator.challenge(now, false)[0]);
            let wrong = register(algorithm, &nonce, 1, "open barley");
            assert_eq!(authenticator.verify(now, &wrong, &alice()), Verdict::Refused);
            let right = register(algorithm, &nonce, 1, "open sesame");
            assert_eq!(authenticator.verify(now, &right, &alice()), Verdict::Accepted);
        }
        let none = Request::new(Method::Register, URI);
        assert_eq!(authenticator(now).verify(now, &none, &alice()), Verdict::Refused);
    }

    //= RFC7616-3.4.5:replay test
    #[test]
    fn an_answer_serves_once_and_the_counter_only_rises() {
        let now = t0();
        let mut authenticator = authenticator(now);
        let nonce = nonce(&authenticator.challenge(now, false)[0]);
        let mut answer = |counter| {
            let request = register(Algorithm::Sha256, &nonce, counter, "open sesame");
            authenticator.verify(now, &request, &alice())
        };
        assert_eq!(
            [answer(1), answer(1), answer(3), answer(2), answer(4)],
            [Verdict::Accepted, Verdict::Stale, Verdict::Accepted, Verdict::Stale, Verdict::Accepted]
        );
    }

    //= RFC7616-3.3:stale test
    #[test]
    fn a_nonce_ends_and_one_that_is_not_ours_never_began() {
        let now = t0();
        let mut authenticator = authenticator(now);
        let nonce = nonce(&authenticator.challenge(now, false)[0]);
        let request = register(Algorithm::Md5, &nonce, 1, "open sesame");
        let later = now + Duration::from_secs(301);
        assert_eq!(authenticator.verify(later, &request, &alice()), Verdict::Stale);
        let mut forged = nonce.clone().into_bytes();
        forged[15] ^= 1;
        let forged = String::from_utf8(forged).unwrap();
        for nonce in [forged.as_str(), "", "00", "not hex"] {
            let request = register(Algorithm::Md5, nonce, 1, "open sesame");
            assert_eq!(authenticator.verify(now, &request, &alice()), Verdict::Stale, "{nonce}");
        }
    }

    //= RFC7616-3.4.6:uri test
    #[test]
    fn credentials_are_for_one_request_uri_and_one_user() {
        let now = t0();
        let mut authenticator = authenticator(now);
        let nonce = nonce(&authenticator.challenge(now, false)[0]);
        let mut request = register(Algorithm::Sha256, &nonce, 1, "open sesame");
        let bob = DigestUser::new("bob", Secret::new("open sesame"));
        assert_eq!(authenticator.verify(now, &request, &bob), Verdict::Refused);
        request.uri = "sip:other.example.org".into();
        assert_eq!(authenticator.verify(now, &request, &alice()), Verdict::Refused);
        request.uri = "sip:MC.example.org".into();
        assert_eq!(authenticator.verify(now, &request, &alice()), Verdict::Accepted);
    }
}
