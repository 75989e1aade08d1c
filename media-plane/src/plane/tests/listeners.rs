//! Who listens without taking part hears everything, and nobody can tell.

use super::*;

/// The leg of the listener in these tests.
const LISTENER: u8 = 9;

fn listen(rig: &mut Rig, listener: Participant) {
    rig.ends.insert(LISTENER, [far_end(None).unwrap(), far_end(None).unwrap()]);
    let leg = LegRef(LISTENER.into());
    rig.signal(Signalling::ListenerConnected { call: CALL, leg, listener: Box::new(listener) });
}

/// Datagrams, with where they go.
type Frames = Vec<(Path, Bytes)>;

/// Everything that participants were sent, octet by octet, and what the listener was.
fn split(outputs: Vec<Output>) -> (Frames, Frames) {
    let sent = outputs.into_iter().filter_map(|output| match output {
        Output::Transmit(sent) => Some((sent.path, sent.payload)),
        _ => None,
    });
    sent.partition(|(to, _)| ![path(LISTENER, AUDIO), path(LISTENER, FLOOR)].contains(to))
}

/// Two talk spurts, a request that is denied, a latecomer, somebody who leaves, and the end of the call.
fn story(listens: bool) -> (Frames, Frames) {
    let mut rig = Rig::new(Config::default());
    rig.initiate(CALL, settings());
    (1..=3).for_each(|leg| rig.connect(participant(leg), leg));
    if listens {
        listen(&mut rig, participant(LISTENER));
    }
    rig.floor(1, &request(1));
    rig.media(1, &rtp(1, 1));
    rig.floor(2, &request(2));
    rig.connect(participant(4), 4);
    rig.media(1, &rtp(1, 2));
    rig.floor(1, &release(1));
    rig.floor(2, &request(2));
    rig.media(2, &rtp(2, 1));
    if listens {
        // What a listener sends changes nothing.
        rig.floor(LISTENER, &request(LISTENER));
        rig.media(LISTENER, &rtp(LISTENER, 1));
    }
    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(3) });
    rig.floor(2, &release(2));
    rig.advance(Duration::from_secs(60));
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.media(2, &rtp(2, 2));
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    let sent = split(rig.drain());
    assert_eq!(rig.plane.routes.len(), 0);
    sent
}

//= 22.179-discreet:unnoticed test
#[test]
fn participants_are_sent_the_same_octets_whether_somebody_listens_or_not() {
    let (without, nothing) = story(false);
    let (with, heard) = story(true);
    assert_eq!(with, without);
    assert!(nothing.is_empty() && with.len() > 20, "{}", with.len());
    let voice: Vec<Bytes> = heard
        .iter()
        .filter(|(to, _)| *to == path(LISTENER, AUDIO))
        .map(|(_, packet)| packet.clone())
        .collect();
    assert_eq!(voice, [rtp(1, 1), rtp(1, 2), rtp(2, 1)]);
}

//= 22.179-discreet:hears test
#[test]
fn a_listener_is_told_who_has_the_floor_and_that_it_may_not_ask_for_it() {
    let mut rig = Rig::with_legs(2);
    rig.grant(1);
    listen(&mut rig, participant(LISTENER));
    // It comes in the middle of a talk spurt.
    let outputs = rig.drain();
    let taken = outputs.iter().find_map(|output| match output {
        Output::Transmit(sent) => Some(FloorMessage::decode(&sent.payload).unwrap().value),
        _ => None,
    });
    let Some(FloorMessage::Taken(taken)) = taken else { panic!("Floor Taken, not {outputs:?}") };
    assert_eq!(taken.permission_to_request, Some(false));
    assert_eq!(taken.granted_party, Some("sip:user1@example.org".into()));
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1)), Sent::Media(LISTENER, rtp(1, 1))]);
    rig.floor(1, &release(1));
    let told = rig.sent();
    assert!(told.contains(&Sent::Floor(LISTENER, "Floor Idle")), "{told:?}");
    rig.floor(2, &request(2));
    let told = rig.sent();
    assert!(told.contains(&Sent::Floor(LISTENER, "Floor Taken")), "{told:?}");
    // Nobody asks it to acknowledge, and nobody gives it the floor.
    rig.floor(LISTENER, &request(LISTENER));
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(2)));

    rig.signal(Signalling::ListenerLeft { call: CALL, leg: LegRef(LISTENER.into()) });
    rig.drain();
    rig.media(2, &rtp(2, 1));
    assert_eq!(rig.sent(), [Sent::Media(1, rtp(2, 1))]);
}

#[test]
fn a_listener_that_cannot_be_served_is_refused_and_the_call_goes_on() {
    let mut rig = Rig::with_legs(2);
    listen(&mut rig, participant(LISTENER));
    rig.drain();
    let (call, leg) = (CALL, LegRef(LISTENER.into()));
    listen(&mut rig, participant(LISTENER));
    let refused = |leg, reason| Indication::LegRefused { call, leg, reason };
    assert_eq!(rig.indications(), [refused(leg, Refusal::ReferenceInUse)]);
    // The addresses of a participant are its own.
    let leg = LegRef(77);
    rig.signal(Signalling::ListenerConnected { call, leg, listener: Box::new(participant(1)) });
    assert_eq!(rig.indications(), [refused(leg, Refusal::AddressInUse)]);
    rig.signal(Signalling::ListenerConnected { call: CallRef(70), leg, listener: Box::new(participant(70)) });
    let unknown = Indication::LegRefused { call: CallRef(70), leg, reason: Refusal::UnknownCall };
    assert_eq!(rig.indications(), [unknown]);
    rig.grant(1);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1)), Sent::Media(LISTENER, rtp(1, 1))]);
}
