//! MONP, the off-network call control protocol of TS 24.379 clause 15 and Annex I.
//!
//! One datagram holds one message: its type, the information elements that it must have in the order of its table, and
//! optional ones behind them. Two levels, as everywhere in this crate: [`MonpPacket`] keeps every octet and every
//! element in order, [`MonpMessage`] is what the off-network machines match on. Which elements a message has is in
//! [`rules`]; what the sources disagree on is in `specs/24.379/monp-open.md`.

mod body;
mod content;
mod element;
mod format;
mod message;
mod message_type;
mod packet;
pub mod requirement;
pub mod rules;
mod value;
pub mod view;

#[cfg(test)]
mod tests;

pub use body::{
    GroupCallAccept, GroupCallAnnouncement, GroupCallBroadcast, GroupCallBroadcastEnd, GroupCallProbe,
    GroupCallStateEnd, GroupEmergencyAlert, GroupEmergencyAlertParties, MessageCarrier, PrivateCallAccept,
    PrivateCallParties, PrivateCallReject, PrivateCallSetupRequest,
};
pub use element::{Element, InformationElement};
pub use format::{Format, Iei};
pub use message::MonpMessage;
pub use message_type::MessageType;
pub use packet::{DecodeOptions, MAX_ELEMENTS, MonpPacket};
pub use value::{
    CallIdentifier, CallType, CommencementMode, Reason, RefreshInterval, UserLocation, UtcSeconds,
};

/// UDP port of every MONP message (10.2.1.1.1, 11.2.1.1.1).
pub const PORT: u16 = 8809;

/// IP time to live of every MONP message (10.2.1.1.1, 11.2.1.1.1).
pub const TIME_TO_LIVE: u8 = 255;
