//! DTLS-SRTP from button to loudspeaker (RFC 5763, RFC 5764): keys from a handshake on the port of the voice.

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::time::Duration;

use call_control::client::{ClientCommand, GroupCall};
use mcptt_codec::sdp::{Fingerprint, SessionDescription};
use mcptt_codec::sip::{HeaderName, Limits, Method, Request, SipMessage};
use mcptt_codec::xml::mime;
use mcptt_server::config;
use mcptt_server::fuzzing::world::{Datagram, World};
use mcptt_server::node::Event;
use mcptt_server::ue::{UeCommand, UeEvent};
use media_plane::counters::Discard;
use media_plane::crypto::dtls::{Association, HandshakeError, Identity, Peer, Progress, Role};
use media_plane::crypto::{Protection as _, Srtp};

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

fn request(datagram: &Datagram) -> Option<Request> {
    match SipMessage::decode(&datagram.payload, &Limits::default()) {
        Ok(SipMessage::Request(request)) => Some(request),
        _ => None,
    }
}

/// What a client has offered, once more in the dialog that it has acknowledged, with this certificate.
fn with_certificate(said: &[Datagram], own: &Identity) -> Datagram {
    let of = |method: &Method| {
        let mut all = said.iter().rev().filter_map(|datagram| Some((datagram, request(datagram)?)));
        all.find(|(_, request)| request.method == *method).expect("it was said")
    };
    let ((_, invite), (datagram, mut again)) = (of(&Method::Invite), of(&Method::Ack));
    let parts = invite.parts(&Limits::default()).expect("bodies");
    let offer = parts.iter().find(|part| part.is(mime::SDP)).expect("an offer");
    let offer = String::from_utf8(offer.body.to_vec()).expect("text");
    let lines = offer.split("\r\n").map(|line| match line.starts_with("a=fingerprint:") {
        true => format!("a=fingerprint:{}", own.fingerprint()),
        false => line.to_owned(),
    });
    let offer = lines.collect::<Vec<_>>().join("\r\n");
    let headers = &mut again.headers;
    let number = headers.cseq().expect("CSeq").number + 1;
    headers.set(HeaderName::CSeq, format!("{number} INVITE"));
    let via = headers.get(&HeaderName::Via).expect("Via").to_string();
    headers.set(HeaderName::Via, via.replace("z9hG4bK", "z9hG4bKagain"));
    headers.push(HeaderName::Contact, invite.headers.get(&HeaderName::Contact).expect("Contact").clone());
    headers.push(HeaderName::ContentType, mime::SDP);
    headers.set(HeaderName::ContentLength, offer.len().to_string());
    again.method = Method::Invite;
    again.body = offer.into_bytes().into();
    Datagram { payload: again.encode(), ..datagram.clone() }
}

//= RFC8842-5.1 test
//= RFC8842-5.1:overlap test
#[test]
fn another_certificate_in_the_middle_of_a_call_costs_no_voice() {
    let mut world = world();
    let [sip, audio, _] = World::addresses(0);
    let said = Rc::new(RefCell::new(Vec::new()));
    let told = Rc::new(RefCell::new(Vec::new()));
    let (handshakes, voice) =
        (Rc::new(RefCell::new(Vec::<Datagram>::new())), Rc::new(RefCell::new(Vec::<Datagram>::new())));
    // What alice's other machine takes: handshakes first, then her voice as well.
    let (renewing, renewed) = (Rc::new(Cell::new(false)), Rc::new(Cell::new(false)));
    let noted = (Rc::clone(&said), Rc::clone(&told), Rc::clone(&handshakes), Rc::clone(&voice));
    let taken = (Rc::clone(&renewing), Rc::clone(&renewed));
    world.lose(Box::new(move |datagram| {
        let (said, told, handshakes, voice) = &noted;
        if datagram.source == sip {
            said.borrow_mut().push(datagram.clone());
        } else if datagram.destination == sip {
            told.borrow_mut().push(datagram.clone());
        }
        let to_machine = match (datagram.destination == audio, is_dtls(datagram)) {
            (true, true) => taken.0.get().then_some(handshakes),
            (true, false) => taken.1.get().then_some(voice),
            (false, _) => None,
        };
        to_machine.map(|place| place.borrow_mut().push(datagram.clone())).is_some()
    }));
    call(&mut world);
    world.command(ALICE, UeCommand::ReleaseToTalk);
    world.command(BOB, UeCommand::PressToTalk { priority: None, indicator: None });
    assert!(world.speak(BOB));
    assert_eq!(voices(&mut world, ALICE).len(), 1);
    reports(&mut world);
    // She offers again, with another certificate. Until its handshake is done she hears under the keys that she has.
    let other = Identity::generate().expect("a certificate");
    renewing.set(true);
    let offer = with_certificate(&said.borrow(), &other);
    told.borrow_mut().clear();
    world.inject(offer.source, offer.destination, offer.payload);
    let described = told.borrow().iter().rev().find_map(|datagram: &Datagram| {
        let SipMessage::Response(answer) = SipMessage::decode(&datagram.payload, &Limits::default()).ok()?
        else {
            return None;
        };
        let parts = answer.parts(&Limits::default()).ok()?;
        let description = parts.iter().find(|part| part.is(mime::SDP))?;
        let description = SessionDescription::decode(&description.body).ok()?;
        description.audio()?.first::<Fingerprint>()
    });
    for _ in 0..3 {
        assert!(world.speak(BOB));
        world.advance(Duration::from_millis(20));
    }
    assert_eq!(voices(&mut world, ALICE).len(), 3);
    let server = handshakes.borrow().first().expect("the server opens the association").source;
    let fingerprints = vec![described.expect("the answer has a fingerprint")];
    let peer = Peer { role: Role::Passive, fingerprints, rtcp_mux: true, id: None };
    let now = call_control::testing::t0();
    let mut machine = Association::new(&other, peer, server, now).expect("an association");
    let mut keys = None;
    loop {
        let arrived: Vec<Datagram> = handshakes.borrow_mut().drain(..).collect();
        for datagram in &arrived {
            if let Progress::Keyed(keyed) = machine.handle_datagram(now, &datagram.payload) {
                keys = Some(Srtp::new(&keyed).expect("keys"));
            }
        }
        while let Some(payload) = machine.poll_transmit() {
            world.inject(audio, server, payload);
        }
        if arrived.is_empty() && handshakes.borrow().is_empty() {
            break;
        }
    }
    assert_eq!(keyed(&reports(&mut world)), 1);
    renewed.set(true);
    assert!(world.speak(BOB));
    let mut packet = voice.borrow().last().expect("her voice").payload.to_vec();
    assert_eq!(keys.expect("keys").unprotect_rtp(&mut packet), Ok(()));
}
