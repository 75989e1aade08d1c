//! Which shard serves a message that arrives at the controlling function: what is kept here is kept per group and per session.

use std::time::Instant;

use mcptt_codec::sip::{Request, Uri};

use super::Controlling;
use crate::bodies::{Bodies, InfoValues};
use crate::directory::Canonical;
use crate::event::Function;
use crate::function::{Front, McpttFunction};
use crate::transport::SipPath;
use crate::user_agent::UserAgent;

impl McpttFunction for Controlling {
    const FUNCTION: Function = Function::Controlling;

    fn agent(&self) -> &UserAgent {
        &self.agent
    }

    fn front(&mut self) -> Front<'_> {
        Front { agent: &mut self.agent, steering: &mut self.steering, out: &mut self.out }
    }

    fn is_ours(&self, path: SipPath) -> bool {
        self.is_known(path)
    }

    fn settle(&mut self, now: Instant) {
        self.drain(now);
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
