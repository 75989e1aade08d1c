//! Pre-established sessions of clients (TS 24.379 8).

use std::ops::RangeInclusive;

use mcptt_codec::text::ByteStr;

/// What the participating function offers to clients that keep a session for the calls to come.
#[derive(Clone, Debug)]
pub struct PreEstablishedConfig {
    /// Public service identity that clients address to establish a session, a SIP URI other than the one for calls.
    /// `None`: there are no pre-established sessions. Default none.
    pub identity: Option<ByteStr>,
    /// UDP ports at which the participating function relays RTP, towards clients and towards controlling functions; only
    /// even ones are used, RTCP is the next higher port. Must not overlap the ports of [`MediaConfig`](super::MediaConfig).
    /// As a port serves one stream of each far end, a controlling function in this node can have as many calls over
    /// pre-established sessions as there are pairs of ports here and there. Default 26000 to 26015.
    pub audio_ports: RangeInclusive<u16>,
    /// UDP ports at which it relays floor control and speaks about sessions. Default 26016 to 26023.
    pub floor_ports: RangeInclusive<u16>,
    /// Sessions that one client may hold at a time, 1 or more. Default 2.
    pub per_client: usize,
    /// How it is known that the access of a client shares resources between its sessions.
    pub resource_sharing: ResourceSharing,
}

impl Default for PreEstablishedConfig {
    fn default() -> Self {
        Self {
            identity: None,
            audio_ports: 26_000..=26_015,
            floor_ports: 26_016..=26_023,
            per_client: 2,
            resource_sharing: ResourceSharing::default(),
        }
    }
}

/// How it is known that the access of a client shares resources between its sessions (TS 24.379 8.1A).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ResourceSharing {
    /// The operator says so for every access: resources are shared over Rx, or there are none that could be short.
    #[default]
    Assumed,
    /// The SIP core says so with `Resource-Share: supported` when it registers the client; others get no session.
    Announced,
}
