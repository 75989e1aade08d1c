//! [`MonpPacket`]: a message without loss.

use bytes::{Bytes, BytesMut};

use crate::cursor::{Reader, Writer};
use crate::monp::MessageType;
use crate::monp::element::{Element, InformationElement};
use crate::monp::format::Iei;
use crate::monp::rules::{self, MessageRule};
use crate::{DecodeError, EncodeError};

/// Information elements that are told apart in one message; what follows is kept as octets.
pub const MAX_ELEMENTS: usize = 64;

/// What a decoder takes beyond what the tables say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct DecodeOptions {
    /// Takes 78, 80 and 81 also as the decimal numbers that a simulator sends. For laboratories: by the tables 0x4e,
    /// 0x50 and 0x51 are unknown elements.
    pub decimal_identifiers: bool,
}

impl DecodeOptions {
    /// The element of this message that travels under `iei`.
    fn element(self, rule: &MessageRule, iei: Iei) -> Option<InformationElement> {
        rule.optional.iter().copied().find(|element| {
            element.iei().is_some_and(|listed| {
                iei == listed || (self.decimal_identifiers && Some(iei) == read_as_decimal(listed))
            })
        })
    }
}

/// The identifier whose two hexadecimal digits were taken for decimal ones.
const fn read_as_decimal(iei: Iei) -> Option<Iei> {
    match iei {
        Iei::USER_LOCATION => Some(Iei(78)),
        Iei::CONFIRM_MODE_INDICATION => Some(Iei(80)),
        Iei::PROBE_RESPONSE => Some(Iei(81)),
        _ => None,
    }
}

/// A message as a list of information elements in wire order, unknown and repeated ones included. Decoding and encoding
/// gives back every octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MonpPacket {
    /// The first octet.
    pub message_type: MessageType,
    /// The elements in wire order: those that must be there, then optional ones.
    pub elements: Vec<Element>,
    /// What could not be told apart: everything behind an unknown message type, an element that runs past the end, or
    /// octets behind [`MAX_ELEMENTS`]; normally empty.
    pub rest: Bytes,
}

impl MonpPacket {
    /// A message without elements.
    pub const fn new(message_type: MessageType) -> Self {
        Self { message_type, elements: Vec::new(), rest: Bytes::new() }
    }

    /// Reads the message that fills the datagram.
    ///
    /// # Errors
    /// [`DecodeError`] when the datagram is empty. Elements never make it fail.
    pub fn decode(datagram: &Bytes) -> Result<Self, DecodeError> {
        Self::decode_with(datagram, DecodeOptions::default())
    }

    /// Reads the message that fills the datagram, tolerating what the options say.
    ///
    /// # Errors
    /// As [`decode`](Self::decode).
    pub fn decode_with(datagram: &Bytes, options: DecodeOptions) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(datagram);
        let mut packet = Self::new(MessageType(reader.u8("message type")?));
        if let Some(rule) = rules::of(packet.message_type) {
            packet.read_elements(rule, &mut reader, datagram, options);
        }
        packet.rest = datagram.slice_ref(reader.rest());
        Ok(packet)
    }

    /// Takes elements as long as they can be told apart; the reader stands behind the last of them.
    fn read_elements(
        &mut self,
        rule: &MessageRule,
        reader: &mut Reader<'_>,
        owner: &Bytes,
        options: DecodeOptions,
    ) {
        for kind in rule.mandatory {
            let mut ahead = reader.clone();
            let Ok(value) = kind.format().read(&mut ahead, owner, kind.name()) else { return };
            self.elements.push(Element::new(*kind, value));
            *reader = ahead;
        }
        while self.elements.len() < MAX_ELEMENTS {
            let mut ahead = reader.clone();
            let Ok(iei) = ahead.u8("identifier").map(Iei) else { return };
            let kind = options.element(rule, iei);
            let format = kind.map_or_else(|| iei.format_if_unknown(), InformationElement::format);
            let Ok(value) = format.read(&mut ahead, owner, "element") else { return };
            self.elements.push(Element::received(kind, Some(iei), format, value));
            *reader = ahead;
        }
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        self.elements
            .iter()
            .map(Element::encoded_len)
            .fold(1, usize::saturating_add)
            .saturating_add(self.rest.len())
    }

    /// Appends the message.
    ///
    /// # Errors
    /// [`EncodeError`] when a value does not fit the format of its element; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.reserve(self.encoded_len());
        let mut writer = Writer::new(out);
        match self.write(&mut writer) {
            Ok(()) => Ok(()),
            Err(error) => {
                writer.undo();
                Err(error)
            }
        }
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        writer.u8(self.message_type.0);
        for element in &self.elements {
            element.write(writer)?;
        }
        writer.slice(&self.rest);
        Ok(())
    }

    /// The elements, each with the offset of its first octet.
    pub(crate) fn placed(&self) -> impl Iterator<Item = (usize, &Element)> {
        let mut offset: usize = 1;
        self.elements.iter().map(move |element| {
            let at = offset;
            offset = offset.saturating_add(element.encoded_len());
            (at, element)
        })
    }
}
