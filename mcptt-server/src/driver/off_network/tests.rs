//! Clients without a network over real sockets of this machine.

use std::net::IpAddr;
use std::time::Duration;

use call_control::client::AudioFormat;
use call_control::off_network::{
    OffNetworkCommand, OffNetworkConfig, OffNetworkEvent, OffNetworkGroup, TimerSettings,
};
use mcptt_codec::floor::FloorPriority;
use mcptt_codec::id::{GroupId, Ssrc};
use mcptt_codec::monp::{CallType, UtcSeconds};
use tokio::time::timeout;

use super::*;
use crate::ue::off_network::OffNetworkUeConfig;

const PATIENCE: Duration = Duration::from_secs(20);

fn group_id() -> GroupId {
    "sip:rescue-1@mc.example.org".into()
}

/// A client at an address of its own, in a subnet that no other test uses.
fn config(subnet: u8, number: u8, direct: bool) -> OffNetworkUeConfig {
    let address = |number: u8| IpAddr::from([127, 77, subnet, number]);
    let mut group = OffNetworkGroup::new(group_id(), [239, 77, 1, subnet].into(), 47_000, 47_002);
    if direct {
        group.reach = Reach::Direct((1..=2).map(address).collect());
    }
    OffNetworkUeConfig {
        client: OffNetworkConfig {
            user: format!("sip:user{number}@mc.example.org").as_str().into(),
            organization: "Rescue".into(),
            address: address(number),
            audio_port: 47_010,
            floor_port: 47_012,
            codec: AudioFormat::amr_wb(),
            groups: vec![group],
            users: Vec::new(),
            max_group_calls: 1,
            max_private_calls: 1,
            automatic_answer: true,
            utc: UtcSeconds::new(1_800_000_000).unwrap(),
            timers: TimerSettings::default(),
        },
        ssrc: Ssrc(number.into()),
        ticks_per_packet: 320,
        floor_priority: FloorPriority::NORMAL,
        queueing: true,
        floor_timers: Default::default(),
    }
}

struct Running {
    orders: mpsc::Sender<OffNetworkOrder>,
    events: mpsc::UnboundedReceiver<OffNetworkUeEvent>,
}

impl Running {
    fn start(config: OffNetworkUeConfig) -> Self {
        let sockets = OffNetworkSockets::bind(&config.client).expect("the addresses are free");
        for (at, socket) in &sockets.own {
            assert_eq!(socket.ttl().unwrap(), 255, "{at}");
            assert_eq!(socket.multicast_ttl_v4().unwrap(), 255, "{at}");
        }
        let client = OffNetworkUe::new(config, [3; 32], clock::now()).expect("the configuration is sound");
        let (orders, given) = mpsc::channel(8);
        let (sender, events) = mpsc::unbounded_channel();
        tokio::spawn(run(client, sockets, given, sender));
        Self { orders, events }
    }

    async fn until(&mut self, what: &str, test: impl Fn(&OffNetworkUeEvent) -> bool) {
        let wait = async { while !test(&self.events.recv().await.expect("the client runs")) {} };
        timeout(PATIENCE, wait).await.expect(what);
    }

    async fn order(&self, order: OffNetworkOrder) {
        self.orders.send(order).await.expect("the client runs");
    }
}

async fn call_and_hear(subnet: u8, direct: bool) {
    let [mut alice, mut bob] = [1, 2].map(|number| Running::start(config(subnet, number, direct)));
    let call = OffNetworkCommand::CallGroup { group: group_id(), call_type: CallType::BASIC_GROUP };
    alice.order(OffNetworkOrder::Command(OffNetworkUeCommand::Call(call))).await;
    let joined = |event: &OffNetworkUeEvent| {
        matches!(event, OffNetworkUeEvent::Call(OffNetworkEvent::GroupCallJoined { .. }))
    };
    bob.until("bob joins", joined).await;
    alice.until("alice talks", |event| *event == OffNetworkUeEvent::Microphone { open: true }).await;
    let heard = |event: &OffNetworkUeEvent| matches!(event, OffNetworkUeEvent::Voice { ssrc: Ssrc(1), payload, .. } if payload == "hello");
    let speaks = async {
        loop {
            alice.order(OffNetworkOrder::Voice(Bytes::from_static(b"hello"))).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::select! {
        () = speaks => {}
        () = bob.until("bob hears alice", heard) => {}
    }
}

//= 24.379-10.2:port test
#[tokio::test]
async fn a_group_call_by_multicast_is_heard() {
    call_and_hear(1, false).await;
}

//= 24.379-10.2:port test
#[tokio::test]
async fn a_group_call_without_multicast_is_heard() {
    call_and_hear(2, true).await;
}
