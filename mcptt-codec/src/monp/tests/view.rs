use serde_json::{Value as Json, json};

use super::*;
use crate::monp::view::{monp, monp_with};

fn show(pieces: &[&str]) -> Json {
    serde_json::to_value(monp(&hex(pieces))).unwrap()
}

#[test]
fn a_message_is_shown_element_by_element() {
    let shown = show(&[
        "02 1234 03 2710 006553f100 016553f101",
        GROUP,
        SDP,
        ALICE,
        BOB,
        "80 81", // both indications
        "20 01 aa",
    ]);
    let elements = json!([
        {"call_identifier": 0x1234}, {"call_type": 3}, {"refresh_interval_ms": 10_000},
        {"call_start_time_s": 0x6553_f100u32}, {"last_call_type_change_time_s": 0x01_6553_f101u64},
        {"group_id": "sip:g"}, {"sdp": "v=0\r\n"}, {"originating_user_id": "sip:a"},
        {"last_user_to_change_call_type": "sip:b"},
        {"iei": 0x80, "confirm_mode_indication": true}, {"iei": 0x81, "probe_response": true},
        {"iei": 0x20, "unknown": "aa"},
    ]);
    let expected = json!({"name": "MONP", "message_type": 2, "message": "GROUP CALL ANNOUNCEMENT",
        "elements": elements, "deviations": [{"offset": 46, "requirement": "24.379-I.2:unknown"}]});
    assert_eq!(shown, expected);
}

#[test]
fn every_element_has_a_name_in_the_view() {
    for (octets, message) in golden::golden() {
        let shown = serde_json::to_value(monp(&octets)).unwrap();
        assert_eq!(shown["message"], message.name());
        assert_eq!(shown["deviations"], json!([]));
        let elements = shown["elements"].as_array().unwrap();
        assert_eq!(elements.len(), message.to_packet().elements.len());
        assert!(elements.iter().all(|element| element.get("unknown").is_none()), "{shown}");
    }
    let alert = show(&["11", GROUP, ALICE, "0001 41", "78 0001 ff"]);
    assert_eq!(alert["elements"][2], json!({"organization_name": "A"}));
    assert_eq!(alert["elements"][3], json!({"iei": 0x78, "user_location": "ff"}), "not UTF-8: digits");
    assert_eq!(show(&["0b 0001 04", ALICE, BOB])["elements"][1], json!({"reason": 4}));
    assert_eq!(show(&["08 0001 01 05", ALICE, BOB, SDP])["elements"][1], json!({"commencement_mode": 1}));
    assert_eq!(show(&["16 8100"])["elements"], json!([{"carried_message": "8100"}]));
}

#[test]
fn a_message_that_a_receiver_ignores_is_shown_with_the_reason() {
    let unknown = json!({"name": "MONP", "message_type": 200, "message": null, "elements": [], "rest": "dead",
        "ignored": true, "reason": "unknown message type",
        "deviations": [{"offset": 0, "requirement": "24.379-15.1:unknown"}]});
    assert_eq!(show(&["c8 dead"]), unknown);
    let cut = json!({"name": "MONP", "message_type": 7, "message": "GROUP CALL BROADCAST END",
        "elements": [{"call_identifier": 1}], "rest": "0005736970",
        "ignored": true, "reason": "octet 5: MCPTT group ID: needs 5 octets, 3 left", "deviations": []});
    assert_eq!(show(&["07 0001 0005 736970"]), cut);
    let empty = json!({"name": "MONP", "ignored": true,
        "reason": "octet 0: message type: needs 1 octets, 0 left", "deviations": []});
    assert_eq!(show(&[]), empty);
}

#[test]
fn a_laboratory_sees_decimal_identifiers() {
    let octets = hex(&["11", GROUP, ALICE, "0001 41", "4e 0001 2a"]);
    let options = DecodeOptions { decimal_identifiers: true };
    let shown = serde_json::to_value(monp_with(&octets, options)).unwrap();
    assert_eq!(shown["elements"][3], json!({"iei": 0x4e, "user_location": "*"}));
    assert_eq!(shown["deviations"], json!([{"offset": 18, "requirement": "24.379-15.2:iei"}]));
}
