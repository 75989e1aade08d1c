//! Whom a new call invites, and how fast (TS 24.379 6.3.5.5): a call with thousands of members does not hold up the others.
//!
//! The invitations of one call leave in turns, so many in each ([`fan_out_rate`](crate::config::PolicyConfig::fan_out_rate)),
//! and so does what all participants are told: that the call has become urgent, and that it is over; and what all who are
//! affiliated, or part of a regroup, are told without a call. Whatever else arrives is served between two turns. Required members are invited first.

use std::collections::{BTreeMap, VecDeque};
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, LegRef, McpttId};
use mcptt_codec::sip::Part;
use mcptt_codec::xml::mcptt_info::McpttInfo;

use super::fan_out::has_room;
use super::session::{Leg, LegState};
use super::{Controlling, Deadline};
use crate::bodies::Kind;
use crate::config::Member;
use crate::event::{CallState, LeaveCause, Tier};
use crate::pace::{Pace, TURN, turn_size};

/// Those that may wait to be told something: half a minute of it at the default rate.
const MOST_WAITING: usize = 65_536;

/// A client that is going to be invited.
#[derive(Debug)]
pub(super) struct Candidate {
    pub required: bool,
    pub mcptt_id: McpttId,
    /// Empty: the participating function knows which one.
    pub client_id: ClientId,
}

/// Whom there is something to tell outside of calls, when many are told at once.
#[derive(Debug, Default)]
pub(super) struct Telling {
    /// Emergencies and imminent perils, before anything else.
    urgent: VecDeque<Told>,
    waiting: VecDeque<Told>,
    pace: Pace,
}

/// What one client of one member is told.
#[derive(Debug)]
struct Told {
    to: (McpttId, ClientId),
    info: McpttInfo,
    further: Vec<Part>,
    tier: Tier,
}

impl Telling {
    /// Somebody is told when it is its turn. Where too many wait already it is not: somebody tells more than can be said, and
    /// how things stand the next call will show.
    fn wait(&mut self, told: Told) {
        let queue = match told.tier {
            Tier::Normal => &mut self.waiting,
            Tier::Emergency | Tier::ImminentPeril => &mut self.urgent,
        };
        if queue.len() < MOST_WAITING {
            queue.push_back(told);
        }
    }

    fn next(&mut self) -> Option<Told> {
        self.urgent.pop_front().or_else(|| self.waiting.pop_front())
    }

    fn is_empty(&self) -> bool {
        self.urgent.is_empty() && self.waiting.is_empty()
    }
}

impl Controlling {
    /// Invites the affiliated members to a new call.
    pub(super) fn fan_out(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get(&call) else { return };
        let document = self.document(&running.group);
        let Some(group) = document.get() else { return };
        let adhoc = running.kind == Kind::Adhoc;
        let originator = running.legs.get(&running.originator);
        let own = originator.map(|leg| (leg.mcptt_id.clone(), leg.client_id.clone()));
        // The caller takes part in the call of the temporary group itself.
        let elsewhere = running.non_controlling.is_some().then(|| running.initiator.clone());
        // Looked up for each of them: with thousands, a walk over all members each time would hold up everybody else.
        let mut members: BTreeMap<&McpttId, &Member> = BTreeMap::new();
        for member in &group.members {
            members.entry(&member.mcptt_id).or_insert(member);
        }
        //= 24.379-6.3.5.5
        let mut invited: Vec<Candidate> = self
            .affiliations
            .of_group(&group.group_id)
            .filter(|(user, client)| {
                // Whoever was made part of a regroup by name is affiliated with whatever client.
                let is_own = |own: &&(McpttId, ClientId)| {
                    own.0 == **user && (own.1 == **client || **client == ClientId::default())
                };
                own.as_ref().filter(is_own).is_none() && elsewhere.as_ref() != Some(user)
            })
            // Members of constituent groups are invited by the functions of those.
            .filter(|(user, _)| self.constituent_of(group, user).is_none())
            .filter_map(|(user, client)| {
                let member = members.get(user)?;
                Some(Candidate {
                    required: member.required,
                    mcptt_id: user.clone(),
                    client_id: client.clone(),
                })
            })
            .collect();
        if adhoc {
            // Which of its clients a participant is called at, its participating function knows.
            let called = own.as_ref().map(|(user, _)| user);
            let others = group.members.iter().filter(|member| Some(&member.mcptt_id) != called);
            invited.extend(others.map(|member| Candidate {
                required: false,
                mcptt_id: member.mcptt_id.clone(),
                client_id: ClientId::default(),
            }));
        }
        // Required members first; the order of the others is that of their identities, so that it can be repeated.
        invited.sort_by_key(|candidate| !candidate.required);
        let taken = group.constituents.len().saturating_add(1);
        let room = self.participant_limit(group).saturating_sub(taken);
        let truncated = invited.len() > room;
        invited.truncate(room);
        let required = invited.iter().any(|candidate| candidate.required);
        if let Some(running) = self.calls.get_mut(&call) {
            running.truncated = truncated;
            //= 24.379-6.3.3.3:start
            running.acknowledging = required && group.acknowledgement.is_some();
        }
        if let (true, Some(acknowledgement)) = (required, group.acknowledgement) {
            self.deadlines.set(Deadline::Tng1(call), now.checked_add(acknowledgement.timeout));
        }
        for constituent in &group.constituents {
            self.invite_constituent(now, call, constituent);
        }
        if let Some(running) = self.calls.get_mut(&call) {
            running.to_invite = invited.into();
        }
        self.invite_next(now, call);
    }

    /// Invites as many of those that wait for it as one turn allows, and says when it is the turn of the next.
    fn invite_next(&mut self, now: Instant, call: CallRef) {
        for _ in 0..self.turn() {
            let next = self.calls.get_mut(&call).and_then(|running| running.to_invite.pop_front());
            let Some(Candidate { mcptt_id, client_id, .. }) = next else { break };
            if self.is_to_be_invited(call, &mcptt_id, &client_id) {
                self.invite_member(now, call, &mcptt_id, &client_id);
            }
        }
        let more = self.calls.get(&call).is_some_and(|running| !running.to_invite.is_empty());
        self.set_turn(now, call, more);
    }

    /// It is the turn of the next ones: to be invited, or in a call that ends to be told so.
    pub(super) fn fan_out_goes_on(&mut self, now: Instant, call: CallRef) {
        if self.calls.get(&call).is_some_and(|running| running.state == CallState::Releasing) {
            self.dismiss(now, call);
            return self.finish(call);
        }
        self.invite_next(now, call);
        self.evaluate(now, call);
    }

    /// Ends the legs of a call that is released: who is not in it yet at once, participants in turns.
    pub(super) fn dismiss(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get(&call) else { return };
        let is_connected = |leg: &Leg| matches!(leg.state, LegState::Connected(_));
        let (connected, others): (Vec<_>, Vec<_>) =
            running.legs.iter().partition(|(_, leg)| is_connected(leg));
        let due = others.iter().chain(connected.iter().take(self.turn()));
        let due: Vec<LegRef> = due.map(|(at, _)| **at).collect();
        let more = connected.len() > self.turn();
        for leg in due {
            self.drop_leg(now, call, leg, LeaveCause::CallReleased, true);
        }
        self.set_turn(now, call, more);
    }

    /// When the one of this number, counted from 0, is to be told something that many are told: `None` at once.
    pub(super) fn turn_of(&self, now: Instant, number: usize) -> Option<Instant> {
        let turns = number.checked_div(self.turn()).and_then(|turns| u32::try_from(turns).ok())?;
        (turns > 0).then(|| now.checked_add(TURN.saturating_mul(turns))).flatten()
    }

    /// Tells a client of a member something, at once or when it is its turn.
    pub(super) fn tell_in_turn(
        &mut self,
        now: Instant,
        (user, client): (&McpttId, &ClientId),
        info: McpttInfo,
        further: Vec<Part>,
        tier: Tier,
    ) {
        let size = self.turn();
        let first = self.telling.is_empty();
        if first && self.telling.pace.take(now, size) {
            return self.message_member(now, (user, client), info, further, tier);
        }
        if first {
            self.deadlines.set(Deadline::Telling, self.telling.pace.next(now));
        }
        let to = (user.clone(), client.clone());
        self.telling.wait(Told { to, info, further, tier });
    }

    /// It is the turn of the next ones.
    pub(super) fn telling_goes_on(&mut self, now: Instant) {
        let size = self.turn();
        while !self.telling.is_empty() && self.telling.pace.take(now, size) {
            let Some(Told { to, info, further, tier }) = self.telling.next() else { break };
            self.message_member(now, (&to.0, &to.1), info, further, tier);
        }
        let more = !self.telling.is_empty();
        self.deadlines.set(Deadline::Telling, self.telling.pace.next(now).filter(|_| more));
    }

    /// How many of one call are told something in one turn.
    fn turn(&self) -> usize {
        turn_size(&self.directory.config.policy)
    }

    /// From now and not from when it was due: a turn that came late is not made up for by several at once.
    fn set_turn(&mut self, now: Instant, call: CallRef, more: bool) {
        self.deadlines.set(Deadline::FanOut(call), now.checked_add(TURN).filter(|_| more));
    }

    /// Whether what spoke for an invitation when the call began still does: since then the client may have joined by itself,
    /// or be no longer affiliated, and others may have taken the last place.
    fn is_to_be_invited(&self, call: CallRef, mcptt_id: &McpttId, client_id: &ClientId) -> bool {
        let Some(running) = self.calls.get(&call) else { return false };
        let document = self.document(&running.group);
        let Some(group) = document.get() else { return false };
        let same = |leg: &Leg| {
            let client = leg.client_id == *client_id || leg.client_id.0.is_empty() || client_id.0.is_empty();
            leg.mcptt_id == *mcptt_id && client
        };
        let there = running.legs.values().any(same);
        let affiliated =
            running.kind == Kind::Adhoc || self.is_affiliated(&running.group, mcptt_id, client_id);
        affiliated && !there && has_room(running, group, self.participant_limit(group))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_tells_more_than_can_be_said_fills_no_memory() {
        let mut telling = Telling::default();
        for number in 0..MOST_WAITING + 10 {
            let to = (McpttId::new(format!("sip:m-{number}@mc.example.org").as_str()), ClientId::default());
            let info = McpttInfo::default();
            telling.wait(Told { to, info, further: Vec::new(), tier: Tier::Normal });
        }
        assert_eq!(telling.waiting.len(), MOST_WAITING);
        assert_eq!(telling.waiting.front().unwrap().to.0.as_str(), "sip:m-0@mc.example.org");
    }
}
