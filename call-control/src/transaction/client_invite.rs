//! The INVITE client transaction (RFC 3261 17.1.1, RFC 6026 8.4).

use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{Request, Response};

use super::hop;
use super::timer::TimerTable;
use super::{Context, Output, Timer};

/// The states of figure 5 of RFC 6026.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub enum State {
    /// The INVITE is being sent.
    Calling,
    /// A provisional answer came.
    Proceeding,
    /// A final answer other than 2xx came and is acknowledged as often as it comes.
    Completed,
    /// A 2xx came; further ones go to the transaction user, who acknowledges them.
    Accepted,
    /// Over.
    Terminated,
}

/// An INVITE that we sent.
#[derive(Clone, Debug)]
pub struct ClientInvite {
    state: State,
    invite: Request,
    /// What is retransmitted: the INVITE in Calling, the ACK in Completed.
    octets: Bytes,
    interval: Duration,
    timers: TimerTable,
}

impl ClientInvite {
    /// Sends the INVITE.
    pub fn new(invite: Request, cx: &mut Context<'_>) -> Self {
        let octets = invite.encode();
        let mut timers = TimerTable::default();
        cx.send(&octets);
        cx.start(&mut timers, Timer::A);
        cx.start(&mut timers, Timer::B);
        Self { state: State::Calling, invite, octets, interval: cx.timers.duration(Timer::A), timers }
    }

    /// Takes a response that matches this transaction.
    pub fn handle_response(&mut self, response: Response, cx: &mut Context<'_>) {
        let status = response.status;
        match self.state {
            State::Calling | State::Proceeding if status.is_provisional() => {
                self.timers.stop_all();
                self.state = State::Proceeding;
                cx.out.push(Output::Response(response));
            }
            State::Calling | State::Proceeding if status.is_success() => {
                self.timers.stop_all();
                self.octets = Bytes::new();
                cx.start(&mut self.timers, Timer::M);
                self.state = State::Accepted;
                cx.out.push(Output::Response(response));
            }
            State::Calling | State::Proceeding => {
                self.timers.stop_all();
                //= RFC3261-17.1.1.3:ack
                self.octets = hop::ack(&self.invite, &response).encode();
                cx.send(&self.octets);
                cx.start(&mut self.timers, Timer::D);
                self.state = State::Completed;
                cx.out.push(Output::Response(response));
            }
            State::Completed if status.is_final() && !status.is_success() => cx.send(&self.octets),
            //= RFC6026-8.4:accepted
            State::Accepted if status.is_success() => cx.out.push(Output::Response(response)),
            State::Completed | State::Accepted | State::Terminated => {}
        }
    }

    /// Lets happen what is due.
    pub fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        //= RFC3261-17.1.1.2:timeout
        if self.timers.take_due(Timer::B, cx.now) {
            cx.out.push(Output::TimedOut);
            self.terminate();
        }
        if self.timers.take_due(Timer::D, cx.now) || self.timers.take_due(Timer::M, cx.now) {
            self.terminate();
        }
        //= RFC3261-17.1.1.2:repeat
        if self.timers.take_due(Timer::A, cx.now) {
            cx.send(&self.octets);
            self.interval = self.interval.saturating_mul(2);
            cx.restart(&mut self.timers, Timer::A, self.interval);
        }
    }

    /// When [`ClientInvite::handle_timeout`] is needed next.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The state.
    pub const fn state(&self) -> State {
        self.state
    }

    /// The INVITE as it was sent.
    pub const fn invite(&self) -> &Request {
        &self.invite
    }

    fn terminate(&mut self) {
        self.timers.stop_all();
        self.state = State::Terminated;
    }
}
