//! What a [`Deviation`](crate::Deviation) found in RTCP and in the APP protocols of TS 24.380 may name.
//!
//! Each is an entry of the requirement catalogue under `specs/`. Where the text is silent on an input, the entry is a
//! ruling of this project and says so by its source.

use crate::{DecodeError, DecodeErrorKind};

/// An APP packet is addressed to a protocol by its name.
pub const PROTOCOL_NAME: &str = "24.380-8.1.2";
/// Pad octets are zero and bring every field to a multiple of four octets.
pub const PADDING: &str = "24.380-8.1.3";
/// The subtype is not assigned: the message is ignored.
pub const SUBTYPE: &str = "24.380-8.1.4:subtype";
/// The field id is not assigned: the field is skipped.
pub const FIELD: &str = "24.380-8.1.4:field";
/// A field that occurs once was repeated: the first one counts.
pub const DUPLICATE: &str = "24.380-8.1.4:dup";
/// The packet is shorter than its header or than its length word says.
pub const TRUNCATED: &str = "24.380-8.1.4:trunc";
/// A field runs past the end of the message: it is dropped and so is everything behind it. A server may prefer to
/// ignore such a message altogether.
pub const OVERRUN: &str = "24.380-8.1.4:overrun";
/// The acknowledgment bit is set where the message table has none: the message is ignored.
pub const NO_ACK_BIT: &str = "24.380-8.2.2:noack";
/// A Duration of zero states nothing.
pub const DURATION: &str = "24.380-8.2.3.3";
/// Source is one of four roles.
pub const SOURCE: &str = "24.380-8.2.3.12";
/// Message Type is sent with the acknowledgment bit cleared.
pub const MESSAGE_TYPE: &str = "24.380-8.2.3.14";
/// Floor Indicator bits J to P are zero.
pub const FLOOR_INDICATOR: &str = "24.380-8.2.3.15";
/// A cause outside the list of Floor Deny counts as "other".
pub const DENY_CAUSE: &str = "24.380-8.2.6.2";
/// A cause outside the list of Floor Revoke counts as "other".
pub const REVOKE_CAUSE: &str = "24.380-8.2.10.2";

/// SSRC field: length 6 with zero spare octets; the bare four octets of the first drafts are taken as well.
pub const SSRC_FIELD: &str = "24.380-8.2.3.16";
/// Track Info: the length counts everything behind it, the inner padding included.
pub const TRACK_INFO_LENGTH: &str = "24.380-8.2.3.13:length";
/// Track Info: the participant type is padded to a multiple of four with zero octets.
pub const TRACK_INFO_PADDING: &str = "24.380-8.2.3.13:padding";
/// List of Locations: the length counts the count octet.
pub const LOCATIONS_LENGTH: &str = "24.380-8.2.3.22";
/// Queue position 0 is used by some servers for "not queued".
pub const QUEUE_POSITION_ZERO: &str = "24.380-8.2.3.5:zero";
/// Revoke cause 8 is printed by a procedure where the table has 7.
pub const REVOKE_CAUSE_EIGHT: &str = "24.380-8.2.10.2:eight";

/// A field of fixed size has another length: it is dropped.
pub const LENGTH: &str = "24.380-8.1.4:length";
/// The count of a list does not fit its length: the list is dropped.
pub const COUNT: &str = "24.380-8.1.4:count";
/// Text is UTF-8; what is not keeps its octets and is shown with replacement characters, in identities too.
pub const UTF8: &str = "24.380-8.1.4:utf8";
/// Spare bits are zero.
pub const SPARE: &str = "24.380-8.1.3:spare";
/// A URI is not empty; an empty one counts as absent.
pub const EMPTY_URI: &str = "24.380-8.1.4:empty";
/// The location type is not assigned.
pub const LOCATION_TYPE: &str = "24.380-8.2.3.21";
/// An IP version that is neither 4 nor 6.
pub const IP_VERSION: &str = "24.380-8.4.3.3";
/// The field is assigned, but the table of this message does not list it: it is ignored.
pub const MESSAGE_TABLE: &str = "24.380-8.1.4:table";
/// An enumeration value that is not assigned counts as absent.
pub const ENUMERATION: &str = "24.380-8.1.4:enumeration";
/// SSRC, Queued User ID and Queue Info of a queued user stand together.
pub const QUEUE_SET: &str = "24.380-8.2.5";
/// Queue Size is the number of queued users that follow.
pub const QUEUE_SIZE: &str = "24.380-8.2.3.9";
/// Alternative TMGIs directly follow the TMGI.
pub const TMGI_ORDER: &str = "24.380-8.4.7";
/// A compound packet begins with a report.
pub const REPORT_FIRST: &str = "RFC3550-6.1:report";
/// A compound packet carries a canonical name.
pub const CNAME: &str = "RFC3550-6.1:cname";
/// A goodbye is the last packet of its source.
pub const BYE_LAST: &str = "RFC3550-6.1:bye";
/// Only the last packet of a compound packet is padded, by whole words.
pub const PADDING_LAST: &str = "RFC3550-6.4.1:padding";
/// The lengths of the packets and of what is in them add up.
pub const LENGTHS: &str = "RFC3550-6.4.1:length";
/// Octets behind the last packet that form no packet: they are ignored and counted.
pub const TAIL: &str = "24.380-8.1.1:tail";
/// The RTCP padding bit is never set: the message is ignored.
pub const PADDING_BIT: &str = "24.380-8.1.2:padding";

/// The requirement that a packet does not meet which a decoder of TS 24.380 refuses, so that it is ignored.
pub fn of_refused(error: &DecodeError) -> &'static str {
    match (error.kind, error.what) {
        (DecodeErrorKind::Truncated { .. }, _) | (_, RTCP_LENGTH) => TRUNCATED,
        (_, RTCP_PADDING_BIT) => PADDING_BIT,
        _ => PROTOCOL_NAME,
    }
}

/// What an error names whose length word cannot be that of an APP packet.
pub(crate) const RTCP_LENGTH: &str = "RTCP length";
/// What an error names where the padding bit is set.
pub(crate) const RTCP_PADDING_BIT: &str = "RTCP padding bit";
