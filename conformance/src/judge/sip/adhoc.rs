//! Ad hoc group calls (17): who is called, how the call gets its identity, who may not call, how it ends.

use mcptt_codec::sip::{Limits, Response};
use mcptt_codec::xml::mcptt_info::{McpttInfo, extension_name};
use mcptt_codec::xml::mime;

use super::{RINGING, answer_to, describe, final_answer, refuses_with, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};
use crate::judge::wire::part;

/// What is looked at before the participants: rights, support, indicators.
const LOOKED_AT_BEFORE: [u16; 4] = [141, 184, 185, 186];

fn flag(info: &McpttInfo, name: &str) -> Option<bool> {
    info.root_any_ext.flag(name).or_else(|| info.any_ext.flag(name))
}

/// The INVITE by which the participating function hands an ad hoc group call on.
fn opens(sent: &Sent) -> bool {
    sent.is_adhoc() && sent.is_invite(Role::Participating, Role::Controlling)
}

/// An ad hoc group call that opens a group of its own and was answered.
fn answered(fact: &Fact) -> Option<(&Sent, &Response, &McpttInfo)> {
    let (request, response) = final_answer(fact).filter(|(request, _)| opens(request))?;
    Some((request, response, request.info.as_ref()?))
}

/// Every participant is invited to an ad hoc group call, not to one of another kind.
pub(super) const MEMBERS: Rule = Rule {
    requirements: &["24.379-17.4.2.1.1"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let Some(caller) = sent.calling_user().filter(|_| opens(sent)).map(str::to_owned) else { return };
        let own = sent.frame;
        let mut invited = false;
        let duty = Duty::when("24.379-17.4.2.1.1", RINGING, "session-type adhoc in every INVITE");
        todo.watch(cx, duty, move |fact| {
            if let Some(response) = answer_to(fact, own) {
                return if invited && response.status.is_success() { Step::Held } else { Step::Void };
            }
            let Fact::Request(sent) = fact else { return Step::Wait };
            let invites = sent.is_invite(Role::Controlling, Role::Participating);
            if !invites || sent.calling_user() != Some(caller.as_str()) {
                return Step::Wait;
            }
            invited = true;
            match sent.is_adhoc() {
                true => Step::Wait,
                false => Step::by("an INVITE for another kind of call"),
            }
        });
    },
};

/// Who has not named a group is told which one was made.
pub(super) const IDENTITY: Rule = Rule {
    requirements: &["24.379-17.4.2.2:10"],
    watch: |cx, fact, todo| {
        let Some((request, response, _)) = answered(fact) else { return };
        if request.target().is_some() || !response.status.is_success() {
            return;
        }
        let parts = response.parts(&Limits::default()).unwrap_or_default();
        let info = part(&parts, mime::MCPTT_INFO).and_then(|body| McpttInfo::parse(&body).ok());
        let held = info.is_some_and(|info| info.calling_group_id.is_some());
        todo.judge(cx, "24.379-17.4.2.2:10", held, "mcptt-calling-group-id in the 200", || {
            "a 200 without it".to_owned()
        });
    },
};

/// Who names nobody is refused; so is who says emergency and imminent peril at once.
pub(super) const REFUSALS: Rule = Rule {
    requirements: &["24.379-17.4.2.2:7", "24.379-17.4.2.2:3A"],
    watch: |cx, fact, todo| {
        let Some((request, response, info)) = answered(fact) else { return };
        if matches!(response.status.0, 400 | 401 | 407 | 415 | 420 | 422 | 483 | 487 | 488) {
            return;
        }
        let peril = info.imminentperil_ind.is_some();
        if peril && flag(info, extension_name::ADHOC_EMERGENCY_IND).is_some() {
            let held = refuses_with(response, 403, 150);
            todo.judge(cx, "24.379-17.4.2.2:3A", held, "403 with warning 150", || describe(response));
            return;
        }
        let criteria = [&info.root_any_ext, &info.any_ext]
            .iter()
            .any(|any_ext| any_ext.text(extension_name::CALL_PARTICIPANTS_CRITERIAS).is_some());
        let named = criteria || request.part(mime::RESOURCE_LISTS).is_some() || request.target().is_some();
        let earlier = warnings(response).iter().any(|code| LOOKED_AT_BEFORE.contains(code));
        if !named && !earlier {
            let held = refuses_with(response, 403, 187);
            todo.judge(cx, "24.379-17.4.2.2:7", held, "403 with warning 187", || describe(response));
        }
    },
};

/// The initiator releases the call for everybody.
pub(super) const RELEASE: Rule = Rule {
    requirements: &["24.379-6.3.3.2.4:3A"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, call, for_all: true, .. } = fact else { return };
        let Some(belief) = cx.call(call) else { return };
        let own = belief.legs.get(leg).is_some_and(|profile| profile.adhoc && profile.originating);
        for other in belief.others(*leg).filter(|_| own) {
            let duty = Duty::must("24.379-6.3.3.2.4:3A", cx.answer(), "BYE to every participant");
            todo.watch(cx, duty, move |fact| match fact {
                Fact::LegClosing { leg, by_server, .. } if *leg == other => {
                    if *by_server {
                        Step::Held
                    } else {
                        Step::Void
                    }
                }
                _ => Step::Wait,
            });
        }
    },
};
