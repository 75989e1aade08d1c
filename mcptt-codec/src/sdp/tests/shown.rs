//! The readable view: complete, and without a secret.

use super::super::*;
use super::OFFER;

fn shown(text: &str) -> serde_json::Value {
    serde_json::to_value(view(&text.parse().unwrap())).unwrap()
}

#[test]
fn an_offer_is_shown() {
    let shown = shown(OFFER);
    assert_eq!(shown["session"][1]["type"], "o");
    assert_eq!(shown["session"][1]["value"], "alice 2890844526 2890844526 IN IP4 10.1.1.5");
    let expected = serde_json::json!({
        "kind": "application",
        "port": 40002,
        "protocol": "udp",
        "formats": ["MCPTT"],
        "refused": false,
        "direction": "sendrecv",
        "address": "10.1.1.5:40002",
        "floor_control": {
            "mc_queueing": true,
            "mc_granted": true,
            "mc_implicit_request": true,
            "mc_no_floor_ctrl": false,
            "mc_priority": 5,
        },
        "lines": [{
            "type": "a",
            "attribute": "fmtp",
            "value": "MCPTT mc_queueing;mc_priority=5;mc_granted;mc_implicit_request",
        }],
    });
    assert_eq!(shown["media"][1], expected);
    assert_eq!(shown["media"][0]["rtcp_address"], "10.1.1.5:40001");
    let rtpmap = serde_json::json!({ "payload_type": 97, "encoding": "AMR-WB", "clock_rate": 16000 });
    assert_eq!(shown["media"][0]["lines"][1]["parts"], rtpmap);
    assert_eq!(shown["deviations"], serde_json::json!([]));
}

#[test]
fn parts_are_shown_and_secrets_are_not() {
    let text = "v=0\r\nk=clear:SECRET\r\na=group:LS 1\r\na=key-mgmt:mikey U0VDUkVU\r\na=ice-pwd:SECRETSECRETSECRETSECRET\r\n\
                m=audio 4/2 RTP/SAVP 0\r\na=mid:1\r\n\
                a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:U0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVUU0VDUkVU|2^20|1:4 WSH=64 FEC_KEY=inline:U0VDUkVU\r\n\
                a=candidate:1 1 UDP 1 ::1 2 typ srflx raddr ::2 rport 3 x y\r\na=rtcp:5 IN IP6 ::3\r\na=ssrc:7 cname:c\r\n\
                a=fingerprint:x 00:FF\r\na=crypto:1 X inline:U0VDUkVU FEC_KEY=SECRET\r\n\
                m=application 0 udp MCPTT\r\na=fmtp:MCPTT mc_ssrc=1;mc_floor_ssrc=2;future=SHOWN\r\nm=application 1 udp MCPTT\r\na=fmtp:MCPTT mc_ssrc\r\n";
    let shown = shown(text);
    let whole = shown.to_string();
    for secret in ["SECRET", "U0VD", "5345"] {
        assert!(!whole.contains(secret), "{secret} in {whole}");
    }
    let session = &shown["session"];
    assert_eq!(session[1], serde_json::json!({ "type": "k", "value": "(hidden)" }));
    assert_eq!(session[2]["parts"], serde_json::json!({ "semantics": "LS", "mids": ["1"] }));
    let hidden = serde_json::json!({
        "type": "a",
        "attribute": "key-mgmt",
        "value": "(hidden)",
        "parts": { "protocol": "mikey", "octets": 6 },
    });
    assert_eq!(session[3], hidden);
    let audio = &shown["media"][0];
    assert_eq!(audio["port_count"], 2);
    let parts: Vec<_> = audio["lines"].as_array().unwrap().iter().map(|line| line["parts"].clone()).collect();
    let expected = serde_json::json!([
        null,
        {
            "tag": 1,
            "suite": "AES_CM_128_HMAC_SHA1_80",
            "keys": [{ "octets": 30, "lifetime": "2^20", "mki": 1, "mki_octets": 4 }],
            "session_parameters": ["WSH=64", "FEC_KEY=(hidden)"],
        },
        {
            "foundation": "1",
            "component": 1,
            "transport": "UDP",
            "priority": 1,
            "address": "::1",
            "port": 2,
            "kind": "srflx",
            "related_address": "::2",
            "related_port": 3,
            "extensions": ["x y"],
        },
        { "port": 5, "address": "::3" },
        { "ssrc": 7, "cname": "c" },
        { "hash": "x", "octets": "00ff" },
        { "tag": 1, "suite": "X", "keys": [{ "octets": 6 }], "session_parameters": ["FEC_KEY=(hidden)"] },
    ]);
    assert_eq!(serde_json::Value::Array(parts), expected);
    let floor = &shown["media"][1];
    assert_eq!((&floor["refused"], &floor["floor_control"]["unknown"][0]), (&true.into(), &"future".into()));
    assert_eq!(
        (&floor["floor_control"]["mc_ssrc"], &floor["floor_control"]["mc_floor_ssrc"]),
        (&1.into(), &2.into())
    );
    let error = &shown["media"][2]["floor_control_error"];
    assert!(error.as_str().unwrap().contains("fmtp parameter"), "{error}");
    assert_eq!(
        shown["deviations"][0],
        serde_json::json!({ "offset": 0, "requirement": "RFC8866-5:mandatory" })
    );
}
