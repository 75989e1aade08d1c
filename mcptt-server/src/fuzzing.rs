//! A node under hostile input: honest clients that use it, datagrams of anybody to every port in any order, and time.

pub mod world;

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use call_control::client::{ClientCommand, GroupCall, Urgency};
use mcptt_codec::floor::{FloorIndicator, FloorPriority};

use crate::config;
use crate::node::{Command, NodeConfig};
use crate::ue::UeCommand;
use world::{Tampering, World};

/// Steps in one run; longer inputs are cut.
const MAX_STEPS: usize = 256;
/// The users of the embedded configuration that have a client here, and whether it protects its voice.
const CLIENTS: [(&str, bool); 4] = [
    ("sip:alice@mc.example.org", false),
    ("sip:bob@mc.example.org", false),
    ("sip:dave@mc.example.org", true),
    ("sip:erin@mc.example.org", false),
];
const GROUPS: [&str; 2] = ["sip:fire-1@mc.example.org", "sip:rail-1@mc.example.org"];

/// Read once: a fuzzer runs many nodes.
static CONFIG: LazyLock<NodeConfig> =
    LazyLock::new(|| config::parse(config::DEFAULT).expect("the embedded configuration is valid"));

/// Runs a node of the embedded configuration through the steps that `data` describes. Each begins with an operation octet, taken
/// modulo 6; numbers are big endian; what is missing at the end is zero.
///
/// | operation | then | what happens |
/// |---|---|---|
/// | 0 | source, destination, length (2), octets | somebody sends a datagram |
/// | 1 | client, action, argument | an honest client does something, see `action` |
/// | 2 | milliseconds (2) | time passes |
/// | 3 | kind, place (2), value | the next datagram of a client is tampered with, see `tampering` |
/// | 4 | source, destination, client | somebody sends the last datagram of a client again |
/// | 5 | | the operator releases all calls |
///
/// Source: the addresses of each client in turn (SIP, audio, RTCP, floor control), then a stranger and the node itself, modulo their
/// number. Destination: the node's addresses in the order of [`NodeConfig::addresses_with_dscp`], modulo their number.
pub fn node_steps(data: &[u8]) {
    let config = CONFIG.clone();
    let destinations: Vec<SocketAddr> =
        config.addresses_with_dscp().into_iter().map(|(address, _)| address).collect();
    let mut world = World::new(config);
    for (user, protected) in CLIENTS {
        world.client(user, protected);
    }
    let places = Places { sources: sources(destinations[0]), destinations };
    let mut steps = Steps(data);
    for _ in 0..MAX_STEPS {
        if steps.0.is_empty() {
            return;
        }
        step(&mut world, &places, &mut steps);
        // Seen and forgotten: what is kept here must not look like growth of the node.
        world.take_events();
        world.take_to_strangers();
        for client in 0..CLIENTS.len() {
            world.take_client_events(client);
        }
    }
}

fn step(world: &mut World, places: &Places, steps: &mut Steps<'_>) {
    match steps.octet() % 6 {
        0 => {
            let (source, destination) = (places.source(steps.octet()), places.destination(steps.octet()));
            let length = steps.number();
            world.inject(source, destination, steps.octets(length.into()).to_vec());
        }
        1 => {
            let client = usize::from(steps.octet()) % CLIENTS.len();
            action(world, client, steps.octet(), steps.octet());
        }
        2 => world.advance(Duration::from_millis(steps.number().into())),
        3 => {
            let (kind, place, value) = (steps.octet(), steps.number(), steps.octet());
            world.tamper(tampering(places, kind, place, value));
        }
        4 => {
            let (source, destination) = (places.source(steps.octet()), places.destination(steps.octet()));
            let client = usize::from(steps.octet()) % CLIENTS.len();
            if let Some(sent) = world.last_sent(client).cloned() {
                world.inject(source, destination, sent.payload);
            }
        }
        _ => world.operate(Command::ReleaseAll),
    }
}

/// What an honest client can do, modulo their number, in this order: register, publish settings, affiliate to the groups whose bits
/// are set, call a group (see `call`), press, press with a priority, press in an emergency, release, speak, accept a grant, ask for
/// the queue position, leave, cancel, deaffiliate, log off, deregister.
fn action(world: &mut World, client: usize, action: u8, argument: u8) {
    let press = |priority, indicator| UeCommand::PressToTalk { priority, indicator };
    let call_now = world.equipment(client).call();
    let command = match action % 16 {
        0 => UeCommand::Client(ClientCommand::Register),
        1 => UeCommand::Client(ClientCommand::PublishSettings),
        2 => {
            let wanted = (0..GROUPS.len()).filter(|bit| (argument >> bit) & 1 == 1);
            UeCommand::Client(ClientCommand::Affiliate {
                groups: wanted.map(|bit| GROUPS[bit].into()).collect(),
            })
        }
        3 => UeCommand::Client(ClientCommand::CallGroup(call(argument))),
        4 => press(None, None),
        5 => press(Some(FloorPriority(argument)), None),
        6 => press(Some(FloorPriority(argument)), Some(FloorIndicator::EMERGENCY)),
        7 => UeCommand::ReleaseToTalk,
        8 => {
            for _ in 0..=argument % 16 {
                world.speak(client);
            }
            return;
        }
        9 => UeCommand::AcceptGrant,
        10 => UeCommand::AskQueuePosition,
        11 => match call_now {
            Some(call) => UeCommand::Client(ClientCommand::Leave { call }),
            None => return,
        },
        12 => match call_now {
            Some(call) => UeCommand::Client(ClientCommand::CancelCall { call }),
            None => return,
        },
        13 => UeCommand::Client(ClientCommand::Deaffiliate),
        14 => UeCommand::Client(ClientCommand::LogOff),
        _ => UeCommand::Client(ClientCommand::Deregister),
    };
    world.command(client, command);
}

/// Bit 0: the group; bit 1: without implicit floor request; bit 2: broadcast; bits 3 and 4: imminent peril, emergency, with alert.
fn call(bits: u8) -> GroupCall {
    let urgency = match (bits >> 3) & 3 {
        0 => Urgency::Normal,
        1 => Urgency::ImminentPeril,
        more => Urgency::Emergency { alert: more == 3 },
    };
    GroupCall {
        implicit_request: bits & 2 == 0,
        broadcast: bits & 4 != 0,
        urgency,
        ..GroupCall::new(GROUPS[usize::from(bits & 1)])
    }
}

/// Kinds modulo their number, in this order: lose, repeat, cut, change, insert, let it come from a source.
fn tampering(places: &Places, kind: u8, place: u16, value: u8) -> Tampering {
    match kind % 6 {
        0 => Tampering::Lose,
        1 => Tampering::Repeat,
        2 => Tampering::Cut(place),
        3 => Tampering::Change(place, value),
        4 => Tampering::Insert(place, value),
        _ => Tampering::Redirect(places.source(value)),
    }
}

/// Who can send and to whom.
struct Places {
    sources: Vec<SocketAddr>,
    destinations: Vec<SocketAddr>,
}

impl Places {
    fn source(&self, index: u8) -> SocketAddr {
        self.sources[usize::from(index) % self.sources.len()]
    }

    fn destination(&self, index: u8) -> SocketAddr {
        self.destinations[usize::from(index) % self.destinations.len()]
    }
}

fn sources(node: SocketAddr) -> Vec<SocketAddr> {
    let clients = (0_u8..).zip(CLIENTS).flat_map(|(index, _)| {
        let [sip, audio, floor] = World::addresses(index);
        [sip, audio, SocketAddr::new(audio.ip(), audio.port().wrapping_add(1)), floor]
    });
    clients.chain([SocketAddr::from(([203, 0, 113, 9], 5060)), node]).collect()
}

/// The octets that are left.
struct Steps<'a>(&'a [u8]);

impl<'a> Steps<'a> {
    fn octets(&mut self, count: usize) -> &'a [u8] {
        let (taken, left) = self.0.split_at(count.min(self.0.len()));
        self.0 = left;
        taken
    }

    fn octet(&mut self) -> u8 {
        self.octets(1).first().copied().unwrap_or_default()
    }

    fn number(&mut self) -> u16 {
        u16::from_be_bytes([self.octet(), self.octet()])
    }
}
