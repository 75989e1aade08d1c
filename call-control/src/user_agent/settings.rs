//! What a user agent is told when it is made.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::sip::{self, Method};
use mcptt_codec::text::ByteStr;

use super::SourceLimits;
use super::server_keys::Servers;
use crate::config::Network;
use crate::directory::Directory;
use crate::overload::OverloadSettings;
use crate::shard::Shard;
use crate::transaction::{self, TimerSettings};

/// Settings of one [`UserAgent`](super::UserAgent). Start from [`UserAgentSettings::new`] and change fields.
#[derive(Clone, Debug)]
pub struct UserAgentSettings {
    /// Our address: the source of everything we send, and the sent-by of our Via.
    pub local: SocketAddr,
    /// The name of this host in Call-ID, and in Contact and From where the caller gives none.
    pub host_name: ByteStr,
    /// The URI put into Contact where the caller gives none, without angle brackets.
    pub contact: ByteStr,
    /// T1, T2, T4 and the delay of 100 Trying.
    pub timers: TimerSettings,
    /// How many of everything.
    pub limits: Limits,
    /// Methods that are handed to the caller; any other known method is answered 405. ACK, CANCEL and OPTIONS are
    /// always understood and listed whether they stand here or not.
    pub allow: Vec<Method>,
    /// Option tags that we support: Require may name these and no others, and Supported lists them.
    pub supported: Vec<ByteStr>,
    /// MIME types for Accept in the answer to OPTIONS.
    pub accept: Vec<ByteStr>,
    /// Info packages that we are willing to receive (RFC 6086); any other INFO is answered 469.
    pub recv_info: Vec<ByteStr>,
    /// Value of User-Agent and Server; empty sends neither.
    pub product: ByteStr,
    /// Addresses of host names that may stand in Route, Record-Route or Contact, in lower case. A name that is not
    /// here is sent to where the peer of the dialog last sent from.
    pub hosts: BTreeMap<String, SocketAddr>,
    /// Names that are not in `hosts` are looked up (RFC 3263): whoever drives the user agent takes
    /// [`UserAgent::poll_query`](super::UserAgent::poll_query) and brings the answers.
    pub locate: bool,
    /// Requests of more octets than this go over TCP where UDP would be taken, and over UDP only if the peer has no TCP
    /// (RFC 3261 18.1.1 asks for 1300). `None`: UDP carries everything, because nobody opens streams here.
    pub stream_above: Option<usize>,
    /// How long a message may take from its first to its last octet on a connection.
    pub partial_message: Duration,
    /// Streams that may bring messages at one time; one more is closed.
    pub streams: usize,
    /// Differentiated services code point of everything we send, 0 to 63.
    pub dscp: u8,
    /// When messages wait too long; see [`UserAgent::handle_wait`](super::UserAgent::handle_wait).
    pub overload: OverloadSettings,
    /// Addresses of our own functions: what they send is served in overload, too.
    pub admitted: Vec<SocketAddr>,
    /// Which of several user agents behind one address this is: tags and branches are drawn to be told by, and what arrives is
    /// handed out first ([`UserAgent::poll_arrived`](super::UserAgent::poll_arrived)). Default none.
    pub shard: Option<Shard>,
    /// What one address may ask for. `None`: as much as anybody.
    pub source_limits: Option<SourceLimits>,
    /// Whom those bounds do not concern.
    pub unbounded: Vec<Network>,
    /// What is known of other MCPTT servers.
    pub(crate) servers: Vec<Servers>,
    /// Supervision of sessions (RFC 4028). `None`: Session-Expires is passed on and nothing is done about it.
    pub session_timer: Option<SessionTimerSettings>,
    /// How long an INVITE may ring in either direction. Then our own is cancelled, and one that we received and that
    /// nobody answered is refused with 487. Expires in a received INVITE shortens it.
    pub ringing: Duration,
}

impl UserAgentSettings {
    /// CS3, our default for signalling. RFC 4594 proposes CS5; the operator of the transport network decides.
    pub const DSCP_SIGNALLING: u8 = 24;

    /// Bounds what one address may ask for, as the configuration says.
    pub(crate) fn bound_sources(&mut self, directory: &Directory) {
        self.source_limits = Some(directory.config.limits.per_source);
        self.unbounded = directory.unbounded_sources();
    }

    /// Knows the keys that there are with other servers.
    pub(crate) fn know_servers(&mut self, directory: &Directory) {
        self.servers = directory.config.server_keys.iter().filter_map(Servers::of).collect();
    }

    /// The settings that need no decision: every method of the project is allowed, no extension is supported.
    pub fn new(local: SocketAddr, host_name: impl Into<ByteStr>) -> Self {
        Self {
            local,
            host_name: host_name.into(),
            contact: format!("sip:{local}").into(),
            timers: TimerSettings::default(),
            limits: Limits::default(),
            allow: vec![
                Method::Invite,
                Method::Ack,
                Method::Bye,
                Method::Cancel,
                Method::Update,
                Method::Prack,
                Method::Info,
                Method::Message,
                Method::Refer,
                Method::Subscribe,
                Method::Notify,
                Method::Publish,
                Method::Options,
            ],
            supported: Vec::new(),
            accept: Vec::new(),
            recv_info: Vec::new(),
            product: ByteStr::EMPTY,
            hosts: BTreeMap::new(),
            locate: false,
            stream_above: None,
            partial_message: Duration::from_secs(20),
            streams: 10_000,
            dscp: Self::DSCP_SIGNALLING,
            overload: OverloadSettings::default(),
            admitted: Vec::new(),
            shard: None,
            source_limits: None,
            unbounded: Vec::new(),
            servers: Vec::new(),
            session_timer: None,
            ringing: Duration::from_secs(180),
        }
    }
}

/// How sessions are supervised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionTimerSettings {
    /// The interval where the peer asks for none.
    pub interval: Duration,
    /// The shortest interval that the peer may ask for in a session; below it the answer is 422.
    pub minimum: Duration,
}

impl Default for SessionTimerSettings {
    /// 1800 s, and the 90 s below which RFC 4028 allows nothing.
    fn default() -> Self {
        Self { interval: Duration::from_secs(1800), minimum: Duration::from_secs(90) }
    }
}

/// Bounds of everything that the network can make a user agent keep.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Of one message.
    pub message: sip::Limits,
    /// Of the transaction layer.
    pub transactions: transaction::Limits,
    /// Dialogs at one time; an INVITE, SUBSCRIBE or REFER that would make one more is answered 503.
    pub dialogs: Dialogs,
    /// Referrals whose referrers are told how they go, at one time.
    pub referrals: usize,
    /// Targets of one REFER.
    pub targets: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message: sip::Limits::default(),
            transactions: transaction::Limits::default(),
            dialogs: Dialogs::default(),
            referrals: 1_000,
            targets: 100,
        }
    }
}

/// Bounds of dialogs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialogs {
    /// All of one user agent.
    pub total: usize,
    /// Early dialogs that the answers to one INVITE may create.
    pub per_invite: usize,
}

impl Default for Dialogs {
    fn default() -> Self {
        Self { total: 20_000, per_invite: 8 }
    }
}
