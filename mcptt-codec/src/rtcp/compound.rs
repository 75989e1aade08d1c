//! Several RTCP packets in one datagram (RFC 3550 6.1; TS 24.380 8.1.1), cut apart by their length words.

use bytes::Bytes;

use crate::DecodeError;
use crate::rtcp::header::{Header, PacketType};
use crate::rtcp::rtcp_packet::RtcpPacket;

/// Cuts a datagram into its packets without looking inside them. Each item shares the buffer of the datagram.
///
/// What is no packet ends the walk with an error, offset from the start of the datagram; what came before it stands.
/// Octets behind the last packet that do not form one (some senders append a few) therefore show up as an error in
/// the last place, which a receiver of floor control ignores.
//= 24.380-8.1.1
pub fn split(datagram: &Bytes) -> impl Iterator<Item = Result<Bytes, DecodeError>> {
    Split { rest: datagram.clone(), offset: 0 }
}

/// The packets of a datagram, decoded. A packet of sound length and unsound content is an error of its own and the
/// walk goes on behind it. Offsets are from the start of the datagram.
pub fn packets(datagram: &Bytes) -> impl Iterator<Item = Result<RtcpPacket, DecodeError>> {
    let mut offset = 0usize;
    split(datagram).map(move |packet| {
        let packet = packet?;
        let at = offset;
        offset = offset.saturating_add(packet.len());
        RtcpPacket::decode(&packet).map_err(|error| shift(error, at))
    })
}

/// Whether the octets start like an RTCP packet: version 2 and a packet type of RTCP.
pub(crate) fn looks_like_rtcp(octets: &[u8]) -> bool {
    match octets {
        [first, packet_type, ..] => first >> 6 == 2 && PacketType(*packet_type).is_rtcp(),
        _ => false,
    }
}

struct Split {
    rest: Bytes,
    offset: usize,
}

impl Iterator for Split {
    type Item = Result<Bytes, DecodeError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        //= 24.380-8.1.4:trunc
        Some(match Header::decode(&self.rest) {
            Ok(header) => {
                self.offset = self.offset.saturating_add(header.len);
                // The header has been checked against the octets that are there.
                Ok(self.rest.split_to(header.len.min(self.rest.len())))
            }
            Err(error) => {
                self.rest = Bytes::new();
                Err(shift(error, self.offset))
            }
        })
    }
}

fn shift(error: DecodeError, by: usize) -> DecodeError {
    DecodeError { offset: error.offset.saturating_add(by), ..error }
}
