//! Laws that hold for every message and for every octet string.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::*;
use crate::fuzzing::binary;
use crate::id::{FunctionalAlias, McpttId};
use crate::rtcp::tests::laws::survives;
use crate::text::ByteStr;

fn user() -> impl Strategy<Value = McpttId> {
    "sip:[a-z0-9.@]{1,28}".prop_map(|uri| McpttId::from(uri.as_str()))
}

fn alias() -> impl Strategy<Value = FunctionalAlias> {
    "sip:[a-z0-9.@]{1,28}".prop_map(|uri| FunctionalAlias::from(uri.as_str()))
}

fn track_info() -> impl Strategy<Value = Option<TrackInfo>> {
    let track = (any::<u8>(), "[A-Zé]{1,9}", vec(any::<u32>(), 0..4));
    option::of(track.prop_map(|(capability, participant_type, references)| TrackInfo {
        queueing_capability: QueueingCapability(capability),
        participant_type: participant_type.into(),
        references,
    }))
}

fn known_location() -> impl Strategy<Value = Location> {
    let plmn = || any::<[u8; 3]>().prop_map(Plmn);
    let raw = || 0u32..0x100_0000;
    prop_oneof![
        Just(Location::NotProvided),
        (plmn(), any::<u32>()).prop_map(|(plmn, eci)| Location::Ecgi { plmn, eci }),
        (plmn(), any::<u16>()).prop_map(|(plmn, tac)| Location::TrackingArea { plmn, tac }),
        plmn().prop_map(Location::Plmn),
        any::<u16>().prop_map(Location::MbmsServiceArea),
        any::<u8>().prop_map(Location::MbsfnArea),
        (raw(), raw()).prop_map(|(latitude_raw, longitude_raw)| {
            Location::Geographic(Coordinates { latitude_raw, longitude_raw })
        }),
    ]
}

fn location() -> impl Strategy<Value = Option<Location>> {
    let unknown = (7u8.., vec(any::<u8>(), 0..12))
        .prop_map(|(kind, value)| Location::Unknown { kind: LocationType(kind), value: value.into() });
    option::of(prop_oneof![6 => known_location(), 1 => unknown])
}

fn indicator() -> impl Strategy<Value = Option<FloorIndicator>> {
    option::of(any::<u16>().prop_map(FloorIndicator))
}

fn info() -> impl Strategy<Value = QueueInfo> {
    any::<(u8, u8)>().prop_map(|(position, priority)| QueueInfo {
        position: QueuePosition(position),
        priority: FloorPriority(priority),
    })
}

fn ssrc() -> impl Strategy<Value = Ssrc> {
    any::<u32>().prop_map(Ssrc)
}

fn phrase() -> impl Strategy<Value = Option<ByteStr>> {
    option::of("[a-zü–]{1,60}".prop_map(ByteStr::from))
}

fn granted() -> impl Strategy<Value = FloorMessage> {
    let queued =
        (ssrc(), user(), info()).prop_map(|(ssrc, user_id, info)| QueuedUser { ssrc, user_id, info });
    (
        (ssrc(), any::<bool>(), option::of(1u64..65_536), option::of(ssrc()), option::of(any::<u8>())),
        (option::of(user()), option::of(any::<u16>()), vec(queued, 0..4), track_info(), indicator()),
    )
        .prop_map(|((ssrc, ack_requested, seconds, granted_ssrc, priority), rest)| {
            let (user_id, queue_size, queued, track_info, indicator) = rest;
            FloorMessage::Granted(FloorGranted {
                ssrc,
                ack_requested,
                duration: seconds.map(Duration::from_secs),
                granted_ssrc,
                priority: priority.map(FloorPriority),
                user_id,
                queue_size,
                queued,
                track_info,
                indicator,
            })
        })
}

fn taken() -> impl Strategy<Value = FloorMessage> {
    let users = || vec(user(), 0..4);
    let aliases = vec(prop_oneof![alias(), Just(FunctionalAlias::default())], 0..4);
    (
        (ssrc(), any::<bool>(), option::of(user()), option::of(any::<bool>()), option::of(user())),
        (option::of(any::<u16>()), track_info(), indicator(), option::of(ssrc()), option::of(alias())),
        (users(), vec(ssrc(), 0..4), aliases, location(), vec(known_location(), 0..4)),
    )
        .prop_map(|(head, single, lists)| {
            let (ssrc, ack_requested, granted_party, permission_to_request, user_id) = head;
            let (sequence, track_info, indicator, talker_ssrc, functional_alias) = single;
            let (granted_users, ssrcs, functional_aliases, location, locations) = lists;
            FloorMessage::Taken(FloorTaken {
                ssrc,
                ack_requested,
                granted_party,
                permission_to_request,
                user_id,
                sequence: sequence.map(MessageSequenceNumber),
                track_info,
                indicator,
                talker_ssrc,
                functional_alias,
                granted_users,
                ssrcs,
                functional_aliases,
                location,
                locations,
            })
        })
}

fn from_participant() -> impl Strategy<Value = FloorMessage> {
    let track = track_info;
    prop_oneof![
        (
            ssrc(),
            option::of(any::<u8>()),
            option::of(user()),
            track(),
            indicator(),
            option::of(alias()),
            location()
        )
            .prop_map(
                |(ssrc, priority, user_id, track_info, indicator, functional_alias, location)| {
                    let priority = priority.map(FloorPriority);
                    FloorMessage::Request(FloorRequest {
                        ssrc,
                        priority,
                        user_id,
                        track_info,
                        indicator,
                        functional_alias,
                        location,
                    })
                }
            ),
        (ssrc(), any::<bool>(), option::of(user()), track(), indicator()).prop_map(
            |(ssrc, ack_requested, user_id, track_info, indicator)| {
                FloorMessage::Release(FloorRelease { ssrc, ack_requested, user_id, track_info, indicator })
            }
        ),
        (ssrc(), option::of(user())).prop_map(|(ssrc, user_id)| {
            FloorMessage::RevokeRequest(FloorRevokeRequest { ssrc, user_id })
        }),
        (ssrc(), option::of(user()), track()).prop_map(|(ssrc, user_id, track_info)| {
            FloorMessage::QueuePositionRequest(FloorQueuePositionRequest { ssrc, user_id, track_info })
        }),
        (ssrc(), any::<bool>(), option::of(any::<u16>()), track()).prop_map(
            |(ssrc, ack_requested, flow, track_info)| {
                let flow = flow.map(MediaFlowControlIndicator);
                let message = UnicastMediaFlowControl { ssrc, ack_requested, flow, track_info };
                FloorMessage::UnicastMediaFlowControl(message)
            }
        ),
    ]
}

fn from_server() -> impl Strategy<Value = FloorMessage> {
    let track = track_info;
    let cause = || option::of(any::<u16>());
    prop_oneof![
        (ssrc(), any::<bool>(), cause(), phrase(), option::of(user()), track(), indicator()).prop_map(
            |(ssrc, ack_requested, cause, phrase, user_id, track_info, indicator)| {
                let phrase = phrase.filter(|_| cause.is_some());
                let cause = cause.map(RejectCause);
                let deny = FloorDeny { ssrc, ack_requested, cause, phrase, user_id, track_info, indicator };
                FloorMessage::Deny(deny)
            }
        ),
        (ssrc(), cause(), phrase(), track(), indicator()).prop_map(
            |(ssrc, cause, phrase, track_info, indicator)| {
                let phrase = phrase.filter(|_| cause.is_some());
                let cause = cause.map(RevokeCause);
                FloorMessage::Revoke(FloorRevoke { ssrc, cause, phrase, track_info, indicator })
            }
        ),
        (ssrc(), any::<bool>(), option::of(any::<u16>()), track(), indicator()).prop_map(
            |(ssrc, ack_requested, sequence, track_info, indicator)| {
                let sequence = sequence.map(MessageSequenceNumber);
                FloorMessage::Idle(FloorIdle { ssrc, ack_requested, sequence, track_info, indicator })
            }
        ),
        (ssrc(), option::of(user()), track(), indicator(), option::of(ssrc())).prop_map(
            |(ssrc, user_id, track_info, indicator, talker_ssrc)| {
                let released = FloorReleaseMultiTalker { ssrc, user_id, track_info, indicator, talker_ssrc };
                FloorMessage::ReleaseMultiTalker(released)
            }
        ),
        (
            (ssrc(), any::<bool>(), option::of(user()), option::of(ssrc())),
            (option::of(user()), option::of(info()), track(), indicator()),
        )
            .prop_map(|((ssrc, ack_requested, user_id, queued_ssrc), rest)| {
                let (queued_user_id, info, track_info, indicator) = rest;
                FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
                    ssrc,
                    ack_requested,
                    user_id,
                    queued_ssrc,
                    queued_user_id,
                    info,
                    track_info,
                    indicator,
                })
            }),
    ]
}

fn both_ways() -> impl Strategy<Value = FloorMessage> {
    prop_oneof![
        (ssrc(), option::of(any::<u16>()), option::of(any::<u8>()), track_info(), location()).prop_map(
            |(ssrc, source, message_type, track_info, location)| {
                let (source, message_type) = (source.map(Source), message_type.map(MessageType));
                FloorMessage::Ack(FloorAck { ssrc, source, message_type, track_info, location })
            }
        ),
        (
            (ssrc(), any::<bool>(), option::of(any::<u16>())),
            (vec(user(), 0..4), option::of(any::<u16>()), track_info()),
        )
            .prop_map(|((ssrc, ack_requested, purpose), (queued_users, state, track_info))| {
                FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
                    ssrc,
                    ack_requested,
                    purpose: purpose.map(QueuedFloorRequestsPurpose),
                    queued_users,
                    response_state: state.map(ResponseState),
                    track_info,
                })
            }),
    ]
}

fn message() -> impl Strategy<Value = FloorMessage> {
    prop_oneof![2 => granted(), 3 => taken(), 5 => from_participant(), 5 => from_server(), 2 => both_ways()]
}

/// Fields of any id, with clean and with wild lengths.
fn field() -> impl Strategy<Value = Field> {
    let clean =
        (any::<u8>(), vec(any::<u8>(), 0..24)).prop_map(|(id, value)| Field::new(FieldId(id), &value));
    let wild = (0u8..=30, 0usize..40, vec(any::<u8>(), 0..24))
        .prop_map(|(id, length, octets)| Field::with_length(FieldId(id), length, &octets));
    prop_oneof![3 => clean, 2 => wild]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn a_message_obeys_the_laws(message in message(), change in 1u8..) {
        survives(&message, change);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_packet_of_any_fields_obeys_the_laws(bits in 0u8..32, fields in vec(field(), 0..6)) {
        let packet = FloorPacket { fields, ..FloorPacket::new(Subtype(bits), CLIENT) };
        let mut octets = BytesMut::new();
        packet.encode(&mut octets).unwrap();
        prop_assert_eq!(packet.encoded_len(), octets.len());
        binary::floor_packet(&octets);
    }

    #[test]
    fn no_octets_do_harm(octets in vec(any::<u8>(), 0..120)) {
        binary::rtcp_compound(&octets);
        let words = u16::try_from(2 + octets.len() / 4).unwrap().to_be_bytes();
        let mut floor = vec![0x82, 204, words[0], words[1], 0, 0, 0, 1, b'M', b'C', b'P', b'T'];
        floor.extend_from_slice(&octets);
        binary::rtcp_compound(&floor);
    }
}
