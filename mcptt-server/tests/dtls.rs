//! DTLS-SRTP from button to loudspeaker (RFC 5763, RFC 5764): keys from a handshake on the port of the voice.

use std::time::Duration;

use call_control::client::{ClientCommand, GroupCall};
use mcptt_server::config;
use mcptt_server::fuzzing::world::{Datagram, World};
use mcptt_server::node::Event;
use mcptt_server::ue::UeEvent;
use media_plane::counters::Discard;
use media_plane::crypto::dtls::{HandshakeError, Identity};

const FIRE: &str = "sip:fire-1@mc.example.org";
const ALICE: usize = 0;
const BOB: usize = 1;

fn text() -> String {
    config::DEFAULT
        .replace("\ndtls = false", "\ndtls = true")
        .replace("dtls-srtp = false", "dtls-srtp = true")
}

/// Alice and bob are logged in; both have certificates.
fn world() -> World {
    let mut world = World::new(config::parse(&text()).expect("a valid configuration"));
    for (user, number) in [("sip:alice@mc.example.org", ALICE), ("sip:bob@mc.example.org", BOB)] {
        let certificate = Identity::generate().expect("a certificate");
        assert_eq!(world.dtls_client(user, certificate), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
        world.take_client_events(number);
    }
    world.take_events();
    world
}

fn call(world: &mut World) {
    let call = GroupCall { implicit_request: true, ..GroupCall::new(FIRE) };
    world.signal(ALICE, ClientCommand::CallGroup(call));
}

fn is_dtls(datagram: &Datagram) -> bool {
    matches!(datagram.payload.first(), Some(20..=63)) && datagram.destination.port() >= 20_000
}

fn voices(world: &mut World, client: usize) -> Vec<u16> {
    let events = world.take_client_events(client).into_iter();
    let heard = events.filter_map(|event| match event {
        UeEvent::Voice { sequence, .. } => Some(sequence),
        _ => None,
    });
    heard.collect()
}

fn reports(world: &mut World) -> Vec<media_plane::Event> {
    let events = world.take_events().into_iter();
    let media = events.filter_map(|event| match event {
        Event::MediaPlane(event) => Some(event),
        _ => None,
    });
    media.collect()
}

fn keyed(reports: &[media_plane::Event]) -> usize {
    reports.iter().filter(|event| matches!(event, media_plane::Event::Keyed { .. })).count()
}

//= RFC5763-5 test
//= RFC7983-7 test
#[test]
fn two_clients_hear_each_other_over_dtls_srtp() {
    let mut world = world();
    call(&mut world);
    // One is called with an offer of the server, the other calls with its own: both ways of negotiating.
    assert_eq!(keyed(&reports(&mut world)), 2);
    assert!(world.equipment(ALICE).may_send());
    for _ in 0..10 {
        assert!(world.speak(ALICE));
        world.advance(Duration::from_millis(20));
    }
    assert_eq!(voices(&mut world, BOB), (0..10).collect::<Vec<_>>());
    // What bob got is not what alice has said, and neither is in clear.
    let sent = world.last_sent(ALICE).expect("voice").clone();
    assert!(!sent.payload.windows(8).any(|octets| octets == [0x5a; 8]), "voice is never in clear");
    // Once more, and once changed: dropped, counted, reported.
    world.inject(sent.source, sent.destination, sent.payload.clone());
    let mut changed = sent.payload.to_vec();
    changed[3] = changed[3].wrapping_add(1);
    world.inject(sent.source, sent.destination, changed);
    assert_eq!(voices(&mut world, BOB), Vec::<u16>::new());
    let refused: Vec<_> = reports(&mut world)
        .into_iter()
        .filter_map(|event| match event {
            media_plane::Event::Discarded { reason, .. } => Some(reason),
            _ => None,
        })
        .collect();
    assert_eq!(refused, [Discard::Replay, Discard::Authentication]);
}

//= RFC5761-4 test
#[test]
fn rtcp_is_told_from_rtp_on_the_port_of_both() {
    let mut world = world();
    call(&mut world);
    world.speak(ALICE);
    let voice = world.last_sent(ALICE).expect("voice").clone();
    reports(&mut world);
    // A receiver report that nobody has protected; its last word looks like the index of an encrypted one.
    let report = [&[0x80, 201, 0, 1, 0, 0, 0, 1][..], &[0; 16], &[0x80, 0, 0, 1]].concat();
    world.inject(voice.source, voice.destination, report);
    let refused = reports(&mut world).into_iter().find_map(|event| match event {
        media_plane::Event::Discarded { stream, reason, .. } => Some((stream, reason)),
        _ => None,
    });
    assert_eq!(refused, Some((media_plane::Stream::AudioControl, Discard::Authentication)));
}

#[test]
fn the_handshake_survives_the_loss_of_any_flight() {
    let mut faultless = world();
    let total = std::rc::Rc::new(std::cell::Cell::new(0));
    let count = std::rc::Rc::clone(&total);
    faultless.lose(Box::new(move |datagram| {
        count.set(count.get() + usize::from(is_dtls(datagram)));
        false
    }));
    call(&mut faultless);
    assert!(total.get() >= 10, "two handshakes: {}", total.get());
    for lost in 0..total.get() {
        let mut world = world();
        let mut seen = 0;
        world.lose(Box::new(move |datagram| {
            let this = is_dtls(datagram) && seen == lost;
            seen += usize::from(is_dtls(datagram));
            this
        }));
        call(&mut world);
        let at_once = keyed(&reports(&mut world));
        // She keeps trying, and talks before T1 takes the floor back.
        for _ in 0..160 {
            world.speak(ALICE);
            world.advance(Duration::from_millis(20));
        }
        assert_eq!(at_once + keyed(&reports(&mut world)), 2, "datagram {lost} was lost");
        voices(&mut world, BOB);
        for _ in 0..3 {
            assert!(world.speak(ALICE), "datagram {lost} was lost");
            world.advance(Duration::from_millis(20));
        }
        assert_eq!(voices(&mut world, BOB).len(), 3, "datagram {lost} was lost");
    }
}

//= RFC8122-5:verify test
#[test]
fn who_shows_another_certificate_than_it_has_described_is_not_heard() {
    let mut world = World::new(config::parse(&text()).expect("a valid configuration"));
    let (described, shown) = (Identity::generate().expect("one"), Identity::generate().expect("another"));
    world.impostor("sip:alice@mc.example.org", &described, shown);
    world.dtls_client("sip:bob@mc.example.org", Identity::generate().expect("one"));
    for number in [ALICE, BOB] {
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
        world.take_client_events(number);
    }
    call(&mut world);
    let failed = reports(&mut world).into_iter().find_map(|event| match event {
        media_plane::Event::HandshakeFailed { error, .. } => Some(error),
        _ => None,
    });
    assert_eq!(failed, Some(HandshakeError::Fingerprint));
    world.speak(ALICE);
    world.advance(Duration::from_secs(1));
    assert_eq!(voices(&mut world, BOB), Vec::<u16>::new());
}

#[test]
fn settings_that_do_not_fit_together_are_refused() {
    let refused = |text: String| config::parse(&text).expect_err("refused").to_string();
    let only_group = config::DEFAULT.replace("dtls-srtp = false", "dtls-srtp = true");
    assert!(refused(only_group).starts_with("group[0].dtls-srtp = true"));
    let with = |lines: &str| config::DEFAULT.replace("\ndtls = false", &format!("\n{lines}"));
    assert!(refused(with("dtls-key = \"a.pem\"")).starts_with("media.dtls = false"));
    assert!(refused(with("dtls = true\ndtls-key = \"a.pem\"")).starts_with("media.dtls-certificate"));
    let missing = with("dtls = true\ndtls-key = \"a.pem\"\ndtls-certificate = \"/nowhere/b.pem\"");
    assert!(refused(missing).starts_with("/nowhere/b.pem"));
}

#[test]
fn without_a_certificate_an_offer_of_dtls_is_refused() {
    let mut world = World::new(config::parse(config::DEFAULT).expect("a valid configuration"));
    world.dtls_client("sip:alice@mc.example.org", Identity::generate().expect("one"));
    world.signal(ALICE, ClientCommand::Register);
    world.signal(ALICE, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
    world.take_client_events(ALICE);
    call(&mut world);
    let refused = world.take_client_events(ALICE).into_iter().any(|event| {
        matches!(event, UeEvent::Client(call_control::client::ClientEvent::CallFailed { status: 488, .. }))
    });
    assert!(refused);
}
