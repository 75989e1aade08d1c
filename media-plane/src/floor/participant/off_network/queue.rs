//! The queue that the arbitrator keeps and hands over with the floor (TS 24.380 7.2.3.5).

use mcptt_codec::floor::{FloorIndicator, FloorPriority, QueueInfo, QueuePosition, QueuedUser};
use mcptt_codec::id::{McpttId, Ssrc};

/// How urgent a request is: the kind of call first, then the priority.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Urgency {
    tier: u8,
    pub(super) priority: FloorPriority,
}

impl Urgency {
    /// What a request with these fields claims; a field that is absent claims nothing.
    pub(super) fn new(indicator: Option<FloorIndicator>, priority: Option<FloorPriority>) -> Self {
        let indicator = indicator.unwrap_or_default();
        let tier = if indicator.contains(FloorIndicator::EMERGENCY) {
            2
        } else {
            u8::from(indicator.contains(FloorIndicator::IMMINENT_PERIL))
        };
        Self { tier, priority: priority.unwrap_or_default() }
    }
}

/// Somebody who wants the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Requester {
    pub(super) ssrc: Ssrc,
    pub(super) user: McpttId,
    pub(super) urgency: Urgency,
}

/// Waiting requests, the next one to be served first. Nobody is in it twice.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Queue {
    waiting: Vec<Requester>,
}

/// The greatest position that Queue Info can state; the values above are reserved (8.2.3.5).
pub(super) const LONGEST: usize = 253;

impl Queue {
    /// The queue that came with the floor: without `own`, and no longer than `limit`.
    pub(super) fn handed_over(list: &[QueuedUser], own: &McpttId, limit: usize) -> Self {
        let mut queue = Self::default();
        for entry in list.iter().filter(|entry| entry.user_id != *own) {
            if queue.waiting.len() < limit.min(LONGEST) && !queue.contains(&entry.user_id) {
                let urgency = Urgency { tier: 0, priority: entry.info.priority };
                let (ssrc, user) = (entry.ssrc, entry.user_id.clone());
                queue.waiting.push(Requester { ssrc, user, urgency });
            }
        }
        queue
    }

    pub(super) fn len(&self) -> usize {
        self.waiting.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    pub(super) fn contains(&self, user: &McpttId) -> bool {
        self.waiting.iter().any(|waiting| waiting.user == *user)
    }

    /// Lets a request wait: behind all that are at least as urgent.
    pub(super) fn insert(&mut self, requester: Requester) {
        let place = self.waiting.iter().take_while(|waiting| waiting.urgency >= requester.urgency).count();
        self.waiting.insert(place, requester);
    }

    /// Takes the request that is served next.
    pub(super) fn pop(&mut self) -> Option<Requester> {
        if self.waiting.is_empty() { None } else { Some(self.waiting.remove(0)) }
    }

    pub(super) fn remove(&mut self, user: &McpttId) {
        self.waiting.retain(|waiting| waiting.user != *user);
    }

    /// Where a user's request stands; 1 is the next to be served.
    pub(super) fn info(&self, user: &McpttId) -> QueueInfo {
        let found = self.waiting.iter().zip(1u8..).find(|(waiting, _)| waiting.user == *user);
        match found {
            Some((waiting, place)) => {
                QueueInfo { position: QueuePosition(place), priority: waiting.urgency.priority }
            }
            None => QueueInfo { position: QueuePosition::NOT_QUEUED, priority: FloorPriority::NORMAL },
        }
    }

    /// The queue as it is handed over with the floor.
    pub(super) fn list(&self) -> Vec<QueuedUser> {
        self.waiting
            .iter()
            .map(|waiting| QueuedUser {
                ssrc: waiting.ssrc,
                user_id: waiting.user.clone(),
                info: self.info(&waiting.user),
            })
            .collect()
    }
}
