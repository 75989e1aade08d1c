//! Location (13): what clients are told to report, what they are asked, and what they report.

use mcptt_codec::sip::Method;
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::location_info::{Configuration, LocationInfo, LocationItem, Scope};
use mcptt_codec::xml::mime;

use super::{RINGING, answer_to, asserted, describe};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};

/// The location body of a MESSAGE on this way.
fn located(fact: &Fact, from: Role, to: Role) -> Option<(&Sent, LocationInfo)> {
    let Fact::Request(sent) = fact else { return None };
    if *sent.method() != Method::Message || sent.from != from || sent.to != to {
        return None;
    }
    let document = LocationInfo::parse(&sent.part(mime::LOCATION_INFO)?).ok()?;
    Some((sent, document))
}

fn configuration(document: &LocationInfo) -> Option<&Configuration> {
    document.items.iter().find_map(|item| match item {
        LocationItem::Configuration(configuration) => Some(configuration.as_ref()),
        _ => None,
    })
}

/// The identifier of a request for the location.
fn request_id(document: &LocationInfo) -> Option<&ByteStr> {
    document.items.iter().find_map(|item| match item {
        LocationItem::Request(request) => request.request_id.as_ref(),
        _ => None,
    })
}

/// The configuration that a client is sent says whether it is whole, whom it is for and who sends it.
pub(super) const CONFIGURATION: Rule = Rule {
    requirements: &["24.379-13.2.2"],
    watch: |cx, fact, todo| {
        let Some((sent, document)) = located(fact, Role::Participating, Role::Client) else { return };
        let Some(configuration) = configuration(&document) else { return };
        let scope = matches!(configuration.scope, Some(Scope::Full | Scope::Update));
        let identity = asserted(&sent.request.headers);
        let user = sent.target();
        // The function speaks for itself, not for the user.
        let own = identity.as_deref().is_some_and(|identity| Some(identity) != user);
        let held = scope && own && user.is_some();
        let expected = "ConfigScope, the MCPTT ID of the user, the identity of the function";
        todo.judge(cx, "24.379-13.2.2", held, expected, || {
            format!("scope {:?}, user {user:?}, asserted {identity:?}", configuration.scope)
        });
    },
};

/// A report is answered with 200.
pub(super) const REPORT: Rule = Rule {
    requirements: &["24.379-13.2.4"],
    watch: |cx, fact, todo| {
        let Some((sent, document)) = located(fact, Role::Client, Role::Participating) else { return };
        // With an alert the MESSAGE is about something else, too, and that may be refused.
        let alone =
            sent.info.as_ref().is_none_or(|info| info.alert_ind.is_none() && info.emergency_ind.is_none());
        let Some(user) = sent.user().filter(|_| alone && document.reports().next().is_some()) else { return };
        if cx.belief.people.is_bound(&user, cx.now, cx.profile.is_complete()) != Some(true) {
            return;
        }
        let own = sent.frame;
        todo.watch(cx, Duty::must("24.379-13.2.4", cx.answer(), "200"), move |fact| {
            match answer_to(fact, own) {
                Some(response) if response.status.is_success() => Step::Held,
                Some(response) => Step::by(describe(response)),
                None => Step::Wait,
            }
        });
    },
};

/// A client that is asked where it is says so, with the identifier of the request.
pub(super) const REQUEST: Rule = Rule {
    requirements: &["24.379-13.2.3"],
    watch: |cx, fact, todo| {
        let Some((sent, document)) = located(fact, Role::Participating, Role::Client) else { return };
        let Some(id) = request_id(&document).cloned() else { return };
        let client = sent.destination;
        let duty = Duty::must("24.379-13.2.3", RINGING, format!("a report with ReportID {id}"));
        todo.watch(cx, duty, move |fact| {
            let Some((sent, document)) = located(fact, Role::Client, Role::Participating) else {
                return Step::Wait;
            };
            // Reports of triggers have none.
            let mut ids = document.reports().filter_map(|report| report.report_id.as_ref());
            match ids.next().filter(|_| sent.source == client) {
                Some(own) if *own == id => Step::Held,
                Some(other) => Step::by(format!("a report with ReportID {other}")),
                None => Step::Wait,
            }
        });
    },
};
