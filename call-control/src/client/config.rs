//! What a client is and where it finds its server.

use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::id::{ClientId, McpttId, PublicUserId};
use mcptt_codec::sdp::{CryptoSuite, Fingerprint};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;

use super::priority::ClientProfile;
use crate::config::Secret;
use crate::transport::{Hop, Transport};

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
    /// The fingerprint of our certificate: DTLS-SRTP is offered, and accepted where it is offered. `None`: neither.
    pub dtls: Option<Fingerprint>,
    /// What is published as the answer mode.
    pub answer_mode: AnswerMode,
    /// Floor requests may be queued for us (`mc_queueing`).
    pub queueing: bool,
    /// The highest floor priority we want to use (`mc_priority`).
    pub floor_priority: Option<u8>,
    /// Lifetime of the registration in seconds; it is refreshed at half of what is granted.
    pub registration_expires: u32,
    /// Session interval that the client proposes for its calls, and takes where the peer names none (RFC 4028): 90 s or more,
    /// [`Self::SESSION_EXPIRES`] as a rule.
    pub session_expires: Duration,
    /// What the user may do.
    pub profile: ClientProfile,
}

impl ClientConfig {
    /// The session interval that RFC 4028 recommends.
    pub const SESSION_EXPIRES: Duration = Duration::from_secs(1_800);

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
