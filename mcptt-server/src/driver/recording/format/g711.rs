//! G.711: from one octet to one sample (ITU-T G.711).

/// A sample of µ-law.
pub(super) fn from_mu_law(octet: u8) -> i16 {
    let octet = !octet;
    let exponent = octet >> 4 & 0x07;
    let magnitude = (((i16::from(octet & 0x0f) << 3) + 0x84) << exponent) - 0x84;
    if octet & 0x80 == 0 { magnitude } else { -magnitude }
}

/// A sample of A-law.
pub(super) fn from_a_law(octet: u8) -> i16 {
    let octet = octet ^ 0x55;
    let exponent = octet >> 4 & 0x07;
    let mantissa = i16::from(octet & 0x0f) << 4;
    let magnitude = match exponent {
        0 => mantissa + 8,
        _ => (mantissa + 0x108) << (exponent - 1),
    };
    if octet & 0x80 == 0 { -magnitude } else { magnitude }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_those_of_the_tables() {
        // Tables 1 and 2 of the recommendation, 14 and 13 bits brought to 16.
        let mu_law = [(0xff, 0), (0x7f, 0), (0x80, 32_124), (0x00, -32_124), (0xfe, 8), (0x8f, 16_764)];
        assert_eq!(mu_law.map(|(octet, _)| from_mu_law(octet)), mu_law.map(|(_, sample)| sample));
        let a_law = [(0xd5, 8), (0x55, -8), (0xaa, 32_256), (0x2a, -32_256), (0xd4, 24), (0xc5, 264)];
        assert_eq!(a_law.map(|(octet, _)| from_a_law(octet)), a_law.map(|(_, sample)| sample));
    }
}
