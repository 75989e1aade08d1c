//! Source descriptions and goodbyes.

use bytes::Bytes;

use super::{both_ways, encoded, hex};
use crate::id::Ssrc;
use crate::rtcp::{Chunk, Goodbye, Item, ItemKind, RtcpPacket, SourceDescription, packets};
use crate::{DecodeError, EncodeError};

fn item(kind: ItemKind, text: &'static [u8]) -> Item {
    Item { kind, text: Bytes::from_static(text) }
}

fn chunk(ssrc: u32, items: Vec<Item>) -> Chunk {
    Chunk { ssrc: Ssrc(ssrc), items, padding: Bytes::new() }
}

//= RFC3550-6.5:chunk test
#[test]
fn a_source_description_is_read_and_written() {
    let octets = hex(&[
        "82ca000e",       // two chunks, SDES, 60 octets
        "11223344",       // first source
        "0105616c696365", // CNAME "alice"
        "0202416c",       // NAME "Al"
        "0303614062",     // EMAIL "a@b"
        "04022b31",       // PHONE "+1"
        "050156",         // LOC "V"
        "060174",         // TOOL "t"
        "07026e6f",       // NOTE "no"
        "0804017876ff",   // PRIV prefix "x", value 76 ff
        "6300",           // item 99, empty
        "0000",           // end of items, one pad octet
        "55667788",
        "00000000", // second source without items
        "01020304", // a word that no chunk counts
    ]);
    let items = vec![
        item(ItemKind::CNAME, b"alice"),
        item(ItemKind::NAME, b"Al"),
        item(ItemKind::EMAIL, b"a@b"),
        item(ItemKind::PHONE, b"+1"),
        item(ItemKind::LOC, b"V"),
        item(ItemKind::TOOL, b"t"),
        item(ItemKind::NOTE, b"no"),
        item(ItemKind::PRIV, b"\x01x\x76\xff"),
        item(ItemKind(99), b""),
    ];
    let chunks = vec![chunk(0x1122_3344, items), chunk(0x5566_7788, Vec::new())];
    let description = SourceDescription { chunks, rest: octets.slice(56..), padding: Bytes::new() };
    assert!(description.has_cname());
    both_ways(&octets, RtcpPacket::SourceDescription(description));
}

//= RFC3550-6.5:chunk test
#[test]
fn odd_padding_of_chunk_and_packet_is_kept() {
    let octets = hex(&[
        "a1ca0004", // padding bit, one chunk, SDES, 20 octets
        "11223344", // source
        "01016100", // CNAME "a", end of items
        "00000004", // RTCP padding, four octets
        "00000004",
    ]);
    // The packet ends with two words of which only the last is counted as padding.
    let description = SourceDescription {
        chunks: vec![chunk(0x1122_3344, vec![item(ItemKind::CNAME, b"a")])],
        rest: octets.slice(12..16),
        padding: octets.slice(16..),
    };
    both_ways(&octets, RtcpPacket::SourceDescription(description));

    let octets = hex(&["81ca0003", "11223344", "0102616200", "ff00aa"]);
    let padding = octets.slice(13..);
    let chunks = vec![Chunk { padding, ..chunk(0x1122_3344, vec![item(ItemKind::CNAME, b"ab")]) }];
    both_ways(&octets, RtcpPacket::SourceDescription(SourceDescription { chunks, ..Default::default() }));
}

#[test]
fn an_unsound_source_description_names_the_octet() {
    let cases = [
        ("81ca0000", DecodeError::truncated(4, "SSRC", 4, 0)),
        ("81ca0001 11223344", DecodeError::truncated(8, "item kind", 1, 0)),
        ("81ca0002 11223344 01ff6161", DecodeError::truncated(10, "item text", 255, 2)),
        // No end of items.
        ("81ca0002 11223344 01026161", DecodeError::truncated(12, "item kind", 1, 0)),
    ];
    for (octets, error) in cases {
        assert_eq!(RtcpPacket::decode(&hex(&[octets])), Err(error), "{octets}");
    }
}

//= RFC3550-6.5.8 test
#[test]
fn a_private_item_has_prefix_and_value() {
    let item = Item::private(b"x", b"yz");
    assert_eq!(item, Item { kind: ItemKind::PRIV, text: Bytes::from_static(b"\x01xyz") });
    assert_eq!(item.as_private(), Some((&b"x"[..], &b"yz"[..])));
    let other =
        |kind, text: &'static [u8]| Item { kind, text: Bytes::from_static(text) }.as_private().is_none();
    assert!(other(ItemKind::NOTE, b"\x01xyz"));
    assert!(other(ItemKind::PRIV, b""));
    assert!(other(ItemKind::PRIV, b"\x05xyz"));

    let too_long = chunk(1, vec![Item::private(&[b'x'; 300], b"")]);
    let of_kind_0 = chunk(1, vec![Item { kind: ItemKind(0), text: Bytes::from_static(b"abc") }]);
    let cases = [
        (too_long, EncodeError { what: "source description item", limit: 255, got: 301 }),
        (of_kind_0, EncodeError { what: "source description item of kind 0", limit: 0, got: 3 }),
    ];
    for (chunk, error) in cases {
        let description = SourceDescription { chunks: vec![chunk], ..Default::default() };
        assert_eq!(description.encode(&mut bytes::BytesMut::new()), Err(error));
    }
}

//= RFC3550-6.6:reason test
#[test]
fn a_goodbye_with_a_reason_is_read_and_written() {
    let goodbye = |octets: &Bytes, from: usize| Goodbye {
        sources: vec![Ssrc(0x1122_3344)],
        reason: Some(Bytes::from_static(b"bye")),
        rest: octets.slice(from..),
        padding: Bytes::new(),
    };
    let octets = hex(&[
        "81cb0002", // one source, BYE, 12 octets
        "11223344", // source
        "03627965", // reason "bye", the word is full
    ]);
    both_ways(&octets, RtcpPacket::Goodbye(goodbye(&octets, 12)));
    // A word more than the reason asks for.
    let octets = hex(&["81cb0003", "11223344", "0362796500000000"]);
    both_ways(&octets, RtcpPacket::Goodbye(goodbye(&octets, 12)));
    // Pad octets that are not zero.
    let octets = hex(&["81cb0002", "11223344", "0262797f"]);
    let odd = Goodbye { reason: Some(Bytes::from_static(b"by")), ..goodbye(&octets, 11) };
    both_ways(&octets, RtcpPacket::Goodbye(odd));
    // Pad octets that are.
    let octets = hex(&["81cb0002", "11223344", "02627900"]);
    let usual = Goodbye { reason: Some(Bytes::from_static(b"by")), ..goodbye(&octets, 12) };
    both_ways(&octets, RtcpPacket::Goodbye(usual));
}

#[test]
fn a_goodbye_may_name_nobody_and_be_padded() {
    both_ways(&hex(&["80cb0000"]), RtcpPacket::Goodbye(Goodbye::default()));
    let octets = hex(&[
        "a2cb0003", // padding bit, two sources, BYE, 16 octets
        "11223344", "55667788", // sources
        "00000004", // RTCP padding
    ]);
    let sources = vec![Ssrc(0x1122_3344), Ssrc(0x5566_7788)];
    let padding = octets.slice(12..);
    both_ways(&octets, RtcpPacket::Goodbye(Goodbye { sources, padding, ..Default::default() }));

    // Padding that is no multiple of four: the reason of no octets ends inside of a word.
    let octets = hex(&["a0cb0001", "00000003"]);
    let goodbye = Goodbye { reason: Some(Bytes::new()), padding: octets.slice(5..), ..Default::default() };
    both_ways(&octets, RtcpPacket::Goodbye(goodbye));

    let datagram = hex(&["83cb0002", "11223344", "55667788"]);
    let error = DecodeError::truncated(12, "SSRC", 4, 0);
    assert_eq!(packets(&datagram).collect::<Vec<_>>(), [Err(error)]);
    let built = Goodbye { reason: Some(Bytes::from_static(b"x")), ..Default::default() };
    assert_eq!(encoded(&RtcpPacket::Goodbye(built)), hex(&["80cb0001", "01780000"]));
}
