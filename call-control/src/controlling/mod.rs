//! The controlling MCPTT function: it serves groups.
//!
//! It holds the truth about affiliation to its groups, admits calls against the group document, invites members through
//! their participating functions, and is the focus of every call. What the media plane has to know it is told by
//! [`MediaCommand`](crate::MediaCommand).

mod affiliation;
mod answer;
mod fan_out;
mod group_document;
mod joining;
mod ports;
mod prearranged;
mod session;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId, Ssrc};
use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo};
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

use self::affiliation::Affiliations;
use self::ports::Ports;
use self::session::Call;
use crate::Output;
use crate::bodies::{ACCEPTED, Bodies, InfoValues, info_part};
use crate::dialog::DialogId;
use crate::directory::{Canonical, Directory};
use crate::event::{Event, Function, LeaveCause};
use crate::media::{Command, MediaCommand, MediaIndication};
use crate::policy::{Refusal, ReleaseCause};
use crate::service::{self, Identity};
use crate::transaction::{ClientTransactionId, Deadlines, ServerTransactionId};
use crate::transport::{SipPath, StreamEvent};
use crate::user_agent::{UaEvent, UserAgent, UserAgentSettings};

/// What waits for the outcome of a request of ours.
#[derive(Clone, Copy, Debug)]
enum Pending {
    /// INVITE to a member.
    Invite(CallRef, LegRef),
    /// The last word to a participant; a call is over when all of these have their outcome.
    Closing(CallRef),
    /// A session refresh.
    Refresh(CallRef, LegRef),
}

/// What becomes due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    /// Required members have not acknowledged in time.
    Tng1(CallRef),
    /// The call has lasted as long as it may.
    Tng3(CallRef),
    Session(CallRef, LegRef),
    Affiliation(GroupId, McpttId, ClientId),
}

/// A request outside a dialog, with what is needed to answer it.
struct Incoming<'a> {
    transaction: ServerTransactionId,
    request: &'a Request,
    path: SipPath,
}

/// The controlling MCPTT function.
pub(crate) struct Controlling {
    directory: Arc<Directory>,
    identity: Identity,
    agent: UserAgent,
    rng: ChaCha20Rng,
    calls: BTreeMap<CallRef, Call>,
    by_group: BTreeMap<GroupId, CallRef>,
    by_identity: BTreeMap<Canonical, CallRef>,
    by_dialog: BTreeMap<DialogId, (CallRef, LegRef)>,
    by_incoming: BTreeMap<ServerTransactionId, (CallRef, LegRef)>,
    next_call: u64,
    next_leg: u64,
    affiliations: Affiliations,
    ports: Ports,
    /// Of the participants' audio, in all calls.
    ssrcs: BTreeSet<Ssrc>,
    pending: BTreeMap<ClientTransactionId, Pending>,
    deadlines: Deadlines<Deadline>,
    out: VecDeque<Output>,
    shutting_down: bool,
}

impl Controlling {
    pub fn new(directory: Arc<Directory>, mut rng: ChaCha20Rng) -> Self {
        let config = &directory.config;
        let own = &config.controlling;
        let identity = Identity::new(own.identity.clone(), config.service.release);
        let mut settings = UserAgentSettings::new(own.address, identity.host.clone());
        settings.allow = service::allowed(&[Method::Publish, Method::Subscribe]);
        settings.supported = service::supported();
        settings.accept = service::accepted();
        settings.ringing = config.policy.answer_within;
        settings.product = service::PRODUCT;
        settings.stream_above = directory.config.stream_above;
        settings.limits.dialogs.total = config.limits.calls.saturating_mul(config.limits.legs_per_call);
        Self {
            identity,
            agent: UserAgent::new(settings, service::fork(&mut rng)),
            rng,
            calls: BTreeMap::new(),
            by_group: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            by_dialog: BTreeMap::new(),
            by_incoming: BTreeMap::new(),
            next_call: 0,
            next_leg: 0,
            affiliations: Affiliations::default(),
            ports: Ports::new(&config.media),
            ssrcs: BTreeSet::new(),
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

    pub fn handle_media(&mut self, now: Instant, indication: MediaIndication) {
        match indication {
            //= 24.379-6.3.8.1:t4
            MediaIndication::Inactive { call } => self.release(now, call, ReleaseCause::Inactivity, None),
            MediaIndication::LegUnresponsive { call, leg } => {
                self.leave(now, call, leg, LeaveCause::FloorControlLost, true);
            }
        }
        self.drain(now);
    }

    pub fn call_count(&self) -> usize {
        self.calls.len()
    }

    pub fn handle_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::ReleaseCall { call } => self.release(now, call, ReleaseCause::Administrator, None),
            Command::ReleaseAll => {
                self.shutting_down = true;
                for call in self.calls.keys().copied().collect::<Vec<_>>() {
                    self.release(now, call, ReleaseCause::Administrator, None);
                }
            }
        }
        self.drain(now);
    }

    pub fn handle_timeout(&mut self, now: Instant) {
        self.agent.handle_timeout(now);
        self.drain(now);
        while let Some(deadline) = self.deadlines.take_due(now) {
            match deadline {
                Deadline::Tng1(call) => self.required_members_late(now, call),
                //= 24.379-6.3.3.5:expiry
                Deadline::Tng3(call) => self.release(now, call, ReleaseCause::MaximumDuration, None),
                Deadline::Session(call, leg) => self.session_due(now, call, leg),
                Deadline::Affiliation(group, user, client) => {
                    self.end_affiliation(now, &group, &user, &client);
                }
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

    fn drain(&mut self, now: Instant) {
        loop {
            self.out.extend(std::iter::from_fn(|| self.agent.poll_transmit()).map(Output::Transmit));
            self.out.extend(std::iter::from_fn(|| self.agent.poll_stream()).map(Output::Stream));
            let Some(event) = self.agent.poll_event() else { return };
            self.handle_event(now, event);
        }
    }

    fn handle_event(&mut self, now: Instant, event: UaEvent) {
        match event {
            UaEvent::Request { transaction, dialog: None, request, path } => {
                self.outside_dialog(now, &Incoming { transaction, request: &request, path });
            }
            UaEvent::Request { transaction, dialog: Some(dialog), request, path } => {
                self.in_dialog(now, &Incoming { transaction, request: &request, path }, &dialog);
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
            //= 24.379-10.1.1.4.2:cancel
            UaEvent::Cancelled { transaction, .. } => {
                if let Some((call, _)) = self.by_incoming.get(&transaction).copied() {
                    self.release(now, call, ReleaseCause::OriginatorCancelled, None);
                }
            }
            UaEvent::NotAcknowledged { dialog, .. } => {
                if let Some((call, leg)) = self.by_dialog.get(&dialog).copied() {
                    self.leave(now, call, leg, LeaveCause::SignallingLost, true);
                }
            }
            other => self.out.extend(service::report(Function::Controlling, other).map(Output::Event)),
        }
    }

    fn outside_dialog(&mut self, now: Instant, incoming: &Incoming<'_>) {
        let outcome = match incoming.request.method {
            Method::Invite => self.invite(now, incoming),
            Method::Publish => self.publish(now, incoming),
            Method::Subscribe => Err(Refusal::UnknownEvent),
            _ => Err(Refusal::RequestUriUnknown),
        };
        if let Err(refusal) = outcome {
            self.refuse(now, incoming, refusal);
        }
    }

    fn in_dialog(&mut self, now: Instant, incoming: &Incoming<'_>, dialog: &DialogId) {
        let Some((call, leg)) = self.by_dialog.get(dialog).copied() else {
            //= RFC3261-481
            let gone = Response::new(StatusCode::CALL_OR_TRANSACTION_DOES_NOT_EXIST);
            self.agent.respond(now, incoming.transaction, gone);
            return;
        };
        match incoming.request.method {
            //= 24.379-6.3.3.2.4
            Method::Bye => {
                self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
                self.leave(now, call, leg, LeaveCause::Bye, false);
            }
            Method::Invite | Method::Update => {
                if let Err(refusal) = self.refreshed(now, incoming, call, leg) {
                    self.refuse(now, incoming, refusal);
                }
            }
            _ => {
                let refusal = Response::new(StatusCode::METHOD_NOT_ALLOWED);
                self.agent.respond(now, incoming.transaction, refusal);
            }
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
            false => self.pending.get(&transaction).copied(),
        };
        match pending {
            Some(Pending::Invite(call, leg)) => self.member_answered(now, call, leg, dialog, response),
            Some(Pending::Closing(call)) if response.status.is_final() => self.closed(call, transaction),
            Some(Pending::Refresh(call, leg)) if response.status.is_final() => {
                self.refresh_answered(now, call, leg, response);
            }
            Some(_) | None => {}
        }
    }

    /// Only participating functions, and what the operator trusts, may talk to this function.
    fn admit_source(&self, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let source = incoming.path.remote;
        match self.directory.is_participating_function(source) || self.directory.is_trusted(source.ip()) {
            true => Ok(()),
            false => Err(Refusal::SourceNotTrusted),
        }
    }

    /// Answers a request that is refused, with the header fields and the body that its reason asks for.
    fn refuse(&mut self, now: Instant, incoming: &Incoming<'_>, refusal: Refusal) {
        let mut response = self.identity.refuse(refusal);
        match refusal {
            //= RFC6665-489
            Refusal::UnknownEvent => {
                response.headers.push(HeaderName::AllowEvents, "presence");
            }
            Refusal::AffiliationExpires => {
                response.headers.push(HeaderName::MinExpires, service::FOR_EVER.to_string());
            }
            Refusal::SessionIntervalTooSmall => {
                let minimum = self.directory.config.policy.min_session_expires.as_secs();
                response.headers.push(HeaderName::MinSe, minimum.to_string());
            }
            Refusal::BodyUnsupported => {
                response.headers.push(HeaderName::Accept, ACCEPTED.join(", "));
            }
            //= 24.379-6.3.3.1.14
            Refusal::EmergencyNotAuthorised => {
                response.set_parts(&[info_part(&McpttInfo::emergency_not_authorised())]);
            }
            //= 24.379-10.1.1.4.2:11
            Refusal::ImminentPerilNotAuthorised => {
                let info =
                    McpttInfo { imminentperil_ind: Some(Content::Normal(false)), ..McpttInfo::default() };
                response.set_parts(&[info_part(&info)]);
            }
            _ => {}
        }
        // For the event only: a request that is refused for its bodies names nobody.
        let info =
            Bodies::read(&incoming.request.headers, &incoming.request.body).ok().and_then(|read| read.info);
        let caller = info.as_ref().and_then(|info| info.caller().ok().flatten());
        let group = info.as_ref().and_then(|info| info.target().ok().flatten()).map(GroupId::new);
        let event =
            service::refused(Function::Controlling, incoming.request, incoming.path, caller, group, refusal);
        self.event(event);
        self.agent.respond(now, incoming.transaction, response);
    }

    fn event(&mut self, event: Event) {
        self.out.push_back(Output::Event(event));
    }

    fn media(&mut self, command: MediaCommand) {
        self.out.push_back(Output::Media(command));
    }

    fn new_leg(&mut self) -> LegRef {
        self.next_leg = self.next_leg.wrapping_add(1);
        LegRef(self.next_leg)
    }

    /// A URI that names a session and says nothing about group and users.
    fn new_session_identity(&mut self) -> ByteStr {
        //= 24.379-4.5
        //= 24.379-4.5:opaque
        let (user, gruu) = (service::token(&mut self.rng), self.rng.next_u32());
        format!("sip:s-{user}@{};gr={gruu:08x}", self.directory.config.controlling.address).into()
    }
}
