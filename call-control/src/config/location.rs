//! Where clients are: what they are told to report, and who may ask them.

use mcptt_codec::xml::location_info::Configuration;

/// Location reporting (TS 24.379 13).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocationConfig {
    /// What every client is sent once it is authorised for the service: what to report, and when. `None`: clients are left
    /// as they are.
    pub configuration: Option<Configuration>,
    /// Requests of users for the location of others that wait for their report; beyond it the oldest is forgotten.
    /// Default 1024.
    pub pending_requests: usize,
}

impl Default for LocationConfig {
    fn default() -> Self {
        Self { configuration: None, pending_requests: 1024 }
    }
}
