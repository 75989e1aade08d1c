//! Session descriptions (RFC 8866) as MCPTT uses them (TS 24.379 6.2.1 and 6.2.2, TS 24.380 clauses 12 and
//! 14).
//!
//! Two levels: [`SdpText`] is lines of octets and judges nothing. [`SessionDescription`] keeps every line in its place,
//! also the ones this project does not know, and gives back every octet that was not edited, so that a function that
//! relays a description hands on what it received. Typed views are read from the lines on demand.
//!
//! ```
//! use mcptt_codec::sdp::{McpttFmtp, SessionDescription};
//!
//! let text = "v=0\r\no=- 1 1 IN IP4 10.1.1.5\r\ns=-\r\nc=IN IP4 10.1.1.5\r\nt=0 0\r\n\
//!             m=application 40002 udp MCPTT\r\na=fmtp:MCPTT mc_queueing;mc_priority=5\r\n";
//! let description = SessionDescription::decode(text.as_bytes())?;
//! let floor = description.floor_control().expect("there is one");
//! assert_eq!(description.address_of(floor), Some("10.1.1.5:40002".parse().expect("an address")));
//! let expected = McpttFmtp { queueing: true, priority: Some(5), ..McpttFmtp::default() };
//! assert_eq!(floor.mcptt_fmtp()?, Some(expected));
//! assert_eq!(description.encode(), text);
//! # Ok::<(), mcptt_codec::DecodeError>(())
//! ```

mod agreement;
mod answer;
mod attribute;
mod bandwidth;
mod bundle;
mod connection;
mod crypto;
mod examine;
mod field;
mod fmtp;
mod format;
mod grammar;
mod inline_key;
mod line;
mod media;
mod order;
mod raw;
mod session;
mod session_parameter;
#[cfg(test)]
mod tests;
mod time;
mod view;

pub use agreement::AgreementFault;
pub use attribute::{
    AttributeLevel, Candidate, CandidateType, Charset, ConfirmStatus, ConnectionReuse, Content,
    CurrentStatus, DesiredStatus, ExtMap, Fingerprint, FormatParameters, Group, GroupSemantics, HashFunction,
    IceOptions, IcePacing, IcePwd, IceUfrag, KeyManagement, Label, Lang, MaxPacketRate, MaxPtime, Mid, Msid,
    PacketTime, PreconditionDirection, PreconditionStatus, PreconditionStrength, PreconditionType, Ptime,
    RelatedAddress, RemoteCandidate, RemoteCandidates, RtcpFeedback, RtcpPort, SdpLang, Setup,
    SourceAttribute, SourceGroup, TlsId, TypedAttribute,
};
pub use bandwidth::{Bandwidth, BandwidthType};
use bundle::BundleFault;
pub use connection::{Connection, Multicast};
pub use crypto::{Crypto, CryptoSuite};
pub use field::{AddressType, Direction, Origin, RtpMap};
pub use fmtp::{FmtpParameter, McpttFmtp, OfferPlace};
pub use format::{PayloadTypePair, RtpFormat};
pub use inline_key::{InlineKey, KeySalt, Lifetime, MasterKeyIdentifier};
pub use line::{Attribute, Line, LineEnd};
pub use media::MediaDescription;
pub use raw::{RawLine, SdpText};
pub use session::SessionDescription;
pub use session_parameter::{FecOrder, SessionParameter};
pub use time::{Repeat, Timing, ZoneAdjustment, ZoneAdjustments};
pub use view::view;

/// Longest description that is read, in octets.
pub const MAX_OCTETS: usize = 65_535;
/// Longest value of one line, in octets; a key management attribute takes about 4000.
pub const MAX_LINE_OCTETS: usize = 16_384;
/// Most lines of one description.
pub const MAX_LINES: usize = 1024;
/// Most media descriptions.
pub const MAX_MEDIA: usize = 32;
/// Most formats of one media description.
pub const MAX_FORMATS: usize = 128;
/// Most deviations that are reported of one description.
pub const MAX_DEVIATIONS: usize = 64;
/// Most octets of one message in `a=key-mgmt`.
pub const MAX_KEY_MANAGEMENT_OCTETS: usize = 8192;
/// Most octets of one `a=fingerprint`.
pub const MAX_FINGERPRINT_OCTETS: usize = 64;
/// Most members of one `a=group` or `a=ssrc-group`.
pub const MAX_GROUP_MEMBERS: usize = 64;
/// Most extensions of one `a=candidate`.
pub const MAX_CANDIDATE_EXTENSIONS: usize = 32;
/// Most entries of one `a=remote-candidates`.
pub const MAX_REMOTE_CANDIDATES: usize = 32;
/// Most options of one `a=ice-options`.
pub const MAX_ICE_OPTIONS: usize = 32;
/// Most words of one `a=content`.
pub const MAX_CONTENT_WORDS: usize = 32;
/// Most offsets of one `r=`.
pub const MAX_REPEAT_OFFSETS: usize = 128;
/// Most entries of one `z=`.
pub const MAX_ZONE_ADJUSTMENTS: usize = 64;
/// Most parameters of one `a=fmtp:MCPTT`.
pub const MAX_FMTP_PARAMETERS: usize = 32;
/// Most keys of one `a=crypto`.
pub const MAX_CRYPTO_KEYS: usize = 16;
/// Most octets of master key and salt together.
pub const MAX_KEY_SALT_OCTETS: usize = 128;

/// Where `part`, a sub-slice of `whole`, starts in it; 0 for foreign text.
fn offset_in(whole: &str, part: &str) -> usize {
    let distance = (part.as_ptr() as usize).saturating_sub(whole.as_ptr() as usize);
    if distance <= whole.len() { distance } else { 0 }
}
