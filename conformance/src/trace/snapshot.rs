//! `specs/coverage.txt`: the committed state of coverage, one line per requirement, so that a lost citation shows in review.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::Matrix;
use crate::catalogue::natural;

/// The first lines of the file.
const HEAD: &str = "\
# Coverage of the requirement catalogue: id, level, citations in code, citations in tests, note.
# Generated; refresh with: UPDATE_COVERAGE=1 cargo test -p conformance --test traceability
";

/// The text of `specs/coverage.txt`.
pub fn write(matrix: &Matrix<'_>) -> String {
    let mut rows: Vec<_> = matrix.rows().collect();
    rows.sort_by(|a, b| natural(&a.requirement.id, &b.requirement.id));
    let width = rows.iter().map(|row| row.requirement.id.len()).max().unwrap_or(0);
    let mut text = HEAD.to_owned();
    for row in rows {
        let requirement = row.requirement;
        let line = format!(
            "{:width$}  {:<6}  code {}  test {}  {}",
            requirement.id,
            requirement.level,
            cell(row.code.len()),
            cell(row.tests.len()),
            row.note(),
        );
        let _ = writeln!(text, "{}", line.trim_end());
    }
    text
}

fn cell(count: usize) -> String {
    format!("{:<3} {count:>2}", if count > 0 { "yes" } else { "no" })
}

/// The lines that differ between the committed file and the present state, as `- old` and `+ new`, by id.
pub fn difference(committed: &str, present: &str) -> Vec<String> {
    let by_id = |text: &str| -> BTreeMap<String, String> {
        let lines = text.lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty());
        lines
            .map(|line| (line.split_whitespace().next().unwrap_or_default().to_owned(), line.to_owned()))
            .collect()
    };
    let (old, new) = (by_id(committed), by_id(present));
    let mut ids: Vec<&String> = old.keys().chain(new.keys()).collect();
    ids.sort_by(|a, b| natural(a, b));
    ids.dedup();
    let mut lines = Vec::new();
    for id in ids {
        let (before, after) = (old.get(id), new.get(id));
        if before != after {
            lines.extend(before.map(|line| format!("- {line}")));
            lines.extend(after.map(|line| format!("+ {line}")));
        }
    }
    if lines.is_empty() && committed != present {
        lines.push("the order of lines or the head of the file differs".to_owned());
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_changed_lines_are_shown() {
        assert_eq!(
            difference("# head\na 1\nb 1\n", "# head\na 2\nc 1\n"),
            ["- a 1", "+ a 2", "- b 1", "+ c 1"]
        );
        assert_eq!(difference("a 1\n", "a 1\n"), [""; 0]);
        assert_eq!(
            difference("a 1\nb 1\n", "b 1\na 1\n"),
            ["the order of lines or the head of the file differs"]
        );
    }
}
