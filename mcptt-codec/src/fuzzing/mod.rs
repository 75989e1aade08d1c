//! Bodies of the fuzz targets: each takes hostile octets and asserts the laws of its decoders. They live here so that
//! `cargo test` compiles them and replays the corpora.

pub mod binary;
pub mod dictionary;
pub mod documents;
pub mod media;
pub mod mikey;
pub mod monp;
pub mod sdp;
pub mod sip;
pub mod view;
pub mod xml;

/// The body of one fuzz target.
pub type Body = fn(&[u8]);

/// The fuzz targets of this crate by name; each has a folder of that name in the corpus.
pub const TARGETS: &[(&str, Body)] = &[
    ("floor_packet", binary::floor_packet),
    ("rtcp_compound", binary::rtcp_compound),
    ("rtp_packet", media::rtp_packet),
    ("mikey", mikey::mikey),
    ("sip_message", sip::sip_message),
    ("sip_header", sip::sip_header),
    ("sip_stream", sip::sip_stream),
    ("sdp", sdp::description),
    ("mcptt_info", xml::mcptt_info),
    ("xml_body", xml::xml_body),
    ("xml_document", documents::xml_document),
    ("monp", monp::monp),
    ("view_encode", view::view_encode),
];
