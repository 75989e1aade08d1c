//! Reliable provisional answers in both directions.

use std::net::SocketAddr;

use mcptt_codec::sip::HeaderName;

use super::*;

fn rig() -> Rig {
    let mut settings = settings();
    settings.supported.push("100rel".into());
    Rig::with(settings)
}

/// An INVITE that insists on reliable answers.
fn invite() -> Request {
    let mut invite = incoming("INVITE", 1, "");
    invite.headers.push(HeaderName::Require, "100rel");
    invite
}

/// What was sent, as messages.
fn sent(rig: &mut Rig) -> Vec<SipMessage> {
    std::iter::from_fn(|| rig.ua.poll_transmit()).map(|transmit| decode(&transmit.payload)).collect()
}

fn labels(rig: &mut Rig) -> Vec<String> {
    sent(rig).iter().map(label).collect()
}

fn events(rig: &mut Rig) -> Vec<String> {
    std::iter::from_fn(|| rig.ua.poll_event()).map(|event| name(&event)).collect()
}

/// Receives the INVITE and answers with these; the first answer that was sent.
fn ring(rig: &mut Rig, statuses: &[u16]) -> Response {
    rig.receive(invite());
    let Some(UaEvent::Request { transaction, .. }) = rig.ua.poll_event() else { panic!("no request") };
    for status in statuses {
        let mut response = Response::new(StatusCode(*status));
        if *status == 183 {
            response.headers.push(HeaderName::ContentType, "application/sdp");
            response.body = Bytes::from_static(b"v=0\r\n");
        }
        rig.ua.respond(rig.now, transaction, response);
    }
    let mut all = sent(rig);
    assert_eq!(all.len(), 1, "one answer at a time");
    match all.remove(0) {
        SipMessage::Response(response) => response,
        SipMessage::Request(_) => panic!("a request"),
    }
}

fn prack(of: &Response, sequence: u32, offset: u32) -> Request {
    let tag = of.headers.to_address().unwrap().tag().unwrap().to_owned();
    let number = of.headers.number(&HeaderName::RSeq).unwrap().unwrap();
    let mut prack = incoming("PRACK", sequence, &tag);
    prack.headers.push(HeaderName::RAck, format!("{} 1 INVITE", number + offset));
    prack
}

//= RFC3262-3:required test
//= RFC3262-3:rseq test
//= RFC3262-3:final test
//= RFC3262-prack test
#[test]
fn answers_follow_each_other_by_prack() {
    let mut rig = rig();
    let progress = ring(&mut rig, &[183, 180, 200]);
    assert_eq!(progress.status.0, 183);
    assert!(progress.headers.lists(&HeaderName::Require, "100rel"));
    let first = progress.headers.number(&HeaderName::RSeq).unwrap().unwrap();
    assert!((1..1 << 31).contains(&first));

    rig.receive(prack(&progress, 2, 0));
    let all = sent(&mut rig);
    let names: Vec<String> = all.iter().map(label).collect();
    assert_eq!(names, ["200 PRACK", "180 INVITE"]);
    let SipMessage::Response(ringing) = &all[1] else { panic!("a request") };
    assert_eq!(ringing.headers.number(&HeaderName::RSeq).unwrap(), Some(first + 1));
    rig.receive(prack(ringing, 3, 0));
    assert_eq!(labels(&mut rig), ["200 PRACK", "200 INVITE"]);
    assert_eq!(events(&mut rig), Vec::<String>::new(), "the caller never sees a PRACK");
}

//= RFC3262-prack test
#[test]
fn a_prack_of_nothing_is_refused() {
    let mut rig = rig();
    let progress = ring(&mut rig, &[180]);
    rig.receive(prack(&progress, 2, 7));
    assert_eq!(labels(&mut rig), ["481 PRACK"]);
    rig.receive(prack(&progress, 3, 0));
    assert_eq!(labels(&mut rig), ["200 PRACK"]);
    rig.receive(prack(&progress, 4, 0));
    assert_eq!(labels(&mut rig), ["481 PRACK"]);
}

//= RFC3262-3:repeat test
//= RFC3262-3:give-up test
#[test]
fn an_answer_is_repeated_until_64_t1() {
    let mut rig = rig();
    ring(&mut rig, &[180]);
    let mut at = Vec::new();
    while let Some(wake_up) = rig.ua.poll_timeout() {
        rig.ua.handle_timeout(wake_up);
        for label in labels(&mut rig) {
            at.push((wake_up.saturating_duration_since(rig.start).as_millis(), label));
        }
        if at.last().is_some_and(|(_, label)| label == "504 INVITE") {
            break;
        }
    }
    let expected = [500, 1_500, 3_500, 7_500, 15_500, 31_500].map(|ms| (ms, "180 INVITE".to_owned()));
    assert_eq!(at[..6], expected);
    assert_eq!(at[6..], [(32_000, "504 INVITE".to_owned())]);
    assert_eq!(events(&mut rig), ["cancelled in dialog"]);
}

#[test]
fn nothing_changes_for_a_peer_that_does_not_insist() {
    let mut rig = rig();
    let mut invite = incoming("INVITE", 1, "");
    invite.headers.push(HeaderName::Supported, "100rel");
    rig.receive(invite);
    let Some(UaEvent::Request { transaction, .. }) = rig.ua.poll_event() else { panic!("no request") };
    rig.ua.respond(rig.now, transaction, Response::new(StatusCode(180)));
    rig.ua.respond(rig.now, transaction, Response::new(StatusCode::OK));
    let all = sent(&mut rig);
    assert_eq!(all.iter().map(label).collect::<Vec<_>>(), ["180 INVITE", "200 INVITE"]);
    let SipMessage::Response(ringing) = &all[0] else { panic!("a request") };
    assert!(!ringing.headers.contains(&HeaderName::RSeq));
}

//= RFC3262-4:prack test
//= RFC3262-4:order test
#[test]
fn a_reliable_answer_is_acknowledged_once_and_in_order() {
    let mut rig = rig();
    let peer: SocketAddr = PEER.parse().unwrap();
    rig.ua.request(rig.now, Request::new(Method::Invite, "sip:bob@192.0.2.1"), peer);
    let Some(SipMessage::Request(invite)) = sent(&mut rig).pop() else { panic!("no INVITE") };
    let progress = |number: u32| {
        let mut response = Response::to(&invite, StatusCode(183));
        let to = response.headers.to_address().unwrap().with_tag("b");
        response.headers.set(HeaderName::To, to.to_string());
        response.headers.push(HeaderName::Contact, format!("<sip:bob@{PEER}>"));
        response.headers.push(HeaderName::Require, "100rel");
        response.headers.push(HeaderName::RSeq, number.to_string());
        response
    };
    rig.receive(progress(41));
    let Some(SipMessage::Request(prack)) = sent(&mut rig).pop() else { panic!("no PRACK") };
    assert_eq!(prack.headers.get(&HeaderName::RAck).map(|value| value.as_str()), Some("41 1 INVITE"));
    assert_eq!(events(&mut rig), ["response 183 in dialog"]);
    // Again, and one that comes too early.
    rig.receive(progress(41));
    rig.receive(progress(43));
    assert_eq!((labels(&mut rig), events(&mut rig)), (Vec::new(), Vec::new()));
    rig.receive(progress(42));
    assert_eq!(
        (labels(&mut rig), events(&mut rig)),
        (vec!["PRACK".into()], vec!["response 183 in dialog".into()])
    );
}

//= RFC3261-12.1.2:forks test
#[test]
fn the_early_dialogs_of_forks_are_told_apart() {
    let mut rig = rig();
    let (_, invite) = rig.invite();
    for (tag, number) in [("b", 1), ("c", 5)] {
        let mut progress = reply(&invite, 183, tag);
        progress.headers.push(HeaderName::Require, "100rel");
        progress.headers.push(HeaderName::RSeq, number.to_string());
        rig.receive(progress);
        let prack = rig.sent_request();
        assert_eq!((&prack.method, prack.uri.as_str()), (&Method::Prack, &*format!("sip:bob-{tag}@{PEER}")));
        assert_eq!(prack.headers.to_address().unwrap().tag(), Some(tag));
        // Each of them counts for itself.
        assert_eq!(prack.headers.get(&HeaderName::CSeq).unwrap(), "2 PRACK");
        assert_eq!(prack.headers.get(&HeaderName::RAck).unwrap(), &*format!("{number} 1 INVITE"));
        rig.receive(reply(&prack, 200, tag));
    }
    let dialogs: Vec<DialogId> = rig.ua.dialogs().map(|dialog| dialog.id().clone()).collect();
    assert_eq!(dialogs.len(), 2);
    for dialog in &dialogs {
        let update = Request::new(Method::Update, ByteStr::EMPTY);
        rig.ua.request_in_dialog(rig.now, dialog, update).unwrap();
        let update = rig.sent_request();
        assert_eq!(update.headers.to_address().unwrap().tag(), Some(&*dialog.remote_tag));
        assert_eq!(update.headers.get(&HeaderName::CSeq).unwrap(), "3 UPDATE");
        rig.receive(reply(&update, 200, &dialog.remote_tag));
    }
    events(&mut rig);
    // The one that answers stays, the other one was only ringing.
    rig.receive(reply(&invite, 200, "c"));
    assert_eq!(rig.sent(), ["ACK"]);
    let left: Vec<String> = rig.ua.dialogs().map(|dialog| dialog.id().remote_tag.to_string()).collect();
    assert_eq!(left, ["c"]);
}
