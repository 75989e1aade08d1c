//! Attributes of one word: `a=lang`, `a=sdplang` and `a=charset` (RFC 8866 6), `a=label` (RFC 4574), and the words of
//! `a=content` (RFC 4796).

use std::fmt;

use super::typed_attribute;
use crate::DecodeError;
use crate::sdp::MAX_CONTENT_WORDS;
use crate::sdp::grammar::{Scan, is_token};
use crate::text::ByteStr;

/// An attribute whose value is one word that `$read` accepts.
macro_rules! word_attribute {
    ($(#[$doc:meta])* $type:ident, $name:literal, $what:literal, $level:ident, $requirement:literal, $accept:expr) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $type(pub ByteStr);

        impl $type {
            /// Reads the value of the attribute.
            ///
            /// # Errors
            /// [`DecodeError`] when it is not one word of its characters.
            pub fn parse(value: &str) -> Result<Self, DecodeError> {
                let mut scan = Scan::new(value, $what);
                let accept: fn(&str) -> bool = $accept;
                let word = scan.read(|word| accept(word).then_some(word))?;
                scan.end()?;
                Ok(Self(word.into()))
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        typed_attribute!($type, $name, $level, $requirement);
    };
}

/// Letters, digits and hyphens with something on both sides of each, as RFC 5646 builds its tags.
fn is_language(tag: &str) -> bool {
    tag.split('-')
        .all(|part| (1..=8).contains(&part.len()) && part.bytes().all(|octet| octet.is_ascii_alphanumeric()))
}

//= RFC8866-6.12
word_attribute! {
    /// `a=lang`: a language of the session or stream.
    Lang, "lang", "sdp a=lang", Both, "RFC8866-6.12", is_language
}

//= RFC8866-6.11
word_attribute! {
    /// `a=sdplang`: the language of the texts in the description.
    SdpLang, "sdplang", "sdp a=sdplang", Both, "RFC8866-6.11", is_language
}

//= RFC8866-6.10
word_attribute! {
    /// `a=charset`: the character set of the texts in the description.
    Charset, "charset", "sdp a=charset", Session, "RFC8866-6.10", is_token
}

//= RFC4574-4
word_attribute! {
    /// `a=label`: a name of the stream for use outside of the description.
    Label, "label", "sdp a=label", Media, "RFC4574-4", is_token
}

/// `a=content`: what a stream shows, for example `speaker` or `slides`; several words are possible.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Content(pub Vec<ByteStr>);

impl Content {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one token or several with commas between them.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp a=content";
        let mut scan = Scan::new(value, WHAT);
        let list = scan.token()?;
        scan.end()?;
        //= RFC4796-5
        let word = |word| if is_token(word) { Ok(ByteStr::from(word)) } else { Err(scan.invalid(word)) };
        let words = list.split(',').take(MAX_CONTENT_WORDS.saturating_add(1)).map(word);
        let words = words.collect::<Result<Vec<_>, _>>()?;
        if words.len() > MAX_CONTENT_WORDS {
            return Err(DecodeError::too_large(0, WHAT, MAX_CONTENT_WORDS, words.len()));
        }
        Ok(Self(words))
    }
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, word) in self.0.iter().enumerate() {
            write!(f, "{}{word}", if index > 0 { "," } else { "" })?;
        }
        Ok(())
    }
}

typed_attribute!(Content, "content", Media, "RFC4796-5");
