//! Messages over connections: framing, keep-alives, failure, and the choice between streams and datagrams.

use mcptt_codec::sip::{PING, PONG};

use super::*;
use crate::transport::{Hop, StreamCommand, StreamEvent};

fn tcp() -> SipPath {
    SipPath { transport: Transport::Tcp, ..path() }
}

fn agent(change: impl FnOnce(&mut UserAgentSettings)) -> UserAgent {
    let mut settings = settings();
    change(&mut settings);
    super::agent(settings, 7)
}

fn commands(agent: &mut UserAgent) -> Vec<String> {
    std::iter::from_fn(|| agent.poll_stream())
        .map(|command| match command {
            StreamCommand::Send { payload, .. } if payload == PONG => "pong".to_owned(),
            StreamCommand::Send { path, payload } => format!("{} {}", path.hop(), label(&decode(&payload))),
            StreamCommand::Close { path } => format!("close {}", path.hop()),
        })
        .collect()
}

fn events(agent: &mut UserAgent) -> Vec<String> {
    std::iter::from_fn(|| agent.poll_event()).map(|event| name(&event)).collect()
}

/// A MESSAGE as it comes over TCP.
fn message(sequence: u32) -> Bytes {
    let mut request = incoming("MESSAGE", sequence, "");
    let via = format!("SIP/2.0/TCP 192.0.2.1:6060;branch=z9hG4bK-tcp{sequence}");
    request.headers.set(HeaderName::Via, via);
    request.encode()
}

//= RFC3261-18.3:framing test
//= RFC3261-18.2.2:same-connection test
#[test]
fn messages_are_cut_out_of_the_stream_and_answered_on_it() {
    let now = t0();
    let mut agent = agent(|_| {});
    let both = [message(1), message(2)].concat();
    let (first, second) = both.split_at(both.len() / 2 + 7);
    agent.handle_stream(now, tcp(), StreamEvent::Octets(first));
    assert_eq!(events(&mut agent), ["request MESSAGE"]);
    agent.handle_stream(now, tcp(), StreamEvent::Octets(second));
    let Some(UaEvent::Request { transaction, path, .. }) = agent.poll_event() else { panic!("no request") };
    assert_eq!(path, tcp());
    agent.respond(now, transaction, Response::new(StatusCode::OK));
    assert_eq!(commands(&mut agent), [format!("tcp:{PEER} 200 MESSAGE")]);
    assert_eq!(agent.poll_transmit(), None);
}

//= RFC5626-3.5.1:pong test
//= RFC7118-5:frame test
#[test]
fn a_ping_is_answered_with_a_pong() {
    let now = t0();
    let mut agent = agent(|_| {});
    agent.handle_stream(now, tcp(), StreamEvent::Octets(PING));
    assert_eq!(commands(&mut agent), ["pong"]);
    let ws = SipPath { transport: Transport::Ws, ..path() };
    agent.handle_stream(now, ws, StreamEvent::Frame(PING));
    assert_eq!(commands(&mut agent), ["pong"]);
    agent.handle_stream(now, ws, StreamEvent::Frame(&message(1)));
    assert_eq!(events(&mut agent), ["request MESSAGE"]);
}

//= RFC3261-18.3:framing test
#[test]
fn a_stream_that_is_out_of_step_is_closed_and_another_one_is_not_disturbed() {
    let now = t0();
    let mut agent = agent(|_| {});
    let other = SipPath { remote: "192.0.2.9:5060".parse().unwrap(), ..tcp() };
    let whole = message(1);
    let (start, end) = whole.split_at(40);
    agent.handle_stream(now, other, StreamEvent::Octets(start));
    agent.handle_stream(now, tcp(), StreamEvent::Octets(b"\0\0\0"));
    assert_eq!(commands(&mut agent), [format!("close tcp:{PEER}")]);
    assert_eq!(events(&mut agent), ["undecodable start line", "stream closed"]);
    agent.handle_stream(now, other, StreamEvent::Octets(end));
    assert_eq!(events(&mut agent), ["request MESSAGE"]);
}

#[test]
fn one_connection_too_many_is_closed() {
    let now = t0();
    let mut agent = agent(|settings| settings.streams = 1);
    let other = SipPath { remote: "192.0.2.9:5060".parse().unwrap(), ..tcp() };
    agent.handle_stream(now, tcp(), StreamEvent::Octets(b"M"));
    agent.handle_stream(now, other, StreamEvent::Octets(b"M"));
    assert_eq!(commands(&mut agent), ["close tcp:192.0.2.9:5060"]);
    assert_eq!(events(&mut agent), ["discarded TooManyStreams"]);
    agent.handle_stream(now, tcp(), StreamEvent::Closed);
    agent.handle_stream(now, other, StreamEvent::Octets(b"M"));
    assert_eq!(commands(&mut agent), Vec::<String>::new());
}

//= RFC3261-17.1.4:error test
#[test]
fn a_request_fails_with_its_connection() {
    let now = t0();
    let mut agent = agent(|_| {});
    let hop = Hop::new(Transport::Tcp, PEER.parse().unwrap());
    agent.request(now, Request::new(Method::Message, "sip:bob@192.0.2.1"), hop);
    assert_eq!(commands(&mut agent), [format!("{hop} MESSAGE")]);
    agent.handle_stream(now, tcp(), StreamEvent::Closed);
    assert_eq!(events(&mut agent), ["stream closed", "timeout"]);
    assert_eq!(agent.transactions(), (0, 0));
}

//= RFC3261-18.2.2:reopen test
#[test]
fn an_answer_that_outlives_its_connection_goes_to_where_the_peer_listens() {
    let now = t0();
    let mut agent = agent(|_| {});
    agent.handle_stream(now, tcp(), StreamEvent::Octets(&message(1)));
    let Some(UaEvent::Request { transaction, .. }) = agent.poll_event() else { panic!("no request") };
    agent.handle_stream(now, tcp(), StreamEvent::Closed);
    agent.respond(now, transaction, Response::new(StatusCode::OK));
    assert_eq!(commands(&mut agent), ["tcp:192.0.2.1:6060 200 MESSAGE"]);
}

//= RFC3261-18.1.1:size test
//= RFC3261-18.1.1:fallback test
#[test]
fn a_large_request_goes_over_tcp_and_over_udp_if_there_is_no_tcp() {
    let now = t0();
    let mut agent = agent(|settings| settings.stream_above = Some(1_300));
    let peer: SocketAddr = PEER.parse().unwrap();
    let mut request = Request::new(Method::Message, "sip:bob@192.0.2.1");
    request.headers.push(HeaderName::ContentType, "text/plain");
    let mut small = request.clone();
    small.body = Bytes::from(vec![b'x'; 100]);
    agent.request(now, small, peer);
    assert_eq!(commands(&mut agent), Vec::<String>::new());
    assert!(agent.poll_transmit().is_some());

    request.body = Bytes::from(vec![b'x'; 1_300]);
    let asked = agent.request(now, request, peer);
    assert_eq!(commands(&mut agent), [format!("tcp:{PEER} MESSAGE")]);
    assert_eq!(agent.poll_transmit(), None);
    agent.handle_stream(now, tcp(), StreamEvent::Closed);
    let datagram = agent.poll_transmit().expect("the MESSAGE again, over UDP");
    let SipMessage::Request(again) = decode(&datagram.payload) else { panic!("a response") };
    assert!(again.headers.get(&HeaderName::Via).unwrap().starts_with("SIP/2.0/UDP "));
    assert_eq!(events(&mut agent), ["stream closed"]);

    let answer = Response::to(&again, StatusCode::OK);
    agent.handle_datagram(now, path(), &answer.encode());
    let Some(UaEvent::Response { transaction, .. }) = agent.poll_event() else { panic!("no response") };
    assert_eq!(transaction, asked);
}

//= RFC3261-18.3:framing test
#[test]
fn a_message_that_does_not_end_costs_its_connection_however_it_trickles() {
    let now = t0();
    let mut agent = agent(|_| {});
    let whole = message(1);
    agent.handle_stream(now, tcp(), StreamEvent::Octets(&whole[..10]));
    let end = now + Duration::from_secs(20);
    agent.handle_stream(now + Duration::from_secs(19), tcp(), StreamEvent::Octets(&whole[10..11]));
    assert_eq!(agent.poll_timeout(), Some(end), "an octet more is no reason to wait longer");
    agent.handle_timeout(end);
    assert_eq!(commands(&mut agent), [format!("close tcp:{PEER}")]);
    assert_eq!(events(&mut agent), ["stream closed"]);
}

#[test]
fn a_connection_between_messages_has_all_the_time() {
    let now = t0();
    let mut agent = agent(|_| {});
    let both = [message(1), message(2).slice(..10)].concat();
    agent.handle_stream(now, tcp(), StreamEvent::Octets(&both[..20]));
    let later = now + Duration::from_secs(5);
    agent.handle_stream(later, tcp(), StreamEvent::Octets(&both[20..]));
    assert_eq!(
        agent.poll_timeout(),
        Some(later + Duration::from_secs(20)),
        "the second message has its own time"
    );
    agent.handle_stream(later, tcp(), StreamEvent::Octets(&message(2)[10..]));
    assert_ne!(agent.poll_timeout(), Some(later + Duration::from_secs(20)));
}

//= RFC5923-5:reuse test
#[test]
fn a_request_in_a_dialog_goes_over_the_connection_that_is_there() {
    let now = t0();
    let mut agent = agent(|_| {});
    let mut invite = incoming("INVITE", 7, "");
    let via = format!("SIP/2.0/TCP {PEER};branch=z9hG4bK-invite");
    invite.headers.set(HeaderName::Via, via);
    // Where it listens, which is not where the connection comes from.
    invite.headers.set(HeaderName::Contact, "<sip:alice@192.0.2.1:7777;transport=tcp>");
    agent.handle_stream(now, tcp(), StreamEvent::Octets(&invite.encode()));
    let Some(UaEvent::Request { transaction, .. }) = agent.poll_event() else { panic!("no request") };
    let dialog = agent.respond(now, transaction, Response::new(StatusCode::OK)).expect("a dialog");
    let ack = incoming("ACK", 7, &dialog.local_tag).encode();
    agent.handle_stream(now, tcp(), StreamEvent::Octets(&ack));
    agent.bye(now, &dialog).unwrap();
    assert_eq!(commands(&mut agent), [format!("tcp:{PEER} 200 INVITE"), format!("tcp:{PEER} BYE")]);
}
