//! The judge: monitors that watch frames and say which requirements held.
//!
//! It sees octets, addresses and times, nothing of the target's inside and nothing of the scenario. The same
//! object judges a live run, a capture, a random sequence and the fuzzer's inventions. It has no clock: time
//! is what the frames say.
//!
//! ```text
//! Frame -> Wire (who is who: SIP dialogs, legs) -> Fact -> rules -> Obligations -> Judgement
//!                                                    \-> Belief (who may talk), updated after the rules
//! ```

mod belief;
mod beyond;
mod fact;
mod figures;
mod floor;
mod obligation;
mod participant;
mod people;
mod profile;
mod secured;
mod sip;
mod verdict;
mod wire;

#[cfg(test)]
mod tests;

use std::time::Duration;

use crate::capture::Frame;

use belief::Belief;
use obligation::{Context, Obligations};
use wire::Wire;

pub use figures::{Figures, INDICATORS};
pub use profile::{
    ClientTimers, Documents, Function, FunctionTimers, GroupFacts, KnownPath, MemberFacts, PrivateFacts,
    Profile, Side, Subjects, TimerValues, UserFacts,
};
pub use verdict::{Counts, Judgement, Judgements, Outcome};

/// What the server side has to do.
const SERVER: &[&[Rule]] = &[floor::RULES, sip::RULES, beyond::SERVER];
/// What the clients have to do.
const PARTICIPANT: &[&[Rule]] = &[participant::RULES, sip::PARTICIPANT, beyond::PARTICIPANT];

/// Watches frames in the order of their time and judges.
pub struct Judge {
    profile: Profile,
    wire: Wire,
    belief: Belief,
    obligations: Obligations,
    figures: Figures,
    now: Duration,
}

impl Judge {
    /// A judge that knows about the target what the profile says.
    pub fn new(profile: Profile) -> Self {
        Self {
            wire: Wire::new(&profile),
            profile,
            belief: Belief::default(),
            obligations: Obligations::default(),
            figures: Figures::default(),
            now: Duration::ZERO,
        }
    }

    /// Every requirement some rule of this judge can arm.
    pub fn requirements() -> Vec<&'static str> {
        let mut all: Vec<&'static str> = SERVER
            .iter()
            .chain(PARTICIPANT)
            .copied()
            .flatten()
            .flat_map(|rule| rule.requirements)
            .copied()
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The requirements among them that the clients have to meet, not the server side.
    pub fn participant_requirements() -> Vec<&'static str> {
        PARTICIPANT.iter().copied().flatten().flat_map(|rule| rule.requirements).copied().collect()
    }

    /// Takes the next frame. A frame older than the one before counts as simultaneous with it.
    pub fn observe(&mut self, frame: &Frame) {
        self.advance(frame.time);
        for fact in self.wire.read(frame) {
            self.figures.take(self.now, &fact);
            let context =
                Context { now: self.now, frame: frame.number, belief: &self.belief, profile: &self.profile };
            self.obligations.check(&fact, self.belief.moves(&fact), &context);
            let Subjects { server, participants } = self.profile.subjects;
            let server = SERVER.iter().filter(|_| server);
            let participants = PARTICIPANT.iter().filter(|_| participants);
            for rule in server.chain(participants).copied().flatten() {
                (rule.watch)(&context, &fact, &mut self.obligations);
            }
            self.belief.apply(self.now, frame.number, &fact);
            self.belief.beyond.apply(self.now, &fact, &self.profile);
            let context =
                Context { now: self.now, frame: frame.number, belief: &self.belief, profile: &self.profile };
            self.obligations.review(&fact, &context);
        }
    }

    /// Time passes without a frame.
    pub fn advance(&mut self, time: Duration) {
        self.now = self.now.max(time);
        self.obligations.expire(self.now);
    }

    /// What was measured.
    pub fn into_figures(self) -> Figures {
        self.figures
    }

    /// What has been decided so far.
    pub fn decided(&self) -> &Judgements {
        self.obligations.decided()
    }

    /// Whether nothing is due within the time for an answer, and who may talk is certain: whatever was caused has happened.
    pub fn is_settled(&mut self, time: Duration) -> bool {
        self.advance(time);
        !self.obligations.await_something_within(self.profile.answer())
            && self.belief.is_settled(self.now, &self.profile)
    }

    /// The observation ends at `end`; what could not be decided by then stays open.
    pub fn finish(mut self, end: Duration) -> Judgements {
        self.advance(end);
        self.obligations.finish()
    }

    /// Everything that is remembered and not judged yet, counted.
    #[cfg(test)]
    fn size(&self) -> usize {
        self.wire.size() + self.belief.size() + self.obligations.size()
    }
}

/// A monitor: when it triggers it puts obligations down, or judges at once.
struct Rule {
    requirements: &'static [&'static str],
    watch: fn(&Context<'_>, &fact::Fact, &mut Obligations),
}
