//! Time and allocations of reading what arrives: floor control, RTP, SIP with its bodies.
//!
//! `cargo bench -p mcptt-codec` closes with a table of ratios. A floor message is compared with the barest walk over
//! its fields, a SIP message with `rsip` on the same octets.

#![allow(clippy::unwrap_used, reason = "a benchmark of octets that are known to be well formed")]

mod ratio;

use bytes::Bytes;
use mcptt_codec::floor::{FloorMessage, FloorPacket};
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{Limits, Part, SipMessage};
use mcptt_codec::xml::mcptt_info::McpttInfo;

use ratio::Ratios;

/// Octets of the RTCP APP header before the first field.
const APP_HEADER: usize = 12;

macro_rules! corpus {
    ($file:literal) => {
        Bytes::from_static(include_bytes!(concat!("../../fuzz/corpus/", $file)))
    };
}

/// The least a decoder has to do: step from field to field.
fn bare_walk(packet: &[u8]) -> usize {
    let mut fields = 0;
    let mut rest = &packet[APP_HEADER..];
    while let [_, length, ..] = rest {
        let octets = (2 + usize::from(*length)).next_multiple_of(4);
        rest = rest.get(octets..).unwrap_or_default();
        fields += 1;
    }
    fields
}

fn floor(ratios: &mut Ratios) {
    for (name, packet) in [
        ("Floor Request", corpus!("floor_packet/floor_request_prio_emergency_loc_unknown")),
        ("Floor Granted", corpus!("floor_packet/floor_granted_basic")),
        ("Floor Taken", corpus!("floor_packet/floor_taken_functional_alias_geo")),
    ] {
        let walk = format!("{name}, bare walk");
        let message = FloorMessage::decode(&packet).unwrap().value;
        ratios.bench(&walk, 1, || bare_walk(&packet));
        ratios.bench(&format!("{name}, lossless"), 1, || FloorPacket::decode(&packet)).against(&walk);
        ratios.bench(&format!("{name}, typed"), 1, || FloorMessage::decode(&packet)).against(&walk);
        ratios.bench(&format!("{name}, encode"), 1, || message.encode()).against(&walk);
    }
}

fn sip(ratios: &mut Ratios) {
    let invite = corpus!("sip_message/invite_prearranged_call");
    let limits = Limits::default();
    let parts = |message: &SipMessage| match message {
        SipMessage::Request(request) => request.parts(&limits),
        SipMessage::Response(response) => response.parts(&limits),
    };
    let part = |mime: &str| -> Part {
        let message = SipMessage::decode(&invite, &limits).unwrap();
        parts(&message).unwrap().into_iter().find(|part| part.is(mime)).unwrap()
    };
    let info = part("application/vnd.3gpp.mcptt-info+xml").body;
    let sdp = String::from_utf8(part("application/sdp").body.to_vec()).unwrap();

    ratios.bench("rsip, INVITE", 1, || rsip::SipMessage::try_from(invite.as_ref()));
    ratios.bench("INVITE", 1, || SipMessage::decode(&invite, &limits)).against("rsip, INVITE");
    ratios
        .bench("INVITE and its parts", 1, || {
            SipMessage::decode(&invite, &limits).map(|message| parts(&message))
        })
        .against("rsip, INVITE");
    ratios.bench("mcptt-info", 1, || McpttInfo::parse(&info));
    ratios.bench("SDP", 1, || sdp.parse::<SessionDescription>());
}

fn main() {
    let mut ratios = Ratios::new();
    floor(&mut ratios);
    let packet: [u8; 52] = std::array::from_fn(|octet| if octet == 0 { 0x80 } else { 96 });
    ratios.bench("RTP header", 1, || RtpHeader::decode(&packet));
    sip(&mut ratios);
}
