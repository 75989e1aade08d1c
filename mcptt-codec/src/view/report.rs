//! The view of RTCP packets that do not belong to TS 24.380, both ways.

use bytes::Bytes;

use super::{Shown, feedback, show_error, written};
use crate::id::Ssrc;
use crate::rtcp::{
    AppPacket, Chunk, ExtendedBlock, ExtendedBlockType, ExtendedReport, Goodbye, Item, ItemKind, PacketType,
    ReceiverReport, ReportBlock, RtcpPacket, SenderInfo, SenderReport, SourceDescription,
};
use crate::text::ByteStr;
use crate::value::{Keys, Place, Value, ViewError};

/// Subtype bits and SSRC of an APP packet whose length has been checked.
pub(super) fn head(packet: &[u8]) -> (u8, u32) {
    match packet {
        [first, _, _, _, a, b, c, d, ..] => (first & 0x1f, u32::from_be_bytes([*a, *b, *c, *d])),
        _ => (0, 0),
    }
}

/// A packet whose length has been checked.
pub(super) fn show(packet: &Bytes) -> Shown {
    let packet_type = packet.get(1).copied().unwrap_or_default();
    let of_type = |name| vec![("packet_type", Value::from(packet_type)), ("message", Value::text(name))];
    let mut shown = match RtcpPacket::decode(packet) {
        Ok(RtcpPacket::App(app)) => show_app(&app),
        Ok(RtcpPacket::SenderReport(report)) => {
            let mut shown = of_type("Sender Report");
            shown.extend(show_sender(&report));
            shown
        }
        Ok(RtcpPacket::ReceiverReport(report)) => {
            let mut shown = of_type("Receiver Report");
            shown.push(("ssrc", report.ssrc.0.into()));
            shown.extend(show_reports(&report.reports, &report.extension, &report.padding));
            shown
        }
        Ok(RtcpPacket::SourceDescription(description)) => {
            let mut shown = of_type("Source Description");
            shown.push(("chunks", Value::list(&description.chunks, show_chunk)));
            shown.extend(show_some("rest", &description.rest));
            shown.extend(show_some("padding", &description.padding));
            shown
        }
        Ok(RtcpPacket::Goodbye(goodbye)) => {
            let mut shown = of_type("Goodbye");
            shown.push(("sources", Value::list(&goodbye.sources, |source| source.0.into())));
            shown.extend(goodbye.reason.as_ref().map(|reason| show_text("reason", "reason_octets", reason)));
            shown.extend(show_some("rest", &goodbye.rest));
            shown.extend(show_some("padding", &goodbye.padding));
            shown
        }
        Ok(RtcpPacket::TransportFeedback(feedback)) => {
            let mut shown = of_type("Transport Layer Feedback");
            shown.extend(feedback::show_transport(&feedback));
            shown
        }
        Ok(RtcpPacket::PayloadFeedback(feedback)) => {
            let mut shown = of_type("Payload-specific Feedback");
            shown.extend(feedback::show_payload(&feedback));
            shown
        }
        Ok(RtcpPacket::ExtendedReport(report)) => {
            let mut shown = of_type("Extended Report");
            shown.extend(show_extended(&report));
            shown
        }
        Ok(RtcpPacket::Other { .. }) => vec![("packet_type", packet_type.into())],
        Err(error) => vec![("packet_type", packet_type.into()), ("error", show_error(&error))],
    };
    shown.push(("skipped", Value::Bool(true)));
    shown
}

fn show_app(app: &AppPacket) -> Shown {
    let mut shown = vec![
        ("name", Value::text(app.name.escape_ascii())),
        ("subtype", app.subtype.into()),
        ("ssrc", app.ssrc.0.into()),
        ("data", Value::hex(&app.data)),
    ];
    shown.extend(show_some("padding", &app.padding));
    shown
}

fn show_extended(report: &ExtendedReport) -> Shown {
    let block = |block: &ExtendedBlock| {
        Value::Object(vec![
            ("block_type", block.block_type.0.into()),
            ("type_specific", block.type_specific.into()),
            ("content", Value::hex(&block.content)),
        ])
    };
    let mut shown = vec![
        ("ssrc", report.ssrc.0.into()),
        ("reserved", report.reserved.into()),
        ("blocks", Value::list(&report.blocks, block)),
    ];
    shown.extend(show_some("rest", &report.rest));
    shown.extend(show_some("padding", &report.padding));
    shown
}

pub(super) fn show_some(key: &'static str, octets: &Bytes) -> Option<(&'static str, Value)> {
    (!octets.is_empty()).then(|| (key, Value::hex(octets)))
}

/// Text, or its octets when it is none.
fn show_text(text: &'static str, other: &'static str, octets: &Bytes) -> (&'static str, Value) {
    match std::str::from_utf8(octets) {
        Ok(plain) => (text, Value::text(plain)),
        Err(_) => (other, Value::hex(octets)),
    }
}

fn show_sender(report: &SenderReport) -> Shown {
    let info = &report.info;
    let mut shown = vec![
        ("ssrc", report.ssrc.0.into()),
        ("ntp_timestamp", info.ntp_timestamp.into()),
        ("rtp_timestamp", info.rtp_timestamp.into()),
        ("packet_count", info.packet_count.into()),
        ("octet_count", info.octet_count.into()),
    ];
    shown.extend(show_reports(&report.reports, &report.extension, &report.padding));
    shown
}

fn show_reports(reports: &[ReportBlock], extension: &Bytes, padding: &Bytes) -> Shown {
    let mut shown = vec![("reports", Value::list(reports, show_block))];
    shown.extend(show_some("extension", extension));
    shown.extend(show_some("padding", padding));
    shown
}

fn show_block(block: &ReportBlock) -> Value {
    Value::Object(vec![
        ("ssrc", block.ssrc.0.into()),
        ("fraction_lost", block.fraction_lost.into()),
        ("cumulative_lost", block.cumulative_lost.into()),
        ("highest_sequence", block.highest_sequence.into()),
        ("jitter", block.jitter.into()),
        ("last_sender_report", block.last_sender_report.into()),
        ("delay_since_last_sender_report", block.delay_since_last_sender_report.into()),
    ])
}

fn show_chunk(chunk: &Chunk) -> Value {
    let item = |item: &Item| {
        Value::Object(vec![("kind", item.kind.0.into()), show_text("text", "octets", &item.text)])
    };
    let mut shown = vec![("ssrc", chunk.ssrc.0.into()), ("items", Value::list(&chunk.items, item))];
    shown.extend(show_some("padding", &chunk.padding));
    Value::Object(shown)
}

/// The octets of an APP packet of a name that is not ours.
pub(super) fn encode_app(name: [u8; 4], place: &Place<'_>, keys: &mut Keys<'_>) -> Result<Bytes, ViewError> {
    keys.ignore(&["skipped"]);
    let app = AppPacket {
        subtype: keys.or_default(&["subtype"], |place| place.integer(0, 31))?,
        ssrc: ssrc(keys)?,
        name,
        data: octets(keys, "data")?,
        padding: octets(keys, "padding")?,
    };
    written(|out| app.encode(out)).map_err(|error| place.error(error))
}

/// The octets of a packet that is told by its type: the inverse of [`show`].
pub(super) fn encode(place: &Place<'_>, keys: &mut Keys<'_>) -> Result<Bytes, ViewError> {
    keys.ignore(&["message", "skipped", "error"]);
    let given = keys.need(&["packet_type"])?;
    let packet = match PacketType(given.u8()?) {
        PacketType::SENDER_REPORT => RtcpPacket::SenderReport(SenderReport {
            ssrc: ssrc(keys)?,
            info: SenderInfo {
                ntp_timestamp: keys.or_default(&["ntp_timestamp"], |place| place.u64())?,
                rtp_timestamp: number(keys, "rtp_timestamp")?,
                packet_count: number(keys, "packet_count")?,
                octet_count: number(keys, "octet_count")?,
            },
            reports: blocks(keys)?,
            extension: octets(keys, "extension")?,
            padding: octets(keys, "padding")?,
        }),
        PacketType::RECEIVER_REPORT => RtcpPacket::ReceiverReport(ReceiverReport {
            ssrc: ssrc(keys)?,
            reports: blocks(keys)?,
            extension: octets(keys, "extension")?,
            padding: octets(keys, "padding")?,
        }),
        PacketType::SOURCE_DESCRIPTION => RtcpPacket::SourceDescription(SourceDescription {
            chunks: keys.need(&["chunks"])?.list(|place| chunk(&place))?,
            rest: octets(keys, "rest")?,
            padding: octets(keys, "padding")?,
        }),
        PacketType::GOODBYE => RtcpPacket::Goodbye(Goodbye {
            sources: keys.need(&["sources"])?.list(|place| place.u32().map(Ssrc))?,
            reason: text_or_octets(keys, "reason", "reason_octets")?,
            rest: octets(keys, "rest")?,
            padding: octets(keys, "padding")?,
        }),
        PacketType::TRANSPORT_FEEDBACK => RtcpPacket::TransportFeedback(feedback::from_view(keys)?),
        PacketType::PAYLOAD_FEEDBACK => RtcpPacket::PayloadFeedback(feedback::from_view(keys)?),
        PacketType::EXTENDED_REPORT => RtcpPacket::ExtendedReport(ExtendedReport {
            ssrc: ssrc(keys)?,
            reserved: keys.or_default(&["reserved"], |place| place.integer(0, 31))?,
            blocks: keys.or_default(&["blocks"], |place| place.list(|place| extended_block(&place)))?,
            rest: octets(keys, "rest")?,
            padding: octets(keys, "padding")?,
        }),
        _ => {
            return Err(given.invalid("a packet type that can be written from values; give it as raw octets"));
        }
    };
    written(|out| packet.encode(out)).map_err(|error| place.error(error))
}

pub(super) fn octets(keys: &mut Keys<'_>, name: &'static str) -> Result<Bytes, ViewError> {
    keys.or_default(&[name], |place| place.octets())
}

pub(super) fn ssrc(keys: &mut Keys<'_>) -> Result<Ssrc, ViewError> {
    number(keys, "ssrc").map(Ssrc)
}

/// A number of 32 bits, zero when nothing is said.
fn number(keys: &mut Keys<'_>, name: &'static str) -> Result<u32, ViewError> {
    keys.or_default(&[name], |place| place.u32())
}

fn text_or_octets(
    keys: &mut Keys<'_>,
    text: &'static str,
    octets: &'static str,
) -> Result<Option<Bytes>, ViewError> {
    match (keys.find(&[text]), keys.find(&[octets])) {
        (Some(text), _) => text.byte_str().map(|text: ByteStr| Some(text.to_octets())),
        (None, octets) => octets.map(|octets| octets.octets()).transpose(),
    }
}

fn blocks(keys: &mut Keys<'_>) -> Result<Vec<ReportBlock>, ViewError> {
    keys.or_default(&["reports"], |place| place.list(|place| block(&place)))
}

fn block(place: &Place<'_>) -> Result<ReportBlock, ViewError> {
    let mut keys = place.keys()?;
    let block = ReportBlock {
        ssrc: ssrc(&mut keys)?,
        fraction_lost: keys.or_default(&["fraction_lost"], |place| place.u8())?,
        cumulative_lost: keys
            .or_default(&["cumulative_lost"], |place| place.integer(-0x80_0000, 0x7f_ffff))?,
        highest_sequence: number(&mut keys, "highest_sequence")?,
        jitter: number(&mut keys, "jitter")?,
        last_sender_report: number(&mut keys, "last_sender_report")?,
        delay_since_last_sender_report: number(&mut keys, "delay_since_last_sender_report")?,
    };
    keys.finish()?;
    Ok(block)
}

fn extended_block(place: &Place<'_>) -> Result<ExtendedBlock, ViewError> {
    let mut keys = place.keys()?;
    let block = ExtendedBlock {
        block_type: ExtendedBlockType(keys.need(&["block_type"])?.u8()?),
        type_specific: keys.or_default(&["type_specific"], |place| place.u8())?,
        content: octets(&mut keys, "content")?,
    };
    keys.finish()?;
    Ok(block)
}

fn chunk(place: &Place<'_>) -> Result<Chunk, ViewError> {
    let mut keys = place.keys()?;
    let ssrc = ssrc(&mut keys)?;
    let items = keys.or_default(&["items"], |place| place.list(|place| item(&place)))?;
    let padding = octets(&mut keys, "padding")?;
    keys.finish()?;
    Ok(Chunk { ssrc, items, padding })
}

fn item(place: &Place<'_>) -> Result<Item, ViewError> {
    let mut keys = place.keys()?;
    let kind = ItemKind(keys.need(&["kind"])?.integer(1, u8::MAX.into())?);
    let text = text_or_octets(&mut keys, "text", "octets")?.unwrap_or_default();
    keys.finish()?;
    Ok(Item { kind, text })
}
