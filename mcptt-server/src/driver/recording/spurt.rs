//! One talk spurt on its way into its file: packets in order, duplicates left out, what is missing counted.

use std::collections::BTreeMap;
use std::io;
use std::path::PathBuf;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::rtp::RtpPacket;
use serde_json::{Map, Value};

use super::format::{Format, Kind};
use super::medium::Opened;

/// Packets that may wait for one that was overtaken: a fifth of a second.
const DEPTH: usize = 10;

/// A step of the sequence number beyond this is a source that has begun anew.
const DROPOUT: u16 = 3_000;

/// A recording that is open.
pub(super) struct Spurt {
    /// Its file, from the folder of recordings on.
    pub file: PathBuf,
    /// What the index is going to say of it.
    pub about: Map<String, Value>,
    /// When it began, and when the last packet came, in milliseconds since 1970.
    pub begun: u64,
    pub last: u64,
    /// The same by the clock that is never set.
    pub touched: Instant,
    /// Packets that have come.
    pub packets: u64,
    kind: Kind,
    format: Box<dyn Format>,
    sync: Box<dyn FnMut() -> io::Result<()> + Send>,
    order: Order,
    dirty: bool,
}

impl Spurt {
    pub fn begin(
        (file, opened): (PathBuf, Opened),
        kind: Kind,
        spurt: &crate::node::AboutSpurt,
        about: Map<String, Value>,
        now: Instant,
    ) -> io::Result<Self> {
        // The number only has to differ from those of other streams in the same file, of which there are none.
        let serial = u32::try_from(spurt.at & u64::from(u32::MAX)).unwrap_or_default();
        Ok(Self {
            file,
            about,
            begun: spurt.at,
            last: spurt.at,
            touched: now,
            packets: 0,
            kind,
            format: kind.begin(opened.target, serial, spurt)?,
            sync: opened.sync,
            order: Order::default(),
            dirty: true,
        })
    }

    /// Takes a packet; what cannot be read as RTP is not one of the talker's codec and is left out.
    pub fn take(&mut self, at: u64, now: Instant, octets: &Bytes) -> io::Result<()> {
        let Ok(packet) = RtpPacket::decode(octets) else { return Ok(()) };
        (self.last, self.touched, self.dirty) = (at.max(self.last), now, true);
        self.packets = self.packets.saturating_add(1);
        if self.kind.is_raw() {
            self.format.take_raw(at.saturating_sub(self.begun), octets)?;
        }
        self.order.put(packet);
        while let Some(packet) = self.order.next(false) {
            self.format.take(&packet)?;
        }
        Ok(())
    }

    /// Makes what there is survive the loss of power.
    pub fn sync(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.dirty) {
            self.format.flush()?;
            (self.sync)()?;
        }
        Ok(())
    }

    /// Completes the file; returns what remains to be said of it, and how many packets are missing.
    pub fn finish(mut self) -> io::Result<(Map<String, Value>, u64)> {
        while let Some(packet) = self.order.next(true) {
            self.format.take(&packet)?;
        }
        let Self { format, mut sync, about, order, .. } = self;
        format.finish()?;
        sync()?;
        Ok((about, order.lost))
    }
}

/// Packets in the order of their numbers.
#[derive(Debug, Default)]
struct Order {
    /// The number that comes next, extended beyond its 16 bits.
    next: Option<u64>,
    waiting: BTreeMap<u64, RtpPacket>,
    /// Packets before that which are given up. They stay in their place.
    anew: Vec<RtpPacket>,
    lost: u64,
}

impl Order {
    fn put(&mut self, packet: RtpPacket) {
        let sequence = packet.header.sequence;
        let next = self.next.unwrap_or(u64::from(sequence) | 1 << 16);
        let expected = u16::try_from(next & u64::from(u16::MAX)).unwrap_or_default();
        let (ahead, behind) = (sequence.wrapping_sub(expected), expected.wrapping_sub(sequence));
        self.next = Some(next);
        if ahead <= DROPOUT {
            self.waiting.insert(next.saturating_add(ahead.into()), packet);
        } else if behind > DROPOUT {
            // What waits belongs to what was before.
            self.anew.extend(std::mem::take(&mut self.waiting).into_values());
            let begun = u64::from(sequence) | 1 << 16;
            self.next = Some(begun);
            self.waiting.insert(begun, packet);
        }
        // Otherwise it is too late, or has come before.
    }

    /// The next packet; `all`: nothing more comes.
    fn next(&mut self, all: bool) -> Option<RtpPacket> {
        if !self.anew.is_empty() {
            return Some(self.anew.remove(0));
        }
        let (first, next) = (*self.waiting.first_key_value()?.0, self.next?);
        if first > next && !all && self.waiting.len() <= DEPTH {
            return None;
        }
        self.lost = self.lost.saturating_add(first.saturating_sub(next));
        self.next = Some(first.saturating_add(1));
        self.waiting.pop_first().map(|(_, packet)| packet)
    }
}

#[cfg(test)]
mod tests {
    use mcptt_codec::rtp::RtpHeader;

    use super::*;

    fn ordered(numbers: &[u16]) -> (Vec<u16>, u64) {
        let (mut order, mut out) = (Order::default(), Vec::new());
        for number in numbers {
            order.put(RtpPacket {
                header: RtpHeader { sequence: *number, ..RtpHeader::default() },
                ..RtpPacket::default()
            });
            out.extend(std::iter::from_fn(|| order.next(false)).map(|packet| packet.header.sequence));
        }
        out.extend(std::iter::from_fn(|| order.next(true)).map(|packet| packet.header.sequence));
        (out, order.lost)
    }

    #[test]
    fn packets_come_out_once_and_in_order() {
        assert_eq!(ordered(&[65_534, 0, 65_535, 1]), (vec![65_534, 65_535, 0, 1], 0));
        assert_eq!(ordered(&[5, 5, 4, 6, 6]), (vec![5, 6], 0));
        assert_eq!(ordered(&[1, 3, 4]), (vec![1, 3, 4], 1));
        let late: Vec<u16> = [1].into_iter().chain(3..=13).chain([2]).collect();
        assert_eq!(ordered(&late), ([1].into_iter().chain(3..=13).collect(), 1));
        assert_eq!(ordered(&[1, 3, 40_000, 40_001]), (vec![1, 3, 40_000, 40_001], 0));
    }
}
