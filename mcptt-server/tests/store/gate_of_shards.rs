//! What one shard promises to another waits for the store like what it promises to a client.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use call_control::event::Function;
use call_control::shard::Ring;
use call_control::transport::{SipPath, Transport};
use mcptt_codec::sip::{Limits, SipMessage};
use mcptt_server::config;
use mcptt_server::node::{Answer, Input, Node, Output, Query, StoreError, StoreSettings, Write};
use mcptt_server::testing::t0;

const GROUP: &str = "sip:fire-1@mc.example.org";
const SHARDS: usize = 2;

/// The shard whose group it is.
struct Owner {
    node: Node,
    path: SipPath,
    /// That of the participating function which asks.
    asking: usize,
    writes: Vec<Write>,
    /// The status of what was handed to the other shard.
    handed: Vec<u16>,
}

impl Owner {
    fn new() -> Self {
        let mut config = config::parse(&config::DEFAULT.replace("shards = 1", "shards = 2")).unwrap();
        config.store = Some(StoreSettings::default());
        let own = Ring::new(SHARDS).owner(GROUP);
        let functions = &config.call_control;
        let path = SipPath {
            transport: Transport::Udp,
            local: functions.controlling.address,
            remote: functions.participating.address,
        };
        let node = Node::new(config.of_shards().remove(own), [7; 32], t0()).unwrap();
        let mut owner = Self { node, path, asking: 1 - own, writes: Vec::new(), handed: Vec::new() };
        owner.input(Input::WallClock(SystemTime::UNIX_EPOCH + Duration::from_secs(1_800_000_000)));
        owner.input(Input::Answer(Answer::Loaded(Vec::new())));
        owner.stored(Ok(()));
        owner
    }

    fn input(&mut self, input: Input<'_>) {
        self.node.handle_input(t0(), input);
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Query(Query::Store(write)) => self.writes.push(write),
                Output::Handed { shard, function: Function::Participating, message, .. } => {
                    assert_eq!(shard, self.asking);
                    let SipMessage::Response(response) = *message else { continue };
                    self.handed.push(response.status.0);
                }
                _ => {}
            }
        }
    }

    fn stored(&mut self, outcome: Result<(), StoreError>) {
        for write in std::mem::take(&mut self.writes) {
            self.input(Input::Answer(Answer::Stored { id: write.id, outcome }));
        }
    }

    /// The participating function of the other shard wants alice to be affiliated.
    fn publish(&mut self, number: u32) {
        let ring = Ring::new(SHARDS);
        // It draws branches that are its own.
        let mut own = (0..).map(|draw| format!("z9hG4bK{number}-{draw}"));
        let branch = own.find(|branch| ring.owner(branch) == self.asking).unwrap();
        let info = format!(
            "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>\
             <mcptt-request-uri type=\"Normal\"><mcpttURI>{GROUP}</mcpttURI></mcptt-request-uri>\
             <mcptt-calling-user-id type=\"Normal\"><mcpttURI>sip:alice@mc.example.org</mcpttURI></mcptt-calling-user-id>\
             </mcptt-Params></mcpttinfo>"
        );
        let presence = format!(
            "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:m=\"urn:3gpp:ns:mcpttPresInfo:1.0\" entity=\"{GROUP}\">\
             <tuple id=\"sip:alice@mc.example.org\"><status><m:affiliation client=\"urn:uuid:{number}\"/></status></tuple>\
             </presence>"
        );
        let body = format!(
            "--b\r\nContent-Type: application/vnd.3gpp.mcptt-info+xml\r\n\r\n{info}\r\n\
             --b\r\nContent-Type: application/pidf+xml\r\n\r\n{presence}\r\n--b--\r\n"
        );
        let text = format!(
            "PUBLISH sip:groups@mc.example.org SIP/2.0\r\nVia: SIP/2.0/UDP {remote};branch={branch}\r\n\
             From: <sip:participating@mc.example.org>;tag={number}\r\nTo: <sip:groups@mc.example.org>\r\n\
             Call-ID: {number}\r\nCSeq: 1 PUBLISH\r\nMax-Forwards: 70\r\nEvent: presence\r\nExpires: 4294967295\r\n\
             Content-Type: multipart/mixed;boundary=b\r\nContent-Length: {length}\r\n\r\n{body}",
            remote = self.path.remote,
            length = body.len(),
        );
        let message = SipMessage::decode(&Bytes::from(text), &Limits::default()).unwrap();
        let (function, path) = (Function::Controlling, self.path);
        self.input(Input::Handed { function, path, message, round: None });
    }
}

#[test]
fn an_answer_to_another_shard_leaves_after_what_it_promises_is_written() {
    let mut owner = Owner::new();
    owner.publish(1);
    assert_eq!((owner.handed.len(), owner.writes.len()), (0, 1));
    assert!(owner.writes[0].records.iter().any(|(key, _)| key.starts_with("affiliation/")));
    owner.stored(Ok(()));
    assert_eq!(owner.handed, [200]);
}

#[test]
fn an_answer_to_another_shard_is_taken_back_when_the_disk_fails() {
    let mut owner = Owner::new();
    owner.publish(1);
    owner.stored(Err(StoreError::Full));
    assert_eq!(owner.handed, [503]);
    // From now on nothing is promised, whoever asks.
    owner.publish(2);
    assert_eq!(owner.handed, [503, 503]);
}
