//! Service authorisation and settings by PUBLISH `poc-settings` (TS 24.379 7.3.3, 7.3.4, 7.3.5; RFC 3903).

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mcptt_codec::id::{ClientId, McpttId};
use mcptt_codec::sip::{HeaderName, Response, StatusCode};
use mcptt_codec::xml::poc_settings::AnswerMode;

use super::identity::Originator;
use super::registration::BindingRef;
use super::subscription::Watched;
use super::{ClientKey, Deadline, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues, clear};
use crate::config::AssumeSettings;
use crate::directory::Canonical;
use crate::event::{EndCause, Event};
use crate::policy::Refusal;
use crate::service;

/// A client that is authorised for the service.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub public_user_id: Canonical,
    pub binding: BindingRef,
    /// `None`: not published.
    pub answer_mode: Option<AnswerMode>,
    settings_tag: Option<String>,
    pub affiliation_tag: Option<String>,
}

/// The authorised clients of all users.
#[derive(Debug, Default)]
pub(super) struct Clients(BTreeMap<ClientKey, Client>);

impl Clients {
    pub fn get(&self, key: &ClientKey) -> Option<&Client> {
        self.0.get(key)
    }

    pub fn get_mut(&mut self, key: &ClientKey) -> Option<&mut Client> {
        self.0.get_mut(key)
    }

    pub fn of_user(&self, mcptt_id: &McpttId) -> impl Iterator<Item = (&ClientKey, &Client)> {
        let from = ClientKey { mcptt_id: mcptt_id.clone(), client_id: ClientId::default() };
        let mcptt_id = mcptt_id.clone();
        self.0.range(from..).take_while(move |(key, _)| key.mcptt_id == mcptt_id)
    }

    pub fn bind(&mut self, key: ClientKey, public_user_id: Canonical, binding: BindingRef) {
        let client = self.0.entry(key).or_insert_with(|| Client {
            public_user_id: public_user_id.clone(),
            binding,
            answer_mode: None,
            settings_tag: None,
            affiliation_tag: None,
        });
        client.public_user_id = public_user_id;
        client.binding = binding;
    }

    pub fn remove(&mut self, key: &ClientKey) -> Option<Client> {
        self.0.remove(key)
    }
}

impl Participating {
    pub(super) fn publish_settings(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let originator = self.originator(incoming)?;
        let headers = &incoming.request.headers;
        let expires = headers.number(&HeaderName::Expires).map_err(|_| Refusal::BodyUnreadable)?;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let named = bodies.info.as_ref().map(InfoValues::client).transpose()?.flatten();
        if expires == Some(0) {
            return self.log_off(now, incoming, &originator, named.as_ref());
        }
        let key = self.authorised_client(now, incoming, &originator, &bodies, named)?;
        let client = self.clients.get(&key).ok_or(Refusal::SettingsWithoutBinding)?;
        //= RFC3903-412
        if let Some(tag) = headers.get(&HeaderName::SipIfMatch)
            && client.settings_tag.as_deref() != Some(tag.as_str())
        {
            return Err(Refusal::StaleEntityTag);
        }
        let published = bodies.settings()?;
        // RFC 3903 4.1: a refresh has an entity tag and no body, everything else has a body.
        if published.is_none() && !headers.contains(&HeaderName::SipIfMatch) {
            return Err(Refusal::BodyUnreadable);
        }
        //= 24.379-7.3.3:client
        let own = published
            .and_then(|settings| settings.entities.into_iter().find(|entity| entity.id == key.client_id));
        let mode = own.and_then(|entity| entity.answer_mode);
        //= 24.379-7.3.3:ok
        let tag = self.token();
        if let Some(client) = self.clients.get_mut(&key) {
            client.settings_tag = Some(tag.clone());
            if mode.is_some() {
                client.answer_mode.clone_from(&mode);
            }
        }
        let expires = expires.unwrap_or(service::FOR_EVER);
        let lasts = (expires != service::FOR_EVER).then(|| Duration::from_secs(expires.into()));
        let until = lasts.and_then(|lasts| now.checked_add(lasts));
        self.deadlines.set(Deadline::Settings(key.clone()), until);

        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::SipEtag, tag);
        response.headers.push(HeaderName::Expires, expires.to_string());
        self.agent.respond(now, incoming.transaction, response);
        self.changed.insert(Watched::Settings(key.mcptt_id.clone()));
        if let Some(mode) = mode {
            self.event(Event::SettingsPublished {
                mcptt_id: key.mcptt_id.clone(),
                client_id: key.client_id.clone(),
                automatic: mode == AnswerMode::Automatic,
            });
        }
        //= 24.379-7.3.3:13
        self.affiliate_implicitly(now, &key);
        Ok(())
    }

    /// The client that publishes: authorised before, or by this very request.
    fn authorised_client(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        bodies: &Bodies,
        named: Option<ClientId>,
    ) -> Result<ClientKey, Refusal> {
        let user =
            self.directory.user_of(&originator.public_user_id).ok_or(Refusal::SettingsWithoutBinding)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let token = clear(info.access_token.as_ref())?;
        if let Some(token) = token {
            //= 24.379-7.3.3:101
            if user.access_token.as_ref().is_some_and(|secret| !secret.matches(&token.0)) {
                return Err(Refusal::ServiceAuthorisationFailed);
            }
        } else {
            let target = info.target()?.and_then(Canonical::of);
            if target.is_some() && target != Canonical::of(user.mcptt_id.as_str()) {
                return Err(Refusal::SettingsWithoutBinding);
            }
            //= 24.379-7.3.4
            if user.access_token.is_some() {
                let bound = self.bound_client(originator, incoming, named.as_ref());
                return bound.map_err(|_| Refusal::SettingsWithoutBinding);
            }
        }
        let client_id = named.ok_or(Refusal::BodyUnreadable)?;
        let binding = self.binding_for(originator, incoming, &client_id);
        let key = binding.and_then(|binding| self.authorise(now, binding, client_id));
        key.ok_or(Refusal::SettingsWithoutBinding)
    }

    /// The contact that the service is bound to: the one the client has already, else one on its flow that no other
    /// client has.
    pub(super) fn binding_for(
        &self,
        originator: &Originator,
        incoming: &Incoming<'_>,
        client_id: &ClientId,
    ) -> Option<BindingRef> {
        let reachable = || {
            let all = self.registrar.of_user(&originator.public_user_id);
            all.filter(|(_, binding)| originator.trusted || binding.flow == incoming.path.hop())
        };
        let own = reachable().find(|(_, binding)| binding.client_id.as_ref() == Some(client_id));
        let free = || reachable().find(|(_, binding)| binding.client_id.is_none());
        own.or_else(free).map(|(at, _)| at)
    }

    /// Expires 0: the end of the service for this client. Its registration stays.
    fn log_off(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        named: Option<&ClientId>,
    ) -> Result<(), Refusal> {
        let key =
            self.bound_client(originator, incoming, named).map_err(|_| Refusal::SettingsWithoutBinding)?;
        let client = self.clients.get(&key).ok_or(Refusal::SettingsWithoutBinding)?;
        let tag = incoming.request.headers.get(&HeaderName::SipIfMatch);
        if tag.is_some_and(|tag| client.settings_tag.as_deref() != Some(tag.as_str())) {
            return Err(Refusal::StaleEntityTag);
        }
        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::Expires, "0");
        self.agent.respond(now, incoming.transaction, response);
        //= 24.379-7.3.5
        self.end_service(now, &key, EndCause::LoggedOff);
        Ok(())
    }

    pub(super) fn settings_expired(&mut self, key: &ClientKey) {
        if let Some(client) = self.clients.get_mut(key) {
            client.answer_mode = None;
            client.settings_tag = None;
            self.changed.insert(Watched::Settings(key.mcptt_id.clone()));
        }
    }

    /// How a client wants to be called. `None`: nothing is known and nothing is assumed.
    pub(super) fn answer_mode(&self, key: &ClientKey) -> Option<AnswerMode> {
        let assumed = match self.directory.config.assume_settings {
            AssumeSettings::None => None,
            AssumeSettings::Automatic => Some(AnswerMode::Automatic),
        };
        self.clients.get(key)?.answer_mode.clone().or(assumed)
    }
}
