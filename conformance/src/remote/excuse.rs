//! What the tester itself was too late for, or lost, is not held against the target.

use std::time::Duration;

use crate::case::{self, CaseResult, Reason, Verdict};
use crate::catalogue::Catalogue;
use crate::judge::Profile;
use crate::rig::Rig;

/// A tester that is later than that measures itself.
const MEASURED: Duration = Duration::from_millis(15);

/// What a tester knows about itself after a case.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Tester {
    /// Datagrams came that it did not read in time.
    pub(super) has_lost: bool,
    /// How late it was at worst.
    pub(super) lateness: Duration,
    /// How wrong the times of frames may be that it has sent.
    pub(super) imprecision: Duration,
}

impl Tester {
    pub(super) fn of(rig: &Rig) -> Self {
        Self { has_lost: rig.has_lost(), lateness: rig.lateness(), imprecision: rig.imprecision() }
    }

    /// Makes of a result what it is worth.
    pub(super) fn excuse(self, result: &mut CaseResult) {
        if self.has_lost {
            result.verdict =
                Verdict::Inconclusive(Reason::OwnLoss, "datagrams were not read in time".to_owned());
            return;
        }
        let lateness = self.lateness;
        if matches!(result.verdict, Verdict::Fail(_)) && lateness > result.profile.jitter {
            let profile = Profile { jitter: lateness, ..result.profile.clone() };
            let judgements = case::judge(profile, &result.frames, result.end);
            if judgements.violations().next().is_none() {
                let what = format!(
                    "the tester was {lateness:.1?} late, which explains it: {}",
                    result.verdict.reason()
                );
                result.verdict = Verdict::Inconclusive(Reason::OwnJitter, what);
            }
        }
        // Some of what is measured contains what our own clients take.
        if result.case.measures() && matches!(result.verdict, Verdict::Fail(_)) && lateness > MEASURED {
            let what = format!("the tester was {lateness:.1?} late: {}", result.verdict.reason());
            result.verdict = Verdict::Inconclusive(Reason::OwnJitter, what);
        }
        let imprecise = self.imprecision;
        if let Some(shortest) = shortest_timer(result).filter(|shortest| imprecise > *shortest / 10) {
            let what =
                format!("times that are {imprecise:.1?} wrong are too much for a timer of {shortest:?}");
            result.verdict = Verdict::Inconclusive(Reason::OwnJitter, what);
        }
    }
}

/// The shortest timer that the requirements of the case are about.
fn shortest_timer(result: &CaseResult) -> Option<Duration> {
    let timers = &result.profile.timers;
    let catalogue = Catalogue::embedded().ok()?;
    let requirements = result.case.requirements.iter().filter_map(|id| catalogue.get(id));
    let named = requirements.flat_map(|requirement| requirement.timers.iter());
    named
        .filter_map(|name| match name.as_str() {
            "T1" => Some(timers.t1),
            "T2" => Some(timers.t2),
            "T3" => Some(timers.t3),
            "T7" | "C7" => Some(timers.t7),
            "T8" => Some(timers.t8),
            "T11" => Some(timers.t11),
            "T12" => Some(timers.t12),
            "T20" | "C20" => Some(timers.t20),
            _ => None,
        })
        .min()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rig::remote::LEAST_JITTER;

    /// What a tester under such a load has noted of an honest run: what it sends leaves later than it has noted, by up to `load`.
    fn noted_under_load(honest: &CaseResult, load: Duration) -> CaseResult {
        let mut result = CaseResult {
            case: honest.case,
            verdict: Verdict::Pass,
            judgements: Default::default(),
            unmet: honest.unmet,
            frames: honest.frames.clone(),
            profile: Profile { jitter: LEAST_JITTER, ..honest.profile.clone() },
            end: honest.end + load,
            took: honest.took,
            before: Vec::new(),
        };
        let server = result.profile.participating.map(|address| address.ip());
        let times: Vec<Duration> = honest.frames.iter().map(|frame| frame.time).collect();
        for (index, frame) in result.frames.iter_mut().enumerate() {
            if Some(frame.source.ip()) == server {
                continue;
            }
            // Every third is on time, every third half as late; nothing is sent before what it answers has come.
            let late = load * u32::try_from(index % 3).unwrap_or(0) / 2;
            let before =
                index.checked_sub(1).and_then(|before| times.get(before)).copied().unwrap_or_default();
            frame.time = frame.time.saturating_sub(late).max(before);
        }
        result.judgements = case::judge(result.profile.clone(), &result.frames, result.end);
        result.verdict = case::verdict(result.case.requirements, result.unmet, &result.judgements);
        result
    }

    #[test]
    fn under_load_timer_cases_become_inconclusive_and_none_fails() {
        let (mut timer_cases, mut would_have_failed) = (0, 0);
        let catalogue = Catalogue::embedded().unwrap();
        let is_about_timers = |case: &&'static case::Case| {
            let mut requirements = case.requirements.iter().filter_map(|id| catalogue.get(id));
            requirements.any(|requirement| !requirement.timers.is_empty())
        };
        for case in case::all().into_iter().filter(is_about_timers) {
            let mut honest = case::run(case, 1);
            // A tester sees what its clients see.
            let client = |frame: &crate::capture::Frame| {
                let server = honest.profile.participating.map(|address| address.ip());
                Some(frame.source.ip()) != server || Some(frame.destination.ip()) != server
            };
            honest.frames = honest.frames.iter().filter(|frame| client(frame)).cloned().collect();
            honest.profile.controlling = None;
            let Some(shortest) = shortest_timer(&honest) else { continue };
            timer_cases += 1;
            for load in [5, 40, 120, 350, 900].map(Duration::from_millis) {
                let mut result = noted_under_load(&honest, load);
                would_have_failed += usize::from(matches!(result.verdict, Verdict::Fail(_)));
                Tester { has_lost: false, lateness: load, imprecision: load }.excuse(&mut result);
                let id = case.id;
                assert!(
                    !matches!(result.verdict, Verdict::Fail(_)),
                    "{id} under {load:?}: {}",
                    result.verdict.reason()
                );
                if load > shortest / 10 {
                    let too_late = matches!(result.verdict, Verdict::Inconclusive(Reason::OwnJitter, _));
                    assert!(too_late, "{id} under {load:?}: {:?}", result.verdict);
                }
            }
        }
        assert!(timer_cases >= 15, "{timer_cases} cases are about timers");
        assert!(would_have_failed > 0, "the load makes no difference");
    }

    #[test]
    fn what_was_lost_here_is_not_held_against_the_target() {
        let case = case::all().into_iter().find(|case| case.id == "FC-01/grant");
        let mut result = case::run(case.unwrap(), 1);
        result.verdict = Verdict::Fail("x".to_owned());
        Tester { has_lost: true, ..Tester::default() }.excuse(&mut result);
        assert!(matches!(result.verdict, Verdict::Inconclusive(Reason::OwnLoss, _)));
        result.verdict = Verdict::Fail("x".to_owned());
        result.judgements = Default::default();
        let mut guilty = result;
        guilty.profile.jitter = LEAST_JITTER;
        Tester { lateness: Duration::from_millis(1), ..Tester::default() }.excuse(&mut guilty);
        assert!(matches!(guilty.verdict, Verdict::Fail(_)), "a tester in time excuses nothing");
    }
}
