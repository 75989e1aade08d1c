//! Phones that nobody has made for us talk, the server records, is killed, and starts again; figures are asked for meanwhile.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Output};
use std::time::Duration;

use super::baresip::{GROUP, Phone, group};
use super::server::{Server, binary};
use super::tool::{is_there, printed};

const PATIENCE: Duration = Duration::from_secs(60);

/// What a server of figures answers: the whole of it.
fn get(address: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("figures are served");
    stream.set_read_timeout(Some(PATIENCE)).expect("a timeout can be set");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").expect("it reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("it answers in text");
    answer
}

/// The value of a figure.
fn figure(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no {name} in\n{text}")).parse().expect("a number")
}

/// Waits for something for a minute, or longer where looking takes its time.
fn until(what: &str, mut is: impl FnMut() -> bool) {
    for _ in 0..1_200 {
        if is() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    panic!("{what}");
}

fn recordings(folder: &Path, arguments: &[&str]) -> Output {
    Command::new(binary())
        .arg("recordings")
        .arg("--directory")
        .arg(folder)
        .args(arguments)
        .output()
        .expect("it runs")
}

#[test]
fn what_phones_say_is_recorded_through_the_end_of_the_process_and_measured() {
    if !is_there("baresip", "baresip") {
        return;
    }
    let folder = std::env::temp_dir().join(format!("mcptt-interop-{}-recordings", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let group = group("recording = true\n");
    let directory = format!("directory = {:?}", folder.display().to_string());
    let changes = [
        ("plain-calls = false", "plain-calls = true"),
        ("[[group]]\nid = \"sip:fire-1@mc.example.org\"", group.as_str()),
        ("directory = \"\"", directory.as_str()),
        ("# http = \"127.0.0.1:9464\"", "http = \"127.0.0.1:23390\""),
    ];
    let server = Server::start(23300, &changes);
    let mut alice = Phone::call("alice", 23420, &server.address);
    alice.wait_for("Call established");
    let mut bob = Phone::call("bob", 23480, &server.address);
    bob.wait_for("Call established");
    bob.wait_for("incoming rtp for 'audio' established");
    let metrics = "127.0.0.1:23390";
    // Both talk at a time, a hundred packets a second, until two seconds of each have been recorded.
    until("packets are recorded", || {
        figure(&get(metrics, "/metrics"), "mcptt_recorded_packets_total") > 250.0
    });
    let text = get(metrics, "/metrics");
    assert!(text.starts_with("HTTP/1.1 200 OK\r\n") && text.ends_with("# EOF\n"), "{text}");
    assert!(text.contains("openmetrics-text"), "{text}");
    assert_eq!((figure(&text, "mcptt_calls"), figure(&text, "mcptt_recording_drops_total")), (1.0, 0.0));
    assert!(
        figure(&text, "mcptt_registered_contacts") >= 2.0
            && figure(&text, "mcptt_rtp_packets_sent_total") > 100.0
    );
    let invites =
        "mcptt_sip_requests_total{function=\"participating\",direction=\"received\",method=\"INVITE\"}";
    assert!(figure(&text, invites) >= 2.0);
    assert!(get(metrics, "/healthz").starts_with("HTTP/1.1 200 OK"));
    assert!(get(metrics, "/readyz").starts_with("HTTP/1.1 200 OK"));
    assert!(get(metrics, "/else").starts_with("HTTP/1.1 404 "));
    // No farewell: the process is killed in the middle of a word.
    drop(server);
    drop((alice, bob));
    let server = Server::start(23300, &changes);
    let output = recordings(&folder, &["--verify"]);
    assert!(output.status.success(), "{}", printed(&output));
    let output = recordings(&folder, &["--group", GROUP, "--format", "json"]);
    let lines = String::from_utf8(output.stdout).expect("text");
    let told: Vec<serde_json::Value> =
        lines.lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    let mut talkers: Vec<_> = told.iter().filter_map(|one| one["mcptt_id"].as_str()).collect();
    talkers.sort_unstable();
    assert_eq!(talkers, ["sip:alice@mc.example.org", "sip:bob@mc.example.org"], "{lines}");
    for one in &told {
        assert_eq!((&one["complete"], one["tier"].as_str()), (&false.into(), Some("normal")), "{one}");
        let path = folder.join(one["file"].as_str().expect("a file"));
        let octets = std::fs::read(&path).expect("the file is there");
        // A second of 16 bit samples at the least, and the tone that was played.
        assert!(octets.len() > 16_000 && octets.starts_with(b"RIFF"), "{one}");
        if is_there("opusenc", "opus-tools") {
            let encoded = path.with_extension("check.opus");
            let output = Command::new("opusenc").arg(&path).arg(&encoded).output().expect("opusenc runs");
            assert!(output.status.success(), "{}", printed(&output));
        }
    }
    server.must_be_sound();
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}
