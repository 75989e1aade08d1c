//! Our own clients without a network, judged: they are never blamed, and what they do arms the monitors.

use std::net::{IpAddr, SocketAddr};
use std::time::{Duration, Instant};

use call_control::client::AudioFormat;
use call_control::off_network::{
    OffNetwork, OffNetworkCommand as C, OffNetworkConfig, OffNetworkGroup, OffNetworkOutput, OffNetworkUser,
    TimerSettings,
};
use mcptt_codec::Path;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::monp::{CallType, UtcSeconds};

use super::beyond::of_clients;
use super::world::World;

const SIZE: usize = 4;

fn user(number: usize) -> McpttId {
    format!("sip:user{number}@mc.example.org").as_str().into()
}

fn address(number: usize) -> IpAddr {
    [10, 0, 1, u8::try_from(number + 1).unwrap()].into()
}

fn group() -> GroupId {
    "sip:rescue-1@mc.example.org".into()
}

/// Clients that hear each other two milliseconds later, and the judge who hears everything at once.
struct Air {
    clients: Vec<OffNetwork>,
    /// Who is out of reach.
    away: Option<usize>,
    start: Instant,
    now: Instant,
    flights: Vec<(Instant, usize, Path, bytes::Bytes)>,
    world: World,
}

impl Air {
    fn new() -> Self {
        let start = mcptt_server::testing::t0();
        let client = |number: usize| {
            let others = (0..SIZE).filter(|other| *other != number);
            let config = OffNetworkConfig {
                user: user(number),
                organization: "Rescue".into(),
                address: address(number),
                audio_port: 41_000,
                floor_port: 41_002,
                codec: AudioFormat::amr_wb(),
                groups: vec![OffNetworkGroup::new(group(), [239, 1, 1, 1].into(), 40_000, 40_002)],
                users: others.map(|one| OffNetworkUser { user: user(one), address: address(one) }).collect(),
                max_group_calls: 2,
                max_private_calls: 2,
                automatic_answer: true,
                utc: UtcSeconds::new(1_800_000_000).unwrap(),
                timers: TimerSettings::default(),
            };
            OffNetwork::new(config, [u8::try_from(number).unwrap(); 32], start).unwrap()
        };
        let mut world = World::new();
        of_clients(&mut world);
        world.profile.off_network = true;
        let clients = (0..SIZE).map(client).collect();
        Self { clients, away: None, start, now: start, flights: Vec::new(), world }
    }

    fn command(&mut self, by: usize, command: C) {
        self.clients[by].command(self.now, command);
        self.drain(by);
    }

    fn run(&mut self, milliseconds: u64) {
        let end = self.now + Duration::from_millis(milliseconds);
        loop {
            let timer = self.clients.iter().filter_map(OffNetwork::poll_timeout).min();
            let flight = self.flights.first().map(|flight| flight.0);
            let next = timer.into_iter().chain(flight).min().filter(|next| *next <= end);
            let Some(next) = next else { break };
            self.now = self.now.max(next);
            while self.flights.first().is_some_and(|flight| flight.0 <= self.now) {
                let (_, to, path, octets) = self.flights.remove(0);
                self.clients[to].handle_datagram(self.now, path, &octets);
                self.drain(to);
            }
            for number in 0..SIZE {
                self.clients[number].handle_timeout(self.now);
                self.drain(number);
            }
        }
        self.now = end;
    }

    fn drain(&mut self, by: usize) {
        while let Some(output) = self.clients[by].poll_output() {
            let OffNetworkOutput::Transmit { transmit, .. } = output else { continue };
            if self.away == Some(by) {
                continue;
            }
            let passed = self.now.saturating_duration_since(self.start);
            self.world.at(passed);
            let Path { local, remote } = transmit.path;
            self.world.frame(local, remote, transmit.payload.clone());
            for to in (0..SIZE).filter(|to| *to != by && self.away != Some(*to)) {
                if remote.ip().is_multicast() || remote.ip() == address(to) {
                    let path = Path { local: SocketAddr::new(address(to), remote.port()), remote: local };
                    let at = self.now + Duration::from_millis(2);
                    self.flights.push((at, to, path, transmit.payload.clone()));
                }
            }
        }
    }
}

fn change(call_type: CallType) -> C {
    C::ChangeGroupCall { group: group(), call_type }
}

//= 24.379-10.2:port test
//= 24.379-10.2.2:tfg1 test
//= 24.379-10.2.2:probe test
//= 24.379-10.2.2:dup test
//= 24.379-10.2.3:emergend test
//= 24.379-10.2.3:perilend test
//= 24.379-10.2.4:broadcast test
//= 24.379-10.2.4:end test
//= 24.379-11.2.2:retry test
//= 24.379-11.2.2:ack test
//= 24.379-11.2.2:release test
//= 24.379-11.2.3:cancel test
//= 24.379-12.2:repeat test
//= 24.379-12.2:ack test
//= 24.379-12.2:cancel test
#[test]
fn our_own_clients_do_what_the_monitors_ask_for() {
    let mut air = Air::new();
    let basic = CallType::BASIC_GROUP;
    let private =
        |with, emergency| C::CallUser { user: user(with), manual: false, emergency, location: None };
    // A call, found by one who was away.
    air.away = Some(3);
    air.command(0, C::CallGroup { group: group(), call_type: basic });
    air.run(3_000);
    air.away = None;
    air.command(3, C::CallGroup { group: group(), call_type: basic });
    air.run(60_000);
    // An emergency and an imminent peril, and their ends.
    for urgent in [CallType::EMERGENCY_GROUP, CallType::IMMINENT_PERIL_GROUP] {
        air.command(1, change(urgent));
        air.run(5_000);
        air.command(1, change(basic));
        air.run(10_000);
    }
    for number in 0..SIZE {
        air.command(number, C::LeaveGroupCall { group: group() });
    }
    air.run(60_000);
    air.command(2, C::Broadcast { group: group() });
    air.run(10_000);
    air.command(2, C::EndBroadcast { group: group() });
    // Private calls: one that nobody answers, and one that becomes an emergency and is none any longer.
    air.away = Some(1);
    air.clients[1].handle_timeout(air.now);
    air.command(0, private(1, false));
    air.run(5_000);
    air.away = None;
    air.command(0, private(1, false));
    air.run(1_000);
    air.command(1, C::ChangePrivateCall { user: user(0), emergency: true });
    air.run(1_000);
    air.command(0, C::ChangePrivateCall { user: user(1), emergency: false });
    air.run(1_000);
    air.command(0, C::EndPrivateCall { user: user(1) });
    air.run(1_000);
    air.command(3, C::Alert { group: group(), location: None });
    air.run(17_000);
    air.command(3, C::CancelAlert { group: group(), user: user(3) });
    air.run(10_000);
    let judgements = air.world.judged();
    let complaints = super::complaints(&judgements);
    assert!(complaints.is_empty(), "{complaints}");
    let held: Vec<_> = judgements.counts().into_iter().filter(|(_, counts)| counts.held > 0).collect();
    let held: std::collections::BTreeSet<&str> = held.iter().map(|(id, _)| &**id).collect();
    // Of two calls, which takes a partition that a monitor cannot see, the machines' own tests tell.
    for row in super::monp::TRACES.iter().filter(|row| row.requirement != "24.379-10.2.2:merge") {
        assert!(held.contains(row.requirement), "{} is not armed", row.requirement);
    }
}
