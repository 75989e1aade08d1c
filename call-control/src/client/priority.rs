//! How urgent a call or a group is, as the client says and hears it (TS 24.379 6.2.8.1, 10.1.1.2.1.3 to 10.1.1.2.1.6, 10.1.1.2.1.8,
//! 12.1.1, 10.1.6.2).

use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::id::{GroupId, McpttId};
use mcptt_codec::sdp::McpttFmtp;
use mcptt_codec::sip::{HeaderName, Method, Part, Request, Response, StatusCode};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, McpttUri, extension_name};
use mcptt_codec::xml::mime;

use super::{AffiliationRule, CallId, Client, ClientEvent, Pending};
use crate::adhoc;
use crate::bodies::{Bodies, description_part, info_part};
use crate::offer_answer;
use crate::service;
use crate::user_agent::RequestError;

/// What the user of a client may do, as its profile says. Everything, by default: then the server decides alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientProfile {
    /// `allow-emergency-group-call`.
    pub emergency_calls: bool,
    /// `allow-imminent-peril-call`.
    pub imminent_peril_calls: bool,
    /// `allow-activate-emergency-alert`.
    pub emergency_alerts: bool,
    /// The group that emergency calls go to, whichever was selected. `None`: the selected one.
    pub dedicated_emergency_group: Option<GroupId>,
    /// The group that emergency alerts go to. `None`: the selected one.
    pub dedicated_alert_group: Option<GroupId>,
    /// Where the client is affiliated to which group by itself.
    pub affiliation_rules: Vec<AffiliationRule>,
}

impl Default for ClientProfile {
    fn default() -> Self {
        Self {
            emergency_calls: true,
            imminent_peril_calls: true,
            emergency_alerts: true,
            dedicated_emergency_group: None,
            dedicated_alert_group: None,
            affiliation_rules: Vec::new(),
        }
    }
}

/// What is asked for in a call, or taken back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PriorityChange {
    /// The call becomes an emergency call.
    Emergency {
        /// An emergency alert goes with it.
        alert: bool,
    },
    /// The call becomes an imminent peril call.
    ImminentPeril,
    /// The emergency of the group ends.
    CancelEmergency {
        /// The alert ends as well.
        alert: bool,
        /// Whose it was. `None`: our own.
        originated_by: Option<McpttId>,
    },
    /// The imminent peril of the group ends.
    CancelImminentPeril,
    /// Others are to take part in an ad hoc group call, see [`super::ClientCommand::ChangeParticipants`].
    Participants,
}

/// A change of the priority of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallPriority {
    /// The call.
    pub call: CallId,
    /// What is asked for.
    pub change: PriorityChange,
    /// The request is a floor request too.
    pub implicit_request: bool,
    /// `Resource-Priority`, as the service configuration document gives it.
    pub resource_priority: Option<ByteStr>,
}

/// What is said to a group without a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Announcement {
    /// An emergency alert.
    Alert,
    /// The end of an alert.
    CancelAlert {
        /// Whose it was. `None`: our own.
        originated_by: Option<McpttId>,
        /// The emergency of the group ends as well.
        emergency: bool,
    },
    /// The end of the emergency of the group.
    CancelEmergency,
    /// The end of the imminent peril of the group.
    CancelImminentPeril,
}

/// A MESSAGE to a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GroupAnnouncement {
    /// The group.
    pub group: GroupId,
    /// What is said.
    pub what: Announcement,
    /// A location report that goes with an alert, `application/vnd.3gpp.mcptt-location-info+xml`.
    pub location: Option<Bytes>,
    /// `Resource-Priority`, as the service configuration document gives it.
    pub resource_priority: Option<ByteStr>,
}

/// What a message says about priorities: absent is not false.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Indicators {
    /// On whose behalf.
    pub group: Option<GroupId>,
    /// Who caused it.
    pub by: Option<McpttId>,
    /// `emergency-ind`.
    pub emergency: Option<bool>,
    /// `alert-ind`.
    pub alert: Option<bool>,
    /// `imminentperil-ind`.
    pub imminent_peril: Option<bool>,
    /// `originated-by`.
    pub originated_by: Option<McpttId>,
    /// `mc-org`.
    pub organisation: Option<ByteStr>,
    /// `alert-ind-rcvd`.
    pub alert_received: Option<bool>,
    /// `emergency-ind-rcvd`.
    pub emergency_received: Option<bool>,
}

impl Indicators {
    pub(super) fn of(info: &McpttInfo) -> Self {
        let flag = |content: &Option<Content<bool>>| content.as_ref().and_then(Content::value).copied();
        Self {
            group: info.calling_group_id.as_ref().and_then(Content::value).cloned(),
            by: info.calling_user_id.as_ref().and_then(Content::value).cloned(),
            emergency: adhoc::flag(info, extension_name::ADHOC_EMERGENCY_IND)
                .or_else(|| flag(&info.emergency_ind)),
            alert: adhoc::flag(info, extension_name::ADHOC_ALERT_IND).or_else(|| flag(&info.alert_ind)),
            imminent_peril: flag(&info.imminentperil_ind),
            originated_by: info.originated_by.as_ref().and_then(Content::value).cloned(),
            organisation: info.mc_org.clone(),
            alert_received: flag(&info.alert_ind_rcvd)
                .or_else(|| adhoc::flag(info, extension_name::ADHOC_ALERT_IND_RCVD)),
            emergency_received: info.any_ext.flag(extension_name::EMERGENCY_IND_RCVD),
        }
    }

    fn of_response(response: &Response) -> Self {
        let bodies = Bodies::read(&response.headers, &response.body).ok();
        bodies.and_then(|bodies| bodies.info).map(|info| Self::of(&info)).unwrap_or_default()
    }

    /// Whether it says something.
    pub(super) const fn says_something(&self) -> bool {
        self.emergency.is_some() || self.alert.is_some() || self.imminent_peril.is_some()
    }
}

/// The indicators of a request.
fn indicators_of(change: &PriorityChange) -> McpttInfo {
    let (yes, no) = (Some(Content::Normal(true)), Some(Content::Normal(false)));
    match change {
        PriorityChange::Emergency { alert } => {
            McpttInfo { emergency_ind: yes, alert_ind: Some(Content::Normal(*alert)), ..McpttInfo::default() }
        }
        PriorityChange::ImminentPeril => McpttInfo { imminentperil_ind: yes, ..McpttInfo::default() },
        PriorityChange::CancelEmergency { alert, originated_by } => McpttInfo {
            emergency_ind: no.clone(),
            alert_ind: no.filter(|_| *alert),
            originated_by: originated_by.clone().filter(|_| *alert).map(Content::Normal),
            ..McpttInfo::default()
        },
        PriorityChange::CancelImminentPeril => McpttInfo { imminentperil_ind: no, ..McpttInfo::default() },
        PriorityChange::Participants => McpttInfo::default(),
    }
}

impl Client {
    /// Whether an alert of ours stands in a group, as far as the server has not said otherwise.
    pub fn alert_stands(&self, group: &GroupId) -> bool {
        self.alerts.contains(group)
    }

    pub(super) fn change_priority(&mut self, now: Instant, wanted: CallPriority) {
        let id = wanted.call;
        let allowed = match &wanted.change {
            PriorityChange::Emergency { .. } => self.config.profile.emergency_calls,
            PriorityChange::ImminentPeril => self.config.profile.imminent_peril_calls,
            PriorityChange::CancelEmergency { .. } | PriorityChange::CancelImminentPeril => true,
            PriorityChange::Participants => false,
        };
        //= 24.379-6.2.8.1
        let Some((dialog, description)) = self.established_dialog(id).filter(|_| allowed) else { return };
        let info = indicators_of(&wanted.change);
        let mut info = if self.is_adhoc(id) { adhoc::own(info) } else { info };
        info.client_id = Some(Content::Normal(self.config.client_id.clone()));
        if let Some(group) = self.group_of(id) {
            info.request_uri = Some(Content::Normal(McpttUri::from(&group)));
        }
        let description = offer_answer::with_parameters(offer_answer::later(&description), |parameters| {
            McpttFmtp { implicit_request: wanted.implicit_request, ..parameters }
        });
        let mut invite = Request::new(Method::Invite, ByteStr::EMPTY);
        if let Some(priority) = wanted.resource_priority {
            invite.headers.push(HeaderName::ResourcePriority, priority);
        }
        invite.set_parts(&self.sealed(&[description_part(&description), info_part(&info)]));
        match self.agent.request_in_dialog(now, &dialog, invite) {
            Ok(transaction) => {
                self.pending.insert(transaction, Pending::Priority(id, wanted.change));
            }
            // A re-INVITE of the server is under way: the user tries again.
            Err(RequestError::InvitePending) => self.event(ClientEvent::PriorityAnswered {
                call: id,
                status: StatusCode::REQUEST_PENDING.0,
                warning: None,
                told: Indicators::default(),
            }),
            Err(_) => {}
        }
    }

    pub(super) fn priority_answered(&mut self, id: CallId, change: &PriorityChange, response: &Response) {
        let group = self.group_of(id);
        if let (true, Some(group)) = (response.status.is_success(), group) {
            self.note_alert(&group, change);
        }
        if response.status.is_success() && *change != PriorityChange::Participants {
            let urgent = matches!(change, PriorityChange::Emergency { .. } | PriorityChange::ImminentPeril);
            self.note_urgency(id, urgent);
        }
        self.event(ClientEvent::PriorityAnswered {
            call: id,
            status: response.status.0,
            warning: service::warning_codes(&response.headers).first().copied(),
            told: Indicators::of_response(response),
        });
    }

    pub(super) fn note_alert(&mut self, group: &GroupId, change: &PriorityChange) {
        match change {
            PriorityChange::Emergency { alert: true } => {
                self.alerts.insert(group.clone());
            }
            PriorityChange::CancelEmergency { alert: true, originated_by: None } => {
                self.alerts.remove(group);
            }
            _ => {}
        }
    }

    /// INFO: we did not get all that we asked for.
    pub(super) fn corrected(&mut self, id: CallId, request: &Request) {
        let Some(info) = info_of(request) else { return };
        let told = Indicators::of(&info);
        //= 24.379-6.2.8.1:info
        if let (Some(stands), Some(group)) = (told.alert, self.group_of(id)) {
            match stands {
                true => self.alerts.insert(group),
                false => self.alerts.remove(&group),
            };
        }
        if told.says_something() {
            self.event(ClientEvent::PriorityTold { call: id, told });
        }
        let absent =
            info.any_ext.all(extension_name::NON_ACKNOWLEDGED_USER).filter_map(|value| value.as_text());
        let users: Vec<McpttId> = absent.map(McpttId::new).collect();
        if !users.is_empty() {
            self.event(ClientEvent::NotAcknowledged { call: id, users });
        }
    }

    /// A re-INVITE of the server tells how urgent the call is.
    pub(super) fn priority_told(&mut self, id: CallId, request: &Request) {
        let told = info_of(request).map(|info| Indicators::of(&info)).filter(Indicators::says_something);
        if let Some(told) = told {
            if told.emergency == Some(false) || told.imminent_peril == Some(false) {
                self.note_urgency(id, told.emergency == Some(true));
            }
            self.event(ClientEvent::PriorityTold { call: id, told });
        }
    }

    pub(super) fn announce(&mut self, now: Instant, wanted: GroupAnnouncement) {
        let profile = &self.config.profile;
        let alert = wanted.what == Announcement::Alert;
        //= 24.379-6.2.8.1
        if alert && !profile.emergency_alerts {
            return;
        }
        //= 24.379-12.1.1.1:dedicated
        let dedicated = profile.dedicated_alert_group.clone().filter(|_| alert);
        let group = dedicated.unwrap_or(wanted.group);
        let (yes, no) = (Some(Content::Normal(true)), Some(Content::Normal(false)));
        let indicators = match &wanted.what {
            //= 24.379-12.1.1.1
            Announcement::Alert => McpttInfo { alert_ind: yes, ..McpttInfo::default() },
            Announcement::CancelAlert { originated_by, emergency } => McpttInfo {
                alert_ind: no.clone(),
                emergency_ind: no.filter(|_| *emergency),
                originated_by: originated_by.clone().map(Content::Normal),
                ..McpttInfo::default()
            },
            Announcement::CancelEmergency => McpttInfo { emergency_ind: no, ..McpttInfo::default() },
            Announcement::CancelImminentPeril => McpttInfo { imminentperil_ind: no, ..McpttInfo::default() },
        };
        let info = McpttInfo {
            request_uri: Some(Content::Normal(McpttUri::from(&group))),
            client_id: Some(Content::Normal(self.config.client_id.clone())),
            ..indicators
        };
        let mut message = self.service_request(Method::Message);
        if let Some(priority) = wanted.resource_priority {
            message.headers.push(HeaderName::ResourcePriority, priority);
        }
        let mut parts = vec![info_part(&info)];
        let own = || self.emergency_location().filter(|_| alert);
        let given = wanted.location.map(|location| Part::new(mime::LOCATION_INFO, location));
        parts.extend(given.or_else(own));
        message.set_parts(&self.sealed(&parts));
        let transaction = self.agent.request(now, message, self.config.participating());
        self.pending.insert(transaction, Pending::Announcement(group, wanted.what));
    }

    pub(super) fn announcement_answered(&mut self, group: GroupId, what: &Announcement, response: &Response) {
        if response.status.is_success() {
            match what {
                Announcement::Alert => {
                    self.alerts.insert(group.clone());
                }
                Announcement::CancelAlert { originated_by: None, .. } => {
                    self.alerts.remove(&group);
                }
                _ => {}
            }
        }
        self.event(ClientEvent::AnnouncementAnswered {
            group,
            status: response.status.0,
            warning: service::warning_codes(&response.headers).first().copied(),
            told: Indicators::of_response(response),
        });
    }
}

/// The mcptt-info of a request.
pub(super) fn info_of(request: &Request) -> Option<McpttInfo> {
    Bodies::read(&request.headers, &request.body).ok().and_then(|bodies| bodies.info)
}
