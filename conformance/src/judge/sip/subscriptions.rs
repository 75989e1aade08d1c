//! What subscribers are told (7.3.6, 10.1.3), and what is left of a client that logs off (7.3.2, 7.3.5).

use mcptt_codec::sip::{HeaderName, Headers, Method};

use super::{NOT_BOUND, RINGING, answer_to, describe, final_answer, refuses_with};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};

/// The event package of a request.
fn package(headers: &Headers) -> Option<String> {
    let event = headers.get(&HeaderName::Event)?;
    event.split(';').next().map(|name| name.trim().to_ascii_lowercase())
}

/// A NOTIFY of this package to this client.
fn notifies<'a>(fact: &'a Fact, client: std::net::SocketAddr, of: &str) -> Option<&'a Sent> {
    let Fact::Request(sent) = fact else { return None };
    let right = *sent.method() == Method::Notify && sent.destination == client;
    Some(&**sent).filter(|sent| right && package(&sent.request.headers).as_deref() == Some(of))
}

/// A subscriber is told at once how things stand: all of it.
pub(super) const TOLD_AT_ONCE: Rule = Rule {
    requirements: &["24.379-7.3.6", "24.379-10.1.3.4.1:first"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let asks = *sent.method() == Method::Subscribe
            && (sent.from, sent.to) == (Role::Client, Role::Participating)
            && sent.is_initial();
        let (requirement, of, whole) = match package(&sent.request.headers).as_deref().filter(|_| asks) {
            Some("poc-settings") => ("24.379-7.3.6", "poc-settings", None),
            Some("conference") => ("24.379-10.1.3.4.1:first", "conference", Some("state=\"full\"")),
            _ => return,
        };
        let (frame, client) = (sent.frame, sent.source);
        let duty = Duty::must(requirement, cx.answer(), "NOTIFY with the whole state");
        todo.watch(cx, duty, move |fact| {
            if answer_to(fact, frame).is_some_and(|response| !response.status.is_success()) {
                return Step::Void;
            }
            let Some(notify) = notifies(fact, client, of) else { return Step::Wait };
            let body = String::from_utf8_lossy(&notify.request.body);
            Step::test(!body.is_empty() && whole.is_none_or(|words| body.contains(words)), || {
                format!("a body of {} octets without the whole state", body.len())
            })
        });
    },
};

/// Whoever watches a call is told when somebody comes or goes.
pub(super) const TOLD_OF_CHANGES: Rule = Rule {
    requirements: &["24.379-10.1.3.4.2"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let watches = *request.method() == Method::Subscribe
            && request.from == Role::Client
            && package(&request.request.headers).as_deref() == Some("conference")
            && request.expires() != Some(0)
            && response.status.is_success();
        let Some(user) = request.user().filter(|_| watches) else { return };
        let user = cx.belief.mcptt_id(&user);
        let own = |leg: &crate::judge::fact::LegProfile| cx.belief.mcptt_id(&leg.user) == user;
        let mut calls = cx.belief.calls.iter().filter(|(_, call)| call.legs.values().any(own));
        let (Some((call, belief)), None) = (calls.next(), calls.next()) else { return };
        let ours: Vec<_> =
            belief.legs.iter().filter(|(_, profile)| own(profile)).map(|(leg, _)| *leg).collect();
        let (call, client, answer) = (call.clone(), request.source, cx.answer());
        let mut changed = None;
        let duty = Duty::when("24.379-10.1.3.4.2", RINGING, "NOTIFY when somebody comes or goes");
        todo.watch_timed(cx, duty.in_call(&call), move |fact, now| {
            if changed.is_some_and(|at| now.saturating_sub(at) > answer) {
                return Step::by("no NOTIFY");
            }
            match fact {
                Fact::LegClosing { leg, call: of, .. } if *of == call => {
                    if ours.contains(leg) {
                        return Step::Void;
                    }
                    changed.get_or_insert(now);
                    Step::Wait
                }
                Fact::LegOpened { profile, .. } if profile.call == call => {
                    changed.get_or_insert(now);
                    Step::Wait
                }
                _ if changed.is_some() && notifies(fact, client, "conference").is_some() => Step::Held,
                _ => Step::Wait,
            }
        });
    },
};

/// A client that has logged off, or is registered no longer, may not call.
pub(super) const LOGGED_OFF: Rule = Rule {
    requirements: &["24.379-7.3.5", "24.379-7.3.2:dereg"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let of_client = (request.from, request.to) == (Role::Client, Role::Participating);
        if !of_client || !response.status.is_success() || !ends(request) {
            return;
        }
        let requirement =
            if *request.method() == Method::Register { "24.379-7.3.2:dereg" } else { "24.379-7.3.5" };
        let client = request.source;
        let duty = Duty::when(requirement, RINGING, "a later call is refused with 404 and warning 141");
        todo.watch(cx, duty, move |fact| match fact {
            Fact::Request(sent) if sent.source == client && begins(sent) => Step::Void,
            _ => match final_answer(fact) {
                Some((request, response))
                    if request.source == client && request.is_invite(Role::Client, Role::Participating) =>
                {
                    Step::test(refuses_with(response, 404, NOT_BOUND), || describe(response))
                }
                _ => Step::Wait,
            },
        });
    },
};

fn ends(sent: &Sent) -> bool {
    let contact = sent.request.headers.contact().ok();
    let of_contact = contact.and_then(|contact| contact.params.get("expires")?.parse::<u32>().ok());
    of_contact.or(sent.expires()) == Some(0) && concerns_service(sent)
}

fn begins(sent: &Sent) -> bool {
    concerns_service(sent) && !ends(sent)
}

fn concerns_service(sent: &Sent) -> bool {
    *sent.method() == Method::Register || sent.is_publish_of("poc-settings")
}
