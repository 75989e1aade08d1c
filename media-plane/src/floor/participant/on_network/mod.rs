//! The on-network floor participant: basic operation (TS 24.380 6.2.4).

mod received;

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use mcptt_codec::floor::{
    FloorAck, FloorIndicator, FloorMessage, FloorPriority, FloorQueuePositionRequest, FloorRelease,
    FloorRequest, MessageType, Source, Subtype, TrackInfo,
};
use mcptt_codec::id::Ssrc;

use super::table::{PROCEDURES, State, Trigger};
use super::timer::{Counter, Timer};
use super::{Notification, ParticipantInput, ParticipantOutput, ParticipantSettings};
use crate::floor::event::{Event, Machine};
use crate::floor::timer::TimerTable;
use crate::floor::transition::Rule;

/// Most messages kept while the final SIP response is awaited; the oldest go first.
const SETUP_BUFFER: usize = 16;

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
}

/// The machine: what exists in which state.
#[derive(Debug)]
enum Basic {
    StartStop(Setup),
    HasNoPermission,
    PendingRequest(PendingRequest),
    HasPermission,
    /// C100: Floor Release messages sent.
    PendingRelease {
        copies: u8,
    },
    Queued(Queued),
    Releasing,
}

#[derive(Debug)]
enum Setup {
    /// The final SIP response is awaited; what the server has sent already.
    Awaited(VecDeque<FloorMessage>),
    /// The call is over.
    Over,
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
struct Queued {
    /// C104: Floor Queue Position Request messages sent for this question.
    questions: u8,
    /// The grant that the user has not yet accepted.
    offer: Option<Offer>,
}

#[derive(Clone, Copy, Debug)]
struct Offer {
    duration: Option<Duration>,
    ssrc: Option<Ssrc>,
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
            machine: Basic::StartStop(Setup::Awaited(VecDeque::new())),
            timers: TimerTable::new(),
            outputs: VecDeque::new(),
            press: None,
            may_request: true,
        }
    }

    /// Something the user, call control or the media stack says.
    pub fn handle_input(&mut self, now: Instant, input: ParticipantInput) {
        match input {
            ParticipantInput::SessionOriginated { implicit_request, granted } => {
                self.on_session_originated(implicit_request, granted, now);
            }
            ParticipantInput::SessionTerminating => self.on_session_terminating(),
            ParticipantInput::PttPressed { priority, indicator } => {
                self.on_ptt_pressed(Press { priority, indicator }, now);
            }
            ParticipantInput::PttReleased => self.on_ptt_released(now),
            ParticipantInput::AcceptGrant => self.on_grant_accepted(Trigger::GrantAccepted),
            ParticipantInput::AskQueuePosition => self.on_queue_position_asked(now),
            ParticipantInput::ReleaseStarted => self.on_call_release_step_1(),
            ParticipantInput::ReleaseFinished => self.on_call_release_step_2(),
            ParticipantInput::MediaReceived { ssrc } => self.on_rtp_media(ssrc, now),
        }
    }

    /// A floor control message of the server, by unicast or on an MBMS subchannel alike.
    pub fn handle_message(&mut self, now: Instant, message: &FloorMessage) {
        //= 24.380-6.2.4.2.2:buf
        if let Basic::StartStop(Setup::Awaited(buffer)) = &mut self.machine {
            buffer.push_back(message.clone());
            let lost = if buffer.len() > SETUP_BUFFER { buffer.pop_front() } else { None };
            return self.discard_all(lost);
        }
        // Acknowledged is only what there is a procedure for; everything else is as good as not received.
        //= 24.380-6.2.4.1
        //= 24.380-6.2.4.4:idle
        if Trigger::of(message).is_none_or(|trigger| !self.has_procedure(trigger)) {
            return self.discard(message.name());
        }
        match message {
            FloorMessage::Granted(granted) => self.on_floor_granted(granted, now),
            FloorMessage::Taken(taken) => self.on_floor_taken(taken, now),
            FloorMessage::Deny(deny) => self.on_floor_deny(deny),
            FloorMessage::Idle(idle) => self.on_floor_idle(idle),
            FloorMessage::Revoke(revoke) => self.on_floor_revoke(revoke, now),
            FloorMessage::QueuePositionInfo(info) => self.on_queue_position_info(info),
            _ => {}
        }
    }

    /// Lets every timer act that has expired by `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        while let Some(timer) = self.timers.take_expired(now) {
            match timer {
                Timer::T100 => self.on_t100_expired(now),
                Timer::T101 => self.on_t101_expired(now),
                //= 24.380-6.2.4.3.6
                Timer::T103 => self.notify(Notification::Idle),
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
            Basic::HasPermission => State::HasPermission,
            Basic::PendingRelease { .. } => State::PendingRelease,
            Basic::Queued(_) => State::Queued,
            Basic::Releasing => State::Releasing,
        }
    }

    // 'Start-stop'

    fn on_session_originated(&mut self, implicit_request: bool, granted: bool, now: Instant) {
        let trigger = Trigger::SessionOriginated;
        let Basic::StartStop(Setup::Awaited(buffer)) = &mut self.machine else {
            return self.discard(trigger.name());
        };
        let buffered = std::mem::take(buffer);
        if granted {
            self.transition(trigger, Basic::HasPermission);
            self.start_talking(Offer { duration: None, ssrc: None });
        } else if implicit_request {
            //= 24.380-6.2.4.2.2:4
            let request = self.floor_request(Press { priority: None, indicator: None });
            self.start(Timer::T101, now);
            let pending = PendingRequest { request, copies: 1, pre_emptive: false };
            self.transition(trigger, Basic::PendingRequest(pending));
        } else {
            // What the server has said so far was not meant for a participant of the call.
            //= 24.380-6.2.4.2.2:noimp
            //= 24.380-6.2.1:implicit
            self.discard_all(buffered);
            self.transition(trigger, Basic::HasNoPermission);
            if let Some(press) = self.press {
                self.request(press, now);
            }
            return;
        }
        for message in buffered {
            self.handle_message(now, &message);
        }
    }

    fn on_session_terminating(&mut self) {
        //= 24.380-6.2.4.2.3
        let trigger = Trigger::SessionTerminating;
        let Basic::StartStop(Setup::Awaited(buffer)) = &mut self.machine else {
            return self.discard(trigger.name());
        };
        let early = std::mem::take(buffer);
        self.discard_all(early);
        self.transition(trigger, Basic::HasNoPermission);
    }

    // 'U: has no permission'

    fn on_ptt_pressed(&mut self, press: Press, now: Instant) {
        self.press = Some(press);
        match self.machine {
            Basic::StartStop(Setup::Awaited(_)) => {}
            //= 24.380-6.2.4.3.3:perm
            Basic::HasNoPermission if !self.may_request => self.notify(Notification::RequestNotAllowed),
            Basic::HasNoPermission => self.request(press, now),
            Basic::Queued(_) => self.on_grant_accepted(Trigger::PttPressed),
            _ => self.discard(Trigger::PttPressed.name()),
        }
    }

    fn request(&mut self, press: Press, now: Instant) {
        //= 24.380-6.2.4.3.5
        let request = self.floor_request(press);
        let urgent = FloorIndicator::EMERGENCY | FloorIndicator::IMMINENT_PERIL;
        let pre_emptive = press.indicator.is_some_and(|indicator| indicator.0 & urgent.0 != 0)
            || request
                .priority
                .is_some_and(|asked| self.settings.pre_emptive_from.is_some_and(|from| asked.0 >= from.0));
        self.send(FloorMessage::Request(request.clone()));
        self.start(Timer::T101, now);
        let pending = PendingRequest { request, copies: 1, pre_emptive };
        self.transition(Trigger::PttPressed, Basic::PendingRequest(pending));
    }

    fn floor_request(&self, press: Press) -> FloorRequest {
        // Nothing but the user's explicit wish makes a request pre-emptive.
        //= 24.380-6.2.1:note
        let cap = FloorPriority(self.settings.priority.unwrap_or(FloorPriority::NORMAL.0));
        let priority = press.priority.map(|asked| FloorPriority(asked.0.min(cap.0)));
        //= 24.380-6.2.4.3.5:1b
        let special = FloorIndicator::BROADCAST
            | FloorIndicator::SYSTEM
            | FloorIndicator::EMERGENCY
            | FloorIndicator::IMMINENT_PERIL;
        let kind = FloorIndicator(
            (self.settings.indicator | press.indicator.unwrap_or(FloorIndicator::NONE)).0 & special.0,
        );
        FloorRequest {
            ssrc: self.settings.ssrc,
            priority: priority.filter(|priority| *priority != FloorPriority::NORMAL),
            indicator: (kind != FloorIndicator::NONE).then_some(kind),
            ..FloorRequest::default()
        }
    }

    // The user has finished, or waits

    fn on_ptt_released(&mut self, now: Instant) {
        self.press = None;
        //= 24.380-6.2.4.4.8
        //= 24.380-6.2.4.5.3
        //= 24.380-6.2.4.9.6
        if self.has_procedure(Trigger::PttReleased) {
            self.release(Trigger::PttReleased, now);
        }
    }

    /// Stops talking, asking or waiting, and says so.
    fn release(&mut self, trigger: Trigger, now: Instant) {
        if self.state() == State::HasPermission {
            self.output(ParticipantOutput::StopSending);
        }
        self.stop(&[Timer::T101, Timer::T104, Timer::T132]);
        self.send_floor_release();
        self.start(Timer::T100, now);
        self.transition(trigger, Basic::PendingRelease { copies: 1 });
    }

    fn on_grant_accepted(&mut self, trigger: Trigger) {
        //= 24.380-6.2.4.9.12
        match self.machine {
            Basic::Queued(Queued { offer: Some(offer), .. }) => {
                self.stop(&[Timer::T132, Timer::T103]);
                self.transition(trigger, Basic::HasPermission);
                self.start_talking(offer);
            }
            _ => self.discard(trigger.name()),
        }
    }

    fn start_talking(&mut self, offer: Offer) {
        self.notify(Notification::Granted { duration: offer.duration });
        //= 24.380-6.2.4.4.2:7
        self.output(ParticipantOutput::StartSending { ssrc: offer.ssrc });
    }

    fn on_queue_position_asked(&mut self, now: Instant) {
        match &mut self.machine {
            //= 24.380-6.2.4.9.9
            Basic::Queued(queued) if queued.offer.is_none() => {
                queued.questions = 1;
                self.ask_queue_position(now);
            }
            _ => self.discard(Trigger::QueuePositionAsked.name()),
        }
    }

    fn ask_queue_position(&mut self, now: Instant) {
        let request =
            FloorQueuePositionRequest { ssrc: self.settings.ssrc, ..FloorQueuePositionRequest::default() };
        self.send(FloorMessage::QueuePositionRequest(request));
        self.start(Timer::T104, now);
    }

    // Timers

    fn on_t100_expired(&mut self, now: Instant) {
        let limit = self.settings.timers.limit(Counter::C100);
        let Basic::PendingRelease { copies } = &mut self.machine else { return };
        if *copies < limit {
            //= 24.380-6.2.4.6.2
            *copies = copies.saturating_add(1);
            self.send_floor_release();
            self.start(Timer::T100, now);
        } else {
            //= 24.380-6.2.4.6.3
            self.transition(Trigger::Expiry(Timer::T100), Basic::HasNoPermission);
        }
    }

    fn on_t101_expired(&mut self, now: Instant) {
        let limit = self.settings.timers.limit(Counter::C101);
        let Basic::PendingRequest(pending) = &mut self.machine else { return };
        if pending.copies < limit {
            //= 24.380-6.2.4.4.5
            pending.copies = pending.copies.saturating_add(1);
            let request = pending.request.clone();
            self.send(FloorMessage::Request(request));
            self.start(Timer::T101, now);
        } else {
            //= 24.380-6.2.4.4.6
            self.notify(Notification::RequestTimeout);
            self.transition(Trigger::Expiry(Timer::T101), Basic::HasNoPermission);
        }
    }

    fn on_t104_expired(&mut self, now: Instant) {
        let limit = self.settings.timers.limit(Counter::C104);
        let Basic::Queued(queued) = &mut self.machine else { return };
        if queued.questions < limit {
            //= 24.380-6.2.4.9.10
            queued.questions = queued.questions.saturating_add(1);
            self.ask_queue_position(now);
        } else {
            //= 24.380-6.2.4.9.11
            self.notify(Notification::QueueTimeout);
            self.release(Trigger::Expiry(Timer::T104), now);
        }
    }

    fn on_t132_expired(&mut self) {
        //= 24.380-6.2.4.9.13
        self.send_floor_release();
        self.notify(Notification::GrantLapsed);
        self.transition(Trigger::Expiry(Timer::T132), Basic::HasNoPermission);
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

    fn send_floor_release(&mut self) {
        self.send(FloorMessage::Release(FloorRelease {
            ssrc: self.settings.ssrc,
            ..FloorRelease::default()
        }));
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

    fn discard_all(&mut self, messages: impl IntoIterator<Item = FloorMessage>) {
        for message in messages {
            self.discard(message.name());
        }
    }

    fn discard(&mut self, got: &'static str) {
        let (machine, state) = (Machine::Participant, self.state().name());
        let requirement = "24.380-6.2.4.1";
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
