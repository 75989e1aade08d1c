//! Who may talk, as an onlooker believes.

use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorRequest, RevokeCause};

use crate::judge::fact::Leg;

/// How urgent a request is: the tier first, then the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::judge) struct Rank {
    tier: u8,
    priority: u8,
}

impl Rank {
    /// As it was asked for. What it is worth may be less, by what was agreed on and by what the user may do.
    pub(in crate::judge) fn of(request: &FloorRequest) -> Self {
        let indicator = request.indicator.unwrap_or_default();
        let tier = if indicator.contains(FloorIndicator::EMERGENCY) {
            2
        } else {
            u8::from(indicator.contains(FloorIndicator::IMMINENT_PERIL))
        };
        Self { tier, priority: request.priority.map_or(0, |priority| priority.0) }
    }

    /// What it is worth at least, whatever the user may do.
    pub(in crate::judge) fn at_least(self, agreed: Option<u8>) -> Self {
        Self { tier: 0, priority: agreed.map_or(0, |agreed| self.priority.min(agreed)) }
    }

    /// What it is worth at most, whatever the user may do, when this priority was agreed on.
    pub(in crate::judge) fn at_most(self, agreed: u8) -> Self {
        Self { priority: self.priority.min(agreed), ..self }
    }

    pub(in crate::judge) fn is_emergency(self) -> bool {
        self.tier == 2
    }

    /// Neither an emergency nor imminent peril.
    pub(in crate::judge) fn is_normal(self) -> bool {
        self.tier == 0
    }
}

/// Who may talk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::judge) enum FloorBelief {
    /// Nothing was seen that tells.
    #[default]
    Unknown,
    Idle {
        since: Duration,
    },
    Taken(Talk),
    Revoking {
        talk: Talk,
        since: Duration,
        cause: Option<RevokeCause>,
    },
    /// Dual floor: somebody talks over the talker, who goes on.
    Dual {
        overriding: Talk,
        /// `None`: it was not seen who.
        overridden: Option<Talk>,
    },
    /// A multi-talker group, somebody talks: those of [`CallBelief::talks`](super::CallBelief::talks).
    Parallel,
}

/// A talk spurt as seen from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) struct Talk {
    pub talker: Leg,
    pub since: Duration,
    pub first_voice: Option<Duration>,
    pub last_voice: Option<Duration>,
    /// The grant served a queued request.
    pub from_queue: bool,
    /// The talker has sent something since.
    pub alive: bool,
    /// Floor Granted messages.
    pub copies: u64,
    /// Floor Revoke came, in a multi-talker group.
    pub revoked: bool,
}

impl Talk {
    /// A talk that begins now.
    pub(in crate::judge) fn new(talker: Leg, since: Duration, from_queue: bool) -> Self {
        Self {
            talker,
            since,
            first_voice: None,
            last_voice: None,
            from_queue,
            alive: false,
            copies: 1,
            revoked: false,
        }
    }

    /// When the talker was heard last, or became talker.
    pub(in crate::judge) fn last_sign(&self) -> Duration {
        self.last_voice.unwrap_or(self.since)
    }

    pub(super) fn hear(&mut self, now: Duration) {
        self.alive = true;
        self.first_voice.get_or_insert(now);
        self.last_voice = Some(now);
    }
}

impl FloorBelief {
    /// Who has the floor alone, if somebody has.
    pub(in crate::judge) fn talker(&self) -> Option<Leg> {
        match self {
            Self::Taken(talk) | Self::Revoking { talk, .. } => Some(talk.talker),
            Self::Unknown | Self::Idle { .. } | Self::Dual { .. } | Self::Parallel => None,
        }
    }

    pub(in crate::judge) fn is_idle(&self) -> bool {
        matches!(self, Self::Idle { .. })
    }

    /// The talk of this leg, whichever it is.
    pub(super) fn talk_of(&mut self, leg: Leg) -> Option<&mut Talk> {
        match self {
            Self::Taken(talk) | Self::Revoking { talk, .. } => Some(talk).filter(|talk| talk.talker == leg),
            Self::Dual { overriding, overridden } => {
                [Some(overriding), overridden.as_mut()].into_iter().flatten().find(|talk| talk.talker == leg)
            }
            Self::Unknown | Self::Idle { .. } | Self::Parallel => None,
        }
    }
}

/// Whether a message of a client may change who talks.
pub(in crate::judge) fn may_move(message: &FloorMessage) -> bool {
    matches!(message, FloorMessage::Request(_) | FloorMessage::Release(_))
}

/// Whether it answers a Floor Request.
pub(in crate::judge) fn is_answer(message: &FloorMessage) -> bool {
    matches!(message, FloorMessage::Granted(_) | FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_))
}

/// Whether the indicator has this bit.
pub(in crate::judge) fn has(indicator: Option<FloorIndicator>, bit: FloorIndicator) -> bool {
    indicator.is_some_and(|indicator| indicator.contains(bit))
}
