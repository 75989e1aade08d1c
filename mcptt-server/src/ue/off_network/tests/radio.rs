//! A simulated radio: clients that hear each other over a seeded network which loses, duplicates, delays, reorders, and can
//! fall apart. Everything travels as datagrams, and whoever may talk does so all the time.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::client::AudioFormat;
use call_control::off_network::{
    OffNetworkCommand, OffNetworkConfig, OffNetworkEvent, OffNetworkGroup, OffNetworkUser,
};
use mcptt_codec::Path;
use mcptt_codec::floor::FloorPriority;
use mcptt_codec::id::{GroupId, McpttId, Ssrc};
use mcptt_codec::monp::{CallType, UtcSeconds};
use media_plane::floor::participant::off_network::TimerSettings;
use rand_chacha::ChaCha20Rng;
use rand_core::{RngCore, SeedableRng};

use crate::testing::t0;
use crate::ue::off_network::{
    OffNetworkUe, OffNetworkUeCommand, OffNetworkUeConfig, OffNetworkUeEvent, OffNetworkUeOutput,
};

pub(super) const GROUP: &str = "sip:rescue-1@mc.example.org";

/// A packet of voice.
const PACKET: Duration = Duration::from_millis(20);

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

pub(super) fn ssrc(number: usize) -> Ssrc {
    Ssrc(u32::try_from(number + 1).expect("few users") * 0x0101_0101)
}

pub(super) fn address(number: usize) -> IpAddr {
    [192, 0, 2, u8::try_from(number + 1).expect("few users")].into()
}

pub(super) fn config(number: usize, size: usize) -> OffNetworkUeConfig {
    let others = (0..size).filter(|other| *other != number);
    OffNetworkUeConfig {
        client: OffNetworkConfig {
            user: user(number),
            organization: "Rescue".into(),
            address: address(number),
            audio_port: 41_000,
            floor_port: 41_002,
            codec: AudioFormat::amr_wb(),
            groups: vec![OffNetworkGroup::new(GROUP, [239, 1, 1, 1].into(), 40_000, 40_002)],
            users: others.map(|one| OffNetworkUser { user: user(one), address: address(one) }).collect(),
            max_group_calls: 2,
            max_private_calls: 1,
            automatic_answer: true,
            utc: UtcSeconds::new(1_800_000_000).expect("it fits"),
            timers: call_control::off_network::TimerSettings::default(),
        },
        ssrc: ssrc(number),
        ticks_per_packet: 320,
        floor_priority: FloorPriority::NORMAL,
        queueing: true,
        floor_timers: TimerSettings::default(),
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
    pub const GOOD: Self = Self { loss: 0, duplicates: 0, delay: Duration::from_millis(5) };
    /// A tenth is lost, a tenth comes twice.
    pub const POOR: Self = Self { loss: 10, duplicates: 10, delay: Duration::from_millis(20) };
}

/// One copy on its way. Ordered by time; of two that arrive at once, the one sent first is first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Flight {
    at: Instant,
    order: u64,
    to: usize,
    path: Path,
    payload: Bytes,
}

pub(super) struct Radio {
    pub clients: Vec<OffNetworkUe>,
    pub now: Instant,
    pub conditions: Conditions,
    /// Members hear each other within the same cell.
    pub cells: Vec<u8>,
    /// What each has reported, voice left out.
    pub told: Vec<(usize, OffNetworkUeEvent)>,
    /// Packets of voice that each has rendered, by their source.
    pub heard: Vec<BTreeMap<Ssrc, usize>>,
    /// Ports to which something was sent since the last look.
    pub ports: BTreeMap<SocketAddr, usize>,
    /// What this client sends to others is lost after so many datagrams, except for media.
    pub deaf_to: Option<(usize, usize)>,
    next_packet: Instant,
    flights: BinaryHeap<Reverse<Flight>>,
    order: u64,
    random: ChaCha20Rng,
}

impl Radio {
    pub fn new(
        size: usize,
        seed: u64,
        conditions: Conditions,
        change: impl Fn(&mut OffNetworkUeConfig),
    ) -> Self {
        let (now, mut random) = (t0(), ChaCha20Rng::seed_from_u64(seed));
        let clients = (0..size).map(|number| {
            let mut config = config(number, size);
            change(&mut config);
            let mut seed = [0; 32];
            random.fill_bytes(&mut seed);
            OffNetworkUe::new(config, seed, now).expect("the configuration is sound")
        });
        Self {
            clients: clients.collect(),
            now,
            conditions,
            cells: vec![0; size],
            told: Vec::new(),
            heard: vec![BTreeMap::new(); size],
            ports: BTreeMap::new(),
            deaf_to: None,
            next_packet: now,
            flights: BinaryHeap::new(),
            order: 0,
            random,
        }
    }

    pub fn command(&mut self, by: usize, command: OffNetworkUeCommand) {
        self.clients[by].command(self.now, command);
        self.drain(by);
    }

    pub fn client(&mut self, by: usize, command: OffNetworkCommand) {
        self.command(by, OffNetworkUeCommand::Call(command));
    }

    pub fn call(&mut self, by: usize, call_type: CallType) {
        self.client(by, OffNetworkCommand::CallGroup { group: group_id(), call_type });
    }

    pub fn press(&mut self, by: usize) {
        self.command(by, OffNetworkUeCommand::PressToTalk { priority: None });
    }

    pub fn let_go(&mut self, by: usize) {
        self.command(by, OffNetworkUeCommand::ReleaseToTalk);
    }

    /// Lets time pass.
    pub fn run(&mut self, time: Duration) {
        let end = self.now + time;
        loop {
            let timer = self.clients.iter().filter_map(OffNetworkUe::poll_timeout).min();
            let flight = self.flights.peek().map(|Reverse(flight)| flight.at);
            let talks = self.clients.iter().any(OffNetworkUe::may_send).then_some(self.next_packet);
            let next = timer.into_iter().chain(flight).chain(talks).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            while self.flights.peek().is_some_and(|Reverse(flight)| flight.at <= self.now) {
                let Some(Reverse(flight)) = self.flights.pop() else { break };
                self.deliver(flight.to, flight.path, &flight.payload);
            }
            for number in 0..self.clients.len() {
                if self.clients[number].poll_timeout().is_some_and(|due| due <= self.now) {
                    self.clients[number].handle_timeout(self.now);
                    self.drain(number);
                }
            }
            if self.next_packet <= self.now {
                self.next_packet = self.now + PACKET;
                for number in 0..self.clients.len() {
                    self.clients[number].send_voice(self.now, b"voice");
                    self.drain(number);
                }
            }
        }
        self.now = end;
    }

    pub fn deliver(&mut self, to: usize, path: Path, payload: &Bytes) {
        self.clients[to].handle_datagram(self.now, path, payload);
        self.drain(to);
    }

    fn drain(&mut self, by: usize) {
        while let Some(output) = self.clients[by].poll_output() {
            match output {
                OffNetworkUeOutput::Event(OffNetworkUeEvent::Voice { ssrc, payload, .. }) => {
                    assert_eq!(payload, "voice");
                    *self.heard[by].entry(ssrc).or_default() += 1;
                }
                OffNetworkUeOutput::Event(event) => self.told.push((by, event)),
                OffNetworkUeOutput::Transmit { transmit, time_to_live } => {
                    assert_eq!(time_to_live, 255);
                    assert_eq!(transmit.path.local.ip(), address(by));
                    *self.ports.entry(transmit.path.remote).or_default() += 1;
                    self.fly(by, transmit.path, &transmit.payload);
                }
            }
        }
    }

    fn fly(&mut self, by: usize, path: Path, payload: &Bytes) {
        let to = path.remote;
        if let Some((client, left)) = &mut self.deaf_to
            && *client == by
            && to.port() == mcptt_codec::monp::PORT
        {
            if *left == 0 {
                return;
            }
            *left -= 1;
        }
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
                    path: Path { local: SocketAddr::new(address(number), to.port()), remote: path.local },
                    payload: payload.clone(),
                }));
            }
        }
    }

    fn percent(&mut self) -> u32 {
        self.random.next_u32() % 100
    }

    // What can be seen

    /// Who may talk.
    pub fn talkers(&self) -> Vec<usize> {
        (0..self.clients.len()).filter(|number| self.clients[*number].may_send()).collect()
    }

    /// Whom each hears at least half of the packets of, within this time from now.
    pub fn hears(&mut self, time: Duration) -> Vec<Vec<Ssrc>> {
        self.heard = vec![BTreeMap::new(); self.clients.len()];
        self.run(time);
        let enough = usize::try_from(time.as_millis() / PACKET.as_millis() / 2).expect("a short time");
        let heard = self.heard.iter();
        heard
            .map(|by| by.iter().filter(|(_, packets)| **packets >= enough).map(|one| *one.0).collect())
            .collect()
    }

    /// The call of the group that each takes part in.
    pub fn calls(&self) -> Vec<Option<mcptt_codec::monp::CallIdentifier>> {
        self.clients.iter().map(|one| one.client().group_call(&group_id())).collect()
    }

    pub fn all_in_one_call(&self) -> bool {
        let calls = self.calls();
        calls[0].is_some() && calls.iter().all(|call| *call == calls[0])
    }

    /// Whether somebody has reported this of call control.
    pub fn was_told(&self, to: usize, test: impl Fn(&OffNetworkEvent) -> bool) -> bool {
        self.told
            .iter()
            .any(|(of, event)| *of == to && matches!(event, OffNetworkUeEvent::Call(event) if test(event)))
    }
}
