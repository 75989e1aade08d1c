//! A user agent against a scripted peer, two user agents against a bad network, and rubbish.

mod answering;
mod asking;
mod bounds;
mod locating;
mod network;
mod referring;
mod refreshing;
mod refusing;
mod reliable;
mod streams;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use crate::transport::{SipPath, Transport};
use bytes::Bytes;
use mcptt_codec::sip::{HeaderName, Limits, Method, Request, Response, SipMessage, StatusCode};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::testing::t0;

const OWN: &str = "192.0.2.2:5060";
const PEER: &str = "192.0.2.1:5060";

/// One user agent; the test is its peer.
struct Rig {
    ua: UserAgent,
    start: Instant,
    now: Instant,
}

fn settings() -> UserAgentSettings {
    let mut settings = UserAgentSettings::new(OWN.parse().unwrap(), "pf.example.org");
    settings.supported = vec!["timer".into(), "tdialog".into()];
    settings.accept = vec!["application/sdp".into()];
    settings.recv_info = vec!["g.3gpp.mcptt-info".into()];
    settings.product = "test".into();
    settings
}

fn agent(settings: UserAgentSettings, seed: u8) -> UserAgent {
    UserAgent::new(settings, ChaCha20Rng::from_seed([seed; 32]))
}

impl Rig {
    fn new() -> Self {
        Self::with(settings())
    }

    fn with(settings: UserAgentSettings) -> Self {
        let start = t0();
        Self { ua: agent(settings, 1), start, now: start }
    }

    fn receive(&mut self, message: impl Into<SipMessage>) {
        self.receive_octets(&message.into().encode());
    }

    fn receive_octets(&mut self, octets: &Bytes) {
        self.ua.handle_datagram(self.now, path(), octets);
    }

    /// Goes to `ms` after the start, waking the agent whenever it asks for it.
    fn advance(&mut self, ms: u64) {
        let until = self.start + Duration::from_millis(ms);
        while let Some(next) = self.ua.poll_timeout().filter(|next| *next <= until) {
            self.now = next.max(self.now);
            self.ua.handle_timeout(self.now);
        }
        self.now = until;
        self.ua.handle_timeout(self.now);
    }

    /// What was sent since the last time.
    fn messages(&mut self) -> Vec<SipMessage> {
        std::iter::from_fn(|| self.ua.poll_transmit()).map(|transmit| decode(&transmit.payload)).collect()
    }

    fn sent(&mut self) -> Vec<String> {
        self.messages().iter().map(label).collect()
    }

    /// The last message of what was sent, which must be a request.
    fn sent_request(&mut self) -> Request {
        match self.messages().pop() {
            Some(SipMessage::Request(request)) => request,
            other => panic!("{other:?}"),
        }
    }

    fn sent_response(&mut self) -> Response {
        match self.messages().pop() {
            Some(SipMessage::Response(response)) => response,
            other => panic!("{other:?}"),
        }
    }

    fn event(&mut self) -> UaEvent {
        self.ua.poll_event().expect("an event")
    }

    fn events(&mut self) -> Vec<String> {
        std::iter::from_fn(|| self.ua.poll_event()).map(|event| name(&event)).collect()
    }

    /// Takes the next event, which must be a request.
    fn asked(&mut self) -> (ServerTransactionId, Option<DialogId>, Request) {
        match self.event() {
            UaEvent::Request { transaction, dialog, request, .. } => (transaction, dialog, request),
            other => panic!("{other:?}"),
        }
    }

    fn respond(&mut self, transaction: ServerTransactionId, status: u16) -> Option<DialogId> {
        self.ua.respond(self.now, transaction, Response::new(StatusCode(status)))
    }

    /// A session that the peer began; its INVITE has sequence number 7. Everything is drained and acknowledged.
    fn called(&mut self) -> DialogId {
        self.receive(incoming("INVITE", 7, ""));
        let (transaction, _, _) = self.asked();
        let dialog = self.respond(transaction, 200).expect("a dialog");
        self.receive(incoming("ACK", 7, &dialog.local_tag));
        assert_eq!(self.events(), ["acknowledged"]);
        assert_eq!(self.sent(), ["200 INVITE"]);
        dialog
    }

    /// A session that we began, with the INVITE.
    fn calling(&mut self) -> (DialogId, Request) {
        let (_, invite) = self.invite();
        self.receive(reply(&invite, 200, "b"));
        assert_eq!(self.sent(), ["ACK"]);
        match self.event() {
            UaEvent::Response { dialog: Some(dialog), .. } => (dialog, invite),
            other => panic!("{other:?}"),
        }
    }

    fn invite(&mut self) -> (ClientTransactionId, Request) {
        let id = self.ua.request(
            self.now,
            Request::new(Method::Invite, "sip:bob@192.0.2.1"),
            PEER.parse::<SocketAddr>().unwrap(),
        );
        (id, self.sent_request())
    }
}

fn path() -> SipPath {
    SipPath { transport: Transport::Udp, local: OWN.parse().unwrap(), remote: PEER.parse().unwrap() }
}

fn decode(octets: &Bytes) -> SipMessage {
    SipMessage::decode(octets, &Limits::default()).unwrap()
}

fn label(message: &SipMessage) -> String {
    match message {
        SipMessage::Request(request) => request.method.to_string(),
        SipMessage::Response(response) => {
            format!("{} {}", response.status, response.headers.cseq().unwrap().method)
        }
    }
}

fn name(event: &UaEvent) -> String {
    let place = |dialog: &Option<DialogId>| if dialog.is_some() { " in dialog" } else { "" };
    match event {
        UaEvent::Request { request, dialog, .. } => format!("request {}{}", request.method, place(dialog)),
        UaEvent::Response { response, dialog, .. } => {
            format!("response {}{}", response.status, place(dialog))
        }
        UaEvent::TransportOrTimeout { dialog, .. } => format!("timeout{}", place(dialog)),
        UaEvent::Cancelled { dialog, .. } => format!("cancelled{}", place(dialog)),
        UaEvent::Abandoned { .. } => "abandoned".to_owned(),
        UaEvent::Acknowledged { .. } => "acknowledged".to_owned(),
        UaEvent::NotAcknowledged { .. } => "not acknowledged".to_owned(),
        UaEvent::Discarded { reason, .. } => format!("discarded {reason:?}"),
        UaEvent::SessionLost { cause, .. } => format!("session lost {cause:?}"),
        UaEvent::StreamClosed { .. } => "stream closed".to_owned(),
        UaEvent::Undecodable { error, .. } => format!("undecodable {}", error.what),
    }
}

/// A request of the peer with a branch of its own; `to_tag` empty is outside a dialog.
fn incoming(method: &str, sequence: u32, to_tag: &str) -> Request {
    let tag = if to_tag.is_empty() { String::new() } else { format!(";tag={to_tag}") };
    let text = format!(
        "{method} sip:pf@192.0.2.2 SIP/2.0\r\n\
         Via: SIP/2.0/UDP {PEER};branch=z9hG4bK-{method}{sequence};rport\r\n\
         Max-Forwards: 70\r\n\
         From: <sip:alice@example.org>;tag=a\r\n\
         To: <sip:pf@example.org>{tag}\r\n\
         Contact: <sip:alice@{PEER}>\r\n\
         Call-ID: c1@192.0.2.1\r\n\
         CSeq: {sequence} {method}\r\n\
         Content-Length: 0\r\n\r\n"
    );
    match decode(&Bytes::from(text)) {
        SipMessage::Request(request) => request,
        SipMessage::Response(_) => panic!("a response"),
    }
}

/// The peer's answer to a request of ours.
fn reply(request: &Request, status: u16, tag: &str) -> Response {
    let mut response = Response::to(request, StatusCode(status));
    let to = response.headers.to_address().unwrap();
    if !tag.is_empty() && to.tag().is_none() {
        response.headers.set(HeaderName::To, to.with_tag(tag).to_string());
    }
    response.headers.push(HeaderName::Contact, format!("<sip:bob-{tag}@{PEER}>"));
    response
}

/// A request of the peer in a dialog that we began with this INVITE.
fn from_called(invite: &Request, method: &str, sequence: u32) -> Request {
    let mut request = incoming(method, sequence, "");
    request.headers.set(HeaderName::CallId, invite.headers.call_id().unwrap().clone());
    request.headers.set(HeaderName::From, "<sip:bob@192.0.2.1>;tag=b");
    request.headers.set(HeaderName::To, invite.headers.get(&HeaderName::From).unwrap().clone());
    request
}

fn with(mut request: Request, name: HeaderName, value: &str) -> Request {
    request.headers.set(name, value);
    request
}

fn without(mut request: Request, name: HeaderName) -> Request {
    request.headers.remove(&name);
    request
}
