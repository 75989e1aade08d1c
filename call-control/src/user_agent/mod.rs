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
//! With [`UserAgentSettings::session_timer`] sessions are supervised (RFC 4028): a 2xx to INVITE or UPDATE that says no
//! Session-Expires gets one, a session whose refreshing is ours is refreshed by UPDATE, or by re-INVITE where the peer has no
//! UPDATE, and [`UaEvent::SessionLost`] tells that one was not refreshed.
//!
//! A request for which there is a better way than giving up is sent again, under the id that the caller knows: over
//! another transport or to another address when one fails, with a longer interval after 422.
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
mod locating;
mod offer;
mod refer;
mod refresh;
mod reliable;
mod renew;
mod response;
mod server;
mod server_keys;
mod session;
mod settings;
mod sources;
mod store;
mod stream;
mod stun;
mod token;
mod undecodable;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use mcptt_codec::Transmit;
use mcptt_codec::sip::{
    DatagramKind, HeaderName, Method, Request, Response, SipMessage, StatusCode, Uri, validate_within,
};
use mcptt_codec::text::ByteStr;
use rand_chacha::ChaCha20Rng;
use thiserror::Error;

pub use event::{Discard, SessionLoss, UaEvent};
pub use refer::ReferralId;
pub use settings::{Dialogs, Limits, SessionTimerSettings, UserAgentSettings};
pub use sources::SourceLimits;

use crate::counters::Counters;
use crate::dialog::{Dialog, DialogId};
use crate::locate::{Locator, LookupId};
use crate::overload::Overload;
use crate::salted::Salted;
use crate::transaction::{
    ClientTransactionId, Deadlines, ServerTransactionId, TransactionEvent, TransactionLayer,
};
use crate::transport::{Destination, Hop, SipPath, Transport};
use client::Attempt;
use locating::Held;
use refer::Told;
use session::{Alarm, Asked, MergeKey, Purpose, Served, Session};
use sources::Sources;
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
    /// The present attempt of requests that were sent again, by what the caller knows them as.
    renewed: BTreeMap<ClientTransactionId, ClientTransactionId>,
    /// Boxed: the table moves its entries when it grows, and most of them are of the newest.
    served: BTreeMap<ServerTransactionId, Box<Served>>,
    merges: HashMap<MergeKey, ServerTransactionId, Salted>,
    /// Our SUBSCRIBE requests outside dialogs by Call-ID and From tag: a NOTIFY may overtake their answer.
    subscribing: BTreeMap<(ByteStr, ByteStr), ClientTransactionId>,
    overload: Overload,
    sources: Sources,
    locator: Locator,
    /// Requests that wait for where they go.
    held: BTreeMap<LookupId, Held>,
    /// Neighbours that want to be left alone (503 with Retry-After), and until when.
    unavailable: BTreeMap<Hop, Instant>,
    /// Referrals that we carry out and whose referrers are told.
    referrals: BTreeMap<ReferralId, Told>,
    deadlines: Deadlines<Alarm>,
    /// The connections that have brought something.
    streams: BTreeMap<SipPath, Stream>,
    /// Whom the certificate of a connection names.
    peer_names: BTreeMap<SipPath, Vec<String>>,
    /// Messages that somebody has to look at first.
    arrived: VecDeque<(SipPath, SipMessage)>,
    events: VecDeque<UaEvent>,
    counters: Counters,
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
    /// Our UPDATE of this dialog is not finished; try again when it is.
    #[error("another UPDATE is in progress in this dialog")]
    UpdatePending,
    /// An offer in either direction waits for its answer (RFC 3311 5.1); try again when it has come.
    #[error("an offer waits for its answer in this dialog")]
    OfferPending,
    /// The peer does not take this Info package (RFC 6086 4.2.1).
    #[error("the peer does not take this Info package")]
    InfoPackageNotTaken,
    /// A called user agent does not end an early dialog with BYE (RFC 3261 15); it refuses the INVITE.
    #[error("the dialog is early, refuse its INVITE instead")]
    Early,
}

impl UserAgent {
    /// A user agent with its own settings and its own randomness.
    pub fn new(settings: UserAgentSettings, rng: ChaCha20Rng) -> Self {
        let tokens = Tokens::new(rng, settings.shard.clone());
        Self {
            layer: TransactionLayer::new(settings.timers, settings.limits.transactions, tokens.salt()),
            sessions: BTreeMap::new(),
            asked: BTreeMap::new(),
            renewed: BTreeMap::new(),
            served: BTreeMap::new(),
            merges: HashMap::with_hasher(Salted::new(tokens.salt())),
            subscribing: BTreeMap::new(),
            overload: Overload::new(settings.overload),
            sources: Sources::default(),
            locator: Locator::default(),
            held: BTreeMap::new(),
            unavailable: BTreeMap::new(),
            referrals: BTreeMap::new(),
            deadlines: Deadlines::new(),
            streams: BTreeMap::new(),
            peer_names: BTreeMap::new(),
            arrived: VecDeque::new(),
            events: VecDeque::new(),
            counters: Counters::default(),
            settings,
            tokens,
        }
    }

    /// The settings it was made with.
    pub const fn settings(&self) -> &UserAgentSettings {
        &self.settings
    }

    /// How many messages have come and gone.
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Takes a datagram from the network.
    pub fn handle_datagram(&mut self, now: Instant, path: impl Into<SipPath>, bytes: &Bytes) {
        let path = path.into();
        // Line ends and STUN keep a NAT binding open (RFC 5626 3.5); they are no broken messages.
        match DatagramKind::of(bytes) {
            DatagramKind::Sip => self.handle_octets(now, path, bytes),
            DatagramKind::Stun => {
                if let Some(answer) = stun::answer(bytes, path.remote) {
                    self.layer.send(path, answer);
                }
            }
            DatagramKind::KeepAlive => {}
        }
    }

    /// Takes the octets of one message.
    fn handle_octets(&mut self, now: Instant, path: SipPath, bytes: &Bytes) {
        match SipMessage::decode(bytes, &self.settings.limits.message) {
            Ok(message) if self.settings.shard.is_some() => self.arrived.push_back((path, message)),
            Ok(message) => self.handle_message(now, path, message),
            Err(error) => {
                self.answer_undecodable(path, bytes, error);
                self.events.push_back(UaEvent::Undecodable { path, error });
            }
        }
    }

    /// The next message that has arrived, where [`UserAgentSettings::shard`] is set: it goes to whose it is, here with
    /// [`UserAgent::handle_message`]. Drain to `None` after every datagram and every stream event.
    pub fn poll_arrived(&mut self) -> Option<(SipPath, SipMessage)> {
        self.arrived.pop_front()
    }

    /// Whether the INVITE that a CANCEL names is here.
    pub fn knows_cancelled(&self, cancel: &Request) -> bool {
        self.layer.knows_cancelled(cancel)
    }

    /// Takes a message that was decoded elsewhere.
    pub fn handle_message(&mut self, now: Instant, path: SipPath, message: SipMessage) {
        self.counters.received(&message);
        let Some(message) = self.opened(path, message) else { return };
        match message {
            SipMessage::Response(response) => match response::check(&response) {
                Ok(()) => self.layer.handle_response(now, path, response),
                Err(reason) => self.events.push_back(UaEvent::Discarded { path, reason }),
            },
            SipMessage::Request(request) => match validate_within(&request, &self.settings.limits.message) {
                Ok(()) if self.sheds(path, &request) => self.refuse_load(path, request),
                Ok(()) if self.asks_too_much(now, path, &request) => self.refuse_load(path, request),
                Ok(()) => self.layer.handle_request(now, path, request),
                Err(refusal) => self.refuse_stateless(path, &request, &refusal),
            },
        }
        self.settle(now);
    }

    /// A message has waited for this long before it was handed over. From that it follows how much is refused.
    pub fn handle_wait(&mut self, now: Instant, waited: Duration) {
        self.overload.note(now, waited);
    }

    /// Lets everything happen that is due at `now`. Late and unneeded calls are harmless.
    pub fn handle_timeout(&mut self, now: Instant) {
        self.layer.handle_timeout(now);
        self.locator.handle_timeout(now, self.tokens.rng());
        self.proceed_located(now);
        self.settle(now);
        while let Some(alarm) = self.deadlines.take_due(now) {
            match alarm {
                Alarm::Answer(dialog) => self.repeat_answer(now, dialog),
                Alarm::Ringing(transaction) => self.cancel_invite(now, transaction),
                Alarm::Cancelled(transaction) => self.layer.abandon(transaction),
                Alarm::Unanswered(transaction) => self.terminate_invite(now, transaction),
                Alarm::Reliable(transaction) => self.repeat_reliable(now, transaction),
                Alarm::Partial(path) => self.abandon_stream(now, path),
                Alarm::Session(dialog) => self.session_due(now, dialog),
                Alarm::Referral(referral) => self.referral_expired(now, &referral),
            }
            self.settle(now);
        }
    }

    /// When [`UserAgent::handle_timeout`] is needed next; `None` when nothing is pending.
    pub fn poll_timeout(&self) -> Option<Instant> {
        let all = [self.layer.poll_timeout(), self.locator.poll_timeout(), self.deadlines.next()];
        all.into_iter().flatten().min()
    }

    /// The next event. Drain to `None` after every other call.
    pub fn poll_event(&mut self) -> Option<UaEvent> {
        self.events.pop_front()
    }

    /// The next datagram to send. Drain to `None` after every other call.
    pub fn poll_transmit(&mut self) -> Option<Transmit> {
        let (path, payload) = self.layer.poll_transmit()?;
        let payload = self.sealed(path, payload);
        self.counters.sent(&payload);
        Some(Transmit { path: path.addresses(), payload, dscp: self.settings.dscp })
    }

    /// Sends a request outside a dialog. Via is always ours; From with its tag, To, Call-ID, CSeq and Max-Forwards, and
    /// for INVITE, SUBSCRIBE and REFER Contact, are added if absent, and so are Allow and Supported to an INVITE.
    pub fn request(
        &mut self,
        now: Instant,
        request: Request,
        destination: impl Into<Destination>,
    ) -> ClientTransactionId {
        let id = self.layer.draw();
        let request = self.complete_initial(request);
        self.start_towards(now, id, request, destination.into(), None, Attempt::first(id));
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
        let sent = self.send_in_dialog(now, dialog, request, Purpose::Caller);
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
        if !self.give_up_held(transaction) {
            self.cancel_invite(now, self.present(transaction));
        }
        self.settle(now);
    }

    /// The same, with the BYE for a 2xx that crosses the CANCEL.
    pub fn cancel_saying(&mut self, now: Instant, transaction: ClientTransactionId, bye: Request) {
        let present = self.present(transaction);
        if let Some(asked) = self.asked.get_mut(&present) {
            asked.farewell = Some(bye);
        }
        self.cancel(now, transaction);
    }

    /// Acknowledges a 2xx that brought an offer. `ack` carries the answer in its body; what belongs to the dialog is
    /// filled in.
    ///
    /// # Errors
    /// [`RequestError::NoSuchDialog`] when no 2xx of this dialog waits for it.
    pub fn acknowledge(&mut self, now: Instant, dialog: &DialogId, ack: Request) -> Result<(), RequestError> {
        let sent = self.send_owed_ack(now, dialog, ack);
        self.settle(now);
        sent
    }

    /// A request came from a neighbour that is trusted with what it says about charging: our answers say it, too.
    pub(crate) fn repeat_charging(&mut self, transaction: ServerTransactionId) {
        if let Some(served) = self.served.get_mut(&transaction) {
            served.charged = true;
        }
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

    /// Sessions that INVITE has begun and whose BYE nobody has answered yet.
    pub fn session_count(&self) -> usize {
        self.sessions.values().filter(|session| session.usage == session::Usage::Session).count()
    }

    /// How much is kept at present.
    pub fn held(&self) -> crate::Held {
        let (client_transactions, server_transactions) = self.layer.len();
        let notes = [
            self.asked.len(),
            self.renewed.len(),
            self.served.len(),
            self.merges.len(),
            self.subscribing.len(),
            self.held.len(),
            self.referrals.len(),
        ];
        crate::Held {
            client_transactions,
            server_transactions,
            dialogs: self.sessions.len(),
            notes: notes.into_iter().fold(0, usize::saturating_add),
            streams: self.streams.len(),
            ..crate::Held::default()
        }
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
        self.deadlines.set(Alarm::Session(id.clone()), None);
        self.forget_referrals(id);
        if let Some(invite) = session.peer_invite {
            self.terminate_invite(now, invite);
        }
        if let Some((transaction, _)) = session.held_bye {
            self.events.push_back(UaEvent::TransportOrTimeout { transaction, dialog: Some(id.clone()) });
        }
    }

    /// Where a request goes that has this next hop: an address stands for itself, a name that we were told for what we were
    /// told, another name for what it leads to. Anything else goes to where the peer was heard.
    fn resolve(&self, next_hop: Option<&Uri>, heard: Hop) -> Destination {
        let Some(uri) = next_hop.filter(|uri| uri.is_sip()) else { return heard.into() };
        // Behind a WebSocket there is nobody to connect to: the flow is all there is (RFC 7118 5).
        let transport = Transport::of_uri(uri).filter(|transport| transport.can_be_opened());
        let Some(transport) = transport.filter(|_| heard.transport.can_be_opened()) else {
            return heard.into();
        };
        let default_port = transport.default_port();
        let remote = match uri.address() {
            Some(address) => SocketAddr::new(address, uri.port.unwrap_or(default_port)),
            None => match self.settings.hosts.get(&uri.host.to_ascii_lowercase()) {
                Some(known) => SocketAddr::new(known.ip(), uri.port.unwrap_or(known.port())),
                None if self.settings.locate => return uri.clone().into(),
                None => return heard.into(),
            },
        };
        // A connection to the same host serves as well as a new one, and passes where a new one may not.
        //= RFC5923-5:reuse
        let same_host = heard.transport == transport && heard.remote.ip() == remote.ip();
        let hop = if same_host && transport.is_reliable() { heard } else { Hop::new(transport, remote) };
        hop.into()
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

/// Adds our tag to the To of an answer, which is as the request has it and without one. A To that cannot be read stays as it is.
fn set_to_tag(headers: &mut mcptt_codec::sip::Headers, tag: &ByteStr) {
    let to = headers.get(&HeaderName::To).map(ByteStr::as_str).unwrap_or_default();
    // Without brackets what stands behind a semicolon belongs to the field, too; a tag without value gives way.
    let tagged = match to.ends_with('>') {
        true => [to, ";tag=", tag].concat(),
        false => match headers.to_address() {
            Ok(to) => to.with_tag(tag.clone()).to_string(),
            Err(_) => return,
        },
    };
    headers.set(HeaderName::To, tagged);
}

/// A response that says nothing but its status.
fn plain(request: &Request, status: StatusCode) -> Response {
    Response::to(request, status)
}
