//! What the members of one call do under load, told the time: somebody talks, lets go, is interrupted or falls silent.

use std::time::{Duration, Instant};

use mcptt_codec::floor::{FloorIndicator, FloorPriority, MessageSequenceNumber};
use mcptt_codec::id::Ssrc;
use media_plane::floor::participant::Notification;

use super::super::voice::{FRAME, RTP_TICKS_PER_FRAME};
use super::crowd::{Crowd, Seen};
use super::measured::Measured;
use crate::ue::{UeCommand, UeEvent};

/// How long somebody talks before the floor goes on, and how long the one that has interrupted.
const TALK: Duration = Duration::from_millis(1_000);
const EMERGENCY_TALK: Duration = Duration::from_millis(400);
/// In a call that measures timers, talk is only there to be ended.
const SHORT_TALK: Duration = Duration::from_millis(100);
/// Between the end of one talk spurt and the next request: a thumb is quick, but not that quick.
const PAUSE: Duration = Duration::from_millis(20);
/// Longest wait for anything, beyond the timer that brings it.
const PATIENCE: Duration = Duration::from_secs(5);
/// Every so many talk spurts are interrupted by an emergency.
const EMERGENCY_EVERY: usize = 3;
/// Sent frames whose time is remembered; more than ever are on their way.
const ON_THEIR_WAY: usize = 128;

/// What a call is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Somebody talks all the time; the floor passes and is taken.
    Talk,
    /// The talker falls silent (T1), or lets go and nobody asks (T7).
    Timers,
}

/// Timers of the server as they are configured.
#[derive(Clone, Copy, Debug)]
pub struct Timers {
    pub t1: Duration,
    pub t7: Duration,
}

/// One call.
pub struct Call {
    kind: Kind,
    timers: Timers,
    /// Number of its first member in the crowd, and how many there are.
    first: usize,
    members: usize,
    phase: Phase,
    /// Talk spurts so far.
    spurts: usize,
    voice: Option<Voice>,
    spoken: [Option<(Ssrc, u32, Instant)>; ON_THEIR_WAY],
}

#[derive(Clone, Copy, Debug)]
enum Phase {
    /// Nobody has the floor; somebody asks for it then.
    Quiet { until: Instant },
    /// A member has pressed the button.
    Asking { member: usize, at: Instant, emergency: bool },
    /// A member talks, until then.
    Talking { member: usize, until: Instant, emergency: bool },
    /// A member holds the button and has said its last word.
    Silent { member: usize, last: Instant },
    /// A member has let go. The number of the first Floor Idle that it has seen since.
    Freed { member: usize, at: Instant, first: Option<MessageSequenceNumber> },
}

/// A microphone that is open.
#[derive(Clone, Copy, Debug)]
struct Voice {
    member: usize,
    due: Instant,
    last: Instant,
}

impl Call {
    /// A call whose members, numbered from `first`, are silent until `begin`.
    pub fn new(kind: Kind, timers: Timers, first: usize, members: usize, begin: Instant) -> Self {
        Self {
            kind,
            timers,
            first,
            members,
            phase: Phase::Quiet { until: begin },
            spurts: 0,
            voice: None,
            spoken: [None; ON_THEIR_WAY],
        }
    }

    /// When [`on_time`](Self::on_time) is to be called.
    pub fn next(&self) -> Instant {
        let phase = match self.phase {
            Phase::Quiet { until } | Phase::Talking { until, .. } => until,
            Phase::Asking { at, .. } => at + PATIENCE,
            Phase::Silent { last, .. } => last + self.timers.t1 + PATIENCE,
            Phase::Freed { at, .. } => at + self.timers.t7 + PATIENCE,
        };
        self.voice.map_or(phase, |voice| voice.due.min(phase))
    }

    /// Does what is due.
    pub fn on_time(&mut self, now: Instant, frames: &[Vec<u8>], crowd: &mut Crowd, measured: &mut Measured) {
        self.speak(now, frames, crowd, measured);
        match self.phase {
            Phase::Quiet { until } if until <= now => self.press(now, crowd),
            Phase::Talking { member, until, emergency } if until <= now => {
                self.end_of_talk(now, member, emergency, crowd);
            }
            Phase::Asking { member, at, .. } if at + PATIENCE <= now => {
                self.give_up(now, member, crowd, measured);
            }
            Phase::Silent { member, last } if last + self.timers.t1 + PATIENCE <= now => {
                self.give_up(now, member, crowd, measured);
            }
            Phase::Freed { member, at, .. } if at + self.timers.t7 + PATIENCE <= now => {
                self.give_up(now, member, crowd, measured);
            }
            _ => {}
        }
    }

    /// Everybody falls silent: the run is over.
    pub fn stop(&mut self, far: Instant) {
        self.voice = None;
        self.phase = Phase::Quiet { until: far };
    }

    /// A member of this call has seen something.
    pub fn on_seen(
        &mut self,
        member: usize,
        at: Instant,
        seen: &Seen,
        crowd: &mut Crowd,
        measured: &mut Measured,
    ) {
        match seen {
            Seen::Voice { ssrc, timestamp } => {
                measured.heard += 1;
                let slot = self.spoken[slot(*timestamp)];
                if let Some((.., sent)) = slot.filter(|(of, when, _)| (of, when) == (ssrc, timestamp)) {
                    measured.transit.add(sent, at);
                }
            }
            Seen::FloorIdle(number) => self.on_floor_idle(member, at, *number, measured),
            Seen::Event(event) => self.on_event(member, at, event, crowd, measured),
        }
    }

    fn on_event(
        &mut self,
        member: usize,
        at: Instant,
        event: &UeEvent,
        crowd: &mut Crowd,
        measured: &mut Measured,
    ) {
        match event {
            UeEvent::Floor(Notification::Granted { .. }) => self.on_granted(member, at, measured),
            UeEvent::Floor(Notification::GrantOffered { .. }) => {
                crowd.command(at, member, UeCommand::AcceptGrant);
                self.on_granted(member, at, measured);
            }
            UeEvent::Floor(Notification::Denied { .. } | Notification::RequestTimeout) => {
                if matches!(self.phase, Phase::Asking { member: asking, .. } if asking == member) {
                    self.give_up(at, member, crowd, measured);
                }
            }
            UeEvent::Microphone { open: false } => {
                self.voice = self.voice.filter(|voice| voice.member != member);
            }
            UeEvent::Dropped { .. } => measured.dropped += 1,
            UeEvent::Client(_) if !crowd.is_in_call(member) => measured.left += 1,
            _ => {}
        }
    }

    /// The next member in turn; the first one is there for emergencies.
    fn press(&mut self, now: Instant, crowd: &mut Crowd) {
        let member = self.first + 1 + self.spurts % (self.members - 1);
        self.spurts += 1;
        crowd.command(now, member, UeCommand::PressToTalk { priority: None, indicator: None });
        self.phase = Phase::Asking { member, at: now, emergency: false };
    }

    fn end_of_talk(&mut self, now: Instant, member: usize, emergency: bool, crowd: &mut Crowd) {
        let interrupted = self.spurts.is_multiple_of(EMERGENCY_EVERY) && !emergency;
        match self.kind {
            Kind::Talk if interrupted => {
                // The talker goes on until it is told to stop.
                let (priority, indicator) = (Some(FloorPriority(u8::MAX)), Some(FloorIndicator::EMERGENCY));
                crowd.command(now, self.first, UeCommand::PressToTalk { priority, indicator });
                self.phase = Phase::Asking { member: self.first, at: now, emergency: true };
            }
            Kind::Timers if self.spurts.is_multiple_of(2) => {
                if let Some(Voice { last, .. }) = self.voice.take() {
                    self.phase = Phase::Silent { member, last };
                }
            }
            _ => {
                self.voice = None;
                crowd.command(now, member, UeCommand::ReleaseToTalk);
                self.phase = Phase::Freed { member, at: now, first: None };
            }
        }
    }

    fn on_granted(&mut self, member: usize, at: Instant, measured: &mut Measured) {
        let Phase::Asking { member: asking, at: asked, emergency } = self.phase else { return };
        if asking != member {
            return;
        }
        let figure = if emergency { &mut measured.over } else { &mut measured.grant };
        figure.add(asked, at);
        if !emergency {
            measured.granted.push((asked, at));
        }
        let talk = match self.kind {
            Kind::Talk if emergency => EMERGENCY_TALK,
            Kind::Talk => TALK,
            Kind::Timers => SHORT_TALK,
        };
        self.phase = Phase::Talking { member, until: at + talk, emergency };
        // The first frame leaves when its 20 ms have been spoken.
        self.voice = Some(Voice { member, due: at + FRAME, last: at });
    }

    fn on_floor_idle(
        &mut self,
        member: usize,
        at: Instant,
        number: MessageSequenceNumber,
        measured: &mut Measured,
    ) {
        match self.phase {
            Phase::Silent { member: silent, last } if silent == member => {
                measured.t1.add(last + self.timers.t1, at);
                self.phase = Phase::Quiet { until: at + PAUSE };
            }
            Phase::Freed { member: freed, at: released, first } if freed == member => {
                // If the first one was lost, it cannot be said which repetition this is.
                let is_first = first.is_none() && at < released + self.timers.t7 / 2;
                if is_first && matches!(self.kind, Kind::Timers) {
                    self.phase = Phase::Freed { member, at: released, first: Some(number) };
                    return;
                }
                // Any other number: one was lost on the way, which is no timer that was late.
                if first.is_some_and(|first| first.next() == number) {
                    measured.t7.add(released + self.timers.t7, at);
                }
                self.phase = Phase::Quiet { until: at + PAUSE };
            }
            _ => {}
        }
    }

    /// What was waited for did not come.
    fn give_up(&mut self, now: Instant, member: usize, crowd: &mut Crowd, measured: &mut Measured) {
        measured.missed += 1;
        self.voice = None;
        crowd.command(now, member, UeCommand::ReleaseToTalk);
        self.phase = Phase::Quiet { until: now + TALK };
    }

    fn speak(&mut self, now: Instant, frames: &[Vec<u8>], crowd: &mut Crowd, measured: &mut Measured) {
        while let Some(voice) = self.voice.as_mut().filter(|voice| voice.due <= now) {
            measured.lag.add(voice.due, now);
            let frame = frames.get(measured.frames % frames.len()).map_or(&[][..], Vec::as_slice);
            voice.due += FRAME;
            voice.last = now;
            let Some((ssrc, timestamp)) = crowd.speak(now, voice.member, frame) else {
                self.voice = None;
                return;
            };
            measured.frames += 1;
            measured.expected += self.members as u64 - 1;
            self.spoken[slot(timestamp)] = Some((ssrc, timestamp, now));
        }
    }
}

fn slot(timestamp: u32) -> usize {
    timestamp.checked_div(RTP_TICKS_PER_FRAME).unwrap_or_default() as usize % ON_THEIR_WAY
}
