//! Calls to other users (TS 24.379 11.1.1.2, 11.1.2, 11.1.6).

use std::time::Instant;

use mcptt_codec::id::McpttId;
use mcptt_codec::sip::{AnswerMode, HeaderName, Method, Part};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, extension_name};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

use super::call::Offer;
use super::{CallId, Client, Urgency};
use crate::private_call::PrivateCallKind;

/// A call to another user to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrivateCall {
    /// Who is called; more than one in a first-to-answer call only.
    pub callees: Vec<McpttId>,
    /// What kind of call it is.
    pub kind: PrivateCallKind,
    /// There is floor control; without it both may talk at any time.
    pub floor_control: bool,
    /// The INVITE is a floor request too.
    pub implicit_request: bool,
    /// How the called client is to answer.
    pub commencement: Commencement,
    /// How urgent it is; there is no imminent peril between two users.
    pub urgency: Urgency,
    /// `Resource-Priority`, as the service configuration document gives it for this urgency.
    pub resource_priority: Option<ByteStr>,
    /// Who is called is a functional alias, and whoever is active under it is meant.
    pub to_alias: bool,
    /// The call takes the place of another one.
    pub transferred: Option<Transferred>,
}

/// Why a call takes the place of another one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transferred {
    /// The other user of that one has transferred it.
    Transfer {
        /// It has told the new one before.
        announced: bool,
    },
    /// Who was called first has forwarded it.
    Forward {
        /// Who.
        by: McpttId,
        /// Why: `immediate`, `no-answer`, `manual-input`.
        reason: ByteStr,
        /// How often the call has been forwarded, this time included.
        sequence: u64,
    },
}

/// How a called client is to answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Commencement {
    /// Nothing is said about it.
    Unspecified,
    /// Without its user, if the user has nothing against it.
    #[default]
    Automatic,
    /// When its user says so.
    Manual,
    /// Without its user, whatever the user has set.
    ForcedAutomatic,
}

impl PrivateCall {
    /// A normal call with floor control and an implicit floor request, to be answered automatically.
    pub fn new(callee: impl Into<McpttId>) -> Self {
        Self {
            callees: vec![callee.into()],
            kind: PrivateCallKind::Private,
            floor_control: true,
            implicit_request: true,
            commencement: Commencement::Automatic,
            urgency: Urgency::Normal,
            resource_priority: None,
            to_alias: false,
            transferred: None,
        }
    }
}

impl Client {
    pub(super) fn call_user(&mut self, now: Instant, wanted: PrivateCall) -> CallId {
        let (info, list, mode) = self.private_info(&wanted);
        let mut request = self.service_request(Method::Invite);
        if let Some((name, mode)) = mode {
            request.headers.push(name, mode.as_str());
        }
        if let Some(priority) = wanted.resource_priority {
            request.headers.push(HeaderName::ResourcePriority, priority);
        }
        let offer = Offer {
            floor_control: wanted.floor_control,
            implicit_request: wanted.implicit_request,
            further: vec![list],
        };
        self.note_called(&wanted.callees);
        let call = self.call(now, request, info, None, offer);
        self.note_peers(call, wanted.callees);
        call
    }

    /// What the request for a call to another user says, whom it names, and how the called client is to answer.
    pub(super) fn private_info(
        &self,
        wanted: &PrivateCall,
    ) -> (McpttInfo, Part, Option<(HeaderName, AnswerMode)>) {
        let mut info = McpttInfo {
            session_type: Some(wanted.kind.session_type()),
            client_id: Some(Content::Normal(self.config().client_id.clone())),
            ..McpttInfo::default()
        };
        if let Urgency::Emergency { alert } = wanted.urgency {
            info.emergency_ind = Some(Content::Normal(true));
            info.alert_ind = Some(Content::Normal(alert));
        }
        if let PrivateCallKind::AmbientListening(listening) = wanted.kind {
            info.any_ext.push_text(extension_name::AMBIENT_LISTENING_TYPE, listening.as_str());
        }
        let any_ext = &mut info.any_ext;
        if wanted.to_alias {
            any_ext.push_flag(extension_name::CALL_TO_FUNCTIONAL_ALIAS_IND, true);
        }
        match &wanted.transferred {
            Some(Transferred::Transfer { announced }) => {
                any_ext.push_flag(extension_name::CALL_TRANSFER_IND, true);
                any_ext.push_flag(extension_name::TRANSFER_ANNOUNCED_IND, *announced);
            }
            Some(Transferred::Forward { by, reason, sequence }) => {
                any_ext.push_flag(extension_name::CALL_FORWARDING_IND, true);
                any_ext.push_text(extension_name::FORWARDING_REASON, reason.clone());
                any_ext.push_text(extension_name::FORWARDED_BY_MCPTT_ID, by.0.clone());
                any_ext.push_number(extension_name::FORWARDING_SEQUENCE_NUMBER, *sequence);
            }
            None => {}
        }
        //= 24.379-11.1.1.2.1.1:9
        let list = ResourceLists::of(wanted.callees.iter().map(|callee| Entry::to(callee.as_str())));
        //= 24.379-11.1.1.2.1.1:14
        let mode = match wanted.commencement {
            Commencement::Unspecified => None,
            Commencement::Automatic => Some((HeaderName::AnswerMode, AnswerMode::Auto)),
            Commencement::Manual => Some((HeaderName::AnswerMode, AnswerMode::Manual)),
            Commencement::ForcedAutomatic => Some((HeaderName::PrivAnswerMode, AnswerMode::Auto)),
        };
        (info, Part::new(mime::RESOURCE_LISTS, list.to_xml()), mode)
    }
}
