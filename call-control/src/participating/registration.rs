//! Registration and service binding (TS 24.379 7.3.1A, 7.3.2; RFC 3261 10.3).
//!
//! The function is registrar for clients that reach it directly, and takes third-party registrations of a SIP core. A
//! binding is the way to a device; the service is bound to it when the client is authorised.

use std::time::{Duration, Instant};

use mcptt_codec::id::{ClientId, McpttId, PublicUserId};
use mcptt_codec::sip::field::ResourceShare;
use mcptt_codec::sip::{
    FieldValue, HeaderName, Headers, Limits, NameAddr, Request, Response, SipMessage, StatusCode, Uri,
};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mime;

use super::gruu;
use super::registrar::{Binding, BindingRef, Device};
use super::settings::Published;
use super::subscription::Watched;
use super::{ClientKey, Deadline, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues};
use crate::digest::Verdict;
use crate::directory::Canonical;
use crate::event::{EndCause, Event};
use crate::policy::Refusal;
use crate::service;
use crate::transport::Hop;

/// Proxies that a way to a client may lead over.
const MAX_PATH: usize = 16;
/// The option tag of RFC 5626.
const OUTBOUND: &str = "outbound";

/// What one REGISTER wants for one contact.
struct Wish {
    contact: Uri,
    device: Option<Device>,
    preference: Option<ByteStr>,
    /// Zero removes it.
    lifetime: Duration,
    /// The Contact carries the feature tag of the service.
    service: bool,
}

impl Wish {
    /// Whether it is one of the flows of a device.
    fn is_flow(&self) -> bool {
        self.device.as_ref().is_some_and(|device| device.flow.is_some())
    }
}

/// The feature-capability indicator of a SIP core that takes Priority-Share into account (TS 24.229).
const PRIORITY_SHARE: &str = "g.3gpp.priority-share";

/// A REGISTER, whoever sent it.
struct Registration {
    user: Canonical,
    identity: PublicUserId,
    third_party: bool,
    trusted: bool,
    proven: bool,
    /// The SIP core says that the access shares resources between sessions.
    shares_resources: bool,
    /// The SIP core says that it takes Priority-Share into account.
    shares_priority: bool,
    /// Whose token came with it.
    claimed: Option<McpttId>,
    /// Of the mcptt-info.
    client_id: Option<ClientId>,
    flow: Hop,
    path: Vec<ByteStr>,
    /// The client can keep flows of its own (RFC 5626), and once it is known what it wants: it does.
    outbound: bool,
    /// The client wants GRUUs; where a SIP core is the registrar it gives them.
    gruu: bool,
    call_id: ByteStr,
    sequence: u32,
}

impl Participating {
    pub(super) fn register(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let trusted = self.trusts(incoming.path);
        let path = path_of(incoming.request, trusted)?;
        let inner = inner_register(incoming.request, trusted)?;
        let third_party = inner.is_some();
        let clients_own = inner.as_ref().unwrap_or(incoming.request);

        let to =
            service::address(&incoming.request.headers, &HeaderName::To).ok_or(Refusal::BodyUnreadable)?;
        let user_key = Canonical::of_uri(&to).ok_or(Refusal::UserUnknown)?;
        let user = self.directory.user_of(&user_key);
        // A SIP core has done this itself.
        if let Some(digest) = user.and_then(|user| user.digest.as_ref()).filter(|_| !trusted) {
            //= RFC3261-22.1:challenge
            match self.authenticator.verify(now, incoming.request, digest) {
                Verdict::Accepted => {}
                Verdict::Refused => return Err(Refusal::CredentialsMissing),
                Verdict::Stale => return Err(Refusal::CredentialsStale),
            }
        }
        //= 24.379-7.3.1A
        let opened = if third_party { self.opened(clients_own) } else { Ok(None) };
        let bodies = opened.and_then(|opened| {
            let clients_own = opened.as_ref().unwrap_or(clients_own);
            Bodies::read(&clients_own.headers, &clients_own.body)
        });
        let bodies = match bodies {
            Ok(bodies) => bodies,
            // The client never sees the answer to a third-party registration: it finds itself without the service.
            Err(_) if third_party => Bodies::default(),
            Err(refusal) => return Err(refusal),
        };
        let (proven, claimed) = match self.presented_token(now, user, &bodies) {
            Ok(presented) => presented,
            Err(_) if third_party => (false, None),
            Err(refusal) => return Err(refusal),
        };
        if user.is_none() && claimed.is_none() {
            return Err(Refusal::UserUnknown);
        }
        let cseq = incoming.request.headers.cseq().map_err(|_| Refusal::BodyUnreadable)?;
        let client_id = bodies.info.as_ref().map(InfoValues::client).transpose()?.flatten();
        let mut registration = Registration {
            identity: identity_of(&to),
            user: user_key,
            third_party,
            trusted,
            proven,
            shares_resources: third_party && shares_resources(&incoming.request.headers),
            shares_priority: third_party && knows_priority_share(&incoming.request.headers),
            claimed,
            client_id,
            flow: incoming.path.hop(),
            outbound: incoming.request.headers.lists(&HeaderName::Supported, OUTBOUND),
            gruu: !third_party && incoming.request.headers.lists(&HeaderName::Supported, gruu::OPTION_TAG),
            path,
            // Copied: a binding outlives the datagram that it came in.
            call_id: incoming.request.headers.call_id().map(|id| id.as_str().into()).unwrap_or_default(),
            sequence: cseq.number,
        };
        let wishes = self.wishes(incoming.request, clients_own, &registration)?;
        if lacks_outbound(incoming.request, &registration, &wishes) {
            //= RFC5626-6:439
            let refusal = Response::new(StatusCode::FIRST_HOP_LACKS_OUTBOUND_SUPPORT);
            self.agent.respond(now, incoming.transaction, refusal);
            return Ok(());
        }
        self.check(&registration, &wishes)?;
        registration.outbound = wishes.iter().any(Wish::is_flow);
        for wish in wishes {
            self.apply(now, &registration, wish);
        }
        self.confirm_registration(now, incoming, &registration);
        Ok(())
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
                    device: binding.device.clone(),
                    preference: None,
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
            let mut device = Device::of(&contact);
            if let Some(device) = device.as_mut().filter(|_| !registration.outbound) {
                device.flow = None;
            }
            let preference = contact.params.raw("q").filter(|q| q.parse::<f32>().is_ok()).cloned();
            let lifetime = asked.min(bounds.maximum);
            wishes.push(Wish { contact: contact.uri, device, preference, lifetime, service });
        }
        Ok(wishes)
    }

    /// Everything that can fail is looked at before anything is changed.
    fn check(&self, registration: &Registration, wishes: &[Wish]) -> Result<(), Refusal> {
        let config = &self.directory.config;
        let mut added = 0_usize;
        for wish in wishes {
            match self.same_contact(registration, wish) {
                Some((_, binding)) if !registration.may_change(binding) => {
                    return Err(Refusal::IdentityNotBelieved);
                }
                Some((_, binding))
                    if binding.call_id == registration.call_id
                        && registration.sequence <= binding.sequence
                        && !(binding.restored && registration.sequence == binding.sequence) =>
                {
                    return Err(Refusal::RegistrationOutOfOrder);
                }
                Some(_) => {}
                None if wish.lifetime.is_zero() => {}
                None => added = added.saturating_add(1),
            }
        }
        if added == 0 {
            return Ok(());
        }
        let (mut own, mut unproven) = (0_usize, 0_usize);
        for (_, binding) in self.registrar.of_user(&registration.user) {
            own = own.saturating_add(1);
            unproven = unproven.saturating_add(usize::from(!binding.proven));
        }
        let evictable = if registration.proven { unproven } else { 0 };
        let after = own.saturating_add(added).saturating_sub(evictable.min(added));
        let total = self.registrar.len().saturating_add(added).saturating_sub(evictable.min(added));
        if after > config.registration.contacts_per_user || total > config.limits.bindings {
            return Err(Refusal::BindingsFull);
        }
        Ok(())
    }

    fn same_contact(&self, registration: &Registration, wish: &Wish) -> Option<(BindingRef, &Binding)> {
        self.registrar.same(&registration.user, &wish.contact, wish.device.as_ref())
    }

    fn apply(&mut self, now: Instant, registration: &Registration, wish: Wish) {
        let known = self.same_contact(registration, &wish);
        // Most clients write the same every time.
        let written = known.filter(|(_, binding)| binding.contact == wish.contact);
        let written = written.map(|(_, binding)| binding.contact_text.clone());
        let known = known.map(|(at, _)| at);
        if wish.lifetime.is_zero() {
            //= 24.379-7.3.2:dereg
            if let Some(at) = known {
                self.end_binding(now, at, EndCause::Removed);
            }
            return;
        }
        let contact_text = written.unwrap_or_else(|| ByteStr::from(wish.contact.to_string()));
        let expires_at = now.checked_add(wish.lifetime).unwrap_or(now);
        let at = match known {
            Some(at) => {
                self.registrar.set_flow(at, registration.flow);
                let first_temporary = self.gruus.next();
                if let Some(binding) = self.registrar.binding_mut(at) {
                    if !registration.third_party {
                        binding.target.clone_from(&contact_text);
                    }
                    binding.contact = wish.contact;
                    binding.contact_text = contact_text.clone();
                    binding.device = wish.device;
                    binding.preference = wish.preference;
                    binding.path.clone_from(&registration.path);
                    if binding.call_id != registration.call_id {
                        binding.first_temporary = first_temporary;
                    }
                    binding.wants_gruu = registration.gruu;
                    binding.call_id = registration.call_id.clone();
                    binding.sequence = registration.sequence;
                    binding.restored = false;
                    binding.expires_at = expires_at;
                    binding.refreshed = true;
                    binding.proven |= registration.proven;
                    binding.shares_resources = registration.shares_resources;
                    binding.shares_priority = registration.shares_priority;
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
                    contact_text: contact_text.clone(),
                    device: wish.device,
                    preference: wish.preference,
                    path: registration.path.clone(),
                    target,
                    flow: registration.flow,
                    call_id: registration.call_id.clone(),
                    sequence: registration.sequence,
                    restored: false,
                    expires_at,
                    refreshed: false,
                    wants_gruu: registration.gruu,
                    first_temporary: 0,
                    proven: registration.proven,
                    shares_resources: registration.shares_resources,
                    shares_priority: registration.shares_priority,
                    awaits_first_client: !registration.third_party,
                    client_id: None,
                    served: None,
                })
            }
        };
        self.deadlines.set(Deadline::Binding(at), Some(expires_at));
        self.registration_changed(&registration.user);
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
        let full =
            self.registrar.of_user(&registration.user).count() >= limit || self.registrar.len() >= total;
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
            // A phone that knows nothing of the service does not end it by registering again.
            let plain = self.directory.config.policy.plain_calls
                && self
                    .registrar
                    .binding(at)
                    .and_then(|binding| binding.client_id.as_ref())
                    .is_some_and(|client| client.0 == *registration.user.as_str());
            if plain {
                return;
            }
            //= 24.379-7.1:logoff
            self.log_off_binding(now, at, EndCause::LoggedOff);
            return;
        }
        //= 24.379-7.3.2
        if let (true, Some(client_id)) = (registration.proven, &registration.client_id) {
            self.authorise(now, at, client_id.clone(), registration.claimed.as_ref());
        }
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
        // A device with another flow is reached over that one.
        let served = self.registrar.binding(at).and_then(|binding| binding.client_id.clone());
        let lost = matches!(cause, EndCause::FlowFailed | EndCause::Expired);
        if let (Some(client_id), Some(other), true) = (served, self.registrar.sibling(at), lost) {
            //= RFC5626-6:failover
            let user = self.registrar.binding(at).and_then(|binding| binding.served.clone());
            self.authorise(now, other, client_id, user.as_ref());
        }
        self.log_off_binding(now, at, cause);
        self.deadlines.set(Deadline::Binding(at), None);
        if let Some(binding) = self.registrar.remove(at) {
            self.registration_ended(at, &binding, cause);
            self.registration_changed(&binding.public_user_id);
            self.event(Event::RegistrationEnded {
                public_user_id: binding.identity,
                contact: binding.contact_text,
                cause,
            });
        }
    }

    pub(super) fn log_off_binding(&mut self, now: Instant, at: BindingRef, cause: EndCause) {
        let Some(binding) = self.registrar.binding_mut(at) else { return };
        let Some(client_id) = binding.client_id.take() else { return };
        if let Some(mcptt_id) = binding.served.clone() {
            self.end_service(now, &ClientKey { mcptt_id, client_id }, cause);
        }
    }

    /// The client is no longer authorised: its settings and affiliations end, and with the affiliations its place in
    /// running calls (TS 24.379 10.1.1.4.4.3).
    pub(super) fn end_service(&mut self, now: Instant, key: &ClientKey, cause: EndCause) {
        let Some(client) = self.clients.remove(key) else { return };
        if client.profile.is_some() {
            self.forget_profile(key);
        }
        if self.clients.of_user(&key.mcptt_id).next().is_none() {
            //= 33.180-csk-end
            if self.keys.remove(&key.mcptt_id) {
                self.event(Event::KeyEnded { mcptt_id: key.mcptt_id.clone() });
            }
        }
        if let Some(binding) = self.registrar.binding_mut(client.binding) {
            binding.client_id = None;
        }
        self.deadlines.set(Deadline::Settings(key.clone()), None);
        self.end_sessions_of(now, key);
        for published in [Published::Settings, Published::Affiliations] {
            self.publications.forget(&(key.clone(), published));
        }
        self.end_affiliations(now, key);
        self.end_aliases(now, key);
        self.end_location(key);
        self.forget_listening(key);
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
        let headers = &mut response.headers;
        //= RFC3327-5.3:echo
        headers.copy_from(&incoming.request.headers, &HeaderName::Path);
        if !registration.third_party {
            //= RFC3608-6.3
            for route in &self.directory.config.registration.service_route {
                headers.push(HeaderName::ServiceRoute, service::bracketed(route));
            }
        }
        if registration.outbound {
            //= RFC5626-6:require
            headers.push(HeaderName::Require, OUTBOUND);
        }
        if registration.third_party {
            if let Some(expires) = incoming.request.headers.get(&HeaderName::Expires) {
                response.headers.push(HeaderName::Expires, expires.clone());
            }
        } else {
            let own = self.registrar.of_user(&registration.user);
            let listed: Vec<(BindingRef, u64)> = own
                .filter(|(_, binding)| registration.may_change(binding))
                .map(|(at, binding)| (at, binding.expires_at.saturating_duration_since(now).as_secs()))
                .collect();
            for (at, left) in listed {
                if let Some(value) = self.listed_with_gruus(at, left) {
                    response.headers.push(HeaderName::Contact, value);
                }
            }
        }
        self.agent.respond(now, incoming.transaction, response);
    }
}

/// The identity that is registered, without what a URI may carry beside it.
fn identity_of(to: &Uri) -> PublicUserId {
    let is_bare = to.params.is_empty() && to.headers.is_empty() && to.password.is_none();
    PublicUserId::new(if is_bare { to.to_string() } else { to.bare().to_string() })
}

/// The way to the client over proxies. Only a proxy that we trust may say that requests go over somebody else.
fn path_of(request: &Request, trusted: bool) -> Result<Vec<ByteStr>, Refusal> {
    let path: Vec<ByteStr> =
        request.headers.shared_values(&HeaderName::Path).take(MAX_PATH.saturating_add(1)).collect();
    if path.len() > MAX_PATH || path.iter().any(|proxy| NameAddr::read(proxy).is_err()) {
        return Err(Refusal::BodyUnreadable);
    }
    //= RFC3327-5.3:trust
    if !path.is_empty() && !trusted {
        return Err(Refusal::IdentityNotBelieved);
    }
    Ok(path)
}

/// Whether the SIP core says in a registration that it takes Priority-Share into account.
fn knows_priority_share(headers: &Headers) -> bool {
    headers.values(&HeaderName::FeatureCaps).any(|value| {
        value.split(';').any(|tag| tag.trim().trim_start_matches('+').eq_ignore_ascii_case(PRIORITY_SHARE))
    })
}

/// Whether the SIP core says in a registration that the access shares resources.
fn shares_resources(headers: &Headers) -> bool {
    let said = headers.shared_values(&HeaderName::ResourceShare).next();
    let said = said.and_then(|value| ResourceShare::read(&value).ok());
    said.is_some_and(|share| share.option == ResourceShare::SUPPORTED)
}

/// Whether a flow is asked for that the proxy in front of the client would not keep.
fn lacks_outbound(request: &Request, registration: &Registration, wishes: &[Wish]) -> bool {
    let flows = wishes.iter().any(Wish::is_flow);
    let direct = request.headers.values(&HeaderName::Via).nth(1).is_none();
    let first = registration.path.last().and_then(|proxy| NameAddr::read(proxy).ok());
    let keeps = first.is_some_and(|first| first.uri.params.contains("ob"));
    flows && !direct && !keeps
}

impl Registration {
    /// A stranger can neither see nor end the registrations of others, whatever identity it claims.
    fn may_change(&self, binding: &Binding) -> bool {
        self.trusted || self.proven || binding.flow == self.flow
    }
}

/// The REGISTER of the client inside a third-party registration (TS 24.379 7.3.2).
pub(super) fn inner_register(request: &Request, trusted: bool) -> Result<Option<Request>, Refusal> {
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
