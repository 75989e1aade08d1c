//! Structured logs from the event stream.

use std::collections::HashMap;
use std::io;
use std::net::IpAddr;
use std::time::Instant;

use bytes::Bytes;
use mcptt_codec::Path;
use tracing_subscriber::EnvFilter;

use super::{Direction, Observer};
use crate::node::{Event, Severity};

/// How log lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum LogFormat {
    /// One line a person reads.
    #[default]
    Text,
    /// One JSON object a line.
    Json,
}

/// Installs the subscriber. `filter` follows `tracing`'s directives, for example `info` or `mcptt_server=debug`.
///
/// # Errors
/// The text of what is wrong with `filter`.
pub fn install(format: LogFormat, filter: &str) -> Result<(), String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("log filter {filter:?}: {error}"))?;
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr);
    match format {
        LogFormat::Text => builder.init(),
        LogFormat::Json => builder.json().init(),
    }
    Ok(())
}

/// Peers whose first complaint was logged; beyond this many the rest is only counted.
const MAX_REMEMBERED_PEERS: usize = 10_000;

/// Writes events to the log: state changes at `debug`, the first complaint about each peer at `info` and the rest at `debug`,
/// defects of ours at `error`. Identities appear only when `identities` is set.
#[derive(Debug)]
pub struct LogObserver {
    identities: bool,
    complaints: HashMap<IpAddr, u64>,
}

impl LogObserver {
    /// An observer that shows identities and locations or leaves them out.
    pub fn new(identities: bool) -> Self {
        Self { identities, complaints: HashMap::new() }
    }

    fn is_first_complaint(&mut self, path: Path) -> bool {
        if self.complaints.len() >= MAX_REMEMBERED_PEERS && !self.complaints.contains_key(&path.remote.ip()) {
            return false;
        }
        let count = self.complaints.entry(path.remote.ip()).or_default();
        *count += 1;
        *count == 1
    }
}

impl Observer for LogObserver {
    fn datagram(&mut self, _at: Instant, direction: Direction, path: Path, payload: &Bytes) {
        tracing::trace!(?direction, local = %path.local, remote = %path.remote, octets = payload.len(), "datagram");
    }

    fn event(&mut self, _at: Instant, event: &Event) {
        let text = describe(event, self.identities);
        match event.severity() {
            Severity::Defect => tracing::error!("{text}"),
            Severity::Complaint(path) if self.is_first_complaint(path) => {
                tracing::info!(remote = %path.remote, "{text}")
            }
            Severity::Complaint(path) => tracing::debug!(remote = %path.remote, "{text}"),
            Severity::Service => tracing::info!("{text}"),
            Severity::Detail => tracing::debug!("{text}"),
        }
    }

    fn send_failed(&mut self, path: Path, error: &io::Error) {
        tracing::debug!(local = %path.local, remote = %path.remote, %error, "datagram lost");
    }
}

/// The event as one JSON object; unless `identities` are shown, every URI in it is left out.
fn describe(event: &Event, identities: bool) -> String {
    match serde_json::to_value(event) {
        Ok(mut value) => {
            if !identities {
                redact(&mut value);
            }
            value.to_string()
        }
        Err(error) => format!("an event that cannot be shown: {error}"),
    }
}

/// URI schemes and URNs that name people, groups and devices.
const IDENTIFYING: [&str; 5] = ["sip:", "sips:", "tel:", "urn:", "<sip:"];

fn redact(value: &mut serde_json::Value) {
    match value {
        serde_json::Value::String(text) if IDENTIFYING.iter().any(|scheme| text.starts_with(scheme)) => {
            "(left out)".clone_into(text);
        }
        serde_json::Value::Array(items) => items.iter_mut().for_each(redact),
        serde_json::Value::Object(members) => members.values_mut().for_each(redact),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identities_appear_only_when_asked_for() {
        let event = Event::CallControl(call_control::Event::ServiceAuthorised {
            mcptt_id: "sip:alice@mc.example.org".into(),
            client_id: "urn:uuid:00000000-0000-4000-8000-0000000000a1".into(),
        });
        assert!(describe(&event, true).contains("alice"));
        let hidden = describe(&event, false);
        assert!(!hidden.contains("alice") && !hidden.contains("urn:uuid"), "{hidden}");
        assert!(hidden.contains("service-authorised"), "{hidden}");
    }
}
