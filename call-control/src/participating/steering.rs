//! Which shard serves a message that arrives at the participating function: what is kept here is kept per user.

use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Method, Request, SipMessage};
use mcptt_codec::text::ByteStr;

use super::Participating;
use crate::Counters;
use crate::Output;
use crate::bodies::{Bodies, InfoValues};
use crate::directory::Canonical;
use crate::event::Function;
use crate::event_package::{self, Package};
use crate::service;
use crate::shard::{Round, Way};
use crate::transport::SipPath;

impl Participating {
    /// How many SIP messages have come and gone.
    pub fn counters(&self) -> &Counters {
        self.agent.counters()
    }

    /// Takes in what has arrived and is ours, and hands over the rest.
    pub(super) fn steer(&mut self, now: Instant) {
        while let Some((path, message)) = self.agent.poll_arrived() {
            self.take(now, path, message, None);
        }
    }

    /// A message that another shard has handed over: ours for certain, or on its round.
    pub fn handle_handed(&mut self, now: Instant, path: SipPath, message: SipMessage, round: Option<Round>) {
        match round {
            Some(_) => self.take(now, path, message, round),
            None => self.agent.handle_message(now, path, message),
        }
        self.drain(now);
    }

    fn take(&mut self, now: Instant, path: SipPath, message: SipMessage, round: Option<Round>) {
        match self.elsewhere(path, &message, round) {
            Some(Way { shard, round }) => {
                let function = Function::Participating;
                let message = Box::new(message);
                self.out.push_back(Output::Handed { shard, function, path, message, round });
            }
            None => self.agent.handle_message(now, path, message),
        }
    }

    fn elsewhere(&mut self, path: SipPath, message: &SipMessage, round: Option<Round>) -> Option<Way> {
        let mut steering = self.steering.take()?;
        let is_cancelled = |cancel: &Request| self.agent.knows_cancelled(cancel);
        let way =
            steering.elsewhere(message, round, is_cancelled, |request| self.concerned_user(path, request));
        self.steering = Some(steering);
        way
    }

    /// The user that a request outside all dialogs is about: the one who is registered, who is called, or who asks.
    fn concerned_user(&self, path: SipPath, request: &Request) -> Option<String> {
        if request.method == Method::Register {
            return service::address(&request.headers, &HeaderName::To)
                .and_then(|to| self.known_as(Canonical::of_uri(&to)?));
        }
        if self.comes_from_function(path, request) {
            let bodies = Bodies::read(&request.headers, &request.body).ok()?;
            let called = bodies.info.as_ref()?.target().ok()??;
            return Some(self.known_as(Canonical::of(called)?).unwrap_or_default());
        }
        let watches = request.headers.get(&HeaderName::Event).and_then(|event| Package::named(event));
        if watches == Some(&event_package::REG)
            && let Some(watched) =
                Canonical::of(&request.uri).filter(|uri| self.directory.user_of(uri).is_some())
        {
            return self.known_as(watched);
        }
        let (identity, _) = super::identity::claim(&request.headers, self.trusts(path))?;
        self.known_as(identity)
    }

    /// Whether a function asks for something on behalf of another user.
    fn comes_from_function(&self, path: SipPath, request: &Request) -> bool {
        let own = &self.directory.config.participating;
        let uri = || Canonical::of(&request.uri);
        let terminating = |identity: &ByteStr| own.identity != *identity && uri() == Canonical::of(identity);
        self.directory.is_controlling_function(path.remote)
            || self.directory.is_participating_function(path.remote)
            || service::is_focus(&request.headers)
            || terminating(&own.terminating_identity)
    }

    /// Every identity of a user leads to the same shard.
    fn known_as(&self, identity: Canonical) -> Option<String> {
        let by_name = || self.directory.user(identity.as_str());
        let user = self.directory.user_of(&identity).or_else(by_name);
        Some(user.map_or_else(|| identity.as_str().to_owned(), |user| user.mcptt_id.to_string()))
    }
}
