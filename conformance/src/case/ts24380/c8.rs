//! Coding rules that decide behaviour (clause 8).

use bytes::BytesMut;

use crate::case::Case;
use crate::case::actors::{MOMENT, bob_talks, floor_release, floor_request, idle_call, seconds, send_octets};

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "FC-22/unknown-subtype",
        title: "an unassigned subtype and an acknowledgement bit where none is defined are ignored",
        requirements: &["24.380-8.1.4:subtype", "24.380-8.2.2:noack"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            let ssrc = rig.ssrc(bob).0.to_be_bytes();
            for first in [0x9c, 0x8c, 0x90] {
                let octets = [&[first, 204, 0, 2], &ssrc, b"MCPT".as_slice()].concat();
                send_octets(rig, bob, &octets)?;
                rig.advance(MOMENT);
            }
            Ok(())
        },
    },
    &Case {
        id: "FC-22/two-messages",
        title: "two messages in one datagram are both processed",
        requirements: &["24.380-8.1.1"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            let mut octets = BytesMut::new();
            for message in [floor_request(rig, bob), floor_release(rig, bob, false)] {
                octets.extend_from_slice(
                    &message.encode().map_err(|_| crate::rig::Unmet("an encodable message"))?,
                );
            }
            send_octets(rig, bob, &octets)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-21/wrong-direction",
        title: "messages only a server sends are discarded when a client sends them",
        requirements: &["24.380-8.1.4:dir"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = bob_talks(rig, seconds(2))?;
            rig.advance(MOMENT);
            let ssrc = rig.ssrc(carol).0.to_be_bytes();
            for subtype in [1_u8, 2, 3, 5, 6, 9] {
                let octets = [&[0x80 | subtype, 204, 0, 2], &ssrc, b"MCPT".as_slice()].concat();
                send_octets(rig, carol, &octets)?;
                rig.advance(MOMENT);
            }
            Ok(())
        },
    },
    &Case {
        id: "FC-21/unknown-source",
        title: "a floor message from an address that is in no call is ignored",
        requirements: &["24.380-6.3.5.1:addr"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            let [_, _, floor] = rig.addresses(bob);
            let remote =
                rig.peer_of(floor).ok_or(crate::rig::Unmet("a floor control address of the target"))?;
            let stranger =
                mcptt_codec::Path { local: std::net::SocketAddr::from(([127, 0, 9, 9], 40_002)), remote };
            let octets = [&[0x80, 204, 0, 2], &[0x66; 4], b"MCPT".as_slice()].concat();
            rig.inject(stranger, &octets);
            rig.advance(MOMENT);
            Ok(())
        },
    },
];
