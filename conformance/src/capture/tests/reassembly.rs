//! Fragments and segments, built by hand.

use etherparse::PacketBuilder;
use proptest::prelude::*;

use super::*;
use crate::capture::fragments::{MAX_PACKETS, TIMEOUT};
use crate::capture::streams::{MAX_STREAMS, MAX_WAITING};

/// A classic pcap file of raw IP packets at these seconds.
fn capture(packets: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut file = pcap(0xa1b2_c3d4, false, 101, &[], 0)[..24].to_vec();
    for (second, packet) in packets {
        for value in [*second, 0, packet.len() as u32, packet.len() as u32] {
            file.extend(value.to_le_bytes());
        }
        file.extend(packet);
    }
    file
}

fn at_once(packets: impl IntoIterator<Item = Vec<u8>>) -> Vec<u8> {
    capture(&packets.into_iter().map(|packet| (0, packet)).collect::<Vec<_>>())
}

/// Number, transport and payload of a frame.
type Seen = (u64, Transport, Vec<u8>);

/// The frames, what was skipped, and the gaps.
fn seen(file: &[u8]) -> (Vec<Seen>, Skipped, Gaps) {
    let mut reader = Reader::new(file).unwrap();
    let frames = reader
        .by_ref()
        .map(|frame| frame.unwrap())
        .map(|frame| (frame.number, frame.transport, frame.payload.to_vec()))
        .collect();
    (frames, *reader.skipped(), reader.gaps())
}

/// A UDP datagram over IPv4 and over IPv6, without its IP header.
fn datagram(payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64)
        .udp(40_000, 40_010)
        .write(&mut packet, payload)
        .unwrap();
    packet.split_off(20)
}

fn v4_fragment(id: u16, offset: usize, more: bool, part: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x45, 0];
    packet.extend((20 + part.len() as u16).to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend(((offset / 8) as u16 | if more { 0x2000 } else { 0 }).to_be_bytes());
    packet.extend([64, 17, 0, 0, 192, 0, 2, 1, 192, 0, 2, 2]);
    packet.extend(part);
    packet
}

fn v6_fragment(id: u32, offset: usize, more: bool, part: &[u8]) -> Vec<u8> {
    let mut packet = vec![0x60, 0, 0, 0];
    packet.extend((8 + part.len() as u16).to_be_bytes());
    packet.extend([44, 64]);
    for host in [1, 2] {
        packet.extend([0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, host]);
    }
    packet.extend([17, 0]);
    packet.extend((offset as u16 | u16::from(more)).to_be_bytes());
    packet.extend(id.to_be_bytes());
    packet.extend(part);
    packet
}

fn udp_frame(number: u64, payload: &[u8]) -> Seen {
    (number, Transport::Udp, payload.to_vec())
}

const TEXT: &[u8] = b"a floor control message of forty octets";

#[test]
fn fragments_become_a_datagram_at_the_packet_that_completes_it() {
    let whole = datagram(TEXT);
    for fragment in [
        |offset, more, part: &[u8]| v4_fragment(7, offset, more, part),
        |offset, more, part: &[u8]| v6_fragment(7, offset, more, part),
    ] {
        let first = fragment(0, true, &whole[..16]);
        let middle = fragment(16, true, &whole[16..32]);
        let last = fragment(32, false, &whole[32..]);
        // In order, backwards, with one sent twice.
        let orders = [
            vec![&first, &middle, &last],
            vec![&last, &middle, &first],
            vec![&middle, &last, &middle, &first],
        ];
        for order in orders {
            let count = order.len() as u64;
            let file = at_once(order.into_iter().cloned());
            assert_eq!(seen(&file), (vec![udp_frame(count, TEXT)], Skipped::default(), Gaps::default()));
        }
        let (frames, skipped, _) = seen(&at_once([first, last]));
        assert_eq!((frames, skipped.fragments), (vec![], 2));
    }
}

#[test]
fn where_fragments_overlap_the_first_one_counts() {
    let whole = datagram(TEXT);
    let other = vec![b'x'; 24];
    let file = at_once([
        v4_fragment(1, 0, true, &whole[..24]),
        v4_fragment(1, 8, true, &other),
        v4_fragment(1, 24, false, &whole[24..]),
    ]);
    let got = seen(&file).0.remove(0).2;
    assert_eq!(got[..16], TEXT[..16], "what came first");
    assert_eq!(got[16..24], *b"xxxxxxxx", "what nobody had sent before");
    assert_eq!(got[24..], TEXT[24..]);
    // RFC 5722: such a packet of IPv6 is dropped.
    let file = at_once([
        v6_fragment(1, 0, true, &whole[..24]),
        v6_fragment(1, 8, true, &other),
        v6_fragment(1, 24, false, &whole[24..]),
    ]);
    assert_eq!(seen(&file).0, []);
}

#[test]
fn fragments_wait_for_a_minute_and_are_bounded() {
    let whole = datagram(TEXT);
    let pair = |second| {
        capture(&[
            (0, v4_fragment(1, 0, true, &whole[..16])),
            (second, v4_fragment(1, 16, false, &whole[16..])),
        ])
    };
    assert_eq!(seen(&pair(TIMEOUT.as_secs() as u32)).0.len(), 1);
    let late = seen(&pair(TIMEOUT.as_secs() as u32 + 1));
    assert_eq!((late.0.len(), late.1.fragments), (0, 2));
    let mut many: Vec<Vec<u8>> =
        (0..=MAX_PACKETS as u16).map(|id| v4_fragment(id, 0, true, &whole[..16])).collect();
    many.push(v4_fragment(MAX_PACKETS as u16, 16, false, &whole[16..]));
    many.push(v4_fragment(0, 16, false, &whole[16..]));
    let (frames, skipped, _) = seen(&at_once(many));
    assert_eq!((frames.len(), skipped.fragments), (1, MAX_PACKETS as u64 + 1), "the oldest made room");
}

const REGISTER: &[u8] = b"REGISTER sip:example.org SIP/2.0\r\nCall-ID: a\r\nContent-Length: 5\r\n\r\nhello";
const ANSWER: &[u8] = b"SIP/2.0 200 OK\r\nCall-ID: a\r\nContent-Length: 0\r\n\r\n";

/// A TCP segment from port 5060 of one host to the other.
fn segment(sequence: u32, flags: &str, payload: &[u8]) -> Vec<u8> {
    let mut packet = Vec::new();
    let mut step = PacketBuilder::ipv4([192, 0, 2, 1], [192, 0, 2, 2], 64).tcp(5060, 5061, sequence, 1000);
    if flags.contains('S') {
        step = step.syn();
    }
    if flags.contains('F') {
        step = step.fin();
    }
    if flags.contains('R') {
        step = step.rst();
    }
    step.write(&mut packet, payload).unwrap();
    packet
}

fn tcp_frame(number: u64, payload: &[u8]) -> Seen {
    (number, Transport::Tcp, payload.to_vec())
}

#[test]
fn segments_become_messages_at_the_packet_that_completes_them() {
    let both = [REGISTER, ANSWER].concat();
    let start = u32::MAX - 20;
    let at = |offset: usize| start.wrapping_add(1).wrapping_add(offset as u32);
    let syn = segment(start, "S", b"");
    let part = |from: usize, to: usize| segment(at(from), "", &both[from..to]);
    let end = both.len();
    let cases = [
        // As it was sent; the sequence number wraps in the middle.
        (vec![syn.clone(), part(0, 30), part(30, 60), part(60, end)], vec![(4, REGISTER), (4, ANSWER)]),
        // Out of order, without a beginning of the connection but in step.
        (vec![part(0, 3), part(50, end), part(3, 50)], vec![(3, REGISTER), (3, ANSWER)]),
        // Sent again, and overlapping.
        (
            vec![syn.clone(), part(0, 30), part(0, 30), part(10, 75), part(20, 40), part(70, end)],
            vec![(4, REGISTER), (6, ANSWER)],
        ),
        // All in one.
        (vec![part(0, end)], vec![(1, REGISTER), (1, ANSWER)]),
    ];
    for (packets, expected) in cases {
        let expected: Vec<_> = expected.into_iter().map(|(number, text)| tcp_frame(number, text)).collect();
        assert_eq!(seen(&at_once(packets)), (expected, Skipped::default(), Gaps::default()));
    }
}

#[test]
fn keep_alives_of_a_stream_are_frames() {
    let file = at_once([segment(1, "", ANSWER), segment(1 + ANSWER.len() as u32, "", b"\r\n\r\n")]);
    assert_eq!(seen(&file).0, [tcp_frame(1, ANSWER), tcp_frame(2, b"\r\n\r\n")]);
}

#[test]
fn gaps_are_counted_and_reading_goes_on_at_the_next_message() {
    let length = REGISTER.len() as u32;
    let gap = Gaps { count: 1, octets: u64::from(length) - 40, broken: 0 };
    let cut = segment(1, "", &REGISTER[..40]);
    let next = segment(1 + length, "", ANSWER);
    let fin = segment(1 + length + ANSWER.len() as u32, "F", b"");
    // The end of the connection and the end of the capture tell that nothing more will come.
    let (frames, skipped, gaps) = seen(&at_once([cut.clone(), next.clone(), fin]));
    let answer = vec![tcp_frame(2, ANSWER)];
    assert_eq!((frames, skipped.total(), gaps), (answer.clone(), 0, gap), "the packet of the message");
    let (frames, _, gaps) = seen(&at_once([cut, next]));
    assert_eq!((frames, gaps), (answer.clone(), gap));
    // A datagram of somebody else's in between changes nothing, and neither does an answer in two pieces, backwards.
    let other = v4_fragment(7, 0, false, &datagram(TEXT));
    let (frames, _, gaps) = seen(&at_once([
        segment(1, "", &REGISTER[..40]),
        segment(1 + length + 20, "", &ANSWER[20..]),
        segment(1 + length, "", &ANSWER[..20]),
        other,
    ]));
    assert_eq!((frames, gaps), (vec![udp_frame(4, TEXT), tcp_frame(3, ANSWER)], gap));
    // So does too much that waits.
    let mut packets = vec![segment(1, "", &REGISTER[..40])];
    let big = vec![b'x'; 60_000];
    for index in 0..=(MAX_WAITING / big.len()) as u32 {
        packets.push(segment(1000 + index * big.len() as u32, "", &big));
    }
    let (frames, _, gaps) = seen(&at_once(packets));
    assert_eq!((frames.len(), gaps.count), (0, 1));
}

#[test]
fn what_is_no_sip_is_counted_and_passed_over() {
    let file = at_once([
        segment(1, "S", b""),
        segment(2, "", b"GET / HTTP/1.1\r\n\r\n"),
        segment(20, "", REGISTER),
        segment(900, "", b"later"),
    ]);
    let (frames, skipped, gaps) = seen(&file);
    assert_eq!((frames, skipped.tcp, gaps), (vec![], 3, Gaps::default()));
    // A message without Content-Length has no end in a stream.
    let broken = b"BYE sip:a@b SIP/2.0\r\nCall-ID: a\r\n\r\n";
    let file = at_once([segment(1, "", broken), segment(1 + broken.len() as u32, "", ANSWER)]);
    let (frames, _, gaps) = seen(&file);
    assert_eq!((frames, gaps.broken), (vec![tcp_frame(2, ANSWER)], 1));
}

#[test]
fn streams_are_bounded() {
    let packets = (0..=MAX_STREAMS as u32 + 5).map(|port| {
        let mut packet = segment(1, "", &REGISTER[..10]);
        packet[20..22].copy_from_slice(&(port as u16 + 1).to_be_bytes());
        packet
    });
    let (frames, skipped, _) = seen(&at_once(packets));
    assert_eq!((frames.len(), skipped.tcp), (0, MAX_STREAMS as u64 + 6));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_cutting_and_any_order_gives_the_same_messages(
        cuts in prop::collection::btree_set(1_usize..300, 0..12),
        order in Just((0..40_usize).collect::<Vec<_>>()).prop_shuffle(),
        again in prop::collection::vec(0_usize..40, 0..6),
        start in any::<u32>(),
    ) {
        let stream = [REGISTER, ANSWER, REGISTER, REGISTER].concat();
        let mut bounds: Vec<usize> = cuts.into_iter().filter(|cut| *cut < stream.len()).collect();
        bounds.insert(0, 0);
        bounds.push(stream.len());
        let parts: Vec<Vec<u8>> = bounds
            .windows(2)
            .map(|pair| segment(start.wrapping_add(1).wrapping_add(pair[0] as u32), "", &stream[pair[0]..pair[1]]))
            .collect();
        let mut packets = vec![segment(start, "S", b"")];
        packets.extend(order.iter().chain(&again).filter_map(|index| parts.get(*index).cloned()));
        let (frames, skipped, gaps) = seen(&at_once(packets));
        let texts: Vec<&[u8]> = frames.iter().map(|(_, _, text)| text.as_slice()).collect();
        prop_assert_eq!(texts, vec![REGISTER, ANSWER, REGISTER, REGISTER]);
        prop_assert_eq!((skipped, gaps), (Skipped::default(), Gaps::default()));
    }

    #[test]
    fn any_fragments_of_a_datagram_in_any_order_give_it_back(
        order in Just((0..10_usize).collect::<Vec<_>>()).prop_shuffle(),
        length in 1_usize..70,
        v6 in any::<bool>(),
    ) {
        let text = vec![b'z'; length];
        let whole = datagram(&text);
        let parts: Vec<Vec<u8>> = whole
            .chunks(8)
            .enumerate()
            .map(|(index, part)| {
                let (offset, more) = (index * 8, index * 8 + part.len() < whole.len());
                if v6 { v6_fragment(9, offset, more, part) } else { v4_fragment(9, offset, more, part) }
            })
            .collect();
        let packets: Vec<Vec<u8>> = order.iter().filter_map(|index| parts.get(*index).cloned()).collect();
        let count = packets.len() as u64;
        prop_assert_eq!(seen(&at_once(packets)).0, vec![udp_frame(count, &text)]);
    }

    #[test]
    fn hostile_packets_never_break_the_assembly(
        packets in prop::collection::vec((0_u32..100, prop::collection::vec(any::<u8>(), 0..80), any::<u8>()), 0..40),
    ) {
        let packets: Vec<(u32, Vec<u8>)> = packets
            .into_iter()
            .map(|(second, mut octets, kind)| {
                // Most are made to look like IP so that they get far.
                if let [first, ..] = octets.as_mut_slice() {
                    *first = if kind & 1 == 0 { 0x45 } else { 0x60 };
                }
                if let Some(protocol) = octets.get_mut(if kind & 1 == 0 { 9 } else { 6 }) {
                    *protocol = [6, 17, 44, 1][usize::from(kind >> 1 & 3)];
                }
                (second, octets)
            })
            .collect();
        let (frames, skipped, _) = seen(&capture(&packets));
        prop_assert!(frames.len() as u64 + skipped.total() <= 2 * packets.len() as u64);
    }
}
