//! Every message with all its fields, each octet explained, and what it is read as.

use super::*;

/// Every kind of message with every field that its table lists.
pub(super) fn golden() -> Vec<(Bytes, FloorMessage)> {
    let track_info = Some(track("LMR", &[42]));
    let point = Location::Geographic(Coordinates { latitude_raw: 0x55_9331, longitude_raw: 0x11_bbe5 });
    vec![
        (
            packet(
                Subtype::FLOOR_REQUEST,
                CLIENT,
                &[
                    "0002c800",         // Floor Priority 200
                    "06057369703a6100", // User ID sip:a
                    TRACK,
                    "0d021000",         // Floor Indicator: emergency
                    "11057369703a6600", // Functional Alias sip:f
                    "13010000",         // Location not provided
                ],
            ),
            FloorMessage::Request(FloorRequest {
                ssrc: CLIENT,
                priority: Some(FloorPriority(200)),
                user_id: Some("sip:a".into()),
                track_info: track_info.clone(),
                indicator: Some(FloorIndicator::EMERGENCY),
                functional_alias: Some("sip:f".into()),
                location: Some(Location::NotProvided),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_GRANTED.with_ack(true),
                SERVER,
                &[
                    "0102001e",         // Duration 30 s
                    "0e06112233440000", // SSRC of the talker
                    "00020500",         // Floor Priority 5
                    "06057369703a6100", // User ID sip:a
                    "07020002",         // Queue Size 2
                    "0e06000000010000", // first queued user: SSRC 1
                    "09057369703a6200", // Queued User ID sip:b
                    "03020105",         // Queue Info: position 1, priority 5
                    "0e06000000020000", // second queued user: SSRC 2
                    "09057369703a6300", // Queued User ID sip:c
                    "0302ff00",         // Queue Info: position not told, priority 0
                    TRACK,
                    "0d028400", // Floor Indicator: normal, queueing
                ],
            ),
            FloorMessage::Granted(FloorGranted {
                ssrc: SERVER,
                ack_requested: true,
                duration: Some(Duration::from_secs(30)),
                granted_ssrc: Some(CLIENT),
                priority: Some(FloorPriority(5)),
                user_id: Some("sip:a".into()),
                queue_size: Some(2),
                queued: vec![
                    QueuedUser {
                        ssrc: Ssrc(1),
                        user_id: "sip:b".into(),
                        info: QueueInfo { position: QueuePosition::NEXT, priority: FloorPriority(5) },
                    },
                    QueuedUser {
                        ssrc: Ssrc(2),
                        user_id: "sip:c".into(),
                        info: QueueInfo { position: QueuePosition::UNKNOWN, priority: FloorPriority::NORMAL },
                    },
                ],
                track_info: track_info.clone(),
                indicator: Some(FloorIndicator::NORMAL | FloorIndicator::QUEUEING),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_TAKEN,
                SERVER,
                &[
                    "04057369703a6100", // Granted Party's Identity sip:a
                    "05020001",         // Permission to Request the Floor: yes
                    "06057369703a6200", // User ID sip:b
                    "0802ffff",         // Message Sequence Number 65535
                    TRACK,
                    "0d028080",                            // Floor Indicator: normal, multi-talker
                    "0e06112233440000",                    // SSRC
                    "11057369703a6600",                    // Functional Alias sip:f
                    "0f0d02 057369703a61 057369703a62 00", // List of Granted Users sip:a, sip:b
                    "100a0200 11223344 55667788",          // List of SSRCs
                    "120802 057369703a66 00 0000",         // List of Functional Aliases sip:f, none
                    "130706 559331 11bbe5 000000",         // Location: coordinates
                    "140902 06559331 11bbe5 00 00",        // List of Locations: coordinates, not provided
                ],
            ),
            FloorMessage::Taken(FloorTaken {
                ssrc: SERVER,
                ack_requested: false,
                granted_party: Some("sip:a".into()),
                permission_to_request: Some(true),
                user_id: Some("sip:b".into()),
                sequence: Some(MessageSequenceNumber(65_535)),
                track_info: track_info.clone(),
                indicator: Some(FloorIndicator::NORMAL | FloorIndicator::MULTI_TALKER),
                talker_ssrc: Some(CLIENT),
                functional_alias: Some("sip:f".into()),
                granted_users: vec!["sip:a".into(), "sip:b".into()],
                ssrcs: vec![CLIENT, Ssrc(0x5566_7788)],
                functional_aliases: vec!["sip:f".into(), "".into()],
                location: Some(point.clone()),
                locations: vec![point, Location::NotProvided],
            }),
        ),
        (
            packet(
                Subtype::FLOOR_DENY.with_ack(true),
                SERVER,
                &[
                    "020c0007 51756575652066756c6c 0000", // Reject Cause 7, "Queue full"
                    "06057369703a6100",                   // User ID sip:a
                    TRACK,
                    "0d028000", // Floor Indicator: normal
                ],
            ),
            FloorMessage::Deny(FloorDeny {
                ssrc: SERVER,
                ack_requested: true,
                cause: Some(RejectCause::QUEUE_FULL),
                phrase: Some("Queue full".into()),
                user_id: Some("sip:a".into()),
                track_info: track_info.clone(),
                indicator: Some(FloorIndicator::NORMAL),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_RELEASE.with_ack(true),
                CLIENT,
                &[
                    "06057369703a6100", // User ID sip:a
                    TRACK,
                    "0d028000", // Floor Indicator: normal
                ],
            ),
            FloorMessage::Release(FloorRelease {
                ssrc: CLIENT,
                ack_requested: true,
                user_id: Some("sip:a".into()),
                track_info: track_info.clone(),
                indicator: Some(FloorIndicator::NORMAL),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_IDLE,
                SERVER,
                &[
                    "08020001", // Message Sequence Number 1
                    TRACK, "0d020300", // Floor Indicator: dual floor, temporary group
                ],
            ),
            FloorMessage::Idle(FloorIdle {
                ssrc: SERVER,
                ack_requested: false,
                sequence: Some(MessageSequenceNumber(1)),
                track_info: track_info.clone(),
                indicator: Some(FloorIndicator::DUAL_FLOOR | FloorIndicator::TEMPORARY_GROUP),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_REVOKE,
                SERVER,
                &[
                    "02050004 627965 00", // Reject Cause 4, "bye"
                    TRACK,
                    "0d020800", // Floor Indicator: imminent peril
                ],
            ),
            FloorMessage::Revoke(FloorRevoke {
                ssrc: SERVER,
                cause: Some(RevokeCause::PRE_EMPTED),
                phrase: Some("bye".into()),
                track_info: track_info.clone(),
                indicator: Some(FloorIndicator::IMMINENT_PERIL),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_REVOKE_REQUEST,
                CLIENT,
                &[
                    "19057369703a6200", // Floor Revoke Request User ID sip:b
                ],
            ),
            FloorMessage::RevokeRequest(FloorRevokeRequest { ssrc: CLIENT, user_id: Some("sip:b".into()) }),
        ),
        (
            packet(
                Subtype::FLOOR_QUEUE_POSITION_REQUEST,
                CLIENT,
                &[
                    "06057369703a6100", // User ID sip:a
                    TRACK,
                ],
            ),
            FloorMessage::QueuePositionRequest(FloorQueuePositionRequest {
                ssrc: CLIENT,
                user_id: Some("sip:a".into()),
                track_info: track_info.clone(),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_QUEUE_POSITION_INFO,
                SERVER,
                &[
                    "06057369703a6100", // User ID sip:a
                    "0e06112233440000", // SSRC of the queued user
                    "09057369703a6200", // Queued User ID sip:b
                    "0302fe07",         // Queue Info: not queued, priority 7
                    TRACK,
                    "0d022000", // Floor Indicator: system call
                ],
            ),
            FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
                ssrc: SERVER,
                ack_requested: false,
                user_id: Some("sip:a".into()),
                queued_ssrc: Some(CLIENT),
                queued_user_id: Some("sip:b".into()),
                info: Some(QueueInfo { position: QueuePosition::NOT_QUEUED, priority: FloorPriority(7) }),
                track_info: track_info.clone(),
                indicator: Some(FloorIndicator::SYSTEM),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_ACK,
                CLIENT,
                &[
                    "0a020002", // Source: controlling function
                    "0c020400", // Message Type: Floor Release
                    TRACK, "13020507", // Location: MBSFN area 7
                ],
            ),
            FloorMessage::Ack(FloorAck {
                ssrc: CLIENT,
                source: Some(Source::CONTROLLING),
                message_type: Some(MessageType::acknowledging(Subtype::FLOOR_RELEASE.with_ack(true))),
                track_info: track_info.clone(),
                location: Some(Location::MbsfnArea(7)),
            }),
        ),
        (
            packet(
                Subtype::UNICAST_MEDIA_FLOW_CONTROL.with_ack(true),
                CLIENT,
                &[
                    "18028000", // Media Flow Control Indicator: resume
                    TRACK,
                ],
            ),
            FloorMessage::UnicastMediaFlowControl(UnicastMediaFlowControl {
                ssrc: CLIENT,
                ack_requested: true,
                flow: Some(MediaFlowControlIndicator::RESUME),
                track_info: track_info.clone(),
            }),
        ),
        (
            packet(
                Subtype::QUEUED_FLOOR_REQUESTS,
                CLIENT,
                &[
                    "15020001",                    // Queued Floor Requests Purpose: result
                    "160701 057369703a62 0000 00", // List of Queued Users sip:b
                    "17020005",                    // Response State: partly removed
                    TRACK,
                ],
            ),
            FloorMessage::QueuedFloorRequests(QueuedFloorRequests {
                ssrc: CLIENT,
                ack_requested: false,
                purpose: Some(QueuedFloorRequestsPurpose::CANCEL_RESULT),
                queued_users: vec!["sip:b".into()],
                response_state: Some(ResponseState::PARTLY_REMOVED),
                track_info: track_info.clone(),
            }),
        ),
        (
            packet(
                Subtype::FLOOR_RELEASE_MULTI_TALKER,
                SERVER,
                &[
                    "06057369703a6200", // User ID sip:b
                    TRACK,
                    "0d020080",         // Floor Indicator: multi-talker
                    "0e06556677880000", // SSRC of who stopped, spare
                ],
            ),
            FloorMessage::ReleaseMultiTalker(FloorReleaseMultiTalker {
                ssrc: SERVER,
                user_id: Some("sip:b".into()),
                track_info,
                indicator: Some(FloorIndicator::MULTI_TALKER),
                talker_ssrc: Some(Ssrc(0x5566_7788)),
            }),
        ),
    ]
}
