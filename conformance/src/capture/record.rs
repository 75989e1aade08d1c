//! Frames as packets of a capture.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;

use super::{Frame, Link, Transport, WriteError, Writer};

/// Writes frames in their order, one packet each: datagrams, and messages of a stream as segments of a connection that was there before.
pub struct Recorder<W> {
    writer: Writer<W>,
    /// The sequence number that comes next, by direction.
    next: HashMap<(SocketAddr, SocketAddr), u32>,
}

impl<W: io::Write> Recorder<W> {
    /// Writes the head of the file.
    ///
    /// # Errors
    /// When the output refuses.
    pub fn new(out: W) -> io::Result<Self> {
        let writer = Writer::new(out, Link::Ethernet, "mcptt-conformance")?;
        Ok(Self { writer, next: HashMap::new() })
    }

    /// Writes a frame with these comments instead of its own.
    ///
    /// # Errors
    /// [`WriteError`] when it cannot be written.
    pub fn frame<S: AsRef<str>>(&mut self, frame: &Frame, comments: &[S]) -> Result<(), WriteError> {
        let Frame { time, source, destination, payload, .. } = frame;
        match frame.transport {
            Transport::Udp => self.writer.datagram(*time, *source, *destination, payload, comments),
            Transport::Tcp => {
                let next = self.next.entry((*source, *destination)).or_insert(1);
                let sequence = *next;
                *next = next.wrapping_add(u32::try_from(payload.len()).unwrap_or(u32::MAX));
                self.writer.segment(*time, *source, *destination, sequence, payload, comments)
            }
        }
    }

    /// Flushes and hands back the output.
    ///
    /// # Errors
    /// When the output refuses.
    pub fn finish(self) -> io::Result<W> {
        self.writer.finish()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::capture::Reader;

    #[test]
    fn what_is_recorded_is_read_frame_by_frame_whatever_carried_it() {
        let at = |port| SocketAddr::from(([10, 0, 0, 1], port));
        let message = "OPTIONS sip:x SIP/2.0\r\nContent-Length: 0\r\n\r\n";
        let frames: Vec<Frame> = [Transport::Tcp, Transport::Udp, Transport::Tcp, Transport::Tcp]
            .into_iter()
            .enumerate()
            .map(|(index, transport)| Frame {
                number: index as u64 + 1,
                time: Duration::from_millis(index as u64),
                source: at(if index == 3 { 2 } else { 1 }),
                destination: at(if index == 3 { 1 } else { 2 }),
                transport,
                payload: message.into(),
                truncated: false,
                comments: vec![format!("comment {index}")],
            })
            .collect();
        let mut recorder = Recorder::new(Vec::new()).unwrap();
        frames.iter().for_each(|frame| recorder.frame(frame, &frame.comments).unwrap());
        let octets = recorder.finish().unwrap();
        let read: Vec<Frame> = Reader::new(octets.as_slice()).unwrap().map(Result::unwrap).collect();
        assert_eq!(read, frames);
    }
}
