//! Many calls in one media plane, and one large call: what a floor event costs, what a participant weighs, and how both
//! grow.
//!
//! `cargo bench -p media-plane --bench scale`. Every call is touched in turn, so a row with many calls finds them outside
//! of the caches: that, not any work for other calls, is why its times are higher. `media-plane/src/plane/tests/growth.rs`
//! and `media-plane/tests/allocations.rs` count the work instead of timing it.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]
#![allow(clippy::unwrap_used, reason = "a benchmark of calls that are known to be well formed")]

mod world;

use std::time::{Duration, Instant};

use world::{Put, World};

/// What is measured of one world: medians over the rounds, in nanoseconds for each event.
struct Row {
    request: f64,
    release: f64,
    packet: f64,
    expiry: f64,
    /// What a Floor Request and a Floor Release put out.
    sent: u32,
    /// Octets on the heap.
    heap: i64,
    /// Octets of resident memory, with what the cryptographic library takes.
    resident: u64,
}

fn main() {
    // `cargo bench` hands over its flags, `cargo test --benches` runs it as a test: then the small worlds suffice.
    let quick = !std::env::args().any(|argument| argument == "--bench");
    println!("calls that exist at the same time, 20 members each");
    header();
    for calls in [1, 100, 10_000] {
        if quick && calls > 100 {
            continue;
        }
        print(calls, 20, &measure(calls, 20, false));
    }
    println!("\nmembers of one call");
    header();
    for members in [10, 100, 1_000, 2_000] {
        print(1, members, &measure(1, members, false));
    }
    println!("\nthe same with a key of its own for each member (AEAD_AES_128_GCM)");
    header();
    for (calls, members) in [(1, 20), (1_000, 20), (1, 2_000)] {
        if quick && calls > 1 {
            continue;
        }
        print(calls, members, &measure(calls, members, true));
    }
}

fn header() {
    println!(
        "{:>6} {:>7} | {:>10} {:>7} | {:>10} {:>7} | {:>10} {:>7} | {:>10} | {:>10} {:>10} {:>10}",
        "calls",
        "members",
        "request ns",
        "/sent",
        "release ns",
        "/sent",
        "RTP ns",
        "/sent",
        "T7 ns",
        "heap/call",
        "heap/memb.",
        "RSS/memb."
    );
}

fn print(calls: u32, members: u32, row: &Row) {
    let Row { request, release, packet, expiry, sent, heap, resident } = row;
    let each = |time: &f64| time / f64::from(*sent);
    let legs = u64::from(calls) * u64::from(members);
    println!(
        "{calls:>6} {members:>7} | {request:>10.0} {:>7.0} | {release:>10.0} {:>7.0} | {packet:>10.0} {:>7.0} | {expiry:>10.0} | {:>10} {:>10} {:>10}",
        each(request),
        each(release),
        packet / f64::from(members - 1),
        heap / i64::from(calls),
        heap / i64::try_from(legs).unwrap(),
        resident / legs,
    );
}

fn measure(calls: u32, members: u32, protected: bool) -> Row {
    let before = resident();
    let mut world = None;
    let built =
        allocation_counter::measure(|| world = Some(World::new(world::t0(), calls, members, protected)));
    let mut world = world.unwrap();
    // A world that has been used: every queue has its size, every talker its cryptographic context.
    round(&mut world);
    let resident = resident().saturating_sub(before);
    // As many events as make a run of a fraction of a second, at least three rounds.
    let rounds = (200_000 / (calls * members)).clamp(3, 2_000);
    let mut times: Vec<[f64; 4]> = (0..rounds).map(|_| round(&mut world).0).collect();
    let mut median = |which: usize| {
        times.sort_by(|a, b| a[which].total_cmp(&b[which]));
        times[times.len() / 2][which]
    };
    let [request, release, packet, expiry] = [0, 1, 2, 3].map(&mut median);
    let sent = round(&mut world).1.datagrams / calls;
    Row { request, release, packet, expiry, sent, heap: built.bytes_current, resident }
}

/// Each call in turn: request, one packet, release, one repetition of Floor Idle. Nanoseconds for each of them by call
/// (request, release, packet, expiry of T7), and what a request put out.
fn round(world: &mut World) -> ([f64; 4], Put) {
    let calls = world.calls;
    // Past every repetition of the round before.
    world.pass(Duration::from_secs(20));
    while world.timeout().is_some() {}
    let (request, put) = timed(calls, |call| world.request(call));
    let packets = world.packets();
    let (packet, _) = timed(calls, |call| world.packet(call, &packets[call as usize]));
    world.pass(world::PACKET_TIME);
    let (release, _) = timed(calls, |call| world.release(call));
    world.pass(Duration::from_secs(1));
    let begun = Instant::now();
    while world.timeout().is_some() {}
    let expiry = begun.elapsed().as_secs_f64() * 1e9 / f64::from(calls);
    ([request, release, packet, expiry], put)
}

fn timed(calls: u32, mut event: impl FnMut(u32) -> Put) -> (f64, Put) {
    let mut put = Put::default();
    let begun = Instant::now();
    for call in 0..calls {
        put.datagrams += event(call).datagrams;
    }
    (begun.elapsed().as_secs_f64() * 1e9 / f64::from(calls), put)
}

/// Resident memory of this process, octets; 0 where `/proc` does not tell.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok());
    kilobytes.unwrap_or_default() * 1_024
}
