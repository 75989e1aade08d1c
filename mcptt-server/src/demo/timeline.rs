//! The live timeline of the demonstration, and the step every captured datagram belongs to.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::{Duration, Instant};

use crate::driver::clock;

/// The steps of the demonstration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[repr(u8)]
pub enum Step {
    /// Users register, publish their settings and affiliate.
    Registration,
    /// The prearranged group call is set up.
    SetUp,
    /// The whole speech is spoken and heard.
    Voice,
    /// The floor passes between all members.
    Passing,
    /// A request waits in the queue.
    Queue,
    /// An emergency takes the floor.
    Override,
    /// A member joins late.
    LateEntry,
    /// The call ends.
    Release,
}

const STEPS: [Step; 8] = [
    Step::Registration,
    Step::SetUp,
    Step::Voice,
    Step::Passing,
    Step::Queue,
    Step::Override,
    Step::LateEntry,
    Step::Release,
];

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Registration => "registration and affiliation",
            Self::SetUp => "call set-up",
            Self::Voice => "voice",
            Self::Passing => "the floor passes around",
            Self::Queue => "a request is queued",
            Self::Override => "an emergency overrides",
            Self::LateEntry => "a member joins late",
            Self::Release => "the call ends",
        })
    }
}

/// The step that is running, shared with whoever captures.
#[derive(Clone, Debug)]
pub struct CurrentStep(Arc<AtomicU8>);

impl CurrentStep {
    /// Nothing has begun but registration.
    pub fn new() -> Self {
        Self(Arc::new(AtomicU8::new(0)))
    }

    /// The step that is running now.
    pub fn get(&self) -> Step {
        STEPS.get(usize::from(self.0.load(Ordering::Relaxed))).copied().unwrap_or(Step::Registration)
    }

    fn set(&self, step: Step) {
        self.0.store(step as u8, Ordering::Relaxed);
    }
}

/// Prints what happens while it happens.
#[derive(Debug)]
pub struct Timeline {
    began: Instant,
    step: Step,
    current: CurrentStep,
    print: bool,
}

impl Timeline {
    /// A timeline that began at `began`. Only one of several parallel calls should `print`.
    pub fn new(began: Instant, current: CurrentStep, print: bool) -> Self {
        Self { began, step: Step::Registration, current, print }
    }

    /// A new step begins.
    pub fn step(&mut self, step: Step) {
        self.step = step;
        if self.print {
            self.current.set(step);
            println!("\n{step}");
        }
    }

    /// The step that runs.
    pub fn current(&self) -> Step {
        self.step
    }

    /// Something happened to somebody, perhaps after a measured delay.
    pub fn note(&mut self, who: &str, what: &str, delay: Option<Duration>) {
        if !self.print {
            return;
        }
        let at = clock::now().saturating_duration_since(self.began).as_secs_f64();
        match delay {
            Some(delay) => println!("  {at:7.3} s  {who:<10} {what}  ({:.1} ms)", delay.as_secs_f64() * 1e3),
            None => println!("  {at:7.3} s  {who:<10} {what}"),
        }
    }
}
