//! Fuzz bodies of the text formats: SIP, its bodies and what they carry.

use std::fmt::{Debug, Display};

use bytes::Bytes;

use crate::sdp::{Crypto, McpttFmtp, SessionDescription};
use crate::sip::{self, Limits, NameAddr, SipMessage, Uri, Via, multipart};
use crate::text::ByteStr;
use crate::xml::affiliation::PresenceDocument;
use crate::xml::affiliation_command::AffiliationCommand;
use crate::xml::conference_info::ConferenceInfo;
use crate::xml::location_info::LocationInfo;
use crate::xml::mcptt_info::{IndicatorCombination, McpttInfo};
use crate::xml::poc_settings::PocSettings;
use crate::xml::resource_lists::ResourceLists;
use crate::xml::{XmlError, XmlErrorKind};

/// A datagram with one SIP message.
pub fn sip_message(octets: &[u8]) {
    let datagram = Bytes::copy_from_slice(octets);
    let limits = Limits::default();
    let Ok(decoded) = SipMessage::examine(&datagram, &limits) else { return };
    let message = decoded.value;
    let written = message.encode();
    let start = octets.len().saturating_sub(octets.trim_ascii_start().len());
    let kept = octets.get(start..).unwrap_or_default();
    assert!(kept.starts_with(&written), "a message is kept octet by octet");
    let dropped = start > 0 || written.len() < kept.len();
    assert!(!dropped || !decoded.deviations.is_empty(), "nothing is dropped silently");
    assert_eq!(SipMessage::decode(&written, &limits).as_ref(), Ok(&message), "a message survives encoding");

    if let SipMessage::Request(request) = &message
        && let Err(refusal) = sip::validate(request)
        && let Some(answer) = refusal.response(request)
    {
        assert!(SipMessage::decode(&answer.encode(), &limits).is_ok(), "a refusal can be sent");
    }
    typed_values(&message);
    body_parts(&message, &limits);
}

fn typed_values(message: &SipMessage) {
    let headers = message.headers();
    for (name, value) in headers.iter() {
        for element in headers.shared_values(name) {
            survives(&element, NameAddr::read);
            survives(&element, Via::read);
            survives(&element, Uri::read);
            survives(&element, sip::ContentType::read);
            survives(&element, sip::HeaderValue::read);
            survives(&element, sip::AcceptContact::read);
        }
        survives(value, |text| sip::CSeq::parse(text));
        survives(value, |text| sip::SessionExpires::parse(text));
    }
    for warning in sip::McpttWarning::all(headers) {
        let again = sip::McpttWarning::parse(&warning.value("host.example.org"));
        assert_eq!(again.as_ref(), Some(&warning), "a warning survives writing");
    }
}

fn survives<T: PartialEq + Debug + Display, E: PartialEq + Debug>(
    text: &ByteStr,
    read: impl Fn(&ByteStr) -> Result<T, E>,
) {
    if let Ok(value) = read(text) {
        assert_eq!(read(&value.to_string().into()), Ok(value), "a value survives writing");
    }
}

fn body_parts(message: &SipMessage, limits: &Limits) {
    let Ok(parts) = multipart::body_parts(message.headers(), message.body(), limits) else { return };
    assert!(parts.len() <= limits.parts, "parts are bounded");
    let mut headers = message.headers().clone();
    let body = multipart::set_body(&mut headers, &parts);
    // A part that does not say what it is needs a multipart around it, and a part without octets is no body.
    let described = parts.iter().all(|part| matches!(part.headers.content_type(), Ok(Some(_))));
    if parts.len() > 1 || (described && !body.is_empty()) {
        let again = multipart::body_parts(&headers, &body, limits);
        assert_eq!(again.as_ref(), Ok(&parts), "parts survive writing");
    }
}

/// A session description.
pub fn sdp(octets: &[u8]) {
    let Ok(description) = SessionDescription::decode(octets) else { return };
    let written = description.encode();
    let again = SessionDescription::decode(written.as_bytes());
    assert_eq!(again.as_ref(), Ok(&description), "a description survives writing");
    for media in &description.media {
        let views = (description.rtcp_address_of(media), description.direction_of(media), media.rtpmap(97));
        assert_eq!(views.1.reversed().reversed(), views.1, "a direction has two sides");
        if let Ok(Some(parameters)) = media.mcptt_fmtp() {
            let again = McpttFmtp::parse(&parameters.to_string());
            assert_eq!(again.as_ref(), Ok(&parameters), "floor control parameters survive writing");
            assert!(parameters.answer(&parameters).is_valid(), "an answer to valid parameters is valid");
        }
        for crypto in media.crypto().flatten() {
            // Compared without printing: a failing assertion must not show a key.
            assert!(Crypto::parse(&crypto.to_value()) == Ok(crypto), "a key survives writing");
        }
    }
}

/// An XML document, read as each body in turn.
pub fn xml_body(octets: &[u8]) {
    mcptt_info(octets);
    resource_lists(octets);
    presence(octets);
}

/// An mcptt-info body.
pub fn mcptt_info(octets: &[u8]) {
    xml_laws(octets, McpttInfo::parse, McpttInfo::to_xml);
    if let Ok(info) = McpttInfo::parse(octets)
        && let Ok(IndicatorCombination::None) = info.indicator_combination()
    {
        assert_eq!(info.emergency_ind, None, "a present indicator is not nothing");
    }
}

/// A resource-lists body.
pub fn resource_lists(octets: &[u8]) {
    xml_laws(octets, ResourceLists::parse, ResourceLists::to_xml);
}

/// A presence body and the other bodies that settings and affiliation use.
pub fn presence(octets: &[u8]) {
    xml_laws(octets, PresenceDocument::parse, PresenceDocument::to_xml);
    xml_laws(octets, AffiliationCommand::parse, AffiliationCommand::to_xml);
    xml_laws(octets, PocSettings::parse, PocSettings::to_xml);
    xml_laws(octets, LocationInfo::parse, LocationInfo::to_xml);
    xml_laws(octets, ConferenceInfo::parse, ConferenceInfo::to_xml);
}

fn xml_laws<T: PartialEq + Debug>(
    octets: &[u8],
    parse: impl Fn(&[u8]) -> Result<T, XmlError>,
    write: impl Fn(&T) -> String,
) {
    match parse(octets) {
        Ok(document) => {
            let written = write(&document);
            let again = parse(written.as_bytes());
            // Escapes and declarations that were elsewhere may make a document of the largest size too large.
            if matches!(again, Err(XmlError { kind: XmlErrorKind::TooLarge { .. }, .. })) {
                return;
            }
            assert_eq!(again.as_ref(), Ok(&document), "a document survives writing");
            assert_eq!(again.map(|document| write(&document)), Ok(written), "writing is stable");
        }
        Err(error) => {
            let lines = octets.split(|octet| *octet == b'\n').count();
            assert!((1..=lines).contains(&error.line), "an error lies inside the document");
        }
    }
}
