//! Who may not call is told why (6.3.5.2, 10.1.1.3, 10.1.1.4). Judged where the tester knows the documents.

use std::collections::BTreeSet;

use mcptt_codec::sip::{Limits, Method};
use mcptt_codec::xml::mcptt_info::McpttInfo;
use mcptt_codec::xml::mime;

use super::{called_group, describe, final_answer, is_call, warnings};
use crate::judge::Rule;
use crate::judge::fact::Role;
use crate::judge::obligation::Context;
use crate::judge::profile::Documents;
use crate::judge::wire::part;

/// The group document refuses.
pub(super) const GROUP: Rule = Rule {
    requirements: &["24.379-6.3.5.2:2", "24.379-6.3.5.2:5a", "24.379-6.3.5.2:5b", "24.379-6.3.5.2:5d"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let (Some(documents), Some(group)) = (&cx.profile.documents, called_group(request)) else { return };
        if !is_call(request) || refused_before_the_document(response) {
            return;
        }
        let user = request.user().unwrap_or_default();
        let Some((requirement, status, warning)) = group_refusal(documents, group, &user) else { return };
        let held = response.status.0 == status && warnings(response).contains(&warning);
        todo.judge(cx, requirement, held, format!("{status} with warning {warning}"), || describe(response));
    },
};

/// Bound to the service and number of calls are looked at by the participating function before.
fn refused_before_the_document(response: &mcptt_codec::sip::Response) -> bool {
    warnings(response).iter().any(|code| [141, 103, 109, 142].contains(code))
        || matches!(response.status.0, 400 | 420 | 422 | 483 | 487 | 488)
}

fn group_refusal(documents: &Documents, group: &str, user: &str) -> Option<(&'static str, u16, u16)> {
    let Some(facts) = documents.groups.get(group) else {
        return Some(("24.379-6.3.5.2:2", 404, 113));
    };
    if facts.disabled {
        Some(("24.379-6.3.5.2:5a", 403, 115))
    } else if !facts.members.contains_key(user) {
        Some(("24.379-6.3.5.2:5b", 403, 116))
    } else if !facts.prearranged {
        Some(("24.379-6.3.5.2:5d", 404, 118))
    } else {
        None
    }
}

/// The caller may not call now: not bound, too many calls, not affiliated.
pub(super) const CALLER: Rule = Rule {
    requirements: &["24.379-10.1.1.3.1.1:2a", "24.379-10.1.1.3.1.1:5", "24.379-10.1.1.4.2:14a"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_call(request) {
            return;
        }
        match (response.status.0, warnings(response).first().copied()) {
            (404, Some(141)) => judge_status(cx, todo, "24.379-10.1.1.3.1.1:2a", "404 with warning 141"),
            _ if at_the_limit(cx, request.user().as_deref()) => {
                let held = response.status.0 == 486 && warnings(response).contains(&103);
                todo.judge(cx, "24.379-10.1.1.3.1.1:5", held, "486 with warning 103", || describe(response));
            }
            (403, Some(120)) => judge_status(cx, todo, "24.379-10.1.1.4.2:14a", "403 with warning 120"),
            _ => {}
        }
    },
};

/// The refusal itself is the evidence: who gets it is known to the target alone, that it has this form is seen here.
fn judge_status(
    cx: &Context<'_>,
    todo: &mut crate::judge::obligation::Obligations,
    requirement: &'static str,
    expected: &str,
) {
    todo.judge(cx, requirement, true, expected, String::new);
}

/// Whether the user is in as many calls as its profile allows.
fn at_the_limit(cx: &Context<'_>, user: Option<&str>) -> bool {
    let (Some(documents), Some(user)) = (&cx.profile.documents, user) else { return false };
    let Some(most) = documents.users.get(user).and_then(|facts| facts.max_group_calls) else { return false };
    let present: BTreeSet<&str> = cx
        .belief
        .calls
        .iter()
        .filter(|(_, call)| call.legs.values().any(|leg| leg.user == user))
        .map(|(group, _)| &**group)
        .collect();
    present.len() >= most as usize
}

/// The called client's settings are not known.
pub(super) const CALLEE: Rule = Rule {
    requirements: &["24.379-10.1.1.3.2:3"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let invited = *request.method() == Method::Invite
            && request.from == Role::Controlling
            && request.to == Role::Participating;
        if invited && warnings(response).contains(&146) {
            todo.judge(cx, "24.379-10.1.1.3.2:3", response.status.0 == 480, "480 with warning 146", || {
                describe(response)
            });
        }
    },
};

/// An emergency call of somebody without the right.
pub(super) const EMERGENCY: Rule = Rule {
    requirements: &["24.379-10.1.1.4.2:10", "24.379-6.3.3.1.14"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let asks = request.info.as_ref().and_then(|info| info.emergency_ind.as_ref()?.value()) == Some(&true);
        let (Some(documents), Some(user), true) =
            (&cx.profile.documents, request.user(), asks && is_call(request))
        else {
            return;
        };
        let allowed = documents.users.get(&user).is_some_and(|facts| facts.emergency);
        if allowed || called_group(request).and_then(|group| group_refusal(documents, group, &user)).is_some()
        {
            return;
        }
        todo.judge(cx, "24.379-10.1.1.4.2:10", response.status.0 == 403, "403", || describe(response));
        let info = part(&response.parts(&Limits::default()).unwrap_or_default(), mime::MCPTT_INFO)
            .and_then(|body| McpttInfo::parse(&body).ok());
        let flag = |content: Option<&mcptt_codec::xml::mcptt_info::Content<bool>>| {
            content.and_then(|c| c.value().copied())
        };
        let both = info.as_ref().is_some_and(|info| {
            flag(info.emergency_ind.as_ref()) == Some(false) && flag(info.alert_ind.as_ref()) == Some(false)
        });
        todo.judge(
            cx,
            "24.379-6.3.3.1.14",
            both,
            "mcptt-info with emergency-ind and alert-ind false",
            || describe(response),
        );
    },
};
