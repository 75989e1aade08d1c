//! RTP packets as they have come, in the format of `rtpdump`, which Wireshark and others read: for encodings that have no file
//! format here, and for what only the users can open.

use std::io::{self, BufWriter, Write};

use mcptt_codec::rtp::RtpPacket;

use super::Format;
use crate::driver::recording::medium::Target;

/// What precedes each packet: its length with this, the length of the packet, milliseconds since the beginning.
const ENTRY: usize = 8;

/// A file that is being written.
pub(super) struct Packets {
    target: BufWriter<Box<dyn Target>>,
}

impl Packets {
    pub fn new(target: Box<dyn Target>, begun: u64) -> io::Result<Self> {
        let mut target = BufWriter::new(target);
        // Where it has come from is in the index; the file has no place for an identity.
        target.write_all(b"#!rtpplay1.0 0.0.0.0/0\n")?;
        let second = |milliseconds: u64| u32::try_from(milliseconds / 1_000).unwrap_or(u32::MAX);
        let micros = u32::try_from(begun % 1_000 * 1_000).unwrap_or_default();
        target.write_all(&second(begun).to_be_bytes())?;
        target.write_all(&micros.to_be_bytes())?;
        // Address, port and padding.
        target.write_all(&[0; 8])?;
        Ok(Self { target })
    }
}

impl Format for Packets {
    fn take(&mut self, _packet: &RtpPacket) -> io::Result<()> {
        Ok(())
    }

    fn take_raw(&mut self, milliseconds: u64, octets: &[u8]) -> io::Result<()> {
        let too_long = |_| io::Error::from(io::ErrorKind::InvalidInput);
        let length = u16::try_from(octets.len()).map_err(too_long)?;
        let whole = u16::try_from(octets.len().saturating_add(ENTRY)).map_err(too_long)?;
        self.target.write_all(&whole.to_be_bytes())?;
        self.target.write_all(&length.to_be_bytes())?;
        self.target.write_all(&u32::try_from(milliseconds).unwrap_or(u32::MAX).to_be_bytes())?;
        self.target.write_all(octets)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.target.flush()
    }

    fn finish(mut self: Box<Self>) -> io::Result<()> {
        self.target.flush()
    }
}
