//! Regroups in the client (TS 24.379 16.2.1, 16.3.1): asking for one and being told about one.

use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{McpttWarning, Method, Response};
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri};
use mcptt_codec::xml::regroup::{Regroup, RegroupAction};

use super::{Client, ClientEvent, Pending};
use crate::bodies::{info_part, regroup_part};

/// A regroup that the user wants, or does not want any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RegroupRequest {
    /// Make one of groups.
    OfGroups {
        /// The group whose settings it gets.
        preconfigured: GroupId,
        /// The identity that it gets.
        regroup: GroupId,
        /// The groups.
        groups: Vec<GroupId>,
    },
    /// Make one of users.
    OfUsers {
        /// The group whose settings it gets.
        preconfigured: GroupId,
        /// The identity that it gets.
        regroup: GroupId,
        /// The users.
        users: Vec<McpttId>,
    },
    /// End one.
    Remove {
        /// The group whose settings it has; it tells where the regroup is served.
        preconfigured: GroupId,
        /// Its identity.
        regroup: GroupId,
    },
}

impl RegroupRequest {
    fn into_body(self) -> Regroup {
        match self {
            Self::OfGroups { preconfigured, regroup, groups } => {
                Regroup::create(preconfigured, regroup, groups)
            }
            Self::OfUsers { preconfigured, regroup, users } => Regroup {
                groups: None,
                users: Some(users),
                ..Regroup::create(preconfigured, regroup, Vec::new())
            },
            Self::Remove { preconfigured, regroup } => {
                Regroup { preconfigured_group: Some(preconfigured), ..Regroup::remove(regroup) }
            }
        }
    }
}

impl Client {
    /// Asks for a regroup or for its end.
    pub(super) fn ask_regroup(&mut self, now: Instant, wanted: RegroupRequest) {
        let body = wanted.into_body();
        let target = body.preconfigured_group.as_ref().unwrap_or(&body.regroup_uri);
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(target))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        };
        let mut message = self.service_request(Method::Message);
        message.set_parts(&[info_part(&info), regroup_part(&body)]);
        let transaction = self.agent.request(now, message, self.config.participating());
        self.pending.insert(transaction, Pending::Regroup(body.regroup_uri));
    }

    pub(super) fn regroup_answered(&mut self, regroup: GroupId, response: &Response) {
        let status = response.status.0;
        let warning = McpttWarning::all(&response.headers).next().map(|warning| warning.code);
        self.event(ClientEvent::RegroupAnswered { regroup, status, warning });
    }

    /// The server tells about a regroup that the user is part of.
    pub(super) fn regroup_told(&mut self, by: Option<McpttId>, told: Regroup) {
        let over = match told.action {
            RegroupAction::Create => false,
            RegroupAction::Remove => true,
            _ => return,
        };
        let (regroup, preconfigured) = (told.regroup_uri, told.preconfigured_group);
        self.event(ClientEvent::Regrouped { regroup, preconfigured, by, over });
    }
}
