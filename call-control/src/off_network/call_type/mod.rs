//! Call type control of a group call (TS 24.379 10.2.3): basic, imminent peril, emergency, and who has changed it when.
//!
//! Everybody in the call holds the same last change. Whatever is heard later, by the time that it states, replaces it, so
//! that what was lost is made good by the next announcement.

mod table;

use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::machine::TimerTable;
use mcptt_codec::monp::{CallType, MonpMessage, UtcSeconds};

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

use super::context::Context;
use super::timer::{Counter, Timer};
use super::types::{MachineName, OffNetworkEvent, OffNetworkGroup};

const MACHINE: MachineName = MachineName::GroupCallType;

/// The last change of the type of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Change {
    pub call_type: CallType,
    pub at: UtcSeconds,
    pub by: McpttId,
}

impl Change {
    /// Whether it is the later one. Of two in the same second the more urgent one counts, then any that all agree on.
    pub fn is_newer_than(&self, other: &Self) -> bool {
        let key = |one: &Self| (one.at, urgency(one.call_type));
        (key(self), &self.by) > (key(other), &other.by)
    }

    fn state(&self) -> State {
        match self.call_type {
            CallType::EMERGENCY_GROUP => State::Emergency,
            CallType::IMMINENT_PERIL_GROUP => State::ImminentPeril,
            _ => State::Basic,
        }
    }
}

/// Which of two calls is the more urgent one.
pub(super) fn urgency(call_type: CallType) -> u8 {
    match call_type {
        CallType::EMERGENCY_GROUP => 2,
        CallType::IMMINENT_PERIL_GROUP => 1,
        _ => 0,
    }
}

/// The machine of one group.
pub(super) struct TypeControl {
    state: State,
    /// Of the call, or of one that is offered or was left.
    change: Change,
    /// What is repeated by TFG11 or TFG12, and how often it still may be.
    ending: Option<(MonpMessage, u8)>,
    timers: TimerTable<Timer, 4>,
}

impl TypeControl {
    pub fn new() -> Self {
        Self {
            state: State::WaitingForCall,
            change: Change {
                call_type: CallType::BASIC_GROUP,
                at: UtcSeconds::default(),
                by: McpttId::default(),
            },
            ending: None,
            timers: TimerTable::of([Timer::TFG11, Timer::TFG12, Timer::TFG13, Timer::TFG14]),
        }
    }

    pub const fn state(&self) -> State {
        self.state
    }

    pub const fn change(&self) -> &Change {
        &self.change
    }

    /// Notes the type of a call that the client does not take part in.
    pub fn note(&mut self, change: Change) {
        debug_assert_eq!(self.state, State::WaitingForCall);
        self.change = change;
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// The client takes part in a call from now on, or in another one: the type is that of the call.
    pub fn call_is(&mut self, change: Change, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let merged = self.state != State::WaitingForCall;
        let trigger = if merged { Trigger::CallMerged } else { Trigger::CallEstablished };
        self.happens(trigger, cx, |this, cx| this.adopt(change, group, cx));
    }

    /// The client has left the call.
    pub fn call_released(&mut self, cx: &mut Context<'_>) {
        self.happens(Trigger::CallReleased, cx, |this, _| {
            this.timers.stop_all();
            this.ending = None;
            this.state = State::WaitingForCall;
        });
    }

    /// The user wants the call to be more urgent. Returns whether that is to be announced.
    pub fn upgrade(&mut self, to: CallType, group: &OffNetworkGroup, cx: &mut Context<'_>) -> bool {
        let trigger = match to {
            CallType::EMERGENCY_GROUP => Trigger::UpgradeToEmergency,
            _ => Trigger::UpgradeToImminentPeril,
        };
        //= 24.379-10.2.3:upgrade
        self.happens(trigger, cx, |this, cx| {
            let change = this.own_change(to, cx);
            this.adopt(change, group, cx);
            this.tell(group, cx);
        })
    }

    /// The user wants the call to be a basic one again. `end` makes the message for the change.
    pub fn downgrade(
        &mut self,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
        end: impl FnOnce(State, &Change) -> MonpMessage,
    ) {
        let from = self.state;
        self.happens(Trigger::Downgrade, cx, |this, cx| {
            let change = this.own_change(CallType::BASIC_GROUP, cx);
            let message = end(from, &change);
            this.adopt(change, group, cx);
            cx.send_to_group(group, &message);
            //= 24.379-10.2.3:emergend
            //= 24.379-10.2.3:perilend
            let (timer, counter) = match from {
                State::Emergency => (Timer::TFG11, Counter::CFG11),
                _ => (Timer::TFG12, Counter::CFG12),
            };
            this.ending = Some((message, cx.limit(counter)));
            this.timers.start(timer, cx.now, cx.duration(timer));
            this.tell(group, cx);
        });
    }

    /// An announcement of the call, or the end of an emergency or imminent peril, states this change. Returns whether it
    /// is news.
    pub fn heard(
        &mut self,
        trigger: Trigger,
        change: Change,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) -> bool {
        let news = change.is_newer_than(&self.change);
        self.happens(trigger, cx, |this, cx| {
            if news {
                //= 24.379-10.2.3:newest
                let told = change.call_type != this.change.call_type;
                this.adopt(change, group, cx);
                if told {
                    this.tell(group, cx);
                }
            }
        });
        news
    }

    pub fn handle_timeout(&mut self, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        while let Some(timer) = self.timers.take_expired(cx.now) {
            match timer {
                Timer::TFG11 => self.repeat(Trigger::Tfg11, timer, group, cx),
                Timer::TFG12 => self.repeat(Trigger::Tfg12, timer, group, cx),
                Timer::TFG13 => self.limit_reached(Trigger::Tfg13, group, cx),
                _ => self.limit_reached(Trigger::Tfg14, group, cx),
            }
        }
    }

    fn repeat(&mut self, trigger: Trigger, timer: Timer, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        self.happens(trigger, cx, |this, cx| {
            let Some((message, left)) = this.ending.take() else { return };
            let Some(left) = left.checked_sub(1) else { return };
            cx.send_to_group(group, &message);
            this.ending = Some((message, left));
            this.timers.start(timer, cx.now, cx.duration(timer));
        });
    }

    fn limit_reached(&mut self, trigger: Trigger, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        self.happens(trigger, cx, |this, cx| {
            //= 24.379-10.2.3:limit
            // Everybody does so without a message, and all have to arrive at the same change: that of the limit.
            let limit = this.limit(group, cx).as_secs();
            let at =
                UtcSeconds::new(this.change.at.seconds().saturating_add(limit)).unwrap_or(UtcSeconds::MAX);
            let change = Change { call_type: CallType::BASIC_GROUP, at, by: this.change.by.clone() };
            this.adopt(change, group, cx);
            this.tell(group, cx);
        });
    }

    fn limit(&self, group: &OffNetworkGroup, cx: &Context<'_>) -> std::time::Duration {
        match self.state {
            State::Emergency => group.emergency_limit.unwrap_or_else(|| cx.duration(Timer::TFG13)),
            _ => group.imminent_peril_limit.unwrap_or_else(|| cx.duration(Timer::TFG14)),
        }
    }

    /// A change of our own, later than the last one even within the same second.
    fn own_change(&self, call_type: CallType, cx: &Context<'_>) -> Change {
        let after = UtcSeconds::new(self.change.at.seconds().saturating_add(1)).unwrap_or(UtcSeconds::MAX);
        Change { call_type, at: cx.utc.max(after), by: cx.config.user.clone() }
    }

    fn adopt(&mut self, change: Change, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        self.timers.stop_all();
        self.ending = None;
        self.state = change.state();
        self.change = change;
        let timer = match self.state {
            State::Emergency => Timer::TFG13,
            State::ImminentPeril => Timer::TFG14,
            _ => return,
        };
        //= 24.379-10.2.3:limit
        let left = cx.left_of(self.limit(group, cx), self.change.at);
        self.timers.start(timer, cx.now, left);
    }

    fn tell(&self, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        cx.event(OffNetworkEvent::GroupCallTypeChanged {
            group: group.group_id.clone(),
            call_type: self.change.call_type,
            by: self.change.by.clone(),
        });
    }

    /// Whether there was a procedure.
    fn happens(
        &mut self,
        trigger: Trigger,
        cx: &mut Context<'_>,
        procedure: impl FnOnce(&mut Self, &mut Context<'_>),
    ) -> bool {
        let Some(rule) = cx.rule(MACHINE, PROCEDURES, self.state, trigger) else { return false };
        procedure(self, cx);
        cx.moved(MACHINE, rule, self.state);
        true
    }
}
