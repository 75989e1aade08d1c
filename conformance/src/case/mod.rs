//! The cases: scenarios that make situations arise, each naming the requirements it is meant to arm.
//!
//! A scenario only stimulates. Whether the target behaved is said by the judge, which sees nothing but the frames; it judges all
//! requirements in every scenario, not only those the case names.

mod actors;
mod run;
mod ts24379;
mod ts24380;
mod verdict;

#[cfg(test)]
mod tests;

use crate::rig::{Rig, Unmet};

pub(crate) use run::case_seed;
pub use run::{CaseResult, count, judge, profile, run, run_on, verdict};
pub use verdict::{Reason, Verdict};

/// One scenario with its purpose.
pub struct Case {
    /// Purpose id and a word for the variant, such as `FC-06/deny`. Never derived from position.
    pub id: &'static str,
    /// What it shows, in one line.
    pub title: &'static str,
    /// The requirements it is meant to arm; each must hold for the case to pass.
    pub requirements: &'static [&'static str],
    /// Change of the embedded configuration the scenario needs, TOML.
    pub configuration: &'static str,
    /// The stimulus.
    pub scenario: fn(&mut Rig) -> Result<(), Unmet>,
}

/// All cases, in the order of the clauses.
pub fn all() -> Vec<&'static Case> {
    [ts24379::CASES, ts24380::CASES].into_iter().flatten().copied().flatten().copied().collect()
}
