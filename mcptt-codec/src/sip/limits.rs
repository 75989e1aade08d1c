//! How much of a hostile message we are willing to look at.

/// Bounds of the SIP and MIME decoders; every size and count that the network chooses is held against one of
/// them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Octets of a whole message.
    pub message: usize,
    /// Octets of a start line.
    pub start_line: usize,
    /// Header fields of a message or of one body part.
    pub headers: usize,
    /// Octets of one header field, name and folds included.
    pub header_field: usize,
    /// Octets of a body that we are willing to process (answered with 513 beyond it).
    pub body: usize,
    /// Body parts of one message, those of nested multiparts included.
    pub parts: usize,
    /// Depth to which multipart bodies may be nested; 1 allows no multipart inside a multipart.
    pub depth: usize,
}

impl Limits {
    /// The bounds that a deployment starts with.
    pub const DEFAULT: Self = Self {
        //= RFC3261-18.1.1:maximum
        message: 65_535,
        start_line: 8_192,
        headers: 256,
        header_field: 8_192,
        body: 65_535,
        parts: 16,
        depth: 4,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// Parameters of one header element or URI.
pub(super) const PARAMS: usize = 64;
/// Header components embedded in one URI (RFC 3261 19.1.1).
pub(super) const URI_HEADERS: usize = 32;
/// Elements of one comma-separated list that are turned into typed values.
pub(super) const LIST: usize = 256;
