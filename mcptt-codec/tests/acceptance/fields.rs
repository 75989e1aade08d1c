//! The rows about fields.

use mcptt_codec::floor::{
    FloorDeny, FloorGranted, FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionInfo,
    FloorRequest, FloorRevoke, Location, LocationType, RejectCause,
};
use mcptt_codec::id::{FunctionalAlias, McpttId, Ssrc};
use mcptt_codec::rtcp::requirement;
use mcptt_codec::text::ByteStr;

use super::{HEAD, REQUEST, Row, SSRC, bare_request, case, hex, request, row, taken};

pub fn rows() -> Vec<Row> {
    let prioritised = |priority| {
        vec![FloorMessage::Request(FloorRequest { priority: Some(FloorPriority(priority)), ..request() })]
    };
    vec![
        row(
            "field id unknown: skip with padding, keep for logs",
            vec![
                case(
                    "one length octet and padding",
                    &["80cc0005", HEAD, "6305aabbccddee00", "00020900"],
                    prioritised(9),
                    &[(12, requirement::FIELD)],
                ),
                case(
                    "two length octets from id 192 on",
                    &["80cc0005", HEAD, "c800050102030405", "00020900"],
                    prioritised(9),
                    &[(12, requirement::FIELD)],
                ),
                case(
                    "an id of the first drafts",
                    &["80cc0003", HEAD, "66020500"],
                    bare_request(),
                    &[(12, requirement::FIELD)],
                ),
            ],
        ),
        row(
            "field runs past the message: drop this field, end the walk, keep what was read before",
            vec![
                case(
                    "length beyond the end",
                    &["80cc0005", HEAD, "00020900", "0dc81000", "13010000"],
                    prioritised(9),
                    &[(16, requirement::OVERRUN)],
                ),
                case(
                    "no room for two length octets",
                    &["80cc0003", HEAD, "c0ffff00"],
                    bare_request(),
                    &[(12, requirement::OVERRUN)],
                ),
                case(
                    "the next packet is not reached into",
                    &["80cc0003", HEAD, "06040000", REQUEST],
                    [bare_request(), bare_request()].concat(),
                    &[(12, requirement::OVERRUN)],
                ),
            ],
        ),
        row(
            "fixed-size field with another length: drop the field, go on by its declared length (exception: SSRC of length 4 may be used)",
            vec![
                case(
                    "indicator of one octet",
                    &["80cc0004", HEAD, "0d018000", "00020900"],
                    prioritised(9),
                    &[(12, requirement::LENGTH)],
                ),
                case(
                    "a word of zeros is Floor Priority of length 0",
                    &["80cc0004", HEAD, "00000000", "00020900"],
                    prioritised(9),
                    &[(12, requirement::LENGTH)],
                ),
                case(
                    "sequence number of four octets",
                    &["82cc0005", HEAD, "0804000000070000", "08020007"],
                    taken(|_| {}),
                    &[(12, requirement::LENGTH)],
                ),
                case(
                    "SSRC of four octets",
                    &["82cc0005", HEAD, "08020007", "0e0455667788 0000"],
                    taken(|taken| taken.talker_ssrc = Some(Ssrc(0x5566_7788))),
                    &[(16, requirement::SSRC_FIELD)],
                ),
                case(
                    "SSRC of five octets",
                    &["82cc0005", HEAD, "08020007", "0e05556677880000"],
                    taken(|_| {}),
                    &[(16, requirement::LENGTH)],
                ),
                case(
                    "location of known type and another size",
                    &["80cc0004", HEAD, "13020300", "00020900"],
                    prioritised(9),
                    &[(12, requirement::LENGTH)],
                ),
            ],
        ),
        row(
            "Reject Cause shorter than 2: drop the field; Deny/Revoke itself stands as other reason",
            vec![
                case(
                    "Floor Deny",
                    &["83cc0003", HEAD, "02010700"],
                    vec![FloorMessage::Deny(FloorDeny { ssrc: SSRC, ..Default::default() })],
                    &[(12, requirement::LENGTH)],
                ),
                case(
                    "Floor Revoke",
                    &["86cc0003", HEAD, "02000000"],
                    vec![FloorMessage::Revoke(FloorRevoke { ssrc: SSRC, ..Default::default() })],
                    &[(12, requirement::LENGTH)],
                ),
            ],
        ),
        row(
            "count of a list does not fit the length: drop the whole list; never read past the field",
            vec![
                case(
                    "two SSRCs announced, one there, another behind the field",
                    &["82cc0007", HEAD, "08020007", "1006020055667788", "0e0699aabbcc0000"],
                    taken(|taken| taken.talker_ssrc = Some(Ssrc(0x99aa_bbcc))),
                    &[(16, requirement::COUNT)],
                ),
                case(
                    "one user announced, two there",
                    &["82cc0005", HEAD, "08020007", "0f0501 0161 0162 00"],
                    taken(|_| {}),
                    &[(16, requirement::COUNT)],
                ),
                case(
                    "a user that is longer than the list",
                    &["82cc0005", HEAD, "08020007", "0f0501 c8616263 00"],
                    taken(|_| {}),
                    &[(16, requirement::COUNT)],
                ),
            ],
        ),
        row(
            "unknown location type alone: keep type and raw octets; inside a list: drop the list",
            vec![
                case(
                    "alone",
                    &["80cc0004", HEAD, "130309 aabb 000000"],
                    vec![FloorMessage::Request(FloorRequest {
                        location: Some(Location::Unknown { kind: LocationType(9), value: hex(&["aabb"]) }),
                        ..request()
                    })],
                    &[(12, requirement::LOCATION_TYPE)],
                ),
                case(
                    "inside a list",
                    &["82cc0005", HEAD, "08020007", "140402 00 09aa 0000"],
                    taken(|_| {}),
                    &[(16, requirement::LOCATION_TYPE)],
                ),
            ],
        ),
        row(
            "pad or spare not zero: accept, ignored",
            vec![
                case(
                    "pad octets",
                    &["82cc0005", HEAD, "08020007", "04057369703a61 ff"],
                    taken(|taken| taken.granted_party = Some("sip:a".into())),
                    &[(23, requirement::PADDING)],
                ),
                case(
                    "spare octet of Floor Priority",
                    &["80cc0003", HEAD, "000209ff"],
                    prioritised(9),
                    &[(12, requirement::SPARE)],
                ),
                case(
                    "spare octets of SSRC",
                    &["82cc0005", HEAD, "08020007", "0e0655667788 0001"],
                    taken(|taken| taken.talker_ssrc = Some(Ssrc(0x5566_7788))),
                    &[(16, requirement::SSRC_FIELD)],
                ),
            ],
        ),
        row(
            "unknown indicator bits, unknown enumeration values: keep the number, behave as if absent / other",
            vec![
                case(
                    "indicator bits",
                    &["80cc0003", HEAD, "0d02107f"],
                    vec![FloorMessage::Request(FloorRequest {
                        indicator: Some(FloorIndicator::EMERGENCY | FloorIndicator::UNASSIGNED),
                        ..request()
                    })],
                    &[(12, requirement::FLOOR_INDICATOR)],
                ),
                case(
                    "cause",
                    &["83cc0003", HEAD, "0202002a"],
                    vec![FloorMessage::Deny(FloorDeny {
                        ssrc: SSRC,
                        cause: Some(RejectCause(42)),
                        ..Default::default()
                    })],
                    &[(12, requirement::DENY_CAUSE)],
                ),
                case(
                    "permission",
                    &["82cc0004", HEAD, "08020007", "05020002"],
                    taken(|_| {}),
                    &[(16, requirement::ENUMERATION)],
                ),
            ],
        ),
        row(
            "text not UTF-8: keep raw octets, show replacement characters",
            vec![
                case(
                    "phrase",
                    &["83cc0004", HEAD, "02050007 61ff62 00"],
                    vec![FloorMessage::Deny(FloorDeny {
                        ssrc: SSRC,
                        cause: Some(RejectCause::QUEUE_FULL),
                        phrase: Some(ByteStr::from_octets(hex(&["61ff62"]))),
                        ..Default::default()
                    })],
                    &[(12, requirement::UTF8)],
                ),
                case(
                    "identity",
                    &["82cc0005", HEAD, "0406736970fffe61", "08020007"],
                    taken(|taken| {
                        taken.granted_party = Some(McpttId(ByteStr::from_octets(hex(&["736970fffe61"]))))
                    }),
                    &[(12, requirement::UTF8)],
                ),
                case(
                    "alias",
                    &["80cc0004", HEAD, "1105 7369 70fffe 00"],
                    vec![FloorMessage::Request(FloorRequest {
                        functional_alias: Some(FunctionalAlias(ByteStr::from_octets(hex(&["736970fffe"])))),
                        ..request()
                    })],
                    &[(12, requirement::UTF8)],
                ),
                case(
                    "entry of a list",
                    &["82cc0005", HEAD, "0f0602 0161 02fffe", "08020007"],
                    taken(|taken| {
                        taken.granted_users = vec!["a".into(), McpttId(ByteStr::from_octets(hex(&["fffe"])))];
                    }),
                    &[(12, requirement::UTF8)],
                ),
            ],
        ),
        row(
            "single-occurrence field twice: first one counts",
            vec![
                case(
                    "priority",
                    &["80cc0004", HEAD, "00020900", "00020300"],
                    prioritised(9),
                    &[(16, requirement::DUPLICATE)],
                ),
                case(
                    "a number that says nothing",
                    &["82cc0005", HEAD, "05020002", "05020000", "08020007"],
                    taken(|_| {}),
                    &[(12, requirement::ENUMERATION), (16, requirement::DUPLICATE)],
                ),
                case(
                    "a Duration of zero, which is taken as not stated",
                    &["81cc0004", HEAD, "01020000", "0102001e"],
                    vec![FloorMessage::Granted(FloorGranted { ssrc: SSRC, ..Default::default() })],
                    &[(12, requirement::DURATION), (16, requirement::DUPLICATE)],
                ),
                case(
                    "a list, also when the first one is empty",
                    &["82cc0006", HEAD, "08020007", "10020000", "1006010055667788"],
                    taken(|_| {}),
                    &[(20, requirement::DUPLICATE)],
                ),
                case(
                    "the cause with its phrase",
                    &["83cc0005", HEAD, "02020007", "02030001 61 000000"],
                    vec![FloorMessage::Deny(FloorDeny {
                        ssrc: SSRC,
                        cause: Some(RejectCause::QUEUE_FULL),
                        ..Default::default()
                    })],
                    &[(16, requirement::DUPLICATE)],
                ),
            ],
        ),
        row(
            "URI empty (length 0) in fields 4, 6, 9: treat as absent",
            vec![
                case(
                    "Granted Party's Identity",
                    &["82cc0004", HEAD, "08020007", "04000000"],
                    taken(|_| {}),
                    &[(16, requirement::EMPTY_URI)],
                ),
                case(
                    "User ID",
                    &["80cc0003", HEAD, "06000000"],
                    bare_request(),
                    &[(12, requirement::EMPTY_URI)],
                ),
                case(
                    "Queued User ID",
                    &["89cc0003", HEAD, "09000000"],
                    vec![FloorMessage::QueuePositionInfo(FloorQueuePositionInfo {
                        ssrc: SSRC,
                        ..Default::default()
                    })],
                    &[(12, requirement::EMPTY_URI)],
                ),
            ],
        ),
    ]
}
