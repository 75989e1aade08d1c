//! The controlling MCPTT function: it serves groups.
//!
//! It holds the truth about affiliation to its groups, admits calls against the group document, invites members through
//! their participating functions, and is the focus of every call. What the media plane has to know it is told by
//! [`MediaCommand`](crate::MediaCommand).

mod adhoc;
mod affiliation;
mod alert;
mod answer;
mod change;
mod chat;
mod constituents;
mod discreet;
mod document_change;
mod durable;
mod fan_out;
mod former;
mod functional_alias;
mod group_document;
mod inform;
mod joining;
mod member_info;
mod message;
// A function of its own that works with what this one knows: a child here, a folder beside it.
#[path = "../non_controlling/mod.rs"]
mod non_controlling;
mod pacing;
mod prearranged;
mod priority;
mod private;
mod refusing;
mod regroup;
mod renewal;
mod session;
mod steering;
mod talking;
mod watching;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::id::{CallRef, ClientId, GroupId, LegRef, McpttId, Ssrc};
use mcptt_codec::sip::{Method, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::McpttInfo;
use rand_chacha::ChaCha20Rng;
use rand_core::RngCore;

use self::adhoc::{AdhocAlerts, AdhocGroups, Affiliated};
use self::affiliation::Affiliations;
pub(crate) use self::change::INFO_PACKAGE;
use self::discreet::{Discreet, Listening};
use self::durable::Touched;
use self::former::FormerCalls;
use self::functional_alias::ActiveAliases;
use self::non_controlling::FLOOR_REQUEST_PACKAGE;
use self::pacing::Telling;
use self::priority::GroupState;
use self::regroup::Regroups;
use self::session::Call;
use self::talking::Talkers;
pub(crate) use self::watching::TALKING;
use self::watching::Watchers;
use crate::Output;
use crate::dialog::DialogId;
use crate::directory::{Canonical, Directory};
use crate::event::{Event, Function, LeaveCause};
use crate::function::{Incoming, McpttFunction, awaiting, user_agent_settings};
use crate::held::Held;
use crate::media::{Command, MediaCommand, MediaIndication};
use crate::policy::{Refusal, ReleaseCause};
use crate::ports::Ports;
use crate::service::{self, Identity};
use crate::shard::{Shard, Steering};
use crate::transaction::{ClientTransactionId, Deadlines, ServerTransactionId};
use crate::user_agent::{UaEvent, UserAgent};

/// What waits for the outcome of a request of ours.
#[derive(Clone, Debug)]
enum Pending {
    /// INVITE to a member.
    Invite(CallRef, LegRef),
    /// The last word to a participant; a call is over when all of these have their outcome.
    Closing(CallRef),
    /// A session refresh.
    Refresh(CallRef, LegRef),
    /// A re-INVITE that tells a participant of a change of priority.
    Announcement(CallRef, LegRef),
    /// NOTIFY in a subscription.
    Notify(DialogId),
    /// What one user of a private call asks for, told the other one.
    Change(CallRef),
    /// SUBSCRIBE to who is in a call behind the function of a constituent group.
    Roster(CallRef, LegRef),
    /// MESSAGE that asks the function of a constituent group to take part in a regroup.
    Regroup(GroupId, GroupId),
    /// INVITE to somebody who listens to a call.
    Listener(LegRef),
}

/// What becomes due.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Deadline {
    /// Required members have not acknowledged in time.
    Tng1(CallRef),
    /// The emergency of a group has lasted as long as it may.
    Tng2(GroupId),
    /// The call has lasted as long as it may.
    Tng3(CallRef),
    /// It is the turn of further members to be invited.
    FanOut(CallRef),
    /// It is the turn of further members to be told something outside of calls.
    Telling,
    /// It is the turn of further watchers to be told.
    Notices,
    /// Nobody comes back to a call any more that ended with an earlier run.
    Former(CallRef),
    /// A private call has been an emergency as long as it may.
    PrivateEmergency(CallRef),
    /// A participant is to be told of a change of priority again.
    Announcement(CallRef, LegRef),
    Subscription(DialogId),
    Affiliation(GroupId, McpttId, ClientId),
    /// The functions of the constituent groups have had time enough to answer.
    Regroup(GroupId),
    /// Nobody has agreed that somebody listens, or listening has lasted as long as it may.
    Listening(Listening),
}

/// The controlling MCPTT function.
pub(crate) struct Controlling {
    directory: Arc<Directory>,
    identity: Identity,
    agent: UserAgent,
    rng: ChaCha20Rng,
    /// Where this is one of several shards.
    steering: Option<Steering>,
    calls: BTreeMap<CallRef, Call>,
    by_group: BTreeMap<GroupId, CallRef>,
    by_identity: BTreeMap<Canonical, CallRef>,
    former: FormerCalls,
    by_dialog: BTreeMap<DialogId, (CallRef, LegRef)>,
    by_incoming: BTreeMap<ServerTransactionId, (CallRef, LegRef)>,
    next_call: u64,
    next_leg: u64,
    affiliations: Affiliations,
    aliases: ActiveAliases,
    adhoc_groups: AdhocGroups,
    adhoc_alerts: AdhocAlerts,
    affiliated: Affiliated,
    /// Emergencies, imminent perils and alerts of the groups.
    states: BTreeMap<GroupId, GroupState>,
    watchers: Watchers,
    regroups: Regroups,
    discreet: Discreet,
    telling: Telling,
    talkers: Talkers,
    /// What a participant is told after its ACK, because it did not get all that it asked for.
    corrections: BTreeMap<DialogId, McpttInfo>,
    /// The ambient listening call in which a user is listened to.
    listened_to: BTreeMap<McpttId, CallRef>,
    ports: Ports,
    /// Of the participants' audio, in all calls.
    ssrcs: BTreeSet<Ssrc>,
    pending: BTreeMap<ClientTransactionId, Pending>,
    deadlines: Deadlines<Deadline>,
    out: VecDeque<Output>,
    shutting_down: bool,
    touched: Touched,
}

impl Controlling {
    pub fn new(directory: Arc<Directory>, mut rng: ChaCha20Rng) -> Self {
        let config = &directory.config;
        let own = &config.controlling;
        let identity = Identity::new(own.identity.clone(), config.service.release);
        let methods = [Method::Publish, Method::Subscribe, Method::Notify, Method::Message, Method::Info];
        let mut settings = user_agent_settings(&directory, own.address, &identity, &methods);
        settings.admitted = vec![config.participating.address, own.address];
        settings.recv_info = vec![INFO_PACKAGE, FLOOR_REQUEST_PACKAGE];
        let legs = config.limits.calls.saturating_mul(config.limits.legs_per_call);
        let others = config.limits.subscriptions.saturating_add(config.discreet.sessions());
        settings.limits.dialogs.total = legs.saturating_add(others);
        Self {
            identity,
            agent: UserAgent::new(settings, service::fork(&mut rng)),
            rng,
            steering: directory.config.shard.clone().map(Steering::new),
            calls: BTreeMap::new(),
            by_group: BTreeMap::new(),
            by_identity: BTreeMap::new(),
            former: FormerCalls::default(),
            by_dialog: BTreeMap::new(),
            by_incoming: BTreeMap::new(),
            next_call: 0,
            next_leg: 0,
            affiliations: Affiliations::default(),
            aliases: ActiveAliases::default(),
            adhoc_groups: AdhocGroups::default(),
            adhoc_alerts: AdhocAlerts::default(),
            affiliated: Affiliated::default(),
            states: BTreeMap::new(),
            watchers: Watchers::new(config.limits.subscriptions),
            regroups: Regroups::default(),
            discreet: Discreet::default(),
            telling: Telling::default(),
            talkers: Talkers::default(),
            corrections: BTreeMap::new(),
            listened_to: BTreeMap::new(),
            ports: Ports::new(config.media.address, &config.media.audio_ports, &config.media.floor_ports),
            ssrcs: BTreeSet::new(),
            pending: BTreeMap::new(),
            deadlines: Deadlines::new(),
            out: VecDeque::new(),
            shutting_down: false,
            touched: Touched::default(),
            directory,
        }
    }

    pub fn handle_media(&mut self, now: Instant, indication: MediaIndication) {
        match indication {
            //= 24.379-6.3.8.1:t4
            //= 24.379-11.1.4.1
            MediaIndication::Inactive { call } => self.release(now, call, ReleaseCause::Inactivity, None),
            MediaIndication::LegUnresponsive { leg, .. } if self.listener_not_served(now, leg) => {}
            MediaIndication::LegUnresponsive { call, leg } => {
                self.leave(now, call, leg, LeaveCause::FloorControlLost, true);
            }
            MediaIndication::Talking { call, leg, talking } => self.talking(now, call, leg, talking),
            MediaIndication::TalkerHandedOver { call, request } => {
                self.talker_handed_over(now, call, request);
            }
            // For the participating function.
            _ => {}
        }
        self.drain(now);
    }

    /// How much is kept at present.
    pub fn held(&self) -> Held {
        Held { calls: self.calls.len(), subscriptions: self.watchers.len(), ..self.agent.held() }
    }

    pub fn call_count(&self) -> usize {
        self.calls.len()
    }

    pub fn handle_command(&mut self, now: Instant, command: Command) {
        match command {
            Command::ReleaseCall { call } => self.release(now, call, ReleaseCause::Administrator, None),
            // Only the participating function knows bearers.
            Command::UseBearer { .. } => {}
            Command::ReleaseAll => {
                self.shutting_down = true;
                self.end_all_listening(now);
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
                Deadline::Tng2(group) => self.emergency_expired(now, &group),
                //= 24.379-6.3.3.5:expiry
                Deadline::Tng3(call) => self.release(now, call, ReleaseCause::MaximumDuration, None),
                Deadline::FanOut(call) => self.fan_out_goes_on(now, call),
                Deadline::Telling => self.telling_goes_on(now),
                // Draining does it.
                Deadline::Notices => {}
                Deadline::Former(call) => self.forget_former(call),
                Deadline::PrivateEmergency(call) => self.emergency_over(now, call),
                Deadline::Announcement(call, leg) => self.tell_owed(now, call, leg),
                Deadline::Subscription(dialog) => self.subscription_expired(&dialog),
                //= 24.379-9.2.2.3.3:expiry
                Deadline::Affiliation(group, user, client) => {
                    self.end_affiliation(now, &group, &user, &client);
                }
                Deadline::Regroup(regroup) => self.constituents_late(now, &regroup),
                Deadline::Listening(listening) => self.listening_expired(now, &listening),
            }
            self.drain(now);
        }
    }

    pub fn poll_timeout(&self) -> Option<Instant> {
        [self.agent.poll_timeout(), self.deadlines.next()].into_iter().flatten().min()
    }

    fn drain(&mut self, now: Instant) {
        loop {
            self.collect();
            let Some(event) = self.agent.poll_event() else { break };
            self.handle_event(now, event);
        }
        self.review_criteria(now);
        self.review_listening(now);
        self.tell_watchers(now);
        self.collect();
    }

    fn handle_event(&mut self, now: Instant, event: UaEvent) {
        self.repeat_charging(&event);
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
            UaEvent::Acknowledged { dialog, .. } => self.acknowledged(now, &dialog),
            UaEvent::NotAcknowledged { dialog, .. } => {
                self.corrections.remove(&dialog);
                if let Some((call, leg)) = self.by_dialog.get(&dialog).copied() {
                    self.leave(now, call, leg, LeaveCause::SignallingLost, true);
                }
            }
            UaEvent::SessionLost { dialog, cause } => self.session_lost(now, &dialog, cause),
            other => self.out.extend(service::report(Function::Controlling, other).map(Output::Event)),
        }
    }

    fn outside_dialog(&mut self, now: Instant, incoming: &Incoming<'_>) {
        let outcome = self.may_promise(incoming).and_then(|()| match incoming.request.method {
            Method::Invite => self.invite(now, incoming),
            Method::Publish => self.publish(now, incoming),
            Method::Subscribe => self.subscribe(now, incoming),
            Method::Message => self.message(now, incoming),
            _ => Err(Refusal::RequestUriUnknown),
        });
        if let Err(refusal) = outcome {
            self.refuse(now, incoming, refusal);
        }
    }

    fn in_dialog(&mut self, now: Instant, incoming: &Incoming<'_>, dialog: &DialogId) {
        if incoming.request.method == Method::Subscribe && self.watchers.contains(dialog) {
            return self.resubscribe(now, incoming.transaction, dialog, incoming.request);
        }
        if incoming.request.method == Method::Notify {
            return self.roster_told(now, incoming);
        }
        if self.listener_asks(now, incoming, dialog) {
            return;
        }
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
                if !self.released_by_initiator(now, call, leg, incoming.request) {
                    self.leave(now, call, leg, LeaveCause::Bye, false);
                }
            }
            Method::Invite | Method::Update => {
                let outcome = match self.is_private(call) {
                    true => self.private_changed(now, incoming, call, leg),
                    false => self.refreshed(now, incoming, call, leg),
                };
                if let Err(refusal) = outcome {
                    self.refuse(now, incoming, refusal);
                }
            }
            Method::Info => self.floor_told(now, incoming, call, leg),
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
        match awaiting(&mut self.pending, transaction, response) {
            Some(Pending::Invite(call, leg)) => self.member_answered(now, call, leg, dialog, response),
            Some(Pending::Closing(call)) if response.status.is_final() => self.closed(call, transaction),
            Some(Pending::Refresh(call, leg)) if response.status.is_final() => {
                self.refresh_answered(now, call, leg, response);
            }
            Some(Pending::Announcement(call, leg)) if response.status.is_final() => {
                self.announcement_answered(now, call, leg, response);
            }
            Some(Pending::Notify(dialog)) if response.status.is_final() => {
                self.notify_answered(now, &dialog, response);
            }
            Some(Pending::Change(call)) if response.status.is_final() => {
                self.change_answered(now, call, response);
            }
            Some(Pending::Regroup(regroup, group)) if response.status.is_final() => {
                self.constituent_answered(now, &regroup, &group, response);
            }
            Some(Pending::Listener(leg)) if response.status.is_final() => {
                self.listener_answered(now, leg, dialog, response);
            }
            Some(Pending::Roster(call, leg)) if response.status.is_final() => {
                self.roster_answered(call, leg, response);
            }
            Some(_) | None => {}
        }
    }

    /// The configuration with the groups that exist at this moment.
    pub const fn directory(&self) -> &Arc<Directory> {
        &self.directory
    }

    /// Only other functions, and what the operator trusts, may talk to this function.
    fn admit_source(&self, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        if self.is_known(incoming.path) { Ok(()) } else { Err(Refusal::SourceNotTrusted) }
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::ParticipantJoined { call, leg, .. } | Event::ParticipantLeft { call, leg, .. } => {
                self.discreet.note(call);
                self.touched.calls.insert((call, Some(leg)));
            }
            Event::CallStateChanged { call, .. } | Event::CallReleased { call, .. } => {
                self.discreet.note(call);
                self.touched.calls.insert((call, None));
            }
            _ => {}
        }
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
        let shard = self.directory.config.shard.as_ref();
        let user = Shard::draw(shard, || format!("s-{}", service::token(&mut self.rng)));
        let gruu = self.rng.next_u32();
        format!("sip:{user}@{};gr={gruu:08x}", self.directory.config.controlling.address).into()
    }
}
