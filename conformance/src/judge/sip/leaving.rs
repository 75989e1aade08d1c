//! How participants and calls are released (6.3.8.1, 10.1.1.4.4).

use mcptt_codec::floor::FloorMessage;

use super::{called_group, final_answer};
use crate::judge::Rule;
use crate::judge::fact::{Call, Fact, Leg, Role};
use crate::judge::obligation::{Context, Duty, Obligations, Step};

/// A participant that is no longer affiliated is released at once.
pub(super) const DEAFFILIATED: Rule = Rule {
    requirements: &["24.379-10.1.1.4.4.3"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        let publishes = request.from == Role::Participating
            && request.to == Role::Controlling
            && request.is_publish_of("presence");
        if !publishes || !response.status.is_success() || request.expires() != Some(0) {
            return;
        }
        let (Some(group), Some(user)) = (called_group(request), request.calling_user()) else { return };
        let Some(call) = cx.belief.calls.get(group) else { return };
        let mut own = call.legs.iter().filter(|(_, profile)| cx.belief.mcptt_id(&profile.user) == user);
        // With two legs of the user it is not told which one is meant.
        let (Some((leg, _)), None) = (own.next(), own.next()) else { return };
        let leg = *leg;
        let duty = Duty::must("24.379-10.1.1.4.4.3", cx.answer(), "BYE to the participant");
        todo.watch(cx, duty, move |fact| match fact {
            Fact::LegClosing { leg: closing, by_server, .. } if *closing == leg => {
                if *by_server {
                    Step::Held
                } else {
                    Step::Void
                }
            }
            _ => Step::Wait,
        });
    },
};

/// The last participant is released when the last but one has left.
pub(super) const LAST_ONE: Rule = Rule {
    requirements: &["24.379-6.3.8.1:one"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, call, by_server: false, .. } = fact else { return };
        let Some(belief) =
            cx.call(call).filter(|belief| cx.sees_all_of(belief) && belief.legs.contains_key(leg))
        else {
            return;
        };
        // An ad hoc group call may go on with one.
        if belief.legs.values().any(|profile| profile.adhoc) {
            return;
        }
        let mut remaining = belief.others(*leg);
        let (Some(last), None) = (remaining.next(), remaining.next()) else { return };
        let own = call.clone();
        let duty = Duty::must("24.379-6.3.8.1:one", cx.answer(), "BYE to the last participant");
        todo.watch(cx, duty, move |fact| match fact {
            Fact::LegClosing { leg, by_server, .. } if *leg == last => {
                if *by_server {
                    Step::Held
                } else {
                    Step::Void
                }
            }
            Fact::LegOpened { profile, .. } if profile.call == own => Step::Void,
            _ => Step::Wait,
        });
    },
};

/// A call in which nobody is granted the floor for T4 is released.
pub(super) const INACTIVE: Rule = Rule {
    requirements: &["24.379-6.3.8.1:t4", "24.380-6.3.4.3.5", "24.380-11.1.3:t4"],
    watch: |cx, fact, todo| match fact {
        Fact::LegOpened { leg, profile }
            if profile.originating && !profile.joined && !profile.implicit_request =>
        {
            let known = cx.belief.call(&profile.call);
            if known.is_none_or(|call| call.established.is_none() && call.floor.talker().is_none()) {
                release(cx, todo, &profile.call, *leg);
            }
        }
        Fact::Down { call, leg, message }
            if matches!(**message, FloorMessage::Idle(_))
                && cx.call(call).is_some_and(|belief| belief.floor.talker().is_some()) =>
        {
            release(cx, todo, call, *leg);
        }
        _ => {}
    },
};

fn release(cx: &Context<'_>, todo: &mut Obligations, call: &Call, witness: Leg) {
    let Some(t4) = cx.profile.timers.t4 else { return };
    let own = call.clone();
    let expected = format!("BYE {} s after the floor became idle", t4.as_secs());
    // There are other reasons to release a call earlier.
    let duty =
        Duty::must("24.379-6.3.8.1:t4", cx.profile.late(t4), expected).counts_from(cx.profile.early(t4));
    let duty = duty.also(&["24.380-6.3.4.3.5", "24.380-11.1.3:t4"]);
    todo.watch(cx, duty, move |fact| match fact {
        Fact::LegClosing { call, by_server: true, .. } if *call == own => Step::Held,
        Fact::LegClosing { leg, .. } if *leg == witness => Step::Void,
        Fact::Down { call, message, .. } if *call == own => match &**message {
            FloorMessage::Granted(_) | FloorMessage::Taken(_) => Step::Void,
            _ => Step::Wait,
        },
        _ => Step::Wait,
    });
}
