//! A node under hostile input: honest clients that use it, datagrams of anybody to every port in any order, and time.

mod keys;
pub mod world;

use std::net::SocketAddr;
use std::sync::LazyLock;
use std::time::Duration;

use call_control::client::{ClientCommand, GroupCall, PrivateCall, SessionCall, SessionId, Urgency};
use call_control::transport::{SipPath, StreamEvent, Transport};
use mcptt_codec::floor::{FloorIndicator, FloorPriority};
use mcptt_codec::sip::{HeaderName, Limits, SipMessage};

pub use keys::i_message;

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
/// modulo 10; numbers are big endian; what is missing at the end is zero.
///
/// | operation | then | what happens |
/// |---|---|---|
/// | 0 | source, destination, length (2), octets | somebody sends a datagram |
/// | 1 | client, action, argument | an honest client does something, see `action` |
/// | 2 | milliseconds (2) | time passes |
/// | 3 | kind, place (2), value | the next datagram of a client is tampered with, see `tampering` |
/// | 4 | source, destination, client | somebody sends the last datagram of a client again |
/// | 5 | | the operator releases all calls |
/// | 6 | connection, length (2), octets | octets, or a frame, arrive over a connection |
/// | 7 | connection, what | a connection closes (even), or its peer has shown a certificate (odd) |
/// | 8 | source or connection, method, target, fields (2) | somebody sends a well-formed request, see `request` |
/// | 9 | milliseconds (2) | messages have waited for so long |
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
    match steps.octet() % 10 {
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
        5 => world.operate(Command::ReleaseAll),
        6 => {
            let path = places.connection(steps.octet());
            let length = steps.number();
            let octets = steps.octets(length.into());
            world.stream(path, arriving(path, octets));
        }
        7 => {
            let (path, what) = (places.connection(steps.octet()), steps.octet());
            let names = ["core.example.org".to_owned(), format!("sip:{what}.example.org")];
            let shown = StreamEvent::Identified(&names);
            world.stream(path, if what % 2 == 0 { StreamEvent::Closed } else { shown });
        }
        8 => {
            let (from, method, target, fields) =
                (steps.octet(), steps.octet(), steps.octet(), steps.number());
            let text = request(world, method, target, fields);
            if from % 2 == 0 {
                world.inject(places.source(from / 2), places.destination(target), text);
            } else {
                let path = places.connection(from / 2);
                world.stream(path, arriving(path, text.as_bytes()));
            }
        }
        _ => world.wait(Duration::from_millis(steps.number().into())),
    }
}

/// What arrives over a connection of this kind.
fn arriving(path: SipPath, octets: &[u8]) -> StreamEvent<'_> {
    if path.transport.is_framed() { StreamEvent::Frame(octets) } else { StreamEvent::Octets(octets) }
}

/// A request in good order. Methods modulo their number in the order of the list; the target is a user, a group or a dialog
/// that a client has. Bits of the fields: a session timer, a short one, a description, REFER to a list, no subscription,
/// reliability, a device with a flow, a path, an old sequence number, an emergency, an event, and no time.
fn request(world: &World, method: u8, target: u8, fields: u16) -> String {
    const METHODS: [&str; 14] = [
        "REGISTER",
        "INVITE",
        "ACK",
        "BYE",
        "CANCEL",
        "UPDATE",
        "PRACK",
        "REFER",
        "INFO",
        "MESSAGE",
        "SUBSCRIBE",
        "NOTIFY",
        "PUBLISH",
        "OPTIONS",
    ];
    let method = METHODS[usize::from(method) % METHODS.len()];
    let bit = |number: u16| (fields >> number) & 1 == 1;
    let user = CLIENTS[usize::from(target) % CLIENTS.len()].0;
    let known = world.last_sent(usize::from(target) % CLIENTS.len());
    let known = known.and_then(|sent| SipMessage::decode(&sent.payload, &Limits::DEFAULT).ok());
    // Every second one belongs to what a client has said last.
    let taken = |name: &HeaderName| {
        let headers = known.as_ref().filter(|_| target & 0x80 != 0)?.headers();
        headers.get(name).map(ToString::to_string)
    };
    let from = taken(&HeaderName::From).unwrap_or_else(|| format!("<{user}>;tag=f{target}"));
    let to = taken(&HeaderName::To).unwrap_or_else(|| format!("<{user}>"));
    let call_id = taken(&HeaderName::CallId).unwrap_or_else(|| format!("c{target}"));
    let sequence = if bit(8) { 1 } else { 1_000 + u32::from(fields) };
    let mut text = format!(
        "{method} sip:participating@mc.example.org SIP/2.0\r\nVia: SIP/2.0/UDP 203.0.113.9;branch=z9hG4bK{fields}{target}\r\n\
         Max-Forwards: 70\r\nFrom: {from}\r\nTo: {to}\r\nCall-ID: {call_id}\r\nCSeq: {sequence} {method}\r\n\
         P-Asserted-Identity: <{user}>\r\nAccept-Contact: *;+g.3gpp.mcptt;require;explicit\r\n"
    );
    let device = ";+sip.instance=\"<urn:uuid:1>\";reg-id=1";
    text.push_str(&format!(
        "Contact: <sip:ue@203.0.113.9:5060>;+g.3gpp.mcptt{}\r\n",
        if bit(6) { device } else { "" }
    ));
    let fields: [(bool, &str); 11] = [
        (bit(0), "Supported: timer, outbound, path, norefersub\r\nSession-Expires: 90;refresher=uac\r\n"),
        (bit(1), "Session-Expires: 10\r\nMin-SE: 4294967295\r\n"),
        (bit(3), "Require: multiple-refer\r\nRefer-To: <cid:l@x>\r\n"),
        (!bit(3), "Refer-To: <sip:fire-1@mc.example.org?body=x>\r\n"),
        (bit(4), "Refer-Sub: false\r\n"),
        (bit(5), "Require: 100rel\r\nRAck: 1 1 INVITE\r\n"),
        (bit(7), "Path: <sip:edge.example.org;lr;ob>\r\n"),
        (bit(9), "Resource-Priority: mcpttp.15\r\n"),
        (bit(10), "Event: refer;id=1000\r\nSubscription-State: terminated;reason=noresource\r\n"),
        (!bit(10), "Event: presence\r\nInfo-Package: g.3gpp.mcptt-info\r\n"),
        (bit(11), "Expires: 0\r\n"),
    ];
    fields.iter().filter(|(there, _)| *there).for_each(|(_, field)| text.push_str(field));
    let body = if bit(2) {
        "v=0\r\no=- 1 1 IN IP4 203.0.113.9\r\ns=-\r\nc=IN IP4 203.0.113.9\r\nt=0 0\r\nm=audio 4000 RTP/AVP 97\r\n\
         i=speech\r\na=rtpmap:97 AMR-WB/16000/1\r\nm=application 4002 udp MCPTT\r\n"
    } else {
        ""
    };
    if !body.is_empty() {
        text.push_str("Content-Type: application/sdp\r\n");
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    text
}

/// What an honest client can do, modulo their number, in this order: register, publish settings, affiliate to the groups whose bits
/// are set, call a group (see `call`), press, press with a priority, press in an emergency, release, speak, accept a grant, ask for
/// the queue position, leave, cancel, deaffiliate, log off, deregister. From 240 on it is something with a pre-established session,
/// see `session`.
fn action(world: &mut World, client: usize, action: u8, argument: u8) {
    if let Some(action) = action.checked_sub(240) {
        return world.signal(client, session(client, action, argument));
    }
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

/// Modulo their number, in this order: establish a session, call a group over the first or a later one (see `call`), call another
/// client over it, give it up, move it to other ports and back.
fn session(client: usize, action: u8, argument: u8) -> ClientCommand {
    let session = SessionId(u32::from(argument >> 6) + 1);
    match action % 5 {
        0 => ClientCommand::EstablishSession { identity: "sip:sessions@mc.example.org".into() },
        1 => ClientCommand::CallOverSession { session, call: SessionCall::Group(call(argument)) },
        2 => {
            let (callee, _) = CLIENTS[usize::from(argument) % CLIENTS.len()];
            let floor_control = argument & 4 != 0;
            let call = PrivateCall { floor_control, ..PrivateCall::new(callee) };
            ClientCommand::CallOverSession { session, call: SessionCall::User(call) }
        }
        3 => ClientCommand::ReleaseSession { session },
        _ => {
            let [_, audio, floor] = World::addresses(u8::try_from(client).unwrap_or_default());
            let aside = u16::from(argument & 1) * 100;
            let moved = |address: SocketAddr| SocketAddr::new(address.ip(), address.port() + aside);
            ClientCommand::ModifySession { session, audio: moved(audio), floor: moved(floor) }
        }
    }
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

    /// One of eight connections to one of the two functions.
    fn connection(&self, index: u8) -> SipPath {
        let transport =
            [Transport::Tcp, Transport::Tls, Transport::Ws, Transport::Wss][usize::from(index >> 1) % 4];
        let port = 40_000 + u16::from(index % 8);
        let local = self.destinations[usize::from(index >> 7) % 2];
        SipPath { transport, local, remote: SocketAddr::from(([203, 0, 113, 8], port)) }
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
