//! Typed views of attributes. Each reads and writes the value of one attribute; what it cannot read stays in its
//! line as it is.

mod dtls;
mod ext_map;
mod feedback;
mod grouping;
mod ice;
mod key_management;
mod known;
mod packet;
mod precondition;
mod source;
mod word;

use std::fmt::Write;

use super::{Attribute, Crypto, RtpMap};
use crate::DecodeError;

pub use dtls::{ConnectionReuse, Fingerprint, HashFunction, Setup, TlsId};
pub use ext_map::ExtMap;
pub use feedback::{RtcpFeedback, RtcpPort};
pub use grouping::{Group, GroupSemantics, Mid};
pub use ice::{
    Candidate, CandidateType, IceOptions, IcePacing, IcePwd, IceUfrag, RelatedAddress, RemoteCandidate,
    RemoteCandidates,
};
pub use key_management::KeyManagement;
pub(super) use known::examine;
pub use packet::{FormatParameters, MaxPacketRate, MaxPtime, PacketTime, Ptime};
pub use precondition::{
    ConfirmStatus, CurrentStatus, DesiredStatus, PreconditionDirection, PreconditionStatus,
    PreconditionStrength, PreconditionType,
};
pub use source::{Msid, SourceAttribute, SourceGroup};
pub use word::{Charset, Content, Label, Lang, SdpLang};

/// Where an attribute may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttributeLevel {
    /// Before the first `m=` only.
    Session,
    /// In a media description only.
    Media,
    /// In either.
    Both,
}

/// The value of an attribute that this project understands.
pub trait TypedAttribute: Sized + 'static {
    /// The name of the attribute.
    const NAME: &'static str;
    /// Where it may stand.
    const LEVEL: AttributeLevel;
    /// Id of the requirement that gives its form.
    const REQUIREMENT: &'static str;

    /// Reads what follows the colon.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset in `value`.
    fn read(value: &str) -> Result<Self, DecodeError>;

    /// Appends what follows the colon.
    fn write(&self, out: &mut String);

    /// Whether the value, which could be read as this, is also as a strict sender writes it.
    fn is_strict(&self, value: &str) -> bool {
        let _ = value;
        true
    }

    /// The attribute as it stands in a line.
    fn to_attribute(&self) -> Attribute {
        let mut value = String::new();
        self.write(&mut value);
        Attribute::new(Self::NAME, value)
    }
}

/// The attribute as this type; `None` when it has another name. Without a value it is read as an empty one.
pub(super) fn read<T: TypedAttribute>(attribute: Attribute) -> Option<Result<T, DecodeError>> {
    (attribute.name.as_str() == T::NAME).then(|| T::read(attribute.value.as_deref().unwrap_or_default()))
}

/// A typed attribute that is read by its `parse` and written by its `Display`.
macro_rules! typed_attribute {
    ($type:ty, $name:literal, $level:ident, $requirement:literal $(, $strict:expr)?) => {
        impl $crate::sdp::TypedAttribute for $type {
            const NAME: &'static str = $name;
            const LEVEL: $crate::sdp::AttributeLevel = $crate::sdp::AttributeLevel::$level;
            const REQUIREMENT: &'static str = $requirement;

            fn read(value: &str) -> Result<Self, $crate::DecodeError> {
                Self::parse(value)
            }

            fn write(&self, out: &mut String) {
                out.push_str(&self.to_string());
            }

            $(fn is_strict(&self, value: &str) -> bool {
                let strict: fn(&Self, &str) -> bool = $strict;
                strict(self, value)
            })?
        }
    };
}

/// Words of a closed list, as an attribute uses them; a word outside of it cannot be read.
macro_rules! words {
    ($(#[$doc:meta])* $type:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $type {
            $($(#[$variant_doc])* $variant,)+
        }

        impl $type {
            /// Every word of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }

            /// The value of this word, compared without case.
            pub fn of(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(word))
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

pub(super) use {typed_attribute, words};

//= RFC8866-6.6
typed_attribute!(RtpMap, "rtpmap", Media, "RFC8866-6.6");

impl TypedAttribute for Crypto {
    const NAME: &'static str = "crypto";
    const LEVEL: AttributeLevel = AttributeLevel::Media;
    //= RFC4568-9
    const REQUIREMENT: &'static str = "RFC4568-9";

    fn read(value: &str) -> Result<Self, DecodeError> {
        Self::parse(value)
    }

    fn write(&self, out: &mut String) {
        let _ = write!(out, "{}", self.to_value().as_str());
    }

    fn is_strict(&self, _: &str) -> bool {
        self.is_within_rules()
    }
}
