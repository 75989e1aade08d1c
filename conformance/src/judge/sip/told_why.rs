//! Warnings that belong to one status, whatever the documents say: judged where the response carries them.

use mcptt_codec::sip::{Limits, Method};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, extension_name, request_type};
use mcptt_codec::xml::mime;

use super::between_users::is_between_users;
use super::{describe, final_answer, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Role, Sent};
use crate::judge::wire::part;

/// A refusal.
struct Row {
    warning: u16,
    status: u16,
    requirement: &'static str,
    concerns: fn(&Sent) -> bool,
}

fn call(sent: &Sent) -> bool {
    *sent.method() == Method::Invite && is_between_users(sent)
}

fn message(sent: &Sent) -> bool {
    *sent.method() == Method::Message
}

fn alert(sent: &Sent) -> bool {
    message(sent) && says_alert(sent) == Some(true)
}

fn subscription(sent: &Sent) -> bool {
    *sent.method() == Method::Subscribe
}

/// What a request says about an alert.
pub(super) fn says_alert(sent: &Sent) -> Option<bool> {
    sent.info.as_ref()?.alert_ind.as_ref().and_then(Content::value).copied()
}

/// Whether it asks something of another user's client.
fn asks(sent: &Sent, what: &str) -> bool {
    let kind = sent.info.as_ref().and_then(|info| info.any_ext.text(extension_name::REQUEST_TYPE));
    message(sent) && kind == Some(what)
}

fn selection(sent: &Sent) -> bool {
    asks(sent, request_type::GROUP_SELECTION_CHANGE_REQUEST)
}

fn remote_group_call(sent: &Sent) -> bool {
    asks(sent, request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST)
}

fn remote_call(sent: &Sent) -> bool {
    asks(sent, request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST)
}

fn transfer(sent: &Sent) -> bool {
    asks(sent, request_type::TRANSFER_PRIVATE_CALL_REQUEST)
}

fn recommendation(sent: &Sent) -> bool {
    message(sent) && sent.part(mime::AFFILIATION_COMMAND).is_some()
}

const ROWS: &[Row] = &[
    Row { warning: 145, status: 403, requirement: "24.379-11.1.1.3.1.1:8", concerns: call },
    Row { warning: 124, status: 486, requirement: "24.379-11.1.1.3.1.1:n10", concerns: call },
    Row { warning: 153, status: 403, requirement: "24.379-11.1.1.3.1.1:153", concerns: call },
    Row { warning: 159, status: 403, requirement: "24.379-11.1.1.3.2:9", concerns: call },
    Row { warning: 146, status: 480, requirement: "24.379-11.1.1.3.2:7a", concerns: call },
    Row { warning: 154, status: 403, requirement: "24.379-11.1.6:154", concerns: call },
    Row { warning: 151, status: 403, requirement: "24.379-11.1.5:151", concerns: message },
    Row { warning: 152, status: 403, requirement: "24.379-11.1.5:152", concerns: message },
    Row { warning: 120, status: 403, requirement: "24.379-12.1.3.1:4bi", concerns: alert },
    Row { warning: 105, status: 480, requirement: "24.379-10.1.3.4.1:105", concerns: subscription },
    Row { warning: 138, status: 403, requirement: "24.379-10.1.3.4.1:138", concerns: subscription },
    Row { warning: 100, status: 403, requirement: "24.379-10.1.4:perm", concerns: selection },
    Row { warning: 100, status: 403, requirement: "24.379-10.1.5:perm", concerns: remote_group_call },
    Row { warning: 100, status: 403, requirement: "24.379-11.1.7", concerns: remote_call },
    Row { warning: 100, status: 403, requirement: "24.379-11.1.8:transfer", concerns: transfer },
    Row { warning: 100, status: 403, requirement: "24.379-9.2.2.2:negotiated", concerns: recommendation },
    Row { warning: 137, status: 404, requirement: "24.379-10.1.3.3:2", concerns: subscription },
];

/// The warning says what was looked at, the status has to fit.
pub(super) const STATUS: Rule = Rule {
    requirements: &[
        "24.379-11.1.1.3.1.1:8",
        "24.379-11.1.1.3.1.1:n10",
        "24.379-11.1.1.3.1.1:153",
        "24.379-11.1.1.3.2:9",
        "24.379-11.1.1.3.2:7a",
        "24.379-11.1.6:154",
        "24.379-11.1.5:151",
        "24.379-11.1.5:152",
        "24.379-12.1.3.1:4bi",
        "24.379-10.1.3.4.1:105",
        "24.379-10.1.3.4.1:138",
        "24.379-10.1.3.3:2",
        "24.379-10.1.4:perm",
        "24.379-10.1.5:perm",
        "24.379-11.1.7",
        "24.379-11.1.8:transfer",
        "24.379-9.2.2.2:negotiated",
    ],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if request.from != Role::Client || response.status.is_success() {
            return;
        }
        let told = warnings(response);
        for row in ROWS.iter().filter(|row| told.contains(&row.warning) && (row.concerns)(request)) {
            let held = response.status.0 == row.status;
            let expected = format!("{} with warning {}", row.status, row.warning);
            todo.judge(cx, row.requirement, held, expected, || describe(response));
        }
    },
};

/// Who may not alert, or not end an alert, is told how things stand by the body.
pub(super) const BODY: Rule = Rule {
    requirements: &["24.379-12.1.3.1:4a", "24.379-12.1.3.2:1a"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let Some(alert) = says_alert(request).filter(|_| request.from == Role::Client && message(request))
        else {
            return;
        };
        if response.status.0 != 403 || !warnings(response).is_empty() {
            return;
        }
        let parts = response.parts(&Limits::default()).unwrap_or_default();
        let info = part(&parts, mime::MCPTT_INFO).and_then(|body| McpttInfo::parse(&body).ok());
        let told = info.and_then(|info| info.alert_ind.as_ref().and_then(Content::value).copied());
        let requirement = if alert { "24.379-12.1.3.1:4a" } else { "24.379-12.1.3.2:1a" };
        let expected = format!("mcptt-info with alert-ind {}", !alert);
        todo.judge(cx, requirement, told == Some(!alert), expected, || format!("alert-ind {told:?}"));
    },
};
