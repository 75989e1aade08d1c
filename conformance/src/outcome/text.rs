//! A run for a terminal: quiet when green.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};

use super::{RunOutcome, Standing};
use crate::case::Verdict;
use crate::judge::{Counts, INDICATORS, Judge};

/// Cases that do not apply, listed one by one up to this many.
const LISTED: usize = 8;
/// Purposes in one line: a green run of everything is to fit on a screen.
const COLUMNS: usize = 5;

impl RunOutcome {
    /// What a person wants to see. `again` are the arguments that choose the same target once more.
    ///
    /// # Errors
    /// When `out` refuses.
    pub fn print(&self, again: &str, out: &mut dyn Write) -> io::Result<()> {
        let selected = self.results.len() + self.not_applicable.len();
        writeln!(out, "cases {selected}  {}  seed {}", self.target_name(), self.seed)?;
        self.print_not_applicable(out)?;
        if let Some(calibration) = &self.calibration {
            let milliseconds = |time: std::time::Duration| time.as_secs_f64() * 1000.0;
            writeln!(
                out,
                "calibration: jitter {:.1} ms, round trip {:.1} ms, longest {:.1} ms",
                milliseconds(calibration.jitter),
                milliseconds(calibration.median),
                milliseconds(calibration.longest)
            )?;
        }
        writeln!(out)?;
        let mut groups: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for result in &self.results {
            let entry = groups.entry(result.case.id.split('/').next().unwrap_or_default()).or_default();
            entry.1 += 1;
            entry.0 += usize::from(result.verdict == Verdict::Pass);
        }
        let cells: Vec<String> =
            groups.iter().map(|(group, (passed, all))| format!("{group:<8} {passed:>3}/{all:<4}")).collect();
        for row in cells.chunks(COLUMNS) {
            writeln!(out, "  {}", row.join("  ").trim_end())?;
        }
        for result in &self.results {
            for (indicator, figures) in result.figures() {
                writeln!(out, "  {}  {indicator}: {figures}", result.case.id)?;
            }
        }
        self.print_remarkable(again, out)
    }

    /// Only what somebody has to look at, and the sums.
    ///
    /// # Errors
    /// When `out` refuses.
    pub fn print_remarkable(&self, again: &str, out: &mut dyn Write) -> io::Result<()> {
        for result in self.remarkable() {
            let head = match self.standing(result) {
                Standing::Expected(entry) => format!("expected FAIL ({})", entry.reason),
                _ => result.verdict.word().to_owned(),
            };
            writeln!(out, "\n{head} {}  {}", result.case.id, result.case.title)?;
            writeln!(out, "   {}", result.verdict.reason())?;
            if let Some(attempt) = result.attempt() {
                writeln!(out, "   {attempt}")?;
            }
            writeln!(
                out,
                "   again: mcptt-conformance run {} --seed {}{again} --out DIR",
                result.case.id, self.seed
            )?;
        }
        let passed = self.results.iter().filter(|result| result.verdict == Verdict::Pass);
        for (result, attempt) in passed.filter_map(|result| Some((result, result.attempt()?))) {
            writeln!(out, "\npass {}  {attempt}", result.case.id)?;
        }
        for entry in self.expected.stale(&self.results) {
            writeln!(out, "\nSTALE EXPECTATION {}  (\"{}\") passes now", entry.id, entry.reason)?;
        }
        for (path, what) in self.wrong() {
            writeln!(out, "\nFAIL {path}  {what}")?;
        }
        if let Some(unhealthy) = &self.unhealthy {
            writeln!(out, "\nTARGET UNHEALTHY  {unhealthy}")?;
        }
        let counts = self.counts();
        let total = counts.values().fold(Counts::default(), |mut total, count| {
            total.add(*count);
            total
        });
        write!(out, "\nexecuted {}  pass {}", self.executed(), self.count("pass"))?;
        for word in ["fail", "expected-fail", "inconclusive", "error"] {
            match self.count(word) {
                0 => {}
                count => write!(out, "  {word} {count}")?,
            }
        }
        writeln!(
            out,
            "  requirements armed {}  instances {}: held {} violated {} tolerated {} open {}",
            self.armed().len(),
            total.armed,
            total.held,
            total.violated,
            total.tolerated,
            total.open
        )?;
        if !self.sides.is_empty() {
            let paths = self.armed_by_path();
            let paths = paths.iter().map(|(path, count)| format!("{path} {count}")).collect::<Vec<_>>();
            let what = self.sides.iter().map(|side| side.what.as_str()).collect::<Vec<_>>().join(", ");
            writeln!(out, "armed by path: {}  ({what})", paths.join("  "))?;
            let watched = Judge::requirements().into_iter().chain(INDICATORS).collect::<BTreeSet<_>>();
            writeln!(
                out,
                "armed on any path: {} of {} that the judge watches",
                self.armed().len(),
                watched.len()
            )?;
        }
        Ok(())
    }

    fn print_not_applicable(&self, out: &mut dyn Write) -> io::Result<()> {
        if self.not_applicable.is_empty() {
            return Ok(());
        }
        writeln!(
            out,
            "not applicable {}  (all of them with reasons: pics check FILE)",
            self.not_applicable.len()
        )?;
        if self.not_applicable.len() <= LISTED {
            for (case, why) in &self.not_applicable {
                writeln!(out, "  {:<24} {why}", case.id)?;
            }
        }
        Ok(())
    }
}
