//! Messages over connections (RFC 3261 18.3, RFC 5626 3.5.1, RFC 7118).

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::sip::{DatagramKind, Frame, Framer, PONG};

use super::session::Alarm;
use super::{Discard, UaEvent, UserAgent};
use crate::transaction::later;
use crate::transport::{SipPath, StreamCommand, StreamEvent};

/// What is kept of a connection.
#[derive(Debug)]
pub(super) struct Stream {
    framer: Framer,
    /// A message has begun and not ended.
    partial: bool,
}

impl UserAgent {
    /// Takes what becomes of a connection: octets, a frame, its end.
    pub fn handle_stream(&mut self, now: Instant, path: SipPath, event: StreamEvent<'_>) {
        match event {
            StreamEvent::Octets(octets) => self.handle_stream_octets(now, path, octets),
            StreamEvent::Frame(frame) => {
                //= RFC7118-5:frame
                if DatagramKind::of(frame) == DatagramKind::KeepAlive {
                    self.layer.send(path, Bytes::from_static(PONG));
                } else {
                    self.handle_octets(now, path, &Bytes::copy_from_slice(frame));
                }
            }
            StreamEvent::Identified(names) => {
                // What an earlier connection of this path has shown does not count for this one.
                self.peer_names.remove(&path);
                if !names.is_empty() && self.peer_names.len() < self.settings.streams {
                    self.peer_names.insert(path, names.to_vec());
                }
            }
            StreamEvent::Closed => {
                self.peer_names.remove(&path);
                self.deadlines.set(Alarm::Partial(path), None);
                self.streams.remove(&path);
                self.layer.handle_closed(path);
                self.events.push_back(UaEvent::StreamClosed { path });
                self.settle(now);
            }
        }
    }

    /// The names in the certificate that the peer of a connection has shown; none for one that has shown none.
    pub fn peer_names(&self, path: SipPath) -> &[String] {
        self.peer_names.get(&path).map(Vec::as_slice).unwrap_or_default()
    }

    /// The next thing to do with a connection. Drain to `None` after every other call.
    pub fn poll_stream(&mut self) -> Option<StreamCommand> {
        Some(match self.layer.poll_stream()? {
            StreamCommand::Send { path, payload } => {
                let payload = self.sealed(path, payload);
                self.counters.sent(&payload);
                StreamCommand::Send { path, payload }
            }
            other => other,
        })
    }

    fn handle_stream_octets(&mut self, now: Instant, path: SipPath, mut octets: &[u8]) {
        if !self.streams.contains_key(&path) && self.streams.len() >= self.settings.streams {
            self.discard(path, Discard::TooManyStreams);
            self.peer_names.remove(&path);
            return self.layer.close(path);
        }
        let limits = self.settings.limits.message;
        let known = self.streams.remove(&path);
        let Stream { mut framer, partial } =
            known.unwrap_or_else(|| Stream { framer: Framer::new(limits), partial: false });
        // A message that goes on is not given more time by each octet.
        let mut whole = !partial;
        loop {
            match framer.take(&mut octets) {
                Ok(Some(Frame::Message(message))) => {
                    whole = true;
                    self.handle_octets(now, path, &message);
                }
                //= RFC5626-3.5.1:pong
                Ok(Some(Frame::Ping)) => self.layer.send(path, Bytes::from_static(PONG)),
                Ok(Some(Frame::Pong)) => {}
                Ok(None) => {
                    let partial = framer.buffered() > 0;
                    if whole || !partial {
                        let end = partial.then(|| later(now, self.settings.partial_message));
                        self.deadlines.set(Alarm::Partial(path), end);
                    }
                    self.streams.insert(path, Stream { framer, partial });
                    return;
                }
                Err(error) => {
                    self.events.push_back(UaEvent::Undecodable { path, error });
                    return self.abandon_stream(now, path);
                }
            }
        }
    }

    /// Closes a connection that breaks the rules or takes too long.
    pub(super) fn abandon_stream(&mut self, now: Instant, path: SipPath) {
        //= RFC3261-18.3:framing
        self.layer.close(path);
        self.handle_stream(now, path, StreamEvent::Closed);
    }
}
