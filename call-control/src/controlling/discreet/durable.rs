//! What was asked for and agreed on outlives the node: neither does an agreement last longer because the node was restarted,
//! nor has anybody to agree twice.

use std::time::Instant;

use mcptt_codec::id::McpttId;

use super::{Listening, Target};
use crate::controlling::{Controlling, Deadline};
use crate::durable::{Change, ListeningRecord, gone, put};
use crate::event::ListeningStep;

impl Controlling {
    pub(in crate::controlling) fn listening_change(&self, listening: &Listening) -> Option<Change> {
        let key = format!("listening/{} {}", listening.listener, listening.target.as_str());
        let Some(agreed) = self.discreet.agreed.get(listening) else { return Some(gone(key, true)) };
        let until = self.deadlines.get(&Deadline::Listening(listening.clone()));
        let (group, user) = match &listening.target {
            Target::Group(group) => (Some(group.clone()), None),
            Target::User(user) => (None, Some(user.clone())),
        };
        let record = ListeningRecord {
            listener: listening.listener.clone(),
            group,
            user,
            agreed: agreed.clone(),
            until: until.map_or(0, |until| self.touched.clock.milliseconds(until)),
        };
        put(key, &record, true)
    }

    /// `None`: it cannot be read.
    pub(in crate::controlling) fn restore_listening(
        &mut self,
        now: Instant,
        record: ListeningRecord,
    ) -> Option<()> {
        let target = match (record.group, record.user) {
            (Some(group), None) => Target::Group(group),
            (None, Some(user)) => Target::User(user),
            _ => return None,
        };
        let listening = Listening { listener: record.listener, target };
        let rules = &self.directory.config.discreet;
        let longest = if record.agreed.is_some() { rules.time_limit } else { rules.approval_within };
        let until = self.touched.clock.moment(now, record.until, longest);
        let granted = self.is_granted(&listening, record.agreed.as_ref());
        self.deadlines.set(Deadline::Listening(listening.clone()), Some(until));
        self.discreet.agreed.insert(listening.clone(), record.agreed);
        if !granted {
            // What was granted is granted no longer.
            self.end_listening(now, &listening, ListeningStep::Withdrawn, None);
        }
        Some(())
    }

    /// Whether the configuration still lets both do what they have done.
    fn is_granted(&self, listening: &Listening, agreed: Option<&McpttId>) -> bool {
        let (rules, target) = (&self.directory.config.discreet, listening.target.as_str());
        //= 22.179-discreet:authorised
        rules.may_listen(&listening.listener, target)
            && agreed.is_none_or(|by| rules.may_approve(by, &listening.listener, target))
    }

    /// Notes that what is stored of every agreement is no longer right.
    pub(in crate::controlling) fn touch_all_listening(&mut self) {
        self.touched.listening.extend(self.discreet.agreed.keys().cloned());
    }
}
