//! Ad hoc group calls: `[adhoc-calls]` and what a `[[user]]` may do with them.

use call_control::config as cc;
use mcptt_codec::xml::service_configuration::OnNetwork;
use serde::Deserialize;

use super::duration::Span;

/// `[adhoc-calls]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct AdhocCalls {
    relayed: Option<bool>,
    supported: Option<bool>,
    max_participants: Option<usize>,
    hang_time: Option<Span>,
    broadcast_hang_time: Option<Span>,
    max_duration: Option<Span>,
    criteria: Vec<Criterion>,
}

/// A name for participants that are found out when it is used.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Criterion {
    name: String,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    groups: Vec<String>,
    #[serde(default)]
    functional_aliases: Vec<String>,
}

impl AdhocCalls {
    pub(super) fn translate(&self) -> cc::AdhocConfig {
        let default = cc::AdhocConfig::default();
        let time = |span: Option<Span>| span.map(|span| span.0);
        cc::AdhocConfig {
            relayed: self.relayed.unwrap_or(default.relayed),
            supported: self.supported.unwrap_or(default.supported),
            max_participants: self.max_participants.unwrap_or(default.max_participants),
            hang_time: time(self.hang_time),
            broadcast_hang_time: time(self.broadcast_hang_time),
            max_duration: time(self.max_duration),
            criteria: self.criteria.iter().map(Criterion::translate).collect(),
        }
    }
}

impl Criterion {
    fn translate(&self) -> cc::AdhocCriterion {
        cc::AdhocCriterion {
            name: self.name.as_str().into(),
            users: self.users.iter().map(|user| user.as_str().into()).collect(),
            groups: self.groups.iter().map(|group| group.as_str().into()).collect(),
            functional_aliases: self.functional_aliases.iter().map(|alias| alias.as_str().into()).collect(),
        }
    }
}

/// Puts what the service configuration document says over what the file does.
pub(super) fn apply(on_network: &OnNetwork, adhoc: &mut cc::AdhocConfig) {
    let Some(said) = on_network.adhoc_group_call() else { return };
    adhoc.supported = true;
    if let Some(most) = said.max_no_participants.and_then(|most| usize::try_from(most).ok()) {
        adhoc.max_participants = most;
    }
    for (value, place) in [
        (said.hang_time, &mut adhoc.hang_time),
        (said.broadcast_hang_time, &mut adhoc.broadcast_hang_time),
        (said.max_duration_of_call, &mut adhoc.max_duration),
    ] {
        if value.is_some() {
            *place = value;
        }
    }
}

/// `adhoc-calls` of a user. Nothing is allowed that is not said.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Rules {
    call: bool,
    participation: bool,
    emergency: bool,
    imminent_peril: bool,
    change: bool,
    alert: bool,
}

impl Rules {
    pub(super) fn translate(&self) -> cc::AdhocRules {
        cc::AdhocRules {
            call: self.call,
            participation: self.participation,
            emergency: self.emergency,
            imminent_peril: self.imminent_peril,
            change: self.change,
            alert: self.alert,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::super::parse;

    #[test]
    fn ad_hoc_calls_and_the_rules_of_a_user_are_settings() {
        let config = parse(
            "[adhoc-calls]\nsupported = true\nmax-participants = 7\nmax-duration = \"10m\"\n\
             criteria = [{ name = \"engines\", users = [\"sip:bob@mc.example.org\"] }]\n\
             [[user]]\nmcptt-id = \"sip:alice@mc.example.org\"\n\
             adhoc-calls = { call = true, change = true }\n\
             [[user]]\nmcptt-id = \"sip:bob@mc.example.org\"\n",
        )
        .unwrap()
        .call_control;
        let adhoc = &config.adhoc;
        assert!(adhoc.supported && adhoc.relayed && adhoc.max_participants == 7);
        assert_eq!(adhoc.max_duration, Some(Duration::from_secs(600)));
        assert_eq!(adhoc.criteria[0].users, ["sip:bob@mc.example.org".into()]);
        let rules = &config.users[0].adhoc;
        assert!(rules.call && rules.change && !rules.participation && !rules.emergency);
        assert_eq!(config.users[1].adhoc, call_control::config::AdhocRules::default());
    }

    #[test]
    fn forwarding_is_a_setting_of_the_user() {
        let config = parse(
            "[private-calls]\nmax-forwardings = 1\n\
             [[user]]\nmcptt-id = \"sip:alice@mc.example.org\"\n\
             private-calls = { forwarding = true, forward-unanswered-to = \"sip:bob@mc.example.org\", \
             forward-after = \"20s\" }\n",
        )
        .unwrap()
        .call_control;
        assert_eq!(config.private_calls.max_forwardings, 1);
        let rules = &config.users[0].private_calls;
        assert!(rules.forwarding_allowed && rules.forwarding.immediate.is_none());
        assert_eq!(rules.forwarding.no_answer, Some("sip:bob@mc.example.org".into()));
        assert_eq!(rules.forwarding.no_answer_after, Some(Duration::from_secs(20)));
    }
}
