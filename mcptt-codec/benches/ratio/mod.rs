//! Benchmarks beside the limit they are measured against, in one run: the machine cancels out of the ratio.

#![allow(clippy::disallowed_methods, reason = "a benchmark measures time")]

use std::hint::black_box;
use std::time::Instant;

use criterion::Criterion;

/// One line of the table that closes a run.
struct Line {
    name: String,
    nanoseconds: f64,
    allocations: u64,
    /// Name and time of what it is compared with.
    limit: Option<(String, f64)>,
}

/// Runs benchmarks and prints, after the last one, time and allocations per operation and the ratio to the limit.
pub struct Ratios {
    criterion: Criterion,
    lines: Vec<Line>,
}

impl Ratios {
    pub fn new() -> Self {
        Self { criterion: Criterion::default().configure_from_args(), lines: Vec::new() }
    }

    /// Measures one operation. `per` counts what it works on (packets, receivers); the table shows the time of one.
    pub fn bench<T>(&mut self, name: &str, per: u32, mut operation: impl FnMut() -> T) -> &mut Self {
        let mut samples = Vec::new();
        self.criterion.bench_function(name, |bencher| {
            bencher.iter_custom(|iterations| {
                let start = Instant::now();
                for _ in 0..iterations {
                    // Where it stands: moving a large result is no part of the operation.
                    black_box(&operation());
                }
                let elapsed = start.elapsed();
                samples.push(elapsed.as_secs_f64() * 1e9 / iterations as f64);
                elapsed
            });
        });
        // Without a sample the name was filtered out on the command line.
        if !samples.is_empty() {
            samples.sort_by(f64::total_cmp);
            let nanoseconds = samples[samples.len() / 2] / f64::from(per);
            let allocations = allocation_counter::measure(|| drop(black_box(operation()))).count_total;
            self.lines.push(Line { name: name.to_owned(), nanoseconds, allocations, limit: None });
        }
        self
    }

    /// Compares what was measured last with `limit`, measured before.
    pub fn against(&mut self, limit: &str) -> &mut Self {
        let found = self.lines.iter().find(|line| line.name == limit).map(|line| line.nanoseconds);
        if let (Some(nanoseconds), Some(last)) = (found, self.lines.last_mut()) {
            last.limit = Some((limit.to_owned(), nanoseconds));
        }
        self
    }
}

impl Drop for Ratios {
    fn drop(&mut self) {
        self.criterion.final_summary();
        println!("{:<44} {:>10} {:>12}  ratio", "", "median ns", "allocations");
        for Line { name, nanoseconds, allocations, limit } in &self.lines {
            let ratio = limit
                .as_ref()
                .map_or_else(String::new, |(limit, of)| format!("{:.2} x {limit}", nanoseconds / of));
            println!("{name:<44} {nanoseconds:>10.1} {allocations:>12}  {ratio}");
        }
        println!();
    }
}
