//! What a user agent answers without asking anybody.

use super::*;

fn requires(tags: &str) -> Request {
    with(incoming("INVITE", 7, ""), HeaderName::Require, tags)
}

//= RFC3261-481 test
//= RFC3261-cancel test
//= RFC3261-maxf test
//= RFC3261-ext test
//= RFC6086-469 test
#[test]
fn requests_are_refused_with_the_code_of_their_fault() {
    use HeaderName as Name;
    let allow =
        "INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, MESSAGE, REFER, SUBSCRIBE, NOTIFY, PUBLISH, OPTIONS";
    for (request, status, header) in [
        (incoming("NEWMETHOD", 7, ""), 501, Some((Name::Allow, allow))),
        (incoming("REGISTER", 7, ""), 405, Some((Name::Allow, allow))),
        (with(incoming("MESSAGE", 7, ""), Name::MaxForwards, "0"), 483, None),
        (with(incoming("BYE", 7, "x"), Name::MaxForwards, "0"), 483, None),
        (requires("timer, foo, tdialog, 100rel"), 420, Some((Name::Unsupported, "foo, 100rel"))),
        (with(incoming("INFO", 7, ""), Name::InfoPackage, "g.3gpp.mcptt-info"), 481, None),
        (incoming("BYE", 7, ""), 481, None),
        (incoming("BYE", 7, "unknown"), 481, None),
        (incoming("UPDATE", 7, ""), 481, None),
        (incoming("PRACK", 7, "unknown"), 481, None),
        (incoming("INVITE", 7, "unknown"), 481, None),
        (incoming("NOTIFY", 7, ""), 481, None),
        (incoming("NOTIFY", 7, "unknown"), 481, None),
        (incoming("CANCEL", 7, ""), 481, None),
        (incoming("CANCEL", 7, "unknown"), 481, None),
        (
            with(incoming("MESSAGE", 7, ""), Name::ContentEncoding, "gzip"),
            415,
            Some((Name::AcceptEncoding, "identity")),
        ),
        (without(incoming("INVITE", 7, ""), Name::Contact), 400, None),
        (without(incoming("SUBSCRIBE", 7, ""), Name::Contact), 400, None),
        // Rules of every request: refused without keeping anything.
        (without(incoming("MESSAGE", 7, ""), Name::MaxForwards), 400, None),
        (with(incoming("MESSAGE", 7, ""), Name::CSeq, "7 INVITE"), 400, None),
        (with(incoming("MESSAGE", 7, ""), Name::From, "<<nonsense"), 400, None),
        (Request { uri: "nonsense".into(), ..incoming("MESSAGE", 7, "") }, 400, None),
        (Request { uri: "http://example.org".into(), ..incoming("MESSAGE", 7, "") }, 416, None),
    ] {
        let mut rig = Rig::new();
        let method = request.method.clone();
        rig.receive(request);
        let response = rig.sent_response();
        assert_eq!(response.status, StatusCode(status), "{method}");
        assert!(response.headers.to_address().unwrap().tag().is_some(), "{method} {status}");
        assert_eq!(rig.events(), [format!("discarded Refused({status})")], "{method}");
        if let Some((name, value)) = header {
            assert_eq!(
                response.headers.get(&name).map(|found| found.as_str()),
                Some(value),
                "{method} {status}"
            );
        }
        rig.advance(120_000);
        assert_eq!((rig.ua.transactions(), rig.ua.poll_timeout()), ((0, 0), None), "{method} {status}");
    }
}

//= RFC6086-469 test
#[test]
fn an_info_needs_a_package_that_we_announced() {
    for (package, expected) in [
        (Some("g.3gpp.mcptt-info"), vec!["request INFO in dialog"]),
        (Some("G.3GPP.mcptt-info;x=y"), vec!["request INFO in dialog"]),
        (Some("g.3gpp.mcptt-information"), vec!["discarded Refused(469)"]),
        (None, vec!["discarded Refused(469)"]),
    ] {
        let mut rig = Rig::new();
        let dialog = rig.called();
        let mut info = incoming("INFO", 8, &dialog.local_tag);
        if let Some(package) = package {
            info.headers.push(HeaderName::InfoPackage, package);
        }
        rig.receive(info);
        assert_eq!(rig.events(), expected, "{package:?}");
        if expected[0].contains("469") {
            let response = rig.sent_response();
            assert_eq!(response.headers.get(&HeaderName::RecvInfo).unwrap(), "g.3gpp.mcptt-info");
        }
    }
}

//= RFC3261-11.2:options test
#[test]
fn options_tells_what_we_can() {
    for to_tag in [false, true] {
        let mut rig = Rig::new();
        let tag = if to_tag { rig.called().local_tag } else { ByteStr::EMPTY };
        rig.receive(incoming("OPTIONS", 9, &tag));
        let response = rig.sent_response();
        assert_eq!(rig.events(), Vec::<String>::new());
        let fields: Vec<String> =
            response.headers.iter().skip(5).map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!(
            fields,
            [
                "Allow: INVITE, ACK, BYE, CANCEL, UPDATE, PRACK, INFO, MESSAGE, REFER, SUBSCRIBE, NOTIFY, PUBLISH, OPTIONS",
                "Supported: timer, tdialog",
                "Accept: application/sdp",
                "Accept-Encoding: identity",
                "Recv-Info: g.3gpp.mcptt-info",
                "Server: test",
                "Content-Length: 0",
            ]
        );
        assert_eq!(response.status, StatusCode::OK);
    }
}

//= RFC3261-8.2.2.2:merged test
#[test]
fn a_request_that_came_two_ways_is_taken_once() {
    let mut rig = Rig::new();
    rig.receive(incoming("INVITE", 7, ""));
    rig.receive(incoming("INVITE", 7, ""));
    assert_eq!(
        (rig.events(), rig.sent()),
        (vec!["request INVITE".to_owned()], vec!["100 INVITE".to_owned()])
    );
    let other_way =
        with(incoming("INVITE", 7, ""), HeaderName::Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKother");
    rig.receive(other_way.clone());
    assert_eq!(
        (rig.events(), rig.sent()),
        (vec!["discarded Refused(482)".to_owned()], vec!["482 INVITE".to_owned()])
    );
    let next = with(other_way, HeaderName::CSeq, "8 INVITE");
    let next = with(next, HeaderName::Via, "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKnext");
    rig.receive(next);
    assert_eq!(rig.events(), ["request INVITE"]);
}

#[test]
fn what_is_no_message_is_answered_when_it_says_whom() {
    let good = String::from_utf8_lossy(&incoming("MESSAGE", 7, "").encode()).into_owned();
    let folded = good.replace("Call-ID: c1@192.0.2.1", "Call-ID:\r\n c1@192.0.2.1\r\nBad header");
    let huge = good.replace("Call-ID", &format!("Subject: {}\r\nCall-ID", "x".repeat(9_000)));
    let short_body = good.replace("Content-Length: 0", "Content-Length: 10");
    for (text, status, events) in [
        (
            good.replace("MESSAGE sip:pf@192.0.2.2 SIP/2.0", "MESSAGE sip:pf@192.0.2.2 SIP/3.0"),
            Some(505),
            "discarded Refused(505)",
        ),
        (good.replace("Max-Forwards: 70", "Max Forwards 70"), Some(400), "undecodable header field name"),
        (folded, Some(400), "undecodable header field name"),
        (huge.clone(), Some(513), "undecodable header field"),
        (short_body, Some(400), "undecodable body"),
        (huge.replace("SIP/2.0\r\n", "SIP/9.0\r\n"), Some(505), "undecodable header field"),
        // Nobody to answer to, or nothing that is ever answered.
        (huge.replace("MESSAGE", "ACK"), None, "undecodable header field"),
        (huge.replace("From: ", "Form: "), None, "undecodable header field"),
        (huge.replace("To: <", "To: <<"), None, "undecodable header field"),
        (huge.replace("branch", "bra nch"), None, "undecodable header field"),
        (good.replace("MESSAGE sip:pf@192.0.2.2 SIP/2.0", "SIP/2.0 200"), None, "undecodable start line"),
        ("GET / HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(), None, "undecodable start line"),
        ("\u{fffd}\r\n\r\n".to_owned(), None, "undecodable start line"),
        ("x".to_owned(), None, "undecodable empty line after the header fields"),
    ] {
        let mut rig = Rig::new();
        rig.receive_octets(&Bytes::from(text.clone()));
        let statuses: Vec<u16> = rig
            .messages()
            .iter()
            .map(|message| match message {
                SipMessage::Response(response) => response.status.0,
                SipMessage::Request(_) => panic!("a request is no answer"),
            })
            .collect();
        let start: String = text.chars().take(60).collect();
        assert_eq!(statuses, status.into_iter().collect::<Vec<_>>(), "{start}");
        assert_eq!(rig.events(), [events], "{start}");
        assert_eq!((rig.ua.transactions(), rig.ua.poll_timeout()), ((0, 0), None), "{start}");
    }
}

#[test]
fn an_answer_without_state_has_the_same_tag_every_time() {
    let mut rig = Rig::new();
    let mut tags = Vec::new();
    for branch in ["z9hG4bKx", "z9hG4bKx", "z9hG4bKy"] {
        let bad = without(incoming("MESSAGE", 7, ""), HeaderName::MaxForwards);
        rig.receive(with(bad, HeaderName::Via, &format!("SIP/2.0/UDP 192.0.2.1;branch={branch}")));
        tags.push(rig.sent_response().headers.to_address().unwrap().tag().unwrap().to_owned());
    }
    assert_eq!(tags[0], tags[1]);
    assert_ne!(tags[0], tags[2]);
}

#[test]
fn keep_alives_are_no_event() {
    let mut rig = Rig::new();
    for text in ["\0\u{1}\0\0transaction-id-1", "", "\r\n\r\n", "\r\n", "\0"] {
        rig.receive_octets(&Bytes::from_static(text.as_bytes()));
    }
    assert_eq!((rig.events(), rig.sent()), (vec![], vec![]));
}

#[test]
fn overload_is_told_without_keeping_anything() {
    let mut own = settings();
    own.limits.transactions.server = 1;
    own.limits.transactions.reserve = 0;
    let mut rig = Rig::with(own);
    rig.receive(incoming("MESSAGE", 1, ""));
    rig.receive(incoming("MESSAGE", 2, ""));
    let response = rig.sent_response();
    assert_eq!(response.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers.get(&HeaderName::RetryAfter).unwrap(), "5");
    assert_eq!(rig.events(), ["request MESSAGE", "discarded Refused(503)"]);
    assert_eq!(rig.ua.transactions(), (0, 1));
}

#[test]
fn no_more_dialogs_than_the_limit() {
    let mut own = settings();
    own.limits.dialogs.total = 1;
    let mut rig = Rig::with(own);
    rig.called();
    rig.receive(with(incoming("SUBSCRIBE", 3, ""), HeaderName::CallId, "other"));
    assert_eq!(
        (rig.events(), rig.sent()),
        (vec!["discarded Refused(503)".to_owned()], vec!["503 SUBSCRIBE".to_owned()])
    );
}

//= RFC7339-5:reduce test
//= RFC7339-5:priority test
#[test]
fn what_waits_too_long_refuses_new_calls_and_lets_sessions_end() {
    let mut own = settings();
    own.admitted = vec!["192.0.2.77:5060".parse().unwrap()];
    let mut rig = Rig::with(own);
    let dialog = rig.called();
    // A call that rings when the load comes.
    let ringing = with(incoming("INVITE", 20, ""), HeaderName::CallId, "ringing");
    rig.receive(ringing.clone());
    rig.asked();
    for interval in 0..16 {
        rig.now = rig.start + Duration::from_millis(100 * interval);
        rig.ua.handle_wait(rig.now, Duration::from_millis(30));
    }
    rig.sent();
    let call =
        |number: u32| with(incoming("INVITE", 30 + number, ""), HeaderName::CallId, &format!("new-{number}"));
    rig.receive(call(1));
    let refusal = rig.sent_response();
    let retry = refusal.headers.number(&HeaderName::RetryAfter).unwrap();
    assert_eq!((refusal.status.0, retry.is_some_and(|seconds| seconds > 0)), (503, true));
    assert_eq!(rig.events(), ["discarded Shed"]);
    assert_eq!(rig.ua.transactions().1, 2, "nothing is kept of it");

    // What is known, what is urgent, what ends, and what our own functions send is served.
    rig.receive(ringing.clone());
    assert_eq!(rig.sent(), ["100 INVITE"]);
    rig.receive(with(call(2), HeaderName::ResourcePriority, "mcpttp.15"));
    assert_eq!(rig.events(), ["request INVITE"]);
    rig.receive(Request { method: Method::Cancel, ..with(ringing, HeaderName::CSeq, "20 CANCEL") });
    assert_eq!(rig.events(), ["cancelled"]);
    rig.receive(incoming("BYE", 8, &dialog.local_tag));
    assert_eq!(rig.events(), ["request BYE in dialog"]);
    let own = SipPath { remote: "192.0.2.77:5060".parse().unwrap(), ..path() };
    rig.ua.handle_datagram(rig.now, own, &call(3).encode());
    assert_eq!(rig.events(), ["request INVITE"]);
}
