//! MESSAGE requests through this function (TS 24.379 12.1.2, 10.1.4.3, 10.1.5.3, 10.1.6, 9.2.2.2): told apart by what they hold.

use std::time::Instant;

use mcptt_codec::id::GroupId;
use mcptt_codec::sip::{HeaderName, Method, Request, Response};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::affiliation_command::AffiliationCommand;
use mcptt_codec::xml::location_info::ReportType;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, extension_name, request_type};
use mcptt_codec::xml::mime;

use super::identity::Originator;
use super::relay::copy_failure;
use super::{ClientKey, Incoming, Participating, Pending};
use crate::adhoc;
use crate::bodies::{Bodies, InfoValues, clear};
use crate::config::User;
use crate::directory::Canonical;
use crate::discreet::Step;
use crate::policy::Refusal;
use crate::service;
use crate::transaction::ServerTransactionId;
use crate::transport::Hop;

/// What follows when a relayed MESSAGE was accepted.
#[derive(Clone, Debug)]
pub(super) enum Consequence {
    Nothing,
    /// The controlling function has affiliated the sender to the group.
    Affiliated(ClientKey, GroupId),
}

impl Participating {
    pub(super) fn message(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let own = &self.directory.config.participating;
        let uri = Canonical::of(&incoming.request.uri);
        let is = |identity: &ByteStr| uri.is_some() && uri == Canonical::of(identity);
        let source = incoming.path.remote;
        let from_function = self.directory.is_controlling_function(source)
            || self.directory.is_participating_function(source);
        let for_device = self.names_device(&incoming.request.uri);
        if from_function || for_device || (is(&own.terminating_identity) && !is(&own.identity)) {
            return self.terminating_message(now, incoming);
        }
        if self.is_mbms(uri.as_ref()) {
            return self.mbms_message(now, incoming);
        }
        match is(&own.identity) {
            true => self.originating_message(now, incoming),
            false => Err(Refusal::RequestUriUnknown),
        }
    }

    /// A client says something to a group or to another user.
    fn originating_message(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let originator = self.originator(incoming)?;
        let bodies = Bodies::read(&incoming.request.headers, &incoming.request.body)?;
        let info = bodies.info.clone().ok_or(Refusal::NotMcpttMessage)?;
        let named = info.client()?;
        let client = self.served_client(now, &originator, incoming, named.as_ref())?;
        if bodies.part(mime::AFFILIATION_COMMAND).is_some() {
            return self.recommendation(now, incoming, &originator, &client, &bodies);
        }
        let plain = kind_of(&info).is_none() && !has_indicators(&info);
        if plain && self.location_message(now, incoming, &originator, &client, &bodies)? {
            return Ok(());
        }
        if let Some(regroup) = bodies.regroup()? {
            return self.regroup_asked(now, incoming, &originator, &client, &bodies, &regroup);
        }
        match kind_of(&info) {
            Some(request_type::GROUP_SELECTION_CHANGE_REQUEST) => {
                self.remote_selection(now, incoming, &originator, &client, &bodies)
            }
            Some(request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST) => {
                self.remote_group_call(now, incoming, &originator, &client, &bodies)
            }
            Some(
                request_type::GROUP_SELECTION_CHANGE_RESPONSE
                | request_type::REMOTELY_INITIATED_GROUP_CALL_RESPONSE,
            ) => self.pass_to_user(now, incoming, &originator, &client, &bodies),
            Some(_) if Step::of(&info).is_some() => {
                self.discreet_asked(now, incoming, &originator, &client, &bodies)
            }
            Some(kind) => {
                let kind = kind.to_owned();
                self.user_service(now, incoming, &originator, &client, &bodies, &kind)
            }
            None => self.pass_to_group(now, incoming, &originator, &client, &bodies),
        }
    }

    /// Alerts and the end of what is in progress in a group go to its controlling function.
    fn pass_to_group(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        client: &ClientKey,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        let info = bodies.info.clone().unwrap_or_default();
        if !has_indicators(&info) {
            return Err(Refusal::NotMcpttMessage);
        }
        let adhoc = adhoc::flag(&info, extension_name::ADHOC_ALERT_IND);
        let target = match adhoc {
            //= 24.379-12.1A
            Some(_) => info.target()?.unwrap_or_default(),
            None => info.target()?.ok_or(Refusal::BodyUnreadable)?,
        };
        let group = self.directory.group_id(target);
        let controlling = match adhoc {
            Some(_) => self.directory.own_controlling(),
            None => self.controlling_function_of(target).ok_or(Refusal::ControllingFunctionUnknown)?,
        };
        //= 24.379-12.1.2.1
        //= 24.379-12.1.2.1:4
        let raises = clear(info.alert_ind.as_ref())?.is_some_and(|alert| *alert);
        let consequence = match raises && adhoc.is_none() && !self.affiliations.is_wanted(client, &group) {
            true => Consequence::Affiliated(client.clone(), group),
            false => Consequence::Nothing,
        };
        self.note_location(client, bodies);
        let mut bodies = bodies.clone();
        // Where the user was last is better than nothing.
        if (raises || adhoc == Some(true)) && bodies.part(mime::LOCATION_INFO).is_none() {
            bodies.parts.extend(self.locations.report_of(client, ReportType::Emergency));
        }
        let message =
            self.onward_message(incoming.request, originator, client, &bodies, &controlling.identity, false);
        self.relay_message(now, incoming.transaction, message, controlling.address.into(), consequence);
        Ok(())
    }

    /// Something for another user goes to the function that serves it.
    pub(super) fn pass_to_user(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        client: &ClientKey,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        let target = self.addressed_user(bodies)?.mcptt_id.clone();
        let peer = self.directory.participating_function_of(self.directory.user(target.as_str()));
        let message = self.onward_message(incoming.request, originator, client, bodies, &peer.identity, true);
        self.relay_message(now, incoming.transaction, message, peer.address.into(), Consequence::Nothing);
        Ok(())
    }

    fn addressed_user(&self, bodies: &Bodies) -> Result<&User, Refusal> {
        let target = bodies.info.as_ref().map(InfoValues::target).transpose()?.flatten();
        let target = target.ok_or(Refusal::BodyUnreadable)?;
        self.directory.user(target).ok_or(Refusal::CalledUserNotBound)
    }

    /// Affiliation in negotiated mode: the other user is asked to change its affiliations.
    fn recommendation(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        client: &ClientKey,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        let command = bodies.part(mime::AFFILIATION_COMMAND).ok_or(Refusal::BodyUnreadable)?;
        AffiliationCommand::parse(&command.body).map_err(|_| Refusal::BodyUnreadable)?;
        //= 24.379-9.2.2.2:negotiated
        let user = self.directory.user(client.mcptt_id.as_str());
        if !user.is_some_and(|user| user.recommend_affiliation) {
            return Err(Refusal::RecommendationNotAllowed);
        }
        self.pass_to_user(now, incoming, originator, client, bodies)
    }

    /// Remote change of the selected group.
    fn remote_selection(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        client: &ClientKey,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        let target = &self.addressed_user(bodies)?.mcptt_id;
        //= 24.379-10.1.4:perm
        let user = self.directory.user(client.mcptt_id.as_str());
        if !user.is_some_and(|user| user.remote_group_selection.contains(target)) {
            return Err(Refusal::GroupSelectionNotAllowed);
        }
        //= 24.379-10.1.4:relay
        self.pass_to_user(now, incoming, originator, client, bodies)
    }

    /// A group call that the client of another user is to make.
    fn remote_group_call(
        &mut self,
        now: Instant,
        incoming: &Incoming<'_>,
        originator: &Originator,
        client: &ClientKey,
        bodies: &Bodies,
    ) -> Result<(), Refusal> {
        //= 24.379-10.1.5:perm
        let user = self.directory.user(client.mcptt_id.as_str());
        if !user.is_some_and(|user| user.remote_group_calls) {
            return Err(Refusal::RemoteGroupCallNotAllowed);
        }
        //= 24.379-10.1.5
        self.pass_to_user(now, incoming, originator, client, bodies)
    }

    /// The MESSAGE that goes on, with the sender as this function knows it.
    pub(super) fn onward_message(
        &mut self,
        received: &Request,
        originator: &Originator,
        client: &ClientKey,
        bodies: &Bodies,
        to: &str,
        to_user: bool,
    ) -> Request {
        let asserted = originator.uri.bare().to_string();
        let mut message = service::request(Method::Message, to, &asserted, to);
        let headers = &mut message.headers;
        headers.push(HeaderName::PAssertedIdentity, service::bracketed(&asserted));
        headers.push(HeaderName::PAssertedService, mcptt_codec::sip::ICSI_MCPTT);
        headers.copy_from(&received.headers, &HeaderName::AcceptContact);
        headers.copy_from(&received.headers, &HeaderName::ResourcePriority);
        if originator.trusted {
            service::copy_charging(&received.headers, headers);
        }
        let mut info = bodies.info.clone().unwrap_or_default();
        //= 24.379-6.3.2.1.3:trust
        info.calling_user_id = Some(Content::Normal(client.mcptt_id.clone()));
        // To another user the client is that of the addressee, which the sender does not know.
        info.client_id = (!to_user).then(|| Content::Normal(client.client_id.clone()));
        info.access_token = None;
        message.set_parts(&bodies.with_info(&info));
        message
    }

    pub(super) fn relay_message(
        &mut self,
        now: Instant,
        answer: ServerTransactionId,
        message: Request,
        destination: Hop,
        consequence: Consequence,
    ) {
        let transaction = self.agent.request(now, message, destination);
        self.pending.insert(transaction, Pending::Message { answer, consequence });
    }

    pub(super) fn message_answered(
        &mut self,
        now: Instant,
        transaction: ServerTransactionId,
        consequence: Consequence,
        response: &Response,
    ) {
        let mut answer = Response::new(response.status);
        copy_failure(response, &mut answer);
        self.agent.respond(now, transaction, answer);
        if let (true, Consequence::Affiliated(client, group)) = (response.status.is_success(), consequence) {
            //= 24.379-9.2.2.2.14
            self.implicitly_affiliated(now, &client, &group);
        }
    }

    /// Something for a client of this function.
    fn terminating_message(&mut self, now: Instant, incoming: &Incoming<'_>) -> Result<(), Refusal> {
        let source = incoming.path.remote;
        let known = self.directory.is_controlling_function(source)
            || self.directory.is_participating_function(source)
            || self.trusts(incoming.path);
        if !known {
            return Err(Refusal::SourceNotTrusted);
        }
        let headers = &incoming.request.headers;
        let bodies = Bodies::read(headers, &incoming.request.body)?;
        let info = bodies.info.as_ref().ok_or(Refusal::NotMcpttMessage)?;
        let called = info.target()?.ok_or(Refusal::BodyUnreadable)?;
        let named = self.device_called(&incoming.request.uri, info)?;
        let client = self.called_client(called, named.as_ref()).ok_or(Refusal::CalledUserNotBound)?;
        let binding = self.clients.get(&client).and_then(|known| self.registrar.binding(known.binding));
        let binding = binding.cloned().ok_or(Refusal::CalledUserNotBound)?;
        let own = self.identity.uri.clone();
        let mut message = service::request(Method::Message, &binding.target, &own, binding.identity.as_str());
        binding.set_route(&mut message.headers);
        service::assert_function(&mut message.headers, &own);
        message.headers.copy_from(headers, &HeaderName::ResourcePriority);
        if self.directory.is_trusted(binding.flow.remote.ip()) {
            service::copy_charging(headers, &mut message.headers);
        }
        message.set_parts(&self.sealed(&client.mcptt_id, &bodies.parts));
        let affiliate = affiliation_of_selection(info)?;
        self.note_location_request(&client, info.caller()?, &bodies);
        self.note_regroup(&bodies)?;
        self.relay_message(now, incoming.transaction, message, binding.flow, Consequence::Nothing);
        //= 24.379-10.1.4:resp
        if let Some(group) = affiliate {
            let group = self.directory.group_id(group.as_str());
            if self.eligible_for_implicit(&client, &group).is_ok() {
                self.implicitly_affiliated(now, &client, &group);
            }
        }
        Ok(())
    }
}

fn has_indicators(info: &McpttInfo) -> bool {
    let adhoc = adhoc::flag(info, extension_name::ADHOC_ALERT_IND).is_some();
    adhoc || info.alert_ind.is_some() || info.emergency_ind.is_some() || info.imminentperil_ind.is_some()
}

/// What a request or a response between users is about.
fn kind_of(info: &McpttInfo) -> Option<&str> {
    [
        extension_name::REQUEST_TYPE,
        extension_name::RESPONSE_TYPE,
        extension_name::REQ_TYPE,
        extension_name::RESP_TYPE,
    ]
    .into_iter()
    .find_map(|name| info.any_ext.text(name))
}

/// The group that a user is to be affiliated to because somebody has selected it for it.
fn affiliation_of_selection(info: &McpttInfo) -> Result<Option<GroupId>, Refusal> {
    let selects = kind_of(info) == Some(request_type::GROUP_SELECTION_CHANGE_REQUEST);
    let required = info.any_ext.flag(extension_name::AFFILIATION_REQUIRED) == Some(true);
    match selects && required {
        true => Ok(clear(info.calling_group_id.as_ref())?.cloned()),
        false => Ok(None),
    }
}
