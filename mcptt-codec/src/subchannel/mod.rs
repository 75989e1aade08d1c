//! MBMS subchannel control, TS 24.380 8.4, RTCP APP name `MCMC`, and MBMS notifications, 8.5, name `MCNC`.
//!
//! Built like [`floor`](crate::floor): the packets keep every octet, the messages are typed. The 5G MBS subchannel
//! control of 8.6 has no public coding and is not here.

mod field;
mod message;
mod notification;
mod releases;

#[cfg(test)]
mod tests;

pub use field::{MbmsSubchannel, MediaLine, MonitoringState, SubchannelField, Tmgi};
pub use message::{
    ApplicationPaging, BearerAnnouncement, MapGroupToBearer, SubchannelMessage, Subtype, UnmapGroupToBearer,
};
pub use releases::{NOTIFICATION as NOTIFICATION_RELEASES, SUBCHANNEL as SUBCHANNEL_RELEASES};

pub use notification::{
    GroupCallOngoing, GroupDynamicDataNotify, NotificationField, NotificationMessage, NotificationSubtype,
    Status,
};

/// A subchannel control message without loss.
pub type SubchannelPacket = crate::rtcp::Packet<Subtype>;

/// A notification without loss.
pub type NotificationPacket = crate::rtcp::Packet<NotificationSubtype>;
