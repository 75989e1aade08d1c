//! What answers have to look like (4.4, 4.5, 6.3.2.1.5, 6.3.3.2.3).

use mcptt_codec::sip::{HeaderName, Refresher, Response, has_feature};

use super::{asserted, called_group, final_answer, has_focus, is_call};
use crate::judge::Rule;
use crate::judge::fact::{Role, Sent};
use crate::judge::obligation::Context;

/// `399 host "code text"`.
pub(super) const WARNING: Rule = Rule {
    requirements: &["24.379-4.4.1", "24.379-4.4.1:host"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !matches!(request.to, Role::Participating | Role::Controlling) {
            return;
        }
        for value in response.headers.values(&HeaderName::Warning).filter(|value| is_mcptt_warning(value)) {
            let quoted = value.find('"').and_then(|at| value.get(at + 1..)?.strip_suffix('"'));
            let shaped = value.starts_with("399 ") && quoted.is_some_and(is_numbered);
            todo.judge(cx, "24.379-4.4.1", shaped, "399 host \"code text\"", || value.to_owned());
            let host = value.split(' ').nth(1).unwrap_or_default();
            let named = host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '[')
                && !host.contains(['"', '@', ';'])
                && !is_code(host)
                && !host.starts_with("sip:");
            todo.judge(cx, "24.379-4.4.1:host", named, "the host of the function", || value.to_owned());
        }
    },
};

/// Whether something in it looks like an MCPTT code, wherever it stands.
fn is_mcptt_warning(value: &str) -> bool {
    value.split(' ').skip(1).any(|word| is_code(word.trim_matches('"')))
}

fn is_code(word: &str) -> bool {
    word.len() == 3 && word.starts_with('1') && word.bytes().all(|octet| octet.is_ascii_digit())
}

fn is_numbered(text: &str) -> bool {
    text.split_at_checked(3)
        .is_some_and(|(code, rest)| is_code(code) && rest.starts_with(' ') && rest.len() > 1)
}

pub(super) const OK_TO_INVITE: Rule = Rule {
    requirements: &["24.379-6.3.3.2.3.2:hdr", "24.379-6.3.2.1.5.2"],
    watch: |cx, fact, todo| {
        let Some((request, response)) =
            final_answer(fact).filter(|(_, response)| response.status.is_success())
        else {
            return;
        };
        let requirement = if is_call(request) {
            "24.379-6.3.2.1.5.2"
        } else if request.is_invite(Role::Participating, Role::Controlling) {
            "24.379-6.3.3.2.3.2:hdr"
        } else {
            return;
        };
        let missing = missing_headers(request, response);
        let expected = "isfocus and tags, Require timer, refresher=uac, P-Asserted-Identity, \
                        Supported tdialog norefersub explicitsub nosub";
        todo.judge(cx, requirement, missing.is_empty(), expected, || {
            format!("missing: {}", missing.join(", "))
        });
    },
};

fn missing_headers(request: &Sent, response: &Response) -> Vec<&'static str> {
    let headers = &response.headers;
    let contact = headers.contact().ok();
    let tagged = |tag: &str| contact.as_ref().is_some_and(|contact| has_feature(&contact.params, tag));
    let supported = |tag: &str| headers.lists(&HeaderName::Supported, tag);
    let refresher = headers.session_expires().ok().flatten().and_then(|session| session.refresher);
    // Of a caller that does not know session timers nothing of them can be required (RFC 4028 9).
    let timers = request.request.headers.lists(&HeaderName::Supported, "timer");
    [
        ("isfocus", contact.as_ref().is_some_and(has_focus)),
        ("g.3gpp.mcptt", tagged("g.3gpp.mcptt")),
        ("g.3gpp.icsi-ref", tagged("g.3gpp.icsi-ref")),
        ("Require: timer", !timers || headers.lists(&HeaderName::Require, "timer")),
        ("refresher=uac", !timers || refresher == Some(Refresher::Uac)),
        ("P-Asserted-Identity", asserted(headers).is_some()),
        ("Supported: tdialog", supported("tdialog")),
        ("Supported: norefersub", supported("norefersub")),
        ("Supported: explicitsub", supported("explicitsub")),
        ("Supported: nosub", supported("nosub")),
    ]
    .into_iter()
    .filter(|(_, present)| !present)
    .map(|(name, _)| name)
    .collect()
}

/// Every session has an identity of its own, which tells neither group nor user.
pub(super) const SESSION_IDENTITY: Rule = Rule {
    requirements: &["24.379-4.5", "24.379-4.5:opaque"],
    watch: |cx, fact, todo| {
        let Some((request, response)) =
            final_answer(fact).filter(|(_, response)| response.status.is_success())
        else {
            return;
        };
        let by_core = request.is_invite(Role::Participating, Role::Controlling);
        let (true, Some(group)) = (by_core || is_call(request), called_group(request)) else { return };
        let contact = response.headers.contact().ok();
        let identity = contact.as_ref().map(|contact| contact.uri.to_string()).unwrap_or_default();
        let taken = belongs_to_another_session(cx, by_core, &identity, group);
        if by_core {
            let held = contact.as_ref().is_some_and(|contact| has_focus(contact) && contact.uri.is_sip());
            let expected = "a session identity of its own with isfocus in Contact";
            todo.judge(cx, "24.379-4.5", held && !taken, expected, || identity.clone());
        }
        let users = [Some(group.to_owned()), request.user(), request.calling_user().map(str::to_owned)];
        let told = users
            .iter()
            .flatten()
            .filter_map(|name| user_part(name))
            .find(|name| identity.contains(name.as_str()));
        let expected = "a session identity that differs from others and tells neither group nor user";
        todo.judge(cx, "24.379-4.5:opaque", told.is_none() && !taken, expected, || identity.clone());
    },
};

/// Whether the identity was given out for another group's session, or for an earlier one of the group.
fn belongs_to_another_session(cx: &Context<'_>, by_core: bool, identity: &str, group: &str) -> bool {
    let earlier = cx.belief.sessions.get(&(by_core, identity.to_owned()));
    earlier.is_some_and(|earlier| **earlier != *group || !cx.belief.calls.contains_key(group))
}

/// The part before the `@`, if it is long enough to tell something and is none of the words every identity
/// has.
fn user_part(uri: &str) -> Option<String> {
    let user = uri.split_once(':')?.1.split('@').next()?;
    (user.len() > 3).then(|| user.to_owned())
}
