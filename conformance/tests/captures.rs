//! Every capture of `captures/` is judged again and held against the judgements its annotation expects.

use std::path::{Path, PathBuf};

use conformance::replay::{Annotation, replay};
use conformance::scenario::{self, Recording, Scenario};

fn files(extensions: &[&str]) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures");
    let mut found = Vec::new();
    for topic in std::fs::read_dir(&root).expect("captures/ exists").map_while(Result::ok) {
        let Ok(files) = std::fs::read_dir(topic.path()) else { continue };
        found.extend(files.map_while(Result::ok).map(|file| file.path()).filter(|path| {
            extensions.iter().any(|wanted| path.extension().is_some_and(|extension| extension == *wanted))
        }));
    }
    found.sort();
    found
}

fn captures() -> Vec<PathBuf> {
    files(&["pcap", "pcapng"])
}

/// Every scenario with what it leaves.
fn scenarios() -> Vec<(PathBuf, Scenario, Recording)> {
    let played = files(&["scenario"]).into_iter().map(|path| {
        let text = std::fs::read_to_string(&path).expect("a readable scenario");
        let scenario = Scenario::parse(&text).unwrap_or_else(|error| panic!("{}:{error}", path.display()));
        let recording =
            scenario::run(&scenario).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        (path, scenario, recording)
    });
    let played: Vec<_> = played.collect();
    assert!(played.len() >= 14, "{} scenarios", played.len());
    played
}

#[test]
fn every_scenario_gives_the_capture_that_is_committed() {
    for (path, _, recording) in scenarios() {
        let mut octets = Vec::new();
        scenario::record(&recording.frames, &mut octets).expect("a capture can be written");
        let committed = std::fs::read(path.with_extension("pcapng")).unwrap_or_default();
        assert!(
            octets == committed,
            "{} gives another capture than the one beside it; 'mcptt-conformance capture build captures/' makes it \
             again, and the difference wants to be understood",
            path.display()
        );
    }
}

#[test]
fn in_no_scenario_anything_is_violated_but_what_its_annotation_says() {
    for (path, scenario, recording) in scenarios() {
        let judgements = conformance::case::judge(recording.profile, &recording.frames, recording.end);
        let annotation = Annotation::beside(&path).expect("a readable annotation");
        let expected = annotation.map(|annotation| annotation.violated).unwrap_or_default();
        let violations: Vec<_> = judgements
            .violations()
            .filter(|violation| !expected.iter().any(|id| id == violation.requirement))
            .collect();
        assert!(violations.is_empty(), "{}: {}\n{violations:#?}", path.display(), scenario.title);
        assert!(
            judgements.counts().values().any(|count| count.held > 0),
            "{}: nothing is judged",
            path.display()
        );
    }
}

#[test]
fn every_step_of_a_scenario_stands_in_its_capture() {
    for (path, scenario, recording) in scenarios() {
        let steps = scenario.steps.iter().filter(|step| {
            // What the network does next sends nothing, nor does somebody who no longer listens, or who listens to a
            // bearer, nor call control of a function that relays.
            use scenario::Action::{Bearer, Call, Deafen, Disturb, Listen, Refuse};
            let relays = matches!(scenario.network, scenario::Network::Relay | scenario::Network::Group);
            let silent = matches!(step.action, Disturb(_) | Deafen(_) | Refuse(_) | Bearer(_) | Listen(..));
            !(silent || relays && matches!(step.action, Call(..)))
        });
        for step in steps {
            let text = scenario.describe(&step.action);
            let shown =
                recording.frames.iter().flat_map(|frame| &frame.comments).any(|one| one.contains(&text));
            assert!(shown, "{}: '{text}' sends nothing and nothing follows it", path.display());
        }
    }
}

#[test]
fn every_capture_is_judged_as_its_annotation_expects() {
    let captures = captures();
    assert!(captures.len() >= 16, "{} captures", captures.len());
    for capture in captures {
        let annotation = Annotation::beside(&capture).expect("a readable annotation");
        let annotation = annotation.unwrap_or_else(|| panic!("{} has no annotation", capture.display()));
        assert!(
            !annotation.held.is_empty() || !annotation.violated.is_empty(),
            "{} expects nothing",
            capture.display()
        );
        let replayed = replay(&capture, annotation.target.profile()).expect("a readable capture");
        let differences = annotation.differences(&replayed.judgements);
        assert!(differences.is_empty(), "{}:\n{}", capture.display(), differences.join("\n"));
    }
}

#[test]
fn an_annotation_that_expects_the_wrong_thing_is_refused() {
    for capture in captures() {
        let mut annotation = Annotation::beside(&capture).unwrap().unwrap();
        let replayed = replay(&capture, annotation.target.profile()).unwrap();
        annotation.violated.append(&mut annotation.held.clone());
        assert!(!annotation.differences(&replayed.judgements).is_empty(), "{}", capture.display());
    }
}
