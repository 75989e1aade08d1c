//! Who may not call is told why (6.3.5.2, 10.1.1.3, 10.1.1.4). Judged where documents or wire tell who may
//! not.

use std::collections::BTreeSet;

use mcptt_codec::sip::{Limits, Response};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, SessionType};
use mcptt_codec::xml::mime;

use super::{NOT_BOUND, called_group, describe, final_answer, is_call, refuses_with, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Role, Sent};
use crate::judge::obligation::Context;
use crate::judge::profile::Documents;
use crate::judge::wire::part;

/// Warnings of the participating function, which looks first: not bound, too many calls, not allowed.
const LOOKED_AT_BEFORE: [u16; 4] = [NOT_BOUND, 103, 109, 142];

/// Whether it is refused for something that is looked at before any document.
fn is_malformed(response: &Response) -> bool {
    matches!(response.status.0, 400 | 401 | 407 | 415 | 420 | 422 | 483 | 487 | 488)
}

fn is_refused_before_the_document(response: &Response) -> bool {
    is_malformed(response) || warnings(response).iter().any(|code| LOOKED_AT_BEFORE.contains(code))
}

/// The group document refuses.
pub(super) const GROUP: Rule = Rule {
    requirements: &["24.379-6.3.5.2:2", "24.379-6.3.5.2:5a", "24.379-6.3.5.2:5b", "24.379-6.3.5.2:5d"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_call(request) || request.is_adhoc() || is_refused_before_the_document(response) {
            return;
        }
        let Some((requirement, status, warning)) = group_refusal(cx, request) else { return };
        let held = refuses_with(response, status, warning);
        todo.judge(cx, requirement, held, format!("{status} with warning {warning}"), || describe(response));
    },
};

fn group_refusal(cx: &Context<'_>, request: &Sent) -> Option<(&'static str, u16, u16)> {
    let (documents, group) = (cx.profile.documents.as_ref()?, called_group(request)?);
    if cx.belief.regroups.stands(group) {
        // Its document is made from that of the preconfigured group.
        return None;
    }
    let Some(facts) = documents.groups.get(group) else {
        return Some(("24.379-6.3.5.2:2", 404, 113));
    };
    let user = request.user()?;
    let user = cx.belief.mcptt_id(&user);
    let prearranged = request.info.as_ref()?.session_type == Some(SessionType::Prearranged);
    if facts.disabled {
        Some(("24.379-6.3.5.2:5a", 403, 115))
    } else if !facts.members.contains_key(user) {
        is_known(cx, documents, user).then_some(("24.379-6.3.5.2:5b", 403, 116))
    } else if !facts.prearranged && prearranged {
        Some(("24.379-6.3.5.2:5d", 404, 118))
    } else {
        None
    }
}

/// Whether this is an MCPTT ID, not a public user identity that stands for an unknown one.
fn is_known(cx: &Context<'_>, documents: &Documents, user: &str) -> bool {
    documents.users.contains_key(user) || cx.belief.people.mcptt_id(user).is_some()
}

/// The caller may not call now: not bound, too many calls, not affiliated.
pub(super) const CALLER: Rule = Rule {
    requirements: &["24.379-10.1.1.3.1.1:2a", "24.379-10.1.1.3.1.1:5", "24.379-10.1.1.4.2:14a"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if is_malformed(response) {
            return;
        }
        if request.is_invite(Role::Participating, Role::Controlling) {
            if is_not_affiliated(cx, request) {
                let held = refuses_with(response, 403, 120);
                todo.judge(cx, "24.379-10.1.1.4.2:14a", held, "403 with warning 120", || describe(response));
            }
            return;
        }
        let Some(user) = request.user().filter(|_| is_call(request)) else { return };
        match cx.belief.people.is_bound(&user, cx.now, cx.profile.is_complete()) {
            Some(false) => {
                let held = refuses_with(response, 404, NOT_BOUND);
                todo.judge(cx, "24.379-10.1.1.3.1.1:2a", held, "404 with warning 141", || describe(response));
            }
            _ if is_at_the_limit(cx, request, &user) => {
                let held = refuses_with(response, 486, 103);
                todo.judge(cx, "24.379-10.1.1.3.1.1:5", held, "486 with warning 103", || describe(response));
            }
            _ => {}
        }
    },
};

/// Whether the calling user is known not to be affiliated, and nothing that is looked at before refuses the
/// call. An emergency affiliates.
fn is_not_affiliated(cx: &Context<'_>, request: &Sent) -> bool {
    if request.is_adhoc() {
        return false;
    }
    let (Some(user), Some(group)) = (request.calling_user(), called_group(request)) else { return false };
    let documented = cx.profile.documents.as_ref().is_none_or(|documents| {
        documents
            .groups
            .get(group)
            .is_some_and(|facts| !facts.disabled && facts.prearranged && facts.members.contains_key(user))
    });
    documented
        && !is_urgent(request)
        && cx.belief.people.is_affiliated(user, group, cx.knows_affiliations()) == Some(false)
}

fn flag(content: Option<&Content<bool>>) -> Option<bool> {
    content.and_then(|content| content.value().copied())
}

fn is_urgent(request: &Sent) -> bool {
    request.info.as_ref().is_some_and(|info| {
        flag(info.emergency_ind.as_ref()) == Some(true) || flag(info.imminentperil_ind.as_ref()) == Some(true)
    })
}

/// Whether the user is in as many calls as its profile allows, others than this one.
fn is_at_the_limit(cx: &Context<'_>, request: &Sent, user: &str) -> bool {
    let user = cx.belief.mcptt_id(user);
    let documents = cx.profile.documents.as_ref();
    let facts = documents.and_then(|documents| documents.users.get(user));
    let (Some(most), Some(group)) = (facts.and_then(|facts| facts.max_group_calls), called_group(request))
    else {
        return false;
    };
    let calls = cx.belief.calls.iter().filter(|(_, call)| !call.is_releasing(cx.now, cx.answer()));
    let present =
        calls.filter(|(_, call)| call.legs.values().any(|leg| cx.belief.mcptt_id(&leg.user) == user));
    let present: BTreeSet<&str> = present.map(|(group, _)| &**group).collect();
    !is_urgent(request)
        && !present.contains(group)
        && present.len() >= usize::try_from(most).unwrap_or(usize::MAX)
}

/// The called client's settings are not known.
pub(super) const CALLEE: Rule = Rule {
    requirements: &["24.379-10.1.1.3.2:3"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let Some(user) =
            request.target().filter(|_| request.is_invite(Role::Controlling, Role::Participating))
        else {
            return;
        };
        let people = &cx.belief.people;
        let bound = people.is_bound(user, cx.now, cx.profile.is_complete()) == Some(true);
        if bound
            && people.has_settings(user, cx.profile.is_complete()) == Some(false)
            && !is_malformed(response)
        {
            let held = refuses_with(response, 480, 146);
            todo.judge(cx, "24.379-10.1.1.3.2:3", held, "480 with warning 146", || describe(response));
        }
    },
};

/// Whether something that is looked at before the urgency of a call is the reason for its refusal.
pub(super) fn is_refused_before(cx: &Context<'_>, request: &Sent, response: &Response) -> bool {
    group_refusal(cx, request).is_some() || is_refused_before_the_document(response)
}

/// An emergency call of somebody without the right.
pub(super) const EMERGENCY: Rule = Rule {
    requirements: &["24.379-10.1.1.4.2:10", "24.379-6.3.3.1.14"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let asks = request.info.as_ref().and_then(|info| flag(info.emergency_ind.as_ref())) == Some(true);
        let (Some(documents), Some(user)) = (&cx.profile.documents, request.user()) else { return };
        let user = cx.belief.mcptt_id(&user);
        let Some(facts) = documents.users.get(user) else { return };
        let judged = asks && is_call(request) && !facts.emergency;
        if !judged || is_refused_before(cx, request, response) {
            return;
        }
        todo.judge(cx, "24.379-10.1.1.4.2:10", response.status.0 == 403, "403", || describe(response));
        if response.status.0 != 403 {
            return;
        }
        let parts = response.parts(&Limits::default()).unwrap_or_default();
        let info = part(&parts, mime::MCPTT_INFO).and_then(|body| McpttInfo::parse(&body).ok());
        let both = info.as_ref().is_some_and(|info| {
            flag(info.emergency_ind.as_ref()) == Some(false) && flag(info.alert_ind.as_ref()) == Some(false)
        });
        let expected = "mcptt-info with emergency-ind and alert-ind false";
        todo.judge(cx, "24.379-6.3.3.1.14", both, expected, || describe(response));
    },
};
