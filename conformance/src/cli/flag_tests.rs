//! Options of `run`, each by its effect.

use serde_json::Value;

use super::{Exit, run, run_at};

fn ran(arguments: &[&str]) -> (Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(["mcptt-conformance"].iter().chain(arguments), &mut out, &mut err);
    (exit, String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap())
}

/// A folder that is gone when dropped.
struct Folder(std::path::PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("mcptt-flags-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[test]
fn help_names_every_option_and_errors_name_the_range() {
    let help = ran(&["run", "--help"]).1;
    for option in ["--time-scale <FACTOR>", "--no-keys", "--no-color", "--scenario <FILE>", "'random'"] {
        assert!(help.contains(option), "{option}: {help}");
    }
    for (arguments, part) in [
        (&["--time-scale", "0.01"][..], "a factor from 0.1 to 10"),
        (&["--time-scale", "0.5"][..], "--time-scale needs --target"),
        (&["--seed", "0xyz"][..], "a number up to 2^64-1"),
        (&["--report", "pdf"][..], "junit, json, html, md, csv or sarif"),
        (&["--scenario", "/nowhere.toml"][..], "/nowhere.toml: "),
        (&["--scenario", "/nowhere.toml", "FC-01/grant"][..], "leave the selectors out"),
    ] {
        let (exit, text) = ran(&[&["run"], arguments].concat());
        assert_eq!(exit, Exit::Usage, "{text}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
}

#[test]
fn a_terminal_gets_colours_unless_they_are_declined() {
    let at_terminal = |more: &[&str]| {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let scenario = "[target]\nname = \"x\"\n";
        let folder = Folder::new("colour");
        std::fs::write(folder.path("x.tar"), scenario).unwrap();
        let file = folder.path("x.tar");
        let arguments = [&["mcptt-conformance", "bundle", "verify", &file][..], more].concat();
        let exit = run_at(arguments, true, &mut out, &mut err);
        assert_eq!(exit, Exit::Unexpected);
        String::from_utf8(out).unwrap()
    };
    assert!(at_terminal(&[]).starts_with("\x1b[31mREFUSED\x1b[0m "), "{}", at_terminal(&[]));
    assert!(at_terminal(&["--no-color"]).starts_with("REFUSED "));
}

#[test]
fn what_was_kept_is_run_once_more_from_the_same_seed() {
    let folder = Folder::new("scenario");
    let (out, report) = (folder.path("out"), folder.path("first.jsonl"));
    let first = format!("json={report}");
    let arguments = ["run", "FC-06/deny", "--seed", "0x2a", "--out", &out, "--report", &first];
    assert_eq!(ran(&arguments).0, Exit::AsExpected);
    let kept = folder.path("out/FC-06-deny.scenario.toml");
    let (exit, again) = ran(&["run", "--scenario", &kept, "--report", "json"]);
    assert_eq!(exit, Exit::AsExpected, "{again}");
    assert_eq!(again, std::fs::read_to_string(&report).unwrap());
    assert!(again.contains("\"seed\":42"), "{again}");
    // A case that has become another one since is no repetition.
    let text = std::fs::read_to_string(&kept).unwrap();
    std::fs::write(&kept, text.replace("configuration = \"", "configuration = \"# another")).unwrap();
    let (exit, text) = ran(&["run", "--scenario", &kept]);
    assert_eq!(exit, Exit::Usage);
    assert!(text.contains("needs another configuration"), "{text}");
}

#[test]
fn a_scenario_in_words_is_played_and_judged() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures");
    let scenario = root.join("queueing/full-and-silent.scenario");
    let (exit, text) = ran(&["run", "--scenario", scenario.to_str().unwrap(), "--format", "json"]);
    assert_eq!(exit, Exit::AsExpected, "{text}");
    let line: Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!((&line["case"], &line["verdict"]), (&"full-and-silent".into(), &"pass".into()), "{text}");
    assert!(line["counts"]["24.380-6.3.5.4.4:full"]["held"].as_u64().is_some_and(|held| held > 0), "{text}");
}

#[test]
fn without_keys_nothing_in_a_bundle_opens_the_voice() {
    let folder = Folder::new("keys");
    let bundle = |more: &[&str]| {
        let file = folder.path("run.tar");
        let arguments = [&["run", "GC-04/n6", "--bundle", &file][..], more].concat();
        assert_eq!(ran(&arguments).0, Exit::AsExpected);
        assert_eq!(ran(&["bundle", "verify", &file, "--unsigned"]).0, Exit::AsExpected);
        std::fs::read(&file).unwrap()
    };
    let has =
        |archive: &[u8], what: &str| archive.windows(what.len()).any(|octets| octets == what.as_bytes());
    let keys = |archive: &[u8]| -> Vec<Vec<u8>> {
        let places = archive.windows(7).enumerate().filter(|(_, octets)| *octets == b"inline:");
        places.filter_map(|(at, _)| Some(archive.get(at + 7..at + 47)?.to_vec())).collect()
    };
    let with = bundle(&[]);
    assert!(has(&with, "keys.txt") && keys(&with).iter().any(|key| key.iter().any(|octet| *octet != b'A')));
    let without = bundle(&["--no-keys"]);
    assert!(!has(&without, "keys.txt") && !has(&without, "clear.pcapng"));
    let blank = keys(&without);
    assert!(!blank.is_empty() && blank.iter().all(|key| key.starts_with(&[b'A'; 37])), "{blank:?}");
}

#[test]
fn the_profile_of_continuous_integration_looks_at_captures_and_random_sequences_too() {
    let (exit, text) = ran(&["run", "FC-01/grant", "--profile", "ci"]);
    assert_eq!(exit, Exit::AsExpected, "{text}");
    let line = text.lines().find(|line| line.starts_with("armed by path: ")).expect("a line of its own");
    assert!(line.contains("in-process ") && line.contains("replay ") && line.contains("property "), "{line}");
    let (exit, text) = ran(&["run", "FC-01/grant", "--profile", "ci", "--format", "json"]);
    assert_eq!(exit, Exit::AsExpected, "{text}");
    let sum: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    let of = |path: &str| sum["armed_by_path"][path].as_u64().unwrap();
    assert!(sum["armed"].as_u64().unwrap() > of("in-process").max(of("property")), "{sum}");
    assert!(sum["armed"].as_u64().unwrap() >= of("replay") && of("replay") > 150, "{sum}");
    let (_, alone) = ran(&["run", "FC-01/grant"]);
    assert!(!alone.contains("armed by path"), "{alone}");
}

#[test]
fn a_report_without_a_file_stands_instead_of_the_summary() {
    let (exit, text) = ran(&["run", "FC-01/grant", "--report", "md"]);
    assert_eq!(exit, Exit::AsExpected);
    assert!(text.starts_with("## MCPTT conformance") && !text.contains("\nexecuted 1  pass"), "{text}");
}

#[test]
fn cases_are_chosen_by_the_timers_that_they_are_about() {
    let (exit, text) = ran(&["list", "--cases", "tag:T2", "not", "tag:provisioned"]);
    assert_eq!(exit, Exit::AsExpected, "{text}");
    let count = text.lines().last().and_then(|line| line.split(' ').next()?.parse::<usize>().ok());
    assert!(count.is_some_and(|count| (1..50).contains(&count)), "{text}");
    assert_eq!(ran(&["list", "--cases", "tag:nonsense"]).0, Exit::Usage);
}

#[test]
fn why_a_case_does_not_apply_stands_beside_it() {
    let folder = Folder::new("why");
    let file = folder.path("target.toml");
    let target = "[target]\nname = \"x\"\n[pics]\nfloor-queueing = false\n[ixit]\nparticipating = \"127.0.0.1:5060\"\n";
    std::fs::write(&file, target).unwrap();
    let (exit, text) =
        ran(&["list", "--why", "--target", &file, "FC-01/grant", "FC-06/full", "--format", "json"]);
    assert_eq!(exit, Exit::AsExpected, "{text}");
    let lines: Vec<Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((&lines[0]["case"], &lines[0]["applies"]), (&"FC-01/grant".into(), &true.into()), "{text}");
    assert_eq!(
        (&lines[1]["applies"], &lines[1]["why"]),
        (&false.into(), &"pics.floor-queueing = false".into()),
        "{text}"
    );
}
