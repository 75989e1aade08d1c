//! A simulated radio: several clients that hear each other over a seeded network which loses, duplicates, delays, reorders,
//! and can fall apart.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::monp::{CallType, MonpMessage, PORT, UtcSeconds};
use rand_chacha::ChaCha8Rng;
use rand_core::{RngCore, SeedableRng};

use crate::client::AudioFormat;
use crate::off_network::*;
use crate::testing::t0;

pub(super) const GROUP: &str = "sip:rescue-1@mc.example.org";
pub(super) const START: u64 = 1_800_000_000;

pub(super) fn ms(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

pub(super) fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

pub(super) fn group_id() -> GroupId {
    GROUP.into()
}

pub(super) fn user(number: usize) -> McpttId {
    format!("sip:user{number}@mc.example.org").as_str().into()
}

pub(super) fn address(number: usize) -> IpAddr {
    [192, 0, 2, u8::try_from(number + 1).expect("few users")].into()
}

pub(super) fn group() -> OffNetworkGroup {
    OffNetworkGroup::new(GROUP, [239, 1, 1, 1].into(), 40_000, 40_002)
}

pub(super) fn config(number: usize, size: usize) -> OffNetworkConfig {
    let others = (0..size).filter(|other| *other != number);
    OffNetworkConfig {
        user: user(number),
        organization: "Rescue".into(),
        address: address(number),
        audio_port: 41_000,
        floor_port: 41_002,
        codec: AudioFormat::amr_wb(),
        groups: vec![group()],
        users: others.map(|other| OffNetworkUser { user: user(other), address: address(other) }).collect(),
        max_group_calls: 4,
        max_private_calls: 2,
        automatic_answer: true,
        utc: UtcSeconds::new(START).expect("it fits"),
        timers: TimerSettings::default(),
    }
}

/// What the radio does to what is sent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Conditions {
    /// Percentage of copies that are lost.
    pub loss: u32,
    /// Percentage of copies that arrive twice.
    pub duplicates: u32,
    /// The longest delay; each copy has its own, so later ones overtake.
    pub delay: Duration,
}

impl Conditions {
    /// Everything arrives, after two milliseconds at most.
    pub const GOOD: Self = Self { loss: 0, duplicates: 0, delay: ms_const(2) };
}

const fn ms_const(milliseconds: u64) -> Duration {
    Duration::from_millis(milliseconds)
}

/// One copy on its way. Ordered by time; of two that arrive at once, the one sent first is first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    at: Instant,
    order: u64,
    to: usize,
    from: SocketAddr,
    payload: Bytes,
}

/// Something that was sent, once for each call of a client.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    pub at: Duration,
    pub by: usize,
    pub to: SocketAddr,
    pub message: MonpMessage,
}

pub(super) struct Radio {
    pub clients: Vec<OffNetwork>,
    pub now: Instant,
    pub conditions: Conditions,
    /// Members hear each other within the same cell.
    pub cells: Vec<u8>,
    start: Instant,
    events: Vec<(usize, OffNetworkEvent)>,
    sent: Vec<Sent>,
    flights: BinaryHeap<Reverse<Flight>>,
    order: u64,
    random: ChaCha8Rng,
}

impl Radio {
    pub fn new(size: usize) -> Self {
        Self::with(size, 7, Conditions::GOOD, |_| {})
    }

    pub fn with(
        size: usize,
        seed: u64,
        conditions: Conditions,
        change: impl Fn(&mut OffNetworkConfig),
    ) -> Self {
        let (start, mut random) = (t0(), ChaCha8Rng::seed_from_u64(seed));
        let clients = (0..size).map(|number| {
            let mut config = config(number, size);
            change(&mut config);
            let mut seed = [0; 32];
            random.fill_bytes(&mut seed);
            OffNetwork::new(config, seed, start).expect("the configuration is sound")
        });
        Self {
            clients: clients.collect(),
            now: start,
            conditions,
            cells: vec![0; size],
            start,
            events: Vec::new(),
            sent: Vec::new(),
            flights: BinaryHeap::new(),
            order: 0,
            random,
        }
    }

    pub fn command(&mut self, by: usize, command: OffNetworkCommand) {
        self.clients[by].command(self.now, command);
        self.drain(by);
    }

    pub fn call(&mut self, by: usize) {
        self.call_as(by, CallType::BASIC_GROUP);
    }

    pub fn call_as(&mut self, by: usize, call_type: CallType) {
        self.command(by, OffNetworkCommand::CallGroup { group: group_id(), call_type });
    }

    pub fn leave(&mut self, by: usize) {
        self.command(by, OffNetworkCommand::LeaveGroupCall { group: group_id() });
    }

    pub fn change(&mut self, by: usize, call_type: CallType) {
        self.command(by, OffNetworkCommand::ChangeGroupCall { group: group_id(), call_type });
    }

    /// A message comes from somebody who is not simulated.
    pub fn inject(&mut self, to: usize, from: IpAddr, message: &MonpMessage) {
        let payload = message.encode().expect("it can be encoded");
        self.deliver(to, SocketAddr::new(from, PORT), &payload);
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let timer = self.clients.iter().filter_map(OffNetwork::poll_timeout).min();
            let flight = self.flights.peek().map(|Reverse(flight)| flight.at);
            let next = timer.into_iter().chain(flight).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            while self.flights.peek().is_some_and(|Reverse(flight)| flight.at <= self.now) {
                let Some(Reverse(flight)) = self.flights.pop() else { break };
                self.deliver(flight.to, flight.from, &flight.payload);
            }
            for number in 0..self.clients.len() {
                if self.clients[number].poll_timeout().is_some_and(|due| due <= self.now) {
                    self.clients[number].handle_timeout(self.now);
                    self.drain(number);
                }
            }
        }
        self.now = end;
    }

    fn deliver(&mut self, to: usize, from: SocketAddr, payload: &Bytes) {
        let path = Path { local: SocketAddr::new(address(to), PORT), remote: from };
        self.clients[to].handle_datagram(self.now, path, payload);
        self.drain(to);
    }

    fn drain(&mut self, by: usize) {
        while let Some(output) = self.clients[by].poll_output() {
            match output {
                OffNetworkOutput::Event(event) => self.events.push((by, event)),
                OffNetworkOutput::Transmit { transmit, time_to_live } => {
                    assert_eq!(time_to_live, 255);
                    assert_eq!(transmit.path.local, SocketAddr::new(address(by), PORT));
                    let decoded = MonpMessage::decode(&transmit.payload).expect("a message");
                    assert_eq!(decoded.deviations, [], "{:?}", decoded.value);
                    let to = transmit.path.remote;
                    self.sent.push(Sent { at: self.now - self.start, by, to, message: decoded.value });
                    self.fly(by, to, &transmit.payload);
                }
            }
        }
    }

    fn fly(&mut self, by: usize, to: SocketAddr, payload: &Bytes) {
        for number in (0..self.clients.len()).filter(|number| *number != by) {
            let reached = to.ip().is_multicast() || to.ip() == address(number);
            if !reached || self.cells[by] != self.cells[number] || self.percent() < self.conditions.loss {
                continue;
            }
            let copies = if self.percent() < self.conditions.duplicates { 2 } else { 1 };
            for _ in 0..copies {
                let most = u32::try_from(self.conditions.delay.as_micros()).expect("a short delay").max(1);
                let delay = Duration::from_micros(u64::from(1 + self.random.next_u32() % most));
                self.order += 1;
                self.flights.push(Reverse(Flight {
                    at: self.now + delay,
                    order: self.order,
                    to: number,
                    from: SocketAddr::new(address(by), PORT),
                    payload: payload.clone(),
                }));
            }
        }
    }

    fn percent(&mut self) -> u32 {
        self.random.next_u32() % 100
    }

    // What can be seen

    pub fn state(&self, of: usize) -> GroupCallState {
        self.clients[of].group_states(&group_id()).expect("the group is configured").0
    }

    pub fn type_state(&self, of: usize) -> GroupCallTypeState {
        self.clients[of].group_states(&group_id()).expect("the group is configured").1
    }

    /// What was sent since the last time.
    pub fn sent(&mut self) -> Vec<Sent> {
        std::mem::take(&mut self.sent)
    }

    /// The names of what was sent since the last time, with who has sent it.
    pub fn said(&mut self) -> Vec<(usize, &'static str)> {
        self.sent().into_iter().map(|sent| (sent.by, sent.message.name())).collect()
    }

    /// What was reported since the last time, without what every machine reports of every step.
    pub fn told(&mut self) -> Vec<(usize, OffNetworkEvent)> {
        let told = std::mem::take(&mut self.events).into_iter();
        told.filter(|(_, event)| {
            !matches!(event, OffNetworkEvent::StateChanged { .. } | OffNetworkEvent::Discarded { .. })
        })
        .collect()
    }

    /// The events of this client among them.
    pub fn told_to(&mut self, number: usize) -> Vec<OffNetworkEvent> {
        self.told().into_iter().filter(|(of, _)| *of == number).map(|(_, event)| event).collect()
    }

    /// All states of the machines that changed, and what was discarded, since the last time.
    pub fn steps(&mut self) -> Vec<OffNetworkEvent> {
        std::mem::take(&mut self.events).into_iter().map(|(_, event)| event).collect()
    }

    /// The clients of a group call are in one and the same.
    pub fn calls(&self) -> Vec<Option<mcptt_codec::monp::CallIdentifier>> {
        self.clients.iter().map(|client| client.group_call(&group_id())).collect()
    }
}
