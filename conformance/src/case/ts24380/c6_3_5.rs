//! Basic operation towards the floor participant (6.3.5).

use crate::case::Case;
use crate::case::actors::{
    ALICE, BOB, CAROL, DAVE, FIRE, MOMENT, ask_position, bob_talks, floor_release, floor_request, idle_call,
    members, seconds, send_floor, send_voice,
};

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "GC-08/taken",
        title: "who comes while another talks is told who talks",
        requirements: &["24.380-6.3.5.2.2:taken"],
        configuration: "",
        scenario: |rig| {
            bob_talks(rig, seconds(3))?;
            rig.advance(MOMENT);
            members(rig, [DAVE])?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "GC-08/idle",
        title: "who comes while the floor is idle is told so",
        requirements: &["24.380-6.3.5.2.2:idle"],
        configuration: "",
        scenario: |rig| {
            idle_call(rig)?;
            members(rig, [DAVE])?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-05/idle",
        title: "a stray release while idle is acknowledged when asked and answered with Floor Idle to the sender only",
        requirements: &["24.380-6.3.5.3.7:1", "24.380-6.3.5.3.7:2", "24.380-8.2.3.14", "24.380-8.2.3.12"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            let release = floor_release(rig, bob, true);
            send_floor(rig, bob, &release)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-05/taken",
        title: "a stray release while another talks is answered with Floor Taken to the sender only",
        requirements: &["24.380-6.3.5.4.5:1", "24.380-6.3.5.4.5:4"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = bob_talks(rig, seconds(2))?;
            rig.advance(MOMENT);
            let release = floor_release(rig, carol, true);
            send_floor(rig, carol, &release)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-14/idle",
        title: "voice without permission while idle is not distributed and revoked with cause 3 until it ends",
        requirements: &["24.380-6.3.5.3.8", "24.380-6.3.5.7.3", "24.380-6.3.5.7.4"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = idle_call(rig)?;
            rig.deafen(carol);
            send_voice(rig, carol, 0..25)?;
            let release = floor_release(rig, carol, false);
            send_floor(rig, carol, &release)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-14/taken",
        title: "voice without permission during a talk is not distributed and does not disturb the talker",
        requirements: &["24.380-6.3.5.4.6"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = bob_talks(rig, seconds(2))?;
            rig.advance(MOMENT);
            rig.deafen(carol);
            send_voice(rig, carol, 0..5)?;
            Ok(())
        },
    },
    &Case {
        id: "FC-14/never-ends",
        title: "who goes on sending without permission whatever it is told is disconnected",
        requirements: &["24.380-6.3.5.6.3:giveup"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = idle_call(rig)?;
            rig.deafen(carol);
            send_voice(rig, carol, 0..80)?;
            Ok(())
        },
    },
    &Case {
        id: "FC-06/deny",
        title: "a request while another talks, without negotiated queueing, is denied with cause 1",
        requirements: &["24.380-6.3.5.4.4:1"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob] = members(rig, [ALICE, BOB])?;
            let carol = rig.client_with(CAROL, |client| {
                client.suites.clear();
                client.queueing = false;
            });
            rig.log_in(carol, &[FIRE])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            rig.press(bob);
            rig.advance(MOMENT);
            rig.press(carol);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-06/queue",
        title: "a request while another talks is queued and its position told, also when asked for or repeated",
        requirements: &["24.380-6.3.5.4.4:q", "24.380-6.3.5.4.4:4", "24.380-6.3.5.4.7"],
        configuration: "",
        scenario: |rig| {
            let [alice, _, carol] = bob_talks(rig, seconds(3))?;
            rig.advance(MOMENT);
            let (first, second) = (floor_request(rig, carol), floor_request(rig, alice));
            send_floor(rig, carol, &first)?;
            send_floor(rig, alice, &second)?;
            rig.advance(MOMENT);
            send_floor(rig, carol, &first)?;
            ask_position(rig, alice)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-06/not-queued",
        title: "who asks for its position and is not queued is told so",
        requirements: &["24.380-8.2.3.5:254"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = bob_talks(rig, seconds(3))?;
            rig.advance(MOMENT);
            ask_position(rig, alice)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-06/full",
        title: "a request that finds the queue full is denied with cause 7",
        requirements: &["24.380-6.3.5.4.4:full"],
        configuration: "[floor]\nqueue-limit = 1",
        scenario: |rig| {
            let [alice, _, carol] = bob_talks(rig, seconds(3))?;
            rig.advance(MOMENT);
            let (first, second) = (floor_request(rig, carol), floor_request(rig, alice));
            send_floor(rig, carol, &first)?;
            // Two sockets are not read in the order in which they were written to.
            rig.advance(MOMENT);
            send_floor(rig, alice, &second)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-09/withdraw",
        title: "a queued client that lets go is not granted later",
        requirements: &["24.380-6.3.5.4.5:3"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, carol] = bob_talks(rig, seconds(3))?;
            rig.advance(MOMENT);
            rig.press(carol);
            rig.advance(MOMENT);
            rig.release(carol);
            rig.advance(MOMENT);
            rig.release(bob);
            rig.advance(seconds(1));
            Ok(())
        },
    },
];
