//! What a [`Deviation`](crate::Deviation) found in RTCP and in the APP protocols of TS 24.380 may name.
//!
//! A name that begins with `24.380-` or `RFC` is an entry of the requirement catalogue, `W-nn` a topic on which
//! implementations are known to disagree, anything else a rule of this project about input that the text is silent on.

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
pub const SSRC_FIELD: &str = "W-07";
/// Track Info: the length counts everything behind it, the inner padding included.
pub const TRACK_INFO_LENGTH: &str = "W-08";
/// Track Info: the participant type is padded to a multiple of four with zero octets.
pub const TRACK_INFO_PADDING: &str = "W-09";
/// List of Locations: the length counts the count octet.
pub const LOCATIONS_LENGTH: &str = "W-11";
/// Queue position 0 is used by some servers for "not queued".
pub const QUEUE_POSITION_ZERO: &str = "W-19";
/// Revoke cause 8 is printed by a procedure where the table has 7.
pub const REVOKE_CAUSE_EIGHT: &str = "W-38";

/// A field of fixed size has another length: it is dropped.
pub const LENGTH: &str = "length";
/// The count of a list does not fit its length: the list is dropped.
pub const COUNT: &str = "count";
/// Text is UTF-8; an identity that is not is dropped, other text is shown with replacement characters.
pub const UTF8: &str = "utf8";
/// Spare bits are zero.
pub const SPARE: &str = "spare";
/// A URI is not empty; an empty one counts as absent.
pub const EMPTY_URI: &str = "empty-uri";
/// The location type is not assigned.
pub const LOCATION_TYPE: &str = "location-type";
/// An IP version that is neither 4 nor 6.
pub const IP_VERSION: &str = "ip-version";
/// The field is assigned, but the table of this message does not list it: it is ignored.
pub const MESSAGE_TABLE: &str = "message-table";
/// An enumeration value that is not assigned counts as absent.
pub const ENUMERATION: &str = "enumeration";
/// SSRC, Queued User ID and Queue Info of a queued user stand together.
pub const QUEUE_SET: &str = "queue-set";
/// Queue Size is the number of queued users that follow.
pub const QUEUE_SIZE: &str = "queue-size";
/// Alternative TMGIs directly follow the TMGI.
pub const TMGI_ORDER: &str = "tmgi-order";
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

/// The RTCP padding bit is never set.
pub const PADDING_BIT: &str = "W-25";
