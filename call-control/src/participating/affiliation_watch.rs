//! What controlling functions say about the affiliations of our users (TS 24.379 9.2.2.2.7): changes that they make by
//! themselves are heard at once, not with the next renewal. By the same way they say whether our users talk.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Part, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::affiliation::PresenceDocument;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::simple_filter::FilterSet;

use super::{Participating, Pending};
use crate::bodies::{Bodies, info_part};
use crate::controlling::TALKING;
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::service::{self, FOR_EVER};
use crate::transaction::ServerTransactionId;

/// What this function watches at a controlling function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Watch {
    pub user: McpttId,
    pub group: GroupId,
    /// Whether the user talks, and not who is affiliated.
    pub talking: bool,
}

/// The subscriptions of this function.
#[derive(Debug, Default)]
pub(super) struct AffiliationWatches {
    of_dialog: BTreeMap<DialogId, Watch>,
    /// `None` while the SUBSCRIBE has no answer.
    all: BTreeMap<Watch, Option<DialogId>>,
}

impl AffiliationWatches {
    pub fn contains(&self, dialog: &DialogId) -> bool {
        self.of_dialog.contains_key(dialog)
    }

    /// The groups in which it is watched whether a user talks.
    pub fn talking_of(&self, user: &McpttId) -> BTreeSet<GroupId> {
        let first = Watch { user: user.clone(), group: GroupId::default(), talking: false };
        let own = self.all.range(first..).take_while(|(watch, _)| watch.user == *user);
        own.filter(|(watch, _)| watch.talking).map(|(watch, _)| watch.group.clone()).collect()
    }

    fn forget(&mut self, dialog: &DialogId) {
        if let Some(watch) = self.of_dialog.remove(dialog) {
            self.all.remove(&watch);
        }
    }
}

impl Participating {
    /// Watches a group on behalf of a user, once for all of its clients.
    pub(super) fn watch_affiliation(&mut self, now: Instant, user: &McpttId, group: &GroupId) {
        if self.directory.config.policy.watch_affiliations {
            self.watch(now, Watch { user: user.clone(), group: group.clone(), talking: false });
        }
    }

    pub(super) fn watch(&mut self, now: Instant, watch: Watch) {
        if self.watches.all.contains_key(&watch) {
            return;
        }
        let Watch { user, group, talking } = &watch;
        let Some(controlling) = self.directory.controlling_function_of(group.as_str()) else { return };
        //= 24.379-9.2.2.2.7
        let own = self.identity.uri.clone();
        let mut request =
            service::request(Method::Subscribe, &controlling.identity, &own, &controlling.identity);
        service::assert_function(&mut request.headers, &own);
        request.headers.push(HeaderName::Event, "presence");
        request.headers.push(HeaderName::Accept, mime::PIDF);
        request.headers.push(HeaderName::Expires, FOR_EVER.to_string());
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(group))),
            calling_user_id: Some(Content::Normal(user.clone())),
            ..McpttInfo::default()
        };
        let own_tuple = format!("//tuple[@id=\"{user}\"]");
        let included = match talking {
            true => format!("{own_tuple}//{TALKING}"),
            false => own_tuple,
        };
        let filter = FilterSet::including("1", group.as_str(), [ByteStr::from(included)]);
        request.set_parts(&[info_part(&info), Part::new(mime::SIMPLE_FILTER, filter.to_xml())]);
        let transaction = self.agent.request(now, request, controlling.address);
        self.watches.all.insert(watch.clone(), None);
        self.pending.insert(transaction, Pending::AffiliationWatch(watch));
    }

    pub(super) fn watch_answered(
        &mut self,
        now: Instant,
        watch: Watch,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        match dialog.filter(|_| response.status.is_success()) {
            Some(dialog) => {
                self.watches.all.insert(watch.clone(), Some(dialog.clone()));
                self.watches.of_dialog.insert(dialog, watch.clone());
                // What it is good for may have ended while the answer was under way.
                if watch.talking {
                    self.talking.note(&watch.user);
                } else if !self.affiliations.concerns(&watch.user, &watch.group) {
                    self.unwatch(now, &watch);
                }
            }
            // Without it the changes of the other side are heard with the next renewal.
            None => {
                self.watches.all.remove(&watch);
            }
        }
    }

    /// The user has no affiliation to the group any more.
    pub(super) fn unwatch_affiliation(&mut self, now: Instant, user: &McpttId, group: &GroupId) {
        self.unwatch(now, &Watch { user: user.clone(), group: group.clone(), talking: false });
    }

    pub(super) fn unwatch(&mut self, now: Instant, watch: &Watch) {
        let Some(Some(dialog)) = self.watches.all.get(watch).cloned() else { return };
        self.watches.forget(&dialog);
        let mut request = Request::new(Method::Subscribe, ByteStr::EMPTY);
        request.headers.push(HeaderName::Event, "presence");
        request.headers.push(HeaderName::Expires, "0");
        // A subscription that is gone needs no end.
        let _ = self.agent.request_in_dialog(now, &dialog, request);
    }

    /// A NOTIFY of a controlling function.
    pub(super) fn affiliations_told(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: &DialogId,
        request: &Request,
    ) {
        self.agent.respond(now, transaction, Response::new(StatusCode::OK));
        let Some(watch) = self.watches.of_dialog.get(dialog).cloned() else { return };
        let Watch { user, group, talking } = &watch;
        let state = request.headers.get(&HeaderName::SubscriptionState);
        if state.is_some_and(|state| state.trim_start().to_ascii_lowercase().starts_with("terminated")) {
            self.watches.forget(dialog);
        }
        let bodies = Bodies::read(&request.headers, &request.body).ok();
        let Some(document) = bodies.and_then(|bodies| bodies.presence().ok().flatten()) else { return };
        if Canonical::of(&document.entity) != Canonical::of(group.as_str()) {
            return;
        }
        match talking {
            true => self.talking_told(now, &watch, &document),
            false => self.keep_only(now, user, group, &clients_of(&document, user)),
        }
    }
}

/// The clients of a user that a document about a group names.
fn clients_of(document: &PresenceDocument, user: &McpttId) -> Vec<ClientId> {
    let named = Canonical::of(user.as_str());
    let own = document.tuples.iter().filter(|tuple| Canonical::of(&tuple.id) == named);
    own.flat_map(|tuple| tuple.affiliations.iter().filter_map(|entry| entry.client.clone())).collect()
}
