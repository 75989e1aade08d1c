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
