//! What a receiver does with fields that a strict sender would not have sent.

use super::*;
use crate::id::{FunctionalAlias, McpttId};
use crate::text::ByteStr;

/// Fields of a Floor Taken, what is understood of them, and what is noted.
struct Case {
    what: &'static str,
    fields: &'static [&'static str],
    expected: fn(&mut FloorTaken),
    deviations: &'static [(usize, &'static str)],
}

const SEQUENCE: &str = "08020007";

fn octets(octets: &'static [u8]) -> ByteStr {
    ByteStr::from_octets(Bytes::from_static(octets))
}

fn nothing(_: &mut FloorTaken) {}

#[track_caller]
fn check(case: &Case) {
    let octets = packet(Subtype::FLOOR_TAKEN, SERVER, &[&case.fields.concat(), SEQUENCE]);
    let mut taken =
        FloorTaken { ssrc: SERVER, sequence: Some(MessageSequenceNumber(7)), ..Default::default() };
    (case.expected)(&mut taken);
    let deviations: Vec<_> = case.deviations.iter().map(|(offset, name)| deviation(*offset, name)).collect();
    assert_eq!(decoded(&octets), (FloorMessage::Taken(taken), deviations), "{}", case.what);
    let mut out = BytesMut::new();
    FloorPacket::decode(&octets).unwrap().encode(&mut out).unwrap();
    assert_eq!(out, octets, "{}", case.what);
}

//= 24.380-8.1.4:field test
//= 24.380-8.1.4:table test
#[test]
fn an_unknown_field_is_skipped_with_its_padding() {
    let cases = [
        Case {
            what: "one length octet, one pad octet",
            fields: &["6305aabbccddee00"],
            expected: nothing,
            deviations: &[(12, requirement::FIELD)],
        },
        Case {
            what: "two length octets, no pad",
            fields: &["c800050102030405"],
            expected: nothing,
            deviations: &[(12, requirement::FIELD)],
        },
        Case {
            what: "ids of the first drafts are unknown",
            fields: &["66020500", "74028000"],
            expected: nothing,
            deviations: &[(12, requirement::FIELD), (16, requirement::FIELD)],
        },
        Case {
            what: "assigned, but not in the table of this message",
            fields: &["0102001e"],
            expected: nothing,
            deviations: &[(12, requirement::MESSAGE_TABLE)],
        },
    ];
    cases.iter().for_each(check);
}

//= 24.380-8.1.4:dup test
#[test]
fn the_first_of_several_counts() {
    let cases = [
        Case {
            what: "indicator twice",
            fields: &["0d028000", "0d021000"],
            expected: |taken| taken.indicator = Some(FloorIndicator::NORMAL),
            deviations: &[(16, requirement::DUPLICATE)],
        },
        Case {
            what: "list twice",
            fields: &["1006010011223344", "1006010055667788"],
            expected: |taken| taken.ssrcs = vec![CLIENT],
            deviations: &[(20, requirement::DUPLICATE)],
        },
        Case {
            what: "the first one cannot be read",
            fields: &["0d01 80 00", "0d021000"],
            expected: |taken| taken.indicator = Some(FloorIndicator::EMERGENCY),
            deviations: &[(12, requirement::LENGTH)],
        },
    ];
    cases.iter().for_each(check);
}

//= 24.380-8.1.4:field test
//= 24.380-8.1.4:length test
//= 24.380-8.1.4:count test
//= 24.380-8.1.4:empty test
//= 24.380-8.1.4:enumeration test
#[test]
fn a_field_that_cannot_be_read_is_dropped_by_its_declared_length() {
    const LENGTH: &[(usize, &str)] = &[(12, requirement::LENGTH)];
    const COUNT: &[(usize, &str)] = &[(12, requirement::COUNT)];
    let case = |what, fields, deviations| Case { what, fields, expected: nothing, deviations };
    let cases = [
        case("indicator of one octet", &["0d018000"], LENGTH),
        case("permission of four octets", &["0504000100000000"], LENGTH),
        case("SSRC of three octets", &["0e03112233000000"], LENGTH),
        case("SSRC of five octets", &["0e05112233440000"], LENGTH),
        case("SSRC of eight octets", &["0e08112233440000 00000000"], LENGTH),
        case("location without type", &["13000000"], LENGTH),
        case("location with too few octets", &["1306 0642f0010000"], LENGTH),
        case("location with too many octets", &["1302 0000"], LENGTH),
        case("track info of one octet with nothing behind", &["0b000000"], LENGTH),
        case("list of users without count", &["0f000000"], LENGTH),
        case("list of SSRCs without spare octet", &["10010000"], LENGTH),
        case("list of locations without count", &["14000000"], LENGTH),
        case("count of users too large", &["0f0702 057369703a61 000000"], COUNT),
        case("count of users too small", &["0f0700 057369703a61 000000"], COUNT),
        case("last user runs past the field", &["0f0701 067369703a61 000000"], COUNT),
        case("count of SSRCs too large", &["1006020011223344"], COUNT),
        case("count of SSRCs too small", &["1006000011223344"], COUNT),
        case("SSRC cut short", &["10050100112233 00"], COUNT),
        case("count of locations too small", &["14040100 0000 0000"], COUNT),
        case("count of locations far too large", &["14020900"], COUNT),
        case("location inside of a list cut short", &["14030106 55000000"], COUNT),
        case(
            "unknown location type inside a list",
            &["14030107 00000000"],
            &[(12, requirement::LOCATION_TYPE)],
        ),
        case("empty identity", &["04000000"], &[(12, requirement::EMPTY_URI)]),
        case("empty alias", &["11000000"], &[(12, requirement::EMPTY_URI)]),
        case("permission of unknown value", &["05020002"], &[(12, requirement::ENUMERATION)]),
    ];
    cases.iter().for_each(check);
}

//= 24.380-8.1.4:utf8 test
#[test]
fn an_identity_that_is_not_utf8_keeps_its_octets() {
    const UTF8: &[(usize, &str)] = &[(12, requirement::UTF8)];
    let cases = [
        Case {
            what: "identity",
            fields: &["0403 61ff62 000000"],
            expected: |taken| taken.granted_party = Some(McpttId(octets(b"a\xffb"))),
            deviations: UTF8,
        },
        Case {
            what: "alias",
            fields: &["1103 61ff62 000000"],
            expected: |taken| taken.functional_alias = Some(FunctionalAlias(octets(b"a\xffb"))),
            deviations: UTF8,
        },
        Case {
            what: "one of two users of a list",
            fields: &["0f06 02 0161 02fffe"],
            expected: |taken| taken.granted_users = vec!["a".into(), McpttId(octets(b"\xff\xfe"))],
            deviations: UTF8,
        },
        Case {
            what: "one of two aliases of a list",
            fields: &["1206 02 02c3c3 0161"],
            expected: |taken| {
                taken.functional_aliases = vec![FunctionalAlias(octets(b"\xc3\xc3")), "a".into()];
            },
            deviations: UTF8,
        },
    ];
    cases.iter().for_each(check);
    for case in cases {
        let octets = packet(Subtype::FLOOR_TAKEN, SERVER, &[SEQUENCE, &case.fields.concat()]);
        let (message, _) = decoded(&octets);
        let (again, noted) = decoded(&message.encode().unwrap());
        assert_eq!(again, message, "{}: sent again with the same octets", case.what);
        assert_eq!(noted.len(), 1, "{}", case.what);
    }
}

//= 24.380-8.1.4:dup test
//= 24.380-8.2.3.3 test
#[test]
fn the_first_one_counts_although_it_says_nothing() {
    let permission = Case {
        what: "a value that is not assigned",
        fields: &["05020002", "05020000"],
        expected: nothing,
        deviations: &[(12, requirement::ENUMERATION), (16, requirement::DUPLICATE)],
    };
    check(&permission);
    let octets = packet(Subtype::FLOOR_GRANTED, SERVER, &["01020000", "0102001e"]);
    let granted = FloorGranted { ssrc: SERVER, ..Default::default() };
    let noted = vec![deviation(12, requirement::DURATION), deviation(16, requirement::DUPLICATE)];
    assert_eq!(decoded(&octets), (FloorMessage::Granted(granted), noted));
}

//= 24.380-8.1.3:spare test
//= 24.380-8.2.3.16 test
#[test]
fn spare_bits_and_padding_are_ignored_and_noted() {
    let cases = [
        Case {
            what: "pad octets",
            fields: &["04057369703a61 ff"],
            expected: |taken| taken.granted_party = Some("sip:a".into()),
            deviations: &[(19, requirement::PADDING)],
        },
        Case {
            what: "spare octets of an SSRC",
            fields: &["0e06112233440001"],
            expected: |taken| taken.talker_ssrc = Some(CLIENT),
            deviations: &[(12, requirement::SSRC_FIELD)],
        },
        Case {
            what: "SSRC without spare octets",
            fields: &["0e04112233440000"],
            expected: |taken| taken.talker_ssrc = Some(CLIENT),
            deviations: &[(12, requirement::SSRC_FIELD)],
        },
        Case {
            what: "spare octet of a list of SSRCs",
            fields: &["1006010111223344"],
            expected: |taken| taken.ssrcs = vec![CLIENT],
            deviations: &[(12, requirement::SPARE)],
        },
        Case {
            what: "upper four bits of a cell identity",
            fields: &["130801 42f001 f0abcd12 0000"],
            expected: |taken| {
                let plmn = Plmn([0x42, 0xf0, 0x01]);
                taken.location = Some(Location::Ecgi { plmn, eci: 0xf0ab_cd12 });
            },
            deviations: &[(12, requirement::SPARE)],
        },
    ];
    cases.iter().for_each(check);

    let (message, deviations) = decoded(&packet(Subtype::FLOOR_REQUEST, CLIENT, &["00020005"]));
    // A peer that takes Floor Priority for a 16-bit number sends priority 0.
    let request = FloorRequest { ssrc: CLIENT, priority: Some(FloorPriority::NORMAL), ..Default::default() };
    assert_eq!(
        (message, deviations),
        (FloorMessage::Request(request), vec![deviation(12, requirement::SPARE)])
    );
}

//= 24.380-8.2.3.21 test
#[test]
fn locations_are_read_by_type() {
    let plmn = Plmn([0x42, 0xf0, 0x01]);
    let altitude = Location::Unknown { kind: LocationType::ALTITUDE, value: Bytes::from_static(b"\x80\x01") };
    let cases = [
        ("13010000", Location::NotProvided, None),
        ("130801 42f001 00abcd12 0000", Location::Ecgi { plmn, eci: 0x00ab_cd12 }, None),
        ("130602 42f001 1234", Location::TrackingArea { plmn, tac: 0x1234 }, None),
        ("130403 42f001 0000", Location::Plmn(plmn), None),
        ("130304 0101 000000", Location::MbmsServiceArea(257), None),
        ("13020507", Location::MbsfnArea(7), None),
        ("130307 8001 000000", altitude, Some(requirement::LOCATION_TYPE)),
        (
            "1301ff00",
            Location::Unknown { kind: LocationType(255), value: Bytes::new() },
            Some(requirement::LOCATION_TYPE),
        ),
    ];
    for (field, location, noted) in cases {
        let octets = packet(Subtype::FLOOR_REQUEST, CLIENT, &[field]);
        let request = FloorMessage::Request(FloorRequest {
            ssrc: CLIENT,
            location: Some(location),
            ..Default::default()
        });
        assert_eq!(request.encode().as_ref(), Ok(&octets), "{field}");
        let deviations: Vec<_> = noted.map(|name| deviation(12, name)).into_iter().collect();
        assert_eq!(decoded(&octets), (request, deviations), "{field}");
    }
}

fn point() -> Location {
    Location::Geographic(Coordinates { latitude_raw: 0x55_9331, longitude_raw: 0x11_bbe5 })
}

//= 24.380-8.2.3.22 test
#[test]
fn a_list_of_locations_may_leave_its_count_out_of_the_length() {
    let both = |taken: &mut FloorTaken| taken.locations = vec![point(), Location::NotProvided];
    let cases = [
        Case { what: "counted", fields: &["140902 06559331 11bbe5 00 00"], expected: both, deviations: &[] },
        Case {
            what: "not counted: the last octet is where the padding was",
            fields: &["140802 06559331 11bbe5 00 00"],
            expected: both,
            deviations: &[(12, requirement::LOCATIONS_LENGTH)],
        },
        Case {
            what: "not counted, and the last octet begins a word of its own",
            fields: &["140a02 040101 06559331 11bbe5 000000"],
            expected: |taken| taken.locations = vec![Location::MbmsServiceArea(257), point()],
            deviations: &[(12, requirement::LOCATIONS_LENGTH)],
        },
        Case { what: "an empty list", fields: &["14010000"], expected: nothing, deviations: &[] },
    ];
    cases.iter().for_each(check);
}

//= 24.380-8.2.3.13:length test
//= 24.380-8.2.3.13:padding test
#[test]
fn track_info_is_read_in_three_ways() {
    let lmr = |taken: &mut FloorTaken| taken.track_info = Some(track("LMR", &[42]));
    let type_of_four = |taken: &mut FloorTaken| taken.track_info = Some(track("TEDS", &[42]));
    const B_OR_C: &[(usize, &str)] = &[(12, requirement::TRACK_INFO_LENGTH)];
    let cases = [
        Case { what: "A", fields: &["0b0a0103 4c4d5200 0000002a"], expected: lmr, deviations: &[] },
        Case { what: "B", fields: &["0b090103 4c4d5200 0000002a"], expected: lmr, deviations: B_OR_C },
        Case {
            what: "A and B are the same without inner padding",
            fields: &["0b0a0104 54454453 0000002a"],
            expected: type_of_four,
            deviations: &[],
        },
        Case {
            what: "C counts queueing capability and references",
            fields: &["0b050104 54454453 0000002a"],
            expected: type_of_four,
            deviations: B_OR_C,
        },
        Case {
            what: "C without references",
            fields: &["0b010101 54000000"],
            expected: |taken| taken.track_info = Some(track("T", &[])),
            deviations: B_OR_C,
        },
        Case {
            what: "no type, no reference",
            fields: &["0b020100"],
            expected: |taken| taken.track_info = Some(track("", &[])),
            deviations: &[],
        },
        Case {
            what: "inner padding is not zero",
            fields: &["0b0a0103 4c4d52ff 0000002a"],
            expected: lmr,
            deviations: &[(12, requirement::TRACK_INFO_PADDING)],
        },
        Case {
            what: "the type is not UTF-8",
            fields: &["0b060101 ff000000"],
            expected: |taken| {
                let participant_type = octets(b"\xff");
                taken.track_info = Some(TrackInfo { participant_type, ..track("", &[]) });
            },
            deviations: &[(12, requirement::UTF8)],
        },
        Case {
            what: "no reading fits",
            fields: &["0b040101 54000000"],
            expected: nothing,
            deviations: &[(12, requirement::LENGTH)],
        },
    ];
    cases.iter().for_each(check);
}

#[test]
fn a_type_longer_than_the_packet_is_no_track_info() {
    // Reading C of length 5 would reach 200 octets behind the end.
    let octets = packet(Subtype::FLOOR_IDLE, SERVER, &["0b0501c8 54000000", SEQUENCE]);
    let idle = FloorIdle { ssrc: SERVER, sequence: Some(MessageSequenceNumber(7)), ..Default::default() };
    assert_eq!(decoded(&octets), (FloorMessage::Idle(idle), vec![deviation(12, requirement::LENGTH)]));
}

//= 24.380-8.1.4:overrun test
#[test]
fn a_field_that_runs_past_the_end_ends_the_message_and_is_noted() {
    let octets = packet(Subtype::FLOOR_REQUEST, CLIENT, &["0d021000", "00c80900", "13010000"]);
    let request =
        FloorRequest { ssrc: CLIENT, indicator: Some(FloorIndicator::EMERGENCY), ..Default::default() };
    assert_eq!(decoded(&octets), (FloorMessage::Request(request), vec![deviation(16, requirement::OVERRUN)]));
}

#[test]
fn a_zero_word_is_a_floor_priority_without_value() {
    let octets = packet(Subtype::FLOOR_REQUEST, CLIENT, &["00000000", "00020900"]);
    let request = FloorRequest { ssrc: CLIENT, priority: Some(FloorPriority(9)), ..Default::default() };
    assert_eq!(decoded(&octets), (FloorMessage::Request(request), vec![deviation(12, requirement::LENGTH)]));
}

#[test]
fn a_cause_that_cannot_be_read_leaves_the_message_standing() {
    let deny = FloorDeny { ssrc: SERVER, ..Default::default() };
    let short = packet(Subtype::FLOOR_DENY, SERVER, &["02010700"]);
    assert_eq!(decoded(&short), (FloorMessage::Deny(deny.clone()), vec![deviation(12, requirement::LENGTH)]));

    // A phrase that is not UTF-8 does not take the cause with it.
    let phrased = packet(Subtype::FLOOR_DENY, SERVER, &["02050007 61ff62 00"]);
    let deny = FloorDeny { cause: Some(RejectCause::QUEUE_FULL), phrase: Some(octets(b"a\xffb")), ..deny };
    assert_eq!(decoded(&phrased), (FloorMessage::Deny(deny.clone()), vec![deviation(12, requirement::UTF8)]));

    // The phrase belongs to the first cause.
    let octets = packet(Subtype::FLOOR_DENY, SERVER, &["02020001", "02030007 61 000000"]);
    let deny = FloorDeny { cause: Some(RejectCause(1)), phrase: None, ..deny };
    assert_eq!(decoded(&octets), (FloorMessage::Deny(deny), vec![deviation(16, requirement::DUPLICATE)]));
}

//= 24.380-8.2.3.5:zero test
#[test]
fn a_queue_position_of_zero_is_noted() {
    let octets = packet(Subtype::FLOOR_QUEUE_POSITION_INFO, SERVER, &["03020005"]);
    let (message, deviations) = decoded(&octets);
    assert_eq!(deviations, [deviation(12, requirement::QUEUE_POSITION_ZERO)]);
    let FloorMessage::QueuePositionInfo(info) = message else { panic!("Floor Queue Position Info") };
    assert!(info.info.unwrap().position.is_not_queued());
}

/// SSRC, Queued User ID and Queue Info of a Floor Granted make one queued user when they stand together.
//= 24.380-8.2.5 test
//= 24.380-8.2.3.9 test
#[test]
fn queued_users_are_told_apart_from_the_talker() {
    const SSRC_1: &str = "0e06000000010000";
    const SSRC_2: &str = "0e06000000020000";
    const USER: &str = "09057369703a6200";
    const INFO: &str = "03020105";
    let queued = |ssrc| QueuedUser {
        ssrc: Ssrc(ssrc),
        user_id: "sip:b".into(),
        info: QueueInfo { position: QueuePosition::NEXT, priority: FloorPriority(5) },
    };
    let set = requirement::QUEUE_SET;
    let cases = [
        ("the talker only", vec![SSRC_1], Some(1), vec![], vec![]),
        ("a queued user only", vec![SSRC_1, USER, INFO], None, vec![queued(1)], vec![]),
        ("talker, then queued user", vec![SSRC_1, SSRC_2, USER, INFO], Some(1), vec![queued(2)], vec![]),
        ("queued user, then talker", vec![SSRC_2, USER, INFO, SSRC_1], Some(1), vec![queued(2)], vec![]),
        ("any order inside", vec![INFO, SSRC_1, USER], None, vec![queued(1)], vec![]),
        (
            "two talkers",
            vec![SSRC_1, "0d028000", SSRC_2],
            Some(1),
            vec![],
            vec![(24, requirement::DUPLICATE)],
        ),
        (
            "a field of a later release inside",
            vec![SSRC_1, "63020000", USER, INFO],
            None,
            vec![queued(1)],
            vec![(20, requirement::FIELD)],
        ),
        ("no queue info", vec![SSRC_1, USER], None, vec![], vec![(12, set)]),
        ("torn apart", vec![SSRC_1, "0d028000", USER, INFO], Some(1), vec![], vec![(24, set)]),
        (
            "size does not fit",
            vec!["07020002", SSRC_1, USER, INFO],
            None,
            vec![queued(1)],
            vec![(12, requirement::QUEUE_SIZE)],
        ),
    ];
    for (what, fields, talker, users, noted) in cases {
        let octets = packet(Subtype::FLOOR_GRANTED, SERVER, &fields);
        let (message, deviations) = decoded(&octets);
        let FloorMessage::Granted(granted) = message else { panic!("Floor Granted") };
        assert_eq!((granted.granted_ssrc, granted.queued), (talker.map(Ssrc), users), "{what}");
        let noted: Vec<_> = noted.into_iter().map(|(offset, name)| deviation(offset, name)).collect();
        assert_eq!(deviations, noted, "{what}");
    }
}
