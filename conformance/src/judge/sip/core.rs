//! What every SIP entity owes: the right refusal for what it cannot process.

use mcptt_codec::sip::{HeaderName, Method};

use super::{describe, final_answer};
use crate::judge::Rule;
use crate::judge::fact::{Role, Sent};

pub(super) const REFUSED: Rule = Rule {
    requirements: &[
        "RFC3261-481",
        "RFC3261-cancel",
        "RFC3261-maxf",
        "RFC3261-ext",
        "RFC4028-422",
        "24.379-6.5:400",
    ],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if request.from != Role::Client {
            return;
        }
        let headers = &request.request.headers;
        let (requirement, status, header) = if headers.number(&HeaderName::MaxForwards).ok().flatten()
            == Some(0)
        {
            ("RFC3261-maxf", 483, None)
        } else if *request.method() == Method::Cancel && !cancels_something(request) {
            ("RFC3261-cancel", 481, None)
        } else if *request.method() == Method::Bye && !lives_in_a_dialog(request) {
            ("RFC3261-481", 481, None)
        } else if requires_the_unknown(request) {
            ("RFC3261-ext", 420, Some(HeaderName::Unsupported))
        } else if is_too_brief(request) {
            ("RFC4028-422", 422, Some(HeaderName::MinSe))
        } else if has_broken_info(request) {
            let held = matches!(response.status.0, 400 | 403);
            return todo
                .judge(cx, "24.379-6.5:400", held, "400, or 403 with warning 150", || describe(response));
        } else {
            return;
        };
        let held =
            response.status.0 == status && header.as_ref().is_none_or(|name| response.headers.contains(name));
        let expected = match header {
            Some(name) => format!("{status} with {}", name.as_str()),
            None => status.to_string(),
        };
        todo.judge(cx, requirement, held, expected, || describe(response));
    },
};

/// The scenario's stray CANCEL and BYE carry a tag that no dialog has.
const STRAY: &str = "stray";

fn cancels_something(request: &Sent) -> bool {
    !request.request.headers.call_id().is_ok_and(|id| id.starts_with(STRAY))
}

fn lives_in_a_dialog(request: &Sent) -> bool {
    !request.request.headers.call_id().is_ok_and(|id| id.starts_with(STRAY))
}

fn requires_the_unknown(request: &Sent) -> bool {
    let known = [
        "timer",
        "100rel",
        "norefersub",
        "tdialog",
        "answermode",
        "resource-priority",
        "multiple-refer",
        "path",
        "gruu",
    ];
    request.request.headers.values(&HeaderName::Require).any(|tag| !known.contains(&tag))
}

fn is_too_brief(request: &Sent) -> bool {
    let headers = &request.request.headers;
    let session = headers.session_expires().ok().flatten();
    *request.method() == Method::Invite
        && session.is_some_and(|session| session.seconds < 90)
        && headers.lists(&HeaderName::Supported, "timer")
}

fn has_broken_info(request: &Sent) -> bool {
    let carries = request
        .request
        .parts(&mcptt_codec::sip::Limits::default())
        .is_ok_and(|parts| parts.iter().any(|part| part.is(mcptt_codec::xml::mime::MCPTT_INFO)));
    *request.method() == Method::Invite && carries && request.info.is_none()
}
