//! Whatever a deviation names is a requirement of the catalogue, so that a report can be looked up.

#![allow(clippy::unwrap_used, reason = "a test file; clippy only knows the test functions in it")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
}

fn read(folder: &str, extension: &str) -> Vec<(PathBuf, String)> {
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), extension, &mut paths);
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// `24.380-8.1.4:dup`, `RFC3550-6.7`: a specification, a hyphen, and whatever follows.
fn names_a_specification(literal: &str) -> bool {
    let Some((specification, rest)) = literal.split_once('-') else { return false };
    let is_number = |text: &str| !text.is_empty() && text.bytes().all(|octet| octet.is_ascii_digit());
    let of_3gpp = specification.split_once('.').is_some_and(|(series, number)| {
        series.len() == 2 && number.len() == 3 && is_number(series) && is_number(number)
    });
    let of_ietf = specification.to_ascii_uppercase().strip_prefix("RFC").is_some_and(is_number);
    // A ruling of `specs/README.md` is no requirement.
    let ruling = matches!(specification, "W" | "C" | "P") && is_number(rest);
    of_3gpp || of_ietf || ruling
}

#[test]
fn every_requirement_that_the_codec_names_is_in_the_catalogue() {
    let catalogue = read("../specs", "toml");
    let ids: BTreeSet<&str> = catalogue
        .iter()
        .flat_map(|(_, text)| text.lines())
        .filter_map(|line| line.strip_prefix("id = \"")?.strip_suffix('"'))
        .collect();
    assert!(ids.len() > 700, "{} ids", ids.len());
    let mut named = 0;
    for (path, text) in read("src", "rs") {
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        // Every second part of a line cut at its quotation marks is a literal.
        for literal in code.flat_map(|line| line.split('"').skip(1).step_by(2)) {
            if names_a_specification(literal) {
                named += 1;
                assert!(ids.contains(literal), "{}: {literal} is not in the catalogue", path.display());
            }
        }
        if path.ends_with("requirement.rs") {
            let constants =
                text.lines().filter_map(|line| line.strip_prefix("pub const ")?.split('"').nth(1));
            for constant in constants {
                assert!(ids.contains(constant), "{}: {constant} is not in the catalogue", path.display());
            }
        }
    }
    assert!(named > 150, "{named} are named");
}
