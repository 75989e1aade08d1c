//! A node under hostile input: datagrams on every port, in any order, and time.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use mcptt_codec::Path;

use crate::config;
use crate::node::{Command, Event, Input, Node, NodeConfig, Output};

/// Steps in one run; longer inputs are cut.
const MAX_STEPS: usize = 256;
/// Outputs one step may produce; more is a defect.
const MAX_OUTPUTS: usize = 10_000;

/// Runs a node of the embedded configuration through the steps that `data` describes.
///
/// A step is an operation octet, a length octet and that many octets: 0..=63 a datagram to one of the node's addresses from one of a few
/// sources, 64..=127 the same repeated from another source, 128..=254 time passes, 255 release all calls.
pub fn node_steps(data: &[u8]) {
    let config = config::parse(config::DEFAULT).expect("the embedded configuration is valid");
    let addresses: Vec<SocketAddr> = config.addresses_with_dscp().into_iter().map(|(address, _)| address).collect();
    let mut run = Run::new(config);
    let mut rest = data;
    for _ in 0..MAX_STEPS {
        let [operation, length, tail @ ..] = rest else { return };
        let (payload, next) = tail.split_at(usize::from(*length).min(tail.len()));
        match operation {
            0..=127 => {
                let local = addresses[usize::from(operation % 64) % addresses.len()];
                let source = 40_000 + u16::from(operation / 64);
                run.datagram(Path { local, remote: SocketAddr::from(([127, 0, 0, 1], source)) }, payload);
            }
            128..=254 => run.advance(Duration::from_millis(u64::from(operation - 127) * u64::from(*length))),
            255 => run.step(|node, now| node.handle_input(now, Input::Command(Command::ReleaseAll))),
        }
        rest = next;
    }
}

struct Run {
    node: Node,
    now: Instant,
}

impl Run {
    fn new(config: NodeConfig) -> Self {
        let now = crate::testing::t0();
        let node = Node::new(config, [1; 32], now).expect("the embedded configuration fits together");
        Self { node, now }
    }

    fn datagram(&mut self, path: Path, bytes: &[u8]) {
        self.step(|node, now| node.handle_input(now, Input::Datagram { path, bytes }));
    }

    fn advance(&mut self, by: Duration) {
        self.now += by;
        self.step(|node, now| node.handle_timeout(now));
    }

    fn step(&mut self, step: impl FnOnce(&mut Node, Instant)) {
        step(&mut self.node, self.now);
        let mut outputs = 0;
        while let Some(output) = self.node.poll_output() {
            outputs += 1;
            assert!(outputs <= MAX_OUTPUTS, "a step produced more than {MAX_OUTPUTS} outputs");
            if let Output::Event(event @ Event::Defect { .. }) = output {
                panic!("a defect was caught inside: {event:?}");
            }
        }
    }
}
