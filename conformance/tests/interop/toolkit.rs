//! The verbs of the toolkit that speak to somebody: over real sockets, against the server as an operator starts it.

use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use super::server::{Server, binary};

fn toolkit(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_mcptt-conformance"))
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .expect("the toolkit runs")
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// A folder of its own with a target file for the server at these ports, or for one that the tester starts there.
fn target(name: &str, base: u16, tester: u16, started: bool) -> (PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("mcptt-toolkit-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let mut file = format!(
        "[target]\nname = \"mcptt-server\"\n[ixit]\nparticipating = \"127.0.0.1:{base}\"\nfirst-port = {tester}\nresponse = \"2s\"\n"
    );
    if started {
        let at = |offset: u16| base + offset;
        file += &format!(
            "controlling = \"127.0.0.1:{}\"\n[configuration.media]\naudio-ports = [{}, {}]\nfloor-ports = [{}, {}]\n\
             [configuration.pre-established]\naudio-ports = [{}, {}]\nfloor-ports = [{}, {}]\n\
             [control]\nstart = [\"{}\", \"serve\", \"--log\", \"error\", \"--config\", \"{{config}}\"]\n",
            at(2),
            at(10),
            at(25),
            at(30),
            at(37),
            at(40),
            at(55),
            at(60),
            at(67),
            binary().display()
        );
    }
    let path = folder.join("target.toml");
    std::fs::write(&path, file).expect("the target file is written");
    let path = path.to_str().expect("a path of letters").to_owned();
    (folder, path)
}

#[test]
fn our_own_client_is_judged_behind_its_shim() {
    let own = env!("CARGO_BIN_EXE_mcptt-conformance");
    let ports = ["--port", "27000", "--first-port", "27010"];
    let arguments = [&["client", "CL-01/joins", "CL-03/listens"][..], &ports, &["--", own, "ue"]].concat();
    let output = toolkit(&arguments);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.contains("2 of 2 scenarios executed") && !text.contains("inconclusive"), "{text}");
}

#[test]
fn a_scripted_foreign_shim_is_heard_and_one_that_says_yes_to_everything_is_refused() {
    let client = |script: &str, port: &str, first: &str| {
        toolkit(&[
            "client",
            "CL-01/joins",
            "--port",
            port,
            "--first-port",
            first,
            "--",
            "sh",
            "-c",
            script,
            "shim",
        ])
    };
    let none = client("echo ready; while read line; do echo unsupported; done", "27200", "27210");
    assert_eq!(none.status.code(), Some(3), "{}", text(&none));
    assert!(text(&none).contains("not supported") && text(&none).contains("0 of 1"), "{}", text(&none));
    let liar = client("echo ready; while read line; do echo registered; done", "27200", "27210");
    assert_eq!(liar.status.code(), Some(4), "{}", text(&liar));
    assert!(text(&liar).contains("does not say 'unsupported'"), "{}", text(&liar));
    let mute = client("exit 89", "27200", "27210");
    assert_eq!(mute.status.code(), Some(4), "{}", text(&mute));
}

#[test]
fn hostile_datagrams_leave_the_server_healthy() {
    let server = Server::start(27400, &[]);
    let (folder, file) = target("fuzz", 27400, 27500, false);
    let output = toolkit(&["fuzz", "--target", &file, "--count", "400", "--seconds", "60", "--rate", "2000"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(text(&output).contains("400 datagrams sent"), "{}", text(&output));
    server.must_be_sound();
    let dead = toolkit(&["fuzz", "--target", &file, "--count", "10"]);
    assert_eq!(dead.status.code(), Some(3), "nobody is there: {}", text(&dead));
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn a_load_is_measured_in_percentiles_and_judged() {
    let server = Server::start(27700, &[]);
    let (folder, file) = target("load", 27700, 27800, false);
    let output = toolkit(&["load", "--target", &file, "--seconds", "3", "--limit", "grant=60000"]);
    let text = text(&output);
    assert_eq!(output.status.code(), Some(0), "{text}");
    for step in ["join", "grant", "taken", "voice", "idle"] {
        let line = text.lines().find(|line| line.starts_with(step));
        let count = line.and_then(|line| line.split_whitespace().nth(1)?.parse::<u32>().ok());
        assert!(count.is_some_and(|count| count > 0), "{step}: {text}");
    }
    assert!(text.contains(" 0 violated"), "{text}");
    server.must_be_sound();
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn an_onlooker_between_clients_and_server_sees_what_the_actors_see() {
    let server = Server::start(28000, &[]);
    let (folder, file) = target("tap", 28100, 28300, false);
    let mut tap = Command::new(env!("CARGO_BIN_EXE_mcptt-conformance"))
        .args(["tap", "--proxy", "127.0.0.1:28100=127.0.0.1:28000", "--first-port", "28200"])
        .args(["--seconds", "3000", "--until-end-of-input", "--jitter-ms", "2000"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the toolkit runs");
    let mut said = BufReader::new(tap.stdout.take().expect("its output is piped"));
    let mut tap_says = String::new();
    said.read_line(&mut tap_says).expect("it says where it stands");
    let actors = toolkit(&["run", "--target", &file, "FC-01/grant", "REG-03/unknown"]);
    drop(tap.stdin.take());
    said.read_to_string(&mut tap_says).expect("it says what it saw");
    let tap = tap.wait().expect("the onlooker ends by itself");
    let actors_say = text(&actors);
    assert_eq!(actors.status.code(), Some(0), "{actors_say}\n{tap_says}");
    assert!(actors_say.contains("executed 2  pass 2"), "{actors_say}");
    assert_eq!(tap.code(), Some(0), "{tap_says}");
    assert!(tap_says.contains("violated 0") && !tap_says.contains(" 0 requirements"), "{tap_says}");
    server.must_be_sound();
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn a_script_of_a_client_says_what_is_missing() {
    let server = Server::start(28500, &[]);
    let folder = std::env::temp_dir().join(format!("mcptt-toolkit-{}-ue", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let script = |name: &str, lines: &str| {
        let path = folder.join(name);
        std::fs::write(&path, lines).expect("the script is written");
        path.to_str().expect("a path of letters").to_owned()
    };
    let ue = |script: &str, port: &str| {
        let user = ["--user", "sip:alice@mc.example.org", "--first-port", port];
        toolkit(&[&["ue", "--server", "127.0.0.1:28500", "--script", script][..], &user].concat())
    };
    let good = script(
        "good",
        "# a call of one\nregister\nexpect registered\naffiliate sip:fire-1@mc.example.org\nexpect affiliated\n\
         call sip:fire-1@mc.example.org\nexpect in-call\nraw 0d0a0d0a\nptt-down\nexpect floor denied 3\nleave\nwait 300\n",
    );
    let output = ue(&good, "28600");
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let bad = script("bad", "register\nexpect registered\nwhistle\nexpect floor granted\n");
    let output = ue(&bad, "28610");
    assert_eq!(output.status.code(), Some(1), "{}", text(&output));
    assert!(text(&output).contains("unsupported\nmissing floor granted"), "{}", text(&output));
    server.must_be_sound();
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn a_false_claim_is_a_contradiction() {
    let (folder, file) = target("probe", 28700, 28800, true);
    let text = std::fs::read_to_string(&file).expect("the target file is there");
    let denied = text.replace("[ixit]", "[pics]\nadhoc-calls = false\n[ixit]");
    std::fs::write(&file, denied).expect("the target file is written");
    let output = toolkit(&["pics", "probe", &file]);
    let said = self::text(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    let line = said.lines().find(|line| line.starts_with("adhoc-calls")).expect("a line for the claim");
    assert!(
        line.contains("claimed no") && line.contains("observed yes") && line.contains("CONTRADICTION"),
        "{said}"
    );
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn a_budget_that_is_over_says_so() {
    let server = Server::start(28900, &[]);
    let (folder, file) = target("budget", 28900, 29000, false);
    let output = toolkit(&[
        "run",
        "--target",
        &file,
        "FC-12/*",
        "FC-04/repeat",
        "--case-budget",
        "2s",
        "--min-executed",
        "0",
    ]);
    let said = text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("budget-exhausted") && said.contains("executed 0"), "{said}");
    server.must_be_sound();
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}
