//! The binary as an operator meets it.
#![cfg(all(feature = "driver", feature = "demo"))]

use std::net::UdpSocket;
use std::path::PathBuf;
use std::process::{Command, Output};

use mcptt_server::config;
use mcptt_server::demo::{MAX_USERS, MIN_MEMBERS};

fn run(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mcptt-server")).args(arguments).output().expect("the binary runs")
}

fn text(octets: &[u8]) -> String {
    String::from_utf8(octets.to_vec()).expect("the output is text")
}

/// What a run that fails says; it must say nothing on standard output.
fn complaint(arguments: &[&str]) -> String {
    let output = run(arguments);
    assert!(!output.status.success(), "{arguments:?} succeeds");
    assert_eq!(text(&output.stdout), "", "{arguments:?}");
    text(&output.stderr)
}

/// A configuration file for one test.
struct File(PathBuf);

impl File {
    fn new(name: &str, content: &str) -> Self {
        let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        std::fs::write(&path, content).expect("the folder for temporary files can be written");
        Self(path)
    }

    fn path(&self) -> &str {
        self.0.to_str().expect("the path is text")
    }
}

impl Drop for File {
    fn drop(&mut self) {
        // A file that stays behind does no harm.
        let _ = std::fs::remove_file(&self.0);
    }
}

#[test]
fn what_config_prints_is_what_check_accepts() {
    let printed = run(&["config"]);
    assert!(printed.status.success());
    assert_eq!(text(&printed.stdout), config::DEFAULT);
    let file = File::new("printed.toml", &text(&printed.stdout));
    let checked = run(&["check", "--config", file.path()]);
    assert!(checked.status.success(), "{}", text(&checked.stderr));
    assert_eq!(text(&checked.stdout), format!("{} is valid\n", file.path()));
}

#[test]
fn check_names_the_setting_its_value_and_what_is_allowed() {
    let table = [
        ("range.toml", "[floor]\nT1 = \"9s\"", "floor.T1 = 9s: allowed is 100ms to 6s"),
        ("dscp.toml", "[media]\nsip-dscp = 64", "media.sip-dscp = 64: allowed is 0 to 63"),
    ];
    for (name, content, expected) in table {
        let file = File::new(name, content);
        assert_eq!(complaint(&["check", "--config", file.path()]), format!("mcptt-server: {expected}\n"));
    }
    let file = File::new("spelling.toml", "[sip]\nparticipatng = \"127.0.0.1:5060\"");
    let said = complaint(&["check", "--config", file.path()]);
    assert!(said.contains("line 2") && said.contains("participatng"), "{said}");
    let said = complaint(&["check", "--config", "no-such-file.toml"]);
    assert!(said.contains("no-such-file.toml"), "{said}");
}

#[test]
fn help_mentions_every_verb() {
    let help = run(&["--help"]);
    assert!(help.status.success());
    let help = text(&help.stdout);
    for verb in ["serve", "demo", "check", "config", "events", "token"] {
        let mentioned = help.lines().any(|line| line.trim_start().starts_with(&format!("{verb} ")));
        assert!(mentioned, "{verb} is missing in:\n{help}");
        assert!(run(&[verb, "--help"]).status.success());
    }
    assert!(!run(&["sing"]).status.success());
}

#[test]
fn demo_refuses_a_call_that_is_too_small() {
    let too_few = (MIN_MEMBERS - 1).to_string();
    let said = complaint(&["demo", "--members", &too_few, "--out", "never-written"]);
    let expected = format!("mcptt-server: --members = {too_few}: allowed is {MIN_MEMBERS} to {MAX_USERS}\n");
    assert_eq!(said, expected);
    assert!(!PathBuf::from("never-written").exists());
}

#[test]
fn serve_names_the_address_that_is_taken() {
    let taken = UdpSocket::bind("127.0.0.1:0").expect("a port is free");
    let address = taken.local_addr().expect("a bound socket has an address");
    let file = File::new("taken.toml", &format!("[sip]\nparticipating = \"{address}\""));
    let said = complaint(&["serve", "--config", file.path()]);
    assert!(said.contains(&format!("cannot listen on {address}")), "{said}");
}
