//! Floor control under keys that clients have given (TS 24.380 13).

use super::*;
use crate::counters::Discard;
use crate::crypto::ServiceProtection;
use crate::crypto::mc::{KEY, KeyId, Purpose, ServiceKey, derivation};
use crate::event::Stream;

fn keys(leg: u8) -> ServiceProtection {
    let id = KeyId::new(Purpose::CLIENT_SERVER, leg.into());
    let key = ServiceKey { id, key: [leg; KEY].into(), rand: vec![leg; 16] };
    ServiceProtection { keys: derivation::floor_control(&key), sent: Default::default() }
}

fn served(leg: u8, keys: &ServiceProtection) -> Participant {
    Participant { floor_protection: Some(Keying::Service(Box::new(keys.clone()))), ..participant(leg) }
}

fn rig() -> Rig {
    let mut rig = Rig::with_legs(0);
    (1..=2).for_each(|leg| rig.connect(served(leg, &keys(leg)), leg));
    rig.sent();
    rig
}

fn discarded(rig: &mut Rig) -> Vec<(LegRef, Discard)> {
    let events = rig.events().into_iter();
    let discarded = events.filter_map(|event| match event {
        Event::Discarded { leg, stream: Stream::Floor, reason, .. } => Some((leg, reason)),
        _ => None,
    });
    discarded.collect()
}

//= 33.180-floor-csk test
#[test]
fn each_client_is_talked_to_under_its_own_key() {
    let mut rig = rig();
    rig.floor(1, &request(1));
    assert_eq!(rig.sent(), [Sent::Floor(1, "Floor Granted"), Sent::Floor(2, "Floor Taken")]);
    rig.media(1, &rtp(1, 1));
    assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, 1))], "media are not touched");
}

#[test]
fn what_is_tampered_with_repeated_or_under_another_key_is_dropped_and_told() {
    let mut rig = rig();
    rig.floor(1, &request(1));
    rig.sent();
    let message = rig.protected(2, &release(2));
    rig.raw(path(1, FLOOR), &message);
    assert_eq!(discarded(&mut rig), [(LegRef(1), Discard::UnknownKey)]);
    let message = rig.protected(1, &release(1));
    let mut changed = message.to_vec();
    changed[9] ^= 1;
    rig.raw(path(1, FLOOR), &changed);
    assert_eq!(discarded(&mut rig), [(LegRef(1), Discard::Authentication)]);
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), Some(LegRef(1)));
    rig.raw(path(1, FLOOR), &message);
    assert_eq!(rig.plane.floor(CALL).unwrap().talker(), None);
    rig.sent();
    rig.raw(path(1, FLOOR), &message);
    assert_eq!(discarded(&mut rig), [(LegRef(1), Discard::Replay)]);
    rig.raw(path(1, FLOOR), &release(1));
    assert_eq!(rig.plane.counters().discarded.total(), 4, "and so is what is in the clear");
}
