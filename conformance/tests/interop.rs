//! SIPp, an independent SIP client, against the real server on loopback.
//!
//! Needs `sipp` (Debian: sip-tester). Without it the test says so and passes, except in continuous integration (`CI` set), where a test
//! that did not run is a failure.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

const SERVER: &str = "127.0.0.1:5060";
/// Longest wait for a line of the log.
const PATIENCE: Duration = Duration::from_secs(20);
const FIRE: &str = "sip:fire-1@mc.example.org";
const RAIL: &str = "sip:rail-1@mc.example.org";

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the crate lies in the workspace").to_owned()
}

/// The server as an operator starts it, stopped when dropped.
struct Server {
    process: Child,
    log: mpsc::Receiver<String>,
}

impl Server {
    fn start() -> Self {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let built = Command::new(cargo)
            .args(["build", "--quiet", "--package", "mcptt-server", "--bin", "mcptt-server"])
            .current_dir(root())
            .status()
            .expect("cargo runs");
        assert!(built.success(), "the server does not build");
        let own = std::env::current_exe().expect("a test knows its own file");
        let target =
            own.ancestors().find(|dir| dir.join("deps").is_dir()).expect("tests are built below deps");
        let binary = target.parent().expect("a profile folder has a parent").join("debug/mcptt-server");
        let mut child = Command::new(binary)
            .args(["serve", "--log", "info"])
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let lines = BufReader::new(child.stderr.take().expect("the log is piped")).lines();
        let (sender, log) = mpsc::channel();
        // Keeps the pipe empty, or the server would block on its log.
        std::thread::spawn(move || lines.map_while(Result::ok).try_for_each(|line| sender.send(line)));
        let server = Self { process: child, log };
        server.wait_for("serving");
        server
    }

    /// Waits until the server logs a line with these words.
    fn wait_for(&self, words: &str) {
        let mut seen = Vec::new();
        while let Ok(line) = self.log.recv_timeout(PATIENCE) {
            if line.contains(words) {
                return;
            }
            seen.push(line);
        }
        panic!("the server never logged {words:?} but\n{}", seen.join("\n"));
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

struct User {
    name: &'static str,
    /// The end of the client ID.
    client: &'static str,
    port: u16,
}

const ALICE: User = User { name: "alice", client: "a1", port: 5081 };
const DAVE: User = User { name: "dave", client: "d4", port: 5084 };

fn sipp(user: &User, scenario: &str, group: &str, pause_ms: u32) -> Command {
    let mut command = Command::new("sipp");
    command
        .arg(SERVER)
        .args(["-i", "127.0.0.1", "-m", "1", "-nostdin", "-timeout", "15", "-timeout_error"])
        .args(["-p", &user.port.to_string(), "-mp", &(user.port + 1000).to_string()])
        .args(["-d", &pause_ms.to_string()])
        .args(["-key", "user", &format!("sip:{}@mc.example.org", user.name)])
        .args(["-key", "client", &format!("urn:uuid:00000000-0000-4000-8000-0000000000{}", user.client)])
        .args(["-key", "group", group])
        .args(["-key", "floor_port", &(user.port + 2000).to_string()])
        .arg("-sf")
        .arg(root().join("conformance/interop").join(format!("{scenario}.xml")))
        .current_dir(std::env::temp_dir())
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn run(user: &User, scenario: &str, group: &str) {
    let Output { status, stdout, stderr } = sipp(user, scenario, group, 300).output().expect("sipp runs");
    assert!(
        status.success(),
        "{scenario} as {} failed with {status}\n{}\n{}",
        user.name,
        String::from_utf8_lossy(&stdout),
        String::from_utf8_lossy(&stderr)
    );
    println!("interop: {scenario} as {}: ok", user.name);
}

fn is_there(tool: &str) -> bool {
    Command::new(tool).arg("-v").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

//= 24.379-6.3.5.2:2 test
//= 24.379-6.3.5.2:5b test
//= 24.379-10.1.1.4.2:14a test
//= 24.379-10.1.1.3.1.1:5 test
//= 24.379-6.3.3.2.3.2:hdr test
#[test]
fn sipp_registers_affiliates_calls_and_is_refused_as_it_should() {
    if !is_there("sipp") {
        assert!(std::env::var_os("CI").is_none(), "sipp is missing: apt-get install sip-tester");
        println!("NOT RUN: sipp is missing (apt-get install sip-tester)");
        return;
    }
    let server = Server::start();
    run(&ALICE, "register", FIRE);
    run(&ALICE, "refused-404-113", "sip:nobody@mc.example.org");
    run(&ALICE, "refused-403-116", RAIL);
    run(&ALICE, "refused-403-120", FIRE);
    run(&ALICE, "affiliate", FIRE);
    run(&ALICE, "call", FIRE);
    run(&ALICE, "settings", FIRE);

    run(&DAVE, "register", RAIL);
    run(&DAVE, "settings", RAIL);
    run(&DAVE, "affiliate", RAIL);
    while server.log.try_recv().is_ok() {}
    // In a thread of its own, because SIPp stops when nobody reads what it prints.
    let busy =
        std::thread::spawn(|| sipp(&User { port: DAVE.port + 20, ..DAVE }, "call", RAIL, 3000).output());
    server.wait_for("participant-joined");
    run(&DAVE, "refused-486-103", FIRE);
    let first = busy.join().expect("the thread ends").expect("sipp runs");
    assert!(first.status.success(), "the first call of dave: {}", String::from_utf8_lossy(&first.stdout));
}
