//! Floor and media of groups that were regrouped: whoever talks in the one is heard in the other, and one floor control server
//! decides for all of them.

use std::time::Duration;

use call_control::client::{ClientCommand, ClientEvent, GroupCall, RegroupRequest};
use mcptt_codec::floor::FloorPriority;
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::node::Event;
use mcptt_server::ue::{UeCommand, UeEvent};
use media_plane::floor::participant::Notification;

const FIRE: &str = "sip:fire-1@mc.example.org";
const RAIL: &str = "sip:rail-1@mc.example.org";
const BOTH: &str = "sip:both@mc.example.org";
const PATTERN: &str = "sip:pattern@mc.example.org";
const ALICE: usize = 0;
const BOB: usize = 1;
const ERIN: usize = 2;
const DAVE: usize = 3;

/// Alice and bob are affiliated to the fire group, erin and dave to the railway.
fn world(protected: bool) -> World {
    let text = format!(
        "{}\n[[group]]\nid = \"{PATTERN}\"\npreconfigured-use-only = true\nprotect-media = {protected}\nmembers = []\n",
        config::DEFAULT
            .replace("protect-media = false", &format!("protect-media = {protected}"))
            .replace("max-simultaneous-group-calls = 1", "max-simultaneous-group-calls = 3")
    );
    let mut world = World::new(config::parse(&text).expect("the configuration is valid"));
    let users = [("alice", FIRE), ("bob", FIRE), ("erin", RAIL), ("dave", RAIL)];
    for (number, (user, group)) in users.into_iter().enumerate() {
        assert_eq!(world.client(&format!("sip:{user}@mc.example.org"), protected), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![group.into()] });
        world.take_client_events(number);
    }
    world
}

fn regroup(world: &mut World) {
    world.signal(
        ALICE,
        ClientCommand::Regroup(RegroupRequest::OfGroups {
            preconfigured: PATTERN.into(),
            regroup: BOTH.into(),
            groups: vec![FIRE.into(), RAIL.into()],
        }),
    );
    let told = world.take_client_events(ERIN);
    let regrouped = |event: &UeEvent| matches!(event, UeEvent::Client(ClientEvent::Regrouped { .. }));
    assert!(told.iter().any(regrouped), "{told:?}");
}

fn press(world: &mut World, client: usize, priority: Option<u8>) {
    let priority = priority.map(FloorPriority);
    world.command(client, UeCommand::PressToTalk { priority, indicator: None });
}

fn voices(world: &mut World, client: usize) -> usize {
    let events = world.take_client_events(client);
    events.iter().filter(|event| matches!(event, UeEvent::Voice { .. })).count()
}

fn forget(world: &mut World) {
    for client in [ALICE, BOB, ERIN, DAVE] {
        world.take_client_events(client);
    }
}

/// Speaks and says who has heard all of it.
fn heard(world: &mut World, talker: usize) -> Vec<usize> {
    const PACKETS: usize = 10;
    forget(world);
    for _ in 0..PACKETS {
        assert!(world.speak(talker), "client {talker} has the floor");
        world.advance(Duration::from_millis(20));
    }
    [ALICE, BOB, ERIN, DAVE].into_iter().filter(|client| voices(world, *client) == PACKETS).collect()
}

fn everybody_talks_in_turn(protected: bool) {
    let mut world = world(protected);
    regroup(&mut world);
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: true, ..GroupCall::new(BOTH) }),
    );
    world.advance(Duration::from_millis(100));
    assert_eq!(world.node().call_count(), 3);
    for client in [BOB, ERIN, DAVE] {
        let events = world.take_client_events(client);
        let called = |event: &UeEvent| matches!(event, UeEvent::Client(ClientEvent::CallEstablished(_)));
        assert!(events.iter().any(called), "{client}: {events:?}");
    }
    // The caller, whose request has waited for the two groups, has the floor and is heard in both.
    world.command(ALICE, UeCommand::AcceptGrant);
    assert_eq!(heard(&mut world, ALICE), [BOB, ERIN, DAVE]);
    // Nobody else gets it meanwhile, in whatever group it is.
    press(&mut world, DAVE, None);
    assert!(!world.equipment(DAVE).may_send());
    world.command(DAVE, UeCommand::ReleaseToTalk);
    world.command(ALICE, UeCommand::ReleaseToTalk);
    // A member of the other group is heard in the first one, and by its own.
    for (talker, others) in
        [(ERIN, [ALICE, BOB, DAVE]), (BOB, [ALICE, ERIN, DAVE]), (DAVE, [ALICE, BOB, ERIN])]
    {
        world.advance(Duration::from_millis(100));
        press(&mut world, talker, None);
        assert_eq!(heard(&mut world, talker), others, "client {talker} talks");
        world.command(talker, UeCommand::ReleaseToTalk);
        assert!(!world.equipment(talker).may_send());
    }
    let defects = world.take_events();
    assert!(!defects.iter().any(|event| matches!(event, Event::Defect { .. })));
}

//= 24.379-10.1.1.5.1 test
//= 24.380-6.5.5.4 test
#[test]
fn whoever_talks_in_one_group_is_heard_in_the_other() {
    everybody_talks_in_turn(false);
}

#[test]
fn whoever_talks_in_one_group_is_heard_in_the_other_under_keys_of_each_leg() {
    everybody_talks_in_turn(true);
}

#[test]
fn requests_of_both_groups_wait_in_one_queue() {
    let mut world = world(false);
    regroup(&mut world);
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: true, ..GroupCall::new(BOTH) }),
    );
    world.advance(Duration::from_millis(100));
    world.command(ALICE, UeCommand::AcceptGrant);
    assert!(world.speak(ALICE));
    forget(&mut world);
    for client in [BOB, ERIN] {
        press(&mut world, client, Some(1));
    }
    let position = |world: &mut World, client| {
        let events = world.take_client_events(client).into_iter();
        let positions = events.filter_map(|event| match event {
            UeEvent::Floor(Notification::Queued { info }) => Some(info),
            _ => None,
        });
        positions.last()
    };
    let positions = [BOB, ERIN].map(|client| position(&mut world, client).is_some());
    assert_eq!(positions, [true, true]);
    world.command(ALICE, UeCommand::ReleaseToTalk);
    // One of them was offered the floor, and only one.
    for client in [BOB, ERIN] {
        world.command(client, UeCommand::AcceptGrant);
    }
    let talking = [BOB, ERIN].map(|client| world.equipment(client).may_send());
    assert_eq!(talking.iter().filter(|talks| **talks).count(), 1, "{talking:?}");
}

//= 24.379-6.3.4:merge test
//= 24.380-6.3.4.8.3 test
#[test]
fn a_call_that_runs_goes_on_in_the_call_of_the_regroup_and_after_it() {
    let mut world = world(false);
    // Erin talks to dave when alice regroups and calls.
    world
        .signal(ERIN, ClientCommand::CallGroup(GroupCall { implicit_request: true, ..GroupCall::new(RAIL) }));
    world.advance(Duration::from_millis(100));
    assert_eq!(heard(&mut world, ERIN), [DAVE]);
    regroup(&mut world);
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(BOTH) }),
    );
    world.advance(Duration::from_millis(100));
    assert_eq!(world.node().call_count(), 3);
    // She did not have to stop, and is heard by all.
    assert_eq!(heard(&mut world, ERIN), [ALICE, BOB, DAVE]);
    press(&mut world, ALICE, None);
    assert!(!world.equipment(ALICE).may_send());
    world.command(ALICE, UeCommand::ReleaseToTalk);
    world.command(ERIN, UeCommand::ReleaseToTalk);
    world.advance(Duration::from_millis(100));
    press(&mut world, BOB, None);
    assert_eq!(heard(&mut world, BOB), [ALICE, ERIN, DAVE]);
    world.command(BOB, UeCommand::ReleaseToTalk);

    // The regroup ends: the railway has its own call again.
    world.signal(
        ALICE,
        ClientCommand::Regroup(RegroupRequest::Remove {
            preconfigured: PATTERN.into(),
            regroup: BOTH.into(),
        }),
    );
    world.advance(Duration::from_millis(100));
    assert_eq!(world.node().call_count(), 1);
    press(&mut world, DAVE, None);
    assert_eq!(heard(&mut world, DAVE), [ERIN]);
}

//= 24.379-6.3.4:merge test
#[test]
fn who_talks_when_a_call_is_merged_is_told_by_sip_once() {
    let mut world = world(false);
    world
        .signal(ERIN, ClientCommand::CallGroup(GroupCall { implicit_request: true, ..GroupCall::new(RAIL) }));
    world.advance(Duration::from_millis(100));
    assert!(world.speak(ERIN));
    regroup(&mut world);
    world.signal(ALICE, ClientCommand::CallGroup(GroupCall::new(BOTH)));
    world.command(ALICE, UeCommand::AcceptGrant);
    // Both have asked for the floor; one talks, and hers is the floor as long as she does not stop.
    let talking: Vec<usize> =
        [ALICE, BOB, ERIN, DAVE].into_iter().filter(|at| world.equipment(*at).may_send()).collect();
    assert_eq!(talking.len(), 1, "{talking:?}");
}
