//! What state the floor participant of a client is in (6.2.4), as its messages and those sent to it tell.

use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorRequest, RevokeCause};
use mcptt_codec::id::Ssrc;

use super::{Rank, has};

/// Copies of one message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::judge) struct Copies {
    pub count: u64,
    pub first: Duration,
    pub last: Duration,
}

impl Copies {
    fn one(now: Duration) -> Self {
        Self { count: 1, first: now, last: now }
    }

    fn again(self, now: Duration) -> Self {
        Self { count: self.count.saturating_add(1), last: now, ..self }
    }
}

/// The states of clause 6.2.4.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::judge) enum ClientState {
    /// Nothing was seen that tells, or more than one state is possible.
    #[default]
    Unknown,
    NoPermission,
    /// 'U: pending Request'. No copies: the request was in the INVITE.
    Pending {
        copies: Option<Copies>,
        since: Duration,
        pre_emptive: bool,
    },
    Permitted {
        since: Duration,
        /// Voice was sent.
        spoken: Option<Duration>,
        /// The other talks at the same time: dual floor.
        dual: bool,
    },
    /// Revoked, and not released yet.
    Revoked {
        cause: Option<RevokeCause>,
    },
    /// 'U: pending Release'.
    Releasing {
        copies: Copies,
        /// The release gives back a grant that had been waited for, so that it is not repeated.
        given_back: bool,
    },
    /// 'U: queued'.
    Queued {
        /// The grant that waits for the user.
        granted: Option<Duration>,
        /// Copies of Floor Queue Position Request.
        asked: Option<Copies>,
    },
}

/// A client in a call.
#[derive(Clone, Debug, Default)]
pub(in crate::judge) struct Client {
    state: ClientState,
    /// When it was sent something that changed its state.
    moved: Option<Duration>,
    /// The last request.
    pub request: Option<FloorRequest>,
    /// The SSRC it was told to use.
    pub given: Option<Ssrc>,
    /// Whether it may ask for the floor, as it was told last.
    pub may_ask: Option<bool>,
    /// Somebody was heard since the last copy of the request.
    pub heard_since_request: bool,
}

impl Client {
    pub(super) fn new(now: Duration, asks: bool, granted: bool) -> Self {
        let state = match (asks, granted) {
            (_, true) => ClientState::Permitted { since: now, spoken: None, dual: false },
            (true, false) => ClientState::Pending { copies: None, since: now, pre_emptive: false },
            (false, false) => ClientState::NoPermission,
        };
        Self { state, ..Self::default() }
    }

    /// The state, unless what changed it may still be on its way to the client.
    pub(in crate::judge) fn state(&self, now: Duration, path: Duration) -> ClientState {
        match self.moved {
            Some(at) if now.saturating_sub(at) < path => ClientState::Unknown,
            _ => self.state,
        }
    }

    pub(super) fn sent(&mut self, now: Duration, message: &FloorMessage) {
        use ClientState::{NoPermission, Pending, Permitted, Queued, Releasing, Revoked, Unknown};
        match message {
            FloorMessage::Request(request) => {
                let pre_emptive = !Rank::of(request).is_normal();
                let first = || Pending { copies: Some(Copies::one(now)), since: now, pre_emptive };
                self.state = match self.state {
                    NoPermission => first(),
                    Pending { copies, since, pre_emptive } => {
                        let copies = copies.map_or(Copies::one(now), |copies| copies.again(now));
                        Pending { copies: Some(copies), since, pre_emptive }
                    }
                    state => state,
                };
                self.request = Some(request.clone());
                self.heard_since_request = false;
            }
            FloorMessage::Release(_) => {
                self.state = match self.state {
                    Unknown | NoPermission | Pending { .. } | Permitted { .. } | Revoked { .. } => {
                        Releasing { copies: Copies::one(now), given_back: false }
                    }
                    Queued { granted, .. } => {
                        Releasing { copies: Copies::one(now), given_back: granted.is_some() }
                    }
                    Releasing { copies, given_back } => Releasing { copies: copies.again(now), given_back },
                };
            }
            FloorMessage::QueuePositionRequest(_) => {
                if let Queued { asked, .. } = &mut self.state {
                    *asked = Some(asked.map_or(Copies::one(now), |copies| copies.again(now)));
                }
            }
            _ => {}
        }
    }

    pub(super) fn spoke(&mut self, now: Duration) {
        match &mut self.state {
            ClientState::Permitted { spoken, .. } => {
                spoken.get_or_insert(now);
            }
            // The user has accepted.
            ClientState::Queued { granted: Some(since), .. } => {
                let since = *since;
                self.state = ClientState::Permitted { since, spoken: Some(now), dual: false };
            }
            _ => {}
        }
    }

    /// Somebody else is heard.
    pub(super) fn heard(&mut self, now: Duration) {
        self.heard_since_request = true;
        if matches!(self.state, ClientState::Releasing { .. }) {
            self.become_other(now, ClientState::NoPermission);
        }
    }

    fn become_other(&mut self, now: Duration, state: ClientState) {
        if state != self.state {
            self.state = state;
            self.moved = Some(now);
        }
    }

    pub(super) fn told(&mut self, now: Duration, message: &FloorMessage) {
        use ClientState::{NoPermission, Pending, Permitted, Queued, Releasing, Revoked, Unknown};
        let by_bit = |indicator: Option<FloorIndicator>| {
            has(indicator, FloorIndicator::DUAL_FLOOR) || has(indicator, FloorIndicator::MULTI_TALKER)
        };
        let next = match (message, self.state) {
            (FloorMessage::Granted(granted), state) => {
                if matches!(state, Pending { .. } | Queued { .. }) {
                    self.given = granted.granted_ssrc;
                }
                let dual = has(granted.indicator, FloorIndicator::DUAL_FLOOR);
                match state {
                    Pending { .. } => Permitted { since: now, spoken: None, dual },
                    Queued { granted: None, .. } => Queued { granted: Some(now), asked: None },
                    state => state,
                }
            }
            (FloorMessage::Deny(_), Pending { .. } | Queued { .. }) => NoPermission,
            (FloorMessage::QueuePositionInfo(_), Pending { .. }) => Queued { granted: None, asked: None },
            (FloorMessage::QueuePositionInfo(_), Queued { granted, .. }) => Queued { granted, asked: None },
            (FloorMessage::Taken(taken), state) => {
                self.may_ask = taken.permission_to_request;
                match state {
                    Permitted { since, spoken, .. } if by_bit(taken.indicator) => {
                        Permitted { since, spoken, dual: true }
                    }
                    // Whether it goes on waiting is its own reading.
                    Pending { pre_emptive: false, .. } => Unknown,
                    Permitted { .. } => Unknown,
                    Releasing { .. } => NoPermission,
                    state => state,
                }
            }
            (FloorMessage::Idle(idle), state) => {
                self.may_ask = None;
                match state {
                    Releasing { .. } | Queued { .. } => NoPermission,
                    Permitted { since, spoken, .. } if by_bit(idle.indicator) => {
                        Permitted { since, spoken, dual: false }
                    }
                    Permitted { .. } => Unknown,
                    state => state,
                }
            }
            (FloorMessage::Revoke(revoke), Permitted { .. }) => Revoked { cause: revoke.cause },
            (FloorMessage::Revoke(_), Pending { .. } | Queued { .. }) => Unknown,
            (FloorMessage::QueuedFloorRequests(_), Queued { .. }) => NoPermission,
            (FloorMessage::ReleaseMultiTalker(_), Releasing { .. }) => Unknown,
            (_, state) => state,
        };
        self.become_other(now, next);
    }
}
