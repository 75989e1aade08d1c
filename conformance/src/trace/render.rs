//! The matrix as a table for people, as JSON lines for machines, as Markdown for reports.

use std::io::{self, Write};

use serde::Serialize;

use super::{Matrix, Row, Summary};
use crate::table;

/// One JSON line.
#[derive(Serialize)]
struct Line<'a> {
    id: &'a str,
    spec: &'a str,
    role: &'a str,
    level: &'a str,
    code: Vec<String>,
    tests: Vec<&'a str>,
    armed: u64,
    held: u64,
    violated: u64,
    exception: Option<&'a str>,
}

/// One line of JSON per requirement.
pub fn json(matrix: &Matrix<'_>, out: &mut dyn Write) -> io::Result<()> {
    for row in matrix.rows() {
        let requirement = row.requirement;
        let line = Line {
            id: &requirement.id,
            spec: requirement.spec(),
            role: requirement.role.as_str(),
            level: requirement.level.as_str(),
            code: row.code.iter().map(|place| place.to_string()).collect(),
            tests: tests(row),
            armed: row.count.armed,
            held: row.count.held,
            violated: row.count.violated,
            exception: requirement.excuse(),
        };
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    Ok(())
}

/// An aligned table and a summary.
pub fn table(matrix: &Matrix<'_>, out: &mut dyn Write) -> io::Result<()> {
    let rows: Vec<Vec<String>> = matrix
        .rows()
        .map(|row| {
            vec![
                row.requirement.id.clone(),
                row.requirement.level.to_string(),
                row.requirement.role.to_string(),
                row.code.len().to_string(),
                tests(row).len().to_string(),
                results(row),
                row.note(),
            ]
        })
        .collect();
    write!(
        out,
        "{}",
        table::layout(&["requirement", "level", "role", "code", "tests", "held/armed", "note"], &rows)
    )?;
    writeln!(out)?;
    let mut rows: Vec<Vec<String>> = matrix
        .groups
        .iter()
        .map(|(group, rows)| summary_cells(group.name(), group.title.clone(), &Summary::of(rows)))
        .collect();
    rows.push(summary_cells("total".into(), String::new(), &Summary::of(matrix.rows())));
    write!(out, "{}", table::layout(&SUMMARY_HEAD, &rows))
}

/// Markdown: the summary per clause group, then the matrix.
pub fn markdown(matrix: &Matrix<'_>, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "| {} |", SUMMARY_HEAD.join(" | "))?;
    writeln!(out, "|---|---|---:|---:|---:|---:|---:|---:|")?;
    for (group, rows) in &matrix.groups {
        let cells = summary_cells(group.name(), md_cell(&group.title), &Summary::of(rows));
        writeln!(out, "| {} |", cells.join(" | "))?;
    }
    let total = summary_cells("total".into(), String::new(), &Summary::of(matrix.rows()));
    writeln!(out, "| {} |", total.join(" | "))?;
    writeln!(out)?;
    writeln!(out, "| requirement | level | role | code | tests | held/armed | note |")?;
    writeln!(out, "|---|---|---|---|---|---|---|")?;
    for row in matrix.rows() {
        let places: Vec<String> = row.code.iter().map(|place| place.to_string()).collect();
        writeln!(
            out,
            "| {} | {} | {} | {} | {} | {} | {} |",
            row.requirement.id,
            row.requirement.level,
            row.requirement.role,
            dash(places.join(" ")),
            dash(md_cell(&tests(row).join(" "))),
            results(row),
            md_cell(&row.note()),
        )?;
    }
    Ok(())
}

const SUMMARY_HEAD: [&str; 8] =
    ["clauses", "subject", "requirements", "implemented", "tested", "excused", "armed", "violated"];

fn summary_cells(name: String, title: String, summary: &Summary) -> Vec<String> {
    let counts = [
        summary.total,
        summary.implemented,
        summary.tested,
        summary.excused,
        summary.armed,
        summary.violated,
    ];
    [name, title].into_iter().chain(counts.map(|count| count.to_string())).collect()
}

/// Names of the tests, each once.
fn tests<'a>(row: &Row<'a>) -> Vec<&'a str> {
    let mut names: Vec<&str> = row.tests.iter().map(|(name, _)| *name).collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn results(row: &Row<'_>) -> String {
    match row.count.armed {
        0 => "-".into(),
        armed => format!("{}/{armed}", row.count.held),
    }
}

fn dash(text: String) -> String {
    if text.is_empty() { "-".into() } else { text }
}

/// Text that cannot break out of its Markdown cell.
pub(crate) fn md_cell(text: &str) -> String {
    text.replace('|', "\\|").replace(['\n', '\r'], " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::trace::{Citations, Count, Counts};

    const LONE: &str = "24.380-6.3.4.3.3:1a";

    fn rendered(render: fn(&Matrix<'_>, &mut dyn Write) -> io::Result<()>) -> String {
        let entry = format!(
            "title = \"General\"\n[[clause]]\nid = \"{LONE}\"\nclause = \"6.3.4.3.3\"\ntitle = \"Lone\"\nrole = \"server\"\n\
             release = \"13\"\nlevel = \"shall\"\nsummary = \"s\"\nstimulus = \"s\"\nexpected = \"e\"\ntimers = []\n\
             confidence = \"high\"\nsources = []\nexception = \"a | b\"\n"
        );
        let catalogue = Catalogue::from_files([("24.380/6.3.4.toml", entry.as_str())]).unwrap();
        let mut citations = Citations::default();
        let code = ["//= 24.380-6.3.4.3.3:1a", "", "", "//= 24.380-6.3.4.3.3:1a"].join("\n");
        citations.read("media-plane/src/floor/server/general.rs", &code);
        let test = ["//= 24.380-6.3.4.3.3:1a test", "#[test]", "fn alone() {}"].join("\n");
        citations.read("media-plane/src/floor/server/tests.rs", &test);
        let mut counts = Counts::default();
        counts.add(LONE, Count { armed: 4, held: 3, violated: 0 });
        counts.add(LONE, Count { armed: 1, held: 0, violated: 1 });
        let matrix = Matrix::build(&catalogue, &citations, Some(&counts));
        let mut out = Vec::new();
        render(&matrix, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn json_is_one_line_per_requirement() {
        let line: serde_json::Value = serde_json::from_str(&rendered(json)).unwrap();
        let expected = serde_json::json!({
            "id": LONE, "spec": "24.380", "role": "server", "level": "shall",
            "code": ["media-plane/src/floor/server/general.rs:1", "media-plane/src/floor/server/general.rs:4"],
            "tests": ["media-plane::floor::server::tests::alone"],
            "armed": 5, "held": 3, "violated": 1, "exception": "a | b"
        });
        assert_eq!(line, expected);
    }

    #[test]
    fn tables_hold_the_matrix_and_the_summary() {
        let text = rendered(table);
        assert!(text.contains("24.380-6.3.4.3.3:1a  shall  server  2     1      3/5"), "{text}");
        assert!(
            text.contains("TS 24.380 6.3.4  General  1             1            1       1        1      1"),
            "{text}"
        );
        let text = rendered(markdown);
        assert!(text.starts_with("| clauses | subject | requirements |"), "{text}");
        assert!(text.contains(
            "| 24.380-6.3.4.3.3:1a | shall | server | media-plane/src/floor/server/general.rs:1 \
             media-plane/src/floor/server/general.rs:4 | media-plane::floor::server::tests::alone | 3/5 | exception: a \\| b |\n"
        ));
    }
}
