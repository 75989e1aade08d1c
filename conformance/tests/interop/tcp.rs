//! `run --target` over SIP in TCP, and what a run of continuous integration says about itself.

use std::io::BufReader;
use std::path::Path;

use conformance::bundle::verify;
use conformance::capture::{Frame, Protocol, Reader, Transport, classify};
use conformance::cli::{Exit, run};

use super::server::Server;

const BASE: u16 = 22_500;
/// First port of the tester's clients.
const TESTER: u16 = 22_600;
/// A few of each kind: refused and accepted, a subscription's worth of state, calls with talking.
const CASES: [&str; 6] = [
    "REG-03/unknown",
    "AFF-01/expires",
    "FC-01/grant",
    "FC-06/deny",
    "ROB-01/cancel",
    // What must not happen is known when the time for an answer is over.
    "EA-01/receipt",
];

fn ran(arguments: &[&str]) -> (Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(["mcptt-conformance"].iter().chain(arguments), &mut out, &mut err);
    let text = |octets| String::from_utf8(octets).expect("output is text");
    (exit, text(out) + &text(err))
}

fn frames(capture: &Path) -> Vec<Frame> {
    let file = std::fs::File::open(capture).expect("the capture was written");
    let frames = Reader::new(BufReader::new(file)).expect("a capture");
    frames.map(|frame| frame.expect("a frame")).collect()
}

#[test]
fn cases_pass_over_tcp_and_a_run_says_what_it_has_armed_on_each_path() {
    let server = Server::start(BASE, &[]);
    let folder = std::env::temp_dir().join(format!("mcptt-tcp-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    let path = |name: &str| folder.join(name).to_str().expect("a path of letters").to_owned();
    let target = |transport: &str| {
        let file = path(&format!("{transport}.toml"));
        let text = format!(
            "[target]\nname = \"mcptt-server\"\n[ixit]\nparticipating = \"127.0.0.1:{BASE}\"\ntransport = \"{transport}\"\n\
             first-port = {TESTER}\nresponse = \"3s\"\n"
        );
        std::fs::write(&file, text).expect("the target file is written");
        file
    };
    let (out, bundle) = (path("out"), path("run.tar"));
    let arguments = ["run", "--target", &target("tcp"), "--out", &out, "--bundle", &bundle];
    let (exit, said) = ran(&[&arguments[..], &CASES].concat());
    assert_eq!(exit, Exit::AsExpected, "{said}");
    assert!(said.contains(&format!("executed {0}  pass {0}", CASES.len())), "{said}");
    let archive = std::fs::read(&bundle).expect("the bundle was written");
    let checked =
        verify(&archive, None, true).expect("it is judged again from segments and comes to the same");
    assert_eq!(checked.cases.len(), CASES.len());
    let frames = frames(&folder.join("out/FC-01-grant.pcapng"));
    let (signalling, media): (Vec<&Frame>, Vec<&Frame>) =
        frames.iter().partition(|frame| classify(&frame.payload) == Protocol::Sip);
    assert!(signalling.len() > 10 && signalling.iter().all(|frame| frame.transport == Transport::Tcp));
    assert!(!media.is_empty() && media.iter().all(|frame| frame.transport == Transport::Udp));
    assert!(signalling.iter().any(|frame| frame.payload.windows(13).any(|text| text == b"\nVia: SIP/2.0")));

    let report = path("ci.jsonl");
    let json = format!("json={report}");
    let arguments = ["run", "--target", &target("udp"), "--profile", "ci", "--report", &json];
    let (exit, said) = ran(&[&arguments[..], &CASES[..3]].concat());
    assert_eq!(exit, Exit::AsExpected, "{said}");
    let line = said.lines().find(|line| line.starts_with("armed by path: live "));
    assert!(line.is_some_and(|line| line.contains("  replay ") && line.contains("  property ")), "{said}");
    let report = std::fs::read_to_string(report).expect("the report was written");
    let head: serde_json::Value = serde_json::from_str(report.lines().next().expect("a line")).expect("JSON");
    let of = |path: &str| head["armed_by_path"][path].as_u64().expect("a number");
    let all = head["armed"].as_u64().expect("a number");
    assert!(of("live") >= 20 && of("replay") >= 150 && of("property") >= 50, "{head}");
    assert!(all >= of("replay") && all <= of("live") + of("replay") + of("property"), "{head}");
    server.must_be_sound();
    std::fs::remove_dir_all(folder).expect("the folder is ours");
}
