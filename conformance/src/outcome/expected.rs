//! What is known to fail, with the reason why it stands.

use std::path::Path;

use serde::Deserialize;
use thiserror::Error;

use crate::case::{self, Case, CaseResult, Verdict};
use crate::catalogue::Catalogue;
use crate::select::glob;

/// More cases than this share of all are no known failure but a blindfold.
const WIDEST: usize = 4;

/// A file of expectations.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Expectations {
    /// The entries.
    #[serde(default, rename = "expect")]
    pub entries: Vec<Entry>,
}

/// A known failure.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Entry {
    /// A case or a requirement; `*` and `?` stand for others like it.
    pub id: String,
    /// Part of what the verdict says. Another failure of the same case is unexpected then.
    pub symptom: Option<String>,
    /// Why it stands. An entry without does not load.
    pub reason: String,
    /// Where it is followed up.
    pub ticket: Option<String>,
}

/// Why expectations cannot be used.
#[derive(Debug, Error)]
pub enum ExpectError {
    /// The file cannot be read.
    #[error("{0}: {1}")]
    Unreadable(String, std::io::Error),
    /// It is not what it should be.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// An entry cannot stand as it is.
    #[error("'{id}': {what}")]
    Entry {
        /// Its id.
        id: String,
        /// What is wrong with it.
        what: String,
    },
}

/// How a result stands against the expectations.
#[derive(Clone, Copy, Debug)]
pub enum Standing<'a> {
    /// It passed.
    Pass,
    /// It failed as an entry says.
    Expected(&'a Entry),
    /// It failed, and no entry says so.
    Unexpected,
    /// It could not be decided.
    Inconclusive,
    /// The harness failed.
    Error,
}

impl Standing<'_> {
    /// The word of it in reports.
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Expected(_) => "expected-fail",
            Self::Unexpected => "fail",
            Self::Inconclusive => "inconclusive",
            Self::Error => "error",
        }
    }
}

impl Entry {
    fn concerns(&self, case: &Case) -> bool {
        glob(&self.id, case.id) || case.requirements.iter().any(|id| glob(&self.id, id))
    }
}

impl Expectations {
    /// Reads and checks a file.
    ///
    /// # Errors
    /// [`ExpectError`] names the entry and what is wrong with it.
    pub fn read(path: &Path) -> Result<Self, ExpectError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ExpectError::Unreadable(path.display().to_string(), error))?;
        Self::parse(&text)
    }

    /// As [`Expectations::read`], of the text.
    ///
    /// # Errors
    /// The same.
    pub fn parse(text: &str) -> Result<Self, ExpectError> {
        let expectations: Self = toml::from_str(text)?;
        let all = case::all();
        let catalogue = Catalogue::embedded().ok();
        for Entry { id, reason, .. } in &expectations.entries {
            let wrong = |what: &str| Err(ExpectError::Entry { id: id.clone(), what: what.to_owned() });
            if reason.trim().is_empty() {
                return wrong("a reason is missing");
            }
            let concerned = expectations.entries.iter().filter(|entry| entry.id == *id);
            let cases = all.iter().filter(|case| concerned.clone().any(|entry| entry.concerns(case))).count();
            if cases == 0 {
                let known = catalogue.as_ref().is_some_and(|catalogue| catalogue.get(id).is_some());
                return wrong(if known {
                    "no case names this requirement"
                } else {
                    "there is no such case or requirement"
                });
            }
            if cases > all.len() / WIDEST {
                return wrong("that is more than a quarter of all cases");
            }
        }
        Ok(expectations)
    }

    /// How a result stands.
    pub fn standing(&self, result: &CaseResult) -> Standing<'_> {
        match &result.verdict {
            Verdict::Pass => Standing::Pass,
            Verdict::Inconclusive(..) => Standing::Inconclusive,
            Verdict::Error(_) => Standing::Error,
            Verdict::Fail(reason) => {
                let mut entries = self.entries.iter().filter(|entry| entry.concerns(result.case));
                let fits =
                    |entry: &&Entry| entry.symptom.as_ref().is_none_or(|symptom| reason.contains(symptom));
                entries.find(fits).map_or(Standing::Unexpected, Standing::Expected)
            }
        }
    }

    /// Entries whose cases ran and of which none failed as they say.
    pub fn stale(&self, results: &[CaseResult]) -> Vec<&Entry> {
        let decided = |result: &&CaseResult| matches!(result.verdict, Verdict::Pass | Verdict::Fail(_));
        let is_stale = |entry: &&Entry| {
            let mut concerned =
                results.iter().filter(decided).filter(|result| entry.concerns(result.case)).peekable();
            let fits = |reason: &str| entry.symptom.as_ref().is_none_or(|symptom| reason.contains(symptom));
            concerned.peek().is_some()
                && !concerned.any(|result| matches!(&result.verdict, Verdict::Fail(reason) if fits(reason)))
        };
        self.entries.iter().filter(is_stale).collect()
    }

    /// Proposals for what failed unexpectedly. They have no reasons and do not load before somebody has given them.
    pub fn propose(&self, results: &[CaseResult]) -> String {
        let failed = results.iter().filter(|result| matches!(self.standing(result), Standing::Unexpected));
        failed.map(|result| proposal(result.case.id, &result.verdict.reason())).collect()
    }
}

/// An entry without reason for a case that failed in this way.
pub fn proposal(case: &str, reason: &str) -> String {
    let symptom = toml::Value::from(reason.split(": ").next().unwrap_or_default());
    format!("[[expect]]\nid = {}\nsymptom = {symptom}\nreason = \"\"\n\n", toml::Value::from(case))
}
