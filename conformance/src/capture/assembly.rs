//! From packets to frames: fragments become datagrams, segments become SIP messages, the rest is counted.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use etherparse::{TcpSlice, UdpHeader, UdpSlice, ip_number};

use super::fragments::Fragments;
use super::layers::{self, Found, Ip};
use super::read::Packet;
use super::streams::{Arrival, Streams, Taken};
use super::{Frame, Gaps, Skipped, Transport};

/// What is known between two packets.
#[derive(Default)]
pub(super) struct Assembly {
    pub(super) packets: u64,
    pub(super) skipped: Skipped,
    /// Frames that have been completed and not been handed out.
    pub(super) ready: VecDeque<Frame>,
    fragments: Fragments,
    streams: Streams,
    finished: bool,
}

/// Where a packet came from.
struct Origin {
    time: Duration,
    cut: bool,
    comments: Vec<String>,
}

impl Assembly {
    /// What is missing in streams.
    pub(super) fn gaps(&self) -> Gaps {
        self.streams.gaps
    }

    /// Takes the next packet of the file.
    pub(super) fn take(&mut self, packet: Packet<'_>) {
        self.packets += 1;
        let origin = Origin { time: packet.time, cut: packet.cut, comments: packet.comments };
        match layers::internet_packet(packet.link, packet.data) {
            Found::Ip(ip) => self.internet(&ip, origin),
            Found::NotIp => self.skipped.not_ip += 1,
            Found::Damaged => self.skipped.damaged += 1,
            Found::UnknownLink => self.skipped.unknown_link += 1,
        }
    }

    fn internet(&mut self, ip: &Ip<'_>, origin: Origin) {
        let Some(part) = ip.part else { return self.transport(ip, origin) };
        // A fragment counts as skipped until its packet is whole.
        self.skipped.fragments += 1;
        if let Some(whole) = self.fragments.take(ip, part, origin.time) {
            self.skipped.fragments = self.skipped.fragments.saturating_sub(whole.count);
            self.transport(&Ip { payload: &whole.payload, short: false, part: None, ..*ip }, origin);
        }
    }

    fn transport(&mut self, ip: &Ip<'_>, origin: Origin) {
        match ip.protocol {
            ip_number::UDP => self.udp(ip, origin),
            ip_number::TCP => self.tcp(ip, origin),
            _ => self.skipped.other_transport += 1,
        }
    }

    fn udp(&mut self, ip: &Ip<'_>, origin: Origin) {
        let Ok(udp) = UdpSlice::from_slice_lax(ip.payload) else {
            self.skipped.damaged += 1;
            return;
        };
        let announced = usize::from(udp.length());
        if announced < UdpHeader::LEN {
            self.skipped.damaged += 1;
            return;
        }
        self.ready.push_back(Frame {
            number: self.packets,
            time: origin.time,
            source: SocketAddr::new(ip.source, udp.source_port()),
            destination: SocketAddr::new(ip.destination, udp.destination_port()),
            transport: Transport::Udp,
            payload: Bytes::copy_from_slice(udp.payload()),
            truncated: origin.cut || ip.short || announced > udp.slice().len(),
            comments: origin.comments,
        });
    }

    fn tcp(&mut self, ip: &Ip<'_>, origin: Origin) {
        let Ok(segment) = TcpSlice::from_slice(ip.payload) else {
            self.skipped.tcp += 1;
            return;
        };
        let key = (
            SocketAddr::new(ip.source, segment.source_port()),
            SocketAddr::new(ip.destination, segment.destination_port()),
        );
        // A segment counts as skipped until it is known to be SIP; one without octets is nobody's loss.
        self.skipped.tcp += u64::from(!segment.payload().is_empty());
        let arrival = Arrival { number: self.packets, time: origin.time, comments: origin.comments };
        let taken = self.streams.take(key, &segment, arrival);
        self.hand_out(key, taken);
    }

    fn hand_out(&mut self, (source, destination): (SocketAddr, SocketAddr), taken: Taken) {
        self.skipped.tcp = self.skipped.tcp.saturating_sub(taken.segments);
        for (Arrival { number, time, comments }, payload) in taken.messages {
            self.ready.push_back(Frame {
                number,
                time,
                source,
                destination,
                transport: Transport::Tcp,
                payload,
                truncated: false,
                comments,
            });
        }
    }

    /// The file is over. Tells whether that completed anything; only the first time it can.
    pub(super) fn finish(&mut self) -> bool {
        if std::mem::replace(&mut self.finished, true) {
            return false;
        }
        for (key, taken) in self.streams.finish() {
            self.hand_out(key, taken);
        }
        !self.ready.is_empty()
    }
}
