//! The rows about datagrams and the packets in them.

use mcptt_codec::floor::{FloorMessage, FloorRelease};
use mcptt_codec::rtcp::requirement;

use super::{HEAD, REQUEST, Row, SSRC, bare_request, case, nothing, request, row};

pub fn rows() -> Vec<Row> {
    let two = || {
        vec![
            FloorMessage::Request(request()),
            FloorMessage::Release(FloorRelease { ssrc: SSRC, ..Default::default() }),
        ]
    };
    vec![
        row(
            "datagram shorter than 12 octets, V not 2, PT not 204, P = 1: ignore",
            vec![
                case("empty", &[], nothing(), &[]),
                case(
                    "eleven octets",
                    &["80cc0002 11223344 4d4350"],
                    nothing(),
                    &[(0, requirement::TRUNCATED)],
                ),
                case("three octets", &["80cc00"], nothing(), &[(0, requirement::TRUNCATED)]),
                case("version 1", &["40cc0002", HEAD], nothing(), &[(0, requirement::PROTOCOL_NAME)]),
                case("version 3", &["c0cc0002", HEAD], nothing(), &[(0, requirement::PROTOCOL_NAME)]),
                case(
                    "a packet type outside of RTCP",
                    &["80600002", HEAD],
                    nothing(),
                    &[(0, requirement::PROTOCOL_NAME)],
                ),
                case("a receiver report", &["80c90001 11223344"], nothing(), &[]),
                case(
                    "padding bit",
                    &["a0cc0003", HEAD, "00000004"],
                    nothing(),
                    &[(0, requirement::PADDING_BIT)],
                ),
            ],
        ),
        row(
            "name unknown or not expected on this port: skip this packet, go on with the next",
            vec![
                case("PoC1", &["80cc0002 11223344 506f4331", REQUEST], bare_request(), &[]),
                case("mcpt: case matters", &["80cc0002 11223344 6d637074", REQUEST], bare_request(), &[]),
                case("MCPC", &["80cc0002 11223344 4d435043", REQUEST], bare_request(), &[]),
                case(
                    "MCCP, the name of the first drafts",
                    &["80cc0002 11223344 4d434350", REQUEST],
                    bare_request(),
                    &[],
                ),
            ],
        ),
        row(
            "length word points past the datagram: ignore this packet and the rest of the datagram",
            vec![
                case("the only packet", &["80cc0003", HEAD], nothing(), &[(0, requirement::TRUNCATED)]),
                case(
                    "the second of three",
                    &[REQUEST, "84cc0fff", HEAD, REQUEST],
                    bare_request(),
                    &[(12, requirement::TRUNCATED)],
                ),
                case(
                    "length in octets instead of words",
                    &["80cc0010", HEAD, "00020900"],
                    nothing(),
                    &[(0, requirement::TRUNCATED)],
                ),
            ],
        ),
        row(
            "length word below 2: ignore this packet and the rest",
            vec![
                case("1", &["80cc0001", HEAD, REQUEST], nothing(), &[(0, requirement::TRUNCATED)]),
                case(
                    "0, behind a good one",
                    &[REQUEST, "80cc0000", HEAD],
                    bare_request(),
                    &[(12, requirement::TRUNCATED)],
                ),
            ],
        ),
        row(
            "octets after the last complete packet, fewer than 12 or not a header: ignored, counted",
            vec![
                case(
                    "eight zero octets",
                    &[REQUEST, "00000000 00000000"],
                    bare_request(),
                    &[(12, requirement::TAIL)],
                ),
                case("one octet", &[REQUEST, "84cc0002", HEAD, "ff"], two(), &[(24, requirement::TAIL)]),
                case(
                    "eleven octets of a header",
                    &[REQUEST, "80cc0002 11223344 4d4350"],
                    bare_request(),
                    &[(12, requirement::TAIL)],
                ),
                case(
                    "sixteen octets that are no header",
                    &[REQUEST, "00112233 44556677 8899aabb ccddeeff"],
                    bare_request(),
                    &[(12, requirement::TAIL)],
                ),
            ],
        ),
        row(
            "subtype not in the table of the protocol (including an ack bit where none is defined): ignore the message, no Ack",
            vec![
                case(
                    "12 and 13 are not assigned",
                    &["8ccc0003", HEAD, "08020001", "8dcc0002", HEAD, REQUEST],
                    bare_request(),
                    &[(0, requirement::SUBTYPE), (16, requirement::SUBTYPE)],
                ),
                case(
                    "28 is 12 with the acknowledgment bit",
                    &["9ccc0002", HEAD],
                    nothing(),
                    &[(0, requirement::SUBTYPE)],
                ),
                case(
                    "acknowledgment bit on Request, Revoke, Queue Position Request, Ack, Release Multi Talker, Revoke Request",
                    &[
                        "90cc0002", HEAD, "96cc0002", HEAD, "98cc0002", HEAD, "9acc0002", HEAD, "9fcc0002",
                        HEAD, "97cc0002", HEAD,
                    ],
                    nothing(),
                    &[
                        (0, requirement::NO_ACK_BIT),
                        (12, requirement::NO_ACK_BIT),
                        (24, requirement::NO_ACK_BIT),
                        (36, requirement::NO_ACK_BIT),
                        (48, requirement::NO_ACK_BIT),
                        (60, requirement::NO_ACK_BIT),
                    ],
                ),
            ],
        ),
    ]
}
