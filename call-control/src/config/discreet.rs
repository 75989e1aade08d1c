//! Discreet listening: who may hear calls without anybody in them noticing, and who has to agree to it.

use std::time::Duration;

use mcptt_codec::id::McpttId;
use mcptt_codec::text::ByteStr;

use super::validate::{Check, ConfigError, duration, service_uri};
use super::{Config, is_same};

/// The longest that one agreement may hold.
const LONGEST: Duration = Duration::from_secs(30 * 86_400);

/// What is fixed for discreet listening. Without grants there is none.
#[derive(Clone, Debug)]
pub struct DiscreetConfig {
    /// How long a listener may listen once a second person has agreed. Default 1 h.
    pub time_limit: Duration,
    /// How long a request waits for the second person. Default 10 min.
    pub approval_within: Duration,
    /// Requests that wait and agreements that hold, at a time. Default 64.
    pub max_listenings: usize,
    /// Who may ask for what, and who may agree.
    pub grants: Vec<ListeningGrant>,
}

impl Default for DiscreetConfig {
    fn default() -> Self {
        Self {
            time_limit: Duration::from_secs(3_600),
            approval_within: Duration::from_secs(600),
            max_listenings: 64,
            grants: Vec::new(),
        }
    }
}

/// One user may listen to some others, if one of some others agrees.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ListeningGrant {
    /// Who may ask.
    pub listener: McpttId,
    /// The groups whose calls, and the users whose calls may be listened to.
    pub targets: Vec<ByteStr>,
    /// Who may agree; the listener never counts.
    pub approvers: Vec<McpttId>,
}

impl DiscreetConfig {
    /// Whether this user may ask to listen to this group or user.
    pub(crate) fn may_listen(&self, listener: &McpttId, target: &str) -> bool {
        self.of(listener, target).next().is_some()
    }

    /// Whether this user may agree that this other one listens.
    pub(crate) fn may_approve(&self, approver: &McpttId, listener: &McpttId, target: &str) -> bool {
        self.approvers(listener, target).any(|known| is_same(known.as_str(), approver.as_str()))
    }

    /// Those who may agree.
    pub(crate) fn approvers<'a>(
        &'a self,
        listener: &'a McpttId,
        target: &'a str,
    ) -> impl Iterator<Item = &'a McpttId> {
        let all = self.of(listener, target).flat_map(|grant| &grant.approvers);
        all.filter(|approver| !is_same(approver.as_str(), listener.as_str()))
    }

    /// Sessions of listeners that there may be: each may hear several calls at a time.
    pub(crate) fn sessions(&self) -> usize {
        const CALLS: usize = 4;
        if self.grants.is_empty() { 0 } else { self.max_listenings.saturating_mul(CALLS) }
    }

    fn of<'a>(&'a self, listener: &'a McpttId, target: &'a str) -> impl Iterator<Item = &'a ListeningGrant> {
        self.grants.iter().filter(move |grant| {
            is_same(grant.listener.as_str(), listener.as_str())
                && grant.targets.iter().any(|known| is_same(known, target))
        })
    }
}

impl Config {
    pub(super) fn discreet_listening(&self) -> Check {
        let own = &self.discreet;
        let second = Duration::from_secs(1);
        duration("discreet-listening.time-limit", own.time_limit, second..=LONGEST)?;
        duration("discreet-listening.approval-within", own.approval_within, second..=LONGEST)?;
        if !(1..=4_096).contains(&own.max_listenings) {
            let setting = "discreet-listening.max-listenings";
            return Err(ConfigError::new(setting, own.max_listenings, "1 to 4096"));
        }
        for grant in &own.grants {
            let listener = grant.listener.as_str();
            service_uri("discreet-listening.grant.listener", listener)?;
            for target in &grant.targets {
                service_uri("discreet-listening.grant.targets", target)?;
                let group = self.groups.iter().any(|group| is_same(group.group_id.as_str(), target));
                if self.shards > 1 && !group {
                    let allowed = "groups of this server where server.shards is not 1: the calls of a user are in all shards";
                    return Err(ConfigError::new("discreet-listening.grant.targets", target, allowed));
                }
            }
            grant
                .approvers
                .iter()
                .try_for_each(|user| service_uri("discreet-listening.grant.approvers", user.as_str()))?;
            //= 22.179-discreet:dual
            if !grant.approvers.iter().any(|user| !is_same(user.as_str(), listener)) {
                let allowed = "at least one user other than the listener: nobody agrees with himself";
                return Err(ConfigError::new("discreet-listening.grant.approvers", listener, allowed));
            }
        }
        Ok(())
    }
}
