//! The user equipments of many calls on a few sockets: each has an address of its own in 127.64.0.0/10.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::Ssrc;

use super::super::DemoError;
use super::super::set_up::World;
use super::base;
use super::schedule::Schedule;
use crate::driver::Urgency;
use crate::driver::clock;
use crate::driver::udp::{BoundSocket, Received, Sockets};
use crate::ue::{UeCommand, UeEvent, UeOutput, UserEquipment};

/// The address before that of the first member of all.
const ADDRESSES: u32 = 0x7f40_0000;
/// Ports that are tried until one is even, as RTP wants it.
const TRIES: usize = 100;
const DSCP_SIP: u8 = 24;
const DSCP_VOICE: u8 = 46;
const DSCP_FLOOR: u8 = 40;

/// What a member has seen; members are numbered within the crowd.
#[expect(clippy::large_enum_variant, reason = "handled at once, never kept in bulk")]
#[derive(Debug)]
pub enum Seen {
    /// Somebody's voice.
    Voice { ssrc: Ssrc, timestamp: u32 },
    /// A Floor Idle, repetitions included, as it arrived.
    FloorIdle,
    /// Anything else its equipment reports.
    Event(UeEvent),
}

/// Members of whole calls, pumped together on one thread.
pub struct Crowd {
    equipment: Vec<UserEquipment>,
    /// The address before that of the first member here.
    before: u32,
    floor_port: u16,
    sockets: Sockets,
    received: Received,
    timers: Schedule,
    seen: VecDeque<(usize, Instant, Seen)>,
}

impl Crowd {
    /// The members of `calls`, not registered yet. The audio of deaf ones is dropped by the kernel.
    pub fn new(world: &World, calls: Range<usize>, members: usize, deaf: bool) -> Result<Self, DemoError> {
        let bind = |port, dscp| {
            BoundSocket::bind_everywhere(port, dscp).map_err(DemoError::io("a socket of the load generator"))
        };
        let (sip, floor) = (bind(0, DSCP_SIP)?, bind(0, DSCP_FLOOR)?.with_urgency(Urgency::Urgent));
        let mut tries = (0..TRIES).map(|_| bind(0, DSCP_VOICE));
        let even = |socket: &Result<BoundSocket, _>| {
            socket.as_ref().map_or(true, |socket: &BoundSocket| socket.local().port().is_multiple_of(2))
        };
        let audio = tries.find(even).unwrap_or_else(|| bind(0, DSCP_VOICE))?;
        if deaf {
            base::make_deaf(&audio).map_err(DemoError::io("the filter of a deaf socket"))?;
        }
        let ports = [sip.local().port(), audio.local().port(), floor.local().port()];
        let first = calls.start * members;
        let before = ADDRESSES + u32::try_from(first).unwrap_or_default();
        let equipment: Vec<_> = calls
            .flat_map(|call| (0..members).map(move |member| (call, member)))
            .zip(1..)
            .map(|((call, member), number)| {
                let address = IpAddr::V4(Ipv4Addr::from(before + number));
                world.equipment(call, member, ports.map(|port| SocketAddr::new(address, port)))
            })
            .collect();
        Ok(Self {
            timers: Schedule::new(equipment.len()),
            equipment,
            before,
            floor_port: floor.local().port(),
            sockets: Sockets::attach(vec![sip, audio, floor]).map_err(DemoError::io("sockets"))?,
            received: Received::new(),
            seen: VecDeque::new(),
        })
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.equipment.len()
    }

    /// Gives a member's equipment a command.
    pub fn command(&mut self, now: Instant, member: usize, command: UeCommand) {
        self.equipment[member].command(now, command);
        self.settle(now, member);
    }

    /// Lets a member send a frame, if it has the floor; the RTP timestamp it was sent with.
    pub fn speak(&mut self, now: Instant, member: usize, frame: &[u8]) -> Option<(Ssrc, u32)> {
        let spoken = self.equipment[member].send_voice(now, frame);
        self.settle(now, member);
        spoken
    }

    /// Whether a member is in a call.
    pub fn is_in_call(&self, member: usize) -> bool {
        self.equipment[member].call().is_some()
    }

    /// What was seen first of what nobody has looked at yet: by whom, when and what.
    pub fn next_seen(&mut self) -> Option<(usize, Instant, Seen)> {
        self.seen.pop_front()
    }

    /// Sends what is to be sent, lets timers act, and then takes what arrives, or waits for it until `wake`.
    pub async fn turn(&mut self, wake: Instant) {
        let now = clock::now();
        while let Some(member) = self.timers.take(now) {
            self.equipment[member].handle_timeout(now);
            self.settle(now, member);
        }
        self.sockets.flush(|_, _| {});
        let wake = self.timers.next().map_or(wake, |next| next.min(wake));
        tokio::select! {
            biased;
            () = poll_fn(|cx| self.sockets.poll_receive(cx, &mut self.received)) => self.receive(),
            () = tokio::time::sleep_until(wake.into()) => {}
        }
    }

    fn receive(&mut self) {
        let received = std::mem::take(&mut self.received);
        for (path, bytes) in received.iter() {
            let Some(member) = self.member(path) else { continue };
            let (now, bytes) = (clock::now(), Bytes::copy_from_slice(bytes));
            if path.local.port() == self.floor_port
                && FloorMessage::decode(&bytes)
                    .is_ok_and(|decoded| matches!(decoded.value, FloorMessage::Idle(_)))
            {
                self.seen.push_back((member, now, Seen::FloorIdle));
            }
            self.equipment[member].handle_datagram(now, path, &bytes);
            self.settle(now, member);
        }
        self.received = received;
    }

    /// Whose address a datagram was sent to.
    fn member(&self, path: Path) -> Option<usize> {
        let IpAddr::V4(address) = path.local.ip() else { return None };
        let number = u32::from(address).checked_sub(self.before)?.checked_sub(1)?;
        usize::try_from(number).ok().filter(|member| *member < self.equipment.len())
    }

    fn settle(&mut self, now: Instant, member: usize) {
        let equipment = &mut self.equipment[member];
        while let Some(output) = equipment.poll_output() {
            match output {
                // UDP may lose it; every protocol above repeats what matters.
                UeOutput::Transmit(transmit) => drop(self.sockets.send(transmit, |_, _| {})),
                UeOutput::Event(UeEvent::Voice { ssrc, timestamp, .. }) => {
                    self.seen.push_back((member, now, Seen::Voice { ssrc, timestamp }));
                }
                UeOutput::Event(event) => self.seen.push_back((member, now, Seen::Event(event))),
            }
        }
        let next = equipment.poll_timeout();
        self.timers.set_at_latest(member, next);
    }
}
