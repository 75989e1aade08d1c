//! Registration and service binding (TS 24.379 7.3.1A, 7.3.2; RFC 3261 10.3).
//!
//! The function is registrar for clients that reach it directly, and takes third-party registrations of a SIP core. A
//! binding is the way to a device; the service is bound to it when the client is authorised.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};

use mcptt_codec::id::{ClientId, PublicUserId};
use mcptt_codec::sip::{HeaderName, Limits, NameAddr, Request, Response, SipMessage, StatusCode, Uri};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mime;

use super::subscription::Watched;
use super::{ClientKey, Deadline, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues, clear};
use crate::config::User;
use crate::digest::Verdict;
use crate::directory::Canonical;
use crate::event::{EndCause, Event};
use crate::policy::Refusal;
use crate::service;
use crate::transport::Hop;

/// One registered contact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct BindingRef(u64);

#[derive(Clone, Debug)]
pub(super) struct Binding {
    pub public_user_id: Canonical,
    /// The identity in the spelling of the configuration.
    pub identity: PublicUserId,
    /// The Contact as it was registered.
    contact: Uri,
    /// The Request-URI of requests to the client.
    pub target: ByteStr,
    /// Where requests to the client go, and where its requests come from.
    pub flow: Hop,
    call_id: ByteStr,
    sequence: u32,
    expires_at: Instant,
    /// The registration came with the token, or from a trusted network, or needs neither.
    proven: bool,
    /// Registered with us directly, and no client has had the service here yet.
    pub awaits_first_client: bool,
    /// The client that is authorised for the service here.
    pub client_id: Option<ClientId>,
}

/// All bindings.
#[derive(Debug, Default)]
pub(super) struct Registrar {
    bindings: BTreeMap<BindingRef, Binding>,
    of_user: BTreeMap<Canonical, Vec<BindingRef>>,
    /// Those that a connection holds: when it closes they are affected.
    on_stream: BTreeSet<(Hop, BindingRef)>,
    next: u64,
}

impl Registrar {
    pub fn binding(&self, binding: BindingRef) -> Option<&Binding> {
        self.bindings.get(&binding)
    }

    pub fn binding_mut(&mut self, binding: BindingRef) -> Option<&mut Binding> {
        self.bindings.get_mut(&binding)
    }

    pub fn of_user(&self, user: &Canonical) -> impl Iterator<Item = (BindingRef, &Binding)> {
        let refs = self.of_user.get(user).map(Vec::as_slice).unwrap_or_default();
        refs.iter().filter_map(|at| Some((*at, self.bindings.get(at)?)))
    }

    /// Whether an identity is registered from this address.
    pub fn is_flow_of(&self, user: &Canonical, flow: Hop) -> bool {
        self.of_user(user).any(|(_, binding)| binding.flow == flow)
    }

    fn insert(&mut self, binding: Binding) -> BindingRef {
        self.next = self.next.wrapping_add(1);
        let at = BindingRef(self.next);
        self.of_user.entry(binding.public_user_id.clone()).or_default().push(at);
        self.note_stream(binding.flow, at);
        self.bindings.insert(at, binding);
        at
    }

    fn note_stream(&mut self, flow: Hop, at: BindingRef) {
        if flow.transport.is_reliable() {
            self.on_stream.insert((flow, at));
        }
    }

    /// The bindings that a connection holds.
    fn on_flow(&self, flow: Hop) -> Vec<BindingRef> {
        let range = self.on_stream.range((flow, BindingRef(0))..=(flow, BindingRef(u64::MAX)));
        range.map(|(_, at)| *at).collect()
    }

    fn set_flow(&mut self, at: BindingRef, flow: Hop) {
        let Some(binding) = self.bindings.get_mut(&at) else { return };
        let before = std::mem::replace(&mut binding.flow, flow);
        self.on_stream.remove(&(before, at));
        self.note_stream(flow, at);
    }

    fn remove(&mut self, at: BindingRef) -> Option<Binding> {
        let binding = self.bindings.remove(&at)?;
        self.on_stream.remove(&(binding.flow, at));
        if let Some(refs) = self.of_user.get_mut(&binding.public_user_id) {
            refs.retain(|other| *other != at);
            if refs.is_empty() {
                self.of_user.remove(&binding.public_user_id);
            }
        }
        Some(binding)
    }
}

/// What one REGISTER wants for one contact.
struct Wish {
    contact: Uri,
    /// Zero removes it.
    lifetime: Duration,
    /// The Contact carries the feature tag of the service.
    service: bool,
}

/// A REGISTER, whoever sent it.
struct Registration {
    user: Canonical,
    identity: PublicUserId,
    third_party: bool,
    trusted: bool,
    proven: bool,
    /// Of the mcptt-info.
    client_id: Option<ClientId>,
    flow: Hop,
    call_id: ByteStr,
    sequence: u32,
}

impl Participating {
    pub(super) fn register(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let trusted = self.directory.is_trusted(incoming.path.remote.ip());
        let inner = inner_register(incoming.request, trusted)?;
        let third_party = inner.is_some();
        let clients_own = inner.as_ref().unwrap_or(incoming.request);

        let to =
            service::address(&incoming.request.headers, &HeaderName::To).ok_or(Refusal::BodyUnreadable)?;
        let user_key = Canonical::of_uri(&to).ok_or(Refusal::UserUnknown)?;
        let user = self.directory.user_of(&user_key).ok_or(Refusal::UserUnknown)?;
        // A SIP core has done this itself.
        if let Some(digest) = user.digest.as_ref().filter(|_| !trusted) {
            //= RFC3261-22.1:challenge
            match self.authenticator.verify(now, incoming.request, digest) {
                Verdict::Accepted => {}
                Verdict::Refused => return Err(Refusal::CredentialsMissing),
                Verdict::Stale => return Err(Refusal::CredentialsStale),
            }
        }
        let bodies = match Bodies::read(&clients_own.headers, &clients_own.body) {
            Ok(bodies) => bodies,
            // The client never sees the answer to a third-party registration: it finds itself without the service.
            Err(_) if third_party => Bodies::default(),
            Err(refusal) => return Err(refusal),
        };
        let presented = self.presented_token(user, &bodies);
        let proven = match presented {
            Ok(proven) => proven,
            Err(_) if third_party => false,
            Err(refusal) => return Err(refusal),
        };
        let cseq = incoming.request.headers.cseq().map_err(|_| Refusal::BodyUnreadable)?;
        let client_id = bodies.info.as_ref().map(InfoValues::client).transpose()?.flatten();
        let registration = Registration {
            identity: PublicUserId::new(to.bare().to_string()),
            user: user_key,
            third_party,
            trusted,
            proven,
            client_id,
            flow: incoming.path.hop(),
            call_id: incoming.request.headers.call_id().cloned().unwrap_or_default(),
            sequence: cseq.number,
        };
        let wishes = self.wishes(incoming.request, clients_own, &registration)?;
        self.check(&registration, &wishes)?;
        for wish in wishes {
            self.apply(now, &registration, wish);
        }
        self.confirm_registration(now, incoming, &registration);
        Ok(())
    }

    /// Whether the request proves that it comes from the user: with the right token, or because none is configured.
    fn presented_token(&self, user: &User, bodies: &Bodies) -> Result<bool, Refusal> {
        let token = match &bodies.info {
            Some(info) => clear(info.access_token.as_ref())?,
            None => None,
        };
        match (&user.access_token, token) {
            (None, _) => Ok(true),
            //= 24.379-7.3.2:notoken
            (Some(_), None) => Ok(false),
            (Some(secret), Some(token)) if secret.matches(&token.0) => Ok(true),
            //= 24.379-7.3.3:101
            (Some(_), Some(_)) => Err(Refusal::ServiceAuthorisationFailed),
        }
    }

    /// The contacts of a REGISTER with their lifetimes (RFC 3261 10.3 step 6 and 7).
    fn wishes(
        &self,
        outer: &Request,
        clients_own: &Request,
        registration: &Registration,
    ) -> Result<Vec<Wish>, Refusal> {
        let bounds = &self.directory.config.registration;
        let header = outer.headers.number(&HeaderName::Expires).map_err(|_| Refusal::BodyUnreadable)?;
        let contacts: Vec<&str> = outer.headers.values(&HeaderName::Contact).collect();
        if contacts.contains(&"*") {
            if contacts.len() != 1 || header != Some(0) {
                return Err(Refusal::BodyUnreadable);
            }
            let all = self.registrar.of_user(&registration.user);
            let may = all.filter(|(_, binding)| registration.may_change(binding));
            return Ok(may
                .map(|(_, binding)| Wish {
                    contact: binding.contact.clone(),
                    lifetime: Duration::ZERO,
                    service: false,
                })
                .collect());
        }
        let offers_service = |contact: &NameAddr| match registration.third_party {
            true => clients_own.headers.contact().is_ok_and(|own| service::offers_mcptt(&own)),
            false => service::offers_mcptt(contact),
        };
        let mut wishes = Vec::new();
        for contact in contacts.into_iter().take(bounds.contacts_per_user.saturating_add(1)) {
            let contact = NameAddr::parse(contact).map_err(|_| Refusal::BodyUnreadable)?;
            if !contact.uri.is_sip() {
                return Err(Refusal::BodyUnreadable);
            }
            let asked = match contact.params.get("expires") {
                // RFC 3261 10.2.1.1: an unreadable value counts as 3600.
                Some(text) => Duration::from_secs(text.parse::<u32>().unwrap_or(3600).into()),
                None => header.map_or(bounds.default, |seconds| Duration::from_secs(seconds.into())),
            };
            if !asked.is_zero() && asked < bounds.minimum {
                return Err(Refusal::IntervalTooBrief);
            }
            let service = offers_service(&contact);
            wishes.push(Wish { contact: contact.uri, lifetime: asked.min(bounds.maximum), service });
        }
        Ok(wishes)
    }

    /// Everything that can fail is looked at before anything is changed.
    fn check(&self, registration: &Registration, wishes: &[Wish]) -> Result<(), Refusal> {
        let config = &self.directory.config;
        let mut added = 0_usize;
        for wish in wishes {
            match self.same_contact(registration, &wish.contact) {
                Some((_, binding)) if !registration.may_change(binding) => {
                    return Err(Refusal::IdentityNotBelieved);
                }
                Some((_, binding))
                    if binding.call_id == registration.call_id
                        && registration.sequence <= binding.sequence =>
                {
                    return Err(Refusal::RegistrationOutOfOrder);
                }
                Some(_) => {}
                None if wish.lifetime.is_zero() => {}
                None => added = added.saturating_add(1),
            }
        }
        let own: Vec<bool> =
            self.registrar.of_user(&registration.user).map(|(_, binding)| binding.proven).collect();
        let evictable = if registration.proven { own.iter().filter(|proven| !**proven).count() } else { 0 };
        let after = own.len().saturating_add(added).saturating_sub(evictable.min(added));
        let total = self.registrar.bindings.len().saturating_add(added).saturating_sub(evictable.min(added));
        if after > config.registration.contacts_per_user || total > config.limits.bindings {
            return Err(Refusal::BindingsFull);
        }
        Ok(())
    }

    fn same_contact(&self, registration: &Registration, contact: &Uri) -> Option<(BindingRef, &Binding)> {
        self.registrar.of_user(&registration.user).find(|(_, binding)| binding.contact.equivalent(contact))
    }

    fn apply(&mut self, now: Instant, registration: &Registration, wish: Wish) {
        let known = self.same_contact(registration, &wish.contact).map(|(at, _)| at);
        if wish.lifetime.is_zero() {
            //= 24.379-7.3.2:dereg
            if let Some(at) = known {
                self.end_binding(now, at, EndCause::Removed);
            }
            return;
        }
        let contact_text = ByteStr::from(wish.contact.to_string());
        let expires_at = now.checked_add(wish.lifetime).unwrap_or(now);
        let at = match known {
            Some(at) => {
                self.registrar.set_flow(at, registration.flow);
                if let Some(binding) = self.registrar.binding_mut(at) {
                    binding.call_id = registration.call_id.clone();
                    binding.sequence = registration.sequence;
                    binding.expires_at = expires_at;
                    binding.proven |= registration.proven;
                }
                at
            }
            None => {
                self.make_room(now, registration);
                let target = match registration.third_party {
                    true => registration.identity.0.clone(),
                    false => contact_text.clone(),
                };
                self.registrar.insert(Binding {
                    public_user_id: registration.user.clone(),
                    identity: registration.identity.clone(),
                    contact: wish.contact,
                    target,
                    flow: registration.flow,
                    call_id: registration.call_id.clone(),
                    sequence: registration.sequence,
                    expires_at,
                    proven: registration.proven,
                    awaits_first_client: !registration.third_party,
                    client_id: None,
                })
            }
        };
        self.deadlines.set(Deadline::Binding(at), Some(expires_at));
        self.event(Event::Registered {
            public_user_id: registration.identity.clone(),
            contact: contact_text,
            expires: wish.lifetime.as_secs(),
        });
        self.bind_service(now, registration, at, wish.service);
    }

    /// A registration with proof takes the place of one without.
    fn make_room(&mut self, now: Instant, registration: &Registration) {
        let limit = self.directory.config.registration.contacts_per_user;
        let total = self.directory.config.limits.bindings;
        let full = self.registrar.of_user(&registration.user).count() >= limit
            || self.registrar.bindings.len() >= total;
        if full {
            let unproven = self
                .registrar
                .of_user(&registration.user)
                .find(|(_, binding)| !binding.proven)
                .map(|(at, _)| at);
            if let Some(at) = unproven {
                self.end_binding(now, at, EndCause::Displaced);
            }
        }
    }

    fn bind_service(&mut self, now: Instant, registration: &Registration, at: BindingRef, service: bool) {
        if !service {
            //= 24.379-7.1:logoff
            self.log_off_binding(now, at, EndCause::LoggedOff);
            return;
        }
        //= 24.379-7.3.2
        if let (true, Some(client_id)) = (registration.proven, &registration.client_id) {
            self.authorise(now, at, client_id.clone());
        }
    }

    /// Binds the service to a contact: from now on the client can be called there.
    pub(super) fn authorise(
        &mut self,
        now: Instant,
        at: BindingRef,
        client_id: ClientId,
    ) -> Option<ClientKey> {
        let binding = self.registrar.binding(at)?;
        let public_user_id = binding.public_user_id.clone();
        let mcptt_id = self.directory.user_of(&public_user_id)?.mcptt_id.clone();
        let key = ClientKey { mcptt_id, client_id };
        if binding.client_id.as_ref().is_some_and(|other| *other != key.client_id) {
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
        }
        self.clients.bind(key.clone(), public_user_id, at);
        if known.is_none() {
            self.event(Event::ServiceAuthorised {
                mcptt_id: key.mcptt_id.clone(),
                client_id: key.client_id.clone(),
            });
        }
        Some(key)
    }

    pub(super) fn binding_expired(&mut self, now: Instant, at: BindingRef) {
        self.end_binding(now, at, EndCause::Expired);
    }

    /// A connection is gone. Clients that were registered over it and cannot be connected to have to come back by
    /// themselves; the others are reached where their Contact says.
    pub(super) fn flow_failed(&mut self, now: Instant, flow: Hop) {
        for at in self.registrar.on_flow(flow) {
            let Some(binding) = self.registrar.binding(at) else { continue };
            //= RFC5626-4.2:flow
            match Hop::of_uri(&binding.contact).filter(|hop| hop.transport.can_be_opened() && *hop != flow) {
                Some(listening) => self.registrar.set_flow(at, listening),
                None => self.end_binding(now, at, EndCause::FlowFailed),
            }
        }
    }

    fn end_binding(&mut self, now: Instant, at: BindingRef, cause: EndCause) {
        self.log_off_binding(now, at, cause);
        self.deadlines.set(Deadline::Binding(at), None);
        if let Some(binding) = self.registrar.remove(at) {
            self.event(Event::RegistrationEnded {
                public_user_id: binding.identity,
                contact: binding.contact.to_string().into(),
                cause,
            });
        }
    }

    fn log_off_binding(&mut self, now: Instant, at: BindingRef, cause: EndCause) {
        let Some(binding) = self.registrar.binding_mut(at) else { return };
        let Some(client_id) = binding.client_id.take() else { return };
        let public_user_id = binding.public_user_id.clone();
        if let Some(user) = self.directory.user_of(&public_user_id) {
            let key = ClientKey { mcptt_id: user.mcptt_id.clone(), client_id };
            self.end_service(now, &key, cause);
        }
    }

    /// The client is no longer authorised: its settings and affiliations end, and with the affiliations its place in
    /// running calls (TS 24.379 10.1.1.4.4.3).
    pub(super) fn end_service(&mut self, now: Instant, key: &ClientKey, cause: EndCause) {
        let Some(client) = self.clients.remove(key) else { return };
        if let Some(binding) = self.registrar.binding_mut(client.binding) {
            binding.client_id = None;
        }
        self.deadlines.set(Deadline::Settings(key.clone()), None);
        self.end_affiliations(now, key);
        self.changed.insert(Watched::Settings(key.mcptt_id.clone()));
        self.end_subscriptions(&key.mcptt_id);
        self.event(Event::ServiceEnded {
            mcptt_id: key.mcptt_id.clone(),
            client_id: key.client_id.clone(),
            cause,
        });
    }

    fn confirm_registration(&mut self, now: Instant, incoming: &Incoming<'_>, registration: &Registration) {
        let mut response = Response::new(StatusCode::OK);
        if registration.third_party {
            if let Some(expires) = incoming.request.headers.get(&HeaderName::Expires) {
                response.headers.push(HeaderName::Expires, expires.clone());
            }
        } else {
            for (_, binding) in self.registrar.of_user(&registration.user) {
                if registration.may_change(binding) {
                    let left = binding.expires_at.saturating_duration_since(now).as_secs();
                    let value = format!("<{}>;expires={left}", binding.contact);
                    response.headers.push(HeaderName::Contact, value);
                }
            }
        }
        self.agent.respond(now, incoming.transaction, response);
    }
}

impl Registration {
    /// A stranger can neither see nor end the registrations of others, whatever identity it claims.
    fn may_change(&self, binding: &Binding) -> bool {
        self.trusted || self.proven || binding.flow == self.flow
    }
}

/// The REGISTER of the client inside a third-party registration (TS 24.379 7.3.2).
fn inner_register(request: &Request, trusted: bool) -> Result<Option<Request>, Refusal> {
    let Ok(Some(content_type)) = request.headers.content_type() else { return Ok(None) };
    if !content_type.is(mime::SIP) {
        return Ok(None);
    }
    if !trusted {
        return Err(Refusal::IdentityNotBelieved);
    }
    match SipMessage::decode(&request.body, &Limits::DEFAULT) {
        Ok(SipMessage::Request(inner)) => Ok(Some(inner)),
        _ => Err(Refusal::BodyUnreadable),
    }
}
