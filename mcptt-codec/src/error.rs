//! What can be wrong with octets, and where.

use thiserror::Error;

/// Why octets could not be turned into a value. Names the octet, the item that was being read and the reason.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, serde::Serialize)]
#[error("octet {offset}: {what}: {kind}")]
pub struct DecodeError {
    /// Offset in octets from the start of the input handed to the decoder.
    pub offset: usize,
    /// The item that was being read, in the words of the specification.
    pub what: &'static str,
    /// What was wrong with it.
    pub kind: DecodeErrorKind,
}

/// The reasons of a [`DecodeError`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum DecodeErrorKind {
    /// The input ends too early.
    #[error("needs {needed} octets, {left} left")]
    Truncated {
        /// Octets the item needs.
        needed: usize,
        /// Octets that were left.
        left: usize,
    },
    /// The octets are there but do not form the item.
    #[error("not valid here")]
    Invalid,
    /// A size, count or depth goes beyond the limit of this project.
    #[error("{got} exceeds the limit of {limit}")]
    TooLarge {
        /// The limit.
        limit: usize,
        /// What was found.
        got: usize,
    },
    /// Something that must be there is missing.
    #[error("missing")]
    Missing,
}

impl DecodeError {
    /// An item that needs `needed` octets where only `left` are left.
    pub const fn truncated(offset: usize, what: &'static str, needed: usize, left: usize) -> Self {
        Self { offset, what, kind: DecodeErrorKind::Truncated { needed, left } }
    }

    /// An item whose octets are not valid.
    pub const fn invalid(offset: usize, what: &'static str) -> Self {
        Self { offset, what, kind: DecodeErrorKind::Invalid }
    }

    /// An item beyond a limit of this project.
    pub const fn too_large(offset: usize, what: &'static str, limit: usize, got: usize) -> Self {
        Self { offset, what, kind: DecodeErrorKind::TooLarge { limit, got } }
    }

    /// An item that must be there and is not.
    pub const fn missing(offset: usize, what: &'static str) -> Self {
        Self { offset, what, kind: DecodeErrorKind::Missing }
    }
}

/// Why a value cannot be put on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error, serde::Serialize)]
#[error("{what}: {got} octets or entries exceed the {limit} that the wire format can carry")]
pub struct EncodeError {
    /// The item that does not fit.
    pub what: &'static str,
    /// What the format can carry.
    pub limit: usize,
    /// What was asked for.
    pub got: usize,
}

/// Decodable, but not as the clause demands it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Deviation {
    /// Offset in octets from the start of the input handed to the decoder.
    pub offset: usize,
    /// Id of the requirement that is not met, as in the catalogue under `specs/`.
    pub requirement: &'static str,
}

/// A value together with everything about its encoding that a strict sender would not have done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decoded<T> {
    /// The value.
    pub value: T,
    /// In the order in which they were met; empty for a clean encoding, and then nothing is allocated.
    pub deviations: Vec<Deviation>,
}

impl<T> Decoded<T> {
    /// A value without deviations.
    pub const fn clean(value: T) -> Self {
        Self { value, deviations: Vec::new() }
    }
}
