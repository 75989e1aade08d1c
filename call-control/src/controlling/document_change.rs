//! A group document has changed (TS 24.379 10.1.1.4.4.3, 9): who is no longer a member is neither affiliated nor in the call.

use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{ClientId, GroupId, LegRef, McpttId};

use super::Controlling;
use super::group_document::member_of;
use crate::directory::Directory;
use crate::event::LeaveCause;
use crate::policy::ReleaseCause;

impl Controlling {
    /// Documents of users or the service have changed; what is going on stays as it is.
    pub fn documents_changed(&mut self, directory: Arc<Directory>) {
        self.directory = directory;
        // What is regrouped stays so.
        if self.regroups.any() {
            self.renew_directory();
        }
    }

    pub fn group_changed(&mut self, now: Instant, directory: Arc<Directory>, group_id: &GroupId) {
        self.directory = directory;
        self.renew_directory();
        let directory = Arc::clone(&self.directory);
        let document = directory.group(group_id.as_str());
        let call = self.running_call_of(group_id);
        if document.is_none_or(|group| group.disabled)
            && let Some(call) = call
        {
            self.release(now, call, ReleaseCause::GroupEnded, None);
        }
        let belongs = |user: &McpttId| document.is_some_and(|group| member_of(group, user).is_ok());
        //= 24.379-9:withdrawn
        let gone: Vec<(McpttId, ClientId)> = self
            .affiliations
            .of_group(group_id)
            .filter(|(user, _)| !belongs(user))
            .map(|(user, client)| (user.clone(), client.clone()))
            .collect();
        for (user, client) in gone {
            self.end_affiliation(now, group_id, &user, &client);
        }
        if let Some(call) = call {
            let legs = self.calls.get(&call).into_iter().flat_map(|running| &running.legs);
            let strangers: Vec<LegRef> =
                legs.filter(|(_, leg)| !belongs(&leg.mcptt_id)).map(|(at, _)| *at).collect();
            for at in strangers {
                self.leave(now, call, at, LeaveCause::Deaffiliated, true);
            }
        }
        if document.is_none() {
            self.states.remove(group_id);
            self.touched.groups.insert(group_id.clone());
        }
        self.drain(now);
    }
}
