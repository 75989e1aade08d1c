//! Extended reports.

use bytes::{Bytes, BytesMut};

use super::{both_ways, hex};
use crate::EncodeError;
use crate::id::Ssrc;
use crate::rtcp::{ExtendedBlock, ExtendedBlockType, ExtendedReport, RtcpPacket};

//= RFC3611-3 test
#[test]
fn an_extended_report_is_kept_block_by_block() {
    let octets = hex(&[
        "85cf000c",         // reserved bits 5, XR, 52 octets
        "11223344",         // SSRC
        "04000002",         // receiver reference time, two words
        "e54c3a0180000000", // NTP timestamp
        "05000003",         // DLRR, three words
        "c0ffee01",         // source
        "3a018000",         // last RR
        "00010000",         // delay
        "63ff0000",         // block 99, type-specific ff, no words
        "07000008",         // VoIP metrics, eight words: one is there
        "00000000",
        "00000000",
    ]);
    let block = |block_type, type_specific, content| ExtendedBlock { block_type, type_specific, content };
    let report = ExtendedReport {
        ssrc: Ssrc(0x1122_3344),
        reserved: 5,
        blocks: vec![
            block(ExtendedBlockType::RECEIVER_REFERENCE_TIME, 0, octets.slice(12..20)),
            block(ExtendedBlockType::DELAY_SINCE_LAST_RECEIVER_REPORT, 0, octets.slice(24..36)),
            block(ExtendedBlockType(99), 0xff, Bytes::new()),
        ],
        rest: octets.slice(40..),
        padding: Bytes::new(),
    };
    both_ways(&octets, RtcpPacket::ExtendedReport(report));
    both_ways(
        &hex(&["80cf0001", "11223344"]),
        RtcpPacket::ExtendedReport(ExtendedReport { ssrc: Ssrc(0x1122_3344), ..Default::default() }),
    );
}

#[test]
fn a_block_that_does_not_fit_is_refused() {
    let cases = [
        (5, EncodeError { what: "extended report block beyond a multiple of four", limit: 0, got: 1 }),
        (262_144, EncodeError { what: "extended report block", limit: 262_140, got: 262_144 }),
    ];
    for (len, error) in cases {
        let content = vec![0; len].into();
        let block = ExtendedBlock { block_type: ExtendedBlockType(1), type_specific: 0, content };
        let report = ExtendedReport { blocks: vec![block], ..Default::default() };
        let mut out = BytesMut::from(&b"before"[..]);
        assert_eq!(report.encode(&mut out), Err(error));
        assert_eq!(&out[..], b"before");
    }
}
