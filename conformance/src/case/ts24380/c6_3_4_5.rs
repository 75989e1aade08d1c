//! 'G: pending Floor Revoke' (6.3.4.5) and its mirror at the participant (6.3.5.6).

use crate::case::Case;
use crate::case::actors::{MOMENT, bob_talks, floor_request, seconds, send_floor, send_voice};
use crate::rig::{Actor, Rig, Unmet};

/// Bob talks and goes on although alice's emergency has revoked him; he sends nothing but voice.
fn bob_ignores_the_revoke(rig: &mut Rig, packets: u16) -> Result<[Actor; 3], Unmet> {
    let actors = bob_talks(rig, seconds(1))?;
    rig.advance(seconds(1));
    // His own machine would answer the revoke; from here on it hears nothing.
    rig.deafen(actors[1]);
    rig.press_with(actors[0], 5, true);
    send_voice(rig, actors[1], 1000..1000 + packets)?;
    Ok(actors)
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "FC-11/grace",
        title: "a revoked talker is heard until T3, then cut off, and the next one is granted",
        requirements: &["24.380-6.3.4.5.3", "24.380-6.3.4.5.5", "24.380-6.3.5.6.3"],
        configuration: "",
        scenario: |rig| bob_ignores_the_revoke(rig, 40).map(|_| ()),
    },
    &Case {
        id: "FC-11/falls-silent",
        title: "a revoked talker that falls silent without a release is given up after T1",
        requirements: &["24.380-6.3.4.5.6"],
        configuration: "[floor]\nT1 = \"1s\"",
        scenario: |rig| {
            bob_ignores_the_revoke(rig, 3)?;
            rig.advance(seconds(3));
            Ok(())
        },
    },
    &Case {
        id: "FC-11/asks",
        title: "a request of the revoked talker during the grace is discarded",
        requirements: &["24.380-6.3.5.6:freq"],
        configuration: "",
        scenario: |rig| {
            let [_, bob, _] = bob_ignores_the_revoke(rig, 5)?;
            let request = floor_request(rig, bob);
            send_floor(rig, bob, &request)?;
            rig.advance(MOMENT);
            Ok(())
        },
    },
];
