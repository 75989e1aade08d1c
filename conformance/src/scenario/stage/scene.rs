//! What the stages without signalling have alike: time that is told, a network, the frames that crossed it, and voice.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::id::Ssrc;

use super::{Stage, voice};
use crate::capture::Frame;
use crate::rig::{Disturbance, EPOCH, Network, Unmet};
use crate::scenario::{self, Action, Kind};

/// One packet of voice.
const PACKET_TIME: Duration = Duration::from_millis(20);

/// Time and the network.
pub(super) struct Scene {
    pub(super) began: Instant,
    pub(super) now: Instant,
    pub(super) network: Network,
    pub(super) frames: Vec<Frame>,
}

impl Scene {
    pub(super) fn new() -> Self {
        let now = mcptt_server::testing::t0();
        Self { began: now, now, network: Network::new(0), frames: Vec::new() }
    }

    /// Since the beginning.
    pub(super) fn passed(&self) -> Duration {
        self.now.saturating_duration_since(self.began)
    }

    /// Notes a frame.
    pub(super) fn frame(&mut self, source: SocketAddr, destination: SocketAddr, payload: &Bytes) {
        let number = u64::try_from(self.frames.len()).unwrap_or(u64::MAX).saturating_add(1);
        self.frames.push(Frame {
            number,
            time: EPOCH + self.passed(),
            source,
            destination,
            transport: Default::default(),
            payload: payload.clone(),
            truncated: false,
            comments: Vec::new(),
        });
    }

    /// Sends a datagram at this moment.
    pub(super) fn send(&mut self, from: SocketAddr, to: SocketAddr, octets: Bytes) {
        self.network.send(self.now, from, to, octets);
    }

    /// The datagram that arrives by this moment, if there is one.
    pub(super) fn deliver(&mut self) -> Option<(SocketAddr, SocketAddr, Bytes)> {
        self.network.deliver(self.now)
    }

    /// Something is to happen to datagrams of a client with these ports.
    pub(super) fn disturb(&mut self, one: &scenario::Disturbance, audio: SocketAddr, floor: SocketAddr) {
        let port = if one.kind == Kind::Floor { floor } else { audio };
        let (effect, count, inbound) = (one.effect, one.count, one.to_client);
        self.network.disturb(Disturbance { effect, count, port, inbound });
    }
}

/// The voice of a client.
pub(super) struct Talk {
    pub(super) ssrc: Ssrc,
    /// Sequence number of the next packet.
    pub(super) sequence: u16,
    until: Option<Instant>,
    next: Instant,
}

impl Talk {
    pub(super) fn new(ssrc: Ssrc) -> Self {
        Self { ssrc, sequence: 0, until: None, next: mcptt_server::testing::t0() }
    }

    /// Speaks from now on, for that long.
    pub(super) fn start(&mut self, now: Instant, duration: Duration) {
        self.until = Some(now + duration);
        self.next = now;
    }

    pub(super) const fn stop(&mut self) {
        self.until = None;
    }

    /// When the next packet is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.until.filter(|until| self.next < *until).map(|_| self.next)
    }

    /// The packet that is due, if it may be sent; its time passes either way.
    pub(super) fn due(&mut self, now: Instant, may_send: bool) -> Option<Bytes> {
        self.next().filter(|at| *at <= now)?;
        self.next += PACKET_TIME;
        if may_send { self.packet() } else { None }
    }

    /// The next packet, whether or not anybody speaks.
    pub(super) fn packet(&mut self) -> Option<Bytes> {
        let octets = voice(self.ssrc, self.sequence);
        self.sequence = self.sequence.wrapping_add(1);
        octets
    }
}

/// A stage whose time passes from one event to the next.
pub(super) trait Played {
    fn scene(&self) -> &Scene;

    fn scene_mut(&mut self) -> &mut Scene;

    /// Carries out a step.
    fn perform(&mut self, action: &Action) -> Result<(), Unmet>;

    /// Moves datagrams until nothing is due at this instant.
    fn settle(&mut self);

    /// When something happens by itself next.
    fn next_wake(&self) -> Option<Instant>;

    /// Lets happen what is due at this instant.
    fn wake(&mut self);
}

impl<T: Played> Stage for T {
    fn act(&mut self, action: &Action) -> Result<(), Unmet> {
        self.perform(action)?;
        self.settle();
        Ok(())
    }

    fn advance(&mut self, to: Duration) {
        let end = self.scene().began + to;
        self.settle();
        while let Some(next) = self.next_wake().filter(|next| *next <= end) {
            let scene = self.scene_mut();
            scene.now = scene.now.max(next);
            self.wake();
            self.settle();
        }
        let scene = self.scene_mut();
        scene.now = scene.now.max(end);
        self.settle();
    }

    fn frames(&self) -> &[Frame] {
        &self.scene().frames
    }
}
