//! The same invariants where more than one may talk: a multi-talker group (6.3.4.4.7a), and dual floor (6.3.6) with one
//! who talks over the talker.
//!
//! Who talks is concluded from Floor Granted, and who has stopped from Floor Release Multi Talker, from Floor Idle, and in
//! dual floor from Floor Idle and Floor Revoke with the bit of the second floor.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use mcptt_codec::floor::{
    FloorGranted, FloorIdle, FloorIndicator, FloorMessage, FloorReleaseMultiTalker, FloorRevoke, FloorTaken,
    RevokeCause,
};
use mcptt_codec::id::Ssrc;
use media_plane::signalling::{CallSettings, Hearing};

use super::{Facts, Found, Onlooker, Turn};
use crate::scenario::{Who, ssrc_of};

/// Who may talk at the same time.
#[derive(Debug)]
pub(super) struct Shared {
    /// How many may talk, without the one who talks over the talker.
    most: usize,
    /// Dual floor, and what listeners hear.
    dual: Option<Hearing>,
    talks: BTreeMap<Who, Talk>,
    /// Those who talked over the talker and were told to stop: they are told again until they release or are told
    /// what has become of the floor.
    stopped: BTreeSet<Who>,
    /// Somebody was told to stop in this turn: who takes the place has waited for it, if only for a moment.
    makes_room: bool,
}

/// Somebody who may talk.
#[derive(Debug)]
struct Talk {
    overriding: bool,
    first_voice: Option<Duration>,
    /// Grant or last packet.
    alive: Duration,
    revoked: Option<Duration>,
    speaks_on: bool,
    /// Who talked over the talker and took its place goes on with what was left of its timers: until the next packet with
    /// that of T11, to the end with that of T12.
    silent_until: Option<Duration>,
    talks_until: Option<Duration>,
    /// It has released the floor or left the call.
    over: bool,
    uncertain: bool,
    granted: Duration,
    from_queue: bool,
    copies: u64,
}

impl Talk {
    fn deadline(&self, facts: &Facts) -> Duration {
        let timer = if self.overriding { facts.t11 } else { facts.t1 };
        let silence = self.silent_until.unwrap_or(self.alive + timer);
        match self.revoked {
            Some(at) if self.speaks_on => (at + facts.t3).min(silence),
            Some(at) => at + facts.t3,
            None => silence,
        }
    }

    /// When it has talked for as long as it may. `None`: it has not begun.
    fn limit(&self, facts: &Facts) -> Option<Duration> {
        let timer = if self.overriding { facts.t12 } else { facts.t2 };
        self.talks_until.or(self.first_voice.map(|first| first + timer))
    }

    fn may_end(&self, now: Duration, facts: &Facts) -> bool {
        self.over || self.uncertain || now >= self.deadline(facts)
    }
}

impl Shared {
    /// `None`: one talks at a time.
    pub(super) fn of(settings: &CallSettings) -> Option<Self> {
        if settings.audio_cut_in {
            return None;
        }
        let most = usize::from(settings.max_talkers.unwrap_or(1));
        let dual = settings.dual_floor.filter(|_| most < 2);
        let shared = Self {
            most: most.max(1),
            dual,
            talks: BTreeMap::new(),
            stopped: BTreeSet::new(),
            makes_room: false,
        };
        (most > 1 || dual.is_some()).then_some(shared)
    }

    pub(super) fn left(&mut self, who: Who) {
        self.stopped.remove(&who);
        if let Some(talk) = self.talks.get_mut(&who) {
            talk.over = true;
        }
    }

    pub(super) fn ended(&mut self) {
        self.talks.clear();
        self.stopped.clear();
    }

    pub(super) fn voice(&mut self, who: Who, at: Duration) {
        if let Some(talk) = self.talks.get_mut(&who) {
            talk.first_voice.get_or_insert(at);
            talk.alive = at;
            talk.silent_until = None;
            talk.speaks_on = talk.revoked.is_some();
        }
    }

    fn holds(&self, who: Who) -> bool {
        self.talks.contains_key(&who)
    }

    /// Who talks, apart from who talks over the talker.
    fn ordinary(&self) -> impl Iterator<Item = (Who, &Talk)> {
        self.talks.iter().filter(|(_, talk)| !talk.overriding).map(|(who, talk)| (*who, talk))
    }

    fn overriding(&self) -> Option<Who> {
        self.talks.iter().find(|(_, talk)| talk.overriding).map(|(who, _)| *who)
    }

    /// Whom the voice of somebody reaches, of those who are in the call. `None`: nobody in particular.
    fn hears(&self, from: Who, to: Who) -> bool {
        let over = self.overriding();
        match (self.dual, over) {
            (Some(Hearing::Overriding), Some(over)) if over != from => to == over,
            (Some(Hearing::Overridden), Some(over)) if over == from => {
                self.ordinary().next().is_none_or(|(talker, _)| to == talker)
            }
            _ => to != from,
        }
    }
}

fn has(indicator: Option<FloorIndicator>, bit: FloorIndicator) -> bool {
    indicator.is_some_and(|indicator| indicator.contains(bit))
}

impl Onlooker {
    /// Judges a turn of such a call and takes in what it says.
    pub(super) fn shared_turn(&mut self, shared: &mut Shared, turn: &Turn) -> Result<(), Found> {
        shared.makes_room = false;
        self.shared_received(shared, turn);
        self.shared_voice(shared, turn)?;
        for (index, (to, message)) in turn.down.iter().enumerate() {
            match message {
                FloorMessage::Granted(granted) => self.shared_granted(shared, *to, granted, turn, index)?,
                FloorMessage::Taken(taken) => self.shared_taken(shared, *to, taken)?,
                FloorMessage::Idle(idle) => self.shared_idle(shared, *to, idle, turn, index)?,
                FloorMessage::Revoke(revoke) => self.shared_revoked(shared, *to, revoke, turn.at)?,
                FloorMessage::ReleaseMultiTalker(over) => self.shared_released(shared, over, turn)?,
                FloorMessage::Deny(_) => {
                    let holds = shared.holds(*to);
                    if let Some(member) = self.belief.members.get_mut(to).filter(|_| !holds) {
                        member.asked = member.queued || self.belief.waiting.contains(to);
                    }
                }
                FloorMessage::QueuePositionInfo(info) => {
                    let position = info.info.map(|info| info.position.0);
                    let holds = shared.talks.get(to).is_some_and(|talk| !talk.over && !talk.uncertain);
                    self.told_position_of(*to, position, turn, holds)?;
                }
                _ => {}
            }
        }
        let revoked = shared.talks.values().any(|talk| talk.revoked.is_some());
        let holds = |who| shared.holds(who);
        self.answered_by(turn, revoked, holds)?;
        self.let_go(turn);
        self.shared_ended(shared, turn)
    }

    fn shared_received(&mut self, shared: &mut Shared, turn: &Turn) {
        for (who, message, _) in &turn.up {
            let Some(member) = self.belief.members.get_mut(who) else { continue };
            match message {
                // A request of somebody who was told to stop has no procedure.
                FloorMessage::Request(_) if !member.sends_media && !shared.stopped.contains(who) => {
                    member.asked = true;
                }
                FloorMessage::Release(_) => {
                    member.queued = false;
                    member.sends_media = false;
                    self.belief.waiting.remove(who);
                    shared.stopped.remove(who);
                    match shared.talks.get_mut(who) {
                        Some(talk) if turn.several_of(*who) => talk.uncertain = true,
                        Some(talk) => talk.over = true,
                        None => member.asked = turn.several_of(*who),
                    }
                }
                FloorMessage::UnicastMediaFlowControl(_) => member.flow_is_unknown = true,
                _ => {}
            }
        }
    }

    fn shared_voice(&mut self, shared: &Shared, turn: &Turn) -> Result<(), Found> {
        let Some((from, packet)) = turn.voice else {
            return match turn.voice_down.first() {
                Some((to, _)) => Err((4, format!("client {to} is sent voice that nobody has sent"))),
                None => Ok(()),
            };
        };
        self.judge(4);
        let holds = shared.holds(from);
        if holds && packet.is_none() {
            return Ok(());
        }
        for (listener, member) in &self.belief.members {
            let copies: Vec<_> = turn.voice_down.iter().filter(|(to, _)| to == listener).collect();
            let wanted = usize::from(holds && shared.hears(from, *listener));
            if member.flow_is_unknown && copies.is_empty() {
                continue;
            }
            if copies.len() != wanted || copies.iter().any(|(_, copy)| *copy != packet) {
                let held = if holds { "" } else { ", who does not hold a floor," };
                let count = copies.len();
                return Err((
                    4,
                    format!("voice of client {from}{held} reaches client {listener} {count} times"),
                ));
            }
        }
        Ok(())
    }

    fn shared_granted(
        &mut self,
        shared: &mut Shared,
        to: Who,
        granted: &FloorGranted,
        turn: &Turn,
        index: usize,
    ) -> Result<(), Found> {
        self.judge(12);
        let overriding = has(granted.indicator, FloorIndicator::DUAL_FLOOR) && shared.dual.is_some();
        let duration = granted.duration.unwrap_or_default();
        let held = shared.talks.get(&to).filter(|talk| !talk.over).map(|talk| talk.granted);
        let most = held.unwrap_or(if overriding { self.facts.t12 } else { self.facts.t2 });
        if duration.is_zero() || duration > most {
            return Err((12, format!("client {to} is granted {duration:?} of at most {most:?}")));
        }
        if held.is_some() {
            return self.shared_granted_again(shared, to, duration, turn);
        }
        self.judge(1);
        let facts = self.facts;
        // What may have ended in this turn has ended where somebody else takes its place.
        let room = if overriding { 1 } else { shared.most };
        let mut same: Vec<Who> = shared
            .talks
            .iter()
            .filter(|(_, talk)| talk.overriding == overriding)
            .map(|(who, _)| *who)
            .collect();
        while same.len() >= room {
            let ended = same.iter().position(|who| shared.talks[who].may_end(turn.at, &facts));
            let Some(place) = ended else {
                return Err((1, format!("client {to} is granted the floor beside {same:?}")));
            };
            shared.talks.remove(&same.remove(place));
        }
        self.judge(2);
        let member = self.belief.members.get(&to).ok_or((10, format!("client {to} is gone")))?;
        if !member.asked || member.receive_only || (self.belief.broadcast && !member.initiator) {
            return Err((
                2,
                format!("client {to} is granted the floor without a request that may be granted"),
            ));
        }
        let talks_on = |who: &Who| !shared.talks[who].may_end(turn.at, &facts);
        if shared.dual.is_none() && !member.talks_beside && same.iter().any(talks_on) {
            return Err((
                1,
                format!("client {to}, who may not talk beside others, is granted beside {same:?}"),
            ));
        }
        self.judge(5);
        // Until the next grant, which has an announcement of its own.
        let rest = &turn.down[index + 1..];
        let next =
            rest.iter().position(|(who, message)| *who != to && matches!(message, FloorMessage::Granted(_)));
        let announced = &rest[..next.unwrap_or(rest.len())];
        for (other, member) in self.belief.members.iter().filter(|(who, _)| **who != to) {
            let told = |(who, message): &&(Who, FloorMessage)| {
                who == other && matches!(message, FloorMessage::Taken(_))
            };
            let copies = announced.iter().filter(told).count();
            let answered_too = copies > 1 && turn.several_of(*other);
            if copies != 1 && !(member.sends_media && copies == 0) && !answered_too {
                return Err((
                    5,
                    format!("the grant to client {to} is announced to client {other} {copies} times"),
                ));
            }
        }
        let revoked = shared.makes_room || shared.talks.values().any(|talk| talk.revoked.is_some());
        let from_queue = revoked || self.belief.queue().any(|who| who == to);
        self.belief.waiting.remove(&to);
        self.belief.may_wait.remove(&to);
        for member in self.belief.members.values_mut() {
            member.idle_copies = 0;
        }
        if let Some(member) = self.belief.members.get_mut(&to) {
            member.queued = false;
        }
        shared.stopped.remove(&to);
        let talk = Talk {
            overriding,
            first_voice: None,
            alive: turn.at,
            revoked: None,
            speaks_on: false,
            silent_until: None,
            talks_until: None,
            over: false,
            uncertain: turn.several_of(to),
            granted: duration,
            from_queue,
            copies: 1,
        };
        shared.talks.insert(to, talk);
        Ok(())
    }

    fn shared_granted_again(
        &mut self,
        shared: &mut Shared,
        to: Who,
        duration: Duration,
        turn: &Turn,
    ) -> Result<(), Found> {
        let is_request = |message: &FloorMessage| matches!(message, FloorMessage::Request(_));
        let asked = turn.up.iter().any(|(who, message, _)| *who == to && is_request(message));
        let c20 = self.facts.c20;
        self.judge(11);
        let Some(talk) = shared.talks.get_mut(&to) else { return Ok(()) };
        talk.granted = duration;
        if asked {
            return Ok(());
        }
        talk.copies += 1;
        if !talk.from_queue || talk.copies > c20 {
            return Err((11, format!("client {to} is sent copy {} of Floor Granted", talk.copies)));
        }
        Ok(())
    }

    fn shared_taken(&mut self, shared: &mut Shared, to: Who, taken: &FloorTaken) -> Result<(), Found> {
        if shared.talks.is_empty() {
            return Err((5, format!("client {to} is told that the floor is taken, but nobody holds it")));
        }
        shared.stopped.remove(&to);
        let member = self.belief.members.get_mut(&to);
        let last = member.map(|member| {
            member.sends_media = false;
            std::mem::replace(&mut member.last_taken, taken.sequence)
        });
        self.grows(to, last.flatten(), taken.sequence, "Floor Taken")
    }

    fn shared_idle(
        &mut self,
        shared: &mut Shared,
        to: Who,
        idle: &FloorIdle,
        turn: &Turn,
        index: usize,
    ) -> Result<(), Found> {
        self.judge(6);
        if shared.dual.is_some() && has(idle.indicator, FloorIndicator::DUAL_FLOOR) {
            self.override_ends(shared, turn, index)?;
            let member = self.belief.members.get_mut(&to);
            let last = member.and_then(|member| std::mem::replace(&mut member.last_idle, idle.sequence));
            return self.grows(to, last, idle.sequence, "Floor Idle");
        }
        let facts = self.facts;
        if let Some((who, _)) = shared.talks.iter().find(|(_, talk)| !talk.may_end(turn.at, &facts)) {
            return Err((
                6,
                format!("client {to} is told that the floor is idle while client {who} holds it"),
            ));
        }
        if !shared.talks.is_empty() {
            shared.talks.clear();
            for (who, member) in &mut self.belief.members {
                member.asked &= turn.several_of(*who);
            }
        }
        shared.stopped.remove(&to);
        self.told_idle(to, idle.sequence, turn)
    }

    /// The second floor is idle: who talked over the talker has stopped, or talks alone from now on.
    fn override_ends(&mut self, shared: &mut Shared, turn: &Turn, index: usize) -> Result<(), Found> {
        // Everybody is told of it once.
        let Some(over) = shared.overriding() else { return Ok(()) };
        let goes_on = turn.down[index..].iter().find_map(|(_, message)| match message {
            FloorMessage::Taken(taken) => Some(taken.talker_ssrc?),
            _ => None,
        });
        self.judge(8);
        let facts = self.facts;
        let told = goes_on == Some(ssrc_of(over));
        // Nobody is told where nobody else listens: who sends media without permission is told to stop instead.
        let alone = self.belief.members.iter().all(|(who, member)| *who == over || member.sends_media);
        let outlives = |(_, talk): (Who, &Talk)| talk.may_end(turn.at, &facts);
        let takes_over = told || (alone && goes_on.is_none() && shared.ordinary().any(outlives));
        let who = match takes_over {
            true => shared.ordinary().map(|(who, _)| who).next(),
            false => Some(over),
        };
        let Some(who) = who else { return Ok(()) };
        if shared.talks.get(&who).is_some_and(|talk| !talk.may_end(turn.at, &facts)) {
            return Err((8, format!("the floor of client {who} ends for no reason")));
        }
        shared.talks.remove(&who);
        if takes_over && let Some(talk) = shared.talks.get_mut(&over) {
            // Its timers run on: what is left of T12 is its T2, which may be more than a T2 from the beginning.
            talk.silent_until = Some(talk.deadline(&facts));
            talk.talks_until = talk.limit(&facts);
            talk.overriding = false;
            talk.granted = talk.granted.max(facts.t2);
        }
        Ok(())
    }

    fn shared_released(
        &mut self,
        shared: &mut Shared,
        over: &FloorReleaseMultiTalker,
        turn: &Turn,
    ) -> Result<(), Found> {
        let named = |who: &Who| over.talker_ssrc == Some(ssrc_of(*who)) || over.talker_ssrc == Some(Ssrc(0));
        let Some(who) = shared.talks.keys().copied().find(named) else { return Ok(()) };
        self.judge(8);
        if !shared.talks[&who].may_end(turn.at, &self.facts) {
            return Err((
                8,
                format!("everybody is told that client {who} has stopped, who has no reason to"),
            ));
        }
        shared.talks.remove(&who);
        if let Some(member) = self.belief.members.get_mut(&who) {
            // It may have asked again in the same datagram.
            member.asked &= turn.several_of(who);
        }
        Ok(())
    }

    fn shared_revoked(
        &mut self,
        shared: &mut Shared,
        to: Who,
        revoke: &FloorRevoke,
        at: Duration,
    ) -> Result<(), Found> {
        let holds = shared.holds(to);
        if revoke.cause == Some(RevokeCause::NO_PERMISSION) {
            if let Some(member) = self.belief.members.get_mut(&to).filter(|_| !holds) {
                member.sends_media = true;
                return Ok(());
            }
            return Err((8, format!("client {to}, who holds the floor, is told that it has no permission")));
        }
        self.judge(8);
        let facts = self.facts;
        let lingers = shared.stopped.contains(&to);
        let sends_media = self.belief.members.get(&to).is_some_and(|one| one.sends_media);
        let Some(talk) = shared.talks.get_mut(&to) else {
            return match sends_media || lingers {
                true => Ok(()),
                false => Err((8, format!("client {to} is told to stop, but does not hold the floor"))),
            };
        };
        if talk.revoked.is_some() {
            return Ok(());
        }
        talk.revoked = Some(at);
        shared.makes_room = true;
        let limit = talk.limit(&facts);
        if revoke.cause == Some(RevokeCause::MEDIA_BURST_TOO_LONG) && limit != Some(at) {
            return Err((
                8,
                format!("client {to} is told that it talks for too long after {:?}", talk.first_voice),
            ));
        }
        if talk.overriding {
            talk.over = true;
            shared.stopped.insert(to);
        }
        Ok(())
    }

    /// Whoever has let go is followed by somebody else or by silence, at once.
    fn shared_ended(&mut self, shared: &mut Shared, turn: &Turn) -> Result<(), Found> {
        let members = &self.belief.members;
        for (who, talk) in &mut shared.talks {
            talk.uncertain = false;
            // With nobody there to be told, or told only when it has stopped sending, nothing is seen.
            let told = members
                .iter()
                .any(|(other, member)| !(member.sends_media || talk.overriding && other == who));
            if talk.over && told {
                let at = turn.at;
                return Err((8, format!("client {who} let go of the floor, and nobody is told at {at:?}")));
            }
        }
        shared.talks.retain(|_, talk| !talk.over);
        Ok(())
    }

    /// Whether somebody holds the floor for longer than the timers allow.
    pub(super) fn shared_overdue(&mut self, shared: &Shared, now: Duration) -> Result<(), Found> {
        for (who, talk) in &shared.talks {
            self.judge(8);
            let deadline = talk.deadline(&self.facts);
            let told = |(other, member): (&Who, &super::belief::Member)| {
                !(member.sends_media || talk.overriding && other == who)
            };
            if deadline < now && self.belief.members.iter().any(told) {
                return Err((
                    8,
                    format!("client {who} should have lost the floor at {deadline:?}, it is {now:?}"),
                ));
            }
            let limit = talk.limit(&self.facts);
            if talk.revoked.is_none() && limit.is_some_and(|limit| limit < now) {
                return Err((
                    8,
                    format!("client {who} talks for longer than it may and is not told to stop"),
                ));
            }
        }
        Ok(())
    }
}
