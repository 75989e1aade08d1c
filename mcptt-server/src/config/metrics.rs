//! `[metrics]`: where figures are served.

use std::net::SocketAddr;

use serde::Deserialize;

/// `[metrics]`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Metrics {
    pub(super) http: Option<SocketAddr>,
}
