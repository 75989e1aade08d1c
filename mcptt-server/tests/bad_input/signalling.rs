//! SIP that is wrong: in its octets, its size, its bodies, its moment or its sender.

use std::net::SocketAddr;
use std::time::Duration;

use call_control::client::ClientCommand;
use call_control::event::Function;
use call_control::{Event as CallControl, Refusal};
use mcptt_codec::{DecodeError, DecodeErrorKind, Path};
use mcptt_server::fuzzing::world::Tampering;
use mcptt_server::node::Event;

use crate::scene::{ALICE, NONE, STRANGER, Scene, address, controlling, of_client, participating};
use crate::wire::Raw;

fn undecodable(
    source: SocketAddr,
    local: SocketAddr,
    offset: usize,
    what: &'static str,
    kind: DecodeErrorKind,
) -> Event {
    let path = Path { local, remote: source };
    Event::CallControl(CallControl::Undecodable {
        path: path.into(),
        error: DecodeError { offset, what, kind },
    })
}

fn unserved(function: Function, requirement: Option<&'static str>) -> Event {
    let what = "a request that could not be served";
    Event::CallControl(CallControl::PeerMisbehaved { function, from: address(STRANGER), what, requirement })
}

fn refused(events: &[Event]) -> Vec<(Refusal, u16, Option<&'static str>)> {
    let refused = |event: &Event| match event {
        Event::CallControl(CallControl::Refused { refusal, status, requirement, .. }) => {
            Some((*refusal, *status, *requirement))
        }
        _ => None,
    };
    events.iter().filter_map(refused).collect()
}

#[test]
fn octets_that_are_no_request_are_reported_and_not_answered() {
    let mut scene = Scene::calling();
    let source = address(STRANGER);
    let table: [(&[u8], usize, &str, DecodeErrorKind); 4] = [
        (b"GET / HTTP/1.1\r\n\r\n", 0, "start line", DecodeErrorKind::Invalid),
        (b"\x16\xfe\xfd\x00\x00", 5, "empty line after the header fields", DecodeErrorKind::Missing),
        (b"INVITE", 6, "empty line after the header fields", DecodeErrorKind::Missing),
        (&[0xff; 1_500], 1_500, "empty line after the header fields", DecodeErrorKind::Missing),
    ];
    for (octets, offset, what, kind) in table {
        for local in [participating(), controlling()] {
            let expected = undecodable(source, local, offset, what, kind);
            assert_eq!(scene.send(source, local, octets), (vec![], vec![expected]), "{octets:02x?}");
        }
    }
    // What keeps the binding of a NAT open is no complaint.
    assert_eq!(scene.send(source, participating(), b"\r\n\r\n"), (vec![], vec![]));
    scene.call_works();
}

#[test]
fn an_invite_larger_than_a_limit_is_answered_with_513() {
    let mut scene = Scene::calling();
    let source = address(STRANGER);
    let invite = |number| Raw::new("INVITE", source, number).group_call();
    let many_fields = (0..300).fold(invite(3), |raw, _| raw.field("X-Y: 1"));
    let table = [
        (invite(1).fill(70_000), "message", 65_535),
        (invite(2).field(&format!("X-Y: {}", "a".repeat(9_000))), "header field", 8_192),
        (many_fields, "header fields", 256),
    ];
    for (raw, item, bound) in table {
        for local in [participating(), controlling()] {
            let (answers, events) = scene.send(source, local, &raw.octets());
            assert_eq!(answers, [513], "{item}");
            let [Event::CallControl(CallControl::Undecodable { error, .. })] = &events[..] else {
                panic!("{item}: {events:?}")
            };
            assert_eq!(error.what, item);
            assert!(
                matches!(error.kind, DecodeErrorKind::TooLarge { limit, .. } if limit == bound),
                "{error:?}"
            );
        }
    }
    scene.call_works();
}

//= 24.379-6.5:400 test
#[test]
fn bodies_that_cannot_be_read_are_refused_with_400() {
    let mut scene = Scene::calling();
    let [source, ..] = of_client(ALICE);
    let invite = |number| Raw::new("INVITE", source, number).group_call();
    let table = [
        ("a multipart without end", invite(1).replace("--b--\r\n", "")),
        ("a multipart without beginning", invite(2).replace("--b\r\n", "--c\r\n")),
        ("XML that does not end", invite(3).replace("</mcpttinfo>", "")),
        ("a description of another version", invite(4).replace("v=0", "v=1")),
    ];
    for (what, raw) in table {
        let (_, events) = scene.send(source, participating(), &raw.octets());
        assert_eq!(refused(&events), [(Refusal::BodyUnreadable, 400, Some("24.379-6.5:400"))], "{what}");
        assert_eq!(events.len(), 1, "{what}");
    }
    scene.call_works();
}

//= RFC3261-481 test
#[test]
fn a_request_in_the_wrong_state_is_answered_and_changes_nothing() {
    let mut scene = Scene::calling();
    let source = address(STRANGER);
    let unknown_dialog = (481, Some("RFC3261-481"));
    let not_for_us = (405, None);
    // What the participating function says, and the controlling one.
    let table = [
        ("BYE", [unknown_dialog; 2]),
        ("UPDATE", [unknown_dialog; 2]),
        ("INVITE", [unknown_dialog; 2]),
        ("SUBSCRIBE", [unknown_dialog; 2]),
        ("OPTIONS", [unknown_dialog; 2]),
        ("INFO", [unknown_dialog; 2]),
        ("PRACK", [unknown_dialog; 2]),
        ("NOTIFY", [unknown_dialog; 2]),
        ("MESSAGE", [unknown_dialog; 2]),
        ("REFER", [unknown_dialog, not_for_us]),
        ("TALK", [(501, None); 2]),
    ];
    for (number, (method, answers)) in (0..).zip(table) {
        let octets = Raw::new(method, source, number).in_dialog().octets();
        let functions = [(participating(), Function::Participating), (controlling(), Function::Controlling)];
        for ((local, function), (status, requirement)) in functions.into_iter().zip(answers) {
            let expected = unserved(function, requirement);
            assert_eq!(scene.send(source, local, &octets), (vec![status], vec![expected]), "{method}");
        }
        scene.clients_notice_nothing();
    }
    // Nothing to cancel, nothing to acknowledge, nothing that was asked.
    let cancel = Raw::new("CANCEL", source, 100).octets();
    assert_eq!(scene.send(source, participating(), &cancel).0, [481]);
    let ack = Raw::new("ACK", source, 101).in_dialog().octets();
    assert_eq!(scene.send(source, participating(), &ack).0, NONE);
    let answer = b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bKnone\r\n\
        From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: 1\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n";
    let (answers, events) = scene.send(source, participating(), answer);
    assert_eq!(answers, NONE);
    assert!(matches!(events[..], [Event::CallControl(CallControl::Discarded { .. })]), "{events:?}");
    scene.call_works();
}

//= RFC3261-maxf test
//= RFC3261-ext test
#[test]
fn a_request_that_breaks_the_rules_of_every_request_is_refused() {
    let mut scene = Scene::calling();
    let source = address(STRANGER);
    let text = |number| String::from_utf8(Raw::new("OPTIONS", source, number).octets()).unwrap();
    let table = [
        (200, text(1)),
        (483, text(2).replace("Max-Forwards: 70", "Max-Forwards: 0")),
        (420, text(3).replace("Max-Forwards: 70", "Max-Forwards: 70\r\nRequire: nothing-known")),
        (505, text(4).replace(" SIP/2.0\r\nVia", " SIP/3.0\r\nVia")),
        (400, text(5).replace("CSeq: 1 OPTIONS", "CSeq: 1 INVITE")),
        (400, text(6).replace("Content-Length: 0", "Content-Length: 9")),
        (416, text(7).replace("OPTIONS sip:", "OPTIONS http:")),
    ];
    for (status, text) in table {
        assert_eq!(scene.send(source, participating(), text.as_bytes()).0, [status], "{text}");
    }
    scene.call_works();
}

#[test]
fn nobody_speaks_for_a_user_from_an_unknown_address() {
    let mut scene = Scene::calling();
    let source = address(STRANGER);
    let invite = Raw::new("INVITE", source, 1).group_call().octets();
    let (answers, events) = scene.send(source, participating(), &invite);
    assert_eq!((answers, refused(&events)), (vec![403], vec![(Refusal::IdentityNotBelieved, 403, None)]));
    let (answers, events) = scene.send(source, controlling(), &invite);
    assert_eq!((answers, refused(&events)), (vec![403], vec![(Refusal::SourceNotTrusted, 403, None)]));
    let publish = Raw::new("PUBLISH", source, 2).field("Event: presence").octets();
    let (answers, events) = scene.send(source, participating(), &publish);
    assert_eq!((answers, refused(&events)), (vec![403], vec![(Refusal::IdentityNotBelieved, 403, None)]));
    scene.call_works();
}

//= RFC3261-481 test
#[test]
fn a_request_of_a_call_that_is_sent_again_or_by_another_changes_nothing() {
    let mut scene = Scene::calling();
    let [sip, ..] = of_client(ALICE);
    // Alice wants to leave, but what she sends is held back.
    let call = scene.world.equipment(ALICE).call().expect("alice is in the call");
    scene.world.tamper(Tampering::Lose);
    scene.world.signal(ALICE, ClientCommand::Leave { call });
    let bye = scene.world.last_sent(ALICE).expect("she sent BYE").payload.clone();
    assert!(bye.starts_with(b"BYE "));
    // From elsewhere it is worth nothing at the function that does not know the dialog.
    assert_eq!(scene.send(address(STRANGER), controlling(), &bye).0, [481]);
    assert_eq!(scene.world.node().call_count(), 1);
    // From her it counts once, however often it comes.
    for _ in 0..3 {
        scene.send(sip, participating(), &bye);
    }
    scene.world.advance(Duration::from_secs(40));
    assert_eq!(scene.world.node().call_count(), 0);
    let (answers, _) = scene.send(address(STRANGER), participating(), &bye);
    assert_eq!(answers, [481]);
}
