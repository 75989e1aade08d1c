//! What the general machine and the machines towards the participants share within one call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use mcptt_codec::floor::{FloorMessage, MessageSequenceNumber, TrackInfo};
use mcptt_codec::id::{LegRef, McpttId, Ssrc};

use super::arbitration::Mode;
use super::dual::Dual;
use super::queue::Queue;
use super::timer::{Counter, Timer, TimerSettings};
use super::towards::Towards;
use super::{FloorIndication, FloorOutput, arbitration, behind};
use crate::floor::event::{Event, Machine};
use crate::floor::settings::{CallSettings, FloorPolicy, ParticipantProfile};
use crate::floor::timer::TimerTable;

/// Who a user is that has asked for privacy.
const ANONYMOUS: &str = "sip:anonymous@anonymous.invalid";

pub(super) struct Context {
    pub(super) call: CallSettings,
    /// How many may talk at once.
    pub(super) mode: Mode,
    pub(super) policy: FloorPolicy,
    /// The SSRC in the header of our messages.
    pub(super) ssrc: Ssrc,
    values: TimerSettings,
    /// T4 and T7; each talk has its own T1, T2, T3 and T20.
    timers: TimerTable<Timer, 2>,
    /// Running T8, the next to expire first.
    pub(super) revoke_timers: BTreeSet<(Instant, LegRef)>,
    pub(super) participants: BTreeMap<LegRef, Towards>,
    /// The machine of the overriding talker.
    pub(super) dual: Dual,
    pub(super) queue: Queue,
    /// Of the last Floor Taken or Floor Idle.
    pub(super) sequence: MessageSequenceNumber,
    outputs: VecDeque<FloorOutput>,
}

impl Context {
    pub(super) fn new(call: CallSettings, mut values: TimerSettings, ssrc: Ssrc) -> Self {
        if let Some(talk_limit) = call.talk_limit {
            values.clamp_timer(Timer::T2, talk_limit);
        }
        if let Some(hang_timer) = call.hang_timer {
            values.clamp_timer(Timer::T4, hang_timer);
        }
        Self {
            mode: Mode::of(&call, FloorPolicy::default().release),
            call,
            policy: FloorPolicy::default(),
            ssrc,
            values,
            timers: TimerTable::of([Timer::T4, Timer::T7]),
            revoke_timers: BTreeSet::new(),
            participants: BTreeMap::new(),
            dual: Dual::StartStop,
            queue: Queue::default(),
            sequence: MessageSequenceNumber::default(),
            outputs: VecDeque::new(),
        }
    }

    // Timers

    /// How long `timer` runs in this call.
    pub(super) fn duration(&self, timer: Timer) -> Duration {
        //= 24.380-6.3.4.5.1
        if timer == Timer::T3 && self.call.audio_cut_in {
            Duration::ZERO
        } else {
            self.values.duration(timer)
        }
    }

    pub(super) fn limit(&self, counter: Counter) -> u8 {
        self.values.limit(counter)
    }

    pub(super) fn start(&mut self, timer: Timer, now: Instant) {
        let duration = self.duration(timer);
        self.timers.start(timer, now, duration);
    }

    pub(super) fn stop(&mut self, timers: &[Timer]) {
        for timer in timers {
            self.timers.stop(*timer);
        }
    }

    pub(super) fn stop_all_timers(&mut self) {
        self.timers.stop_all();
        self.revoke_timers.clear();
    }

    /// When the next timer of the call, of the overriding talker or of a participant expires.
    pub(super) fn next_deadline(&self) -> Option<Instant> {
        let revoke = self.revoke_timers.first().map(|(deadline, _)| *deadline);
        [self.timers.next(), self.dual.next_deadline(), revoke].into_iter().flatten().min()
    }

    /// The timer of the call or of a participant that expired first. Of several at once those of the call go first.
    pub(super) fn take_expired(&mut self, now: Instant) -> Option<Expired> {
        let next = self.next_deadline().filter(|deadline| *deadline <= now)?;
        if self.timers.next() == Some(next) {
            return self.timers.take_expired(now).map(Expired::General);
        }
        if self.dual.next_deadline() == Some(next) {
            return self.dual.take_expired(now).map(Expired::Dual);
        }
        self.revoke_timers.pop_first().map(|(_, leg)| Expired::Revoke(leg))
    }

    // Participants

    pub(super) fn profile(&self, leg: LegRef) -> Option<&ParticipantProfile> {
        self.participants.get(&leg).map(|towards| &towards.profile)
    }

    /// Who a participant is, as others may know it.
    pub(super) fn shown_identity(&self, leg: LegRef) -> Option<McpttId> {
        let profile = self.profile(leg)?;
        Some(if profile.parameters.privacy { McpttId::new(ANONYMOUS) } else { profile.mcptt_id.clone() })
    }

    /// Whether this participant's requests can wait in the queue.
    pub(super) fn may_queue(&self, leg: LegRef, track_info: Option<&TrackInfo>) -> bool {
        self.profile(leg).is_some_and(|profile| {
            arbitration::may_queue(&self.call, behind::queueing(&profile.parameters, track_info))
        })
    }

    // Outputs

    pub(super) fn pop_output(&mut self) -> Option<FloorOutput> {
        self.outputs.pop_front()
    }

    pub(super) fn exchange_outputs(&mut self, outputs: &mut VecDeque<FloorOutput>) {
        std::mem::swap(&mut self.outputs, outputs);
    }

    pub(super) fn control_unicast_media(&mut self, to: LegRef, flows: bool) {
        self.outputs.push_back(FloorOutput::UnicastMedia { to, flows });
    }

    /// Sends `message` to one participant.
    pub(super) fn send(&mut self, to: LegRef, message: FloorMessage) {
        self.outputs.push_back(FloorOutput::Send { to, message });
    }

    /// Sends one message to all of `to`.
    pub(super) fn send_all(&mut self, to: Arc<[LegRef]>, message: FloorMessage) {
        if !to.is_empty() {
            self.outputs.push_back(FloorOutput::SendAll { to, message });
        }
    }

    pub(super) fn indicate(&mut self, indication: FloorIndication) {
        self.outputs.push_back(FloorOutput::Indication(indication));
    }

    pub(super) fn emit(&mut self, event: Event) {
        self.outputs.push_back(FloorOutput::Event(event));
    }

    pub(super) fn discard(
        &mut self,
        machine: Machine,
        participant: Option<LegRef>,
        state: &'static str,
        got: &'static str,
        requirement: &'static str,
    ) {
        self.emit(Event::Discarded { machine, participant, state, got, requirement });
    }
}

/// A timer that has expired.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expired {
    /// T1, T2, T3 or T20 of a talk.
    Talk(LegRef, Timer),
    /// One of the call.
    General(Timer),
    /// T11 or T12.
    Dual(Timer),
    /// T8 of a participant.
    Revoke(LegRef),
}
