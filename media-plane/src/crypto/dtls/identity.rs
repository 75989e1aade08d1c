//! Our certificate and how we speak DTLS.

use std::fmt;
use std::net::SocketAddr;
use std::sync::OnceLock;

use mcptt_codec::sdp::{Fingerprint, HashFunction};
use openssl::asn1::Asn1Time;
use openssl::bn::BigNum;
use openssl::ec::{EcGroup, EcKey};
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::ssl::{
    Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslRef, SslSessionCacheMode, SslVerifyMode,
    SslVersion,
};
use openssl::x509::{X509, X509NameBuilder};
use subtle::ConstantTimeEq as _;

/// In the order of our preference, as RFC 7714 14.2 and RFC 5764 4.1.2 call them in the library.
const PROFILES: &str = "SRTP_AEAD_AES_128_GCM:SRTP_AES128_CM_SHA1_80";

/// Ephemeral keys and authenticated encryption only (RFC 9325 4.2).
const CIPHERS: &str = "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:\
                       ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384";

/// A certificate with its key, and everything else that our associations have in common.
#[derive(Clone)]
pub struct Identity {
    context: SslContext,
    fingerprint: Fingerprint,
}

/// Why a certificate cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdentityError {
    /// It is no certificate in PEM.
    #[error("not a certificate in PEM")]
    Certificate,
    /// It is no private key in PEM.
    #[error("not a private key in PEM")]
    Key,
    /// The key is not that of the certificate.
    #[error("the key is not the one of the certificate")]
    Mismatch,
    /// The cryptographic library failed.
    #[error("the cryptographic library failed")]
    Library,
}

impl From<ErrorStack> for IdentityError {
    fn from(_: ErrorStack) -> Self {
        Self::Library
    }
}

impl Identity {
    /// A key on P-256 with a certificate signed by itself, for as long as the process lives. Nobody looks at its name or its
    /// time: the fingerprint in the session description is what makes it ours.
    ///
    /// # Errors
    /// [`IdentityError::Library`] when the library fails, for lack of randomness for example.
    pub fn generate() -> Result<Self, IdentityError> {
        let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1)?;
        let key = PKey::from_ec_key(EcKey::generate(&group)?)?;
        let mut name = X509NameBuilder::new()?;
        name.append_entry_by_nid(Nid::COMMONNAME, "mcptt")?;
        let name = name.build();
        let mut serial = [0; 8];
        openssl::rand::rand_bytes(&mut serial)?;
        let mut certificate = X509::builder()?;
        certificate.set_version(2)?;
        certificate.set_serial_number(&*BigNum::from_slice(&serial)?.to_asn1_integer()?)?;
        certificate.set_subject_name(&name)?;
        certificate.set_issuer_name(&name)?;
        // RFC 5280 4.1.2.5: no end that anybody knows. Reading a clock is not ours.
        certificate.set_not_before(&*Asn1Time::from_str("20200101000000Z")?)?;
        certificate.set_not_after(&*Asn1Time::from_str("99991231235959Z")?)?;
        certificate.set_pubkey(&key)?;
        certificate.sign(&key, MessageDigest::sha256())?;
        Self::new(certificate.build(), &key)
    }

    /// A certificate and its key from elsewhere, both in PEM.
    ///
    /// # Errors
    /// [`IdentityError`] says which of them cannot be used.
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, IdentityError> {
        let certificate = X509::from_pem(certificate).map_err(|_| IdentityError::Certificate)?;
        let key = PKey::private_key_from_pem(key).map_err(|_| IdentityError::Key)?;
        if !certificate.public_key()?.public_eq(&key) {
            return Err(IdentityError::Mismatch);
        }
        Self::new(certificate, &key)
    }

    fn new(certificate: X509, key: &PKey<Private>) -> Result<Self, IdentityError> {
        let octets = certificate.digest(MessageDigest::sha256())?.to_vec();
        let mut context = SslContext::builder(SslMethod::dtls())?;
        context.set_min_proto_version(Some(SslVersion::DTLS1_2))?;
        context.set_options(
            SslOptions::COOKIE_EXCHANGE
                | SslOptions::NO_TICKET
                | SslOptions::NO_RENEGOTIATION
                | SslOptions::NO_QUERY_MTU,
        );
        context.set_session_cache_mode(SslSessionCacheMode::OFF);
        context.set_cipher_list(CIPHERS)?;
        context.set_tlsext_use_srtp(PROFILES)?;
        context.set_certificate(&certificate)?;
        context.set_private_key(key)?;
        context.check_private_key()?;
        // Both sides present one; whose it is, the fingerprint says.
        context.set_verify_callback(SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT, |_, _| true);
        exchange_cookies(&mut context)?;
        let fingerprint = Fingerprint { hash: HashFunction::SHA_256, octets };
        Ok(Self { context: context.build(), fingerprint })
    }

    /// What `a=fingerprint` says of the certificate.
    pub const fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// What one association is made of.
    pub(super) fn association(&self, remote: SocketAddr) -> Result<Ssl, ErrorStack> {
        let mut ssl = Ssl::new(&self.context)?;
        if let Some(index) = remote_index() {
            ssl.set_ex_data(index, remote);
        }
        Ok(ssl)
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Identity").field(&self.fingerprint.to_string()).finish()
    }
}

impl PartialEq for Identity {
    fn eq(&self, other: &Self) -> bool {
        self.fingerprint == other.fingerprint
    }
}

impl Eq for Identity {}

/// Who opens an association with us shows first that it receives at its address (RFC 6347 4.2.1).
fn exchange_cookies(context: &mut SslContextBuilder) -> Result<(), ErrorStack> {
    let mut secret = zeroize::Zeroizing::new([0; 32]);
    openssl::rand::rand_bytes(&mut *secret)?;
    let (secret, of_check) = (PKey::hmac(&*secret)?, PKey::hmac(&*secret)?);
    //= RFC6347-4.2.1
    context.set_cookie_generate_cb(move |ssl, into| {
        let cookie = cookie(&secret, ssl)?;
        let octets = cookie.len().min(into.len());
        into[..octets].copy_from_slice(&cookie[..octets]);
        Ok(octets)
    });
    context.set_cookie_verify_cb(move |ssl, shown| {
        cookie(&of_check, ssl).is_ok_and(|expected| expected.as_slice().ct_eq(shown).into())
    });
    Ok(())
}

fn cookie(secret: &PKey<Private>, ssl: &SslRef) -> Result<Vec<u8>, ErrorStack> {
    let remote = remote_index().and_then(|index| ssl.ex_data(index));
    let remote = remote.map(ToString::to_string).unwrap_or_default();
    let mut signer = Signer::new(MessageDigest::sha256(), secret)?;
    signer.update(remote.as_bytes())?;
    signer.sign_to_vec()
}

/// Where an association keeps the address of the other side.
fn remote_index() -> Option<Index<Ssl, SocketAddr>> {
    static INDEX: OnceLock<Option<Index<Ssl, SocketAddr>>> = OnceLock::new();
    *INDEX.get_or_init(|| Ssl::new_ex_index().ok())
}
