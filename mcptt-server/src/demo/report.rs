//! The end of the demonstration: the table, `summary.json` and the exit status.

use std::io;
use std::path::{Path, PathBuf};

use super::scenario::{Figures, HEARD, Heard, Scenario};
use super::{DemoError, Options, Statistics};

/// Everything the demonstration measured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Summary {
    /// Everybody heard, every target met, every step done.
    pub ok: bool,
    /// Calls that ran at the same time.
    pub calls: usize,
    /// Members of each.
    pub members: usize,
    /// The delays.
    pub figures: Vec<Row>,
    /// Who heard whom.
    pub heard: Vec<Heard>,
    /// What went wrong, one line each.
    pub failures: Vec<String>,
    /// The capture.
    pub capture: PathBuf,
    /// Frames in it.
    pub frames: usize,
}

/// One line of the table.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Row {
    /// What was measured.
    pub name: &'static str,
    /// From what to what.
    pub measured: &'static str,
    /// What the 95th percentile must not exceed, ms.
    pub target_ms: f64,
    /// What was seen.
    #[serde(flatten)]
    pub statistics: Statistics,
}

impl Summary {
    /// Collects the figures of all calls.
    pub(super) fn new(
        options: &Options,
        scenarios: &[Scenario<'_>],
        ends: &[Result<(), DemoError>],
        frames: usize,
    ) -> Self {
        let mut all = Figures::default();
        let mut heard = Vec::new();
        for scenario in scenarios {
            all.merge(&scenario.figures);
            heard.extend(scenario.heard.iter().cloned());
        }
        let figures: Vec<Row> = all
            .all()
            .into_iter()
            .map(|(figure, measured)| Row {
                name: figure.name,
                measured,
                target_ms: figure.target.as_secs_f64() * 1e3,
                statistics: figure.statistics(),
            })
            .collect();
        let mut failures: Vec<String> =
            ends.iter().filter_map(|end| end.as_ref().err()).map(ToString::to_string).collect();
        let expected = options.calls * options.members;
        if heard.len() < expected {
            failures.push(format!("{} of {expected} members recorded the talker", heard.len()));
        }
        failures.extend(heard.iter().filter(|heard| !heard.ok).map(|heard| {
            format!(
                "{} did not hear {}: correlation {:.3}, needed more than {HEARD}",
                heard.user, heard.talker, heard.correlation
            )
        }));
        failures.extend(figures.iter().filter(|row| !row.statistics.ok).map(|row| {
            let Statistics { count, p95_ms, .. } = row.statistics;
            format!("{}: p95 of {count} samples is {p95_ms} ms, target {} ms", row.name, row.target_ms)
        }));
        Self {
            ok: failures.is_empty(),
            calls: options.calls,
            members: options.members,
            figures,
            heard,
            failures,
            capture: options.out.join("demo.pcapng"),
            frames,
        }
    }
}

/// Writes the summary as JSON.
pub(super) fn write(path: &Path, summary: &Summary) -> io::Result<()> {
    let mut text = serde_json::to_string_pretty(summary).map_err(io::Error::other)?;
    text.push('\n');
    std::fs::write(path, text)
}

/// Prints the table.
pub(super) fn print(summary: &Summary) {
    println!(
        "\n{:<14} {:>7} {:>10} {:>10} {:>10} {:>10}",
        "", "samples", "median ms", "p95 ms", "max ms", "target ms"
    );
    for row in &summary.figures {
        let Statistics { count, median_ms, p95_ms, max_ms, ok } = row.statistics;
        let verdict = if ok { "ok" } else { "NOT OK" };
        println!(
            "{:<14} {count:>7} {median_ms:>10.2} {p95_ms:>10.2} {max_ms:>10.2} {:>10.0}  {verdict:<6}  {}",
            row.name, row.target_ms, row.measured
        );
    }
    println!();
    for heard in &summary.heard {
        let verdict = if heard.ok { "ok" } else { "NOT OK" };
        println!(
            "{:<10} heard {:<10} correlation {:.3}  opinion score {:<4}  {verdict}",
            heard.user,
            heard.talker,
            heard.correlation,
            heard.score.map_or_else(|| "-".to_owned(), |score| format!("{score:.1}"))
        );
    }
    println!("\n{} frames in {}", summary.frames, summary.capture.display());
    for failure in &summary.failures {
        println!("FAILED: {failure}");
    }
    println!("{}", if summary.ok { "the demonstration succeeded" } else { "the demonstration FAILED" });
}

/// 0 when everything was as it should be, 1 otherwise.
pub fn exit_code(summary: &Summary) -> u8 {
    u8::from(!summary.ok)
}
