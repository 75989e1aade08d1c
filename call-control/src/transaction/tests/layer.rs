//! Matching, routing and bounds.

use super::super::{Limits, TransactionEvent, TransactionLayer};
use super::*;
use mcptt_codec::sip::HeaderName;

struct Rig {
    layer: TransactionLayer,
    start: Instant,
}

impl Rig {
    fn new() -> Self {
        Self::bounded(Limits::default())
    }

    fn bounded(limits: Limits) -> Self {
        Self { layer: TransactionLayer::new(TimerSettings::default(), limits, 7), start: t0() }
    }

    fn at(&self, ms: u64) -> Instant {
        self.start + Duration::from_millis(ms)
    }

    fn receive(&mut self, ms: u64, request: Request) -> Vec<String> {
        self.layer.handle_request(self.at(ms), path(), request);
        self.events()
    }

    fn events(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.layer.poll_event()).map(|event| name(&event)).collect()
    }

    fn sent(&mut self) -> Vec<(String, String)> {
        let all = std::iter::from_fn(|| self.layer.poll_transmit());
        all.map(|(path, octets)| (label(&octets), path.remote.to_string())).collect()
    }

    /// Receives a request and gives the id of its transaction.
    fn open(&mut self, request: Request) -> super::super::ServerTransactionId {
        self.layer.handle_request(self.start, path(), request);
        match self.layer.poll_event() {
            Some(TransactionEvent::Request { transaction, .. }) => transaction,
            other => panic!("{other:?}"),
        }
    }
}

fn name(event: &TransactionEvent) -> String {
    match event {
        TransactionEvent::Request { request, .. } => format!("request {}", request.method),
        TransactionEvent::Cancel { invite, .. } => {
            format!("cancel {}", if invite.is_some() { "known" } else { "unknown" })
        }
        TransactionEvent::Ack { .. } => "ack".to_owned(),
        TransactionEvent::Overload { .. } => "overload".to_owned(),
        TransactionEvent::Response { response, .. } => format!("response {}", response.status),
        TransactionEvent::Unmatched { .. } => "unmatched".to_owned(),
        TransactionEvent::TimedOut { .. } => "timed out".to_owned(),
        TransactionEvent::NotAcknowledged { .. } => "not acknowledged".to_owned(),
        TransactionEvent::ClientTerminated { .. } => "client terminated".to_owned(),
        TransactionEvent::ServerTerminated { .. } => "server terminated".to_owned(),
    }
}

fn with_via(method: &str, via: &str) -> Request {
    let mut request = request(method);
    request.headers.set(HeaderName::Via, via);
    request
}

//= RFC3261-17.2.3:match test
#[test]
fn branch_sent_by_and_method_make_a_transaction() {
    // The second request after an OPTIONS with branch z9hG4bK-1 from 192.0.2.1:5060.
    for (via, method, expected) in [
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1", "OPTIONS", vec![]),
        ("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-1", "OPTIONS", vec![]),
        ("SIP/2.0/UDP 192.0.2.1;branch=Z9HG4BK-1;received=203.0.113.5", "OPTIONS", vec![]),
        ("SIP/2.0/UDP 192.0.2.1:5061;branch=z9hG4bK-1", "OPTIONS", vec!["request OPTIONS"]),
        ("SIP/2.0/UDP host.example.org;branch=z9hG4bK-1", "OPTIONS", vec!["request OPTIONS"]),
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-2", "OPTIONS", vec!["request OPTIONS"]),
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1", "MESSAGE", vec!["request MESSAGE"]),
    ] {
        let mut rig = Rig::new();
        assert_eq!(rig.receive(0, request("OPTIONS")), ["request OPTIONS"]);
        assert_eq!(rig.receive(10, with_via(method, via)), expected, "{via} {method}");
    }
}

#[test]
fn requests_without_cookie_are_told_apart_by_what_they_repeat() {
    let old = |method: &str| with_via(method, "SIP/2.0/UDP 192.0.2.1:5060;branch=1");
    let mut other_call = old("INVITE");
    other_call.headers.set(HeaderName::CallId, "other");
    let mut other_tag = old("INVITE");
    other_tag.headers.set(HeaderName::From, "<sip:alice@example.org>;tag=z");
    let mut other_number = old("INVITE");
    other_number.headers.set(HeaderName::CSeq, "8 INVITE");
    for (second, expected) in [
        (old("INVITE"), vec![]),
        (other_call, vec!["request INVITE"]),
        (other_tag, vec!["request INVITE"]),
        (other_number, vec!["request INVITE"]),
        (with_via("INVITE", "SIP/2.0/UDP 192.0.2.1:5060"), vec!["request INVITE"]),
    ] {
        let mut rig = Rig::new();
        assert_eq!(rig.receive(0, old("INVITE")), ["request INVITE"]);
        assert_eq!(rig.receive(10, second), expected);
    }
    let mut rig = Rig::new();
    let id = rig.open(old("INVITE"));
    assert!(rig.layer.respond(rig.start, id, &response(&old("INVITE"), 486)));
    assert_eq!(rig.sent().len(), 1);
    assert_eq!(rig.receive(20, ack_of(&old("INVITE"))), Vec::<String>::new());
    rig.layer.handle_timeout(rig.at(1_000));
    assert_eq!(rig.sent(), [], "the ACK has stopped timer G");
}

#[test]
fn an_ack_goes_to_its_invite_or_up() {
    let mut rig = Rig::new();
    assert_eq!(rig.receive(0, ack_of(&request("INVITE"))), ["ack"]);
    let id = rig.open(request("INVITE"));
    assert_eq!(
        rig.receive(10, ack_of(&request("INVITE"))),
        Vec::<String>::new(),
        "nothing to acknowledge yet"
    );
    assert!(rig.layer.respond(rig.at(20), id, &response(&request("INVITE"), 200)));
    assert_eq!(rig.receive(30, ack_of(&request("INVITE"))), ["ack"], "the 2xx is the affair of the user");
    assert_eq!(rig.receive(40, with_via("ACK", "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-9")), ["ack"]);
    assert_eq!(rig.receive(50, request("INVITE")), Vec::<String>::new(), "absorbed until timer L");
    rig.layer.handle_timeout(rig.at(32_020));
    assert_eq!(rig.events(), ["server terminated"]);
    assert!(rig.layer.is_empty());
    assert_eq!(rig.layer.poll_timeout(), None);
}

#[test]
fn a_cancel_finds_its_invite_and_has_its_own_transaction() {
    let mut rig = Rig::new();
    assert_eq!(rig.receive(0, request("CANCEL")), ["cancel unknown"]);
    let mut rig = Rig::new();
    rig.open(request("INVITE"));
    assert_eq!(rig.receive(10, request("CANCEL")), ["cancel known"]);
    assert_eq!(rig.receive(20, request("CANCEL")), Vec::<String>::new());
    assert_eq!(rig.layer.len(), (0, 2));
}

//= RFC3581-4:rport test
//= RFC3581-4:received test
#[test]
fn answers_go_where_the_request_came_from() {
    // The request comes from 192.0.2.1:5060 in every row but the last.
    for (via, source, noted, answer) in [
        (
            "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKx",
            "192.0.2.1:5060",
            "SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKx",
            "192.0.2.1:5070",
        ),
        (
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx",
            "192.0.2.1:40000",
            "SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx",
            "192.0.2.1:5060",
        ),
        (
            "SIP/2.0/UDP ue.example.org;branch=z9hG4bKx",
            "192.0.2.1:40000",
            "SIP/2.0/UDP ue.example.org;branch=z9hG4bKx;received=192.0.2.1",
            "192.0.2.1:5060",
        ),
        (
            "SIP/2.0/UDP 10.0.0.1:5060;rport;branch=z9hG4bKx",
            "192.0.2.1:40000",
            "SIP/2.0/UDP 10.0.0.1:5060;rport=40000;branch=z9hG4bKx;received=192.0.2.1",
            "192.0.2.1:40000",
        ),
        // What the peer wrote about itself is replaced, and never followed.
        (
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;received=203.0.113.9",
            "192.0.2.1:5060",
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx",
            "192.0.2.1:5060",
        ),
        (
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;maddr=203.0.113.9",
            "192.0.2.1:5060",
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKx;maddr=203.0.113.9",
            "192.0.2.1:5060",
        ),
        (
            "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKx;rport",
            "[2001:db8::1]:5062",
            "SIP/2.0/UDP [2001:db8::1]:5060;branch=z9hG4bKx;rport=5062;received=2001:db8::1",
            "[2001:db8::1]:5062",
        ),
    ] {
        let mut rig = Rig::new();
        let path = SipPath { remote: source.parse().unwrap(), ..path() };
        let below = "SIP/2.0/UDP 198.51.100.1;branch=z9hG4bKbelow";
        let request = with_via("OPTIONS", &format!("{via}, {below}"));
        rig.layer.handle_request(rig.start, path, request);
        let Some(TransactionEvent::Request { transaction, request, .. }) = rig.layer.poll_event() else {
            panic!()
        };
        let vias: Vec<&str> = request.headers.values(&HeaderName::Via).collect();
        assert_eq!(vias, [noted, below]);
        assert!(rig.layer.respond(rig.start, transaction, &Response::to(&request, StatusCode::OK)));
        assert_eq!(rig.sent(), [("200".to_owned(), answer.to_owned())], "{via}");
    }
}

//= RFC3261-17.1.3:match test
#[test]
fn responses_are_matched_by_branch_sent_by_and_method() {
    let mut rig = Rig::new();
    let id = rig.layer.draw();
    let options = request("OPTIONS");
    rig.layer.send_request(rig.start, id, options.clone(), path());
    for (via, cseq, expected) in [
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-2", "7 OPTIONS", "unmatched"),
        ("SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bK-1", "7 OPTIONS", "unmatched"),
        ("SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1", "7 INVITE", "unmatched"),
        (
            "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport=5060;received=192.0.2.1",
            "7 OPTIONS",
            "response 200",
        ),
    ] {
        let mut answer = response(&options, 200);
        answer.headers.set(HeaderName::Via, via);
        answer.headers.set(HeaderName::CSeq, cseq);
        rig.layer.handle_response(rig.at(10), path(), answer);
        assert_eq!(rig.events(), [expected], "{via} {cseq}");
    }
    rig.layer.handle_timeout(rig.at(5_010));
    assert_eq!(rig.events(), ["client terminated"]);
    rig.layer.handle_response(rig.at(5_020), path(), response(&options, 200));
    assert_eq!(rig.events(), ["unmatched"]);
}

#[test]
fn beyond_the_limit_requests_are_refused_but_calls_can_end() {
    let mut rig = Rig::bounded(Limits { client: 1, server: 2, reserve: 1 });
    let nth = |method: &str, n: u32| with_via(method, &format!("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-n{n}"));
    assert_eq!(rig.receive(0, nth("INVITE", 1)), ["request INVITE"]);
    assert_eq!(rig.receive(0, nth("OPTIONS", 2)), ["request OPTIONS"]);
    assert_eq!(rig.receive(0, nth("OPTIONS", 3)), ["overload"]);
    let in_dialog = |n| {
        let mut bye = nth("BYE", n);
        bye.headers.set(HeaderName::To, "<sip:bob@example.org>;tag=b");
        bye
    };
    assert_eq!(rig.receive(0, in_dialog(4)), ["request BYE"]);
    assert_eq!(rig.receive(0, in_dialog(5)), ["overload"]);
    assert_eq!(rig.receive(0, nth("CANCEL", 1)), ["cancel known"]);
    assert_eq!(rig.receive(0, nth("CANCEL", 9)), ["overload"]);
    assert_eq!(rig.layer.len(), (0, 4));

    let (first, second) = (rig.layer.draw(), rig.layer.draw());
    rig.layer.send_request(rig.start, first, nth("OPTIONS", 6), path());
    rig.layer.send_request(rig.start, second, nth("OPTIONS", 7), path());
    assert_eq!(rig.events(), ["timed out", "client terminated"]);
    assert_eq!(rig.layer.len(), (1, 4));
}

#[test]
fn everything_ends_without_help() {
    let mut rig = Rig::new();
    for (n, method) in ["INVITE", "OPTIONS", "CANCEL", "MESSAGE"].iter().enumerate() {
        let request = with_via(method, &format!("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bK-e{n}"));
        rig.layer.handle_request(rig.start, path(), request.clone());
        let id = rig.layer.draw();
        rig.layer.send_request(rig.start, id, request.clone(), path());
        if is_invite(&request.method) {
            let Some(TransactionEvent::Request { transaction, .. }) = rig.layer.poll_event() else {
                panic!()
            };
            rig.layer.respond(rig.start, transaction, &response(&request, 480));
        }
    }
    while let Some(next) = rig.layer.poll_timeout() {
        rig.layer.handle_timeout(next);
        rig.layer.handle_timeout(next);
    }
    assert!(rig.layer.is_empty());
}
