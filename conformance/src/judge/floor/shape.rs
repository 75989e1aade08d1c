//! The shapes many rules share: what a message to somebody means, and what must not come.

use mcptt_codec::floor::FloorMessage;

use super::{down_in, down_to, lets_go, speaks, up_from};
use crate::judge::fact::{Call, Fact, Leg};
use crate::judge::obligation::Step;

/// `read` says what a message to the leg means; the duty ends when the leg lets go.
pub(in crate::judge) fn reply(
    leg: Leg,
    mut read: impl FnMut(&FloorMessage) -> Step,
) -> impl FnMut(&Fact) -> Step {
    move |fact| match down_to(fact, leg) {
        Some(message) => read(message),
        None if lets_go(fact, leg) => Step::Void,
        None => Step::Wait,
    }
}

/// As [`reply`], for what the leg is told whatever it does itself.
pub(in crate::judge) fn told(
    leg: Leg,
    mut read: impl FnMut(&FloorMessage) -> Step,
) -> impl FnMut(&Fact) -> Step {
    move |fact| down_to(fact, leg).map_or(Step::Wait, &mut read)
}

/// Such a message to the leg breaks the duty; it ends when the leg sends a message of its own.
pub(in crate::judge) fn never(leg: Leg, bad: impl Fn(&FloorMessage) -> bool) -> impl FnMut(&Fact) -> Step {
    move |fact| match down_to(fact, leg) {
        Some(message) if bad(message) => Step::by(message.name()),
        None if up_from(fact, leg).is_some() => Step::Void,
        _ => Step::Wait,
    }
}

/// Such a message to anybody in the call breaks the duty.
pub(in crate::judge) fn never_in<F: Fn(Leg, &FloorMessage) -> bool>(
    call: &Call,
    bad: F,
) -> impl FnMut(&Fact) -> Step + use<F> {
    let own = call.clone();
    move |fact| match down_in(fact, &own) {
        Some((to, message)) if bad(to, message) => Step::by(message.name()),
        _ => Step::Wait,
    }
}

/// `inner`, and the duty ends when the leg sends anything, voice or message.
pub(in crate::judge) fn while_silent(
    leg: Leg,
    mut inner: impl FnMut(&Fact) -> Step,
) -> impl FnMut(&Fact) -> Step {
    move |fact| {
        let silent = !speaks(fact, leg) && up_from(fact, leg).is_none();
        if silent { inner(fact) } else { Step::Void }
    }
}
