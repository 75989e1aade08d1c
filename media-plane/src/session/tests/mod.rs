mod client;
mod participating;
mod properties;
mod transitions;

use std::time::{Duration, Instant};

use mcptt_codec::id::Ssrc;
use mcptt_codec::session::{
    Acknowledge, AnswerState, Connect, Disconnect, ReasonCode, SessionIdentity, SessionMessage, SessionType,
};

use super::participating::State;
use super::{
    Counter, ParticipatingSession, SessionInput, SessionNotification, SessionOutput, Timer, TimerSettings,
};
use crate::testing::t0;

const FUNCTION: Ssrc = Ssrc(0xa1b2_c3d4);
const CLIENT: Ssrc = Ssrc(0x1122_3344);

fn identity(uri: &str) -> Option<SessionIdentity> {
    Some(SessionIdentity { session_type: SessionType::PREARRANGED, uri: uri.into() })
}

fn connect(uri: &str) -> Connect {
    Connect {
        ssrc: FUNCTION,
        ack_requested: true,
        session_identity: identity(uri),
        group_identity: Some("sip:fire@grp.example".into()),
        ..Connect::default()
    }
}

fn disconnect(uri: &str) -> Disconnect {
    Disconnect { ssrc: FUNCTION, ack_requested: true, session_identity: identity(uri) }
}

fn acknowledge(code: ReasonCode) -> SessionMessage {
    SessionMessage::Acknowledge(Acknowledge {
        ssrc: CLIENT,
        reason_code: Some(code),
        ..Acknowledge::default()
    })
}

fn unconfirmed(uri: &str) -> Connect {
    Connect { answer_state: Some(AnswerState::UNCONFIRMED), ..connect(uri) }
}

/// The participating function's side on a virtual clock.
struct Rig {
    session: ParticipatingSession,
    now: Instant,
}

impl Rig {
    /// 'Start-stop'.
    fn start() -> Self {
        let values = TimerSettings::default();
        let values =
            values.with_counter(Counter::C55, 3).and_then(|values| values.with_counter(Counter::C56, 2));
        Self { session: ParticipatingSession::new(FUNCTION, values.unwrap()), now: t0() }
    }

    fn in_state(state: State) -> Self {
        let mut rig = Self::start();
        if state != State::StartStop {
            rig.input(SessionInput::Established);
        }
        if matches!(state, State::ConnectPending | State::InUse | State::DisconnectPending) {
            rig.input(SessionInput::Connect(Box::new(connect("sip:s1"))));
        }
        if matches!(state, State::InUse | State::DisconnectPending) {
            rig.receive(&acknowledge(ReasonCode::ACCEPTED));
        }
        if state == State::DisconnectPending {
            rig.input(SessionInput::Disconnect { acknowledged: true });
        }
        assert_eq!(rig.session.state(), state);
        rig.outputs();
        rig
    }

    fn input(&mut self, input: SessionInput) {
        self.session.handle_input(self.now, input);
    }

    fn receive(&mut self, message: &SessionMessage) {
        self.session.handle_message(self.now, message);
    }

    fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(next) = self.session.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.session.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn outputs(&mut self) -> Vec<SessionOutput> {
        std::iter::from_fn(|| self.session.poll_output()).collect()
    }

    /// Everything but events.
    fn drain(&mut self) -> Vec<SessionOutput> {
        let mut outputs = self.outputs();
        outputs.retain(|output| !matches!(output, SessionOutput::Event(_)));
        outputs
    }
}

fn sent(message: impl Into<SessionMessage>) -> SessionOutput {
    SessionOutput::Send(message.into())
}

fn notified(notification: SessionNotification) -> SessionOutput {
    SessionOutput::Notify(notification)
}

const T55: Duration = Duration::from_secs(2);
const T56: Duration = Duration::from_secs(2);

#[test]
fn the_defaults_are_those_of_clause_11() {
    let values = TimerSettings::default();
    assert_eq!((values.duration(Timer::T55), values.duration(Timer::T56)), (T55, T56));
    assert_eq!((values.limit(Counter::C55), values.limit(Counter::C56)), (3, 3));
    for timer in [Timer::T55, Timer::T56] {
        assert!(TimerSettings::default().with_timer(timer, Duration::from_secs(5)).is_err());
        assert!(TimerSettings::default().with_timer(timer, Duration::from_secs(4)).is_ok());
    }
}
