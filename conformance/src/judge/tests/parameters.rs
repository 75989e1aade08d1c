//! Traces of the floor control parameters in session descriptions (TS 24.380 12.1, 14).

use super::steps::{AFTERWARDS, idle_call};
use super::traces::Row;
use super::world::{ALICE, BOB, FIRE, PF, World};

/// Alice calls bob and asks for the floor; the answer of the participating function is spoilt.
fn answered_with(w: &mut World, text: &str, by: &str) {
    [ALICE, BOB].iter().for_each(|who| w.log_in(*who));
    let client = w.invite(ALICE, FIRE, true, "", false);
    let core = w.hand_on(ALICE, FIRE, true);
    w.bring_in(ALICE, BOB, FIRE);
    w.spoil(PF, text, by);
    w.accept(ALICE, &client, &core, true, "");
    w.unspoil();
    w.grant(ALICE, &[BOB]);
    w.wait(AFTERWARDS);
}

/// The server invites bob again, who is in the call, with or without `mc_granted`.
fn invited_again(w: &mut World, granted: bool) {
    idle_call(w);
    w.granted[1] = granted;
    w.invite_again(PF, BOB, false);
    w.wait(AFTERWARDS);
}

pub(super) const TRACES: &[Row] = &[
    Row {
        requirement: "24.380-12.1.2.2:priority",
        accepts: |w| answered_with(w, "mc_priority=5", "mc_priority=3"),
        rejects: |w| answered_with(w, "mc_priority=5", "mc_priority=6"),
        unarmed: "alice registers",
        also: &["24.380-14.3.3"],
    },
    Row {
        requirement: "24.380-12.1:grammar",
        accepts: |w| answered_with(w, "nothing", "nothing"),
        rejects: |w| answered_with(w, "mc_priority=5", "mc_priority=x"),
        unarmed: "alice registers",
        also: &["24.380-6.3.4.2.2:idle"],
    },
    Row {
        requirement: "24.380-12.1:separator",
        accepts: |w| answered_with(w, "nothing", "nothing"),
        rejects: |w| answered_with(w, "=5;mc_implicit", "=5:mc_implicit"),
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.380-12.1.2.2:digits",
        accepts: |w| answered_with(w, "nothing", "nothing"),
        rejects: |w| {
            w.priority = 10;
            answered_with(w, "mc_priority=10", "mc_priority=05");
        },
        unarmed: "alice registers",
        also: &[],
    },
    Row {
        requirement: "24.380-14.5",
        accepts: |w| invited_again(w, false),
        rejects: |w| invited_again(w, true),
        unarmed: "idle call",
        also: &[],
    },
];
