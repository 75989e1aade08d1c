//! [`Packet`]: a TS 24.380 message without loss, whatever protocol it belongs to.

use bytes::{Bytes, BytesMut};

use crate::cursor::Writer;
use crate::id::Ssrc;
use crate::rtcp::app::{self, APP_HEADER_OCTETS};
use crate::rtcp::field::{Field, Step, Walk};
use crate::rtcp::field_id::FieldId;
use crate::rtcp::header::{self, Header, PacketType};
use crate::rtcp::protocol::Protocol;
use crate::rtcp::requirement;
use crate::{DecodeError, EncodeError};

/// A message as a list of fields in wire order: unknown, repeated and ill-formed ones included, spare bits and pad
/// octets as received. Decoding and encoding gives back every octet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Packet<P> {
    /// All five subtype bits.
    pub subtype: P,
    /// SSRC of the header: the sender of the message.
    pub ssrc: Ssrc,
    /// The fields in the order of the packet.
    pub fields: Vec<Field>,
    /// What follows a field that runs past the end of the packet, that field included; normally empty.
    pub rest: Bytes,
}

impl<P: Protocol> Packet<P> {
    /// A message without fields.
    pub const fn new(subtype: P, ssrc: Ssrc) -> Self {
        Self { subtype, ssrc, fields: Vec::new(), rest: Bytes::new() }
    }

    /// Reads the packet that starts at the first octet; octets after its announced end are left alone.
    ///
    /// # Errors
    /// [`DecodeError`], offsets from the start of the packet, when this is no APP packet of the protocol, when its
    /// padding bit is set or when it is cut short. Fields never make it fail.
    pub fn decode(packet: &Bytes) -> Result<Self, DecodeError> {
        let frame = Frame::<P>::decode(packet)?;
        let mut decoded = Self::new(frame.subtype, frame.ssrc);
        for step in frame.walk() {
            match step {
                Step::Field(field) => decoded.fields.push(field.to_field()),
                Step::Overrun { octets, .. } => decoded.rest = packet.slice_ref(octets),
            }
        }
        Ok(decoded)
    }

    /// Octets that [`encode`](Self::encode) writes.
    pub fn encoded_len(&self) -> usize {
        let fields = self.fields.iter().map(Field::encoded_len).fold(0, usize::saturating_add);
        APP_HEADER_OCTETS.saturating_add(fields).saturating_add(self.rest.len())
    }

    /// Appends the packet.
    ///
    /// # Errors
    /// [`EncodeError`] when a field value or the packet is too long for its length; nothing is appended then.
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
        write_head(writer, self.subtype, self.ssrc, self.encoded_len())?;
        for field in &self.fields {
            field.write(writer)?;
        }
        writer.slice(&self.rest);
        Ok(())
    }

    /// The fields as a walk through the encoded packet would meet them.
    pub(crate) fn steps(&self) -> impl Iterator<Item = Step<'_>> {
        let mut offset = APP_HEADER_OCTETS;
        let fields = self.fields.iter().map(move |field| {
            let at = offset;
            offset = offset.saturating_add(field.encoded_len());
            Step::Field(field.as_ref::<P>(at))
        });
        let overrun = self.rest.first().map(|id| Step::Overrun {
            id: FieldId(*id),
            offset: self.encoded_len().saturating_sub(self.rest.len()),
            octets: &self.rest,
        });
        fields.chain(overrun)
    }
}

/// Writes the first twelve octets of a packet of `len` octets.
pub(crate) fn write_head<P: Protocol>(
    writer: &mut Writer<'_>,
    subtype: P,
    ssrc: Ssrc,
    len: usize,
) -> Result<(), EncodeError> {
    // TS 24.380 pads every field; RTCP padding is never used.
    header::write(writer, PacketType::APP, subtype.bits(), false, len)?;
    writer.u32(ssrc.0);
    writer.slice(&P::NAME);
    Ok(())
}

/// A packet whose header has been checked and whose fields have not been touched.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Frame<'a, P> {
    pub(crate) subtype: P,
    pub(crate) ssrc: Ssrc,
    owner: &'a Bytes,
    fields: &'a [u8],
}

impl<'a, P: Protocol> Frame<'a, P> {
    #[inline]
    pub(crate) fn decode(packet: &'a Bytes) -> Result<Self, DecodeError> {
        let header = Header::decode(packet)?;
        //= 24.380-8.1.2:padding
        if header.padding {
            return Err(DecodeError::invalid(0, requirement::RTCP_PADDING_BIT));
        }
        let (fixed, fields, _) = app::parts(&header, packet)?;
        //= 24.380-8.1.2
        if fixed.name != P::NAME {
            return Err(DecodeError::invalid(8, "protocol name"));
        }
        Ok(Self { subtype: P::from_bits(header.count), ssrc: fixed.ssrc, owner: packet, fields })
    }

    pub(crate) const fn walk(&self) -> Walk<'a, P> {
        Walk::new(self.owner, APP_HEADER_OCTETS, self.fields)
    }
}
