//! From views back to octets.

use proptest::prelude::*;

use super::*;
use crate::view;

/// The octets of a view that went through JSON text, or the error as text.
pub(super) fn back(shown: &impl serde::Serialize) -> Result<Bytes, String> {
    let text = serde_json::to_string(shown).unwrap();
    view::encode(&serde_json::from_str::<Input>(&text).unwrap()).map_err(|error| error.to_string())
}

fn by_hand(view: Json) -> Result<Bytes, String> {
    back(&view)
}

#[test]
fn a_message_written_by_hand_becomes_octets() {
    let cases = [
        (
            json!({"name": "MCPT", "subtype": 1, "ssrc": 287_454_020, "fields": [{"id": 0, "priority": 5}]}),
            "81cc0003 11223344 4d435054 00020500",
        ),
        (
            json!({"packets": [{"name": "MCPT", "message": "floor idle", "ack_requested": true, "ssrc": 1,
                "fields": [{"id": 8, "sequence": 3}]}, {"name": "MCPC", "subtype": 1}]}),
            "95cc0003 00000001 4d435054 08020003 81cc0002 00000000 4d435043",
        ),
        // Three ways to say it with octets.
        (
            json!({"name": "MCPT", "subtype": 0, "fields": [{"id": 99, "unknown": "01:02"}, {"id": 200, "value": "0A"},
                {"raw": "05c80001"}]}),
            "80cc0005 00000000 4d435054 63020102 c800010a 05c80001",
        ),
        (
            json!({"name": "MCPT", "subtype": 10, "fields": [{"id": 12, "acked_subtype": 1, "acked_bit": true},
                {"id": 19, "location": {"type": 1, "plmn": "240-10", "eci": 7}}]}),
            "8acc0006 00000000 4d435054 0c021100 1308 01 42f001 00000007 0000",
        ),
        (
            json!({"name": "MCMC", "subtype": 0, "fields": [{"id": 0, "audio_m_line": 1, "media_port": 9, "ip": "10.0.0.1"},
                {"id": 1, "tmgi": "010203"}]}),
            "80cc0007 00000000 4d434d43 000a 1000 00000009 0a000001 0103 010203 000000",
        ),
        (
            json!({"name": "PoC1", "subtype": 3, "ssrc": 9, "data": "00000001"}),
            "83cc0003 00000009 506f4331 00000001",
        ),
        (json!({"packet_type": 203, "sources": [7], "reason": "x"}), "81cb0002 00000007 01780000"),
        (
            json!({"packet_type": 202, "chunks": [{"ssrc": 7, "items": [{"kind": 1, "text": "a"}]}]}),
            "81ca0002 00000007 01016100",
        ),
        (
            json!({"payload_type": 96, "marker": true, "sequence": 1, "timestamp": 2, "ssrc": 3, "csrc": [4],
                "extension": {"profile": 0xbede, "data": "10ff0000"}, "payload": "aa", "padding": "0002"}),
            "b1e00001 00000002 00000003 00000004 bede0001 10ff0000 aa 0002",
        ),
    ];
    for (view, octets) in cases {
        assert_eq!(by_hand(view.clone()), Ok(hex(&[octets])), "{view}");
    }
}

#[test]
fn a_sip_message_written_by_hand_gets_its_length() {
    let view = json!({"start_line": "MESSAGE sip:a@b SIP/2.0", "headers": [{"name": "CSeq", "value": "1 MESSAGE"}],
        "body": "hello"});
    let octets = by_hand(view).unwrap();
    assert_eq!(octets, "MESSAGE sip:a@b SIP/2.0\r\nCSeq: 1 MESSAGE\r\nContent-Length: 5\r\n\r\nhello");
    let wrong = json!({"start_line": "MESSAGE sip:a@b SIP/2.0\r\nVia: x", "headers": []});
    assert_eq!(by_hand(wrong), Err("start_line: not one line".into()));
}

#[test]
fn a_slip_of_the_pen_is_named_with_its_place_and_what_would_be_right() {
    let field =
        |field: Json| json!({"packets": [{"name": "MCPT", "subtype": 0, "ssrc": 1, "fields": [field]}]});
    let cases = [
        (json!([]), "the document: a list where an object belongs"),
        (json!({}), "packet_type: missing"),
        (json!({"name": "MCPTX"}), "name: not a name of four ASCII characters"),
        (json!({"name": "MCPT"}), "subtype: missing"),
        (json!({"name": "MCPT", "subtype": 16}), "subtype: 16 is not in the range 0 to 15"),
        (json!({"name": "MCNC", "subtype": 32}), "subtype: 32 is not in the range 0 to 31"),
        (json!({"name": "MCPT", "message": "Hello"}), "message: not the name of a message of this protocol"),
        (json!({"name": "MCPT", "subtype": 0, "ssrc": -1}), "ssrc: -1 is not in the range 0 to 4294967295"),
        (field(json!({"id": 256})), "packets[0].fields[0].id: 256 is not in the range 0 to 255"),
        (field(json!({"id": 0})), "packets[0].fields[0].floor_priority: missing"),
        (
            field(json!({"id": 0, "priority": 300})),
            "packets[0].fields[0].priority: 300 is not in the range 0 to 255",
        ),
        (
            field(json!({"id": 0, "priority": 1.5})),
            "packets[0].fields[0].priority: a number with a fraction where a whole number belongs",
        ),
        (
            field(json!({"id": 0, "priority": 1, "priorty": 1})),
            "packets[0].fields[0].priorty: means nothing here; known are floor_priority, id, priority, raw, value",
        ),
        (
            field(json!({"id": 15, "granted_users": ["a", 1]})),
            "packets[0].fields[0].granted_users[1]: a whole number where text belongs",
        ),
        (
            field(json!({"id": 4, "granted_party": "a".repeat(256)})),
            "packets[0].fields[0]: field value: 256 octets or entries exceed the 255 that the wire format can carry",
        ),
        (
            field(json!({"id": 19, "location": {"type": 3, "plmn": "24010"}})),
            "packets[0].fields[0].location.plmn: not a network such as 240-10",
        ),
        (
            field(json!({"id": 99, "unknown": "0"})),
            "packets[0].fields[0].unknown: not an even number of hexadecimal digits",
        ),
        (field(json!({"raw": "xy"})), "packets[0].fields[0].raw: not hexadecimal digits"),
        (
            json!({"packet_type": 201, "reports": [{"cumulative_lost": 8_388_608}]}),
            "reports[0].cumulative_lost: 8388608 is not in the range -8388608 to 8388607",
        ),
        (json!({"payload_type": 128}), "payload_type: 128 is not in the range 0 to 127"),
    ];
    for (view, error) in cases {
        assert_eq!(by_hand(view.clone()), Err(error.into()), "{view}");
    }
    let twice = r#"{"name": "MCPT", "subtype": 0, "subtype": 1}"#;
    let error = view::encode(&serde_json::from_str(twice).unwrap()).unwrap_err();
    assert_eq!(error.to_string(), "subtype: given twice");
}

#[test]
fn rtcp_of_other_specifications_is_shown_in_full() {
    let shown = show(&[
        "81c8000c 00000001", // sender report, one block
        "0123456789abcdef 00000002 00000003 00000004",
        "00000005 80 ffffff 00000006 00000007 00000008 00000009",
        "81ca0003 00000001 0103616263 00 0000", // CNAME abc
        "a1cb0003 00000001 01ff0000 00000004",  // goodbye with a reason that is no text, and padding
        "81cd0003 00000001 00000002 00070001",  // lost packets
        "80cf0003 00000001 04000001 00000002",  // extended report
        "82d20002 00000001 00000002",           // a type that nobody knows
    ]);
    let expected = json!([
        {"packet_type": 200, "message": "Sender Report", "ssrc": 1, "ntp_timestamp": 0x0123_4567_89ab_cdefu64,
            "rtp_timestamp": 2, "packet_count": 3, "octet_count": 4, "reports": [{"ssrc": 5, "fraction_lost": 128,
            "cumulative_lost": -1, "highest_sequence": 6, "jitter": 7, "last_sender_report": 8,
            "delay_since_last_sender_report": 9}], "skipped": true, "offset": 0, "octets": 52},
        {"packet_type": 202, "message": "Source Description", "chunks": [{"ssrc": 1, "items": [{"kind": 1,
            "text": "abc"}]}], "skipped": true, "offset": 52, "octets": 16},
        {"packet_type": 203, "message": "Goodbye", "sources": [1], "reason_octets": "ff", "skipped": true,
            "padding": "00000004", "offset": 68, "octets": 16},
        {"packet_type": 205, "message": "Transport Layer Feedback", "ssrc": 1, "media_ssrc": 2, "format": 1,
            "information": "00070001", "lost": [7, 8], "skipped": true, "offset": 84, "octets": 16},
        {"packet_type": 207, "message": "Extended Report", "ssrc": 1, "reserved": 0, "blocks": [{"block_type": 4,
            "type_specific": 0, "content": "00000002"}], "skipped": true, "offset": 100, "octets": 16},
        {"packet_type": 210, "skipped": true, "offset": 116, "octets": 12, "raw": "82d200020000000100000002"},
    ]);
    assert_eq!(shown["packets"], expected);
}

#[test]
fn a_sip_message_is_shown_in_full() {
    let octets = Bytes::from_static(
        b"INVITE sip:psi@example.org SIP/2.0\r\nv: SIP/2.0/UDP a\r\nTo:  <sip:c@d>\r\nCall-ID: c1\r\n\
          Subject: a\r\n b\r\nContent-Type: text/plain\r\nContent-Length: 4\r\n\r\nhi\r\n",
    );
    let shown = serde_json::to_value(sip(&octets)).unwrap();
    assert_eq!(back(&shown), Ok(octets));
    assert_eq!(
        shown,
        json!({"message": "INVITE sip:psi@example.org", "call_id": "c1", "to": "<sip:c@d>", "content_type": "text/plain",
            "body_octets": 4, "start_line": "INVITE sip:psi@example.org SIP/2.0", "headers": [
                {"name": "Via", "value": "SIP/2.0/UDP a", "offset": 36, "line": "v: SIP/2.0/UDP a"},
                {"name": "To", "value": "<sip:c@d>", "offset": 54, "line": "To:  <sip:c@d>"},
                {"name": "Call-ID", "value": "c1", "offset": 70},
                {"name": "Subject", "value": "a b", "offset": 83, "line": "Subject: a\r\n b"},
                {"name": "Content-Type", "value": "text/plain", "offset": 99},
                {"name": "Content-Length", "value": "4", "offset": 125}],
            "body_offset": 146, "body": "hi\r\n",
            "parts": [{"content_type": "text/plain", "offset": 146, "octets": 4, "content": "hi\r\n"}], "deviations": []})
    );
}

#[test]
fn off_network_messages_go_both_ways() {
    let octets = hex(&["05 1234", "0005 7369703a67", "0001 61"]);
    let shown = json!(monp(&octets));
    assert_eq!(back(&shown), Ok(octets), "{shown}");
    let by_hand = json!({"message_type": 1, "elements": [{"group_id": "sip:g"}]});
    assert_eq!(back(&by_hand), Ok(hex(&["01 0005 7369703a67"])));
    let wrong = json!({"message_type": 1, "elements": [{"call_type": 256}]});
    assert_eq!(back(&wrong), Err("elements[0].call_type: 256 is not in the range 0 to 255".into()));
}

#[test]
fn what_cannot_be_read_is_kept_as_octets() {
    for (shown, raw) in
        [(rtp(&hex(&["4000"])), "4000"), (sip(&hex(&["0d0a"])), "0d0a"), (other(&hex(&["00"])), "00")]
    {
        let shown = serde_json::to_value(shown).unwrap();
        assert_eq!((&shown["raw"], back(&shown)), (&json!(raw), Ok(hex(&[raw]))));
    }
}

fn is_given_back(octets: &Bytes) {
    for shown in [
        json!(datagram(octets)),
        json!(rtp(octets)),
        json!(sip(octets)),
        json!(sdp(octets)),
        json!(xml(octets)),
        json!(other(octets)),
    ] {
        assert_eq!(back(&shown).as_ref(), Ok(octets), "{shown}");
    }
}

proptest! {
    #[test]
    fn any_octets_are_given_back(octets in prop::collection::vec(any::<u8>(), 0..200)) {
        is_given_back(&octets.into());
    }

    #[test]
    fn any_fields_are_given_back(
        name in prop::sample::select(vec!["MCPT", "MCPC", "MCMC", "MCNC"]),
        subtype in 0_u8..32,
        fields in prop::collection::vec(
            (0_u8..30, prop::collection::vec(any::<u8>(), 0..24), any::<bool>()), 0..6),
    ) {
        let mut packet = vec![0x80 | subtype, 204, 0, 0, 0, 0, 0, 1];
        packet.extend(name.as_bytes());
        for (id, value, dirty) in fields {
            packet.extend([id, value.len() as u8]);
            packet.extend(&value);
            let pad = packet.len().next_multiple_of(4);
            packet.resize(pad, u8::from(dirty));
        }
        packet[3] = (packet.len() / 4 - 1) as u8;
        is_given_back(&packet.into());
    }

    #[test]
    fn any_lines_are_given_back(lines in prop::collection::vec("[A-Za-z-]{1,8} ?: ?[ -~\u{e4}]{0,12}(\r\n [a-z]{0,4})?", 0..6),
        body in "(\r\n)?[ -~]{0,9}") {
        let text = format!("BYE sip:a@b SIP/2.0\r\n{}\r\n{body}", lines.iter().map(|line| format!("{line}\r\n")).collect::<String>());
        is_given_back(&text.into());
    }
}
