//! What was protected, in the clear: the keys that stood in session descriptions, and a twin of the capture without SRTP.
//!
//! Only keys that crossed the wire in SDP (RFC 4568) are known here. What is protected by a handshake or by keys of the client stays as
//! it is.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use bytes::Bytes;
use mcptt_codec::sdp::{Crypto, SessionDescription};
use mcptt_codec::sip::{Limits, SipMessage};
use mcptt_codec::xml::mime;
use media_plane::crypto::{Protection, Srtp};
use media_plane::signalling::MediaProtection;

use crate::capture::Frame;

/// Keys of one capture that are tried at most; nothing honest has so many.
const MOST_KEYS: usize = 4096;
/// What stands before a key in a session description.
const INLINE: &[u8] = b"inline:";

/// Keys, and the capture in the clear.
#[derive(Debug, Default)]
pub(super) struct Clear {
    /// One line for each key: who protects with it, the suite, the key, the frame that told it.
    pub(super) keys: String,
    /// The same packets without protection; empty when nothing was protected that could be opened.
    pub(super) frames: Vec<Frame>,
}

/// A key and what was opened with it so far.
struct Key {
    crypto: Crypto,
    protection: Srtp,
}

impl Clear {
    pub(super) fn of(frames: &[Frame]) -> Self {
        let mut clear = Self::default();
        let mut known: BTreeMap<SocketAddr, Vec<Key>> = BTreeMap::new();
        let mut twin = Vec::with_capacity(frames.len());
        let (mut count, mut opened) = (0, 0_usize);
        for frame in frames {
            for (address, crypto) in told(&frame.payload) {
                let keys = known.entry(address).or_default();
                if count >= MOST_KEYS || keys.iter().any(|key| key.crypto == crypto) {
                    continue;
                }
                let both = MediaProtection { send: crypto.clone(), receive: crypto.clone() };
                let Ok(protection) = Srtp::new(&both) else { continue };
                count += 1;
                let (value, number) = (crypto.to_value(), frame.number);
                clear.keys += &format!("{address} {}  # frame {number}\n", value.as_str());
                keys.push(Key { crypto, protection });
            }
            let mut copy = frame.clone();
            if let Some(payload) = open(&mut known, frame) {
                copy.payload = payload;
                copy.comments.push(format!("without protection; frame {} of wire.pcapng", frame.number));
                opened += 1;
            }
            twin.push(copy);
        }
        if opened > 0 {
            clear.frames = twin;
        }
        clear
    }
}

/// Keys of a session description, each with the address that the stream is sent from. A key of nothing but zeros is one that was
/// [blanked](blanked).
fn told(payload: &Bytes) -> Vec<(SocketAddr, Crypto)> {
    let Ok(message) = SipMessage::decode(payload, &Limits::default()) else { return Vec::new() };
    let parts = match &message {
        SipMessage::Request(request) => request.parts(&Limits::default()),
        SipMessage::Response(response) => response.parts(&Limits::default()),
    };
    let parts = parts.unwrap_or_default();
    let bodies = parts.iter().filter(|part| part.is(mime::SDP));
    let mut keys = Vec::new();
    for sdp in bodies.filter_map(|part| SessionDescription::decode(&part.body).ok()) {
        for media in &sdp.media {
            let Some(address) = sdp.address_of(media) else { continue };
            let real = media
                .crypto()
                .filter_map(Result::ok)
                .filter(|crypto| crypto.key_salt().iter().any(|octet| *octet != 0));
            keys.extend(real.map(|crypto| (address, crypto)));
        }
    }
    keys
}

/// The payload without protection, if one of the keys of who sent it fits.
fn open(known: &mut BTreeMap<SocketAddr, Vec<Key>>, frame: &Frame) -> Option<Bytes> {
    let [first, second, ..] = *frame.payload else { return None };
    if first >> 6 != 2 {
        return None;
    }
    // RTCP has payload types of its own, on the port of RTP or on the next one.
    let is_rtcp = (192..=223).contains(&second);
    let beside = SocketAddr::new(frame.source.ip(), frame.source.port().wrapping_sub(1));
    let from = [Some(frame.source), Some(beside).filter(|_| is_rtcp)];
    for address in from.into_iter().flatten() {
        for key in known.get_mut(&address).into_iter().flatten() {
            let mut packet = frame.payload.to_vec();
            let opened = match is_rtcp {
                true => key.protection.unprotect_rtcp(&mut packet),
                false => key.protection.unprotect_rtp(&mut packet),
            };
            if opened.is_ok() {
                return Some(packet.into());
            }
        }
    }
    None
}

/// A message with every key in it replaced by zeros of the same length, so that nothing else of it changes.
pub(crate) fn blanked(payload: &Bytes) -> Bytes {
    let mut octets = payload.to_vec();
    let mut from = 0;
    let next = |octets: &[u8]| octets.windows(INLINE.len()).position(|octets| octets == INLINE);
    while let Some(found) = next(octets.get(from..).unwrap_or_default()) {
        from += found + INLINE.len();
        let key = octets.iter_mut().skip(from);
        for octet in key.take_while(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/')) {
            *octet = b'A';
        }
    }
    octets.into()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::rig::{Rig, configuration};

    /// Bob talks to alice; both have keys.
    fn protected() -> Vec<Frame> {
        const FIRE: &str = "sip:fire-1@mc.example.org";
        let mut rig = Rig::new(configuration("[media]\nplain-rtp = false\n"), 1);
        let [alice, bob] =
            ["sip:alice@mc.example.org", "sip:bob@mc.example.org"].map(|user| rig.client(user));
        for actor in [alice, bob] {
            rig.log_in(actor, &[FIRE]).unwrap();
        }
        rig.call(alice, FIRE, false).unwrap();
        rig.advance(Duration::from_millis(200));
        rig.press(bob);
        rig.speak(bob, Duration::from_millis(300));
        rig.advance(Duration::from_millis(500));
        rig.frames().to_vec()
    }

    #[test]
    fn what_was_protected_by_keys_on_the_wire_can_be_read() {
        let frames = protected();
        let clear = Clear::of(&frames);
        assert_eq!(clear.frames.len(), frames.len());
        let opened: Vec<_> =
            clear.frames.iter().zip(&frames).filter(|(clear, wire)| clear.payload != wire.payload).collect();
        assert!(opened.len() > 10, "{} packets", opened.len());
        assert!(opened.iter().all(|(clear, wire)| clear.payload.len() < wire.payload.len()));
        assert!(clear.keys.lines().all(|line| line.contains(" inline:")), "{}", clear.keys);
    }

    #[test]
    fn without_the_keys_nothing_can_be_read_and_all_else_is_as_it_was() {
        let frames: Vec<Frame> = protected()
            .into_iter()
            .map(|frame| Frame { payload: blanked(&frame.payload), ..frame })
            .collect();
        let clear = Clear::of(&frames);
        assert_eq!((clear.keys.as_str(), clear.frames.len()), ("", 0));
        let lengths = |frames: &[Frame]| frames.iter().map(|frame| frame.payload.len()).collect::<Vec<_>>();
        assert_eq!(lengths(&frames), lengths(&protected()));
    }
}
