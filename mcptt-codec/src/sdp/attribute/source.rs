//! Attributes of RTP sources: `a=ssrc` and `a=ssrc-group` (RFC 5576), `a=msid` (RFC 8830).

use std::fmt;

use super::typed_attribute;
use crate::DecodeError;
use crate::id::Ssrc;
use crate::sdp::grammar::{Scan, decimal, is_token};
use crate::sdp::{Attribute, MAX_GROUP_MEMBERS};
use crate::text::ByteStr;

/// `a=ssrc`: an attribute of one RTP source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceAttribute {
    /// The source.
    pub ssrc: Ssrc,
    /// What is said about it: `cname:...` and others. Missing, only the source is announced, which RFC 5576 does
    /// not know but clients do.
    pub attribute: Option<Attribute>,
}

impl SourceAttribute {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no source, or its attribute has no name.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=ssrc");
        //= RFC5576-4.1
        let ssrc = scan.number().map(Ssrc)?;
        let attribute = match scan.rest() {
            "" => None,
            rest => {
                let attribute = Attribute::of(&rest.into());
                Some(attribute).filter(|read| is_token(&read.name)).ok_or(scan.invalid(rest)).map(Some)?
            }
        };
        Ok(Self { ssrc, attribute })
    }

    /// The canonical name of the source, when that is what is said.
    pub fn cname(&self) -> Option<&ByteStr> {
        self.attribute.as_ref().filter(|attribute| attribute.name.as_str() == "cname")?.value.as_ref()
    }
}

impl fmt::Display for SourceAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.ssrc.0)?;
        match &self.attribute {
            Some(Attribute { name, value: Some(value) }) => write!(f, " {name}:{value}"),
            Some(Attribute { name, value: None }) => write!(f, " {name}"),
            None => Ok(()),
        }
    }
}

typed_attribute!(SourceAttribute, "ssrc", Media, "RFC5576-4.1", |source, _| source.attribute.is_some());

/// `a=ssrc-group`: sources that belong together.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct SourceGroup {
    /// Why: `FID`, `FEC`, ...
    pub semantics: ByteStr,
    /// The sources in their order.
    pub sources: Vec<Ssrc>,
}

impl SourceGroup {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when there is no reason or a source is no number.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=ssrc-group");
        //= RFC5576-4.2
        let semantics = scan.read(|token| is_token(token).then_some(token))?.into();
        let sources = scan.list(MAX_GROUP_MEMBERS, |token| decimal(token).map(Ssrc))?;
        Ok(Self { semantics, sources })
    }
}

impl fmt::Display for SourceGroup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.semantics)?;
        self.sources.iter().try_for_each(|source| write!(f, " {}", source.0))
    }
}

typed_attribute!(SourceGroup, "ssrc-group", Media, "RFC5576-4.2");

/// `a=msid`: to which media stream and track the RTP stream belongs.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Msid {
    /// The media stream, `-` for none.
    pub stream: ByteStr,
    /// The track.
    pub track: Option<ByteStr>,
}

impl Msid {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// [`DecodeError`] when it is not one or two names of 1 to 64 characters of a token.
    pub fn parse(value: &str) -> Result<Self, DecodeError> {
        let mut scan = Scan::new(value, "sdp a=msid");
        let name = |token: &str| (is_token(token) && token.len() <= 64).then(|| ByteStr::from(token));
        //= RFC8830-2
        let stream = scan.read(name)?;
        let track = scan.optional().map(|track| name(track).ok_or(scan.invalid(track))).transpose()?;
        scan.end()?;
        Ok(Self { stream, track })
    }
}

impl fmt::Display for Msid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.stream)?;
        self.track.as_ref().map_or(Ok(()), |track| write!(f, " {track}"))
    }
}

typed_attribute!(Msid, "msid", Media, "RFC8830-2");
