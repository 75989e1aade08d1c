use super::*;
use crate::catalogue::{Catalogue, spell_out};

struct Ran {
    exit: Exit,
    out: String,
    err: String,
}

fn ran(arguments: &[&str]) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(["mcptt-conformance"].iter().chain(arguments), &mut out, &mut err);
    Ran { exit, out: String::from_utf8(out).unwrap(), err: String::from_utf8(err).unwrap() }
}

fn refused(arguments: &[&str]) -> String {
    let Ran { exit, out, err } = ran(arguments);
    assert_eq!((exit, out.as_str()), (Exit::Usage, ""), "{err}");
    err
}

/// A folder of its own below the folder for temporary files, removed at the end.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcptt-conformance-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, name: &str, content: impl AsRef<[u8]>) -> String {
        let path = self.0.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn help_is_no_error_and_shows_examples_and_exit_status() {
    let help = ran(&["--help"]);
    assert_eq!((help.exit, help.err.as_str()), (Exit::AsExpected, ""));
    for part in ["Examples:", "explain 24.380-6.3.4.3.3:1a", "Exit status:", "5 denied inconclusive"] {
        assert!(help.out.contains(part), "{}", help.out);
    }
    for verb in [
        "list", "explain", "trace", "decode", "encode", "generate", "diff", "diagram", "timers", "run",
        "pics", "bundle", "expect", "doctor", "shrink", "tap",
    ] {
        let help = ran(&[verb, "--help"]);
        assert_eq!(help.exit, Exit::AsExpected);
        assert!(help.out.contains("Examples:"), "{}", help.out);
    }
}

#[test]
fn wrong_usage_is_status_2() {
    assert!(refused(&[]).contains("Usage:"));
    assert!(refused(&["dance"]).contains("dance"));
    assert!(refused(&["list", "--format", "xml"]).contains("xml"));
    assert_eq!(refused(&["list", "nonsense*"]), "mcptt-conformance: nothing goes by 'nonsense*'\n");
    assert_eq!(
        refused(&["list", "level:must"]),
        "mcptt-conformance: unknown level 'must': known are shall should may\n"
    );
}

#[test]
fn list_names_what_is_selected() {
    let table = ran(&["list", "24.380-6.3.4.3.3:1?"]);
    assert_eq!(table.exit, Exit::AsExpected);
    let lines: Vec<&str> = table.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", table.out);
    assert!(lines[0].starts_with("requirement          level  role    release  confidence  title"));
    assert!(lines[1].starts_with("24.380-6.3.4.3.3:1a  shall  server  13       "));
    let all = Catalogue::embedded().unwrap().len();
    assert_eq!(lines[3], format!("2 of {all} requirements"));

    let json = ran(&["list", "24.380-6.3.4.3.3:1?", "--format", "json"]).out;
    let ids: Vec<String> = json
        .lines()
        .map(|line| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"].as_str().unwrap().to_owned()
        })
        .collect();
    assert_eq!(ids, ["24.380-6.3.4.3.3:1a", "24.380-6.3.4.3.3:1b"]);

    let md = ran(&["list", "RFC8101-rp", "--format", "md"]).out;
    assert!(
        md.starts_with("| requirement | level | role | release | confidence | title |\n|---|---|"),
        "{md}"
    );
    assert!(md.contains("| RFC8101-rp | shall |"), "{md}");
}

#[test]
fn explain_says_it_in_our_words() {
    let text = ran(&["explain", "24.380-6.3.4.3.3:1a"]);
    assert_eq!(text.exit, Exit::AsExpected);
    let catalogue = crate::catalogue::Catalogue::embedded().unwrap();
    let requirement = catalogue.get("24.380-6.3.4.3.3:1a").unwrap();
    for part in [
        format!(
            "24.380-6.3.4.3.3:1a  {}\nshall, server, since release 13, confidence high\n",
            requirement.title
        ),
        "Clause     TS 24.380 6.3.4.3.3\n".to_owned(),
        format!("In words   {}\n", spell_out(&requirement.summary)),
        format!("Arms when  {}\n", spell_out(&requirement.stimulus)),
        format!("Must       {}\n", spell_out(&requirement.expected)),
    ] {
        assert!(text.out.contains(&part), "{part}\n{}", text.out);
    }
    let err = refused(&["explain", "24.380-6.3.4.3.3:9"]);
    assert!(err.starts_with(
        "mcptt-conformance: no requirement '24.380-6.3.4.3.3:9'; near it: 24.380-6.3.4.3.3:1a "
    ));
    assert_eq!(refused(&["explain", "x"]), "mcptt-conformance: no requirement 'x'; see 'list'\n");
}

#[test]
fn explain_writes_a_test_purpose_for_any_id() {
    let catalogue = crate::catalogue::Catalogue::embedded().unwrap();
    for requirement in catalogue.requirements() {
        let mut out = Vec::new();
        explain::purpose(requirement, &mut out).unwrap();
        let purpose = String::from_utf8(out).unwrap();
        let (when, then) = (spell_out(&requirement.stimulus), spell_out(&requirement.expected));
        for part in ["Initial conditions", "ensure that {", "Pass criteria", &when, &then] {
            assert!(purpose.contains(part), "{}: {part}", requirement.id);
        }
    }
    assert_eq!(ran(&["explain", "24.380-6.3.4.3.3:1a", "--format", "purpose"]).exit, Exit::AsExpected);
}

#[test]
fn trace_shows_a_tree_and_checks_it() {
    let folder = Folder::new("trace");
    let entry = "title = \"t\"\n[[clause]]\nid = \"24.380-6.3.4.1:a\"\nclause = \"6.3.4.1\"\ntitle = \"Dropped\"\n\
                 role = \"server\"\nrelease = \"13\"\nlevel = \"shall\"\nsummary = \"s\"\nstimulus = \"s\"\n\
                 expected = \"e\"\ntimers = []\nconfidence = \"high\"\nsources = []\n";
    folder.file("specs/24.380/6.3.4.toml", entry);
    folder.file("Cargo.toml", "[workspace]\n");
    folder.file("plane/src/lib.rs", "fn f() {\n    //= 24.380-6.3.4.1:a\n}\n");
    let root = folder.0.to_str().unwrap();

    let json = ran(&["trace", "--root", root, "--format", "json"]);
    assert_eq!(
        json.out,
        "{\"id\":\"24.380-6.3.4.1:a\",\"spec\":\"24.380\",\"role\":\"server\",\"level\":\"shall\",\
         \"code\":[\"plane/src/lib.rs:2\"],\"tests\":[],\"armed\":0,\"held\":0,\"violated\":0,\"exception\":null}\n"
    );
    let check = ran(&["trace", "--root", root, "--check"]);
    assert_eq!(check.exit, Exit::Unexpected);
    assert_eq!(
        check.out,
        "plane/src/lib.rs:2: 24.380-6.3.4.1:a is cited in code but by no test\n\
         specs/coverage.txt: + 24.380-6.3.4.1:a  shall   code yes  1  test no   0  no test\n\
         1 requirements, 1 citations, 2 complaints\n"
    );

    folder.file("plane/tests/a.rs", "//= 24.380-6.3.4.1:a test\n#[test]\nfn dropped() {}\n");
    folder.file("specs/coverage.txt", "24.380-6.3.4.1:a  shall   code yes  1  test yes  1\n");
    let check = ran(&["trace", "--root", root, "--check"]);
    assert_eq!(
        check.out,
        "specs/coverage.txt: the order of lines or the head of the file differs\n1 requirements, 2 citations, 1 complaints\n"
    );
    assert!(ran(&["trace", "--root", root]).out.contains("24.380-6.3.4.1:a  shall  server  1     1      -"));
    assert!(refused(&["trace", "--root", "/nowhere"]).starts_with("mcptt-conformance: /nowhere/specs: "));
    assert!(refused(&["trace", "--check", "--format", "md"]).contains("cannot be used with"));
}

#[test]
fn decode_takes_digits_with_blanks_and_colons() {
    let minimal = "80cc0002112233444d435054";
    let json = ran(&["decode", "--format", "json", "--hex", minimal, "0x80:CC:00:02 11223344 4d435054"]);
    assert_eq!(json.exit, Exit::AsExpected, "{}", json.err);
    let lines: Vec<&str> = json.out.lines().collect();
    assert_eq!(lines.len(), 2);
    assert_eq!(lines[0], lines[1]);
    assert_eq!(
        lines[0],
        "{\"packets\":[{\"name\":\"MCPT\",\"subtype\":0,\"message\":\"Floor Request\",\"ack_requested\":false,\
         \"ssrc\":287454020,\"fields\":[],\"deviations\":[],\"field_offsets\":[],\"offset\":0,\"octets\":12}],\
         \"trailing_octets\":0,\"error\":null}"
    );
    assert_eq!(
        ran(&["decode", "--hex", minimal]).out,
        "     0  MCPT  Floor Request  subtype 0  SSRC 11223344\n"
    );
    assert_eq!(
        refused(&["decode", "--hex", "80c"]),
        "mcptt-conformance: --hex: 3 digits do not make whole octets\n"
    );
    assert_eq!(
        refused(&["decode", "--hex", "80", "8g"]),
        "mcptt-conformance: --hex: character 2 is 'g', not a hexadecimal digit\n"
    );
    assert!(refused(&["decode"]).contains("required"));
    assert!(refused(&["decode", "--hex", "80", "--", "x.pcap"]).contains("cannot be used with"));
}

/// The digits that `encode` writes for the JSON that `decode` writes for these digits.
fn there_and_back(digits: &str) -> String {
    let json = ran(&["decode", "--format", "json", "--hex", digits]);
    assert_eq!((json.exit, json.err.as_str()), (Exit::AsExpected, ""), "{digits}");
    let back = ran(&["encode", "--json", &json.out]);
    assert_eq!((back.exit, back.err.as_str()), (Exit::AsExpected, ""), "{}", json.out);
    back.out.trim_end().to_owned()
}

fn digits(octets: &[u8]) -> String {
    octets.iter().map(|octet| format!("{octet:02x}")).collect()
}

#[test]
fn encode_is_the_inverse_of_decode_on_vectors_and_corpora() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let file = root.join("mcptt-codec/tests/vectors/24380-vectors.json");
    let vectors: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    let vectors = vectors["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 50);
    let mut all: Vec<String> =
        vectors.iter().map(|vector| vector["hex"].as_str().unwrap().to_owned()).collect();
    for corpus in ["floor_packet", "rtcp_compound", "sip_message", "sdp", "xml_body"] {
        let folder = root.join("fuzz/corpus").join(corpus);
        all.extend(
            std::fs::read_dir(folder)
                .unwrap()
                .map(|file| digits(&std::fs::read(file.unwrap().path()).unwrap())),
        );
    }
    assert!(all.len() > 100);
    for digits in all {
        assert_eq!(there_and_back(&digits), digits);
    }
}

#[test]
fn encode_takes_json_of_people() {
    let folder = Folder::new("encode");
    let text = "{\"name\":\"MCPT\",\"subtype\":1,\"ssrc\":287454020,\"fields\":[{\"id\":0,\"priority\":5}]}";
    assert_eq!(ran(&["encode", "--json", text]).out, "81cc0003112233444d43505400020500\n");
    let file = folder.file("two.jsonl", format!("[{text}]\n{{\"payload_type\":9}}"));
    let both = ran(&["encode", &file]);
    assert_eq!(both.out, "81cc0003112233444d43505400020500\n800900000000000000000000\n");
    let broken = folder.file("broken.json", "{\"packets\":[{\"name\":\"MCPT\",\"subtype\":99}]}");
    assert_eq!(
        refused(&["encode", &broken]),
        format!(
            "mcptt-conformance: {broken}: datagram 1: packets[0].subtype: 99 is not in the range 0 to 15\n"
        )
    );
    assert!(refused(&["encode", "--json", "{"]).starts_with("mcptt-conformance: --json: EOF while parsing"));
    assert!(refused(&["encode", "/nowhere.json"]).starts_with("mcptt-conformance: /nowhere.json: "));
}

#[test]
fn encode_writes_captures_that_decode_reads() {
    let folder = Folder::new("to-pcap");
    let capture = folder.0.join("out.pcapng").to_str().unwrap().to_owned();
    let floor = "{\"src\":\"192.0.2.7:1\",\"dst\":\"192.0.2.8:2\",\"time\":\"12.5\",\"comments\":[\"c\"],\
                 \"packets\":[{\"name\":\"MCPT\",\"subtype\":0}]}";
    let written = ran(&["encode", "--json", floor, "{\"raw\":\"00\"}", "--to-pcap", &capture]);
    assert_eq!((written.exit, written.out.as_str()), (Exit::AsExpected, ""));
    assert_eq!(written.err, format!("{capture}: 2 datagrams\n"));
    let heads: Vec<String> = ran(&["decode", &capture])
        .out
        .lines()
        .filter(|line| line.starts_with('#'))
        .map(str::to_owned)
        .collect();
    assert_eq!(
        heads,
        [
            "#1  12.500000000  192.0.2.7:1 -> 192.0.2.8:2  floor  12 octets",
            "#2  0.001000000  192.0.2.1:5005 -> 192.0.2.2:5005  keep-alive  1 octets"
        ]
    );
    let time = refused(&["encode", "--json", "{\"raw\":\"\",\"time\":\"noon\"}", "--to-pcap", &capture]);
    assert!(time.contains("--json: datagram 1: time: not seconds"), "{time}");
}

#[test]
fn diff_says_what_is_missing() {
    let folder = Folder::new("diff");
    let capture = folder.0.join("few.pcapng").to_str().unwrap().to_owned();
    let written = ran(&["generate", "--count", "5", "--seed", "3", &capture]);
    assert_eq!((written.exit, written.out), (Exit::AsExpected, format!("{capture}: 5 frames of seed 3\n")));
    let missing = refused(&["diff", "--tshark", "/nowhere/tshark", &capture]);
    assert!(missing.starts_with("mcptt-conformance: /nowhere/tshark cannot be started"), "{missing}");
    assert!(refused(&["diff"]).contains("required"));
    assert!(refused(&["generate", "--count", "0", &capture]).contains("0 is not in 1..=10000000"));
}

proptest::proptest! {
    #[test]
    fn encode_is_the_inverse_of_decode_on_any_octets(octets in proptest::collection::vec(proptest::num::u8::ANY, 0..120)) {
        let digits = digits(&octets);
        proptest::prop_assert_eq!(there_and_back(&digits), digits);
    }
}

#[test]
fn decode_reads_captures_frame_by_frame() {
    use crate::capture::{Link, Writer};
    let folder = Folder::new("decode");
    let time = std::time::Duration::new(1_700_000_000, 5);
    let (a, b) = ("192.0.2.1:40000".parse().unwrap(), "192.0.2.2:40010".parse().unwrap());
    let mut writer = Writer::new(Vec::new(), Link::Ethernet, "test").unwrap();
    let idle = b"\x85\xcc\x00\x03\xc0\xff\xee\x01MCPT\x08\x02\x00\x01";
    writer.datagram(time, a, b, idle, &["step 1"]).unwrap();
    writer.datagram::<&str>(time, b, a, b"\r\n\r\n", &[]).unwrap();
    let mut file = writer.finish().unwrap();
    let name = folder.file("call.pcapng", &file);

    let json = ran(&["decode", &name, "--format", "json"]);
    assert_eq!(json.exit, Exit::AsExpected);
    assert_eq!(json.err, format!("{name}: 2 packets, 2 datagrams, 0 skipped\n"));
    let lines: Vec<&str> = json.out.lines().collect();
    assert!(lines[0].starts_with(
        "{\"frame\":1,\"time\":\"1700000000.000000005\",\"src\":\"192.0.2.1:40000\",\"dst\":\"192.0.2.2:40010\",\
         \"protocol\":\"floor\",\"octets\":16,\"comments\":[\"step 1\"],\"packets\":[{\"name\":\"MCPT\""
    ));
    assert_eq!(
        lines[1],
        "{\"frame\":2,\"time\":\"1700000000.000000005\",\"src\":\"192.0.2.2:40010\",\"dst\":\"192.0.2.1:40000\",\
         \"protocol\":\"keep-alive\",\"octets\":4,\"raw\":\"0d0a0d0a\"}"
    );

    file.truncate(file.len() - 1);
    let broken = folder.file("cut.pcapng", &file);
    let cut = ran(&["decode", &broken]);
    assert_eq!(cut.exit, Exit::Usage);
    assert!(
        cut.out
            .starts_with("#1  1700000000.000000005  192.0.2.1:40000 -> 192.0.2.2:40010  floor  16 octets\n")
    );
    assert!(cut.err.contains("cut.pcapng: the capture ends at octet"), "{}", cut.err);
    let text = folder.file("notes.txt", "hello");
    assert!(
        refused(&["decode", &text]).ends_with("neither pcap nor pcapng: the file starts with 68656c6c\n")
    );
    assert!(refused(&["decode", "/nowhere.pcap"]).starts_with("mcptt-conformance: /nowhere.pcap: "));
}

#[test]
fn diagram_draws_what_list_names_and_refuses_the_rest() {
    let list = ran(&["diagram", "--list"]);
    let machines: Vec<&str> = list
        .out
        .lines()
        .skip(1)
        .filter_map(|line| line.split("  ").next())
        .filter(|id| !id.contains(' '))
        .collect();
    assert!(machines.contains(&"general") && machines.contains(&"participant"), "{}", list.out);
    for machine in &machines {
        for (format, start) in [("svg", "<svg "), ("dot", "digraph "), ("text", "")] {
            let drawn = ran(&["diagram", machine, "--format", format]);
            assert_eq!((drawn.exit, drawn.err.as_str()), (Exit::AsExpected, ""));
            assert!(
                drawn.out.starts_with(start) && drawn.out.len() > 200,
                "{machine} {format}: {}",
                drawn.out
            );
        }
    }
    let text = ran(&["diagram", "general", "--format", "text"]).out;
    assert!(text.contains("T2 expired") && text.contains("6.3.4.4.4   'G: pending Floor Revoke'"), "{text}");
    assert!(
        refused(&["diagram", "nonsense"]).contains("there is no machine 'nonsense'; there are participant, ")
    );
    assert!(refused(&["diagram"]).contains("required"));
    let folder = Folder::new("diagrams");
    let files = ran(&["diagram", "--all", folder.0.to_str().unwrap(), "--format", "dot"]);
    assert_eq!(files.out.lines().count(), machines.len(), "{}", files.out);
    assert!(files.out.lines().all(|file| std::fs::read_to_string(file).unwrap().starts_with("digraph ")));
}

#[test]
fn timers_lists_default_range_requirement_and_place_of_each() {
    let table = ran(&["timers"]);
    assert_eq!(table.exit, Exit::AsExpected);
    let t1 = table.out.lines().find(|line| line.contains("  T1  ")).expect("T1 is there");
    for part in
        ["4 s", "100 ms to 6 s", "24.380-11.1.3:t1", "fc-timers-counters/T1-end-of-rtp-media", "floor.T1"]
    {
        assert!(t1.contains(part), "{t1}");
    }
    let json = ran(&["timers", "--format", "json"]);
    let lines: Vec<serde_json::Value> =
        json.out.lines().map(|line| serde_json::from_str(line).expect("a line is an object")).collect();
    assert_eq!(lines.len() + 2, table.out.lines().count());
    let c7 = lines.iter().find(|line| line["name"] == "C7").expect("C7 is there");
    assert_eq!(
        (&c7["unit"], &c7["default"], &c7["most"]),
        (&"transmissions".into(), &10.into(), &255.into())
    );
    // Each serves a requirement that exists.
    let catalogue = Catalogue::embedded().unwrap();
    for line in &lines {
        let id = line["requirement"].as_str().unwrap();
        assert!(catalogue.get(id).is_some(), "{id} is not in the catalogue");
    }
}

#[test]
fn a_run_leaves_reports_and_a_bundle_that_verifies() {
    let folder = Folder::new("reports");
    let path = |name: &str| folder.0.join(name).to_str().unwrap().to_owned();
    let key = ran(&["bundle", "key", &path("lab.key")]);
    assert_eq!(key.exit, Exit::AsExpected, "{}", key.err);
    let public = key.out.trim();
    assert!(refused(&["bundle", "key", &path("lab.key")]).contains("exists"), "a key is not replaced");
    let reports = format!("junit={},html={}", path("run.xml"), path("run.html"));
    let (bundle, lab) = (path("run.tar"), path("lab.key"));
    let run = ran(&["run", "FC-01/grant", "--report", &reports, "--bundle", &bundle, "--sign", &lab]);
    assert_eq!(run.exit, Exit::AsExpected, "{}{}", run.out, run.err);
    assert!(std::fs::read_to_string(path("run.xml")).unwrap().contains("testcase name=\"FC-01/grant\""));
    let verified = ran(&["bundle", "verify", &bundle, "--key", public]);
    assert_eq!(verified.exit, Exit::AsExpected, "{}", verified.out);
    assert!(verified.out.contains("1 cases judged again"), "{}", verified.out);
    let mut octets = std::fs::read(&bundle).unwrap();
    let middle = octets.len() / 2;
    octets[middle] ^= 1;
    std::fs::write(&bundle, octets).unwrap();
    let verified = ran(&["bundle", "verify", &bundle]);
    assert_eq!(verified.exit, Exit::Unexpected);
    assert!(verified.out.starts_with("REFUSED"), "{}", verified.out);
}

#[test]
fn the_target_file_is_checked_before_anything_is_sent() {
    let folder = Folder::new("pics");
    let template = ran(&["pics", "template"]).out;
    let file = folder.file("target.toml", &template);
    let checked = ran(&["pics", "check", &file]);
    assert_eq!(checked.exit, Exit::AsExpected, "{}", checked.out);
    assert!(checked.out.contains("UE-01/silent") && checked.out.contains("cases apply to mcptt-server"));
    let wrong = folder.file("wrong.toml", template.replace("release = 18 ", "release = 99 "));
    for verb in
        [&["pics", "check", &wrong][..], &["run", "--target", &wrong], &["doctor", "--target", &wrong]]
    {
        assert_eq!(ran(verb).exit, Exit::Usage, "{verb:?}");
    }
    let proposals = folder.0.join("expected.toml").to_str().unwrap().to_owned();
    let report = folder.file(
        "run.jsonl",
        "{\"kind\":\"case\",\"case\":\"FC-01/grant\",\"verdict\":\"fail\",\"reason\":\"24.380-6.3.4.3.3:2: x\"}\n",
    );
    assert_eq!(ran(&["expect", "update", &proposals, &report]).exit, Exit::AsExpected);
    assert!(refused(&["expect", "lint", &proposals]).contains("a reason is missing"));
    let text = std::fs::read_to_string(&proposals).unwrap().replace("reason = \"\"", "reason = \"known\"");
    std::fs::write(&proposals, text).unwrap();
    assert_eq!(ran(&["expect", "lint", &proposals]).exit, Exit::AsExpected);
    let stale = ran(&["run", "FC-01/grant", "--expected", &proposals]);
    assert_eq!(stale.exit, Exit::Unexpected);
    assert!(stale.out.contains("STALE EXPECTATION FC-01/grant"), "{}", stale.out);
}

#[test]
fn tap_says_what_it_sees_as_it_reads_and_nothing_is_never_green() {
    let captures = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures");
    let capture = captures.join("queueing/cancelled.pcapng");
    let capture = capture.to_str().unwrap();
    let tapped = ran(&["tap", capture]);
    assert!(tapped.out.contains("datagrams"), "{}{}", tapped.out, tapped.err);
    assert_eq!(tapped.exit, ran(&["replay", capture]).exit);
    let folder = Folder::new("tap");
    let empty = folder.file(
        "empty.pcap",
        [0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 1, 0, 0, 0],
    );
    assert_eq!(ran(&["tap", &empty]).exit, Exit::TooFew);
    assert!(refused(&["tap", &folder.file("text", "hello")]).contains("neither pcap nor pcapng"));
}

#[test]
fn shrink_keeps_what_a_scenario_shows() {
    let folder = Folder::new("shrink");
    let original =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures/queueing/cancelled.scenario");
    let long = std::fs::read_to_string(&original).unwrap();
    let annotation = crate::replay::Annotation::beside(&original).unwrap().unwrap();
    let file = folder.file("long.scenario", &long);
    let shrunk = ran(&["shrink", &file, "--shows", &annotation.held[0]]);
    assert_eq!(shrunk.exit, Exit::AsExpected, "{}{}", shrunk.out, shrunk.err);
    let small = std::fs::read_to_string(folder.0.join("long-small.scenario")).unwrap();
    assert!(small.lines().count() <= long.lines().count(), "{small}");
    assert!(folder.0.join("long-small.pcapng").exists());
    assert!(refused(&["shrink", &file, "--shows", "24.380-9.9"]).contains("does not show"));
}
