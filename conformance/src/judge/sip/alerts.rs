//! Emergency alerts without a call (12.1): everybody affiliated is told, and the sender that it was understood.

use mcptt_codec::sip::Method;
use mcptt_codec::xml::mcptt_info::Content;

use super::answer_to;
use super::told_why::says_alert;
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};
use crate::judge::people::wanted_groups;

/// What a client says to a group about an alert.
fn said(fact: &Fact) -> Option<(&Sent, bool)> {
    let Fact::Request(sent) = fact else { return None };
    let to_group = *sent.method() == Method::Message
        && (sent.from, sent.to) == (Role::Client, Role::Participating)
        && sent.target().is_some();
    says_alert(sent).filter(|_| to_group).map(|alert| (&**sent, alert))
}

/// A MESSAGE to a client.
fn told(fact: &Fact) -> Option<&Sent> {
    let Fact::Request(sent) = fact else { return None };
    let to_client = *sent.method() == Method::Message && sent.to == Role::Client;
    Some(&**sent).filter(|_| to_client)
}

/// An alert, or its end, reaches all other affiliated members.
pub(super) const FAN_OUT: Rule = Rule {
    requirements: &["24.379-12.1.3.1:fan", "24.379-12.1.3.2:open"],
    watch: |cx, fact, todo| {
        let Some((sent, alert)) = said(fact) else { return };
        let (Some(group), Some(user)) = (sent.target(), sent.user()) else { return };
        let sender = cx.belief.mcptt_id(&user);
        let requirement = if alert { "24.379-12.1.3.1:fan" } else { "24.379-12.1.3.2:open" };
        let Some(facts) = cx.profile.group(group) else { return };
        let people = &cx.belief.people;
        for member in facts.members.keys().filter(|member| *member != sender) {
            let there = people.is_affiliated(member, group, false) == Some(true)
                && people.is_bound(member, cx.now, false) == Some(true);
            if !there {
                continue;
            }
            let (frame, own) = (sent.frame, member.clone());
            let expected = "MESSAGE with the same alert-ind to every other affiliated member";
            let duty = Duty::must(requirement, cx.answer(), expected);
            todo.watch(cx, duty, move |fact| match (answer_to(fact, frame), told(fact)) {
                (Some(response), _) if !response.status.is_success() => Step::Void,
                (_, Some(sent)) if sent.target() == Some(own.as_str()) && says_alert(sent) == Some(alert) => {
                    Step::Held
                }
                _ => Step::Wait,
            });
        }
    },
};

/// Who alerts is told that it was received.
pub(super) const RECEIPT: Rule = Rule {
    requirements: &["24.379-12.1.3.1:20"],
    watch: |cx, fact, todo| {
        let Some((sent, true)) = said(fact) else { return };
        let (frame, place) = (sent.frame, sent.source);
        let duty = Duty::must("24.379-12.1.3.1:20", cx.answer(), "MESSAGE with alert-ind-rcvd to the sender");
        todo.watch(cx, duty, move |fact| match (answer_to(fact, frame), told(fact)) {
            (Some(response), _) if !response.status.is_success() => Step::Void,
            (_, Some(sent)) if sent.destination == place => {
                let info = sent.info.as_ref();
                let received = info.and_then(|info| info.alert_ind_rcvd.as_ref());
                match received.and_then(Content::value) {
                    Some(true) => Step::Held,
                    _ => Step::Wait,
                }
            }
            _ => Step::Wait,
        });
    },
};

/// An alert alone calls nobody.
pub(super) const NO_CALL: Rule = Rule {
    requirements: &["24.379-12.1.3.1:nocall"],
    watch: |cx, fact, todo| {
        let Some((sent, true)) = said(fact) else { return };
        let Some(group) = sent.target().map(str::to_owned) else { return };
        // Somebody calls it anyway.
        if cx.belief.runs(&group) || cx.belief.is_being_called(&group) {
            return;
        }
        let frame = sent.frame;
        let duty = Duty::must_not("24.379-12.1.3.1:nocall", cx.answer(), "no INVITE because of an alert");
        todo.watch(cx, duty, move |fact| match fact {
            Fact::Request(sent) if sent.is_invite(Role::Client, Role::Participating) => Step::Void,
            Fact::Request(sent) if sent.is_invite(Role::Participating, Role::Client) => {
                match sent.calling_group() == Some(group.as_str()) {
                    true => Step::by("INVITE to a member"),
                    false => Step::Wait,
                }
            }
            _ => match answer_to(fact, frame) {
                Some(response) if !response.status.is_success() => Step::Void,
                _ => Step::Wait,
            },
        });
    },
};

/// Who becomes affiliated is told of the alerts that stand.
pub(super) const LATE: Rule = Rule {
    requirements: &["24.379-12.1.3.4", "24.379-9.2.2.3.3:14"],
    watch: |cx, fact, todo| {
        let Fact::Response { request, response } = fact else { return };
        let publishes = (request.from, request.to) == (Role::Client, Role::Participating)
            && request.is_publish_of("presence")
            && request.expires() != Some(0);
        let Some((user, groups)) = wanted_groups(request).filter(|_| publishes) else { return };
        if !response.status.is_success() {
            return;
        }
        let (own, place) = (cx.belief.mcptt_id(&user).to_owned(), request.source);
        for group in groups {
            let stands =
                cx.belief.alerts.get(&group).is_some_and(|alerts| alerts.iter().any(|by| *by != own));
            let member = cx.profile.group(&group).is_some_and(|facts| facts.members.contains_key(&own));
            if !stands || !member || cx.belief.people.has_asked_for(&user, place, &group) {
                continue;
            }
            let expected = "MESSAGE with alert-ind about the alert that stands to who affiliates";
            let duty = Duty::must("24.379-12.1.3.4", cx.answer(), expected).also(&["24.379-9.2.2.3.3:14"]);
            todo.watch(cx, duty, move |fact| match (told(fact), said(fact)) {
                (Some(sent), _) if sent.destination == place => match says_alert(sent) {
                    Some(true) => Step::Held,
                    _ => Step::Wait,
                },
                // It ends meanwhile.
                (_, Some((sent, false))) if sent.target() == Some(group.as_str()) => Step::Void,
                _ => Step::Wait,
            });
        }
    },
};
