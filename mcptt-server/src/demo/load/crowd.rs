//! The user equipments of many calls on a few sockets: each has an address of its own in 127.64.0.0/10.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Path;
use mcptt_codec::floor::{FloorMessage, MessageSequenceNumber};
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
/// How often voice makes one ask when the next timer is due: it starts none that is shorter than seconds (T103), and puts
/// off those that run.
const BETWEEN_QUESTIONS: Duration = Duration::from_millis(200);
const DSCP_SIP: u8 = 24;
const DSCP_VOICE: u8 = 46;
const DSCP_FLOOR: u8 = 40;

/// What a member has seen; members are numbered within the crowd.
#[derive(Debug)]
pub enum Seen {
    /// Somebody's voice.
    Voice { ssrc: Ssrc, timestamp: u32 },
    /// A Floor Idle, repetitions included, as it arrived, with its number.
    FloorIdle(MessageSequenceNumber),
    /// Anything else its equipment reports; apart, so that voice is not carried about in the room for it.
    Event(Box<UeEvent>),
}

/// Members of whole calls, pumped together on one thread.
pub struct Crowd {
    members: Members,
    received: Received,
}

struct Members {
    equipment: Vec<UserEquipment>,
    /// The address before that of the first member here.
    before: u32,
    audio_port: u16,
    floor_port: u16,
    sockets: Sockets,
    timers: Schedule,
    /// When each was asked last when its next timer is due.
    asked: Vec<Option<Instant>>,
    seen: VecDeque<(usize, Instant, Seen)>,
}

impl Crowd {
    /// The members of `calls`, `members` in each, not registered yet. `first` of all are in other crowds before them. The audio
    /// of deaf ones is dropped by the kernel.
    pub fn new(
        world: &World,
        calls: Range<usize>,
        members: usize,
        first: usize,
        deaf: bool,
    ) -> Result<Self, DemoError> {
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
        let before = ADDRESSES + u32::try_from(first).unwrap_or_default();
        let equipment: Vec<_> = calls
            .flat_map(|call| (0..members).map(move |member| (call, member)))
            .zip(1..)
            .map(|((call, member), number)| {
                let address = IpAddr::V4(Ipv4Addr::from(before + number));
                world.equipment(call, member, ports.map(|port| SocketAddr::new(address, port)))
            })
            .collect();
        let members = Members {
            timers: Schedule::new(equipment.len()),
            asked: vec![None; equipment.len()],
            equipment,
            before,
            audio_port: audio.local().port(),
            floor_port: floor.local().port(),
            sockets: Sockets::attach(vec![sip, audio, floor]).map_err(DemoError::io("sockets"))?,
            seen: VecDeque::new(),
        };
        Ok(Self { members, received: Received::new() })
    }

    /// How many members there are.
    pub fn len(&self) -> usize {
        self.members.equipment.len()
    }

    /// Gives a member's equipment a command.
    pub fn command(&mut self, now: Instant, member: usize, command: UeCommand) {
        self.members.equipment[member].command(now, command);
        self.members.settle(now, member);
    }

    /// Lets a member send a frame, if it has the floor; the RTP timestamp it was sent with.
    pub fn speak(&mut self, now: Instant, member: usize, frame: &[u8]) -> Option<(Ssrc, u32)> {
        let spoken = self.members.equipment[member].send_voice(now, frame);
        self.members.settle(now, member);
        spoken
    }

    /// Whether a member is in a call.
    pub fn is_in_call(&self, member: usize) -> bool {
        self.members.equipment[member].call().is_some()
    }

    /// What was seen first of what nobody has looked at yet: by whom, when and what.
    pub fn next_seen(&mut self) -> Option<(usize, Instant, Seen)> {
        self.members.seen.pop_front()
    }

    /// Sends what is to be sent, lets timers act, and then takes what arrives, or waits for it until `wake`.
    pub async fn turn(&mut self, wake: Instant) {
        let Self { members, received } = self;
        members.act(clock::now());
        members.sockets.flush(|_, _| {});
        let wake = members.timers.next().map_or(wake, |next| next.min(wake));
        tokio::select! {
            biased;
            () = poll_fn(|cx| members.sockets.poll_receive(cx, received)) => {
                for (path, bytes) in received.iter() {
                    members.receive(path, bytes);
                }
            }
            () = tokio::time::sleep_until(wake.into()) => {}
        }
    }
}

impl Members {
    /// Lets timers act.
    fn act(&mut self, now: Instant) {
        while let Some(member) = self.timers.take(now) {
            self.equipment[member].handle_timeout(now);
            self.settle(now, member);
        }
    }

    fn receive(&mut self, path: Path, bytes: &[u8]) {
        let Some(member) = self.member(path) else { return };
        let (now, bytes) = (clock::now(), Bytes::copy_from_slice(bytes));
        if path.local.port() == self.floor_port
            && let Ok(decoded) = FloorMessage::decode(&bytes)
            && let FloorMessage::Idle(idle) = decoded.value
        {
            let number = idle.sequence.unwrap_or_default();
            self.seen.push_back((member, now, Seen::FloorIdle(number)));
        }
        self.equipment[member].handle_datagram(now, path, &bytes);
        self.carry_out(now, member);
        let asked = self.asked[member].filter(|_| path.local.port() == self.audio_port);
        if asked.is_none_or(|asked| now.saturating_duration_since(asked) >= BETWEEN_QUESTIONS) {
            self.ask(now, member);
        }
    }

    /// Whose address a datagram was sent to.
    fn member(&self, path: Path) -> Option<usize> {
        let IpAddr::V4(address) = path.local.ip() else { return None };
        let number = u32::from(address).checked_sub(self.before)?.checked_sub(1)?;
        usize::try_from(number).ok().filter(|member| *member < self.equipment.len())
    }

    fn settle(&mut self, now: Instant, member: usize) {
        self.carry_out(now, member);
        self.ask(now, member);
    }

    fn carry_out(&mut self, now: Instant, member: usize) {
        while let Some(output) = self.equipment[member].poll_output() {
            match output {
                // UDP may lose it; every protocol above repeats what matters.
                UeOutput::Transmit(transmit) => drop(self.sockets.send(transmit, |_, _| {})),
                UeOutput::Event(UeEvent::Voice { ssrc, timestamp, .. }) => {
                    self.seen.push_back((member, now, Seen::Voice { ssrc, timestamp }));
                }
                UeOutput::Event(event) => self.seen.push_back((member, now, Seen::Event(Box::new(event)))),
                // The crowd speaks UDP.
                UeOutput::Stream(_) => {}
            }
        }
    }

    /// Asks when the next timer of a member is due.
    fn ask(&mut self, now: Instant, member: usize) {
        self.asked[member] = Some(now);
        self.timers.set_at_latest(member, self.equipment[member].poll_timeout());
    }
}
