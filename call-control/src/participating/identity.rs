//! Whose request it is.
//!
//! A peer in a trusted network is believed what it asserts. Anybody else is believed only from the address that the
//! claimed identity is registered from; what a client writes into `<mcptt-calling-user-id>` is never looked at.

use std::time::Instant;

use mcptt_codec::id::ClientId;
use mcptt_codec::sip::{HeaderName, Headers, Uri};

use super::{ClientKey, Incoming, Participating};
use crate::config::{Authorisation, User};
use crate::directory::Canonical;
use crate::policy::Refusal;
use crate::service;
use crate::transport::SipPath;

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
    /// Whether the neighbour at the other end is believed when it asserts an identity: by its network, or by a name in the
    /// certificate that it has shown.
    pub(super) fn trusts(&self, path: SipPath) -> bool {
        //= RFC3325-6:trust
        self.directory.is_trusted(path.remote.ip())
            || self.directory.is_trusted_by_name(self.agent.peer_names(path))
    }

    /// The public user identity that sent a request.
    ///
    /// # Errors
    /// [`Refusal::IdentityNotBelieved`] when there is none or it is not believed.
    pub(super) fn originator(&self, incoming: &Incoming<'_>) -> Result<Originator, Refusal> {
        let trusted = self.trusts(incoming.path);
        let (public_user_id, uri) =
            claim(&incoming.request.headers, trusted).ok_or(Refusal::IdentityNotBelieved)?;
        if !trusted && !self.registrar.is_flow_of(&public_user_id, incoming.path.hop()) {
            return Err(Refusal::IdentityNotBelieved);
        }
        Ok(Originator { public_user_id, uri, trusted })
    }

    /// The user that a request claims to be from, believed or not; for events only.
    pub(super) fn claimed_user(&self, incoming: &Incoming<'_>) -> Option<&User> {
        let trusted = self.trusts(incoming.path);
        self.user_behind(&claim(&incoming.request.headers, trusted)?.0)
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
        //= 24.379-17.3.2.1.1:3
        let flow = (!originator.trusted).then_some(incoming.path.hop());
        let all = self.registrar.of_user(&originator.public_user_id);
        //= 24.379-10.1.1.3.1.1:2a
        all.filter(|(_, binding)| flow.is_none_or(|flow| binding.flow == flow))
            .filter_map(|(_, binding)| {
                let (mcptt_id, client_id) = (binding.served.clone()?, binding.client_id.clone()?);
                Some(ClientKey { mcptt_id, client_id })
            })
            .filter(|key| named.is_none_or(|named| *named == key.client_id))
            .find(|key| {
                self.clients.get(key).is_some() && self.directory.user(key.mcptt_id.as_str()).is_some()
            })
            .ok_or(Refusal::UserUnknown)
    }

    /// The user behind a public user identity: the one that is served there, as its token has named it, else the one whose
    /// identity it is.
    pub(super) fn user_behind(&self, public_user_id: &Canonical) -> Option<&User> {
        let served = self.registrar.of_user(public_user_id).find_map(|(_, binding)| binding.served.as_ref());
        let served = served.and_then(|served| self.directory.user(served.as_str()));
        served.or_else(|| self.directory.user_of(public_user_id))
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
        let user = self.user_behind(&originator.public_user_id).ok_or(Refusal::UserUnknown)?;
        let Authorisation::Registration = self.directory.config.authorisation else { return Err(refusal) };
        let (None, Some(named)) = (&user.access_token, named) else { return Err(refusal) };
        let contact = self.binding_for(originator, incoming, named);
        let fresh = contact
            .filter(|at| self.registrar.binding(*at).is_some_and(|binding| binding.awaits_first_client));
        fresh.and_then(|at| self.authorise(now, at, named.clone(), None)).ok_or(refusal)
    }
}

/// The identity that a request claims, as far as its sender may be believed.
pub(super) fn claim(headers: &Headers, trusted: bool) -> Option<(Canonical, Uri)> {
    let names: &[HeaderName] = if trusted {
        &[HeaderName::PAssertedIdentity, HeaderName::PPreferredIdentity, HeaderName::From]
    } else {
        &[HeaderName::PPreferredIdentity, HeaderName::From]
    };
    let uri = names.iter().find_map(|name| service::address(headers, name))?;
    Some((Canonical::of_uri(&uri)?, uri))
}
