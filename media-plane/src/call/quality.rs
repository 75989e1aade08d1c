//! How well a call goes: its talk spurts, what participants report, how long requests wait for the floor.

use std::time::{Duration, Instant};

use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::LegRef;
use mcptt_codec::rtcp::ReportBlock;

use super::{Call, Context};
use crate::event::Event;
use crate::floor::{self, FloorSignalling, Machine};
use crate::output::Output;
use crate::quality::SpurtQuality;
use crate::receive::round_trip;
use crate::signalling::Indication;

/// A participant that tells a longer way tells something else.
const LONGEST_TRIP: Duration = Duration::from_secs(60);

/// The states in which the media of a participant is distributed.
const TALKS: [&str; 2] = ["U: permitted", "U: pending Floor Revoke"];

impl Call {
    /// Before floor control hears of it: who leaves has talked, and a call that is released is over.
    pub(super) fn measure_signalling(&mut self, signalling: &FloorSignalling, cx: &mut Context<'_>) {
        match signalling {
            FloorSignalling::Left { leg } => {
                self.forget_request(*leg);
                let ended = self.spurts.end(*leg);
                self.note_spurt(*leg, ended, cx);
            }
            FloorSignalling::ReleaseStarted | FloorSignalling::ReleaseFinished => {
                for leg in self.spurts.talkers() {
                    let ended = self.spurts.end(leg);
                    self.note_spurt(leg, ended, cx);
                }
                let (call, summary) = (self.reference, self.spurts.summary(cx.now));
                let event = summary.map(|quality| Event::CallQuality { call, quality });
                cx.outputs.extend(event.map(Output::Event));
            }
            _ => {}
        }
    }

    /// What floor control did: a permission may have ended.
    pub(super) fn measure_change(&mut self, event: &floor::Event, cx: &mut Context<'_>) {
        // Most of what happens, happens while nobody talks.
        if self.spurts.is_silent() {
            return;
        }
        if let floor::Event::StateChanged { machine: Machine::Towards, participant: Some(leg), to, .. } =
            event
            && !TALKS.contains(to)
        {
            let ended = self.spurts.end(*leg);
            self.note_spurt(*leg, ended, cx);
        }
    }

    /// A talk spurt is over.
    pub(super) fn note_spurt(&self, leg: LegRef, ended: Option<SpurtQuality>, cx: &mut Context<'_>) {
        if let Some(quality) = ended {
            cx.counters.spurts += 1;
            cx.counters.media_lost = cx.counters.media_lost.saturating_add(quality.lost);
            let (call, talking) = (self.reference, false);
            cx.outputs.push_back(Output::Event(Event::SpurtEnded { call, leg, quality }));
            cx.outputs.push_back(Output::Indication(Indication::Talking { call, leg, talking }));
        }
    }

    /// What a participant tells about its reception.
    pub(super) fn measure_reports(&mut self, blocks: &[ReportBlock], cx: &mut Context<'_>) {
        for block in blocks {
            self.spurts.report(block);
            let ours = block.ssrc == self.ssrc || self.reporting.has_reported(block.ssrc);
            if let Some(trip) =
                round_trip(cx.now, cx.clock, block).filter(|trip| ours && *trip <= LONGEST_TRIP)
            {
                cx.counters.round_trips.note(trip);
                self.spurts.round_trip(trip);
            }
        }
    }

    /// A floor message has come.
    pub(super) fn measure_request(&mut self, leg: LegRef, message: &FloorMessage, cx: &Context<'_>) {
        match message {
            // Asking again does not shorten the wait.
            FloorMessage::Request(_) if !self.asked.iter().any(|(asking, _)| *asking == leg) => {
                self.asked.push((leg, cx.now));
            }
            FloorMessage::Release(_) => {
                self.forget_request(leg);
            }
            _ => {}
        }
    }

    /// A floor message goes to one participant: the answer to its request, perhaps.
    pub(super) fn measure_answer(&mut self, leg: LegRef, message: &FloorMessage, cx: &mut Context<'_>) {
        match message {
            FloorMessage::Granted(_) => {
                if let Some((_, since)) = self.forget_request(leg) {
                    let waited = cx.now.saturating_duration_since(since);
                    cx.counters.grants.note(waited);
                    if cx.config.note_grants {
                        let waited_us = u64::try_from(waited.as_micros()).unwrap_or(u64::MAX);
                        let event = Event::FloorGranted { call: self.reference, leg, waited_us };
                        cx.outputs.push_back(Output::Event(event));
                    }
                }
            }
            FloorMessage::Deny(_) => {
                self.forget_request(leg);
            }
            _ => {}
        }
    }

    fn forget_request(&mut self, leg: LegRef) -> Option<(LegRef, Instant)> {
        let place = self.asked.iter().position(|(asking, _)| *asking == leg)?;
        Some(self.asked.swap_remove(place))
    }
}
