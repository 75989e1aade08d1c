//! What is never finished: garbage and half-open calls without number. What a node keeps of them is counted, bounded and gone when
//! their time is over.
//!
//! `MCPTT_FLOOD=full`: 10^6 datagrams of garbage and 10^5 INVITE requests, for a release build; a tenth of that otherwise.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use mcptt_codec::Path;
use mcptt_server::config;
use mcptt_server::node::{Event, Input, Node, Output};
use mcptt_server::testing::t0;

use crate::scene::{controlling, participating};
use crate::wire::Raw;

/// Server transactions of one function, in all.
const TRANSACTIONS: usize = 110_000;
/// Nothing that anybody sends lives longer than this without a call: twice 64*T1 and something.
const LONGEST: Duration = Duration::from_secs(200);

fn times(count: u32) -> u32 {
    if std::env::var("MCPTT_FLOOD").is_ok_and(|how| how == "full") { count } else { count / 10 }
}

struct Flooded {
    node: Node,
    now: Instant,
    /// Final answers by their first digit.
    answers: [usize; 10],
}

impl Flooded {
    fn new() -> Self {
        let config = config::parse(config::DEFAULT).expect("the embedded configuration is valid");
        let now = t0();
        Self { node: Node::new(config, [5; 32], now).expect("it makes a node"), now, answers: [0; 10] }
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
                    let class =
                        sent.payload.get(8).map_or(0, |digit| usize::from(digit.saturating_sub(b'0')));
                    self.answers[class % 10] += 1;
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
    assert!(flooded.answers[4] > 1_000, "{:?}", flooded.answers);
    flooded.advance(LONGEST);
    flooded.is_empty();
}

/// A user who is there: registered and affiliated from an address that is trusted.
fn log_in(flooded: &mut Flooded, source: SocketAddr) {
    let client = "<mcptt-request-uri type=\"Normal\"><mcpttURI>sip:alice@mc.example.org</mcpttURI></mcptt-request-uri>\
                  <mcptt-client-id type=\"Normal\"><mcpttString>urn:uuid:00000000-0000-4000-8000-0000000000a1</mcpttString></mcptt-client-id>";
    let info = format!(
        "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>{client}</mcptt-Params></mcpttinfo>"
    );
    let presence = "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:p=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"sip:alice@mc.example.org\">\
                    <tuple id=\"urn:uuid:00000000-0000-4000-8000-0000000000a1\"><status><p:affiliation group=\"sip:fire-1@mc.example.org\"/>\
                    </status></tuple></presence>";
    let register =
        Raw::new("REGISTER", source, 1).field(&format!("Contact: <sip:{source}>;+g.3gpp.mcptt")).octets();
    let register = String::from_utf8_lossy(&register)
        .replace("To: <sip:participating@mc.example.org>", "To: <sip:alice@mc.example.org>");
    flooded.send(source, participating(), register.as_bytes());
    let publish = Raw::new("PUBLISH", source, 2)
        .field("Event: presence")
        .field("Expires: 4294967295")
        .field("Accept-Contact: *;+g.3gpp.mcptt;require;explicit")
        .parts(&[("application/vnd.3gpp.mcptt-info+xml", &info), ("application/pidf+xml", presence)]);
    flooded.send(source, participating(), &publish.octets());
    assert_eq!(flooded.answers[2], 2, "alice is registered and affiliated: {:?}", flooded.answers);
}

#[test]
fn half_open_calls_are_kept_within_bounds_and_go_away() {
    let mut flooded = Flooded::new();
    let alice = SocketAddr::from(([127, 0, 0, 1], 6_060));
    log_in(&mut flooded, alice);
    // Nobody acknowledges an answer. Strangers are refused, what the user begins is answered and waits.
    for index in 0..times(100_000) {
        let number = index + 10;
        match index % 50 {
            0 => {
                let source = SocketAddr::from(([127, 0, 0, 1], 7_000 + (index / 50 % 50_000) as u16));
                let invite = Raw::new("INVITE", source, number).group_call();
                flooded.send(source, participating(), &invite.octets());
            }
            _ => {
                let source = SocketAddr::from((Ipv4Addr::from(0x0c00_0000 + index), 5_060));
                let to = if index.is_multiple_of(2) { participating() } else { controlling() };
                flooded.send(source, to, &Raw::new("INVITE", source, number).group_call().octets());
            }
        }
        if index.is_multiple_of(64) {
            flooded.advance(Duration::from_millis(1));
        }
    }
    let held = flooded.node.held();
    assert!(held.server_transactions > 1_000 && held.dialogs > 0, "{held:?}");
    assert!(held.server_transactions <= 2 * TRANSACTIONS, "{held:?}");
    assert!(held.calls <= 1, "all of them are in one call: {held:?}");
    flooded.advance(LONGEST);
    assert_eq!(flooded.node.held().bindings, 1, "who is registered stays so");
    flooded.is_empty();
}
