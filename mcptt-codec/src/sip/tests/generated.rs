//! Laws of whole messages: arbitrary requests and responses, their prefixes and their octets changed one at a time.

use std::fs;
use std::path::Path;

use bytes::Bytes;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::multipart::{body_parts, write};
use super::super::{HeaderName, Limits, Method, Part, SipMessage, validate, validate_response};
use crate::fuzzing::sip::sip_message;

/// Field lines without their line end: usual, compact and odd spellings, folds, broken values, unknown names.
const FIELDS: &[&str] = &[
    "Via: SIP/2.0/UDP pcscf.example.org;branch=z9hG4bKi2, SIP/2.0/TCP [2001:db8::5]:5061;branch=z9hG4bKi1",
    "v:SIP / 2.0 / TLS 192.0.2.1;received=192.0.2.2;rport=5060",
    "From: \"Alice, \\\"Lead\\\"\" <sip:alice@example.org>;tag=1",
    "f : sip:a@b;tag=2",
    "TO :\r\n sip:vivekg@example.org ;   tag    = 1918181833n",
    "t: <tel:+15551234;phone-context=example.org>",
    "i:\t0ha0isndaksdj@10.1.1.1\t",
    "CSeq: 4294967295 INVITE",
    "cseq: 8\r\n     INFO",
    "m: *",
    "Contact: <sip:10.1.1.5>;+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\"",
    "Accept-Contact: *;+g.3gpp.mcptt;require;explicit",
    "Max-Forwards: 70",
    "mAx-FoRwArDs:seventy",
    "Route: <sip:a,b@c;lr>,\r\n\t<sips:d;lr>",
    "k: timer,\r\n\t100rel",
    "Session-Expires: 1800;refresher=uac",
    "x:90",
    "Resource-Priority: mcpttp.15, mcpttq.0",
    "Warning: 399 cf.example.org \"123 MCPTT session already exists\"",
    "Refer-To: <sip:g@x;method=INVITE?Content-Type=a/b&body=%3Cm%2F%3E>",
    "Subject:",
    "s : \u{fc}",
    "Answer-Mode: Manual;require",
    "P-Asserted-Identity: <sip:a@b>, <tel:+1>",
    "Event: poc-settings",
    "Authorization: Digest username=\"a\", realm=\"b\", nonce=\"\", uri=\"sip:c\", response=\"d\"",
    "Date: Sat, 13 Nov 2010 23:29:00 GMT",
    "X-Unknown-Header: with  two  spaces",
    "!%'*+-._`~: <;,\"",
];

/// A line of the table, or any token and any text that may be folded.
fn field() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => select(FIELDS).prop_map(str::to_owned),
        1 => ("[a-zA-Z][a-zA-Z0-9.!%*_+`'~-]{0,30}", "[ \t]{0,2}", vec("[ -~\u{e4}\u{20ac}]{0,30}", 1..4))
            // A name that says what the body is would make the message another one.
            .prop_map(|(name, space, value)| format!("X-{name}{space}: {}", value.join("\r\n "))),
    ]
}

fn start_line() -> impl Strategy<Value = String> {
    let method = prop_oneof![
        4 => select(Method::KNOWN.as_slice()).prop_map(|method| method.to_string()),
        1 => "[A-Za-z0-9.!%*_+`'~-]{1,20}",
    ];
    let uri = prop_oneof![
        select(
            &["sip:pf@example.org", "sips:a%40b@[::1]:5061;lr?x=y", "tel:+1;phone-context=a.b", "urn:x:y"][..]
        )
        .prop_map(str::to_owned),
        "[!-~]{1,40}",
        "[!-~]{1,10} [!-~]{1,10}",
    ];
    prop_oneof![
        2 => (method, uri).prop_map(|(method, uri)| format!("{method} {uri} SIP/2.0")),
        1 => (100..700_u16, "[ -~\u{fc}]{0,30}").prop_map(|(status, reason)| format!("SIP/2.0 {status} {reason}")),
    ]
}

/// Media type and octets of a body part that is no multipart.
fn leaf() -> impl Strategy<Value = Part> {
    let media =
        select(&["application/sdp", "application/vnd.3gpp.mcptt-info+xml", "Text/Plain;charset=utf-8"][..]);
    let octets = prop_oneof![
        vec(any::<u8>(), 0..40),
        Just(b"v=0\r\ns=-\r\n--b\r\n".to_vec()),
        Just(b"<a>--b0</a>\r\n--b00x\r\n".to_vec()),
    ];
    (media, octets, any::<bool>()).prop_map(|(media, octets, described)| {
        let part = Part::new(media, octets);
        if described {
            part.with(HeaderName::ContentDisposition, "recipient-list;handling=optional")
        } else {
            part
        }
    })
}

#[derive(Clone, Debug)]
enum Tree {
    Leaf(Part),
    Multipart(Vec<Tree>),
}

impl Tree {
    fn any() -> impl Strategy<Value = Self> {
        leaf()
            .prop_map(Self::Leaf)
            .prop_recursive(2, 6, 3, |inner| vec(inner, 1..4).prop_map(Self::Multipart))
    }

    /// The part that this is, each level with a boundary that no octets of a leaf spell by chance.
    fn part(&self, level: usize) -> Part {
        match self {
            Self::Leaf(part) => part.clone(),
            Self::Multipart(inside) => {
                let boundary = format!("=_level'{level}");
                let inside: Vec<_> = inside.iter().map(|tree| tree.part(level + 1)).collect();
                Part::new(format!("multipart/mixed; boundary=\"{boundary}\""), write(&inside, &boundary))
            }
        }
    }

    fn leaves(&self) -> Vec<Part> {
        match self {
            Self::Leaf(part) => vec![part.clone()],
            Self::Multipart(inside) => inside.iter().flat_map(Self::leaves).collect(),
        }
    }
}

/// The octets of a message and the parts of its body.
fn message() -> impl Strategy<Value = (Bytes, Vec<Part>)> {
    let length = select(&["Content-Length: ", "l:", "CONTENT-LENGTH \t:\r\n "][..]);
    (start_line(), vec(field(), 0..12), proptest::option::of(Tree::any()), length).prop_map(
        |(start_line, fields, tree, length)| {
            let mut text = fields.iter().fold(start_line, |text, field| text + "\r\n" + field);
            let part = tree.as_ref().map(|tree| tree.part(0)).unwrap_or_default();
            for (name, value) in part.headers.iter() {
                text += &format!("\r\n{name}: {value}");
            }
            text += &format!("\r\n{length}{}\r\n\r\n", part.body.len());
            let leaves = tree.filter(|_| !part.body.is_empty()).map_or_else(Vec::new, |tree| tree.leaves());
            (Bytes::from([text.as_bytes(), &part.body].concat()), leaves)
        },
    )
}

/// Reads what there is to read, less than the fuzz body: this is for many inputs.
fn read(octets: Vec<u8>) {
    let (datagram, limits) = (Bytes::from(octets), Limits::default());
    let Ok(message) = SipMessage::decode(&datagram, &limits) else { return };
    let written = message.encode();
    let start = datagram.len() - datagram.trim_ascii_start().len();
    assert!(datagram[start..].starts_with(&written), "a message is kept octet by octet");
    for part in body_parts(message.headers(), message.body(), &limits).unwrap_or_default() {
        assert!(part.headers.iter().count() <= limits.headers);
    }
    match &message {
        SipMessage::Request(request) => drop(validate(request)),
        SipMessage::Response(response) => drop(validate_response(response)),
    }
}

/// Every prefix, and every octet replaced by one that means something and by one that differs in a bit.
fn disturb(octets: &[u8]) {
    for at in 0..octets.len() {
        read(octets[..at].to_vec());
        let bit = 1 << (at % 8);
        let marks = b"\r\n :;\"-\0";
        for other in [marks[at % marks.len()], octets[at] ^ bit] {
            let mut changed = octets.to_vec();
            changed[at] = other;
            read(changed);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(192))]

    #[test]
    fn any_message_is_written_back_octet_for_octet((octets, leaves) in message()) {
        let decoded = SipMessage::examine(&octets, &Limits::default()).unwrap();
        prop_assert_eq!(&decoded.deviations, &[]);
        prop_assert_eq!(decoded.value.encode(), &octets);
        let parts = body_parts(decoded.value.headers(), decoded.value.body(), &Limits::default());
        prop_assert_eq!(parts, Ok(leaves));
        sip_message(&octets);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn no_prefix_and_no_changed_octet_of_a_message_does_harm((octets, _) in message()) {
        disturb(&octets);
    }
}

#[test]
fn no_prefix_and_no_changed_octet_of_an_example_does_harm() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus/sip_message");
    for file in fs::read_dir(folder).unwrap() {
        let octets = fs::read(file.unwrap().path()).unwrap();
        // The longest ones repeat what the others have.
        disturb(&octets[..octets.len().min(1_024)]);
    }
}
