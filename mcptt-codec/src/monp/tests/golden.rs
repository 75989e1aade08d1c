//! Every message with every element, both ways.

use super::*;

fn parties() -> PrivateCallParties {
    PrivateCallParties {
        call_identifier: CallIdentifier(0x1234),
        caller: "sip:a".into(),
        callee: "sip:b".into(),
    }
}

fn alert_parties() -> GroupEmergencyAlertParties {
    GroupEmergencyAlertParties {
        group_id: "sip:g".into(),
        originating_user: "sip:a".into(),
        sending_user: "sip:b".into(),
    }
}

fn state_end() -> GroupCallStateEnd {
    GroupCallStateEnd {
        call_identifier: CallIdentifier(0x1234),
        last_call_type_change_time: seconds(0x01_6553_f101),
        last_user_to_change_call_type: "sip:a".into(),
        group_id: "sip:g".into(),
        sending_user: "sip:b".into(),
    }
}

fn announcement() -> GroupCallAnnouncement {
    GroupCallAnnouncement {
        call_identifier: CallIdentifier(0x1234),
        call_type: CallType::EMERGENCY_GROUP,
        refresh_interval: RefreshInterval::default(),
        call_start_time: seconds(0x6553_f100),
        last_call_type_change_time: seconds(0x01_6553_f101),
        group_id: "sip:g".into(),
        sdp: session(),
        originating_user: "sip:a".into(),
        last_user_to_change_call_type: "sip:b".into(),
        confirm_mode: true,
        probe_response: true,
    }
}

fn setup_request() -> PrivateCallSetupRequest {
    PrivateCallSetupRequest {
        call_identifier: CallIdentifier(0x1234),
        commencement_mode: CommencementMode::MANUAL,
        call_type: CallType::PRIVATE,
        caller: "sip:a".into(),
        callee: "sip:b".into(),
        sdp: session(),
        user_location: Some(UserLocation(Bytes::from_static(b"<l/>"))),
    }
}

fn group_messages() -> Vec<(Bytes, MonpMessage)> {
    vec![
        (
            hex(&[
                "01",  // GROUP CALL PROBE
                GROUP, // MCPTT group ID
            ]),
            MonpMessage::GroupCallProbe(GroupCallProbe { group_id: "sip:g".into() }),
        ),
        (
            hex(&[
                "02",         // GROUP CALL ANNOUNCEMENT
                "1234",       // Call identifier
                "03",         // Call type: emergency group call
                "2710",       // Refresh interval 10000 ms
                "006553f100", // Call start time
                "016553f101", // Last call type change time, more than 32 bits
                GROUP,        // MCPTT group ID
                SDP,          // SDP
                ALICE,        // Originating MCPTT user ID
                BOB,          // Last user to change call type
                "80",         // Confirm mode indication
                "81",         // Probe response
            ]),
            MonpMessage::GroupCallAnnouncement(announcement()),
        ),
        (
            hex(&[
                "03",   // GROUP CALL ACCEPT
                "1234", // Call identifier
                "01",   // Call type: basic group call
                GROUP,  // MCPTT group ID
                BOB,    // Sending MCPTT user ID
            ]),
            MonpMessage::GroupCallAccept(GroupCallAccept {
                call_identifier: CallIdentifier(0x1234),
                call_type: CallType::BASIC_GROUP,
                group_id: "sip:g".into(),
                sending_user: "sip:b".into(),
            }),
        ),
        (
            hex(&[
                "04",         // GROUP CALL EMERGENCY END
                "1234",       // Call identifier
                "016553f101", // Last call type change time
                ALICE,        // Last user to change call type
                GROUP,        // MCPTT group ID
                BOB,          // Sending MCPTT user ID
            ]),
            MonpMessage::GroupCallEmergencyEnd(state_end()),
        ),
        (
            hex(&[
                "05",         // GROUP CALL IMMINENT PERIL END
                "1234",       // Call identifier
                "016553f101", // Last call type change time
                ALICE,        // Last user to change call type
                GROUP,        // MCPTT group ID
                BOB,          // Sending MCPTT user ID
            ]),
            MonpMessage::GroupCallImminentPerilEnd(state_end()),
        ),
        (
            hex(&[
                "06",   // GROUP CALL BROADCAST
                "1234", // Call identifier
                "02",   // Call type: broadcast group call
                ALICE,  // Originating MCPTT user ID
                GROUP,  // MCPTT group ID
                SDP,    // SDP
            ]),
            MonpMessage::GroupCallBroadcast(GroupCallBroadcast {
                call_identifier: CallIdentifier(0x1234),
                call_type: CallType::BROADCAST_GROUP,
                originating_user: "sip:a".into(),
                group_id: "sip:g".into(),
                sdp: session(),
            }),
        ),
        (
            hex(&[
                "07",   // GROUP CALL BROADCAST END
                "1234", // Call identifier
                GROUP,  // MCPTT group ID
                ALICE,  // Originating MCPTT user ID
            ]),
            MonpMessage::GroupCallBroadcastEnd(GroupCallBroadcastEnd {
                call_identifier: CallIdentifier(0x1234),
                group_id: "sip:g".into(),
                originating_user: "sip:a".into(),
            }),
        ),
    ]
}

fn private_messages() -> Vec<(Bytes, MonpMessage)> {
    // Message type, then call identifier, caller and callee.
    let short = |message_type: &str| hex(&[message_type, "1234", ALICE, BOB]);
    vec![
        (
            hex(&[
                "08",               // PRIVATE CALL SETUP REQUEST
                "1234",             // Call identifier
                "01",               // Commencement mode: manual
                "05",               // Call type: private call
                ALICE,              // MCPTT user ID of the caller
                BOB,                // MCPTT user ID of the callee
                SDP,                // SDP
                "78 0004 3c6c2f3e", // User location
            ]),
            MonpMessage::PrivateCallSetupRequest(setup_request()),
        ),
        (short("09"), MonpMessage::PrivateCallRinging(parties())),
        (
            hex(&[
                "0a",   // PRIVATE CALL ACCEPT
                "1234", // Call identifier
                ALICE,  // MCPTT user ID of the caller
                BOB,    // MCPTT user ID of the callee
                SDP,    // SDP
            ]),
            MonpMessage::PrivateCallAccept(PrivateCallAccept {
                call_identifier: CallIdentifier(0x1234),
                caller: "sip:a".into(),
                callee: "sip:b".into(),
                sdp: session(),
            }),
        ),
        (
            hex(&[
                "0b",   // PRIVATE CALL REJECT
                "1234", // Call identifier
                "02",   // Reason: busy
                ALICE,  // MCPTT user ID of the caller
                BOB,    // MCPTT user ID of the callee
            ]),
            MonpMessage::PrivateCallReject(PrivateCallReject {
                call_identifier: CallIdentifier(0x1234),
                reason: Reason::BUSY,
                caller: "sip:a".into(),
                callee: "sip:b".into(),
            }),
        ),
        (short("0c"), MonpMessage::PrivateCallRelease(parties())),
        (short("0d"), MonpMessage::PrivateCallReleaseAck(parties())),
        (short("0e"), MonpMessage::PrivateCallAcceptAck(parties())),
        (short("0f"), MonpMessage::PrivateCallEmergencyCancel(parties())),
        (short("10"), MonpMessage::PrivateCallEmergencyCancelAck(parties())),
    ]
}

fn alerts_and_carriers() -> Vec<(Bytes, MonpMessage)> {
    // Message type, then group, originating user and sending user.
    let short = |message_type: &str| hex(&[message_type, GROUP, ALICE, BOB]);
    let carrier = || MessageCarrier { message: Bytes::from_static(&[0x81, 0, 1, b'g']) };
    vec![
        (
            hex(&[
                "11",              // GROUP EMERGENCY ALERT
                GROUP,             // MCPTT group ID
                ALICE,             // Originating MCPTT user ID
                "0005 4665c3bc72", // Organization name, four characters
                "78 0001 2a",      // User location
            ]),
            MonpMessage::GroupEmergencyAlert(GroupEmergencyAlert {
                group_id: "sip:g".into(),
                originating_user: "sip:a".into(),
                organization_name: "Fe\u{fc}r".into(),
                user_location: Some(UserLocation(Bytes::from_static(b"*"))),
            }),
        ),
        (short("12"), MonpMessage::GroupEmergencyAlertAck(alert_parties())),
        (short("13"), MonpMessage::GroupEmergencyAlertCancel(alert_parties())),
        (short("14"), MonpMessage::GroupEmergencyAlertCancelAck(alert_parties())),
        (hex(&["15", "81000167"]), MonpMessage::McdataMessageCarrier(carrier())),
        (hex(&["16", "81000167"]), MonpMessage::McvideoMessageCarrier(carrier())),
    ]
}

/// One message of each type.
pub(super) fn golden() -> Vec<(Bytes, MonpMessage)> {
    [group_messages(), private_messages(), alerts_and_carriers()].concat()
}

//= 24.379-15.1:type test
//= 24.379-15.1.2 test
//= 24.379-15.1.3 test
//= 24.379-15.1.4 test
//= 24.379-15.1.5 test
//= 24.379-15.1.6 test
//= 24.379-15.1.7 test
//= 24.379-15.1.8 test
//= 24.379-15.1.9 test
//= 24.379-15.1.10 test
//= 24.379-15.1.11 test
//= 24.379-15.1.12 test
//= 24.379-15.1.13 test
//= 24.379-15.1.14 test
//= 24.379-15.1.15 test
//= 24.379-15.1.16 test
//= 24.379-15.1.17 test
//= 24.379-15.1.18 test
//= 24.379-15.1.19 test
//= 24.379-15.1.20 test
//= 24.379-15.1.21 test
//= 24.379-15.1.22 test
//= 24.379-15.2:iei test
//= 24.379-15.2:lve test
//= 24.379-15.2.14 test
#[test]
fn every_message_is_read_and_written() {
    for (octets, message) in golden() {
        let name = message.name();
        assert_eq!(decode(&octets), Ok(Decoded::clean(message.clone())), "{name}");
        assert_eq!(message.encode(), Ok(octets.clone()), "{name}");
        assert_eq!(message.to_packet(), MonpPacket::decode(&octets).unwrap(), "{name}");
    }
}

#[test]
fn every_table_has_a_message_and_every_element_of_it_is_there() {
    let messages: Vec<_> = golden().into_iter().map(|(_, message)| message).collect();
    assert_eq!(messages.len(), rules::MESSAGES.len());
    for (number, rule) in (1u8..).zip(&rules::MESSAGES) {
        assert_eq!(rule.message_type, MessageType(number), "types in order");
        let message = messages.iter().find(|message| message.message_type() == rule.message_type).unwrap();
        let listed: Vec<_> = rule.mandatory.iter().chain(rule.optional).copied().collect();
        let written: Vec<_> = message.to_packet().elements.iter().filter_map(Element::kind).collect();
        assert_eq!(written, listed, "{}", rule.name);
        assert!(rule.mandatory.iter().all(|element| element.iei().is_none()), "{}", rule.name);
        assert!(rule.optional.iter().all(|element| element.iei().is_some()), "{}", rule.name);
    }
    assert_eq!(rules::of(MessageType(0)), None);
    assert_eq!(rules::of(MessageType(23)), None);
}

#[test]
fn optional_elements_may_be_missing() {
    let announcement = GroupCallAnnouncement { confirm_mode: false, probe_response: false, ..announcement() };
    let request = PrivateCallSetupRequest { user_location: None, ..setup_request() };
    for message in
        [MonpMessage::GroupCallAnnouncement(announcement), MonpMessage::PrivateCallSetupRequest(request)]
    {
        let octets = message.encode().unwrap();
        assert!(MonpPacket::decode(&octets).unwrap().elements.iter().all(|element| element.iei().is_none()));
        assert_eq!(decode(&octets), Ok(Decoded::clean(message)));
    }
}
