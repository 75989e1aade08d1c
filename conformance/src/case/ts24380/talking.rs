//! Timers of a talk, the order of the queue, and pre-emption (6.3.4.4, 6.3.4.5, 6.3.5.4.4, 4.1.1.4).

use crate::case::Case;
use crate::case::actors::{
    ALICE, BOB, CAROL, FIRE, MOMENT, ask, bob_talks, floor_release, idle_call, members, seconds, send_floor,
    send_voice,
};
use crate::rig::{Actor, Rig, Unmet};

/// Bob talks with the highest priority he has, so that nobody outranks him by a number.
fn bob_talks_urgently(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    let actors = idle_call(rig)?;
    rig.press_with(actors[1], 5, false);
    rig.advance(MOMENT);
    rig.speak(actors[1], seconds(3));
    rig.advance(seconds(1));
    Ok(actors)
}

/// Bob talks, alice pre-empts him, he goes on and hears nothing.
fn alice_pre_empts(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    let actors = bob_talks(rig, seconds(1))?;
    rig.advance(seconds(1));
    rig.deafen(actors[1]);
    rig.press_with(actors[0], 5, true);
    rig.advance(MOMENT);
    Ok(actors)
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "FC-13/not-a-word",
        title: "who is granted and says nothing loses the floor after T1, and is granted once",
        requirements: &["24.380-6.3.4.4.2:4", "24.380-6.3.4.4.2:2n", "24.380-11.1.3:t1", "24.380-11.1.3:t2"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            ask(rig, bob, None, false)?;
            rig.advance(seconds(7));
            Ok(())
        },
    },
    &Case {
        id: "FC-13/goes-on",
        title: "a talk without gaps goes on for longer than T1",
        requirements: &["24.380-6.3.4.4.5:2"],
        configuration: "",
        scenario: |rig| {
            bob_talks(rig, seconds(7))?;
            rig.advance(seconds(6));
            Ok(())
        },
    },
    &Case {
        id: "FC-08/speaks",
        title: "who was served from the queue and speaks is heard, and granted once",
        requirements: &["24.380-6.3.4.4.5:3", "24.380-6.3.5.4.9", "24.380-6.3.5.5.9"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, carol] = bob_talks(rig, seconds(2))?;
            rig.advance(MOMENT);
            rig.press(carol);
            rig.advance(MOMENT);
            rig.release(bob);
            rig.advance(MOMENT);
            rig.speak(carol, seconds(3));
            rig.advance(seconds(3));
            Ok(())
        },
    },
    &Case {
        id: "FC-08/by-priority",
        title: "of those who wait the one with the higher priority is granted first, whoever came first",
        requirements: &["24.380-4.1.1.4:num"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, carol] = bob_talks_urgently(rig)?;
            ask(rig, alice, Some(1), false)?;
            rig.advance(MOMENT);
            ask(rig, carol, Some(3), false)?;
            rig.advance(MOMENT);
            rig.release(bob);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-08/by-arrival",
        title: "of those who wait with the same priority the one that came first is granted first",
        requirements: &["24.380-4.1.1.4:fifo"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, carol] = bob_talks_urgently(rig)?;
            ask(rig, carol, None, false)?;
            rig.advance(MOMENT);
            ask(rig, alice, None, false)?;
            rig.advance(MOMENT);
            rig.release(bob);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-07/priority",
        title: "a queued client that asks again with a higher priority goes before the others",
        requirements: &["24.380-6.3.5.4.4:prio"],
        configuration: "",
        scenario: |rig| {
            let [alice, _, carol] = bob_talks_urgently(rig)?;
            ask(rig, alice, None, false)?;
            rig.advance(MOMENT);
            ask(rig, carol, None, false)?;
            rig.advance(MOMENT);
            ask(rig, carol, Some(3), false)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-10/capped",
        title: "a priority above what was agreed on pre-empts nobody",
        requirements: &["24.380-6.3.5.4.4:1a"],
        configuration: "",
        scenario: |rig| {
            let [_, _, carol] = bob_talks_urgently(rig)?;
            ask(rig, carol, Some(200), false)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-10/without-queueing",
        title: "a pre-emptor that does not queue is told no position and granted when the grace is over",
        requirements: &["24.380-6.3.4.4.7:2c", "24.380-6.3.4.4.7:2fn", "24.380-6.3.5.6.7"],
        configuration: "",
        scenario: |rig| {
            let alice = rig.client_with(ALICE, |client| {
                client.suites.clear();
                client.queueing = false;
            });
            rig.log_in(alice, &[FIRE])?;
            let [bob, _] = members(rig, [BOB, CAROL])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            rig.press(bob);
            rig.advance(MOMENT);
            rig.speak(bob, seconds(5));
            rig.advance(seconds(1));
            rig.press_with(alice, 5, true);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-10/queued-grant",
        title: "a grant that was being repeated is repeated no more when it is pre-empted",
        requirements: &["24.380-6.3.4.4.7:2ab"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, carol] = bob_talks(rig, seconds(2))?;
            rig.advance(MOMENT);
            rig.deafen(carol);
            ask(rig, carol, None, false)?;
            rig.advance(MOMENT);
            rig.release(bob);
            rig.advance(MOMENT);
            rig.press_with(alice, 5, true);
            rig.advance(seconds(4));
            Ok(())
        },
    },
    &Case {
        id: "FC-11/two",
        title: "a second one that would pre-empt changes nothing about the grace",
        requirements: &["24.380-6.3.4.5:norearm", "24.380-6.3.4.5.5"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, carol] = alice_pre_empts(rig)?;
            ask(rig, carol, Some(5), true)?;
            send_voice(rig, bob, 1000..1035)?;
            Ok(())
        },
    },
    &Case {
        id: "FC-11/release",
        title: "the release of the revoked talker is acknowledged when asked and ends the grace; it is revoked no more",
        requirements: &["24.380-6.3.5.6.5", "24.380-6.3.5.6.7", "24.380-6.3.4.5.4"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = alice_pre_empts(rig)?;
            let release = floor_release(rig, bob, true);
            send_floor(rig, bob, &release)?;
            rig.advance(seconds(3));
            Ok(())
        },
    },
    &Case {
        id: "FC-12/afterwards",
        title: "who talked for too long and lets go is told that the floor is idle, and revoked no more",
        requirements: &["24.380-6.3.5.6.6", "24.380-6.3.5.5.5"],
        configuration: "[floor]\nT2 = \"2s\"",
        scenario: |rig| {
            let [alice, ..] = bob_talks(rig, seconds(10))?;
            rig.advance(seconds(3));
            rig.advance(seconds(3));
            rig.press(alice);
            rig.advance(MOMENT);
            rig.speak(alice, seconds(1));
            rig.advance(MOMENT);
            rig.release(alice);
            rig.advance(MOMENT);
            let [bob] = members(rig, [crate::case::actors::DAVE])?;
            rig.press(bob);
            rig.advance(MOMENT);
            rig.speak(bob, seconds(1));
            rig.advance(MOMENT);
            rig.press_with(alice, 5, true);
            rig.advance(seconds(2));
            Ok(())
        },
    },
];
