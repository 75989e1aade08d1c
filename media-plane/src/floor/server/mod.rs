//! The floor control server of one call (TS 24.380 6.3).

pub mod arbitration;
mod behind;
mod context;
mod disclosed;
pub mod dual;
pub mod general;
mod messages;
mod queue;
pub mod timer;
pub mod towards;

#[cfg(test)]
mod tests;

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Instant;

use mcptt_codec::floor::{
    FloorIdle, FloorIndicator, FloorMessage, FloorRequest, FloorTaken, Location, MessageSequenceNumber,
    TrackInfo,
};
use mcptt_codec::id::{LegRef, McpttId, Ssrc};

use self::arbitration::{Mode, Rank};
use self::context::{Context, Expired};
use self::general::{General, Input, Request, Talks};
use self::towards::Towards;
use super::event::{Event, Machine};
use super::settings::{CallSettings, Entry, FloorPolicy, ParticipantProfile};

pub use disclosed::Disclosed;
pub use queue::QueuedRequest;
pub use timer::{Counter, Timer, TimerSettings};

/// An indication of the application and signalling plane to the floor control server of a call.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum FloorSignalling {
    /// The call is initiated (6.3.2.2).
    Initiated,
    /// The first invited client is going to accept, although none has yet (6.3.2.2).
    UnconfirmedIndication,
    /// A participant belongs to the call from now on (6.3.5.1).
    Joined {
        /// Its leg.
        leg: LegRef,
        /// What floor control needs to know about it.
        profile: ParticipantProfile,
        /// How it came into the call.
        entry: Entry,
    },
    /// The priority of the call has changed.
    TierChanged {
        /// What the Floor Indicator says from now on.
        indicator: FloorIndicator,
    },
    /// A participant is somewhere else.
    Located {
        /// Its leg.
        leg: LegRef,
        /// Where. `None`: not known any more.
        location: Option<Location>,
    },
    /// An implicit floor request of a participant was accepted in mid-call (6.3.5.3.9, 6.3.5.4.8).
    ImplicitRequest {
        /// Its leg.
        leg: LegRef,
    },
    /// A constituent group of a temporary group has asked for the floor, by a SIP INFO request (6.3.4.8.3).
    ConstituentRequest {
        /// The leg of its non-controlling function.
        leg: LegRef,
        /// What it has asked for, in the words of a Floor Request.
        request: Box<FloorRequest>,
    },
    /// All constituent groups of a temporary group have answered finally (6.3.4.8.4).
    FinalResponsesReceived,
    /// This was a non-controlling function of the group and controls it again: the call of its participants, which have
    /// joined before, goes on (6.3.2.3).
    ControlResumed {
        /// Who talks, if anybody does.
        talker: Option<LegRef>,
    },
    /// A participant has left the call, which goes on without it (6.3.5.8.2, 6.3.5.9.2).
    Left {
        /// Its leg.
        leg: LegRef,
    },
    /// Call release step 1 (6.3.3).
    ReleaseStarted,
    /// Call release step 2 (6.3.3).
    ReleaseFinished,
}

/// What the floor control server wants done.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum FloorOutput {
    /// Send a message to one participant.
    Send {
        /// Its leg.
        to: LegRef,
        /// The message.
        message: FloorMessage,
    },
    /// Send one and the same message to many participants: encode it once.
    SendAll {
        /// Their legs, in ascending order; never empty.
        to: Arc<[LegRef]>,
        /// The message.
        message: FloorMessage,
    },
    /// Stop or resume sending media to one participant, which has asked for that.
    UnicastMedia {
        /// Its leg.
        to: LegRef,
        /// Whether media is sent to it from now on.
        flows: bool,
    },
    /// Tell the application and signalling plane.
    Indication(FloorIndication),
    /// Log, count or report.
    Event(Event),
}

/// What the floor control server tells the application and signalling plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FloorIndication {
    /// T4 expired. Either the call is released, or T4, which has been restarted, runs on (6.3.4.3.5).
    Inactive,
    /// A participant keeps sending although the floor was revoked; disconnecting it is recommended (6.3.5.6.3).
    ParticipantUnresponsive {
        /// Its leg.
        leg: LegRef,
    },
}

/// What becomes of an RTP packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaVerdict {
    /// Distribute it to the other participants.
    Forward,
    /// Send it to this participant only: in dual floor control the listeners hear the other talker.
    ForwardTo(LegRef),
    /// Drop it.
    Discard,
}

/// What a floor control server leaves to the function that goes on without control of the call.
#[derive(Clone, Debug)]
pub(crate) struct HandOver {
    pub(crate) participants: Vec<(LegRef, ParticipantProfile)>,
    /// The talkers' requests, then those that wait, the next to be served first.
    pub(crate) requests: Vec<HandedRequest>,
    /// Of the last Floor Taken or Floor Idle.
    pub(crate) sequence: MessageSequenceNumber,
}

impl HandOver {
    /// Who talks, with the rank of its request; of several the most urgent.
    pub(crate) fn talker(&self) -> Option<(LegRef, ParticipantProfile, Rank)> {
        let request = self.requests.iter().find(|request| request.talks)?;
        let (leg, profile) = self.participants.iter().find(|(leg, _)| *leg == request.from)?;
        Some((*leg, profile.clone(), request.rank))
    }
}

/// A request that was granted or waits.
#[derive(Clone, Debug)]
pub(crate) struct HandedRequest {
    pub(crate) from: LegRef,
    pub(crate) rank: Rank,
    pub(crate) track_info: Option<TrackInfo>,
    pub(crate) talks: bool,
}

/// The floor control server of one call: the general machine and one machine towards each participant.
///
/// Drive it with its four methods: hand it what happens together with the time, drain
/// [`poll_output`](Self::poll_output) after each call, and call [`handle_timeout`](Self::handle_timeout) when
/// [`poll_timeout`](Self::poll_timeout) says so. Nothing a participant sends can make it fail.
pub struct FloorControlServer {
    general: General,
    context: Context,
    initiated: bool,
    /// An invited client is going to accept.
    unconfirmed: bool,
}

impl FloorControlServer {
    /// A server in 'Start-stop'. `ssrc` goes into the header of its messages and must differ from every participant's.
    pub fn new(call: CallSettings, timers: TimerSettings, ssrc: Ssrc, _now: Instant) -> Self {
        //= 24.380-6.3.2.2:g
        Self {
            general: General::StartStop,
            context: Context::new(call, timers, ssrc),
            initiated: false,
            unconfirmed: false,
        }
    }

    /// The same with the operator's choices instead of the default ones.
    pub fn with_policy(mut self, policy: FloorPolicy) -> Self {
        self.context.mode = Mode::of(&self.context.call, policy.release);
        self.context.policy = policy;
        self
    }

    /// The same with a sequence number that its participants have seen already: they go on counting from there.
    pub(crate) fn counting_from(mut self, sequence: MessageSequenceNumber) -> Self {
        self.context.sequence = sequence;
        self
    }

    /// An indication of the application and signalling plane.
    pub fn handle_signalling(&mut self, now: Instant, input: FloorSignalling) {
        match input {
            FloorSignalling::Initiated => {
                self.initiated = true;
                self.begin(now);
            }
            FloorSignalling::UnconfirmedIndication => {
                self.unconfirmed = true;
                self.begin(now);
            }
            FloorSignalling::Joined { leg, profile, entry } => self.on_joined(leg, profile, entry, now),
            // Who talks goes on talking; what is granted and refused from now on carries the new indicator.
            FloorSignalling::TierChanged { indicator } => self.context.call.indicator = indicator,
            FloorSignalling::Located { leg, location } => {
                if let Some(participant) = self.context.participants.get_mut(&leg) {
                    participant.profile.parameters.location = location.map(Box::new);
                }
            }
            FloorSignalling::ImplicitRequest { leg } => {
                let input = towards::on_implicit_request(leg, &self.general, &mut self.context);
                self.decide(input, now);
            }
            FloorSignalling::ConstituentRequest { leg, request } => {
                let request = towards::explicit_request(leg, &request, &self.context);
                self.decide(request.map(Input::ConstituentRequest), now);
            }
            FloorSignalling::FinalResponsesReceived => self.decide(Some(Input::FinalResponsesReceived), now),
            FloorSignalling::ControlResumed { talker } => self.on_control_resumed(talker, now),
            FloorSignalling::Left { leg } => self.on_left(leg, now),
            FloorSignalling::ReleaseStarted => {
                //= 24.380-6.3.3
                if self.general.state() != general::State::Releasing {
                    for leg in self.legs() {
                        towards::on_call_release_step_1(leg, &mut self.context);
                    }
                }
                if self.overriding().is_some() {
                    self.decide_dual(dual::Input::CallReleaseStep1, now);
                }
                self.decide(Some(Input::CallReleaseStep1), now);
            }
            FloorSignalling::ReleaseFinished => {
                if self.general.state() == general::State::Releasing {
                    self.initiated = false;
                    self.unconfirmed = false;
                    for leg in self.legs() {
                        towards::on_call_release_step_2(leg, &mut self.context);
                    }
                }
                if self.dual_state() == dual::State::Releasing {
                    self.decide_dual(dual::Input::CallReleaseStep2, now);
                }
                self.decide(Some(Input::CallReleaseStep2), now);
            }
        }
    }

    /// A floor control message of the participant that the transport is bound to.
    pub fn handle_message(&mut self, now: Instant, from: LegRef, message: &FloorMessage) {
        let input = towards::on_message(from, message, &self.general, &mut self.context);
        self.decide(input, now);
    }

    /// An RTP packet of the participant that the transport is bound to: what becomes of it. While the talker talks this
    /// neither allocates nor looks anything up.
    pub fn handle_media(&mut self, now: Instant, from: LegRef) -> MediaVerdict {
        //= 24.380-6.3.5.5.6
        if self.general.on_rtp_media(from, &self.context, now) {
            return dual::verdict_of_overridden(&self.context);
        }
        if let Some(verdict) = dual::on_rtp_media(from, self.general.talks(), &mut self.context, now) {
            return verdict;
        }
        towards::on_rtp_media(from, &mut self.context, now)
    }

    /// Lets every timer act that has expired by `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(expired) = self.take_expired(now) {
            match expired {
                Expired::Talk(leg, timer) => self.decide(Some(Input::TalkExpiry(leg, timer)), now),
                Expired::Dual(timer) => self.decide_dual(dual::Input::Expiry(timer), now),
                Expired::General(timer) => self.decide(Some(Input::Expiry(timer)), now),
                Expired::Revoke(leg) => towards::on_t8_expired(leg, &self.general, &mut self.context, now),
            }
        }
    }

    /// The next thing to do; `None` when there is nothing more.
    pub fn poll_output(&mut self) -> Option<FloorOutput> {
        self.context.pop_output()
    }

    /// Takes another queue for its outputs and hands out the one it had. The owner of many calls lends them one queue in
    /// turn.
    pub(crate) fn exchange_outputs(&mut self, outputs: &mut VecDeque<FloorOutput>) {
        self.context.exchange_outputs(outputs);
    }

    /// Who has the floor, for somebody who listens without taking part. The number of the last announcement is repeated: the
    /// participants see no gap.
    pub(crate) fn state_for_listener(&mut self) -> Option<FloorMessage> {
        let last = self.context.sequence;
        let message = match (self.general.talks(), self.general.state()) {
            (Some(talks), _) => self.context.floor_taken(talks),
            (None, general::State::FloorIdle) => self.context.floor_idle(),
            (None, _) => return None,
        };
        self.context.sequence = last;
        let sequence = Some(last);
        Some(match message {
            FloorMessage::Taken(taken) => FloorMessage::Taken(FloorTaken { sequence, ..taken }),
            FloorMessage::Idle(idle) => FloorMessage::Idle(FloorIdle { sequence, ..idle }),
            other => other,
        })
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next; `None` when no timer runs.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.general.next_deadline().into_iter().chain(self.context.next_deadline()).min()
    }

    /// The state of the general machine.
    pub fn general_state(&self) -> general::State {
        self.general.state()
    }

    /// The state of the machine towards a participant; `None` if the call has no such participant.
    pub fn participant_state(&self, leg: LegRef) -> Option<towards::State> {
        self.context.participants.get(&leg).map(Towards::state)
    }

    /// Who has the floor, including one that is being revoked; the one that has had it longest where several have it.
    pub fn talker(&self) -> Option<LegRef> {
        self.talkers().next()
    }

    /// Everybody who has the floor, including those that are being revoked, in the order in which it was granted.
    pub fn talkers(&self) -> impl Iterator<Item = LegRef> {
        self.general.talks().into_iter().flat_map(Talks::iter).map(|talk| talk.talker)
    }

    /// Who a talker is and where, as far as others may know it. `None`: it does not talk, or wants privacy.
    pub(crate) fn shown(&self, talker: LegRef) -> Option<(&McpttId, Option<&Location>)> {
        let talks = self.general.talks().into_iter().flat_map(Talks::iter).chain(self.context.dual.talk());
        let talk = talks.into_iter().find(|talk| talk.talker == talker)?;
        Some((talk.shown.as_ref()?, talk.disclosed.location.as_ref()))
    }

    /// Who overrides the talker in dual floor control.
    pub fn overriding(&self) -> Option<LegRef> {
        self.context.dual.overriding()
    }

    /// The state of the dual floor machine.
    pub fn dual_state(&self) -> dual::State {
        self.context.dual.state()
    }

    /// The requests that wait, in the order in which they will be served.
    pub fn queue(&self) -> &[QueuedRequest] {
        self.context.queue.requests()
    }

    /// Ends this server because another function controls the call from now on (6.5.2.3).
    pub(crate) fn hand_over(&self) -> HandOver {
        let participants = &self.context.participants;
        let overriding = self.context.dual.talk();
        let talks = self.general.talks().into_iter().flat_map(Talks::iter).chain(overriding);
        let talks = talks.map(|talk| HandedRequest {
            from: talk.talker,
            rank: talk.rank,
            track_info: talk.track_info.clone(),
            talks: true,
        });
        let waiting = self.queue().iter().map(|request| HandedRequest {
            from: request.from,
            rank: request.rank,
            track_info: request.track_info.clone(),
            talks: false,
        });
        HandOver {
            participants: participants.iter().map(|(leg, towards)| (*leg, towards.profile.clone())).collect(),
            requests: talks.chain(waiting).collect(),
            sequence: self.context.sequence,
        }
    }

    fn legs(&self) -> Vec<LegRef> {
        self.context.participants.keys().copied().collect()
    }

    /// The timer that expired first. Of several at once those of the talks go first: the end of a grace period makes the
    /// repetition of its Floor Revoke pointless.
    fn take_expired(&mut self, now: Instant) -> Option<Expired> {
        let of_talks = self.general.next_deadline();
        let others = self.context.next_deadline();
        if of_talks.is_some_and(|talk| others.is_none_or(|other| talk <= other)) {
            self.general.take_expired(now)
        } else {
            self.context.take_expired(now)
        }
    }

    fn decide_dual(&mut self, input: dual::Input, now: Instant) {
        dual::handle(input, self.general.talks(), &mut self.context, now);
    }

    /// Hands the general machine what a machine towards a participant, a timer or call control has for it.
    fn decide(&mut self, input: Option<Input>, now: Instant) {
        if let Some(input) = input {
            //= 24.380-6.3.5.5.3
            if let Some(input) = dual::Input::of(&input, &self.context) {
                return self.decide_dual(input, now);
            }
            let general = std::mem::replace(&mut self.general, General::StartStop);
            self.general = general.handle(input, &mut self.context, now);
        }
    }

    //= 24.380-6.3.5.1:create
    fn on_joined(&mut self, leg: LegRef, profile: ParticipantProfile, entry: Entry, now: Instant) {
        let releasing = self.general.state() == general::State::Releasing;
        if releasing || self.context.participants.contains_key(&leg) {
            let state = self.general.state().name();
            self.context.discard(Machine::General, Some(leg), state, "participant joined", "24.380-6.3.4.1");
            return;
        }
        self.context.participants.insert(leg, Towards::new(profile, entry));
        if self.general.state() == general::State::StartStop {
            self.begin(now);
        } else {
            let input = towards::on_sip_session_initiated(leg, &self.general, &mut self.context);
            self.decide(input, now);
        }
    }

    fn on_left(&mut self, leg: LegRef, now: Instant) {
        if !self.context.participants.contains_key(&leg) {
            let state = self.general.state().name();
            self.context.discard(Machine::General, Some(leg), state, "participant left", "24.380-6.3.4.1");
            return;
        }
        let talked = self.talkers().any(|talker| talker == leg) || self.overriding() == Some(leg);
        if self.participant_state(leg) != Some(towards::State::Releasing) {
            towards::on_call_release_step_1(leg, &mut self.context);
        }
        towards::on_call_release_step_2(leg, &mut self.context);
        if talked {
            self.decide(Some(Input::TalkerLeft(leg)), now);
        }
    }

    /// 6.3.4.2.2: the general machine leaves 'Start-stop' as soon as it can.
    ///
    /// It waits for the participant that started the call, because only then it is known whether that was a request. With
    /// an implicit request it waits for a listener as well, or, where RTP is buffered, for one that is going to be there.
    fn begin(&mut self, now: Instant) {
        if !self.initiated || self.general.state() != general::State::StartStop {
            return;
        }
        //= 24.380-6.3.4.2.2:temp
        if self.context.call.is_temporary_group() {
            if !self.context.participants.is_empty() {
                self.begin_with(None, now);
            }
            return;
        }
        let participants = &self.context.participants;
        let Some(first) = participants.iter().find(|(_, towards)| towards.entry != Entry::Invited) else {
            return;
        };
        let (leg, entry) = (*first.0, first.1.entry);
        let asks = matches!(entry, Entry::Originator { implicit_request: true });
        let request = towards::implicit_request(leg, &self.context)
            .filter(|_| asks && towards::may_talk(leg, &self.context).is_ok());
        //= 24.380-6.3.2.2:early
        let early = self.unconfirmed && self.context.policy.buffer.is_some();
        //= 24.380-6.3.2.2:conf
        if request.is_some() && participants.len() < 2 && !early {
            return;
        }
        self.begin_with(request, now);
    }

    fn begin_with(&mut self, request: Option<Request>, now: Instant) {
        //= 24.380-6.3.5.2.2:orig
        if request.is_some() {
            for leg in self.legs() {
                towards::await_first_grant(leg, &mut self.context);
            }
            return self.decide(Some(Input::CallInitiated(request)), now);
        }
        self.decide(Some(Input::CallInitiated(None)), now);
        for leg in self.legs() {
            let input = towards::on_sip_session_initiated(leg, &self.general, &mut self.context);
            self.decide(input, now);
        }
    }

    /// The participants of a group that was part of a temporary group keep a usable floor.
    fn on_control_resumed(&mut self, talker: Option<LegRef>, now: Instant) {
        if self.general.state() != general::State::StartStop {
            let state = self.general.state().name();
            self.context.discard(Machine::General, None, state, "control resumed", "24.380-6.3.4.1");
            return;
        }
        //= 24.380-6.3.2.3
        self.initiated = true;
        let request = talker.and_then(|leg| towards::implicit_request(leg, &self.context));
        self.begin_with(request, now);
    }
}
