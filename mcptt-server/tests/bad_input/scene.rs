//! A running call that must not notice anything.

use std::net::SocketAddr;
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::sip::{Limits, SipMessage};
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::node::Event;
use mcptt_server::ue::{UeCommand, UeEvent};

pub const FIRE: &str = "sip:fire-1@mc.example.org";
pub const ALICE: usize = 0;
pub const BOB: usize = 1;
/// Nobody knows it and nobody trusts it.
pub const STRANGER: &str = "203.0.113.9:5060";

/// No answer.
pub const NONE: [u16; 0] = [];

pub fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

/// The participating and the controlling function of the embedded configuration.
pub fn participating() -> SocketAddr {
    address("127.0.0.1:5060")
}

pub fn controlling() -> SocketAddr {
    address("127.0.0.1:5062")
}

/// The addresses of a client: SIP, audio, floor control.
pub fn of_client(client: usize) -> [SocketAddr; 3] {
    World::addresses(client.try_into().expect("few clients"))
}

pub struct Scene {
    pub world: World,
    /// Where alice sends audio and floor control.
    pub audio: SocketAddr,
    pub floor: SocketAddr,
}

impl Scene {
    /// Alice has called the fire group, bob is in the call, nobody has the floor. What led here is forgotten.
    pub fn calling() -> Self {
        let mut world =
            World::new(config::parse(config::DEFAULT).expect("the embedded configuration is valid"));
        for (user, number) in [("sip:alice@mc.example.org", ALICE), ("sip:bob@mc.example.org", BOB)] {
            assert_eq!(world.client(user, false), number);
            log_in(&mut world, number);
        }
        world.signal(
            ALICE,
            ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
        );
        let established = world.take_client_events(ALICE).into_iter().find_map(|event| match event {
            UeEvent::Client(ClientEvent::CallEstablished(call)) => Some(call),
            _ => None,
        });
        let call = established.expect("the call is established");
        let mut scene = Self {
            world,
            audio: call.remote_audio,
            floor: call.remote_floor.expect("floor control is part of the call"),
        };
        scene.call_works();
        scene.forget();
        scene
    }

    /// Forgets what was reported and sent so far.
    pub fn forget(&mut self) {
        self.world.take_events();
        self.world.take_to_strangers();
        for client in [ALICE, BOB] {
            self.world.take_client_events(client);
        }
    }

    /// Alice and bob talk in turn and hear each other.
    pub fn call_works(&mut self) {
        for (talker, listener) in [(ALICE, BOB), (BOB, ALICE)] {
            self.talk(talker, listener);
        }
        assert_eq!(self.world.node().call_count(), 1);
    }

    /// One takes the floor, is heard, and gives it back.
    pub fn talk(&mut self, talker: usize, listener: usize) {
        const PACKETS: usize = 5;
        self.world.take_client_events(listener);
        self.world.command(talker, UeCommand::PressToTalk { priority: None, indicator: None });
        for _ in 0..PACKETS {
            assert!(self.world.speak(talker), "client {talker} has the floor");
            self.world.advance(Duration::from_millis(20));
        }
        let heard = self.world.take_client_events(listener);
        let heard = heard.iter().filter(|event| matches!(event, UeEvent::Voice { .. })).count();
        assert_eq!(heard, PACKETS, "client {listener} hears client {talker}");
        self.world.command(talker, UeCommand::ReleaseToTalk);
        assert!(!self.world.equipment(talker).may_send());
    }

    /// Somebody sends something: which SIP answers strangers are given, and what is reported.
    pub fn send(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        octets: &[u8],
    ) -> (Vec<u16>, Vec<Event>) {
        self.forget();
        self.world.inject(source, destination, octets.to_vec());
        (self.answers(), self.world.take_events())
    }

    /// The status of each answer that strangers were given since this was asked last. Only SIP is answered to strangers.
    pub fn answers(&mut self) -> Vec<u16> {
        let sent = self.world.take_to_strangers();
        sent.iter()
            .map(|datagram| match SipMessage::decode(&datagram.payload, &Limits::default()) {
                Ok(SipMessage::Response(response)) => response.status.0,
                other => panic!("{} was sent {other:?}", datagram.destination),
            })
            .collect()
    }

    /// Clients were told nothing since the last [`Scene::send`].
    pub fn clients_notice_nothing(&mut self) {
        for client in [ALICE, BOB] {
            assert_eq!(self.world.take_client_events(client), [], "client {client}");
        }
    }
}

/// Registers a client, publishes its settings and affiliates it to the fire group.
pub fn log_in(world: &mut World, client: usize) {
    world.signal(client, ClientCommand::Register);
    world.signal(client, ClientCommand::PublishSettings);
    world.signal(client, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
    let events = world.take_client_events(client);
    let accepted = events.iter().filter(|event| {
        use ClientEvent as Told;
        let told = Told::SettingsPublished;
        matches!(event, UeEvent::Client(Told::Registered { .. } | Told::Affiliated { .. }))
            || **event == UeEvent::Client(told)
    });
    assert_eq!(accepted.count(), 3, "client {client} is logged in: {events:?}");
}
