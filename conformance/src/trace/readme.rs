//! The section "What is implemented" of the README, written from the same matrix as everything else.

use super::{Matrix, Summary, render::md_cell};

/// The line before the generated part.
pub const BEGIN: &str = "<!-- coverage:begin -->";
/// The line after the generated part.
pub const END: &str = "<!-- coverage:end -->";

/// The table of clause groups between the two markers, without the markers.
pub fn section(matrix: &Matrix<'_>) -> String {
    let total = Summary::of(matrix.rows());
    let mut text = format!(
        "{} of {} catalogued requirements are implemented; {} of those are proven by a test.\n\n\
         | Clauses | Subject | Implemented | Status | Missing |\n|---|---|---:|---|---|\n",
        total.implemented, total.total, total.tested
    );
    for (group, rows) in &matrix.groups {
        let summary = Summary::of(rows);
        text += &format!(
            "| {} | {} | {}/{} | {} | {} |\n",
            group.name(),
            md_cell(&group.title),
            summary.implemented,
            summary.total,
            status(&summary),
            md_cell(&missing(&summary.reasons)),
        );
    }
    text
}

fn status(summary: &Summary) -> &'static str {
    match summary.implemented {
        0 => "missing",
        n if n == summary.total => "implemented",
        _ => "partial",
    }
}

/// What is missing, without the words that every reason ends with.
fn missing(reasons: &[String]) -> String {
    let short = |reason: &String| {
        let reason = reason.trim_end_matches(" yet").trim_end_matches(" implemented");
        reason.trim_end_matches(" is not").trim_end_matches(" are not").to_owned()
    };
    reasons.iter().map(short).collect::<Vec<_>>().join("; ")
}

/// The README with its section brought up to date, or `None` if it has no place for it.
pub fn update(readme: &str, matrix: &Matrix<'_>) -> Option<String> {
    let begin = readme.find(BEGIN)? + BEGIN.len();
    let end = begin + readme.get(begin..)?.find(END)?;
    Some(format!("{}\n{}{}", &readme[..begin], section(matrix), &readme[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalogue::Catalogue;
    use crate::trace::Citations;

    #[test]
    fn the_section_replaces_what_stands_between_the_markers_only() {
        let catalogue = Catalogue::embedded().unwrap();
        let citations = Citations::default();
        let matrix = Matrix::build(&catalogue, &citations, None);
        let readme = format!("# Title\n{BEGIN}\nold\n{END}\nrest\n");
        let updated = update(&readme, &matrix).unwrap();
        assert_eq!(updated, format!("# Title\n{BEGIN}\n{}{END}\nrest\n", section(&matrix)));
        assert_eq!(update(&updated, &matrix), Some(updated.clone()));
        assert_eq!(update("# Title\n", &matrix), None);
        let all = format!("\n0 of {} catalogued requirements are implemented", catalogue.len());
        assert!(updated.contains(&all));
        assert!(updated.contains("| TS 24.380 6.3.4 | General floor control operation | 0/65 | missing |"));
    }

    #[test]
    fn reasons_lose_their_common_ending() {
        let reasons = [
            "dual floor control is not implemented yet".to_owned(),
            "documents are not implemented yet".to_owned(),
            "operator policy".to_owned(),
        ];
        assert_eq!(missing(&reasons), "dual floor control; documents; operator policy");
    }
}
