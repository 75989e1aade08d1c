//! What an event takes from the heap of a whole node, counted: the same among any number of calls, nothing for a packet.

#[path = "../benches/world/mod.rs"]
mod world;

use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use mcptt_server::testing::t0;
use world::World;

const MEMBERS: u32 = 5;

/// A node with so many calls in which everything has happened once.
fn used(calls: usize) -> World {
    let mut world = World::new(t0(), vec![MEMBERS; calls]);
    (0..calls).for_each(|_| world.set_up_next());
    world.pass(Duration::from_secs(60));
    for _ in 0..2 {
        spurt(&mut world);
    }
    world
}

/// What a Floor Request, the first RTP packet, ten further ones and a Floor Release of the last call take.
fn spurt(world: &mut World) -> [AllocationInfo; 4] {
    let last = world.calls.len() - 1;
    let first = world.packet();
    let packets: Vec<_> = (0..10).map(|_| world.packet()).collect();
    let taken = [
        measure(|| assert_eq!(world.request(last).datagrams, MEMBERS)),
        // With it call control is told who talks.
        measure(|| assert_eq!(world.speak(last, &first).datagrams, MEMBERS - 1)),
        measure(|| {
            for packet in &packets {
                world.now += world::PACKET_TIME;
                assert_eq!(world.speak(last, packet).datagrams, MEMBERS - 1);
            }
        }),
        measure(|| assert_eq!(world.release(last).datagrams, MEMBERS)),
    ];
    world.pass(Duration::from_secs(15));
    taken
}

#[test]
fn an_event_takes_the_same_among_any_number_of_calls_and_a_packet_takes_nothing() {
    let alone = spurt(&mut used(1));
    let [request, first, packets, release] = alone;
    assert!(request.count_total < 20 && first.count_total < 10 && release.count_total < 20, "{alone:?}");
    assert_eq!(packets.count_total, 0, "{packets:?}");
    for calls in [2, 12] {
        let among = spurt(&mut used(calls));
        assert_eq!(among.map(|one| one.count_total), alone.map(|one| one.count_total), "among {calls} calls");
        for (one, alone) in among.iter().zip(&alone) {
            // Names have a digit more.
            assert!(
                one.bytes_total.abs_diff(alone.bytes_total) < 8,
                "among {calls} calls: {one:?}, alone: {alone:?}"
            );
        }
    }
}
