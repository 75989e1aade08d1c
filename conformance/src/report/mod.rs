//! Reports of a run, each made from the same [`RunOutcome`].

mod html;
mod lines;
mod machine;
#[cfg(test)]
mod tests;

use std::str::FromStr;

use crate::case::{CaseResult, Verdict};
use crate::outcome::{RunOutcome, Standing};

pub use lines::SCHEMA;

/// A form of report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Form {
    /// JUnit XML for continuous integration.
    Junit,
    /// JSON lines, the form of `conformance/schema/result.schema.json`.
    Json,
    /// One HTML file that needs no network.
    Html,
    /// Markdown for a comment, at most 60 lines.
    Md,
    /// A table for test houses.
    Csv,
    /// SARIF 2.1.0.
    Sarif,
}

/// A report that somebody wants: `junit=FILE`, or `junit` for standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// Its form.
    pub form: Form,
    /// Where it goes. `None`: to standard output, instead of the summary.
    pub file: Option<std::path::PathBuf>,
}

impl FromStr for Wanted {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let forms = [
            ("junit", Form::Junit),
            ("json", Form::Json),
            ("html", Form::Html),
            ("md", Form::Md),
            ("csv", Form::Csv),
            ("sarif", Form::Sarif),
        ];
        let (name, file) = text.split_once('=').map_or((text, None), |(name, file)| (name, Some(file)));
        let form = forms.iter().find(|(known, _)| *known == name);
        match (form, file) {
            (Some((_, form)), None) => Ok(Self { form: *form, file: None }),
            (Some((_, form)), Some(file)) if !file.is_empty() => {
                Ok(Self { form: *form, file: Some(file.into()) })
            }
            _ => Err("FORM=FILE or FORM, where FORM is junit, json, html, md, csv or sarif".to_owned()),
        }
    }
}

/// The text of a report.
pub fn render(form: Form, outcome: &RunOutcome) -> String {
    match form {
        Form::Junit => machine::junit(outcome),
        Form::Json => lines::json(outcome),
        Form::Html => html::page(outcome),
        Form::Md => lines::markdown(outcome),
        Form::Csv => lines::csv(outcome),
        Form::Sarif => machine::sarif(outcome),
    }
}

/// Everything before the slash of a case id.
fn purpose(result: &CaseResult) -> &'static str {
    result.case.id.split('/').next().unwrap_or(result.case.id)
}

/// Why, with the reason of an expectation in front.
fn reason(outcome: &RunOutcome, result: &CaseResult) -> String {
    match outcome.standing(result) {
        Standing::Expected(entry) => format!("expected: {}; {}", entry.reason, result.verdict.reason()),
        _ => result.verdict.reason(),
    }
}

/// Text for XML and HTML, characters that XML cannot hold left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => out += "&amp;",
            '<' => out += "&lt;",
            '>' => out += "&gt;",
            '"' => out += "&quot;",
            '\'' => out += "&#39;",
            '\t' | '\n' | '\r' => out.push(letter),
            letter if letter.is_control() || matches!(letter, '\u{fffe}' | '\u{ffff}') => {
                out.push('\u{fffd}')
            }
            letter => out.push(letter),
        }
    }
    out
}

/// The requirement that a failed result is about: the first one violated, otherwise the first of the case.
fn guilty(result: &CaseResult) -> &'static str {
    let violated = result.violations().next().map(|one| one.requirement);
    violated.or_else(|| result.case.requirements.first().copied()).unwrap_or("harness")
}

const fn is_pass(result: &CaseResult) -> bool {
    matches!(result.verdict, Verdict::Pass)
}
