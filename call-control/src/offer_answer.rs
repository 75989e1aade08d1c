//! Session descriptions of this service: one audio stream and one floor control stream (TS 24.379 6.2.1, 6.2.2,
//! 6.3.3.1.1, 6.3.3.2.1; TS 24.380 14).
//!
//! What is said here holds for the controlling function and for the client alike; who decides what to put into an offer
//! or an answer sits with the procedures.

use std::net::SocketAddr;

use mcptt_codec::id::Ssrc;
use mcptt_codec::sdp::{
    Attribute, Connection, Crypto, CryptoSuite, KeySalt, McpttFmtp, MediaDescription, Origin, RtpFormat,
    SessionDescription,
};
use rand_core::RngCore;

use crate::config::Config;
use crate::media::MediaProtection;

/// RTP with and without protection; the feedback profiles of RFC 4585 and RFC 5124 carry the same packets.
const PLAIN: [&str; 2] = ["RTP/AVP", "RTP/AVPF"];
const PROTECTED: [&str; 2] = ["RTP/SAVP", "RTP/SAVPF"];

/// Where we receive the two streams of one leg.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LocalMedia {
    pub audio: SocketAddr,
    pub floor: SocketAddr,
}

/// What a description says about the media of the other side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteMedia {
    pub audio: SocketAddr,
    /// `None`: a call without floor control.
    pub floor: Option<SocketAddr>,
    pub parameters: McpttFmtp,
    /// `a=ssrc` of the audio stream (RFC 5576).
    pub audio_ssrc: Option<Ssrc>,
    /// The audio formats in the order of preference.
    pub formats: Vec<RtpFormat>,
    /// RTP/SAVP, or keys beside RTP/AVP.
    pub protected: bool,
    /// The keys that could be read, in the order of preference.
    pub keys: Vec<Crypto>,
}

impl RemoteMedia {
    /// Reads a description. `None`: no audio stream that could be used.
    pub fn read(description: &SessionDescription) -> Option<Self> {
        let audio = description.audio()?;
        let plain = PLAIN.iter().any(|protocol| audio.protocol.eq_ignore_ascii_case(protocol));
        let secured = PROTECTED.iter().any(|protocol| audio.protocol.eq_ignore_ascii_case(protocol));
        if !plain && !secured {
            return None;
        }
        let address = description.address_of(audio).filter(|address| is_reachable(*address))?;
        let formats = audio.rtp_formats();
        if formats.is_empty() {
            return None;
        }
        let keys: Vec<Crypto> = audio.crypto().filter_map(Result::ok).collect();
        let floor = description.floor_control();
        let parameters = floor.and_then(|floor| floor.mcptt_fmtp().ok().flatten()).unwrap_or_default();
        Some(Self {
            audio: address,
            floor: floor
                .and_then(|floor| description.address_of(floor))
                .filter(|address| is_reachable(*address)),
            parameters,
            audio_ssrc: audio_ssrc(audio),
            formats,
            protected: secured || !keys.is_empty(),
            keys,
        })
    }

    /// As [`Self::read`], for a leg of a call: with floor control, and nowhere at an address of ours, from where media would come back
    /// to us as somebody's voice.
    pub fn of_leg(description: &SessionDescription, config: &Config) -> Option<Self> {
        let remote = Self::read(description)?;
        let floor = remote.floor?;
        (!config.is_own_address(remote.audio) && !config.is_own_address(floor)).then_some(remote)
    }

    /// The payload type this side uses for a format.
    pub fn payload_type_of(&self, format: &RtpFormat) -> Option<u8> {
        self.formats.iter().find(|own| own.is_same_as(format)).map(|own| own.payload_type)
    }

    /// The first of the offered keys whose suite we support, and our own key for the answer.
    pub fn accept_key(&self, suites: &[CryptoSuite], rng: &mut impl RngCore) -> Option<MediaProtection> {
        let receive = self.keys.iter().find(|key| suites.contains(&key.suite))?;
        let send = new_key(receive.tag, receive.suite.clone(), rng)?;
        Some(MediaProtection { send, receive: receive.clone() })
    }

    /// The keys of an exchange in which we offered `own` and this is the answer.
    pub fn answered_key(&self, own: &[Crypto]) -> Option<MediaProtection> {
        let receive = self.keys.first()?;
        let send = own.iter().find(|key| key.is_answered_by(receive))?;
        Some(MediaProtection { send: send.clone(), receive: receive.clone() })
    }
}

/// A fresh key. `None` for a suite whose key length is not known.
pub(crate) fn new_key(tag: u32, suite: CryptoSuite, rng: &mut impl RngCore) -> Option<Crypto> {
    let octets = suite.key_octets()?.checked_add(suite.salt_octets()?)?;
    let mut key_salt = vec![0; octets];
    rng.fill_bytes(&mut key_salt);
    Crypto::new(tag, suite, KeySalt::new(key_salt)).ok()
}

/// Fresh keys for an offer, one per suite, in the order of preference.
pub(crate) fn new_keys(suites: &[CryptoSuite], rng: &mut impl RngCore) -> Vec<Crypto> {
    (1..).zip(suites).filter_map(|(tag, suite)| new_key(tag, suite.clone(), rng)).collect()
}

/// The transport protocol of an audio stream in our own offers.
pub(crate) const fn audio_protocol(protected: bool) -> &'static str {
    if protected { "RTP/SAVP" } else { "RTP/AVP" }
}

/// An offer: the audio stream as prepared by the caller, then the floor control stream.
pub(crate) fn offer(
    session_id: u64,
    local: LocalMedia,
    mut audio: MediaDescription,
    keys: &[Crypto],
    parameters: &McpttFmtp,
) -> SessionDescription {
    for key in keys {
        audio = audio.with_crypto(key);
    }
    SessionDescription::new(
        &Origin::new(session_id, session_id, local.audio.ip()),
        Some(&Connection::new(local.audio.ip())),
    )
    .with_media(audio)
    .with_media(MediaDescription::floor_control(local.floor.port(), parameters))
}

/// The answer to an offer that [`RemoteMedia::read`] could use: the first audio and the first floor control stream are
/// accepted with the formats and audio attributes of the offer, every other stream is refused.
pub(crate) fn answer(
    offered: &SessionDescription,
    session_id: u64,
    local: LocalMedia,
    key: Option<&Crypto>,
    parameters: &McpttFmtp,
) -> SessionDescription {
    let (mut audio_done, mut floor_done) = (false, false);
    offered.answer(
        &Origin::new(session_id, session_id, local.audio.ip()),
        Some(&Connection::new(local.audio.ip())),
        |_, media| {
            if media.is_refused() {
                return None;
            }
            if media.kind.eq_ignore_ascii_case("audio") && !audio_done {
                audio_done = true;
                let audio = MediaDescription::speech_like(media, local.audio.port(), media.protocol.clone());
                return Some(match key {
                    Some(key) => audio.with_crypto(key),
                    None => audio,
                });
            }
            if media.is_floor_control() && !floor_done {
                floor_done = true;
                return Some(MediaDescription::floor_control(local.floor.port(), parameters));
            }
            None
        },
    )
}

/// A description with other parameters of the floor control stream.
pub(crate) fn with_parameters(
    mut description: SessionDescription,
    parameters: impl FnOnce(McpttFmtp) -> McpttFmtp,
) -> SessionDescription {
    let floor = description.media.iter_mut().find(|media| media.is_floor_control() && !media.is_refused());
    if let Some(floor) = floor {
        let parameters = parameters(floor.mcptt_fmtp().ok().flatten().unwrap_or_default());
        floor.remove_attribute("fmtp");
        if !parameters.is_empty() {
            floor.push_attribute(&Attribute::new("fmtp", format!("MCPTT {parameters}")));
        }
    }
    description
}

/// What is said in the later offers and answers of a session that began with `first`.
pub(crate) fn later(first: &SessionDescription) -> SessionDescription {
    //= 24.380-14.5
    let later = with_parameters(first.clone(), |parameters| parameters.for_later_offer(false));
    later.succeeding(first)
}

/// The source that an audio stream states.
fn audio_ssrc(audio: &MediaDescription) -> Option<Ssrc> {
    let value = audio.attribute_value("ssrc")?;
    value.split_ascii_whitespace().next()?.parse().ok().map(Ssrc)
}

fn is_reachable(address: SocketAddr) -> bool {
    let ip = address.ip();
    !ip.is_unspecified() && !ip.is_multicast() && address.port() != u16::MAX
}

#[cfg(test)]
mod tests;
