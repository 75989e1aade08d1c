//! Requests to names: they wait until it is known where the name leads (RFC 3263).

use std::collections::VecDeque;
use std::time::Instant;

use mcptt_codec::sip::{Request, Uri};

use super::client::Attempt;
use super::session::Purpose;
use super::{UaEvent, UserAgent};
use crate::locate::{Answer, Located, Query, QueryId};
use crate::transaction::ClientTransactionId;
use crate::transport::{Destination, Hop};

/// A request that waits for where it goes.
#[derive(Debug)]
pub(super) struct Held {
    id: ClientTransactionId,
    request: Request,
    /// Where the peer of the dialog was heard, if the name leads nowhere.
    heard: Option<Hop>,
    attempt: Attempt,
}

impl UserAgent {
    /// The next question that has to be answered for a request to be sent. Drain to `None` after every other call.
    pub fn poll_query(&mut self) -> Option<Query> {
        self.locator.poll_query()
    }

    /// Takes the answer to a question.
    pub fn handle_answer(&mut self, now: Instant, id: QueryId, answer: Answer) {
        self.locator.handle_answer(now, id, answer, self.tokens.rng());
        self.proceed_located(now);
        self.settle(now);
    }

    /// Sends a request to where it goes, now or as soon as that is known.
    pub(super) fn start_towards(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        request: Request,
        destination: Destination,
        heard: Option<Hop>,
        attempt: Attempt,
    ) {
        let uri = match destination {
            Destination::Hop(hop) => return self.start_at(now, id, request, VecDeque::from([hop]), attempt),
            Destination::Uri(uri) => *uri,
        };
        match self.locator.locate(now, &uri, self.tokens.rng()) {
            Located::Found(hops) => self.start_found(now, id, request, hops, heard, attempt),
            Located::Later(lookup) => {
                self.held.insert(lookup, Held { id, request, heard, attempt });
            }
        }
    }

    /// Sends what has waited for the look-ups that are finished.
    pub(super) fn proceed_located(&mut self, now: Instant) {
        while let Some((lookup, hops)) = self.locator.poll_located() {
            if let Some(Held { id, request, heard, attempt }) = self.held.remove(&lookup) {
                self.start_found(now, id, request, hops, heard, attempt);
            }
        }
    }

    fn start_found(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        request: Request,
        mut hops: VecDeque<Hop>,
        heard: Option<Hop>,
        attempt: Attempt,
    ) {
        if hops.is_empty() {
            hops.extend(heard);
        }
        if hops.is_empty() {
            return self.fail_unsent(now, id, attempt);
        }
        self.start_at(now, id, request, hops, attempt);
    }

    /// Sends a request to the first of its neighbours that does not want to be left alone.
    fn start_at(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        request: Request,
        mut hops: VecDeque<Hop>,
        attempt: Attempt,
    ) {
        if attempt.dialog.is_none() {
            //= RFC3263-4.3:503
            while hops.len() > 1 && hops.front().is_some_and(|hop| self.is_unavailable(now, *hop)) {
                hops.pop_front();
            }
        }
        let Some(first) = hops.pop_front() else { return };
        if attempt.dialog.is_none() && self.answer_for_unavailable(now, id, &request, first) {
            return;
        }
        self.start_over(now, id, request, first, hops, attempt);
    }

    /// A request has nowhere to go.
    fn fail_unsent(&mut self, now: Instant, id: ClientTransactionId, attempt: Attempt) {
        let dialog = attempt.dialog;
        if let Some(session) = dialog.as_ref().and_then(|dialog| self.sessions.get_mut(dialog)) {
            for place in [&mut session.own_invite, &mut session.own_update] {
                if *place == Some(id) {
                    *place = None;
                }
            }
        }
        match attempt.purpose {
            Purpose::Caller => {
                let transaction = attempt.known_as;
                self.events.push_back(UaEvent::TransportOrTimeout { transaction, dialog });
            }
            Purpose::Nobody => {}
            Purpose::Refresh => self.refresh_failed(now, dialog.as_ref(), None),
            Purpose::Notify(referral) => self.referral_told(now, &referral, false),
        }
    }

    /// Gives up a request that has not been sent yet; `false` when there is none by this id.
    pub(super) fn give_up_held(&mut self, known_as: ClientTransactionId) -> bool {
        let found = self.held.iter().find(|(_, held)| held.attempt.known_as == known_as);
        let Some(lookup) = found.map(|(lookup, _)| *lookup) else { return false };
        let Some(held) = self.held.remove(&lookup) else { return false };
        let dialog = held.attempt.dialog;
        if let Some(session) = dialog.as_ref().and_then(|dialog| self.sessions.get_mut(dialog))
            && session.own_invite == Some(held.id)
        {
            session.own_invite = None;
        }
        self.events.push_back(UaEvent::TransportOrTimeout { transaction: known_as, dialog });
        true
    }

    /// As [`UserAgent::resolve`], for what cannot wait: a name counts as far as it is known.
    pub(super) fn resolve_at_once(&mut self, now: Instant, next_hop: Option<&Uri>, heard: Hop) -> Hop {
        match self.resolve(next_hop, heard) {
            Destination::Hop(hop) => hop,
            Destination::Uri(uri) => match self.locator.locate(now, &uri, self.tokens.rng()) {
                Located::Found(hops) => hops.front().copied().unwrap_or(heard),
                Located::Later(_) => heard,
            },
        }
    }
}
