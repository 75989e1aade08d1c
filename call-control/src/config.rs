//! What an operator decides: functions, users, groups, media and limits.
//!
//! The values come from a file or a database that this crate does not know. [`Config::validate`] names the setting
//! that is wrong, its value and what would be allowed.

mod group;
mod network;
mod user;
mod validate;

use std::net::{IpAddr, SocketAddr};
use std::ops::RangeInclusive;
use std::time::Duration;

use mcptt_codec::id::GroupId;
use mcptt_codec::sdp::CryptoSuite;
use mcptt_codec::text::ByteStr;

pub use group::{Acknowledgement, Group, Hearing, Member, UponExpiry};
pub use network::{Network, NetworkError};
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
    /// Registration bounds.
    pub registration: RegistrationConfig,
    /// What to assume about a client that has not published its settings.
    pub assume_settings: AssumeSettings,
    /// The part of the service configuration document that call control uses (TS 24.484 8.4).
    pub service: ServiceConfig,
    /// When a call ends by policy, and other local choices.
    pub policy: PolicyConfig,
    /// Bounds that keep the memory of the node finite.
    pub limits: LimitsConfig,
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
}

impl Default for RegistrationConfig {
    fn default() -> Self {
        Self {
            minimum: Duration::from_secs(60),
            default: Duration::from_secs(3600),
            maximum: Duration::from_secs(86_400),
            nonce_lifetime: Duration::from_secs(300),
            contacts_per_user: 8,
        }
    }
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
    /// `<time-limit>` of `<transmit-time>` (T2). `None`: the media plane's default.
    pub talk_limit: Option<Duration>,
}

impl Default for ServiceConfig {
    fn default() -> Self {
        Self {
            emergency_resource_priority: ByteStr::from_static("mcpttp.15"),
            imminent_peril_resource_priority: ByteStr::from_static("mcpttp.14"),
            normal_resource_priority: ByteStr::from_static("mcpttq.0"),
            priority_levels: 256,
            release: 18,
            talk_limit: None,
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
    /// Interval of the session timer that we offer (RFC 4028). Default 1800 s.
    pub session_expires: Duration,
    /// Shortest session interval that is accepted; below it the answer is 422. Default 90 s.
    pub min_session_expires: Duration,
    /// Answer the originator as soon as a participating function reports an unconfirmed answer (183), when required
    /// members are not waited for. Only with a media plane that buffers. Default false.
    pub answer_on_unconfirmed: bool,
    /// How long an invited client may take to answer before it is cancelled. Default 60 s.
    pub answer_within: Duration,
    /// The participant types, compared without case, whose holders may cancel floor requests of others that wait.
    /// Default `dispatcher`, `dispatch supervisor`, `MC service administrator`.
    pub queue_cancel_types: Vec<ByteStr>,
    /// Lifetime of an affiliation at the controlling function. Default 86400 s; every PUBLISH renews it.
    pub affiliation_lifetime: Duration,
}

impl Default for PolicyConfig {
    fn default() -> Self {
        Self {
            release_at: Some(1),
            release_broadcast_without_initiator: true,
            require_service_tags: true,
            session_expires: Duration::from_secs(1800),
            min_session_expires: Duration::from_secs(90),
            answer_on_unconfirmed: false,
            answer_within: Duration::from_secs(60),
            queue_cancel_types: ["dispatcher", "dispatch supervisor", "MC service administrator"]
                .map(ByteStr::from_static)
                .to_vec(),
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
            users: Vec::new(),
            groups: Vec::new(),
            group_routes: Vec::new(),
            own_controlling_serves_unknown_groups: true,
            media,
            stream_above: None,
            registration: RegistrationConfig::default(),
            assume_settings: AssumeSettings::default(),
            service: ServiceConfig::default(),
            policy: PolicyConfig::default(),
            limits: LimitsConfig::default(),
        }
    }
}
