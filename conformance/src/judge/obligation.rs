//! What has to happen, until when, and what decides it.

use std::borrow::Cow;
use std::time::Duration;

use mcptt_codec::floor::FloorMessage;

use super::belief::{Belief, CallBelief, FloorBelief};
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

    /// The call, unless it is being released, or is not one call on the wire because its groups were regrouped.
    pub(super) fn call(&self, call: &Call) -> Option<&'a CallBelief> {
        if self.belief.regroups.concern(call) {
            return None;
        }
        self.belief.call(call).filter(|belief| !belief.is_releasing(self.now, self.answer()))
    }

    /// The call in which nothing is under way that is about to change who may talk: there is one possible state.
    pub(super) fn settled(&self, call: &Call) -> Option<&'a CallBelief> {
        self.call(call).filter(|belief| belief.possible(self.now, self.profile).len() == 1)
    }

    /// The call, and what `reading` says of its state, when it says the same of every possible one.
    pub(super) fn agreed<T: PartialEq>(
        &self,
        call: &Call,
        reading: impl Fn(FloorBelief) -> Option<T>,
    ) -> Option<(&'a CallBelief, T)> {
        let belief = self.call(call)?;
        let mut states = belief.possible(self.now, self.profile).into_iter();
        let first = reading(states.next()?)?;
        states.all(|state| reading(state).as_ref() == Some(&first)).then_some((belief, first))
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
    /// It is met by another reading of the clause, and by which.
    Tolerated(String),
    /// The situation it was about has ended.
    Void,
}

impl Step {
    /// Broken by this.
    pub(super) fn by(what: impl Into<String>) -> Self {
        Self::Violated(what.into())
    }

    /// Met if `right`, broken by this otherwise.
    pub(super) fn test(right: bool, what: impl FnOnce() -> String) -> Self {
        if right { Self::Held } else { Self::Violated(what()) }
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
    also: &'static [&'static str],
    expected: Cow<'static, str>,
    within: Duration,
    at_due: (Outcome, &'static str),
    not_before: (Duration, Early),
    call: Option<Call>,
    leg: Option<Leg>,
    in_this_state: bool,
    while_all_are: Option<Box<dyn Fn(FloorBelief) -> bool>>,
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
            also: &[],
            expected,
            within,
            at_due,
            not_before,
            call: None,
            leg: None,
            in_this_state: false,
            while_all_are: None,
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

    /// These requirements ask for the same here.
    pub(super) fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }

    /// It ends when a state becomes possible that is not like this, or somebody comes or goes.
    pub(super) fn while_all_are(self, like_this: impl Fn(FloorBelief) -> bool + 'static) -> Self {
        Self { while_all_are: Some(Box::new(like_this)), ..self }
    }

    /// Whether the fact, which the belief has taken in, has ended the situation.
    fn is_over(
        &self,
        fact: &Fact,
        crossing: bool,
        belief: &Belief,
        now: Duration,
        profile: &Profile,
    ) -> bool {
        let (Some(like_this), Some(call)) = (&self.while_all_are, &self.call) else { return false };
        let matters = match fact {
            Fact::Down { call: other, .. } => other == call,
            // What is sent later is worked on later, unless it may have overtaken.
            Fact::Up { call: other, leg, .. } => crossing && other == call && self.leg != Some(*leg),
            Fact::LegClosing { call: other, .. } => return other == call,
            Fact::LegOpened { profile, .. } => return profile.call == *call,
            _ => false,
        };
        let states = || belief.call(call).map(|belief| belief.possible(now, profile)).unwrap_or_default();
        matters && !states().into_iter().all(like_this)
    }

    fn is_void(&self, fact: &Fact, moves: bool, crossing: bool) -> bool {
        let Some(call) = &self.call else { return false };
        match fact {
            Fact::LegClosing { leg, call: other, by_server, .. } if other == call => {
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

    /// Decided at once: the target follows another reading than we do.
    pub(super) fn tolerate(
        &mut self,
        context: &Context<'_>,
        requirement: &'static str,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) {
        self.decided.push(Judgement {
            requirement,
            outcome: Outcome::Tolerated,
            armed_by: context.frame,
            decided_by: Some(context.frame),
            expected: expected.into(),
            actual: actual.into(),
        });
    }

    /// Shows a fact to everything that is pending. `moves`: it changes who may talk.
    pub(super) fn check(&mut self, fact: &Fact, moves: bool, context: &Context<'_>) {
        // Floor Taken for others may be seen before Floor Granted for whom it is about: it ends nothing that is about the same talk.
        let about = match fact {
            Fact::Down { call, message, .. } if matches!(**message, FloorMessage::Taken(_)) => {
                context.belief.named(call, message)
            }
            _ => None,
        };
        let mut index = 0;
        while let Some(obligation) = self.pending.get_mut(index) {
            let moves = moves && (about.is_none() || about != obligation.duty.leg);
            let passed = context.now.saturating_sub(obligation.armed_at);
            let crossing = passed < context.profile.crossing();
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
                Step::Tolerated(actual) => (Outcome::Tolerated, actual),
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

    /// The belief has taken the fact in: what was about a state that is not certain any more stays open.
    pub(super) fn review(&mut self, fact: &Fact, context: &Context<'_>) {
        if !matches!(
            fact,
            Fact::Down { .. } | Fact::Up { .. } | Fact::LegClosing { .. } | Fact::LegOpened { .. }
        ) {
            return;
        }
        let Context { now, frame, belief, profile } = *context;
        let mut index = 0;
        while let Some(Obligation { duty, armed_at, .. }) = self.pending.get(index) {
            let crossing = now.saturating_sub(*armed_at) < profile.crossing();
            if duty.is_over(fact, crossing, belief, now, profile) {
                let obligation = self.pending.remove(index);
                self.close(obligation, Outcome::Open, Some(frame), String::new());
            } else {
                index += 1;
            }
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

    /// Whether something has to come that has to come soon, not when a timer runs out.
    pub(super) fn await_something_within(&self, answer: Duration) -> bool {
        let due = |duty: &Duty| duty.at_due.0 == Outcome::Violated && duty.within <= answer;
        self.pending.iter().any(|obligation| due(&obligation.duty))
    }

    /// The observation is over.
    pub(super) fn decided(&self) -> &Judgements {
        &self.decided
    }

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
        let Obligation { duty: Duty { requirement, also, expected, .. }, armed_by, .. } = obligation;
        for requirement in also.iter().copied().chain([requirement]) {
            let (expected, actual) = (expected.clone().into_owned(), actual.clone());
            self.decided.push(Judgement { requirement, outcome, armed_by, decided_by, expected, actual });
        }
    }
}
