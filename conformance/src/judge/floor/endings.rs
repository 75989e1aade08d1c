//! The end of a leg and of a call, and its beginning (6.3.3, 6.3.4.6, 6.3.4.7, 6.3.5.1, 6.3.5.9).

use std::time::Duration;

use super::shape::never;
use super::{SILENCE, up};
use crate::judge::Rule;
use crate::judge::fact::Fact;
use crate::judge::obligation::{Duty, Step};

/// How long nothing may come any more.
const AFTERWARDS: Duration = Duration::from_secs(1);

/// Who is sent a BYE is sent neither floor messages nor voice.
pub(super) const SILENCE_AFTER_BYE: Rule = Rule {
    requirements: &["24.380-6.3.3", "24.380-6.3.4.6.2"],
    watch: |cx, fact, todo| {
        let Fact::LegClosing { leg, by_server: true, .. } = fact else { return };
        let (leg, began, crossing) = (*leg, cx.now, cx.profile.crossing());
        for requirement in ["24.380-6.3.3", "24.380-6.3.4.6.2"] {
            let of_voice = requirement == "24.380-6.3.4.6.2";
            let expected = if of_voice { "no voice after BYE" } else { "no floor message after BYE" };
            todo.watch_timed(cx, Duty::must_not(requirement, AFTERWARDS, expected), move |fact, now| {
                // What was sent before may still be under way.
                let sent_before = now.saturating_sub(began) < crossing;
                match fact {
                    Fact::Down { leg: to, message, .. } if *to == leg && !of_voice && !sent_before => {
                        Step::by(message.name())
                    }
                    Fact::VoiceDown { leg: to, .. } if *to == leg && of_voice && !sent_before => {
                        Step::by("voice")
                    }
                    _ => Step::Wait,
                }
            });
        }
    },
};

/// Nobody listens any more where a leg or a call has ended.
pub(super) const NOBODY_THERE: Rule = Rule {
    requirements: &["24.380-6.3.4.7.2", "24.380-6.3.5.9.2"],
    watch: |cx, fact, todo| {
        let Some((call, leg, _)) = up(fact) else { return };
        let requirement = match cx.belief.call(call) {
            Some(belief) if belief.legs.contains_key(&leg) => return,
            Some(_) => "24.380-6.3.5.9.2",
            None => "24.380-6.3.4.7.2",
        };
        let duty = Duty::must_not(requirement, SILENCE.min(cx.answer()), "no answer after the end");
        todo.watch(cx, duty, never(leg, |_| true));
    },
};

/// A participant is told of the floor when it is in the call, not before.
pub(super) const NOT_BEFORE_THE_ANSWER: Rule = Rule {
    requirements: &["24.380-6.3.5.1:create"],
    watch: |cx, fact, todo| {
        let expected = "no floor message before the answer to the INVITE";
        match fact {
            Fact::LegOpened { profile, .. } if profile.originating => {
                todo.judge(cx, "24.380-6.3.5.1:create", true, expected, String::new);
            }
            // It may have overtaken the answer on its way.
            Fact::Early { invite, .. } => {
                let (invite, within) = (*invite, cx.profile.way_and_back());
                let duty = Duty::must("24.380-6.3.5.1:create", within, expected);
                todo.watch(cx, duty, move |fact| match fact {
                    Fact::Response { request, response }
                        if request.frame == invite && response.status.is_final() =>
                    {
                        Step::Void
                    }
                    _ => Step::Wait,
                });
            }
            _ => {}
        }
    },
};
