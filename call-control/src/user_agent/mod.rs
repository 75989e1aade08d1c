//! The SIP user agent that every function of this crate uses: the participating function, the controlling function and
//! the client.
//!
//! A [`UserAgent`] owns the transactions and the dialogs of one local address. Datagrams go in, with the time; datagrams
//! and [`UaEvent`]s come out. It answers by itself whatever needs no decision: retransmissions, CANCEL, OPTIONS, requests
//! that are malformed, looped, out of order or not supported. Everything else is handed to the caller, who answers with
//! [`UserAgent::respond`].
//!
//! What the caller may rely on:
//! * every request given to [`UserAgent::request`] or [`UserAgent::request_in_dialog`] has exactly one outcome: a
//!   [`UaEvent::Response`] with a final status, a [`UaEvent::TransportOrTimeout`] or a [`UaEvent::Abandoned`];
//! * every 2xx given to an INVITE is followed by [`UaEvent::Acknowledged`] or [`UaEvent::NotAcknowledged`], unless the
//!   dialog ends before;
//! * a 2xx to our own INVITE is acknowledged before the caller hears of it, unless it brings an offer that waits for
//!   our answer (the INVITE had no body, the 2xx has one): then the caller sends [`UserAgent::acknowledge`];
//! * one INVITE makes at most one session: the 2xx of a second fork is acknowledged and ended at once;
//! * retransmissions and 100 Trying are never seen;
//! * a call with an id that is already history is harmless.
//!
//! A provisional answer to a peer that requires 100rel is sent reliably, and one that arrives so is acknowledged
//! (RFC 3262): the caller never sees the PRACK of an answer, and a 2xx waits for it where it has to. An offer that comes
//! in a provisional answer is not answered: our INVITEs bring their own.
//!
//! Not done: supervision of the session timer (RFC 4028), whose negotiated value is in [`Dialog::session_expires`].
//!
//! A dialog exists from the answer that creates it until the answer to a BYE in either direction, a failure of its
//! INVITE, or [`UserAgent::end_dialog`]. A subscription also ends with the NOTIFY that says so, and when the peer does
//! not know it (481) or is silent. A session survives both: hanging up is the caller's decision.
//!
//! ```
//! use call_control::user_agent::{UaEvent, UserAgent, UserAgentSettings};
//! use mcptt_codec::sip::{Method, Request, Response, StatusCode};
//! use mcptt_codec::Path;
//! use rand_chacha::ChaCha20Rng;
//! use rand_core::SeedableRng;
//!
//! # let now = call_control::testing::t0();
//! let (alice, bob) = ("192.0.2.1:5060".parse()?, "192.0.2.2:5060".parse()?);
//! let mut caller = UserAgent::new(UserAgentSettings::new(alice, "alice"), ChaCha20Rng::from_seed([1; 32]));
//! let mut called = UserAgent::new(UserAgentSettings::new(bob, "bob"), ChaCha20Rng::from_seed([2; 32]));
//!
//! let asked = caller.request(now, Request::new(Method::Message, "sip:bob@192.0.2.2"), bob);
//! let datagram = caller.poll_transmit().expect("the MESSAGE");
//! called.handle_datagram(now, Path { local: bob, remote: alice }, &datagram.payload);
//! let Some(UaEvent::Request { transaction, .. }) = called.poll_event() else { panic!("no request") };
//!
//! called.respond(now, transaction, Response::new(StatusCode::OK));
//! let datagram = called.poll_transmit().expect("the 200");
//! caller.handle_datagram(now, Path { local: alice, remote: bob }, &datagram.payload);
//! let Some(UaEvent::Response { transaction, response, .. }) = caller.poll_event() else { panic!("no response") };
//! assert_eq!((transaction, response.status), (asked, StatusCode::OK));
//!
//! // Both remember the exchange for a while, to absorb retransmissions.
//! while let Some(wake_up) = caller.poll_timeout() {
//!     caller.handle_timeout(wake_up);
//! }
//! assert_eq!(caller.transactions(), (0, 0));
//! # Ok::<(), std::net::AddrParseError>(())
//! ```

mod admission;
mod client;
mod event;
mod reliable;
mod response;
mod server;
mod session;
mod settings;
mod stream;
mod token;
mod undecodable;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, VecDeque};
use std::net::SocketAddr;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Transmit;
use mcptt_codec::sip::{
    DatagramKind, HeaderName, Method, Request, Response, SipMessage, StatusCode, Uri, validate_within,
};
use mcptt_codec::text::ByteStr;
use rand_chacha::ChaCha20Rng;
use thiserror::Error;

pub use event::{Discard, UaEvent};
pub use settings::{Dialogs, Limits, UserAgentSettings};

use crate::dialog::{Dialog, DialogId};
use crate::transaction::{
    ClientTransactionId, Deadlines, ServerTransactionId, TransactionEvent, TransactionLayer,
};
use crate::transport::{Hop, SipPath, Transport};
use session::{Alarm, Asked, MergeKey, Served, Session};
use stream::Stream;
use token::Tokens;

/// A SIP user agent (RFC 3261 8 to 15) without sockets and without a clock. See the [module](self).
#[derive(Debug)]
pub struct UserAgent {
    settings: UserAgentSettings,
    tokens: Tokens,
    layer: TransactionLayer,
    sessions: BTreeMap<DialogId, Session>,
    asked: BTreeMap<ClientTransactionId, Asked>,
    served: BTreeMap<ServerTransactionId, Served>,
    merges: BTreeMap<MergeKey, ServerTransactionId>,
    /// Our SUBSCRIBE requests outside dialogs by Call-ID and From tag: a NOTIFY may overtake their answer.
    subscribing: BTreeMap<(ByteStr, ByteStr), ClientTransactionId>,
    deadlines: Deadlines<Alarm>,
    /// The connections that have brought something.
    streams: BTreeMap<SipPath, Stream>,
    events: VecDeque<UaEvent>,
}

/// Why a request in a dialog could not be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// The dialog does not exist, or no longer.
    #[error("there is no such dialog")]
    NoSuchDialog,
    /// Another INVITE of this dialog is not finished (RFC 3261 14.1); try again when it is.
    #[error("another INVITE is in progress in this dialog")]
    InvitePending,
    /// A called user agent does not end an early dialog with BYE (RFC 3261 15); it refuses the INVITE.
    #[error("the dialog is early, refuse its INVITE instead")]
    Early,
}

impl UserAgent {
    /// A user agent with its own settings and its own randomness.
    pub fn new(settings: UserAgentSettings, rng: ChaCha20Rng) -> Self {
        Self {
            layer: TransactionLayer::new(settings.timers, settings.limits.transactions),
            tokens: Tokens::new(rng),
            sessions: BTreeMap::new(),
            asked: BTreeMap::new(),
            served: BTreeMap::new(),
            merges: BTreeMap::new(),
            subscribing: BTreeMap::new(),
            deadlines: Deadlines::new(),
            streams: BTreeMap::new(),
            events: VecDeque::new(),
            settings,
        }
    }

    /// The settings it was made with.
    pub const fn settings(&self) -> &UserAgentSettings {
        &self.settings
    }

    /// Takes a datagram from the network.
    pub fn handle_datagram(&mut self, now: Instant, path: impl Into<SipPath>, bytes: &Bytes) {
        let path = path.into();
        // Line ends and STUN keep a NAT binding open (RFC 5626 3.5); they are no broken messages.
        if DatagramKind::of(bytes) != DatagramKind::Sip {
            return;
        }
        self.handle_octets(now, path, bytes);
    }

    /// Takes the octets of one message.
    fn handle_octets(&mut self, now: Instant, path: SipPath, bytes: &Bytes) {
        match SipMessage::decode(bytes, &self.settings.limits.message) {
            Ok(message) => self.handle_message(now, path, message),
            Err(error) => {
                self.answer_undecodable(path, bytes, error);
                self.events.push_back(UaEvent::Undecodable { path, error });
            }
        }
    }

    /// Takes a message that was decoded elsewhere.
    pub fn handle_message(&mut self, now: Instant, path: SipPath, message: SipMessage) {
        match message {
            SipMessage::Response(response) => match response::check(&response) {
                Ok(()) => self.layer.handle_response(now, path, response),
                Err(reason) => self.events.push_back(UaEvent::Discarded { path, reason }),
            },
            SipMessage::Request(request) => match validate_within(&request, &self.settings.limits.message) {
                Ok(()) => self.layer.handle_request(now, path, request),
                Err(refusal) => self.refuse_stateless(path, &request, &refusal),
            },
        }
        self.settle(now);
    }

    /// Lets everything happen that is due at `now`. Late and unneeded calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.layer.handle_timeout(now);
        self.settle(now);
        while let Some(alarm) = self.deadlines.take_due(now) {
            match alarm {
                Alarm::Answer(dialog) => self.repeat_answer(now, dialog),
                Alarm::Ringing(transaction) => self.cancel_invite(now, transaction),
                Alarm::Cancelled(transaction) => self.layer.abandon(transaction),
                Alarm::Unanswered(transaction) => self.terminate_invite(now, transaction),
                Alarm::Reliable(transaction) => self.repeat_reliable(now, transaction),
                Alarm::Partial(path) => self.abandon_stream(now, path),
            }
            self.settle(now);
        }
    }

    /// When [`UserAgent::handle_timeout`] is needed next; `None` when nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        self.layer.poll_timeout().into_iter().chain(self.deadlines.next()).min()
    }

    /// The next event. Drain to `None` after every other call.
    pub fn poll_event(&mut self) -> Option<UaEvent> {
        self.events.pop_front()
    }

    /// The next datagram to send. Drain to `None` after every other call.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let (path, payload) = self.layer.poll_transmit()?;
        Some(Transmit { path: path.addresses(), payload, dscp: self.settings.dscp })
    }

    /// Sends a request outside a dialog. Via is always ours; From with its tag, To, Call-ID, CSeq and Max-Forwards, and
    /// for INVITE, SUBSCRIBE and REFER Contact, are added if absent, and so are Allow and Supported to an INVITE.
    pub fn request(
        &mut self,
        now: Instant,
        request: Request,
        destination: impl Into<Hop>,
    ) -> ClientTransactionId {
        let id = self.layer.draw();
        let request = self.complete_initial(request);
        self.start(now, id, request, destination.into(), None, false);
        self.settle(now);
        id
    }

    /// Sends a request in a dialog. The caller gives method, body and the header fields of the application; the
    /// Request-URI and what belongs to the dialog is filled in. A BYE is held back while our 2xx waits for its ACK.
    ///
    /// # Errors
    /// [`RequestError`]; then nothing was sent and there will be no event.
    pub fn request_in_dialog(
        &mut self,
        now: Instant,
        dialog: &DialogId,
        request: Request,
    ) -> Result<ClientTransactionId, RequestError> {
        let sent = self.send_in_dialog(now, dialog, request, false);
        self.settle(now);
        sent
    }

    /// Ends the session of a dialog with a plain BYE.
    ///
    /// # Errors
    /// As [`UserAgent::request_in_dialog`].
    pub fn bye(&mut self, now: Instant, dialog: &DialogId) -> Result<ClientTransactionId, RequestError> {
        self.request_in_dialog(now, dialog, Request::new(Method::Bye, ByteStr::EMPTY))
    }

    /// Gives up an INVITE of ours. CANCEL is sent as soon as the peer has shown a sign of life; the outcome of the
    /// INVITE comes as an event all the same.
    pub fn cancel(&mut self, now: Instant, transaction: ClientTransactionId) {
        self.cancel_invite(now, transaction);
        self.settle(now);
    }

    /// Acknowledges a 2xx that brought an offer. `ack` carries the answer in its body; what belongs to the dialog is
    /// filled in.
    ///
    /// # Errors
    /// [`RequestError::NoSuchDialog`] when no 2xx of this dialog waits for it.
    pub fn acknowledge(&mut self, now: Instant, dialog: &DialogId, ack: Request) -> Result<(), RequestError> {
        let sent = self.send_owed_ack(dialog, ack);
        self.settle(now);
        sent
    }

    /// Answers a request. Via, From, To, Call-ID and CSeq are added if absent, our tag to To; Contact, Record-Route,
    /// Allow and Supported where RFC 3261 asks for them. Returns the dialog that the request is in or that this answer
    /// creates; `None` for none, and when the request is gone or has had its final answer, which changes nothing.
    ///
    /// A final answer that is not a 2xx removes the early dialog of an INVITE; any final answer to BYE removes the
    /// dialog.
    pub fn respond(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        response: Response,
    ) -> Option<DialogId> {
        let dialog = self.answer(now, transaction, response);
        self.settle(now);
        dialog
    }

    /// Forgets a dialog without a word to the peer: a subscription that ended, or a peer that is known to be gone.
    pub fn end_dialog(&mut self, now: Instant, dialog: &DialogId) {
        self.drop_session(now, dialog);
        self.settle(now);
    }

    /// A dialog, while it exists.
    pub fn dialog(&self, dialog: &DialogId) -> Option<&Dialog> {
        self.sessions.get(dialog).map(|session| &session.dialog)
    }

    /// The dialogs there are.
    pub fn dialogs(&self) -> impl Iterator<Item = &Dialog> {
        self.sessions.values().map(|session| &session.dialog)
    }

    /// How many client and server transactions there are.
    pub fn transactions(&self) -> (usize, usize) {
        self.layer.len()
    }

    /// Takes in what the transactions have to say, until they are silent.
    fn settle(&mut self, now: Instant) {
        while let Some(event) = self.layer.poll_event() {
            match event {
                TransactionEvent::Request { transaction, request, path } => {
                    self.handle_request(now, transaction, request, path);
                }
                TransactionEvent::Cancel { transaction, invite, request, path } => {
                    self.handle_cancel(now, transaction, invite, &request, path);
                }
                TransactionEvent::Ack { request, path } => self.handle_ack(now, request, path),
                TransactionEvent::Overload { request, path, way_back } => {
                    self.refuse_overload(path, way_back, &request);
                }
                TransactionEvent::Response { transaction, response, path } => {
                    self.handle_response(now, transaction, response, path);
                }
                TransactionEvent::Unmatched { path } => self.discard(path, Discard::UnmatchedResponse),
                TransactionEvent::TimedOut { transaction } => self.handle_timed_out(now, transaction),
                // A refusal that nobody acknowledged is over all the same: there is nothing to undo.
                TransactionEvent::NotAcknowledged { .. } => {}
                TransactionEvent::ClientTerminated { transaction } => self.forget_asked(transaction),
                TransactionEvent::ServerTerminated { transaction } => self.forget_served(now, transaction),
            }
        }
    }

    fn discard(&mut self, path: SipPath, reason: Discard) {
        self.events.push_back(UaEvent::Discarded { path, reason });
    }

    /// Removes a dialog and ends what is in progress in it.
    fn drop_session(&mut self, now: Instant, id: &DialogId) {
        let Some(session) = self.sessions.remove(id) else { return };
        self.deadlines.set(Alarm::Answer(id.clone()), None);
        if let Some(invite) = session.peer_invite {
            self.terminate_invite(now, invite);
        }
        if let Some((transaction, _)) = session.held_bye {
            self.events.push_back(UaEvent::TransportOrTimeout { transaction, dialog: Some(id.clone()) });
        }
    }

    /// Where a request goes that has this next hop: an address stands for itself, a name is looked up, and anything
    /// else goes to where the peer was heard.
    fn resolve(&self, next_hop: Option<&Uri>, heard: Hop) -> Hop {
        let Some(uri) = next_hop.filter(|uri| uri.is_sip()) else { return heard };
        // Behind a WebSocket there is nobody to connect to: the flow is all there is (RFC 7118 5).
        let transport = Transport::of_uri(uri).filter(|transport| transport.can_be_opened());
        let Some(transport) = transport.filter(|_| heard.transport.can_be_opened()) else { return heard };
        let default_port = transport.default_port();
        let remote = match uri.address() {
            Some(address) => SocketAddr::new(address, uri.port.unwrap_or(default_port)),
            None => match self.settings.hosts.get(&uri.host.to_ascii_lowercase()) {
                Some(known) => SocketAddr::new(known.ip(), uri.port.unwrap_or(known.port())),
                None => return heard,
            },
        };
        // A connection to the same host serves as well as a new one, and passes where a new one may not (RFC 5923).
        let same_host = heard.transport == transport && heard.remote.ip() == remote.ip();
        if same_host && transport.is_reliable() { heard } else { Hop::new(transport, remote) }
    }

    fn allow(&self) -> String {
        let always = [Method::Ack, Method::Cancel, Method::Options];
        let added = always.iter().filter(|method| !self.settings.allow.contains(method));
        let all: Vec<&str> = self.settings.allow.iter().chain(added).map(Method::as_str).collect();
        all.join(", ")
    }

    /// Adds our abilities to an INVITE or to what answers for us, if absent.
    fn add_abilities(&self, headers: &mut mcptt_codec::sip::Headers) {
        add(headers, HeaderName::Allow, || self.allow().into());
        if !self.settings.supported.is_empty() {
            add(headers, HeaderName::Supported, || self.settings.supported.join(", ").into());
        }
    }
}

/// Adds a field unless there is one.
fn add(headers: &mut mcptt_codec::sip::Headers, name: HeaderName, value: impl FnOnce() -> ByteStr) {
    if !headers.contains(&name) {
        headers.push(name, value());
    }
}

/// A response that says nothing but its status.
fn plain(request: &Request, status: StatusCode) -> Response {
    Response::to(request, status)
}
