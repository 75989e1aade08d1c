//! Warnings of MCPTT functions (TS 24.379 4.4): the MCPTT code stands inside the quoted text of a 399
//! warning.

use std::fmt;

use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::combinator::recognize;
use nom::sequence::terminated;

use super::grammar::{Parsed, quote, quoted_string, unquote, white_space, whole};
use super::header::HeaderName;
use super::headers::Headers;
use super::uri::Uri;
use crate::text::ByteStr;

/// The wording of a code from one release on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WarningText {
    /// The MCPTT warning code.
    pub code: u16,
    /// The release that this wording came with.
    pub release: u8,
    /// The wording.
    pub text: &'static str,
}

const fn warning(code: u16, release: u8, text: &'static str) -> WarningText {
    WarningText { code, release, text }
}

/// The texts whose wording is established (TS 24.379 table 4.4.2-1), by code and release. Some codes are
/// defined whose wording is not known here; they are sent with the number alone.
pub const WARNINGS: &[WarningText] = &[
    warning(100, 13, "function not allowed due to"),
    warning(101, 13, "service authorisation failed"),
    warning(102, 13, "too many simultaneous affiliations"),
    warning(103, 13, "maximum simultaneous MCPTT group calls reached"),
    warning(104, 13, "isfocus not assigned"),
    warning(105, 13, "subscription not allowed in a broadcast group call"),
    warning(106, 13, "user not authorised to join chat group"),
    warning(107, 13, "user not authorised to make private calls"),
    warning(108, 13, "user not authorised to make chat group calls"),
    warning(109, 13, "user not authorised to make prearranged group calls"),
    warning(110, 13, "user declined the call invitation"),
    warning(111, 13, "group call proceeded without all required group members"),
    warning(112, 13, "group call abandoned due to required group members not part of the group session"),
    warning(113, 13, "group document does not exist"),
    warning(114, 13, "unable to retrieve group document"),
    warning(115, 13, "group is disabled"),
    warning(116, 13, "user is not part of the MCPTT group"),
    warning(117, 13, "the group identity indicated in the request is a prearranged group"),
    warning(118, 13, "the group identity indicated in the request is a chat group"),
    warning(119, 13, "user is not authorised to initiate the group call"),
    warning(120, 13, "user is not affiliated to this group"),
    warning(121, 13, "user is not authorised to join the group call"),
    warning(122, 13, "too many participants"),
    warning(123, 13, "MCPTT session already exists"),
    warning(124, 13, "maximum number of private calls reached"),
    warning(125, 13, "user not authorised to make private call with automatic commencement"),
    warning(126, 13, "user not authorised to make private call with manual commencement"),
    warning(127, 13, "user not authorised to be called in private call"),
    warning(128, 13, "isfocus already assigned"),
    // One letter short of the protocol's name, in every release.
    warning(136, 13, "authentication of the MIKEY-SAKE I_MESSAGE failed"),
    warning(137, 13, "the indicated group call does not exist"),
    warning(138, 13, "subscription of conference events not allowed"),
    warning(139, 13, "integrity protection check failed"),
    warning(140, 13, "unable to decrypt XML content"),
    warning(141, 13, "user unknown to the participating function"),
    warning(142, 13, "unable to determine the controlling function"),
    warning(143, 13, "not authorised to force auto answer"),
    warning(144, 13, "user not authorised to call this particular user"),
    warning(145, 13, "unable to determine called party"),
    warning(146, 13, "T-PF unable to determine the service settings for the called user"),
    warning(147, 13, "user is authorized to initiate a temporary group call"),
    warning(148, 13, "MCPTT group is regrouped"),
    warning(148, 16, "group is regrouped"),
    warning(149, 13, "SIP-INFO request pending"),
    warning(149, 17, "SIP INFO request pending"),
    warning(150, 13, "invalid combinations of data received in MIME body"),
    warning(151, 14, "user not authorised to make a private call call-back request"),
    warning(152, 14, "user not authorised to make a private call call-back cancel request"),
    warning(153, 14, "user not authorised to call any of the users requested in the first-to-answer call"),
    warning(154, 14, "user not authorised to make ambient listening call"),
    warning(156, 14, "user not authorised to originate a first-to-answer call"),
    warning(163, 16, "the group identity indicated in the request does not exist"),
    warning(165, 16, "group ID for regroup already in use"),
    warning(167, 17, "call is not allowed on the preconfigured group"),
    warning(168, 17, "alert is not allowed on the preconfigured group"),
    warning(169, 17, "user not authorised to remove regroup in an emergency state"),
    warning(179, 17, "service not authorized with the interconnected system"),
    warning(185, 18, "user not authorised to initiate the adhoc group call"),
    warning(186, 18, "the MCPTT system do not support adhoc group call"),
    warning(187, 18, "can't determine the adhoc group participants"),
    warning(189, 18, "maximum number of allowed adhoc group participants exceeded"),
    warning(201, 20, "user not authorized to change the functional alias status"),
];

/// The newest release that the table knows.
const NEWEST: u8 = 20;

/// The release that first defined a code; `None` for a number that no release defines.
pub const fn first_release(code: u16) -> Option<u8> {
    Some(match code {
        100..=128 | 136..=150 => 13,
        151..=156 => 14,
        157..=158 => 15,
        159..=165 => 16,
        166..=183 => 17,
        184..=195 => 18,
        196..=201 => 20,
        //= 24.379-4.4.2:gap
        _ => return None,
    })
}

/// Why code 100 was given.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DetailedReason {
    /// The group document does not allow it.
    GroupDefinition,
    /// The access policy does not allow it.
    AccessPolicy,
    /// The policy of this function does not allow it.
    LocalPolicy,
    /// The user is not authorised.
    UserAuthorisation,
    /// There are no pre-established sessions here.
    PreEstablishedSessionNotSupported,
    /// Any other reason, in words.
    Other(ByteStr),
}

impl DetailedReason {
    /// The wording.
    pub fn as_str(&self) -> &str {
        match self {
            Self::GroupDefinition => "group definition",
            Self::AccessPolicy => "access policy",
            Self::LocalPolicy => "local policy",
            Self::UserAuthorisation => "user authorisation",
            Self::PreEstablishedSessionNotSupported => "pre-established session not supported",
            Self::Other(text) => text.as_str(),
        }
    }
}

/// The Warning value of an MCPTT code in the wording of the newest release. `host` is the host name of the
/// function that warns: [`warning_agent`] of its identity.
///
/// Code 100 says "local policy"; [`function_not_allowed`] says more. A number that no release defines is not
/// sent: the value then is a plain one.
pub fn warning_value(host: &str, code: u16) -> ByteStr {
    warning_in_release(host, code, NEWEST)
        .unwrap_or_else(|| plain_warning(host, "refused for a reason without a code"))
}

/// The Warning value of an MCPTT code for a peer of that release; `None` when that release does not define
/// the code.
pub fn warning_in_release(host: &str, code: u16, release: u8) -> Option<ByteStr> {
    //= 24.379-4.4.2:release
    first_release(code).filter(|first| *first <= release)?;
    if code == NOT_ALLOWED {
        return Some(function_not_allowed(host, &DetailedReason::LocalPolicy));
    }
    let known = WARNINGS.iter().rfind(|entry| entry.code == code && entry.release <= release);
    Some(McpttWarning { code, text: ByteStr::from_static(known.map_or("", |entry| entry.text)) }.value(host))
}

/// The Warning value of code 100 with its reason.
pub fn function_not_allowed(host: &str, reason: &DetailedReason) -> ByteStr {
    //= 24.379-4.4.2:100
    let text = format!("function not allowed due to {}", reason.as_str());
    McpttWarning { code: NOT_ALLOWED, text: text.into() }.value(host)
}

/// A Warning value without an MCPTT code.
pub fn plain_warning(host: &str, text: &str) -> ByteStr {
    //= 24.379-4.4.2:ext
    value(host, text)
}

/// The host name that warnings of a function carry: that of its public service identity.
pub fn warning_agent(identity: &Uri) -> &str {
    //= 24.379-4.4.1:host
    identity.host.as_str()
}

const NOT_ALLOWED: u16 = 100;

/// The warn-code of RFC 3261 20.43 that all of these share.
const MISCELLANEOUS: &str = "399";

fn value(host: &str, text: &str) -> ByteStr {
    //= 24.379-4.4.1
    format!("{MISCELLANEOUS} {host} {}", quote(text)).into()
}

/// An MCPTT warning as it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct McpttWarning {
    /// The MCPTT code, three digits.
    pub code: u16,
    /// What follows the code.
    pub text: ByteStr,
}

impl McpttWarning {
    /// Takes one element of a Warning field apart. `None` when it carries no MCPTT code: another warn-code,
    /// or a plain text. The host may be missing, as in the printed example of clause 4.4.1.
    pub fn parse(value: &str) -> Option<Self> {
        let quoted = whole(value, "Warning", miscellaneous_warning).ok()?;
        let text = unquote(quoted);
        let (code, rest) = text.split_at_checked(3)?;
        //= 24.379-4.4.2:ext
        let numbered = code.bytes().all(|octet| octet.is_ascii_digit())
            && !rest.starts_with(|c: char| c.is_ascii_alphanumeric());
        let code = numbered.then(|| code.parse().ok())??;
        Some(Self { code, text: rest.trim_start_matches(' ').into() })
    }

    /// The MCPTT warnings of a message, in order.
    pub fn all(headers: &Headers) -> impl Iterator<Item = Self> {
        headers.values(&HeaderName::Warning).filter_map(Self::parse)
    }

    /// The Warning value with this code and text.
    pub fn value(&self, host: &str) -> ByteStr {
        value(host, &self.to_string())
    }
}

/// The inside of the quotes.
impl fmt::Display for McpttWarning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:03}", self.code)?;
        if self.text.is_empty() { Ok(()) } else { write!(f, " {}", self.text) }
    }
}

/// `399 [warn-agent] warn-text`; the quoted text.
fn miscellaneous_warning(input: &str) -> Parsed<'_, &str> {
    let agent = take_while1(|c: char| c.is_ascii_graphic() && !matches!(c, '"' | ','));
    let gap = || recognize((alt((tag(" "), tag("\t"))), white_space));
    let with_agent = terminated((tag(MISCELLANEOUS), gap(), agent), gap());
    let without = terminated(recognize(tag(MISCELLANEOUS)), gap());
    let (rest, _) = alt((recognize(with_agent), recognize(without))).parse(input)?;
    quoted_string(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    //= 24.379-4.4.1 test
    //= 24.379-4.4.1:host test
    #[test]
    fn a_warning_carries_399_the_host_and_the_code_inside_the_quotes() {
        for (psi, expected) in [
            (
                "sip:groups@cf.mc.example.org",
                "399 cf.mc.example.org \"120 user is not affiliated to this group\"",
            ),
            ("sip:cf.mc.example.org", "399 cf.mc.example.org \"120 user is not affiliated to this group\""),
            ("sip:cf@[2001:db8::1]:5060", "399 [2001:db8::1] \"120 user is not affiliated to this group\""),
        ] {
            let psi = Uri::parse(psi).unwrap();
            assert_eq!(warning_value(warning_agent(&psi), 120), expected);
        }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for WarningText { code, text, .. } in WARNINGS.iter().filter(|entry| entry.code != NOT_ALLOWED) {
            let value = McpttWarning { code: *code, text: (*text).into() }.value("cf.example.org");
            assert_eq!(McpttWarning::parse(&value), Some(McpttWarning { code: *code, text: (*text).into() }));
        }
        assert_eq!(warning_value("h", 159), "399 h \"159\"");
        assert_eq!(
            McpttWarning::parse("399 h \"159\""),
            Some(McpttWarning { code: 159, text: ByteStr::EMPTY })
        );
    }

    //= 24.379-4.4.2:100 test
    #[test]
    fn code_100_ends_with_its_reason() {
        for (reason, expected) in [
            (DetailedReason::GroupDefinition, "399 h \"100 function not allowed due to group definition\""),
            (DetailedReason::AccessPolicy, "399 h \"100 function not allowed due to access policy\""),
            (DetailedReason::LocalPolicy, "399 h \"100 function not allowed due to local policy\""),
            (
                DetailedReason::UserAuthorisation,
                "399 h \"100 function not allowed due to user authorisation\"",
            ),
            (
                DetailedReason::PreEstablishedSessionNotSupported,
                "399 h \"100 function not allowed due to pre-established session not supported\"",
            ),
            (
                DetailedReason::Other("a \"storm\"".into()),
                "399 h \"100 function not allowed due to a \\\"storm\\\"\"",
            ),
        ] {
            assert_eq!(function_not_allowed("h", &reason), expected);
        }
        assert_eq!(warning_value("h", 100), function_not_allowed("h", &DetailedReason::LocalPolicy));
    }

    //= 24.379-4.4.2:gap test
    #[test]
    fn numbers_that_were_never_allocated_are_not_sent() {
        for code in (129..=135).chain([0, 99, 202, 999]) {
            assert_eq!(first_release(code), None);
            assert_eq!(warning_in_release("h", code, NEWEST), None);
            assert_eq!(warning_value("h", code), "399 h \"refused for a reason without a code\"");
            assert!(WARNINGS.iter().all(|entry| entry.code != code));
        }
    }

    //= 24.379-4.4.2:release test
    #[test]
    fn a_code_is_sent_only_to_a_release_that_defines_it() {
        for code in 184..=195 {
            assert_eq!(warning_in_release("h", code, 13), None);
            assert!(warning_in_release("h", code, 18).is_some());
        }
        for (code, release, expected) in [
            (148, 15, "399 h \"148 MCPTT group is regrouped\""),
            (148, 16, "399 h \"148 group is regrouped\""),
            (149, 16, "399 h \"149 SIP-INFO request pending\""),
            (149, 17, "399 h \"149 SIP INFO request pending\""),
            (100, 13, "399 h \"100 function not allowed due to local policy\""),
        ] {
            assert_eq!(warning_in_release("h", code, release), Some(expected.into()));
        }
    }

    #[test]
    fn the_table_is_in_order_and_agrees_with_the_releases() {
        assert!(WARNINGS.is_sorted_by(|a, b| (a.code, a.release) < (b.code, b.release)));
        for entry in WARNINGS {
            let first = WARNINGS.iter().find(|other| other.code == entry.code).unwrap();
            assert_eq!(Some(first.release), first_release(entry.code));
        }
    }

    //= 24.379-4.4.2:ext test
    #[test]
    fn warnings_without_an_mcptt_code_do_no_harm() {
        let mut headers = Headers::new();
        headers.push(
            HeaderName::Warning,
            "399 a.example \"123 MCPTT session already exists\", 399 b.example \"plain, without number\"",
        );
        headers.push(HeaderName::Warning, plain_warning("c.example", "1234 is no code"));
        headers.push(HeaderName::Warning, "370 d.example \"100 Insufficient Bandwidth\"");
        headers.push(HeaderName::Warning, "399 \"149 SIP INFO request pending\"");
        headers.push(HeaderName::Warning, "399 e:5060 \"147\",399 broken \"unterminated");
        let codes: Vec<_> = McpttWarning::all(&headers).map(|warning| (warning.code, warning.text)).collect();
        assert_eq!(
            codes,
            [
                (123, "MCPTT session already exists".into()),
                (149, "SIP INFO request pending".into()),
                (147, ByteStr::EMPTY),
            ]
        );
    }

    #[test]
    fn other_shapes_are_no_mcptt_warning() {
        for value in [
            "",
            "399",
            "399 h",
            "399 h \"\"",
            "399 h \"12\"",
            "399 h \"abc\"",
            "399 h 120",
            "399h \"120\"",
            "399 h \"\u{fc}\u{fc}1\"",
        ] {
            assert_eq!(McpttWarning::parse(value), None, "{value}");
        }
    }
}
