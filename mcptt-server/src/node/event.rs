//! What a node reports: one stream feeds logs, metrics, the demonstration and conformance evidence.

use mcptt_codec::Path;

use super::store::StoreError;

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
    /// A document cannot be used; what was known before holds on.
    DocumentRefused {
        /// The document and what is wrong with it.
        error: String,
    },
    /// What has to survive a restart cannot be written down: registrations, publications and subscriptions are refused with
    /// 503, everything else goes on.
    StoreFailed {
        /// Why.
        error: StoreError,
    },
    /// The store works again, and everything has been written down.
    StoreWorks,
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
            Self::StoreFailed { .. } | Self::StoreWorks | Self::DocumentRefused { .. } => Severity::Service,
            Self::MediaPlane(Media::CallQuality { .. }) => Severity::Service,
            Self::CallControl(
                Call::ClockSet
                | Call::StateRestored { .. }
                | Call::Refused { .. }
                | Call::Registered { .. }
                | Call::RegistrationEnded { .. }
                | Call::ServiceAuthorised { .. }
                | Call::ServiceEnded { .. }
                | Call::CallStarted { .. }
                | Call::TierChanged { .. }
                | Call::PriorityStateChanged { .. }
                | Call::RegroupMade { .. }
                | Call::RegroupEnded { .. }
                | Call::EmergencyAlert { .. }
                | Call::ParticipantJoined { .. }
                | Call::ParticipantLeft { .. }
                | Call::InvitationFailed { .. }
                | Call::SessionEstablished { .. }
                | Call::SessionInUse { .. }
                | Call::SessionFree { .. }
                | Call::SessionReleased { .. }
                | Call::AmbientListeningStarted { .. }
                | Call::AmbientListeningEnded { .. }
                | Call::DiscreetListening { .. }
                | Call::CallReleased { .. },
            ) => Severity::Service,
            Self::CallControl(_) | Self::MediaPlane(_) => Severity::Detail,
        }
    }

    /// The event as a line of the event log: what concerns the service and its defects, with the wall clock in milliseconds
    /// since 1970. Details and complaints about strangers are not kept: their number is not ours to decide.
    pub fn log_line(&self, at: u64) -> Option<String> {
        #[derive(serde::Serialize)]
        struct Line<'a> {
            v: u16,
            at: u64,
            #[serde(flatten)]
            event: &'a Event,
        }
        match self.severity() {
            Severity::Service | Severity::Defect => {
                serde_json::to_string(&Line { v: 1, at, event: self }).ok()
            }
            Severity::Complaint(_) | Severity::Detail => None,
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
