//! [`RunOutcome`]: everything a run came to, in one place. Terminal, reports, bundle and exit status all say what it says.

mod expected;
#[cfg(test)]
mod tests;
mod text;

use std::collections::{BTreeMap, BTreeSet};

pub use expected::{Entry, ExpectError, Expectations, Standing, proposal};

use crate::case::{Case, CaseResult, Verdict};
use crate::cli::Exit;
use crate::judge::Counts;
use crate::remote::{About, Calibration, Live};
use crate::side::Side;

/// A finished run.
pub struct RunOutcome {
    /// From which the seed of each case follows.
    pub seed: u64,
    /// Who was tested. `None`: our own node in this process, on virtual time.
    pub target: Option<About>,
    /// What was measured before a live run.
    pub calibration: Option<Calibration>,
    /// When it began, as time since 1970-01-01 UTC. `None` on virtual time, so that two runs leave the same octets.
    pub began: Option<std::time::Duration>,
    /// The cases that apply, in their order.
    pub results: Vec<CaseResult>,
    /// The others, with the reason.
    pub not_applicable: Vec<(&'static Case, String)>,
    /// When and why the target was found unhealthy.
    pub unhealthy: Option<String>,
    /// What was known to fail.
    pub expected: Expectations,
    /// Cases that failed, and passed when they were run again.
    pub flaky: Vec<&'static str>,
    /// Timers of the target were multiplied by this.
    pub time_scale: f64,
    /// What was looked at beside the cases.
    pub sides: Vec<Side>,
}

/// What makes a run red beside failures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Demands {
    /// Fewest cases that have to run.
    pub min_executed: usize,
    /// Inconclusive cases are an error.
    pub deny_inconclusive: bool,
}

impl RunOutcome {
    /// A run in this process.
    pub fn own(seed: u64, results: Vec<CaseResult>) -> Self {
        Self {
            seed,
            target: None,
            calibration: None,
            began: None,
            results,
            not_applicable: Vec::new(),
            unhealthy: None,
            expected: Expectations::default(),
            flaky: Vec::new(),
            sides: Vec::new(),
            time_scale: 1.0,
        }
    }

    /// A run against a remote target.
    pub fn live(seed: u64, target: About, began: std::time::Duration, live: Live) -> Self {
        let Live { calibration, results, not_applicable, unhealthy } = live;
        Self {
            target: Some(target),
            calibration,
            began: Some(began),
            not_applicable,
            unhealthy,
            ..Self::own(seed, results)
        }
    }

    /// How the target is called in reports.
    pub fn target_name(&self) -> String {
        match &self.target {
            None => "in-process node, virtual time".to_owned(),
            Some(about) => {
                let version = [about.name.as_str(), about.version.as_str()].join(" ");
                format!("{} ({}, r{})", version.trim_end(), about.roles.join(", "), about.release)
            }
        }
    }

    /// Cases that were begun.
    pub fn executed(&self) -> usize {
        self.results.iter().filter(|result| result.executed()).count()
    }

    /// How a result stands against what was expected.
    pub fn standing(&self, result: &CaseResult) -> Standing<'_> {
        self.expected.standing(result)
    }

    /// Cases that ended with this word.
    pub fn count(&self, word: &str) -> usize {
        self.results.iter().filter(|result| self.standing(result).word() == word).count()
    }

    /// Counts of the judge by requirement, over all cases.
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        let mut counts: BTreeMap<&'static str, Counts> = BTreeMap::new();
        for (requirement, count) in self.results.iter().flat_map(CaseResult::counts) {
            counts.entry(requirement).or_default().add(count);
        }
        counts
    }

    /// How many requirements were armed, by the path on which they were: `live` or `in-process`, then those beside the cases.
    pub fn armed_by_path(&self) -> Vec<(&'static str, usize)> {
        let cases = if self.target.is_some() { "live" } else { "in-process" };
        let sides = self.sides.iter().map(|side| (side.name, side.counts.len()));
        std::iter::once((cases, self.counts().len())).chain(sides).collect()
    }

    /// The requirements that were armed on any path.
    pub fn armed(&self) -> BTreeSet<&'static str> {
        let sides = self.sides.iter().flat_map(|side| side.counts.keys().copied());
        self.counts().into_keys().chain(sides).collect()
    }

    /// What is wrong beside the cases: the path, and what.
    pub fn wrong(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.sides.iter().flat_map(|side| side.wrong.iter().map(|what| (side.name, what.as_str())))
    }

    /// The status that the program ends with.
    pub fn exit(&self, demands: Demands) -> Exit {
        let mut exit = Exit::AsExpected;
        for result in &self.results {
            exit = exit.and(match self.standing(result) {
                Standing::Error => Exit::Harness,
                Standing::Unexpected => Exit::Unexpected,
                Standing::Inconclusive if demands.deny_inconclusive => Exit::Denied,
                _ => Exit::AsExpected,
            });
        }
        if self.executed() < demands.min_executed {
            exit = exit.and(Exit::TooFew);
        }
        let stale = !self.expected.stale(&self.results).is_empty();
        if self.unhealthy.is_some() || stale || self.wrong().next().is_some() {
            exit = exit.and(Exit::Unexpected);
        }
        exit
    }

    /// Results that somebody has to look at.
    pub fn remarkable(&self) -> impl Iterator<Item = &CaseResult> {
        self.results.iter().filter(|result| result.verdict != Verdict::Pass)
    }
}
