//! From the octets of an information element to its typed value and back.

use bytes::Bytes;

use crate::cursor::Reader;
use crate::id::{GroupId, McpttId};
use crate::monp::element::{Element, InformationElement};
use crate::monp::packet::MonpPacket;
use crate::monp::requirement;
use crate::monp::value::{
    CallIdentifier, CallType, CommencementMode, Reason, RefreshInterval, UserLocation, UtcSeconds,
};
use crate::text::ByteStr;
use crate::{DecodeError, Deviation};

/// The elements of a message while they are being read.
pub(crate) struct Source<'a> {
    packet: &'a MonpPacket,
    /// Everything noted so far.
    pub(crate) deviations: Vec<Deviation>,
}

impl<'a> Source<'a> {
    pub(crate) const fn new(packet: &'a MonpPacket) -> Self {
        Self { packet, deviations: Vec::new() }
    }

    /// The first element of this kind.
    fn find(&self, kind: InformationElement) -> Option<Found<'a>> {
        let (offset, element) = self.packet.placed().find(|(_, element)| element.kind() == Some(kind))?;
        Some(Found { offset, element, name: kind.name() })
    }

    /// Why an element that must be there is not.
    fn missing(&self, kind: InformationElement) -> DecodeError {
        let end = self.packet.encoded_len().saturating_sub(self.packet.rest.len());
        let mut rest = Reader::starting_at(end, &self.packet.rest);
        let cut = kind.format().read(&mut rest, &self.packet.rest, kind.name());
        cut.err().unwrap_or(DecodeError::missing(end, kind.name()))
    }

    fn note(&mut self, found: &Found<'_>, deviates: bool, requirement: &'static str) {
        if deviates {
            self.deviations.push(Deviation { offset: found.offset, requirement });
        }
    }
}

/// An element and where it stands.
pub(super) struct Found<'a> {
    offset: usize,
    element: &'a Element,
    name: &'static str,
}

impl Found<'_> {
    fn value_offset(&self) -> usize {
        self.offset.saturating_add(self.element.format().header_len())
    }

    fn array<const N: usize>(&self) -> Result<[u8; N], DecodeError> {
        let value: &[u8] = self.element.value();
        value.try_into().map_err(|_| DecodeError::invalid(self.value_offset(), self.name))
    }

    /// An identity: nothing but UTF-8 will do.
    fn identity(&self) -> Result<ByteStr, DecodeError> {
        ByteStr::from_utf8(self.element.value().clone(), self.name).map_err(|error| DecodeError {
            offset: error.offset.saturating_add(self.value_offset()),
            ..error
        })
    }
}

/// The typed value of an element.
pub(super) trait Content: Sized {
    fn decode(found: &Found<'_>, source: &mut Source<'_>) -> Result<Self, DecodeError>;

    fn to_value(&self) -> Bytes;
}

impl Content for CallIdentifier {
    fn decode(found: &Found<'_>, _: &mut Source<'_>) -> Result<Self, DecodeError> {
        found.array().map(u16::from_be_bytes).map(Self)
    }

    fn to_value(&self) -> Bytes {
        Bytes::copy_from_slice(&self.0.to_be_bytes())
    }
}

impl Content for RefreshInterval {
    //= 24.379-15.2.4
    fn decode(found: &Found<'_>, source: &mut Source<'_>) -> Result<Self, DecodeError> {
        let interval = found.array().map(u16::from_be_bytes)?;
        source.note(found, interval == 0, requirement::REFRESH_INTERVAL);
        Ok(Self(interval))
    }

    fn to_value(&self) -> Bytes {
        Bytes::copy_from_slice(&self.0.to_be_bytes())
    }
}

/// One octet whose values are a list.
macro_rules! enumeration {
    ($($name:ident: $requirement:ident,)+) => {$(
        impl Content for $name {
            fn decode(found: &Found<'_>, source: &mut Source<'_>) -> Result<Self, DecodeError> {
                let [value] = found.array()?;
                source.note(found, !Self(value).is_assigned(), requirement::$requirement);
                Ok(Self(value))
            }

            fn to_value(&self) -> Bytes {
                Bytes::copy_from_slice(&[self.0])
            }
        }
    )+};
}

//= 24.379-15.2.7
enumeration! {
    CommencementMode: COMMENCEMENT_MODE,
    Reason: REASON,
    CallType: CALL_TYPE,
}

impl Content for UtcSeconds {
    fn decode(found: &Found<'_>, _: &mut Source<'_>) -> Result<Self, DecodeError> {
        found.array().map(Self::from_octets)
    }

    fn to_value(&self) -> Bytes {
        Bytes::copy_from_slice(&self.to_octets())
    }
}

/// A URI that names somebody.
macro_rules! identity {
    ($($name:ident)+) => {$(
        impl Content for $name {
            fn decode(found: &Found<'_>, _: &mut Source<'_>) -> Result<Self, DecodeError> {
                found.identity().map(Self)
            }

            fn to_value(&self) -> Bytes {
                self.0.to_octets()
            }
        }
    )+};
}

identity!(GroupId McpttId);

impl Content for ByteStr {
    //= 24.379-15.2:utf8
    fn decode(found: &Found<'_>, source: &mut Source<'_>) -> Result<Self, DecodeError> {
        let text = Self::from_octets(found.element.value().clone());
        source.note(found, !text.is_utf8(), requirement::UTF8);
        Ok(text)
    }

    fn to_value(&self) -> Bytes {
        self.to_octets()
    }
}

impl Content for Bytes {
    fn decode(found: &Found<'_>, _: &mut Source<'_>) -> Result<Self, DecodeError> {
        Ok(found.element.value().clone())
    }

    fn to_value(&self) -> Bytes {
        self.clone()
    }
}

impl Content for UserLocation {
    fn decode(found: &Found<'_>, source: &mut Source<'_>) -> Result<Self, DecodeError> {
        Bytes::decode(found, source).map(Self)
    }

    fn to_value(&self) -> Bytes {
        self.0.clone()
    }
}

/// A field of a message: a value that must be there, an optional one, or an element that says something by being there.
pub(super) trait Place: Sized {
    fn read(source: &mut Source<'_>, kind: InformationElement) -> Result<Self, DecodeError>;

    fn write(&self, kind: InformationElement, elements: &mut Vec<Element>);
}

impl<T: Content> Place for T {
    fn read(source: &mut Source<'_>, kind: InformationElement) -> Result<Self, DecodeError> {
        let found = source.find(kind).ok_or_else(|| source.missing(kind))?;
        read_content(&found, source)
    }

    fn write(&self, kind: InformationElement, elements: &mut Vec<Element>) {
        elements.push(Element::new(kind, self.to_value()));
    }
}

impl<T: Content> Place for Option<T> {
    fn read(source: &mut Source<'_>, kind: InformationElement) -> Result<Self, DecodeError> {
        source.find(kind).map(|found| read_content(&found, source)).transpose()
    }

    fn write(&self, kind: InformationElement, elements: &mut Vec<Element>) {
        if let Some(content) = self {
            content.write(kind, elements);
        }
    }
}

impl Place for bool {
    fn read(source: &mut Source<'_>, kind: InformationElement) -> Result<Self, DecodeError> {
        Ok(source.find(kind).is_some())
    }

    fn write(&self, kind: InformationElement, elements: &mut Vec<Element>) {
        if *self {
            elements.push(Element::new(kind, Bytes::new()));
        }
    }
}

//= 24.379-15.2:minimum
fn read_content<T: Content>(found: &Found<'_>, source: &mut Source<'_>) -> Result<T, DecodeError> {
    let counted = found.element.format().header_len() >= 2;
    source.note(found, counted && found.element.value().is_empty(), requirement::MINIMUM_LENGTH);
    T::decode(found, source)
}
