//! Off-network call control (TS 24.379 10.2, 11.2, 12.2): clients that reach each other without a network, by MONP.
//!
//! [`OffNetwork`] is the client of one user. It holds a machine for the call of each group (10.2.2) with one for the type of
//! that call (10.2.3), one for broadcasts (10.2.4), one for alerts (12.2), and for each other user one for private calls
//! (11.2.2) with one for their type (11.2.3). Every machine checks its steps against its table of procedures. What the
//! media and floor control of a call do is told by events; who carries that out knows the media plane.
//!
//! ```
//! use std::time::Instant;
//!
//! use call_control::client::AudioFormat;
//! use call_control::off_network::{
//!     OffNetwork, OffNetworkCommand, OffNetworkConfig, OffNetworkGroup, OffNetworkOutput, TimerSettings,
//! };
//! use mcptt_codec::monp::{CallType, MonpMessage, UtcSeconds};
//!
//! fn looks_for_a_call(start: Instant) -> Result<(), call_control::ConfigError> {
//!     let group = OffNetworkGroup::new("sip:rescue-1@mc.example.org", [239, 1, 1, 1].into(), 40_000, 40_002);
//!     let config = OffNetworkConfig {
//!         user: "sip:alice@mc.example.org".into(),
//!         organization: "Rescue".into(),
//!         address: [192, 0, 2, 1].into(),
//!         audio_port: 41_000,
//!         floor_port: 41_002,
//!         codec: AudioFormat::amr_wb(),
//!         groups: vec![group.clone()],
//!         users: Vec::new(),
//!         max_group_calls: 4,
//!         max_private_calls: 1,
//!         automatic_answer: true,
//!         utc: UtcSeconds::new(1_800_000_000).unwrap_or(UtcSeconds::MAX),
//!         timers: TimerSettings::default(),
//!     };
//!     let mut client = OffNetwork::new(config, [7; 32], start)?;
//!     client.command(start, OffNetworkCommand::CallGroup { group: group.group_id, call_type: CallType::BASIC_GROUP });
//!     let Some(OffNetworkOutput::Transmit { transmit, time_to_live: 255 }) = client.poll_output() else { panic!() };
//!     assert_eq!(transmit.path.remote, ([239, 1, 1, 1], 8809).into());
//!     assert!(matches!(MonpMessage::decode(&transmit.payload), Ok(one) if one.value.name() == "GROUP CALL PROBE"));
//!     // Nobody answers within TFG1: this client starts the call.
//!     while let Some(wake_up) = client.poll_timeout().filter(|_| client.group_call(&group_id()).is_none()) {
//!         client.handle_timeout(wake_up);
//!     }
//!     Ok(())
//! }
//! # fn group_id() -> mcptt_codec::id::GroupId { "sip:rescue-1@mc.example.org".into() }
//! # #[expect(clippy::disallowed_methods)]
//! # fn main() { looks_for_a_call(Instant::now()).unwrap() }
//! ```

pub(crate) mod alert;
pub(crate) mod broadcast;
pub(crate) mod call_type;
mod context;
mod description;
pub(crate) mod group;
mod names;
pub(crate) mod private;
pub(crate) mod private_type;
mod provision;
#[cfg(test)]
mod tests;
mod timer;
mod types;
mod validate;

use std::collections::{BTreeMap, VecDeque};
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::monp::{CallIdentifier, MonpMessage, UtcSeconds};
use mcptt_codec::{Path, monp};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

pub use alert::State as AlertState;
pub use broadcast::State as BroadcastState;
pub use call_type::State as GroupCallTypeState;
pub use group::State as GroupCallState;
pub use private::State as PrivateCallState;
pub use private_type::State as PrivateCallTypeState;
pub use provision::timers_of;
pub(crate) use timer::purpose_of;
pub use timer::{Counter, Timer, TimerSettings};
pub use types::*;

use crate::ConfigError;
use alert::Alert;
use broadcast::Broadcast;
use context::Context;
use group::GroupCall;
use private::PrivateCall;

/// Other users of whom a machine is kept at the same time.
const MAX_PEERS: usize = 64;

/// The off-network client of one user. See the [module documentation](self).
pub struct OffNetwork {
    config: OffNetworkConfig,
    /// When the wall clock of the configuration was right.
    began: Instant,
    rng: ChaCha20Rng,
    /// In the order of the configuration.
    groups: Vec<Machines>,
    private_calls: BTreeMap<McpttId, PrivateCall>,
    out: VecDeque<OffNetworkOutput>,
}

/// The machines of one group.
struct Machines {
    call: GroupCall,
    broadcast: Broadcast,
    alert: Alert,
}

impl OffNetwork {
    /// A client in no call. `seed` feeds call identifiers and random waits.
    ///
    /// # Errors
    /// The first setting of the configuration that cannot be used.
    pub fn new(config: OffNetworkConfig, seed: [u8; 32], now: Instant) -> Result<Self, ConfigError> {
        validate::validate(&config)?;
        let machines = |_: &OffNetworkGroup| Machines {
            call: GroupCall::new(),
            broadcast: Broadcast::new(),
            alert: Alert::new(),
        };
        Ok(Self {
            groups: config.groups.iter().map(machines).collect(),
            config,
            began: now,
            rng: ChaCha20Rng::from_seed(seed),
            private_calls: BTreeMap::new(),
            out: VecDeque::new(),
        })
    }

    /// The wall clock has been set: what it shows at `now`.
    pub fn set_clock(&mut self, now: Instant, utc: UtcSeconds) {
        self.began = now;
        self.config.utc = utc;
    }

    /// Carries out what the user wants.
    pub fn command(&mut self, now: Instant, command: OffNetworkCommand) {
        use OffNetworkCommand as C;
        match &command {
            C::CallGroup { group, .. }
            | C::AcceptGroupCall { group }
            | C::RejectGroupCall { group }
            | C::LeaveGroupCall { group }
            | C::ChangeGroupCall { group, .. }
            | C::Broadcast { group }
            | C::AcceptBroadcast { group }
            | C::RejectBroadcast { group }
            | C::EndBroadcast { group }
            | C::Alert { group, .. }
            | C::CancelAlert { group, .. } => self.command_group(now, group, &command),
            C::CallUser { user, .. }
            | C::AcceptPrivateCall { user }
            | C::RejectPrivateCall { user }
            | C::EndPrivateCall { user }
            | C::ChangePrivateCall { user, .. }
            | C::MediaReceived { user } => self.command_private(now, user, &command),
        }
        self.forget_peers();
    }

    /// Takes a datagram that arrived on port 8809.
    pub fn handle_datagram(&mut self, now: Instant, path: Path, bytes: &Bytes) {
        // Multicast brings one's own messages back.
        if path.remote.ip() == self.config.address {
            return;
        }
        match MonpMessage::decode(bytes) {
            Ok(decoded) => self.receive(now, path, &decoded.value),
            Err(error) => {
                let event = OffNetworkEvent::Undecodable { path, error };
                self.out.push_back(OffNetworkOutput::Event(event));
            }
        }
        self.forget_peers();
    }

    /// Lets everything happen that is due at `now`.
    pub fn handle_timeout(&mut self, now: Instant) {
        let (mut cx, groups, private_calls) = self.parts(now);
        for (machines, group) in groups.iter_mut().zip(&cx.config.groups) {
            machines.call.handle_timeout(group, &mut cx);
            machines.broadcast.handle_timeout(group, &mut cx);
            machines.alert.handle_timeout(group, &mut cx);
        }
        for call in private_calls.values_mut() {
            call.handle_timeout(&mut cx);
        }
        self.forget_peers();
    }

    /// The next output; drained to `None` after each of the methods above.
    pub fn poll_output(&mut self) -> Option<OffNetworkOutput> {
        self.out.pop_front()
    }

    /// When [`OffNetwork::handle_timeout`] is needed next. `None`: nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let of_group = |one: &Machines| {
            [one.call.poll_timeout(), one.broadcast.poll_timeout(), one.alert.poll_timeout()]
        };
        let groups = self.groups.iter().flat_map(of_group).flatten();
        groups.chain(self.private_calls.values().filter_map(PrivateCall::poll_timeout)).min()
    }

    /// The wall clock at `now`.
    pub fn utc(&self, now: Instant) -> UtcSeconds {
        let gone = now.saturating_duration_since(self.began).as_secs();
        UtcSeconds::new(self.config.utc.seconds().saturating_add(gone)).unwrap_or(UtcSeconds::MAX)
    }

    /// The call of a group that the client takes part in.
    pub fn group_call(&self, group: &GroupId) -> Option<CallIdentifier> {
        self.machines(group)?.call.call_identifier()
    }

    /// Basic call control and call type control of a group that is configured.
    pub fn group_states(&self, group: &GroupId) -> Option<(GroupCallState, GroupCallTypeState)> {
        self.machines(group).map(|one| (one.call.state(), one.call.call_type()))
    }

    /// Broadcast call control of a group that is configured.
    pub fn broadcast_state(&self, group: &GroupId) -> Option<BroadcastState> {
        self.machines(group).map(|one| one.broadcast.state())
    }

    /// The alert of the user to a group that is configured.
    pub fn alert_state(&self, group: &GroupId) -> Option<AlertState> {
        self.machines(group).map(|one| one.alert.state())
    }

    /// Whose alerts to a group are known.
    pub fn alerts(&self, group: &GroupId) -> impl Iterator<Item = &McpttId> {
        self.machines(group).into_iter().flat_map(|one| one.alert.known())
    }

    /// Basic call control and call type control of private calls with a user.
    pub fn private_states(&self, user: &McpttId) -> (PrivateCallState, PrivateCallTypeState) {
        let none = (PrivateCallState::StartStop, PrivateCallTypeState::WaitingForCall);
        self.private_calls.get(user).map_or(none, |call| (call.state(), call.call_type()))
    }

    fn machines(&self, group: &GroupId) -> Option<&Machines> {
        self.groups.get(self.place(group)?)
    }

    fn place(&self, group: &GroupId) -> Option<usize> {
        self.config.groups.iter().position(|one| one.group_id == *group)
    }

    fn parts(
        &mut self,
        now: Instant,
    ) -> (Context<'_>, &mut Vec<Machines>, &mut BTreeMap<McpttId, PrivateCall>) {
        let utc = self.utc(now);
        let Self { config, rng, out, groups, private_calls, .. } = self;
        (Context { now, utc, config, rng, out }, groups, private_calls)
    }

    fn command_group(&mut self, now: Instant, group: &GroupId, command: &OffNetworkCommand) {
        let Some(place) = self.place(group) else { return self.unknown(group.as_str()) };
        let starts =
            matches!(command, OffNetworkCommand::CallGroup { .. } | OffNetworkCommand::Broadcast { .. });
        if starts && !self.admits_group_call(place) {
            return;
        }
        let (mut cx, groups, _) = self.parts(now);
        let (Some(machines), Some(group)) = (groups.get_mut(place), cx.config.groups.get(place)) else {
            return;
        };
        machines.call.command(command, group, &mut cx);
        machines.broadcast.command(command, group, &mut cx);
        machines.alert.command(command, group, &mut cx);
    }

    fn command_private(&mut self, now: Instant, user: &McpttId, command: &OffNetworkCommand) {
        if !self.private_calls.contains_key(user) {
            let known = self.config.users.iter().find(|one| one.user == *user);
            let Some(address) = known.map(|known| known.address) else { return self.unknown(user.as_str()) };
            self.private_calls.insert(user.clone(), PrivateCall::new(user.clone(), address));
        }
        let starts = matches!(command, OffNetworkCommand::CallUser { .. });
        if starts && self.is_busy(user) {
            return self.limit_reached("max-private-calls", self.config.max_private_calls);
        }
        let (mut cx, _, private_calls) = self.parts(now);
        if let Some(call) = private_calls.get_mut(user) {
            call.command(command, &mut cx);
        }
    }

    fn receive(&mut self, now: Instant, path: Path, message: &MonpMessage) {
        use MonpMessage as M;
        match message {
            M::GroupCallProbe(monp::GroupCallProbe { group_id })
            | M::GroupCallAnnouncement(monp::GroupCallAnnouncement { group_id, .. })
            | M::GroupCallAccept(monp::GroupCallAccept { group_id, .. })
            | M::GroupCallEmergencyEnd(monp::GroupCallStateEnd { group_id, .. })
            | M::GroupCallImminentPerilEnd(monp::GroupCallStateEnd { group_id, .. })
            | M::GroupCallBroadcast(monp::GroupCallBroadcast { group_id, .. })
            | M::GroupCallBroadcastEnd(monp::GroupCallBroadcastEnd { group_id, .. })
            | M::GroupEmergencyAlert(monp::GroupEmergencyAlert { group_id, .. })
            | M::GroupEmergencyAlertAck(monp::GroupEmergencyAlertParties { group_id, .. })
            | M::GroupEmergencyAlertCancel(monp::GroupEmergencyAlertParties { group_id, .. })
            | M::GroupEmergencyAlertCancelAck(monp::GroupEmergencyAlertParties { group_id, .. }) => {
                match self.place(group_id) {
                    Some(place) => self.receive_group(now, place, path.remote.ip(), message),
                    None => self.not_for_us(message),
                }
            }
            M::PrivateCallSetupRequest(monp::PrivateCallSetupRequest { caller, callee, .. })
            | M::PrivateCallAccept(monp::PrivateCallAccept { caller, callee, .. })
            | M::PrivateCallReject(monp::PrivateCallReject { caller, callee, .. })
            | M::PrivateCallRinging(monp::PrivateCallParties { caller, callee, .. })
            | M::PrivateCallRelease(monp::PrivateCallParties { caller, callee, .. })
            | M::PrivateCallReleaseAck(monp::PrivateCallParties { caller, callee, .. })
            | M::PrivateCallAcceptAck(monp::PrivateCallParties { caller, callee, .. })
            | M::PrivateCallEmergencyCancel(monp::PrivateCallParties { caller, callee, .. })
            | M::PrivateCallEmergencyCancelAck(monp::PrivateCallParties { caller, callee, .. }) => {
                let own = &self.config.user;
                match (caller == own, callee == own) {
                    (false, true) => self.receive_private(now, caller, path.remote.ip(), message),
                    (true, false) => self.receive_private(now, callee, path.remote.ip(), message),
                    _ => self.not_for_us(message),
                }
            }
            _ => self.not_for_us(message),
        }
    }

    fn receive_group(&mut self, now: Instant, place: usize, from: IpAddr, message: &MonpMessage) {
        use MonpMessage as M;
        let begins = matches!(message, M::GroupCallAnnouncement(_) | M::GroupCallBroadcast(_));
        if begins && !self.admits_group_call(place) {
            return;
        }
        let (mut cx, groups, _) = self.parts(now);
        let (Some(machines), Some(group)) = (groups.get_mut(place), cx.config.groups.get(place)) else {
            return;
        };
        match message {
            M::GroupCallBroadcast(_) | M::GroupCallBroadcastEnd(_) => {
                machines.broadcast.receive(message, group, &mut cx);
            }
            M::GroupEmergencyAlert(_)
            | M::GroupEmergencyAlertAck(_)
            | M::GroupEmergencyAlertCancel(_)
            | M::GroupEmergencyAlertCancelAck(_) => machines.alert.receive(message, from, group, &mut cx),
            _ => machines.call.receive(message, group, &mut cx),
        }
    }

    fn receive_private(&mut self, now: Instant, peer: &McpttId, from: IpAddr, message: &MonpMessage) {
        let asks = matches!(message, MonpMessage::PrivateCallSetupRequest(_));
        if !self.private_calls.contains_key(peer) {
            if !asks || self.private_calls.len() >= MAX_PEERS {
                return self.not_for_us(message);
            }
            self.private_calls.insert(peer.clone(), PrivateCall::new(peer.clone(), from));
        }
        let busy = asks && self.is_busy(peer);
        let (mut cx, _, private_calls) = self.parts(now);
        if let Some(call) = private_calls.get_mut(peer) {
            call.receive(message, from, busy, &mut cx);
        }
    }

    /// Whether the group is in a call, or one more is admitted.
    fn admits_group_call(&mut self, place: usize) -> bool {
        let is_busy = |one: &Machines| one.call.is_busy() || one.broadcast.is_busy();
        let limit = self.config.max_group_calls;
        let admits = self.groups.get(place).is_some_and(is_busy)
            || self.groups.iter().filter(|one| is_busy(one)).count() < limit;
        if !admits {
            self.limit_reached("max-group-calls", limit);
        }
        admits
    }

    /// Whether calls with others leave no room for one with this user.
    fn is_busy(&self, user: &McpttId) -> bool {
        let others = self.private_calls.iter().filter(|(peer, call)| *peer != user && call.is_busy());
        others.count() >= self.config.max_private_calls
    }

    fn limit_reached(&mut self, setting: &'static str, limit: usize) {
        self.out.push_back(OffNetworkOutput::Event(OffNetworkEvent::LimitReached { setting, limit }));
    }

    fn unknown(&mut self, what: &str) {
        self.out.push_back(OffNetworkOutput::Event(OffNetworkEvent::Unknown { what: what.into() }));
    }

    fn not_for_us(&mut self, message: &MonpMessage) {
        let event = OffNetworkEvent::NotForUs { message: message.name() };
        self.out.push_back(OffNetworkOutput::Event(event));
    }

    fn forget_peers(&mut self) {
        self.private_calls.retain(|_, call| !call.is_over());
    }
}
