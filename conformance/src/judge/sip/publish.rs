//! Settings and affiliation (clauses 7 and 9).

use mcptt_codec::sip::{HeaderName, Method};

use super::{describe, final_answer, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Role, Sent};

/// The only lifetimes an affiliation may ask for: for ever, or none.
const LASTING: u32 = u32::MAX;

fn is_publish_of(sent: &Sent, package: &str) -> bool {
    let event = sent.request.headers.get(&HeaderName::Event);
    let named = event.is_some_and(|event| event.split(';').next().is_some_and(|name| name.trim() == package));
    *sent.method() == Method::Publish && sent.from == Role::Client && named
}

pub(super) const SETTINGS: Rule = Rule {
    requirements: &["24.379-7.3.3:ok", "24.379-7.3.3:101", "24.379-7.3.4"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_publish_of(request, "poc-settings") {
            return;
        }
        let token = request.info.as_ref().is_some_and(|info| info.access_token.is_some());
        let etag = response.headers.contains(&HeaderName::SipEtag)
            && response.headers.contains(&HeaderName::Expires);
        match response.status.0 {
            200..=299 if token => {
                todo.judge(cx, "24.379-7.3.3:ok", etag, "200 with SIP-ETag and Expires", || {
                    describe(response)
                })
            }
            403 if token => {
                let held = warnings(response).contains(&101);
                todo.judge(cx, "24.379-7.3.3:101", held, "403 with warning 101", || describe(response));
            }
            404 => todo.judge(
                cx,
                "24.379-7.3.4",
                warnings(response).contains(&141),
                "404 with warning 141",
                || describe(response),
            ),
            _ => {}
        }
    },
};

pub(super) const AFFILIATION: Rule = Rule {
    requirements: &["24.379-9.2.2.2.3:5", "24.379-9.2.2.2.3:5b", "24.379-9.2.2.2.3:8"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        // Who is not bound is refused before anything else is looked at.
        if !is_publish_of(request, "presence") || warnings(response).contains(&141) {
            return;
        }
        let expires = request.request.headers.number(&HeaderName::Expires).ok().flatten();
        let refused = response.status.0 == 423
            && response.headers.number(&HeaderName::MinExpires).ok().flatten() == Some(LASTING);
        match expires {
            Some(0 | LASTING) => {
                let held = response.status.is_success() && response.headers.contains(&HeaderName::Expires);
                todo.judge(cx, "24.379-9.2.2.2.3:8", held, "200 with Expires", || describe(response));
            }
            Some(_) => {
                todo.judge(cx, "24.379-9.2.2.2.3:5", refused, "423 with Min-Expires 4294967295", || {
                    describe(response)
                });
            }
            None => {
                todo.judge(cx, "24.379-9.2.2.2.3:5b", refused, "423 with Min-Expires 4294967295", || {
                    describe(response)
                });
            }
        }
    },
};

pub(super) const EVENT: Rule = Rule {
    requirements: &["24.379-7.3.6:event"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let known = ["poc-settings", "presence"].iter().any(|package| is_publish_of(request, package));
        let publish = *request.method() == Method::Publish && request.from == Role::Client;
        if !publish || known || !request.request.headers.contains(&HeaderName::Event) {
            return;
        }
        let held = response.status.0 == 489 && response.headers.contains(&HeaderName::AllowEvents);
        todo.judge(cx, "24.379-7.3.6:event", held, "489 with Allow-Events", || describe(response));
    },
};
