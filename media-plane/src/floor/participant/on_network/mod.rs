//! The on-network floor participant: basic operation (TS 24.380 6.2.4).

mod expiry;
mod received;
mod set_up;
mod talkers;
mod user;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use mcptt_codec::floor::{
    FloorAck, FloorIndicator, FloorMessage, FloorPriority, FloorRelease, FloorRequest, MessageSequenceNumber,
    MessageType, Source, Subtype, TrackInfo,
};
use mcptt_codec::id::Ssrc;

use super::table::{PROCEDURES, State, Trigger};
use super::timer::Timer;
use super::{
    DualFloor, MediaTreatment, Notification, ParticipantInput, ParticipantOutput, ParticipantSettings,
};
use crate::floor::event::{Event, Machine};
use crate::floor::timer::TimerTable;
use crate::floor::transition::Rule;

use set_up::Setup;
use talkers::Talkers;

/// The floor participant of one call.
///
/// Drive it like every machine of this crate: hand it what happens together with the time, drain
/// [`poll_output`](Self::poll_output) after each call, and call [`handle_timeout`](Self::handle_timeout) when
/// [`poll_timeout`](Self::poll_timeout) says so.
pub struct FloorParticipant {
    settings: ParticipantSettings,
    machine: Basic,
    timers: TimerTable<Timer, { Timer::COUNT }>,
    outputs: VecDeque<ParticipantOutput>,
    /// What the user holds the PTT button for.
    press: Option<Press>,
    /// The last Floor Taken allowed requests.
    may_request: bool,
    /// Who talks, as the user is shown it.
    talkers: Talkers,
    /// Numbers of the last Floor Taken and of the last Floor Idle.
    last_taken: Option<MessageSequenceNumber>,
    last_idle: Option<MessageSequenceNumber>,
}

/// The machine: what exists in which state.
#[derive(Debug)]
enum Basic {
    StartStop(Setup),
    HasNoPermission,
    PendingRequest(PendingRequest),
    HasPermission(HasPermission),
    PendingRelease(PendingRelease),
    Queued(Queued),
    Releasing,
}

#[derive(Debug)]
struct PendingRequest {
    /// The message, for its repetition.
    request: FloorRequest,
    /// C101: Floor Request messages sent.
    copies: u8,
    /// The request interrupts the talker, so somebody else's talk is no answer to it.
    pre_emptive: bool,
}

#[derive(Debug, Default)]
struct HasPermission {
    /// The SSRC that the server has allocated for this talk.
    ssrc: Option<Ssrc>,
    dual: Option<DualFloor>,
    /// Others may talk at the same time.
    multi_talker: bool,
}

impl HasPermission {
    /// Whether somebody else may be heard during this talk.
    const fn is_shared(&self) -> bool {
        self.dual.is_some() || self.multi_talker
    }
}

#[derive(Debug)]
struct PendingRelease {
    /// The message, for its repetition.
    release: FloorRelease,
    /// C100: Floor Release messages sent.
    copies: u8,
    /// The SSRC that the server had allocated for the talk.
    ssrc: Option<Ssrc>,
    /// Others talked beside this user: hearing them says nothing about the release.
    shared: bool,
}

#[derive(Debug, Default)]
struct Queued {
    /// C104: Floor Queue Position Request messages sent for this question.
    questions: u8,
    /// The grant that the user has not yet accepted.
    offer: Option<Offer>,
}

/// What a Floor Granted says.
#[derive(Clone, Copy, Debug, Default)]
struct Offer {
    duration: Option<Duration>,
    ssrc: Option<Ssrc>,
    overriding: bool,
    multi_talker: bool,
}

#[derive(Clone, Copy, Debug)]
struct Press {
    priority: Option<FloorPriority>,
    indicator: Option<FloorIndicator>,
}

impl FloorParticipant {
    /// A participant in 'Start-stop'.
    pub fn new(settings: ParticipantSettings, _now: Instant) -> Self {
        Self {
            settings,
            machine: Basic::StartStop(Setup::awaited()),
            timers: TimerTable::new(),
            outputs: VecDeque::new(),
            press: None,
            may_request: true,
            talkers: Talkers::default(),
            last_taken: None,
            last_idle: None,
        }
    }

    /// Something the user, call control or the media stack says.
    pub fn handle_input(&mut self, now: Instant, input: ParticipantInput) {
        match input {
            ParticipantInput::SessionOriginated { implicit_request, granted, ssrc } => {
                let grant = granted.then_some(Offer { ssrc, ..Offer::default() });
                self.on_session_originated(implicit_request, grant, now);
            }
            ParticipantInput::SessionTerminating => self.on_session_terminating(now),
            ParticipantInput::PttPressed { priority, indicator } => {
                self.on_ptt_pressed(Press { priority, indicator }, now);
            }
            ParticipantInput::PttReleased => self.on_ptt_released(now),
            ParticipantInput::AcceptGrant => self.on_grant_accepted(Trigger::GrantAccepted),
            ParticipantInput::AskQueuePosition => self.on_queue_position_asked(now),
            ParticipantInput::RevokeOther { user } => self.on_revoke_other_asked(user),
            ParticipantInput::CancelQueued { users } => self.on_cancel_queued_asked(users),
            ParticipantInput::UnicastMedia { wanted } => self.on_unicast_media_asked(wanted),
            ParticipantInput::LocationChanged { location } => self.settings.location = location,
            ParticipantInput::FunctionalAliasChanged { alias } => self.settings.functional_alias = alias,
            ParticipantInput::CallIs { indicator, broadcast_initiator } => {
                self.settings.indicator = indicator;
                self.settings.broadcast_initiator = broadcast_initiator;
            }
            ParticipantInput::ReleaseStarted => self.on_call_release_step_1(),
            ParticipantInput::ReleaseFinished => self.on_call_release_step_2(),
            ParticipantInput::MediaReceived { ssrc } => {
                self.handle_media(now, ssrc);
            }
        }
    }

    /// A floor control message of the server, by unicast or on an MBMS subchannel alike.
    //= 24.380-10.1
    pub fn handle_message(&mut self, now: Instant, message: &FloorMessage) {
        //= 24.380-6.2.4.2.2:buf
        if let Basic::StartStop(setup) = &mut self.machine
            && setup.is_awaited()
        {
            let lost = setup.keep(set_up::Early::Message(Box::new(message.clone())));
            return self.discard_early(lost);
        }
        // Acknowledged is only what there is a procedure for; everything else is as good as not received.
        //= 24.380-6.2.4.1
        //= 24.380-6.2.4.4:idle
        let trigger = Trigger::of(message).filter(|trigger| self.has_procedure(*trigger));
        let Some(trigger) = trigger else {
            return self.discard(message.name());
        };
        match message {
            FloorMessage::Granted(granted) => self.on_floor_granted(granted, now),
            FloorMessage::Taken(taken) => self.on_floor_taken(taken, trigger, now),
            FloorMessage::Deny(deny) => self.on_floor_deny(deny),
            FloorMessage::Idle(idle) => self.on_floor_idle(idle, trigger),
            FloorMessage::Revoke(revoke) => self.on_floor_revoke(revoke, now),
            FloorMessage::QueuePositionInfo(info) => self.on_queue_position_info(info),
            FloorMessage::ReleaseMultiTalker(release) => self.on_floor_release_multi_talker(release),
            FloorMessage::QueuedFloorRequests(message) => self.on_queued_floor_requests(message, trigger),
            _ => {}
        }
    }

    /// An RTP packet of somebody else, by unicast or on an MBMS subchannel alike. Says what is to be done with it.
    //= 24.380-10.1
    pub fn handle_media(&mut self, now: Instant, ssrc: Ssrc) -> MediaTreatment {
        if let Basic::StartStop(setup) = &mut self.machine
            && setup.is_awaited()
        {
            let lost = setup.keep(set_up::Early::Media(ssrc));
            self.discard_early(lost);
            return MediaTreatment::Store;
        }
        self.on_rtp_media(ssrc, now)
    }

    /// Lets every timer act that has expired by `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_expired(now) {
            match timer {
                Timer::T100 => self.on_t100_expired(now),
                Timer::T101 => self.on_t101_expired(now),
                Timer::T103 => self.on_t103_expired(),
                Timer::T104 => self.on_t104_expired(now),
                Timer::T132 => self.on_t132_expired(),
            }
        }
    }

    /// The next thing to do; `None` when there is nothing more.
    pub fn poll_output(&mut self) -> Option<ParticipantOutput> {
        self.outputs.pop_front()
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next; `None` when no timer runs.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.timers.next()
    }

    /// Whether RTP may be sent now.
    pub fn may_send(&self) -> bool {
        //= 24.380-6.2.4.5.2
        self.state() == State::HasPermission
    }

    /// The state of the participant.
    pub fn state(&self) -> State {
        match self.machine {
            Basic::StartStop(_) => State::StartStop,
            Basic::HasNoPermission => State::HasNoPermission,
            Basic::PendingRequest(_) => State::PendingRequest,
            Basic::HasPermission(_) => State::HasPermission,
            Basic::PendingRelease(_) => State::PendingRelease,
            Basic::Queued(_) => State::Queued,
            Basic::Releasing => State::Releasing,
        }
    }

    // Release of the call

    fn on_call_release_step_1(&mut self) {
        if !self.has_procedure(Trigger::CallReleaseStep1) {
            return self.discard(Trigger::CallReleaseStep1.name());
        }
        //= 24.380-6.2.4.7.2
        //= 24.380-6.2.2
        if self.state() == State::HasPermission {
            self.output(ParticipantOutput::StopSending);
        }
        self.timers.stop_all();
        self.transition(Trigger::CallReleaseStep1, Basic::Releasing);
    }

    fn on_call_release_step_2(&mut self) {
        if !self.has_procedure(Trigger::CallReleaseStep2) {
            return self.discard(Trigger::CallReleaseStep2.name());
        }
        //= 24.380-6.2.4.8.2
        self.timers.stop_all();
        self.transition(Trigger::CallReleaseStep2, Basic::StartStop(Setup::Over));
    }

    // Helpers

    fn start(&mut self, timer: Timer, now: Instant) {
        self.timers.start(timer, now, self.settings.timers.duration(timer));
    }

    fn stop(&mut self, timers: &[Timer]) {
        for timer in timers {
            self.timers.stop(*timer);
        }
    }

    fn floor_release(&self, dual: bool) -> FloorRelease {
        FloorRelease {
            ssrc: self.settings.ssrc,
            indicator: dual.then_some(FloorIndicator::DUAL_FLOOR),
            ..FloorRelease::default()
        }
    }

    fn acknowledge(&mut self, requested: bool, subtype: Subtype, track_info: Option<&TrackInfo>) {
        if requested {
            self.send(FloorMessage::Ack(FloorAck {
                ssrc: self.settings.ssrc,
                source: Some(Source::FLOOR_PARTICIPANT),
                message_type: Some(MessageType::acknowledging(subtype)),
                track_info: track_info.cloned(),
                ..FloorAck::default()
            }));
        }
    }

    fn send(&mut self, message: FloorMessage) {
        self.output(ParticipantOutput::Send(message));
    }

    fn notify(&mut self, notification: Notification) {
        self.output(ParticipantOutput::Notify(notification));
    }

    fn output(&mut self, output: ParticipantOutput) {
        self.outputs.push_back(output);
    }

    fn has_procedure(&self, trigger: Trigger) -> bool {
        Rule::find(PROCEDURES, self.state(), trigger).is_some()
    }

    fn discard(&mut self, got: &'static str) {
        self.discard_by(got, "24.380-6.2.4.1");
    }

    fn discard_by(&mut self, got: &'static str, requirement: &'static str) {
        let (machine, state) = (Machine::Participant, self.state().name());
        self.output(ParticipantOutput::Event(Event::Discarded {
            machine,
            participant: None,
            state,
            got,
            requirement,
        }));
    }

    fn transition(&mut self, trigger: Trigger, next: Basic) {
        let from = self.state();
        self.machine = next;
        let to = self.state();
        let rule = Rule::find(PROCEDURES, from, trigger);
        debug_assert!(rule.is_some_and(|rule| rule.permits(to)), "{from} does not go to {to} on {trigger:?}");
        self.output(ParticipantOutput::Event(Event::StateChanged {
            machine: Machine::Participant,
            participant: None,
            from: from.name(),
            to: to.name(),
            cause: trigger.name(),
            clause: rule.map_or("6.2.4.1", |rule| rule.clause),
        }));
    }
}
