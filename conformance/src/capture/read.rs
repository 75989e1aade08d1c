//! Reading pcap and pcapng, block by block.

use std::io::{self, Read};
use std::time::Duration;

use pcap_parser::{
    EnhancedPacketBlock, OptionCode, PcapHeader, parse_enhancedpacketblock_be, parse_enhancedpacketblock_le,
    parse_interfacedescriptionblock_be, parse_interfacedescriptionblock_le, parse_pcap_header,
    parse_simplepacketblock_be, parse_simplepacketblock_le,
};

use super::assembly::Assembly;
use super::{CaptureError, Frame, Gaps, Skipped};

/// The largest block or record accepted, in octets; a UDP datagram with all headers and comments is far smaller.
pub const MAX_BLOCK: usize = 1 << 20;
/// The largest number of interfaces in one pcapng section.
pub const MAX_INTERFACES: usize = 4096;

/// First words of a pcap file: microseconds, nanoseconds, with longer record headers; the first two in either byte order.
const PCAP: [u32; 5] = [0xa1b2_c3d4, 0xa1b2_3c4d, 0xa1b2_cd34, 0xd4c3_b2a1, 0x4d3c_b2a1];
/// Tells the byte order of a section.
const BYTE_ORDER: u32 = 0x1A2B_3C4D;
const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const SIMPLE_PACKET: u32 = 3;
const ENHANCED_PACKET: u32 = 6;
/// The oldest packet block; nothing has written it for years, but it does hold packets.
const OBSOLETE_PACKET: u32 = 2;

/// The numbers that a capture file is told by, each in both byte orders: for the dictionary of the fuzzer.
pub(crate) fn words() -> impl Iterator<Item = [u8; 4]> {
    let blocks =
        [SECTION_HEADER, INTERFACE_DESCRIPTION, OBSOLETE_PACKET, SIMPLE_PACKET, ENHANCED_PACKET, BYTE_ORDER];
    let links = super::layers::LINKS.map(i32::cast_unsigned);
    let all = PCAP.into_iter().chain(blocks).chain(links);
    all.flat_map(|word| [word.to_be_bytes(), word.to_le_bytes()])
}

/// Iterates over the UDP datagrams and the SIP messages over TCP of a capture, in the order of their packets; only a message
/// behind a gap of its stream comes later, when the gap is given up. After an error the iteration is over.
pub struct Reader<R> {
    input: R,
    offset: u64,
    block: Vec<u8>,
    format: Format,
    assembly: Assembly,
    done: bool,
}

enum Format {
    Pcap { big_endian: bool, extra: usize, nanoseconds: bool, link: i32 },
    PcapNg { big_endian: bool, interfaces: Vec<Interface> },
}

#[derive(Clone, Copy)]
struct Interface {
    link: i32,
    snap: u32,
    resolution: u8,
    offset: i64,
}

impl<R: Read> Reader<R> {
    /// Reads the head of the file and learns its format.
    pub fn new(input: R) -> Result<Self, CaptureError> {
        let mut reader = Reader {
            input,
            offset: 0,
            block: Vec::new(),
            format: Format::PcapNg { big_endian: false, interfaces: Vec::new() },
            assembly: Assembly::default(),
            done: false,
        };
        let got = reader.fill(4)?;
        let magic = word(&reader.block, 0, false);
        if magic == Some(SECTION_HEADER) {
            reader.section(0)?;
            return Ok(reader);
        }
        if !magic.is_some_and(|magic| PCAP.contains(&magic)) {
            let start = match got {
                0 => "nothing, it is empty".to_owned(),
                _ => reader.block.iter().map(|octet| format!("{octet:02x}")).collect(),
            };
            return Err(CaptureError::NotACapture(start));
        }
        reader.more(20, "the pcap header", 0)?;
        let Ok((_, header)) = parse_pcap_header(&reader.block) else {
            return Err(CaptureError::Malformed { what: "the pcap header", start: 0 });
        };
        reader.format = Format::Pcap {
            big_endian: header.is_bigendian(),
            extra: if header.is_modified_format() { 8 } else { 0 },
            nanoseconds: header.is_nanosecond_precision(),
            link: link_of(&header),
        };
        Ok(reader)
    }

    /// What has been passed over so far.
    pub fn skipped(&self) -> &Skipped {
        &self.assembly.skipped
    }

    /// What is missing in streams of SIP over TCP so far.
    pub fn gaps(&self) -> Gaps {
        self.assembly.gaps()
    }

    /// Packets met so far, skipped ones included.
    pub fn packets(&self) -> u64 {
        self.assembly.packets
    }

    /// The next datagram or message, or `None` at the regular end of the file.
    fn advance(&mut self) -> Result<Option<Frame>, CaptureError> {
        loop {
            if let Some(frame) = self.assembly.ready.pop_front() {
                return Ok(Some(frame));
            }
            let start = self.offset;
            let step = match &self.format {
                Format::Pcap { .. } => self.record(start)?,
                Format::PcapNg { .. } => self.ng_block(start)?,
            };
            if step == Step::End && !self.assembly.finish() {
                return Ok(None);
            }
        }
    }

    fn record(&mut self, start: u64) -> Result<Step, CaptureError> {
        let Format::Pcap { big_endian, extra, nanoseconds, link } = self.format else { return Ok(Step::End) };
        let head = 16 + extra;
        match self.fill(head)? {
            0 => return Ok(Step::End),
            got if got < head => return Err(self.cut("a pcap record", start)),
            _ => {}
        }
        let field = |at| word(&self.block, at, big_endian).unwrap_or_default();
        let (seconds, fraction, length, original) = (field(0), field(4), field(8), field(12));
        let most = (MAX_BLOCK - head) as u64;
        if u64::from(length) > most {
            let length = u64::from(length);
            return Err(CaptureError::Length { what: "a pcap record", start, length, least: 0, most });
        }
        self.more(length as usize, "a pcap record", start)?;
        let nanos = if nanoseconds { u64::from(fraction) } else { u64::from(fraction) * 1000 };
        let time = Duration::from_secs(seconds.into()) + Duration::from_nanos(nanos);
        let packet = &self.block[head..];
        self.assembly.take(Packet { link, time, data: packet, cut: length < original, comments: Vec::new() });
        Ok(Step::Block)
    }

    fn ng_block(&mut self, start: u64) -> Result<Step, CaptureError> {
        match self.fill(4)? {
            0 => return Ok(Step::End),
            got if got < 4 => return Err(self.cut("a pcapng block", start)),
            _ => {}
        }
        if word(&self.block, 0, false) == Some(SECTION_HEADER) {
            self.section(start)?;
            return Ok(Step::Block);
        }
        let Format::PcapNg { big_endian, .. } = self.format else { return Ok(Step::End) };
        self.rest_of_block(start, big_endian)?;
        let Format::PcapNg { interfaces, .. } = &mut self.format else { return Ok(Step::End) };
        let kind = word(&self.block, 0, big_endian).unwrap_or_default();
        match kind {
            INTERFACE_DESCRIPTION => {
                if interfaces.len() >= MAX_INTERFACES {
                    return Err(CaptureError::Interfaces(MAX_INTERFACES));
                }
                interfaces.push(
                    interface(&self.block, big_endian)
                        .ok_or(CaptureError::Malformed { what: "the interface description block", start })?,
                );
                Ok(Step::Block)
            }
            ENHANCED_PACKET => {
                let malformed = CaptureError::Malformed { what: "the enhanced packet block", start };
                let parsed = if big_endian {
                    parse_enhancedpacketblock_be(&self.block)
                } else {
                    parse_enhancedpacketblock_le(&self.block)
                };
                let Ok((_, block)) = parsed else { return Err(malformed) };
                let Some(data) = block.data.get(..block.caplen as usize) else { return Err(malformed) };
                let known = interfaces.len();
                let interface = usize::try_from(block.if_id)
                    .ok()
                    .and_then(|index| interfaces.get(index))
                    .ok_or(CaptureError::Interface { start, interface: block.if_id, known })?;
                let ticks = u64::from(block.ts_high) << 32 | u64::from(block.ts_low);
                let packet = Packet {
                    link: interface.link,
                    time: time_of(ticks, interface),
                    data,
                    cut: block.caplen < block.origlen,
                    comments: comments(&block),
                };
                self.assembly.take(packet);
                Ok(Step::Block)
            }
            SIMPLE_PACKET => {
                let parsed = if big_endian {
                    parse_simplepacketblock_be(&self.block)
                } else {
                    parse_simplepacketblock_le(&self.block)
                };
                let Ok((_, block)) = parsed else {
                    return Err(CaptureError::Malformed { what: "the simple packet block", start });
                };
                let interface =
                    interfaces.first().ok_or(CaptureError::Interface { start, interface: 0, known: 0 })?;
                let snap = if interface.snap == 0 { u32::MAX } else { interface.snap };
                let length = block.origlen.min(snap) as usize;
                let data = block.data.get(..length).unwrap_or(block.data);
                let packet = Packet {
                    link: interface.link,
                    time: Duration::ZERO,
                    data,
                    cut: data.len() < block.origlen as usize,
                    comments: Vec::new(),
                };
                self.assembly.take(packet);
                Ok(Step::Block)
            }
            OBSOLETE_PACKET => {
                self.assembly.packets += 1;
                self.assembly.skipped.damaged += 1;
                Ok(Step::Block)
            }
            _ => Ok(Step::Block),
        }
    }

    /// Reads a section header whose first word is already in the block: byte order starts afresh here.
    fn section(&mut self, start: u64) -> Result<(), CaptureError> {
        let what = "the section header block";
        self.more(8, what, start)?;
        let big_endian = match word(&self.block, 8, true) {
            Some(BYTE_ORDER) => true,
            Some(other) if other.swap_bytes() == BYTE_ORDER => false,
            _ => return Err(CaptureError::Malformed { what, start }),
        };
        self.check_and_finish(start, big_endian, 28)?;
        self.format = Format::PcapNg { big_endian, interfaces: Vec::new() };
        Ok(())
    }

    fn rest_of_block(&mut self, start: u64, big_endian: bool) -> Result<(), CaptureError> {
        self.more(4, "a pcapng block", start)?;
        self.check_and_finish(start, big_endian, 12)
    }

    /// Reads the block to the length it announces and compares the two copies of that length.
    fn check_and_finish(&mut self, start: u64, big_endian: bool, least: usize) -> Result<(), CaptureError> {
        let what = "a pcapng block";
        let length = word(&self.block, 4, big_endian).unwrap_or_default() as usize;
        if !length.is_multiple_of(4) {
            return Err(CaptureError::Malformed { what, start });
        }
        if length < least || length > MAX_BLOCK {
            return Err(CaptureError::Length {
                what,
                start,
                length: length as u64,
                least: least as u64,
                most: MAX_BLOCK as u64,
            });
        }
        self.more(length - self.block.len(), what, start)?;
        if word(&self.block, length - 4, big_endian) == word(&self.block, 4, big_endian) {
            Ok(())
        } else {
            Err(CaptureError::Malformed { what, start })
        }
    }

    /// Starts a new block with up to `wanted` octets; fewer only at the end of the file.
    fn fill(&mut self, wanted: usize) -> Result<usize, CaptureError> {
        self.block.clear();
        self.append(wanted)
    }

    /// Adds exactly `wanted` octets to the block.
    fn more(&mut self, wanted: usize, what: &'static str, start: u64) -> Result<(), CaptureError> {
        if self.append(wanted)? == wanted { Ok(()) } else { Err(self.cut(what, start)) }
    }

    fn append(&mut self, wanted: usize) -> Result<usize, CaptureError> {
        let before = self.block.len();
        self.block.resize(before + wanted, 0);
        let mut got = 0;
        while got < wanted {
            match self.input.read(&mut self.block[before + got..]) {
                Ok(0) => break,
                Ok(n) => got += n,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error.into()),
            }
        }
        self.block.truncate(before + got);
        self.offset += got as u64;
        Ok(got)
    }

    fn cut(&self, what: &'static str, start: u64) -> CaptureError {
        CaptureError::Cut { what, start, end: self.offset }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = Result<Frame, CaptureError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let item = self.advance().transpose();
        self.done = !matches!(item, Some(Ok(_)));
        item
    }
}

/// What was read from the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    End,
    Block,
}

/// A packet as it stands in the file.
pub(super) struct Packet<'a> {
    pub(super) link: i32,
    /// Since 1970.
    pub(super) time: Duration,
    pub(super) data: &'a [u8],
    /// Whether the capture kept only its beginning.
    pub(super) cut: bool,
    pub(super) comments: Vec<String>,
}

fn word(block: &[u8], at: usize, big_endian: bool) -> Option<u32> {
    let octets: [u8; 4] = block.get(at..at.checked_add(4)?)?.try_into().ok()?;
    Some(if big_endian { u32::from_be_bytes(octets) } else { u32::from_le_bytes(octets) })
}

/// The link type without the upper bits, which say whether frames carry a check sequence.
fn link_of(header: &PcapHeader) -> i32 {
    header.network.0 & 0xFFFF
}

fn interface(block: &[u8], big_endian: bool) -> Option<Interface> {
    let parsed = if big_endian {
        parse_interfacedescriptionblock_be(block)
    } else {
        parse_interfacedescriptionblock_le(block)
    };
    let (_, description) = parsed.ok()?;
    let mut offset = 0;
    for option in &description.options {
        if option.code == OptionCode::IfTsoffset
            && let Some(octets) = option.value().get(..8).and_then(|octets| <[u8; 8]>::try_from(octets).ok())
        {
            offset = if big_endian { i64::from_be_bytes(octets) } else { i64::from_le_bytes(octets) };
        }
    }
    Some(Interface {
        link: description.linktype.0,
        snap: description.snaplen,
        resolution: description.if_tsresol,
        offset,
    })
}

/// Ticks of the interface's clock as time since 1970; what lies outside the representable range becomes its edge.
fn time_of(ticks: u64, interface: &Interface) -> Duration {
    let power = u32::from(interface.resolution & 0x7F);
    let base: u128 = if interface.resolution & 0x80 == 0 { 10 } else { 2 };
    let per_second = base.checked_pow(power).unwrap_or(u128::MAX);
    let ticks = u128::from(ticks);
    let seconds = i128::try_from(ticks / per_second).unwrap_or(i128::MAX) + i128::from(interface.offset);
    let nanos = (ticks % per_second).checked_mul(1_000_000_000).map_or(0, |scaled| scaled / per_second);
    let seconds = u64::try_from(seconds.max(0)).unwrap_or(u64::MAX);
    Duration::new(seconds, u32::try_from(nanos).unwrap_or(0).min(999_999_999))
}

fn comments(block: &EnhancedPacketBlock<'_>) -> Vec<String> {
    let options = block.options.iter().take_while(|option| option.code != OptionCode::EndOfOpt);
    let comments = options.filter(|option| option.code == OptionCode::Comment);
    comments
        .filter_map(|option| option.as_bytes().ok())
        .map(|octets| String::from_utf8_lossy(octets).into_owned())
        .collect()
}
