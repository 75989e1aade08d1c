//! Emergency and imminent peril of a running call (6.3.3.1.6, 6.3.3.1.15, 10.1.1.4.2): who may, and that everybody is told.

use std::time::Duration;

use mcptt_codec::floor::FloorIndicator;
use mcptt_codec::sip::Limits;
use mcptt_codec::xml::mcptt_info::{Content, McpttInfo, SessionType};
use mcptt_codec::xml::mime;

use super::{describe, final_answer, is_call};
use crate::judge::Rule;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};
use crate::judge::wire::part;

/// How long it may take until all others have answered: each is asked when its own requests are done.
const ROUND: Duration = Duration::from_secs(1);

/// A call that becomes an emergency or an imminent peril is that for everybody in it: the emergency outranks the peril.
pub(super) const TOLD: Rule = Rule {
    requirements: &["24.379-6.3.3.1.6", "24.379-6.3.3.1.15"],
    watch: |cx, fact, todo| {
        let Fact::LegChanged { leg, call, kind: Some(kind), .. } = fact else { return };
        let Some(belief) = cx.call(call) else { return };
        let (emergency, peril) = (FloorIndicator::EMERGENCY, FloorIndicator::IMMINENT_PERIL);
        let (requirement, bit) = match (kind.contains(emergency), kind.contains(peril)) {
            (true, false) => ("24.379-6.3.3.1.6", emergency),
            (false, true) => ("24.379-6.3.3.1.15", peril),
            _ => return,
        };
        if belief.kind.0.contains(bit) {
            return;
        }
        for other in belief.others(*leg).filter(|other| !belief.has_just_come(*other, cx.now, cx.answer())) {
            let (own, kind) = (call.clone(), *kind);
            let expected = match bit == emergency {
                true => {
                    "re-INVITE with emergency-ind true, and no imminent peril, to every other participant"
                }
                false => "re-INVITE with imminentperil-ind true to every other participant",
            };
            let within = cx.answer().saturating_add(ROUND);
            let duty = Duty::must(requirement, within, expected).on_leg(call, other);
            todo.watch(cx, duty, move |fact| match fact {
                Fact::LegChanged { leg, kind: Some(told), .. } if *leg == other => {
                    Step::test(*told == kind, || format!("{told:?}"))
                }
                // It has changed once more.
                Fact::LegChanged { call, kind: Some(told), .. } if *call == own && *told != kind => {
                    Step::Void
                }
                _ => Step::Wait,
            });
        }
    },
};

/// An imminent peril call of somebody without the right.
pub(super) const PERIL: Rule = Rule {
    requirements: &["24.379-10.1.1.4.2:11"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let flag = |info: &McpttInfo| info.imminentperil_ind.as_ref().and_then(Content::value).copied();
        let asks = request.info.as_ref().and_then(flag) == Some(true);
        let emergency = request.info.as_ref().and_then(|info| info.emergency_ind.as_ref()?.value().copied())
            == Some(true);
        let kind = request.info.as_ref().and_then(|info| info.session_type.as_ref());
        let of_group = matches!(kind, Some(SessionType::Prearranged | SessionType::Chat));
        let judged = asks && !emergency && of_group && is_call(request);
        let Some(user) = request.user().filter(|_| judged) else { return };
        let user = cx.belief.mcptt_id(&user);
        let facts = cx.profile.documents.as_ref().and_then(|documents| documents.users.get(user));
        if facts.is_none_or(|facts| facts.imminent_peril)
            || super::refusals::is_refused_before(cx, request, response)
        {
            return;
        }
        let parts = response.parts(&Limits::default()).unwrap_or_default();
        let info = part(&parts, mime::MCPTT_INFO).and_then(|body| McpttInfo::parse(&body).ok());
        let held = response.status.0 == 403 && info.as_ref().and_then(flag) == Some(false);
        let expected = "403 with imminentperil-ind false";
        todo.judge(cx, "24.379-10.1.1.4.2:11", held, expected, || describe(response));
    },
};
