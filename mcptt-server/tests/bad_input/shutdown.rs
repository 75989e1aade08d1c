//! The operator ends the service.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use call_control::{Event as CallControl, ReleaseCause};
use mcptt_server::node::{Command, Event};
use mcptt_server::ue::UeEvent;

use crate::scene::{ALICE, BOB, FIRE, NONE, Scene};

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
