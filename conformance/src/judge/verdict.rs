//! What the judge says.

use std::collections::BTreeMap;

/// Judgements kept with their texts; what comes after is counted only, except violations.
const MAX_KEPT: usize = 100_000;
/// Violations kept beyond that.
const MAX_KEPT_VIOLATIONS: usize = 2 * MAX_KEPT;

/// How one instance of a requirement went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The obligation was met.
    Held,
    /// It was not.
    Violated,
    /// The target follows another reading of an unclear clause than we do, one that is accepted.
    Tolerated,
    /// The situation ended, or the observation did, before it could be decided.
    Open,
}

/// One instance of a requirement: its trigger arose, and this came of it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Judgement {
    /// The requirement.
    pub requirement: &'static str,
    /// How it went.
    pub outcome: Outcome,
    /// The frame that armed it.
    pub armed_by: u64,
    /// The frame that decided it; `None` when time did.
    pub decided_by: Option<u64>,
    /// What had to happen.
    pub expected: String,
    /// What happened instead; empty unless violated, tolerated or measured.
    pub actual: String,
}

/// How often a requirement was armed, and how that went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Instances.
    pub armed: u64,
    /// Of them met.
    pub held: u64,
    /// Of them not met.
    pub violated: u64,
    /// Of them met by another reading.
    #[serde(skip_serializing_if = "is_none")]
    pub tolerated: u64,
    /// Of them undecided.
    pub open: u64,
}

impl Counts {
    /// Adds the counts of another run.
    pub fn add(&mut self, other: Self) {
        self.armed += other.armed;
        self.held += other.held;
        self.violated += other.violated;
        self.tolerated += other.tolerated;
        self.open += other.open;
    }
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// Everything a judge said, in the order in which it was decided. Instances without number are counted
/// without limit; their texts are kept up to a limit, those of violations longest.
///
/// The first field holds those that were kept, the second the counts of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgements(pub Vec<Judgement>, BTreeMap<&'static str, Counts>);

impl Judgements {
    pub(crate) fn push(&mut self, judgement: Judgement) {
        let violated = judgement.outcome == Outcome::Violated;
        let one = self.1.entry(judgement.requirement).or_default();
        one.armed += 1;
        match judgement.outcome {
            Outcome::Held => one.held += 1,
            Outcome::Violated => one.violated += 1,
            Outcome::Tolerated => one.tolerated += 1,
            Outcome::Open => one.open += 1,
        }
        let room = if violated { MAX_KEPT_VIOLATIONS } else { MAX_KEPT };
        if self.0.len() < room {
            self.0.push(judgement);
        }
    }

    /// Counts by requirement. A requirement that is missing was not armed.
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        self.1.clone()
    }

    /// Where the target follows another reading than we do.
    pub fn readings(&self) -> impl Iterator<Item = &Judgement> {
        self.0.iter().filter(|judgement| judgement.outcome == Outcome::Tolerated)
    }

    /// The violations.
    pub fn violations(&self) -> impl Iterator<Item = &Judgement> {
        self.0.iter().filter(|judgement| judgement.outcome == Outcome::Violated)
    }
}
