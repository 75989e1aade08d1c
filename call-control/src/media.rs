//! What call control tells the media plane, and what it hears from it.
//!
//! TS 24.380 speaks of indications between "the application and signalling plane" and the floor control server and
//! media function. [`MediaCommand`] goes down, [`MediaIndication`] comes up; the node translates one-to-one, so that
//! neither plane names the other.

mod indication;
mod redundancy;

use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::floor::{FloorIndicator, Location};
use mcptt_codec::id::{CallRef, FunctionalAlias, GroupId, LegRef, McpttId, Ssrc};
use mcptt_codec::sdp::{Crypto, IcePwd, IceUfrag, RtpFormat};
use mcptt_codec::session::Connect;
use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::text::ByteStr;

use crate::config::{DistributionMode, Hearing, MbmsBearer};

pub use crate::association::DtlsAgreement;
pub(crate) use indication::SESSIONS;
pub use indication::{MediaIndication, is_session};
pub use redundancy::Redundancy;

/// An instruction to the floor control server and the media function of the controlling function.
///
/// Per call the order is `CallInitiated`, then `LegConnected` and `LegLeft` in any number, then `ReleaseStarted` and
/// `ReleaseFinished`. No leg is named before its call or after the end of its call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[allow(clippy::large_enum_variant, reason = "a value is made, moved and consumed one at a time")]
pub enum MediaCommand {
    /// A call exists (TS 24.380 6.3.2.2).
    CallInitiated {
        /// The new call.
        call: CallRef,
        /// What the group document and the request fixed for it.
        settings: CallSettings,
    },
    /// The first participating function has said that an invited client is going to answer, before any client has
    /// (183 with an unconfirmed answer): a media function that buffers may let the originator talk (TS 24.380 6.3.2.2).
    UnconfirmedIndication {
        /// The call.
        call: CallRef,
    },
    /// A participant has become part of the call: the originator when its 200 is sent, an invited member when its
    /// 200 arrives.
    LegConnected {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// Who it is and where its media goes.
        participant: Participant,
    },
    /// The call has become an emergency or imminent peril call, or is no longer one: what the Floor Indicator says from now
    /// on.
    TierChanged {
        /// The call.
        call: CallRef,
        /// As in [`CallSettings::indicator`].
        indicator: FloorIndicator,
    },
    /// The request of a participant to change the priority of the call was accepted as a floor request too
    /// (TS 24.380 6.3.5.3.9, 6.3.5.4.8).
    ImplicitRequest {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
    },
    /// Everybody who was invited into a call of a temporary group has answered finally (TS 24.380 6.3.4.8.4).
    FinalResponsesReceived {
        /// The call.
        call: CallRef,
    },
    /// Where a user is, for those who hear it talk; told whether it is in a call or not. The media plane shows it under its
    /// own rules (TS 24.380 6.3.4.4.2).
    UserLocation {
        /// The user.
        mcptt_id: McpttId,
        /// Where. `None`: not known any more.
        location: Option<Location>,
    },
    /// A constituent group has told by SIP INFO who talked in the call that has become part of this one
    /// (TS 24.380 6.3.4.8.3).
    ConstituentRequest {
        /// The call.
        call: CallRef,
        /// The leg of the non-controlling function of the group.
        leg: LegRef,
        /// What that function asks for in the place of its talker.
        request: ConstituentRequest,
    },
    /// A call exists whose floor another function controls: this is the non-controlling function of its group
    /// (TS 24.380 6.5.2.2). Its clients come and go like participants; it ends like every call.
    NonControllingInitiated {
        /// The new call.
        call: CallRef,
        /// What is fixed for it.
        settings: NonControllingSettings,
        /// The side of the controlling function.
        controlling: FunctionLeg,
    },
    /// A call that was controlled here has become part of one that another function controls (TS 24.380 6.5.2.3).
    ControlHandedOver {
        /// The call.
        call: CallRef,
        /// What is fixed for it.
        settings: NonControllingSettings,
        /// The side of the controlling function.
        controlling: FunctionLeg,
    },
    /// The call is controlled here again, with the participants that it has (TS 24.380 6.3.2.3); the leg of the controlling
    /// function is gone.
    ControlResumed {
        /// The call.
        call: CallRef,
        /// What is fixed for it from now on.
        settings: CallSettings,
    },
    /// The participating function relays the media of a call of one client (TS 24.380 6.4).
    RelayStarted {
        /// The call; its number is none of a call of the controlling function.
        call: CallRef,
        /// The group, whose conversations may be heard on bearers.
        group: Option<GroupId>,
        /// The user of the client.
        user: McpttId,
        /// The side of the client.
        client: FunctionLeg,
        /// The side of the controlling function.
        controlling: FunctionLeg,
    },
    /// A relayed call is over.
    RelayEnded {
        /// The call.
        call: CallRef,
    },
    /// An MBMS bearer is in use from now on (TS 24.380 10).
    BearerActivated {
        /// The bearer.
        bearer: MbmsBearer,
        /// Our own address for RTP to it.
        audio: SocketAddr,
        /// Our own address for everything else.
        floor: SocketAddr,
    },
    /// An MBMS bearer is no longer in use.
    BearerDeactivated {
        /// The bearer.
        tmgi: Tmgi,
    },
    /// A client has reported whether it listens to a bearer.
    ListeningStatus {
        /// A relayed call of the client.
        call: CallRef,
        /// The bearer.
        tmgi: Tmgi,
        /// Whether it listens.
        listening: bool,
    },
    /// Somebody listens to the call from now on without taking part in it; no participant is told.
    ListenerConnected {
        /// The call.
        call: CallRef,
        /// The listener's leg.
        leg: LegRef,
        /// Who it is and where its media goes.
        listener: Participant,
    },
    /// A listener hears no more.
    ListenerLeft {
        /// The call.
        call: CallRef,
        /// The leg, not to be used again.
        leg: LegRef,
    },
    /// A participant has asked for a new DTLS association on the addresses that it has (RFC 8842 5).
    AssociationRenewed {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// What was agreed on.
        agreed: DtlsAgreement,
    },
    /// A participant has left (TS 24.380 6.3.5.8.2 and 6.3.5.9.2).
    LegLeft {
        /// The call.
        call: CallRef,
        /// The leg, not to be used again.
        leg: LegRef,
    },
    /// Release step 1: stop floor messages and audio towards the participants (TS 24.380 6.3.3).
    ReleaseStarted {
        /// The call.
        call: CallRef,
    },
    /// Release step 2: the signalling has ended, free everything of the call.
    ReleaseFinished {
        /// The call, not to be used again.
        call: CallRef,
    },
    /// Something about a pre-established session of a client of the participating function.
    Session(SessionCommand),
}

/// An instruction to the participating function's relay and its call control over a pre-established session
/// (TS 24.380 6.4, 9.3).
///
/// Per session the order is `Established`, then the others in any number, then `Released`.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionCommand {
    /// The session is established and no call uses it.
    Established {
        /// The session, referred to like a call.
        session: CallRef,
        /// The side of the client.
        client: PeerMedia,
    },
    /// The client has other addresses or keys.
    Modified {
        /// The session.
        session: CallRef,
        /// The side of the client.
        client: PeerMedia,
    },
    /// A call is to use the session: the client is told with Connect, and the call is relayed once it has accepted.
    Connect {
        /// The session.
        session: CallRef,
        /// The group of a group call.
        group: Option<GroupId>,
        /// The side of the controlling function.
        controlling: PeerMedia,
        /// What the client is told.
        connect: Box<Connect>,
    },
    /// The call no longer uses the session, or the one that the client has asked for has come to nothing: the client is
    /// told with Disconnect.
    Disconnect {
        /// The session.
        session: CallRef,
        /// Whether the client is asked for an acknowledgment.
        acknowledged: bool,
    },
    /// The session is gone, whatever uses it.
    Released {
        /// The session, not to be used again.
        session: CallRef,
    },
}

/// One side of what the participating function relays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerMedia {
    /// The user of the client. `None`: it is the side of another function.
    pub user: Option<McpttId>,
    /// The leg.
    pub leg: LegRef,
    /// RTP. RTCP is the next higher port on both sides.
    pub audio: MediaEndpoint,
    /// Floor control; a remote port of 0 where there is none.
    pub floor: MediaEndpoint,
    /// Keys of the audio streams. `None`: plain RTP.
    pub protection: Option<MediaProtection>,
}

/// What is fixed for a call in its non-controlling function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NonControllingSettings {
    /// `participant-type` of the group's participants in Track Info. `None`: nothing is known.
    pub participant_type: Option<ByteStr>,
    /// The tier of the call, as in [`CallSettings::indicator`].
    pub indicator: FloorIndicator,
}

/// The leg towards another MCPTT function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FunctionLeg {
    /// The leg.
    pub leg: LegRef,
    /// RTP. RTCP is the next higher port on both sides.
    pub audio: MediaEndpoint,
    /// Floor control messages.
    pub floor: MediaEndpoint,
    /// Keys of the audio streams. `None`: plain RTP.
    pub protection: Option<MediaProtection>,
}

/// A floor request that one function makes in the place of a talker (TS 24.379 F.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConstituentRequest {
    /// SSRC of the talker.
    pub ssrc: Ssrc,
    /// Its floor priority.
    pub priority: u8,
    /// The temporary identifier under which its function knows it.
    pub reference: u32,
    /// It may be queued.
    pub queueing: bool,
    /// The tier of its request.
    pub indicator: FloorIndicator,
}

/// What is fixed for a call when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSettings {
    /// The group; none in a call between users.
    pub group: Option<GroupId>,
    /// There is floor control. Without it everybody may talk at any time and no floor message is sent or read.
    pub floor_control: bool,
    /// In a broadcast call the leg of its initiator, the only one that may talk (TS 24.379 6.2.8.2).
    pub broadcast_initiator: Option<LegRef>,
    /// The tier of the call: `NORMAL`, `EMERGENCY` or `IMMINENT_PERIL`, with `BROADCAST` where it applies.
    pub indicator: FloorIndicator,
    /// Floor requests may be queued.
    pub queueing: bool,
    /// A new request takes the floor from the current talker (`<mcptt-on-network-audio-cut-in>`).
    pub audio_cut_in: bool,
    /// How many may talk at once in a multi-talker group. `None`: one.
    pub max_talkers: Option<u8>,
    /// What listeners hear when a pre-emptive request is granted beside the talker. `None`: the talker is revoked.
    pub dual_floor: Option<Hearing>,
    /// T4 of TS 24.380: how long the floor may stay idle before the call ends. `None`: T4 does not run.
    pub hang_timer: Option<Duration>,
    /// T2 of TS 24.380 where the group or the service sets it. `None`: the media plane's default.
    pub talk_limit: Option<Duration>,
    /// The format that was agreed on.
    pub audio: CallAudio,
    /// What is said is recorded.
    pub record: bool,
    /// How voice reaches the listeners.
    pub distribution: Distribution,
}

/// The audio of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallAudio {
    /// Name of the encoding as in `a=rtpmap`, also for static payload types; empty where nothing names it.
    pub encoding: ByteStr,
    /// Clock rate of its RTP timestamps, hertz.
    pub clock_rate: u32,
    /// Its keys are the users' own: what passes the media plane stays closed there.
    pub sealed: bool,
}

impl CallAudio {
    /// What a format of a session description says.
    pub fn of(format: &RtpFormat, sealed: bool) -> Self {
        let (encoding, clock_rate) = match (&format.map, format.payload_type) {
            (Some(map), _) => (map.encoding.clone(), map.clock_rate),
            // RFC 3551 6.
            (None, 0) => ("PCMU".into(), 8_000),
            (None, 8) => ("PCMA".into(), 8_000),
            (None, 9) => ("G722".into(), 8_000),
            (None, _) => (ByteStr::EMPTY, 8_000),
        };
        Self { encoding, clock_rate, sealed }
    }
}

/// What is configured for the distribution of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// The way that is wanted.
    pub mode: DistributionMode,
    /// All participants are in one local network.
    pub local_network: bool,
    /// Where voice is sent by multicast.
    pub multicast: Option<SocketAddr>,
    /// Members of the group; 0: it is none.
    pub members: usize,
    /// Members up to which participants should send to each other.
    pub peer_to_peer_members: usize,
}

/// A participant of a call, as the media plane needs to know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Participant {
    /// The service identity.
    pub mcptt_id: McpttId,
    /// How the participant came into the call.
    pub entry: Entry,
    /// RTP. RTCP is the next higher port on both sides.
    pub audio: MediaEndpoint,
    /// Floor control messages.
    pub floor: MediaEndpoint,
    /// What was negotiated for floor control.
    pub floor_parameters: FloorParameters,
    /// Keys of the audio streams. `None`: plain RTP.
    pub protection: Option<MediaProtection>,
    /// RTP payload type of the negotiated audio format.
    pub payload_type: u8,
    /// SSRC of its audio (`a=ssrc`, `mc_ssrc`), no other participant's on this node. `None`: not agreed on.
    pub audio_ssrc: Option<Ssrc>,
    /// Encoding name of the negotiated audio format, if it is one that the media function can code.
    pub encoding: Option<&'static str>,
    /// Numbers of the header extensions for talker and location; 0: not agreed on.
    pub extensions: [u8; 2],
    /// Payload types of redundancy.
    pub redundancy: Redundancy,
}

/// How a participant came into a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case", tag = "as")]
pub enum Entry {
    /// It opened the call.
    Originator {
        /// Its INVITE was accepted as a floor request too (TS 24.379 6.4).
        implicit_request: bool,
    },
    /// It was invited.
    Invited,
    /// It came to a call that was running, by an INVITE of its own.
    Joining {
        /// Its INVITE was accepted as a floor request too.
        implicit_request: bool,
    },
}

/// The two ends of a stream.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MediaEndpoint {
    /// Our address.
    pub local: SocketAddr,
    /// The address the participant declared in its session description.
    pub remote: SocketAddr,
}

/// What was negotiated for the floor control of one participant (TS 24.380 14.3).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FloorParameters {
    /// `mc_queueing` was offered and accepted.
    pub queueing: bool,
    /// `mc_priority`: the highest floor priority the participant may use. `None`: the default, lowest.
    pub priority: Option<u8>,
    /// `on-network-recvonly`: floor requests are denied with cause 5.
    pub receive_only: bool,
    /// `multi-talker-allowed`: may talk while others do, in a multi-talker group.
    pub multi_talker_allowed: bool,
    /// The user may use the emergency tier on the floor.
    pub emergency_allowed: bool,
    /// The identity must not be shown to the others.
    pub privacy: bool,
    /// The participant may cancel floor requests of others that wait in the queue.
    pub cancels_queued: bool,
    /// The participant may have the floor revoked from others.
    pub revokes_others: bool,
    /// It is another MCPTT function, behind which there are many participants.
    pub function: bool,
    /// The functional aliases that the participant may talk under.
    pub functional_aliases: Vec<FunctionalAlias>,
    /// `mc_floor_ssrc`: the SSRC the participant wants in the header of floor messages (Release 15 on).
    pub floor_ssrc: Option<Ssrc>,
}

/// How one participant's audio is protected. Printing it shows no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MediaProtection {
    /// By keys of the session descriptions, one per direction (RFC 4568).
    Keys {
        /// For what we send to the participant.
        send: Box<Crypto>,
        /// For what we receive from it.
        receive: Box<Crypto>,
    },
    /// By keys of a DTLS handshake on the addresses of the stream (RFC 5763).
    Dtls(DtlsAgreement),
    /// By keys of a DTLS handshake with a browser, whose address is found by ICE (RFC 8445).
    Web(Box<WebAgreement>),
}

impl MediaProtection {
    /// The keys of the session descriptions, for what we send and for what we receive; none where a handshake gives them.
    pub fn keys(&self) -> Option<(&Crypto, &Crypto)> {
        match self {
            Self::Keys { send, receive } => Some((send, receive)),
            Self::Dtls(_) | Self::Web(_) => None,
        }
    }

    /// The association that the keys come from, where it may be followed by another one.
    pub(crate) const fn association(&self) -> Option<&DtlsAgreement> {
        match self {
            Self::Dtls(agreed) => Some(agreed),
            Self::Keys { .. } | Self::Web(_) => None,
        }
    }
}

/// What offer and answer have agreed on with a browser. Printing it shows no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WebAgreement {
    /// The handshake.
    pub dtls: DtlsAgreement,
    /// Our user fragment, no other leg's.
    pub own_ufrag: IceUfrag,
    /// The password of its checks.
    pub own_password: IcePwd,
    /// Its user fragment.
    pub peer_ufrag: IceUfrag,
    /// What opens the floor control channel, beside our user fragment.
    pub floor_secret: IcePwd,
    /// Where the floor control channel is opened; holds user fragment and secret.
    pub floor_uri: IcePwd,
}

/// What an operator may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Command {
    /// End one call.
    ReleaseCall {
        /// The call; an unknown one is ignored.
        call: CallRef,
    },
    /// End every call and accept no new one: the node shuts down.
    ReleaseAll,
    /// Take an MBMS bearer of the configuration into use, or out of it.
    UseBearer {
        /// The bearer; an unknown one is ignored.
        tmgi: Tmgi,
        /// Whether it is used.
        used: bool,
    },
}
