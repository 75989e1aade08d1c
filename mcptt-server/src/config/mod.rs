//! The configuration file: what an operator writes, checked setting by setting.
//!
//! The file is TOML; `default.toml` beside this module documents every setting and is what `serve` uses without one.

mod duration;
mod file;
mod streams;
mod translate;

use std::path::Path;

use thiserror::Error;

use crate::node::NodeConfig;
pub use file::File;
pub use streams::Streams;

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

/// Reads and checks a configuration file.
///
/// # Errors
/// [`FileError`] names the setting, its value and what is allowed.
pub fn load(path: &Path) -> Result<(NodeConfig, Streams), FileError> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| FileError::Unreadable { path: path.display().to_string(), error })?;
    Ok((parse(&text)?, streams(&text)?))
}

/// The part of a configuration file that is about connections.
///
/// # Errors
/// As [`parse`].
pub fn streams(text: &str) -> Result<Streams, FileError> {
    let file: File = toml::from_str(text)?;
    file.streams()
}

/// Checks the text of a configuration file.
///
/// # Errors
/// [`FileError`] names the setting, its value and what is allowed.
pub fn parse(text: &str) -> Result<NodeConfig, FileError> {
    let file: File = toml::from_str(text)?;
    file.streams()?;
    let config = file.into_node_config()?;
    config.validate()?;
    Ok(config)
}

#[cfg(test)]
mod tests;
