//! Differences that are known and why: data, so that every excuse has an id and a reason.

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
    /// Whether it explains a difference in that row of a frame.
    pub fn explains(&self, row: &str, relation: Relation, ours: &Values, malformed: bool) -> bool {
        let named = self.rows.iter().any(|pattern| match pattern.strip_suffix('*') {
            Some(start) => row.starts_with(start),
            None => row == pattern,
        });
        let has = |wanted: &String| match wanted.split_once('=') {
            Some((name, value)) => ours.get(name).is_some_and(|values| values.iter().any(|own| own == value)),
            None => ours.contains_key(wanted),
        };
        named
            && (self.relation.is_empty() || self.relation.contains(&relation))
            && (self.has.is_empty() || self.has.iter().any(has))
            && self.malformed.is_none_or(|wanted| wanted == malformed)
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
            malformed: Some(false),
            rare: false,
        };
        let ours = Values::from([("mcpt.id".to_owned(), vec!["1".to_owned(), "19".to_owned()])]);
        assert!(known.explains("latitude", Relation::Differ, &ours, false));
        assert!(known.explains("sip via", Relation::Differ, &ours, false));
        assert!(!known.explains("longitude", Relation::Differ, &ours, false));
        assert!(!known.explains("latitude", Relation::OursOnly, &ours, false));
        assert!(!known.explains("latitude", Relation::Differ, &ours, true));
        assert!(!known.explains("latitude", Relation::Differ, &Values::new(), false));
    }
}
