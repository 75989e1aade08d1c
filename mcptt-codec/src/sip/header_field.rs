//! [`Field`]: one header field, with its place in the received octets.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::{BufMut, BytesMut};

use super::header::HeaderName;
use super::headers::write_text;
use crate::text::ByteStr;

/// A header field that was received or that we made.
#[derive(Clone)]
pub(super) struct Field {
    pub name: HeaderName,
    /// White space around it removed, folds replaced by one space. That of a received field without folds is
    /// cut out of the received octets when it is first asked for.
    value: OnceLock<ByteStr>,
    /// Where it was received; at no place for a field of our own.
    place: Place,
}

/// Places inside the received header section.
#[derive(Clone, Copy)]
struct Place {
    /// The whole field, line end included.
    line: Span,
    /// Its value; of no meaning for a field with folds, whose value is elsewhere.
    value: Span,
}

impl Place {
    const NONE: Self = Self { line: Span(0), value: Span(0) };
}

/// From one octet to another: the start in the upper half, the end in the lower. One word, since a field is
/// moved once when it is read, and two halves that were just written are read back slowly.
#[derive(Clone, Copy)]
struct Span(u64);

impl Field {
    /// A field of our own.
    pub fn own(name: HeaderName, value: ByteStr) -> Self {
        Self { name, value: OnceLock::from(value), place: Place::NONE }
    }

    /// A received field, its places inside the header section.
    #[inline]
    pub fn received(name: HeaderName, line: Range<usize>, value: Range<usize>) -> Self {
        let place = Place { line: line.into(), value: value.into() };
        Self { name, value: OnceLock::new(), place }
    }

    /// A received field whose value had folds.
    pub fn folded(name: HeaderName, line: Range<usize>, value: ByteStr) -> Self {
        let place = Place { line: line.into(), ..Place::NONE };
        Self { name, value: OnceLock::from(value), place }
    }

    /// The value. `received` is the header section of the message, here and below.
    pub fn value(&self, received: &ByteStr) -> &ByteStr {
        self.value.get_or_init(|| received.part(self.place.value.into()))
    }

    /// The value, without keeping what was cut out.
    pub fn octets<'a>(&'a self, received: &'a ByteStr) -> &'a [u8] {
        match self.value.get() {
            Some(value) => value.as_bytes(),
            None => received.as_bytes().get(Range::from(self.place.value)).unwrap_or_default(),
        }
    }

    /// The place of the received line or lines, line end included; `None` for a field of our own.
    pub fn line(&self) -> Option<Range<usize>> {
        Some(Range::from(self.place.line)).filter(|line| !line.is_empty())
    }

    /// About how many octets [`Field::write`] adds.
    pub fn written_len(&self) -> usize {
        self.line().map_or_else(
            || {
                let value = self.value.get().map_or(0, |value| value.as_bytes().len());
                self.name.as_str().len().saturating_add(value).saturating_add(4)
            },
            |line| line.len(),
        )
    }

    /// Writes a field of our own.
    pub fn write(&self, out: &mut BytesMut) {
        write_text(out, self.name.as_str());
        out.put_slice(b": ");
        write_text(out, self.value.get().map_or("", ByteStr::as_str));
        out.put_slice(b"\r\n");
    }
}

impl From<Range<usize>> for Span {
    #[inline]
    fn from(range: Range<usize>) -> Self {
        // `Section::read` takes no section that does not fit.
        let half = |at: usize| u64::from(u32::try_from(at).unwrap_or(u32::MAX));
        Self(half(range.start).wrapping_shl(u32::BITS) | half(range.end))
    }
}

impl From<Span> for Range<usize> {
    fn from(Span(halves): Span) -> Self {
        // Every target that tokio and this project know has at least 32 bit addresses.
        let wide = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        wide(halves.wrapping_shr(u32::BITS))..wide(halves & u64::from(u32::MAX))
    }
}
