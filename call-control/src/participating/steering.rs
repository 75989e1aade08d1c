//! Which shard serves a message that arrives at the participating function: what is kept here is kept per user.

use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Method, Request};
use mcptt_codec::text::ByteStr;

use super::Participating;
use crate::bodies::{Bodies, InfoValues};
use crate::directory::Canonical;
use crate::event::Function;
use crate::event_package::{self, Package};
use crate::function::{Front, McpttFunction};
use crate::service;
use crate::transport::SipPath;
use crate::user_agent::UserAgent;

impl McpttFunction for Participating {
    const FUNCTION: Function = Function::Participating;

    fn agent(&self) -> &UserAgent {
        &self.agent
    }

    fn front(&mut self) -> Front<'_> {
        Front { agent: &mut self.agent, steering: &mut self.steering, out: &mut self.out }
    }

    fn is_ours(&self, path: SipPath) -> bool {
        self.trusts(path)
    }

    fn settle(&mut self, now: Instant) {
        self.drain(now);
    }

    /// The user that a request outside all dialogs is about: the one who is registered, who is called, or who asks.
    fn subject_of(&self, path: SipPath, request: &Request) -> Option<String> {
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
}

impl Participating {
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
