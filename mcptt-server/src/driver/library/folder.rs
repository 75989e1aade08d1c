//! The folder of documents: one file for each, below its application usage and tree.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use call_control::DocumentChange;
use call_control::config as cc;

use crate::documents::{Library, MAX_DOCUMENT, Refused, Selector};

/// Most documents of one folder.
const MAX_DOCUMENTS: usize = 100_000;
/// Deepest level of folders: application usage, tree, user, kind.
const MAX_DEPTH: usize = 5;

/// The folder with what it holds.
pub(super) struct Folder {
    path: PathBuf,
    pub library: Library,
    /// What each file looked like when it was read.
    seen: BTreeMap<Selector, (SystemTime, u64)>,
}

impl Folder {
    /// Opens it, and makes it if it is missing.
    pub fn open(path: &Path, base: cc::Config) -> Result<Self, String> {
        super::super::store::make_private(path).map_err(|error| format!("{}: {error}", path.display()))?;
        Ok(Self { path: path.to_owned(), library: Library::new(base), seen: BTreeMap::new() })
    }

    /// Looks for files that are new, changed or gone. The second list says which of them cannot be used, and why; each is
    /// named once until it changes again.
    pub fn scan(&mut self) -> (Vec<DocumentChange>, Vec<String>) {
        let (mut changes, mut refused) = (Vec::new(), Vec::new());
        let mut files = Vec::new();
        if let Err(error) = walk(&self.path, 0, &mut files) {
            refused.push(format!("{}: {error}", self.path.display()));
            // A folder that cannot be read is no empty one.
            return (changes, refused);
        }
        let mut present = BTreeSet::new();
        for (file, modified, length) in files {
            let relative = file.strip_prefix(&self.path).unwrap_or(&file).to_string_lossy().into_owned();
            let Some(selector) = Selector::parse(&percent(&relative)) else { continue };
            present.insert(selector.clone());
            if self.seen.insert(selector.clone(), (modified, length)) == Some((modified, length)) {
                continue;
            }
            match self.read(&selector, length).and_then(|octets| self.library.put(&selector, &octets)) {
                Ok(new) => changes.extend(new),
                Err(error) => refused.push(format!("{}: {}", file.display(), error.reason)),
            }
        }
        for gone in self.library.others(&present) {
            changes.extend(self.library.remove(&gone));
        }
        self.seen.retain(|selector, _| present.contains(selector));
        (changes, refused)
    }

    fn read(&self, selector: &Selector, length: u64) -> Result<Vec<u8>, Refused> {
        let refused = |reason: String| Refused { selector: selector.to_string(), reason, unreadable: true };
        if usize::try_from(length).map_or(true, |length| length > MAX_DOCUMENT) {
            return Err(refused(format!("{length} octets: allowed is up to {MAX_DOCUMENT}")));
        }
        fs::read(self.path.join(selector.file())).map_err(|error| refused(error.to_string()))
    }

    /// The octets of a document that is known.
    pub fn octets(&self, selector: &Selector) -> Option<Vec<u8>> {
        self.library.etag(selector)?;
        fs::read(self.path.join(selector.file())).ok()
    }

    /// Writes a document so that it is there as a whole or not at all, also after the loss of power.
    ///
    /// # Errors
    /// The document cannot be used, or (the outer one) the file cannot be written.
    pub fn put(
        &mut self,
        selector: &Selector,
        octets: &[u8],
    ) -> io::Result<Result<Vec<DocumentChange>, Refused>> {
        // Looked at before anything is written.
        if let Err(refused) = crate::documents::Document::read(selector, octets) {
            return Ok(Err(refused));
        }
        let path = self.path.join(selector.file());
        let folder = path.parent().unwrap_or(&self.path).to_owned();
        super::super::store::make_private(&folder)?;
        // No document has a name that begins with a dot.
        let part = folder.join(".part");
        let mut file = File::create(&part)?;
        file.write_all(octets)?;
        file.sync_all()?;
        fs::rename(&part, &path)?;
        File::open(&folder)?.sync_all()?;
        if let Ok(metadata) = fs::metadata(&path) {
            let looks = (metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len());
            self.seen.insert(selector.clone(), looks);
        }
        Ok(self.library.put(selector, octets))
    }

    /// Removes a document.
    ///
    /// # Errors
    /// The file cannot be removed.
    pub fn remove(&mut self, selector: &Selector) -> io::Result<Vec<DocumentChange>> {
        let path = self.path.join(selector.file());
        fs::remove_file(&path)?;
        if let Some(folder) = path.parent() {
            File::open(folder)?.sync_all()?;
        }
        self.seen.remove(selector);
        Ok(self.library.remove(selector))
    }
}

/// Every file below a folder with its time and length; hidden ones are left out.
fn walk(folder: &Path, depth: usize, found: &mut Vec<(PathBuf, SystemTime, u64)>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with('.') || found.len() >= MAX_DOCUMENTS {
            continue;
        }
        // A file may go while it is looked at.
        let Ok(metadata) = entry.metadata() else { continue };
        if metadata.is_dir() && depth < MAX_DEPTH {
            walk(&entry.path(), depth + 1, found)?;
        } else if metadata.is_file() {
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            found.push((entry.path(), modified, metadata.len()));
        }
    }
    Ok(())
}

/// The path of a file as a URL has it: a percent sign in a name is one.
fn percent(path: &str) -> String {
    path.replace('%', "%25")
}
