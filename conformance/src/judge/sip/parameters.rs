//! The floor control parameters of the answer (6.2.2, 6.4, TS 24.380 14.3).

use mcptt_codec::Decoded;
use mcptt_codec::floor::{FloorIndicator, FloorMessage};
use mcptt_codec::sdp::{McpttFmtp, OfferPlace, SessionDescription};
use mcptt_codec::sip::{Limits, Response};
use mcptt_codec::xml::mime;

use super::{RINGING, answer_to, called_group, final_answer, is_call, warnings};
use crate::judge::Rule;
use crate::judge::fact::{Fact, Role, Sent};
use crate::judge::obligation::{Duty, Step};
use crate::judge::wire::{ALREADY_EXISTS, part};

fn parameters(octets: &[u8]) -> Option<McpttFmtp> {
    let sdp = SessionDescription::decode(octets).ok()?;
    Some(sdp.floor_control()?.mcptt_fmtp().ok()?.unwrap_or_default())
}

fn offered(request: &Sent) -> Option<McpttFmtp> {
    parameters(&request.part(mime::SDP)?)
}

fn answered(response: &Response) -> Option<McpttFmtp> {
    parameters(&part(&response.parts(&Limits::default()).ok()?, mime::SDP)?)
}

/// Only what was offered, the priority at most as high.
pub(super) const FLOOR_PARAMETERS: Rule = Rule {
    requirements: &["24.379-6.2.2:answer", "24.380-14.3.3", "24.380-12.1.2.2:priority"],
    watch: |cx, fact, todo| {
        let Some((request, response)) = final_answer(fact) else { return };
        if !is_call(request) || !response.status.is_success() {
            return;
        }
        let (Some(offer), Some(answer)) = (offered(request), answered(response)) else { return };
        let extra = answer.not_offered(&offer);
        todo.judge(cx, "24.379-6.2.2:answer", extra.is_empty(), "only parameters that were offered", || {
            extra.join(", ")
        });
        if let (Some(wanted), Some(given)) = (offer.priority, answer.priority) {
            let expected = format!("mc_priority of at most {wanted}");
            for requirement in ["24.380-14.3.3", "24.380-12.1.2.2:priority"] {
                todo.judge(cx, requirement, given <= wanted, expected.clone(), || given.to_string());
            }
        }
    },
};

/// The implicit request is accepted from who opens the call, not from who joins it.
pub(super) const IMPLICIT_REQUEST: Rule = Rule {
    requirements: &["24.379-6.4:echo", "24.379-6.4:new", "24.380-14.3.5"],
    watch: |cx, fact, todo| {
        let Fact::Request(sent) = fact else { return };
        let Some(group) = called_group(sent).filter(|_| is_call(sent)) else { return };
        let asks = offered(sent).is_some_and(|offer| offer.implicit_request);
        // Of two who call at the same time one opens the call.
        if !asks || cx.belief.is_being_called(group) {
            return;
        }
        let running = cx.belief.runs(group);
        let released = cx.belief.calls.get(group).is_some_and(|call| call.is_releasing(cx.now, cx.answer()));
        let unknown = cx.belief.calls.contains_key(group) && !running;
        if released || unknown || (!running && !cx.profile.is_complete() && !cx.belief.sees_core) {
            return;
        }
        let (requirements, expected): (&[&'static str], _) = match running {
            true => (&["24.379-6.4:new", "24.380-14.3.5"], "no mc_implicit_request in the answer"),
            false => (&["24.379-6.4:echo"], "mc_implicit_request in the answer"),
        };
        let frame = sent.frame;
        for requirement in requirements {
            todo.watch(cx, Duty::when(requirement, RINGING, expected), move |fact| {
                let Some(response) = answer_to(fact, frame) else { return Step::Wait };
                // It did run, unseen.
                if !running && warnings(response).contains(&ALREADY_EXISTS) {
                    return Step::Void;
                }
                match answered(response).filter(|_| response.status.is_success()) {
                    Some(answer) if answer.implicit_request != running => Step::Held,
                    Some(answer) => Step::by(format!("a=fmtp:MCPTT {answer}")),
                    None => Step::Void,
                }
            });
        }
    },
};

/// How the parameters are written by the server, in offers and answers.
pub(super) const GRAMMAR: Rule = Rule {
    requirements: &["24.380-12.1:grammar", "24.380-12.1:separator", "24.380-12.1.2.2:digits", "24.380-14.5"],
    watch: |cx, fact, todo| {
        let of_server = |role| matches!(role, Role::Participating | Role::Controlling);
        let (body, request) = match fact {
            Fact::Request(sent) if of_server(sent.from) => (sent.part(mime::SDP), Some(sent)),
            Fact::Response { request, response } if of_server(request.to) => {
                let parts = response.parts(&Limits::default()).unwrap_or_default();
                (part(&parts, mime::SDP), None)
            }
            _ => return,
        };
        let described = body.and_then(|body| SessionDescription::examine(&body).ok());
        let Some(Decoded { value, deviations }) = described else { return };
        let Some(floor) = value.floor_control() else { return };
        let parsed = floor.mcptt_fmtp();
        let expected = "a=fmtp:MCPTT as the grammar has it";
        todo.judge(cx, "24.380-12.1:grammar", parsed.is_ok(), expected, || format!("{parsed:?}"));
        let Ok(Some(parameters)) = parsed else { return };
        for requirement in ["24.380-12.1:separator", "24.380-12.1.2.2:digits"] {
            let clean = deviations.iter().all(|one| one.requirement != requirement);
            todo.judge(cx, requirement, clean, expected, || parameters.to_string());
        }
        if let Some(request) = request.filter(|request| !request.is_initial()) {
            let place = match request.kind().contains(FloorIndicator::EMERGENCY) {
                true => OfferPlace::EmergencyUpgrade,
                false => OfferPlace::Later,
            };
            let right = !parameters.offer_faults(place).contains(&"24.380-14.5");
            let expected = "no mc_granted in a later offer";
            todo.judge(cx, "24.380-14.5", right, expected, || parameters.to_string());
        }
    },
};

/// Who is told in the answer that it has the floor is granted it.
pub(super) const GRANTED: Rule = Rule {
    requirements: &["24.380-14.3.4"],
    watch: |cx, fact, todo| {
        let Fact::LegOpened { leg, profile } = fact else { return };
        let [offered, answered] = profile.granted;
        if !answered || !profile.originating {
            return;
        }
        let leg = *leg;
        let expected = "mc_granted only where it was offered, and Floor Granted all the same";
        if !offered {
            return todo.judge(cx, "24.380-14.3.4", false, expected, || "it was not offered".to_owned());
        }
        let duty = Duty::must("24.380-14.3.4", cx.answer(), expected).on_leg(&profile.call, leg);
        todo.watch(cx, duty, move |fact| match fact {
            Fact::Down { leg: to, message, .. } if *to == leg => match &**message {
                FloorMessage::Granted(_) => Step::Held,
                FloorMessage::Idle(_) | FloorMessage::Taken(_) | FloorMessage::Deny(_) => {
                    Step::by(message.name())
                }
                _ => Step::Wait,
            },
            _ => Step::Wait,
        });
    },
};
