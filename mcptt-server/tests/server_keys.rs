//! Two servers that have a key in common (SPK): the participating function is at one, the group at the other.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use call_control::config::{GroupRoute, PeerFunction};
use mcptt_server::config;
use mcptt_server::fuzzing::world::{Datagram, World};
use mcptt_server::node::{Event, NodeConfig, ServerKeys};
use mcptt_server::ue::{UeCommand, UeEvent};
use media_plane::crypto::mc::{KeyId, Purpose, ServiceKey};

const FIRE: &str = "sip:fire-1@mc.example.org";
const GROUPS: &str = "sip:groups@cf.elsewhere.example.org";
const ALICE: usize = 0;
const BOB: usize = 1;
/// Where the other server is.
const OTHER: &str = "203.0.113.7";

fn key(drawn: u32) -> ServiceKey {
    let octet = u8::try_from(drawn).expect("a small number");
    ServiceKey {
        id: KeyId::new(Purpose::SIGNALLING_PROTECTION, drawn),
        key: [octet; 16].into(),
        rand: vec![octet; 16],
    }
}

/// The server of the clients: it relays media, because it has a bearer, and its group is elsewhere.
fn participating() -> NodeConfig {
    let text = config::DEFAULT
        .replace("# identity = \"sip:mbms@mc.example.org\"", "identity = \"sip:mbms@mc.example.org\"")
        + "
[[mbms.bearer]]
tmgi = \"000001\"
qci = 65
service-areas = [1]
general-purpose = \"232.1.1.1:41000\"
subchannels = []
";
    let mut config = config::parse(&text).expect("a valid configuration");
    let address: IpAddr = OTHER.parse().expect("an address");
    config.call_control.groups.clear();
    config.call_control.group_routes.push(GroupRoute {
        group_id: FIRE.into(),
        controlling: PeerFunction { address: SocketAddr::new(address, 5062), identity: GROUPS.into() },
    });
    config.call_control.trusted_peers.push(call_control::config::Network::host(address));
    config
}

/// The server of the group; its users are served by the first one.
fn controlling(first: &NodeConfig) -> NodeConfig {
    let mut config = config::parse(config::DEFAULT).expect("a valid configuration");
    let address: IpAddr = OTHER.parse().expect("an address");
    let own = &mut config.call_control;
    own.participating.address = SocketAddr::new(address, 5060);
    own.controlling.address = SocketAddr::new(address, 5062);
    own.controlling.identity = GROUPS.into();
    own.media.address = address;
    let functions = &first.call_control.participating;
    let serving =
        PeerFunction { address: functions.address, identity: functions.terminating_identity.clone() };
    for user in &mut own.users {
        user.participating = Some(serving.clone());
    }
    own.trusted_peers.push(call_control::config::Network::host(functions.address.ip()));
    config
}

fn keys(peer: IpAddr, keys: Vec<ServiceKey>) -> ServerKeys {
    ServerKeys::new(vec![call_control::config::Network::host(peer)], keys)
}

fn give(config: &mut NodeConfig, known: ServerKeys) {
    config.call_control.server_keys.push(known.of_signalling());
    config.server_keys.push(known);
}

/// Both servers; `of_first` and `of_other` are what they have in common, as far as they know.
fn world(of_first: Vec<ServiceKey>, of_other: Vec<ServiceKey>) -> World {
    let mut first = participating();
    let mut other = controlling(&first);
    let at = first.call_control.participating.address.ip();
    if !of_first.is_empty() {
        give(&mut first, keys(OTHER.parse().expect("an address"), of_first));
    }
    if !of_other.is_empty() {
        give(&mut other, keys(at, of_other));
    }
    let mut world = World::with_other(first, other);
    for (number, user) in ["alice", "bob"].into_iter().enumerate() {
        assert_eq!(world.client(&format!("sip:{user}@mc.example.org"), false), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
    }
    world
}

/// Everything that goes between the servers from now on.
fn between(world: &mut World) -> std::rc::Rc<std::cell::RefCell<Vec<Datagram>>> {
    let seen = std::rc::Rc::new(std::cell::RefCell::new(Vec::new()));
    let (note, other) = (std::rc::Rc::clone(&seen), OTHER.parse::<IpAddr>().expect("an address"));
    world.lose(Box::new(move |datagram| {
        if datagram.source.ip() == other || datagram.destination.ip() == other {
            note.borrow_mut().push(datagram.clone());
        }
        false
    }));
    seen
}

fn call(world: &mut World) {
    for client in [ALICE, BOB] {
        world.take_client_events(client);
    }
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
}

/// How many packets of voice bob hears when alice has the floor and says five.
fn heard(world: &mut World) -> usize {
    world.command(ALICE, UeCommand::PressToTalk { priority: None, indicator: None });
    world.take_client_events(BOB);
    for _ in 0..5 {
        world.speak(ALICE);
        world.advance(Duration::from_millis(20));
    }
    let heard = world.take_client_events(BOB);
    world.command(ALICE, UeCommand::ReleaseToTalk);
    heard.iter().filter(|event| matches!(event, UeEvent::Voice { .. })).count()
}

fn contains(datagram: &Datagram, text: &str) -> bool {
    datagram.payload.windows(text.len()).any(|octets| octets == text.as_bytes())
}

//= 33.180-spk-floor test
//= 33.180-spk-bodies test
#[test]
fn signalling_and_floor_control_pass_between_servers_under_their_key() {
    let mut world = world(vec![key(1)], vec![key(1)]);
    let seen = between(&mut world);
    call(&mut world);
    assert_eq!(heard(&mut world), 5);
    let seen = seen.take();
    let invites: Vec<_> = seen.iter().filter(|one| one.payload.starts_with(b"INVITE ")).collect();
    assert!(invites.len() >= 2, "one to the group and one to the other member");
    for invite in invites {
        assert!(contains(invite, "EncryptedData") && contains(invite, "SignatureValue"));
        assert!(!contains(invite, "<mcptt-request-uri type=\"Normal\">"));
    }
    let answers: Vec<_> = seen.iter().filter(|one| contains(one, "vnd.3gpp.mcptt-info+xml")).collect();
    assert!(answers.iter().all(|one| contains(one, "SignatureValue")), "answers as well");
    // Floor control: nowhere is its name in the clear, and all of it says which key it is under.
    let floor: Vec<_> = seen.iter().filter(|one| one.payload.get(1) == Some(&204)).collect();
    assert!(!floor.is_empty());
    for datagram in floor {
        assert!(!contains(datagram, "MCPT"), "{datagram:?}");
        assert!(datagram.payload.ends_with(&[0x30, 0, 0, 1]), "{datagram:?}");
    }
}

#[test]
fn without_a_key_the_same_call_is_in_the_clear() {
    let mut world = world(Vec::new(), Vec::new());
    let seen = between(&mut world);
    call(&mut world);
    assert_eq!(heard(&mut world), 5);
    let seen = seen.take();
    assert!(seen.iter().any(|one| one.payload.get(1) == Some(&204) && contains(one, "MCPT")));
    assert!(!seen.iter().any(|one| contains(one, "EncryptedData")));
}

//= 33.180-spk-change test
#[test]
fn a_new_key_is_brought_to_one_server_after_the_other() {
    // The first one has the new key already, and both open the former.
    let mut world = world(vec![key(2), key(1)], vec![key(1), key(2)]);
    let seen = between(&mut world);
    call(&mut world);
    assert_eq!(heard(&mut world), 5);
    let seen = seen.take();
    let under = |id: u8| {
        let floor = seen.iter().filter(|one| one.payload.get(1) == Some(&204));
        floor.filter(|one| one.payload.ends_with(&[0x30, 0, 0, id])).count()
    };
    assert!(under(1) > 0 && under(2) > 0);
}

//= 33.180-spk-bodies test
#[test]
fn a_server_that_does_not_know_the_key_is_refused() {
    for of_first in [Vec::new(), vec![key(3)]] {
        let mut world = world(of_first, vec![key(1)]);
        call(&mut world);
        let failed = world
            .take_client_events(ALICE)
            .into_iter()
            .any(|event| matches!(event, UeEvent::Client(ClientEvent::CallFailed { .. })));
        assert!(failed);
        let told = world.take_events().into_iter().any(|event| {
            let text = format!("{event:?}");
            matches!(event, Event::CallControl(_)) && text.contains("not protected by the key of the server")
        });
        assert!(told);
    }
}
