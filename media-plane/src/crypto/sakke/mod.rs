//! SAKKE: a key for whoever has an identity, by nothing but that identity and the public key of the key management server
//! (RFC 6508, parameter set 1 of RFC 6509).
//!
//! What is secret takes the same time whatever it is: the field is that of `crypto-bigint` in Montgomery form, points are
//! multiplied with fixed windows, and the order that the pairing walks along is public.

mod hash;
mod pairing;
mod parameters;
mod point;

#[cfg(test)]
mod tests;

use std::fmt;

use crypto_bigint::U1024;
use rand_core::RngCore;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize as _, Zeroizing};

use pairing::{Ratio, pair};
use parameters::{ELEMENT, Fp, Fq, octets_of};
use point::Point;

/// Octets of a shared secret value: 128 bits in parameter set 1.
pub const SHARED: usize = 16;
/// Octets of a point: of a public key, of a receiver's key and of what is sent.
pub const POINT: usize = point::POINT;
/// Octets of encapsulated data: a point and a masked secret.
pub const ENCAPSULATED: usize = POINT + SHARED;
/// Octets of the longest identity.
pub const MAX_IDENTITY: usize = ELEMENT;

/// What two ends share once one has encapsulated it for the other. Wiped when dropped, never printed.
pub type Shared = Zeroizing<[u8; SHARED]>;

/// Why keys or data of SAKKE cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SakkeError {
    /// The octets are no point of the group.
    #[error("not a point of the group")]
    NotAPoint,
    /// The identity is longer than a number of the field.
    #[error("the identity has more than {MAX_IDENTITY} octets")]
    Identity,
    /// The key is not that of this identity under this public key.
    #[error("the receiver's key does not belong to the identity")]
    WrongKey,
    /// The encapsulated data have another length.
    #[error("encapsulated data have {ENCAPSULATED} octets")]
    Length,
    /// The data were changed, or are for somebody else.
    #[error("the encapsulated data are not for this receiver")]
    NotForUs,
}

/// The public key of a key management server, Z.
#[derive(Clone)]
pub struct PublicKey(Point);

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sakke::PublicKey")
    }
}

impl PublicKey {
    /// Reads the 257 octets of a key.
    ///
    /// # Errors
    /// [`SakkeError::NotAPoint`].
    pub fn from_octets(octets: &[u8]) -> Result<Self, SakkeError> {
        let point = Point::read(octets).ok_or(SakkeError::NotAPoint)?;
        // The curve has four times as many points as the group.
        let in_group = point.times(Fq::MODULUS.as_ref()).is_infinity();
        if in_group { Ok(Self(point)) } else { Err(SakkeError::NotAPoint) }
    }

    /// The octets of the key.
    pub fn to_octets(&self) -> [u8; POINT] {
        self.0.write().unwrap_or([0; POINT])
    }

    /// `[b]P + Z`: the point of an identity.
    fn of_identity(&self, identity: &[u8]) -> Result<Point, SakkeError> {
        Ok(Point::generator().times(&number_of(identity)?.retrieve()).add(&self.0))
    }

    /// Encapsulates a secret for whoever has this identity.
    ///
    /// # Errors
    /// [`SakkeError::Identity`]; [`SakkeError::NotAPoint`] where the identity is the secret of the key management server.
    //= RFC6508-6.2.1
    pub fn encapsulate(&self, secret: &Shared, identity: &[u8]) -> Result<[u8; ENCAPSULATED], SakkeError> {
        let exponent = hash::below_order(&[&**secret, identity]);
        let point = self.of_identity(identity)?.times(&exponent);
        let shared = Ratio::generator().power(&exponent).representative().ok_or(SakkeError::NotAPoint)?;
        let mut data = [0; ENCAPSULATED];
        data[..POINT].copy_from_slice(&point.write().ok_or(SakkeError::NotAPoint)?);
        let mask = masked(&shared, secret);
        data[POINT..].copy_from_slice(&*mask);
        Ok(data)
    }
}

/// An identity as a number.
fn number_of(identity: &[u8]) -> Result<Fq, SakkeError> {
    let mut octets = [0; ELEMENT];
    let from = ELEMENT.checked_sub(identity.len()).ok_or(SakkeError::Identity)?;
    octets[from..].copy_from_slice(identity);
    Ok(Fq::new(&U1024::from_be_slice(&octets)))
}

/// A secret under the mask of a value of the pairing, or back.
fn masked(value: &Fp, secret: &[u8; SHARED]) -> Shared {
    let octets = Zeroizing::new(octets_of(value));
    let mut mask = hash::mask(&*octets);
    mask.iter_mut().zip(secret).for_each(|(mask, secret)| *mask ^= secret);
    mask
}

/// The key of a receiver (RSK) with what it needs to use it. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct ReceiverKey {
    key: Zeroizing<Point>,
    identity: Vec<u8>,
    /// `[b]P + Z`.
    point: Point,
}

impl fmt::Debug for ReceiverKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sakke::ReceiverKey(hidden)")
    }
}

impl ReceiverKey {
    /// Reads the 257 octets of the key of an identity and validates it.
    ///
    /// # Errors
    /// [`SakkeError`]: what is wrong with it.
    //= RFC6508-6.1.2
    pub fn new(octets: &[u8], identity: &[u8], server: &PublicKey) -> Result<Self, SakkeError> {
        let key = Zeroizing::new(Point::read(octets).ok_or(SakkeError::NotAPoint)?);
        let point = server.of_identity(identity)?.affine().ok_or(SakkeError::NotAPoint)?;
        let paired = pair(&point, &key).representative();
        let generator = Ratio::generator().representative();
        if paired.is_none() || paired != generator {
            return Err(SakkeError::WrongKey);
        }
        Ok(Self { key, identity: identity.to_vec(), point })
    }

    /// The identity that it is the key of.
    pub fn identity(&self) -> &[u8] {
        &self.identity
    }

    /// Takes the secret out of encapsulated data.
    ///
    /// # Errors
    /// [`SakkeError::Length`], [`SakkeError::NotAPoint`] and [`SakkeError::NotForUs`].
    //= RFC6508-6.2.2
    pub fn decapsulate(&self, data: &[u8]) -> Result<Shared, SakkeError> {
        let data: &[u8; ENCAPSULATED] = data.try_into().map_err(|_| SakkeError::Length)?;
        let (sent, hint) = data.split_first_chunk::<POINT>().ok_or(SakkeError::Length)?;
        let hint: &[u8; SHARED] = hint.try_into().map_err(|_| SakkeError::Length)?;
        let point = Point::read(sent).ok_or(SakkeError::NotAPoint)?;
        let value = pair(&point, &self.key).representative().ok_or(SakkeError::NotForUs)?;
        let value = Zeroizing::new(value);
        let secret = masked(&value, hint);
        let exponent = hash::below_order(&[&*secret, &self.identity]);
        let expected = self.point.times(&exponent).write().ok_or(SakkeError::NotForUs)?;
        if expected.ct_eq(sent).into() { Ok(secret) } else { Err(SakkeError::NotForUs) }
    }
}

/// The master secret of a key management server, z. Wiped when dropped, never printed.
#[derive(Clone)]
pub struct MasterSecret(Zeroizing<Fq>);

impl fmt::Debug for MasterSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("sakke::MasterSecret(hidden)")
    }
}

impl MasterSecret {
    /// Octets of a master secret.
    pub const OCTETS: usize = ELEMENT;

    /// Draws one.
    pub fn random(rng: &mut impl RngCore) -> Self {
        let mut octets = Zeroizing::new([0; ELEMENT]);
        loop {
            rng.fill_bytes(&mut *octets);
            // The order has two bits less than the octets.
            octets[0] &= 0x3f;
            if let Some(secret) = Self::from_octets(&octets) {
                return secret;
            }
        }
    }

    /// The number that these octets stand for. `None`: it is zero or not below the order of the group.
    pub fn from_octets(octets: &[u8; ELEMENT]) -> Option<Self> {
        let mut number = U1024::from_be_slice(octets);
        let fits = number < *Fq::MODULUS.as_ref() && number != U1024::ZERO;
        let secret = fits.then(|| Self(Zeroizing::new(Fq::new(&number))));
        number.zeroize();
        secret
    }

    /// The octets, for the file that it is kept in.
    pub fn to_octets(&self) -> Zeroizing<[u8; ELEMENT]> {
        let mut octets = Zeroizing::new([0; ELEMENT]);
        octets.copy_from_slice(self.0.retrieve().to_be_bytes().as_ref());
        octets
    }

    /// The public key.
    //= RFC6508-6.1
    pub fn public_key(&self) -> PublicKey {
        let point = Point::generator().times(&Zeroizing::new(self.0.retrieve()));
        PublicKey(point.affine().unwrap_or(point))
    }

    /// The key of whoever has this identity.
    ///
    /// # Errors
    /// [`SakkeError::Identity`]; [`SakkeError::NotAPoint`] where the identity undoes the secret.
    //= RFC6508-6.1.1
    pub fn receiver_key(&self, identity: &[u8]) -> Result<Zeroizing<[u8; POINT]>, SakkeError> {
        let sum = Zeroizing::new(number_of(identity)? + *self.0);
        let inverse: Option<Fq> = sum.invert().into();
        let inverse = Zeroizing::new(inverse.ok_or(SakkeError::NotAPoint)?);
        let key = Point::generator().times(&Zeroizing::new(inverse.retrieve()));
        Ok(Zeroizing::new(key.write().ok_or(SakkeError::NotAPoint)?))
    }
}
