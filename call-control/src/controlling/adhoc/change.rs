//! Who takes part in an ad hoc group call while it runs (TS 24.379 17.4.5.1.1), and its release by the initiator (6.3.3.2.4).

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId};
use mcptt_codec::sip::{HeaderName, Request};

use super::super::Controlling;
use super::entry;
use crate::adhoc;
use crate::bodies::{Bodies, Kind};
use crate::event::LeaveCause;
use crate::policy::{AdhocRefusal, Refusal, ReleaseCause};

/// Who is to come and who is to go, the right to that being checked.
#[derive(Debug)]
pub(in crate::controlling) struct AdhocChange {
    group: GroupId,
    added: BTreeSet<McpttId>,
    removed: BTreeSet<McpttId>,
}

impl Controlling {
    /// What a re-INVITE asks for. `Ok(None)`: nothing of this kind.
    pub(in crate::controlling) fn adhoc_change(
        &self,
        call: CallRef,
        at: LegRef,
        bodies: &Bodies,
    ) -> Result<Option<AdhocChange>, Refusal> {
        let Some(running) = self.calls.get(&call).filter(|running| running.kind == Kind::Adhoc) else {
            return Ok(None);
        };
        let (Some(named), Some(leg)) = (adhoc::named(bodies)?, running.legs.get(&at)) else {
            return Ok(None);
        };
        //= 24.379-17.4.5.1.1:190
        let user = self.directory.user_at(&leg.mcptt_id, &leg.client_id);
        if !user.is_some_and(|user| user.adhoc.change) {
            return Err(AdhocRefusal::AdhocChangeNotAllowed.into());
        }
        let Some(known) = self.adhoc_groups.0.get(&running.group) else { return Ok(None) };
        let present: BTreeSet<&McpttId> = known.document.members.iter().map(|own| &own.mcptt_id).collect();
        let spelt = |users: Vec<McpttId>| users.into_iter().map(|user| self.known_spelling(user));
        // Whoever asks stays.
        let removed: BTreeSet<McpttId> =
            spelt(named.removed).filter(|user| present.contains(user) && *user != leg.mcptt_id).collect();
        let added: BTreeSet<McpttId> = spelt(named.called).filter(|user| !present.contains(user)).collect();
        let remaining = present.len().saturating_sub(removed.len()).saturating_add(added.len());
        //= 24.379-17.4.5.1.1:4
        if remaining > self.directory.config.adhoc.max_participants.saturating_add(1) {
            return Err(AdhocRefusal::AdhocTooManyAfterChange.into());
        }
        Ok(Some(AdhocChange { group: running.group.clone(), added, removed }))
    }

    /// Does what was asked for.
    pub(in crate::controlling) fn apply_adhoc_change(
        &mut self,
        now: Instant,
        call: CallRef,
        change: AdhocChange,
    ) {
        //= 24.379-17.4.5.1.1
        let AdhocChange { group, added, removed } = change;
        let directory = Arc::clone(&self.directory);
        let Some(known) = self.adhoc_groups.0.get_mut(&group) else { return };
        let document = Arc::make_mut(&mut known.document);
        document.members.retain(|member| !removed.contains(&member.mcptt_id));
        document.members.extend(added.iter().map(|user| entry(user, directory.user(user.as_str()))));
        known.named.retain(|user| !removed.contains(user));
        known.named.extend(added.iter().cloned());
        self.bring_to_document(now, call, &added, &removed);
    }

    fn bring_to_document(
        &mut self,
        now: Instant,
        call: CallRef,
        added: &BTreeSet<McpttId>,
        removed: &BTreeSet<McpttId>,
    ) {
        let legs = self.calls.get(&call).into_iter().flat_map(|running| &running.legs);
        let gone: Vec<LegRef> =
            legs.filter(|(_, leg)| removed.contains(&leg.mcptt_id)).map(|(at, _)| *at).collect();
        for user in added {
            self.invite_member(now, call, user, &ClientId::default());
        }
        for at in gone {
            self.leave(now, call, at, LeaveCause::Removed, true);
        }
    }

    /// Who is found by criteria may have changed: running calls follow.
    pub(in crate::controlling) fn follow_criteria(&mut self, now: Instant) {
        let directory = Arc::clone(&self.directory);
        for (call, group, criteria) in self.calls_by_criteria() {
            let found = self.found_by(&criteria);
            let initiator = self.calls.get(&call).map(|running| running.initiator.clone());
            let Some(known) = self.adhoc_groups.0.get_mut(&group) else { continue };
            let present: BTreeSet<McpttId> =
                known.document.members.iter().map(|own| own.mcptt_id.clone()).collect();
            let stays = |user: &McpttId| {
                found.contains(user) || known.named.contains(user) || initiator.as_ref() == Some(user)
            };
            let removed: BTreeSet<McpttId> = present.iter().filter(|user| !stays(user)).cloned().collect();
            let room = directory.config.adhoc.max_participants.saturating_add(1);
            let room = room.saturating_sub(present.len().saturating_sub(removed.len()));
            let added: BTreeSet<McpttId> = found.difference(&present).take(room).cloned().collect();
            if added.is_empty() && removed.is_empty() {
                continue;
            }
            let document = Arc::make_mut(&mut known.document);
            document.members.retain(|member| !removed.contains(&member.mcptt_id));
            document.members.extend(added.iter().map(|user| entry(user, directory.user(user.as_str()))));
            self.bring_to_document(now, call, &added, &removed);
        }
    }

    /// The initiator of an ad hoc group call ends it for everybody. `false`: the BYE says nothing of the kind.
    pub(in crate::controlling) fn released_by_initiator(
        &mut self,
        now: Instant,
        call: CallRef,
        at: LegRef,
        bye: &Request,
    ) -> bool {
        let Some(running) = self.calls.get(&call).filter(|running| running.kind == Kind::Adhoc) else {
            return false;
        };
        let own = running.legs.get(&at).is_some_and(|leg| leg.mcptt_id == running.initiator);
        let asked = bye.headers.all(&HeaderName::Reason).any(|reason| is_release(reason));
        if !own || !asked {
            return false;
        }
        //= 24.379-6.3.3.2.4:3A
        self.release(now, call, ReleaseCause::InitiatorReleased, None);
        true
    }
}

/// Whether a Reason is the one of [`adhoc::RELEASE`]; spaces and capitals do not matter.
fn is_release(reason: &str) -> bool {
    let plain = |text: &str| text.split_whitespace().collect::<String>().to_ascii_lowercase();
    plain(reason) == plain(adhoc::RELEASE)
}
