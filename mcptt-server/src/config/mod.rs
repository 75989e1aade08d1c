//! The configuration file: what an operator writes, checked setting by setting.
//!
//! Beside the file an operator may name the documents by which a mission critical organisation provisions its servers.
//!
//! The file is TOML; `default.toml` beside this module documents every setting and is what `serve` uses without one.

mod adhoc_calls;
mod authorisation;
mod browser;
mod discreet;
mod distribution;
mod document_server;
pub(crate) mod documents;
mod dtls;
mod duration;
mod file;
mod floor;
mod identity;
mod key_management;
mod location;
mod mbms;
mod metrics;
mod pre_established;
mod private_calls;
mod recording;
mod rtp;
pub(crate) mod secret_file;
mod server_keys;
mod store;
mod streams;
mod tracing;
mod translate;

use std::net::SocketAddr;
use std::path::Path;

use thiserror::Error;

use crate::node::NodeConfig;
pub use authorisation::{KeySource, Tokens};
pub use document_server::DocumentServer;
pub use file::File;
pub use identity::{Account, Application, IdentityServer, NOTATION, parts_of_password};
pub use key_management::{AuthorityFiles, KeyServer};
pub use recording::{RecordingBucket, RecordingFolder};
pub use store::DataFolder;
pub use streams::Streams;
pub use tracing::SpanExport;

/// The documented default configuration.
pub const DEFAULT: &str = include_str!("default.toml");

/// What is wrong with a configuration file.
#[derive(Debug, Error)]
pub enum FileError {
    /// The file cannot be read.
    #[error("{path}: {error}")]
    Unreadable {
        /// The file.
        path: String,
        /// Why.
        error: std::io::Error,
    },
    /// A document that the file names cannot be used.
    #[error("{path}: {error}")]
    Document {
        /// The document.
        path: String,
        /// Why.
        error: String,
    },
    /// A file with secrets cannot be used.
    #[error("{0}")]
    Secret(String),
    /// It is not TOML, a setting is unknown, or a value has the wrong shape. The text names line, setting and what is expected.
    #[error("{0}")]
    Syntax(#[from] toml::de::Error),
    /// A value is outside its range.
    #[error("{setting} = {value}: allowed is {allowed}")]
    Value {
        /// The setting as a path, such as `group[1].members[0].priority`.
        setting: String,
        /// What it is set to.
        value: String,
        /// What it may be set to.
        allowed: String,
    },
    /// The parts do not fit together.
    #[error(transparent)]
    Node(#[from] crate::node::ConfigError),
}

/// Everything that a configuration file says.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// For the node.
    pub node: NodeConfig,
    /// Each shard keeps to one processor core.
    pub pin: bool,
    /// Connections.
    pub streams: Streams,
    /// Where what survives is kept. `None`: nothing survives.
    pub data: Option<DataFolder>,
    /// Access tokens. `None`: nobody could check one.
    pub tokens: Option<Tokens>,
    /// The key management server. `None`: clients' keys are passed over.
    pub keys: Option<KeyServer>,
    /// Documents that may change and be fetched. `None`: there is no folder for them.
    pub documents: Option<DocumentServer>,
    /// Where what is said is kept. `None`: nothing is recorded.
    pub recording: Option<RecordingFolder>,
    /// Where figures are served. `None`: nowhere.
    pub metrics: Option<SocketAddr>,
    /// Where spans go. `None`: nowhere.
    pub spans: Option<SpanExport>,
    /// Who issues access tokens, if the server does it itself.
    pub identity: Option<IdentityServer>,
}

/// Reads and checks a configuration file; without one the embedded configuration.
///
/// # Errors
/// [`FileError`] names the setting, its value and what is allowed.
pub fn load(path: Option<&Path>) -> Result<Loaded, FileError> {
    let (text, folder) = match path {
        Some(path) => {
            let text = std::fs::read_to_string(path)
                .map_err(|error| FileError::Unreadable { path: path.display().to_string(), error })?;
            (text, path.parent().unwrap_or(Path::new("")))
        }
        None => (DEFAULT.to_owned(), Path::new("")),
    };
    let file: File = toml::from_str(&text)?;
    let (pin, streams, data) = (file.server.pin, file.streams()?, file.data_folder(folder));
    let (tokens, documents) = (file.tokens(folder)?, file.document_server(folder)?);
    let (recording, metrics) = (file.recording_folder(folder)?, file.metrics.http);
    let (identity, keys) = (file.identity_server(folder)?, file.key_server(folder)?);
    let spans = file.tracing.clone().export()?;
    let mut node = file.into_node_config(folder)?;
    node.media_plane.note_grants = spans.is_some();
    node.call_control.key_uploads = keys.is_some();
    needs_keys(&node, keys.is_some())?;
    node.validate()?;
    Ok(Loaded { node, pin, streams, data, tokens, keys, documents, identity, recording, metrics, spans })
}

/// The part of a configuration file that is about connections.
///
/// # Errors
/// As [`parse`].
pub fn streams(text: &str) -> Result<Streams, FileError> {
    let file: File = toml::from_str(text)?;
    file.streams()
}

/// Checks the text of a configuration file; documents that it names are looked for from the present folder on.
///
/// # Errors
/// [`FileError`] names the setting, its value and what is allowed.
pub fn parse(text: &str) -> Result<NodeConfig, FileError> {
    parse_in(text, Path::new(""))
}

fn parse_in(text: &str, folder: &Path) -> Result<NodeConfig, FileError> {
    let file: File = toml::from_str(text)?;
    file.streams()?;
    file.tokens(folder)?;
    file.document_server(folder)?;
    file.recording_folder(folder)?;
    file.identity_server(folder)?;
    let keys = file.key_server(folder)?.is_some();
    file.tracing.clone().export()?;
    let config = file.into_node_config(folder)?;
    needs_keys(&config, keys)?;
    config.validate()?;
    Ok(config)
}

/// Keys of bearers are given to clients under the keys of this server.
fn needs_keys(config: &NodeConfig, known: bool) -> Result<(), FileError> {
    let protected = config.call_control.mbms.protected;
    match protected && !known {
        true => Err(value("mbms.protect", protected, "false unless there is a key management server")),
        false => Ok(()),
    }
}

fn value(setting: impl Into<String>, value: impl ToString, allowed: impl Into<String>) -> FileError {
    FileError::Value { setting: setting.into(), value: value.to_string(), allowed: allowed.into() }
}

#[cfg(test)]
mod tests;
