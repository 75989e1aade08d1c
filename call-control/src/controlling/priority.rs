//! The in-progress emergency and imminent peril of a group (TS 24.379 4.6, 6.3.3.1.16, 6.3.3.5): states that outlive
//! calls, with TNG2, and what they mean for the call that runs.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::{CallRef, GroupId, McpttId};

use super::alert::Alert;
use super::inform::Notice;
use super::{Controlling, Deadline};
use crate::event::{CallState, Event, Tier};
use crate::media::MediaCommand;

/// What is in progress in a group. Groups in which nothing is have no entry.
#[derive(Debug, Default)]
pub(super) struct GroupState {
    /// Who has declared the emergency; it is in progress while there is anybody.
    pub emergency: BTreeSet<McpttId>,
    /// Who has declared the imminent peril; empty in an emergency, which supersedes it.
    pub peril: BTreeSet<McpttId>,
    /// The alerts that stand, by whose they are.
    pub alerts: BTreeMap<McpttId, Alert>,
}

impl GroupState {
    fn tier(&self) -> Tier {
        if !self.emergency.is_empty() {
            Tier::Emergency
        } else if !self.peril.is_empty() {
            Tier::ImminentPeril
        } else {
            Tier::Normal
        }
    }

    fn is_empty(&self) -> bool {
        self.emergency.is_empty() && self.peril.is_empty() && self.alerts.is_empty()
    }
}

impl Controlling {
    /// What is in progress in a group.
    pub(super) fn tier_of(&self, group: &GroupId) -> Tier {
        //= 24.379-4.6:states
        self.states.get(group).map_or(Tier::Normal, GroupState::tier)
    }

    /// A user declares an emergency or imminent peril, as authorised. True if an imminent peril gave way to an emergency.
    pub(super) fn raise(&mut self, now: Instant, group: &GroupId, user: &McpttId, tier: Tier) -> bool {
        let before = self.tier_of(group);
        let state = self.states.entry(group.clone()).or_default();
        match tier {
            //= 24.379-10.1.1.4.2:14b
            Tier::Emergency => {
                //= 24.379-10.1.1.4.7:6c
                state.emergency.insert(user.clone());
                state.peril.clear();
            }
            Tier::ImminentPeril if before != Tier::Emergency => {
                state.peril.insert(user.clone());
            }
            Tier::ImminentPeril | Tier::Normal => {}
        }
        self.tier_settled(now, group, before, Some(user));
        before == Tier::ImminentPeril && tier == Tier::Emergency
    }

    /// Takes back the emergency of `whose`, of everybody if that user has none. True if the emergency of the group is over.
    pub(super) fn end_emergency(
        &mut self,
        now: Instant,
        group: &GroupId,
        whose: &McpttId,
        by: &McpttId,
    ) -> bool {
        let before = self.tier_of(group);
        let Some(state) = self.states.get_mut(group) else { return false };
        if !state.emergency.remove(whose) {
            state.emergency.clear();
        }
        //= 24.379-10.1.1.4.7:7a
        let over = before == Tier::Emergency && state.emergency.is_empty();
        self.tier_settled(now, group, before, Some(by));
        over
    }

    /// Ends the imminent peril of a group, whoever has declared it. True if there was one.
    pub(super) fn end_peril(&mut self, now: Instant, group: &GroupId, by: &McpttId) -> bool {
        let before = self.tier_of(group);
        if let Some(state) = self.states.get_mut(group) {
            state.peril.clear();
        }
        self.tier_settled(now, group, before, Some(by));
        before == Tier::ImminentPeril
    }

    /// TNG2 has expired: the emergency ends, the call goes on.
    pub(super) fn emergency_expired(&mut self, now: Instant, group: &GroupId) {
        //= 24.379-6.3.3.1.16
        let before = self.tier_of(group);
        let Some(state) = self.states.get_mut(group) else { return };
        let Some(user) = state.emergency.pop_first() else { return };
        state.emergency.clear();
        self.tier_settled(now, group, before, None);
        //= 24.379-6.3.3.1.10
        let notice = Notice { emergency: Some(false), ..Notice::by(&user) };
        self.inform(now, group, &notice, None);
    }

    /// Draws the consequences of a change: timers, the floor, events.
    fn tier_settled(&mut self, now: Instant, group: &GroupId, before: Tier, by: Option<&McpttId>) {
        self.forget_if_calm(group);
        self.touched.groups.insert(group.clone());
        let tier = self.tier_of(group);
        if tier == before {
            return;
        }
        self.event(Event::PriorityStateChanged {
            group: group.clone(),
            from: before,
            to: tier,
            mcptt_id: by.cloned(),
        });
        let limit = self.directory.config.service.emergency_time_limit;
        let until = limit.filter(|_| tier == Tier::Emergency).and_then(|limit| now.checked_add(limit));
        self.deadlines.set(Deadline::Tng2(group.clone()), until);
        let Some(call) = self.running_call_of(group) else { return };
        self.follow_tier(now, call, tier, by);
    }

    /// Gives a call the tier of its group.
    fn follow_tier(&mut self, now: Instant, call: CallRef, tier: Tier, by: Option<&McpttId>) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        let from = std::mem::replace(&mut running.tier, tier);
        if from == tier || running.state == CallState::Releasing {
            return;
        }
        let (group, broadcast) = (running.group.clone(), running.broadcast);
        let temporary = self.document(&group).get().is_some_and(|group| group.temporary);
        let indicator = floor_indicator(tier, broadcast, temporary);
        self.event(Event::TierChanged { call, group: Some(group), from, to: tier, mcptt_id: by.cloned() });
        self.media(MediaCommand::TierChanged { call, indicator });
        self.limit_duration(now, call);
    }

    /// TNG3: how long the call may last from now on. It does not run in an emergency.
    pub(super) fn limit_duration(&mut self, now: Instant, call: CallRef) {
        let Some(running) = self.calls.get(&call) else { return };
        let document = self.document(&running.group);
        let limit = document.get().and_then(|group| group.maximum_duration);
        //= 24.379-6.3.3.5
        //= 24.379-10.1.1.4.2:14f
        let until =
            limit.filter(|_| running.tier != Tier::Emergency).and_then(|limit| now.checked_add(limit));
        self.deadlines.set(Deadline::Tng3(call), until);
    }

    /// Drops what is kept of a group in which nothing is in progress.
    pub(super) fn forget_if_calm(&mut self, group: &GroupId) {
        if self.states.get(group).is_some_and(GroupState::is_empty) {
            self.states.remove(group);
        }
    }
}

/// What the Floor Indicator of a call says.
pub(super) fn floor_indicator(tier: Tier, broadcast: bool, temporary: bool) -> FloorIndicator {
    let mut indicator = match tier {
        Tier::Normal => FloorIndicator::NORMAL,
        Tier::ImminentPeril => FloorIndicator::IMMINENT_PERIL,
        Tier::Emergency => FloorIndicator::EMERGENCY,
    };
    //= 24.379-6.2.8.2:emer
    if broadcast {
        indicator |= FloorIndicator::BROADCAST;
    }
    if temporary { indicator | FloorIndicator::TEMPORARY_GROUP } else { indicator }
}
