//! An RTP stream of our own.

use bytes::BytesMut;
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::RtpHeader;

/// Expedited forwarding for voice.
pub(super) const DSCP_VOICE: u8 = 46;
/// Class selector 5 for floor control.
pub(super) const DSCP_FLOOR: u8 = 40;

/// Our own RTP stream.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stream {
    ssrc: Ssrc,
    sequence: u16,
    timestamp: u32,
    ticks_per_packet: u32,
    /// The next packet opens a talk spurt (RFC 3551 4.1).
    marker: bool,
}

impl Stream {
    pub(super) const fn new(ssrc: Ssrc, ticks_per_packet: u32) -> Self {
        Self { ssrc, sequence: 0, timestamp: 0, ticks_per_packet, marker: true }
    }

    pub(super) const fn set_ssrc(&mut self, ssrc: Ssrc) {
        self.ssrc = ssrc;
    }

    /// The microphone was opened or shut: a pause is over with the former.
    pub(super) const fn pause_over(&mut self, open: bool) {
        self.marker |= open;
    }

    /// The timestamp of the next packet.
    pub(super) const fn timestamp(&self) -> u32 {
        self.timestamp
    }

    /// The next packet, the SSRC and the timestamp that it carries.
    pub(super) fn packet(&mut self, payload_type: u8, payload: &[u8]) -> Option<(Vec<u8>, Ssrc, u32)> {
        let Self { ssrc, sequence, timestamp, marker, .. } = *self;
        let header = RtpHeader { marker, payload_type, sequence, timestamp, ssrc, ..RtpHeader::default() };
        let mut octets = BytesMut::with_capacity(header.encoded_len() + payload.len());
        header.encode(&mut octets).ok()?;
        octets.extend_from_slice(payload);
        self.sequence = sequence.wrapping_add(1);
        self.timestamp = timestamp.wrapping_add(self.ticks_per_packet);
        self.marker = false;
        Some((octets.into(), ssrc, timestamp))
    }
}
