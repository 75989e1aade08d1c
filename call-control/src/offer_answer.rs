//! Session descriptions of this service: one audio stream and one floor control stream (TS 24.379 6.2.1, 6.2.2,
//! 6.3.3.1.1, 6.3.3.2.1; TS 24.380 14).
//!
//! What is said here holds for the controlling function and for the client alike; who decides what to put into an offer
//! or an answer sits with the procedures.

use std::net::SocketAddr;

use mcptt_codec::id::Ssrc;
use mcptt_codec::sdp::{
    Attribute, Connection, Crypto, CryptoSuite, Fingerprint, KeySalt, Line, McpttFmtp, MediaDescription,
    Origin, RtpFormat, SessionDescription, Setup, TlsId,
};
use rand_core::RngCore;

use crate::config::{Config, MediaConfig};
use crate::media::{MediaProtection, Redundancy};
use crate::web::{self, OwnWeb, RemoteWeb};

pub(crate) mod formats;
pub(crate) mod redundancy;

/// RTP with and without protection; the feedback profiles of RFC 4585 and RFC 5124 carry the same packets.
const PLAIN: [&str; 2] = ["RTP/AVP", "RTP/AVPF"];
const PROTECTED: [&str; 2] = ["RTP/SAVP", "RTP/SAVPF"];

/// The same where the keys come from DTLS (RFC 5764 8).
const DTLS: [&str; 2] = ["UDP/TLS/RTP/SAVP", "UDP/TLS/RTP/SAVPF"];

/// RTCP on the port of RTP (RFC 5761).
const RTCP_MUX: &str = "rtcp-mux";

/// The attribute that carries MIKEY messages.
const KEY_MANAGEMENT: &str = "key-mgmt";

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
    /// What it knows of redundancy.
    pub redundancy: Redundancy,
    /// RTP/SAVP, or keys beside RTP/AVP.
    pub protected: bool,
    /// The keys come from DTLS.
    pub dtls: Option<RemoteDtls>,
    /// It is a browser: its address is found by ICE, its floor control comes over a WebSocket.
    pub web: Option<RemoteWeb>,
    /// The keys that could be read, in the order of preference.
    pub keys: Vec<Crypto>,
    /// The numbers of the header extensions for talker and location; 0: not there.
    pub extensions: [u8; 2],
}

/// What a description says about a DTLS association.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteDtls {
    pub setup: Setup,
    /// At least one.
    pub fingerprints: Vec<Fingerprint>,
    pub rtcp_mux: bool,
    /// What it calls the association.
    pub id: Option<TlsId>,
}

impl RemoteDtls {
    /// Reads what stands at the stream, or else at the session. `None`: nothing that a certificate could be checked by.
    fn read(description: &SessionDescription, audio: &MediaDescription) -> Option<Self> {
        //= RFC8122-5
        let mut fingerprints: Vec<Fingerprint> = audio.typed().filter_map(Result::ok).collect();
        if fingerprints.is_empty() {
            fingerprints = description.typed().filter_map(Result::ok).collect();
        }
        //= RFC4145-4.1
        let setup = audio.first().or_else(|| description.first()).unwrap_or(Setup::Active);
        let rtcp_mux = audio.attribute(RTCP_MUX).is_some();
        //= RFC8842-4
        let id = audio.first();
        (!fingerprints.is_empty()).then_some(Self { setup, fingerprints, rtcp_mux, id })
    }
}

/// How the audio of an offer of ours is to be protected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum OwnKeys {
    /// Not at all.
    #[default]
    None,
    /// By one of these keys.
    Described(Vec<Crypto>),
    /// By the keys of a DTLS handshake in which we show the certificate of this fingerprint.
    Dtls(Fingerprint),
    /// The same with a browser.
    Web(Box<OwnWeb>),
}

impl OwnKeys {
    /// As `wanted`: DTLS where it is and we have a certificate, otherwise keys in the description.
    pub fn of(media: &MediaConfig, wanted: Wanted, rng: &mut impl RngCore) -> Self {
        if wanted == Wanted::Web
            && let Some(own) = OwnWeb::of(media, rng)
        {
            return Self::Web(Box::new(own));
        }
        match (wanted, &media.dtls) {
            (Wanted::Plain, _) => Self::None,
            (Wanted::Dtls | Wanted::Web, Some(own)) => Self::Dtls(own.clone()),
            (Wanted::Dtls | Wanted::Web, None) | (Wanted::Described, _) => {
                Self::Described(new_keys(&media.suites, rng))
            }
        }
    }

    /// The transport protocol of the audio stream.
    pub const fn protocol(&self) -> &'static str {
        match self {
            Self::None => "RTP/AVP",
            Self::Described(_) => "RTP/SAVP",
            Self::Dtls(_) => "UDP/TLS/RTP/SAVP",
            Self::Web(_) => "UDP/TLS/RTP/SAVPF",
        }
    }

    /// What we and the answer have agreed on. The outer `None`: the answer leaves out the protection that was offered.
    pub fn agreed(&self, answer: &RemoteMedia) -> Option<Option<MediaProtection>> {
        match self {
            Self::None => Some(None),
            Self::Described(own) => answer.answered_key(own).map(Some),
            Self::Web(own) => own.agreed(answer).map(Some),
            Self::Dtls(own) => {
                let dtls = answer.dtls.as_ref()?;
                //= RFC5763-5
                let active = match dtls.setup {
                    Setup::Active => false,
                    Setup::Passive => true,
                    Setup::ActPass | Setup::HoldConn => return None,
                };
                Some(Some(MediaProtection::Dtls(dtls.unnamed(active, own))))
            }
        }
    }
}

/// How a participant's audio is to be protected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    /// Not at all.
    Plain,
    /// By keys in the description.
    Described,
    /// By DTLS.
    Dtls,
    /// By DTLS with a browser.
    Web,
}

impl Wanted {
    /// `plain`: it may go without; `dtls`: the group or the user is set to DTLS.
    pub const fn of(plain: bool, dtls: bool) -> Self {
        match (plain, dtls) {
            (_, true) => Self::Dtls,
            (true, false) => Self::Plain,
            (false, false) => Self::Described,
        }
    }
}

impl RemoteMedia {
    /// Reads a description. `None`: no audio stream that could be used.
    pub fn read(description: &SessionDescription) -> Option<Self> {
        let audio = description.audio()?;
        let plain = PLAIN.iter().any(|protocol| audio.protocol.eq_ignore_ascii_case(protocol));
        let secured = PROTECTED.iter().any(|protocol| audio.protocol.eq_ignore_ascii_case(protocol));
        let dtls = match DTLS.iter().any(|protocol| audio.protocol.eq_ignore_ascii_case(protocol)) {
            //= RFC5764-8
            true => Some(RemoteDtls::read(description, audio)?),
            false => None,
        };
        if !plain && !secured && dtls.is_none() {
            return None;
        }
        let web = match RemoteWeb::is_meant(description) {
            true => Some(
                RemoteWeb::read(description, audio)
                    .filter(|_| dtls.as_ref().is_some_and(|dtls| dtls.rtcp_mux))?,
            ),
            false => None,
        };
        let address_of = |media: &MediaDescription| match &web {
            Some(web) => Some(web.address()),
            None => description.address_of(media).filter(|address| is_reachable(*address)),
        };
        let address = address_of(audio)?;
        let mut formats = audio.rtp_formats();
        let redundancy = redundancy::set_apart(&mut formats);
        if formats.is_empty() {
            return None;
        }
        let keys: Vec<Crypto> = audio.crypto().filter_map(Result::ok).collect();
        let floor = description.floor_control();
        let parameters = floor.and_then(|floor| floor.mcptt_fmtp().ok().flatten()).unwrap_or_default();
        Some(Self {
            audio: address,
            floor: floor.filter(|floor| web.is_none() || !floor.is_refused()).and_then(address_of),
            parameters,
            audio_ssrc: audio_ssrc(audio),
            formats,
            redundancy,
            protected: secured || dtls.is_some() || !keys.is_empty(),
            dtls,
            web,
            keys,
            extensions: formats::extensions_of(description),
        })
    }

    /// As [`Self::read`], for a leg of a call: with floor control, and nowhere at an address of ours, from where media would come back
    /// to us as somebody's voice.
    pub fn of_leg(description: &SessionDescription, config: &Config) -> Option<Self> {
        Self::elsewhere(description, config).filter(|remote| remote.floor.is_some())
    }

    /// As [`Self::read`], for a leg of a call that may be without floor control.
    pub fn elsewhere(description: &SessionDescription, config: &Config) -> Option<Self> {
        let remote = Self::read(description)?;
        let mut addresses = remote.floor.into_iter().chain([remote.audio]);
        (!addresses.any(|address| config.is_own_address(address))).then_some(remote)
    }

    /// Whether this side is where it was and uses the keys that it did.
    pub fn is_where(&self, before: &Self) -> bool {
        let certificates =
            |one: &Self| one.dtls.as_ref().map(|dtls| (dtls.fingerprints.clone(), dtls.id.clone()));
        let of = |one: &Self| {
            (one.audio, one.floor, one.keys.clone(), certificates(one), one.formats.clone(), one.web.clone())
        };
        of(self) == of(before)
    }

    /// Whether it names an address at which the participating function relays media.
    pub fn is_relayed(&self, config: &Config) -> bool {
        self.floor.into_iter().chain([self.audio]).any(|address| config.is_relay_address(address))
    }

    /// Where floor control goes; port 0 where there is none.
    pub fn floor_or_off(&self) -> SocketAddr {
        self.floor.unwrap_or(SocketAddr::new(self.audio.ip(), 0))
    }

    /// The payload type this side uses for a format.
    pub fn payload_type_of(&self, format: &RtpFormat) -> Option<u8> {
        self.formats.iter().find(|own| own.is_same_as(format)).map(|own| own.payload_type)
    }

    /// As [`Self::accept_key`], for whoever serves browsers as well.
    pub fn accept_keys(&self, media: &MediaConfig, rng: &mut impl RngCore) -> Option<MediaProtection> {
        match &self.web {
            Some(_) => OwnWeb::of(media, rng)?.agreed(self),
            None => self.accept_key(&media.suites, media.dtls.as_ref(), rng),
        }
    }

    /// What we take of what is offered: DTLS where we have a certificate, or the first of the keys whose suite we support, with
    /// our own key for the answer.
    pub fn accept_key(
        &self,
        suites: &[CryptoSuite],
        certificate: Option<&Fingerprint>,
        rng: &mut impl RngCore,
    ) -> Option<MediaProtection> {
        if let Some(dtls) = self.dtls.as_ref() {
            // Where its browser is can not be found here.
            if self.web.is_some() {
                return None;
            }
            //= RFC5763-5
            let active = match dtls.setup {
                Setup::ActPass | Setup::Passive => true,
                Setup::Active => false,
                Setup::HoldConn => return None,
            };
            return Some(MediaProtection::Dtls(dtls.agreement(active, certificate?, rng)));
        }
        let receive = self.keys.iter().find(|key| suites.contains(&key.suite))?;
        let send = new_key(receive.tag, receive.suite.clone(), rng)?;
        Some(MediaProtection::Keys { send: Box::new(send), receive: Box::new(receive.clone()) })
    }

    /// The keys of an exchange in which we offered `own` and this is the answer.
    fn answered_key(&self, own: &[Crypto]) -> Option<MediaProtection> {
        let receive = self.keys.first()?;
        let send = own.iter().find(|key| key.is_answered_by(receive))?;
        Some(MediaProtection::Keys { send: Box::new(send.clone()), receive: Box::new(receive.clone()) })
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

/// An offer: the audio stream as prepared by the caller, then the floor control stream.
pub(crate) fn offer(
    session_id: u64,
    local: LocalMedia,
    audio: MediaDescription,
    keys: &OwnKeys,
    parameters: &McpttFmtp,
) -> SessionDescription {
    audio_offer(session_id, local, audio, keys).with_media(match keys {
        OwnKeys::Web(own) => own.offered_floor(parameters),
        _ => MediaDescription::floor_control(local.floor.port(), parameters),
    })
}

/// An offer without floor control.
pub(crate) fn audio_offer(
    session_id: u64,
    local: LocalMedia,
    mut audio: MediaDescription,
    keys: &OwnKeys,
) -> SessionDescription {
    match keys {
        OwnKeys::None => {}
        OwnKeys::Described(keys) => {
            for key in keys {
                audio = audio.with_crypto(key);
            }
        }
        //= RFC5763-5
        OwnKeys::Dtls(own) => audio = with_dtls(audio, own, Setup::ActPass, true),
        OwnKeys::Web(own) => audio = own.offered(audio, local.audio),
    }
    let description = SessionDescription::new(
        &Origin::new(session_id, session_id, local.audio.ip()),
        Some(&Connection::new(local.audio.ip())),
    )
    .with_media(audio);
    match keys {
        OwnKeys::Web(_) => web::at_session(description),
        _ => description,
    }
}

fn with_dtls(audio: MediaDescription, own: &Fingerprint, setup: Setup, rtcp_mux: bool) -> MediaDescription {
    let mut audio = audio.with(&setup).with(own);
    if rtcp_mux {
        audio.push_attribute(&Attribute::flag(RTCP_MUX));
    }
    audio
}

/// Whether the media is protected from end to end: the keys are for the called user, not for us (RFC 4567).
pub(crate) fn is_end_to_end(description: &SessionDescription) -> bool {
    let audio = description.audio().into_iter().flat_map(MediaDescription::attributes);
    description.attributes().chain(audio).any(|attribute| attribute.name.as_str() == KEY_MANAGEMENT)
}

/// Takes the messages of the key management over, each at the level where it was.
pub(crate) fn with_key_management(
    mut description: SessionDescription,
    from: &SessionDescription,
) -> SessionDescription {
    //= 24.379-11.1:keymgmt
    let is_key = |line: &&Line| line.attribute().is_some_and(|one| one.name.as_str() == KEY_MANAGEMENT);
    for line in from.lines.iter().filter(is_key) {
        description.push_line(Line::new(line.kind, line.value.clone()));
    }
    let theirs = from.audio().map(|audio| audio.lines.as_slice()).unwrap_or_default();
    let own = description.media.iter_mut().find(|media| media.kind.eq_ignore_ascii_case("audio"));
    if let Some(own) = own {
        for line in theirs.iter().filter(is_key) {
            own.push_line(Line::new(line.kind, line.value.clone()));
        }
    }
    description
}

/// The answer to an offer that [`RemoteMedia::read`] could use: the first audio and the first floor control stream are
/// accepted with the formats and audio attributes of the offer, every other stream is refused.
pub(crate) fn answer(
    offered: &SessionDescription,
    session_id: u64,
    local: LocalMedia,
    protection: Option<&MediaProtection>,
    parameters: &McpttFmtp,
) -> SessionDescription {
    let (mut audio_done, mut floor_done) = (false, false);
    let answer = offered.answer(
        &Origin::new(session_id, session_id, local.audio.ip()),
        Some(&Connection::new(local.audio.ip())),
        |_, media| {
            if media.is_refused() {
                return None;
            }
            if media.kind.eq_ignore_ascii_case("audio") && !audio_done {
                audio_done = true;
                let audio = MediaDescription::speech_like(media, local.audio.port(), media.protocol.clone());
                return Some(match protection {
                    Some(MediaProtection::Keys { send, .. }) => audio.with_crypto(send),
                    Some(MediaProtection::Dtls(dtls)) => {
                        let audio = with_dtls(audio, &dtls.own, dtls.setup(), dtls.rtcp_mux);
                        match &dtls.own_id {
                            Some(id) => audio.with(id),
                            None => audio,
                        }
                    }
                    Some(MediaProtection::Web(agreed)) => web::answered(audio, media, local.audio, agreed),
                    None => audio,
                });
            }
            if media.is_floor_control() && !floor_done {
                floor_done = true;
                return Some(match protection {
                    Some(MediaProtection::Web(agreed)) => web::answered_floor(media, parameters, agreed),
                    _ => MediaDescription::floor_control(local.floor.port(), parameters),
                });
            }
            None
        },
    );
    match protection {
        Some(MediaProtection::Web(_)) => web::at_session(answer),
        _ => answer,
    }
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

/// The same description with media at other ports: whoever passes it on relays the media.
pub(crate) fn at_ports(mut description: SessionDescription, local: LocalMedia) -> SessionDescription {
    let connection = Line::new('c', Connection::new(local.audio.ip()).to_string());
    match description.lines.iter_mut().find(|line| line.kind == 'c') {
        Some(line) => *line = connection,
        None => description.push_line(connection),
    }
    for media in &mut description.media {
        media.lines.retain(|line| line.kind != 'c');
        for name in ["rtcp", "candidate", "ice-ufrag", "ice-pwd"] {
            media.remove_attribute(name);
        }
        if media.is_refused() {
            continue;
        }
        if media.is_floor_control() {
            media.port = local.floor.port();
        } else if media.kind.eq_ignore_ascii_case("audio") {
            media.port = local.audio.port();
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
