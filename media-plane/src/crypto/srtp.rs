//! SRTP and SRTCP of one leg (RFC 3711, RFC 7714).

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use mcptt_codec::sdp::{Crypto, InlineKey, Lifetime};
use subtle::ConstantTimeEq as _;

use super::gcm::TAG;
use super::keys::{Keys, Labels, Master, Place};
use super::mki::Mki;
use super::transform::Transform;
use super::window::Window;
use super::{MediaProtection, Protection, ProtectionError};

/// Octets of the fixed RTP header (RFC 3550 5.1), of one contributing source and of what begins an extension.
const RTP_HEADER: usize = 12;
const SOURCE: usize = 4;
const EXTENSION_HEADER: usize = 4;
/// Octets of an RTCP packet that stay readable (RFC 3711 3.4), and of the index behind the rest.
const RTCP_HEADER: usize = 8;
const RTCP_INDEX: usize = 4;
/// The bit before the index that says that the packet is encrypted.
const ENCRYPTED: u32 = 1 << 31;
/// Packets of one source under one master key (RFC 3711 9.2).
const MOST_RTP: u64 = 1 << 48;
const MOST_RTCP: u64 = 1 << 31;

/// The cryptographic context of one leg: one key for each direction, a stream for every SSRC.
///
/// The other end may have several keys, told apart by what its packets say (RFC 4568 6.1): it goes from one to the next without
/// a packet being lost.
///
/// A stream is created when an SSRC is met for the first time, and when receiving only after the packet was authentic.
/// None is ever removed: doing so would forget the packet index and use the key stream twice.
pub struct Srtp {
    outbound: Direction,
    inbound: Direction,
    /// Further keys of the other end.
    further: Vec<Direction>,
}

impl Srtp {
    /// A context from the keys offer and answer have agreed on.
    pub fn new(keys: &MediaProtection) -> Result<Self, ProtectionError> {
        let transform = Transform::of(&keys.receive)?;
        let further = keys.receive.further_keys.iter().map(|key| Direction::under(transform, key));
        Ok(Self {
            outbound: Direction::new(&keys.send)?,
            inbound: Direction::new(&keys.receive)?,
            further: further.collect::<Result<_, _>>()?,
        })
    }

    /// A context under a key that several legs share: what they send is counted together, so that no two of their packets have
    /// the same index, whatever their SSRCs.
    pub(super) fn sharing(keys: &MediaProtection, sent: Arc<AtomicU32>) -> Result<Self, ProtectionError> {
        let mut context = Self::new(keys)?;
        context.outbound.shared = Some(sent);
        Ok(context)
    }

    /// What opens a packet, from which the identifier of its key is taken: one of the further keys, or the first one.
    fn named(&self, packet: &mut Vec<u8>, behind: usize) -> Result<Option<usize>, ProtectionError> {
        let mki = self.inbound.mki;
        if mki.is_empty() {
            return Ok(None);
        }
        //= RFC3711-3.2.3
        let named = mki.take(packet, behind)?;
        if named == mki {
            return Ok(None);
        }
        let further = self.further.iter().position(|direction| direction.mki == named);
        further.map(Some).ok_or(ProtectionError::UnknownKey)
    }

    fn opening(&mut self, packet: &mut Vec<u8>, behind: usize) -> Result<&mut Direction, ProtectionError> {
        match self.named(packet, behind)? {
            None => Ok(&mut self.inbound),
            Some(further) => self.further.get_mut(further).ok_or(ProtectionError::UnknownKey),
        }
    }

    /// Whether a packet can be opened, in memory of its own.
    fn recognises(
        &self,
        packet: &[u8],
        behind: usize,
        open: impl Fn(&Direction, &mut Vec<u8>) -> Result<Stream, ProtectionError>,
    ) -> bool {
        let mut packet = packet.to_vec();
        let direction = self.named(&mut packet, behind).ok().and_then(|named| match named {
            None => Some(&self.inbound),
            Some(further) => self.further.get(further),
        });
        direction.is_some_and(|direction| open(direction, &mut packet).is_ok())
    }
}

impl Protection for Srtp {
    fn is_transparent(&self) -> bool {
        false
    }

    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        self.outbound.protect_rtp(packet)?;
        self.outbound.mki.put(packet, self.outbound.transform.rtp_octets_behind_mki());
        Ok(())
    }

    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        let behind = self.inbound.transform.rtp_octets_behind_mki();
        self.opening(packet, behind)?.unprotect_rtp(packet)
    }

    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        self.outbound.protect_rtcp(packet)?;
        self.outbound.mki.put(packet, self.outbound.transform.rtcp_octets_behind_mki());
        Ok(())
    }

    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        let behind = self.inbound.transform.rtcp_octets_behind_mki();
        self.opening(packet, behind)?.unprotect_rtcp(packet)
    }

    fn recognises_rtp(&self, packet: &[u8]) -> bool {
        self.recognises(packet, self.inbound.transform.rtp_octets_behind_mki(), Direction::open_rtp)
    }

    fn recognises_rtcp(&self, packet: &[u8]) -> bool {
        self.recognises(packet, self.inbound.transform.rtcp_octets_behind_mki(), Direction::open_rtcp)
    }
}

impl fmt::Debug for Srtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Srtp")
    }
}

/// What one end protects with and the other opens with. What RTP needs lies together, in this order: with thousands of legs
/// it is the way to memory that a packet costs.
#[repr(C)]
struct Direction {
    transform: Transform,
    streams: Streams,
    rtp: Keys,
    /// What is said about the key in every packet.
    mki: Mki,
    /// Packets that the key may still protect or open.
    left: u64,
    /// SRTCP packets sent under the key, where several contexts use it.
    shared: Option<Arc<AtomicU32>>,
    rtcp: Keys,
}

impl Direction {
    fn new(keys: &Crypto) -> Result<Self, ProtectionError> {
        Self::under(Transform::of(keys)?, &keys.key)
    }

    fn under(transform: Transform, key: &InlineKey) -> Result<Self, ProtectionError> {
        let octets = key.key_salt.as_bytes();
        if octets.len() != transform.key_salt_octets() {
            return Err(ProtectionError::KeyLength);
        }
        let master = Master::new(octets)?;
        Ok(Self {
            transform,
            rtp: Keys::derive(transform, &master, Labels::Rtp),
            rtcp: Keys::derive(transform, &master, Labels::Rtcp),
            streams: Streams::default(),
            mki: Mki::of(key)?,
            //= RFC4568-6.1:lifetime
            left: match key.lifetime {
                None => MOST_RTP,
                Some(Lifetime::PowerOfTwo(exponent)) => {
                    1_u64.checked_shl(exponent.into()).unwrap_or(MOST_RTP)
                }
                Some(Lifetime::Packets(packets)) => packets,
            }
            .min(MOST_RTP),
            shared: None,
        })
    }

    /// One packet more under the key.
    //= RFC3711-9.2
    fn use_up(&mut self) -> Result<(), ProtectionError> {
        self.left = self.left.checked_sub(1).ok_or(ProtectionError::KeyExpired)?;
        Ok(())
    }

    fn protect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        let header = RtpHeader::read(packet)?;
        let window = &mut self.streams.of(header.ssrc).rtp;
        let place = header.place(window)?;
        // Two packets of one index would share a key stream.
        window.check(place.index)?;
        window.mark(place.index);
        self.use_up()?;
        match &self.rtp {
            Keys::CounterMode(keys) => {
                keys.apply(place, &mut packet[header.octets..]);
                let tag = keys.tag(packet, &place.rollover_counter().to_be_bytes());
                packet.extend_from_slice(&tag[..self.transform.rtp_tag_octets()]);
            }
            Keys::Gcm(keys) => {
                let (clear, payload) = packet.split_at_mut(header.octets);
                let tag = keys.seal(place, clear, payload)?;
                packet.extend_from_slice(&tag);
            }
        }
        Ok(())
    }

    fn unprotect_rtp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        let opened = self.open_rtp(packet)?;
        self.streams.of(opened.ssrc).rtp = opened.rtp;
        self.use_up()
    }

    /// Opens a packet; the stream as it is then.
    fn open_rtp(&self, packet: &mut Vec<u8>) -> Result<Stream, ProtectionError> {
        let header = RtpHeader::read(packet)?;
        let end = packet.len().checked_sub(self.transform.rtp_tag_octets());
        let end = end.filter(|end| *end >= header.octets).ok_or(ProtectionError::Malformed)?;
        let mut stream = self.streams.get(header.ssrc);
        let place = header.place(&stream.rtp)?;
        stream.rtp.check(place.index)?;
        let (sealed, tag) = packet.split_at_mut(end);
        match &self.rtp {
            Keys::CounterMode(keys) => {
                let expected = keys.tag(sealed, &place.rollover_counter().to_be_bytes());
                compare(tag, &expected)?;
                keys.apply(place, &mut sealed[header.octets..]);
            }
            Keys::Gcm(keys) => {
                let tag = tag.first_chunk::<TAG>().ok_or(ProtectionError::Malformed)?;
                let (clear, payload) = sealed.split_at_mut(header.octets);
                keys.open(place, clear, payload, tag)?;
            }
        }
        packet.truncate(end);
        stream.rtp.mark(place.index);
        Ok(stream)
    }

    //= RFC3711-3.4
    fn protect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        let ssrc = rtcp_sender(packet)?;
        self.use_up()?;
        let window = &mut self.streams.of(ssrc).rtcp;
        let index = match &self.shared {
            None => window.newest() + 1,
            Some(sent) => next_shared(sent)?,
        };
        if index >= MOST_RTCP {
            return Err(ProtectionError::KeyExpired);
        }
        window.mark(index);
        let place = Place { ssrc, index };
        // The index is below the bit before it.
        let marked = (index as u32 | ENCRYPTED).to_be_bytes();
        match &self.rtcp {
            Keys::CounterMode(keys) => {
                keys.apply(place, &mut packet[RTCP_HEADER..]);
                packet.extend_from_slice(&marked);
                let tag = keys.tag(packet, &[]);
                packet.extend_from_slice(&tag[..self.transform.rtcp_tag_octets()]);
            }
            Keys::Gcm(keys) => {
                let (clear, rest) = packet.split_at_mut(RTCP_HEADER);
                let tag = keys.seal(place, &rtcp_associated(clear, marked), rest)?;
                packet.extend_from_slice(&tag);
                packet.extend_from_slice(&marked);
            }
        }
        Ok(())
    }

    fn unprotect_rtcp(&mut self, packet: &mut Vec<u8>) -> Result<(), ProtectionError> {
        let opened = self.open_rtcp(packet)?;
        self.streams.of(opened.ssrc).rtcp = opened.rtcp;
        self.use_up()
    }

    /// Opens a packet; the stream as it is then.
    fn open_rtcp(&self, packet: &mut Vec<u8>) -> Result<Stream, ProtectionError> {
        let ssrc = rtcp_sender(packet)?;
        let tag_octets = self.transform.rtcp_tag_octets();
        let end = packet.len().checked_sub(RTCP_INDEX + tag_octets);
        let end = end.filter(|end| *end >= RTCP_HEADER).ok_or(ProtectionError::Malformed)?;
        let index_at = match &self.rtcp {
            Keys::CounterMode(_) => end,
            Keys::Gcm(_) => end + tag_octets,
        };
        let marked = packet[index_at..].first_chunk().copied().ok_or(ProtectionError::Malformed)?;
        let word = u32::from_be_bytes(marked);
        // Whoever has keys encrypts; taking anything else would let its content be seen.
        if word & ENCRYPTED == 0 {
            return Err(ProtectionError::Malformed);
        }
        let place = Place { ssrc, index: u64::from(word & !ENCRYPTED) };
        let mut stream = self.streams.get(ssrc);
        stream.rtcp.check(place.index)?;
        match &self.rtcp {
            Keys::CounterMode(keys) => {
                let (sealed, tag) = packet.split_at_mut(end + RTCP_INDEX);
                compare(tag, &keys.tag(sealed, &[]))?;
                keys.apply(place, &mut sealed[RTCP_HEADER..end]);
            }
            Keys::Gcm(keys) => {
                let (sealed, tag) = packet.split_at_mut(end);
                let tag = tag.first_chunk::<TAG>().ok_or(ProtectionError::Malformed)?;
                let (clear, rest) = sealed.split_at_mut(RTCP_HEADER);
                keys.open(place, &rtcp_associated(clear, marked), rest, tag)?;
            }
        }
        packet.truncate(end);
        stream.rtcp.mark(place.index);
        Ok(stream)
    }
}

/// The next index of all that are sent under one key.
fn next_shared(sent: &AtomicU32) -> Result<u64, ProtectionError> {
    let more = |sent: u32| sent.checked_add(1).filter(|next| u64::from(*next) < MOST_RTCP);
    let before = sent.fetch_update(Ordering::Relaxed, Ordering::Relaxed, more);
    before.map(|before| u64::from(before) + 1).map_err(|_| ProtectionError::KeyExpired)
}

/// Whether a tag is the beginning of what it should be, in the same time wherever they differ.
fn compare(tag: &[u8], expected: &[u8]) -> Result<(), ProtectionError> {
    let fits = expected.get(..tag.len()).is_some_and(|expected| expected.ct_eq(tag).into());
    if fits { Ok(()) } else { Err(ProtectionError::Authentication) }
}

/// What an SRTCP packet in Galois/counter mode authenticates beside what it encrypts (RFC 7714 9.2).
fn rtcp_associated(clear: &[u8], marked: [u8; RTCP_INDEX]) -> [u8; RTCP_HEADER + RTCP_INDEX] {
    let mut associated = [0; RTCP_HEADER + RTCP_INDEX];
    associated[..RTCP_HEADER].copy_from_slice(&clear[..RTCP_HEADER]);
    associated[RTCP_HEADER..].copy_from_slice(&marked);
    associated
}

/// What protection needs of an RTP header.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct RtpHeader {
    sequence: u16,
    ssrc: u32,
    /// All that stays readable, with contributing sources and extension.
    octets: usize,
}

impl RtpHeader {
    fn read(packet: &[u8]) -> Result<Self, ProtectionError> {
        let fixed = packet.first_chunk::<RTP_HEADER>().ok_or(ProtectionError::Malformed)?;
        let [first, _, s0, s1, _, _, _, _, c0, c1, c2, c3] = *fixed;
        let mut octets = RTP_HEADER + SOURCE * usize::from(first & 0x0f);
        if first & 0x10 != 0 {
            let extension = packet.get(octets..).and_then(<[u8]>::first_chunk::<EXTENSION_HEADER>);
            let [.., l0, l1] = *extension.ok_or(ProtectionError::Malformed)?;
            octets += EXTENSION_HEADER + 4 * usize::from(u16::from_be_bytes([l0, l1]));
        }
        if packet.len() < octets {
            return Err(ProtectionError::Malformed);
        }
        Ok(Self {
            sequence: u16::from_be_bytes([s0, s1]),
            ssrc: u32::from_be_bytes([c0, c1, c2, c3]),
            octets,
        })
    }

    /// Which packet of its source it is.
    fn place(&self, window: &Window) -> Result<Place, ProtectionError> {
        let index = window.index(self.sequence);
        if index >= MOST_RTP {
            return Err(ProtectionError::KeyExpired);
        }
        Ok(Place { ssrc: self.ssrc, index })
    }
}

/// The sender of an RTCP packet.
fn rtcp_sender(packet: &[u8]) -> Result<u32, ProtectionError> {
    match packet.first_chunk::<RTCP_HEADER>() {
        Some([_, _, _, _, ssrc @ ..]) => Ok(u32::from_be_bytes(*ssrc)),
        None => Err(ProtectionError::Malformed),
    }
}

/// Where the packets of one SSRC are.
#[derive(Clone, Copy, Debug, Default)]
struct Stream {
    ssrc: u32,
    rtp: Window,
    rtcp: Window,
}

/// The streams of one direction.
#[derive(Default)]
struct Streams {
    /// The one asked for last, which most likely is asked for next: beside the keys, where a fan-out finds it without a
    /// look into other memory for each of its listeners.
    current: Stream,
    /// Where it belongs.
    at: usize,
    /// All of them, by ascending SSRC; the current one as it was when it became so.
    all: Vec<Stream>,
}

impl Streams {
    /// The stream of an SSRC, which is created if there is none.
    fn of(&mut self, ssrc: u32) -> &mut Stream {
        if self.current.ssrc != ssrc || self.all.is_empty() {
            if let Some(place) = self.all.get_mut(self.at) {
                *place = self.current;
            }
            self.at = self.all.binary_search_by_key(&ssrc, |stream| stream.ssrc).unwrap_or_else(|place| {
                self.all.insert(place, Stream { ssrc, ..Stream::default() });
                place
            });
            self.current = self.all[self.at];
        }
        &mut self.current
    }

    /// The stream of an SSRC, or what it would be.
    fn get(&self, ssrc: u32) -> Stream {
        if self.current.ssrc == ssrc && !self.all.is_empty() {
            return self.current;
        }
        let place = self.all.binary_search_by_key(&ssrc, |stream| stream.ssrc);
        place.map_or(Stream { ssrc, ..Stream::default() }, |place| self.all[place])
    }
}
