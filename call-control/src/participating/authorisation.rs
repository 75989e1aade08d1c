//! Who may use the service from where: access tokens and the binding of the service to a contact (TS 24.379 7.3.2, 7.3.3).

use std::time::Instant;

use mcptt_codec::id::{ClientId, McpttId};

use super::registrar::BindingRef;
use super::{ClientKey, Participating};
use crate::access_token::{Scope, TokenRules};
use crate::bodies::{Bodies, clear};
use crate::config::{Authorisation, User};
use crate::event::{EndCause, Event};
use crate::policy::Refusal;

impl Participating {
    /// Whether the request proves that it comes from the user, with the right token or because none is asked for, and the
    /// user that a token names.
    pub(super) fn presented_token(
        &self,
        now: Instant,
        user: Option<&User>,
        bodies: &Bodies,
    ) -> Result<(bool, Option<McpttId>), Refusal> {
        let token = match &bodies.info {
            Some(info) => clear(info.access_token.as_ref())?,
            None => None,
        };
        let secret = user.and_then(|user| user.access_token.as_ref());
        match (&self.directory.config.authorisation, secret, token) {
            (Authorisation::Token(rules), _, Some(token)) => {
                Ok((true, Some(self.claimed(now, rules, &token.0)?)))
            }
            //= 24.379-7.3.2:notoken
            (Authorisation::Token(_), _, None) | (Authorisation::Registration, Some(_), None) => {
                Ok((false, None))
            }
            (Authorisation::Registration, None, _) => Ok((true, None)),
            (Authorisation::Registration, Some(secret), Some(token)) if secret.matches(&token.0) => {
                Ok((true, None))
            }
            //= 24.379-7.3.3:101
            (Authorisation::Registration, Some(_), Some(_)) => Err(Refusal::ServiceAuthorisationFailed),
        }
    }

    /// The user that a valid token names, if it is one of ours.
    pub(super) fn claimed(&self, now: Instant, rules: &TokenRules, token: &str) -> Result<McpttId, Refusal> {
        let config = &self.directory.config;
        let scopes = Scope::Service.spellings(config.service.release, rules.any_release);
        let wall = self.clock.at(now).ok_or(Refusal::ServiceAuthorisationFailed)?;
        let claims = rules.validate(token, &scopes, wall);
        //= 24.379-7.3.3:101
        let claims = claims.map_err(|_| Refusal::ServiceAuthorisationFailed)?;
        let user = self.directory.user(claims.mcptt_id.as_str());
        Ok(user.ok_or(Refusal::ServiceAuthorisationFailed)?.mcptt_id.clone())
    }

    /// Whether one more client of a user may be in service.
    pub(super) fn may_authorise(&self, key: &ClientKey) -> Result<(), Refusal> {
        let limit = self.directory.user(key.mcptt_id.as_str()).and_then(|user| user.max_authorisations);
        let others = self.clients.of_user(&key.mcptt_id).filter(|(other, _)| *other != key).count();
        //= 24.379-7.3.3:164
        match limit.is_some_and(|limit| u64::try_from(others).is_ok_and(|others| others >= limit.into())) {
            true => Err(Refusal::TooManyAuthorisations),
            false => Ok(()),
        }
    }

    /// Binds the service to a contact: from now on the client can be called there. The user is the one that a token has
    /// named, else the one that has been served there, else the one whose public user identity it is.
    pub(super) fn authorise(
        &mut self,
        now: Instant,
        at: BindingRef,
        client_id: ClientId,
        claimed: Option<&McpttId>,
    ) -> Option<ClientKey> {
        let binding = self.registrar.binding(at)?;
        let public_user_id = binding.public_user_id.clone();
        let own = || self.directory.user_of(&public_user_id).map(|user| user.mcptt_id.clone());
        //= 24.379-7.3.3:mcpttid
        let mcptt_id = claimed.or(binding.served.as_ref()).cloned().or_else(own)?;
        let key = ClientKey { mcptt_id, client_id };
        if self.clients.get(&key).is_none() && self.may_authorise(&key).is_err() {
            return None;
        }
        let other = binding.client_id.as_ref().is_some_and(|other| *other != key.client_id)
            || binding.served.as_ref().is_some_and(|served| *served != key.mcptt_id);
        if other {
            self.log_off_binding(now, at, EndCause::Displaced);
        }
        let known = self.clients.get(&key).map(|client| client.binding);
        if known == Some(at) {
            return Some(key);
        }
        // The client has moved: its settings and affiliations stay, the old contact loses the service.
        if let Some(binding) = known.and_then(|old| self.registrar.binding_mut(old)) {
            binding.client_id = None;
        }
        if let Some(binding) = self.registrar.binding_mut(at) {
            binding.awaits_first_client = false;
            binding.client_id = Some(key.client_id.clone());
            binding.served = Some(key.mcptt_id.clone());
        }
        self.clients.bind(key.clone(), public_user_id, at);
        self.locations.authorised(&key);
        if known.is_none() {
            self.event(Event::ServiceAuthorised {
                mcptt_id: key.mcptt_id.clone(),
                client_id: key.client_id.clone(),
            });
        }
        Some(key)
    }
}
