//! What is never finished: garbage and half-open calls without number. What a node keeps of them is counted, bounded and gone when
//! their time is over.
//!
//! `MCPTT_FLOOD=full`: 10^6 datagrams of garbage and 10^5 INVITE requests, which is for a release build; a twentieth of that
//! otherwise. Octets are counted, not estimated: what the node has of the heap at most, and what is left of it.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use allocation_counter::measure;
use call_control::config::{AssumeSettings, Group, Member, User};
use mcptt_codec::Path;
use mcptt_server::config;
use mcptt_server::node::{Event, Input, Node, NodeConfig, Output};
use mcptt_server::testing::t0;

use crate::scene::{controlling, participating};
use crate::wire::Raw;

/// Server transactions of one function, in all.
const TRANSACTIONS: usize = 110_000;
/// What an INVITE takes at most, whatever becomes of it: its transactions and dialogs at both functions, the leg of the call, and
/// the messages that are kept to be repeated.
const OCTETS_OF_AN_INVITE: u64 = 32 * 1024;
/// What an INVITE is answered that rings, is in a call, gave way to a later one of the same client, or is one too many.
const TAKEN: [u16; 5] = [183, 200, 487, 500, 503];
/// What is kept of a datagram of garbage at most.
const OCTETS_OF_GARBAGE: u64 = 2 * 1024;
/// What may be left when everything is over: room of tables that have become large, and the addresses that are remembered.
const LEFT: i64 = 64 * 1024 * 1024;
/// Nothing that anybody sends lives longer than this without a call: twice 64*T1 and something.
const LONGEST: Duration = Duration::from_secs(200);

fn times(count: u32) -> u32 {
    if std::env::var("MCPTT_FLOOD").is_ok_and(|how| how == "full") { count } else { count / 20 }
}

struct Flooded {
    node: Node,
    now: Instant,
    /// Answers by their status.
    answers: BTreeMap<u16, usize>,
}

impl Flooded {
    fn new() -> Self {
        Self::of(config::parse(config::DEFAULT).expect("the embedded configuration is valid"))
    }

    fn of(config: NodeConfig) -> Self {
        let now = t0();
        Self {
            node: Node::new(config, [5; 32], now).expect("it makes a node"),
            now,
            answers: BTreeMap::new(),
        }
    }

    fn send(&mut self, source: SocketAddr, destination: SocketAddr, octets: &[u8]) {
        let path = Path { local: destination, remote: source };
        self.node.handle_input(self.now, Input::Datagram { path, bytes: octets });
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Transmit(sent) if sent.payload.starts_with(b"SIP/2.0 ") => {
                    let status = sent.payload.get(8..11).and_then(|digits| std::str::from_utf8(digits).ok());
                    let status = status.and_then(|digits| digits.parse().ok()).expect("a status");
                    *self.answers.entry(status).or_default() += 1;
                }
                Output::Event(event @ Event::Defect { .. }) => panic!("{event:?}"),
                _ => {}
            }
        }
    }

    /// Lets time pass, to each wake-up in turn.
    fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(next) = self.node.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.node.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    /// Nobody is left, and nothing of what was sent.
    fn is_empty(&self) {
        let held = self.node.held();
        let rest = [
            held.client_transactions,
            held.server_transactions,
            held.dialogs,
            held.notes,
            held.relayed_calls,
            held.calls,
        ];
        assert_eq!(rest, [0; 6], "{held:?}");
    }
}

/// Garbage number `index`: no two from one address.
fn garbage(index: u32) -> (SocketAddr, SocketAddr, Vec<u8>) {
    let source = SocketAddr::from((Ipv4Addr::from(0x0b00_0000 + index), 1_024 + (index % 60_000) as u16));
    let to = if index.is_multiple_of(2) { participating() } else { controlling() };
    let raw = |method| Raw::new(method, source, index);
    let octets = match index % 16 {
        0 => raw("OPTIONS").octets(),
        1 => raw("REGISTER").octets(),
        2 => raw("BYE").in_dialog().octets(),
        3 => raw("CANCEL").octets(),
        4 => raw("ACK").in_dialog().octets(),
        5 => raw("SUBSCRIBE").field("Event: presence").octets(),
        6 => raw("PRACK").in_dialog().field("RAck: 1 1 INVITE").octets(),
        7 => raw("INVENTED").octets(),
        8 => raw("INFO").octets().split_off(40),
        9 => {
            format!("SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP {to};branch=z9hG4bK{index}\r\nCSeq: 1 INVITE\r\n\r\n")
                .into_bytes()
        }
        10 => raw("MESSAGE").field(&"X: y\r\n".repeat(300)).octets(),
        11 => b"INVITE sip:nobody SIP/2.0\r\nVia: ".to_vec(),
        _ => index.to_be_bytes().repeat(32),
    };
    (source, to, octets)
}

#[test]
fn garbage_is_kept_within_bounds_and_goes_away() {
    let mut flooded = Flooded::new();
    let taken = measure(|| {
        // All of it within the life of one transaction: nothing goes away while it comes.
        for index in 0..times(1_000_000) {
            let (source, to, octets) = garbage(index);
            flooded.send(source, to, &octets);
            if index.is_multiple_of(64) {
                flooded.advance(Duration::from_micros(500));
            }
        }
        let held = flooded.node.held();
        assert!(held.server_transactions > 1_000, "{held:?}");
        assert!(held.server_transactions <= 2 * TRANSACTIONS && held.notes <= 4 * TRANSACTIONS, "{held:?}");
        assert_eq!(
            (held.dialogs, held.bindings, held.calls, held.subscriptions, held.streams),
            (0, 0, 0, 0, 0),
            "{held:?}"
        );
        assert!(flooded.answers[&481] > 1_000, "{:?}", flooded.answers);
        flooded.advance(LONGEST);
    });
    flooded.is_empty();
    let most = OCTETS_OF_GARBAGE * u64::from(times(1_000_000).min(2 * TRANSACTIONS as u32));
    assert!(taken.bytes_max <= most, "{taken:?}, more than {most}");
    assert!(taken.bytes_current <= LEFT, "{taken:?}");
}

/// Users who are there: each is registered and affiliated to all groups.
const USERS: usize = 64;

fn user(number: usize) -> String {
    format!("sip:user-{number}@mc.example.org")
}

fn group(number: usize) -> String {
    format!("sip:group-{number}@mc.example.org")
}

fn source(user: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 6_000 + user as u16))
}

/// Groups of two users each, in turn. In every other one the caller is answered only when the other one has answered.
fn config_of(groups: usize, calls: usize) -> NodeConfig {
    let settings = config::DEFAULT
        .replace("assume-settings = \"none\"", "assume-settings = \"automatic\"")
        .replace("audio-ports = [20000, 20015]", "audio-ports = [30000, 33999]")
        .replace("floor-ports = [20016, 20023]", "floor-ports = [34000, 35999]");
    let mut node = config::parse(&settings).expect("it is valid");
    let own = &mut node.call_control;
    assert_eq!(own.assume_settings, AssumeSettings::Automatic);
    own.users = (0..USERS).map(|number| User::new(user(number).as_str(), user(number).as_str())).collect();
    let group_of = |number: usize| {
        let members = [number, number + 1].map(|member| Member::new(user(member % USERS).as_str()));
        let minimum_to_start = u16::from(number / USERS % 2 == 1);
        let settings = Group::prearranged(group(number).as_str(), members.to_vec());
        Group { protect_media: false, minimum_to_start, ..settings }
    };
    own.groups = (0..groups).map(group_of).collect();
    own.users.iter_mut().for_each(|user| user.plain_rtp = true);
    own.limits.calls = calls;
    node
}

fn log_in(flooded: &mut Flooded, number: usize, groups: usize) {
    let (name, source) = (user(number), source(number));
    let id = format!("urn:uuid:00000000-0000-4000-8000-{number:012}");
    let client = format!(
        "<mcptt-request-uri type=\"Normal\"><mcpttURI>{name}</mcpttURI></mcptt-request-uri>\
         <mcptt-client-id type=\"Normal\"><mcpttString>{id}</mcpttString></mcptt-client-id>"
    );
    let info = format!(
        "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>{client}</mcptt-Params></mcpttinfo>"
    );
    let own = (0..groups).filter(|group| [group % USERS, (group + 1) % USERS].contains(&number));
    let affiliations: String =
        own.map(|number| format!("<p:affiliation group=\"{}\"/>", group(number))).collect();
    let presence = format!(
        "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:p=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"{name}\">\
         <tuple id=\"{id}\"><status>{affiliations}</status></tuple></presence>"
    );
    let unique = 1_000_000 + 2 * number as u32;
    let register = Raw::new("REGISTER", source, unique).of(&name);
    let register = register.field(&format!("Contact: <sip:{source}>;+g.3gpp.mcptt")).octets();
    let register = String::from_utf8_lossy(&register)
        .replace("To: <sip:participating@mc.example.org>", &format!("To: <{name}>"));
    flooded.send(source, participating(), register.as_bytes());
    let publish = Raw::new("PUBLISH", source, unique + 1)
        .of(&name)
        .field("Event: presence")
        .field("Expires: 4294967295")
        .field("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .parts(&[("application/vnd.3gpp.mcptt-info+xml", &info), ("application/pidf+xml", &presence)]);
    flooded.send(source, participating(), &publish.octets());
}

/// INVITE number `index`: each user calls its groups in turn, with media at an address of its own.
fn invite(index: u32, groups: usize) -> (SocketAddr, Vec<u8>) {
    let number = index as usize % groups;
    let source = source(number % USERS);
    let [_, high, middle, low] = index.to_be_bytes();
    let invite = Raw::new("INVITE", source, index)
        .of(&user(number % USERS))
        .group_call()
        .replace("sip:fire-1@mc.example.org", &group(number))
        .replace("203.0.113.9", &format!("10.{high}.{middle}.{low}"));
    (source, invite.octets())
}

/// The caller never acknowledges, the called one never answers: calls are opened until there are as many as there may be, and
/// all of them are half-open. Then everything else is refused until they are over by themselves.
#[test]
fn half_open_calls_are_kept_within_bounds_and_go_away() {
    let (calls, groups) = (times(4_000) as usize, times(6_400) as usize);
    let mut flooded = Flooded::of(config_of(groups, calls));
    (0..USERS).for_each(|number| log_in(&mut flooded, number, groups));
    assert_eq!(flooded.answers, [(200, 2 * USERS)].into(), "all are registered and affiliated");
    let mut held = flooded.node.held();
    let taken = measure(|| {
        for index in 0..times(100_000) {
            let (source, octets) = invite(index, groups);
            flooded.send(source, participating(), &octets);
            // All of them within 64*T1: nothing goes away while they come.
            if index.is_multiple_of(64) {
                flooded.advance(Duration::from_micros(u64::from(64 * 25_000_000 / times(100_000))));
            }
        }
        held = flooded.node.held();
        assert_eq!(held.calls, calls, "{held:?}");
        // Of each call the INVITE of the caller, at both functions, and that to the called one.
        assert!(held.relayed_calls >= 2 * calls && held.dialogs >= 2 * calls, "{held:?}");
        assert!(held.server_transactions <= 2 * TRANSACTIONS, "{held:?}");
        // Nobody was refused for who it is: those who wait give way to their own next INVITE, the others find no room.
        assert!(flooded.answers.keys().all(|status| TAKEN.contains(status)), "{:?}", flooded.answers);
        assert!(flooded.answers[&183] > calls / 4 && flooded.answers[&500] > calls, "{:?}", flooded.answers);
        flooded.advance(LONGEST);
    });
    assert_eq!(flooded.node.held().bindings, USERS, "who is registered stays so");
    flooded.is_empty();
    let most = OCTETS_OF_AN_INVITE * u64::from(times(100_000));
    assert!(taken.bytes_max <= most, "{taken:?}, more than {most}: {held:?}");
    assert!(taken.bytes_current <= LEFT, "{taken:?}");
}
