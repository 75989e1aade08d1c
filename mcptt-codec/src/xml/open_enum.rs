//! Enumerations of text whose unknown values survive.

/// Declares an enumeration with the text of each value; any other text is kept in `Other`.
macro_rules! open_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$value_doc:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$value_doc])* $variant,)+
            /// Any other value, kept as it is.
            Other($crate::text::ByteStr),
        }

        impl $name {
            /// The value on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(value) => value,
                }
            }

            /// Reads the value of the wire.
            pub fn read(text: &$crate::text::ByteStr) -> Self {
                match text.as_str() {
                    $($text => Self::$variant,)+
                    _ => Self::Other(text.clone()),
                }
            }
        }

        impl From<&$name> for $crate::text::ByteStr {
            fn from(value: &$name) -> Self {
                match value {
                    $($name::$variant => Self::from_static($text),)+
                    $name::Other(value) => value.clone(),
                }
            }
        }
    };
}

pub(super) use open_enum;
