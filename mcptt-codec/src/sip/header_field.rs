//! [`Fields`]: the header fields of a section, each with its place in the received octets.
//!
//! A received field is a name and four places: 32 octets, in one allocation for all of them. Values stand aside,
//! since most of them are never asked for.

use std::ops::Range;
use std::sync::OnceLock;

use bytes::{BufMut, BytesMut};
use memchr::memchr;

use super::header::HeaderName;
use super::headers::write_text;
use super::section::unfold;
use crate::text::ByteStr;

/// Header fields in order.
#[derive(Clone, Default)]
pub(super) struct Fields {
    list: Vec<Field>,
    /// One for each field as soon as there are any. That of a field of our own is always there, that of a
    /// received one is cut out of the received octets when it is first asked for.
    values: OnceLock<Vec<OnceLock<ByteStr>>>,
}

/// A header field that was received or that we made.
#[derive(Clone)]
pub(super) struct Field {
    pub name: HeaderName,
    place: Place,
}

/// Places inside the received header section, in 32 bits each: no section is longer.
#[derive(Clone, Copy)]
struct Place {
    /// The whole field, line end included; nothing for a field of our own.
    line: (u32, u32),
    /// Its value with the folds inside, white space around it removed.
    value: (u32, u32),
}

/// What a field that is not there has for a value.
static NOTHING: ByteStr = ByteStr::EMPTY;

impl Field {
    const fn own(name: HeaderName) -> Self {
        Self { name, place: Place { line: (0, 0), value: (0, 0) } }
    }

    /// A received field, its places inside the header section.
    #[inline]
    pub const fn received(name: HeaderName, line: Range<usize>, value: Range<usize>) -> Self {
        // Every section was measured before it was read.
        let narrow = (line.start as u32, line.end as u32);
        Self { name, place: Place { line: narrow, value: (value.start as u32, value.end as u32) } }
    }

    /// The place of the received line or lines, line end included; `None` for a field of our own.
    pub fn line(&self) -> Option<Range<usize>> {
        Some(wide(self.place.line)).filter(|line| !line.is_empty())
    }

    /// The value of a received field.
    fn cut(&self, received: &ByteStr) -> ByteStr {
        let value = received.part(wide(self.place.value));
        if memchr(b'\n', value.as_bytes()).is_some() { unfold(value.as_str()).into() } else { value }
    }
}

impl Fields {
    /// Received fields.
    pub const fn received(list: Vec<Field>) -> Self {
        Self { list, values: OnceLock::new() }
    }

    /// None, with room for so many.
    pub fn with_room(fields: usize) -> Self {
        Self { list: Vec::with_capacity(fields), values: OnceLock::from(Vec::with_capacity(fields)) }
    }

    /// The fields.
    pub fn list(&self) -> &[Field] {
        &self.list
    }

    /// The value of the field at that index. `received` is the header section of the message, here and below.
    pub fn value(&self, index: usize, received: &ByteStr) -> &ByteStr {
        let values = self.values.get_or_init(|| self.no_values());
        let (Some(value), Some(field)) = (values.get(index), self.list.get(index)) else { return &NOTHING };
        value.get_or_init(|| field.cut(received))
    }

    /// The octets of the value; unless it has folds, without keeping what was cut out.
    pub fn octets<'a>(&'a self, index: usize, received: &'a ByteStr) -> &'a [u8] {
        let (None, Some(field)) = (self.own(index), self.list.get(index)) else {
            return self.value(index, received).as_bytes();
        };
        match received.buffer().get(wide(field.place.value)) {
            Some(octets) if memchr(b'\n', octets).is_none() => octets,
            _ => self.value(index, received).as_bytes(),
        }
    }

    /// Adds a field of our own before that index, or after all others.
    pub fn insert(&mut self, index: usize, name: HeaderName, value: ByteStr) {
        let index = index.min(self.list.len());
        self.values_mut().insert(index, OnceLock::from(value));
        self.list.insert(index, Field::own(name));
    }

    /// Puts a field of our own in the place of another.
    pub fn replace(&mut self, index: usize, name: HeaderName, value: ByteStr) {
        let values = self.values_mut();
        if let Some(old) = values.get_mut(index) {
            *old = OnceLock::from(value);
        }
        if let Some(old) = self.list.get_mut(index) {
            *old = Field::own(name);
        }
    }

    /// Keeps only the fields with a name that pleases.
    pub fn retain(&mut self, mut pleases: impl FnMut(&HeaderName) -> bool) {
        let values = std::mem::take(self.values_mut());
        let fields = std::mem::take(&mut self.list).into_iter().zip(values);
        let (list, values): (Vec<_>, Vec<_>) = fields.filter(|(field, _)| pleases(&field.name)).unzip();
        *self = Self { list, values: OnceLock::from(values) };
    }

    /// About how many octets it takes to write them.
    pub fn written_len(&self) -> usize {
        let lengths = self.list.iter().enumerate().map(|(index, field)| match field.line() {
            Some(line) => line.len(),
            None => {
                let value = self.own(index).map_or(0, |value| value.as_bytes().len());
                field.name.as_str().len().saturating_add(value).saturating_add(4)
            }
        });
        lengths.fold(0, usize::saturating_add)
    }

    /// Writes the field of our own at that index.
    pub fn write(&self, index: usize, out: &mut BytesMut) {
        let name = self.list.get(index).map_or("", |field| field.name.as_str());
        write_text(out, name);
        out.put_slice(b": ");
        write_text(out, self.own(index).map_or("", ByteStr::as_str));
        out.put_slice(b"\r\n");
    }

    /// The value at that index as far as it stands aside.
    fn own(&self, index: usize) -> Option<&ByteStr> {
        self.values.get()?.get(index)?.get()
    }

    fn no_values(&self) -> Vec<OnceLock<ByteStr>> {
        vec![OnceLock::new(); self.list.len()]
    }

    fn values_mut(&mut self) -> &mut Vec<OnceLock<ByteStr>> {
        if self.values.get().is_none() {
            self.values = OnceLock::from(self.no_values());
        }
        self.values.get_mut().expect("they were just made")
    }
}

/// Every target that this project knows has addresses of at least 32 bits.
const fn wide((start, end): (u32, u32)) -> Range<usize> {
    start as usize..end as usize
}
