//! Calls of a client towards a controlling function (TS 24.379 10.1.1.3.1.1, 10.1.1.3.5.1, 6.3.2.1).

use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{AcceptContact, HeaderName, Method, Refresher, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, IndicatorCombination, McpttInfo, extension_name};

use super::identity::Originator;
use super::relay::{CallSession, Purpose, RelayRef};
use super::{ClientKey, Incoming, Participating};
use crate::adhoc;
use crate::bodies::{Bodies, InfoValues, Kind};
use crate::config::{PeerFunction, User};
use crate::offer_answer::RemoteMedia;
use crate::policy::{AdhocRefusal, Refusal};
use crate::private_call::PrivateCallKind;
use crate::service;

/// A group call that a client may make.
pub(super) struct GroupCall {
    pub group: GroupId,
    pub controlling: PeerFunction,
    pub implicit_affiliation: bool,
}

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
        let mut bodies = Bodies::read(headers, &incoming.request.body)?;
        if let Some(info) = self.plain_info(incoming.request, &bodies, &originator) {
            bodies.info = Some(info);
        }
        let info = bodies.info.clone().unwrap_or_default();
        let named = info.client()?;
        let client = self.served_client(now, &originator, incoming, named.as_ref())?;
        if self.offers_relay(&bodies)? {
            return Err(Refusal::NoAcceptableAudio);
        }
        if let (None, Some(kind)) = (&session, PrivateCallKind::of(&info)?) {
            return self.private_originating(now, incoming, &originator, client, &bodies, kind);
        }
        let admitted = self.admit_group_call(&client, &bodies, session.as_ref())?;
        self.note_location(&client, &bodies);
        let GroupCall { group, controlling, implicit_affiliation } = admitted;
        let interval =
            service::interval(now, &incoming.request.headers, &self.directory.config.policy, Refresher::Uac)?;
        let media = self.relay_media(&client.mcptt_id, bodies.description()?.as_ref(), true);
        let bodies = match &media {
            Some(media) => Bodies { parts: media.redirect(&bodies, false), ..bodies },
            None => bodies,
        };
        let uri = session.map_or_else(|| controlling.identity.clone(), |session| session.identity);
        let invite =
            self.invite_to_controlling(incoming.request, &originator, &client, &controlling, uri, &bodies);
        let destination = controlling.address;
        let purpose = Purpose::Originating { controlling, implicit_affiliation };
        let at =
            self.start_relay(now, incoming, interval, purpose, client, group, invite, destination.into());
        if let Some(relay) = self.relay_mut(at) {
            relay.media = media;
        }
        Ok(())
    }

    /// Whether a client may make or join this group call, and where it is controlled.
    pub(super) fn admit_group_call(
        &self,
        client: &ClientKey,
        bodies: &Bodies,
        session: Option<&CallSession>,
    ) -> Result<GroupCall, Refusal> {
        let user = self.rules_of(client).ok_or(Refusal::UserUnknown)?;
        let info = bodies.info.clone().unwrap_or_default();
        if session.is_none() {
            if bodies.info.is_none() {
                return Err(Refusal::BodyUnreadable);
            }
            match info.kind() {
                //= 24.379-10.1.1.3.1.1:3
                Some(Kind::Prearranged) if !user.prearranged_group_calls => {
                    return Err(Refusal::PrearrangedNotAllowed);
                }
                //= 24.379-10.1.2.3.1.1:108
                Some(Kind::Chat) if !user.chat_group_calls => return Err(Refusal::ChatNotAllowed),
                Some(Kind::Prearranged | Kind::Chat) => {}
                Some(Kind::Adhoc) => self.check_adhoc(user)?,
                None => return Err(Refusal::SessionTypeNotServed),
            }
        }
        let urgent = is_urgent(&info);
        //= 24.379-10.1.1.3.1.1:5
        //= 24.379-10.1.2.3.1.1:5
        //= 24.379-17.3.2.1.1:6
        let limit = user.max_simultaneous_group_calls.and_then(|n6| usize::try_from(n6).ok());
        let full = limit.is_some_and(|n6| self.group_calls_of(&client.mcptt_id) >= n6);
        //= 24.379-10.1.1.3.1.1:5e
        if full && !urgent {
            return Err(Refusal::TooManyGroupCalls);
        }
        check_offer(bodies)?;
        let target = info.target()?;
        let adhoc = session.is_none() && info.kind() == Some(Kind::Adhoc);
        let group = self.directory.group_id(target.unwrap_or_default());
        let controlling = match session {
            Some(session) => session.controlling.clone(),
            None if adhoc => self.directory.own_controlling(),
            //= 24.379-10.1.1.3.1.1:142
            None => target
                .and_then(|group| self.controlling_function_of(group))
                .ok_or(Refusal::ControllingFunctionUnknown)?,
        };
        // Whoever joins a chat or calls urgently becomes affiliated.
        let implies = urgent || info.kind() == Some(Kind::Chat);
        let implicit_affiliation =
            session.is_none() && !adhoc && implies && !self.affiliations.is_wanted(client, &group);
        if implicit_affiliation {
            self.eligible_for_implicit(client, &group)?;
        }
        Ok(GroupCall { group, controlling, implicit_affiliation })
    }

    /// Whether the offer of a client leads to where this function relays media for others.
    fn offers_relay(&self, bodies: &Bodies) -> Result<bool, Refusal> {
        let remote = bodies.description()?.as_ref().and_then(RemoteMedia::read);
        Ok(remote.is_some_and(|remote| remote.is_relayed(&self.directory.config)))
    }

    /// Group calls in which a user takes part.
    fn group_calls_of(&self, user: &McpttId) -> usize {
        self.relays.of_user(user).saturating_add(self.sessions.calls_of(user, false))
    }

    /// Whether a user of this function may make ad hoc group calls (17.3.2.1.1).
    fn check_adhoc(&self, user: &User) -> Result<(), Refusal> {
        //= 24.379-17.3.2.1.1:184
        if !self.directory.config.adhoc.relayed {
            return Err(AdhocRefusal::AdhocNotRelayed.into());
        }
        //= 24.379-17.3.2.1.1:185
        if user.adhoc.call { Ok(()) } else { Err(AdhocRefusal::AdhocNotAllowed.into()) }
    }

    pub(super) fn invite_to_controlling(
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
        if self.is_plain_target(&received.uri) && !headers.contains(&HeaderName::AcceptContact) {
            AcceptContact::push_mcptt(headers);
        }
        //= 24.379-6.3.2.1.3:rp
        headers.copy_from(&received.headers, &HeaderName::ResourcePriority);
        if originator.trusted {
            service::copy_charging(&received.headers, headers);
        }
        //= 24.379-6.3.2.1.8.4
        let service = &self.directory.config.service;
        let own_priority = match bodies.info.as_ref().map(McpttInfo::indicator_combination) {
            Some(Ok(IndicatorCombination::Emergency { .. })) => Some(&service.emergency_resource_priority),
            Some(Ok(IndicatorCombination::ImminentPeril)) => Some(&service.imminent_peril_resource_priority),
            _ => None,
        };
        if let Some(value) = own_priority.filter(|_| !headers.contains(&HeaderName::ResourcePriority)) {
            headers.push(HeaderName::ResourcePriority, value.clone());
        }
        headers.copy_from(&received.headers, &HeaderName::AnswerMode);
        headers.copy_from(&received.headers, &HeaderName::PrivAnswerMode);
        headers.copy_from(&received.headers, &HeaderName::Privacy);
        let interval = self.directory.config.policy.session_expires.as_secs();
        headers.push(HeaderName::SessionExpires, interval.to_string());
        for tag in ["timer", "100rel", "tdialog", "norefersub"] {
            headers.push(HeaderName::Supported, tag);
        }
        let mut info = bodies.info.clone().unwrap_or_default();
        //= 24.379-6.3.2.1.3:trust
        info.calling_user_id = Some(Content::Normal(client.mcptt_id.clone()));
        //= 24.379-4.10
        info.client_id = Some(Content::Normal(client.client_id.clone()));
        info.access_token = None;
        // An alias under which the caller is not active says nothing.
        //= 24.379-9A.2.2.2:notify
        if let Some(alias) = info.any_ext.text(extension_name::FUNCTIONAL_ALIAS_URI)
            && !self.aliases.is_active(client, alias)
        {
            info.any_ext
                .extensions
                .retain(|extension| extension.name != extension_name::FUNCTIONAL_ALIAS_URI);
        }
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

/// Whether the offer of a call holds audio that can be used.
pub(super) fn check_offer(bodies: &Bodies) -> Result<(), Refusal> {
    //= 24.379-10.1.1.3.1.1:488
    match bodies.description()?.as_ref().and_then(RemoteMedia::read) {
        Some(_) => Ok(()),
        None => Err(Refusal::NoAcceptableAudio),
    }
}

fn is_urgent(info: &McpttInfo) -> bool {
    let adhoc = adhoc::flag(info, extension_name::ADHOC_EMERGENCY_IND) == Some(true);
    adhoc
        || matches!(
            info.indicator_combination(),
            Ok(IndicatorCombination::Emergency { .. } | IndicatorCombination::ImminentPeril)
        )
}
