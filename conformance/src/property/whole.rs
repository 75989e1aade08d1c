//! Random sequences against the whole server, SIP included, seen and judged by the monitors that judge a target.
//!
//! The sequences are those of the media plane alone, carried out by clients that register and call. What the monitors say is true if
//! nothing is violated: a violation is a defect of the server or of the judge.

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
    sequence_of(seed, is_played)
}

/// Call control finishes a release by itself, and a client that is deaf to its server is none that a server is judged by.
const fn is_played(action: &Action) -> bool {
    !matches!(action, Action::FinishRelease | Action::Deafen(_))
}

fn sequence_of(seed: u64, is_played: fn(&Action) -> bool) -> Scenario {
    let mut scenario = generate::scenario(seed, None);
    scenario.network = Network::On;
    scenario.steps.retain(|step| is_played(&step.action));
    scenario.end = scenario.steps.last().map_or(Duration::ZERO, |step| step.at) + AFTERWARDS;
    scenario
}

/// Carries out sequences and has them judged.
pub fn watch(first_seed: u64, sequences: u64) -> Watched {
    watch_of(first_seed, sequences, is_played)
}

fn watch_of(first_seed: u64, sequences: u64, is_played: fn(&Action) -> bool) -> Watched {
    let mut watched = Watched::default();
    for seed in (first_seed..).take(usize::try_from(sequences).unwrap_or(usize::MAX)) {
        let Ok(recording) = scenario::attempt(&sequence_of(seed, is_played)) else { continue };
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
        let sequences =
            std::env::var("MCPTT_SEQUENCES").ok().and_then(|text| text.parse().ok()).unwrap_or(60);
        let filter: fn(&Action) -> bool = match std::env::var("MCPTT_ALPHABET").as_deref() {
            Ok("B") => |a| is_played(a) && !matches!(a, Action::StartRelease),
            Ok("C") => |a| {
                is_played(a)
                    && !matches!(
                        a,
                        Action::StartRelease
                            | Action::Send(
                                _,
                                scenario::Message::FloorOctets(_)
                                    | scenario::Message::VoiceOctets(_)
                                    | scenario::Message::Ack(_)
                            )
                    )
            },
            Ok("D") => |a| is_played(a) && !matches!(a, Action::StartRelease | Action::Send(..)),
            Ok("E") => {
                |a| is_played(a) && !matches!(a, Action::StartRelease | Action::Send(..) | Action::Disturb(_))
            }
            Ok("F") => |a| is_played(a) && !matches!(a, Action::Send(..) | Action::Disturb(_)),
            _ => is_played,
        };
        let first = std::env::var("MCPTT_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(1);
        let watched = watch_of(first, sequences, filter);
        if let Ok(folder) = std::env::var("MCPTT_KEEP") {
            for (seed, _) in &watched.violations {
                let scenario = sequence_of(*seed, filter);
                let path = std::path::Path::new(&folder).join(format!("judged-{seed}.scenario"));
                std::fs::write(&path, scenario.to_string()).unwrap();
                let recording = scenario::attempt(&scenario).unwrap();
                let sink = std::fs::File::create(path.with_extension("pcapng")).unwrap();
                scenario::record(&recording.frames, sink).unwrap();
            }
        }
        let line = |(seed, one): &(u64, Judgement)| {
            format!(
                "seed {seed}: {} frame {}: {} but {}",
                one.requirement, one.armed_by, one.expected, one.actual
            )
        };
        let lines: Vec<String> = watched.violations.iter().map(line).collect();
        assert!(lines.is_empty(), "{}", lines.join("\n"));
        assert!(watched.sequences >= sequences * 9 / 10, "{} of {sequences}", watched.sequences);
        assert!(watched.counts.len() > 100, "{} requirements armed", watched.counts.len());
    }
}
