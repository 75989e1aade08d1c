//! A simulated radio: several off-network participants that hear each other over a seeded network which loses,
//! duplicates, delays and reorders.
//!
//! Every copy of a message or packet has its own fate, so two receivers never lose the same thing by design. Messages
//! travel as octets.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::rc::Rc;
use std::time::{Duration, Instant};

use mcptt_codec::floor::{FloorIndicator, FloorMessage, FloorPriority};
use mcptt_codec::id::{McpttId, Ssrc};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use super::rig::millis;
use crate::floor::event::Event;
use crate::floor::participant::off_network::{
    FloorParticipant, Input, Settings, State, Timer, TimerSettings,
};
use crate::floor::participant::{Notification, ParticipantOutput};
use crate::floor::timer::Check;
use crate::testing::t0;

/// What the radio does to what is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions {
    /// Percentage of copies that are lost.
    pub(super) loss: u32,
    /// Percentage of copies that arrive twice.
    pub(super) duplicates: u32,
    /// The longest delay; each copy has its own, so later ones overtake.
    pub(super) delay: Duration,
}

impl Conditions {
    /// Nothing is lost.
    pub(super) const GOOD: Self = Self { loss: 0, duplicates: 10, delay: Duration::from_millis(20) };
}

/// The interval of RTP packets: longer than in life, to send fewer of them.
const PACKET: Duration = Duration::from_millis(60);

/// Short timers, in the proportions of the default ones.
pub(super) fn timers() -> TimerSettings {
    let values = [
        (Timer::T203, millis(1_000)),
        (Timer::T206, millis(1_500)),
        (Timer::T207, millis(500)),
        (Timer::T233, millis(500)),
    ];
    let set = |settings: TimerSettings, (timer, value)| settings.with_timer(timer, value).unwrap();
    let timers = values.into_iter().fold(TimerSettings::default(), set);
    timers.check().unwrap();
    timers
}

#[derive(Clone, Debug)]
enum Payload {
    Floor(Rc<FloorMessage>),
    Media(Ssrc),
}

/// One copy on its way.
struct Flight {
    at: Instant,
    /// Of two that arrive at once, the one sent first is first.
    order: u64,
    to: usize,
    payload: Payload,
}

impl PartialEq for Flight {
    fn eq(&self, other: &Self) -> bool {
        self.order == other.order
    }
}
impl Eq for Flight {}
impl PartialOrd for Flight {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Flight {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        (self.at, self.order).cmp(&(other.at, other.order))
    }
}

pub(super) struct Member {
    pub(super) ssrc: Ssrc,
    pub(super) participant: FloorParticipant,
    /// When the next RTP packet goes out, while the microphone is open.
    next_packet: Option<Instant>,
    /// When it began to talk, the last time.
    pub(super) talks_since: Option<Instant>,
    /// Times it has talked.
    pub(super) talks: u32,
    /// Its last request was refused, or lost its place.
    pub(super) refused: bool,
}

pub(super) struct Radio {
    pub(super) members: Vec<Member>,
    pub(super) now: Instant,
    pub(super) conditions: Conditions,
    /// Most members that had permission at the same time.
    pub(super) most_talkers: usize,
    flights: BinaryHeap<Reverse<Flight>>,
    random: ChaCha8Rng,
    order: u64,
}

fn ssrc(index: usize) -> Ssrc {
    Ssrc(0x100 + index as u32)
}

impl Radio {
    /// A group call of `size` members in silence. The settings of each member can be changed.
    pub(super) fn new(
        size: usize,
        seed: u64,
        conditions: Conditions,
        change: impl Fn(&mut Settings),
    ) -> Self {
        let now = t0();
        let member = |index| {
            let user = McpttId::new(format!("sip:{index}@example.org").as_str());
            let mut settings = Settings { timers: timers(), ..Settings::new(ssrc(index), user) };
            change(&mut settings);
            let mut participant = FloorParticipant::new(settings, now);
            participant.handle_input(now, Input::CallTerminating);
            Member {
                ssrc: ssrc(index),
                participant,
                next_packet: None,
                talks_since: None,
                talks: 0,
                refused: false,
            }
        };
        Self {
            members: (0..size).map(member).collect(),
            now,
            conditions,
            most_talkers: 0,
            flights: BinaryHeap::new(),
            random: ChaCha8Rng::seed_from_u64(seed),
            order: 0,
        }
    }

    pub(super) fn input(&mut self, index: usize, input: Input) {
        if matches!(input, Input::PttPressed { .. }) {
            self.members[index].refused = false;
        }
        self.members[index].participant.handle_input(self.now, input);
        self.settle(index);
    }

    pub(super) fn press(&mut self, index: usize) {
        self.input(index, Input::PttPressed { priority: None, indicator: None });
    }

    pub(super) fn press_with(&mut self, index: usize, priority: u8, emergency: bool) {
        let indicator = emergency.then_some(FloorIndicator::EMERGENCY);
        self.input(index, Input::PttPressed { priority: Some(FloorPriority(priority)), indicator });
    }

    pub(super) fn release(&mut self, index: usize) {
        self.input(index, Input::PttReleased);
    }

    /// Everybody lets go and wants nothing any more.
    pub(super) fn let_go(&mut self) {
        for index in 0..self.members.len() {
            self.release(index);
            self.input(index, Input::CancelRequest);
        }
    }

    pub(super) fn run(&mut self, duration: Duration) {
        let end = self.now + duration;
        while let Some(next) = self.next().filter(|next| *next <= end) {
            self.now = next;
            self.step();
        }
        self.now = end;
    }

    fn next(&self) -> Option<Instant> {
        let flight = self.flights.peek().map(|Reverse(flight)| flight.at);
        let members = self.members.iter();
        let others = members.flat_map(|member| [member.participant.poll_timeout(), member.next_packet]);
        others.chain([flight]).flatten().min().map(|next| next.max(self.now))
    }

    /// Lets everything happen that is due now.
    fn step(&mut self) {
        while self.flights.peek().is_some_and(|Reverse(flight)| flight.at <= self.now) {
            let Some(Reverse(Flight { to, payload, .. })) = self.flights.pop() else { return };
            let participant = &mut self.members[to].participant;
            match payload {
                Payload::Floor(message) => participant.handle_message(self.now, &message),
                Payload::Media(ssrc) => {
                    participant.handle_media(self.now, ssrc);
                }
            }
            self.settle(to);
        }
        for index in 0..self.members.len() {
            let member = &mut self.members[index];
            if member.participant.poll_timeout().is_some_and(|due| due <= self.now) {
                member.participant.handle_timeout(self.now);
                self.settle(index);
            }
            let member = &mut self.members[index];
            if member.next_packet.is_some_and(|due| due <= self.now) {
                member.next_packet = Some(self.now + PACKET);
                member.participant.handle_input(self.now, Input::MediaSent);
                self.broadcast(index, &Payload::Media(ssrc(index)));
                self.settle(index);
            }
        }
    }

    /// Carries out what a member wants done, and checks what holds for each member whatever happens.
    fn settle(&mut self, index: usize) {
        while let Some(output) = self.members[index].participant.poll_output() {
            let member = &mut self.members[index];
            match output {
                ParticipantOutput::Send(message) => {
                    assert_eq!(message.ssrc(), member.ssrc, "a message in one's own name");
                    let octets = message.encode().expect("the message is short enough");
                    let decoded = FloorMessage::decode(&octets).expect("what is sent can be read");
                    assert_eq!(decoded.deviations, []);
                    self.broadcast(index, &Payload::Floor(Rc::new(decoded.value)));
                }
                ParticipantOutput::StartSending { ssrc } => {
                    assert_eq!(ssrc, Some(member.ssrc));
                    assert_eq!(member.next_packet, None, "the microphone opens once");
                    member.next_packet = Some(self.now);
                    member.talks_since = Some(self.now);
                    member.talks += 1;
                }
                ParticipantOutput::StopSending => {
                    assert_ne!(member.next_packet, None, "the microphone shuts once");
                    member.next_packet = None;
                    member.talks_since = None;
                }
                ParticipantOutput::Notify(
                    Notification::Denied { .. }
                    | Notification::GrantLapsed
                    | Notification::QueueTimeout
                    | Notification::RequestTimeout,
                ) => member.refused = true,
                ParticipantOutput::Notify(Notification::Inactive) => panic!("T230 is long"),
                ParticipantOutput::Event(Event::StateChanged { .. } | Event::Discarded { .. }) => {}
                ParticipantOutput::Notify(_) => {}
                other => panic!("{other:?} makes no sense off-network"),
            }
        }
        let member = &self.members[index];
        assert_eq!(member.next_packet.is_some(), member.participant.may_send());
        assert_ne!(member.participant.arbitrator(), Some(member.ssrc), "nobody hears itself");
        self.most_talkers = self.most_talkers.max(self.talkers().len());
    }

    fn broadcast(&mut self, from: usize, payload: &Payload) {
        for to in (0..self.members.len()).filter(|to| *to != from) {
            if self.percent() < self.conditions.loss {
                continue;
            }
            let copies = if self.percent() < self.conditions.duplicates { 2 } else { 1 };
            for _ in 0..copies {
                let most = u32::try_from(self.conditions.delay.as_micros()).expect("a short delay").max(1);
                let delay = Duration::from_micros(u64::from(1 + self.random.next_u32() % most));
                self.order += 1;
                let (at, order, payload) = (self.now + delay, self.order, payload.clone());
                self.flights.push(Reverse(Flight { at, order, to, payload }));
            }
        }
    }

    fn percent(&mut self) -> u32 {
        self.random.next_u32() % 100
    }

    // What can be seen from outside

    /// Who has permission.
    pub(super) fn talkers(&self) -> Vec<Ssrc> {
        self.members.iter().filter(|member| member.participant.may_send()).map(|member| member.ssrc).collect()
    }

    pub(super) fn states(&self) -> Vec<State> {
        self.members.iter().map(|member| member.participant.state()).collect()
    }

    /// Whom each member listens to.
    pub(super) fn beliefs(&self) -> Vec<Option<Ssrc>> {
        self.members.iter().map(|member| member.participant.arbitrator()).collect()
    }

    pub(super) fn is_silent(&self) -> bool {
        self.states().iter().all(|state| *state == State::Silence)
    }
}
