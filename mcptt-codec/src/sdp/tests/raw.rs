use bytes::Bytes;

use super::super::*;
use super::OFFER;
use crate::DecodeError;

fn split(octets: &'static [u8]) -> SdpText {
    SdpText::split(&Bytes::from_static(octets)).unwrap()
}

//= RFC8866-5:line-end test
#[test]
fn every_octet_survives_whatever_it_says() {
    for octets in [
        b"".as_slice(),
        b"\n",
        b"v=0",
        b"v=0\r\n\r\n\n",
        b"v=0\r\r\nno line\r\n\xff\xfe\0=\ns=caf\xe9\r\n",
        b"\r",
        OFFER.as_bytes(),
    ] {
        assert_eq!(split(octets).encode(), octets);
    }
}

#[test]
fn lines_know_their_type_value_end_and_place() {
    let text = split(b"v=0\r\ns=caf\xe9\nwhat\r\na=");
    let lines: Vec<_> = text
        .offsets()
        .map(|(offset, line)| (offset, line.kind(), line.value(), line.end, text.line_of(offset)))
        .collect();
    let expected = [
        (0, Some(b'v'), Some(Bytes::from_static(b"0")), LineEnd::CrLf, 1),
        (5, Some(b's'), Some(Bytes::from_static(b"caf\xe9")), LineEnd::Lf, 2),
        (12, None, None, LineEnd::CrLf, 3),
        (18, Some(b'a'), Some(Bytes::new()), LineEnd::None, 4),
    ];
    assert_eq!(lines, expected);
    assert_eq!((text.line_of(4), text.line_of(19), text.line_of(20)), (1, 4, 0));
}

#[test]
fn an_edited_text_keeps_its_lines_apart() {
    let mut text = split(b"v=0\ns=-");
    text.lines.push(RawLine { content: Bytes::from_static(b"a=x"), end: LineEnd::Lf });
    assert_eq!(text.encode(), "v=0\ns=-\r\na=x\n");
    let shown = format!("{:?}", split(b"k=clear:secret\r\na=crypto:secret\na=x\nwhat"));
    assert_eq!(shown, r#"[k=(hidden)CrLf, a=crypto:(hidden)Lf, a=xLf, "what"None]"#);
}

#[test]
fn size_is_the_only_thing_that_is_judged() {
    let long = Bytes::from(vec![b'\n'; MAX_LINES + 1]);
    let error = DecodeError::too_large(MAX_LINES, "sdp lines", MAX_LINES, MAX_LINES + 1);
    assert_eq!(SdpText::split(&long), Err(error));
    let large = Bytes::from(vec![b' '; MAX_OCTETS + 1]);
    assert_eq!(SdpText::split(&large), Err(DecodeError::too_large(0, "sdp", MAX_OCTETS, MAX_OCTETS + 1)));
}
