//! `a=curr`, `a=des` and `a=conf`: what must be there before a call may ring (RFC 3312).

use std::fmt;

use super::{typed_attribute, words};
use crate::DecodeError;
use crate::sdp::grammar::{Scan, is_token};
use crate::text::ByteStr;

/// What the precondition is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct PreconditionType(pub ByteStr);

impl PreconditionType {
    /// Resources of the bearer.
    pub const QOS: Self = Self(ByteStr::from_static("qos"));

    fn read(token: &str) -> Option<Self> {
        is_token(token).then(|| Self(token.into()))
    }
}

words! {
    /// Which part of the way a status is about.
    PreconditionStatus {
        /// From end to end.
        EndToEnd = "e2e",
        /// The access of the maker.
        Local = "local",
        /// The access of the other side.
        Remote = "remote",
    }
}

words! {
    /// In which direction.
    PreconditionDirection {
        /// Neither.
        None = "none",
        /// From the maker.
        Send = "send",
        /// To the maker.
        Recv = "recv",
        /// Both.
        SendRecv = "sendrecv",
    }
}

words! {
    /// How much it is wanted.
    PreconditionStrength {
        /// Must be there.
        Mandatory = "mandatory",
        /// Would be good.
        Optional = "optional",
        /// Not wanted.
        None = "none",
        /// Could not be had.
        Failure = "failure",
        /// Not understood.
        Unknown = "unknown",
    }
}

/// `a=curr`: what is there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CurrentStatus {
    /// What it is about.
    pub kind: PreconditionType,
    /// Which part of the way.
    pub status: PreconditionStatus,
    /// In which direction.
    pub direction: PreconditionDirection,
}

/// `a=des`: what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct DesiredStatus {
    /// What it is about.
    pub kind: PreconditionType,
    /// How much it is wanted.
    pub strength: PreconditionStrength,
    /// Which part of the way.
    pub status: PreconditionStatus,
    /// In which direction.
    pub direction: PreconditionDirection,
}

/// `a=conf`: at which change the other side is asked to tell.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ConfirmStatus(pub CurrentStatus);

impl CurrentStatus {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when a part is missing or not one of its words.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        Self::read(Scan::new(value, "sdp a=curr"))
    }

    fn read(mut scan: Scan<'_>) -> Result<Self, DecodeError> {
        //= RFC3312-4
        let status = Self {
            kind: scan.read(PreconditionType::read)?,
            status: scan.read(PreconditionStatus::of)?,
            direction: scan.read(PreconditionDirection::of)?,
        };
        scan.end()?;
        Ok(status)
    }
}

impl DesiredStatus {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when a part is missing or not one of its words.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=des");
        let status = Self {
            kind: scan.read(PreconditionType::read)?,
            strength: scan.read(PreconditionStrength::of)?,
            status: scan.read(PreconditionStatus::of)?,
            direction: scan.read(PreconditionDirection::of)?,
        };
        scan.end()?;
        Ok(status)
    }
}

impl ConfirmStatus {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when a part is missing or not one of its words.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        CurrentStatus::read(Scan::new(value, "sdp a=conf")).map(Self)
    }
}

impl fmt::Display for CurrentStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.kind.0, self.status, self.direction)
    }
}

impl fmt::Display for DesiredStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {} {}", self.kind.0, self.strength, self.status, self.direction)
    }
}

impl fmt::Display for ConfirmStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

typed_attribute!(CurrentStatus, "curr", Media, "RFC3312-4");
typed_attribute!(DesiredStatus, "des", Media, "RFC3312-4");
typed_attribute!(ConfirmStatus, "conf", Media, "RFC3312-4");
