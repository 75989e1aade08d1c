//! Floor control protocol, TS 24.380 8.2, RTCP APP name `MCPT`.
//!
//! Two levels: [`FloorPacket`] keeps every octet and every field in order, [`FloorMessage`] is what the state machines
//! match on. Both come from the octets of one RTCP packet.

mod body;
mod cause;
mod field;
mod granted;
mod indicator;
mod lists;
mod location;
mod message;
mod read;
mod releases;
pub mod rules;
mod subtype;
mod track_info;
mod value;
mod view;

#[cfg(test)]
mod tests;

pub use cause::{RejectCause, RevokeCause};
pub use field::FloorField;
pub use indicator::{FloorIndicator, MediaFlowControlIndicator};
pub use location::{Coordinates, Location, LocationType, Plmn, PlmnError};
pub use message::{
    FloorAck, FloorDeny, FloorGranted, FloorIdle, FloorMessage, FloorQueuePositionInfo,
    FloorQueuePositionRequest, FloorRelease, FloorReleaseMultiTalker, FloorRequest, FloorRevoke,
    FloorRevokeRequest, FloorTaken, QueuedFloorRequests, QueuedUser, UnicastMediaFlowControl,
};
pub use releases::FIRST_RELEASES;
pub use subtype::Subtype;
pub use track_info::{QueueingCapability, TrackInfo};
pub use value::{
    FloorPriority, MessageSequenceNumber, MessageType, PermissionToRequest, QueueInfo, QueuePosition,
    QueuedFloorRequestsPurpose, ResponseState, Source,
};

pub use crate::rtcp::{Field, FieldError, FieldId};

/// A floor control message without loss.
pub type FloorPacket = crate::rtcp::Packet<Subtype>;
