//! Messages out of a stream: TCP and TLS (RFC 3261 18.3, RFC 5626 3.5.1).

use bytes::{Buf, Bytes, BytesMut};
use memchr::memmem;

use super::headers::Headers;
use super::limits::Limits;
use super::message::leading_line_ends;
use crate::DecodeError;
use crate::text::ByteStr;

/// What a stream delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A keep-alive ping, to be answered with one line end (RFC 5626 4.4.1).
    Ping,
    /// The octets of one message, for [`super::SipMessage::decode`].
    Message(Bytes),
}

/// Cuts the octets of one connection into messages by their Content-Length.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    buffer: BytesMut,
    /// Octets at the start of the buffer that hold no end of a header section.
    searched: usize,
    /// Octets of the message at the start of the buffer, once its header section is there.
    wanted: Option<usize>,
}

impl Framer {
    /// For a new connection.
    pub fn new(limits: Limits) -> Self {
        Self { limits, buffer: BytesMut::new(), searched: 0, wanted: None }
    }

    /// Takes in what was received.
    pub fn push(&mut self, octets: &[u8]) {
        self.buffer.extend_from_slice(octets);
    }

    /// The next frame; `None` when more octets are needed. To be called until then after each
    /// [`Framer::push`], which also bounds the memory: what is kept never exceeds one message and one push.
    ///
    /// # Errors
    /// [`DecodeError`] when no message boundary can be told: the connection is of no use any more.
    pub fn next_frame(&mut self) -> Result<Option<Frame>, DecodeError> {
        if self.wanted.is_none() {
            if self.searched == 0 && self.take_line_ends() {
                return Ok(Some(Frame::Ping));
            }
            self.wanted = self.find_end()?;
        }
        match self.wanted {
            Some(wanted) if self.buffer.len() >= wanted => {
                self.wanted = None;
                self.searched = 0;
                Ok(Some(Frame::Message(self.buffer.split_to(wanted).freeze())))
            }
            _ => Ok(None),
        }
    }

    /// Drops line ends between messages; whether they were a ping. The first half of a ping waits for the
    /// second.
    fn take_line_ends(&mut self) -> bool {
        const PING: &[u8] = b"\r\n\r\n";
        if PING.starts_with(&self.buffer) && self.buffer.len() < PING.len() {
            return false;
        }
        let octets = leading_line_ends(&self.buffer).min(PING.len());
        self.buffer.advance(octets);
        octets == PING.len()
    }

    /// The size of the message at the start of the buffer, when its header section is complete.
    fn find_end(&mut self) -> Result<Option<usize>, DecodeError> {
        const BLANK: &[u8] = b"\r\n\r\n";
        let unsearched = self.buffer.get(self.searched..).unwrap_or_default();
        let Some(found) = memmem::find(unsearched, BLANK) else {
            // The end may lie across two receptions.
            self.searched = self.buffer.len().saturating_sub(BLANK.len().saturating_sub(1));
            return match self.buffer.len() > self.limits.message {
                true => Err(self.too_large(self.buffer.len())),
                false => Ok(None),
            };
        };
        let head_end = self.searched.saturating_add(found).saturating_add(2);
        let head = Bytes::copy_from_slice(self.buffer.get(..head_end).unwrap_or_default());
        let fields_start = memmem::find(&head, b"\r\n").unwrap_or_default().saturating_add(2);
        let head = ByteStr::from_utf8(head, "header section")?;
        let fields = head.get(fields_start..).unwrap_or_default();
        let headers = Headers::decode(&head, fields, 0, &self.limits)?;
        // On a stream nothing else tells where a message ends (RFC 3261 20.14).
        let missing = DecodeError::missing(head_end, "Content-Length");
        let announced = headers.content_length()?.ok_or(missing)?;
        let wanted = head_end.saturating_add(2).saturating_add(announced);
        if wanted > self.limits.message { Err(self.too_large(wanted)) } else { Ok(Some(wanted)) }
    }

    const fn too_large(&self, got: usize) -> DecodeError {
        DecodeError::too_large(0, "message", self.limits.message, got)
    }
}
