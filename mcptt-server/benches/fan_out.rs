//! What forwarding a packet of voice costs the server as it runs: its driver, on a thread and sockets of its own, with listeners
//! that drop what they get in the kernel, beside a bare `sendmmsg` to the same listeners measured before and after.
//!
//! `cargo bench -p mcptt-server --bench fan_out` takes two minutes and wants two cores for itself: one for the server, one for
//! talkers and the one listener of each call whose delay is measured. The call is set up through SIP by honest clients; then
//! somebody talks at the pace of voice. `-- plain`, `group`, `gcm` or `cm` takes one protection only.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![allow(clippy::unwrap_used, reason = "a benchmark that cannot run is of no use")]

mod world;

use std::io;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::sdp::CryptoSuite;
use mcptt_server::demo::load::{base, cpu};
use mcptt_server::driver::{self, Control, Direction, Observer};
use mcptt_server::node::Event;
use socket2::{Domain, Socket, Type};
use tokio::sync::mpsc;
use world::{PACKET_TIME, Place, World};

/// The name of the thread that is measured.
const SERVER: &str = "fan-out-server";
/// How long somebody talks in each measurement; less than T2.
const TALK: Duration = Duration::from_secs(3);
const SERVER_PORTS: [u16; 2] = [24_500, 24_502];
const CLIENT_PORTS: [u16; 3] = [24_600, 24_602, 24_604];
const FIRST_CLIENT: u32 = 0x7f50_0000;
/// What an authentication tag of SRTP adds: 16 octets of GCM, 10 of SHA-1.
const TAGS: [usize; 4] = [0, 10, 16, 10];

/// What protects the voice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Protection {
    Plain,
    /// By a key of the group that the server does not have: the octets pass as they are.
    Group,
    /// Each listener has a key of its own.
    Gcm,
    Cm,
}

impl Protection {
    const ALL: [Self; 4] = [Self::Plain, Self::Group, Self::Gcm, Self::Cm];

    const fn name(self) -> &'static str {
        ["plain", "group", "gcm", "cm"][self as usize]
    }

    fn suites(self) -> Vec<CryptoSuite> {
        match self {
            Self::Plain | Self::Group => Vec::new(),
            Self::Gcm => vec![CryptoSuite::AeadAes128Gcm],
            Self::Cm => vec![CryptoSuite::AesCm128HmacSha1_80],
        }
    }

    /// The most that a forwarded packet may cost, in bare sends.
    const fn goal(self, shape: &Shape) -> Option<f64> {
        match (shape.listeners, self) {
            (50, _) => None,
            (10, Self::Cm) => Some(2.0),
            (10, _) => Some(1.8),
            (_, Self::Cm) => Some(1.5),
            _ => Some(1.3),
        }
    }
}

struct Shape {
    calls: usize,
    listeners: u32,
}

const SHAPES: [Shape; 4] = [
    Shape { calls: 1, listeners: 50 },
    Shape { calls: 1, listeners: 200 },
    Shape { calls: 1, listeners: 500 },
    Shape { calls: 20, listeners: 10 },
];

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if !arguments.iter().any(|argument| argument == "--bench") {
        return println!("run with cargo bench: as a test it would measure nothing");
    }
    let chosen: Vec<Protection> =
        Protection::ALL.into_iter().filter(|one| arguments.iter().any(|name| name == one.name())).collect();
    let chosen = if chosen.is_empty() { Protection::ALL.to_vec() } else { chosen };
    println!(
        "processor time of the server for each forwarded packet, in one run with bare sends to the same listeners"
    );
    println!(
        "{:>9} {:>6} | {:>9} {:>9} {:>6} {:>6} | {:>9} {:>9} | {:>6} {:>6} {:>7}",
        "listeners",
        "",
        "ns/packet",
        "ns bare",
        "ratio",
        "goal",
        "p50 us",
        "p99 us",
        "loss %",
        "core %",
        "allocs"
    );
    let mut missed = 0;
    for shape in &SHAPES {
        for protection in &chosen {
            missed += usize::from(!row(shape, *protection));
        }
    }
    println!("{missed} goals missed");
}

/// One measurement; says whether the goal was reached.
fn row(shape: &Shape, protection: Protection) -> bool {
    let place = Place {
        server: Ipv4Addr::LOCALHOST.into(),
        server_ports: SERVER_PORTS,
        first_client: FIRST_CLIENT,
        client_ports: CLIENT_PORTS,
        suites: protection.suites(),
        keeps_callers: true,
    };
    let sizes = vec![shape.listeners + 1; shape.calls];
    let start = Instant::now();
    let mut world = World::at(start, sizes.clone(), place.clone());
    (0..shape.calls).for_each(|_| world.set_up_next());
    // The clocks of the calls and of the machine are one from here on.
    let behind = Instant::now().saturating_duration_since(world.now);
    world.pass(behind);
    (0..shape.calls).for_each(|call| world.press(call));
    let allocations = allocations(&mut world, shape);
    while let Some(early) = world.now.checked_duration_since(Instant::now()).filter(|early| !early.is_zero())
    {
        std::thread::sleep(early);
    }

    let deaf: Vec<_> = (0..2).flat_map(|next| CLIENT_PORTS.map(|port| port + next)).map(base::deaf).collect();
    assert!(deaf.iter().all(Result::is_ok), "{deaf:?}");
    let first = |call: usize| u32::try_from(call).unwrap() * (shape.listeners + 1);
    let talkers: Vec<UdpSocket> =
        (0..shape.calls).map(|call| bind(place.addresses(first(call))[1])).collect();
    let last: Vec<UdpSocket> =
        (0..shape.calls).map(|call| bind(place.addresses(first(call) + shape.listeners)[1])).collect();
    let listeners: Vec<SocketAddr> = (0..first(shape.calls))
        .filter(|who| who % (shape.listeners + 1) != 0)
        .map(|who| place.addresses(who)[1])
        .collect();
    let octets = world.say(0).payload.len() + TAGS[1] * usize::from(protection == Protection::Group);
    let before = base::measure_to(&listeners, octets).unwrap().unwrap();
    let config = world::configuration(&sizes, &place);
    let World { node, callers, .. } = world;
    let (control, server) = serve(node, &config);

    let talk = Talk { shape, protection, callers, talkers, last };
    let Measured { taken, mut delays, packets } = talk.run();
    drop(control);
    server.join().unwrap();
    let after = base::measure_to(&listeners, octets).unwrap().unwrap();

    delays.sort_unstable();
    let forwarded = f64::from(packets) * f64::from(shape.listeners);
    let each = taken.as_secs_f64() * 1e9 / forwarded;
    let bare = (before + after).as_secs_f64() * 1e9 / 2.0;
    let at = |part: f64| {
        delays.get((delays.len() as f64 * part) as usize).map_or(f64::NAN, |d| d.as_secs_f64() * 1e6)
    };
    let lost = 100.0 * (1.0 - delays.len() as f64 / f64::from(packets));
    let goal = protection.goal(shape);
    let name = format!("{}x{}", shape.calls, shape.listeners);
    println!(
        "{name:>9} {:>6} | {each:>9.0} {bare:>9.0} {:>6.2} {:>6} | {:>9.0} {:>9.0} | {lost:>6.2} {:>6.1} {allocations:>7.2}",
        protection.name(),
        each / bare,
        goal.map_or("-".to_owned(), |goal| format!("{goal:.1}")),
        at(0.5),
        at(0.99),
        100.0 * taken.as_secs_f64() / TALK.as_secs_f64(),
    );
    goal.is_none_or(|goal| each / bare <= goal) && allocations == 0.0
}

/// What a forwarded packet takes from the heap in the node, once its buffers have the size that they need.
fn allocations(world: &mut World, shape: &Shape) -> f64 {
    const ROUNDS: u32 = 20;
    let mut taken = 0;
    for round in 0..2 * ROUNDS {
        world.pass(PACKET_TIME);
        for call in 0..shape.calls {
            let packet = world.say(call);
            let path = Path { local: packet.path.remote, remote: packet.path.local };
            let mut sent = 0;
            let counted = allocation_counter::measure(|| sent = world.forward(path, &packet.payload));
            assert_eq!(sent, shape.listeners, "everybody hears it");
            if round >= ROUNDS {
                taken += counted.count_total;
            }
        }
    }
    taken as f64 / (f64::from(ROUNDS) * shape.calls as f64 * f64::from(shape.listeners))
}

struct Talk<'a> {
    shape: &'a Shape,
    protection: Protection,
    callers: Vec<mcptt_server::ue::UserEquipment>,
    talkers: Vec<UdpSocket>,
    last: Vec<UdpSocket>,
}

struct Measured {
    /// Processor time of the server.
    taken: Duration,
    /// From the talker to its last listener.
    delays: Vec<Duration>,
    /// Said by all talkers together.
    packets: u32,
}

impl Talk<'_> {
    fn run(mut self) -> Measured {
        let (mut delays, mut packets) = (Vec::new(), 0);
        // The first second warms up.
        let begun = Instant::now();
        let mut due = begun;
        let mut from = None;
        while due < begun + Duration::from_secs(1) + TALK {
            if from.is_none() && due >= begun + Duration::from_secs(1) {
                from = cpu::of_thread(SERVER);
                (delays, packets) = (Vec::new(), 0);
            }
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let mut said = Vec::new();
            for call in 0..self.shape.calls {
                let (to, packet) = self.packet(call);
                said.push(Instant::now());
                self.talkers[call].send_to(&packet, to).unwrap();
                packets += 1;
            }
            for (listener, said) in self.last.iter().zip(said) {
                let mut packet = [0; 2_048];
                if listener.recv(&mut packet).is_ok() {
                    delays.push(said.elapsed());
                }
            }
            due += PACKET_TIME;
        }
        let taken = cpu::of_thread(SERVER).zip(from).map(|(end, from)| end.saturating_sub(from));
        Measured { taken: taken.expect("the kernel tells"), delays, packets }
    }

    fn packet(&mut self, call: usize) -> (SocketAddr, Bytes) {
        let caller = &mut self.callers[call];
        caller.send_voice(Instant::now(), &[7; 60]).unwrap();
        let sent = std::iter::from_fn(|| caller.poll_output()).find_map(|output| match output {
            mcptt_server::ue::UeOutput::Transmit(transmit) => Some(transmit),
            _ => None,
        });
        let sent = sent.unwrap();
        let tag = [0; TAGS[1]];
        let packet = match self.protection {
            Protection::Group => [&sent.payload[..], &tag].concat().into(),
            _ => sent.payload,
        };
        (sent.path.remote, packet)
    }
}

fn bind(address: SocketAddr) -> UdpSocket {
    let socket = Socket::new(Domain::IPV4, Type::DGRAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    socket.bind(&address.into()).unwrap();
    socket.into()
}

fn serve(
    node: mcptt_server::node::Node,
    config: &mcptt_server::node::NodeConfig,
) -> (mpsc::Sender<Control>, JoinHandle<()>) {
    let sockets = driver::bind(config).unwrap();
    let (control, told) = mpsc::channel(1);
    let (ready, running) = std::sync::mpsc::channel();
    let server = std::thread::Builder::new().name(SERVER.to_owned()).spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        ready.send(()).unwrap();
        runtime.block_on(driver::run(node, sockets, told, &mut Nobody)).unwrap();
    });
    running.recv().unwrap();
    (control, server.unwrap())
}

/// Looks at nothing.
struct Nobody;

impl Observer for Nobody {
    fn wants_datagrams(&self) -> bool {
        false
    }

    fn datagram(&mut self, _: Instant, _: Direction, _: Path, _: &Bytes) {}

    fn event(&mut self, _: Instant, _: &Event) {}

    fn send_failed(&mut self, path: Path, error: &io::Error) {
        println!("{path:?}: {error}");
    }
}
