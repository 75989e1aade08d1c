mod property;
mod release;

use bytes::Bytes;

use super::*;
use crate::id::{GroupId, Ssrc};
use crate::rtcp::tests::{deviation, hex};
use crate::rtcp::{Field, FieldError, FieldId, requirement};
use crate::text::ByteStr;
use crate::{Decoded, Deviation, EncodeError};

const FUNCTION: Ssrc = Ssrc(0xa1b2_c3d4);
/// SSRC of the participating function, name MCPC.
const HEAD: &str = "a1b2c3d4 4d435043";

#[track_caller]
fn check(octets: &Bytes, message: SessionMessage, deviations: Vec<Deviation>) {
    let decoded = SessionMessage::decode(octets).unwrap();
    assert_eq!(decoded, Decoded { value: message, deviations });
    let packet = SessionPacket::decode(octets).unwrap();
    assert_eq!(SessionMessage::from_packet(&packet), decoded);
}

#[test]
fn connect_is_read_and_written_with_all_its_fields() {
    let octets = hex(&[
        "90cc0012", // Connect with acknowledgment bit, 19 words
        HEAD,
        "010603 7369703a73",        // MCPTT Session Identity: prearranged, sip:s
        "03057369703a6700",         // MCPTT Group Identity sip:g
        "00020102",                 // Media Streams: audio 1, floor control 2
        "02033132320000 00",        // Warning Text "122"
        "04020000",                 // Answer State: unconfirmed
        "05057369703a6100",         // Inviting MCPTT User Identity sip:a
        "08057369703a6200",         // Invited MCPTT User Identity sip:b
        "c000091a0005000102030405", // PCK I_MESSAGE, two length octets
        "63020000",                 // not assigned
    ]);
    let message = SessionMessage::Connect(Connect {
        ssrc: FUNCTION,
        ack_requested: true,
        session_identity: Some(SessionIdentity {
            session_type: SessionType::PREARRANGED,
            uri: "sip:s".into(),
        }),
        group_identity: Some("sip:g".into()),
        media_streams: Some(MediaStreams { audio: 1, floor_control: 2 }),
        warning_text: Some("122".into()),
        answer_state: Some(AnswerState::UNCONFIRMED),
        inviting_user: Some("sip:a".into()),
        invited_user: Some("sip:b".into()),
        pck_i_message: Some(PckIMessage(Bytes::from_static(&[0x1a, 0, 5, 0, 1, 2, 3, 4, 5]))),
    });
    assert_eq!((message.name(), message.ssrc(), message.ack_requested()), ("Connect", FUNCTION, true));
    check(&octets, message.clone(), vec![deviation(72, requirement::FIELD)]);
    let without_unknown = message.encode().unwrap();
    assert_eq!(&without_unknown[4..], &octets[4..octets.len() - 4]);
    check(&without_unknown, message, vec![]);
}

#[test]
fn disconnect_and_acknowledge_are_read_and_written() {
    let disconnect = Disconnect {
        ssrc: FUNCTION,
        ack_requested: false,
        session_identity: Some(SessionIdentity { session_type: SessionType::CHAT, uri: "sip:s".into() }),
    };
    let acknowledge = Acknowledge {
        ssrc: FUNCTION,
        reason_code: Some(ReasonCode::INTEGRITY_FAILED),
        reason_cause: Some(Bytes::from_static(&[0, 9])),
    };
    let cases = [
        (
            hex(&[
                "81cc0004", // Disconnect without acknowledgment bit, 5 words
                HEAD,
                "010604 7369703a73", // MCPTT Session Identity: chat, sip:s
            ]),
            SessionMessage::Disconnect(disconnect),
        ),
        (
            hex(&[
                "82cc0004", // Acknowledge, 5 words
                HEAD, "06020004", // Reason Code: integrity check failed
                "07020009", // Reason Cause
            ]),
            SessionMessage::Acknowledge(acknowledge),
        ),
    ];
    for (octets, message) in cases {
        assert_eq!(message.encode().as_ref(), Ok(&octets));
        assert_eq!(SessionMessage::from_packet(&message.to_packet()).value, message);
        check(&octets, message, vec![]);
    }
}

//= 24.380-8.1.4:subtype test
//= 24.380-8.2.2:noack test
#[test]
fn a_subtype_that_is_not_listed_is_unknown() {
    let cases =
        [(0x83, "24.380-8.1.4:subtype"), (0x92, "24.380-8.2.2:noack"), (0x9f, "24.380-8.1.4:subtype")];
    for (first, requirement) in cases {
        let octets = hex(&[&format!("{first:02x}cc0002"), HEAD]);
        let subtype = Subtype(first & 0x1f);
        let message = SessionMessage::Unknown { subtype, ssrc: FUNCTION };
        assert_eq!((message.name(), message.ack_requested()), ("unknown message", false));
        assert_eq!(message.encode().as_ref(), Ok(&octets));
        check(&octets, message, vec![deviation(0, requirement)]);
    }
}

//= 24.380-8.1.4:field test
//= 24.380-8.1.4:dup test
//= 24.380-8.1.4:utf8 test
#[test]
fn fields_that_cannot_be_used_are_dropped_and_noted() {
    let octets = hex(&[
        "80cc000b",
        HEAD,
        "00010100",           // Media Streams of one octet
        "01000000",           // Session Identity without type
        "0303 61ff62 000000", // group is not UTF-8: kept
        "04020002",           // Answer State of unknown value: kept
        "04020001",           // and again
        "06020001",           // Reason Code does not belong here
        "020261ff",           // Warning Text is not UTF-8: shown all the same
        "00c80000",           // runs past the end
    ]);
    let message = SessionMessage::Connect(Connect {
        ssrc: FUNCTION,
        answer_state: Some(AnswerState(2)),
        group_identity: Some(GroupId(ByteStr::from_octets(Bytes::from_static(b"a\xffb")))),
        warning_text: Some(ByteStr::from_octets(Bytes::from_static(b"a\xff"))),
        ..Default::default()
    });
    let deviations = vec![
        deviation(12, requirement::LENGTH),
        deviation(16, requirement::LENGTH),
        deviation(20, requirement::UTF8),
        deviation(28, requirement::ENUMERATION),
        deviation(32, requirement::DUPLICATE),
        deviation(36, requirement::MESSAGE_TABLE),
        deviation(40, requirement::UTF8),
        deviation(44, requirement::OVERRUN),
    ];
    check(&octets, message, deviations);
}

#[test]
fn an_i_message_is_not_printed_and_may_be_long() {
    let key = PckIMessage(Bytes::from(vec![7; 300]));
    assert_eq!(format!("{key:?}"), "PckIMessage(300 octets)");
    let connect = Connect { ssrc: FUNCTION, pck_i_message: Some(key), ..Default::default() };
    let message = SessionMessage::Connect(connect);
    let octets = message.encode().unwrap();
    assert_eq!(&octets[12..15], [192, 1, 44]);
    check(&octets, message, vec![]);
    let long = Connect { warning_text: Some("x".repeat(256).as_str().into()), ..Default::default() };
    let refused = EncodeError { what: "field value", limit: 255, got: 256 };
    assert_eq!(SessionMessage::Connect(long).encode(), Err(refused));
}

#[test]
fn a_field_can_be_read_and_written_alone() {
    let field = Field::new(FieldId::REASON_CODE, &[0, 1]);
    let typed = SessionField::ReasonCode(ReasonCode::BUSY);
    assert_eq!((SessionField::decode(&field), typed.to_field()), (Ok(typed), field));
    assert_eq!(SessionField::decode(&Field::new(FieldId::ANSWER_STATE, &[1])), Err(FieldError::Length));
}

#[test]
fn an_anonymous_inviting_user_is_spelled_in_two_ways() {
    let anonymous = |uri: &str| is_anonymous(&uri.into());
    assert!(anonymous(ANONYMOUS) && anonymous("sip:anonymous@invalid.invalid"));
    assert!(!anonymous("sip:alice@anonymous.invalid"));
}
