//! SIP messages and session descriptions.

use std::fmt::{Debug, Display};

use bytes::Bytes;

use crate::sdp::{Crypto, McpttFmtp, SessionDescription};
use crate::sip::{self, Limits, NameAddr, SipMessage, Uri, Via, multipart};
use crate::text::ByteStr;

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
