//! Older payloads travel again beside the newest one (RFC 2198): what to add when sending, what to take when receiving.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};
use mcptt_codec::rtp::redundancy::{
    MAX_BLOCK_OCTETS, MAX_TIMESTAMP_OFFSET, RedundantBlock, RedundantPayload,
};

use super::VoicePacket;

/// Payloads that may be repeated behind one another.
const MOST_GENERATIONS: usize = 8;

/// Adds redundancy to the payloads of one stream.
#[derive(Debug)]
pub struct Redundancy {
    generations: usize,
    sent: VecDeque<(u32, u8, Bytes)>,
}

impl Redundancy {
    /// Every payload is repeated so many times, at most 8.
    pub fn new(generations: usize) -> Self {
        Self { generations: generations.min(MOST_GENERATIONS), sent: VecDeque::new() }
    }

    /// The payload that goes out in the place of this one. One that is too old or too long to be repeated is left out.
    //= RFC2198-4
    pub fn payload(&mut self, timestamp: u32, payload_type: u8, payload: &Bytes) -> Option<Bytes> {
        let blocks = self.sent.iter().filter_map(|(stamp, payload_type, data)| {
            let timestamp_offset = u16::try_from(timestamp.wrapping_sub(*stamp)).ok()?;
            let fits = timestamp_offset <= MAX_TIMESTAMP_OFFSET && data.len() <= MAX_BLOCK_OCTETS;
            let (payload_type, data) = (*payload_type, data.clone());
            fits.then_some(RedundantBlock { payload_type, timestamp_offset, data })
        });
        let whole = RedundantPayload {
            redundant: blocks.collect(),
            primary_type: payload_type,
            primary: payload.clone(),
        };
        self.sent.push_back((timestamp, payload_type, payload.clone()));
        while self.sent.len() > self.generations {
            self.sent.pop_front();
        }
        let mut out = BytesMut::with_capacity(whole.encoded_len());
        whole.encode(&mut out).ok().map(|()| out.freeze())
    }
}

/// The packets that a packet with redundancy stands for, oldest first and itself last. `step`: ticks from packet to packet,
/// by which older ones get their numbers; those between two numbers are passed over. `None`: no redundancy in it.
//= RFC2198-4:recover
pub fn recovered(packet: &VoicePacket, step: i64) -> Option<(Vec<VoicePacket>, VoicePacket)> {
    let RedundantPayload { redundant, primary_type, primary } =
        RedundantPayload::decode(&packet.payload).ok()?;
    let step = u16::try_from(step).ok().filter(|step| *step > 0)?;
    let older = redundant.into_iter().filter_map(|block| {
        let RedundantBlock { payload_type, timestamp_offset, data } = block;
        let whole = timestamp_offset > 0 && timestamp_offset % step == 0 && !data.is_empty();
        whole.then(|| VoicePacket {
            sequence: packet.sequence.wrapping_sub(timestamp_offset / step),
            timestamp: packet.timestamp.wrapping_sub(timestamp_offset.into()),
            marker: false,
            payload_type,
            payload: data,
        })
    });
    let older = older.take(MOST_GENERATIONS).collect();
    Some((older, VoicePacket { payload_type: primary_type, payload: primary, ..packet.clone() }))
}
