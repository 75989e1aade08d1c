//! Calls of SIP phones that know nothing of MCPTT, where the operator allows them: what they do not say is said for them.

use mcptt_codec::id::ClientId;
use mcptt_codec::sip::Request;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType};

use super::Participating;
use super::identity::Originator;
use crate::bodies::Bodies;

/// The client on a phone that has no name of its own.
pub(super) fn plain_client(originator: &Originator) -> ClientId {
    ClientId(originator.public_user_id.as_str().into())
}

impl Participating {
    /// Whether a Request-URI is a group that a phone may call as it would call anybody.
    pub(super) fn is_plain_target(&self, uri: &str) -> bool {
        self.directory.config.policy.plain_calls && self.directory.group(uri).is_some()
    }

    /// What a phone would have said if it could. `None`: it has said it, or may not call in this way.
    pub(super) fn plain_info(
        &self,
        request: &Request,
        bodies: &Bodies,
        originator: &Originator,
    ) -> Option<McpttInfo> {
        if bodies.info.is_some() || !self.is_plain_target(&request.uri) {
            return None;
        }
        let group = self.directory.group(&request.uri)?;
        let session = if group.invite_members { SessionType::Prearranged } else { SessionType::Chat };
        Some(McpttInfo {
            session_type: Some(session),
            request_uri: Some(Content::Normal(McpttUri::from(&group.group_id))),
            client_id: Some(Content::Normal(plain_client(originator))),
            ..McpttInfo::default()
        })
    }
}
