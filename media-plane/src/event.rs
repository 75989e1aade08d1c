//! What happened: input of logs, metrics, the recording index, reports and conformance evidence.
//!
//! Facts only. Neither keys nor audio ever appear here.

use mcptt_codec::id::{CallRef, LegRef, Ssrc};
use mcptt_codec::subchannel::Tmgi;
use mcptt_codec::{DecodeError, Deviation, EmitError, Path};

use crate::counters::Discard;
use crate::crypto::ProtectionError;
use crate::crypto::dtls::HandshakeError;
use crate::distribution::{Mode, Reason};
use crate::floor;
use crate::quality::{CallQuality, SpurtQuality};

/// One fact about the media plane.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(tag = "event", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// A participant's addresses are bound to it from now on.
    LegBound {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// Our and its address of the audio stream; `None` if that is switched off.
        audio: Option<Path>,
        /// Our and its address of floor control; `None` if that is switched off.
        floor: Option<Path>,
        /// Whether the audio stream is protected.
        audio_protected: bool,
        /// Whether floor control is protected.
        floor_protected: bool,
    },
    /// A participant's addresses are free again.
    LegUnbound {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
    },
    /// A participant uses an SSRC for its audio that it has not used before in this call.
    SsrcLearned {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// The SSRC.
        ssrc: Ssrc,
        /// Another participant that uses it as well.
        also_of: Option<LegRef>,
    },
    /// The voice of a call reaches its listeners in another way than by forwarding, or for another reason than that nothing
    /// speaks against it: at its beginning, and where it changes with who is in it.
    DistributionChosen {
        /// The call.
        call: CallRef,
        /// The way.
        mode: Mode,
        /// Why this one.
        reason: Reason,
        /// Members of the group; 0: not known.
        members: usize,
    },
    /// A DTLS handshake has given keys for the audio of a participant.
    Keyed {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// The audio, or its RTCP where that has an association of its own.
        stream: Stream,
        /// The crypto suite that was agreed on, as RFC 4568 calls it.
        suite: String,
    },
    /// A DTLS handshake has given no keys. Those of an earlier one stay in use; where there was none nothing of the
    /// participant's audio passes.
    HandshakeFailed {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// The audio, or its RTCP where that has an association of its own.
        stream: Stream,
        /// Why.
        error: HandshakeError,
    },
    /// A participant has ended the DTLS association of its audio; its keys stay in use until it leaves the call.
    AssociationClosed {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
    },
    /// A connectivity check has shown where a browser is; its audio goes there from now on.
    AddressFound {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// Our and its address.
        audio: Path,
    },
    /// A stream goes to where its first packet has come from, instead of the declared address.
    AddressLatched {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// Which stream.
        stream: Stream,
        /// Our and its address as declared.
        declared: Path,
        /// Our address and where it is.
        found: Path,
    },
    /// No connectivity check has come from a browser for half a minute: nothing more is sent to it, and its leg is given up.
    ConsentLost {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
    },
    /// A browser has opened the channel of its floor control.
    FloorChannelOpened {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
    },
    /// A datagram came from a pair of addresses that is not bound. Reported once for each pair and minute; never answered.
    UnknownSource {
        /// Where it came from.
        path: Path,
        /// The requirement that governs our reaction.
        requirement: &'static str,
    },
    /// Something a participant sent was discarded. Reported at counts that are powers of two.
    Discarded {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// Where it came in.
        stream: Stream,
        /// Why.
        reason: Discard,
        /// The requirement that asks for it, if one does.
        requirement: Option<&'static str>,
        /// How many for this reason so far, from this participant.
        count: u64,
    },
    /// Octets of a participant do not form what they claim to be. Reported at counts that are powers of two.
    Undecodable {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// Where they came in.
        stream: Stream,
        /// Which octet of the datagram, without its protection, and why.
        error: DecodeError,
        /// How many so far, from this participant.
        count: u64,
    },
    /// A floor message of a participant was used although it is not as the clause demands. Reported at counts that are
    /// powers of two.
    Deviating {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// The message.
        message: &'static str,
        /// Where it deviates from what.
        deviation: Deviation,
        /// How many so far, from this participant.
        count: u64,
    },
    /// A packet could not be protected for a participant and was not sent to it. Reported at counts that are powers of
    /// two.
    NotProtected {
        /// The call.
        call: CallRef,
        /// The receiver's leg.
        leg: LegRef,
        /// The stream it was for.
        stream: Stream,
        /// Why.
        error: ProtectionError,
        /// How many so far, for this participant.
        count: u64,
    },
    /// A floor message of ours cannot be put on the wire and was not sent.
    NotEncoded {
        /// The call.
        call: CallRef,
        /// The message.
        message: &'static str,
        /// Why.
        error: EmitError,
    },
    /// A participant got the floor that it has asked for; only with [`Config::note_grants`](crate::Config::note_grants).
    FloorGranted {
        /// The call.
        call: CallRef,
        /// The participant's leg.
        leg: LegRef,
        /// From its request to the answer, in microseconds; others may have talked meanwhile.
        waited_us: u64,
    },
    /// A talk spurt of a participant has ended.
    SpurtEnded {
        /// The call.
        call: CallRef,
        /// The talker's leg.
        leg: LegRef,
        /// How it has arrived.
        #[serde(flatten)]
        quality: SpurtQuality,
    },
    /// A call in which somebody has talked is over.
    CallQuality {
        /// The call.
        call: CallRef,
        /// How it went.
        #[serde(flatten)]
        quality: CallQuality,
    },
    /// What a conversation on an MBMS bearer did.
    Mbms {
        /// The bearer.
        #[serde(serialize_with = "text")]
        tmgi: Tmgi,
        /// What it did.
        #[serde(rename = "what")]
        event: floor::Event,
    },
    /// A message of ours for an MBMS bearer cannot be put on the wire and was not sent.
    MbmsNotEncoded {
        /// The bearer.
        #[serde(serialize_with = "text")]
        tmgi: Tmgi,
        /// The message.
        message: &'static str,
        /// Why.
        error: EmitError,
    },
    /// A packet could not be protected for an MBMS bearer and was not sent. Reported at counts that are powers of two.
    MbmsNotProtected {
        /// The bearer.
        #[serde(serialize_with = "text")]
        tmgi: Tmgi,
        /// Why.
        error: ProtectionError,
        /// How many so far, on this bearer.
        count: u64,
    },
    /// What a floor control machine did.
    #[serde(untagged)]
    Floor {
        /// The call.
        call: CallRef,
        /// What it did.
        #[serde(flatten)]
        event: floor::Event,
    },
}

/// Writes a value as its text.
pub(crate) fn text<T: std::fmt::Display, S: serde::Serializer>(
    value: &T,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_str(value)
}

/// The streams of one participant, each with its own pair of addresses.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Stream {
    /// RTP of the audio.
    Audio,
    /// RTCP of the audio.
    AudioControl,
    /// Floor control.
    Floor,
}
