//! What nearly all values look like, told by one look at each octet and without taking them apart: every request is checked for
//! whether its addresses can be read, long before most of them are.
//!
//! What is plain here can be read by the grammar of [`NameAddr`](super::NameAddr), [`Uri`](super::Uri) or [`Via`](super::Via).
//! What is not plain may be readable all the same: then the grammar has to tell.

use super::grammar::is_token_octet;
use super::limits;

/// `"<" SIP-URI ">" *(SEMI generic-param)` without display name, white space and escapes.
pub(super) fn is_address(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    rest.skip(b"<") && rest.uri() && rest.skip(b">") && rest.params() && rest.0.is_empty()
}

/// `sip:` or `sips:` URI without password, escapes and header fields.
pub(super) fn is_uri(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    rest.uri() && rest.0.is_empty()
}

/// `"SIP/2.0/" transport LWS sent-by *(SEMI via-params)` with one space.
pub(super) fn is_via(text: &str) -> bool {
    let mut rest = Rest(text.as_bytes());
    let hop = rest.skip(b"SIP/2.0/") && rest.some(is_token_octet) && rest.skip(b" ");
    hop && rest.host_and_port() && rest.params() && rest.0.is_empty()
}

/// What has not been looked at yet.
struct Rest<'a>(&'a [u8]);

impl<'a> Rest<'a> {
    fn skip(&mut self, expected: &[u8]) -> bool {
        match self.0.strip_prefix(expected) {
            Some(rest) => {
                self.0 = rest;
                true
            }
            None => false,
        }
    }

    /// As many octets as belong to a set.
    fn run(&mut self, belongs: impl Fn(u8) -> bool) -> &'a [u8] {
        let end = self.0.iter().position(|octet| !belongs(*octet)).unwrap_or(self.0.len());
        let (run, rest) = self.0.split_at_checked(end).unwrap_or_default();
        self.0 = rest;
        run
    }

    /// The same, at least one.
    fn some(&mut self, belongs: impl Fn(u8) -> bool) -> bool {
        !self.run(belongs).is_empty()
    }

    fn uri(&mut self) -> bool {
        if !(self.skip(b"sip:") || self.skip(b"sips:")) {
            return false;
        }
        let all = self.0;
        if !(self.some(is_user_octet) && self.skip(b"@")) {
            // There is no user.
            self.0 = all;
        }
        self.host_and_port()
            && self.each_param(|rest| {
                rest.some(is_param_octet) && (!rest.skip(b"=") || rest.some(is_param_octet))
            })
    }

    fn host_and_port(&mut self) -> bool {
        let host = self.run(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'.'));
        if !is_host(host) {
            return false;
        }
        if !self.skip(b":") {
            return true;
        }
        let digits = self.run(|octet| octet.is_ascii_digit());
        let port = digits
            .iter()
            .try_fold(0_u16, |port, digit| port.checked_mul(10)?.checked_add(u16::from(*digit & 0x0f)));
        port.is_some() && !digits.is_empty()
    }

    /// Parameters of a header field.
    fn params(&mut self) -> bool {
        self.each_param(|rest| {
            if !rest.some(is_token_octet) {
                return false;
            }
            if !rest.skip(b"=") {
                return true;
            }
            match rest.skip(b"\"") {
                true => {
                    rest.run(|octet| matches!(octet, b' '..=b'~') && !matches!(octet, b'"' | b'\\'));
                    rest.skip(b"\"")
                }
                false => rest.some(is_value_octet),
            }
        })
    }

    fn each_param(&mut self, mut one: impl FnMut(&mut Self) -> bool) -> bool {
        let mut count = 0_usize;
        while self.skip(b";") {
            count = count.saturating_add(1);
            if count > limits::PARAMS || !one(self) {
                return false;
            }
        }
        true
    }
}

/// Labels that neither begin nor end with a hyphen, the last of which begins with a letter, or an address.
fn is_host(host: &[u8]) -> bool {
    let (mut before, mut first_of_label) = (b'.', b'.');
    for octet in host {
        match (before, *octet) {
            (b'.' | b'-', b'.') | (b'.', b'-') => return false,
            (b'.', octet) => first_of_label = octet,
            _ => {}
        }
        before = *octet;
    }
    if matches!(before, b'.' | b'-') {
        return false;
    }
    let is_address =
        || std::str::from_utf8(host).is_ok_and(|host| host.parse::<std::net::Ipv4Addr>().is_ok());
    first_of_label.is_ascii_alphabetic() || is_address()
}

/// What a user part has besides escapes.
const fn is_user_octet(octet: u8) -> bool {
    octet.is_ascii_alphanumeric() || matches!(octet, b'-' | b'_' | b'.' | b'+' | b'!' | b'~' | b'*')
}

/// What a parameter of a URI has besides escapes.
fn is_param_octet(octet: u8) -> bool {
    (is_token_octet(octet) && octet != b'%') || matches!(octet, b'[' | b']' | b'/' | b':' | b'&' | b'$')
}

/// What a value without quotes has.
const fn is_value_octet(octet: u8) -> bool {
    octet.is_ascii_graphic() && !matches!(octet, b';' | b',' | b'"' | b'<' | b'>' | b'\\')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{NameAddr, Uri, Via};
    use super::*;

    #[test]
    fn what_messages_are_made_of_is_plain() {
        for address in [
            "<sip:alice@mc.example.org>;tag=a48s",
            "<sip:127.0.0.1:5060>",
            "<sips:+1-212@192.0.2.1:5061;transport=tcp;lr>;expires=600;q=0.7",
            "<sip:127.0.0.1:17500>;+g.3gpp.mcptt;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\"",
            "<sip:a@b>;+sip.instance=\"<urn:uuid:00000000-0000-4000-8000-0000000000a1>\";reg-id=1",
        ] {
            assert!(is_address(address), "{address}");
        }
        assert!(is_uri("sip:mc.example.org") && is_uri("sip:s-1@192.0.2.1:5062;gr=1"));
        assert!(is_via("SIP/2.0/UDP 127.0.0.1:17500;branch=z9hG4bK-1-0;rport"));
        for other in
            ["", "*", "<>", "<sip:>", "<sip:a@>", "<sip:-a>", "<sip:a..b>", "<sip:1.2.3>", "<sip:a:70000>"]
        {
            assert!(!is_address(other), "{other}");
        }
    }

    /// Pieces of which all three are made, and what does not belong there.
    fn pieces() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "<",
            ">",
            "sip:",
            "sips:",
            "SIP/2.0/",
            "UDP",
            "TCP",
            " ",
            "alice",
            "a-b",
            "@",
            "mc.example.org",
            "1.2.3.4",
            "1.2.3",
            "-",
            ".",
            "_",
            ":",
            "5060",
            "65536",
            "",
            ";",
            "=",
            "lr",
            "tag",
            "branch",
            "\"",
            "\\",
            "%",
            "%41",
            "[::1]",
            ",",
            "?",
            "&",
            "/",
            "$",
            "(",
            "\u{e9}",
            "\t",
            "\r\n",
            "rport",
            "+g.3gpp",
            "x",
        ]);
        prop::collection::vec(piece, 0..12).prop_map(|pieces| pieces.concat())
    }

    /// A plain value with one piece put somewhere.
    fn changed() -> impl Strategy<Value = String> {
        let whole = prop::sample::select(vec![
            "<sip:alice@mc.example.org:5060;lr;x=1>;tag=a;q=\"b c\"",
            "sip:alice@1.2.3.4;transport=udp",
            "SIP/2.0/UDP a-1.example.org:5060;branch=z9hG4bK1;rport;received=192.0.2.1",
        ]);
        (whole, any::<prop::sample::Index>(), pieces()).prop_map(|(whole, at, piece)| {
            let (front, behind) = whole.split_at(at.index(whole.len()));
            [front, &piece, behind].concat()
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        #[test]
        fn what_is_plain_can_be_read(text in prop_oneof![pieces(), changed()]) {
            prop_assert!(!is_address(&text) || NameAddr::parse(&text).is_ok(), "address {text:?}");
            prop_assert!(!is_uri(&text) || Uri::parse(&text).is_ok(), "URI {text:?}");
            prop_assert!(!is_via(&text) || Via::parse(&text).is_ok(), "Via {text:?}");
        }
    }
}
