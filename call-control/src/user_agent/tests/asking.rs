//! The calling side.

use std::net::SocketAddr;

use super::*;

//= RFC3581-3:ask test
#[test]
fn a_request_is_completed() {
    let mut rig = Rig::new();
    let mut invite = Request::new(Method::Invite, "sip:bob@192.0.2.1");
    invite.headers.push(HeaderName::From, "<sip:pf@example.org>");
    invite.headers.push(HeaderName::Via, "SIP/2.0/UDP other");
    rig.ua.request(rig.now, invite, PEER.parse::<SocketAddr>().unwrap());
    let transmit = rig.ua.poll_transmit().unwrap();
    assert_eq!(transmit.path, path().addresses());
    let SipMessage::Request(invite) = decode(&transmit.payload) else { panic!() };
    let names: Vec<String> = invite.headers.iter().map(|(name, _)| name.to_string()).collect();
    assert_eq!(
        names,
        [
            "Via",
            "From",
            "Max-Forwards",
            "To",
            "Call-ID",
            "CSeq",
            "Recv-Info",
            "Contact",
            "Allow",
            "Supported",
            "User-Agent",
            "Content-Length"
        ]
    );
    let via = invite.headers.top_via().unwrap();
    assert_eq!(
        (via.sent_by(), via.has_rfc3261_branch(), via.params.contains("rport")),
        (Some(OWN.parse().unwrap()), true, true)
    );
    assert!(invite.headers.from_address().unwrap().tag().is_some_and(|tag| tag.len() >= 8));
    assert_eq!(invite.headers.get(&HeaderName::To).unwrap(), "<sip:bob@192.0.2.1>");
    assert_eq!(invite.headers.get(&HeaderName::CSeq).unwrap(), "1 INVITE");
    assert!(invite.headers.call_id().unwrap().ends_with("@pf.example.org"));
}

#[test]
fn a_2xx_is_acknowledged_as_often_as_it_comes_and_reported_once() {
    let mut rig = Rig::new();
    let (_, invite) = rig.invite();
    rig.receive(reply(&invite, 100, ""));
    rig.receive(reply(&invite, 180, "b"));
    assert_eq!(rig.events(), ["response 180 in dialog"]);
    rig.receive(reply(&invite, 200, "b"));
    let ack = rig.sent_request();
    assert_eq!((ack.method.clone(), ack.uri.as_str()), (Method::Ack, "sip:bob-b@192.0.2.1:5060"));
    assert_eq!(ack.headers.cseq().unwrap().number, 1);
    assert_ne!(ack.headers.top_via().unwrap().branch(), invite.headers.top_via().unwrap().branch());
    rig.receive(reply(&invite, 200, "b"));
    assert_eq!(rig.sent_request(), ack);
    assert_eq!(rig.events(), ["response 200 in dialog"]);
    rig.advance(32_000);
    rig.receive(reply(&invite, 200, "b"));
    assert_eq!((rig.events(), rig.sent()), (vec!["discarded UnmatchedResponse".to_owned()], vec![]));
    assert_eq!(rig.ua.dialogs().count(), 1);
}

#[test]
fn an_offer_in_the_2xx_waits_for_our_answer() {
    let mut rig = Rig::new();
    let (_, invite) = rig.invite();
    let mut accepted = reply(&invite, 200, "b");
    accepted.headers.push(HeaderName::ContentType, "application/sdp");
    accepted.body = Bytes::from_static(b"v=0\r\n");
    rig.receive(accepted.clone());
    rig.receive(accepted.clone());
    assert_eq!((rig.events(), rig.sent()), (vec!["response 200 in dialog".to_owned()], vec![]));
    let dialog = rig.ua.dialogs().next().unwrap().id().clone();
    let mut ack = Request::new(Method::Ack, "");
    ack.headers.push(HeaderName::ContentType, "application/sdp");
    ack.body = Bytes::from_static(b"v=0\r\nanswer");
    rig.ua.acknowledge(rig.now, &dialog, ack.clone()).unwrap();
    let sent = rig.sent_request();
    assert_eq!(sent.body, ack.body);
    assert_eq!(rig.ua.acknowledge(rig.now, &dialog, ack), Err(RequestError::NoSuchDialog));
    rig.receive(accepted);
    assert_eq!(rig.sent_request(), sent);
}

#[test]
fn a_bye_acknowledges_what_is_owed() {
    let mut rig = Rig::new();
    let (_, invite) = rig.invite();
    let mut accepted = reply(&invite, 200, "b");
    accepted.headers.push(HeaderName::ContentType, "application/sdp");
    accepted.body = Bytes::from_static(b"v=0\r\n");
    rig.receive(accepted);
    let dialog = rig.ua.dialogs().next().unwrap().id().clone();
    rig.ua.bye(rig.now, &dialog).unwrap();
    assert_eq!(rig.sent(), ["ACK", "BYE"]);
}

#[test]
fn a_refused_invite_leaves_nothing_behind() {
    let mut rig = Rig::new();
    let (_, invite) = rig.invite();
    rig.receive(reply(&invite, 183, "b"));
    rig.receive(reply(&invite, 183, "c"));
    assert_eq!(rig.ua.dialogs().count(), 2);
    rig.receive(reply(&invite, 480, "b"));
    assert_eq!(rig.sent(), ["ACK"]);
    assert_eq!(rig.events(), ["response 183 in dialog", "response 183 in dialog", "response 480"]);
    assert_eq!(rig.ua.dialogs().count(), 0);
    rig.advance(32_000);
    assert_eq!((rig.ua.transactions(), rig.ua.poll_timeout()), ((0, 0), None));
}

#[test]
fn silence_is_an_outcome() {
    let mut rig = Rig::new();
    let (invite, _) = rig.invite();
    let message = rig.ua.request(
        rig.now,
        Request::new(Method::Message, "sip:bob@192.0.2.1"),
        PEER.parse::<SocketAddr>().unwrap(),
    );
    rig.advance(32_000);
    let outcomes: Vec<UaEvent> = std::iter::from_fn(|| rig.ua.poll_event()).collect();
    let expected =
        [invite, message].map(|transaction| UaEvent::TransportOrTimeout { transaction, dialog: None });
    assert_eq!(outcomes, expected);
    assert_eq!((rig.ua.transactions(), rig.ua.poll_timeout()), ((0, 0), None));
}

//= RFC3261-9.1:wait test
#[test]
fn a_cancel_waits_for_a_sign_of_life() {
    let mut rig = Rig::new();
    let (id, invite) = rig.invite();
    rig.ua.cancel(rig.now, id);
    assert_eq!(rig.sent(), Vec::<String>::new());
    rig.receive(reply(&invite, 100, ""));
    let cancel = rig.sent_request();
    assert_eq!(cancel.method, Method::Cancel);
    assert_eq!(cancel.headers.get(&HeaderName::Via), invite.headers.get(&HeaderName::Via));
    rig.ua.cancel(rig.now, id);
    rig.receive(reply(&cancel, 200, "b"));
    assert_eq!((rig.events(), rig.sent()), (vec![], vec![]));
    rig.receive(reply(&invite, 487, "b"));
    assert_eq!((rig.events(), rig.sent()), (vec!["response 487".to_owned()], vec!["ACK".to_owned()]));
}

#[test]
fn trap_20_a_2xx_that_crosses_the_cancel_is_acknowledged_and_ended() {
    for trying_first in [true, false] {
        let mut rig = Rig::new();
        let (id, invite) = rig.invite();
        if trying_first {
            rig.receive(reply(&invite, 180, "b"));
            rig.events();
        }
        rig.ua.cancel(rig.now, id);
        rig.sent();
        rig.receive(reply(&invite, 200, "b"));
        let sent = rig.messages();
        assert_eq!(sent.iter().map(label).collect::<Vec<_>>(), ["ACK", "BYE"]);
        let UaEvent::Abandoned { transaction, dialog } = rig.event() else { panic!() };
        assert_eq!((transaction, dialog.remote_tag.as_str()), (id, "b"));
        let Some(SipMessage::Request(bye)) = sent.get(1) else { panic!() };
        rig.receive(reply(bye, 200, ""));
        rig.receive(reply(&invite, 200, "b"));
        assert_eq!((rig.events(), rig.sent()), (vec![], vec!["ACK".to_owned()]));
        assert_eq!(rig.ua.dialogs().count(), 0);
    }
}

#[test]
fn a_cancelled_invite_without_final_answer_is_given_up() {
    let mut rig = Rig::new();
    let (id, invite) = rig.invite();
    rig.receive(reply(&invite, 180, "b"));
    rig.advance(1_000);
    rig.ua.cancel(rig.now, id);
    rig.advance(32_999);
    assert_eq!(rig.events(), ["response 180 in dialog"]);
    rig.advance(33_000);
    assert_eq!(rig.events(), ["timeout"]);
    assert_eq!((rig.ua.dialogs().count(), rig.ua.transactions()), (0, (0, 0)));
}

#[test]
fn an_invite_that_rings_too_long_is_cancelled() {
    let mut rig = Rig::new();
    let (_, invite) = rig.invite();
    rig.receive(reply(&invite, 180, "b"));
    rig.advance(179_999);
    assert_eq!(rig.sent(), Vec::<String>::new());
    rig.advance(180_000);
    assert_eq!(rig.sent(), ["CANCEL"]);
    rig.receive(reply(&invite, 487, "b"));
    assert_eq!(rig.events(), ["response 180 in dialog", "response 487"]);
}

//= RFC3261-13.2.2.4:fork test
#[test]
fn only_one_fork_becomes_a_session() {
    let mut rig = Rig::new();
    let (_, invite) = rig.invite();
    for tag in ["b", "c", "d"] {
        rig.receive(reply(&invite, 183, tag));
    }
    rig.receive(reply(&invite, 200, "c"));
    assert_eq!(rig.sent(), ["ACK"]);
    assert_eq!(rig.ua.dialogs().count(), 1);
    rig.receive(reply(&invite, 200, "d"));
    let sent = rig.messages();
    assert_eq!(sent.iter().map(label).collect::<Vec<_>>(), ["ACK", "BYE"]);
    assert!(sent.iter().all(|message| message.headers().to_address().unwrap().tag() == Some("d")));
    let events = rig.events();
    assert_eq!(events[3..], ["response 200 in dialog", "discarded TooManyForks"]);
    rig.receive(reply(&invite, 200, "d"));
    assert_eq!(rig.sent(), ["ACK"]);
}

#[test]
fn forks_beyond_the_limit_are_not_followed() {
    let mut own = settings();
    own.limits.dialogs.per_invite = 2;
    let mut rig = Rig::with(own);
    let (_, invite) = rig.invite();
    for tag in ["b", "c", "d", "b", "e"] {
        rig.receive(reply(&invite, 180, tag));
    }
    assert_eq!(rig.ua.dialogs().count(), 2);
    rig.receive(reply(&invite, 200, "e"));
    let expected = [
        "response 180 in dialog",
        "response 180 in dialog",
        "discarded TooManyForks",
        "response 180 in dialog",
        "discarded TooManyForks",
        "response 200 in dialog",
    ];
    assert_eq!(rig.events(), expected);
    assert_eq!(rig.ua.dialogs().count(), 1);
    // Further 2xx forks: one more is ended properly, the rest is dropped.
    for tag in ["f", "g", "h"] {
        rig.receive(reply(&invite, 200, tag));
    }
    assert_eq!(rig.sent(), ["ACK", "ACK", "BYE"]);
}

#[test]
fn a_re_invite_refreshes_the_session() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.calling();
    let id = rig.ua.request_in_dialog(rig.now, &dialog, Request::new(Method::Invite, "")).unwrap();
    let invite = rig.sent_request();
    assert_eq!((invite.uri.as_str(), invite.headers.cseq().unwrap().number), ("sip:bob-b@192.0.2.1:5060", 2));
    let mut accepted = reply(&invite, 200, "");
    accepted.headers.set(HeaderName::Contact, "<sip:moved@192.0.2.1:5070>");
    accepted.headers.push(HeaderName::SessionExpires, "600;refresher=uas");
    rig.receive(accepted.clone());
    rig.receive(accepted);
    assert_eq!(rig.sent(), ["ACK", "ACK"]);
    let UaEvent::Response { transaction, dialog: Some(named), .. } = rig.event() else { panic!() };
    assert_eq!((transaction, &named), (id, &dialog));
    assert_eq!(rig.events(), Vec::<String>::new());
    let known = rig.ua.dialog(&dialog).unwrap();
    assert_eq!(known.remote_target(), &"sip:moved@192.0.2.1:5070");
    assert_eq!(known.session_expires().map(|timer| timer.seconds), Some(600));
    // The next one goes out as soon as this one is finished, and a refusal leaves the session alone.
    rig.ua.request_in_dialog(rig.now, &dialog, Request::new(Method::Invite, "")).unwrap();
    let invite = rig.sent_request();
    rig.receive(reply(&invite, 488, ""));
    assert_eq!(
        (rig.events(), rig.sent()),
        (vec!["response 488 in dialog".to_owned()], vec!["ACK".to_owned()])
    );
    assert!(rig.ua.dialog(&dialog).is_some());
}

#[test]
fn a_re_invite_that_was_cancelled_too_late_stands() {
    let mut rig = Rig::new();
    let (dialog, _) = rig.calling();
    let id = rig.ua.request_in_dialog(rig.now, &dialog, Request::new(Method::Invite, "")).unwrap();
    let invite = rig.sent_request();
    rig.receive(reply(&invite, 100, ""));
    rig.ua.cancel(rig.now, id);
    rig.receive(reply(&invite, 200, ""));
    assert_eq!(
        (rig.events(), rig.sent()),
        (vec!["response 200 in dialog".to_owned()], vec!["CANCEL".to_owned(), "ACK".to_owned()])
    );
    assert!(rig.ua.dialog(&dialog).is_some());
}

#[test]
fn a_bye_in_an_early_dialog_gives_up_its_invite() {
    for crossed in [true, false] {
        let mut rig = Rig::new();
        let (_, invite) = rig.invite();
        rig.receive(reply(&invite, 183, "b"));
        rig.events();
        let dialog = rig.ua.dialogs().next().unwrap().id().clone();
        rig.ua.bye(rig.now, &dialog).unwrap();
        let bye = rig.sent_request();
        if crossed {
            rig.receive(reply(&invite, 200, "b"));
            assert_eq!((rig.events(), rig.sent()), (vec!["abandoned".to_owned()], vec!["ACK".to_owned()]));
            rig.receive(reply(&bye, 200, ""));
            assert_eq!(rig.events(), ["response 200 in dialog"]);
        } else {
            rig.receive(reply(&bye, 200, ""));
            rig.receive(reply(&invite, 487, "b"));
            assert_eq!(rig.events(), ["response 200 in dialog", "response 487"]);
        }
        assert_eq!(rig.ua.dialogs().count(), 0);
    }
}

#[test]
fn requests_of_the_called_side_are_found() {
    let mut rig = Rig::new();
    let (dialog, invite) = rig.calling();
    rig.receive(from_called(&invite, "BYE", 1));
    let (transaction, named, _) = rig.asked();
    assert_eq!(named, Some(dialog));
    rig.respond(transaction, 200);
    assert_eq!((rig.sent(), rig.ua.dialogs().count()), (vec!["200 BYE".to_owned()], 0));
}

#[test]
fn a_notify_may_overtake_the_answer_to_its_subscribe() {
    let mut rig = Rig::new();
    rig.ua.request(
        rig.now,
        Request::new(Method::Subscribe, "sip:bob@192.0.2.1"),
        PEER.parse::<SocketAddr>().unwrap(),
    );
    let subscribe = rig.sent_request();
    rig.receive(with(from_called(&subscribe, "NOTIFY", 1), HeaderName::SubscriptionState, "active"));
    let (transaction, early, _) = rig.asked();
    rig.respond(transaction, 200);
    rig.receive(reply(&subscribe, 200, "b"));
    let UaEvent::Response { dialog, .. } = rig.event() else { panic!() };
    assert_eq!(dialog, early);
    assert_eq!((rig.sent(), rig.ua.dialogs().count()), (vec!["200 NOTIFY".to_owned()], 1));
    rig.receive(with(
        from_called(&subscribe, "NOTIFY", 2),
        HeaderName::SubscriptionState,
        "terminated;reason=noresource",
    ));
    let (transaction, named, _) = rig.asked();
    assert_eq!(named, dialog);
    rig.respond(transaction, 200);
    assert_eq!(rig.ua.dialogs().count(), 0);
}

#[test]
fn a_refused_subscribe_takes_its_early_notify_along() {
    let mut rig = Rig::new();
    rig.ua.request(
        rig.now,
        Request::new(Method::Subscribe, "sip:bob@192.0.2.1"),
        PEER.parse::<SocketAddr>().unwrap(),
    );
    let subscribe = rig.sent_request();
    rig.receive(from_called(&subscribe, "NOTIFY", 1));
    rig.receive(reply(&subscribe, 403, "b"));
    assert_eq!(
        (rig.events(), rig.ua.dialogs().count()),
        (vec!["request NOTIFY in dialog".to_owned(), "response 403".to_owned()], 0)
    );
}

#[test]
fn responses_that_are_not_for_us_are_dropped() {
    let mut rig = Rig::new();
    let (_, invite) = rig.invite();
    let mut foreign = reply(&invite, 200, "b");
    foreign.headers.push(HeaderName::Via, "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKbelow");
    let mut headless = reply(&invite, 200, "b");
    headless.headers.remove(&HeaderName::To);
    let mut doubled = reply(&invite, 200, "b");
    doubled.headers.push(HeaderName::CSeq, "1 INVITE");
    let mut wayless = reply(&invite, 200, "b");
    wayless.headers.set(HeaderName::Via, "SIP/2.0 192.0.2.2:5060");
    let mut other = reply(&invite, 200, "b");
    other.headers.set(HeaderName::Via, "SIP/2.0/UDP 192.0.2.2:5060;branch=z9hG4bKguess");
    for (response, reason) in [
        (foreign, "ForeignResponse"),
        (headless, "MalformedResponse { what: \"To\" }"),
        (doubled, "MalformedResponse { what: \"CSeq\" }"),
        (wayless, "MalformedResponse { what: \"Via\" }"),
        (other, "UnmatchedResponse"),
    ] {
        rig.receive(response);
        assert_eq!(rig.events(), [format!("discarded {reason}")]);
    }
    assert_eq!((rig.sent(), rig.ua.dialogs().count()), (vec![], 0));
}

#[test]
fn names_are_looked_up_and_else_the_peer_is_where_it_was() {
    for (contact, expected) in [
        ("<sip:bob@203.0.113.5>", "203.0.113.5:5060"),
        ("<sip:bob@203.0.113.5:5099>", "203.0.113.5:5099"),
        ("<sip:bob@[2001:db8::5]>", "[2001:db8::5]:5060"),
        ("<sip:bob@CF.example.org>", "198.51.100.3:5066"),
        ("<sip:bob@cf.example.org:5070>", "198.51.100.3:5070"),
        ("<sip:bob@unknown.example.org>", PEER),
        ("<tel:+15551234>", PEER),
    ] {
        let mut own = settings();
        own.hosts.insert("cf.example.org".to_owned(), "198.51.100.3:5066".parse().unwrap());
        let mut rig = Rig::with(own);
        let (_, invite) = rig.invite();
        let mut accepted = reply(&invite, 200, "b");
        accepted.headers.set(HeaderName::Contact, contact);
        rig.receive(accepted);
        assert_eq!(rig.ua.poll_transmit().unwrap().path.remote, expected.parse().unwrap(), "{contact}");
    }
}

#[test]
fn ids_that_are_history_are_harmless() {
    let mut rig = Rig::new();
    let (id, invite) = rig.invite();
    rig.receive(reply(&invite, 486, "b"));
    rig.events();
    rig.advance(40_000);
    rig.sent();
    rig.ua.cancel(rig.now, id);
    let gone = DialogId { call_id: "x".into(), local_tag: "y".into(), remote_tag: "z".into() };
    assert_eq!(rig.ua.bye(rig.now, &gone), Err(RequestError::NoSuchDialog));
    assert_eq!(
        rig.ua.acknowledge(rig.now, &gone, Request::new(Method::Ack, "")),
        Err(RequestError::NoSuchDialog)
    );
    rig.ua.end_dialog(rig.now, &gone);
    rig.receive(incoming("MESSAGE", 1, ""));
    let (transaction, _, _) = rig.asked();
    rig.respond(transaction, 200);
    assert_eq!(rig.respond(transaction, 200), None);
    rig.advance(80_000);
    assert_eq!(rig.respond(transaction, 200), None);
    assert_eq!(rig.sent(), ["200 MESSAGE"]);
}
