//! What floor control between this server and others is protected with (SPK, TS 24.380 13).

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use call_control::SignallingKey;
use call_control::config::{Network, ServerKey};
use media_plane::crypto::ServiceProtection;
use media_plane::crypto::mc::{ServiceKey, derivation};
use media_plane::signalling::{
    Keying, MediaEndpoint, NonControllingSignalling, RelaySignalling, SessionSignalling, Signalling,
};

use super::keys::of_signalling;

/// The keys that this server has in common with others. All shards count together.
#[derive(Clone, Debug)]
pub struct ServerKeys {
    peers: Vec<Network>,
    protection: Option<ServiceProtection>,
    signalling: Vec<SignallingKey>,
}

impl ServerKeys {
    /// For the servers in these networks; the first key closes, each of them opens.
    pub fn new(peers: Vec<Network>, keys: Vec<ServiceKey>) -> Self {
        let of_floor = derivation::between_servers(&keys);
        let protection = of_floor.map(|keys| ServiceProtection { keys, sent: Arc::new(AtomicU32::new(0)) });
        Self { peers, protection, signalling: keys.iter().map(of_signalling).collect() }
    }

    /// The same for the bodies of signalling.
    pub fn of_signalling(&self) -> ServerKey {
        ServerKey { peers: self.peers.clone(), keys: self.signalling.clone() }
    }

    fn is_with(&self, peer: SocketAddr) -> bool {
        self.peers.iter().any(|network| network.contains(peer.ip()))
    }

    /// Counting goes on above what a server before this one has counted to.
    pub(super) fn begin_at(&self, count: u32) {
        if let Some(protection) = &self.protection {
            protection.sent.fetch_max(count, Ordering::Relaxed);
        }
    }
}

/// Protects the floor control that begins with other servers; that between functions of this node needs no protection.
//= 33.180-spk-floor
pub(super) fn protect(
    servers: &[ServerKeys],
    signalling: &mut Signalling,
    is_own: impl Fn(SocketAddr) -> bool,
) {
    for (floor, protection) in floors(signalling) {
        let known =
            servers.iter().filter(|_| !is_own(floor.remote)).find(|known| known.is_with(floor.remote));
        if let Some(keys) = known.and_then(|known| known.protection.clone()) {
            *protection = Some(Keying::Service(Box::new(keys)));
        }
    }
}

/// All floor control that begins, with its place for a protection.
fn floors(signalling: &mut Signalling) -> Vec<(MediaEndpoint, &mut Option<Keying>)> {
    match signalling {
        Signalling::LegConnected { participant, .. } => {
            vec![(participant.floor, &mut participant.floor_protection)]
        }
        Signalling::Relay(RelaySignalling::Started { client, controlling, .. }) => {
            [client, controlling].into_iter().map(|leg| (leg.floor, &mut leg.floor_protection)).collect()
        }
        Signalling::Session(
            SessionSignalling::Established { client: leg, .. }
            | SessionSignalling::Modified { client: leg, .. }
            | SessionSignalling::Connect { controlling: leg, .. },
        )
        | Signalling::NonControlling(
            NonControllingSignalling::Initiated { controlling: leg, .. }
            | NonControllingSignalling::Switched { controlling: leg, .. },
        ) => vec![(leg.floor, &mut leg.floor_protection)],
        _ => Vec::new(),
    }
}
