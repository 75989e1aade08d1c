//! The requirement catalogue: what TS 24.380, TS 24.379 and their neighbours ask for, in our own words.
//!
//! The files live in `specs/`, one per clause group, and are embedded in the program, so an installed
//! `mcptt-conformance` explains requirements without the source tree. Loading is strict: an unknown member, an id that
//! occurs twice or a word outside the closed lists is an error that names the file and the id.
//!
//! ```
//! let catalogue = conformance::catalogue::Catalogue::embedded()?;
//! let requirement = catalogue.get("24.380-6.3.4.3.3:1a").expect("this id is in the catalogue");
//! assert_eq!(requirement.clause, "6.3.4.3.3");
//! # Ok::<(), conformance::catalogue::CatalogueError>(())
//! ```

mod load;
pub mod order;
mod requirement;
mod spell_out;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;

pub use load::CatalogueError;
pub(crate) use load::ID;
pub use order::natural;
pub use requirement::{Confidence, Level, Requirement, Role};
pub use spell_out::spell_out;

/// A clause group: one file of the catalogue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Path below `specs/` without the ending, for example `24.380/6.3.4`.
    pub path: String,
    /// What the clauses are about.
    pub title: String,
    /// Its requirements, in clause order.
    pub requirements: Vec<Requirement>,
}

impl Group {
    /// How the group is named to people: `TS 24.380 6.3.4`, `TS 24.481`, `RFC 3261`.
    pub fn name(&self) -> String {
        match self.path.split_once('/') {
            Some(("related", spec)) => format!("TS {spec}"),
            Some(("rfc", rfc)) => format!("RFC {}", rfc.trim_start_matches("rfc")),
            Some((spec, clause)) => format!("TS {spec} {clause}"),
            None => self.path.clone(),
        }
    }
}

/// All requirements, by group and by id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Catalogue {
    groups: Vec<Group>,
    by_id: BTreeMap<String, (usize, usize)>,
}

impl Catalogue {
    /// The catalogue this program was built with.
    pub fn embedded() -> Result<Self, CatalogueError> {
        load::embedded()
    }

    /// The catalogue below a `specs/` folder on disk.
    pub fn load(specs: &Path) -> Result<Self, CatalogueError> {
        load::from_folder(specs)
    }

    /// Builds a catalogue from `(path below specs/, text)` pairs.
    pub fn from_files<'a>(
        files: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Result<Self, CatalogueError> {
        load::from_files(files)
    }

    /// The clause groups in natural order of their path.
    pub fn groups(&self) -> &[Group] {
        &self.groups
    }

    /// The requirement with this id.
    pub fn get(&self, id: &str) -> Option<&Requirement> {
        let (group, index) = self.by_id.get(id)?;
        self.groups.get(*group)?.requirements.get(*index)
    }

    /// The clause group of this id.
    pub fn group_of(&self, id: &str) -> Option<&Group> {
        self.groups.get(self.by_id.get(id)?.0)
    }

    /// All requirements, group by group.
    pub fn requirements(&self) -> impl Iterator<Item = &Requirement> {
        self.groups.iter().flat_map(|group| &group.requirements)
    }

    /// Number of requirements.
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there is no requirement at all.
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }
}
