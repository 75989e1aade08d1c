//! Services between users that are asked for by MESSAGE (TS 24.379 11.1.5, 11.1.7, 11.1.8, 11.1.9): call-back, a call that
//! another user's client is to make, transfer and forwarding.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{Method, Response, StatusCode};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, extension_name, request_type};

use super::message::Asked;
use super::relay::{RelayRef, State};
use super::{ClientKey, Deadline, Participating};
use crate::bodies::{Bodies, info_part};
use crate::config::Forwarding;
use crate::policy::{PrivateRefusal, Refusal};
use crate::private_call::{forwarding_reason, is_same_user, named_users};
use crate::service;

/// What users have set by themselves; the others have what their profile says.
pub(super) type Forwardings = BTreeMap<McpttId, Forwarding>;

/// A call that goes on to somebody else.
#[derive(Clone, Debug)]
pub(super) struct Onward {
    pub caller: McpttId,
    pub target: McpttId,
    /// How often the call has been forwarded before.
    pub sequence: u64,
}

impl Participating {
    /// A request or a response of one of these services.
    pub(super) fn user_service(&mut self, now: Instant, asked: Asked<'_>, kind: &str) -> Result<(), Refusal> {
        let Asked { client, bodies, .. } = asked;
        let user = self.rules_of(client).ok_or(Refusal::UserUnknown)?;
        let rules = &user.private_calls;
        let refuse_unless = |allowed: bool, refusal: PrivateRefusal| match allowed {
            true => Ok(()),
            false => Err(Refusal::from(refusal)),
        };
        match kind {
            //= 24.379-11.1.5:msg
            request_type::PRIVATE_CALL_CALL_BACK_REQUEST => {
                let target = one_named(bodies)?;
                //= 24.379-11.1.5:151
                let allowed = rules.call_back && rules.may_call(&target);
                refuse_unless(allowed, PrivateRefusal::CallBackNotAllowed)?;
                //= 24.379-11.1.5:relay
                self.pass_to_user(now, Asked { bodies: &addressed(bodies, &target), ..asked })
            }
            request_type::PRIVATE_CALL_CALL_BACK_CANCEL_REQUEST => {
                let target = one_named(bodies)?;
                //= 24.379-11.1.5:152
                refuse_unless(rules.cancel_call_back, PrivateRefusal::CallBackCancelNotAllowed)?;
                self.pass_to_user(now, Asked { bodies: &addressed(bodies, &target), ..asked })
            }
            request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST => {
                //= 24.379-11.1.7
                refuse_unless(rules.remote_initiation, PrivateRefusal::RemoteInitiationNotAllowed)?;
                one_named(bodies)?;
                //= 24.379-11.1.7:relay
                self.pass_to_user(now, asked)
            }
            request_type::TRANSFER_PRIVATE_CALL_REQUEST => {
                //= 24.379-11.1.8:transfer
                refuse_unless(rules.transfer, PrivateRefusal::TransferNotAllowed)?;
                one_named(bodies)?;
                self.pass_to_user(now, asked)
            }
            request_type::FORWARD_PRIVATE_CALL_REQUEST => {
                refuse_unless(rules.forwarding_allowed, PrivateRefusal::ForwardingNotAllowed)?;
                let sequence = bodies.info.as_ref().map_or(0, sequence_of);
                self.check_sequence(sequence)?;
                self.pass_to_user(now, asked)
            }
            request_type::FORWARD_PRIVATE_CALL_SETTINGS_REQUEST => {
                refuse_unless(rules.forwarding_allowed, PrivateRefusal::ForwardingNotAllowed)?;
                self.set_forwarding(now, asked)
            }
            request_type::PRIVATE_CALL_CALL_BACK_RESPONSE
            | request_type::PRIVATE_CALL_CALL_BACK_CANCEL_RESPONSE
            | request_type::REMOTELY_INITIATED_PRIVATE_CALL_RESPONSE
            | request_type::TRANSFER_PRIVATE_CALL_RESPONSE
            | request_type::FORWARD_PRIVATE_CALL_RESPONSE => self.pass_to_user(now, asked),
            _ => Err(Refusal::NotMcpttMessage),
        }
    }

    /// Where the calls of a user go instead.
    fn forwarding_of(&self, user: &McpttId) -> Forwarding {
        let rules = self.directory.user(user.as_str()).map(|user| &user.private_calls);
        let Some(rules) = rules.filter(|rules| rules.forwarding_allowed) else {
            return Forwarding::default();
        };
        self.forwardings.get(user).unwrap_or(&rules.forwarding).clone()
    }

    /// The client tells where its calls are to go.
    fn set_forwarding(&mut self, now: Instant, asked: Asked<'_>) -> Result<(), Refusal> {
        let Asked { incoming, client, bodies, .. } = asked;
        let info = bodies.info.as_ref().ok_or(Refusal::BodyUnreadable)?;
        let first = |name: &str| {
            let users = info.any_ext.uris(name).into_iter().map(McpttId);
            users.map(|user| self.directory.user(user.as_str()).map(|known| known.mcptt_id.clone())).next()
        };
        let mut set = self.forwarding_of(&client.mcptt_id);
        for (name, place) in [
            (extension_name::FORWARDING_IMMEDIATE_LIST, &mut set.immediate),
            (extension_name::FORWARDING_OTHER_LIST, &mut set.no_answer),
        ] {
            *place = match first(name) {
                None => None,
                // Nobody is called whom nobody knows, and nobody calls himself.
                Some(None) => return Err(PrivateRefusal::ForwardingNotAllowed.into()),
                Some(Some(user)) if is_same_user(&user, &client.mcptt_id) => {
                    return Err(PrivateRefusal::ForwardingNotAllowed.into());
                }
                Some(user) => user,
            };
        }
        self.agent.respond(now, incoming.transaction, Response::new(StatusCode::OK));
        self.forwardings.insert(client.mcptt_id.clone(), set.clone());
        self.said.forwardings.insert(client.mcptt_id.clone());
        let mut info = McpttInfo::default();
        let any_ext = &mut info.any_ext;
        let kind = request_type::FORWARD_PRIVATE_CALL_SETTINGS_RESPONSE;
        any_ext.push_text(extension_name::REQUEST_TYPE, kind);
        any_ext.push_uris(extension_name::FORWARDING_IMMEDIATE_LIST, set.immediate.map(|user| user.0));
        any_ext.push_uris(extension_name::FORWARDING_OTHER_LIST, set.no_answer.map(|user| user.0));
        self.message_client(now, client, info, None);
        Ok(())
    }

    fn check_sequence(&self, sequence: u64) -> Result<(), Refusal> {
        //= 24.379-11.1.9:limit
        match sequence < self.directory.config.private_calls.max_forwardings {
            true => Ok(()),
            false => Err(PrivateRefusal::ForwardingLimit.into()),
        }
    }

    /// A private call comes for a user of this function. It may have to go on at once, and where it may have to go on when
    /// nobody answers.
    ///
    /// # Errors
    /// [`PrivateRefusal::Forwarded`] when it goes on, [`PrivateRefusal::ForwardingLimit`] when it has been on its way for too
    /// long.
    pub(super) fn forward_at_once(
        &mut self,
        now: Instant,
        called: &ClientKey,
        info: &McpttInfo,
    ) -> Result<Option<(Onward, Duration)>, Refusal> {
        let forwarding = self.forwarding_of(&called.mcptt_id);
        let caller = crate::bodies::InfoValues::caller(info)?;
        let (Some(caller), true) = (caller, forwarding != Forwarding::default()) else { return Ok(None) };
        let sequence = sequence_of(info);
        let onward = |target: &McpttId| Onward { caller: caller.clone(), target: target.clone(), sequence };
        let Some(target) = &forwarding.immediate else {
            let no_answer = forwarding.no_answer.as_ref().map(onward);
            return Ok(no_answer.map(|onward| (onward, forwarding.no_answer_after())));
        };
        self.check_sequence(sequence)?;
        // Whoever calls cannot be the one who is called instead.
        if is_same_user(target, &caller) {
            return Err(PrivateRefusal::ForwardingNotAllowed.into());
        }
        let onward = onward(target);
        self.send_onward(now, &called.mcptt_id, &onward, forwarding_reason::IMMEDIATE);
        Err(PrivateRefusal::Forwarded.into())
    }

    /// Nobody has answered for as long as the user has set.
    pub(super) fn not_answered(&mut self, now: Instant, at: RelayRef) {
        let Some(relay) = self.relay_mut(at) else { return };
        let (State::Calling, Some(onward)) = (relay.state, relay.onward.take()) else { return };
        if self.check_sequence(onward.sequence).is_err() {
            return;
        }
        let Some(relay) = self.relay_mut(at) else { return };
        relay.state = State::Ending;
        let (incoming, outgoing, called) = (relay.incoming, relay.outgoing, relay.client.mcptt_id.clone());
        self.send_onward(now, &called, &onward, forwarding_reason::NO_ANSWER);
        let answer = self.identity.refuse(PrivateRefusal::Forwarded.into());
        self.agent.respond(now, incoming, answer);
        self.agent.cancel(now, outgoing);
    }

    /// Sets when a call that nobody answers goes on.
    pub(super) fn await_answer(&mut self, now: Instant, at: RelayRef, onward: Onward, after: Duration) {
        if let Some(relay) = self.relay_mut(at) {
            relay.onward = Some(onward);
            self.deadlines.set(Deadline::NoAnswer(at), now.checked_add(after));
        }
    }

    /// Asks the caller's client to call somebody else instead.
    fn send_onward(&mut self, now: Instant, called: &McpttId, onward: &Onward, reason: &'static str) {
        //= 24.379-11.1.9:forward
        let peer = self.directory.participating_function_of(self.directory.user(onward.caller.as_str()));
        let own = self.identity.uri.clone();
        let mut message = service::request(Method::Message, &peer.identity, &own, onward.caller.as_str());
        service::assert_function(&mut message.headers, &own);
        let mut info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(&onward.caller))),
            calling_user_id: Some(Content::Normal(called.clone())),
            ..McpttInfo::default()
        };
        let any_ext = &mut info.any_ext;
        any_ext.push_text(extension_name::REQUEST_TYPE, request_type::FORWARD_PRIVATE_CALL_REQUEST);
        any_ext.push_text(extension_name::FORWARDING_REASON, reason);
        any_ext.push_text(extension_name::FORWARDING_TARGET_ID, onward.target.0.clone());
        any_ext.push_number(extension_name::FORWARDING_SEQUENCE_NUMBER, onward.sequence.saturating_add(1));
        message.set_parts(&[info_part(&info)]);
        self.agent.request(now, message, peer.address);
    }
}

fn sequence_of(info: &McpttInfo) -> u64 {
    info.any_ext.number(extension_name::FORWARDING_SEQUENCE_NUMBER).unwrap_or_default()
}

/// The one user that the resource list names.
fn one_named(bodies: &Bodies) -> Result<McpttId, Refusal> {
    match &named_users(bodies)?[..] {
        [one] => Ok(one.clone()),
        _ => Err(PrivateRefusal::CalleeCount.into()),
    }
}

/// The bodies addressed to a user.
fn addressed(bodies: &Bodies, to: &McpttId) -> Bodies {
    let mut bodies = bodies.clone();
    if let Some(info) = &mut bodies.info {
        info.request_uri = Some(Content::Normal(McpttUri::from(to)));
    }
    bodies
}
