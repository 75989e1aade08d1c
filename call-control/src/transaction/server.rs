//! The server transaction of every request that is not an INVITE (RFC 3261 17.2.2).

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::sip::Response;

use super::timer::TimerTable;
use super::{Context, Timer};

/// The states of figure 8 of RFC 3261.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum State {
    /// No answer yet; retransmissions are absorbed.
    Trying,
    /// A provisional answer was sent and is repeated for each retransmission.
    Proceeding,
    /// The final answer was sent and is repeated for each retransmission.
    Completed,
    /// Over.
    Terminated,
}

/// A request that we received.
#[derive(Clone, Debug)]
pub struct Server {
    state: State,
    octets: Bytes,
    timers: TimerTable,
}

impl Server {
    /// A new request.
    pub fn new(cx: &mut Context<'_>) -> Self {
        let mut timers = TimerTable::default();
        cx.start(&mut timers, Timer::XAbandoned);
        Self { state: State::Trying, octets: Bytes::new(), timers }
    }

    /// The same request again.
    pub fn handle_retransmission(&mut self, cx: &mut Context<'_>) {
        match self.state {
            //= RFC3261-17.2.2:again
            State::Proceeding | State::Completed => cx.send(&self.octets),
            State::Trying | State::Terminated => {}
        }
    }

    /// Sends a response of the transaction user; `false` when this state has no place for it.
    pub fn respond(&mut self, response: &Response, cx: &mut Context<'_>) -> bool {
        if !matches!(self.state, State::Trying | State::Proceeding) {
            return false;
        }
        self.octets = response.encode();
        cx.send(&self.octets);
        if response.status.is_provisional() {
            self.state = State::Proceeding;
        } else {
            self.timers.stop_all();
            cx.start(&mut self.timers, Timer::J);
            self.state = State::Completed;
        }
        true
    }

    /// Takes back what was answered: from now on a retransmission gets this answer. False: there was no final answer.
    pub fn replace(&mut self, response: &Response, cx: &mut Context<'_>) -> bool {
        if self.state != State::Completed {
            return false;
        }
        self.octets = response.encode();
        cx.send(&self.octets);
        true
    }

    /// Lets happen what is due.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        if self.timers.take_due(Timer::J, cx.now) || self.timers.take_due(Timer::XAbandoned, cx.now) {
            self.timers.stop_all();
            self.state = State::Terminated;
        }
    }

    /// When [`Server::handle_timeout`] is needed next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The state.
    pub const fn state(&self) -> State {
        self.state
    }
}
