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
use crate::side::{self, Side};

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
    /// Leave keys out of captures and bundle, and with them the twin of protected voice in the clear
    #[arg(long)]
    pub(super) no_keys: bool,
    /// Multiply the timers of a target that 'control.start' provisions, and the waits for them: 0.1 to 10. A timer stays within
    /// its range; what came of it stands in the configuration of the target and in the profile of each case
    #[arg(long, value_name = "FACTOR", value_parser = factor)]
    pub(super) time_scale: Option<f64>,
    /// Run once more what this file says: scenario.toml of a bundle, or of --out, with its seed; or NAME.scenario, which is
    /// played and judged in this process
    #[arg(long, value_name = "FILE", conflicts_with_all = ["failed_from", "shard"])]
    pub(super) scenario: Option<PathBuf>,
    /// Say nothing but what somebody has to look at
    #[arg(short, long)]
    pub(super) quiet: bool,
}

/// The factors that timers can be multiplied by.
const FACTORS: std::ops::RangeInclusive<f64> = 0.1..=10.0;

fn factor(text: &str) -> Result<f64, String> {
    let factor = text.parse().ok().filter(|factor| FACTORS.contains(factor));
    factor.ok_or_else(|| format!("a factor from {} to {}", FACTORS.start(), FACTORS.end()))
}

/// A seed as a person writes it.
pub(super) fn seed(text: &str) -> Result<u64, String> {
    let number = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None if text == "random" => {
            let mut octets = [0; 8];
            let random = ring::rand::SystemRandom::new();
            ring::rand::SecureRandom::fill(&random, &mut octets).ok().map(|()| u64::from_be_bytes(octets))
        }
        None => text.parse().ok(),
    };
    number.ok_or_else(|| {
        "a number up to 2^64-1, the same in hexadecimal with 0x in front, or 'random'".to_owned()
    })
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

    /// What is looked at beside the cases; `elsewhere` are those that do not apply to a target.
    pub(super) fn sides(&self, seed: u64, elsewhere: &[&'static Case]) -> Vec<Side> {
        if !self.profile.is_some_and(Preset::looks_aside) {
            return Vec::new();
        }
        let mut sides = vec![side::replayed(), side::random()];
        if !elsewhere.is_empty() {
            sides.push(side::elsewhere(elsewhere, seed));
        }
        sides
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
