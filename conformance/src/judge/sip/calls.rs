//! How a call is set up, joined and released (6.3.2, 6.3.3.1, 10.1.1.4, 6.3.8.1).

use std::collections::BTreeSet;
use std::time::Duration;

use mcptt_codec::sip::{AcceptContact, FEATURE_MCPTT, HeaderName, ICSI_MCPTT, Method, has_feature};

use super::{asserted, called_group, final_answer, has_focus, is_call, warnings};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::{Fact, Role};
use crate::judge::obligation::Step;

/// The INVITE of the controlling function to a member.
pub(super) const INVITATION: Rule = Rule {
    requirements: &[
        "24.379-6.3.3.1.2:contact",
        "24.379-6.3.3.1.2:accept",
        "24.379-6.3.3.1.2:timer",
        "24.379-6.3.3.1.2:pai",
    ],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if *sent.method() != Method::Invite || sent.from != Role::Controlling || !sent.is_initial() {
            return;
        }
        let headers = &sent.request.headers;
        let contact = headers.contact().ok();
        let tagged = contact.as_ref().is_some_and(|contact| {
            has_focus(contact)
                && has_feature(&contact.params, "g.3gpp.mcptt")
                && has_feature(&contact.params, "g.3gpp.icsi-ref")
        });
        let shown = || headers.get(&HeaderName::Contact).map(ToString::to_string).unwrap_or_default();
        todo.judge(cx, "24.379-6.3.3.1.2:contact", tagged, "Contact with both tags and isfocus", shown);
        let both = AcceptContact::asks_for_feature(headers, FEATURE_MCPTT)
            && AcceptContact::asks_for_service(headers, ICSI_MCPTT)
            && headers.all(&HeaderName::AcceptContact).count() == 2;
        todo.judge(
            cx,
            "24.379-6.3.3.1.2:accept",
            both,
            "two Accept-Contact fields, one for each tag",
            || "not both".to_owned(),
        );
        let timer = headers.session_expires().ok().flatten();
        let open = timer.as_ref().is_some_and(|session| session.refresher.is_none());
        let held = open && headers.lists(&HeaderName::Supported, "timer");
        todo.judge(
            cx,
            "24.379-6.3.3.1.2:timer",
            held,
            "Session-Expires without refresher, Supported timer",
            || format!("{timer:?}"),
        );
        let from = headers.from_address().map(|from| from.uri.to_string()).unwrap_or_default();
        let identity = asserted(headers);
        let own = identity.as_ref().is_some_and(|identity| *identity == from);
        todo.judge(
            cx,
            "24.379-6.3.3.1.2:pai",
            own,
            "the identity of the controlling function is asserted",
            || format!("{identity:?}"),
        );
    },
};

/// Members are invited before the originator is answered.
pub(super) const INVITE_BEFORE_ANSWER: Rule = Rule {
    requirements: &["24.379-10.1.1.4.2:14gv"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let opens = sent.from == Role::Participating
            && sent.to == Role::Controlling
            && *sent.method() == Method::Invite;
        let Some(group) = called_group(sent).filter(|_| opens && sent.is_initial()) else { return };
        if cx.belief.calls.contains_key(group) {
            return;
        }
        let opened = sent.frame;
        let mut invited = false;
        let expected = "INVITEs to the members before the 200 to the originator";
        todo.must(cx, "24.379-10.1.1.4.2:14gv", cx.profile.response, expected, move |fact| match fact {
            Fact::Request(other) if other.from == Role::Controlling && *other.method() == Method::Invite => {
                invited = true;
                Step::Wait
            }
            Fact::Response { request, response } if request.frame == opened && response.status.is_final() => {
                match (response.status.is_success(), invited) {
                    (true, true) => Step::Held,
                    // Nobody else is affiliated, or it is refused: nothing to see.
                    _ => Step::Void,
                }
            }
            Fact::Request(other)
                if invited && other.from == Role::Controlling && *other.method() == Method::Invite =>
            {
                Step::Violated("a member was invited after the answer".to_owned())
            }
            _ => Step::Wait,
        });
    },
};

/// The participating function hands the client's INVITE on with the identity it is bound to.
pub(super) const TO_THE_CONTROLLING_FUNCTION: Rule = Rule {
    requirements: &["24.379-6.3.2.1.3", "24.379-9.2.2.2.6"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if sent.from != Role::Participating || sent.to != Role::Controlling {
            return;
        }
        let requirement = match sent.method() {
            Method::Invite if sent.is_initial() => "24.379-6.3.2.1.3",
            Method::Publish => "24.379-9.2.2.2.6",
            _ => return,
        };
        let info = sent.info.as_ref();
        let calling = info.and_then(|info| info.calling_user_id.as_ref()).and_then(|id| id.value());
        let target = info.and_then(|info| info.request_uri.as_ref()).and_then(|uri| uri.value());
        let held = calling.is_some() && target.is_some();
        todo.judge(cx, requirement, held, "mcptt-calling-user-id and the group in mcptt-info", || {
            format!("calling {calling:?}, target {target:?}")
        });
    },
};

/// The INVITE of the participating function to the client.
pub(super) const TO_THE_CLIENT: Rule = Rule {
    requirements: &["24.379-6.3.2.2.3", "24.379-6.3.2.2.5"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let terminating =
            *sent.method() == Method::Invite && sent.from == Role::Participating && sent.to == Role::Client;
        if !terminating || !sent.is_initial() {
            return;
        }
        let headers = &sent.request.headers;
        let session = headers.session_expires().ok().flatten();
        let supported = |tag: &str| headers.lists(&HeaderName::Supported, tag);
        let own = headers.contact().is_ok_and(|contact| has_focus(&contact));
        let held = own
            && session.as_ref().is_some_and(|session| session.refresher.is_none())
            && supported("tdialog")
            && supported("norefersub");
        let expected =
            "Contact with isfocus, Session-Expires without refresher, Supported tdialog and norefersub";
        todo.judge(cx, "24.379-6.3.2.2.3", held, expected, || {
            format!("{:?}", headers.get(&HeaderName::Supported))
        });
        if let Some(mode) = headers.get(&HeaderName::AnswerMode) {
            let known = mode.starts_with("Auto") || mode.starts_with("Manual");
            todo.judge(cx, "24.379-6.3.2.2.5", known, "Answer-Mode Auto or Manual", || mode.to_string());
        }
    },
};

/// Who calls a group whose call runs joins it: warning 123, nobody else is invited.
pub(super) const RUNNING_CALL: Rule = Rule {
    requirements: &["24.379-10.1.1.4.2:15j", "24.379-10.1.1.4.2:15r"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let Some(group) = called_group(sent).filter(|_| is_call(sent)) else { return };
        let established =
            cx.belief.calls.get(group).is_some_and(|call| !call.legs.is_empty() && !call.releasing);
        if !established {
            return;
        }
        let own = sent.frame;
        todo.must(cx, "24.379-10.1.1.4.2:15j", cx.profile.response, "200 with warning 123", move |fact| {
            match final_answer(fact) {
                Some((request, response)) if request.frame == own => match response.status.is_success() {
                    true if warnings(response).contains(&123) => Step::Held,
                    true => Step::Violated(super::describe(response)),
                    false => Step::Void,
                },
                _ => Step::Wait,
            }
        });
        let expected = "no INVITE to anybody";
        todo.must_not(cx, "24.379-10.1.1.4.2:15r", Duration::from_millis(90), expected, |fact| match fact {
            Fact::Request(other) if other.from == Role::Controlling && *other.method() == Method::Invite => {
                Step::Violated("an INVITE".to_owned())
            }
            Fact::Request(other) if *other.method() == Method::Publish => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// Who affiliates while the call runs is invited.
pub(super) const LATE_ENTRY: Rule = Rule {
    requirements: &["24.379-10.1.1.4.6"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let affiliates = *request.method() == Method::Publish
            && request.to == Role::Controlling
            && response.status.is_success();
        let lasting = request.request.headers.number(&HeaderName::Expires).ok().flatten() != Some(0);
        let Some(group) = called_group(request).filter(|_| affiliates && lasting) else { return };
        let Some(call) = cx.belief.calls.get(group) else { return };
        let info = request.info.as_ref();
        let Some(user) =
            info.and_then(|info| info.calling_user_id.as_ref()?.value()).map(ToString::to_string)
        else {
            return;
        };
        let present: BTreeSet<&str> = call.legs.values().map(|leg| leg.user.as_str()).collect();
        if present.contains(user.as_str()) || call.releasing {
            return;
        }
        todo.must(
            cx,
            "24.379-10.1.1.4.6",
            cx.profile.response,
            "INVITE to the newly affiliated client",
            move |fact| match fact {
                Fact::Request(sent) if *sent.method() == Method::Invite && sent.from == Role::Controlling => {
                    let invited = sent.info.as_ref().and_then(|info| info.request_uri.as_ref()?.value());
                    if invited.is_some_and(|invited| invited.as_str() == user) {
                        Step::Held
                    } else {
                        Step::Wait
                    }
                }
                _ => Step::Wait,
            },
        );
    },
};

/// A participant that is no longer affiliated is released at once.
pub(super) const DEAFFILIATED: Rule = Rule {
    requirements: &["24.379-10.1.1.4.4.3"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let ends = *request.method() == Method::Publish
            && request.to == Role::Controlling
            && response.status.is_success();
        let over = request.request.headers.number(&HeaderName::Expires).ok().flatten() == Some(0);
        let Some(group) = called_group(request).filter(|_| ends && over) else { return };
        let Some(call) = cx.belief.calls.get(group) else { return };
        let info = request.info.as_ref();
        let Some(user) =
            info.and_then(|info| info.calling_user_id.as_ref()?.value()).map(ToString::to_string)
        else {
            return;
        };
        let Some((leg, _)) = call.legs.iter().find(|(_, profile)| profile.user == user) else { return };
        let (leg, call) = (*leg, std::rc::Rc::from(group));
        todo.must(cx, "24.379-10.1.1.4.4.3", cx.profile.response, "BYE to the participant", move |fact| {
            match fact {
                Fact::LegClosing { leg: l, call: c, by_server } if *l == leg && *c == call => {
                    if *by_server {
                        Step::Held
                    } else {
                        Step::Void
                    }
                }
                _ => Step::Wait,
            }
        });
    },
};

/// The last participant is released when the last but one has left.
pub(super) const LAST_ONE: Rule = Rule {
    requirements: &["24.379-6.3.8.1:one"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, call, by_server: false } = fact else { return };
        let Some(belief) = cx.belief.call(call) else { return };
        let remaining = belief.others(*leg);
        let ([last], true) = (remaining.as_slice(), belief.legs.contains_key(leg)) else { return };
        let (call, last) = (call.clone(), *last);
        todo.must(
            cx,
            "24.379-6.3.8.1:one",
            cx.profile.response,
            "BYE to the last participant",
            move |fact| match fact {
                Fact::LegClosing { leg, call: c, by_server } if *c == call && *leg == last => {
                    if *by_server {
                        Step::Held
                    } else {
                        Step::Void
                    }
                }
                Fact::LegOpened { profile, .. } if profile.call == call => Step::Void,
                _ => Step::Wait,
            },
        );
    },
};

/// A call in which nobody wants the floor for T4 is released.
pub(super) const INACTIVE: Rule = Rule {
    requirements: &["24.379-6.3.8.1:t4"],
    watch: |cx, fact, todo| {
        let (Fact::LegClosing { call, by_server: true, .. }, Some(t4)) = (fact, cx.profile.timers.t4) else {
            return;
        };
        let Some(belief) = cx.belief.call(call) else { return };
        let FloorBelief::Idle { since, .. } = belief.floor else { return };
        if belief.releasing || belief.legs.len() < 2 {
            return;
        }
        let idle = cx.now.saturating_sub(since);
        let held = idle >= cx.profile.early(t4) && idle <= cx.profile.late(t4);
        todo.judge(
            cx,
            "24.379-6.3.8.1:t4",
            held,
            format!("BYE {} s after the floor became idle", t4.as_secs()),
            || format!("after {:.1} s", idle.as_secs_f64()),
        );
    },
};
