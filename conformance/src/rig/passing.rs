//! How time passes: by jumps around our own node, by itself around a remote target.
//!
//! A pause in a scenario stands for "everything that was caused has happened". On virtual time any pause is long enough. At a remote
//! target on a busy machine a fixed one is not: an [`Onlooker`] looks at the frames as the judge does, and a pause goes on until
//! nothing is due any more, at most as long as the profile lets the target take for an answer.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::transport::{Hop, SipPath, StreamEvent, Transport};

use super::{Actor, Rig, Target, Unmet};
use crate::capture::{Frame, Transport as Carrier};
use crate::judge::{Judge, Profile};
use crate::tamper::Relay;
use mcptt_server::ue::UeEvent;

/// Longest wait of a scenario for something that should happen at once.
const PATIENCE: Duration = Duration::from_secs(5);
/// The same at a remote target, whose machine may be slow.
const PATIENCE_AT_REMOTE: Duration = Duration::from_secs(20);
/// A pause of a scenario up to this long waits for what happens at once, not for a timer.
const AT_ONCE: Duration = Duration::from_millis(100);
/// How often it is looked whether everything has come to its end.
const LOOK: Duration = Duration::from_millis(5);
/// A datagram may be followed by another one for at least this long.
const LEAST_QUIET: Duration = Duration::from_millis(10);

/// Looks on as the judge does, to say when nothing is under way any more.
pub(super) struct Onlooker {
    judge: Judge,
    /// Longest wait.
    answer: Duration,
    /// Silence that is taken for the end.
    quiet: Duration,
    /// When something came last that is no voice.
    last: Option<Instant>,
}

impl Onlooker {
    fn new(profile: Profile) -> Self {
        let (answer, quiet) = (profile.answer(), profile.jitter.saturating_add(profile.way_and_back()));
        Self { judge: Judge::new(profile), answer, quiet: quiet.max(LEAST_QUIET), last: None }
    }

    fn sees(&mut self, at: Instant, frame: &Frame) {
        self.judge.observe(frame);
        // RTP of version 2 whose payload type is none of RTCP's: it goes on and on.
        let [first, second, ..] = *frame.payload else { return };
        let is_voice = first >> 6 == 2 && !(192..=223).contains(&second);
        if !is_voice {
            self.last = self.last.max(Some(at));
        }
    }

    fn is_over(&mut self, now: Instant, time: Duration) -> bool {
        let silent = self.last.is_none_or(|last| now.saturating_duration_since(last) >= self.quiet);
        silent && self.judge.is_settled(time)
    }
}

impl Rig {
    /// Pauses at a remote target last until what is due by this profile has come.
    pub(crate) fn look_on(&mut self, profile: &Profile) {
        if matches!(self.target, Target::Remote(_)) {
            self.onlooker = Some(Box::new(Onlooker::new(profile.clone())));
        }
    }

    /// Waits for what was caused and has not come yet.
    fn let_come_to_an_end(&mut self) {
        let Some(answer) = self.onlooker.as_ref().map(|onlooker| onlooker.answer) else { return };
        let end = self.now + answer;
        while self.now < end {
            let (now, time) = (self.now, self.time());
            if self.onlooker.as_mut().is_none_or(|onlooker| onlooker.is_over(now, time)) {
                return;
            }
            self.wait(end.min(now + LOOK));
            self.wake();
        }
    }

    fn patience(&self) -> Duration {
        match &self.target {
            Target::Own(_) => PATIENCE,
            Target::Remote(_) => PATIENCE_AT_REMOTE,
        }
    }

    /// Pauses of scenarios are so many times as long from now on: the timers of the target are.
    pub(crate) fn scale_time(&mut self, factor: f64) {
        self.time_scale = factor;
    }

    pub(super) fn scaled(&self, duration: Duration) -> Duration {
        // What is waited for at once does not become any faster.
        if self.time_scale == 1.0 || duration <= AT_ONCE {
            return duration;
        }
        duration.mul_f64(self.time_scale).max(AT_ONCE)
    }

    /// Lets `duration` pass with everything that happens in it, so many times as long as the time of scenarios is scaled.
    pub fn advance(&mut self, duration: Duration) {
        self.pass(self.scaled(duration));
    }

    /// Lets this very `duration` pass.
    pub(crate) fn pass(&mut self, duration: Duration) {
        let end = self.now + duration;
        self.settle();
        if matches!(self.target, Target::Remote(_)) {
            while self.now < end {
                self.wait(end);
                self.wake();
            }
            self.let_come_to_an_end();
            return;
        }
        while let Some(next) = self.next_wake().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.wake();
        }
        self.now = end;
        self.settle();
    }

    /// Lets time pass until the client reports what is `wanted`, at most a few seconds.
    ///
    /// # Errors
    /// [`Unmet`] when it does not.
    pub fn expect(
        &mut self,
        actor: Actor,
        what: &'static str,
        mut wanted: impl FnMut(&UeEvent) -> bool,
    ) -> Result<(), Unmet> {
        let end = self.now + self.patience();
        loop {
            self.settle();
            if self.peers[actor.0].events.iter().any(&mut wanted) {
                return Ok(());
            }
            match (&self.target, self.next_wake().filter(|next| *next <= end)) {
                (Target::Remote(_), _) if self.now < end => self.wait(end),
                (Target::Own(_), Some(next)) => self.now = self.now.max(next),
                _ => return Err(Unmet(what)),
            }
            self.wake();
        }
    }

    fn next_wake(&self) -> Option<Instant> {
        let peers = self.peers.iter().flat_map(|peer| {
            let speaks =
                peer.speaks_until.filter(|until| peer.next_packet < *until).map(|_| peer.next_packet);
            [peer.equipment.poll_timeout(), speaks]
        });
        let node = match &self.target {
            Target::Own(node) => node.poll_timeout(),
            Target::Remote(_) => None,
        };
        let relay = self.relay.as_ref().and_then(Relay::next);
        peers.chain([node, self.network.next_delivery(), relay]).flatten().min()
    }

    /// Waits for what comes from a remote target, at most until `end` or until something of ours is due.
    fn wait(&mut self, end: Instant) {
        let until = self.next_wake().map_or(end, |next| next.min(end));
        if let Target::Remote(remote) = &mut self.target {
            remote.wait(until);
        }
        self.take_arrivals();
    }

    /// What has arrived from a remote target becomes frames and is delivered as the network wants.
    pub(super) fn take_arrivals(&mut self) {
        let Target::Remote(remote) = &mut self.target else { return };
        let (now, arrivals) = remote.arrivals();
        let closed = remote.closed();
        for arrival in arrivals {
            self.capture_at(arrival.at, arrival.source, arrival.destination, arrival.payload.clone());
            // Our clients are told later than it came: they cannot have done anything about it before.
            self.now = self.now.max(arrival.at);
            self.network.send(self.now, arrival.source, arrival.destination, arrival.payload);
        }
        self.now = self.now.max(now);
        for (own, peer) in closed {
            let path = SipPath::to(own, Hop::new(Transport::Tcp, peer));
            if let Some(client) = self.peers.iter_mut().find(|client| client.addresses[0] == own) {
                client.equipment.handle_stream(self.now, path, StreamEvent::Closed);
            }
        }
    }

    /// What carries a frame between these.
    fn carrier(&self, source: SocketAddr, destination: SocketAddr) -> Carrier {
        match &self.target {
            Target::Remote(remote) if remote.has_streams(source) || remote.has_streams(destination) => {
                Carrier::Tcp
            }
            _ => Carrier::Udp,
        }
    }

    /// A datagram was on the wire at this moment. Frames are in the order of the wire: what was read late stands where it came.
    pub(super) fn capture_at(
        &mut self,
        at: Instant,
        source: SocketAddr,
        destination: SocketAddr,
        payload: Bytes,
    ) {
        let carrier = self.carrier(source, destination);
        self.capture_as(at, source, destination, carrier, payload);
    }

    /// As [`Rig::capture_at`], of whatever carried it.
    pub(super) fn capture_as(
        &mut self,
        at: Instant,
        source: SocketAddr,
        destination: SocketAddr,
        transport: Carrier,
        payload: Bytes,
    ) {
        let time = self.epoch + at.saturating_duration_since(self.began);
        let later = self.frames.iter().rev().take_while(|frame| frame.time > time).count();
        let index = self.frames.len() - later;
        let frame = Frame {
            number: u64::try_from(index).unwrap_or(u64::MAX).saturating_add(1),
            time,
            source,
            destination,
            transport,
            payload,
            truncated: false,
            comments: Vec::new(),
        };
        if let Some(onlooker) = &mut self.onlooker {
            onlooker.sees(at, &frame);
        }
        self.frames.insert(index, frame);
        for frame in self.frames.iter_mut().skip(index + 1) {
            frame.number = frame.number.saturating_add(1);
        }
    }
}
