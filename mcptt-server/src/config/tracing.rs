//! `[tracing]`: spans for an OpenTelemetry collector.

use serde::Deserialize;

use super::{FileError, value};

/// `[tracing]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Tracing {
    endpoint: Option<String>,
    sample: f64,
}

/// Where spans go, and how many of them.
#[derive(Clone, Debug, PartialEq)]
pub struct SpanExport {
    /// The address that a collector takes spans at (OTLP over HTTP).
    pub endpoint: String,
    /// The part of the calls that is followed, 0 to 1.
    pub sample: f64,
}

impl Default for Tracing {
    fn default() -> Self {
        Self { endpoint: None, sample: 1.0 }
    }
}

impl Tracing {
    /// What the file says. `None`: no spans.
    pub(super) fn export(self) -> Result<Option<SpanExport>, FileError> {
        let Self { endpoint, sample } = self;
        if !(0.0..=1.0).contains(&sample) {
            return Err(value("tracing.sample", sample, "0 to 1"));
        }
        let Some(endpoint) = endpoint else { return Ok(None) };
        if !cfg!(feature = "otel") {
            return Err(value("tracing.endpoint", endpoint, "not set in a build without the feature otel"));
        }
        if !endpoint.starts_with("http://") {
            let allowed = "an address of a collector, such as http://127.0.0.1:4318/v1/traces";
            return Err(value("tracing.endpoint", endpoint, allowed));
        }
        Ok(Some(SpanExport { endpoint, sample }))
    }
}
