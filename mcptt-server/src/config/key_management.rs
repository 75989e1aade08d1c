//! `[key-management]`: the keys of mission critical services.

use std::path::{Path, PathBuf};
use std::time::Duration;

use media_plane::crypto::mc::KeyPeriod;
use serde::Deserialize;

use super::duration::Span;
use super::file::File;
use super::{FileError, value};

/// `[key-management]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct KeyManagement {
    pub(super) master_secret: PathBuf,
    pub(super) uri: String,
    pub(super) period: Span,
    pub(super) offset: Span,
}

impl Default for KeyManagement {
    fn default() -> Self {
        Self {
            master_secret: PathBuf::new(),
            uri: "kms.mc.example.org".to_owned(),
            period: Span(Duration::from_secs(2_592_000)),
            offset: Span(Duration::ZERO),
        }
    }
}

/// A key management server and what this server is called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyServer {
    /// The file with the master secrets.
    pub master_secret: PathBuf,
    /// The name of the key management server.
    pub uri: String,
    /// How it divides time.
    pub period: KeyPeriod,
    /// The identity that clients send their keys to.
    pub own: String,
}

impl File {
    /// The key management server, its file seen from the folder of the configuration file. `None`: there is none.
    ///
    /// # Errors
    /// [`FileError::Value`] names the setting, its value and what is allowed.
    pub(super) fn key_server(&self, folder: &Path) -> Result<Option<KeyServer>, FileError> {
        let own = &self.key_management;
        let (period, offset) = (own.period.0.as_secs(), own.offset.0.as_secs());
        let length = u32::try_from(period).ok().filter(|length| (3_600..=31_622_400).contains(length));
        let Some(length) = length else {
            return Err(value("key-management.period", format!("{:?}", own.period.0), "1h to 8784h"));
        };
        let Some(offset) = u32::try_from(offset).ok().filter(|offset| *offset < length) else {
            let allowed = "0s to less than key-management.period";
            return Err(value("key-management.offset", format!("{:?}", own.offset.0), allowed));
        };
        if own.uri.is_empty() || own.uri.len() > 255 {
            return Err(value("key-management.uri", &own.uri, "a name of 1 to 255 octets"));
        }
        Ok((!own.master_secret.as_os_str().is_empty()).then(|| KeyServer {
            master_secret: folder.join(&own.master_secret),
            uri: own.uri.clone(),
            period: KeyPeriod { length, offset },
            own: self.sip.participating_identity.clone(),
        }))
    }
}
