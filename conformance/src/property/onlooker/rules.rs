//! What is judged when a turn is over.

use std::time::Duration;

use mcptt_codec::floor::{FloorMessage, FloorTaken, MessageSequenceNumber, RevokeCause};

use super::belief::Holder;
use super::{Found, Onlooker, Turn};
use crate::scenario::Who;

impl Onlooker {
    /// Judges a turn and takes in what it says.
    pub(super) fn turn(&mut self, turn: &Turn) -> Result<(), Found> {
        if !self.belief.is_running() {
            return Ok(());
        }
        if let Some(mut shared) = self.shared.take() {
            let judged = self.shared_turn(&mut shared, turn);
            self.shared = Some(shared);
            return judged;
        }
        self.received(turn);
        self.forwarded(turn)?;
        for (index, (to, message)) in turn.down.iter().enumerate() {
            match message {
                FloorMessage::Granted(granted) => {
                    self.granted(*to, granted.duration, turn, index)?;
                }
                FloorMessage::Taken(taken) => self.taken(*to, taken)?,
                FloorMessage::Idle(idle) => self.idle(*to, idle.sequence, turn)?,
                FloorMessage::Revoke(revoke) => self.revoked(*to, revoke.cause, turn.at)?,
                FloorMessage::Deny(_) => {
                    let holds = self.belief.holds(*to);
                    if let Some(member) = self.belief.members.get_mut(to).filter(|_| !holds) {
                        member.asked = member.queued || self.belief.waiting.contains(to);
                    }
                }
                FloorMessage::QueuePositionInfo(info) => {
                    let position = info.info.map(|info| info.position.0);
                    self.told_position(*to, position, turn)?;
                }
                _ => {}
            }
        }
        self.answered(turn)?;
        self.let_go(turn);
        self.ended(turn)
    }

    /// Who asks and lets go in one datagram was told a position, and waits no more.
    pub(super) fn let_go(&mut self, turn: &Turn) {
        let is_word =
            |message: &FloorMessage| matches!(message, FloorMessage::Request(_) | FloorMessage::Release(_));
        let last = turn.up.iter().rev().find(|(_, message, _)| is_word(message));
        let Some((who, FloorMessage::Release(_), _)) = last else { return };
        self.belief.waiting.remove(who);
        self.belief.may_wait.remove(who);
        if let Some(member) = self.belief.members.get_mut(who) {
            member.queued = false;
        }
    }

    /// What came in changes before anything goes out.
    fn received(&mut self, turn: &Turn) {
        for (who, message, _) in &turn.up {
            let Some(member) = self.belief.members.get_mut(who) else { continue };
            match message {
                // A request of somebody who was told to stop sending has no procedure.
                FloorMessage::Request(_) if !member.sends_media => member.asked = true,
                FloorMessage::Release(_) => {
                    member.queued = false;
                    member.sends_media = false;
                    self.belief.waiting.remove(who);
                    match self.belief.holder.as_mut().filter(|holder| holder.who == *who) {
                        Some(holder) if turn.several_of(*who) => holder.uncertain = true,
                        Some(holder) => holder.released = true,
                        None => member.asked = turn.several_of(*who),
                    }
                }
                FloorMessage::UnicastMediaFlowControl(_) => member.flow_is_unknown = true,
                _ => {}
            }
        }
    }

    fn forwarded(&mut self, turn: &Turn) -> Result<(), Found> {
        let Some((from, packet)) = turn.voice else {
            return match turn.voice_down.first() {
                Some((to, _)) => Err((4, format!("client {to} is sent voice that nobody has sent"))),
                None => Ok(()),
            };
        };
        self.judge(4);
        if !self.belief.holds(from) {
            return match turn.voice_down.first() {
                Some((to, _)) => Err((
                    4,
                    format!("voice of client {from}, who does not hold the floor, reaches client {to}"),
                )),
                None => Ok(()),
            };
        }
        if packet.is_none() {
            return Ok(());
        }
        for (listener, member) in self.belief.members.iter().filter(|(who, _)| **who != from) {
            let copies: Vec<_> = turn.voice_down.iter().filter(|(to, _)| to == listener).collect();
            if member.flow_is_unknown && copies.is_empty() {
                continue;
            }
            if copies.len() != 1 || copies[0].1 != packet {
                return Err((
                    4,
                    format!("voice of client {from} reaches client {listener} as {} copies", copies.len()),
                ));
            }
        }
        match turn.voice_down.iter().find(|(to, _)| *to == from) {
            Some(_) => Err((4, format!("client {from} hears its own voice"))),
            None => Ok(()),
        }
    }

    fn granted(
        &mut self,
        to: Who,
        duration: Option<Duration>,
        turn: &Turn,
        index: usize,
    ) -> Result<(), Found> {
        self.judge(12);
        let duration = duration.unwrap_or_default();
        if duration.is_zero() || duration > self.facts.t2 {
            return Err((12, format!("client {to} is granted {duration:?}, T2 is {:?}", self.facts.t2)));
        }
        if self.belief.holds(to) {
            return self.granted_again(to, duration, turn);
        }
        self.judge(1);
        if let Some(holder) = &self.belief.holder
            && !holder.may_end(turn.at, &self.facts)
        {
            return Err((1, format!("client {to} is granted the floor that client {} holds", holder.who)));
        }
        self.judge(2);
        let member = self.belief.members.get(&to).ok_or((10, format!("client {to} is gone")))?;
        if !member.asked || member.receive_only || (self.belief.broadcast && !member.initiator) {
            return Err((
                2,
                format!("client {to} is granted the floor without a request that may be granted"),
            ));
        }
        self.judge(5);
        let announced = &turn.down[index + 1..];
        for (other, member) in self.belief.members.iter().filter(|(who, _)| **who != to) {
            let copies = announced
                .iter()
                .filter(|(who, message)| who == other && matches!(message, FloorMessage::Taken(_)))
                .count();
            // Somebody who was told to stop sending is told when it has stopped.
            let answered_too = copies > 1 && turn.several_of(*other);
            if copies != 1 && !(member.sends_media && copies == 0) && !answered_too {
                return Err((
                    5,
                    format!("the grant to client {to} is announced to client {other} {copies} times"),
                ));
            }
        }
        // A pre-emptor waits, if only for a moment.
        let revoked = self.belief.holder.as_ref().is_some_and(|holder| holder.revoked.is_some());
        let from_queue = revoked || self.belief.queue().any(|who| who == to);
        self.belief.waiting.remove(&to);
        self.belief.may_wait.remove(&to);
        for member in self.belief.members.values_mut() {
            member.idle_copies = 0;
        }
        if let Some(member) = self.belief.members.get_mut(&to) {
            member.queued = false;
        }
        self.belief.holder = Some(Holder {
            who: to,
            first_voice: None,
            alive: turn.at,
            revoked: None,
            speaks_on: false,
            released: false,
            uncertain: turn.several_of(to),
            left: false,
            granted: Some(duration),
            from_queue,
            copies: 1,
        });
        Ok(())
    }

    fn granted_again(&mut self, to: Who, duration: Duration, turn: &Turn) -> Result<(), Found> {
        let asked =
            turn.up.iter().any(|(who, message, _)| *who == to && matches!(message, FloorMessage::Request(_)));
        let c20 = self.facts.c20;
        self.judge(11);
        let Some(holder) = &mut self.belief.holder else { return Ok(()) };
        if holder.granted.is_some_and(|before| duration > before) {
            return Err((12, format!("client {to} is granted {duration:?} after {:?}", holder.granted)));
        }
        holder.granted = Some(duration);
        if asked {
            return Ok(());
        }
        holder.copies += 1;
        if !holder.from_queue || holder.copies > c20 {
            return Err((11, format!("client {to} is sent copy {} of Floor Granted", holder.copies)));
        }
        Ok(())
    }

    fn taken(&mut self, to: Who, taken: &FloorTaken) -> Result<(), Found> {
        if self.belief.holder.as_ref().is_none_or(|holder| holder.who == to) {
            return Err((
                5,
                format!("client {to} is told that the floor is taken, but nobody else holds it"),
            ));
        }
        let member = self.belief.members.get_mut(&to);
        let last = member.map(|member| {
            member.sends_media = false;
            std::mem::replace(&mut member.last_taken, taken.sequence)
        });
        self.grows(to, last.flatten(), taken.sequence, "Floor Taken")
    }

    fn idle(&mut self, to: Who, sequence: Option<MessageSequenceNumber>, turn: &Turn) -> Result<(), Found> {
        self.judge(6);
        if let Some(holder) = &self.belief.holder {
            if !holder.may_end(turn.at, &self.facts) {
                let who = holder.who;
                return Err((
                    6,
                    format!("client {to} is told that the floor is idle while client {who} holds it"),
                ));
            }
            self.belief.holder = None;
            for (who, member) in &mut self.belief.members {
                member.asked &= turn.several_of(*who);
            }
        }
        self.told_idle(to, sequence, turn)
    }

    /// Floor Idle, when nobody holds the floor.
    pub(super) fn told_idle(
        &mut self,
        to: Who,
        sequence: Option<MessageSequenceNumber>,
        turn: &Turn,
    ) -> Result<(), Found> {
        if let Some(waits) = self.belief.queue().next() {
            return Err((
                6,
                format!("client {to} is told that the floor is idle while client {waits} waits"),
            ));
        }
        let own = turn.joined == Some(to)
            || turn
                .up
                .iter()
                .any(|(who, message, _)| *who == to && matches!(message, FloorMessage::Release(_)));
        let c7 = self.facts.c7;
        let Some(member) = self.belief.members.get_mut(&to) else { return Ok(()) };
        let last = std::mem::replace(&mut member.last_idle, sequence);
        // What answers this client alone is no repetition, nor what lets it out that was told to stop.
        member.idle_copies += u64::from(!own && !member.sends_media);
        member.sends_media = false;
        let copies = member.idle_copies;
        self.judge(11);
        if copies > c7 {
            return Err((11, format!("client {to} is sent copy {copies} of Floor Idle")));
        }
        self.grows(to, last, sequence, "Floor Idle")
    }

    pub(super) fn grows(
        &mut self,
        to: Who,
        last: Option<MessageSequenceNumber>,
        sequence: Option<MessageSequenceNumber>,
        name: &str,
    ) -> Result<(), Found> {
        self.judge(9);
        match (last, sequence) {
            (_, None) => Err((9, format!("{name} to client {to} has no sequence number"))),
            (Some(last), Some(now)) if !now.newer_than(last) => {
                Err((9, format!("{name} {} follows {} at client {to}", now.0, last.0)))
            }
            _ => Ok(()),
        }
    }

    fn revoked(&mut self, to: Who, cause: Option<RevokeCause>, at: Duration) -> Result<(), Found> {
        let holds = self.belief.holds(to);
        if cause == Some(RevokeCause::NO_PERMISSION) {
            if let Some(member) = self.belief.members.get_mut(&to).filter(|_| !holds) {
                member.sends_media = true;
                return Ok(());
            }
            return Err((8, format!("client {to}, who holds the floor, is told that it has no permission")));
        }
        self.judge(8);
        let (t2, sends_media) =
            (self.facts.t2, self.belief.members.get(&to).is_some_and(|one| one.sends_media));
        let Some(holder) = self.belief.holder.as_mut().filter(|holder| holder.who == to) else {
            return match sends_media {
                true => Ok(()),
                false => Err((8, format!("client {to} is told to stop, but does not hold the floor"))),
            };
        };
        if holder.revoked.is_some() {
            return Ok(());
        }
        holder.revoked = Some(at);
        if cause == Some(RevokeCause::MEDIA_BURST_TOO_LONG)
            && holder.first_voice.map(|first| first + t2) != Some(at)
        {
            return Err((
                8,
                format!("client {to} is told that it talks for too long after {:?}", holder.first_voice),
            ));
        }
        Ok(())
    }

    fn told_position(&mut self, to: Who, position: Option<u8>, turn: &Turn) -> Result<(), Found> {
        let released = self.belief.holder.as_ref().is_some_and(|one| one.released);
        let holds = self.belief.holds(to) && !released;
        self.told_position_of(to, position, turn, holds)
    }

    /// The same, where it is known whether the client holds the floor.
    pub(super) fn told_position_of(
        &mut self,
        to: Who,
        position: Option<u8>,
        turn: &Turn,
        holds: bool,
    ) -> Result<(), Found> {
        self.judge(3);
        let position = position.ok_or((3, format!("client {to} is told no position")))?;
        if position == 254 || position == 255 {
            let waits = self.belief.queue().any(|who| who == to);
            return match position == 254 && waits {
                true => Err((3, format!("client {to} waits and is told that it does not"))),
                false => Ok(()),
            };
        }
        if holds {
            return Err((3, format!("client {to} holds the floor and is told position {position}")));
        }
        if let Some(member) = self.belief.members.get_mut(&to) {
            member.queued = true;
        }
        // A pre-emptor of this very turn may stand before it without having been told anything.
        let asking = turn.up.iter().filter(|(who, ..)| *who != to).count();
        let waiting = self.belief.queue().count() + self.belief.may_wait.len() + asking;
        if usize::from(position) > waiting || position == 0 {
            return Err((3, format!("client {to} is told position {position} of {waiting}")));
        }
        Ok(())
    }

    /// Each request has its answer in the same turn.
    fn answered(&mut self, turn: &Turn) -> Result<(), Found> {
        let revoked = self.belief.holder.as_ref().is_some_and(|holder| holder.revoked.is_some());
        let holder = self.belief.holder.as_ref().filter(|holder| !holder.left).map(|holder| holder.who);
        self.answered_by(turn, revoked, |who| holder == Some(who))
    }

    /// The same, where it is known who holds the floor and whether somebody is told to stop.
    pub(super) fn answered_by(
        &mut self,
        turn: &Turn,
        revoked: bool,
        holds: impl Fn(Who) -> bool,
    ) -> Result<(), Found> {
        let is_request = |message: &FloorMessage| matches!(message, FloorMessage::Request(_));
        let Some((who, _, _)) = turn.up.iter().find(|(_, message, _)| is_request(message)) else {
            return Ok(());
        };
        let (who, rate) = (*who, self.facts.rate);
        if !self.belief.is_member(who) {
            return Ok(());
        }
        self.judge(7);
        let requests = turn.up.iter().filter(|(_, message, _)| is_request(message)).count();
        let mut answers = 0;
        let mut waits = false;
        for (_, message) in turn.down.iter().filter(|(to, _)| *to == who) {
            match message {
                // Told to wait and granted at once, without a grace period: one answer.
                FloorMessage::Granted(_) if waits => waits = false,
                FloorMessage::Granted(_) | FloorMessage::Deny(_) => answers += 1,
                FloorMessage::QueuePositionInfo(_) => {
                    answers += 1;
                    waits = true;
                }
                _ => {}
            }
        }
        // A question for the position in the same datagram has an answer as well.
        let questions = turn.up.len() - requests;
        if answers > requests + questions {
            return Err((7, format!("{requests} requests of client {who} have {answers} answers")));
        }
        let clean = turn.up.iter().all(|(_, _, clean)| *clean) && !self.belief.floods(who, rate);
        if answers >= requests || self.belief.awaits_listener {
            return Ok(());
        }
        if !clean {
            if revoked && !holds(who) {
                self.belief.may_wait.insert(who);
            }
            return Ok(());
        }
        if !revoked {
            return Err((7, format!("a request of client {who} has no answer")));
        }
        if !holds(who) {
            self.belief.waiting.insert(who);
        }
        Ok(())
    }

    /// Whoever lets go is followed by somebody else or by silence, at once.
    fn ended(&mut self, turn: &Turn) -> Result<(), Found> {
        if let Some(holder) = &mut self.belief.holder {
            holder.uncertain = false;
        }
        let over = self.belief.holder.as_ref().filter(|holder| holder.released || holder.left);
        let Some(who) = over.map(|holder| holder.who) else { return Ok(()) };
        self.judge(8);
        // With nobody there to be told, or told only when it has stopped sending, nothing is seen.
        let told = self.belief.members.values().any(|member| !member.sends_media);
        if told {
            return Err((
                8,
                format!("client {who} let go of the floor, and nobody is told at {:?}", turn.at),
            ));
        }
        self.belief.holder = None;
        Ok(())
    }

    /// Whether the floor is held for longer than the timers allow.
    pub(super) fn overdue(&mut self, now: Duration) -> Result<(), Found> {
        if let Some(shared) = self.shared.take() {
            let judged = if self.belief.is_running() { self.shared_overdue(&shared, now) } else { Ok(()) };
            self.shared = Some(shared);
            return judged;
        }
        let Some(holder) = self.belief.holder.as_ref().filter(|_| self.belief.is_running()) else {
            return Ok(());
        };
        let (who, deadline) = (holder.who, holder.deadline(&self.facts));
        let too_long =
            holder.revoked.is_none() && holder.first_voice.is_some_and(|first| first + self.facts.t2 < now);
        let silent = self.belief.members.values().all(|member| member.sends_media);
        self.judge(8);
        if deadline < now && !silent {
            return Err((
                8,
                format!("client {who} should have lost the floor at {deadline:?}, it is {now:?}"),
            ));
        }
        if too_long {
            return Err((8, format!("client {who} talks for longer than T2 and is not told to stop")));
        }
        Ok(())
    }
}
