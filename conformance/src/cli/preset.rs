//! `run --profile`: what is run and how strictly, under one name.

use std::collections::BTreeSet;
use std::time::Duration;

use super::run_options::Denied;
use crate::case::{ATTEMPTS, Case};

/// A named kind of run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Preset {
    /// One case of each purpose, at most five minutes
    #[value(alias = "smoke")]
    Quick,
    /// Everything but measurements, at most 15 minutes, the captures of the repository and random sequences beside them; inconclusive
    /// cases are an error
    Ci,
    /// Everything, captures and random sequences included
    Full,
    /// Everything, nothing is repeated; what is not certain is an error, retries included
    Certification,
    /// Everything but measurements; inconclusive cases are none
    Interop,
}

impl Preset {
    /// Those of the chosen cases that belong to it.
    pub(super) fn choose(self, cases: Vec<&'static Case>) -> Vec<&'static Case> {
        let mut seen = BTreeSet::new();
        cases
            .into_iter()
            .filter(|case| match self {
                Self::Quick => !case.measures() && seen.insert(case.purpose()),
                Self::Ci | Self::Interop => !case.measures(),
                Self::Full | Self::Certification => true,
            })
            .collect()
    }

    /// Longest time of a run against a target.
    pub(super) const fn budget(self) -> Option<Duration> {
        match self {
            Self::Quick => Some(Duration::from_secs(5 * 60)),
            Self::Ci => Some(Duration::from_secs(15 * 60)),
            Self::Full | Self::Certification | Self::Interop => None,
        }
    }

    /// What is an error beside failures.
    pub(super) const fn denies(self, what: Denied) -> bool {
        match self {
            Self::Ci => matches!(what, Denied::Inconclusive),
            Self::Certification => matches!(what, Denied::Inconclusive | Denied::Flaky),
            Self::Quick | Self::Full | Self::Interop => false,
        }
    }

    /// Whether captures are replayed and random sequences judged as well.
    pub(super) const fn looks_aside(self) -> bool {
        matches!(self, Self::Ci | Self::Full)
    }

    /// How often a case may be begun that proves nothing.
    pub(super) const fn attempts(self) -> usize {
        if matches!(self, Self::Certification) { 1 } else { ATTEMPTS }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::case;

    #[test]
    fn quick_is_one_case_of_each_purpose_and_ci_all_but_measurements() {
        let all = case::all();
        let purposes: BTreeSet<&str> =
            all.iter().filter(|case| !case.measures()).map(|case| case.purpose()).collect();
        let quick = Preset::Quick.choose(all.clone());
        assert_eq!(quick.len(), purposes.len());
        assert_eq!(quick.iter().map(|case| case.purpose()).collect::<BTreeSet<_>>(), purposes);
        let measuring = all.iter().filter(|case| case.measures()).count();
        assert_eq!(Preset::Ci.choose(all.clone()).len(), all.len() - measuring);
        assert_eq!(Preset::Full.choose(all.clone()).len(), all.len());
        assert!(
            measuring >= 3
                && Preset::Ci.denies(Denied::Inconclusive)
                && !Preset::Interop.denies(Denied::Inconclusive)
        );
        assert_eq!(Preset::Certification.attempts(), 1);
    }
}
