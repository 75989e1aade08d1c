//! `[store]`: what survives a restart.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Deserialize;

use super::duration::Span;
use super::file::File;
use super::{FileError, value};
use crate::node::StoreSettings;

/// `[store]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Store {
    pub(super) data_dir: PathBuf,
    pub(super) event_retention: Span,
    pub(super) patience: Span,
    pub(super) retry_after: Span,
}

impl Default for Store {
    fn default() -> Self {
        let settings = StoreSettings::default();
        Self {
            data_dir: PathBuf::new(),
            event_retention: Span(Duration::from_secs(90 * 86_400)),
            patience: Span(settings.patience),
            retry_after: Span(settings.retry_after),
        }
    }
}

/// Where what survives is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DataFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Events older than this are removed.
    pub event_retention: Duration,
}

impl Store {
    /// How the node deals with the store. `None`: there is none.
    pub(super) fn node(&self) -> Result<Option<StoreSettings>, FileError> {
        let seconds = Duration::from_secs;
        for (setting, span, range) in [
            ("store.patience", self.patience.0, seconds(1)..=seconds(30)),
            ("store.retry-after", self.retry_after.0, seconds(1)..=seconds(3_600)),
            ("store.event-retention", self.event_retention.0, seconds(3_600)..=seconds(10 * 365 * 86_400)),
        ] {
            if !range.contains(&span) {
                let allowed = format!("{:?} to {:?}", range.start(), range.end());
                return Err(value(setting, format!("{span:?}"), allowed));
            }
        }
        let settings = StoreSettings { patience: self.patience.0, retry_after: self.retry_after.0 };
        Ok((!self.data_dir.as_os_str().is_empty()).then_some(settings))
    }
}

impl File {
    /// Where what survives is kept, seen from the folder of the configuration file. `None`: nothing survives.
    pub(super) fn data_folder(&self, folder: &Path) -> Option<DataFolder> {
        let named = &self.store.data_dir;
        (!named.as_os_str().is_empty())
            .then(|| DataFolder { folder: folder.join(named), event_retention: self.store.event_retention.0 })
    }
}
