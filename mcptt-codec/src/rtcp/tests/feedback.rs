//! Feedback messages.

use bytes::{Bytes, BytesMut};

use super::{both_ways, hex};
use crate::id::Ssrc;
use crate::rtcp::feedback::*;
use crate::rtcp::{PayloadFeedback, RtcpPacket, TransportFeedback};
use crate::{DecodeError, EncodeError};

const SENDER: Ssrc = Ssrc(0x1122_3344);
const MEDIA: Ssrc = Ssrc(0x5566_7788);

fn transport(media: Ssrc, message: TransportMessage) -> RtcpPacket {
    let padding = Bytes::new();
    RtcpPacket::TransportFeedback(TransportFeedback { sender: SENDER, media, message, padding })
}

fn payload(media: Ssrc, message: PayloadMessage) -> RtcpPacket {
    let padding = Bytes::new();
    RtcpPacket::PayloadFeedback(PayloadFeedback { sender: SENDER, media, message, padding })
}

//= RFC4585-6.2.1 test
#[test]
fn a_generic_nack_is_read_and_written() {
    let octets = hex(&[
        "81cd0004", // FMT 1, RTPFB, 20 octets
        "11223344", // sender of the feedback
        "55667788", // media
        "00648001", // packet 100; 101 and 116 as well
        "ffff0001", // packet 65535; 0 as well
    ]);
    let first = GenericNack { packet_id: 100, following: 0x8001 };
    let second = GenericNack { packet_id: 65_535, following: 1 };
    assert_eq!(first.lost().collect::<Vec<_>>(), [100, 101, 116]);
    assert_eq!(second.lost().collect::<Vec<_>>(), [65_535, 0]);
    both_ways(&octets, transport(MEDIA, TransportMessage::GenericNack(vec![first, second])));
}

//= RFC5104-4.2.1 test
#[test]
fn bit_rate_requests_and_notifications_are_read_and_written() {
    let body = [
        "11223344", // sender of the feedback
        "00000000", // no media: each entry names its source
        "c0ffee01", // source
        "0c07d028", // exponent 3, mantissa 1000, overhead 40
    ];
    let entry = MaxBitrate { ssrc: Ssrc(0xc0ff_ee01), exponent: 3, mantissa: 1000, overhead: 40 };
    assert_eq!(entry.bit_rate(), 8000);
    let request = hex(&["83cd0004", body[0], body[1], body[2], body[3]]);
    both_ways(&request, transport(Ssrc(0), TransportMessage::MaxBitrateRequest(vec![entry])));
    let notification = hex(&["84cd0004", body[0], body[1], body[2], body[3]]);
    both_ways(&notification, transport(Ssrc(0), TransportMessage::MaxBitrateNotification(vec![entry])));
    // An empty notification says that nothing limits the sender.
    let none = hex(&["84cd0002", body[0], body[1]]);
    both_ways(&none, transport(Ssrc(0), TransportMessage::MaxBitrateNotification(Vec::new())));

    let highest = MaxBitrate { exponent: 63, mantissa: 131_071, ..entry };
    assert_eq!(highest.bit_rate(), u64::MAX);
}

#[test]
fn transport_wide_feedback_is_read_and_written() {
    let octets = hex(&[
        "8fcd0005", // FMT 15, RTPFB, 24 octets
        "11223344", // sender of the feedback
        "55667788", // media
        "fffe0003", // base sequence number 65534, three packets
        "fffffe07", // reference time -2, feedback packet 7
        "20030411", // run of three packets with small deltas, deltas of 1 and 4.25 ms
    ]);
    let message = TransportMessage::TransportWide(TransportWide {
        base_sequence: 65_534,
        status_count: 3,
        reference_time: -2,
        feedback_count: 7,
        chunks: octets.slice(20..),
    });
    both_ways(&octets, transport(MEDIA, message));
}

//= RFC4585-6.1 test
#[test]
fn what_does_not_fit_a_format_is_kept_as_it_stands() {
    let other = |format, information| TransportMessage::Other { format: FeedbackFormat(format), information };
    // An unknown format, a request cut in the middle, transport-wide feedback without a header.
    for (first, format, information) in
        [("89", 9, "01020304"), ("83", 3, "c0ffee01"), ("8f", 15, "fffe0003"), ("82", 2, "")]
    {
        let words = format!("{:04x}", 2 + information.len() / 8);
        let octets = hex(&[first, "cd", &words, "11223344", "55667788", information]);
        both_ways(&octets, transport(MEDIA, other(format, octets.slice(12..))));
    }
    let other = |format, information| PayloadMessage::Other { format: FeedbackFormat(format), information };
    // A picture loss with information, a selection with the zero bit set and one of no octets, half a request.
    for (first, format, information) in
        [("81", 1, "00000000"), ("83", 3, "08e0aabb"), ("83", 3, ""), ("84", 4, "c0ffee01"), ("80", 0, "")]
    {
        let words = format!("{:04x}", 2 + information.len() / 8);
        let octets = hex(&[first, "ce", &words, "11223344", "55667788", information]);
        both_ways(&octets, payload(MEDIA, other(format, octets.slice(12..))));
    }
    for packet_type in ["cd", "ce"] {
        let octets = hex(&["81", packet_type, "0001", "11223344"]);
        let error = DecodeError::truncated(8, "SSRC of the media", 4, 0);
        assert_eq!(RtcpPacket::decode(&octets), Err(error));
    }
}

//= RFC4585-6.3.1 test
#[test]
fn a_padded_picture_loss_indication_is_read_and_written() {
    let octets = hex(&[
        "81ce0002", // FMT 1, PSFB, 12 octets
        "11223344", "55667788", // sender of the feedback, media
    ]);
    both_ways(&octets, payload(MEDIA, PayloadMessage::PictureLoss));
    let octets = hex(&["a1ce0003", "11223344", "55667788", "00000004"]);
    let padding = octets.slice(12..);
    let message = PayloadMessage::PictureLoss;
    let feedback = PayloadFeedback { sender: SENDER, media: MEDIA, message, padding };
    both_ways(&octets, RtcpPacket::PayloadFeedback(feedback));
}

//= RFC4585-6.3.2 test
#[test]
fn a_slice_loss_indication_is_read_and_written() {
    let octets = hex(&[
        "82ce0004", // FMT 2, PSFB, 20 octets
        "11223344", "55667788", // sender of the feedback, media
        "fff8007f", // first 8191, number 1, picture 63
        "00080040", // first 1, number 1, picture 0
    ]);
    let first = SliceLoss { first: 8191, number: 1, picture_id: 63 };
    let second = SliceLoss { first: 1, number: 1, picture_id: 0 };
    both_ways(&octets, payload(MEDIA, PayloadMessage::SliceLoss(vec![first, second])));
}

//= RFC4585-6.3.3 test
#[test]
fn a_reference_picture_selection_is_read_and_written() {
    let octets = hex(&[
        "83ce0003", // FMT 3, PSFB, 16 octets
        "11223344", "55667788", // sender of the feedback, media
        "0860aa00", // eight padding bits, payload type 96, bit string
    ]);
    let selection =
        ReferencePictureSelection { padding_bits: 8, payload_type: 96, bit_string: octets.slice(14..) };
    both_ways(&octets, payload(MEDIA, PayloadMessage::ReferencePictureSelection(selection)));
}

//= RFC5104-4.3.1 test
#[test]
fn a_full_intra_request_is_read_and_written() {
    let octets = hex(&[
        "84ce0006", // FMT 4, PSFB, 28 octets
        "11223344", "00000000", // sender of the feedback, no media
        "c0ffee01", "ff000000", // source, sequence number 255
        "c0ffee02", "00000001", // source, sequence number 0, a reserved bit that is set
    ]);
    let requests = vec![
        FullIntraRequest { ssrc: Ssrc(0xc0ff_ee01), sequence: 255, reserved: 0 },
        FullIntraRequest { ssrc: Ssrc(0xc0ff_ee02), sequence: 0, reserved: 1 },
    ];
    both_ways(&octets, payload(Ssrc(0), PayloadMessage::FullIntraRequest(requests)));
}

//= RFC4585-6.4 test
#[test]
fn application_layer_feedback_is_kept_and_an_estimate_is_read() {
    let octets = hex(&[
        "8fce0006", // FMT 15, PSFB, 28 octets
        "11223344", "00000000", // sender of the feedback, no media
        "52454d42", // REMB
        "020bd090", // two sources, exponent 2, mantissa 250000
        "c0ffee01", "c0ffee02", // sources
    ]);
    let sources = vec![Ssrc(0xc0ff_ee01), Ssrc(0xc0ff_ee02)];
    let estimate = EstimatedMaxBitrate { exponent: 2, mantissa: 250_000, sources };
    assert_eq!(estimate.bit_rate(), 1_000_000);
    both_ways(&octets, payload(Ssrc(0), PayloadMessage::EstimatedMaxBitrate(estimate)));

    // Another name, and an estimate whose count does not fit.
    for information in ["58454d42020bd090c0ffee01c0ffee02", "52454d42010bd090c0ffee01c0ffee02"] {
        let octets = hex(&["8fce0006", "11223344", "00000000", information]);
        let expected = PayloadMessage::ApplicationLayer(octets.slice(12..));
        both_ways(&octets, payload(Ssrc(0), expected));
    }
}

#[test]
fn numbers_beyond_their_bits_are_refused() {
    let too_large = |what, limit, got| EncodeError { what, limit, got };
    let rate = MaxBitrate::default();
    let request = |entry| transport(MEDIA, TransportMessage::MaxBitrateRequest(vec![entry]));
    let slice = |entry| payload(MEDIA, PayloadMessage::SliceLoss(vec![entry]));
    let remb = |exponent, mantissa, sources| {
        let sources = vec![Ssrc(1); sources];
        payload(
            MEDIA,
            PayloadMessage::EstimatedMaxBitrate(EstimatedMaxBitrate { exponent, mantissa, sources }),
        )
    };
    let selection = ReferencePictureSelection { payload_type: 128, ..Default::default() };
    let intra = FullIntraRequest { reserved: 0x100_0000, ..Default::default() };
    let format = FeedbackFormat(32);
    let cases = [
        (request(MaxBitrate { exponent: 64, ..rate }), too_large("bit rate exponent", 63, 64)),
        (request(MaxBitrate { mantissa: 131_072, ..rate }), too_large("bit rate mantissa", 131_071, 131_072)),
        (request(MaxBitrate { overhead: 512, ..rate }), too_large("measured overhead", 511, 512)),
        (slice(SliceLoss { first: 8192, ..Default::default() }), too_large("first macroblock", 8191, 8192)),
        (
            slice(SliceLoss { number: 8192, ..Default::default() }),
            too_large("number of macroblocks", 8191, 8192),
        ),
        (slice(SliceLoss { picture_id: 64, ..Default::default() }), too_large("picture id", 63, 64)),
        (remb(64, 0, 0), too_large("bit rate exponent", 63, 64)),
        (remb(0, 262_144, 0), too_large("bit rate mantissa", 262_143, 262_144)),
        (remb(0, 0, 256), too_large("sources of an estimate", 255, 256)),
        (
            payload(MEDIA, PayloadMessage::ReferencePictureSelection(selection)),
            too_large("RTP payload type", 127, 128),
        ),
        (
            payload(MEDIA, PayloadMessage::FullIntraRequest(vec![intra])),
            too_large("reserved bits", 0xff_ffff, 0x100_0000),
        ),
        (
            transport(MEDIA, TransportMessage::Other { format, information: Bytes::new() }),
            too_large("RTCP count or subtype", 31, 32),
        ),
    ];
    for (packet, error) in cases {
        let mut out = BytesMut::from(&b"before"[..]);
        assert_eq!(packet.encode(&mut out), Err(error));
        assert_eq!(&out[..], b"before");
    }
}
