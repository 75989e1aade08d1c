//! T8: the repetition of Floor Revoke, and giving it up (TS 24.380 6.3.5.6 and 6.3.5.7).

use std::time::Instant;

use mcptt_codec::floor::FloorMessage;
use mcptt_codec::id::LegRef;

use super::{Basic, Trigger, send_floor_state, transition};
use crate::floor::server::FloorIndication;
use crate::floor::server::context::Context;
use crate::floor::server::general::{General, Talks};
use crate::floor::server::timer::{Counter, Timer};

/// A Floor Revoke that awaits its effect.
#[derive(Debug)]
pub(super) struct Revocation {
    /// The message, for its repetition.
    message: FloorMessage,
    /// How often it was sent.
    copies: u8,
    /// T8.
    deadline: Option<Instant>,
    /// The participant has sent media since the last time T8 was started.
    pub(super) heard: bool,
    /// The application and signalling plane knows.
    reported: bool,
}

/// T8 of a participant has expired.
pub(in crate::floor::server) fn on_t8_expired(
    leg: LegRef,
    general: &General,
    cx: &mut Context,
    now: Instant,
) {
    let limit = cx.limit(Counter::XRevoke);
    let Some(towards) = cx.participants.get_mut(&leg) else { return };
    match &mut towards.machine {
        Basic::PendingFloorRevoke(revocation) => {
            revocation.deadline = None;
            //= 24.380-6.3.5.6.3
            if let Some(message) = revocation.repeat(limit) {
                cx.send(leg, message);
                restart_t8(leg, cx, now);
            } else {
                //= 24.380-6.3.5.6.3:giveup
                cx.indicate(FloorIndication::ParticipantUnresponsive { leg });
            }
        }
        Basic::NotPermittedButSendsMedia(revocation) => {
            revocation.deadline = None;
            let heard = std::mem::take(&mut revocation.heard);
            // A straggling packet after Floor Release must not lock a client out: many do not answer this Floor Revoke.
            if revocation.copies > 1 && !heard {
                leave_sends_media(leg, Trigger::T8Expired, general.talks(), cx);
                return;
            }
            //= 24.380-6.3.5.7.3
            let unresponsive = match revocation.repeat(limit) {
                Some(message) => {
                    cx.send(leg, message);
                    false
                }
                None => !std::mem::replace(&mut revocation.reported, true),
            };
            if unresponsive {
                cx.indicate(FloorIndication::ParticipantUnresponsive { leg });
            }
            // Beyond the limit T8 only watches for the participant to fall silent.
            restart_t8(leg, cx, now);
        }
        _ => {}
    }
}

pub(super) fn leave_sends_media(leg: LegRef, trigger: Trigger, talks: Option<&Talks>, cx: &mut Context) {
    stop_t8(leg, cx);
    send_floor_state(leg, talks, cx);
    let next = if talks.is_some() { Basic::NotPermittedFloorTaken } else { Basic::NotPermittedFloorIdle };
    transition(leg, trigger, next, cx);
}

impl Revocation {
    /// A Floor Revoke that has been sent once.
    pub(super) fn of(message: FloorMessage) -> Self {
        Self { message, copies: 1, deadline: None, heard: false, reported: false }
    }

    /// The same message once more, unless it was sent often enough.
    fn repeat(&mut self, limit: u8) -> Option<FloorMessage> {
        (self.copies < limit).then(|| {
            self.copies = self.copies.saturating_add(1);
            self.message.clone()
        })
    }
}

pub(super) fn start_t8(
    leg: LegRef,
    mut revocation: Revocation,
    cx: &mut Context,
    now: Instant,
) -> Revocation {
    revocation.deadline = now.checked_add(cx.duration(Timer::T8));
    cx.revoke_timers.extend(revocation.deadline.map(|deadline| (deadline, leg)));
    revocation
}

fn revocation(leg: LegRef, cx: &mut Context) -> Option<&mut Revocation> {
    match &mut cx.participants.get_mut(&leg)?.machine {
        Basic::PendingFloorRevoke(revocation) | Basic::NotPermittedButSendsMedia(revocation) => {
            Some(revocation)
        }
        _ => None,
    }
}

fn restart_t8(leg: LegRef, cx: &mut Context, now: Instant) {
    stop_t8(leg, cx);
    let deadline = now.checked_add(cx.duration(Timer::T8));
    if let Some(revocation) = revocation(leg, cx) {
        revocation.deadline = deadline;
        cx.revoke_timers.extend(deadline.map(|deadline| (deadline, leg)));
    }
}

pub(super) fn stop_t8(leg: LegRef, cx: &mut Context) {
    if let Some(deadline) = revocation(leg, cx).and_then(|revocation| revocation.deadline.take()) {
        cx.revoke_timers.remove(&(deadline, leg));
    }
}
