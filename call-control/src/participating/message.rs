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
use crate::config::{PeerFunction, User};
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

/// A MESSAGE of a client, read: what is asked for and who asks.
#[derive(Clone, Copy)]
pub(super) struct Asked<'a> {
    pub incoming: &'a Incoming<'a>,
    pub originator: &'a Originator,
    pub client: &'a ClientKey,
    pub bodies: &'a Bodies,
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
        let asked = Asked { incoming, originator: &originator, client: &client, bodies: &bodies };
        if bodies.part(mime::AFFILIATION_COMMAND).is_some() {
            return self.recommendation(now, asked);
        }
        let plain = kind_of(&info).is_none() && !has_indicators(&info);
        if plain && self.location_message(now, asked)? {
            return Ok(());
        }
        if let Some(regroup) = bodies.regroup()? {
            return self.regroup_asked(now, asked, &regroup);
        }
        match kind_of(&info) {
            Some(request_type::GROUP_SELECTION_CHANGE_REQUEST) => self.remote_selection(now, asked),
            Some(request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST) => self.remote_group_call(now, asked),
            Some(
                request_type::GROUP_SELECTION_CHANGE_RESPONSE
                | request_type::REMOTELY_INITIATED_GROUP_CALL_RESPONSE,
            ) => self.pass_to_user(now, asked),
            Some(_) if Step::of(&info).is_some() => self.discreet_asked(now, asked),
            Some(kind) => self.user_service(now, asked, kind),
            None => self.pass_to_group(now, asked),
        }
    }

    /// Alerts and the end of what is in progress in a group go to its controlling function.
    fn pass_to_group(&mut self, now: Instant, asked: Asked<'_>) -> Result<(), Refusal> {
        let Asked { client, bodies, .. } = asked;
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
        self.pass_to_function(now, Asked { bodies: &bodies, ..asked }, &controlling, consequence);
        Ok(())
    }

    /// Something goes to the function that controls what it is about.
    pub(super) fn pass_to_function(
        &mut self,
        now: Instant,
        asked: Asked<'_>,
        controlling: &PeerFunction,
        consequence: Consequence,
    ) {
        let message = onward_message(asked, &controlling.identity, false);
        self.relay_message(now, asked.incoming.transaction, message, controlling.address.into(), consequence);
    }

    /// Something for another user goes to the function that serves it.
    pub(super) fn pass_to_user(&mut self, now: Instant, asked: Asked<'_>) -> Result<(), Refusal> {
        let target = self.addressed_user(asked.bodies)?;
        let peer = self.directory.participating_function_of(Some(target));
        let message = onward_message(asked, &peer.identity, true);
        let destination = peer.address.into();
        self.relay_message(now, asked.incoming.transaction, message, destination, Consequence::Nothing);
        Ok(())
    }

    fn addressed_user(&self, bodies: &Bodies) -> Result<&User, Refusal> {
        let target = bodies.info.as_ref().map(InfoValues::target).transpose()?.flatten();
        let target = target.ok_or(Refusal::BodyUnreadable)?;
        self.directory.user(target).ok_or(Refusal::CalledUserNotBound)
    }

    /// Whether the profile of the user behind a client allows something.
    pub(super) fn demand(
        &self,
        client: &ClientKey,
        allows: impl FnOnce(&User) -> bool,
        else_refused: impl Into<Refusal>,
    ) -> Result<(), Refusal> {
        if self.rules_of(client).is_some_and(allows) { Ok(()) } else { Err(else_refused.into()) }
    }

    /// Affiliation in negotiated mode: the other user is asked to change its affiliations.
    fn recommendation(&mut self, now: Instant, asked: Asked<'_>) -> Result<(), Refusal> {
        let command = asked.bodies.part(mime::AFFILIATION_COMMAND).ok_or(Refusal::BodyUnreadable)?;
        AffiliationCommand::parse(&command.body).map_err(|_| Refusal::BodyUnreadable)?;
        //= 24.379-9.2.2.2:negotiated
        self.demand(asked.client, |user| user.recommend_affiliation, Refusal::RecommendationNotAllowed)?;
        self.pass_to_user(now, asked)
    }

    /// Remote change of the selected group.
    fn remote_selection(&mut self, now: Instant, asked: Asked<'_>) -> Result<(), Refusal> {
        let target = &self.addressed_user(asked.bodies)?.mcptt_id;
        //= 24.379-10.1.4:perm
        let allows = |user: &User| user.remote_group_selection.contains(target);
        self.demand(asked.client, allows, Refusal::GroupSelectionNotAllowed)?;
        //= 24.379-10.1.4:relay
        self.pass_to_user(now, asked)
    }

    /// A group call that the client of another user is to make.
    fn remote_group_call(&mut self, now: Instant, asked: Asked<'_>) -> Result<(), Refusal> {
        //= 24.379-10.1.5:perm
        self.demand(asked.client, |user| user.remote_group_calls, Refusal::RemoteGroupCallNotAllowed)?;
        //= 24.379-10.1.5
        self.pass_to_user(now, asked)
    }

    fn relay_message(
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

/// The MESSAGE that goes on, with the sender as this function knows it.
fn onward_message(asked: Asked<'_>, to: &str, to_user: bool) -> Request {
    let Asked { incoming, originator, client, bodies } = asked;
    let received = &incoming.request.headers;
    let asserted = originator.uri.bare().to_string();
    let mut message = service::request(Method::Message, to, &asserted, to);
    let headers = &mut message.headers;
    headers.push(HeaderName::PAssertedIdentity, service::bracketed(&asserted));
    headers.push(HeaderName::PAssertedService, mcptt_codec::sip::ICSI_MCPTT);
    headers.copy_from(received, &HeaderName::AcceptContact);
    headers.copy_from(received, &HeaderName::ResourcePriority);
    if originator.trusted {
        service::copy_charging(received, headers);
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
