//! Sender and receiver reports (RFC 3550 6.4).

use bytes::{Bytes, BytesMut};

use crate::cursor::{Reader, Writer};
use crate::id::Ssrc;
use crate::rtcp::header::{self, HEADER_OCTETS, Header, PacketType};
use crate::{DecodeError, EncodeError};

/// Reports that one packet can hold: the count has five bits.
pub const MAX_REPORTS: usize = 31;

/// How well one source is received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct ReportBlock {
    /// The source.
    pub ssrc: Ssrc,
    /// Packets lost since the last report, in parts of 256.
    pub fraction_lost: u8,
    /// Packets lost since the beginning, -8388608 to 8388607; negative with duplicates.
    pub cumulative_lost: i32,
    /// Highest sequence number received, extended by the number of wraps in the upper half.
    pub highest_sequence: u32,
    /// Interarrival jitter in timestamp units.
    pub jitter: u32,
    /// Middle 32 bits of the NTP timestamp of the last sender report; 0 before the first.
    pub last_sender_report: u32,
    /// Delay since that report in units of 1/65536 second; 0 before the first.
    pub delay_since_last_sender_report: u32,
}

impl ReportBlock {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            ssrc: Ssrc(reader.u32("report SSRC")?),
            fraction_lost: reader.u8("fraction lost")?,
            cumulative_lost: {
                let raw = reader.u24("cumulative lost")?;
                // Sign extension of 24 bits.
                (if raw & 0x80_0000 == 0 { raw } else { raw | 0xff00_0000 }).cast_signed()
            },
            highest_sequence: reader.u32("highest sequence")?,
            jitter: reader.u32("jitter")?,
            last_sender_report: reader.u32("last sender report")?,
            delay_since_last_sender_report: reader.u32("delay since last sender report")?,
        })
    }

    fn write(&self, writer: &mut Writer<'_>) {
        writer.u32(self.ssrc.0);
        writer.u8(self.fraction_lost);
        writer.u24(self.cumulative_lost.clamp(-0x80_0000, 0x7f_ffff).cast_unsigned());
        writer.u32(self.highest_sequence);
        writer.u32(self.jitter);
        writer.u32(self.last_sender_report);
        writer.u32(self.delay_since_last_sender_report);
    }
}

/// What a sender tells about its own stream.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, serde::Serialize)]
pub struct SenderInfo {
    /// Wall clock as NTP timestamp: seconds since 1900 in the upper half, fraction in the lower.
    pub ntp_timestamp: u64,
    /// The same instant in units of the RTP timestamp.
    pub rtp_timestamp: u32,
    /// RTP packets sent so far.
    pub packet_count: u32,
    /// Payload octets sent so far.
    pub octet_count: u32,
}

/// Sender report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SenderReport {
    /// The sender of the report.
    pub ssrc: Ssrc,
    /// Its own stream.
    pub info: SenderInfo,
    /// What it receives, at most 31.
    pub reports: Vec<ReportBlock>,
    /// Profile-specific octets behind the reports.
    pub extension: Bytes,
    /// RTCP padding with its count octet; empty when the padding bit is not set.
    pub padding: Bytes,
}

/// Receiver report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReceiverReport {
    /// The sender of the report.
    pub ssrc: Ssrc,
    /// What it receives, at most 31.
    pub reports: Vec<ReportBlock>,
    /// Profile-specific octets behind the reports.
    pub extension: Bytes,
    /// RTCP padding with its count octet; empty when the padding bit is not set.
    pub padding: Bytes,
}

fn read_blocks(header: &Header, reader: &mut Reader<'_>) -> Result<Vec<ReportBlock>, DecodeError> {
    (0..header.count).map(|_| ReportBlock::read(reader)).collect()
}

/// What both reports end with.
fn write_blocks(writer: &mut Writer<'_>, reports: &[ReportBlock], extension: &[u8]) {
    reports.iter().for_each(|report| report.write(writer));
    writer.slice(extension);
}

impl SenderReport {
    pub(crate) fn decode(header: &Header, packet: &Bytes) -> Result<Self, DecodeError> {
        let (body, padding) = header.body(packet)?;
        let mut reader = Reader::starting_at(HEADER_OCTETS, body);
        let ssrc = Ssrc(reader.u32("SSRC")?);
        let info = SenderInfo {
            ntp_timestamp: reader.u64("NTP timestamp")?,
            rtp_timestamp: reader.u32("RTP timestamp")?,
            packet_count: reader.u32("packet count")?,
            octet_count: reader.u32("octet count")?,
        };
        let reports = read_blocks(header, &mut reader)?;
        //= RFC3550-6.4.3
        let extension = packet.slice_ref(reader.rest());
        Ok(Self { ssrc, info, reports, extension, padding: packet.slice_ref(padding) })
    }

    /// Appends the report.
    ///
    /// # Errors
    /// [`EncodeError`] with more than 31 report blocks or when the whole is not a multiple of four octets; nothing
    /// is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        header::write_packet(out, PacketType::SENDER_REPORT, self.reports.len(), &self.padding, |writer| {
            writer.u32(self.ssrc.0);
            writer.u64(self.info.ntp_timestamp);
            writer.u32(self.info.rtp_timestamp);
            writer.u32(self.info.packet_count);
            writer.u32(self.info.octet_count);
            write_blocks(writer, &self.reports, &self.extension);
            Ok(())
        })
    }
}

impl ReceiverReport {
    pub(crate) fn decode(header: &Header, packet: &Bytes) -> Result<Self, DecodeError> {
        let (body, padding) = header.body(packet)?;
        let mut reader = Reader::starting_at(HEADER_OCTETS, body);
        let ssrc = Ssrc(reader.u32("SSRC")?);
        let reports = read_blocks(header, &mut reader)?;
        //= RFC3550-6.4.3
        let extension = packet.slice_ref(reader.rest());
        Ok(Self { ssrc, reports, extension, padding: packet.slice_ref(padding) })
    }

    /// Appends the report.
    ///
    /// # Errors
    /// [`EncodeError`] with more than 31 report blocks or when the whole is not a multiple of four octets; nothing
    /// is appended then.
    pub fn encode(&self, out: &mut BytesMut) -> Result<(), EncodeError> {
        header::write_packet(out, PacketType::RECEIVER_REPORT, self.reports.len(), &self.padding, |writer| {
            writer.u32(self.ssrc.0);
            write_blocks(writer, &self.reports, &self.extension);
            Ok(())
        })
    }
}
