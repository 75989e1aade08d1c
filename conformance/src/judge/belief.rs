//! What an onlooker believes about the calls, from the wire alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorRequest, QueuePosition, RevokeCause};

use super::fact::{Call, Fact, Leg, LegProfile};

/// All calls that are known.
#[derive(Default)]
pub(super) struct Belief {
    pub calls: HashMap<Call, CallBelief>,
}

/// One call.
#[derive(Default)]
pub(super) struct CallBelief {
    pub legs: BTreeMap<Leg, LegProfile>,
    pub floor: FloorBelief,
    /// Requests that wait, with the position last told.
    pub queue: BTreeMap<Leg, QueuePosition>,
    /// Participants that were revoked for sending without permission and have not released since.
    pub unpermitted: BTreeSet<Leg>,
    /// Priority and tier of the last request of each leg.
    pub asked: BTreeMap<Leg, Rank>,
    /// A BYE of the server was seen: the call is being released.
    pub releasing: bool,
}

/// How urgent a request is: the tier first, then the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    tier: u8,
    priority: u8,
}

impl Rank {
    pub(super) fn of(request: &FloorRequest) -> Self {
        let indicator = request.indicator.unwrap_or_default();
        let tier = if indicator.contains(FloorIndicator::EMERGENCY) {
            2
        } else {
            u8::from(indicator.contains(FloorIndicator::IMMINENT_PERIL))
        };
        Self { tier, priority: request.priority.map_or(0, |priority| priority.0) }
    }

    pub(super) fn is_emergency(self) -> bool {
        self.tier == 2
    }
}

/// Who may talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum FloorBelief {
    /// Nothing was seen that tells.
    #[default]
    Unknown,
    Idle {
        since: Duration,
        /// Floor Idle fan-outs since then.
        copies: u64,
    },
    Taken(Talk),
    Revoking {
        talk: Talk,
        since: Duration,
        cause: Option<RevokeCause>,
    },
}

/// A talk spurt as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Talk {
    pub talker: Leg,
    pub since: Duration,
    pub first_voice: Option<Duration>,
    pub last_voice: Option<Duration>,
    /// The grant served a queued request.
    pub from_queue: bool,
}

impl FloorBelief {
    /// Who has the floor, if somebody has.
    pub(super) fn talker(&self) -> Option<Leg> {
        match self {
            Self::Taken(talk) | Self::Revoking { talk, .. } => Some(talk.talker),
            Self::Unknown | Self::Idle { .. } => None,
        }
    }
}

impl CallBelief {
    /// Everybody but one.
    pub(super) fn others(&self, leg: Leg) -> Vec<Leg> {
        self.legs.keys().copied().filter(|other| *other != leg).collect()
    }
}

impl Belief {
    pub(super) fn call(&self, call: &Call) -> Option<&CallBelief> {
        self.calls.get(call)
    }

    /// Takes the fact in. Called after the rules have looked at it.
    pub(super) fn apply(&mut self, now: Duration, _frame: u64, fact: &Fact) {
        match fact {
            Fact::LegOpened { leg, profile } => {
                let call = self.calls.entry(Rc::clone(&profile.call)).or_default();
                if call.legs.is_empty() {
                    // A call begins idle, unless the floor is granted with it.
                    *call = CallBelief {
                        floor: FloorBelief::Idle { since: now, copies: 0 },
                        ..CallBelief::default()
                    };
                }
                call.legs.insert(*leg, profile.clone());
            }
            Fact::LegClosing { leg, call, by_server } => {
                if let Some(belief) = self.calls.get_mut(call) {
                    belief.releasing |= *by_server;
                    belief.legs.remove(leg);
                    belief.queue.remove(leg);
                    belief.unpermitted.remove(leg);
                    if belief.legs.is_empty() {
                        self.calls.remove(call);
                    }
                }
            }
            Fact::Up { call, leg, message } => {
                if let Some(belief) = self.calls.get_mut(call) {
                    belief.up(*leg, message);
                }
            }
            Fact::Down { call, leg, message } => {
                if let Some(belief) = self.calls.get_mut(call) {
                    belief.down(now, *leg, message);
                }
            }
            Fact::VoiceUp { call, leg, .. } => {
                if let Some(belief) = self.calls.get_mut(call) {
                    belief.voice(now, *leg);
                }
            }
            _ => {}
        }
    }
}

impl CallBelief {
    fn up(&mut self, leg: Leg, message: &FloorMessage) {
        match message {
            FloorMessage::Request(request) => {
                self.asked.insert(leg, Rank::of(request));
            }
            FloorMessage::Release(_) => {
                self.queue.remove(&leg);
                self.unpermitted.remove(&leg);
            }
            _ => {}
        }
    }

    fn down(&mut self, now: Duration, leg: Leg, message: &FloorMessage) {
        match message {
            FloorMessage::Granted(_) if self.floor.talker() != Some(leg) => {
                let from_queue = self.queue.remove(&leg).is_some();
                self.floor = FloorBelief::Taken(Talk {
                    talker: leg,
                    since: now,
                    first_voice: None,
                    last_voice: None,
                    from_queue,
                });
            }
            FloorMessage::Idle(_) => match &mut self.floor {
                FloorBelief::Idle { .. } => {}
                floor => *floor = FloorBelief::Idle { since: now, copies: 1 },
            },
            FloorMessage::Revoke(revoke) => match self.floor {
                FloorBelief::Taken(talk) if talk.talker == leg => {
                    self.floor = FloorBelief::Revoking { talk, since: now, cause: revoke.cause };
                }
                FloorBelief::Revoking { talk, .. } if talk.talker == leg => {}
                _ => {
                    self.unpermitted.insert(leg);
                }
            },
            FloorMessage::QueuePositionInfo(info) => match info.info {
                Some(info) if info.position == QueuePosition::NOT_QUEUED => {
                    self.queue.remove(&leg);
                }
                Some(info) => {
                    self.queue.insert(leg, info.position);
                }
                None => {}
            },
            _ => {}
        }
    }

    fn voice(&mut self, now: Duration, leg: Leg) {
        let (FloorBelief::Taken(talk) | FloorBelief::Revoking { talk, .. }) = &mut self.floor else { return };
        if talk.talker == leg {
            talk.first_voice.get_or_insert(now);
            talk.last_voice = Some(now);
        }
    }
}
