//! Calls between users (11.1): who may make them, and what caller and called see of each other.

use mcptt_codec::sip::{AnswerMode, HeaderName, Method};
use mcptt_codec::xml::mcptt_info::{Content, SessionType};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::ResourceLists;

use super::{NOT_BOUND, RINGING, answer_to, describe, final_answer, refuses_with, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Context, Duty, Step};
use crate::judge::profile::PrivateFacts;

/// Whether an INVITE is for a call between users.
pub(super) fn is_between_users(sent: &Sent) -> bool {
    let kind = sent.info.as_ref().and_then(|info| info.session_type.as_ref());
    kind.is_some_and(|kind| {
        matches!(kind, SessionType::Private | SessionType::FirstToAnswer | SessionType::AmbientListening)
    })
}

/// The first INVITE of a client for such a call.
fn is_asked_for(sent: &Sent) -> bool {
    sent.is_invite(Role::Client, Role::Participating) && is_between_users(sent)
}

/// The INVITE of such a call to the called client.
fn reaches_called(sent: &Sent) -> bool {
    sent.is_invite(Role::Participating, Role::Client) && is_between_users(sent)
}

/// Whom it names.
fn named(sent: &Sent) -> Vec<String> {
    let list = sent.part(mime::RESOURCE_LISTS).and_then(|body| ResourceLists::parse(&body).ok());
    list.iter().flat_map(ResourceLists::entries).map(|entry| entry.uri.to_string()).collect()
}

/// The documents of caller and called say that the call may not be made, or not in this way.
pub(super) const RIGHTS: Rule = Rule {
    requirements: &[
        "24.379-11.1.1.3.1.1:10",
        "24.379-11.1.1.3.1.1:11",
        "24.379-11.1.1.3.1.1:125",
        "24.379-11.1.1.3.1.1:126",
        "24.379-11.1.1.3.1.1:18",
        "24.379-11.1.1.3.1.1:156",
        "24.379-11.1.1.3.2:8",
        "24.379-11.1.1.4:imm",
    ],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let looked_at_before =
            matches!(response.status.0, 400 | 401 | 407 | 415 | 420 | 422 | 483 | 487 | 488)
                || warnings(response).contains(&NOT_BOUND);
        if !is_asked_for(request) || looked_at_before {
            return;
        }
        let Some((requirement, warning)) = the_only_reason(cx, request) else { return };
        let held = refuses_with(response, 403, warning);
        todo.judge(cx, requirement, held, format!("403 with warning {warning}"), || describe(response));
    },
};

/// Why the call has to be refused, if there is one reason and no other.
fn the_only_reason(cx: &Context<'_>, request: &Sent) -> Option<(&'static str, u16)> {
    let facts = |user: &str| cx.profile.documents.as_ref()?.users.get(cx.belief.mcptt_id(user));
    let private = |user: &str| facts(user).and_then(|facts| facts.private.as_ref());
    let caller = private(&request.user()?)?;
    let info = request.info.as_ref()?;
    let called = named(request);
    let several = info.session_type == Some(SessionType::FirstToAnswer);
    if info.session_type == Some(SessionType::AmbientListening) {
        return None;
    }
    let asks = |name| AnswerMode::of(&request.request.headers, &name).ok().flatten();
    let (mode, forced) = (asks(HeaderName::AnswerMode), asks(HeaderName::PrivAnswerMode));
    let may_call = |user: &String| caller.any_user || caller.users.contains(user);
    let may_take_part = |user: &String| private(user).is_none_or(|facts| facts.participation);
    let peril = info.imminentperil_ind.as_ref().and_then(Content::value) == Some(&true);
    let reasons = [
        (!caller.allowed && !several, "24.379-11.1.1.3.1.1:10", 107),
        (!called.iter().all(may_call) && !several, "24.379-11.1.1.3.1.1:11", 144),
        (mode == Some(AnswerMode::Auto) && !caller.automatic && !several, "24.379-11.1.1.3.1.1:125", 125),
        (mode == Some(AnswerMode::Manual) && !caller.manual && !several, "24.379-11.1.1.3.1.1:126", 126),
        (forced == Some(AnswerMode::Auto) && !caller.forces && !several, "24.379-11.1.1.3.1.1:18", 143),
        (several && !caller.first_to_answer, "24.379-11.1.1.3.1.1:156", 156),
        (!several && !called.iter().all(may_take_part), "24.379-11.1.1.3.2:8", 127),
        (peril, "24.379-11.1.1.4:imm", 150),
    ];
    let mut reasons = reasons.into_iter().filter(|(applies, _, _)| *applies);
    let (_, requirement, warning) = reasons.next()?;
    // Who is not there is found out first or last, depending on what is asked first.
    let there = called.iter().all(|user| cx.belief.people.is_bound(user, cx.now, false) == Some(true));
    let far = matches!(requirement, "24.379-11.1.1.3.2:8" | "24.379-11.1.1.4:imm");
    (reasons.next().is_none() && !called.is_empty() && (there || !far)).then_some((requirement, warning))
}

/// The caller is answered when the called client has answered.
pub(super) const ANSWERED: Rule = Rule {
    requirements: &["24.379-11.1.1.4.2:wait"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let Some(user) = sent.user().filter(|_| is_asked_for(sent)) else { return };
        let (frame, caller) = (sent.frame, cx.belief.mcptt_id(&user).to_owned());
        let (mut invited, mut answered) = (false, false);
        let duty = Duty::when("24.379-11.1.1.4.2:wait", RINGING, "200 after that of the called client");
        todo.watch(cx, duty, move |fact| {
            match fact {
                Fact::Request(sent) if reaches_called(sent) => {
                    invited |= sent.calling_user() == Some(caller.as_str());
                }
                Fact::Response { request, response } if reaches_called(request) => {
                    answered |=
                        response.status.is_success() && request.calling_user() == Some(caller.as_str());
                }
                _ => {}
            }
            match answer_to(fact, frame) {
                // The called client has a session that was set up before: there is no INVITE.
                Some(_) if !invited => Step::Void,
                Some(response) if response.status.is_success() => {
                    Step::test(answered, || "200 before the called client has answered".to_owned())
                }
                Some(_) => Step::Void,
                None => Step::Wait,
            }
        });
    },
};

/// What the called client says reaches the caller: that it rings, and why it refuses.
pub(super) const TOLD: Rule = Rule {
    requirements: &["24.379-11.1.1.4.2:180", "24.379-11.1.1.4.1:fail"],
    watch: |cx, fact, todo| {
        let Fact::Response { request, response } = fact else { return };
        if !reaches_called(request) {
            return;
        }
        let Some(caller) = request.calling_user().map(str::to_owned) else { return };
        let of_caller =
            move |request: &Sent| is_asked_for(request) && request.user().as_ref() == Some(&caller);
        let one = request.info.as_ref().is_some_and(|info| info.session_type == Some(SessionType::Private));
        match response.status.0 {
            180 => {
                let duty = Duty::when("24.379-11.1.1.4.2:180", RINGING, "180 at the caller");
                todo.watch(cx, duty, move |fact| match fact {
                    Fact::Response { request, response } if of_caller(request) => match response.status.0 {
                        180 => Step::Held,
                        200..=299 if one => Step::by("an answer without 180"),
                        // Of several somebody else may have answered before this one was heard to ring.
                        200..=299 => Step::Void,
                        300.. => Step::Void,
                        _ => Step::Wait,
                    },
                    _ => Step::Wait,
                });
            }
            status @ 400..=699 if one && status != 487 => {
                let told = warnings(response);
                let expected = format!("a refusal of the same class with the warnings {told:?}");
                let duty = Duty::when("24.379-11.1.1.4.1:fail", cx.answer(), expected);
                todo.watch(cx, duty, move |fact| match final_answer(fact) {
                    Some((request, response)) if of_caller(request) => {
                        let same = response.status.0 / 100 == status / 100;
                        let warned = warnings(response);
                        let all = told.iter().all(|code| warned.contains(code));
                        Step::test(same && all, || describe(response))
                    }
                    _ => Step::Wait,
                });
            }
            _ => {}
        }
    },
};

/// Of several called clients one stays; the INVITEs of the others are cancelled.
pub(super) const FIRST: Rule = Rule {
    requirements: &["24.379-11.1.1.4:fta-cancel"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let several =
            sent.info.as_ref().is_some_and(|info| info.session_type == Some(SessionType::FirstToAnswer));
        let Some(caller) = sent.calling_user().filter(|_| several && reaches_called(sent)) else { return };
        let (frame, caller, place, answer) = (sent.frame, caller.to_owned(), sent.destination, cx.answer());
        let mut answered = None;
        let duty = Duty::when("24.379-11.1.1.4:fta-cancel", RINGING, "CANCEL once another one has answered");
        todo.watch_timed(cx, duty, move |fact, now| {
            if answered.is_some_and(|at| now.saturating_sub(at) > answer) {
                return Step::by("no CANCEL");
            }
            match fact {
                Fact::Request(sent) if *sent.method() == Method::Cancel && sent.destination == place => {
                    if answered.is_some() {
                        Step::Held
                    } else {
                        Step::Void
                    }
                }
                Fact::Response { request, response }
                    if request.frame == frame && response.status.is_final() =>
                {
                    Step::Void
                }
                Fact::Response { request, response }
                    if reaches_called(request)
                        && request.calling_user() == Some(caller.as_str())
                        && response.status.is_success() =>
                {
                    answered.get_or_insert(now);
                    Step::Wait
                }
                _ => Step::Wait,
            }
        });
    },
};

impl PrivateFacts {
    /// Of a user who may do everything.
    #[cfg(test)]
    pub(in crate::judge) fn all() -> Self {
        Self {
            allowed: true,
            any_user: true,
            users: Vec::new(),
            participation: true,
            automatic: true,
            manual: true,
            forces: true,
            first_to_answer: true,
        }
    }
}
