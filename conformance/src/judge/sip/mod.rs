//! Call control, TS 24.379, and the SIP core, as far as they show on the wire.

mod answer;
mod calls;
mod core;
mod publish;
mod refusals;

use std::rc::Rc;

use mcptt_codec::sip::{HeaderName, McpttWarning, Method, NameAddr, Response};

use super::Rule;
use super::fact::{Fact, Role, Sent};

pub(super) const RULES: &[Rule] = &[
    answer::WARNING,
    answer::OK_TO_INVITE,
    answer::SESSION_IDENTITY,
    answer::FLOOR_PARAMETERS,
    calls::INVITATION,
    calls::INVITE_BEFORE_ANSWER,
    calls::TO_THE_CONTROLLING_FUNCTION,
    calls::TO_THE_CLIENT,
    calls::RUNNING_CALL,
    calls::LATE_ENTRY,
    calls::DEAFFILIATED,
    calls::LAST_ONE,
    calls::INACTIVE,
    publish::SETTINGS,
    publish::AFFILIATION,
    publish::EVENT,
    refusals::GROUP,
    refusals::CALLER,
    refusals::CALLEE,
    refusals::EMERGENCY,
    core::REFUSED,
];

/// The answer to a request: the first final response.
fn final_answer(fact: &Fact) -> Option<(&Rc<Sent>, &Response)> {
    match fact {
        Fact::Response { request, response } if response.status.is_final() => Some((request, response)),
        _ => None,
    }
}

/// The MCPTT warning codes of a response.
fn warnings(response: &Response) -> Vec<u16> {
    McpttWarning::all(&response.headers).map(|warning| warning.code).collect()
}

/// Status and warnings of a response, for people.
fn describe(response: &Response) -> String {
    match warnings(response).as_slice() {
        [] => format!("{} {}", response.status.0, response.reason),
        codes => format!("{} {} with warning {codes:?}", response.status.0, response.reason),
    }
}

/// The group an INVITE of a client is for.
fn called_group(sent: &Sent) -> Option<&str> {
    let group = sent.info.as_ref()?.request_uri.as_ref()?.value()?;
    Some(group.as_str())
}

/// Whether it is the first INVITE of a client to the participating function.
fn is_call(sent: &Sent) -> bool {
    *sent.method() == Method::Invite
        && sent.from == Role::Client
        && sent.to == Role::Participating
        && sent.is_initial()
}

/// Whether the Contact carries the focus tag.
fn has_focus(contact: &NameAddr) -> bool {
    contact.params.contains("isfocus")
}

/// The asserted identity of a message.
fn asserted(headers: &mcptt_codec::sip::Headers) -> Option<String> {
    let value = headers.values(&HeaderName::PAssertedIdentity).next()?;
    Some(NameAddr::parse(value).ok()?.uri.to_string())
}
