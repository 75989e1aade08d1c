//! Verbs and options that need no socket.

use std::collections::BTreeSet;

use clap::Parser;
use serde_json::Value;

use super::run_options::Options;
use super::{Exit, run};
use crate::case;
use crate::outcome::RunOutcome;

fn ran(arguments: &[&str]) -> (Exit, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = run(["mcptt-conformance"].iter().chain(arguments), &mut out, &mut err);
    (exit, String::from_utf8(out).unwrap() + &String::from_utf8(err).unwrap())
}

/// A file that is gone when dropped.
struct File(std::path::PathBuf);

impl File {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("mcptt-verbs-{}-{name}", std::process::id())))
    }

    fn path(&self) -> &str {
        self.0.to_str().unwrap()
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

#[derive(Parser)]
struct Only {
    #[command(flatten)]
    options: Options,
}

fn options(words: &[&str]) -> Options {
    Only::try_parse_from([&["run"], words].concat()).unwrap().options
}

fn cases_of(text: &str) -> Vec<Value> {
    let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    lines.filter(|line| line["case"].is_string() && line["verdict"].is_string()).collect()
}

#[test]
fn every_verb_has_examples() {
    for verb in ["ue", "server", "client", "fuzz", "load", "matrix"] {
        let (exit, help) = ran(&[verb, "--help"]);
        assert_eq!(exit, Exit::AsExpected);
        assert!(help.contains("Examples:"), "{help}");
    }
    assert_eq!(ran(&["tap"]).0, Exit::Usage, "a file or a proxy is needed");
    assert_eq!(ran(&["load", "--target", "x", "--limit", "nonsense=1"]).0, Exit::Usage);
    assert_eq!(ran(&["server", "--fault", "nonsense"]).0, Exit::Usage);
    let (exit, faults) = ran(&["server", "--list-faults"]);
    assert_eq!((exit, faults.lines().count() >= 40), (Exit::AsExpected, true));
}

#[test]
fn selectors_of_list_name_requirements_or_cases() {
    let (exit, cases) = ran(&["list", "FC-06/*"]);
    assert_eq!((exit, cases.contains("FC-06/full")), (Exit::AsExpected, true), "{cases}");
    assert_eq!(cases, ran(&["list", "FC-06/*", "--cases"]).1);
    assert!(ran(&["list", "24.380-6.3.5.4.4:full"]).1.contains("\n1 of "));
    assert_eq!(ran(&["list", "FC-99"]).0, Exit::Usage);
    assert_eq!(ran(&["list", "--target", "x.toml"]).0, Exit::Usage, "only with --why");
}

#[test]
fn list_says_which_cases_apply_and_why_not_the_others() {
    let of_node = ran(&["list", "--why", "--format", "json"]).1;
    let lines: Vec<Value> = of_node.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let applies = |line: &&Value| line["applies"] == Value::Bool(true);
    assert!(lines.iter().filter(applies).count() > 150);
    let measures = lines
        .iter()
        .find(|line| line["case"] == "PERF-01/setup")
        .or(lines.iter().find(|line| !applies(line)));
    assert!(measures.unwrap()["why"].as_str().unwrap().contains("--target"));

    let file = std::env::temp_dir().join(format!("mcptt-list-why-{}.toml", std::process::id()));
    std::fs::write(&file, ran(&["pics", "template"]).1).unwrap();
    let path = file.to_str().unwrap();
    let (_, checked) = ran(&["pics", "check", path]);
    let (exit, table) = ran(&["list", "--why", "--target", path]);
    std::fs::remove_file(&file).unwrap();
    assert_eq!(exit, Exit::AsExpected);
    let not_applicable = |text: &str, mark: &str| text.lines().filter(|line| line.contains(mark)).count();
    assert!(not_applicable(&table, "no: ") > 0, "{table}");
    assert_eq!(not_applicable(&table, "no: "), not_applicable(&checked, "not applicable: "));
}

#[test]
fn what_is_listed_is_what_runs() {
    let listed = ran(&["list", "--cases", "FC-06/*", "--format", "json"]).1;
    let ids = |text: &str, key: &str| -> BTreeSet<String> {
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| Some(line[key].as_str()?.to_owned())).collect()
    };
    let (exit, run) = ran(&["run", "FC-06/*", "--format", "json"]);
    assert_eq!(exit, Exit::AsExpected, "{run}");
    let run = ids(&run, "case");
    assert!(run.len() > 2 && (ids(&listed, "id") == run || ids(&listed, "case") == run), "{listed}");
    assert_eq!(ran(&["run", "nonsense*"]).0, Exit::Usage);
}

#[test]
fn four_parts_give_the_judgements_of_one() {
    let whole = ran(&["run", "FC-06/*", "GC-03/*", "--format", "json", "--jobs", "3"]).1;
    let mut parts = String::new();
    for part in ["1/4", "2/4", "3/4", "4/4"] {
        let (exit, text) = ran(&["run", "FC-06/*", "GC-03/*", "--format", "json", "--shard", part]);
        assert_eq!(exit, Exit::AsExpected, "{text}");
        parts += &text;
    }
    let sorted = |text: &str| {
        let mut lines: Vec<String> = cases_of(text).iter().map(ToString::to_string).collect();
        lines.sort();
        lines
    };
    assert_eq!(sorted(&whole), sorted(&parts));
    assert_eq!(ran(&["run", "--shard", "5/4"]).0, Exit::Usage);
}

#[test]
fn repetitions_are_shown_and_what_failed_can_be_run_again() {
    let (exit, text) = ran(&["run", "FC-06/deny", "--repeat", "3", "--format", "json"]);
    assert_eq!((exit, cases_of(&text).len()), (Exit::AsExpected, 3), "{text}");
    let (exit, text) = ran(&["run", "FC-06/deny", "--repeat", "3", "--until-failure", "-q"]);
    assert_eq!(exit, Exit::AsExpected);
    assert!(text.contains("executed 3") && text.lines().count() <= 2, "{text}");
    let report = File::new("failed.jsonl");
    let line = |case: &str, verdict: &str| {
        serde_json::json!({"kind": "case", "case": case, "verdict": verdict}).to_string() + "\n"
    };
    std::fs::write(report.path(), line("FC-06/deny", "pass") + &line("FC-06/full", "fail")).unwrap();
    let (exit, text) = ran(&["run", "FC-06/*", "--failed-from", report.path(), "--format", "json"]);
    let only: Vec<String> = cases_of(&text).iter().map(|line| line["case"].to_string()).collect();
    assert_eq!((exit, only), (Exit::AsExpected, vec!["\"FC-06/full\"".to_owned()]));
    std::fs::write(report.path(), line("FC-06/deny", "pass")).unwrap();
    assert_eq!(ran(&["run", "--failed-from", report.path()]).0, Exit::Usage, "nothing is left to run");
    let mut flaky = RunOutcome::own(1, Vec::new());
    flaky.flaky.push("FC-06/deny");
    assert_eq!(options(&[]).further(&flaky), Exit::AsExpected);
    assert_eq!(options(&["--deny", "flaky"]).further(&flaky), Exit::Unexpected);
    assert_eq!(options(&["--profile", "certification"]).further(&flaky), Exit::Unexpected);
}

#[test]
fn another_reading_passes_unless_it_is_denied() {
    let result = crate::tamper::tests::another_reading();
    assert_eq!(result.verdict, case::Verdict::Pass);
    assert!(result.judgements.readings().next().is_some(), "the reading is told");
    let outcome = RunOutcome::own(1, vec![result]);
    assert_eq!(options(&[]).further(&outcome), Exit::AsExpected);
    assert_eq!(options(&["--strict"]).further(&outcome), Exit::Unexpected);
    assert_eq!(options(&["--deny", "tolerated"]).further(&outcome), Exit::Unexpected);
}

#[test]
fn a_green_run_of_everything_fits_on_a_screen() {
    let purposes: BTreeSet<&str> =
        case::all().iter().map(|case| case.id.split('/').next().unwrap_or(case.id)).collect();
    let (exit, text) = ran(&["run", "FC-0*"]);
    assert_eq!(exit, Exit::AsExpected, "{text}");
    let ran = text.lines().filter(|line| line.starts_with("  ")).count();
    let own: BTreeSet<&str> =
        purposes.iter().copied().filter(|purpose| purpose.starts_with("FC-0")).collect();
    assert_eq!(ran, own.len().div_ceil(5), "{text}");
    let rest = text.lines().count() - ran;
    assert!(purposes.len().div_ceil(5) + rest < 40, "{} purposes and {rest} lines", purposes.len());
}

#[test]
fn a_case_judges_more_than_its_own_requirements() {
    let case = case::all().into_iter().find(|case| case.id == "FC-06/deny").unwrap();
    let counts = case::run(case, 1).counts();
    let others = counts.keys().filter(|id| !case.requirements.contains(id)).count();
    assert!(others > 10, "{others}");
}

#[test]
fn a_later_release_judges_more_of_the_same_frames() {
    let case = case::all().into_iter().find(|case| case.id == "FC-10/on-behalf").unwrap();
    let result = case::run(case, 1);
    let armed = |release| -> BTreeSet<&str> {
        let profile = crate::judge::Profile { release: Some(release), ..result.profile.clone() };
        case::judge(profile, &result.frames, result.end).counts().into_keys().collect()
    };
    let (early, late) = (armed(13), armed(19));
    assert!(late.contains("24.380-6.3.4.4.16") && !early.contains("24.380-6.3.4.4.16"), "{early:?}");
}

#[test]
fn a_matrix_shows_runs_side_by_side() {
    let (first, second) = (File::new("first.jsonl"), File::new("second.jsonl"));
    assert_eq!(ran(&["run", "FC-06/*", "--report", &format!("json={}", first.path())]).0, Exit::AsExpected);
    let text = std::fs::read_to_string(first.path()).unwrap();
    let changed =
        text.replacen("\"verdict\":\"pass\"", "\"verdict\":\"fail\"", 1).replace("in-process", "acme");
    std::fs::write(second.path(), changed).unwrap();
    let both = [first.path(), second.path()];
    let matrix = |more: &[&str]| ran(&[&["matrix"], &both[..], more].concat());
    let (exit, table) = matrix(&[]);
    assert_eq!(exit, Exit::AsExpected);
    assert!(table.contains("FC-06/full") && table.contains("acme") && table.contains("fail"), "{table}");
    let differing = matrix(&["--differences", "--format", "csv"]).1;
    assert_eq!(differing.lines().count(), 2, "{differing}");
    let page = matrix(&["--format", "html"]).1;
    assert!(page.starts_with("<!DOCTYPE html>") && page.contains("class=\"fail\"") && !page.contains("http"));
    assert!(matrix(&["--format", "md"]).1.contains("|---|---|---|---|"));
    let requirements = matrix(&["--requirements"]).1;
    assert!(requirements.contains("24.380-6.3.5.4.4:full"), "{requirements}");
    std::fs::write(second.path(), "{}\n").unwrap();
    assert_eq!(matrix(&[]).0, Exit::Usage, "that is no report");
}

#[test]
fn claims_are_inferred_from_a_capture() {
    let case = case::all().into_iter().find(|case| case.id == "FC-06/queue").unwrap();
    let capture = File::new("queue.pcapng");
    let sink = std::fs::File::create(capture.path()).unwrap();
    let mut writer = crate::capture::Writer::new(sink, crate::capture::Link::Ethernet, "test").unwrap();
    for frame in &case::run(case, 1).frames {
        writer.datagram::<&str>(frame.time, frame.source, frame.destination, &frame.payload, &[]).unwrap();
    }
    writer.finish().unwrap();
    let (exit, draft) = ran(&["pics", "infer", capture.path()]);
    assert_eq!(exit, Exit::AsExpected, "{draft}");
    assert!(draft.contains("\nfloor-queueing             = true"), "{draft}");
    assert!(draft.contains("\n# dual-floor"), "{draft}");
    crate::remote::TargetFile::parse(&draft).expect("the draft is a target file");
}

#[test]
fn our_own_client_passes_on_virtual_time() {
    let (exit, text) = ran(&["client", "CL-01/*"]);
    assert_eq!(exit, Exit::AsExpected, "{text}");
    assert!(text.contains("2 of 2 scenarios executed"), "{text}");
    assert_eq!(ran(&["client", "nonsense"]).0, Exit::Usage);
}
