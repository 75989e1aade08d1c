//! How cases end.

use std::fmt;

/// How a case ended. The order is that of gravity: a verdict only moves right.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Every requirement of the case was armed and held, and nothing else was violated.
    Pass,
    /// It could not be decided: the reason, and what it is about.
    Inconclusive(Reason, String),
    /// A requirement was violated.
    Fail(String),
    /// The harness failed, or a defect was caught inside the node.
    Error(String),
}

/// Why a case could not be decided. There are no other reasons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reason {
    /// Something the scenario counts on did not happen.
    PreconditionUnmet,
    /// The situation that the requirement is about did not arise.
    Unarmed,
    /// Datagrams were lost on the tester's side.
    OwnLoss,
    /// The tester was later than it knows itself to be.
    OwnJitter,
    /// The capture ends, or cuts packets, where it would be decided.
    CaptureTruncated,
    /// Protected media cannot be read.
    KeysMissing,
    /// The target was started again in between.
    TargetRestarted,
    /// The target did not answer a simple exchange before or after.
    TargetUnhealthy,
    /// The specification does not say.
    SpecOpenPoint,
    /// There was no time left.
    BudgetExhausted,
}

impl Reason {
    /// All of them.
    pub const ALL: [Self; 10] = [
        Self::PreconditionUnmet,
        Self::Unarmed,
        Self::OwnLoss,
        Self::OwnJitter,
        Self::CaptureTruncated,
        Self::KeysMissing,
        Self::TargetRestarted,
        Self::TargetUnhealthy,
        Self::SpecOpenPoint,
        Self::BudgetExhausted,
    ];

    /// The word of it in reports.
    pub const fn word(self) -> &'static str {
        match self {
            Self::PreconditionUnmet => "precondition-unmet",
            Self::Unarmed => "unarmed",
            Self::OwnLoss => "own-loss",
            Self::OwnJitter => "own-jitter",
            Self::CaptureTruncated => "capture-truncated",
            Self::KeysMissing => "keys-missing",
            Self::TargetRestarted => "target-restarted",
            Self::TargetUnhealthy => "target-unhealthy",
            Self::SpecOpenPoint => "spec-open-point",
            Self::BudgetExhausted => "budget-exhausted",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl Verdict {
    /// The word of it.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive(..) => "inconclusive",
            Self::Fail(_) => "FAIL",
            Self::Error(_) => "ERROR",
        }
    }

    /// Why, unless it passed. An inconclusive case begins with a word of the closed list.
    pub fn reason(&self) -> String {
        match self {
            Self::Pass => String::new(),
            Self::Inconclusive(reason, what) => format!("{reason}: {what}"),
            Self::Fail(reason) | Self::Error(reason) => reason.clone(),
        }
    }

    /// The worse of two. Of two that are equally bad the first one stays.
    #[must_use]
    pub fn worse(self, other: Self) -> Self {
        if other.gravity() > self.gravity() { other } else { self }
    }

    /// Larger is worse.
    pub const fn gravity(&self) -> u8 {
        match self {
            Self::Pass => 0,
            Self::Inconclusive(..) => 1,
            Self::Fail(_) => 2,
            Self::Error(_) => 3,
        }
    }
}
