//! RTCP of our own: who is sent which report when, and what the answers tell.

use mcptt_codec::rtcp::{self, ReceiverReport, ReportBlock, RtcpPacket, SenderInfo, SenderReport};

use super::protection::{SUITES, protected};
use super::*;

fn millis(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// A call of three whose members are made by `of`; 1 has the floor.
fn rig(of: impl Fn(u8) -> Participant) -> Rig {
    let mut rig = Rig::with_legs(0);
    (1..=3).for_each(|leg| rig.connect(of(leg), leg));
    rig.floor(1, &request(1));
    rig.sent();
    rig
}

/// Lets 1 talk, with these numbers; the reports that were sent meanwhile, with the time of each since the beginning.
fn talk(rig: &mut Rig, numbers: std::ops::Range<u16>, without: u16) -> Vec<(Duration, u8, Vec<RtcpPacket>)> {
    let begun = rig.now;
    let mut reports = Vec::new();
    for number in numbers {
        if number != without {
            rig.media(1, &rtp(1, number));
        }
        rig.advance(millis(20));
        for sent in rig.sent_with_reports() {
            if let Sent::Reports(leg, octets) = sent {
                let packets = rtcp::packets(&octets).collect::<Result<_, _>>().unwrap();
                reports.push((rig.now - begun, leg, packets));
            }
        }
    }
    reports
}

/// Sends RTCP of a participant.
fn report(rig: &mut Rig, leg: u8, packet: RtcpPacket) {
    let mut octets = BytesMut::new();
    packet.encode(&mut octets).unwrap();
    let mut octets = octets.to_vec();
    rig.ends.get_mut(&leg).unwrap()[0].protect_rtcp(&mut octets).unwrap();
    rig.raw(path(leg, AUDIO_CONTROL), &octets);
}

fn receiver_report(leg: u8, block: ReportBlock) -> RtcpPacket {
    RtcpPacket::ReceiverReport(ReceiverReport { ssrc: ssrc(leg), reports: vec![block], ..Default::default() })
}

//= RFC3550-6.2 test
//= RFC3550-6.4.1:elapsed test
//= RFC3550-6.5.1:private test
#[test]
fn listeners_are_told_what_was_sent_and_talkers_what_has_come() {
    let suites = SUITES.iter().map(Some).chain([None]);
    for suite in suites {
        let mut rig = rig(|leg| suite.map_or_else(|| participant(leg), |suite| protected(leg, suite)));
        let info = SenderInfo { ntp_timestamp: 0x0001_2345_6789_0000, ..SenderInfo::default() };
        rig.media(1, &rtp(1, 0));
        report(
            &mut rig,
            1,
            RtcpPacket::SenderReport(SenderReport { ssrc: ssrc(1), info, ..Default::default() }),
        );
        rig.sent();
        let reports = talk(&mut rig, 1..126, 50);
        let receivers: Vec<_> = reports.iter().map(|(at, leg, _)| (at.as_millis(), *leg)).collect();
        assert_eq!(receivers, [(2_500, 1), (2_500, 2), (2_500, 3)]);
        let [RtcpPacket::ReceiverReport(about), RtcpPacket::SourceDescription(named)] = &reports[0].2[..]
        else {
            panic!("{:?}", reports[0])
        };
        let expected = ReportBlock {
            ssrc: ssrc(1),
            fraction_lost: 2,
            cumulative_lost: 1,
            highest_sequence: 125,
            last_sender_report: 0x2345_6789,
            delay_since_last_sender_report: 5 * 65_536 / 2,
            ..ReportBlock::default()
        };
        assert_eq!(about.reports, [expected]);
        assert!(about.ssrc != ssrc(1) && named.has_cname());
        for (_, _, packets) in &reports[1..] {
            let [RtcpPacket::SenderReport(about), RtcpPacket::SourceDescription(named)] = &packets[..] else {
                panic!("{packets:?}")
            };
            assert_eq!((about.ssrc, about.info.packet_count), (ssrc(1), 125));
            assert_eq!((about.info.octet_count, about.info.rtp_timestamp), (125 * 33, 125 * 160 + 160));
            assert!(named.has_cname() && !format!("{named:?}").contains("user1"));
        }
        assert_eq!(reports[1].2, reports[2].2);
        assert_eq!(rig.plane.counters().reports_sent, 3);
        // The next ones are five seconds later, half as much or half as much again; with the silence they end.
        let reports = talk(&mut rig, 126..550, 0);
        let first = reports[0].0.as_millis();
        assert!((2_500..=7_520).contains(&first), "{first}");
        assert!(reports.len() <= 9 && reports.len().is_multiple_of(3), "{reports:?}");
        rig.floor(1, &release(1));
        rig.advance(millis(60_000));
        let late = rig.sent_with_reports().into_iter().filter(|sent| matches!(sent, Sent::Reports(..)));
        assert_eq!(late.count(), 3);
    }
}

//= RFC3550-6.4.1:round-trip test
#[test]
fn the_way_there_and_back_is_reckoned_from_the_answer() {
    let mut rig = rig(participant);
    let reports = talk(&mut rig, 0..125, 900);
    let RtcpPacket::SenderReport(told) = &reports[1].2[0] else { panic!("{reports:?}") };
    let last_sender_report = (told.info.ntp_timestamp >> 16) as u32;
    // The listener has had it for a second, 80 ms go to the way.
    rig.advance(millis(1_080));
    let delay_since_last_sender_report = 65_536;
    let block = ReportBlock {
        ssrc: ssrc(1),
        last_sender_report,
        delay_since_last_sender_report,
        ..Default::default()
    };
    report(&mut rig, 2, receiver_report(2, block));
    // None of these is an answer: to nobody, to a report of another's, to one of the time to come, of a century ago.
    for wrong in [
        ReportBlock { last_sender_report: 0, ..block },
        ReportBlock { ssrc: ssrc(9), ..block },
        ReportBlock { last_sender_report: last_sender_report.wrapping_add(1 << 20), ..block },
        ReportBlock { last_sender_report: last_sender_report.wrapping_sub(1 << 29), ..block },
    ] {
        report(&mut rig, 3, receiver_report(3, wrong));
    }
    let trips = rig.plane.counters().round_trips;
    assert_eq!(trips.counts().iter().sum::<u64>(), 1);
    assert!(trips.sum().as_millis().abs_diff(80) <= 1, "{:?}", trips.sum());
    rig.drain();
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    let quality = rig.events().into_iter().find_map(|event| match event {
        Event::CallQuality { quality, .. } => Some(quality),
        _ => None,
    });
    let quality = quality.unwrap();
    assert_eq!((quality.reports, quality.round_trips), (5, 1));
    assert!((quality.round_trip_ms - 80.0).abs() < 1.0 && quality.longest_round_trip_ms < 81.0);
    rig.advance(millis(60_000));
    assert!(!rig.sent_with_reports().iter().any(|sent| matches!(sent, Sent::Reports(..))));
}

#[test]
fn nothing_is_reported_where_only_the_participants_have_the_keys_or_it_is_not_wanted() {
    let sealed = CallSettings { sealed: true, ..settings() };
    let off = Config { report_interval: None, ..Config::default() };
    for (config, settings) in [(Config::default(), sealed), (off, settings())] {
        let mut rig = Rig::new(config);
        rig.initiate(CALL, settings);
        (1..=3).for_each(|leg| rig.connect(participant(leg), leg));
        rig.grant(1);
        assert_eq!(talk(&mut rig, 0..600, 900), []);
    }
}

#[test]
fn a_large_call_is_told_in_turns() {
    let mut rig = Rig::new(Config::default());
    rig.initiate(CALL, settings());
    (1..=150).for_each(|leg| rig.connect(participant(leg), leg));
    rig.grant(1);
    rig.media(1, &rtp(1, 1));
    rig.drain();
    let mut batches = Vec::new();
    while rig.plane.counters().reports_sent < 150 {
        rig.now = rig.plane.poll_timeout().unwrap();
        rig.plane.handle_timeout(rig.now);
        let sent =
            rig.sent_with_reports().into_iter().filter(|sent| matches!(sent, Sent::Reports(..))).count();
        batches.extend((sent > 0).then_some(sent));
    }
    assert_eq!(batches, [64, 64, 22]);
}
