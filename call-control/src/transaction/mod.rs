//! Transactions: one request, its answers, and every retransmission of either (RFC 3261 17 with the corrections of
//! RFC 6026). Over a reliable transport nothing is repeated and nothing needs to be absorbed.
//!
//! The four machines know nothing of each other or of keys: [`client_invite`], [`client`], [`server_invite`] and
//! [`server`]. [`TransactionLayer`] owns them, matches messages to them and keeps their timers in one order. A late call
//! of `handle_timeout` makes things happen late and never twice; a call that nobody needed does nothing.

pub mod client;
pub mod client_invite;
mod deadlines;
pub mod hop;
mod key;
mod layer;
pub mod server;
pub mod server_invite;
mod timer;

#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{Request, Response};

pub(crate) use deadlines::Deadlines;
pub(crate) use key::way_back;
pub use layer::{TransactionEvent, TransactionLayer};
pub(crate) use timer::later;
pub use timer::{TIMERS, Timer, TimerError, TimerSettings, TimerSpec};

use timer::TimerTable;

/// A request that we sent. Never used twice by one user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ClientTransactionId(u64);

/// A request that we received. Never used twice by one user agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct ServerTransactionId(u64);

/// Bounds of the transaction layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Client transactions at one time; one more fails like a timeout.
    pub client: usize,
    /// Server transactions at one time for requests outside dialogs; one more is answered 503 without keeping it.
    pub server: usize,
    /// How many more there may be for requests inside dialogs: in overload calls end, they do not begin.
    pub reserve: usize,
}

impl Default for Limits {
    fn default() -> Self {
        // A server transaction lives for 64*T1: this is room for some 3,000 requests a second.
        Self { client: 50_000, server: 100_000, reserve: 10_000 }
    }
}

/// What one transaction wants done, in order.
#[derive(Clone, Debug, PartialEq)]
pub enum Output {
    /// Hand these octets to the transport.
    Send(Bytes),
    /// Hand this response to the transaction user.
    Response(Response),
    /// Hand this ACK to the transaction user.
    Ack(Request),
    /// Tell the transaction user that nobody answered (timer B or F).
    TimedOut,
    /// Tell the transaction user that a non-2xx answer was never acknowledged (timer H).
    NotAcknowledged,
}

/// What a transaction is told with every input.
#[derive(Debug)]
pub struct Context<'a> {
    /// The time.
    pub now: Instant,
    /// The timer values.
    pub timers: &'a TimerSettings,
    /// Whether the transport loses nothing.
    pub reliable: bool,
    /// Where the outputs go.
    pub out: &'a mut Vec<Output>,
}

impl Context<'_> {
    fn send(&mut self, octets: &Bytes) {
        self.out.push(Output::Send(octets.clone()));
    }

    fn start(&self, table: &mut TimerTable, timer: Timer) {
        match timer {
            //= RFC3261-17:reliable-repeat
            Timer::A | Timer::E | Timer::G if self.reliable => {}
            //= RFC3261-17:reliable-absorb
            Timer::D | Timer::I | Timer::J | Timer::K if self.reliable => {
                table.start(timer, self.now, Duration::ZERO);
            }
            _ => table.start(timer, self.now, self.timers.duration(timer)),
        }
    }

    fn restart(&self, table: &mut TimerTable, timer: Timer, after: Duration) {
        table.start(timer, self.now, after);
    }
}
