//! The catalogue and the code agree: every id cited exists, every mandatory requirement is done or excused, everything done
//! is proven by a test, no excuse outlives its reason, and `specs/coverage.txt` is the present state.
//!
//! After adding or removing citations, refresh the snapshot and the coverage section of the README with
//! `UPDATE_COVERAGE=1 cargo test -p conformance --test traceability` and commit both with the change.

use std::path::{Path, PathBuf};

use conformance::catalogue::Catalogue;
use conformance::trace::check::{Finding, findings};
use conformance::trace::{Citations, Matrix, readme, snapshot};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn tree() -> (Catalogue, Citations) {
    let catalogue = Catalogue::load(&root().join("specs")).expect("the catalogue is sound");
    let citations = Citations::collect(&root()).expect("the tree is readable");
    (catalogue, citations)
}

#[track_caller]
fn none(wanted: impl Fn(&Finding) -> bool) {
    let (catalogue, citations) = tree();
    let found: Vec<String> = findings(&catalogue, &citations)
        .iter()
        .filter(|finding| wanted(finding))
        .map(Finding::to_string)
        .collect();
    assert!(found.is_empty(), "{} findings:\n{}\n", found.len(), found.join("\n"));
}

#[test]
fn every_citation_line_counts() {
    none(|finding| matches!(finding, Finding::Fault(_)));
}

#[test]
fn every_cited_id_is_in_the_catalogue() {
    none(|finding| matches!(finding, Finding::UnknownId { .. }));
}

#[test]
fn every_shall_is_done_or_excused() {
    none(|finding| matches!(finding, Finding::Unaddressed { .. }));
}

#[test]
fn everything_done_is_proven_by_a_test() {
    none(|finding| matches!(finding, Finding::Untested { .. }));
}

#[test]
fn no_excuse_outlives_its_reason() {
    none(|finding| matches!(finding, Finding::StaleExcuse { .. }));
}

#[test]
fn the_coverage_snapshot_is_the_present_state() {
    let (catalogue, citations) = tree();
    let matrix = Matrix::build(&catalogue, &citations, None);
    let present = snapshot::write(&matrix);
    let (snapshot_file, readme_file) = (root().join("specs/coverage.txt"), root().join("README.md"));
    if std::env::var_os("UPDATE_COVERAGE").is_some() {
        std::fs::write(snapshot_file, present).expect("the tree is writable");
        if let Ok(text) = std::fs::read_to_string(&readme_file)
            && let Some(updated) = readme::update(&text, &matrix)
        {
            std::fs::write(readme_file, updated).expect("the tree is writable");
        }
        return;
    }
    let committed = std::fs::read_to_string(snapshot_file).unwrap_or_default();
    let difference = snapshot::difference(&committed, &present);
    assert!(
        difference.is_empty(),
        "specs/coverage.txt is not the present state; check the difference, then refresh it with\n\
         UPDATE_COVERAGE=1 cargo test -p conformance --test traceability\n{}\n",
        difference.join("\n")
    );
}
