//! The cases: scenarios that make situations arise, each naming the requirements it is meant to arm.
//!
//! A scenario only stimulates. Whether the target behaved is said by the judge, which sees nothing but the frames; it judges all
//! requirements in every scenario, not only those the case names.

mod actors;
mod official;
mod performance;
mod run;
mod ts24379;
mod ts24380;
mod verdict;

#[cfg(test)]
mod tests;

use crate::judge::INDICATORS;
use crate::rig::{Rig, Unmet};

pub use official::nearest;
pub(crate) use run::case_seed;
pub use run::{ATTEMPTS, CaseResult, count, judge, measure, profile, run, run_on, verdict};
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

impl Case {
    /// What stands before the slash of its id.
    pub fn purpose(&self) -> &'static str {
        self.id.split('/').next().unwrap_or(self.id)
    }

    /// Whether it measures time that passes, which virtual time does not tell.
    pub fn measures(&self) -> bool {
        self.requirements.iter().any(|id| INDICATORS.contains(id))
    }
}

/// All cases, in the order of the clauses.
pub fn all() -> Vec<&'static Case> {
    let groups = [ts24379::CASES, ts24380::CASES, &[performance::CASES]];
    groups.into_iter().flatten().copied().flatten().copied().collect()
}
