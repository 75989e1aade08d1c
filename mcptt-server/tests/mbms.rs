//! Media of a group call on an MBMS bearer: who listens to the bearer gets nothing by unicast, and what it would have got is
//! sent to the bearer once.

use std::net::SocketAddr;
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_codec::subchannel::{SubchannelMessage, Tmgi};
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::node::{Event, NodeConfig};
use mcptt_server::ue::{UeCommand, UeEvent};
use media_plane::crypto::mc::i_message::Opener;
use media_plane::crypto::mc::{Authorities, Authority, KeyPeriod, Kms, Sealer};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const FIRE: &str = "sip:fire-1@mc.example.org";
const MBMS: &str = "sip:mbms@mc.example.org";
const TMGI: Tmgi = Tmgi { service_id: [0, 0, 1], plmn: None };
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn address(text: &str) -> SocketAddr {
    text.parse().expect("an address")
}

fn configuration() -> NodeConfig {
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
    config::parse(&text).expect("the configuration is valid")
}

fn world() -> World {
    let mut world = World::new(configuration());
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

/// Seconds since 1900.
const NOW: u64 = 3_990_000_000;
const PERIOD: KeyPeriod = KeyPeriod { length: 2_592_000, offset: 0 };

/// A world whose bearer is protected, in this release. Of the clients those in `keyed` have keys of the key management server;
/// all have registered.
fn protected(release: u8, keyed: &[usize]) -> World {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let kms = Kms::new("kms.mc.example.org", PERIOD, &Kms::draw(&mut rng)).expect("secrets");
    let mut config = configuration();
    config.call_control.mbms.protected = true;
    config.call_control.service.release = release;
    let own = config.call_control.participating.identity.to_string();
    let mut world = World::new(config);
    let known = Authorities::new(Authority::own(kms.clone()));
    world.seal_keys(Sealer::new(known, own), NOW);
    for (number, user) in ["alice", "bob", "carol"].into_iter().enumerate() {
        let user = format!("sip:{user}@mc.example.org");
        assert_eq!(world.client(&user, false), number);
        if keyed.contains(&number) {
            let opener = Opener::new(kms.clone(), user).of_client();
            world.take_multicast_keys(number, opener, NOW);
        }
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
    }
    world
}

/// Bob and carol receive the bearer, and alice says five packets of voice. What both hear, what is sent to the bearer.
fn spurt_on_bearer(world: &mut World) -> (usize, usize, Vec<mcptt_server::fuzzing::world::Datagram>) {
    for client in [BOB, CAROL] {
        world.command(client, UeCommand::ReceiveBearers { on: true });
    }
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
    world.take_to_strangers();
    for client in [BOB, CAROL] {
        world.take_client_events(client);
    }
    world.command(ALICE, UeCommand::PressToTalk { priority: None, indicator: None });
    for _ in 0..5 {
        assert!(world.speak(ALICE));
        world.advance(Duration::from_millis(20));
    }
    let (bob, carol, sent) = (voices(world, BOB), voices(world, CAROL), world.take_to_strangers());
    world.command(ALICE, UeCommand::ReleaseToTalk);
    (bob, carol, sent)
}

//= 33.180-mscck test
//= 33.180-musik test
//= 33.180-mkfc test
//= 33.180-multicast test
//= 33.180-multicast-keys test
#[test]
fn what_goes_to_a_bearer_is_opened_by_those_who_were_given_its_keys() {
    // The purposes of the keys of floor control: MuSiK, and in the first release MKFC.
    for (release, purpose) in [(18, 0x60), (13, 0x40)] {
        let mut world = protected(release, &[BOB, CAROL]);
        let (bob, carol, sent) = spurt_on_bearer(&mut world);
        assert_eq!((bob, carol), (5, 5), "release {release}");
        let to = |place: &str| -> Vec<_> {
            sent.iter()
                .filter(|one| one.destination == address(place))
                .map(|one| one.payload.clone())
                .collect()
        };
        assert_eq!(to("232.1.1.2:41002").len(), 5, "voice, once for both");
        let (control, floor) = (to("232.1.1.1:41000"), to("232.1.1.2:41004"));
        assert!(!control.is_empty() && !floor.is_empty());
        // The identifier of the key is behind everything, and nothing is in the clear.
        let purpose_of = |datagram: &bytes::Bytes| datagram[datagram.len() - 4] & 0xf0;
        assert!(control.iter().all(|datagram| purpose_of(datagram) == 0x50), "MSCCK");
        assert!(floor.iter().all(|datagram| purpose_of(datagram) == purpose));
        for datagram in control.iter().chain(&floor) {
            assert!(!datagram.windows(3).any(|octets| octets == b"MCM" || octets == b"MCP"));
        }
    }
}

//= 33.180-mscck test
#[test]
fn who_cannot_open_the_keys_goes_on_hearing_by_unicast() {
    // Carol has been sent keys that are of no use to her: she does not report that she listens.
    let mut world = protected(18, &[BOB]);
    let (bob, carol, sent) = spurt_on_bearer(&mut world);
    assert_eq!((bob, carol), (5, 5));
    assert_eq!(sent.iter().filter(|one| one.destination == address("232.1.1.2:41002")).count(), 5);
}

//= 33.180-mscck test
#[test]
fn without_keys_for_a_user_its_clients_are_not_told_of_the_bearer() {
    let mut config = configuration();
    config.call_control.mbms.protected = true;
    let mut world = World::new(config);
    world.client("sip:alice@mc.example.org", false);
    // A server that has no keys to sign with.
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let kms = Kms::new("kms.mc.example.org", PERIOD, &Kms::draw(&mut rng)).expect("secrets");
    let only = Authorities::new(Authority::foreign(kms.certificate().clone()));
    world.seal_keys(Sealer::new(only, "sip:mcptt@mc.example.org".to_owned()), NOW);
    world.signal(ALICE, ClientCommand::Register);
    world.signal(ALICE, ClientCommand::PublishSettings);
    let told = world.take_client_events(ALICE);
    assert!(!told.iter().any(|event| matches!(event, UeEvent::Client(ClientEvent::BearerAnnounced(_)))));
    let missing =
        |event: &Event| matches!(event, Event::CallControl(call_control::Event::BearerKeysMissing { .. }));
    assert!(world.take_events().iter().any(missing));
}

#[test]
fn protection_needs_a_key_management_server() {
    let text = config::DEFAULT.replace("protect = false", "protect = true");
    let error = config::parse(&text).expect_err("there is none").to_string();
    assert!(error.starts_with("mbms.protect = true"), "{error}");
}
