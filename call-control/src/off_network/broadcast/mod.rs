//! Broadcast group call control (TS 24.379 10.2.4): the originator repeats what it has begun, and ends it.

mod table;

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::id::McpttId;
use mcptt_codec::machine::TimerTable;
use mcptt_codec::monp::{CallIdentifier, CallType, GroupCallBroadcast, GroupCallBroadcastEnd, MonpMessage};
use rand_core::RngCore;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

use super::context::Context;
use super::description::{self, Described};
use super::timer::Timer;
use super::types::{
    EndCause, GroupCallInfo, MachineName, OffNetworkCommand, OffNetworkEvent, OffNetworkGroup,
};

const MACHINE: MachineName = MachineName::Broadcast;

/// The machine of one group.
pub(super) struct Broadcast {
    machine: Machine,
    timers: TimerTable<Timer, 3>,
}

/// What exists in which state.
#[derive(Debug)]
enum Machine {
    StartStop,
    InProgress(Call),
    Pending(Call),
    Ignoring(Call),
}

#[derive(Clone, Debug)]
struct Call {
    identifier: CallIdentifier,
    originator: McpttId,
    sdp: Bytes,
    described: Described,
}

impl Call {
    fn is(&self, identifier: CallIdentifier, originator: &McpttId) -> bool {
        self.identifier == identifier && self.originator == *originator
    }

    fn info(&self, group: &OffNetworkGroup, cx: &Context<'_>) -> GroupCallInfo {
        GroupCallInfo {
            group: group.group_id.clone(),
            call_identifier: self.identifier,
            call_type: CallType::BROADCAST_GROUP,
            originator: self.originator.clone(),
            media: self.described.of_group(group, cx.config.address),
        }
    }

    fn broadcast(&self, group: &OffNetworkGroup) -> MonpMessage {
        MonpMessage::GroupCallBroadcast(GroupCallBroadcast {
            call_identifier: self.identifier,
            call_type: CallType::BROADCAST_GROUP,
            originating_user: self.originator.clone(),
            group_id: group.group_id.clone(),
            sdp: self.sdp.clone(),
        })
    }

    fn end(&self, group: &OffNetworkGroup) -> MonpMessage {
        MonpMessage::GroupCallBroadcastEnd(GroupCallBroadcastEnd {
            call_identifier: self.identifier,
            group_id: group.group_id.clone(),
            originating_user: self.originator.clone(),
        })
    }
}

/// Something that has happened.
enum Happening {
    UserCalls,
    UserAccepts,
    UserRejects,
    UserEnds,
    Broadcast(Call),
    BroadcastEnd { identifier: CallIdentifier, originator: McpttId },
    Expiry(Timer),
}

impl Happening {
    const fn trigger(&self) -> Trigger {
        match self {
            Self::UserCalls => Trigger::UserCalls,
            Self::UserAccepts => Trigger::UserAccepts,
            Self::UserRejects => Trigger::UserRejects,
            Self::UserEnds => Trigger::UserEnds,
            Self::Broadcast(_) => Trigger::Broadcast,
            Self::BroadcastEnd { .. } => Trigger::BroadcastEnd,
            Self::Expiry(Timer::TFB1) => Trigger::Tfb1,
            Self::Expiry(Timer::TFB2) => Trigger::Tfb2,
            Self::Expiry(_) => Trigger::Tfb3,
        }
    }
}

impl Broadcast {
    pub fn new() -> Self {
        Self { machine: Machine::StartStop, timers: TimerTable::of([Timer::TFB1, Timer::TFB2, Timer::TFB3]) }
    }

    pub const fn state(&self) -> State {
        match self.machine {
            Machine::StartStop => State::StartStop,
            Machine::InProgress(_) => State::InProgress,
            Machine::Pending(_) => State::Pending,
            Machine::Ignoring(_) => State::Ignoring,
        }
    }

    /// Whether the client takes part in a broadcast.
    pub const fn is_busy(&self) -> bool {
        matches!(self.machine, Machine::InProgress(_))
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    pub fn command(&mut self, command: &OffNetworkCommand, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let happening = match command {
            OffNetworkCommand::Broadcast { .. } => Happening::UserCalls,
            OffNetworkCommand::AcceptBroadcast { .. } => Happening::UserAccepts,
            OffNetworkCommand::RejectBroadcast { .. } => Happening::UserRejects,
            OffNetworkCommand::EndBroadcast { .. } => Happening::UserEnds,
            _ => return,
        };
        self.happens(happening, group, cx);
    }

    pub fn receive(&mut self, message: &MonpMessage, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let happening = match message {
            MonpMessage::GroupCallBroadcast(broadcast) => {
                let Ok(described) = Described::read(&broadcast.sdp) else {
                    return cx.event(OffNetworkEvent::UnusableMedia { message: "GROUP CALL BROADCAST" });
                };
                Happening::Broadcast(Call {
                    identifier: broadcast.call_identifier,
                    originator: broadcast.originating_user.clone(),
                    sdp: broadcast.sdp.clone(),
                    described,
                })
            }
            MonpMessage::GroupCallBroadcastEnd(end) => Happening::BroadcastEnd {
                identifier: end.call_identifier,
                originator: end.originating_user.clone(),
            },
            _ => return,
        };
        self.happens(happening, group, cx);
    }

    pub fn handle_timeout(&mut self, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        while let Some(timer) = self.timers.take_expired(cx.now) {
            self.happens(Happening::Expiry(timer), group, cx);
        }
    }

    fn happens(&mut self, happening: Happening, group: &OffNetworkGroup, cx: &mut Context<'_>) {
        let Some(rule) = cx.rule(MACHINE, PROCEDURES, self.state(), happening.trigger()) else { return };
        let machine = std::mem::replace(&mut self.machine, Machine::StartStop);
        self.machine = self.procedure(machine, happening, group, cx);
        cx.moved(MACHINE, rule, self.state());
    }

    fn procedure(
        &mut self,
        machine: Machine,
        happening: Happening,
        group: &OffNetworkGroup,
        cx: &mut Context<'_>,
    ) -> Machine {
        use Happening as H;
        use Machine as S;
        match (machine, happening) {
            (_, H::UserCalls) => self.originate(group, cx),
            (S::StartStop, H::Broadcast(call)) => self.found(call, group, cx),
            (S::Ignoring(left), H::Broadcast(call)) if !left.is(call.identifier, &call.originator) => {
                self.found(call, group, cx)
            }
            (S::InProgress(call), H::Expiry(Timer::TFB2)) => {
                //= 24.379-10.2.4:broadcast
                cx.send_to_group(group, &call.broadcast(group));
                self.start(Timer::TFB2, cx);
                S::InProgress(call)
            }
            (S::InProgress(call), H::UserEnds) => self.end(call, EndCause::User, group, cx),
            (S::InProgress(call), H::Expiry(_)) => self.end(call, EndCause::MaximumDuration, group, cx),
            (S::Pending(call), H::UserAccepts) => {
                self.timers.stop(Timer::TFB3);
                self.listen(call, group, cx)
            }
            //= 24.379-10.2.4:pending
            (S::Pending(call), H::UserRejects | H::Expiry(Timer::TFB3)) => {
                self.timers.stop(Timer::TFB3);
                ended(EndCause::NotTaken, group, cx);
                S::Ignoring(call)
            }
            (S::InProgress(call) | S::Pending(call), H::BroadcastEnd { identifier, originator })
                if call.is(identifier, &originator) =>
            {
                //= 24.379-10.2.4:end
                self.timers.stop_all();
                ended(EndCause::Peer, group, cx);
                S::StartStop
            }
            (S::Ignoring(call), H::BroadcastEnd { identifier, originator })
                if call.is(identifier, &originator) =>
            {
                self.timers.stop_all();
                S::StartStop
            }
            (S::Pending(_), H::Expiry(_)) => {
                self.timers.stop_all();
                ended(EndCause::MaximumDuration, group, cx);
                S::StartStop
            }
            (S::Ignoring(_), H::Expiry(_)) => S::StartStop,
            (machine, _) => machine,
        }
    }

    fn start(&mut self, timer: Timer, cx: &Context<'_>) {
        self.timers.start(timer, cx.now, cx.duration(timer));
    }

    fn originate(&mut self, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Machine {
        let sdp = description::of_group(cx.rng.next_u64() >> 1, cx.config, group);
        let identifier = cx.call_identifier(|_| false);
        let originator = cx.config.user.clone();
        // Our own description can be read by us; a configuration with which it cannot starts nothing.
        let Ok(described) = Described::read(&sdp) else { return Machine::StartStop };
        let call = Call { identifier, originator, sdp, described };
        cx.send_to_group(group, &call.broadcast(group));
        self.start(Timer::TFB1, cx);
        self.start(Timer::TFB2, cx);
        let info = call.info(group, cx);
        cx.event(OffNetworkEvent::BroadcastStarted { call: info, originated: true });
        Machine::InProgress(call)
    }

    fn found(&mut self, call: Call, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Machine {
        self.start(Timer::TFB1, cx);
        if !group.user_action {
            return self.listen(call, group, cx);
        }
        self.start(Timer::TFB3, cx);
        let info = call.info(group, cx);
        cx.event(OffNetworkEvent::BroadcastOffered { call: info });
        Machine::Pending(call)
    }

    fn listen(&mut self, call: Call, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Machine {
        let info = call.info(group, cx);
        cx.event(OffNetworkEvent::BroadcastStarted { call: info, originated: false });
        Machine::InProgress(call)
    }

    /// The user or the longest time ends the broadcast: the originator for everybody, anybody else for itself.
    fn end(&mut self, call: Call, cause: EndCause, group: &OffNetworkGroup, cx: &mut Context<'_>) -> Machine {
        ended(cause, group, cx);
        if call.originator == cx.config.user {
            //= 24.379-10.2.4:end
            self.timers.stop_all();
            cx.send_to_group(group, &call.end(group));
            return Machine::StartStop;
        }
        match cause {
            EndCause::User => Machine::Ignoring(call),
            _ => Machine::StartStop,
        }
    }
}

fn ended(cause: EndCause, group: &OffNetworkGroup, cx: &mut Context<'_>) {
    cx.event(OffNetworkEvent::BroadcastEnded { group: group.group_id.clone(), cause });
}
