mod properties;
mod receiver;
mod sender;
mod transitions;

use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::floor::{
    FloorIdle, FloorMessage, FloorReleaseMultiTalker, FloorTaken, MessageSequenceNumber, Plmn,
};
use mcptt_codec::id::{GroupId, Ssrc};
use mcptt_codec::subchannel::{
    MapGroupToBearer, MbmsSubchannel, MediaLine, SubchannelMessage, Tmgi, UnmapGroupToBearer,
};

use super::sender::State;
use super::{Counter, MbmsSender, SenderOutput, Slot, Timer, TimerSettings};
use crate::testing::t0;

const FUNCTION: Ssrc = Ssrc(0xa1b2_c3d4);
const SERVER: Ssrc = Ssrc(0x0000_5e4e);

fn tmgi() -> Tmgi {
    Tmgi { service_id: [0, 0, 1], plmn: Some(Plmn([0x42, 0xf0, 0x01])) }
}

fn group(name: &str) -> GroupId {
    GroupId::from(format!("sip:{name}@grp.example").as_str())
}

/// A subchannel: the last octet of its multicast address tells which.
fn subchannel(last: u8) -> MbmsSubchannel {
    MbmsSubchannel {
        audio: MediaLine::new(1).unwrap(),
        floor_control: Some((MediaLine::new(2).unwrap(), 20_000)),
        media_port: 20_002,
        address: IpAddr::V4(Ipv4Addr::new(232, 1, 2, last)),
    }
}

fn taken(number: u16) -> Bytes {
    taken_asking(number, false)
}

fn taken_asking(number: u16, ack_requested: bool) -> Bytes {
    let sequence = Some(MessageSequenceNumber(number));
    let taken = FloorTaken { ssrc: SERVER, ack_requested, sequence, ..FloorTaken::default() };
    FloorMessage::Taken(taken).encode().unwrap()
}

fn idle(number: u16) -> Bytes {
    let sequence = Some(MessageSequenceNumber(number));
    FloorMessage::Idle(FloorIdle { ssrc: SERVER, sequence, ..FloorIdle::default() }).encode().unwrap()
}

fn release_multi_talker(talker: u32) -> Bytes {
    let talker_ssrc = Some(Ssrc(talker));
    let message = FloorReleaseMultiTalker { ssrc: SERVER, talker_ssrc, ..FloorReleaseMultiTalker::default() };
    FloorMessage::ReleaseMultiTalker(message).encode().unwrap()
}

fn map(name: &str, last: u8) -> SubchannelMessage {
    SubchannelMessage::MapGroupToBearer(MapGroupToBearer {
        ssrc: FUNCTION,
        group_id: Some(group(name)),
        tmgi: Some(tmgi()),
        subchannel: Some(subchannel(last)),
    })
}

fn unmap(name: &str) -> SubchannelMessage {
    SubchannelMessage::UnmapGroupToBearer(UnmapGroupToBearer { ssrc: FUNCTION, group_id: Some(group(name)) })
}

/// A bearer on a virtual clock.
struct Rig {
    sender: MbmsSender,
    now: Instant,
}

impl Rig {
    /// A bearer with this many subchannels.
    fn with_subchannels(count: u8) -> Self {
        let subchannels: Vec<_> = (1..=count).map(subchannel).collect();
        let sender = MbmsSender::new(tmgi(), FUNCTION, &subchannels, TimerSettings::default());
        Self { sender, now: t0() }
    }

    /// A conversation of group `fire` in this state, on the only subchannel.
    fn in_state(state: State) -> Self {
        let mut rig = Self::with_subchannels(1);
        if state != State::StartStop {
            rig.floor("fire", &taken(1));
        }
        if state == State::Unmapping {
            rig.sender.session_ended(rig.now, &group("fire"));
        }
        assert_eq!(rig.sender.state(&group("fire")), state);
        rig.outputs();
        rig
    }

    fn floor(&mut self, name: &str, packet: &Bytes) -> Option<Slot> {
        self.sender.handle_floor(self.now, &group(name), packet)
    }

    fn advance(&mut self, by: Duration) {
        let end = self.now + by;
        while let Some(next) = self.sender.poll_timeout().filter(|next| *next <= end) {
            self.now = self.now.max(next);
            self.sender.handle_timeout(self.now);
        }
        self.now = end;
    }

    fn outputs(&mut self) -> Vec<SenderOutput> {
        std::iter::from_fn(|| self.sender.poll_output()).collect()
    }

    /// Everything but events.
    fn drain(&mut self) -> Vec<SenderOutput> {
        let mut outputs = self.outputs();
        outputs.retain(|output| !matches!(output, SenderOutput::Event(_)));
        outputs
    }
}

fn control(message: SubchannelMessage) -> SenderOutput {
    SenderOutput::Control(message)
}

fn on(slot: usize, packet: Bytes) -> SenderOutput {
    SenderOutput::Floor { on: Slot(slot), packet }
}

const T15: Duration = Duration::from_secs(30);
const T16: Duration = Duration::from_millis(500);
const T17: Duration = Duration::from_millis(200);

#[test]
fn the_defaults_are_those_of_clause_11() {
    let values = TimerSettings::default();
    let durations = [Timer::T15, Timer::T16, Timer::T17].map(|timer| values.duration(timer));
    assert_eq!((durations, values.limit(Counter::C17)), ([T15, T16, T17], 3));
}
