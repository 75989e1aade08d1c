//! Who talks, from the button to a watcher: floor control lets a user talk, and whoever watches that user is told by presence.

use std::net::SocketAddr;
use std::time::Duration;

use call_control::client::{ClientCommand, GroupCall};
use mcptt_codec::sip::{HeaderName, Limits, Request, SipMessage};
use mcptt_server::config;
use mcptt_server::fuzzing::world::World;
use mcptt_server::ue::UeCommand;

const FIRE: &str = "sip:fire-1@mc.example.org";
const ALICE: &str = "sip:alice@mc.example.org";
const BOB: &str = "sip:bob@mc.example.org";
/// The SIP core over which bob watches.
const CORE: &str = "198.51.100.1:5060";

struct Watched {
    world: World,
    participating: SocketAddr,
    last: Option<Request>,
}

impl Watched {
    /// Alice and bob are logged in, and bob watches alice.
    fn new() -> Self {
        let mut config = config::parse(config::DEFAULT).expect("the embedded configuration is valid");
        let call_control = &mut config.call_control;
        call_control.trusted_peers.push("198.51.100.0/24".parse().expect("a network"));
        let bob = call_control.users.iter_mut().find(|user| user.mcptt_id.as_str() == BOB).expect("bob");
        (bob.watch_affiliations, bob.request_presence) = (true, true);
        let public = bob.public_user_ids[0].clone();
        let (participating, identity) =
            (call_control.participating.address, call_control.participating.identity.clone());
        let mut world = World::new(config);
        for user in [ALICE, BOB] {
            let number = world.client(user, false);
            world.signal(number, ClientCommand::Register);
            world.signal(number, ClientCommand::PublishSettings);
            world.signal(number, ClientCommand::Affiliate { groups: vec![FIRE.into()] });
        }
        let body = format!(
            "<mcpttinfo xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params><mcptt-request-uri>\
             <mcpttURI>{ALICE}</mcpttURI></mcptt-request-uri></mcptt-Params></mcpttinfo>"
        );
        let subscribe = format!(
            "SUBSCRIBE {identity} SIP/2.0\r\nVia: SIP/2.0/UDP {CORE};branch=z9hG4bKwatch\r\nMax-Forwards: 70\r\n\
             From: <{public}>;tag=1\r\nTo: <{identity}>\r\nCall-ID: watch\r\nCSeq: 1 SUBSCRIBE\r\n\
             P-Asserted-Identity: <{public}>\r\nContact: <sip:watcher@{CORE}>\r\nEvent: presence\r\nExpires: 3600\r\n\
             Content-Type: application/vnd.3gpp.mcptt-info+xml\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let core = CORE.parse().expect("an address");
        world.inject(core, participating, subscribe.into_bytes());
        let mut watched = Self { world, participating, last: None };
        watched.pass(Duration::from_secs(3));
        watched
    }

    /// Lets time pass; each NOTIFY is answered when it has come.
    fn pass(&mut self, time: Duration) {
        const STEP: Duration = Duration::from_millis(20);
        let mut left = time;
        while !left.is_zero() {
            self.world.advance(STEP);
            self.take();
            left = left.saturating_sub(STEP);
        }
    }

    fn take(&mut self) {
        for datagram in self.world.take_to_strangers() {
            let Ok(SipMessage::Request(request)) = SipMessage::decode(&datagram.payload, &Limits::default())
            else {
                continue;
            };
            let copied =
                [HeaderName::Via, HeaderName::From, HeaderName::To, HeaderName::CallId, HeaderName::CSeq]
                    .map(|name| {
                        format!("{name}: {}\r\n", request.headers.get(&name).expect("a header field"))
                    });
            let answer = format!("SIP/2.0 200 OK\r\n{}Content-Length: 0\r\n\r\n", copied.concat());
            let core = CORE.parse().expect("an address");
            self.world.inject(core, self.participating, answer.into_bytes());
            self.last = Some(request);
        }
    }

    /// What the last NOTIFY says.
    fn said(&self) -> Option<&'static str> {
        let body = &self.last.as_ref().expect("a NOTIFY").body;
        let text = String::from_utf8_lossy(body);
        ["active", "idle"].into_iter().find(|word| text.contains(&format!("user-input>{word}<")))
    }
}

//= 22.179-presence:talking test
#[test]
fn a_watcher_sees_the_button_pressed_and_released() {
    let mut watched = Watched::new();
    assert_eq!(watched.said(), Some("idle"));
    let call = GroupCall { implicit_request: true, ..GroupCall::new(FIRE) };
    watched.world.signal(0, ClientCommand::CallGroup(call));
    watched.pass(Duration::from_millis(200));
    // The floor alone is not a voice.
    assert_eq!(watched.said(), Some("idle"));
    for _ in 0..100 {
        assert!(watched.world.speak(0), "alice has the floor");
        watched.pass(Duration::from_millis(20));
    }
    assert_eq!(watched.said(), Some("active"));
    watched.world.command(0, UeCommand::ReleaseToTalk);
    watched.pass(Duration::from_secs(3));
    assert_eq!(watched.said(), Some("idle"));
    // When bob talks, that says nothing about alice.
    watched.last = None;
    watched.world.command(1, UeCommand::PressToTalk { priority: None, indicator: None });
    for _ in 0..100 {
        assert!(watched.world.speak(1), "bob has the floor");
        watched.pass(Duration::from_millis(20));
    }
    assert!(watched.last.is_none());
}
