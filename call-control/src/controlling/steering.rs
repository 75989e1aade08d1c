//! Which shard serves a message that arrives at the controlling function: what is kept here is kept per group and per session.

use std::time::Instant;

use mcptt_codec::sip::{Request, SipMessage, Uri};

use super::Controlling;
use crate::Counters;
use crate::Output;
use crate::bodies::{Bodies, InfoValues};
use crate::directory::Canonical;
use crate::event::Function;
use crate::shard::{Round, Way};
use crate::transport::SipPath;

impl Controlling {
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
                let function = Function::Controlling;
                let message = Box::new(message);
                self.out.push_back(Output::Handed { shard, function, path, message, round });
            }
            None => self.agent.handle_message(now, path, message),
        }
    }

    fn elsewhere(&mut self, path: SipPath, message: &SipMessage, round: Option<Round>) -> Option<Way> {
        let mut steering = self.steering.take()?;
        let is_cancelled = |cancel: &Request| self.agent.knows_cancelled(cancel);
        let way = steering.elsewhere(message, round, is_cancelled, |request| self.subject_of(path, request));
        self.steering = Some(steering);
        way
    }

    /// The session that a request outside all dialogs joins, else the group or alias that it is about. A call between users is about
    /// neither: all of it has one Call-ID.
    fn subject_of(&self, path: SipPath, request: &Request) -> Option<String> {
        let uri = Uri::read(&request.uri).ok()?;
        if Canonical::of_uri(&uri) != Canonical::of(&self.identity.uri)
            && let Some(session) = uri.user.as_ref().filter(|user| user.starts_with(SESSION))
        {
            return Some(session.to_string());
        }
        let bodies = Bodies::read(&request.headers, &request.body).ok()?;
        // A user makes and ends a regroup where its calls will be; functions speak about it to those of its groups.
        let regroup = bodies.regroup().ok().flatten();
        let regroup = regroup.filter(|_| self.directory.is_participating_function(path.remote));
        let regroup = regroup.map(|regroup| regroup.regroup_uri);
        let target = match &regroup {
            Some(regroup) => regroup.as_str(),
            None => bodies.info.as_ref()?.target().ok()??,
        };
        Some(Canonical::of(target).map_or_else(|| target.to_owned(), |uri| uri.as_str().to_owned()))
    }
}

/// How the user part of a session identity begins.
const SESSION: &str = "s-";
