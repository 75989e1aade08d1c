use std::time::Duration;

use super::*;

fn captured(payload: &'static [u8]) -> Frame {
    Frame {
        number: 7,
        time: Duration::from_millis(1_500),
        source: "192.0.2.1:5060".parse().unwrap(),
        destination: "192.0.2.2:5060".parse().unwrap(),
        payload: Bytes::from_static(payload),
        truncated: false,
        comments: Vec::new(),
    }
}

fn written(write: impl Fn(&mut Vec<u8>)) -> String {
    let mut out = Vec::new();
    write(&mut out);
    String::from_utf8(out).unwrap()
}

/// Values of the reference vectors: same message, same fields, in the same order.
#[test]
fn every_vector_decodes_to_what_it_says() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../mcptt-codec/tests/vectors");
    let file = folder.join("24380-vectors.json");
    let text = std::fs::read_to_string(&file).expect("the vectors of the codec are there");
    let vectors: Value = serde_json::from_str(&text).unwrap();
    let mut seen = 0;
    for vector in vectors["vectors"].as_array().unwrap() {
        let digits = vector["hex"].as_str().unwrap();
        let octets: Bytes = (0..digits.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap())
            .collect();
        let decoded = Value::Object(datagram(&octets));
        assert_eq!(decoded["error"], Value::Null, "{}", vector["name"]);
        let packet = &decoded["packets"][0];
        for key in ["subtype", "message", "ack_requested", "ssrc", "fields"] {
            if let Some(expected) = vector["decoded"].get(key).filter(|_| vector["verdict"] == "accept") {
                assert_eq!(&packet[key], expected, "{} {key}", vector["name"]);
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 50);
}

#[test]
fn sip_is_summarised() {
    let invite =
        b"INVITE sip:psi@example.org SIP/2.0\r\nCall-ID: c1\r\nCSeq: 1 INVITE\r\nFrom: <sip:a@b>;tag=1\r\n\
        To: <sip:c@d>\r\nContent-Length: 0\r\n\r\n";
    let decoded = frame(&captured(invite));
    assert_eq!(
        Value::Object(decoded.clone()),
        json!({
            "frame": 7, "time": "1.500000000", "src": "192.0.2.1:5060", "dst": "192.0.2.2:5060", "protocol": "sip",
            "octets": invite.len(), "message": "INVITE sip:psi@example.org", "call_id": "c1", "cseq": "1 INVITE",
            "from": "<sip:a@b>;tag=1", "to": "<sip:c@d>", "body_octets": 0
        })
    );
    let text = written(|out| tree(&decoded, out).unwrap());
    assert!(text.starts_with(
        "#7  1.500000000  192.0.2.1:5060 -> 192.0.2.2:5060  sip  124 octets  INVITE sip:psi@example.org\n  call id: c1\n"
    ), "{text}");
}

#[test]
fn rtp_is_summarised() {
    let decoded = frame(&captured(b"\x80\xe0\x00\x05\x00\x00\x00\xa0\x11\x22\x33\x44voice"));
    assert_eq!(decoded["protocol"], "rtp");
    assert_eq!(
        written(|out| fields(&decoded, "7", out).unwrap()).lines().skip(6).collect::<Vec<_>>(),
        [
            "7.payload_type 96",
            "7.sequence 5",
            "7.timestamp 160",
            "7.ssrc 287454020",
            "7.marker true",
            "7.payload_octets 5",
        ]
    );
}

#[test]
fn floor_messages_are_shown_field_by_field() {
    let idle = b"\x85\xcc\x00\x03\xc0\xff\xee\x01MCPT\x08\x02\x00\x01";
    let text = written(|out| tree(&frame(&captured(idle)), out).unwrap());
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[1], "  MCPT  Floor Idle  subtype 5  SSRC c0ffee01");
    assert_eq!(lines[2], "    8   sequence 1");
}

#[test]
fn a_broken_datagram_says_where_and_why() {
    let decoded = datagram(&Bytes::from_static(b"\x80\xcc\x00\x05\x11"));
    assert_eq!(decoded["packets"], json!([]));
    assert_eq!(decoded["trailing_octets"], 5);
    assert!(decoded["error"]["offset"].is_u64(), "{decoded:?}");
}

#[test]
fn text_from_the_network_cannot_steer_the_terminal() {
    let decoded: Decoded = object(json!({ "phrase": "a\u{1b}[2J\nb" }));
    assert_eq!(written(|out| tree(&decoded, out).unwrap()), "phrase: a\\u{1b}[2J\\nb\n");
    assert_eq!(written(|out| fields(&decoded, "", out).unwrap()), "phrase a\\u{1b}[2J\\nb\n");
}
