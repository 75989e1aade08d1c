//! Attributes of Interactive Connectivity Establishment (RFC 8839 5).

use std::fmt;

use super::typed_attribute;
use crate::DecodeError;
use crate::sdp::grammar::{Scan, decimal, is_token, is_word};
use crate::sdp::{MAX_CANDIDATE_EXTENSIONS, MAX_ICE_OPTIONS, MAX_REMOTE_CANDIDATES};
use crate::text::ByteStr;

/// `ice-char`: letters, digits, `+` and `/`.
fn is_ice_text(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.bytes().all(|octet| octet.is_ascii_alphanumeric() || matches!(octet, b'+' | b'/'))
}

/// Component of a stream, 1 (RTP) to 256.
fn component(text: &str) -> Option<u16> {
    decimal(text).filter(|component| text.len() <= 3 && (1..=256).contains(component))
}

/// How a candidate was found.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct CandidateType(pub ByteStr);

impl CandidateType {
    /// An address of the host.
    pub const HOST: Self = Self(ByteStr::from_static("host"));
    /// Seen by a server outside.
    pub const SERVER_REFLEXIVE: Self = Self(ByteStr::from_static("srflx"));
    /// Seen by the peer.
    pub const PEER_REFLEXIVE: Self = Self(ByteStr::from_static("prflx"));
    /// An address of a relay.
    pub const RELAYED: Self = Self(ByteStr::from_static("relay"));
}

/// Where a candidate that is no host address comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RelatedAddress {
    /// Address, or a placeholder that hides it.
    pub address: ByteStr,
    /// Port.
    pub port: u16,
}

/// `a=candidate`: an address where a stream may be reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Candidate {
    /// Same for candidates of one origin; 1 to 32 characters.
    pub foundation: ByteStr,
    /// 1 for RTP, 2 for RTCP.
    pub component: u16,
    /// `UDP`, `TCP`, ...
    pub transport: ByteStr,
    /// 1 to 2^31 - 1, higher is better.
    pub priority: u32,
    /// Address or host name.
    pub address: ByteStr,
    /// Port.
    pub port: u16,
    /// How it was found.
    pub kind: CandidateType,
    /// Where it comes from.
    pub related: Option<RelatedAddress>,
    /// Further names and values in their order.
    pub extensions: Vec<(ByteStr, ByteStr)>,
}

impl Candidate {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when a part is missing or outside of its range, `raddr` and `rport` do not come together, or
    /// there are more than [`MAX_CANDIDATE_EXTENSIONS`] extensions.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp a=candidate";
        let mut scan = Scan::new(value, WHAT);
        let word = |token: &str| is_word(token).then(|| ByteStr::from(token));
        //= RFC8839-5.1
        let mut candidate = Self {
            foundation: scan.read(|token| is_ice_text(token, 1..=32).then(|| token.into()))?,
            component: scan.read(component)?,
            transport: scan.read(|token| is_token(token).then(|| token.into()))?,
            priority: scan
                .read(|token| decimal(token).filter(|priority| (1..=0x7fff_ffff).contains(priority)))?,
            address: scan.read(word)?,
            port: scan.number()?,
            kind: {
                scan.word("typ")?;
                CandidateType(scan.read(|token| is_token(token).then(|| token.into()))?)
            },
            related: None,
            extensions: Vec::new(),
        };
        while let Some(name) = scan.optional() {
            if name == "raddr" && candidate.related.is_none() && candidate.extensions.is_empty() {
                let address = scan.read(word)?;
                scan.word("rport")?;
                candidate.related = Some(RelatedAddress { address, port: scan.number()? });
                continue;
            }
            if matches!(name, "raddr" | "rport") {
                return Err(scan.invalid(name));
            }
            let got = candidate.extensions.len().saturating_add(1);
            if got > MAX_CANDIDATE_EXTENSIONS {
                return Err(DecodeError::too_large(0, WHAT, MAX_CANDIDATE_EXTENSIONS, got));
            }
            let name = word(name).ok_or(scan.invalid(name))?;
            candidate.extensions.push((name, scan.read(word)?));
        }
        Ok(candidate)
    }
}

impl fmt::Display for Candidate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { foundation, component, transport, priority, address, port, kind, related, extensions } =
            self;
        write!(f, "{foundation} {component} {transport} {priority} {address} {port} typ {}", kind.0)?;
        if let Some(RelatedAddress { address, port }) = related {
            write!(f, " raddr {address} rport {port}")?;
        }
        extensions.iter().try_for_each(|(name, value)| write!(f, " {name} {value}"))
    }
}

// The words `typ` and `rport` are found without regard to case.
typed_attribute!(Candidate, "candidate", Media, "RFC8839-5.1", |candidate, value| {
    value.split_whitespace().eq(candidate.to_string().split_whitespace())
});

/// One entry of `a=remote-candidates`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemoteCandidate {
    /// Component, 1 to 256.
    pub component: u16,
    /// Address or host name.
    pub address: ByteStr,
    /// Port.
    pub port: u16,
}

/// `a=remote-candidates`: the candidates of the other side that were chosen.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RemoteCandidates(pub Vec<RemoteCandidate>);

impl RemoteCandidates {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not component, address and port, once or several times.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp a=remote-candidates";
        let mut scan = Scan::new(value, WHAT);
        let mut candidates = Vec::new();
        //= RFC8839-5.2
        while let Some(token) = scan.optional() {
            let got = candidates.len().saturating_add(1);
            if got > MAX_REMOTE_CANDIDATES {
                return Err(DecodeError::too_large(0, WHAT, MAX_REMOTE_CANDIDATES, got));
            }
            candidates.push(RemoteCandidate {
                component: component(token).ok_or(scan.invalid(token))?,
                address: scan.read(|token| is_word(token).then(|| token.into()))?,
                port: scan.number()?,
            });
        }
        if candidates.is_empty() { Err(scan.missing()) } else { Ok(Self(candidates)) }
    }
}

impl fmt::Display for RemoteCandidates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, RemoteCandidate { component, address, port }) in self.0.iter().enumerate() {
            write!(f, "{}{component} {address} {port}", if index > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

typed_attribute!(RemoteCandidates, "remote-candidates", Media, "RFC8839-5.2");

/// `a=ice-ufrag`: name under which the other side checks connectivity; 4 to 256 characters.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IceUfrag(pub ByteStr);

/// `a=ice-pwd`: the password for it, 22 to 256 characters. Its `Debug` form hides it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct IcePwd(pub ByteStr);

impl IceUfrag {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when characters or length are not allowed.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        //= RFC8839-5.4
        credential(value, "sdp a=ice-ufrag", 4).map(Self)
    }
}

impl IcePwd {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when characters or length are not allowed.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        credential(value, "sdp a=ice-pwd", 22).map(Self)
    }
}

fn credential(value: &str, what: &'static str, shortest: usize) -> Result<ByteStr, DecodeError> {
    let mut scan = Scan::new(value, what);
    let text = scan.read(|text| is_ice_text(text, shortest..=256).then_some(text))?;
    scan.end()?;
    Ok(text.into())
}

impl fmt::Display for IceUfrag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Display for IcePwd {
    /// For the wire alone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for IcePwd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("IcePwd(hidden)")
    }
}

typed_attribute!(IceUfrag, "ice-ufrag", Both, "RFC8839-5.4");
typed_attribute!(IcePwd, "ice-pwd", Both, "RFC8839-5.4");

/// `a=ice-options`: extensions of ICE that the maker knows.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IceOptions(pub Vec<ByteStr>);

impl IceOptions {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no option, one is no `ice-char` text, or there are more than
    /// [`MAX_ICE_OPTIONS`].
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=ice-options");
        //= RFC8839-5.6
        let option = |token: &str| is_word(token).then(|| ByteStr::from(token));
        let options = scan.list(MAX_ICE_OPTIONS, option)?;
        if options.is_empty() { Err(scan.missing()) } else { Ok(Self(options)) }
    }
}

impl fmt::Display for IceOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, option) in self.0.iter().enumerate() {
            write!(f, "{}{option}", if index > 0 { " " } else { "" })?;
        }
        Ok(())
    }
}

// Option names such as `rtp+ecn` are in use; a hyphen is not in the grammar.
typed_attribute!(IceOptions, "ice-options", Both, "RFC8839-5.6", |options, _| {
    options.0.iter().all(|option| is_ice_text(option, 1..=256))
});

/// `a=ice-pacing`: milliseconds between connectivity checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct IcePacing(pub u32);

impl IcePacing {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is no number.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=ice-pacing");
        //= RFC8839-5.5
        let pacing = scan.number()?;
        scan.end()?;
        Ok(Self(pacing))
    }
}

impl fmt::Display for IcePacing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

typed_attribute!(IcePacing, "ice-pacing", Session, "RFC8839-5.5");
