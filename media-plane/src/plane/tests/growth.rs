//! How work grows, counted: an event of one call looks at that call alone, however many others there are.

use std::net::Ipv4Addr;

use super::*;
use crate::calls::Work;

/// A rig whose call 7 has three participants, beside `others` calls with two each, all of them with running timers.
fn among(others: u32) -> Rig {
    let limits = crate::config::Limits { calls: 10_001, ..Default::default() };
    let mut rig = Rig::new(Config { limits, ..Config::default() });
    for other in 0..others {
        let call = CallRef(u64::from(other) + 1_000);
        rig.initiate(call, settings());
        for member in 1..=2_u8 {
            let mut participant = participant(member);
            let address = Ipv4Addr::from(0x0a00_0000 + 2 * other + u32::from(member));
            participant.audio.remote.set_ip(address.into());
            participant.floor.remote.set_ip(address.into());
            let leg = LegRef(u64::from(member));
            rig.signal(Signalling::LegConnected { call, leg, participant: Box::new(participant) });
        }
        rig.drain();
    }
    rig.initiate(CALL, settings());
    (1..=3).for_each(|leg| rig.connect(participant(leg), leg));
    rig.drain();
    rig
}

fn counted(rig: &mut Rig, event: impl FnOnce(&mut Rig)) -> (Work, usize) {
    rig.plane.calls.work = Work::default();
    event(rig);
    (rig.plane.calls.work, rig.sent().len())
}

#[test]
fn an_event_looks_at_its_own_call_alone() {
    let expected = [
        // T1 expires before the T4 that was scheduled: the entry moves.
        ("Floor Request", (Work { calls: 1, scheduled: 2 }, 3)),
        // T1 starts again: the entry stays.
        ("RTP", (Work { calls: 1, scheduled: 0 }, 2)),
        // Floor Idle is to be repeated earlier than anything before: the entry moves.
        ("Floor Release", (Work { calls: 1, scheduled: 2 }, 3)),
        ("T7", (Work { calls: 1, scheduled: 2 }, 3)),
    ];
    for others in [0, 1, 100, 10_000] {
        let mut rig = among(others);
        let request = counted(&mut rig, |rig| rig.floor(1, &request(1)));
        // Reports follow the first packet in a while.
        rig.media(1, &rtp(1, 0));
        rig.drain();
        let counts = [
            ("Floor Request", request),
            ("RTP", counted(&mut rig, |rig| rig.media(1, &rtp(1, 1)))),
            ("Floor Release", counted(&mut rig, |rig| rig.floor(1, &release(1)))),
            ("T7", counted(&mut rig, |rig| rig.advance(Duration::from_secs(1)))),
        ];
        assert_eq!(counts, expected, "among {others} others");
    }
}

#[test]
fn of_many_calls_due_at_once_some_wait_for_the_next_turn() {
    let mut rig = among(1_000);
    // T4 of every call.
    rig.now = rig.plane.poll_timeout().unwrap();
    let mut turns = Vec::new();
    while rig.plane.poll_timeout().is_some_and(|at| at <= rig.now) {
        rig.plane.handle_timeout(rig.now);
        turns.push(rig.indications().len());
    }
    assert_eq!(turns.iter().sum::<usize>(), 1_001);
    assert!(turns.iter().all(|acted| *acted <= CALLS_PER_TURN), "{turns:?}");
}
