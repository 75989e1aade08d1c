//! What answers have to look like (4.4, 4.5, 6.3.2.1.5, 6.3.3.2.3).

use mcptt_codec::sdp::{McpttFmtp, SessionDescription};
use mcptt_codec::sip::{HeaderName, Limits, Method, Refresher, Response, has_feature};
use mcptt_codec::xml::mime;

use super::{asserted, called_group, final_answer, has_focus, is_call};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role};
use crate::judge::wire::part;

/// `399 host "code text"`.
pub(super) const WARNING: Rule = Rule {
    requirements: &["24.379-4.4.1", "24.379-4.4.1:host"],
    watch: |cx, fact, todo| {
        let Some((_, response)) = final_answer(fact) else { return };
        for value in response.headers.values(&HeaderName::Warning) {
            let mut words = value.splitn(3, ' ');
            let (code, host, text) = (words.next(), words.next(), words.next().unwrap_or_default());
            let quoted = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
            let numbered = quoted.len() > 4 && quoted.bytes().take(3).all(|octet| octet.is_ascii_digit());
            let held = code == Some("399") && numbered;
            todo.judge(cx, "24.379-4.4.1", held, "399 host \"code text\"", || value.to_owned());
            let host = host.unwrap_or_default();
            let named = !host.is_empty() && !host.starts_with('"') && !host.starts_with("sip:");
            todo.judge(cx, "24.379-4.4.1:host", named, "the host of the function", || value.to_owned());
        }
    },
};

pub(super) const OK_TO_INVITE: Rule = Rule {
    requirements: &["24.379-6.3.3.2.3.2:hdr", "24.379-6.3.2.1.5.2", "24.379-4.5"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let initial =
            *request.method() == Method::Invite && request.is_initial() && response.status.is_success();
        let requirement = match (request.to, request.from) {
            (Role::Participating, Role::Client) if initial => "24.379-6.3.2.1.5.2",
            (Role::Controlling, Role::Participating) if initial => "24.379-6.3.3.2.3.2:hdr",
            _ => return,
        };
        let missing = missing_headers(response);
        let expected = "Contact with isfocus and tags, Require timer, Session-Expires refresher=uac, P-Asserted-Identity, Supported tdialog norefersub explicitsub nosub";
        todo.judge(cx, requirement, missing.is_empty(), expected, || {
            format!("missing: {}", missing.join(", "))
        });
        if requirement == "24.379-6.3.3.2.3.2:hdr" {
            let held =
                response.headers.contact().is_ok_and(|contact| has_focus(&contact) && contact.uri.is_sip());
            todo.judge(cx, "24.379-4.5", held, "a session identity with isfocus in Contact", || {
                "none".to_owned()
            });
        }
    },
};

fn missing_headers(response: &Response) -> Vec<&'static str> {
    let headers = &response.headers;
    let contact = headers.contact().ok();
    let tagged = |tag: &str| contact.as_ref().is_some_and(|contact| has_feature(&contact.params, tag));
    let supported = |tag: &str| headers.lists(&HeaderName::Supported, tag);
    let refresher = headers.session_expires().ok().flatten().and_then(|session| session.refresher);
    [
        ("isfocus", contact.as_ref().is_some_and(has_focus)),
        ("g.3gpp.mcptt", tagged("g.3gpp.mcptt")),
        ("g.3gpp.icsi-ref", tagged("g.3gpp.icsi-ref")),
        ("Require: timer", headers.lists(&HeaderName::Require, "timer")),
        ("refresher=uac", refresher == Some(Refresher::Uac)),
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

/// The session identity tells neither group nor user.
pub(super) const SESSION_IDENTITY: Rule = Rule {
    requirements: &["24.379-4.5:opaque"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_call(request) || !response.status.is_success() {
            return;
        }
        let (Ok(contact), Some(group)) = (response.headers.contact(), called_group(request)) else { return };
        let identity = contact.uri.to_string();
        let names = [Some(group.to_owned()), request.user()];
        let tells = names
            .iter()
            .flatten()
            .filter_map(|name| user_part(name))
            .find(|name| identity.contains(name.as_str()));
        todo.judge(
            cx,
            "24.379-4.5:opaque",
            tells.is_none(),
            "neither the group nor a user in the session identity",
            || identity.clone(),
        );
    },
};

/// The part before the `@`, if it is long enough to tell something.
fn user_part(uri: &str) -> Option<String> {
    let user = uri.split_once(':')?.1.split('@').next()?;
    (user.len() > 2).then(|| user.to_owned())
}

/// The answer's floor control parameters: only what was offered, the implicit request only when it opens the call, priority capped.
pub(super) const FLOOR_PARAMETERS: Rule = Rule {
    requirements: &[
        "24.379-6.2.2:answer",
        "24.380-14.3.3",
        "24.379-6.4:echo",
        "24.379-6.4:new",
        "24.380-14.3.5",
    ],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_call(request) || !response.status.is_success() {
            return;
        }
        let limits = Limits::default();
        let (Ok(offered), Ok(answered)) = (request.request.parts(&limits), response.parts(&limits)) else {
            return;
        };
        let (Some(offer), Some(answer)) = (floor_parameters(&offered), floor_parameters(&answered)) else {
            return;
        };
        let invented = [
            ("mc_queueing", answer.queueing && !offer.queueing),
            ("mc_priority", answer.priority.is_some() && offer.priority.is_none()),
            ("mc_granted", answer.granted && !offer.granted),
            ("mc_implicit_request", answer.implicit_request && !offer.implicit_request),
        ];
        let extra: Vec<&str> = invented.iter().filter(|(_, extra)| *extra).map(|(name, _)| *name).collect();
        todo.judge(cx, "24.379-6.2.2:answer", extra.is_empty(), "only parameters that were offered", || {
            extra.join(", ")
        });
        if let (Some(wanted), Some(given)) = (offer.priority, answer.priority) {
            let expected = format!("mc_priority of at most {wanted}");
            todo.judge(cx, "24.380-14.3.3", given <= wanted, expected, || given.to_string());
        }
        if offer.implicit_request {
            let running = super::warnings(response).contains(&123);
            let (requirements, expected): (&[&'static str], _) = if running {
                (&["24.379-6.4:new", "24.380-14.3.5"], "no mc_implicit_request in the answer")
            } else {
                (&["24.379-6.4:echo"], "mc_implicit_request in the answer")
            };
            for requirement in requirements {
                let held = answer.implicit_request != running;
                todo.judge(cx, requirement, held, expected, || answer.to_string());
            }
        }
    },
};

fn floor_parameters(parts: &[mcptt_codec::sip::multipart::Part]) -> Option<McpttFmtp> {
    let sdp = SessionDescription::decode(&part(parts, mime::SDP)?).ok()?;
    Some(sdp.floor_control()?.mcptt_fmtp().ok()?.unwrap_or_default())
}

/// Kept beside the rules that read it: whether a fact is a success of this method.
pub(super) fn is_success(fact: &Fact, method: &Method) -> bool {
    final_answer(fact)
        .is_some_and(|(request, response)| request.method() == method && response.status.is_success())
}
