mod reassembly;

use std::net::{Ipv4Addr, Ipv6Addr};

use proptest::prelude::*;

use super::*;

const FLOOR_IDLE: &[u8] = b"\x85\xcc\x00\x03\xc0\xff\xee\x01MCPT\x08\x02\x00\x01";
const TIME: Duration = Duration::new(1_700_000_000, 123_456_000);

fn v4(host: u8, port: u16) -> SocketAddr {
    SocketAddr::new(Ipv4Addr::new(192, 0, 2, host).into(), port)
}

fn v6(host: u16, port: u16) -> SocketAddr {
    SocketAddr::new(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, host).into(), port)
}

fn frame(number: u64, source: SocketAddr, destination: SocketAddr, payload: &'static [u8]) -> Frame {
    Frame {
        number,
        time: TIME,
        source,
        destination,
        transport: Default::default(),
        payload: Bytes::from_static(payload),
        truncated: false,
        comments: Vec::new(),
    }
}

fn read(file: &[u8]) -> (Vec<Frame>, Skipped, Option<CaptureError>) {
    let mut reader = match Reader::new(file) {
        Ok(reader) => reader,
        Err(error) => return (Vec::new(), Skipped::default(), Some(error)),
    };
    let mut frames = Vec::new();
    let mut fault = None;
    for item in reader.by_ref() {
        match item {
            Ok(frame) => frames.push(frame),
            Err(error) => fault = Some(error),
        }
    }
    (frames, *reader.skipped(), fault)
}

fn refused(file: &[u8]) -> String {
    read(file).2.expect("the file is broken on purpose").to_string()
}

fn ip_packet(link: Link) -> Vec<u8> {
    let mut writer = Writer::new(Vec::new(), link, "test").unwrap();
    let head = writer.finish().unwrap().len();
    writer = Writer::new(Vec::new(), link, "test").unwrap();
    writer.datagram::<&str>(TIME, v4(1, 40000), v4(2, 40010), FLOOR_IDLE, &[]).unwrap();
    let file = writer.finish().unwrap();
    let captured = u32::from_le_bytes(file[head + 20..head + 24].try_into().unwrap()) as usize;
    file[head + 28..head + 28 + captured].to_vec()
}

/// A classic pcap file with one packet.
fn pcap(magic: u32, big_endian: bool, link: u32, packet: &[u8], original: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let put = |file: &mut Vec<u8>, value: u32| {
        file.extend(if big_endian { value.to_be_bytes() } else { value.to_le_bytes() });
    };
    put(&mut file, magic);
    file.extend(if big_endian { [0, 2, 0, 4] } else { [2, 0, 4, 0] });
    for value in [0, 0, 262_144, link] {
        put(&mut file, value);
    }
    put(&mut file, 1_700_000_000);
    put(&mut file, if magic == 0xa1b2_3c4d { 123_456_000 } else { 123_456 });
    put(&mut file, packet.len() as u32);
    put(&mut file, original);
    file.extend(packet);
    file
}

/// A pcapng block in the given byte order.
fn ng(big_endian: bool, kind: u32, body: &[u8]) -> Vec<u8> {
    let order = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
    let length = body.len() as u32 + 12;
    [&order(kind)[..], &order(length), body, &order(length)].concat()
}

#[test]
fn what_is_written_is_read_back() {
    for link in [Link::Ethernet, Link::RawIp] {
        let mut writer = Writer::new(Vec::new(), link, "test").unwrap();
        writer
            .datagram(TIME, v4(1, 40000), v4(2, 40010), FLOOR_IDLE, &["step 6", "24.380-6.3.4.3.2:2"])
            .unwrap();
        writer.datagram::<&str>(TIME, v6(1, 5060), v6(2, 5060), b"\r\n\r", &[]).unwrap();
        writer.datagram(TIME, v4(2, 1), v4(1, 2), b"", &["größe"]).unwrap();
        let file = writer.finish().unwrap();
        let mut first = frame(1, v4(1, 40000), v4(2, 40010), FLOOR_IDLE);
        first.comments = vec!["step 6".into(), "24.380-6.3.4.3.2:2".into()];
        let mut last = frame(3, v4(2, 1), v4(1, 2), b"");
        last.comments = vec!["größe".into()];
        let expected = vec![first, frame(2, v6(1, 5060), v6(2, 5060), b"\r\n\r"), last];
        let (frames, skipped, fault) = read(&file);
        assert!(fault.is_none(), "{fault:?}");
        assert_eq!((frames, skipped), (expected, Skipped::default()));
        assert_eq!(file.len() % 4, 0);
    }
}

#[test]
fn synthetic_headers_have_right_checksums() {
    let packet = ip_packet(Link::RawIp);
    let sum = |octets: &[u8], start: u32| {
        let words =
            octets.chunks(2).map(|pair| u32::from(pair[0]) << 8 | u32::from(*pair.get(1).unwrap_or(&0)));
        let mut sum: u32 = words.sum::<u32>() + start;
        while sum > 0xFFFF {
            sum = (sum & 0xFFFF) + (sum >> 16);
        }
        sum
    };
    assert_eq!(sum(&packet[..20], 0), 0xFFFF, "IPv4 header");
    let pseudo = sum(&packet[12..20], 17 + packet[20..].len() as u32);
    assert_eq!(sum(&packet[20..], pseudo), 0xFFFF, "UDP");
}

#[test]
fn pcap_is_read_in_every_byte_order_and_precision() {
    let packet = ip_packet(Link::Ethernet);
    let expected = vec![frame(1, v4(1, 40000), v4(2, 40010), FLOOR_IDLE)];
    for magic in [0xa1b2_c3d4, 0xa1b2_3c4d] {
        for big_endian in [false, true] {
            let (frames, skipped, fault) = read(&pcap(magic, big_endian, 1, &packet, packet.len() as u32));
            assert!(fault.is_none(), "{fault:?}");
            assert_eq!((frames, skipped), (expected.clone(), Skipped::default()), "{magic:x} {big_endian}");
        }
    }
}

#[test]
fn pcapng_is_read_in_both_byte_orders_with_its_own_clock() {
    let packet = ip_packet(Link::RawIp);
    for big_endian in [false, true] {
        let half = |value: u16| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let word = |value: u32| if big_endian { value.to_be_bytes() } else { value.to_le_bytes() };
        let section = ng(
            big_endian,
            0x0A0D_0D0A,
            &[&word(0x1A2B_3C4D)[..], &half(1), &half(0), &word(u32::MAX), &word(u32::MAX)].concat(),
        );
        // A clock of milliseconds that starts 1.6e9 seconds after 1970.
        let offset = 1_600_000_000_i64;
        let offset = if big_endian { offset.to_be_bytes() } else { offset.to_le_bytes() };
        let interface = ng(
            big_endian,
            1,
            &[
                &half(101)[..],
                &half(0),
                &word(0),
                &[&half(9)[..], &half(1), &[3, 0, 0, 0]].concat(),
                &[&half(14)[..], &half(8), &offset].concat(),
                &[0; 4],
            ]
            .concat(),
        );
        let ticks = 100_000_000_123_u64;
        let length = packet.len() as u32;
        let mut body = [0, (ticks >> 32) as u32, ticks as u32, length, length].map(word).concat();
        body.extend(&packet);
        body.resize(body.len().next_multiple_of(4), 0);
        let simple = [&word(length)[..], &body[20..]].concat();
        let unknown = ng(big_endian, 0x7777, &[1, 2, 3, 4]);
        let file =
            [section, interface, unknown, ng(big_endian, 6, &body), ng(big_endian, 3, &simple)].concat();
        let mut first = frame(1, v4(1, 40000), v4(2, 40010), FLOOR_IDLE);
        first.time = Duration::new(1_700_000_000, 123_000_000);
        let mut second = frame(2, v4(1, 40000), v4(2, 40010), FLOOR_IDLE);
        second.time = Duration::ZERO;
        let (frames, skipped, fault) = read(&file);
        assert!(fault.is_none(), "{fault:?}");
        assert_eq!((frames, skipped), (vec![first, second], Skipped::default()));
    }
}

#[test]
fn every_supported_link_type_leads_to_the_datagram() {
    let ip = ip_packet(Link::RawIp);
    let ethernet = ip_packet(Link::Ethernet);
    let tagged = [&ethernet[..12], &[0x81, 0, 0, 7, 0x08, 0], &ip].concat();
    let double = [&ethernet[..12], &[0x88, 0xA8, 0, 9, 0x81, 0, 0, 7, 0x08, 0], &ip].concat();
    let cooked = [&[0, 0, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0, 8, 0][..], &ip].concat();
    let cooked2 = [&[8, 0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 6, 2, 0, 0, 0, 0, 1, 0, 0][..], &ip].concat();
    let null = [&[2, 0, 0, 0][..], &ip].concat();
    let packets = [
        (1, &ethernet),
        (1, &tagged),
        (1, &double),
        (113, &cooked),
        (276, &cooked2),
        (0, &null),
        (108, &null),
        (101, &ip),
        (228, &ip),
        (12, &ip),
    ];
    for (link, packet) in packets {
        let (frames, skipped, fault) = read(&pcap(0xa1b2_c3d4, false, link, packet, packet.len() as u32));
        assert!(fault.is_none(), "{fault:?}");
        let expected = vec![frame(1, v4(1, 40000), v4(2, 40010), FLOOR_IDLE)];
        assert_eq!((frames, skipped), (expected, Skipped::default()), "link {link}");
    }
}

#[test]
fn what_is_no_datagram_is_counted() {
    let ip = ip_packet(Link::RawIp);
    let mut fragment = ip.clone();
    fragment[6] = 0x20;
    let mut tcp = ip.clone();
    tcp[9] = 6;
    let mut icmp = ip.clone();
    icmp[9] = 1;
    let mut short_udp = ip.clone();
    (short_udp[24], short_udp[25]) = (0, 4);
    let arp = [&[2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xCC][..], &[0; 46]].concat();
    let cases: [(u32, &[u8], &str); 8] = [
        (101, &fragment, "1 skipped (IP fragment 1)"),
        (101, &tcp, "1 skipped (TCP 1)"),
        (101, &icmp, "1 skipped (other transport 1)"),
        (101, &short_udp, "1 skipped (damaged 1)"),
        (101, &ip[..10], "1 skipped (damaged 1)"),
        (1, &arp, "1 skipped (not IP 1)"),
        (1, &[], "1 skipped (damaged 1)"),
        (105, &ip, "1 skipped (unknown link type 1)"),
    ];
    for (link, packet, shown) in cases {
        let (frames, skipped, fault) = read(&pcap(0xa1b2_c3d4, false, link, packet, packet.len() as u32));
        assert!(fault.is_none(), "{fault:?}");
        assert_eq!((frames, skipped.to_string().as_str()), (vec![], shown));
    }
}

#[test]
fn cut_datagrams_are_marked() {
    let ip = ip_packet(Link::RawIp);
    let (frames, ..) = read(&pcap(0xa1b2_c3d4, false, 101, &ip[..40], ip.len() as u32));
    assert_eq!(frames.len(), 1);
    assert!(frames[0].truncated);
    assert_eq!(&frames[0].payload[..], &FLOOR_IDLE[..12]);
}

#[test]
fn broken_files_are_refused_with_the_place() {
    let good = pcap(0xa1b2_c3d4, false, 101, &ip_packet(Link::RawIp), 44);
    assert_eq!(refused(b""), "neither pcap nor pcapng: the file starts with nothing, it is empty");
    assert_eq!(refused(b"GIF8"), "neither pcap nor pcapng: the file starts with 47494638");
    assert_eq!(
        refused(&good[..10]),
        "the capture ends at octet 10 inside the pcap header that starts at octet 0"
    );
    assert_eq!(
        refused(&good[..30]),
        "the capture ends at octet 30 inside a pcap record that starts at octet 24"
    );
    assert_eq!(
        refused(&good[..60]),
        "the capture ends at octet 60 inside a pcap record that starts at octet 24"
    );
    let mut huge = good.clone();
    huge[32..36].fill(0xFF);
    assert_eq!(
        refused(&huge),
        "a pcap record at octet 24 announces 4294967295 octets, accepted are 0 to 1048560"
    );

    let head = Writer::new(Vec::new(), Link::RawIp, "x").unwrap().finish().unwrap();
    let after = |blocks: &[u8]| refused(&[&head[..], blocks].concat());
    let at = head.len();
    assert_eq!(
        after(&[6, 0, 0, 0, 8, 0, 0, 0]),
        format!("a pcapng block at octet {at} announces 8 octets, accepted are 12 to 1048576")
    );
    assert_eq!(after(&[6, 0, 0, 0, 13, 0, 0, 0]), format!("a pcapng block at octet {at} is malformed"));
    assert_eq!(
        after(&[6, 0, 0]),
        format!("the capture ends at octet {} inside a pcapng block that starts at octet {at}", at + 3)
    );
    let mut mismatch = ng(false, 6, &[0; 20]);
    *mismatch.last_mut().unwrap() = 1;
    assert_eq!(after(&mismatch), format!("a pcapng block at octet {at} is malformed"));
    let stranger = [&7_u32.to_le_bytes()[..], &[0; 16]].concat();
    assert_eq!(
        after(&ng(false, 6, &stranger)),
        format!("the packet at octet {at} names interface 7, described are 1")
    );
    let greedy = [&[0; 12][..], &99_u32.to_le_bytes(), &[0; 4]].concat();
    assert_eq!(
        after(&ng(false, 6, &greedy)),
        format!("the enhanced packet block at octet {at} is malformed")
    );
    let many: Vec<u8> = ng(false, 1, &[1, 0, 0, 0, 0, 0, 0, 0]).repeat(MAX_INTERFACES);
    assert_eq!(after(&many), "the section describes more than 4096 interfaces");
}

#[test]
fn what_udp_cannot_carry_is_not_written() {
    let mut writer = Writer::new(Vec::new(), Link::RawIp, "test").unwrap();
    let mixed = writer.datagram::<&str>(TIME, v4(1, 1), v6(2, 2), b"", &[]).unwrap_err();
    assert_eq!(mixed.to_string(), "192.0.2.1:1 and [2001:db8::2]:2 are not of the same address family");
    let long = writer.datagram::<&str>(TIME, v4(1, 1), v4(2, 2), &[0; 65_508], &[]).unwrap_err();
    assert_eq!(long.to_string(), "a datagram of 65508 octets does not fit into UDP");
    assert!(writer.datagram::<&str>(TIME, v4(1, 1), v4(2, 2), &[0; 65_507], &[]).is_ok());
    let late = writer.datagram::<&str>(Duration::MAX, v4(1, 1), v4(2, 2), b"", &[]).unwrap_err();
    assert!(matches!(late, WriteError::Time(_)));
    let comment = "ä".repeat(40_000);
    writer.datagram(TIME, v4(1, 1), v4(2, 2), b"x", &[comment]).unwrap();
    let (frames, _, fault) = read(&writer.finish().unwrap());
    assert!(fault.is_none(), "{fault:?}");
    assert_eq!(frames[1].comments, ["ä".repeat(32_767)]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn hostile_files_end_in_frames_or_an_error(
        head in prop::sample::select(vec![
            Vec::new(),
            0xa1b2_c3d4_u32.to_le_bytes().to_vec(),
            0xa1b2_3c4d_u32.to_be_bytes().to_vec(),
            Writer::new(Vec::new(), Link::Ethernet, "x").unwrap().finish().unwrap(),
        ]),
        body in prop::collection::vec(any::<u8>(), 0..2048),
    ) {
        let file = [head, body].concat();
        let (frames, skipped, _) = read(&file);
        prop_assert!(frames.len() as u64 + skipped.total() <= file.len() as u64 / 12 + 1);
    }

    #[test]
    fn flipped_octets_never_break_the_reader(at in any::<prop::sample::Index>(), value in any::<u8>()) {
        let mut writer = Writer::new(Vec::new(), Link::Ethernet, "test").unwrap();
        for host in 1..4 {
            writer.datagram(TIME, v4(host, 40000), v4(9, 40010), FLOOR_IDLE, &["c"]).unwrap();
        }
        let mut file = writer.finish().unwrap();
        let at = at.index(file.len());
        file[at] = value;
        let (frames, skipped, fault) = read(&file);
        prop_assert!(fault.is_some() || frames.len() as u64 + skipped.total() <= 3);
    }
}
