//! The playout buffer of one source.
//!
//! A talk spurt begins some time after its first packet has come: the target delay, which follows the jitter within the
//! configured bounds. From there on every packet has its place by its timestamp. A packet that is missing when its
//! successor waits costs its place; where nothing waits, the place moves on with the time, so that a network that has
//! become slower is followed and nothing is thrown away that comes next in order.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use bytes::Bytes;

use super::PlayoutSettings;
use super::delay::TargetDelay;
use super::history::History;
use super::sequence::{Place, Sequence, low};

/// The longest payload that is kept: more than any packet of voice has.
const MAX_PAYLOAD: usize = 2_048;
/// Packets of more than this long are unknown (RFC 7587 4.2).
const LONGEST_PACKET: Duration = Duration::from_millis(120);
/// A step of the timestamp of more than this, or backwards, begins a new reckoning.
const LONGEST_STEP: Duration = Duration::from_secs(2);

/// What the buffer has to know of an RTP packet.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VoicePacket {
    /// Sequence number.
    pub sequence: u16,
    /// RTP timestamp.
    pub timestamp: u32,
    /// It opens a talk spurt (RFC 3551 4.1).
    pub marker: bool,
    /// Payload type, as the consumer may have several.
    pub payload_type: u8,
    /// The payload.
    pub payload: Bytes,
}

/// What has become of a packet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// It waits to be played.
    Accepted,
    /// It is there already, or was.
    Duplicate,
    /// Its time is over.
    Late,
    /// Its number is far from all others; believed once another one confirms it.
    Stray,
    /// It is too long to be voice.
    TooLong,
}

/// What is played next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Played {
    /// A packet.
    Packet {
        /// The packet.
        packet: VoicePacket,
        /// It begins a talk spurt.
        opens: bool,
        /// How long it has waited.
        waited: Duration,
    },
    /// Nothing came for this place: to be concealed.
    Missing {
        /// How long it would have been.
        duration: Duration,
        /// The payload of the next packet, if that is there: it may say what is missing.
        following: Option<Bytes>,
        /// It is lost: its successors are there. Otherwise it may still come, and takes its place then.
        lost: bool,
    },
    /// Nothing has come for so long that the talk spurt is over.
    Pause,
}

/// The playout buffer of one source. Packets go in as they come and come out in order, each once.
#[derive(Debug)]
pub struct JitterBuffer {
    settings: PlayoutSettings,
    clock_rate: u32,
    sequence: Sequence,
    waiting: BTreeMap<i64, Waiting>,
    /// What is played next.
    next: Option<i64>,
    history: History,
    /// Timestamp and its count without wraps, of the packet that came last.
    stamp: Option<(u32, i64)>,
    /// Within a talk spurt: the time at which a timestamp is played.
    anchor: Option<(Instant, i64)>,
    /// The timestamp of what is played next, if nothing is missing.
    expected: i64,
    /// Ticks from packet to packet.
    step: i64,
    missing_in_row: u32,
    target: TargetDelay,
    jitter: Duration,
    /// Packets given up because too many waited, or waited for too long.
    given_up: u64,
}

#[derive(Debug)]
struct Waiting {
    packet: VoicePacket,
    stamp: i64,
    came: Instant,
    /// The timestamps before it have nothing to do with its own.
    opens: bool,
}

impl JitterBuffer {
    /// A buffer for a source whose timestamp has `clock_rate` ticks a second.
    pub fn new(settings: PlayoutSettings, clock_rate: u32) -> Self {
        Self {
            clock_rate,
            sequence: Sequence::default(),
            waiting: BTreeMap::new(),
            next: None,
            history: History::default(),
            stamp: None,
            anchor: None,
            expected: 0,
            step: i64::from(clock_rate / crate::audio::FRAMES_PER_SECOND),
            missing_in_row: 0,
            target: TargetDelay::new(&settings),
            jitter: Duration::ZERO,
            given_up: 0,
            settings,
        }
    }

    /// What the network's jitter is at present.
    pub fn jitter_is(&mut self, jitter: Duration) {
        self.jitter = jitter;
    }

    /// The delay that a talk spurt would begin with now.
    pub fn target_delay(&self) -> Duration {
        self.target.of(self.jitter)
    }

    /// Ticks of the timestamp from packet to packet.
    pub const fn step(&self) -> i64 {
        self.step
    }

    /// How many packets wait.
    pub fn len(&self) -> usize {
        self.waiting.len()
    }

    /// Whether none waits.
    pub fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// Packets that were given up because too many waited, or for too long.
    pub const fn given_up(&self) -> u64 {
        self.given_up
    }

    /// A packet has come.
    pub fn push(&mut self, now: Instant, packet: VoicePacket) -> Arrival {
        if packet.payload.len() > MAX_PAYLOAD {
            return Arrival::TooLong;
        }
        let place = match self.sequence.place(packet.sequence) {
            Place::At(place) => place,
            Place::Restarted(place) => {
                self.restart();
                place
            }
            Place::Stray => return Arrival::Stray,
        };
        self.put(now, place, packet)
    }

    /// A packet was recovered from what others say about it.
    pub fn push_recovered(&mut self, now: Instant, packet: VoicePacket) -> Arrival {
        match self.sequence.near(packet.sequence) {
            Some(place) if packet.payload.len() <= MAX_PAYLOAD => self.put(now, place, packet),
            _ => Arrival::Stray,
        }
    }

    /// What is to be played now, if anything is; to be called until it answers `None`.
    pub fn pop(&mut self, now: Instant) -> Option<Played> {
        self.drop_overdue(now);
        let Some((&place, head)) = self.waiting.first_key_value() else { return self.run_dry(now) };
        let next = self.next.unwrap_or(place);
        if self.anchor.is_none() || (head.opens && self.gap_is_over(place, next, now)) {
            return self.open(now, place);
        }
        let missing = place.saturating_sub(next);
        if missing == 0 {
            if self.due(head.stamp).is_some_and(|due| due > now) {
                return None;
            }
            return self.play(now, place, false);
        }
        if self.due(self.expected).is_some_and(|due| due > now) {
            return None;
        }
        let duration = self.time(self.step);
        self.missing_in_row = self.missing_in_row.saturating_add(1);
        if self.missing_in_row > self.settings.concealed {
            // Too much to be made up: the reckoning goes on with what is there.
            self.history.passed(missing);
            self.next = Some(place);
            self.expected = self.waiting.first_key_value().map_or(self.expected, |(_, head)| head.stamp);
            return self.pop(now);
        }
        let following = (missing == 1).then(|| self.waiting.first_key_value()).flatten();
        let following = following.map(|(_, head)| head.packet.payload.clone());
        self.history.passed(1);
        self.next = Some(next.saturating_add(1));
        self.expected = self.expected.saturating_add(self.step);
        Some(Played::Missing { duration, following, lost: true })
    }

    /// When [`pop`](Self::pop) has something to say. `None`: not before another packet comes.
    pub fn next_due(&self) -> Option<Instant> {
        let Some((&place, head)) = self.waiting.first_key_value() else {
            return self.anchor.and_then(|_| self.due(self.expected));
        };
        match self.anchor {
            None => head.came.checked_add(self.target_delay()),
            Some(_) if self.next.is_none_or(|next| next == place) && !head.opens => self.due(head.stamp),
            Some(_) => self.due(self.expected),
        }
    }

    /// The talk spurt is known to be over: what waits is still played, nothing is waited for.
    pub fn spurt_over(&mut self) {
        if self.waiting.is_empty() {
            self.pause();
        }
    }

    fn put(&mut self, now: Instant, place: i64, packet: VoicePacket) -> Arrival {
        if let Some(next) = self.next.filter(|next| place < *next) {
            let before = next.saturating_sub(place);
            if self.history.was_there(before) {
                return Arrival::Duplicate;
            }
            self.history.came_late(before);
            self.target.late();
            return Arrival::Late;
        }
        if self.waiting.contains_key(&place) {
            return Arrival::Duplicate;
        }
        let (stamp, jumped) = self.reckon(packet.timestamp);
        self.learn_step(place, stamp);
        let opens = packet.marker || jumped;
        self.waiting.insert(place, Waiting { packet, stamp, came: now, opens });
        if self.waiting.len() > self.settings.packets {
            self.give_up();
        }
        self.catch_up(now);
        Arrival::Accepted
    }

    /// A timestamp without wraps, and whether it has nothing to do with the one before.
    fn reckon(&mut self, timestamp: u32) -> (i64, bool) {
        let Some((last, count)) = self.stamp else {
            self.stamp = Some((timestamp, 0));
            return (0, false);
        };
        let ahead = i64::from(timestamp.wrapping_sub(last).cast_signed());
        let stamp = count.saturating_add(ahead);
        let longest = self.ticks(LONGEST_STEP);
        let jumped = ahead.unsigned_abs() > longest.unsigned_abs();
        if ahead > 0 || jumped {
            self.stamp = Some((timestamp, stamp));
        }
        (stamp, jumped)
    }

    /// From two packets in a row: how long one is.
    fn learn_step(&mut self, place: i64, stamp: i64) {
        let before = place.checked_sub(1).and_then(|before| self.waiting.get(&before));
        if let Some(before) = before {
            let step = stamp.saturating_sub(before.stamp);
            if step > 0 && step <= self.ticks(LONGEST_PACKET) {
                self.step = step;
            }
        }
    }

    /// The first packet of a talk spurt: played once the target delay is over, whatever was before.
    fn open(&mut self, now: Instant, place: i64) -> Option<Played> {
        let head = self.waiting.get(&place)?;
        // The spurt is reckoned from the packet that came through the network fastest.
        let earliest = self.waiting.values().map_while(|one| {
            let behind = self.time(one.stamp.saturating_sub(head.stamp).max(0));
            (one.stamp == head.stamp || !one.opens).then(|| one.came.checked_sub(behind)).flatten()
        });
        let came = earliest.min().unwrap_or(head.came);
        let due = came.checked_add(self.target_delay())?;
        if due > now {
            return None;
        }
        self.anchor = Some((due, head.stamp));
        if let Some(next) = self.next {
            self.history.passed(place.saturating_sub(next));
        }
        self.next = Some(place);
        self.play(now, place, true)
    }

    fn play(&mut self, now: Instant, place: i64, opens: bool) -> Option<Played> {
        let Waiting { packet, stamp, came, .. } = self.waiting.remove(&place)?;
        self.history.played();
        self.next = Some(place.saturating_add(1));
        self.expected = stamp.saturating_add(self.step);
        self.missing_in_row = 0;
        Some(Played::Packet { packet, opens, waited: now.saturating_duration_since(came) })
    }

    /// Whether a packet that opens a talk spurt may be opened: what is missing before it is not waited for, as it belongs
    /// to what is over.
    fn gap_is_over(&self, place: i64, next: i64, now: Instant) -> bool {
        place == next || self.due(self.expected).is_none_or(|due| due <= now)
    }

    /// Nothing waits.
    fn run_dry(&mut self, now: Instant) -> Option<Played> {
        let due = self.due(self.expected)?;
        if due > now {
            return None;
        }
        self.missing_in_row = self.missing_in_row.saturating_add(1);
        if self.missing_in_row > self.settings.concealed {
            self.pause();
            return Some(Played::Pause);
        }
        // The place stays free, and moves on.
        let duration = self.time(self.step).max(Duration::from_millis(1));
        if let Some((at, _)) = &mut self.anchor {
            *at = at.checked_add(duration).unwrap_or(*at);
        }
        Some(Played::Missing { duration, following: None, lost: false })
    }

    fn pause(&mut self) {
        if self.anchor.take().is_some() {
            self.target.spurt_over();
        }
        self.missing_in_row = 0;
    }

    /// Nothing is known any more about where the source stands.
    fn restart(&mut self) {
        self.given_up = self.given_up.saturating_add(self.waiting.len() as u64);
        self.waiting.clear();
        (self.next, self.stamp, self.history) = (None, None, History::default());
        self.pause();
    }

    /// The oldest packet makes room.
    fn give_up(&mut self) {
        let Some((place, given_up)) = self.waiting.pop_first() else { return };
        self.given_up = self.given_up.saturating_add(1);
        if let Some(next) = self.next {
            self.history.passed(place.saturating_sub(next).saturating_add(1));
        }
        self.next = Some(place.saturating_add(1));
        self.expected = given_up.stamp.saturating_add(self.step);
    }

    /// What came in a burst, so late that everything behind it would be late, too, is given up but for the last piece.
    fn drop_overdue(&mut self, now: Instant) {
        let reference = now.checked_sub(self.settings.most_delay).unwrap_or(now);
        self.give_up_before(reference);
    }

    /// Gives packets up that would have been played before, but not the last one.
    fn give_up_before(&mut self, reference: Instant) {
        while self.waiting.len() > 1
            && self.waiting.first_key_value().is_some_and(|(_, head)| {
                !head.opens && self.due(head.stamp).is_some_and(|due| due < reference)
            })
        {
            self.give_up();
        }
    }

    /// Where the network has become faster again, no more than the most is waited: the reckoning goes back to the target.
    fn catch_up(&mut self, now: Instant) {
        let Some((at, stamp)) = self.anchor else { return };
        let Some((_, newest)) = self.waiting.last_key_value() else { return };
        if newest.opens {
            return;
        }
        let Some(due) = self.due(newest.stamp) else { return };
        let ahead = due.saturating_duration_since(now);
        let most = self.settings.most_delay.saturating_add(self.time(self.step));
        if ahead <= most {
            return;
        }
        let by = ahead.saturating_sub(self.target_delay());
        self.anchor = at.checked_sub(by).map(|at| (at, stamp));
        // What would have been played before now is over, but for the last piece of it.
        let reference = now.checked_sub(self.time(self.step)).unwrap_or(now);
        self.give_up_before(reference);
    }

    fn due(&self, stamp: i64) -> Option<Instant> {
        let (at, anchor) = self.anchor?;
        match stamp.saturating_sub(anchor) {
            ahead @ 0.. => at.checked_add(self.time(ahead)),
            behind => at.checked_sub(self.time(behind.saturating_neg())),
        }
    }

    fn time(&self, ticks: i64) -> Duration {
        let micros = ticks.saturating_mul(1_000_000) / i64::from(self.clock_rate.max(1));
        Duration::from_micros(u64::try_from(micros).unwrap_or_default())
    }

    fn ticks(&self, time: Duration) -> i64 {
        let ticks = time.as_micros().saturating_mul(self.clock_rate.into()) / 1_000_000;
        i64::try_from(ticks).unwrap_or(i64::MAX)
    }

    /// The number on the wire of what is played next.
    pub fn next_sequence(&self) -> Option<u16> {
        self.next.map(low)
    }
}
