//! Formats of information elements (Annex I.2.2, after TS 24.007 11.2.1.1): identifier, length and value, each present
//! or not.

use bytes::Bytes;

use crate::cursor::{Reader, Writer};
use crate::{DecodeError, EncodeError};

/// Identifier of an information element.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Iei(pub u8);

impl Iei {
    /// User location; the number in the table is hexadecimal (ruling C-7).
    //= 24.379-15.2:iei
    pub const USER_LOCATION: Self = Self(0x78);
    /// Confirm mode indication.
    pub const CONFIRM_MODE_INDICATION: Self = Self(0x80);
    /// Probe response.
    pub const PROBE_RESPONSE: Self = Self(0x81);

    /// The format by which an element is passed over whose identifier the message does not list: one octet from 0x80
    /// on, a length of two octets from 0x70 to 0x7f, a length of one octet otherwise.
    //= 24.379-I.2:unknown
    pub const fn format_if_unknown(self) -> Format {
        match self.0 {
            0x80.. => Format::T,
            0x70..=0x7f => Format::TlvE,
            _ => Format::Tlv,
        }
    }

    /// Whether a receiver that does not know the element has to ignore the whole message (TS 24.007 11.2.5).
    //= 24.379-I.2:comprehension
    pub const fn must_be_understood(self) -> bool {
        self.0 & 0xf0 == 0
    }
}

/// Which parts an information element has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Format {
    /// The identifier alone: being there is what it says. With the value in the low half octet this is also how a
    /// type 1 element travels.
    T,
    /// A value of so many octets.
    V(usize),
    /// Identifier and a value of so many octets.
    Tv(usize),
    /// Length in one octet and value.
    Lv,
    /// Identifier, length in one octet and value.
    Tlv,
    /// Length in two octets and value.
    LvE,
    /// Identifier, length in two octets and value.
    TlvE,
    /// Everything up to the end of the message.
    Rest,
}

impl Format {
    /// Whether an element of this format starts with its identifier.
    pub const fn has_iei(self) -> bool {
        matches!(self, Self::T | Self::Tv(_) | Self::Tlv | Self::TlvE)
    }

    /// Octets of the length indicator.
    const fn length_octets(self) -> usize {
        match self {
            Self::Lv | Self::Tlv => 1,
            Self::LvE | Self::TlvE => 2,
            Self::T | Self::V(_) | Self::Tv(_) | Self::Rest => 0,
        }
    }

    /// Octets before the value.
    pub(crate) const fn header_len(self) -> usize {
        self.length_octets().saturating_add(if self.has_iei() { 1 } else { 0 })
    }

    /// Reads length and value; the identifier has been read.
    //= 24.379-15.2:lve
    pub(crate) fn read(
        self,
        reader: &mut Reader<'_>,
        owner: &Bytes,
        what: &'static str,
    ) -> Result<Bytes, DecodeError> {
        let len = match self {
            Self::T => 0,
            Self::V(len) | Self::Tv(len) => len,
            Self::Lv | Self::Tlv => usize::from(reader.u8(what)?),
            Self::LvE | Self::TlvE => usize::from(reader.u16(what)?),
            Self::Rest => reader.left(),
        };
        reader.take(len, what).map(|value| owner.slice_ref(value))
    }

    /// Writes length and value; the identifier has been written.
    pub(crate) fn write(
        self,
        writer: &mut Writer<'_>,
        value: &[u8],
        what: &'static str,
    ) -> Result<(), EncodeError> {
        let refused = |limit| EncodeError { what, limit, got: value.len() };
        match self {
            Self::T if !value.is_empty() => return Err(refused(0)),
            Self::V(len) | Self::Tv(len) if len != value.len() => return Err(refused(len)),
            Self::Lv | Self::Tlv => writer.u8(u8::try_from(value.len()).map_err(|_| refused(0xff))?),
            Self::LvE | Self::TlvE => writer.u16(u16::try_from(value.len()).map_err(|_| refused(0xffff))?),
            Self::T | Self::V(_) | Self::Tv(_) | Self::Rest => {}
        }
        writer.slice(value);
        Ok(())
    }
}
