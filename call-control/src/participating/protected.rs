//! Bodies that are protected between a client and this function (TS 24.379 6.6).

use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{HeaderName, Part, Request};

use super::Participating;
use crate::directory::Canonical;
use crate::policy::Refusal;
use crate::protection::{self, Protect, SignallingKey};
use crate::service;

impl Participating {
    /// The key of a user is known from now on.
    pub fn store_key(&mut self, user: &McpttId, key: SignallingKey) {
        // A function with more keys than it can have users has been told nonsense.
        let _ = self.keys.store(user, key);
    }

    /// The request with its bodies verified and deciphered; `None`: they are in the clear.
    pub(super) fn opened(&self, request: &Request) -> Result<Option<Request>, Refusal> {
        if self.keys.is_empty() || request.body.is_empty() {
            return Ok(None);
        }
        let from = service::address(&request.headers, &HeaderName::From);
        let sender = from.and_then(|from| self.directory.user_of(&Canonical::of_uri(&from)?));
        let parts = self.keys.open(&request.headers, &request.body, sender.map(|user| &user.mcptt_id))?;
        Ok(parts.map(|parts| {
            let mut opened = request.clone();
            opened.set_parts(&parts);
            opened
        }))
    }

    /// Bodies as they are sent to a client of the user.
    pub(super) fn sealed(&mut self, user: &McpttId, parts: &[Part]) -> Vec<Part> {
        let service = &self.directory.config.service;
        let protect = Protect {
            confidentiality: service.confidentiality_protection,
            integrity: service.integrity_protection,
        };
        match self.keys.of(user) {
            Some(key) => protection::seal(parts, key, protect, &mut self.rng),
            None => parts.to_vec(),
        }
    }
}
