//! The client transaction of every request that is not an INVITE (RFC 3261 17.1.2).

use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{Request, Response};

use super::timer::TimerTable;
use super::{Context, Output, Timer};

/// The states of figure 6 of RFC 3261.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum State {
    /// The request is being sent.
    Trying,
    /// A provisional answer came; the request is still sent, slowly.
    Proceeding,
    /// A final answer came; its retransmissions are absorbed.
    Completed,
    /// Over.
    Terminated,
}

/// A request that we sent.
#[derive(Clone, Debug)]
pub struct Client {
    state: State,
    octets: Bytes,
    interval: Duration,
    timers: TimerTable,
}

impl Client {
    /// Sends the request.
    pub fn new(request: &Request, cx: &mut Context<'_>) -> Self {
        let octets = request.encode();
        let mut timers = TimerTable::default();
        cx.send(&octets);
        cx.start(&mut timers, Timer::E);
        cx.start(&mut timers, Timer::F);
        Self { state: State::Trying, octets, interval: cx.timers.duration(Timer::E), timers }
    }

    /// Takes a response that matches this transaction.
    pub fn handle_response(&mut self, response: Response, cx: &mut Context<'_>) {
        match self.state {
            State::Trying | State::Proceeding if response.status.is_provisional() => {
                self.state = State::Proceeding;
                cx.out.push(Output::Response(response));
            }
            State::Trying | State::Proceeding => {
                self.timers.stop_all();
                self.octets = Bytes::new();
                cx.start(&mut self.timers, Timer::K);
                self.state = State::Completed;
                cx.out.push(Output::Response(response));
            }
            State::Completed | State::Terminated => {}
        }
    }

    /// Lets happen what is due.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        //= RFC3261-17.1.2.2:timeout
        if self.timers.take_due(Timer::F, cx.now) {
            cx.out.push(Output::TimedOut);
            self.terminate();
        }
        if self.timers.take_due(Timer::K, cx.now) {
            self.terminate();
        }
        if self.timers.take_due(Timer::E, cx.now) {
            cx.send(&self.octets);
            //= RFC3261-17.1.2.2:repeat
            self.interval = match self.state {
                State::Proceeding => cx.timers.t2(),
                _ => cx.timers.backed_off(self.interval),
            };
            cx.restart(&mut self.timers, Timer::E, self.interval);
        }
    }

    /// When [`Client::handle_timeout`] is needed next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The state.
    pub const fn state(&self) -> State {
        self.state
    }

    fn terminate(&mut self) {
        self.timers.stop_all();
        self.state = State::Terminated;
    }
}
