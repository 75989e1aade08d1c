//! What the judge says.

use std::collections::BTreeMap;

/// How one instance of a requirement went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The obligation was met.
    Held,
    /// It was not.
    Violated,
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
    /// What happened instead; empty unless violated.
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
    /// Of them undecided.
    pub open: u64,
}

impl Counts {
    /// Adds the counts of another run.
    pub fn add(&mut self, other: Self) {
        self.armed += other.armed;
        self.held += other.held;
        self.violated += other.violated;
        self.open += other.open;
    }
}

/// Everything a judge said, in the order in which it was decided.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Judgements(pub Vec<Judgement>);

impl Judgements {
    /// Counts by requirement. A requirement that is missing was not armed.
    pub fn counts(&self) -> BTreeMap<&'static str, Counts> {
        let mut counts: BTreeMap<&'static str, Counts> = BTreeMap::new();
        for judgement in &self.0 {
            let one = counts.entry(judgement.requirement).or_default();
            one.armed += 1;
            match judgement.outcome {
                Outcome::Held => one.held += 1,
                Outcome::Violated => one.violated += 1,
                Outcome::Open => one.open += 1,
            }
        }
        counts
    }

    /// The violations.
    pub fn violations(&self) -> impl Iterator<Item = &Judgement> {
        self.0.iter().filter(|judgement| judgement.outcome == Outcome::Violated)
    }
}
