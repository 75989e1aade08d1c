//! [`Reader`] and [`Writer`]: the only code of this crate that turns offsets into octets of a binary format.

use bytes::{BufMut, BytesMut};

use crate::DecodeError;

/// Reads big-endian numbers and slices from the front and knows the offset of what it reads next.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// Reads `data` from its start, which is offset 0.
    pub(crate) const fn new(data: &'a [u8]) -> Self {
        Self { rest: data, offset: 0 }
    }

    /// Reads `data` whose first octet stands at `offset` of the input that errors refer to.
    pub(crate) const fn starting_at(offset: usize, data: &'a [u8]) -> Self {
        Self { rest: data, offset }
    }

    /// Offset of the next octet.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// What has not been read yet.
    pub(crate) const fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// Octets that have not been read yet.
    pub(crate) const fn left(&self) -> usize {
        self.rest.len()
    }

    /// Whether everything has been read.
    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next `count` octets.
    #[inline]
    pub(crate) fn take(&mut self, count: usize, what: &'static str) -> Result<&'a [u8], DecodeError> {
        let Some((head, tail)) = self.rest.split_at_checked(count) else {
            return Err(DecodeError::truncated(self.offset, what, count, self.left()));
        };
        self.advance(tail, count);
        Ok(head)
    }

    /// The next `N` octets.
    #[inline]
    pub(crate) fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DecodeError> {
        let Some((head, tail)) = self.rest.split_first_chunk::<N>() else {
            return Err(DecodeError::truncated(self.offset, what, N, self.left()));
        };
        self.advance(tail, N);
        Ok(*head)
    }

    /// Passes over octets, or over all that are left when there are fewer.
    #[inline]
    pub(crate) fn skip(&mut self, count: usize) {
        self.advance(self.rest.get(count..).unwrap_or_default(), count.min(self.left()));
    }

    /// One octet.
    #[inline]
    pub(crate) fn u8(&mut self, what: &'static str) -> Result<u8, DecodeError> {
        self.array(what).map(|[octet]| octet)
    }

    /// Two octets.
    #[inline]
    pub(crate) fn u16(&mut self, what: &'static str) -> Result<u16, DecodeError> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// Three octets.
    #[inline]
    pub(crate) fn u24(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.array(what).map(|[a, b, c]| u32::from_be_bytes([0, a, b, c]))
    }

    /// Four octets.
    #[inline]
    pub(crate) fn u32(&mut self, what: &'static str) -> Result<u32, DecodeError> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// Eight octets.
    #[inline]
    pub(crate) fn u64(&mut self, what: &'static str) -> Result<u64, DecodeError> {
        self.array(what).map(u64::from_be_bytes)
    }

    #[inline]
    fn advance(&mut self, tail: &'a [u8], count: usize) {
        self.rest = tail;
        self.offset = self.offset.saturating_add(count);
    }
}

/// Appends big-endian numbers and slices and knows how much it has written.
#[derive(Debug)]
pub(crate) struct Writer<'a> {
    out: &'a mut BytesMut,
    start: usize,
}

impl<'a> Writer<'a> {
    /// Appends to `out`; lengths and positions count from here.
    pub(crate) fn new(out: &'a mut BytesMut) -> Self {
        let start = out.len();
        Self { out, start }
    }

    /// Octets written so far.
    pub(crate) fn len(&self) -> usize {
        self.out.len().saturating_sub(self.start)
    }

    /// One octet.
    pub(crate) fn u8(&mut self, value: u8) {
        self.out.put_u8(value);
    }

    /// Two octets.
    pub(crate) fn u16(&mut self, value: u16) {
        self.out.put_u16(value);
    }

    /// The low three octets.
    pub(crate) fn u24(&mut self, value: u32) {
        let [_, a, b, c] = value.to_be_bytes();
        self.out.put_slice(&[a, b, c]);
    }

    /// Four octets.
    pub(crate) fn u32(&mut self, value: u32) {
        self.out.put_u32(value);
    }

    /// Eight octets.
    pub(crate) fn u64(&mut self, value: u64) {
        self.out.put_u64(value);
    }

    /// As many octets as the slice has.
    pub(crate) fn slice(&mut self, octets: &[u8]) {
        self.out.put_slice(octets);
    }

    /// Zero octets up to the next multiple of four, counted from the start of this writer.
    pub(crate) fn pad_to_word(&mut self) {
        let missing = padding_to_word(self.len());
        self.out.put_bytes(0, missing);
    }

    /// Overwrites the two octets at `position`, which must have been written before.
    pub(crate) fn set_u16(&mut self, position: usize, value: u16) {
        let from = self.start.saturating_add(position);
        if let Some(place) = self.out.get_mut(from..from.saturating_add(2)) {
            place.copy_from_slice(&value.to_be_bytes());
        }
    }

    /// Takes back everything that was written.
    pub(crate) fn undo(self) {
        self.out.truncate(self.start);
    }
}

/// Octets that are missing from `len` to the next multiple of four.
pub(crate) const fn padding_to_word(len: usize) -> usize {
    match len % 4 {
        0 => 0,
        used => 4usize.saturating_sub(used),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reader_names_the_octet_at_which_it_ran_dry() {
        let mut reader = Reader::starting_at(12, &[1, 0, 2, 0, 0, 0, 3]);
        assert_eq!(reader.u8("a"), Ok(1));
        assert_eq!(reader.u16("b"), Ok(2));
        assert_eq!(reader.u32("c"), Ok(3));
        assert_eq!(reader.u16("d"), Err(DecodeError::truncated(19, "d", 2, 0)));
        assert_eq!(reader.take(0, "e"), Ok(&[][..]));
        assert!(reader.is_empty());
    }

    #[test]
    fn a_failed_read_consumes_nothing() {
        let mut reader = Reader::new(&[1, 2, 3]);
        assert_eq!(reader.u32("word"), Err(DecodeError::truncated(0, "word", 4, 3)));
        assert_eq!(reader.take(3, "octets"), Ok(&[1, 2, 3][..]));
    }

    #[test]
    fn a_writer_pads_and_patches_relative_to_its_own_start() {
        let mut out = BytesMut::from(&b"abc"[..]);
        let mut writer = Writer::new(&mut out);
        writer.u16(0);
        writer.u8(7);
        writer.pad_to_word();
        assert_eq!(writer.len(), 4);
        writer.set_u16(0, 0x0102);
        assert_eq!(&out[..], b"abc\x01\x02\x07\x00");
    }

    #[test]
    fn an_undone_writer_leaves_no_trace() {
        let mut out = BytesMut::from(&b"abc"[..]);
        let mut writer = Writer::new(&mut out);
        writer.u64(1);
        writer.undo();
        assert_eq!(&out[..], b"abc");
    }
}
