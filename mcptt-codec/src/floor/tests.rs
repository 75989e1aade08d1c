use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::rules::{Direction, MESSAGES};
use super::*;
use crate::id::Ssrc;
use crate::rtcp::tests::{deviation, hex};
use crate::rtcp::{FieldValue, Notes, requirement};
use crate::{DecodeError, Deviation, EncodeError};

mod acceptance;
mod golden;
mod property;
mod release;

use golden::golden;

const CLIENT: Ssrc = Ssrc(0x1122_3344);
const SERVER: Ssrc = Ssrc(0xc0ff_ee01);

/// Decodes a message in both ways, which have to agree.
#[track_caller]
fn decoded(octets: &Bytes) -> (FloorMessage, Vec<Deviation>) {
    let decoded = FloorMessage::decode(octets).unwrap();
    let packet = FloorPacket::decode(octets).unwrap();
    assert_eq!(FloorMessage::from_packet(&packet), decoded);
    (decoded.value, decoded.deviations)
}

/// A packet of these fields behind the twelve octets of every message: version 2 without padding and the subtype, packet
/// type 204, the length in words minus one, SSRC of the sender, name.
fn packet(subtype: Subtype, ssrc: Ssrc, fields: &[&str]) -> Bytes {
    let fields = hex(fields);
    let words = u16::try_from((12 + fields.len()) / 4 - 1).unwrap();
    let mut octets = BytesMut::from(&[0x80 | subtype.0, 204][..]);
    octets.extend_from_slice(&words.to_be_bytes());
    octets.extend_from_slice(&ssrc.0.to_be_bytes());
    octets.extend_from_slice(b"MCPT");
    octets.extend_from_slice(&fields);
    octets.freeze()
}

fn track(participant_type: &str, references: &[u32]) -> TrackInfo {
    TrackInfo {
        queueing_capability: QueueingCapability::SUPPORTED,
        participant_type: participant_type.into(),
        references: references.to_vec(),
    }
}

/// Track Info: queueing supported, "LMR" and inner pad, reference 42.
const TRACK: &str = "0b0a01034c4d52000000002a";

//= 24.380-8.1.2 test
//= 24.380-8.2.13 test
//= 24.380-8.2.14 test
#[test]
fn every_message_is_read_and_written_with_all_its_fields() {
    let golden = golden();
    assert_eq!(golden.len(), MESSAGES.len());
    for ((octets, message), rule) in golden.iter().zip(MESSAGES) {
        let number = message.subtype().number();
        assert_eq!((number, message.name()), (rule.subtype, rule.name));
        assert_eq!(decoded(octets), (message.clone(), vec![]), "{}", rule.name);
        assert_eq!(message.encode().as_ref(), Ok(octets), "{}", rule.name);
        assert_eq!(FloorMessage::from_packet(&message.to_packet()).value, *message);
        let mut through_packet = BytesMut::new();
        message.to_packet().encode(&mut through_packet).unwrap();
        assert_eq!(through_packet, *octets, "{}", rule.name);
        // The order of the message table, the fields of a queued user counted once.
        let mut ids = Vec::new();
        for field in message.to_packet().fields {
            if !ids.contains(&field.id()) {
                ids.push(field.id());
            }
        }
        assert_eq!(ids, rule.fields, "{}", rule.name);
    }
}

#[test]
fn a_message_without_fields_is_a_header() {
    for rule in MESSAGES {
        let octets = packet(rule.subtype, CLIENT, &[]);
        let (message, deviations) = decoded(&octets);
        assert_eq!(deviations, []);
        assert_eq!((message.ssrc(), message.ack_requested(), message.name()), (CLIENT, false, rule.name));
        assert_eq!(message.encode(), Ok(octets));
    }
}

/// The rules and the typed messages were written down independently; they have to say the same.
#[test]
fn every_message_takes_the_fields_of_its_table_and_no_others() {
    for rule in MESSAGES {
        for id in (0..=25).map(FieldId) {
            let (_, message) =
                golden().into_iter().find(|(_, m)| m.subtype().number() == rule.subtype).unwrap();
            let with_field = golden()
                .into_iter()
                .flat_map(|(_, message)| message.to_packet().fields)
                .find(|field| field.id() == id)
                .unwrap();
            let packet =
                FloorPacket { fields: vec![with_field], ..FloorPacket::new(message.subtype(), SERVER) };
            let deviations = FloorMessage::from_packet(&packet).deviations;
            let refused = deviations.contains(&deviation(12, requirement::MESSAGE_TABLE));
            assert_eq!(refused, !rule.fields.contains(&id), "{} {id:?}", rule.name);
        }
    }
}

//= 24.380-8.2.14 test
#[test]
fn who_sends_which_message_is_known() {
    let sent = |direction| -> Vec<u8> {
        MESSAGES.iter().filter(|rule| rule.direction == direction).map(|rule| rule.subtype.0).collect()
    };
    assert_eq!(sent(Direction::ToServer), [0, 4, 7, 8, 11]);
    assert_eq!(sent(Direction::ToParticipant), [1, 2, 3, 5, 6, 9, 15]);
    assert_eq!(sent(Direction::Both), [10, 14]);
}

//= 24.380-8.2.2:noack test
//= 24.380-8.1.4:subtype test
#[test]
fn a_subtype_that_is_not_listed_is_unknown_and_asks_for_nothing() {
    let with_ack = [1, 2, 3, 4, 5, 9, 11, 14];
    let without_ack = [0, 6, 7, 8, 10, 15];
    for bits in 0..32 {
        let subtype = Subtype(bits);
        let number = subtype.number().0;
        let octets = packet(subtype, CLIENT, &["00020500"]);
        let (message, deviations) = decoded(&octets);
        if with_ack.contains(&number) || (without_ack.contains(&number) && !subtype.ack_requested()) {
            assert_eq!((message.subtype(), message.ack_requested()), (subtype, bits >= 16), "{bits}");
            continue;
        }
        let requirement =
            if without_ack.contains(&number) { requirement::NO_ACK_BIT } else { requirement::SUBTYPE };
        assert_eq!(message, FloorMessage::Unknown { subtype, ssrc: CLIENT }, "{bits}");
        assert_eq!((message.ack_requested(), message.name()), (false, "unknown message"));
        assert_eq!(deviations, [deviation(0, requirement)], "{bits}");
        assert_eq!(message.encode(), Ok(packet(subtype, CLIENT, &[])));
    }
}

//= 24.380-14.2.7 test
#[test]
fn the_header_ssrc_can_be_what_the_peer_asked_for() {
    for (octets, mut message) in golden() {
        message.set_ssrc(Ssrc(12_345));
        let mut expected = BytesMut::from(&octets[..]);
        expected[4..8].copy_from_slice(&12_345u32.to_be_bytes());
        assert_eq!(message.encode(), Ok(expected.freeze()));
        assert_eq!(message.ssrc(), Ssrc(12_345));
    }
    let mut unknown = FloorMessage::Unknown { subtype: Subtype(12), ssrc: CLIENT };
    unknown.set_ssrc(SERVER);
    assert_eq!(unknown, FloorMessage::Unknown { subtype: Subtype(12), ssrc: SERVER });
}

//= 24.380-8.2.3.3 test
#[test]
fn a_duration_is_sent_in_whole_seconds_that_are_left() {
    let cases = [
        (Duration::from_secs(30), 30),
        (Duration::from_millis(29_999), 29),
        (Duration::from_millis(1), 1),
        (Duration::from_secs(65_535), 65_535),
        (Duration::from_secs(100_000), 65_535),
        (Duration::ZERO, 0),
    ];
    for (duration, seconds) in cases {
        let granted = FloorGranted { duration: Some(duration), ..Default::default() };
        let fields = FloorMessage::Granted(granted).to_packet().fields;
        assert_eq!(fields, [Field::new(FieldId::DURATION, &u16::to_be_bytes(seconds))], "{duration:?}");
    }
    let (message, deviations) = decoded(&packet(Subtype::FLOOR_GRANTED, SERVER, &["01020000"]));
    assert_eq!(message, FloorMessage::Granted(FloorGranted { ssrc: SERVER, ..Default::default() }));
    assert_eq!(deviations, [deviation(12, requirement::DURATION)]);
}

//= 24.380-8.2.3.5:254 test
#[test]
fn reserved_queue_positions_are_254_and_255() {
    let octets = packet(Subtype::FLOOR_QUEUE_POSITION_INFO, SERVER, &["0302fe00"]);
    let info = QueueInfo { position: QueuePosition::NOT_QUEUED, priority: FloorPriority::NORMAL };
    let message = FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
        ssrc: SERVER,
        info: Some(info),
        ..Default::default()
    });
    assert_eq!(message.encode(), Ok(octets));
    let shown = [0, 1, 254, 255].map(|position| QueuePosition(position).to_string());
    assert_eq!(shown, ["not queued", "1", "not queued", "queued"]);
    let not_queued = [0, 1, 254, 255].map(|position| QueuePosition(position).is_not_queued());
    assert_eq!(not_queued, [true, false, true, false]);
}

//= 24.380-8.2.3.10 test
#[test]
fn sequence_numbers_wrap_and_compare_around_the_circle() {
    let number = MessageSequenceNumber;
    assert_eq!(number(65_535).next(), number(0));
    let cases = [(1, 0, true), (0, 1, false), (0, 65_535, true), (65_535, 0, false), (5, 5, false)];
    for (a, b, newer) in cases {
        assert_eq!(number(a).newer_than(number(b)), newer, "{a} {b}");
    }
    assert!(number(0x7fff).newer_than(number(0)));
    assert!(!number(0x8000).newer_than(number(0)));
}

//= 24.380-8.2.3.12 test
#[test]
fn the_source_of_an_ack_is_one_of_four_roles() {
    let roles = [
        (Source::FLOOR_PARTICIPANT, "0a020000"),
        (Source::PARTICIPATING, "0a020001"),
        (Source::CONTROLLING, "0a020002"),
        (Source::NON_CONTROLLING, "0a020003"),
    ];
    for (source, field) in roles {
        let ack = FloorAck { ssrc: CLIENT, source: Some(source), ..Default::default() };
        let octets = packet(Subtype::FLOOR_ACK, CLIENT, &[field]);
        assert_eq!(decoded(&octets), (FloorMessage::Ack(ack), vec![]));
    }
    let (message, deviations) = decoded(&packet(Subtype::FLOOR_ACK, CLIENT, &["0a020004"]));
    let ack = FloorAck { ssrc: CLIENT, source: Some(Source(4)), ..Default::default() };
    assert_eq!((message, deviations), (FloorMessage::Ack(ack), vec![deviation(12, requirement::SOURCE)]));
}

//= 24.380-8.2.3.14 test
#[test]
fn the_acknowledged_subtype_is_sent_without_and_accepted_with_the_ack_bit() {
    let acked = Subtype::FLOOR_TAKEN.with_ack(true);
    assert_eq!(MessageType::acknowledging(acked), MessageType(0x02));
    for (field, expected) in [("0c020200", vec![]), ("0c021200", vec![deviation(12, "24.380-8.2.3.14")])] {
        let (message, deviations) = decoded(&packet(Subtype::FLOOR_ACK, CLIENT, &[field]));
        let FloorMessage::Ack(ack) = message else { panic!("Floor Ack") };
        assert_eq!(ack.message_type.map(MessageType::number), Some(Subtype::FLOOR_TAKEN));
        assert_eq!(deviations, expected);
    }
}

//= 24.380-8.2.3.15 test
#[test]
fn indicator_bits_combine_and_unknown_ones_survive() {
    let indicator = FloorIndicator::BROADCAST | FloorIndicator::EMERGENCY;
    assert_eq!(indicator, FloorIndicator(0x5000));
    assert!(indicator.contains(FloorIndicator::EMERGENCY));
    assert!(!indicator.contains(FloorIndicator::EMERGENCY | FloorIndicator::SYSTEM));
    assert_eq!(indicator.without(FloorIndicator::EMERGENCY), FloorIndicator::BROADCAST);
    assert_eq!(format!("{:?}", FloorIndicator(0xffff)), "FloorIndicator(ABCDEFGHI 0xffff)");
    let all = [0x8000, 0x4000, 0x2000, 0x1000, 0x0800, 0x0400, 0x0200, 0x0100, 0x0080];
    let named = [
        FloorIndicator::NORMAL,
        FloorIndicator::BROADCAST,
        FloorIndicator::SYSTEM,
        FloorIndicator::EMERGENCY,
        FloorIndicator::IMMINENT_PERIL,
        FloorIndicator::QUEUEING,
        FloorIndicator::DUAL_FLOOR,
        FloorIndicator::TEMPORARY_GROUP,
        FloorIndicator::MULTI_TALKER,
    ];
    assert_eq!(named, all.map(FloorIndicator));

    let octets = packet(Subtype::FLOOR_IDLE, SERVER, &["0d02800f"]);
    let idle = FloorIdle { ssrc: SERVER, indicator: Some(FloorIndicator(0x800f)), ..Default::default() };
    let deviations = vec![deviation(12, requirement::FLOOR_INDICATOR)];
    assert_eq!(decoded(&octets), (FloorMessage::Idle(idle.clone()), deviations));
    assert_eq!(FloorMessage::Idle(idle).encode(), Ok(octets));
}

//= 24.380-8.2.6.2 test
//= 24.380-8.2.10.2 test
//= 24.380-8.2.10.2:eight test
#[test]
fn deny_and_revoke_have_number_spaces_of_their_own() {
    let deny = |cause| RejectCause(cause).meaning();
    let revoke = |cause| RevokeCause(cause).meaning();
    let meanings: Vec<_> = (0..=9).chain([255]).map(|cause| (deny(cause), revoke(cause))).collect();
    let another = Some("revoked at the request of another client");
    assert_eq!(
        meanings,
        [
            (None, None),
            (Some("another client has the floor"), Some("only one client left")),
            (Some("internal error of the floor control server"), Some("talk time used up")),
            (Some("only one participant"), Some("media sent without permission")),
            (Some("retry-after time still running"), Some("pre-empted")),
            (Some("participant is receive-only"), None),
            (Some("no resources"), Some("no resources")),
            (Some("queue full"), another),
            (None, another),
            (None, None),
            (Some("other"), Some("other")),
        ]
    );
    assert_eq!(
        (RejectCause(12).to_string(), RevokeCause(4).to_string()),
        ("12 other".into(), "4 pre-empted".into())
    );

    // Cause 8 is a revoke cause by procedure, 12 is none at all; both keep their number.
    let cases = [
        (Subtype::FLOOR_DENY, 7, None),
        (Subtype::FLOOR_DENY, 8, Some(requirement::DENY_CAUSE)),
        (Subtype::FLOOR_REVOKE, 7, None),
        (Subtype::FLOOR_REVOKE, 8, Some(requirement::REVOKE_CAUSE_EIGHT)),
        (Subtype::FLOOR_REVOKE, 12, Some(requirement::REVOKE_CAUSE)),
    ];
    for (subtype, cause, expected) in cases {
        let octets = packet(subtype, SERVER, &[&format!("0202{cause:04x}")]);
        let (message, deviations) = decoded(&octets);
        match &message {
            FloorMessage::Deny(deny) => assert_eq!(deny.cause, Some(RejectCause(cause))),
            FloorMessage::Revoke(revoke) => assert_eq!(revoke.cause, Some(RevokeCause(cause))),
            other => panic!("{other:?}"),
        }
        assert_eq!(deviations, expected.map(|name| deviation(12, name)).into_iter().collect::<Vec<_>>());
        assert_eq!(message.encode(), Ok(octets));
    }
}

#[test]
fn a_phrase_travels_with_the_cause_other_if_there_is_none() {
    let deny = FloorDeny { ssrc: SERVER, phrase: Some("no".into()), ..Default::default() };
    let expected = packet(Subtype::FLOOR_DENY, SERVER, &["0204 00ff 6e6f 0000"]);
    assert_eq!(FloorMessage::Deny(deny).encode(), Ok(expected));
}

#[test]
fn what_does_not_fit_into_a_field_is_refused() {
    let long = "x".repeat(256);
    let refused = |got| Err(EncodeError { what: "field value", limit: 255, got });
    let deny =
        |phrase: &str| FloorMessage::Deny(FloorDeny { phrase: Some(phrase.into()), ..Default::default() });
    assert_eq!(deny(&long[..254]).encode(), refused(256));
    assert!(deny(&long[..253]).encode().is_ok());

    let request = FloorRequest { user_id: Some(long.as_str().into()), ..Default::default() };
    assert_eq!(FloorMessage::Request(request).encode(), refused(256));

    let taken = FloorTaken { ssrcs: vec![CLIENT; 64], ..Default::default() };
    assert_eq!(FloorMessage::Taken(taken).encode(), refused(258));
    let taken = FloorTaken { granted_users: vec!["".into(); 300], ..Default::default() };
    assert_eq!(FloorMessage::Taken(taken.clone()).encode(), refused(301));
    let mut out = BytesMut::new();
    assert_eq!(FloorMessage::Taken(taken).to_packet().encode(&mut out).map(|()| Bytes::new()), refused(301));
    let taken = FloorTaken { locations: vec![Location::NotProvided; 255], ..Default::default() };
    assert_eq!(FloorMessage::Taken(taken).encode(), refused(256));
    let info = FloorIdle { track_info: Some(track(&long, &[])), ..Default::default() };
    assert_eq!(FloorMessage::Idle(info).encode(), refused(258));
}

#[test]
fn networks_are_printed_as_country_and_network_code() {
    let cases = [
        ([0x42, 0xf0, 0x01], "240-10", Plmn::new("240", "10")),
        ([0x13, 0x00, 0x62], "310-260", Plmn::new("310", "260")),
    ];
    for (octets, text, plmn) in cases {
        assert_eq!(Plmn(octets).to_string(), text);
        assert_eq!(plmn, Some(Plmn(octets)));
    }
    assert_eq!(Plmn([0xba, 0xdc, 0xfe]).to_string(), "abc-efd");
    for (mcc, mnc) in [("24", "10"), ("240", "1"), ("240", "1000"), ("24x", "10"), ("240", "1é")] {
        assert_eq!(Plmn::new(mcc, mnc), None, "{mcc} {mnc}");
    }
}

/// TS 23.032: sign and magnitude for the latitude, two's complement for the longitude.
#[test]
fn coordinates_are_coded_in_steps_of_a_circle() {
    let raw = |latitude, longitude| {
        Coordinates::from_degrees(latitude, longitude).map(|c| (c.latitude_raw, c.longitude_raw))
    };
    assert_eq!(raw(60.1699, 24.9384), Some((0x55_9331, 0x11_bbe5)));
    assert_eq!(raw(-60.1699, -24.9384), Some((0xd5_9331, 0xee_441a)));
    assert_eq!(raw(90.0, 180.0), Some((0x7f_ffff, 0x7f_ffff)));
    assert_eq!(raw(-90.0, -180.0), Some((0xff_ffff, 0x80_0000)));
    assert_eq!(raw(0.0, 0.0), Some((0, 0)));
    assert_eq!(raw(90.1, 0.0), None);
    assert_eq!(raw(0.0, f64::NAN), None);

    let south_west = Coordinates { latitude_raw: 0xc0_0000, longitude_raw: 0xc0_0000 };
    assert_eq!((south_west.latitude(), south_west.longitude()), (-45.0, -90.0));
    let north_east = Coordinates { latitude_raw: 0x40_0000, longitude_raw: 0x40_0000 };
    assert_eq!((north_east.latitude(), north_east.longitude()), (45.0, 90.0));
}

#[test]
fn a_field_can_be_read_and_written_alone() {
    for (_, message) in golden() {
        for field in message.to_packet().fields {
            let typed = FloorField::decode(&field).unwrap();
            assert_eq!((typed.to_field(), FieldValue::id(&typed)), (field.clone(), field.id()));
        }
    }
    assert_eq!(FloorField::decode(&Field::new(FieldId::DURATION, &[1])), Err(FieldError::Length));
    let unknown = Field::new(FieldId(99), b"abc");
    let typed = FloorField::Unknown { id: FieldId(99), value: Bytes::from_static(b"abc") };
    assert_eq!((FloorField::decode(&unknown), typed.to_field()), (Ok(typed.clone()), unknown));
    assert!(!FloorField::is_assigned(FieldId(26)));
    assert!(Notes::default().into_deviations().is_empty());
}

#[test]
fn a_packet_of_another_protocol_is_no_floor_message() {
    let mut octets = BytesMut::from(&packet(Subtype::FLOOR_REQUEST, CLIENT, &[])[..]);
    octets[8..12].copy_from_slice(b"MCPC");
    assert_eq!(FloorMessage::decode(&octets.freeze()), Err(DecodeError::invalid(8, "protocol name")));
}
