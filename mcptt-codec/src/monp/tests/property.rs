//! Laws that hold for every message and for every octet string.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::fuzzing::monp as laws;
use crate::id::{GroupId, McpttId};

fn user() -> impl Strategy<Value = McpttId> {
    "sip:[a-z0-9.@é]{0,28}".prop_map(|uri| McpttId::from(uri.as_str()))
}

fn group() -> impl Strategy<Value = GroupId> {
    "sip:[a-z0-9.@]{0,28}".prop_map(|uri| GroupId::from(uri.as_str()))
}

fn call() -> impl Strategy<Value = CallIdentifier> {
    any::<u16>().prop_map(CallIdentifier)
}

fn call_type() -> impl Strategy<Value = CallType> {
    any::<u8>().prop_map(CallType)
}

fn moment() -> impl Strategy<Value = UtcSeconds> {
    (0..1u64 << 40).prop_map(seconds)
}

fn octets() -> impl Strategy<Value = Bytes> {
    vec(any::<u8>(), 0..300).prop_map(Bytes::from)
}

fn location() -> impl Strategy<Value = Option<UserLocation>> {
    option::of(octets().prop_map(UserLocation))
}

fn announcement() -> impl Strategy<Value = MonpMessage> {
    let head = (call(), call_type(), any::<u16>(), moment(), moment());
    let tail = (group(), octets(), user(), user(), any::<bool>(), any::<bool>());
    (head, tail).prop_map(|(head, tail)| {
        let (call_identifier, call_type, interval, call_start_time, last_call_type_change_time) = head;
        let (group_id, sdp, originating_user, last_user_to_change_call_type, confirm_mode, probe_response) =
            tail;
        MonpMessage::GroupCallAnnouncement(GroupCallAnnouncement {
            call_identifier,
            call_type,
            refresh_interval: RefreshInterval(interval),
            call_start_time,
            last_call_type_change_time,
            group_id,
            sdp,
            originating_user,
            last_user_to_change_call_type,
            confirm_mode,
            probe_response,
        })
    })
}

fn group_call() -> impl Strategy<Value = MonpMessage> {
    let end = (call(), moment(), user(), group(), user()).prop_map(
        |(call_identifier, last_call_type_change_time, last_user, group_id, sending_user)| {
            GroupCallStateEnd {
                call_identifier,
                last_call_type_change_time,
                last_user_to_change_call_type: last_user,
                group_id,
                sending_user,
            }
        },
    );
    prop_oneof![
        group().prop_map(|group_id| MonpMessage::GroupCallProbe(GroupCallProbe { group_id })),
        announcement(),
        (call(), call_type(), group(), user()).prop_map(
            |(call_identifier, call_type, group_id, sending_user)| {
                let accept = GroupCallAccept { call_identifier, call_type, group_id, sending_user };
                MonpMessage::GroupCallAccept(accept)
            }
        ),
        (end, any::<bool>()).prop_map(|(end, peril)| match peril {
            true => MonpMessage::GroupCallImminentPerilEnd(end),
            false => MonpMessage::GroupCallEmergencyEnd(end),
        }),
        (call(), call_type(), user(), group(), octets()).prop_map(
            |(call_identifier, call_type, originating_user, group_id, sdp)| {
                MonpMessage::GroupCallBroadcast(GroupCallBroadcast {
                    call_identifier,
                    call_type,
                    originating_user,
                    group_id,
                    sdp,
                })
            }
        ),
        (call(), group(), user()).prop_map(|(call_identifier, group_id, originating_user)| {
            let end = GroupCallBroadcastEnd { call_identifier, group_id, originating_user };
            MonpMessage::GroupCallBroadcastEnd(end)
        }),
    ]
}

fn private_call() -> impl Strategy<Value = MonpMessage> {
    let short = [
        MonpMessage::PrivateCallRinging,
        MonpMessage::PrivateCallRelease,
        MonpMessage::PrivateCallReleaseAck,
        MonpMessage::PrivateCallAcceptAck,
        MonpMessage::PrivateCallEmergencyCancel,
        MonpMessage::PrivateCallEmergencyCancelAck,
    ];
    prop_oneof![
        (call(), any::<(u8, u8)>(), user(), user(), octets(), location()).prop_map(
            |(call_identifier, (mode, call_type), caller, callee, sdp, user_location)| {
                MonpMessage::PrivateCallSetupRequest(PrivateCallSetupRequest {
                    call_identifier,
                    commencement_mode: CommencementMode(mode),
                    call_type: CallType(call_type),
                    caller,
                    callee,
                    sdp,
                    user_location,
                })
            }
        ),
        (call(), user(), user(), octets()).prop_map(|(call_identifier, caller, callee, sdp)| {
            MonpMessage::PrivateCallAccept(PrivateCallAccept { call_identifier, caller, callee, sdp })
        }),
        (call(), any::<u8>(), user(), user()).prop_map(|(call_identifier, reason, caller, callee)| {
            let reason = Reason(reason);
            MonpMessage::PrivateCallReject(PrivateCallReject { call_identifier, reason, caller, callee })
        }),
        (prop::sample::select(short.to_vec()), call(), user(), user()).prop_map(
            |(message, call_identifier, caller, callee)| {
                message(PrivateCallParties { call_identifier, caller, callee })
            }
        ),
    ]
}

fn alert_or_carrier() -> impl Strategy<Value = MonpMessage> {
    let short = [
        MonpMessage::GroupEmergencyAlertAck,
        MonpMessage::GroupEmergencyAlertCancel,
        MonpMessage::GroupEmergencyAlertCancelAck,
    ];
    let carriers = [MonpMessage::McdataMessageCarrier, MonpMessage::McvideoMessageCarrier];
    prop_oneof![
        (group(), user(), ".{0,20}", location()).prop_map(
            |(group_id, originating_user, organization, user_location)| {
                MonpMessage::GroupEmergencyAlert(GroupEmergencyAlert {
                    group_id,
                    originating_user,
                    organization_name: organization.into(),
                    user_location,
                })
            }
        ),
        (prop::sample::select(short.to_vec()), group(), user(), user()).prop_map(
            |(message, group_id, originating_user, sending_user)| {
                message(GroupEmergencyAlertParties { group_id, originating_user, sending_user })
            }
        ),
        (prop::sample::select(carriers.to_vec()), octets())
            .prop_map(|(message, octets)| message(MessageCarrier { message: octets })),
        (23u8.., octets()).prop_map(|(message_type, octets)| MonpMessage::Unknown {
            message_type: MessageType(message_type),
            octets
        }),
    ]
}

fn message() -> impl Strategy<Value = MonpMessage> {
    prop_oneof![group_call(), private_call(), alert_or_carrier()]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_message_survives_encoding(message in message()) {
        let octets = message.encode().unwrap();
        prop_assert_eq!(MonpMessage::decode(&octets).unwrap().value, message.clone());
        let packet = message.to_packet();
        prop_assert_eq!(packet.encoded_len(), octets.len());
        prop_assert_eq!(MonpPacket::decode(&octets).unwrap(), packet.clone());
        prop_assert_eq!(MonpMessage::from_packet(&packet).unwrap().value, message);
    }

    #[test]
    fn optional_elements_behind_a_message_obey_the_laws(
        message in message(), strange in vec((any::<u8>(), vec(any::<u8>(), 0..6)), 0..4),
    ) {
        let mut octets = message.encode().unwrap().to_vec();
        for (iei, value) in strange {
            octets.push(iei);
            octets.extend_from_slice(&value);
        }
        laws::monp(&octets);
    }

    #[test]
    fn no_prefix_of_a_message_and_no_changed_octet_does_harm(message in message(), change in 1u8..) {
        let octets = message.encode().unwrap();
        for len in 0..octets.len() {
            laws::monp(&octets[..len]);
        }
        let mut changed = octets.to_vec();
        for at in 0..changed.len() {
            changed[at] ^= change;
            laws::monp(&changed);
            changed[at] ^= change;
        }
    }

    #[test]
    fn no_octets_do_harm(octets in vec(any::<u8>(), 0..120), message_type in 0u8..24) {
        laws::monp(&octets);
        laws::monp(&[&[message_type][..], &octets].concat());
    }
}
