//! What members and latecomers are told about a call.

use mcptt_codec::id::{ClientId, McpttId};
use mcptt_codec::xml::mcptt_info::{AnyExt, Content, McpttInfo, McpttUri, SessionType, extension_name};

use super::inform::named;
use super::session::Call;
use crate::bodies::Kind;
use crate::event::Tier;

/// The mcptt-info of an invitation.
pub(super) fn member_info(
    call: &Call,
    mcptt_id: &McpttId,
    client_id: &ClientId,
    required: bool,
) -> McpttInfo {
    let yes = |flag: bool| flag.then_some(Content::Normal(true));
    let mut any_ext = AnyExt::default();
    if let Some(alias) = &call.functional_alias {
        any_ext.push_text(extension_name::FUNCTIONAL_ALIAS_URI, alias.clone());
    }
    McpttInfo {
        any_ext,
        session_type: Some(match call.kind {
            Kind::Prearranged => SessionType::Prearranged,
            Kind::Chat => SessionType::Chat,
            Kind::Adhoc => SessionType::Adhoc,
        }),
        request_uri: Some(Content::Normal(McpttUri::from(mcptt_id))),
        calling_user_id: Some(Content::Normal(call.initiator.clone())),
        calling_group_id: Some(Content::Normal(call.group.clone())),
        required: yes(required),
        emergency_ind: yes(call.tier == Tier::Emergency),
        alert_ind: (call.tier == Tier::Emergency).then_some(Content::Normal(call.alert)),
        //= 24.379-6.3.3.1.7:6
        imminentperil_ind: match call.tier {
            Tier::Emergency => call.superseded.then_some(Content::Normal(false)),
            tier => yes(tier == Tier::ImminentPeril),
        },
        //= 24.379-6.2.8.2:start
        broadcast_ind: call.broadcast.then_some(true),
        //= 24.379-4.10
        client_id: named(client_id),
        ..McpttInfo::default()
    }
}

/// The indicators of a call, for somebody who comes to it.
pub(super) fn tier_info(tier: Tier) -> Option<McpttInfo> {
    let yes = Some(Content::Normal(true));
    match tier {
        Tier::Normal => None,
        Tier::ImminentPeril => Some(McpttInfo { imminentperil_ind: yes, ..McpttInfo::default() }),
        Tier::Emergency => Some(McpttInfo { emergency_ind: yes, ..McpttInfo::default() }),
    }
}
