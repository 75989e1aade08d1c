//! Dialogs from both sides.

use bytes::Bytes;
use mcptt_codec::sip::{Limits, Refresher, SipMessage, StatusCode};

use super::*;

fn invite() -> Request {
    let text = "INVITE sip:pf@pf.example.org SIP/2.0\r\n\
        Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1\r\n\
        Record-Route: <sip:p2.example.org;lr>\r\n\
        Record-Route: <sip:p1.example.org;lr>, <sip:p0.example.org;lr>\r\n\
        From: \"Alice A.\" <sip:alice@example.org>;tag=a\r\n\
        To: <sip:pf@pf.example.org>\r\n\
        Contact: <sip:alice@192.0.2.1:5062>;+g.3gpp.mcptt\r\n\
        Call-ID: c1@192.0.2.1\r\n\
        CSeq: 7 INVITE\r\n\
        Max-Forwards: 70\r\n\
        Content-Length: 0\r\n\r\n";
    match SipMessage::decode(&Bytes::from_static(text.as_bytes()), &Limits::default()).unwrap() {
        SipMessage::Request(request) => request,
        SipMessage::Response(_) => panic!("a response"),
    }
}

fn answer(status: StatusCode, contact: &str) -> Response {
    let mut response = Response::to(&invite(), status).copy_record_route(&invite());
    response.headers.set(HeaderName::To, "<sip:pf@pf.example.org>;tag=b");
    response.headers.push(HeaderName::Contact, contact);
    response
}

fn path() -> SipPath {
    mcptt_codec::Path { local: "192.0.2.2:5060".parse().unwrap(), remote: "192.0.2.1:5060".parse().unwrap() }
        .into()
}

fn lines(request: &Request) -> Vec<String> {
    let fields = request.headers.iter().map(|(name, value)| format!("{name}: {value}"));
    [format!("{} {}", request.method, request.uri)].into_iter().chain(fields).collect()
}

#[test]
fn the_caller_goes_the_record_route_backwards() {
    let mut dialog =
        Dialog::uac(&invite(), &answer(StatusCode::RINGING, "<sip:s1@198.51.100.7>"), path()).unwrap();
    assert_eq!((dialog.role(), dialog.state()), (Role::Uac, State::Early));
    let id = DialogId { call_id: "c1@192.0.2.1".into(), local_tag: "a".into(), remote_tag: "b".into() };
    assert_eq!(*dialog.id(), id);
    // The 2xx has the last word on target and route, and nothing after it.
    let mut accepted = answer(StatusCode::OK, "<sip:s2@198.51.100.7:5080>;isfocus");
    accepted.headers.remove(&HeaderName::RecordRoute);
    accepted.headers.push(HeaderName::RecordRoute, "<sip:p9.example.org;lr>, <sip:p8.example.org;lr>");
    dialog.confirm(&accepted);
    dialog.confirm(&answer(StatusCode::OK, "<sip:late@203.0.113.1>"));
    assert_eq!(dialog.state(), State::Confirmed);
    assert_eq!(dialog.next_hop().unwrap().host, "p8.example.org");
    let mut update = Request::new(Method::Update, "replaced");
    update.headers.push(HeaderName::Via, "replaced");
    update.headers.push(HeaderName::CSeq, "99 UPDATE");
    update.headers.push(HeaderName::Supported, "timer");
    assert_eq!(
        lines(&dialog.request(update)),
        [
            "UPDATE sip:s2@198.51.100.7:5080",
            "Route: <sip:p8.example.org;lr>",
            "Route: <sip:p9.example.org;lr>",
            "From: Alice A. <sip:alice@example.org>;tag=a",
            "To: <sip:pf@pf.example.org>;tag=b",
            "Call-ID: c1@192.0.2.1",
            "CSeq: 8 UPDATE",
            "Max-Forwards: 70",
            "Contact: <sip:alice@192.0.2.1:5062>;+g.3gpp.mcptt",
            "Supported: timer",
        ]
    );
    let ack = dialog.ack(Request::new(Method::Ack, ""), 7);
    assert_eq!(ack.headers.get(&HeaderName::CSeq).unwrap(), "7 ACK");
    assert!(!ack.headers.contains(&HeaderName::Contact));
}

#[test]
fn the_called_side_goes_the_record_route_forwards() {
    let response = answer(StatusCode::OK, "<sip:s1@192.0.2.2>;isfocus");
    let mut dialog = Dialog::uas(&invite(), &response, path()).unwrap();
    assert_eq!((dialog.role(), dialog.state()), (Role::Uas, State::Confirmed));
    let id = DialogId { call_id: "c1@192.0.2.1".into(), local_tag: "b".into(), remote_tag: "a".into() };
    assert_eq!(*dialog.id(), id);
    assert_eq!(
        lines(&dialog.request(Request::new(Method::Bye, ""))),
        [
            "BYE sip:alice@192.0.2.1:5062",
            "Route: <sip:p2.example.org;lr>",
            "Route: <sip:p1.example.org;lr>",
            "Route: <sip:p0.example.org;lr>",
            "From: <sip:pf@pf.example.org>;tag=b",
            "To: Alice A. <sip:alice@example.org>;tag=a",
            "Call-ID: c1@192.0.2.1",
            "CSeq: 1 BYE",
            "Max-Forwards: 70",
        ]
    );
}

#[test]
fn a_strict_router_gets_itself_as_the_request_uri() {
    let mut request = invite();
    request.headers.remove(&HeaderName::RecordRoute);
    request
        .headers
        .push(HeaderName::RecordRoute, "<sip:old.example.org;method=INVITE?a=b>, <sip:p0.example.org;lr>");
    let mut dialog = Dialog::uas(&request, &answer(StatusCode::OK, "<sip:s1@192.0.2.2>"), path()).unwrap();
    assert_eq!(dialog.next_hop().unwrap().host, "old.example.org");
    let bye = dialog.request(Request::new(Method::Bye, ""));
    assert_eq!(
        lines(&bye)[..3],
        ["BYE sip:old.example.org", "Route: <sip:p0.example.org;lr>", "Route: <sip:alice@192.0.2.1:5062>"]
    );
}

#[test]
fn sequence_numbers_of_the_peer_only_grow() {
    let mut dialog = Dialog::uas(&invite(), &answer(StatusCode::OK, "<sip:s1@192.0.2.2>"), path()).unwrap();
    for (number, in_order) in
        [(7, false), (6, false), (8, true), (8, false), (12, true), (9, false), (13, true)]
    {
        assert_eq!(dialog.accept_sequence(number), in_order, "{number}");
    }
    let mut dialog = Dialog::uac(&invite(), &answer(StatusCode::OK, "<sip:s1@192.0.2.2>"), path()).unwrap();
    assert!(dialog.accept_sequence(0), "the first request of the peer may have any number");
    assert!(!dialog.accept_sequence(0));
}

#[test]
fn our_sequence_numbers_stay_below_their_bound() {
    let mut request = invite();
    request.headers.set(HeaderName::CSeq, "2147483646 INVITE");
    let mut dialog = Dialog::uac(&request, &answer(StatusCode::OK, "<sip:s1@192.0.2.2>"), path()).unwrap();
    for _ in 0..2 {
        let bye = dialog.request(Request::new(Method::Bye, ""));
        assert_eq!(bye.headers.get(&HeaderName::CSeq).unwrap(), "2147483647 BYE");
    }
}

#[test]
fn a_contact_refreshes_the_target_and_nothing_else() {
    let mut dialog = Dialog::uas(&invite(), &answer(StatusCode::OK, "<sip:s1@192.0.2.2>"), path()).unwrap();
    let mut headers = Headers::new();
    dialog.refresh_target(&headers);
    headers.push(HeaderName::Contact, "not a uri");
    dialog.refresh_target(&headers);
    assert_eq!(dialog.remote_target(), &"sip:alice@192.0.2.1:5062");
    headers.set(HeaderName::Contact, "<sip:alice@192.0.2.77>");
    dialog.refresh_target(&headers);
    assert_eq!(dialog.remote_target(), &"sip:alice@192.0.2.77");
    assert_eq!(dialog.route_set().len(), 3);
}

#[test]
fn a_peer_that_breaks_the_rules_is_followed_as_far_as_it_goes() {
    // No Contact in the answer: the Request-URI stays the target. No tags at all: RFC 2543.
    let mut response = Response::to(&invite(), StatusCode::OK);
    response.headers.push(HeaderName::SessionExpires, "1800;refresher=uac");
    let mut dialog = Dialog::uac(&invite(), &response, path()).unwrap();
    assert_eq!(dialog.remote_target(), &"sip:pf@pf.example.org");
    assert_eq!(dialog.id().remote_tag, "");
    dialog.note_session_expires(&response.headers);
    let expected = SessionExpires { seconds: 1800, refresher: Some(Refresher::Uac) };
    assert_eq!(dialog.session_expires(), Some(expected));
    dialog.note_session_expires(&Headers::new());
    assert_eq!(dialog.session_expires(), None);
    let mut request = invite();
    request.headers.remove(&HeaderName::Contact);
    let error = Dialog::uas(&request, &answer(StatusCode::OK, "<sip:s1@192.0.2.2>"), path()).unwrap_err();
    assert_eq!(error, DecodeError::missing(0, "Contact"));
}

#[test]
fn a_request_outside_any_dialog_names_none() {
    assert_eq!(DialogId::of_request(&invite().headers), None);
    let mut bye = invite();
    bye.headers.set(HeaderName::To, "<sip:pf@pf.example.org>;tag=b");
    let id = DialogId { call_id: "c1@192.0.2.1".into(), local_tag: "b".into(), remote_tag: "a".into() };
    assert_eq!(DialogId::of_request(&bye.headers), Some(id));
}
