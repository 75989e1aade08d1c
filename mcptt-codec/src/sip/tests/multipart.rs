//! Bodies of several parts.

use bytes::Bytes;

use HeaderName as Name;

use super::super::multipart::{body_parts, parse, set_body, write};
use super::super::{HeaderName, Headers, Limits, Part};
use super::fields;
use crate::DecodeError;

fn split(content_type: &str, body: &str) -> Result<Vec<Part>, DecodeError> {
    parse(content_type, &Bytes::from(body.to_owned()), &Limits::default())
}

fn bodies(parts: &[Part]) -> Vec<&str> {
    parts.iter().map(|part| std::str::from_utf8(&part.body).unwrap()).collect()
}

#[test]
fn parts_stand_between_delimiter_lines() {
    for (content_type, body, expected) in [
        ("multipart/mixed;boundary=b", "--b\r\n\r\none\r\n--b--\r\n", vec!["one"]),
        ("multipart/mixed;boundary=b", "--b\r\n\r\none\r\n--b--", vec!["one"]),
        ("multipart/mixed;boundary=b", "--b\r\n\r\n\r\n--b\r\n\r\n\r\n\r\n--b--", vec!["", "\r\n"]),
        (
            "multipart/mixed;boundary=b",
            "preamble\r\n--b \t\r\n\r\none\r\n--b\r\n\r\ntwo\r\n--b-- \r\nepilogue\r\n--b",
            vec!["one", "two"],
        ),
        (
            "multipart/mixed;boundary=b",
            "x --b\r\n\r\n--b\r\n\r\n--b2\r\n--b-\r\n a--b\r\n--bb--\r\n--b--",
            vec!["--b2\r\n--b-\r\n a--b\r\n--bb--"],
        ),
        (
            "multipart/mixed; boundary=\"a b?:/='()+_,-.\"",
            "--a b?:/='()+_,-.\r\n\r\none\r\n--a b?:/='()+_,-.--",
            vec!["one"],
        ),
        ("MULTIPART/related;BOUNDARY=\"--\"", "----\r\n\r\none\r\n------\r\n", vec!["one"]),
        ("multipart/mixed;boundary=b", "--b--", vec![]),
        ("multipart/mixed;boundary=b", "--b\r\nA: 1\r\n\r\n--b\r\nA: 2\r\n\r\n\r\n--b--", vec!["", ""]),
    ] {
        let parts = split(content_type, body).unwrap_or_else(|error| panic!("{body:?}: {error}"));
        assert_eq!(bodies(&parts), expected, "{body:?}");
    }
}

#[test]
fn a_part_has_header_fields_of_its_own() {
    let parts = split(
        "multipart/mixed;boundary=b",
        "--b\r\nc: application/sdp\r\nContent-Disposition: session;\r\n handling=optional\r\nX-Y: z\r\n\r\nv=0\r\n\r\n--b--",
    )
    .unwrap();
    let [part] = parts.as_slice() else { panic!() };
    assert_eq!(
        fields(&part.headers),
        [
            (Name::ContentType, "application/sdp"),
            (Name::ContentDisposition, "session; handling=optional"),
            (Name::from("X-Y"), "z"),
        ]
    );
    assert!(part.is("Application/SDP") && !part.is("application/sd") && !part.is_required());
    assert_eq!((part.disposition(), part.content_id()), (Some("session"), None));
    assert_eq!(part.body, "v=0\r\n");
    assert!(Part::default().is("text/plain") && Part::default().is_required());
    assert!(!Part::new("broken", "").is("text/plain"));
}

#[test]
fn broken_bodies_are_refused_with_their_place() {
    let invalid = DecodeError::invalid;
    let missing = DecodeError::missing;
    let long = format!("multipart/mixed;boundary={}", "b".repeat(71));
    for (content_type, body, error) in [
        ("application/sdp", "", invalid(0, "multipart media type")),
        ("multipart/mixed", "", missing(0, "boundary")),
        ("multipart/mixed;boundary=\"\"", "", invalid(0, "boundary")),
        ("multipart/mixed;boundary=\"b \"", "", invalid(0, "boundary")),
        ("multipart/mixed;boundary=\"b\\\"\"", "", invalid(0, "boundary")),
        (&long, "", invalid(0, "boundary")),
        ("multipart/mixed;boundary=b", "", missing(0, "first delimiter")),
        ("multipart/mixed;boundary=b", "\n--b\n\none\n--b--", missing(0, "first delimiter")),
        ("multipart/mixed;boundary=b", "--b\r\n\r\none\r\n", missing(12, "closing delimiter")),
        ("multipart/mixed;boundary=b", "--b\r\n\r\none--b--", missing(15, "closing delimiter")),
        ("multipart/mixed;boundary=b", "--b\r\n--b--", invalid(5, "body part")),
        (
            "multipart/mixed;boundary=b",
            "--b\r\nc: a/b\r\n--b--",
            missing(11, "empty line after the header fields of a body part"),
        ),
        ("multipart/mixed;boundary=b", "--b\r\nno name\r\n\r\n\r\n--b--", invalid(5, "header field name")),
    ] {
        assert_eq!(split(content_type, body), Err(error), "{content_type} {body:?}");
    }
    let binary = Bytes::from_static(b"--b\r\nc: \xff\r\n\r\n\r\n--b--");
    let error = invalid(8, "header section");
    assert_eq!(parse("multipart/mixed;boundary=b", &binary, &Limits::default()), Err(error));
}

#[test]
fn parts_are_counted_and_their_headers_too() {
    let body = |count| "--b\r\n\r\n\r\n".repeat(count) + "--b--";
    assert_eq!(split("multipart/mixed;boundary=b", &body(16)).unwrap().len(), 16);
    let error = DecodeError::too_large(0, "body parts", 16, 17);
    assert_eq!(split("multipart/mixed;boundary=b", &body(17)), Err(error));
    let crowded = format!("--b\r\n{}\r\n\r\n--b--", "a:1\r\n".repeat(257));
    let error = DecodeError::too_large(5 + 5 * 256, "header fields", 256, 257);
    assert_eq!(split("multipart/mixed;boundary=b", &crowded), Err(error));
}

fn nested(depth: usize) -> (Headers, Bytes) {
    let mut part = Part::new("text/plain", "core");
    for level in 0..depth {
        let boundary = format!("b{level}");
        let body = write(&[part, Part::new("text/x", format!("level {level}"))], &boundary);
        part = Part::new(format!("multipart/mixed;boundary={boundary}"), body);
    }
    (part.headers, part.body)
}

#[test]
fn nested_multiparts_are_flattened_to_a_depth() {
    let limits = Limits { depth: 3, ..Limits::default() };
    let (headers, body) = nested(3);
    let parts = body_parts(&headers, &body, &limits).unwrap();
    assert_eq!(bodies(&parts), ["core", "level 0", "level 1", "level 2"]);
    let (headers, body) = nested(4);
    let error = DecodeError::too_large(0, "depth of multipart bodies", 3, 4);
    assert_eq!(body_parts(&headers, &body, &limits), Err(error));
    let limits = Limits { depth: 5, parts: 4, ..Limits::default() };
    let error = DecodeError::too_large(0, "body parts", 4, 5);
    assert_eq!(body_parts(&headers, &body, &limits), Err(error));
}

#[test]
fn a_single_body_is_the_only_part() {
    let limits = Limits::default();
    let mut headers = Headers::new();
    assert_eq!(body_parts(&headers, &Bytes::new(), &limits), Ok(vec![]));
    let body = Bytes::from_static(b"v=0\r\n");
    assert_eq!(body_parts(&headers, &body, &limits), Err(DecodeError::missing(0, "Content-Type")));
    headers.push(Name::Subject, "s").push(Name::ContentType, "application/sdp");
    assert_eq!(body_parts(&headers, &body, &limits), Ok(vec![Part::new("application/sdp", "v=0\r\n")]));
}

#[test]
fn a_body_is_replaced_with_the_fields_that_describe_it() {
    let limits = Limits::default();
    let mut headers = Headers::new();
    headers.push(Name::Subject, "s").push(Name::ContentType, "a/b").push(Name::ContentLength, "9");
    let one = Part::new("application/sdp", "v=0").with(Name::ContentDisposition, "session");
    let body = set_body(&mut headers, std::slice::from_ref(&one));
    assert_eq!(
        fields(&headers),
        [(Name::Subject, "s"), (Name::ContentType, "application/sdp"), (Name::ContentDisposition, "session")]
    );
    assert_eq!(body, "v=0");

    let two = [one, Part::new("x/y", "--mcptt-part-00000001\r\n--mcptt-part-00000003")];
    let body = set_body(&mut headers, &two);
    assert_eq!(
        fields(&headers),
        [(Name::Subject, "s"), (Name::ContentType, "multipart/mixed;boundary=mcptt-part-00000002")]
    );
    assert_eq!(
        body,
        "--mcptt-part-00000002\r\nContent-Type: application/sdp\r\nContent-Disposition: session\r\n\r\nv=0\r\n\
         --mcptt-part-00000002\r\nContent-Type: x/y\r\n\r\n--mcptt-part-00000001\r\n--mcptt-part-00000003\r\n\
         --mcptt-part-00000002--\r\n"
    );
    assert_eq!(body_parts(&headers, &body, &limits), Ok(two.to_vec()));

    let sly = Part::new("x/y", "z").with(Name::Route, "<sip:evil.example.org;lr>");
    let body = set_body(&mut headers, std::slice::from_ref(&sly));
    assert_eq!(
        fields(&headers),
        [(Name::Subject, "s"), (Name::ContentType, "multipart/mixed;boundary=mcptt-part-00000001")]
    );
    assert_eq!(body_parts(&headers, &body, &limits), Ok(vec![sly]));

    assert_eq!(set_body(&mut headers, &[]), Bytes::new());
    assert_eq!(fields(&headers), [(Name::Subject, "s")]);
}
