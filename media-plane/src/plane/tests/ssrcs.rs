//! Which SSRC a participant is announced under.

use super::*;

/// The SSRCs that Floor Granted and the Floor Taken of the others name when a participant asks.
fn announced(rig: &mut Rig, call: CallRef, leg: u8) -> (Ssrc, Vec<Ssrc>) {
    let at = if call == CALL { leg } else { leg + OTHER_CALL };
    rig.raw(path(at, FLOOR), &request(leg));
    let (mut granted, mut taken) = (Vec::new(), Vec::new());
    for output in rig.drain() {
        let Output::Transmit(transmit) = output else { continue };
        match FloorMessage::decode(&transmit.payload).unwrap().value {
            FloorMessage::Granted(message) => granted.extend(message.granted_ssrc),
            FloorMessage::Taken(message) => taken.extend(message.talker_ssrc),
            message => panic!("{message:?}"),
        }
    }
    rig.raw(path(at, FLOOR), &release(leg));
    rig.drain();
    assert_eq!(granted.len(), 1);
    (granted[0], taken)
}

/// Participants of another call have other addresses.
const OTHER_CALL: u8 = 100;
const SECOND: CallRef = CallRef(77);

fn connect(rig: &mut Rig, call: CallRef, leg: u8, audio_ssrc: Option<Ssrc>) {
    let at = if call == CALL { leg } else { leg + OTHER_CALL };
    let participant = Participant {
        audio_ssrc,
        audio: endpoint(at, AUDIO),
        floor: endpoint(at, FLOOR),
        ..participant(leg)
    };
    let leg = LegRef(at.into());
    rig.signal(Signalling::LegConnected { call, leg, participant: Box::new(participant) });
    rig.drain();
}

fn calls() -> Rig {
    let mut rig = Rig::new(Config::default());
    rig.initiate(CALL, settings());
    rig.initiate(SECOND, settings());
    rig
}

//= 24.380-6.3.4.4.2:1f test
#[test]
fn grant_and_announcement_name_one_source_that_is_nobody_elses() {
    let mut rig = calls();
    for call in [CALL, SECOND] {
        (1..=4).for_each(|leg| connect(&mut rig, call, leg, None));
    }
    let mut all = Vec::new();
    for call in [CALL, SECOND] {
        for leg in 1..=4 {
            let (granted, taken) = announced(&mut rig, call, leg);
            assert_eq!(taken, [granted; 3]);
            all.push(granted);
        }
    }
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), 8);
}

//= 24.380-6.3.4.4.2:1f test
#[test]
fn a_signalled_source_is_announced_unless_another_participant_has_it() {
    let mut rig = calls();
    connect(&mut rig, CALL, 1, Some(Ssrc(0x11)));
    connect(&mut rig, CALL, 2, Some(Ssrc(0x22)));
    connect(&mut rig, SECOND, 1, Some(Ssrc(0x11)));
    connect(&mut rig, SECOND, 2, Some(Ssrc(0x44)));
    assert_eq!(announced(&mut rig, CALL, 1).0, Ssrc(0x11));
    let other = announced(&mut rig, SECOND, 1).0;
    assert!(![0x11, 0x22, 0x44].contains(&other.0));
    // Who has gone needs it no longer.
    rig.signal(Signalling::LegLeft { call: CALL, leg: LegRef(1) });
    rig.drain();
    connect(&mut rig, SECOND, 3, Some(Ssrc(0x11)));
    assert_eq!(announced(&mut rig, SECOND, 3).0, Ssrc(0x11));
}

#[test]
fn a_call_that_has_ended_keeps_no_source() {
    let mut rig = calls();
    (1..=3).for_each(|leg| connect(&mut rig, CALL, leg, None));
    assert_eq!(rig.plane.ssrcs.len(), 5);
    for call in [CALL, SECOND] {
        rig.signal(Signalling::ReleaseStarted { call });
        rig.signal(Signalling::ReleaseFinished { call });
    }
    assert_eq!(rig.plane.ssrcs.len(), 0);
}

#[test]
fn a_talker_that_uses_another_source_is_heard_all_the_same() {
    let mut rig = Rig::with_legs(0);
    (1..=2).for_each(|leg| rig.connect(Participant { audio_ssrc: None, ..participant(leg) }, leg));
    rig.drain();
    rig.grant(1);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1))]);
}
