//! Who acknowledges what (6.2.4, 8.2.13): a message is acknowledged where it has a procedure.

use mcptt_codec::floor::{FloorMessage, Source, Subtype};

use super::told;
use crate::judge::Rule;
use crate::judge::belief::ClientState;
use crate::judge::fact::Fact;
use crate::judge::floor::{speaks, up_from};
use crate::judge::obligation::{Duty, Step};

/// The subtype of a message that asks for an acknowledgement.
fn asks(message: &FloorMessage) -> Option<Subtype> {
    let (asks, subtype) = match message {
        FloorMessage::Granted(message) => (message.ack_requested, Subtype::FLOOR_GRANTED),
        FloorMessage::Taken(message) => (message.ack_requested, Subtype::FLOOR_TAKEN),
        FloorMessage::Deny(message) => (message.ack_requested, Subtype::FLOOR_DENY),
        FloorMessage::Idle(message) => (message.ack_requested, Subtype::FLOOR_IDLE),
        FloorMessage::QueuePositionInfo(message) => {
            (message.ack_requested, Subtype::FLOOR_QUEUE_POSITION_INFO)
        }
        FloorMessage::QueuedFloorRequests(message) => (message.ack_requested, Subtype::QUEUED_FLOOR_REQUESTS),
        _ => return None,
    };
    asks.then_some(subtype)
}

/// The procedure of the message in the state.
fn procedure(state: ClientState, message: &FloorMessage) -> Option<&'static str> {
    use ClientState::{NoPermission, Pending, Permitted, Queued, Releasing};
    Some(match (message, state) {
        (FloorMessage::Idle(_), NoPermission) => "24.380-6.2.4.3.2",
        (FloorMessage::Idle(_), Releasing { .. }) => "24.380-6.2.4.6.4",
        (FloorMessage::Idle(_), Queued { .. }) => "24.380-6.2.4.9.8",
        (FloorMessage::Idle(_), Permitted { dual: true, .. }) => "24.380-6.2.4.5.7",
        (FloorMessage::Taken(_), NoPermission) => "24.380-6.2.4.3.3",
        (FloorMessage::Taken(_), Pending { .. }) => "24.380-6.2.4.4.11",
        (FloorMessage::Taken(_), Releasing { .. }) => "24.380-6.2.4.6.5",
        (FloorMessage::Taken(_), Queued { .. }) => "24.380-6.2.4.9.3",
        (FloorMessage::Granted(_), Pending { .. }) => "24.380-6.2.4.4.2",
        (FloorMessage::Granted(_), Permitted { .. }) => "24.380-6.2.4.5.5",
        (FloorMessage::Granted(_), Releasing { .. }) => "24.380-6.2.4.6.8",
        (FloorMessage::Granted(_), Queued { .. }) => "24.380-6.2.4.9.4",
        (FloorMessage::Deny(_), Pending { .. }) => "24.380-6.2.4.4.4",
        (FloorMessage::Deny(_), Queued { .. }) => "24.380-6.2.4.9.5",
        (FloorMessage::QueuePositionInfo(_), Pending { .. }) => "24.380-6.2.4.4.9",
        (FloorMessage::QueuePositionInfo(_), Queued { .. }) => "24.380-6.2.4.9.7",
        (FloorMessage::QueuedFloorRequests(_), Queued { .. }) => "24.380-6.2.4.9.15",
        _ => return None,
    })
}

pub(super) const ACKNOWLEDGE: Rule = Rule {
    requirements: &[
        "24.380-6.2.4.3.2",
        "24.380-6.2.4.6.4",
        "24.380-6.2.4.9.8",
        "24.380-6.2.4.5.7",
        "24.380-6.2.4.3.3",
        "24.380-6.2.4.4.11",
        "24.380-6.2.4.6.5",
        "24.380-6.2.4.9.3",
        "24.380-6.2.4.4.2",
        "24.380-6.2.4.5.5",
        "24.380-6.2.4.6.8",
        "24.380-6.2.4.9.4",
        "24.380-6.2.4.4.4",
        "24.380-6.2.4.9.5",
        "24.380-6.2.4.4.9",
        "24.380-6.2.4.9.7",
        "24.380-6.2.4.9.15",
    ],
    watch: |cx, fact, todo| {
        let Some((call, leg, message, _, _, state)) = told(cx, fact) else { return };
        let (Some(subtype), Some(requirement)) = (asks(message), procedure(state, message)) else { return };
        let expected = format!("Floor Ack of a participant with Message Type {}", subtype.0);
        let duty = Duty::must(requirement, cx.answer(), expected).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match up_from(fact, leg) {
            Some(FloorMessage::Ack(ack)) => match ack.message_type.map(|kind| Subtype(kind.0)) {
                Some(kind) if kind == subtype => {
                    Step::test(ack.source == Some(Source::FLOOR_PARTICIPANT), || format!("{:?}", ack.source))
                }
                Some(kind) if kind == subtype.with_ack(true) => {
                    Step::Tolerated("with the acknowledgement bit".to_owned())
                }
                _ => Step::Wait,
            },
            _ => Step::Wait,
        });
    },
};

/// What has no procedure changes nothing, and is not acknowledged.
pub(super) const NO_PROCEDURE: Rule = Rule {
    requirements: &["24.380-6.2.4.1"],
    watch: |cx, fact, todo| {
        let Some((call, leg, message, _, _, state)) = told(cx, fact) else { return };
        let discarded = matches!(
            (message, state),
            (
                FloorMessage::Granted(_) | FloorMessage::Deny(_) | FloorMessage::QueuePositionInfo(_),
                ClientState::NoPermission
            )
        );
        if !discarded {
            return;
        }
        let expected = "neither voice nor Floor Ack for a message that has no procedure";
        let duty = Duty::must_not("24.380-6.2.4.1", cx.answer(), expected).on_leg(call, leg);
        todo.watch(cx, duty, move |fact| match (up_from(fact, leg), fact) {
            (_, Fact::VoiceUp { .. }) if speaks(fact, leg) => Step::by("voice"),
            // Some acknowledge whatever asks for it.
            (Some(FloorMessage::Ack(_)), _) => Step::Tolerated("Floor Ack".to_owned()),
            (Some(_), _) => Step::Void,
            _ => Step::Wait,
        });
    },
};
