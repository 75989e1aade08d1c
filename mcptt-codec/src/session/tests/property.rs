//! Laws that hold for every session control message.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::id::{GroupId, McpttId};
use crate::rtcp::tests::laws::survives;

fn uri() -> impl Strategy<Value = String> {
    "sip:[a-z0-9.@]{1,28}"
}

fn identity() -> impl Strategy<Value = Option<SessionIdentity>> {
    let identity = (any::<u8>(), uri()).prop_map(|(session_type, uri)| SessionIdentity {
        session_type: SessionType(session_type),
        uri: uri.as_str().into(),
    });
    option::of(identity)
}

fn user() -> impl Strategy<Value = Option<McpttId>> {
    option::of(uri().prop_map(|uri| McpttId::from(uri.as_str())))
}

fn octets(most: usize) -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..most).prop_map(Bytes::from)
}

fn connect() -> impl Strategy<Value = SessionMessage> {
    let streams = any::<(u8, u8)>().prop_map(|(audio, floor_control)| MediaStreams { audio, floor_control });
    let group = uri().prop_map(|uri| GroupId::from(uri.as_str()));
    let head = (any::<u32>(), any::<bool>(), identity(), option::of(group), option::of(streams));
    let tail = (option::of("[0-9a-zé ]{0,40}"), option::of(any::<u16>()), user(), user());
    (head, tail, option::of(octets(400))).prop_map(|(head, tail, key)| {
        let (ssrc, ack_requested, session_identity, group_identity, media_streams) = head;
        let (warning_text, state, inviting_user, invited_user) = tail;
        SessionMessage::Connect(Connect {
            ssrc: Ssrc(ssrc),
            ack_requested,
            session_identity,
            group_identity,
            media_streams,
            warning_text: warning_text.map(Into::into),
            answer_state: state.map(AnswerState),
            inviting_user,
            invited_user,
            pck_i_message: key.map(PckIMessage),
        })
    })
}

fn message() -> impl Strategy<Value = SessionMessage> {
    let disconnect = (any::<u32>(), any::<bool>(), identity());
    let acknowledge = (any::<u32>(), option::of(any::<u16>()), option::of(octets(20)));
    prop_oneof![
        2 => connect(),
        1 => disconnect.prop_map(|(ssrc, ack_requested, session_identity)| {
            SessionMessage::Disconnect(Disconnect { ssrc: Ssrc(ssrc), ack_requested, session_identity })
        }),
        1 => acknowledge.prop_map(|(ssrc, code, reason_cause)| {
            let reason_code = code.map(ReasonCode);
            SessionMessage::Acknowledge(Acknowledge { ssrc: Ssrc(ssrc), reason_code, reason_cause })
        }),
        1 => (3u8..16, any::<u32>()).prop_map(|(bits, ssrc)| SessionMessage::Unknown {
            subtype: Subtype(bits),
            ssrc: Ssrc(ssrc),
        }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn a_message_obeys_the_laws(message in message(), change in 1u8..) {
        survives(&message, change);
    }
}
