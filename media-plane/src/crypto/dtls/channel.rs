//! What the library reads from and writes to: datagrams in memory.

use std::collections::VecDeque;
use std::io::{self, Read, Write};

/// Datagrams that the library may write for one that it reads; a flight has three or four.
const MAX_OUTGOING: usize = 32;

/// The datagrams between the library and the owner of an association.
#[derive(Debug, Default)]
pub(super) struct Channel {
    /// The one that has arrived and is not read.
    incoming: Option<Vec<u8>>,
    outgoing: VecDeque<Vec<u8>>,
}

impl Channel {
    pub(super) fn arrived(&mut self, datagram: &[u8]) {
        self.incoming = Some(datagram.to_vec());
    }

    /// What was written since this was asked last.
    pub(super) fn take_written(&mut self) -> Vec<Vec<u8>> {
        self.outgoing.drain(..).collect()
    }
}

impl Read for Channel {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let datagram = self.incoming.take().ok_or(io::ErrorKind::WouldBlock)?;
        let octets = datagram.len().min(into.len());
        into[..octets].copy_from_slice(&datagram[..octets]);
        Ok(octets)
    }
}

impl Write for Channel {
    fn write(&mut self, datagram: &[u8]) -> io::Result<usize> {
        if self.outgoing.len() < MAX_OUTGOING {
            self.outgoing.push_back(datagram.to_vec());
        }
        Ok(datagram.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
