//! Refusals with what their reasons ask for: header fields, and a body that says how things stand.

use std::time::Instant;

use mcptt_codec::id::GroupId;
use mcptt_codec::sip::HeaderName;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo};

use super::watching::{EVENT_PACKAGES, LIFETIMES};
use super::{Controlling, Incoming};
use crate::adhoc::own as own_form;
use crate::bodies::{ACCEPTED, Bodies, InfoValues, info_part};
use crate::event::Function;
use crate::policy::{AdhocRefusal, PrivateRefusal, Refusal};
use crate::service;

impl Controlling {
    /// Answers a request that is refused, with the header fields and the body that its reason asks for.
    pub(super) fn refuse(&mut self, now: Instant, incoming: &Incoming<'_>, refusal: Refusal) {
        let mut response = self.identity.refuse(refusal);
        match refusal {
            //= RFC6665-489
            Refusal::UnknownEvent => {
                response.headers.push(HeaderName::AllowEvents, EVENT_PACKAGES);
            }
            Refusal::SubscriptionTooBrief => {
                response.headers.push(HeaderName::MinExpires, LIFETIMES.minimum.to_string());
            }
            Refusal::AffiliationExpires => {
                response.headers.push(HeaderName::MinExpires, service::FOR_EVER.to_string());
            }
            Refusal::SessionIntervalTooSmall => {
                let minimum = self.directory.config.policy.min_session_expires.as_secs();
                response.headers.push(HeaderName::MinSe, minimum.to_string());
            }
            Refusal::BodyUnsupported => {
                response.headers.push(HeaderName::Accept, ACCEPTED.join(", "));
            }
            Refusal::StoreUnavailable => self.say_when_to_retry(&mut response),
            //= 24.379-9A.2.2.2:resolve
            Refusal::Private(PrivateRefusal::SeveralHolders) => {
                for holder in self.holders_called(incoming) {
                    response.headers.push(HeaderName::Contact, service::bracketed(holder.as_str()));
                }
            }
            //= 24.379-6.3.4:147
            Refusal::GroupRegrouped => self.tell_temporary_permission(incoming, &mut response),
            refusal => {
                if let Some(info) = body_of(refusal) {
                    response.set_parts(&[info_part(&info)]);
                }
            }
        }
        // For the event only: a request that is refused for its bodies names nobody.
        let info =
            Bodies::read(&incoming.request.headers, &incoming.request.body).ok().and_then(|read| read.info);
        let caller = info.as_ref().and_then(|info| info.caller().ok().flatten());
        let group = info.as_ref().and_then(|info| info.target().ok().flatten()).map(GroupId::new);
        let event =
            service::refused(Function::Controlling, incoming.request, incoming.path, caller, group, refusal);
        self.event(event);
        self.agent.respond(now, incoming.transaction, response);
    }
}

/// The body of a refusal that says how things stand: an indicator that is asked for and does not hold is false, one that
/// is to end and does not is true.
fn body_of(refusal: Refusal) -> Option<McpttInfo> {
    let (yes, no) = (Some(Content::Normal(true)), Some(Content::Normal(false)));
    Some(match refusal {
        Refusal::Adhoc(AdhocRefusal::AdhocEmergencyNotAuthorised) => {
            own_form(McpttInfo::emergency_not_authorised())
        }
        Refusal::Adhoc(AdhocRefusal::AdhocEmergencyCancelNotAuthorised) => {
            own_form(McpttInfo { emergency_ind: yes, ..McpttInfo::default() })
        }
        //= 24.379-12.1A
        Refusal::Adhoc(AdhocRefusal::AdhocAlertNotAuthorised) => {
            own_form(McpttInfo { alert_ind: no, ..McpttInfo::default() })
        }
        Refusal::Adhoc(AdhocRefusal::AdhocAlertCancelNotAuthorised) => {
            own_form(McpttInfo { alert_ind: yes, ..McpttInfo::default() })
        }
        //= 24.379-6.3.3.1.14
        //= 24.379-11.1.1.4.1:7
        Refusal::EmergencyNotAuthorised | Refusal::Private(PrivateRefusal::PrivateEmergencyNotAuthorised) => {
            McpttInfo::emergency_not_authorised()
        }
        //= 24.379-10.1.1.4.2:11
        //= 24.379-10.1.1.4.7:4
        Refusal::ImminentPerilNotAuthorised => McpttInfo { imminentperil_ind: no, ..McpttInfo::default() },
        //= 24.379-10.1.1.4.7:7
        //= 24.379-12.1.3.3:1a
        //= 24.379-11.1.1.4.5
        Refusal::EmergencyCancelNotAuthorised
        | Refusal::Private(PrivateRefusal::PrivateEmergencyCancelNotAuthorised) => {
            McpttInfo { emergency_ind: yes, ..McpttInfo::default() }
        }
        //= 24.379-12.1.3.2:1a
        Refusal::EmergencyAndAlertCancelNotAuthorised => {
            McpttInfo { emergency_ind: yes.clone(), alert_ind: yes, ..McpttInfo::default() }
        }
        //= 24.379-10.1.1.4.8:conflict
        Refusal::ImminentPerilCancelNotAuthorised => {
            McpttInfo { imminentperil_ind: yes, ..McpttInfo::default() }
        }
        //= 24.379-12.1.3.1:4a
        Refusal::AlertNotAuthorised => McpttInfo { alert_ind: no, ..McpttInfo::default() },
        Refusal::AlertCancelNotAuthorised => McpttInfo { alert_ind: yes, ..McpttInfo::default() },
        _ => return None,
    })
}
