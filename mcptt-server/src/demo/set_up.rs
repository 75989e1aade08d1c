//! The world of the demonstration: ports, users, groups, the server thread and the equipments.

use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread::JoinHandle;

use call_control::client::{AudioFormat, ClientConfig};
use call_control::config as cc;
use call_control::transport::Transport;
use mcptt_codec::id::{ClientId, GroupId, McpttId, Ssrc};
use mcptt_codec::sdp::CryptoSuite;
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;
use media_plane::floor::participant::TimerSettings;
use media_plane::receive::PlayoutSettings;
use tokio::sync::mpsc;

use super::DemoError;
use super::fleet::Fleet;
use super::scenario::Scenario;
use super::voice::RTP_TICKS_PER_FRAME;
use crate::driver::udp::BoundSocket;
use crate::driver::{self, Control, Observer, clock};
use crate::node::{Node, NodeConfig};
use crate::ue::{FloorRights, UeConfig, UserEquipment, VoiceSettings};

const LOOPBACK: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);
/// Where the search for a free block of server ports begins, how far apart the blocks are, and how many are tried.
const FIRST_BLOCK: u16 = 31_000;
const BLOCK: u16 = 64;
const BLOCKS: u16 = 100;
/// Members are named after the spelling alphabet; a number follows where it does not suffice.
const NAMES: [&str; 12] =
    ["alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi", "ivan", "judy", "mallory", "olivia"];
/// Highest floor priority a member may ask for.
const MEMBER_PRIORITY: u8 = 5;
/// What the members offer, in the order of preference.
const SUITES: [CryptoSuite; 2] = [CryptoSuite::AeadAes128Gcm, CryptoSuite::AesCm128HmacSha1_80];

/// The configuration of server and members, with everything bound that it names.
pub struct World {
    pub config: NodeConfig,
    /// Until the server takes them.
    sockets: Vec<BoundSocket>,
    members: usize,
    /// Of the floor participants of all members.
    pub timers: TimerSettings,
    /// The sampling rate at which members listen; `None`: they do not.
    pub rate: Option<u32>,
}

impl World {
    /// Finds free ports and lays out users and groups.
    pub fn new(calls: usize, members: usize) -> Result<Self, DemoError> {
        Self::with(calls, members, None, |_| {})
    }

    /// The same, with one more call of `large` members behind the others, and with changes to the configuration.
    pub fn with(
        calls: usize,
        members: usize,
        large: Option<usize>,
        change: impl Fn(&mut NodeConfig),
    ) -> Result<Self, DemoError> {
        for block in 0..BLOCKS {
            let mut config = configuration(FIRST_BLOCK + block * BLOCK, calls, members, large);
            change(&mut config);
            if let Ok(sockets) = driver::bind(&config) {
                let timers = TimerSettings::default();
                return Ok(Self { config, sockets, members, timers, rate: None });
            }
        }
        Err(DemoError::Ports(SocketAddr::new(LOOPBACK, FIRST_BLOCK)))
    }

    /// The group of a call.
    pub fn group(&self, call: usize) -> GroupId {
        group(call)
    }

    /// The equipment of a member that has these addresses for SIP, audio and floor control.
    pub fn equipment(&self, call: usize, member: usize, addresses: [SocketAddr; 3]) -> UserEquipment {
        let [sip, audio, floor] = addresses;
        let (name, index) = (name(call, member, self.members), call * self.members + member);
        let participating = &self.config.call_control.participating;
        let client = ClientConfig {
            transport: Transport::Udp,
            public_user_id: format!("sip:{name}@ims.example.org").as_str().into(),
            mcptt_id: mcptt_id(&name),
            client_id: client_id(index),
            access_token: None,
            address: sip,
            participating_address: participating.address,
            participating_identity: participating.identity.clone(),
            audio,
            floor,
            codecs: vec![AudioFormat {
                payload_type: 96,
                rtpmap: ByteStr::from_static("opus/48000/2"),
                fmtp: Some(ByteStr::from_static("stereo=0;sprop-stereo=0;useinbandfec=1")),
            }],
            dtls: None,
            suites: if self.config.call_control.media.plain_rtp { Vec::new() } else { SUITES.to_vec() },
            answer_mode: AnswerMode::Automatic,
            queueing: true,
            floor_priority: Some(if member == 0 { u8::MAX } else { MEMBER_PRIORITY }),
            registration_expires: 600,
            session_expires: ClientConfig::SESSION_EXPIRES,
            profile: Default::default(),
        };
        let config = UeConfig {
            dtls: None,
            client,
            ssrc: self.ssrc(call, member),
            ticks_per_packet: RTP_TICKS_PER_FRAME,
            floor: FloorRights::default(),
            timers: self.timers.clone(),
            voice: self.voice(),
        };
        UserEquipment::new(config, seed(1 + index), clock::now())
    }

    /// Voice is rendered only where somebody listens to it.
    fn voice(&self) -> VoiceSettings {
        let playout = self.rate.map(|rate| (PlayoutSettings::default(), rate));
        VoiceSettings { playout, ..VoiceSettings::default() }
    }

    /// The SSRC of a member: fixed, so that captures of two runs look alike.
    pub fn ssrc(&self, call: usize, member: usize) -> Ssrc {
        Ssrc(0x1000_0000 + u32::try_from(call * self.members + member).unwrap_or_default())
    }
}

fn group(call: usize) -> GroupId {
    GroupId::new(format!("sip:group-{}@mc.example.org", call + 1))
}

fn name(call: usize, member: usize, members: usize) -> String {
    let index = call * members + member;
    match index / NAMES.len() {
        0 => NAMES[index].to_owned(),
        round => format!("{}-{}", NAMES[index % NAMES.len()], round + 1),
    }
}

fn mcptt_id(name: &str) -> McpttId {
    McpttId::new(format!("sip:{name}@mc.example.org"))
}

fn configuration(base: u16, calls: usize, members: usize, large: Option<usize>) -> NodeConfig {
    let at = |offset: u16| SocketAddr::new(LOOPBACK, base + offset);
    let mut media = cc::MediaConfig::new(LOOPBACK);
    media.audio_ports = base + 2..=base + 9;
    media.floor_ports = base + 10..=base + 13;
    let mut call_control = cc::Config::new(
        cc::ParticipatingFunction {
            address: at(0),
            identity: ByteStr::from_static("sip:participating@mc.example.org"),
            terminating_identity: ByteStr::from_static("sip:terminating@mc.example.org"),
        },
        cc::ControllingFunction {
            address: at(1),
            identity: ByteStr::from_static("sip:groups@mc.example.org"),
        },
        media,
    );
    let large = large.map(|members| (calls, members));
    for (call, count) in (0..calls).map(|call| (call, members)).chain(large) {
        let mut list = Vec::new();
        for member in 0..count {
            let name = name(call, member, members);
            let mut user = cc::User::new(mcptt_id(&name), format!("sip:{name}@ims.example.org").as_str());
            let mut entry = cc::Member::new(mcptt_id(&name));
            // The first member may take the floor in an emergency.
            user.emergency_group_call = member == 0;
            entry.emergency_call = member == 0;
            entry.user_priority = if member == 0 { u8::MAX } else { MEMBER_PRIORITY };
            call_control.users.push(user);
            list.push(entry);
        }
        call_control.groups.push(cc::Group::prearranged(group(call), list));
    }
    let media_plane = media_plane::Config::default();
    NodeConfig { call_control, media_plane, sip_dscp: 24, store: None, server_keys: Vec::new() }
}

/// The name of the server's thread.
pub const SERVER_THREAD: &str = "server";

/// Starts the server on a thread of its own; it hands out its observer when it ends.
pub fn start_server<O: Observer + Send + 'static>(
    world: &mut World,
    control: mpsc::Receiver<Control>,
    mut observer: O,
) -> Result<JoinHandle<Result<O, DemoError>>, DemoError> {
    let node = Node::new(world.config.clone(), seed(0), clock::now())
        .map_err(|error| DemoError::Server(error.to_string()))?;
    let sockets = std::mem::take(&mut world.sockets);
    std::thread::Builder::new()
        .name(SERVER_THREAD.to_owned())
        .spawn(move || {
            tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build()
                .and_then(|runtime| runtime.block_on(driver::run(node, sockets, control, &mut observer)))
                .map_err(DemoError::io("server"))?;
            Ok(observer)
        })
        .map_err(DemoError::io("server thread"))
}

/// The members of one call, each with sockets of its own.
pub fn fleet(world: &World, call: usize) -> Result<Fleet, DemoError> {
    let mut fleet = Fleet::new();
    for member in 0..world.members {
        let name = name(call, member, world.members);
        let [sip, floor] = [0, 0].map(|port| BoundSocket::bind(SocketAddr::new(LOOPBACK, port), 0));
        let (sip, floor) =
            (sip.map_err(DemoError::io("SIP socket"))?, floor.map_err(DemoError::io("floor socket"))?);
        let (audio, rtcp) = even_pair()?;
        let equipment = world.equipment(call, member, [sip.local(), audio.local(), floor.local()]);
        fleet.add(name, equipment, vec![sip, audio, rtcp, floor]).map_err(DemoError::io("sockets"))?;
    }
    Ok(fleet)
}

/// An even port for RTP and the next one for RTCP (RFC 3550 11).
fn even_pair() -> Result<(BoundSocket, BoundSocket), DemoError> {
    for _ in 0..BLOCKS {
        let first =
            BoundSocket::bind(SocketAddr::new(LOOPBACK, 0), 46).map_err(DemoError::io("audio socket"))?;
        let port = first.local().port();
        if port % 2 == 0
            && let Ok(second) = BoundSocket::bind(SocketAddr::new(LOOPBACK, port + 1), 46)
        {
            return Ok((first, second));
        }
    }
    Err(DemoError::Ports(SocketAddr::new(LOOPBACK, 0)))
}

fn client_id(index: usize) -> ClientId {
    ClientId::new(format!("urn:uuid:00000000-0000-4000-8000-{index:012x}"))
}

/// Fixed seeds: a demonstration is to be repeated. A deployment draws its seed from the operating system.
fn seed(index: usize) -> [u8; 32] {
    let mut seed = [0x5a; 32];
    for (octet, value) in seed.iter_mut().zip(index.to_be_bytes()) {
        *octet = value;
    }
    seed
}

/// Runs all calls at the same time; one result each.
pub async fn run_all(scenarios: &mut [Scenario<'_>]) -> Vec<Result<(), DemoError>> {
    let mut running: Vec<_> = scenarios.iter_mut().map(|scenario| Box::pin(scenario.run())).collect();
    let mut ends: Vec<Option<Result<(), DemoError>>> = running.iter().map(|_| None).collect();
    let all = std::future::poll_fn(|cx| {
        let mut pending = false;
        for (future, end) in running.iter_mut().zip(&mut ends) {
            if end.is_none() {
                match future.as_mut().poll(cx) {
                    std::task::Poll::Ready(result) => *end = Some(result),
                    std::task::Poll::Pending => pending = true,
                }
            }
        }
        if pending { std::task::Poll::Pending } else { std::task::Poll::Ready(()) }
    });
    all.await;
    drop(running);
    ends.into_iter().flatten().collect()
}
