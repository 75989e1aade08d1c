//! What a client is told, what it can be asked to do and what it reports.

use std::net::SocketAddr;

use mcptt_codec::Transmit;
use mcptt_codec::id::{ClientId, GroupId, McpttId, PublicUserId};
use mcptt_codec::sdp::{CryptoSuite, McpttFmtp};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;

use crate::config::Secret;
use crate::media::MediaProtection;
use crate::transport::{Hop, StreamCommand, Transport};

/// Who the client is, where it is and what its media can do.
#[derive(Clone, Debug)]
pub struct ClientConfig {
    /// The identity the SIP core knows.
    pub public_user_id: PublicUserId,
    /// The service identity.
    pub mcptt_id: McpttId,
    /// This client instance, a URN UUID.
    pub client_id: ClientId,
    /// What the identity management server issued. `None`: nothing is presented.
    pub access_token: Option<Secret>,
    /// What carries SIP to the participating function and back.
    pub transport: Transport,
    /// Our address for SIP.
    pub address: SocketAddr,
    /// Address of the participating function, or of the SIP core before it.
    pub participating_address: SocketAddr,
    /// Public service identity of the participating function.
    pub participating_identity: ByteStr,
    /// Where this client receives RTP; RTCP is the next higher port.
    pub audio: SocketAddr,
    /// Where this client receives floor control.
    pub floor: SocketAddr,
    /// Audio formats in the order of preference, at least one.
    pub codecs: Vec<AudioFormat>,
    /// SRTP suites in the order of preference. Empty: plain RTP is offered and accepted.
    pub suites: Vec<CryptoSuite>,
    /// What is published as the answer mode.
    pub answer_mode: AnswerMode,
    /// Floor requests may be queued for us (`mc_queueing`).
    pub queueing: bool,
    /// The highest floor priority we want to use (`mc_priority`).
    pub floor_priority: Option<u8>,
    /// Lifetime of the registration in seconds; it is refreshed at half of what is granted.
    pub registration_expires: u32,
}

impl ClientConfig {
    /// Where everything goes that the client asks for.
    pub(super) const fn participating(&self) -> Hop {
        Hop::new(self.transport, self.participating_address)
    }
}

/// An audio format of the session description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioFormat {
    /// RTP payload type, 0 to 127.
    pub payload_type: u8,
    /// `a=rtpmap` without the payload type, such as `AMR-WB/16000/1`.
    pub rtpmap: ByteStr,
    /// `a=fmtp` without the payload type.
    pub fmtp: Option<ByteStr>,
}

impl AudioFormat {
    /// AMR-WB on payload type 97, the default of the service (TS 24.379 6.2.1).
    pub fn amr_wb() -> Self {
        Self {
            payload_type: 97,
            rtpmap: ByteStr::from_static("AMR-WB/16000/1"),
            fmtp: Some(ByteStr::from_static("mode-change-capability=2; max-red=0")),
        }
    }
}

/// A call as the client numbers them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct CallId(pub u64);

/// What the user or the test wants.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClientCommand {
    /// Register and keep the registration alive.
    Register,
    /// End the registration.
    Deregister,
    /// Publish the settings: the answer mode of the configuration, with the token if there is one.
    PublishSettings,
    /// Publish another answer mode, without the token.
    SetAnswerMode(AnswerMode),
    /// Log off from the service; the registration stays.
    LogOff,
    /// Make this the full set of groups that this client is affiliated to.
    Affiliate {
        /// The groups.
        groups: Vec<GroupId>,
    },
    /// End every affiliation of this client.
    Deaffiliate,
    /// Call a prearranged group.
    CallGroup(GroupCall),
    /// Come back to a call (TS 24.379 10.1.1.2.4.1).
    Rejoin {
        /// The session identity that the call was known by.
        session_identity: ByteStr,
        /// Ask for the floor with the same request.
        implicit_request: bool,
    },
    /// Accept an incoming call that waits for the user.
    Accept {
        /// The call.
        call: CallId,
    },
    /// Refuse an incoming call that waits for the user.
    Decline {
        /// The call.
        call: CallId,
    },
    /// Give up a call that is not answered yet.
    CancelCall {
        /// The call.
        call: CallId,
    },
    /// Leave a call.
    Leave {
        /// The call.
        call: CallId,
    },
}

/// A prearranged group call to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupCall {
    /// The group.
    pub group: GroupId,
    /// The INVITE is a floor request too.
    pub implicit_request: bool,
    /// Only we may talk.
    pub broadcast: bool,
    /// How urgent it is.
    pub urgency: Urgency,
    /// `Resource-Priority`, as the service configuration document gives it for this urgency.
    pub resource_priority: Option<ByteStr>,
}

impl GroupCall {
    /// A normal call with an implicit floor request.
    pub fn new(group: impl Into<GroupId>) -> Self {
        Self {
            group: group.into(),
            implicit_request: true,
            broadcast: false,
            urgency: Urgency::Normal,
            resource_priority: None,
        }
    }
}

/// How urgent a call is, as its originator says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Urgency {
    /// Nothing special.
    #[default]
    Normal,
    /// `imminentperil-ind`.
    ImminentPeril,
    /// `emergency-ind`.
    Emergency {
        /// An emergency alert goes with it (`alert-ind`).
        alert: bool,
    },
}

/// What [`super::Client`] wants done, in order.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a value is made, moved and consumed one at a time")]
pub enum ClientOutput {
    /// Send this datagram.
    Transmit(Transmit),
    /// Send over a connection, or close it.
    Stream(StreamCommand),
    /// Something happened.
    Event(ClientEvent),
}

/// What the client reports.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a value is made, moved and consumed one at a time")]
pub enum ClientEvent {
    /// The registration stands.
    Registered {
        /// Its lifetime in seconds.
        expires: u32,
    },
    /// The registration is gone, as asked.
    Deregistered,
    /// The settings are published.
    SettingsPublished,
    /// The wanted set of affiliations was accepted. The controlling functions may still refuse single groups.
    Affiliated {
        /// The groups that were asked for.
        groups: Vec<GroupId>,
    },
    /// A REGISTER or PUBLISH was refused or not answered.
    RequestFailed {
        /// Which one.
        what: ClientRequest,
        /// The SIP status; 408 if there was no answer.
        status: u16,
        /// The MCPTT warning code of the answer.
        warning: Option<u16>,
    },
    /// A call exists from now on: ours is on its way.
    CallStarted {
        /// The call.
        call: CallId,
        /// The group, unknown when we come back to a call by its session identity.
        group: Option<GroupId>,
    },
    /// A call came in. With automatic answer it is followed by `CallEstablished`, otherwise it waits for the user.
    CallReceived {
        /// The call.
        call: CallId,
        /// The group.
        group: Option<GroupId>,
        /// Who called.
        caller: Option<McpttId>,
        /// It waits for `Accept` or `Decline`.
        waiting: bool,
    },
    /// A provisional answer to our call.
    CallProgress {
        /// The call.
        call: CallId,
        /// The SIP status.
        status: u16,
    },
    /// Media can flow.
    CallEstablished(EstablishedCall),
    /// Our call was refused or not answered.
    CallFailed {
        /// The call.
        call: CallId,
        /// The SIP status; 408 if there was no answer, 487 after a cancellation.
        status: u16,
        /// The MCPTT warning code of the answer.
        warning: Option<u16>,
        /// The server says that the emergency state does not hold (TS 24.379 6.3.3.1.14).
        emergency_refused: bool,
    },
    /// A call is over.
    CallEnded {
        /// The call.
        call: CallId,
        /// The other side ended it.
        by_peer: bool,
    },
}

/// A call with everything its media needs.
#[derive(Clone, Debug, PartialEq)]
pub struct EstablishedCall {
    /// The call.
    pub call: CallId,
    /// The group, as far as known.
    pub group: Option<GroupId>,
    /// We were called.
    pub incoming: bool,
    /// Who called, if we were called.
    pub caller: Option<McpttId>,
    /// Where to send RTP.
    pub remote_audio: SocketAddr,
    /// Where to send floor control. `None`: there is none in this call.
    pub remote_floor: Option<SocketAddr>,
    /// RTP payload type of the negotiated format.
    pub payload_type: u8,
    /// Keys; `None`: plain RTP.
    pub protection: Option<MediaProtection>,
    /// The floor control parameters of the peer's description: of the answer to our call, of the offer of theirs.
    pub floor_parameters: McpttFmtp,
    /// What to use for coming back to the call.
    pub session_identity: ByteStr,
    /// MCPTT warning codes of the answer, such as 123.
    pub warnings: Vec<u16>,
    /// Only the caller may talk.
    pub broadcast: bool,
    /// The tier the call was offered or answered with is emergency.
    pub emergency: bool,
}

/// The requests outside of calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum ClientRequest {
    /// REGISTER.
    Registration,
    /// PUBLISH of the settings.
    Settings,
    /// PUBLISH of the affiliations.
    Affiliation,
}
