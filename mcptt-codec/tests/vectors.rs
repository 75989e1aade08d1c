//! The golden vectors of TS 24.380 in `tests/vectors/`, in both directions.

#![allow(clippy::unwrap_used, reason = "a test file; clippy only knows the test functions in it")]

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::{FloorMessage, FloorPacket};
use mcptt_codec::fuzzing::binary;
use mcptt_codec::rtcp::{self, RtcpPacket};
use mcptt_codec::session::{SessionMessage, SessionPacket};
use mcptt_codec::subchannel::{NotificationMessage, NotificationPacket, SubchannelMessage, SubchannelPacket};
use mcptt_codec::view;
use serde_json::{Value, json};

struct Vector {
    name: String,
    octets: Bytes,
    protocol: String,
    accept: bool,
    decoded: Value,
}

fn vectors() -> Vec<Vector> {
    let file: Value = serde_json::from_str(include_str!("vectors/24380-vectors.json")).unwrap();
    let vectors: Vec<Vector> = file["vectors"].as_array().unwrap().iter().map(vector).collect();
    assert_eq!(vectors.len(), 50);
    vectors
}

fn vector(entry: &Value) -> Vector {
    let text = |key: &str| entry[key].as_str().unwrap().to_owned();
    Vector {
        name: text("name"),
        octets: hex(&text("hex")),
        protocol: text("protocol"),
        accept: text("verdict") == "accept",
        decoded: entry["decoded"].clone(),
    }
}

fn hex(digits: &str) -> Bytes {
    let octets = digits.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).unwrap();
        u8::from_str_radix(pair, 16).unwrap()
    });
    octets.collect()
}

/// Messages that a vector lists: one, or several of one datagram.
fn messages(decoded: &Value) -> Vec<Value> {
    match decoded.get("messages") {
        Some(messages) => messages.as_array().unwrap().clone(),
        None => vec![decoded.clone()],
    }
}

/// The two vectors that are decodable but not as a strict sender would have sent them.
fn deviations(name: &str) -> Value {
    match name {
        "floor_ack_for_taken_with_bit" => json!([{"offset": 16, "requirement": "24.380-8.2.3.14"}]),
        "unknown_field_skipped" | "unknown_field_16bit_length" => {
            json!([{"offset": 12, "requirement": "24.380-8.1.4:field"}])
        }
        _ => json!([]),
    }
}

//= 24.380-8.1.2 test
//= 24.380-8.1.1 test
//= 24.380-8.1.3 test
#[test]
fn every_vector_is_decoded_as_listed() {
    for vector in vectors() {
        let packets: Vec<Value> = messages(&vector.decoded)
            .into_iter()
            .map(|mut message| {
                let object = message.as_object_mut().unwrap();
                object.insert("name".into(), vector.protocol.clone().into());
                if vector.accept {
                    object.insert("deviations".into(), deviations(&vector.name));
                } else {
                    object.insert("ignored".into(), true.into());
                    object.insert("reason".into(), "unknown subtype".into());
                    let deviation = json!([{"offset": 0, "requirement": "24.380-8.1.4:subtype"}]);
                    object.insert("deviations".into(), deviation);
                }
                message
            })
            .collect();
        let expected = json!({"packets": packets, "trailing_octets": 0, "error": null});
        let mut shown = serde_json::to_value(view::datagram(&vector.octets)).unwrap();
        for packet in shown["packets"].as_array_mut().unwrap() {
            let packet = packet.as_object_mut().unwrap();
            for place in ["offset", "octets", "field_offsets", "raw"] {
                packet.remove(place);
            }
        }
        assert_eq!(shown, expected, "{}", vector.name);
    }
}

#[test]
fn every_view_of_a_vector_becomes_its_octets_without_the_help_of_raw_ones() {
    for vector in vectors() {
        let shown = serde_json::to_string(&view::datagram(&vector.octets)).unwrap();
        // An ignored message is not looked into.
        assert!(!vector.accept || !shown.contains("\"raw\""), "{}: {shown}", vector.name);
        let given: view::Input = serde_json::from_str(&shown).unwrap();
        assert_eq!(view::encode(&given), Ok(vector.octets), "{}", vector.name);
    }
}

#[test]
fn every_vector_is_kept_octet_by_octet() {
    for vector in vectors() {
        let mut out = BytesMut::new();
        for packet in rtcp::split(&vector.octets) {
            let packet = packet.unwrap();
            let before = out.len();
            let announced = match vector.protocol.as_str() {
                "MCPT" => {
                    FloorPacket::decode(&packet).map(|packet| (packet.encode(&mut out), packet.encoded_len()))
                }
                "MCPC" => SessionPacket::decode(&packet)
                    .map(|packet| (packet.encode(&mut out), packet.encoded_len())),
                "MCMC" => SubchannelPacket::decode(&packet)
                    .map(|packet| (packet.encode(&mut out), packet.encoded_len())),
                _ => NotificationPacket::decode(&packet)
                    .map(|packet| (packet.encode(&mut out), packet.encoded_len())),
            };
            assert_eq!(announced, Ok((Ok(()), out.len() - before)), "{}", vector.name);
        }
        assert_eq!(out, vector.octets, "{}", vector.name);
    }
}

#[test]
fn every_vector_is_kept_as_plain_rtcp() {
    for vector in vectors() {
        let mut out = BytesMut::new();
        for packet in rtcp::packets(&vector.octets) {
            let packet = packet.unwrap();
            assert!(matches!(packet, RtcpPacket::App(_)), "{}", vector.name);
            packet.encode(&mut out).unwrap();
        }
        assert_eq!(out, vector.octets, "{}", vector.name);
    }
}

/// Typed messages write the fields in the order of the message table, and so do the vectors but one.
#[test]
fn every_vector_of_known_fields_is_the_encoding_of_its_typed_message() {
    for vector in vectors() {
        let mut out = BytesMut::new();
        for packet in rtcp::split(&vector.octets) {
            let packet = packet.unwrap();
            let encoded = match vector.protocol.as_str() {
                "MCPT" => {
                    let message = FloorMessage::decode(&packet).unwrap().value;
                    let encoded = message.encode().unwrap();
                    assert_eq!(FloorMessage::decode(&encoded).unwrap().value, message, "{}", vector.name);
                    assert_eq!(FloorMessage::from_packet(&message.to_packet()).value, message);
                    encoded
                }
                "MCPC" => SessionMessage::decode(&packet).unwrap().value.encode().unwrap(),
                "MCMC" => SubchannelMessage::decode(&packet).unwrap().value.encode().unwrap(),
                _ => NotificationMessage::decode(&packet).unwrap().value.encode().unwrap(),
            };
            out.extend_from_slice(&encoded);
        }
        match vector.name.as_str() {
            // A typed message has no place for unknown fields.
            "unknown_field_skipped" => assert_eq!(out, hex("85cc0004c0ffee014d435054080200020d028000")),
            "unknown_field_16bit_length" => assert_eq!(out, hex("85cc0003c0ffee014d43505408020003")),
            "unknown_subtype_ignored" => assert_eq!(out, hex("8ccc0002c0ffee014d435054")),
            // Location stands before Floor Indicator there.
            "location_mbsfn" => assert_eq!(out, hex("80cc0004112233444d4350540d02800013020507")),
            name => assert_eq!(out, vector.octets, "{name}"),
        }
    }
}

#[test]
fn no_prefix_and_no_flipped_bit_of_a_vector_does_harm() {
    for vector in vectors() {
        let octets = vector.octets.to_vec();
        for len in 0..octets.len() {
            binary::floor_packet(&octets[..len]);
            binary::rtcp_compound(&octets[..len]);
        }
        for at in 0..octets.len() {
            for flip in [0x01, 0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80, 0xff] {
                let mut broken = octets.clone();
                broken[at] ^= flip;
                binary::floor_packet(&broken);
                binary::rtcp_compound(&broken);
            }
        }
    }
}
