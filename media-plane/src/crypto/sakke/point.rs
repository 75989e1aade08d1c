//! Points of the curve `y^2 = x^3 - 3x` in Jacobian coordinates. The time that everything here takes does not depend on the
//! points, nor on what they are multiplied with.

use crypto_bigint::{Choice, CtAssign as _, CtEq as _, U1024};
use zeroize::{Zeroize, Zeroizing};

use super::parameters::{ELEMENT, Fp, GENERATOR, element, octets_of};

/// Octets of a point: 4, x and y.
pub(super) const POINT: usize = 1 + 2 * ELEMENT;
/// What a point begins with that is not compressed.
const UNCOMPRESSED: u8 = 4;
/// Multiples that are at hand: those of four bits.
const WINDOW: usize = 16;

/// A point; that at infinity has `z` zero.
#[derive(Clone, Copy)]
pub(super) struct Point {
    pub(super) x: Fp,
    pub(super) y: Fp,
    pub(super) z: Fp,
}

impl Zeroize for Point {
    fn zeroize(&mut self) {
        self.x.zeroize();
        self.y.zeroize();
        self.z.zeroize();
    }
}

impl Point {
    const INFINITY: Self = Self { x: Fp::ONE, y: Fp::ONE, z: Fp::ZERO };

    /// The generator of the group.
    pub(super) fn generator() -> Self {
        let [x, y] = [GENERATOR.0, GENERATOR.1].map(|hex| Fp::new(&U1024::from_be_hex(hex)));
        Self { x, y, z: Fp::ONE }
    }

    /// Reads a point that is not compressed. `None`: the octets are none, or it is not on the curve.
    pub(super) fn read(octets: &[u8]) -> Option<Self> {
        let octets: &[u8; POINT] = octets.try_into().ok()?;
        let (kind, coordinates) = octets.split_first()?;
        let (x, y) = coordinates.split_first_chunk::<ELEMENT>()?;
        let point = Self { x: element(x)?, y: element(y.try_into().ok()?)?, z: Fp::ONE };
        (*kind == UNCOMPRESSED && point.is_on_curve()).then_some(point)
    }

    fn is_on_curve(&self) -> bool {
        let x = self.x;
        let right = x * x * x - (x + x + x);
        (self.y.square()).ct_eq(&right).into()
    }

    /// The octets of the point. `None`: it is at infinity.
    pub(super) fn write(&self) -> Option<[u8; POINT]> {
        let affine = self.affine()?;
        let mut octets = [UNCOMPRESSED; POINT];
        octets[1..=ELEMENT].copy_from_slice(&octets_of(&affine.x));
        octets[1 + ELEMENT..].copy_from_slice(&octets_of(&affine.y));
        Some(octets)
    }

    /// The same point with `z` one. `None`: it is at infinity.
    pub(super) fn affine(&self) -> Option<Self> {
        let inverse: Option<Fp> = self.z.invert().into();
        let inverse = inverse?;
        let square = inverse.square();
        Some(Self { x: self.x * square, y: self.y * square * inverse, z: Fp::ONE })
    }

    /// Whether it is the point at infinity.
    pub(super) fn is_infinity(&self) -> bool {
        self.z.ct_eq(&Fp::ZERO).into()
    }

    pub(super) fn double(&self) -> Self {
        let (delta, gamma) = (self.z.square(), self.y.square());
        let beta = self.x * gamma;
        let slope = (self.x - delta) * (self.x + delta);
        let slope = slope + slope + slope;
        let beta4 = beta.double().double();
        let x = slope.square() - beta4.double();
        let z = (self.y + self.z).square() - gamma - delta;
        let y = slope * (beta4 - x) - gamma.square().double().double().double();
        Self { x, y, z }
    }

    /// The sum of any two points.
    pub(super) fn add(&self, other: &Self) -> Self {
        let (z1, z2) = (self.z.square(), other.z.square());
        let (u1, u2) = (self.x * z2, other.x * z1);
        let (s1, s2) = (self.y * other.z * z2, other.y * self.z * z1);
        let (h, r) = (u2 - u1, s2 - s1);
        let h2 = h.square();
        let (h3, v) = (h2 * h, u1 * h2);
        let x = r.square() - h3 - v.double();
        let mut sum = Self { x, y: r * (v - x) - s1 * h3, z: self.z * other.z * h };
        let (left, right) = (self.z.ct_eq(&Fp::ZERO), other.z.ct_eq(&Fp::ZERO));
        let same = h.ct_eq(&Fp::ZERO) & r.ct_eq(&Fp::ZERO);
        sum.assign_if(same, &self.double());
        sum.assign_if(right, self);
        sum.assign_if(left, other);
        sum
    }

    fn assign_if(&mut self, choice: Choice, other: &Self) {
        self.x.ct_assign(&other.x, choice);
        self.y.ct_assign(&other.y, choice);
        self.z.ct_assign(&other.z, choice);
    }

    /// The point so many times.
    pub(super) fn times(&self, factor: &U1024) -> Self {
        let mut multiples = Zeroizing::new([Self::INFINITY; WINDOW]);
        for at in 1..WINDOW {
            multiples[at] = multiples[at - 1].add(self);
        }
        let mut octets = Zeroizing::new([0; ELEMENT]);
        octets.copy_from_slice(factor.to_be_bytes().as_ref());
        let mut product = Self::INFINITY;
        for nibble in octets.iter().flat_map(|octet| [octet >> 4, octet & 0x0f]) {
            for _ in 0..4 {
                product = product.double();
            }
            let mut chosen = Self::INFINITY;
            for (at, multiple) in (0_u8..).zip(multiples.iter()) {
                chosen.assign_if(at.ct_eq(&nibble), multiple);
            }
            product = product.add(&chosen);
        }
        product
    }
}
