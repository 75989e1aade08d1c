//! The shape of the configuration file. A setting that is not here is an error, never ignored.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

use serde::Deserialize;

use super::adhoc_calls::{self, AdhocCalls};
use super::authorisation::Authorisation;
use super::discreet::DiscreetListening;
use super::distribution::{Distribution, Multicast, Network};
use super::duration::Span;
use super::key_management::KeyManagement;
use super::location::Location;
use super::metrics::Metrics;
use super::pre_established::PreEstablished;
use super::private_calls::{PrivateCalls, Rules};
use super::recording::Recording;
use super::store::Store;

/// The whole file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct File {
    /// How the server is laid out on this machine.
    #[serde(default)]
    pub server: Server,
    /// SIP addresses, identities and trust.
    #[serde(default)]
    pub sip: Sip,
    /// Certificates for TLS and secure WebSocket.
    pub tls: Option<Tls>,
    /// Media address, ports and protection.
    #[serde(default)]
    pub media: Media,
    /// Bounds of registrations.
    #[serde(default)]
    pub registration: Registration,
    /// Local choices of call control.
    #[serde(default)]
    pub policy: Policy,
    /// Timers, counters and limits of floor control.
    #[serde(default)]
    pub floor: Floor,
    /// Calls between users.
    #[serde(default)]
    pub private_calls: PrivateCalls,
    /// Ad hoc group calls.
    #[serde(default)]
    pub adhoc_calls: AdhocCalls,
    /// Who may hear calls unnoticed.
    #[serde(default)]
    pub discreet_listening: DiscreetListening,
    /// Where clients are.
    #[serde(default)]
    pub location: Location,
    /// Sessions that clients establish before they need them.
    #[serde(default)]
    pub pre_established: PreEstablished,
    /// MBMS bearers.
    #[serde(default)]
    pub mbms: super::mbms::Mbms,
    /// How multicast of groups is sent.
    #[serde(default)]
    pub multicast: Multicast,
    /// Reports of our own about media.
    #[serde(default)]
    pub rtcp: super::rtp::Rtcp,
    /// Media from other addresses than declared.
    #[serde(default)]
    pub latching: super::rtp::Latching,
    /// What a client needs to be served, and who issues access tokens.
    #[serde(default)]
    pub authorisation: Authorisation,
    /// What survives a restart.
    #[serde(default)]
    pub store: Store,
    /// What is said, kept.
    #[serde(default)]
    pub recording: Recording,
    /// Spans for a collector.
    #[serde(default)]
    pub tracing: super::tracing::Tracing,
    /// Figures for monitoring.
    #[serde(default)]
    pub metrics: Metrics,
    /// The keys of mission critical services.
    #[serde(default)]
    pub key_management: KeyManagement,
    /// Documents that say more than the file.
    #[serde(default)]
    pub documents: Documents,
    /// Who issues access tokens, if the server does it itself.
    #[serde(default)]
    pub identity: super::identity::Identity,
    /// The users.
    #[serde(default, rename = "user")]
    pub users: Vec<User>,
    /// The groups.
    #[serde(default, rename = "group")]
    pub groups: Vec<Group>,
    /// Groups that other systems serve.
    #[serde(default, rename = "group-route")]
    pub group_routes: Vec<GroupRoute>,
    #[serde(default, rename = "server-key")]
    pub(super) server_keys: Vec<super::server_keys::ServerKey>,
}

/// `[[group-route]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct GroupRoute {
    pub(super) group: String,
    pub(super) address: SocketAddr,
    pub(super) identity: String,
}

/// `[server]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Server {
    pub(super) shards: usize,
    /// Each shard keeps to one processor core.
    pub(super) pin: bool,
}

/// `[sip]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Sip {
    pub(super) participating: SocketAddr,
    pub(super) controlling: SocketAddr,
    pub(super) participating_identity: String,
    pub(super) terminating_identity: String,
    pub(super) controlling_identity: String,
    pub(super) trusted_peers: Vec<String>,
    pub(super) trusted_names: Vec<String>,
    pub(super) dns: bool,
    pub(super) name_servers: Vec<SocketAddr>,
    pub(super) assume_settings: AssumeSettings,
    pub(super) require_service_tags: bool,
    pub(super) plain_calls: bool,
    pub(super) tcp: bool,
    pub(super) tls: Option<SocketAddr>,
    pub(super) ws: Option<SocketAddr>,
    pub(super) wss: Option<SocketAddr>,
    pub(super) stream_above: Option<usize>,
    pub(super) requests_per_address: u32,
    pub(super) open_calls_per_address: u32,
}

/// `[tls]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Tls {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
    pub(super) peers: Option<PathBuf>,
}

/// What to assume about a client that has not published its settings.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AssumeSettings {
    /// Nothing.
    None,
    /// Automatic answer.
    Automatic,
}

/// `[media]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Media {
    pub(super) address: IpAddr,
    pub(super) audio_ports: [u16; 2],
    pub(super) floor_ports: [u16; 2],
    pub(super) plain_rtp: bool,
    pub(super) suites: Vec<String>,
    /// DTLS-SRTP is accepted, and offered where a user or a group is set to it.
    pub(super) dtls: bool,
    /// PEM files beside the configuration file. Without them a certificate is made at the start.
    pub(super) dtls_certificate: Option<PathBuf>,
    pub(super) dtls_key: Option<PathBuf>,
    /// Where browsers reach the WebSocket for floor control.
    pub(super) floor_channel: Option<String>,
    pub(super) voice_dscp: u8,
    pub(super) floor_dscp: u8,
    pub(super) sip_dscp: u8,
    /// How voice reaches the listeners of groups that say nothing else.
    pub(super) distribution: Distribution,
    /// Where the participants are.
    pub(super) network: Network,
    /// Up to so many members of a local network should send to each other; 0: never.
    pub(super) peer_to_peer_members: usize,
    /// Talker and location in header extensions of RTP.
    pub(super) header_extensions: bool,
    /// Calls in which voices are mixed at a time.
    pub(super) mixers: usize,
}

/// `[registration]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Registration {
    pub(super) minimum: Span,
    pub(super) default: Span,
    pub(super) maximum: Span,
    pub(super) service_route: Vec<String>,
}

/// `[policy]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Policy {
    pub(super) release_at: u32,
    pub(super) session_expires: Span,
    pub(super) answer_within: Span,
    /// Members of one call that are invited in a second.
    pub(super) fan_out_rate: u32,
    pub(super) affiliation_lifetime: Span,
    /// TNG2.
    pub(super) emergency_time_limit: Option<Span>,
    /// The participant types that may cancel queued floor requests of others.
    pub(super) queue_cancel_types: Option<Vec<String>>,
    /// The 3GPP release that is kept to in what is sent.
    pub(super) release: u8,
    /// Bodies to clients whose key is known are encrypted and signed.
    pub(super) protect_signalling: bool,
}

/// `[floor]`: timers and counters carry their names of TS 24.380.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Floor {
    #[serde(rename = "T1")]
    pub(super) t1: Option<Span>,
    #[serde(rename = "T2")]
    pub(super) t2: Option<Span>,
    #[serde(rename = "T3")]
    pub(super) t3: Option<Span>,
    #[serde(rename = "T7")]
    pub(super) t7: Option<Span>,
    #[serde(rename = "T8")]
    pub(super) t8: Option<Span>,
    #[serde(rename = "T11")]
    pub(super) t11: Option<Span>,
    #[serde(rename = "T12")]
    pub(super) t12: Option<Span>,
    #[serde(rename = "T15")]
    pub(super) t15: Option<Span>,
    #[serde(rename = "T16")]
    pub(super) t16: Option<Span>,
    #[serde(rename = "T17")]
    pub(super) t17: Option<Span>,
    #[serde(rename = "T20")]
    pub(super) t20: Option<Span>,
    #[serde(rename = "T55")]
    pub(super) t55: Option<Span>,
    #[serde(rename = "T56")]
    pub(super) t56: Option<Span>,
    #[serde(rename = "C7")]
    pub(super) c7: Option<u8>,
    #[serde(rename = "C17")]
    pub(super) c17: Option<u8>,
    #[serde(rename = "C20")]
    pub(super) c20: Option<u8>,
    #[serde(rename = "C55")]
    pub(super) c55: Option<u8>,
    #[serde(rename = "C56")]
    pub(super) c56: Option<u8>,
    pub(super) queue_limit: Option<usize>,
    /// Listeners are shown where the talker is.
    pub(super) share_location: bool,
    /// The floor is granted as soon as an invited client is going to answer; what is said until one has is kept.
    pub(super) early_go_ahead: bool,
    pub(super) buffer_time: Option<Span>,
    pub(super) buffer_packets: Option<usize>,
    pub(super) buffer_octets: Option<usize>,
}

/// `[documents]`: files beside the configuration file.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Documents {
    pub(super) service_configuration: Option<PathBuf>,
    pub(super) groups: Vec<PathBuf>,
    pub(super) location_configuration: Option<PathBuf>,
    pub(super) http: Option<SocketAddr>,
    pub(super) tls: bool,
    pub(super) xcap_root: Option<String>,
    pub(super) missing_token: Option<u16>,
    pub(super) administrators: Vec<String>,
}

/// `[[user]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct User {
    pub(super) mcptt_id: String,
    /// The identities of the SIP core; without any the MCPTT ID is used for both.
    #[serde(default)]
    pub(super) public_user_ids: Vec<String>,
    pub(super) access_token: Option<String>,
    /// Clients that may be in service at a time.
    pub(super) max_authorisations: Option<u32>,
    pub(super) digest: Option<Digest>,
    #[serde(default = "yes")]
    pub(super) prearranged_group_calls: bool,
    #[serde(default = "yes")]
    pub(super) chat_group_calls: bool,
    /// May establish sessions before they are needed.
    #[serde(default = "yes")]
    pub(super) pre_established_sessions: bool,
    pub(super) max_simultaneous_group_calls: Option<u32>,
    pub(super) max_affiliations: Option<u32>,
    pub(super) affiliation_groups: Option<Vec<String>>,
    /// The groups that the user is affiliated to when the service is authorised.
    #[serde(default)]
    pub(super) implicit_affiliations: Vec<String>,
    /// May make others' clients call groups.
    #[serde(default)]
    pub(super) remote_group_calls: bool,
    /// Whose selected group the user may change.
    #[serde(default)]
    pub(super) remote_group_selection: Vec<String>,
    #[serde(default)]
    pub(super) emergency_group_call: bool,
    #[serde(default)]
    pub(super) imminent_peril_call: bool,
    #[serde(default)]
    pub(super) emergency_alert: bool,
    /// May end emergencies, imminent perils and alerts, of others too.
    #[serde(default)]
    pub(super) cancel_emergencies: bool,
    /// Goes with the alerts of the user.
    pub(super) organisation: Option<String>,
    /// What the user may do with calls between users.
    #[serde(default)]
    pub(super) private_calls: Rules,
    /// What the user may do with ad hoc group calls.
    #[serde(default)]
    pub(super) adhoc_calls: adhoc_calls::Rules,
    pub(super) participant_type: Option<String>,
    /// The user may have the floor revoked from others.
    #[serde(default)]
    pub(super) revoke_transmit: bool,
    /// The user may ask where others are.
    #[serde(default)]
    pub(super) location_requests: bool,
    /// The functional aliases that the user may talk under.
    #[serde(default)]
    pub(super) functional_aliases: Vec<String>,
    /// May make and end regroups.
    #[serde(default)]
    pub(super) regroup: bool,
    /// The user is offered DTLS-SRTP.
    #[serde(default)]
    pub(super) dtls_srtp: bool,
    /// Calls between the user and others are recorded.
    #[serde(default)]
    pub(super) recording: bool,
    /// The user has a web browser.
    #[serde(default)]
    pub(super) browser: bool,
}

/// Name and password of a client that registers directly.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Digest {
    pub(super) username: String,
    pub(super) password: String,
}

/// `[[group]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Group {
    pub(super) id: String,
    pub(super) members: Vec<Member>,
    #[serde(default)]
    pub(super) disabled: bool,
    /// Members are invited (prearranged group); `false` makes a chat group.
    #[serde(default = "yes")]
    pub(super) invite_members: bool,
    pub(super) max_participants: Option<u32>,
    #[serde(default)]
    pub(super) minimum_to_start: u16,
    pub(super) acknowledgement_timeout: Option<Span>,
    #[serde(default)]
    pub(super) acknowledgement_action: String,
    pub(super) maximum_duration: Option<Span>,
    pub(super) hang_timer: Option<Span>,
    #[serde(default = "yes")]
    pub(super) queueing: bool,
    #[serde(default)]
    pub(super) audio_cut_in: bool,
    /// How many members may talk at once.
    pub(super) max_talkers: Option<u8>,
    /// A pre-emptive request is granted beside the talker; listeners hear one of the two or both.
    pub(super) dual_floor: Option<DualFloor>,
    #[serde(default = "yes")]
    pub(super) protect_media: bool,
    /// How voice reaches the listeners.
    pub(super) distribution: Option<Distribution>,
    /// Where the voice of the group is sent by multicast.
    pub(super) multicast: Option<SocketAddr>,
    /// Members are offered DTLS-SRTP.
    #[serde(default)]
    pub(super) dtls_srtp: bool,
    /// Its calls are recorded.
    #[serde(default)]
    pub(super) recording: bool,
    /// The group was formed of other groups for a time.
    #[serde(default)]
    pub(super) temporary: bool,
    /// The groups that a temporary group was formed of.
    #[serde(default)]
    pub(super) constituents: Vec<String>,
    /// The temporary group, of this system or another one, that the group is part of.
    pub(super) regrouped_into: Option<String>,
    /// Lends its settings to regroups and is never called.
    #[serde(default)]
    pub(super) preconfigured_use_only: bool,
}

/// What the listeners of two talkers hear.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DualFloor {
    /// The overriding one.
    Overriding,
    /// The overridden one.
    Overridden,
    /// Both.
    Both,
}

/// A member of a group.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Member {
    pub(super) mcptt_id: String,
    #[serde(default)]
    pub(super) priority: u8,
    pub(super) participant_type: Option<String>,
    #[serde(default)]
    pub(super) required: bool,
    #[serde(default)]
    pub(super) receive_only: bool,
    /// May talk while others do.
    #[serde(default)]
    pub(super) multi_talker: bool,
    #[serde(default = "yes")]
    pub(super) may_initiate: bool,
    #[serde(default = "yes")]
    pub(super) may_join: bool,
    #[serde(default)]
    pub(super) emergency_call: bool,
    #[serde(default)]
    pub(super) imminent_peril_call: bool,
    #[serde(default)]
    pub(super) emergency_alert: bool,
    /// May watch who is in the call.
    #[serde(default)]
    pub(super) conference_state: bool,
}

const fn yes() -> bool {
    true
}

const LOOPBACK: [u8; 4] = [127, 0, 0, 1];

impl Default for Server {
    fn default() -> Self {
        Self { shards: 1, pin: false }
    }
}

impl Default for Sip {
    fn default() -> Self {
        Self {
            participating: (LOOPBACK, 5060).into(),
            controlling: (LOOPBACK, 5062).into(),
            participating_identity: "sip:participating@mc.example.org".to_owned(),
            terminating_identity: "sip:terminating@mc.example.org".to_owned(),
            controlling_identity: "sip:groups@mc.example.org".to_owned(),
            // Trust and unprotected media are never assumed: a file must say so.
            trusted_peers: Vec::new(),
            trusted_names: Vec::new(),
            dns: false,
            name_servers: Vec::new(),
            assume_settings: AssumeSettings::None,
            require_service_tags: true,
            plain_calls: false,
            tcp: true,
            tls: None,
            ws: None,
            wss: None,
            stream_above: None,
            requests_per_address: 200,
            open_calls_per_address: 100,
        }
    }
}

impl Default for Media {
    fn default() -> Self {
        Self {
            address: LOOPBACK.into(),
            audio_ports: [20_000, 20_015],
            floor_ports: [20_016, 20_023],
            plain_rtp: false,
            suites: vec!["AEAD_AES_128_GCM".to_owned(), "AES_CM_128_HMAC_SHA1_80".to_owned()],
            dtls: false,
            dtls_certificate: None,
            dtls_key: None,
            floor_channel: None,
            voice_dscp: 46,
            floor_dscp: 40,
            sip_dscp: 24,
            distribution: Distribution::default(),
            network: Network::default(),
            peer_to_peer_members: 0,
            header_extensions: false,
            mixers: 64,
        }
    }
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            minimum: Span(Duration::from_secs(60)),
            default: Span(Duration::from_secs(3_600)),
            maximum: Span(Duration::from_secs(86_400)),
            service_route: Vec::new(),
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            release_at: 1,
            session_expires: Span(Duration::from_secs(1_800)),
            answer_within: Span(Duration::from_secs(60)),
            fan_out_rate: 2_000,
            affiliation_lifetime: Span(Duration::from_secs(86_400)),
            emergency_time_limit: None,
            queue_cancel_types: None,
            release: 18,
            protect_signalling: true,
        }
    }
}
