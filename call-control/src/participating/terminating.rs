//! Calls of a controlling function towards a client (TS 24.379 10.1.1.3.2, 6.3.2.2).

use std::time::Instant;

use mcptt_codec::id::ClientId;
use mcptt_codec::sip::{HeaderName, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::poc_settings::AnswerMode;

use super::registration::Binding;
use super::relay::{Purpose, RelayRef};
use super::{ClientKey, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues};
use crate::config::PeerFunction;
use crate::policy::Refusal;
use crate::service;

impl Participating {
    pub(super) fn terminating_invite(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        focus: bool,
    ) -> Result<(), Refusal> {
        let source = incoming.path.remote;
        if !self.directory.is_controlling_function(source) && !self.directory.is_trusted(source.ip()) {
            return Err(Refusal::SourceNotTrusted);
        }
        if self.relays.len() >= self.directory.config.limits.relayed_sessions {
            return Err(Refusal::ParticipatingOverload);
        }
        //= 24.379-10.1.1.3.2:2
        if !focus {
            return Err(Refusal::IsfocusMissing);
        }
        let headers = &incoming.request.headers;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let called = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        //= 24.379-10.1.1.3.2:bind
        let client =
            self.called_client(called, info.client()?.as_ref()).ok_or(Refusal::CalledUserNotBound)?;
        //= 24.379-10.1.1.3.2:3
        let mode = self.answer_mode(&client).ok_or(Refusal::SettingsUnknown)?;
        let known = self.clients.get(&client).and_then(|known| self.registrar.binding(known.binding));
        let binding = known.cloned().ok_or(Refusal::CalledUserNotBound)?;
        let timer = self.caller_timer(now, incoming.request, Refresher::Uas)?;
        let group = info.calling_group().unwrap_or_default();
        let automatic = mode == AnswerMode::Automatic;

        let invite = self.invite_to_client(incoming, &binding, automatic, &bodies);
        let purpose = Purpose::Terminating { unconfirmed: automatic };
        let at = self.start_relay(now, incoming, timer, purpose, client, group, invite, binding.flow);
        let contact = self.opaque_uri();
        if let Some(relay) = self.relay_mut(at) {
            relay.caller_contact = Some(contact);
        }
        if automatic {
            self.answer_unconfirmed(now, at);
        }
        Ok(())
    }

    /// The client that is called: the one that is named, else the one of the user that has published settings.
    fn called_client(&self, called: &str, named: Option<&ClientId>) -> Option<ClientKey> {
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
        binding: &Binding,
        automatic: bool,
        bodies: &Bodies,
    ) -> Request {
        let received = &incoming.request.headers;
        let own = self.identity.uri.clone();
        let mut invite = service::request(Method::Invite, &binding.target, &own, binding.identity.as_str());
        //= 24.379-6.3.2.2.6.2
        service::assert_function(&mut invite.headers, &own);
        //= 24.379-6.3.2.2.5
        //= 24.379-6.3.2.2.6
        let mode = if automatic { "Auto" } else { "Manual" };
        invite.headers.push(HeaderName::AnswerMode, mode);
        invite.headers.copy_from(received, &HeaderName::ResourcePriority);
        //= 24.379-6.3.2.2.3
        for tag in ["timer", "tdialog", "norefersub"] {
            invite.headers.push(HeaderName::Supported, tag);
        }
        let interval = self.directory.config.policy.session_expires.as_secs();
        invite.headers.push(HeaderName::SessionExpires, interval.to_string());
        let contact = match service::address(received, &HeaderName::Contact) {
            Some(identity) => {
                let controlling = PeerFunction {
                    address: incoming.path.remote,
                    identity: service::address(received, &HeaderName::PAssertedIdentity)
                        .map(|uri| ByteStr::from(uri.to_string()))
                        .unwrap_or_default(),
                };
                self.uri_of_session(&identity.to_string().into(), controlling)
            }
            None => self.opaque_uri(),
        };
        invite.headers.push(HeaderName::Contact, service::contact(&contact, true));
        invite.set_parts(&bodies.parts);
        invite
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
