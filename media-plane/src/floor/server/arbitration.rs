//! Effective priority (TS 24.380 4.1.1.4) and what becomes of a request while somebody talks (6.3.5.4.4).
//!
//! How the inputs combine is local policy as far as the clauses leave it open. Ours: emergency outranks imminent peril,
//! which outranks everything else; then the numeric priority counts, capped by what was negotiated; equal never
//! pre-empts. The emergency and imminent peril indicators count only for participants that may use them.

use mcptt_codec::Release;
use mcptt_codec::floor::{FloorIndicator, FloorPriority, RejectCause};
use mcptt_codec::id::LegRef;

use crate::floor::settings::{CallSettings, FloorParameters, Hearing};

/// The priority of a request that states none, and of a participant that negotiated none. The lowest there is.
pub const DEFAULT_PRIORITY: FloorPriority = FloorPriority(0);

/// How many talk at once in a call. Group documents may say contradictory things: here it is settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// One talker.
    Single,
    /// Up to this many talkers; at least two.
    Several(usize),
    /// One talker, and one that overrides it.
    Dual(Hearing),
}

impl Mode {
    /// The mode of a call in a network that keeps to `release`: several talkers came with Release 16.
    pub fn of(call: &CallSettings, release: Release) -> Self {
        match (call.max_talkers, call.dual_floor) {
            _ if call.audio_cut_in => Self::Single,
            (Some(talkers @ 2..), _) if release.has(Release::R16) => Self::Several(usize::from(talkers)),
            (_, Some(hearing)) => Self::Dual(hearing),
            _ => Self::Single,
        }
    }
}

/// The kind of need behind a request, compared before any number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tier {
    /// Neither of the others.
    #[default]
    Normal,
    /// Imminent peril.
    ImminentPeril,
    /// Emergency.
    Emergency,
}

impl Tier {
    /// The indicator of a call with that of a request of this tier.
    pub(crate) fn added_to(self, indicator: FloorIndicator) -> FloorIndicator {
        match self {
            Self::Emergency => indicator | FloorIndicator::EMERGENCY,
            Self::ImminentPeril => indicator | FloorIndicator::IMMINENT_PERIL,
            Self::Normal => indicator,
        }
    }

    fn of(indicator: FloorIndicator, parameters: &FloorParameters) -> Self {
        if !parameters.emergency_allowed {
            Self::Normal
        } else if indicator.contains(FloorIndicator::EMERGENCY) {
            Self::Emergency
        } else if indicator.contains(FloorIndicator::IMMINENT_PERIL) {
            Self::ImminentPeril
        } else {
            Self::Normal
        }
    }
}

/// The effective priority of a request. Greater ranks come first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rank {
    //= 24.380-4.1.1.4:tier
    /// Compared first.
    pub tier: Tier,
    //= 24.380-4.1.1.4:num
    /// Compared within a tier: 0, the default, is lowest.
    pub priority: u8,
}

impl Rank {
    /// The rank of an explicit Floor Request with these fields.
    pub fn of_request(
        priority: Option<FloorPriority>,
        indicator: Option<FloorIndicator>,
        parameters: &FloorParameters,
    ) -> Self {
        //= 24.380-6.3.5.4.4:1a
        let priority = match (parameters.priority, priority) {
            (Some(negotiated), Some(FloorPriority(asked))) => asked.min(negotiated),
            _ => DEFAULT_PRIORITY.0,
        };
        Self { tier: indicator.map_or(Tier::Normal, |indicator| Tier::of(indicator, parameters)), priority }
    }

    /// The rank of an implicit request, which cannot state anything: the most that was negotiated, in the tier of the call.
    pub fn of_implicit_request(call: FloorIndicator, parameters: &FloorParameters) -> Self {
        Self { tier: Tier::of(call, parameters), priority: parameters.priority.unwrap_or(DEFAULT_PRIORITY.0) }
    }

    /// Whether a request of this rank interrupts a talker of the other.
    pub fn pre_empts(self, talker: Self) -> bool {
        //= 24.380-6.3.4.4.7:eq
        self > talker
    }

    /// The priority as it is shown in messages.
    pub fn floor_priority(self) -> FloorPriority {
        FloorPriority(self.priority)
    }
}

/// What becomes of a request while somebody else talks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The general machine decides: the request pre-empts a talker, cuts in, or is granted beside the others.
    Arbitrate,
    /// It waits in the queue, at the place it has or at a new one.
    Queue,
    /// It is denied.
    Deny(RejectCause),
}

/// What the decision depends on besides the call and the participant.
#[derive(Clone, Copy, Debug)]
pub struct Situation {
    /// The rank of the request.
    pub request: Rank,
    /// There is a place for another talker, and the requester may take it.
    pub place: bool,
    /// The rank that the request has to outrank. `None`: there is nobody whom it could pre-empt.
    pub talker: Option<Rank>,
    /// The requester waits in the queue already.
    pub queued: bool,
    /// The queue has reached its limit.
    pub queue_full: bool,
}

/// Whether a participant of this call with or without `queueing` can wait in the queue.
pub fn may_queue(call: &CallSettings, queueing: bool) -> bool {
    // With audio cut-in nobody ever waits, so what was negotiated means nothing (6.3.2.2).
    call.queueing && queueing && !call.audio_cut_in
}

/// Whether a participant of this call may ever be granted, or why not.
///
/// Both reasons hold whatever the priority: a receive-only participant cannot have negotiated one, and a broadcast group
/// call is its initiator's alone even in an emergency.
pub fn may_talk(call: &CallSettings, leg: LegRef, parameters: &FloorParameters) -> Result<(), RejectCause> {
    //= 24.379-6.2.8.2:deny
    let broadcast_of_another = call.broadcast_initiator.is_some_and(|initiator| initiator != leg);
    if broadcast_of_another || parameters.receive_only { Err(RejectCause::RECEIVE_ONLY) } else { Ok(()) }
}

/// Decides a request of a participant that may talk while somebody else does (6.3.5.4.4). `queueing`: it can be queued.
pub fn while_taken(call: &CallSettings, queueing: bool, situation: Situation) -> Decision {
    //= 24.380-6.3.2.2:cutin
    //= 24.380-6.3.5.4.4:ci
    if call.audio_cut_in {
        return Decision::Arbitrate;
    }
    //= 24.380-6.3.5.4.4:mt
    if situation.place {
        return Decision::Arbitrate;
    }
    //= 24.380-6.3.5.4.4:pre
    if situation.talker.is_some_and(|talker| situation.request.pre_empts(talker)) {
        return Decision::Arbitrate;
    }
    //= 24.380-6.3.5.4.4:1
    if !may_queue(call, queueing) {
        return Decision::Deny(RejectCause::ANOTHER_CLIENT_HAS_PERMISSION);
    }
    //= 24.380-6.3.5.4.4:full
    if situation.queue_full && !situation.queued {
        return Decision::Deny(RejectCause::QUEUE_FULL);
    }
    Decision::Queue
}
