//! Forward error correction: packets that can replace lost ones, in the form of RFC 5109 ([`UlpFec`]) and of RFC 8627
//! ([`FlexFec`]). What they protect is said by masks; how a lost packet is computed from the others by [`Recovery`].

mod flex;
mod recovery;
mod ulp;

pub use flex::{FlexFec, FlexMask, FlexProtection, FlexRetransmission};
pub use recovery::Recovery;
pub use ulp::{ProtectionLevel, UlpFec};

use crate::DecodeError;
use crate::cursor::{Reader, Writer};

/// The fields of the RTP headers of all protected packets, combined bit by bit (exclusive or).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct HeaderRecovery {
    /// Padding bit.
    pub padding: bool,
    /// Extension bit.
    pub extension: bool,
    /// Number of contributing sources, 0 to 15.
    pub csrc_count: u8,
    /// Marker bit.
    pub marker: bool,
    /// Payload type, 0 to 127.
    pub payload_type: u8,
    /// Timestamp.
    pub timestamp: u32,
    /// Octets behind the fixed header.
    pub length: u16,
}

impl HeaderRecovery {
    /// The fields that the first two octets hold.
    fn of_octets(first: u8, second: u8) -> Self {
        Self {
            padding: first & 0x20 != 0,
            extension: first & 0x10 != 0,
            csrc_count: first & 0x0f,
            marker: second & 0x80 != 0,
            payload_type: second & 0x7f,
            timestamp: 0,
            length: 0,
        }
    }

    /// The first two octets, the two highest bits not set. Numbers that are too large are cut.
    fn octets(&self) -> (u8, u8) {
        let padding = if self.padding { 0x20 } else { 0 };
        let extension = if self.extension { 0x10 } else { 0 };
        let marker = if self.marker { 0x80 } else { 0 };
        (padding | extension | self.csrc_count & 0x0f, marker | self.payload_type & 0x7f)
    }
}

/// Sequence numbers from the bits of a mask whose highest bit is the base itself.
fn sequences(base: u16, mask: u128, bits: u8) -> impl Iterator<Item = u16> {
    let protected = (0..bits).filter(move |bit| mask << bit >> 127 & 1 == 1);
    protected.map(move |bit| base.wrapping_add(bit.into()))
}

fn write_first(writer: &mut Writer<'_>, flags: u8, recovery: &HeaderRecovery) {
    let (first, second) = recovery.octets();
    writer.u8(flags | first);
    writer.u8(second);
}

fn read_first(reader: &mut Reader<'_>) -> Result<(u8, HeaderRecovery), DecodeError> {
    let first = reader.u8("FEC header")?;
    let second = reader.u8("FEC header")?;
    Ok((first & 0xc0, HeaderRecovery::of_octets(first, second)))
}
