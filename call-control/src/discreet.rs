//! What is said about discreet listening, for the functions and the client alike. The words are this project's own: no
//! specification has any for it.
//!
//! A MESSAGE with an mcptt-info: the Request-URI in it is the group or user whose calls are meant, the called party who is to
//! listen, and `request-type` the step.

use mcptt_codec::id::McpttId;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, extension_name};

/// What one of the persons wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// The listener asks.
    Request,
    /// A second person agrees.
    Approval,
    /// Either takes it back.
    End,
}

impl Step {
    /// The marking of the listener's INVITE.
    pub const SESSION: &'static str = "discreet-listening";

    /// The value of `request-type`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Request => "discreet-listening-request",
            Self::Approval => "discreet-listening-approval",
            Self::End => "discreet-listening-end",
        }
    }

    /// The step that a message is about. `None`: it is about something else.
    pub fn of(info: &McpttInfo) -> Option<Self> {
        let kind = info.any_ext.text(extension_name::REQUEST_TYPE)?;
        [Self::Request, Self::Approval, Self::End].into_iter().find(|step| step.as_str() == kind)
    }

    /// What a message about this step says, except whom it is for.
    pub fn info(self, listener: &McpttId) -> McpttInfo {
        let mut info =
            McpttInfo { called_party_id: Some(Content::Normal(listener.clone())), ..McpttInfo::default() };
        info.any_ext.push_text(extension_name::REQUEST_TYPE, self.as_str());
        info
    }
}
