//! Messages that are made, opened, changed and refused.

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng as _;

use super::super::KeyPeriod;
use super::*;

const NOW: u64 = 3_990_000_000;
const SERVER: &str = "sip:mcptt@mc.example.org";
const ALICE: &str = "sip:alice@mc.example.org";
const PERIOD: KeyPeriod = KeyPeriod { length: 2_592_000, offset: 0 };

struct World {
    kms: Kms,
    rng: ChaCha20Rng,
    opener: Opener,
}

fn world() -> World {
    let mut rng = ChaCha20Rng::seed_from_u64(7);
    let kms = Kms::new("kms.mc.example.org", PERIOD, &Kms::draw(&mut rng)).unwrap();
    let opener = Opener::new(kms.clone(), SERVER.to_owned());
    World { kms, rng, opener }
}

impl World {
    fn message(&mut self, key: &ServiceKey, parties: Parties<'_>, at: u64) -> Mikey {
        let period = PERIOD.number(at);
        let keys = self.kms.key_set(parties.initiator, period, &mut self.rng).unwrap();
        make(key, key.id, parties, &self.kms, &keys, at, &mut self.rng).unwrap()
    }
}

fn to_server(initiator: &str) -> Parties<'_> {
    Parties { initiator, responder: SERVER }
}

fn octets(message: &Mikey) -> Vec<u8> {
    let mut octets = BytesMut::new();
    message.encode(&mut octets).unwrap();
    octets.to_vec()
}

//= 33.180-csk test
//= 33.180-mikey test
//= RFC6509-4 test
//= RFC6509-5 test
//= 33.180-kms-keyprov test
#[test]
fn a_key_comes_out_of_the_message_it_was_put_into() {
    let mut world = world();
    let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
    let message = world.message(&key, to_server(ALICE), NOW);
    let opened = Opened { initiator: ALICE.to_owned(), key };
    assert_eq!(world.opener.open(&octets(&message), Some(ALICE), NOW + 5), Ok(opened.clone()));
    // As it stands in a body, and where nobody is known who should have made it.
    let text = message.to_base64().unwrap();
    assert_eq!(world.opener.open(text.as_bytes(), None, NOW + 5), Ok(opened));
    assert!(!format!("{:?}", world.opener.open(text.as_bytes(), None, NOW + 5)).contains("key: ["));
}

//= RFC6509-4.3 test
//= 33.180-sign test
#[test]
fn whatever_is_changed_is_noticed() {
    let mut world = world();
    let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
    let message = world.message(&key, to_server(ALICE), NOW);
    let whole = octets(&message);
    let mut changed = whole.clone();
    // The last octet of the encapsulated key: before the signature with its two octets in front.
    let at = whole.len() - ECCSI_SIGNATURE_OCTETS - 3;
    changed[at] ^= 1;
    let signature = Err(KeyError::Signature(EccsiError::NotSigned));
    assert_eq!(world.opener.open(&changed, Some(ALICE), NOW), signature);
    let mut short = message.clone();
    if let Some(Payload::Signature(sign)) = short.chain.payloads.last_mut() {
        sign.signature.truncate(32);
    }
    assert_eq!(world.opener.open(&octets(&short), Some(ALICE), NOW), Err(KeyError::Form("signature")));
    let mut unsigned = message;
    unsigned.chain.payloads.pop();
    assert_eq!(world.opener.open(&octets(&unsigned), Some(ALICE), NOW), Err(KeyError::Form("signature")));
}

//= 33.180-freshness test
#[test]
fn only_fresh_messages_of_the_user_for_this_server_are_taken() {
    let mut world = world();
    let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
    let message = octets(&world.message(&key, to_server(ALICE), NOW));
    let mallory = "sip:mallory@mc.example.org";
    let opener = &mut world.opener;
    assert_eq!(opener.open(&message, Some(mallory), NOW), Err(KeyError::Identity("of the user")));
    assert_eq!(opener.open(&message, Some(ALICE), NOW + TOLERANCE + 1), Err(KeyError::Stale));
    let mut other = Opener::new(world.kms.clone(), "sip:other@mc.example.org".to_owned());
    assert_eq!(other.open(&message, Some(ALICE), NOW), Err(KeyError::Identity("for this server")));
    let group = draw(Purpose::GROUP_MASTER, &mut world.rng);
    let group = octets(&world.message(&group, to_server(ALICE), NOW));
    assert_eq!(world.opener.open(&group, Some(ALICE), NOW), Err(KeyError::Form("key for its purpose")));
    let newer = octets(&world.message(&key, to_server(ALICE), NOW + 1));
    assert!(world.opener.open(&newer, Some(ALICE), NOW).is_ok());
    assert_eq!(world.opener.open(&message, Some(ALICE), NOW), Err(KeyError::Replayed));
}

#[test]
fn identities_may_be_hidden() {
    let mut world = world();
    let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
    let period = PERIOD.number(NOW);
    let keys = world.kms.key_set(ALICE, period, &mut world.rng).unwrap();
    let mut message = world.message(&key, to_server(ALICE), NOW);
    for payload in &mut message.chain.payloads {
        if let Payload::IdentityWithRole(identity) = payload {
            let (role, uri) = match identity.role {
                Role::INITIATOR => (INITIATOR_UID, ALICE),
                Role::RESPONDER => (RESPONDER_UID, SERVER),
                _ => continue,
            };
            let uid = world.kms.uid(uri, period).0.to_vec().into();
            *identity = IdentityWithRole { role, value: Identity { id_type: IdType::URI, value: uid } };
        }
    }
    let signing = SigningKey::new(
        &keys.signing.key,
        &keys.signing.token,
        &keys.uid.0,
        world.kms.public_authentication(),
    );
    let signature = signing.unwrap().sign(&signed_octets(&message).unwrap(), &mut world.rng);
    *message.chain.payloads.last_mut().unwrap() = Signature::eccsi(signature).into();
    let opened = world.opener.open(&octets(&message), Some(ALICE), NOW).unwrap();
    assert_eq!(opened.key, key);
    let unknown = world.opener.open(&octets(&message), None, NOW);
    assert_eq!(unknown, Err(KeyError::Identity("of the user")));
}

#[test]
fn what_is_no_message_is_refused() {
    let mut world = world();
    assert!(matches!(world.opener.open(b"", None, NOW), Err(KeyError::Undecodable(_))));
    assert!(matches!(world.opener.open(&[0xff; 40], None, NOW), Err(KeyError::Undecodable(_))));
    let empty = Mikey::new(CommonHeader::sakke(0x2000_0001));
    assert_eq!(world.opener.open(&octets(&empty), None, NOW), Err(KeyError::Form("timestamp")));
}

const NORTH: &str = "kms.north.example.org";
const CAROL: &str = "sip:carol@north.example.org";
const NORTH_PERIOD: KeyPeriod = KeyPeriod { length: 86_400, offset: 7 };

/// A world in which carol has keys of another server, and a message of hers under the two servers given.
fn of_carol(world: &mut World, north: &Kms, key: &ServiceKey, at: u64) -> Vec<u8> {
    let keys = north.key_set(CAROL, NORTH_PERIOD.number(at), &mut world.rng).unwrap();
    let servers = [north.certificate(), world.kms.certificate()];
    octets(&make_between(key, key.id, to_server(CAROL), servers, &keys, at, &mut world.rng).unwrap())
}

fn north(world: &mut World) -> Kms {
    Kms::new(NORTH, NORTH_PERIOD, &Kms::draw(&mut world.rng)).unwrap()
}

//= 33.180-kms-foreign test
//= 33.180-kms-foreign:unknown test
#[test]
fn a_user_of_another_server_gives_its_key_where_that_server_is_known() {
    let mut world = world();
    let north = north(&mut world);
    let key = draw(Purpose::CLIENT_SERVER, &mut world.rng);
    let message = of_carol(&mut world, &north, &key, NOW);
    let unknown = world.opener.open(&message, Some(CAROL), NOW);
    assert_eq!(unknown, Err(KeyError::UnknownAuthority(NORTH.to_owned())));
    let foreign = || Authority::foreign(north.certificate().clone());
    let both =
        Authorities::new(Authority::own(world.kms.clone())).with(foreign().with_domain("north.example.org"));
    let mut opener = Opener::under(both, SERVER.to_owned());
    assert_eq!(opener.open(&message, Some(CAROL), NOW).map(|opened| opened.key), Ok(key.clone()));
    // That server says nothing about users of others, and the others nothing about its own.
    let keys = north.key_set(ALICE, NORTH_PERIOD.number(NOW), &mut world.rng).unwrap();
    let servers = [north.certificate(), world.kms.certificate()];
    let of_alice = make_between(&key, key.id, to_server(ALICE), servers, &keys, NOW, &mut world.rng).unwrap();
    let stranger = Err(KeyError::Identity("from the key management server of the user"));
    assert_eq!(opener.open(&octets(&of_alice), Some(ALICE), NOW), stranger);
    let of_home = octets(&world.message(&key, to_server(CAROL), NOW));
    assert_eq!(opener.open(&of_home, Some(CAROL), NOW), stranger);
    assert_eq!(opener.open(&of_home, None, NOW), stranger);
    // Whoever speaks in its name without its secrets is not believed.
    let mallory = Kms::new(NORTH, NORTH_PERIOD, &Kms::draw(&mut world.rng)).unwrap();
    let forged = of_carol(&mut world, &mallory, &key, NOW + 1);
    assert_eq!(opener.open(&forged, Some(CAROL), NOW), Err(KeyError::Signature(EccsiError::NotSigned)));
}

//= 33.180-kms-foreign:sets test
#[test]
fn a_server_uses_the_keys_that_another_has_given_it_for_their_period() {
    let mut world = world();
    let north = north(&mut world);
    let period = NORTH_PERIOD.number(NOW);
    let given = north.key_set(SERVER, period, &mut world.rng).unwrap();
    let only = Authority::foreign(north.certificate().clone()).with_keys(given);
    let mut opener = Opener::under(Authorities::new(only), SERVER.to_owned());
    let message = |at: u64, seed: u64| {
        let mut rng = ChaCha20Rng::seed_from_u64(seed);
        let key = draw(Purpose::CLIENT_SERVER, &mut rng);
        let keys = north.key_set(ALICE, NORTH_PERIOD.number(at), &mut rng).unwrap();
        (octets(&make(&key, key.id, to_server(ALICE), &north, &keys, at, &mut rng).unwrap()), key)
    };
    let (first, key) = message(NOW, 1);
    assert_eq!(opener.open(&first, Some(ALICE), NOW).map(|opened| opened.key), Ok(key));
    let later = NOW + u64::from(NORTH_PERIOD.length);
    let (second, _) = message(later, 2);
    assert_eq!(opener.open(&second, Some(ALICE), later), Err(KeyError::NoKeySet));
}
