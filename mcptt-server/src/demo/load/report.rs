//! The end of a load run: the table, `load.json` and what was missed.

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use super::measured::Measured;
use super::observer::LoadObserver;
use super::samples::{Samples, Statistics};
use super::{Options, Window};

/// Performance targets of the service, ms.
const GRANT_P99_MS: f64 = 50.0;
const OVERRIDE_P99_MS: f64 = 100.0;
/// A timer is never early and at most this late, ms.
const TIMER_LATE_MS: f64 = 20.0;

/// Everything a load run has measured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Summary {
    /// Every target met, everybody answered, nobody lost.
    pub ok: bool,
    /// Calls in which somebody talked.
    pub calls: usize,
    /// Members of each call.
    pub members: usize,
    /// Members of the large call, if there was one.
    pub large: Option<usize>,
    /// How long they talked, s.
    pub seconds: f64,
    /// Whether media was protected with a key for each member.
    pub srtp: bool,
    /// Delays and latenesses.
    pub figures: Vec<Row>,
    /// Datagrams the server received in a second.
    pub packets_in_per_second: f64,
    /// Datagrams the server sent in a second.
    pub packets_out_per_second: f64,
    /// Frames spoken in a second by all talkers together.
    pub frames_per_second: f64,
    /// Frames that did not reach a listener, of 100; absent where listeners are deaf.
    pub loss_percent: Option<f64>,
    /// Share of one processor that the server used, of 100.
    pub server_cpu_percent: Option<f64>,
    /// Processor time of the server for each datagram sent, us.
    pub cpu_per_packet_us: Option<f64>,
    /// Processor time for a bare send on this machine during this run, us.
    pub base_us: Option<f64>,
    /// Their ratio.
    pub ratio_to_base: Option<f64>,
    /// What was missed, one line each.
    pub failures: Vec<String>,
}

/// One line of the table.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Row {
    /// What was measured.
    pub name: &'static str,
    /// From what to what.
    pub measured: &'static str,
    /// What was seen.
    #[serde(flatten)]
    pub statistics: Statistics,
    /// What it is held to.
    pub target: Target,
}

/// What a figure is held to.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Target {
    /// 99 of 100 are at most so many milliseconds.
    P99AtMost(f64),
    /// Nothing is early and nothing later than so many milliseconds.
    NeverEarlyAtMost(f64),
    /// It is shown for comparison.
    None,
}

impl Row {
    /// What is wrong with it.
    fn failure(&self) -> Option<String> {
        let Statistics { count, min_ms, p99_ms, max_ms, .. } = self.statistics;
        let name = self.name;
        match self.target {
            Target::None => None,
            _ if count == 0 => Some(format!("{name}: nothing was measured; a longer run is needed")),
            Target::P99AtMost(target) => {
                (p99_ms > target).then(|| format!("{name}: p99 is {p99_ms} ms, target {target} ms"))
            }
            Target::NeverEarlyAtMost(_) if min_ms < 0.0 => Some(format!("{name}: {} ms early", -min_ms)),
            Target::NeverEarlyAtMost(target) => {
                (max_ms > target).then(|| format!("{name}: {max_ms} ms late, target {target} ms"))
            }
        }
    }
}

impl Summary {
    pub(super) fn new(
        options: &Options,
        measured: Measured,
        server: LoadObserver,
        window: Window,
        base: Option<Duration>,
        span: Option<(Instant, Instant)>,
    ) -> Self {
        let mut absent = 0;
        let Measured { grant, granted, large, over, t1, t7, transit, lag, .. } = measured;
        let Measured { frames, expected, heard, missed, left, dropped, .. } = measured;
        let timer = Target::NeverEarlyAtMost(TIMER_LATE_MS);
        let row = |name, measured, samples: Samples, target| Row {
            name,
            measured,
            statistics: samples.statistics(),
            target,
        };
        let mut figures = vec![
            row(
                "floor grant",
                "Floor Request sent to Floor Granted received",
                grant,
                Target::P99AtMost(GRANT_P99_MS),
            ),
            row(
                "override",
                "emergency Floor Request sent to Floor Granted received, talker revoked between",
                over,
                Target::P99AtMost(OVERRIDE_P99_MS),
            ),
            row("T1 late", "talker silent for T1 to Floor Idle received", t1, timer),
            row("T7 late", "floor idle for T7 to Floor Idle received again", t7, timer),
            row("timers late", "timer of the server due to timer looked at", server.woken, timer),
            row("voice", "frame sent to frame received", transit, Target::None),
            row("generator", "frame due to frame sent by the load generator", lag, Target::None),
        ];
        if let Some(members) = options.large {
            let within = |asked: &Instant| span.is_some_and(|(from, to)| (from..=to).contains(asked));
            let mut meanwhile = Samples::default();
            granted
                .iter()
                .filter(|(asked, _)| within(asked))
                .for_each(|(asked, at)| meanwhile.add(*asked, *at));
            let joined = large.len();
            let target = Target::P99AtMost(GRANT_P99_MS);
            figures.extend([
                row("large call", "large call begun to member in it", large, Target::None),
                row("grant then", "floor grant of the others while it is set up", meanwhile, target),
            ]);
            absent = members.saturating_sub(joined) as u64;
        }
        let mut failures: Vec<String> = figures.iter().filter_map(Row::failure).collect();
        for (count, what) in [
            (missed, "requests, releases or silences that were not answered in time"),
            (left, "members put out of their call"),
            (absent, "members of the large call that never were in it"),
            (dropped, "datagrams the members could not use"),
            (server.unsent, "datagrams the server could not send"),
            (server.defects, "defects of the server"),
        ] {
            if count > 0 {
                failures.push(format!("{count} {what}"));
            }
        }
        let seconds = window.span.as_secs_f64();
        let rate = |count: f64| if seconds > 0.0 { rounded(count / seconds, 1) } else { 0.0 };
        let us = |time: Duration| time.as_secs_f64() * 1e6;
        let per_packet = window.server.filter(|_| window.sent > 0).map(|time| us(time) / window.sent as f64);
        let base = base.map(us);
        let loss = (!options.deaf && expected > 0)
            .then(|| rounded(100.0 * (1.0 - heard as f64 / expected as f64), 4));
        Self {
            ok: failures.is_empty(),
            calls: options.calls,
            members: options.members,
            large: options.large,
            seconds: rounded(seconds, 3),
            srtp: !options.plain,
            figures,
            packets_in_per_second: rate(window.received as f64),
            packets_out_per_second: rate(window.sent as f64),
            frames_per_second: rate(frames as f64),
            loss_percent: loss,
            server_cpu_percent: window.server.map(|time| rate(100.0 * time.as_secs_f64())),
            cpu_per_packet_us: per_packet.map(|us| rounded(us, 3)),
            base_us: base.map(|us| rounded(us, 3)),
            ratio_to_base: per_packet.zip(base).map(|(us, base)| rounded(us / base, 2)),
            failures,
        }
    }
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10_f64.powi(digits);
    (value * scale).round() / scale
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
        "\n{:<12} {:>8} {:>9} {:>9} {:>9} {:>9} {:>9}  target",
        "", "samples", "min ms", "p50 ms", "p95 ms", "p99 ms", "max ms"
    );
    for row in &summary.figures {
        let Statistics { count, min_ms, p50_ms, p95_ms, p99_ms, max_ms } = row.statistics;
        let target = match row.target {
            Target::P99AtMost(ms) => format!("p99 <= {ms} ms"),
            Target::NeverEarlyAtMost(ms) => format!("0 to {ms} ms"),
            Target::None => "-".to_owned(),
        };
        let verdict = match (row.target, row.failure()) {
            (Target::None, _) => "",
            (_, None) => "ok",
            (_, Some(_)) => "NOT OK",
        };
        println!(
            "{:<12} {count:>8} {min_ms:>9.3} {p50_ms:>9.3} {p95_ms:>9.3} {p99_ms:>9.3} {max_ms:>9.3}  {target:<13} {verdict:<6}  {}",
            row.name, row.measured
        );
    }
    println!(
        "\n{:.0} packets/s in, {:.0} packets/s out, {:.0} frames/s spoken",
        summary.packets_in_per_second, summary.packets_out_per_second, summary.frames_per_second
    );
    match summary.loss_percent {
        Some(loss) => println!("loss {loss} %"),
        None => println!("loss not measured: listeners drop their audio"),
    }
    if let (Some(cpu), Some(packet), Some(base), Some(ratio)) =
        (summary.server_cpu_percent, summary.cpu_per_packet_us, summary.base_us, summary.ratio_to_base)
    {
        println!(
            "server: {cpu:.0} % of one processor, {packet:.2} us for each packet sent; a bare send takes {base:.2} us: {ratio:.2} x base"
        );
    }
    for failure in &summary.failures {
        println!("FAILED: {failure}");
    }
    println!("{}", if summary.ok { "every target was met" } else { "targets were MISSED" });
}
