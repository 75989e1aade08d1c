//! A session of a temporary group before everybody who was invited into it has answered (6.3.4.8, 6.3.5.10).

use crate::case::Case;
use crate::case::actors::{
    ALICE, BOB, CAROL, FIRE, MOMENT, ask, floor_release, members, seconds, send_floor,
};
use crate::rig::{Actor, Disturbance, Effect, Rig, Unmet};

/// The group was formed of others for a time.
const TEMPORARY: &str = "
[[group]]
id = \"sip:fire-1@mc.example.org\"
protect-media = false
temporary = true
members = [{ mcptt-id = \"sip:alice@mc.example.org\", priority = 5 }, { mcptt-id = \"sip:bob@mc.example.org\", priority = 5 }, { mcptt-id = \"sip:carol@mc.example.org\", priority = 5 }]
";

/// More than carol says until she has answered.
const EVERYTHING: u16 = 100;

/// Alice has called, bob has answered, and carol's answers take three seconds.
fn carol_is_awaited(rig: &mut Rig) -> Result<[Actor; 3], Unmet> {
    // What is under way is judged where it arrives.
    rig.observe_at_node();
    let actors = members(rig, [ALICE, BOB, CAROL])?;
    let [port, ..] = rig.addresses(actors[2]);
    let effect = Effect::Delay(seconds(3));
    rig.disturb(Disturbance { effect, count: EVERYTHING, port, inbound: false });
    rig.call(actors[0], FIRE, false)?;
    rig.advance(MOMENT);
    Ok(actors)
}

pub(super) const CASES: &[&Case] = &[
    &Case {
        id: "FC-25/waits",
        title: "who asks before everybody has answered waits, and is granted when the last one has",
        requirements: &[
            "24.380-6.3.4.2.2:temp",
            "24.380-6.3.5.10.2",
            "24.380-6.3.5.10.5",
            "24.380-6.3.4.8.4",
            "24.380-6.3.5.10.6",
            "24.380-6.3.5.10.3",
        ],
        configuration: TEMPORARY,
        scenario: |rig| {
            let [alice, ..] = carol_is_awaited(rig)?;
            ask(rig, alice, None, false)?;
            rig.advance(seconds(5));
            Ok(())
        },
    },
    &Case {
        id: "FC-25/idle",
        title: "with nobody waiting everybody is told that the floor is idle when the last one has answered",
        requirements: &["24.380-6.3.4.8.4", "24.380-6.3.5.10.4"],
        configuration: TEMPORARY,
        scenario: |rig| {
            carol_is_awaited(rig)?;
            rig.advance(seconds(5));
            Ok(())
        },
    },
    &Case {
        id: "FC-25/withdraws",
        title: "who withdraws meanwhile is acknowledged when asked and not granted",
        requirements: &["24.380-6.3.5.10.5", "24.380-6.3.5.10.7"],
        configuration: TEMPORARY,
        scenario: |rig| {
            let [alice, ..] = carol_is_awaited(rig)?;
            ask(rig, alice, None, false)?;
            rig.advance(MOMENT);
            let release = floor_release(rig, alice, true);
            send_floor(rig, alice, &release)?;
            rig.advance(seconds(8));
            Ok(())
        },
    },
];
