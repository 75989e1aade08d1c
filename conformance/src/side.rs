//! What a run looks at beside its cases, all of it in this process: captures that are replayed, random sequences that are judged, and
//! cases that do not apply to the target.
//!
//! They show that the judge which is let loose on a target sees what it has to see, and no more. What they arm counts for the run and
//! is told apart from what the cases have armed.

use std::collections::BTreeMap;

use include_dir::{Dir, File, include_dir};

use crate::capture::Reader;
use crate::case::{self, Case, Verdict};
use crate::judge::{Counts, Judge, Judgements};
use crate::property;
use crate::replay::Annotation;

/// The captures of this repository with their annotations, so that they are there wherever the program is.
static CAPTURES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../captures");

/// Random sequences of a run against the media plane alone. `cargo test --test properties` tries more of them.
const SEQUENCES: u64 = 200;
/// Those against a whole server.
const WHOLE: u64 = 30;
/// The same ones in every run: they say nothing about a target.
const SEED: u64 = 1;

/// A path of a run beside its cases.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// What it is called in reports: `replay`, `property` or `in-process`.
    pub name: &'static str,
    /// What was looked at, for people.
    pub what: String,
    /// What was armed, and how that went. What an annotation expects to be violated is.
    pub counts: BTreeMap<&'static str, Counts>,
    /// What is not as it has to be; empty if all of it is.
    pub wrong: Vec<String>,
}

impl Side {
    fn add(&mut self, counts: impl IntoIterator<Item = (&'static str, Counts)>) {
        for (requirement, count) in counts {
            self.counts.entry(requirement).or_default().add(count);
        }
    }
}

/// Cases that do not apply to a target, against the node of this process: those that judge clients, and those that clients do not see.
pub fn elsewhere(cases: &[&'static Case], seed: u64) -> Side {
    let mut side = Side { name: "in-process", ..Side::default() };
    let mut count = 0_usize;
    for case in cases.iter().filter(|case| !case.measures()) {
        let result = case::run(case, seed);
        if result.verdict != Verdict::Pass {
            side.wrong.push(format!("{}: {} {}", case.id, result.verdict.word(), result.verdict.reason()));
        }
        side.add(result.counts());
        count += 1;
    }
    side.what = format!("{count} cases that do not apply to the target");
    side
}

/// Judges the captures of the repository again and holds them against what their annotations expect.
pub fn replayed() -> Side {
    let mut side = Side { name: "replay", ..Side::default() };
    let is_capture = |file: &&File<'_>| {
        let ending = file.path().extension().and_then(|ending| ending.to_str());
        ending.is_some_and(|ending| ending.starts_with("pcap"))
    };
    let mut captures: Vec<&File<'_>> = CAPTURES.dirs().flat_map(Dir::files).filter(is_capture).collect();
    captures.sort_by_key(|capture| capture.path());
    for capture in &captures {
        let name = capture.path().display();
        let beside = CAPTURES.get_file(capture.path().with_extension("toml"));
        let annotation = beside.and_then(|file| file.contents_utf8());
        let judged = match annotation.map(toml::from_str::<Annotation>) {
            None => Err("it has no annotation".to_owned()),
            Some(Err(error)) => Err(error.to_string()),
            Some(Ok(annotation)) => {
                judged(capture.contents(), &annotation).map(|judgements| (annotation, judgements))
            }
        };
        match judged {
            Err(what) => side.wrong.push(format!("{name}: {what}")),
            Ok((annotation, judgements)) => {
                let differences = annotation.differences(&judgements);
                side.wrong.extend(differences.into_iter().map(|what| format!("{name}: {what}")));
                side.add(judgements.counts());
            }
        }
    }
    side.what = format!("{} captures", captures.len());
    side
}

fn judged(octets: &[u8], annotation: &Annotation) -> Result<Judgements, String> {
    let mut judge = Judge::new(annotation.target.profile());
    let mut end = std::time::Duration::ZERO;
    for frame in Reader::new(octets).map_err(|error| error.to_string())? {
        let frame = frame.map_err(|error| error.to_string())?;
        end = end.max(frame.time);
        judge.observe(&frame);
    }
    Ok(judge.finish(end))
}

/// Random sequences against a server in this process: of its media plane nothing that holds whatever happens may be broken, and the
/// judge of targets may find nothing wrong with all of it.
pub fn random() -> Side {
    let (sequences, what) = (SEQUENCES, format!("{} random sequences", SEQUENCES + WHOLE));
    let mut side = Side { name: "property", what, ..Side::default() };
    let watched = property::watch(SEED, WHOLE);
    side.add(watched.counts);
    side.wrong.extend(watched.violations.iter().map(|(seed, one)| {
        format!(
            "seed {seed}: {} frame {}: {} but {}",
            one.requirement, one.armed_by, one.expected, one.actual
        )
    }));
    match property::check(property::Search { first_seed: SEED, sequences }) {
        Ok(armed) => side.add(property::INVARIANTS.iter().filter_map(|invariant| {
            let count = armed.judged.get(&invariant.number).copied().filter(|count| *count > 0)?;
            let held = Counts { armed: count, held: count, ..Counts::default() };
            Some((invariant.requirement, held))
        })),
        Err(found) => side.wrong.push(format!(
            "seed {} breaks invariant {}: {}\n{}",
            found.seed, found.breach.invariant, found.breach.what, found.scenario
        )),
    }
    side
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_captures_in_the_program_are_judged_as_their_annotations_expect() {
        let side = replayed();
        assert_eq!(side.wrong, Vec::<String>::new());
        assert!(side.counts.len() > 150 && side.what.ends_with(" captures"), "{}", side.counts.len());
    }

    #[test]
    fn random_sequences_arm_every_invariant() {
        let side = random();
        assert_eq!(side.wrong, Vec::<String>::new());
        assert!(property::INVARIANTS.iter().all(|one| side.counts.contains_key(one.requirement)));
        assert!(side.counts.len() > 50, "{}", side.counts.len());
        assert!(side.counts.values().all(|count| count.violated == 0));
    }
}
