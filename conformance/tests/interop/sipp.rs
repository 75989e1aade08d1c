//! SIPp, an independent SIP client and server.

use std::process::{Child, Command, Stdio};

use super::server::Server;
use super::tool::{interop_folder, is_there, printed};

pub const FIRE: &str = "sip:fire-1@mc.example.org";
const RAIL: &str = "sip:rail-1@mc.example.org";

#[derive(Clone, Copy)]
pub struct User {
    pub name: &'static str,
    /// The end of the client ID.
    pub client: &'static str,
    pub port: u16,
}

/// SIPp of one user, towards `address`.
pub fn sipp(address: &str, user: &User, scenario: &str, group: &str, pause_ms: u32) -> Command {
    let mut command = Command::new("sipp");
    command
        .arg(address)
        .args(["-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "200", "-timeout_error"])
        .args(["-p", &user.port.to_string(), "-mp", &(user.port + 10).to_string()])
        .args(["-d", &pause_ms.to_string()])
        .args(["-key", "user", &format!("sip:{}@mc.example.org", user.name)])
        .args(["-key", "client", &format!("urn:uuid:00000000-0000-4000-8000-0000000000{}", user.client)])
        .args(["-key", "group", group])
        .args(["-key", "floor_port", &(user.port + 20).to_string()])
        .arg("-sf")
        .arg(interop_folder().join(format!("{scenario}.xml")))
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

/// Runs a scenario to its end, which must be a good one.
pub fn run(address: &str, user: &User, scenario: &str, group: &str) {
    let output = sipp(address, user, scenario, group, 300).output().expect("sipp runs");
    assert!(output.status.success(), "{scenario} as {} failed: {}", user.name, printed(&output));
    println!("interop: {scenario} as {}: ok", user.name);
}

/// The scenarios in front of a call: who is there, how it answers, which group it wants.
pub fn log_in(address: &str, user: &User, group: &str) {
    for scenario in ["register", "settings", "affiliate"] {
        run(address, user, scenario, group);
    }
}

/// A scenario that goes on while others are played. Its output is read by a thread, because SIPp stops when nobody does.
pub struct Playing(std::thread::JoinHandle<std::process::Output>);

impl Playing {
    pub fn start(mut command: Command) -> Self {
        let child: Child = command.spawn().expect("sipp runs");
        Self(std::thread::spawn(|| child.wait_with_output().expect("sipp ends")))
    }

    pub fn must_succeed(self, what: &str) {
        let output = self.0.join().expect("the thread ends");
        assert!(output.status.success(), "{what}: {}", printed(&output));
    }
}

//= 24.379-6.3.5.2:2 test
//= 24.379-6.3.5.2:5b test
//= 24.379-10.1.1.4.2:14a test
//= 24.379-10.1.1.3.1.1:5 test
//= 24.379-6.3.3.2.3.2:hdr test
#[test]
fn sipp_registers_affiliates_calls_and_is_refused_as_it_should() {
    if !is_there("sipp", "sip-tester") {
        return;
    }
    let alice = User { name: "alice", client: "a1", port: 15181 };
    let dave = User { name: "dave", client: "d4", port: 15184 };
    let server = Server::start(15000, &[]);
    let address = server.address.as_str();
    run(address, &alice, "register", FIRE);
    run(address, &alice, "refused-404-113", "sip:nobody@mc.example.org");
    run(address, &alice, "refused-403-116", RAIL);
    run(address, &alice, "refused-403-120", FIRE);
    run(address, &alice, "affiliate", FIRE);
    run(address, &alice, "call", FIRE);
    run(address, &alice, "settings", FIRE);

    log_in(address, &dave, RAIL);
    server.forget_log();
    let busy = Playing::start(sipp(address, &User { port: dave.port + 4, ..dave }, "call", RAIL, 3000));
    server.wait_for("participant-joined");
    run(address, &dave, "refused-486-103", FIRE);
    busy.must_succeed("the first call of dave");
}

#[test]
fn sipp_refreshes_a_session_and_loses_the_race_of_a_cancel() {
    if !is_there("sipp", "sip-tester") {
        return;
    }
    let alice = User { name: "alice", client: "a1", port: 15481 };
    let server = Server::start(15300, &[]);
    let address = server.address.as_str();
    log_in(address, &alice, FIRE);
    run(address, &alice, "refresh", FIRE);
    run(address, &alice, "too-short-session", FIRE);
    run(address, &alice, "cancel-race", FIRE);
    run(address, &alice, "deregister", FIRE);
    run(address, &alice, "options", FIRE);
}

/// Three threads behind one pair of addresses: SIPp does not notice.
#[test]
fn sipp_calls_a_server_of_several_shards() {
    if !is_there("sipp", "sip-tester") {
        return;
    }
    let server = Server::start(17600, &[("shards = 1", "shards = 3")]);
    let address = server.address.as_str();
    for (name, client, port) in [("alice", "a1", 17701), ("bob", "b2", 17704), ("carol", "c3", 17707)] {
        let user = User { name, client, port };
        log_in(address, &user, FIRE);
        run(address, &user, "call", FIRE);
    }
}

/// The called client answers reliably (RFC 3262): the server acknowledges with PRACK.
//= RFC3262-prack test
#[test]
fn the_server_acknowledges_reliable_ringing_of_sipp() {
    if !is_there("sipp", "sip-tester") {
        return;
    }
    let alice = User { name: "alice", client: "a1", port: 15781 };
    let bob = User { name: "bob", client: "b2", port: 15784 };
    let server = Server::start(15600, &[]);
    let address = server.address.as_str();
    log_in(address, &alice, FIRE);
    log_in(address, &bob, FIRE);
    let called = Playing::start(sipp(address, &bob, "answer-reliably", FIRE, 0));
    run(address, &alice, "call", FIRE);
    called.must_succeed("bob, who is called");
}

/// SIPp calls over a session that it has established before; the one that it calls is invited. That the session is used,
/// and free again, is told on its floor control channel, which SIPp does not read: the log says so.
//= 24.379-8.2.2:9 test
//= 24.379-10.1.1.3.1.2:refer test
//= 24.379-10.1.1.3.1.2:norefersub test
//= 24.379-11.1.3.2.1.2:server test
#[test]
fn sipp_calls_over_a_pre_established_session() {
    if !is_there("sipp", "sip-tester") {
        return;
    }
    let alice = User { name: "alice", client: "a1", port: 16081 };
    let bob = User { name: "bob", client: "b2", port: 16084 };
    let server = Server::start(15900, &[]);
    let address = server.address.as_str();
    log_in(address, &alice, FIRE);
    log_in(address, &bob, FIRE);
    server.forget_log();
    let called = Playing::start(sipp(address, &bob, "answer-reliably", FIRE, 0));
    let caller = Playing::start(sipp(address, &alice, "pre-established-call", FIRE, 1500));
    for event in
        ["session-established", "session-in-use", "participant-joined", "session-free", "session-released"]
    {
        server.wait_for(event);
    }
    caller.must_succeed("alice, who has a session");
    called.must_succeed("bob, who is called");
}
