//! RTP and the RTCP packets that go with it.

use bytes::{Bytes, BytesMut};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp::{
    AppPacket, Chunk, Goodbye, Item, ItemKind, ReceiverReport, ReportBlock, RtcpPacket, SenderInfo,
    SenderReport, SourceDescription,
};
use mcptt_codec::rtp::{CsrcList, Extension, RtpHeader, RtpPacket};

use super::Dice;

/// A voice packet, with contributing sources, extension and padding now and then.
pub(super) fn rtp(dice: &mut Dice) -> Bytes {
    let sources: Vec<Ssrc> =
        if dice.one_in(4) { (0..1 + dice.below(5)).map(|_| Ssrc(dice.u32())).collect() } else { Vec::new() };
    let padding = if dice.one_in(8) {
        let count = 1 + dice.below(8) as u8;
        let mut padding = vec![0; usize::from(count)];
        padding[usize::from(count) - 1] = count;
        padding
    } else {
        Vec::new()
    };
    let octets = dice.below(60) as usize;
    let extension = dice.one_in(4).then(|| {
        let profile = *dice.pick(&[0xbede, 0x1000, 0x1005, 0xabcd]);
        // One element of three or of two octets in the two forms of RFC 8285; to another profile it is any word.
        let data = match profile {
            0xbede => [0x12, dice.u8(), dice.u8(), dice.u8()],
            _ => [5, 2, dice.u8(), dice.u8()],
        };
        Extension { profile, data: data.to_vec().into() }
    });
    let packet = RtpPacket {
        header: RtpHeader {
            padding: !padding.is_empty(),
            marker: dice.one_in(5),
            payload_type: *dice.pick(&[96, 97, 99, 105, 110, 127]),
            sequence: dice.u16(),
            timestamp: dice.u32(),
            ssrc: Ssrc(dice.u32()),
            csrc: CsrcList::new(&sources).expect("at most five"),
            extension,
        },
        payload: dice.octets(octets).into(),
        padding: padding.into(),
    };
    let mut out = BytesMut::new();
    packet.encode(&mut out).expect("generated packets are valid");
    out.freeze()
}

fn blocks(dice: &mut Dice) -> Vec<ReportBlock> {
    let block = |dice: &mut Dice| ReportBlock {
        ssrc: Ssrc(dice.u32()),
        fraction_lost: dice.u8(),
        cumulative_lost: (dice.u32() as i32) >> 8,
        highest_sequence: dice.u32(),
        jitter: dice.u32(),
        last_sender_report: dice.u32(),
        delay_since_last_sender_report: dice.u32(),
    };
    (0..dice.below(4)).map(|_| block(dice)).collect()
}

/// The canonical name and perhaps others.
fn items(dice: &mut Dice) -> Vec<Item> {
    const OTHERS: [ItemKind; 6] =
        [ItemKind::NAME, ItemKind::EMAIL, ItemKind::PHONE, ItemKind::LOC, ItemKind::TOOL, ItemKind::NOTE];
    let mut items = vec![Item { kind: ItemKind::CNAME, text: dice.word(1, 30).into() }];
    if dice.one_in(2) {
        let kind = *dice.pick(&OTHERS);
        items.push(Item { kind, text: dice.word(1, 20).into() });
    }
    if dice.one_in(6) {
        items.push(Item::private(dice.word(1, 8).as_bytes(), dice.word(1, 20).as_bytes()));
    }
    items
}

/// A compound packet: a report, a description, perhaps a goodbye, perhaps an application packet of nobody's name.
pub(super) fn rtcp(dice: &mut Dice) -> Bytes {
    let ssrc = Ssrc(dice.u32());
    let mut packets = vec![if dice.one_in(2) {
        RtcpPacket::SenderReport(SenderReport {
            ssrc,
            info: SenderInfo {
                ntp_timestamp: u64::from(dice.u32()) << 32 | u64::from(dice.u32()),
                rtp_timestamp: dice.u32(),
                packet_count: dice.u32(),
                octet_count: dice.u32(),
            },
            reports: blocks(dice),
            ..SenderReport::default()
        })
    } else {
        RtcpPacket::ReceiverReport(ReceiverReport {
            ssrc,
            reports: blocks(dice),
            ..ReceiverReport::default()
        })
    }];
    let mut chunks = vec![Chunk { ssrc, items: items(dice), ..Chunk::default() }];
    while dice.one_in(5) {
        chunks.push(Chunk { ssrc: Ssrc(dice.u32()), items: items(dice), ..Chunk::default() });
    }
    packets.push(RtcpPacket::SourceDescription(SourceDescription { chunks, ..SourceDescription::default() }));
    if dice.one_in(4) {
        packets.push(RtcpPacket::App(AppPacket {
            subtype: dice.below(32) as u8,
            ssrc,
            name: if dice.one_in(20) { *b"X\xfbST" } else { *b"XTST" },
            data: dice.octets(8).into(),
            padding: Bytes::new(),
        }));
    }
    if dice.one_in(3) {
        packets.push(RtcpPacket::Goodbye(Goodbye {
            sources: vec![ssrc],
            reason: dice.one_in(2).then(|| dice.word(1, 20).into()),
            ..Goodbye::default()
        }));
    }
    let mut out = BytesMut::new();
    for packet in packets {
        packet.encode(&mut out).expect("generated packets are valid");
    }
    out.freeze()
}

/// One octet behind the first two has another value, or the end is missing.
pub(super) fn damaged(packet: Bytes, dice: &mut Dice) -> Bytes {
    let mut octets = packet.to_vec();
    let extended = octets[0] & 0x1f == 0x10 && octets[1] & 0x7f >= 96;
    if extended && dice.one_in(2) {
        // The first element of the extension is longer than the extension.
        (octets[16], octets[17]) = (0x1f, 0x3a);
    } else if dice.one_in(4) {
        octets.truncate(octets.len() - 1 - dice.below(4).min(octets.len() as u32 - 4) as usize);
    } else {
        let at = 4 + dice.below(octets.len() as u32 - 4) as usize;
        octets[at] = dice.u8();
    }
    octets.into()
}
