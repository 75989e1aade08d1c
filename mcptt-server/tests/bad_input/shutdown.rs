//! The operator ends the service.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use call_control::{Event as CallControl, ReleaseCause};
use mcptt_server::node::{Command, Event};
use mcptt_server::ue::UeEvent;

use crate::scene::{ALICE, BOB, FIRE, NONE, Scene, of_client};

#[test]
fn release_of_all_calls_ends_each_with_bye_and_admits_no_new_one() {
    let mut scene = Scene::calling();
    scene.world.operate(Command::ReleaseAll);
    for client in [ALICE, BOB] {
        let told = scene.world.take_client_events(client);
        let ended =
            |event: &&UeEvent| matches!(event, UeEvent::Client(ClientEvent::CallEnded { by_peer: true, .. }));
        assert_eq!(told.iter().filter(ended).count(), 1, "client {client}: {told:?}");
    }
    let released = |event: &Event| {
        matches!(
            event,
            Event::CallControl(CallControl::CallReleased { cause: ReleaseCause::Administrator, .. })
        )
    };
    assert_eq!(scene.world.take_events().iter().filter(|event| released(event)).count(), 1);
    assert_eq!(scene.world.node().call_count(), 0);

    scene.world.signal(BOB, ClientCommand::CallGroup(GroupCall::new(FIRE)));
    let told = scene.world.take_client_events(BOB);
    let refused =
        |event: &UeEvent| matches!(event, UeEvent::Client(ClientEvent::CallFailed { status: 503, .. }));
    assert!(told.iter().any(refused), "{told:?}");
    assert_eq!(scene.world.node().call_count(), 0);

    // Everything that was under way comes to rest.
    scene.world.advance(Duration::from_secs(60));
    assert_eq!(scene.answers(), NONE);
}

/// A process that ends as soon as no call is left would leave clients in calls that are over.
#[test]
fn nothing_is_released_before_everybody_has_answered_its_bye() {
    let mut scene = Scene::calling();
    let lost = std::rc::Rc::new(std::cell::Cell::new(false));
    let once = std::rc::Rc::clone(&lost);
    let [bob, ..] = of_client(BOB);
    scene.world.lose(Box::new(move |datagram| {
        datagram.destination == bob && datagram.payload.starts_with(b"BYE ") && !once.replace(true)
    }));
    scene.world.operate(Command::ReleaseAll);
    assert!(lost.get());
    assert_eq!(scene.world.node().call_count(), 0);
    assert!(!scene.world.node().is_released());
    scene.world.advance(Duration::from_secs(1));
    assert!(scene.world.node().is_released());
    let told = scene.world.take_client_events(BOB);
    let ended = |event: &UeEvent| matches!(event, UeEvent::Client(ClientEvent::CallEnded { .. }));
    assert!(told.iter().any(ended), "{told:?}");
}
