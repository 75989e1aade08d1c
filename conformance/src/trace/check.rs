//! What is wrong between the catalogue and the code.

use std::fmt;

use super::{Citations, Fault, Matrix, Place, snapshot};
use crate::catalogue::{Catalogue, Level};

/// A reason for `trace --check` and the traceability test to fail.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// A citation line that cannot count.
    Fault(Fault),
    /// A citation of an id the catalogue does not have.
    UnknownId {
        /// The id cited.
        id: String,
        /// Where.
        place: Place,
    },
    /// A mandatory requirement that nobody cites and nobody excuses.
    Unaddressed {
        /// The requirement.
        id: String,
    },
    /// Code without a test.
    Untested {
        /// The requirement.
        id: String,
        /// The first place in code.
        place: Place,
    },
    /// A `todo` or `exception` for something that is done.
    StaleExcuse {
        /// The requirement.
        id: String,
        /// The reason given.
        reason: String,
        /// The first place in code.
        place: Place,
    },
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Finding::Fault(fault) => fault.fmt(f),
            Finding::UnknownId { id, place } => write!(f, "{place}: {id} is not in the catalogue"),
            Finding::Unaddressed { id } => {
                write!(f, "{id}: a shall that is neither cited in code nor excused in its specs file")
            }
            Finding::Untested { id, place } => write!(f, "{place}: {id} is cited in code but by no test"),
            Finding::StaleExcuse { id, reason, place } => {
                write!(f, "{place}: {id} is done here, its excuse in the specs file is stale: {reason}")
            }
        }
    }
}

/// Holds the citations against the catalogue.
pub fn findings(catalogue: &Catalogue, citations: &Citations) -> Vec<Finding> {
    let mut findings: Vec<Finding> = citations.faults.iter().cloned().map(Finding::Fault).collect();
    findings.extend(
        citations
            .list
            .iter()
            .filter(|citation| catalogue.get(&citation.id).is_none())
            .map(|citation| Finding::UnknownId { id: citation.id.clone(), place: citation.place.clone() }),
    );
    for row in Matrix::build(catalogue, citations, None).rows() {
        let requirement = row.requirement;
        let id = requirement.id.clone();
        match (row.code.first(), requirement.excuse()) {
            (Some(place), Some(reason)) => {
                findings.push(Finding::StaleExcuse { id, reason: reason.into(), place: (*place).clone() });
            }
            (Some(place), None) if !row.is_tested() => {
                findings.push(Finding::Untested { id, place: (*place).clone() });
            }
            (None, None) if requirement.level == Level::Shall => findings.push(Finding::Unaddressed { id }),
            _ => {}
        }
    }
    findings
}

/// Everything that `trace --check` and the traceability test complain about: findings, then lines of
/// `specs/coverage.txt` that are not the present state.
pub fn complaints(catalogue: &Catalogue, citations: &Citations, committed_coverage: &str) -> Vec<String> {
    let mut complaints: Vec<String> = findings(catalogue, citations).iter().map(Finding::to_string).collect();
    let present = snapshot::write(&Matrix::build(catalogue, citations, None));
    let difference = snapshot::difference(committed_coverage, &present);
    complaints.extend(difference.into_iter().map(|line| format!("specs/coverage.txt: {line}")));
    complaints
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(item: &str, level: &str, more: &str) -> String {
        format!(
            "[[clause]]\nid = \"24.380-6.3.4.1:{item}\"\nclause = \"6.3.4.1\"\ntitle = \"t\"\nrole = \"server\"\n\
             release = \"13\"\nlevel = \"{level}\"\nsummary = \"s\"\nstimulus = \"s\"\nexpected = \"e\"\ntimers = []\n\
             confidence = \"high\"\nsources = []\n{more}\n"
        )
    }

    #[test]
    fn every_kind_of_gap_is_found_and_nothing_else() {
        let text = [
            "title = \"t\"\n".to_owned(),
            entry("done", "shall", ""),
            entry("bytype", "shall", ""),
            entry("forgotten", "shall", ""),
            entry("optional", "may", ""),
            entry("later", "shall", "todo = \"not yet\""),
            entry("never", "shall", "exception = \"operator policy\""),
            entry("untested", "should", ""),
            entry("stale", "shall", "todo = \"not yet\""),
        ]
        .concat();
        let catalogue = Catalogue::from_files([("24.380/6.3.4.toml", text.as_str())]).unwrap();
        let mut citations = Citations::default();
        let lines = [
            "//= 24.380-6.3.4.1:done",
            "//= 24.380-6.3.4.1:bytype implied",
            "//= 24.380-6.3.4.1:untested",
            "//= 24.380-6.3.4.1:stale",
            "//= 24.380-6.3.4.1:invented",
            "//= nonsense",
            "//= 24.380-6.3.4.1:done test",
            "//= 24.380-6.3.4.1:stale test",
            "#[test]",
            "fn proof() {}",
        ];
        citations.read("a/src/b.rs", &lines.join("\n"));
        let shown: Vec<String> = findings(&catalogue, &citations).iter().map(Finding::to_string).collect();
        assert_eq!(
            shown,
            [
                "a/src/b.rs:6: not a citation: //= nonsense",
                "a/src/b.rs:5: 24.380-6.3.4.1:invented is not in the catalogue",
                "24.380-6.3.4.1:forgotten: a shall that is neither cited in code nor excused in its specs file",
                "a/src/b.rs:4: 24.380-6.3.4.1:stale is done here, its excuse in the specs file is stale: not yet",
                "a/src/b.rs:3: 24.380-6.3.4.1:untested is cited in code but by no test",
            ]
        );
    }
}
