//! `a=extmap`: which RTP header extension an identifier stands for (RFC 8285 5 to 8).

use std::fmt;

use super::typed_attribute;
use crate::DecodeError;
use crate::sdp::Direction;
use crate::sdp::grammar::{Scan, decimal, is_word};
use crate::text::ByteStr;

/// One `a=extmap`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ExtMap {
    /// 1 to 14 fit into headers of one octet, 15 to 255 into those of two; 4096 to 4351 stand for an
    /// identifier that is still to be agreed on.
    pub id: u16,
    /// In which direction it is used, when that is not the direction of the stream.
    pub direction: Option<Direction>,
    /// What it is.
    pub uri: ByteStr,
    /// Attributes of the extension.
    pub attributes: Option<ByteStr>,
}

impl ExtMap {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when identifier or name is missing, or the identifier is outside of its ranges.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=extmap");
        let mapping = scan.token()?;
        let (id, direction) = match mapping.split_once('/') {
            Some((id, direction)) => {
                let read = Direction::of_attribute(direction).ok_or(scan.invalid(direction))?;
                (id, Some(read))
            }
            None => (mapping, None),
        };
        //= RFC8285-8
        let id = decimal(id).filter(|id| matches!(id, 1..=255 | 4096..=4351)).ok_or(scan.invalid(id))?;
        let uri = scan.read(|uri| is_word(uri).then_some(uri))?.into();
        let attributes = Some(scan.rest()).filter(|attributes| !attributes.is_empty()).map(ByteStr::from);
        Ok(Self { id, direction, uri, attributes })
    }
}

impl fmt::Display for ExtMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.id)?;
        if let Some(direction) = self.direction {
            write!(f, "/{}", direction.as_str())?;
        }
        write!(f, " {}", self.uri)?;
        self.attributes.as_ref().map_or(Ok(()), |attributes| write!(f, " {attributes}"))
    }
}

typed_attribute!(ExtMap, "extmap", Both, "RFC8285-8");
