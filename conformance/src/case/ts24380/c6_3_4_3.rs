//! 'G: Floor Idle' (6.3.4.3) and the way into it at call initialisation (6.3.4.2).

use crate::case::Case;
use crate::case::actors::{
    ALICE, FIRE, MOMENT, bob_talks, floor_request, idle_call, members, seconds, send_floor,
};

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "FC-01/grant",
        title: "a request while idle is granted; everybody else is told who talks",
        requirements: &[
            "24.380-6.3.4.3.3:2",
            "24.380-6.3.4.4.2:1",
            "24.380-6.3.4.4.2:3",
            "24.380-6.3.4.4.2:1a",
            "24.380-8.2.3.3",
        ],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            rig.press(bob);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-19/told",
        title: "Floor Taken says what kind of call it is and whether its receiver may ask for the floor",
        requirements: &["24.380-6.3.4.4.2:3d", "24.380-6.3.4.4.2:3f", "24.380-8.1.3"],
        configuration: "",
        scenario: |rig| bob_talks(rig, MOMENT).map(|_| ()),
    },
    &Case {
        id: "FC-02/implicit",
        title: "the implicit request of the INVITE is granted when the call is initialised",
        requirements: &["24.380-6.3.4.2.2:3b"],
        configuration: "",
        scenario: |rig| {
            let [alice, ..] = members(rig, [ALICE, crate::case::actors::BOB, crate::case::actors::CAROL])?;
            rig.call(alice, FIRE, true)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-02/none",
        title: "without an implicit request the call begins idle, and nobody is told so",
        requirements: &["24.380-6.3.4.2.2:idle"],
        configuration: "",
        scenario: |rig| idle_call(rig).map(|_| ()),
    },
    &Case {
        id: "FC-03/alone",
        title: "the only participant is denied with cause 3",
        requirements: &["24.380-6.3.4.3.3:1a"],
        configuration: "",
        scenario: |rig| {
            let [alice] = members(rig, [ALICE])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            rig.press(alice);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-04/idle",
        title: "a release with an empty queue tells everybody that the floor is idle",
        requirements: &["24.380-6.3.4.3.2:2", "24.380-8.2.3.10"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = bob_talks(rig, seconds(1))?;
            rig.advance(seconds(1));
            rig.release(bob);
            rig.advance(MOMENT);
            rig.press(bob);
            rig.advance(MOMENT);
            rig.release(bob);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-04/repeat",
        title: "Floor Idle is repeated every T7, C7 times in all",
        requirements: &["24.380-6.3.4.3.4:below", "24.380-6.3.4.3.4:limit"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = bob_talks(rig, seconds(1))?;
            rig.advance(seconds(1));
            rig.release(bob);
            rig.advance(seconds(14));
            Ok(())
        },
    },
    &Case {
        id: "FC-08/serve",
        title: "a release with a waiting request grants it at once, without Floor Idle",
        requirements: &["24.380-6.3.4.3.2:3"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, carol] = bob_talks(rig, seconds(2))?;
            rig.advance(MOMENT);
            rig.press(carol);
            rig.advance(MOMENT);
            rig.release(bob);
            rig.advance(MOMENT);
            Ok(())
        },
    },
    &Case {
        id: "FC-01/simultaneous",
        title: "of two requests in the same instant one is granted, and each gets one answer",
        requirements: &["24.380-6.3.4.4.2:single", "24.380-6.3.4.3.3:once"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, carol] = idle_call(rig)?;
            let (first, second) = (floor_request(rig, bob), floor_request(rig, carol));
            send_floor(rig, bob, &first)?;
            send_floor(rig, carol, &second)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
];
