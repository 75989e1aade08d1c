//! [`Chain`]: payloads of which each says the type of the next one (RFC 3830 6.1).

use bytes::BytesMut;

use super::content::ECCSI_SIGNATURE_OCTETS;
use super::number::{PayloadType, SignatureType};
use super::payload::Payload;
use super::secret::KeyMaterial;
use super::wire::{Input, Unreadable};
use crate::cursor::Writer;
use crate::{DecodeError, Decoded, Deviation, EncodeError};

/// Payloads of one chain; no message needs nearly as many.
pub const MAX_PAYLOADS: usize = 64;

/// A payload of unknown type, or of a kind whose length is not known.
const UNKNOWN: &str = "RFC3830-6.1:unknown";
/// The octets of a payload do not form it.
const MALFORMED: &str = "RFC3830-6.1:malformed";
/// Octets behind the last payload.
const SURPLUS: &str = "RFC3830-6.1:last";
/// Ruling on the length of an ECCSI signature.
const SIGNATURE_LENGTH: &str = "33.180-sign";

/// Payloads in wire order. Decoding and encoding gives back every octet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// What could be read.
    pub payloads: Vec<Payload>,
    /// What could not; normally `None`.
    pub rest: Option<Rest>,
}

/// Octets in which no further payload can be found. They may hold keys.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rest {
    /// What the first of them was said to be; [`PayloadType::LAST`] when nothing should have followed.
    pub payload_type: PayloadType,
    /// As they stand.
    pub octets: KeyMaterial,
}

impl Rest {
    fn of(payload_type: PayloadType, input: &Input<'_>) -> Self {
        Self { payload_type, octets: KeyMaterial::new(input.rest().to_vec()) }
    }
}

impl Chain {
    /// Reads a chain whose first payload has this type: the content of a key data transport, once it is decrypted, is
    /// one. Deviations say where and why the chain ended early.
    ///
    /// # Errors
    /// [`DecodeError`] with more than [`MAX_PAYLOADS`] payloads.
    pub fn decode(first: PayloadType, octets: &[u8]) -> Result<Decoded<Self>, DecodeError> {
        let mut deviations = Vec::new();
        let value = Self::read(first, Input::new(octets), &mut deviations)?;
        Ok(Decoded { value, deviations })
    }

    pub(super) fn read(
        first: PayloadType,
        mut input: Input<'_>,
        deviations: &mut Vec<Deviation>,
    ) -> Result<Self, DecodeError> {
        let mut chain = Self::default();
        let mut payload_type = first;
        //= RFC3830-6.1:chain
        while payload_type != PayloadType::LAST {
            let offset = input.reader.offset();
            if chain.payloads.len() >= MAX_PAYLOADS {
                let got = MAX_PAYLOADS.saturating_add(1);
                return Err(DecodeError::too_large(offset, "MIKEY payloads", MAX_PAYLOADS, got));
            }
            let mut ahead = input.clone();
            match read_payload(payload_type, &mut ahead) {
                Ok((payload, next)) => {
                    deviations.extend(
                        has_odd_signature(&payload)
                            .then_some(Deviation { offset, requirement: SIGNATURE_LENGTH }),
                    );
                    chain.payloads.push(payload);
                    input = ahead;
                    payload_type = next;
                }
                Err(unreadable) => {
                    deviations.push(match unreadable {
                        //= RFC3830-6.1:malformed
                        Unreadable::Malformed(error) => {
                            Deviation { offset: error.offset, requirement: MALFORMED }
                        }
                        //= RFC3830-6.1:unknown
                        Unreadable::Unknown => Deviation { offset, requirement: UNKNOWN },
                    });
                    chain.rest = Some(Rest::of(payload_type, &input));
                    return Ok(chain);
                }
            }
        }
        if !input.reader.is_empty() {
            //= RFC3830-6.1:last
            deviations.push(Deviation { offset: input.reader.offset(), requirement: SURPLUS });
            chain.rest = Some(Rest::of(payload_type, &input));
        }
        Ok(chain)
    }

    /// A chain of which nothing can be read.
    pub(super) fn unread(first: PayloadType, input: &Input<'_>, deviations: &mut Vec<Deviation>) -> Self {
        //= RFC3830-6.1:unknown
        deviations.push(Deviation { offset: input.reader.offset(), requirement: UNKNOWN });
        Self { payloads: Vec::new(), rest: Some(Rest::of(first, input)) }
    }

    /// The type of the first payload.
    pub fn first(&self) -> PayloadType {
        self.type_of_rest_or(self.payloads.first())
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        let rest = self.rest.as_ref().map_or(0, |rest| rest.octets.as_bytes().len());
        self.payloads.iter().map(Payload::len).fold(rest, usize::saturating_add)
    }

    /// Appends the payloads, each with the type of the next one.
    ///
    /// # Errors
    /// [`EncodeError`] when something does not fit its field, when a payload follows a signature, or with more than
    /// [`MAX_PAYLOADS`] payloads; nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        out.reserve(self.encoded_len());
        let mut writer = Writer::new(out);
        let written = self.write(&mut writer);
        if written.is_err() {
            writer.undo();
        }
        written
    }

    pub(super) fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        if self.payloads.len() > MAX_PAYLOADS {
            let got = self.payloads.len();
            return Err(EncodeError { what: "MIKEY payloads", limit: MAX_PAYLOADS, got });
        }
        let mut payloads = self.payloads.iter().peekable();
        while let Some(payload) = payloads.next() {
            let next = self.type_of_rest_or(payloads.peek().copied());
            if payload.has_next() {
                writer.u8(next.0);
            } else if next != PayloadType::LAST {
                let got = payloads.count();
                return Err(EncodeError { what: "payloads behind a signature", limit: 0, got: got.max(1) });
            }
            payload.write_content(writer)?;
        }
        if let Some(rest) = &self.rest {
            writer.slice(rest.octets.as_bytes());
        }
        Ok(())
    }

    fn type_of_rest_or(&self, next: Option<&Payload>) -> PayloadType {
        let rest = || self.rest.as_ref().map_or(PayloadType::LAST, |rest| rest.payload_type);
        next.map_or_else(rest, Payload::payload_type)
    }
}

/// A payload and the type of the next one.
fn read_payload(
    payload_type: PayloadType,
    input: &mut Input<'_>,
) -> Result<(Payload, PayloadType), Unreadable> {
    if payload_type == PayloadType::SIGN {
        return Ok((Payload::read(payload_type, input)?, PayloadType::LAST));
    }
    let mut ahead = input.clone();
    let next = ahead.reader.u8("next payload").map(PayloadType);
    // An unknown type is unknown, even where nothing follows it.
    let payload = Payload::read(payload_type, &mut ahead)?;
    *input = ahead;
    Ok((payload, next?))
}

/// TS 33.180 E.1.2 prints 32 octets, RFC 6507 needs 129.
fn has_odd_signature(payload: &Payload) -> bool {
    match payload {
        Payload::Signature(sign) => {
            sign.signature_type == SignatureType::ECCSI && sign.signature.len() != ECCSI_SIGNATURE_OCTETS
        }
        _ => false,
    }
}
