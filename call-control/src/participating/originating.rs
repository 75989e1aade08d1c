//! Calls of a client towards a controlling function (TS 24.379 10.1.1.3.1.1, 10.1.1.3.5.1, 6.3.2.1).

use std::time::Instant;

use mcptt_codec::sip::{HeaderName, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, IndicatorCombination, McpttInfo};

use super::identity::Originator;
use super::relay::{CallSession, Purpose, RelayRef};
use super::{ClientKey, Incoming, Participating};
use crate::bodies::{Bodies, InfoValues, Kind};
use crate::config::PeerFunction;
use crate::offer_answer::RemoteMedia;
use crate::policy::Refusal;
use crate::service;

impl Participating {
    /// `session`: the client comes back to a call that it knows by our URI.
    pub(super) fn originating_invite(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        session: Option<CallSession>,
    ) -> Result<(), Refusal> {
        //= 24.379-10.1.1.3.1.1:1
        if self.relays.len() >= self.directory.config.limits.relayed_sessions {
            return Err(Refusal::ParticipatingOverload);
        }
        let originator = self.originator(incoming)?;
        let headers = &incoming.request.headers;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.clone().unwrap_or_default();
        let named = info.client()?;
        let client = self.served_client(now, &originator, incoming, named.as_ref())?;
        let user = self.directory.user(client.mcptt_id.as_str()).ok_or(Refusal::UserUnknown)?;
        if session.is_none() {
            if bodies.info.is_none() {
                return Err(Refusal::BodyUnreadable);
            }
            match info.kind() {
                //= 24.379-10.1.1.3.1.1:3
                Some(Kind::Prearranged) if !user.prearranged_group_calls => {
                    return Err(Refusal::PrearrangedNotAllowed);
                }
                Some(Kind::Prearranged | Kind::Chat) => {}
                None => return Err(Refusal::SessionTypeNotServed),
            }
        }
        let urgent = is_urgent(&info);
        //= 24.379-10.1.1.3.1.1:5
        let limit = user.max_simultaneous_group_calls.and_then(|n6| usize::try_from(n6).ok());
        let full = limit.is_some_and(|n6| self.relays.of_user(&client.mcptt_id) >= n6);
        //= 24.379-10.1.1.3.1.1:5e
        if full && !urgent {
            return Err(Refusal::TooManyGroupCalls);
        }
        //= 24.379-10.1.1.3.1.1:488
        let description = bodies.description()?;
        if description.as_ref().and_then(RemoteMedia::read).is_none() {
            return Err(Refusal::NoAcceptableAudio);
        }
        let target = info.target()?;
        let group = self.directory.group_id(target.unwrap_or_default());
        let controlling = match &session {
            Some(session) => session.controlling.clone(),
            //= 24.379-10.1.1.3.1.1:142
            None => target
                .and_then(|group| self.directory.controlling_function_of(group))
                .ok_or(Refusal::ControllingFunctionUnknown)?,
        };
        let implicit_affiliation = urgent && !self.affiliations.is_wanted(&client, &group);
        if implicit_affiliation {
            self.eligible_for_implicit(&client, &group)?;
        }
        let timer = self.caller_timer(now, incoming.request, Refresher::Uac)?;
        let uri = session.map_or_else(|| controlling.identity.clone(), |session| session.identity);
        let invite =
            self.invite_to_controlling(incoming.request, &originator, &client, &controlling, uri, &bodies);
        let destination = controlling.address;
        let purpose = Purpose::Originating { controlling, implicit_affiliation };
        self.start_relay(now, incoming, timer, purpose, client, group, invite, destination.into());
        Ok(())
    }

    fn invite_to_controlling(
        &mut self,
        received: &Request,
        originator: &Originator,
        client: &ClientKey,
        controlling: &PeerFunction,
        uri: ByteStr,
        bodies: &Bodies,
    ) -> Request {
        let asserted = originator.uri.bare().to_string();
        //= 24.379-6.3.2.1.3:r-uri
        let mut invite = service::request(Method::Invite, &uri, &asserted, &controlling.identity);
        let headers = &mut invite.headers;
        //= 24.379-6.3.2.1.3
        headers.push(HeaderName::PAssertedIdentity, service::bracketed(&asserted));
        headers.push(HeaderName::PAssertedService, mcptt_codec::sip::ICSI_MCPTT);
        headers.copy_from(&received.headers, &HeaderName::AcceptContact);
        //= 24.379-6.3.2.1.3:rp
        headers.copy_from(&received.headers, &HeaderName::ResourcePriority);
        headers.copy_from(&received.headers, &HeaderName::AnswerMode);
        headers.copy_from(&received.headers, &HeaderName::PrivAnswerMode);
        headers.copy_from(&received.headers, &HeaderName::Privacy);
        let interval = self.directory.config.policy.session_expires.as_secs();
        headers.push(HeaderName::SessionExpires, interval.to_string());
        for tag in ["timer", "tdialog", "norefersub"] {
            headers.push(HeaderName::Supported, tag);
        }
        let mut info = bodies.info.clone().unwrap_or_default();
        //= 24.379-6.3.2.1.3:trust
        info.calling_user_id = Some(Content::Normal(client.mcptt_id.clone()));
        //= 24.379-4.10
        info.client_id = Some(Content::Normal(client.client_id.clone()));
        info.access_token = None;
        invite.set_parts(&bodies.with_info(&info));
        let contact = service::contact(&self.opaque_uri(), false);
        invite.headers.push(HeaderName::Contact, contact);
        invite
    }

    /// Fills an answer of the controlling function for the client.
    pub(super) fn answer_to_client(
        &mut self,
        at: RelayRef,
        controlling: PeerFunction,
        response: &Response,
        answer: &mut Response,
    ) {
        let known = self.relay(at).and_then(|relay| relay.caller_contact.clone());
        let own = match (known, service::address(&response.headers, &HeaderName::Contact)) {
            (Some(own), _) => own,
            (None, Some(identity)) => self.uri_of_session(&identity.to_string().into(), controlling),
            (None, None) => self.opaque_uri(),
        };
        if let Some(relay) = self.relay_mut(at) {
            relay.caller_contact = Some(own.clone());
        }
        //= 24.379-6.3.2.1.5.1
        //= 24.379-6.3.2.1.5.2
        answer.headers.push(HeaderName::Contact, service::contact(&own, true));
        answer.headers.push(HeaderName::PAssertedIdentity, service::bracketed(&self.identity.uri));
        answer.headers.copy_from(&response.headers, &HeaderName::PAnswerState);
        if answer.status == StatusCode::OK {
            service::support_in_success(&mut answer.headers);
        } else {
            answer.headers.push(HeaderName::Supported, "norefersub");
        }
    }
}

fn is_urgent(info: &McpttInfo) -> bool {
    matches!(
        info.indicator_combination(),
        Ok(IndicatorCombination::Emergency { .. } | IndicatorCombination::ImminentPeril)
    )
}
