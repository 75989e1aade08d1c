//! Differences that are known and why: data, so that every excuse has an id and a reason.

use std::ops::Range;

use serde::Deserialize;

use super::ours::Values;

/// How two lists of values differ.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Relation {
    /// We show values, tshark shows none.
    OursOnly,
    /// tshark shows values, we show none.
    TheirsOnly,
    /// Both show values, and not the same.
    Differ,
}

/// One known difference.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    /// Id of the ruling in `specs/`, or of the note here.
    pub id: String,
    /// Names of rows that it excuses; `*` at the end stands for any end.
    pub rows: Vec<String>,
    /// Why the two differ, and who is right.
    pub reason: String,
    /// Only when the values differ in one of these ways; any way when empty.
    #[serde(default)]
    pub relation: Vec<Relation>,
    /// Only when one of these stands among our values: a name, or `name=value`.
    #[serde(default)]
    pub has: Vec<String>,
    /// Only from where one of `has` stands: what we read before it and in other packets or header fields, tshark reads as
    /// well. In a frame that tshark calls malformed, the others are those before.
    #[serde(default)]
    pub from: bool,
    /// Only those of our values of the row that hold an octet of value 0 or the one that separates the values of tshark.
    #[serde(default)]
    pub cut: bool,
    /// Only when tshark says that the frame is malformed, or that it is not.
    pub malformed: Option<bool>,
    /// Only of frames that cannot be generated: field captures. Then it need not match in the generated set.
    #[serde(default)]
    pub rare: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    known: Vec<Known>,
}

/// The list that is part of this program.
///
/// # Errors
/// What is wrong with the file.
pub fn embedded() -> Result<Vec<Known>, toml::de::Error> {
    toml::from_str::<File>(include_str!("known.toml")).map(|file| file.known)
}

impl Known {
    /// Whether it may explain a difference in that row of a frame.
    pub fn applies(&self, row: &str, relation: Relation, ours: &Values, malformed: bool) -> bool {
        let named = self.rows.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => row.starts_with(start),
            None => row == pattern,
        });
        let has = |wanted: &String| ours.places(wanted).next().is_some();
        named
            && (self.relation.is_empty() || self.relation.contains(&relation))
            && (self.has.is_empty() || self.has.iter().any(has))
            && self.malformed.is_none_or(|wanted| wanted == malformed)
    }

    /// The octets of the frame whose values it excuses.
    pub fn excuses(&self, ours: &Values, malformed: bool) -> Vec<Range<usize>> {
        if !self.from {
            return std::iter::once(0..usize::MAX).collect();
        }
        let from = |at| if malformed { at..usize::MAX } else { ours.rest_of_part(at) };
        self.has.iter().flat_map(|wanted| ours.places(wanted)).map(from).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_has_an_id_rows_and_a_reason() {
        for known in embedded().unwrap() {
            assert!(known.reason.len() > 20 && !known.rows.is_empty() && !known.id.is_empty(), "{known:?}");
        }
    }

    #[test]
    fn an_entry_explains_what_it_names_and_nothing_else() {
        let known = Known {
            id: "x".into(),
            rows: vec!["latitude".into(), "sip *".into()],
            reason: String::new(),
            relation: vec![Relation::Differ],
            has: vec!["mcpt.id=19".into(), "mcpt.location.type".into()],
            from: false,
            cut: false,
            malformed: Some(false),
            rare: false,
        };
        let mut ours = Values::default();
        ours.push("mcpt.id", "1");
        ours.push("mcpt.id", "19");
        assert!(known.applies("latitude", Relation::Differ, &ours, false));
        assert!(known.applies("sip via", Relation::Differ, &ours, false));
        assert!(!known.applies("longitude", Relation::Differ, &ours, false));
        assert!(!known.applies("latitude", Relation::OursOnly, &ours, false));
        assert!(!known.applies("latitude", Relation::Differ, &ours, true));
        assert!(!known.applies("latitude", Relation::Differ, &Values::default(), false));
    }
}
