//! Who talks, for those who may know (TS 22.179 presence): told to the participating function of the talker, which asks for it
//! while somebody watches, and tells its watchers.
//!
//! Only calls of groups count. Whether somebody talks in a call between users, and above all in one in which a user is
//! listened to without noticing it, is nobody else's business; who wants privacy in a call is not named. Somebody who listens
//! to a call unnoticed is no participant and changes nothing here.

use std::collections::BTreeMap;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef};
use mcptt_codec::xml::affiliation::{PresenceDocument, UserInput};

use super::Controlling;
use super::watching::Watched;
use crate::directory::Canonical;

/// Those who talk, by the leg that they talk on.
#[derive(Debug, Default)]
pub(super) struct Talkers(BTreeMap<LegRef, Talker>);

#[derive(Debug)]
struct Talker {
    group: GroupId,
    user: Canonical,
    client: ClientId,
}

impl Talkers {
    /// Whether a user talks in a group on this client.
    fn talks(&self, group: &GroupId, user: &Canonical, client: &ClientId) -> bool {
        // At any time one or a few talk in a call.
        let is = |talker: &Talker| talker.group == *group && talker.user == *user && talker.client == *client;
        self.0.values().any(is)
    }
}

impl Controlling {
    /// The media plane distributes the media of a participant, or no longer.
    pub(super) fn talking(&mut self, now: Instant, call: CallRef, at: LegRef, talking: bool) {
        if !talking {
            return self.talks_no_longer(now, at);
        }
        let Some(running) = self.calls.get(&call).filter(|running| running.private.is_none()) else { return };
        let Some(leg) = running.legs.get(&at) else { return };
        //= 22.179-presence:talking
        if leg.floor.privacy || leg.constituent.is_some() || running.focus() == Some(at) {
            return;
        }
        let Some(user) = Canonical::of(leg.mcptt_id.as_str()) else { return };
        let talker = Talker { group: running.group.clone(), user, client: leg.client_id.clone() };
        self.tell_talking(now, &talker);
        self.talkers.0.insert(at, talker);
    }

    /// A participant is silent, or gone.
    pub(super) fn talks_no_longer(&mut self, now: Instant, at: LegRef) {
        if let Some(talker) = self.talkers.0.remove(&at) {
            self.tell_talking(now, &talker);
        }
    }

    fn tell_talking(&mut self, now: Instant, talker: &Talker) {
        let watched = Watched::TalkingOf(talker.group.clone(), talker.user.clone());
        self.watchers.subscriptions.changed_briefly(now, &watched);
    }

    /// Adds to a document about a group who of it talks.
    pub(super) fn add_talking(&self, group: &GroupId, document: &mut PresenceDocument) {
        for tuple in &mut document.tuples {
            let Some(user) = Canonical::of(&tuple.id) else { continue };
            for entry in &mut tuple.affiliations {
                let talks =
                    entry.client.as_ref().is_some_and(|client| self.talkers.talks(group, &user, client));
                entry.user_input = Some(if talks { UserInput::Active } else { UserInput::Idle });
            }
        }
    }
}
