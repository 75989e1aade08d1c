//! Identities shared by all layers: no bare `String` crosses a module border.

use std::fmt;

use crate::text::ByteStr;

macro_rules! text_identity {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub ByteStr);

        impl $name {
            /// Takes the text as it stands on the wire.
            pub fn new(text: impl Into<ByteStr>) -> Self {
                Self(text.into())
            }

            /// The text as it stands on the wire.
            pub fn as_str(&self) -> &str {
                self.0.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self.as_str())
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.into())
            }
        }
    };
}

text_identity!(
    /// MCPTT ID: the service identity of a user, a SIP or tel URI (TS 24.379 4.2).
    McpttId
);
text_identity!(
    /// MCPTT group identity, a SIP URI (TS 24.379 4.2).
    GroupId
);
text_identity!(
    /// Functional alias, a URI (TS 24.379 9A).
    FunctionalAlias
);
text_identity!(
    /// MCPTT client ID: a URN UUID, one per client instance (TS 24.379 4.10).
    ClientId
);
text_identity!(
    /// IMS public user identity (IMPU) that the SIP core knows the user by.
    PublicUserId
);

/// Synchronisation source of RTP and RTCP (RFC 3550 3).
#[derive(Clone, Copy, Default, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Ssrc(pub u32);

impl fmt::Display for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:08x}", self.0)
    }
}

impl fmt::Debug for Ssrc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Ssrc({self})")
    }
}

/// One call inside one node; drawn by call control, used by both planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct CallRef(pub u64);

/// One participant's leg of one call inside one node; drawn by call control, used by both planes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct LegRef(pub u64);

impl fmt::Display for CallRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "call-{}", self.0)
    }
}

impl fmt::Display for LegRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "leg-{}", self.0)
    }
}
