//! What a node reports: one stream feeds logs, metrics, the demonstration and conformance evidence.

use mcptt_codec::Path;

/// Something worth knowing.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
#[serde(tag = "plane", rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Event {
    /// From TS 24.379 call control and the SIP core.
    CallControl(call_control::Event),
    /// From TS 24.380 floor control and media.
    MediaPlane(media_plane::Event),
    /// A datagram for an address that this node does not serve.
    UnknownPort {
        /// Where it arrived and where it came from.
        path: Path,
    },
    /// A defect of ours was caught; the input that met it was dropped, everything else goes on.
    Defect {
        /// The datagram's addresses, when a datagram caused it.
        path: Option<Path>,
    },
}

impl Event {
    /// How much it matters.
    pub fn severity(&self) -> Severity {
        use call_control::Event as Call;
        use media_plane::Event as Media;
        match self {
            Self::Defect { .. } => Severity::Defect,
            Self::UnknownPort { path } | Self::MediaPlane(Media::UnknownSource { path, .. }) => {
                Severity::Complaint(*path)
            }
            Self::CallControl(Call::Undecodable { path, .. } | Call::NotOurs { path }) => {
                Severity::Complaint(path.addresses())
            }
            Self::CallControl(
                Call::Refused { .. }
                | Call::Registered { .. }
                | Call::RegistrationEnded { .. }
                | Call::ServiceAuthorised { .. }
                | Call::ServiceEnded { .. }
                | Call::CallStarted { .. }
                | Call::TierChanged { .. }
                | Call::ParticipantJoined { .. }
                | Call::ParticipantLeft { .. }
                | Call::InvitationFailed { .. }
                | Call::CallReleased { .. },
            ) => Severity::Service,
            Self::CallControl(_) | Self::MediaPlane(_) => Severity::Detail,
        }
    }
}

/// How much an event matters to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// A defect of ours.
    Defect,
    /// A peer did something wrong, or somebody unknown sent something.
    Complaint(Path),
    /// The service did what it is for: calls, registrations, refusals.
    Service,
    /// State changes and everything else.
    Detail,
}
