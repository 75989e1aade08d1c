//! `run --target` against the server as an operator starts it.

use std::net::UdpSocket;
use std::path::PathBuf;

use conformance::bundle::verify;
use conformance::cli::{Exit, run};

use super::server::{Server, binary};

struct Ran {
    exit: Exit,
    out: String,
}

fn ran(arguments: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(["mcptt-conformance"].iter().chain(arguments), &mut out, &mut err);
    let text = |octets| String::from_utf8(octets).expect("output is text");
    Ran { exit, out: text(out) + &text(err) }
}

/// A folder of its own with a target file.
fn target(name: &str, base: u16, more: &str) -> (PathBuf, String) {
    let folder = std::env::temp_dir().join(format!("mcptt-live-{}-{name}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let file = folder.join("target.toml");
    let text = format!(
        "[target]\nname = \"mcptt-server\"\n[ixit]\nparticipating = \"127.0.0.1:{base}\"\nfirst-port = {}\nresponse = \"3s\"\n{more}",
        base + 200
    );
    std::fs::write(&file, text).expect("the target file is written");
    let path = file.to_str().expect("a path of letters").to_owned();
    (folder, path)
}

#[test]
fn cases_pass_against_a_server_that_somebody_else_has_started_and_leave_evidence() {
    let server = Server::start(21_000, &[]);
    let (folder, file) = target("passes", 21_000, "");
    let bundle = folder.join("run.tar");
    let bundle = bundle.to_str().expect("a path of letters");
    let cases = ["REG-03/unknown", "AFF-01/expires", "FC-01/grant", "ROB-01/cancel"];
    let arguments = [&["run", "--target", &file, "--bundle", bundle][..], &cases].concat();
    let Ran { exit, out } = ran(&arguments);
    assert_eq!(exit, Exit::AsExpected, "{out}");
    assert!(out.contains("executed 4  pass 4") && out.contains("calibration: jitter"), "{out}");
    let archive = std::fs::read(bundle).expect("the bundle was written");
    let checked = verify(&archive, None, true).expect("the bundle is good");
    assert_eq!(checked.cases.len(), 4);
    server.must_be_sound();
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn with_control_every_case_has_the_provisioning_that_it_needs() {
    let program = binary().display().to_string();
    let control = format!(
        "controlling = \"127.0.0.1:21302\"\n[configuration.media]\naudio-ports = [21310, 21325]\nfloor-ports = [21330, 21337]\n\
         [configuration.pre-established]\naudio-ports = [21340, 21355]\nfloor-ports = [21360, 21367]\n\
         [control]\nstart = [\"{program}\", \"serve\", \"--log\", \"error\", \"--config\", \"{{config}}\"]\n"
    );
    let (folder, file) = target("control", 21_300, &control);
    let cases = [
        "REG-01/third-party",
        "REG-05/token",
        "PC-03/asked",
        "GC-10/peril",
        "FC-06/full",
        "MED-02/replay",
        "ROB-02/stream",
    ];
    let arguments = [&["run", "--target", &file][..], &cases].concat();
    let Ran { exit, out } = ran(&arguments);
    assert_eq!(exit, Exit::AsExpected, "{out}");
    assert!(out.contains("executed 7  pass 7"), "{out}");
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn a_target_that_nobody_has_started_is_never_green() {
    let (folder, file) = target("dead", 21_600, "");
    let Ran { exit, out } = ran(&["run", "--target", &file, "REG-*"]);
    assert_eq!(exit, Exit::TooFew, "{out}");
    assert!(out.contains("TARGET UNHEALTHY") && out.contains("executed 0  pass 0"), "{out}");
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn a_target_that_answers_nonsense_is_never_green() {
    let socket = UdpSocket::bind("127.0.0.1:22200").expect("a port is free");
    std::thread::spawn(move || {
        let mut datagram = [0; 65_536];
        while let Ok((_, source)) = socket.recv_from(&mut datagram) {
            let _ = socket.send_to(b"SIP/2.0 200 OK\r\n\r\n", source);
        }
    });
    let (folder, file) = target("nonsense", 22_200, "");
    let Ran { exit, out } = ran(&["run", "--target", &file, "REG-*", "FC-01/grant"]);
    assert_eq!(exit, Exit::TooFew, "{out}");
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}

#[test]
fn a_target_that_dies_half_way_is_one_failure_and_not_many() {
    let server = Server::start(21_900, &[]);
    let (folder, file) = target("dies", 21_900, "");
    // The first case is under way, and there are many.
    server.forget_log();
    let killer = std::thread::spawn(move || {
        server.wait_for("participant-joined");
        drop(server);
    });
    let Ran { exit, out } = ran(&["run", "--target", &file, "FC-1*", "FC-0*"]);
    killer.join().expect("the server is stopped");
    assert_eq!(exit, Exit::Unexpected, "{out}");
    assert!(out.contains("TARGET UNHEALTHY"), "{out}");
    assert!(!out.contains("\nFAIL "), "{out}");
    assert!(out.contains("target-unhealthy"), "{out}");
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}
