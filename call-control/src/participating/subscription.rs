//! What clients watch at the participating function: their affiliations (TS 24.379 9.2.2.2.4, 9.2.2.2.5) and their
//! service settings (7.3.6).

use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::affiliation::{Affiliation as Entry, PresenceDocument, Tuple};
use mcptt_codec::xml::poc_settings::{Entity, PocSettings};

use super::{Deadline, Incoming, Participating, Pending};
use crate::bodies::{Bodies, InfoValues, presence_part, settings_part};
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::policy::Refusal;
use crate::service;
use crate::subscription::{End, Lifetimes, Notice};
use crate::transaction::ServerTransactionId;

const PRESENCE: &str = "presence";
const POC_SETTINGS: &str = "poc-settings";

/// Clients subscribe for ever; plain SIP phones for an hour.
pub(super) const LIFETIMES: Lifetimes = Lifetimes { default: 3_600, minimum: 60 };

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Watched {
    /// The affiliations of a user, on all its clients.
    Affiliations(McpttId),
    /// The service settings of a user, on all its clients.
    Settings(McpttId),
}

impl Participating {
    /// SUBSCRIBE outside a dialog.
    pub(super) fn subscribe(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let headers = &incoming.request.headers;
        let event = headers.get(&HeaderName::Event).map(ToString::to_string).unwrap_or_default();
        let package = event.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        //= 24.379-6.3.1:subscribe
        if ![PRESENCE, POC_SETTINGS].contains(&package.as_str()) {
            return Err(Refusal::UnknownEvent);
        }
        let originator = self.originator(incoming)?;
        let own = self.directory.user_of(&originator.public_user_id).ok_or(Refusal::UserUnknown)?;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let target = bodies.info.as_ref().map(InfoValues::target).transpose()?.flatten();
        //= 24.379-9.2.2.2.4
        if target.is_some_and(|target| Canonical::of(target) != Canonical::of(own.mcptt_id.as_str())) {
            return Err(Refusal::AffiliationOfAnotherUser);
        }
        let mcptt_id = own.mcptt_id.clone();
        let watched = match package.as_str() {
            PRESENCE => Watched::Affiliations(mcptt_id),
            _ => Watched::Settings(mcptt_id),
        };
        let asked = headers.number(&HeaderName::Expires).map_err(|_| Refusal::BodyUnreadable)?;
        let seconds = LIFETIMES.grant(asked).ok_or(Refusal::SubscriptionTooBrief)?;
        if !self.subscriptions.has_room() || self.shutting_down {
            return Err(Refusal::BindingsFull);
        }
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::Expires, seconds.to_string());
        response.headers.push(HeaderName::Contact, service::bracketed(&self.identity.uri));
        let Some(dialog) = self.agent.respond(now, incoming.transaction, response) else { return Ok(()) };
        //= 24.379-9.2.2.2.4:0
        let end = self.subscriptions.open(now, dialog.clone(), watched, event.into(), seconds);
        self.deadlines.set(Deadline::Subscription(dialog), end);
        self.send_notices(now);
        Ok(())
    }

    /// SUBSCRIBE in the dialog of a subscription.
    pub(super) fn resubscribe(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: &DialogId,
        request: &Request,
    ) {
        let asked = request.headers.number(&HeaderName::Expires).ok().flatten();
        let Some(seconds) = LIFETIMES.grant(asked) else {
            let mut response = Response::new(StatusCode(423));
            response.headers.push(HeaderName::MinExpires, LIFETIMES.minimum.to_string());
            self.agent.respond(now, transaction, response);
            return;
        };
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::Expires, seconds.to_string());
        self.agent.respond(now, transaction, response);
        let end = self.subscriptions.refresh(now, dialog, seconds);
        self.deadlines.set(Deadline::Subscription(dialog.clone()), end);
        self.send_notices(now);
    }

    pub(super) fn subscription_expired(&mut self, now: Instant, dialog: &DialogId) {
        self.subscriptions.end(dialog, End::Timeout);
        self.send_notices(now);
    }

    /// Tells the watchers what has changed since the last time, once for everything that one message did.
    pub(super) fn tell_watchers(&mut self, now: Instant) {
        for watched in std::mem::take(&mut self.changed) {
            self.subscriptions.changed(now, &watched);
        }
        self.send_notices(now);
    }

    /// The last client of a user has logged off: nobody watches on its behalf any more.
    pub(super) fn end_subscriptions(&mut self, user: &McpttId) {
        if self.clients.of_user(user).next().is_none() {
            self.subscriptions.end_all(&Watched::Affiliations(user.clone()), End::NoResource);
            self.subscriptions.end_all(&Watched::Settings(user.clone()), End::NoResource);
        }
    }

    pub(super) fn notify_answered(&mut self, now: Instant, dialog: &DialogId, response: &Response) {
        if !self.subscriptions.answered(now, dialog, response.status.is_success()) {
            self.deadlines.set(Deadline::Subscription(dialog.clone()), None);
            if !response.status.is_success() {
                self.agent.end_dialog(now, dialog);
            }
        }
        self.send_notices(now);
    }

    fn send_notices(&mut self, now: Instant) {
        while let Some(notice) = self.subscriptions.poll_notice() {
            let notify = self.notify(&notice);
            let Ok(transaction) = self.agent.request_in_dialog(now, &notice.dialog, notify) else {
                self.subscriptions.answered(now, &notice.dialog, false);
                self.deadlines.set(Deadline::Subscription(notice.dialog), None);
                continue;
            };
            self.pending.insert(transaction, Pending::Notify(notice.dialog));
        }
    }

    fn notify(&self, notice: &Notice<Watched>) -> Request {
        let mut notify = Request::new(Method::Notify, ByteStr::EMPTY);
        notify.headers.push(HeaderName::Event, notice.event.clone());
        notify.headers.push(HeaderName::SubscriptionState, notice.state.clone());
        service::assert_function(&mut notify.headers, &self.identity.uri);
        let part = match &notice.resource {
            Watched::Affiliations(user) => presence_part(&self.affiliation_document(user)),
            //= 24.379-7.3.6
            Watched::Settings(user) => settings_part(&self.published_settings(user)),
        };
        notify.set_parts(&[part]);
        notify
    }

    /// One tuple for each client, with the groups and how far they are.
    fn affiliation_document(&self, user: &McpttId) -> PresenceDocument {
        let mut document = PresenceDocument::of_user(user);
        for (client_id, groups) in self.affiliations.of_user(user) {
            let mut tuple = Tuple::of_client(client_id);
            let entries = groups.map(|(group, status)| Entry { status, ..Entry::to_group(group) });
            tuple.affiliations = entries.collect();
            document.tuples.push(tuple);
        }
        //= 24.379-9.2.2.2.5:pid
        document.p_id = self.affiliations.publication_of(user);
        document
    }

    fn published_settings(&self, user: &McpttId) -> PocSettings {
        let all = self.clients.of_user(user);
        let entities = all.filter_map(|(key, client)| {
            let answer_mode = Some(client.answer_mode.clone()?);
            Some(Entity { id: key.client_id.clone(), answer_mode, ..Entity::default() })
        });
        PocSettings { entities: entities.collect(), ..PocSettings::default() }
    }
}
