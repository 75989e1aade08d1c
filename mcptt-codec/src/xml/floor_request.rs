//! `application/vnd.3gpp.mcptt-floor-request+xml` (TS 24.379 F.5): what controlling and non-controlling function
//! tell each other about the floor when a temporary group takes over a running call.
//!
//! The schema is known from a mirror of Release 18; what the numbers mean in detail is not, so that every element
//! may be missing and the document is read by its values only.

use super::record::{ElementValue, document, record};
use super::{Namespace, XmlError, writer};
use crate::id::McpttId;
use crate::text::ByteStr;

/// The namespace of the document.
pub const NAMESPACE: Namespace = Namespace { uri: "urn:3gpp:ns:mcpttFloorRequest:1.0", prefix: "" };

record! {
    /// The document.
    pub struct FloorRequest {
        attributes {}
        elements {
            /// `floor-type`; its words are not certain.
            optional floor_type: ByteStr = NAMESPACE "floor-type",
            /// `ssrc` of the talker; four octets, although the schema has room for eight.
            optional ssrc: u64 = NAMESPACE "ssrc",
            /// `floor-priority`, as the field of TS 24.380 8.2.3.2.
            optional floor_priority: u8 = NAMESPACE "floor-priority",
            /// `user-id` of the talker.
            optional user_id: McpttId = NAMESPACE "user-id",
            /// `track-info`.
            optional track_info: TrackInfo = NAMESPACE "track-info",
            /// `floor-indicator`, as the field of TS 24.380 8.2.3.15.
            optional floor_indicator: u64 = NAMESPACE "floor-indicator",
        }
    }
}

record! {
    /// `track-info`, as the field of TS 24.380 8.2.3.13.
    pub struct TrackInfo {
        attributes {}
        elements {
            /// `queueing-capability`: 0 or 1.
            optional queueing_capability: u8 = NAMESPACE "queueing-capability",
            /// `participant-type`.
            optional participant_type: ByteStr = NAMESPACE "participant-type",
            /// `floor-participant-reference`: one for each function on the way.
            many floor_participant_references: u64 = NAMESPACE "floor-participant-reference",
        }
    }
}

impl FloorRequest {
    /// Reads a body.
    ///
    /// # Errors
    /// [`XmlError`]: not XML, another document, an element twice that may occur once, or a value that is not of
    /// its type.
    pub fn parse(body: &[u8]) -> Result<Self, XmlError> {
        document(body, NAMESPACE, "mcptt-floor-request")
    }

    /// The document as text.
    pub fn to_xml(&self) -> String {
        writer::write(&self.write(NAMESPACE.name("mcptt-floor-request")), &[NAMESPACE])
    }
}
