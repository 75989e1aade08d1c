mod encode;

use serde_json::{Value as Json, json};

use super::*;
use crate::rtcp::tests::hex;

/// What is shown, after the law that holds for all of it: it gives the octets back.
#[track_caller]
fn show(pieces: &[&str]) -> Json {
    let octets = hex(pieces);
    let shown = serde_json::to_value(datagram(&octets)).unwrap();
    assert_eq!(encode::back(&shown), Ok(octets), "{shown}");
    shown
}

/// With the keys that say where a packet stands.
fn placed(mut packet: Json, offset: usize, octets: usize) -> Json {
    packet["offset"] = offset.into();
    packet["octets"] = octets.into();
    packet
}

/// The one packet of a datagram that could be walked to its end.
#[track_caller]
fn packet(pieces: &[&str]) -> Json {
    let mut shown = show(pieces);
    assert_eq!((&shown["trailing_octets"], &shown["error"]), (&json!(0), &Json::Null));
    let packets = shown["packets"].as_array_mut().unwrap();
    assert_eq!(packets.len(), 1);
    packets.remove(0)
}

const REQUEST: &str = "80cc0002 11223344 4d435054";

fn request(offset: usize) -> Json {
    let packet = json!({"name": "MCPT", "subtype": 0, "message": "Floor Request", "ack_requested": false,
        "ssrc": 0x1122_3344, "fields": [], "deviations": [], "field_offsets": []});
    placed(packet, offset, 12)
}

//= 24.380-8.1.4:subtype test
//= 24.380-8.2.2:noack test
//= 24.380-8.1.2:padding test
#[test]
fn a_message_that_a_receiver_ignores_is_shown_with_the_reason() {
    let ignored = |subtype: u8, name: Json, ack: bool, reason: &str, requirement: &str| {
        json!({"name": "MCPT", "subtype": subtype, "message": name, "ack_requested": ack, "ssrc": 0x1122_3344,
            "ignored": true, "reason": reason, "deviations": [{"offset": 0, "requirement": requirement}]})
    };
    let unknown = "unknown subtype";
    let no_ack = "acknowledgment bit not defined for this subtype";
    let cases = [
        ("8ccc0002", "", ignored(12, Json::Null, false, unknown, "24.380-8.1.4:subtype")),
        ("9ccc0002", "", ignored(12, Json::Null, true, unknown, "24.380-8.1.4:subtype")),
        ("90cc0002", "", ignored(0, Json::Null, true, no_ack, "24.380-8.2.2:noack")),
        (
            "a0cc0003",
            "00000004",
            ignored(0, json!("Floor Request"), false, "padding bit set", "24.380-8.1.2:padding"),
        ),
    ];
    for (head, tail, expected) in cases {
        let mut expected = placed(expected, 0, 12 + tail.len() / 2);
        if head == "a0cc0003" {
            expected["raw"] = "a0cc0003112233444d43505400000004".into();
        }
        assert_eq!(packet(&[head, "11223344 4d435054", tail]), expected, "{head}");
    }
    assert_eq!(
        packet(&["9fcc0002 11223344 4d434d43"]),
        json!({"name": "MCMC", "subtype": 31, "message": null, "ssrc": 0x1122_3344, "ignored": true,
            "reason": unknown, "deviations": [{"offset": 0, "requirement": "24.380-8.1.4:subtype"}],
            "offset": 0, "octets": 12})
    );
}

//= 24.380-8.1.2 test
#[test]
fn other_rtcp_is_skipped_and_the_walk_goes_on() {
    let shown =
        show(&["80c90001 11223344", "81cc0002 11223344 4d434350", "80cc0002 11223344 00435054", REQUEST]);
    let skipped = |name: &str, subtype: u8| json!({"name": name, "subtype": subtype, "ssrc": 0x1122_3344, "data": "", "skipped": true});
    let report = json!({"packet_type": 201, "message": "Receiver Report", "ssrc": 0x1122_3344, "reports": [],
        "skipped": true});
    let mut unprintable = placed(skipped("\\x00CPT", 0), 20, 12);
    unprintable["raw"] = "80cc00021122334400435054".into();
    let packets = json!([placed(report, 0, 8), placed(skipped("MCCP", 1), 8, 12), unprintable, request(32)]);
    assert_eq!(shown, json!({"packets": packets, "trailing_octets": 0, "error": null}));
}

//= 24.380-8.1.4:trunc test
//= 24.380-8.1.1:tail test
#[test]
fn what_cannot_be_walked_is_shown_as_error_or_as_trailing_octets() {
    let truncated = |offset: usize, what: &str, needed: usize, left: usize| json!({"offset": offset, "what": what, "kind": {"truncated": {"needed": needed, "left": left}}});
    let invalid = |offset: usize, what: &str| json!({"offset": offset, "what": what, "kind": "invalid"});
    let one = || json!([request(0)]);
    let (tail, trunc, name) = ("24.380-8.1.1:tail", "24.380-8.1.4:trunc", "24.380-8.1.2");
    let cases = [
        (vec![""], json!([]), 0, Json::Null, ""),
        (vec!["4d435054"], json!([]), 4, invalid(0, "RTCP version"), name),
        (vec!["80600002 11223344 4d435054"], json!([]), 12, invalid(1, "RTCP packet type"), name),
        (vec!["80cc0002 11223344"], json!([]), 8, truncated(2, "RTCP packet", 12, 8), trunc),
        (vec!["80cc0001 11223344"], json!([]), 8, invalid(2, "RTCP length"), trunc),
        // Eight octets that some senders append to every message.
        (vec![REQUEST, "0000000000000000"], one(), 8, Json::Null, tail),
        (vec![REQUEST, "80cc0002 11223344"], one(), 8, Json::Null, tail),
        (vec![REQUEST, "00cc0002 11223344 4d435054"], one(), 12, Json::Null, tail),
        // A second message that is cut short.
        (vec![REQUEST, "80cc0003 11223344 4d435054"], one(), 12, truncated(14, "RTCP packet", 16, 12), trunc),
        (vec![REQUEST, "80cc0001 11223344 4d435054"], one(), 12, invalid(14, "RTCP length"), trunc),
    ];
    for (pieces, packets, trailing, error, requirement) in cases {
        let mut expected = json!({"packets": packets, "trailing_octets": trailing, "error": error});
        if trailing > 0 {
            let octets = pieces.concat().replace(' ', "");
            expected["trailing"] = octets[octets.len() - 2 * trailing..].into();
            let start = octets.len() / 2 - trailing;
            expected["deviations"] = json!([{"offset": start, "requirement": requirement}]);
        }
        assert_eq!(show(&pieces), expected, "{pieces:?}");
    }
}

//= 24.380-8.1.4:field test
//= 24.380-8.1.4:overrun test
#[test]
fn fields_that_cannot_be_read_are_shown_with_the_reason() {
    let shown = packet(&[
        "82cc000d c0ffee01 4d435054",
        "08010700",           // sequence number of one octet
        "0403 61ff62 000000", // identity is not UTF-8
        "1006020011223344",   // two SSRCs announced, one there
        "14030107 00000000",  // unknown location type inside a list
        "04000000",           // empty identity
        "0d02800f",           // unknown bits
        "0d028000",           // indicator again
        "05c80001",           // runs past the end
    ]);
    let fields = json!([
        {"id": 8, "field_error": "length", "raw": "08010700"},
        {"id": 4, "granted_party": "a\u{fffd}b", "raw": "040361ff62000000"},
        {"id": 16, "field_error": "count", "raw": "1006020011223344"},
        {"id": 20, "field_error": "location-type", "raw": "1403010700000000"},
        {"id": 4, "granted_party": ""},
        {"id": 13, "floor_indicator": 0x800f},
        {"id": 13, "floor_indicator": 0x8000},
        {"id": 5, "field_error": "overrun", "raw": "05c80001"},
    ]);
    let deviations = json!([
        {"offset": 12, "requirement": "24.380-8.1.4:length"},
        {"offset": 16, "requirement": "24.380-8.1.4:utf8"},
        {"offset": 24, "requirement": "24.380-8.1.4:count"},
        {"offset": 32, "requirement": "24.380-8.2.3.21"},
        {"offset": 40, "requirement": "24.380-8.1.4:empty"},
        {"offset": 44, "requirement": "24.380-8.2.3.15"},
        {"offset": 48, "requirement": "24.380-8.1.4:dup"},
        {"offset": 52, "requirement": "24.380-8.1.4:overrun"},
    ]);
    let expected = json!({"name": "MCPT", "subtype": 2, "message": "Floor Taken", "ack_requested": false,
        "ssrc": 0xc0ff_ee01u32, "fields": fields, "deviations": deviations,
        "field_offsets": [12, 16, 24, 32, 40, 44, 48, 52]});
    assert_eq!(shown, placed(expected, 0, 56));
}

#[test]
fn fields_without_a_vector_have_names_too() {
    let shown = packet(&["87cc0004 11223344 4d435054", "19057369703a6200"]);
    assert_eq!(shown["fields"], json!([{"id": 25, "revoke_request_user_id": "sip:b"}]));
    let shown = packet(&["82cc0004 11223344 4d435043", "07020009", "0801 62 00"]);
    assert_eq!(shown["fields"], json!([{"id": 7, "reason_cause": "0009"}, {"id": 8, "invited_user": "b"}]));
    let shown = packet(&["80cc0005 11223344 4d434e43", "03016200", "04017200", "05010000"]);
    assert_eq!(
        shown["fields"],
        json!([
            {"id": 3, "group_broadcast_alias": "b"},
            {"id": 4, "group_regroup_alias": "r"},
            {"id": 5, "unknown": "00"},
        ])
    );
    let shown = packet(&["80cc0004 11223344 4d435054", "130307 8001 000000"]);
    assert_eq!(shown["fields"], json!([{"id": 19, "location": {"type": 7, "unknown": "8001"}}]));
}
