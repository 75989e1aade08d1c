//! Percent-encoding of URIs (RFC 3986 2.1, RFC 3261 19.1.2).

use std::borrow::Cow;

/// Whether every percent sign is followed by two hexadecimal digits.
pub(super) fn is_well_formed(text: &str) -> bool {
    text.split('%').skip(1).all(|after| escaped_octet(after).is_some())
}

/// The octets of a text with its escapes resolved, and whether each was one. A malformed escape stays as it is.
pub(super) fn marked_octets(text: &str) -> impl Iterator<Item = (u8, bool)> {
    let mut rest = text.as_bytes();
    std::iter::from_fn(move || {
        let (first, after) = rest.split_first()?;
        let escaped = after.split_at_checked(2).filter(|_| *first == b'%');
        let escaped = escaped.and_then(|(digits, after)| Some((std::str::from_utf8(digits).ok()?, after)));
        match escaped.and_then(|(digits, after)| Some((escaped_octet(digits)?, after))) {
            Some((octet, after)) => {
                rest = after;
                Some((octet, true))
            }
            None => {
                rest = after;
                Some((*first, false))
            }
        }
    })
}

/// Resolves the escapes; a malformed one stays as it is.
///
/// Octets that are not UTF-8 become U+FFFD: every caller compares or shows the text, none re-encodes it.
pub fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('%') {
        return text.into();
    }
    match String::from_utf8(octets(text)) {
        Ok(plain) => plain.into(),
        Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
    }
}

/// Resolves the escapes, whatever octets they stand for; a malformed one stays as it is.
pub fn octets(text: &str) -> Vec<u8> {
    marked_octets(text).map(|(octet, _)| octet).collect()
}

/// Escapes every octet that may not stand in a header component or user part of a URI.
pub fn encode(text: &str) -> Cow<'_, str> {
    if text.bytes().all(super::grammar::is_unreserved) {
        return text.into();
    }
    encode_octets(text.as_bytes()).into()
}

/// Like [`encode`] for octets that need not be text.
pub fn encode_octets(octets: &[u8]) -> String {
    let mut escaped = String::with_capacity(octets.len().saturating_mul(2));
    for octet in octets {
        if super::grammar::is_unreserved(*octet) {
            escaped.push(char::from(*octet));
        } else {
            escaped.push('%');
            escaped.extend([octet.wrapping_shr(4), octet & 0x0f].map(hexadecimal));
        }
    }
    escaped
}

fn hexadecimal(nibble: u8) -> char {
    char::from_digit(u32::from(nibble), 16).unwrap_or('0').to_ascii_uppercase()
}

fn escaped_octet(after: &str) -> Option<u8> {
    let digits = after.get(..2)?;
    // `from_str_radix` alone would take a sign.
    digits.bytes().all(|octet| octet.is_ascii_hexdigit()).then(|| u8::from_str_radix(digits, 16).ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_are_resolved_and_written() {
        for (escaped, plain) in [
            ("", ""),
            ("alice", "alice"),
            ("urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt", "urn:urn-7:3gpp-service.ims.icsi.mcptt"),
            ("%C3%BC", "ü"),
            ("%3Cmcpttinfo%20xmlns%3D%22u%22%2F%3E", "<mcpttinfo xmlns=\"u\"/>"),
        ] {
            assert!(is_well_formed(escaped));
            assert_eq!(decode(escaped), plain);
            assert_eq!(encode(plain), escaped);
        }
    }

    #[test]
    fn malformed_escapes_stay() {
        for text in ["%", "%4", "%zz", "a%+1b", "%%41"] {
            assert!(!is_well_formed(text), "{text}");
        }
        assert_eq!(decode("a%zz%41%"), "a%zzA%");
        assert_eq!(decode("%ff"), "\u{fffd}");
    }
}
