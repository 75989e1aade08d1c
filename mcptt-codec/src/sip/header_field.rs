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
    /// Where it was received.
    place: Option<Place>,
}

/// Places inside the received header section.
#[derive(Clone)]
struct Place {
    /// The whole field, line end included.
    line: Span,
    /// Its value; of no meaning for a field with folds, whose value is elsewhere.
    value: Span,
}

#[derive(Clone, Copy)]
struct Span {
    start: u32,
    end: u32,
}

impl Field {
    /// A field of our own.
    pub fn own(name: HeaderName, value: ByteStr) -> Self {
        Self { name, value: OnceLock::from(value), place: None }
    }

    /// A received field, its places inside the header section.
    pub fn received(name: HeaderName, line: Range<usize>, value: Range<usize>) -> Self {
        Self { name, value: OnceLock::new(), place: Some(Place { line: line.into(), value: value.into() }) }
    }

    /// A received field whose value had folds.
    pub fn folded(name: HeaderName, line: Range<usize>, value: ByteStr) -> Self {
        let place = Place { line: line.into(), value: Span { start: 0, end: 0 } };
        Self { name, value: OnceLock::from(value), place: Some(place) }
    }

    /// The value. `received` is the header section of the message, here and below.
    pub fn value(&self, received: &ByteStr) -> &ByteStr {
        self.value.get_or_init(|| match &self.place {
            Some(place) => received.part(place.value.into()),
            None => ByteStr::EMPTY,
        })
    }

    /// The value, without keeping what was cut out.
    pub fn octets<'a>(&'a self, received: &'a ByteStr) -> &'a [u8] {
        match (self.value.get(), &self.place) {
            (Some(value), _) => value.as_bytes(),
            (None, Some(place)) => received.as_bytes().get(Range::from(place.value)).unwrap_or_default(),
            (None, None) => &[],
        }
    }

    /// The place of the received line or lines, line end included; `None` for a field of our own.
    pub fn line(&self) -> Option<Range<usize>> {
        self.place.as_ref().map(|place| place.line.into())
    }

    /// About how many octets [`Field::write`] adds.
    pub fn written_len(&self) -> usize {
        match (&self.place, self.value.get()) {
            (Some(place), _) => Range::from(place.line).len(),
            (None, value) => {
                let value = value.map_or(0, |value| value.as_bytes().len());
                self.name.as_str().len().saturating_add(value).saturating_add(4)
            }
        }
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
    fn from(range: Range<usize>) -> Self {
        // `Section::read` takes no section that does not fit.
        let narrow = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
        Self { start: narrow(range.start), end: narrow(range.end) }
    }
}

impl From<Span> for Range<usize> {
    fn from(span: Span) -> Self {
        // Every target that tokio and this project know has at least 32 bit addresses.
        let wide = |at: u32| usize::try_from(at).unwrap_or(usize::MAX);
        wide(span.start)..wide(span.end)
    }
}
