//! Call type control of a private call (TS 24.379 11.2.3): an ordinary or an emergency call.

mod table;

use std::net::IpAddr;
use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::machine::TimerTable;
use mcptt_codec::monp::{MonpMessage, PrivateCallAccept, PrivateCallParties, PrivateCallSetupRequest};

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

use super::context::Context;
use super::timer::{Counter, Timer};
use super::types::{MachineName, OffNetworkEvent};

const MACHINE: MachineName = MachineName::PrivateCallType;

/// The machine of calls with one other user.
pub(super) struct TypeControl {
    state: State,
    /// What is repeated by TFP1 or TFP6 until it is answered, and how often it still may be.
    outstanding: Option<(MonpMessage, u8)>,
    timers: TimerTable<Timer, 3>,
}

impl TypeControl {
    pub fn new() -> Self {
        Self {
            state: State::WaitingForCall,
            outstanding: None,
            timers: TimerTable::of([Timer::TFP1, Timer::TFP6, Timer::TFP8]),
        }
    }

    pub const fn state(&self) -> State {
        self.state
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    pub fn call_established(&mut self, emergency: bool, cx: &mut Context<'_>) {
        self.happens(Trigger::CallEstablished, cx, |this, cx| this.adopt(emergency, cx));
    }

    pub fn call_released(&mut self, cx: &mut Context<'_>) {
        self.happens(Trigger::CallReleased, cx, |this, _| {
            this.timers.stop_all();
            this.outstanding = None;
            this.state = State::WaitingForCall;
        });
    }

    /// The user wants an emergency call: the other side is asked.
    pub fn upgrade(&mut self, request: PrivateCallSetupRequest, to: IpAddr, cx: &mut Context<'_>) {
        self.happens(Trigger::Upgrade, cx, |this, cx| {
            //= 24.379-11.2.3:upgrade
            this.timers.stop(Timer::TFP6);
            let message = MonpMessage::PrivateCallSetupRequest(request);
            this.send(message, cx.limit(Counter::CFP1), Timer::TFP1, to, cx);
        });
    }

    /// The other side wants an emergency call.
    pub fn requested(&mut self, accept: PrivateCallAccept, peer: &McpttId, to: IpAddr, cx: &mut Context<'_>) {
        self.happens(Trigger::SetupRequest, cx, |this, cx| {
            //= 24.379-11.2.3:upgrade
            cx.send(to, &MonpMessage::PrivateCallAccept(accept));
            if this.state != State::Emergency {
                this.adopt(true, cx);
                this.tell(peer, cx);
            }
        });
    }

    /// The other side has accepted, what was asked last.
    pub fn accepted(&mut self, peer: &McpttId, cx: &mut Context<'_>) {
        self.happens(Trigger::Accept, cx, |this, cx| {
            let asked = matches!(this.outstanding, Some((MonpMessage::PrivateCallSetupRequest(_), _)));
            if asked {
                this.adopt(true, cx);
                this.tell(peer, cx);
            }
        });
    }

    /// The user wants an ordinary call again.
    pub fn downgrade(
        &mut self,
        parties: PrivateCallParties,
        peer: &McpttId,
        to: IpAddr,
        cx: &mut Context<'_>,
    ) {
        self.happens(Trigger::Downgrade, cx, |this, cx| {
            //= 24.379-11.2.3:cancel
            this.adopt(false, cx);
            let message = MonpMessage::PrivateCallEmergencyCancel(parties);
            this.send(message, cx.limit(Counter::CFP6), Timer::TFP6, to, cx);
            this.tell(peer, cx);
        });
    }

    /// The other side has ended the emergency.
    pub fn cancelled(
        &mut self,
        cancel: &PrivateCallParties,
        peer: &McpttId,
        to: IpAddr,
        cx: &mut Context<'_>,
    ) {
        self.happens(Trigger::EmergencyCancel, cx, |this, cx| {
            //= 24.379-11.2.3:cancel
            cx.send(to, &MonpMessage::PrivateCallEmergencyCancelAck(cancel.clone()));
            if this.state == State::Emergency {
                this.adopt(false, cx);
                this.tell(peer, cx);
            }
        });
    }

    /// The other side knows that the emergency has ended.
    pub fn cancel_acknowledged(&mut self, cx: &mut Context<'_>) {
        self.happens(Trigger::EmergencyCancelAck, cx, |this, _| {
            if matches!(this.outstanding, Some((MonpMessage::PrivateCallEmergencyCancel(_), _))) {
                this.timers.stop(Timer::TFP6);
                this.outstanding = None;
            }
        });
    }

    pub fn handle_timeout(&mut self, peer: &McpttId, to: IpAddr, cx: &mut Context<'_>) {
        while let Some(timer) = self.timers.take_expired(cx.now) {
            match timer {
                Timer::TFP1 => self.happens(Trigger::Tfp1, cx, |this, cx| this.repeat(timer, peer, to, cx)),
                Timer::TFP6 => self.happens(Trigger::Tfp6, cx, |this, cx| this.repeat(timer, peer, to, cx)),
                _ => self.happens(Trigger::Tfp8, cx, |this, cx| {
                    //= 24.379-11.2.3:limit
                    this.adopt(false, cx);
                    this.tell(peer, cx);
                }),
            }
        }
    }

    fn repeat(&mut self, timer: Timer, peer: &McpttId, to: IpAddr, cx: &mut Context<'_>) {
        let Some((message, left)) = self.outstanding.take() else { return };
        match left.checked_sub(1) {
            Some(left) => self.send(message, left, timer, to, cx),
            None => cx.event(OffNetworkEvent::PrivateCallTypeUnanswered { user: peer.clone() }),
        }
    }

    /// Sends a message that after this may be repeated so often.
    fn send(&mut self, message: MonpMessage, left: u8, timer: Timer, to: IpAddr, cx: &mut Context<'_>) {
        cx.send(to, &message);
        self.outstanding = Some((message, left));
        self.timers.start(timer, cx.now, cx.duration(timer));
    }

    fn adopt(&mut self, emergency: bool, cx: &Context<'_>) {
        self.timers.stop_all();
        self.outstanding = None;
        self.state = if emergency { State::Emergency } else { State::Private };
        if emergency {
            //= 24.379-11.2.3:limit
            self.timers.start(Timer::TFP8, cx.now, cx.duration(Timer::TFP8));
        }
    }

    fn tell(&self, peer: &McpttId, cx: &mut Context<'_>) {
        let (user, emergency) = (peer.clone(), self.state == State::Emergency);
        cx.event(OffNetworkEvent::PrivateCallTypeChanged { user, emergency });
    }

    fn happens(
        &mut self,
        trigger: Trigger,
        cx: &mut Context<'_>,
        procedure: impl FnOnce(&mut Self, &mut Context<'_>),
    ) {
        let Some(rule) = cx.rule(MACHINE, PROCEDURES, self.state, trigger) else { return };
        procedure(self, cx);
        cx.moved(MACHINE, rule, self.state);
    }
}
