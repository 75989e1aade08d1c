//! Packets that can replace lost ones (RFC 5109, RFC 8627): made from every few packets when sending, used when receiving.

use std::collections::{BTreeMap, VecDeque};

use bytes::{Bytes, BytesMut};
use mcptt_codec::id::Ssrc;
use mcptt_codec::rtp::fec::{FlexFec, FlexMask, FlexProtection, ProtectionLevel, Recovery, UlpFec};

/// Packets that one repair packet may protect: what its mask can say, and what anybody would wait for.
const MOST_PROTECTED: u8 = 15;
/// Packets that are kept to repair others with.
const KEPT: usize = 64;
/// Repair packets that wait for more packets to come.
const PENDING: usize = 16;

/// How repair packets are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParityForm {
    /// Uneven level protection with one level (RFC 5109).
    Ulp,
    /// Flexible masks (RFC 8627); the repair packet has the protected source as its contributing source.
    Flexible,
}

/// Makes a repair packet of every few packets of one stream.
#[derive(Debug)]
pub struct Parity {
    form: ParityForm,
    every: u8,
    protected: Recovery,
    base: u16,
    count: u8,
}

impl Parity {
    /// One repair packet for `every` packets, 1 to 15.
    pub fn new(form: ParityForm, every: u8) -> Self {
        let every = every.clamp(1, MOST_PROTECTED);
        Self { form, every, protected: Recovery::default(), base: 0, count: 0 }
    }

    /// A whole RTP packet was sent. Gives back the payload of the repair packet that is due, if one is.
    //= RFC5109-8.1
    //= RFC8627-6.2
    pub fn sent(&mut self, sequence: u16, packet: &[u8]) -> Option<Bytes> {
        if self.count == 0 {
            self.base = sequence;
        }
        if sequence != self.base.wrapping_add(self.count.into()) || !self.protected.add(packet) {
            // Numbers that do not follow each other are not protected together.
            self.protected = Recovery::default();
            (self.base, self.count) = (sequence, 0);
            if !self.protected.add(packet) {
                return None;
            }
        }
        self.count = self.count.saturating_add(1);
        if self.count < self.every {
            return None;
        }
        let protected = std::mem::take(&mut self.protected);
        let (count, base) = (std::mem::take(&mut self.count), self.base);
        let payload = Bytes::copy_from_slice(protected.payload());
        let mut out = BytesMut::new();
        match self.form {
            ParityForm::Ulp => {
                // The highest of 16 bits is the base.
                let mask = u64::from(!(u16::MAX.checked_shr(count.into()).unwrap_or_default()));
                let level = ProtectionLevel { mask, payload };
                let fec = UlpFec {
                    recovery: protected.header(),
                    sequence_base: base,
                    levels: vec![level],
                    ..UlpFec::default()
                };
                fec.encode(&mut out).ok()?;
            }
            ParityForm::Flexible => {
                let positions: Vec<u8> = (0..count).collect();
                let which = FlexMask::new(&positions)?;
                let streams = vec![FlexProtection { sequence_base: base, which }];
                FlexFec::Flexible { recovery: protected.header(), streams, payload }.encode(&mut out).ok()?;
            }
        }
        Some(out.freeze())
    }
}

/// Repairs one stream: keeps what has come lately and the repair packets that may still be of use.
#[derive(Debug, Default)]
pub struct Repair {
    /// Whole packets by number, and the order in which they came.
    kept: BTreeMap<u16, Bytes>,
    order: VecDeque<u16>,
    pending: VecDeque<Pending>,
}

#[derive(Debug)]
struct Pending {
    protected: Recovery,
    sequences: Vec<u16>,
}

impl Repair {
    /// A whole RTP packet of the stream has come. Gives back the packets that can be restored now.
    pub fn packet(&mut self, sequence: u16, packet: &Bytes, ssrc: Ssrc) -> Vec<Bytes> {
        self.keep(sequence, packet.clone());
        self.restore(ssrc)
    }

    /// A repair packet of RFC 5109 has come: its payload. Gives back the packets that can be restored now.
    pub fn ulp(&mut self, payload: &Bytes, ssrc: Ssrc) -> Vec<Bytes> {
        let Ok(fec) = UlpFec::decode(payload) else { return Vec::new() };
        // Only the first level holds the headers; further ones would restore the end of longer packets only.
        let Some(level) = fec.levels.first() else { return Vec::new() };
        let sequences = fec.protected(level).collect();
        self.wait(Recovery::of(fec.recovery, &level.payload), sequences);
        self.restore(ssrc)
    }

    /// A repair packet of RFC 8627 has come: its payload, its number of contributing sources, and which of them is this
    /// stream. Repair of several streams by one packet is not used here.
    pub fn flexible(&mut self, payload: &Bytes, sources: usize, ssrc: Ssrc) -> Vec<Bytes> {
        let (recovery, sequences, octets) = match FlexFec::decode(payload, sources) {
            Ok(FlexFec::Flexible { recovery, streams, payload }) if streams.len() == 1 => {
                (recovery, streams.iter().flat_map(FlexProtection::<FlexMask>::protected).collect(), payload)
            }
            Ok(FlexFec::Fixed { recovery, streams, payload }) if streams.len() == 1 => {
                (recovery, streams.iter().flat_map(FlexProtection::<(u8, u8)>::protected).collect(), payload)
            }
            _ => return Vec::new(),
        };
        self.wait(Recovery::of(recovery, &octets), sequences);
        self.restore(ssrc)
    }

    fn keep(&mut self, sequence: u16, packet: Bytes) {
        if self.kept.insert(sequence, packet).is_none() {
            self.order.push_back(sequence);
        }
        while self.order.len() > KEPT {
            if let Some(oldest) = self.order.pop_front() {
                self.kept.remove(&oldest);
            }
        }
    }

    fn wait(&mut self, protected: Recovery, sequences: Vec<u16>) {
        if sequences.len() <= KEPT {
            self.pending.push_back(Pending { protected, sequences });
        }
        while self.pending.len() > PENDING {
            self.pending.pop_front();
        }
    }

    /// Restores what misses one packet, and what that makes possible.
    //= RFC5109-8.2
    //= RFC8627-6.3
    fn restore(&mut self, ssrc: Ssrc) -> Vec<Bytes> {
        let mut restored = Vec::new();
        let mut at = 0;
        while let Some(pending) = self.pending.get(at) {
            let mut missing = pending.sequences.iter().filter(|number| !self.kept.contains_key(number));
            match (missing.next(), missing.next()) {
                // Of no use any more.
                (None, _) => {
                    self.pending.remove(at);
                }
                (Some(&sequence), None) => {
                    let Some(Pending { mut protected, sequences }) = self.pending.remove(at) else { break };
                    for number in sequences.iter().filter(|number| **number != sequence) {
                        self.kept.get(number).map(|packet| protected.add(packet));
                    }
                    if let Some(packet) = protected.packet(sequence, ssrc) {
                        self.keep(sequence, packet.clone());
                        restored.push(packet);
                        // Others may be complete but for one now.
                        at = 0;
                    }
                }
                _ => at += 1,
            }
        }
        restored
    }
}
