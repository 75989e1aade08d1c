//! One packet in, one packet out for each receiver.
//!
//! A packet is opened once. Receivers without protection share one buffer; for the others it is closed once for each,
//! in a scratch buffer, and the result is cut from a pool that is used again when its datagrams have been sent.

use bytes::{Bytes, BytesMut};
use mcptt_codec::rtp::{ExtensionForm, FIXED_HEADER_OCTETS};

use crate::crypto::{Protection, ProtectionError};

/// Octets of one block of the pool: a fan-out of more than a thousand voice packets.
const BLOCK: usize = 262_144;

/// Buffers that all calls of a media plane use in turn.
#[derive(Debug)]
pub(crate) struct FanOut {
    opened: Vec<u8>,
    closed: Vec<u8>,
    pool: BytesMut,
}

/// A packet without protection, on its way to receivers.
#[derive(Debug)]
pub(crate) struct Opened {
    /// The packet in a buffer that receivers may share. `None`: it is in the scratch buffer so far.
    shared: Option<Bytes>,
}

/// The stream a packet belongs to, as far as protection is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Protocol {
    Rtp,
    Rtcp,
}

impl FanOut {
    pub(crate) fn new() -> Self {
        Self { opened: Vec::new(), closed: Vec::new(), pool: BytesMut::with_capacity(BLOCK) }
    }

    /// A packet of our own.
    pub(crate) fn own(&mut self, packet: Bytes) -> Opened {
        reclaim(&mut self.pool);
        Opened { shared: Some(packet) }
    }

    /// Takes the protection off a received packet. Only one packet can be open at a time.
    pub(crate) fn open(
        &mut self,
        protection: &mut dyn Protection,
        protocol: Protocol,
        datagram: &[u8],
    ) -> Result<Opened, ProtectionError> {
        reclaim(&mut self.pool);
        self.opened.clear();
        self.opened.extend_from_slice(datagram);
        match protocol {
            Protocol::Rtp => protection.unprotect_rtp(&mut self.opened)?,
            Protocol::Rtcp => protection.unprotect_rtcp(&mut self.opened)?,
        }
        Ok(Opened { shared: None })
    }

    /// The octets of the open packet.
    pub(crate) fn octets<'a>(&'a self, packet: &'a Opened) -> &'a [u8] {
        packet.shared.as_deref().unwrap_or(&self.opened)
    }

    /// The open packet in a buffer of its own.
    pub(crate) fn share(&mut self, packet: &mut Opened) -> Bytes {
        packet.shared.get_or_insert_with(|| cut(&mut self.pool, &self.opened)).clone()
    }

    /// The open packet with elements of a header extension in the two-byte form. `None`: it has an extension already, or
    /// there is nothing to be added.
    //= RFC8285-4.3:sent
    pub(crate) fn extended(&mut self, packet: &Opened, elements: &[Option<(u8, &[u8])>]) -> Option<Opened> {
        const EXTENDED: u8 = 0x10;
        let Self { opened, closed, pool } = self;
        let octets = packet.shared.as_deref().unwrap_or(opened);
        let first = octets.first().filter(|first| **first & EXTENDED == 0)?;
        let (head, rest) = octets.split_at_checked(FIXED_HEADER_OCTETS + 4 * usize::from(first & 0x0f))?;
        let len: usize = elements.iter().flatten().map(|(_, value)| value.len() + 2).sum();
        let words = u16::try_from(len.div_ceil(4)).ok().filter(|words| *words > 0)?;
        closed.clear();
        closed.extend_from_slice(head);
        closed[0] |= EXTENDED;
        closed.extend_from_slice(&ExtensionForm::TwoByte { app_bits: 0 }.profile().to_be_bytes());
        closed.extend_from_slice(&words.to_be_bytes());
        for (id, value) in elements.iter().flatten() {
            closed.extend_from_slice(&[*id, u8::try_from(value.len()).ok()?]);
            closed.extend_from_slice(value);
        }
        closed.resize(head.len() + 4 + 4 * usize::from(words), 0);
        closed.extend_from_slice(rest);
        Some(Opened { shared: Some(cut(pool, closed)) })
    }

    /// The RTP packet for one receiver, under the payload type by which it knows the format. It is changed before it is
    /// protected: a session agrees on one format, and each side states its own number for it. What passes as it is may be
    /// protected from end to end, header and all, and stays so.
    pub(crate) fn close_media(
        &mut self,
        packet: &mut Opened,
        payload_type: Option<u8>,
        protection: &mut dyn Protection,
    ) -> Result<Bytes, ProtectionError> {
        let second = self.octets(packet).get(1).copied().unwrap_or_default();
        //= RFC3264-5.1:payload-types
        let Some(own) = payload_type.filter(|own| *own != second & 0x7f && !protection.is_transparent())
        else {
            return self.close(packet, Protocol::Rtp, protection);
        };
        self.closed.clear();
        self.closed.extend_from_slice(packet.shared.as_deref().unwrap_or(&self.opened));
        if let Some(octet) = self.closed.get_mut(1) {
            *octet = (second & 0x80) | own;
        }
        protection.protect_rtp(&mut self.closed)?;
        Ok(cut(&mut self.pool, &self.closed))
    }

    /// The datagram for one receiver.
    pub(crate) fn close(
        &mut self,
        packet: &mut Opened,
        protocol: Protocol,
        protection: &mut dyn Protection,
    ) -> Result<Bytes, ProtectionError> {
        if protection.is_transparent() {
            return Ok(self.share(packet));
        }
        self.closed.clear();
        self.closed.extend_from_slice(packet.shared.as_deref().unwrap_or(&self.opened));
        match protocol {
            Protocol::Rtp => protection.protect_rtp(&mut self.closed)?,
            Protocol::Rtcp => protection.protect_rtcp(&mut self.closed)?,
        }
        Ok(cut(&mut self.pool, &self.closed))
    }
}

/// Starts at the front of the block again if all datagrams cut from it have been sent: the usual case, because the owner
/// drains the outputs of one packet before it hands in the next.
fn reclaim(pool: &mut BytesMut) {
    // Without effect while a datagram is still held; then the block is used up and another one taken.
    let _ = pool.try_reclaim(BLOCK);
}

/// A datagram cut from the pool.
fn cut(pool: &mut BytesMut, octets: &[u8]) -> Bytes {
    if pool.capacity() < octets.len() {
        pool.reserve(BLOCK.max(octets.len()));
    }
    pool.extend_from_slice(octets);
    pool.split().freeze()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn the_pool_comes_back_to_its_block_when_datagrams_have_been_sent() {
        let mut pool = BytesMut::with_capacity(BLOCK);
        let mut starts = BTreeSet::new();
        for _ in 0..100 {
            reclaim(&mut pool);
            let sent: Vec<_> = (0..1_000).map(|_| cut(&mut pool, &[0x80; 182])).collect();
            starts.extend(sent.iter().map(|datagram| datagram.as_ptr() as usize));
            assert!(sent.iter().all(|datagram| *datagram == [0x80_u8; 182][..]));
        }
        assert_eq!(starts.len(), 1_000);
    }

    #[test]
    fn what_is_held_is_not_overwritten() {
        let mut pool = BytesMut::with_capacity(BLOCK);
        let held: Vec<_> = (0..=255_u8)
            .map(|octet| {
                reclaim(&mut pool);
                cut(&mut pool, &[octet; 2_000])
            })
            .collect();
        assert!(held.iter().zip(0..=255_u8).all(|(datagram, octet)| *datagram == [octet; 2_000][..]));
    }

    #[test]
    fn a_datagram_longer_than_a_block_is_cut_as_well() {
        let mut pool = BytesMut::with_capacity(BLOCK);
        let long = vec![1_u8; BLOCK + 1];
        assert_eq!(cut(&mut pool, &long), long);
    }
}
