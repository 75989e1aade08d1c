//! [`ByteStr`]: text that shares the buffer it was received in.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::ops::{Deref, Range};

use bytes::Bytes;
use bytestring::ByteString;

use crate::DecodeError;

/// Immutable text backed by [`Bytes`]: a clone costs a reference count, a slice of a datagram costs nothing.
///
/// It is UTF-8 but for one case: text of a binary field that is not ([`ByteStr::from_octets`]) keeps the octets it was
/// received with and is shown with U+FFFD in the place of what is no character. Two texts are the same when their octets are,
/// so that such a text is never taken for another one that is only shown alike.
#[derive(Clone)]
pub struct ByteStr(Repr);

#[derive(Clone)]
enum Repr {
    Text(ByteString),
    /// Seldom, and not larger than what is common.
    Odd(Box<Odd>),
}

/// Octets that are not UTF-8.
#[derive(Clone)]
struct Odd {
    shown: ByteString,
    octets: Bytes,
}

impl ByteStr {
    /// The empty text.
    pub const EMPTY: Self = Self(Repr::Text(ByteString::new()));

    /// Text that lives as long as the program.
    pub const fn from_static(text: &'static str) -> Self {
        Self(Repr::Text(ByteString::from_static(text)))
    }

    /// Takes octets that must be UTF-8.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset of the first octet that is not UTF-8.
    pub fn from_utf8(bytes: Bytes, what: &'static str) -> Result<Self, DecodeError> {
        match ByteString::try_from(bytes) {
            Ok(text) => Ok(Self(Repr::Text(text))),
            Err(error) => Err(DecodeError::invalid(error.valid_up_to(), what)),
        }
    }

    /// Takes any octets: what is not UTF-8 is kept as it is and shown with replacement characters.
    pub fn from_octets(octets: Bytes) -> Self {
        Self::shared(&octets, &octets)
    }

    /// The same of `part`, which must be a part of `owner`.
    #[inline]
    pub(crate) fn shared(owner: &Bytes, part: &[u8]) -> Self {
        match ByteString::try_from(owner.slice_ref(part)) {
            Ok(text) => Self(Repr::Text(text)),
            Err(_) => Self::odd(owner.slice_ref(part)),
        }
    }

    #[cold]
    fn odd(octets: Bytes) -> Self {
        let shown = String::from_utf8_lossy(&octets).into_owned().into();
        Self(Repr::Odd(Box::new(Odd { shown, octets })))
    }

    /// Whether the octets are the text that is shown, which is false for octets that are not UTF-8.
    pub const fn is_utf8(&self) -> bool {
        matches!(self.0, Repr::Text(_))
    }

    #[inline]
    fn shown(&self) -> &ByteString {
        match &self.0 {
            Repr::Text(text) => text,
            Repr::Odd(odd) => &odd.shown,
        }
    }

    /// The text, with replacement characters where the octets are not UTF-8.
    #[inline]
    pub fn as_str(&self) -> &str {
        self.shown()
    }

    /// The octets as they were received.
    #[inline]
    pub fn as_bytes(&self) -> &[u8] {
        self.buffer()
    }

    /// The octets as they were received, sharing the buffer.
    pub fn to_octets(&self) -> Bytes {
        self.buffer().clone()
    }

    /// The octets as they were received, with their buffer.
    #[inline]
    pub(crate) fn buffer(&self) -> &Bytes {
        match &self.0 {
            Repr::Text(text) => text.as_bytes(),
            Repr::Odd(odd) => &odd.octets,
        }
    }

    /// The text from one place to another, sharing the buffer; empty when that is no part of it.
    pub(crate) fn part(&self, range: Range<usize>) -> Self {
        let text = self.shown();
        text.get(range).map_or(Self::EMPTY, |part| Self(Repr::Text(text.slice_ref(part))))
    }

    /// A part of this text that shares its buffer.
    ///
    /// `part` must be a sub-slice of `self.as_str()`; any other text is copied.
    pub fn share(&self, part: &str) -> Self {
        let text = self.shown();
        let own = text.as_ptr() as usize;
        let start = part.as_ptr() as usize;
        let is_inside = start
            .checked_sub(own)
            .and_then(|from| from.checked_add(part.len()))
            .is_some_and(|end| end <= text.len());
        if is_inside { Self(Repr::Text(text.slice_ref(part))) } else { Self::from(part) }
    }
}

impl Default for ByteStr {
    fn default() -> Self {
        Self::EMPTY
    }
}

impl PartialEq for ByteStr {
    #[inline]
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for ByteStr {}

impl PartialOrd for ByteStr {
    #[inline]
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for ByteStr {
    #[inline]
    fn cmp(&self, other: &Self) -> Ordering {
        self.as_bytes().cmp(other.as_bytes())
    }
}

impl Deref for ByteStr {
    type Target = str;
    #[inline]
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
        Self(Repr::Text(text.into()))
    }
}

impl From<&str> for ByteStr {
    fn from(text: &str) -> Self {
        Self(Repr::Text(text.into()))
    }
}

impl PartialEq<str> for ByteStr {
    fn eq(&self, other: &str) -> bool {
        self.as_bytes() == other.as_bytes()
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
    fn the_odd_case_makes_no_text_larger() {
        assert_eq!(size_of::<ByteStr>(), size_of::<Bytes>());
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
