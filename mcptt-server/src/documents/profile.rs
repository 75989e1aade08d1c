//! What a user may do, as the profiles of the user say it (TS 24.484 8.3). Absent is no.

use call_control::config as cc;
use mcptt_codec::id::{FunctionalAlias, GroupId, McpttId};
use mcptt_codec::xml::common_policy::action::user as may;
use mcptt_codec::xml::user_profile::{Target, UserProfile};

/// The user that profiles describe: the pre-selected one is in use, the others may be selected. `base`: what the
/// configuration says of the user, for what profiles do not have, such as its public identities. `None`: no profile is
/// enabled.
pub(super) fn user(profiles: &[&UserProfile], base: Option<&cc::User>) -> Option<cc::User> {
    let enabled: Vec<&&UserProfile> =
        profiles.iter().filter(|profile| profile.status != Some(false)).collect();
    //= 24.484-profile
    let first = enabled.iter().find(|profile| profile.pre_selected_indication.is_some());
    let first = first.or(enabled.first())?;
    let mut user = one(first, base);
    user.other_profiles = enabled
        .iter()
        .filter(|other| other.user_profile_index != first.user_profile_index)
        .map(|other| one(other, base))
        .collect();
    Some(user)
}

fn one(profile: &UserProfile, base: Option<&cc::User>) -> cc::User {
    let mcptt_id = profile.mcptt_id();
    let mut user = match base {
        Some(base) => cc::User {
            public_user_ids: base.public_user_ids.clone(),
            access_token: base.access_token.clone(),
            digest: base.digest.clone(),
            participating: base.participating.clone(),
            plain_rtp: base.plain_rtp,
            ..cc::User::new(mcptt_id.as_str(), mcptt_id.as_str())
        },
        None => cc::User::new(mcptt_id.as_str(), mcptt_id.as_str()),
    };
    //= 24.484-up
    let grants = |action| profile.grants(action, None);
    let groups = |uris: Vec<&str>| uris.into_iter().map(GroupId::from).collect::<Vec<_>>();
    let dedicated = |target: Option<Target<'_>>| match target {
        Some(Target::Dedicated(group)) => Some(GroupId::from(group)),
        _ => None,
    };
    user.profile = profile.user_profile_index;
    user.max_authorisations = profile.max_authorisations();
    user.max_simultaneous_group_calls = profile.max_group_calls();
    user.affiliation_groups = Some(groups(profile.groups().collect()));
    user.max_affiliations = profile.max_affiliations();
    user.implicit_affiliations = groups(profile.implicit_affiliations().collect());
    user.emergency_group_call = grants(may::ALLOW_EMERGENCY_GROUP_CALL);
    user.imminent_peril_call = grants(may::ALLOW_IMMINENT_PERIL_CALL);
    user.emergency_alert = grants(may::ALLOW_ACTIVATE_EMERGENCY_ALERT);
    user.cancel_group_emergency = grants(may::ALLOW_CANCEL_GROUP_EMERGENCY);
    user.cancel_imminent_peril = grants(may::ALLOW_CANCEL_IMMINENT_PERIL);
    user.cancel_emergency_alert = grants(may::ALLOW_CANCEL_EMERGENCY_ALERT);
    user.dedicated_alert_group = dedicated(profile.emergency_alert_group());
    user.dedicated_emergency_group = dedicated(profile.emergency_group());
    user.organisation = profile.organisation().map(Into::into);
    user.participant_type = profile.participant_type().map(Into::into);
    user.affiliate_others = grants(may::ALLOW_REQUEST_TO_AFFILIATE_OTHER_USERS);
    user.recommend_affiliation = grants(may::ALLOW_RECOMMEND_TO_AFFILIATE_OTHER_USERS);
    user.watch_affiliations = grants(may::ALLOW_REQUEST_AFFILIATED_GROUPS);
    user.request_presence = grants(may::ALLOW_REQUEST_PRESENCE);
    user.presence_status = grants(may::ALLOW_PRESENCE_STATUS);
    user.remote_group_selection = profile.remote_group_selection().map(McpttId::from).collect();
    user.remote_group_calls = grants(may::ALLOW_REQUEST_REMOTE_INIT_GROUP_CALL);
    user.non_acknowledged_users = grants(may::ALLOW_TO_RECEIVE_NON_ACKNOWLEDGED_USERS_INFORMATION);
    user.revoke_transmit = grants(may::ALLOW_REVOKE_TRANSMIT);
    user.functional_aliases = profile.functional_aliases().map(FunctionalAlias::from).collect();
    user.private_calls = private_calls(profile, base, &grants);
    user.adhoc = cc::AdhocRules {
        call: grants(may::ALLOW_ADHOC_GROUP_CALL),
        participation: grants(may::ALLOW_ADHOC_GROUP_CALL_PARTICIPATION),
        emergency: grants(may::ALLOW_EMERGENCY_ADHOC_GROUP_CALL),
        imminent_peril: grants(may::ALLOW_IMMINENT_PERIL_ADHOC_GROUP_CALL),
        change: grants(may::ALLOW_TO_MODIFY_ADHOC_GROUP_CALL_PARTICIPANTS_INFO),
        alert: base.is_some_and(|base| base.adhoc.alert),
    };
    user.regroup = grants(may::ALLOW_REGROUP);
    user.location_requests = base.is_some_and(|base| base.location_requests);
    user.pre_established_sessions = base.is_none_or(|base| base.pre_established_sessions);
    user
}

fn private_calls(
    profile: &UserProfile,
    base: Option<&cc::User>,
    grants: &impl Fn(mcptt_codec::xml::common_policy::Action) -> bool,
) -> cc::PrivateCallRules {
    let from_anybody = grants(may::ALLOW_TO_RECEIVE_PRIVATE_CALL_FROM_ANY_USER);
    let incoming = profile.incoming_private_calls().filter(|_| !from_anybody);
    cc::PrivateCallRules {
        allowed: grants(may::ALLOW_PRIVATE_CALL),
        any_user: grants(may::ALLOW_PRIVATE_CALL_TO_ANY_USER),
        users: profile.private_call_list().map(McpttId::from).collect(),
        participation: grants(may::ALLOW_PRIVATE_CALL_PARTICIPATION),
        incoming: incoming.map(|users| users.map(McpttId::from).collect()),
        max_simultaneous: None,
        automatic_commencement: grants(may::ALLOW_AUTOMATIC_COMMENCEMENT),
        manual_commencement: grants(may::ALLOW_MANUAL_COMMENCEMENT),
        force_auto_answer: grants(may::ALLOW_FORCE_AUTO_ANSWER),
        emergency: grants(may::ALLOW_EMERGENCY_PRIVATE_CALL),
        emergency_recipient: match profile.emergency_recipient() {
            Some(Target::PreConfigured(user)) => Some(user.into()),
            _ => None,
        },
        cancel_emergency: grants(may::ALLOW_CANCEL_PRIVATE_EMERGENCY_CALL),
        first_to_answer: grants(may::ALLOW_REQUEST_FIRST_TO_ANSWER_CALL),
        call_back: grants(may::ALLOW_REQUEST_PRIVATE_CALL_CALL_BACK),
        cancel_call_back: grants(may::ALLOW_CANCEL_PRIVATE_CALL_CALL_BACK),
        remote_ambient_listening: grants(may::ALLOW_REQUEST_REMOTE_INITIATED_AMBIENT_LISTENING),
        local_ambient_listening: grants(may::ALLOW_REQUEST_LOCALLY_INITIATED_AMBIENT_LISTENING),
        remote_initiation: grants(may::ALLOW_REQUEST_REMOTE_INIT_PRIVATE_CALL),
        transfer: grants(may::ALLOW_CALL_TRANSFER),
        // No element of its own has a public coding in which two sources agree: as the configuration has it.
        forwarding_allowed: base.is_some_and(|base| base.private_calls.forwarding_allowed),
        forwarding: base.map(|base| base.private_calls.forwarding.clone()).unwrap_or_default(),
    }
}
