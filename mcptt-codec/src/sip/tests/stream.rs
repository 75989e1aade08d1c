//! Messages out of a stream.

use super::super::{Frame, Framer, Limits};
use crate::DecodeError;

const FIRST: &str = "MESSAGE sip:a@b SIP/2.0\r\nl: 5\r\n\r\nhello";
const SECOND: &str = "SIP/2.0 200 OK\r\nContent-Length:0\r\n\r\n";

fn drain(framer: &mut Framer) -> Vec<Frame> {
    std::iter::from_fn(|| framer.next_frame().unwrap()).collect()
}

#[test]
fn frames_are_the_same_however_the_octets_arrive() {
    let stream = format!("\r\n\r\n{FIRST}\r\n{SECOND}\r\n\r\n\r\n\r\n{FIRST}");
    let message = |text: &'static str| Frame::Message(text.into());
    let expected = [Frame::Ping, message(FIRST), message(SECOND), Frame::Ping, Frame::Ping, message(FIRST)];
    for piece in 1..=stream.len() {
        let mut framer = Framer::new(Limits::default());
        let mut frames = Vec::new();
        for octets in stream.as_bytes().chunks(piece) {
            framer.push(octets);
            frames.extend(drain(&mut framer));
        }
        assert_eq!(frames, expected, "pieces of {piece}");
    }
}

#[test]
fn a_stream_without_boundaries_ends() {
    for (octets, error) in [
        ("MESSAGE sip:a@b SIP/2.0\r\n\r\n", DecodeError::missing(25, "Content-Length")),
        ("MESSAGE sip:a@b SIP/2.0\r\nl: x\r\n\r\n", DecodeError::invalid(0, "Content-Length")),
        ("MESSAGE sip:a@b SIP/2.0\r\nbad\r\n\r\n", DecodeError::invalid(25, "header field name")),
        ("MESSAGE sip:a@b SIP/2.0\r\nl: 100\r\n\r\n", DecodeError::too_large(0, "message", 100, 135)),
    ] {
        let mut framer = Framer::new(Limits { message: 100, ..Limits::default() });
        framer.push(octets.as_bytes());
        assert_eq!(framer.next_frame(), Err(error), "{octets}");
    }
    let mut framer = Framer::new(Limits { message: 100, ..Limits::default() });
    framer.push(&[b'x'; 100]);
    assert_eq!(framer.next_frame(), Ok(None));
    framer.push(b"x");
    assert_eq!(framer.next_frame(), Err(DecodeError::too_large(0, "message", 100, 101)));
}
