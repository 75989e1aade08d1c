//! Affiliations that are made without being asked for, and those that are too many (9.2.2.2.3, 9.2.2.2.15).

use std::collections::BTreeSet;

use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::sip::Method;

use super::{NOT_BOUND, answer_to, called_group, describe, final_answer, is_call, refuses_with, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Context, Duty, Step};
use crate::judge::people::wanted_groups;
use crate::judge::profile::UserFacts;

fn facts<'a>(cx: &Context<'a>, user: &str) -> Option<&'a UserFacts> {
    cx.profile.documents.as_ref()?.users.get(cx.belief.mcptt_id(user))
}

fn is_of_client(sent: &Sent) -> bool {
    (sent.from, sent.to) == (Role::Client, Role::Participating)
}

/// The group to which the controlling function is asked to affiliate this user.
fn affiliates<'a>(fact: &'a Fact, user: &str) -> Option<&'a str> {
    let Fact::Request(sent) = fact else { return None };
    let asks = *sent.method() == Method::Publish
        && (sent.from, sent.to) == (Role::Participating, Role::Controlling)
        && sent.is_publish_of("presence")
        && sent.expires() != Some(0)
        && sent.calling_user() == Some(user);
    sent.target().filter(|_| asks)
}

/// Who wants more affiliations than N2 is not refused, and does not get more.
pub(super) const TOO_MANY: Rule = Rule {
    requirements: &["24.379-9.2.2.2.3:n2"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if !is_of_client(sent) || !sent.is_publish_of("presence") || sent.expires() != Some(u32::MAX) {
            return;
        }
        let Some(user) = sent.user() else { return };
        let most = facts(cx, &user).and_then(|facts| usize::try_from(facts.max_affiliations?).ok());
        let wanted = wanted_groups(sent).map(|(_, groups)| groups).unwrap_or_default();
        let Some(most) = most.filter(|most| wanted.len() > *most) else { return };
        let (frame, own) = (sent.frame, cx.belief.mcptt_id(&user).to_owned());
        let expected = format!("200 to {} affiliations where {most} are allowed", wanted.len());
        let duty = Duty::must("24.379-9.2.2.2.3:n2", cx.answer(), expected);
        todo.watch(cx, duty, move |fact| match answer_to(fact, frame) {
            Some(response) if response.status.is_success() => Step::Held,
            Some(response)
                if matches!(response.status.0, 400 | 401 | 407 | 423)
                    || warnings(response).contains(&NOT_BOUND) =>
            {
                Step::Void
            }
            Some(response) => Step::by(describe(response)),
            None => Step::Wait,
        });
        let expected = format!("no more than {most} affiliations");
        let duty = Duty::must_not("24.379-9.2.2.2.3:n2", cx.answer(), expected);
        let mut asked: BTreeSet<String> = BTreeSet::new();
        todo.watch(cx, duty, move |fact| match affiliates(fact, &own) {
            Some(group) => {
                asked.insert(group.to_owned());
                if asked.len() > most {
                    Step::by(format!("{} affiliations", asked.len()))
                } else {
                    Step::Wait
                }
            }
            // It wants something else now.
            None => match fact {
                Fact::Request(sent) if is_of_client(sent) && sent.is_publish_of("presence") => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// Who has logged in is affiliated to the groups that its profile names.
pub(super) const IMPLICIT: Rule = Rule {
    requirements: &["24.379-9.2.2.2.15"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let Some(user) = request.user().filter(|_| is_of_client(request)) else { return };
        let Some(facts) = facts(cx, &user).filter(|facts| !facts.implicit_affiliations.is_empty()) else {
            return;
        };
        let own = cx.belief.mcptt_id(&user);
        // Where it is not seen who is affiliated, a call shows it.
        if let Some(group) = called_group(request).filter(|_| is_call(request)) {
            let implied = facts.implicit_affiliations.iter().any(|implied| implied == group);
            let serves = cx.belief.people.has_settings(&user, false) == Some(true);
            if implied && serves && !cx.belief.people.has_given_up(&user, group) {
                let held = !refuses_with(response, 403, 120);
                let expected = "a call of a group to which the user is affiliated by its profile";
                todo.judge(cx, "24.379-9.2.2.2.15", held, expected, || describe(response));
            }
            return;
        }
        let begins = request.is_publish_of("poc-settings")
            && response.status.is_success()
            && request.expires() != Some(0)
            && cx.belief.people.has_settings(&user, cx.profile.is_complete()) == Some(false);
        if !begins || !cx.profile.is_complete() || cx.profile.controlling.is_none() {
            return;
        }
        for group in &facts.implicit_affiliations {
            if cx.belief.people.is_affiliated(own, group, true) == Some(true) {
                continue;
            }
            let (own, group) = (own.to_owned(), group.clone());
            let expected = format!("the controlling function of {group} is asked to affiliate the user");
            let duty = Duty::must("24.379-9.2.2.2.15", cx.answer(), expected);
            todo.watch(cx, duty, move |fact| match affiliates(fact, &own) {
                Some(asked) if asked == group => Step::Held,
                _ => Step::Wait,
            });
        }
    },
};

/// An emergency call of who may make it affiliates its caller: it is not refused for that.
pub(super) const BY_EMERGENCY: Rule = Rule {
    requirements: &["24.379-9.2.2.3.6"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let (Some(user), Some(group)) = (request.user(), called_group(request)) else { return };
        let emergency = request.kind().contains(FloorIndicator::EMERGENCY);
        if !is_call(request) || !emergency || cx.belief.people.has_asked_for(&user, request.source, group) {
            return;
        }
        let may = facts(cx, &user).is_some_and(|facts| facts.emergency);
        let document = cx.profile.group(group);
        let member = document.is_some_and(|facts| {
            !facts.disabled && facts.prearranged && facts.members.contains_key(cx.belief.mcptt_id(&user))
        });
        // What else it may be refused for is judged elsewhere.
        let refused = !response.status.is_success() && !warnings(response).contains(&120);
        if may && member && !refused {
            let held = response.status.is_success();
            let expected = "an emergency call affiliates its caller";
            todo.judge(cx, "24.379-9.2.2.3.6", held, expected, || describe(response));
        }
    },
};
