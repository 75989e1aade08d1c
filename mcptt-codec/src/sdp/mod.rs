//! Session descriptions (RFC 8866) as MCPTT uses them (TS 24.379 6.2.1 and 6.2.2, TS 24.380 clauses 12 and
//! 14).
//!
//! [`SessionDescription`] keeps every line in its place, also the ones this project does not know, so that a
//! function that relays a description hands on what it received. Typed views are read from the lines on
//! demand. Lines end in CRLF when written; LF alone is accepted.
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

mod answer;
mod crypto;
mod field;
mod fmtp;
mod line;
mod media;
mod session;
#[cfg(test)]
mod tests;

pub use crypto::{Crypto, CryptoSuite, InlineKey, KeySalt, Lifetime, MasterKeyIdentifier};
pub use field::{AddressType, Connection, Direction, Origin, RtpMap, Timing};
pub use fmtp::{FmtpParameter, McpttFmtp};
pub use line::{Attribute, Line};
pub use media::MediaDescription;
pub use session::SessionDescription;

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
