//! What an operator decides: functions, users, groups, media and limits.
//!
//! The values come from a file or a database that this crate does not know. [`Config::validate`] names the setting
//! that is wrong, its value and what would be allowed.

mod adhoc;
mod discreet;
mod distribution;
mod group;
mod location;
mod mbms;
mod network;
mod pre_established;
mod private;
mod recording;
mod server_key;
mod user;
mod validate;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::Duration;

use mcptt_codec::id::{FunctionalAlias, GroupId};
use mcptt_codec::sdp::{CryptoSuite, Fingerprint};
use mcptt_codec::text::ByteStr;

use crate::access_token::TokenRules;
use crate::directory::Canonical;
use crate::shard::{Ring, Shard};
use crate::user_agent::SourceLimits;
pub use adhoc::{AdhocConfig, AdhocCriterion, AdhocRules};
pub use discreet::{DiscreetConfig, ListeningGrant};

pub use distribution::{DistributionConfig, DistributionMode};
pub use group::{Acknowledgement, Group, Hearing, Member, UponExpiry};
pub use location::LocationConfig;
pub use mbms::{MbmsBearer, MbmsConfig, MbmsSubchannelConfig};
pub use network::{Network, NetworkError};
pub use pre_established::{PreEstablishedConfig, ResourceSharing};
pub use private::{Forwarding, PrivateCallRules, PrivateCallsConfig};
pub use recording::RecordingPolicy;
pub use server_key::ServerKey;
pub use user::{DigestUser, Secret, User};
pub use validate::ConfigError;

/// Everything call control is told about its surroundings.
#[derive(Clone, Debug)]
pub struct Config {
    /// The participating MCPTT function.
    pub participating: ParticipatingFunction,
    /// The controlling MCPTT function.
    pub controlling: ControllingFunction,
    /// Networks whose SIP peers are believed when they assert an identity: the SIP core, other MCPTT servers.
    pub trusted_peers: Vec<Network>,
    /// Names of SIP peers that are believed, too, when the certificate that they have shown bears one of them: DNS names, or
    /// URIs such as `sip:core.example.org` (RFC 5922).
    pub trusted_names: Vec<ByteStr>,
    /// The users this system knows.
    pub users: Vec<User>,
    /// The groups whose controlling function is in this node.
    pub groups: Vec<Group>,
    /// Groups whose controlling function is elsewhere.
    pub group_routes: Vec<GroupRoute>,
    /// Send requests for a group that is in neither list to our own controlling function, which answers 404 with
    /// warning 113; otherwise the participating function answers 404 with warning 142.
    pub own_controlling_serves_unknown_groups: bool,
    /// Where and how media is offered.
    pub media: MediaConfig,
    /// Requests of more octets than this go over TCP where UDP would be taken. `None`: UDP carries everything.
    pub stream_above: Option<usize>,
    /// Names in Contact, Record-Route and Path are looked up (RFC 3263): [`Output::Query`](crate::Output::Query) has to be
    /// answered. Default false: what goes to a name goes to where the peer was heard.
    pub locate: bool,
    /// Registration bounds.
    pub registration: RegistrationConfig,
    /// What to assume about a client that has not published its settings.
    pub assume_settings: AssumeSettings,
    /// What a client needs to be authorised for the service.
    pub authorisation: Authorisation,
    /// The part of the service configuration document that call control uses (TS 24.484 8.4).
    pub service: ServiceConfig,
    /// Calls between users.
    pub private_calls: PrivateCallsConfig,
    /// Ad hoc group calls.
    pub adhoc: AdhocConfig,
    /// Who may listen to calls unnoticed, and who has to agree.
    pub discreet: DiscreetConfig,
    /// Where clients are.
    pub location: LocationConfig,
    /// Sessions that clients establish before they need them.
    pub pre_established: PreEstablishedConfig,
    /// MBMS bearers of the participating function.
    pub mbms: MbmsConfig,
    /// When a call ends by policy, and other local choices.
    pub policy: PolicyConfig,
    /// Whose calls are recorded. Default nobody's.
    pub recording: RecordingPolicy,
    /// Where documents are fetched, for those who watch them (RFC 4825 6.1); empty: they are not served.
    pub xcap_root: ByteStr,
    /// Bounds that keep the memory of the node finite.
    pub limits: LimitsConfig,
    /// Nodes that serve together on these addresses, 1 to 64, each with a part of the users, of the groups and of the media
    /// ports ([`Config::of_shard`]). Default 1.
    pub shards: usize,
    /// Which of them this is: then messages that belong to others are handed out ([`Output::Handed`](crate::Output::Handed)).
    /// `None`: everything is served here. Default none.
    pub shard: Option<Shard>,
    /// Keys that clients send along with REGISTER and PUBLISH are taken out of their messages:
    /// [`Output::Key`](crate::Output::Key) has to be answered. Default false: such messages are passed over.
    pub key_uploads: bool,
    /// What signalling with other MCPTT servers is protected with. Default nothing.
    pub server_keys: Vec<ServerKey>,
}

/// The participating MCPTT function as a SIP entity.
#[derive(Clone, Debug)]
pub struct ParticipatingFunction {
    /// UDP address on which it receives SIP.
    pub address: SocketAddr,
    /// Public service identity that clients address, a SIP URI such as `sip:pf@pf.mc.example.org`.
    pub identity: ByteStr,
    /// Public service identity that controlling functions address. May equal `identity`: then an INVITE counts as
    /// terminating when its Contact carries `isfocus` (TS 24.379 6.3.1.1).
    pub terminating_identity: ByteStr,
}

/// The controlling MCPTT function as a SIP entity.
#[derive(Clone, Debug)]
pub struct ControllingFunction {
    /// UDP address on which it receives SIP; differs from that of the participating function.
    pub address: SocketAddr,
    /// Public service identity serving the groups, such as `sip:groups@cf.mc.example.org`.
    pub identity: ByteStr,
}

/// A function of another node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerFunction {
    /// UDP address.
    pub address: SocketAddr,
    /// Public service identity.
    pub identity: ByteStr,
}

/// Where the controlling function of a group is.
#[derive(Clone, Debug)]
pub struct GroupRoute {
    /// The group.
    pub group_id: GroupId,
    /// Its controlling function.
    pub controlling: PeerFunction,
}

/// Where and how the controlling function offers media.
#[derive(Clone, Debug)]
pub struct MediaConfig {
    /// Address of the media function as the participants see it.
    pub address: IpAddr,
    /// UDP ports for RTP; only even ones are used, RTCP is the next higher port.
    pub audio_ports: RangeInclusive<u16>,
    /// UDP ports for floor control; must not overlap the audio ports.
    pub floor_ports: RangeInclusive<u16>,
    /// Accept and offer RTP without protection. For laboratories.
    pub plain_rtp: bool,
    /// Suites in the order of our preference, not empty unless `plain_rtp`.
    pub suites: Vec<CryptoSuite>,
    /// The fingerprint of the certificate that the media function shows in DTLS handshakes. `None`: DTLS-SRTP is neither
    /// accepted nor offered.
    pub dtls: Option<Fingerprint>,
    /// How voice reaches the listeners of group calls.
    pub distribution: DistributionConfig,
    /// Under which address browsers reach the WebSocket for their floor control, such as `wss://mcptt.example.org/floor`.
    /// `None`, or without `dtls`: browsers are not served.
    pub floor_channel: Option<ByteStr>,
}

impl MediaConfig {
    /// Media on `address` with the default ports (audio 20000 to 20015, floor control 20016 to 20023) and both
    /// suites, protection demanded.
    pub fn new(address: IpAddr) -> Self {
        Self {
            address,
            audio_ports: 20000..=20015,
            floor_ports: 20016..=20023,
            plain_rtp: false,
            suites: vec![CryptoSuite::AeadAes128Gcm, CryptoSuite::AesCm128HmacSha1_80],
            dtls: None,
            distribution: DistributionConfig::default(),
            floor_channel: None,
        }
    }
}

/// Bounds of registrations.
#[derive(Clone, Debug)]
pub struct RegistrationConfig {
    /// Shortest lifetime that is accepted; below it the answer is 423. Default 60 s.
    pub minimum: Duration,
    /// Lifetime when the client asks for none. Default 3600 s.
    pub default: Duration,
    /// Longest lifetime that is granted. Default 86400 s.
    pub maximum: Duration,
    /// How long the nonce of a Digest challenge may be answered. Default 300 s.
    pub nonce_lifetime: Duration,
    /// Contacts one public user identity may hold at a time. Default 8.
    pub contacts_per_user: usize,
    /// Proxies that a registered client sends its requests over, nearest first (RFC 3608). Default none.
    pub service_route: Vec<ByteStr>,
}

impl Default for RegistrationConfig {
    fn default() -> Self {
        Self {
            minimum: Duration::from_secs(60),
            default: Duration::from_secs(3600),
            maximum: Duration::from_secs(86_400),
            nonce_lifetime: Duration::from_secs(300),
            contacts_per_user: 8,
            service_route: Vec::new(),
        }
    }
}

/// What a client needs to be authorised for the service (TS 24.379 7.3.2, 7.3.3).
#[derive(Clone, Debug, Default)]
pub enum Authorisation {
    /// Its registration, and the fixed token of its user if there is one ([`User::access_token`]).
    #[default]
    Registration,
    /// An access token that the identity management server has signed. The user is the one that the token names.
    Token(TokenRules),
}

/// What the terminating side assumes about a client whose answer mode is not known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AssumeSettings {
    /// Nothing: the call to it is refused with 480 and warning 146, as the specification says.
    #[default]
    None,
    /// Automatic answer; for clients that never publish settings.
    Automatic,
}

/// The part of the service configuration document that call control uses.
#[derive(Clone, Debug)]
pub struct ServiceConfig {
    /// `Resource-Priority` of emergency calls. Default `mcpttp.15`.
    pub emergency_resource_priority: ByteStr,
    /// `Resource-Priority` of imminent peril calls. Default `mcpttp.14`.
    pub imminent_peril_resource_priority: ByteStr,
    /// `Resource-Priority` of all other calls. Default `mcpttq.0`.
    pub normal_resource_priority: ByteStr,
    /// `<num-levels-priority-hierarchy>`, 4 to 256: one more than the highest floor priority. Default 256.
    pub priority_levels: u16,
    /// Release of TS 24.379 whose warning codes are sent, 13 to 20; the phrase of a later one goes without its number.
    /// Default 18.
    pub release: u8,
    /// `<group-time-limit>` of `<emergency-call>` (TNG2): how long a group stays in an emergency that nobody cancels.
    /// `None`: TNG2 does not run. Default none.
    pub emergency_time_limit: Option<Duration>,
    /// How many users may be active under a functional alias at a time; one where nothing is said.
    pub shared_functional_aliases: BTreeMap<FunctionalAlias, usize>,
    /// `<time-limit>` of `<transmit-time>` (T2). `None`: the media plane's default.
    pub talk_limit: Option<Duration>,
    /// `<confidentiality-protection>` of `<signalling-protection>`: values of bodies to clients whose key is known are
    /// encrypted. Default true.
    pub confidentiality_protection: bool,
    /// `<integrity-protection>` of `<signalling-protection>`: bodies to clients whose key is known are signed. Default true.
    pub integrity_protection: bool,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            emergency_resource_priority: ByteStr::from_static("mcpttp.15"),
            imminent_peril_resource_priority: ByteStr::from_static("mcpttp.14"),
            normal_resource_priority: ByteStr::from_static("mcpttq.0"),
            priority_levels: 256,
            release: 18,
            emergency_time_limit: None,
            shared_functional_aliases: BTreeMap::new(),
            talk_limit: None,
            //= 24.379-6.6:default
            confidentiality_protection: true,
            integrity_protection: true,
        }
    }
}

/// Local choices.
#[derive(Clone, Debug)]
pub struct PolicyConfig {
    /// Release a call when this many participants or fewer remain, once somebody had joined the originator.
    /// `None`: not by number. Default 1.
    pub release_at: Option<usize>,
    /// Release a broadcast call when its initiator leaves. Default true.
    pub release_broadcast_without_initiator: bool,
    /// Refuse requests whose Accept-Contact lacks the MCPTT tags, as the clause says. Default true.
    pub require_service_tags: bool,
    /// Take an INVITE to a group from a SIP phone that knows nothing of MCPTT: no mcptt-info, no feature tags, no floor control.
    /// A call that such a phone opens is without floor control. For laboratories. Default false.
    pub plain_calls: bool,
    /// Interval of the session timer that we offer (RFC 4028). Default 1800 s.
    pub session_expires: Duration,
    /// Shortest session interval that is accepted; below it the answer is 422. Default 90 s.
    pub min_session_expires: Duration,
    /// Answer the originator as soon as a participating function reports an unconfirmed answer (183), when required
    /// members are not waited for. Only with a media plane that buffers. Default false.
    pub answer_on_unconfirmed: bool,
    /// How long an invited client may take to answer before it is cancelled. Default 60 s.
    pub answer_within: Duration,
    /// How many members of one call are invited in a second, 100 to 1 000 000; they are invited in turns of 10 ms. Default 2000.
    pub fan_out_rate: u32,
    /// The participant types, compared without case, whose holders may cancel floor requests of others that wait.
    /// Default `dispatcher`, `dispatch supervisor`, `MC service administrator`.
    pub queue_cancel_types: Vec<ByteStr>,
    /// Subscribe to the affiliations of our users at the controlling functions of their groups: what those change by
    /// themselves is then heard at once, for a subscription by user and group. Default false.
    pub watch_affiliations: bool,
    /// Lifetime of an affiliation at the controlling function. Default 86400 s; every PUBLISH renews it.
    pub affiliation_lifetime: Duration,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            release_at: Some(1),
            release_broadcast_without_initiator: true,
            require_service_tags: true,
            plain_calls: false,
            session_expires: Duration::from_secs(1800),
            min_session_expires: Duration::from_secs(90),
            answer_on_unconfirmed: false,
            answer_within: Duration::from_secs(60),
            fan_out_rate: 2_000,
            queue_cancel_types: ["dispatcher", "dispatch supervisor", "MC service administrator"]
                .map(ByteStr::from_static)
                .to_vec(),
            watch_affiliations: false,
            affiliation_lifetime: Duration::from_secs(86_400),
        }
    }
}

/// Bounds that keep the memory of the node finite.
#[derive(Clone, Debug)]
pub struct LimitsConfig {
    /// Calls at a time; beyond it 500. Default 4096.
    pub calls: usize,
    /// Legs of one call. Default 2000.
    pub legs_per_call: usize,
    /// Registered contacts of all users together; beyond it 503. Default 65536.
    pub bindings: usize,
    /// Affiliations of all users together, at each function. Default 262144.
    pub affiliations: usize,
    /// Signalling sessions the participating function relays at a time; beyond it 500. Default 65536.
    pub relayed_sessions: usize,
    /// Subscriptions to what the participating function knows at a time; beyond it 503. Default 65536.
    pub subscriptions: usize,
    /// Regroups at a time, at each function; beyond it 500. Default 1024.
    pub regroups: usize,
    /// What one address may ask for that is no trusted peer and no function that is configured; beyond it 503. Default 200
    /// requests in a second, 1000 at once, 100 INVITE requests that wait for their final answer.
    pub per_source: SourceLimits,
}

impl Default for LimitsConfig {
    fn default() -> Self {
        Self {
            calls: 4096,
            legs_per_call: 2000,
            bindings: 65_536,
            affiliations: 262_144,
            relayed_sessions: 65_536,
            subscriptions: 65_536,
            regroups: 1_024,
            per_source: SourceLimits::default(),
        }
    }
}

impl Config {
    /// Whether SIP or media of this node is received at `address`.
    pub(crate) fn is_own_address(&self, address: SocketAddr) -> bool {
        let media = &self.media;
        let ports =
            media.audio_ports.contains(&address.port()) || media.floor_ports.contains(&address.port());
        let sip = [self.participating.address, self.controlling.address];
        (address.ip() == media.address && ports) || sip.contains(&address)
    }

    /// Whether the participating function relays media at `address`: nobody but itself may name it in a description.
    pub(crate) fn is_relay_address(&self, address: SocketAddr) -> bool {
        let own = &self.pre_established;
        let ports = own.audio_ports.contains(&address.port()) || own.floor_ports.contains(&address.port());
        own.identity.is_some() && address.ip() == self.media.address && ports
    }

    /// The part of one of the nodes that serve together: the same in everything but its place in the ring and its media ports,
    /// of which each gets as many as the others, in order. A configuration for one node stays what it is.
    #[must_use]
    pub fn of_shard(&self, number: usize) -> Self {
        let mut own = self.clone();
        if self.shards > 1 {
            own.shard = Some(Shard::new(Arc::new(Ring::new(self.shards)), number));
            // A pair of RTP and RTCP is not torn apart.
            own.media.audio_ports = part_of(&self.media.audio_ports, self.shards, number, 2);
            own.media.floor_ports = part_of(&self.media.floor_ports, self.shards, number, 1);
            let (sessions, bearers) = (&mut own.pre_established, &mut own.mbms);
            for ports in [&mut sessions.audio_ports, &mut bearers.audio_ports] {
                *ports = part_of(ports, self.shards, number, 2);
            }
            for ports in [&mut sessions.floor_ports, &mut bearers.floor_ports] {
                *ports = part_of(ports, self.shards, number, 1);
            }
        }
        own
    }

    /// A configuration without users and groups; everything else as the defaults say.
    pub fn new(
        participating: ParticipatingFunction,
        controlling: ControllingFunction,
        media: MediaConfig,
    ) -> Self {
        Self {
            participating,
            controlling,
            trusted_peers: Vec::new(),
            trusted_names: Vec::new(),
            users: Vec::new(),
            groups: Vec::new(),
            group_routes: Vec::new(),
            own_controlling_serves_unknown_groups: true,
            media,
            stream_above: None,
            locate: false,
            registration: RegistrationConfig::default(),
            assume_settings: AssumeSettings::default(),
            authorisation: Authorisation::default(),
            service: ServiceConfig::default(),
            private_calls: PrivateCallsConfig::default(),
            adhoc: AdhocConfig::default(),
            discreet: DiscreetConfig::default(),
            location: LocationConfig::default(),
            pre_established: PreEstablishedConfig::default(),
            mbms: MbmsConfig::default(),
            policy: PolicyConfig::default(),
            recording: RecordingPolicy::default(),
            xcap_root: ByteStr::EMPTY,
            limits: LimitsConfig::default(),
            shards: 1,
            shard: None,
            key_uploads: false,
            server_keys: Vec::new(),
        }
    }
}

/// Whether two URIs are spellings of one identity.
pub(crate) fn is_same(one: &str, other: &str) -> bool {
    let one = Canonical::of(one);
    one.is_some() && one == Canonical::of(other)
}

/// How many ports each of so many nodes gets out of a range, in whole `unit`s that begin at a multiple of the unit.
pub(crate) fn ports_of_each(ports: &RangeInclusive<u16>, shards: usize, unit: usize) -> usize {
    let first = usize::from(*ports.start()).next_multiple_of(unit.max(1));
    let end = usize::from(*ports.end()).saturating_add(1);
    let units = end.saturating_sub(first) / unit.max(1);
    units / shards.max(1) * unit
}

fn part_of(ports: &RangeInclusive<u16>, shards: usize, number: usize, unit: usize) -> RangeInclusive<u16> {
    let each = ports_of_each(ports, shards, unit);
    let first =
        usize::from(*ports.start()).next_multiple_of(unit.max(1)).saturating_add(each.saturating_mul(number));
    let port = |number: usize| u16::try_from(number).unwrap_or(u16::MAX);
    port(first)..=port(first.saturating_add(each).saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ports_are_shared_out_in_whole_pairs() {
        let parts = |ports: RangeInclusive<u16>, shards, unit| -> Vec<RangeInclusive<u16>> {
            (0..shards).map(|number| part_of(&ports, shards, number, unit)).collect()
        };
        assert_eq!(parts(20000..=20015, 2, 2), [20000..=20007, 20008..=20015]);
        assert_eq!(parts(20001..=20015, 3, 2), [20002..=20005, 20006..=20009, 20010..=20013]);
        assert_eq!(parts(20016..=20023, 3, 1), [20016..=20017, 20018..=20019, 20020..=20021]);
        assert_eq!(ports_of_each(&(20000..=20002), 2, 2), 0);
    }
}
