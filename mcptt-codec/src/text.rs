//! [`ByteStr`]: text that shares the buffer it was received in.

use std::borrow::{Borrow, Cow};
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};

use bytes::Bytes;

use crate::DecodeError;

/// Immutable text backed by [`Bytes`]: a clone costs a reference count, a slice of a datagram costs nothing.
///
/// It is UTF-8 but for one case: text of a binary field that is not ([`ByteStr::from_octets`]) keeps the octets it was
/// received with and is shown with U+FFFD in the place of what is no character. Two texts are the same when their octets are,
/// so that such a text is never taken for another one that is only shown alike.
///
/// The buffer is the text; of octets that are not UTF-8 it is the text that is shown, `MARK`, and the octets.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct ByteStr(Bytes);

/// Stands between a text with replacement characters and its octets: no UTF-8 holds it.
const MARK: u8 = 0xff;

impl ByteStr {
    /// The empty text.
    pub const EMPTY: Self = Self(Bytes::new());

    /// Text that lives as long as the program.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Bytes::from_static(text.as_bytes()))
    }

    /// Takes octets that must be UTF-8.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset of the first octet that is not UTF-8.
    pub fn from_utf8(bytes: Bytes, what: &'static str) -> Result<Self, DecodeError> {
        // Most of what is received is ASCII, and that is told fastest.
        if bytes.is_ascii() {
            return Ok(Self(bytes));
        }
        match std::str::from_utf8(&bytes) {
            Ok(_) => Ok(Self(bytes)),
            Err(error) => Err(DecodeError::invalid(error.valid_up_to(), what)),
        }
    }

    /// Takes any octets: what is not UTF-8 is kept as it is and shown with replacement characters.
    pub fn from_octets(octets: Bytes) -> Self {
        if octets.is_ascii() {
            return Self(octets);
        }
        match String::from_utf8_lossy(&octets) {
            Cow::Borrowed(_) => Self(octets),
            Cow::Owned(shown) => Self([shown.as_bytes(), &[MARK], &octets].concat().into()),
        }
    }

    /// Takes octets that somebody has found to be UTF-8.
    pub(crate) const fn checked(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Whether the octets are the text that is shown, which is false for octets that are not UTF-8.
    pub fn is_utf8(&self) -> bool {
        self.mark().is_none()
    }

    fn mark(&self) -> Option<usize> {
        memchr::memchr(MARK, &self.0)
    }

    /// The text, with replacement characters where the octets are not UTF-8.
    pub fn as_str(&self) -> &str {
        // Checked by every constructor; an empty fall-back keeps this total without `unsafe`.
        std::str::from_utf8(&self.0).unwrap_or_else(|_| {
            let shown = self.mark().and_then(|mark| self.0.get(..mark)).unwrap_or_default();
            std::str::from_utf8(shown).unwrap_or_default()
        })
    }

    /// The octets as they were received.
    pub fn as_bytes(&self) -> &[u8] {
        match self.mark() {
            None => &self.0,
            Some(mark) => self.0.get(mark.saturating_add(1)..).unwrap_or_default(),
        }
    }

    /// The octets as they were received, sharing the buffer.
    pub fn to_octets(&self) -> Bytes {
        self.0.slice_ref(self.as_bytes())
    }

    /// The octets of a text that is known to be UTF-8, at once.
    pub(crate) const fn buffer(&self) -> &Bytes {
        &self.0
    }

    /// The octets from one place to another, sharing the buffer; empty when that is no part of the text.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        match self.0.get(range.clone()) {
            // A character that was cut in two would make `as_str` empty.
            Some(part) if part.is_ascii() || std::str::from_utf8(part).is_ok() => Self(self.0.slice(range)),
            _ => Self::EMPTY,
        }
    }

    /// A part of this text that shares its buffer.
    ///
    /// `part` must be a sub-slice of `self.as_str()`; any other text is copied.
    pub fn share(&self, part: &str) -> Self {
        let own = self.0.as_ptr() as usize;
        let start = part.as_ptr() as usize;
        let inside = start
            .checked_sub(own)
            .filter(|from| from.checked_add(part.len()).is_some_and(|end| end <= self.0.len()));
        match inside {
            Some(from) => Self(self.0.slice(from..from.saturating_add(part.len()))),
            None => Self::from(part),
        }
    }
}

impl Deref for ByteStr {
    type Target = str;
    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl AsRef<str> for ByteStr {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for ByteStr {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl Hash for ByteStr {
    fn hash<H: Hasher>(&self, state: &mut H) {
        // As of the text that may be looked up in its place; octets that are not UTF-8 only share the hash.
        self.as_str().hash(state);
    }
}

impl From<String> for ByteStr {
    fn from(text: String) -> Self {
        Self(Bytes::from(text.into_bytes()))
    }
}

impl From<&str> for ByteStr {
    fn from(text: &str) -> Self {
        Self(Bytes::copy_from_slice(text.as_bytes()))
    }
}

impl PartialEq<str> for ByteStr {
    fn eq(&self, other: &str) -> bool {
        *self.0 == *other.as_bytes()
    }
}

impl PartialEq<&str> for ByteStr {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl fmt::Display for ByteStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for ByteStr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

impl<'de> serde::Deserialize<'de> for ByteStr {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <String as serde::Deserialize>::deserialize(deserializer).map(Self::from)
    }
}

impl serde::Serialize for ByteStr {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shared_part_points_into_the_same_buffer() {
        let text = ByteStr::from("sip:alice@mc.example.org");
        let part = text.share(&text[4..9]);
        assert_eq!(part, "alice");
        assert_eq!(part.as_bytes().as_ptr() as usize, text.as_bytes().as_ptr() as usize + 4);
        assert_eq!(text.share("foreign"), "foreign");
    }

    #[test]
    fn octets_that_are_not_utf8_are_kept_and_shown_with_replacement_characters() {
        let odd = ByteStr::from_octets(Bytes::from_static(b"mcp\xff\xfe"));
        assert_eq!(odd.as_bytes(), b"mcp\xff\xfe");
        assert_eq!(odd.to_string(), "mcp\u{fffd}\u{fffd}");
        assert_eq!(odd.to_octets().as_ref(), b"mcp\xff\xfe");
        assert!(!odd.is_utf8());
        // What is shown alike is not the same.
        assert_ne!(odd, ByteStr::from("mcp\u{fffd}\u{fffd}"));
        assert_ne!(odd, *"mcp\u{fffd}\u{fffd}");
        assert_ne!(odd, ByteStr::from_octets(Bytes::from_static(b"mcp\xfe\xff")));
        assert_eq!(odd, odd.clone());
        let plain = ByteStr::from_octets(Bytes::from_static("grüße".as_bytes()));
        assert!(plain.is_utf8());
        assert_eq!(plain, "grüße");
    }

    #[test]
    fn octets_that_are_not_utf8_are_refused_with_their_offset() {
        let error = ByteStr::from_utf8(Bytes::from_static(b"ab\xff"), "phrase").unwrap_err();
        assert_eq!(error, DecodeError::invalid(2, "phrase"));
    }
}
