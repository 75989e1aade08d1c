//! What has to happen, until when, and what decides it.

use std::time::Duration;

use super::belief::Belief;
use super::fact::Fact;
use super::profile::Profile;
use super::verdict::{Judgement, Judgements, Outcome};

/// Obligations watched at a time; a hostile capture cannot make the judge grow without bound. Beyond it new ones are left open at once.
const MAX_PENDING: usize = 10_000;
/// Judgements kept.
const MAX_JUDGEMENTS: usize = 1_000_000;

/// What a rule may look at: the moment and the belief before the fact.
pub(super) struct Context<'a> {
    pub now: Duration,
    pub frame: u64,
    pub belief: &'a Belief,
    pub profile: &'a Profile,
}

/// What a fact means to an obligation.
pub(super) enum Step {
    /// Nothing.
    Wait,
    /// It is met.
    Held,
    /// It is broken, and how.
    Violated(String),
    /// The situation it was about has ended.
    Void,
}

/// What it means when the time is over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AtDue {
    /// Something had to happen and did not.
    Violated,
    /// Something must not happen and did not.
    Held,
}

type Check = Box<dyn FnMut(&Fact) -> Step>;

struct Obligation {
    requirement: &'static str,
    armed_by: u64,
    /// What would meet it before this moment came too early.
    earliest: Duration,
    due: Duration,
    at_due: AtDue,
    expected: String,
    check: Check,
}

/// The pending obligations and everything decided so far.
#[derive(Default)]
pub(super) struct Obligations {
    pending: Vec<Obligation>,
    decided: Vec<Judgement>,
}

impl Obligations {
    /// Something has to happen within `within`: `check` says so of a fact.
    pub(super) fn must(
        &mut self,
        context: &Context<'_>,
        requirement: &'static str,
        within: Duration,
        expected: impl Into<String>,
        check: impl FnMut(&Fact) -> Step + 'static,
    ) {
        self.put(
            context,
            requirement,
            (Duration::ZERO, within),
            AtDue::Violated,
            expected.into(),
            Box::new(check),
        );
    }

    /// Something has to happen within `within`, but not before `after`.
    pub(super) fn must_between(
        &mut self,
        context: &Context<'_>,
        requirement: &'static str,
        (after, within): (Duration, Duration),
        expected: impl Into<String>,
        check: impl FnMut(&Fact) -> Step + 'static,
    ) {
        self.put(context, requirement, (after, within), AtDue::Violated, expected.into(), Box::new(check));
    }

    /// Something must not happen for `during`.
    pub(super) fn must_not(
        &mut self,
        context: &Context<'_>,
        requirement: &'static str,
        during: Duration,
        expected: impl Into<String>,
        check: impl FnMut(&Fact) -> Step + 'static,
    ) {
        self.put(
            context,
            requirement,
            (Duration::ZERO, during),
            AtDue::Held,
            expected.into(),
            Box::new(check),
        );
    }

    /// Decided at once.
    pub(super) fn judge(
        &mut self,
        context: &Context<'_>,
        requirement: &'static str,
        held: bool,
        expected: impl Into<String>,
        actual: impl FnOnce() -> String,
    ) {
        let (outcome, actual) =
            if held { (Outcome::Held, String::new()) } else { (Outcome::Violated, actual()) };
        self.decide(Judgement {
            requirement,
            outcome,
            armed_by: context.frame,
            decided_by: Some(context.frame),
            expected: expected.into(),
            actual,
        });
    }

    fn put(
        &mut self,
        context: &Context<'_>,
        requirement: &'static str,
        (after, within): (Duration, Duration),
        at_due: AtDue,
        expected: String,
        check: Check,
    ) {
        let (earliest, due) = (context.now.saturating_add(after), context.now.saturating_add(within));
        let obligation =
            Obligation { requirement, armed_by: context.frame, earliest, due, at_due, expected, check };
        if self.pending.len() >= MAX_PENDING {
            return self.close(obligation, Outcome::Open, None, String::new());
        }
        self.pending.push(obligation);
    }

    pub(super) fn check(&mut self, fact: &Fact, now: Duration, frame: u64) {
        let mut index = 0;
        while index < self.pending.len() {
            let (outcome, actual) = match (self.pending[index].check)(fact) {
                Step::Wait => {
                    index += 1;
                    continue;
                }
                Step::Held if now < self.pending[index].earliest => {
                    let early = self.pending[index].earliest - now;
                    (Outcome::Violated, format!("{} ms too early", early.as_millis()))
                }
                Step::Held => (Outcome::Held, String::new()),
                Step::Violated(actual) => (Outcome::Violated, actual),
                Step::Void => (Outcome::Open, String::new()),
            };
            let obligation = self.pending.remove(index);
            self.close(obligation, outcome, Some(frame), actual);
        }
    }

    /// Time has come to `now`; what was due before is decided.
    pub(super) fn expire(&mut self, now: Duration) {
        let mut index = 0;
        while index < self.pending.len() {
            if self.pending[index].due >= now {
                index += 1;
                continue;
            }
            let obligation = self.pending.remove(index);
            let (outcome, actual) = match obligation.at_due {
                AtDue::Held => (Outcome::Held, String::new()),
                AtDue::Violated => (Outcome::Violated, "nothing of the kind in time".to_owned()),
            };
            self.close(obligation, outcome, None, actual);
        }
    }

    /// The observation is over.
    pub(super) fn finish(mut self) -> Judgements {
        for obligation in std::mem::take(&mut self.pending) {
            self.close(obligation, Outcome::Open, None, String::new());
        }
        Judgements(self.decided)
    }

    fn close(&mut self, obligation: Obligation, outcome: Outcome, decided_by: Option<u64>, actual: String) {
        let Obligation { requirement, armed_by, expected, .. } = obligation;
        self.decide(Judgement { requirement, outcome, armed_by, decided_by, expected, actual });
    }

    fn decide(&mut self, judgement: Judgement) {
        if self.decided.len() < MAX_JUDGEMENTS {
            self.decided.push(judgement);
        }
    }
}
