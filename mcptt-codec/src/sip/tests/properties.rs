//! Laws that hold for every input.

use bytes::Bytes;
use proptest::prelude::*;

use super::super::multipart::{body_parts, set_body};
use super::super::{
    CSeq, ContentType, HeaderName, HeaderValue, Headers, Limits, McpttWarning, Method, NameAddr, Part,
    Request, SessionExpires, SipMessage, Uri, Via, elements,
};
use crate::fuzzing::sip::sip_message;

const SEED: &[u8] = b"INVITE sip:a@b;lr SIP/2.0\r\nv: SIP/2.0/UDP [::1]:5060;branch=z9hG4bK1\r\n\
    From: \"A, \\\"B\" <sip:a@b>;tag=1\r\nTo: sip:c@d\r\nContact: *\r\nSupported: a,\r\n b\r\n\
    Refer-To: <sip:x@y?a=%3C&b=c>\r\nWarning: 399 h \"100 x\"\r\nSession-Expires: 90;refresher=uac\r\n\
    Content-Type: multipart/mixed;boundary=\"b\"\r\nContent-Length: 41\r\n\r\n\
    --b\r\nc: a/b\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b--\r\n\r\n";

#[test]
fn every_prefix_of_a_message_is_harmless() {
    for end in 0..=SEED.len() {
        sip_message(&SEED[..end]);
    }
    assert!(SipMessage::decode(&Bytes::from_static(SEED), &Limits::default()).is_ok());
}

/// What a header value may be made of, separators far more often than by chance.
fn hostile_text() -> impl Strategy<Value = String> {
    proptest::collection::vec(
        prop_oneof![
            Just("\""),
            Just("\\"),
            Just("<"),
            Just(">"),
            Just(";"),
            Just(","),
            Just("="),
            Just("@"),
            Just(":"),
            Just("sip:"),
            Just("tel:"),
            Just("urn:"),
            Just("SIP/2.0/UDP "),
            Just("%4"),
            Just("%41"),
            Just("?"),
            Just("&"),
            Just("["),
            Just("]"),
            Just("::1"),
            Just(" "),
            Just("\t"),
            Just("a"),
            Just("1"),
            Just("399 "),
            Just("\u{fc}"),
            Just("tag"),
            Just("*"),
            Just("/"),
            Just("\r\n"),
        ],
        0..24,
    )
    .prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_octets_are_harmless(octets in proptest::collection::vec(any::<u8>(), 0..200)) {
        sip_message(&octets);
    }

    #[test]
    fn any_mutation_of_a_message_is_harmless(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        cut in any::<proptest::sample::Index>(),
    ) {
        let mut octets = SEED.to_vec();
        for (place, octet) in changes {
            let at = place.index(octets.len());
            octets[at] = octet;
        }
        sip_message(&octets);
        octets.remove(cut.index(octets.len()));
        sip_message(&octets);
    }

    /// Whatever a grammar accepts is written in a form that it reads as the same value.
    #[test]
    fn typed_values_are_read_back(text in hostile_text()) {
        fn law<T: PartialEq + std::fmt::Debug + std::fmt::Display, E: std::fmt::Debug>(
            text: &str,
            parse: impl Fn(&str) -> Result<T, E>,
        ) {
            if let Ok(value) = parse(text) {
                assert_eq!(parse(&value.to_string()).expect("what we write is read"), value, "{text:?}");
            }
        }
        law(&text, Uri::parse);
        law(&text, NameAddr::parse);
        law(&format!("<{text}"), NameAddr::parse);
        law(&format!("sip:{text}"), Uri::parse);
        law(&text, Via::parse);
        law(&text, CSeq::parse);
        law(&text, ContentType::parse);
        law(&text, HeaderValue::parse);
        law(&text, SessionExpires::parse);
        for address in [text.clone(), format!("<sip:a@b>{text}"), format!("\"{text} <sip:a>;tag=1"), format!("sip:a{text}")] {
            if let Ok(parsed) = NameAddr::parse(&address) {
                let headers: Headers = [(HeaderName::To, address.as_str())].into_iter().collect();
                let tag = headers.tag(&HeaderName::To);
                prop_assert_eq!(tag.as_deref(), parsed.tag(), "{}", address);
                prop_assert_eq!(headers.has_tag(&HeaderName::To), parsed.tag().is_some());
            }
        }
        let _ = NameAddr::parse_list(&text);
        let _ = McpttWarning::parse(&text);
        prop_assert!(elements(&text).all(|element| !element.is_empty()));
    }

    /// No value that a procedure puts into a message can add a header field or end the header section.
    #[test]
    fn a_value_stays_inside_its_field(text in hostile_text(), name in hostile_text()) {
        let mut request = Request::new(Method::Message, text.as_str());
        request.headers.push(HeaderName::Subject, text.as_str()).push(HeaderName::from(name.as_str()), "1");
        let octets = request.encode();
        prop_assert_eq!(octets.windows(2).filter(|pair| *pair == b"\r\n").count(), 5);
        prop_assert_eq!(octets.iter().filter(|octet| **octet == b'\n').count(), 5);
    }

    #[test]
    fn any_parts_are_read_back(
        bodies in proptest::collection::vec(
            prop_oneof![
                proptest::collection::vec(any::<u8>(), 0..60),
                Just(b"\r\n--mcptt-part-00000001--\r\n".to_vec()),
                Just(b"\r\n--mcptt-part-".to_vec()),
            ],
            1..5,
        )
    ) {
        let parts: Vec<_> = bodies.into_iter().map(|body| Part::new("application/octet-stream", body)).collect();
        let mut headers = Headers::new();
        let body = set_body(&mut headers, &parts);
        let read = body_parts(&headers, &body, &Limits::default()).unwrap();
        if parts.len() > 1 || !parts[0].body.is_empty() {
            prop_assert_eq!(read, parts);
        }
    }
}
