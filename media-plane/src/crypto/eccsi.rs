//! ECCSI: signatures that are verified with nothing but the signer's identity and the public key of the key management server
//! (RFC 6507, on P-256 with SHA-256).

use std::fmt;

use p256::elliptic_curve::Group as _;
use p256::elliptic_curve::ff::{Field as _, FromUniformBytes as _, PrimeField as _};
use p256::elliptic_curve::ops::{MulByGeneratorVartime as _, Reduce as _};
use p256::elliptic_curve::point::AffineCoordinates as _;
use p256::elliptic_curve::sec1::{FromSec1Point as _, Sec1Point, ToSec1Point as _};
use p256::{AffinePoint, FieldBytes, NistP256, ProjectivePoint, Scalar};
use rand_core::RngCore;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// Octets of a number.
pub const NUMBER: usize = 32;
/// Octets of a point: 4, x and y.
pub const POINT: usize = 1 + 2 * NUMBER;
/// Octets of a signature: r, s and the public validation token of the signer.
pub const SIGNATURE: usize = 2 * NUMBER + POINT;

/// Why keys or signatures of ECCSI cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EccsiError {
    /// The octets are no point of the curve.
    #[error("not a point of the curve")]
    NotAPoint,
    /// The octets are no number below the order of the curve.
    #[error("not a number below the order of the curve")]
    NotANumber,
    /// The key is not that of this identity under this public key.
    #[error("the signing key does not belong to the identity")]
    WrongKey,
    /// A signature has another length.
    #[error("a signature has {SIGNATURE} octets")]
    Length,
    /// The signature is not of this signer over this message.
    #[error("the signature does not hold")]
    NotSigned,
}

fn point(octets: &[u8]) -> Result<ProjectivePoint, EccsiError> {
    let octets: &[u8; POINT] = octets.try_into().map_err(|_| EccsiError::NotAPoint)?;
    let encoded = Sec1Point::<NistP256>::from_bytes(octets).map_err(|_| EccsiError::NotAPoint)?;
    let affine: Option<AffinePoint> = AffinePoint::from_sec1_point(&encoded).into();
    let point = ProjectivePoint::from(affine.ok_or(EccsiError::NotAPoint)?);
    if point.is_identity().into() { Err(EccsiError::NotAPoint) } else { Ok(point) }
}

fn octets_of(point: &ProjectivePoint) -> [u8; POINT] {
    let mut octets = [0; POINT];
    let encoded = point.to_affine().to_sec1_point(false);
    // The point at infinity has one octet; it is none that anybody is given.
    if let Ok(all) = <[u8; POINT]>::try_from(encoded.as_bytes()) {
        octets = all;
    }
    octets
}

fn number(octets: &[u8; NUMBER]) -> Option<Scalar> {
    let number: Option<Scalar> = Scalar::from_repr((*octets).into()).into();
    number.filter(|number| !bool::from(number.is_zero()))
}

fn reduced(octets: [u8; NUMBER]) -> Scalar {
    Scalar::reduce(&FieldBytes::from(octets))
}

fn drawn(rng: &mut impl RngCore) -> Zeroizing<Scalar> {
    let mut octets = Zeroizing::new([0; 2 * NUMBER]);
    rng.fill_bytes(&mut *octets);
    Zeroizing::new(Scalar::from_uniform_bytes(&octets))
}

/// The public authentication key of a key management server (KPAK).
#[derive(Clone, Copy)]
pub struct PublicKey(ProjectivePoint);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("eccsi::PublicKey")
    }
}

impl PublicKey {
    /// Reads the 65 octets of a key.
    ///
    /// # Errors
    /// [`EccsiError::NotAPoint`].
    pub fn from_octets(octets: &[u8]) -> Result<Self, EccsiError> {
        point(octets).map(Self)
    }

    /// The octets of the key.
    pub fn to_octets(&self) -> [u8; POINT] {
        octets_of(&self.0)
    }

    /// HS: what binds a validation token to an identity.
    fn bound(&self, identity: &[u8], token: &[u8; POINT]) -> [u8; NUMBER] {
        let hash = Sha256::new()
            .chain_update(octets_of(&ProjectivePoint::generator()))
            .chain_update(self.to_octets())
            .chain_update(identity)
            .chain_update(token);
        hash.finalize().into()
    }

    /// Whether somebody with this identity has signed the message.
    ///
    /// # Errors
    /// [`EccsiError`]: why that cannot be said.
    //= RFC6507-5.2.2
    pub fn verify(&self, identity: &[u8], message: &[u8], signature: &[u8]) -> Result<(), EccsiError> {
        let signature: &[u8; SIGNATURE] = signature.try_into().map_err(|_| EccsiError::Length)?;
        let (r_octets, rest) = signature.split_first_chunk::<NUMBER>().ok_or(EccsiError::Length)?;
        let (s, token) = rest.split_first_chunk::<NUMBER>().ok_or(EccsiError::Length)?;
        let token: &[u8; POINT] = token.try_into().map_err(|_| EccsiError::Length)?;
        let s = number(s).ok_or(EccsiError::NotANumber)?;
        let r = reduced(*r_octets);
        if r.is_zero().into() {
            return Err(EccsiError::NotANumber);
        }
        let bound = self.bound(identity, token);
        let hash = reduced(signed(&bound, r_octets, message));
        let of_signer = point(token)? * reduced(bound) + self.0;
        // [s]([HE]G + [r]Y)
        let expected =
            ProjectivePoint::mul_by_generator_and_mul_add_vartime(&(s * hash), &(s * r), &of_signer);
        // Infinity has an x of zero, and r is none.
        let x = expected.to_affine().x();
        if bool::from(x.as_slice().ct_eq(r_octets)) { Ok(()) } else { Err(EccsiError::NotSigned) }
    }
}

/// HE: what is signed.
fn signed(bound: &[u8; NUMBER], r: &[u8; NUMBER], message: &[u8]) -> [u8; NUMBER] {
    Sha256::new().chain_update(bound).chain_update(r).chain_update(message).finalize().into()
}

/// The key that whoever has an identity signs with (SSK), and the token beside it (PVT). Wiped when dropped, never printed.
pub struct SigningKey {
    key: Zeroizing<Scalar>,
    token: [u8; POINT],
    bound: [u8; NUMBER],
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("eccsi::SigningKey(hidden)")
    }
}

impl SigningKey {
    /// Reads the key of an identity and validates it.
    ///
    /// # Errors
    /// [`EccsiError`]: what is wrong with it.
    //= RFC6507-5.1.2
    pub fn new(
        key: &[u8; NUMBER],
        token: &[u8; POINT],
        identity: &[u8],
        server: &PublicKey,
    ) -> Result<Self, EccsiError> {
        let key = Zeroizing::new(number(key).ok_or(EccsiError::NotANumber)?);
        let bound = server.bound(identity, token);
        let expected = point(token)? * reduced(bound) + server.0;
        if ProjectivePoint::generator() * *key != expected {
            return Err(EccsiError::WrongKey);
        }
        Ok(Self { key, token: *token, bound })
    }

    /// Signs a message.
    pub fn sign(&self, message: &[u8], rng: &mut impl RngCore) -> [u8; SIGNATURE] {
        loop {
            if let Some(signature) = self.sign_with(message, &drawn(rng)) {
                return signature;
            }
        }
    }

    /// `None`: the number cannot be used, which happens never.
    //= RFC6507-5.2.1
    fn sign_with(&self, message: &[u8], j: &Scalar) -> Option<[u8; SIGNATURE]> {
        let r: [u8; NUMBER] = (ProjectivePoint::generator() * j).to_affine().x().into();
        let hash = reduced(signed(&self.bound, &r, message));
        let divisor = Zeroizing::new(hash + reduced(r) * *self.key);
        let inverse: Option<Scalar> = divisor.invert().into();
        let s = inverse? * j;
        if bool::from(reduced(r).is_zero()) || bool::from(s.is_zero()) {
            return None;
        }
        let mut signature = [0; SIGNATURE];
        signature[..NUMBER].copy_from_slice(&r);
        signature[NUMBER..2 * NUMBER].copy_from_slice(&s.to_repr());
        signature[2 * NUMBER..].copy_from_slice(&self.token);
        Some(signature)
    }
}

/// The master secret of a key management server (KSAK). Wiped when dropped, never printed.
#[derive(Clone)]
pub struct MasterSecret(Zeroizing<Scalar>);

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("eccsi::MasterSecret(hidden)")
    }
}

/// What a key management server gives to whoever has an identity.
#[derive(Clone)]
pub struct Issued {
    /// The signing key (SSK).
    pub key: Zeroizing<[u8; NUMBER]>,
    /// The public validation token (PVT).
    pub token: [u8; POINT],
}

impl fmt::Debug for Issued {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("eccsi::Issued(hidden)")
    }
}

impl MasterSecret {
    /// Draws one.
    pub fn random(rng: &mut impl RngCore) -> Self {
        loop {
            let secret = drawn(rng);
            if !bool::from(secret.is_zero()) {
                return Self(secret);
            }
        }
    }

    /// The number that these octets stand for. `None`: it is zero or not below the order of the curve.
    pub fn from_octets(octets: &[u8; NUMBER]) -> Option<Self> {
        number(octets).map(Zeroizing::new).map(Self)
    }

    /// The octets, for the file that it is kept in.
    pub fn to_octets(&self) -> Zeroizing<[u8; NUMBER]> {
        Zeroizing::new(self.0.to_repr().into())
    }

    /// The public key.
    pub fn public_key(&self) -> PublicKey {
        PublicKey(ProjectivePoint::generator() * *self.0)
    }

    /// The signing key of whoever has this identity.
    pub fn issue(&self, identity: &[u8], rng: &mut impl RngCore) -> Issued {
        loop {
            if let Some(issued) = self.issue_with(identity, &drawn(rng)) {
                return issued;
            }
        }
    }

    /// `None`: the number cannot be used, which happens never.
    //= RFC6507-5.1.1
    fn issue_with(&self, identity: &[u8], v: &Scalar) -> Option<Issued> {
        let token = octets_of(&(ProjectivePoint::generator() * v));
        let bound = reduced(self.public_key().bound(identity, &token));
        let key = Zeroizing::new(*self.0 + bound * v);
        let usable = !bool::from(key.is_zero()) && !bool::from(bound.is_zero()) && !bool::from(v.is_zero());
        usable.then(|| Issued { key: Zeroizing::new(key.to_repr().into()), token })
    }
}

#[cfg(test)]
mod tests {
    use rand_chacha::ChaCha20Rng;
    use rand_core::SeedableRng as _;

    use super::super::tests::hex;
    use super::*;

    const IDENTITY: &[u8] = b"2011-02\0tel:+447700900123\0";
    const MESSAGE: &[u8] = b"message\0";
    const PUBLIC: &str = "04
        50D4670BDE75244F28D2838A0D25558A 7A72686D4522D4C8273FB6442AEBFA93
        DBDD37551AFD263B5DFD617F3960C65A 8C298850FF99F20366DCE7D4367217F4";
    const TOKEN: &str = "04
        758A142779BE89E829E71984CB40EF75 8CC4AD775FC5B9A3E1C8ED52F6FA36D9
        A79D247692F4EDA3A6BDAB77D6AA6474 A464AE4934663C5265BA7018BA091F79";
    const KEY: &str = "23F374AE1F4033F3E9DBDDAAEF20F4CF 0B86BBD5A138A5AE9E7E006B34489A0D";
    const BOUND: &str = "490F3FEBBC1C902F6289723D7F8CBF79 DB88930849D19F38F0295B5C276C14D1";
    const R: &str = "269D4C8FDEB66A74E4EF8C0D5DCC597D DFE6029C2AFFC4936008CD2CC1045D81";
    const HASH: &str = "111F90EAE8271C96DF9B3D6726768D9E E9B18145D7EC152CFA9C23D1C4F02285";
    const S: &str = "E09B528D0EF8D6DF1AA3ECBF80110CFC EC9FC68252CEBB679F4134846940CCFD";

    fn array<const N: usize>(text: &str) -> [u8; N] {
        hex(text).try_into().unwrap()
    }

    fn master() -> MasterSecret {
        MasterSecret(Zeroizing::new(Scalar::from(0x12345_u32)))
    }

    fn key() -> SigningKey {
        SigningKey::new(&array(KEY), &array(TOKEN), IDENTITY, &master().public_key()).unwrap()
    }

    fn published() -> Vec<u8> {
        [hex(R), hex(S), hex(TOKEN)].concat()
    }

    //= RFC6507-5.1.1 test
    //= RFC6507-5.1.2 test
    #[test]
    fn keys_are_those_of_the_published_example() {
        assert_eq!(master().public_key().to_octets().to_vec(), hex(PUBLIC));
        let issued = master().issue_with(IDENTITY, &Scalar::from(0x23456_u32)).unwrap();
        assert_eq!((issued.key.to_vec(), issued.token.to_vec()), (hex(KEY), hex(TOKEN)));
        assert_eq!(key().bound.to_vec(), hex(BOUND));
        let server = master().public_key();
        let of_other = SigningKey::new(&array(KEY), &array(TOKEN), b"somebody else", &server);
        assert_eq!(of_other.map(|_| ()), Err(EccsiError::WrongKey));
        let zero = SigningKey::new(&[0; NUMBER], &array(TOKEN), IDENTITY, &server);
        assert_eq!(zero.map(|_| ()), Err(EccsiError::NotANumber));
    }

    //= RFC6507-5.2.1 test
    #[test]
    fn the_signature_is_that_of_the_published_example() {
        assert_eq!(signed(&array(BOUND), &array(R), MESSAGE).to_vec(), hex(HASH));
        let signature = key().sign_with(MESSAGE, &Scalar::from(0x34567_u32)).unwrap();
        assert_eq!(signature.to_vec(), published());
    }

    //= RFC6507-5.2.2 test
    #[test]
    fn only_the_message_of_the_signer_verifies() {
        let server = PublicKey::from_octets(&hex(PUBLIC)).unwrap();
        assert_eq!(server.verify(IDENTITY, MESSAGE, &published()), Ok(()));
        assert_eq!(server.verify(IDENTITY, b"massage\0", &published()), Err(EccsiError::NotSigned));
        assert_eq!(server.verify(b"somebody else", MESSAGE, &published()), Err(EccsiError::NotSigned));
        assert_eq!(server.verify(IDENTITY, MESSAGE, &published()[..128]), Err(EccsiError::Length));
        for (at, expected) in
            [(3, EccsiError::NotSigned), (40, EccsiError::NotSigned), (64, EccsiError::NotAPoint)]
        {
            let mut changed = published();
            changed[at] ^= 1;
            assert_eq!(server.verify(IDENTITY, MESSAGE, &changed), Err(expected), "{at}");
        }
        for zeroed in [0..NUMBER, NUMBER..2 * NUMBER] {
            let mut changed = published();
            changed[zeroed].fill(0);
            assert_eq!(server.verify(IDENTITY, MESSAGE, &changed), Err(EccsiError::NotANumber));
        }
    }

    #[test]
    fn drawn_keys_sign_and_are_never_printed() {
        let mut rng = ChaCha20Rng::seed_from_u64(1);
        let master = MasterSecret::random(&mut rng);
        let server = master.public_key();
        let issued = master.issue(b"alice", &mut rng);
        let key = SigningKey::new(&issued.key, &issued.token, b"alice", &server).unwrap();
        let signature = key.sign(b"hello", &mut rng);
        assert_eq!(server.verify(b"alice", b"hello", &signature), Ok(()));
        let again = MasterSecret::from_octets(&master.to_octets()).unwrap();
        assert_eq!(again.public_key().to_octets(), server.to_octets());
        assert_eq!(
            format!("{master:?} {issued:?} {key:?}"),
            "eccsi::MasterSecret(hidden) eccsi::Issued(hidden) eccsi::SigningKey(hidden)"
        );
    }
}
