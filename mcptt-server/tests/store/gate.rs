//! The node and the answers that wait for its store, on virtual time.

use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime};

use call_control::Event as Call;
use mcptt_codec::Path;
use mcptt_server::config;
use mcptt_server::node::{Answer, Event, Input, Node, Output, Query, StoreError, StoreSettings, Write};
use mcptt_server::testing::t0;

const ALICE: &str = "127.0.0.1:7001";
const BOB: &str = "127.0.0.1:7002";

struct Rig {
    node: Node,
    now: Instant,
    sip: SocketAddr,
    /// Status and method of what was sent, with the peer.
    sent: Vec<(String, SocketAddr)>,
    texts: Vec<String>,
    writes: Vec<Write>,
    events: Vec<Event>,
}

impl Rig {
    fn new() -> Self {
        let mut config = config::parse(config::DEFAULT).unwrap();
        config.store = Some(StoreSettings::default());
        let (now, sip) = (t0(), config.call_control.participating.address);
        let node = Node::new(config, [7; 32], now).unwrap();
        let mut rig = Self {
            node,
            now,
            sip,
            sent: Vec::new(),
            texts: Vec::new(),
            writes: Vec::new(),
            events: Vec::new(),
        };
        let wall = SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000);
        assert_eq!(rig.node.poll_output(), Some(Output::Query(Query::Load)));
        rig.input(Input::WallClock(wall));
        rig.input(Input::Answer(Answer::Loaded(Vec::new())));
        rig.stored(Ok(()));
        rig
    }

    fn input(&mut self, input: Input<'_>) {
        self.node.handle_input(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Transmit(transmit) => {
                    let text = String::from_utf8_lossy(&transmit.payload).into_owned();
                    let status = text.split(' ').nth(1).unwrap().to_owned();
                    let method = text.lines().find(|line| line.starts_with("CSeq")).unwrap();
                    let method = method.rsplit(' ').next().unwrap();
                    self.sent.push((format!("{status} {method}"), transmit.path.remote));
                    self.texts.push(text);
                }
                Output::Query(Query::Store(write)) => self.writes.push(write),
                Output::Event(event) => self.events.push(event),
                _ => {}
            }
        }
    }

    /// Answers every write that is outstanding.
    fn stored(&mut self, outcome: Result<(), StoreError>) {
        for write in std::mem::take(&mut self.writes) {
            self.input(Input::Answer(Answer::Stored { id: write.id, outcome }));
        }
    }

    fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(due) = self.node.poll_timeout().filter(|due| *due <= end) {
            self.now = self.now.max(due);
            self.node.handle_timeout(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn request(&mut self, from: &str, method: &str, user: &str, sequence: u32) {
        let text = format!(
            "{method} sip:participating@mc.example.org SIP/2.0\r\nVia: SIP/2.0/UDP {from};branch=z9hG4bK{user}{sequence}\r\n\
             From: <sip:{user}@mc.example.org>;tag=1\r\nTo: <sip:{user}@mc.example.org>\r\nCall-ID: {user}\r\n\
             CSeq: {sequence} {method}\r\nMax-Forwards: 70\r\nContact: <sip:{user}@{from}>\r\nExpires: 600\r\n\
             Content-Length: 0\r\n\r\n"
        );
        let path = Path { local: self.sip, remote: from.parse().unwrap() };
        self.input(Input::Datagram { path, bytes: text.as_bytes() });
    }

    fn take_sent(&mut self) -> Vec<(String, String)> {
        self.texts.clear();
        std::mem::take(&mut self.sent).into_iter().map(|(what, to)| (what, to.to_string())).collect()
    }
}

fn sent(what: &str, to: &str) -> (String, String) {
    (what.to_owned(), to.to_owned())
}

#[test]
fn an_answer_leaves_after_what_it_promises_is_written_and_others_do_not_wait() {
    let mut rig = Rig::new();
    rig.request(ALICE, "REGISTER", "alice", 1);
    assert_eq!(rig.take_sent(), []);
    assert_eq!(rig.writes.len(), 1);
    assert!(rig.writes[0].records.iter().any(|(key, value)| key.starts_with("binding/") && value.is_some()));
    assert!(rig.writes[0].events.iter().any(|line| line.contains("\"event\":\"registered\"")));
    // A retransmission waits behind the first answer; somebody else is answered at once.
    rig.request(ALICE, "REGISTER", "alice", 1);
    rig.request(BOB, "OPTIONS", "bob", 1);
    assert_eq!(rig.take_sent(), [sent("200 OPTIONS", BOB)]);
    rig.stored(Ok(()));
    assert_eq!(rig.take_sent(), [sent("200 REGISTER", ALICE), sent("200 REGISTER", ALICE)]);
    rig.request(ALICE, "OPTIONS", "alice", 2);
    assert_eq!(rig.take_sent(), [sent("200 OPTIONS", ALICE)]);
    assert_eq!(rig.writes.len(), 0);
}

#[test]
fn a_disk_that_is_full_makes_503_and_nothing_is_forgotten() {
    let mut rig = Rig::new();
    rig.request(ALICE, "REGISTER", "alice", 1);
    rig.request(BOB, "REGISTER", "bob", 1);
    rig.events.clear();
    let first = rig.writes.remove(0);
    rig.input(Input::Answer(Answer::Stored { id: first.id, outcome: Err(StoreError::Full) }));
    assert_eq!(rig.events[0], Event::StoreFailed { error: StoreError::Full });
    assert!(rig.texts.iter().all(|text| text.contains("Retry-After: 5\r\n")));
    assert_eq!(rig.take_sent(), [sent("503 REGISTER", ALICE), sent("503 REGISTER", BOB)]);
    // Retransmissions get the same answer, new requests are refused before anything changes.
    rig.request(ALICE, "REGISTER", "alice", 1);
    rig.request(BOB, "REGISTER", "bob", 2);
    assert_eq!(rig.take_sent(), [sent("503 REGISTER", ALICE), sent("503 REGISTER", BOB)]);
    rig.request(BOB, "OPTIONS", "bob", 3);
    assert_eq!(rig.take_sent(), [sent("200 OPTIONS", BOB)]);
    rig.writes.clear();
    // It is tried again with everything that was not written.
    rig.advance(Duration::from_secs(5));
    assert_eq!(rig.writes.len(), 1);
    let bindings = rig.writes[0].records.iter().filter(|(key, _)| key.starts_with("binding/")).count();
    assert_eq!(bindings, 2);
    assert!(rig.writes[0].events.iter().any(|line| line.contains("store-failed")));
    rig.events.clear();
    rig.stored(Ok(()));
    assert_eq!(rig.events, [Event::StoreWorks]);
    rig.request(ALICE, "REGISTER", "alice", 3);
    rig.stored(Ok(()));
    assert_eq!(rig.take_sent(), [sent("200 REGISTER", ALICE)]);
}

#[test]
fn a_store_that_does_not_answer_counts_as_not_available() {
    let mut rig = Rig::new();
    rig.request(ALICE, "REGISTER", "alice", 1);
    let late = rig.writes.remove(0);
    rig.advance(Duration::from_millis(3_999));
    assert_eq!(rig.take_sent(), []);
    rig.advance(Duration::from_millis(1));
    assert_eq!(rig.take_sent(), [sent("503 REGISTER", ALICE)]);
    // What comes late changes nothing; the next attempt does.
    rig.input(Input::Answer(Answer::Stored { id: late.id, outcome: Ok(()) }));
    assert!(!rig.events.contains(&Event::StoreWorks));
    rig.advance(Duration::from_secs(5));
    rig.stored(Ok(()));
    assert!(rig.events.contains(&Event::StoreWorks));
}

#[test]
fn newer_values_of_a_record_are_never_overwritten_by_older_ones() {
    let mut rig = Rig::new();
    rig.request(ALICE, "REGISTER", "alice", 1);
    rig.request(ALICE, "REGISTER", "alice", 2);
    let writes = std::mem::take(&mut rig.writes);
    assert_eq!(writes.len(), 2);
    rig.input(Input::Answer(Answer::Stored { id: writes[0].id, outcome: Err(StoreError::Unavailable) }));
    rig.input(Input::Answer(Answer::Stored { id: writes[1].id, outcome: Err(StoreError::Unavailable) }));
    rig.advance(Duration::from_secs(5));
    let value = |write: &Write| {
        let found = write.records.iter().find(|(key, _)| key.starts_with("binding/"));
        String::from_utf8(found.unwrap().1.clone().unwrap().to_vec()).unwrap()
    };
    assert!(value(&writes[0]).contains("\"sequence\":1"));
    assert!(value(&rig.writes[0]).contains("\"sequence\":2"));
}

#[test]
fn a_node_without_a_store_waits_for_nothing() {
    let config = config::parse(config::DEFAULT).unwrap();
    assert_eq!(config.store, None);
    let (now, local) = (t0(), config.call_control.participating.address);
    let mut node = Node::new(config, [7; 32], now).unwrap();
    let text = format!(
        "REGISTER sip:mc.example.org SIP/2.0\r\nVia: SIP/2.0/UDP {ALICE};branch=z9hG4bK1\r\n\
         From: <sip:alice@mc.example.org>;tag=1\r\nTo: <sip:alice@mc.example.org>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n\
         Max-Forwards: 70\r\nContact: <sip:alice@{ALICE}>\r\nContent-Length: 0\r\n\r\n"
    );
    let path = Path { local, remote: ALICE.parse().unwrap() };
    node.handle_input(now, Input::Datagram { path, bytes: text.as_bytes() });
    let outputs: Vec<Output> = std::iter::from_fn(|| node.poll_output()).collect();
    assert!(outputs.iter().any(|output| matches!(output, Output::Transmit(_))));
    assert!(!outputs.iter().any(|output| matches!(output, Output::Query(_))));
    let registered = outputs
        .iter()
        .any(|output| matches!(output, Output::Event(Event::CallControl(Call::Registered { .. }))));
    assert!(registered);
}
