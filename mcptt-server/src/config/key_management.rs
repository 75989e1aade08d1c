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
    #[serde(rename = "authority")]
    pub(super) authorities: Vec<OtherAuthority>,
}

/// `[[key-management.authority]]`: another key management server.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct OtherAuthority {
    certificate: PathBuf,
    key_sets: Option<PathBuf>,
    #[serde(default)]
    users: Vec<String>,
    #[serde(default)]
    domains: Vec<String>,
}

impl Default for KeyManagement {
    fn default() -> Self {
        Self {
            master_secret: PathBuf::new(),
            uri: "kms.mc.example.org".to_owned(),
            period: Span(Duration::from_secs(2_592_000)),
            offset: Span(Duration::ZERO),
            authorities: Vec::new(),
        }
    }
}

/// The key management servers and what this server is called there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyServer {
    /// The file with the master secrets of our own. `None`: others give us our keys.
    pub master_secret: Option<PathBuf>,
    /// The name of our own.
    pub uri: String,
    /// How it divides time.
    pub period: KeyPeriod,
    /// The identity that clients send their keys to.
    pub own: String,
    /// The others.
    pub authorities: Vec<AuthorityFiles>,
}

/// Another key management server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorityFiles {
    /// The file with its certificate.
    pub certificate: PathBuf,
    /// The file with the keys that it has given this server.
    pub key_sets: Option<PathBuf>,
    /// MCPTT IDs of its users.
    pub users: Vec<String>,
    /// Domains whose users are its own.
    pub domains: Vec<String>,
}

/// Other key management servers.
const MOST_AUTHORITIES: usize = 64;

impl File {
    /// The key management servers, their files seen from the folder of the configuration file. `None`: there is none.
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
        let others = &own.authorities;
        if others.len() > MOST_AUTHORITIES {
            return Err(value("key-management.authority", others.len(), "at most 64"));
        }
        let master_secret =
            (!own.master_secret.as_os_str().is_empty()).then(|| folder.join(&own.master_secret));
        if master_secret.is_none() && others.first().is_some_and(|first| first.key_sets.is_none()) {
            let setting = "key-management.authority[0].key-sets";
            return Err(value(setting, "not set", "a file where key-management.master-secret is not set"));
        }
        let named = |one: &OtherAuthority| AuthorityFiles {
            certificate: folder.join(&one.certificate),
            key_sets: one.key_sets.as_ref().map(|path| folder.join(path)),
            users: one.users.clone(),
            domains: one.domains.clone(),
        };
        Ok((master_secret.is_some() || !others.is_empty()).then(|| KeyServer {
            master_secret,
            uri: own.uri.clone(),
            period: KeyPeriod { length, offset },
            own: self.sip.participating_identity.clone(),
            authorities: others.iter().map(named).collect(),
        }))
    }
}
