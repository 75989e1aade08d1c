//! One call as an onlooker believes.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mcptt_codec::floor::{
    FloorGranted, FloorIndicator, FloorMessage, FloorRequest, FloorRevoke, FloorTaken, MessageSequenceNumber,
    QueuePosition, QueuedFloorRequestsPurpose, RevokeCause, TrackInfo,
};
use mcptt_codec::id::{McpttId, Ssrc};

use super::under_way::{UnderWay, What};
use super::{Client, FloorBelief, Rank, Talk, has, is_answer};
use crate::judge::fact::{Leg, LegProfile};
use crate::judge::profile::{GroupFacts, Profile};

/// One call.
#[derive(Default)]
pub(in crate::judge) struct CallBelief {
    pub legs: BTreeMap<Leg, LegProfile>,
    pub floor: FloorBelief,
    /// Who talks in a multi-talker group.
    pub talks: BTreeMap<Leg, Talk>,
    /// Requests that wait, with the position last told.
    pub queue: BTreeMap<Leg, QueuePosition>,
    /// Participants that were revoked for sending without permission and have not released since.
    pub unpermitted: BTreeSet<Leg>,
    /// Those of them that were told of the floor since: the target may have taken their silence for a release.
    pub(super) let_out: BTreeSet<Leg>,
    /// Participants that have stopped or resumed their unicast media: whether it is stopped, and since when.
    pub flows: BTreeMap<Leg, (bool, Duration)>,
    /// What state each client is in.
    pub clients: BTreeMap<Leg, Client>,
    /// The last request of each leg.
    pub asked: BTreeMap<Leg, Asked>,
    /// Numbers of the last Floor Taken and Floor Idle at each leg, and when it came.
    pub numbers: BTreeMap<Leg, [Option<(MessageSequenceNumber, Duration)>; 2]>,
    /// The SSRC last given to each leg in Floor Granted.
    pub given: BTreeMap<Leg, Ssrc>,
    /// When its originator came into it.
    pub established: Option<Duration>,
    /// When somebody else came to the first one.
    pub company: Option<Duration>,
    /// Who called.
    pub originator: Option<Leg>,
    /// A constituent group of the temporary group has asked for the floor by INFO.
    pub asked_by_info: bool,
    /// Participants that have asked for the floor with a later INVITE.
    pub asked_by_invite: BTreeSet<Leg>,
    /// What SIP says the call is, and since when it says so.
    pub kind: (FloorIndicator, Duration),
    /// The last BYE of the server.
    pub(super) released: Option<Duration>,
    pub(super) under_way: Vec<UnderWay>,
    /// Who talked when dual floor ended: the overriding one, and the other.
    after_dual: Option<(Talk, Option<Talk>)>,
}

/// A request of a leg.
#[derive(Clone, Debug)]
pub(in crate::judge) struct Asked {
    pub frame: u64,
    pub rank: Rank,
    /// The first request of this rank since it was answered finally: its frame and when it came.
    pub first: u64,
    pub since: Duration,
    pub request: FloorRequest,
    /// Requests since the last answer.
    pub open: u32,
}

impl Asked {
    pub(in crate::judge) fn track_info(&self) -> Option<&TrackInfo> {
        self.request.track_info.as_ref()
    }
}

impl CallBelief {
    /// Everybody but one.
    pub(in crate::judge) fn others(&self, leg: Leg) -> impl Iterator<Item = Leg> {
        self.legs.keys().copied().filter(move |other| *other != leg)
    }

    /// Who is told when the floor changes: those whose voice was cut off for lack of permission are not.
    pub(in crate::judge) fn listeners(&self, talker: Option<Leg>) -> impl Iterator<Item = Leg> {
        self.legs.keys().copied().filter(move |leg| Some(*leg) != talker && !self.unpermitted.contains(leg))
    }

    /// Whether the leg takes part and its messages have a procedure.
    pub(in crate::judge) fn hears(&self, leg: Leg) -> bool {
        self.legs.contains_key(&leg) && !self.unpermitted.contains(&leg)
    }

    /// Whether the leg was revoked for sending without permission, and nothing it was told since may have ended that.
    pub(in crate::judge) fn is_shut_out(&self, leg: Leg) -> bool {
        self.unpermitted.contains(&leg) && !self.let_out.contains(&leg)
    }

    /// What the target says to somebody who was sending without permission.
    fn tells_the_unpermitted(&mut self, leg: Leg, message: &FloorMessage) {
        match message {
            FloorMessage::Idle(_) | FloorMessage::Taken(_) => {
                self.let_out.insert(leg);
            }
            // It is heard again.
            message if is_answer(message) && self.let_out.remove(&leg) => {
                self.unpermitted.remove(&leg);
            }
            FloorMessage::Revoke(_) => {
                self.let_out.remove(&leg);
            }
            _ => {}
        }
    }

    /// Whether it asked for the floor with the INVITE that opened the call and nobody has come yet: its request waits for somebody
    /// to accept, and it may ask again meanwhile.
    pub(in crate::judge) fn waits_for_company(&self, leg: Leg) -> bool {
        let asked = |profile: &LegProfile| profile.originating && profile.implicit_request;
        self.company.is_none() && self.legs.get(&leg).is_some_and(asked)
    }

    /// Whether the call ends, or began to end within the answer time.
    pub(in crate::judge) fn is_releasing(&self, now: Duration, answer: Duration) -> bool {
        self.released.is_some_and(|at| now <= at.saturating_add(answer))
    }

    /// Whether SIP says that the call is of this kind, for long enough that everybody knows.
    pub(in crate::judge) fn is_known_as(&self, bit: FloorIndicator, now: Duration, answer: Duration) -> bool {
        self.established.is_some() && self.kind.0.contains(bit) && now.saturating_sub(self.kind.1) > answer
    }

    /// Whether every request interrupts the talker, as far as the documents tell.
    pub(in crate::judge) fn cuts_in(&self, profile: &Profile) -> bool {
        self.group(profile).is_some_and(|group| group.audio_cut_in)
    }

    fn group<'a>(&self, profile: &'a Profile) -> Option<&'a GroupFacts> {
        profile.group(&self.legs.values().next()?.call)
    }

    /// Whether a pre-emptive request is granted beside the talker, as far as the documents tell.
    pub(super) fn is_dual(&self, profile: &Profile) -> bool {
        self.group(profile).is_some_and(|group| group.dual_floor)
    }

    /// Whether requests may be decided in another way than by rank and queue: they cut in, several talk at once, or
    /// that is not known and nobody can queue.
    pub(in crate::judge) fn may_cut_in(&self, profile: &Profile) -> bool {
        let several = self.group(profile).is_some_and(|group| group.max_talkers.is_some());
        self.cuts_in(profile)
            || several
            || (profile.documents.is_none() && !self.legs.values().any(|leg| leg.queueing))
    }

    /// What the talker's permission is worth at least against others.
    pub(in crate::judge) fn worth_of(&self, talker: Leg) -> Rank {
        let agreed = self.legs.get(&talker).and_then(|profile| profile.priority);
        self.asked.get(&talker).map(|asked| asked.rank).unwrap_or_default().at_least(agreed)
    }

    /// The leg whose voice has this SSRC, as Floor Granted said.
    pub(in crate::judge) fn leg_of(&self, ssrc: Ssrc) -> Option<Leg> {
        self.given.iter().find(|(_, given)| **given == ssrc).map(|(leg, _)| *leg)
    }

    /// Whether it matters whom the message names.
    pub(super) fn asks_for_name(&self, message: &FloorMessage) -> bool {
        match message {
            FloorMessage::Taken(_) => self.after_dual.is_some(),
            FloorMessage::ReleaseMultiTalker(_) => true,
            _ => false,
        }
    }

    /// Whether a message of the server changes who may talk.
    pub(super) fn moves(&self, to: Leg, message: &FloorMessage) -> bool {
        match message {
            FloorMessage::Granted(granted) => match self.floor {
                FloorBelief::Parallel => !self.talks.contains_key(&to),
                FloorBelief::Dual { overriding, .. } => overriding.talker != to,
                floor => floor.talker() != Some(to) || has(granted.indicator, FloorIndicator::MULTI_TALKER),
            },
            FloorMessage::Idle(_) => !self.floor.is_idle(),
            FloorMessage::Taken(taken) => match self.floor {
                FloorBelief::Parallel => !has(taken.indicator, FloorIndicator::MULTI_TALKER),
                // Who comes late is told of the talker alone; the end is told with Floor Idle.
                FloorBelief::Dual { .. } => false,
                floor => {
                    floor.talker().is_none_or(|talker| talker == to)
                        || has(taken.indicator, FloorIndicator::MULTI_TALKER)
                        || has(taken.indicator, FloorIndicator::DUAL_FLOOR)
                }
            },
            FloorMessage::Revoke(_) => match self.floor {
                FloorBelief::Taken(talk) => talk.talker == to,
                FloorBelief::Dual { overriding, .. } => overriding.talker == to,
                FloorBelief::Parallel => self.talks.get(&to).is_some_and(|talk| !talk.revoked),
                _ => false,
            },
            FloorMessage::ReleaseMultiTalker(_) => self.floor == FloorBelief::Parallel,
            _ => false,
        }
    }

    pub(super) fn up(&mut self, now: Duration, frame: u64, leg: Leg, message: &FloorMessage) {
        if !self.legs.contains_key(&leg) {
            return;
        }
        if let Some(talk) = self.talk_of(leg) {
            talk.alive = true;
        }
        self.clients.entry(leg).or_default().sent(now, message);
        match message {
            FloorMessage::Request(request) => {
                let rank = Rank::of(request);
                let open = self.asked.get(&leg).map_or(0, |asked| asked.open).saturating_add(1);
                let waits =
                    self.asked.get(&leg).filter(|asked| asked.rank == rank && self.queue.contains_key(&leg));
                let (first, since) = waits.map_or((frame, now), |asked| (asked.first, asked.since));
                self.asked.insert(leg, Asked { frame, rank, first, since, request: request.clone(), open });
                self.sent(now, leg, What::Request(rank));
                // Who is more urgent may have gone in front.
                let overtaken = |other: &Leg| self.asked.get(other).is_none_or(|asked| asked.rank < rank);
                let overtaken: Vec<Leg> =
                    self.queue.keys().copied().filter(|other| *other != leg && overtaken(other)).collect();
                self.queue.extend(overtaken.into_iter().map(|other| (other, QueuePosition::UNKNOWN)));
            }
            FloorMessage::UnicastMediaFlowControl(control) => {
                let stopped = control.flow.is_some_and(|flow| !flow.is_resume());
                self.flows.insert(leg, (stopped, now));
            }
            FloorMessage::Release(_) => {
                self.queue.remove(&leg);
                self.unpermitted.remove(&leg);
                self.let_out.remove(&leg);
                self.asked.remove(&leg);
                self.sent(now, leg, What::Release);
            }
            _ => {}
        }
    }

    pub(super) fn down(&mut self, now: Duration, leg: Leg, message: &FloorMessage, user: Option<Leg>) {
        if !self.legs.contains_key(&leg) {
            return;
        }
        if is_answer(message) {
            self.request_was_answered(leg);
            if let Some(asked) = self.asked.get_mut(&leg) {
                asked.open = asked.open.saturating_sub(1);
            }
        }
        self.clients.entry(leg).or_default().told(now, message);
        if self.unpermitted.contains(&leg) {
            self.tells_the_unpermitted(leg, message);
        }
        let (before, moves) = (self.floor, self.moves(leg, message));
        match message {
            FloorMessage::Granted(granted) => self.granted(now, leg, granted),
            FloorMessage::Idle(idle) => {
                self.number(leg, 1, idle.sequence, now);
                if moves {
                    self.idle(now, has(idle.indicator, FloorIndicator::DUAL_FLOOR));
                }
            }
            FloorMessage::Taken(taken) => {
                self.number(leg, 0, taken.sequence, now);
                self.taken(taken, moves, user);
            }
            FloorMessage::Revoke(revoke) => self.revoked(now, leg, revoke),
            FloorMessage::ReleaseMultiTalker(over) => {
                let of_ssrc = over.talker_ssrc.and_then(|ssrc| self.leg_of(ssrc));
                if let Some(talker) = user.or(of_ssrc) {
                    self.talks.remove(&talker);
                    self.talk_has_ended(talker);
                }
            }
            FloorMessage::QueuePositionInfo(info) => match info.info {
                Some(info) if info.position.is_not_queued() => {
                    self.queue.remove(&leg);
                }
                Some(info) => {
                    self.queue.insert(leg, info.position);
                }
                None => {}
            },
            FloorMessage::QueuedFloorRequests(told)
                if told.purpose == Some(QueuedFloorRequestsPurpose::CANCEL_NOTIFICATION) =>
            {
                self.queue.remove(&leg);
                self.asked.remove(&leg);
            }
            FloorMessage::QueuedFloorRequests(_) => {
                // What has become of others may have moved it.
                if let Some(place) = self.queue.get_mut(&leg) {
                    *place = QueuePosition::UNKNOWN;
                }
            }
            _ => {}
        }
        if let Some(talker) = before.talker().filter(|talker| self.floor.talker() != Some(*talker)) {
            self.talk_has_ended(talker);
        }
    }

    fn granted(&mut self, now: Duration, leg: Leg, granted: &FloorGranted) {
        if let Some(ssrc) = granted.granted_ssrc {
            self.given.insert(leg, ssrc);
        }
        if has(granted.indicator, FloorIndicator::MULTI_TALKER) && self.floor != FloorBelief::Parallel {
            if let FloorBelief::Taken(talk) = self.floor {
                self.talks.insert(talk.talker, talk);
            }
            self.floor = FloorBelief::Parallel;
        }
        if let Some(talk) = self.talk_of(leg) {
            talk.copies = talk.copies.saturating_add(1);
            return;
        }
        let talk = Talk::new(leg, now, self.queue.remove(&leg).is_some());
        self.unpermitted.remove(&leg);
        self.let_out.remove(&leg);
        let overrides = has(granted.indicator, FloorIndicator::DUAL_FLOOR);
        match self.floor {
            FloorBelief::Parallel => {
                self.talks.insert(leg, talk);
            }
            FloorBelief::Taken(overridden) | FloorBelief::Revoking { talk: overridden, .. } if overrides => {
                self.floor = FloorBelief::Dual { overriding: talk, overridden: Some(overridden) };
            }
            _ if overrides => self.floor = FloorBelief::Dual { overriding: talk, overridden: None },
            _ => self.floor = FloorBelief::Taken(talk),
        }
    }

    fn idle(&mut self, now: Duration, dual: bool) {
        self.talks.clear();
        self.floor = match self.floor {
            // The other one goes on; Floor Taken says who that is.
            FloorBelief::Dual { overriding, overridden } if dual => {
                self.after_dual = Some((overriding, overridden));
                FloorBelief::Unknown
            }
            _ => FloorBelief::Idle { since: now },
        };
    }

    fn taken(&mut self, taken: &FloorTaken, moves: bool, user: Option<Leg>) {
        if has(taken.indicator, FloorIndicator::MULTI_TALKER) {
            if let FloorBelief::Taken(talk) = self.floor {
                self.talks.insert(talk.talker, talk);
            }
            self.floor = FloorBelief::Parallel;
        } else if moves {
            let goes_on = self.after_dual.take().and_then(|(overriding, overridden)| {
                [Some(overriding), overridden].into_iter().flatten().find(|talk| Some(talk.talker) == user)
            });
            self.floor = goes_on.map_or(FloorBelief::Unknown, FloorBelief::Taken);
        }
    }

    fn revoked(&mut self, now: Duration, leg: Leg, revoke: &FloorRevoke) {
        match self.floor {
            FloorBelief::Taken(talk) if talk.talker == leg => {
                self.floor = FloorBelief::Revoking { talk, since: now, cause: revoke.cause };
            }
            FloorBelief::Revoking { talk, .. } if talk.talker == leg => {}
            FloorBelief::Dual { overriding, overridden } if overriding.talker == leg => {
                self.after_dual = Some((overriding, overridden));
                self.floor = FloorBelief::Unknown;
            }
            _ if self.talks.contains_key(&leg) => {
                if let Some(talk) = self.talks.get_mut(&leg) {
                    talk.revoked = true;
                }
            }
            _ if revoke.cause == Some(RevokeCause::NO_PERMISSION) => {
                self.unpermitted.insert(leg);
            }
            _ => {}
        }
    }

    fn number(&mut self, leg: Leg, kind: usize, number: Option<MessageSequenceNumber>, now: Duration) {
        let numbers = self.numbers.entry(leg).or_default();
        if let (Some(place), Some(number)) = (numbers.get_mut(kind), number) {
            *place = Some((number, now));
        }
    }

    pub(super) fn voice(&mut self, now: Duration, leg: Leg) {
        if let Some(talk) = self.talk_of(leg) {
            talk.hear(now);
        }
        if let Some(client) = self.clients.get_mut(&leg) {
            client.spoke(now);
        }
    }

    fn talk_of(&mut self, leg: Leg) -> Option<&mut Talk> {
        match &mut self.floor {
            FloorBelief::Parallel => self.talks.get_mut(&leg),
            floor => floor.talk_of(leg),
        }
    }

    pub(super) fn left(&mut self, now: Duration, leg: Leg) {
        // Until the others are told, somebody has the floor who is not there any more.
        self.sent(now, leg, What::Leave);
        self.forget(leg);
    }

    pub(super) fn forget(&mut self, leg: Leg) {
        self.legs.remove(&leg);
        self.clients.remove(&leg);
        self.queue.remove(&leg);
        self.unpermitted.remove(&leg);
        self.let_out.remove(&leg);
        self.flows.remove(&leg);
        self.asked.remove(&leg);
        self.numbers.remove(&leg);
        self.given.remove(&leg);
        self.talks.remove(&leg);
    }

    #[cfg(test)]
    pub(super) fn size(&self) -> usize {
        self.legs.len() + self.numbers.len() + self.asked.len() + self.under_way.len()
    }
}

/// Whom a message of the server names.
pub(super) fn named(message: &FloorMessage) -> Option<&McpttId> {
    match message {
        FloorMessage::Taken(taken) => taken.granted_party.as_ref(),
        FloorMessage::ReleaseMultiTalker(over) => over.user_id.as_ref(),
        _ => None,
    }
}
