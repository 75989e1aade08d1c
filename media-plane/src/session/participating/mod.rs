//! The participating function's side of one pre-established session (TS 24.380 9.3).

mod table;

use std::collections::VecDeque;
use std::mem;
use std::time::Instant;

use mcptt_codec::id::Ssrc;
use mcptt_codec::session::{Acknowledge, Connect, Disconnect, ReasonCode, SessionIdentity, SessionMessage};

use super::timer::{Counter, Timer, TimerSettings};
use crate::floor::event::{Event, Machine};
use crate::floor::timer::TimerTable;
use crate::floor::transition::Rule;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

/// What call control tells about a pre-established session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionInput {
    /// The session is established: its SIP dialog is confirmed.
    Established,
    /// A call uses the session; in a call that uses it already: something about the call has changed.
    ///
    /// The message is sent as given, with our SSRC. Where it asks for an acknowledgment, as it shall for an automatic
    /// answer of a called client, it is repeated until the client answers; otherwise the session is in use at once.
    Connect(Box<Connect>),
    /// The use of the session ends; of one that no call uses: the call that the client has asked for by REFER has come to
    /// nothing.
    Disconnect {
        /// Whether the client is asked for an acknowledgment, as it should be.
        acknowledged: bool,
    },
    /// The session itself is released.
    Released,
}

/// What the machine wants done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SessionOutput {
    /// Send a message to the client on the floor control path of the session.
    Send(SessionMessage),
    /// Tell call control.
    Notify(SessionNotification),
    /// Log, count or report.
    Event(Event),
}

/// What call control is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionNotification {
    /// The call uses the session from now on: call set-up goes on towards the network.
    Accepted,
    /// The client refuses the call.
    Refused(ReasonCode),
    /// The client did not answer C55 copies of Connect.
    NotAnswered,
    /// The session can be used by another call.
    Disconnected {
        /// Whether the client said so, or C56 copies of Disconnect were in vain.
        acknowledged: bool,
    },
}

/// One pre-established session in the participating function.
///
/// Drive it like every machine of this crate: hand it what happens together with the time, drain
/// [`poll_output`](Self::poll_output) after each call, and call [`handle_timeout`](Self::handle_timeout) when
/// [`poll_timeout`](Self::poll_timeout) says so.
#[derive(Debug)]
pub struct ParticipatingSession {
    ssrc: Ssrc,
    values: TimerSettings,
    timers: TimerTable<Timer, { Timer::COUNT }>,
    session: Session,
    outputs: VecDeque<SessionOutput>,
}

/// The machine: what exists in which state.
#[derive(Debug)]
enum Session {
    StartStop,
    NotInUse,
    ConnectPending(Repeated<Connect>),
    InUse(InUse),
    DisconnectPending(DisconnectPending),
}

/// A message that is sent again until it is answered.
#[derive(Debug)]
struct Repeated<T> {
    message: T,
    /// C55 or C56: copies sent.
    copies: u8,
}

#[derive(Debug)]
struct InUse {
    identity: Option<SessionIdentity>,
    /// A Connect about a change that is not acknowledged yet.
    change: Option<Repeated<Connect>>,
}

#[derive(Debug)]
struct DisconnectPending {
    disconnect: Repeated<Disconnect>,
    /// The call that is going to use the session next.
    next: Option<Connect>,
}

impl ParticipatingSession {
    /// A session in 'Start-stop'. `ssrc` goes into the header of its messages.
    pub fn new(ssrc: Ssrc, values: TimerSettings) -> Self {
        Self {
            ssrc,
            values,
            timers: TimerTable::new(),
            session: Session::StartStop,
            outputs: VecDeque::new(),
        }
    }

    /// Call control tells something.
    pub fn handle_input(&mut self, now: Instant, input: SessionInput) {
        match input {
            SessionInput::Established => {
                self.on(Trigger::SessionEstablished, |_, _| Session::NotInUse);
            }
            SessionInput::Connect(mut connect) => {
                connect.ssrc = self.ssrc;
                self.on(Trigger::Connect, |this, session| this.connect(session, *connect, now));
            }
            SessionInput::Disconnect { acknowledged } => {
                self.on(Trigger::Disconnect, |this, session| this.disconnect(session, acknowledged, now));
            }
            SessionInput::Released => {
                self.on(Trigger::SessionReleased, |this, _| {
                    this.timers.stop_all();
                    Session::StartStop
                });
            }
        }
    }

    /// A message of the client. Only an Acknowledge means anything; what else it sends is discarded.
    pub fn handle_message(&mut self, now: Instant, message: &SessionMessage) {
        let SessionMessage::Acknowledge(Acknowledge { reason_code, .. }) = message else {
            return self.discard(message.name());
        };
        // The message itself is the answer; a code says only that it is a refusal.
        let code = reason_code.unwrap_or(ReasonCode::ACCEPTED);
        let trigger = if code == ReasonCode::ACCEPTED { Trigger::Accepted } else { Trigger::Refused };
        self.on(trigger, |this, session| this.acknowledged(session, code, now));
    }

    /// Lets every timer act that has expired by `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_expired(now) {
            self.on(Trigger::Expiry(timer), |this, session| this.expired(session, now));
        }
    }

    /// The next thing to do; `None` when there is nothing more.
    pub fn poll_output(&mut self) -> Option<SessionOutput> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next; `None` when no timer runs.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The state.
    pub fn state(&self) -> State {
        match self.session {
            Session::StartStop => State::StartStop,
            Session::NotInUse => State::NotInUse,
            Session::ConnectPending(_) => State::ConnectPending,
            Session::InUse(_) => State::InUse,
            Session::DisconnectPending(_) => State::DisconnectPending,
        }
    }

    //= 24.380-9.1
    fn connect(&mut self, session: Session, connect: Connect, now: Instant) -> Session {
        match session {
            Session::NotInUse => self.begin(connect, now),
            Session::InUse(InUse { .. }) => {
                let identity = connect.session_identity.clone();
                let change = self.send_connect(connect, now);
                Session::InUse(InUse { identity, change })
            }
            Session::DisconnectPending(pending) => {
                Session::DisconnectPending(DisconnectPending { next: Some(connect), ..pending })
            }
            other => other,
        }
    }

    fn begin(&mut self, connect: Connect, now: Instant) -> Session {
        let identity = connect.session_identity.clone();
        match self.send_connect(connect, now) {
            Some(connect) => Session::ConnectPending(connect),
            None => {
                self.notify(SessionNotification::Accepted);
                Session::InUse(InUse { identity, change: None })
            }
        }
    }

    /// Sends a Connect; what is to be repeated if it asks for an answer.
    fn send_connect(&mut self, connect: Connect, now: Instant) -> Option<Repeated<Connect>> {
        self.send(SessionMessage::Connect(connect.clone()));
        self.timers.stop(Timer::T55);
        connect.ack_requested.then(|| {
            self.start(Timer::T55, now);
            Repeated { message: connect, copies: 1 }
        })
    }

    //= 24.380-9.1
    fn disconnect(&mut self, session: Session, acknowledged: bool, now: Instant) -> Session {
        let identity = match session {
            // The call that the client has asked for never got an identity.
            Session::NotInUse => None,
            Session::ConnectPending(connect) => connect.message.session_identity,
            Session::InUse(in_use) => in_use.identity,
            // The call that was going to be the next one has ended first.
            Session::DisconnectPending(pending) => {
                return Session::DisconnectPending(DisconnectPending { next: None, ..pending });
            }
            other => return other,
        };
        self.timers.stop(Timer::T55);
        let message = Disconnect { ssrc: self.ssrc, ack_requested: acknowledged, session_identity: identity };
        self.send(SessionMessage::Disconnect(message.clone()));
        if !acknowledged {
            self.notify(SessionNotification::Disconnected { acknowledged: false });
            return Session::NotInUse;
        }
        self.start(Timer::T56, now);
        let disconnect = Repeated { message, copies: 1 };
        Session::DisconnectPending(DisconnectPending { disconnect, next: None })
    }

    fn acknowledged(&mut self, session: Session, code: ReasonCode, now: Instant) -> Session {
        let accepted = code == ReasonCode::ACCEPTED;
        match session {
            Session::ConnectPending(connect) => {
                self.timers.stop(Timer::T55);
                if !accepted {
                    self.notify(SessionNotification::Refused(code));
                    return Session::NotInUse;
                }
                self.notify(SessionNotification::Accepted);
                Session::InUse(InUse { identity: connect.message.session_identity, change: None })
            }
            Session::InUse(in_use) => {
                // A late copy, which says nothing new; only the answer to a change can be a refusal.
                let asked = in_use.change.is_some();
                self.timers.stop(Timer::T55);
                if asked && !accepted {
                    self.notify(SessionNotification::Refused(code));
                    return Session::NotInUse;
                }
                Session::InUse(InUse { change: None, ..in_use })
            }
            // Whatever the code says, the client has heard it.
            Session::DisconnectPending(pending) => self.end(pending, true, now),
            other => other,
        }
    }

    fn expired(&mut self, session: Session, now: Instant) -> Session {
        match session {
            //= 24.380-9.3:t55
            Session::ConnectPending(connect) => match self.repeat_connect(connect, now) {
                Some(connect) => Session::ConnectPending(connect),
                None => {
                    self.notify(SessionNotification::NotAnswered);
                    Session::NotInUse
                }
            },
            // A change that the client does not hear of does not end the call.
            Session::InUse(InUse { identity, change }) => {
                let change = change.and_then(|connect| self.repeat_connect(connect, now));
                if change.is_none() {
                    self.notify(SessionNotification::NotAnswered);
                }
                Session::InUse(InUse { identity, change })
            }
            //= 24.380-9.3:t56
            Session::DisconnectPending(mut pending) => {
                if pending.disconnect.copies >= self.values.limit(Counter::C56) {
                    return self.end(pending, false, now);
                }
                pending.disconnect.copies = pending.disconnect.copies.saturating_add(1);
                self.send(SessionMessage::Disconnect(pending.disconnect.message.clone()));
                self.start(Timer::T56, now);
                Session::DisconnectPending(pending)
            }
            other => other,
        }
    }

    /// Sends a Connect again while C55 allows it.
    fn repeat_connect(&mut self, mut connect: Repeated<Connect>, now: Instant) -> Option<Repeated<Connect>> {
        if connect.copies >= self.values.limit(Counter::C55) {
            return None;
        }
        connect.copies = connect.copies.saturating_add(1);
        self.send(SessionMessage::Connect(connect.message.clone()));
        self.start(Timer::T55, now);
        Some(connect)
    }

    /// The use of the session is over; the next one begins if there is one.
    fn end(&mut self, pending: DisconnectPending, acknowledged: bool, now: Instant) -> Session {
        self.timers.stop(Timer::T56);
        self.notify(SessionNotification::Disconnected { acknowledged });
        match pending.next {
            Some(connect) => self.begin(connect, now),
            None => Session::NotInUse,
        }
    }

    /// Carries out a procedure if the state has one.
    fn on(&mut self, trigger: Trigger, procedure: impl FnOnce(&mut Self, Session) -> Session) {
        let from = self.state();
        let Some(rule) = Rule::find(PROCEDURES, from, trigger) else {
            return self.discard(trigger.name());
        };
        let session = mem::replace(&mut self.session, Session::StartStop);
        self.session = procedure(self, session);
        let to = self.state();
        debug_assert!(rule.permits(to), "{from} does not go to {to} on {trigger:?}");
        if from != to {
            self.outputs.push_back(SessionOutput::Event(Event::StateChanged {
                machine: Machine::SessionParticipating,
                participant: None,
                from: from.name(),
                to: to.name(),
                cause: trigger.name(),
                clause: rule.clause,
            }));
        }
    }

    fn discard(&mut self, got: &'static str) {
        self.outputs.push_back(SessionOutput::Event(Event::Discarded {
            machine: Machine::SessionParticipating,
            participant: None,
            state: self.state().name(),
            got,
            requirement: "24.380-9.1",
        }));
    }

    fn start(&mut self, timer: Timer, now: Instant) {
        let duration = self.values.duration(timer);
        self.timers.start(timer, now, duration);
    }

    fn send(&mut self, message: SessionMessage) {
        self.outputs.push_back(SessionOutput::Send(message));
    }

    fn notify(&mut self, notification: SessionNotification) {
        self.outputs.push_back(SessionOutput::Notify(notification));
    }
}
