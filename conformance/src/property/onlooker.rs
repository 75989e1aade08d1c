//! Somebody who sees what reaches the server and what it sends, knows who was put into the call, and judges.
//!
//! It works turn by turn: one input of the server with everything that followed from it at once. What it believes about
//! the floor it concludes from messages alone.

mod belief;
mod rules;
mod shared;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use mcptt_codec::Deviation;
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::rtcp::{self, requirement};
use mcptt_codec::rtp::RtpHeader;
use mcptt_server::node::NodeConfig;
use media_plane::floor::server::{Counter, Timer};

use super::Breach;
use crate::scenario::{Happening, MediaStage, Moment, Who};
use belief::Belief;
use shared::Shared;

/// Something that holds whatever happens.
#[derive(Clone, Copy, Debug)]
pub struct Invariant {
    /// Its number.
    pub number: u8,
    /// A requirement that says so.
    pub requirement: &'static str,
    /// In words.
    pub text: &'static str,
}

const fn invariant(number: u8, requirement: &'static str, text: &'static str) -> Invariant {
    Invariant { number, requirement, text }
}

/// What holds whatever happens in a call. Number 0 is that nothing panics.
pub const INVARIANTS: &[Invariant] = &[
    invariant(
        1,
        "24.380-6.3.4.4.2:single",
        "no more participants hold the floor than may: one; as many as the group says; in dual floor one and who talks over it",
    ),
    invariant(2, "24.380-6.3.4.3.3:2", "the floor is granted only to somebody who asked and may talk"),
    invariant(3, "24.380-6.3.5.4.7", "nobody both talks and waits, and no position is beyond those who wait"),
    invariant(
        4,
        "24.380-6.3.4.4.5:4",
        "voice of the holder reaches each other participant once, voice of others nobody",
    ),
    invariant(5, "24.380-6.3.4.4.2:3", "each grant is announced to each other participant exactly once"),
    invariant(6, "24.380-6.3.4.3.2:3", "nobody is told that the floor is idle while somebody talks or waits"),
    invariant(
        7,
        "24.380-6.3.4.3.3:once",
        "each request has one answer, or waits for a talker that is being revoked",
    ),
    invariant(
        8,
        "24.380-6.3.4.4.3",
        "the floor is taken from its holder for a reason, and not later than its timers say",
    ),
    invariant(
        9,
        "24.380-8.2.3.10",
        "sequence numbers of Floor Taken and of Floor Idle grow at each receiver",
    ),
    invariant(
        10,
        "24.380-6.3.5.8.2",
        "nothing is sent to somebody who is not in the call, or while it is released",
    ),
    invariant(11, "24.380-11.2.3:c7", "no message is repeated beyond its counter"),
    invariant(
        12,
        "24.380-8.2.3.3",
        "the time that is granted never exceeds T2 and never grows in one talk spurt",
    ),
];

/// What is configured.
#[derive(Clone, Copy, Debug)]
struct Facts {
    t1: Duration,
    t2: Duration,
    t3: Duration,
    t11: Duration,
    t12: Duration,
    c7: u64,
    c20: u64,
    c100: u64,
    c101: u64,
    /// Messages that one participant may send in a second before they are thrown away.
    rate: usize,
}

/// One input of the server and what followed from it.
#[derive(Debug, Default)]
struct Turn {
    at: Duration,
    frame: u64,
    /// Messages that came in, and whether each is one that nothing can be said against.
    up: Vec<(Who, FloorMessage, bool)>,
    /// Voice that came in; `None` inside: octets that are no packet of voice.
    voice: Option<(Who, Option<(u32, u16)>)>,
    joined: Option<Who>,
    /// Messages that went out, in order.
    down: Vec<(Who, FloorMessage)>,
    /// Packets of voice that went out.
    voice_down: Vec<(Who, Option<(u32, u16)>)>,
}

impl Turn {
    /// Whether several messages of a client came in one datagram: which answer belongs to which cannot be told.
    fn several_of(&self, who: Who) -> bool {
        self.up.iter().filter(|(from, ..)| *from == who).count() > 1
    }
}

pub(super) struct Onlooker {
    facts: Facts,
    belief: Belief,
    /// Where more than one may talk.
    shared: Option<Shared>,
    /// By invariant, how often there was something to judge.
    pub(super) judged: BTreeMap<u8, u64>,
}

/// What was found: which invariant, and how it was broken.
type Found = (u8, String);

impl Onlooker {
    pub(super) fn new(stage: &MediaStage) -> Self {
        let facts = Facts::of(stage.config());
        Self { facts, belief: Belief::default(), shared: None, judged: BTreeMap::new() }
    }

    /// Watches everything until `end`; stops at the first breach.
    pub(super) fn watch(&mut self, moments: &[Moment], end: Duration) -> Result<(), Breach> {
        let mut turn = Turn::default();
        let mut number = 0;
        for moment in moments {
            if moment.turn != number {
                self.conclude(std::mem::take(&mut turn))?;
                number = moment.turn;
            }
            // What clients do is no part of the server's turn.
            if !matches!(moment.what, Happening::Sent(..) | Happening::Button(_)) {
                (turn.at, turn.frame) = (moment.at, moment.frame);
            }
            let before = self.before(moment, &mut turn);
            before.map_err(|(invariant, what)| Breach {
                invariant,
                at: moment.at,
                frame: moment.frame,
                what,
            })?;
        }
        self.conclude(turn)?;
        let last = moments.last().map_or(0, |moment| moment.frame);
        self.overdue(end).map_err(|(invariant, what)| Breach { invariant, at: end, frame: last, what })
    }

    fn conclude(&mut self, turn: Turn) -> Result<(), Breach> {
        let (at, frame) = (turn.at, turn.frame);
        self.turn(&turn).map_err(|(invariant, what)| Breach { invariant, at, frame, what })
    }

    /// Takes in one moment; what the server does about it is judged when the turn is over.
    fn before(&mut self, moment: &Moment, turn: &mut Turn) -> Result<(), Found> {
        let at = moment.at;
        match &moment.what {
            Happening::Began(settings) => {
                self.belief.begin(settings, &mut self.facts);
                self.shared = Shared::of(settings);
            }
            Happening::Joined(who, entry, parameters) => {
                self.overdue(at)?;
                self.belief.join(*who, *entry, parameters);
                turn.joined = Some(*who);
            }
            Happening::Left(who) => {
                self.overdue(at)?;
                self.belief.leave(*who);
                if let Some(shared) = &mut self.shared {
                    shared.left(*who);
                    if self.belief.members.is_empty() {
                        shared.ended();
                    }
                }
            }
            Happening::ReleaseStarted | Happening::ReleaseFinished => {
                self.overdue(at)?;
                self.belief.release(matches!(moment.what, Happening::ReleaseFinished));
                self.shared.iter_mut().for_each(Shared::ended);
            }
            Happening::FloorUp(who, octets) => {
                self.overdue(at)?;
                self.belief.count_up(*who, at);
                // For who sends media without permission there is no procedure but Floor Release, whatever comes with it.
                let heard = self.belief.members.get(who).is_none_or(|member| !member.sends_media);
                turn.up.extend(messages(octets).map(|(message, clean)| (*who, message, clean && heard)));
            }
            Happening::VoiceUp(who, octets) => {
                self.overdue(at)?;
                turn.voice = Some((*who, packet(octets)));
                let is_voice = turn.voice.is_some_and(|(_, packet)| packet.is_some());
                self.belief.voice(*who, is_voice, at);
                if let Some(shared) = self.shared.as_mut().filter(|_| is_voice) {
                    shared.voice(*who, at);
                }
            }
            Happening::FloorDown(who, octets) => {
                self.member(*who)?;
                turn.down.extend(messages(octets).map(|(message, _)| (*who, message)));
            }
            Happening::VoiceDown(who, octets) => {
                self.member(*who)?;
                turn.voice_down.push((*who, packet(octets)));
            }
            Happening::Sent(who, octets) => return self.sent(*who, octets),
            Happening::Button(who) => self.belief.copies(*who).clear(),
            Happening::Astray => return Err((10, "something is sent to nobody".into())),
        }
        Ok(())
    }

    fn judge(&mut self, invariant: u8) {
        *self.judged.entry(invariant).or_default() += 1;
    }

    fn member(&mut self, who: Who) -> Result<(), Found> {
        self.judge(10);
        match self.belief.is_member(who) {
            true => Ok(()),
            false => Err((10, format!("something is sent to client {who}, who is not in a running call"))),
        }
    }

    /// Copies of one message that a client's own floor participant sends.
    fn sent(&mut self, who: Who, octets: &Bytes) -> Result<(), Found> {
        for (message, _) in messages(octets) {
            let limit = match message {
                FloorMessage::Request(_) => self.facts.c101,
                FloorMessage::Release(_) => self.facts.c100,
                _ => {
                    self.belief.copies(who).clear();
                    continue;
                }
            };
            self.judge(11);
            let count = self.belief.copies(who).add(message.name());
            if count > limit {
                return Err((11, format!("client {who} sends copy {count} of {}", message.name())));
            }
        }
        Ok(())
    }
}

impl Facts {
    fn of(config: &NodeConfig) -> Self {
        use media_plane::floor::participant;
        let timers = &config.media_plane.timers;
        let own = participant::TimerSettings::default();
        Self {
            t1: timers.duration(Timer::T1),
            t2: timers.duration(Timer::T2),
            t3: timers.duration(Timer::T3),
            t11: timers.duration(Timer::T11),
            t12: timers.duration(Timer::T12),
            c7: timers.limit(Counter::C7).into(),
            c20: timers.limit(Counter::C20).into(),
            c100: own.limit(participant::Counter::C100).into(),
            c101: own.limit(participant::Counter::C101).into(),
            rate: usize::try_from(config.media_plane.limits.floor_rate).unwrap_or(usize::MAX),
        }
    }
}

/// The floor messages of a datagram, each with whether it is without any deviation. One with a field that does not end
/// within it is no message (24.380-8.1.4:overrun).
fn messages(octets: &Bytes) -> impl Iterator<Item = (FloorMessage, bool)> {
    rtcp::split(octets).map_while(Result::ok).filter_map(|packet| {
        let decoded = FloorMessage::decode(&packet).ok()?;
        let overrun = |deviation: &Deviation| deviation.requirement == requirement::OVERRUN;
        if decoded.deviations.iter().any(overrun) {
            return None;
        }
        Some((decoded.value, decoded.deviations.is_empty()))
    })
}

/// SSRC and sequence number of a packet of voice in the format of the call.
fn packet(octets: &Bytes) -> Option<(u32, u16)> {
    let (header, _) = RtpHeader::decode(octets).ok()?;
    (header.payload_type == 97).then_some((header.ssrc.0, header.sequence))
}
