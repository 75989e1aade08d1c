//! The table of procedures: its committed image, and that the machine does what the table says.

use mcptt_codec::Release;
use mcptt_codec::floor::{
    FloorIdle, FloorIndicator, FloorMessage, FloorReleaseMultiTalker, FloorTaken, QueuedFloorRequests,
    QueuedFloorRequestsPurpose,
};

use super::rig::{Rig, deny, granted, idle, position, revoke, settings, taken};
use crate::floor::event::Event;
use crate::floor::participant::table::{PROCEDURES, Trigger};
use crate::floor::participant::{ParticipantInput, ParticipantOutput, ParticipantSettings, State};
use crate::floor::transition::{Rule, assert_committed, image};

const STATES: &[State] = State::ALL;

#[test]
fn the_table_looks_as_committed() {
    let mut text = String::from("floor participant, basic operation, TS 24.380 6.2.4\n\n");
    text += &image(STATES, Trigger::ALL, PROCEDURES, |trigger| trigger.name());
    assert_committed(&text, include_str!("transitions.txt"), "participant/tests/transitions.txt");
}

fn queued(purpose: QueuedFloorRequestsPurpose) -> FloorMessage {
    let purpose = Some(purpose);
    FloorMessage::QueuedFloorRequests(QueuedFloorRequests { purpose, ..QueuedFloorRequests::default() })
}

/// A user who may do everything.
fn authorised() -> ParticipantSettings {
    ParticipantSettings { may_revoke: true, may_cancel_queued: true, release: Release::R19, ..settings() }
}

fn in_state(state: State) -> Rig {
    let mut rig = match state {
        // After the call: before it, messages are kept and not discarded.
        State::StartStop => {
            let mut rig = Rig::listening_with(authorised());
            rig.input(ParticipantInput::ReleaseStarted);
            rig.input(ParticipantInput::ReleaseFinished);
            rig
        }
        State::HasNoPermission => Rig::listening_with(authorised()),
        State::PendingRequest => Rig::requesting_with(authorised()),
        State::HasPermission => Rig::talking_with(authorised()),
        State::PendingRelease => Rig::releasing_with(authorised()),
        State::Queued => {
            let mut rig = Rig::requesting_with(authorised());
            rig.receive(position(1));
            rig
        }
        State::Releasing => {
            let mut rig = Rig::listening_with(authorised());
            rig.input(ParticipantInput::ReleaseStarted);
            rig
        }
    };
    assert_eq!(rig.state(), state);
    rig.forget();
    rig
}

#[test]
fn the_machine_discards_exactly_what_its_table_does_not_list() {
    for state in STATES {
        for trigger in Trigger::ALL {
            let mut rig = in_state(*state);
            match trigger {
                Trigger::FloorIdle => rig.receive(idle()),
                Trigger::DualFloorIdle => rig.receive(FloorMessage::Idle(FloorIdle {
                    indicator: Some(FloorIndicator::DUAL_FLOOR),
                    ..FloorIdle::default()
                })),
                Trigger::FloorTaken => rig.receive(taken()),
                Trigger::SharedFloorTaken => rig.receive(FloorMessage::Taken(FloorTaken {
                    indicator: Some(FloorIndicator::MULTI_TALKER),
                    ..FloorTaken::default()
                })),
                Trigger::FloorReleaseMultiTalker => {
                    rig.receive(FloorMessage::ReleaseMultiTalker(FloorReleaseMultiTalker::default()));
                }
                Trigger::QueuedCancelResult => rig.receive(queued(QueuedFloorRequestsPurpose::CANCEL_RESULT)),
                Trigger::QueuedCancelNotification => {
                    rig.receive(queued(QueuedFloorRequestsPurpose::CANCEL_NOTIFICATION));
                }
                Trigger::CancelQueuedAsked => rig.input(ParticipantInput::CancelQueued { users: vec![] }),
                Trigger::UnicastMediaAsked => rig.input(ParticipantInput::UnicastMedia { wanted: true }),
                Trigger::RevokeOtherAsked => {
                    rig.input(ParticipantInput::RevokeOther { user: "sip:bob@example.org".into() });
                }
                Trigger::FloorGranted => rig.receive(granted()),
                Trigger::FloorDeny => rig.receive(deny()),
                Trigger::FloorRevoke => rig.receive(revoke()),
                Trigger::FloorQueuePositionInfo => rig.receive(position(1)),
                Trigger::CallReleaseStep1 => rig.input(ParticipantInput::ReleaseStarted),
                Trigger::CallReleaseStep2 => rig.input(ParticipantInput::ReleaseFinished),
                // What the user does at the wrong moment, media and timers that do not run are nobody's fault.
                _ => continue,
            }
            let listed = Rule::find(PROCEDURES, *state, *trigger);
            let outputs = rig.outputs();
            let discarded = outputs
                .iter()
                .any(|output| matches!(output, ParticipantOutput::Event(Event::Discarded { .. })));
            assert_eq!(discarded, listed.is_none(), "{state} {trigger:?}");
            match listed {
                Some(rule) => assert!(rule.permits(rig.state()), "{state} {trigger:?} {}", rig.state()),
                None => assert_eq!(rig.state(), *state, "{trigger:?}"),
            }
        }
    }
}
