//! The catalogue joined with citations and results.

use std::collections::BTreeMap;

use super::{Citations, Kind, Place};
use crate::catalogue::{Catalogue, Group, Requirement};

/// How often a requirement could be judged, and how it came out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Count {
    /// Situations in which the requirement applied.
    pub armed: u64,
    /// Situations in which it was met.
    pub held: u64,
    /// Situations in which it was broken.
    pub violated: u64,
}

/// Results by requirement id.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts(pub BTreeMap<String, Count>);

impl Counts {
    /// Adds to what is already counted for this requirement.
    pub fn add(&mut self, id: &str, more: Count) {
        let count = self.0.entry(id.to_owned()).or_default();
        count.armed = count.armed.saturating_add(more.armed);
        count.held = count.held.saturating_add(more.held);
        count.violated = count.violated.saturating_add(more.violated);
    }
}

/// One requirement with everything known about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row<'a> {
    /// The requirement.
    pub requirement: &'a Requirement,
    /// Places in code that cite it, `implied` ones included.
    pub code: Vec<&'a Place>,
    /// Whether every place in code only says `implied`, so that no test is asked for.
    pub implied_only: bool,
    /// Tests that cite it: name and place.
    pub tests: Vec<(&'a str, &'a Place)>,
    /// Results, all zero without a run.
    pub count: Count,
}

impl Row<'_> {
    /// Whether code claims to do it.
    pub fn is_implemented(&self) -> bool {
        !self.code.is_empty()
    }

    /// Whether a test claims to prove it, or none is needed.
    pub fn is_tested(&self) -> bool {
        !self.tests.is_empty() || (self.implied_only && self.is_implemented())
    }

    /// The remark for the last column of every view.
    pub fn note(&self) -> String {
        match (&self.requirement.exception, &self.requirement.todo) {
            (Some(reason), _) => format!("exception: {reason}"),
            (None, Some(reason)) => format!("todo: {reason}"),
            (None, None) if self.implied_only && self.is_implemented() => "implied".into(),
            (None, None) if self.is_implemented() && self.tests.is_empty() => "no test".into(),
            (None, None) if !self.is_implemented() && !self.tests.is_empty() => {
                "tested, not cited in code".into()
            }
            (None, None) if !self.is_implemented() => "open".into(),
            (None, None) => String::new(),
        }
    }
}

/// Totals of a clause group.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Requirements in the group.
    pub total: usize,
    /// Cited in code.
    pub implemented: usize,
    /// Cited in code and proven by a test.
    pub tested: usize,
    /// Excused by `todo` or `exception`.
    pub excused: usize,
    /// Judged in the results at least once.
    pub armed: usize,
    /// Broken in the results at least once.
    pub violated: usize,
    /// The reasons given, each once, most frequent first.
    pub reasons: Vec<String>,
}

/// The coverage matrix.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matrix<'a> {
    /// Clause groups with the rows of their requirements.
    pub groups: Vec<(&'a Group, Vec<Row<'a>>)>,
}

impl<'a> Matrix<'a> {
    /// Joins catalogue, citations and, if there was a run, its results.
    pub fn build(catalogue: &'a Catalogue, citations: &'a Citations, counts: Option<&Counts>) -> Self {
        let mut by_id: BTreeMap<&str, Vec<_>> = BTreeMap::new();
        for citation in &citations.list {
            by_id.entry(&citation.id).or_default().push(citation);
        }
        let row = |requirement: &'a Requirement| {
            let cited = by_id.get(requirement.id.as_str()).map_or(&[][..], Vec::as_slice);
            Row {
                requirement,
                code: cited.iter().filter(|c| c.kind != Kind::Test).map(|c| &c.place).collect(),
                implied_only: !cited.iter().any(|c| c.kind == Kind::Code),
                tests: cited.iter().filter_map(|c| Some((c.test.as_deref()?, &c.place))).collect(),
                count: counts.and_then(|counts| counts.0.get(&requirement.id)).copied().unwrap_or_default(),
            }
        };
        let groups = catalogue.groups().iter();
        Matrix { groups: groups.map(|group| (group, group.requirements.iter().map(row).collect())).collect() }
    }

    /// All rows, group by group.
    pub fn rows(&self) -> impl Iterator<Item = &Row<'a>> {
        self.groups.iter().flat_map(|(_, rows)| rows)
    }

    /// The matrix with only the rows that `keep` accepts; groups left empty disappear.
    pub fn filtered(mut self, keep: impl Fn(&Requirement) -> bool) -> Self {
        for (_, rows) in &mut self.groups {
            rows.retain(|row| keep(row.requirement));
        }
        self.groups.retain(|(_, rows)| !rows.is_empty());
        self
    }
}

impl Summary {
    /// Totals of these rows.
    pub fn of<'a>(rows: impl IntoIterator<Item = &'a Row<'a>>) -> Self {
        let mut summary = Summary::default();
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            summary.total += 1;
            summary.implemented += usize::from(row.is_implemented());
            summary.tested += usize::from(row.is_implemented() && row.is_tested());
            summary.armed += usize::from(row.count.armed > 0);
            summary.violated += usize::from(row.count.violated > 0);
            if let Some(reason) = row.requirement.excuse() {
                summary.excused += 1;
                *reasons.entry(reason).or_default() += 1;
            }
        }
        let mut reasons: Vec<_> = reasons.into_iter().collect();
        reasons.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        summary.reasons = reasons.into_iter().map(|(reason, _)| reason.to_owned()).collect();
        summary
    }
}
