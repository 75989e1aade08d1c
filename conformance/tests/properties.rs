//! Random sequences of events against the whole media plane (`conformance::property`), and floor control that crosses on the way.
//!
//! `cargo test` tries 2,000 sequences. `MCPTT_SEQUENCES=100000` tries more, `MCPTT_SEED=N` others; the nightly run does
//! both. A sequence that breaks an invariant is made small and left in `target/counterexamples/` as scenario and capture.

use std::path::Path;

use conformance::property::{INVARIANTS, Search, check, cross};

/// Sequences without being asked for more.
const SEQUENCES: u64 = 2_000;
const SEED: u64 = 1;
/// Rounds in which messages cross, without being asked for more: `MCPTT_CROSSINGS=100000`.
const CROSSINGS: u64 = 400;

fn asked(variable: &str, default: u64) -> u64 {
    match std::env::var(variable) {
        Ok(text) => text.parse().unwrap_or_else(|_| panic!("{variable} = {text}: a number is needed")),
        Err(_) => default,
    }
}

//= 24.380-6.3.4.4.2:single test
//= 24.380-6.3.4.3.3:once test
//= 24.380-8.2.3.10 test
//= 24.380-8.2.3.3 test
#[test]
fn the_invariants_hold_whatever_happens() {
    let sequences = asked("MCPTT_SEQUENCES", SEQUENCES);
    // Threads take their shares in turn, so that what is found does not depend on how many there are.
    let threads = std::thread::available_parallelism().map_or(1, |count| count.get() as u64).min(8);
    let first = asked("MCPTT_SEED", SEED);
    let shares: Vec<_> = (0..threads)
        .map(|thread| {
            let (from, to) = (sequences * thread / threads, sequences * (thread + 1) / threads);
            let search = Search { first_seed: first.wrapping_add(from), sequences: to - from };
            std::thread::spawn(move || check(search))
        })
        .collect();
    let mut judged = std::collections::BTreeMap::new();
    let (mut ran, mut frames) = (0, 0);
    for share in shares {
        match share.join().expect("a search does not panic") {
            Ok(armed) => {
                ran += armed.sequences;
                frames += armed.frames;
                for (invariant, count) in armed.judged {
                    *judged.entry(invariant).or_insert(0) += count;
                }
            }
            Err(found) => {
                let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../counterexamples");
                let path = found.write(&folder).expect("the counterexample can be written");
                panic!(
                    "seed {} breaks invariant {}: {}\n\n{}\nkept as {} with its capture",
                    found.seed,
                    found.breach.invariant,
                    found.breach.what,
                    found.scenario,
                    path.display()
                );
            }
        }
    }
    assert_eq!(ran, sequences);
    // What was never put to the test was not shown.
    for invariant in INVARIANTS {
        let count = judged.get(&invariant.number).copied().unwrap_or(0);
        assert!(
            count >= sequences / 10,
            "invariant {} was judged {count} times: {}",
            invariant.number,
            invariant.text
        );
    }
    println!("{ran} sequences, {frames} frames, judged {judged:?}");
}

/// The server is sound, so every alarm is a false one. There are some still, where several ask and let go within the time of the way;
/// this says that they do not become more.
#[test]
fn what_crosses_on_the_way_is_mostly_held_against_nobody() {
    let rounds = asked("MCPTT_CROSSINGS", CROSSINGS);
    let crossed = cross(asked("MCPTT_SEED", SEED), rounds).expect("the call is set up");
    assert_eq!(crossed.rounds, rounds);
    let held: u64 = crossed.counts.values().map(|count| count.held).sum();
    let alarms = crossed.alarms.len() as u64;
    println!("{rounds} rounds, {held} held, {alarms} false alarms");
    assert!(alarms < rounds && alarms < held / 10, "{alarms} false alarms in {rounds} rounds, {held} held");
    for requirement in ["24.380-6.3.4.3.3:2", "24.380-6.3.4.4.2:3"] {
        let held = crossed.counts.get(requirement).map_or(0, |count| count.held);
        assert!(held > rounds / 20, "{requirement}: {held} in {rounds} rounds");
    }
}
