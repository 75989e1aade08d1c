//! States and triggers: enumerations that know what the specification calls them.

use std::fmt;

/// A state or trigger.
pub(super) trait Named: Copy + PartialEq + fmt::Debug + 'static {
    /// In the words of the specification.
    fn text(self) -> &'static str;
}

/// Declares an enumeration with the name of each variant.
macro_rules! named {
    ($(#[$doc:meta])* $visibility:vis enum $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        $visibility enum $name {
            $($(#[$variant_doc])* $variant,)*
        }

        impl $name {
            /// All of them, the initial one first.
            $visibility const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The name in the words of the specification.
            $visibility const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }
        }

        impl $crate::off_network::names::Named for $name {
            fn text(self) -> &'static str {
                self.name()
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "'{}'", self.name())
            }
        }
    };
}

pub(super) use named;
