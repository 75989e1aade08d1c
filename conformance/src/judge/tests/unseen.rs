//! Every requirement of the server and of the floor participant has a monitor, or a reason why it cannot have one.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::Judge;
use crate::catalogue::Catalogue;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    unseen: Vec<Unseen>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unseen {
    id: String,
    reason: String,
}

/// Whose requirements are looked after here.
const ROLES: [&str; 2] = ["server", "participant"];

#[test]
fn every_requirement_is_watched_or_cannot_be_seen() {
    let list: List = toml::from_str(include_str!("../unseen.toml")).unwrap();
    let catalogue = Catalogue::embedded().unwrap();
    let ours: BTreeSet<&str> = catalogue
        .requirements()
        .filter(|one| one.id.starts_with("24.380-") && ROLES.contains(&one.role.as_str()))
        .map(|one| one.id.as_str())
        .collect();
    let watched: BTreeSet<&str> = Judge::requirements().into_iter().collect();
    let unseen: BTreeSet<&str> = list.unseen.iter().map(|one| one.id.as_str()).collect();
    assert_eq!(unseen.len(), list.unseen.len(), "each stands in the list once");
    let forgotten: Vec<_> =
        ours.iter().filter(|id| !watched.contains(*id) && !unseen.contains(*id)).collect();
    let both: Vec<_> = unseen.intersection(&watched).collect();
    let foreign: Vec<_> = unseen.difference(&ours).collect();
    assert!(
        forgotten.is_empty() && both.is_empty() && foreign.is_empty(),
        "no monitor and no reason: {forgotten:#?}, both: {both:#?}, neither of server nor of participant: {foreign:#?}"
    );
    for one in &list.unseen {
        assert!(one.reason.len() > 40, "{}: a reason that explains something", one.id);
    }
}
