//! Folding, compact forms, odd spelling, and octets that are refused.

use bytes::Bytes;

use HeaderName as Name;

use super::super::{HeaderName, Headers, Limits, Method, Part, Request, Response, SipMessage, StatusCode};
use super::{decode, fields};
use crate::text::ByteStr;
use crate::{DecodeError, Deviation};

fn examine(octets: &[u8]) -> Result<crate::Decoded<SipMessage>, DecodeError> {
    SipMessage::examine(&Bytes::copy_from_slice(octets), &Limits::default())
}

const ODD: &[u8] = b"INVITE sip:b@example.org SIP/2.0\r\n\
    TO :\r\n sip:vivekg@example.org ;   tag    = 1918181833n\r\n\
    f   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.org>\r\n  ;\r\n  tag = 98asjd8\r\n\
    mAx-FoRwArDs:70\r\n\
    i:\t0ha0isndaksdj@10.1.1.1\t\r\n\
    cseq: 8\r\n     INVITE\r\n\
    Subject:\r\n\
    X-Unknown-Header: with  two  spaces\r\n\
    v:  SIP  / 2.0  / UDP  192.0.2.2;branch=z9hG4bKa ,\r\n SIP/2.0/TCP spindle.example.org;branch=z9hG4bKb\r\n\
    s : \xc3\xbc\r\n\
    k: timer,\r\n\t100rel\r\n\
    l: 0\r\n\r\n";

#[test]
fn spelling_and_folds_survive_and_the_values_are_plain() {
    let message = examine(ODD).unwrap();
    assert_eq!(message.deviations, []);
    assert_eq!(
        fields(message.value.headers()),
        [
            (Name::To, "sip:vivekg@example.org ;   tag    = 1918181833n"),
            (Name::From, "\"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.org> ; tag = 98asjd8"),
            (Name::MaxForwards, "70"),
            (Name::CallId, "0ha0isndaksdj@10.1.1.1"),
            (Name::CSeq, "8 INVITE"),
            (Name::Subject, ""),
            (Name::from("x-unknown-header"), "with  two  spaces"),
            (
                Name::Via,
                "SIP  / 2.0  / UDP  192.0.2.2;branch=z9hG4bKa , SIP/2.0/TCP spindle.example.org;branch=z9hG4bKb"
            ),
            (Name::Subject, "\u{fc}"),
            (Name::Supported, "timer, 100rel"),
            (Name::ContentLength, "0"),
        ]
    );
    let headers = message.value.headers();
    assert_eq!(headers.to_address().unwrap().tag(), Some("1918181833n"));
    assert_eq!(headers.from_address().unwrap().display.as_deref(), Some("J Rosenberg \\\""));
    assert_eq!(headers.from_address().unwrap().tag(), Some("98asjd8"));
    assert_eq!(headers.cseq().unwrap().to_string(), "8 INVITE");
    assert_eq!(headers.top_via().unwrap().to_string(), "SIP/2.0/UDP 192.0.2.2;branch=z9hG4bKa");
    assert_eq!(headers.values(&Name::Supported).collect::<Vec<_>>(), ["timer", "100rel"]);
    assert_eq!(message.value.encode(), ODD);
}

#[test]
fn names_of_every_length_and_values_of_every_shape_are_found() {
    for length in 1..=40 {
        for (written, value) in [
            ("", ""),
            (" ", ""),
            ("v", "v"),
            (" v", "v"),
            ("\tv ", "v"),
            (" v:w", "v:w"),
            (" :", ":"),
            ("\t\r\n v\t", "v"),
        ] {
            let name = "z".repeat(length);
            let text = format!("A a SIP/2.0\r\n{name}:{written}\r\n{name} :{written}\r\nl:0\r\n\r\n");
            let message = examine(text.as_bytes()).unwrap().value;
            let name = Name::from(name.as_str());
            let expected = [(name.clone(), value), (name, value), (Name::ContentLength, "0")];
            assert_eq!(fields(message.headers()), expected, "{text:?}");
            assert_eq!(message.encode(), text.as_bytes());
        }
    }
}

#[test]
fn lines_show_what_was_received() {
    let mut message = examine(ODD).unwrap().value;
    message.headers_mut().push(Name::Server, "mcptt");
    let lines: Vec<_> = message.headers().lines().collect();
    assert_eq!(lines[4].received, Some("cseq: 8\r\n     INVITE\r\n"));
    assert_eq!((lines[4].name, lines[4].value.as_str()), (&Name::CSeq, "8 INVITE"));
    assert_eq!((lines[11].name, lines[11].received), (&Name::Server, None));
}

#[test]
fn a_changed_field_is_respelled_and_the_others_are_not() {
    let mut message = examine(ODD).unwrap().value;
    let headers = message.headers_mut();
    headers.set(Name::Subject, "new\r\nX-Injected: 1");
    headers.remove(&Name::Via);
    headers.push_front(Name::Via, "SIP/2.0/UDP h");
    let text = String::from_utf8(message.encode().to_vec()).unwrap();
    assert_eq!(
        text,
        "INVITE sip:b@example.org SIP/2.0\r\n\
         Via: SIP/2.0/UDP h\r\n\
         TO :\r\n sip:vivekg@example.org ;   tag    = 1918181833n\r\n\
         f   : \"J Rosenberg \\\\\\\"\"       <sip:jdrosen@example.org>\r\n  ;\r\n  tag = 98asjd8\r\n\
         mAx-FoRwArDs:70\r\n\
         i:\t0ha0isndaksdj@10.1.1.1\t\r\n\
         cseq: 8\r\n     INVITE\r\n\
         Subject: new  X-Injected: 1\r\n\
         X-Unknown-Header: with  two  spaces\r\n\
         k: timer,\r\n\t100rel\r\n\
         l: 0\r\n\r\n"
    );
}

#[test]
fn content_length_follows_the_body() {
    let mut message = examine(ODD).unwrap().value;
    let SipMessage::Request(request) = &mut message else { panic!("a request") };
    request.body = Bytes::from_static(b"abc");
    assert!(message.encode().ends_with(b"\r\nContent-Length: 3\r\n\r\nabc"));

    let mut request = Request::new(Method::Options, "sip:a@b");
    assert_eq!(request.encode(), "OPTIONS sip:a@b SIP/2.0\r\nContent-Length: 0\r\n\r\n");
    request.set_parts(&[Part::new("text/plain", "hi")]);
    assert_eq!(
        request.encode(),
        "OPTIONS sip:a@b SIP/2.0\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi"
    );
}

//= RFC3261-7.5 test
//= RFC3261-18.3:surplus test
//= RFC3261-20.14 test
#[test]
fn what_a_strict_sender_would_not_do_is_noted() {
    let leading = examine(b"\r\n\r\nOPTIONS sip:a SIP/2.0\r\nl: 1\r\n\r\nabc").unwrap();
    assert_eq!(
        leading.deviations,
        [
            Deviation { offset: 0, requirement: "RFC3261-7.5" },
            Deviation { offset: 36, requirement: "RFC3261-18.3:surplus" },
        ]
    );
    assert_eq!(leading.value.encode(), "OPTIONS sip:a SIP/2.0\r\nl: 1\r\n\r\na");

    let unannounced = examine(b"SIP/2.0 200 \r\nc: a/b\r\n\r\nabc").unwrap();
    assert_eq!(unannounced.deviations, [Deviation { offset: 24, requirement: "RFC3261-20.14" }]);
    assert_eq!(unannounced.value.body(), "abc");
    assert_eq!(unannounced.value.encode(), "SIP/2.0 200 \r\nc: a/b\r\n\r\nabc");
    let mut changed = unannounced.value;
    if let SipMessage::Response(response) = &mut changed {
        response.body = Bytes::new();
    }
    assert_eq!(changed.encode(), "SIP/2.0 200 \r\nc: a/b\r\nContent-Length: 0\r\n\r\n");
}

#[test]
fn start_lines_that_can_be_represented_are_kept() {
    for line in [
        "!interesting-Method0123456789_*+`.%indeed'~ sip:a@b SIP/2.0",
        "OPTIONS sip:a@b sip/2.0",
        "OPTIONS sip:a@b SIP/7.0",
        "INVITE sip:user@example.com; lr SIP/2.0",
        "INVITE  sip:user@example.com  SIP/2.0",
        "INVITE  SIP/2.0",
        "OPTIONS nobodyKnowsThisScheme:totallyopaquecontent SIP/2.0",
        "SIP/2.0 100 ",
        "SIP/2.0 200 = 2**3 * 5**2 \u{43d}\u{43e}",
        "SIP/3.1 999 what",
    ] {
        let datagram = Bytes::from(format!("{line}\r\nl:0\r\n\r\n"));
        assert_eq!(decode(&datagram).encode(), datagram, "{line}");
    }
}

#[test]
fn what_cannot_be_represented_is_refused_with_its_place() {
    let invalid = DecodeError::invalid;
    let missing = DecodeError::missing;
    for (octets, error) in [
        (&b""[..], missing(0, "empty line after the header fields")),
        (b"\r\n\r\n\r\n", missing(6, "empty line after the header fields")),
        (b"OPTIONS sip:a SIP/2.0\r\n", missing(23, "empty line after the header fields")),
        (b"OPTIONS sip:a SIP/2.0\n\n", invalid(21, "line end")),
        (b"OPTIONS sip:a\r\n\r\n", invalid(0, "start line")),
        (b"OPTIONS sip:a SIP/2.0 \r\n\r\n", invalid(0, "start line")),
        (b"OPT{IONS sip:a SIP/2.0\r\n\r\n", invalid(0, "start line")),
        (b"OPTIONS sip:a HTTP/1.1\r\n\r\n", invalid(0, "start line")),
        (b"OPTIONS sip:\0a SIP/2.0\r\n\r\n", invalid(0, "start line")),
        (b"OPTIONS sip:a SIP/2.0\nv: x\r\n\r\n", invalid(21, "line end")),
        (b"SIP/2.0 20 OK\r\n\r\n", invalid(0, "start line")),
        (b"SIP/2.0 4294967301 better not\r\n\r\n", invalid(0, "start line")),
        (b"SIP/2.0 200\r\n\r\n", invalid(0, "start line")),
        (b"OPTIONS sip:a SIP/2.0\r\n v: x\r\n\r\n", invalid(23, "header field name")),
        (b"OPTIONS sip:a SIP/2.0\r\nl: 0\r\nno colon\r\n\r\n", invalid(29, "header field name")),
        (b"OPTIONS sip:a SIP/2.0\r\n: x\r\n\r\n", invalid(23, "header field name")),
        (b"OPTIONS sip:a SIP/2.0\r\na b: x\r\n\r\n", invalid(23, "header field name")),
        (b"OPTIONS sip:a SIP/2.0\r\nv: x\ny\r\n\r\n", invalid(27, "line end")),
        (b"OPTIONS sip:a SIP/2.0\r\nv: x\ry\r\n\r\n", invalid(27, "line end")),
        (b"OPTIONS sip:a SIP/2.0\r\ns: \xff\r\n\r\n", invalid(26, "header section")),
        (b"OPTIONS sip:a SIP/2.0\r\nl: -1\r\n\r\n", invalid(0, "Content-Length")),
        (b"OPTIONS sip:a SIP/2.0\r\nl: 99999999999999999999\r\n\r\n", invalid(0, "Content-Length")),
        (b"OPTIONS sip:a SIP/2.0\r\nl: 0\r\nl: 1\r\n\r\nx", invalid(0, "Content-Length")),
        (b"OPTIONS sip:a SIP/2.0\r\nl: 4\r\n\r\nabc", DecodeError::truncated(31, "body", 4, 3)),
    ] {
        assert_eq!(examine(octets), Err(error), "{}", String::from_utf8_lossy(octets));
    }
    assert!(examine(b"OPTIONS sip:a SIP/2.0\r\nl: 1\r\nContent-Length: 01\r\n\r\nx").is_ok());
}

#[test]
fn limits_hold() {
    let limits = Limits { message: 120, start_line: 30, headers: 3, header_field: 20, ..Limits::default() };
    let decode = |text: &str| SipMessage::decode(&Bytes::from(text.to_owned()), &limits).map(drop);
    let too_large = |offset, what, limit, got| Err(DecodeError::too_large(offset, what, limit, got));
    assert_eq!(decode("A sip:a SIP/2.0\r\na:1\r\nb:2\r\nl:0\r\n\r\n"), Ok(()));
    assert_eq!(
        decode("A sip:a SIP/2.0\r\na:1\r\nb:2\r\nc:3\r\nl:0\r\n\r\n"),
        too_large(32, "header fields", 3, 4)
    );
    assert_eq!(
        decode("A sip:a SIP/2.0\r\nab:\r\n 45678901234567890\r\n\r\n"),
        too_large(17, "header field", 20, 25)
    );
    assert_eq!(decode("A sip:a90123456789012345678901 SIP/2.0\r\n\r\n"), too_large(0, "start line", 30, 38));
    assert_eq!(decode(&"x".repeat(121)), too_large(0, "message", 120, 121));
}

#[test]
fn the_body_is_a_slice_of_the_datagram_and_so_are_the_values() {
    let datagram = Bytes::from_static(b"INFO sip:a SIP/2.0\r\nX: value\r\nl: 4\r\n\r\n\0\xff\r\n");
    let message = decode(&datagram);
    let inside = datagram.as_ptr_range();
    assert!(inside.contains(&message.body().as_ptr()));
    assert_eq!(message.body().as_ref(), b"\0\xff\r\n");
    assert!(message.headers().iter().all(|(_, value)| inside.contains(&value.as_bytes().as_ptr())));
    assert_eq!(message.encode(), datagram);
}

#[test]
fn an_answer_repeats_what_identifies_the_transaction() {
    let request = super::request(
        "INVITE sip:a SIP/2.0\nv: SIP/2.0/UDP b;branch=2\nRecord-Route: <sip:r2;lr>\nVia: SIP/2.0/UDP a;branch=1\n\
         From: <sip:f>;tag=1\nt: <sip:t>\nCall-ID: c\nCSeq: 1 INVITE\nSubject: s\nRecord-Route: <sip:r1;lr>\n\n",
    );
    let answer = Response::to(&request, StatusCode::RINGING).copy_record_route(&request);
    assert_eq!(
        answer.encode(),
        "SIP/2.0 180 Ringing\r\nVia: SIP/2.0/UDP b;branch=2\r\nVia: SIP/2.0/UDP a;branch=1\r\n\
         From: <sip:f>;tag=1\r\nTo: <sip:t>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n\
         Record-Route: <sip:r2;lr>\r\nRecord-Route: <sip:r1;lr>\r\nContent-Length: 0\r\n\r\n"
    );
}

#[test]
fn header_lists_can_be_changed() {
    let mut headers: Headers =
        [(Name::Allow, "A"), (Name::Route, "<sip:1,2>, <sip:3>"), (Name::Allow, "B")].into_iter().collect();
    assert_eq!(headers.values(&Name::Route).collect::<Vec<_>>(), ["<sip:1,2>", "<sip:3>"]);
    headers.set(Name::Allow, "C").push(Name::Route, "<sip:4>");
    assert_eq!(
        fields(&headers),
        [(Name::Allow, "C"), (Name::Route, "<sip:1,2>, <sip:3>"), (Name::Route, "<sip:4>")]
    );
    assert_eq!((headers.len(), headers.remove(&Name::Route), headers.len()), (3, 2, 1));
    assert_eq!((headers.remove(&Name::Route), headers.contains(&Name::Route)), (0, false));
    assert_eq!(headers.get(&Name::Allow), Some(&ByteStr::from("C")));
    headers.set(Name::from("x-a"), "1");
    assert_eq!(headers.get(&HeaderName::from("X-A")).map(|value| value.as_str()), Some("1"));
}

#[test]
fn commas_in_quotes_and_brackets_do_not_separate() {
    for (value, expected) in [
        ("", vec![]),
        (" , ,", vec![]),
        ("a, b ,c", vec!["a", "b", "c"]),
        ("\"a, b\" <sip:c,d@e>;x=\"f,\\\",g\", h", vec!["\"a, b\" <sip:c,d@e>;x=\"f,\\\",g\"", "h"]),
        ("<a\"b>, c", vec!["<a\"b>", "c"]),
        ("\"open, c", vec!["\"open, c"]),
        ("<open, c", vec!["<open, c"]),
    ] {
        assert_eq!(super::super::elements(value).collect::<Vec<_>>(), expected, "{value}");
    }
}
