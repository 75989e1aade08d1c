//! Legs of web browsers in session descriptions: ICE of which we play the lite side, DTLS-SRTP, one bundle with RTCP on the
//! port of RTP, and floor control over a WebSocket.
//!
//! The last one is an extension of this project: TS 24.380 knows floor control over UDP only, which a browser can not send. The
//! floor control line says `TCP/WS` or `TCP/WSS` instead of `udp`, as BFCP does (RFC 8857), and our side of it where to
//! connect to (`a=ws-uri`, `a=wss-uri`, RFC 8124). The address holds a token that stands for the leg. Over the WebSocket each
//! binary message is what would be a datagram.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use mcptt_codec::sdp::{
    Attribute, Candidate, CandidateType, Fingerprint, Group, GroupSemantics, IcePwd, IceUfrag, McpttFmtp,
    MediaDescription, Mid, SessionDescription, Setup,
};
use mcptt_codec::text::ByteStr;
use rand_core::RngCore;

use crate::config::MediaConfig;
use crate::media::{MediaProtection, WebAgreement};
use crate::offer_answer::{RemoteDtls, RemoteMedia};

/// Characters of ICE credentials; more than RFC 8445 5.3 asks for.
const UFRAG: usize = 12;
const PASSWORD: usize = 32;
/// Of a host address, the only one (RFC 8445 5.1.2.1).
const PRIORITY: u32 = (126 << 24) | (65_535 << 8) | 255;
/// Where the audio is not known before it is found.
const NOWHERE: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0);
/// The port of a line that stands for a connection (RFC 4145 4.1).
const DISCARD: u16 = 9;

/// What a description says about ICE.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RemoteWeb {
    pub ufrag: IceUfrag,
}

impl RemoteWeb {
    /// Whether the floor control of a description comes over a WebSocket.
    pub fn is_meant(description: &SessionDescription) -> bool {
        description.floor_control().is_some_and(MediaDescription::is_floor_channel)
    }

    /// Reads what stands at the audio, or else at the session. `None`: it lacks something that a browser always has.
    pub fn read(description: &SessionDescription, audio: &MediaDescription) -> Option<Self> {
        //= RFC8445-2.5
        let ufrag: IceUfrag = audio.first().or_else(|| description.first())?;
        let password: Option<IcePwd> = audio.first().or_else(|| description.first());
        let other_is_lite = description.attributes().any(|one| one.name.as_str() == "ice-lite");
        (password.is_some() && !other_is_lite).then_some(Self { ufrag })
    }

    /// The address until another one is found.
    pub const fn address(&self) -> SocketAddr {
        NOWHERE
    }
}

/// Our side of a leg of a browser, as the description says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct OwnWeb {
    certificate: Fingerprint,
    ufrag: IceUfrag,
    password: IcePwd,
    /// Where the floor control channel is opened, token included.
    floor_uri: IcePwd,
    secret: IcePwd,
}

impl OwnWeb {
    /// As configured. `None`: browsers are not served.
    pub fn of(media: &MediaConfig, rng: &mut impl RngCore) -> Option<Self> {
        let (certificate, base) = (media.dtls.clone()?, media.floor_channel.as_ref()?);
        let (ufrag, password, secret) = (text(UFRAG, rng), text(PASSWORD, rng), text(PASSWORD, rng));
        let floor_uri = IcePwd(format!("{}/{ufrag}.{secret}", base.trim_end_matches('/')).into());
        Some(Self {
            certificate,
            ufrag: IceUfrag(ufrag.into()),
            password: IcePwd(password.into()),
            floor_uri,
            secret: IcePwd(secret.into()),
        })
    }

    /// What we and the other side have agreed on, whoever has offered. `None`: it does not describe a browser.
    pub fn agreed(&self, remote: &RemoteMedia) -> Option<MediaProtection> {
        let (web, dtls) = (remote.web.as_ref()?, remote.dtls.as_ref()?);
        // A browser that leaves the choice to us opens the association: it knows before us when there is a way.
        //= RFC5763-5
        let active = match dtls.setup {
            Setup::Active | Setup::ActPass => false,
            Setup::Passive => true,
            Setup::HoldConn => return None,
        };
        Some(MediaProtection::Web(Box::new(WebAgreement {
            dtls: RemoteDtls::unnamed(dtls, active, &self.certificate),
            own_ufrag: self.ufrag.clone(),
            own_password: self.password.clone(),
            peer_ufrag: web.ufrag.clone(),
            floor_secret: self.secret.clone(),
            floor_uri: self.floor_uri.clone(),
        })))
    }

    /// The audio of an offer.
    pub fn offered(&self, audio: MediaDescription, local: SocketAddr) -> MediaDescription {
        let mid = Mid(ByteStr::from_static("audio"));
        described(audio, local, mid, (&self.ufrag, &self.password), (&self.certificate, Setup::ActPass))
    }

    /// The floor control line of an offer.
    pub fn offered_floor(&self, parameters: &McpttFmtp) -> MediaDescription {
        let protocol = if is_secure(&self.floor_uri) { "TCP/WSS" } else { "TCP/WS" };
        floor(protocol.into(), parameters, &self.floor_uri)
    }
}

/// The audio of an answer.
pub(crate) fn answered(
    audio: MediaDescription,
    offered: &MediaDescription,
    local: SocketAddr,
    agreed: &WebAgreement,
) -> MediaDescription {
    let mid = offered.first::<Mid>().unwrap_or(Mid(ByteStr::from_static("audio")));
    let setup = agreed.dtls.setup();
    let credentials = (&agreed.own_ufrag, &agreed.own_password);
    described(audio, local, mid, credentials, (&agreed.dtls.own, setup))
}

/// The floor control line of an answer.
pub(crate) fn answered_floor(
    offered: &MediaDescription,
    parameters: &McpttFmtp,
    agreed: &WebAgreement,
) -> MediaDescription {
    floor(offered.protocol.clone(), parameters, &agreed.floor_uri)
}

/// What stands at the session: the lite side of ICE, and the bundle of the one stream that has a name.
pub(crate) fn at_session(mut description: SessionDescription) -> SessionDescription {
    //= RFC8445-2.5
    description.push_line(Attribute::flag("ice-lite").to_line());
    //= RFC8843-7:transport
    if let Some(mid) = description.audio().and_then(|audio| audio.first::<Mid>()) {
        let group = Group { semantics: GroupSemantics::BUNDLE, mids: vec![mid] };
        description.push_line(Attribute::new("group", group.to_string()).to_line());
    }
    description
}

fn described(
    audio: MediaDescription,
    local: SocketAddr,
    mid: Mid,
    (ufrag, password): (&IceUfrag, &IcePwd),
    (certificate, setup): (&Fingerprint, Setup),
) -> MediaDescription {
    let candidate = Candidate {
        foundation: ByteStr::from_static("1"),
        component: 1,
        transport: ByteStr::from_static("UDP"),
        priority: PRIORITY,
        address: local.ip().to_string().into(),
        port: local.port(),
        kind: CandidateType::HOST,
        related: None,
        extensions: Vec::new(),
    };
    let mut audio = audio.with(&mid).with(ufrag).with(password).with(&candidate);
    audio.push_attribute(&Attribute::flag("end-of-candidates"));
    let mut audio = audio.with(&setup).with(certificate);
    audio.push_attribute(&Attribute::flag("rtcp-mux"));
    audio
}

fn floor(protocol: ByteStr, parameters: &McpttFmtp, uri: &IcePwd) -> MediaDescription {
    let mut line = MediaDescription::floor_control_over(protocol, DISCARD, parameters).with(&Setup::Passive);
    //= RFC8124-4
    line.push_attribute(&Attribute::new(if is_secure(uri) { "wss-uri" } else { "ws-uri" }, uri.0.clone()));
    line
}

fn is_secure(uri: &IcePwd) -> bool {
    uri.0.starts_with("wss:")
}

/// Random letters and digits, which stand for themselves in descriptions and addresses alike.
fn text(length: usize, rng: &mut impl RngCore) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789AB";
    let mut octets = vec![0; length];
    rng.fill_bytes(&mut octets);
    octets
        .into_iter()
        .filter_map(|octet| LETTERS.get(usize::from(octet % 64)))
        .map(|letter| char::from(*letter))
        .collect()
}

#[cfg(test)]
mod tests;
