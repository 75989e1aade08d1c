//! What clients watch at the participating function: their affiliations (TS 24.379 9.2.2.2.4, 9.2.2.2.5) and their
//! service settings (7.3.6).

use std::time::Instant;

use mcptt_codec::id::{ClientId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::affiliation::{Affiliation as Entry, PresenceDocument, Tuple};
use mcptt_codec::xml::poc_settings::{Entity, PocSettings};

use super::identity::Originator;
use super::{Deadline, Incoming, Participating, Pending};
use crate::bodies::{Bodies, InfoValues, presence_part, settings_part};
use crate::config::PeerFunction;
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::event_package::{self, Package};
use crate::pace::turn_size;
use crate::policy::Refusal;
use crate::service;
use crate::subscription::{End, Notice};
use crate::transaction::ServerTransactionId;
use crate::wall_clock::date_time;

/// What is watched.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
pub(super) enum Watched {
    /// The affiliations of a user, on all its clients.
    Affiliations(McpttId),
    /// The affiliations of another user, and whether that user talks.
    Presence(McpttId),
    /// The service settings of a user, on all its clients.
    Settings(McpttId),
    /// The contacts of an address.
    Registration(Canonical),
    /// Documents and collections of documents.
    Documents(Vec<ByteStr>),
}

impl Watched {
    const fn package(&self) -> &'static Package {
        match self {
            Self::Affiliations(_) | Self::Presence(_) => &event_package::PRESENCE,
            Self::Settings(_) => &event_package::POC_SETTINGS,
            Self::Registration(_) => &event_package::REG,
            Self::Documents(_) => &event_package::XCAP_DIFF,
        }
    }
}

impl Participating {
    /// SUBSCRIBE outside a dialog.
    pub(super) fn subscribe(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let headers = &incoming.request.headers;
        let event = headers.get(&HeaderName::Event).map(ToString::to_string).unwrap_or_default();
        //= 24.379-6.3.1:subscribe
        let package = Package::named(&event).ok_or(Refusal::UnknownEvent)?;
        let originator = self.originator(incoming)?;
        if *package == event_package::CONFERENCE {
            return self.watch_call(now, incoming, &originator);
        }
        if *package == event_package::REG {
            let watched = self.watched_registration(incoming, &originator)?;
            return self.open_subscription(now, incoming, watched, event.into());
        }
        let own = self.user_behind(&originator.public_user_id).ok_or(Refusal::UserUnknown)?;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        if *package == event_package::XCAP_DIFF {
            let watched = self.watched_documents(own, &bodies)?;
            return self.open_subscription(now, incoming, watched, event.into());
        }
        let target = bodies.info.as_ref().map(InfoValues::target).transpose()?.flatten();
        let named = bodies.info.as_ref().map(InfoValues::client).transpose()?.flatten();
        if let Some(group) = target.filter(|_| *package == event_package::PRESENCE)
            && let Some(controlling) = self.controlling_function_of_known(group)
        {
            //= 24.379-9.2.1.6
            let client = self.served_client(now, &originator, incoming, named.as_ref())?;
            let to = (controlling.identity.clone(), controlling.address.into());
            return self.relay_subscription(now, incoming, &client, &bodies, to);
        }
        let watched = target.and_then(|target| self.directory.user(target)).unwrap_or(own);
        let unknown = target.is_some_and(|target| self.directory.user(target).is_none());
        //= 24.379-9.2.2.2.4
        let rules = self.bound_client(&originator, incoming, named.as_ref()).ok();
        let rules = rules.and_then(|client| self.rules_of(&client)).unwrap_or(own);
        let may_watch = rules.watch_affiliations && *package == event_package::PRESENCE;
        if unknown || (watched.mcptt_id != own.mcptt_id && !may_watch) {
            return Err(Refusal::AffiliationOfAnotherUser);
        }
        //= 22.179-presence:talking
        let may_know = rules.request_presence && watched.presence_status && watched.mcptt_id != own.mcptt_id;
        let mcptt_id = watched.mcptt_id.clone();
        let watched = match *package == event_package::PRESENCE {
            true if may_know => Watched::Presence(mcptt_id),
            true => Watched::Affiliations(mcptt_id),
            false => Watched::Settings(mcptt_id),
        };
        self.open_subscription(now, incoming, watched, event.into())
    }

    fn open_subscription(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        watched: Watched,
        event: ByteStr,
    ) -> Result<(), Refusal> {
        let headers = &incoming.request.headers;
        let asked = headers.number(&HeaderName::Expires).map_err(|_| Refusal::BodyUnreadable)?;
        let seconds = watched.package().watched.grant(asked).ok_or(Refusal::SubscriptionTooBrief)?;
        if !self.subscriptions.has_room() || self.shutting_down {
            return Err(Refusal::BindingsFull);
        }
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::Expires, seconds.to_string());
        response.headers.push(HeaderName::Contact, service::bracketed(&self.identity.uri));
        let Some(dialog) = self.agent.respond(now, incoming.transaction, response) else { return Ok(()) };
        if let Watched::Presence(user) = &watched {
            self.talking.note(user);
        }
        //= 24.379-9.2.2.2.4:0
        let end = self.subscriptions.open(now, dialog.clone(), watched, event, seconds);
        self.deadlines.set(Deadline::Subscription(dialog), end);
        self.send_notices(now);
        Ok(())
    }

    /// The participants of a call are known by its controlling function.
    fn watch_call(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
    ) -> Result<(), Refusal> {
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body)?;
        let named = bodies.info.as_ref().map(InfoValues::client).transpose()?.flatten();
        let client = self.served_client(now, originator, incoming, named.as_ref())?;
        //= 24.379-10.1.3.3:2
        let uri = Canonical::of(&incoming.request.uri);
        let session =
            uri.and_then(|uri| self.relays.session_behind(&uri)).ok_or(Refusal::ConferenceUnknown)?;
        let to = (session.identity, session.controlling.address.into());
        self.relay_subscription(now, incoming, &client, &bodies, to)
    }

    /// The controlling function of what is a group for certain: a user is none.
    fn controlling_function_of_known(&self, target: &str) -> Option<PeerFunction> {
        match self.directory.user(target) {
            Some(_) => None,
            None => self.directory.controlling_function_of(target),
        }
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
        let lifetimes = self
            .subscriptions
            .resource(dialog)
            .map_or(event_package::PRESENCE.watched, |own| own.package().watched);
        let Some(seconds) = lifetimes.grant(asked) else {
            let mut response = Response::new(StatusCode(423));
            response.headers.push(HeaderName::MinExpires, lifetimes.minimum.to_string());
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
        self.documents.forget(dialog);
        self.send_notices(now);
    }

    /// Tells the watchers what has changed since the last time, once for everything that one message did.
    pub(super) fn tell_watchers(&mut self, now: Instant) {
        self.subscriptions.take_up(now);
        if self.changed.is_empty() {
            return self.send_notices(now);
        }
        for watched in std::mem::take(&mut self.changed) {
            match watched {
                Watched::Affiliations(ref user) => {
                    self.talking.note(user);
                    self.subscriptions.changed(&watched);
                    self.subscriptions.changed(&Watched::Presence(user.clone()));
                }
                // Contacts that have ended are told with this change or never.
                Watched::Registration(_) => self.subscriptions.changed_now(now, &watched),
                _ => self.subscriptions.changed(&watched),
            }
        }
        self.send_notices(now);
        // What has ended is told once; whoever was busy sees that it is not there any more.
        self.ended.clear();
    }

    /// The last client of a user has logged off: nobody watches on its behalf any more.
    pub(super) fn end_subscriptions(&mut self, user: &McpttId) {
        if self.clients.of_user(user).next().is_none() {
            self.subscriptions.end_all(&Watched::Affiliations(user.clone()), End::NoResource);
            self.subscriptions.end_all(&Watched::Presence(user.clone()), End::NoResource);
            self.talking.note(user);
            self.subscriptions.end_all(&Watched::Settings(user.clone()), End::NoResource);
        }
    }

    pub(super) fn notify_answered(&mut self, now: Instant, dialog: &DialogId, response: &Response) {
        if !self.subscriptions.answered(dialog, response.status.is_success()) {
            self.documents.forget(dialog);
            self.deadlines.set(Deadline::Subscription(dialog.clone()), None);
            if !response.status.is_success() {
                self.agent.end_dialog(now, dialog);
            }
        }
        self.send_notices(now);
    }

    /// Whether a watcher waits for its turn to be told.
    pub fn has_notices(&self) -> bool {
        self.subscriptions.has_waiting()
    }

    fn send_notices(&mut self, now: Instant) {
        let size = turn_size(&self.directory.config.policy);
        loop {
            let (subscriptions, pace) = (&mut self.subscriptions, &mut self.pace);
            let Some(notice) = subscriptions.poll_in_turn(now, || pace.take(now, size)) else { break };
            let notify = self.notify(now, &notice);
            self.pace.weigh(notify.body.len());
            let Ok(transaction) = self.agent.request_in_dialog(now, &notice.dialog, notify) else {
                self.subscriptions.answered(&notice.dialog, false);
                self.deadlines.set(Deadline::Subscription(notice.dialog), None);
                continue;
            };
            self.pending.insert(transaction, Pending::Notify(notice.dialog));
        }
        let more = self.subscriptions.has_waiting();
        let turn = self.pace.next(now).filter(|_| more);
        let later = self.subscriptions.next_brief();
        self.deadlines.set(Deadline::Notices, turn.into_iter().chain(later).min());
    }

    fn notify(&mut self, now: Instant, notice: &Notice<Watched>) -> Request {
        let mut notify = Request::new(Method::Notify, ByteStr::EMPTY);
        notify.headers.push(HeaderName::Event, notice.event.clone());
        notify.headers.push(HeaderName::SubscriptionState, notice.state.clone());
        service::assert_function(&mut notify.headers, &self.identity.uri);
        let part = match &notice.resource {
            Watched::Affiliations(user) => presence_part(&self.affiliation_document(user)),
            Watched::Presence(user) => {
                let mut document = self.affiliation_document(user);
                self.add_talking(user, &mut document);
                presence_part(&document)
            }
            //= 24.379-7.3.6
            Watched::Settings(user) => settings_part(&self.published_settings(user)),
            Watched::Registration(address) => self.registration_part(now, address, notice.number),
            Watched::Documents(selection) => self.documents_part(&notice.dialog, selection),
        };
        if notice.state.starts_with("terminated") {
            self.documents.forget(&notice.dialog);
        }
        notify.set_parts(&[part]);
        notify
    }

    /// One tuple for each client, with the groups and how far they are.
    fn affiliation_document(&self, user: &McpttId) -> PresenceDocument {
        let mut document = PresenceDocument::of_user(user);
        for (client_id, groups) in self.affiliations.of_user(user) {
            let mut tuple = Tuple::of_client(client_id);
            //= 24.379-9.2.2.2.5
            let entries = groups.map(|(group, status, until)| {
                let expires = until.and_then(|until| self.clock.at(until)).map(|wall| date_time(wall).into());
                Entry { status, expires, ..Entry::to_group(group) }
            });
            tuple.affiliations = entries.collect();
            document.tuples.push(tuple);
        }
        //= 24.379-9A.2.2.2:notify
        for client_id in self.aliases.clients_of(user) {
            if !document.tuples.iter().any(|tuple| tuple.id == client_id.0) {
                document.tuples.push(Tuple::of_client(client_id));
            }
        }
        for tuple in &mut document.tuples {
            tuple.functional_aliases = self.aliases.of(user, &ClientId(tuple.id.clone()));
        }
        document.p_id_fa = self.aliases.publication_of(user);
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
