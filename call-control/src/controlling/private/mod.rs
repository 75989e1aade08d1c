//! Calls between users (TS 24.379 11.1.1.4): private calls with and without floor control, first-to-answer calls and
//! ambient listening.
//!
//! Legs, timers and release are those of every call. What differs is here: who is invited and when the caller is answered,
//! what ends the call, and how it becomes an emergency and stops being one.

mod change;
mod set_up;

use std::time::Instant;

use mcptt_codec::id::{CallRef, LegRef, McpttId};
use mcptt_codec::sdp::SessionDescription;
use mcptt_codec::sip::{HeaderName, Method, Request};
use mcptt_codec::text::ByteStr;
use mcptt_codec::xml::mcptt_info::{AnyExt, Content, McpttInfo, extension_name, release_reason};

use self::change::Change;
use super::Controlling;
use super::fan_out::best_answer;
use super::member_info::tier_info;
use super::session::{Call, LegState};
use crate::bodies::info_part;
use crate::event::{CallState, Event, LeaveCause, Tier};
use crate::policy::ReleaseCause;
use crate::private_call::{Listening, PrivateCallKind};

/// What a call between users has besides what every call has.
#[derive(Debug)]
pub(super) struct Private {
    pub kind: PrivateCallKind,
    pub floor_control: bool,
    /// The caller's offer.
    pub offer: SessionDescription,
    /// The media is protected between the users: we have no keys for it.
    pub end_to_end: bool,
    /// What else the caller has said about the call.
    pub further: AnyExt,
    /// Who is in the call with the caller.
    pub called_party: Option<McpttId>,
    /// Who has made the call an emergency.
    pub emergency_by: Option<McpttId>,
    /// A change that waits for the other user.
    pub change: Option<Change>,
}

impl Private {
    /// The mcptt-info of the answer to the caller.
    pub fn answer(&self, tier: Tier) -> Option<McpttInfo> {
        let info = tier_info(tier);
        if self.kind != PrivateCallKind::FirstToAnswer {
            return info;
        }
        //= 24.379-11.1.1.4:fta-called
        let called_party_id = self.called_party.clone().map(Content::Normal);
        Some(McpttInfo { called_party_id, ..info.unwrap_or_default() })
    }
}

impl Call {
    /// Who listens and who is listened to.
    fn listening(&self) -> Option<(Listening, &McpttId, &McpttId)> {
        let private = self.private.as_ref()?;
        let PrivateCallKind::AmbientListening(listening) = private.kind else { return None };
        let called = private.called_party.as_ref()?;
        Some(match listening {
            Listening::RemoteInit => (listening, &self.initiator, called),
            Listening::LocalInit => (listening, called, &self.initiator),
        })
    }
}

impl Controlling {
    pub(super) fn is_private(&self, call: CallRef) -> bool {
        self.calls.get(&call).is_some_and(|running| running.private.is_some())
    }

    /// Looks at a call between users after every change. `false`: it is none.
    pub(super) fn evaluate_private(&mut self, now: Instant, call: CallRef) -> bool {
        let Some(running) = self.calls.get_mut(&call) else { return false };
        if running.private.is_none() {
            return false;
        }
        match running.state {
            CallState::Initialising => {
                let mut legs = running.legs.values();
                let answered = legs.find(|leg| matches!(leg.state, LegState::Connected(_)));
                if let Some(called) = answered.map(|leg| leg.mcptt_id.clone()) {
                    self.answered_by(now, call, called);
                } else if running.inviting() == 0 {
                    //= 24.379-11.1.1.4.1:fail
                    let answer = best_answer(running);
                    self.release(now, call, ReleaseCause::NobodyAnswered, Some(answer));
                }
            }
            //= 24.379-11.1.3.2.1.1
            CallState::Established if running.connected() < 2 => {
                self.release(now, call, ReleaseCause::TooFewParticipants, None);
            }
            CallState::Established | CallState::Releasing => {}
        }
        true
    }

    /// The first of the called users is there: nobody else is needed, and the caller is answered.
    fn answered_by(&mut self, now: Instant, call: CallRef, called: McpttId) {
        let Some(running) = self.calls.get_mut(&call) else { return };
        if let Some(private) = running.private.as_mut() {
            private.called_party = Some(called);
        }
        let others = running.legs.iter().filter(|(_, leg)| matches!(leg.state, LegState::Inviting { .. }));
        for other in others.map(|(at, _)| *at).collect::<Vec<LegRef>>() {
            //= 24.379-11.1.1.4:fta-cancel
            self.drop_leg(now, call, other, LeaveCause::NotSelected, true);
        }
        //= 24.379-11.1.1.4:fta-first
        //= 24.379-11.1.1.4.2:wait
        self.answer_originator(now, call);
        let listening = self.calls.get(&call).and_then(|running| {
            let (kind, listening, listened_to) = running.listening()?;
            (running.state == CallState::Established).then(|| (kind, listening.clone(), listened_to.clone()))
        });
        if let Some((kind, listening, listened_to)) = listening {
            self.listened_to.insert(listened_to.clone(), call);
            self.event(Event::AmbientListeningStarted { call, kind, listening, listened_to });
        }
    }

    /// A user makes or gets a call: who listens to that user hears no more.
    pub(super) fn interrupt_listening(&mut self, now: Instant, user: &McpttId, cause: ReleaseCause) {
        if let Some(call) = self.listened_to.get(user).copied() {
            self.release(now, call, cause, None);
        }
    }

    /// Nothing of the call is left.
    pub(super) fn private_over(&mut self, call: CallRef, ended: &Call) {
        let Some((kind, listening, listened_to)) = ended.listening() else { return };
        if self.listened_to.get(listened_to) == Some(&call) {
            self.listened_to.remove(listened_to);
            let (listening, listened_to) = (listening.clone(), listened_to.clone());
            self.event(Event::AmbientListeningEnded { call, kind, listening, listened_to });
        }
    }

    /// The mcptt-info of a BYE, where the clause has a word for the reason.
    pub(super) fn release_reason(&self, call: CallRef, cause: LeaveCause) -> Option<McpttInfo> {
        let running = self.calls.get(&call).filter(|running| running.private.is_some())?;
        let reason = match (running.cause, cause) {
            //= 24.379-11.1.1.4:fta-late
            (_, LeaveCause::NotSelected) => release_reason::NOT_SELECTED_FOR_CALL,
            //= 24.379-6.3.8.2:2
            (Some(ReleaseCause::MaximumDuration), _) => release_reason::PRIVATE_CALL_EXPIRY,
            (Some(ReleaseCause::Administrator), _) => release_reason::ADMINISTRATOR_ACTION,
            //= 24.379-11.1.6:end
            (Some(ReleaseCause::ListenedToIsCalled), _) => {
                release_reason::CALL_REQUEST_FOR_LISTENED_TO_CLIENT
            }
            (Some(ReleaseCause::ListenedToCalls), _) => {
                release_reason::CALL_REQUEST_INITIATED_BY_LISTENED_TO_CLIENT
            }
            _ => return None,
        };
        let mut info = McpttInfo::default();
        info.any_ext.push_text(extension_name::RELEASE_REASON, reason);
        Some(info)
    }

    /// The BYE for an answer that crosses our CANCEL, where it has to give a reason.
    pub(super) fn farewell(&self, call: CallRef, cause: LeaveCause) -> Option<Request> {
        let info = self.release_reason(call, cause)?;
        let mut bye = Request::new(Method::Bye, ByteStr::EMPTY);
        if cause == LeaveCause::NotSelected {
            bye.headers.push(HeaderName::Reason, "SIP;cause=200;text=\"another user has answered\"");
        }
        bye.set_parts(&[info_part(&info)]);
        Some(bye)
    }
}
