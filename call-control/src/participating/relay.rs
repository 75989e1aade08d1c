//! The two dialogs of a call that passes through this function, and everything that goes from one to the other.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;

use super::{ClientKey, Deadline, Participating, Pending};
use crate::config::PeerFunction;
use crate::dialog::DialogId;
use crate::directory::Canonical;
use crate::policy::Refusal;
use crate::service;
use crate::session_timer::SessionTimer;
use crate::transaction::{ClientTransactionId, ServerTransactionId};
use crate::transport::Hop;

/// One relayed call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RelayRef(u64);

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
    pub state: State,
    pub incoming: ServerTransactionId,
    pub outgoing: ClientTransactionId,
    /// Our URI towards the caller in the provisional and final answers; set when it is known.
    pub caller_contact: Option<ByteStr>,
    /// Session timer towards the caller, agreed upon with its INVITE.
    caller_timer: SessionTimer,
    callee_timer: Option<SessionTimer>,
    caller: Option<DialogId>,
    callee: Option<DialogId>,
    /// The caller knows session timers.
    caller_supports_timer: bool,
}

impl Relay {
    pub fn dialog(&self, side: Side) -> Option<&DialogId> {
        match side {
            Side::Caller => self.caller.as_ref(),
            Side::Callee => self.callee.as_ref(),
        }
    }

    pub fn timer(&mut self, side: Side) -> Option<&mut SessionTimer> {
        match side {
            Side::Caller => Some(&mut self.caller_timer),
            Side::Callee => self.callee_timer.as_mut(),
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
}

impl Relays {
    pub fn len(&self) -> usize {
        self.relays.len()
    }

    /// The call that a dialog belongs to, and which of its two it is.
    pub fn of_dialog(&self, dialog: &DialogId) -> Option<(RelayRef, Side)> {
        self.by_dialog.get(dialog).copied()
    }

    /// Calls in which a user takes part.
    pub fn of_user(&self, user: &McpttId) -> usize {
        let own = self.by_user.range((user.clone(), RelayRef::default())..).take_while(|(of, _)| of == user);
        own.filter(|(_, at)| self.relays.get(at).is_some_and(|relay| relay.state != State::Ending)).count()
    }

    /// What a client means with a Request-URI that it got from us.
    pub fn session_behind(&self, uri: &Canonical) -> Option<CallSession> {
        self.sessions.get(uri).cloned()
    }

    fn remember(&mut self, own: &ByteStr, session: CallSession, limit: usize) {
        let Some(canonical) = Canonical::of(own) else { return };
        while self.remembered.len() >= limit {
            let Some((oldest, identity)) = self.remembered.pop_front() else { break };
            self.sessions.remove(&oldest);
            self.own_uri_of.remove(&identity);
        }
        self.own_uri_of.insert(session.identity.clone(), own.clone());
        self.remembered.push_back((canonical.clone(), session.identity.clone()));
        self.sessions.insert(canonical, session);
    }

    pub fn remove(&mut self, at: RelayRef) -> Option<Relay> {
        let relay = self.relays.remove(&at)?;
        for dialog in [&relay.caller, &relay.callee].into_iter().flatten() {
            self.by_dialog.remove(dialog);
        }
        self.by_incoming.remove(&relay.incoming);
        self.by_user.remove(&(relay.client.mcptt_id.clone(), at));
        Some(relay)
    }
}

impl Participating {
    /// Agrees on the session timer with the sender of an INVITE.
    pub(super) fn caller_timer(
        &self,
        now: Instant,
        request: &Request,
        preferred: Refresher,
    ) -> Result<SessionTimer, Refusal> {
        let policy = &self.directory.config.policy;
        let (own, minimum) = (policy.session_expires, policy.min_session_expires);
        SessionTimer::answering(now, &request.headers, own, minimum, preferred)
            .map_err(|_| Refusal::SessionIntervalTooSmall)
    }

    /// Sends the second INVITE and remembers both.
    #[allow(clippy::too_many_arguments, reason = "the relay is nothing but these")]
    pub(super) fn start_relay(
        &mut self,
        now: Instant,
        incoming: &super::Incoming<'_>,
        caller_timer: SessionTimer,
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
            state: State::Calling,
            incoming: incoming.transaction,
            outgoing,
            caller_contact: None,
            caller_timer,
            callee_timer: None,
            caller: None,
            callee: None,
            caller_supports_timer: incoming.request.headers.lists(&HeaderName::Supported, "timer"),
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
                self.relays.remove(at);
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
        if response.status.is_success() {
            self.connect(now, at, dialog, response);
            return;
        }
        let status = match response.status {
            // A redirection is for us and we do not follow it.
            status if status.is_redirection() => StatusCode::TEMPORARILY_UNAVAILABLE,
            status => status,
        };
        let mut answer = Response::new(status);
        copy_failure(response, &mut answer);
        if let Some(relay) = self.relays.remove(at) {
            self.agent.respond(now, relay.incoming, answer);
        }
    }

    fn connect(&mut self, now: Instant, at: RelayRef, dialog: Option<DialogId>, response: &Response) {
        let own = self.directory.config.policy.session_expires;
        let mut answer = self.answer_upstream(at, response, StatusCode::OK);
        let Some(relay) = self.relays.relays.get_mut(&at) else { return };
        relay.state = State::Connected;
        relay.callee.clone_from(&dialog);
        relay.callee_timer = Some(SessionTimer::answered(now, &response.headers, own));
        relay.caller_timer.restart(now);
        answer.headers.push(HeaderName::SessionExpires, relay.caller_timer.in_answer());
        if relay.caller_supports_timer {
            answer.headers.push(HeaderName::Require, "timer");
        }
        let (client, group) = (relay.client.clone(), relay.group.clone());
        let implicit = matches!(relay.purpose, Purpose::Originating { implicit_affiliation: true, .. });
        if let Some(dialog) = dialog {
            self.relays.by_dialog.insert(dialog, (at, Side::Callee));
        }
        self.respond_to_caller(now, at, answer);
        for side in [Side::Caller, Side::Callee] {
            self.schedule(at, side);
        }
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
        answer.body = service::copy_body(&response.headers, &response.body, &mut answer.headers);
        answer
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
        let relayed = self.pending.iter().find_map(|(own, pending)| match pending {
            Pending::Relayed { answer, .. } if *answer == transaction => Some(*own),
            _ => None,
        });
        if let (Some(own), Some(_)) = (relayed, dialog) {
            self.agent.cancel(now, own);
        }
    }

    pub(super) fn schedule(&mut self, at: RelayRef, side: Side) {
        let due = self.relay_mut(at).and_then(|relay| relay.timer(side)).map(|timer| timer.due());
        self.deadlines.set(Deadline::Session(at, side), due);
    }
}

/// What a failure says besides its status.
pub(super) fn copy_failure(from: &Response, to: &mut Response) {
    for name in [HeaderName::Warning, HeaderName::RetryAfter, HeaderName::Accept, HeaderName::Unsupported] {
        to.headers.copy_from(&from.headers, &name);
    }
    to.body = service::copy_body(&from.headers, &from.body, &mut to.headers);
}
