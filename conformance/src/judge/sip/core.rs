//! What every SIP entity owes: the right refusal for what it cannot process.

use mcptt_codec::sip::{HeaderName, Limits, Method, Response};
use mcptt_codec::xml::mime;

use super::{describe, final_answer, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Role, Sent};

/// Option tags that a target may or may not support; others nobody does.
const KNOWN_EXTENSIONS: [&str; 12] = [
    "timer",
    "100rel",
    "norefersub",
    "tdialog",
    "answermode",
    "resource-priority",
    "multiple-refer",
    "path",
    "gruu",
    "precondition",
    "replaces",
    "outbound",
];

/// What is wrong with a request, and the answer it has to get.
struct Defect {
    requirement: &'static str,
    expected: &'static str,
    is_right: fn(&Response) -> bool,
}

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
        if request.from != Role::Client || request.to != Role::Participating {
            return;
        }
        // With two defects either may be answered; a service refusal may come before both.
        let mut defects = defects(request);
        let (Some(defect), None) = (defects.pop(), defects.pop()) else { return };
        if response.status.is_failure()
            && !warnings(response).is_empty()
            && defect.requirement != "24.379-6.5:400"
        {
            return;
        }
        todo.judge(cx, defect.requirement, (defect.is_right)(response), defect.expected, || {
            describe(response)
        });
    },
};

fn defects(request: &Sent) -> Vec<Defect> {
    let headers = &request.request.headers;
    let checks: [(bool, Defect); 6] = [
        (
            headers.number(&HeaderName::MaxForwards).ok().flatten() == Some(0),
            Defect {
                requirement: "RFC3261-maxf",
                expected: "483",
                is_right: |response| response.status.0 == 483,
            },
        ),
        (
            request.stray && *request.method() == Method::Cancel,
            Defect {
                requirement: "RFC3261-cancel",
                expected: "481",
                is_right: |response| response.status.0 == 481,
            },
        ),
        (
            request.stray && *request.method() == Method::Bye,
            Defect {
                requirement: "RFC3261-481",
                expected: "481",
                is_right: |response| response.status.0 == 481,
            },
        ),
        (
            requires_the_unknown(request),
            Defect {
                requirement: "RFC3261-ext",
                expected: "420 with Unsupported",
                is_right: |response| {
                    response.status.0 == 420 && response.headers.contains(&HeaderName::Unsupported)
                },
            },
        ),
        (
            is_too_brief(request),
            Defect {
                requirement: "RFC4028-422",
                expected: "422 with Min-SE of at least 90",
                is_right: |response| {
                    let least = response.headers.number(&HeaderName::MinSe).ok().flatten();
                    response.status.0 == 422 && least.is_some_and(|least| least >= SHORTEST_SESSION)
                },
            },
        ),
        (
            has_broken_info(request),
            Defect {
                requirement: "24.379-6.5:400",
                expected: "400, or 403 with warning 150",
                is_right: |response| {
                    response.status.0 == 400
                        || (response.status.0 == 403 && warnings(response).contains(&150))
                },
            },
        ),
    ];
    checks.into_iter().filter(|(applies, _)| *applies).map(|(_, defect)| defect).collect()
}

fn requires_the_unknown(request: &Sent) -> bool {
    let checked = !matches!(request.method(), Method::Ack | Method::Cancel);
    let known = |tag: &str| KNOWN_EXTENSIONS.iter().any(|known| known.eq_ignore_ascii_case(tag));
    checked && request.request.headers.values(&HeaderName::Require).any(|tag| !known(tag))
}

/// The shortest session interval there may be, in seconds.
const SHORTEST_SESSION: u32 = 90;

fn is_too_brief(request: &Sent) -> bool {
    let headers = &request.request.headers;
    let session = headers.session_expires().ok().flatten();
    *request.method() == Method::Invite
        && session.is_some_and(|session| session.seconds < SHORTEST_SESSION)
        && headers.lists(&HeaderName::Supported, "timer")
}

fn has_broken_info(request: &Sent) -> bool {
    let parts = request.request.parts(&Limits::default());
    let carries = parts.is_ok_and(|parts| parts.iter().any(|part| part.is(mime::MCPTT_INFO)));
    *request.method() == Method::Invite && carries && request.info.is_none()
}
