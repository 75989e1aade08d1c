//! `[recording]`: where what is said is kept.

use std::path::{Path, PathBuf};
use std::time::Duration;

use call_control::config::RecordingPolicy;
use serde::Deserialize;

use super::duration::Span;
use super::file::File;
use super::{FileError, value};

/// `[recording]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Recording {
    pub(super) directory: PathBuf,
    pub(super) retention: Span,
    pub(super) queue: usize,
    pub(super) bucket: Option<String>,
    pub(super) endpoint: Option<String>,
    pub(super) region: String,
    pub(super) access_key_id: String,
    pub(super) secret_access_key_file: PathBuf,
    pub(super) prefix: String,
    pub(super) keep_local: bool,
}

impl Default for Recording {
    fn default() -> Self {
        Self {
            directory: PathBuf::new(),
            retention: Span(Duration::from_secs(90 * 86_400)),
            queue: 8_192,
            bucket: None,
            endpoint: None,
            region: "us-east-1".to_owned(),
            access_key_id: String::new(),
            secret_access_key_file: PathBuf::new(),
            prefix: String::new(),
            keep_local: true,
        }
    }
}

/// Where recordings are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordingFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Recordings are removed after this time.
    pub retention: Duration,
    /// Records that may wait for the disk.
    pub queue: usize,
    /// Where they are copied to. `None`: nowhere.
    pub bucket: Option<RecordingBucket>,
}

/// Where recordings are copied to.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordingBucket {
    /// The bucket.
    pub name: String,
    /// Where the store is. `None`: where Amazon has the region.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// Who we are.
    pub access_key_id: String,
    /// What proves it.
    pub secret_access_key: String,
    /// What every key begins with.
    pub prefix: String,
    /// Files stay on the local disk, too.
    pub keep_local: bool,
}

impl std::fmt::Debug for RecordingBucket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordingBucket").field("name", &self.name).finish_non_exhaustive()
    }
}

impl File {
    /// Where recordings are kept, seen from the folder of the configuration file. `None`: nothing is recorded.
    pub(super) fn recording_folder(&self, folder: &Path) -> Result<Option<RecordingFolder>, FileError> {
        let recording = &self.recording;
        let hour = Duration::from_secs(3_600);
        let longest = Duration::from_secs(10 * 365 * 86_400);
        if !(hour..=longest).contains(&recording.retention.0) {
            let retention = format!("{:?}", recording.retention.0);
            return Err(value("recording.retention", retention, "1h to 87600h"));
        }
        if !(64..=1_000_000).contains(&recording.queue) {
            return Err(value("recording.queue", recording.queue, "64 to 1000000"));
        }
        let named = !recording.directory.as_os_str().is_empty();
        if !named {
            let needs = "false where recording.directory is empty";
            if let Some(group) = self.groups.iter().position(|group| group.recording) {
                return Err(value(format!("group[{group}].recording"), true, needs));
            }
            if let Some(user) = self.users.iter().position(|user| user.recording) {
                return Err(value(format!("user[{user}].recording"), true, needs));
            }
            return Ok(None);
        }
        let bucket = recording.bucket.as_ref().map(|name| recording.bucket(name, folder)).transpose()?;
        Ok(Some(RecordingFolder {
            folder: folder.join(&recording.directory),
            retention: recording.retention.0,
            queue: recording.queue,
            bucket,
        }))
    }

    /// Whose calls are recorded.
    pub(super) fn recording_policy(&self) -> RecordingPolicy {
        let groups = self.groups.iter().filter(|group| group.recording);
        let users = self.users.iter().filter(|user| user.recording);
        RecordingPolicy {
            groups: groups.map(|group| group.id.as_str().into()).collect(),
            users: users.map(|user| user.mcptt_id.as_str().into()).collect(),
        }
    }
}

impl Recording {
    fn bucket(&self, name: &str, folder: &Path) -> Result<RecordingBucket, FileError> {
        if let Some(endpoint) = &self.endpoint
            && !(endpoint.starts_with("https://") || endpoint.starts_with("http://"))
        {
            return Err(value("recording.endpoint", endpoint, "http:// or https:// and a host"));
        }
        for (setting, is_empty) in [
            ("recording.bucket", name.is_empty()),
            ("recording.access-key-id", self.access_key_id.is_empty()),
            ("recording.secret-access-key-file", self.secret_access_key_file.as_os_str().is_empty()),
        ] {
            if is_empty {
                return Err(value(setting, "\"\"", "not empty where recording.bucket is set"));
            }
        }
        let path = folder.join(&self.secret_access_key_file);
        let secret = std::fs::read_to_string(&path)
            .map_err(|error| FileError::Unreadable { path: path.display().to_string(), error })?;
        Ok(RecordingBucket {
            name: name.to_owned(),
            endpoint: self.endpoint.clone(),
            region: self.region.clone(),
            access_key_id: self.access_key_id.clone(),
            secret_access_key: secret.trim().to_owned(),
            prefix: self.prefix.clone(),
            keep_local: self.keep_local,
        })
    }
}
