//! URIs, addresses, Via and media types.

use super::super::{ContentType, NameAddr, Params, Scheme, Transport, Uri, Via};
use crate::text::ByteStr;
use crate::{DecodeError, DecodeErrorKind};

fn uri(text: &str) -> Uri {
    Uri::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

#[test]
fn a_sip_uri_is_taken_apart() {
    let parsed = uri(
        "sips:alice;day=tue:secret@[2001:db8::1]:5061;transport=TCP;lr;gr=urn:uuid:1?Subject=a%20b&body=",
    );
    let mut params = Params::new();
    params.set("transport", "TCP").set_flag("lr").set("gr", "urn:uuid:1");
    assert_eq!(
        parsed,
        Uri {
            scheme: Scheme::Sips,
            user: Some("alice;day=tue".into()),
            password: Some("secret".into()),
            host: "[2001:db8::1]".into(),
            port: Some(5061),
            params,
            headers: vec![("Subject".into(), "a%20b".into()), ("body".into(), "".into())],
            opaque: ByteStr::EMPTY,
        }
    );
    assert_eq!(parsed.address(), Some("2001:db8::1".parse().unwrap()));
    assert_eq!(parsed.header("subject").as_deref(), Some("a b"));
    assert_eq!(parsed.params.get("TRANSPORT"), Some("TCP"));
    assert_eq!(parsed.params.get("lr"), Some(""));
    assert_eq!(parsed.params.get("maddr"), None);
    assert_eq!(parsed.bare().to_string(), "sips:alice;day=tue@[2001:db8::1]:5061");
}

#[test]
fn uris_are_written_as_they_were_read() {
    for text in [
        "sip:10.1.1.5",
        "sip:pf@pf.mc.example.org",
        "sip:s-8b1f@cf.mc.example.org;gr=k3",
        "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-it)@example.com",
        "sip:sips%3Auser%40example.com@example.net",
        "sip:user@host?Subject=foo&Call-Info=%3Chttp://www.foo.com%3E",
        "tel:+1-201-555-0123;phone-context=example.com",
        "urn:uuid:00000000-0000-4000-8000-0000000000a1",
        "urn:service:sos",
        "cid:l1@ue.example.org",
        "mailto:a@b?subject=x",
        "nobodyKnowsThisScheme:totallyopaquecontent",
    ] {
        assert_eq!(uri(text).to_string(), text);
    }
    assert_eq!(uri("SIP:A@B").to_string(), "sip:A@B");
}

#[test]
fn what_is_no_uri_is_refused_with_its_place() {
    for (text, offset) in [
        ("", 0),
        ("alice", 5),
        (":a", 0),
        ("1sip:a", 0),
        ("sip:", 4),
        ("sip:@b", 4),
        ("sip:a@", 6),
        ("sip:a@b:", 7),
        ("sip:a@b:65536", 7),
        ("sip:a@[::g]", 6),
        ("sip:a@b;", 8),
        ("sip:a@b; lr", 8),
        ("sip:a@b;x=%4", 9),
        ("sip:a%zz@b", 4),
        ("sip:a b@c", 4),
        ("sip:a@b>", 7),
        ("sip:a@b?x", 7),
        ("tel:", 4),
        ("tel:alice", 5),
        ("urn:", 4),
        ("http://a b", 5),
    ] {
        assert_eq!(Uri::parse(text), Err(DecodeError::invalid(offset, "URI")), "{text}");
    }
    let many = format!("sip:a{}", ";p".repeat(65));
    assert_eq!(Uri::parse(&many), Err(DecodeError::too_large(133, "URI", 64, 65)));
    let many = format!("sip:a?h={}", "&h=".repeat(32));
    assert!(matches!(Uri::parse(&many), Err(DecodeError { kind: DecodeErrorKind::TooLarge { .. }, .. })));
}

/// The examples of RFC 3261 19.1.4, and those of the other schemes.
#[test]
fn addresses_are_taken_apart() {
    for (text, display, address, params) in [
        ("<sip:a@b;lr>;tag=x", None, "sip:a@b;lr", ";tag=x"),
        ("sip:a@b;tag=x", None, "sip:a@b", ";tag=x"),
        ("sip:a@b ; tag = x ; y", None, "sip:a@b", ";tag=x;y"),
        ("Alice <sip:a@b>", Some("Alice"), "sip:a@b", ""),
        ("Alice van  Dyke\t<sip:a@b>", Some("Alice van  Dyke"), "sip:a@b", ""),
        ("\"Bell, A \\\"x\\\" \\\\\"<sip:a@b>;q=0.5", Some("Bell, A \"x\" \\"), "sip:a@b", ";q=0.5"),
        ("\"\" <sip:a@b>", Some(""), "sip:a@b", ""),
        ("\u{43d}\u{43e} <sip:a@b>", Some("\u{43d}\u{43e}"), "sip:a@b", ""),
        ("<tel:+1201>", None, "tel:+1201", ""),
        ("tel:+1201;tag=1", None, "tel:+1201", ";tag=1"),
        ("<urn:service:sos>", None, "urn:service:sos", ""),
        ("<cid:l1@ue.example.org>", None, "cid:l1@ue.example.org", ""),
        ("<sip:a@b?Route=%3Csip:c%3E>;r=\"x;y\"", None, "sip:a@b?Route=%3Csip:c%3E", ";r=\"x;y\""),
        ("<sip:[::1]:5060>;received=2001:db8::1", None, "sip:[::1]:5060", ";received=2001:db8::1"),
    ] {
        let parsed = NameAddr::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        let display = display.filter(|name: &&str| !name.is_empty());
        let shown = parsed.display.as_deref().filter(|name| !name.is_empty());
        assert_eq!((shown, parsed.uri.to_string().as_str()), (display, address), "{text}");
        assert_eq!(parsed.params.to_string(), params);
        let headers: crate::sip::Headers = [(crate::sip::HeaderName::From, text)].into_iter().collect();
        assert_eq!(headers.tag(&crate::sip::HeaderName::From).as_deref(), parsed.tag(), "{text}");
        assert_eq!(NameAddr::parse(&parsed.to_string()).as_ref(), Ok(&parsed), "{parsed}");
    }
}

#[test]
fn what_is_no_address_is_refused() {
    for text in [
        "",
        "*",
        "<>",
        "<sip:a@b",
        "sip:a@b>",
        "Bell, Alexander <sip:a@b>",
        "\"open <sip:a@b>",
        "<sip:a@b>;",
        "<sip:a@b> x",
        "sip:a@b?Route=%3Csip:c%3E",
        "<sip:a@b>;tag=",
        "< sip:a@b>",
        "<<sip:a@b>>",
    ] {
        assert!(NameAddr::parse(text).is_err(), "{text}");
    }
    let error = NameAddr::parse("Alice <sip:a@b:x>").unwrap_err();
    assert_eq!(error, DecodeError::invalid(14, "address"));
}

#[test]
fn address_lists_are_split_at_the_right_commas() {
    let list = NameAddr::parse_list("\"a, b\" <sip:c,d@e>, sip:f@g;x=\"1,2\",<sip:h>").unwrap();
    let hosts: Vec<_> = list.iter().map(|address| address.uri.host.as_str()).collect();
    assert_eq!(hosts, ["e", "g", "h"]);
    let many = "<sip:a>,".repeat(257);
    assert_eq!(NameAddr::parse_list(&many), Err(DecodeError::too_large(0, "addresses", 256, 257)));
    assert!(NameAddr::parse_list("<sip:a>, bad").is_err());
}

#[test]
fn a_tag_can_be_added() {
    let to = NameAddr::new(uri("sip:a@b")).with_tag("t1");
    assert_eq!((to.tag(), to.to_string().as_str()), (Some("t1"), "<sip:a@b>;tag=t1"));
    let quoted = NameAddr { display: Some("a \"b\"\r\n".into()), ..to };
    assert_eq!(quoted.to_string(), "\"a \\\"b\\\"  \" <sip:a@b>;tag=t1");
}

#[test]
fn parameters_keep_their_order_and_spelling() {
    let mut params = NameAddr::parse("<sip:a>;A=1;b;a=2;c=\"x\\\"y\"").unwrap().params;
    assert_eq!((params.get("a"), params.raw("c").map(ByteStr::as_str)), (Some("1"), Some("\"x\\\"y\"")));
    assert_eq!((params.get("c"), params.unquoted("C").as_deref()), (Some("x\\\"y"), Some("x\"y")));
    params.set("a", "3").set_flag("d").set_quoted("e", "f g");
    assert_eq!(params.to_string(), ";a=3;b;c=\"x\\\"y\";d;e=\"f g\"");
    assert_eq!((params.remove("B"), params.remove("b"), params.len(), params.is_empty()), (1, 0, 4, false));
}

#[test]
fn hops_are_taken_apart() {
    for (text, transport, host, port, written) in [
        ("SIP/2.0/UDP 10.1.1.5:5060;branch=z9hG4bK1;rport", Transport::Udp, "10.1.1.5", Some(5060), None),
        ("SIP/2.0/TLS [2001:db8::1]", Transport::Tls, "[2001:db8::1]", None, None),
        (
            "sip / 2.0 / tcp first.example.com : 4000 ; ttl = 16",
            Transport::Tcp,
            "first.example.com",
            Some(4000),
            Some("SIP/2.0/TCP first.example.com:4000;ttl=16"),
        ),
        ("SIP/2.0/QUIC h", Transport::Other("QUIC".into()), "h", None, None),
    ] {
        let via = Via::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        assert_eq!((&via.transport, via.host.as_str(), via.port), (&transport, host, port));
        assert_eq!(via.to_string(), written.unwrap_or(text));
    }
    for text in [
        "",
        "SIP/2.0/UDP",
        "SIP/7.0/UDP a",
        "SIP/2.0/UDP a:70000",
        "SIP/2.0/UDP a;",
        "HTTP/2.0/TCP a",
        "SIP/2.0/UDP a b",
    ] {
        assert!(Via::parse(text).is_err(), "{text}");
    }
}

#[test]
fn responses_go_where_the_request_came_from() {
    let source = "192.0.2.9:4711".parse().unwrap();
    let noted = |text: &str| {
        let mut via = Via::parse(text).unwrap();
        via.received_from(source);
        (via.to_string(), via.response_target().map(|target| target.to_string()))
    };
    for (text, written, target) in [
        ("SIP/2.0/UDP 192.0.2.9:5062;branch=1", "SIP/2.0/UDP 192.0.2.9:5062;branch=1", "192.0.2.9:5062"),
        (
            "SIP/2.0/UDP 10.1.1.5;branch=1",
            "SIP/2.0/UDP 10.1.1.5;branch=1;received=192.0.2.9",
            "192.0.2.9:5060",
        ),
        ("SIP/2.0/TLS host", "SIP/2.0/TLS host;received=192.0.2.9", "192.0.2.9:5061"),
        (
            "SIP/2.0/UDP 192.0.2.9;rport;branch=1",
            "SIP/2.0/UDP 192.0.2.9;rport=4711;branch=1;received=192.0.2.9",
            "192.0.2.9:4711",
        ),
    ] {
        assert_eq!(noted(text), (written.to_owned(), Some(target.to_owned())));
    }
    let own = Via::new(Transport::Udp, "cf.example.org", None, "z9hG4bKx");
    assert_eq!(own.to_string(), "SIP/2.0/UDP cf.example.org;branch=z9hG4bKx");
    assert_eq!((own.has_rfc3261_branch(), own.sent_by(), own.response_target()), (true, None, None));
    assert!(!Via::new(Transport::Tcp, "h", None, "1").has_rfc3261_branch());
    assert!(Transport::Tcp.is_reliable() && !Transport::Udp.is_reliable());
}

#[test]
fn media_types_are_taken_apart() {
    let media = ContentType::parse("Multipart/Mixed ; Boundary=\"a b\" ; x=y").unwrap();
    assert!(media.is("multipart/mixed") && media.is_multipart() && !media.is("multipart"));
    assert_eq!(media.params.get("boundary"), Some("a b"));
    assert_eq!(media.to_string(), "Multipart/Mixed;Boundary=\"a b\";x=y");
    for (accept, covered) in
        [("application/sdp;q=0.5", true), ("application/*", true), ("*/*", true), ("text/*", false)]
    {
        assert_eq!(ContentType::parse(accept).unwrap().accepts("application/sdp"), covered, "{accept}");
    }
    for text in ["", "application", "application/", "/sdp", "a/b/c", "a/b;"] {
        assert!(ContentType::parse(text).is_err(), "{text}");
    }
}
