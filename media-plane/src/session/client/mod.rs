//! The client's side of pre-established sessions (TS 24.380 9.2).

mod table;

use std::collections::{BTreeMap, VecDeque};
use std::mem;

use mcptt_codec::id::Ssrc;
use mcptt_codec::session::{Acknowledge, Connect, Disconnect, ReasonCode, SessionIdentity, SessionMessage};

use crate::floor::event::{Event, Machine};
use crate::floor::transition::Rule;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

/// One of the pre-established sessions of a client, numbered by its owner.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientSession(pub u32);

/// Whether the client takes calls on its pre-established sessions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Availability {
    /// It accepts.
    #[default]
    Ready,
    /// It refuses with this code: [`ReasonCode::BUSY`], [`ReasonCode::NOT_ACCEPTED`] or a later one.
    Refusing(ReasonCode),
}

/// What the client's side wants done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ClientOutput {
    /// Send a message on the floor control path of a session.
    Send {
        /// The session.
        on: ClientSession,
        /// The message.
        message: SessionMessage,
    },
    /// A call uses the session from now on: floor control and media of the call begin.
    Connected {
        /// The session.
        on: ClientSession,
        /// What was said about the call.
        connect: Box<Connect>,
    },
    /// Something about the call has changed, its answer state for instance.
    Changed {
        /// The session.
        on: ClientSession,
        /// What was said about the call.
        connect: Box<Connect>,
    },
    /// The call no longer uses the session: its floor control and media end.
    Disconnected {
        /// The session.
        on: ClientSession,
    },
    /// Log, count or report.
    Event(Event),
}

/// The pre-established sessions of one client. It needs no timers: the participating function repeats what is lost.
#[derive(Debug)]
pub struct PreEstablishedClient {
    ssrc: Ssrc,
    availability: Availability,
    /// As many as call control has established.
    sessions: BTreeMap<ClientSession, Session>,
    outputs: VecDeque<ClientOutput>,
}

/// The machine of one session: what exists in which state.
#[derive(Debug)]
enum Session {
    StartStop,
    NotInUse {
        /// Of the call that used the session last.
        last: Option<SessionIdentity>,
        /// The call that the client has asked for by REFER.
        asked: Asked,
    },
    InUse {
        /// Of the call.
        identity: Option<SessionIdentity>,
    },
}

/// A call that a client has asked for by REFER, while no call uses the session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Asked {
    #[default]
    No,
    /// Nothing has been said about it.
    Yes,
    /// It has come to nothing, and the client knows: what is said again is answered again.
    InVain,
}

impl Session {
    const fn state(&self) -> State {
        match self {
            Self::StartStop => State::StartStop,
            Self::NotInUse { .. } => State::NotInUse,
            Self::InUse { .. } => State::InUse,
        }
    }
}

impl PreEstablishedClient {
    /// A client without sessions. `ssrc` goes into the header of its messages.
    pub fn new(ssrc: Ssrc) -> Self {
        Self {
            ssrc,
            availability: Availability::default(),
            sessions: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// From now on calls are accepted or refused. A call that runs already goes on.
    pub fn set_availability(&mut self, availability: Availability) {
        self.availability = availability;
    }

    /// A session is established: its SIP dialog is confirmed. Without effect on a session that exists.
    //= 24.380-9.2.2:par
    pub fn established(&mut self, session: ClientSession) {
        self.sessions.entry(session).or_insert(Session::StartStop);
        self.on(session, Trigger::SessionEstablished, |_, _| Session::NotInUse {
            last: None,
            asked: Asked::No,
        });
    }

    /// The client has asked for a call on the session by REFER: Connect says that it stands, Disconnect that there is none.
    pub fn asked(&mut self, session: ClientSession) {
        if let Some(Session::NotInUse { asked, .. }) = self.sessions.get_mut(&session) {
            *asked = Asked::Yes;
        }
    }

    /// A session is released, and with it the call that uses it.
    pub fn released(&mut self, session: ClientSession) {
        self.on(session, Trigger::SessionReleased, |this, was| {
            if matches!(was, Session::InUse { .. }) {
                this.outputs.push_back(ClientOutput::Disconnected { on: session });
            }
            Session::StartStop
        });
        self.sessions.remove(&session);
    }

    /// A message arrived on the floor control path of a session. Which session it means is said by the MCPTT Session
    /// Identity of the call where a session is in use for it, otherwise by the path.
    pub fn handle_message(&mut self, arrived_on: ClientSession, message: &SessionMessage) {
        let (meant, trigger) = match message {
            SessionMessage::Connect(connect) => {
                (self.in_use_for(connect.session_identity.as_ref()).unwrap_or(arrived_on), Trigger::Connect)
            }
            SessionMessage::Disconnect(disconnect) => {
                let identity = disconnect.session_identity.as_ref();
                let meant = self.in_use_for(identity).or_else(|| self.may_be_told(arrived_on, identity));
                let Some(meant) = meant else { return self.discard(arrived_on, message.name()) };
                (meant, Trigger::Disconnect)
            }
            _ => return self.discard(arrived_on, message.name()),
        };
        debug_assert_eq!(Trigger::of(message), Some(trigger));
        self.on(meant, trigger, |this, session| match message {
            SessionMessage::Connect(connect) => this.connect(meant, arrived_on, session, connect),
            SessionMessage::Disconnect(disconnect) => this.disconnect(meant, arrived_on, session, disconnect),
            _ => session,
        });
    }

    /// The next thing to do; `None` when there is nothing more.
    pub fn poll_output(&mut self) -> Option<ClientOutput> {
        self.outputs.pop_front()
    }

    /// The state of a session.
    pub fn state(&self, session: ClientSession) -> State {
        self.sessions.get(&session).map_or(State::StartStop, Session::state)
    }

    /// The session that is in use for the call of this identity.
    //= 24.380-9.2.2:par
    fn in_use_for(&self, identity: Option<&SessionIdentity>) -> Option<ClientSession> {
        let uri = &identity?.uri;
        let uses = |session: &Session| matches!(session, Session::InUse { identity: Some(identity) } if identity.uri == *uri);
        self.sessions.iter().find(|(_, session)| uses(session)).map(|(session, _)| *session)
    }

    /// Whether a Disconnect that names no call in use is for the session it arrived on: one that names no call at all, or
    /// the one that ended there.
    fn may_be_told(
        &self,
        arrived_on: ClientSession,
        identity: Option<&SessionIdentity>,
    ) -> Option<ClientSession> {
        let told = match (self.sessions.get(&arrived_on)?, identity) {
            (Session::StartStop, _) => false,
            (Session::NotInUse { last, .. }, Some(identity)) => {
                last.as_ref().is_some_and(|last| last.uri == identity.uri)
            }
            (Session::InUse { identity }, Some(_)) => identity.is_none(),
            (Session::NotInUse { last, asked }, None) => last.is_some() || *asked != Asked::No,
            (Session::InUse { .. }, None) => true,
        };
        told.then_some(arrived_on)
    }

    //= 24.380-9.2.2:conn
    fn connect(
        &mut self,
        meant: ClientSession,
        arrived_on: ClientSession,
        session: Session,
        connect: &Connect,
    ) -> Session {
        let in_use = matches!(session, Session::InUse { .. });
        if let (Availability::Refusing(code), false) = (self.availability, in_use) {
            self.acknowledge(arrived_on, connect.ack_requested, code);
            return session;
        }
        self.acknowledge(arrived_on, connect.ack_requested, ReasonCode::ACCEPTED);
        let (identity, connect) = (connect.session_identity.clone(), Box::new(connect.clone()));
        self.outputs.push_back(if in_use {
            ClientOutput::Changed { on: meant, connect }
        } else {
            ClientOutput::Connected { on: meant, connect }
        });
        Session::InUse { identity }
    }

    //= 24.380-9.2.2:disc
    fn disconnect(
        &mut self,
        meant: ClientSession,
        arrived_on: ClientSession,
        session: Session,
        disconnect: &Disconnect,
    ) -> Session {
        self.acknowledge(arrived_on, disconnect.ack_requested, ReasonCode::ACCEPTED);
        match session {
            Session::InUse { identity } => {
                self.outputs.push_back(ClientOutput::Disconnected { on: meant });
                let last = identity.or_else(|| disconnect.session_identity.clone());
                Session::NotInUse { last, asked: Asked::No }
            }
            Session::NotInUse { last, asked: Asked::Yes } => {
                self.outputs.push_back(ClientOutput::Disconnected { on: meant });
                Session::NotInUse { last, asked: Asked::InVain }
            }
            other => other,
        }
    }

    fn acknowledge(&mut self, on: ClientSession, requested: bool, code: ReasonCode) {
        if requested {
            let acknowledge =
                Acknowledge { ssrc: self.ssrc, reason_code: Some(code), ..Acknowledge::default() };
            let message = SessionMessage::Acknowledge(acknowledge);
            self.outputs.push_back(ClientOutput::Send { on, message });
        }
    }

    /// Carries out a procedure if the state of the session has one.
    fn on(
        &mut self,
        session: ClientSession,
        trigger: Trigger,
        procedure: impl FnOnce(&mut Self, Session) -> Session,
    ) {
        let from = self.state(session);
        let rule = Rule::find(PROCEDURES, from, trigger);
        let (Some(rule), Some(machine)) = (rule, self.sessions.get_mut(&session)) else {
            return self.discard(session, trigger.name());
        };
        let machine = mem::replace(machine, Session::StartStop);
        let machine = procedure(self, machine);
        let to = machine.state();
        self.sessions.insert(session, machine);
        debug_assert!(rule.permits(to), "{from} does not go to {to} on {trigger:?}");
        if from != to {
            self.outputs.push_back(ClientOutput::Event(Event::StateChanged {
                machine: Machine::SessionClient,
                participant: None,
                from: from.name(),
                to: to.name(),
                cause: trigger.name(),
                clause: rule.clause,
            }));
        }
    }

    fn discard(&mut self, session: ClientSession, got: &'static str) {
        self.outputs.push_back(ClientOutput::Event(Event::Discarded {
            machine: Machine::SessionClient,
            participant: None,
            state: self.state(session).name(),
            got,
            requirement: "24.380-9.2.2:par",
        }));
    }
}
