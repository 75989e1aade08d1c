//! Checks against the group document (TS 24.379 6.3.5) and of the priority indicators (6.3.3.1.13, 6.3.3.1.17).

use mcptt_codec::id::McpttId;
use mcptt_codec::xml::mcptt_info::{IndicatorCombination, McpttInfo};

use crate::bodies::Kind;
use crate::config::{Group, Member, User};
use crate::directory::Directory;
use crate::event::Tier;
use crate::policy::Refusal;

/// The document of a group and the entry of a user in it, for a call of the given kind.
///
/// # Errors
/// The first check that fails, in the order of the clause.
pub(super) fn admit<'a>(
    directory: &'a Directory,
    group_id: &str,
    user: &McpttId,
    kind: Kind,
) -> Result<(&'a Group, &'a Member), Refusal> {
    //= 24.379-6.3.5.2:2
    let group = directory.group(group_id).ok_or(Refusal::GroupUnknown)?;
    let member = member_of(group, user)?;
    match (kind, group.invite_members) {
        //= 24.379-6.3.5.2:5c
        (Kind::Chat, true) => return Err(Refusal::GroupIsPrearranged),
        //= 24.379-6.3.5.2:5d
        //= 24.379-6.3.5.2:default
        (Kind::Prearranged, false) => return Err(Refusal::GroupIsChat),
        (Kind::Prearranged, true) | (Kind::Chat, false) | (Kind::Adhoc, _) => {}
    }
    //= 24.379-10.1.1.4.2:4c
    if group.regrouped || directory.temporary_group_of(group.group_id.as_str()).is_some() {
        return Err(Refusal::GroupRegrouped);
    }
    //= 24.379-10.1.1.4.2:preconf
    if group.preconfigured_use_only {
        return Err(Refusal::PreconfiguredGroupOnly);
    }
    Ok((group, member))
}

/// The entry of a user in a document that can be used.
///
/// # Errors
/// As [`admit`], up to membership.
pub(super) fn member_of<'a>(group: &'a Group, user: &McpttId) -> Result<&'a Member, Refusal> {
    //= 24.379-6.3.5.2:3
    if group.unavailable {
        return Err(Refusal::GroupUnavailable);
    }
    //= 24.379-6.3.5.2:5a
    if group.disabled {
        return Err(Refusal::GroupDisabled);
    }
    //= 24.379-6.3.5.2:5b
    group.member(user).ok_or(Refusal::NotAMember)
}

/// The tier that the indicators ask for, if they may stand together and the user may ask for it.
///
/// # Errors
/// The first check that fails, in the order of clause 10.1.1.4.2.
pub(super) fn requested_tier(
    info: &McpttInfo,
    group: &Group,
    member: &Member,
    user: Option<&User>,
) -> Result<Tier, Refusal> {
    //= 24.379-10.1.1.4.2:comb
    match info.indicator_combination()? {
        //= 24.379-10.1.1.4.2:10
        IndicatorCombination::Emergency { .. } => match may_call_emergency(group, member, user) {
            true => Ok(Tier::Emergency),
            false => Err(Refusal::EmergencyNotAuthorised),
        },
        //= 24.379-10.1.1.4.2:11
        IndicatorCombination::ImminentPeril => match may_call_imminent_peril(group, member, user) {
            true => Ok(Tier::ImminentPeril),
            false => Err(Refusal::ImminentPerilNotAuthorised),
        },
        // There is nothing to cancel with the request that opens or joins a call.
        IndicatorCombination::EmergencyCancel { .. } | IndicatorCombination::ImminentPerilCancel => {
            Err(Refusal::PriorityChangeNotServed)
        }
        IndicatorCombination::None => Ok(Tier::Normal),
    }
}

pub(super) fn may_call_imminent_peril(group: &Group, member: &Member, user: Option<&User>) -> bool {
    if group.adhoc {
        return user.is_some_and(|user| user.adhoc.imminent_peril);
    }
    //= 24.379-6.3.3.1.13.5
    member.imminent_peril_call && user.is_some_and(|user| user.imminent_peril_call)
}

/// User profile and group rule must both allow it, and a dedicated group must be this one.
pub(super) fn may_call_emergency(group: &Group, member: &Member, user: Option<&User>) -> bool {
    if group.adhoc {
        return user.is_some_and(|user| user.adhoc.emergency);
    }
    //= 24.379-6.3.3.1.13.2
    let allowed = member.emergency_call && user.is_some_and(|user| user.emergency_group_call);
    //= 24.379-6.3.3.1.13.2:dedicated
    let dedicated = user.and_then(|user| user.dedicated_emergency_group.as_ref());
    allowed && dedicated.is_none_or(|dedicated| *dedicated == group.group_id)
}

/// Whether an alert of the user is passed on, also one that comes with an emergency call.
pub(super) fn may_alert(group: &Group, member: &Member, user: Option<&User>) -> bool {
    if group.adhoc {
        return user.is_some_and(|user| user.adhoc.alert);
    }
    //= 24.379-6.3.3.1.13.1
    let allowed = member.emergency_alert && user.is_some_and(|user| user.emergency_alert);
    let dedicated = user.and_then(|user| user.dedicated_alert_group.as_ref());
    allowed && dedicated.is_none_or(|dedicated| *dedicated == group.group_id)
}

/// The right to cancel alerts, needed for the own alert too. Membership does not matter: a dispatcher has it.
pub(super) fn may_cancel_alert(user: Option<&User>) -> bool {
    //= 24.379-6.3.3.1.13.3
    user.is_some_and(|user| user.cancel_emergency_alert)
}

/// The right to end an emergency that somebody else has declared.
pub(super) fn may_cancel_emergency(user: Option<&User>) -> bool {
    //= 24.379-6.3.3.1.13.4
    user.is_some_and(|user| user.cancel_group_emergency)
}

/// The right to end the imminent peril of a group.
pub(super) fn may_cancel_imminent_peril(user: Option<&User>) -> bool {
    //= 24.379-6.3.3.1.13.6
    user.is_some_and(|user| user.cancel_imminent_peril)
}
