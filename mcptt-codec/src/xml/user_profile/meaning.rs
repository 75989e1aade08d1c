//! What a user profile means.

use super::{AnyExt, Common, Entry, EntryInfo, GroupCall, ListEntry, UserProfile};
use crate::id::McpttId;
use crate::xml::common_policy::{Action, Subject};

/// Where an emergency goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Target<'a> {
    /// To this group only.
    Dedicated(&'a str),
    /// To the group that the user has selected, else to this one.
    CurrentlySelected(Option<&'a str>),
    /// To this user.
    PreConfigured(&'a str),
    /// To a user that the client chooses.
    LocallyDetermined,
}

impl UserProfile {
    /// The profile in use: the one with the selected index, else the pre-selected one. A selected profile that
    /// is not there is none: another one may allow more.
    pub fn select(profiles: &[Self], selected: Option<u8>) -> Option<&Self> {
        profiles.iter().find(|profile| match selected {
            Some(index) => profile.user_profile_index == index,
            None => profile.pre_selected_indication.is_some(),
        })
    }

    /// Whether a rule gives the user the permission; absent is no. `now` is seconds since 1970, for rules that
    /// hold for some time only.
    pub fn grants(&self, action: Action, now: Option<i64>) -> bool {
        let user = self.mcptt_id();
        let subject = Subject { identity: user.as_str(), now, ..Subject::default() };
        self.ruleset.as_ref().is_some_and(|ruleset| ruleset.grants(action, &subject))
    }

    /// The MCPTT ID: `MCPTTUserID`, else `XUI-URI`.
    pub fn mcptt_id(&self) -> McpttId {
        let entries = self.common.iter().filter_map(|common| common.mcptt_user_id.as_ref());
        let uri = entries.filter_map(|entry| entry.uri_entry.clone()).find(|uri| !uri.is_empty());
        uri.map_or_else(|| self.xui_uri.clone(), McpttId)
    }

    /// `MissionCriticalOrganization`.
    pub fn organisation(&self) -> Option<&str> {
        self.common.iter().find_map(|common| common.mission_critical_organization.as_deref())
    }

    /// `ParticipantType`.
    pub fn participant_type(&self) -> Option<&str> {
        self.common.iter().find_map(|common| common.participant_type.as_deref())
    }

    /// N6: group calls at a time. `None`: no limit is set.
    pub fn max_group_calls(&self) -> Option<u32> {
        self.group_calls().find_map(|group_call| group_call.max_simultaneous_calls_n6)
    }

    /// N2: affiliations at a time. `None`: no limit is set.
    pub fn max_affiliations(&self) -> Option<u32> {
        self.on_network.iter().find_map(|network| network.max_affiliations_n2)
    }

    /// N7: talkers heard at a time. `None`: no limit is set.
    pub fn max_transmissions(&self) -> Option<u32> {
        self.on_network.iter().find_map(|network| network.max_simultaneous_transmissions_n7)
    }

    /// The priority of the user; absent is the lowest.
    pub fn priority(&self) -> u16 {
        self.group_calls().find_map(|group_call| group_call.priority).unwrap_or(0)
    }

    /// Groups that the user may be affiliated to.
    pub fn groups(&self) -> impl Iterator<Item = &str> {
        uris(self.on_network.iter().flat_map(|network| &network.group_info))
    }

    /// Groups that the user is affiliated to at service authorisation.
    pub fn implicit_affiliations(&self) -> impl Iterator<Item = &str> {
        uris(self.on_network.iter().flat_map(|network| &network.implicit_affiliations))
    }

    /// Functional aliases that the user may activate.
    pub fn functional_aliases(&self) -> impl Iterator<Item = &str> {
        uris(self.extensions().filter_map(|any_ext| any_ext.functional_alias_list.as_ref()))
    }

    /// Users that the user may call, unless it may call everybody.
    pub fn private_call_list(&self) -> impl Iterator<Item = &str> {
        let calls = self.common.iter().filter_map(|common| common.private_call.as_ref());
        let lists = calls.filter_map(|call| call.private_call_list.as_ref());
        lists.flat_map(|list| &list.private_call_uris).filter_map(|entry| entry.uri_entry.as_deref())
    }

    /// Users that may call this one. `None`: no list is set.
    pub fn incoming_private_calls(&self) -> Option<impl Iterator<Item = &str>> {
        let listed = |any_ext: &AnyExt| any_ext.incoming_private_call_list.is_some();
        self.extensions().any(listed).then(|| {
            uris(self.extensions().filter_map(|any_ext| any_ext.incoming_private_call_list.as_ref()))
        })
    }

    /// Users whose selected group this one may change.
    pub fn remote_group_selection(&self) -> impl Iterator<Item = &str> {
        uris(self.extensions().filter_map(|any_ext| any_ext.remote_group_selection_uri_list.as_ref()))
    }

    /// Clients of the user that may be in service at a time. `None`: no limit is set.
    pub fn max_authorisations(&self) -> Option<u32> {
        self.extensions().find_map(|any_ext| {
            any_ext.user_max_simultaneous_authorizations.or(any_ext.max_simultaneous_authorizations)
        })
    }

    /// Where an emergency group call goes to. `None`: nothing is set.
    pub fn emergency_group(&self) -> Option<Target<'_>> {
        let calls = self.group_calls().filter_map(|group_call| group_call.emergency_call.as_ref());
        let initiations = calls.filter_map(|call| call.group_initiation.as_ref());
        initiations.filter_map(|initiation| initiation.entry.as_ref()).find_map(Entry::target)
    }

    /// Where an imminent peril group call goes to. `None`: nothing is set.
    pub fn imminent_peril_group(&self) -> Option<Target<'_>> {
        let calls = self.group_calls().filter_map(|group_call| group_call.imminent_peril_call.as_ref());
        let initiations = calls.filter_map(|call| call.group_initiation.as_ref());
        initiations.filter_map(|initiation| initiation.entry.as_ref()).find_map(Entry::target)
    }

    /// Where an emergency alert to a group goes to. `None`: nothing is set.
    pub fn emergency_alert_group(&self) -> Option<Target<'_>> {
        let alerts = self.group_calls().filter_map(|group_call| group_call.emergency_alert.as_ref());
        alerts.filter_map(|alert| alert.entry.as_ref()).find_map(Entry::target)
    }

    /// Where an emergency private call goes to. `None`: nothing is set.
    pub fn emergency_recipient(&self) -> Option<Target<'_>> {
        let private = self.common.iter().filter_map(|common| common.private_call.as_ref());
        let calls = private.filter_map(|private| private.emergency_call.as_ref());
        let recipients = calls.filter_map(|call| call.private_recipient.as_ref());
        recipients.filter_map(|recipient| recipient.entry.as_ref()).find_map(Entry::target)
    }

    /// Where an emergency alert to a user goes to. `None`: nothing is set.
    pub fn emergency_alert_recipient(&self) -> Option<Target<'_>> {
        let alerts = self.on_network.iter().filter_map(|network| network.private_emergency_alert.as_ref());
        alerts.filter_map(|alert| alert.entry.as_ref()).find_map(Entry::target)
    }

    fn group_calls(&self) -> impl Iterator<Item = &GroupCall> {
        self.common.iter().filter_map(|common| common.group_call.as_ref())
    }

    /// Every `anyExt` that may hold what later releases added, the one of the document last.
    fn extensions(&self) -> impl Iterator<Item = &AnyExt> {
        let common = self.common.iter().flat_map(Common::extensions);
        let on_network = self.on_network.iter().flat_map(|network| &network.any_ext);
        let off_network = self.off_network.iter().flat_map(|network| &network.any_ext);
        common.chain(on_network).chain(off_network).chain(&self.any_ext)
    }
}

impl Common {
    fn extensions(&self) -> impl Iterator<Item = &AnyExt> {
        let private = self.private_call.iter().flat_map(|private| &private.any_ext);
        let group = self.group_call.iter().flat_map(|group| &group.any_ext);
        private.chain(group).chain(&self.any_ext)
    }
}

impl Entry {
    /// An entry of this address.
    pub fn of(uri: impl Into<crate::text::ByteStr>) -> Self {
        Self { uri_entry: Some(uri.into()), ..Self::default() }
    }

    /// Where an emergency goes to. `None`: the entry does not say it in a way that is known.
    pub fn target(&self) -> Option<Target<'_>> {
        let uri = self.uri_entry.as_deref().filter(|uri| !uri.is_empty());
        match self.entry_info.as_ref()? {
            EntryInfo::DedicatedGroup => uri.map(Target::Dedicated),
            EntryInfo::UseCurrentlySelectedGroup => Some(Target::CurrentlySelected(uri)),
            EntryInfo::UsePreConfigured => uri.map(Target::PreConfigured),
            EntryInfo::LocallyDetermined => Some(Target::LocallyDetermined),
            EntryInfo::Other(_) => None,
        }
    }
}

fn uris<'a>(lists: impl Iterator<Item = &'a ListEntry>) -> impl Iterator<Item = &'a str> {
    lists.flat_map(|list| &list.entries).filter_map(|entry| entry.uri_entry.as_deref())
}
