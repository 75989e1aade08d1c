//! What rules grant: the actions of group documents (TS 24.481 7.2.4.2) and of user profiles (TS 24.484 8.3.2.3).

use std::collections::HashMap;

use crate::xml::namespaces::{GROUP_INFO, LIST_SERVICE, USER_PROFILE};
use crate::xml::reader::Cursor;
use crate::xml::record::{ElementValue, TextValue};
use crate::xml::{Element, Extra, Name, Namespace, XmlError, XmlErrorKind};

/// A permission: the name of the element that grants it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its namespace.
    pub namespace: Namespace,
    /// Its local name.
    pub local: &'static str,
}

impl Action {
    /// The name of the element.
    pub fn name(self) -> Name {
        self.namespace.name(self.local)
    }

    fn is(self, name: &Name) -> bool {
        name.is(self.namespace.uri, self.local)
    }
}

/// What the rules of a group document grant; absent means no.
pub mod group {
    use super::Action;

    /// `allow-initiate-conference`: starting a call of the group.
    pub const ALLOW_INITIATE_CONFERENCE: Action =
        Action { namespace: super::LIST_SERVICE, local: "allow-initiate-conference" };
    /// `join-handling`: joining a call of the group.
    pub const JOIN_HANDLING: Action = Action { namespace: super::LIST_SERVICE, local: "join-handling" };
    /// `allow-conference-state`: the conference state of OMA groups.
    pub const ALLOW_CONFERENCE_STATE: Action =
        Action { namespace: super::LIST_SERVICE, local: "allow-conference-state" };
    /// `allow-MCPTT-emergency-call`: emergency group calls.
    pub const ALLOW_MCPTT_EMERGENCY_CALL: Action =
        Action { namespace: super::GROUP_INFO, local: "allow-MCPTT-emergency-call" };
    /// `allow-imminent-peril-call`: imminent peril group calls.
    pub const ALLOW_IMMINENT_PERIL_CALL: Action =
        Action { namespace: super::GROUP_INFO, local: "allow-imminent-peril-call" };
    /// `allow-MCPTT-emergency-alert`: emergency alerts to the group.
    pub const ALLOW_MCPTT_EMERGENCY_ALERT: Action =
        Action { namespace: super::GROUP_INFO, local: "allow-MCPTT-emergency-alert" };
    /// `on-network-allow-conference-state`: subscribing to the conference state.
    pub const ON_NETWORK_ALLOW_CONFERENCE_STATE: Action =
        Action { namespace: super::GROUP_INFO, local: "on-network-allow-conference-state" };
    /// `on-network-allow-getting-member-list`: reading the member list.
    pub const ON_NETWORK_ALLOW_GETTING_MEMBER_LIST: Action =
        Action { namespace: super::GROUP_INFO, local: "on-network-allow-getting-member-list" };
    /// `on-network-allow-getting-affiliation-list`: reading who is affiliated.
    pub const ON_NETWORK_ALLOW_GETTING_AFFILIATION_LIST: Action =
        Action { namespace: super::GROUP_INFO, local: "on-network-allow-getting-affiliation-list" };

    /// All of them.
    pub const ALL: [Action; 9] = [
        ALLOW_INITIATE_CONFERENCE,
        JOIN_HANDLING,
        ALLOW_CONFERENCE_STATE,
        ALLOW_MCPTT_EMERGENCY_CALL,
        ALLOW_IMMINENT_PERIL_CALL,
        ALLOW_MCPTT_EMERGENCY_ALERT,
        ON_NETWORK_ALLOW_CONFERENCE_STATE,
        ON_NETWORK_ALLOW_GETTING_MEMBER_LIST,
        ON_NETWORK_ALLOW_GETTING_AFFILIATION_LIST,
    ];
}

/// What the rules of a user profile grant; absent means no. The later ones stand in `anyExt`.
pub mod user {
    use super::Action;

    /// `allow-presence-status`: showing the presence of the user.
    pub const ALLOW_PRESENCE_STATUS: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-presence-status" };
    /// `allow-request-presence`: asking for the presence of others.
    pub const ALLOW_REQUEST_PRESENCE: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-presence" };
    /// `allow-query-availability-for-private-calls`: asking whether others can be called.
    pub const ALLOW_QUERY_AVAILABILITY_FOR_PRIVATE_CALLS: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-query-availability-for-private-calls" };
    /// `allow-enable-disable-user`: enabling and disabling users.
    pub const ALLOW_ENABLE_DISABLE_USER: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-enable-disable-user" };
    /// `allow-enable-disable-UE`: enabling and disabling user equipment.
    pub const ALLOW_ENABLE_DISABLE_UE: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-enable-disable-UE" };
    /// `allow-create-delete-user-alias`: managing user aliases.
    pub const ALLOW_CREATE_DELETE_USER_ALIAS: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-create-delete-user-alias" };
    /// `allow-private-call`: private calls.
    pub const ALLOW_PRIVATE_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-private-call" };
    /// `allow-private-call-to-any-user`: private calls to users outside of the list.
    pub const ALLOW_PRIVATE_CALL_TO_ANY_USER: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-private-call-to-any-user" };
    /// `allow-private-call-participation`: being called.
    pub const ALLOW_PRIVATE_CALL_PARTICIPATION: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-private-call-participation" };
    /// `allow-manual-commencement`: private calls that the callee answers.
    pub const ALLOW_MANUAL_COMMENCEMENT: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-manual-commencement" };
    /// `allow-automatic-commencement`: private calls that are answered at once.
    pub const ALLOW_AUTOMATIC_COMMENCEMENT: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-automatic-commencement" };
    /// `allow-force-auto-answer`: overriding the answer mode of the callee.
    pub const ALLOW_FORCE_AUTO_ANSWER: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-force-auto-answer" };
    /// `allow-failure-restriction`: hiding why a private call was not answered.
    pub const ALLOW_FAILURE_RESTRICTION: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-failure-restriction" };
    /// `allow-emergency-group-call`: emergency group calls.
    pub const ALLOW_EMERGENCY_GROUP_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-emergency-group-call" };
    /// `allow-emergency-private-call`: emergency private calls.
    pub const ALLOW_EMERGENCY_PRIVATE_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-emergency-private-call" };
    /// `allow-cancel-group-emergency`: ending the emergency of a group.
    pub const ALLOW_CANCEL_GROUP_EMERGENCY: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-cancel-group-emergency" };
    /// `allow-cancel-private-emergency-call`: ending the emergency of a private call.
    pub const ALLOW_CANCEL_PRIVATE_EMERGENCY_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-cancel-private-emergency-call" };
    /// `allow-imminent-peril-call`: imminent peril calls.
    pub const ALLOW_IMMINENT_PERIL_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-imminent-peril-call" };
    /// `allow-cancel-imminent-peril`: ending an imminent peril.
    pub const ALLOW_CANCEL_IMMINENT_PERIL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-cancel-imminent-peril" };
    /// `allow-imminent-peril-change`: turning a running call into an imminent peril call.
    pub const ALLOW_IMMINENT_PERIL_CHANGE: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-imminent-peril-change" };
    /// `allow-activate-emergency-alert`: emergency alerts.
    pub const ALLOW_ACTIVATE_EMERGENCY_ALERT: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-activate-emergency-alert" };
    /// `allow-cancel-emergency-alert`: ending emergency alerts.
    pub const ALLOW_CANCEL_EMERGENCY_ALERT: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-cancel-emergency-alert" };
    /// `allow-offnetwork`: off-network operation.
    pub const ALLOW_OFFNETWORK: Action = Action { namespace: super::USER_PROFILE, local: "allow-offnetwork" };
    /// `allow-off-network-group-call-change-to-emergency`: turning a running off-network call into an emergency.
    pub const ALLOW_OFF_NETWORK_GROUP_CALL_CHANGE_TO_EMERGENCY: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-off-network-group-call-change-to-emergency" };
    /// `allow-manual-off-network-switch`: going off-network by hand.
    pub const ALLOW_MANUAL_OFF_NETWORK_SWITCH: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-manual-off-network-switch" };
    /// `allow-private-call-media-protection`: protecting the media of private calls.
    pub const ALLOW_PRIVATE_CALL_MEDIA_PROTECTION: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-private-call-media-protection" };
    /// `allow-private-call-floor-control-protection`: protecting the floor control of private calls.
    pub const ALLOW_PRIVATE_CALL_FLOOR_CONTROL_PROTECTION: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-private-call-floor-control-protection" };
    /// `allow-request-affiliated-groups`: asking which groups others are affiliated to.
    pub const ALLOW_REQUEST_AFFILIATED_GROUPS: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-affiliated-groups" };
    /// `allow-request-to-affiliate-other-users`: affiliating others.
    pub const ALLOW_REQUEST_TO_AFFILIATE_OTHER_USERS: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-to-affiliate-other-users" };
    /// `allow-recommend-to-affiliate-other-users`: asking others to affiliate.
    pub const ALLOW_RECOMMEND_TO_AFFILIATE_OTHER_USERS: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-recommend-to-affiliate-other-users" };
    /// `allow-regroup`: regrouping.
    pub const ALLOW_REGROUP: Action = Action { namespace: super::USER_PROFILE, local: "allow-regroup" };
    /// `allow-override-of-transmission`: overriding the talker.
    pub const ALLOW_OVERRIDE_OF_TRANSMISSION: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-override-of-transmission" };
    /// `allow-revoke-transmit`: revoking the talker.
    pub const ALLOW_REVOKE_TRANSMIT: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-revoke-transmit" };
    /// `allow-transmit-during-override`: talking on while being overridden.
    pub const ALLOW_TRANSMIT_DURING_OVERRIDE: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-transmit-during-override" };
    /// `allow-listen-both-overriding-and-overridden`: hearing both talkers.
    pub const ALLOW_LISTEN_BOTH_OVERRIDING_AND_OVERRIDDEN: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-listen-both-overriding-and-overridden" };
    /// `allow-create-group-broadcast-group`: creating broadcast groups of groups.
    pub const ALLOW_CREATE_GROUP_BROADCAST_GROUP: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-create-group-broadcast-group" };
    /// `allow-create-user-broadcast-group`: creating broadcast groups of users.
    pub const ALLOW_CREATE_USER_BROADCAST_GROUP: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-create-user-broadcast-group" };
    /// `allow-request-private-call-call-back`: asking to be called back.
    pub const ALLOW_REQUEST_PRIVATE_CALL_CALL_BACK: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-private-call-call-back" };
    /// `allow-cancel-private-call-call-back`: taking back that request.
    pub const ALLOW_CANCEL_PRIVATE_CALL_CALL_BACK: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-cancel-private-call-call-back" };
    /// `allow-request-remote-initiated-ambient-listening`: listening to others.
    pub const ALLOW_REQUEST_REMOTE_INITIATED_AMBIENT_LISTENING: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-remote-initiated-ambient-listening" };
    /// `allow-request-locally-initiated-ambient-listening`: being listened to on own request.
    pub const ALLOW_REQUEST_LOCALLY_INITIATED_AMBIENT_LISTENING: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-locally-initiated-ambient-listening" };
    /// `allow-request-first-to-answer-call`: first-to-answer calls.
    pub const ALLOW_REQUEST_FIRST_TO_ANSWER_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-first-to-answer-call" };
    /// `allow-request-remote-init-private-call`: making others start a private call.
    pub const ALLOW_REQUEST_REMOTE_INIT_PRIVATE_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-remote-init-private-call" };
    /// `allow-request-remote-init-group-call`: making others start a group call.
    pub const ALLOW_REQUEST_REMOTE_INIT_GROUP_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-request-remote-init-group-call" };
    /// `allow-call-transfer`: transferring calls.
    pub const ALLOW_CALL_TRANSFER: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-call-transfer" };
    /// `allow-to-receive-private-call-from-any-user`: being called by users outside of the list.
    pub const ALLOW_TO_RECEIVE_PRIVATE_CALL_FROM_ANY_USER: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-to-receive-private-call-from-any-user" };
    /// `allow-to-receive-non-acknowledged-users-information`: learning which required members did not answer.
    pub const ALLOW_TO_RECEIVE_NON_ACKNOWLEDGED_USERS_INFORMATION: Action = Action {
        namespace: super::USER_PROFILE,
        local: "allow-to-receive-non-acknowledged-users-information",
    };
    /// `allow-adhoc-group-call`: ad hoc group calls.
    pub const ALLOW_ADHOC_GROUP_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-adhoc-group-call" };
    /// `allow-adhoc-group-call-participation`: taking part in ad hoc group calls.
    pub const ALLOW_ADHOC_GROUP_CALL_PARTICIPATION: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-adhoc-group-call-participation" };
    /// `allow-emergency-adhoc-group-call`: emergency ad hoc group calls.
    pub const ALLOW_EMERGENCY_ADHOC_GROUP_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-emergency-adhoc-group-call" };
    /// `allow-imminent-peril-adhoc-group-call`: imminent peril ad hoc group calls.
    pub const ALLOW_IMMINENT_PERIL_ADHOC_GROUP_CALL: Action =
        Action { namespace: super::USER_PROFILE, local: "allow-imminent-peril-adhoc-group-call" };
    /// `allow-to-modify-adhoc-group-call-participants-info`: changing who takes part in ad hoc group calls.
    pub const ALLOW_TO_MODIFY_ADHOC_GROUP_CALL_PARTICIPANTS_INFO: Action = Action {
        namespace: super::USER_PROFILE,
        local: "allow-to-modify-adhoc-group-call-participants-info",
    };

    /// All of them.
    pub const ALL: [Action; 52] = [
        ALLOW_PRESENCE_STATUS,
        ALLOW_REQUEST_PRESENCE,
        ALLOW_QUERY_AVAILABILITY_FOR_PRIVATE_CALLS,
        ALLOW_ENABLE_DISABLE_USER,
        ALLOW_ENABLE_DISABLE_UE,
        ALLOW_CREATE_DELETE_USER_ALIAS,
        ALLOW_PRIVATE_CALL,
        ALLOW_PRIVATE_CALL_TO_ANY_USER,
        ALLOW_PRIVATE_CALL_PARTICIPATION,
        ALLOW_MANUAL_COMMENCEMENT,
        ALLOW_AUTOMATIC_COMMENCEMENT,
        ALLOW_FORCE_AUTO_ANSWER,
        ALLOW_FAILURE_RESTRICTION,
        ALLOW_EMERGENCY_GROUP_CALL,
        ALLOW_EMERGENCY_PRIVATE_CALL,
        ALLOW_CANCEL_GROUP_EMERGENCY,
        ALLOW_CANCEL_PRIVATE_EMERGENCY_CALL,
        ALLOW_IMMINENT_PERIL_CALL,
        ALLOW_CANCEL_IMMINENT_PERIL,
        ALLOW_IMMINENT_PERIL_CHANGE,
        ALLOW_ACTIVATE_EMERGENCY_ALERT,
        ALLOW_CANCEL_EMERGENCY_ALERT,
        ALLOW_OFFNETWORK,
        ALLOW_OFF_NETWORK_GROUP_CALL_CHANGE_TO_EMERGENCY,
        ALLOW_MANUAL_OFF_NETWORK_SWITCH,
        ALLOW_PRIVATE_CALL_MEDIA_PROTECTION,
        ALLOW_PRIVATE_CALL_FLOOR_CONTROL_PROTECTION,
        ALLOW_REQUEST_AFFILIATED_GROUPS,
        ALLOW_REQUEST_TO_AFFILIATE_OTHER_USERS,
        ALLOW_RECOMMEND_TO_AFFILIATE_OTHER_USERS,
        ALLOW_REGROUP,
        ALLOW_OVERRIDE_OF_TRANSMISSION,
        ALLOW_REVOKE_TRANSMIT,
        ALLOW_TRANSMIT_DURING_OVERRIDE,
        ALLOW_LISTEN_BOTH_OVERRIDING_AND_OVERRIDDEN,
        ALLOW_CREATE_GROUP_BROADCAST_GROUP,
        ALLOW_CREATE_USER_BROADCAST_GROUP,
        ALLOW_REQUEST_PRIVATE_CALL_CALL_BACK,
        ALLOW_CANCEL_PRIVATE_CALL_CALL_BACK,
        ALLOW_REQUEST_REMOTE_INITIATED_AMBIENT_LISTENING,
        ALLOW_REQUEST_LOCALLY_INITIATED_AMBIENT_LISTENING,
        ALLOW_REQUEST_FIRST_TO_ANSWER_CALL,
        ALLOW_REQUEST_REMOTE_INIT_PRIVATE_CALL,
        ALLOW_REQUEST_REMOTE_INIT_GROUP_CALL,
        ALLOW_CALL_TRANSFER,
        ALLOW_TO_RECEIVE_PRIVATE_CALL_FROM_ANY_USER,
        ALLOW_TO_RECEIVE_NON_ACKNOWLEDGED_USERS_INFORMATION,
        ALLOW_ADHOC_GROUP_CALL,
        ALLOW_ADHOC_GROUP_CALL_PARTICIPATION,
        ALLOW_EMERGENCY_ADHOC_GROUP_CALL,
        ALLOW_IMMINENT_PERIL_ADHOC_GROUP_CALL,
        ALLOW_TO_MODIFY_ADHOC_GROUP_CALL_PARTICIPANTS_INFO,
    ];
}

/// `actions`: what a rule grants.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Actions {
    /// The permissions in their order.
    pub grants: Vec<Grant>,
    /// Those inside of `anyExt`, where later releases add theirs. `None`: there is no `anyExt`.
    pub any_ext: Option<AnyExt>,
    /// What is not known.
    pub extra: Extra,
}

/// A permission that is given or refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grant {
    /// The name of the element.
    pub name: Name,
    /// Whether it is given.
    pub value: bool,
}

/// `anyExt` among actions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AnyExt {
    /// Its name; documents differ in its namespace.
    pub name: Name,
    /// The permissions in their order.
    pub grants: Vec<Grant>,
    /// What is not known.
    pub extra: Extra,
}

impl Grant {
    /// Gives the permission.
    pub fn allow(action: Action) -> Self {
        Self { name: action.name(), value: true }
    }

    /// Refuses the permission, as leaving it out does.
    pub fn deny(action: Action) -> Self {
        Self { name: action.name(), value: false }
    }

    fn write(&self) -> Element {
        ElementValue::write(&self.value, self.name.clone())
    }
}

impl Actions {
    /// Gives these permissions.
    pub fn allowing(actions: impl IntoIterator<Item = Action>) -> Self {
        Self { grants: actions.into_iter().map(Grant::allow).collect(), ..Self::default() }
    }

    /// The value of a permission, wherever it stands. `None`: it is not named. Named more than once: given
    /// only when it is never refused.
    pub fn value(&self, action: Action) -> Option<bool> {
        let later = self.any_ext.iter().flat_map(|any_ext| &any_ext.grants);
        let named = self.grants.iter().chain(later).filter(|grant| action.is(&grant.name));
        named.map(|grant| grant.value).reduce(|one, other| one && other)
    }
}

/// Sorts the children of an element into permissions and the rest; `other` may take one away before. A child
/// with a known name must be a boolean, any other is a permission when it looks like one.
fn grants(
    at: &Cursor<'_>,
    extra: &mut Extra,
    mut other: impl FnMut(&Cursor<'_>) -> Result<bool, XmlError>,
) -> Result<Vec<Grant>, XmlError> {
    let mut grants = Vec::new();
    let mut numbers: HashMap<&Name, usize> = HashMap::new();
    for child in at.element_content()? {
        if other(&child)? {
            continue;
        }
        let name = &child.element().name;
        let known = group::ALL.iter().chain(&user::ALL).any(|action| action.is(name));
        match bool::from_text(&child.text()) {
            Some(value) => {
                let number = numbers.entry(name).or_default();
                child.leaf_at(*number, extra);
                *number = number.saturating_add(1);
                grants.push(Grant { name: name.clone(), value });
            }
            None if known => return Err(child.error(XmlErrorKind::Value(bool::EXPECTED))),
            None => child.keep(extra),
        }
    }
    Ok(grants)
}

impl ElementValue for Actions {
    fn read(at: &Cursor<'_>, _: usize, _: &mut Extra) -> Result<Self, XmlError> {
        let (mut extra, mut any_ext) = (at.extra(&[]), None);
        let grants = grants(at, &mut extra, |child| {
            let is_any_ext = child.element().name.local == "anyExt";
            if is_any_ext {
                child.once(&mut any_ext, AnyExt::read(child)?)?;
            }
            Ok(is_any_ext)
        })?;
        Ok(Self { grants, any_ext, extra })
    }

    fn write(&self, name: Name) -> Element {
        Element::new(name)
            .children(self.grants.iter().map(Grant::write))
            .extra(&self.extra)
            .children(self.any_ext.as_ref().map(AnyExt::write))
    }
}

impl AnyExt {
    /// These permissions in the `anyExt` of user profiles.
    pub fn allowing(actions: impl IntoIterator<Item = Action>) -> Self {
        let grants = actions.into_iter().map(Grant::allow).collect();
        Self { name: USER_PROFILE.name("anyExt"), grants, extra: Extra::default() }
    }

    fn read(at: &Cursor<'_>) -> Result<Self, XmlError> {
        let mut extra = at.extra(&[]);
        let grants = grants(at, &mut extra, |_| Ok(false))?;
        Ok(Self { name: at.element().name.clone(), grants, extra })
    }

    fn write(&self) -> Element {
        let grants = self.grants.iter().map(Grant::write);
        Element::new(self.name.clone()).children(grants).extra(&self.extra)
    }
}

#[cfg(test)]
mod generate {
    use super::*;
    use crate::xml::record::generate::{Generate, Source};

    impl Generate for Grant {
        fn generate(source: &mut Source) -> Self {
            let action =
                if bool::generate(source) { source.pick(&group::ALL) } else { source.pick(&user::ALL) };
            Self { name: action.name(), value: Generate::generate(source) }
        }
    }

    impl Generate for AnyExt {
        fn generate(source: &mut Source) -> Self {
            let name = source.pick(&[USER_PROFILE, GROUP_INFO]).name("anyExt");
            Self { name, grants: Generate::generate(source), extra: no_boolean(source) }
        }
    }

    impl Generate for Actions {
        fn generate(source: &mut Source) -> Self {
            let (grants, any_ext) = (Generate::generate(source), Generate::generate(source));
            Self { grants, any_ext, extra: no_boolean(source) }
        }
    }

    /// What looks like a permission would be read as one.
    fn no_boolean(source: &mut Source) -> Extra {
        let mut extra = Extra::generate(source);
        extra.children.retain(|child| bool::from_text(&child.own_text()).is_none());
        extra
    }
}
