//! Whose request it is.
//!
//! A peer in a trusted network is believed what it asserts. Anybody else is believed only from the address that the
//! claimed identity is registered from; what a client writes into `<mcptt-calling-user-id>` is never looked at.

use std::time::Instant;

use mcptt_codec::id::ClientId;
use mcptt_codec::sip::{HeaderName, Uri};

use super::{ClientKey, Incoming, Participating};
use crate::config::User;
use crate::directory::Canonical;
use crate::policy::Refusal;
use crate::service;

/// The sender of a request.
#[derive(Clone, Debug)]
pub(super) struct Originator {
    /// Its public user identity, compared.
    pub public_user_id: Canonical,
    /// Its public user identity, for passing it on.
    pub uri: Uri,
    /// The request came from a trusted network.
    pub trusted: bool,
}

impl Participating {
    /// The public user identity that sent a request.
    ///
    /// # Errors
    /// [`Refusal::IdentityNotBelieved`] when there is none or it is not believed.
    pub(super) fn originator(&self, incoming: &Incoming<'_>) -> Result<Originator, Refusal> {
        let trusted = self.directory.is_trusted(incoming.path.remote.ip());
        let (public_user_id, uri) = claim(incoming, trusted).ok_or(Refusal::IdentityNotBelieved)?;
        if !trusted && !self.registrar.is_flow_of(&public_user_id, incoming.path.hop()) {
            return Err(Refusal::IdentityNotBelieved);
        }
        Ok(Originator { public_user_id, uri, trusted })
    }

    /// The user that a request claims to be from, believed or not; for events only.
    pub(super) fn claimed_user(&self, incoming: &Incoming<'_>) -> Option<&User> {
        let trusted = self.directory.is_trusted(incoming.path.remote.ip());
        self.directory.user_of(&claim(incoming, trusted)?.0)
    }

    /// The client of the originator that sent a request: the one it names, else the one on its flow.
    ///
    /// # Errors
    /// [`Refusal::UserUnknown`] when no client of the user is authorised for the service there.
    pub(super) fn bound_client(
        &self,
        originator: &Originator,
        incoming: &Incoming<'_>,
        named: Option<&ClientId>,
    ) -> Result<ClientKey, Refusal> {
        //= 24.379-10.1.1.3.1.1:2a
        let user = self.directory.user_of(&originator.public_user_id).ok_or(Refusal::UserUnknown)?;
        let flow = (!originator.trusted).then_some(incoming.path.hop());
        self.clients
            .of_user(&user.mcptt_id)
            .filter(|(_, client)| client.public_user_id == originator.public_user_id)
            .filter(|(key, _)| named.is_none_or(|named| *named == key.client_id))
            .find(|(_, client)| {
                let binding = self.registrar.binding(client.binding);
                binding.is_some_and(|binding| flow.is_none_or(|flow| binding.flow == flow))
            })
            .map(|(key, _)| key.clone())
            .ok_or(Refusal::UserUnknown)
    }

    /// As [`Self::bound_client`]; a client that registered with us directly and whose user has no token to present is authorised by the
    /// first request that names it, once for each contact: a plain SIP phone gets the service that way, and who logs off stays
    /// logged off.
    ///
    /// # Errors
    /// As [`Self::bound_client`].
    pub(super) fn served_client(
        &mut self,
        now: Instant,
        originator: &Originator,
        incoming: &Incoming<'_>,
        named: Option<&ClientId>,
    ) -> Result<ClientKey, Refusal> {
        let refusal = match self.bound_client(originator, incoming, named) {
            Ok(key) => return Ok(key),
            Err(refusal) => refusal,
        };
        let user = self.directory.user_of(&originator.public_user_id).ok_or(Refusal::UserUnknown)?;
        let (None, Some(named)) = (&user.access_token, named) else { return Err(refusal) };
        let contact = self.binding_for(originator, incoming, named);
        let fresh = contact
            .filter(|at| self.registrar.binding(*at).is_some_and(|binding| binding.awaits_first_client));
        fresh.and_then(|at| self.authorise(now, at, named.clone())).ok_or(refusal)
    }
}

fn claim(incoming: &Incoming<'_>, trusted: bool) -> Option<(Canonical, Uri)> {
    let names: &[HeaderName] = if trusted {
        &[HeaderName::PAssertedIdentity, HeaderName::PPreferredIdentity, HeaderName::From]
    } else {
        &[HeaderName::PPreferredIdentity, HeaderName::From]
    };
    let headers = &incoming.request.headers;
    let uri = names.iter().find_map(|name| service::address(headers, name))?;
    Some((Canonical::of_uri(&uri)?, uri))
}
