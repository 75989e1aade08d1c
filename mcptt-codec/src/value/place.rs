//! Reading given values with a memory of where they stand, so that an error names the place.

use bytes::Bytes;

use super::Input;
use crate::EncodeError;
use crate::text::ByteStr;

/// Why a given view cannot be turned into octets, and where in it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path}: {kind}")]
pub struct ViewError {
    /// Path from the root, such as `packets[0].fields[2].floor_priority`.
    pub path: String,
    /// The reason.
    pub kind: ViewErrorKind,
}

/// The reasons of a [`ViewError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ViewErrorKind {
    /// A key that must be there is not.
    #[error("missing")]
    Missing,
    /// A key that means nothing here.
    #[error("means nothing here; known are {}", known.join(", "))]
    UnknownKey {
        /// The keys that would.
        known: Vec<&'static str>,
    },
    /// The same key again.
    #[error("given twice")]
    Repeated,
    /// Another kind of value than belongs here.
    #[error("{found} where {expected} belongs")]
    Type {
        /// What belongs here.
        expected: &'static str,
        /// What was given.
        found: &'static str,
    },
    /// A number outside of its range.
    #[error("{got} is not in the range {least} to {most}")]
    Range {
        /// The smallest number allowed.
        least: i128,
        /// The largest number allowed.
        most: i128,
        /// What was given.
        got: i128,
    },
    /// Text that is not what it must be.
    #[error("not {0}")]
    Invalid(&'static str),
    /// What was given does not fit the wire format.
    #[error(transparent)]
    Encode(#[from] EncodeError),
}

/// A given value and its path.
#[derive(Clone, Debug)]
pub(crate) struct Place<'a> {
    value: &'a Input,
    path: String,
}

impl<'a> Place<'a> {
    /// The whole of what was given.
    pub(crate) const fn root(value: &'a Input) -> Self {
        Self { value, path: String::new() }
    }

    pub(crate) fn error(&self, kind: impl Into<ViewErrorKind>) -> ViewError {
        let path = if self.path.is_empty() { "the document".to_owned() } else { self.path.clone() };
        ViewError { path, kind: kind.into() }
    }

    fn wrong(&self, expected: &'static str) -> ViewError {
        self.error(ViewErrorKind::Type { expected, found: self.value.kind() })
    }

    pub(crate) fn invalid(&self, expected: &'static str) -> ViewError {
        self.error(ViewErrorKind::Invalid(expected))
    }

    const fn is_null(&self) -> bool {
        matches!(self.value, Input::Null)
    }

    /// A whole number from `least` to `most`.
    pub(crate) fn integer<T: TryFrom<i128>>(&self, least: i128, most: i128) -> Result<T, ViewError> {
        let Input::Integer(got) = *self.value else { return Err(self.wrong("a whole number")) };
        let inside = (least..=most).contains(&got).then(|| T::try_from(got).ok()).flatten();
        inside.ok_or_else(|| self.error(ViewErrorKind::Range { least, most, got }))
    }

    pub(crate) fn u8(&self) -> Result<u8, ViewError> {
        self.integer(0, u8::MAX.into())
    }

    pub(crate) fn u16(&self) -> Result<u16, ViewError> {
        self.integer(0, u16::MAX.into())
    }

    pub(crate) fn u32(&self) -> Result<u32, ViewError> {
        self.integer(0, u32::MAX.into())
    }

    pub(crate) fn u64(&self) -> Result<u64, ViewError> {
        self.integer(0, u64::MAX.into())
    }

    pub(crate) fn bool(&self) -> Result<bool, ViewError> {
        match self.value {
            Input::Bool(flag) => Ok(*flag),
            _ => Err(self.wrong("true or false")),
        }
    }

    pub(crate) fn text(&self) -> Result<&'a str, ViewError> {
        match self.value {
            Input::Text(text) => Ok(text),
            _ => Err(self.wrong("text")),
        }
    }

    pub(crate) fn byte_str(&self) -> Result<ByteStr, ViewError> {
        self.text().map(ByteStr::from)
    }

    /// Text that some type can read.
    pub(crate) fn parsed<T: std::str::FromStr>(&self, expected: &'static str) -> Result<T, ViewError> {
        self.text()?.parse().map_err(|_| self.invalid(expected))
    }

    /// Octets as hexadecimal digits, with or without blanks and colons.
    pub(crate) fn octets(&self) -> Result<Bytes, ViewError> {
        let digits = self.text()?.bytes().filter(|octet| !octet.is_ascii_whitespace() && *octet != b':');
        let mut octets = Vec::new();
        let mut high = None;
        for digit in digits {
            let value = char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok());
            let value = value.ok_or_else(|| self.invalid("hexadecimal digits"))?;
            match high.take() {
                None => high = Some(value << 4),
                Some(high) => octets.push(high | value),
            }
        }
        match high {
            None => Ok(octets.into()),
            Some(_) => Err(self.invalid("an even number of hexadecimal digits")),
        }
    }

    /// Each entry of a list, read by `read`.
    pub(crate) fn list<T>(
        &self,
        read: impl Fn(Place<'a>) -> Result<T, ViewError>,
    ) -> Result<Vec<T>, ViewError> {
        let Input::List(values) = self.value else { return Err(self.wrong("a list")) };
        let entry = |(index, value)| read(Place { value, path: format!("{}[{index}]", self.path) });
        values.iter().enumerate().map(entry).collect()
    }

    /// The named values of an object.
    pub(crate) fn keys(&self) -> Result<Keys<'a>, ViewError> {
        let Input::Object(entries) = self.value else { return Err(self.wrong("an object")) };
        Ok(Keys { path: self.path.clone(), entries, known: Vec::new() })
    }
}

/// The named values of an object; remembers which names were asked for.
#[derive(Debug)]
pub(crate) struct Keys<'a> {
    path: String,
    entries: &'a [(String, Input)],
    known: Vec<&'static str>,
}

impl<'a> Keys<'a> {
    fn path_of(&self, key: &str) -> String {
        if self.path.is_empty() { key.to_owned() } else { format!("{}.{key}", self.path) }
    }

    pub(crate) fn error(&self, key: &str, kind: impl Into<ViewErrorKind>) -> ViewError {
        ViewError { path: self.path_of(key), kind: kind.into() }
    }

    /// Whether there is something under one of these names that is not null. Does not make the names known.
    pub(crate) fn has(&self, names: &[&'static str]) -> bool {
        self.entries.iter().any(|(key, value)| names.contains(&key.as_str()) && *value != Input::Null)
    }

    /// The value under the first of these names that is there; null counts as absent.
    pub(crate) fn find(&mut self, names: &[&'static str]) -> Option<Place<'a>> {
        self.known.extend(names);
        let (key, value) = names.iter().find_map(|name| self.entries.iter().find(|(key, _)| key == name))?;
        let place = Place { value, path: self.path_of(key) };
        (!place.is_null()).then_some(place)
    }

    /// The value under one of these names, which must be there.
    pub(crate) fn need(&mut self, names: &[&'static str]) -> Result<Place<'a>, ViewError> {
        let missing = self.error(names.first().copied().unwrap_or_default(), ViewErrorKind::Missing);
        self.find(names).ok_or(missing)
    }

    /// The value under one of these names as `read` takes it, or the default of its type.
    pub(crate) fn or_default<T: Default>(
        &mut self,
        names: &[&'static str],
        read: impl FnOnce(Place<'a>) -> Result<T, ViewError>,
    ) -> Result<T, ViewError> {
        self.find(names).map_or_else(|| Ok(T::default()), read)
    }

    /// Names that may be there and say nothing about octets.
    pub(crate) fn ignore(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// Complains about names that nobody asked for, and about repeated ones: most likely a slip of the pen.
    pub(crate) fn finish(self) -> Result<(), ViewError> {
        for (index, (key, _)) in self.entries.iter().enumerate() {
            if !self.known.iter().any(|known| known == key) {
                let mut known = self.known.clone();
                known.sort_unstable();
                known.dedup();
                return Err(self.error(key, ViewErrorKind::UnknownKey { known }));
            }
            if self.entries.iter().take(index).any(|(earlier, _)| earlier == key) {
                return Err(self.error(key, ViewErrorKind::Repeated));
            }
        }
        Ok(())
    }
}
