//! Calls without floor control: everybody is heard, and no floor message is sent or read.

use super::*;

fn free(leg: u8) -> Participant {
    let floor = MediaEndpoint { remote: ([198, 51, 100, leg], 0).into(), ..endpoint(leg, FLOOR) };
    Participant { floor, ..participant(leg) }
}

//= 24.379-11.1.2.2 test
#[test]
fn both_are_heard_at_the_same_time_until_the_call_is_released() {
    let mut rig = Rig::new(Config::default());
    rig.initiate(CALL, CallSettings { group: None, floor_control: false, ..settings() });
    rig.connect(free(1), 1);
    rig.connect(free(2), 2);
    assert_eq!(rig.sent(), []);
    for sequence in 1..=3 {
        rig.media(1, &rtp(1, sequence));
        rig.media(2, &rtp(2, sequence));
        assert_eq!(rig.sent(), [Sent::Media(2, rtp(1, sequence)), Sent::Media(1, rtp(2, sequence))]);
    }
    // Neither timers nor floor messages do anything.
    rig.advance(Duration::from_secs(600));
    assert_eq!(rig.sent(), []);
    rig.raw(path(1, FLOOR), &request(1));
    assert_eq!(rig.sent(), []);
    rig.signal(Signalling::ReleaseStarted { call: CALL });
    rig.media(1, &rtp(1, 4));
    assert_eq!(rig.sent(), []);
    assert_eq!(rig.discarded(Discard::NoPermission), 1);
    rig.signal(Signalling::ReleaseFinished { call: CALL });
    assert_eq!(rig.plane.calls(), 0);
}
