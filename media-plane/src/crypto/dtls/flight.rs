//! When a flight is sent again (RFC 6347 4.2.4).

use std::time::{Duration, Instant};

/// How long the first answer is waited for; each further wait is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest wait: RFC 6347 allows a minute, but somebody holds a button.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// How often a flight that nobody waits for is sent again because its answer was asked for again.
const MAX_REPEATS: u8 = 8;

/// The datagrams that were sent last, and when to send them again.
#[derive(Debug)]
pub(super) struct Flight {
    datagrams: Vec<Vec<u8>>,
    wait: Duration,
    due: Option<Instant>,
    repeats: u8,
}

impl Flight {
    pub(super) const fn none() -> Self {
        Self { datagrams: Vec::new(), wait: FIRST_WAIT, due: None, repeats: 0 }
    }

    /// A new one was sent and is waited for.
    pub(super) fn sent(&mut self, now: Instant, datagrams: &[Vec<u8>]) {
        (self.datagrams, self.wait, self.repeats) = (datagrams.to_vec(), FIRST_WAIT, 0);
        self.due = now.checked_add(FIRST_WAIT);
    }

    /// The same one was sent again: the next wait is longer.
    pub(super) fn sent_again(&mut self, now: Instant) {
        self.wait = self.wait.saturating_mul(2).min(LONGEST_WAIT);
        self.due = now.checked_add(self.wait);
    }

    /// No answer to it is to come.
    pub(super) const fn settle(&mut self) {
        self.due = None;
    }

    pub(super) const fn due(&self) -> Option<Instant> {
        self.due
    }

    /// As it was sent.
    pub(super) fn datagrams(&self) -> &[Vec<u8>] {
        &self.datagrams
    }

    /// As it was sent, because the other side shows that it has not got it; not without end.
    pub(super) fn asked_for(&mut self) -> &[Vec<u8>] {
        if self.repeats >= MAX_REPEATS {
            return &[];
        }
        self.repeats += 1;
        &self.datagrams
    }
}
