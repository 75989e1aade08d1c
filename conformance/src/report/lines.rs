//! JSON lines, Markdown and CSV.

use std::collections::BTreeMap;

use serde_json::json;

use super::{is_pass, reason};
use crate::outcome::RunOutcome;

/// What each line of the JSON report looks like (JSON Schema 2020-12).
pub const SCHEMA: &str = include_str!("../../schema/result.schema.json");
/// Counts additive changes of the lines.
const VERSION: u32 = 1;
/// Lines of a Markdown report.
const MARKDOWN_LINES: usize = 60;

pub(super) fn json(outcome: &RunOutcome) -> String {
    let mut lines = vec![json!({
        "kind": "run",
        "schema": VERSION,
        "tool": format!("mcptt-conformance {}", env!("CARGO_PKG_VERSION")),
        "target": outcome.target_name(),
        "seed": outcome.seed,
        "executed": outcome.executed(),
        "unhealthy": outcome.unhealthy,
        "armed": outcome.armed().len(),
        "armed_by_path": outcome.armed_by_path().into_iter().collect::<BTreeMap<_, _>>(),
        "time_scale": outcome.time_scale,
    })];
    for result in &outcome.results {
        lines.push(json!({
            "kind": "case",
            "case": result.case.id,
            "title": result.case.title,
            "requirements": result.case.requirements,
            "verdict": outcome.standing(result).word(),
            "reason": reason(outcome, result),
            "counts": result.counts(),
            "frames": result.frames.len(),
            "milliseconds": u64::try_from(result.took.as_millis()).unwrap_or(u64::MAX),
            "attempts": result.before.len() + 1,
            "before": result.before,
            "figures": result.figures().collect::<BTreeMap<_, _>>(),
        }));
        for one in result.violations() {
            lines.push(json!({
                "kind": "violation",
                "case": result.case.id,
                "requirement": one.requirement,
                "armed_by": one.armed_by,
                "decided_by": one.decided_by,
                "expected": one.expected,
                "actual": one.actual,
            }));
        }
    }
    for (case, why) in &outcome.not_applicable {
        lines.push(json!({
            "kind": "case",
            "case": case.id,
            "title": case.title,
            "requirements": case.requirements,
            "verdict": "not-applicable",
            "reason": why,
            "counts": {},
            "frames": 0,
            "milliseconds": 0,
        }));
    }
    for side in &outcome.sides {
        lines.push(json!({
            "kind": "path",
            "path": side.name,
            "what": side.what,
            "counts": side.counts,
            "wrong": side.wrong,
        }));
    }
    for entry in outcome.expected.stale(&outcome.results) {
        lines.push(json!({"kind": "stale", "id": entry.id, "reason": entry.reason}));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

pub(super) fn markdown(outcome: &RunOutcome) -> String {
    let cell = |text: &str| text.replace('|', "\\|").replace(['\n', '\r'], " ");
    let mut lines = vec![
        format!("## MCPTT conformance: {}", cell(&outcome.target_name())),
        String::new(),
        format!(
            "executed {}, pass {}, fail {}, expected fail {}, inconclusive {}, error {}, not applicable {}; {} requirements armed; seed {}",
            outcome.executed(),
            outcome.count("pass"),
            outcome.count("fail"),
            outcome.count("expected-fail"),
            outcome.count("inconclusive"),
            outcome.count("error"),
            outcome.not_applicable.len(),
            outcome.armed().len(),
            outcome.seed
        ),
    ];
    if let Some(unhealthy) = &outcome.unhealthy {
        lines.extend([String::new(), format!("**Target unhealthy**: {}", cell(unhealthy))]);
    }
    for (path, what) in outcome.wrong() {
        lines.extend([String::new(), format!("**{path}**: {}", cell(what))]);
    }
    for entry in outcome.expected.stale(&outcome.results) {
        lines.extend([
            String::new(),
            format!("**Stale expectation** {}: {}", cell(&entry.id), cell(&entry.reason)),
        ]);
    }
    let remarkable: Vec<_> = outcome.remarkable().collect();
    if !remarkable.is_empty() {
        lines.extend([String::new(), "| verdict | case | reason |".to_owned(), "|---|---|---|".to_owned()]);
        let room = MARKDOWN_LINES.saturating_sub(lines.len() + 2);
        for result in remarkable.iter().take(room) {
            let word = outcome.standing(result).word();
            lines.push(format!("| {word} | {} | {} |", result.case.id, cell(&reason(outcome, result))));
        }
        if remarkable.len() > room {
            lines.extend([String::new(), format!("and {} more", remarkable.len() - room)]);
        }
    }
    lines.truncate(MARKDOWN_LINES);
    lines.join("\n") + "\n"
}

pub(super) fn csv(outcome: &RunOutcome) -> String {
    let mut text = String::from("case,title,requirements,support,verdict,reason\r\n");
    let mut row = |cells: [&str; 6]| {
        let cells = cells.map(|cell| {
            // A cell that a spreadsheet would take for a formula begins with a quote.
            let guarded =
                if cell.starts_with(['=', '+', '-', '@']) { format!("'{cell}") } else { cell.to_owned() };
            format!("\"{}\"", guarded.replace('"', "\"\""))
        });
        text += &cells.join(",");
        text += "\r\n";
    };
    for result in &outcome.results {
        let (word, why) = (outcome.standing(result).word(), reason(outcome, result));
        let why = if is_pass(result) { "" } else { why.as_str() };
        row([result.case.id, result.case.title, &result.case.requirements.join(" "), "yes", word, why]);
    }
    for (case, why) in &outcome.not_applicable {
        row([case.id, case.title, &case.requirements.join(" "), "no", "not-applicable", why]);
    }
    text
}
