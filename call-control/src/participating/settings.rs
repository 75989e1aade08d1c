//! Service authorisation and settings by PUBLISH `poc-settings` (TS 24.379 7.3.3, 7.3.4, 7.3.5; RFC 3903).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use mcptt_codec::id::{ClientId, McpttId};
use mcptt_codec::sip::{HeaderName, Response, StatusCode};
use mcptt_codec::xml::poc_settings::AnswerMode;

use super::identity::Originator;
use super::registrar::BindingRef;
use super::subscription::Watched;
use super::{ClientKey, Deadline, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues, clear};
use crate::config::{AssumeSettings, Authorisation};
use crate::directory::Canonical;
use crate::event::{EndCause, Event};
use crate::event_package;
use crate::policy::Refusal;
use crate::publication::Fault;
use crate::subscription::Lifetimes;

/// How long settings hold.
const SETTINGS: Lifetimes = match event_package::POC_SETTINGS.published {
    Some(lifetimes) => lifetimes,
    None => event_package::POC_SETTINGS.watched,
};

/// A client that is authorised for the service.
#[derive(Clone, Debug)]
pub(super) struct Client {
    pub public_user_id: Canonical,
    pub binding: BindingRef,
    /// `None`: not published.
    pub answer_mode: Option<AnswerMode>,
    /// The user profile that it has selected. `None`: the pre-selected one.
    pub profile: Option<u8>,
}

/// What a client publishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Published {
    Settings,
    Affiliations,
}

/// The refusal of a PUBLISH that does not fit to what is published.
impl From<Fault> for Refusal {
    fn from(fault: Fault) -> Self {
        match fault {
            Fault::UnknownTag => Self::StaleEntityTag,
            Fault::TooBrief => Self::SubscriptionTooBrief,
            Fault::Nothing => Self::BodyUnreadable,
            Fault::Full => Self::BindingsFull,
        }
    }
}

/// The authorised clients of all users.
#[derive(Debug, Default)]
pub(super) struct Clients {
    all: BTreeMap<ClientKey, Client>,
    /// Those of which something is not in the store as it is here: they themselves, their affiliations or aliases.
    touched: BTreeSet<ClientKey>,
}

impl Clients {
    pub fn keys(&self) -> impl Iterator<Item = &ClientKey> {
        self.all.keys()
    }

    pub fn get(&self, key: &ClientKey) -> Option<&Client> {
        self.all.get(key)
    }

    pub fn get_mut(&mut self, key: &ClientKey) -> Option<&mut Client> {
        let found = self.all.get_mut(key)?;
        self.touched.insert(key.clone());
        Some(found)
    }

    /// Notes that something of a client has changed.
    pub fn touch(&mut self, key: &ClientKey) {
        self.touched.insert(key.clone());
    }

    /// Notes that what is stored of every client is no longer right.
    pub fn touch_all(&mut self) {
        self.touched.extend(self.all.keys().cloned());
    }

    /// The clients of which something has changed since the last time.
    pub fn take_touched(&mut self) -> BTreeSet<ClientKey> {
        std::mem::take(&mut self.touched)
    }

    /// Takes a stored client up again.
    pub fn restore(&mut self, key: ClientKey, client: Client) {
        self.all.insert(key, client);
    }

    pub fn of_user(&self, mcptt_id: &McpttId) -> impl Iterator<Item = (&ClientKey, &Client)> {
        let from = ClientKey { mcptt_id: mcptt_id.clone(), client_id: ClientId::default() };
        let mcptt_id = mcptt_id.clone();
        self.all.range(from..).take_while(move |(key, _)| key.mcptt_id == mcptt_id)
    }

    pub fn bind(&mut self, key: ClientKey, public_user_id: Canonical, binding: BindingRef) {
        self.touched.insert(key.clone());
        let client = self.all.entry(key).or_insert_with(|| Client {
            public_user_id: public_user_id.clone(),
            binding,
            answer_mode: None,
            profile: None,
        });
        client.public_user_id = public_user_id;
        client.binding = binding;
    }

    pub fn remove(&mut self, key: &ClientKey) -> Option<Client> {
        self.touched.insert(key.clone());
        self.all.remove(key)
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
        let published = bodies.settings()?;
        let publication = (key.clone(), Published::Settings);
        let wish = self.publications.check(&publication, SETTINGS, headers, published.is_some())?;
        //= 24.379-7.3.3:client
        let own = published
            .and_then(|settings| settings.entities.into_iter().find(|entity| entity.id == key.client_id));
        let profile = own.as_ref().and_then(|entity| entity.user_profile_index);
        let mode = own.and_then(|entity| entity.answer_mode);
        //= 24.379-7.3.3:ok
        let tag = self.token();
        let granted = self.publications.commit(now, &publication, wish, tag);
        self.clients.touch(&key);
        if let (Some(client), true) = (self.clients.get_mut(&key), mode.is_some()) {
            client.answer_mode.clone_from(&mode);
        }
        self.deadlines.set(Deadline::Settings(key.clone()), granted.until);

        let mut response = Response::new(StatusCode::OK);
        response.headers.push(HeaderName::SipEtag, granted.tag);
        response.headers.push(HeaderName::Expires, granted.wish.seconds.to_string());
        self.agent.respond(now, incoming.transaction, response);
        self.changed.insert(Watched::Settings(key.mcptt_id.clone()));
        if let Some(mode) = mode {
            self.event(Event::SettingsPublished {
                mcptt_id: key.mcptt_id.clone(),
                client_id: key.client_id.clone(),
                automatic: mode == AnswerMode::Automatic,
            });
        }
        // With another profile come other groups; then this is done with its rules.
        if !profile.is_some_and(|profile| self.select_profile(&key, profile)) {
            //= 24.379-7.3.3:13
            self.affiliate_implicitly(now, &key);
        }
        self.announce_bearers(now, &key);
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
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let token = clear(info.access_token.as_ref())?;
        let target = info.target()?.and_then(Canonical::of);
        let bound = || {
            let bound = self.bound_client(originator, incoming, named.as_ref());
            bound.map_err(|_| Refusal::SettingsWithoutBinding)
        };
        let mcptt_id = match (&self.directory.config.authorisation, token) {
            (Authorisation::Token(rules), Some(token)) => self.claimed(now, rules, &token.0)?,
            //= 24.379-7.3.4
            (Authorisation::Token(_), None) => {
                let key = bound()?;
                let other = target.is_some() && target != Canonical::of(key.mcptt_id.as_str());
                return if other { Err(Refusal::SettingsWithoutBinding) } else { Ok(key) };
            }
            (Authorisation::Registration, token) => {
                let user = self.user_behind(&originator.public_user_id);
                let user = user.ok_or(Refusal::SettingsWithoutBinding)?;
                match (&user.access_token, token) {
                    //= 24.379-7.3.3:101
                    (Some(secret), Some(token)) if !secret.matches(&token.0) => {
                        return Err(Refusal::ServiceAuthorisationFailed);
                    }
                    (_, Some(_)) => {}
                    (secret, None) => {
                        if target.is_some() && target != Canonical::of(user.mcptt_id.as_str()) {
                            return Err(Refusal::SettingsWithoutBinding);
                        }
                        if secret.is_some() {
                            return bound();
                        }
                    }
                }
                user.mcptt_id.clone()
            }
        };
        let client_id = named.clone().ok_or(Refusal::BodyUnreadable)?;
        let key = ClientKey { mcptt_id, client_id };
        if self.clients.get(&key).is_none() {
            self.may_authorise(&key)?;
        }
        let binding = self.binding_for(originator, incoming, &key.client_id);
        let ClientKey { mcptt_id, client_id } = key;
        let key = binding.and_then(|binding| self.authorise(now, binding, client_id, Some(&mcptt_id)));
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
        self.publications.check(
            &(key.clone(), Published::Settings),
            SETTINGS,
            &incoming.request.headers,
            false,
        )?;
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
            self.publications.forget(&(key.clone(), Published::Settings));
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
