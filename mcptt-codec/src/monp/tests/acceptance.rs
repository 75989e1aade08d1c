//! What is accepted although a strict sender would not have sent it, and what is refused.

use super::*;

/// Call identifier, call type, refresh interval, both times.
const ANNOUNCED: &str = "02 1234 01 2710 0000000001 0000000002";

/// The octets of a whole announcement without optional elements: 44.
fn announcement(optional: &[&str]) -> Bytes {
    hex(&[ANNOUNCED, GROUP, SDP, ALICE, BOB, &optional.concat()])
}

#[track_caller]
fn flags(octets: &Bytes, options: DecodeOptions) -> (bool, bool, Vec<Deviation>) {
    let decoded = MonpMessage::decode_with(octets, options).unwrap();
    let packet = MonpPacket::decode_with(octets, options).unwrap();
    assert_eq!(encoded(&packet), octets);
    assert_eq!(MonpMessage::from_packet(&packet), Ok(decoded.clone()));
    match decoded.value {
        MonpMessage::GroupCallAnnouncement(m) => (m.confirm_mode, m.probe_response, decoded.deviations),
        other => panic!("{other:?}"),
    }
}

const STRICT: DecodeOptions = DecodeOptions { decimal_identifiers: false };
const LABORATORY: DecodeOptions = DecodeOptions { decimal_identifiers: true };

//= 24.379-15.1:unknown test
#[test]
fn a_message_of_unknown_type_is_kept_and_ignored() {
    for (octets, message_type) in
        [(hex(&["c8", "deadbeef"]), 200), (hex(&["00", "00"]), 0), (hex(&["17"]), 23)]
    {
        let message =
            MonpMessage::Unknown { message_type: MessageType(message_type), octets: octets.slice(1..) };
        let expected =
            Decoded { value: message.clone(), deviations: vec![deviation(0, requirement::MESSAGE_TYPE)] };
        assert_eq!(decode(&octets), Ok(expected));
        assert_eq!(message.encode(), Ok(octets));
        assert_eq!(message.name(), "unknown message");
    }
    assert_eq!(MonpMessage::decode(&Bytes::new()), Err(DecodeError::truncated(0, "message type", 1, 0)));
}

#[test]
fn an_element_that_is_cut_short_is_kept_but_the_message_refused() {
    let whole = announcement(&[]);
    assert_eq!(whole.len(), 44);
    let cases = [
        (1, 1, "Call identifier", 2, 0),
        (2, 1, "Call identifier", 2, 1),
        (3, 3, "Call type", 1, 0),
        (5, 4, "Refresh interval", 2, 1),
        (10, 6, "Call start time", 5, 4),
        (15, 11, "Last call type change time", 5, 4),
        (17, 16, "MCPTT group ID", 2, 1),
        (22, 18, "MCPTT group ID", 5, 4),
        (25, 25, "SDP", 5, 0),
        (36, 32, "Originating MCPTT user ID", 5, 4),
        (43, 39, "Last user to change call type", 5, 4),
    ];
    for (len, offset, what, needed, left) in cases {
        let error = DecodeError::truncated(offset, what, needed, left);
        assert_eq!(decode(&whole.slice(..len)), Err(error), "{len} octets");
    }
    let mut packet = MonpPacket::decode(&whole).unwrap();
    packet.elements.pop();
    let missing = DecodeError::truncated(37, "Last user to change call type", 2, 0);
    assert_eq!(MonpMessage::from_packet(&packet), Err(missing));
    packet.rest = Bytes::from_static(&[0, 0]);
    let missing = DecodeError::missing(37, "Last user to change call type");
    assert_eq!(MonpMessage::from_packet(&packet), Err(missing), "octets that nobody told apart");
}

//= 24.379-15.2.3 test
//= 24.379-15.2.4 test
//= 24.379-15.2.7 test
//= 24.379-15.2.8 test
//= 24.379-15.2.11 test
#[test]
fn values_outside_their_list_are_kept_and_noted() {
    let announced = |call_type: &str, interval: &str| {
        hex(&["02 ffff", call_type, interval, "0000000000 ffffffffff", GROUP, SDP, ALICE, BOB])
    };
    let setup = |mode: &str, call_type: &str| hex(&["08 0000", mode, call_type, ALICE, BOB, SDP]);
    let reject = |reason: &str| hex(&["0b 0001", reason, ALICE, BOB]);
    let cases = [
        (announced("00", "0001"), vec![deviation(3, "24.379-15.2.11")]),
        (announced("01", "0001"), vec![]),
        (announced("06", "ffff"), vec![]),
        (announced("07", "0000"), vec![deviation(3, "24.379-15.2.11"), deviation(4, "24.379-15.2.4")]),
        (setup("00", "06"), vec![]),
        (setup("02", "05"), vec![deviation(3, "24.379-15.2.7")]),
        (reject("00"), vec![]),
        (reject("01"), vec![]),
        (reject("03"), vec![]),
        (reject("04"), vec![]),
        (reject("05"), vec![deviation(3, "24.379-15.2.8")]),
    ];
    for (octets, deviations) in cases {
        let decoded = decode(&octets).unwrap();
        assert_eq!(decoded.deviations, deviations);
        assert_eq!(decoded.value.encode(), Ok(octets), "the value is kept");
    }
}

//= 24.379-15.2:minimum test
//= 24.379-15.2:utf8 test
#[test]
fn empty_strings_are_noted_and_identities_are_utf8() {
    let empty = decode(&hex(&["07 0001", "0000", ALICE])).unwrap();
    assert_eq!(empty.deviations, [deviation(3, "24.379-15.2:minimum")]);
    let alert = |name: &str, location: &str| decode(&hex(&["11", GROUP, ALICE, name, location]));
    assert_eq!(
        alert("0000", "78 0000").unwrap().deviations,
        [deviation(15, "24.379-15.2:minimum"), deviation(17, "24.379-15.2:minimum"),]
    );
    let named = alert("0002 41ff", "").unwrap();
    assert_eq!(named.deviations, [deviation(15, "24.379-15.2:utf8")]);
    match named.value {
        MonpMessage::GroupEmergencyAlert(alert) => {
            assert_eq!(alert.organization_name.as_bytes(), b"A\xff");
            assert_eq!(alert.organization_name.as_str(), "A\u{fffd}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        decode(&hex(&["07 0001", "0004 736970ff", ALICE])),
        Err(DecodeError::invalid(8, "MCPTT group ID")),
        "the octet that is not UTF-8"
    );
    // Session descriptions and locations are not looked into.
    assert!(decode(&hex(&["0a 0001", ALICE, BOB, "0001 ff"])).unwrap().deviations.is_empty());
}

//= 24.379-I.2:unknown test
//= 24.379-I.2:repeated test
//= 24.379-I.2:overrun test
#[test]
fn optional_elements_come_in_any_order_and_strange_ones_are_passed_over() {
    let unknown = |offset| deviation(offset, "24.379-I.2:unknown");
    let cases: [(&[&str], _, _, _); 11] = [
        (&["80"], true, false, vec![]),
        (&["81", "80"], true, true, vec![]),
        // One octet, type 1 or 2.
        (&["82", "80"], true, false, vec![unknown(44)]),
        (&["ff", "9a", "81"], false, true, vec![unknown(44), unknown(45)]),
        // A length of one octet.
        (&["10 02 8081", "81"], false, true, vec![unknown(44)]),
        (&["6f 00", "81"], false, true, vec![unknown(44)]),
        // A length of two octets, among them an element of other messages.
        (&["78 0002 8081", "81"], false, true, vec![unknown(44)]),
        (&["7f 0000", "80"], true, false, vec![unknown(44)]),
        (&["80", "80", "81"], true, true, vec![deviation(45, "24.379-I.2:repeated")]),
        // An element that runs past the end, and a lone identifier.
        (&["80", "78 0003 8081"], true, false, vec![deviation(45, "24.379-I.2:overrun")]),
        (&["81", "20"], false, true, vec![deviation(45, "24.379-I.2:overrun")]),
    ];
    for (optional, confirm_mode, probe_response, deviations) in cases {
        let octets = announcement(optional);
        assert_eq!(flags(&octets, STRICT), (confirm_mode, probe_response, deviations), "{optional:?}");
    }
    // A message without optional elements: whatever follows is strange.
    let release = decode(&hex(&["0c 1234", ALICE, BOB, "80", "11"])).unwrap();
    assert_eq!(release.deviations, [unknown(17), deviation(18, "24.379-I.2:overrun")]);
}

//= 24.379-I.2:comprehension test
#[test]
fn an_unknown_element_that_must_be_understood_voids_the_message() {
    for iei in ["00", "07", "0f"] {
        let octets = announcement(&["80", iei, "00"]);
        assert_eq!(
            decode(&octets),
            Err(DecodeError::invalid(45, "element that must be understood")),
            "{iei}"
        );
    }
}

//= 24.379-15.2:iei test
#[test]
fn decimal_identifiers_are_read_only_where_a_laboratory_asks_for_it() {
    // 80 and 81 written as decimal numbers; by the tables 0x50 announces 0x51 octets that are not there.
    let octets = announcement(&["50", "51"]);
    assert_eq!(flags(&octets, STRICT), (false, false, vec![deviation(44, "24.379-I.2:overrun")]));
    let iei = |offset| deviation(offset, "24.379-15.2:iei");
    assert_eq!(flags(&octets, LABORATORY), (true, true, vec![iei(44), iei(45)]));
    assert_eq!(flags(&announcement(&["80", "81"]), LABORATORY), (true, true, vec![]));

    let octets = hex(&["11", GROUP, ALICE, "0001 41", "4e 0001 2a"]);
    let decoded = MonpMessage::decode_with(&octets, LABORATORY).unwrap();
    assert_eq!(decoded.deviations, [iei(18)]);
    match &decoded.value {
        MonpMessage::GroupEmergencyAlert(alert) => {
            assert_eq!(alert.user_location, Some(UserLocation(Bytes::from_static(b"*"))));
        }
        other => panic!("{other:?}"),
    }
    // What is written is hexadecimal.
    assert_eq!(decoded.value.encode().unwrap(), hex(&["11", GROUP, ALICE, "0001 41", "78 0001 2a"]));
}

#[test]
fn elements_are_bounded() {
    let octets = announcement(&["80".repeat(100).as_str()]);
    let packet = MonpPacket::decode(&octets).unwrap();
    assert_eq!((packet.elements.len(), packet.rest.len()), (MAX_ELEMENTS, 100 + 9 - MAX_ELEMENTS));
    assert_eq!(encoded(&packet), octets);
    let deviations = MonpMessage::from_packet(&packet).unwrap().deviations;
    assert_eq!(deviations.last(), Some(&deviation(44 + MAX_ELEMENTS - 9, "24.379-I.2:overrun")));
    assert_eq!(deviations.len(), MAX_ELEMENTS - 9);
}

#[test]
fn a_value_that_its_format_cannot_carry_is_refused() {
    let refused = |element: Element, what, limit, got| {
        let mut out = BytesMut::from(&b"kept"[..]);
        let packet = MonpPacket {
            elements: vec![Element::new(InformationElement::GroupId, &b"sip:g"[..]), element],
            ..MonpPacket::new(MessageType::GROUP_CALL_PROBE)
        };
        assert_eq!(packet.encode(&mut out), Err(EncodeError { what, limit, got }));
        assert_eq!(&out[..], b"kept");
    };
    let long = vec![0; 65_536];
    refused(Element::new(InformationElement::Sdp, long.clone()), "SDP", 65_535, 65_536);
    refused(Element::new(InformationElement::CallIdentifier, &b"123"[..]), "Call identifier", 2, 3);
    refused(Element::new(InformationElement::ProbeResponse, &b"1"[..]), "Probe response", 0, 1);
    refused(Element::unknown(Iei(0x71), long.clone()), "unknown element", 65_535, 65_536);
    refused(Element::unknown(Iei(0x20), long[..256].to_vec()), "unknown element", 255, 256);
    refused(Element::unknown(Iei(0x90), &b"1"[..]), "unknown element", 0, 1);
}

#[test]
fn an_element_that_tests_a_peer_is_written_as_the_peer_has_to_pass_it_over() {
    let cases = [(Iei(0x90), "", "90"), (Iei(0x20), "aa", "2001aa"), (Iei(0x7e), "aa", "7e0001aa")];
    for (iei, value, octets) in cases {
        let packet = MonpPacket {
            elements: vec![
                Element::new(InformationElement::GroupId, &b"sip:g"[..]),
                Element::unknown(iei, hex(&[value])),
            ],
            ..MonpPacket::new(MessageType::GROUP_CALL_PROBE)
        };
        assert_eq!(encoded(&packet), hex(&["01", GROUP, octets]));
        assert_eq!(MonpPacket::decode(&encoded(&packet)), Ok(packet));
    }
}

//= 24.379-15.2.3 test
#[test]
fn a_call_identifier_is_random_but_not_in_use() {
    let unused = |random, used: &[u16]| CallIdentifier::unused(random, |id| used.contains(&id.0));
    assert_eq!(unused(7, &[]), Some(CallIdentifier(7)));
    assert_eq!(unused(7, &[7, 8]), Some(CallIdentifier(9)));
    assert_eq!(unused(u16::MAX, &[u16::MAX, 0]), Some(CallIdentifier(1)));
    assert_eq!(CallIdentifier::unused(7, |_| true), None);
}

#[test]
fn a_moment_has_forty_bits() {
    assert_eq!(UtcSeconds::new(0xff_ffff_ffff), Some(UtcSeconds::MAX));
    assert_eq!(UtcSeconds::new(0x100_0000_0000), None);
    assert_eq!(UtcSeconds::MAX.to_octets(), [0xff; 5]);
}

#[test]
fn a_location_is_never_printed() {
    let element = Element::new(InformationElement::UserLocation, &b"52.5N"[..]);
    let message = MonpMessage::GroupEmergencyAlert(GroupEmergencyAlert {
        user_location: Some(UserLocation(Bytes::from_static(b"52.5N"))),
        ..Default::default()
    });
    for shown in [format!("{element:?}"), format!("{message:?}")] {
        assert!(!shown.contains("52"), "{shown}");
    }
}
