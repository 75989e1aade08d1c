//! Opus in Ogg (RFC 7845): the packets as they were sent.

use std::io::{self, BufWriter, Write};

use mcptt_codec::rtp::RtpPacket;
use ogg::PacketWriter;
use ogg::writing::PacketWriteEndInfo;

use super::{Format, LONGEST_GAP};
use crate::driver::recording::medium::Target;

/// Granules a second, whatever the sampling rate was (RFC 7845 4).
pub(in crate::driver::recording) const RATE: u32 = 48_000;
/// By how much an encoder is behind what is said, in granules: a talk spurt begins with the encoder.
const LOOKAHEAD: u16 = 312;
/// A page is written when it has so much: what is not written is lost with the process.
const PAGE: u64 = (RATE / 2) as u64;

/// A file that is being written.
pub(in crate::driver::recording) struct OggOpus {
    writer: PacketWriter<'static, BufWriter<Box<dyn Target>>>,
    serial: u32,
    /// The last packet, with where it ends: only what follows says whether it is the last of its page or of the file.
    held: Option<(Vec<u8>, u64)>,
    /// Where the present page has begun.
    page: u64,
    /// Where the next packet begins, in the file and by its timestamp.
    position: u64,
    next: Option<u32>,
}

impl OggOpus {
    pub fn new(target: Box<dyn Target>, serial: u32) -> io::Result<Self> {
        let mut writer = PacketWriter::new(BufWriter::new(target));
        //= RFC7845-5.1
        let mut head = b"OpusHead".to_vec();
        // Version, channels, and what a player leaves out at the beginning.
        head.extend([1, 1]);
        head.extend(LOOKAHEAD.to_le_bytes());
        head.extend(RATE.to_le_bytes());
        // No gain, mapping family 0.
        head.extend([0, 0, 0]);
        writer.write_packet(head, serial, PacketWriteEndInfo::EndPage, 0)?;
        //= RFC7845-5.2
        let vendor = env!("CARGO_PKG_NAME");
        let mut tags = b"OpusTags".to_vec();
        tags.extend(u32::try_from(vendor.len()).unwrap_or_default().to_le_bytes());
        tags.extend(vendor.as_bytes());
        tags.extend(0_u32.to_le_bytes());
        writer.write_packet(tags, serial, PacketWriteEndInfo::EndPage, 0)?;
        let mut new = Self { writer, serial, held: None, page: 0, position: 0, next: None };
        new.flush()?;
        Ok(new)
    }

    /// Takes a packet of so many granules behind what is there.
    pub fn append(&mut self, packet: Vec<u8>, granules: u32) -> io::Result<()> {
        self.position = self.position.saturating_add(granules.into());
        let Some((before, end)) = self.held.replace((packet, self.position)) else { return Ok(()) };
        let full = end.saturating_sub(self.page) >= PAGE;
        if full {
            self.page = end;
        }
        let info = if full { PacketWriteEndInfo::EndPage } else { PacketWriteEndInfo::NormalPacket };
        self.writer.write_packet(before, self.serial, info, end)?;
        if full { self.flush() } else { Ok(()) }
    }

    /// The length of a packet. `None`: it is no Opus packet.
    pub fn granules(packet: &[u8]) -> Option<u32> {
        opus_pure::packet::samples_48k(packet).ok().and_then(|samples| u32::try_from(samples).ok())
    }
}

impl Format for OggOpus {
    fn take(&mut self, packet: &RtpPacket) -> io::Result<()> {
        let payload = &packet.payload;
        let Some(granules) = Self::granules(payload) else { return Ok(()) };
        let timestamp = packet.header.timestamp;
        let gap = self.next.map_or(0, |next| timestamp.wrapping_sub(next));
        //= RFC7845-4.1:gap
        if let (Some(toc), true) = (payload.first(), gap <= RATE * LONGEST_GAP) {
            // One frame without octets: the decoder conceals it.
            let nothing = [toc & 0xfc];
            let length = Self::granules(&nothing).unwrap_or(gap).max(1);
            for _ in 0..gap / length {
                self.append(nothing.to_vec(), length)?;
            }
        }
        self.next = Some(timestamp.wrapping_add(granules));
        self.append(payload.to_vec(), granules)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.writer.inner_mut().flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        //= RFC7845-4:end
        if let Some((last, end)) = self.held.take() {
            self.writer.write_packet(last, self.serial, PacketWriteEndInfo::EndStream, end)?;
        }
        self.flush()
    }
}
