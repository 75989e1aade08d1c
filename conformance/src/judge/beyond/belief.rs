//! What an onlooker believes about sessions, subchannels, relays and the air.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::floor::{FloorMessage, FloorRequest, MessageSequenceNumber};
use mcptt_codec::id::Ssrc;
use mcptt_codec::session::{ReasonCode, SessionIdentity, SessionMessage};
use mcptt_codec::subchannel::SubchannelMessage;

use super::super::fact::{Fact, Passing};
use super::super::profile::{Function, Profile, Side};
use super::message;
use super::monp_belief::Monp;

/// Sessions, groups and talkers that are kept apart.
const MOST: usize = 4096;

/// Everything that is known.
#[derive(Default)]
pub(in crate::judge) struct Beyond {
    /// By the client's address.
    pub(super) sessions: BTreeMap<SocketAddr, Session>,
    /// Unmap Group To Bearer copies by group since the group was mapped; `None`: it is mapped.
    pub(super) unmapped: BTreeMap<String, Option<u64>>,
    /// What was sent on a subchannel last.
    pub(super) cast: Bytes,
    pub(super) group: Group,
    pub(super) air: Air,
    /// Calls without a network.
    pub(super) monp: Monp,
}

/// A pre-established session.
#[derive(Default)]
pub(super) struct Session {
    /// What was said last and not acknowledged, and how often.
    pub(super) said: Option<(SessionMessage, u64)>,
    /// Whether anything has been seen that says if a call uses it.
    pub(super) is_known: bool,
    /// The call that uses it.
    pub(super) in_use: Option<Option<SessionIdentity>>,
}

/// The non-controlling function.
#[derive(Default)]
pub(super) struct Group {
    /// The path of the client that a reference in Track Info stands for.
    pub(super) references: BTreeMap<u32, usize>,
    /// The path on which the last Floor Request came.
    pub(super) asking: Option<usize>,
    /// Paths of clients that may talk.
    pub(super) permitted: BTreeSet<usize>,
    /// Paths of clients of which it is known whether they may.
    pub(super) decided: BTreeSet<usize>,
    /// The last number of Floor Taken and Floor Idle on each path.
    pub(super) numbers: BTreeMap<usize, MessageSequenceNumber>,
}

/// A call without a server. Clients are known by their SSRCs.
#[derive(Default)]
pub(super) struct Air {
    /// Something was heard.
    pub(super) begun: bool,
    /// Who talks and arbitrates, and with which request it was granted.
    pub(super) talker: Option<(Ssrc, Option<FloorRequest>)>,
    /// Who was granted and has not been heard yet, by whom, and how often it was said.
    pub(super) granted: Option<(Ssrc, Ssrc, u64)>,
    /// Copies of the last request of each client that has no answer, when the first and when the last came.
    pub(super) asked: BTreeMap<Ssrc, (FloorRequest, u64)>,
}

impl Beyond {
    pub(in crate::judge) fn apply(&mut self, now: Duration, fact: &Fact, profile: &Profile) {
        match fact {
            Fact::Session { client, message }
                if self.sessions.len() < MOST || self.sessions.contains_key(client) =>
            {
                self.sessions.entry(*client).or_default().apply(message);
            }
            Fact::Subchannel(message) => self.subchannel(message),
            Fact::Cast { octets, .. } => self.cast = octets.clone(),
            Fact::Passing(passing) => {
                let Some(path) = profile.paths.get(passing.path) else { return };
                if path.function == Function::NonControlling {
                    self.group.apply(passing, path.side);
                }
            }
            Fact::Air(message) => self.air.apply(message),
            Fact::AirVoice(ssrc) => self.air.voice(*ssrc),
            Fact::Monp { source, destination, message } => {
                self.monp.apply(now, *source, *destination, message);
            }
            _ => {}
        }
    }

    fn subchannel(&mut self, message: &SubchannelMessage) {
        let (group, unmapped) = match message {
            SubchannelMessage::MapGroupToBearer(map) => (&map.group_id, false),
            SubchannelMessage::UnmapGroupToBearer(unmap) => (&unmap.group_id, true),
            _ => return,
        };
        let Some(group) = group.as_ref().filter(|_| self.unmapped.len() < MOST) else { return };
        if !unmapped {
            self.unmapped.insert(group.to_string(), None);
        } else if let Some(copies) = self.unmapped.get_mut(group.as_str()) {
            // Of a mapping that was not seen nobody knows how often its end has been said.
            *copies = Some(copies.unwrap_or(0).saturating_add(1));
        }
    }

    /// Whether a conversation of some group is on a subchannel.
    pub(super) fn is_mapped(&self) -> bool {
        self.unmapped.values().any(Option::is_none)
    }

    #[cfg(test)]
    pub(in crate::judge) fn size(&self) -> usize {
        let known = self.sessions.len() + self.unmapped.len() + self.air.asked.len();
        known + self.group.references.len() + self.monp.size()
    }
}

impl Session {
    fn apply(&mut self, message: &SessionMessage) {
        match message {
            SessionMessage::Acknowledge(answer) => {
                let accepted = answer.reason_code.is_none_or(|code| code == ReasonCode::ACCEPTED);
                match self.said.take() {
                    Some((SessionMessage::Connect(connect), _)) if accepted => {
                        self.in_use = Some(connect.session_identity);
                    }
                    Some((SessionMessage::Disconnect(_), _)) => self.in_use = None,
                    _ => {}
                }
            }
            message => {
                self.is_known = true;
                let copies = self.copies(message).saturating_add(1);
                self.said = Some((message.clone(), copies));
                if let SessionMessage::Disconnect(_) = message {
                    self.in_use = None;
                }
                // What is not to be acknowledged holds at once.
                if let SessionMessage::Connect(connect) = message
                    && !connect.ack_requested
                {
                    self.in_use = Some(connect.session_identity.clone());
                }
            }
        }
    }

    /// How often this was said already without an answer.
    pub(super) fn copies(&self, message: &SessionMessage) -> u64 {
        self.said.as_ref().filter(|(said, _)| said == message).map_or(0, |(_, copies)| *copies)
    }
}

impl Group {
    fn apply(&mut self, passing: &Passing, side: Side) {
        let Some(message) = message(&passing.octets).filter(|_| passing.floor) else { return };
        match (side, passing.inward, message) {
            (Side::Client, true, FloorMessage::Request(_)) => self.asking = Some(passing.path),
            (Side::Client, true, FloorMessage::Release(_)) => {
                self.permitted.remove(&passing.path);
                self.decided.insert(passing.path);
            }
            (Side::Controlling, false, FloorMessage::Request(request)) => {
                let own = request.track_info.and_then(|track_info| track_info.references.last().copied());
                if let (Some(own), Some(asking)) = (own, self.asking)
                    && self.references.len() < MOST
                {
                    self.references.insert(own, asking);
                }
            }
            (Side::Client, false, message) => self.told(passing.path, &message),
            _ => {}
        }
    }

    fn told(&mut self, path: usize, message: &FloorMessage) {
        match message {
            FloorMessage::Granted(_) => {
                self.permitted.insert(path);
                self.decided.insert(path);
            }
            FloorMessage::Idle(_) | FloorMessage::Taken(_) | FloorMessage::Revoke(_) => {
                self.permitted.remove(&path);
                self.decided.insert(path);
            }
            _ => {}
        }
        if let Some(number) = number(message) {
            self.numbers.insert(path, number);
        }
    }
}

/// The number of Floor Taken or Floor Idle.
pub(super) fn number(message: &FloorMessage) -> Option<MessageSequenceNumber> {
    match message {
        FloorMessage::Idle(idle) => idle.sequence,
        FloorMessage::Taken(taken) => taken.sequence,
        _ => None,
    }
}

impl Air {
    fn apply(&mut self, message: &FloorMessage) {
        self.begun = true;
        let from = message.ssrc();
        match message {
            FloorMessage::Request(request) if self.asked.len() < MOST => {
                let copies = self.copies(from, request).saturating_add(1);
                self.asked.insert(from, (request.clone(), copies));
            }
            FloorMessage::Granted(granted) => {
                let Some(to) = granted.granted_ssrc else { return };
                let request = self.asked.remove(&to).map(|(request, _)| request);
                if to == from {
                    self.talker = Some((from, request));
                    return;
                }
                let copies = self.granted.filter(|(one, by, _)| (*one, *by) == (to, from));
                self.granted = Some((to, from, copies.map_or(0, |(.., copies)| copies).saturating_add(1)));
                self.talker = Some((to, request));
            }
            FloorMessage::Taken(_) => {
                let request = self.asked.remove(&from).map(|(request, _)| request);
                self.talker = Some((from, request));
                self.granted = None;
            }
            FloorMessage::Release(_) => {
                self.asked.remove(&from);
                if self.talker.as_ref().is_some_and(|(talker, _)| *talker == from) {
                    self.talker = None;
                }
            }
            FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_) => self.asked.clear(),
            _ => {}
        }
    }

    fn voice(&mut self, ssrc: Ssrc) {
        self.begun = true;
        self.granted = self.granted.filter(|(to, ..)| *to != ssrc);
    }

    /// How often this was asked already.
    pub(super) fn copies(&self, from: Ssrc, request: &FloorRequest) -> u64 {
        self.asked.get(&from).filter(|(asked, _)| asked == request).map_or(0, |(_, copies)| *copies)
    }
}
