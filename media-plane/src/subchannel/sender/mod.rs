//! The participating function's side of one MBMS bearer (TS 24.380 10.2).

mod table;

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use mcptt_codec::floor::{FloorMessage, Subtype};
use mcptt_codec::id::{GroupId, Ssrc};
use mcptt_codec::subchannel::{
    MapGroupToBearer, MbmsSubchannel, SubchannelMessage, Tmgi, UnmapGroupToBearer,
};

use super::copies::Copies;
use super::timer::{Counter, Timer, TimerSettings};
use crate::floor::event::{Event, Machine};
use crate::floor::timer::TimerTable;
use crate::floor::transition::Rule;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

/// One of the subchannels of a bearer, in the order in which they were given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Slot(pub usize);

/// What the sender wants done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum SenderOutput {
    /// Send a message on the general purpose subchannel.
    Control(SubchannelMessage),
    /// Send a floor message on a subchannel.
    Floor {
        /// The subchannel.
        on: Slot,
        /// The message as it was received, its acknowledgment bit cleared.
        packet: Bytes,
    },
    /// Log, count or report.
    Event(Event),
}

/// What becomes of an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaTurn {
    /// It is to be sent on the subchannel.
    Send(Slot),
    /// It was sent on the subchannel already.
    Copy(Slot),
}

/// One MBMS bearer: its subchannels, and the conversations that use them.
///
/// Drive it like every machine of this crate: hand it what happens together with the time, drain
/// [`poll_output`](Self::poll_output) after each call, and call [`handle_timeout`](Self::handle_timeout) when
/// [`poll_timeout`](Self::poll_timeout) says so. It holds at most one entry for each subchannel and for each conversation
/// that ended within C17 times T17.
#[derive(Debug)]
pub struct MbmsSender {
    tmgi: Tmgi,
    ssrc: Ssrc,
    values: TimerSettings,
    subchannels: Vec<Subchannel>,
    conversations: BTreeMap<GroupId, Conversation>,
    outputs: VecDeque<SenderOutput>,
}

#[derive(Debug)]
struct Subchannel {
    addresses: MbmsSubchannel,
    free: bool,
}

#[derive(Debug)]
struct Conversation {
    machine: Mapping,
    timers: TimerTable<Timer, { Timer::COUNT }>,
}

/// The machine: what exists in which state.
#[derive(Debug)]
enum Mapping {
    StartStop,
    Mapped(Mapped),
    Unmapping {
        /// C17: Unmap Group To Bearer messages sent.
        copies: u8,
    },
}

#[derive(Debug)]
struct Mapped {
    slot: Slot,
    copies: Copies,
}

impl Mapping {
    const fn state(&self) -> State {
        match self {
            Self::StartStop => State::StartStop,
            Self::Mapped(_) => State::Mapped,
            Self::Unmapping { .. } => State::Unmapping,
        }
    }
}

/// A floor message on its way to the subchannel.
struct Offered<'a> {
    message: &'a FloorMessage,
    packet: &'a Bytes,
}

impl MbmsSender {
    /// A bearer on which nothing is mapped. `ssrc` goes into the header of its messages.
    pub fn new(tmgi: Tmgi, ssrc: Ssrc, subchannels: &[MbmsSubchannel], values: TimerSettings) -> Self {
        Self {
            tmgi,
            ssrc,
            values,
            subchannels: subchannels
                .iter()
                .map(|addresses| Subchannel { addresses: *addresses, free: true })
                .collect(),
            conversations: BTreeMap::new(),
            outputs: VecDeque::new(),
        }
    }

    /// A floor message of the controlling function to a client that listens to this bearer. Says on which subchannel the
    /// client hears it; `None`: on none.
    ///
    /// Only Floor Taken, Floor Idle and Floor Release Multi Talker belong on a subchannel; of the others none is heard.
    pub fn handle_floor(&mut self, now: Instant, group: &GroupId, packet: &Bytes) -> Option<Slot> {
        let message = FloorMessage::decode(packet).ok()?.value;
        let trigger = match &message {
            FloorMessage::Taken(_) => Trigger::FloorTaken,
            FloorMessage::Idle(_) => Trigger::FloorIdle,
            FloorMessage::ReleaseMultiTalker(_) => Trigger::FloorReleaseMultiTalker,
            _ => return None,
        };
        let offered = Offered { message: &message, packet };
        self.on(group, trigger, |this, conversation| {
            this.floor(group, conversation, &offered, now);
        });
        self.slot(group)
    }

    /// An RTP packet of the controlling function to a client that listens to this bearer. `None`: the client does not hear
    /// it on a subchannel.
    pub fn handle_media(&mut self, group: &GroupId, ssrc: Ssrc, sequence: u16) -> Option<MediaTurn> {
        // No event for a packet without conversation: it goes by unicast, fifty times a second.
        //= 24.380-10.2.1
        let Mapping::Mapped(mapped) = &mut self.conversations.get_mut(group)?.machine else { return None };
        Some(if mapped.copies.is_media_copy(ssrc, sequence) {
            MediaTurn::Copy(mapped.slot)
        } else {
            MediaTurn::Send(mapped.slot)
        })
    }

    /// No client of the group listens to this bearer any more, or the session of the group has ended.
    pub fn session_ended(&mut self, now: Instant, group: &GroupId) {
        if self.state(group) == State::Mapped {
            self.on(group, Trigger::SessionEnded, |this, conversation| this.unmap(group, conversation, now));
        }
    }

    /// Ends everything on the bearer, which is going to be switched off: each mapped group is unmapped once.
    pub fn bearer_ended(&mut self, now: Instant) {
        let groups: Vec<_> = self.conversations.keys().cloned().collect();
        for group in groups {
            self.session_ended(now, &group);
        }
        self.conversations.clear();
    }

    /// Lets every timer act that has expired by `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some((group, timer)) = self.take_expired(now) {
            self.on(&group, Trigger::Expiry(timer), |this, conversation| match timer {
                Timer::T15 => this.unmap(&group, conversation, now),
                //= 24.380-10.2:map
                Timer::T16 => this.send_map(&group, conversation, now),
                Timer::T17 => this.unmap_again(&group, conversation, now),
            });
        }
    }

    /// The next thing to do; `None` when there is nothing more.
    pub fn poll_output(&mut self) -> Option<SenderOutput> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next; `None` when no timer runs.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.conversations.values().filter_map(|conversation| conversation.timers.next()).min()
    }

    /// The state of a group's conversation.
    pub fn state(&self, group: &GroupId) -> State {
        self.conversations.get(group).map_or(State::StartStop, |conversation| conversation.machine.state())
    }

    /// The subchannel to which a group is mapped.
    pub fn slot(&self, group: &GroupId) -> Option<Slot> {
        match &self.conversations.get(group)?.machine {
            Mapping::Mapped(mapped) => Some(mapped.slot),
            _ => None,
        }
    }

    /// How many subchannels can be given to another conversation.
    pub fn free_subchannels(&self) -> usize {
        self.subchannels.iter().filter(|subchannel| subchannel.free).count()
    }

    fn floor(
        &mut self,
        group: &GroupId,
        conversation: &mut Conversation,
        offered: &Offered<'_>,
        now: Instant,
    ) {
        if let FloorMessage::Taken(_) = offered.message {
            //= 24.380-10.2:idle
            conversation.timers.stop(Timer::T15);
            if !matches!(conversation.machine, Mapping::Mapped(_)) && !self.map(group, conversation, now) {
                return;
            }
        }
        let Mapping::Mapped(mapped) = &mut conversation.machine else { return };
        let number = match offered.message {
            FloorMessage::Taken(taken) => taken.sequence,
            FloorMessage::Idle(idle) => idle.sequence,
            _ => None,
        };
        if !mapped.copies.is_copy(offered.message.subtype(), number, offered.packet) {
            let packet = without_ack_bit(offered.packet);
            self.outputs.push_back(SenderOutput::Floor { on: mapped.slot, packet });
        }
        // T15 runs from the moment at which the floor became idle; its repetitions do not prolong the conversation.
        //= 24.380-10.2:idle
        if matches!(offered.message, FloorMessage::Idle(_)) && !conversation.timers.is_running(Timer::T15) {
            conversation.timers.start(Timer::T15, now, self.values.duration(Timer::T15));
        }
    }

    /// Gives the conversation a subchannel, if there is one.
    //= 24.380-10.2:map
    fn map(&mut self, group: &GroupId, conversation: &mut Conversation, now: Instant) -> bool {
        let Some(slot) = self.subchannels.iter().position(|subchannel| subchannel.free) else {
            return false;
        };
        self.subchannels[slot].free = false;
        conversation.timers.stop(Timer::T17);
        conversation.machine = Mapping::Mapped(Mapped { slot: Slot(slot), copies: Copies::default() });
        self.send_map(group, conversation, now);
        true
    }

    fn send_map(&mut self, group: &GroupId, conversation: &mut Conversation, now: Instant) {
        let Mapping::Mapped(mapped) = &conversation.machine else { return };
        let subchannel = self.subchannels.get(mapped.slot.0).map(|subchannel| subchannel.addresses);
        self.outputs.push_back(SenderOutput::Control(SubchannelMessage::MapGroupToBearer(
            MapGroupToBearer {
                ssrc: self.ssrc,
                group_id: Some(group.clone()),
                tmgi: Some(self.tmgi),
                subchannel,
            },
        )));
        conversation.timers.start(Timer::T16, now, self.values.duration(Timer::T16));
    }

    /// The conversation is over: its subchannel is free.
    //= 24.380-10.2:unmap
    fn unmap(&mut self, group: &GroupId, conversation: &mut Conversation, now: Instant) {
        if let Mapping::Mapped(mapped) = &conversation.machine
            && let Some(subchannel) = self.subchannels.get_mut(mapped.slot.0)
        {
            subchannel.free = true;
        }
        conversation.timers.stop_all();
        conversation.machine = Mapping::Unmapping { copies: 1 };
        self.send_unmap(group, conversation, now);
    }

    fn unmap_again(&mut self, group: &GroupId, conversation: &mut Conversation, now: Instant) {
        let Mapping::Unmapping { copies } = &mut conversation.machine else { return };
        if *copies >= self.values.limit(Counter::C17) {
            conversation.machine = Mapping::StartStop;
            return;
        }
        *copies = copies.saturating_add(1);
        self.send_unmap(group, conversation, now);
    }

    fn send_unmap(&mut self, group: &GroupId, conversation: &mut Conversation, now: Instant) {
        self.outputs.push_back(SenderOutput::Control(SubchannelMessage::UnmapGroupToBearer(
            UnmapGroupToBearer { ssrc: self.ssrc, group_id: Some(group.clone()) },
        )));
        conversation.timers.start(Timer::T17, now, self.values.duration(Timer::T17));
    }

    fn take_expired(&mut self, now: Instant) -> Option<(GroupId, Timer)> {
        self.conversations
            .iter_mut()
            .find_map(|(group, conversation)| Some((group.clone(), conversation.timers.take_expired(now)?)))
    }

    /// Carries out a procedure if the state of the conversation has one.
    fn on(
        &mut self,
        group: &GroupId,
        trigger: Trigger,
        procedure: impl FnOnce(&mut Self, &mut Conversation),
    ) {
        let from = self.state(group);
        let Some(rule) = Rule::find(PROCEDURES, from, trigger) else {
            //= 24.380-10.2.1
            self.outputs.push_back(SenderOutput::Event(Event::Discarded {
                machine: Machine::SubchannelSender,
                participant: None,
                state: from.name(),
                got: trigger.name(),
                requirement: "24.380-10.2.1",
            }));
            return;
        };
        let mut conversation = self
            .conversations
            .remove(group)
            .unwrap_or_else(|| Conversation { machine: Mapping::StartStop, timers: TimerTable::new() });
        procedure(self, &mut conversation);
        let to = conversation.machine.state();
        debug_assert!(rule.permits(to), "{from} does not go to {to} on {trigger:?}");
        if to != State::StartStop {
            self.conversations.insert(group.clone(), conversation);
        }
        if from != to {
            self.outputs.push_back(SenderOutput::Event(Event::StateChanged {
                machine: Machine::SubchannelSender,
                participant: None,
                from: from.name(),
                to: to.name(),
                cause: trigger.name(),
                clause: rule.clause,
            }));
        }
    }
}

/// The same message without the request to acknowledge it: nobody can answer on a subchannel.
fn without_ack_bit(packet: &Bytes) -> Bytes {
    match packet.first() {
        Some(first) if first & Subtype::ACK_BIT != 0 => {
            let mut octets = BytesMut::from(&packet[..]);
            if let Some(octet) = octets.first_mut() {
                *octet &= !Subtype::ACK_BIT;
            }
            octets.freeze()
        }
        _ => packet.clone(),
    }
}
