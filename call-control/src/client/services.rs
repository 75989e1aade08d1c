//! What other users' clients ask of this one beside calls (TS 24.379 11.1.5, 11.1.7, 11.1.8, 11.1.9), and what becomes of it.

use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::xml::date_time;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, extension_name, request_type};

use super::private_call::Transferred;
use super::{CallId, Client, ClientEvent, PrivateCall};
use crate::bodies::Bodies;
use crate::private_call::{forwarding_reason, is_same_user, named_users};

/// Calls of ours that a forwarding may refer to.
const MAX_REMEMBERED: usize = 16;

/// How soon a call-back is wished.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum CallBackUrgency {
    /// `low`.
    Low,
    /// `normal`.
    #[default]
    Normal,
    /// `high`.
    High,
}

impl CallBackUrgency {
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Normal => "normal",
            Self::High => "high",
        }
    }

    /// What is not known is normal.
    fn read(text: Option<&str>) -> Self {
        match text {
            Some("low") => Self::Low,
            Some("high") => Self::High,
            _ => Self::Normal,
        }
    }
}

/// What somebody is told when a call that it has asked for stands or has failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Owed {
    pub by: McpttId,
    pub what: Asked,
}

/// What was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    GroupCall(GroupId),
    PrivateCall,
    Transfer,
    Forwarding,
}

impl Client {
    /// A request between users. `false`: it is none of these.
    pub(super) fn served(&mut self, now: Instant, kind: &str, by: McpttId, bodies: &Bodies) -> bool {
        let info = bodies.info.clone().unwrap_or_default();
        let any_ext = &info.any_ext;
        let named = || named_users(bodies).ok().and_then(|users| users.into_iter().next());
        let outcome = |name| any_ext.text(name).is_some_and(|text| text.eq_ignore_ascii_case("success"));
        match kind {
            request_type::PRIVATE_CALL_CALL_BACK_REQUEST => {
                let urgency = CallBackUrgency::read(any_ext.text(extension_name::URGENCY_IND));
                let time = any_ext.text(extension_name::TIME_OF_REQUEST).and_then(date_time::to_unix);
                self.respond_to_user(now, &by, request_type::PRIVATE_CALL_CALL_BACK_RESPONSE);
                self.event(ClientEvent::CallBackRequested { by, urgency, time });
            }
            request_type::PRIVATE_CALL_CALL_BACK_CANCEL_REQUEST => {
                self.respond_to_user(now, &by, request_type::PRIVATE_CALL_CALL_BACK_CANCEL_RESPONSE);
                self.event(ClientEvent::CallBackCancelled { by });
            }
            request_type::PRIVATE_CALL_CALL_BACK_RESPONSE
            | request_type::PRIVATE_CALL_CALL_BACK_CANCEL_RESPONSE => {
                self.event(ClientEvent::RemoteOutcome { by, success: true });
            }
            request_type::REMOTELY_INITIATED_PRIVATE_CALL_REQUEST => {
                let Some(callee) = named() else { return true };
                if any_ext.flag(extension_name::NOTIFY_REMOTE_USER) == Some(true) {
                    self.event(ClientEvent::CallRequested { by: by.clone(), callee: callee.clone() });
                }
                //= 24.379-11.1.7
                self.call_for(now, PrivateCall::new(callee), Owed { by, what: Asked::PrivateCall });
            }
            request_type::REMOTELY_INITIATED_PRIVATE_CALL_RESPONSE => {
                let success = outcome(extension_name::REMOTELY_INITIATED_CALL_OUTCOME);
                self.event(ClientEvent::RemoteOutcome { by, success });
            }
            request_type::TRANSFER_PRIVATE_CALL_REQUEST => {
                // Only who is in a call with us has one to transfer.
                let Some(callee) = named().filter(|_| self.call_with(&by).is_some()) else { return true };
                let announced = any_ext.flag(extension_name::TRANSFER_ANNOUNCED_IND) == Some(true);
                //= 24.379-11.1.8:transfer
                let wanted = PrivateCall {
                    transferred: Some(Transferred::Transfer { announced }),
                    ..PrivateCall::new(callee)
                };
                self.call_for(now, wanted, Owed { by, what: Asked::Transfer });
            }
            request_type::TRANSFER_PRIVATE_CALL_RESPONSE => {
                let success = outcome(extension_name::TRANSFER_CALL_OUTCOME);
                self.transfer_settled(now, &by, success);
                self.event(ClientEvent::RemoteOutcome { by, success });
            }
            request_type::FORWARD_PRIVATE_CALL_REQUEST => self.forwarded(now, by, &info),
            request_type::FORWARD_PRIVATE_CALL_RESPONSE => {
                let success = outcome(extension_name::FORWARDING_CALL_OUTCOME);
                self.event(ClientEvent::RemoteOutcome { by, success });
            }
            _ => return false,
        }
        true
    }

    /// What our participating function says about our forwarding.
    pub(super) fn forwarding_told(&mut self, info: &McpttInfo) {
        let first = |name| info.any_ext.uris(name).into_iter().map(McpttId).next();
        self.event(ClientEvent::ForwardingSet {
            immediate: first(extension_name::FORWARDING_IMMEDIATE_LIST),
            no_answer: first(extension_name::FORWARDING_OTHER_LIST),
        });
    }

    /// Somebody whom we have called wants somebody else to be called instead.
    fn forwarded(&mut self, now: Instant, by: McpttId, info: &McpttInfo) {
        let any_ext = &info.any_ext;
        let target = any_ext.text(extension_name::FORWARDING_TARGET_ID).map(McpttId::new);
        let called = self.called.iter().any(|callee| is_same_user(callee, &by));
        let Some(target) = target.filter(|_| called) else { return };
        let reason = any_ext.text(extension_name::FORWARDING_REASON).unwrap_or(forwarding_reason::IMMEDIATE);
        //= 24.379-11.1.9:forward
        let wanted = PrivateCall {
            transferred: Some(Transferred::Forward {
                by: by.clone(),
                reason: reason.into(),
                sequence: any_ext.number(extension_name::FORWARDING_SEQUENCE_NUMBER).unwrap_or(1),
            }),
            ..PrivateCall::new(target)
        };
        self.call_for(now, wanted, Owed { by, what: Asked::Forwarding });
    }

    /// The user sends an incoming call on to somebody else.
    pub(super) fn forward(&mut self, now: Instant, call: CallId, to: &McpttId) {
        let Some((caller, sequence)) = self.ringing_caller(call) else { return };
        let mut info = McpttInfo::default();
        let any_ext = &mut info.any_ext;
        any_ext.push_text(extension_name::REQUEST_TYPE, request_type::FORWARD_PRIVATE_CALL_REQUEST);
        any_ext.push_text(extension_name::FORWARDING_REASON, forwarding_reason::MANUAL_INPUT);
        any_ext.push_text(extension_name::FORWARDING_TARGET_ID, to.0.clone());
        any_ext.push_number(extension_name::FORWARDING_SEQUENCE_NUMBER, sequence.saturating_add(1));
        //= 24.379-11.1.9:forward
        self.tell_user(now, &caller, info, Vec::new());
        self.decline(now, call);
    }

    fn call_for(&mut self, now: Instant, wanted: PrivateCall, owed: Owed) {
        let call = self.call_user(now, wanted);
        self.remote_calls.insert(call, owed);
    }

    /// Remembers whom we have called, for a while.
    pub(super) fn note_called(&mut self, callees: &[McpttId]) {
        self.called.extend(callees.iter().cloned());
        while self.called.len() > MAX_REMEMBERED {
            self.called.pop_front();
        }
    }

    /// A call that somebody else has asked for stands, or has failed.
    pub(super) fn remote_call_settled(&mut self, now: Instant, call: CallId, success: bool) {
        let Some(Owed { by, what }) = self.remote_calls.remove(&call) else { return };
        let (kind, outcome) = match &what {
            Asked::GroupCall(_) => (
                request_type::REMOTELY_INITIATED_GROUP_CALL_RESPONSE,
                extension_name::REMOTELY_INITIATED_CALL_OUTCOME,
            ),
            Asked::PrivateCall => (
                request_type::REMOTELY_INITIATED_PRIVATE_CALL_RESPONSE,
                extension_name::REMOTELY_INITIATED_CALL_OUTCOME,
            ),
            //= 24.379-11.1.8:resp
            Asked::Transfer => {
                (request_type::TRANSFER_PRIVATE_CALL_RESPONSE, extension_name::TRANSFER_CALL_OUTCOME)
            }
            Asked::Forwarding => {
                (request_type::FORWARD_PRIVATE_CALL_RESPONSE, extension_name::FORWARDING_CALL_OUTCOME)
            }
        };
        let group = match &what {
            Asked::GroupCall(group) => Some(group.clone()),
            _ => None,
        };
        let mut info = McpttInfo { calling_group_id: group.map(Content::Normal), ..McpttInfo::default() };
        info.any_ext.push_text(extension_name::RESPONSE_TYPE, kind);
        info.any_ext.push_text(outcome, if success { "success" } else { "fail" });
        self.tell_user(now, &by, info, Vec::new());
        // Who was transferred has no more to do with who has transferred.
        if let (Asked::Transfer, true, Some(old)) = (&what, success, self.call_with(&by)) {
            self.leave(now, old);
        }
    }

    /// A call that we have transferred: both of ours are over.
    fn transfer_settled(&mut self, now: Instant, by: &McpttId, success: bool) {
        let Some(target) = self.transfers.remove(by).filter(|_| success) else { return };
        for peer in [Some(by.clone()), target] {
            if let Some(call) = peer.and_then(|peer| self.call_with(&peer)) {
                self.leave(now, call);
            }
        }
    }

    fn respond_to_user(&mut self, now: Instant, to: &McpttId, kind: &'static str) {
        let mut info = McpttInfo::default();
        info.any_ext.push_text(extension_name::RESPONSE_TYPE, kind);
        self.tell_user(now, to, info, Vec::new());
    }
}
