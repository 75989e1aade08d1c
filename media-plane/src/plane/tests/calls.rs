//! Calls and legs come and go.

use super::*;

//= 24.380-6.3.5.1:create test
#[test]
fn a_participant_belongs_to_the_call_from_its_connection_to_its_leaving() {
    let mut rig = Rig::with_legs(2);
    rig.grant(1);
    rig.connect(participant(3), 3);
    assert_eq!(rig.sent(), [Sent::Floor(3, "Floor Taken")]);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1)), Sent::Media(3, rtp(1, 1))]);

    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(3) });
    let unbound = Event::LegUnbound { call: CALL, leg: LegRef(3) };
    assert_eq!(rig.events(), [unbound]);
    rig.media(1, &rtp(1, 2));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 2))]);
}

//= 24.380-6.3.5.9.2 test
#[test]
fn nothing_of_a_participant_who_left_stays_bound() {
    let mut rig = Rig::with_legs(3);
    rig.grant(3);
    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(3) });
    assert_eq!(rig.sent(), [Sent::Floor(1, "Floor Idle"), Sent::Floor(2, "Floor Idle")]);
    assert_eq!(rig.plane.routes.len(), 2 * 2);
    rig.floor(3, &request(3));
    rig.media(3, &rtp(3, 1));
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.discarded(Discard::UnknownSource), 2);

    // The addresses and the reference can be used again.
    rig.connect(participant(3), 3);
    assert_eq!(rig.sent(), [Sent::Floor(3, "Floor Idle")]);
}

#[test]
fn a_connected_leg_is_reported_with_its_addresses() {
    let mut rig = Rig::with_legs(0);
    rig.connect(participant(1), 1);
    let bound = Event::LegBound {
        call: CALL,
        leg: LegRef(1),
        audio: Some(path(1, AUDIO)),
        floor: Some(path(1, FLOOR)),
        audio_protected: false,
        floor_protected: false,
    };
    assert_eq!(rig.events(), [bound]);
}

//= 24.380-6.3.3 test
//= 24.380-6.3.4.6.2 test
#[test]
fn release_step_1_silences_the_call() {
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    assert_eq!(rig.sent(), []);
    rig.media(1, &rtp(1, 1));
    rig.floor(1, &release(1));
    rig.floor(2, &request(2));
    rig.advance(Duration::from_secs(120));
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.discarded(Discard::NoPermission), 1);
}

//= 24.380-6.3.4.7.2 test
#[test]
fn release_step_2_frees_everything() {
    let mut rig = Rig::with_legs(3);
    rig.grant(1);
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.drain();
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    let unbound = |leg| Event::LegUnbound { call: CALL, leg: LegRef(leg) };
    assert_eq!(rig.events(), [unbound(1), unbound(2), unbound(3)]);
    assert_eq!(rig.plane.calls(), 0);
    assert_eq!(rig.plane.routes.len(), 0);
    assert_eq!(rig.plane.poll_timeout(), None);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.discarded(Discard::UnknownSource), 1);
}

//= 24.380-6.3.2.2:g test
#[test]
fn grants_in_one_call_do_not_influence_another() {
    const OTHER: CallRef = CallRef(8);
    let mut rig = Rig::with_legs(2);
    rig.initiate(OTHER, settings());
    for leg in [3, 4] {
        let originator =
            Participant { entry: Entry::Originator { implicit_request: false }, ..participant(leg) };
        let member = if leg == 3 { originator } else { participant(leg) };
        let connected =
            Signalling::LegConnected { call: OTHER, leg: LegRef(leg.into()), participant: Box::new(member) };
        rig.ends.insert(leg, [far_end(None).unwrap(), far_end(None).unwrap()]);
        rig.signal(connected);
    }
    rig.grant(1);
    rig.floor(3, &request(3));
    assert_eq!(rig.sent(), [Sent::Floor(3, "Floor Granted"), Sent::Floor(4, "Floor Taken")]);
    rig.media(1, &rtp(1, 1));
    rig.media(3, &rtp(3, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1)), Sent::Media(4, rtp(3, 1))]);
}

#[test]
fn what_cannot_be_taken_is_refused_with_its_reason() {
    let mut config = Config::default();
    config.limits.calls = 1;
    config.limits.legs_per_call = 2;
    let mut rig = Rig::new(config);
    rig.initiate(CALL, settings());
    rig.initiate(CALL, settings());
    rig.initiate(CallRef(8), settings());
    rig.connect(participant(1), 1);
    let refused = |leg, reason| Indication::LegRefused { call: CALL, leg: LegRef(leg), reason };
    assert_eq!(
        rig.indications(),
        [
            Indication::CallRefused { call: CALL, reason: Refusal::ReferenceInUse },
            Indication::CallRefused { call: CallRef(8), reason: Refusal::TooManyCalls },
        ]
    );
    rig.connect(participant(1), 1);
    assert_eq!(rig.indications(), [refused(1, Refusal::ReferenceInUse)]);
    rig.connect(Participant { floor: endpoint(1, FLOOR), ..participant(2) }, 2);
    assert_eq!(rig.indications(), [refused(2, Refusal::AddressInUse)]);
    rig.connect(participant(2), 2);
    assert_eq!(rig.indications(), []);
    rig.connect(participant(3), 3);
    assert_eq!(rig.indications(), [refused(3, Refusal::TooManyLegs)]);
    let stray =
        Signalling::LegConnected { call: CallRef(9), leg: LegRef(9), participant: Box::new(participant(9)) };
    rig.signal(stray);
    let reason = Refusal::UnknownCall;
    assert_eq!(rig.indications(), [Indication::LegRefused { call: CallRef(9), leg: LegRef(9), reason }]);
}

#[test]
fn indications_for_what_is_not_there_are_harmless() {
    let mut rig = Rig::with_legs(1);
    let nowhere = CallRef(99);
    rig.signal(Signalling::LegLeft { call: nowhere, leg: LegRef(1) });
    rig.signal(Signalling::ImplicitRequest { call: nowhere, leg: LegRef(1) });
    rig.signal(Signalling::ReleaseStarted { call: nowhere });
    rig.signal(Signalling::ReleaseFinished { call: nowhere });
    assert_eq!(rig.drain(), []);
    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(9) });
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.plane.calls(), 1);
}

#[test]
fn a_media_plane_can_be_handed_to_another_thread() {
    fn is_send<T: Send>(_: &T) {}
    is_send(&Rig::with_legs(1).plane);
}

#[test]
fn a_setting_outside_its_range_is_refused() {
    let mut config = Config::default();
    config.dscp.voice = 64;
    let refused = MediaPlane::new(config, [0; 32], t0()).err().map(|error| error.to_string());
    assert_eq!(refused.as_deref(), Some("dscp.voice = 64 is outside 0 to 63"));
}

#[test]
fn inactivity_is_indicated_when_t4_expires() {
    let mut rig = Rig::with_legs(2);
    rig.grant(1);
    rig.floor(1, &release(1));
    rig.drain();
    rig.advance(Duration::from_secs(29));
    assert_eq!(rig.indications(), []);
    rig.advance(Duration::from_secs(1));
    assert_eq!(rig.indications(), [Indication::Inactive { call: CALL }]);
}

#[test]
fn a_participant_that_ignores_every_revoke_is_indicated_once() {
    let mut rig = Rig::with_legs(2);
    for sequence in 0..100 {
        rig.media(2, &rtp(2, sequence));
        rig.advance(Duration::from_millis(100));
    }
    assert_eq!(rig.indications(), [Indication::LegUnresponsive { call: CALL, leg: LegRef(2) }]);
}

#[test]
fn one_entry_of_the_schedule_stands_for_all_timers_of_a_call() {
    let mut rig = Rig::with_legs(2);
    rig.grant(1);
    for sequence in 0..500 {
        rig.media(1, &rtp(1, sequence));
        rig.advance(Duration::from_millis(20));
        assert_eq!(rig.plane.calls.scheduled(), 1);
    }
    // T1 has been restarted with every packet: the floor is not idle before it has run from the last one.
    rig.drain();
    rig.advance(Duration::from_millis(3_970));
    assert_eq!(rig.sent(), []);
    rig.advance(Duration::from_millis(20));
    assert_eq!(rig.sent(), [Sent::Floor(1, "Floor Idle"), Sent::Floor(2, "Floor Idle")]);
}
