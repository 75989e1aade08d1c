//! A whole session description: reading, writing and typed access.

use std::net::SocketAddr;

use bytes::Bytes;

use super::line::Attribute;
use super::{
    Connection, Direction, Line, MAX_LINE_OCTETS, MAX_LINES, MAX_MEDIA, MAX_OCTETS, MediaDescription, Origin,
    Timing,
};
use crate::DecodeError;
use crate::text::ByteStr;

/// Order of the session lines (RFC 8866 9).
const ORDER: [char; 13] = ['v', 'o', 's', 'i', 'u', 'e', 'p', 'c', 'b', 't', 'r', 'k', 'a'];

/// A session description: the lines before the first `m=` in their order, then the media descriptions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionDescription {
    /// The session lines, `v=` first.
    pub lines: Vec<Line>,
    /// The media descriptions; their ordinal number is part of their meaning.
    pub media: Vec<MediaDescription>,
}

impl SessionDescription {
    /// A description without media: version 0, this origin, no session name, permanent.
    pub fn new(origin: &Origin, connection: Option<&Connection>) -> Self {
        let mut lines = vec![Line::new('v', "0"), Line::new('o', origin.to_string()), Line::new('s', "-")];
        lines.extend(connection.map(|connection| Line::new('c', connection.to_string())));
        lines.push(Line::new('t', Timing::default().to_string()));
        Self { lines, media: Vec::new() }
    }

    /// Adds a media description behind the others.
    #[must_use]
    pub fn with_media(mut self, media: MediaDescription) -> Self {
        self.media.push(media);
        self
    }

    /// Reads a description.
    ///
    /// # Errors
    /// [`DecodeError`] with the octet: not UTF-8, beyond a limit of this module, no `v=0` at the start, a
    /// line that is none, or an `o=`, `c=`, `t=` or `m=` line that cannot be read. Everything else is kept as
    /// it is.
    pub fn decode(octets: &[u8]) -> Result<Self, DecodeError> {
        if octets.len() > MAX_OCTETS {
            return Err(DecodeError::too_large(0, "sdp", MAX_OCTETS, octets.len()));
        }
        let text = ByteStr::from_utf8(Bytes::copy_from_slice(octets), "sdp")?;
        let mut description = Self { lines: Vec::new(), media: Vec::new() };
        let mut offset = 0_usize;
        // Blank lines at the end come from multipart boundaries; inside they would be lost, so they are
        // refused.
        let whole = text.trim_end_matches(['\r', '\n']);
        for (count, raw) in whole.split('\n').enumerate() {
            if count >= MAX_LINES {
                return Err(DecodeError::too_large(offset, "sdp lines", MAX_LINES, count.saturating_add(1)));
            }
            let line = raw.strip_suffix('\r').unwrap_or(raw);
            description
                .decode_line(&text, line, count)
                .map_err(|error| DecodeError { offset: offset.saturating_add(error.offset), ..error })?;
            offset = offset.saturating_add(raw.len()).saturating_add(1);
        }
        Ok(description)
    }

    fn decode_line(&mut self, text: &ByteStr, line: &str, count: usize) -> Result<(), DecodeError> {
        const PREFIX: usize = 2;
        let at_value =
            |error: DecodeError| DecodeError { offset: error.offset.saturating_add(PREFIX), ..error };
        let Some((name, value)) = line.split_once('=') else {
            return Err(DecodeError::invalid(0, "sdp line"));
        };
        let mut letters = name.chars();
        let (Some(kind), None) = (letters.next(), letters.next()) else {
            return Err(DecodeError::invalid(0, "sdp line type"));
        };
        if !kind.is_ascii_alphabetic() {
            return Err(DecodeError::invalid(0, "sdp line type"));
        }
        if value.len() > MAX_LINE_OCTETS {
            return Err(DecodeError::too_large(PREFIX, "sdp line", MAX_LINE_OCTETS, value.len()));
        }
        if let Some(at) = value.find(['\r', '\0']) {
            return Err(at_value(DecodeError::invalid(at, "sdp line")));
        }
        if (count == 0) != (kind == 'v') || (kind == 'v' && value != "0") {
            return Err(DecodeError::invalid(0, "sdp v="));
        }
        let value = text.share(value);
        match kind {
            'm' => {
                if self.media.len() >= MAX_MEDIA {
                    let got = self.media.len().saturating_add(1);
                    return Err(DecodeError::too_large(0, "sdp m=", MAX_MEDIA, got));
                }
                self.media.push(MediaDescription::decode(&value).map_err(at_value)?);
                return Ok(());
            }
            'o' => drop(Origin::parse(&value).map_err(at_value)?),
            'c' => drop(Connection::parse(&value).map_err(at_value)?),
            't' => drop(Timing::parse(&value).map_err(at_value)?),
            _ => {}
        }
        let lines = self.media.last_mut().map_or(&mut self.lines, |media| &mut media.lines);
        lines.push(Line { kind, value });
        Ok(())
    }

    /// The description as text with CRLF line ends.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        self.lines.iter().for_each(|line| line.encode(&mut out));
        self.media.iter().for_each(|media| media.encode(&mut out));
        out
    }

    /// The first session line of a type.
    pub fn line(&self, kind: char) -> Option<&ByteStr> {
        self.lines.iter().find(|line| line.kind == kind).map(|line| &line.value)
    }

    /// Sets the session line of a type, where RFC 8866 wants it when it is new.
    pub fn set_line(&mut self, line: Line) {
        if let Some(existing) = self.lines.iter_mut().find(|other| other.kind == line.kind) {
            *existing = line;
            return;
        }
        let place = rank(line.kind);
        let behind = self.lines.iter().rposition(|other| rank(other.kind) <= place);
        self.lines.insert(behind.map_or(0, |index| index.saturating_add(1)), line);
    }

    /// Who made the description.
    pub fn origin(&self) -> Option<Origin> {
        Origin::parse(self.line('o')?).ok()
    }

    /// States who made the description.
    pub fn set_origin(&mut self, origin: &Origin) {
        self.set_line(Line::new('o', origin.to_string()));
    }

    /// The connection of the session.
    pub fn connection(&self) -> Option<Connection> {
        Connection::parse(self.line('c')?).ok()
    }

    /// When the session is active.
    pub fn timing(&self) -> Option<Timing> {
        Timing::parse(self.line('t')?).ok()
    }

    /// The session attributes in their order.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute> + '_ {
        self.lines.iter().filter_map(Line::attribute)
    }

    /// The value of the first session attribute of this name.
    pub fn attribute_value(&self, name: &str) -> Option<ByteStr> {
        self.attributes().find(|attribute| attribute.name.as_str() == name)?.value
    }

    /// The first audio stream.
    pub fn audio(&self) -> Option<&MediaDescription> {
        self.media.iter().find(|media| media.kind.eq_ignore_ascii_case("audio"))
    }

    /// The floor control line; without it the call has no floor control.
    pub fn floor_control(&self) -> Option<&MediaDescription> {
        self.media.iter().find(|media| media.is_floor_control())
    }

    /// The ordinal number of a media description, counted from 1 as TS 24.380 counts.
    pub fn number_of(&self, media: &MediaDescription) -> Option<u8> {
        let index = self.media.iter().position(|own| std::ptr::eq(own, media))?;
        u8::try_from(index.checked_add(1)?).ok()
    }

    /// The connection that applies to a stream: its own, else the one of the session.
    pub fn connection_of(&self, media: &MediaDescription) -> Option<Connection> {
        media.connection().or_else(|| self.connection())
    }

    /// Where a stream is to be sent; `None` for a refused one and for a host name.
    pub fn address_of(&self, media: &MediaDescription) -> Option<SocketAddr> {
        if media.is_refused() {
            return None;
        }
        Some(SocketAddr::new(self.connection_of(media)?.ip()?, media.port))
    }

    /// Where the control packets of a stream are to be sent: as `a=rtcp` says (RFC 3605), with `a=rtcp-mux`
    /// beside the media (RFC 5761), else one port above it.
    pub fn rtcp_address_of(&self, media: &MediaDescription) -> Option<SocketAddr> {
        let address = self.address_of(media)?;
        if let Some(stated) = media.attribute_value("rtcp") {
            let (port, rest) = stated.trim().split_once(' ').unwrap_or((stated.trim(), ""));
            let ip = match rest.trim() {
                "" => address.ip(),
                connection => Connection::parse(connection).ok()?.ip()?,
            };
            return Some(SocketAddr::new(ip, port.parse().ok()?));
        }
        if media.attribute("rtcp-mux").is_some() {
            return Some(address);
        }
        Some(SocketAddr::new(address.ip(), address.port().checked_add(1)?))
    }

    /// The direction that applies to a stream: its own, else the one of the session, else both ways.
    pub fn direction_of(&self, media: &MediaDescription) -> Direction {
        let of_session = || self.attributes().find_map(|attribute| Direction::of_attribute(&attribute.name));
        media.direction().or_else(of_session).unwrap_or_default()
    }
}

fn rank(kind: char) -> usize {
    ORDER.iter().position(|known| *known == kind).unwrap_or(0)
}

impl std::str::FromStr for SessionDescription {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::decode(text.as_bytes())
    }
}
