//! 'G: Floor Taken' (6.3.4.4).

use crate::case::Case;
use crate::case::actors::{MOMENT, bob_talks, floor_request, idle_call, seconds, send_floor};

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "MED-01/forward",
        title: "the talker's voice reaches every listener once and does not come back",
        requirements: &["24.380-6.3.4.4.5:4"],
        configuration: "",
        scenario: |rig| {
            bob_talks(rig, seconds(1))?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "MED-04/symmetric",
        title: "voice and floor control come from the addresses where the server receives them",
        requirements: &["RFC4961-4"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = bob_talks(rig, seconds(1))?;
            rig.advance(seconds(1));
            rig.release(bob);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-13/silent",
        title: "a talker that falls silent loses the floor after T1, without Floor Revoke",
        requirements: &["24.380-6.3.4.4.3"],
        configuration: "",
        scenario: |rig| {
            bob_talks(rig, seconds(1))?;
            rig.advance(seconds(6));
            Ok(())
        },
    },
    &Case {
        id: "FC-12/limit",
        title: "T2 after the first packet the talker is revoked with cause 2",
        requirements: &["24.380-6.3.4.4.4", "24.380-6.3.4.4.5:1"],
        configuration: "[floor]\nT2 = \"5s\"",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            rig.press(bob);
            rig.advance(seconds(2));
            rig.speak(bob, seconds(10));
            rig.advance(seconds(8));
            Ok(())
        },
    },
    &Case {
        id: "FC-15/again",
        title: "a request of the talker is answered with Floor Granted and the time that is left",
        requirements: &["24.380-6.3.4.4.8"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = bob_talks(rig, seconds(12))?;
            rig.advance(seconds(10));
            let request = floor_request(rig, bob);
            send_floor(rig, bob, &request)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-10/emergency",
        title: "an emergency request revokes the talker with cause 4 and goes first",
        requirements: &[
            "24.380-6.3.4.4.7:2c",
            "24.380-6.3.4.4.7:2e",
            "24.380-6.3.4.5.2",
            "24.380-6.3.4.5.4",
            "24.380-6.3.5.4.4:pre",
            "24.380-4.1.1.4:tier",
        ],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = bob_talks(rig, seconds(2))?;
            rig.advance(seconds(1));
            rig.press_with(alice, 5, true);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-10/equal",
        title: "a request of the same rank does not pre-empt",
        requirements: &["24.380-6.3.4.4.7:eq"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = bob_talks(rig, seconds(2))?;
            rig.advance(seconds(1));
            rig.press(carol);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-08/silent",
        title: "Floor Granted to a queued client that stays silent is repeated C20 times in all",
        requirements: &["24.380-6.3.4.4.9", "24.380-6.3.4.4.10"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, carol] = bob_talks(rig, seconds(2))?;
            rig.advance(MOMENT);
            let request = floor_request(rig, carol);
            send_floor(rig, carol, &request)?;
            rig.advance(MOMENT);
            rig.release(bob);
            rig.advance(seconds(6));
            Ok(())
        },
    },
    &Case {
        id: "FC-13/leaves",
        title: "when the talker leaves, the others are told that the floor is idle",
        requirements: &["24.380-6.3.4.4.11", "24.380-6.3.5.8.2"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = bob_talks(rig, seconds(1))?;
            rig.advance(seconds(1));
            rig.leave(bob);
            rig.advance(seconds(2));
            Ok(())
        },
    },
];
