//! What a key management server is made of: two master secrets, a name and periods.

use std::fmt;

use rand_core::RngCore;
use zeroize::Zeroizing;

use super::{Certificate, KeyPeriod, UserId};
use crate::crypto::{eccsi, sakke};

/// Octets of the master secrets: that of SAKKE, then that of ECCSI.
pub const MASTER_SECRETS: usize = sakke::MasterSecret::OCTETS + eccsi::NUMBER;

/// A key management server. Its secrets are wiped when dropped, never printed.
#[derive(Clone)]
pub struct Kms {
    sakke: sakke::MasterSecret,
    eccsi: eccsi::MasterSecret,
    certificate: Certificate,
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Kms({})", self.certificate.uri)
    }
}

/// What a user is given for one period.
#[derive(Clone)]
pub struct KeySet {
    /// The identity that the keys are of.
    pub uid: UserId,
    /// Number of the period.
    pub period: u64,
    /// What the user takes keys out of messages with (RSK).
    pub decryption: Zeroizing<[u8; sakke::POINT]>,
    /// What the user signs with (SSK), and what goes along with signatures (PVT).
    pub signing: eccsi::Issued,
}

impl fmt::Debug for KeySet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KeySet(period {}, hidden)", self.period)
    }
}

impl Kms {
    /// Draws the master secrets of a new server.
    pub fn draw(rng: &mut impl RngCore) -> Zeroizing<[u8; MASTER_SECRETS]> {
        let mut secrets = Zeroizing::new([0; MASTER_SECRETS]);
        let (sakke, eccsi) = secrets.split_at_mut(sakke::MasterSecret::OCTETS);
        sakke.copy_from_slice(&*sakke::MasterSecret::random(rng).to_octets());
        eccsi.copy_from_slice(&*eccsi::MasterSecret::random(rng).to_octets());
        secrets
    }

    /// The server with these master secrets. `None`: they are none, or a period is empty or begins behind its length.
    pub fn new(uri: &str, period: KeyPeriod, secrets: &[u8; MASTER_SECRETS]) -> Option<Self> {
        let (sakke, eccsi) = secrets.split_first_chunk::<{ sakke::MasterSecret::OCTETS }>()?;
        let sakke = sakke::MasterSecret::from_octets(sakke)?;
        let eccsi = eccsi::MasterSecret::from_octets(eccsi.try_into().ok()?)?;
        let (encryption, authentication) = (sakke.public_key(), eccsi.public_key());
        (period.length != 0 && period.offset < period.length).then(|| Self {
            certificate: Certificate { uri: uri.to_owned(), period, encryption, authentication },
            sakke,
            eccsi,
        })
    }

    /// What everybody may know of it.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its name.
    pub fn uri(&self) -> &str {
        &self.certificate.uri
    }

    /// How it divides time.
    pub const fn period(&self) -> KeyPeriod {
        self.certificate.period
    }

    /// What is encapsulated with (Z).
    pub const fn public_encryption(&self) -> &sakke::PublicKey {
        &self.certificate.encryption
    }

    /// What signatures are verified with (KPAK).
    pub const fn public_authentication(&self) -> &eccsi::PublicKey {
        &self.certificate.authentication
    }

    /// The identity of a user in the period with this number.
    pub fn uid(&self, user: &str, period: u64) -> UserId {
        self.certificate.uid(user, period)
    }

    /// What whoever has this identity takes keys out of messages with (RSK).
    pub(super) fn receiver_key(
        &self,
        uid: UserId,
    ) -> Result<Zeroizing<[u8; sakke::POINT]>, sakke::SakkeError> {
        self.sakke.receiver_key(&uid.0)
    }

    /// The keys of a user for the period with this number. `None` happens never: the identity undoes the secret.
    //= 33.180-kms-keyprov
    pub fn key_set(&self, user: &str, period: u64, rng: &mut impl RngCore) -> Option<KeySet> {
        let uid = self.uid(user, period);
        let decryption = self.receiver_key(uid).ok()?;
        Some(KeySet { uid, period, decryption, signing: self.eccsi.issue(&uid.0, rng) })
    }
}
