//! What is recorded, talk spurt by talk spurt: who talks in which call, and the packets.
//!
//! The media plane hands out what it distributes of a call that is recorded; call control has said who is in it. Both are
//! brought together here, so that whoever writes recordings needs to know nothing else. Nothing here waits for the writer.

use std::collections::{HashMap, VecDeque};

use bytes::Bytes;
use call_control::media::{CallAudio, MediaCommand, Participant};
use mcptt_codec::floor::{FloorIndicator, Location};
use mcptt_codec::id::{CallRef, FunctionalAlias, GroupId, LegRef, McpttId};
use mcptt_codec::text::ByteStr;
use media_plane::Tapped;

use super::Output;

/// One recorded talk spurt inside one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SpurtRef(pub u64);

/// Something to be recorded; per talk spurt in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// A talk spurt begins.
    Begun {
        /// The talk spurt.
        spurt: SpurtRef,
        /// Who talks, where and how.
        about: Box<AboutSpurt>,
    },
    /// An RTP packet of it.
    Packet {
        /// The talk spurt.
        spurt: SpurtRef,
        /// When it has come, in milliseconds since 1970.
        at: u64,
        /// The packet, without the protection of the leg, in memory of its own.
        packet: Bytes,
    },
    /// It is over.
    Ended {
        /// The talk spurt.
        spurt: SpurtRef,
        /// When, in milliseconds since 1970.
        at: u64,
    },
}

/// What is known about a talk spurt when it begins.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct AboutSpurt {
    /// When it begins, in milliseconds since 1970.
    #[serde(skip)]
    pub at: u64,
    /// Who talks. `None`: not known, behind another function.
    pub mcptt_id: Option<McpttId>,
    /// The functional aliases that the talker may talk under.
    pub functional_aliases: Vec<FunctionalAlias>,
    /// The call.
    pub call: CallRef,
    /// The talker's leg.
    pub leg: LegRef,
    /// The group; none in a call between users.
    pub group: Option<GroupId>,
    /// `normal`, `imminent-peril` or `emergency`, as the call was at the beginning.
    pub tier: &'static str,
    /// Only its initiator may talk.
    pub broadcast: bool,
    /// The highest floor priority that the talker may use.
    pub priority: Option<u8>,
    /// Where the talker is, as far as its client has told.
    pub location: Option<Place>,
    /// Name of the encoding, as in `a=rtpmap`.
    pub encoding: ByteStr,
    /// Clock rate of the timestamps, hertz.
    pub clock_rate: u32,
    /// The keys are the users' own: what is kept is what they have protected, and only they can open it.
    pub sealed: bool,
}

/// Where somebody is, as it is written down.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(untagged)]
pub enum Place {
    /// A point.
    Point {
        /// Degrees, positive in the north.
        latitude: f64,
        /// Degrees, positive in the east.
        longitude: f64,
    },
    /// A cell of a network.
    Cell {
        /// The network.
        plmn: String,
        /// E-UTRAN cell identity.
        eci: u32,
    },
    /// A tracking area of a network.
    TrackingArea {
        /// The network.
        plmn: String,
        /// Its code.
        tac: u16,
    },
    /// A network.
    Network {
        /// The network.
        plmn: String,
    },
}

impl Place {
    fn of(location: &Location) -> Option<Self> {
        Some(match location {
            Location::Geographic(point) => {
                Self::Point { latitude: point.latitude(), longitude: point.longitude() }
            }
            Location::Ecgi { plmn, eci } => Self::Cell { plmn: plmn.to_string(), eci: *eci },
            Location::TrackingArea { plmn, tac } => Self::TrackingArea { plmn: plmn.to_string(), tac: *tac },
            Location::Plmn(plmn) => Self::Network { plmn: plmn.to_string() },
            // An area of broadcast says where a bearer is heard.
            _ => return None,
        })
    }
}

/// The calls that are recorded.
#[derive(Debug, Default)]
pub(super) struct Recorder {
    /// Anything may have to be recorded; otherwise nothing is kept here.
    used: bool,
    calls: HashMap<CallRef, Recorded>,
    /// Where users are, in a call or not.
    places: HashMap<McpttId, Place>,
    drawn: u64,
}

#[derive(Debug)]
struct Recorded {
    group: Option<GroupId>,
    indicator: FloorIndicator,
    audio: CallAudio,
    talkers: HashMap<LegRef, Talker>,
    open: Vec<(LegRef, SpurtRef)>,
}

#[derive(Debug)]
struct Talker {
    mcptt_id: McpttId,
    functional_aliases: Vec<FunctionalAlias>,
    priority: Option<u8>,
}

impl From<&Participant> for Talker {
    fn from(participant: &Participant) -> Self {
        Self {
            mcptt_id: participant.mcptt_id.clone(),
            functional_aliases: participant.floor_parameters.functional_aliases.clone(),
            priority: participant.floor_parameters.priority,
        }
    }
}

impl Recorder {
    pub(super) fn new(used: bool) -> Self {
        Self { used, ..Self::default() }
    }

    /// What call control tells the media plane; `at`: the wall clock.
    pub(super) fn note(&mut self, at: u64, command: &MediaCommand, out: &mut VecDeque<Output>) {
        if !self.used {
            return;
        }
        match command {
            MediaCommand::CallInitiated { call, settings } if settings.record => {
                let recorded = Recorded {
                    group: settings.group.clone(),
                    indicator: settings.indicator,
                    audio: settings.audio.clone(),
                    talkers: HashMap::new(),
                    open: Vec::new(),
                };
                self.calls.insert(*call, recorded);
            }
            MediaCommand::LegConnected { call, leg, participant } => {
                if let Some(recorded) = self.calls.get_mut(call) {
                    recorded.talkers.insert(*leg, participant.into());
                }
            }
            MediaCommand::LegLeft { call, leg } => {
                if let Some(recorded) = self.calls.get_mut(call) {
                    recorded.talkers.remove(leg);
                    recorded.end(at, |talker| talker == *leg, out);
                }
            }
            MediaCommand::TierChanged { call, indicator } => {
                if let Some(recorded) = self.calls.get_mut(call) {
                    recorded.indicator = *indicator;
                }
            }
            MediaCommand::UserLocation { mcptt_id, location } => {
                match location.as_ref().and_then(Place::of) {
                    Some(place) => self.places.insert(mcptt_id.clone(), place),
                    None => self.places.remove(mcptt_id),
                };
            }
            // Those who talk do so under the other function from now on; what it distributes is its to record.
            MediaCommand::ControlHandedOver { call, .. } => {
                if let Some(recorded) = self.calls.get_mut(call) {
                    recorded.end(at, |_| true, out);
                }
            }
            MediaCommand::ReleaseFinished { call } => {
                if let Some(mut recorded) = self.calls.remove(call) {
                    recorded.end(at, |_| true, out);
                }
            }
            _ => {}
        }
    }

    /// The media plane has distributed a packet.
    pub(super) fn take(&mut self, at: u64, tapped: Tapped, out: &mut VecDeque<Output>) {
        let Tapped { call, leg, packet, .. } = tapped;
        let Some(recorded) = self.calls.get_mut(&call) else { return };
        let known = recorded.open.iter().find(|(talker, _)| *talker == leg).map(|(_, spurt)| *spurt);
        let spurt = known.unwrap_or_else(|| {
            self.drawn = self.drawn.wrapping_add(1);
            let spurt = SpurtRef(self.drawn);
            recorded.open.push((leg, spurt));
            let about = Box::new(recorded.about(at, call, leg, &self.places));
            out.push_back(Output::Record(Record::Begun { spurt, about }));
            spurt
        });
        out.push_back(Output::Record(Record::Packet { spurt, at, packet }));
    }

    /// The media plane says that a talk spurt has ended.
    pub(super) fn ended(&mut self, at: u64, call: CallRef, leg: LegRef, out: &mut VecDeque<Output>) {
        if let Some(recorded) = self.calls.get_mut(&call) {
            recorded.end(at, |talker| talker == leg, out);
        }
    }
}

impl Recorded {
    fn end(&mut self, at: u64, which: impl Fn(LegRef) -> bool, out: &mut VecDeque<Output>) {
        self.open.retain(|(leg, spurt)| {
            let ends = which(*leg);
            if ends {
                out.push_back(Output::Record(Record::Ended { spurt: *spurt, at }));
            }
            !ends
        });
    }

    fn about(&self, at: u64, call: CallRef, leg: LegRef, places: &HashMap<McpttId, Place>) -> AboutSpurt {
        let talker = self.talkers.get(&leg);
        let has = |bit: FloorIndicator| self.indicator.contains(bit);
        AboutSpurt {
            at,
            mcptt_id: talker.map(|talker| talker.mcptt_id.clone()),
            functional_aliases: talker.map(|talker| talker.functional_aliases.clone()).unwrap_or_default(),
            call,
            leg,
            group: self.group.clone(),
            tier: match (has(FloorIndicator::EMERGENCY), has(FloorIndicator::IMMINENT_PERIL)) {
                (true, _) => "emergency",
                (false, true) => "imminent-peril",
                (false, false) => "normal",
            },
            broadcast: has(FloorIndicator::BROADCAST),
            priority: talker.and_then(|talker| talker.priority),
            location: talker.and_then(|talker| places.get(&talker.mcptt_id)).cloned(),
            encoding: self.audio.encoding.clone(),
            clock_rate: self.audio.clock_rate,
            sealed: self.audio.sealed,
        }
    }
}
