//! What an onlooker believes about the calls, from the wire alone.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use mcptt_codec::floor::{
    FloorIndicator, FloorMessage, FloorRequest, MessageSequenceNumber, QueuePosition, RevokeCause, TrackInfo,
};
use mcptt_codec::sip::{Method, Response};

use super::fact::{Call, Fact, Leg, LegProfile, Role, Sent};
use super::people::People;

/// Client INVITEs without a final answer that are remembered.
const MAX_INVITES: usize = 1024;
/// Session identities that are remembered.
const MAX_SESSIONS: usize = 4096;

/// Everything that is known.
#[derive(Default)]
pub(super) struct Belief {
    pub calls: HashMap<Call, CallBelief>,
    pub people: People,
    /// Messages between participating and controlling function are seen.
    pub sees_core: bool,
    /// Initial INVITEs of clients without a final answer, by frame.
    pub invites: BTreeMap<u64, Invite>,
    /// The groups of session identities, by whether the controlling function gave them out.
    pub sessions: BTreeMap<(bool, String), Call>,
    /// Somebody may have become reachable or affiliated at this moment.
    pub arrival: Option<Duration>,
}

/// A call attempt that has no answer yet.
#[derive(Clone, Debug)]
pub(super) struct Invite {
    pub group: String,
    pub user: String,
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
    /// The last request of each leg.
    pub asked: BTreeMap<Leg, Asked>,
    /// Numbers of the last Floor Taken and Floor Idle at each leg, and when it came.
    pub numbers: BTreeMap<Leg, [Option<(MessageSequenceNumber, Duration)>; 2]>,
    /// When its originator came into it.
    pub established: Option<Duration>,
    /// The last BYE of the server.
    released: Option<Duration>,
    /// Somebody asked for or gave back the floor, and the answer was not seen yet.
    moving: Option<(Leg, Duration)>,
}

/// A request of a leg.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub frame: u64,
    pub rank: Rank,
    pub track_info: Option<TrackInfo>,
    /// Requests since the last answer.
    pub open: u32,
}

/// How urgent a request is: the tier first, then the number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rank {
    tier: u8,
    priority: u8,
}

impl Rank {
    /// As it was asked for. What it is worth may be less, by what was agreed on and by what the user may do.
    pub(super) fn of(request: &FloorRequest) -> Self {
        let indicator = request.indicator.unwrap_or_default();
        let tier = if indicator.contains(FloorIndicator::EMERGENCY) {
            2
        } else {
            u8::from(indicator.contains(FloorIndicator::IMMINENT_PERIL))
        };
        Self { tier, priority: request.priority.map_or(0, |priority| priority.0) }
    }

    /// What it is worth at least, whatever the user may do.
    pub(super) fn at_least(self, agreed: Option<u8>) -> Self {
        Self { tier: 0, priority: agreed.map_or(0, |agreed| self.priority.min(agreed)) }
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
    /// The talker has sent something since.
    pub alive: bool,
    /// Floor Granted messages.
    pub copies: u64,
}

impl Talk {
    /// When the talker was heard last, or became talker.
    pub(super) fn last_sign(&self) -> Duration {
        self.last_voice.unwrap_or(self.since)
    }
}

impl FloorBelief {
    /// Who has the floor, if somebody has.
    pub(super) fn talker(&self) -> Option<Leg> {
        match self {
            Self::Taken(talk) | Self::Revoking { talk, .. } => Some(talk.talker),
            Self::Unknown | Self::Idle { .. } => None,
        }
    }

    pub(super) fn is_idle(&self) -> bool {
        matches!(self, Self::Idle { .. })
    }
}

/// Whether a message of a client may change who talks.
pub(super) fn may_move(message: &FloorMessage) -> bool {
    matches!(message, FloorMessage::Request(_) | FloorMessage::Release(_))
}

impl CallBelief {
    /// Everybody but one.
    pub(super) fn others(&self, leg: Leg) -> impl Iterator<Item = Leg> {
        self.legs.keys().copied().filter(move |other| *other != leg)
    }

    /// Who is told when the floor changes: those whose voice was cut off for lack of permission are not.
    pub(super) fn listeners(&self, talker: Option<Leg>) -> impl Iterator<Item = Leg> {
        self.legs.keys().copied().filter(move |leg| Some(*leg) != talker && !self.unpermitted.contains(leg))
    }

    /// Whether the leg takes part and its messages have a procedure.
    pub(super) fn hears(&self, leg: Leg) -> bool {
        self.legs.contains_key(&leg) && !self.unpermitted.contains(&leg)
    }

    pub(super) fn is_releasing(&self, now: Duration, answer: Duration) -> bool {
        self.released.is_some_and(|at| now <= at.saturating_add(answer))
    }

    pub(super) fn is_moving(&self, now: Duration, answer: Duration) -> bool {
        self.moving.is_some_and(|(_, at)| now <= at.saturating_add(answer))
    }

    /// Whether the leg itself has asked for a change that was not answered yet.
    pub(super) fn is_moved_by(&self, leg: Leg, now: Duration, answer: Duration) -> bool {
        self.is_moving(now, answer) && self.moving.is_some_and(|(mover, _)| mover == leg)
    }

    /// Whether a message of the server changes who may talk.
    fn moves(&self, to: Leg, message: &FloorMessage) -> bool {
        match message {
            FloorMessage::Granted(_) => self.floor.talker() != Some(to),
            FloorMessage::Idle(_) => !self.floor.is_idle(),
            FloorMessage::Taken(_) => self.floor.talker().is_none_or(|talker| talker == to),
            FloorMessage::Revoke(_) => matches!(self.floor, FloorBelief::Taken(talk) if talk.talker == to),
            _ => false,
        }
    }

    fn up(&mut self, now: Duration, frame: u64, leg: Leg, message: &FloorMessage) {
        if !self.legs.contains_key(&leg) {
            return;
        }
        if let FloorBelief::Taken(talk) | FloorBelief::Revoking { talk, .. } = &mut self.floor {
            talk.alive |= talk.talker == leg;
        }
        match message {
            FloorMessage::Request(request) => {
                let rank = Rank::of(request);
                let open = self.asked.get(&leg).map_or(0, |asked| asked.open).saturating_add(1);
                let track_info = request.track_info.clone();
                self.asked.insert(leg, Asked { frame, rank, track_info, open });
                if !self.unpermitted.contains(&leg) && self.request_may_move(leg, rank) {
                    self.moving = Some((leg, now));
                }
                // Who is more urgent may have gone in front.
                let overtaken = |other: &Leg| self.asked.get(other).is_none_or(|asked| asked.rank < rank);
                let overtaken: Vec<Leg> =
                    self.queue.keys().copied().filter(|other| *other != leg && overtaken(other)).collect();
                self.queue.extend(overtaken.into_iter().map(|other| (other, QueuePosition::UNKNOWN)));
            }
            FloorMessage::Release(_) => {
                self.queue.remove(&leg);
                self.unpermitted.remove(&leg);
                self.asked.remove(&leg);
                if self.floor.talker() == Some(leg) {
                    self.moving = Some((leg, now));
                }
            }
            _ => {}
        }
    }

    fn request_may_move(&self, leg: Leg, rank: Rank) -> bool {
        match self.floor {
            FloorBelief::Unknown | FloorBelief::Idle { .. } => true,
            FloorBelief::Taken(talk) => talk.talker != leg && rank > self.worth_of(talk.talker),
            FloorBelief::Revoking { .. } => false,
        }
    }

    /// What the talker's permission is worth at least against others.
    pub(super) fn worth_of(&self, talker: Leg) -> Rank {
        let agreed = self.legs.get(&talker).and_then(|profile| profile.priority);
        self.asked.get(&talker).map(|asked| asked.rank).unwrap_or_default().at_least(agreed)
    }

    fn down(&mut self, now: Duration, leg: Leg, message: &FloorMessage) {
        if !self.legs.contains_key(&leg) {
            return;
        }
        if self.moves(leg, message)
            || (is_answer(message) && self.moving.is_some_and(|(mover, _)| mover == leg))
        {
            self.moving = None;
        }
        if is_answer(message)
            && let Some(asked) = self.asked.get_mut(&leg)
        {
            asked.open = asked.open.saturating_sub(1);
        }
        match message {
            FloorMessage::Granted(_) => self.granted(now, leg),
            FloorMessage::Idle(idle) => {
                self.number(leg, 1, idle.sequence, now);
                if !self.floor.is_idle() {
                    self.floor = FloorBelief::Idle { since: now };
                }
            }
            FloorMessage::Taken(taken) => {
                self.number(leg, 0, taken.sequence, now);
                if self.moves(leg, message) {
                    self.floor = FloorBelief::Unknown;
                }
            }
            FloorMessage::Revoke(revoke) => match self.floor {
                FloorBelief::Taken(talk) if talk.talker == leg => {
                    self.floor = FloorBelief::Revoking { talk, since: now, cause: revoke.cause };
                }
                FloorBelief::Revoking { talk, .. } if talk.talker == leg => {}
                _ if revoke.cause == Some(RevokeCause::NO_PERMISSION) => {
                    self.unpermitted.insert(leg);
                }
                _ => {}
            },
            FloorMessage::QueuePositionInfo(info) => match info.info {
                Some(info) if info.position.is_not_queued() => {
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

    fn granted(&mut self, now: Duration, leg: Leg) {
        if let FloorBelief::Taken(talk) | FloorBelief::Revoking { talk, .. } = &mut self.floor
            && talk.talker == leg
        {
            talk.copies = talk.copies.saturating_add(1);
            return;
        }
        let from_queue = self.queue.remove(&leg).is_some();
        self.unpermitted.remove(&leg);
        self.floor = FloorBelief::Taken(Talk {
            talker: leg,
            since: now,
            first_voice: None,
            last_voice: None,
            from_queue,
            alive: false,
            copies: 1,
        });
    }

    fn number(&mut self, leg: Leg, kind: usize, number: Option<MessageSequenceNumber>, now: Duration) {
        let numbers = self.numbers.entry(leg).or_default();
        if let (Some(place), Some(number)) = (numbers.get_mut(kind), number) {
            *place = Some((number, now));
        }
    }

    fn voice(&mut self, now: Duration, leg: Leg) {
        let (FloorBelief::Taken(talk) | FloorBelief::Revoking { talk, .. }) = &mut self.floor else { return };
        if talk.talker == leg {
            talk.alive = true;
            talk.first_voice.get_or_insert(now);
            talk.last_voice = Some(now);
        }
    }

    fn forget(&mut self, leg: Leg) {
        self.legs.remove(&leg);
        self.queue.remove(&leg);
        self.unpermitted.remove(&leg);
        self.asked.remove(&leg);
        self.numbers.remove(&leg);
    }
}

/// Whether it answers a Floor Request.
pub(super) fn is_answer(message: &FloorMessage) -> bool {
    matches!(message, FloorMessage::Granted(_) | FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_))
}

impl Belief {
    pub(super) fn call(&self, call: &Call) -> Option<&CallBelief> {
        self.calls.get(call)
    }

    /// Whether the group's call runs: its originator is in it.
    pub(super) fn runs(&self, group: &str) -> bool {
        self.calls.get(group).is_some_and(|call| call.established.is_some())
    }

    /// Whether somebody is about to open or join the group's call.
    pub(super) fn is_being_called(&self, group: &str) -> bool {
        self.invites.values().any(|invite| invite.group == group)
    }

    /// The MCPTT ID behind a public user identity; itself when nothing told another one.
    pub(super) fn mcptt_id<'a>(&'a self, user: &'a str) -> &'a str {
        self.people.mcptt_id(user).unwrap_or(user)
    }

    /// Whether a fact changes who may talk.
    pub(super) fn moves(&self, fact: &Fact) -> bool {
        match fact {
            Fact::Down { call, leg, message } => self
                .calls
                .get(call)
                .is_some_and(|call| call.legs.contains_key(leg) && call.moves(*leg, message)),
            _ => false,
        }
    }

    /// Takes the fact in. Called after the rules have looked at it.
    pub(super) fn apply(&mut self, now: Duration, frame: u64, fact: &Fact) {
        match fact {
            Fact::Request(sent) => self.request(now, sent),
            Fact::Response { request, response } => self.response(now, request, response),
            Fact::LegOpened { leg, profile } => self.opened(now, *leg, profile),
            Fact::LegClosing { leg, call, by_server } => self.closing(now, *leg, call, *by_server),
            Fact::Up { call, leg, message } => {
                if let Some(belief) = self.calls.get_mut(call) {
                    belief.up(now, frame, *leg, message);
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

    fn request(&mut self, now: Duration, sent: &Sent) {
        let core = |role| matches!(role, Role::Participating | Role::Controlling);
        self.sees_core |= core(sent.from) && core(sent.to);
        if matches!(sent.method(), Method::Register | Method::Publish) {
            self.arrival = Some(now);
        }
        if sent.is_invite(Role::Client, Role::Participating)
            && let Some(group) = sent.target()
        {
            if self.invites.len() >= MAX_INVITES {
                self.invites.pop_first();
            }
            let user = sent.user().unwrap_or_default();
            self.invites.insert(sent.frame, Invite { group: group.to_owned(), user });
        }
    }

    fn response(&mut self, now: Duration, request: &Sent, response: &Response) {
        self.people.answered(now, request, response);
        if !response.status.is_final() {
            return;
        }
        self.invites.remove(&request.frame);
        let by_core = request.is_invite(Role::Participating, Role::Controlling);
        let opens = by_core || request.is_invite(Role::Client, Role::Participating);
        if let (true, true, Some(group), Ok(contact)) =
            (opens, response.status.is_success(), request.target(), response.headers.contact())
            && self.sessions.len() < MAX_SESSIONS
        {
            self.sessions.insert((by_core, contact.uri.to_string()), group.into());
        }
    }

    fn opened(&mut self, now: Duration, leg: Leg, profile: &LegProfile) {
        let call = self.calls.entry(Rc::clone(&profile.call)).or_default();
        if profile.originating && !profile.joined && call.established.is_none() {
            call.established = Some(now);
            // A call begins idle, unless the floor is granted with it.
            if call.floor == FloorBelief::Unknown {
                call.floor = FloorBelief::Idle { since: now };
            }
        }
        call.legs.insert(leg, profile.clone());
    }

    fn closing(&mut self, now: Duration, leg: Leg, call: &Call, by_server: bool) {
        let Some(belief) = self.calls.get_mut(call) else { return };
        if by_server {
            belief.released = Some(now);
        }
        // Until the others are told, somebody has the floor who is not there any more.
        if belief.floor.talker() == Some(leg) {
            belief.moving = Some((leg, now));
        }
        belief.forget(leg);
        if belief.legs.is_empty() {
            self.calls.remove(call);
        }
    }

    /// Everything that is believed, counted.
    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        let calls: usize =
            self.calls.values().map(|call| call.legs.len() + call.numbers.len() + call.asked.len()).sum();
        calls + self.people.size() + self.invites.len() + self.sessions.len()
    }
}
