//! Legs of browsers: connectivity checks, consent, the channel of floor control.

use zeroize::Zeroizing;

use super::protection::{SUITES, protected};
use super::*;
use crate::crypto::dtls::{Identity, Peer, Role};
use crate::web::{Browser, check};

const OWN: &str = "ours";
const PASSWORD: &str = "0123456789abcdefghijkl";
const TOKEN: &str = "ours.sesame";
const NAMES: &str = "ours:theirs";

/// A participant with a browser, whose address nobody knows yet.
fn with_browser(leg: u8, own_ufrag: &str) -> Participant {
    let browser = Browser {
        dtls: Peer { role: Role::Passive, fingerprints: Vec::new(), rtcp_mux: true, id: None },
        own_ufrag: own_ufrag.to_owned(),
        own_password: Zeroizing::new(PASSWORD.to_owned()),
        peer_ufrag: "theirs".to_owned(),
        floor_secret: Zeroizing::new("sesame".to_owned()),
    };
    let nowhere = |port| MediaEndpoint { remote: ([0, 0, 0, 0], 0).into(), ..endpoint(leg, port) };
    Participant {
        audio: nowhere(AUDIO),
        floor: nowhere(FLOOR),
        protection: Some(Keying::Web(Box::new(browser))),
        ..participant(leg)
    }
}

/// Participants 1 and 2, of which the second one has a browser.
fn rig() -> Rig {
    let dtls = Some(Identity::generate().unwrap());
    let mut rig = Rig::new(Config { dtls, ..Config::default() });
    rig.initiate(CALL, settings());
    rig.connect(participant(1), 1);
    rig.connect(with_browser(2, OWN), 2);
    rig.drain();
    rig
}

fn from(port: u16) -> Path {
    Path { remote: ([203, 0, 113, 9], port).into(), ..path(2, AUDIO) }
}

fn channel(port: u16) -> Path {
    Path { local: ([192, 0, 2, 1], 8_080).into(), remote: ([203, 0, 113, 9], port).into() }
}

/// Sends a check; says how many answers there were, and where the browser is said to be.
fn checked(rig: &mut Rig, at: Path, octets: &[u8]) -> (usize, Option<Path>) {
    rig.raw(at, octets);
    let (mut answers, mut found) = (0, None);
    for output in rig.drain() {
        match output {
            Output::Transmit(transmit) if transmit.path == at && transmit.payload[0] == 1 => answers += 1,
            Output::Event(Event::AddressFound { audio, .. }) => found = Some(audio),
            _ => {}
        }
    }
    (answers, found)
}

fn on_channel(rig: &mut Rig, at: Path) -> Vec<&'static str> {
    let sent = rig.drain().into_iter().filter_map(|output| match output {
        Output::Channel { path, payload } if path == at => Some(payload),
        _ => None,
    });
    sent.map(|payload| FloorMessage::decode(&payload).unwrap().value.name()).collect()
}

//= RFC8445-8.2 test
#[test]
fn the_first_authentic_check_shows_where_the_browser_is_and_a_chosen_pair_moves_it() {
    let mut rig = rig();
    assert_eq!(checked(&mut rig, from(1), &check(NAMES, PASSWORD, false)), (1, Some(from(1))));
    assert_eq!(checked(&mut rig, from(1), &check(NAMES, PASSWORD, false)), (1, None));
    assert_eq!(checked(&mut rig, from(2), &check(NAMES, PASSWORD, false)), (1, None));
    assert_eq!(checked(&mut rig, from(2), &check(NAMES, PASSWORD, true)), (1, Some(from(2))));
    // What comes from where it was is a stranger's, and what comes from where it is, is not.
    rig.raw(from(1), &rtp(2, 1));
    assert!(matches!(rig.events()[..], [Event::UnknownSource { .. }]));
    rig.raw(from(2), &rtp(2, 1));
    assert_eq!(rig.events(), [discarded(2, Stream::Audio, Discard::Unkeyed, 1)]);
}

//= RFC8445-7.3 test
#[test]
fn nothing_but_an_authentic_check_makes_an_address_known() {
    let mut rig = rig();
    let sound = check(NAMES, PASSWORD, true);
    for refused in [
        check(NAMES, "another password, longer", true),
        check("ours:others", PASSWORD, true),
        check("others:theirs", PASSWORD, true),
        check("ours", PASSWORD, true),
        sound[..sound.len() - 8].to_vec(),
        rtp(2, 1).to_vec(),
        vec![22, 254, 253, 0, 0],
    ] {
        assert_eq!(checked(&mut rig, from(1), &refused), (0, None));
    }
    // Under another of our addresses it is not for this leg.
    let elsewhere = Path { local: path(1, AUDIO).local, ..from(1) };
    assert_eq!(checked(&mut rig, elsewhere, &sound), (0, None));
    // An address that another leg has is not given to two.
    assert_eq!(rig.discarded(Discard::Authentication), 2);
    assert_eq!(checked(&mut rig, from(1), &sound), (1, Some(from(1))));
}

//= RFC7675-5.1 test
#[test]
fn a_browser_that_stops_to_check_is_given_up_after_half_a_minute() {
    let mut rig = rig();
    for _ in 0..4 {
        rig.advance(Duration::from_secs(20));
        checked(&mut rig, from(1), &check(NAMES, PASSWORD, true));
    }
    // Without the password consent is not given.
    rig.advance(Duration::from_secs(20));
    checked(&mut rig, from(1), &check(NAMES, "another password, longer", true));
    rig.drain();
    rig.advance(Duration::from_millis(9_999));
    assert!(!rig.events().iter().any(|event| matches!(event, Event::ConsentLost { .. })));
    rig.advance(Duration::from_millis(1));
    let outputs = rig.drain();
    assert!(outputs.contains(&Output::Event(Event::ConsentLost { call: CALL, leg: LegRef(2) })));
    let given_up = Indication::LegUnresponsive { call: CALL, leg: LegRef(2) };
    assert!(outputs.contains(&Output::Indication(given_up)));
    // Nothing goes there any more, and it is said once.
    rig.raw(from(1), &rtp(2, 1));
    assert!(matches!(rig.events()[..], [Event::UnknownSource { .. }]));
    rig.advance(Duration::from_secs(100));
    assert!(!rig.events().iter().any(|event| matches!(event, Event::ConsentLost { .. })));
}

#[test]
fn floor_messages_wait_for_the_channel_and_come_and_go_over_it() {
    let mut rig = rig();
    rig.floor(1, &request(1));
    rig.drain();
    for refused in ["ours.other", "other.sesame", "ours", "", "ours.", ".sesame"] {
        assert!(!rig.plane.open_floor_channel(channel(1), refused), "{refused}");
    }
    assert!(rig.plane.open_floor_channel(channel(1), TOKEN));
    let waited = on_channel(&mut rig, channel(1));
    assert_eq!(waited.last(), Some(&"Floor Taken"), "{waited:?}");
    rig.floor(1, &release(1));
    assert_eq!(on_channel(&mut rig, channel(1)), ["Floor Idle"]);
    rig.raw(channel(1), &request(2));
    assert_eq!(on_channel(&mut rig, channel(1)), ["Floor Granted"]);
    // Closed, it is a stranger's; what is said meanwhile waits for the next one.
    rig.plane.close_floor_channel(channel(1));
    rig.raw(channel(1), &release(2));
    assert!(matches!(rig.events()[..], [Event::UnknownSource { .. }]));
    assert!(rig.plane.open_floor_channel(channel(2), TOKEN));
    rig.raw(channel(2), &release(2));
    assert_eq!(on_channel(&mut rig, channel(2)), ["Floor Idle"]);
}

#[test]
fn a_leg_has_one_channel_which_ends_with_it() {
    let mut rig = rig();
    assert!(rig.plane.open_floor_channel(channel(1), TOKEN));
    rig.drain();
    assert!(rig.plane.open_floor_channel(channel(2), TOKEN));
    assert!(rig.drain().contains(&Output::ChannelEnded { path: channel(1) }));
    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(2) });
    assert!(rig.drain().contains(&Output::ChannelEnded { path: channel(2) }));
    assert!(!rig.plane.open_floor_channel(channel(3), TOKEN));
    assert_eq!(checked(&mut rig, from(1), &check(NAMES, PASSWORD, true)), (0, None));
    assert_eq!(rig.plane.poll_timeout().map(|at| at > rig.now), Some(true));
}

#[test]
fn a_user_fragment_is_that_of_one_leg_and_without_a_certificate_there_is_none() {
    let mut rig = rig();
    rig.connect(with_browser(3, OWN), 3);
    let refused = |reason| Indication::LegRefused { call: CALL, leg: LegRef(3), reason };
    assert_eq!(rig.indications(), [refused(Refusal::AddressInUse)]);
    let mut without = Rig::with_legs(2);
    without.connect(with_browser(3, OWN), 3);
    let reason = Refusal::Protection(crate::crypto::ProtectionError::NoIdentity);
    assert_eq!(without.indications(), [refused(reason)]);
}

//= RFC3264-5.1:payload-types test
#[test]
fn every_protected_listener_gets_its_own_payload_type() {
    let [suite, _] = SUITES;
    let mut rig = Rig::with_legs(0);
    rig.connect(protected(1, &suite), 1);
    rig.connect(Participant { payload_types: vec![111], ..protected(2, &suite) }, 2);
    rig.connect(protected(3, &suite), 3);
    // Without protection of ours it may be protected from end to end: nobody touches it.
    rig.connect(Participant { payload_types: vec![111], ..participant(4) }, 4);
    rig.sent();
    rig.floor(1, &request(1));
    rig.sent();
    let mut marked = rtp(1, 1).to_vec();
    marked[1] |= 0x80;
    let packet = Bytes::from(marked.clone());
    rig.media(1, &packet);
    marked[1] = 0x80 | 111;
    let own = Bytes::from(marked);
    let expected = [(2, own), (3, packet.clone()), (4, packet)];
    assert_eq!(rig.sent(), expected.map(|(leg, packet)| Sent::Media(leg, packet)));
}
