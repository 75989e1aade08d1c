//! What the states of one off-network floor participant share.

use std::collections::VecDeque;
use std::time::Instant;

use mcptt_codec::floor::{
    FloorGranted, FloorIndicator, FloorMessage, FloorPriority, FloorRelease, FloorRequest,
    MessageSequenceNumber,
};
use mcptt_codec::id::{McpttId, Ssrc};

use super::queue::Queue;
use super::timer::{Counter, Timer, contention};
use super::{CallKind, Settings};
use crate::floor::event::{Event, Machine};
use crate::floor::participant::{Notification, ParticipantOutput, Talker};
use crate::floor::timer::TimerTable;

/// Who arbitrates, as far as this participant knows: what guards test the sender of a message or packet against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Arbitrator {
    /// Whoever talks, or is about to stop.
    current: Option<Ssrc>,
    /// Whoever it has granted the floor to, until heard.
    candidate: Option<Ssrc>,
}

impl Arbitrator {
    /// Nobody is known.
    pub(super) const UNKNOWN: Self = Self { current: None, candidate: None };

    pub(super) const fn of(ssrc: Ssrc) -> Self {
        Self { current: Some(ssrc), candidate: None }
    }

    fn handing_over(by: Ssrc, to: Ssrc) -> Self {
        Self { current: Some(by), candidate: (by != to).then_some(to) }
    }

    pub(super) const fn current(self) -> Option<Ssrc> {
        self.current
    }

    pub(super) fn is_known(self) -> bool {
        self.current.is_some()
    }

    pub(super) fn is_current(self, ssrc: Ssrc) -> bool {
        self.current == Some(ssrc)
    }

    /// Whether `ssrc` arbitrates, or is about to.
    pub(super) fn is(self, ssrc: Ssrc) -> bool {
        self.is_current(ssrc) || self.candidate == Some(ssrc)
    }

    /// Whether `ssrc` may speak as the arbitrator: it is known as such, or nobody is.
    pub(super) fn admits(self, ssrc: Ssrc) -> bool {
        !self.is_known() || self.is(ssrc)
    }

    /// After `ssrc` has spoken as the arbitrator.
    pub(super) fn heard(self, ssrc: Ssrc) -> Self {
        // A packet that was under way when its sender handed the floor over takes nothing back.
        if self.is_current(ssrc) { self } else { Self::of(ssrc) }
    }
}

/// Most talks whose late packets are known as such.
const OVERTAKEN: usize = 4;

/// What the user holds the PTT button for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Press {
    pub(super) priority: Option<FloorPriority>,
    pub(super) indicator: Option<FloorIndicator>,
}

pub(super) struct Context {
    pub(super) settings: Settings,
    pub(super) now: Instant,
    /// The button is held.
    pub(super) press: Option<Press>,
    /// Who has given the floor up, and until when what is heard of it can only be what that has overtaken.
    ended: VecDeque<(Ssrc, Instant)>,
    /// Of the last Floor Taken.
    pub(super) sequence: MessageSequenceNumber,
    /// Quoted in events.
    pub(super) state: &'static str,
    timers: TimerTable<Timer, { Timer::COUNT }>,
    outputs: VecDeque<ParticipantOutput>,
}

impl Context {
    pub(super) fn new(settings: Settings, now: Instant) -> Self {
        Self {
            settings,
            now,
            press: None,
            ended: VecDeque::new(),
            sequence: MessageSequenceNumber::default(),
            state: super::State::StartStop.name(),
            timers: TimerTable::new(),
            outputs: VecDeque::new(),
        }
    }

    // Timers

    pub(super) fn start(&mut self, timer: Timer) {
        self.timers.start(timer, self.now, self.settings.timers.duration(timer));
    }

    pub(super) fn stop(&mut self, timers: &[Timer]) {
        for timer in timers {
            self.timers.stop(*timer);
        }
    }

    pub(super) fn stop_all_timers(&mut self) {
        self.timers.stop_all();
    }

    pub(super) fn is_running(&self, timer: Timer) -> bool {
        self.timers.is_running(timer)
    }

    pub(super) fn limit(&self, counter: Counter) -> u8 {
        self.settings.timers.limit(counter)
    }

    pub(super) fn next_deadline(&self) -> Option<Instant> {
        self.timers.next()
    }

    pub(super) fn take_expired(&mut self) -> Option<Timer> {
        self.timers.take_expired(self.now)
    }

    // The call

    /// `talker` has released the floor or handed it over.
    pub(super) fn talk_has_ended(&mut self, talker: Ssrc) {
        // To talk again in a group it has to ask first, and that takes its time: whatever is heard before all its
        // requests can have gone out was overtaken. In a private call the peer grants at once.
        if self.settings.call == CallKind::Private {
            return;
        }
        if let Some(until) = self.now.checked_add(contention(&self.settings.timers)) {
            self.ended.retain(|(ended, _)| *ended != talker);
            self.ended.truncate(OVERTAKEN - 1);
            self.ended.push_front((talker, until));
        }
    }

    /// `by` has granted the floor to `to`.
    pub(super) fn hand_over(&mut self, by: Ssrc, to: Ssrc) -> Arbitrator {
        self.ended.retain(|(ended, _)| *ended != to);
        if by != to {
            self.talk_has_ended(by);
        }
        Arbitrator::handing_over(by, to)
    }

    /// Whether a packet or a Floor Taken of `ssrc` comes too late to mean anything.
    pub(super) fn is_late(&self, ssrc: Ssrc) -> bool {
        self.ended.iter().any(|(talker, until)| *talker == ssrc && self.now < *until)
    }

    /// The kind of call, and whether this client queues.
    pub(super) fn call_indicator(&self) -> FloorIndicator {
        self.with_call(self.settings.indicator)
    }

    fn with_call(&self, mut indicator: FloorIndicator) -> FloorIndicator {
        if self.settings.queueing {
            indicator |= FloorIndicator::QUEUEING;
        }
        if matches!(self.settings.call, CallKind::Broadcast { .. }) {
            indicator |= FloorIndicator::BROADCAST;
        }
        indicator
    }

    /// The Floor Request for what the user holds the button for.
    pub(super) fn request(&self, press: Press) -> FloorRequest {
        let priority = press.priority.unwrap_or(self.settings.priority);
        FloorRequest {
            ssrc: self.settings.ssrc,
            priority: (priority != FloorPriority::NORMAL).then_some(priority),
            user_id: Some(self.settings.user.clone()),
            indicator: Some(self.with_call(press.indicator.unwrap_or(self.settings.indicator))),
            ..FloorRequest::default()
        }
    }

    pub(super) fn floor_release(&self) -> FloorRelease {
        FloorRelease {
            ssrc: self.settings.ssrc,
            user_id: Some(self.settings.user.clone()),
            indicator: Some(self.call_indicator()),
            ..FloorRelease::default()
        }
    }

    /// The queue that comes with a grant, as far as this client queues.
    pub(super) fn queue_of(&self, granted: &FloorGranted) -> Queue {
        let Settings { queueing, queue_limit, user, .. } = &self.settings;
        if *queueing { Queue::handed_over(&granted.queued, user, *queue_limit) } else { Queue::default() }
    }

    /// Whether this user may ask at all: in a broadcast group call only its initiator talks.
    pub(super) fn may_request(&self) -> bool {
        !matches!(self.settings.call, CallKind::Broadcast { initiator: false })
    }

    // Outputs

    pub(super) fn pop_output(&mut self) -> Option<ParticipantOutput> {
        self.outputs.pop_front()
    }

    /// Sends `message` to all participants.
    pub(super) fn send(&mut self, message: FloorMessage) {
        self.output(ParticipantOutput::Send(message));
    }

    pub(super) fn notify(&mut self, notification: Notification) {
        self.output(ParticipantOutput::Notify(notification));
    }

    /// Tells the user who talks.
    pub(super) fn notify_taken(
        &mut self,
        user: Option<McpttId>,
        ssrc: Option<Ssrc>,
        indicator: Option<FloorIndicator>,
    ) {
        let talkers = vec![Talker { user, ssrc, ..Talker::default() }];
        let may_request = self.may_request();
        self.notify(Notification::Taken { talkers, indicator: indicator.unwrap_or_default(), may_request });
    }

    pub(super) fn output(&mut self, output: ParticipantOutput) {
        self.outputs.push_back(output);
    }

    pub(super) fn discard(&mut self, got: &'static str, requirement: &'static str) {
        self.output(ParticipantOutput::Event(Event::Discarded {
            machine: Machine::OffNetworkParticipant,
            participant: None,
            state: self.state,
            got,
            requirement,
        }));
    }
}
