//! Who is where, and the octets that say so.

use std::net::SocketAddr;

use bytes::Bytes;
use mcptt_codec::id::{ClientId, GroupId, McpttId, Ssrc};
use mcptt_codec::rtp::{RtpHeader, RtpPacket};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType};

use super::world::{CF, PF, USERS};

/// Half of all seconds there are: an affiliation without end.
pub(super) const FOR_EVER: &str = "4294967295";

pub(super) fn address(who: usize) -> SocketAddr {
    match who {
        PF => ([10, 0, 0, 1], 5060).into(),
        CF => ([10, 0, 0, 2], 5062).into(),
        client => ([10, 0, 1, client as u8 + 1], 5060).into(),
    }
}

pub(super) fn media(who: usize) -> SocketAddr {
    SocketAddr::new(address(who).ip(), 40_000)
}

pub(super) fn client_id(who: usize) -> ClientId {
    ClientId::new(format!("urn:uuid:00000000-0000-4000-8000-00000000000{who}"))
}

pub(super) fn uri(text: &str) -> Content<McpttUri> {
    Content::Normal(McpttUri(text.into()))
}

pub(super) fn info(target: &str, calling: Option<usize>, group: Option<&str>) -> McpttInfo {
    McpttInfo {
        session_type: Some(SessionType::Prearranged),
        request_uri: Some(uri(target)),
        calling_user_id: calling.map(|who| Content::Normal(McpttId::from(USERS[who]))),
        calling_group_id: group.map(|group| Content::Normal(GroupId::from(group))),
        ..McpttInfo::default()
    }
}

pub(super) fn rtp(who: usize, sequence: u16) -> Bytes {
    let header = RtpHeader {
        payload_type: 97,
        sequence,
        timestamp: u32::from(sequence) * 320,
        ssrc: Ssrc(0xa000_0000 + who as u32),
        ..RtpHeader::default()
    };
    let packet = RtpPacket { header, payload: Bytes::from_static(&[0x5a; 33]), padding: Bytes::new() };
    let mut out = bytes::BytesMut::new();
    packet.encode(&mut out).expect("it fits");
    out.freeze()
}
