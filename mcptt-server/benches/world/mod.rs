//! A whole node with calls that were set up through SIP by honest clients, on virtual time and without sockets.
//!
//! The clients are let go once their call stands: what is left is the node, and where each member's streams go.

#![allow(dead_code, reason = "each user takes what it needs")]
#![allow(clippy::unwrap_used, reason = "a configuration and calls that are known to be well formed")]

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

use bytes::BytesMut;
use call_control::client::{AudioFormat, ClientCommand, ClientConfig, ClientEvent, GroupCall};
use call_control::config as cc;
use mcptt_codec::floor::{FloorMessage, FloorRelease, FloorRequest};
use mcptt_codec::id::{ClientId, GroupId, McpttId, Ssrc};
use mcptt_codec::rtp::RtpHeader;
use mcptt_codec::sdp::CryptoSuite;
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;
use mcptt_codec::{Path, Transmit};
use mcptt_server::node::{Input, Node, NodeConfig, Output};
use mcptt_server::ue::{FloorRights, UeCommand, UeConfig, UeEvent, UeOutput, UserEquipment};

/// What a packet of audio stands for.
pub const PACKET_TIME: Duration = Duration::from_millis(20);
/// Octets of a 20 ms Opus frame at 24 kbit/s.
const PAYLOAD: usize = 60;
/// Between the setting up of two calls: transactions of the earlier ones end meanwhile.
const BETWEEN_CALLS: Duration = Duration::from_millis(100);
/// No call ends for want of talk.
const HANG_TIMER: Duration = Duration::from_secs(86_400);

/// Where a member's streams go: its own address and ours.
#[derive(Clone, Copy, Debug)]
pub struct Leg {
    audio: Path,
    floor: Path,
    payload_type: u8,
}

/// What the node has put out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Put {
    pub datagrams: u32,
    pub events: u32,
}

pub struct World {
    pub node: Node,
    pub now: Instant,
    /// The sizes of the calls that are configured.
    sizes: Vec<u32>,
    /// The members of the calls that stand; the first one of each has called the others.
    pub calls: Vec<Vec<Leg>>,
    /// The equipment of the first one of each call, if it is kept.
    pub callers: Vec<UserEquipment>,
    place: Place,
    request: Vec<u8>,
    release: Vec<u8>,
    sequence: u16,
}

impl World {
    /// A node with groups of these sizes and no call.
    pub fn new(now: Instant, sizes: Vec<u32>) -> Self {
        Self::at(now, sizes, Place::default())
    }

    /// The same at other addresses, and with or without keys.
    pub fn at(now: Instant, sizes: Vec<u32>, place: Place) -> Self {
        let node = Node::new(configuration(&sizes, &place), [7; 32], now).unwrap();
        Self {
            node,
            now,
            sizes,
            calls: Vec::new(),
            callers: Vec::new(),
            place,
            request: FloorMessage::Request(FloorRequest::default()).encode().unwrap().to_vec(),
            release: FloorMessage::Release(FloorRelease::default()).encode().unwrap().to_vec(),
            sequence: 0,
        }
    }

    /// Registers the members of the next group and lets the first of them call the others.
    pub fn set_up_next(&mut self) {
        let call = u32::try_from(self.calls.len()).unwrap();
        let first: u32 = self.sizes[..self.calls.len()].iter().sum();
        let size = self.sizes[self.calls.len()];
        let mut members: Vec<_> = (first..first + size)
            .map(|who| UserEquipment::new(client(who, &self.place), seed(who), self.now))
            .collect();
        for command in [
            ClientCommand::Register,
            ClientCommand::PublishSettings,
            ClientCommand::Affiliate { groups: vec![group(call)] },
        ] {
            for member in &mut members {
                member.command(self.now, UeCommand::Client(command.clone()));
            }
            assert_eq!(self.settle(first, &mut members).len(), 0);
        }
        let mut group_call = GroupCall::new(group(call));
        group_call.implicit_request = false;
        members[0].command(self.now, UeCommand::Client(ClientCommand::CallGroup(group_call)));
        let legs = self.settle(first, &mut members);
        assert_eq!(legs.len(), members.len(), "every member is in the call");
        self.calls.push(legs);
        if self.place.keeps_callers {
            self.callers.push(members.swap_remove(0));
        }
        self.pass(BETWEEN_CALLS);
    }

    /// Carries datagrams between the node and the members until all are quiet; where the media of those goes that have come
    /// into a call.
    fn settle(&mut self, first: u32, members: &mut [UserEquipment]) -> Vec<Leg> {
        let mut legs = vec![None; members.len()];
        let mut to_node = VecDeque::new();
        loop {
            for (member, equipment) in members.iter_mut().enumerate() {
                while let Some(output) = equipment.poll_output() {
                    match output {
                        UeOutput::Transmit(transmit) => to_node.push_back(transmit),
                        UeOutput::Event(UeEvent::Client(ClientEvent::CallEstablished(call))) => {
                            let [_, audio, floor] =
                                self.place.addresses(first + u32::try_from(member).unwrap());
                            let path = |remote, local| Path { local, remote };
                            legs[member] = Some(Leg {
                                audio: path(audio, call.remote_audio),
                                floor: path(floor, call.remote_floor.unwrap()),
                                payload_type: call.payload_type,
                            });
                        }
                        _ => {}
                    }
                }
            }
            while let Some(Transmit { path, payload, .. }) = to_node.pop_front() {
                let path = Path { local: path.remote, remote: path.local };
                self.node.handle_input(self.now, Input::Datagram { path, bytes: &payload });
            }
            let mut quiet = true;
            while let Some(output) = self.node.poll_output() {
                let Output::Transmit(Transmit { path, payload, .. }) = output else { continue };
                quiet = false;
                let member = usize::try_from(self.place.number(path.remote.ip()) - first).unwrap();
                let path = Path { local: path.remote, remote: path.local };
                members[member].handle_datagram(self.now, path, &payload);
            }
            if quiet {
                return legs.into_iter().flatten().collect();
            }
        }
    }

    /// Lets time pass, with every timer that is due.
    pub fn pass(&mut self, time: Duration) -> Put {
        self.now += time;
        let mut put = Put::default();
        while self.node.poll_timeout().is_some_and(|at| at <= self.now) {
            self.node.handle_timeout(self.now);
            let more = self.drain();
            put = Put { datagrams: put.datagrams + more.datagrams, events: put.events + more.events };
        }
        put
    }

    /// The first member of a call presses the button, with its equipment, and has the floor.
    pub fn press(&mut self, call: usize) {
        let (caller, now) = (&mut self.callers[call], self.now);
        caller.command(now, UeCommand::PressToTalk { priority: None, indicator: None });
        loop {
            let mut quiet = true;
            while let Some(output) = caller.poll_output() {
                let UeOutput::Transmit(Transmit { path, payload, .. }) = output else { continue };
                quiet = false;
                let path = Path { local: path.remote, remote: path.local };
                self.node.handle_input(now, Input::Datagram { path, bytes: &payload });
            }
            while let Some(output) = self.node.poll_output() {
                let Output::Transmit(Transmit { path, payload, .. }) = output else { continue };
                let own = [self.calls[call][0].audio.remote, self.calls[call][0].floor.remote];
                if own.contains(&path.remote) {
                    let path = Path { local: path.remote, remote: path.local };
                    caller.handle_datagram(now, path, &payload);
                }
            }
            if quiet {
                break;
            }
        }
        assert!(caller.may_send(), "it has the floor");
    }

    /// The next packet that it sends, under the keys that it has.
    pub fn say(&mut self, call: usize) -> Transmit {
        let caller = &mut self.callers[call];
        caller.send_voice(self.now, &[7; PAYLOAD]).unwrap();
        loop {
            match caller.poll_output() {
                Some(UeOutput::Transmit(transmit)) => return transmit,
                Some(_) => {}
                None => panic!("a packet"),
            }
        }
    }

    /// Takes a packet of voice; how many datagrams go out for it.
    pub fn forward(&mut self, path: Path, packet: &[u8]) -> u32 {
        self.node.handle_input(self.now, Input::Datagram { path, bytes: packet });
        self.drain().datagrams
    }

    /// The first member of a call asks for the floor.
    pub fn request(&mut self, call: usize) -> Put {
        let path = self.calls[call][0].floor;
        self.node.handle_input(self.now, Input::Datagram { path, bytes: &self.request });
        self.drain()
    }

    /// The first member of a call gives the floor back.
    pub fn release(&mut self, call: usize) -> Put {
        let path = self.calls[call][0].floor;
        self.node.handle_input(self.now, Input::Datagram { path, bytes: &self.release });
        self.drain()
    }

    /// The next RTP packet of anybody.
    pub fn packet(&mut self) -> Vec<u8> {
        self.sequence = self.sequence.wrapping_add(1);
        let header = RtpHeader {
            payload_type: self.calls[0][0].payload_type,
            sequence: self.sequence,
            timestamp: u32::from(self.sequence).wrapping_mul(960),
            ssrc: Ssrc(0x5500_0001),
            ..RtpHeader::default()
        };
        let mut packet = BytesMut::new();
        header.encode(&mut packet).unwrap();
        packet.extend_from_slice(&[7; PAYLOAD]);
        packet.to_vec()
    }

    /// An RTP packet of the first member of a call.
    pub fn speak(&mut self, call: usize, packet: &[u8]) -> Put {
        let path = self.calls[call][0].audio;
        self.node.handle_input(self.now, Input::Datagram { path, bytes: packet });
        self.drain()
    }

    fn drain(&mut self) -> Put {
        let mut put = Put::default();
        while let Some(output) = self.node.poll_output() {
            match output {
                Output::Transmit(_) => put.datagrams += 1,
                _ => put.events += 1,
            }
        }
        put
    }
}

fn group(call: u32) -> GroupId {
    GroupId::new(format!("sip:group-{call}@mc.example.org"))
}

fn mcptt_id(who: u32) -> McpttId {
    McpttId::new(format!("sip:user-{who}@mc.example.org"))
}

fn public_id(who: u32) -> String {
    format!("sip:user-{who}@ims.example.org")
}

/// Each client draws tags and keys of its own.
fn seed(who: u32) -> [u8; 32] {
    let mut seed = [0x5a; 32];
    seed[..4].copy_from_slice(&who.to_be_bytes());
    seed
}

/// Where everybody is, and how audio is protected.
#[derive(Clone, Debug)]
pub struct Place {
    pub server: IpAddr,
    /// SIP of the two functions; audio and floor control have the ports behind these.
    pub server_ports: [u16; 2],
    pub first_client: u32,
    /// SIP, audio and floor control of every client.
    pub client_ports: [u16; 3],
    /// Nothing: audio is not protected.
    pub suites: Vec<CryptoSuite>,
    /// The equipment of the callers is kept: they are going to talk.
    pub keeps_callers: bool,
}

impl Default for Place {
    fn default() -> Self {
        Self {
            server: Ipv4Addr::new(192, 0, 2, 1).into(),
            server_ports: [5_060, 5_062],
            first_client: 0x0a00_0000,
            client_ports: [5_060, 40_000, 40_002],
            suites: Vec::new(),
            keeps_callers: false,
        }
    }
}

impl Place {
    fn number(&self, address: IpAddr) -> u32 {
        match address {
            IpAddr::V4(address) => u32::from(address) - self.first_client,
            IpAddr::V6(_) => u32::MAX,
        }
    }

    /// SIP, audio and floor control of a member.
    pub fn addresses(&self, who: u32) -> [SocketAddr; 3] {
        let address = Ipv4Addr::from(self.first_client + who);
        self.client_ports.map(|port| SocketAddr::new(address.into(), port))
    }
}

pub fn configuration(sizes: &[u32], place: &Place) -> NodeConfig {
    let [participating, controlling] = place.server_ports.map(|port| SocketAddr::new(place.server, port));
    let mut media = cc::MediaConfig::new(place.server);
    media.plain_rtp = place.suites.is_empty();
    if place.server_ports != Place::default().server_ports {
        let first = place.server_ports[1] + 2;
        (media.audio_ports, media.floor_ports) = (first..=first + 15, first + 16..=first + 23);
    }
    let mut call_control = cc::Config::new(
        cc::ParticipatingFunction {
            address: participating,
            identity: ByteStr::from_static("sip:participating@mc.example.org"),
            terminating_identity: ByteStr::from_static("sip:terminating@mc.example.org"),
        },
        cc::ControllingFunction {
            address: controlling,
            identity: ByteStr::from_static("sip:groups@mc.example.org"),
        },
        media,
    );
    let mut who = 0;
    for (size, call) in sizes.iter().zip(0..) {
        let mut members = Vec::new();
        for _ in 0..*size {
            call_control.users.push(cc::User::new(mcptt_id(who), public_id(who).as_str()));
            members.push(cc::Member::new(mcptt_id(who)));
            who += 1;
        }
        let mut document = cc::Group::prearranged(group(call), members);
        document.protect_media = !place.suites.is_empty();
        document.hang_timer = Some(HANG_TIMER);
        call_control.groups.push(document);
    }
    let all = usize::try_from(who).unwrap();
    call_control.limits.calls = sizes.len();
    call_control.limits.bindings = all;
    call_control.limits.affiliations = all;
    call_control.limits.relayed_sessions = 2 * all;
    call_control.policy.session_expires = HANG_TIMER;
    // All members are invited at once: what is measured is the work, not the pace.
    call_control.policy.fan_out_rate = 1_000_000;
    let mut media_plane = media_plane::Config::default();
    media_plane.limits.calls = sizes.len();
    NodeConfig { call_control, media_plane, sip_dscp: 24, store: None, server_keys: Vec::new() }
}

fn client(who: u32, place: &Place) -> UeConfig {
    let [address, audio, floor] = place.addresses(who);
    let client = ClientConfig {
        transport: call_control::transport::Transport::Udp,
        public_user_id: public_id(who).as_str().into(),
        mcptt_id: mcptt_id(who),
        client_id: ClientId::new(format!("urn:uuid:00000000-0000-4000-8000-{who:012x}")),
        access_token: None,
        address,
        participating_address: SocketAddr::new(place.server, place.server_ports[0]),
        participating_identity: ByteStr::from_static("sip:participating@mc.example.org"),
        audio,
        floor,
        codecs: vec![AudioFormat {
            payload_type: 96,
            rtpmap: ByteStr::from_static("opus/48000/2"),
            fmtp: None,
        }],
        dtls: None,
        suites: place.suites.clone(),
        answer_mode: AnswerMode::Automatic,
        queueing: true,
        floor_priority: Some(1),
        registration_expires: 86_400,
        session_expires: HANG_TIMER,
        profile: Default::default(),
    };
    let (ssrc, floor) = (Ssrc(0x1000_0000 + who), FloorRights::default());
    UeConfig {
        dtls: None,
        client,
        ssrc,
        ticks_per_packet: 960,
        floor,
        timers: Default::default(),
        voice: Default::default(),
    }
}
