//! One media description: an `m=` line and what belongs to it.

use super::attribute::read;
use super::grammar::{Scan, decimal, tokens};
use super::line::push_line;
use super::{
    Attribute, Bandwidth, Connection, Crypto, Direction, Line, LineEnd, MAX_FORMATS, MaxPtime, McpttFmtp,
    Ptime, RtpMap, TypedAttribute, order,
};
use crate::DecodeError;
use crate::text::ByteStr;

/// The format of the floor control line (TS 24.380 4.3).
const MCPTT: &str = "MCPTT";

/// A media description. The lines below `m=` are kept in their order, unknown ones included. Two are equal when
/// they say the same; line ends and the blanks in `m=` do not count.
#[derive(Clone, Debug)]
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
    /// The `m=` line as it was received; written again as long as it says what the fields say.
    received: Option<Line>,
}

impl PartialEq for MediaDescription {
    fn eq(&self, other: &Self) -> bool {
        let Self { kind, port, port_count, protocol, formats, lines, received: _ } = self;
        (kind, port, port_count, protocol, formats, lines)
            == (&other.kind, &other.port, &other.port_count, &other.protocol, &other.formats, &other.lines)
    }
}

impl Eq for MediaDescription {}

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
            received: None,
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
        Self::floor_control_over("udp", port, parameters)
    }

    /// The same over another transport protocol.
    pub fn floor_control_over(protocol: impl Into<ByteStr>, port: u16, parameters: &McpttFmtp) -> Self {
        let mut media = Self::new("application", port, protocol, [MCPTT]);
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
                media.push_line(Line::new(line.kind, line.value.clone()));
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
        self.state_direction(direction, false);
        self
    }

    /// States the direction, `always` or only when nothing said would mean another one.
    pub(super) fn state_direction(&mut self, direction: Direction, always: bool) {
        self.lines.retain(|line| {
            line.attribute().is_none_or(|attribute| Direction::of_attribute(&attribute.name).is_none())
        });
        if always || direction != Direction::SendRecv {
            self.push_attribute(&Attribute::flag(direction.as_str()));
        }
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
        //= RFC8866-5:order
        let place = order::media(line.kind);
        let behind = self.lines.iter().rposition(|other| order::media(other.kind) <= place);
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

    /// Whether this is the floor control line: `application`, `udp`, `MCPTT`, compared without case; or the same over a WebSocket.
    pub fn is_floor_control(&self) -> bool {
        self.kind.eq_ignore_ascii_case("application")
            && (self.protocol.eq_ignore_ascii_case("udp") || self.is_over_websocket())
            && self.formats.iter().any(|format| format.eq_ignore_ascii_case(MCPTT))
    }

    /// Whether this is the floor control line of a browser, which comes over a WebSocket: an extension of this project.
    pub fn is_floor_channel(&self) -> bool {
        self.is_floor_control() && self.is_over_websocket()
    }

    fn is_over_websocket(&self) -> bool {
        ["TCP/WS", "TCP/WSS"].iter().any(|protocol| self.protocol.eq_ignore_ascii_case(protocol))
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
        self.typed::<RtpMap>().flatten().find(|map| map.payload_type == payload_type)
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

    /// Length of media in one packet, in whole milliseconds.
    pub fn ptime(&self) -> Option<u32> {
        self.first::<Ptime>().map(|time| time.0.as_millis())
    }

    /// Largest length of media in one packet, in whole milliseconds.
    pub fn maxptime(&self) -> Option<u32> {
        self.first::<MaxPtime>().map(|time| time.0.as_millis())
    }

    /// The `a=crypto` lines in their order of preference; a line that cannot be read is reported, not
    /// skipped.
    pub fn crypto(&self) -> impl Iterator<Item = Result<Crypto, DecodeError>> + '_ {
        self.typed()
    }

    /// The attributes of one type in their order; one that cannot be read is reported, not skipped.
    pub fn typed<T: TypedAttribute>(&self) -> impl Iterator<Item = Result<T, DecodeError>> {
        self.attributes().filter_map(read)
    }

    /// The first attribute of one type that can be read.
    pub fn first<T: TypedAttribute>(&self) -> Option<T> {
        self.typed().find_map(Result::ok)
    }

    /// Adds an attribute behind the others.
    #[must_use]
    pub fn with<T: TypedAttribute>(mut self, attribute: &T) -> Self {
        self.push_attribute(&attribute.to_attribute());
        self
    }

    /// The bandwidths in their order; a line that cannot be read is reported, not skipped.
    pub fn bandwidths(&self) -> impl Iterator<Item = Result<Bandwidth, DecodeError>> + '_ {
        self.lines.iter().filter(|line| line.kind == 'b').map(|line| Bandwidth::parse(&line.value))
    }

    /// Whether the formats are RTP payload types.
    pub fn is_rtp(&self) -> bool {
        self.protocol.split('/').any(|part| part.eq_ignore_ascii_case("RTP"))
    }

    /// Whether the profile of RTP is a protected one, `SAVP` or `SAVPF`.
    pub fn is_protected(&self) -> bool {
        let profile = self.protocol.rsplit('/').next().unwrap_or_default();
        self.is_rtp() && ["SAVP", "SAVPF"].iter().any(|protected| profile.eq_ignore_ascii_case(protected))
    }

    /// Whether the keys come from DTLS: `UDP/TLS/RTP/SAVP` and its relatives.
    pub fn is_dtls_srtp(&self) -> bool {
        //= RFC5764-8
        self.is_protected() && self.protocol.split('/').any(|part| part.eq_ignore_ascii_case("TLS"))
    }

    /// Whether the stream exists only within its bundle; its port is 0 without refusing it.
    pub fn is_bundle_only(&self) -> bool {
        self.attribute("bundle-only").is_some()
    }

    pub(super) fn decode(line: &Line) -> Result<Self, DecodeError> {
        const WHAT: &str = "sdp m=";
        let value = &line.value;
        let mut scan = Scan::new(value, WHAT);
        let kind = scan.token()?;
        let (port, port_count) =
            port(scan.token()?).map_err(|part| DecodeError { what: "sdp port", ..scan.invalid(part) })?;
        let protocol = scan.token()?;
        let formats = tokens(scan.rest());
        let formats: Vec<_> =
            formats.take(MAX_FORMATS.saturating_add(1)).map(|token| value.share(token)).collect();
        if formats.is_empty() {
            return Err(DecodeError::missing(value.len(), "sdp format"));
        }
        if formats.len() > MAX_FORMATS {
            return Err(DecodeError::too_large(0, "sdp formats", MAX_FORMATS, formats.len()));
        }
        let (kind, protocol) = (value.share(kind), value.share(protocol));
        let received = Some(line.clone());
        Ok(Self { kind, port, port_count, protocol, formats, lines: Vec::new(), received })
    }

    /// Whether this `m=` value says what the fields say.
    fn is_said_by(&self, value: &str) -> bool {
        let mut said = tokens(value);
        said.next() == Some(&self.kind)
            && said.next().map(port) == Some(Ok((self.port, self.port_count)))
            && said.next() == Some(&self.protocol)
            && said.eq(self.formats.iter().map(ByteStr::as_str))
    }

    /// The value of the `m=` line: as received when nothing has changed since, else with one blank between tokens.
    pub fn media_line(&self) -> ByteStr {
        if let Some(received) = self.received.as_ref().filter(|line| self.is_said_by(&line.value)) {
            return received.value.clone();
        }
        let mut value = format!("{} {}", self.kind, self.port);
        if let Some(count) = self.port_count {
            value.push_str(&format!("/{count}"));
        }
        for part in std::iter::once(&self.protocol).chain(&self.formats) {
            value.push(' ');
            value.push_str(part);
        }
        value.into()
    }

    pub(super) fn encode(&self, out: &mut String) {
        push_line(out, 'm', &self.media_line(), self.line_end());
        self.lines.iter().for_each(|line| line.encode(out));
    }

    /// How the `m=` line ends.
    pub fn line_end(&self) -> LineEnd {
        self.received.as_ref().map_or(LineEnd::CrLf, |line| line.end)
    }

    /// Forgets how the `m=` line was spelled.
    pub(super) fn forget_spelling(&mut self) {
        self.received = None;
    }
}

/// Port and number of ports; in the error the part that is no number.
fn port(token: &str) -> Result<(u16, Option<u16>), &str> {
    let (port, count) = match token.split_once('/') {
        Some((port, count)) => (port, Some(count)),
        None => (token, None),
    };
    let count = count.map(|count| decimal(count).ok_or(count)).transpose();
    Ok((decimal(port).ok_or(port)?, count?))
}
