//! What a group document means, above all where it says nothing.

use std::time::Duration;

use super::{Entry, ExpiryAction, ListService, NotMcpttGroup, SupportedServices};
use crate::id::{GroupId, McpttId};
use crate::xml::common_policy::{Action, Subject};

/// How a call of the group comes about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GroupKind {
    /// Members are invited.
    Prearranged,
    /// Members join when they like.
    Chat,
}

/// What happens when required members did not answer in time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum UponExpiry {
    /// The call goes on with those who are there.
    Proceed,
    /// The call is given up.
    #[default]
    Abandon,
}

impl ListService {
    /// Whether this is an MCPTT group at all.
    ///
    /// # Errors
    /// The first of the five conditions that fails.
    pub fn check_mcptt_group(&self) -> Result<(), NotMcpttGroup> {
        SupportedServices::check(self.supported_services.as_ref())
    }

    /// The members in their order.
    pub fn members(&self) -> impl Iterator<Item = &Entry> {
        self.list.iter().flat_map(|list| &list.entries)
    }

    /// The entry of a member.
    pub fn member(&self, user: &McpttId) -> Option<&Entry> {
        self.members().find(|entry| entry.uri == *user)
    }

    /// Whether a rule that holds for the user grants the action; absent is no. `now` is seconds since 1970, for
    /// rules that hold for some time only.
    pub fn grants(&self, action: Action, user: &McpttId, now: Option<i64>) -> bool {
        let is_list_member = self.member(user).is_some();
        let subject = Subject { identity: user.as_str(), is_list_member, now, ..Subject::default() };
        self.ruleset.as_ref().is_some_and(|ruleset| ruleset.grants(action, &subject))
    }

    /// Whether the group cannot be used; absent is no.
    pub fn is_disabled(&self) -> bool {
        self.on_network_disabled.is_some()
    }

    /// Whether members are invited; absent is a chat group.
    pub fn kind(&self) -> GroupKind {
        //= 24.379-6.3.5.2:default
        match self.on_network_invite_members {
            Some(true) => GroupKind::Prearranged,
            Some(false) | None => GroupKind::Chat,
        }
    }

    /// Most participants of a call. `None`: no limit.
    pub fn max_participants(&self) -> Option<u32> {
        self.on_network_max_participant_count
    }

    /// The priority of the group; absent is the lowest.
    pub fn priority(&self) -> u8 {
        self.on_network_group_priority.unwrap_or(0)
    }

    /// Members that must have answered before the originator is; absent is none.
    pub fn minimum_to_start(&self) -> u16 {
        self.on_network_minimum_number_to_start.unwrap_or(0)
    }

    /// TNG1. `None`: required members are not waited for.
    pub fn acknowledgement_timeout(&self) -> Option<Duration> {
        self.on_network_timeout_for_acknowledgement_of_required_members
    }

    /// What happens when TNG1 expires; absent and unknown is to give up.
    pub fn upon_expiry(&self) -> UponExpiry {
        //= 24.379-6.3.3.3:unknown
        match &self.on_network_action_upon_expiration {
            Some(ExpiryAction::Proceed) => UponExpiry::Proceed,
            Some(_) | None => UponExpiry::Abandon,
        }
    }

    /// TNG3. `None`: it does not run, which only a chat group may ask for.
    pub fn maximum_duration(&self) -> Option<Duration> {
        self.on_network_maximum_duration
    }

    /// T4 of TS 24.380. `None`: it does not run.
    pub fn hang_timer(&self) -> Option<Duration> {
        self.on_network_hang_timer
    }

    /// Whether media are protected; absent is yes.
    pub fn protects_media(&self) -> bool {
        self.protect_media.unwrap_or(true)
    }

    /// Whether floor control is protected; absent is yes.
    pub fn protects_floor_control(&self) -> bool {
        self.protect_floor_control_signalling.unwrap_or(true)
    }

    /// Whether floor control over multicast is demanded; absent is no.
    pub fn requires_multicast_floor_control(&self) -> bool {
        self.require_multicast_floor_control_signalling.is_some()
    }

    /// Names of the wanted encodings, the most wanted first; absent is none.
    pub fn voice_encodings(&self) -> impl Iterator<Item = &str> {
        //= 24.379-6.2.1:codec
        let encodings = self.preferred_voice_encodings.iter().flat_map(|encodings| &encodings.encodings);
        encodings.map(|encoding| encoding.name.as_str())
    }

    /// Whether whoever asks for the floor gets it; absent is no.
    pub fn audio_cut_in(&self) -> bool {
        self.mcptt_on_network_audio_cut_in.unwrap_or(false)
    }

    /// Whether the group is only a pattern for regroups; absent is no.
    pub fn is_pattern_only(&self) -> bool {
        self.preconfigured_group_use_only.unwrap_or(false)
    }

    /// Whether several may talk at a time; absent is no.
    pub fn multi_talker(&self) -> bool {
        self.multi_talker_control.is_some_and(|control| control.0)
    }

    /// Whether a call needs affiliated members; absent is no.
    pub fn requires_affiliation(&self) -> bool {
        self.on_network_affiliation_to_group_required.is_some_and(|required| required.0)
    }

    /// The groups that this one was made of. `None`: it is not a temporary group.
    pub fn constituents(&self) -> Option<&[GroupId]> {
        let temporary = self.on_network_temporary.as_ref()?;
        let groups = temporary.constituents.as_ref().map(|constituents| constituents.group_ids.as_slice());
        Some(groups.unwrap_or_default())
    }

    /// The temporary group that this one is part of.
    pub fn regrouped_into(&self) -> Option<&GroupId> {
        self.on_network_regrouped.as_ref().map(|regrouped| &regrouped.temporary_group_id)
    }
}
