use std::time::Duration;

use super::*;

fn captured(payload: &'static [u8]) -> Frame {
    Frame {
        number: 7,
        time: Duration::from_millis(1_500),
        source: "192.0.2.1:5060".parse().unwrap(),
        destination: "192.0.2.2:5060".parse().unwrap(),
        transport: Default::default(),
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

#[test]
fn line_ends_alone_are_a_keep_alive() {
    let decoded = Value::Object(datagram_as(&Bytes::from_static(b"\r\n\r\n"), Kind::Auto));
    assert_eq!(decoded, json!({"protocol": "keep-alive", "octets": 4, "raw": "0d0a0d0a"}));
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

//= 24.380-8.1.4:utf8 test
#[test]
fn an_identity_that_is_not_utf8_is_shown_with_replacement_characters() {
    let octets = b"\x82\xcc\x00\x05\xc0\xff\xee\x01MCPT\x04\x06sip\xff\xfea\x08\x02\x00\x01";
    let decoded = Value::Object(datagram(&Bytes::from_static(octets)));
    let packet = &decoded["packets"][0];
    let party = json!({"id": 4, "granted_party": "sip\u{fffd}\u{fffd}a", "raw": "0406736970fffe61"});
    assert_eq!(packet["fields"], json!([party, {"id": 8, "sequence": 1}]));
    assert_eq!(packet["deviations"], json!([{"offset": 12, "requirement": "24.380-8.1.4:utf8"}]));
}

#[test]
fn sip_is_shown_in_full() {
    let message = b"MESSAGE sip:psi@example.org SIP/2.0\r\nCall-ID: c1\r\nv: a\r\nContent-Type: multipart/mixed;boundary=b\r\n\
        Content-Length: 132\r\n\r\n--b\r\nContent-Type: application/sdp\r\n\r\nv=0\r\ns=-\r\n\r\n--b\r\n\
        Content-Type: application/x+xml\r\n\r\n<a b=\"c\"><d xmlns=\"u:r\">e</d></a>\r\n--b--\r\n";
    let decoded = frame(&captured(message));
    let text = written(|out| tree(&decoded, out).unwrap());
    assert_eq!(
        text,
        format!(
            "#7  1.500000000  192.0.2.1:5060 -> 192.0.2.2:5060  sip  {} octets  MESSAGE sip:psi@example.org\n\
             \x20    0  MESSAGE sip:psi@example.org SIP/2.0\n\
             \x20   37  Call-ID: c1\n\
             \x20   50  v: a\n\
             \x20   56  Content-Type: multipart/mixed;boundary=b\n\
             \x20   98  Content-Length: 132\n\
             \x20  159  body application/sdp  10 octets\n\
             \x20  159    v=0\n\
             \x20  164    s=-\n\
             \x20  211  body application/x+xml  33 octets\n\
             \x20         a  b=\"c\"\n\
             \x20           d  (u:r)  e\n",
            message.len()
        )
    );
    assert_eq!((&decoded["call_id"], &decoded["headers"][1]["name"]), (&json!("c1"), &json!("Via")));
}

#[test]
fn rtp_is_shown_in_full() {
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
            "7.payload_offset 12",
            "7.payload_octets 5",
            "7.payload 766f696365",
        ]
    );
}

#[test]
fn floor_messages_are_shown_field_by_field_with_offsets() {
    let two =
        b"\x81\xc9\x00\x07\x00\x00\x00\x01\x00\x00\x00\x02\x03\xff\xff\xff\x00\x00\x00\x04\x00\x00\x00\x05\
        \x00\x00\x00\x06\x00\x00\x00\x07\x85\xcc\x00\x04\xc0\xff\xee\x01MCPT\x08\x02\x00\x01\x05\x02\x00\x02";
    let text = written(|out| tree(&frame(&captured(two)), out).unwrap());
    assert_eq!(
        text.lines().skip(1).collect::<Vec<_>>(),
        [
            "     0  Receiver Report  SSRC 00000001",
            "          packet type: 201",
            "          reports",
            "            ssrc 2, fraction lost 3, cumulative lost -1, highest sequence 4, jitter 5, last sender report 6, \
             delay since last sender report 7",
            "          skipped: true",
            "    32  MCPT  Floor Idle  subtype 5  SSRC c0ffee01",
            "    44    8   sequence 1",
            "    48    5   permission 2",
            "          deviations",
            "    48      requirement 24.380-8.1.4:table",
        ]
    );
}

#[test]
fn off_network_messages_are_told_by_their_port() {
    let mut probe = captured(b"\x01\x00\x05sip:g");
    assert_eq!(frame(&probe)["protocol"], "unknown");
    probe.destination.set_port(mcptt_codec::monp::PORT);
    let decoded = frame(&probe);
    assert_eq!(
        (&decoded["protocol"], &decoded["elements"]),
        (&json!("monp"), &json!([{"group_id": "sip:g"}]))
    );
    let text = written(|out| tree(&decoded, out).unwrap());
    assert!(text.contains("\n     1  group id sip:g\n"), "{text}");
}

#[test]
fn digits_are_told_by_their_first_octets() {
    let kind = |octets: &'static [u8]| Kind::of(&Bytes::from_static(octets));
    assert_eq!(kind(b"\x80\xcc\x00\x02"), Kind::Rtcp);
    assert_eq!(kind(b"\x80\x60\x00\x02\0\0\0\0\0\0\0\0"), Kind::Rtp);
    assert_eq!(kind(b"SIP/2.0 200 OK\r\n"), Kind::Sip);
    assert_eq!(kind(b"v=0\r\n"), Kind::Sdp);
    assert_eq!(kind(b" <?xml version=\"1.0\"?>"), Kind::Xml);
    assert_eq!((kind(b""), kind(b"\0\0"), kind(b"hello")), (Kind::Rtcp, Kind::Rtcp, Kind::Rtcp));
    let mut decoded = datagram_as(&Bytes::from_static(b"v=0\r\n"), Kind::Auto);
    assert!(decoded.shift_remove("description").is_some());
    assert_eq!(
        Value::Object(decoded),
        json!({"protocol": "sdp", "octets": 5, "sdp": [{"offset": 0, "line": "v=0"}], "text": "v=0\r\n"})
    );
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
    assert_eq!(written(|out| tree(&decoded, out).unwrap()), "        phrase: a\\u{1b}[2J\\nb\n");
    assert_eq!(written(|out| fields(&decoded, "", out).unwrap()), "phrase a\\u{1b}[2J\\nb\n");
}
