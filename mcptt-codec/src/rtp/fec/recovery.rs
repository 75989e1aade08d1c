//! The arithmetic that both forms share: packets combined bit by bit (RFC 5109 8, RFC 8627 6.3).

use bytes::{BufMut, Bytes, BytesMut};

use super::HeaderRecovery;
use crate::id::Ssrc;
use crate::rtp::FIXED_HEADER_OCTETS;

/// Packets combined by exclusive or. Combining all packets of a set gives what a FEC packet sends; combining that with all
/// but one of them gives the missing one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recovery {
    header: HeaderRecovery,
    payload: Vec<u8>,
}

impl Recovery {
    /// What a FEC packet sent: the combined headers and octets behind the fixed header.
    pub fn of(header: HeaderRecovery, payload: &[u8]) -> Self {
        Self { header, payload: payload.to_vec() }
    }

    /// Combines a whole RTP packet with what is there; `false`, and no change, when it is shorter than a fixed header or
    /// longer than a length of 16 bits can say.
    pub fn add(&mut self, packet: &[u8]) -> bool {
        let Some((head, payload)) = packet.split_first_chunk::<FIXED_HEADER_OCTETS>() else { return false };
        let Ok(length) = u16::try_from(payload.len()) else { return false };
        let [first, second, _, _, timestamp @ .., _, _, _, _] = head;
        let other = HeaderRecovery::of_octets(*first, *second);
        let own = &mut self.header;
        own.padding ^= other.padding;
        own.extension ^= other.extension;
        own.csrc_count ^= other.csrc_count;
        own.marker ^= other.marker;
        own.payload_type ^= other.payload_type;
        own.timestamp ^= u32::from_be_bytes(*timestamp);
        own.length ^= length;
        if self.payload.len() < payload.len() {
            self.payload.resize(payload.len(), 0);
        }
        self.payload.iter_mut().zip(payload).for_each(|(own, other)| *own ^= other);
        true
    }

    /// The combined headers.
    pub const fn header(&self) -> HeaderRecovery {
        self.header
    }

    /// The combined octets behind the fixed headers.
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The missing packet, once all others have been combined; `None` when it is longer than what was protected.
    pub fn packet(&self, sequence: u16, ssrc: Ssrc) -> Option<Bytes> {
        let payload = self.payload.get(..usize::from(self.header.length))?;
        let mut packet = BytesMut::with_capacity(payload.len().saturating_add(FIXED_HEADER_OCTETS));
        let (first, second) = self.header.octets();
        packet.put_u8(0x80 | first);
        packet.put_u8(second);
        packet.put_u16(sequence);
        packet.put_u32(self.header.timestamp);
        packet.put_u32(ssrc.0);
        packet.put_slice(payload);
        Some(packet.freeze())
    }
}
