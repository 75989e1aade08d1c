//! From the controlling function to the clients.

use mcptt_codec::floor::{FloorAck, FloorReleaseMultiTalker, MessageType, Source, Subtype};

use super::*;

fn own_idle(number: u16) -> FloorMessage {
    FloorMessage::Idle(FloorIdle { ssrc: OWN, ..idle(number) })
}

fn own_taken(number: u16) -> FloorMessage {
    FloorMessage::Taken(FloorTaken { ssrc: OWN, ..taken(number) })
}

/// What the others are told when a client talks.
fn local_taken(client: u64, number: u16) -> FloorTaken {
    FloorTaken {
        ssrc: OWN,
        granted_party: Some(profile(client).mcptt_id),
        permission_to_request: Some(true),
        talker_ssrc: Some(ssrc(client)),
        sequence: Some(MessageSequenceNumber(number)),
        indicator: Some(FloorIndicator::NORMAL),
        ..FloorTaken::default()
    }
}

//= 24.380-6.5.4:down test
//= 24.380-6.5.4.1 test
#[test]
fn a_message_goes_to_the_client_of_its_last_reference_without_it() {
    let mut rig = Rig::with_clients(3);
    for client in [2, 3] {
        rig.controlling(denied(client));
        let FloorMessage::Deny(deny) = denied(client) else { panic!("another message") };
        let deny = FloorDeny { ssrc: OWN, track_info: None, ..deny };
        assert_eq!(rig.sent(), [Sent::Down(vec![client], FloorMessage::Deny(deny))]);
    }
    // Behind a function that is behind us.
    let deny = |references: &[u32]| {
        FloorMessage::Deny(FloorDeny { ssrc: OWN, track_info: track(references), ..FloorDeny::default() })
    };
    rig.controlling(deny(&[7, 8, reference(2)]));
    assert_eq!(rig.sent(), [Sent::Down(vec![2], deny(&[7, 8]))]);
}

#[test]
fn a_message_for_nobody_here_is_discarded() {
    let mut rig = Rig::with_clients(2);
    let nameless = |message: FloorMessage| match message {
        FloorMessage::Deny(deny) => FloorMessage::Deny(FloorDeny { track_info: None, ..deny }),
        other => other,
    };
    for message in [nameless(denied(1)), denied(9), granted(9), revoked(9)] {
        let revoke = matches!(message, FloorMessage::Revoke(_));
        rig.controlling(message);
        let discarded = rig.events();
        assert_eq!(discarded.len(), usize::from(!revoke));
        assert!(discarded.iter().all(
            |event| matches!(event, Event::Discarded { requirement, .. } if *requirement == "24.380-6.5.4:down")
        ));
    }
}

#[test]
fn a_revocation_without_reference_is_for_whoever_sends() {
    let mut rig = Rig::talking(3);
    let revoke = FloorRevoke { cause: Some(RevokeCause::NO_PERMISSION), ..FloorRevoke::default() };
    rig.controlling(FloorMessage::Revoke(revoke.clone()));
    let down = FloorMessage::Revoke(FloorRevoke { ssrc: OWN, ..revoke });
    assert_eq!(rig.sent(), [Sent::Down(vec![1], down)]);
    assert_eq!(rig.state(1), State::HasNoPermission);
}

//= 24.380-6.5.4:bcast test
//= 24.380-6.5.2.2:1 test
#[test]
fn idle_and_taken_go_to_every_client_under_our_own_numbers() {
    let mut rig = Rig::with_clients(3);
    // The numbers of the controlling function are its own.
    rig.controlling(FloorMessage::Taken(taken(500)));
    rig.controlling(FloorMessage::Idle(idle(501)));
    rig.controlling(FloorMessage::Idle(idle(502)));
    assert_eq!(
        rig.sent(),
        [
            Sent::Down(vec![1, 2, 3], own_taken(1)),
            Sent::Down(vec![1, 2, 3], own_idle(2)),
            Sent::Down(vec![1, 2, 3], own_idle(3)),
        ]
    );
    // The talker of another group, behind another function.
    rig.controlling(FloorMessage::Taken(FloorTaken { track_info: track(&[4_711]), ..taken(7) }));
    let FloorMessage::Taken(down) = own_taken(4) else { panic!("another message") };
    let down = FloorMessage::Taken(FloorTaken { track_info: track(&[4_711]), ..down });
    assert_eq!(rig.sent(), [Sent::Down(vec![1, 2, 3], down)]);
    // Without number there is one all the same.
    rig.controlling(FloorMessage::Idle(FloorIdle { sequence: None, ..idle(0) }));
    assert_eq!(rig.sent(), [Sent::Down(vec![1, 2, 3], own_idle(5))]);
}

#[test]
fn what_everybody_gets_is_acknowledged_by_us_alone() {
    let mut rig = Rig::with_clients(2);
    rig.controlling(FloorMessage::Taken(FloorTaken { ack_requested: true, ..taken(1) }));
    let acknowledge = FloorAck {
        ssrc: OWN,
        source: Some(Source::NON_CONTROLLING),
        message_type: Some(MessageType::acknowledging(Subtype::FLOOR_TAKEN)),
        ..FloorAck::default()
    };
    assert_eq!(rig.sent(), [Sent::Up(FloorMessage::Ack(acknowledge)), Sent::Down(vec![1, 2], own_taken(1))]);
    // What one client gets, that client acknowledges.
    let FloorMessage::Granted(grant) = granted(2) else { panic!("another message") };
    rig.controlling(FloorMessage::Granted(FloorGranted { ack_requested: true, ..grant.clone() }));
    let down = FloorGranted { ssrc: OWN, ack_requested: true, track_info: None, ..grant };
    assert_eq!(
        rig.sent(),
        [
            Sent::Down(vec![2], FloorMessage::Granted(down)),
            Sent::Down(vec![1], FloorMessage::Taken(local_taken(2, 2))),
        ]
    );
}

#[test]
fn the_other_clients_hear_of_a_local_talker_from_us() {
    let mut rig = Rig::with_clients(3);
    rig.controlling(granted(1));
    let FloorMessage::Granted(grant) = granted(1) else { panic!("another message") };
    let grant = FloorMessage::Granted(FloorGranted { ssrc: OWN, track_info: None, ..grant });
    let others = Sent::Down(vec![2, 3], FloorMessage::Taken(local_taken(1, 1)));
    assert_eq!(rig.sent(), [Sent::Down(vec![1], grant.clone()), others]);
    // The grant again: nothing is new for the others.
    rig.controlling(granted(1));
    assert_eq!(rig.sent(), [Sent::Down(vec![1], grant)]);
    // From one talker to the next.
    rig.controlling(granted(2));
    assert_eq!(rig.sent().last(), Some(&Sent::Down(vec![1, 3], FloorMessage::Taken(local_taken(2, 2)))));
    assert_eq!((rig.state(1), rig.state(2)), (State::HasNoPermission, State::HasPermission));
}

//= 24.380-6.5.2.2:2 test
#[test]
fn a_talker_who_wants_privacy_is_not_named() {
    let mut rig = Rig::with_clients(1);
    let private = ParticipantProfile {
        parameters: FloorParameters { privacy: true, ..FloorParameters::default() },
        ..profile(2)
    };
    rig.function.joined(LegRef(2), private, reference(2));
    rig.outputs();
    rig.controlling(granted(2));
    let nameless = FloorTaken { granted_party: None, ..local_taken(2, 1) };
    assert_eq!(rig.sent().last(), Some(&Sent::Down(vec![1], FloorMessage::Taken(nameless))));
}

#[test]
fn in_a_broadcast_call_the_others_may_not_ask() {
    let mut rig = Rig::with_clients(2);
    let FloorMessage::Granted(grant) = granted(1) else { panic!("another message") };
    let indicator = Some(FloorIndicator::BROADCAST);
    rig.controlling(FloorMessage::Granted(FloorGranted { indicator, ..grant }));
    let taken = FloorTaken { permission_to_request: Some(false), indicator, ..local_taken(1, 1) };
    assert_eq!(rig.sent().last(), Some(&Sent::Down(vec![2], FloorMessage::Taken(taken))));
}

#[test]
fn with_several_talkers_nobody_loses_the_floor_to_another() {
    for bit in [FloorIndicator::MULTI_TALKER, FloorIndicator::DUAL_FLOOR] {
        let mut rig = Rig::talking(3);
        let indicator = Some(FloorIndicator::NORMAL | bit);
        rig.controlling(FloorMessage::Taken(FloorTaken { indicator, ..taken(1) }));
        assert_eq!((rig.state(1), rig.media(1)), (State::HasPermission, MediaVerdict::Forward));
        // It hears the other one while it talks.
        assert!(rig.function.hears(LegRef(1)));
        let stopped = FloorReleaseMultiTalker { talker_ssrc: Some(OTHER), ..Default::default() };
        rig.outputs();
        rig.controlling(FloorMessage::ReleaseMultiTalker(stopped.clone()));
        let down = FloorReleaseMultiTalker { ssrc: OWN, ..stopped };
        assert_eq!(rig.sent(), [Sent::Down(vec![1, 2, 3], FloorMessage::ReleaseMultiTalker(down))]);
        rig.controlling(FloorMessage::Idle(idle(2)));
        assert_eq!(rig.state(1), State::HasNoPermission);
    }
}

#[test]
fn what_only_participants_send_is_discarded() {
    let mut rig = Rig::with_clients(2);
    for message in [FloorMessage::Request(request()), release()] {
        rig.controlling(message);
        assert!(matches!(rig.events()[..], [Event::Discarded { requirement: "24.380-8.1.4:dir", .. }]));
    }
}
