//! What is fixed when the call begins (6.3.2, 6.3.4.3.3, 6.3.5.3.4, 6.3.5.4.4): broadcasts, emergencies, listeners,
//! audio cut-in, several talkers.

use call_control::client::{GroupCall, Urgency};

use super::groups::{
    CUT_IN, DUAL_FLOOR, DUAL_FLOOR_BRIEFLY, RECEIVE_ONLY, TWO_TALKERS, TWO_TALKERS_WITHOUT_CAROL,
};
use crate::case::Case;
use crate::case::actors::{
    ALICE, BOB, CAROL, DAVE, ERIN, FIRE, MOMENT, RAIL, ask, bob_talks, call_as, idle_call, members, seconds,
};
use crate::rig::{Actor, Disturbance, Effect, Rig, Unmet};

/// A call of this kind, long enough ago that everybody knows.
fn call_of(rig: &mut Rig, broadcast: bool, urgency: Urgency) -> Result<[Actor; 3], Unmet> {
    let call = GroupCall { broadcast, urgency, implicit_request: false, ..GroupCall::new(FIRE) };
    let actors = call_as(rig, [ALICE, BOB, CAROL], call)?;
    rig.advance(seconds(1));
    Ok(actors)
}

/// Bob talks, then carol talks as well.
fn two_talk(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    let actors = bob_talks(rig, seconds(8))?;
    rig.advance(MOMENT);
    rig.press(actors[2]);
    rig.advance(MOMENT);
    rig.speak(actors[2], seconds(2));
    rig.advance(MOMENT);
    Ok(actors)
}

/// Bob talks, and alice talks over him.
fn alice_talks_over_bob(rig: &mut Rig, for_so_long: u64) -> Result<[Actor; 3], Unmet> {
    let actors = bob_talks(rig, seconds(20))?;
    rig.advance(seconds(1));
    rig.press_with(actors[0], 5, true);
    rig.advance(MOMENT);
    rig.speak(actors[0], seconds(for_so_long));
    rig.advance(MOMENT);
    Ok(actors)
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "GC-11/broadcast",
        title: "in a broadcast only who has called for it may talk, and everybody is told so",
        requirements: &[
            "24.380-6.3.5.3.4:bc",
            "24.380-6.3.5.4.4:bc",
            "24.380-6.3.4.4.2:3d",
            "24.380-6.3.4.4.2:3f",
        ],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, _] = call_of(rig, true, Urgency::Normal)?;
            ask(rig, bob, None, false)?;
            rig.advance(MOMENT);
            rig.press(alice);
            rig.advance(MOMENT);
            ask(rig, bob, None, false)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "GC-09/indicators",
        title: "every message of an emergency broadcast says that it is both",
        requirements: &["24.380-6.3.4.4.2:3f", "24.380-8.2.3.15"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, _] = call_of(rig, true, Urgency::Emergency { alert: false })?;
            ask(rig, bob, None, false)?;
            rig.advance(MOMENT);
            rig.press(alice);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "GC-08/joins",
        title: "joining a call is no floor request",
        requirements: &["24.380-6.3.2.2:join"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            rig.leave(bob);
            rig.advance(seconds(1));
            rig.call(bob, FIRE, false)?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-01/two-calls",
        title: "what is granted in one call has no effect in another",
        requirements: &["24.380-6.3.2.2:g"],
        configuration: "",
        scenario: |rig| {
            let erin = rig.client_with(ERIN, |client| client.suites.clear());
            rig.log_in(erin, &[RAIL])?;
            rig.call(erin, RAIL, false)?;
            rig.advance(seconds(1));
            let [_, bob, _] = idle_call(rig)?;
            rig.advance(seconds(1));
            rig.press(bob);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "GC-06/later",
        title: "without early go-ahead nobody is granted before somebody has accepted",
        requirements: &["24.380-6.3.2.2:conf"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.call(alice, FIRE, true)?;
            rig.advance(seconds(1));
            members(rig, [BOB])?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "GC-06/early",
        title: "with early go-ahead who calls may talk before anybody has accepted, and is heard from the first word",
        requirements: &["24.380-6.3.2.2:early"],
        configuration: "[floor]\nearly-go-ahead = true",
        scenario: |rig| {
            // What is said until the answer of bob arrives has to be kept; that is seen at the node.
            rig.observe_at_node();
            let [alice, bob] = members(rig, [ALICE, BOB])?;
            let [port, ..] = rig.addresses(bob);
            let effect = Effect::Delay(seconds(2));
            rig.disturb(Disturbance { effect, count: 1, port, inbound: false });
            rig.call(alice, FIRE, true)?;
            rig.speak(alice, seconds(3));
            rig.advance(seconds(3));
            Ok(())
        },
    },
    &Case {
        id: "FC-03/receive-only",
        title: "who may only listen is denied with cause 5, whatever the floor is like",
        requirements: &["24.380-6.3.4.3.3:1b", "24.380-6.3.5.4.4:ro"],
        configuration: RECEIVE_ONLY,
        scenario: |rig| {
            let [_, bob, carol] = idle_call(rig)?;
            ask(rig, carol, None, false)?;
            rig.advance(MOMENT);
            rig.press(bob);
            rig.advance(MOMENT);
            ask(rig, carol, None, false)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-16/cut-in",
        title: "with audio cut-in every request takes the floor at once",
        requirements: &["24.380-6.3.5.4.4:ci", "24.380-6.3.2.2:cutin", "24.380-6.3.4.5.1"],
        configuration: CUT_IN,
        scenario: |rig| {
            let [_, _, carol] = bob_talks(rig, seconds(5))?;
            rig.advance(seconds(1));
            rig.press(carol);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-18/two",
        title: "where two may talk at once the second is granted beside the first; the end of one is told as such",
        requirements: &["24.380-6.3.4.4.7a:b", "24.380-6.3.4.4.7a:3c", "24.380-6.3.4.4.6:5"],
        configuration: TWO_TALKERS,
        scenario: |rig| {
            let [_, bob, _] = two_talk(rig)?;
            rig.advance(seconds(1));
            rig.release(bob);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-18/silent",
        title: "of two talkers the one that falls silent is ended, the other goes on",
        requirements: &["24.380-6.3.4.4.3:5a", "24.380-6.3.4.4.7a:t"],
        configuration: TWO_TALKERS,
        scenario: |rig| {
            two_talk(rig)?;
            rig.advance(seconds(7));
            Ok(())
        },
    },
    &Case {
        id: "FC-18/full",
        title: "an emergency takes the place of one of the talkers when there is no other",
        requirements: &["24.380-6.3.4.4.7a:a"],
        configuration: TWO_TALKERS,
        scenario: |rig| {
            let [alice, ..] = two_talk(rig)?;
            rig.press_with(alice, 5, true);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-18/alone",
        title: "who may not talk beside others waits or is denied",
        requirements: &["24.380-6.3.5.4.4:mt"],
        configuration: TWO_TALKERS_WITHOUT_CAROL,
        scenario: |rig| {
            let [_, _, carol] = bob_talks(rig, seconds(3))?;
            rig.advance(seconds(1));
            rig.press(carol);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-17/override",
        title: "an emergency is granted beside the talker, who hears it and goes on until it is over",
        requirements: &[
            "24.380-6.3.4.4.7:1",
            "24.380-6.3.6.3.2",
            "24.380-6.3.5.4.10",
            "24.380-6.3.6.3.5",
            "24.380-6.3.6.3.6",
            "24.380-6.3.6.3.7",
        ],
        configuration: DUAL_FLOOR,
        scenario: |rig| {
            let [alice, ..] = alice_talks_over_bob(rig, 3)?;
            rig.advance(seconds(1));
            ask(rig, alice, Some(5), true)?;
            rig.advance(seconds(1));
            rig.release(alice);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-17/second",
        title: "a second one does not talk over the talker",
        requirements: &["24.380-6.3.6.1"],
        configuration: DUAL_FLOOR,
        scenario: |rig| {
            let [_, _, carol] = alice_talks_over_bob(rig, 3)?;
            ask(rig, carol, Some(5), true)?;
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-17/silent",
        title: "who talks over the talker and falls silent is ended after T11",
        requirements: &["24.380-6.3.6.3.3"],
        configuration: DUAL_FLOOR,
        scenario: |rig| {
            alice_talks_over_bob(rig, 1)?;
            rig.advance(seconds(7));
            Ok(())
        },
    },
    &Case {
        id: "FC-17/limit",
        title: "who talks over the talker for T12 is revoked with cause 2",
        requirements: &["24.380-6.3.6.3.4"],
        configuration: DUAL_FLOOR_BRIEFLY,
        scenario: |rig| {
            alice_talks_over_bob(rig, 5)?;
            rig.advance(seconds(4));
            Ok(())
        },
    },
    &Case {
        id: "FC-17/leaves",
        title: "who talks over the talker and leaves is gone; the talker goes on",
        requirements: &["24.380-6.3.6.3.8"],
        configuration: DUAL_FLOOR,
        scenario: |rig| {
            let [alice, ..] = alice_talks_over_bob(rig, 3)?;
            members(rig, [DAVE])?;
            rig.advance(seconds(1));
            rig.leave(alice);
            rig.advance(seconds(1));
            Ok(())
        },
    },
    &Case {
        id: "FC-17/takes-over",
        title: "when the talker ends first, who talks over it is the talker",
        requirements: &["24.380-6.3.6.3.9"],
        configuration: DUAL_FLOOR,
        scenario: |rig| {
            let [_, bob, _] = alice_talks_over_bob(rig, 5)?;
            rig.advance(seconds(1));
            rig.release(bob);
            rig.advance(seconds(1));
            Ok(())
        },
    },
];
