//! Calls over pre-established sessions from button to loudspeaker: TS 24.379 8 and 10.1.1.3.1.2, TS 24.380 6.4 and 9.

use std::time::Duration;

use call_control::client::{
    ClientCommand, ClientEvent, EstablishedCall, EstablishedSession, GroupCall, PrivateCall, SessionCall,
    SessionId,
};
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::ue::{UeCommand, UeEvent};

const FIRE: &str = "sip:fire-1@mc.example.org";
const SESSIONS: &str = "sip:sessions@mc.example.org";
const USERS: [&str; 3] = ["sip:alice@mc.example.org", "sip:bob@mc.example.org", "sip:carol@mc.example.org"];
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
const FIRST: SessionId = SessionId(1);

/// The users of the embedded configuration, logged in; the first `sessions` of them have established a session.
fn world(sessions: usize) -> World {
    let mut world = World::new(config::parse(config::DEFAULT).expect("the embedded configuration is valid"));
    for (number, user) in USERS.iter().enumerate() {
        assert_eq!(world.client(user, false), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
        if number < sessions {
            world.signal(number, ClientCommand::EstablishSession { identity: SESSIONS.into() });
            let events = world.take_client_events(number);
            let stands = |event: &UeEvent| {
                matches!(
                    event,
                    UeEvent::Client(ClientEvent::SessionEstablished(EstablishedSession {
                        session: FIRST,
                        ..
                    }))
                )
            };
            assert!(events.iter().any(stands), "{events:?}");
        }
        world.take_client_events(number);
    }
    world
}

fn call_fire(implicit_request: bool) -> ClientCommand {
    let call = SessionCall::Group(GroupCall { implicit_request, ..GroupCall::new(FIRE) });
    ClientCommand::CallOverSession { session: FIRST, call }
}

fn established(events: &[UeEvent]) -> EstablishedCall {
    let found = events.iter().find_map(|event| match event {
        UeEvent::Client(ClientEvent::CallEstablished(call)) => Some(call.clone()),
        _ => None,
    });
    found.unwrap_or_else(|| panic!("no call in {events:?}"))
}

fn ended(events: &[UeEvent]) -> bool {
    events.iter().any(|event| matches!(event, UeEvent::Client(ClientEvent::CallEnded { .. })))
}

/// One takes the floor, is heard by the others, and gives it back.
fn talk(world: &mut World, talker: usize, listeners: &[usize]) {
    world.command(talker, UeCommand::PressToTalk { priority: None, indicator: None });
    say(world, talker, listeners);
    world.command(talker, UeCommand::ReleaseToTalk);
    assert!(!world.equipment(talker).may_send());
}

fn say(world: &mut World, talker: usize, listeners: &[usize]) {
    const PACKETS: usize = 5;
    for listener in listeners {
        world.take_client_events(*listener);
    }
    for _ in 0..PACKETS {
        assert!(world.speak(talker), "client {talker} has the floor");
        world.advance(Duration::from_millis(20));
    }
    for listener in listeners {
        let heard = world.take_client_events(*listener);
        let heard = heard.iter().filter(|event| matches!(event, UeEvent::Voice { .. })).count();
        assert_eq!(heard, PACKETS, "client {listener} hears client {talker}");
    }
}

//= 24.379-10.1.1.3.1.2 test
//= 24.379-6.3.2.2.5 test
//= 24.380-9.1 test
//= 24.380-6.4.2:1 test
//= 24.380-6.4.2:2 test
//= 24.380-6.4.3 test
#[test]
fn a_call_between_two_sessions_and_a_client_without_is_heard_by_all_and_ends() {
    let mut world = world(2);
    world.signal(ALICE, call_fire(true));
    let own = established(&world.take_client_events(ALICE));
    assert!(!own.incoming && own.group.as_ref().is_some_and(|group| group.as_str() == FIRE));
    let bobs = established(&world.take_client_events(BOB));
    assert!(bobs.incoming && bobs.caller.is_some_and(|caller| caller.as_str() == USERS[ALICE]));
    // The sessions are relayed by the participating function, carol speaks with the media function itself.
    let carols = established(&world.take_client_events(CAROL));
    assert!((26000..=26015).contains(&own.remote_audio.port()), "{own:?}");
    assert!((26000..=26015).contains(&bobs.remote_audio.port()));
    assert!((20000..=20015).contains(&carols.remote_audio.port()));

    // The REFER was a floor request too.
    assert!(world.equipment(ALICE).may_send());
    say(&mut world, ALICE, &[BOB, CAROL]);
    world.command(ALICE, UeCommand::ReleaseToTalk);
    talk(&mut world, BOB, &[ALICE, CAROL]);
    talk(&mut world, CAROL, &[ALICE, BOB]);

    // Alice leaves by REFER, the others go on; carol leaves by BYE, and with her the call ends for bob too.
    world.signal(ALICE, ClientCommand::Leave { call: own.call });
    assert!(ended(&world.take_client_events(ALICE)));
    talk(&mut world, BOB, &[CAROL]);
    world.signal(CAROL, ClientCommand::Leave { call: carols.call });
    assert!(ended(&world.take_client_events(BOB)));
    assert_eq!(world.node().call_count(), 0);

    // The sessions are still there for the next call.
    world.signal(BOB, call_fire(false));
    let again = established(&world.take_client_events(BOB));
    assert_eq!(again.remote_audio, bobs.remote_audio);
    assert!(established(&world.take_client_events(ALICE)).incoming);
    talk(&mut world, BOB, &[ALICE]);
}

//= 24.379-10.1.1.3.1.2:refer test
#[test]
fn who_affiliates_while_the_call_runs_is_connected_on_its_session() {
    let mut world = world(3);
    world.signal(CAROL, ClientCommand::Deaffiliate);
    world.signal(ALICE, call_fire(false));
    world.take_client_events(CAROL);
    world.signal(CAROL, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
    let late = established(&world.take_client_events(CAROL));
    assert!(late.incoming && (26000..=26015).contains(&late.remote_audio.port()));
    talk(&mut world, ALICE, &[BOB, CAROL]);
}

#[test]
fn a_call_that_is_refused_leaves_the_session_free() {
    let mut world = world(1);
    let nobody = SessionCall::Group(GroupCall::new("sip:nobody@mc.example.org"));
    world.signal(ALICE, ClientCommand::CallOverSession { session: FIRST, call: nobody });
    let events = world.take_client_events(ALICE);
    let failed = events.iter().any(|event| matches!(event, UeEvent::Client(ClientEvent::CallFailed { .. })));
    assert!(failed, "{events:?}");
    assert_eq!(world.equipment(ALICE).call(), None);
    world.signal(ALICE, call_fire(false));
    established(&world.take_client_events(ALICE));
}

#[test]
fn a_client_in_another_call_refuses_the_one_on_its_session() {
    let mut world = world(2);
    // Bob is in a call of its own that needs no session.
    world.signal(BOB, ClientCommand::JoinChat(GroupCall::new("sip:talk-1@mc.example.org")));
    let own = established(&world.take_client_events(BOB));
    world.signal(ALICE, call_fire(false));
    established(&world.take_client_events(ALICE));
    established(&world.take_client_events(CAROL));
    let events = world.take_client_events(BOB);
    assert!(!events.iter().any(|event| matches!(event, UeEvent::Client(ClientEvent::CallReceived { .. }))));
    assert_eq!(world.equipment(BOB).call(), Some(own.call));
    talk(&mut world, ALICE, &[CAROL]);
}

//= 24.379-11.1.3.2.1.2 test
//= 24.379-11.1.3.2.1.2:server test
#[test]
fn a_private_call_with_and_without_floor_control_is_made_and_ended_by_refer() {
    for floor_control in [true, false] {
        let mut world = world(2);
        let call = PrivateCall { floor_control, implicit_request: false, ..PrivateCall::new(USERS[BOB]) };
        world.signal(ALICE, ClientCommand::CallOverSession { session: FIRST, call: SessionCall::User(call) });
        let own = established(&world.take_client_events(ALICE));
        let theirs = established(&world.take_client_events(BOB));
        assert_eq!(
            (own.remote_floor.is_some(), theirs.remote_floor.is_some()),
            (floor_control, floor_control)
        );
        assert_eq!((own.group, theirs.group), (None, None));
        if floor_control {
            talk(&mut world, ALICE, &[BOB]);
            talk(&mut world, BOB, &[ALICE]);
        } else {
            say(&mut world, ALICE, &[BOB]);
            say(&mut world, BOB, &[ALICE]);
        }
        world.signal(BOB, ClientCommand::Leave { call: theirs.call });
        assert!(ended(&world.take_client_events(ALICE)) && ended(&world.take_client_events(BOB)));
        assert_eq!(world.node().call_count(), 0);
    }
}

//= 24.379-8.3.2 test
#[test]
fn a_client_that_moves_in_the_middle_of_a_call_is_heard_and_hears_where_it_is() {
    let mut world = world(2);
    world.signal(ALICE, call_fire(false));
    let own = established(&world.take_client_events(ALICE));
    // The same host, so that the world delivers there; other ports, which nobody serves: what is sent there is lost.
    let (audio, floor) = (World::addresses(0)[1], World::addresses(0)[2]);
    let moved = |port: u16| std::net::SocketAddr::new(audio.ip(), port);
    world.signal(
        ALICE,
        ClientCommand::ModifySession { session: FIRST, audio: moved(50_000), floor: moved(50_002) },
    );
    world.take_client_events(ALICE);
    world.command(BOB, UeCommand::PressToTalk { priority: None, indicator: None });
    for _ in 0..5 {
        assert!(world.speak(BOB));
        world.advance(Duration::from_millis(20));
    }
    world.command(BOB, UeCommand::ReleaseToTalk);
    let heard = world.take_client_events(ALICE);
    assert!(!heard.iter().any(|event| matches!(event, UeEvent::Voice { .. })), "{heard:?}");
    // Back again: the call has gone on.
    world.signal(ALICE, ClientCommand::ModifySession { session: FIRST, audio, floor });
    let events = world.take_client_events(ALICE);
    let back = events.iter().find_map(|event| match event {
        UeEvent::Client(ClientEvent::SessionEstablished(session)) => Some(*session),
        _ => None,
    });
    let back = back.expect("the session stands where it was");
    assert_eq!(own.remote_floor.map(|floor| floor.ip()), Some(back.remote_floor.ip()));
}

//= 24.379-8.4.2 test
#[test]
fn the_end_of_a_session_is_the_end_of_its_call() {
    let mut world = world(2);
    world.signal(ALICE, call_fire(false));
    established(&world.take_client_events(ALICE));
    let bobs = established(&world.take_client_events(BOB));
    world.signal(ALICE, ClientCommand::ReleaseSession { session: FIRST });
    let events = world.take_client_events(ALICE);
    assert!(ended(&events), "{events:?}");
    assert!(
        events.iter().any(|event| {
            matches!(event, UeEvent::Client(ClientEvent::SessionReleased { session: FIRST }))
        })
    );
    talk(&mut world, BOB, &[CAROL]);
    // Deregistration ends the session of bob, and with it bob's place in the call.
    world.signal(BOB, ClientCommand::Deregister);
    let events = world.take_client_events(BOB);
    assert!(ended(&events), "{bobs:?} {events:?}");
    assert_eq!(world.node().call_count(), 0);
}

//= 24.380-9.3:t55 test
#[test]
fn a_client_that_says_nothing_on_its_session_is_not_in_the_call() {
    let mut world = world(2);
    world.mute(BOB, true);
    world.signal(ALICE, call_fire(false));
    established(&world.take_client_events(ALICE));
    world.advance(Duration::from_secs(7));
    world.mute(BOB, false);
    world.advance(Duration::from_secs(1));
    assert!(!ended(&world.take_client_events(ALICE)));
    talk(&mut world, ALICE, &[CAROL]);
}

/// Clients that establish, use, move and give up sessions in any order, datagrams that are lost, repeated or changed, and time.
#[test]
fn sessions_in_any_order_do_no_harm() {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut draw = |below: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        u8::try_from((state >> 11) % below).expect("a small number")
    };
    for _ in 0..200 {
        let mut data = Vec::new();
        for client in 0..3 {
            // Registered, with settings, affiliated to both groups, with a session.
            for step in [[1, client, 0, 0], [1, client, 1, 0], [1, client, 2, 3], [1, client, 240, 0]] {
                data.extend(step);
            }
        }
        for _ in 0..40 {
            let client = draw(3);
            match draw(10) {
                0 => data.extend([2, draw(16), draw(256)]),
                1 => data.extend([3, draw(4), 0, draw(64), draw(256)]),
                2 => data.extend([4, draw(20), draw(50), draw(4)]),
                3..=5 => data.extend([1, client, 240 + draw(5), draw(256)]),
                _ => data.extend([1, client, draw(16), draw(256)]),
            }
        }
        mcptt_server::fuzzing::node_steps(&data);
    }
}
