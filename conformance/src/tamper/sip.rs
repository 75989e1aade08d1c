//! SIP messages written otherwise.

use bytes::Bytes;
use mcptt_codec::sip::{Limits, SipMessage};

const END: &str = "\r\n\r\n";

/// Compact names (RFC 3261 7.3.3, RFC 3515, RFC 3841, RFC 4028, RFC 6665).
const COMPACT: [(&str, &str); 15] = [
    ("accept-contact", "a"),
    ("allow-events", "u"),
    ("call-id", "i"),
    ("contact", "m"),
    ("content-encoding", "e"),
    ("content-length", "l"),
    ("content-type", "c"),
    ("event", "o"),
    ("from", "f"),
    ("refer-to", "r"),
    ("session-expires", "x"),
    ("subject", "s"),
    ("supported", "k"),
    ("to", "t"),
    ("via", "v"),
];

/// The text changed, with the length of its body set right.
pub(crate) fn rewrite(message: &[u8], change: impl FnOnce(&str) -> String) -> Option<Bytes> {
    let text = change(std::str::from_utf8(message).ok()?);
    let (header, body) = text.split_once(END)?;
    let lines = header.split("\r\n").map(|line| match name_of(line).as_str() {
        "content-length" | "l" => {
            format!("{}: {}", line.split(':').next().unwrap_or_default(), body.len())
        }
        _ => line.to_owned(),
    });
    let header = lines.collect::<Vec<_>>().join("\r\n");
    Some(format!("{header}{END}{body}").into())
}

fn name_of(line: &str) -> String {
    line.split(':').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The lines behind the first one changed.
fn with_lines(message: &[u8], change: impl FnOnce(Vec<String>) -> Vec<String>) -> Option<Bytes> {
    rewrite(message, |text| {
        let Some((header, body)) = text.split_once(END) else { return text.to_owned() };
        let mut lines = header.split("\r\n").map(str::to_owned);
        let first = lines.next().unwrap_or_default();
        let lines = change(lines.collect());
        let all: Vec<String> = [first].into_iter().chain(lines).collect();
        format!("{}{END}{body}", all.join("\r\n"))
    })
}

/// Fields of one name stay together in their order: that one means something (RFC 3261 7.3.1).
pub(super) fn reverse_headers(message: &[u8]) -> Option<Bytes> {
    with_lines(message, |lines| {
        let mut names: Vec<String> = Vec::new();
        for line in &lines {
            let name = name_of(line);
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names.reverse();
        names
            .iter()
            .flat_map(|name| lines.iter().filter(move |line| name_of(line) == *name))
            .cloned()
            .collect()
    })
}

pub(super) fn compact_headers(message: &[u8]) -> Option<Bytes> {
    with_names(message, |name| {
        let lower = name.to_ascii_lowercase();
        let compact = COMPACT.iter().find(|(long, _)| *long == lower);
        compact.map_or_else(|| name.to_owned(), |(_, short)| (*short).to_owned())
    })
}

pub(super) fn lower_case_headers(message: &[u8]) -> Option<Bytes> {
    with_names(message, str::to_ascii_lowercase)
}

fn with_names(message: &[u8], change: impl Fn(&str) -> String) -> Option<Bytes> {
    let renamed = |line: String| match line.split_once(':') {
        Some((name, value)) => format!("{}:{value}", change(name)),
        None => line,
    };
    with_lines(message, |lines| lines.into_iter().map(renamed).collect())
}

pub(super) fn reverse_parts(message: &Bytes) -> Option<Bytes> {
    let limits = Limits::default();
    let mut message = SipMessage::decode(message, &limits).ok()?;
    let parts = match &message {
        SipMessage::Request(request) => request.parts(&limits),
        SipMessage::Response(response) => response.parts(&limits),
    };
    let mut parts = parts.ok().filter(|parts| parts.len() > 1)?;
    parts.reverse();
    match &mut message {
        SipMessage::Request(request) => request.set_parts(&parts),
        SipMessage::Response(response) => response.set_parts(&parts),
    }
    Some(message.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &[u8] =
        b"OPTIONS sip:a SIP/2.0\r\nVia: one\r\nVia: two\r\nCall-ID: x\r\nContent-Length: 2\r\n\r\nhi";

    #[test]
    fn the_length_follows_the_body_and_fields_of_one_name_keep_their_order() {
        let longer = rewrite(MESSAGE, |text| text.replace("hi", "hello")).unwrap();
        assert!(longer.ends_with(b"Content-Length: 5\r\n\r\nhello"));
        let reversed = String::from_utf8(reverse_headers(MESSAGE).unwrap().to_vec()).unwrap();
        let expected =
            "OPTIONS sip:a SIP/2.0\r\nContent-Length: 2\r\nCall-ID: x\r\nVia: one\r\nVia: two\r\n\r\nhi";
        assert_eq!(reversed, expected);
        assert!(
            compact_headers(MESSAGE)
                .unwrap()
                .starts_with(b"OPTIONS sip:a SIP/2.0\r\nv: one\r\nv: two\r\ni: x")
        );
        assert!(lower_case_headers(MESSAGE).unwrap().windows(7).any(|part| part == b"call-id"));
    }
}
