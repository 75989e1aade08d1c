//! One media description: an `m=` line and what belongs to it.

use super::field::{number, tokens};
use super::line::push_one_line;
use super::{Attribute, Connection, Crypto, Direction, Line, MAX_FORMATS, McpttFmtp, RtpMap, offset_in};
use crate::DecodeError;
use crate::text::ByteStr;

/// Order of the lines of a media description (RFC 8866 9); a line of another type stays where it is.
const ORDER: [char; 5] = ['i', 'c', 'b', 'k', 'a'];

/// The format of the floor control line (TS 24.380 4.3).
const MCPTT: &str = "MCPTT";

/// A media description. The lines below `m=` are kept in their order, unknown ones included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaDescription {
    /// `audio`, `application`, `video`, ...
    pub kind: ByteStr,
    /// Transport port; 0 refuses or disables the stream.
    pub port: u16,
    /// Number of ports, when it is stated.
    pub port_count: Option<u16>,
    /// Transport protocol: `RTP/AVP`, `RTP/SAVP`, `udp`, ...
    pub protocol: ByteStr,
    /// Media formats; payload types in decimal for RTP.
    pub formats: Vec<ByteStr>,
    /// The lines that follow `m=`.
    pub lines: Vec<Line>,
}

impl MediaDescription {
    /// A media description without further lines.
    pub fn new<F: Into<ByteStr>>(
        kind: impl Into<ByteStr>,
        port: u16,
        protocol: impl Into<ByteStr>,
        formats: impl IntoIterator<Item = F>,
    ) -> Self {
        let formats = formats.into_iter().map(Into::into).collect();
        Self {
            kind: kind.into(),
            port,
            port_count: None,
            protocol: protocol.into(),
            formats,
            lines: Vec::new(),
        }
    }

    /// An audio stream of this service: `i=speech` follows `m=` directly, whatever is added later.
    pub fn speech<F: Into<ByteStr>>(
        port: u16,
        protocol: impl Into<ByteStr>,
        formats: impl IntoIterator<Item = F>,
    ) -> Self {
        //= 24.379-6.2.1:audio
        Self::new("audio", port, protocol, formats).with_title("speech")
    }

    /// The floor control line. Without any parameter it has no `a=fmtp`.
    pub fn floor_control(port: u16, parameters: &McpttFmtp) -> Self {
        //= 24.379-6.2.1:floor
        let mut media = Self::new("application", port, "udp", [MCPTT]);
        if !parameters.is_empty() {
            media.push_attribute(&Attribute::new("fmtp", format!("{MCPTT} {parameters}")));
        }
        media
    }

    /// Audio for a further leg of a call: formats, payload types, `fmtp`, packet times and bandwidth of
    /// `received`, and nothing that belongs to the leg it came from (address, direction, keys, sources).
    pub fn speech_like(received: &Self, port: u16, protocol: impl Into<ByteStr>) -> Self {
        const CARRIED: [&str; 4] = ["rtpmap", "fmtp", "ptime", "maxptime"];
        let mut media = Self::speech(port, protocol, received.formats.iter().cloned());
        //= 24.379-6.3.3.1.1:2
        for line in &received.lines {
            let attribute = line.attribute();
            if line.kind == 'b' || attribute.is_some_and(|a| CARRIED.contains(&a.name.as_str())) {
                media.push_line(line.clone());
            }
        }
        media
    }

    /// Sets the media title, `i=`.
    #[must_use]
    pub fn with_title(mut self, title: impl Into<ByteStr>) -> Self {
        self.replace_line(Line::new('i', title));
        self
    }

    /// Sets the connection, `c=`.
    #[must_use]
    pub fn with_connection(mut self, connection: &Connection) -> Self {
        self.replace_line(Line::new('c', connection.to_string()));
        self
    }

    /// Adds an attribute with a value.
    #[must_use]
    pub fn with_attribute(mut self, name: &str, value: &str) -> Self {
        self.push_attribute(&Attribute::new(name, value));
        self
    }

    /// States the direction; both ways need no attribute.
    #[must_use]
    pub fn with_direction(mut self, direction: Direction) -> Self {
        self.lines.retain(|line| {
            line.attribute().is_none_or(|attribute| Direction::of_attribute(&attribute.name).is_none())
        });
        if direction != Direction::SendRecv {
            self.push_attribute(&Attribute::flag(direction.as_str()));
        }
        self
    }

    /// Adds a key, `a=crypto`.
    #[must_use]
    pub fn with_crypto(mut self, crypto: &Crypto) -> Self {
        self.push_attribute(&Attribute::new("crypto", crypto.to_value().as_str()));
        self
    }

    /// Adds an attribute behind the others.
    pub fn push_attribute(&mut self, attribute: &Attribute) {
        self.push_line(attribute.to_line());
    }

    /// Adds a line where RFC 8866 wants it, behind others of its type.
    pub fn push_line(&mut self, line: Line) {
        let rank = rank(line.kind);
        let behind = self.lines.iter().rposition(|other| self::rank(other.kind) <= rank);
        let at = behind.map_or(0, |index| index.saturating_add(1));
        self.lines.insert(at, line);
    }

    /// Removes every attribute of this name.
    pub fn remove_attribute(&mut self, name: &str) {
        self.lines.retain(|line| line.attribute().is_none_or(|attribute| attribute.name.as_str() != name));
    }

    fn replace_line(&mut self, line: Line) {
        self.lines.retain(|other| other.kind != line.kind);
        self.push_line(line);
    }

    /// Whether the stream is refused or disabled.
    pub fn is_refused(&self) -> bool {
        self.port == 0
    }

    /// Whether this is the floor control line: `application`, `udp`, `MCPTT`, compared without case.
    pub fn is_floor_control(&self) -> bool {
        self.kind.eq_ignore_ascii_case("application")
            && self.protocol.eq_ignore_ascii_case("udp")
            && self.formats.iter().any(|format| format.eq_ignore_ascii_case(MCPTT))
    }

    /// The first line of a type.
    pub fn line(&self, kind: char) -> Option<&ByteStr> {
        self.lines.iter().find(|line| line.kind == kind).map(|line| &line.value)
    }

    /// The media title, `i=`.
    pub fn title(&self) -> Option<&ByteStr> {
        self.line('i')
    }

    /// The connection of this stream alone; [`super::SessionDescription::connection_of`] also looks at the
    /// session.
    pub fn connection(&self) -> Option<Connection> {
        Connection::parse(self.line('c')?).ok()
    }

    /// The attributes in their order.
    pub fn attributes(&self) -> impl Iterator<Item = Attribute> + '_ {
        self.lines.iter().filter_map(Line::attribute)
    }

    /// The first attribute of this name.
    pub fn attribute(&self, name: &str) -> Option<Attribute> {
        self.attributes().find(|attribute| attribute.name.as_str() == name)
    }

    /// The value of the first attribute of this name.
    pub fn attribute_value(&self, name: &str) -> Option<ByteStr> {
        self.attribute(name)?.value
    }

    /// The direction that is stated for this stream alone.
    pub fn direction(&self) -> Option<Direction> {
        self.attributes().find_map(|attribute| Direction::of_attribute(&attribute.name))
    }

    /// What a payload type stands for; `None` without a readable `a=rtpmap`.
    pub fn rtpmap(&self, payload_type: u8) -> Option<RtpMap> {
        self.attributes()
            .filter(|attribute| attribute.name.as_str() == "rtpmap")
            .filter_map(|attribute| RtpMap::parse(attribute.value.as_deref()?).ok())
            .find(|map| map.payload_type == payload_type)
    }

    /// The parameters of a format, compared without case: what follows it in its first `a=fmtp`.
    pub fn fmtp(&self, format: &str) -> Option<ByteStr> {
        self.attributes().filter(|attribute| attribute.name.as_str() == "fmtp").find_map(|attribute| {
            let value = attribute.value?;
            let (name, parameters) = value.split_once([' ', '\t']).unwrap_or((&value, ""));
            name.eq_ignore_ascii_case(format).then(|| value.share(parameters.trim()))
        })
    }

    /// The floor control parameters, when there are any.
    ///
    /// # Errors
    /// [`DecodeError`] with the offset in the parameters.
    pub fn mcptt_fmtp(&self) -> Result<Option<McpttFmtp>, DecodeError> {
        self.fmtp(MCPTT).map(|parameters| McpttFmtp::parse(&parameters)).transpose()
    }

    /// Length of media in one packet, in milliseconds.
    pub fn ptime(&self) -> Option<u32> {
        self.attribute_value("ptime")?.trim().parse().ok()
    }

    /// Largest length of media in one packet, in milliseconds.
    pub fn maxptime(&self) -> Option<u32> {
        self.attribute_value("maxptime")?.trim().parse().ok()
    }

    /// The `a=crypto` lines in their order of preference; a line that cannot be read is reported, not
    /// skipped.
    pub fn crypto(&self) -> impl Iterator<Item = Result<Crypto, DecodeError>> + '_ {
        self.attributes()
            .filter(|attribute| attribute.name.as_str() == "crypto")
            .map(|attribute| Crypto::parse(attribute.value.as_deref().unwrap_or_default()))
    }

    pub(super) fn decode(value: &ByteStr) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp m=";
        let text = value.as_str();
        let mut tokens = tokens(text);
        let mut next = || tokens.next().ok_or(DecodeError::missing(text.len(), WHAT));
        let (kind, port, protocol) = (next()?, next()?, next()?);
        let (port, count) = match port.split_once('/') {
            Some((port, count)) => (port, Some(count)),
            None => (port, None),
        };
        let port_number = |token: &str| {
            let number = number(text, token, "sdp port")?;
            u16::try_from(number).map_err(|_| DecodeError::invalid(offset_in(text, token), "sdp port"))
        };
        let (port, port_count) = (port_number(port)?, count.map(port_number).transpose()?);
        let formats: Vec<_> =
            tokens.take(MAX_FORMATS.saturating_add(1)).map(|token| value.share(token)).collect();
        if formats.is_empty() {
            return Err(DecodeError::missing(text.len(), "sdp format"));
        }
        if formats.len() > MAX_FORMATS {
            return Err(DecodeError::too_large(0, "sdp formats", MAX_FORMATS, formats.len()));
        }
        let (kind, protocol) = (value.share(kind), value.share(protocol));
        Ok(Self { kind, port, port_count, protocol, formats, lines: Vec::new() })
    }

    pub(super) fn encode(&self, out: &mut String) {
        let mut value = format!("{} {}", self.kind, self.port);
        if let Some(count) = self.port_count {
            value.push_str(&format!("/{count}"));
        }
        for part in std::iter::once(&self.protocol).chain(&self.formats) {
            value.push(' ');
            value.push_str(part);
        }
        out.push_str("m=");
        push_one_line(out, &value);
        out.push_str("\r\n");
        self.lines.iter().for_each(|line| line.encode(out));
    }
}

/// Position of a line type in [`ORDER`]; unknown types count as the first so that nothing moves in front of
/// them.
pub(super) fn rank(kind: char) -> usize {
    ORDER.iter().position(|known| *known == kind).unwrap_or(0)
}
