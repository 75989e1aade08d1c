//! One connection of the tester to a remote target.

use std::io::{ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::sip::{Frame, Framer, Limits};

use super::{Remote, clock};

/// How long the target may take to accept it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How long is waited for octets that may not be there.
const LOOK: Duration = Duration::from_millis(5);

/// A connection and the messages that come over it.
pub(super) struct Connection {
    stream: TcpStream,
    framer: Framer,
}

impl Remote {
    /// Connects; the tester's own end.
    pub(in crate::rig) fn connect(&mut self, target: SocketAddr) -> Option<SocketAddr> {
        let stream = TcpStream::connect_timeout(&target, PATIENCE).ok()?;
        stream.set_nodelay(true).ok()?;
        stream.set_read_timeout(Some(LOOK)).ok()?;
        let local = stream.local_addr().ok()?;
        self.connection = Some(Connection { stream, framer: Framer::new(Limits::default()) });
        Some(local)
    }

    /// Sends octets over the connection.
    pub(in crate::rig) fn write(&mut self, octets: &[u8]) {
        let written = self.connection.as_mut().map(|connection| connection.stream.write_all(octets));
        if let Some(Err(error)) = written {
            self.trouble.get_or_insert_with(|| format!("the connection to the target: {error}"));
        }
        self.leaving = None;
    }

    /// The messages that have come over the connection.
    pub(in crate::rig) fn read(&mut self) -> Vec<(Instant, Bytes)> {
        let mut messages = Vec::new();
        let Some(Connection { stream, framer }) = &mut self.connection else { return messages };
        let mut buffer = [0; 16_384];
        match stream.read(&mut buffer) {
            Ok(length) => {
                let at = clock();
                let mut octets = buffer.get(..length).unwrap_or_default();
                while let Ok(Some(frame)) = framer.take(&mut octets) {
                    if let Frame::Message(message) = frame {
                        messages.push((at, message));
                    }
                }
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
            Err(error) => {
                self.trouble.get_or_insert_with(|| format!("the connection to the target: {error}"));
            }
        }
        messages
    }
}
