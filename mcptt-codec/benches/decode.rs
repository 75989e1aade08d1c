//! Time and allocations of reading what arrives and writing what leaves: floor control, RTP, SIP with its bodies.
//!
//! `cargo bench -p mcptt-codec` closes with a table of ratios. A floor message is compared with the barest walk over
//! its fields, a SIP message with `rsip` on the same octets: 1.8 kB with three parts, of which we have to be done, parts
//! included, in a quarter of the time that `rsip` takes for the message alone.

#![allow(clippy::unwrap_used, reason = "a benchmark of octets that are known to be well formed")]

mod ratio;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::{FloorMessage, FloorPacket};
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{Limits, Part, SipMessage, multipart};
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
        ("Floor Taken of five fields", corpus!("floor_packet/floor_taken_basic")),
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

fn rtp(ratios: &mut Ratios) {
    let packet: [u8; 52] = std::array::from_fn(|octet| if octet == 0 { 0x80 } else { 96 });
    let (header, _) = RtpHeader::decode(&packet).unwrap();
    let mut out = BytesMut::with_capacity(packet.len());
    ratios.bench("RTP header", 1, || RtpHeader::decode(&packet));
    ratios.bench("RTP header, encode", 1, || {
        out.clear();
        header.encode(&mut out)
    });
}

fn sip(ratios: &mut Ratios) {
    // The INVITE of a private call as the IMS core hands it over: description, mcptt-info and resource list.
    let parts =
        invite(ratios, "INVITE", corpus!("sip_message/invite_private_call_through_the_core"), (3, 18));
    bodies(ratios, &parts);
    // The one of a prearranged group call as the client sends it: description and mcptt-info.
    invite(ratios, "INVITE of 1.5 kB", corpus!("sip_message/invite_prearranged_call"), (2, 14));
}

/// One INVITE beside `rsip` on the same octets; `shape` is the number of its parts and its size in hundreds of octets.
fn invite(ratios: &mut Ratios, name: &str, octets: Bytes, shape: (usize, usize)) -> Vec<Part> {
    // On the heap and with a second owner, as a datagram has it that is also captured.
    let invite = Bytes::copy_from_slice(&octets);
    let _captured = invite.clone();
    let limits = Limits::default();
    let message = SipMessage::decode(&invite, &limits).unwrap();
    let SipMessage::Request(request) = &message else { panic!("an INVITE is a request") };
    let parts = request.parts(&limits).unwrap();
    assert_eq!((parts.len(), invite.len() / 100), shape);

    let theirs = format!("rsip, {name}");
    ratios.bench(&theirs, 1, || rsip::SipMessage::try_from(invite.as_ref()));
    ratios.bench(name, 1, || SipMessage::decode(&invite, &limits)).against(&theirs);
    ratios
        .bench(&format!("{name} and its parts"), 1, || match SipMessage::decode(&invite, &limits) {
            Ok(SipMessage::Request(request)) => request.parts(&limits).map(|parts| (request, parts)),
            other => panic!("{other:?}"),
        })
        .against(&theirs);
    let theirs = rsip::SipMessage::try_from(invite.as_ref()).unwrap();
    let (encode, of_theirs) = (format!("{name}, encode"), format!("rsip, {name}, encode"));
    ratios.bench(&of_theirs, 1, || Bytes::from(theirs.clone()));
    ratios.bench(&encode, 1, || message.encode()).against(&of_theirs);
    ratios.bench(&format!("{name}, parts, encode"), 1, || multipart::write(&parts, "b4"));
    parts
}

fn bodies(ratios: &mut Ratios, parts: &[Part]) {
    let part = |mime: &str| parts.iter().find(|part| part.is(mime)).unwrap().body.clone();
    let octets = part("application/vnd.3gpp.mcptt-info+xml");
    let info = McpttInfo::parse(&octets).unwrap();
    ratios.bench("mcptt-info", 1, || McpttInfo::parse(&octets));
    ratios.bench("mcptt-info, write", 1, || info.to_xml());
    let octets = part("application/sdp");
    let description = SessionDescription::decode(&octets).unwrap();
    ratios.bench("SDP", 1, || SessionDescription::decode(&octets));
    ratios.bench("SDP, write", 1, || description.encode());
}

fn main() {
    let mut ratios = Ratios::new();
    floor(&mut ratios);
    rtp(&mut ratios);
    sip(&mut ratios);
}
