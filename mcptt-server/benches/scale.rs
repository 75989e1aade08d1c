//! A whole node full of calls that were set up through SIP: what setting up, a floor event and a packet cost, what a member
//! weighs, and how all of it grows.
//!
//! `cargo bench -p mcptt-server --bench scale` holds 1 000 calls of 20 members and one of 2 000; `-- --full` ten times as
//! many calls, for which it takes a few minutes and gigabytes. `mcptt-server/tests/growth.rs` counts instead of timing.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

mod world;

use std::time::{Duration, Instant};

use world::{Put, World};

const MEMBERS: u32 = 20;
const LARGE: u32 = 2_000;

fn main() {
    let has = |flag: &str| std::env::args().any(|argument| argument == flag);
    // `cargo bench` hands over its flag, `cargo test --benches` runs it as a test: then a small node suffices.
    let calls = match (has("--bench"), has("--full")) {
        (false, _) => 10,
        (true, false) => 1_000,
        (true, true) => 10_000,
    };
    let large = if calls > 10 { LARGE } else { 50 };
    let mut sizes = vec![MEMBERS; calls];
    sizes.push(large);
    let mut world = None;
    let start = Instant::now();
    let empty = allocation_counter::measure(|| world = Some(World::new(start, sizes))).bytes_current;
    let Some(mut world) = world else { return };
    println!("a node that knows {} users: {} octets each", calls as u32 * MEMBERS + large, {
        empty / i64::from(calls as u32 * MEMBERS + large)
    });
    println!(
        "{:>7} | {:>12} {:>12} | {:>10} {:>10} {:>10} {:>10}",
        "calls", "set-up us/leg", "octets/leg", "request ns", "RTP ns", "release ns", "T7 ns"
    );
    let (mut heap, mut steps) = (0, [1, 10, 100, 1_000, 10_000].into_iter().filter(|step| *step <= calls));
    let mut step = steps.next();
    let mut begun = Instant::now();
    let mut since = 0;
    for number in 1..=calls {
        heap += allocation_counter::measure(|| world.set_up_next()).bytes_current;
        if step == Some(number) {
            let legs = f64::from((number - since) as u32 * MEMBERS);
            let set_up = begun.elapsed().as_secs_f64() * 1e6 / legs;
            row(&mut world, number, set_up, heap / (number as i64 * i64::from(MEMBERS)), 0..number);
            step = steps.next();
            (begun, since) = (Instant::now(), number);
        }
    }
    let before = Instant::now();
    let heap = allocation_counter::measure(|| world.set_up_next()).bytes_current;
    let set_up = before.elapsed().as_secs_f64() * 1e6 / f64::from(large);
    println!("one more call, of {large} members");
    row(&mut world, calls + 1, set_up, heap / i64::from(large), calls..calls + 1);
}

fn row(world: &mut World, number: usize, set_up: f64, heap: i64, calls: std::ops::Range<usize>) {
    // Transactions of the set-up end before anything is timed.
    world.pass(Duration::from_secs(60));
    let count = calls.len() as f64;
    let rounds = (2_000 / calls.len()).clamp(3, 200);
    let mut times: Vec<[f64; 4]> =
        (0..rounds).map(|_| round(world, calls.clone()).map(|time| time / count)).collect();
    let [request, packet, release, expiry] = [0, 1, 2, 3].map(|which: usize| {
        times.sort_by(|a, b| a[which].total_cmp(&b[which]));
        times[times.len() / 2][which]
    });
    println!(
        "{number:>7} | {set_up:>12.0} {heap:>12} | {request:>10.0} {packet:>10.0} {release:>10.0} {expiry:>10.0}"
    );
}

/// Nanoseconds that all calls together take for a request, a packet, a release and a repetition of Floor Idle.
fn round(world: &mut World, calls: std::ops::Range<usize>) -> [f64; 4] {
    let packet = world.packet();
    let request = timed(|| calls.clone().map(|call| world.request(call)).for_each(heard));
    let speak = timed(|| calls.clone().map(|call| world.speak(call, &packet)).for_each(heard));
    let release = timed(|| calls.clone().map(|call| world.release(call)).for_each(heard));
    let expiry = timed(|| heard(world.pass(Duration::from_secs(1))));
    world.pass(Duration::from_secs(15));
    [request, speak, release, expiry]
}

/// A figure of an event to which nobody listens would be worth nothing.
fn heard(put: Put) {
    assert!(put.datagrams > 0, "{put:?}");
}

fn timed(event: impl FnOnce()) -> f64 {
    let begun = Instant::now();
    event();
    begun.elapsed().as_secs_f64() * 1e9
}
