//! What the payloads share: a reader, and lengths in front of octets.

use bytes::Bytes;

use super::secret::KeyMaterial;
use crate::cursor::{Reader, Writer};
use crate::{DecodeError, EncodeError};

/// Why a payload cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// Its octets do not form it.
    Malformed(DecodeError),
    /// Its type, or a number in it that its length depends on, is not known.
    Unknown,
}

impl From<DecodeError> for Unreadable {
    fn from(error: DecodeError) -> Self {
        Self::Malformed(error)
    }
}

/// Reads numbers and octets. Octets are copied: what shares a buffer with a key would keep the key in memory.
#[derive(Clone)]
pub(super) struct Input<'a> {
    pub(super) reader: Reader<'a>,
}

impl<'a> Input<'a> {
    pub(super) const fn new(octets: &'a [u8]) -> Self {
        Self { reader: Reader::new(octets) }
    }

    pub(super) fn octets(&mut self, count: usize, what: &'static str) -> Result<Bytes, DecodeError> {
        Ok(Bytes::copy_from_slice(self.reader.take(count, what)?))
    }

    /// Octets behind a length of eight bits.
    pub(super) fn sized8(&mut self, what: &'static str) -> Result<Bytes, DecodeError> {
        let len = self.reader.u8(what)?;
        self.octets(len.into(), what)
    }

    /// Octets behind a length of sixteen bits.
    pub(super) fn sized16(&mut self, what: &'static str) -> Result<Bytes, DecodeError> {
        let len = self.reader.u16(what)?;
        self.octets(len.into(), what)
    }

    /// Keys behind a length of sixteen bits.
    pub(super) fn keys(&mut self, what: &'static str) -> Result<KeyMaterial, DecodeError> {
        let len = self.reader.u16(what)?;
        Ok(KeyMaterial::new(self.reader.take(len.into(), what)?.to_vec()))
    }

    /// Everything that has not been read.
    pub(super) fn rest(&self) -> &'a [u8] {
        self.reader.rest()
    }
}

/// The content of one payload, the "next payload" in front of it excluded.
pub(super) trait Content: Sized {
    fn read(input: &mut Input<'_>) -> Result<Self, Unreadable>;

    /// Octets that [`write`](Self::write) appends.
    fn len(&self) -> usize;

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError>;
}

/// Writes octets with a length of eight bits in front.
pub(super) fn sized8(writer: &mut Writer<'_>, what: &'static str, octets: &[u8]) -> Result<(), EncodeError> {
    let refused = EncodeError { what, limit: 255, got: octets.len() };
    writer.u8(u8::try_from(octets.len()).map_err(|_| refused)?);
    writer.slice(octets);
    Ok(())
}

/// Writes octets with a length of sixteen bits in front.
pub(super) fn sized16(writer: &mut Writer<'_>, what: &'static str, octets: &[u8]) -> Result<(), EncodeError> {
    let refused = EncodeError { what, limit: 65_535, got: octets.len() };
    writer.u16(u16::try_from(octets.len()).map_err(|_| refused)?);
    writer.slice(octets);
    Ok(())
}

/// Writes octets whose number another field implies.
pub(super) fn implied(
    writer: &mut Writer<'_>,
    what: &'static str,
    len: Option<usize>,
    octets: &[u8],
) -> Result<(), EncodeError> {
    // Where the number is not known nobody could find the end, so only nothing fits.
    let limit = len.unwrap_or_default();
    if octets.len() != limit || len.is_none() {
        return Err(EncodeError { what, limit, got: octets.len() });
    }
    writer.slice(octets);
    Ok(())
}

/// Checks that a number fits so many bits.
pub(super) fn bits(what: &'static str, value: u8, limit: u8) -> Result<u8, EncodeError> {
    if value <= limit {
        return Ok(value);
    }
    Err(EncodeError { what, limit: limit.into(), got: value.into() })
}
