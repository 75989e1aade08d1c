//! MIME types of the bodies (TS 24.379 annex F and relatives).

/// mcptt-info (F.1).
pub const MCPTT_INFO: &str = "application/vnd.3gpp.mcptt-info+xml";
/// MBMS usage (F.2).
pub const MBMS_USAGE_INFO: &str = "application/vnd.3gpp.mcptt-mbms-usage-info+xml";
/// Location (F.3).
pub const LOCATION_INFO: &str = "application/vnd.3gpp.mcptt-location-info+xml";
/// Affiliation command (F.4).
pub const AFFILIATION_COMMAND: &str = "application/vnd.3gpp.mcptt-affiliation-command+xml";
/// Floor request between controlling and non-controlling function (F.5).
pub const FLOOR_REQUEST: &str = "application/vnd.3gpp.mcptt-floor-request+xml";
/// Signatures over other parts (F.6).
pub const SIGNED: &str = "application/vnd.3gpp.mcptt-signed+xml";
/// Group regroup (F.7).
pub const REGROUP: &str = "application/vnd.3gpp.mcptt-regroup+xml";
/// Presence with affiliations and functional aliases (RFC 3863, TS 24.379 9.3.1 and 9A.3.1).
pub const PIDF: &str = "application/pidf+xml";
/// Notification filter (RFC 4661).
pub const SIMPLE_FILTER: &str = "application/simple-filter+xml";
/// Settings of a client (RFC 4354).
pub const POC_SETTINGS: &str = "application/poc-settings+xml";
/// Recipients (RFC 4826, RFC 5366).
pub const RESOURCE_LISTS: &str = "application/resource-lists+xml";
/// Conference state (RFC 4575).
pub const CONFERENCE_INFO: &str = "application/conference-info+xml";
/// Document changes (RFC 5874).
pub const XCAP_DIFF: &str = "application/xcap-diff+xml";
/// Registrations (RFC 3680).
pub const REGINFO: &str = "application/reginfo+xml";
/// Session description (RFC 8866).
pub const SDP: &str = "application/sdp";
/// Keys (RFC 3830).
pub const MIKEY: &str = "application/mikey";
/// A whole SIP message, in a third-party registration.
pub const SIP: &str = "message/sip";
/// A piece of a SIP message (RFC 3420).
pub const SIPFRAG: &str = "message/sipfrag";
/// Several bodies in one.
pub const MULTIPART_MIXED: &str = "multipart/mixed";
