//! What an onlooker believes about a call.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use mcptt_codec::floor::MessageSequenceNumber;
use media_plane::signalling::{CallSettings, Entry, FloorParameters};

use super::Facts;
use crate::scenario::Who;

/// Where the call is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Phase {
    #[default]
    Outside,
    Running,
    Releasing,
}

#[derive(Debug, Default)]
pub(super) struct Belief {
    phase: Phase,
    pub(super) broadcast: bool,
    /// The caller asked with the call and nobody has come yet to hear it: until then there is no floor (6.3.2.2).
    pub(super) awaits_listener: bool,
    pub(super) members: BTreeMap<Who, Member>,
    pub(super) holder: Option<Holder>,
    /// Pre-emptors that were not told that they wait.
    pub(super) waiting: BTreeSet<Who>,
    /// Those whose damaged request may have been taken for one.
    pub(super) may_wait: BTreeSet<Who>,
    copies: BTreeMap<Who, Copies>,
    /// When its last messages came in.
    recent: BTreeMap<Who, VecDeque<Duration>>,
}

/// A participant.
#[derive(Debug, Default)]
pub(super) struct Member {
    pub(super) receive_only: bool,
    pub(super) initiator: bool,
    /// It may talk while others do.
    pub(super) talks_beside: bool,
    /// It may have stopped its media.
    pub(super) flow_is_unknown: bool,
    /// It asked and has not been refused or let go since.
    pub(super) asked: bool,
    /// It was told that it waits.
    pub(super) queued: bool,
    /// It was told to stop what it never was allowed to do.
    pub(super) sends_media: bool,
    pub(super) last_taken: Option<MessageSequenceNumber>,
    pub(super) last_idle: Option<MessageSequenceNumber>,
    /// Floor Idle in the present idle period.
    pub(super) idle_copies: u64,
}

/// Who may talk.
#[derive(Debug)]
pub(super) struct Holder {
    pub(super) who: Who,
    /// First packet of this talk spurt.
    pub(super) first_voice: Option<Duration>,
    /// Grant or last packet: T1 runs from here.
    pub(super) alive: Duration,
    /// When it was told to stop.
    pub(super) revoked: Option<Duration>,
    /// A packet has come since.
    pub(super) speaks_on: bool,
    pub(super) released: bool,
    /// It may have let go in the same datagram in which it asked.
    pub(super) uncertain: bool,
    pub(super) left: bool,
    /// What was granted last.
    pub(super) granted: Option<Duration>,
    /// The grant served a request that had to wait.
    pub(super) from_queue: bool,
    /// Floor Granted without a request, the first one included.
    pub(super) copies: u64,
}

impl Holder {
    /// Whether there is a reason for it to lose the floor now.
    pub(super) fn may_end(&self, now: Duration, facts: &Facts) -> bool {
        self.released || self.left || self.uncertain || now >= self.deadline(facts)
    }

    /// When it loses the floor at the latest, if it does nothing.
    pub(super) fn deadline(&self, facts: &Facts) -> Duration {
        match self.revoked {
            // T1 is stopped when it is told to stop and runs again with its next packet.
            Some(at) if self.speaks_on => (at + facts.t3).min(self.alive + facts.t1),
            Some(at) => at + facts.t3,
            None => self.alive + facts.t1,
        }
    }
}

/// Copies of one message in a row.
#[derive(Debug, Default)]
pub(super) struct Copies {
    name: &'static str,
    count: u64,
}

impl Copies {
    pub(super) fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many there are with this one.
    pub(super) fn add(&mut self, name: &'static str) -> u64 {
        if self.name != name {
            (self.name, self.count) = (name, 0);
        }
        self.count += 1;
        self.count
    }
}

impl Belief {
    pub(super) fn begin(&mut self, settings: &CallSettings, facts: &mut Facts) {
        self.phase = Phase::Running;
        self.broadcast = settings.broadcast_initiator.is_some();
        if settings.audio_cut_in {
            facts.t3 = Duration::ZERO;
        }
        if let Some(limit) = settings.talk_limit {
            facts.t2 = limit;
        }
    }

    pub(super) fn join(&mut self, who: Who, entry: Entry, parameters: &FloorParameters) {
        let (initiator, asked) = match entry {
            Entry::Invited => (false, false),
            Entry::Originator { implicit_request } => (true, implicit_request),
            Entry::Joining { implicit_request } => (false, implicit_request),
        };
        let receive_only = parameters.receive_only;
        let talks_beside = parameters.multi_talker_allowed;
        let member = Member { receive_only, initiator, asked, talks_beside, ..Member::default() };
        self.members.insert(who, member);
        self.awaits_listener = self.members.len() < 2 && initiator && asked;
    }

    pub(super) fn leave(&mut self, who: Who) {
        self.members.remove(&who);
        self.waiting.remove(&who);
        self.may_wait.remove(&who);
        self.copies.remove(&who);
        if let Some(holder) = self.holder.as_mut().filter(|holder| holder.who == who) {
            holder.left = true;
        }
        if self.members.is_empty() {
            self.holder = None;
        }
    }

    pub(super) fn release(&mut self, finished: bool) {
        self.phase = if finished { Phase::Outside } else { Phase::Releasing };
        self.holder = None;
        self.waiting.clear();
        self.may_wait.clear();
        if finished {
            self.members.clear();
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.phase == Phase::Running
    }

    pub(super) fn is_member(&self, who: Who) -> bool {
        self.is_running() && self.members.contains_key(&who)
    }

    pub(super) fn holds(&self, who: Who) -> bool {
        self.holder.as_ref().is_some_and(|holder| holder.who == who && !holder.left)
    }

    /// Those who wait for the floor.
    pub(super) fn queue(&self) -> impl Iterator<Item = Who> {
        self.members
            .iter()
            .filter(|(who, member)| member.queued || self.waiting.contains(who))
            .map(|(who, _)| *who)
    }

    pub(super) fn voice(&mut self, who: Who, is_voice: bool, at: Duration) {
        if let Some(holder) = self.holder.as_mut().filter(|holder| is_voice && holder.who == who) {
            holder.first_voice.get_or_insert(at);
            holder.alive = at;
            holder.speaks_on = holder.revoked.is_some();
        }
    }

    pub(super) fn copies(&mut self, who: Who) -> &mut Copies {
        self.copies.entry(who).or_default()
    }

    /// A datagram of floor control came in.
    pub(super) fn count_up(&mut self, who: Who, at: Duration) {
        let recent = self.recent.entry(who).or_default();
        recent.push_back(at);
        while recent.front().is_some_and(|first| *first + Duration::from_secs(2) < at) {
            recent.pop_front();
        }
    }

    /// Whether so many came in lately that the server may have thrown some away.
    pub(super) fn floods(&self, who: Who, rate: usize) -> bool {
        self.recent.get(&who).is_some_and(|recent| recent.len() >= rate)
    }
}
