//! Every capture of `captures/` is judged again and held against the judgements its annotation expects.

use std::path::{Path, PathBuf};

use conformance::replay::{Annotation, replay};

fn captures() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures");
    let mut found = Vec::new();
    for topic in std::fs::read_dir(&root).expect("captures/ exists").map_while(Result::ok) {
        let Ok(files) = std::fs::read_dir(topic.path()) else { continue };
        found.extend(files.map_while(Result::ok).map(|file| file.path()).filter(|path| {
            path.extension().is_some_and(|extension| extension == "pcap" || extension == "pcapng")
        }));
    }
    found.sort();
    found
}

#[test]
fn every_capture_is_judged_as_its_annotation_expects() {
    let captures = captures();
    assert!(captures.len() >= 2, "{} captures", captures.len());
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
