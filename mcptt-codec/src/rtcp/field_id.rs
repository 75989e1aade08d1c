//! [`FieldId`]: the number of a field and what it says about the length (TS 24.380 8.1.3).

/// Number of a field. Ids are per protocol: 2 is Reject Cause in MCPT and Warning Text in MCPC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct FieldId(pub u8);

impl FieldId {
    /// First id whose length takes two octets (TS 24.380 8.1.3).
    pub const FIRST_WITH_TWO_LENGTH_OCTETS: u8 = 192;

    /// Octets of id and length: 2, or 3 from id 192 on.
    //= 24.380-8.1.3
    pub const fn header_len(self) -> usize {
        if self.0 < Self::FIRST_WITH_TWO_LENGTH_OCTETS { 2 } else { 3 }
    }

    /// Octets that the value can have at most: 255, or 65535 from id 192 on.
    pub const fn max_value_len(self) -> usize {
        if self.0 < Self::FIRST_WITH_TWO_LENGTH_OCTETS { 255 } else { 65_535 }
    }
}
