//! The two dialogs of a call that passes through this function, and everything that goes from one to the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::relayed_media::RelayedMedia;
use super::services::Onward;
use super::{ClientKey, Participating, Pending};
use crate::bodies::Bodies;
use crate::config::PeerFunction;
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::durable::SessionRecord;
use crate::offer_answer::RemoteMedia;
use crate::service;
use crate::transaction::{ClientTransactionId, ServerTransactionId};
use crate::transport::Hop;

/// One relayed call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RelayRef(pub u64);

/// The two dialogs: towards the one that sent the INVITE, and towards the one that received ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Side {
    Caller,
    Callee,
}

impl Side {
    pub const fn other(self) -> Self {
        match self {
            Self::Caller => Self::Callee,
            Self::Callee => Self::Caller,
        }
    }
}

/// Which way the call goes.
#[derive(Clone, Debug)]
pub(super) enum Purpose {
    /// From a client to a controlling function.
    Originating { controlling: PeerFunction, implicit_affiliation: bool },
    /// From a controlling function to a client. True once 183 with an unconfirmed answer was sent.
    Terminating { unconfirmed: bool },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// The caller waits for a final answer.
    Calling,
    /// Both dialogs stand.
    Connected,
    /// The caller is gone, the second leg is being ended.
    Ending,
}

#[derive(Debug)]
pub(super) struct Relay {
    pub purpose: Purpose,
    pub client: ClientKey,
    pub group: GroupId,
    /// It is a call between users.
    pub private: bool,
    /// Where it goes when nobody answers.
    pub onward: Option<Onward>,
    pub state: State,
    pub incoming: ServerTransactionId,
    pub outgoing: ClientTransactionId,
    /// Our URI towards the caller in the provisional and final answers; set when it is known.
    pub caller_contact: Option<ByteStr>,
    /// The session interval that the caller is told.
    interval: String,
    caller: Option<DialogId>,
    callee: Option<DialogId>,
    /// The caller knows session timers.
    caller_supports_timer: bool,
    /// Its media, if it passes here.
    pub media: Option<RelayedMedia>,
}

impl Relay {
    pub fn dialog(&self, side: Side) -> Option<&DialogId> {
        match side {
            Side::Caller => self.caller.as_ref(),
            Side::Callee => self.callee.as_ref(),
        }
    }
}

/// The session of a controlling function behind a URI of ours.
#[derive(Clone, Debug)]
pub(super) struct CallSession {
    pub identity: ByteStr,
    pub controlling: PeerFunction,
}

/// All relayed calls, and the session identities that clients know.
#[derive(Debug, Default)]
pub(super) struct Relays {
    relays: BTreeMap<RelayRef, Relay>,
    by_user: BTreeSet<(McpttId, RelayRef)>,
    by_dialog: BTreeMap<DialogId, (RelayRef, Side)>,
    by_incoming: BTreeMap<ServerTransactionId, RelayRef>,
    next: u64,
    sessions: BTreeMap<Canonical, CallSession>,
    own_uri_of: BTreeMap<ByteStr, ByteStr>,
    /// Oldest first: a URI is remembered beyond its call, so that a client can come back, but not for ever.
    remembered: VecDeque<(Canonical, ByteStr)>,
    /// Calls whose dialogs are not in the store as they are here.
    touched: BTreeSet<RelayRef>,
    /// URIs of ours of which the same is true.
    touched_sessions: BTreeSet<Canonical>,
}

impl Relays {
    /// The calls whose dialogs have changed since the last time.
    pub fn take_touched(&mut self) -> BTreeSet<RelayRef> {
        std::mem::take(&mut self.touched)
    }

    /// URIs that have come to stand for a session since the last time, or do no longer.
    pub fn take_touched_sessions(&mut self) -> BTreeSet<Canonical> {
        std::mem::take(&mut self.touched_sessions)
    }

    /// What is stored of the session behind a URI of ours.
    pub fn session_record(&self, own: &Canonical) -> Option<SessionRecord> {
        let CallSession { identity, controlling } = self.sessions.get(own)?.clone();
        let own = self.own_uri_of.get(&identity)?.clone();
        Some(SessionRecord { own, identity, controlling: (controlling.address, controlling.identity) })
    }

    /// The record of a call that ended with the last run of the node is not needed any more; its number is not used again.
    pub fn restored(&mut self, at: RelayRef) {
        self.next = self.next.max(at.0);
        self.touched.insert(at);
    }

    pub fn len(&self) -> usize {
        self.relays.len()
    }

    /// The call that a dialog belongs to, and which of its two it is.
    pub fn of_dialog(&self, dialog: &DialogId) -> Option<(RelayRef, Side)> {
        self.by_dialog.get(dialog).copied()
    }

    /// Group calls in which a user takes part.
    pub fn of_user(&self, user: &McpttId) -> usize {
        self.count(user, false)
    }

    /// Calls with other users in which a user takes part.
    pub fn private_calls_of(&self, user: &McpttId) -> usize {
        self.count(user, true)
    }

    fn count(&self, user: &McpttId, private: bool) -> usize {
        let own = self.by_user.range((user.clone(), RelayRef::default())..).take_while(|(of, _)| of == user);
        let counts = |relay: &Relay| relay.private == private && relay.state != State::Ending;
        own.filter(|(_, at)| self.relays.get(at).is_some_and(counts)).count()
    }

    /// The calls of a client whose media passes here.
    pub fn with_media_of(&self, client: &ClientKey) -> Vec<RelayRef> {
        let own = self.by_user.range((client.mcptt_id.clone(), RelayRef::default())..);
        let own = own.take_while(|(user, _)| *user == client.mcptt_id).map(|(_, at)| *at);
        let of_client = |at: &RelayRef| {
            let relay = self.relays.get(at);
            relay.is_some_and(|relay| relay.client == *client && relay.media.is_some())
        };
        own.filter(of_client).collect()
    }

    /// What a client means with a Request-URI that it got from us.
    pub fn session_behind(&self, uri: &Canonical) -> Option<CallSession> {
        self.sessions.get(uri).cloned()
    }

    /// Takes up again what stands for a session.
    pub fn restore_session(&mut self, record: SessionRecord, limit: usize) {
        let (address, identity) = record.controlling;
        let controlling = PeerFunction { address, identity };
        self.remember(&record.own, CallSession { identity: record.identity, controlling }, limit);
        if let Some(own) = Canonical::of(&record.own) {
            self.touched_sessions.remove(&own);
        }
    }

    fn remember(&mut self, own: &ByteStr, session: CallSession, limit: usize) {
        let Some(canonical) = Canonical::of(own) else { return };
        while self.remembered.len() >= limit {
            let Some((oldest, identity)) = self.remembered.pop_front() else { break };
            self.sessions.remove(&oldest);
            self.touched_sessions.insert(oldest);
            self.own_uri_of.remove(&identity);
        }
        self.touched_sessions.insert(canonical.clone());
        self.own_uri_of.insert(session.identity.clone(), own.clone());
        self.remembered.push_back((canonical.clone(), session.identity.clone()));
        self.sessions.insert(canonical, session);
    }

    pub fn remove(&mut self, at: RelayRef) -> Option<Relay> {
        let relay = self.relays.remove(&at)?;
        self.touched.insert(at);
        for dialog in [&relay.caller, &relay.callee].into_iter().flatten() {
            self.by_dialog.remove(dialog);
        }
        self.by_incoming.remove(&relay.incoming);
        self.by_user.remove(&(relay.client.mcptt_id.clone(), at));
        Some(relay)
    }
}

impl Participating {
    /// Sends the second INVITE and remembers both.
    #[allow(clippy::too_many_arguments, reason = "the relay is nothing but these")]
    pub(super) fn start_relay(
        &mut self,
        now: Instant,
        incoming: &super::Incoming<'_>,
        interval: String,
        purpose: Purpose,
        client: ClientKey,
        group: GroupId,
        invite: Request,
        destination: Hop,
    ) -> RelayRef {
        let outgoing = self.agent.request(now, invite, destination);
        self.relays.next = self.relays.next.wrapping_add(1);
        let at = RelayRef(self.relays.next);
        let relay = Relay {
            purpose,
            client,
            group,
            private: false,
            onward: None,
            state: State::Calling,
            incoming: incoming.transaction,
            outgoing,
            caller_contact: None,
            interval,
            caller: None,
            callee: None,
            caller_supports_timer: incoming.request.headers.lists(&HeaderName::Supported, "timer"),
            media: None,
        };
        self.relays.by_incoming.insert(incoming.transaction, at);
        self.relays.by_user.insert((relay.client.mcptt_id.clone(), at));
        self.relays.relays.insert(at, relay);
        self.pending.insert(outgoing, Pending::Invite(at));
        at
    }

    /// Our URI that stands for a session of a controlling function.
    pub(super) fn uri_of_session(&mut self, identity: &ByteStr, controlling: PeerFunction) -> ByteStr {
        if let Some(own) = self.relays.own_uri_of.get(identity) {
            return own.clone();
        }
        let own = self.opaque_uri();
        let limit = self.directory.config.limits.relayed_sessions;
        self.relays.remember(&own, CallSession { identity: identity.clone(), controlling }, limit);
        own
    }

    /// Passes an answer to the INVITE on.
    pub(super) fn invite_answered(
        &mut self,
        now: Instant,
        at: RelayRef,
        dialog: Option<DialogId>,
        response: &Response,
    ) {
        let Some(relay) = self.relays.relays.get(&at) else { return };
        if relay.state == State::Ending {
            // The caller gave up; what came in spite of it was ended by the user agent.
            if response.status.is_final() {
                self.remove_relay(at);
            }
            return;
        }
        if response.status.is_provisional() {
            if response.status == StatusCode::TRYING {
                return;
            }
            let answer = self.answer_upstream(at, response, StatusCode(response.status.0));
            self.respond_to_caller(now, at, answer);
            return;
        }
        let misleading = matches!(relay.purpose, Purpose::Terminating { .. }) && self.names_relay(response);
        if let (true, Some(dialog)) = (response.status.is_success() && misleading, &dialog) {
            // Media that went there would come back to us.
            let _ = self.agent.bye(now, dialog);
            let refusal = Response::new(StatusCode::NOT_ACCEPTABLE_HERE);
            return self.invite_answered(now, at, None, &refusal);
        }
        if response.status.is_success() {
            self.connect(now, at, dialog, response);
            return;
        }
        let status = match response.status {
            // A redirection is for us and we do not follow it.
            // Who holds an alias is for the caller to choose.
            StatusCode::MULTIPLE_CHOICES if relay.private => StatusCode::MULTIPLE_CHOICES,
            status if status.is_redirection() => StatusCode::TEMPORARILY_UNAVAILABLE,
            status => status,
        };
        let mut answer = Response::new(status);
        copy_failure(response, &mut answer);
        if status == StatusCode::MULTIPLE_CHOICES {
            answer.headers.copy_from(&response.headers, &HeaderName::Contact);
        }
        if let Some(relay) = self.remove_relay(at) {
            self.agent.respond(now, relay.incoming, answer);
        }
    }

    /// Whether the description of an answer leads to where this function relays media.
    fn names_relay(&self, response: &Response) -> bool {
        let bodies = Bodies::read(&response.headers, &response.body).unwrap_or_default();
        let remote = bodies.description().ok().flatten().as_ref().and_then(RemoteMedia::read);
        remote.is_some_and(|remote| remote.is_relayed(&self.directory.config))
    }

    fn connect(&mut self, now: Instant, at: RelayRef, dialog: Option<DialogId>, response: &Response) {
        let mut answer = self.answer_upstream(at, response, StatusCode::OK);
        let Some(relay) = self.relays.relays.get_mut(&at) else { return };
        relay.state = State::Connected;
        relay.callee.clone_from(&dialog);
        answer.headers.push(HeaderName::SessionExpires, relay.interval.as_str());
        if relay.caller_supports_timer {
            answer.headers.push(HeaderName::Require, "timer");
        }
        let (client, group) = (relay.client.clone(), relay.group.clone());
        let implicit = matches!(relay.purpose, Purpose::Originating { implicit_affiliation: true, .. });
        self.relays.touched.insert(at);
        if let Some(dialog) = dialog {
            self.relays.by_dialog.insert(dialog, (at, Side::Callee));
        }
        self.respond_to_caller(now, at, answer);
        self.media_agreed(at);
        //= 24.379-9.2.2.2.14
        if implicit {
            self.implicitly_affiliated(now, &client, &group);
        }
    }

    fn respond_to_caller(&mut self, now: Instant, at: RelayRef, answer: Response) {
        let Some(relay) = self.relays.relays.get_mut(&at) else { return };
        if let Some(dialog) = self.agent.respond(now, relay.incoming, answer) {
            relay.caller = Some(dialog.clone());
            self.relays.by_dialog.insert(dialog, (at, Side::Caller));
        }
    }

    /// An answer of one leg as the other one gets it.
    fn answer_upstream(&mut self, at: RelayRef, response: &Response, status: StatusCode) -> Response {
        let mut answer = Response::new(status);
        let purpose = self.relays.relays.get(&at).map(|relay| relay.purpose.clone());
        match purpose {
            Some(Purpose::Originating { controlling, .. }) => {
                self.answer_to_client(at, controlling, response, &mut answer);
            }
            Some(Purpose::Terminating { unconfirmed }) => {
                self.answer_to_controlling(at, unconfirmed, response, &mut answer);
            }
            None => {}
        }
        //= 24.379-6.3.2.1.5.2:warn
        answer.headers.copy_from(&response.headers, &HeaderName::Warning);
        let side = Side::Caller;
        answer.body =
            self.redirected_body(at, side, (&response.headers, &response.body), &mut answer.headers);
        answer
    }

    /// Forgets a relayed call.
    pub(super) fn remove_relay(&mut self, at: RelayRef) -> Option<Relay> {
        let relay = self.relays.remove(at)?;
        self.forget_media(at, &relay);
        Some(relay)
    }

    pub(super) fn relay(&self, at: RelayRef) -> Option<&Relay> {
        self.relays.relays.get(&at)
    }

    pub(super) fn relay_mut(&mut self, at: RelayRef) -> Option<&mut Relay> {
        self.relays.relays.get_mut(&at)
    }

    /// A provisional answer of our own.
    pub(super) fn tell_caller(&mut self, now: Instant, at: RelayRef, answer: Response) {
        self.respond_to_caller(now, at, answer);
    }

    pub(super) fn invite_cancelled(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        dialog: Option<DialogId>,
    ) {
        if let Some(at) = self.relays.by_incoming.get(&transaction).copied() {
            if let Some(relay) = self.relays.relays.get_mut(&at) {
                relay.state = State::Ending;
                self.agent.cancel(now, relay.outgoing);
            }
            return;
        }
        if let Some(at) = self.sessions.of_incoming(transaction) {
            return self.session_offer_cancelled(now, at);
        }
        let relayed = self.pending.iter().find_map(|(own, pending)| match pending {
            Pending::Relayed { answer, .. } if *answer == transaction => Some(*own),
            _ => None,
        });
        if let (Some(own), Some(_)) = (relayed, dialog) {
            self.agent.cancel(now, own);
        }
    }
}

/// What a failure says besides its status.
pub(super) fn copy_failure(from: &Response, to: &mut Response) {
    for name in [HeaderName::Warning, HeaderName::RetryAfter, HeaderName::Accept, HeaderName::Unsupported] {
        to.headers.copy_from(&from.headers, &name);
    }
    to.body = service::copy_body(&from.headers, &from.body, &mut to.headers);
}
