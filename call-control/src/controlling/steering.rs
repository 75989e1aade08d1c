//! Which shard serves a message that arrives at the controlling function: what is kept here is kept per group and per session.

use std::time::Instant;

use mcptt_codec::sip::{Request, SipMessage, Uri};

use super::Controlling;
use crate::Counters;
use crate::Output;
use crate::bodies::{Bodies, InfoValues};
use crate::directory::Canonical;
use crate::event::Function;

impl Controlling {
    /// How many SIP messages have come and gone.
    pub fn counters(&self) -> &Counters {
        self.agent.counters()
    }

    /// Takes in what has arrived and is ours, and hands over the rest.
    pub(super) fn steer(&mut self, now: Instant) {
        while let Some((path, message)) = self.agent.poll_arrived() {
            match self.elsewhere(&message) {
                Some(shard) => {
                    let function = Function::Controlling;
                    let message = Box::new(message);
                    self.out.push_back(Output::Handed { shard, function, path, message });
                }
                None => self.agent.handle_message(now, path, message),
            }
        }
    }

    fn elsewhere(&mut self, message: &SipMessage) -> Option<usize> {
        let mut steering = self.steering.take()?;
        let owner = steering.elsewhere(message, |request| self.subject_of(request));
        self.steering = Some(steering);
        owner
    }

    /// The session that a request outside all dialogs joins, else the group or alias that it is about. A call between users is about
    /// neither: all of it has one Call-ID.
    fn subject_of(&self, request: &Request) -> Option<String> {
        let uri = Uri::read(&request.uri).ok()?;
        if Canonical::of_uri(&uri) != Canonical::of(&self.identity.uri)
            && let Some(session) = uri.user.as_ref().filter(|user| user.starts_with(SESSION))
        {
            return Some(session.to_string());
        }
        let bodies = Bodies::read(&request.headers, &request.body).ok()?;
        let target = bodies.info.as_ref()?.target().ok()??;
        Some(Canonical::of(target).map_or_else(|| target.to_owned(), |uri| uri.as_str().to_owned()))
    }
}

/// How the user part of a session identity begins.
const SESSION: &str = "s-";
