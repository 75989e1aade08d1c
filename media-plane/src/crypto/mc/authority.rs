//! Several key management servers: whose users are whose, and what is known of each (TS 33.180 annex D).

use std::collections::BTreeMap;
use std::fmt;

use rand_core::RngCore;
use zeroize::Zeroizing;

use super::i_message::KeyError;
use super::{KeyPeriod, KeySet, Kms, UserId};
use crate::crypto::{eccsi, sakke};

/// What everybody may know of a key management server.
#[derive(Clone)]
pub struct Certificate {
    /// Its name.
    pub uri: String,
    /// How it divides time.
    pub period: KeyPeriod,
    /// What is encapsulated with (Z).
    pub encryption: sakke::PublicKey,
    /// What signatures are verified with (KPAK).
    pub authentication: eccsi::PublicKey,
}

impl Certificate {
    /// The identity of a user in the period with this number.
    pub fn uid(&self, user: &str, period: u64) -> UserId {
        UserId::new(user, &self.uri, self.period, period)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.uri)
    }
}

/// Where the keys come from that a server takes keys out of messages with. Never printed.
#[derive(Clone)]
enum Source {
    /// The key management server is our own.
    Issuer(Box<Kms>),
    /// It has given them, each set for the period with this number.
    Given(BTreeMap<u64, KeySet>),
}

/// A key management server as another server knows it.
#[derive(Clone)]
pub struct Authority {
    certificate: Certificate,
    source: Source,
    domains: Vec<String>,
}

impl Authority {
    /// One whose master secrets are here.
    pub fn own(kms: Kms) -> Self {
        Self {
            certificate: kms.certificate().clone(),
            source: Source::Issuer(Box::new(kms)),
            domains: Vec::new(),
        }
    }

    /// One that is somewhere else. Without keys of ours nothing can be encapsulated under it for us, but what its users have
    /// signed can be verified.
    pub const fn foreign(certificate: Certificate) -> Self {
        Self { certificate, source: Source::Given(BTreeMap::new()), domains: Vec::new() }
    }

    /// With the keys that it has given us for a period.
    #[must_use]
    pub fn with_keys(mut self, keys: KeySet) -> Self {
        if let Source::Given(sets) = &mut self.source {
            sets.insert(keys.period, keys);
        }
        self
    }

    /// With a domain whose users are its own.
    #[must_use]
    pub fn with_domain(mut self, domain: &str) -> Self {
        self.domains.push(domain.to_ascii_lowercase());
        self
    }

    /// Its certificate.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Our key in the period with this number.
    pub(super) fn receiver_key(
        &self,
        own: UserId,
        period: u64,
    ) -> Result<Zeroizing<[u8; sakke::POINT]>, KeyError> {
        match &self.source {
            Source::Issuer(kms) => Ok(kms.receiver_key(own)?),
            Source::Given(sets) => {
                sets.get(&period).map(|set| set.decryption.clone()).ok_or(KeyError::NoKeySet)
            }
        }
    }

    /// Our keys in the period with this number.
    pub(super) fn key_set(&self, own: &str, period: u64, rng: &mut impl RngCore) -> Result<KeySet, KeyError> {
        let set = match &self.source {
            Source::Issuer(kms) => kms.key_set(own, period, rng),
            Source::Given(sets) => sets.get(&period).cloned(),
        };
        set.ok_or(KeyError::NoKeySet)
    }
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Authority({})", self.certificate.uri)
    }
}

/// All key management servers that are known; the first one is that of everybody who is nobody else's.
#[derive(Clone, Debug)]
pub struct Authorities {
    home: Authority,
    others: Vec<Authority>,
    /// Users whose key management server is told by name.
    users: BTreeMap<String, String>,
}

impl Authorities {
    /// Only this one.
    pub const fn new(home: Authority) -> Self {
        Self { home, others: Vec::new(), users: BTreeMap::new() }
    }

    /// With another one; of two with one name the first counts.
    #[must_use]
    pub fn with(mut self, other: Authority) -> Self {
        self.others.push(other);
        self
    }

    /// With a user whose key management server has this name.
    #[must_use]
    pub fn with_user(mut self, user: &str, uri: &str) -> Self {
        self.users.insert(user.to_owned(), uri.to_owned());
        self
    }

    /// The one of everybody who is nobody else's, and our own.
    pub const fn home(&self) -> &Authority {
        &self.home
    }

    /// The one with this name; without a name that of everybody.
    ///
    /// # Errors
    /// [`KeyError::UnknownAuthority`].
    //= 33.180-kms-foreign:unknown
    pub fn named(&self, uri: Option<&str>) -> Result<&Authority, KeyError> {
        let Some(uri) = uri else { return Ok(&self.home) };
        let mut all = std::iter::once(&self.home).chain(&self.others);
        all.find(|known| known.certificate.uri == uri).ok_or_else(|| KeyError::UnknownAuthority(bounded(uri)))
    }

    /// The one of a user: as told, or that of its domain.
    ///
    /// # Errors
    /// [`KeyError::UnknownAuthority`].
    //= 33.180-kms-foreign
    pub fn of_user(&self, user: &str) -> Result<&Authority, KeyError> {
        if let Some(uri) = self.users.get(user) {
            return self.named(Some(uri));
        }
        let domain = user.rsplit_once('@').map_or(user, |(_, domain)| domain);
        let domain = domain.split([';', '?', ':']).next().unwrap_or_default().to_ascii_lowercase();
        Ok(self.others.iter().find(|known| known.domains.contains(&domain)).unwrap_or(&self.home))
    }
}

/// What a stranger has written, as far as it may go into an event.
fn bounded(text: &str) -> String {
    text.chars().take(255).collect()
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::*;

    fn authority(uri: &str, seed: u64) -> Authority {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let kms = Kms::new(uri, KeyPeriod { length: 3_600, offset: 0 }, &Kms::draw(&mut rng)).unwrap();
        Authority::foreign(kms.certificate().clone())
    }

    //= 33.180-kms-foreign test
    //= 33.180-kms-foreign:unknown test
    #[test]
    fn the_user_says_which_server_is_meant() {
        let all = Authorities::new(authority("home", 1))
            .with(authority("north", 2).with_domain("North.example.org"))
            .with(authority("south", 3))
            .with_user("sip:dave@mc.example.org", "south")
            .with_user("sip:erin@mc.example.org", "nowhere");
        let of = |user: &str| all.of_user(user).map(|known| known.certificate().uri.clone());
        assert_eq!(of("sip:alice@mc.example.org").as_deref(), Ok("home"));
        assert_eq!(of("sip:carol@north.example.org").as_deref(), Ok("north"));
        assert_eq!(of("sip:carol@north.example.org:5060;transport=tcp").as_deref(), Ok("north"));
        assert_eq!(of("sip:carol@north.example.org.evil.example").as_deref(), Ok("home"));
        assert_eq!(of("sip:dave@mc.example.org").as_deref(), Ok("south"));
        assert_eq!(of("sip:erin@mc.example.org"), Err(KeyError::UnknownAuthority("nowhere".to_owned())));
        let long = "x".repeat(1_000);
        let refused = all.named(Some(&long)).map(|_| ());
        assert_eq!(refused, Err(KeyError::UnknownAuthority(long[..255].to_owned())));
    }
}
