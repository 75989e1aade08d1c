//! Key performance indicators (TS 22.179), from the times of frames: how long it takes until one may talk, is heard, hears others.
//!
//! On virtual time every way takes no time, so that nothing is judged there; see [`crate::case::run_on`].

use std::collections::BTreeMap;
use std::time::Duration;

use super::fact::{Call, Fact, Leg, Role};
use super::verdict::{Judgement, Outcome};
use mcptt_codec::floor::FloorMessage;

/// What is measured here.
pub const INDICATORS: [&str; 3] = ["22.179-kpi1", "22.179-kpi3", "22.179-kpi4"];
/// Fewer samples have no 95th percentile.
const ENOUGH: usize = 20;
/// Events that wait for what ends them.
const MAX_WAITING: usize = 4096;

/// What was measured.
#[derive(Debug, Default)]
pub struct Figures {
    /// From Floor Request to Floor Granted.
    access: Vec<Duration>,
    /// From a packet of the talker to the same one at a listener.
    mouth_to_ear: Vec<Duration>,
    /// From the INVITE of who joins a running call to the first packet that it hears.
    late_entry: Vec<Duration>,
    asked: BTreeMap<Leg, Duration>,
    spoken: BTreeMap<(Call, u16), Duration>,
    invited: BTreeMap<u64, Duration>,
    silent: BTreeMap<Leg, Duration>,
}

impl Figures {
    pub(super) fn take(&mut self, now: Duration, fact: &Fact) {
        match fact {
            Fact::Up { leg, message, .. } => match &**message {
                FloorMessage::Request(_) => {
                    note(&mut self.asked, *leg, now);
                }
                FloorMessage::Release(_) => {
                    self.asked.remove(leg);
                }
                _ => {}
            },
            Fact::Down { leg, message, .. } => match &**message {
                FloorMessage::Granted(_) => since(&mut self.access, self.asked.remove(leg), now),
                // Another answer: it is not the time until one may talk.
                FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_) => {
                    self.asked.remove(leg);
                }
                _ => {}
            },
            Fact::VoiceUp { call, sequence, .. } => note(&mut self.spoken, (call.clone(), *sequence), now),
            Fact::VoiceDown { call, leg, sequence, .. } => {
                since(&mut self.late_entry, self.silent.remove(leg), now);
                let spoken = self.spoken.get(&(call.clone(), *sequence)).copied();
                since(&mut self.mouth_to_ear, spoken, now);
            }
            Fact::Request(sent) if sent.is_invite(Role::Client, Role::Participating) => {
                note(&mut self.invited, sent.frame, now);
            }
            Fact::LegOpened { leg, profile } if profile.joined => {
                if let Some(at) = self.invited.remove(&profile.invite) {
                    note(&mut self.silent, *leg, at);
                }
            }
            Fact::LegClosing { leg, .. } => {
                self.silent.remove(leg);
                self.asked.remove(leg);
            }
            _ => {}
        }
    }

    /// What the indicator has, and the limit that 95 percent of it have to keep.
    fn of(&self, indicator: &str) -> (&[Duration], Duration) {
        match indicator {
            //= 22.179-kpi1
            "22.179-kpi1" => (&self.access, Duration::from_millis(300)),
            //= 22.179-kpi3
            "22.179-kpi3" => (&self.mouth_to_ear, Duration::from_millis(300)),
            // The cases talk without application layer encryption.
            //= 22.179-kpi4
            _ => (&self.late_entry, Duration::from_millis(150)),
        }
    }

    /// Whether there are enough samples for the indicator.
    pub fn suffice(&self, indicator: &str) -> bool {
        self.of(indicator).0.len() >= ENOUGH
    }

    /// What the indicators come to that have enough samples.
    pub fn judged(&self) -> impl Iterator<Item = Judgement> {
        INDICATORS.into_iter().filter(|indicator| self.suffice(indicator)).map(|requirement| {
            let (samples, limit) = self.of(requirement);
            let mut samples = samples.to_vec();
            samples.sort_unstable();
            let held = percentile(&samples, 95) < limit;
            let shown = |percent| format!("p{percent} {:.1} ms", milliseconds(percentile(&samples, percent)));
            let figures = [50, 95, 99].map(shown).join(", ");
            Judgement {
                requirement,
                outcome: if held { Outcome::Held } else { Outcome::Violated },
                armed_by: 0,
                decided_by: None,
                expected: format!("95 percent below {} ms", limit.as_millis()),
                actual: format!("{figures} of {} samples", samples.len()),
            }
        })
    }
}

/// The nearest rank of sorted samples.
fn percentile(samples: &[Duration], percent: usize) -> Duration {
    let rank = (samples.len() * percent).div_ceil(100).max(1);
    samples.get(rank - 1).copied().unwrap_or_default()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1000.0
}

/// The first time counts: a copy of a message is no new beginning.
fn note<K: Ord>(waiting: &mut BTreeMap<K, Duration>, key: K, now: Duration) {
    if waiting.len() < MAX_WAITING {
        waiting.entry(key).or_insert(now);
    }
}

fn since(samples: &mut Vec<Duration>, began: Option<Duration>, now: Duration) {
    if let Some(began) = began {
        samples.push(now.saturating_sub(began));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(access: impl Iterator<Item = u64>) -> Figures {
        Figures { access: access.map(Duration::from_millis).collect(), ..Figures::default() }
    }

    fn one(figures: &Figures) -> Judgement {
        let mut judged = figures.judged();
        let one = judged.next().unwrap();
        assert!(judged.next().is_none(), "what was not measured is not judged");
        one
    }

    //= 22.179-kpi1 test
    #[test]
    fn of_a_hundred_five_may_take_longer() {
        let most = figures((0..100).map(|number| if number < 5 { 900 } else { number }));
        let held = one(&most);
        assert_eq!((held.outcome, held.requirement), (Outcome::Held, "22.179-kpi1"));
        assert_eq!(held.actual, "p50 54.0 ms, p95 99.0 ms, p99 900.0 ms of 100 samples");
        let less = figures((0..100).map(|number| if number < 6 { 900 } else { number }));
        assert_eq!(one(&less).outcome, Outcome::Violated);
    }

    //= 22.179-kpi3 test
    #[test]
    fn few_samples_say_nothing() {
        assert!(figures(0..19).judged().next().is_none());
        let few = Figures { mouth_to_ear: vec![Duration::ZERO; 19], ..Figures::default() };
        assert!(!few.suffice("22.179-kpi3") && few.judged().next().is_none());
        let enough = Figures { mouth_to_ear: vec![Duration::from_millis(300); 20], ..Figures::default() };
        assert_eq!((one(&enough).outcome, one(&enough).requirement), (Outcome::Violated, "22.179-kpi3"));
    }

    //= 22.179-kpi4 test
    #[test]
    fn late_entry_has_a_limit_of_its_own() {
        let late = |time| Figures { late_entry: vec![Duration::from_millis(time); 20], ..Figures::default() };
        assert_eq!((one(&late(149)).outcome, one(&late(149)).requirement), (Outcome::Held, "22.179-kpi4"));
        assert_eq!(one(&late(150)).outcome, Outcome::Violated);
    }
}
