//! From a link-layer packet down to what IP carries.

use std::net::IpAddr;

use etherparse::{EtherType, IpNumber, LaxNetSlice, LaxSlicedPacket, ip_number};

const NULL: i32 = 0;
const ETHERNET: i32 = 1;
const RAW: i32 = 101;
const LOOP: i32 = 108;
const LINUX_SLL: i32 = 113;
const IPV4: i32 = 228;
const IPV6: i32 = 229;
const LINUX_SLL2: i32 = 276;
/// BSD systems write raw IP under these two numbers.
const RAW_BSD: [i32; 2] = [12, 14];

/// All link types that are read.
pub(super) const LINKS: [i32; 10] =
    [NULL, ETHERNET, RAW, LOOP, LINUX_SLL, IPV4, IPV6, LINUX_SLL2, RAW_BSD[0], RAW_BSD[1]];

/// What a packet turned out to be.
pub(super) enum Found<'a> {
    /// An IP packet, or a part of one.
    Ip(Ip<'a>),
    NotIp,
    Damaged,
    UnknownLink,
}

/// What an IP packet carries.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ip<'a> {
    pub(super) source: IpAddr,
    pub(super) destination: IpAddr,
    /// Which transport.
    pub(super) protocol: IpNumber,
    pub(super) payload: &'a [u8],
    /// Whether IP announces more octets than are there.
    pub(super) short: bool,
    /// Set when this is a part of a packet only.
    pub(super) part: Option<Part>,
}

/// Which part of a packet a fragment is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Part {
    /// The same in all fragments of a packet.
    pub(super) identification: u32,
    /// Of its first octet in the packet.
    pub(super) offset: usize,
    /// Whether others follow.
    pub(super) more: bool,
}

/// Looks for IP in a packet of this link type.
pub(super) fn internet_packet(link: i32, packet: &[u8]) -> Found<'_> {
    match link {
        ETHERNET => match LaxSlicedPacket::from_ethernet(packet) {
            Ok(sliced) => network(&sliced),
            Err(_) => Found::Damaged,
        },
        LINUX_SLL => tagged(packet, 14, 16),
        LINUX_SLL2 => tagged(packet, 0, 20),
        NULL | LOOP => packet.get(4..).map_or(Found::Damaged, internet),
        RAW | IPV4 | IPV6 => internet(packet),
        link if RAW_BSD.contains(&link) => internet(packet),
        _ => Found::UnknownLink,
    }
}

/// A header of `length` octets with the Ethernet type at `at`.
fn tagged(packet: &[u8], at: usize, length: usize) -> Found<'_> {
    match (packet.get(at..at + 2), packet.get(length..)) {
        (Some(&[high, low]), Some(rest)) => {
            let ether_type = EtherType(u16::from_be_bytes([high, low]));
            network(&LaxSlicedPacket::from_ether_type(ether_type, rest))
        }
        _ => Found::Damaged,
    }
}

fn internet(packet: &[u8]) -> Found<'_> {
    LaxSlicedPacket::from_ip(packet).map_or(Found::Damaged, |sliced| network(&sliced))
}

fn network<'a>(sliced: &LaxSlicedPacket<'a>) -> Found<'a> {
    let (source, destination, part): (IpAddr, IpAddr, _) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            let header = ip.header();
            let part = Part {
                identification: header.identification().into(),
                offset: usize::from(header.fragments_offset().value()) * 8,
                more: header.more_fragments(),
            };
            (header.source_addr().into(), header.destination_addr().into(), Some(part))
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            let extensions = ip.extensions();
            let part = extensions.first_header().and_then(|first| fragment(first, extensions.slice()));
            (ip.header().source_addr().into(), ip.header().destination_addr().into(), part)
        }
        Some(LaxNetSlice::Arp(_)) => return Found::NotIp,
        None if sliced.stop_err.is_some() => return Found::Damaged,
        None => return Found::NotIp,
    };
    let Some(payload) = sliced.ip_payload() else { return Found::Damaged };
    Found::Ip(Ip {
        source,
        destination,
        protocol: payload.ip_number,
        payload: payload.payload,
        short: payload.incomplete,
        part: part.filter(|_| payload.fragmented),
    })
}

/// The fragment header among the extension headers of an IPv6 packet (RFC 8200 4.5). Walked here, because the iterator of
/// etherparse reads past the end of headers that are cut short.
fn fragment(first: IpNumber, mut octets: &[u8]) -> Option<Part> {
    let mut header = first;
    loop {
        let [next, length, ..] = *octets else { return None };
        let units = usize::from(length);
        let length = match header {
            ip_number::IPV6_FRAG => {
                let [_, _, high, low, identification @ ..] = *octets.first_chunk::<8>()?;
                let place = u16::from_be_bytes([high, low]);
                return Some(Part {
                    identification: u32::from_be_bytes(identification),
                    offset: usize::from(place & !7),
                    more: place & 1 == 1,
                });
            }
            ip_number::AUTH => units * 4 + 8,
            ip_number::IPV6_HOP_BY_HOP
            | ip_number::IPV6_ROUTE
            | ip_number::IPV6_DEST_OPTIONS
            | ip_number::MOBILITY
            | ip_number::HIP
            | ip_number::SHIM6 => units * 8 + 8,
            _ => return None,
        };
        header = IpNumber(next);
        octets = octets.get(length..)?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fragment_header_is_found_behind_others_and_nothing_is_read_past_the_end() {
        let fragment_header = [17, 0, 0x00, 0x29, 1, 2, 3, 4];
        let options = [44, 0, 0, 0, 0, 0, 0, 0];
        let both = [options, fragment_header].concat();
        let found = fragment(ip_number::IPV6_HOP_BY_HOP, &both).expect("a fragment header");
        assert_eq!((found.identification, found.offset, found.more), (0x0102_0304, 40, true));
        for length in 0..both.len() {
            assert!(fragment(ip_number::IPV6_HOP_BY_HOP, &both[..length]).is_none(), "{length}");
        }
        assert!(fragment(ip_number::UDP, &fragment_header).is_none());
    }
}
