//! The lossless level: a description as lines of octets. Nothing is judged here but size, so a relay, a capture
//! or a report can hand on octet for octet what it received, other character sets and broken lines included.

use std::fmt;

use bytes::{BufMut, Bytes, BytesMut};

use super::{Line, LineEnd, MAX_LINES, MAX_OCTETS};
use crate::DecodeError;

/// One line as it stands.
#[derive(Clone, PartialEq, Eq)]
pub struct RawLine {
    /// The octets before the line end.
    pub content: Bytes,
    /// How it ends.
    pub end: LineEnd,
}

impl RawLine {
    /// The type letter, when the line begins with a letter and an equals sign.
    pub fn kind(&self) -> Option<u8> {
        match self.content.as_ref() {
            [kind, b'=', ..] if kind.is_ascii_alphabetic() => Some(*kind),
            _ => None,
        }
    }

    /// What follows the equals sign, when the line has a type letter.
    pub fn value(&self) -> Option<Bytes> {
        self.kind().map(|_| self.content.slice(2..))
    }

    /// Octets it takes, line end included.
    pub fn len(&self) -> usize {
        self.content.len().saturating_add(self.end.as_str().len())
    }

    /// Whether it takes no octet at all.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A description as lines, in their order.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct SdpText {
    /// The lines. Only the last one has no line end; writing gives any other one CRLF.
    pub lines: Vec<RawLine>,
}

impl SdpText {
    /// Splits octets into lines, sharing their buffer.
    ///
    /// # Errors
    /// [`DecodeError`] beyond [`MAX_OCTETS`] or [`MAX_LINES`]; nothing else.
    pub fn split(octets: &Bytes) -> Result<Self, DecodeError> {
        if octets.len() > MAX_OCTETS {
            return Err(DecodeError::too_large(0, "sdp", MAX_OCTETS, octets.len()));
        }
        let mut lines = Vec::new();
        let mut offset = 0_usize;
        for piece in octets.split_inclusive(|octet| *octet == b'\n') {
            if lines.len() >= MAX_LINES {
                let got = MAX_LINES.saturating_add(1);
                return Err(DecodeError::too_large(offset, "sdp lines", MAX_LINES, got));
            }
            offset = offset.saturating_add(piece.len());
            let (content, end) = match piece {
                [content @ .., b'\r', b'\n'] => (content, LineEnd::CrLf),
                [content @ .., b'\n'] => (content, LineEnd::Lf),
                content => (content, LineEnd::None),
            };
            lines.push(RawLine { content: octets.slice_ref(content), end });
        }
        Ok(Self { lines })
    }

    /// The octets again.
    pub fn encode(&self) -> Bytes {
        let mut out =
            BytesMut::with_capacity(self.lines.iter().map(RawLine::len).fold(2, usize::saturating_add));
        let last = self.lines.len().saturating_sub(1);
        for (index, line) in self.lines.iter().enumerate() {
            out.put_slice(&line.content);
            let end = if index < last && line.end == LineEnd::None { LineEnd::CrLf } else { line.end };
            out.put_slice(end.as_str().as_bytes());
        }
        out.freeze()
    }

    /// The lines, each with the offset of its first octet.
    pub fn offsets(&self) -> impl Iterator<Item = (usize, &RawLine)> {
        self.lines.iter().scan(0_usize, |offset, line| {
            let start = *offset;
            *offset = start.saturating_add(line.len());
            Some((start, line))
        })
    }

    /// The number of the line that holds an octet, counted from 1; 0 behind the end.
    pub fn line_of(&self, offset: usize) -> usize {
        let holds =
            |(start, line): (usize, &RawLine)| offset.checked_sub(start).is_some_and(|at| at < line.len());
        self.offsets().position(holds).map_or(0, |index| index.saturating_add(1))
    }
}

impl fmt::Debug for RawLine {
    /// As [`Line`] prints it: without keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = String::from_utf8_lossy(&self.content);
        match text.split_once('=') {
            Some((kind @ ("a" | "k"), value)) => {
                let kind = if kind == "k" { 'k' } else { 'a' };
                write!(f, "{:?}{:?}", Line::new(kind, value), self.end)
            }
            _ => write!(f, "{text:?}{:?}", self.end),
        }
    }
}

impl fmt::Debug for SdpText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(&self.lines).finish()
    }
}
