//! A client's key from its message to the floor control that it protects (TS 33.180, TS 24.380 13).

use call_control::client::{ClientCommand, GroupCall};
use mcptt_codec::Path;
use mcptt_codec::mikey::KeyMaterial;
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::node::Event;
use mcptt_server::ue::UeEvent;
use media_plane::counters::Discard;
use media_plane::crypto::mc::i_message::{Opener, Parties, draw, make};
use media_plane::crypto::mc::{KeyPeriod, Kms, Purpose, ServiceKey};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

const FIRE: &str = "sip:fire-1@mc.example.org";
const USERS: [&str; 2] = ["sip:alice@mc.example.org", "sip:bob@mc.example.org"];
const ALICE: usize = 0;
const BOB: usize = 1;
/// Seconds since 1900.
const NOW: u64 = 3_990_000_000;
const PERIOD: KeyPeriod = KeyPeriod { length: 2_592_000, offset: 0 };

struct Scene {
    world: World,
    kms: Kms,
    own: String,
    rng: ChaCha20Rng,
}

/// A node that takes keys, and alice and bob, who have not registered.
fn scene() -> Scene {
    let mut rng = ChaCha20Rng::seed_from_u64(5);
    let kms = Kms::new("kms.mc.example.org", PERIOD, &Kms::draw(&mut rng)).expect("secrets");
    let mut config = config::parse(config::DEFAULT).expect("a valid configuration");
    config.call_control.key_uploads = true;
    let own = config.call_control.participating.identity.to_string();
    let mut world = World::new(config);
    world.open_keys(Opener::new(kms.clone(), own.clone()), NOW);
    for (number, user) in USERS.into_iter().enumerate() {
        assert_eq!(world.client(user, false), number);
    }
    Scene { world, kms, own, rng }
}

impl Scene {
    /// Lets a client have a key; what `change` makes of its message goes to the node.
    fn give(&mut self, client: usize, change: impl FnOnce(String) -> String) -> ServiceKey {
        let key = draw(Purpose::CLIENT_SERVER, &mut self.rng);
        let initiator = USERS[client];
        let keys = self.kms.key_set(initiator, PERIOD.number(NOW), &mut self.rng).expect("keys");
        let parties = Parties { initiator, responder: &self.own };
        let message = make(&key, key.id, parties, &self.kms, &keys, NOW, &mut self.rng).expect("a message");
        let text = change(message.to_base64().expect("it fits").to_string());
        self.world.give_key(client, &key, KeyMaterial::new(text.into_bytes()));
        key
    }

    fn log_in(&mut self, client: usize) {
        self.world.signal(client, ClientCommand::Register);
        self.world.signal(client, ClientCommand::PublishSettings);
        self.world.signal(client, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
        self.world.take_client_events(client);
    }

    fn call(&mut self) {
        let call = GroupCall { implicit_request: true, ..GroupCall::new(FIRE) };
        self.world.signal(ALICE, ClientCommand::CallGroup(call));
    }

    /// Where the node has floor control with a client, and whether it is protected.
    fn bound(&mut self) -> Vec<(Path, bool)> {
        let events = self.world.take_events().into_iter();
        let mut bound: Vec<_> = events
            .filter_map(|event| match event {
                Event::MediaPlane(media_plane::Event::LegBound { floor, floor_protected, .. }) => {
                    Some((floor?, floor_protected))
                }
                _ => None,
            })
            .collect();
        bound.sort_by_key(|(path, _)| path.remote);
        bound
    }
}

//= 33.180-csk test
//= 33.180-floor-csk test
#[test]
fn floor_control_passes_under_the_keys_that_clients_have_sent() {
    let mut scene = scene();
    for client in [ALICE, BOB] {
        scene.give(client, |text| text);
        scene.log_in(client);
    }
    scene.call();
    assert_eq!(scene.bound().iter().map(|(_, protected)| *protected).collect::<Vec<_>>(), [true, true]);
    assert!(scene.world.equipment(ALICE).may_send(), "the grant was opened");
    assert!(scene.world.speak(ALICE));
    let heard = scene.world.take_client_events(BOB);
    assert!(heard.iter().any(|event| matches!(event, UeEvent::Voice { .. })));
    assert!(heard.iter().any(|event| matches!(event, UeEvent::Floor(_))), "he was told who talks");
    assert!(!heard.iter().any(|event| matches!(event, UeEvent::Dropped { .. })));
}

//= 33.180-floor-csk test
#[test]
fn who_has_sent_no_key_speaks_in_the_clear_beside_those_who_have() {
    let mut scene = scene();
    scene.give(ALICE, |text| text);
    for client in [ALICE, BOB] {
        scene.log_in(client);
    }
    scene.call();
    let bound = scene.bound();
    assert_eq!(bound.iter().map(|(_, protected)| *protected).collect::<Vec<_>>(), [true, false]);
    assert!(scene.world.equipment(ALICE).may_send());
    // A release of somebody who knows her addresses and not her key.
    let Path { local, remote } = bound[0].0;
    scene.world.inject(remote, local, vec![0x84, 0xcc, 0, 2, 0xa0, 0, 0, 0, b'M', b'C', b'P', b'T']);
    let refused = scene.world.take_events().into_iter().find_map(|event| match event {
        Event::MediaPlane(media_plane::Event::Discarded { reason, .. }) => Some(reason),
        _ => None,
    });
    assert_eq!(refused, Some(Discard::UnknownKey));
    assert!(scene.world.equipment(ALICE).may_send(), "the forged release is nothing");
}

//= 33.180-sign test
#[test]
fn a_changed_message_gives_no_key_and_refuses_the_client() {
    let mut scene = scene();
    // A character of the encapsulated key.
    scene.give(ALICE, |text| {
        let at = text.len() / 2;
        let other = if &text[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &text[..at], &text[at + 1..])
    });
    scene.world.signal(ALICE, ClientCommand::Register);
    let refused = scene.world.take_client_events(ALICE).into_iter().any(|event| {
        matches!(event, UeEvent::Client(call_control::client::ClientEvent::RequestFailed { status: 403, .. }))
    });
    assert!(refused);
}
