//! The INVITE server transaction (RFC 3261 17.2.1, RFC 6026 8.7).

use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Request, Response, StatusCode};

use super::timer::TimerTable;
use super::{Context, Output, Timer};

/// The states of figure 6 of RFC 6026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum State {
    /// No final answer yet.
    Proceeding,
    /// A final answer other than 2xx is sent until it is acknowledged.
    Completed,
    /// It was acknowledged; further ACKs are absorbed.
    Confirmed,
    /// A 2xx was sent, which the transaction user repeats; further INVITEs are absorbed.
    Accepted,
    /// Over.
    Terminated,
}

/// An INVITE that we received.
#[derive(Clone, Debug)]
pub struct ServerInvite {
    state: State,
    /// The answer that a retransmission gets: 100 until there is another one.
    octets: Bytes,
    answered: bool,
    interval: Duration,
    timers: TimerTable,
}

impl ServerInvite {
    /// A new INVITE.
    pub fn new(invite: &Request, cx: &mut Context<'_>) -> Self {
        let mut timers = TimerTable::default();
        let mut transaction = Self {
            state: State::Proceeding,
            octets: trying(invite).encode(),
            answered: false,
            interval: cx.timers.duration(Timer::G),
            timers: TimerTable::default(),
        };
        if cx.timers.duration(Timer::XTrying).is_zero() {
            transaction.send_trying(cx);
        } else {
            cx.start(&mut timers, Timer::XTrying);
            transaction.timers = timers;
        }
        transaction
    }

    /// The same INVITE again.
    pub fn handle_retransmission(&mut self, cx: &mut Context<'_>) {
        match self.state {
            // Before the 200 ms are over this is the answer, too: the peer is waiting.
            State::Proceeding if !self.answered => self.send_trying(cx),
            State::Proceeding | State::Completed => cx.send(&self.octets),
            //= RFC6026-8.7:absorb
            State::Confirmed | State::Accepted | State::Terminated => {}
        }
    }

    /// An ACK with the branch of the INVITE.
    pub fn handle_ack(&mut self, ack: Request, cx: &mut Context<'_>) {
        match self.state {
            State::Completed => {
                self.timers.stop_all();
                self.octets = Bytes::new();
                cx.start(&mut self.timers, Timer::I);
                self.state = State::Confirmed;
            }
            State::Accepted => cx.out.push(Output::Ack(ack)),
            State::Proceeding | State::Confirmed | State::Terminated => {}
        }
    }

    /// Sends a response of the transaction user; `false` when this state has no place for it.
    pub fn respond(&mut self, response: &Response, cx: &mut Context<'_>) -> bool {
        let status = response.status;
        let fits = self.state == State::Proceeding || (self.state == State::Accepted && status.is_success());
        if !fits {
            return false;
        }
        self.timers.stop(Timer::XTrying);
        self.answered = true;
        self.octets = response.encode();
        cx.send(&self.octets);
        if self.state == State::Accepted || status.is_provisional() {
            return true;
        }
        if status.is_success() {
            self.octets = Bytes::new();
            cx.start(&mut self.timers, Timer::L);
            self.state = State::Accepted;
        } else {
            cx.start(&mut self.timers, Timer::G);
            cx.start(&mut self.timers, Timer::H);
            self.state = State::Completed;
        }
        true
    }

    /// Lets happen what is due.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        //= RFC3261-17.2.1:trying
        if self.timers.take_due(Timer::XTrying, cx.now) {
            self.send_trying(cx);
        }
        if self.timers.take_due(Timer::H, cx.now) {
            cx.out.push(Output::NotAcknowledged);
            self.terminate();
        }
        if self.timers.take_due(Timer::I, cx.now) || self.timers.take_due(Timer::L, cx.now) {
            self.terminate();
        }
        //= RFC3261-17.2.1:repeat
        if self.timers.take_due(Timer::G, cx.now) {
            cx.send(&self.octets);
            self.interval = cx.timers.backed_off(self.interval);
            cx.restart(&mut self.timers, Timer::G, self.interval);
        }
    }

    /// When [`ServerInvite::handle_timeout`] is needed next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The state.
    pub const fn state(&self) -> State {
        self.state
    }

    fn send_trying(&mut self, cx: &mut Context<'_>) {
        self.timers.stop(Timer::XTrying);
        self.answered = true;
        cx.send(&self.octets);
    }

    fn terminate(&mut self) {
        self.timers.stop_all();
        self.state = State::Terminated;
    }
}

/// 100 Trying, without a To tag of ours and with the Timestamp of the request (RFC 3261 8.2.6).
fn trying(invite: &Request) -> Response {
    let mut response = Response::to(invite, StatusCode::TRYING);
    if let Some(timestamp) = invite.headers.get(&HeaderName::Timestamp) {
        response.headers.push(HeaderName::Timestamp, timestamp.clone());
    }
    response
}
