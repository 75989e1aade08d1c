//! TCP segments back to the SIP messages that they carry, in bounded memory.
//!
//! Each direction of a connection is a stream of its own. Segments may come again, out of order or overlapping; what comes
//! first counts. Octets that never come are a gap, which is counted: reading goes on at the next segment that starts like
//! a SIP message. A stream that does not start like SIP is passed over.
//!
//! A message belongs to the packet that made it whole: also when that packet waited behind a gap that was given up later.

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use etherparse::TcpSlice;
use mcptt_codec::sip::{Frame, Framer, Limits, PING, PONG};

/// Directions of connections that are followed at one time.
pub(super) const MAX_STREAMS: usize = 1024;
/// Octets that wait behind a gap of one stream.
pub(super) const MAX_WAITING: usize = 1 << 18;
/// Octets of a start line.
const MAX_START_LINE: usize = 8192;

type Key = (SocketAddr, SocketAddr);

/// What was missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Gaps {
    /// Places at which octets of a SIP stream are missing.
    pub count: u64,
    /// Octets that are missing there.
    pub octets: u64,
    /// Places at which a stream could not be cut into messages.
    pub broken: u64,
}

/// The streams of a capture.
#[derive(Default)]
pub(super) struct Streams {
    streams: BTreeMap<Key, Stream>,
    pub(super) gaps: Gaps,
}

/// Where a segment came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Arrival {
    /// Position of its packet in the file, from 1.
    pub(super) number: u64,
    pub(super) time: Duration,
    /// Comments of its packet.
    pub(super) comments: Vec<String>,
}

impl Arrival {
    /// Octets that remembering it takes.
    fn octets(&self) -> usize {
        self.comments.iter().map(String::len).sum()
    }
}

/// A segment that waits for those before it.
struct Waiting {
    arrival: Arrival,
    payload: Vec<u8>,
}

impl Waiting {
    fn octets(&self) -> usize {
        self.payload.len() + self.arrival.octets()
    }
}

struct Stream {
    /// Sequence number of the octet that comes next.
    next: Option<u32>,
    /// The last packet to come of those whose octets have been read.
    latest: Arrival,
    /// Segments ahead of it, by distance from the first one that waited.
    waiting: BTreeMap<u64, Waiting>,
    waiting_octets: usize,
    /// What `waiting` counts from.
    base: u32,
    content: Content,
    /// Whether octets are missing, so that what comes next may be the middle of a message.
    lost: bool,
    last: Duration,
}

enum Content {
    /// The start line is not complete, or a message start is being looked for.
    Unknown { head: Vec<u8>, segments: u64 },
    /// SIP.
    Sip(Box<Framer>),
    /// Something else.
    Other,
}

impl Content {
    const fn new() -> Self {
        Self::Unknown { head: Vec::new(), segments: 0 }
    }
}

/// What a segment led to.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Taken {
    /// Messages that are whole, each with the packet that made it so.
    pub(super) messages: VecDeque<(Arrival, Bytes)>,
    /// Segments that turned out to belong to a SIP stream, this one included.
    pub(super) segments: u64,
}

impl Streams {
    /// Takes a segment.
    pub(super) fn take(&mut self, key: Key, segment: &TcpSlice<'_>, arrival: Arrival) -> Taken {
        let (mut taken, now) = (Taken::default(), arrival.time);
        if !self.streams.contains_key(&key) && self.streams.len() >= MAX_STREAMS {
            let oldest = self.streams.iter().min_by_key(|(_, stream)| stream.last).map(|(key, _)| *key);
            oldest.map(|oldest| self.streams.remove(&oldest));
        }
        let stream = self.streams.entry(key).or_insert_with(|| Stream {
            next: None,
            latest: Arrival::default(),
            waiting: BTreeMap::new(),
            waiting_octets: 0,
            base: 0,
            content: Content::new(),
            lost: false,
            last: now,
        });
        stream.last = now;
        let mut sequence = segment.sequence_number();
        if segment.syn() {
            // A new connection with the same addresses.
            sequence = sequence.wrapping_add(1);
            stream.next = Some(sequence);
            stream.content = Content::new();
            stream.lost = false;
            stream.waiting.clear();
            stream.waiting_octets = 0;
        }
        let payload = segment.payload();
        if !payload.is_empty() {
            stream.put(sequence, payload, arrival, &mut self.gaps, &mut taken);
        }
        if segment.fin() || segment.rst() {
            stream.finish(&mut self.gaps, &mut taken);
            if segment.rst() {
                self.streams.remove(&key);
            }
        }
        taken
    }

    /// The capture is over: what waits behind a gap is read as far as that goes.
    pub(super) fn finish(&mut self) -> Vec<(Key, Taken)> {
        let mut all = Vec::new();
        for (key, mut stream) in std::mem::take(&mut self.streams) {
            let mut taken = Taken::default();
            stream.finish(&mut self.gaps, &mut taken);
            all.push((key, taken));
        }
        all
    }
}

impl Stream {
    fn put(&mut self, sequence: u32, payload: &[u8], arrival: Arrival, gaps: &mut Gaps, taken: &mut Taken) {
        let next = *self.next.get_or_insert(sequence);
        // Half the circle of sequence numbers lies ahead, half behind.
        let ahead = sequence.wrapping_sub(next).cast_signed();
        if ahead > 0 {
            self.wait(sequence, Waiting { arrival, payload: payload.to_vec() });
            while self.waiting_octets > MAX_WAITING {
                self.skip_gap(gaps, taken);
            }
            return;
        }
        let known = ahead.unsigned_abs() as usize;
        let Some(fresh) = payload.get(known..).filter(|fresh| !fresh.is_empty()) else {
            self.sent_again(taken);
            return;
        };
        self.read(fresh, arrival, gaps, taken);
        self.read_waiting(gaps, taken);
    }

    /// A segment of which every octet has been read before.
    fn sent_again(&mut self, taken: &mut Taken) {
        match &mut self.content {
            Content::Sip(_) => taken.segments += 1,
            Content::Unknown { segments, .. } => *segments += 1,
            Content::Other => {}
        }
    }

    fn wait(&mut self, sequence: u32, segment: Waiting) {
        if self.waiting.is_empty() {
            // Others may come that are further back, but not further than what is expected next.
            self.base = self.next.unwrap_or(sequence);
        }
        let at = u64::from(sequence.wrapping_sub(self.base));
        let longer = self.waiting.get(&at).is_none_or(|other| other.payload.len() < segment.payload.len());
        if longer {
            self.waiting_octets += segment.octets();
            let before = self.waiting.insert(at, segment).map_or(0, |other| other.octets());
            self.waiting_octets -= before;
        }
    }

    /// Reads segments that have become the next ones.
    fn read_waiting(&mut self, gaps: &mut Gaps, taken: &mut Taken) {
        while let Some((at, segment)) = self.waiting.pop_first() {
            let position = u64::from(self.next.unwrap_or(self.base).wrapping_sub(self.base));
            if at > position {
                self.waiting.insert(at, segment);
                return;
            }
            self.waiting_octets -= segment.octets();
            let known = usize::try_from(position - at).unwrap_or(usize::MAX);
            match segment.payload.get(known..).filter(|fresh| !fresh.is_empty()) {
                Some(fresh) => self.read(fresh, segment.arrival, gaps, taken),
                None => self.sent_again(taken),
            }
        }
    }

    /// Gives up what is missing before the first segment that waits.
    fn skip_gap(&mut self, gaps: &mut Gaps, taken: &mut Taken) {
        let Some((at, _)) = self.waiting.first_key_value() else { return };
        let resumed = self.base.wrapping_add(u32::try_from(*at).unwrap_or(u32::MAX));
        if let Some(next) = self.next.filter(|_| !matches!(self.content, Content::Other)) {
            gaps.count += 1;
            gaps.octets += u64::from(resumed.wrapping_sub(next));
            self.lost = true;
            self.content = Content::new();
        }
        self.next = Some(resumed);
        self.read_waiting(gaps, taken);
    }

    fn finish(&mut self, gaps: &mut Gaps, taken: &mut Taken) {
        while !self.waiting.is_empty() {
            self.skip_gap(gaps, taken);
        }
    }

    /// Reads octets that follow on those before.
    fn read(&mut self, octets: &[u8], arrival: Arrival, gaps: &mut Gaps, taken: &mut Taken) {
        self.next = self.next.map(|next| next.wrapping_add(octets.len() as u32));
        if self.latest.number <= arrival.number {
            self.latest = arrival;
        }
        match &mut self.content {
            Content::Other => {}
            Content::Sip(_) => {
                taken.segments += 1;
                self.cut(octets, gaps, taken);
            }
            Content::Unknown { head, segments } => {
                head.extend_from_slice(octets);
                *segments += 1;
                let head = std::mem::take(head);
                match starts_like_sip(&head) {
                    None if head.len() <= MAX_START_LINE => {
                        self.content = Content::Unknown { head, segments: *segments };
                    }
                    Some(true) => {
                        taken.segments += *segments;
                        self.content = Content::Sip(Box::new(Framer::new(Limits::default())));
                        self.cut(&head, gaps, taken);
                    }
                    // In the middle of a message: one of the next segments may start another.
                    _ if self.lost => self.content = Content::new(),
                    _ => self.content = Content::Other,
                }
            }
        }
    }

    /// Cuts octets into messages.
    fn cut(&mut self, mut octets: &[u8], gaps: &mut Gaps, taken: &mut Taken) {
        let Content::Sip(framer) = &mut self.content else { return };
        loop {
            match framer.take(&mut octets) {
                Ok(Some(frame)) => {
                    let message = match frame {
                        Frame::Message(message) => message,
                        Frame::Ping => Bytes::from_static(PING),
                        Frame::Pong => Bytes::from_static(PONG),
                    };
                    taken.messages.push_back((self.latest.clone(), message));
                }
                Ok(None) => return,
                Err(_) => {
                    gaps.broken += 1;
                    self.lost = true;
                    self.content = Content::new();
                    return;
                }
            }
        }
    }
}

/// Whether octets start like a SIP message; `None` while their first line is not complete.
fn starts_like_sip(octets: &[u8]) -> Option<bool> {
    let start = octets.iter().position(|octet| !matches!(octet, b'\r' | b'\n'))?;
    let line = &octets[start..];
    let method = line.iter().take_while(|octet| octet.is_ascii_uppercase() || **octet == b'-').count();
    if method == line.len() && method <= 32 {
        return None;
    }
    if line.starts_with(b"SIP/2.0 ") {
        return Some(true);
    }
    if !matches!(line.get(method), Some(b' ' | b'/')) || method == 0 {
        return Some(false);
    }
    let end = line.iter().position(|octet| matches!(octet, b'\r' | b'\n'))?;
    Some(line[..end].ends_with(b" SIP/2.0"))
}
