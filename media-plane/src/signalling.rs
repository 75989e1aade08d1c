//! What the application and signalling plane tells the media plane, and what it is told in return.
//!
//! TS 24.380 speaks of indications between the floor control server and "the application and signalling plane". These
//! two enums are that interface: values only, no callbacks, no shared state.

use std::net::SocketAddr;

use mcptt_codec::floor::{FloorIndicator, FloorRequest, Location};
use mcptt_codec::id::{CallRef, LegRef, McpttId, Ssrc};
use mcptt_codec::session::ReasonCode;
use mcptt_codec::subchannel::Tmgi;

use crate::audio::Codec;
use crate::crypto::ProtectionError;
use crate::crypto::dtls::Peer;
use crate::event::text;

pub use crate::crypto::{Keying, MediaProtection};
pub use crate::elsewhere::signalling::{
    Bearer, BearerSubchannel, MbmsSignalling, NonControllingSignalling, PeerLeg, RelaySignalling,
    SessionSignalling,
};
pub use crate::floor::settings::{CallSettings, Entry, FloorParameters, Hearing};
pub use crate::redundancy::RedundancyTypes;

/// An indication of the application and signalling plane to the media plane.
#[derive(Clone, Debug)]
pub enum Signalling {
    /// A call begins (TS 24.380 6.3.2.2).
    CallInitiated {
        /// The call.
        call: CallRef,
        /// What was decided about it when it was set up.
        settings: CallSettings,
    },
    /// The first invited client is going to accept, although none has yet (TS 24.380 6.3.2.2).
    UnconfirmedIndication {
        /// The call.
        call: CallRef,
    },
    /// A participant belongs to the call from now on: its 200 (OK) was sent or received (TS 24.380 6.3.5.1).
    LegConnected {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// Who it is, where its media goes and what was negotiated.
        participant: Box<Participant>,
    },
    /// The priority of the call has changed: what the Floor Indicator of its messages says from now on.
    TierChanged {
        /// The call.
        call: CallRef,
        /// As in [`CallSettings::indicator`].
        indicator: FloorIndicator,
    },
    /// An implicit floor request of a participant was accepted in the middle of the call (TS 24.380 6.3.5.3.9 and
    /// 6.3.5.4.8).
    ImplicitRequest {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
    },
    /// A constituent group of a temporary group has asked for the floor by SIP INFO (TS 24.380 6.3.4.8.3).
    ConstituentRequest {
        /// The call.
        call: CallRef,
        /// The leg of the group's non-controlling function.
        leg: LegRef,
        /// What it has asked for, in the words of a Floor Request.
        request: Box<FloorRequest>,
    },
    /// Everybody who was invited into a session of a temporary group has answered finally (TS 24.380 6.3.4.8.4).
    FinalResponsesReceived {
        /// The call.
        call: CallRef,
    },
    /// Where a user is, in a call or not. Kept only where listeners are shown where a talker is.
    UserLocation {
        /// The user.
        mcptt_id: McpttId,
        /// Where. `None`: not known any more.
        location: Option<Location>,
    },
    /// The session descriptions of a leg, or of a pre-established session's client, ask for a new DTLS association on the
    /// addresses that it has (RFC 8842 5).
    AssociationRenewed {
        /// The call, or the session.
        call: CallRef,
        /// The leg.
        leg: LegRef,
        /// The other side of the new association.
        peer: Box<Peer>,
    },
    /// A participant has left the call, which goes on without it (TS 24.380 6.3.5.8.2 and 6.3.5.9.2).
    LegLeft {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
    },
    /// Somebody hears the call from now on without taking part in it: the participants are sent what they would be sent anyway.
    ListenerConnected {
        /// The call.
        call: CallRef,
        /// The listener's leg.
        leg: LegRef,
        /// Where what is heard goes. What is said about the floor has no meaning.
        listener: Box<Participant>,
    },
    /// A listener hears no more.
    ListenerLeft {
        /// The call.
        call: CallRef,
        /// The listener's leg.
        leg: LegRef,
    },
    /// Participating function: a call is relayed (TS 24.380 6.4).
    Relay(RelaySignalling),
    /// Participating function: a pre-established session (TS 24.380 9).
    Session(SessionSignalling),
    /// Participating function: MBMS bearers (TS 24.380 10).
    Mbms(MbmsSignalling),
    /// Non-controlling function (TS 24.380 6.5).
    NonControlling(NonControllingSignalling),
    /// Call release step 1: silence (TS 24.380 6.3.3).
    ReleaseStarted {
        /// The call.
        call: CallRef,
    },
    /// Call release step 2: the resources are freed (TS 24.380 6.3.3).
    ReleaseFinished {
        /// The call.
        call: CallRef,
    },
}

/// What the media plane tells the application and signalling plane.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(tag = "indication", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Indication {
    /// T4 expired: nobody has asked for the floor for too long (TS 24.380 6.3.4.3.5).
    Inactive {
        /// The call.
        call: CallRef,
    },
    /// A participant keeps ignoring Floor Revoke; disconnecting it is recommended (TS 24.380 6.3.5.6.3).
    LegUnresponsive {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
    },
    /// A participant talks from now on, or no longer: its media is distributed.
    Talking {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// From now on, or no longer.
        talking: bool,
    },
    /// The call was not taken. Legs of a call that is not known are refused as well.
    CallRefused {
        /// The call.
        call: CallRef,
        /// Why.
        reason: Refusal,
    },
    /// A call uses the pre-established session from now on: the client has accepted, or was not asked.
    SessionAccepted {
        /// The session.
        session: CallRef,
    },
    /// The client refuses the call on its pre-established session; the session can be used by another one.
    SessionRefused {
        /// The session.
        session: CallRef,
        /// Why.
        code: ReasonCode,
    },
    /// The client did not answer C55 copies of Connect. A call that uses the session already goes on.
    SessionNotAnswered {
        /// The session.
        session: CallRef,
    },
    /// The call no longer uses the pre-established session.
    SessionDisconnected {
        /// The session.
        session: CallRef,
        /// Whether the client said so, or was not asked or did not answer.
        acknowledged: bool,
    },
    /// A call that was controlled here is part of one that another function controls: this is who talks, for that function
    /// (TS 24.380 6.5.2.3). Of several talkers it is the most urgent.
    TalkerHandedOver {
        /// The call.
        call: CallRef,
        /// SSRC of the talker's audio.
        ssrc: Ssrc,
        /// The effective priority of its request.
        priority: u8,
        /// The temporary identifier by which its non-controlling function knows it.
        reference: u32,
        /// Its requests may be queued.
        queueing: bool,
        /// Kind of the call and tier of the request.
        #[serde(skip)]
        indicator: FloorIndicator,
    },
    /// The MBMS bearer was not taken: nothing is sent on it.
    BearerRefused {
        /// The bearer.
        #[serde(serialize_with = "text")]
        tmgi: Tmgi,
        /// Why.
        reason: Refusal,
    },
    /// The leg was not taken: it gets neither floor control nor media and is to be disconnected.
    LegRefused {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// Why.
        reason: Refusal,
    },
}

/// Why a call or a leg was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Refusal {
    /// The call is not known.
    #[error("the call is not known")]
    UnknownCall,
    /// The call or leg is known already.
    #[error("the reference is in use")]
    ReferenceInUse,
    /// One of the pairs of addresses is bound to another leg, so its packets could not be told apart.
    #[error("the pair of addresses is bound to another leg")]
    AddressInUse,
    /// [`Limits::calls`](crate::config::Limits) is reached.
    #[error("too many calls")]
    TooManyCalls,
    /// [`Limits::legs_per_call`](crate::config::Limits) is reached.
    #[error("too many participants")]
    TooManyLegs,
    /// A call uses the pre-established session already, or none does.
    #[error("the pre-established session is not in the state for it")]
    SessionState,
    /// [`Limits::bearers`](crate::config::Limits) or its subchannels are reached.
    #[error("too many bearers or subchannels")]
    TooManyBearers,
    /// A port is outside 1 to 65535.
    #[error("the address cannot be used")]
    InvalidAddress,
    /// The protection asked for cannot be set up; a leg that asked for protection is never served without it.
    #[error("the protection cannot be set up: {0}")]
    Protection(ProtectionError),
}

/// A participant of a call as call control knows it.
#[derive(Clone, Debug)]
pub struct Participant {
    /// Who it is.
    pub mcptt_id: McpttId,
    /// How it came into the call.
    pub entry: Entry,
    /// The RTP pair; RTCP uses the next higher port on both sides (RFC 3550 11).
    pub audio: MediaEndpoint,
    /// The floor control pair (`m=application ... udp MCPTT`).
    pub floor: MediaEndpoint,
    /// What was negotiated for floor control.
    pub floor_parameters: FloorParameters,
    /// Protection of the audio stream's RTP and RTCP. `None`: plain.
    pub protection: Option<Keying>,
    /// Protection of floor control (SRTCP, TS 24.380 13). `None`: plain.
    pub floor_protection: Option<Keying>,
    /// The RTP payload types agreed on; RTP of another type is discarded.
    pub payload_types: Vec<u8>,
    /// The SSRC of the participant's audio as far as signalled (`a=ssrc`, `mc_ssrc`). `None`: the media plane announces
    /// one and takes the one the participant uses.
    pub audio_ssrc: Option<Ssrc>,
    /// What is known of its voice besides.
    pub voice: VoiceFormat,
}

/// What the media plane can do with the voice of a participant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct VoiceFormat {
    /// The codec that was agreed on, if it can be coded here. `None`: its packets are forwarded, never mixed.
    pub codec: Option<Codec>,
    /// The header extensions that were agreed on.
    pub extensions: ExtensionIds,
    /// The redundancy that was agreed on.
    pub redundancy: RedundancyTypes,
}

/// Under which numbers the header extensions of [`talker_data`](crate::talker_data) go; 0: not at all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ExtensionIds {
    /// The MCPTT ID of the talker.
    pub talker: u8,
    /// Where the talker is.
    pub location: u8,
}

/// A pair of addresses as declared in SDP.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MediaEndpoint {
    /// Our own address.
    pub local: SocketAddr,
    /// The participant's address.
    pub remote: SocketAddr,
}
