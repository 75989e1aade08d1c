//! What is agreed on beside the audio format.

/// The payload types of redundancy that are agreed on beside the audio format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Redundancy {
    /// Voice with older voice beside it (RFC 2198).
    pub redundant: Option<u8>,
    /// Repair packets of RFC 5109.
    pub ulp: Option<u8>,
    /// Repair packets of RFC 8627.
    pub flexible: Option<u8>,
}
