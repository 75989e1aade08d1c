//! The client's side of MBMS subchannel control (TS 24.380 10.3, 10A).

mod table;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;

use mcptt_codec::id::GroupId;
use mcptt_codec::subchannel::{
    BearerAnnouncement, GroupDynamicDataNotify, MapGroupToBearer, MbmsSubchannel, NotificationMessage,
    SubchannelMessage, Tmgi,
};

use crate::floor::event::{Event, Machine};
use crate::floor::transition::Rule;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

/// What the receiver wants done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ReceiverOutput {
    /// Receive the media and floor control of a group on this subchannel. What comes there goes the way of what comes by
    /// unicast.
    Listen {
        /// The group.
        group: GroupId,
        /// The bearer.
        tmgi: Tmgi,
        /// Addresses and ports.
        subchannel: MbmsSubchannel,
    },
    /// Receive the group by unicast only.
    StopListening {
        /// The group.
        group: GroupId,
    },
    /// Tell the participating function by SIP MESSAGE whether the client listens to the bearer (TS 24.379 14.2.3).
    ReportListening {
        /// The bearer.
        tmgi: Tmgi,
        /// Whether it does.
        listening: bool,
    },
    /// The participating function asks the members of a group to come to unicast (10A).
    Paged {
        /// The group; `None` if the message names none.
        group: Option<GroupId>,
    },
    /// A bearer was announced on the general purpose subchannel (10A).
    Announced(BearerAnnouncement),
    /// Something about a group has changed (10A).
    Notified(GroupDynamicDataNotify),
    /// Log, count or report.
    Event(Event),
}

/// What a subchannel carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Heard<'a> {
    /// RTP of the group.
    Media(&'a GroupId),
    /// Floor control of the group.
    Floor(&'a GroupId),
    /// Both, to be told apart by their first octets.
    Shared(&'a GroupId),
}

/// The MBMS reception of one client. It keeps what its owner has told it, so that no peer can make it grow.
#[derive(Debug, Default)]
pub struct MbmsReceiver {
    bearers: Vec<Bearer>,
    /// The groups that the client is in a call of.
    groups: BTreeMap<GroupId, Mapping>,
    outputs: VecDeque<ReceiverOutput>,
}

/// A bearer that the client can receive.
#[derive(Debug)]
struct Bearer {
    tmgi: Tmgi,
    /// It was reported that the client listens to it.
    reported: bool,
}

/// The machine: what exists in which state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mapping {
    StartStop,
    NotMapped,
    Mapped { tmgi: Tmgi, subchannel: MbmsSubchannel },
}

impl Mapping {
    const fn state(self) -> State {
        match self {
            Self::StartStop => State::StartStop,
            Self::NotMapped => State::NotMapped,
            Self::Mapped { .. } => State::Mapped,
        }
    }
}

impl MbmsReceiver {
    /// A client without bearers and calls.
    pub fn new() -> Self {
        Self::default()
    }

    /// A bearer was announced by SIP and is received well enough (TS 24.379 14.2).
    pub fn bearer_received(&mut self, tmgi: Tmgi) {
        if !self.receives(tmgi) {
            self.bearers.push(Bearer { tmgi, reported: false });
        }
    }

    /// A bearer is no longer announced or received: what was heard on it is heard by unicast again.
    pub fn bearer_lost(&mut self, tmgi: Tmgi) {
        let reported = self.bearers.iter().any(|bearer| bearer.tmgi == tmgi && bearer.reported);
        self.bearers.retain(|bearer| bearer.tmgi != tmgi);
        let on_it = |mapping: &Mapping| matches!(mapping, Mapping::Mapped { tmgi: on, .. } if *on == tmgi);
        let groups: Vec<_> = self
            .groups
            .iter()
            .filter(|(_, mapping)| on_it(mapping))
            .map(|(group, _)| group.clone())
            .collect();
        for group in groups {
            self.on(&group, Trigger::BearerEnded, |this, _| this.unmapped(&group));
        }
        if reported {
            self.outputs.push_back(ReceiverOutput::ReportListening { tmgi, listening: false });
        }
    }

    /// The client is in a call of the group from now on.
    pub fn call_joined(&mut self, group: &GroupId) {
        self.on(group, Trigger::CallJoined, |_, _| Mapping::NotMapped);
    }

    /// The client is no longer in a call of the group.
    pub fn call_left(&mut self, group: &GroupId) {
        self.on(group, Trigger::CallLeft, |this, mapping| {
            if let Mapping::Mapped { .. } = mapping {
                this.unmapped(group);
            }
            Mapping::StartStop
        });
    }

    /// A message arrived on the general purpose subchannel of a bearer.
    pub fn handle_control(&mut self, message: &SubchannelMessage) {
        match message {
            SubchannelMessage::MapGroupToBearer(map) => self.map(map, message.name()),
            SubchannelMessage::UnmapGroupToBearer(unmap) => match &unmap.group_id {
                Some(group) if self.groups.contains_key(group) => {
                    //= 24.380-10.3:unmap
                    self.on(group, Trigger::UnmapGroupToBearer, |this, _| this.unmapped(group));
                }
                // Somebody else's group: subchannels are heard by everybody.
                Some(_) => {}
                None => self.discard(State::StartStop, message.name()),
            },
            SubchannelMessage::ApplicationPaging(paging) => {
                self.outputs.push_back(ReceiverOutput::Paged { group: paging.group_id.clone() });
            }
            SubchannelMessage::BearerAnnouncement(announcement) => {
                self.outputs.push_back(ReceiverOutput::Announced(announcement.clone()));
            }
            _ => self.discard(State::StartStop, message.name()),
        }
    }

    /// A notification arrived on the general purpose subchannel of a bearer (10A).
    pub fn handle_notification(&mut self, message: &NotificationMessage) {
        match message {
            NotificationMessage::GroupDynamicDataNotify(notify) => {
                self.outputs.push_back(ReceiverOutput::Notified(notify.clone()));
            }
            _ => self.discard(State::StartStop, message.name()),
        }
    }

    /// The next thing to do; `None` when there is nothing more.
    pub fn poll_output(&mut self) -> Option<ReceiverOutput> {
        self.outputs.pop_front()
    }

    /// The state of a group.
    pub fn state(&self, group: &GroupId) -> State {
        self.groups.get(group).map_or(State::StartStop, |mapping| mapping.state())
    }

    /// What a datagram that was sent to this multicast address carries, if a group is mapped to it.
    //= 24.380-10.1
    pub fn heard(&self, destination: SocketAddr) -> Option<Heard<'_>> {
        let at = u32::from(destination.port());
        self.groups.iter().find_map(|(group, mapping)| {
            let Mapping::Mapped { subchannel, .. } = mapping else { return None };
            if subchannel.address != destination.ip() {
                return None;
            }
            match subchannel.floor_control {
                None if subchannel.media_port == at => Some(Heard::Shared(group)),
                Some((_, floor)) if floor == at => Some(Heard::Floor(group)),
                Some(_) if subchannel.media_port == at => Some(Heard::Media(group)),
                _ => None,
            }
        })
    }

    //= 24.380-10.3:map
    fn map(&mut self, map: &MapGroupToBearer, got: &'static str) {
        let (Some(group), Some(tmgi), Some(subchannel)) = (&map.group_id, map.tmgi, map.subchannel) else {
            return self.discard(State::StartStop, got);
        };
        // Somebody else's group: subchannels are heard by everybody.
        if !self.groups.contains_key(group) {
            return;
        }
        if !self.receives(tmgi) || !has_ports(&subchannel) {
            return self.discard(self.state(group), got);
        }
        self.on(group, Trigger::MapGroupToBearer, |this, was| {
            let mapped = Mapping::Mapped { tmgi, subchannel };
            if was == mapped {
                return was;
            }
            this.report(tmgi);
            this.outputs.push_back(ReceiverOutput::Listen { group: group.clone(), tmgi, subchannel });
            mapped
        });
    }

    fn unmapped(&mut self, group: &GroupId) -> Mapping {
        self.outputs.push_back(ReceiverOutput::StopListening { group: group.clone() });
        Mapping::NotMapped
    }

    /// Reports the first time that something is heard on a bearer.
    fn report(&mut self, tmgi: Tmgi) {
        let unreported = self.bearers.iter_mut().find(|bearer| bearer.tmgi == tmgi && !bearer.reported);
        if let Some(bearer) = unreported {
            bearer.reported = true;
            self.outputs.push_back(ReceiverOutput::ReportListening { tmgi, listening: true });
        }
    }

    fn receives(&self, tmgi: Tmgi) -> bool {
        self.bearers.iter().any(|bearer| bearer.tmgi == tmgi)
    }

    /// Carries out a procedure if the state of the group has one.
    fn on(
        &mut self,
        group: &GroupId,
        trigger: Trigger,
        procedure: impl FnOnce(&mut Self, Mapping) -> Mapping,
    ) {
        let from = self.state(group);
        let Some(rule) = Rule::find(PROCEDURES, from, trigger) else {
            return self.discard(from, trigger.name());
        };
        let mapping = self.groups.remove(group).unwrap_or(Mapping::StartStop);
        let mapping = procedure(self, mapping);
        let to = mapping.state();
        debug_assert!(rule.permits(to), "{from} does not go to {to} on {trigger:?}");
        if to != State::StartStop {
            self.groups.insert(group.clone(), mapping);
        }
        if from != to {
            self.outputs.push_back(ReceiverOutput::Event(Event::StateChanged {
                machine: Machine::SubchannelReceiver,
                participant: None,
                from: from.name(),
                to: to.name(),
                cause: trigger.name(),
                clause: rule.clause,
            }));
        }
    }

    fn discard(&mut self, state: State, got: &'static str) {
        self.outputs.push_back(ReceiverOutput::Event(Event::Discarded {
            machine: Machine::SubchannelReceiver,
            participant: None,
            state: state.name(),
            got,
            requirement: "24.380-10.2.1",
        }));
    }
}

/// Whether its ports, which have 32 bits on the wire, are ports.
fn has_ports(subchannel: &MbmsSubchannel) -> bool {
    let port = |port: u32| u16::try_from(port).is_ok_and(|port| port != 0);
    port(subchannel.media_port) && subchannel.floor_control.is_none_or(|(_, floor)| port(floor))
}
