//! What an operator sets, with the ranges it is held to.

use std::fmt::Display;
use std::net::Ipv4Addr;
use std::ops::RangeInclusive;
use std::time::Duration;

use crate::crypto::dtls;
use crate::floor::server::TimerSettings;
use crate::floor::settings::FloorPolicy;
use crate::floor::timer::TimerError;
use crate::{session, subchannel};

/// The settings of a media plane.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Config {
    /// Timers and counters of floor control (TS 24.380 11); cannot hold a value outside its range.
    pub timers: TimerSettings,
    /// What the operator chooses about floor control.
    pub floor: FloorPolicy,
    /// Timers and counters of pre-established sessions (TS 24.380 11.1.4, 11.2.4).
    pub sessions: session::TimerSettings,
    /// Timers and counters of MBMS subchannels (TS 24.380 11.1.4, 11.2.4).
    pub subchannels: subchannel::TimerSettings,
    /// How much of everything there may be.
    pub limits: Limits,
    /// How our datagrams are marked.
    pub dscp: Dscp,
    /// How datagrams to multicast addresses of groups are sent: for the driver, which owns the sockets.
    pub multicast: Multicast,
    /// The certificate that is shown in DTLS handshakes. `None`: legs that want DTLS are refused.
    pub dtls: Option<dtls::Identity>,
    /// There is an event for each grant of the floor that was asked for.
    pub note_grants: bool,
    /// Which streams of clients may come from another address than they have declared.
    pub latching: Latching,
    /// How far apart RTCP reports of our own are, 5 s to 60 s. `None`: there are none.
    pub report_interval: Option<Duration>,
}

/// Which streams go to the address that their first packet came from, instead of the declared one (RFC 7362).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Latching {
    /// Audio.
    pub audio: bool,
    /// Floor control.
    pub floor: bool,
}

/// The shortest time between two reports to one participant (RFC 3550 6.2).
pub const SHORTEST_REPORT_INTERVAL: Duration = Duration::from_secs(5);

impl Default for Config {
    fn default() -> Self {
        Self {
            timers: TimerSettings::default(),
            floor: FloorPolicy::default(),
            sessions: session::TimerSettings::default(),
            subchannels: subchannel::TimerSettings::default(),
            limits: Limits::default(),
            dscp: Dscp::default(),
            multicast: Multicast::default(),
            dtls: None,
            note_grants: false,
            latching: Latching::default(),
            report_interval: Some(SHORTEST_REPORT_INTERVAL),
        }
    }
}

/// How much of everything there may be, so that no peer can exhaust the node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Calls at a time, 1 to 1 000 000.
    pub calls: usize,
    /// Participants of one call, 2 to 100 000.
    pub legs_per_call: usize,
    /// RTP and RTCP datagrams one participant may send in a second, 50 to 100 000. The same number may come at once.
    pub media_rate: u32,
    /// Floor messages one participant may send in a second, 10 to 100 000. The same number may come at once.
    pub floor_rate: u32,
    /// SSRCs one participant may use under one key during a call, 1 to 256: each costs a cryptographic context, in its
    /// audio one for every listener. Without protection any number may be used.
    pub ssrcs_per_leg: usize,
    /// Datagrams another MCPTT function may send in a second on one stream of one leg, 50 to 1 000 000. The same number may
    /// come at once.
    pub function_rate: u32,
    /// MBMS bearers at a time, 1 to 10 000.
    pub bearers: usize,
    /// Subchannels of one MBMS bearer, 1 to 1 000.
    pub subchannels_per_bearer: usize,
    /// Unknown sources that are remembered to report each only once, 1 to 1 000 000.
    pub unknown_sources: usize,
    /// Calls in which voices are mixed at a time, 0 to 10 000: each takes time of the processor.
    pub mixers: usize,
}

impl Limits {
    /// SSRCs that may come from another MCPTT function on one leg: those of many participants.
    pub(crate) fn ssrcs_of_function(&self) -> usize {
        self.legs_per_call.max(self.ssrcs_per_leg)
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            calls: 10_000,
            legs_per_call: 2_000,
            media_rate: 400,
            floor_rate: 50,
            ssrcs_per_leg: 32,
            function_rate: 10_000,
            bearers: 64,
            subchannels_per_bearer: 64,
            unknown_sources: 1_024,
            mixers: 64,
        }
    }
}

/// Most floor requests that can wait: Queue Position 254 and 255 have other meanings (TS 24.380 8.2.3.5).
const MAX_QUEUE: usize = 253;

/// How datagrams to multicast addresses leave. Any-source and source-specific multicast (232.0.0.0/8, ff3x::/32) differ in
/// nothing but the address on the side of the sender.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Multicast {
    /// Routers that they may pass, and the local network: 1 to 255.
    pub ttl: u8,
    /// The IPv4 address of the interface that they leave by. `None`: the one of the route to the group.
    pub interface: Option<Ipv4Addr>,
    /// The number of the interface of IPv6; 0: the one of the route.
    pub interface_index: u32,
}

impl Default for Multicast {
    /// The local network only.
    fn default() -> Self {
        Self { ttl: 1, interface: None, interface_index: 0 }
    }
}

/// Differentiated services code points, 0 to 63 (RFC 2474).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dscp {
    /// Voice: RTP and its RTCP.
    pub voice: u8,
    /// Floor control.
    pub floor: u8,
}

impl Dscp {
    /// Expedited forwarding (RFC 3246).
    pub const EXPEDITED_FORWARDING: u8 = 46;
    /// Class selector 5, for signalling (RFC 4594).
    pub const CLASS_SELECTOR_5: u8 = 40;
}

impl Default for Dscp {
    fn default() -> Self {
        Self { voice: Self::EXPEDITED_FORWARDING, floor: Self::CLASS_SELECTOR_5 }
    }
}

/// Why a [`Config`] was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ConfigError {
    /// A value is outside its range.
    #[error("{setting} = {value} is outside {range}")]
    OutOfRange {
        /// The setting.
        setting: &'static str,
        /// What it was set to.
        value: String,
        /// What it may be set to.
        range: String,
    },
    /// A timer or counter is outside its range.
    #[error(transparent)]
    Timer(#[from] TimerError),
}

impl Config {
    /// Checks every setting against its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let limits = &self.limits;
        within("limits.calls", limits.calls, 1..=1_000_000)?;
        within("limits.legs_per_call", limits.legs_per_call, 2..=100_000)?;
        within("limits.media_rate", limits.media_rate, 50..=100_000)?;
        within("limits.floor_rate", limits.floor_rate, 10..=100_000)?;
        within("limits.ssrcs_per_leg", limits.ssrcs_per_leg, 1..=256)?;
        within("limits.function_rate", limits.function_rate, 50..=1_000_000)?;
        within("limits.bearers", limits.bearers, 1..=10_000)?;
        within("limits.subchannels_per_bearer", limits.subchannels_per_bearer, 1..=1_000)?;
        within("floor.queue_limit", self.floor.queue_limit, 0..=MAX_QUEUE)?;
        if let Some(buffer) = &self.floor.buffer {
            let (time, packets, octets) = (buffer.time.as_millis(), buffer.packets, buffer.octets);
            within("floor.buffer.time in ms", time, 100..=60_000)?;
            within("floor.buffer.packets", packets, 1..=10_000)?;
            within("floor.buffer.octets", octets, 1_000..=10_000_000)?;
        }
        within("limits.unknown_sources", limits.unknown_sources, 1..=1_000_000)?;
        within("limits.mixers", limits.mixers, 0..=10_000)?;
        within("multicast.ttl", self.multicast.ttl, 1..=255)?;
        //= RFC3550-6.2
        if let Some(interval) = self.report_interval {
            let shortest = SHORTEST_REPORT_INTERVAL.as_millis();
            within("report_interval in ms", interval.as_millis(), shortest..=60_000)?;
        }
        within("dscp.voice", self.dscp.voice, 0..=63)?;
        within("dscp.floor", self.dscp.floor, 0..=63)
    }
}

fn within<T: PartialOrd + Display>(
    setting: &'static str,
    value: T,
    range: RangeInclusive<T>,
) -> Result<(), ConfigError> {
    if range.contains(&value) {
        return Ok(());
    }
    let range = format!("{} to {}", range.start(), range.end());
    Err(ConfigError::OutOfRange { setting, value: value.to_string(), range })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::floor::settings::BufferLimits;

    fn buffer(config: &mut Config) -> &mut BufferLimits {
        config.floor.buffer.insert(BufferLimits::default())
    }

    #[test]
    fn the_defaults_are_within_their_ranges() {
        assert_eq!(Config::default().validate(), Ok(()));
    }

    //= RFC3550-6.2 test
    #[test]
    fn a_refusal_names_the_setting_its_value_and_its_range() {
        type Change = fn(&mut Config);
        let cases: [(Change, &str); 17] = [
            (
                |config| config.report_interval = Some(Duration::from_millis(4_999)),
                "report_interval in ms = 4999 is outside 5000 to 60000",
            ),
            (|config| config.multicast.ttl = 0, "multicast.ttl = 0 is outside 1 to 255"),
            (|config| config.limits.mixers = 10_001, "limits.mixers = 10001 is outside 0 to 10000"),
            (|config| config.limits.function_rate = 1, "limits.function_rate = 1 is outside 50 to 1000000"),
            (|config| config.limits.bearers = 0, "limits.bearers = 0 is outside 1 to 10000"),
            (
                |config| config.limits.subchannels_per_bearer = 1_001,
                "limits.subchannels_per_bearer = 1001 is outside 1 to 1000",
            ),
            (|config| config.limits.calls = 0, "limits.calls = 0 is outside 1 to 1000000"),
            (|config| config.limits.legs_per_call = 1, "limits.legs_per_call = 1 is outside 2 to 100000"),
            (|config| config.limits.media_rate = 49, "limits.media_rate = 49 is outside 50 to 100000"),
            (|config| config.limits.floor_rate = 9, "limits.floor_rate = 9 is outside 10 to 100000"),
            (|config| config.limits.ssrcs_per_leg = 257, "limits.ssrcs_per_leg = 257 is outside 1 to 256"),
            (|config| config.floor.queue_limit = 254, "floor.queue_limit = 254 is outside 0 to 253"),
            (
                |config| config.limits.unknown_sources = 0,
                "limits.unknown_sources = 0 is outside 1 to 1000000",
            ),
            (
                |config| buffer(config).time = Duration::from_millis(99),
                "floor.buffer.time in ms = 99 is outside 100 to 60000",
            ),
            (|config| buffer(config).packets = 0, "floor.buffer.packets = 0 is outside 1 to 10000"),
            (|config| buffer(config).octets = 999, "floor.buffer.octets = 999 is outside 1000 to 10000000"),
            (|config| config.dscp.voice = 64, "dscp.voice = 64 is outside 0 to 63"),
        ];
        for (change, expected) in cases {
            let mut config = Config::default();
            change(&mut config);
            assert_eq!(config.validate().map_err(|error| error.to_string()), Err(expected.to_owned()));
        }
    }
}
