//! What a strict sender would not have written: everything a tolerant reader lets pass, with its place and the
//! requirement it breaks.

use super::attribute;
use super::grammar::{decimal, is_evenly_spaced, is_token, payload_type};
use super::{
    Attribute, Bandwidth, BundleFault, Connection, Direction, FormatParameters, LineEnd, MAX_DEVIATIONS,
    MediaDescription, Repeat, RtpMap, SessionDescription, ZoneAdjustments, order,
};
use crate::text::ByteStr;
use crate::{DecodeError, Decoded, Deviation};

impl SessionDescription {
    /// Reads a description and reports what a strict sender would not have written.
    ///
    /// # Errors
    /// As [`SessionDescription::decode`].
    pub fn examine(octets: &[u8]) -> Result<Decoded<Self>, DecodeError> {
        let value = Self::decode(octets)?;
        let deviations = value.deviations();
        Ok(Decoded { value, deviations })
    }

    /// What a strict sender would not have written, in the order of the text and at most [`MAX_DEVIATIONS`]; offsets are
    /// those of [`SessionDescription::encode`].
    pub fn deviations(&self) -> Vec<Deviation> {
        let mut notes = Notes { found: Vec::new(), line_ends: true };
        let (placed, len) = self.placed();
        self.whole(&mut notes, &placed, len);
        let mut levels = Levels::default();
        for line in &placed {
            levels.line(line, &mut notes);
        }
        for (media, line) in self.media.iter().zip(placed.iter().filter(|line| line.kind == 'm')) {
            self.media_rules(media, line, &placed, &mut notes);
        }
        notes.found.sort_by_key(|deviation| deviation.offset);
        notes.found
    }

    /// Rules about the description as a whole.
    fn whole(&self, notes: &mut Notes, placed: &[Placed], len: usize) {
        //= RFC8866-5:mandatory
        for kind in ['o', 's', 't'] {
            if self.line(kind).is_none() {
                notes.push(0, "RFC8866-5:mandatory");
            }
        }
        //= RFC8866-5.7
        if self.line('c').is_none() {
            let mut unconnected = self.media.iter().zip(placed.iter().filter(|line| line.kind == 'm'));
            if let Some((_, line)) = unconnected.find(|(media, _)| media.line('c').is_none()) {
                notes.push(line.offset, "RFC8866-5.7");
            }
        }
        if let Some(last) = placed.last() {
            // What stands behind the last line begins with another line end.
            let behind = last.offset.saturating_add(last.octets());
            if behind < len {
                notes.line_end(behind);
            }
        }
        for BundleFault { line, requirement } in self.bundle_faults() {
            let at = placed.iter().filter(|placed| placed.media == line.media && placed.kind == 'a');
            let at =
                at.filter(|placed| Attribute::of(&placed.value).name.as_str() == line.name).nth(line.index);
            notes.push(at.map_or(0, |placed| placed.offset), requirement);
        }
    }

    /// Rules that bind the lines of one media description together.
    fn media_rules(&self, media: &MediaDescription, line: &Placed, placed: &[Placed], notes: &mut Notes) {
        let own = |name: &'static str| {
            placed.iter().filter(move |other| other.media == line.media && other.is_attribute(name))
        };
        if media.is_rtp() {
            for format in &media.formats {
                //= RFC8866-5.14:rtp
                let Some(number) = payload_type(format) else {
                    notes.push(line.offset, "RFC8866-5.14:rtp");
                    continue;
                };
                //= RFC8866-6.6:dynamic
                if (96..=127).contains(&number) && media.rtpmap(number).is_none() {
                    notes.push(line.offset, "RFC8866-6.6:dynamic");
                }
            }
            for map in own("rtpmap") {
                let known = RtpMap::parse(map.attribute_value()).map_or(true, |map| {
                    media.formats.iter().any(|format| decimal(format) == Some(map.payload_type))
                });
                if !known {
                    notes.push(map.offset, "RFC8866-6.6");
                }
            }
        }
        //= RFC8866-6.15:format
        for parameters in own("fmtp") {
            let known = FormatParameters::parse(parameters.attribute_value()).map_or(true, |read| {
                media.formats.iter().any(|format| read.format.eq_ignore_ascii_case(format))
            });
            if !known {
                notes.push(parameters.offset, "RFC8866-6.15:format");
            }
        }
        //= RFC8866-6.7:once
        let directions = placed.iter().filter(|other| {
            other.media == line.media && other.kind == 'a' && Direction::of_attribute(&other.value).is_some()
        });
        for further in directions.skip(1) {
            notes.push(further.offset, "RFC8866-6.7:once");
        }
        if media.is_floor_control() {
            self.floor_rules(media, line, placed, notes);
        }
    }

    /// Rules of TS 24.379 and TS 24.380 about the two streams of this service.
    fn floor_rules(&self, media: &MediaDescription, line: &Placed, placed: &[Placed], notes: &mut Notes) {
        //= 24.379-6.2.1:floor
        if media.protocol.as_str() != "udp" || !media.formats.iter().any(|format| format.as_str() == "MCPTT")
        {
            notes.push(line.offset, "24.379-6.2.1:floor");
        }
        //= 24.379-6.2.1:audio
        let speech = placed.windows(2).filter_map(|pair| match pair {
            [first, second] if first.kind == 'm' => Some((first, second)),
            _ => None,
        });
        for (audio, next) in speech.filter(|(audio, _)| audio.value.starts_with("audio ")) {
            let titled = next.kind == 'i' && next.value.as_str() == "speech";
            if !titled
                && !self
                    .media
                    .get(audio.media.unwrap_or(usize::MAX))
                    .is_some_and(MediaDescription::is_refused)
            {
                notes.push(audio.offset, "24.379-6.2.1:audio");
            }
        }
        let own = placed.iter().filter(|other| other.media == line.media && other.is_attribute("fmtp"));
        for fmtp in own {
            let value = fmtp.attribute_value();
            let Some((format, parameters)) = value.split_once(' ') else { continue };
            if !format.eq_ignore_ascii_case("MCPTT") {
                continue;
            }
            let at = fmtp.value_offset().saturating_add("fmtp:MCPTT ".len());
            match super::McpttFmtp::examine(parameters) {
                Ok(read) => {
                    for deviation in read.deviations {
                        notes.push(at.saturating_add(deviation.offset), deviation.requirement);
                    }
                }
                //= 24.380-12.1:grammar
                Err(error) => notes.push(at.saturating_add(error.offset), "24.380-12.1:grammar"),
            }
        }
    }

    /// Every line with its place in the written text, and the length of that text.
    fn placed(&self) -> (Vec<Placed>, usize) {
        let session = self.lines.iter().map(|line| (None, line.kind, line.value.clone(), line.end));
        let media = self.media.iter().enumerate().flat_map(|(index, media)| {
            let head = (Some(index), 'm', media.media_line(), media.line_end());
            let below = media.lines.iter();
            std::iter::once(head)
                .chain(below.map(move |line| (Some(index), line.kind, line.value.clone(), line.end)))
        });
        let mut offset = 0_usize;
        let mut placed: Vec<Placed> = Vec::new();
        for (media, kind, value, end) in session.chain(media) {
            // The writer ends a line that another one follows.
            if let Some(last) = placed.last_mut().filter(|last| last.end == LineEnd::None) {
                last.end = LineEnd::CrLf;
                offset = offset.saturating_add(LineEnd::CrLf.as_str().len());
            }
            let line = Placed { media, kind, value, end, offset };
            offset = offset.saturating_add(line.octets());
            placed.push(line);
        }
        (placed, offset.saturating_add(self.tail_octets()))
    }
}

/// A line and where it begins.
struct Placed {
    /// Index of the media description it belongs to; `None` in the session.
    media: Option<usize>,
    kind: char,
    value: ByteStr,
    end: LineEnd,
    offset: usize,
}

impl Placed {
    fn octets(&self) -> usize {
        self.value.len().saturating_add(2).saturating_add(self.end.as_str().len())
    }

    fn value_offset(&self) -> usize {
        self.offset.saturating_add(2)
    }

    fn is_attribute(&self, name: &str) -> bool {
        let value = self.value.strip_prefix(name);
        self.kind == 'a' && value.is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
    }

    fn attribute_value(&self) -> &str {
        self.value.split_once(':').map_or("", |(_, value)| value)
    }
}

struct Notes {
    found: Vec<Deviation>,
    /// Whether every line has ended properly so far; one report is enough.
    line_ends: bool,
}

impl Notes {
    fn push(&mut self, offset: usize, requirement: &'static str) {
        if self.found.len() < MAX_DEVIATIONS {
            self.found.push(Deviation { offset, requirement });
        }
    }

    fn line_end(&mut self, offset: usize) {
        //= RFC8866-5:line-end
        if std::mem::take(&mut self.line_ends) {
            self.push(offset, "RFC8866-5:line-end");
        }
    }
}

/// Walks the lines of a session, then of each media description, and checks each in its place.
#[derive(Default)]
struct Levels {
    media: Option<usize>,
    /// The furthest place a line of this level has had so far.
    place: u8,
    /// Which single lines this level has had.
    seen: Vec<char>,
    last_kind: Option<char>,
}

impl Levels {
    fn line(&mut self, line: &Placed, notes: &mut Notes) {
        if line.kind == 'm' {
            self.media = line.media;
            self.place = 0;
            self.seen.clear();
            media_line(line, notes);
        } else {
            self.place_of(line, notes);
            value_of(line, self.last_kind, notes);
        }
        self.last_kind = Some(line.kind);
        if line.end != LineEnd::CrLf {
            notes.line_end(line.offset);
        }
    }

    fn place_of(&mut self, line: &Placed, notes: &mut Notes) {
        let (known, place, single) = if self.media.is_none() {
            let single = order::is_single_in_session(line.kind);
            (order::is_known_in_session(line.kind), order::session(line.kind), single)
        } else {
            let single = order::is_single_in_media(line.kind);
            (order::is_known_in_media(line.kind), order::media(line.kind), single)
        };
        //= RFC8866-5:letter
        if !known {
            notes.push(line.offset, "RFC8866-5:letter");
            return;
        }
        //= RFC8866-5:order
        if place < self.place {
            notes.push(line.offset, "RFC8866-5:order");
        }
        self.place = self.place.max(place);
        //= RFC8866-5:once
        if single && self.seen.contains(&line.kind) {
            notes.push(line.offset, "RFC8866-5:once");
        } else if single {
            self.seen.push(line.kind);
        }
    }
}

fn media_line(line: &Placed, notes: &mut Notes) {
    let mut tokens = line.value.split([' ', '\t']).filter(|token| !token.is_empty());
    let (kind, port, protocol) = (tokens.next(), tokens.next(), tokens.next());
    let protocol_fits = |protocol: &str| protocol.split('/').all(is_token);
    let no_ports =
        port.and_then(|port| port.split_once('/')).is_some_and(|(_, count)| decimal(count) == Some(0_u32));
    //= RFC8866-5.14
    let fits = is_evenly_spaced(&line.value)
        && kind.is_some_and(is_token)
        && protocol.is_some_and(protocol_fits)
        && tokens.all(is_token)
        && !no_ports;
    if !fits {
        notes.push(line.value_offset(), "RFC8866-5.14");
    }
}

/// The value of a line that is not `m=`.
fn value_of(line: &Placed, before: Option<char>, notes: &mut Notes) {
    let value = line.value.as_str();
    let at = |error: DecodeError| line.value_offset().saturating_add(error.offset);
    match line.kind {
        //= RFC8866-5.2
        'o' if !is_evenly_spaced(value) => notes.push(line.value_offset(), "RFC8866-5.2"),
        //= RFC8866-5.3
        's' if value.is_empty() => notes.push(line.offset, "RFC8866-5.3"),
        'c' => {
            let multicast = Connection::parse(value).and_then(|connection| connection.multicast());
            match multicast {
                Err(error) => notes.push(at(error), "RFC8866-5.7:multicast"),
                Ok(_) if !is_evenly_spaced(value) => notes.push(line.value_offset(), "RFC8866-5.7"),
                Ok(_) => {}
            }
        }
        'b' => {
            if let Err(error) = Bandwidth::parse(value) {
                notes.push(at(error), "RFC8866-5.8");
            }
        }
        //= RFC8866-5.9
        't' if !is_evenly_spaced(value) => notes.push(line.value_offset(), "RFC8866-5.9"),
        'r' => {
            if let Err(error) = Repeat::parse(value) {
                notes.push(at(error), "RFC8866-5.10");
            } else if !matches!(before, Some('t' | 'r')) {
                notes.push(line.offset, "RFC8866-5.10");
            }
        }
        'z' => {
            if let Err(error) = ZoneAdjustments::parse(value) {
                notes.push(at(error), "RFC8866-5.11");
            }
        }
        //= RFC8866-5.12
        'k' => notes.push(line.offset, "RFC8866-5.12"),
        'a' => {
            let attribute = Attribute::of(&line.value);
            if let Some(fault) = attribute::examine(&attribute, line.media.is_none()) {
                notes.push(line.value_offset().saturating_add(fault.offset), fault.requirement);
            }
        }
        _ => {}
    }
}
