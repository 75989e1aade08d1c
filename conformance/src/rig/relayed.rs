//! A rig whose clients and server hear each other through a [`Relay`].

use std::net::SocketAddr;

use bytes::Bytes;
use mcptt_codec::Path;

use super::Rig;
use crate::tamper::{Known, Passed, Relay, Way};

impl Rig {
    /// What crosses between clients and server goes through this relay from now on. The relay counts as part of the server: what
    /// it sends to clients is seen, and what clients send is seen before it gets there.
    pub fn relay_through(&mut self, relay: Relay) {
        self.relay = Some(relay);
    }

    pub(super) fn relay(&mut self, path: Path, payload: Bytes) {
        let Some(mut relay) = self.relay.take() else { return };
        let way = if self.is_client(path.local) { Way::FromClient } else { Way::ToClient };
        let known = self.known_clients();
        let sent = match way {
            Way::FromClient => relay.pass(Way::OutOfClient, path, payload, &known),
            _ => vec![Passed { delay: Default::default(), path, payload }],
        };
        let mut passed = Vec::new();
        for Passed { path, payload, .. } in sent {
            if way == Way::FromClient && !self.at_node {
                self.capture(path.local, path.remote, payload.clone());
            }
            passed.extend(relay.pass(way, path, payload, &known));
        }
        for one in passed {
            if one.delay.is_zero() { self.leave_relay(one) } else { relay.hold(self.now, one) }
        }
        self.relay = Some(relay);
    }

    /// What the functions of the server say to each other, as it is seen.
    pub(super) fn seen_inside(&mut self, path: Path, payload: Bytes) {
        let known = self.known_clients();
        let seen = match &mut self.relay {
            None => vec![payload],
            Some(relay) => {
                let passed = relay.pass(Way::Inside, path, payload, &known);
                passed.into_iter().map(|one| one.payload).collect()
            }
        };
        for payload in seen {
            self.capture(path.local, path.remote, payload);
        }
    }

    /// What was held until now leaves the relay.
    pub(super) fn release_held(&mut self) {
        let now = self.now;
        while let Some(one) = self.relay.as_mut().and_then(|relay| relay.release(now)) {
            self.leave_relay(one);
        }
    }

    fn leave_relay(&mut self, Passed { path, payload, .. }: Passed) {
        self.network.send(self.now, path.local, path.remote, payload.clone());
        if !self.is_client(path.local) {
            self.capture(path.local, path.remote, payload);
        }
    }

    fn is_client(&self, address: SocketAddr) -> bool {
        self.peers.iter().any(|peer| peer.addresses.contains(&address))
    }

    fn known_clients(&self) -> Vec<Known> {
        let name = |user: &str| {
            let user = user.split('@').next().unwrap_or_default();
            user.split(':').next_back().unwrap_or_default().to_owned()
        };
        let known = |peer: &super::Peer| Known {
            name: name(peer.user.as_str()),
            client: peer.addresses,
            server: [Some(self.participating), peer.remote_audio, peer.remote_floor],
        };
        self.peers.iter().map(known).collect()
    }
}
