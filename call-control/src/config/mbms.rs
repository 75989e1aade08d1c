//! MBMS bearers of the participating function (TS 24.379 14).

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;

use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::text::ByteStr;

/// What the participating function knows about MBMS. Without an identity there is none.
#[derive(Clone, Debug)]
pub struct MbmsConfig {
    /// The MBMS public service identity: where clients report whether they listen. `None`: no bearers are used.
    pub identity: Option<ByteStr>,
    /// UDP ports on `media.address` where the participating function relays RTP between clients and controlling functions and
    /// sends to bearers from; only even ones are used, RTCP is the next higher port. Apart from the ports of `media`.
    pub audio_ports: RangeInclusive<u16>,
    /// The same for floor control.
    pub floor_ports: RangeInclusive<u16>,
    /// The bearers, in the order in which they are announced.
    pub bearers: Vec<MbmsBearer>,
    /// What is sent to bearers is protected: clients are told of a bearer together with its keys, which
    /// [`Output::BearerKeys`](crate::Output::BearerKeys) asks for. Default false.
    pub protected: bool,
}

impl Default for MbmsConfig {
    fn default() -> Self {
        Self {
            identity: None,
            audio_ports: 20_024..=20_039,
            floor_ports: 20_040..=20_047,
            bearers: Vec::new(),
            protected: false,
        }
    }
}

/// A bearer that the broadcast service of the network has been asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MbmsBearer {
    /// Its temporary mobile group identity.
    pub tmgi: Tmgi,
    /// Quality class, 1 to 255, such as 65 for mission critical voice.
    pub qci: u8,
    /// Where to look for it, as EARFCN; none: anywhere.
    pub frequencies: Vec<u32>,
    /// The MBMS service areas in which it can be received, at least one.
    pub service_areas: Vec<u16>,
    /// Clients are to tell when the network is about to suspend it.
    pub report_suspension: bool,
    /// Multicast address and port of its general purpose subchannel.
    pub general_purpose: SocketAddr,
    /// Its subchannels for conversations, each used by one group at a time.
    pub subchannels: Vec<MbmsSubchannelConfig>,
}

/// A subchannel for one conversation at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MbmsSubchannelConfig {
    /// Multicast address.
    pub address: IpAddr,
    /// Port of RTP.
    pub audio_port: u16,
    /// Port of floor control.
    pub floor_port: u16,
}

impl MbmsConfig {
    /// Whether media of calls goes through the participating function, so that it can move to bearers.
    pub fn is_used(&self) -> bool {
        self.identity.is_some() && !self.bearers.is_empty()
    }

    /// The bearer with this identity.
    pub fn bearer(&self, tmgi: Tmgi) -> Option<&MbmsBearer> {
        self.bearers.iter().find(|bearer| bearer.tmgi == tmgi)
    }
}
