//! Ad hoc group calls and alerts of a client (TS 24.379 17.2, 12.1A).

use std::time::Instant;

use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sip::{HeaderName, Method, Part, Request};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, SessionType, extension_name};
use mcptt_codec::xml::mime;
use mcptt_codec::xml::resource_lists::{Entry, ResourceLists};

use super::call::Offer;
use super::{Announcement, CallId, Client, Pending, PriorityChange, Urgency};
use crate::adhoc;
use crate::bodies::{description_part, info_part};
use crate::offer_answer;

/// An ad hoc group call to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdhocCall {
    /// Who is called.
    pub participants: Vec<McpttId>,
    /// By what else participants are found.
    pub criteria: Option<ByteStr>,
    /// The group of an ad hoc alert whose participants are called, or of a running call that is to be joined.
    pub group: Option<GroupId>,
    /// The group is that of an ad hoc alert.
    pub follows_alert: bool,
    /// The INVITE is a floor request too.
    pub implicit_request: bool,
    /// Only we may talk.
    pub broadcast: bool,
    /// How urgent it is.
    pub urgency: Urgency,
    /// `Resource-Priority`, as the service configuration document gives it for this urgency.
    pub resource_priority: Option<ByteStr>,
}

impl AdhocCall {
    /// A normal call of these users with an implicit floor request.
    pub fn new(participants: impl IntoIterator<Item = McpttId>) -> Self {
        Self {
            participants: participants.into_iter().collect(),
            criteria: None,
            group: None,
            follows_alert: false,
            implicit_request: true,
            broadcast: false,
            urgency: Urgency::Normal,
            resource_priority: None,
        }
    }
}

/// Who is to come to an ad hoc group call and who is to leave it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AdhocParticipants {
    /// The call.
    pub call: CallId,
    /// To be called.
    pub added: Vec<McpttId>,
    /// To be taken out.
    pub removed: Vec<McpttId>,
}

/// An ad hoc emergency alert, its change or its end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdhocAlert {
    /// The alert that stands. `None`: a new one.
    pub group: Option<GroupId>,
    /// It ends.
    pub cancel: bool,
    /// Who is to get it.
    pub participants: Vec<McpttId>,
    /// Who is to get it no longer.
    pub removed: Vec<McpttId>,
    /// By what else participants are found.
    pub criteria: Option<ByteStr>,
}

impl Client {
    pub(super) fn call_adhoc(&mut self, now: Instant, wanted: AdhocCall) {
        //= 24.379-17.2.2.1.1
        let mut info = McpttInfo {
            session_type: Some(SessionType::Adhoc),
            request_uri: wanted.group.as_ref().map(|group| Content::Normal(McpttUri::from(group))),
            client_id: Some(Content::Normal(self.config().client_id.clone())),
            //= 24.379-17.2.2.1.1:9
            broadcast_ind: wanted.broadcast.then_some(true),
            ..McpttInfo::default()
        };
        match wanted.urgency {
            Urgency::Normal => {}
            Urgency::ImminentPeril => info.imminentperil_ind = Some(Content::Normal(true)),
            Urgency::Emergency { alert } => {
                info.emergency_ind = Some(Content::Normal(true));
                info.alert_ind = Some(Content::Normal(alert));
            }
        }
        let mut info = adhoc::own(info);
        if let Some(criteria) = wanted.criteria {
            info.root_any_ext.push_text(extension_name::CALL_PARTICIPANTS_CRITERIAS, criteria);
        }
        if wanted.follows_alert {
            info.root_any_ext.push_flag(extension_name::ADHOC_GRP_EMG_ALERT_GRP_IND, true);
        }
        let mut request = self.service_request(Method::Invite);
        if let Some(priority) = wanted.resource_priority {
            request.headers.push(HeaderName::ResourcePriority, priority);
        }
        let further = list(&wanted.participants, &[]).into_iter().collect();
        let offer = Offer { floor_control: true, implicit_request: wanted.implicit_request, further };
        let call = self.call(now, request, info, wanted.group, offer);
        self.note_urgency(call, wanted.urgency != Urgency::Normal);
    }

    /// Asks for other participants of a call.
    pub(super) fn change_participants(&mut self, now: Instant, wanted: AdhocParticipants) {
        let Some((dialog, description)) = self.established_dialog(wanted.call) else { return };
        //= 24.379-17.4.5.1.1
        let info = McpttInfo {
            session_type: Some(SessionType::Adhoc),
            request_uri: self.group_of(wanted.call).map(|group| Content::Normal(McpttUri::from(&group))),
            client_id: Some(Content::Normal(self.config().client_id.clone())),
            ..McpttInfo::default()
        };
        let mut invite = Request::new(Method::Invite, ByteStr::EMPTY);
        let mut parts = vec![description_part(&offer_answer::later(&description)), info_part(&info)];
        parts.extend(list(&wanted.added, &wanted.removed));
        invite.set_parts(&parts);
        if let Ok(transaction) = self.agent.request_in_dialog(now, &dialog, invite) {
            self.pending.insert(transaction, Pending::Priority(wanted.call, PriorityChange::Participants));
        }
    }

    /// Releases an ad hoc group call for everybody.
    pub(super) fn release_adhoc(&mut self, now: Instant, call: CallId) {
        //= 24.379-17.2.3.1.1
        self.leave_saying(now, call, Some(adhoc::RELEASE));
    }

    pub(super) fn adhoc_alert(&mut self, now: Instant, wanted: AdhocAlert) {
        //= 24.379-12.1A
        let mut info = McpttInfo {
            request_uri: wanted.group.as_ref().map(|group| Content::Normal(McpttUri::from(group))),
            client_id: Some(Content::Normal(self.config().client_id.clone())),
            ..McpttInfo::default()
        };
        info.root_any_ext.push_flag(extension_name::ADHOC_ALERT_IND, !wanted.cancel);
        if let Some(criteria) = wanted.criteria {
            info.root_any_ext.push_text(extension_name::CALL_PARTICIPANTS_CRITERIAS, criteria);
        }
        let mut parts = vec![info_part(&info)];
        parts.extend(list(&wanted.participants, &wanted.removed));
        parts.extend(self.emergency_location().filter(|_| !wanted.cancel));
        let mut message = self.service_request(Method::Message);
        message.set_parts(&parts);
        let transaction = self.agent.request(now, message, self.config.participating());
        let what = match wanted.cancel {
            true => Announcement::CancelAlert { originated_by: None, emergency: false },
            false => Announcement::Alert,
        };
        let group = wanted.group.unwrap_or_default();
        self.pending.insert(transaction, Pending::Announcement(group, what));
    }
}

/// The resource list; none where nobody is named.
fn list(called: &[McpttId], removed: &[McpttId]) -> Option<Part> {
    let with =
        |user: &McpttId, method: &str| Entry::to(format!("{};method={method}", user.as_str()).as_str());
    let entries = match removed.is_empty() {
        true => called.iter().map(|user| Entry::to(user.as_str())).collect::<Vec<_>>(),
        false => {
            let called = called.iter().map(|user| with(user, "INVITE"));
            called.chain(removed.iter().map(|user| with(user, "BYE"))).collect()
        }
    };
    (!entries.is_empty()).then(|| Part::new(mime::RESOURCE_LISTS, ResourceLists::of(entries).to_xml()))
}
