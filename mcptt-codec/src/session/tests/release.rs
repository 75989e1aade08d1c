//! What a sender of an older release leaves out.

use super::*;
use crate::Release;
use crate::rtcp::tests::laws::{every_row_governs, sent_by_all};

fn acknowledge(code: ReasonCode) -> SessionMessage {
    let (reason_code, reason_cause) = (Some(code), Some(Bytes::from_static(&[1])));
    SessionMessage::Acknowledge(Acknowledge { ssrc: FUNCTION, reason_code, reason_cause })
}

#[test]
fn every_message_and_every_field_comes_with_its_first_release() {
    let session_identity = Some(SessionIdentity { session_type: SessionType::CHAT, uri: "sip:s".into() });
    let connect = Connect {
        ssrc: FUNCTION,
        ack_requested: true,
        session_identity: session_identity.clone(),
        group_identity: Some("sip:g".into()),
        media_streams: Some(MediaStreams { audio: 1, floor_control: 2 }),
        warning_text: Some("122".into()),
        answer_state: Some(AnswerState::UNCONFIRMED),
        inviting_user: Some("sip:a".into()),
        invited_user: Some("sip:b".into()),
        pck_i_message: Some(PckIMessage(Bytes::from_static(&[1]))),
    };
    every_row_governs(&[
        SessionMessage::Connect(connect),
        SessionMessage::Disconnect(Disconnect { ssrc: FUNCTION, ack_requested: false, session_identity }),
        acknowledge(ReasonCode::ACCEPTED),
    ]);
    let later: Vec<_> = FIRST_RELEASES.fields.iter().filter(|row| row.1 > Release::R13).collect();
    assert_eq!(later, [&(FieldId::INVITED_USER, Release::R18)]);
    assert!(FIRST_RELEASES.messages.iter().all(|row| row.1 == Release::R13));
}

#[test]
fn a_reason_that_the_release_does_not_have_becomes_not_accepted() {
    let rows: Vec<_> = FIRST_RELEASES.values.iter().filter(|row| row.field == FieldId::REASON_CODE).collect();
    let expected = [(0, 13), (1, 13), (2, 13), (3, 17), (4, 17), (5, 17)];
    assert!(rows.iter().map(|row| (row.value, row.release.number())).eq(expected));
    for row in rows {
        let code = |release| if release >= row.release { ReasonCode(row.value) } else { ReasonCode(2) };
        let sent = Release::ALL.map(|release| acknowledge(code(release)).encode().ok());
        assert_eq!(sent_by_all(&acknowledge(ReasonCode(row.value))), sent);
    }
}
