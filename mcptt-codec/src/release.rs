//! [`Release`]: which 3GPP release a sender keeps to.

use std::fmt;

use crate::EncodeError;

/// A 3GPP release, 13 to 19. It governs only what may be sent; everything that any release has is understood.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Release(u8);

impl Release {
    /// Release 13, the first with MCPTT.
    pub const R13: Self = Self(13);
    /// Release 14.
    pub const R14: Self = Self(14);
    /// Release 15.
    pub const R15: Self = Self(15);
    /// Release 16.
    pub const R16: Self = Self(16);
    /// Release 17.
    pub const R17: Self = Self(17);
    /// Release 18.
    pub const R18: Self = Self(18);
    /// Release 19.
    pub const R19: Self = Self(19);

    /// All releases in order.
    pub const ALL: [Self; 7] = [Self::R13, Self::R14, Self::R15, Self::R16, Self::R17, Self::R18, Self::R19];

    /// The release of this number, or `None` when it is not 13 to 19.
    pub const fn new(number: u8) -> Option<Self> {
        if number >= Self::R13.0 && number <= Self::R19.0 { Some(Self(number)) } else { None }
    }

    /// The number, 13 to 19.
    pub const fn number(self) -> u8 {
        self.0
    }

    /// Whether this release has what `first` was the first to have.
    pub const fn has(self, first: Self) -> bool {
        self.0 >= first.0
    }
}

impl Default for Release {
    /// Release 18, the base line of this project.
    fn default() -> Self {
        Self::R18
    }
}

impl TryFrom<u8> for Release {
    type Error = UnknownRelease;

    fn try_from(number: u8) -> Result<Self, UnknownRelease> {
        Self::new(number).ok_or(UnknownRelease(number))
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Release {}", self.0)
    }
}

impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{}", self.0)
    }
}

/// A number that is no release known to this project.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("release {0} is not one of 13 to 19")]
pub struct UnknownRelease(pub u8);

/// A message that cannot be sent because the release of the sender does not have it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[error("{release} has no {what}")]
pub struct NotInRelease {
    /// Name of the message.
    pub what: &'static str,
    /// The release of the sender.
    pub release: Release,
    /// The first release that has the message; `None` when none is known to have it.
    pub first: Option<Release>,
}

/// Why a message cannot be sent by a sender that keeps to a release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum EmitError {
    /// The release does not have the message.
    #[error(transparent)]
    NotInRelease(#[from] NotInRelease),
    /// A value does not fit the wire format.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_13_to_19() {
        let known: Vec<_> = (0..=u8::MAX).filter_map(Release::new).collect();
        assert_eq!(known, Release::ALL);
        assert_eq!(Release::try_from(12), Err(UnknownRelease(12)));
        assert_eq!(Release::try_from(20).unwrap_err().to_string(), "release 20 is not one of 13 to 19");
        assert_eq!(Release::default().to_string(), "Release 18");
        assert!(
            Release::R15.has(Release::R15)
                && Release::R16.has(Release::R15)
                && !Release::R14.has(Release::R15)
        );
    }
}
