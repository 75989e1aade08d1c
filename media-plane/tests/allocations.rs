//! What a floor event, a packet and a participant take from the heap, counted: the law of growth without a clock.

#[path = "../benches/world/mod.rs"]
mod world;

use std::time::Duration;

use allocation_counter::{AllocationInfo, measure};
use world::{Put, World, t0};

/// A world in which every call has been through a talk spurt, so that queues have the size they need.
fn used(calls: u32, members: u32, protected: bool) -> World {
    let mut world = World::new(t0(), calls, members, protected);
    for _ in 0..2 {
        for call in 0..calls {
            world.request(call);
        }
        speak(&mut world);
        for call in 0..calls {
            world.release(call);
        }
        world.pass(Duration::from_secs(1));
    }
    world
}

fn speak(world: &mut World) -> Vec<AllocationInfo> {
    let packets = world.packets();
    world.pass(world::PACKET_TIME);
    let each = packets.iter().zip(0..);
    each.map(|(packet, call)| measure(|| assert_eq!(world.packet(call, packet).datagrams, world.members - 1)))
        .collect()
}

/// What a Floor Request and a Floor Release of the last call take.
fn spurt(world: &mut World) -> [(AllocationInfo, Put); 2] {
    let last = world.calls - 1;
    let mut put = [Put::default(); 2];
    let [request, release] = &mut put;
    let taken = [measure(|| *request = world.request(last)), measure(|| *release = world.release(last))];
    [(taken[0], put[0]), (taken[1], put[1])]
}

#[test]
fn a_floor_event_takes_the_same_among_any_number_of_calls() {
    let alone = spurt(&mut used(1, 20, false));
    let [(request, asked), (release, idle)] = &alone;
    assert_eq!((asked.datagrams, idle.datagrams), (20, 20));
    assert!(request.count_total < 20 && release.count_total < 20, "{alone:?}");
    for calls in [10, 1_000] {
        assert_eq!(spurt(&mut used(calls, 20, false)), alone, "among {calls} calls");
    }
}

#[test]
fn a_floor_event_takes_in_proportion_to_the_members_of_its_call() {
    let counts: Vec<_> = [10, 100, 1_000, 2_000]
        .into_iter()
        .map(|members| (members, spurt(&mut used(1, members, false))))
        .collect();
    for (members, spurt) in &counts {
        for (taken, put) in spurt {
            assert_eq!(put.datagrams, *members);
            // One message for all of them; what grows are lists, which take a few octets of each.
            assert!(taken.count_total < 32, "{members} members: {taken:?}");
            assert!(taken.bytes_total < 4_096 + 64 * u64::from(*members), "{members} members: {taken:?}");
            assert_eq!(taken.count_current, 0, "{members} members: {taken:?}");
        }
    }
}

#[test]
fn a_forwarded_packet_takes_nothing() {
    for (calls, members, protected) in [(1, 2, false), (3, 20, false), (1, 1_000, false), (2, 20, true)] {
        let mut world = used(calls, members, protected);
        for call in 0..calls {
            world.request(call);
        }
        speak(&mut world);
        for _ in 0..50 {
            for taken in speak(&mut world) {
                assert_eq!(taken.count_total, 0, "{calls} calls of {members}, protected: {protected}");
            }
        }
    }
}

#[test]
fn a_participant_weighs_the_same_in_any_world() {
    for (calls, members) in [(1, 20), (10, 20), (500, 20), (1, 1_000), (1, 2_000)] {
        let mut world = None;
        let built = measure(|| world = Some(used(calls, members, false)));
        drop(world);
        // Shared by all calls: the pool, and queues with room for the largest announcement.
        let shared = 300_000 + 800 * i64::from(members);
        let most = shared + 1_560 * i64::from(calls * members);
        assert!(built.bytes_current < most, "{calls} calls of {members}: {} octets", built.bytes_current);
    }
}
