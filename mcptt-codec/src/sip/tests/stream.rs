//! Messages out of a stream, and what else arrives on a SIP port.

use proptest::prelude::*;

use super::super::{DatagramKind, Frame, Framer, Limits, PING, PONG};
use crate::DecodeError;
use crate::fuzzing::sip::sip_stream;

const FIRST: &str = "MESSAGE sip:a@b SIP/2.0\r\nl: 5\r\n\r\nhello";
const SECOND: &str = "SIP/2.0 200 OK\r\nContent-Length:0\r\n\r\n";
/// A body that looks like the end of a head.
const THIRD: &str = "MESSAGE sip:a@b SIP/2.0\r\nContent-Length: 8\r\n\r\n\r\n\r\n\r\n\r\n";

fn message(text: &'static str) -> Frame {
    Frame::Message(text.into())
}

/// Every frame of a stream that arrives in those pieces, and the error that ends it.
fn frames<'a>(
    framer: &mut Framer,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<Frame>, Option<DecodeError>) {
    let mut frames = Vec::new();
    for mut piece in pieces {
        loop {
            match framer.take(&mut piece) {
                Ok(Some(frame)) => frames.push(frame),
                Ok(None) => break,
                Err(error) => return (frames, Some(error)),
            }
        }
        assert!(piece.is_empty(), "everything was taken");
    }
    (frames, None)
}

#[test]
fn frames_are_the_same_however_the_octets_arrive() {
    let stream = format!("\r\n\r\n{FIRST}\r\n{SECOND}\r\n\r\n\r\n\r\n{FIRST}{THIRD}{SECOND}\r\n");
    let expected = [
        Frame::Ping,
        message(FIRST),
        message(SECOND),
        Frame::Ping,
        Frame::Ping,
        message(FIRST),
        message(THIRD),
        message(SECOND),
    ];
    for piece in 1..=stream.len() {
        let mut framer = Framer::new(Limits::default());
        let (frames, error) = frames(&mut framer, stream.as_bytes().chunks(piece));
        assert_eq!((frames.as_slice(), error), (expected.as_slice(), None), "pieces of {piece}");
        assert_eq!(framer.finish(), Ok(()));
    }
}

//= RFC5626-pong test
#[test]
fn a_line_end_after_a_ping_of_ours_is_its_answer() {
    let mut framer = Framer::new(Limits::default());
    framer.expect_pong();
    assert_eq!(framer.take(&mut &PONG[..1]), Ok(None));
    assert_eq!(framer.take(&mut &PONG[1..]), Ok(Some(Frame::Pong)));
    // Nothing is expected any more: half a ping, then a whole one.
    assert_eq!(framer.take(&mut &PONG[..]), Ok(None));
    assert_eq!(framer.take(&mut &PONG[..]), Ok(Some(Frame::Ping)));
    framer.expect_pong();
    let stream = [PONG, FIRST.as_bytes(), PING].concat();
    let (frames, error) = frames(&mut framer, [stream.as_slice()]);
    assert_eq!((frames, error), (vec![Frame::Pong, message(FIRST), Frame::Ping], None));
}

//= RFC3261-stream-length test
#[test]
fn a_stream_without_boundaries_ends() {
    let limits = Limits { message: 100, start_line: 40, body: 50, ..Limits::default() };
    for (octets, error) in [
        ("MESSAGE sip:a@b SIP/2.0\r\n\r\n", DecodeError::missing(27, "Content-Length")),
        ("MESSAGE sip:a@b SIP/2.0\r\nl: x\r\n\r\n", DecodeError::invalid(0, "Content-Length")),
        ("MESSAGE sip:a@b SIP/2.0\r\nl: 1\r\nl: 2\r\n\r\n", DecodeError::invalid(0, "Content-Length")),
        ("MESSAGE sip:a@b SIP/2.0\r\nbad\r\n\r\n", DecodeError::invalid(25, "header field name")),
        ("MESSAGE sip:a@b SIP/2.0\r\nl: 51\r\n\r\n", DecodeError::too_large(34, "body", 50, 51)),
        (
            "MESSAGE sip:a@b SIP/2.0\r\nSubject: 123456789012345\r\nl: 50\r\n\r\n",
            DecodeError::too_large(0, "message", 100, 110),
        ),
        (
            "MESSAGE sip:0123456789012345678901234567@b SIP/2.0",
            DecodeError::too_large(0, "start line", 40, 41),
        ),
        (
            "MESSAGE sip:01234567890123456789012@b SIP/2.0\r\nl: 0\r\n\r\n",
            DecodeError::too_large(0, "start line", 40, 45),
        ),
        ("\r\n\rX", DecodeError::invalid(0, "line end")),
        ("\n", DecodeError::invalid(0, "start line")),
        (" MESSAGE", DecodeError::invalid(0, "start line")),
        ("\u{16}\u{3}\u{1}", DecodeError::invalid(0, "start line")),
    ] {
        let mut framer = Framer::new(limits);
        let mut received = octets.as_bytes();
        assert_eq!(framer.take(&mut received), Err(error), "{octets}");
        // There is no way back into step.
        assert_eq!(framer.take(&mut SECOND.as_bytes()), Err(error));
        assert_eq!((framer.finish(), framer.buffered()), (Err(error), 0));
    }
}

#[test]
fn nothing_beyond_the_limits_is_kept() {
    let limits = Limits { message: 100, ..Limits::default() };
    let mut framer = Framer::new(limits);
    assert_eq!(framer.take(&mut [b'x'; 100].as_slice()), Ok(None));
    assert_eq!((framer.buffered(), framer.finish().is_err()), (100, true));
    assert_eq!(framer.take(&mut &b"x"[..]), Err(DecodeError::too_large(0, "message", 100, 101)));
    assert_eq!(framer.buffered(), 0);

    let mut framer = Framer::new(limits);
    assert_eq!(
        framer.take(&mut vec![b'x'; 1 << 20].as_slice()),
        Err(DecodeError::too_large(0, "message", 100, 1 << 20))
    );
    // What follows a message stays with the caller.
    let mut framer = Framer::new(limits);
    let both = format!("{FIRST}{SECOND}");
    let mut received = both.as_bytes();
    assert_eq!(framer.take(&mut received), Ok(Some(message(FIRST))));
    assert_eq!((received, framer.buffered()), (SECOND.as_bytes(), 0));
}

#[test]
fn a_connection_ends_between_messages() {
    let mut framer = Framer::new(Limits::default());
    assert_eq!(framer.finish(), Ok(()));
    assert_eq!(framer.take(&mut &b"BYE "[..]), Ok(None));
    assert_eq!(framer.finish(), Err(DecodeError::missing(4, "empty line after the header fields")));
    assert_eq!(framer.take(&mut &b"sip:a SIP/2.0\r\nl: 4\r\n\r\nab"[..]), Ok(None));
    assert_eq!(framer.finish(), Err(DecodeError::truncated(29, "body", 31, 29)));
}

//= RFC5626-stun test
#[test]
fn stun_is_told_from_sip() {
    // Binding request, length 0, magic cookie, transaction id.
    let request = [&[0x00, 0x01, 0x00, 0x00, 0x21, 0x12, 0xa4, 0x42][..], &[7; 12]].concat();
    // The same from RFC 3489: no cookie, one attribute of four octets.
    let old = [&[0x00, 0x01, 0x00, 0x04][..], &[9; 16], &[0; 4]].concat();
    let unaligned = [&[0x00, 0x01, 0x00, 0x03, 0x21, 0x12, 0xa4, 0x42][..], &[7; 15]].concat();
    let digits = "1FANCY sip:a@b SIP/2.0\r\n\r\n";
    for (datagram, kind) in [
        (request.as_slice(), DatagramKind::Stun),
        (&request[..19], DatagramKind::Sip),
        (old.as_slice(), DatagramKind::Stun),
        (&old[..23], DatagramKind::Sip),
        (unaligned.as_slice(), DatagramKind::Sip),
        (b"", DatagramKind::KeepAlive),
        (b"\r\n\r\n", DatagramKind::KeepAlive),
        (b"\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n\r\n", DatagramKind::KeepAlive),
        (b"\r\nBYE sip:a SIP/2.0\r\n\r\n", DatagramKind::Sip),
        (FIRST.as_bytes(), DatagramKind::Sip),
        (digits.as_bytes(), DatagramKind::Sip),
        (b"\0\0\0\0", DatagramKind::KeepAlive),
    ] {
        assert_eq!(DatagramKind::of(datagram), kind, "{datagram:02x?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_pieces_of_any_messages_give_the_same_frames(
        order in proptest::collection::vec(0..5_usize, 0..12),
        cuts in proptest::collection::vec(any::<proptest::sample::Index>(), 0..12),
    ) {
        let parts = [PING, PONG, FIRST.as_bytes(), SECOND.as_bytes(), THIRD.as_bytes()];
        let stream: Vec<u8> = order.iter().flat_map(|at| parts[*at].iter().copied()).collect();
        let whole = frames(&mut Framer::new(Limits::default()), [stream.as_slice()]);
        let mut places: Vec<_> = cuts.iter().map(|cut| cut.index(stream.len() + 1)).collect();
        places.extend([0, stream.len()]);
        places.sort_unstable();
        let pieces = places.windows(2).map(|pair| &stream[pair[0]..pair[1]]);
        let cut = frames(&mut Framer::new(Limits::default()), pieces);
        prop_assert_eq!(&cut, &whole);
        let messages = order.iter().filter(|at| **at > 1).count();
        let read = whole.0.iter().filter(|frame| matches!(frame, Frame::Message(_))).count();
        prop_assert_eq!(read, messages);
    }

    #[test]
    fn any_stream_is_harmless(octets in proptest::collection::vec(any::<u8>(), 0..300)) {
        sip_stream(&octets);
    }

    #[test]
    fn any_mutation_of_a_stream_is_harmless(
        at in any::<proptest::sample::Index>(), octet in any::<u8>(), piece in 1..9_u8,
    ) {
        let mut stream = [&[piece], PING, FIRST.as_bytes(), THIRD.as_bytes(), PONG, SECOND.as_bytes()].concat();
        let at = at.index(stream.len());
        stream[at] = octet;
        sip_stream(&stream);
    }
}
