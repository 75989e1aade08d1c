//! The Tate-Lichtenbaum pairing of RFC 6508 3.2, and the group that it leads to.

use crypto_bigint::{CtAssign as _, U1024};
use zeroize::Zeroize;

use super::parameters::{Fp, Fq, PAIRED};
use super::point::Point;

/// An element `x + iy` of the quadratic extension, as which factor of the field does not matter: one of PF_p.
#[derive(Clone, Copy)]
pub(super) struct Ratio {
    x: Fp,
    y: Fp,
}

impl Zeroize for Ratio {
    fn zeroize(&mut self) {
        self.x.zeroize();
        self.y.zeroize();
    }
}

impl Ratio {
    const ONE: Self = Self { x: Fp::ONE, y: Fp::ZERO };

    /// What the generator pairs with itself to.
    pub(super) fn generator() -> Self {
        Self { x: Fp::ONE, y: Fp::new(&U1024::from_be_hex(PAIRED)) }
    }

    fn times(&self, other: &Self) -> Self {
        Self { x: self.x * other.x - self.y * other.y, y: self.x * other.y + self.y * other.x }
    }

    fn square(&self) -> Self {
        Self { x: (self.x + self.y) * (self.x - self.y), y: (self.x * self.y).double() }
    }

    /// The power; how long it takes does not depend on the exponent, which is below q.
    pub(super) fn power(&self, exponent: &U1024) -> Self {
        let mut power = Self::ONE;
        for at in (0..Fq::MODULUS.as_ref().bit_width_vartime()).rev() {
            power = power.square();
            let more = power.times(self);
            let choice = exponent.bit(at);
            power.x.ct_assign(&more.x, choice);
            power.y.ct_assign(&more.y, choice);
        }
        power
    }

    /// The one number that stands for it, y / x. `None`: it is none of the group.
    pub(super) fn representative(&self) -> Option<Fp> {
        let inverse: Option<Fp> = self.x.invert().into();
        Some(self.y * inverse?)
    }
}

/// The pairing of two points with `z` one. Both are of order q, or what comes out means nothing.
pub(super) fn pair(first: &Point, second: &Point) -> Ratio {
    let order = Fq::MODULUS;
    let order = order.as_ref();
    let mut value = Ratio::ONE;
    let mut current = *first;
    // The bits of q - 1: as q is odd, those of q but the last one.
    for at in (0..order.bit_width_vartime().saturating_sub(1)).rev() {
        // The tangent, times the denominators of its slope and of the point: factors of the field.
        let z2 = current.z.square();
        let slope = (current.x - z2) * (current.x + z2);
        let slope = slope + slope + slope;
        let doubled = current.double();
        let line = Ratio {
            x: slope * (second.x * z2 + current.x) - current.y.square().double(),
            y: second.y * doubled.z * z2,
        };
        value = value.square().times(&line);
        current = doubled;
        if at > 0 && order.bit_vartime(at) {
            let z2 = current.z.square();
            let h = first.x * z2 - current.x;
            let r = first.y * z2 * current.z - current.y;
            let z3 = current.z * h;
            let line = Ratio { x: r * (second.x + first.x) - first.y * z3, y: second.y * z3 };
            value = value.times(&line);
            current = current.add(first);
        }
    }
    // (p + 1) / q = 4.
    value.square().square()
}
