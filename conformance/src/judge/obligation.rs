//! What has to happen, until when, and what decides it.

use std::borrow::Cow;
use std::time::Duration;

use super::belief::{Belief, CallBelief};
use super::fact::{Call, Fact, Leg};
use super::profile::Profile;
use super::verdict::{Judgement, Judgements, Outcome};

/// Obligations watched at a time; a hostile capture cannot make the judge grow without bound. Beyond it new
/// ones are left open at once.
const MAX_PENDING: usize = 10_000;

/// What a rule may look at: the moment and the belief before the fact.
pub(super) struct Context<'a> {
    pub now: Duration,
    pub frame: u64,
    pub belief: &'a Belief,
    pub profile: &'a Profile,
}

impl<'a> Context<'a> {
    /// How long after this moment an answer may be seen.
    pub(super) fn answer(&self) -> Duration {
        self.profile.answer()
    }

    /// The call, unless it is being released.
    pub(super) fn call(&self, call: &Call) -> Option<&'a CallBelief> {
        self.belief.call(call).filter(|belief| !belief.is_releasing(self.now, self.answer()))
    }

    /// The call in which nothing is under way that is about to change who may talk.
    pub(super) fn settled(&self, call: &Call) -> Option<&'a CallBelief> {
        self.call(call).filter(|belief| !belief.is_moving(self.now, self.answer()))
    }

    /// Whether who was not seen to affiliate has not.
    pub(super) fn knows_affiliations(&self) -> bool {
        self.profile.is_complete() && self.profile.controlling.is_some()
    }

    /// Whether every participant of the call is seen, and from its beginning.
    pub(super) fn sees_all_of(&self, call: &CallBelief) -> bool {
        call.established.is_some() && (self.profile.is_complete() || self.belief.sees_core)
    }
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

impl Step {
    /// Broken by this.
    pub(super) fn by(what: impl Into<String>) -> Self {
        Self::Violated(what.into())
    }
}

/// What it means when something that would meet the obligation comes too early.
#[derive(Clone, Copy)]
enum Early {
    Violated,
    Open,
}

/// An obligation as a rule states it.
pub(super) struct Duty {
    requirement: &'static str,
    expected: Cow<'static, str>,
    within: Duration,
    at_due: (Outcome, &'static str),
    not_before: (Duration, Early),
    call: Option<Call>,
    leg: Option<Leg>,
    in_this_state: bool,
}

impl Duty {
    fn new(
        requirement: &'static str,
        within: Duration,
        expected: impl Into<Cow<'static, str>>,
        at_due: (Outcome, &'static str),
    ) -> Self {
        let not_before = (Duration::ZERO, Early::Open);
        let expected = expected.into();
        Self {
            requirement,
            expected,
            within,
            at_due,
            not_before,
            call: None,
            leg: None,
            in_this_state: false,
        }
    }

    /// Something has to happen within `within`.
    pub(super) fn must(
        requirement: &'static str,
        within: Duration,
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(requirement, within, expected, (Outcome::Violated, "nothing of the kind in time"))
    }

    /// Something must not happen for `during`.
    pub(super) fn must_not(
        requirement: &'static str,
        during: Duration,
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(requirement, during, expected, (Outcome::Held, ""))
    }

    /// If something happens within `within`, then in this way.
    pub(super) fn when(
        requirement: &'static str,
        within: Duration,
        expected: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self::new(requirement, within, expected, (Outcome::Open, ""))
    }

    /// To happen earlier than that breaks it.
    pub(super) fn not_before(self, after: Duration) -> Self {
        Self { not_before: (after, Early::Violated), ..self }
    }

    /// What happens earlier than that has another reason.
    pub(super) fn counts_from(self, after: Duration) -> Self {
        Self { not_before: (after, Early::Open), ..self }
    }

    /// It ends with the call.
    pub(super) fn in_call(self, call: &Call) -> Self {
        Self { call: Some(call.clone()), ..self }
    }

    /// It ends with the leg, or with the call.
    pub(super) fn on_leg(self, call: &Call, leg: Leg) -> Self {
        Self { leg: Some(leg), ..self.in_call(call) }
    }

    /// It ends when it changes who may talk or who is in the call. Messages of others that are under way at
    /// the same time may have changed that already.
    pub(super) fn in_this_state(self) -> Self {
        Self { in_this_state: true, ..self }
    }

    fn is_void(&self, fact: &Fact, moves: bool, crossing: bool) -> bool {
        let Some(call) = &self.call else { return false };
        match fact {
            Fact::LegClosing { leg, call: other, by_server } if other == call => {
                self.in_this_state || *by_server || self.leg == Some(*leg)
            }
            Fact::LegOpened { profile, .. } => self.in_this_state && profile.call == *call,
            Fact::Down { call: other, .. } => self.in_this_state && moves && other == call,
            Fact::Up { call: other, leg, message } if crossing && self.in_this_state => {
                other == call && self.leg != Some(*leg) && super::belief::may_move(message)
            }
            _ => false,
        }
    }
}

type Check = Box<dyn FnMut(&Fact, Duration) -> Step>;

struct Obligation {
    duty: Duty,
    armed_by: u64,
    armed_at: Duration,
    check: Check,
}

/// The pending obligations and everything decided so far.
#[derive(Default)]
pub(super) struct Obligations {
    pending: Vec<Obligation>,
    decided: Judgements,
}

impl Obligations {
    /// `check` says of every following fact what it means to the duty.
    pub(super) fn watch(
        &mut self,
        context: &Context<'_>,
        duty: Duty,
        mut check: impl FnMut(&Fact) -> Step + 'static,
    ) {
        self.watch_timed(context, duty, move |fact, _| check(fact));
    }

    /// As [`Obligations::watch`], for a check that has to know when.
    pub(super) fn watch_timed(
        &mut self,
        context: &Context<'_>,
        duty: Duty,
        check: impl FnMut(&Fact, Duration) -> Step + 'static,
    ) {
        let obligation =
            Obligation { duty, armed_by: context.frame, armed_at: context.now, check: Box::new(check) };
        if self.pending.len() >= MAX_PENDING {
            return self.close(obligation, Outcome::Open, None, String::new());
        }
        self.pending.push(obligation);
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
        self.decided.push(Judgement {
            requirement,
            outcome,
            armed_by: context.frame,
            decided_by: Some(context.frame),
            expected: expected.into(),
            actual,
        });
    }

    /// Shows a fact to everything that is pending. `moves`: it changes who may talk.
    pub(super) fn check(&mut self, fact: &Fact, moves: bool, context: &Context<'_>) {
        let mut index = 0;
        while let Some(obligation) = self.pending.get_mut(index) {
            let passed = context.now.saturating_sub(obligation.armed_at);
            let crossing = passed < context.profile.path;
            let (outcome, actual) = match (obligation.check)(fact, context.now) {
                Step::Held => match obligation.duty.not_before {
                    (earliest, Early::Violated) if passed < earliest => {
                        let early = earliest.saturating_sub(passed);
                        (Outcome::Violated, format!("{} ms too early", early.as_millis()))
                    }
                    (earliest, Early::Open) if passed < earliest => (Outcome::Open, String::new()),
                    _ => (Outcome::Held, String::new()),
                },
                Step::Violated(actual) => (Outcome::Violated, actual),
                Step::Void => (Outcome::Open, String::new()),
                Step::Wait if obligation.duty.is_void(fact, moves, crossing) => {
                    (Outcome::Open, String::new())
                }
                Step::Wait => {
                    index += 1;
                    continue;
                }
            };
            let obligation = self.pending.remove(index);
            self.close(obligation, outcome, Some(context.frame), actual);
        }
    }

    /// Time has come to `now`; what was due before is decided.
    pub(super) fn expire(&mut self, now: Duration) {
        let mut index = 0;
        while let Some(obligation) = self.pending.get(index) {
            if obligation.armed_at.saturating_add(obligation.duty.within) >= now {
                index += 1;
                continue;
            }
            let obligation = self.pending.remove(index);
            let (outcome, actual) = obligation.duty.at_due;
            self.close(obligation, outcome, None, actual.to_owned());
        }
    }

    /// The observation is over.
    pub(super) fn finish(mut self) -> Judgements {
        for obligation in std::mem::take(&mut self.pending) {
            self.close(obligation, Outcome::Open, None, String::new());
        }
        self.decided
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.pending.len()
    }

    fn close(&mut self, obligation: Obligation, outcome: Outcome, decided_by: Option<u64>, actual: String) {
        let Obligation { duty: Duty { requirement, expected, .. }, armed_by, .. } = obligation;
        let expected = expected.into_owned();
        self.decided.push(Judgement { requirement, outcome, armed_by, decided_by, expected, actual });
    }
}
