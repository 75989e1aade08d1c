//! Call control, TS 24.379, and the SIP core, as far as they show on the wire.

mod adhoc;
mod affiliation;
mod alerts;
mod answer;
mod between_users;
mod calls;
mod core;
mod leaving;
mod location;
mod parameters;
mod publish;
mod refusals;
mod registering;
mod regroup;
mod relayed;
mod sessions;
mod subscriptions;
mod told_why;
mod transport;
mod urgency;

use std::rc::Rc;
use std::time::Duration;

use mcptt_codec::sip::{HeaderName, Headers, McpttWarning, NameAddr, Response};

use super::Rule;
use super::fact::{Fact, Role, Sent};

pub(super) use registering::is_third_party;

pub(super) const RULES: &[Rule] = &[
    answer::WARNING,
    answer::OK_TO_INVITE,
    answer::SESSION_IDENTITY,
    parameters::FLOOR_PARAMETERS,
    parameters::IMPLICIT_REQUEST,
    parameters::GRAMMAR,
    parameters::GRANTED,
    calls::INVITATION,
    calls::INVITE_BEFORE_ANSWER,
    calls::TO_THE_CONTROLLING_FUNCTION,
    calls::TO_THE_CLIENT,
    calls::RUNNING_CALL,
    calls::LATE_ENTRY,
    leaving::DEAFFILIATED,
    leaving::LAST_ONE,
    leaving::INACTIVE,
    publish::SETTINGS,
    publish::AFFILIATION,
    publish::EVENT,
    refusals::GROUP,
    refusals::CALLER,
    refusals::CALLEE,
    refusals::EMERGENCY,
    sessions::SET_UP,
    sessions::SEVERAL,
    sessions::REFERRED,
    sessions::NOT_NOTIFIED,
    regroup::ASKED,
    regroup::CONSTITUENT,
    core::REFUSED,
    adhoc::MEMBERS,
    adhoc::IDENTITY,
    adhoc::REFUSALS,
    adhoc::RELEASE,
    location::CONFIGURATION,
    location::REPORT,
    between_users::RIGHTS,
    between_users::ANSWERED,
    between_users::TOLD,
    between_users::FIRST,
    told_why::STATUS,
    told_why::BODY,
    alerts::FAN_OUT,
    alerts::RECEIPT,
    alerts::NO_CALL,
    alerts::LATE,
    affiliation::TOO_MANY,
    affiliation::IMPLICIT,
    affiliation::BY_EMERGENCY,
    registering::BOUND,
    relayed::TO_THE_USER,
    relayed::WITHOUT_A_SIGN,
    relayed::LISTENED_TO,
    transport::ANSWERED,
    urgency::TOLD,
    urgency::PERIL,
    subscriptions::TOLD_AT_ONCE,
    subscriptions::TOLD_OF_CHANGES,
    subscriptions::LOGGED_OFF,
];

/// What clients have to do.
pub(super) const PARTICIPANT: &[Rule] = &[location::REQUEST];

/// How long an INVITE may take: the called may have to press a button.
const RINGING: Duration = Duration::from_secs(180);

/// The warning that the user is not bound to the service.
const NOT_BOUND: u16 = 141;

/// The answer to a request: the first final response.
fn final_answer(fact: &Fact) -> Option<(&Rc<Sent>, &Response)> {
    match fact {
        Fact::Response { request, response } if response.status.is_final() => Some((request, response)),
        _ => None,
    }
}

/// The answer to the request of this frame.
fn answer_to(fact: &Fact, frame: u64) -> Option<&Response> {
    final_answer(fact).filter(|(request, _)| request.frame == frame).map(|(_, response)| response)
}

/// The INVITE of the controlling function to somebody, if it is for this group.
fn invitation<'a>(fact: &'a Fact, group: &str) -> Option<&'a Sent> {
    let Fact::Request(sent) = fact else { return None };
    let invites = sent.is_invite(Role::Controlling, Role::Participating);
    Some(&**sent).filter(|sent| invites && sent.calling_group().is_none_or(|calling| calling == group))
}

/// Whether a request or its response shows that somebody may have become a candidate for an invitation.
fn may_invite_somebody(fact: &Fact) -> bool {
    use mcptt_codec::sip::Method::{Publish, Register};
    match fact {
        Fact::Request(sent) | Fact::Response { request: sent, .. } => {
            matches!(sent.method(), Publish | Register)
        }
        _ => false,
    }
}

/// The MCPTT warning codes of a response.
fn warnings(response: &Response) -> Vec<u16> {
    McpttWarning::all(&response.headers).map(|warning| warning.code).collect()
}

/// Whether it has this status and MCPTT warning.
fn refuses_with(response: &Response, status: u16, warning: u16) -> bool {
    response.status.0 == status && warnings(response).contains(&warning)
}

/// Status and warnings of a response, for people.
fn describe(response: &Response) -> String {
    match warnings(response).as_slice() {
        [] => format!("{} {}", response.status.0, response.reason),
        codes => format!("{} {} with warning {codes:?}", response.status.0, response.reason),
    }
}

/// Whether it is the first INVITE of a client to the participating function.
fn is_call(sent: &Sent) -> bool {
    sent.is_invite(Role::Client, Role::Participating)
}

/// The group an INVITE or PUBLISH is for.
fn called_group(sent: &Sent) -> Option<&str> {
    sent.target()
}

/// Whether the Contact carries the focus tag.
fn has_focus(contact: &NameAddr) -> bool {
    contact.params.contains("isfocus")
}

/// The asserted identity of a message.
fn asserted(headers: &Headers) -> Option<String> {
    let value = headers.values(&HeaderName::PAssertedIdentity).next()?;
    Some(NameAddr::parse(value).ok()?.uri.bare().to_string())
}
