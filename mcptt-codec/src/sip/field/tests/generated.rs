//! A generator of sound values for every header field: each value is taken without deviation and written stably, and no
//! prefix of it and no changed octet in it does harm.

use proptest::prelude::*;
use proptest::string::string_regex;
use proptest::test_runner::{Config, TestRunner};

use super::super::super::HeaderName as Name;
use super::super::canonical;
use crate::fuzzing::sip::{VIEWS, sip_header};
use crate::text::ByteStr;

/// How often a value of each form is made.
const VALUES: u32 = 12;

/// The form of the values of a header field: a regular expression in which `{word}` and its like stand for the parts of
/// [`PARTS`].
fn form(name: &Name) -> &'static str {
    match name {
        Name::Via => {
            "SIP/2\\.0/(UDP|TCP|TLS) {host}(:{port})?;branch=z9hG4bK[a-z0-9]{1,8}(;rport(={port})?)?\
             (;received=192\\.0\\.2\\.[1-9])?(, SIP/2\\.0/UDP {host})?"
        }
        Name::From | Name::To => "({quoted} )?<{uri}>(;tag={token})?",
        Name::CallId => "{call_id}",
        Name::CSeq => "{number} (INVITE|NOTIFY|X{token})",
        Name::RAck => "{number} {number} (INVITE|X{token})",
        Name::RSeq => "{number}",
        Name::Contact => {
            "\\*|({quoted} )?<{uri}>(;q=0\\.[1-9])?(;expires={number})?(;\\+g\\.3gpp\\.mcptt)?(;isfocus)?(, <{uri}>)?"
        }
        Name::MaxForwards => "[0-9]{1,2}|1[0-9]{2}|25[0-5]",
        Name::ContentLength | Name::Expires | Name::MinExpires | Name::FlowTimer | Name::MaxBreadth => {
            "{number}"
        }
        Name::Route | Name::RecordRoute | Name::Path | Name::ServiceRoute | Name::ReferEventsAt => {
            "({quoted} )?<{uri}>(, <{uri}>){0,2}"
        }
        Name::ContentType => "[a-z]{1,8}/[a-z][a-z.+-]{0,12}(;charset=[a-z0-9-]{1,8})?(;boundary={quoted})?",
        Name::ContentDisposition => "(session|recipient-list|{token})(;handling=(optional|required))?",
        Name::ContentId => "<[a-z0-9]{1,10}(\\.[a-z0-9]{1,4})?@[a-z0-9]{1,10}>",
        Name::MimeVersion => "[1-9]\\.[0-9]",
        Name::ContentEncoding
        | Name::ContentLanguage
        | Name::Require
        | Name::ProxyRequire
        | Name::Unsupported
        | Name::PEarlyMedia
        | Name::RequestDisposition => "{token}(, {token}){0,3}",
        Name::Supported | Name::Allow => "|{token}(, {token}){0,3}",
        Name::ContentTransferEncoding
        | Name::SipEtag
        | Name::SipIfMatch
        | Name::SuppressIfMatch
        | Name::Priority
        | Name::GeolocationRouting => "{token}",
        Name::Event => "{package}(;id={token})?(;x={quoted})?",
        Name::AllowEvents => "{package}(, {package}){0,2}",
        Name::SubscriptionState => {
            "(active|pending|terminated|{token})(;expires={number})?(;reason={token})?(;retry-after={number})?"
        }
        Name::Accept => "|[a-z]{1,6}/[a-z][a-z+]{0,8}(;q=0\\.[1-9])?(, \\*/\\*;q=0)?",
        Name::AcceptEncoding | Name::AcceptLanguage => "|[a-z]{2}(-[a-z]{2})?(;q=0\\.[1-9])?(, \\*)?",
        Name::AcceptContact => {
            "\\*;\\+g\\.3gpp\\.[a-z]{1,6}(=\"[a-z0-9]{1,9}\")?(;require)?(;explicit)?(, \\*;audio)?"
        }
        Name::RejectContact | Name::FeatureCaps => "\\*;\\+g\\.[a-z]{1,8}(=\"[a-z0-9]{1,8}\")?(, \\*;video)?",
        Name::Warning => "[1-6][0-9]{2} {host}(:{port})? {quoted}(, 399 {host} \"1[0-9]{2} [a-z ]{0,9}\")?",
        Name::ErrorInfo | Name::AlertInfo | Name::CallInfo | Name::Geolocation => {
            "<(https://[a-z]{1,8}/[a-z]{0,8}|cid:[a-z]{1,6}@[a-z]{1,6})>(;purpose={token})?"
        }
        Name::SessionExpires | Name::MinSe => "{number}(;refresher=ua[cs])?",
        Name::PAssertedIdentity | Name::PPreferredIdentity => {
            "({quoted} )?<sip:[a-z]{1,8}@{host}>(, <tel:\\+[1-9][0-9]{3,8}>)?"
        }
        Name::PAssertedService | Name::PPreferredService => "urn:urn-7:[a-z0-9]{1,10}(\\.[a-z0-9]{1,6}){0,3}",
        Name::PAnswerState => "(Confirmed|Unconfirmed|{token})(;x={token})?",
        Name::PAccessNetworkInfo => {
            "3GPP-[A-Z]{1,6}(;utran-cell-id-3gpp=[0-9a-f]{4,16})?(;network-provided)?"
        }
        Name::PVisitedNetworkId => "({token}|{quoted})(;x={token})?",
        Name::PChargingVector => "icid-value=[a-z0-9]{1,12}(;orig-ioi=[a-z]{1,6})?(;term-ioi=[a-z]{1,6})?",
        Name::PChargingFunctionAddresses => "ccf=[a-z0-9.]{1,9}(;ecf=[a-z0-9.]{1,9})?",
        Name::PAssociatedUri => "|<{uri}>(, <{uri}>)?",
        Name::PermissionMissing | Name::TriggerConsent => "<{uri}>(, <{uri}>)?",
        Name::PCalledPartyId | Name::PProfileKey | Name::ReplyTo => "({quoted} )?<{uri}>(;x={token})?",
        Name::PServedUser => "<{uri}>(;sescase=(orig|term))?(;regstate=(reg|unreg))?",
        Name::AnswerMode | Name::PrivAnswerMode => "(Auto|Manual)(;require)?(;x={token})?",
        Name::ResourcePriority => "mcptt[pq]\\.([0-9]|1[0-5])(, dsn\\.flash)?",
        Name::AcceptResourcePriority => "|mcptt[pq]\\.([0-9]|1[0-5])(, wps\\.[0-4])?",
        Name::ResourceShare => {
            "supported|(no-)?media-sharing;origin=session-(initiator|receiver)(;rules=\"k1:k[1-7]:UL-DL\")?(;timestamp={number})?"
        }
        Name::PriorityShare => "(not-)?allowed",
        Name::RetryAfter => "{number}( \\([a-z ]{0,8}\\))?(;duration={number})?",
        Name::ReferTo => {
            "<sip:[a-z]{1,6}@{host}(;method=(BYE|INVITE))?(\\?Event=[a-z]{1,4}(&body=%3C[a-z]{0,6})?)?>(;x={token})?"
        }
        Name::ReferSub => "(true|false)(;x={token})?",
        Name::ReferredBy => "<{uri}>(;cid=\"[a-z0-9]{1,8}@[a-z]{1,8}\")?",
        Name::Replaces => "{call_id};to-tag={token};from-tag={token}(;early-only)?",
        Name::Join => "{call_id};from-tag={token};to-tag={token}",
        Name::TargetDialog => "{call_id};local-tag={token};remote-tag={token}",
        Name::HistoryInfo => "<{uri}>;index=1(\\.[1-9]){0,3}(;(rc|mp|np)=1)?(, <{uri}>;index=2)?",
        Name::Authorization | Name::ProxyAuthorization => {
            "Digest username={quoted}, realm={quoted}, nonce=\"[a-z0-9]{1,9}\", uri=\"sip:[a-z]{1,8}\", \
             response=\"[0-9a-f]{32}\"(, nc=[0-9a-f]{8})?|Bearer [A-Za-z0-9._~+/-]{1,20}={0,2}"
        }
        Name::WwwAuthenticate | Name::ProxyAuthenticate => {
            "Digest realm={quoted}, nonce=\"[a-z0-9]{1,9}\"(, qop=\"auth(,auth-int)?\")?(, algorithm=(MD5|SHA-256))?"
        }
        Name::AuthenticationInfo => "nextnonce=\"[a-z0-9]{1,10}\"(, nc=[0-9a-f]{8})?",
        Name::SecurityClient | Name::SecurityServer | Name::SecurityVerify => {
            "(tls|ipsec-3gpp|digest)(;q=0\\.[1-9])?(;spi-c={number})?(, {token})?"
        }
        Name::UserAgent | Name::Server => "{token}(/{token})?( \\([a-z ]{0,8}\\))?( {token})?",
        Name::InReplyTo => "{call_id}(, {call_id})?",
        Name::Date => "Sat, 13 Nov 2010 (0[0-9]|1[0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9] GMT",
        Name::Timestamp => "{number}(\\.[0-9]{1,3})?( [0-9]{1,3}(\\.[0-9]{1,3})?)?",
        Name::InfoPackage => "{package}(;x={token})?",
        Name::RecvInfo => "|{package}(, {package}){0,2}",
        Name::Reason => "(SIP|Q\\.850|{token});cause=[1-9][0-9]{0,2}(;text={quoted})?",
        Name::Privacy => "(id|none|header|{token})(;(user|session)){0,2}",
        Name::GeolocationError => "[1-9][0-9]{2}(;code={quoted})?",
        Name::SessionId => "[0-9a-f]{32}(;remote=[0-9a-f]{32})?",
        Name::Identity => {
            "[A-Za-z0-9_-]{1,10}\\.[A-Za-z0-9_-]{1,10}\\.[A-Za-z0-9_-]{1,10};info=<https://[a-z]{1,8}/>(;ppt=shaken)?"
        }
        Name::UserToUser => "([0-9a-f]{2}){1,8}(;encoding=hex)?",
        Name::Organization | Name::Subject => "|[!-~]([ -~\u{e4}]{0,12}[!-~])?",
        other => panic!("{other} has a view and no generator"),
    }
}

/// What the names in braces stand for.
const PARTS: [(&str, &str); 8] = [
    ("{uri}", "(sips?:([a-z0-9]{1,8}@)?{host}(:{port})?(;lr)?|tel:\\+[1-9][0-9]{3,9})"),
    ("{host}", "([a-z]{1,6}(\\.example\\.org)?|\\[2001:db8::[1-9a-f]{1,4}\\]|192\\.0\\.2\\.[1-9])"),
    ("{port}", "[1-9][0-9]{0,3}"),
    ("{number}", "[1-9][0-9]{0,8}"),
    ("{quoted}", "\"([ !#-\\[\\]-~\u{e4}]|\\\\\"){0,8}\""),
    ("{token}", "[A-Za-z][A-Za-z0-9.!%*_+`'~-]{0,7}"),
    ("{call_id}", "[a-z0-9-]{1,12}(@[a-z0-9.]{1,10})?"),
    ("{package}", "[a-z]{1,8}(\\.[a-z]{1,6})?"),
];

/// Every prefix of the value, and every octet replaced by one that means something and by one that differs in a bit.
fn disturb(view: u8, value: &str) {
    let mut octets = vec![view];
    octets.extend(value.bytes());
    let marks = b"\";,<>=@: %\\(*";
    for at in 1..octets.len() {
        sip_header(&octets[..at]);
        let kept = octets[at];
        for other in [marks[at % marks.len()], kept ^ (1 << (at % 8))] {
            octets[at] = other;
            sip_header(&octets);
        }
        octets[at] = kept;
    }
}

#[test]
fn every_header_field_has_sound_values_that_no_damage_makes_harmful() {
    for (view, name) in VIEWS.iter().enumerate() {
        let form =
            PARTS.iter().fold(form(name).to_owned(), |form, (part, meaning)| form.replace(part, meaning));
        let values = string_regex(&form).unwrap_or_else(|error| panic!("{name}: {error}"));
        let mut runner =
            TestRunner::new(Config { cases: VALUES, failure_persistence: None, ..Config::default() });
        let outcome = runner.run(&values, |value| {
            let decoded = canonical(name, &ByteStr::from(value.as_str()));
            let decoded = decoded.map_err(|error| TestCaseError::fail(format!("{value}: {error}")))?;
            prop_assert_eq!(&decoded.deviations, &[], "{}", value);
            let again = canonical(name, &ByteStr::from(decoded.value.as_str()));
            prop_assert_eq!(again.map(|again| again.value), Ok(decoded.value), "{}", value);
            disturb(u8::try_from(view).expect("fewer than 256 views"), &value);
            Ok(())
        });
        outcome.unwrap_or_else(|error| panic!("{name}: {error}"));
    }
}
