//! Clients come and go.

use super::*;

//= 24.380-6.5.2.2:2 test
#[test]
fn every_client_has_an_identifier_of_its_own() {
    let mut rig = Rig::with_clients(2);
    assert_eq!(rig.function.reference(LegRef(1)), Some(reference(1)));
    assert_eq!(rig.function.reference(LegRef(2)), Some(reference(2)));
    assert!(rig.function.knows(reference(1)) && !rig.function.knows(reference(3)));
    // Neither a client nor an identifier is taken twice.
    rig.function.joined(LegRef(1), profile(1), reference(3));
    rig.function.joined(LegRef(3), profile(3), reference(1));
    assert_eq!(rig.events().len(), 2);
    assert_eq!(rig.function.reference(LegRef(1)), Some(reference(1)));
    assert_eq!(rig.function.client_state(LegRef(3)), None);
}

#[test]
fn who_joins_is_told_what_was_announced_last() {
    let mut rig = Rig::with_clients(1);
    rig.join(2);
    assert_eq!(rig.sent(), []);
    rig.controlling(FloorMessage::Idle(idle(1)));
    rig.outputs();
    rig.join(3);
    let down = |number| FloorMessage::Idle(FloorIdle { ssrc: OWN, ..idle(number) });
    assert_eq!(rig.sent(), [Sent::Down(vec![3], down(2))]);
    rig.controlling(granted(1));
    rig.outputs();
    rig.join(4);
    let [Sent::Down(to, FloorMessage::Taken(taken))] = &rig.sent()[..] else { panic!("one Floor Taken") };
    assert_eq!(
        (&to[..], taken.talker_ssrc, taken.sequence),
        (&[4][..], Some(ssrc(1)), Some(MessageSequenceNumber(4)))
    );
}

#[test]
fn who_leaves_gives_back_what_it_has() {
    let release = |client| {
        Sent::Up(FloorMessage::Release(FloorRelease {
            ssrc: OWN,
            track_info: track(&[reference(client)]),
            ..FloorRelease::default()
        }))
    };
    // The floor, a request that waits, a request that was answered, nothing.
    let mut rig = Rig::talking(4);
    rig.client(2, FloorMessage::Request(request()));
    rig.client(3, FloorMessage::Request(request()));
    rig.controlling(denied(3));
    rig.outputs();
    rig.function.left(LegRef(2));
    assert_eq!(rig.sent(), [release(2)]);
    for client in [3, 4, 9] {
        rig.function.left(LegRef(client));
        assert_eq!(rig.sent(), []);
    }
    rig.function.left(LegRef(1));
    let [Sent::Up(FloorMessage::Release(release))] = &rig.sent()[..] else { panic!("one Floor Release") };
    assert_eq!(release.track_info.as_ref().map(|track| &track.references[..]), Some(&[reference(1)][..]));
    assert!(!rig.function.knows(reference(1)));
    // Answers that were on their way meet nobody.
    rig.controlling(granted(1));
    assert_eq!(rig.sent(), []);
}

#[test]
fn release_silences_everybody() {
    let mut rig = Rig::talking(2);
    rig.function.release_started();
    rig.outputs();
    assert_eq!((rig.state(1), rig.state(2)), (State::Releasing, State::Releasing));
    assert_eq!((rig.media(1), rig.function.hears(LegRef(2))), (MediaVerdict::Discard, false));
    rig.client(1, release());
    rig.controlling(FloorMessage::Idle(idle(1)));
    rig.controlling(denied(1));
    assert_eq!(rig.sent(), []);
    rig.function.release_finished();
    assert_eq!((rig.state(1), rig.state(2)), (State::StartStop, State::StartStop));
}
