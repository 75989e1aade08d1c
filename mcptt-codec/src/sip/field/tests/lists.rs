//! Lists, numbers, dates, texts.

use std::time::Duration;

use super::super::super::HeaderName as Name;
use super::super::super::{Headers, Method};
use super::super::{
    CallId, Date, FieldValue, List, MediaRange, MimeVersion, Product, Products, Qvalue, RetryAfter,
    Timestamp, Token, Warning, Weighted,
};
use super::{kept, lacks, read, refused, told, written};
use crate::DecodeError;

#[test]
fn token_lists() {
    for name in [Name::Supported, Name::Require, Name::ProxyRequire, Name::Unsupported] {
        kept(&name, &["timer", "timer, norefersub, tdialog, 100rel"]);
        written(&name, &[("timer,norefersub\t,  tdialog", "timer, norefersub, tdialog")]);
        refused(&name, &[("a b", 2), ("timer, a;b", 8), ("timer, \"x\"", 7), ("a, \u{fc}", 3)]);
    }
    kept(&Name::Supported, &[""]);
    kept(&Name::Allow, &["", "INVITE, ACK, BYE, NEW-METHOD"]);
    kept(&Name::ContentEncoding, &["gzip, deflate"]);
    kept(&Name::ContentLanguage, &["en-GB, de"]);
    kept(&Name::RequestDisposition, &["proxy, no-fork, recurse"]);
    kept(&Name::PEarlyMedia, &["supported", "sendrecv, gated"]);
    for name in [Name::Require, Name::Unsupported, Name::ContentEncoding, Name::ContentLanguage] {
        lacks(&name, &[("", "token"), (" ", "token")]);
    }
    refused(&Name::Allow, &[("INVITE, /", 8)]);
}

//= RFC3261-list test
#[test]
fn empty_elements_are_told() {
    told(
        &Name::Supported,
        &[
            (",timer", "timer", &[(0, "RFC3261-list")]),
            ("timer,", "timer", &[(5, "RFC3261-list")]),
            ("timer ,, 100rel", "timer, 100rel", &[(5, "RFC3261-list")]),
            (" , ", "", &[(0, "RFC3261-list")]),
        ],
    );
    told(&Name::Require, &[("a,,b,", "a, b", &[(1, "RFC3261-list"), (4, "RFC3261-list")])]);
}

#[test]
fn lists_are_bounded_and_join_several_fields() {
    let many = vec!["a"; 257].join(",");
    assert_eq!(List::<Token>::parse(&many), Err(DecodeError::too_large(0, "token", 256, 257)));
    let headers: Headers =
        [(Name::Supported, "tdialog"), (Name::Supported, "explicitsub, nosub")].into_iter().collect();
    let tags: Vec<Token> = headers.list(&Name::Supported).unwrap();
    assert_eq!(tags, ["tdialog", "explicitsub", "nosub"].map(Token::from_static));
    assert_eq!(headers.list::<Token>(&Name::Require), Ok(vec![]));
    assert_eq!(headers.field::<Token>(&Name::Supported), Err(DecodeError::too_large(0, "token", 1, 2)));
    assert_eq!(headers.field::<Token>(&Name::SipEtag), Ok(None));
    let methods: List<Method, 0> = read("INVITE,invite, BYE");
    assert_eq!(methods.0, [Method::Invite, Method::Other("invite".into()), Method::Bye]);
}

#[test]
fn tokens_have_no_case() {
    assert_eq!(Token::new("Timer"), Some(Token::from_static("timer")));
    assert_ne!(Token::from_static("timer"), Token::from_static("timers"));
    assert_eq!((Token::new(""), Token::new("a b")), (None, None));
    assert_eq!(read::<Token>(" Timer ").to_string(), "Timer");
}

#[test]
fn numbers() {
    for name in [Name::Expires, Name::MinExpires, Name::FlowTimer, Name::MaxBreadth, Name::ContentLength] {
        kept(&name, &["0", "3600", "4294967295"]);
        written(&name, &[(" 0090\t", "90")]);
        refused(
            &name,
            &[("", 0), ("-1", 0), ("+1", 0), ("1.5", 1), ("4294967296", 0), ("1 2", 2), ("1;a", 1)],
        );
    }
    kept(&Name::MaxForwards, &["0", "70", "255"]);
    refused(&Name::MaxForwards, &[("256", 0), ("x", 0)]);
    kept(&Name::RSeq, &["1", "4294967295"]);
    refused(&Name::RSeq, &[("0", 0), ("4294967296", 0)]);
    kept(&Name::RAck, &["776656 1 INVITE"]);
    kept(&Name::CSeq, &["4711 INVITE"]);
    refused(&Name::CSeq, &[("2147483648 INVITE", 0), ("1", 1)]);
    kept(&Name::MimeVersion, &["1.0"]);
    refused(&Name::MimeVersion, &[("1", 1), ("1.0 (x)", 4), ("1.", 2)]);
    assert_eq!(read::<MimeVersion>("1.0"), MimeVersion::V1_0);
}

#[test]
fn retry_after() {
    kept(
        &Name::RetryAfter,
        &[
            "120",
            "18000;duration=3600",
            "120 (I'm in a meeting)",
            "120 (a (nested \\) one) b);duration=60;x=y",
        ],
    );
    written(&Name::RetryAfter, &[("5( x ) ; duration = 7", "5 ( x );duration=7")]);
    refused(
        &Name::RetryAfter,
        &[("", 0), ("soon", 0), ("5 (x", 2), ("5 x", 2), ("5;duration=x", 11), ("5;duration", 2)],
    );
    let value: RetryAfter = read("18000 (busy);duration=3600");
    assert_eq!(
        (value.seconds, value.comment.as_deref(), value.duration()),
        (18000, Some("(busy)"), Some(3600))
    );
    assert_eq!(RetryAfter::new(5).to_string(), "5");
}

#[test]
fn timestamps_keep_their_digits() {
    kept(&Name::Timestamp, &["54", "54.", "54.050", "54 0.3", "54.1 2", "54 .25"]);
    refused(&Name::Timestamp, &[("", 0), (".5", 0), ("1 .", 2), ("1 x", 2), ("-1", 0)]);
    for (text, delay) in [
        ("54", None),
        ("54 2", Some(Duration::from_secs(2))),
        ("54 .25", Some(Duration::from_millis(250))),
        ("54 1.0000019", Some(Duration::from_micros(1_000_001))),
    ] {
        assert_eq!(read::<Timestamp>(text).delay(), delay, "{text}");
    }
}

#[test]
fn dates() {
    kept(
        &Name::Date,
        &[
            "Sat, 13 Nov 2010 23:29:00 GMT",
            "Thu, 01 Jan 1970 00:00:00 GMT",
            "Thu, 29 Feb 2024 12:00:59 GMT",
            "Fri, 31 Dec 9999 23:59:59 GMT",
            "Mon, 01 Jan 0001 00:00:00 GMT",
            "Sat, 31 Dec 2016 23:59:60 GMT",
        ],
    );
    refused(
        &Name::Date,
        &[
            ("", 0),
            ("Sun, 13 Nov 2010 23:29:00 GMT", 0),
            ("sat, 13 Nov 2010 23:29:00 GMT", 0),
            ("Sat, 13 nov 2010 23:29:00 GMT", 8),
            ("Sat, 13 Nov 10 23:29:00 GMT", 12),
            ("Sat, 3 Nov 2010 23:29:00 GMT", 5),
            ("Sat, 13 Nov 2010 23:29:00 UTC", 25),
            ("Sat, 13 Nov 2010 23:29:00 +0000", 25),
            ("Saturday, 13-Nov-10 23:29:00 GMT", 3),
            ("Sat, 13 Nov 2010 24:00:00 GMT", 0),
            ("Wed, 30 Feb 2022 00:00:00 GMT", 0),
        ],
    );
    for (unix, text) in [
        (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
        (1_289_690_940, "Sat, 13 Nov 2010 23:29:00 GMT"),
        (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
        (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"),
    ] {
        let date = Date::from_unix(unix).unwrap();
        assert_eq!((date.to_string().as_str(), date.unix()), (text, unix));
        assert_eq!(read::<Date>(text), date);
    }
    assert_eq!((Date::from_unix(253_402_300_800), Date::from_unix(u64::MAX)), (None, None));
    assert_eq!((Date::new(2023, 2, 29, 0, 0, 0), Date::new(0, 1, 1, 0, 0, 0)), (None, None));
    assert_eq!(Date::new(1969, 12, 31, 0, 0, 0).unwrap().unix(), 0);
}

#[test]
fn preferences() {
    kept(&Name::Accept, &["", "application/sdp;level=1, application/x-private, text/html", "*/*;q=0.1"]);
    refused(
        &Name::Accept,
        &[("*/sdp", 2), ("a", 1), ("a/b;q=2", 6), ("a/b, c/d;q=0.1234", 11), ("a/b;q=\"1\"", 6)],
    );
    for name in [Name::AcceptEncoding, Name::AcceptLanguage] {
        kept(&name, &["", "gzip", "da, en-gb;q=0.8, *;q=0"]);
        refused(&name, &[("en;q=x", 5), ("en;q=1.001", 5), ("en/gb", 2)]);
    }
    let range: MediaRange = read("application/*;q=0.25");
    assert_eq!((range.quality().as_thousandths(), range.accepts("application/sdp")), (250, true));
    assert!(!read::<MediaRange>("text/plain;q=0").accepts("text/plain"));
    assert_eq!(read::<Weighted>("*").quality(), Qvalue::ONE);
    for (text, written) in
        [("0", "0"), ("0.", "0"), ("0.5", "0.5"), ("0.050", "0.05"), ("1.000", "1"), ("1.0", "1")]
    {
        assert_eq!(text.parse::<Qvalue>().unwrap().to_string(), written);
    }
    for text in ["", "2", "1.1", "0.1234", ".5", "-0", "0.+1", "00"] {
        assert!(text.parse::<Qvalue>().is_err(), "{text}");
    }
    assert_eq!((Qvalue::thousandths(1000), Qvalue::thousandths(1001)), (Some(Qvalue::ONE), None));
}

#[test]
fn products() {
    for name in [Name::UserAgent, Name::Server] {
        kept(&name, &["mcptt-server/0.1", "Softphone/Beta1.5 (test (x)) a", "(only a comment)"]);
        written(&name, &[("A / 1\t(b)  C", "A/1 (b) C")]);
        refused(&name, &[("", 0), ("a/", 1), ("a (b", 2), ("a@b", 1), ("a, b", 1)]);
    }
    assert_eq!(
        read::<Products>("A/1 (b)").0,
        [
            Product::Named { name: Token::from_static("A"), version: Token::new("1") },
            Product::Comment("(b)".into()),
        ]
    );
}

#[test]
fn texts_and_call_ids() {
    kept(&Name::Subject, &["", "Need more boxes", "\u{dc}bung, \"x\""]);
    written(&Name::Organization, &[("  Rescue Co. ", "Rescue Co.")]);
    refused(&Name::Subject, &[("a\u{1}b", 1), (" a\u{7f}", 2)]);
    for name in [Name::CallId, Name::InReplyTo] {
        kept(&name, &["70710@saturn.bell-tel.com", "f81d4fae-7dec-11d0", "a(b)c[{?}]:/\\"]);
        refused(&name, &[("a@", 1), ("a@b@c", 3), ("a b", 2), ("a;b", 1)]);
    }
    kept(&Name::InReplyTo, &["1@a, 2@b"]);
    assert_ne!(read::<CallId>("A@b"), read::<CallId>("a@b"));
    for name in
        [Name::SipEtag, Name::SipIfMatch, Name::SuppressIfMatch, Name::Priority, Name::GeolocationRouting]
    {
        kept(&name, &["dx200xyz", "*"]);
        refused(&name, &[("", 0), ("a b", 2), ("\"a\"", 0)]);
    }
    kept(&Name::ContentTransferEncoding, &["base64"]);
    kept(&Name::from("X-Anything"), &["goes; as = it <is"]);
}

//= 24.379-4.4.1:host test
#[test]
fn warnings() {
    kept(
        &Name::Warning,
        &[
            "399 cf.mc.example.org \"123 MCPTT session already exists\"",
            "307 isi.edu \"Session parameter 'foo' not understood\", 301 isi.edu:5060 \"say \\\"no\\\", please\"",
            "399 [2001:db8::1]:5060 \"\"",
        ],
    );
    told(
        &Name::Warning,
        &[(
            "399 \"110 user declined the call invitation\"",
            "399 \"110 user declined the call invitation\"",
            &[(4, "24.379-4.4.1:host")],
        )],
    );
    refused(
        &Name::Warning,
        &[
            ("", 0),
            ("39 h \"x\"", 0),
            ("3990 h \"x\"", 0),
            ("399 h x", 6),
            ("399 h \"x", 8),
            ("399 h", 4),
            ("399 h \"x\" y", 10),
        ],
    );
    let warning: Warning = read("399 h \"a \\\"b\\\"\"");
    let expected = Warning { code: 399, agent: Some("h".into()), text: "a \"b\"".into() };
    assert_eq!(warning, expected);
}
