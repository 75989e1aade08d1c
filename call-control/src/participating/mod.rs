//! The participating MCPTT function: it serves users.
//!
//! Every request of a client enters here. The function binds public user identities to MCPTT IDs and clients, keeps
//! their settings and their view of affiliation, and relays calls between its users and the controlling functions as a
//! back-to-back user agent: two dialogs per call, session descriptions unchanged, so that media flows directly between
//! the client and the media function of the controlling function. Media of a call over a pre-established session is relayed:
//! the client has agreed on it with this function before there was a call.

mod affiliation;
mod affiliation_watch;
mod authorisation;
pub(crate) mod bearer_keys;
mod discreet;
mod document_watch;
mod documents;
mod durable;
mod functional_alias;
mod gruu;
mod identity;
mod in_dialog;
pub(crate) mod keying;
mod location;
mod mbms;
mod message;
mod originating;
mod plain;
mod pre_established;
mod private_call;
mod protected;
mod refusing;
mod registrar;
mod registration;
mod registration_watch;
mod regroup;
mod relay;
mod relayed_media;
mod services;
mod settings;
mod steering;
mod subscription;
mod talking;
mod terminating;
mod user_state;
mod watching;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{ClientId, FunctionalAlias, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::reg_info;
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

use self::affiliation::Affiliations;
use self::affiliation_watch::{AffiliationWatches, Watch};
use self::document_watch::Documents;
use self::functional_alias::FunctionalAliases;
use self::gruu::Gruus;
use self::keying::{UploadedKey, Uploads};
use self::location::Locations;
use self::mbms::Mbms;
use self::message::Consequence;
use self::pre_established::{PreEstablished, SessionPending, SessionRef};
use self::registrar::{BindingRef, Registrar};
use self::regroup::Regroups;
use self::relay::{RelayRef, Relays, Side};
use self::relayed_media::RelayPorts;
use self::services::Forwardings;
use self::settings::{Clients, Published};
use self::subscription::Watched;
use self::talking::Talking;
use self::user_state::Said;
use self::watching::RelayedSubscriptions;
use crate::Output;
use crate::controlling::INFO_PACKAGE;
use crate::dialog::DialogId;
use crate::digest::Authenticator;
use crate::directory::{Canonical, Directory};
use crate::event::{Event, Function};
use crate::event_package::Package;
use crate::function::{Incoming, McpttFunction, awaiting, user_agent_settings};
use crate::held::Held;
use crate::pace::Pace;
use crate::policy::Refusal;
use crate::protection::KeyStore;
use crate::publication::Publications;
use crate::refer::MULTIPLE_REFER;
use crate::service::{self, Identity};
use crate::shard::Steering;
use crate::subscription::Subscriptions;
use crate::transaction::{ClientTransactionId, Deadlines, ServerTransactionId};
use crate::user_agent::{UaEvent, UserAgent};
use crate::wall_clock::WallClock;

/// A client of a user: the key of everything that is kept per client.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct ClientKey {
    mcptt_id: McpttId,
    client_id: ClientId,
}

/// What waits for the outcome of a request of ours.
#[derive(Clone, Debug)]
enum Pending {
    /// PUBLISH to a controlling function.
    Affiliation {
        client: ClientKey,
        group: GroupId,
        wanted: bool,
    },
    /// PUBLISH to the controlling function of functional aliases.
    FunctionalAlias {
        client: ClientKey,
        alias: FunctionalAlias,
        wanted: bool,
    },
    /// The second leg of a relayed INVITE.
    Invite(RelayRef),
    /// A request in a dialog that was passed on from the other one.
    Relayed {
        relay: RelayRef,
        to: Side,
        answer: ServerTransactionId,
        method: Method,
    },
    /// NOTIFY in a subscription.
    Notify(DialogId),
    /// SUBSCRIBE of our own to the affiliations of a user.
    AffiliationWatch(Watch),
    /// MESSAGE that was passed on.
    Message {
        answer: ServerTransactionId,
        consequence: Consequence,
    },
    /// SUBSCRIBE that was passed on, its NOTIFY requests and what renews it.
    Subscription(ServerTransactionId),
    RelayedNotify {
        answer: ServerTransactionId,
        function: DialogId,
    },
    Resubscription(ServerTransactionId),
    /// Something about a pre-established session.
    Session(SessionRef, SessionPending),
}

/// What becomes due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    Binding(BindingRef),
    Settings(ClientKey),
    Affiliation(ClientKey, GroupId),
    /// A called client has not answered, and its user has set where the call goes then.
    NoAnswer(RelayRef),
    Subscription(DialogId),
    /// It is the turn of further watchers to be told.
    Notices,
    /// A key has not come out of its message.
    Key(u64),
}

/// The participating MCPTT function.
pub(crate) struct Participating {
    directory: Arc<Directory>,
    identity: Identity,
    agent: UserAgent,
    rng: ChaCha20Rng,
    /// Where this is one of several shards.
    steering: Option<Steering>,
    keys: KeyStore,
    uploads: Uploads,
    registrar: Registrar,
    gruus: Gruus,
    authenticator: Authenticator,
    clients: Clients,
    affiliations: Affiliations,
    aliases: FunctionalAliases,
    locations: Locations,
    forwardings: Forwardings,
    watches: AffiliationWatches,
    talking: Talking,
    relays: Relays,
    sessions: PreEstablished,
    regroups: Regroups,
    said: Said,
    relayed_media: RelayPorts,
    mbms: Mbms,
    subscriptions: Subscriptions<Watched>,
    /// How fast watchers are told when they are many.
    pace: Pace,
    publications: Publications<(ClientKey, Published)>,
    /// Profiles that clients have selected, which are not in use yet. `None`: the pre-selected one again.
    selected_profiles: Vec<(McpttId, ClientId, Option<u8>)>,
    /// Contacts that have ended and whose watchers are about to be told.
    ended: BTreeMap<Canonical, Vec<reg_info::Contact>>,
    /// Those that are served by controlling functions.
    watching: RelayedSubscriptions,
    /// What has changed since its watchers were told.
    changed: BTreeSet<Watched>,
    pending: BTreeMap<ClientTransactionId, Pending>,
    deadlines: Deadlines<Deadline>,
    clock: WallClock,
    out: VecDeque<Output>,
    shutting_down: bool,
    documents: Documents,
    /// What would have to be kept cannot be: the seconds after which it is worth to try again.
    store_fails: Option<u32>,
}

impl Participating {
    pub fn new(directory: Arc<Directory>, mut rng: ChaCha20Rng, now: Instant) -> Self {
        let own = &directory.config.participating;
        let identity = Identity::new(own.identity.clone(), directory.config.service.release);
        let methods = [
            Method::Register,
            Method::Publish,
            Method::Subscribe,
            Method::Notify,
            Method::Message,
            Method::Info,
            Method::Refer,
        ];
        let mut settings = user_agent_settings(&directory, own.address, &identity, &methods);
        settings.recv_info = vec![INFO_PACKAGE];
        settings.supported.extend(["path", "outbound", MULTIPLE_REFER, "gruu"].map(ByteStr::from_static));
        settings.admitted = vec![directory.config.controlling.address];
        // Two per relayed call, two per pre-established session, and room for the refusal of those that are too many.
        settings.limits.dialogs.total =
            directory.config.limits.relayed_sessions.saturating_mul(4).saturating_add(64);
        let agent = UserAgent::new(settings, service::fork(&mut rng));
        let realm = identity.host.clone();
        let nonces = directory.config.registration.nonce_lifetime;
        let authenticator = Authenticator::new(realm, nonces, service::fork(&mut rng), now);
        let mut new = Self {
            identity,
            agent,
            steering: directory.config.shard.clone().map(Steering::new),
            authenticator,
            gruus: Gruus::new(&rng),
            registrar: Registrar::default(),
            clients: Clients::default(),
            affiliations: Affiliations::default(),
            aliases: FunctionalAliases::default(),
            locations: Locations::default(),
            forwardings: Forwardings::default(),
            watches: AffiliationWatches::default(),
            talking: Talking::default(),
            relays: Relays::default(),
            sessions: PreEstablished::new(&directory.config),
            regroups: Regroups::default(),
            said: Said::default(),
            relayed_media: RelayPorts::new(&directory.config),
            mbms: Mbms::default(),
            subscriptions: Subscriptions::new(directory.config.limits.subscriptions),
            pace: Pace::default(),
            rng,
            publications: Publications::new(directory.config.limits.bindings.saturating_mul(2)),
            selected_profiles: Vec::new(),
            ended: BTreeMap::new(),
            watching: RelayedSubscriptions::default(),
            changed: BTreeSet::new(),
            pending: BTreeMap::new(),
            keys: KeyStore::default(),
            uploads: Uploads::default(),
            deadlines: Deadlines::new(),
            clock: WallClock::default(),
            out: VecDeque::new(),
            shutting_down: false,
            documents: Documents::default(),
            store_fails: None,
            directory,
        };
        new.start_bearers();
        new
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
        self.drain(now);
        while let Some(deadline) = self.deadlines.take_due(now) {
            match deadline {
                Deadline::Binding(binding) => self.binding_expired(now, binding),
                Deadline::Settings(client) => self.settings_expired(&client),
                Deadline::Affiliation(client, group) => self.refresh_affiliation(now, client, group),
                Deadline::NoAnswer(relay) => self.not_answered(now, relay),
                Deadline::Subscription(dialog) => self.subscription_expired(now, &dialog),
                // Draining does it.
                Deadline::Notices => {}
                Deadline::Key(id) => self.key_answered(now, id, UploadedKey::Busy),
            }
            self.drain(now);
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.agent.poll_timeout(), self.deadlines.next()].into_iter().flatten().min()
    }

    /// How much is kept at present.
    pub fn held(&self) -> Held {
        Held {
            bindings: self.registrar.len(),
            relayed_calls: self.relays.len(),
            subscriptions: self.subscriptions.len(),
            ..self.agent.held()
        }
    }

    /// Documents have changed; what is going on stays as it is.
    pub fn documents_changed(&mut self, directory: Arc<Directory>) {
        self.directory = directory;
    }

    /// No new sessions from now on; calls are ended by their controlling functions, what was established before a call by us.
    pub fn shut_down(&mut self, now: Instant) {
        self.shutting_down = true;
        self.end_all_sessions(now);
        self.drain(now);
    }

    fn drain(&mut self, now: Instant) {
        while let Some(event) = self.agent.poll_event() {
            self.handle_event(now, event);
        }
        self.tell_watchers(now);
        self.review_talking(now);
        self.configure_locations(now);
        self.collect();
    }

    fn handle_event(&mut self, now: Instant, event: UaEvent) {
        self.repeat_charging(&event);
        match event {
            UaEvent::Request { transaction, dialog: None, request, path } => {
                let incoming = Incoming { transaction, request: &request, path };
                if !self.awaits_key(now, &incoming) {
                    self.verified(now, &incoming);
                }
            }
            UaEvent::Request { transaction, dialog: Some(dialog), request, path } => {
                let opened = match self.opened(&request) {
                    Ok(opened) => opened,
                    Err(refusal) => {
                        let response = self.identity.refuse(refusal);
                        self.agent.respond(now, transaction, response);
                        return;
                    }
                };
                let request = opened.as_ref().unwrap_or(&request);
                match self.sessions.of_dialog(&dialog) {
                    Some((at, end)) => {
                        let incoming = Incoming { transaction, request, path };
                        self.pre_established_request(now, at, end, &incoming);
                    }
                    None => self.in_dialog(now, transaction, &dialog, request),
                }
            }
            UaEvent::Response { transaction, dialog, response, .. } => {
                self.response(now, transaction, dialog, &response);
            }
            UaEvent::TransportOrTimeout { transaction, .. } => {
                self.response(now, transaction, None, &Response::new(StatusCode::REQUEST_TIMEOUT));
            }
            UaEvent::Abandoned { transaction, .. } => {
                self.response(now, transaction, None, &Response::new(StatusCode::REQUEST_TERMINATED));
            }
            UaEvent::Cancelled { transaction, dialog } => self.invite_cancelled(now, transaction, dialog),
            UaEvent::NotAcknowledged { dialog, .. } => self.dialog_lost(now, &dialog),
            //= RFC4028-expiry
            UaEvent::SessionLost { dialog, .. } => self.dialog_lost(now, &dialog),
            UaEvent::StreamClosed { path } => self.flow_failed(now, path.hop()),
            other => self.out.extend(service::report(Function::Participating, other).map(Output::Event)),
        }
    }

    /// A request outside a dialog, once its bodies are verified and deciphered.
    fn verified(&mut self, now: Instant, incoming: &Incoming<'_>) {
        match self.opened(incoming.request) {
            Ok(Some(request)) => self.outside_dialog(now, &Incoming { request: &request, ..*incoming }),
            Ok(None) => self.outside_dialog(now, incoming),
            Err(refusal) => self.refuse(now, incoming, refusal),
        }
    }

    fn outside_dialog(&mut self, now: Instant, incoming: &Incoming<'_>) {
        let kept = matches!(incoming.request.method, Method::Register | Method::Publish | Method::Subscribe);
        let outcome = match incoming.request.method {
            // What would be promised could be lost: nobody is told that it is kept.
            _ if kept && self.store_fails.is_some() => Err(Refusal::StoreUnavailable),
            Method::Register => self.register(now, incoming),
            Method::Publish => self.publish(now, incoming),
            Method::Invite => self.invite(now, incoming),
            Method::Subscribe => self.subscribe(now, incoming),
            Method::Message => self.message(now, incoming),
            Method::Refer => self.referred_outside(now, incoming),
            _ => Err(Refusal::RequestUriUnknown),
        };
        if let Err(refusal) = outcome {
            self.refuse(now, incoming, refusal);
        }
    }

    /// An INVITE outside a dialog, told apart by Request-URI and Contact (TS 24.379 4.2, 6.3.1.1).
    fn invite(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        if self.shutting_down {
            return Err(Refusal::ShuttingDown);
        }
        let own = &self.directory.config.participating;
        let uri = Canonical::of(&incoming.request.uri);
        let is = |identity: &ByteStr| uri.is_some() && uri == Canonical::of(identity);
        let focus = service::is_focus(&incoming.request.headers);
        let from_controlling = self.directory.is_controlling_function(incoming.path.remote);
        //= 24.379-4.2
        //= 24.379-6.3.1.1:isfocus
        if focus || from_controlling || (is(&own.terminating_identity) && !is(&own.identity)) {
            return self.terminating_invite(now, incoming, focus);
        }
        let sessions = self.directory.config.pre_established.identity.as_ref();
        if sessions.is_some_and(is) {
            return self.establish_session(now, incoming);
        }
        //= 24.379-6.3.1.1:originating
        if is(&own.identity) || self.is_plain_target(&incoming.request.uri) {
            return self.originating_invite(now, incoming, None);
        }
        match uri.and_then(|uri| self.relays.session_behind(&uri)) {
            //= 24.379-10.1.1.3.5.1
            Some(session) => self.originating_invite(now, incoming, Some(session)),
            None => Err(Refusal::RequestUriUnknown),
        }
    }

    fn publish(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let event = incoming.request.headers.get(&HeaderName::Event);
        let package =
            event.and_then(|event| Package::named(event)).filter(|package| package.published.is_some());
        match package.map(|package| package.name) {
            Some("poc-settings") => self.publish_settings(now, incoming),
            Some("presence") => self.publish_affiliation(now, incoming),
            //= 24.379-7.3.6:event
            _ => Err(Refusal::UnknownEvent),
        }
    }

    fn response(
        &mut self,
        now: Instant,
        transaction: ClientTransactionId,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        match awaiting(&mut self.pending, transaction, response) {
            Some(Pending::Affiliation { client, group, wanted }) if response.status.is_final() => {
                self.affiliation_answered(now, &client, &group, wanted, response);
            }
            Some(Pending::FunctionalAlias { client, alias, wanted }) if response.status.is_final() => {
                self.alias_answered(&client, &alias, wanted, response);
            }
            Some(Pending::Invite(relay)) => self.invite_answered(now, relay, dialog, response),
            Some(Pending::Session(at, what)) => {
                self.session_response(now, at, what, transaction, dialog, response);
            }
            Some(Pending::Relayed { relay, to, answer, method }) if response.status.is_final() => {
                self.relayed_answered(now, relay, to, answer, &method, response);
            }
            Some(Pending::AffiliationWatch(watch)) if response.status.is_final() => {
                self.watch_answered(now, watch, dialog, response);
            }
            Some(Pending::Message { answer, consequence }) if response.status.is_final() => {
                self.message_answered(now, answer, consequence, response);
            }
            Some(Pending::Subscription(answer)) if response.status.is_final() => {
                self.subscription_answered(now, answer, dialog, response);
            }
            Some(Pending::RelayedNotify { answer, function }) if response.status.is_final() => {
                self.relayed_notify_answered(now, answer, &function, response);
            }
            Some(Pending::Resubscription(answer)) if response.status.is_final() => {
                self.resubscription_answered(now, answer, response);
            }
            Some(Pending::Notify(dialog)) if response.status.is_final() => {
                self.notify_answered(now, &dialog, response);
            }
            Some(_) | None => {}
        }
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    /// A text nobody can guess.
    fn token(&mut self) -> String {
        service::token(&mut self.rng)
    }

    /// A URI of ours that says nothing about users and groups.
    fn opaque_uri(&mut self) -> ByteStr {
        let (user, gruu) = (self.token(), self.rng.next_u32());
        format!("sip:s-{user}@{};gr={gruu:08x}", self.directory.config.participating.address).into()
    }
}
