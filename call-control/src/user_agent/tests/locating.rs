//! Requests to names, and the next server when one fails.

use std::net::IpAddr;

use super::*;
use crate::locate::{Answer, Question, Records, Srv};

fn rig() -> Rig {
    let mut own = settings();
    own.locate = true;
    Rig::with(own)
}

/// Answers every question: two servers, then their addresses.
fn answer_questions(rig: &mut Rig) -> usize {
    let mut asked = 0;
    while let Some(query) = rig.ua.poll_query() {
        asked += 1;
        let server =
            |priority, target: &str| Srv { priority, weight: 1, port: 5070, target: target.to_owned() };
        let records = match &query.question {
            Question::Servers(name) if name == "_sip._udp.example.org" => {
                Records::Servers(vec![server(0, "a.example.org"), server(1, "b.example.org")])
            }
            Question::Addresses(name) => {
                let last = if name == "a.example.org" { 11 } else { 12 };
                Records::Addresses(vec![IpAddr::from([192, 0, 2, last])])
            }
            _ => Records::None,
        };
        let answer = Answer { records, lifetime: Duration::from_secs(600) };
        rig.ua.handle_answer(rig.now, query.id, answer);
    }
    asked
}

fn ask(rig: &mut Rig) -> ClientTransactionId {
    let uri = Uri::parse("sip:bob@example.org;transport=udp").unwrap();
    rig.ua.request(rig.now, Request::new(Method::Message, "sip:bob@example.org"), uri)
}

/// Where the messages went that were sent, and the last of them.
fn sent_to(rig: &mut Rig) -> (Vec<String>, Option<SipMessage>) {
    let all: Vec<_> = std::iter::from_fn(|| rig.ua.poll_transmit()).collect();
    let places = all.iter().map(|transmit| transmit.path.remote.to_string()).collect();
    (places, all.last().map(|transmit| decode(&transmit.payload)))
}

//= RFC3263-4.3:503 test
#[test]
fn a_request_goes_to_the_next_server_when_one_is_unavailable_or_silent() {
    let mut rig = rig();
    let id = ask(&mut rig);
    assert_eq!(rig.sent(), Vec::<String>::new(), "it waits for where it goes");
    assert_eq!(answer_questions(&mut rig), 3);
    let (places, message) = sent_to(&mut rig);
    assert_eq!(places, ["192.0.2.11:5070"]);
    let Some(SipMessage::Request(first)) = message else { panic!("a request") };
    let mut busy = reply(&first, 503, "b");
    busy.headers.push(HeaderName::RetryAfter, "60");
    rig.receive(busy);
    let (places, message) = sent_to(&mut rig);
    assert_eq!(places, ["192.0.2.12:5070"]);
    let Some(SipMessage::Request(second)) = message else { panic!("a request") };
    assert_ne!(second.headers.top_via().unwrap().branch(), first.headers.top_via().unwrap().branch());
    assert_eq!(second.headers.cseq().unwrap().number, first.headers.cseq().unwrap().number);
    rig.receive(reply(&second, 200, "b"));
    let UaEvent::Response { transaction, response, .. } = rig.event() else { panic!("no response") };
    assert_eq!((transaction, response.status.0), (id, 200));
    // The first one wants to be left alone, and everything is known.
    ask(&mut rig);
    assert_eq!(sent_to(&mut rig).0, ["192.0.2.12:5070"]);

    // Silence is a failure, too.
    let mut rig = self::rig();
    let id = ask(&mut rig);
    answer_questions(&mut rig);
    sent_to(&mut rig);
    rig.advance(32_000);
    assert_eq!(sent_to(&mut rig).0.last().map(String::as_str), Some("192.0.2.12:5070"));
    rig.advance(64_000);
    let outcomes: Vec<_> = std::iter::from_fn(|| rig.ua.poll_event()).collect();
    assert_eq!(outcomes, [UaEvent::TransportOrTimeout { transaction: id, dialog: None }]);
    rig.advance(200_000);
    assert_eq!((rig.ua.transactions(), rig.ua.renewed.len()), ((0, 0), 0));
}

#[test]
fn a_name_that_leads_nowhere_is_an_outcome() {
    let mut rig = rig();
    let id = ask(&mut rig);
    // Nobody answers the questions.
    rig.advance(20_000);
    let outcomes: Vec<_> = std::iter::from_fn(|| rig.ua.poll_event()).collect();
    assert_eq!(outcomes, [UaEvent::TransportOrTimeout { transaction: id, dialog: None }]);
    assert_eq!(rig.sent(), Vec::<String>::new());

    let mut rig = self::rig();
    let id = ask(&mut rig);
    rig.ua.cancel(rig.now, id);
    answer_questions(&mut rig);
    assert_eq!((rig.events(), rig.sent()), (vec!["timeout".to_owned()], Vec::new()));
}

#[test]
fn a_dialog_whose_target_has_a_name_waits_for_it_or_goes_where_the_peer_was_heard() {
    for known in [true, false] {
        let mut rig = rig();
        let contact =
            if known { "<sip:alice@example.org;transport=udp>" } else { "<sip:alice@gone.invalid:5060>" };
        rig.receive(with(incoming("INVITE", 7, ""), HeaderName::Contact, contact));
        let (transaction, _, _) = rig.asked();
        let dialog = rig.respond(transaction, 200).unwrap();
        rig.receive(incoming("ACK", 7, &dialog.local_tag));
        rig.sent();
        rig.ua.bye(rig.now, &dialog).unwrap();
        if known {
            answer_questions(&mut rig);
        } else {
            rig.advance(6_000);
        }
        let place = if known { "192.0.2.11:5070" } else { PEER };
        assert_eq!(sent_to(&mut rig).0.first().map(String::as_str), Some(place), "{contact}");
    }
}
