//! A hundred thousand hostile datagrams from everywhere.

use std::net::{Ipv4Addr, SocketAddr};
use std::ops::Range;
use std::time::Duration;

use allocation_counter::measure;
use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_server::config;
use mcptt_server::ue::{UeCommand, UeEvent};

use crate::scene::{ALICE, FIRE, Scene, controlling, log_in, participating};
use crate::wire::Raw;

const DATAGRAMS: u32 = 100_000;
/// How much more octets may be held after the second half of the flood, when everything that is bounded is full.
const GROWTH: i64 = 16 * 1024 * 1024;

/// What datagram number `index` is, whom it is for and who sends it: no two come from one address.
fn datagram(index: u32, ports: &[SocketAddr]) -> (SocketAddr, SocketAddr, Vec<u8>) {
    let source = SocketAddr::from((Ipv4Addr::from(0xcb00_0000 + index), 1_024 + (index % 60_000) as u16));
    let port = ports[index as usize % ports.len()];
    let (destination, octets) = match index % 100 {
        0 => (participating(), Raw::new("OPTIONS", source, index).octets()),
        1 => (participating(), Raw::new("INVITE", source, index).group_call().octets()),
        2 => (controlling(), Raw::new("INVITE", source, index).group_call().octets()),
        3 => (participating(), Raw::new("BYE", source, index).in_dialog().octets()),
        4..=9 => (controlling(), b"INVITE sip:nobody SIP/2.0\r\nVia: ".to_vec()),
        10..=19 => (participating(), index.to_be_bytes().repeat(64)),
        20..=59 => (port, vec![0x80, 0xcc, 0, 2, 0xa0, 0, 0, 0, b'M', b'C', b'P', b'T']),
        60..=89 => (port, vec![0x80, 0x61, 0, 1, 0, 0, 0, 1, 0xa0, 0, 0, 0, 0x5a]),
        _ => (port, index.to_be_bytes().repeat(32)),
    };
    (source, destination, octets)
}

#[test]
fn a_flood_costs_the_call_nothing_and_the_node_a_bounded_amount() {
    let mut scene = Scene::calling();
    let config = config::parse(config::DEFAULT).unwrap();
    let ports = [config.audio_addresses(), config.floor_addresses()].concat();
    pass(&mut scene, &ports, 0..DATAGRAMS / 2);
    // What other tests allocate meanwhile does not count: they have threads of their own.
    let grown = measure(|| pass(&mut scene, &ports, DATAGRAMS / 2..DATAGRAMS));
    assert!(grown.bytes_current <= GROWTH, "{grown:?}");
    scene.call_works();
    an_honest_user_is_served(&mut scene);
}

/// Sends these datagrams; the call works at all times.
fn pass(scene: &mut Scene, ports: &[SocketAddr], numbers: Range<u32>) {
    for index in numbers {
        let (source, destination, octets) = datagram(index, ports);
        scene.world.inject(source, destination, octets);
        let answers = scene.answers();
        assert!(answers.len() <= 1, "datagram {index} is answered with {answers:?}");
        scene.world.advance(Duration::from_millis(1));
        // The refusal of an INVITE that nobody acknowledges is repeated (RFC 3261 17.2.1).
        scene.answers();
        if index % 10_000 == 0 {
            scene.call_works();
            scene.forget();
        }
    }
}

/// A user who was not there before logs in, joins the call and is heard.
fn an_honest_user_is_served(scene: &mut Scene) {
    let world = &mut scene.world;
    let carol = world.client("sip:carol@mc.example.org", true);
    log_in(world, carol);
    world.signal(
        carol,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    let joined = world.take_client_events(carol);
    assert!(
        joined.iter().any(|event| matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_)))),
        "{joined:?}"
    );
    assert_eq!(world.node().call_count(), 1);
    world.take_client_events(ALICE);
    world.command(carol, UeCommand::PressToTalk { priority: None, indicator: None });
    assert!(world.speak(carol));
    let heard = world.take_client_events(ALICE);
    assert!(heard.iter().any(|event| matches!(event, UeEvent::Voice { .. })), "{heard:?}");
}
