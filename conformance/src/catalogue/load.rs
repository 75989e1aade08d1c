//! Reading and checking the catalogue files.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use include_dir::{Dir, include_dir};
use regex::Regex;
use serde::Deserialize;

use super::{Catalogue, Group, Requirement, natural};

static SPECS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/../specs");

/// One regular expression says what an id looks like, for files and citations alike.
pub(crate) const ID: &str = r"(?:\d\d\.\d{3}|RFC\d+)-[0-9A-Za-z.-]+(?::[\w-]+)?";

static WHOLE_ID: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(&format!("^{ID}$")).expect("the expression is a constant"));

/// Why the catalogue could not be loaded.
#[derive(Debug, thiserror::Error)]
pub enum CatalogueError {
    /// A file or folder could not be read.
    #[error("{file}: {error}")]
    Unreadable {
        /// The file.
        file: String,
        /// What the operating system said.
        error: std::io::Error,
    },
    /// A file is not TOML, or its head is not as agreed.
    #[error("{file}: {reason}")]
    File {
        /// The file, from `specs/` on.
        file: String,
        /// What is wrong, with line and column where known.
        reason: String,
    },
    /// An entry breaks the format.
    #[error("{file}: {id}: {reason}")]
    Entry {
        /// The file, from `specs/` on.
        file: String,
        /// The id of the entry, or its position if it has none.
        id: String,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    title: String,
    #[serde(default)]
    clause: Vec<toml::Table>,
}

pub(super) fn embedded() -> Result<Catalogue, CatalogueError> {
    let mut files = Vec::new();
    let mut folders = vec![&SPECS];
    while let Some(folder) = folders.pop() {
        folders.extend(folder.dirs());
        for file in folder.files().filter(|file| file.path().extension().is_some_and(|end| end == "toml")) {
            let path = slashed(file.path());
            let text = file
                .contents_utf8()
                .ok_or_else(|| CatalogueError::File { file: shown(&path), reason: "is not UTF-8".into() })?;
            files.push((path, text.to_owned()));
        }
    }
    from_files(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

pub(super) fn from_folder(specs: &Path) -> Result<Catalogue, CatalogueError> {
    let unreadable =
        |path: &Path, error| CatalogueError::Unreadable { file: path.display().to_string(), error };
    let mut files = Vec::new();
    let mut folders = vec![specs.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).map_err(|error| unreadable(&folder, error))? {
            let path = entry.map_err(|error| unreadable(&folder, error))?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "toml") {
                let text = std::fs::read_to_string(&path).map_err(|error| unreadable(&path, error))?;
                files.push((slashed(path.strip_prefix(specs).unwrap_or(&path)), text));
            }
        }
    }
    from_files(files.iter().map(|(path, text)| (path.as_str(), text.as_str())))
}

pub(super) fn from_files<'a>(
    files: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Result<Catalogue, CatalogueError> {
    let mut groups =
        files.into_iter().map(|(path, text)| group(path, text)).collect::<Result<Vec<_>, _>>()?;
    groups.sort_by(|a, b| natural(&a.path, &b.path));
    let mut by_id = BTreeMap::new();
    for (g, group) in groups.iter().enumerate() {
        for (r, requirement) in group.requirements.iter().enumerate() {
            if let Some((first, _)) = by_id.insert(requirement.id.clone(), (g, r)) {
                let first = groups.get(first).map_or("", |group| group.path.as_str());
                return Err(CatalogueError::Entry {
                    file: shown(&format!("{}.toml", group.path)),
                    id: requirement.id.clone(),
                    reason: format!("the id is already used in specs/{first}.toml"),
                });
            }
        }
    }
    Ok(Catalogue { groups, by_id })
}

fn group(path: &str, text: &str) -> Result<Group, CatalogueError> {
    let file: File = toml::from_str(text).map_err(|error| CatalogueError::File {
        file: shown(path),
        reason: error.to_string().trim_end().into(),
    })?;
    let path = path.trim_end_matches(".toml").to_owned();
    if file.title.trim().is_empty() {
        return Err(CatalogueError::File {
            file: shown(&format!("{path}.toml")),
            reason: "the title is empty".into(),
        });
    }
    let mut requirements = Vec::with_capacity(file.clause.len());
    for (index, entry) in file.clause.into_iter().enumerate() {
        let id =
            entry.get("id").and_then(|id| id.as_str()).map_or(format!("entry {}", index + 1), str::to_owned);
        let fault = |reason: String| CatalogueError::Entry {
            file: shown(&format!("{path}.toml")),
            id: id.clone(),
            reason,
        };
        let requirement = Requirement::deserialize(entry)
            .map_err(|error| fault(error.to_string().trim_end().replace('\n', " ")))?;
        check(&path, &requirement).map_err(fault)?;
        requirements.push(requirement);
    }
    requirements.sort_by(|a, b| natural(&a.id, &b.id));
    Ok(Group { path, title: file.title, requirements })
}

fn check(path: &str, requirement: &Requirement) -> Result<(), String> {
    if !WHOLE_ID.is_match(&requirement.id) {
        return Err("the id is not of the form 24.380-6.3.4.3.3:1a".into());
    }
    let spec = requirement.spec();
    let home = match path.split_once('/') {
        Some(("related", spec)) => spec.to_owned(),
        Some(("rfc", rfc)) => rfc.to_uppercase(),
        Some((spec, _)) => spec.to_owned(),
        None => return Err("the file is not in a folder of a specification".into()),
    };
    if spec != home {
        return Err(format!("an id of {spec} does not belong into a file of {home}"));
    }
    let (_, rest) = requirement.id.split_once('-').unwrap_or_default();
    let clause = rest.split_once(':').map_or(rest, |(clause, _)| clause);
    if requirement.clause != clause && requirement.clause != spec {
        return Err(format!("clause \"{}\" is neither \"{clause}\" nor \"{spec}\"", requirement.clause));
    }
    let texts = [
        ("title", &requirement.title),
        ("summary", &requirement.summary),
        ("stimulus", &requirement.stimulus),
        ("expected", &requirement.expected),
    ];
    if let Some((name, _)) = texts.iter().find(|(_, text)| text.trim().is_empty()) {
        return Err(format!("{name} is empty"));
    }
    if requirement.exception.is_some() && requirement.todo.is_some() {
        return Err("exception and todo exclude each other".into());
    }
    if requirement.excuse().is_some_and(|reason| reason.trim().is_empty()) {
        return Err("a reason is mandatory".into());
    }
    Ok(())
}

fn shown(path: &str) -> String {
    format!("specs/{path}")
}

fn slashed(path: &Path) -> String {
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}
