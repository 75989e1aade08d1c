//! Calls of a controlling function towards a client (TS 24.379 10.1.1.3.2, 6.3.2.2).

use std::time::Instant;

use mcptt_codec::id::ClientId;
use mcptt_codec::sip::{HeaderName, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;

use super::private_call::Commencement;
use super::registrar::Binding;
use super::relay::{Purpose, RelayRef};
use super::{ClientKey, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues, Kind};
use crate::config::PeerFunction;
use crate::policy::{AdhocRefusal, Refusal};
use crate::private_call::PrivateCallKind;
use crate::service;

impl Participating {
    pub(super) fn terminating_invite(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        focus: bool,
    ) -> Result<(), Refusal> {
        let source = incoming.path.remote;
        if !self.directory.is_controlling_function(source) && !self.trusts(incoming.path) {
            return Err(Refusal::SourceNotTrusted);
        }
        if self.relays.len() >= self.directory.config.limits.relayed_sessions {
            return Err(Refusal::ParticipatingOverload);
        }
        //= 24.379-10.1.1.3.2:2
        //= 24.379-11.1.1.3.2:104
        if !focus {
            return Err(Refusal::IsfocusMissing);
        }
        let headers = &incoming.request.headers;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let called = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        //= 24.379-10.1.1.3.2:bind
        let named = self.device_called(&incoming.request.uri, info)?;
        let client = self.called_client(called, named.as_ref()).ok_or(Refusal::CalledUserNotBound)?;
        //= 24.379-10.1.1.3.2:3
        //= 24.379-11.1.1.3.2:7a
        let mode = self.answer_mode(&client).ok_or(Refusal::SettingsUnknown)?;
        //= 24.379-17.3.2.1.2:2
        //= 24.379-17.3.2.1.2:3
        //= 24.379-17.3.2.1.2:6
        if info.kind() == Some(Kind::Adhoc) {
            let user = self.rules_of(&client);
            if !user.is_some_and(|user| user.adhoc.participation) {
                return Err(AdhocRefusal::AdhocParticipationNotAllowed.into());
            }
        }
        let private = PrivateCallKind::of(info)?.is_some();
        let onward = match PrivateCallKind::of(info)? {
            Some(PrivateCallKind::Private) => self.forward_at_once(now, &client, info)?,
            _ => None,
        };
        let commencement = match private {
            true => self.private_terminating(&client, &bodies, headers, &mode)?,
            false => Commencement { automatic: mode == AnswerMode::Automatic, forced: false },
        };
        //= 24.379-6.3.2.2.5
        if let (true, Some(free)) = (commencement.automatic, self.free_session(&client, &bodies)) {
            let interval = service::interval(
                now,
                &incoming.request.headers,
                &self.directory.config.policy,
                Refresher::Uas,
            )?;
            return self.offer_to_session(now, incoming, free, &bodies, interval);
        }
        let known = self.clients.get(&client).and_then(|known| self.registrar.binding(known.binding));
        let binding = known.cloned().ok_or(Refusal::CalledUserNotBound)?;
        let interval =
            service::interval(now, &incoming.request.headers, &self.directory.config.policy, Refresher::Uas)?;
        let group = info.calling_group().unwrap_or_default();
        let automatic = commencement.automatic;
        let description = bodies.description()?.filter(|_| !private);
        let media = self.relay_media(&client.mcptt_id, description.as_ref(), false);
        let bodies = match &media {
            Some(media) => Bodies { parts: media.redirect(&bodies, true), ..bodies.clone() },
            None => bodies.clone(),
        };
        let mut invite = self.invite_to_client(incoming, &client, &binding, commencement, &bodies);
        self.allow_priority_share(&client, &mut invite.headers);
        let purpose = Purpose::Terminating { unconfirmed: automatic };
        let at = self.start_relay(now, incoming, interval, purpose, client, group, invite, binding.flow);
        let contact = self.opaque_uri();
        if let Some(relay) = self.relay_mut(at) {
            relay.caller_contact = Some(contact);
            relay.private = private;
            relay.media = media;
        }
        if let (Some((onward, after)), false) = (onward, automatic) {
            self.await_answer(now, at, onward, after);
        }
        if automatic {
            self.answer_unconfirmed(now, at);
        }
        Ok(())
    }

    /// The client that is called: the one that is named, else the one of the user that has published settings.
    pub(super) fn called_client(&self, called: &str, named: Option<&ClientId>) -> Option<ClientKey> {
        let mcptt_id = &self.directory.user(called)?.mcptt_id;
        let mut clients = self.clients.of_user(mcptt_id);
        if let Some(named) = named {
            return clients.find(|(key, _)| key.client_id == *named).map(|(key, _)| key.clone());
        }
        clients.max_by_key(|(_, client)| client.answer_mode.is_some()).map(|(key, _)| key.clone())
    }

    fn invite_to_client(
        &mut self,
        incoming: &Incoming<'_>,
        client: &ClientKey,
        binding: &Binding,
        commencement: Commencement,
        bodies: &Bodies,
    ) -> Request {
        let received = &incoming.request.headers;
        let own = self.identity.uri.clone();
        let mut invite = service::request(Method::Invite, &binding.target, &own, binding.identity.as_str());
        //= 24.379-6.3.2.2.6.2
        binding.set_route(&mut invite.headers);
        service::assert_function(&mut invite.headers, &own);
        //= 24.379-6.3.2.2.5
        //= 24.379-6.3.2.2.6
        let mode = if commencement.automatic { "Auto" } else { "Manual" };
        invite.headers.push(HeaderName::AnswerMode, mode);
        if commencement.forced {
            invite.headers.push(HeaderName::PrivAnswerMode, mode);
        }
        invite.headers.copy_from(received, &HeaderName::ResourcePriority);
        if self.directory.is_trusted(binding.flow.remote.ip()) {
            service::copy_charging(received, &mut invite.headers);
        }
        //= 24.379-6.3.2.2.3
        for tag in ["timer", "100rel", "tdialog", "norefersub"] {
            invite.headers.push(HeaderName::Supported, tag);
        }
        let interval = self.directory.config.policy.session_expires.as_secs();
        invite.headers.push(HeaderName::SessionExpires, interval.to_string());
        let (contact, _) = self.session_of_focus(incoming);
        invite.headers.push(HeaderName::Contact, service::contact(&contact, true));
        invite.set_parts(&self.sealed(&client.mcptt_id, &bodies.parts));
        invite
    }

    /// Our URI for the session of the focus that sent an INVITE, and who that is.
    pub(super) fn session_of_focus(&mut self, incoming: &Incoming<'_>) -> (ByteStr, PeerFunction) {
        let received = &incoming.request.headers;
        let controlling = PeerFunction {
            address: incoming.path.remote,
            identity: service::address(received, &HeaderName::PAssertedIdentity)
                .map(|uri| ByteStr::from(uri.to_string()))
                .unwrap_or_default(),
        };
        let own = match service::address(received, &HeaderName::Contact) {
            Some(identity) => self.uri_of_session(&identity.to_string().into(), controlling.clone()),
            None => self.opaque_uri(),
        };
        (own, controlling)
    }

    /// The client answers by itself: that much can be told before it has.
    fn answer_unconfirmed(&mut self, now: Instant, at: RelayRef) {
        //= 24.379-6.3.2.2.5.2:unconfirmed
        let mut progress = Response::new(StatusCode::SESSION_PROGRESS);
        self.answer_to_controlling(at, false, &Response::new(StatusCode::SESSION_PROGRESS), &mut progress);
        progress.headers.push(HeaderName::PAnswerState, "Unconfirmed");
        self.tell_caller(now, at, progress);
    }

    /// Fills an answer of the client for the controlling function.
    pub(super) fn answer_to_controlling(
        &mut self,
        at: RelayRef,
        unconfirmed: bool,
        response: &Response,
        answer: &mut Response,
    ) {
        //= 24.379-10.1.1.3.2:manual
        let own = self.relay(at).and_then(|relay| relay.caller_contact.clone()).unwrap_or_default();
        answer.headers.push(HeaderName::Contact, service::contact(&own, false));
        answer.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        if !response.status.is_success() {
            answer.headers.push(HeaderName::Supported, "norefersub");
            return;
        }
        service::support_in_success(&mut answer.headers);
        if unconfirmed {
            answer.headers.push(HeaderName::PAnswerState, "Confirmed");
        }
    }
}
