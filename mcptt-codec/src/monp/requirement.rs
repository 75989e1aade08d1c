//! What a [`Deviation`](crate::Deviation) of a MONP message may name: entries of the requirement catalogue.

/// The message type is not assigned: the message is ignored.
pub const MESSAGE_TYPE: &str = "24.379-15.1:unknown";
/// Identifiers of optional elements are the hexadecimal numbers of the tables.
pub const IEI: &str = "24.379-15.2:iei";
/// A string element has at least one octet.
pub const MINIMUM_LENGTH: &str = "24.379-15.2:minimum";
/// Identities and names are UTF-8.
pub const UTF8: &str = "24.379-15.2:utf8";
/// The refresh interval is not zero.
pub const REFRESH_INTERVAL: &str = "24.379-15.2.4";
/// The commencement mode is automatic or manual.
pub const COMMENCEMENT_MODE: &str = "24.379-15.2.7";
/// The reason is one of five.
pub const REASON: &str = "24.379-15.2.8";
/// The call type is one of six.
pub const CALL_TYPE: &str = "24.379-15.2.11";
/// An optional element that the message does not list is passed over.
pub const UNKNOWN_ELEMENT: &str = "24.379-I.2:unknown";
/// An element that must be understood is not known: the message is ignored.
pub const COMPREHENSION: &str = "24.379-I.2:comprehension";
/// An optional element was repeated: the first one counts.
pub const REPEATED: &str = "24.379-I.2:repeated";
/// The end of the message cannot be read as elements: it is left out.
pub const OVERRUN: &str = "24.379-I.2:overrun";
