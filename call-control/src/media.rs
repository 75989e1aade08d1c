//! What call control tells the media plane, and what it hears from it.
//!
//! TS 24.380 speaks of indications between "the application and signalling plane" and the floor control server and
//! media function. [`MediaCommand`] goes down, [`MediaIndication`] comes up; the node translates one-to-one, so that
//! neither plane names the other.

use std::net::SocketAddr;
use std::time::Duration;

use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::id::{CallRef, FunctionalAlias, GroupId, LegRef, McpttId, Ssrc};
use mcptt_codec::sdp::Crypto;

use crate::config::Hearing;

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
    /// Everybody who was invited into a call of a temporary group has answered finally (TS 24.380 6.3.4.8.4).
    FinalResponsesReceived {
        /// The call.
        call: CallRef,
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
}

/// What is fixed for a call when it starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallSettings {
    /// The group.
    pub group: GroupId,
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
    /// The functional aliases that the participant may talk under.
    pub functional_aliases: Vec<FunctionalAlias>,
    /// `mc_floor_ssrc`: the SSRC the participant wants in the header of floor messages (Release 15 on).
    pub floor_ssrc: Option<Ssrc>,
}

/// Keys of one participant's audio, one per direction (RFC 4568). Printing it shows no key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaProtection {
    /// For what we send to the participant.
    pub send: Crypto,
    /// For what we receive from it.
    pub receive: Crypto,
}

/// What the floor control server and the media function report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum MediaIndication {
    /// T4 has expired: nobody has talked for the hang time (TS 24.380 6.3.4.3.5).
    Inactive {
        /// The call.
        call: CallRef,
    },
    /// A participant has not answered repeated floor messages; it is taken out of the call.
    LegUnresponsive {
        /// The call.
        call: CallRef,
        /// The leg.
        leg: LegRef,
    },
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
}
