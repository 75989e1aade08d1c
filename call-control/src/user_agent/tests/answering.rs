//! The called side.

use super::*;

//= RFC3261-13.3.1.4:repeat test
#[test]
fn a_2xx_is_repeated_until_it_is_acknowledged() {
    let mut rig = Rig::new();
    rig.receive(incoming("INVITE", 7, ""));
    let (transaction, _, _) = rig.asked();
    let dialog = rig.respond(transaction, 200).unwrap();
    assert_eq!(rig.sent(), ["200 INVITE"]);
    for (ms, expected) in [
        (499, vec![]),
        (500, vec!["200 INVITE"]),
        (1_499, vec![]),
        (1_500, vec!["200 INVITE"]),
        (3_500, vec!["200 INVITE"]),
        (7_500, vec!["200 INVITE"]),
        (11_500, vec!["200 INVITE"]),
    ] {
        rig.advance(ms);
        assert_eq!(rig.sent(), expected, "{ms}");
    }
    // Not this ACK: another INVITE is meant.
    rig.receive(incoming("ACK", 6, &dialog.local_tag));
    assert_eq!(rig.events(), Vec::<String>::new());
    rig.receive(incoming("ACK", 7, &dialog.local_tag));
    assert_eq!(rig.events(), ["acknowledged"]);
    rig.receive(incoming("ACK", 7, &dialog.local_tag));
    rig.advance(99_000);
    assert_eq!((rig.events(), rig.sent()), (vec![], vec![]));
    assert_eq!(rig.ua.dialog(&dialog).map(Dialog::state), Some(crate::dialog::State::Confirmed));
}

//= RFC3261-13.3.1.4:give-up test
#[test]
fn a_2xx_that_nobody_acknowledges_is_given_up_after_64_t1() {
    let mut rig = Rig::new();
    rig.receive(incoming("INVITE", 7, ""));
    let (transaction, _, _) = rig.asked();
    let dialog = rig.respond(transaction, 200).unwrap();
    rig.advance(31_999);
    assert_eq!(rig.sent().len(), 11);
    assert_eq!(rig.events(), Vec::<String>::new());
    rig.advance(32_000);
    assert_eq!(rig.events(), ["not acknowledged"]);
    rig.ua.bye(rig.now, &dialog).unwrap();
    assert_eq!(rig.sent(), ["BYE"]);
    rig.advance(64_000);
    assert_eq!(rig.events(), ["timeout in dialog"]);
    assert!(rig.ua.dialog(&dialog).is_none());
}

//= RFC3261-15:wait test
#[test]
fn our_bye_waits_for_the_ack_of_our_2xx() {
    for acknowledged in [true, false] {
        let mut rig = Rig::new();
        rig.receive(incoming("INVITE", 7, ""));
        let (transaction, _, _) = rig.asked();
        let dialog = rig.respond(transaction, 200).unwrap();
        rig.sent();
        rig.ua.bye(rig.now, &dialog).unwrap();
        assert_eq!(rig.ua.bye(rig.now, &dialog), Err(RequestError::NoSuchDialog));
        assert_eq!(rig.sent(), Vec::<String>::new());
        if acknowledged {
            rig.receive(incoming("ACK", 7, &dialog.local_tag));
        } else {
            rig.advance(32_000);
        }
        assert_eq!(rig.sent().pop().unwrap(), "BYE");
    }
}

//= RFC3261-cancel test
//= RFC3261-9.2:487 test
#[test]
fn a_cancelled_invite_is_answered_487() {
    let mut rig = Rig::new();
    rig.receive(incoming("INVITE", 7, ""));
    let (transaction, _, _) = rig.asked();
    let early = rig.respond(transaction, 180).unwrap();
    rig.sent();
    rig.receive(incoming("CANCEL", 7, ""));
    // The CANCEL of the script has a branch of its own, so it names nothing.
    assert_eq!(
        (rig.events(), rig.sent()),
        (vec!["discarded Refused(481)".to_owned()], vec!["481 CANCEL".to_owned()])
    );
    let via = incoming("INVITE", 7, "").headers.get(&HeaderName::Via).unwrap().clone();
    rig.receive(with(incoming("CANCEL", 7, ""), HeaderName::Via, &via));
    let answers = rig.messages();
    assert_eq!(answers.iter().map(label).collect::<Vec<_>>(), ["200 CANCEL", "487 INVITE"]);
    for answer in &answers {
        assert_eq!(answer.headers().to_address().unwrap().tag(), Some(early.local_tag.as_str()));
    }
    assert_eq!(rig.events(), ["cancelled in dialog"]);
    assert!(rig.ua.dialog(&early).is_none());
    assert_eq!(rig.respond(transaction, 200), None);
    assert_eq!(rig.sent(), Vec::<String>::new());
    rig.advance(500);
    assert_eq!(rig.sent(), ["487 INVITE"]);
    rig.receive(with(incoming("ACK", 7, &early.local_tag), HeaderName::Via, &via));
    rig.advance(120_000);
    assert_eq!((rig.events(), rig.sent(), rig.ua.transactions()), (vec![], vec![], (0, 0)));
}

#[test]
fn a_cancel_after_the_2xx_changes_nothing() {
    let mut rig = Rig::new();
    rig.receive(incoming("INVITE", 7, ""));
    let (transaction, _, _) = rig.asked();
    let dialog = rig.respond(transaction, 200).unwrap();
    rig.sent();
    let via = incoming("INVITE", 7, "").headers.get(&HeaderName::Via).unwrap().clone();
    rig.receive(with(incoming("CANCEL", 7, ""), HeaderName::Via, &via));
    assert_eq!((rig.events(), rig.sent()), (vec![], vec!["200 CANCEL".to_owned()]));
    assert!(rig.ua.dialog(&dialog).is_some());
}

#[test]
fn an_invite_does_not_ring_for_ever() {
    for (expires, ms) in [(None, 180_000), (Some("20"), 20_000), (Some("4000"), 180_000)] {
        let mut rig = Rig::new();
        let mut invite = incoming("INVITE", 7, "");
        if let Some(seconds) = expires {
            invite.headers.push(HeaderName::Expires, seconds);
        }
        rig.receive(invite);
        let (transaction, _, _) = rig.asked();
        rig.respond(transaction, 180);
        rig.advance(ms - 1);
        assert_eq!(rig.sent(), ["180 INVITE"], "100 is not needed after 180");
        rig.advance(ms);
        assert_eq!(
            (rig.events(), rig.sent()),
            (vec!["cancelled in dialog".to_owned()], vec!["487 INVITE".to_owned()])
        );
    }
}

//= RFC3261-17.2.1:trying test
#[test]
fn trying_is_sent_by_itself() {
    let mut rig = Rig::new();
    rig.receive(incoming("INVITE", 7, ""));
    rig.advance(199);
    assert_eq!(rig.sent(), Vec::<String>::new());
    rig.advance(200);
    assert_eq!(rig.sent(), ["100 INVITE"]);
}

#[test]
fn the_answer_is_completed() {
    let mut rig = Rig::new();
    let mut invite = incoming("INVITE", 7, "");
    invite.headers.push(HeaderName::RecordRoute, "<sip:p1.example.org;lr>");
    invite.headers.push(HeaderName::Supported, "100rel, timer");
    invite.headers.push(HeaderName::SessionExpires, "1800");
    rig.receive(invite);
    let (transaction, dialog, _) = rig.asked();
    assert_eq!(dialog, None);
    let mut answer = Response::new(StatusCode::OK);
    // A response taken from another leg: what identifies that leg is not passed on.
    answer.headers.push(HeaderName::Via, "SIP/2.0/UDP other");
    answer.headers.push(HeaderName::CallId, "other");
    answer.headers.push(HeaderName::SessionExpires, "1800;refresher=uac");
    answer.headers.push(HeaderName::Require, "timer");
    let dialog = rig.ua.respond(rig.now, transaction, answer).unwrap();
    let response = rig.sent_response();
    let fields: Vec<String> =
        response.headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    assert_eq!(
        fields,
        [
            format!("Via: SIP/2.0/UDP {PEER};branch=z9hG4bK-INVITE7;rport=5060;received=192.0.2.1"),
            "From: <sip:alice@example.org>;tag=a".to_owned(),
            format!("To: <sip:pf@example.org>;tag={}", dialog.local_tag),
            "Call-ID: c1@192.0.2.1".to_owned(),
            "CSeq: 7 INVITE".to_owned(),
            "Session-Expires: 1800;refresher=uac".to_owned(),
            "Require: timer".to_owned(),
            "Record-Route: <sip:p1.example.org;lr>".to_owned(),
            "Contact: <sip:192.0.2.2:5060>".to_owned(),
            "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, MESSAGE, REFER, SUBSCRIBE, NOTIFY, PUBLISH, OPTIONS".to_owned(),
            "Supported: timer, tdialog".to_owned(),
            "Recv-Info: g.3gpp.mcptt-info".into(),
            "Server: test".to_owned(),
            "Content-Length: 0".to_owned(),
        ]
    );
    let negotiated = rig.ua.dialog(&dialog).unwrap().session_expires().unwrap();
    assert_eq!((negotiated.seconds, negotiated.refresher), (1800, Some(mcptt_codec::sip::Refresher::Uac)));
}

//= RFC3261-12.1.1:route test
#[test]
fn every_answer_that_belongs_to_a_new_dialog_names_route_and_contact() {
    let mut rig = Rig::new();
    rig.receive(with(incoming("INVITE", 7, ""), HeaderName::RecordRoute, "<sip:p1.example.org;lr>"));
    let (transaction, _, _) = rig.asked();
    let early = rig.respond(transaction, 180);
    let mut answer = Response::new(StatusCode::OK);
    answer.headers.push(HeaderName::Contact, "<sip:s1@192.0.2.2>;isfocus");
    let dialog = rig.ua.respond(rig.now, transaction, answer);
    assert_eq!(dialog, early);
    let field =
        |message: &SipMessage, name| message.headers().get(&name).map(|value| value.as_str().to_owned());
    let answers: Vec<_> = rig
        .messages()
        .iter()
        .map(|answer| {
            (field(answer, HeaderName::RecordRoute).unwrap(), field(answer, HeaderName::Contact).unwrap())
        })
        .collect();
    let route = "<sip:p1.example.org;lr>".to_owned();
    assert_eq!(
        answers,
        [
            (route.clone(), "<sip:192.0.2.2:5060>".to_owned()),
            (route, "<sip:s1@192.0.2.2>;isfocus".to_owned())
        ]
    );
    let dialog = rig.ua.dialog(&dialog.unwrap()).unwrap();
    assert_eq!(
        dialog.local_target(),
        &"<sip:s1@192.0.2.2>;isfocus",
        "the last Contact is the one that counts"
    );
}

//= RFC3261-481 test
#[test]
fn a_bye_of_the_peer_ends_the_dialog() {
    let mut rig = Rig::new();
    let dialog = rig.called();
    rig.receive(incoming("BYE", 8, &dialog.local_tag));
    let (transaction, named, _) = rig.asked();
    assert_eq!(named, Some(dialog.clone()));
    // Until we have answered, nothing else goes on in the dialog.
    assert_eq!(rig.ua.bye(rig.now, &dialog), Err(RequestError::NoSuchDialog));
    rig.receive(incoming("UPDATE", 9, &dialog.local_tag));
    assert_eq!(
        (rig.events(), rig.sent()),
        (vec!["discarded Refused(481)".to_owned()], vec!["481 UPDATE".to_owned()])
    );
    rig.respond(transaction, 200);
    assert_eq!(rig.sent(), ["200 BYE"]);
    assert!(rig.ua.dialog(&dialog).is_none());
    rig.receive(incoming("BYE", 8, &dialog.local_tag));
    assert_eq!((rig.events(), rig.sent()), (vec![], vec!["200 BYE".to_owned()]), "a retransmission");
    rig.receive(incoming("BYE", 10, &dialog.local_tag));
    assert_eq!(
        (rig.events(), rig.sent()),
        (vec!["discarded Refused(481)".to_owned()], vec!["481 BYE".to_owned()])
    );
}

#[test]
fn a_bye_that_nobody_answers_ends_the_dialog_all_the_same() {
    let mut rig = Rig::new();
    let dialog = rig.called();
    rig.receive(incoming("BYE", 8, &dialog.local_tag));
    rig.asked();
    rig.advance(32_000);
    assert!(rig.ua.dialog(&dialog).is_none());
    rig.advance(64_000);
    assert_eq!(rig.ua.transactions(), (0, 0));
}

#[test]
fn a_bye_in_an_early_dialog_refuses_its_invite() {
    let mut rig = Rig::new();
    rig.receive(incoming("INVITE", 7, ""));
    let (invite, _, _) = rig.asked();
    let early = rig.respond(invite, 183).unwrap();
    rig.sent();
    assert_eq!(rig.ua.bye(rig.now, &early), Err(RequestError::Early));
    rig.receive(incoming("BYE", 8, &early.local_tag));
    assert_eq!(rig.sent(), ["487 INVITE"]);
    assert_eq!(name(&rig.event()), "cancelled in dialog");
    let (bye, _, _) = rig.asked();
    rig.respond(bye, 200);
    assert_eq!(rig.sent(), ["200 BYE"]);
    assert!(rig.ua.dialog(&early).is_none());
}

//= RFC3261-12.2.2:order test
#[test]
fn requests_out_of_order_are_answered_500() {
    let mut rig = Rig::new();
    let dialog = rig.called();
    for (sequence, expected) in
        [(9, "request MESSAGE in dialog"), (8, "discarded Refused(500)"), (10, "request MESSAGE in dialog")]
    {
        rig.receive(incoming("MESSAGE", sequence, &dialog.local_tag));
        assert_eq!(rig.events(), [expected], "{sequence}");
    }
    assert_eq!(rig.sent(), ["500 MESSAGE"]);
}

#[test]
fn one_invite_at_a_time() {
    // The second INVITE while the first has no final answer.
    let mut rig = Rig::new();
    let dialog = rig.called();
    rig.receive(incoming("INVITE", 8, &dialog.local_tag));
    let (first, named, _) = rig.asked();
    assert_eq!(named, Some(dialog.clone()));
    rig.receive(incoming("INVITE", 9, &dialog.local_tag));
    let response = rig.sent_response();
    assert_eq!(response.status, StatusCode::SERVER_INTERNAL_ERROR);
    assert!(response.headers.number(&HeaderName::RetryAfter).unwrap().unwrap() <= 10);
    // Our own cannot be sent either, nor while our 2xx is not acknowledged.
    let invite = || Request::new(Method::Invite, "");
    assert_eq!(rig.ua.request_in_dialog(rig.now, &dialog, invite()), Err(RequestError::InvitePending));
    rig.respond(first, 200);
    assert_eq!(rig.ua.request_in_dialog(rig.now, &dialog, invite()), Err(RequestError::InvitePending));
    rig.receive(incoming("INVITE", 10, &dialog.local_tag));
    assert_eq!(rig.sent(), ["200 INVITE", "491 INVITE"]);
    rig.receive(incoming("ACK", 8, &dialog.local_tag));
    // The other way round: ours is in progress.
    rig.ua.request_in_dialog(rig.now, &dialog, invite()).unwrap();
    rig.receive(incoming("INVITE", 11, &dialog.local_tag));
    assert_eq!(rig.sent(), ["INVITE", "491 INVITE"]);
    let events = rig.events();
    assert_eq!(
        events,
        ["discarded Refused(500)", "discarded Refused(491)", "acknowledged", "discarded Refused(491)"]
    );
}

#[test]
fn a_refused_re_invite_leaves_the_session_alone() {
    let mut rig = Rig::new();
    let dialog = rig.called();
    rig.receive(with(incoming("INVITE", 8, &dialog.local_tag), HeaderName::Contact, "<sip:new@203.0.113.1>"));
    let (transaction, _, _) = rig.asked();
    rig.respond(transaction, 403);
    assert_eq!(rig.ua.dialog(&dialog).unwrap().remote_target(), &"sip:alice@192.0.2.1:5060");
    rig.receive(with(incoming("UPDATE", 9, &dialog.local_tag), HeaderName::Contact, "<sip:new@203.0.113.1>"));
    let (transaction, _, _) = rig.asked();
    rig.respond(transaction, 200);
    assert_eq!(rig.ua.dialog(&dialog).unwrap().remote_target(), &"sip:new@203.0.113.1");
    rig.sent();
    rig.ua.bye(rig.now, &dialog).unwrap();
    let transmit = rig.ua.poll_transmit().unwrap();
    assert_eq!(transmit.path.remote, "203.0.113.1:5060".parse().unwrap());
    assert_eq!(transmit.dscp, 24);
}

#[test]
fn both_sides_may_hang_up_at_once() {
    let mut rig = Rig::new();
    let dialog = rig.called();
    rig.ua.bye(rig.now, &dialog).unwrap();
    let bye = rig.sent_request();
    rig.receive(incoming("BYE", 8, &dialog.local_tag));
    assert_eq!((rig.events(), rig.sent()), (vec![], vec!["200 BYE".to_owned()]));
    rig.receive(reply(&bye, 481, ""));
    assert_eq!(rig.events(), ["response 481 in dialog"]);
    assert!(rig.ua.dialog(&dialog).is_none());
}

#[test]
fn a_forgotten_dialog_ends_what_waits_in_it() {
    let mut rig = Rig::new();
    rig.receive(incoming("INVITE", 7, ""));
    let (transaction, _, _) = rig.asked();
    let dialog = rig.respond(transaction, 200).unwrap();
    rig.ua.bye(rig.now, &dialog).unwrap();
    rig.ua.end_dialog(rig.now, &dialog);
    assert_eq!(rig.events(), ["timeout in dialog"]);
    rig.receive(incoming("ACK", 7, &dialog.local_tag));
    assert_eq!(rig.events(), ["discarded UnmatchedAck"]);
    rig.sent();
    rig.advance(120_000);
    assert_eq!((rig.sent(), rig.ua.poll_timeout()), (vec![], None));
}

#[test]
fn a_subscription_lives_from_its_answer_to_its_last_notify() {
    let mut rig = Rig::new();
    rig.receive(incoming("SUBSCRIBE", 7, ""));
    let (transaction, _, _) = rig.asked();
    let dialog = rig.respond(transaction, 200).unwrap();
    rig.sent();
    for (state, over) in [("active;expires=600", false), ("terminated;reason=timeout", true)] {
        let mut notify = Request::new(Method::Notify, "");
        notify.headers.push(HeaderName::SubscriptionState, state);
        rig.ua.request_in_dialog(rig.now, &dialog, notify).unwrap();
        let notify = rig.sent_request();
        assert_eq!(notify.uri, "sip:alice@192.0.2.1:5060");
        rig.receive(Response::to(&notify, StatusCode::OK));
        assert_eq!(rig.events(), ["response 200 in dialog"]);
        assert_eq!(rig.ua.dialog(&dialog).is_none(), over);
    }
}

#[test]
fn a_refer_makes_a_dialog_only_with_a_subscription() {
    for (refer_sub, expected) in [(None, true), (Some("true"), true), (Some("false"), false)] {
        let mut rig = Rig::new();
        rig.receive(incoming("REFER", 7, ""));
        let (transaction, _, _) = rig.asked();
        let mut answer = Response::new(StatusCode::OK);
        if let Some(value) = refer_sub {
            answer.headers.push(HeaderName::ReferSub, value);
        }
        assert_eq!(rig.ua.respond(rig.now, transaction, answer).is_some(), expected, "{refer_sub:?}");
    }
}

//= RFC3428-4:contact test
//= RFC3428-7:contact test
#[test]
fn a_message_begins_no_dialog_on_either_side() {
    let mut rig = Rig::new();
    rig.receive(incoming("MESSAGE", 7, ""));
    let (transaction, dialog, _) = rig.asked();
    assert_eq!((dialog, rig.respond(transaction, 200)), (None, None));
    let answer = rig.sent_response();
    assert!(!answer.headers.contains(&HeaderName::Contact) && answer.body.is_empty(), "{answer:?}");
    let own = Request::new(Method::Message, "sip:bob@192.0.2.1");
    rig.ua.request(rig.now, own, PEER.parse::<std::net::SocketAddr>().unwrap());
    let sent = rig.sent_request();
    assert!(!sent.headers.contains(&HeaderName::Contact));
    rig.receive(reply(&sent, 200, "b"));
    assert_eq!(rig.events(), ["response 200"]);
    assert_eq!(rig.ua.dialogs().count(), 0);
}
