//! The user equipments of one call on real sockets of their own, pumped together.

use std::collections::HashMap;
use std::future::poll_fn;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

use bytes::Bytes;
use call_control::client::CallId;
use mcptt_codec::id::Ssrc;
use media_plane::receive::SpurtQuality;

use super::voice::{FRAME, Recorder};
use crate::driver::clock;
use crate::driver::udp::{BoundSocket, Received, Sockets};
use crate::ue::{UeCommand, UeEvent, UeOutput, UserEquipment};

/// One user with its equipment.
pub struct Member {
    /// The name in the timeline and in file names.
    pub name: String,
    equipment: UserEquipment,
    sockets: Sockets,
    talk: Option<Talk>,
    /// What is being recorded, from which RTP timestamp on.
    recording: Option<Recording>,
    /// What the last talk spurt that it heard was like.
    quality: Option<SpurtQuality>,
}

/// Frames on their way out, one every 20 ms.
struct Talk {
    frames: Rc<[Vec<u8>]>,
    next: usize,
    due: Instant,
}

struct Recording {
    /// Whose voice is recorded.
    talker: usize,
    recorder: Recorder,
}

/// The members of one call.
pub struct Fleet {
    members: Vec<Member>,
    /// When the capture of each sent frame began, by stream and RTP timestamp.
    spoken: HashMap<(Ssrc, u32), Instant>,
    /// Who speaks with which source: the server gives them with the floor.
    sources: HashMap<Ssrc, usize>,
    /// Mouth-to-ear delays measured since they were last taken.
    mouth_to_ear: Vec<Duration>,
    measure_voice: bool,
    received: Received,
}

impl Fleet {
    /// A fleet without members.
    pub fn new() -> Self {
        Self {
            members: Vec::new(),
            spoken: HashMap::new(),
            sources: HashMap::new(),
            mouth_to_ear: Vec::new(),
            measure_voice: false,
            received: Received::new(),
        }
    }

    /// Adds a member with its bound sockets.
    ///
    /// # Errors
    /// A socket cannot be attached to the runtime.
    pub fn add(
        &mut self,
        name: String,
        equipment: UserEquipment,
        sockets: Vec<BoundSocket>,
    ) -> std::io::Result<()> {
        let sockets = Sockets::attach(sockets)?;
        self.members.push(Member { name, equipment, sockets, talk: None, recording: None, quality: None });
        Ok(())
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// The name of a member.
    pub fn name(&self, member: usize) -> &str {
        &self.members[member].name
    }

    /// The call a member is in, if it is.
    pub fn call(&self, member: usize) -> Option<CallId> {
        self.members[member].equipment.call()
    }

    /// Gives a member's equipment a command, now; returns that time.
    pub fn command(&mut self, member: usize, command: UeCommand) -> Instant {
        let now = clock::now();
        self.members[member].equipment.command(now, command);
        now
    }

    /// Lets a member speak these frames from now on, as far as it has the floor.
    pub fn talk(&mut self, member: usize, frames: Rc<[Vec<u8>]>) {
        // The first frame leaves when its 20 ms have been spoken.
        self.members[member].talk = Some(Talk { frames, next: 0, due: clock::now() + FRAME });
    }

    /// Starts rendering and recording what a member hears of `talker`.
    pub fn record(&mut self, member: usize, talker: usize, recorder: Recorder) {
        self.command(member, UeCommand::Listen { on: true });
        let member = &mut self.members[member];
        (member.recording, member.quality) = (Some(Recording { talker, recorder }), None);
    }

    /// Stops recording and hands out what was heard, and what it was like if it is over.
    pub fn take_recording(&mut self, member: usize) -> Option<(Recorder, Option<SpurtQuality>)> {
        self.command(member, UeCommand::Listen { on: false });
        let member = &mut self.members[member];
        member.recording.take().map(|recording| (recording.recorder, member.quality.take()))
    }

    /// Whether mouth-to-ear delays are collected.
    pub fn measure_voice(&mut self, measure: bool) {
        self.measure_voice = measure;
    }

    /// The mouth-to-ear delays collected since the last call.
    pub fn take_mouth_to_ear(&mut self) -> Vec<Duration> {
        std::mem::take(&mut self.mouth_to_ear)
    }

    /// Runs everybody until `stop` says so of an event, or for `limit`. Returns whether `stop` did.
    pub async fn run_until(
        &mut self,
        limit: Duration,
        mut stop: impl FnMut(usize, Instant, &UeEvent) -> bool,
    ) -> bool {
        let end = clock::now() + limit;
        loop {
            if self.carry_out(&mut stop) {
                return true;
            }
            let now = clock::now();
            if now >= end {
                return false;
            }
            let wake = self.next_wake().map_or(end, |wake| wake.min(end));
            tokio::select! {
                biased;
                member = Self::receive(&mut self.members, &mut self.received) => {
                    for (path, bytes) in self.received.iter() {
                        let bytes = Bytes::copy_from_slice(bytes);
                        self.members[member].equipment.handle_datagram(clock::now(), path, &bytes);
                    }
                }
                () = tokio::time::sleep_until(wake.into()) => self.on_time(clock::now()),
            }
        }
    }

    /// Runs everybody for `duration`, whatever happens.
    pub async fn run_for(&mut self, duration: Duration) {
        self.run_until(duration, |_, _, _| false).await;
    }

    /// A batch of datagrams for one of the members; which one.
    async fn receive(members: &mut [Member], received: &mut Received) -> usize {
        poll_fn(|cx| {
            let ready =
                members.iter_mut().position(|member| member.sockets.poll_receive(cx, received).is_ready());
            ready.map_or(Poll::Pending, Poll::Ready)
        })
        .await
    }

    fn next_wake(&self) -> Option<Instant> {
        self.members
            .iter()
            .flat_map(|member| [member.equipment.poll_timeout(), member.talk.as_ref().map(|talk| talk.due)])
            .flatten()
            .min()
    }

    fn on_time(&mut self, now: Instant) {
        for (index, member) in self.members.iter_mut().enumerate() {
            if member.equipment.poll_timeout().is_some_and(|at| at <= now) {
                member.equipment.handle_timeout(now);
            }
            while let Some(talk) = member.talk.as_mut().filter(|talk| talk.due <= now) {
                let Some(frame) = talk.frames.get(talk.next) else {
                    member.talk = None;
                    break;
                };
                if let Some((ssrc, timestamp)) = member.equipment.send_voice(now, frame) {
                    self.sources.insert(ssrc, index);
                    self.spoken.insert((ssrc, timestamp), talk.due - FRAME);
                }
                talk.next += 1;
                talk.due += FRAME;
            }
        }
    }

    /// Sends what wants to be sent and shows every event; true once `stop` says so.
    fn carry_out(&mut self, stop: &mut impl FnMut(usize, Instant, &UeEvent) -> bool) -> bool {
        let mut stopped = false;
        for index in 0..self.members.len() {
            while let Some(output) = self.members[index].equipment.poll_output() {
                match output {
                    UeOutput::Transmit(transmit) => {
                        // UDP may lose it; every protocol above repeats what matters.
                        let _ = self.members[index].sockets.send(transmit, |_, _| {});
                    }
                    // Its clients speak UDP.
                    UeOutput::Stream(_) => {}
                    UeOutput::Event(event) => {
                        let now = clock::now();
                        self.hear(index, &event);
                        stopped |= stop(index, now, &event);
                    }
                }
            }
            self.members[index].sockets.flush(|_, _| {});
        }
        stopped
    }

    fn hear(&mut self, index: usize, event: &UeEvent) {
        let member = &mut self.members[index];
        match event {
            UeEvent::Microphone { open: false } => member.talk = None,
            UeEvent::Heard { ssrc, at, timestamps, samples } => {
                let talker = self.sources.get(ssrc);
                if let Some(recording) =
                    member.recording.as_mut().filter(|recording| talker == Some(&recording.talker))
                {
                    recording.recorder.frame(timestamps, samples);
                }
                let spoken = timestamps.iter().filter_map(|timestamp| self.spoken.get(&(*ssrc, *timestamp)));
                if self.measure_voice {
                    self.mouth_to_ear.extend(spoken.map(|spoken| at.saturating_duration_since(*spoken)));
                }
            }
            UeEvent::SpurtHeard { quality, .. } => member.quality = Some(*quality),
            _ => {}
        }
    }
}
