//! One call: its floor control server, its legs, and who owns which SSRC.
//!
//! What the legs send is taken in by [`receive`], what they are sent goes out through [`send`].

mod early;
mod listeners;
mod mixing;
mod quality;
mod receive;
mod reporting;
mod send;

use std::collections::{HashMap, VecDeque};
use std::time::{Duration, Instant};

use mcptt_codec::id::{CallRef, LegRef, Ssrc};

use crate::config::Config;
use crate::counters::Counters;
use crate::distribution::DistributionSettings;
use crate::distributor::{EarlyMedia, FanOut};
use crate::floor::server::general::State;
use crate::floor::{BufferLimits, FloorControlServer, FloorSignalling};
use crate::leg::Leg;
use crate::output::Output;
use crate::quality::Spurts;
use crate::receive::NtpClock;
use crate::signalling::CallSettings;

use reporting::Reporting;

/// What a call uses of the media plane it belongs to.
pub(crate) struct Context<'a> {
    pub(crate) now: Instant,
    pub(crate) config: &'a Config,
    /// What sender reports say about the time.
    pub(crate) clock: &'a NtpClock,
    pub(crate) fan_out: &'a mut FanOut,
    pub(crate) counters: &'a mut Counters,
    pub(crate) outputs: &'a mut VecDeque<Output>,
    /// Calls of the media plane in which a mixer works.
    pub(crate) mixers: &'a mut usize,
}

/// One call.
pub(crate) struct Call {
    reference: CallRef,
    pub(crate) floor: FloorControlServer,
    /// SSRC of the floor control server.
    ssrc: Ssrc,
    /// In ascending order of their references: found by bisection, walked from end to end by a fan-out.
    legs: Vec<Leg>,
    /// Who hears without taking part.
    listeners: Vec<Leg>,
    /// Whose audio an SSRC is: as signalled, as announced, or as used with permission.
    owners: HashMap<Ssrc, LegRef>,
    /// What is said before anybody hears it; `None` once that is past.
    early: Option<EarlyMedia>,
    /// How many legs have their audio protected here.
    protected_legs: usize,
    /// Whether there is floor control; without it everybody is heard until the call is released.
    floor_control: bool,
    released: bool,
    /// What is distributed is handed out for recording.
    record: bool,
    /// Who talks, and how well that arrives.
    spurts: Spurts,
    /// Whose request waits for the floor, since when. Few at a time.
    asked: Vec<(LegRef, Instant)>,
    distribution: DistributionSettings,
    mixing: Box<mixing::Mixing>,
    reporting: Reporting,
    /// What passes is the participants' own secret.
    sealed: bool,
}

impl Call {
    pub(crate) fn new(
        reference: CallRef,
        floor: FloorControlServer,
        ssrc: Ssrc,
        buffer: Option<BufferLimits>,
        spurts: Spurts,
        settings: &CallSettings,
        report_interval: Option<Duration>,
    ) -> Self {
        Self {
            reference,
            floor,
            ssrc,
            legs: Vec::new(),
            listeners: Vec::new(),
            owners: HashMap::new(),
            early: buffer.map(EarlyMedia::new),
            protected_legs: 0,
            floor_control: true,
            released: false,
            record: false,
            spurts,
            asked: Vec::new(),
            distribution: settings.distribution,
            mixing: Box::new(mixing::Mixing::of(settings)),
            sealed: settings.sealed,
            reporting: Reporting::new(report_interval.filter(|_| !settings.sealed), ssrc),
        }
    }

    /// The same, with what is distributed handed out for recording, or not.
    pub(crate) fn recorded(self, record: bool) -> Self {
        Self { record, ..self }
    }

    /// The same without floor control.
    pub(crate) fn without_floor_control(mut self) -> Self {
        (self.floor_control, self.early) = (false, None);
        self
    }

    pub(crate) fn legs(&self) -> &[Leg] {
        &self.legs
    }

    pub(crate) fn has_leg(&self, leg: LegRef) -> bool {
        self.position(leg).is_ok()
    }

    /// The SSRCs that were given out to the floor control server and to the participants.
    pub(crate) fn sources(&self) -> Vec<Ssrc> {
        std::iter::once(self.ssrc).chain(self.legs.iter().filter_map(|leg| leg.announced_ssrc)).collect()
    }

    /// Whether an SSRC is taken, by a participant or by the server.
    pub(crate) fn knows_ssrc(&self, ssrc: Ssrc) -> bool {
        self.ssrc == ssrc || self.owners.contains_key(&ssrc)
    }

    /// A leg, to give it keys.
    pub(crate) fn leg_mut(&mut self, leg: LegRef) -> Option<&mut Leg> {
        match self.position(leg) {
            Ok(place) => self.legs.get_mut(place),
            Err(_) => self.listeners.iter_mut().find(|listener| listener.reference == leg),
        }
    }

    /// Adds a leg, which has no floor control yet.
    pub(crate) fn add_leg(&mut self, leg: Leg, audio_ssrc: Ssrc) {
        if let Err(place) = self.position(leg.reference) {
            self.owners.entry(audio_ssrc).or_insert(leg.reference);
            self.protected_legs += usize::from(!leg.audio_protection.is_transparent());
            self.mixing.join(leg.codec);
            self.legs.insert(place, leg);
        }
    }

    /// Takes a leg out, whose floor control has ended.
    pub(crate) fn remove_leg(&mut self, leg: LegRef) -> Option<Leg> {
        let place = self.position(leg).ok()?;
        self.owners.retain(|_, owner| *owner != leg);
        let removed = self.legs.remove(place);
        self.leave_mixing(leg, removed.codec);
        self.reporting.left(leg);
        self.protected_legs -= usize::from(!removed.audio_protection.is_transparent());
        Some(removed)
    }

    /// Takes all legs out, because the call goes on under another function.
    pub(crate) fn take_legs(&mut self) -> Vec<Leg> {
        self.protected_legs = 0;
        std::mem::take(&mut self.legs)
    }

    pub(crate) fn handle_signalling(&mut self, signalling: FloorSignalling, cx: &mut Context<'_>) {
        self.measure_signalling(&signalling, cx);
        if let FloorSignalling::ReleaseStarted = signalling {
            self.reporting.stop();
        }
        if !self.floor_control {
            //= 24.379-11.1.2.2
            self.released |= matches!(signalling, FloorSignalling::ReleaseStarted);
            return;
        }
        self.floor.handle_signalling(cx.now, signalling);
        self.drain_floor(cx);
        if self.floor.general_state() == State::Releasing {
            //= 24.380-6.3.4.6.2
            self.early = None;
        } else if self.legs.len() > 1 {
            self.begin_early_media(cx);
        }
    }

    pub(crate) fn handle_timeout(&mut self, cx: &mut Context<'_>) {
        self.floor.handle_timeout(cx.now);
        self.drain_floor(cx);
        self.continue_early_media(cx);
        self.continue_mixing(cx);
        self.continue_reporting(cx);
    }

    /// When [`handle_timeout`](Self::handle_timeout) is to be called next.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let early = self.early.as_ref().and_then(EarlyMedia::next);
        let others = [early, self.mixing.poll_timeout(), self.reporting.poll_timeout()];
        self.floor.poll_timeout().into_iter().chain(others.into_iter().flatten()).min()
    }

    /// Whether the audio of any leg is protected here.
    fn protected(&self) -> bool {
        self.protected_legs > 0
    }

    /// Where a leg is, or where it belongs.
    fn position(&self, leg: LegRef) -> Result<usize, usize> {
        self.legs.binary_search_by_key(&leg, |leg| leg.reference)
    }
}
