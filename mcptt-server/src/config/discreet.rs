//! `[discreet-listening]`: who may hear calls unnoticed, and who has to agree.

use call_control::config as cc;
use mcptt_codec::id::McpttId;
use serde::Deserialize;

use super::duration::Span;

/// `[discreet-listening]`. Without grants nobody may.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct DiscreetListening {
    time_limit: Option<Span>,
    approval_within: Option<Span>,
    max_listenings: Option<usize>,
    #[serde(rename = "grant")]
    grants: Vec<Grant>,
}

/// `[[discreet-listening.grant]]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Grant {
    listener: String,
    targets: Vec<String>,
    approvers: Vec<String>,
}

impl DiscreetListening {
    pub(super) fn translate(&self) -> cc::DiscreetConfig {
        let default = cc::DiscreetConfig::default();
        let grants = self.grants.iter().map(|grant| cc::ListeningGrant {
            listener: McpttId::from(grant.listener.as_str()),
            targets: grant.targets.iter().map(|target| target.as_str().into()).collect(),
            approvers: grant.approvers.iter().map(|user| McpttId::from(user.as_str())).collect(),
        });
        cc::DiscreetConfig {
            time_limit: self.time_limit.map_or(default.time_limit, |span| span.0),
            approval_within: self.approval_within.map_or(default.approval_within, |span| span.0),
            max_listenings: self.max_listenings.unwrap_or(default.max_listenings),
            grants: grants.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;

    fn of(grant: &str) -> Result<call_control::config::DiscreetConfig, String> {
        let text =
            format!("[discreet-listening]\ntime-limit = \"30m\"\n[[discreet-listening.grant]]\n{grant}\n");
        parse(&text).map(|config| config.call_control.discreet).map_err(|error| error.to_string())
    }

    //= 22.179-discreet:dual test
    #[test]
    fn a_grant_names_somebody_else_who_agrees() {
        let config =
            of("listener = \"sip:a@x.org\"\ntargets = [\"sip:g@x.org\"]\napprovers = [\"sip:b@x.org\"]");
        let config = config.unwrap();
        assert_eq!((config.time_limit.as_secs(), config.grants.len()), (1_800, 1));
        let error =
            of("listener = \"sip:a@x.org\"\ntargets = [\"sip:g@x.org\"]\napprovers = [\"sip:a@X.org\"]");
        let error = error.unwrap_err();
        assert!(error.starts_with("discreet-listening.grant.approvers = sip:a@x.org"), "{error}");
        let error =
            of("listener = \"sip:a@x.org\"\ntargets = [\"everybody\"]\napprovers = [\"sip:b@x.org\"]");
        assert!(error.unwrap_err().starts_with("discreet-listening.grant.targets = everybody"));
    }
}
