//! Messages out of a stream: TCP and TLS (RFC 3261 18.3, RFC 5626 3.5.1).

use bytes::{Bytes, BytesMut};
use memchr::memmem;

use super::grammar::is_token_octet;
use super::limits::Limits;
use super::message::{MISSING_END, TYPICAL_FIELDS};
use super::section::Section;
use crate::DecodeError;

/// What a stream delivered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// A keep-alive ping, two line ends, to be answered with [`PONG`] (RFC 5626 4.4.1).
    Ping,
    /// The answer to a ping of ours, one line end; only after [`Framer::expect_pong`].
    Pong,
    /// The octets of one message, for [`super::SipMessage::decode`].
    Message(Bytes),
}

/// What keeps a stream alive and asks for [`PONG`].
pub const PING: &[u8] = b"\r\n\r\n";
/// What answers [`PING`].
pub const PONG: &[u8] = b"\r\n";

/// Cuts the octets of one connection into messages by their Content-Length.
///
/// It takes no more octets than the message that it is about needs, and keeps no more than the limits allow.
/// There is no way back into step: after an error the connection must be closed, and the framer says the same
/// error for ever.
#[derive(Debug)]
pub struct Framer {
    limits: Limits,
    state: State,
    /// The message so far; empty between messages.
    buffer: BytesMut,
    /// Pings of ours that were not answered yet.
    pings: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// Between messages, after that many octets of a ping.
    Between(usize),
    /// In start line and header fields.
    Head,
    /// In the body; how many octets the whole message has.
    Body(usize),
    Failed(DecodeError),
}

impl Framer {
    /// For a new connection. [`Limits::message`] bounds start line and header fields and the whole message,
    /// [`Limits::start_line`] and [`Limits::body`] their parts.
    pub fn new(limits: Limits) -> Self {
        Self { limits, state: State::Between(0), buffer: BytesMut::new(), pings: 0 }
    }

    /// Notes that our side sent [`PING`], so that the next line end between two messages is the answer. Without
    /// it one line end could as well be the first half of a ping of the other side.
    pub const fn expect_pong(&mut self) {
        self.pings = self.pings.saturating_add(1);
    }

    /// Takes octets from the front of what was received until a frame is complete. `None` when all of them were
    /// taken; to be called until then.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset inside the message when its boundary cannot be told or a limit is
    /// exceeded: the connection is of no use any more.
    pub fn take(&mut self, received: &mut &[u8]) -> Result<Option<Frame>, DecodeError> {
        let outcome = self.advance(received);
        if let Err(error) = outcome {
            self.state = State::Failed(error);
            self.buffer = BytesMut::new();
        }
        outcome
    }

    /// How many octets of an unfinished message are kept.
    pub fn buffered(&self) -> usize {
        self.buffer.len()
    }

    /// Whether the connection may end here.
    ///
    /// # Errors
    /// [`DecodeError`] when it ends inside a message, or when it had failed before.
    pub fn finish(&self) -> Result<(), DecodeError> {
        match self.state {
            State::Between(_) => Ok(()),
            State::Head => Err(DecodeError::missing(self.buffer.len(), "empty line after the header fields")),
            State::Body(wanted) => {
                Err(DecodeError::truncated(self.buffer.len(), "body", wanted, self.buffer.len()))
            }
            State::Failed(error) => Err(error),
        }
    }

    fn advance(&mut self, received: &mut &[u8]) -> Result<Option<Frame>, DecodeError> {
        loop {
            match self.state {
                State::Failed(error) => return Err(error),
                State::Between(seen) => {
                    let Some((first, rest)) = received.split_first() else { return Ok(None) };
                    self.state = self.between(seen, *first)?;
                    if self.state == State::Head {
                        continue;
                    }
                    *received = rest;
                    if let Some(frame) = self.keep_alive() {
                        return Ok(Some(frame));
                    }
                }
                State::Head => match self.take_head(received)? {
                    Some(wanted) => self.state = State::Body(wanted),
                    None => return Ok(None),
                },
                State::Body(wanted) => {
                    self.keep(received, wanted.saturating_sub(self.buffer.len()));
                    if self.buffer.len() < wanted {
                        return Ok(None);
                    }
                    self.state = State::Between(0);
                    return Ok(Some(Frame::Message(self.buffer.split().freeze())));
                }
            }
        }
    }

    /// What one octet between messages means. Line ends before a start line are ignored (RFC 3261 7.5).
    fn between(&self, seen: usize, octet: u8) -> Result<State, DecodeError> {
        let half_line_end = matches!(seen, 1 | 3);
        if PING.get(seen) == Some(&octet) {
            Ok(State::Between(seen.saturating_add(1)))
        } else if is_token_octet(octet) && !half_line_end {
            Ok(State::Head)
        } else {
            Err(DecodeError::invalid(0, if half_line_end { "line end" } else { "start line" }))
        }
    }

    fn keep_alive(&mut self) -> Option<Frame> {
        let frame = match self.state {
            //= RFC5626-pong
            State::Between(seen) if seen == PONG.len() && self.pings > 0 => {
                self.pings = self.pings.saturating_sub(1);
                Frame::Pong
            }
            State::Between(seen) if seen == PING.len() => Frame::Ping,
            _ => return None,
        };
        self.state = State::Between(0);
        Some(frame)
    }

    /// Takes octets up to the empty line; the size of the whole message once it is there.
    fn take_head(&mut self, received: &mut &[u8]) -> Result<Option<usize>, DecodeError> {
        let limit = self.limits.message;
        let end = end_of_head(&self.buffer, received);
        let taken = end.unwrap_or(received.len());
        let len = self.buffer.len().saturating_add(taken);
        if len > limit {
            return Err(DecodeError::too_large(0, "message", limit, len));
        }
        self.keep(received, taken);
        if end.is_some() {
            return self.whole_message().map(Some);
        }
        let start_line = self.buffer.len() > self.limits.start_line.saturating_add(PONG.len());
        if start_line && memmem::find(&self.buffer, PONG).is_none_or(|end| end > self.limits.start_line) {
            let limit = self.limits.start_line;
            return Err(DecodeError::too_large(0, "start line", limit, limit.saturating_add(1)));
        }
        Ok(None)
    }

    /// The size of the message whose start line and header fields are in the buffer.
    fn whole_message(&self) -> Result<usize, DecodeError> {
        let head = self.buffer.len();
        let text = Bytes::copy_from_slice(self.buffer.get(..head.saturating_sub(2)).unwrap_or_default());
        let line = memmem::find(&text, PONG).unwrap_or_default();
        if line > self.limits.start_line {
            return Err(DecodeError::too_large(0, "start line", self.limits.start_line, line));
        }
        let section = Section {
            octets: line.saturating_add(2)..text.len(),
            missing_end: MISSING_END,
            may_end_at_field: true,
            typical_fields: TYPICAL_FIELDS,
        };
        let (headers, _) = section.read(&text, &self.limits)?;
        //= RFC3261-stream-length
        let missing = DecodeError::missing(head, "Content-Length");
        let body = headers.content_length()?.ok_or(missing)?;
        if body > self.limits.body {
            return Err(DecodeError::too_large(head, "body", self.limits.body, body));
        }
        let wanted = head.saturating_add(body);
        if wanted > self.limits.message {
            return Err(DecodeError::too_large(0, "message", self.limits.message, wanted));
        }
        Ok(wanted)
    }

    fn keep(&mut self, received: &mut &[u8], octets: usize) {
        let (taken, rest) = received.split_at_checked(octets).unwrap_or((*received, &[]));
        self.buffer.extend_from_slice(taken);
        *received = rest;
    }
}

/// How many octets of `received` belong to a head that `before` begins, when its end is there: it may lie
/// across both.
fn end_of_head(before: &[u8], received: &[u8]) -> Option<usize> {
    let overlap = PING.len().saturating_sub(1);
    let tail = before.get(before.len().saturating_sub(overlap)..).unwrap_or_default();
    let mut across: Vec<u8> = tail.to_vec();
    across.extend(received.iter().take(overlap));
    let in_both =
        memmem::find(&across, PING).and_then(|at| at.saturating_add(PING.len()).checked_sub(tail.len()));
    in_both.or_else(|| memmem::find(received, PING).map(|at| at.saturating_add(PING.len())))
}

/// What a datagram on a SIP port is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DatagramKind {
    /// Nothing but line ends or zeros, or nothing at all: keeps an address binding alive, is not answered.
    KeepAlive,
    /// A STUN message, the keep-alive of RFC 5626 3.5.2.
    Stun,
    /// A SIP message, or what claims to be one.
    Sip,
}

impl DatagramKind {
    /// Tells by the first octets, without judging whether the rest is sound.
    pub fn of(datagram: &[u8]) -> Self {
        if datagram.iter().all(|octet| matches!(octet, 0 | b'\r' | b'\n')) {
            Self::KeepAlive
        } else if is_stun(datagram) {
            //= RFC5626-stun
            Self::Stun
        } else {
            Self::Sip
        }
    }
}

/// Two zero bits, a length of whole words, and either the magic cookie of RFC 5389 6 or, from its predecessor, one of the
/// few message types it had and a length that is exact. A line end and the octets that a method may begin with have two
/// zero bits too.
fn is_stun(datagram: &[u8]) -> bool {
    const COOKIE: [u8; 4] = [0x21, 0x12, 0xa4, 0x42];
    const HEADER: usize = 20;
    let Some(([class, _, high, low, rest @ ..], body)) =
        datagram.split_at_checked(HEADER).map(|(head, body)| (head, body.len()))
    else {
        return false;
    };
    let length = usize::from(u16::from_be_bytes([*high, *low]));
    let with_cookie = *class < 0x40 && !is_token_octet(*class) && rest.starts_with(&COOKIE);
    let without_cookie = *class < 0x02 && length == body;
    length.is_multiple_of(4) && (with_cookie || without_cookie)
}
