//! Body of the fuzz target of the capture reader. It lives here so that `cargo test` compiles it and replays the corpus.

use std::io::{self, Read};

use etherparse::{EtherType, ip_number};
use mcptt_codec::fuzzing::dictionary::Tokens;

use crate::capture::{Frame, Gaps, Link, Reader, Skipped, Transport, Writer, classify, words};

/// The words of the dictionary: what capture files and the layers below a datagram are told by.
pub fn capture_words() -> Tokens {
    let ethernet = [
        EtherType::IPV4,
        EtherType::IPV6,
        EtherType::VLAN_TAGGED_FRAME,
        EtherType::PROVIDER_BRIDGING,
        EtherType::VLAN_DOUBLE_TAGGED_FRAME,
    ];
    // First octets of IP with each of what it may carry, and of the fragment header.
    let carried =
        [ip_number::UDP, ip_number::TCP, ip_number::IPV6_FRAG, ip_number::IPV6_HOP_BY_HOP, ip_number::AUTH];
    let mut tokens: Tokens = words().map(Vec::from).collect();
    tokens.extend(ethernet.map(|kind| kind.0.to_be_bytes().to_vec()));
    tokens.extend(carried.map(|protocol| vec![64, protocol.0, 0, 0]));
    tokens.extend(carried.map(|protocol| vec![protocol.0, 64]));
    tokens.extend(
        [&b"\x45\x00"[..], b"\x60\x00\x00\x00", b" SIP/2.0\r\n", b"SIP/2.0 200 OK\r\n"].map(Vec::from),
    );
    tokens
}

/// What reading a file comes to.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    frames: Vec<Frame>,
    packets: u64,
    skipped: Skipped,
    gaps: Gaps,
    fault: Option<String>,
}

/// Reads a capture. The last octet says in pieces of how many octets the file arrives.
///
/// Pieces make no difference; every octet of the file is handed out once at most; packets are counted once each; what
/// was read can be written, and is then read as it was.
pub fn capture(data: &[u8]) {
    let Some((size, file)) = data.split_last() else { return };
    let outcome = outcome(file);
    let pieces = Pieces { rest: file, most: usize::from(*size).max(1) };
    assert_eq!(outcome, self::outcome(pieces), "pieces make a difference");
    let Outcome { frames, packets, skipped, gaps, .. } = &outcome;

    let octets: usize = frames.iter().map(|frame| frame.payload.len()).sum();
    assert!(octets <= file.len(), "{octets} octets out of a file of {}", file.len());
    // A message that waits behind a gap is given out when the gap is given up.
    let in_order = frames.is_sorted_by_key(|frame| frame.number) || gaps.count > 0;
    assert!(in_order, "frames are in the order of their packets");
    assert!(
        frames.iter().all(|frame| (1..=*packets).contains(&frame.number)),
        "a frame is a packet of the file"
    );
    let datagrams = frames.iter().filter(|frame| frame.transport == Transport::Udp).count() as u64;
    assert!(datagrams + skipped.total() <= *packets, "a packet is a datagram, or passed over, or neither");
    for frame in frames {
        classify(&frame.payload);
    }
    written_again(frames);
}

fn outcome(input: impl Read) -> Outcome {
    let mut reader = match Reader::new(input) {
        Ok(reader) => reader,
        Err(error) => return Outcome { fault: Some(error.to_string()), ..Outcome::default() },
    };
    let mut outcome = Outcome::default();
    for item in reader.by_ref() {
        match item {
            Ok(frame) => outcome.frames.push(frame),
            Err(error) => outcome.fault = Some(error.to_string()),
        }
    }
    assert!(reader.next().is_none(), "it goes on after the end");
    Outcome { packets: reader.packets(), skipped: *reader.skipped(), gaps: reader.gaps(), ..outcome }
}

/// A frame that UDP can carry is written and read back with its time, addresses and octets.
fn written_again(frames: &[Frame]) {
    let mut writer = Writer::new(Vec::new(), Link::RawIp, "fuzz").expect("memory takes everything");
    let mut expected = Vec::new();
    for frame in frames {
        let written =
            writer.datagram(frame.time, frame.source, frame.destination, &frame.payload, &frame.comments);
        if written.is_ok() {
            expected.push((frame.time, frame.source, frame.destination, frame.payload.clone()));
        }
    }
    let Outcome { frames, skipped, fault, .. } =
        outcome(writer.finish().expect("memory takes everything").as_slice());
    let found: Vec<_> = frames
        .into_iter()
        .map(|frame| (frame.time, frame.source, frame.destination, frame.payload))
        .collect();
    assert_eq!((found, skipped, fault), (expected, Skipped::default(), None), "it is read as it was written");
}

/// A file that arrives in pieces.
struct Pieces<'a> {
    rest: &'a [u8],
    most: usize,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let length = buffer.len().min(self.most);
        self.rest.read(&mut buffer[..length])
    }
}
