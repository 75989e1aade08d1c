//! What can be wrong with an XML body, and where.

use thiserror::Error;

/// Why a body could not be read: the place and the reason.
#[derive(Clone, Debug, PartialEq, Eq, Error, serde::Serialize)]
#[error("line {line}, column {column}, {path}: {kind}")]
pub struct XmlError {
    /// Line, counted from 1.
    pub line: usize,
    /// Column in characters, counted from 1.
    pub column: usize,
    /// Path of local element names from the root, such as `/mcpttinfo/mcptt-Params/emergency-ind`.
    pub path: String,
    /// The reason.
    pub kind: XmlErrorKind,
}

/// The reasons of an [`XmlError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum XmlErrorKind {
    /// A size, count or depth goes beyond the limit of this project.
    #[error("{what}: {got} exceeds the limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: usize,
        /// What was found.
        got: usize,
    },
    /// Not UTF-8: by its octets, by its first octets, or by its declaration.
    #[error("not UTF-8: {0}")]
    Encoding(&'static str),
    /// A character that XML does not allow.
    #[error("a character that XML does not allow")]
    Character,
    /// Not well-formed.
    #[error("not well-formed: {0}")]
    Malformed(&'static str),
    /// A document type declaration.
    #[error("a document type declaration is refused")]
    DocType,
    /// A reference to an entity that is not predefined.
    #[error("an entity that is not predefined is refused")]
    Entity,
    /// The root element is not the one of this document type.
    #[error("not the root element of this document type")]
    Root,
    /// Something that must be there is missing.
    #[error("{0} is missing")]
    Missing(&'static str),
    /// An element or attribute that may occur once occurs again.
    #[error("occurs more than once")]
    Repeated,
    /// Text where only elements belong.
    #[error("text where only elements belong")]
    Text,
    /// The value is not of its type.
    #[error("not {0}")]
    Value(&'static str),
}
