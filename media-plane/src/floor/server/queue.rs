//! The queue of floor requests of one call, in the order in which they will be served (TS 24.380 4.1.1.4, 6.3.5.4.4).

use mcptt_codec::floor::{QueuePosition, TrackInfo};
use mcptt_codec::id::LegRef;

use super::arbitration::Rank;
use super::behind;
use super::disclosed::Disclosed;

/// A request that waits for the floor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuedRequest {
    /// Who asked.
    pub from: LegRef,
    /// How urgent it is.
    pub rank: Rank,
    /// It pre-empted the talker and waits only for the grace period to end.
    pub front: bool,
    /// The Track Info of the request, for the answers to it.
    pub track_info: Option<TrackInfo>,
    /// What the others are shown about the user when it talks.
    pub disclosed: Disclosed,
}

impl QueuedRequest {
    /// Whether it is the request of this participant.
    fn is_of(&self, leg: LegRef, track_info: Option<&TrackInfo>) -> bool {
        self.from == leg && behind::is_same(self.track_info.as_ref(), track_info)
    }
}

/// Waiting requests, the next one to be served first. No participant is in it twice.
#[derive(Clone, Debug, Default)]
pub(super) struct Queue {
    requests: Vec<QueuedRequest>,
}

/// The greatest position that Queue Info can state; the values above are reserved (8.2.3.5).
const LAST_POSITION: usize = 253;

impl Queue {
    /// The waiting requests in the order in which they will be served.
    pub(super) fn requests(&self) -> &[QueuedRequest] {
        &self.requests
    }

    pub(super) fn find(&self, leg: LegRef, track_info: Option<&TrackInfo>) -> Option<&QueuedRequest> {
        self.requests.iter().find(|request| request.is_of(leg, track_info))
    }

    /// The place of a participant's request: 1 is the next to be served.
    pub(super) fn position(&self, leg: LegRef, track_info: Option<&TrackInfo>) -> QueuePosition {
        match self.requests.iter().position(|request| request.is_of(leg, track_info)) {
            None => QueuePosition::NOT_QUEUED,
            Some(ahead) if ahead < LAST_POSITION => {
                QueuePosition(u8::try_from(ahead).map_or(u8::MAX, |ahead| ahead.saturating_add(1)))
            }
            Some(_) => QueuePosition::UNKNOWN,
        }
    }

    /// Lets a request wait, or updates the one that the participant has waiting.
    pub(super) fn insert(&mut self, mut request: QueuedRequest) {
        let same = |waiting: &QueuedRequest| waiting.is_of(request.from, request.track_info.as_ref());
        if let Some(index) = self.requests.iter().position(same) {
            let waiting = &mut self.requests[index];
            request.front |= waiting.front;
            //= 24.380-6.3.5.4.4:4
            if (waiting.front, waiting.rank) == (request.front, request.rank) {
                waiting.track_info = request.track_info;
                waiting.disclosed = request.disclosed;
                return;
            }
            //= 24.380-6.3.5.4.4:prio
            self.requests.remove(index);
        }
        //= 24.380-4.1.1.4:fifo
        let place = self
            .requests
            .partition_point(|waiting| (waiting.front, waiting.rank) >= (request.front, request.rank));
        self.requests.insert(place, request);
    }

    /// Takes the request that is served next.
    pub(super) fn pop(&mut self) -> Option<QueuedRequest> {
        if self.requests.is_empty() { None } else { Some(self.requests.remove(0)) }
    }

    /// Whether somebody waits for the end of a grace period.
    pub(super) fn has_front(&self) -> bool {
        self.requests.first().is_some_and(|request| request.front)
    }

    /// Takes the first request whose participant is `fit`. One that pre-empted and is not lets nobody pass.
    pub(super) fn pop_fit(&mut self, fit: impl Fn(LegRef) -> bool) -> Option<QueuedRequest> {
        let place = self.requests.iter().position(|request| request.front || fit(request.from))?;
        fit(self.requests[place].from).then(|| self.requests.remove(place))
    }

    /// Forgets the request of a participant.
    pub(super) fn remove(&mut self, leg: LegRef, track_info: Option<&TrackInfo>) {
        self.requests.retain(|request| !request.is_of(leg, track_info));
    }

    /// Forgets the requests of everybody on a leg.
    pub(super) fn remove_leg(&mut self, leg: LegRef) {
        self.requests.retain(|request| request.from != leg);
    }

    pub(super) fn clear(&mut self) {
        self.requests.clear();
    }
}
