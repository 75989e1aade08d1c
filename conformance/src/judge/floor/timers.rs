//! T1 and T20 from outside (6.3.4.4.2, 6.3.4.4.5, 11.1.3): a talker that says nothing, and one that does.

use std::time::Duration;

use mcptt_codec::floor::FloorMessage;

use super::shape::{never, while_silent};
use super::taken::{granted, is_single};
use super::{down_in, lets_go, passes_on, speaks, up_from};
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::{Duty, Step};

/// T1 and T2 are at most this long.
const LONGEST_T1: Duration = Duration::from_secs(6);
const LONGEST_T2: Duration = Duration::from_secs(30);

/// The talk ends; who was revoked before has been ended by something else.
fn ends(call: &Call, talker: Leg) -> impl FnMut(&Fact) -> Step + use<> {
    let own = call.clone();
    move |fact| match down_in(fact, &own) {
        Some((to, FloorMessage::Revoke(_))) if to == talker => Step::Void,
        Some((to, message)) if passes_on(talker, to, message) => Step::Held,
        _ => Step::Wait,
    }
}

/// T1 runs from the grant: who never says a word loses the floor.
pub(super) const NOT_A_WORD: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:4", "24.380-11.1.3:t1", "24.380-11.1.3:t2"],
    watch: |cx, fact, todo| {
        let Some((call, talker, one, belief, true)) = granted(cx, fact) else { return };
        let told = one.duration.unwrap_or_default();
        let expected = "Duration of at most 30 s";
        todo.judge(cx, "24.380-11.1.3:t2", told <= LONGEST_T2, expected, || format!("{} s", told.as_secs()));
        // Its release may be worked on next.
        if !is_single(one) || belief.has_let_go(talker, cx.now, cx.answer()) {
            return;
        }
        let t1 = cx.profile.timers.t1;
        let expected = "T1 after the grant the floor is idle or somebody else's";
        let duty = Duty::must("24.380-6.3.4.4.2:4", cx.profile.late(t1), expected)
            .not_before(cx.profile.early(t1))
            .on_leg(call, talker);
        todo.watch(cx, duty, while_silent(talker, ends(call, talker)));
        let expected = "the floor of a silent talker ends within 6 s";
        let duty = Duty::must("24.380-11.1.3:t1", cx.profile.late(LONGEST_T1), expected).on_leg(call, talker);
        todo.watch(cx, duty, while_silent(talker, ends(call, talker)));
    },
};

/// A grant that answers a request directly is not repeated by itself.
pub(super) const ONE_GRANT: Rule = Rule {
    requirements: &["24.380-6.3.4.4.2:2n"],
    watch: |cx, fact, todo| {
        let Some((call, talker, one, belief, true)) = granted(cx, fact) else { return };
        let asked_once = belief.asked.get(&talker).is_some_and(|asked| asked.open == 1);
        if !is_single(one) || !asked_once || !belief.floor.is_idle() || belief.queue.contains_key(&talker) {
            return;
        }
        let during = cx.profile.early(cx.profile.timers.t1);
        let duty =
            Duty::must_not("24.380-6.3.4.4.2:2n", during, "no second Floor Granted").on_leg(call, talker);
        let is_grant = |message: &FloorMessage| matches!(message, FloorMessage::Granted(_));
        todo.watch(cx, duty, never(talker, is_grant));
    },
};

/// Voice stops the repetition of the grant.
pub(super) const HEARD: Rule = Rule {
    requirements: &["24.380-6.3.4.4.5:3"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, .. } = fact else { return };
        let Some(FloorBelief::Taken(talk)) = cx.settled(call).map(|belief| belief.floor) else { return };
        let repeats = talk.from_queue && !talk.alive && talk.copies < cx.profile.timers.c20;
        if talk.talker != *leg || !repeats {
            return;
        }
        // A copy may be under way.
        let (during, leg) = (cx.profile.late(cx.profile.timers.t20), *leg);
        let crossing = cx.now.saturating_add(cx.profile.way_and_back());
        let duty = Duty::must_not("24.380-6.3.4.4.5:3", during, "no further Floor Granted").on_leg(call, leg);
        let is_grant = |message: &FloorMessage| matches!(message, FloorMessage::Granted(_));
        let mut check = never(leg, is_grant);
        let crosses = !cx.profile.path.is_zero();
        todo.watch_timed(cx, duty, move |fact, now| match check(fact) {
            Step::Violated(_) if crosses && now <= crossing => Step::Void,
            step => step,
        });
    },
};

/// Every packet restarts T1: a talk goes on for longer than T1 as long as no gap is that long.
pub(super) const GOES_ON: Rule =
    Rule {
        requirements: &["24.380-6.3.4.4.5:2"],
        watch: |cx, fact, todo| {
            let Fact::VoiceUp { call, leg, .. } = fact else { return };
            let Some(FloorBelief::Taken(talk)) = cx.settled(call).map(|belief| belief.floor) else { return };
            if talk.talker != *leg || talk.first_voice.is_some() {
                return;
            }
            let (own, talker, began) = (call.clone(), *leg, cx.now);
            let (t1, early) = (cx.profile.timers.t1, cx.profile.early(cx.profile.timers.t1));
            let late = cx.profile.late(t1);
            let mut last = cx.now;
            let expected = "a talk without gaps of T1 goes on for longer than T1";
            let duty = Duty::when("24.380-6.3.4.4.5:2", cx.profile.late(cx.profile.timers.t2), expected);
            todo.watch_timed(cx, duty.on_leg(call, talker), move |fact, now| match down_in(fact, &own) {
                Some((to, FloorMessage::Revoke(_))) if to == talker => Step::Void,
                Some((to, message)) if passes_on(talker, to, message) => {
                    if now.saturating_sub(last) >= early { Step::Void } else { Step::by(message.name()) }
                }
                _ if speaks(fact, talker) => {
                    last = now;
                    // It would have been over.
                    if now.saturating_sub(began) > late { Step::Held } else { Step::Wait }
                }
                _ if lets_go(fact, talker) || up_from(fact, talker).is_some() => Step::Void,
                _ => Step::Wait,
            });
        },
    };
