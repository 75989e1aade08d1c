//! Basic call control of a group call (TS 24.379 10.2.2): a call is looked for by a probe and found by an announcement;
//! who finds none announces one. Everybody in a call announces it, each suppressing what another has just said, and of
//! two calls of a group, after a partition for example, one goes on.

mod call;
mod table;

use std::time::{Duration, Instant};

use mcptt_codec::machine::TimerTable;
use mcptt_codec::monp::{
    CallIdentifier, CallType, GroupCallAnnouncement, GroupCallProbe, GroupCallStateEnd, MonpMessage,
};
use rand_core::RngCore;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

use super::call_type::{self, Change, TypeControl, urgency};
use super::context::Context;
use super::description;
use super::timer::Timer;
use super::types::{EndCause, MachineName, OffNetworkCommand, OffNetworkEvent, OffNetworkGroup};
use call::Call;

const MACHINE: MachineName = MachineName::GroupCall;

/// The machine of one group, with that of the type of its call.
pub(super) struct GroupCall {
    machine: Basic,
    types: TypeControl,
    timers: TimerTable<Timer, 6>,
}

/// What exists in which state.
#[derive(Debug)]
enum Basic {
    StartStop,
    WaitingForAnnouncement { wanted: CallType },
    Ongoing { call: Call, probed: bool },
    PendingWithoutConfirm(Call),
    PendingWithConfirm(Call),
    Ignoring(Call),
    WaitingAfterRelease,
}

/// Something that has happened.
enum Happening {
    UserCalls(CallType),
    UserLeaves,
    UserAccepts,
    UserRejects,
    Announcement { call: Call, change: Change },
    Probe,
    Accept,
    Expiry(Timer),
}

impl Happening {
    const fn trigger(&self) -> Trigger {
        match self {
            Self::UserCalls(_) => Trigger::UserCalls,
            Self::UserLeaves => Trigger::UserLeaves,
            Self::UserAccepts => Trigger::UserAccepts,
            Self::UserRejects => Trigger::UserRejects,
            Self::Announcement { .. } => Trigger::Announcement,
            Self::Probe => Trigger::Probe,
            Self::Accept => Trigger::Accept,
            Self::Expiry(Timer::TFG1) => Trigger::Tfg1,
            Self::Expiry(Timer::TFG2) => Trigger::Tfg2,
            Self::Expiry(Timer::TFG3) => Trigger::Tfg3,
            Self::Expiry(Timer::TFG4) => Trigger::Tfg4,
            Self::Expiry(Timer::TFG5) => Trigger::Tfg5,
            Self::Expiry(_) => Trigger::Tfg6,
        }
    }
}

/// After a probe, everybody in the call waits for a random part of this before it announces the call.
const AFTER_PROBE: Duration = Duration::from_nanos(1_000_000_000 / 12);

impl GroupCall {
    pub fn new() -> Self {
        Self {
            machine: Basic::StartStop,
            types: TypeControl::new(),
            timers: TimerTable::of([
                Timer::TFG1,
                Timer::TFG2,
                Timer::TFG3,
                Timer::TFG4,
                Timer::TFG5,
                Timer::TFG6,
            ]),
        }
    }

    pub const fn state(&self) -> State {
        match self.machine {
            Basic::StartStop => State::StartStop,
            Basic::WaitingForAnnouncement { .. } => State::WaitingForAnnouncement,
            Basic::Ongoing { .. } => State::Ongoing,
            Basic::PendingWithoutConfirm(_) => State::PendingWithoutConfirm,
            Basic::PendingWithConfirm(_) => State::PendingWithConfirm,
            Basic::Ignoring(_) => State::Ignoring,
            Basic::WaitingAfterRelease => State::WaitingAfterRelease,
        }
    }

    pub const fn call_type(&self) -> call_type::State {
        self.types.state()
    }

    /// Whether the client takes part in a call, or is about to.
    pub const fn is_busy(&self) -> bool {
        !matches!(self.machine, Basic::StartStop | Basic::Ignoring(_) | Basic::WaitingAfterRelease)
    }

    /// The call that the client takes part in.
    pub const fn call_identifier(&self) -> Option<CallIdentifier> {
        match &self.machine {
            Basic::Ongoing { call, .. } => Some(call.identifier),
            _ => None,
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.timers.next(), self.types.poll_timeout()].into_iter().flatten().min()
    }

    pub fn command(&mut self, command: &OffNetworkCommand, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        match command {
            OffNetworkCommand::CallGroup { call_type, .. } => {
                self.happens(Happening::UserCalls(*call_type), group, cx);
            }
            OffNetworkCommand::AcceptGroupCall { .. } => self.happens(Happening::UserAccepts, group, cx),
            OffNetworkCommand::RejectGroupCall { .. } => self.happens(Happening::UserRejects, group, cx),
            OffNetworkCommand::LeaveGroupCall { .. } => self.happens(Happening::UserLeaves, group, cx),
            OffNetworkCommand::ChangeGroupCall { call_type, .. } => self.change_type(*call_type, group, cx),
            _ => {}
        }
    }

    pub fn receive(&mut self, message: &MonpMessage, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        match message {
            MonpMessage::GroupCallProbe(_) => self.happens(Happening::Probe, group, cx),
            MonpMessage::GroupCallAnnouncement(announcement) => {
                self.announced(announcement, group, cx);
            }
            MonpMessage::GroupCallAccept(accept) => {
                self.happens(Happening::Accept, group, cx);
                if self.call_identifier() == Some(accept.call_identifier) {
                    let (group, user) = (group.group_id.clone(), accept.sending_user.clone());
                    cx.event(OffNetworkEvent::GroupCallAccepted { group, user });
                }
            }
            MonpMessage::GroupCallEmergencyEnd(end) => {
                self.type_ended(call_type::Trigger::EmergencyEnd, end, group, cx);
            }
            MonpMessage::GroupCallImminentPerilEnd(end) => {
                self.type_ended(call_type::Trigger::ImminentPerilEnd, end, group, cx);
            }
            _ => {}
        }
    }

    pub fn handle_timeout(&mut self, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        self.types.handle_timeout(group, cx);
        while let Some(timer) = self.timers.take_expired(cx.now) {
            self.happens(Happening::Expiry(timer), group, cx);
        }
    }

    fn announced(
        &mut self,
        announcement: &GroupCallAnnouncement,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) {
        let call_type = announcement.call_type;
        let known = matches!(
            call_type,
            CallType::BASIC_GROUP | CallType::EMERGENCY_GROUP | CallType::IMMINENT_PERIL_GROUP
        );
        match Call::announced(announcement) {
            Ok(call) if known => {
                let by = announcement.last_user_to_change_call_type.clone();
                let change = Change { call_type, at: announcement.last_call_type_change_time, by };
                self.happens(Happening::Announcement { call, change }, group, cx);
            }
            _ => cx.event(OffNetworkEvent::UnusableMedia { message: "GROUP CALL ANNOUNCEMENT" }),
        }
    }

    fn type_ended(
        &mut self,
        trigger: call_type::Trigger,
        end: &GroupCallStateEnd,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) {
        let change = Change {
            call_type: CallType::BASIC_GROUP,
            at: end.last_call_type_change_time,
            by: end.last_user_to_change_call_type.clone(),
        };
        match &self.machine {
            Basic::Ongoing { call, .. } if call.identifier == end.call_identifier => {
                self.types.heard(trigger, change, group, cx);
            }
            Basic::PendingWithoutConfirm(call) | Basic::PendingWithConfirm(call) | Basic::Ignoring(call)
                if call.identifier == end.call_identifier =>
            {
                if change.is_newer_than(self.types.change()) {
                    self.types.note(change);
                }
            }
            _ => cx.discard(MachineName::GroupCallType, self.types.state().name(), trigger.name()),
        }
    }

    fn change_type(&mut self, to: CallType, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let Basic::Ongoing { call, probed } = &mut self.machine else {
            return cx.discard(MACHINE, self.state().name(), "user: change");
        };
        match to {
            CallType::BASIC_GROUP => {
                self.types.downgrade(group, cx, |from, change| call.end_of(from, change, group));
            }
            CallType::EMERGENCY_GROUP | CallType::IMMINENT_PERIL_GROUP => {
                if self.types.upgrade(to, group, cx) {
                    let announcement = call.announcement(group, self.types.change(), *probed);
                    *probed = false;
                    cx.send_to_group(group, &announcement);
                    let interval = periodic(call, cx);
                    self.timers.start(Timer::TFG2, cx.now, interval);
                }
            }
            _ => cx.discard(MACHINE, State::Ongoing.name(), "user: change"),
        }
    }

    fn happens(&mut self, happening: Happening, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let Some(rule) = cx.rule(MACHINE, PROCEDURES, self.state(), happening.trigger()) else { return };
        let machine = std::mem::replace(&mut self.machine, Basic::StartStop);
        self.machine = self.procedure(machine, happening, group, cx);
        cx.moved(MACHINE, rule, self.state());
    }

    /// Every procedure of the table; what the table does not list never comes here.
    fn procedure(
        &mut self,
        machine: Basic,
        happening: Happening,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) -> Basic {
        use Basic as S;
        use Happening as H;
        match (machine, happening) {
            (S::StartStop | S::WaitingAfterRelease, H::UserCalls(wanted)) => {
                self.start(Timer::TFG1, cx);
                self.probe(wanted, group, cx)
            }
            (S::StartStop, H::Announcement { call, change }) => self.found(call, change, group, cx),
            (S::WaitingForAnnouncement { wanted }, H::Announcement { call, change }) => {
                self.timers.stop_all();
                self.join(call, change, group, cx);
                self.raise(wanted, group, cx);
                std::mem::replace(&mut self.machine, S::StartStop)
            }
            (S::WaitingForAnnouncement { wanted }, H::Expiry(Timer::TFG3)) => self.probe(wanted, group, cx),
            //= 24.379-10.2.2:tfg1
            (S::WaitingForAnnouncement { wanted }, H::Expiry(_)) => self.originate(wanted, group, cx),
            (S::WaitingForAnnouncement { .. }, H::UserLeaves) => {
                self.timers.stop(Timer::TFG3);
                S::WaitingAfterRelease
            }
            (S::Ongoing { call, probed }, H::Announcement { call: other, change }) => {
                self.heard(call, probed, other, change, group, cx)
            }
            (S::Ongoing { call, probed }, H::Probe) => {
                //= 24.379-10.2.2:probe
                if !probed {
                    let interval = cx.random_below(AFTER_PROBE);
                    self.timers.start(Timer::TFG2, cx.now, interval);
                }
                S::Ongoing { call, probed: true }
            }
            (S::Ongoing { call, probed }, H::Expiry(Timer::TFG2)) => {
                cx.send_to_group(group, &call.announcement(group, self.types.change(), probed));
                self.announce_later(&call, cx);
                S::Ongoing { call, probed: false }
            }
            //= 24.379-10.2.2:tfg6
            (S::Ongoing { call, .. }, H::Expiry(_)) => self.leave(call, EndCause::MaximumDuration, group, cx),
            (S::Ongoing { call, .. }, H::UserLeaves) => self.leave(call, EndCause::User, group, cx),
            (S::PendingWithoutConfirm(call) | S::PendingWithConfirm(call), H::UserAccepts) => {
                self.timers.stop(Timer::TFG4);
                let change = self.types.change().clone();
                self.join(call, change, group, cx);
                std::mem::replace(&mut self.machine, S::StartStop)
            }
            (
                S::PendingWithoutConfirm(call) | S::PendingWithConfirm(call),
                H::Announcement { call: other, change },
            ) => self.pending_heard(call, other, change, group, cx),
            //= 24.379-10.2.2:pending
            (S::PendingWithoutConfirm(call) | S::PendingWithConfirm(call), _) => {
                self.timers.stop(Timer::TFG4);
                self.start(Timer::TFG5, cx);
                let (group, cause) = (group.group_id.clone(), EndCause::NotTaken);
                cx.event(OffNetworkEvent::GroupCallLeft { group, cause });
                S::Ignoring(call)
            }
            (S::Ignoring(call), H::UserCalls(wanted)) => {
                //= 24.379-10.2.2:rejoin
                self.timers.stop(Timer::TFG5);
                let change = self.types.change().clone();
                self.enter(call, change, group, cx);
                self.raise(wanted, group, cx);
                std::mem::replace(&mut self.machine, S::StartStop)
            }
            //= 24.379-10.2.2:leave
            (S::Ignoring(_) | S::WaitingAfterRelease, H::Announcement { call, change }) => {
                self.timers.stop(Timer::TFG1);
                self.types.note(change);
                self.start(Timer::TFG5, cx);
                S::Ignoring(call)
            }
            (S::Ignoring(_) | S::WaitingAfterRelease, H::Expiry(_)) => S::StartStop,
            (machine, _) => machine,
        }
    }

    fn start(&mut self, timer: Timer, cx: &Context<'_>) {
        self.timers.start(timer, cx.now, cx.duration(timer));
    }

    fn probe(&mut self, wanted: CallType, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Basic {
        let probe = GroupCallProbe { group_id: group.group_id.clone() };
        cx.send_to_group(group, &MonpMessage::GroupCallProbe(probe));
        self.start(Timer::TFG3, cx);
        Basic::WaitingForAnnouncement { wanted }
    }

    /// There is no call: this client starts one.
    fn originate(&mut self, wanted: CallType, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Basic {
        self.timers.stop_all();
        let identifier = cx.call_identifier(|_| false);
        let sdp = description::of_group(cx.rng.next_u64() >> 1, cx.config, group);
        // Our own description can be read by us; a configuration with which it cannot starts no call.
        let Some(call) = Call::new(identifier, sdp, group, cx) else { return Basic::StartStop };
        let change = Change { call_type: wanted, at: call.start, by: cx.config.user.clone() };
        self.types.call_is(change, group, cx);
        cx.send_to_group(group, &call.announcement(group, self.types.change(), false));
        self.run(&call, group, cx);
        let info = call.info(group, self.types.change(), cx);
        cx.event(OffNetworkEvent::GroupCallJoined { call: info, originated: true });
        Basic::Ongoing { call, probed: false }
    }

    /// A call is announced while there is none for this client.
    fn found(&mut self, call: Call, change: Change, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Basic {
        if !group.user_action {
            self.join(call, change, group, cx);
            return std::mem::replace(&mut self.machine, Basic::StartStop);
        }
        //= 24.379-10.2.2:pending
        self.start(Timer::TFG4, cx);
        self.offer(call, change, group, cx)
    }

    fn offer(&mut self, call: Call, change: Change, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Basic {
        self.types.note(change);
        let call_info = call.info(group, self.types.change(), cx);
        cx.event(OffNetworkEvent::GroupCallOffered { call: call_info });
        Self::pending(call)
    }

    const fn pending(call: Call) -> Basic {
        if call.confirm_mode { Basic::PendingWithConfirm(call) } else { Basic::PendingWithoutConfirm(call) }
    }

    fn pending_heard(
        &mut self,
        call: Call,
        other: Call,
        change: Change,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) -> Basic {
        if call.is(&other) {
            if change.is_newer_than(self.types.change()) {
                self.types.note(change);
            }
            return Self::pending(other);
        }
        match other.prevails(&change, &call, self.types.change()) {
            true => self.offer(other, change, group, cx),
            false => Self::pending(call),
        }
    }

    /// Enters a call that somebody else has announced, and says so if that is wanted.
    fn join(&mut self, call: Call, change: Change, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let accept = call.confirm_mode.then(|| call.accept(group, change.call_type, &cx.config.user));
        self.enter(call, change, group, cx);
        if let Some(accept) = accept {
            //= 24.379-10.2.2:accept
            cx.send_to_group(group, &accept);
        }
    }

    fn enter(&mut self, call: Call, change: Change, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        self.types.call_is(change, group, cx);
        self.run(&call, group, cx);
        let info = call.info(group, self.types.change(), cx);
        cx.event(OffNetworkEvent::GroupCallJoined { call: info, originated: false });
        self.machine = Basic::Ongoing { call, probed: false };
    }

    /// Who has called for something more urgent than what it has found makes the call that.
    fn raise(&mut self, wanted: CallType, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        if urgency(wanted) > urgency(self.types.change().call_type) {
            self.change_type(wanted, group, cx);
        }
    }

    /// Starts what runs during a call.
    fn run(&mut self, call: &Call, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        //= 24.379-10.2.2:tfg6
        let whole = group.maximum_duration.unwrap_or_else(|| cx.duration(Timer::TFG6));
        let left = cx.left_of(whole, call.start);
        self.timers.start(Timer::TFG6, cx.now, left);
        self.announce_later(call, cx);
    }

    fn announce_later(&mut self, call: &Call, cx: &mut Context<'_>) {
        let interval = periodic(call, cx);
        self.timers.start(Timer::TFG2, cx.now, interval);
    }

    /// An announcement during a call.
    fn heard(
        &mut self,
        call: Call,
        probed: bool,
        other: Call,
        change: Change,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) -> Basic {
        if call.is(&other) {
            let identical = change == *self.types.change();
            let news = !identical && self.types.heard(call_type::Trigger::Announcement, change, group, cx);
            if identical || news {
                //= 24.379-10.2.2:dup
                // Whoever has probed has heard it as well.
                self.announce_later(&call, cx);
                return Basic::Ongoing { call, probed: false };
            }
            // The other one does not know of the last change: our next announcement tells it.
            return Basic::Ongoing { call, probed };
        }
        if !other.prevails(&change, &call, self.types.change()) {
            return Basic::Ongoing { call, probed };
        }
        //= 24.379-10.2.2:merge
        self.types.call_is(change, group, cx);
        self.run(&other, group, cx);
        let info = other.info(group, self.types.change(), cx);
        cx.event(OffNetworkEvent::GroupCallMerged { call: info });
        Basic::Ongoing { call: other, probed }
    }

    fn leave(&mut self, call: Call, cause: EndCause, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Basic {
        //= 24.379-10.2.2:leave
        self.timers.stop_all();
        self.types.call_released(cx);
        self.start(Timer::TFG5, cx);
        cx.event(OffNetworkEvent::GroupCallLeft { group: group.group_id.clone(), cause });
        Basic::Ignoring(call)
    }
}

/// The time to the next announcement: two thirds to four thirds of the refresh interval.
fn periodic(call: &Call, cx: &mut Context<'_>) -> Duration {
    let interval = Duration::from_millis(u64::from(call.refresh_interval.0).max(1));
    let third = interval.mul_f64(2.0 / 3.0);
    third.saturating_add(cx.random_below(third))
}
