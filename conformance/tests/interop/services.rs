//! The services besides the group call, driven by SIPp on both sides: chat group, private call that is answered by hand,
//! emergency by re-INVITE and its end, emergency alert and its end. Everything that the server says is dissected by tshark.

use std::path::PathBuf;
use std::process::Command;

use super::dissection::{kept, must_be_well_formed};
use super::server::Server;
use super::sipp::{FIRE, Playing, User, log_in, sipp};
use super::tool::{interop_folder, is_there, printed};

const TALK: &str = "sip:talk-1@mc.example.org";
const BOB: &str = "sip:bob@mc.example.org";

/// Alice and bob at a server, and what they are told.
struct Stage {
    server: Server,
    alice: User,
    bob: User,
    folder: PathBuf,
}

impl Stage {
    /// `base`: the SIP port of the server; those of the users are 100 and more above. `None` where a program is missing.
    fn set(base: u16, group: &str, changes: &[(&str, &str)]) -> Option<Self> {
        if !is_there("sipp", "sip-tester") || !is_there("tshark", "tshark") {
            return None;
        }
        let folder = std::env::temp_dir().join(format!("mcptt-services-{}-{base}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a folder for temporary files");
        let alice = User { name: "alice", client: "a1", port: base + 120 };
        let bob = User { name: "bob", client: "b2", port: base + 160 };
        let server = Server::start(base, changes);
        for user in [&alice, &bob] {
            log_in(&server.address, user, group);
        }
        Some(Self { server, alice, bob, folder })
    }

    /// SIPp of one of them, whose messages are kept.
    fn sipp(&self, user: &User, scenario: &str, target: &str, pause_ms: u32) -> Command {
        let mut command = sipp(&self.server.address, user, scenario, target, pause_ms);
        command.args(["-trace_msg", "-message_file"]).arg(kept(&self.folder, user.name, scenario));
        command
    }

    /// Alice plays a scenario while bob plays his.
    fn play(&self, alice: Command, bob: Command) {
        let of_bob = Playing::start(bob);
        let mut alice = alice;
        let output = alice.output().expect("sipp runs");
        assert!(output.status.success(), "alice: {}", printed(&output));
        of_bob.must_succeed("bob");
    }

    /// How many XML bodies of each kind alice and bob have got, all of them well-formed.
    fn bodies(self, kinds: &[&str]) -> Vec<usize> {
        let roots = must_be_well_formed(&self.folder);
        println!("interop: {} XML bodies dissected by tshark: {roots:?}", roots.len());
        self.server.must_be_sound();
        std::fs::remove_dir_all(&self.folder).expect("the folder is removed");
        kinds.iter().map(|kind| roots.iter().filter(|root| root == kind).count()).collect()
    }
}

//= 24.379-10.1.2.4.1.1:noinvite test
#[test]
fn sipp_joins_and_leaves_a_chat_group() {
    // Each leaves by itself: the call goes on with one.
    let Some(stage) = Stage::set(19000, TALK, &[("release-at = 1", "release-at = 0")]) else { return };
    stage.server.forget_log();
    let of_bob = Playing::start(stage.sipp(&stage.bob, "chat", TALK, 2_000));
    stage.server.wait_for("participant-joined");
    Playing::start(stage.sipp(&stage.alice, "chat", TALK, 300)).must_succeed("alice");
    of_bob.must_succeed("bob, who was there before");
    stage.bodies(&[]);
}

//= 24.379-11.1.1.4.2:180 test
//= 24.379-11.1.1.2.1.1:9 test
#[test]
fn sipp_calls_a_user_of_sipp_who_answers_by_hand() {
    let Some(stage) = Stage::set(19200, FIRE, &[]) else { return };
    let alice = stage.sipp(&stage.alice, "private-manual", BOB, 400);
    stage.play(alice, stage.sipp(&stage.bob, "answer-manually", FIRE, 600));
    assert!(stage.bodies(&["mcpttinfo"])[0] >= 1);
}

//= 24.379-6.3.3.1.19 test
//= 24.379-10.1.1.4.7:refresh test
#[test]
fn sipp_makes_its_call_an_emergency_and_ends_that() {
    let Some(stage) = Stage::set(19400, FIRE, &[]) else { return };
    let alice = stage.sipp(&stage.alice, "emergency", FIRE, 700);
    stage.play(alice, stage.sipp(&stage.bob, "told-of-emergency", FIRE, 0));
    // The invitation, the emergency and its end.
    assert!(stage.bodies(&["mcpttinfo"])[0] >= 3);
}

//= 24.379-12.1.1.1 test
//= 24.379-12.1.3.1:fan test
#[test]
fn sipp_alerts_its_group_and_ends_the_alert() {
    let Some(stage) = Stage::set(19600, FIRE, &[]) else { return };
    for (said, heard) in [("alert", "alerted"), ("cancel-alert", "alert-over")] {
        let mut alice = stage.sipp(&stage.alice, said, FIRE, 0);
        alice.arg("-oocsf").arg(interop_folder().join("receipt.xml"));
        stage.play(alice, stage.sipp(&stage.bob, heard, FIRE, 0));
    }
    let found = stage.bodies(&["mcpttinfo", "location-info"]);
    assert!(found[0] >= 2 && found[1] == 1, "{found:?}");
}
