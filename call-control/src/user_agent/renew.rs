//! Sending a request again where that is better than giving it up: elsewhere (RFC 3261 18.1.1, RFC 3263 4.3), or with what
//! the answer asks for. The caller knows all attempts by the id of the first.

use std::time::{Duration, Instant};

use mcptt_codec::sip::{HeaderName, Method, Request, Response, StatusCode};

use super::client::Attempt;
use super::session::{Cancel, Retry};
use super::{UaEvent, UserAgent, plain};
use crate::transaction::{ClientTransactionId, later};
use crate::transport::{Hop, SipPath};

/// Attempts of one request.
const ATTEMPTS: u8 = 8;
/// Neighbours that are remembered as unavailable, and how long at most.
const UNAVAILABLE: usize = 1_024;
const UNAVAILABLE_FOR: Duration = Duration::from_secs(600);

impl UserAgent {
    /// The present attempt of a request that the caller knows by this id.
    pub(super) fn present(&self, known_as: ClientTransactionId) -> ClientTransactionId {
        self.renewed.get(&known_as).copied().unwrap_or(known_as)
    }

    /// Whether a request that was refused is sent again.
    pub(super) fn try_better(&mut self, now: Instant, id: ClientTransactionId, response: &Response) -> bool {
        let Some(asked) = self.asked.get(&id) else { return false };
        let (hop, wanted) = (asked.hop, !asked.done && asked.cancel == Cancel::No);
        match response.status {
            StatusCode::SESSION_INTERVAL_TOO_SMALL if wanted => {
                let invite = asked.forming.as_ref().filter(|forming| forming.method == Method::Invite);
                let timed = invite.filter(|invite| invite.headers.contains(&HeaderName::SessionExpires));
                let again = timed.and_then(|invite| Self::with_longer_interval(invite, response));
                again.is_some_and(|again| self.renew(now, id, again, hop, None))
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                self.note_unavailable(now, hop, response);
                //= RFC3263-4.3:503
                wanted && self.try_elsewhere(now, id, |next| next.remote != hop.remote)
            }
            _ => false,
        }
    }

    /// Sends a request on the next way that is left for it; `false` when there is none.
    pub(super) fn try_elsewhere(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        fits: impl Fn(&Hop) -> bool,
    ) -> bool {
        let Some(asked) = self.asked.get_mut(&id).filter(|asked| !asked.done) else { return false };
        let Some(Retry { request, mut hops }) = asked.retry.take() else { return false };
        hops.retain(fits);
        let Some(hop) = hops.pop_front() else { return false };
        let request_again = request.clone();
        let retry = (!hops.is_empty()).then_some(Retry { request, hops });
        //= RFC3261-18.1.1:fallback
        self.renew(now, id, request_again, hop, retry)
    }

    /// Begins the next attempt of a request; `false` when there were enough.
    fn renew(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        request: Request,
        hop: Hop,
        retry: Option<Retry>,
    ) -> bool {
        if self.asked.get(&id).is_none_or(|asked| asked.attempts >= ATTEMPTS) {
            return false;
        }
        let Some(asked) = self.take_asked(id) else { return false };
        for early in asked.early {
            self.drop_session(now, &early);
        }
        let own = self.layer.draw();
        if let Some(session) = asked.dialog.as_ref().and_then(|dialog| self.sessions.get_mut(dialog)) {
            for place in [&mut session.own_invite, &mut session.own_update] {
                if *place == Some(id) {
                    *place = Some(own);
                }
            }
        }
        self.renewed.insert(asked.known_as, own);
        let attempt = Attempt {
            dialog: asked.dialog,
            purpose: asked.purpose,
            known_as: asked.known_as,
            number: asked.attempts.saturating_add(1),
        };
        self.start_attempt(now, own, request, hop, retry, attempt);
        true
    }

    /// Remembers that a neighbour wants to be left alone for a while.
    fn note_unavailable(&mut self, now: Instant, hop: Hop, response: &Response) {
        let Some(seconds) = response.headers.number(&HeaderName::RetryAfter).ok().flatten() else { return };
        self.unavailable.retain(|_, until| *until > now);
        if self.unavailable.len() < UNAVAILABLE {
            let wait = Duration::from_secs(seconds.into()).min(UNAVAILABLE_FOR);
            self.unavailable.insert(hop, later(now, wait));
        }
    }

    /// Whether a neighbour wants to be left alone.
    pub(super) fn is_unavailable(&self, now: Instant, hop: Hop) -> bool {
        self.unavailable.get(&hop).is_some_and(|until| *until > now)
    }

    /// Answers a new request in the place of a neighbour that wants to be left alone; `false` when it may go. What is
    /// urgent goes in any case.
    pub(super) fn answer_for_unavailable(
        &mut self,
        now: Instant,
        id: ClientTransactionId,
        request: &Request,
        hop: Hop,
    ) -> bool {
        let Some(until) = self.unavailable.get(&hop).copied().filter(|until| *until > now) else {
            return false;
        };
        if crate::overload::is_urgent(request) {
            return false;
        }
        //= RFC3261-21.5.4:retry-after
        let mut response = plain(request, StatusCode::SERVICE_UNAVAILABLE);
        let left = until.saturating_duration_since(now).as_secs().saturating_add(1);
        response.headers.push(HeaderName::RetryAfter, left.to_string());
        let path = SipPath::to(self.settings.local, hop);
        self.events.push_back(UaEvent::Response { transaction: id, dialog: None, response, path });
        true
    }
}
