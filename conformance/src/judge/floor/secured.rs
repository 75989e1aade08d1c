//! Protected voice (RFC 3711): what is not authentic, or comes once more, reaches nobody; what comes behind the wrap of the
//! sequence number does.

use std::time::Duration;

use super::SILENCE;
use crate::judge::Rule;
use crate::judge::belief::FloorBelief;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};

/// How long a talk may pause at the wrap.
const PAUSE: Duration = Duration::from_secs(1);
/// Packets behind the wrap that count as the first.
const FIRST: u16 = 0x10;

/// A packet whose tag does not fit, or that was received before, is not distributed.
pub(super) const REFUSED: Rule = Rule {
    requirements: &["RFC3711-4.2", "RFC3711-3.3.2"],
    watch: |cx, fact, todo| {
        let Fact::VoiceRefused { call, ssrc, sequence, again } = fact else { return };
        let (requirement, expected) = match again {
            true => ("RFC3711-3.3.2", "a packet that was received before at nobody"),
            false => ("RFC3711-4.2", "a packet whose tag does not fit at nobody"),
        };
        let (own, ssrc, sequence) = (call.clone(), *ssrc, *sequence);
        let (began, crossing) = (cx.now, cx.profile.crossing());
        let duty = Duty::must_not(requirement, SILENCE.min(cx.answer()), expected).in_call(call);
        todo.watch_timed(cx, duty, move |fact, now| match fact {
            // The authentic one may still be under way, or be distributed only now.
            Fact::VoiceDown { call, ssrc: source, sequence: number, .. }
                if *call == own && (*source, *number) == (ssrc, sequence) =>
            {
                if now.saturating_sub(began) < crossing { Step::Void } else { Step::by("it was distributed") }
            }
            Fact::VoiceUp { ssrc: source, sequence: number, .. }
                if (*source, *number) == (ssrc, sequence) =>
            {
                Step::Void
            }
            _ => Step::Wait,
        });
    },
};

/// A talk goes on when its sequence number begins again.
pub(super) const WRAPS: Rule = Rule {
    requirements: &["RFC3711-3.3.1"],
    watch: |cx, fact, todo| {
        let Fact::VoiceUp { call, leg, sequence: u16::MAX, .. } = fact else { return };
        let Some(belief) = cx.settled(call) else { return };
        let secured = belief.legs.get(leg).is_some_and(|profile| profile.secured);
        let talks = matches!(belief.floor, FloorBelief::Taken(talk) if talk.talker == *leg);
        if !secured || !talks || belief.legs.len() < 2 {
            return;
        }
        let (leg, answer) = (*leg, cx.answer());
        let mut behind = None;
        let duty = Duty::when("RFC3711-3.3.1", PAUSE, "the packets behind the wrap at the listeners");
        todo.watch_timed(cx, duty.on_leg(call, leg).in_this_state(), move |fact, now| {
            if behind.is_some_and(|(_, _, at)| now.saturating_sub(at) > answer) {
                return Step::by("nothing from there on");
            }
            match fact {
                Fact::VoiceUp { leg: from, ssrc, sequence, .. } if *from == leg && *sequence < FIRST => {
                    behind.get_or_insert((*ssrc, *sequence, now));
                    Step::Wait
                }
                Fact::VoiceDown { ssrc, sequence, .. }
                    if behind.is_some_and(|(source, number, _)| (source, number) == (*ssrc, *sequence)) =>
                {
                    Step::Held
                }
                _ => Step::Wait,
            }
        });
    },
};
