//! Random sequences against the whole server, SIP included, seen and judged by the monitors that judge a target.
//!
//! The sequences are those of the media plane alone, as far as honest clients of an ordinary group play a part in them, carried out by
//! clients that register and call. Nothing may be found violated: a violation is a defect of the server or of the judge.

use std::collections::BTreeMap;
use std::time::Duration;

use super::generate;
use crate::case;
use crate::judge::{Counts, Judgement};
use crate::scenario::{self, Action, Network, Scenario};

/// What remains to be seen after the last step. The media plane alone waits longer: every floor has to fall free there.
const AFTERWARDS: Duration = Duration::from_secs(5);
/// Violations that are kept with their words.
const KEPT: usize = 20;
/// Settings of groups that are not ordinary.
const SPECIAL: [&str; 3] = ["max-talkers", "dual-floor", "audio-cut-in"];

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Watched {
    /// Sequences that were carried out.
    pub sequences: u64,
    /// What was armed, and how that went.
    pub counts: BTreeMap<&'static str, Counts>,
    /// The first violations: the seed, and what the judge says.
    pub violations: Vec<(u64, Judgement)>,
}

/// The sequence of a seed, for a whole server.
pub fn sequence(seed: u64) -> Scenario {
    let mut scenario = generate::scenario(seed, None);
    scenario.network = Network::On;
    scenario
        .settings
        .retain(|setting| !SPECIAL.iter().any(|special| setting.assignment.starts_with(special)));
    scenario.steps.retain(|step| is_played(&step.action));
    scenario.end = scenario.steps.last().map_or(Duration::ZERO, |step| step.at) + AFTERWARDS;
    scenario
}

/// What honest clients do in a call. What a server still says in the moment in which it sends BYE is another matter.
const fn is_played(action: &Action) -> bool {
    matches!(
        action,
        Action::Call(..)
            | Action::Press(..)
            | Action::Release(_)
            | Action::Speak(..)
            | Action::AskPosition(_)
            | Action::Accept(_)
    )
}

/// Carries out sequences and has them judged.
pub fn watch(first_seed: u64, sequences: u64) -> Watched {
    let mut watched = Watched::default();
    for seed in (first_seed..).take(usize::try_from(sequences).unwrap_or(usize::MAX)) {
        let Ok(recording) = scenario::attempt(&sequence(seed)) else { continue };
        let judgements = case::judge(recording.profile, &recording.frames, recording.end);
        for (requirement, count) in judgements.counts() {
            watched.counts.entry(requirement).or_default().add(count);
        }
        let room = KEPT.saturating_sub(watched.violations.len());
        watched.violations.extend(judgements.violations().take(room).map(|one| (seed, one.clone())));
        watched.sequences += 1;
    }
    watched
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_judge_of_targets_finds_nothing_wrong_in_random_sequences() {
        // As many as a run looks at.
        let sequences = 30;
        let watched = watch(1, sequences);
        let line = |(seed, one): &(u64, Judgement)| {
            format!(
                "seed {seed}: {} frame {}: {} but {}\n{}",
                one.requirement,
                one.armed_by,
                one.expected,
                one.actual,
                sequence(*seed)
            )
        };
        let lines: Vec<String> = watched.violations.iter().map(line).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
        assert!(watched.sequences >= sequences * 9 / 10, "{} of {sequences}", watched.sequences);
        assert!(watched.counts.len() > 40, "{} requirements armed", watched.counts.len());
    }
}
