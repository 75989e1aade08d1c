//! MESSAGE requests that the client gets, and what it says to other users (TS 24.379 9.2.1.4, 9.2.1.5, 10.1.4.2, 10.1.5.2).

use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::mikey::KeyMaterial;
use mcptt_codec::sip::{HeaderName, Method, Part, Request, Response, StatusCode};
use mcptt_codec::xml::affiliation_command::AffiliationCommand;
use mcptt_codec::xml::location_info::{self, LocationInfo, LocationItem};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, extension_name, request_type};
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};
use mcptt_codec::xml::{date_time, mime};
use rand_core::RngCore;

use super::priority::Indicators;
use super::services::{Asked, CallBackUrgency, Owed};
use super::{Client, ClientEvent, ClientRequest, GroupCall, Pending};
use crate::bodies::{Bodies, info_part};
use crate::discreet::Step;
use crate::service;
use crate::transaction::ServerTransactionId;

/// What is asked of another user's client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RemoteRequest {
    /// Change your affiliations, if you like.
    Recommend {
        /// To these groups.
        affiliate: Vec<GroupId>,
        /// No longer to these.
        de_affiliate: Vec<GroupId>,
    },
    /// Select this group.
    SelectGroup {
        /// The group.
        group: GroupId,
        /// The user becomes affiliated to it.
        affiliate: bool,
    },
    /// Tell where you are.
    Locate,
    /// Call this group.
    CallGroup {
        /// The group.
        group: GroupId,
    },
    /// Call this other user.
    CallUser {
        /// Who is to be called.
        callee: McpttId,
        /// The user is told of it.
        notify: bool,
    },
    /// Call back, when there is time for it.
    CallBack {
        /// How soon.
        urgency: CallBackUrgency,
        /// When it was asked for, in seconds since 1970 in UTC.
        time: i64,
    },
    /// Do not call back any more.
    CancelCallBack,
    /// Take the call that we have with you to this other user.
    Transfer {
        /// To whom.
        to: McpttId,
        /// That user has been told in a call of ours, which is over then, too.
        announced: bool,
    },
}

impl Client {
    /// Asks something of another user's client.
    pub(super) fn ask_user(&mut self, now: Instant, user: &McpttId, request: RemoteRequest) {
        let mut further = Vec::new();
        let info = match request {
            RemoteRequest::Recommend { affiliate, de_affiliate } => {
                //= 24.379-9.2.1.4
                let command = AffiliationCommand { affiliate, de_affiliate, ..AffiliationCommand::default() };
                further.push(Part::new(mime::AFFILIATION_COMMAND, command.to_xml()));
                McpttInfo::default()
            }
            RemoteRequest::Locate => {
                //= 24.379-13.2.3
                let request_id = Some(format!("l-{:08x}", self.rng.next_u32()).into());
                let request = location_info::Request { request_id, ..location_info::Request::default() };
                let items = vec![LocationItem::Request(request)];
                let document = LocationInfo { items, ..LocationInfo::default() };
                further.push(Part::new(mime::LOCATION_INFO, document.to_xml()));
                McpttInfo::default()
            }
            RemoteRequest::SelectGroup { group, affiliate } => {
                let mut info = about(request_type::GROUP_SELECTION_CHANGE_REQUEST, group);
                info.any_ext.push_flag(extension_name::AFFILIATION_REQUIRED, affiliate);
                info
            }
            RemoteRequest::CallGroup { group } => {
                about(request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST, group)
            }
            RemoteRequest::CallUser { callee, notify } => {
                further.push(list_of(&callee));
                let mut info = request_for(request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST);
                info.any_ext.push_flag(extension_name::NOTIFY_REMOTE_USER, notify);
                info
            }
            //= 24.379-11.1.5:msg
            RemoteRequest::CallBack { urgency, time } => {
                further.push(list_of(user));
                let mut info = request_for(request_type::PRIVATE_CALL_CALL_BACK_REQUEST);
                info.any_ext.push_text(extension_name::URGENCY_IND, urgency.as_str());
                info.any_ext.push_text(extension_name::TIME_OF_REQUEST, date_time::from_unix(time));
                info
            }
            RemoteRequest::CancelCallBack => {
                further.push(list_of(user));
                request_for(request_type::PRIVATE_CALL_CALL_BACK_CANCEL_REQUEST)
            }
            RemoteRequest::Transfer { to, announced } => {
                further.push(list_of(&to));
                let mut info = request_for(request_type::TRANSFER_PRIVATE_CALL_REQUEST);
                info.any_ext.push_flag(extension_name::TRANSFER_ANNOUNCED_IND, announced);
                self.transfers.insert(user.clone(), announced.then_some(to));
                info
            }
        };
        self.tell_user(now, user, info, further);
    }

    /// Says where our private calls are to go; nobody where nothing is to be forwarded.
    pub(super) fn set_forwarding(
        &mut self,
        now: Instant,
        immediate: Option<McpttId>,
        no_answer: Option<McpttId>,
    ) {
        let mut info = request_for(request_type::FORWARD_PRIVATE_CALL_SETTINGS_REQUEST);
        let any_ext = &mut info.any_ext;
        any_ext.push_uris(extension_name::FORWARDING_IMMEDIATE_LIST, immediate.map(|user| user.0));
        any_ext.push_uris(extension_name::FORWARDING_OTHER_LIST, no_answer.map(|user| user.0));
        let own = self.config.mcptt_id.clone();
        self.tell_user(now, &own, info, Vec::new());
    }

    pub(super) fn tell_user(
        &mut self,
        now: Instant,
        user: &McpttId,
        mut info: McpttInfo,
        further: Vec<Part>,
    ) {
        info.request_uri = Some(Content::Normal(McpttUri::from(user)));
        info.client_id = Some(Content::Normal(self.config.client_id.clone()));
        let mut message = self.service_request(Method::Message);
        let mut parts = vec![info_part(&info)];
        parts.extend(further);
        message.set_parts(&self.sealed(&parts));
        let transaction = self.agent.request(now, message, self.config.participating());
        self.pending.insert(transaction, Pending::Told);
    }

    pub(super) fn told(&mut self, response: &Response) {
        if !response.status.is_success() {
            self.failed(ClientRequest::Message, response);
        }
    }

    /// A MESSAGE of the participating function.
    pub(super) fn message(&mut self, now: Instant, transaction: ServerTransactionId, request: &Request) {
        let bodies = match Bodies::read(&request.headers, &request.body) {
            Ok(bodies) => bodies,
            Err(refusal) => {
                let response = self.identity.refuse(refusal);
                self.agent.respond(now, transaction, response);
                return;
            }
        };
        self.agent.respond(now, transaction, Response::new(StatusCode::OK));
        let info = bodies.info.clone().unwrap_or_default();
        let by = info.calling_user_id.as_ref().and_then(Content::value).cloned();
        let group = info.calling_group_id.as_ref().and_then(Content::value).cloned();
        if let Ok(Some(usage)) = bodies.mbms_usage() {
            let asserted = service::address(&request.headers, &HeaderName::PAssertedIdentity);
            let identity = asserted.map(|uri| uri.to_string().into()).unwrap_or_default();
            self.bearer_announced(identity, &bodies, &usage);
            return;
        }
        if let Some(part) = bodies.part(mime::MIKEY) {
            self.event(ClientEvent::KeySent(KeyMaterial::new(part.body.to_vec())));
            return;
        }
        if let Ok(Some(regroup)) = bodies.regroup() {
            self.regroup_told(by, regroup);
            return;
        }
        if let Some(part) = bodies.part(mime::AFFILIATION_COMMAND) {
            let Ok(command) = AffiliationCommand::parse(&part.body) else { return };
            //= 24.379-9.2.1.5
            let (affiliate, de_affiliate) = (command.affiliate, command.de_affiliate);
            self.event(ClientEvent::AffiliationRecommended { by, affiliate, de_affiliate });
            return;
        }
        if let Some(part) = bodies.part(mime::LOCATION_INFO)
            && !Indicators::of(&info).says_something()
            && self.located(now, by.clone(), &part.body)
        {
            return;
        }
        let kind = [extension_name::REQUEST_TYPE, extension_name::RESPONSE_TYPE];
        let kind = kind.into_iter().find_map(|name| info.any_ext.text(name));
        if kind == Some(request_type::FORWARD_PRIVATE_CALL_SETTINGS_RESPONSE) {
            return self.forwarding_told(&info);
        }
        if let (Some(kind), Some(by)) = (kind, &by)
            && self.served(now, kind, by.clone(), &bodies)
        {
            return;
        }
        if let (Some(Step::Request), Some(listener), Some(target)) = (Step::of(&info), &by, &group) {
            let (listener, target) = (listener.clone(), target.clone());
            return self.event(ClientEvent::ListeningRequested { listener, target });
        }
        match (kind, by, group) {
            (Some(request_type::GROUP_SELECTION_CHANGE_REQUEST), Some(by), Some(group)) => {
                self.group_selected(now, by, group);
            }
            (Some(request_type::REMOTELY_INITIATED_GROUP_CALL_REQUEST), Some(by), Some(group)) => {
                //= 24.379-10.1.5
                let call = self.call_group(now, GroupCall::new(group.clone()));
                self.remote_calls.insert(call, Owed { by, what: Asked::GroupCall(group) });
            }
            (Some(request_type::GROUP_SELECTION_CHANGE_RESPONSE), Some(by), _) => {
                let success = outcome(&info, extension_name::SELECTED_GROUP_CHANGE_OUTCOME);
                self.event(ClientEvent::RemoteOutcome { by, success });
            }
            (Some(request_type::REMOTELY_INITIATED_GROUP_CALL_RESPONSE), Some(by), _) => {
                let success = outcome(&info, extension_name::REMOTELY_INITIATED_CALL_OUTCOME);
                self.event(ClientEvent::RemoteOutcome { by, success });
            }
            (None, ..) => self.event(ClientEvent::GroupTold { told: Indicators::of(&info) }),
            _ => {}
        }
    }

    /// Somebody has selected a group for us.
    fn group_selected(&mut self, now: Instant, by: McpttId, group: GroupId) {
        //= 24.379-10.1.4:resp
        let mut info =
            McpttInfo { calling_group_id: Some(Content::Normal(group.clone())), ..McpttInfo::default() };
        let any_ext = &mut info.any_ext;
        any_ext.push_text(extension_name::RESPONSE_TYPE, request_type::GROUP_SELECTION_CHANGE_RESPONSE);
        any_ext.push_text(extension_name::SELECTED_GROUP_CHANGE_OUTCOME, "success");
        self.tell_user(now, &by, info, Vec::new());
        self.event(ClientEvent::GroupSelected { by, group });
    }
}

/// A request between users.
fn request_for(kind: &'static str) -> McpttInfo {
    let mut info = McpttInfo::default();
    info.any_ext.push_text(extension_name::REQUEST_TYPE, kind);
    info
}

/// A resource list with one user.
fn list_of(user: &McpttId) -> Part {
    Part::new(mime::RESOURCE_LISTS, ResourceLists::of([Entry::to(user.as_str())]).to_xml())
}

fn about(kind: &'static str, group: GroupId) -> McpttInfo {
    let mut info = McpttInfo { calling_group_id: Some(Content::Normal(group)), ..McpttInfo::default() };
    info.any_ext.push_text(extension_name::REQUEST_TYPE, kind);
    info
}

fn outcome(info: &McpttInfo, name: &str) -> bool {
    info.any_ext.text(name).is_some_and(|outcome| outcome.eq_ignore_ascii_case("success"))
}
