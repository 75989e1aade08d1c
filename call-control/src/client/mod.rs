//! The MCPTT client procedures (TS 24.379 6.2, 7.2, 9.2.1, 10.1.1.2): an honest UE without user interface and media.
//!
//! [`Client`] keeps the clauses; whoever wants to break them sends datagrams of its own.

mod adhoc;
mod call;
mod config;
mod discreet;
mod group_call;
mod location;
mod lookup;
mod mbms;
mod message;
mod pre_established;
mod priority;
mod private_call;
mod refresh;
mod registration;
mod regroup;
mod services;
mod session_call;
mod types;
mod watching;
mod whisper;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::sip::{HeaderName, Method, Part, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mime;
use mcptt_codec::xml::poc_settings::AnswerMode;
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use self::call::Call;
use self::location::Reporting;
use self::pre_established::Sessions;
use self::registration::Registration;
use self::services::Owed;
use self::watching::Watched;
use crate::controlling::INFO_PACKAGE;
use crate::dialog::DialogId;
use crate::policy::Refusal;
use crate::protection::{self, KeyStore, Protect, SignallingKey};
use crate::service::{self, Identity};
use crate::transaction::{ClientTransactionId, Deadlines, ServerTransactionId};
use crate::transport::{SipPath, StreamEvent, Transport};
use crate::user_agent::{SessionTimerSettings, UaEvent, UserAgent, UserAgentSettings};

pub use adhoc::{AdhocAlert, AdhocCall, AdhocParticipants};
pub use config::{AudioFormat, ClientConfig};
pub use discreet::ListeningRequest;
pub use location::AffiliationRule;
pub use mbms::AnnouncedBearer;
pub use message::RemoteRequest;
pub use pre_established::{EstablishedSession, SessionCall, SessionConnected, SessionId, SessionTold};
pub use priority::{
    Announcement, CallPriority, ClientProfile, GroupAnnouncement, Indicators, PriorityChange,
};
pub use private_call::{Commencement, PrivateCall, Transferred};
pub use regroup::RegroupRequest;
pub use services::CallBackUrgency;
pub use types::{
    CallId, ClientCommand, ClientEvent, ClientOutput, ClientRequest, EstablishedCall, GroupCall, Urgency,
};

/// The release whose warning codes the client sends.
const RELEASE: u8 = 18;
/// Shortest session interval that the client accepts.
const MIN_SESSION_EXPIRES: Duration = Duration::from_secs(90);
/// How long the user may think about an incoming call, and how long a server may take to answer ours.
const RINGING: Duration = Duration::from_secs(60);

/// What waits for the outcome of a request of ours.
#[derive(Clone, Debug)]
enum Pending {
    Register {
        removing: bool,
    },
    Settings {
        removing: bool,
    },
    Affiliation {
        groups: Vec<GroupId>,
        removing: bool,
    },
    Invite(CallId),
    Bye(CallId),
    /// A re-INVITE that asks for another priority.
    Priority(CallId, PriorityChange),
    /// MESSAGE to a group.
    Announcement(GroupId, Announcement),
    /// MESSAGE about a regroup.
    Regroup(GroupId),
    /// MESSAGE to another user.
    Told,
    /// SUBSCRIBE to the participants of a call.
    Watch(CallId),
    /// INVITE for a session, a move to other addresses, BYE.
    Session(SessionId),
    SessionMoved(SessionId),
    SessionEnd(SessionId),
    /// REFER for a call over a session, and for its end.
    Refer(CallId),
    ReferEnd(CallId),
}

/// What becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    Registration,
    /// The minimum interval between two location reports is over.
    LocationInterval,
    /// A location trigger is periodic.
    LocationPeriod(usize),
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
    sessions: Sessions,
    next_call: u64,
    by_dialog: BTreeMap<DialogId, CallId>,
    by_incoming: BTreeMap<ServerTransactionId, CallId>,
    pending: BTreeMap<ClientTransactionId, Pending>,
    /// The groups in which an alert of ours stands.
    alerts: BTreeSet<GroupId>,
    /// The calls that somebody else has asked us to make, with who and what for.
    remote_calls: BTreeMap<CallId, Owed>,
    /// Private calls out of a group call, with what that one is called.
    whispers: BTreeMap<CallId, ByteStr>,
    /// Group calls that we come back to.
    returning: Vec<ByteStr>,
    /// Whom we have called last, the latest behind.
    called: VecDeque<McpttId>,
    /// Whom we have asked to take a call elsewhere, and to whom if we have called that one before.
    transfers: BTreeMap<McpttId, Option<McpttId>>,
    watched: Watched,
    reporting: Reporting,
    /// The groups that this client wants to be affiliated to.
    wanted_groups: BTreeSet<GroupId>,
    deadlines: Deadlines<Deadline>,
    /// The key that is shared with the participating function, if there is one.
    keys: KeyStore,
    /// The message that gives the key to the participating function, until it has been told.
    key_message: Option<KeyMaterial>,
    out: VecDeque<ClientOutput>,
}

impl Client {
    /// A client that has done nothing yet.
    pub fn new(config: ClientConfig, seed: [u8; 32], now: Instant) -> Self {
        let mut rng = ChaCha20Rng::from_seed(seed);
        let identity = Identity::new(config.public_user_id.0.clone(), RELEASE);
        let mut settings = UserAgentSettings::new(config.address, identity.host.clone());
        settings.allow = service::allowed(&[Method::Message, Method::Info, Method::Notify]);
        settings.recv_info = vec![INFO_PACKAGE];
        settings.supported = service::supported();
        settings.accept = service::accepted();
        settings.ringing = RINGING;
        let (interval, minimum) = (config.session_expires, MIN_SESSION_EXPIRES);
        settings.session_timer = Some(SessionTimerSettings { interval, minimum });
        settings.product = service::PRODUCT;
        let mut client = Self {
            identity,
            agent: UserAgent::new(settings, service::fork(&mut rng)),
            registration: Registration::new(&mut rng),
            rng,
            answer_mode: config.answer_mode.clone(),
            calls: BTreeMap::new(),
            sessions: Sessions::default(),
            next_call: 0,
            by_dialog: BTreeMap::new(),
            by_incoming: BTreeMap::new(),
            pending: BTreeMap::new(),
            alerts: BTreeSet::new(),
            remote_calls: BTreeMap::new(),
            whispers: BTreeMap::new(),
            returning: Vec::new(),
            called: VecDeque::new(),
            transfers: BTreeMap::new(),
            watched: Watched::new(),
            reporting: Reporting::default(),
            wanted_groups: BTreeSet::new(),
            deadlines: Deadlines::new(),
            keys: KeyStore::default(),
            key_message: None,
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

    /// The client-server key: from now on bodies are protected by it, until there is none.
    pub fn set_signalling_key(&mut self, key: Option<SignallingKey>) {
        self.keys = KeyStore::default();
        if let Some(key) = key {
            // One key always has room.
            let _ = self.keys.store(&self.config.mcptt_id, key);
        }
    }

    /// The MIKEY message, in base64, that gives the key to the participating function: it goes along whenever the client registers
    /// or publishes its settings (TS 24.379 7.2.1, 7.2.2).
    pub fn set_key_message(&mut self, message: Option<KeyMaterial>) {
        self.key_message = message;
    }

    /// Bodies as they are sent to the participating function when the client becomes known to it.
    //= 33.180-csk
    fn introduced(&mut self, parts: &[Part]) -> Vec<Part> {
        let mut parts = self.sealed(parts);
        let message = self.key_message.as_ref();
        parts.extend(message.map(|message| Part::new(mime::MIKEY, message.as_bytes().to_vec())));
        parts
    }

    /// Bodies as they are sent to the participating function.
    fn sealed(&mut self, parts: &[Part]) -> Vec<Part> {
        match self.keys.of(&self.config.mcptt_id) {
            //= 24.379-6.6:default
            Some(key) => protection::seal(parts, key, Protect::ALL, &mut self.rng),
            None => parts.to_vec(),
        }
    }

    /// The request with its bodies verified and deciphered; `None`: they are in the clear.
    fn opened(&self, request: &Request) -> Result<Option<Request>, Refusal> {
        let parts = self.keys.open(&request.headers, &request.body, None)?;
        Ok(parts.map(|parts| {
            let mut opened = request.clone();
            opened.set_parts(&parts);
            opened
        }))
    }

    fn refuse_protection(&mut self, now: Instant, transaction: ServerTransactionId, refusal: Refusal) {
        let response = self.identity.refuse(refusal);
        self.agent.respond(now, transaction, response);
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
            ClientCommand::Affiliate { groups } => {
                self.wanted_groups = groups.iter().cloned().collect();
                self.publish_affiliation(now, groups, false);
            }
            ClientCommand::Deaffiliate => {
                self.wanted_groups.clear();
                self.publish_affiliation(now, Vec::new(), true);
            }
            ClientCommand::CallAdhoc(call) => self.call_adhoc(now, call),
            ClientCommand::ChangeParticipants(wanted) => self.change_participants(now, wanted),
            ClientCommand::ReleaseAdhoc { call } => self.release_adhoc(now, call),
            ClientCommand::AlertAdhoc(wanted) => self.adhoc_alert(now, wanted),
            ClientCommand::SetForwarding { immediate, no_answer } => {
                self.set_forwarding(now, immediate, no_answer);
            }
            ClientCommand::Whisper { call, to } => self.whisper(now, call, &to),
            ClientCommand::Forward { call, to } => self.forward(now, call, &to),
            ClientCommand::MoveTo(place) => self.moved(now, *place),
            ClientCommand::CallGroup(call) => {
                self.call_group(now, call);
            }
            ClientCommand::JoinChat(call) => {
                self.join_chat(now, call);
            }
            ClientCommand::ChangePriority(wanted) => self.change_priority(now, wanted),
            ClientCommand::Announce(wanted) => self.announce(now, wanted),
            ClientCommand::AskUser { user, request } => self.ask_user(now, &user, request),
            ClientCommand::ReportListening { identity, tmgi, listening } => {
                self.report_listening(now, identity, tmgi, listening);
            }
            ClientCommand::ReportSuspension { identity, tmgi, suspended } => {
                self.report_suspension(now, identity, tmgi, suspended);
            }
            ClientCommand::Listen(wanted) => self.about_listening(now, wanted),
            ClientCommand::Regroup(wanted) => self.ask_regroup(now, wanted),
            ClientCommand::WatchCall { call, expires } => self.watch_call(now, call, expires),
            ClientCommand::CallUser(call) => {
                self.call_user(now, call);
            }
            ClientCommand::EstablishSession { identity } => self.establish_session(now, identity),
            ClientCommand::ModifySession { session, audio, floor } => {
                self.modify_session(now, session, audio, floor);
            }
            ClientCommand::ReleaseSession { session } => self.release_session(now, session),
            ClientCommand::CallOverSession { session, call } => self.call_over_session(now, session, call),
            ClientCommand::SessionTold { session, told } => self.session_told(session, told),
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
                Deadline::LocationInterval => self.location_interval_over(now),
                Deadline::LocationPeriod(at) => self.location_period(now, at),
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
            let Some(event) = self.agent.poll_event() else { break };
            self.handle_event(now, event);
            self.come_back(now);
            self.check_emergency(now);
        }
        self.check_emergency(now);
    }

    fn handle_event(&mut self, now: Instant, event: UaEvent) {
        match event {
            UaEvent::Request { transaction, dialog: None, request, path } => match self.opened(&request) {
                Ok(opened) => {
                    self.outside_dialog(now, transaction, opened.as_ref().unwrap_or(&request), path);
                }
                Err(refusal) => self.refuse_protection(now, transaction, refusal),
            },
            UaEvent::Request { transaction, dialog: Some(dialog), request, .. } => {
                let opened = match self.opened(&request) {
                    Ok(opened) => opened,
                    Err(refusal) => return self.refuse_protection(now, transaction, refusal),
                };
                let request = opened.as_ref().unwrap_or(&request);
                match self.sessions.of_dialog(&dialog) {
                    Some(session) => self.in_session(now, transaction, session, request),
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
            UaEvent::SessionLost { dialog, .. } => self.session_lost(now, &dialog),
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
        // Whoever is not our participating function has nothing to tell us.
        let refusal = match request.method {
            Method::Invite if path.remote == self.config.participating_address => {
                self.invited(now, transaction, request).err().map(|refusal| *refusal)
            }
            Method::Message if path.remote == self.config.participating_address => {
                self.message(now, transaction, request);
                None
            }
            Method::Invite | Method::Message => Some(Response::new(StatusCode::FORBIDDEN)),
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
            Some(Pending::Settings { removing }) => self.settings_answered(now, removing, response),
            Some(Pending::Affiliation { groups, removing }) => {
                self.affiliation_answered(groups, removing, response);
            }
            Some(Pending::Invite(call)) => self.answered(now, call, dialog, response),
            Some(Pending::Bye(call)) => self.end(call, false),
            Some(Pending::Priority(call, change)) => self.priority_answered(call, &change, response),
            Some(Pending::Announcement(group, what)) => self.announcement_answered(group, &what, response),
            Some(Pending::Regroup(regroup)) => self.regroup_answered(regroup, response),
            Some(Pending::Told) => self.told(response),
            Some(Pending::Watch(call)) => self.watch_answered(call, dialog, response),
            Some(Pending::Session(session)) => self.session_answered(now, session, dialog, response),
            Some(Pending::SessionMoved(session)) => self.session_moved(session, response),
            Some(Pending::SessionEnd(session)) => self.session_gone(session),
            Some(Pending::Refer(call)) => self.refer_answered(now, call, response),
            Some(Pending::ReferEnd(call)) => self.refer_end_answered(call, response),
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
