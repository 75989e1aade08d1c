//! Calls between users: `[private-calls]` and what a `[[user]]` may do with them.

use call_control::config as cc;
use mcptt_codec::id::McpttId;
use mcptt_codec::xml::service_configuration::OnNetwork;
use serde::Deserialize;

use super::duration::Span;

/// `[private-calls]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct PrivateCalls {
    /// Public service identity for private calls; without it there are none.
    identity: Option<String>,
    hang_time: Option<Span>,
    max_duration_with_floor_control: Option<Span>,
    max_duration_without_floor_control: Option<Span>,
    emergency_timeout: Option<Span>,
    ambient_listening_limit: Option<Span>,
    max_candidates: Option<usize>,
    max_forwardings: Option<u64>,
}

impl PrivateCalls {
    pub(super) fn translate(&self) -> cc::PrivateCallsConfig {
        let default = cc::PrivateCallsConfig::default();
        let time = |span: Option<Span>| span.map(|span| span.0);
        cc::PrivateCallsConfig {
            identity: self.identity.as_deref().map(Into::into),
            hang_time: time(self.hang_time),
            max_duration_with_floor_control: time(self.max_duration_with_floor_control),
            max_duration_without_floor_control: time(self.max_duration_without_floor_control),
            emergency_timeout: time(self.emergency_timeout),
            ambient_listening_limit: time(self.ambient_listening_limit)
                .unwrap_or(default.ambient_listening_limit),
            max_candidates: self.max_candidates.unwrap_or(default.max_candidates),
            max_forwardings: self.max_forwardings.unwrap_or(default.max_forwardings),
            ..default
        }
    }
}

/// Puts what the service configuration document says over what the file does.
pub(super) fn apply(on_network: &OnNetwork, private: &mut cc::PrivateCallsConfig) {
    let said = on_network.private_call.as_ref();
    for (value, place) in [
        (said.and_then(|said| said.hang_time), &mut private.hang_time),
        (
            said.and_then(|said| said.max_duration_with_floor_control),
            &mut private.max_duration_with_floor_control,
        ),
        (
            said.and_then(|said| said.max_duration_without_floor_control),
            &mut private.max_duration_without_floor_control,
        ),
        (
            on_network.emergency_call.as_ref().and_then(|call| call.private_cancel_timeout),
            &mut private.emergency_timeout,
        ),
    ] {
        if value.is_some() {
            *place = value;
        }
    }
}

/// `private-calls` of a user. Nothing is allowed that is not said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rules {
    allowed: bool,
    any_user: bool,
    users: Vec<String>,
    participation: bool,
    incoming: Option<Vec<String>>,
    max_simultaneous: Option<u32>,
    automatic_commencement: bool,
    manual_commencement: bool,
    force_auto_answer: bool,
    emergency: bool,
    emergency_recipient: Option<String>,
    cancel_emergency: bool,
    first_to_answer: bool,
    call_back: bool,
    cancel_call_back: bool,
    remote_ambient_listening: bool,
    local_ambient_listening: bool,
    remote_initiation: bool,
    transfer: bool,
    forwarding: bool,
    forward_to: Option<String>,
    forward_unanswered_to: Option<String>,
    forward_after: Option<Span>,
}

impl Rules {
    pub(super) fn translate(self) -> cc::PrivateCallRules {
        let ids = |list: Vec<String>| list.iter().map(|id| McpttId::from(id.as_str())).collect();
        cc::PrivateCallRules {
            allowed: self.allowed,
            any_user: self.any_user,
            users: ids(self.users),
            participation: self.participation,
            incoming: self.incoming.map(ids),
            max_simultaneous: self.max_simultaneous,
            automatic_commencement: self.automatic_commencement,
            manual_commencement: self.manual_commencement,
            force_auto_answer: self.force_auto_answer,
            emergency: self.emergency,
            emergency_recipient: self.emergency_recipient.as_deref().map(McpttId::from),
            cancel_emergency: self.cancel_emergency,
            first_to_answer: self.first_to_answer,
            call_back: self.call_back,
            cancel_call_back: self.cancel_call_back,
            remote_ambient_listening: self.remote_ambient_listening,
            local_ambient_listening: self.local_ambient_listening,
            remote_initiation: self.remote_initiation,
            transfer: self.transfer,
            forwarding_allowed: self.forwarding,
            forwarding: cc::Forwarding {
                immediate: self.forward_to.as_deref().map(McpttId::from),
                no_answer: self.forward_unanswered_to.as_deref().map(McpttId::from),
                no_answer_after: self.forward_after.map(|span| span.0),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::parse;

    #[test]
    fn private_calls_and_the_rules_of_a_user_are_settings() {
        let config = parse(
            "[private-calls]\nidentity = \"sip:private@cf.mc.example.org\"\nhang-time = \"30s\"\n\
             [[user]]\nmcptt-id = \"sip:alice@mc.example.org\"\n\
             private-calls = { allowed = true, users = [\"sip:bob@mc.example.org\"], max-simultaneous = 2 }\n\
             [[user]]\nmcptt-id = \"sip:bob@mc.example.org\"\n",
        )
        .unwrap()
        .call_control;
        assert_eq!(config.private_calls.identity.as_deref(), Some("sip:private@cf.mc.example.org"));
        assert_eq!(config.private_calls.hang_time, Some(Duration::from_secs(30)));
        let rules = &config.users[0].private_calls;
        assert!(rules.allowed && !rules.any_user && rules.max_simultaneous == Some(2));
        assert_eq!(rules.users, ["sip:bob@mc.example.org".into()]);
        // Who says nothing may do nothing.
        assert!(!config.users[1].private_calls.allowed && !config.users[1].private_calls.participation);
    }
}
