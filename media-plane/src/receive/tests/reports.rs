use super::*;
use crate::testing::t0;
use mcptt_codec::rtcp::{self, ReportBlock, RtcpPacket};

/// Half way between two random extremes: reports are five seconds apart.
const MIDDLE: u32 = u32::MAX / 2;

fn side(ssrc: u32, start: Instant) -> Reports {
    Reports::new(
        Ssrc(ssrc),
        Bytes::from_static(b"user@example.org"),
        NtpClock::new(start, 0xe000_0000 << 32),
        48_000,
        start,
    )
}

//= RFC3550-6.4 test
//= RFC3550-6.3.1 test
#[test]
fn who_has_sent_makes_a_sender_report_and_everybody_else_a_receiver_report() {
    let start = t0();
    let mut reports = side(1, start);
    assert_eq!(reports.report(start + millis(2_499), Vec::new(), MIDDLE), None);
    reports.sent(start + millis(1_500), 96_000, 60);
    let first = reports
        .report(start + millis(2_500), vec![ReportBlock { ssrc: Ssrc(7), ..ReportBlock::default() }], MIDDLE)
        .unwrap();
    let packets: Vec<_> = rtcp::packets(&first).collect::<Result<_, _>>().unwrap();
    let [RtcpPacket::SenderReport(sender), RtcpPacket::SourceDescription(description)] = packets.as_slice()
    else {
        panic!("{packets:?}");
    };
    assert_eq!((sender.info.packet_count, sender.info.octet_count), (1, 60));
    assert_eq!(sender.info.rtp_timestamp, 96_000 + 48_000);
    assert_eq!(sender.info.ntp_timestamp, (0xe000_0002 << 32) + (1 << 31));
    assert!(description.has_cname());
    assert_eq!(reports.poll_timeout().duration_since(start).as_millis(), 7_499);
    let second = reports.report(start + millis(7_500), Vec::new(), MIDDLE).unwrap();
    let second = rtcp::packets(&second).next().unwrap().unwrap();
    assert!(matches!(second, RtcpPacket::ReceiverReport(_)), "{second:?}");
}

//= RFC3550-6.4.1:round-trip test
#[test]
fn the_round_trip_is_what_the_report_of_the_other_side_leaves_over() {
    let start = t0();
    // The clocks of the two need not agree.
    let (mut near, mut far) = (side(1, start), side(2, start + millis(123)));
    near.sent(start, 0, 10);
    let report = near.report(start + millis(2_500), Vec::new(), MIDDLE).unwrap();
    // 30 ms there, 1.5 s until it reports, 50 ms back.
    far.handle(start + millis(2_530), &report);
    let block = ReportBlock { ssrc: Ssrc(1), ..ReportBlock::default() };
    let answer = far.report(start + millis(4_030), vec![block], MIDDLE).unwrap();
    near.handle(start + millis(4_080), &answer);
    let trip = near.round_trip().unwrap().as_micros();
    assert!(trip.abs_diff(80_000) < 100, "{trip}");
    far.handle(start, &Bytes::from_static(&[0x81, 0xc8, 0, 1, 2]));
}

//= RFC3550-A.3 test
#[test]
fn reports_count_what_the_numbers_say() {
    let start = t0();
    let mut statistics = SourceStatistics::new(8_000);
    for number in (0..100_u16).filter(|number| number % 4 != 3) {
        let now = start + millis(20 * u64::from(number));
        statistics.packet(now, 65_500_u16.wrapping_add(number), u32::from(number) * 160, number == 0);
    }
    let block = statistics.report_block(SOURCE);
    assert_eq!((block.cumulative_lost, block.highest_sequence), (24, 65_536 + 62));
    assert_eq!(block.fraction_lost, (24 * 256 / 99) as u8);
    assert_eq!(block.jitter, 0);
    // A new interval: nothing was lost in it, and one packet came twice.
    for number in [63, 64, 64] {
        statistics.packet(start, number, 0, false);
    }
    let block = statistics.report_block(SOURCE);
    assert_eq!((block.fraction_lost, block.cumulative_lost), (0, 23));
}

//= RFC3550-A.1 test
#[test]
fn a_number_far_away_counts_once_the_next_one_confirms_it() {
    let start = t0();
    let mut statistics = SourceStatistics::new(8_000);
    for number in [1, 2, 30_000, 3, 50_000, 50_001] {
        statistics.packet(start, number, 0, false);
    }
    assert_eq!((statistics.expected(), statistics.received()), (1, 1));
}

//= RFC3550-A.8 test
#[test]
fn jitter_is_a_sixteenth_of_each_difference() {
    let start = t0();
    let mut statistics = SourceStatistics::new(8_000);
    statistics.packet(start, 0, 0, true);
    // 10 ms late: 80 ticks.
    statistics.packet(start + millis(30), 1, 160, false);
    assert_eq!(statistics.jitter(), 5);
    // A talk spurt that begins later is no jitter.
    statistics.packet(start + millis(5_000), 2, 320, true);
    assert_eq!(statistics.jitter(), 5);
    for number in 3..1_000_u16 {
        let late = u64::from(number % 2) * 10;
        let now = start + millis(5_000 + 20 * u64::from(number - 2) + late);
        statistics.packet(now, number, u32::from(number) * 160, false);
    }
    assert!((75..=80).contains(&statistics.jitter()), "{}", statistics.jitter());
}
