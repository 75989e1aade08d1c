//! Media of a group call on an MBMS bearer: who listens to the bearer gets nothing by unicast, and what it would have got is
//! sent to the bearer once.

use std::net::SocketAddr;
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::subchannel::{SubchannelMessage, Tmgi};
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::ue::{UeCommand, UeEvent};

const FIRE: &str = "sip:fire-1@mc.example.org";
const MBMS: &str = "sip:mbms@mc.example.org";
const TMGI: Tmgi = Tmgi { service_id: [0, 0, 1], plmn: None };
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn world() -> World {
    let text = config::DEFAULT
        .replace("# identity = \"sip:mbms@mc.example.org\"", "identity = \"sip:mbms@mc.example.org\"")
        + "
[[mbms.bearer]]
tmgi = \"000001\"
qci = 65
service-areas = [1]
general-purpose = \"232.1.1.1:41000\"
subchannels = [{ address = \"232.1.1.2\", audio-port = 41002, floor-port = 41004 }]
";
    let mut world = World::new(config::parse(&text).expect("the configuration is valid"));
    for (number, user) in ["alice", "bob", "carol"].into_iter().enumerate() {
        assert_eq!(world.client(&format!("sip:{user}@mc.example.org"), false), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
        let told = world.take_client_events(number);
        let announced = |event: &UeEvent| matches!(event, UeEvent::Client(ClientEvent::BearerAnnounced(_)));
        assert!(told.iter().any(announced), "{told:?}");
    }
    world
}

fn report(world: &mut World, client: usize, listening: bool) {
    world.signal(client, ClientCommand::ReportListening { identity: MBMS.into(), tmgi: TMGI, listening });
}

fn voices(world: &mut World, client: usize) -> usize {
    let events = world.take_client_events(client);
    events.iter().filter(|event| matches!(event, UeEvent::Voice { .. })).count()
}

//= 24.379-14.2.3 test
//= 24.380-6.4.3 test
//= 24.380-10.2:map test
#[test]
fn what_a_listener_hears_goes_to_the_bearer_once_and_not_to_the_listener() {
    let mut world = world();
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
    // Media passes through the participating function and everybody hears by unicast.
    let talk = |world: &mut World, packets: usize| {
        world.take_to_strangers();
        for client in [BOB, CAROL] {
            world.take_client_events(client);
        }
        for _ in 0..packets {
            assert!(world.speak(ALICE));
            world.advance(Duration::from_millis(20));
        }
        let sent = world.take_to_strangers();
        let on = |to: &str| sent.iter().filter(|one| one.destination == address(to)).count();
        (voices(world, BOB), voices(world, CAROL), on("232.1.1.2:41002"))
    };
    world.command(ALICE, UeCommand::PressToTalk { priority: None, indicator: None });
    assert_eq!(talk(&mut world, 5), (5, 5, 0));
    world.command(ALICE, UeCommand::ReleaseToTalk);

    // Both listen: the next talk spurt is mapped to the subchannel and goes there.
    report(&mut world, BOB, true);
    report(&mut world, CAROL, true);
    world.advance(Duration::from_millis(100));
    world.take_to_strangers();
    world.command(ALICE, UeCommand::PressToTalk { priority: None, indicator: None });
    let sent = world.take_to_strangers();
    let control: Vec<&'static str> = sent
        .iter()
        .filter(|one| one.destination == address("232.1.1.1:41000"))
        .map(|one| SubchannelMessage::decode(&one.payload).expect("subchannel control").value.name())
        .collect();
    assert_eq!(control, ["Map Group To Bearer"]);
    // Floor Taken is on the bearer, once.
    assert_eq!(sent.iter().filter(|one| one.destination == address("232.1.1.2:41004")).count(), 1);
    assert_eq!(talk(&mut world, 5), (0, 0, 5));

    // Carol goes back to unicast, bob stays.
    report(&mut world, CAROL, false);
    assert_eq!(talk(&mut world, 5), (0, 5, 5));
    world.command(ALICE, UeCommand::ReleaseToTalk);
}

//= 24.379-14.2.3 test
//= 24.380-10.1 test
//= 24.380-10.3:map test
#[test]
fn whoever_receives_the_bearer_hears_the_call_on_it() {
    let mut world = world();
    for client in [BOB, CAROL] {
        world.command(client, UeCommand::ReceiveBearers { on: true });
    }
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
    let spurt = |world: &mut World| {
        world.command(ALICE, UeCommand::PressToTalk { priority: None, indicator: None });
        for client in [BOB, CAROL] {
            world.take_client_events(client);
        }
        world.take_to_strangers();
        for _ in 0..5 {
            assert!(world.speak(ALICE));
            world.advance(Duration::from_millis(20));
        }
        let sent = world.take_to_strangers();
        let on_bearer = sent.iter().filter(|one| one.destination == address("232.1.1.2:41002")).count();
        world.command(ALICE, UeCommand::ReleaseToTalk);
        (voices(world, BOB), voices(world, CAROL), on_bearer)
    };
    assert_eq!(spurt(&mut world), (5, 5, 5));
    // Bob drives out of the area: he hears by unicast, carol goes on hearing the bearer.
    world.command(BOB, UeCommand::ReceiveBearers { on: false });
    assert_eq!(spurt(&mut world), (5, 5, 5));
    // Nobody is left: the bearer is silent.
    world.command(CAROL, UeCommand::ReceiveBearers { on: false });
    assert_eq!(spurt(&mut world), (5, 5, 0));
}
