//! The rules for several packets in one datagram (RFC 3550 6.1, RFC 5506), as a check of what has been read.

use std::collections::BTreeSet;

use bytes::Bytes;

use crate::Deviation;
use crate::id::Ssrc;
use crate::rtcp::compound::split;
use crate::rtcp::header::{Header, PacketType};
use crate::rtcp::notes::Notes;
use crate::rtcp::requirement;
use crate::rtcp::rtcp_packet::RtcpPacket;

/// What sender and receiver have agreed on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CompoundRules {
    /// Full compound packets: a report first, a canonical name in each.
    Full,
    /// Reduced-size packets (`a=rtcp-rsize`): any packets. So is floor control of TS 24.380, which sends APP packets
    /// alone.
    ReducedSize,
}

/// What a strict sender would not have done, in the order of the datagram; nothing for a clean one. Deciding what comes
/// of it is up to the caller: every decoder of this module reads such datagrams.
///
/// At most [`MAX_DEVIATIONS`](crate::rtcp::MAX_DEVIATIONS) are listed.
pub fn check(datagram: &Bytes, rules: CompoundRules) -> Vec<Deviation> {
    let mut notes = Notes::default();
    let mut offset = 0usize;
    let mut state = State::default();
    for packet in split(datagram) {
        match packet {
            Ok(packet) => {
                state.packet(&packet, offset, rules, &mut notes);
                offset = offset.saturating_add(packet.len());
            }
            //= RFC3550-6.4.1:length
            Err(error) => notes.add_at(error.offset, requirement::LENGTHS),
        }
    }
    //= RFC3550-6.1:cname
    //= RFC5506-reduced
    if rules == CompoundRules::Full && !state.named {
        notes.add_at(0, requirement::CNAME);
    }
    notes.into_deviations()
}

/// What the packets so far have said.
#[derive(Default)]
struct State {
    /// Where the last padded packet starts.
    padded_at: Option<usize>,
    named: bool,
    left: BTreeSet<Ssrc>,
}

impl State {
    fn packet(&mut self, packet: &Bytes, offset: usize, rules: CompoundRules, notes: &mut Notes) {
        let Ok(header) = Header::decode(packet) else { return };
        let is_report = matches!(header.packet_type, PacketType::SENDER_REPORT | PacketType::RECEIVER_REPORT);
        //= RFC3550-6.1:report
        //= RFC5506-reduced
        if offset == 0 && !is_report && rules == CompoundRules::Full {
            notes.add_at(0, requirement::REPORT_FIRST);
        }
        //= RFC3550-6.4.1:padding
        if let Some(padded_at) = self.padded_at.take() {
            notes.add_at(padded_at, requirement::PADDING_LAST);
        }
        if header.padding {
            self.padded_at = Some(offset);
            let padding = header.body(packet).map(|(_, padding)| padding.len());
            if padding.is_ok_and(|octets| !octets.is_multiple_of(4)) {
                notes.add_at(offset, requirement::PADDING_LAST);
            }
        }
        let decoded = match RtcpPacket::decode(packet) {
            Ok(decoded) => decoded,
            Err(error) => return notes.add_at(offset.saturating_add(error.offset), requirement::LENGTHS),
        };
        //= RFC3550-6.1:bye
        if decoded.sender().is_some_and(|sender| self.left.contains(&sender)) {
            notes.add_at(offset, requirement::BYE_LAST);
        }
        match decoded {
            RtcpPacket::SourceDescription(description) => self.named |= description.has_cname(),
            RtcpPacket::Goodbye(goodbye) => self.left.extend(goodbye.sources),
            _ => {}
        }
    }
}
