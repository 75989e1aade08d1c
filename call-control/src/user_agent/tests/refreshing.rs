//! Session timers, UPDATE, and descriptions that meet.

use mcptt_codec::text::ByteStr;

use super::*;
use crate::user_agent::SessionTimerSettings;

const OFFER: &[u8] =
    b"v=0\r\no=- 1 1 IN IP4 192.0.2.1\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n";

fn supervised() -> Rig {
    let mut own = settings();
    own.session_timer = Some(SessionTimerSettings::default());
    Rig::with(own)
}

fn offering(mut request: Request) -> Request {
    request.headers.set(HeaderName::ContentType, "application/sdp");
    request.body = Bytes::from_static(OFFER);
    request.headers.remove(&HeaderName::ContentLength);
    request
}

fn described(mut response: Response) -> Response {
    response.headers.set(HeaderName::ContentType, "application/sdp");
    response.body = Bytes::from_static(OFFER);
    response
}

fn value(headers: &mcptt_codec::sip::Headers, name: HeaderName) -> Option<&str> {
    headers.get(&name).map(ByteStr::as_str)
}

/// A session that the peer began with these header fields; what our 2xx said about the timer.
fn called_with(rig: &mut Rig, fields: &[(HeaderName, &str)]) -> (DialogId, Response) {
    let mut invite = incoming("INVITE", 7, "");
    for (name, text) in fields {
        invite.headers.push(name.clone(), *text);
    }
    rig.receive(offering(invite));
    let (transaction, _, _) = rig.asked();
    let answer = described(Response::new(StatusCode::OK));
    let dialog = rig.ua.respond(rig.now, transaction, answer).expect("a dialog");
    let answer = rig.sent_response();
    rig.receive(incoming("ACK", 7, &dialog.local_tag));
    assert_eq!(rig.events(), ["acknowledged"]);
    (dialog, answer)
}

/// A session that we began, with the interval that the peer has answered.
fn calling_with(rig: &mut Rig, answered: &[(HeaderName, &str)]) -> DialogId {
    let invite = offering(Request::new(Method::Invite, "sip:bob@192.0.2.1"));
    rig.ua.request(rig.now, invite, PEER.parse::<SocketAddr>().unwrap());
    let invite = rig.sent_request();
    let mut answer = described(reply(&invite, 200, "b"));
    for (name, text) in answered {
        answer.headers.push(name.clone(), *text);
    }
    rig.receive(answer);
    assert_eq!(rig.sent(), ["ACK"]);
    match rig.event() {
        UaEvent::Response { dialog: Some(dialog), .. } => dialog,
        other => panic!("{other:?}"),
    }
}

const INTERVAL: (HeaderName, &str) = (HeaderName::SessionExpires, "600;refresher=uac");

//= RFC4028-9:answer test
//= RFC4028-9:require test
#[test]
fn a_2xx_always_states_the_interval_and_the_refresher() {
    use HeaderName::{Require, SessionExpires, Supported};
    for (fields, interval, required) in [
        (vec![(Supported, "timer"), (SessionExpires, "600")], "600;refresher=uac", Some("timer")),
        (vec![(Supported, "timer"), (SessionExpires, "600;refresher=uas")], "600;refresher=uas", None),
        (vec![(Supported, "timer")], "1800;refresher=uac", Some("timer")),
        (vec![], "1800;refresher=uas", None),
    ] {
        let (_, answer) = called_with(&mut supervised(), &fields);
        assert_eq!(value(&answer.headers, SessionExpires), Some(interval), "{fields:?}");
        assert_eq!(value(&answer.headers, Require), required, "{fields:?}");
    }
}

//= RFC4028-expiry test
#[test]
fn a_session_that_the_peer_does_not_refresh_is_lost_shortly_before_its_end() {
    let mut rig = supervised();
    let timer = [(HeaderName::Supported, "timer"), (HeaderName::SessionExpires, "600")];
    let (dialog, _) = called_with(&mut rig, &timer);
    rig.advance(500_000);
    // A refresh begins the interval again.
    let update = with(incoming("UPDATE", 8, &dialog.local_tag), HeaderName::Supported, "timer");
    rig.receive(with(update, HeaderName::SessionExpires, "600;refresher=uac"));
    let (transaction, _, _) = rig.asked();
    rig.respond(transaction, 200);
    assert_eq!(value(&rig.sent_response().headers, HeaderName::SessionExpires), Some("600;refresher=uac"));
    rig.advance(1_067_999);
    assert_eq!(rig.events(), Vec::<String>::new());
    rig.advance(1_068_000);
    assert_eq!(rig.events(), ["session lost Expired"]);
    assert!(rig.ua.bye(rig.now, &dialog).is_ok());
    assert_eq!(rig.sent(), ["BYE"]);
}

//= RFC4028-7.4:refresh test
//= RFC4028-10:gone test
#[test]
fn a_session_that_is_ours_to_refresh_is_refreshed_at_half_time() {
    let mut rig = supervised();
    calling_with(&mut rig, &[INTERVAL]);
    rig.advance(299_999);
    assert_eq!(rig.sent(), Vec::<String>::new());
    rig.advance(300_000);
    let update = rig.sent_request();
    assert_eq!(update.method, Method::Update);
    assert_eq!(value(&update.headers, HeaderName::SessionExpires), Some("600;refresher=uac"));
    assert!(update.headers.lists(&HeaderName::Supported, "timer"));
    rig.receive(with_fields(reply(&update, 200, ""), &[INTERVAL]));
    rig.advance(600_000);
    let update = rig.sent_request();
    // Nobody of ours asked for it: its outcome is told only when it is the end.
    assert_eq!(rig.events(), Vec::<String>::new());
    rig.receive(reply(&update, 481, ""));
    assert_eq!(rig.events(), ["session lost Unreachable"]);
    rig.advance(5_000_000);
    assert_eq!((rig.sent(), rig.events()), (Vec::new(), Vec::new()));
}

fn with_fields(mut response: Response, fields: &[(HeaderName, &str)]) -> Response {
    for (name, text) in fields {
        response.headers.push(name.clone(), *text);
    }
    response
}

//= RFC4028-7.4:method test
//= RFC4028-7.4:fallback test
#[test]
fn a_peer_without_update_is_refreshed_by_re_invite() {
    let allow = (HeaderName::Allow, "INVITE, ACK, BYE, CANCEL");
    let mut rig = supervised();
    calling_with(&mut rig, &[INTERVAL, allow]);
    rig.advance(300_000);
    let invite = rig.sent_request();
    assert_eq!((invite.method.as_str(), &invite.body[..]), ("INVITE", OFFER));
    rig.receive(with_fields(described(reply(&invite, 200, "b")), &[INTERVAL]));
    assert_eq!(rig.sent(), ["ACK"]);

    // One that has not told its methods is asked first.
    let mut rig = supervised();
    calling_with(&mut rig, &[INTERVAL]);
    rig.advance(300_000);
    let update = rig.sent_request();
    rig.receive(reply(&update, 405, ""));
    rig.advance(300_001);
    assert_eq!(rig.sent(), ["INVITE"]);
    assert_eq!(rig.events(), Vec::<String>::new());
}

//= RFC4028-7.3:raise test
//= RFC3261-14.1:glare test
#[test]
fn a_refresh_that_fails_is_tried_again_while_there_is_time() {
    let mut rig = supervised();
    calling_with(&mut rig, &[INTERVAL]);
    rig.advance(300_000);
    let update = rig.sent_request();
    rig.receive(with_fields(reply(&update, 422, ""), &[(HeaderName::MinSe, "900")]));
    rig.advance(300_001);
    let update = rig.sent_request();
    assert_eq!(value(&update.headers, HeaderName::SessionExpires), Some("900;refresher=uac"));
    assert_eq!(value(&update.headers, HeaderName::MinSe), Some("900"));
    // The dialog is ours, so that we wait for 2.1 to 4 s after a collision.
    rig.receive(reply(&update, 491, ""));
    rig.advance(302_000);
    assert_eq!(rig.sent(), Vec::<String>::new());
    rig.advance(304_002);
    let update = rig.sent_request();
    rig.receive(with_fields(reply(&update, 500, ""), &[(HeaderName::RetryAfter, "7")]));
    // Whatever else is wrong is tried again less and less often, and never when it would be too late.
    let mut attempts = std::collections::BTreeSet::new();
    for second in 305..=868 {
        rig.advance(second * 1_000);
        for message in rig.messages() {
            let SipMessage::Request(update) = message else { panic!("a response") };
            attempts.insert(update.headers.cseq().unwrap().number);
            rig.receive(reply(&update, 488, ""));
        }
    }
    assert_eq!(attempts.len(), 6);
    assert_eq!(rig.events(), ["session lost Expired"]);
}

//= RFC4028-9:reject test
#[test]
fn a_refresh_with_too_short_an_interval_is_refused() {
    let mut rig = supervised();
    let (dialog, _) = called_with(&mut rig, &[(HeaderName::Supported, "timer")]);
    let update = with(incoming("UPDATE", 8, &dialog.local_tag), HeaderName::Supported, "timer");
    rig.receive(with(update, HeaderName::SessionExpires, "89"));
    let refusal = rig.sent_response();
    assert_eq!((refusal.status.0, value(&refusal.headers, HeaderName::MinSe)), (422, Some("90")));
}

//= RFC4028-7.3:retry test
#[test]
fn an_invite_is_sent_again_with_the_interval_that_the_peer_wants() {
    let mut rig = supervised();
    let mut invite = offering(Request::new(Method::Invite, "sip:bob@192.0.2.1"));
    invite.headers.push(HeaderName::SessionExpires, "600");
    let id = rig.ua.request(rig.now, invite, PEER.parse::<SocketAddr>().unwrap());
    let first = rig.sent_request();
    rig.receive(with_fields(reply(&first, 422, "b"), &[(HeaderName::MinSe, "900")]));
    let again = rig.sent_request();
    assert_eq!(again.method, Method::Invite);
    assert_eq!(value(&again.headers, HeaderName::SessionExpires), Some("900"));
    assert_eq!(value(&again.headers, HeaderName::MinSe), Some("900"));
    assert_eq!(again.headers.cseq().unwrap().number, first.headers.cseq().unwrap().number + 1);
    for name in [HeaderName::CallId, HeaderName::From] {
        assert_eq!(again.headers.get(&name), first.headers.get(&name));
    }
    // It can be cancelled by the id that the caller knows, and has one outcome.
    rig.receive(reply(&again, 180, "b"));
    rig.ua.cancel(rig.now, id);
    assert_eq!(rig.sent(), ["CANCEL"]);
    rig.receive(reply(&again, 487, "b"));
    let outcomes: Vec<_> = std::iter::from_fn(|| rig.ua.poll_event())
        .filter_map(|event| match event {
            UaEvent::Response { transaction, response, .. } => Some((transaction, response.status.0)),
            _ => None,
        })
        .collect();
    assert_eq!(outcomes, [(id, 180), (id, 487)]);
    rig.advance(100_000);
    assert_eq!((rig.ua.transactions(), rig.ua.renewed.len()), ((0, 0), 0));

    // A peer that asks for what it got is not asked for ever.
    let mut rig = supervised();
    let mut invite = offering(Request::new(Method::Invite, "sip:bob@192.0.2.1"));
    invite.headers.push(HeaderName::SessionExpires, "600");
    rig.ua.request(rig.now, invite, PEER.parse::<SocketAddr>().unwrap());
    let first = rig.sent_request();
    rig.receive(with_fields(reply(&first, 422, "b"), &[(HeaderName::MinSe, "600")]));
    assert_eq!((rig.sent(), rig.events()), (vec!["ACK".to_owned()], vec!["response 422".to_owned()]));
}

//= RFC3311-5.2:overlap test
//= RFC3311-5.2:glare test
//= RFC3311-5.2:unanswered test
//= RFC3311-5.1:pending test
//= RFC3261-14.2:overlap test
//= RFC3261-14.2:glare test
#[test]
fn one_description_is_under_way_at_a_time() {
    let update = |sequence: u32, dialog: &DialogId| incoming("UPDATE", sequence, &dialog.local_tag);
    let refusal = |rig: &mut Rig| {
        let response = rig.sent_response();
        let retry = response.headers.number(&HeaderName::RetryAfter).unwrap();
        assert_eq!(retry.is_some_and(|seconds| seconds <= 10), response.status.0 == 500);
        response.status.0
    };

    // The peer's UPDATE waits for our answer.
    let mut rig = Rig::new();
    let (dialog, _) = called_with(&mut rig, &[]);
    rig.receive(offering(update(8, &dialog)));
    let (first, _, _) = rig.asked();
    rig.receive(update(9, &dialog));
    assert_eq!(refusal(&mut rig), 500);
    let own = offering(Request::new(Method::Update, ""));
    assert_eq!(rig.ua.request_in_dialog(rig.now, &dialog, own.clone()), Err(RequestError::OfferPending));
    rig.ua.respond(rig.now, first, described(Response::new(StatusCode::OK)));
    assert_eq!(refusal(&mut rig), 200);

    // Ours waits for the peer's.
    rig.ua.request_in_dialog(rig.now, &dialog, own.clone()).unwrap();
    let sent = rig.sent_request();
    rig.events();
    rig.receive(offering(update(10, &dialog)));
    assert_eq!(refusal(&mut rig), 491);
    rig.receive(offering(incoming("INVITE", 11, &dialog.local_tag)));
    assert_eq!(refusal(&mut rig), 491);
    assert_eq!(rig.ua.request_in_dialog(rig.now, &dialog, own.clone()), Err(RequestError::UpdatePending));
    // One without a description meets nothing.
    rig.receive(update(12, &dialog));
    assert!(rig.events().contains(&"request UPDATE in dialog".to_owned()));
    rig.receive(described(reply(&sent, 200, "")));
    assert!(rig.ua.request_in_dialog(rig.now, &dialog, own).is_ok());

    // The peer's INVITE waits for our answer.
    let mut rig = Rig::new();
    let (dialog, _) = called_with(&mut rig, &[]);
    rig.receive(offering(incoming("INVITE", 8, &dialog.local_tag)));
    rig.receive(offering(update(9, &dialog)));
    assert_eq!(refusal(&mut rig), 500);
}

//= RFC6086-4.2.1:announce test
//= RFC6086-4.2.1:willing test
#[test]
fn an_info_is_sent_only_to_who_takes_its_package() {
    let info = |package: &str| with(Request::new(Method::Info, ""), HeaderName::InfoPackage, package);
    let mut rig = Rig::new();
    let (dialog, answer) = called_with(&mut rig, &[(HeaderName::RecvInfo, "g.3gpp.mcptt-info, x;y=z")]);
    assert_eq!(value(&answer.headers, HeaderName::RecvInfo), Some("g.3gpp.mcptt-info"));
    for (package, taken) in [("X", true), ("g.3gpp.mcptt-info", true), ("other", false)] {
        let sent = rig.ua.request_in_dialog(rig.now, &dialog, info(package));
        assert_eq!(sent.err(), (!taken).then_some(RequestError::InfoPackageNotTaken), "{package}");
    }
}

//= RFC3261-21.5.4:retry-after test
#[test]
fn a_neighbour_that_wants_to_be_left_alone_is() {
    let mut rig = Rig::new();
    let (_, invite) = rig.invite();
    rig.receive(with_fields(reply(&invite, 503, "b"), &[(HeaderName::RetryAfter, "5")]));
    assert_eq!((rig.sent(), rig.events()), (vec!["ACK".to_owned()], vec!["response 503".to_owned()]));
    let ask = |rig: &mut Rig, priority: &str| {
        let message = Request::new(Method::Message, "sip:bob@192.0.2.1");
        let message =
            if priority.is_empty() { message } else { with(message, HeaderName::ResourcePriority, priority) };
        rig.ua.request(rig.now, message, PEER.parse::<SocketAddr>().unwrap());
        (rig.sent(), rig.events())
    };
    assert_eq!(ask(&mut rig, ""), (vec![], vec!["response 503".to_owned()]));
    assert_eq!(ask(&mut rig, "mcpttp.15"), (vec!["MESSAGE".to_owned()], vec![]));
    rig.advance(5_001);
    let (sent, _) = ask(&mut rig, "");
    assert!(sent.contains(&"MESSAGE".to_owned()));
}
