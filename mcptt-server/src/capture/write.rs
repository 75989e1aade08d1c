//! Writing datagrams, and segments of TCP, as pcapng that Wireshark opens as it is, with a comment on each packet.

use std::io::{self, Write};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use etherparse::PacketBuilder;

const SECTION_HEADER: u32 = 0x0A0D_0D0A;
const INTERFACE_DESCRIPTION: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const OPT_COMMENT: u16 = 1;
const SHB_USERAPPL: u16 = 4;
const IF_NAME: u16 = 2;
const IF_TSRESOL: u16 = 9;
/// Timestamps count nanoseconds: ten to the power of minus nine.
const NANOSECONDS: u8 = 9;
/// Hops that a datagram may still travel, as common systems set it.
const HOP_LIMIT: u8 = 64;
/// The largest UDP payload that fits into an IPv4 packet, in octets.
const MAX_PAYLOAD: usize = 65_507;

/// Octets that the receiver of a stream still takes, as written into every segment.
const WINDOW: u16 = u16::MAX;

/// What is between the IP header and the payload.
#[derive(Clone, Copy, Debug)]
enum Carrier {
    Udp,
    Tcp { sequence: u32 },
}

/// What the packets of the file start with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Ethernet with locally administered addresses made from the IP addresses.
    Ethernet,
    /// The IP header at once.
    RawIp,
}

/// Why a datagram was not written.
#[derive(Debug, thiserror::Error)]
pub enum WriteError {
    /// The output refused.
    #[error("cannot write the capture: {0}")]
    Io(#[from] io::Error),
    /// One address is IPv4, the other IPv6.
    #[error("{source_address} and {destination} are not of the same address family")]
    Family {
        /// Sender.
        source_address: SocketAddr,
        /// Receiver.
        destination: SocketAddr,
    },
    /// More octets than a UDP datagram can carry.
    #[error("a datagram of {0} octets does not fit into UDP")]
    TooLong(usize),
    /// The time does not fit into 64 bits of nanoseconds.
    #[error("the time {0:?} after 1970 cannot be written")]
    Time(Duration),
}

/// Writes one section with one interface, little-endian, nanosecond time stamps.
pub struct Writer<W> {
    out: W,
    link: Link,
}

impl<W: Write> Writer<W> {
    /// Writes the head of the file; `application` is the program named as its author.
    pub fn new(mut out: W, link: Link, application: &str) -> io::Result<Self> {
        let mut section = Vec::new();
        section.extend(0x1A2B_3C4D_u32.to_le_bytes());
        section.extend(1_u16.to_le_bytes());
        section.extend(0_u16.to_le_bytes());
        section.extend(u64::MAX.to_le_bytes()); // length of the section: not stated
        options(&mut section, &[(SHB_USERAPPL, application.as_bytes())]);
        block(&mut out, SECTION_HEADER, &section)?;
        let mut interface = Vec::new();
        let link_type: u16 = match link {
            Link::Ethernet => 1,
            Link::RawIp => 101,
        };
        interface.extend(link_type.to_le_bytes());
        interface.extend(0_u16.to_le_bytes());
        interface.extend(0_u32.to_le_bytes()); // no limit on the packet length
        options(&mut interface, &[(IF_NAME, b"mcptt"), (IF_TSRESOL, &[NANOSECONDS])]);
        block(&mut out, INTERFACE_DESCRIPTION, &interface)?;
        Ok(Writer { out, link })
    }

    /// Writes one UDP datagram under synthetic headers with right checksums. `time` counts from 1970-01-01 UTC.
    pub fn datagram<S: AsRef<str>>(
        &mut self,
        time: Duration,
        source: SocketAddr,
        destination: SocketAddr,
        payload: &[u8],
        comments: &[S],
    ) -> Result<(), WriteError> {
        let packet = self.packet(source, destination, Carrier::Udp, payload)?;
        self.enhanced(time, &packet, comments)
    }

    /// Writes one segment of a TCP stream, as [`Writer::datagram`] does. `sequence` is the number of its first octet; a
    /// segment without payload opens the stream.
    pub fn segment<S: AsRef<str>>(
        &mut self,
        time: Duration,
        source: SocketAddr,
        destination: SocketAddr,
        sequence: u32,
        payload: &[u8],
        comments: &[S],
    ) -> Result<(), WriteError> {
        let packet = self.packet(source, destination, Carrier::Tcp { sequence }, payload)?;
        self.enhanced(time, &packet, comments)
    }

    fn enhanced<S: AsRef<str>>(
        &mut self,
        time: Duration,
        packet: &[u8],
        comments: &[S],
    ) -> Result<(), WriteError> {
        let ticks = u64::try_from(time.as_nanos()).map_err(|_| WriteError::Time(time))?;
        let length = u32::try_from(packet.len()).map_err(|_| WriteError::TooLong(packet.len()))?;
        let mut body = Vec::with_capacity(packet.len() + 32);
        body.extend(0_u32.to_le_bytes());
        body.extend(((ticks >> 32) as u32).to_le_bytes());
        body.extend((ticks as u32).to_le_bytes());
        body.extend(length.to_le_bytes());
        body.extend(length.to_le_bytes());
        body.extend(packet);
        pad(&mut body);
        let comments: Vec<(u16, &[u8])> =
            comments.iter().map(|comment| (OPT_COMMENT, comment.as_ref().as_bytes())).collect();
        options(&mut body, &comments);
        Ok(block(&mut self.out, ENHANCED_PACKET, &body)?)
    }

    /// Flushes and hands back the output.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn packet(
        &self,
        source: SocketAddr,
        destination: SocketAddr,
        carrier: Carrier,
        payload: &[u8],
    ) -> Result<Vec<u8>, WriteError> {
        if payload.len() > MAX_PAYLOAD {
            return Err(WriteError::TooLong(payload.len()));
        }
        let ethernet =
            |a: IpAddr, b: IpAddr| PacketBuilder::ethernet2(hardware_address(a), hardware_address(b));
        let mut packet = Vec::new();
        let step = match (self.link, source.ip(), destination.ip()) {
            (Link::Ethernet, IpAddr::V4(a), IpAddr::V4(b)) => {
                ethernet(a.into(), b.into()).ipv4(a.octets(), b.octets(), HOP_LIMIT)
            }
            (Link::Ethernet, IpAddr::V6(a), IpAddr::V6(b)) => {
                ethernet(a.into(), b.into()).ipv6(a.octets(), b.octets(), HOP_LIMIT)
            }
            (Link::RawIp, IpAddr::V4(a), IpAddr::V4(b)) => {
                PacketBuilder::ipv4(a.octets(), b.octets(), HOP_LIMIT)
            }
            (Link::RawIp, IpAddr::V6(a), IpAddr::V6(b)) => {
                PacketBuilder::ipv6(a.octets(), b.octets(), HOP_LIMIT)
            }
            _ => return Err(WriteError::Family { source_address: source, destination }),
        };
        match carrier {
            Carrier::Udp => step.udp(source.port(), destination.port()).write(&mut packet, payload),
            Carrier::Tcp { sequence } => {
                let step = step.tcp(source.port(), destination.port(), sequence, WINDOW);
                let step = if payload.is_empty() { step.syn() } else { step.psh().ack(1) };
                step.write(&mut packet, payload)
            }
        }
        .map_err(|_| WriteError::TooLong(payload.len()))?;
        Ok(packet)
    }
}

/// A locally administered address that shows the end of the IP address.
fn hardware_address(ip: IpAddr) -> [u8; 6] {
    let [a, b, c, d] = match ip {
        IpAddr::V4(ip) => ip.octets(),
        IpAddr::V6(ip) => {
            let [.., a, b, c, d] = ip.octets();
            [a, b, c, d]
        }
    };
    [2, 0, a, b, c, d]
}

fn block(out: &mut impl Write, kind: u32, body: &[u8]) -> io::Result<()> {
    let length = u32::try_from(body.len() + 12).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    out.write_all(&kind.to_le_bytes())?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(body)?;
    out.write_all(&length.to_le_bytes())
}

/// Appends options; a text longer than an option can hold is cut at a character boundary.
fn options(body: &mut Vec<u8>, options: &[(u16, &[u8])]) {
    for (code, value) in options {
        let value = cut(value);
        body.extend(code.to_le_bytes());
        body.extend((value.len() as u16).to_le_bytes());
        body.extend(value);
        pad(body);
    }
    if !options.is_empty() {
        body.extend([0; 4]);
    }
}

fn cut(value: &[u8]) -> &[u8] {
    let mut end = value.len().min(usize::from(u16::MAX));
    if end < value.len() {
        while end > 0 && value[end] & 0xC0 == 0x80 {
            end -= 1;
        }
    }
    &value[..end]
}

fn pad(body: &mut Vec<u8>) {
    body.resize(body.len().next_multiple_of(4), 0);
}
