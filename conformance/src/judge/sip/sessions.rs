//! Pre-established sessions (8.2.2) and calls over them by REFER (10.1.1.3.1.2, 11.1.3.2.1.2).

use mcptt_codec::sip::{HeaderName, Method};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

use super::{answer_to, describe, final_answer, is_call, refuses_with};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};

/// Whether it is the INVITE for a session: it brings a description and asks for no call.
fn is_set_up(sent: &Sent) -> bool {
    let kind = sent.info.as_ref().and_then(|info| info.session_type.as_ref());
    is_call(sent) && kind.is_none() && sent.target().is_none() && sent.part(mime::SDP).is_some()
}

/// The session has a URI of its own, and a time.
pub(super) const SET_UP: Rule = Rule {
    requirements: &["24.379-8.2.2:9"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_set_up(request) || !response.status.is_success() {
            return;
        }
        let contact = response.headers.contact().ok().map(|contact| contact.uri);
        let own = contact
            .as_ref()
            .is_some_and(|uri| uri.is_sip() && uri.user.is_some() && uri.to_string() != *request.request.uri);
        let timed = response.headers.contains(&HeaderName::SessionExpires);
        let expected = "a URI for the session in Contact, and Session-Expires";
        todo.judge(cx, "24.379-8.2.2:9", own && timed, expected, || {
            format!(
                "Contact {}, Session-Expires: {timed}",
                contact.map(|uri| uri.to_string()).unwrap_or_default()
            )
        });
    },
};

/// The entries of a REFER of a client.
fn entries(sent: &Sent) -> Option<Vec<Entry>> {
    let refers =
        *sent.method() == Method::Refer && sent.from == Role::Client && sent.to == Role::Participating;
    let body = refers.then(|| sent.part(mime::RESOURCE_LISTS)).flatten()?;
    Some(ResourceLists::parse(&body).ok()?.entries().cloned().collect())
}

fn wants_no_subscription(sent: &Sent) -> bool {
    sent.request.headers.values(&HeaderName::ReferSub).any(|value| value.trim().eq_ignore_ascii_case("false"))
}

/// One entry is a callee, several are none.
pub(super) const SEVERAL: Rule = Rule {
    requirements: &["24.379-10.1.1.3.1.2:multi"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if entries(request).is_none_or(|entries| entries.len() < 2) {
            return;
        }
        let held = refuses_with(response, 403, 145) || refuses_with(response, 404, 142);
        let expected = "403 with warning 145 or 404 with warning 142";
        todo.judge(cx, "24.379-10.1.1.3.1.2:multi", held, expected, || describe(response));
    },
};

/// What an accepted REFER with one entry leads to, where the seam between the functions can be seen.
pub(super) const REFERRED: Rule = Rule {
    requirements: &["24.379-10.1.1.3.1.2:refer", "24.379-11.1.3.2.1.2:server"],
    watch: |cx, fact, todo| {
        let Fact::Request(request) = fact else { return };
        let Some(entries) = entries(request).filter(|_| cx.profile.controlling.is_some()) else { return };
        let [entry] = entries.as_slice() else { return };
        let (requirement, wanted) = match entry.method() {
            Some(Method::Bye) => ("24.379-11.1.3.2.1.2:server", Method::Bye),
            None | Some(Method::Invite) => ("24.379-10.1.1.3.1.2:refer", Method::Invite),
            Some(_) => return,
        };
        let (frame, quiet) = (request.frame, wants_no_subscription(request));
        let expected =
            format!("200 with Refer-Sub: false, and {} to the controlling function", wanted.as_str());
        todo.watch(cx, Duty::must(requirement, cx.answer(), expected), move |fact| {
            if let Some(response) = answer_to(fact, frame) {
                let mut said = response.headers.values(&HeaderName::ReferSub);
                let agreed = !quiet || said.any(|value| value.trim() == "false");
                return match response.status.is_success() {
                    true if agreed => Step::Wait,
                    true => Step::by("no Refer-Sub: false"),
                    // It is refused, and others say whether that is right.
                    false => Step::Void,
                };
            }
            match fact {
                Fact::Request(sent) if sent.from == Role::Participating && sent.to == Role::Controlling => {
                    let cancelled = wanted == Method::Bye && *sent.method() == Method::Cancel;
                    if *sent.method() == wanted || cancelled { Step::Held } else { Step::Wait }
                }
                _ => Step::Wait,
            }
        });
    },
};

/// Who wants no subscription is not notified.
pub(super) const NOT_NOTIFIED: Rule = Rule {
    requirements: &["24.379-10.1.1.3.1.2:norefersub"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if entries(request).is_none() || !wants_no_subscription(request) || !response.status.is_success() {
            return;
        }
        let client = request.source;
        let duty = Duty::must_not("24.379-10.1.1.3.1.2:norefersub", cx.answer(), "no NOTIFY about the REFER");
        todo.watch(cx, duty, move |fact| match fact {
            Fact::Request(sent) if sent.destination == client && *sent.method() == Method::Notify => {
                let mut events = sent.request.headers.values(&HeaderName::Event);
                let about =
                    events.any(|event| event.split(';').next().is_some_and(|name| name.trim() == "refer"));
                if about { Step::by("NOTIFY") } else { Step::Wait }
            }
            _ => Step::Wait,
        });
    },
};
