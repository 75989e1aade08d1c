//! What happens while somebody talks: documents change, and whoever follows the events knows who is there and who talks.

use std::collections::BTreeMap;
use std::time::Duration;

use call_control::DocumentChange;
use call_control::client::{ClientCommand, ClientEvent, GroupCall};
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::node::Event;
use mcptt_server::ue::{UeCommand, UeEvent};

const FIRE: &str = "sip:fire-1@mc.example.org";
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;

fn talking(protected: bool) -> (World, call_control::config::Group) {
    let text = config::DEFAULT.replace("protect-media = false", &format!("protect-media = {protected}"));
    let config = config::parse(&text).expect("the configuration is valid");
    let group = config.call_control.groups.iter().find(|group| group.group_id.as_str() == FIRE);
    let group = group.expect("the group").clone();
    let mut world = World::new(config);
    for (number, user) in ["alice", "bob", "carol"].into_iter().enumerate() {
        assert_eq!(world.client(&format!("sip:{user}@mc.example.org"), protected), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
    }
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
    world.command(BOB, UeCommand::PressToTalk { priority: None, indicator: None });
    assert_eq!(spoken(&mut world, BOB), [5, 0, 5]);
    (world, group)
}

/// Lets a client speak five times; what each of the three hears of it.
fn spoken(world: &mut World, talker: usize) -> [usize; 3] {
    for client in [ALICE, BOB, CAROL] {
        world.take_client_events(client);
    }
    for _ in 0..5 {
        world.speak(talker);
        world.advance(Duration::from_millis(20));
    }
    [ALICE, BOB, CAROL].map(|client| {
        let events = world.take_client_events(client);
        events.iter().filter(|event| matches!(event, UeEvent::Voice { .. })).count()
    })
}

fn ended(world: &mut World, client: usize) -> bool {
    let events = world.take_client_events(client);
    events.iter().any(|event| matches!(event, UeEvent::Client(ClientEvent::CallEnded { by_peer: true, .. })))
}

#[test]
fn a_member_that_is_removed_while_it_talks_falls_silent_and_the_floor_is_free() {
    for protected in [false, true] {
        let (mut world, mut group) = talking(protected);
        group.members.retain(|member| member.mcptt_id.as_str() != "sip:bob@mc.example.org");
        world.document(DocumentChange::Group(Box::new(group)));
        assert!(ended(&mut world, BOB));
        // What it still sends reaches nobody.
        assert_eq!(spoken(&mut world, BOB), [0, 0, 0]);
        world.command(CAROL, UeCommand::PressToTalk { priority: None, indicator: None });
        assert!(world.equipment(CAROL).may_send());
        assert_eq!(spoken(&mut world, CAROL), [5, 0, 0]);
        assert_eq!(world.node().call_count(), 1);
    }
}

#[test]
fn a_group_that_is_removed_while_somebody_talks_has_no_call_any_more() {
    let (mut world, group) = talking(false);
    world.document(DocumentChange::GroupGone(group.group_id));
    for client in [ALICE, BOB, CAROL] {
        assert!(ended(&mut world, client), "client {client}");
    }
    assert_eq!(spoken(&mut world, BOB), [0, 0, 0]);
    assert_eq!(world.node().call_count(), 0);
}

/// Nothing but the events says who is registered, who is affiliated, who is in the call and who talks.
#[test]
fn the_events_alone_tell_who_is_there_and_who_talks() {
    use call_control::Event as Call;
    use call_control::event::{AffiliationState, Function};
    use media_plane::floor::Event as Floor;
    use media_plane::floor::Machine;

    let (mut world, _) = talking(false);
    world.command(BOB, UeCommand::ReleaseToTalk);
    world.advance(Duration::from_millis(100));
    world.command(CAROL, UeCommand::PressToTalk { priority: None, indicator: None });
    let (mut registered, mut affiliated) = (Vec::new(), Vec::new());
    let (mut legs, mut talkers) = (BTreeMap::new(), Vec::new());
    for event in world.take_events() {
        match event {
            Event::CallControl(Call::Registered { public_user_id, .. }) => {
                registered.push(public_user_id.to_string());
            }
            Event::CallControl(Call::AffiliationChanged {
                function: Function::Controlling,
                mcptt_id,
                to: AffiliationState::Affiliated,
                ..
            }) => affiliated.push(mcptt_id.to_string()),
            Event::CallControl(Call::ParticipantJoined { leg, mcptt_id, .. }) => {
                legs.insert(leg, mcptt_id.to_string());
            }
            Event::MediaPlane(media_plane::Event::Floor {
                event: Floor::StateChanged { machine: Machine::General, participant: Some(leg), .. },
                ..
            }) => talkers.push(legs[&leg].clone()),
            _ => {}
        }
    }
    let all = ["alice", "bob", "carol"].map(|user| format!("sip:{user}@mc.example.org"));
    assert_eq!((&registered[..], &affiliated[..]), (&all[..], &all[..]));
    let mut in_call: Vec<String> = legs.into_values().collect();
    in_call.sort();
    assert_eq!(in_call, all);
    talkers.dedup();
    assert_eq!(talkers, [all[1].clone(), all[2].clone()]);
}
