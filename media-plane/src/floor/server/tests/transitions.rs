//! The tables of procedures: their committed image, and that the machines do what the tables say.

use mcptt_codec::Release;
use mcptt_codec::floor::{FloorAck, FloorMessage, FloorPriority};
use mcptt_codec::id::LegRef;

use super::rig::{Rig, Setup, secs, user};
use crate::floor::event::{Event, Machine};
use crate::floor::server::arbitration::Rank;
use crate::floor::server::general::{CancelRequest, Input};
use crate::floor::server::{
    Counter, Disclosed, FloorSignalling, MediaVerdict, Timer, dual, general, towards,
};
use crate::floor::settings::{Entry, Hearing};
use crate::floor::transition::{Rule, assert_committed, image};

const GENERAL: &[general::State] = general::State::ALL;
const TOWARDS: &[towards::State] = towards::State::ALL;

const DUAL: &[dual::State] = &[dual::State::StartStop, dual::State::FloorTaken, dual::State::Releasing];

#[test]
fn the_tables_look_as_committed() {
    let mut text = String::from("general floor control operation (G), TS 24.380 6.3.4\n\n");
    text += &image(GENERAL, general::Trigger::ALL, general::PROCEDURES, |trigger| trigger.name());
    text += "\nbasic floor control operation towards the floor participant (U), TS 24.380 6.3.5\n\n";
    text += &image(TOWARDS, towards::Trigger::ALL, towards::PROCEDURES, |trigger| trigger.name());
    text += "\ndual floor control operation (D), TS 24.380 6.3.6\n\n";
    text += &image(DUAL, dual::Trigger::ALL, dual::PROCEDURES, |trigger| trigger.name());
    assert_committed(&text, include_str!("transitions.txt"), "server/tests/transitions.txt");
}

/// A call in which the general machine is in `state`; where possible participant 1 talks.
fn in_general_state(state: general::State) -> Rig {
    let setup = Setup::with_participants(3).queueing(&[2, 3]).emergency(2).counter(Counter::C7, 3);
    let mut rig = match state {
        general::State::StartStop => setup.start(),
        general::State::FloorIdle => setup.idle(),
        general::State::FloorInitialising => setup.temporary_group().idle(),
        _ => setup.taken(),
    };
    match state {
        general::State::PendingFloorRevoke => rig.request_emergency(2),
        general::State::Releasing => rig.signal(FloorSignalling::ReleaseStarted),
        _ => {}
    }
    assert_eq!(rig.general(), state);
    rig.forget();
    rig
}

/// Participant 1 has been told to stop, while participant 2 goes on.
fn one_of_two_is_revoked() -> Rig {
    let mut rig = Setup::with_participants(3).several(2).emergency(3).taken();
    rig.request(2);
    rig.request_emergency(3);
    assert_eq!((rig.general(), rig.talkers()), (general::State::FloorTaken, vec![1, 2]));
    rig.forget();
    rig
}

/// There is a place beside participant 1.
fn beside_one_talker(state: general::State) -> Rig {
    let mut rig = Setup::with_participants(3).several(2).timer(Timer::T2, secs(1)).taken();
    if state == general::State::PendingFloorRevoke {
        rig.media(1);
        rig.advance(secs(1));
    }
    assert_eq!(rig.general(), state);
    rig.forget();
    rig
}

/// What stands for a trigger of the general machine; `None` for RTP, which has a door of its own.
fn general_input(trigger: general::Trigger) -> Option<Input> {
    use general::Trigger as T;
    let request = |leg, priority| general::Request {
        from: LegRef(leg),
        rank: Rank { priority, ..Default::default() },
        track_info: None,
        disclosed: Default::default(),
    };
    Some(match trigger {
        T::CallInitiated => Input::CallInitiated(None),
        T::FloorRequest | T::FloorRequestBesideTalkers => Input::FloorRequest(request(2, 200)),
        T::FloorRequestOfTalker => Input::FloorRequest(request(1, 0)),
        T::FloorRelease => Input::FloorRelease(LegRef(1)),
        T::FloorAck => Input::GrantAcknowledged(LegRef(1)),
        T::RtpMedia => return None,
        T::CancelRequest => {
            Input::CancelRequest(CancelRequest { from: LegRef(3), users: Vec::new(), track_info: None })
        }
        T::UnicastMediaStop => Input::UnicastMedia { to: LegRef(3), flows: false },
        T::UnicastMediaResume => Input::UnicastMedia { to: LegRef(3), flows: true },
        T::RevokeRequest => Input::RevokeRequest(user(1)),
        T::ConstituentRequest => Input::ConstituentRequest(request(2, 0)),
        T::FinalResponsesReceived => Input::FinalResponsesReceived,
        T::Expiry(timer @ (Timer::T4 | Timer::T7)) => Input::Expiry(timer),
        T::Expiry(timer) => Input::TalkExpiry(LegRef(1), timer),
        T::TalkerLeft => Input::TalkerLeft(LegRef(1)),
        T::CallReleaseStep1 => Input::CallReleaseStep1,
        T::CallReleaseStep2 => Input::CallReleaseStep2,
    })
}

#[test]
fn the_general_machine_discards_exactly_what_its_table_does_not_list() {
    for state in GENERAL {
        for trigger in general::Trigger::ALL {
            // There is nobody beside whom to talk.
            let beside = *trigger == general::Trigger::FloorRequestBesideTalkers;
            let talks = [general::State::FloorTaken, general::State::PendingFloorRevoke];
            if beside && !talks.contains(state) {
                assert!(Rule::find(general::PROCEDURES, *state, *trigger).is_none());
                continue;
            }
            let mut rig = match (state, trigger) {
                _ if beside => beside_one_talker(*state),
                (general::State::FloorTaken, general::Trigger::Expiry(Timer::T3)) => one_of_two_is_revoked(),
                _ => in_general_state(*state),
            };
            let listed = Rule::find(general::PROCEDURES, *state, *trigger);
            // In these states every request is of one kind: nobody talks, or the talker's does not get this far.
            let talker_asks = *trigger == general::Trigger::FloorRequestOfTalker;
            if talker_asks && *state != general::State::FloorTaken {
                assert!(listed.is_none());
                continue;
            }
            let discarded = match general_input(*trigger) {
                Some(input) => {
                    rig.server.decide(Some(input), rig.now);
                    rig.events().iter().any(|event| {
                        matches!(event, Event::Discarded { machine: Machine::General, requirement, .. }
                            if *requirement == "24.380-6.3.4.1")
                    })
                }
                None => !rig.server.general.on_rtp_media(LegRef(1), &rig.server.context, rig.now),
            };
            assert_eq!(discarded, listed.is_none(), "{state} {trigger:?}");
            if let Some(rule) = listed {
                assert!(rule.permits(rig.general()), "{state} {trigger:?}");
            } else {
                assert_eq!(rig.general(), *state, "{trigger:?}");
            }
        }
    }
}

/// A call in which the dual floor machine is in `state`; participant 1 talks, and 2 overrides it where somebody does.
fn in_dual_state(state: dual::State) -> Rig {
    let mut rig = Setup::with_participants(3).dual(Hearing::Both).emergency(2).emergency(3).taken();
    if state != dual::State::StartStop {
        rig.request_emergency(2);
    }
    if state == dual::State::Releasing {
        rig.signal(FloorSignalling::ReleaseStarted);
    }
    assert_eq!(rig.server.dual_state(), state);
    rig.forget();
    rig
}

//= 24.380-6.3.6.1 test
#[test]
fn the_dual_floor_machine_discards_exactly_what_its_table_does_not_list() {
    use dual::Trigger as T;
    for state in DUAL {
        for trigger in dual::Trigger::ALL {
            let mut rig = in_dual_state(*state);
            let input = match trigger {
                T::FloorRequest => {
                    let rank = Rank { priority: 200, ..Default::default() };
                    let disclosed = Disclosed::default();
                    let request = general::Request { from: LegRef(3), rank, track_info: None, disclosed };
                    Some(dual::Input::FloorRequest(request))
                }
                T::FloorRequestOfOverriding => Some(dual::Input::FloorRequestOfOverriding(None)),
                T::FloorRelease => Some(dual::Input::FloorRelease),
                T::RevokeRequest => Some(dual::Input::RevokeRequest),
                T::Expiry(timer) => Some(dual::Input::Expiry(*timer)),
                T::OverridingLeft => Some(dual::Input::OverridingLeft),
                T::CallReleaseStep1 => Some(dual::Input::CallReleaseStep1),
                T::CallReleaseStep2 => Some(dual::Input::CallReleaseStep2),
                T::RtpMedia | T::OverriddenEnded => None,
            };
            let discarded = match (input, trigger) {
                (Some(input), _) => {
                    rig.server.decide_dual(input, rig.now);
                    rig.events().iter().any(|event| {
                        matches!(event, Event::Discarded { machine: Machine::Dual, requirement, .. }
                            if *requirement == "24.380-6.3.6.1")
                    })
                }
                (None, T::RtpMedia) => rig.media(2) == MediaVerdict::Discard,
                (None, _) => {
                    rig.release(1);
                    rig.talkers() != [2]
                }
            };
            let listed = Rule::find(dual::PROCEDURES, *state, *trigger);
            assert_eq!(discarded, listed.is_none(), "{state} {trigger:?}");
            let next = rig.server.dual_state();
            assert!(listed.map_or(next == *state, |rule| rule.permits(next)), "{state} {trigger:?}");
        }
    }
}

/// A call in which the machine towards participant 2 is in `state`.
fn in_towards_state(state: towards::State) -> Rig {
    use towards::State as S;
    let setup = Setup::with_participants(3).queueing(&[1, 2, 3]).priority(2, 1).emergency(3);
    let setup = setup.policy(|policy| policy.release = Release::R19);
    let mut rig = match state {
        S::StartStop => {
            let mut rig = setup.start();
            rig.join(2, Entry::Invited);
            rig
        }
        S::NotPermittedFloorIdle | S::Permitted | S::PendingFloorRevoke => setup.idle(),
        S::NotPermittedInitiating => setup.temporary_group().idle(),
        S::NotPermittedFloorTaken | S::NotPermittedButSendsMedia | S::Releasing => setup.taken(),
    };
    match state {
        S::Permitted | S::PendingFloorRevoke => rig.request(2),
        S::NotPermittedButSendsMedia => drop(rig.media(2)),
        S::Releasing => rig.signal(FloorSignalling::ReleaseStarted),
        _ => {}
    }
    if state == S::PendingFloorRevoke {
        rig.request_emergency(3);
    }
    assert_eq!(rig.state(2), state);
    rig.forget();
    rig
}

#[test]
fn the_machine_towards_a_participant_discards_exactly_what_its_table_does_not_list() {
    use towards::Trigger as T;
    for state in TOWARDS {
        for trigger in towards::Trigger::ALL {
            let mut rig = in_towards_state(*state);
            match trigger {
                T::FloorRequest => rig.request_with(2, |request| request.priority = Some(FloorPriority(1))),
                T::FloorRelease => rig.release(2),
                T::FloorQueuePositionRequest => rig.ask_position(2),
                T::FloorAck => rig.receive(2, FloorMessage::Ack(FloorAck::default())),
                T::CancelRequest => rig.cancel(2, &[]),
                T::UnicastMediaStop => rig.control_media(2, false),
                T::UnicastMediaResume => rig.control_media(2, true),
                T::FloorRevokeRequest => rig.request_revoke(2, 1),
                T::ImplicitRequest => rig.signal(FloorSignalling::ImplicitRequest { leg: LegRef(2) }),
                // Media without procedure is no event, and what the server sends is its own affair.
                _ => continue,
            }
            let listed = Rule::find(towards::PROCEDURES, *state, *trigger).is_some();
            let discarded = rig
                .events()
                .iter()
                .any(|event| matches!(event, Event::Discarded { machine: Machine::Towards, .. }));
            assert_eq!(discarded, !listed, "{state} {trigger:?}");
        }
    }
}

#[test]
fn only_states_with_a_procedure_react_to_media() {
    for state in TOWARDS {
        let mut rig = in_towards_state(*state);
        rig.media(2);
        rig.advance(secs(0));
        let next = rig.state(2);
        match Rule::find(towards::PROCEDURES, *state, towards::Trigger::RtpMedia) {
            Some(rule) => assert!(rule.permits(next), "{state}"),
            None => assert_eq!(next, *state),
        }
    }
}
