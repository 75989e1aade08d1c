//! How a call is set up and joined (6.3.2, 6.3.3.1, 10.1.1.4).

use mcptt_codec::sip::{AcceptContact, FEATURE_MCPTT, HeaderName, ICSI_MCPTT, Method, has_feature};
use mcptt_codec::xml::affiliation::PresenceDocument;
use mcptt_codec::xml::mime;
use mcptt_codec::xml::poc_settings::AnswerMode;

use super::between_users::is_between_users;
use super::{
    RINGING, answer_to, asserted, called_group, describe, final_answer, has_focus, invitation, is_call,
    may_invite_somebody, warnings,
};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::floor::SILENCE;
use crate::judge::obligation::{Context, Duty, Obligations, Step};
use crate::judge::wire::ALREADY_EXISTS;

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
        if !sent.is_invite(Role::Controlling, Role::Participating) {
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
        let strict = AcceptContact::all(headers).all(|field| field.require() && field.explicit());
        let both = AcceptContact::asks_for_feature(headers, FEATURE_MCPTT)
            && AcceptContact::asks_for_service(headers, ICSI_MCPTT)
            && AcceptContact::all(headers).count() >= 2;
        let expected = "two Accept-Contact fields, one for each tag, require and explicit";
        let shown = || headers.values(&HeaderName::AcceptContact).collect::<Vec<_>>().join(", ");
        todo.judge(cx, "24.379-6.3.3.1.2:accept", strict && both, expected, shown);
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
        let identity = asserted(headers);
        let own = identity.as_deref().is_some_and(|identity| !is_user(cx, sent, identity));
        let expected = "the identity of the controlling function is asserted, not that of a user";
        todo.judge(cx, "24.379-6.3.3.1.2:pai", own, expected, || format!("{identity:?}"));
    },
};

/// Whether the identity is that of the caller or of anybody else who is known to be a user.
fn is_user(cx: &Context<'_>, sent: &Sent, identity: &str) -> bool {
    let documented =
        cx.profile.documents.as_ref().is_some_and(|documents| documents.users.contains_key(identity));
    let calls = cx.belief.invites.values().any(|invite| invite.user == identity);
    sent.calling_user() == Some(identity) || documented || calls
}

/// Members are invited before the originator is answered.
pub(super) const INVITE_BEFORE_ANSWER: Rule = Rule {
    requirements: &["24.379-10.1.1.4.2:14gv"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let opens = sent.is_invite(Role::Participating, Role::Controlling);
        let Some(group) = called_group(sent).filter(|_| opens) else { return };
        if cx.belief.calls.contains_key(group) {
            return;
        }
        let (own, group) = (sent.frame, group.to_owned());
        let (mut invited, mut answered) = (false, false);
        let duty = Duty::when(
            "24.379-10.1.1.4.2:14gv",
            RINGING,
            "INVITEs to the members before the 200 to the originator",
        );
        todo.watch(cx, duty, move |fact| {
            if let Some(response) = answer_to(fact, own) {
                answered = true;
                return match (response.status.is_success(), invited) {
                    (true, true) => Step::Held,
                    // Nobody else is affiliated, or the invitations are late.
                    (true, false) => Step::Wait,
                    (false, _) => Step::Void,
                };
            }
            match invitation(fact, &group) {
                Some(_) if answered => Step::by("a member was invited after the answer"),
                Some(_) => {
                    invited = true;
                    Step::Wait
                }
                // Who affiliates later is invited later.
                None if answered && may_invite_somebody(fact) => Step::Void,
                None => Step::Wait,
            }
        });
    },
};

/// The participating function hands the client's INVITE on with the identity it is bound to, and affiliations
/// by group.
pub(super) const TO_THE_CONTROLLING_FUNCTION: Rule = Rule {
    requirements: &["24.379-6.3.2.1.3", "24.379-9.2.2.2.6"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if sent.from != Role::Participating || sent.to != Role::Controlling {
            return;
        }
        let (user, group) = (sent.calling_user(), sent.target());
        if sent.is_invite(Role::Participating, Role::Controlling) {
            let callers = || cx.belief.invites.values().filter(|invite| Some(invite.group.as_str()) == group);
            let known = |user: &str| callers().any(|invite| cx.belief.mcptt_id(&invite.user) == user);
            // What the identities are bound to may have been told before the observation began.
            let all_known = callers().all(|invite| cx.belief.people.mcptt_id(&invite.user).is_some());
            let right = user.is_some_and(|user| known(user) || !all_known || callers().next().is_none());
            // Those that are called between users stand in a list.
            let named = group.is_some() || sent.is_adhoc() || is_between_users(sent);
            let held = right && named && sent.part(mime::SDP).is_some();
            let expected =
                "mcptt-calling-user-id of the caller, the group in mcptt-info, the session description";
            todo.judge(cx, "24.379-6.3.2.1.3", held, expected, || {
                format!("calling {user:?}, target {group:?}")
            });
        } else if sent.is_publish_of("presence") {
            let held =
                user.is_some() && group.is_some() && (sent.expires() == Some(0) || tells_client(sent, group));
            let expected = "the user, one group as entity, and the client in the affiliation";
            todo.judge(cx, "24.379-9.2.2.2.6", held, expected, || format!("user {user:?}, group {group:?}"));
        }
    },
};

fn tells_client(sent: &Sent, group: Option<&str>) -> bool {
    let document = sent.part(mime::PIDF).and_then(|body| PresenceDocument::parse(&body).ok());
    document.is_some_and(|document| {
        let mut affiliations = document.tuples.iter().flat_map(|tuple| &tuple.affiliations);
        Some(document.entity.as_str()) == group
            && affiliations.any(|affiliation| affiliation.client.is_some())
    })
}

/// The INVITE of the participating function to the client.
pub(super) const TO_THE_CLIENT: Rule = Rule {
    requirements: &["24.379-6.3.2.2.3", "24.379-6.3.2.2.5"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if !sent.is_invite(Role::Participating, Role::Client) {
            return;
        }
        let headers = &sent.request.headers;
        let session = headers.session_expires().ok().flatten();
        let supported = |tag: &str| headers.lists(&HeaderName::Supported, tag);
        let own = headers
            .contact()
            .is_ok_and(|contact| has_focus(&contact) && has_feature(&contact.params, "g.3gpp.mcptt"));
        let open = session.as_ref().is_some_and(|session| session.refresher.is_none());
        let held = own && open && supported("tdialog") && supported("norefersub");
        let expected = "isfocus and tags, Session-Expires without refresher, Supported tdialog norefersub";
        todo.judge(cx, "24.379-6.3.2.2.3", held, expected, || {
            format!("{:?}, {session:?}", headers.get(&HeaderName::Supported))
        });
        if cx.belief.people.answer_mode(sent.destination) == Some(&AnswerMode::Automatic) {
            let mode = headers.get(&HeaderName::AnswerMode).map(ToString::to_string);
            let held = mode
                .as_deref()
                .and_then(|mode| mode.split(';').next())
                .is_some_and(|mode| mode.trim() == "Auto");
            todo.judge(cx, "24.379-6.3.2.2.5", held, "Answer-Mode: Auto", || format!("{mode:?}"));
        }
    },
};

/// Who calls a group whose call runs joins it: warning 123, nobody else is invited.
pub(super) const RUNNING_CALL: Rule = Rule {
    requirements: &["24.379-10.1.1.4.2:15j", "24.379-10.1.1.4.2:15r"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let Some(group) = called_group(sent).filter(|_| is_call(sent)) else { return };
        let Some(call) = cx.belief.calls.get(group) else { return };
        let Some(since) = call.established.filter(|_| !call.is_releasing(cx.now, cx.answer())) else {
            return;
        };
        if cx.belief.is_being_called(group) {
            return;
        }
        let (own, name) = (sent.frame, group.to_owned());
        todo.watch(cx, Duty::when("24.379-10.1.1.4.2:15j", RINGING, "200 with warning 123"), move |fact| {
            match answer_to(fact, own) {
                Some(response) if !response.status.is_success() => Step::Void,
                Some(response) if warnings(response).contains(&ALREADY_EXISTS) => Step::Held,
                Some(response) => Step::by(describe(response)),
                // It ended before the INVITE was there.
                None => match fact {
                    Fact::LegClosing { call, .. } if **call == *name => Step::Void,
                    _ => Step::Wait,
                },
            }
        });
        // Somebody may just be invited for a reason of its own.
        let arrival = cx.belief.arrival.filter(|at| *at > since);
        if arrival.is_some_and(|at| cx.now.saturating_sub(at) <= cx.answer()) {
            return;
        }
        let group = group.to_owned();
        let duty = Duty::must_not("24.379-10.1.1.4.2:15r", SILENCE.min(cx.answer()), "no INVITE to anybody");
        todo.watch(cx, duty, move |fact| match invitation(fact, &group) {
            Some(_) => Step::by("an INVITE"),
            None if may_invite_somebody(fact) => Step::Void,
            None => match fact {
                Fact::LegClosing { call, .. } if **call == *group => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// Who affiliates while the call runs is invited.
pub(super) const LATE_ENTRY: Rule = Rule {
    requirements: &["24.379-10.1.1.4.6"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let publishes = request.from == Role::Participating
            && request.to == Role::Controlling
            && request.is_publish_of("presence");
        if !publishes || !response.status.is_success() || request.expires() == Some(0) {
            return;
        }
        let (Some(group), Some(user)) = (called_group(request), request.calling_user()) else { return };
        if cx.belief.people.is_newcomer(user, group, cx.knows_affiliations()) {
            invite_newcomer(cx, todo, group, user);
        }
    },
};

fn invite_newcomer(cx: &Context<'_>, todo: &mut Obligations, group: &str, user: &str) {
    let Some(call) = cx.belief.calls.get(group) else { return };
    let mut present = call.legs.values().map(|leg| cx.belief.mcptt_id(&leg.user));
    let calls = cx.belief.invites.values().any(|invite| cx.belief.mcptt_id(&invite.user) == user);
    if call.established.is_none()
        || call.is_releasing(cx.now, cx.answer())
        || calls
        || present.any(|one| one == user)
    {
        return;
    }
    let duty = Duty::must("24.379-10.1.1.4.6", cx.answer(), "INVITE to the newly affiliated client");
    let (group, user) = (group.to_owned(), user.to_owned());
    todo.watch(cx, duty.in_call(&group.as_str().into()), move |fact| match invitation(fact, &group) {
        Some(sent) if sent.target() == Some(user.as_str()) => Step::Held,
        _ => match fact {
            // It comes of its own accord, or changes its mind.
            Fact::Request(sent) if is_call(sent) => Step::Void,
            Fact::Request(sent) if *sent.method() == Method::Publish && sent.expires() == Some(0) => {
                Step::Void
            }
            _ => Step::Wait,
        },
    });
}
