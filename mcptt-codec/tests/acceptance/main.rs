//! What a receiver of floor control does with input that a strict sender would not have sent: the acceptance rules of this
//! project for TS 24.380 clause 8, row by row, each with what is understood and with the offset and the requirement of
//! every deviation. Offsets count from the start of the datagram.

#![allow(clippy::unwrap_used, reason = "a test file; clippy only knows the test functions in it")]

mod fields;
mod packets;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::{
    FloorIdle, FloorMessage, FloorPacket, FloorRequest, FloorTaken, MessageSequenceNumber,
};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtcp::{self, FieldId, requirement};
use mcptt_codec::view;

/// A datagram, what is understood of it, and what is noted.
pub struct Case {
    what: &'static str,
    octets: &'static [&'static str],
    understood: Vec<FloorMessage>,
    noted: &'static [(usize, &'static str)],
}

/// One row of the acceptance table.
pub struct Row {
    input: &'static str,
    cases: Vec<Case>,
}

/// A row of the table.
pub fn row(input: &'static str, cases: Vec<Case>) -> Row {
    Row { input, cases }
}

/// A case of a row.
pub fn case(
    what: &'static str,
    octets: &'static [&'static str],
    understood: Vec<FloorMessage>,
    noted: &'static [(usize, &'static str)],
) -> Case {
    Case { what, octets, understood, noted }
}

const SSRC: Ssrc = Ssrc(0x1122_3344);
/// SSRC and name.
const HEAD: &str = "11223344 4d435054";
/// A whole Floor Request without fields.
const REQUEST: &str = "80cc0002 11223344 4d435054";

fn hex(pieces: &[&str]) -> Bytes {
    let digits: Vec<u8> = pieces.concat().bytes().filter(|octet| !octet.is_ascii_whitespace()).collect();
    let pairs = digits.chunks(2).map(|pair| std::str::from_utf8(pair).unwrap());
    pairs.map(|pair| u8::from_str_radix(pair, 16).unwrap()).collect()
}

fn request() -> FloorRequest {
    FloorRequest { ssrc: SSRC, ..Default::default() }
}

fn bare_request() -> Vec<FloorMessage> {
    vec![FloorMessage::Request(request())]
}

fn taken(change: impl FnOnce(&mut FloorTaken)) -> Vec<FloorMessage> {
    let mut taken = FloorTaken { ssrc: SSRC, sequence: Some(MessageSequenceNumber(7)), ..Default::default() };
    change(&mut taken);
    vec![FloorMessage::Taken(taken)]
}

fn nothing() -> Vec<FloorMessage> {
    Vec::new()
}

/// What a receiver of floor control takes out of a datagram, and every deviation with its place.
fn receive(datagram: &Bytes) -> (Vec<FloorMessage>, Vec<(usize, &'static str)>) {
    let (mut understood, mut noted, mut at) = (Vec::new(), Vec::new(), 0);
    for packet in rtcp::split(datagram) {
        let Ok(packet) = packet else { break };
        match FloorMessage::decode(&packet) {
            Ok(decoded) => {
                noted.extend(decoded.deviations.iter().map(|found| (at + found.offset, found.requirement)));
                // What is ignored asks for nothing, whatever its acknowledgment bit says.
                match decoded.value {
                    ignored @ FloorMessage::Unknown { .. } => assert!(!ignored.ack_requested()),
                    message => understood.push(message),
                }
            }
            // Another name is no deviation: several protocols may share a port.
            Err(error) if requirement::of_refused(&error) == requirement::PROTOCOL_NAME => {}
            Err(error) => noted.push((at, requirement::of_refused(&error))),
        }
        at += packet.len();
    }
    // What cannot be walked is told by the view of the whole datagram.
    noted.extend(view::datagram(datagram).deviations.iter().map(|found| (found.offset, found.requirement)));
    (understood, noted)
}

/// Whatever the input: nothing is lost, nothing is read past the end, nothing panics.
fn laws(datagram: &Bytes) {
    for end in 0..=datagram.len() {
        let prefix = datagram.slice(..end);
        receive(&prefix);
        let shown = serde_json::to_string(&view::datagram(&prefix)).unwrap();
        assert_eq!(view::encode(&serde_json::from_str(&shown).unwrap()), Ok(prefix), "{shown}");
    }
    for at in 0..datagram.len() {
        for change in [0x01, 0x80, 0xff] {
            let mut changed = datagram.to_vec();
            changed[at] ^= change;
            receive(&changed.into());
        }
    }
    for packet in rtcp::split(datagram).map_while(Result::ok) {
        if let Ok(lossless) = FloorPacket::decode(&packet) {
            let mut out = BytesMut::new();
            lossless.encode(&mut out).unwrap();
            assert_eq!(out, packet);
        }
    }
}

/// The whole table.
fn table() -> Vec<Row> {
    packets::rows().into_iter().chain(fields::rows()).collect()
}

//= 24.380-8.1.1:tail test
//= 24.380-8.1.2 test
//= 24.380-8.1.2:padding test
//= 24.380-8.1.3:spare test
//= 24.380-8.1.4:subtype test
//= 24.380-8.1.4:field test
//= 24.380-8.1.4:trunc test
//= 24.380-8.1.4:overrun test
//= 24.380-8.1.4:dup test
//= 24.380-8.1.4:length test
//= 24.380-8.1.4:count test
//= 24.380-8.1.4:utf8 test
//= 24.380-8.1.4:empty test
//= 24.380-8.1.4:enumeration test
//= 24.380-8.2.2:noack test
//= 24.380-8.2.3.16 test
//= 24.380-8.2.3.21 test
#[test]
fn every_row_of_the_acceptance_table_is_kept() {
    // The eighteenth row is the law of all the others: never panic, never over-read, never answer an ignored message.
    assert_eq!(table().len(), 17);
    for Row { input, cases } in table() {
        for case in cases {
            let datagram = hex(case.octets);
            let received = receive(&datagram);
            assert_eq!(received, (case.understood, case.noted.to_vec()), "{input}: {}", case.what);
            laws(&datagram);
        }
    }
}

/// The raw octets of what was dropped or replaced are in the lossless packet.
#[test]
fn what_is_not_understood_is_kept_for_logs() {
    let octets = hex(&["85cc0005", HEAD, "6305aabbccddee00", "08020001"]);
    let packet = FloorPacket::decode(&octets).unwrap();
    let kept: Vec<_> = packet.fields.iter().map(|field| (field.id(), field.value())).collect();
    assert_eq!(
        kept,
        [(FieldId(99), &[0xaa, 0xbb, 0xcc, 0xdd, 0xee][..]), (FieldId::MESSAGE_SEQUENCE_NUMBER, &[0, 1][..])]
    );
    let idle = FloorIdle { ssrc: SSRC, sequence: Some(MessageSequenceNumber(1)), ..Default::default() };
    assert_eq!(FloorMessage::from_packet(&packet).value, FloorMessage::Idle(idle));
}

/// A sender is stricter: zero spare and padding, no duplicates, the order of the message table, nothing that the message does
/// not list. So whatever was received, what is sent in its place deviates nowhere but in values that are not assigned.
#[test]
fn what_is_sent_again_is_strict() {
    let values = [
        requirement::FLOOR_INDICATOR,
        requirement::DENY_CAUSE,
        requirement::LOCATION_TYPE,
        requirement::UTF8,
    ];
    for row in table() {
        for message in row.cases.into_iter().flat_map(|case| case.understood) {
            let sent = message.encode().unwrap();
            let again = FloorMessage::decode(&sent).unwrap();
            assert_eq!(again.value, message);
            let left = again.deviations.iter().filter(|found| !values.contains(&found.requirement));
            assert_eq!(left.count(), 0, "{message:?}");
        }
    }
}
