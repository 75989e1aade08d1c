//! Early go-ahead from button to loudspeaker (TS 24.380 6.3.2.2): the inviting client talks before anybody has answered.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::ue::UeEvent;

const FIRE: &str = "sip:fire-1@mc.example.org";
const ALICE: usize = 0;
const BOB: usize = 1;

/// Alice and bob are logged in; what bob sends from now on is lost.
fn bob_out_of_reach(early: bool) -> World {
    let text = config::DEFAULT.replace("early-go-ahead = false", &format!("early-go-ahead = {early}"));
    let mut world = World::new(config::parse(&text).expect("the embedded configuration is valid"));
    for (user, number) in [("sip:alice@mc.example.org", ALICE), ("sip:bob@mc.example.org", BOB)] {
        assert_eq!(world.client(user, false), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
        world.take_client_events(number);
    }
    world.mute(BOB, true);
    world
}

fn voices(world: &mut World, client: usize) -> Vec<u16> {
    let events = world.take_client_events(client).into_iter();
    let heard = events.filter_map(|event| match event {
        UeEvent::Voice { sequence, .. } => Some(sequence),
        _ => None,
    });
    heard.collect()
}

//= 24.380-6.3.2.2:early test
#[test]
fn what_is_said_before_the_first_answer_is_heard_after_it() {
    let mut world = bob_out_of_reach(true);
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: true, ..GroupCall::new(FIRE) }),
    );
    assert!(world.equipment(ALICE).may_send(), "alice may talk although bob has not answered");
    let events = world.take_client_events(ALICE);
    assert!(events.iter().any(|event| matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_)))));
    for _ in 0..50 {
        assert!(world.speak(ALICE));
        world.advance(Duration::from_millis(20));
    }
    assert_eq!(voices(&mut world, BOB), Vec::<u16>::new());
    world.mute(BOB, false);
    // Bob repeats its answer, and alice goes on.
    for _ in 50..200 {
        assert!(world.speak(ALICE));
        world.advance(Duration::from_millis(20));
    }
    world.advance(Duration::from_secs(5));
    assert_eq!(voices(&mut world, BOB), (0..200).collect::<Vec<_>>());
}

//= 24.380-6.3.2.2:conf test
#[test]
fn without_it_the_floor_is_granted_when_somebody_has_answered() {
    let mut world = bob_out_of_reach(false);
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: true, ..GroupCall::new(FIRE) }),
    );
    assert!(!world.equipment(ALICE).may_send());
    world.mute(BOB, false);
    world.advance(Duration::from_secs(1));
    assert!(world.equipment(ALICE).may_send());
    assert!(world.speak(ALICE));
    assert_eq!(voices(&mut world, BOB), [0]);
}
