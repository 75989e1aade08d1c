//! Calls of groups that the client makes, joins or comes back to (TS 24.379 10.1.1.2, 10.1.2.2).

use std::time::Instant;

use mcptt_codec::id::GroupId;
use mcptt_codec::sip::{HeaderName, Method};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType};

use super::call::Offer;
use super::{CallId, Client, GroupCall, PriorityChange, Urgency};

impl Client {
    pub(super) fn call_group(&mut self, now: Instant, wanted: GroupCall) -> CallId {
        //= 24.379-10.1.1.2.1.1
        self.call_of_kind(now, wanted, SessionType::Prearranged)
    }

    pub(super) fn join_chat(&mut self, now: Instant, wanted: GroupCall) -> CallId {
        self.call_of_kind(now, wanted, SessionType::Chat)
    }

    fn call_of_kind(&mut self, now: Instant, wanted: GroupCall, kind: SessionType) -> CallId {
        let implicit_request = wanted.implicit_request;
        let (info, group, priority) = self.group_info(wanted, kind);
        let mut request = self.service_request(Method::Invite);
        if let Some(priority) = priority {
            request.headers.push(HeaderName::ResourcePriority, priority);
        }
        self.call(now, request, info, Some(group), Offer::with_floor(implicit_request))
    }

    /// What the request for a group call says, the group that is called in the end, and the Resource-Priority.
    pub(super) fn group_info(
        &mut self,
        wanted: GroupCall,
        kind: SessionType,
    ) -> (McpttInfo, GroupId, Option<ByteStr>) {
        let profile = &self.config.profile;
        //= 24.379-6.2.8.1
        let urgency = match wanted.urgency {
            Urgency::Emergency { alert } if profile.emergency_calls => {
                Urgency::Emergency { alert: alert && profile.emergency_alerts }
            }
            Urgency::ImminentPeril if profile.imminent_peril_calls => Urgency::ImminentPeril,
            _ => Urgency::Normal,
        };
        let urgent = urgency != Urgency::Normal;
        let emergency = matches!(urgency, Urgency::Emergency { .. });
        //= 24.379-12.1.1.1:dedicated
        let dedicated = profile.dedicated_emergency_group.clone().filter(|_| emergency);
        let group = dedicated.unwrap_or(wanted.group);
        let mut info = McpttInfo {
            session_type: Some(kind),
            request_uri: Some(Content::Normal(McpttUri::from(&group))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            broadcast_ind: wanted.broadcast.then_some(true),
            ..McpttInfo::default()
        };
        match urgency {
            Urgency::Normal => {}
            Urgency::ImminentPeril => info.imminentperil_ind = Some(Content::Normal(true)),
            Urgency::Emergency { alert } => {
                info.emergency_ind = Some(Content::Normal(true));
                info.alert_ind = Some(Content::Normal(alert));
                self.note_alert(&group, &PriorityChange::Emergency { alert });
            }
        }
        //= 24.379-6.2.8.1.15
        let refused_urgency = wanted.urgency != Urgency::Normal && !urgent;
        (info, group, wanted.resource_priority.filter(|_| !refused_urgency))
    }

    pub(super) fn rejoin(&mut self, now: Instant, session_identity: ByteStr, implicit_request: bool) {
        //= 24.379-10.1.1.2.4.1
        let info = McpttInfo {
            session_type: Some(SessionType::Prearranged),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..McpttInfo::default()
        };
        let request = self.service_request_to(Method::Invite, session_identity);
        self.call(now, request, info, None, Offer::with_floor(implicit_request));
    }
}
