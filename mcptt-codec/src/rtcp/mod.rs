//! RTCP (RFC 3550 6): compound packets, reports, feedback, and the APP packets that carry every protocol of TS 24.380.
//!
//! [`packets`] decodes a whole datagram, octet by octet as it is, and [`check`] says what a strict sender would have
//! done otherwise. A receiver of floor control needs less: [`split`] cuts the datagram, and
//! [`FloorMessage::decode`](crate::floor::FloorMessage::decode) reads one packet of it.

mod app;
mod check;
mod compound;
pub mod early;
mod extended;
pub mod feedback;
mod field;
mod field_id;
pub(crate) mod first_releases;
mod header;
pub(crate) mod message;
mod messages;
mod notes;
mod packet;
mod protocol;
mod report;
pub mod requirement;
mod rtcp_packet;
mod source;
mod subtype;

#[cfg(test)]
pub(crate) mod tests;

pub use app::{APP_HEADER_OCTETS, AppPacket};
pub use check::{CompoundRules, check};
pub use compound::{packets, split};
pub use extended::{ExtendedBlock, ExtendedBlockType, ExtendedReport};
pub use feedback::{PayloadFeedback, TransportFeedback};
pub use field::Field;
pub use field_id::FieldId;
pub use first_releases::{FirstReleases, ValueRelease};
pub use header::PacketType;
pub use notes::{FieldError, MAX_DEVIATIONS};
pub use packet::Packet;
pub use protocol::Protocol;
pub use report::{MAX_REPORTS, ReceiverReport, ReportBlock, SenderInfo, SenderReport};
pub use rtcp_packet::RtcpPacket;
pub use source::{Chunk, Goodbye, Item, ItemKind, SourceDescription};

pub(crate) use compound::looks_like_rtcp;
pub(crate) use field::{FieldRef, Step};
pub(crate) use message::FieldValue;
pub(crate) use messages::{fields, messages};
pub(crate) use notes::Notes;
pub(crate) use packet::Frame;
pub(crate) use subtype::subtype;
