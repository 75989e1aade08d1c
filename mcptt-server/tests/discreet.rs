//! Discreet listening through the whole node: the listener hears voice and floor control, and what the participants get is the
//! same, octet by octet.

use std::cell::RefCell;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Duration;

use call_control::client::{ClientCommand, GroupCall, ListeningRequest};
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::ue::{UeCommand, UeEvent};

const FIRE: &str = "sip:fire-1@mc.example.org";
const ALICE: usize = 0;
const BOB: usize = 1;
const CAROL: usize = 2;
/// Listens.
const ERIN: usize = 3;
/// Agrees.
const DAVE: usize = 4;

type Sent = Vec<(SocketAddr, SocketAddr, Vec<u8>)>;

fn voices(world: &mut World, client: usize) -> usize {
    let events = world.take_client_events(client);
    events.iter().filter(|event| matches!(event, UeEvent::Voice { .. })).count()
}

/// Everything of voice and floor control that alice, bob and carol are sent; how many SIP messages each of them gets; and how
/// many packets of voice bob and the listener hear.
fn story(protected: bool, listens: bool) -> (Sent, [usize; 3], usize, usize) {
    let text = format!(
        "{}\n[[discreet-listening.grant]]\nlistener = \"sip:erin@mc.example.org\"\ntargets = [\"{FIRE}\"]\n\
         approvers = [\"sip:dave@mc.example.org\"]\n",
        config::DEFAULT.replace("protect-media = false", &format!("protect-media = {protected}"))
    );
    let mut world = World::new(config::parse(&text).expect("the configuration is valid"));
    for (number, user) in ["alice", "bob", "carol", "erin", "dave"].into_iter().enumerate() {
        assert_eq!(world.client(&format!("sip:{user}@mc.example.org"), protected), number);
        world.signal(number, ClientCommand::Register);
        world.signal(number, ClientCommand::PublishSettings);
        if number <= CAROL {
            world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
        }
    }
    let sent = Rc::new(RefCell::new(Sent::new()));
    let signalling = Rc::new(RefCell::new([0_usize; 3]));
    let (into, count) = (Rc::clone(&sent), Rc::clone(&signalling));
    world.lose(Box::new(move |datagram| {
        for client in [ALICE, BOB, CAROL] {
            let [sip, audio, floor] = World::addresses(u8::try_from(client).expect("a small number"));
            if datagram.destination == sip {
                count.borrow_mut()[client] += 1;
            } else if [audio, floor].contains(&datagram.destination) {
                let frame = (datagram.source, datagram.destination, datagram.payload.to_vec());
                into.borrow_mut().push(frame);
            }
        }
        false
    }));
    if listens {
        world.signal(ERIN, ClientCommand::Listen(ListeningRequest::Ask { target: FIRE.into() }));
        let (listener, target) = ("sip:erin@mc.example.org".into(), FIRE.into());
        world.signal(DAVE, ClientCommand::Listen(ListeningRequest::Approve { listener, target }));
    }
    world.signal(
        ALICE,
        ClientCommand::CallGroup(GroupCall { implicit_request: false, ..GroupCall::new(FIRE) }),
    );
    world.advance(Duration::from_millis(100));
    let (mut heard, mut overheard) = (0, 0);
    for talker in [ALICE, CAROL] {
        world.command(talker, UeCommand::PressToTalk { priority: None, indicator: None });
        for client in [BOB, ERIN] {
            world.take_client_events(client);
        }
        for _ in 0..10 {
            assert!(world.speak(talker));
            world.advance(Duration::from_millis(20));
        }
        heard += voices(&mut world, BOB);
        overheard += voices(&mut world, ERIN);
        if listens {
            // Who listens cannot get the floor, and nobody hears it try.
            world.command(ERIN, UeCommand::PressToTalk { priority: None, indicator: None });
            assert!(!world.equipment(ERIN).may_send());
            world.command(ERIN, UeCommand::ReleaseToTalk);
        }
        world.command(talker, UeCommand::ReleaseToTalk);
        world.advance(Duration::from_millis(100));
    }
    world.advance(Duration::from_secs(60));
    let (sent, signalling) = (sent.take(), signalling.take());
    (sent, signalling, heard, overheard)
}

//= 22.179-discreet:unnoticed test
//= 22.179-discreet:hears test
#[test]
fn participants_get_the_same_frames_whether_somebody_listens_or_not() {
    let (without, messages, heard, overheard) = story(false, false);
    assert_eq!((heard, overheard), (20, 0));
    let (with, same_messages, heard, overheard) = story(false, true);
    assert_eq!((heard, overheard), (20, 20));
    assert_eq!(same_messages, messages);
    assert!(with.len() > 60, "{}", with.len());
    for (with, without) in with.iter().zip(&without) {
        assert_eq!(with, without);
    }
    assert_eq!(with.len(), without.len());
}

//= 22.179-discreet:hears test
#[test]
fn protected_calls_are_heard_under_keys_of_the_listener() {
    let (without, messages, ..) = story(true, false);
    let (with, same_messages, heard, overheard) = story(true, true);
    assert_eq!((heard, overheard), (20, 20));
    assert_eq!(same_messages, messages);
    // Keys are drawn anew, so that only place and size can be compared.
    let shape = |sent: &Sent| -> Vec<(SocketAddr, SocketAddr, usize)> {
        sent.iter().map(|(from, to, octets)| (*from, *to, octets.len())).collect()
    };
    assert_eq!(shape(&with), shape(&without));
}
