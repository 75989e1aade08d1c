//! The participating MCPTT function: it serves users.
//!
//! Every request of a client enters here. The function binds public user identities to MCPTT IDs and clients, keeps
//! their settings and their view of affiliation, and relays calls between its users and the controlling functions as a
//! back-to-back user agent: two dialogs per call, session descriptions unchanged, so that media flows directly between
//! the client and the media function of the controlling function.

mod affiliation;
mod identity;
mod in_dialog;
mod originating;
mod registration;
mod relay;
mod settings;
mod subscription;
mod terminating;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::id::{ClientId, GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

use self::affiliation::Affiliations;
use self::registration::{BindingRef, Registrar};
use self::relay::{RelayRef, Relays, Side};
use self::settings::Clients;
use self::subscription::Watched;
use crate::Output;
use crate::dialog::DialogId;
use crate::digest::Authenticator;
use crate::directory::{Canonical, Directory};
use crate::event::{Event, Function};
use crate::policy::Refusal;
use crate::service::{self, Identity};
use crate::subscription::Subscriptions;
use crate::transaction::{ClientTransactionId, Deadlines, ServerTransactionId};
use crate::transport::{SipPath, StreamEvent};
use crate::user_agent::{UaEvent, UserAgent, UserAgentSettings};

/// The packages that clients publish here.
const EVENT_PACKAGES: &str = "poc-settings, presence";

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
    Affiliation { client: ClientKey, group: GroupId, wanted: bool },
    /// The second leg of a relayed INVITE.
    Invite(RelayRef),
    /// A request in a dialog that was passed on from the other one.
    Relayed { relay: RelayRef, to: Side, answer: ServerTransactionId, method: Method },
    /// NOTIFY in a subscription.
    Notify(DialogId),
    /// A session refresh of our own.
    Refresh { relay: RelayRef, side: Side },
}

/// What becomes due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    Binding(BindingRef),
    Settings(ClientKey),
    Affiliation(ClientKey, GroupId),
    Session(RelayRef, Side),
    Subscription(DialogId),
}

/// A request outside a dialog, with what is needed to answer it.
struct Incoming<'a> {
    transaction: ServerTransactionId,
    request: &'a Request,
    path: SipPath,
}

/// The participating MCPTT function.
pub(crate) struct Participating {
    directory: Arc<Directory>,
    identity: Identity,
    agent: UserAgent,
    rng: ChaCha20Rng,
    registrar: Registrar,
    authenticator: Authenticator,
    clients: Clients,
    affiliations: Affiliations,
    relays: Relays,
    subscriptions: Subscriptions<Watched>,
    /// What has changed since its watchers were told.
    changed: BTreeSet<Watched>,
    pending: BTreeMap<ClientTransactionId, Pending>,
    deadlines: Deadlines<Deadline>,
    out: VecDeque<Output>,
    shutting_down: bool,
}

impl Participating {
    pub fn new(directory: Arc<Directory>, mut rng: ChaCha20Rng, now: Instant) -> Self {
        let own = &directory.config.participating;
        let identity = Identity::new(own.identity.clone(), directory.config.service.release);
        let mut settings = UserAgentSettings::new(own.address, identity.host.clone());
        settings.allow = service::allowed(&[Method::Register, Method::Publish, Method::Subscribe]);
        settings.supported = service::supported();
        settings.accept = service::accepted();
        settings.ringing = directory.config.policy.answer_within;
        settings.product = service::PRODUCT;
        settings.stream_above = directory.config.stream_above;
        // Two per session, and room for the refusal of those that are too many.
        settings.limits.dialogs.total =
            directory.config.limits.relayed_sessions.saturating_mul(2).saturating_add(64);
        let agent = UserAgent::new(settings, service::fork(&mut rng));
        let realm = identity.host.clone();
        let nonces = directory.config.registration.nonce_lifetime;
        let authenticator = Authenticator::new(realm, nonces, service::fork(&mut rng), now);
        Self {
            identity,
            agent,
            rng,
            authenticator,
            registrar: Registrar::default(),
            clients: Clients::default(),
            affiliations: Affiliations::default(),
            relays: Relays::default(),
            subscriptions: Subscriptions::new(directory.config.limits.subscriptions),
            changed: BTreeSet::new(),
            pending: BTreeMap::new(),
            deadlines: Deadlines::new(),
            out: VecDeque::new(),
            shutting_down: false,
            directory,
        }
    }

    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        self.agent.handle_datagram(now, path, bytes);
        self.drain(now);
    }

    pub fn handle_stream(&mut self, now: Instant, path: SipPath, event: StreamEvent<'_>) {
        self.agent.handle_stream(now, path, event);
        self.drain(now);
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
        self.drain(now);
        while let Some(deadline) = self.deadlines.take_due(now) {
            match deadline {
                Deadline::Binding(binding) => self.binding_expired(now, binding),
                Deadline::Settings(client) => self.settings_expired(&client),
                Deadline::Affiliation(client, group) => self.refresh_affiliation(now, client, group),
                Deadline::Session(relay, side) => self.session_due(now, relay, side),
                Deadline::Subscription(dialog) => self.subscription_expired(now, &dialog),
            }
            self.drain(now);
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.agent.poll_timeout(), self.deadlines.next()].into_iter().flatten().min()
    }

    pub fn poll_output(&mut self) -> Option<Output> {
        self.out.pop_front()
    }

    /// No new sessions from now on; those that exist are ended by their controlling functions.
    pub fn shut_down(&mut self) {
        self.shutting_down = true;
    }

    fn drain(&mut self, now: Instant) {
        while let Some(event) = self.agent.poll_event() {
            self.handle_event(now, event);
        }
        self.tell_watchers(now);
        self.out.extend(std::iter::from_fn(|| self.agent.poll_transmit()).map(Output::Transmit));
        self.out.extend(std::iter::from_fn(|| self.agent.poll_stream()).map(Output::Stream));
    }

    fn handle_event(&mut self, now: Instant, event: UaEvent) {
        match event {
            UaEvent::Request { transaction, dialog: None, request, path } => {
                self.outside_dialog(now, &Incoming { transaction, request: &request, path });
            }
            UaEvent::Request { transaction, dialog: Some(dialog), request, .. } => {
                self.in_dialog(now, transaction, &dialog, &request);
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
            UaEvent::StreamClosed { path } => self.flow_failed(now, path.hop()),
            other => self.out.extend(service::report(Function::Participating, other).map(Output::Event)),
        }
    }

    fn outside_dialog(&mut self, now: Instant, incoming: &Incoming<'_>) {
        let outcome = match incoming.request.method {
            Method::Register => self.register(now, incoming),
            Method::Publish => self.publish(now, incoming),
            Method::Invite => self.invite(now, incoming),
            Method::Subscribe => self.subscribe(now, incoming),
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
        //= 24.379-6.3.1.1:originating
        if is(&own.identity) {
            return self.originating_invite(now, incoming, None);
        }
        match uri.and_then(|uri| self.relays.session_behind(&uri)) {
            //= 24.379-10.1.1.3.5.1
            Some(session) => self.originating_invite(now, incoming, Some(session)),
            None => Err(Refusal::RequestUriUnknown),
        }
    }

    fn publish(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let event = incoming
            .request
            .headers
            .get(&HeaderName::Event)
            .map(|value| value.split(';').next().unwrap_or_default().trim().to_ascii_lowercase());
        match event.as_deref() {
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
        let pending = match response.status.is_final() {
            true => self.pending.remove(&transaction),
            false => self.pending.get(&transaction).cloned(),
        };
        match pending {
            Some(Pending::Affiliation { client, group, wanted }) if response.status.is_final() => {
                self.affiliation_answered(now, &client, &group, wanted, response);
            }
            Some(Pending::Invite(relay)) => self.invite_answered(now, relay, dialog, response),
            Some(Pending::Relayed { relay, to, answer, method }) if response.status.is_final() => {
                self.relayed_answered(now, relay, to, answer, &method, response);
            }
            Some(Pending::Notify(dialog)) if response.status.is_final() => {
                self.notify_answered(now, &dialog, response);
            }
            Some(Pending::Refresh { relay, side }) if response.status.is_final() => {
                self.refresh_answered(now, relay, side, response);
            }
            Some(_) | None => {}
        }
    }

    /// Answers a request that is refused, with the header fields its status asks for.
    fn refuse(&mut self, now: Instant, incoming: &Incoming<'_>, refusal: Refusal) {
        let response = self.identity.refuse(refusal);
        self.refuse_with(now, incoming, refusal, response);
    }

    fn refuse_with(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        refusal: Refusal,
        mut response: Response,
    ) {
        let policy = &self.directory.config;
        match refusal {
            //= RFC6665-489
            Refusal::UnknownEvent => {
                response.headers.push(HeaderName::AllowEvents, EVENT_PACKAGES);
            }
            //= 24.379-9.2.2.2.3:5
            Refusal::AffiliationExpires => {
                response.headers.push(HeaderName::MinExpires, service::FOR_EVER.to_string());
            }
            //= RFC6665-4.2.1.1:min
            Refusal::SubscriptionTooBrief => {
                response.headers.push(HeaderName::MinExpires, subscription::LIFETIMES.minimum.to_string());
            }
            Refusal::CredentialsMissing | Refusal::CredentialsStale => {
                let stale = refusal == Refusal::CredentialsStale;
                for challenge in self.authenticator.challenge(now, stale) {
                    response.headers.push(HeaderName::WwwAuthenticate, challenge);
                }
            }
            Refusal::IntervalTooBrief => {
                let minimum = policy.registration.minimum.as_secs().to_string();
                response.headers.push(HeaderName::MinExpires, minimum);
            }
            Refusal::SessionIntervalTooSmall => {
                let minimum = policy.policy.min_session_expires.as_secs().to_string();
                response.headers.push(HeaderName::MinSe, minimum);
            }
            Refusal::BodyUnsupported => {
                response.headers.push(HeaderName::Accept, crate::bodies::ACCEPTED.join(", "));
            }
            _ => {}
        }
        let mcptt_id = self.claimed_user(incoming).map(|user| user.mcptt_id.clone());
        self.out.push_back(Output::Event(service::refused(
            Function::Participating,
            incoming.request,
            incoming.path,
            mcptt_id,
            None,
            refusal,
        )));
        self.agent.respond(now, incoming.transaction, response);
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
