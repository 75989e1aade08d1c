//! The MCPTT client procedures (TS 24.379 6.2, 7.2, 9.2.1, 10.1.1.2): an honest UE without user interface and media.
//!
//! [`Client`] keeps the clauses; whoever wants to break them sends datagrams of its own.

mod call;
mod registration;
mod types;

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use self::call::Call;
use self::registration::Registration;
use crate::dialog::DialogId;
use crate::service::{self, Identity};
use crate::transaction::{ClientTransactionId, Deadlines, ServerTransactionId};
use crate::transport::{SipPath, StreamEvent, Transport};
use crate::user_agent::{UaEvent, UserAgent, UserAgentSettings};

pub use types::{
    AudioFormat, CallId, ClientCommand, ClientConfig, ClientEvent, ClientOutput, ClientRequest,
    EstablishedCall, GroupCall, Urgency,
};

/// The release whose warning codes the client sends.
const RELEASE: u8 = 18;
/// Session interval that the client proposes and accepts (RFC 4028).
const SESSION_EXPIRES: Duration = Duration::from_secs(1800);
/// Shortest session interval that the client accepts.
const MIN_SESSION_EXPIRES: Duration = Duration::from_secs(90);
/// How long the user may think about an incoming call, and how long a server may take to answer ours.
const RINGING: Duration = Duration::from_secs(60);

/// What waits for the outcome of a request of ours.
#[derive(Clone, Debug)]
enum Pending {
    Register { removing: bool },
    Settings { removing: bool },
    Affiliation { groups: Vec<mcptt_codec::id::GroupId>, removing: bool },
    Invite(CallId),
    Bye(CallId),
    Refresh(CallId),
}

/// What becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    Registration,
    Session(CallId),
}

/// An MCPTT client.
///
/// The order of a session is that of the service: `Register`, `PublishSettings`, `Affiliate`, then calls. A command
/// that has no meaning in the present state does nothing.
pub struct Client {
    config: ClientConfig,
    answer_mode: AnswerMode,
    identity: Identity,
    agent: UserAgent,
    rng: ChaCha20Rng,
    registration: Registration,
    calls: BTreeMap<CallId, Call>,
    next_call: u64,
    by_dialog: BTreeMap<DialogId, CallId>,
    by_incoming: BTreeMap<ServerTransactionId, CallId>,
    pending: BTreeMap<ClientTransactionId, Pending>,
    deadlines: Deadlines<Deadline>,
    out: VecDeque<ClientOutput>,
}

impl Client {
    /// A client that has done nothing yet.
    pub fn new(config: ClientConfig, seed: [u8; 32], now: Instant) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let identity = Identity::new(config.public_user_id.0.clone(), RELEASE);
        let mut settings = UserAgentSettings::new(config.address, identity.host.clone());
        settings.allow = service::allowed(&[]);
        settings.supported = service::supported();
        settings.accept = service::accepted();
        settings.ringing = RINGING;
        settings.product = service::PRODUCT;
        let mut client = Self {
            identity,
            agent: UserAgent::new(settings, service::fork(&mut rng)),
            registration: Registration::new(&mut rng),
            rng,
            answer_mode: config.answer_mode.clone(),
            calls: BTreeMap::new(),
            next_call: 0,
            by_dialog: BTreeMap::new(),
            by_incoming: BTreeMap::new(),
            pending: BTreeMap::new(),
            deadlines: Deadlines::new(),
            out: VecDeque::new(),
            config,
        };
        client.handle_timeout(now);
        client
    }

    /// What the client was made with.
    pub const fn config(&self) -> &ClientConfig {
        &self.config
    }

    /// A SIP datagram that was received on the address of the client.
    pub fn handle_datagram(&mut self, now: Instant, path: impl Into<SipPath>, bytes: &Bytes) {
        self.agent.handle_datagram(now, path, bytes);
        self.drain(now);
    }

    /// What becomes of a connection to the address of the client.
    pub fn handle_stream(&mut self, now: Instant, path: SipPath, event: StreamEvent<'_>) {
        self.agent.handle_stream(now, path, event);
        self.drain(now);
    }

    /// What the user wants.
    pub fn handle_command(&mut self, now: Instant, command: ClientCommand) {
        match command {
            ClientCommand::Register => self.register(now, self.config.registration_expires),
            ClientCommand::Deregister => self.register(now, 0),
            ClientCommand::PublishSettings => self.publish_settings(now, true),
            ClientCommand::SetAnswerMode(mode) => {
                self.answer_mode = mode;
                self.publish_settings(now, false);
            }
            ClientCommand::LogOff => self.log_off(now),
            ClientCommand::Affiliate { groups } => self.publish_affiliation(now, groups, false),
            ClientCommand::Deaffiliate => self.publish_affiliation(now, Vec::new(), true),
            ClientCommand::CallGroup(call) => self.call_group(now, call),
            ClientCommand::Rejoin { session_identity, implicit_request } => {
                self.rejoin(now, session_identity, implicit_request);
            }
            ClientCommand::Accept { call } => self.accept(now, call),
            ClientCommand::Decline { call } => self.decline(now, call),
            ClientCommand::CancelCall { call } => self.cancel(now, call),
            ClientCommand::Leave { call } => self.leave(now, call),
        }
        self.drain(now);
    }

    /// Lets everything happen that is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
        self.drain(now);
        while let Some(deadline) = self.deadlines.take_due(now) {
            match deadline {
                Deadline::Registration => self.register(now, self.config.registration_expires),
                Deadline::Session(call) => self.session_due(now, call),
            }
            self.drain(now);
        }
    }

    /// The next output; drained to `None` after each of the methods above.
    pub fn poll_output(&mut self) -> Option<ClientOutput> {
        self.out.pop_front()
    }

    /// When [`Client::handle_timeout`] is needed next. `None`: nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.agent.poll_timeout(), self.deadlines.next()].into_iter().flatten().min()
    }

    fn drain(&mut self, now: Instant) {
        loop {
            self.out.extend(std::iter::from_fn(|| self.agent.poll_transmit()).map(ClientOutput::Transmit));
            self.out.extend(std::iter::from_fn(|| self.agent.poll_stream()).map(ClientOutput::Stream));
            let Some(event) = self.agent.poll_event() else { return };
            self.handle_event(now, event);
        }
    }

    fn handle_event(&mut self, now: Instant, event: UaEvent) {
        match event {
            UaEvent::Request { transaction, dialog: None, request, path } => {
                self.outside_dialog(now, transaction, &request, path);
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
            UaEvent::Cancelled { transaction, .. } => {
                if let Some(call) = self.by_incoming.get(&transaction).copied() {
                    self.end(call, true);
                }
            }
            UaEvent::NotAcknowledged { dialog, .. } => {
                if let Some(call) = self.by_dialog.get(&dialog).copied() {
                    let _ = self.agent.bye(now, &dialog);
                    self.end(call, true);
                }
            }
            // An honest client has nobody to report the oddities of its peers to.
            _ => {}
        }
    }

    fn outside_dialog(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        request: &Request,
        path: SipPath,
    ) {
        // Whoever is not our participating function has nothing to invite us to.
        let refusal = match request.method {
            Method::Invite if path.remote == self.config.participating_address => {
                self.invited(now, transaction, request).err().map(|refusal| *refusal)
            }
            Method::Invite => Some(Response::new(StatusCode::FORBIDDEN)),
            _ => Some(Response::new(StatusCode::METHOD_NOT_ALLOWED)),
        };
        if let Some(refusal) = refusal {
            self.agent.respond(now, transaction, refusal);
        }
    }

    fn response(
        &mut self,
        now: Instant,
        transaction: ClientTransactionId,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        if response.status.is_provisional() {
            if let Some(Pending::Invite(call)) = self.pending.get(&transaction) {
                let (call, status) = (*call, response.status.0);
                if status != StatusCode::TRYING.0 {
                    self.event(ClientEvent::CallProgress { call, status });
                }
            }
            return;
        }
        match self.pending.remove(&transaction) {
            Some(Pending::Register { removing }) => self.registered(now, removing, response),
            Some(Pending::Settings { removing }) => self.settings_answered(removing, response),
            Some(Pending::Affiliation { groups, removing }) => {
                self.affiliation_answered(groups, removing, response);
            }
            Some(Pending::Invite(call)) => self.answered(now, call, dialog, response),
            Some(Pending::Bye(call)) => self.end(call, false),
            Some(Pending::Refresh(call)) => self.refresh_answered(now, call, response),
            None => {}
        }
    }

    /// A request to the participating function, with what every one of them carries.
    fn service_request(&self, method: Method) -> Request {
        let to = &self.config.participating_identity;
        self.service_request_to(method, to.clone())
    }

    fn service_request_to(&self, method: Method, uri: ByteStr) -> Request {
        let (own, to) = (self.config.public_user_id.as_str(), &self.config.participating_identity);
        let mut request = service::request(method, &uri, own, to);
        request.headers.push(HeaderName::PPreferredIdentity, service::bracketed(own));
        request.headers.push(HeaderName::PPreferredService, mcptt_codec::sip::ICSI_MCPTT);
        mcptt_codec::sip::AcceptContact::push_mcptt(&mut request.headers);
        request
    }

    /// Our Contact URI.
    fn contact_uri(&self) -> String {
        let user =
            mcptt_codec::sip::Uri::parse(self.config.public_user_id.as_str()).ok().and_then(|uri| uri.user);
        let at = user.map(|user| format!("{user}@")).unwrap_or_default();
        match self.config.transport {
            Transport::Udp => format!("sip:{at}{}", self.config.address),
            transport => format!("sip:{at}{};transport={transport}", self.config.address),
        }
    }

    fn event(&mut self, event: ClientEvent) {
        self.out.push_back(ClientOutput::Event(event));
    }
}
