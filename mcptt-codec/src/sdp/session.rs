//! A whole session description: reading, writing and typed access.

use std::net::SocketAddr;

use bytes::Bytes;

use super::attribute::read;
use super::line::Attribute;
use super::{
    Connection, Direction, Line, LineEnd, MAX_LINE_OCTETS, MAX_MEDIA, MediaDescription, Origin, RtcpPort,
    SdpText, Timing, TypedAttribute, order,
};
use crate::DecodeError;
use crate::text::ByteStr;

/// A session description: the lines before the first `m=` in their order, then the media descriptions.
///
/// Reading and writing again gives back every octet; an edited line is written as RFC 8866 wants it, the others as
/// they were received. Two descriptions are equal when they say the same: line ends, blanks in `m=` and what
/// follows the last line do not count.
#[derive(Clone, Debug)]
pub struct SessionDescription {
    /// The session lines, `v=` first.
    pub lines: Vec<Line>,
    /// The media descriptions; their ordinal number is part of their meaning.
    pub media: Vec<MediaDescription>,
    /// Line ends behind the last line, as the boundary of a multipart body leaves them.
    tail: ByteStr,
}

impl PartialEq for SessionDescription {
    fn eq(&self, other: &Self) -> bool {
        self.lines == other.lines && self.media == other.media
    }
}

impl Eq for SessionDescription {}

impl SessionDescription {
    /// A description without media: version 0, this origin, no session name, permanent.
    pub fn new(origin: &Origin, connection: Option<&Connection>) -> Self {
        let mut lines = vec![Line::new('v', "0"), Line::new('o', origin.to_string()), Line::new('s', "-")];
        lines.extend(connection.map(|connection| Line::new('c', connection.to_string())));
        lines.push(Line::new('t', Timing::default().to_string()));
        Self { lines, media: Vec::new(), tail: ByteStr::EMPTY }
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
        let octets = Bytes::copy_from_slice(octets);
        let text = SdpText::split(&octets)?;
        let whole = ByteStr::from_utf8(octets, "sdp")?;
        // Blank lines are only at home behind the last line, where multipart boundaries leave them; elsewhere they
        // would end the description.
        let body = whole.trim_end_matches(['\r', '\n']).len();
        if body == 0 {
            return Err(DecodeError::invalid(0, "sdp line"));
        }
        let mut description = Self { lines: Vec::new(), media: Vec::new(), tail: ByteStr::EMPTY };
        let mut tail = 0_usize;
        for (offset, raw) in text.offsets().take_while(|(offset, _)| *offset < body) {
            let behind = offset.saturating_add(raw.content.len());
            let cut = behind.min(body);
            let end = if cut < behind { LineEnd::None } else { raw.end };
            description
                .decode_line(&whole, whole.get(offset..cut).unwrap_or_default(), end)
                .map_err(|error| DecodeError { offset: offset.saturating_add(error.offset), ..error })?;
            tail = cut.saturating_add(end.as_str().len());
        }
        description.tail = whole.share(whole.get(tail..).unwrap_or_default());
        Ok(description)
    }

    fn decode_line(&mut self, text: &ByteStr, line: &str, end: LineEnd) -> Result<(), DecodeError> {
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
        //= RFC8866-5.1
        if self.lines.is_empty() != (kind == 'v') || (kind == 'v' && value != "0") {
            return Err(DecodeError::invalid(0, "sdp v="));
        }
        let line = Line { kind, value: text.share(value), end };
        match kind {
            'm' => {
                if self.media.len() >= MAX_MEDIA {
                    let got = self.media.len().saturating_add(1);
                    return Err(DecodeError::too_large(0, "sdp m=", MAX_MEDIA, got));
                }
                self.media.push(MediaDescription::decode(&line).map_err(at_value)?);
                return Ok(());
            }
            'o' => drop(Origin::parse(&line.value).map_err(at_value)?),
            'c' => drop(Connection::parse(&line.value).map_err(at_value)?),
            't' => drop(Timing::parse(&line.value).map_err(at_value)?),
            _ => {}
        }
        let lines = self.media.last_mut().map_or(&mut self.lines, |media| &mut media.lines);
        lines.push(line);
        Ok(())
    }

    /// Octets behind the last line.
    pub(super) fn tail_octets(&self) -> usize {
        self.tail.len()
    }

    /// The description as text, octet for octet what was read where nothing has been edited.
    pub fn encode(&self) -> String {
        let mut out = String::new();
        self.lines.iter().for_each(|line| line.encode(&mut out));
        self.media.iter().for_each(|media| media.encode(&mut out));
        out.push_str(&self.tail);
        out
    }

    /// This description as a strict sender writes it: lines in the order of RFC 8866 with CRLF behind each, one blank
    /// between the tokens of `m=`, nothing behind the last line. What the lines say is not touched; lines of unknown types
    /// come first.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        //= RFC8866-5:order
        self.lines.sort_by_key(|line| (line.kind != 'v', order::session(line.kind)));
        for media in &mut self.media {
            media.lines.sort_by_key(|line| order::media(line.kind));
            media.forget_spelling();
        }
        let of_media = self.media.iter_mut().flat_map(|media| &mut media.lines);
        //= RFC8866-5:line-end
        self.lines.iter_mut().chain(of_media).for_each(|line| line.end = LineEnd::CrLf);
        self.tail = ByteStr::EMPTY;
        self
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
        self.push_line(line);
    }

    /// Adds a session line where RFC 8866 wants it, behind others of its type.
    pub fn push_line(&mut self, line: Line) {
        let place = order::session(line.kind);
        let behind = self.lines.iter().rposition(|other| order::session(other.kind) <= place);
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

    /// The session attributes of one type in their order; one that cannot be read is reported, not skipped.
    pub fn typed<T: TypedAttribute>(&self) -> impl Iterator<Item = Result<T, DecodeError>> {
        self.attributes().filter_map(read)
    }

    /// The first session attribute of one type that can be read.
    pub fn first<T: TypedAttribute>(&self) -> Option<T> {
        self.typed().find_map(Result::ok)
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
        if let Some(stated) = media.typed::<RtcpPort>().next() {
            let stated = stated.ok()?;
            let ip = stated.connection.map_or(Some(address.ip()), |connection| connection.ip())?;
            return Some(SocketAddr::new(ip, stated.port));
        }
        //= RFC5761-5.1.1
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

impl std::str::FromStr for SessionDescription {
    type Err = DecodeError;
    fn from_str(text: &str) -> Result<Self, DecodeError> {
        Self::decode(text.as_bytes())
    }
}
