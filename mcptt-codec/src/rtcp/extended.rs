//! Extended reports (RFC 3611), block by block; what is inside of a block belongs to its type.

use bytes::{Bytes, BytesMut};

use crate::cursor::{Reader, Writer};
use crate::id::Ssrc;
use crate::rtcp::header::{self, HEADER_OCTETS, Header, PacketType};
use crate::{DecodeError, EncodeError};

/// Octets of the longest block content: its length word counts 65535 words.
const MAX_CONTENT_OCTETS: usize = 262_140;

/// Type of a block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct ExtendedBlockType(pub u8);

impl ExtendedBlockType {
    /// Loss of packets, run-length encoded.
    pub const LOSS_RLE: Self = Self(1);
    /// Duplicate packets, run-length encoded.
    pub const DUPLICATE_RLE: Self = Self(2);
    /// When packets arrived.
    pub const PACKET_RECEIPT_TIMES: Self = Self(3);
    /// Clock of a receiver.
    pub const RECEIVER_REFERENCE_TIME: Self = Self(4);
    /// Delay since the last receiver reference time.
    pub const DELAY_SINCE_LAST_RECEIVER_REPORT: Self = Self(5);
    /// Loss, duplicates, jitter and hop limits.
    pub const STATISTICS_SUMMARY: Self = Self(6);
    /// Metrics of a voice call.
    pub const VOIP_METRICS: Self = Self(7);
}

/// One block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedBlock {
    /// What it reports.
    pub block_type: ExtendedBlockType,
    /// Eight bits whose meaning depends on the type.
    pub type_specific: u8,
    /// What follows the length word, a multiple of four octets.
    pub content: Bytes,
}

/// Extended report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExtendedReport {
    /// The sender of the report.
    pub ssrc: Ssrc,
    /// Five bits where other packets count; zero when sent.
    pub reserved: u8,
    /// In wire order.
    pub blocks: Vec<ExtendedBlock>,
    /// What follows a block that runs past the end of the packet, that block included; normally empty.
    pub rest: Bytes,
    /// RTCP padding with its count octet; empty when the padding bit is not set.
    pub padding: Bytes,
}

impl ExtendedBlock {
    fn read(packet: &Bytes, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let block_type = ExtendedBlockType(reader.u8("block type")?);
        let type_specific = reader.u8("type-specific bits")?;
        let words = reader.u16("block length")?;
        let content = reader.take(usize::from(words).saturating_mul(4), "block content")?;
        Ok(Self { block_type, type_specific, content: packet.slice_ref(content) })
    }

    fn write(&self, writer: &mut Writer<'_>) -> Result<(), EncodeError> {
        let got = self.content.len();
        if !got.is_multiple_of(4) {
            let what = "extended report block beyond a multiple of four";
            return Err(EncodeError { what, limit: 0, got: got % 4 });
        }
        let refused = EncodeError { what: "extended report block", limit: MAX_CONTENT_OCTETS, got };
        writer.u8(self.block_type.0);
        writer.u8(self.type_specific);
        writer.u16(u16::try_from(got / 4).map_err(|_| refused)?);
        writer.slice(&self.content);
        Ok(())
    }
}

impl ExtendedReport {
    pub(crate) fn decode(header: &Header, packet: &Bytes) -> Result<Self, DecodeError> {
        let (body, padding) = header.body(packet)?;
        let mut reader = Reader::starting_at(HEADER_OCTETS, body);
        let ssrc = Ssrc(reader.u32("SSRC")?);
        let mut blocks = Vec::new();
        //= RFC3611-3
        while !reader.is_empty() {
            let mut ahead = reader.clone();
            let Ok(block) = ExtendedBlock::read(packet, &mut ahead) else { break };
            blocks.push(block);
            reader = ahead;
        }
        let rest = packet.slice_ref(reader.rest());
        Ok(Self { ssrc, reserved: header.count, blocks, rest, padding: packet.slice_ref(padding) })
    }

    /// Appends the report.
    ///
    /// # Errors
    /// [`EncodeError`] when a block or the whole is not a multiple of four octets or too long for its length word;
    /// nothing is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        let count = self.reserved.into();
        header::write_packet(out, PacketType::EXTENDED_REPORT, count, &self.padding, |writer| {
            writer.u32(self.ssrc.0);
            self.blocks.iter().try_for_each(|block| block.write(writer))?;
            writer.slice(&self.rest);
            Ok(())
        })
    }
}
