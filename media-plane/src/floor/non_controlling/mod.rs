//! The non-controlling MCPTT function of an MCPTT group: local clients of a call that another function controls
//! (TS 24.380 6.5).
//!
//! Towards the controlling function it is one floor participant, towards its clients it is the server: requests go up with a
//! Track Info that names the client by a temporary identifier, answers come down by it. It decides nothing about the floor,
//! but lets the RTP of those clients pass that were granted.

mod client;
mod fields;
mod server_interface;
mod sources;
mod table;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::mem;
use std::time::{Duration, Instant};

use mcptt_codec::floor::{
    FloorAck, FloorIndicator, FloorMessage, FloorPacket, FloorRequest, FloorRevoke, FloorTaken,
    MessageSequenceNumber, MessageType, RevokeCause, Source, Subtype, TrackInfo,
};
use mcptt_codec::id::{LegRef, Ssrc};
use mcptt_codec::text::ByteStr;

use self::client::{Client, HasNoPermission, HasPermission, Permission};
use self::server_interface::{Addressee, Originator};
use self::sources::Sources;
use super::event::{Event, Machine};
use super::server::{HandOver, MediaVerdict};
use super::settings::ParticipantProfile;
use super::transition::Rule;

pub use table::State;
pub(crate) use table::{PROCEDURES, Trigger};

/// What is fixed for the life of a session in the non-controlling function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonControllingSettings {
    /// What the service configuration of this system calls its participants; [`Self::UNKNOWN_TYPE`] if nothing.
    pub participant_type: ByteStr,
    /// The kind of call, for messages of our own as long as the controlling function has said nothing.
    pub indicator: FloorIndicator,
}

impl NonControllingSettings {
    /// The participant type of a system that configures none.
    pub const UNKNOWN_TYPE: ByteStr = ByteStr::from_static("unknown");
}

/// What the non-controlling function wants done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum NonControllingOutput {
    /// Send a message to the controlling function.
    Up(FloorPacket),
    /// Send a message to local clients, in ascending order; never to none.
    Down {
        /// Their legs.
        to: Vec<LegRef>,
        /// The message.
        packet: FloorPacket,
    },
    /// Log, count or report.
    Event(Event),
}

/// What a non-controlling function leaves to the floor control server that controls the call again.
#[derive(Clone, Debug)]
pub(crate) struct HandBack {
    pub(crate) clients: Vec<HandedClient>,
    /// Who talks; of several one.
    pub(crate) talker: Option<LegRef>,
    /// Of the last Floor Taken or Floor Idle.
    pub(crate) sequence: MessageSequenceNumber,
}

/// A client that took part.
#[derive(Clone, Debug)]
pub(crate) struct HandedClient {
    pub(crate) leg: LegRef,
    pub(crate) profile: ParticipantProfile,
    /// It has not asked for its media to be stopped.
    pub(crate) wants_media: bool,
}

/// The non-controlling function in one session.
///
/// Drive it by handing it what happens together with the time and draining [`poll_output`](Self::poll_output) after each
/// call. It needs no timers: its RTP gates follow what the controlling function says.
#[derive(Debug)]
pub struct NonControllingFunction {
    settings: NonControllingSettings,
    ssrc: Ssrc,
    /// T8 of the server, for Floor Revoke messages of our own.
    revoke_interval: Duration,
    /// Of the last Floor Taken or Floor Idle to local clients.
    sequence: MessageSequenceNumber,
    clients: BTreeMap<LegRef, Client>,
    /// Temporary identifiers. Looked up by key only: the order inside plays no role.
    references: HashMap<u32, LegRef>,
    sources: Sources,
    /// What was announced last, for those who join.
    announced: Option<FloorPacket>,
    outputs: VecDeque<NonControllingOutput>,
}

impl NonControllingFunction {
    /// A function without clients. `ssrc` goes into the header of its messages in both directions, `revoke_interval` is T8.
    pub fn new(settings: NonControllingSettings, ssrc: Ssrc, revoke_interval: Duration) -> Self {
        Self {
            settings,
            ssrc,
            revoke_interval,
            //= 24.380-6.5.2.2:1
            sequence: MessageSequenceNumber::default(),
            clients: BTreeMap::new(),
            references: HashMap::new(),
            sources: Sources::default(),
            announced: None,
            outputs: VecDeque::new(),
        }
    }

    /// Takes the call over from a floor control server: another function controls it from now on (6.5.2.3). The talker goes
    /// on talking while the controlling function, which is sent its request and those that wait, decides.
    ///
    /// `draw` draws a temporary identifier.
    pub(crate) fn switched(
        settings: NonControllingSettings,
        ssrc: Ssrc,
        revoke_interval: Duration,
        handed_over: HandOver,
        mut draw: impl FnMut() -> u32,
    ) -> Self {
        let mut this = Self::new(settings, ssrc, revoke_interval);
        // Clients go on counting where they are.
        this.sequence = handed_over.sequence;
        let talkers: Vec<LegRef> =
            handed_over.requests.iter().filter(|request| request.talks).map(|request| request.from).collect();
        let together = talkers.len() > 1;
        for (leg, profile) in handed_over.participants {
            let reference = this.unused(&mut draw);
            this.insert(leg, profile, reference);
            this.on(leg, Trigger::SessionInitiated, |_, _| {
                if talkers.contains(&leg) {
                    Permission::HasPermission(HasPermission { inherited: true, together })
                } else {
                    Permission::HasNoPermission(HasNoPermission::default())
                }
            });
        }
        for request in handed_over.requests {
            let indicator = request.rank.tier.added_to(this.settings.indicator);
            let message = FloorMessage::Request(FloorRequest {
                priority: Some(request.rank.floor_priority()),
                indicator: Some(indicator),
                track_info: request.track_info,
                ..FloorRequest::default()
            });
            this.on(request.from, Trigger::FloorRequest, |this, permission| {
                this.asked(request.from, &message.to_packet(), permission)
            });
        }
        this
    }

    /// What the floor control server gets to know that controls the call from now on (6.3.2.3).
    pub(crate) fn hand_back(&self) -> HandBack {
        let parting = self.clients.iter().filter(|(_, client)| client.takes_part());
        HandBack {
            clients: parting
                .map(|(leg, client)| HandedClient {
                    leg: *leg,
                    profile: client.profile.clone(),
                    wants_media: client.wants_media,
                })
                .collect(),
            talker: self.legs(Client::may_send).first().copied(),
            sequence: self.sequence,
        }
    }

    /// Whether a temporary identifier is in use.
    pub fn knows(&self, reference: u32) -> bool {
        self.references.contains_key(&reference)
    }

    /// A client takes part from now on. `reference` is a random number that is not in use; a client or a reference that is
    /// known already is left as it is.
    //= 24.380-6.5.2.2:2
    pub fn joined(&mut self, leg: LegRef, profile: ParticipantProfile, reference: u32) {
        if self.clients.contains_key(&leg) || self.knows(reference) {
            return self.discard(Some(leg), "participant joined", "24.380-6.5.2.2:2");
        }
        self.insert(leg, profile, reference);
        self.on(leg, Trigger::SessionInitiated, |this, _| {
            // 6.5.5.2: what the others have been told.
            if let Some(packet) = this.announced.clone() {
                this.announce(vec![leg], packet);
            }
            Permission::HasNoPermission(HasNoPermission::default())
        });
    }

    /// A client has left the session, which goes on without it. A floor or a place in the queue that it has is given back.
    pub fn left(&mut self, leg: LegRef) {
        let Some(client) = self.clients.get(&leg) else { return };
        if client.holds_or_waits() {
            let release = FloorMessage::Release(Default::default()).to_packet();
            self.up(leg, &release);
        }
        self.on(leg, Trigger::CallReleaseStep1, |_, _| Permission::Releasing);
        self.on(leg, Trigger::CallReleaseStep2, |_, _| Permission::StartStop);
        if let Some(client) = self.clients.remove(&leg) {
            self.references.remove(&client.reference);
        }
    }

    /// Call release step 1: silence (6.5.3).
    pub fn release_started(&mut self) {
        for leg in self.legs(Client::takes_part) {
            self.on(leg, Trigger::CallReleaseStep1, |_, _| Permission::Releasing);
        }
    }

    /// Call release step 2 (6.5.3).
    pub fn release_finished(&mut self) {
        for leg in self.legs(|client| client.state() == State::Releasing) {
            self.on(leg, Trigger::CallReleaseStep2, |_, _| Permission::StartStop);
        }
    }

    /// A floor message of a local client.
    //= 24.380-6.5.5.3
    pub fn handle_client_message(&mut self, from: LegRef, packet: &FloorPacket) {
        let Some(trigger) = Trigger::of_client(packet.subtype) else {
            return self.discard(Some(from), name(packet), "24.380-8.1.4:dir");
        };
        self.on(from, trigger, |this, permission| match trigger {
            Trigger::FloorRequest => this.asked(from, packet, permission),
            //= 24.380-6.5.5.4
            Trigger::FloorRelease => {
                this.up(from, packet);
                Permission::HasNoPermission(HasNoPermission::default())
            }
            _ if packet.subtype.number() == Subtype::UNICAST_MEDIA_FLOW_CONTROL => {
                this.control_media(from, packet);
                permission
            }
            _ => {
                this.up(from, packet);
                permission
            }
        });
    }

    /// A client that hears by multicast stops or resumes the media that we send to it. The controlling function sends to us,
    /// and for all clients: it is not asked to stop.
    fn control_media(&mut self, from: LegRef, packet: &FloorPacket) {
        let FloorMessage::UnicastMediaFlowControl(control) = FloorMessage::from_packet(packet).value else {
            return;
        };
        if let (Some(client), Some(flow)) = (self.clients.get_mut(&from), control.flow) {
            client.wants_media = flow.is_resume();
        }
        if control.ack_requested {
            let ack = self.acknowledge(packet.subtype, control.track_info);
            self.down(vec![from], ack);
        }
    }

    fn acknowledge(&self, subtype: Subtype, track_info: Option<TrackInfo>) -> FloorPacket {
        let acknowledge = FloorAck {
            ssrc: self.ssrc,
            source: Some(Source::NON_CONTROLLING),
            message_type: Some(MessageType::acknowledging(subtype)),
            track_info,
            ..FloorAck::default()
        };
        FloorMessage::Ack(acknowledge).to_packet()
    }

    /// An RTP packet of a local client: what becomes of it.
    pub fn handle_client_media(&mut self, now: Instant, from: LegRef) -> MediaVerdict {
        let Some(client) = self.clients.get_mut(&from) else { return MediaVerdict::Discard };
        match &mut client.machine {
            //= 24.380-6.5.5.4
            Permission::HasPermission(_) => MediaVerdict::Forward,
            //= 24.380-6.5.5.3
            Permission::HasNoPermission(listens) => {
                let told = listens
                    .revoked
                    .is_some_and(|at| now.saturating_duration_since(at) < self.revoke_interval);
                if !told {
                    listens.revoked = Some(now);
                    self.revoke(from, RevokeCause::NO_PERMISSION);
                }
                MediaVerdict::Discard
            }
            Permission::StartStop | Permission::Releasing => MediaVerdict::Discard,
        }
    }

    /// A floor message of the controlling function.
    pub fn handle_controlling_message(&mut self, now: Instant, packet: &FloorPacket) {
        let Some(trigger) = Trigger::of_controlling(packet.subtype) else {
            return self.discard(None, name(packet), "24.380-8.1.4:dir");
        };
        let (addressee, down) = server_interface::downwards(
            packet,
            |reference| self.references.get(&reference).copied(),
            self.ssrc,
        );
        match addressee {
            Addressee::Client(leg) => self.tell_client(leg, trigger, down, now),
            Addressee::Nobody => match packet.subtype.number() {
                Subtype::FLOOR_TAKEN | Subtype::FLOOR_IDLE | Subtype::FLOOR_RELEASE_MULTI_TALKER => {
                    self.tell_everybody(trigger, down, now);
                }
                // Whoever sends: the controlling function saw RTP and knows no request that it belongs to.
                Subtype::FLOOR_REVOKE => {
                    for leg in self.legs(Client::may_send) {
                        self.tell_client(leg, trigger, down.clone(), now);
                    }
                }
                _ => self.discard(None, name(packet), "24.380-6.5.4:down"),
            },
        }
    }

    /// The next thing to do; `None` when there is nothing more.
    pub fn poll_output(&mut self) -> Option<NonControllingOutput> {
        self.outputs.pop_front()
    }

    /// The state of a client's machine; `None` if there is no such client.
    pub fn client_state(&self, leg: LegRef) -> Option<State> {
        self.clients.get(&leg).map(Client::state)
    }

    /// The temporary identifier of a client.
    pub fn reference(&self, leg: LegRef) -> Option<u32> {
        self.clients.get(&leg).map(|client| client.reference)
    }

    /// Whether a client is sent the media of others.
    ///
    /// What the controlling function sends has been arbitrated there, so that it passes even if the Floor Taken before it was
    /// lost; a client that talks hears nothing but where several may talk.
    pub fn hears(&self, leg: LegRef) -> bool {
        self.clients.get(&leg).is_some_and(Client::hears)
    }

    fn insert(&mut self, leg: LegRef, profile: ParticipantProfile, reference: u32) {
        self.references.insert(reference, leg);
        self.clients.insert(leg, Client::new(profile, reference));
    }

    fn unused(&self, draw: &mut impl FnMut() -> u32) -> u32 {
        loop {
            let reference = draw();
            if !self.knows(reference) {
                return reference;
            }
        }
    }

    fn legs(&self, which: impl Fn(&Client) -> bool) -> Vec<LegRef> {
        self.clients.iter().filter(|(_, client)| which(client)).map(|(leg, _)| *leg).collect()
    }

    /// A request goes up. What the client may send meanwhile stays as it is.
    fn asked(&mut self, from: LegRef, packet: &FloorPacket, permission: Permission) -> Permission {
        self.up(from, packet);
        match permission {
            Permission::HasNoPermission(listens) => {
                Permission::HasNoPermission(HasNoPermission { asked: true, ..listens })
            }
            other => other,
        }
    }

    /// Sends a message of a client to the controlling function.
    fn up(&mut self, from: LegRef, packet: &FloorPacket) {
        let Some(client) = self.clients.get(&from) else { return };
        let originator = Originator {
            reference: client.reference,
            queueing: client.profile.parameters.queueing,
            participant_type: &self.settings.participant_type,
        };
        let packet = server_interface::upwards(packet, originator, self.ssrc);
        self.outputs.push_back(NonControllingOutput::Up(packet));
    }

    fn down(&mut self, to: Vec<LegRef>, packet: FloorPacket) {
        if !to.is_empty() {
            self.outputs.push_back(NonControllingOutput::Down { to, packet });
        }
    }

    /// Sends a Floor Taken or a Floor Idle under a number of our own.
    fn announce(&mut self, to: Vec<LegRef>, mut packet: FloorPacket) {
        if !to.is_empty() {
            //= 24.380-6.5.2.2:1
            self.sequence = self.sequence.next();
            fields::set_sequence(&mut packet, self.sequence);
            self.down(to, packet);
        }
    }

    /// A message of the controlling function for one client.
    fn tell_client(&mut self, leg: LegRef, trigger: Trigger, mut packet: FloorPacket, now: Instant) {
        let granted = trigger == Trigger::SendFloorGranted;
        if granted {
            let own = self.clients.get(&leg).map(|client| client.profile.ssrc);
            self.sources.keep_apart(leg, own, &mut packet);
        }
        let talked = self.clients.get(&leg).is_some_and(Client::may_send);
        let together = together(&packet);
        let grant = granted.then(|| packet.clone());
        self.on(leg, trigger, |this, permission| {
            if matches!(trigger, Trigger::SendFloorTaken | Trigger::SendFloorIdle) {
                this.announce(vec![leg], packet);
            } else {
                this.down(vec![leg], packet);
            }
            this.follow(leg, trigger, permission, together, now)
        });
        // The controlling function tells the other members of the call, but not the ones behind the granted leg.
        if let Some(grant) = grant.filter(|_| !talked && self.clients.get(&leg).is_some_and(Client::may_send))
        {
            self.announce_local_talker(leg, &grant, now);
        }
    }

    /// A Floor Taken, Floor Idle or Floor Release Multi Talker for all clients. Nobody acknowledges it but we.
    //= 24.380-6.5.4:bcast
    fn tell_everybody(&mut self, trigger: Trigger, mut packet: FloorPacket, now: Instant) {
        if packet.subtype.ack_requested() {
            let ack = self.acknowledge(packet.subtype, fields::track_info(&packet));
            self.outputs.push_back(NonControllingOutput::Up(ack));
            packet.subtype = packet.subtype.with_ack(false);
        }
        let to = self.legs(Client::takes_part);
        if trigger == Trigger::SendOther {
            self.down(to.clone(), packet.clone());
        } else {
            self.announced = Some(packet.clone());
            self.announce(to.clone(), packet.clone());
        }
        self.follow_all(&to, trigger, &packet, now);
    }

    /// Tells the other clients that one of them talks.
    fn announce_local_talker(&mut self, talker: LegRef, grant: &FloorPacket, now: Instant) {
        let Some(client) = self.clients.get(&talker) else { return };
        let indicator = fields::indicator(grant);
        let granted_ssrc = match FloorMessage::from_packet(grant).value {
            FloorMessage::Granted(granted) => granted.granted_ssrc,
            _ => None,
        };
        let profile = &client.profile;
        let taken = FloorMessage::Taken(FloorTaken {
            ssrc: self.ssrc,
            granted_party: Some(profile.mcptt_id.clone()).filter(|_| !profile.parameters.privacy),
            permission_to_request: Some(!indicator.contains(FloorIndicator::BROADCAST)),
            talker_ssrc: Some(granted_ssrc.unwrap_or(profile.ssrc)),
            sequence: Some(self.sequence),
            indicator: Some(indicator),
            ..FloorTaken::default()
        });
        let packet = taken.to_packet();
        let to = self.legs(|other| other.takes_part() && other.reference != client.reference);
        self.announced = Some(packet.clone());
        self.announce(to.clone(), packet.clone());
        self.follow_all(&to, Trigger::SendFloorTaken, &packet, now);
    }

    fn follow_all(&mut self, to: &[LegRef], trigger: Trigger, packet: &FloorPacket, now: Instant) {
        let together = together(packet);
        for leg in to.iter().copied() {
            self.on(leg, trigger, |this, permission| this.follow(leg, trigger, permission, together, now));
        }
    }

    /// What a message that a client was sent does to its permission. `together`: several may talk at a time.
    fn follow(
        &mut self,
        leg: LegRef,
        trigger: Trigger,
        permission: Permission,
        together: bool,
        now: Instant,
    ) -> Permission {
        let silent = |asked, revoked| Permission::HasNoPermission(HasNoPermission { asked, revoked });
        match (permission, trigger) {
            //= 24.380-6.5.5.4
            (Permission::HasNoPermission(_) | Permission::HasPermission(_), Trigger::SendFloorGranted) => {
                Permission::HasPermission(HasPermission { inherited: false, together })
            }
            //= 24.380-6.5.5.4
            (Permission::HasPermission(_) | Permission::HasNoPermission(_), Trigger::SendFloorRevoke) => {
                silent(false, Some(now))
            }
            (Permission::HasPermission(_), Trigger::SendFloorIdle) => silent(false, None),
            (Permission::HasPermission(talks), Trigger::SendFloorTaken) if together => {
                Permission::HasPermission(HasPermission { together, ..talks })
            }
            // A client that talks understands neither Floor Deny nor Floor Taken of another: it is told to stop first.
            (
                Permission::HasPermission(HasPermission { inherited: true, .. }),
                Trigger::SendFloorTaken | Trigger::SendFloorDeny | Trigger::SendFloorQueuePositionInfo,
            ) => {
                self.revoke(leg, RevokeCause::PRE_EMPTED);
                silent(trigger == Trigger::SendFloorQueuePositionInfo, Some(now))
            }
            (Permission::HasPermission(_), Trigger::SendFloorTaken) => silent(false, None),
            (Permission::HasNoPermission(listens), Trigger::SendFloorDeny) => silent(false, listens.revoked),
            (permission, _) => permission,
        }
    }

    fn revoke(&mut self, leg: LegRef, cause: RevokeCause) {
        let indicator = self.announced.as_ref().map_or(self.settings.indicator, fields::indicator);
        let revoke = FloorMessage::Revoke(FloorRevoke {
            ssrc: self.ssrc,
            cause: Some(cause),
            indicator: Some(indicator),
            ..FloorRevoke::default()
        });
        self.down(vec![leg], revoke.to_packet());
    }

    /// Carries out a procedure if the state of the client's machine has one.
    fn on(
        &mut self,
        leg: LegRef,
        trigger: Trigger,
        procedure: impl FnOnce(&mut Self, Permission) -> Permission,
    ) {
        let Some(client) = self.clients.get_mut(&leg) else {
            return self.discard(Some(leg), trigger.name(), "24.380-6.3.5.1:addr");
        };
        let from = client.state();
        let Some(rule) = Rule::find(PROCEDURES, from, trigger) else {
            return self.discard(Some(leg), trigger.name(), "24.380-6.5.5.3");
        };
        let permission = mem::replace(&mut client.machine, Permission::StartStop);
        let permission = procedure(self, permission);
        let Some(client) = self.clients.get_mut(&leg) else { return };
        client.machine = permission;
        let to = client.state();
        debug_assert!(rule.permits(to), "{from} does not go to {to} on {trigger:?}");
        if from != to {
            self.outputs.push_back(NonControllingOutput::Event(Event::StateChanged {
                machine: Machine::ParticipantInterface,
                participant: Some(leg),
                from: from.name(),
                to: to.name(),
                cause: trigger.name(),
                clause: rule.clause,
            }));
        }
    }

    fn discard(&mut self, participant: Option<LegRef>, got: &'static str, requirement: &'static str) {
        let state = participant.and_then(|leg| self.client_state(leg)).unwrap_or(State::StartStop).name();
        self.outputs.push_back(NonControllingOutput::Event(Event::Discarded {
            machine: Machine::ParticipantInterface,
            participant,
            state,
            got,
            requirement,
        }));
    }
}

fn name(packet: &FloorPacket) -> &'static str {
    packet.subtype.message_name().unwrap_or("unknown message")
}

/// Whether several may talk at a time.
fn together(packet: &FloorPacket) -> bool {
    let indicator = fields::indicator(packet);
    indicator.contains(FloorIndicator::MULTI_TALKER) || indicator.contains(FloorIndicator::DUAL_FLOOR)
}
