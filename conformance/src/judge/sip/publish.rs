//! Settings and affiliation (clauses 7 and 9).

use mcptt_codec::sip::{HeaderName, Method, Response};

use super::{NOT_BOUND, answer_to, describe, final_answer, refuses_with, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};

/// The only lifetimes an affiliation may ask for: for ever, or none.
const LASTING: u32 = u32::MAX;

fn is_of_client(sent: &Sent) -> bool {
    sent.from == Role::Client && sent.to == Role::Participating
}

/// Whether it is refused for a reason that is looked at before the event and its lifetime.
fn is_refused_before(response: &Response) -> bool {
    matches!(response.status.0, 400 | 401 | 407 | 420 | 483) || warnings(response).contains(&NOT_BOUND)
}

pub(super) const SETTINGS: Rule = Rule {
    requirements: &["24.379-7.3.3:ok", "24.379-7.3.3:101", "24.379-7.3.4"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_of_client(request) || !request.is_publish_of("poc-settings") {
            return;
        }
        let token = request.info.as_ref().is_some_and(|info| info.access_token.is_some());
        let user = request.user().unwrap_or_default();
        match response.status.0 {
            200..=299 if token => {
                let complete = response.headers.contains(&HeaderName::SipEtag)
                    && response.headers.contains(&HeaderName::Expires);
                todo.judge(cx, "24.379-7.3.3:ok", complete, "200 with SIP-ETag and Expires", || {
                    describe(response)
                });
            }
            403 if token => {
                let held = warnings(response).contains(&101);
                todo.judge(cx, "24.379-7.3.3:101", held, "403 with warning 101", || describe(response));
            }
            _ if token => {}
            _ if cx.belief.people.is_bound(&user, cx.now, cx.profile.is_complete()) == Some(false) => {
                let held = refuses_with(response, 404, NOT_BOUND);
                todo.judge(cx, "24.379-7.3.4", held, "404 with warning 141", || describe(response));
            }
            _ => {}
        }
    },
};

pub(super) const AFFILIATION: Rule = Rule {
    requirements: &["24.379-9.2.2.2.3:5", "24.379-9.2.2.2.3:5b", "24.379-9.2.2.2.3:8"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        if !is_of_client(sent) || !sent.is_publish_of("presence") {
            return;
        }
        let frame = sent.frame;
        let requirement = match sent.expires() {
            Some(0 | LASTING) => {
                let user = cx.belief.mcptt_id(&sent.user().unwrap_or_default()).to_owned();
                let expected = "200 with Expires, not after the controlling function's answer";
                let duty = Duty::must("24.379-9.2.2.2.3:8", cx.answer(), expected);
                let (mut confirmed, order) = (None, cx.profile.way_and_back());
                return todo.watch_timed(cx, duty, move |fact, now| {
                    match (answer_to(fact, frame), final_answer(fact)) {
                        (Some(response), _) if !response.status.is_success() => Step::Void,
                        (Some(response), _) if !response.headers.contains(&HeaderName::Expires) => {
                            Step::by("200 without Expires")
                        }
                        (Some(_), _) if confirmed.is_some_and(|at| now.saturating_sub(at) >= order) => {
                            Step::by("the controlling function has answered first")
                        }
                        (Some(_), _) => Step::Held,
                        (None, Some((request, _))) if confirms(request, frame, &user) => {
                            confirmed.get_or_insert(now);
                            Step::Wait
                        }
                        _ => Step::Wait,
                    }
                });
            }
            Some(_) => "24.379-9.2.2.2.3:5",
            None => "24.379-9.2.2.2.3:5b",
        };
        let duty = Duty::must(requirement, cx.answer(), "423 with Min-Expires 4294967295");
        todo.watch(cx, duty, move |fact| match answer_to(fact, frame) {
            Some(response) if response.status.0 == 423 => {
                match response.headers.number(&HeaderName::MinExpires).ok().flatten() {
                    Some(LASTING) => Step::Held,
                    other => Step::by(format!("Min-Expires {other:?}")),
                }
            }
            Some(response) if is_refused_before(response) || response.status.0 == 403 => Step::Void,
            Some(response) => Step::by(describe(response)),
            None => Step::Wait,
        });
    },
};

/// Whether the controlling function was asked for this user after that frame, and has answered.
fn confirms(request: &Sent, after: u64, user: &str) -> bool {
    let asks = request.from == Role::Participating
        && request.to == Role::Controlling
        && request.is_publish_of("presence");
    asks && request.frame > after && request.calling_user() == Some(user)
}

pub(super) const EVENT: Rule = Rule {
    requirements: &["24.379-7.3.6:event"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let known = ["poc-settings", "presence"].iter().any(|package| request.is_publish_of(package));
        let publishes = *request.method() == Method::Publish && is_of_client(request);
        if !publishes
            || known
            || !request.request.headers.contains(&HeaderName::Event)
            || is_refused_before(response)
        {
            return;
        }
        let held = response.status.0 == 489 && response.headers.contains(&HeaderName::AllowEvents);
        todo.judge(cx, "24.379-7.3.6:event", held, "489 with Allow-Events", || describe(response));
    },
};
