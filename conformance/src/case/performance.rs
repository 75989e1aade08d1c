//! Key performance indicators of TS 22.179, measured with the calls of other cases. They say something about time that passes,
//! nothing about virtual time.

use std::time::Duration;

use super::Case;
use super::actors::{ALICE, BOB, CAROL, FIRE, MOMENT, bob_talks, idle_call, members};

/// As many samples as there have to be for a 95th percentile.
const ROUNDS: usize = 24;

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "PERF-01/access",
        title: "from the press to the permission",
        requirements: &["22.179-kpi1"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = idle_call(rig)?;
            for _ in 0..ROUNDS {
                rig.press(bob);
                rig.advance(MOMENT);
                rig.release(bob);
                rig.advance(MOMENT);
            }
            Ok(())
        },
    },
    &Case {
        id: "PERF-01/mouth-to-ear",
        title: "from the talker's packet to that of each listener",
        requirements: &["22.179-kpi3"],
        configuration: "",
        scenario: |rig| {
            bob_talks(rig, Duration::from_secs(4))?;
            rig.advance(Duration::from_secs(4));
            Ok(())
        },
    },
    &Case {
        id: "PERF-01/late-entry",
        title: "from the call of somebody who comes late to the first voice that it hears",
        requirements: &["22.179-kpi4"],
        configuration: "",
        scenario: |rig| {
            let [alice, bob, carol] = members(rig, [ALICE, BOB, CAROL])?;
            rig.call(alice, FIRE, false)?;
            rig.advance(MOMENT);
            rig.press(bob);
            rig.advance(MOMENT);
            rig.speak(bob, Duration::from_secs(25));
            for _ in 0..ROUNDS {
                rig.leave(carol);
                rig.advance(MOMENT);
                rig.events(carol);
                rig.call(carol, FIRE, false)?;
                rig.advance(MOMENT);
            }
            Ok(())
        },
    },
];
