//! From a link-layer packet down to the UDP datagram in it.

use std::net::{IpAddr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice, UdpHeader, ip_number};

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

/// What a packet turned out to be.
pub(super) enum Found<'a> {
    /// A UDP datagram; `short` when octets are missing at its end.
    Datagram {
        /// Sender.
        source: SocketAddr,
        /// Receiver.
        destination: SocketAddr,
        /// UDP payload.
        payload: &'a [u8],
        /// Whether IP or UDP announce more than is there.
        short: bool,
    },
    NotIp,
    Fragment,
    Tcp,
    OtherTransport,
    Damaged,
    UnknownLink,
}

/// Looks for a UDP datagram in a packet of this link type.
pub(super) fn datagram(link: i32, packet: &[u8]) -> Found<'_> {
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
    let (source, destination): (IpAddr, IpAddr) = match &sliced.net {
        Some(LaxNetSlice::Ipv4(ip)) => {
            (ip.header().source_addr().into(), ip.header().destination_addr().into())
        }
        Some(LaxNetSlice::Ipv6(ip)) => {
            (ip.header().source_addr().into(), ip.header().destination_addr().into())
        }
        Some(LaxNetSlice::Arp(_)) => return Found::NotIp,
        None if sliced.stop_err.is_some() => return Found::Damaged,
        None => return Found::NotIp,
    };
    let Some(payload) = sliced.ip_payload() else { return Found::Damaged };
    if payload.fragmented {
        return Found::Fragment;
    }
    match &sliced.transport {
        Some(TransportSlice::Udp(udp)) => {
            let announced = usize::from(udp.length());
            if announced < UdpHeader::LEN {
                return Found::Damaged;
            }
            Found::Datagram {
                source: SocketAddr::new(source, udp.source_port()),
                destination: SocketAddr::new(destination, udp.destination_port()),
                payload: udp.payload(),
                short: announced > udp.slice().len(),
            }
        }
        Some(TransportSlice::Tcp(_)) => Found::Tcp,
        Some(_) => Found::OtherTransport,
        None => match payload.ip_number {
            ip_number::UDP => Found::Damaged,
            ip_number::TCP => Found::Tcp,
            _ => Found::OtherTransport,
        },
    }
}
