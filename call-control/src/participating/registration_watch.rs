//! Who watches the contacts of a user (RFC 3680, RFC 5628).

use std::time::Instant;

use mcptt_codec::sip::Part;
use mcptt_codec::xml::mime;
use mcptt_codec::xml::reg_info::{
    Contact, ContactEvent, ContactState, RegInfo, Registration, RegistrationState,
};

use super::identity::Originator;
use super::registrar::{Binding, BindingRef};
use super::subscription::Watched;
use super::{Incoming, Participating};
use crate::directory::Canonical;
use crate::event::EndCause;
use crate::policy::Refusal;

impl Participating {
    /// What a SUBSCRIBE to `reg` watches: the address that it names, else that of the subscriber.
    ///
    /// # Errors
    /// [`Refusal::AffiliationOfAnotherUser`] unless it is the subscriber's own or a trusted network asks.
    pub(super) fn watched_registration(
        &self,
        incoming: &Incoming<'_>,
        originator: &Originator,
    ) -> Result<Watched, Refusal> {
        let named = Canonical::of(&incoming.request.uri).filter(|uri| self.directory.user_of(uri).is_some());
        let address = named.unwrap_or_else(|| originator.public_user_id.clone());
        let user = |identity: &Canonical| self.directory.user_of(identity).map(|user| &user.mcptt_id);
        //= RFC3680-4.6
        let own = user(&address).is_some() && user(&address) == user(&originator.public_user_id);
        match own || (originator.trusted && user(&address).is_some()) {
            true => Ok(Watched::Registration(address)),
            false => Err(Refusal::AffiliationOfAnotherUser),
        }
    }

    /// The contacts of an address have changed.
    pub(super) fn registration_changed(&mut self, address: &Canonical) {
        let watched = Watched::Registration(address.clone());
        if self.subscriptions.is_watched(&watched) {
            self.changed.insert(watched);
        }
    }

    /// A contact is gone: those who watch are told once how.
    pub(super) fn registration_ended(&mut self, at: BindingRef, binding: &Binding, cause: EndCause) {
        if !self.subscriptions.is_watched(&Watched::Registration(binding.public_user_id.clone())) {
            return;
        }
        let event = match cause {
            EndCause::Expired => ContactEvent::Expired,
            EndCause::FlowFailed => ContactEvent::Deactivated,
            EndCause::Displaced => ContactEvent::Rejected,
            _ => ContactEvent::Unregistered,
        };
        let contact =
            Contact { state: ContactState::Terminated, event, expires: None, ..shown(at, binding, 0) };
        self.ended.entry(binding.public_user_id.clone()).or_default().push(contact);
    }

    /// All contacts of an address, those that have just ended among them.
    pub(super) fn registration_part(&self, now: Instant, address: &Canonical, version: u32) -> Part {
        let mut contacts: Vec<Contact> = self
            .registrar
            .of_user(address)
            .map(|(at, binding)| {
                shown(at, binding, binding.expires_at.saturating_duration_since(now).as_secs())
            })
            .collect();
        let active = !contacts.is_empty();
        contacts.extend(self.ended.get(address).into_iter().flatten().cloned());
        let state = match (active, contacts.is_empty()) {
            (true, _) => RegistrationState::Active,
            (false, false) => RegistrationState::Terminated,
            (false, true) => RegistrationState::Init,
        };
        let registration = Registration {
            aor: address.as_str().into(),
            id: "r1".into(),
            state,
            contacts,
            extra: Default::default(),
        };
        //= RFC3680-5.1:version
        let info =
            RegInfo { version, full: true, registrations: vec![registration], extra: Default::default() };
        Part::new(mime::REGINFO, info.to_xml())
    }
}

fn shown(at: BindingRef, binding: &Binding, seconds: u64) -> Contact {
    Contact {
        id: at.to_string().into(),
        state: ContactState::Active,
        event: if binding.refreshed { ContactEvent::Refreshed } else { ContactEvent::Registered },
        expires: u32::try_from(seconds).ok(),
        q: binding.preference.clone(),
        uri: binding.contact_text.clone(),
        //= RFC5628-5
        pub_gruu: binding.public_gruu(),
        extra: Default::default(),
    }
}
