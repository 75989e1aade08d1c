//! Options of `run` that say which cases, how often, and what is denied.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use serde_json::Value;

use super::preset::Preset;
use super::{Exit, Failure};
use crate::case::{self, Case, CaseResult, Verdict};
use crate::outcome::{RunOutcome, Standing};

/// Repetitions in all, so that an option that is mistyped does not run for ever.
const MOST: u32 = 100_000;

/// Runs these cases from this seed.
pub(super) type Once<'a> = &'a mut dyn FnMut(&[&'static Case], u64) -> Result<RunOutcome, Failure>;

#[derive(clap::Args)]
pub(super) struct Options {
    /// What is run and how strictly; options beside it have precedence
    #[arg(long, value_enum)]
    profile: Option<Preset>,
    /// What is an error beside failures, with commas
    #[arg(long, value_enum, value_delimiter = ',')]
    deny: Vec<Denied>,
    /// The same as --deny tolerated: another reading of an unclear clause than ours is an error
    #[arg(long)]
    strict: bool,
    /// A part of the cases: 2/4 is the second of four. What a case does depends neither on the part nor on its place
    #[arg(long, value_parser = shard)]
    shard: Option<(usize, usize)>,
    /// Cases at the same time, in this process only
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=256))]
    jobs: u16,
    /// Run everything so many times, each time from another seed; every run of a case is shown
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=MOST as i64))]
    repeat: u32,
    /// With --repeat: end with the first run in which something failed
    #[arg(long)]
    until_failure: bool,
    /// Only cases that did not pass in this report of 'run --report json=FILE'
    #[arg(long)]
    failed_from: Option<PathBuf>,
    /// Run what failed so many times more; what passes then is called flaky
    #[arg(long, default_value_t = 0, conflicts_with = "repeat")]
    retries: u32,
    /// Which captures --out keeps
    #[arg(long, value_enum, default_value_t = Evidence::All)]
    evidence: Evidence,
    /// Say nothing but what somebody has to look at
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// What is an error beside failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Denied {
    /// Cases that could not be decided.
    Inconclusive,
    /// Other readings than ours.
    Tolerated,
    /// Cases that passed only when they were run again.
    Flaky,
}

/// Which captures are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Evidence {
    None,
    Failures,
    All,
}

fn shard(text: &str) -> Result<(usize, usize), String> {
    let parts = text.split_once('/').and_then(|(part, of)| Some((part.parse().ok()?, of.parse().ok()?)));
    parts
        .filter(|(part, of): &(usize, usize)| (1..=*of).contains(part))
        .ok_or_else(|| "PART/OF, such as 2/4".to_owned())
}

impl Options {
    /// The cases that are left.
    pub(super) fn narrow(&self, cases: Vec<&'static Case>) -> Result<Vec<&'static Case>, Failure> {
        let cases = self.profile.map_or(cases.clone(), |preset| preset.choose(cases));
        let failed = self.failed_from.as_ref().map(failed).transpose()?;
        let cases =
            cases.into_iter().filter(|case| failed.as_ref().is_none_or(|failed| failed.contains(case.id)));
        let in_part = |index: &usize| self.shard.is_none_or(|(part, of)| index % of == part - 1);
        Ok(cases.enumerate().filter(|(index, _)| in_part(index)).map(|(_, case)| case).collect())
    }

    /// Cases in this process, several at the same time.
    pub(super) fn in_process(&self, cases: &[&'static Case], seed: u64) -> Vec<CaseResult> {
        let jobs = usize::from(self.jobs).min(cases.len()).max(1);
        if jobs == 1 {
            return cases.iter().map(|case| case::run(case, seed)).collect();
        }
        let size = cases.len().div_ceil(jobs);
        std::thread::scope(|scope| {
            let threads: Vec<_> = cases
                .chunks(size)
                .map(|part| {
                    scope.spawn(move || part.iter().map(|case| case::run(case, seed)).collect::<Vec<_>>())
                })
                .collect();
            threads.into_iter().flat_map(|thread| thread.join().expect("a case does not panic")).collect()
        })
    }

    /// Repetitions and retries.
    pub(super) fn again(
        &self,
        seed: u64,
        cases: &[&'static Case],
        outcome: &mut RunOutcome,
        once: Once<'_>,
    ) -> Result<(), Failure> {
        for round in 1..u64::from(self.repeat) {
            if outcome.unhealthy.is_some() || self.until_failure && !is_green(outcome) {
                break;
            }
            let more = once(cases, seed.wrapping_add(round))?;
            outcome.results.extend(more.results);
            outcome.unhealthy = more.unhealthy;
        }
        for round in 1..=u64::from(self.retries) {
            let failed: Vec<&'static Case> = outcome
                .results
                .iter()
                .filter(|result| matches!(outcome.standing(result), Standing::Unexpected))
                .map(|result| result.case)
                .collect();
            if failed.is_empty() || outcome.unhealthy.is_some() {
                break;
            }
            let more = once(&failed, seed.wrapping_add(round))?;
            for result in more.results.into_iter().filter(|result| result.verdict == Verdict::Pass) {
                let id = result.case.id;
                if let Some(earlier) = outcome.results.iter_mut().find(|earlier| earlier.case.id == id) {
                    *earlier = result;
                    outcome.flaky.push(id);
                }
            }
        }
        Ok(())
    }

    pub(super) fn denies(&self, what: Denied) -> bool {
        let by_word = self.deny.contains(&what) || self.strict && what == Denied::Tolerated;
        by_word || self.profile.is_some_and(|preset| preset.denies(what))
    }

    /// What else is an error.
    pub(super) fn further(&self, outcome: &RunOutcome) -> Exit {
        let flaky = self.denies(Denied::Flaky) && !outcome.flaky.is_empty();
        let readings = || outcome.results.iter().any(|result| result.judgements.readings().next().is_some());
        let tolerated = self.denies(Denied::Tolerated) && readings();
        if flaky || tolerated { Exit::Unexpected } else { Exit::AsExpected }
    }

    pub(super) fn budget(&self) -> Option<Duration> {
        self.profile.and_then(Preset::budget)
    }

    /// How often a case may be begun that proves nothing.
    pub(super) fn attempts(&self) -> usize {
        self.profile.map_or(case::ATTEMPTS, Preset::attempts)
    }

    pub(super) fn keeps(&self, result: &CaseResult) -> bool {
        match self.evidence {
            Evidence::None => false,
            Evidence::Failures => result.verdict != Verdict::Pass,
            Evidence::All => true,
        }
    }
}

fn is_green(outcome: &RunOutcome) -> bool {
    let bad = |result| matches!(outcome.standing(result), Standing::Unexpected | Standing::Error);
    !outcome.results.iter().any(bad)
}

/// Cases that did not pass there.
fn failed(file: &PathBuf) -> Result<BTreeSet<String>, Failure> {
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{}: {error}", file.display()));
    let text = std::fs::read_to_string(file).map_err(|error| usage(&error))?;
    let mut ids = BTreeSet::new();
    for line in text.lines() {
        let line: Value = serde_json::from_str(line).map_err(|error| usage(&error))?;
        let bad = matches!(line["verdict"].as_str(), Some("fail" | "inconclusive" | "error"));
        if let (Some("case"), true, Some(case)) = (line["kind"].as_str(), bad, line["case"].as_str()) {
            ids.insert(case.to_owned());
        }
    }
    if ids.is_empty() {
        return Err(usage(&"every case of this report passed: nothing is left to run"));
    }
    Ok(ids)
}
