//! The function has controlled the call so far.

use std::time::Duration;

use super::*;
use crate::floor::server::{FloorControlServer, FloorSignalling};
use crate::floor::settings::{CallSettings, Entry};

/// A call of three that was controlled here, client 1 talks and client 2 waits.
fn switched() -> (Rig, MessageSequenceNumber) {
    let call = CallSettings { queueing: true, ..CallSettings::normal("sip:fire@example.org") };
    let now = t0();
    let mut server = FloorControlServer::new(call, Default::default(), Ssrc(1), now);
    server.handle_signalling(now, FloorSignalling::Initiated);
    for client in 1..=3 {
        let entry = if client == 1 { Entry::Originator { implicit_request: false } } else { Entry::Invited };
        let profile = ParticipantProfile {
            parameters: FloorParameters { queueing: true, priority: Some(9), ..FloorParameters::default() },
            ..profile(client)
        };
        server.handle_signalling(now, FloorSignalling::Joined { leg: LegRef(client), profile, entry });
    }
    for client in [1, 2] {
        let request = FloorRequest { priority: Some(FloorPriority(5)), ..FloorRequest::default() };
        server.handle_message(now, LegRef(client), &FloorMessage::Request(request));
    }
    assert_eq!((server.talker(), server.queue().len()), (Some(LegRef(1)), 1));
    let handed_over = server.hand_over();
    let sequence = handed_over.sequence;
    // The second draw is a number that is taken.
    let mut draws = [reference(1), reference(1), reference(2), reference(3)].into_iter();
    let draw = || draws.next().unwrap();
    let function = NonControllingFunction::switched(settings(), OWN, T8, handed_over, draw);
    (Rig { function, now }, sequence)
}

#[test]
fn the_talker_and_those_who_wait_are_reported_as_floor_requests() {
    let (mut rig, sequence) = switched();
    let up = |client| {
        Sent::Up(FloorMessage::Request(FloorRequest {
            ssrc: OWN,
            priority: Some(FloorPriority(5)),
            indicator: Some(FloorIndicator::NORMAL),
            track_info: track(&[reference(client)])
                .map(|track| TrackInfo { queueing_capability: QueueingCapability::SUPPORTED, ..track }),
            ..FloorRequest::default()
        }))
    };
    assert_eq!(rig.sent(), [up(1), up(2)]);
    // The talker goes on talking meanwhile.
    assert_eq!((rig.state(1), rig.media(1)), (State::HasPermission, MediaVerdict::Forward));
    assert_eq!((rig.state(2), rig.state(3)), (State::HasNoPermission, State::HasNoPermission));
    // Clients go on counting where they are.
    rig.controlling(FloorMessage::Idle(idle(1)));
    let [Sent::Down(_, FloorMessage::Idle(idle))] = &rig.sent()[..] else { panic!("one Floor Idle") };
    assert_eq!(idle.sequence, Some(sequence.next()));
}

#[test]
fn a_talker_that_is_granted_goes_on() {
    let (mut rig, _) = switched();
    rig.outputs();
    rig.controlling(granted(1));
    let [Sent::Down(to, FloorMessage::Granted(_))] = &rig.sent()[..] else { panic!("one Floor Granted") };
    assert_eq!(to[..], [1]);
    rig.controlling(denied(1));
    assert_eq!((rig.sent().len(), rig.state(1)), (1, State::HasPermission));
}

#[test]
fn a_talker_that_is_not_taken_over_is_told_to_stop() {
    for answer in [denied(1), queued(1), FloorMessage::Taken(taken(1))] {
        let (mut rig, _) = switched();
        rig.outputs();
        rig.controlling(answer.clone());
        let sent = rig.sent();
        let revoke = FloorMessage::Revoke(FloorRevoke {
            ssrc: OWN,
            cause: Some(RevokeCause::PRE_EMPTED),
            indicator: Some(FloorIndicator::NORMAL),
            ..FloorRevoke::default()
        });
        assert_eq!(sent.len(), 2, "{}", answer.name());
        assert!(sent.contains(&Sent::Down(vec![1], revoke)));
        assert_eq!((rig.state(1), rig.media(1)), (State::HasNoPermission, MediaVerdict::Discard));
        rig.now += Duration::from_millis(1);
        assert_eq!(rig.sent(), []);
    }
}
