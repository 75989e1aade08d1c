//! The machines on virtual time, every state against every input, and the layer around them.

mod client;
mod layer;
mod reliable;
mod server;

use std::time::{Duration, Instant};

use crate::transport::{SipPath, Transport};
use bytes::Bytes;
use mcptt_codec::sip::{Limits, Method, Request, Response, SipMessage, StatusCode};

use super::{Context, Output, TimerSettings};
use crate::testing::t0;

/// What can happen to a transaction.
#[derive(Clone, Copy, Debug)]
enum Input {
    /// A response of this status arrives.
    Receive(u16),
    /// The request arrives again.
    Again,
    /// An ACK arrives.
    Ack,
    /// The transaction user answers with this status.
    Respond(u16),
    /// Time passes.
    Timeout,
}

/// One line of a script: when (milliseconds), what, and then the state and the outputs.
type Line<S> = (u64, Input, S, &'static [&'static str]);

struct Clock {
    start: Instant,
    timers: TimerSettings,
    reliable: bool,
}

impl Clock {
    fn new() -> Self {
        Self { start: t0(), timers: TimerSettings::default(), reliable: false }
    }

    /// Over a transport that loses nothing.
    fn reliable() -> Self {
        Self { reliable: true, ..Self::new() }
    }

    fn run(&self, ms: u64, act: impl FnOnce(&mut Context<'_>)) -> Vec<String> {
        let mut out = Vec::new();
        act(&mut Context {
            now: self.start + Duration::from_millis(ms),
            timers: &self.timers,
            reliable: self.reliable,
            out: &mut out,
        });
        out.iter().map(describe).collect()
    }

    fn ms(&self, at: Option<Instant>) -> Option<u128> {
        at.map(|at| at.saturating_duration_since(self.start).as_millis())
    }
}

fn describe(output: &Output) -> String {
    match output {
        Output::Send(octets) => format!("send {}", label(octets)),
        Output::Response(response) => format!("up {}", response.status),
        Output::Ack(_) => "up ACK".to_owned(),
        Output::TimedOut => "timed out".to_owned(),
        Output::NotAcknowledged => "not acknowledged".to_owned(),
    }
}

/// Method or status code of a message.
fn label(octets: &Bytes) -> String {
    match decode(octets) {
        SipMessage::Request(request) => request.method.to_string(),
        SipMessage::Response(response) => response.status.to_string(),
    }
}

fn decode(octets: &Bytes) -> SipMessage {
    SipMessage::decode(octets, &Limits::default()).unwrap()
}

fn parse_request(text: &str) -> Request {
    match decode(&Bytes::from(text.replace('\n', "\r\n"))) {
        SipMessage::Request(request) => request,
        SipMessage::Response(_) => panic!("a request was expected"),
    }
}

fn request(method: &str) -> Request {
    parse_request(&format!(
        "{method} sip:bob@192.0.2.2 SIP/2.0\n\
         Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK-1;rport\n\
         Max-Forwards: 70\n\
         Route: <sip:192.0.2.9;lr>\n\
         From: Alice <sip:alice@example.org>;tag=a\n\
         To: <sip:bob@example.org>\n\
         Call-ID: c1@192.0.2.1\n\
         CSeq: 7 {method}\n\
         Content-Length: 0\n\n"
    ))
}

fn response(request: &Request, status: u16) -> Response {
    let mut response = Response::to(request, StatusCode(status));
    if status > 100 {
        let to = response.headers.to_address().unwrap().with_tag("b");
        response.headers.set(mcptt_codec::sip::HeaderName::To, to.to_string());
    }
    response
}

fn ack_of(request: &Request) -> Request {
    super::hop::ack(request, &response(request, 486))
}

fn path() -> SipPath {
    over(Transport::Udp)
}

fn over(transport: Transport) -> SipPath {
    SipPath { transport, local: "192.0.2.2:5060".parse().unwrap(), remote: "192.0.2.1:5060".parse().unwrap() }
}

fn is_invite(method: &Method) -> bool {
    *method == Method::Invite
}
