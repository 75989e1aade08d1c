//! The RTP stream that carries a mixture to one listener.

use std::time::Instant;

use bytes::{Bytes, BytesMut};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::{CsrcList, MAX_CONTRIBUTING_SOURCES, RtpHeader};

use super::Mixed;
use crate::audio::Codec;
use crate::receive::SentStream;

/// Sequence and time of one listener's stream. It outlives the mixer: what it has counted must not be used twice.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MixedStream {
    sequence: u16,
    timestamp: u32,
    /// The last frame was sent: otherwise the next one opens a talk spurt.
    talking: bool,
    /// For sender reports.
    pub(crate) sent: SentStream,
}

impl MixedStream {
    /// The packet of a frame.
    //= RFC3550-7.1
    pub(crate) fn packet(
        &mut self,
        now: Instant,
        ssrc: Ssrc,
        payload_type: u8,
        mixed: &Mixed<'_>,
    ) -> Option<Bytes> {
        let named = mixed.sources.len().min(MAX_CONTRIBUTING_SOURCES);
        let header = RtpHeader {
            marker: !std::mem::replace(&mut self.talking, true),
            payload_type,
            sequence: self.sequence,
            timestamp: self.timestamp,
            ssrc,
            csrc: CsrcList::new(&mixed.sources[..named])?,
            ..RtpHeader::default()
        };
        self.sequence = self.sequence.wrapping_add(1);
        self.sent.sent(now, self.timestamp, mixed.payload.len());
        let mut octets = BytesMut::with_capacity(header.encoded_len() + mixed.payload.len());
        header.encode(&mut octets).ok()?;
        octets.extend_from_slice(mixed.payload);
        Some(octets.freeze())
    }

    /// A frame has passed, sent or not.
    pub(crate) fn passed(&mut self, codec: Codec, sent: bool) {
        self.timestamp = self.timestamp.wrapping_add(codec.ticks_per_frame());
        self.talking = sent;
    }
}
